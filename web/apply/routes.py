"""The applicant's pages: my space, drafts page by page, papers, checking and handing in, and each case.

Whatever is typed is kept first and judged second, so a page that finds something wrong has lost nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import flask
from flask_babel import gettext
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from services import door, handling, intake
from services import papers as paper_office
from services.intake import KeyTaken
from services.papers import REUSED, Reusable
from services.sitting import Sitting, sitting
from shared.db import attachments, documents, drafts, intake_notices
from shared.db.attachments import AttachmentRow
from shared.db.drafts import DraftRow
from shared.db.queries import cases, corrections
from shared.db.queries import progress as queries
from shared.domain.checklist import Checklist, union
from shared.domain.errors import Conflict, Invalid, NotFound, Problem
from shared.domain.facts import Facts
from shared.papers import PAPER_BYTES_MAX
from shared.settings import settings
from shared.storage import Storage
from web.apply.case_page import case_page
from web.apply.form import ALL, Form, Kind, Question, Section, choices_everywhere
from web.apply.lines import shown_lines
from web.apply.materials import (
    AnswerItem,
    MaterialRow,
    PaperSlot,
    WrittenAnswer,
    answer_title,
    declaration,
    material_rows,
    saving,
)
from web.apply.more import further_acts
from web.auth.access import actor, login_required, signed_in
from web.components import SummaryRow, Tag, Task, TaskGroup, Tone
from web.desk.words import case_tag, grouped
from web.filters import clock
from web.naming import named, said
from web.slip import slip_page

apply = flask.Blueprint("apply", __name__, url_prefix="/apply")

FORM = "form"
PROMISED = "commitments"
#: How files of a format are usually called, for the browser's file chooser.
_SUFFIXES = {"pdf": ".pdf", "jpeg": ".jpg,.jpeg", "png": ".png"}


@dataclass(frozen=True, slots=True)
class Opened:
    """A draft with its answers, its papers (there or promised), and everything that stands against handing it in."""

    draft: DraftRow
    form: Form
    papers: tuple[AttachmentRow, ...]
    promised: tuple[str, ...]
    checklist: Checklist
    problems: tuple[Problem, ...]
    facts: Facts | None

    @property
    def reused(self) -> int:
        """How many papers were taken over."""
        return sum(paper.origin.startswith(REUSED) for paper in self.papers)

    @property
    def is_outside(self) -> bool:
        """Whether the window does not accept such works at all."""
        return any(each.field == "outside" for each in self.problems)

    @property
    def paper_problems(self) -> dict[str, str]:
        """What is wrong with the papers, by material code."""
        return {
            each.field.removeprefix("attachments."): said(each.problem)
            for each in self.problems
            if each.field.startswith("attachments")
        }

    def body(self) -> dict[str, Any]:
        """The submission that this draft means."""
        return self.form.body([str(paper.id) for paper in self.papers], self.promised)


@apply.get("/")
@login_required("applicant")
def space() -> str:
    """My space: what waits for me first, then my applications and drafts."""
    with sitting() as office:
        rows = cases.listed(office.session, signed_in())
        to_correct = corrections.due_of_applications(office.session, signed_in().id)
        open_drafts = drafts.of_account(office.session, signed_in().id)
        today = office.today
    return flask.render_template(
        "apply/space.html",
        rows=[(row, case_tag(row.status)) for row in rows],
        waiting=[row for row in rows if row.owed_fen or row.tasks_objected or row.id in to_correct],
        to_correct=to_correct,
        drafts=[(each, _draft_title(each)) for each in open_drafts],
        today=today,
    )


@apply.post("/new")
@login_required("applicant")
def new() -> Response:
    """Start a draft; what the account already tells is filled in."""
    account = signed_in()
    known = {"developer_name": account.organisation_name or "", "developer_uscc": account.organisation_uscc or ""}
    with sitting() as office:
        draft_id = intake.save_draft(office, account=account, data={FORM: known})
    return flask.redirect(flask.url_for("apply.draft", draft_id=draft_id), 303)


@apply.get("/drafts/<uuid:draft_id>")
@login_required("applicant")
def draft(draft_id: UUID) -> str | Response:
    """The parts of the application with the state of each."""
    with sitting() as office:
        opened = _open(office, draft_id)
        if opened.draft.submitted_as:
            return _to_case(opened.draft.submitted_as)
        groups = _task_groups(opened)
        answers = _answers_in_writing(office, draft_id)
    return flask.render_template(
        "apply/draft.html",
        draft_id=draft_id,
        groups=groups,
        answers=answers,
        title=_draft_title(opened.draft),
        saved=_saved(opened),
    )


@apply.get("/drafts/<uuid:draft_id>/<any(project, parties, scale, situations, cost, reductions):code>")
@login_required("applicant")
def section(draft_id: UUID, code: str) -> str | Response:
    """One topic of the form; problems show only where something was typed already."""
    with sitting() as office:
        opened = _open(office, draft_id)
        if opened.draft.submitted_as:
            return _to_case(opened.draft.submitted_as)
        questions = _only_typed(_section(opened.form, code))
    return _section_page(draft_id, questions)


@apply.post("/drafts/<uuid:draft_id>/<any(project, parties, scale, situations, cost, reductions):code>")
@login_required("applicant")
def save_section(draft_id: UUID, code: str) -> str | tuple[str, int] | Response:
    """Keep what was typed, then judge it: on to the next topic, or the same page with what is wrong."""
    with sitting() as office:
        row = drafts.load(office.session, draft_id, account_id=signed_in().id)
        if row.submitted_as:
            return _to_case(row.submitted_as)
        typed = Form.typed(flask.request.form, office.city, office.today, [code]).answers()
        data = {**row.data, FORM: {**_answers(row), **typed}}
        intake.save_draft(office, account=signed_in(), data=data, draft_id=draft_id)
        opened = _open(office, draft_id)
    if flask.request.headers.get("HX-Request"):
        return _saved(opened)
    questions = _section(opened.form, code)
    if flask.request.form.get("then") == "later":
        return flask.redirect(flask.url_for("apply.draft", draft_id=draft_id), 303)
    if code == "situations" and opened.is_outside:
        # Nothing here can be mended: what is left is the answer in writing.
        return flask.redirect(flask.url_for("apply.check", draft_id=draft_id), 303)
    if questions.problems:
        return _section_page(draft_id, questions), 422
    if flask.request.args.get("back") == "check":
        return flask.redirect(flask.url_for("apply.check", draft_id=draft_id), 303)
    following = ALL[ALL.index(code) + 1 :]
    if following:
        return flask.redirect(flask.url_for("apply.section", draft_id=draft_id, code=following[0]), 303)
    return flask.redirect(flask.url_for("apply.papers", draft_id=draft_id), 303)


@apply.get("/drafts/<uuid:draft_id>/papers")
@login_required("applicant")
def papers(draft_id: UUID) -> str | Response:
    """One slot per material, with what is already there."""
    with sitting() as office:
        opened = _open(office, draft_id)
        if opened.draft.submitted_as:
            return _to_case(opened.draft.submitted_as)
        return _papers_page(office, opened)


@apply.post("/drafts/<uuid:draft_id>/papers")
@login_required("applicant")
def add_papers(draft_id: UUID) -> str | tuple[str, int] | Response:
    """Keep what is promised, then take the files of one request, each on its own: a bad one does not cost the good."""
    problems: list[Problem] = []
    with sitting() as office:
        row = drafts.load(office.session, draft_id, account_id=signed_in().id)
        if row.submitted_as:
            return _to_case(row.submitted_as)
        data = {**row.data, PROMISED: flask.request.form.getlist("promise")}
        intake.save_draft(office, account=signed_in(), data=data, draft_id=draft_id)
    for field, file in flask.request.files.items(multi=True):
        if file.filename:
            problems += _add_paper(draft_id, field, file)
    if wanted := flask.request.form.get("reuse", ""):
        problems += _take_over(draft_id, wanted)
    with sitting() as office:
        opened = _open(office, draft_id)
        if opened.draft.submitted_as:
            return _to_case(opened.draft.submitted_as)
        if problems:
            return _papers_page(office, opened, problems), 422
        if flask.request.form.get("then") == "next":
            missing = [
                Problem(f"paper-{code}", problem) for code, problem in opened.paper_problems.items() if "[" not in code
            ]
            if missing:
                return _papers_page(office, opened, missing), 422
            return flask.redirect(flask.url_for("apply.check", draft_id=draft_id), 303)
    return flask.redirect(flask.url_for("apply.papers", draft_id=draft_id), 303)


@apply.post("/drafts/<uuid:draft_id>/papers/<uuid:paper_id>/remove")
@login_required("applicant")
def remove_paper(draft_id: UUID, paper_id: UUID) -> Response:
    """Throw one paper of a draft away."""
    with sitting() as office:
        intake.discard_paper(office, account=signed_in(), paper_id=paper_id, draft_id=draft_id)
    return flask.redirect(flask.url_for("apply.papers", draft_id=draft_id), 303)


@apply.post("/drafts/<uuid:draft_id>/answer")
@login_required("applicant")
def answer(draft_id: UUID) -> str | tuple[str, int] | Response:
    """Ask for the answer in writing; while nothing changes it is the same one."""
    try:
        with sitting() as office:
            opened = _open(office, draft_id)
            if opened.draft.submitted_as:
                return _to_case(opened.draft.submitted_as)
            door.answer(office, account=signed_in(), draft_id=draft_id, body=opened.body())
    except (Conflict, Invalid) as refused:
        with sitting() as office:
            opened = _open(office, draft_id)
            if opened.draft.submitted_as:
                return _to_case(opened.draft.submitted_as)
            problems = refused.problems if isinstance(refused, Invalid) else [Problem("answer", said(str(refused)))]
            return _check_page(office, opened, problems), 422
    return flask.redirect(flask.url_for("apply.answers", draft_id=draft_id), 303)


@apply.get("/drafts/<uuid:draft_id>/answers")
@login_required("applicant")
def answers(draft_id: UUID) -> str:
    """Every answer in writing on a draft, newest first, also after it was handed in."""
    with sitting() as office:
        row = drafts.load(office.session, draft_id, account_id=signed_in().id)
        given = _answers_in_writing(office, draft_id)
        notices = intake_notices.of_draft(office.session, draft_id)
    return flask.render_template(
        "apply/answers.html",
        draft_id=draft_id,
        answers=given,
        title=_draft_title(row),
        is_open=not row.submitted_as,
        is_refused=bool(notices) and notices[0].kind == "not_accepted",
    )


@apply.post("/drafts/<uuid:draft_id>/discard")
@login_required("applicant")
def discard(draft_id: UUID) -> Response:
    """Throw a draft away with its papers."""
    with sitting() as office:
        intake.discard_draft(office, account=signed_in(), draft_id=draft_id)
    return flask.redirect(flask.url_for("apply.space"), 303)


@apply.get("/drafts/<uuid:draft_id>/check")
@login_required("applicant")
def check(draft_id: UUID) -> str | Response:
    """All answers once more, each with the way back; and what the fees will probably be."""
    with sitting() as office:
        opened = _open(office, draft_id)
        if opened.draft.submitted_as:
            return _to_case(opened.draft.submitted_as)
        return _check_page(office, opened)


@apply.post("/drafts/<uuid:draft_id>/submit")
@login_required("applicant")
def submit(draft_id: UUID) -> str | tuple[str, int] | Response:
    """Hand the application in; the form's token makes a second click the same application."""
    token = flask.request.form.get("submission", "")
    try:
        with sitting() as office:
            opened = _open(office, draft_id)
            if opened.draft.submitted_as:
                return _to_case(opened.draft.submitted_as)
            if token != _token(draft_id) or not flask.request.form.get("declared"):
                problem = Problem("declared", gettext("请先确认以上内容和材料真实、完整"))
                return _check_page(office, opened, [problem]), 422
            if opened.problems:
                # Another click may have taken the papers with it since the draft was read.
                now = drafts.load(office.session, draft_id, account_id=signed_in().id)
                return _to_case(now.submitted_as) if now.submitted_as else (_check_page(office, opened), 422)
            done = intake.submit(office, account=signed_in(), body=opened.body(), key=token, draft_id=draft_id)
    except (KeyTaken, Conflict):
        # The other click was faster: its application is the answer to both.
        with sitting() as office:
            before = drafts.load(office.session, draft_id, account_id=signed_in().id)
        if before.submitted_as is None:
            raise
        return _to_case(before.submitted_as)
    except Invalid as invalid:
        with sitting() as office:
            opened = _open(office, draft_id)
            if opened.draft.submitted_as:
                return _to_case(opened.draft.submitted_as)
            return _check_page(office, replace(opened, problems=invalid.problems)), 422
    return flask.redirect(flask.url_for("apply.submitted", application_id=done.application_id), 303)


