"""What a promise comes to in dates: hint and amber, and every way in which a clock can stand still."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.clocks import Dates, Pause, dates, net_days
from shared.domain.errors import CalendarNotLoaded
from shared.domain.ladder import Step, reached, read_ladder
from shared.packs import load_pack

PACK = load_pack(Path(__file__).resolve().parents[2] / "packs" / "hanhai")
DAYS = PACK.calendar
RUNGS = {Step.CHIEF: 1, Step.LEAD: 2, Step.SUPERVISOR: 3, Step.MEETING: 5}
DAY = timedelta(days=1)


def on(text: str, year: int = 2014) -> date:
    return date.fromisoformat(f"{year}-{text}")


def of(start: str, days: int, *pauses: tuple[str, str], year: int = 2014) -> Dates:
    """Dates of a promise; the pauses have ended."""
    closed = [Pause(on(first, year), on(last, year)) for first, last in pauses]
    return dates(DAYS, started_on=on(start, year), days=days, pauses=closed, today=on("12-31", year))


class TestAPromise:
    @pytest.mark.parametrize(
        ("days", "hint", "amber", "due"),
        [
            (0, "09-15", "09-15", "09-15"),
            (1, "09-15", "09-16", "09-16"),
            (3, "09-17", "09-18", "09-18"),
            (5, "09-19", "09-22", "09-22"),
            # 国庆 2014: 09-28 and 10-11 are worked, 10-01 to 10-07 are off.
            (10, "09-26", "09-26", "09-28"),
            (20, "10-15", "10-14", "10-16"),
        ],
    )
    def test_has_its_hint_a_working_day_before_and_its_amber_at_nine_tenths(
        self, days: int, hint: str, amber: str, due: str
    ) -> None:
        assert of("09-15", days) == Dates(due_on=on(due), hint_on=on(hint), amber_on=on(amber))

    def test_begun_on_a_day_off_counts_from_the_next_working_day(self) -> None:
        assert of("09-20", 1).due_on == on("09-22")

    def test_into_a_year_that_nobody_loaded_is_refused(self) -> None:
        with pytest.raises(CalendarNotLoaded, match="2027 年的工作日历未导入"):
            of("12-28", 5, year=2026)


class TestAPause:
    @pytest.mark.parametrize(
        ("what", "pauses", "due"),
        [
            ("none", (), "09-22"),
            ("ended on the day it began", (("09-16", "09-16"),), "09-22"),
            ("of two working days", (("09-16", "09-18"),), "09-24"),
            ("over a weekend: Saturday and Sunday would not have counted", (("09-19", "09-22"),), "09-23"),
            ("within a weekend", (("09-20", "09-21"),), "09-22"),
            ("over a make-up Sunday (09-28)", (("09-16", "09-28"),), "10-09"),
            ("over the whole of the holidays", (("09-19", "10-08"),), "10-09"),
            ("on the first day", (("09-15", "09-17"),), "09-24"),
            ("of two kinds, one inside the other", (("09-16", "09-19"), ("09-17", "09-18")), "09-25"),
            ("of two kinds that overlap", (("09-16", "09-18"), ("09-17", "09-19")), "09-25"),
            ("of two kinds, one behind the other", (("09-16", "09-17"), ("09-17", "09-18")), "09-24"),
            ("begun on the last day: not late before a day has passed on which it ran", (("09-22", "09-25"),), "09-25"),
            ("begun on the last day, twice", (("09-22", "09-24"), ("09-24", "09-26")), "09-26"),
            ("begun when it was late already", (("09-24", "09-28"),), "09-22"),
        ],
    )
    def test_moves_the_due_date_by_the_days_it_covers(
        self, what: str, pauses: tuple[tuple[str, str], ...], due: str
    ) -> None:
        assert of("09-15", 5, *pauses).due_on == on(due), what

    def test_that_lasts_counts_as_if_it_ended_today(self) -> None:
        lasting = [Pause(on("09-16"), None)]
        assert dates(DAYS, started_on=on("09-15"), days=5, pauses=lasting, today=on("09-18")).due_on == on("09-24")

    @given(
        days=st.integers(0, 25),
        start=st.dates(date(2014, 1, 1), date(2014, 8, 1)),
        stops=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 15)), max_size=4),
    )
    def test_leaves_as_many_counted_days_as_were_promised(
        self, days: int, start: date, stops: list[tuple[int, int]]
    ) -> None:
        pauses = [Pause(start + DAY * first, start + DAY * (first + long)) for first, long in stops]
        found = dates(DAYS, started_on=start, days=days, pauses=pauses, today=date(2014, 12, 31))

        assert net_days(DAYS, started_on=start, pauses=pauses, until=found.due_on) == days
        assert max(found.hint_on, found.amber_on) <= found.due_on
        following = found.due_on + DAY
        assert not any(pause.first <= found.due_on and pause.covers(following) for pause in pauses)


class TestTheLadder:
    def climbed(self, today: str, *pauses: tuple[str, str]) -> list[tuple[str, str]]:
        closed = [Pause(on(first), on(last)) for first, last in pauses]
        when = of("09-15", 5, *pauses)
        found = reached(
            DAYS,
            hint_on=when.hint_on,
            amber_on=when.amber_on,
            due_on=when.due_on,
            pauses=closed,
            rungs=RUNGS,
            today=on(today),
        )
        return [(step.value, f"{day:%m-%d}") for step, day in found]

    def test_is_climbed_by_working_days_past_due(self) -> None:
        assert self.climbed("09-18") == []
        assert self.climbed("09-22") == [("hint", "09-19"), ("amber", "09-22")]
        assert self.climbed("09-29") == [
            ("hint", "09-19"), ("amber", "09-22"), ("red", "09-23"), ("officer", "09-23"), ("chief", "09-23"),
            ("lead", "09-24"), ("supervisor", "09-25"), ("meeting", "09-28"),
        ]  # fmt: skip

    def test_is_not_climbed_while_the_clock_stands_still(self) -> None:
        # Late on the 23rd, stopped from the 23rd to the 28th: the second day past due is the 29th.
        assert self.climbed("09-30", ("09-23", "09-28"))[4:] == [
            ("chief", "09-23"), ("lead", "09-29"), ("supervisor", "09-30"),
        ]  # fmt: skip

    def test_names_amber_before_the_hint_where_it_comes_first(self) -> None:
        when = of("09-15", 20)
        found = reached(
            DAYS,
            hint_on=when.hint_on,
            amber_on=when.amber_on,
            due_on=when.due_on,
            pauses=(),
            rungs=RUNGS,
            today=when.due_on,
        )
        assert [step for step, _ in found] == [Step.AMBER, Step.HINT]

    def test_of_a_pack_is_refused_where_a_rung_is_missing_or_out_of_order(self) -> None:
        rows = [dict(row) for row in PACK.data["ladder"]]
        assert refused([*rows[:2], rows[3]]) == [("ladder", "缺少逐级提醒：supervisor")]
        rows[1]["days"] = 1
        assert refused(rows) == [("ladder[1] lead.days", "逐级提醒的天数应逐级增加：chief 为 1 日")]
        rows[1] |= {"days": 2, "step": "chief"}
        assert refused(rows) == [
            ("ladder[1] chief.from", "与另一行的执行期重叠：2003-01-01 起"), ("ladder", "缺少逐级提醒：lead"),
        ]  # fmt: skip


def refused(rows: list[dict[str, object]]) -> list[tuple[str, str]]:
    problems: list = []
    read_ladder({"ladder": rows}, problems)
    return [(each.field, each.problem) for each in problems]
