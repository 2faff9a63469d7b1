"""The only formatting of money, quantities and dates."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from web import filters


class TestMoney:
    @pytest.mark.parametrize(
        ("fen", "shown"),
        [(0, "0.00"), (5, "0.05"), (100, "1.00"), (3272993924, "32,729,939.24"), (-32000, "−320.00")],
    )
    def test_is_shown_in_yuan_with_two_decimals(self, fen, shown):
        assert filters.money(fen) == shown

    @pytest.mark.parametrize("wrong", [1.0, True, "100", None, Decimal(1)])
    def test_refuses_what_is_no_whole_number_of_fen(self, wrong):
        with pytest.raises(TypeError):
            filters.money(wrong)


class TestQuantity:
    def test_keeps_the_decimals_it_was_given(self):
        assert filters.number(Decimal("86432.18")) == "86,432.18"
        assert filters.number(Decimal("79000.00")) == "79,000.00"

    def test_refuses_a_float(self):
        with pytest.raises(TypeError):
            filters.number(1.5)


class TestTimes:
    def test_are_shown_on_the_office_clock(self):
        instant = datetime(2014, 9, 25, 17, 30, tzinfo=UTC)

        assert filters.moment(instant) == "2014-09-26 01:30"
        assert filters.moment_short(instant) == "09-26 01:30"
        assert filters.day(instant) == "2014-09-26"
        assert filters.clock(instant) == "01:30"

    def test_refuse_a_time_without_a_zone(self):
        with pytest.raises(TypeError):
            filters.moment(datetime(2014, 9, 26, 17, 0))  # noqa: DTZ001 - the very thing that is refused

    def test_name_the_weekday_in_a_sentence(self, app):
        with app.test_request_context("/"):
            app.preprocess_request()
            assert filters.day_long(date(2014, 9, 26)) == "9月26日（周五）"
        with app.test_request_context("/?lang=en"):
            app.preprocess_request()
            assert filters.day_long(date(2014, 9, 26)) == "Fri 26 Sep"