@apply.get("/cases/<uuid:application_id>/submitted")
@login_required("applicant")
def submitted(application_id: UUID) -> str:
    """The number to keep, and what happens next and when."""
    with sitting() as office:
        file = cases.case_file(office.session, application_id, signed_in())
    return flask.render_template(
        "apply/submitted.html",
        case=file.case,
        units=len({task.unit_code for task in file.tasks}),
        slip=file.document_of("slip", application_id),
        acceptance=next((each for each in file.documents if each.kind == "acceptance"), None),
        promised=any(event.verb == "paper_promised" for event in file.events),
    )


@apply.get("/cases/<uuid:application_id>")
@login_required("applicant")
def case(application_id: UUID) -> str:
    """The page of one application."""
    with sitting() as office:
        file = cases.case_file(office.session, application_id, signed_in())
        progress = queries.progress(office.session, office.city, application_id, today=office.today)
        notices = corrections.of_application(office.session, application_id)
        sent = next((each for each in notices if each.state == "sent" and file.case.closed_at is None), None)
        page = case_page(file, progress, office.city, correction=sent, today=office.today)
        printed_at = office.now
    more = further_acts(file, signed_in())
    return flask.render_template("apply/case.html", case=file.case, page=page, printed_at=printed_at, more=more)


@apply.get("/cases/<uuid:application_id>/slip")
@login_required("applicant")
def slip(application_id: UUID) -> str:
    """The running handling slip of one application."""
    with sitting() as office:
        file = cases.case_file(office.session, application_id, signed_in())
        return flask.render_template("apply/slip.html", page=slip_page(office, file, is_applicant=True), now=office.now)


