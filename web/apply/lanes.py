"""All departments of a case on one axis of working days, and the stages that it passes.

Every figure comes from the clocks' own rows: days used are those that no pause covers. A stranger who only knows the
number sees the same picture without names and amounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from flask_babel import gettext

from shared.db.city import City
from shared.db.clock import on
from shared.db.clocks import ClockRow
from shared.db.queries.cases import CaseFile, CaseView, LineView
from shared.db.queries.progress import Progress
from shared.domain import clocks
from shared.domain.clocks import Pause, PauseKind
from shared.domain.deadlines import Deadlines, Standing
from shared.domain.deadlines import Light as Lamp
from shared.domain.errors import CalendarNotLoaded
from shared.domain.holdups import Why
from shared.domain.lines import Line
from web.components import DayAxis, DayKind, Lane, Lanes, Light, Step, Tag, Tone
from web.deadlines import light_words
from web.filters import day_short
from web.naming import named

#: As many working days as fit beside the other columns, and how many of them lie before today where there are more.
AXIS_DAYS_MAX = 13
DAYS_BEFORE = 9
#: Longest stretch that is looked at; who is slower than a quarter of a year has no use for a picture.
STRETCH_MAX = 66
#: How urgent a lane is, the most urgent first; the reader's own part comes before all.
_ORDER: Final = {Light.RED: 1, Light.AMBER: 2, Light.PAUSED: 3, Light.GREEN: 4, Light.WAITING: 5, Light.DONE: 6}


class Reviewed(Protocol):
    """A review as any page has loaded it."""

    @property
    def id(self) -> UUID: ...
    @property
    def matter_code(self) -> str: ...
    @property
    def matter_name(self) -> str: ...
    @property
    def unit_code(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def officer(self) -> str: ...
    @property
    def due_on(self) -> date: ...
    @property
    def decided_at(self) -> datetime | None: ...


def lanes_of(
    file: CaseFile, progress: Progress, city: City, *, today: date, is_public: bool = False, is_applicant: bool = False
) -> Lanes:
    """Every review, and every fee line of a unit that reviews nothing else."""
    deadlines = Deadlines(city.calendar, today)
    days = _working_days([each for each in progress.clocks if each.mechanism in ("joint", "matter")], city, today)
    axis = DayAxis.of(_window(days, today), today=today)
    amounts = {} if is_public else _amounts_by_unit(file)
    scene = _Scene(progress, city, deadlines, days, axis, is_public, is_applicant)
    # The amount of a unit with several matters stands beside its first one.
    reviews = [(task.due_on, _review(task, scene, amounts.pop(task.unit_code, None))) for task in file.tasks]
    rows = [lane for _, lane in sorted(reviews, key=lambda each: each[0])]
    reviewing = {task.unit_code for task in file.tasks}
    rows += [
        _fee(line, file.case, scene, amounts.pop(line.unit_code, None))
        for line in file.lines
        if line.unit_code not in reviewing
    ]
    rows.sort(key=lambda lane: (not lane.is_open, 0 if lane.is_yours else _ORDER[lane.light]))
    done = sum(not lane.is_open for lane in rows)
    late = sum(lane.light is Light.RED for lane in rows)
    paused = sum(lane.light is Light.PAUSED for lane in rows)
    is_final = all(line.state == "final" for line in file.lines)
    summary = gettext("%(all)s 项・办结 %(done)s・在办 %(open)s", all=len(rows), done=done, open=len(rows) - done)
    if late:
        summary += gettext("・超期 %(late)s", late=late)
    if paused:
        summary += gettext("・停表 %(paused)s", paused=paused)
    return Lanes(
        axis=axis,
        rows=tuple(rows),
        summary=summary,
        note=" ".join(_notes(file, days)),
        done_summary=gettext("已办结 %(done)s 项", done=done),
        total_label=gettext("%(count)s 项收费合计", count=len(file.lines)),
        total_fen=sum(_due(line) for line in file.lines) if is_final and not is_public else None,
        is_urgent=progress.is_urgent,
    )


def lane_of(task: Reviewed, progress: Progress, city: City, *, today: date) -> tuple[DayAxis, Lane]:
    """One review alone, on an axis of its own days."""
    clock = progress.clock_of(task.id)
    days = _working_days([clock] if clock else [], city, today)
    axis = DayAxis.of(_window(days, today), today=today)
    scene = _Scene(progress, city, Deadlines(city.calendar, today), days, axis, is_public=False, is_applicant=False)
    return axis, _review(task, scene, None)


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
    is_paid = is_billed and all(not bill.is_open for bill in file.bills)
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
    """What every lane of one case shares; `days` are its working days in order, of which the axis shows some."""

    progress: Progress
    city: City
    deadlines: Deadlines
    days: Sequence[date]
    axis: DayAxis
    is_public: bool
    is_applicant: bool


@dataclass(frozen=True, slots=True)
class _Run:
    """How one promise ran: from when, how many days, standing still when, until when (None: it still runs)."""

    started_on: date | None
    promised_days: int
    pauses: tuple[Pause, ...]
    stopped_on: date | None
    due_on: date
    near_on: date | None
    is_paused: bool

    @classmethod
    def of(cls, clock: ClockRow | None, *, due_on: date, stopped_on: date | None = None) -> _Run:
        """The run of a clock; `stopped_on` ends it for what has no clock of its own."""
        if clock is None:
            return cls(None, 0, (), stopped_on, due_on, None, is_paused=False)
        marks = [each for each in (clock.hint_on, clock.amber_on) if each]
        ended = stopped_on or clock.stopped_on
        return cls(
            started_on=clock.started_on,
            promised_days=clock.days,
            pauses=tuple(pause.as_pause for pause in clock.pauses),
            stopped_on=ended,
            due_on=clock.due_on or due_on,
            near_on=min(marks, default=None),
            is_paused=clock.state == "paused" and ended is None,
        )

    def net_days(self, city: City, today: date) -> int | None:
        """Working days used without pauses; None where a year of them is not loaded."""
        if self.started_on is None:
            return 0
        try:
            return clocks.net_days(
                city.calendar, started_on=self.started_on, pauses=self.pauses, until=self.stopped_on or today
            )
        except CalendarNotLoaded:
            return None

    def gross_days(self, city: City, today: date) -> int | None:
        """Working days used with pauses; None where a year of them is not loaded."""
        if self.started_on is None:
            return 0
        try:
            return clocks.gross_days(city.calendar, started_on=self.started_on, until=self.stopped_on or today)
        except CalendarNotLoaded:
            return None


def _review(task: Reviewed, scene: _Scene, amount_fen: int | None) -> Lane:
    clock = scene.progress.clock_of(task.id)
    done_on = on(task.decided_at) if task.decided_at and task.status == "approved" else None
    if task.status == "cancelled" and clock is not None:
        done_on = clock.stopped_on
    run = _Run.of(clock, due_on=task.due_on, stopped_on=done_on)
    lane = _lane(
        run,
        scene,
        done_on,
        unit_code=task.unit_code,
        matter=named(task.matter_name),
        officer=task.officer,
        status=task_tag(task.status),
        amount_fen=amount_fen,
    )
    marks = _marks(task, scene)
    if task.matter_code in scene.progress.by_default:
        lane = replace(lane, status=Tag(gettext("超时默认"), Tone.AMBER))
    if task.status == "cancelled":
        return replace(lane, light=Light.WAITING, light_words=gettext("已终止"), marks=marks)
    if task.status == "objected":
        return replace(lane, light=Light.RED, light_words=gettext("待解决"), marks=marks)
    if task.status == "waiting" and run.started_on is not None:
        # Mutual prerequisites: the clock runs, a meeting decides them together.
        return replace(lane, status=Tag(gettext("联席会议"), Tone.BLUE), officer="", marks=marks)
    if task.status == "waiting":
        behind = [
            named(scene.city.matters_by_code[code]) for code in scene.progress.waits_for.get(task.matter_code, ())
        ]
        words = gettext("等%(names)s", names=gettext("、").join(behind)) if behind else lane.due
        lane = replace(lane, light=Light.WAITING, light_words=gettext("未开始"), officer="", marks=marks)
        return replace(lane, due=words, due_line=words)
    if run.is_paused and clock is not None:
        latest = clock.open_pauses[-1]
        is_yours = scene.is_applicant and latest.kind == PauseKind.CORRECTION and _is_asked_of_applicant(scene)
        return replace(
            lane,
            status=Tag(pause_name(latest.kind), Tone.PURPLE),
            is_yours=is_yours,
            due=gettext("待您补正") if is_yours else lane.due,
            marks=marks,
        )
    return replace(lane, marks=marks)


def _fee(line: LineView, case: CaseView, scene: _Scene, amount_fen: int | None) -> Lane:
    done_on = None
    if line.state == "final":
        done_on = on(line.confirmed_at) if line.confirmed_at else case.accepted_on
    return _lane(
        _Run.of(scene.progress.joint, due_on=case.due_on, stopped_on=done_on),
        scene,
        done_on,
        unit_code=line.unit_code,
        matter=gettext("%(item)s核定", item=named(scene.city.item(line.item_code))),
        officer="",
        status=line_tag(line.state, lacks_facts=line.status == "needs_facts"),
        amount_fen=amount_fen,
    )


def _lane(
    run: _Run,
    scene: _Scene,
    done_on: date | None,
    *,
    unit_code: str,
    matter: str,
    officer: str,
    status: Tag,
    amount_fen: int | None,
) -> Lane:
    today = scene.deadlines.today
    standing = _standing(scene.deadlines, run, done_on)
    net, gross = run.net_days(scene.city, today), run.gross_days(scene.city, today)
    kinds = _kinds(scene, run, standing)
    return Lane(
        unit=_short(scene.city, unit_code),
        matter=matter,
        officer="" if scene.is_public or done_on else officer,
        status=status,
        light=Light(standing.light.value),
        light_words=_words(standing, _stood_still(run, scene)),
        cells=scene.axis.place_on(kinds),
        used_days=net,
        gross_days=gross,
        promised_days=run.promised_days,
        due=_due_words(run, done_on, scene),
        due_line=_due_line(run, done_on, scene),
        amount_fen=amount_fen,
        is_open=done_on is None,
    )


def pause_name(kind: str) -> str:
    """What a clock stands still for, in a word."""
    names = {
        PauseKind.CORRECTION: gettext("待补正"),
        PauseKind.HEARING: gettext("听证"),
        PauseKind.INSPECTION: gettext("检验"),
        PauseKind.TESTING: gettext("检测"),
        PauseKind.QUARANTINE: gettext("检疫"),
        PauseKind.APPRAISAL: gettext("鉴定"),
        PauseKind.EXPERT_REVIEW: gettext("专家评审"),
        PauseKind.FORWARDED: gettext("转报上级"),
        PauseKind.MEETING: gettext("联席会议"),
        PauseKind.DECIDED: gettext("已作结论"),
    }
    return str(names[PauseKind(kind)])


def _marks(task: Reviewed, scene: _Scene) -> tuple[str, ...]:
    """What else is to be known of a lane: that it came from another unit."""
    return tuple(
        gettext("%(unit)s移交", unit=_short(scene.city, each.from_unit))
        for each in scene.progress.handovers
        if each.task_id == task.id
    )


def _is_asked_of_applicant(scene: _Scene) -> bool:
    return any(each.why is Why.CORRECTION for each in scene.progress.holdups)


def _short(city: City, unit_code: str) -> str:
    """A department as people call it inside its city."""
    return named(city.units[unit_code].short_name).removeprefix("市")


def task_tag(status: str) -> Tag:
    """A review as those outside its unit see it."""
    return {
        "open": Tag(gettext("待认领")),
        "taken": Tag(gettext("审核中"), Tone.BLUE),
        "waiting": Tag(gettext("等前置")),
        "checking": Tag(gettext("待复核"), Tone.BLUE),
        "forwarded": Tag(gettext("转报上级"), Tone.PURPLE),
        "cancelled": Tag(gettext("已终止"), is_quiet=True),
        "approved": Tag(gettext("已办结"), Tone.GREEN, is_quiet=True),
        "objected": Tag(gettext("不同意"), Tone.RED),
    }[status]


def line_tag(state: str, *, lacks_facts: bool) -> Tag:
    """A fee line as those outside its unit see it."""
    if lacks_facts:
        return Tag(gettext("缺少申报事实"), Tone.RED)
    return {
        "pending": Tag(gettext("计算中")),
        "assessed": Tag(gettext("待确认"), Tone.BLUE),
        "final": Tag(gettext("已办结"), Tone.GREEN, is_quiet=True),
    }[state]


def _standing(deadlines: Deadlines, run: _Run, done_on: date | None) -> Standing:
    try:
        return deadlines.standing(run.due_on, done_on=done_on, near_on=run.near_on, is_paused=run.is_paused)
    except CalendarNotLoaded:
        # Only a case of a year that nobody has loaded: late is late, by how much is not guessed.
        if done_on is None and not run.is_paused:
            return Standing(Lamp.RED, 0)
        return Standing(Lamp.DONE if done_on else Lamp.PAUSED, 0)


def _words(standing: Standing, stood_still: int | None) -> str:
    if standing.light is Lamp.DONE:
        return str(gettext("按时") if standing.days >= 0 else gettext("逾期办结"))
    if standing.light is Lamp.PAUSED and stood_still is not None:
        return str(gettext("停表 %(days)s 日", days=stood_still))
    return light_words(standing)


def _stood_still(run: _Run, scene: _Scene) -> int | None:
    """Working days since the pause that still lasts; None without one, or where they cannot be counted."""
    since = max((pause.first for pause in run.pauses if pause.last is None), default=None)
    if since is None:
        return None
    try:
        return max(scene.deadlines.between(since, scene.deadlines.today), 0)
    except CalendarNotLoaded:
        return None


def _kinds(scene: _Scene, run: _Run, standing: Standing) -> dict[date, DayKind]:
    """What each working day of the case was for this promise; what is left of it follows today."""
    kinds: dict[date, DayKind] = {}
    if run.started_on is None:
        return kinds
    until = run.stopped_on or scene.deadlines.today
    usual = DayKind.USED_AMBER if standing.light is Lamp.AMBER else DayKind.USED
    counted = 0
    for day in scene.days:
        if day <= run.started_on:
            continue
        if day <= until:
            if any(pause.covers(day) for pause in run.pauses):
                kinds[day] = DayKind.PAUSED
                continue
            counted += 1
            within = DayKind.DONE if run.stopped_on else usual
            kinds[day] = within if counted <= run.promised_days else DayKind.PAST
        elif run.stopped_on is None and counted < run.promised_days:
            counted += 1
            kinds[day] = DayKind.LEFT
    return kinds


def _due_words(run: _Run, done_on: date | None, scene: _Scene) -> str:
    today = scene.deadlines.today
    if done_on is not None:
        return day_short(done_on)
    if run.is_paused:
        later = _end_of(run, scene.city, today)
        return str(gettext("顺延至 %(day)s", day=day_short(later)) if later else gettext("待恢复"))
    if run.due_on < today:
        return str(gettext("应于 %(day)s", day=day_short(run.due_on)))
    return str(gettext("今日")) if run.due_on == today else day_short(run.due_on)


def _due_line(run: _Run, done_on: date | None, scene: _Scene) -> str:
    """When a promise ends or ended, in words that need no head."""
    words = _due_words(run, done_on, scene)
    if done_on is not None:
        return str(gettext("办结 %(day)s", day=words))
    if run.is_paused or run.due_on < scene.deadlines.today:
        return words
    return str(gettext("应办 %(day)s", day=words))


def _end_of(run: _Run, city: City, today: date) -> date | None:
    """When a promise that stands still would end if it went on today; None if nobody can count so far."""
    used = run.net_days(city, today)
    if used is None:
        return None
    try:
        return city.calendar.add(today, max(run.promised_days - used, 0))
    except CalendarNotLoaded:
        return None


def _working_days(ours: Sequence[ClockRow], city: City, today: date) -> list[date]:
    """The working days from the first start to the last end, or to today while something runs."""
    runs = [_Run.of(clock, due_on=clock.due_on or today) for clock in ours if clock.started_on]
    starts = [run.started_on for run in runs if run.started_on]
    if not starts:
        return []
    ends = [run.stopped_on or max(run.due_on, today) for run in runs]
    ends += [end for run in runs if run.is_paused for end in (_end_of(run, city, today),) if end]
    days: list[date] = []
    day, last = min(starts), max(ends)
    try:
        while day < last and len(days) < STRETCH_MAX:
            day += timedelta(days=1)
            if city.calendar.is_working(day):
                days.append(day)
    except CalendarNotLoaded:
        return days
    return days


def _window(days: Sequence[date], today: date) -> Sequence[date]:
    """The days that fit on the page: around today where there are too many, the last ones once that is over."""
    past = sum(day <= today for day in days)
    first = max(min(past - DAYS_BEFORE, len(days) - AXIS_DAYS_MAX), 0)
    return days[first : first + AXIS_DAYS_MAX]


def _notes(file: CaseFile, days: Sequence[date]) -> Iterable[str]:
    """How the days are counted, and which weekends were worked."""
    yield str(gettext("按工作日计，受理当日不计；受理日 %(day)s。", day=file.case.accepted_on.isoformat()))
    made_up = [day for day in days if day.weekday() > 4]
    if made_up:
        yield str(gettext("%(days)s 为调休工作日。", days=gettext("、").join(day_short(day) for day in made_up)))


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
