"""The desk's addresses: each reads one view or does one act of the services, and answers.

Officers and checkers only, and only what is their unit's: anything else does not exist for them.
"""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode
from uuid import UUID

import flask
from flask_babel import gettext
from werkzeug.wrappers import Response

from services import assessment, forwarding, handling, review, worksheet
from services.sitting import Sitting, sitting
from shared.db.queries import cases, desk_case, desk_lines
from shared.db.queries import decision as decisions
from shared.db.queries import inbox as inboxes
from shared.db.queries.desk import Desk, line_place, task_place
from shared.db.queries.desk_case import CaseView
from shared.db.queries.inbox import Inbox, InboxFilter, Tab
from shared.db.queries.inbox_clocks import row_clocks
from shared.db.queries.progress import progress
from shared.domain.deadlines import Light
from shared.domain.errors import Conflict, Invalid, Problem
from web.auth.access import actor, login_required, signed_in
from web.components import Choice, Column, Filter, Pager
from web.components import Tab as TabLink
from web.deadlines import light_name, light_words
from web.desk.decision import DecisionPage, decision_page, verdict_words
from web.desk.inbox_lines import inbox_line
from web.desk.more import further_acts
from web.desk.views import CasePage, case_page, short_id
from web.desk.words import line_status_words, line_tag, task_tag
from web.filters import clock, how_many
from web.naming import said
from web.slip import slip_page
from web.workplace import page

desk = flask.Blueprint("desk", __name__)

ROLES = ("officer", "checker")
SEEN = "seen"
SEEN_MAX = 100
PAGES_MAX = 400
VERDICTS = ("approve", "object", "forward")
#: What a form of the case's page may hold beside the verdict, so that it stays where it was typed.
TYPED = (
    "opinion", "way", "authority", "reference", "follow_up_on", "reason", "note", "next_on", "answer", "answer-note",
    "answer-way", "consent",
)  # fmt: skip


@desk.get("/desk")
@login_required(*ROLES)
def inbox() -> str:
    """The unit's tasks by tab, the nearest deadline first; every filter stands in the address."""
    wanted = _wanted()
    with sitting() as office:
        mine = _desk(office)
        found = inboxes.inbox(office.session, office.city, mine, wanted, today=office.today)
        to_confirm = desk_lines.count_lines(office.session, mine, state="assessed")
        clocks = row_clocks(office.session, office.city, [row.task_id for row in found.rows], today=office.today)
        lines_shown = tuple(inbox_line(row, clocks.get(row.task_id)) for row in found.rows)
        return page(
            "desk/inbox.html",
            office,
            place="/desk" if wanted.tab is Tab.MINE else f"/desk?tab={wanted.tab}",
            counts=_counts(found, to_confirm),
            inbox=found,
            lines=lines_shown,
            can_claim=any(line.can_be_claimed for line in lines_shown),
            here=_address(wanted),
            news=flask.url_for("inbox_acts.news", since=office.now.isoformat()),
            tabs=_tabs(found, wanted),
            filters=_filters(office, mine, wanted),
            wanted=wanted,
            clear_href=f"/desk?tab={wanted.tab}" if _is_narrowed(wanted) else "",
            pages=_pager(found, wanted),
            columns=_inbox_columns(wanted),
            areas=office.city.areas,
            line_status_words=line_status_words,
        )


@desk.get("/desk/tasks/<uuid:task_id>")
@login_required(*ROLES)
def case_of_task(task_id: UUID) -> str:
    """One task with everything needed to decide it."""
    with sitting() as office:
        view = desk_case.case_of_task(office.session, office.city, _desk(office), task_id, today=office.today)
        return _case(office, view)


@desk.get("/desk/cases/<uuid:application_id>")
@login_required(*ROLES)
def case_of_application(application_id: UUID) -> str:
    """One application on which the unit has a fee line, with or without a task."""
    with sitting() as office:
        view = desk_case.case_of_application(
            office.session, office.city, _desk(office), application_id, today=office.today
        )
        return _case(office, view)


@desk.get("/desk/cases/<uuid:application_id>/slip")
@login_required(*ROLES)
def slip(application_id: UUID) -> str:
    """The running handling slip: every department of the case, to be read only."""
    with sitting() as office:
        file = cases.case_file(office.session, application_id, signed_in())
        return page("desk/slip.html", office, place="/desk", page=slip_page(office, file, is_applicant=False))