@apply.post("/cases/<uuid:application_id>/slip")
@login_required("applicant")
def ask_slip(application_id: UUID) -> Response:
    """Ask for the handling slip under seal, as the case stands now."""
    with sitting() as office:
        cases.case_file(office.session, application_id, signed_in())
        handling.ask(office, application_id=application_id, actor=actor())
    flask.flash(gettext("正在制作办理回执单，几秒后刷新即可下载。"))
    return flask.redirect(flask.url_for("apply.slip", application_id=application_id), 303)


def _open(office: Sitting, draft_id: UUID) -> Opened:
    row = drafts.load(office.session, draft_id, account_id=signed_in().id)
    form = Form.typed(_answers(row), office.city, office.today)
    if row.submitted_as:
        return Opened(row, form, (), (), Checklist(()), (), None)
    its_papers = tuple(attachments.of_draft(office.session, draft_id))
    body = form.body([str(paper.id) for paper in its_papers])
    problems = list(intake.check(office, account=signed_in(), body=body, draft_id=draft_id))
    refused = {each.field.removeprefix("facts.").partition(".")[0].partition("[")[0] for each in problems}
    # A fact that cannot be read hides what is missing elsewhere, so the rest is judged once more without it.
    readable = {name: value for name, value in body["facts"].items() if name not in refused}
    known = {each.field for each in problems}
    if readable != body["facts"]:
        for each in intake.check(office, account=signed_in(), body=body | {"facts": readable, "attachments": []}):
            name = each.field.removeprefix("facts.").partition(".")[0]
            if each.field not in known and name not in refused and not name.startswith("attachments"):
                problems.append(each)
    try:
        facts: Facts | None = Facts.from_json({**readable, "accepted_on": office.today.isoformat()})
    except Invalid:
        facts = None
    needed = union(office.city.pack.materials, office.city.matters_in(form.situations), facts)
    promised = _promised(row, needed, its_papers)
    there = {f"attachments.{code}" for code in promised}
    problems = [each for each in problems if each.field not in there]
    return Opened(row, form.with_problems(problems), its_papers, promised, needed, tuple(problems), facts)


