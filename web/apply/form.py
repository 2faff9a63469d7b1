"""The application form: its questions, what was typed into them word for word, and the facts that this means.

Uses, districts and reductions come from the city's pack. What was typed is never changed; only the copy that is
judged loses spaces and thousands commas.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from shared.db.city import City
from shared.domain.checklist import brought_along
from shared.domain.errors import Problem
from shared.domain.facts import CREDIT_GRADES, FACT_NAMES
from web.components import Choice
from web.naming import named, said

#: Longest answer that is kept, characters; the domain's own limits are far below.
TYPED_MAX = 2000
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_PARTIES = ("developer", "contractor")


class Kind(StrEnum):
    """How a question is asked."""

    TEXT = "text"
    AREA = "area"
    METRES = "metres"
    MONEY = "money"
    BRICKS = "bricks"
    WHOLE = "whole"
    SELECT = "select"
    YES_NO = "yes_no"
    DATE = "date"
    CLAIM = "claim"
    SEVERAL = "several"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question with its answer so far and what is wrong with it."""

    name: str
    label: str
    kind: Kind
    hint: str = ""
    is_optional: bool = False
    choices: tuple[Choice, ...] = ()
    value: str = ""
    document: str = ""
    error: str = ""
    document_error: str = ""

    @property
    def is_answered(self) -> bool:
        return bool(self.value.strip())

    @property
    def chosen(self) -> tuple[str, ...]:
        """The codes that were ticked."""
        return tuple(self.value.split())


