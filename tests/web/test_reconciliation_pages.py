"""Reconciliation without a script: a file is looked at, imported and read; suspense is claimed and confirmed by two."""

from __future__ import annotations

import io
from collections.abc import Callable

from browser import Browser
from bs4 import Tag
from office import Office
from statements_files.bank_files import Move, ccb
from watching import broken


def words(found: Tag | None) -> str:
    """The text that stands there."""
    assert found is not None
    return " ".join(found.get_text(" ").split())


class TestAStatement:
    def test_goes_from_the_upload_to_money_that_two_people_have_settled(
        self, office: Office, visitor: Callable[..., Browser]
    ) -> None:
        office.at("2014-09-15 09:30")
        (bill,) = office.bills(office.is_billed().application_id)
        office.at("2014-09-19 18:00")
        finance, chief = visitor("finance"), visitor("finance-chief")
        content = ccb([Move(fen=bill.total_fen, remark="工程款", reference="000001-T0000000000000001")])

        assert finance.post("/finance/statements/look", profile="sandbank").status_code == 422
        seen = finance.post("/finance/statements/look", profile="sandbank", file=(io.BytesIO(content), "0919.csv"))
        assert seen.status_code == 200
        assert office.one("select count(*) from statement_file") == 0
        form = {each["name"]: each["value"] for each in finance.tree().select("form input[type=hidden]")}
        assert finance.post("/finance/statements", **form).status_code == 303
        assert finance.post("/finance/statements", **form).status_code == 303
        office.works()
        listed = finance.read("/finance/statements").select_one("table")
        assert "0919.csv" in words(listed)
        assert "待查款" in words(finance.read(listed.select_one("a")["href"]).select_one("tbody"))

        aside = f"/finance/suspense/{office.one('select id from suspense')}"
        assert finance.post(f"{aside}/claim", bill="没有", note="来函").status_code == 422
        assert finance.tree().select_one("input[name=bill]")["value"] == "没有"
        assert finance.post(f"{aside}/claim", bill=bill.payment_code, note="付款人来函说明").status_code == 303
        assert finance.post(f"{aside}/confirm").status_code == 403
        divided = words(chief.read(aside).select_one("table"))
        assert "22,040,205.90" in divided
        assert "多缴" not in divided
        assert chief.post(f"{aside}/confirm").status_code == 303
        office.works()
        assert office.one("select status from bill") == "paid"
        assert "付款人来函说明" in words(chief.read(aside).select_one("main"))
        assert "已入账" in words(chief.read("/finance/suspense").select_one("tbody"))
        assert broken() == {}

    def test_with_errors_shows_them_by_line_and_offers_no_import(
        self, office: Office, visitor: Callable[..., Browser]
    ) -> None:
        office.at("2014-09-20 18:00")
        finance = visitor("finance")
        content = ccb([Move(), Move()], change={2: {"贷方发生额(收入)": "五元"}})
        shown = finance.post("/finance/statements/look", profile="sandbank", file=(io.BytesIO(content), "坏.csv"))
        assert shown.status_code == 200
        assert "第 3 行" in words(finance.tree().select_one("main"))
        assert finance.tree().select("form[action='/finance/statements']") == []

    def test_is_finances_alone(self, visitor: Callable[..., Browser]) -> None:
        for path in ("/finance/statements", "/finance/suspense"):
            assert visitor("zj-officer").get(path).status_code == 404
