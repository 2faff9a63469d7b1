"""All departments of a case on one axis of working days, and the stages that it passes.

A stranger who only knows the number sees the same picture without names and amounts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import gettext

from shared.db.city import City
from shared.db.clock import on
from shared.db.queries.cases import CaseFile, LineView, TaskView
from shared.domain.deadlines import Deadlines, Standing
from shared.domain.deadlines import Light as Lamp
from shared.domain.errors import CalendarNotLoaded
from shared.domain.lines import Line
from web.components import DayAxis, DayKind, Lane, Lanes, Light, Step, Tag, Tone
from web.deadlines import light_words
from web.filters import day_short
from web.naming import named

#: As many working days as fit beside the other columns.
AXIS_DAYS_MAX = 13
#: How urgent a lane is, the most urgent first.
_ORDER = {Light.RED: 1, Light.AMBER: 2, Light.PAUSED: 3, Light.GREEN: 4, Light.DONE: 5}


def lanes_of(file: CaseFile, city: City, *, today: date, is_public: bool = False) -> Lanes:
    """Every review, and every fee line of a unit that reviews nothing else."""
    deadlines = Deadlines(city.calendar, today)
    axis = DayAxis.of(_axis_days(file, city, today), today=today)
    amounts = {} if is_public else _amounts_by_unit(file)
    scene = _Scene(file, city, deadlines, axis, is_public)
    # The amount of a unit with several matters stands beside its first one.
    rows = [_review(task, scene, amounts.pop(task.unit_code, None)) for task in file.tasks]
    reviewing = {task.unit_code for task in file.tasks}
    rows += [
        _fee(line, scene, amounts.pop(line.unit_code, None)) for line in file.lines if line.unit_code not in reviewing
    ]
    rows.sort(key=lambda lane: (not lane.is_open, _ORDER[lane.light]))
    done = sum(not lane.is_open for lane in rows)
    late = sum(lane.light is Light.RED for lane in rows)
    is_final = all(line.state == "final" for line in file.lines)
    summary = gettext("%(all)s 项・办结 %(done)s・在办 %(open)s", all=len(rows), done=done, open=len(rows) - done)
    return Lanes(
        axis=axis,
        rows=tuple(rows),
        summary=summary + (gettext("・超期 %(late)s", late=late) if late else ""),
        note=gettext("按工作日计，受理当日不计；受理日 %(day)s。", day=file.case.accepted_on.isoformat()),
        done_summary=gettext("已办结 %(done)s 项", done=done),
        total_label=gettext("%(count)s 项收费合计", count=len(file.lines)),
        total_fen=sum(_due(line) for line in file.lines) if is_final and not is_public else None,
    )


def steps_of(file: CaseFile) -> tuple[Step, ...]:
    """The stages of a case, from application to receipt."""
    decided = sum(task.status == "approved" for task in file.tasks)
    is_billed, status = bool(file.bills), file.case.status
    is_reviewed = decided == len(file.tasks)
    accepted = day_short(file.case.accepted_on)
    paid = next((bill.paid_at for bill in file.bills if bill.paid_at), None)
    payment = gettext("核定后开出")
    if is_billed:
        payment = day_short(paid) if paid else gettext("待缴")
        if all(bill.status == "nothing_due" for bill in file.bills):
            payment = gettext("无须缴款")
    is_paid = is_billed and all(bill.status != "issued" for bill in file.bills)
    is_completed = status == "completed"
    return (
        Step(gettext("申报"), accepted, "done"),
        Step(gettext("受理"), accepted, "done"),
        Step(
            gettext("并联审核"),
            gettext("%(done)s / %(all)s 办结", done=decided, all=len(file.tasks)),
            "done" if is_reviewed else "current",
        ),
        Step(gettext("一单缴费"), payment, "done" if is_paid else "current" if is_billed or is_reviewed else "later"),
        Step(
            gettext("缴费凭证"),
            day_short(file.case.closed_at) if is_completed and file.case.closed_at else gettext("缴费到账后"),
            "done" if is_completed else "current" if is_paid else "later",
        ),
    )


@dataclass(frozen=True, slots=True)
class _Scene:
    """What every lane of one case shares."""

    file: CaseFile
    city: City
    deadlines: Deadlines
    axis: DayAxis
    is_public: bool


def _review(task: TaskView, scene: _Scene, amount_fen: int | None) -> Lane:
    done_on = on(task.decided_at) if task.decided_at and task.status == "approved" else None
    standing = _standing(scene.deadlines, task.due_on, done_on)
    if task.status == "objected":
        standing = Standing(Lamp.RED, 0)
    return Lane(
        unit=_short(scene.city, task.unit_code),
        matter=named(task.matter_name),
        officer="" if scene.is_public or done_on else task.officer,
        status=_task_tag(task.status),
        light=Light(standing.light.value),
        light_words=gettext("待解决") if task.status == "objected" else _words(standing),
        cells=scene.axis.place(_kinds(scene, task.due_on, done_on, standing)),
        used_days=_used(scene.deadlines, scene.file.case.accepted_on, done_on),
        promised_days=scene.city.calendar.between(scene.file.case.accepted_on, task.due_on),
        due=_due_words(task.due_on, done_on, scene.deadlines.today),
        amount_fen=amount_fen,
        is_open=done_on is None,
    )


def _fee(line: LineView, scene: _Scene, amount_fen: int | None) -> Lane:
    is_final = line.state == "final"
    done_on = (on(line.confirmed_at) if line.confirmed_at else scene.file.case.accepted_on) if is_final else None
    standing = _standing(scene.deadlines, scene.file.case.due_on, done_on)
    return Lane(
        unit=_short(scene.city, line.unit_code),
        matter=gettext("%(item)s核定", item=named(scene.city.item(line.item_code))),
        officer="",
        status=_line_tag(line),
        light=Light(standing.light.value),
        light_words=_words(standing),
        cells=scene.axis.place(_kinds(scene, scene.file.case.due_on, done_on, standing)),
        used_days=_used(scene.deadlines, scene.file.case.accepted_on, done_on),
        promised_days=scene.city.calendar.between(scene.file.case.accepted_on, scene.file.case.due_on),
        due=_due_words(scene.file.case.due_on, done_on, scene.deadlines.today),
        amount_fen=amount_fen,
        is_open=not is_final,
    )


def _short(city: City, unit_code: str) -> str:
    """A department as people call it inside its city."""
    return named(city.units[unit_code].short_name).removeprefix("市")


def _task_tag(status: str) -> Tag:
    return {
        "open": Tag(gettext("待认领")),
        "taken": Tag(gettext("审核中"), Tone.BLUE),
        "waiting": Tag(gettext("等前置事项")),
        "checking": Tag(gettext("待复核"), Tone.BLUE),
        "forwarded": Tag(gettext("转报上级"), Tone.PURPLE),
        "cancelled": Tag(gettext("已终止")),
        "approved": Tag(gettext("已办结"), Tone.GREEN, is_quiet=True),
        "objected": Tag(gettext("不同意"), Tone.RED),
    }[status]


def _line_tag(line: LineView) -> Tag:
    if line.status == "needs_facts":
        return Tag(gettext("缺少申报事实"), Tone.RED)
    return {
        "pending": Tag(gettext("计算中")),
        "assessed": Tag(gettext("待确认"), Tone.BLUE),
        "final": Tag(gettext("已办结"), Tone.GREEN, is_quiet=True),
    }[line.state]


def _standing(deadlines: Deadlines, due_on: date, done_on: date | None) -> Standing:
    try:
        return deadlines.standing(due_on, done_on=done_on)
    except CalendarNotLoaded:
        # Only a case of a year that nobody has loaded: late is late, by how much is not guessed.
        return Standing(Lamp.RED if done_on is None else Lamp.DONE, 0)


def _words(standing: Standing) -> str:
    if standing.light is Lamp.DONE:
        return str(gettext("按时") if standing.days >= 0 else gettext("逾期办结"))
    return light_words(standing)


def _used(deadlines: Deadlines, accepted_on: date, done_on: date | None) -> int:
    try:
        return max(deadlines.between(accepted_on, done_on or deadlines.today), 0)
    except CalendarNotLoaded:
        return 0


def _kinds(scene: _Scene, due_on: date, done_on: date | None, standing: Standing) -> list[DayKind]:
    """One kind for each day of the axis, up to the last that says something."""
    kinds = []
    used = DayKind.USED_AMBER if standing.light is Lamp.AMBER else DayKind.USED
    today = scene.deadlines.today
    for each in scene.axis.days:
        if done_on is not None:
            if each.on > done_on:
                break
            kinds.append(DayKind.DONE if each.on <= due_on else DayKind.PAST)
        elif each.on <= today:
            kinds.append(used if each.on <= due_on else DayKind.PAST)
        elif each.on <= due_on:
            kinds.append(DayKind.LEFT)
    return kinds


def _due_words(due_on: date, done_on: date | None, today: date) -> str:
    if done_on is not None:
        return day_short(done_on)
    if due_on < today:
        return str(gettext("应于 %(day)s", day=day_short(due_on)))
    return str(gettext("今日")) if due_on == today else day_short(due_on)


def _axis_days(file: CaseFile, city: City, today: date) -> list[date]:
    """Working days after acceptance up to the last due date, or to today while something is late."""
    last = max([task.due_on for task in file.tasks] + [file.case.due_on])
    if file.case.closed_at is None and today > last:
        last = today
    days: list[date] = []
    day = file.case.accepted_on
    try:
        while day < last and len(days) < AXIS_DAYS_MAX:
            day += timedelta(days=1)
            if city.calendar.is_working(day):
                days.append(day)
    except CalendarNotLoaded:
        return days
    return days


def _amounts_by_unit(file: CaseFile) -> dict[str, int]:
    amounts: dict[str, int] = {}
    for line in file.lines:
        if line.state == "final":
            amounts[line.unit_code] = amounts.get(line.unit_code, 0) + _due(line)
    return amounts


def _due(line: LineView) -> int:
    """What a line adds to a bill: as it was put there, else as its computation says."""
    if line.due_fen is not None:
        return line.due_fen
    frozen: Mapping[str, object] = line.line
    return Line.from_json(frozen).due_fen if frozen else 0
