"""Working days: the notices of twenty-three years, and what happens where they end."""

from __future__ import annotations

import warnings
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.calendar import WorkingDays
from shared.domain.errors import CalendarNotLoaded
from shared.packs import calendar_from_library

CALENDAR = calendar_from_library(range(2004, 2027))


def day(text: str) -> date:
    return date.fromisoformat(text)


class TestADeadline:
    @pytest.mark.parametrize(
        ("start", "end"),
        [
            ("2014-09-15", "2014-09-22"),
            ("2014-09-25", "2014-10-08"),
            ("2014-10-08", "2014-10-14"),
            ("2024-02-02", "2024-02-08"),
            ("2024-04-30", "2024-05-10"),
            ("2025-01-24", "2025-02-07"),
            ("2026-02-12", "2026-02-26"),
            ("2026-09-30", "2026-10-13"),
        ],
    )
    def test_counts_five_working_days_after_the_start(self, start: str, end: str) -> None:
        assert CALENDAR.add(day(start), 5) == day(end)

    def test_counts_a_make_up_saturday(self) -> None:
        assert CALENDAR.is_working(day("2014-10-11"))
        assert not CALENDAR.is_working(day("2014-10-01"))

    def test_may_start_on_a_day_off(self) -> None:
        assert CALENDAR.add(day("2014-09-20"), 1) == day("2014-09-22")

    def test_of_no_days_is_the_start(self) -> None:
        assert CALENDAR.add(day("2014-09-20"), 0) == day("2014-09-20")

    def test_is_refused_where_the_next_year_is_not_loaded(self) -> None:
        with pytest.raises(CalendarNotLoaded, match="2027 年"):
            CALENDAR.add(day("2026-12-28"), 5)

    def test_still_fits_into_the_last_days_of_the_last_year(self) -> None:
        assert CALENDAR.add(day("2026-12-24"), 5) == day("2026-12-31")

    @pytest.mark.parametrize("start", ["2003-12-31", "2027-01-01"])
    def test_is_refused_for_a_start_outside_the_loaded_years(self, start: str) -> None:
        with pytest.raises(CalendarNotLoaded, match="未导入"):
            CALENDAR.add(day(start), 1)

    def test_is_refused_when_nothing_is_loaded(self) -> None:
        with pytest.raises(CalendarNotLoaded, match="尚未导入任何年份"):
            WorkingDays({}, frozenset()).is_working(day("2014-09-15"))

    def test_does_not_run_off_the_end_of_time(self) -> None:
        with pytest.raises(CalendarNotLoaded):
            WorkingDays({}, frozenset({9999})).add(date(9999, 12, 30), 10)

    def test_is_never_negative(self) -> None:
        with pytest.raises(ValueError, match="负数"):
            CALENDAR.add(day("2014-09-15"), -1)

    @given(st.dates(date(2004, 1, 1), date(2026, 6, 30)), st.integers(0, 60))
    def test_has_exactly_so_many_working_days_up_to_it(self, start: date, days: int) -> None:
        end = CALENDAR.add(start, days)

        assert CALENDAR.between(start, end) == days
        assert CALENDAR.between(end, start) == -days
        assert not days or CALENDAR.is_working(end)


class TestAYear:
    @pytest.mark.parametrize(("year", "days"), [(2014, 250), (2024, 251), (2025, 248), (2026, 248)])
    def test_has_the_working_days_of_its_notice(self, year: int, days: int) -> None:
        assert CALENDAR.working_days_in(year) == days

    @pytest.mark.parametrize("year", [2014, 2016, 2024, 2025])
    def test_agrees_with_a_second_library(self, year: int) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import holidays
        theirs = holidays.country_holidays("CN", years=year)
        first = date(year, 1, 1)
        for offset in range(365):
            each = first + timedelta(days=offset)
            # Make-up working days are the first library's alone; on weekdays both must agree.
            if each.weekday() < 5:
                assert CALENDAR.is_working(each) == (each not in theirs), each

    def test_can_be_listed_day_by_day_as_well(self) -> None:
        full = {date(2014, 1, 1) + timedelta(days=each): False for each in range(365)} | {date(2014, 5, 1): True}

        assert WorkingDays(full, frozenset({2014})).add(date(2014, 1, 1), 1) == date(2014, 5, 1)
