"""Identifiers: the samples of the standards, their check digits, and every way to get them wrong."""

from __future__ import annotations

from typing import Any

import pytest
import stdnum.cn.uscc
from hypothesis import given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_11_10

from shared.domain.errors import Invalid
from shared.domain.identifiers import (
    check_citizen_id,
    check_project_code,
    check_uscc,
    citizen_id_problem,
    iso_date_problem,
    organisation_code_is_valid,
    payment_code,
    payment_code_is_valid,
    project_code_problem,
    uscc_problem,
)

USCCS = [
    "91350100M000100Y43",
    "91110108551385082Q",
    "113710000000000196",
    "113710000000000271",
    "12371000000000035Q",
    "91371002MA3C00011N",
    "91370200MA3D000208",
]


class TestAUnifiedSocialCreditCode:
    @pytest.mark.parametrize("code", USCCS)
    def test_is_accepted_with_its_check_character(self, code: str) -> None:
        assert check_uscc(code) == code
        assert stdnum.cn.uscc.is_valid(code)
        assert organisation_code_is_valid(code)

    @pytest.mark.parametrize("code", USCCS)
    def test_is_refused_with_any_other_check_character(self, code: str) -> None:
        for other in set("0123456789ABCDEFGHJKLMNPQRTUWXY") - {code[-1]}:
            assert "校验位" in (uscc_problem(code[:-1] + other) or "")

    @pytest.mark.parametrize(
        "code", ["", "91371002MA3C00011", "91371002ma3c00011n", "91371002MA3C00011N ", "9137100IMA3C00011N", None, 1]
    )
    def test_is_refused_in_any_other_shape(self, code: Any) -> None:
        assert "18 位" in (uscc_problem(code) or "")

    def test_may_carry_an_organisation_code_from_another_register(self) -> None:
        assert not organisation_code_is_valid("91371002MA3C00012N")

    def test_names_its_field(self) -> None:
        with pytest.raises(Invalid) as refused:
            check_uscc("1", field="developer.uscc")

        assert [each.field for each in refused.value.problems] == ["developer.uscc"]


class TestACitizenId:
    @pytest.mark.parametrize("number", ["11010519491231002X", "371002198001010010"])
    def test_is_accepted_with_its_check_character(self, number: str) -> None:
        assert check_citizen_id(number) == number

    @pytest.mark.parametrize(
        ("number", "said"),
        [
            ("110105194912310021", "校验位"),
            ("11010519491331002X", "出生日期"),
            ("990105194912310021", "地区"),
            ("000105194912310021", "地区"),
            ("11010519491231002x", "18 位"),
            ("1101051949123100", "18 位"),
            (None, "18 位"),
        ],
    )
    def test_is_refused_with_the_part_that_is_wrong(self, number: Any, said: str) -> None:
        assert said in (citizen_id_problem(number) or "")


class TestAProjectCode:
    @pytest.mark.parametrize(
        "code",
        [
            "2014-371002-70-01-000001",
            "2018-371002-70-01-000001",
            "2403-371002-70-01-123456",
            "2020-000052-50-03-000052",
        ],
    )
    def test_is_accepted_with_a_year_or_a_year_and_month(self, code: str) -> None:
        assert check_project_code(code) == code

    @pytest.mark.parametrize(
        ("code", "said"),
        [
            ("2413-371002-70-01-000001", "年份段"),
            ("1999-371002-70-01-000001", "年份段"),
            ("2014-991002-70-01-000001", "地区段"),
            ("2014-371002-70-01-00001", "24 位"),
            ("2014_371002_70_01_000001", "24 位"),
            ("２０１４-371002-70-01-000001", "24 位"),
            ("2014-371002-70-01-000001\n", "24 位"),
            (20143710027001, "24 位"),
        ],
    )
    def test_is_refused_with_the_part_that_is_wrong(self, code: Any, said: str) -> None:
        assert said in (project_code_problem(code) or "")


class TestADate:
    @pytest.mark.parametrize("text", ["2014-9-15", "20140915", "2014-W38-1", "15.9.2014", "", None, "2014-09-15T00:00"])
    def test_has_one_form(self, text: Any) -> None:
        assert "YYYY-MM-DD" in (iso_date_problem(text) or "")

    @pytest.mark.parametrize("text", ["2014-02-29", "2014-13-01", "0000-01-01"])
    def test_must_exist(self, text: str) -> None:
        assert text in (iso_date_problem(text) or "")


class TestAPaymentCode:
    @pytest.mark.parametrize(
        ("year", "running", "code"),
        [(2014, 17, "37100214000000000177"), (2016, 52, "37100216000000000522"), (2014, 317, "37100214000000003178")],
    )
    def test_ends_in_its_check_digit(self, year: int, running: int, code: str) -> None:
        assert payment_code("371002", year, running) == code
        assert payment_code_is_valid(code)

    @given(st.integers(1, 10**11 - 1), st.integers(2000, 2099), st.integers(0, 19), st.integers(1, 9))
    def test_shows_every_single_wrong_digit(self, running: int, year: int, place: int, slip: int) -> None:
        code = payment_code("371002", year, running)
        wrong = code[:place] + str((int(code[place]) + slip) % 10) + code[place + 1 :]

        assert mod_11_10.is_valid(code)
        assert payment_code_is_valid(code)
        assert not payment_code_is_valid(wrong)

    @pytest.mark.parametrize(("region", "running"), [("37100", 1), ("3710021", 1), ("371002", 0), ("371002", 10**11)])
    def test_is_refused_where_the_parts_do_not_fit(self, region: str, running: int) -> None:
        with pytest.raises(ValueError, match="缴款码"):
            payment_code(region, 2014, running)