@desk.post("/desk/cases/<uuid:application_id>/slip")
@login_required(*ROLES)
def ask_slip(application_id: UUID) -> Response:
    """Ask for the handling slip under seal, as the case stands now."""
    with sitting() as office:
        cases.case_file(office.session, application_id, signed_in())
        handling.ask(office, application_id=application_id, actor=actor())
    flask.flash(gettext("正在制作办理回执单，几秒后刷新即可下载。"))
    return flask.redirect(flask.url_for("desk.slip", application_id=application_id), 303)


@desk.post("/desk/tasks/<uuid:task_id>/take")
@login_required(*ROLES)
def take(task_id: UUID) -> Response | tuple[str, int]:
    """Put a task into my hands."""
    try:
        with sitting() as office:
            task_place(office.session, _desk(office), task_id)
            review.take(office, task_id=task_id, actor=actor())
    except Conflict as refused:
        return conflict(task_id, said(str(refused))), 409
    flask.flash(gettext("已认领，可以办理了。"))
    return flask.redirect(flask.url_for("desk.case_of_task", task_id=task_id), 303)


@desk.post("/desk/tasks/<uuid:task_id>/release")
@login_required(*ROLES)
def release(task_id: UUID) -> Response | tuple[str, int]:
    """Put a task back on the unit's desk."""
    try:
        with sitting() as office:
            task_place(office.session, _desk(office), task_id)
            review.release(office, task_id=task_id, actor=actor())
    except Conflict as refused:
        return conflict(task_id, said(str(refused))), 409
    flask.flash(gettext("已退回待认领。"))
    return flask.redirect(flask.url_for("desk.inbox"), 303)


@desk.post("/desk/tasks/<uuid:task_id>/worksheet")
@login_required(*ROLES)
def save_worksheet(task_id: UUID) -> Response | tuple[str, int]:
    """Keep what was found of each paper and the opinion so far; a script hears the time, a browser gets the page."""
    form = flask.request.form
    opinion = form.get("opinion", "")
    findings = {name.removeprefix("paper-"): value for name, value in form.items() if name.startswith("paper-")}
    by_script = flask.request.headers.get("Sec-Fetch-Dest") == "empty"
    try:
        with sitting() as office:
            task_place(office.session, _desk(office), task_id)
            worksheet.save(office, task_id=task_id, actor=actor(), findings=findings, opinion=opinion)
            saved = gettext("草稿已保存 %(time)s", time=clock(office.now))
    except Conflict as refused:
        if by_script:
            return said(str(refused)), 409
        return conflict(task_id, said(str(refused)), opinion=opinion), 409
    except Invalid as invalid:
        if by_script:
            return said(invalid.problems[0].problem), 422
        return case_again(task_id, invalid.problems), 422
    if by_script:
        return saved, 200
    return flask.redirect(flask.url_for("desk.case_of_task", task_id=task_id, _anchor="checklist"), 303)


@desk.post("/desk/tasks/<uuid:task_id>/decide")
@login_required(*ROLES)
def decide(task_id: UUID) -> Response | tuple[str, int]:
    """Give the unit's verdict; then the next task opens, unless this case still waits for a fee line of ours."""
    form = flask.request.form
    verdict = form.get("verdict", "")
    try:
        with sitting() as office:
            mine = _desk(office)
            application_id = task_place(office.session, mine, task_id)
            _decide(office, task_id, verdict)
            state = decisions.decision(
                office.session, office.city, task_id, account_id=mine.account_id, today=office.today
            ).status
            waits = desk_lines.count_lines(office.session, mine, state="assessed", application_id=application_id)
            following = inboxes.next_task(office.session, mine, after=task_id)
    except Invalid as invalid:
        return case_again(task_id, invalid.problems, opened=verdict), 422
    except Conflict as refused:
        return conflict(task_id, said(str(refused)), opinion=form.get("opinion", ""), verdict=verdict), 409
    flask.flash(
        {
            "checking": gettext("已提交复核，确认后加盖本单位电子签章。"),
            "forwarded": gettext("已转报，停止计时；请按期催办。"),
            "objected": gettext("已提交不同意的意见，并加盖本单位电子签章。"),
        }.get(state)
        or gettext("已同意，已加盖本单位电子签章。")
    )
    if waits:
        return flask.redirect(flask.url_for("desk.case_of_task", task_id=task_id, _anchor="fees"), 303)
    return _onwards(following)


