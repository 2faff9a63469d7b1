"""Amounts are whole 分: what is read, shown, rounded and divided."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.money import Money, add_up, amount_problem, grouped, plain, round_to_fen, share


class TestAnAmount:
    @pytest.mark.parametrize(
        ("text", "fen"),
        [("0", 0), ("0.05", 5), ("1234.5", 123450), ("1234.50", 123450), ("158640000.00", 15_864_000_000)],
    )
    def test_is_read_exactly(self, text: str, fen: int) -> None:
        assert Money.parse(text).fen == fen

    @pytest.mark.parametrize(
        "text",
        [
            "",
            " 1",
            "1 ",
            "+1",
            "-1",
            "−1",
            "1,234.50",
            "1.005",
            "1.",
            ".5",
            "01.00",
            "1e5",
            "1E5",
            "0x10",
            "NaN",
            "Infinity",
            "１２.００",
            "٣",
            "1\n",
            "1234567890123",
            "￥1",
        ],
    )
    def test_is_refused_when_it_is_written_otherwise(self, text: str) -> None:
        with pytest.raises(ValueError, match="金额"):
            Money.parse(text)

    @pytest.mark.parametrize("value", [1, 1.5, True, None, Decimal(1), float("nan"), ["1"]])
    def test_is_refused_when_it_is_no_text(self, value: Any) -> None:
        assert "字符串" in (amount_problem(value) or "")

    @pytest.mark.parametrize("value", [1.0, True, Decimal(1), "1"])
    def test_is_never_anything_but_a_whole_number_of_fen(self, value: Any) -> None:
        with pytest.raises(TypeError):
            Money(value)

    @pytest.mark.parametrize(
        ("fen", "in_json", "on_a_page"),
        [
            (0, "0.00", "0.00"),
            (5, "0.05", "0.05"),
            (123450, "1234.50", "1,234.50"),
            (-123450, "-1234.50", "−1,234.50"),
            (-5, "-0.05", "−0.05"),
            (3_272_993_924, "32729939.24", "32,729,939.24"),
        ],
    )
    def test_is_shown_with_two_decimals(self, fen: int, in_json: str, on_a_page: str) -> None:
        assert (plain(fen), grouped(fen)) == (in_json, on_a_page)
        assert (Money(fen).plain, Money(fen).grouped) == (in_json, on_a_page)

    def test_adds_compares_and_turns_round(self) -> None:
        assert add_up([Money(1), Money(2), -Money(4)]) == Money(-1)
        assert add_up([]) == Money(0)
        assert Money(5) - Money(7) < Money(0)
        assert Money(5) + Money(7) == Money(12)


class TestRounding:
    @pytest.mark.parametrize(
        ("yuan", "fen"),
        [("0.005", 1), ("0.0049999", 0), ("2035544.784", 203_554_478), ("5300767.33316", 530_076_733), ("-0.005", -1)],
    )
    def test_is_half_up(self, yuan: str, fen: int) -> None:
        assert round_to_fen(Decimal(yuan)) == fen

    @pytest.mark.parametrize("value", [0.005, 1, "1"])
    def test_takes_decimals_only(self, value: Any) -> None:
        with pytest.raises(TypeError):
            round_to_fen(value)


class TestSharing:
    @pytest.mark.parametrize(
        ("fen", "weights", "shares"),
        [
            (100, [1, 1, 1], (34, 33, 33)),
            (5, [3, 7], (2, 3)),
            (1, [1, 0, 1], (1, 0, 0)),
            (0, [1, 2], (0, 0)),
            (-100, [1, 1, 1], (-34, -33, -33)),
        ],
    )
    def test_gives_what_is_left_to_those_who_lost_most(
        self, fen: int, weights: list[int], shares: tuple[int, ...]
    ) -> None:
        assert share(fen, weights) == shares

    @given(st.integers(-(10**15), 10**15), st.lists(st.integers(0, 10**12), min_size=1).filter(any))
    def test_loses_nothing_and_is_never_more_than_one_fen_off(self, fen: int, weights: list[int]) -> None:
        shares = share(fen, weights)

        assert sum(shares) == fen
        for part, weight in zip(shares, weights, strict=True):
            assert abs(part * sum(weights) - fen * weight) < sum(weights)
            assert weight or not part

    @pytest.mark.parametrize("weights", [[], [0, 0], [-1, 2]])
    def test_needs_somebody_to_give_to(self, weights: list[int]) -> None:
        with pytest.raises(ValueError, match="weights"):
            share(100, weights)

    @pytest.mark.parametrize(("fen", "weights"), [(1.0, [1]), (1, [1.0]), (True, [1])])
    def test_takes_whole_numbers_only(self, fen: Any, weights: Any) -> None:
        with pytest.raises(TypeError):
            share(fen, weights)
