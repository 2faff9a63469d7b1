"""Working days as the State Council's yearly notices set them, from a table that somebody loaded.

A deadline that reaches a year not in the table is refused, never guessed (行政许可法 82: time
limits count working days; the starting day does not count).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from shared.domain.errors import CalendarNotLoaded, Invalid, Problem

_DAY = timedelta(days=1)
_SATURDAY = 5
#: Fewer or more working days than any notice since 2004 has left in a year: somebody forgot a line.
YEAR_DAYS_LEAST, YEAR_DAYS_MOST = 244, 255
_LINE = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:\s*(?:至|to|—|~|-{1,2}|\.\.)\s*(\d{4}-\d{2}-\d{2}))?\s+(休|班|off|work)\b\s*(.*)"
)
#: A holiday is a week or so; a longer stretch is a slip of the pen.
_STRETCH_MAX = 15


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

    def start(self, end: date, days: int) -> date:
        """The latest day from which a limit of `days` working days is over by `end`: `add(start, days) <= end`.

        Raises as `add` does.
        """
        day = end
        while days > 0:
            days -= self.is_working(day)
            day -= _DAY
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

    def changed_by(self, days: Mapping[date, bool]) -> WorkingDays:
        """The calendar with other days; the years of `days` count as loaded."""
        return WorkingDays({**self.days, **days}, self.years | {day.year for day in days})

    def _must_be_loaded(self, day: date) -> None:
        if day.year not in self.years:
            loaded = f"已导入 {min(self.years)}—{max(self.years)} 年" if self.years else "尚未导入任何年份"
            raise CalendarNotLoaded(
                f"{day.year} 年的工作日历未导入（{loaded}），期限无法推算；请先导入国务院办公厅当年放假通知"
            )


def read_notice(text: str, year: int) -> dict[date, bool]:
    """The days that a yearly notice sets apart, one line each: "2027-02-05 至 2027-02-11 休 春节", "2027-02-14 班".

    True is a working day (调休上班), False a day off. Raises `Invalid`, naming the line, for what is no such line, is
    in another year, comes twice, or says what the weekday says anyway (a make-up day from Monday to Friday).
    """
    found: dict[date, bool] = {}
    problems: list[Problem] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        where = f"days[{number}]"
        match = _LINE.fullmatch(line.strip())
        try:
            first = date.fromisoformat(match[1]) if match else None
            last = date.fromisoformat(match[2]) if match and match[2] else first
        except ValueError:
            first = last = None
        if match is None or first is None or last is None:
            problems.append(
                Problem(where, f"第 {number} 行看不懂；请写成“2027-02-05 至 2027-02-11 休 春节”或“2027-02-14 班”")
            )
            continue
        if last < first or (last - first).days > _STRETCH_MAX:
            problems.append(Problem(where, f"第 {number} 行的起止日期不对"))
            continue
        day = first
        while day <= last:
            works = match[3] in ("班", "work")
            if day.year != year:
                problems.append(Problem(where, f"第 {number} 行：{day} 不在 {year} 年"))
            elif day in found:
                problems.append(Problem(where, f"第 {number} 行：{day} 已经写过"))
            elif works and day.weekday() < _SATURDAY:
                problems.append(Problem(where, f"第 {number} 行：{day} 本来就是工作日，不需要写“班”"))
            found[day] = works
            day += _DAY
    if problems:
        raise Invalid(problems)
    return found


def whole_year(year: int, notice: Mapping[date, bool]) -> dict[date, bool]:
    """Every day of a year under its notice. Raises `Invalid` if hardly anything is set apart: a line was forgotten."""
    days: dict[date, bool] = {}
    day = date(year, 1, 1)
    while day.year == year:
        days[day] = notice.get(day, day.weekday() < _SATURDAY)
        day += _DAY
    working = sum(days.values())
    if not YEAR_DAYS_LEAST <= working <= YEAR_DAYS_MOST:
        text = (
            f"{year} 年共有 {working} 个工作日，应在 {YEAR_DAYS_LEAST} 至 {YEAR_DAYS_MOST} 之间；请核对放假通知是否写全"
        )
        raise Invalid([Problem("days", text)])
    return days
