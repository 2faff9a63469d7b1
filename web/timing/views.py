"""A clock as its page shows it: the promise in days, what was used with and without pauses, and all that happened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from flask_babel import gettext

from shared.db.city import City
from shared.db.clock import CHINA
from shared.db.queries.timing import StepRow, TaskClock
from shared.domain.deadlines import Deadlines, Light
from shared.domain.errors import CalendarNotLoaded
from shared.domain.ladder import Step
from web.apply.lanes import pause_name
from web.components import TimelineEvent
from web.deadlines import light_words
from web.filters import day_short, moment_short
from web.naming import named


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockPage:
    """Everything on the page; days are working days, `None` where the calendar of a year is missing."""

    light: Light
    light_words: str
    promise: str
    net_days: int | None
    gross_days: int | None
    open_pauses: tuple[tuple[str, str, str], ...]
    events: tuple[TimelineEvent, ...]
    can_act: bool
    can_ask: bool
    can_be_special: bool


def clock_page(task: TaskClock, city: City, *, today: date, account_id: UUID) -> ClockPage:
    """Compose the page; what an officer may not do is not offered."""
    clock = task.clock
    in_hand = task.status in ("open", "checking") or (task.status == "taken" and task.officer_id == account_id)
    can_act = (
        in_hand and task.case_status in ("in_review", "objected", "billed") and clock.state in ("running", "paused")
    )
    try:
        net, gross = clock.net_days(city, today), clock.gross_days(city, today)
        light, words = _light(task, city, today)
    except CalendarNotLoaded:
        net, gross, light, words = None, None, Light.PAUSED, gettext("缺少工作日历")
    return ClockPage(
        light=light,
        light_words=words,
        promise=gettext("%(days)s 个工作日", days=clock.promise_days)
        + (gettext("，延期 %(days)s 日", days=clock.extended_days) if clock.extended_days else ""),
        net_days=net,
        gross_days=gross,
        open_pauses=tuple((each.kind, pause_name(each.kind), each.reason) for each in clock.open_pauses),
        events=tuple(_latest_first(task, city)),
        can_act=can_act,
        can_ask=can_act and not any(each.state != "declined" for each in task.extensions),
        can_be_special=can_act and clock.kind != "special",
    )


def _light(task: TaskClock, city: City, today: date) -> tuple[Light, str]:
    clock = task.clock
    if clock.due_on is None:
        return Light.PAUSED, gettext("尚未开始计时")
    near_on = min(clock.hint_on or clock.due_on, clock.amber_on or clock.due_on)
    standing = Deadlines(city.calendar, today).standing(
        clock.due_on, done_on=clock.stopped_on, near_on=near_on, is_paused=clock.state == "paused"
    )
    return standing.light, light_words(standing)


def _latest_first(task: TaskClock, city: City) -> Iterator[TimelineEvent]:
    happened = sorted(enumerate(_happened(task, city)), key=lambda each: (each[1][0], each[0]), reverse=True)
    for at, (_, (_, when, what, detail)) in enumerate(happened):
        yield TimelineEvent(when=when, what=what, detail=detail, is_latest=at == 0)


def _happened(task: TaskClock, city: City) -> Iterator[tuple[datetime, str, str, str]]:
    """When, as text, what, and by whom or why."""
    clock = task.clock
    if clock.started_at is not None:
        started = gettext("起始日不计入；承诺 %(days)s 个工作日", days=clock.promise_days)
        yield clock.started_at, moment_short(clock.started_at), gettext("开始计时"), started
    for pause in clock.pauses:
        name = pause_name(pause.kind)
        detail = " ".join(part for part in (pause.started_by_name, pause.reason) if part)
        yield pause.started_at, moment_short(pause.started_at), gettext("停表：%(what)s", what=name), detail
        if pause.ended_at is not None:
            ended = gettext("恢复计时：%(what)s结束", what=name)
            yield pause.ended_at, moment_short(pause.ended_at), ended, pause.ended_by_name
    for asked in task.extensions:
        yield (
            asked.asked_at,
            moment_short(asked.asked_at),
            gettext("申请延期 %(days)s 日", days=asked.days),
            f"{asked.asked_by_name} {asked.reason}",
        )
        if asked.decided_at is not None:
            what = gettext("批准延期") if asked.state == "granted" else gettext("未批准延期")
            yield asked.decided_at, moment_short(asked.decided_at), what, asked.decided_by_name
    for step in sorted(task.steps, key=lambda each: (each.reached_on, list(Step).index(Step(each.step)))):
        yield _begin_of(step.reached_on), day_short(step.reached_on), step_words(step.step), _told(step, city)
    if clock.stopped_at is not None:
        yield clock.stopped_at, moment_short(clock.stopped_at), gettext("停止计时"), ""


def step_words(step: str) -> str:
    """What a reminder or a rung is called."""
    words = {
        Step.HINT: gettext("提示：次一工作日到期"),
        Step.AMBER: gettext("黄灯：已用九成"),
        Step.RED: gettext("红灯：已超期"),
        Step.OFFICER: gettext("逐级提醒：经办人"),
        Step.CHIEF: gettext("逐级提醒：首席代表"),
        Step.LEAD: gettext("逐级提醒：牵头窗口"),
        Step.SUPERVISOR: gettext("逐级提醒：督查部门"),
        Step.MEETING: gettext("逐级提醒：提请联席会议"),
    }
    return str(words[Step(step)])


def _told(step: StepRow, city: City) -> str:
    unit = city.units.get(step.to_unit)
    return named(step.to_name) or (named(unit.short_name) if unit else "")


def _begin_of(on: date) -> datetime:
    return datetime.combine(on, time.min, CHINA)
