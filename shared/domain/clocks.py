"""Working-day clocks: what a promise comes to in dates, with every pause taken out, and how much of it is used.

A day counts if it is a working day after the start and no pause covers it; a pause that begins on one day and ends on
another covers the days after its first up to and including its last (行政许可法 45, 82). The due date is computed once
and moves only by an act: resuming after a pause, an extension, a holiday announced later.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from shared.domain.calendar import WorkingDays

_DAY: Final = timedelta(days=1)


class Mechanism(StrEnum):
    """What a clock is for."""

    JOINT = "joint"
    MATTER = "matter"
    CARD = "card"
    COMMITMENT = "commitment"
    CORRECTION = "correction"


class Kind(StrEnum):
    """How a matter is handled: within the unit's own authority, as a special case, as 一审一核, on the spot."""

    ORDINARY = "ordinary"
    SPECIAL = "special"
    SIMPLE = "simple"
    INSTANT = "instant"


class PauseKind(StrEnum):
    """Why a clock stands still; `decided` is the time between a verdict and its being opened again."""

    CORRECTION = "correction"
    HEARING = "hearing"
    INSPECTION = "inspection"
    TESTING = "testing"
    QUARANTINE = "quarantine"
    APPRAISAL = "appraisal"
    EXPERT_REVIEW = "expert_review"
    FORWARDED = "forwarded"
    MEETING = "meeting"
    DECIDED = "decided"


PAUSE_NAMES: Final = {
    PauseKind.CORRECTION: "补正",
    PauseKind.HEARING: "听证",
    PauseKind.INSPECTION: "检验",
    PauseKind.TESTING: "检测",
    PauseKind.QUARANTINE: "检疫",
    PauseKind.APPRAISAL: "鉴定",
    PauseKind.EXPERT_REVIEW: "专家评审",
    PauseKind.FORWARDED: "转报上级",
    PauseKind.MEETING: "联席会议",
    PauseKind.DECIDED: "已作结论",
}

#: What an officer may stop a clock for (行政许可法 45); the others come with an act of their own.
OFFICER_PAUSES: Final = (
    PauseKind.HEARING,
    PauseKind.INSPECTION,
    PauseKind.TESTING,
    PauseKind.QUARANTINE,
    PauseKind.APPRAISAL,
    PauseKind.EXPERT_REVIEW,
)


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch that does not count; `last` is None while it lasts. Days after `first` up to and including `last`."""

    first: date
    last: date | None

    def covers(self, day: date) -> bool:
        return self.first < day and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Dates:
    """A promise in dates: the last day, the day of the hint, the day on which 90 % is used, the first amber day."""

    due_on: date
    hint_on: date
    amber_on: date

    @property
    def near_on(self) -> date:
        """From this day the light is amber: one working day is left, or 90 % are used, whichever comes first."""
        return min(self.hint_on, self.amber_on)


def dates(calendar: WorkingDays, *, started_on: date, days: int, pauses: Iterable[Pause], today: date) -> Dates:
    """When a promise of `days` working days ends. A pause that still lasts counts as if it ended today.

    Raises `CalendarNotLoaded` if the count leaves the loaded years, ValueError if `days` is negative.
    """
    if days < 0:
        raise ValueError("工作日天数不能为负数")
    closed = [Pause(each.first, each.last or max(today, each.first)) for each in pauses]
    amber_at, hint_at = -(-9 * days // 10), max(days - 1, 0)
    calendar.is_working(started_on)  # the starting day, too, must be in a loaded year
    due_on = hint_on = amber_on = day = started_on
    count = 0
    while count < days:
        day += _DAY
        if calendar.is_working(day) and not any(pause.covers(day) for pause in closed):
            count += 1
            due_on = day
            hint_on = day if count == hint_at else hint_on
            amber_on = day if count == amber_at else amber_on
    while any(pause.first <= due_on and pause.covers(due_on + _DAY) for pause in closed):
        # Stopped on its last day: it is not late before a day has passed on which it ran.
        due_on += _DAY
    return Dates(due_on, hint_on, amber_on)


def net_days(calendar: WorkingDays, *, started_on: date, pauses: Iterable[Pause], until: date) -> int:
    """Working days used after `started_on` up to and including `until`, without those that a pause covers."""
    stood_still = tuple(pauses)
    day, count = started_on, 0
    while day < until:
        day += _DAY
        count += calendar.is_working(day) and not any(pause.covers(day) for pause in stood_still)
    return count


def gross_days(calendar: WorkingDays, *, started_on: date, until: date) -> int:
    """All working days after `started_on` up to and including `until`."""
    return max(calendar.between(started_on, until), 0)
