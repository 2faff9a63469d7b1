"""The applicant's page of a notice of corrections: answer item by item, keep what is there, hand in once.

Works without a script. Whatever is typed is kept first and judged second, like the form of the application.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import flask
from flask_babel import gettext
from werkzeug.wrappers import Response

from services import answers, intake
from services.answers import Answer
from services.sitting import Sitting, sitting
from shared.db.city import City
from shared.db.queries import cases
from shared.db.queries import corrections as queries
from shared.db.queries.cases import CaseFile
from shared.db.queries.corrections import ItemView, NoticeView
from shared.domain.corrections import ANSWER_LENGTH_MAX, CorrectionKind
from shared.domain.errors import CalendarNotLoaded, Conflict, Invalid, NotFound, Problem
from shared.papers import PAPER_BYTES_MAX
from shared.settings import settings
from shared.storage import Storage
from web.apply.form import Form, Kind, Question, choices_everywhere
from web.auth.access import login_required, signed_in
from web.components import FileItem
from web.corrections import Demanded, days_left, demanded
from web.naming import said

apply_corrections = flask.Blueprint("apply_corrections", __name__, url_prefix="/apply/cases")

#: How files of a format are usually called, for the browser's file chooser.
_SUFFIXES = {"pdf": ".pdf", "jpeg": ".jpg,.jpeg", "png": ".png"}


#: Facts that are asked with more than one control.
_SEVERAL = ("developer", "contractor", "reductions_claimed")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCard:
    """One target of the notice with the controls of its answer."""

    key: str
    kind: str
    shown: Demanded
    questions: tuple[Question, ...] = ()
    accept: str = ""
    hint: str = ""
    kept: FileItem | None = None
    text: str = ""
    error: str = ""


@apply_corrections.get("/<uuid:application_id>/corrections")
@login_required("applicant")
def page(application_id: UUID) -> str:
    """What is asked for, with the answers so far; an answered notice to be read only."""
    with sitting() as office:
        return _page(office, application_id)


@apply_corrections.post("/<uuid:application_id>/corrections")
@login_required("applicant")
def answer(application_id: UUID) -> str | tuple[str, int] | Response:
    """Keep what was typed and uploaded, then, if asked to, hand everything in."""
    account = signed_in()
    try:
        with sitting() as office:
            file, notice = _notice(office, application_id)
            given = _typed(notice, office.city, office.today)
        problems = _keep_papers(notice, given)
        with sitting() as office:
            answers.save(office, account=account, application_id=application_id, answers=list(given.values()))
        if problems:
            raise Invalid(problems)
        if flask.request.form.get("then") != "submit":
            flask.flash(gettext("已保存，还没有提交。"))
            return flask.redirect(flask.url_for("apply_corrections.page", application_id=application_id), 303)
        with sitting() as office:
            done = answers.submit(office, account=account, application_id=application_id)
    except Invalid as invalid:
        with sitting() as office:
            return _page(office, application_id, invalid.problems), 422
    except CalendarNotLoaded as missing:
        with sitting() as office:
            return _page(office, application_id, refusal=str(missing)), 409
    except Conflict as conflict:
        # Another tab or click was faster: what stands now is the answer.
        flask.flash(said(str(conflict)))
        return flask.redirect(flask.url_for("apply.case", application_id=file.case.id), 303)
    words = gettext("补正告知书 %(number)s 已答复，各部门继续办理。", number=done.number)
    flask.flash(gettext("已经提交过，没有重复提交。") if done.repeated else words)
    return flask.redirect(flask.url_for("apply.case", application_id=application_id), 303)


@apply_corrections.post("/<uuid:application_id>/corrections/papers/<code>/remove")
@login_required("applicant")
def remove_paper(application_id: UUID, code: str) -> Response:
    """Take an uploaded paper out of an answer that is not handed in."""
    with sitting() as office:
        _file, notice = _notice(office, application_id)
        item = next((group[0] for group in notice.groups if (group[0].kind, group[0].target) == ("paper", code)), None)
        if item is None or item.attachment_id is None:
            raise NotFound("没有这份材料")
        without = Answer("paper", code, text=str(item.typed.get("text", "")))
        answers.save(office, account=signed_in(), application_id=application_id, answers=[without])
        intake.discard_paper(office, account=signed_in(), paper_id=item.attachment_id)
    return flask.redirect(flask.url_for("apply_corrections.page", application_id=application_id), 303)


def _notice(office: Sitting, application_id: UUID) -> tuple[CaseFile, NoticeView]:
    file = cases.case_file(office.session, application_id, signed_in())
    sent = [each for each in queries.of_application(office.session, application_id) if each.number]
    if not sent:
        raise NotFound("没有等您答复的补正告知书")
    return file, sent[-1]


def _typed(notice: NoticeView, city: City, today: date) -> dict[tuple[str, str], Answer]:
    """The answers as the form brought them, by target; papers stay as they are until a file comes."""
    form = Form.typed(flask.request.form, city, today)
    facts = form.facts()
    given = {}
    for item, *_same in notice.groups:
        text = flask.request.form.get(f"text-{item.kind}-{item.target}", "")[: ANSWER_LENGTH_MAX + 1]
        value, typed = None, {}
        if item.kind == CorrectionKind.FACT:
            value = facts.get(item.target)
            typed = {name: flask.request.form.get(name, "") for question in _asked(form, item.target)
                     for name in (question.name, f"{question.name}-document")}  # fmt: skip
        paper_id = item.attachment_id if item.kind == CorrectionKind.PAPER else None
        given[item.kind, item.target] = Answer(item.kind, item.target, value, text, paper_id, typed)
    return given


def _keep_papers(notice: NoticeView, given: dict[tuple[str, str], Answer]) -> list[Problem]:
    """Take the files of one request, each on its own: a bad one does not cost the good ones."""
    problems: list[Problem] = []
    wanted = {target for kind, target in given if kind == CorrectionKind.PAPER}
    for field, file in flask.request.files.items(multi=True):
        code = field.removeprefix("file-paper-")
        if not file.filename or code not in wanted or notice.state != "sent":
            continue
        try:
            with sitting() as office:
                paper_id = intake.add_paper(
                    office,
                    Storage(settings().storage_dir),
                    account=signed_in(),
                    file_name=file.filename,
                    # One byte more than allowed is enough to know that it is too much.
                    content=file.stream.read(PAPER_BYTES_MAX + 1),
                    material_code=code,
                )
        except Invalid as invalid:
            problems += [Problem(f"paper-{code}", each.problem) for each in invalid.problems]
            continue
        before = given["paper", code]
        given["paper", code] = Answer("paper", code, text=before.text, paper_id=paper_id)
    return problems


def _asked(form: Form, name: str) -> tuple[Question, ...]:
    """The questions of the application form that a fact is asked with."""
    found: dict[str, Question] = {}
    for section in form.sections:
        for question in section.questions:
            is_claim = name == "reductions_claimed" and question.kind is Kind.CLAIM
            is_party = name in ("developer", "contractor") and question.name.startswith(f"{name}_")
            if question.name == name or is_claim or is_party:
                found.setdefault(question.name, question)
    return tuple(found.values())


def _page(office: Sitting, application_id: UUID, problems: Sequence[Problem] = (), *, refusal: str = "") -> str:
    file, notice = _notice(office, application_id)
    city = office.city
    typed: dict[str, str] = {}
    for item, *_same in notice.groups:
        typed |= _so_far(item, file.case.facts)
    form = Form.typed(typed, city, office.today).with_problems(
        each for each in problems if each.field.startswith("facts.")
    )
    errors = {each.field: said(each.problem) for each in problems}
    cards = tuple(
        _card(group[0], shown, form, city, errors)
        for group, shown in zip(notice.groups, demanded(notice, city), strict=True)
    )
    links = [
        Problem(f"card-{card.key}", f"{card.shown.subject}{gettext('：')}{card.error}") for card in cards if card.error
    ]
    links += [
        Problem(question.name, f"{question.label}{gettext('：')}{question.error or question.document_error}")
        for card in cards
        for question in card.questions
        if question.error or question.document_error
    ]
    named_fields = {f"paper-{card.key}" for card in cards}
    links += [each for each in form.others if each.field not in named_fields]
    return flask.render_template(
        "apply/corrections.html",
        case=file.case,
        notice=notice,
        cards=cards,
        links=tuple(links),
        refusal=said(refusal) if refusal else "",
        left=days_left(city, notice.reply_due_on, office.today) if notice.reply_due_on else None,
        answer_length_max=ANSWER_LENGTH_MAX,
        **choices_everywhere(),
    )


def _so_far(item: ItemView, facts: Mapping[str, Any]) -> dict[str, str]:
    """The controls of a fact as they were typed; what has several controls begins with what was declared."""
    if item.kind != CorrectionKind.FACT:
        return {}
    if item.typed.get("typed"):
        return {name: value for name, value in item.typed["typed"].items() if isinstance(value, str)}
    value = item.typed.get("value", facts.get(item.target) if item.target in _SEVERAL else None)
    if isinstance(value, Mapping):
        return {f"{item.target}_{part}": str(value.get(part, "")) for part in ("name", "uscc")}
    if isinstance(value, list):
        claims = [each for each in value if isinstance(each, Mapping)]
        return {f"reduction-{each.get('code')}": "yes" for each in claims} | {
            f"reduction-{each.get('code')}-document": str(each.get("document", "")) for each in claims
        }
    if isinstance(value, bool):
        return {item.target: "yes" if value else "no"}
    return {} if value is None else {item.target: str(value)}


def _card(item: ItemView, shown: Demanded, form: Form, city: City, errors: Mapping[str, str]) -> AnswerCard:
    key = f"{item.kind}-{item.target}"
    material = city.materials.get(item.target) if item.kind == CorrectionKind.PAPER else None
    kept = None
    if item.attachment_id is not None:
        kept = FileItem(name=item.file_name, href=flask.url_for("files.paper", paper_id=item.attachment_id))
    return AnswerCard(
        key=key,
        kind=item.kind,
        shown=shown,
        questions=_asked(form, item.target) if item.kind == CorrectionKind.FACT else (),
        accept=",".join(_SUFFIXES[each] for each in material.formats) if material else "",
        hint=gettext(
            "只收 %(formats)s，每个不超过 20 MB。", formats=", ".join(each.upper() for each in material.formats)
        )
        if material
        else "",
        kept=kept,
        text=str(item.typed.get("text", "")),
        error=errors.get(key, ""),
    )