def _promised(row: DraftRow, needed: Checklist, given: Sequence[AttachmentRow]) -> tuple[str, ...]:
    """What is promised for later, as far as it may be and has not come already."""
    kept = row.data.get(PROMISED)
    ticked = {each for each in kept if isinstance(each, str)} if isinstance(kept, list) else set()
    there = {paper.material_code for paper in given}
    return tuple(
        entry.material.code
        for entry in needed.entries
        if entry.may_be_promised and entry.material.code in ticked - there
    )


def _answers_in_writing(office: Sitting, draft_id: UUID) -> tuple[WrittenAnswer, ...]:
    made = {each.subject_id: each for each in documents.of_draft(office.session, draft_id)}
    return tuple(
        WrittenAnswer(
            title=answer_title(each.kind),
            number=each.number,
            issued_on=each.issued_on,
            items=tuple(AnswerItem.of(item) for item in each.items),
            href=flask.url_for("files.document", document_id=made[each.id].id) if made[each.id].sha256 else "",
        )
        for each in intake_notices.of_draft(office.session, draft_id)
        if each.id in made
    )


def _answers(row: DraftRow) -> dict[str, Any]:
    kept = row.data.get(FORM)
    return dict(kept) if isinstance(kept, dict) else {}


def _section(form: Form, code: str) -> Section:
    found = form.section(code)
    if found is None:
        raise NotFound("没有这一页")
    return found


