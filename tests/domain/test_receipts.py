"""Numbers on receipts: their shape, and that no other receipt has the same check code."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from shared.domain.receipts import check_code, receipt_code, receipt_number, verification_code

WHAT = {"code": "37060114", "number": "0000000017", "total_fen": 3_272_993_924, "issued_on": date(2014, 9, 18)}


class TestAReceipt:
    def test_code_is_region_category_kind_and_year(self) -> None:
        assert receipt_code(region2="37", category2="06", kind2="01", year=2014) == "37060114"

    @pytest.mark.parametrize("part", ["7", "371", "三七", "３７"])
    def test_code_needs_two_digits_of_each(self, part: str) -> None:
        with pytest.raises(ValueError, match="两位"):
            receipt_code(region2=part, category2="06", kind2="01", year=2014)

    def test_number_has_ten_digits(self) -> None:
        assert receipt_number(17) == "0000000017"

    @pytest.mark.parametrize("running", [0, -1, 10**10, True])
    def test_number_does_not_run_over(self, running: int) -> None:
        with pytest.raises(ValueError, match="票据号码"):
            receipt_number(running)

    def test_check_code_is_six_characters_that_can_be_read_aloud(self) -> None:
        code = check_code(**WHAT, secret=b"secret")

        assert len(code) == 6
        assert not set(code) & set("01ILOUV")
        assert code == check_code(**WHAT, secret=b"secret")

    @pytest.mark.parametrize(
        "change",
        [
            {"total_fen": 3_272_993_925},
            {"number": "0000000018"},
            {"issued_on": date(2014, 9, 19)},
            {"secret": b"another"},
        ],
    )
    def test_check_code_changes_with_everything_that_it_covers(self, change: dict[str, Any]) -> None:
        assert check_code(**(WHAT | {"secret": b"secret"} | change)) != check_code(**WHAT, secret=b"secret")

    def test_codes_are_not_made_without_a_secret(self) -> None:
        with pytest.raises(ValueError, match="secret"):
            check_code(**WHAT, secret=b"")


class TestABill:
    def test_carries_a_verification_code_in_groups(self) -> None:
        code = verification_code(
            document_number="瀚一单缴〔2014〕17号", total_fen=1, issued_on=date(2014, 9, 15), secret=b"secret"
        )

        assert [len(part) for part in code.split("-")] == [4, 4, 2]