@dataclass(frozen=True, slots=True)
class Section:
    """The questions of one topic, one page of the form."""

    code: str
    title: str
    questions: tuple[Question, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong, each with the id of its control."""
        found = [
            Problem(each.name, f"{each.label}{gettext('：')}{each.error}") for each in self.questions if each.error
        ]
        found += [
            Problem(f"{each.name}-document", f"{each.label}{gettext('：')}{each.document_error}")
            for each in self.questions
            if each.document_error
        ]
        return tuple(found)


def choices_everywhere() -> dict[str, tuple[Choice, ...]]:
    """The choices that the questions' macro needs from its page."""
    return {
        "yes_no": (Choice("yes", gettext("是")), Choice("no", gettext("否"))),
        "claim_choice": (Choice("yes", gettext("申请这一项")),),
    }


ALL = ("project", "parties", "scale", "situations", "cost", "reductions")
#: Questions that take several answers.
SEVERAL_ASKED = ("situations", "outside")
#: What fees are computed from; the rest says who and where.
ESTIMATED = ("use", "scale", "cost", "reductions")


@dataclass(frozen=True, slots=True)
class Form:
    """All sections with their answers."""

    sections: tuple[Section, ...]
    others: tuple[Problem, ...] = ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong anywhere, each with the id of its control."""
        return self.others + tuple(problem for section in self.sections for problem in section.problems)

    def other_error(self, name: str) -> str:
        """What is wrong with a control that the page adds to the form's questions."""
        return next((each.problem for each in self.others if each.field == name), "")

    @classmethod
    def typed(cls, values: Mapping[str, Any], city: City, today: date, codes: Sequence[str] = ALL) -> Form:
        """The form with these answers; names that no question has are left out."""
        answers = {name: value for name, value in values.items() if isinstance(value, str)}
        if isinstance(values, MultiDict):
            # Several boxes of one name are kept as one answer.
            answers |= {name: " ".join(values.getlist(name)) for name in SEVERAL_ASKED if name in values}

        def answered(question: Question) -> Question:
            return replace(
                question,
                value=answers.get(question.name, "")[:TYPED_MAX],
                document=answers.get(f"{question.name}-document", "")[:TYPED_MAX],
            )

        return cls(
            tuple(
                Section(code, title, tuple(answered(question) for question in questions))
                for code, title, questions in _sections(city, today)
                if code in codes
            )
        )

    def section(self, code: str) -> Section | None:
        """One topic, or None if there is none of this code."""
        return next((each for each in self.sections if each.code == code), None)

    def answers(self) -> dict[str, str]:
        """What was typed, as a draft keeps it."""
        kept = {question.name: question.value for question in self._questions()}
        return kept | {
            f"{question.name}-document": question.document
            for question in self._questions()
            if question.kind is Kind.CLAIM
        }

    def facts(self) -> dict[str, Any]:
        """The facts that the answers mean, as raw JSON values for the domain to judge."""
        facts: dict[str, Any] = {}
        claims = []
        for question in self._questions():
            if question.kind is Kind.CLAIM:
                if question.value:
                    claims.append({"code": _claim_code(question.name), "document": question.document.strip()})
            elif question.name in FACT_NAMES:
                facts[question.name] = _meant(question)
        for party in _PARTIES:
            name, uscc = (self._value(f"{party}_{part}").strip() for part in ("name", "uscc"))
            if name or uscc:
                facts[party] = {"name": name, "uscc": unicodedata.normalize("NFKC", uscc).upper()}
        return facts | {"reductions_claimed": claims}

    @property
    def situations(self) -> tuple[str, ...]:
        """What the applicant says about the works; every code that was ticked."""
        return tuple(self._value("situations").split())

    def body(self, papers: Iterable[str], commitments: Iterable[str] = ()) -> dict[str, Any]:
        """The submission that the answers mean, with the ids of the papers and what is promised for later."""
        return {
            "facts": self.facts(),
            "area_code": self._value("area_code"),
            "site": self._value("site").strip(),
            "attachments": list(papers),
            "situations": list(self.situations),
            "commitments": list(commitments),
            "outside": self._value("outside").split(),
        }

    def with_problems(self, problems: Iterable[Problem]) -> Form:
        """The same answers, each with what is wrong beside it; problems of papers are not the form's."""
        claimed = [question.name for question in self._questions() if question.kind is Kind.CLAIM and question.value]
        errors: dict[str, str] = {}
        for each in problems:
            errors.setdefault(_control(each.field, claimed), said(each.problem))
        asked = {question.name for question in self._questions()}
        others = tuple(
            Problem(name, problem)
            for name, problem in errors.items()
            if name.removesuffix("-document") not in asked and not name.startswith(("attachments", "commitments"))
        )

        def judged(question: Question) -> Question:
            error = errors.get(question.name, "")
            if error and question.kind is Kind.WHOLE and question.is_answered:
                error = gettext("请填 0 或正整数，例如 18")
            if error and not question.is_answered and question.kind in (Kind.YES_NO, Kind.SELECT):
                error = gettext("请选择一项")
            return replace(question, error=error, document_error=errors.get(f"{question.name}-document", ""))

        return Form(
            tuple(
                replace(section, questions=tuple(judged(question) for question in section.questions))
                for section in self.sections
            ),
            others,
        )

    def _questions(self) -> Iterable[Question]:
        return (question for section in self.sections for question in section.questions)

    def _value(self, name: str) -> str:
        return next((question.value for question in self._questions() if question.name == name), "")


def _control(field: str, claimed: Sequence[str]) -> str:
    """The control that a problem of a submission belongs to."""
    name = field.removeprefix("facts.")
    for party in _PARTIES:
        if name == party:
            return f"{party}_name"
        if name.startswith(f"{party}."):
            return name.replace(".", "_", 1)
    claim = re.fullmatch(r"reductions_claimed\[(\d+)\](?:\.(\w+))?", name)
    if claim and int(claim[1]) < len(claimed):
        return claimed[int(claim[1])] + ("-document" if claim[2] == "document" else "")
    return name


def _meant(question: Question) -> Any:
    """An answer as a raw JSON value; what cannot be meant stays as it was typed, for the domain to refuse."""
    text = unicodedata.normalize("NFKC", question.value).strip()
    if not text:
        return None
    match question.kind:
        case Kind.YES_NO:
            return {"yes": True, "no": False}.get(text, text)
        case Kind.WHOLE:
            return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else text
        case Kind.AREA | Kind.METRES | Kind.MONEY | Kind.BRICKS:
            return text.replace(",", "") if _GROUPED.fullmatch(text) else text
        case Kind.TEXT if question.name == "project_name":
            return question.value.strip()
    return text


def _claim_code(name: str) -> str:
    return name.removeprefix("reduction-")


def _sections(city: City, today: date) -> Iterable[tuple[str, str, tuple[Question, ...]]]:
    use = Question(
        name="use",
        label=gettext("工程用途"),
        kind=Kind.SELECT,
        hint=gettext("一个项目有多种用途的，选计容面积最大的一种。"),
        choices=tuple(Choice(each.code, named(each)) for each in city.pack.uses),
    )
    yield "project", gettext("项目信息"), (*_project(city), use)
    yield "use", gettext("工程用途"), (use,)
    yield "parties", gettext("单位"), _party_questions()
    yield "scale", gettext("建设规模"), _scale()
    yield "situations", gettext("涉及的情形"), _situations(city, today)
    yield "cost", gettext("造价和工资支付"), _cost()
    yield "reductions", gettext("减免申请"), _claims(city)


def _situations(city: City, today: date) -> tuple[Question, ...]:
    asked = city.pack.scope.questions(today)
    questions = []
    if city.pack.situations:
        questions.append(
            Question(
                name="situations",
                label=gettext("工程涉及下列哪些情形？"),
                kind=Kind.SEVERAL,
                hint=gettext("选中的情形会带来相应的事项和材料；都不涉及的，不选。"),
                is_optional=True,
                choices=situation_choices(city),
            )
        )
    if asked:
        questions.append(
            Question(
                name="outside",
                label=gettext("工程属于下列哪种不在本窗口受理的情况？"),
                kind=Kind.SEVERAL,
                hint=gettext("都不属于的，不选。属于其中之一的，可以当场取得不予受理通知书，写明去哪里办。"),
                is_optional=True,
                choices=tuple(Choice(each.code, named(each)) for each in asked),
            )
        )
    return tuple(questions)


def situation_choices(city: City) -> tuple[Choice, ...]:
    """The situations of the city, each with the matters and papers that it brings along."""
    return tuple(Choice(each.code, named(each), _brought(city, each.code)) for each in city.pack.situations)


def _brought(city: City, code: str) -> str:
    """What a situation brings along, in a line."""
    matters, materials = brought_along(city.pack.materials, city.matters, code)
    comma = gettext("、")
    parts = [gettext("事项：%(names)s", names=comma.join(f"{named(each)}" for each in matters))] if matters else []
    parts += [gettext("材料：%(names)s", names=comma.join(named(each) for each in materials))] if materials else []
    return str(gettext("；").join(parts))


def _project(city: City) -> tuple[Question, ...]:
    return (
        Question(name="project_name", label=gettext("项目名称"), kind=Kind.TEXT, hint=gettext("与立项文件一致。")),
        Question(
            name="project_code",
            label=gettext("项目代码"),
            kind=Kind.TEXT,
            hint=gettext("投资项目在线审批监管平台赋的代码，例如 2014-371002-70-01-000001。"),
        ),
        Question(
            name="area_code",
            label=gettext("项目所在区"),
            kind=Kind.SELECT,
            choices=tuple(Choice(each.code, named(each)) for each in city.pack.areas),
        ),
        Question(name="site", label=gettext("建设地点"), kind=Kind.TEXT, hint=gettext("区、路、门牌号或四至。")),
    )


def _party_questions() -> tuple[Question, ...]:
    code = gettext("18 位，营业执照上的统一社会信用代码。")
    return (
        Question(
            name="developer_name", label=gettext("建设单位名称"), kind=Kind.TEXT, hint=gettext("与营业执照一致。")
        ),
        Question(name="developer_uscc", label=gettext("建设单位统一社会信用代码"), kind=Kind.TEXT, hint=code),
        Question(
            name="contractor_name",
            label=gettext("施工总承包单位名称"),
            kind=Kind.TEXT,
            hint=gettext("还没有签订施工合同的可以不填。"),
            is_optional=True,
        ),
        Question(
            name="contractor_uscc",
            label=gettext("施工总承包单位统一社会信用代码"),
            kind=Kind.TEXT,
            hint=code,
            is_optional=True,
        ),
    )


def _scale() -> tuple[Question, ...]:
    return (
        Question(
            name="floor_area_m2",
            label=gettext("建筑面积"),
            kind=Kind.AREA,
            hint=gettext("以建筑面积测算报告为准，例如 86432.18。"),
        ),
        Question(name="above_ground_area_m2", label=gettext("地上建筑面积"), kind=Kind.AREA),
        Question(
            name="ground_floor_area_m2",
            label=gettext("首层建筑面积"),
            kind=Kind.AREA,
            hint=gettext("计算应建防空地下室面积时用。"),
        ),
        Question(name="floors", label=gettext("地上层数"), kind=Kind.WHOLE),
        Question(name="foundation_depth_m", label=gettext("基础埋深"), kind=Kind.METRES),
        Question(
            name="full_frame",
            label=gettext("是否全框架结构"),
            kind=Kind.YES_NO,
            hint=gettext("散装水泥专项基金按结构取标准。"),
        ),
        Question(
            name="heating_connected",
            label=gettext("是否接入集中供热"),
            kind=Kind.YES_NO,
            hint=gettext("城市基础设施配套费的供热部分。"),
        ),
        Question(
            name="gas_connected",
            label=gettext("是否接入管道燃气"),
            kind=Kind.YES_NO,
            hint=gettext("城市基础设施配套费的燃气部分。"),
        ),
        Question(
            name="shelter_built_m2",
            label=gettext("自建防空地下室面积"),
            kind=Kind.AREA,
            hint=gettext("没有自建的填 0。"),
        ),
        Question(
            name="shelter_impossible",
            label=gettext("是否经论证不能修建防空地下室"),
            kind=Kind.YES_NO,
            hint=gettext("选“是”须上传地质论证。"),
        ),
        Question(
            name="community_care_area_m2",
            label=gettext("社区养老托育家政用房面积"),
            kind=Kind.AREA,
            hint=gettext("没有的填 0；有的须上传证明。"),
            is_optional=True,
        ),
        Question(
            name="standard_bricks",
            label=gettext("标准砖用量"),
            kind=Kind.BRICKS,
            hint=gettext("只在建筑面积不能作为计费依据时填。"),
            is_optional=True,
        ),
    )


def _cost() -> tuple[Question, ...]:
    return (
        Question(
            name="project_cost",
            label=gettext("工程造价"),
            kind=Kind.MONEY,
            hint=gettext("以工程造价文件为准，例如 158640000.00。"),
        ),
        Question(name="contract_price", label=gettext("施工合同价"), kind=Kind.MONEY),
        Question(
            name="contract_signed_on",
            label=gettext("施工合同签订日"),
            kind=Kind.DATE,
            hint=gettext("例如 2014-08-30。"),
            is_optional=True,
        ),
        Question(
            name="wage_credit_grade",
            label=gettext("工资支付信用等级"),
            kind=Kind.SELECT,
            hint=gettext("施工总承包单位的等级；未评级的不选。"),
            is_optional=True,
            choices=tuple(Choice(grade, grade) for grade in CREDIT_GRADES),
        ),
        Question(
            name="wage_clean_years", label=gettext("连续无欠薪年数"), kind=Kind.WHOLE, hint=gettext("没有的填 0。")
        ),
        Question(name="wage_arrears_last_year", label=gettext("上年度有无欠薪"), kind=Kind.YES_NO),
    )


def _claims(city: City) -> tuple[Question, ...]:
    return tuple(
        Question(
            name=f"reduction-{each.code}",
            label=named(each),
            kind=Kind.CLAIM,
            hint="、".join(each.documents),
            is_optional=True,
        )
        for each in city.pack.reductions
        if each.fact is None
    )
