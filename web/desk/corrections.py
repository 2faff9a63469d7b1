"""Asking for corrections on a desk: tick, say why, see what others ask; the lead window sends, reminds and ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import SimpleNamespace
from uuid import UUID

import flask
from flask_babel import gettext
from werkzeug.wrappers import Response

from services import corrections
from services.sitting import Sitting, sitting
from shared.db.queries import corrections as queries
from shared.db.queries import desk_case
from shared.db.queries.corrections import ItemView, NoticeView
from shared.db.queries.desk import Desk
from shared.db.queries.desk_case import CaseHead, OwnTask
from shared.domain.corrections import (
    ASKABLE_FACTS,
    CLAUSE_LENGTH_MAX,
    REASON_LENGTH_MAX,
    SUBJECT_LENGTH_MAX,
    WANTED_LENGTH_MAX,
    CorrectionKind,
    Request,
)
from shared.domain.errors import CalendarNotLoaded, Conflict, Invalid, NotFound, Problem
from shared.domain.facts import FACT_NAMES
from web.auth.access import actor, login_required, signed_in
from web.components import Column
from web.corrections import Demanded, days_left, demanded, notice_tag, units_words, value_words
from web.naming import named, said
from web.workplace import page

desk_corrections = flask.Blueprint("desk_corrections", __name__, url_prefix="/desk")

ROLES = ("officer", "checker")
#: Empty rows for statements; who needs more asks again.
STATEMENTS = 3
TEXTS_MAX = SimpleNamespace(
    subject=SUBJECT_LENGTH_MAX, reason=REASON_LENGTH_MAX, clause=CLAUSE_LENGTH_MAX, wanted=WANTED_LENGTH_MAX
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskRow:
    """One thing that can be ticked, with what was typed about it; a statement brings its subject instead of a tick."""

    key: str
    kind: str
    target: str
    label: str = ""
    note: str = ""
    subject: str = ""
    reason: str = ""
    clause: str = ""
    wanted: str = ""
    is_picked: bool = False
    has_subject: bool = False
    problems: tuple[str, ...] = ()

    @property
    def request(self) -> Request:
        """What the row asks for."""
        return Request(self.kind, self.subject or self.target, self.reason, self.clause, self.wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskPage:
    """The form with what the case's notices say so far."""

    papers: tuple[AskRow, ...]
    other_papers: tuple[AskRow, ...]
    facts: tuple[AskRow, ...]
    other_facts: tuple[AskRow, ...]
    statements: tuple[AskRow, ...]
    rounds: tuple[tuple[NoticeView, tuple[Demanded, ...]], ...]
    told: tuple[str, ...]
    open: NoticeView | None

    @property
    def rows(self) -> tuple[AskRow, ...]:
        return (*self.papers, *self.other_papers, *self.facts, *self.other_facts, *self.statements)

    @property
    def picked(self) -> tuple[AskRow, ...]:
        return tuple(row for row in self.rows if row.is_picked)


@desk_corrections.get("/corrections")
@login_required(*ROLES)
def waiting() -> str:
    """Notices that are being collected or wait for their answer: the unit's own, or all for the lead window."""
    with sitting() as office:
        is_lead = signed_in().unit_code == office.city.lead_unit
        rows = queries.waiting(office.session, unit_code=signed_in().unit_code or "", is_lead=is_lead)
        return page(
            "desk/corrections.html",
            office,
            place="/desk/corrections",
            rows=[(row, _is_overdue(row.reply_due_on, office)) for row in rows],
            is_lead=is_lead,
            columns=(
                Column(gettext("状态"), "stage"),
                Column(gettext("办件编号"), "number"),
                Column(gettext("项目")),
                Column(gettext("补正告知书"), "bill"),
                Column(gettext("提出部门")),
                Column(gettext("项数"), "short", is_number=True),
                Column(gettext("期限"), "day"),
            ),
            notice_tag=notice_tag,
            units_words=lambda codes: units_words(office.city, codes),
        )


@desk_corrections.get("/corrections/<uuid:application_id>")
@login_required(*ROLES)
def of_application(application_id: UUID) -> str:
    """All notices of one case, for the lead window: it sends early, reminds, ends."""
    with sitting() as office:
        return _lead_page(office, application_id)


@desk_corrections.post("/corrections/<uuid:application_id>/send")
@login_required(*ROLES)
def send_now(application_id: UUID) -> Response | tuple[str, int]:
    """Send what is collected before its window is over."""
    with sitting() as office:
        _lead_only(office)
    try:
        with sitting() as office:
            corrections.send_now(office, application_id=application_id, actor=actor())
    except (Conflict, CalendarNotLoaded) as refused:
        with sitting() as office:
            return _lead_page(office, application_id, problem=said(str(refused))), 409
    flask.flash(gettext("补正告知书已发出，提出要求的事项停止计时。"))
    return _to_application(application_id)


