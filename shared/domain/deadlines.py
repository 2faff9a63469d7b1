"""How a deadline stands on a day: the light and the count of working days that every page shows.

Green becomes amber one working day before the due date, or when 90 % of the promise is used if that is earlier, and red
once the date has passed; while a clock stands still the light is purple. Pages never compute it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from shared.domain.calendar import WorkingDays
from shared.domain.errors import CalendarNotLoaded

#: Working days left from which on a deadline is called near.
NEAR_DAYS = 1


class Light(StrEnum):
    """How urgent something is; a page adds shape and words."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    PAUSED = "paused"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Standing:
    """`days` are working days: left while green, amber or paused, over when red, early (or, negative, late) when done.

    Red with 0 days means that the due date has passed but no working day since.
    """

    light: Light
    days: int


@dataclass(frozen=True, slots=True)
class Deadlines:
    """One day's view of many deadlines; remembers what it counted, so a page of old cases stays cheap."""

    calendar: WorkingDays
    today: date
    _counted: dict[tuple[date, date], int] = field(default_factory=dict)

    def standing(
        self, due_on: date, *, done_on: date | None = None, near_on: date | None = None, is_paused: bool = False
    ) -> Standing:
        """Where a deadline stands; `near_on` is the clock's first amber day, if it has one.

        Raises `CalendarNotLoaded`.
        """
        if done_on is not None:
            return Standing(Light.DONE, self.between(done_on, due_on))
        if is_paused:
            return Standing(Light.PAUSED, max(self.between(self.today, due_on), 0))
        if due_on < self.today:
            return Standing(Light.RED, self.between(due_on, self.today))
        left = self.between(self.today, due_on)
        is_near = left <= NEAR_DAYS or (near_on is not None and near_on <= self.today)
        return Standing(Light.AMBER if is_near else Light.GREEN, left)

    def between(self, start: date, end: date) -> int:
        """Working days after `start` up to and including `end`; negative if `end` is earlier."""
        key = (start, end)
        if key not in self._counted:
            self._counted[key] = self.calendar.between(start, end)
        return self._counted[key]

    @property
    def near_until(self) -> date:
        """The last due date that is near today; today itself where the calendar ends."""
        try:
            return self.calendar.add(self.today, NEAR_DAYS)
        except CalendarNotLoaded:
            return self.today