@desk.get("/desk/lines")
@login_required(*ROLES)
def lines() -> str:
    """The unit's fee lines, those that wait for an officer first."""
    state = flask.request.args.get("state", "")
    state = state if state in ("pending", "assessed", "final") else ""
    with sitting() as office:
        mine = _desk(office)
        found = desk_lines.lines(office.session, office.city, mine, state=state, today=office.today)
        return page(
            "desk/lines.html",
            office,
            place="/desk/lines",
            lines=found,
            filters=(
                Filter(
                    "state",
                    gettext("状态"),
                    tuple(Choice(each, line_tag(each).label) for each in ("pending", "assessed", "final")),
                    state,
                    "/desk/lines",
                ),
            ),
            columns=_line_columns(),
            items={item.code: item.name for item in office.city.items},
            light_words=light_words,
            line_tag=line_tag,
            line_status_words=line_status_words,
        )


@desk.post("/desk/lines/<uuid:line_id>/confirm")
@login_required(*ROLES)
def confirm_line(line_id: UUID) -> Response | tuple[str, int]:
    """Confirm a computed fee line as it stands; then back to its case while that still waits for a verdict."""
    form = flask.request.form
    with sitting() as office:
        mine = _desk(office)
        application_id = line_place(office.session, mine, line_id)
    try:
        with sitting() as office:
            version = version_of(form.get("version", ""))
            if version is None:
                raise Invalid([Problem("version", "缺少页面上的版本号，请刷新后再确认")])
            assessment.confirm_line(office, line_id=line_id, actor=actor(), version=version)
            view = desk_case.case_of_application(office.session, office.city, mine, application_id, today=office.today)
            following = inboxes.next_task(office.session, mine)
    except Conflict as refused:
        return _conflict_on_line(application_id, said(str(refused))), 409
    flask.flash(gettext("收费核定已确认，并加盖本单位电子签章。"))
    task = view.head.task
    if task is not None and not task.is_decided:
        return flask.redirect(flask.url_for("desk.case_of_task", task_id=task.id), 303)
    if any(line.can_be_confirmed for line in view.lines):
        return flask.redirect(flask.url_for("desk.case_of_application", application_id=application_id), 303)
    return _onwards(following)


# What was asked for.


def _desk(office: Sitting) -> Desk:
    account = signed_in()
    return Desk.of(office.city, account_id=account.id, unit_code=account.unit_code)


def _wanted() -> InboxFilter:
    arguments = flask.request.args
    tab, light, at = arguments.get("tab", ""), arguments.get("light", ""), arguments.get("page", "")
    return InboxFilter(
        tab=Tab(tab) if tab in set(Tab) else Tab.MINE,
        words=arguments.get("q", "").strip()[:60],
        matter=arguments.get("matter", "")[:40],
        area=arguments.get("area", "")[:40],
        light=light if light in (Light.GREEN, Light.AMBER, Light.RED) else "",
        page=min(max(int(at), 1), PAGES_MAX) if at.isascii() and at.isdigit() else 1,
    )


def _decide(office: Sitting, task_id: UUID, verdict: str) -> None:
    form = flask.request.form
    if verdict not in VERDICTS:
        raise Invalid([Problem("opinion", "请选择同意、不同意或同意但需转报")])
    opinion, version = form.get("opinion", ""), version_of(form.get("version", ""))
    if verdict == "forward":
        try:
            follow_up_on = date.fromisoformat(form.get("follow_up_on", "").strip())
        except ValueError:
            raise Invalid([Problem("follow_up_on", "请填写日期")]) from None
        forwarding.forward(
            office,
            task_id=task_id,
            actor=actor(),
            opinion=opinion,
            follow_up_on=follow_up_on,
            organ=form.get("authority", ""),
            reference=form.get("reference", ""),
            version=version,
        )
        return
    review.decide(
        office,
        task_id=task_id,
        actor=actor(),
        approve=verdict == "approve",
        opinion=opinion,
        way=form.get("way", ""),
        version=version,
    )


