"""审批绿色通道: who may enter it, what its service card promises, and when a window can be visited by appointment.

Criteria are dated data of the city's pack; slots are counted on its working days and office hours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from shared.domain.calendar import WorkingDays
from shared.domain.errors import Problem
from shared.domain.rows import Period, Row

_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
SERVICES: Final = 5
STEPS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """What makes a case fit for the green channel; `proof` is what the applicant names beside it."""

    code: str
    name: str
    proof: str
    period: Period
    document: str
    name_en: str = ""
    proof_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GreenChannel:
    """A city's green channel. `services` and `steps` are label and text; `hours` are pairs of from and to."""

    programme: str
    admission: str
    criteria: tuple[Criterion, ...]
    services: tuple[tuple[str, str], ...]
    promises: tuple[str, ...]
    steps: tuple[tuple[str, str], ...]
    hours: tuple[tuple[time, time], ...]
    slot_minutes: int
    days_ahead: int

    def in_force(self, on: date) -> tuple[Criterion, ...]:
        """The criteria that somebody can name on a day."""
        return tuple(each for each in self.criteria if each.period.covers(on))

    def slots(self, day: date) -> tuple[datetime, ...]:
        """The beginnings of a day's slots, without a zone; whether it is a working day is asked elsewhere."""
        step = timedelta(minutes=self.slot_minutes)
        found = []
        for first, last in self.hours:
            at = datetime.combine(day, first)
            while at + step <= datetime.combine(day, last):
                found.append(at)
                at += step
        return tuple(found)

    def slot_problem(self, at: datetime, *, now: datetime, calendar: WorkingDays) -> str | None:
        """Why nobody can come at a time, in words that say the way out; both times as the city's clock shows them.

        Raises `CalendarNotLoaded` for a year that nobody has loaded.
        """
        if at <= now:
            return "这个时间已经过去，请另选以后的时间"
        if not calendar.is_working(at.date()):
            return "这一天不是工作日，请另选时间"
        if at.replace(tzinfo=None) not in self.slots(at.date()):
            return f"请按窗口办公时间预约：{self.hours_in_words}，每{self.slot_minutes}分钟一个时段"
        if calendar.between(now.date(), at.date()) > self.days_ahead:
            return f"只能预约{self.days_ahead}个工作日以内的时间"
        return None

    @property
    def hours_in_words(self) -> str:
        """09:00至12:00、13:30至17:00."""
        return "、".join(f"{first:%H:%M}至{last:%H:%M}" for first, last in self.hours)


def read_green_channel(data: Mapping[str, Any], problems: list[Problem]) -> GreenChannel:
    """Read the section `green_channel`; every problem is added, naming its row."""
    value = data.get("green_channel")
    if not isinstance(value, Mapping):
        problems.append(Problem("green_channel", "应为一组列名: 值"))
        value = {}
    row = Row(value, "green_channel", problems)
    row.only(
        "programme", "admission", "criteria", "services", "promises", "steps", "hours", "slot_minutes", "days_ahead"
    )
    criteria = tuple(_criterion(each) for each in row.rows("criteria", needed=True))
    codes = [each.code for each in criteria]
    for code in sorted({each for each in codes if codes.count(each) > 1}):
        row.problem("criteria", f"{code} 重复")
    services, steps = _labelled(row, "services"), _labelled(row, "steps")
    if len(services) != SERVICES:
        row.problem("services", f"服务卡正面印 {SERVICES} 项服务")
    if len(steps) != STEPS:
        row.problem("steps", f"服务卡背面印 {STEPS} 个步骤")
    hours = tuple(pair for pair in (_hours(each) for each in row.rows("hours", needed=True)) if pair)
    return GreenChannel(
        programme=row.text("programme"),
        admission=row.text("admission"),
        criteria=criteria,
        services=services,
        promises=row.texts("promises", needed=True),
        steps=steps,
        hours=hours,
        slot_minutes=row.whole("slot_minutes", least=5),
        days_ahead=row.whole("days_ahead", least=1),
    )


def _criterion(row: Row) -> Criterion:
    row.only("code", "name", "name_en", "proof", "proof_en", "from", "to", "document")
    return Criterion(
        code=row.text("code"),
        name=row.text("name"),
        proof=row.text("proof"),
        period=row.period(),
        document=row.text("document"),
        name_en=row.text("name_en", ""),
        proof_en=row.text("proof_en", ""),
    )


def _labelled(row: Row, column: str) -> tuple[tuple[str, str], ...]:
    found = []
    for each in row.rows(column, needed=True):
        each.only("label", "text")
        found.append((each.text("label"), each.text("text")))
    return tuple(found)


def _hours(row: Row) -> tuple[time, time] | None:
    row.only("from", "to")
    ends = []
    for column in ("from", "to"):
        written = row.text(column)
        if not _CLOCK.fullmatch(written):
            row.problem(column, '应为时刻，写成 "09:00" 这样的文字')
            return None
        ends.append(time.fromisoformat(written))
    if ends[0] >= ends[1]:
        row.problem("to", "应晚于开始时刻")
        return None
    return ends[0], ends[1]