def _only_typed(questions: Section) -> Section:
    """A page that is opened does not scold for what nobody has had the chance to type."""
    return replace(
        questions,
        questions=tuple(
            each if each.is_answered else replace(each, error="", document_error="") for each in questions.questions
        ),
    )


def _section_page(draft_id: UUID, questions: Section) -> str:
    return flask.render_template("apply/section.html", draft_id=draft_id, section=questions, **choices_everywhere())


def _add_paper(draft_id: UUID, field: str, file: FileStorage) -> Sequence[Problem]:
    # One byte more than allowed is enough to know that it is too much.
    content = file.stream.read(PAPER_BYTES_MAX + 1)
    try:
        with sitting() as office:
            intake.add_paper(
                office,
                Storage(settings().storage_dir),
                account=signed_in(),
                file_name=file.filename or "",
                content=content,
                material_code=field.removeprefix("paper-"),
                draft_id=draft_id,
            )
    except Invalid as invalid:
        return [Problem(field, said(each.problem)) for each in invalid.problems]
    return []


def _take_over(draft_id: UUID, wanted: str) -> Sequence[Problem]:
    """Take over the paper that a button names as "material:id"."""
    code, _, source = wanted.partition(":")
    try:
        with sitting() as office:
            row = drafts.load(office.session, draft_id, account_id=signed_in().id)
            paper_office.reuse(
                office,
                account=signed_in(),
                source_id=UUID(source),
                material_code=code,
                developer_uscc=_developer(row, office),
                draft_id=draft_id,
            )
    except (ValueError, NotFound):
        return [Problem(f"paper-{code}", gettext("没有可以沿用的这份材料，请重新上传"))]
    return []


