"""The green channel: criteria in force on a day, and the slots in which a window can be visited."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from shared.domain.errors import CalendarNotLoaded, Problem
from shared.domain.green_channel import GreenChannel, read_green_channel
from shared.packs import Pack, load_pack

PACKS = Path(__file__).resolve().parents[2] / "packs"
NOW = datetime(2014, 9, 15, 9, 30)  # noqa: DTZ001 the city's clock, whose zone the caller has taken off


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack(PACKS / "hanhai")


@pytest.fixture
def channel(pack: Pack) -> GreenChannel:
    return pack.green_channel


class TestACriterion:
    def test_is_in_force_from_its_first_day_on(self, channel: GreenChannel) -> None:
        assert [each.code for each in channel.in_force(date(2010, 12, 31))] == ["emergency"]
        assert {each.code for each in channel.in_force(date(2011, 1, 1))} >= {"key_project", "emergency"}
        assert channel.in_force(date(2008, 5, 31)) == ()


class TestASlot:
    @pytest.mark.parametrize("at", ["2014-09-15 10:00", "2014-09-15 11:30", "2014-09-16 13:30", "2014-09-28 16:30"])
    def test_within_office_hours_is_free_to_be_asked_for(self, pack: Pack, at: str) -> None:
        # 2014-09-28 was a Sunday on which everybody worked.
        assert self.problem(pack, at) is None

    @pytest.mark.parametrize(
        ("at", "said"),
        [
            ("2014-09-15 09:30", "已经过去"),
            ("2014-09-15 09:00", "已经过去"),
            ("2014-09-20 10:00", "不是工作日"),
            ("2014-10-01 10:00", "不是工作日"),
            ("2014-09-16 12:00", "办公时间"),
            ("2014-09-16 17:00", "办公时间"),
            ("2014-09-16 10:10", "办公时间"),
            ("2014-09-30 10:00", "10个工作日以内"),
        ],
    )
    def test_outside_them_says_the_way_out(self, pack: Pack, at: str, said: str) -> None:
        assert said in (self.problem(pack, at) or "")

    def test_in_a_year_that_nobody_loaded_is_refused(self, pack: Pack) -> None:
        with pytest.raises(CalendarNotLoaded):
            self.problem(pack, "2099-01-05 10:00")

    def problem(self, pack: Pack, at: str) -> str | None:
        return pack.green_channel.slot_problem(datetime.fromisoformat(at), now=NOW, calendar=pack.calendar)


class TestReading:
    def test_names_the_row_and_column_of_everything_wrong(self, pack: Pack) -> None:
        broken = {
            **pack.data["green_channel"],
            "criteria": [{"code": "a"}, {"code": "a"}],
            "services": [{"label": "一", "text": "二"}],
            "hours": [{"from": "9:00", "to": "12:00"}, {"from": "12:00", "to": "09:00"}],
            "surprise": 1,
        }
        problems: list[Problem] = []
        read_green_channel({"green_channel": broken}, problems)
        named = {each.field for each in problems}
        assert named >= {
            "green_channel.surprise",
            "green_channel.criteria",
            "green_channel.criteria[0].name",
            "green_channel.criteria[0].from",
            "green_channel.services",
            "green_channel.hours[0].from",
            "green_channel.hours[1].to",
        }
        problems = []
        read_green_channel({}, problems)
        assert "green_channel" in {each.field for each in problems}