@desk_corrections.post("/corrections/<uuid:application_id>/<any(remind, end):act>/<uuid:notice_id>")
@login_required(*ROLES)
def after_the_date(application_id: UUID, act: str, notice_id: UUID) -> Response | tuple[str, int]:
    """Remind the applicant of an overdue notice, or end the case as withdrawn."""
    with sitting() as office:
        _lead_only(office)
    try:
        with sitting() as office:
            do = corrections.remind if act == "remind" else corrections.end_unanswered
            do(office, notice_id=notice_id, actor=actor())
    except (Conflict, CalendarNotLoaded) as refused:
        with sitting() as office:
            return _lead_page(office, application_id, problem=said(str(refused))), 409
    flask.flash(gettext("已催办，答复期限已延长。") if act == "remind" else gettext("办件已终止，视为撤回申请。"))
    return _to_application(application_id)


@desk_corrections.get("/tasks/<uuid:task_id>/corrections")
@login_required(*ROLES)
def ask_page(task_id: UUID) -> str:
    """The form to ask with, and what everybody asks so far."""
    with sitting() as office:
        head, task = _task(office, task_id)
        return _ask_page(office, head, task, _form(office, head, task, {}))


@desk_corrections.post("/tasks/<uuid:task_id>/corrections")
@login_required(*ROLES)
def ask(task_id: UUID) -> Response | tuple[str, int]:
    """Add what was ticked to the notice; what is wrong comes back beside its row with everything typed."""
    with sitting() as office:
        head, task = _task(office, task_id)
        form = _form(office, head, task, flask.request.form)
    try:
        with sitting() as office:
            corrections.ask(office, task_id=task_id, actor=actor(), requests=[row.request for row in form.picked])
            notices = queries.of_application(office.session, head.application_id)
    except Invalid as invalid:
        with sitting() as office:
            judged, problems = _judged(form, invalid.problems)
            return _ask_page(office, head, task, judged, problems=problems), 422
    except (Conflict, CalendarNotLoaded) as refused:
        with sitting() as office:
            return _ask_page(office, head, task, form, problem=said(str(refused))), 409
    if notices and notices[-1].state == "sent":
        flask.flash(gettext("各部门都已提出，补正告知书 %(number)s 已发出。", number=notices[-1].number))
    else:
        flask.flash(gettext("已记入本轮补正要求，征集期满后一并发出。"))
    return flask.redirect(flask.url_for("desk_corrections.ask_page", task_id=task_id), 303)


@desk_corrections.post("/corrections/items/<uuid:item_id>/take-back")
@login_required(*ROLES)
def take_back(item_id: UUID) -> Response:
    """Take an own request back that has not been sent."""
    with sitting() as office:
        task_id = corrections.take_back(office, item_id=item_id, actor=actor())
    flask.flash(gettext("已撤回。"))
    return flask.redirect(flask.url_for("desk_corrections.ask_page", task_id=task_id), 303)


# The form.


def _task(office: Sitting, task_id: UUID) -> tuple[CaseHead, OwnTask]:
    account = signed_in()
    mine = Desk.of(office.city, account_id=account.id, unit_code=account.unit_code)
    head = desk_case.head_of_task(office.session, office.city, mine, task_id, today=office.today)
    if head.task is None:
        raise NotFound("审核任务不存在，或不在您的办理范围内")
    return head, head.task


def _form(office: Sitting, head: CaseHead, task: OwnTask, typed: Mapping[str, str]) -> AskPage:
    """Everything that can be ticked, own materials and facts first; after a notice only what stood in it."""
    city = office.city
    notices = queries.of_application(office.session, head.application_id)
    own = [item for notice in notices for item in notice.items if item.unit_code == task.unit_code]
    sent = {notice.id: notice for notice in notices if notice.number}
    before = {(item.kind, item.target) for item in own if item.notice_id in sent}
    matter = city.matters_by_code.get(task.matter_code)
    needs, looked_at = (matter.needs, matter.facts) if matter else ((), ())
    clause = matter.legal_basis if matter else ""
    picked = set(flask.request.form.getlist("pick"))

    def row(kind: str, target: str, label: str, note: str = "") -> AskRow:
        key = f"{kind}:{target}"
        fresh = AskRow(
            key=key, kind=kind, target=target, label=label, note=note, clause=clause, is_picked=key in picked
        )
        return _typed(fresh, typed, own)

    def allowed(rows: Sequence[AskRow]) -> tuple[AskRow, ...]:
        # What was ticked on an older page stays, so that its refusal stands beside it.
        return tuple(each for each in rows if not before or each.is_picked or (each.kind, each.target) in before)

    papers = [row("paper", each.code, named(each)) for each in city.pack.materials]
    facts = [row("fact", name, named(FACT_NAMES[name]), _declared(office, head, name)) for name in ASKABLE_FACTS]
    statements = [
        _typed(AskRow(key=f"statement:{n}", kind="statement", target="", clause=clause, has_subject=True), typed, ())
        for n in range(1, STATEMENTS + 1)
    ]
    if before:
        subjects = [target for kind, target in before if kind == CorrectionKind.STATEMENT]
        statements = [row("statement", target, target) for target in sorted(subjects)]
    return AskPage(
        papers=allowed([each for each in papers if each.target in needs]),
        other_papers=allowed([each for each in papers if each.target not in needs]),
        facts=allowed([each for each in facts if each.target in looked_at]),
        other_facts=allowed([each for each in facts if each.target not in looked_at]),
        statements=tuple(statements),
        rounds=tuple((each, demanded(each, city, own_unit=task.unit_code)) for each in reversed(notices)),
        told=tuple(str(each.number) for each in sent.values() if any(item.notice_id == each.id for item in own)),
        open=next((each for each in notices if each.state in ("collecting", "sent")), None),
    )