def _developer(row: DraftRow, office: Sitting) -> str:
    """The credit code of the developer that a draft is for, as far as it can be read."""
    developer = Form.typed(_answers(row), office.city, office.today).facts().get("developer")
    return str(developer["uscc"]) if developer else ""


def _papers_page(office: Sitting, opened: Opened, problems: Sequence[Problem] = ()) -> str:
    errors = {each.field: each.problem for each in problems}
    before = paper_office.reusable(office, account=signed_in(), developer_uscc=_developer(opened.draft, office))
    slots = [_slot(row, opened, office, before.get(row.code), errors) for row in material_rows(
        opened.checklist, office.city, opened.form.body(())["area_code"]
    )]  # fmt: skip
    names = {material.code: named(material) for material in office.city.pack.materials}
    return flask.render_template(
        "apply/papers.html",
        draft_id=opened.draft.id,
        slots=slots,
        problems=problems,
        saving=saving(opened.checklist, reused=opened.reused),
        given=[(names.get(paper.material_code, ""), paper, _origin(paper)) for paper in opened.papers],
        declaration=declaration(),
    )


def _slot(
    row: MaterialRow, opened: Opened, office: Sitting, before: Reusable | None, errors: Mapping[str, str]
) -> PaperSlot:
    there = tuple(paper for paper in opened.papers if paper.material_code == row.code)
    return PaperSlot(
        row=row,
        hint=_paper_hint(row),
        accept=",".join(_SUFFIXES[each] for each in office.city.materials[row.code].formats),
        papers=there,
        reusable=None if there else before,
        is_promised=row.code in opened.promised,
        error=errors.get(f"paper-{row.code}", ""),
    )


def _origin(paper: AttachmentRow) -> str:
    """Where a paper that was taken over comes from."""
    if not paper.origin.startswith(REUSED):
        return ""
    return str(gettext("沿用自 %(number)s", number=paper.origin.removeprefix(REUSED)))


def _paper_hint(row: MaterialRow) -> str:
    if row.note:
        return str(gettext("%(note)s；只收 %(formats)s，每个不超过 20 MB。", note=row.note, formats=row.formats))
    return str(gettext("只收 %(formats)s，每个不超过 20 MB。", formats=row.formats))


def _check_page(office: Sitting, opened: Opened, more: Sequence[Problem] = ()) -> str:
    address = {code: flask.url_for("apply.section", draft_id=opened.draft.id, code=code, back="check") for code in ALL}
    summaries = [
        (each.title, tuple(SummaryRow(q.label, _shown(q), f"{address[each.code]}#{q.name}") for q in each.questions
                           if q.kind not in (Kind.CLAIM, Kind.SEVERAL) or q.value))
        for each in opened.form.sections
    ]  # fmt: skip
    links = [(f"{address[each.code]}#{problem.field}", problem.problem)
             for each in opened.form.sections for problem in each.problems]  # fmt: skip
    papers_address = flask.url_for("apply.papers", draft_id=opened.draft.id)
    links += [
        (f"{papers_address}#paper-{code}" if "[" not in code else papers_address, problem)
        for code, problem in opened.paper_problems.items()
    ]
    links += [(f"#{each.field}", each.problem) for each in more]
    lines = shown_lines(office.city.tariff.assess(opened.facts), office.city) if opened.facts else None
    names = {material.code: named(material) for material in office.city.pack.materials}
    return flask.render_template(
        "apply/check.html",
        draft_id=opened.draft.id,
        summaries=summaries,
        papers=[(names.get(paper.material_code, ""), paper, _origin(paper)) for paper in opened.papers],
        promised=[(names[code], office.city.materials[code].promise_days) for code in opened.promised],
        declaration=declaration(),
        saving=saving(opened.checklist, reused=opened.reused),
        is_outside=opened.is_outside,
        answers=_answers_in_writing(office, opened.draft.id),
        answer_error=next((each.problem for each in more if each.field == "answer"), ""),
        links=links,
        lines=lines,
        token=_token(opened.draft.id),
        declared_error=next((each.problem for each in more if each.field == "declared"), ""),
    )