def version_of(text: str) -> int | None:
    """The version that a form was filled in for; raises `Invalid`."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Invalid([Problem("version", "页面上的版本号不对，请刷新后再提交")])
    return int(text)


# The inbox.


def _counts(found: Inbox, to_confirm: int) -> dict[str, int]:
    return {
        "/desk": found.counts.mine,
        "/desk?tab=unclaimed": found.counts.unclaimed,
        "/desk?tab=soon": found.counts.soon,
        "/desk?tab=all": found.counts.all,
        "/desk/lines": to_confirm,
    }


def _tabs(found: Inbox, wanted: InboxFilter) -> tuple[TabLink, ...]:
    labels = {
        Tab.MINE: gettext("待我办"),
        Tab.UNCLAIMED: gettext("待认领"),
        Tab.SOON: gettext("即将超期"),
        Tab.PAUSED: gettext("停表中"),
        Tab.DONE: gettext("已办"),
        Tab.ALL: gettext("全部"),
    }
    return tuple(
        TabLink(
            label,
            f"/desk?tab={tab}",
            getattr(found.counts, tab.value),
            is_current=tab is wanted.tab,
            is_warning=tab is Tab.SOON and bool(found.counts.soon),
        )
        for tab, label in labels.items()
    )


def _filters(office: Sitting, mine: Desk, wanted: InboxFilter) -> tuple[Filter, ...]:
    matters = tuple(
        Choice(matter.code, matter.name)
        for matter in office.city.matters
        if office.city.unit_for(matter, mine.area_code or "") == mine.unit_code
    )
    lights = tuple(Choice(light.value, light_name(light)) for light in (Light.RED, Light.AMBER, Light.GREEN))
    filters = [Filter("light", gettext("亮灯"), lights, wanted.light, _address(wanted, light=""))]
    if len(matters) > 1:
        filters.append(Filter("matter", gettext("事项"), matters, wanted.matter, _address(wanted, matter="")))
    if mine.area_code is None:
        areas = tuple(
            Choice(code, name) for code, name in office.city.areas.items() if code != office.city.pack.tenant.id
        )
        filters.append(Filter("area", gettext("区"), areas, wanted.area, _address(wanted, area="")))
    return tuple(filters)


def _inbox_columns(wanted: InboxFilter) -> tuple[Column, ...]:
    return (
        Column(gettext("选择"), "check", is_select=True),
        Column(gettext("亮灯"), "light"),
        Column(gettext("办件编号"), "number"),
        Column(gettext("项目")),
        Column(gettext("申请单位"), "applicant"),
        Column(gettext("事项"), "matter"),
        Column(gettext("环节"), "stage"),
        Column(gettext("区"), "area"),
        Column(gettext("受理"), "date"),
        Column(gettext("截止"), "date", sorted_as="none" if wanted.tab is Tab.DONE else "ascending"),
        Column(gettext("净用时/承诺"), "used"),
        Column(gettext("应缴(元)"), "amount", is_number=True),
    )


def _line_columns() -> tuple[Column, ...]:
    return (
        Column(gettext("亮灯"), "light"),
        Column(gettext("办件编号"), "number"),
        Column(gettext("项目")),
        Column(gettext("申请单位")),
        Column(gettext("收费项目"), "item"),
        Column(gettext("状态"), "stage"),
        Column(gettext("标准版本"), "short"),
        Column(gettext("截止"), "date"),
        Column(gettext("应缴(元)"), "amount", is_number=True),
    )


def _is_narrowed(wanted: InboxFilter) -> bool:
    return bool(wanted.words or wanted.matter or wanted.area or wanted.light)


def _address(wanted: InboxFilter, **changes: str) -> str:
    arguments = {
        "tab": wanted.tab.value,
        "q": wanted.words,
        "light": wanted.light,
        "matter": wanted.matter,
        "area": wanted.area,
    } | changes
    return "/desk?" + urlencode({name: value for name, value in arguments.items() if value})


def _pager(found: Inbox, wanted: InboxFilter) -> Pager:
    return Pager(
        gettext("共 %(count)s 件", count=how_many(found.found)),
        wanted.page,
        _address(wanted, page=str(wanted.page - 1)) if wanted.page > 1 else "",
        _address(wanted, page=str(wanted.page + 1)) if found.has_more else "",
    )


# One case.


def _case(office: Sitting, view: CaseView, *, problems: tuple[Problem, ...] = (), opened: str = "") -> str:
    account = signed_in()
    seen = list(flask.session.get(SEEN, ()))
    wanted_file = flask.request.args.get("file")
    where = progress(office.session, office.city, view.head.application_id, today=office.today)

    def composed() -> CasePage:
        return case_page(
            view,
            where,
            office.city,
            today=office.today,
            account_id=account.id,
            wanted_file=wanted_file,
            seen=seen,
        )

    shown = composed()
    if shown.viewed is not None:
        mark = short_id(shown.viewed.href.rpartition("/")[2])
        if mark not in seen:
            seen = [*seen, mark][-SEEN_MAX:]
            flask.session[SEEN] = seen
            shown = composed()
    return page(
        "desk/case.html",
        office,
        place="/desk",
        case=shown,
        head=view.head,
        task=view.head.task,
        decision=_decision(office, view, draft=shown.draft, problems=problems, opened=opened),
        answers=(Choice("approved", gettext("上级同意")), Choice("refused", gettext("上级不同意"))),
        more=further_acts(view, account, office.city),
        problems=problems,
        opinion_length_max=review.OPINION_LENGTH_MAX,
        task_tag=task_tag,
    )


def _decision(
    office: Sitting, view: CaseView, *, draft: str = "", problems: tuple[Problem, ...] = (), opened: str = ""
) -> DecisionPage | None:
    task = view.head.task
    if task is None:
        return None
    form, account = flask.request.form, signed_in()
    found = decisions.decision(office.session, office.city, task.id, account_id=account.id, today=office.today)
    return decision_page(
        found,
        office.city,
        account,
        today=office.today,
        typed=({"opinion": draft} if draft else {}) | {name: form[name] for name in TYPED if name in form},
        problems={each.field: each.problem for each in problems},
        opened=opened,
    )


def case_again(task_id: UUID, problems: tuple[Problem, ...], *, opened: str = "") -> str:
    """The page of a task once more, with what is wrong beside what was typed; `opened` is the form that was sent."""
    told = tuple(Problem(each.field if each.field in TYPED else "opinion", said(each.problem)) for each in problems)
    with sitting() as office:
        view = desk_case.case_of_task(office.session, office.city, _desk(office), task_id, today=office.today)
        return _case(office, view, problems=told, opened=opened)


def conflict(task_id: UUID, what: str, *, opinion: str = "", verdict: str = "") -> str:
    """What was typed beside what somebody else did meanwhile."""
    with sitting() as office:
        view = desk_case.case_of_task(office.session, office.city, _desk(office), task_id, today=office.today)
        return _conflict_page(office, view, what, opinion=opinion, verdict=verdict)


def _conflict_on_line(application_id: UUID, what: str) -> str:
    with sitting() as office:
        view = desk_case.case_of_application(
            office.session, office.city, _desk(office), application_id, today=office.today
        )
        return _conflict_page(office, view, what)


def _conflict_page(office: Sitting, view: CaseView, what: str, *, opinion: str = "", verdict: str = "") -> str:
    where = progress(office.session, office.city, view.head.application_id, today=office.today)
    shown = case_page(
        view, where, office.city, today=office.today, account_id=signed_in().id, wanted_file=None, seen=()
    )
    return page(
        "desk/conflict.html",
        office,
        place="/desk",
        case=shown,
        head=view.head,
        task=view.head.task,
        decision=_decision(office, view),
        what=gettext(what),
        typed=opinion,
        verdict=verdict,
        again={name: flask.request.form.get(name, "") for name in ("way", "authority", "reference", "follow_up_on")},
        verdict_name=verdict_words({"approve": "approved", "object": "objected", "forward": "forwarded"}.get(verdict)),
        task_tag=task_tag,
    )


def _onwards(following: UUID | None) -> Response:
    if following is None:
        return flask.redirect(flask.url_for("desk.inbox"), 303)
    return flask.redirect(flask.url_for("desk.case_of_task", task_id=following), 303)