def _declared(office: Sitting, head: CaseHead, name: str) -> str:
    words = value_words(office.city, name, corrections.as_text(head.facts.get(name)))
    return str(gettext("申报值 %(value)s", value=words))


def _typed(row: AskRow, typed: Mapping[str, str], own: Sequence[ItemView]) -> AskRow:
    """The row with what was typed, else with what the unit asks for in the notice being collected."""
    asked = next((item for item in own if (item.kind, item.target) == (row.kind, row.target)), None)
    kept = {name: getattr(asked, name) for name in ("reason", "clause", "wanted")} if asked else {}
    said_now = {
        name: typed[f"{name}:{row.key}"] for name in ("reason", "clause", "wanted") if f"{name}:{row.key}" in typed
    }
    subject = typed.get(f"target:{row.key}", "")
    is_picked = bool(subject.strip()) if row.has_subject else row.is_picked
    return replace(row, **{**kept, **said_now}, subject=subject, is_picked=is_picked)


def _judged(form: AskPage, problems: Sequence[Problem]) -> tuple[AskPage, tuple[Problem, ...]]:
    """The form with each problem at its row, and the list for the head of the page."""
    by_key: dict[str, list[str]] = {}
    at_top = []
    for each in problems:
        index = each.field.removeprefix("items[").partition("]")[0]
        if not index.isdigit() or int(index) >= len(form.picked):
            at_top.append(Problem("ask", said(each.problem)))
            continue
        row = form.picked[int(index)]
        name = f"{row.label or row.subject}{gettext('：')}{said(each.problem)}"
        by_key.setdefault(row.key, []).append(said(each.problem))
        at_top.append(Problem(f"{each.field.partition('].')[2] or 'pick'}:{row.key}", name))

    def judged(rows: tuple[AskRow, ...]) -> tuple[AskRow, ...]:
        return tuple(replace(row, problems=tuple(by_key.get(row.key, ()))) for row in rows)

    return (
        replace(
            form,
            papers=judged(form.papers),
            other_papers=judged(form.other_papers),
            facts=judged(form.facts),
            other_facts=judged(form.other_facts),
            statements=judged(form.statements),
        ),
        tuple(at_top),
    )


def _ask_page(
    office: Sitting,
    head: CaseHead,
    task: OwnTask,
    form: AskPage,
    *,
    problems: tuple[Problem, ...] = (),
    problem: str = "",
) -> str:
    settings = office.city.pack.settings
    return page(
        "desk/ask.html",
        office,
        place="/desk/corrections",
        head=head,
        task=task,
        form=form,
        problems=problems,
        problem=problem,
        phrases=office.city.pack.wording["correction_phrases"],
        texts_max=TEXTS_MAX,
        window_days=settings.correction_window_days,
        reply_days=settings.correction_reply_days,
        is_lead=signed_in().unit_code == office.city.lead_unit,
        can_ask=not task.is_decided and (form.open is None or form.open.state == "collecting"),
        notice_tag=notice_tag,
    )


# The lead window.


def _lead_only(office: Sitting) -> None:
    if signed_in().unit_code != office.city.lead_unit:
        raise NotFound("没有这个页面，或它不属于您的账号")


def _lead_page(office: Sitting, application_id: UUID, *, problem: str = "") -> str:
    _lead_only(office)
    notices = queries.of_application(office.session, application_id)
    head = queries.head(office.session, application_id)
    if not head:
        raise NotFound("办件不存在，或不在您的办理范围内")
    return page(
        "desk/case_corrections.html",
        office,
        place="/desk/corrections",
        application_id=application_id,
        head=head,
        rounds=[
            (each, demanded(each, office.city), _is_overdue(each.reply_due_on, office) and each.state == "sent")
            for each in reversed(notices)
        ],
        problem=problem,
        notice_tag=notice_tag,
        days_left=lambda due_on: days_left(office.city, due_on, office.today),
    )


def _is_overdue(reply_due_on: date | None, office: Sitting) -> bool:
    return reply_due_on is not None and reply_due_on < office.today


def _to_application(application_id: UUID) -> Response:
    return flask.redirect(flask.url_for("desk_corrections.of_application", application_id=application_id), 303)
