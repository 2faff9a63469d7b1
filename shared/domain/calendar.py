"""Working days as the State Council's yearly notices set them, from a table that somebody loaded.

A deadline that reaches a year not in the table is refused, never guessed (行政许可法 82: time
limits count working days; the starting day does not count).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from shared.domain.errors import CalendarNotLoaded

_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """`days` says True (working) or False (off) where a date differs from its weekday; `years` are those loaded.

    A table that lists every day of a year works as well: what is listed wins over the weekday.
    """

    days: Mapping[date, bool]
    years: frozenset[int]

    def is_working(self, day: date) -> bool:
        """Raises `CalendarNotLoaded` if the year of `day` is not in the table."""
        self._must_be_loaded(day)
        listed = self.days.get(day)
        return day.weekday() < _SATURDAY if listed is None else listed

    def add(self, start: date, days: int) -> date:
        """The last day of a limit of `days` working days that starts on `start`, which does not count.

        ValueError if `days` is negative; `CalendarNotLoaded` if the count leaves the loaded years.
        """
        if days < 0:
            raise ValueError("工作日天数不能为负数")
        self._must_be_loaded(start)
        day = start
        while days:
            if day == date.max:
                raise CalendarNotLoaded("工作日历已到尽头，无法推算")
            day += _DAY
            days -= self.is_working(day)
        return day

    def between(self, start: date, end: date) -> int:
        """How many working days lie after `start` up to and including `end`; negative if `end` is earlier."""
        if end < start:
            return -self.between(end, start)
        self._must_be_loaded(start)
        count = 0
        day = start
        while day < end:
            day += _DAY
            count += self.is_working(day)
        return count

    def working_days_in(self, year: int) -> int:
        """Raises `CalendarNotLoaded` if the year is not in the table."""
        return self.between(date(year, 1, 1), date(year, 12, 31)) + self.is_working(date(year, 1, 1))

    def _must_be_loaded(self, day: date) -> None:
        if day.year not in self.years:
            loaded = f"已导入 {min(self.years)}—{max(self.years)} 年" if self.years else "尚未导入任何年份"
            raise CalendarNotLoaded(
                f"{day.year} 年的工作日历未导入（{loaded}），期限无法推算；请先导入国务院办公厅当年放假通知"
            )
