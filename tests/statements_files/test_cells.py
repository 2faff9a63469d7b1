"""Single values of a statement file: what is read, what is refused, and in which words."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from bank_files import CODE, at
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.identifiers import payment_code as make_code
from shared.domain.money import grouped, plain
from shared.statements import cells
from shared.statements.cells import Unreadable

FULL_WIDTH = str.maketrans("0123456789.,", "０１２３４５６７８９．，")


class TestAnAmount:
    @pytest.mark.parametrize(
        ("text", "fen"),
        [
            ("1234.50", 123450),
            ("1234.5", 123450),
            ("1234", 123400),
            ("1,234.50", 123450),
            ("32,729,939.24", 3272993924),
            ("１，２３４．５０", 123450),
            ("0.05", 5),
            ("1234.5000", 123450),
            ("0", 0),
            ("0012.30", 1230),
        ],
    )
    def test_is_read_where_it_can_be_read_in_one_way_only(self, text: str, fen: int) -> None:
        assert cells.amount(text) == fen

    @pytest.mark.parametrize(
        "text",
        [
            "",
            " 1",
            "1,23.50",
            "12,34,567.00",
            "1234,50",
            "1.234,50",
            ",123.00",
            "1_000.00",
            "1e5",
            "1.005",
            "0.001",
            ".5",
            "5.",
            "(1.00)",
            "¥1.00",
            "1.00元",
            "NaN",
            "٣.00",
            "1.0 0",
            "12345678901234.00",
        ],
    )
    def test_is_refused_where_it_can_not(self, text: str) -> None:
        with pytest.raises(Unreadable, match="“"):
            cells.amount(text)

    @pytest.mark.parametrize("text", ["-1.00", "−1.00", "－１.00"])
    def test_may_be_negative_only_where_that_is_asked_for(self, text: str) -> None:
        assert cells.amount(text, signed=True) == -100
        with pytest.raises(Unreadable, match="负数"):
            cells.amount(text)

    @given(fen=st.integers(0, 10**15 - 1))
    def test_is_the_same_however_it_is_written(self, fen: int) -> None:
        assert cells.amount(plain(fen)) == cells.amount(plain(fen).translate(FULL_WIDTH)) == fen
        if fen < 10**14:
            assert cells.amount(grouped(fen)) == cells.amount(grouped(fen).translate(FULL_WIDTH)) == fen


class TestADay:
    @pytest.mark.parametrize(
        "text",
        ["2014-09-19", "2014/09/19", "2014/9/19", "20140919", "2014年9月19日", "２０１４-０９-１９"],
    )
    def test_is_read_year_first(self, text: str) -> None:
        assert cells.day(text) == date(2014, 9, 19)

    @pytest.mark.parametrize(
        "text", ["19/09/2014", "09-19-2014", "14-09-19", "2014919", "2014-09/19", "2014.09.19", ""]
    )
    def test_is_refused_in_another_order(self, text: str) -> None:
        with pytest.raises(Unreadable, match="不是日期"):
            cells.day(text)

    @pytest.mark.parametrize("text", ["1900-01-00", "2014-02-30", "20141332"])
    def test_must_exist(self, text: str) -> None:
        with pytest.raises(Unreadable, match="没有"):
            cells.day(text)

    @pytest.mark.parametrize("text", ["1900-01-01", "1899-12-31", "19000101", "1999-12-31"])
    def test_is_not_of_the_spreadsheets_beginning(self, text: str) -> None:
        with pytest.raises(Unreadable, match="早于 2000-01-01"):
            cells.day(text)

    def test_is_not_after_today(self) -> None:
        assert cells.day("2014-09-19", latest=date(2014, 9, 19)) == date(2014, 9, 19)
        with pytest.raises(Unreadable, match="晚于今天 2014-09-18"):
            cells.day("2014-09-19", latest=date(2014, 9, 18))


class TestAMoment:
    @pytest.mark.parametrize(
        "text",
        [
            "2014-09-19 14:05:00",
            "2014-09-19T14:05:00",
            "2014/9/19 14:05",
            "20140919 140500",
            "20140919140500",
            "2014年9月19日 14:05:00",
            "2014年9月19日14:05:00",
            "2014-09-19 14:05:00.000",
        ],
    )
    def test_is_chinas(self, text: str) -> None:
        assert cells.moment(text) == at("2014-09-19 14:05:00")

    def test_is_midnight_where_only_the_day_is_known(self) -> None:
        assert cells.moment("2014-09-19") == at("2014-09-19 00:00:00")

    @pytest.mark.parametrize("text", ["2014-09-19 25:00:00", "2014-09-19 14:60", "2014-09-19 noon", "2014-09-19 14"])
    def test_is_refused_with_a_time_that_is_none(self, text: str) -> None:
        with pytest.raises(Unreadable, match="不是时间"):
            cells.moment(text)


class TestACell:
    @pytest.mark.parametrize(
        ("written", "read"),
        [
            ("`4200001", "4200001"),
            ("\t6229080371\t", "6229080371"),
            ('="000123"', "000123"),
            ('="a ""b"""', 'a "b"'),
            ("'0012", "0012"),
            (" 瀚海 ", "瀚海"),
            ("一行\r\n两行", "一行 两行"),
            ("\t=cmd|'/C calc'!A0", "=cmd|'/C calc'!A0"),
            ("", ""),
        ],
    )
    def test_is_read_without_its_guards(self, written: str, read: str) -> None:
        assert cells.clean(written) == read

    @given(st.text())
    def test_is_clean_when_it_was_cleaned_once_from_blanks_and_control_characters(self, text: str) -> None:
        assert not {"\x00", "\n", "\t", "\r"} & set(cells.clean(text))


OTHER = make_code("371000", 2014, 31785)
RIGHT = make_code("371000", 2014, 31784)


class TestThePaymentCode:
    @pytest.mark.parametrize(
        ("text", "code"),
        [
            (f"缴款码{CODE} HHJ2014031784", CODE),
            (f"{CODE}-1", CODE),
            (f"房款{CODE}谢谢", CODE),
            ("没有", ""),
            ("1" * 21, ""),
            ("1" * 19, ""),
            (f"{CODE} 和 {CODE}", CODE),
            (f"流水{CODE} 缴款码：{RIGHT}", RIGHT),
            (f"{'1' * 20} {RIGHT}", RIGHT),
            (f"{OTHER} {RIGHT}", ""),
            ("缴款码３７１０００１４００００００３１７８４０", CODE),
            ("3710 0014 0000 0031 7840", CODE),
            ("3710-0014-0000-0031-7840", CODE),
            ("3710 0014 0000 0031 7840 1", ""),
        ],
    )
    def test_is_the_one_number_of_twenty_digits(self, text: str, code: str) -> None:
        assert cells.payment_code(text) == code


class TestTheDigest:
    @given(known=st.lists(st.text(st.characters(exclude_categories=("Cc", "Cs"))), min_size=1, max_size=4))
    def test_does_not_mix_values_up(self, known: list[Any]) -> None:
        assert cells.digest("a", *known) == cells.digest("a", *known)
        assert cells.digest("a", *known) != cells.digest("a", *known, "")
        assert cells.digest("a", *known) != cells.digest("b", *known)
