"""What an applicant states about a project (fees.md 3): the only input that a fee is computed from.

Everything but the acceptance date may be missing here; a rule that needs a missing fact says so by
its name. Numbers arrive as strings and stay exact: a JSON float is refused, not rounded.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any, Final

from shared.domain.errors import Invalid, Problem
from shared.domain.identifiers import iso_date_problem, project_code_problem, uscc_problem
from shared.domain.money import amount_problem

FACT_NAMES: Final[Mapping[str, str]] = {
    "case": "案例编号",
    "project_code": "项目代码",
    "project_name": "项目名称",
    "developer": "建设单位",
    "contractor": "施工总承包单位",
    "accepted_on": "受理日",
    "use": "工程用途",
    "floor_area_m2": "建筑面积",
    "above_ground_area_m2": "地上建筑面积",
    "ground_floor_area_m2": "首层建筑面积",
    "floors": "地上层数",
    "foundation_depth_m": "基础埋深",
    "full_frame": "是否全框架结构",
    "heating_connected": "是否接入集中供热",
    "gas_connected": "是否接入管道燃气",
    "project_cost": "工程造价",
    "contract_price": "合同价",
    "shelter_built_m2": "防空地下室实建面积",
    "wage_credit_grade": "工资支付信用等级",
    "wage_clean_years": "连续无欠薪年数",
    "wage_arrears_last_year": "上年度有无欠薪",
    "community_care_area_m2": "社区养老托育家政用房面积",
    "shelter_impossible": "是否经证明不能修建防空地下室",
    "standard_bricks": "标准砖用量",
    "reductions_claimed": "申请的减免",
    "contract_signed_on": "施工合同签订日",
}

CREDIT_GRADES: Final = ("A", "B", "C", "D")

_QUANTITIES = (
    "floor_area_m2",
    "above_ground_area_m2",
    "ground_floor_area_m2",
    "foundation_depth_m",
    "shelter_built_m2",
    "community_care_area_m2",
)
_AMOUNTS = ("project_cost", "contract_price")
_SWITCHES = ("full_frame", "heating_connected", "gas_connected", "wage_arrears_last_year", "shelter_impossible")
_COUNTS = {"floors": 999, "wage_clean_years": 99}  # the largest value that is not a slip of the pen
_DATES = ("accepted_on", "contract_signed_on")
_QUANTITY = re.compile(r"(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,4})?")
_BRICKS = re.compile(r"0|[1-9][0-9]{0,11}")
_TEXT_MAX = 200


@dataclass(frozen=True, slots=True)
class Party:
    """A company or office, by its name as registered and its 统一社会信用代码."""

    name: str
    uscc: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A reduction that the applicant asks for, and the document that is to prove it."""

    code: str
    document: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Areas in m², depth in m, money in 元 (exact decimals); None is "not stated".

    Two facts mean something when they are not stated: no `wage_credit_grade` is "not graded", no
    `community_care_area_m2` is "none".
    """

    accepted_on: date
    case: str | None = None
    project_code: str | None = None
    project_name: str | None = None
    developer: Party | None = None
    contractor: Party | None = None
    use: str | None = None
    floor_area_m2: Decimal | None = None
    above_ground_area_m2: Decimal | None = None
    ground_floor_area_m2: Decimal | None = None
    floors: int | None = None
    foundation_depth_m: Decimal | None = None
    full_frame: bool | None = None
    heating_connected: bool | None = None
    gas_connected: bool | None = None
    project_cost: Decimal | None = None
    contract_price: Decimal | None = None
    shelter_built_m2: Decimal | None = None
    wage_credit_grade: str | None = None
    wage_clean_years: int | None = None
    wage_arrears_last_year: bool | None = None
    community_care_area_m2: Decimal | None = None
    shelter_impossible: bool | None = None
    standard_bricks: Decimal | None = None
    reductions_claimed: tuple[Claim, ...] = ()
    contract_signed_on: date | None = None

    @classmethod
    def from_json(
        cls,
        data: object,
        *,
        uses: Collection[str] | None = None,
        reductions: Collection[str] | None = None,
    ) -> Facts:
        """Read the JSON of fees.md 3; raises `Invalid` with every problem found.

        `uses` and `reductions` are the codes that the city's pack knows; without them codes are not checked here
        (the tariff refuses unknown ones all the same).
        """
        if not isinstance(data, Mapping):
            raise Invalid([Problem("facts", "应为一个 JSON 对象，字段见收费事实格式说明")])
        reader = _Reader(data)
        reader.refuse_unknown_keys(FACT_NAMES)
        values: dict[str, Any] = {name: reader.text(name) for name in ("case", "project_name", "use")}
        values |= {name: reader.decimal(name, _quantity_problem) for name in _QUANTITIES}
        values |= {name: reader.decimal(name, amount_problem) for name in _AMOUNTS}
        values |= {name: reader.switch(name) for name in _SWITCHES}
        values |= {name: reader.count(name, most) for name, most in _COUNTS.items()}
        values |= {name: reader.date(name) for name in _DATES}
        values["project_code"] = reader.checked("project_code", project_code_problem)
        values["developer"] = reader.party("developer")
        values["contractor"] = reader.party("contractor")
        values["wage_credit_grade"] = reader.checked("wage_credit_grade", _grade_problem)
        values["standard_bricks"] = reader.bricks()
        values["reductions_claimed"] = reader.claims(reductions)
        if data.get("accepted_on") is None:
            reader.problem("accepted_on", "必填：受理日，收费标准版本和缴款期限都由它决定")
        use = values["use"]
        if use is not None and uses is not None and use not in uses:
            reader.problem("use", f"不认识的工程用途 {use}，可用：{'、'.join(uses)}")
        care, floor = values["community_care_area_m2"], values["floor_area_m2"]
        if care is not None and floor is not None and care > floor:
            reader.problem("community_care_area_m2", f"社区养老托育家政用房面积 {care} 不能大于建筑面积 {floor}")
        if reader.problems:
            raise Invalid(reader.problems)
        return cls(**values)

    def to_json(self) -> dict[str, Any]:
        """The JSON of fees.md 3; `Facts.from_json` reads it back to an equal value."""
        data: dict[str, Any] = {}
        for name in FACT_NAMES:
            value = getattr(self, name)
            if name == "contract_signed_on" and value is None:
                continue
            data[name] = _as_json(value)
        return data


def identity_problems(facts: Facts) -> tuple[Problem, ...]:
    """What a case needs beyond its quantities before it can be accepted: a project, a developer, a use."""
    needed = ("project_code", "project_name", "developer", "use")
    return tuple(Problem(name, f"必填：{FACT_NAMES[name]}") for name in needed if getattr(facts, name) is None)


def _as_json(value: object) -> object:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Party):
        return {"name": value.name, "uscc": value.uscc}
    if isinstance(value, tuple):
        return [{"code": claim.code, "document": claim.document} for claim in value]
    return value


def _quantity_problem(value: object) -> str | None:
    if not isinstance(value, str):
        return '数量须写成字符串，例如 "86432.18"，不能用数字或小数类型'
    if not _QUANTITY.fullmatch(value):
        return "数量须为不带符号的半角数字，小数最多四位，整数部分最多十二位，例如 86432.18"
    return None


def _grade_problem(value: object) -> str | None:
    return None if value in CREDIT_GRADES else "信用等级应为 A、B、C、D 之一，未评级填 null"


def _text_problem(value: object) -> str | None:
    if not isinstance(value, str) or not value.strip():
        return "应为非空文字"
    if len(value) > _TEXT_MAX:
        return f"不能超过 {_TEXT_MAX} 个字"
    # Control characters and lone surrogates cannot be printed or stored; rare characters can.
    if any(unicodedata.category(char) in {"Cc", "Cs"} for char in value):
        return "含有不可打印的控制字符"
    return None


class _Reader:
    """Reads one object field by field and keeps every problem with the field as the sender wrote it."""

    def __init__(self, data: Mapping[object, object], path: str = "") -> None:
        self.data = data
        self.path = path
        self.problems: list[Problem] = []

    def problem(self, name: str, text: str) -> None:
        self.problems.append(Problem(self.path + name, text))

    def refuse_unknown_keys(self, known: Collection[str]) -> None:
        for key in self.data:
            if key not in known:
                self.problem(str(key), "未知字段，请删除或更正字段名")

    def checked(self, name: str, problem_of: Any, *, required: bool = False) -> str | None:
        value = self.data.get(name)
        if value is None:
            if required:
                self.problem(name, "必填")
            return None
        problem = problem_of(value)
        if problem:
            self.problem(name, problem)
            return None
        return str(value)

    def text(self, name: str, *, required: bool = False) -> str | None:
        return self.checked(name, _text_problem, required=required)

    def decimal(self, name: str, problem_of: Any) -> Decimal | None:
        text = self.checked(name, problem_of)
        return None if text is None else Decimal(text)

    def date(self, name: str) -> date | None:
        text = self.checked(name, iso_date_problem)
        return None if text is None else date.fromisoformat(text)

    def switch(self, name: str) -> bool | None:
        value = self.data.get(name)
        if value is None or isinstance(value, bool):
            return value
        self.problem(name, "应为 true、false 或 null")
        return None

    def count(self, name: str, most: int) -> int | None:
        value = self.data.get(name)
        if value is None or (type(value) is int and 0 <= value <= most):
            return value
        self.problem(name, f"应为 0 至 {most} 的整数（不带引号）")
        return None

    def bricks(self) -> Decimal | None:
        value = self.data.get("standard_bricks")
        if value is None:
            return None
        text = str(value) if type(value) is int else value
        if isinstance(text, str) and _BRICKS.fullmatch(text):
            return Decimal(text)
        self.problem("standard_bricks", '标准砖用量应为整数块，例如 "120000"')
        return None

    def party(self, name: str) -> Party | None:
        value = self.data.get(name)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            self.problem(name, '应为对象，例如 {"name": "单位全称", "uscc": "统一社会信用代码"}')
            return None
        inner = _Reader(value, f"{self.path}{name}.")
        inner.refuse_unknown_keys([field.name for field in fields(Party)])
        full_name = inner.text("name", required=True)
        uscc = inner.checked("uscc", uscc_problem, required=True)
        self.problems += inner.problems
        return None if full_name is None or uscc is None else Party(full_name, uscc)

    def claims(self, known: Collection[str] | None) -> tuple[Claim, ...]:
        value = self.data.get("reductions_claimed")
        if value is None:
            return ()
        if not isinstance(value, list | tuple):
            self.problem("reductions_claimed", '应为数组，例如 [{"code": "AFF", "document": "文号"}]')
            return ()
        read = []
        for index, each in enumerate(value):
            field = f"reductions_claimed[{index}]"
            if not isinstance(each, Mapping):
                self.problem(field, '应为对象，例如 {"code": "AFF", "document": "文号"}')
                continue
            inner = _Reader(each, f"{self.path}{field}.")
            inner.refuse_unknown_keys([part.name for part in fields(Claim)])
            code = inner.text("code", required=True)
            document = inner.text("document", required=True)
            if code is not None and known is not None and code not in known:
                inner.problem("code", f"不认识的减免代码 {code}，可用：{'、'.join(known)}")
            self.problems += inner.problems
            if code is not None and document is not None:
                read.append(Claim(code, document))
        return tuple(read)
