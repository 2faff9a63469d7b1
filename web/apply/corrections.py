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
from shared.db import attachments
from shared.db.city import City
from shared.db.queries import cases
from shared.db.queries import corrections as queries
from shared.db.queries.cases import CaseFile
from shared.db.queries.corrections import ItemView, NoticeView
from shared.domain.corrections import ANSWER_LENGTH_MAX, CorrectionKind
from shared.domain.errors import CalendarNotLoaded, Conflict, Invalid, NotFound, Problem
from shared.domain.matters import Material
from shared.papers import PAPER_BYTES_MAX
from shared.settings import settings
from shared.storage import Storage
from web.apply.form import Form, Kind, Question, choices_everywhere
from web.auth.access import login_required, signed_in
from web.components import FileItem
from web.corrections import Demanded, days_left, demanded
from web.naming import named, said

apply_corrections = flask.Blueprint("apply_corrections", __name__, url_prefix="/apply/cases")

#: How files of a format are usually called, for the browser's file chooser.
_SUFFIXES = {"pdf": ".pdf", "jpeg": ".jpg,.jpeg", "png": ".png"}


#: Facts that are asked with more than one control.
_SEVERAL = ("developer", "contractor", "reductions_claimed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A paper that a fact can make necessary, beside that fact; `is_needed` once the value kept does."""

    code: str
    label: str
    accept: str
    hint: str
    is_needed: bool
    kept: FileItem | None
    error: str


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
    proofs: tuple[Proof, ...] = ()


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
            city = office.city
            given = _typed(notice, city, office.today)
        problems = _keep_papers(notice, given, city)
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
        asked = {(group[0].kind, group[0].target): group[0] for group in notice.groups}
        item = asked.get(("paper", code))
        paper_id = item.attachment_id if item else _proofs_kept(notice).get(code)
        if paper_id is None:
            raise NotFound("没有这份材料")
        without = Answer("paper", code, text=str(item.typed.get("text", "")) if item else "")
        answers.save(office, account=signed_in(), application_id=application_id, answers=[without])
        intake.discard_paper(office, account=signed_in(), paper_id=paper_id)
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


def _proofs_kept(notice: NoticeView) -> dict[str, UUID]:
    """The papers that were brought beside a fact, by material."""
    return {code: UUID(paper) for group in notice.groups for code, paper in group[0].typed.get("papers", {}).items()}


def _provable(notice: NoticeView, city: City) -> list[Material]:
    """The materials that a fact of the notice can make necessary and nobody asked for as papers."""
    asked = {(group[0].kind, group[0].target) for group in notice.groups}
    return [
        material
        for material in city.pack.materials
        if ("fact", material.required) in asked and ("paper", material.code) not in asked
    ]


def _keep_papers(notice: NoticeView, given: dict[tuple[str, str], Answer], city: City) -> list[Problem]:
    """Take the files of one request, each on its own: a bad one does not cost the good ones."""
    problems: list[Problem] = []
    wanted = {target for kind, target in given if kind == CorrectionKind.PAPER}
    wanted |= {material.code for material in _provable(notice, city)}
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
        before = given.get(("paper", code))
        given["paper", code] = Answer("paper", code, text=before.text if before else "", paper_id=paper_id)
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
    proofs = _proofs(office, file, notice, errors)
    cards = tuple(
        _card(group[0], shown, form, city, errors, proofs=proofs)
        for group, shown in zip(notice.groups, demanded(notice, city), strict=True)
    )
    links = [
        Problem(f"card-{card.key}", f"{card.shown.subject}{gettext('：')}{card.error}") for card in cards if card.error
    ]
    links += [
        Problem(f"file-paper-{proof.code}", f"{proof.label}{gettext('：')}{proof.error}")
        for card in cards
        for proof in card.proofs
        if proof.error
    ]
    links += [
        Problem(question.name, f"{question.label}{gettext('：')}{question.error or question.document_error}")
        for card in cards
        for question in card.questions
        if question.error or question.document_error
    ]
    links += form.others
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


def _proofs(
    office: Sitting, file: CaseFile, notice: NoticeView, errors: Mapping[str, str]
) -> dict[str, tuple[Proof, ...]]:
    """The papers that can become necessary, by the fact that makes them so; what the application has is left out."""
    kept, given = _proofs_kept(notice), {paper.material_code for paper in file.papers}
    needed = answers.papers_needed(office, facts=file.case.facts, corrected=notice.corrected, given=given)
    free = attachments.free(office.session, list(kept.values()), account_id=signed_in().id)
    names = {paper_id: paper.file_name for paper_id, paper in free.items()}
    found: dict[str, tuple[Proof, ...]] = {}
    for material in _provable(notice, office.city):
        if material.code in given:
            continue
        paper_id = kept.get(material.code)
        proof = Proof(
            code=material.code,
            label=named(material),
            accept=_accepted(material),
            hint=_hint(material),
            is_needed=material in needed,
            kept=FileItem(name=names[paper_id], href=flask.url_for("files.paper", paper_id=paper_id))
            if paper_id in names
            else None,
            error=errors.get(f"paper-{material.code}", ""),
        )
        found[material.required] = (*found.get(material.required, ()), proof)
    return found


def _accepted(material: Material) -> str:
    return ",".join(_SUFFIXES[each] for each in material.formats)


def _hint(material: Material) -> str:
    formats = ", ".join(each.upper() for each in material.formats)
    return str(gettext("只收 %(formats)s，每个不超过 20 MB。", formats=formats))


def _card(
    item: ItemView,
    shown: Demanded,
    form: Form,
    city: City,
    errors: Mapping[str, str],
    *,
    proofs: Mapping[str, tuple[Proof, ...]],
) -> AnswerCard:
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
        accept=_accepted(material) if material else "",
        hint=_hint(material) if material else "",
        kept=kept,
        text=str(item.typed.get("text", "")),
        error=errors.get(key, ""),
        proofs=proofs.get(item.target, ()) if item.kind == CorrectionKind.FACT else (),
    )