def _shown(question: Question) -> str:
    """An answer in the reader's words."""
    if question.error and question.kind not in (Kind.YES_NO, Kind.SELECT, Kind.SEVERAL):
        return question.value
    match question.kind:
        case Kind.YES_NO:
            return str({"yes": gettext("是"), "no": gettext("否")}.get(question.value, question.value))
        case Kind.SELECT:
            return next((each.label for each in question.choices if each.value == question.value), question.value)
        case Kind.CLAIM:
            return question.document
        case Kind.SEVERAL:
            return str(gettext("、").join(each.label for each in question.choices if each.value in question.chosen))
        case Kind.AREA if question.is_answered:
            return f"{grouped(question.value)} m²"
        case Kind.METRES if question.is_answered:
            return f"{grouped(question.value)} m"
        case Kind.MONEY if question.is_answered:
            return str(gettext("%(amount)s 元", amount=grouped(question.value)))
    return question.value


def _token(draft_id: UUID) -> str:
    """The idempotency key of handing a draft in: one per draft, so that no two clicks or tabs make two applications."""
    return f"draft-{draft_id.hex}"


def _to_case(application_id: UUID) -> Response:
    return flask.redirect(flask.url_for("apply.submitted", application_id=application_id), 303)


def _draft_title(row: DraftRow) -> str:
    name = str(_answers(row).get("project_name", "")).strip()
    return name or str(gettext("未命名的申报"))


def _saved(opened: Opened) -> str:
    return str(gettext("已保存 %(time)s", time=clock(opened.draft.updated_at)))


def _task_groups(opened: Opened) -> tuple[TaskGroup, ...]:
    address = flask.url_for
    draft_id = opened.draft.id
    sections = tuple(
        Task(
            each.title,
            _state(each),
            address("apply.section", draft_id=draft_id, code=each.code),
            next((problem.problem for problem in _only_typed(each).problems), ""),
        )
        for each in opened.form.sections
    )
    needed = len(opened.checklist.required)
    papers_state = Tag(gettext("未开始"))
    if opened.papers:
        papers_state = Tag(gettext("填写中"), Tone.BLUE)
    if not opened.paper_problems:
        papers_state = Tag(gettext("已完成"), Tone.GREEN, is_quiet=True)
    paper_task = Task(
        gettext("申报材料"),
        papers_state,
        address("apply.papers", draft_id=draft_id),
        gettext("必交 %(needed)s 种，已传 %(count)s 份", needed=needed, count=len(opened.papers)),
    )
    is_ready = not opened.problems
    last = Task(
        gettext("核对并提交"),
        Tag(gettext("可以提交"), Tone.GREEN)
        if is_ready
        else Tag(gettext("还差 %(count)s 处", count=len(opened.problems))),
        address("apply.check", draft_id=draft_id),
    )
    return (
        TaskGroup(gettext("填写申报表"), sections),
        TaskGroup(gettext("上传材料"), (paper_task,)),
        TaskGroup(gettext("核对提交"), (last,)),
    )


def _state(section: Section) -> Tag:
    if any(question.error and question.is_answered for question in section.questions):
        return Tag(gettext("有问题"), Tone.RED)
    if not section.problems:
        is_optional = all(question.is_optional for question in section.questions)
        if is_optional and not any(question.is_answered for question in section.questions):
            return Tag(gettext("选填"))
        return Tag(gettext("已完成"), Tone.GREEN, is_quiet=True)
    if any(question.is_answered for question in section.questions):
        return Tag(gettext("填写中"), Tone.BLUE)
    return Tag(gettext("未开始"))
