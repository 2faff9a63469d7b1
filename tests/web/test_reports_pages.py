"""Reports and exports on the finance desk: pages that keep moneys apart, files that stream, and a record of each."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest
from browser import Browser
from bs4 import Tag
from office import Office
from statements import QUERIES_MAX, counted

from services import reports

Visitor = Callable[..., Browser]
DAYS = {"first": "2014-09-01", "last": "2014-09-30"}


def words(part: Tag | None) -> str:
    assert part is not None
    return " ".join(part.get_text(" ").split())


@pytest.fixture
def paid(office: Office) -> Any:
    """E1 of a payer with a hostile name, billed on the 15th and paid on the 18th."""
    body = office.body(developer={"name": "=HYPERLINK(瀚海)公司", "uscc": "91371002MA3C00011N"})
    received = office.receives(body)
    office.works()
    office.confirms(received.application_id)
    office.approves_everything(received.application_id)
    office.works()
    (bill,) = office.bills(received.application_id)
    office.at("2014-09-18 16:00")
    office.hears_from_bank(office.callback(bill))
    office.works()
    return bill


@pytest.fixture
def clerk(visitor: Visitor) -> Browser:
    return visitor("finance")


class TestAReport:
    @pytest.mark.parametrize("kind", sorted(reports.NAMES))
    @pytest.mark.usefixtures("paid")
    def test_is_a_page_of_few_queries_in_both_languages(self, clerk: Browser, kind: str) -> None:
        with counted() as sent:
            clerk.read(f"/finance/reports/{kind}?first=2014-09-01&last=2014-09-30")
        assert len(sent) <= QUERIES_MAX

        english = clerk.read(f"/finance/reports/{kind}?first=2014-09-01&last=2014-09-30&lang=en")
        text = words(english.select_one("main"))
        assert not any("\u4e00" <= char <= "\u9fff" for char in text.replace("陈一诺", "")), text

    @pytest.mark.usefixtures("paid")
    def test_has_a_table_for_each_kind_of_money_with_its_own_total(self, clerk: Browser) -> None:
        page = clerk.read("/finance/reports/collected?first=2014-09-01&last=2014-09-30&by=unit")

        totals = {
            words(card.select_one("h2")): words(card.select_one("tfoot"))
            for card in page.select("section.card")
            if card.select("tfoot")
        }
        assert "25,432,499.24" in totals["国库（财政收入）"]
        assert "4,124,640.00" in totals["代收专户（不计财政收入）"]
        assert "3,172,800.00" in totals["保证金专户（可退还，不计财政收入）"]
        assert "32,729,939.24" not in page.text

    def test_begins_with_what_was_due(self, office: Office, clerk: Browser) -> None:
        assert office
        assert clerk.get("/finance/reports").headers["Location"].endswith("/collected")
        assert clerk.get("/finance/reports/profit").status_code == 404
        assert clerk.get("/finance/reports/collected?by=mood").status_code == 404


class TestAnExport:
    @pytest.mark.usefixtures("paid")
    def test_is_sent_as_a_file_and_stays_on_record(self, office: Office, clerk: Browser) -> None:
        answer = clerk.post("/finance/exports", subject="bills", form="csv", **DAYS)
        assert answer.status_code == 303
        sent = clerk.get(answer.headers["Location"])

        assert sent.headers["Content-Type"].startswith("text/csv")
        assert sent.headers["Cache-Control"] == "no-store"
        assert "缴费单 2014-09-01 至 2014-09-30.csv" in unquote(sent.headers["Content-Disposition"])
        assert "Content-Length" not in sent.headers
        text = sent.get_data().decode("utf-8")
        assert text.startswith("\ufeff缴费单号,")
        assert ",'=HYPERLINK(瀚海)公司," in text
        assert office.one("select rows from export") == 1
        assert "缴费单" in words(clerk.read("/finance/exports").select_one("tbody"))

    @pytest.mark.usefixtures("paid")
    def test_as_a_workbook_opens(self, clerk: Browser) -> None:
        answer = clerk.post("/finance/exports", subject="collected", by="unit", form="xlsx", **DAYS)
        content = clerk.get(answer.headers["Location"]).get_data()

        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        assert "保证金专户（可退还，不计财政收入）" in sheet
        assert "<v>3172800.00</v>" in sheet

    @pytest.mark.usefixtures("paid")
    def test_as_pdf_is_a_document_of_finance(self, office: Office, clerk: Browser, visitor: Visitor) -> None:
        assert clerk.post("/finance/exports", subject="collected", form="pdf", **DAYS).status_code == 303
        document = office.one("select id from document where kind = 'export'")

        assert "正在制作" in clerk.read("/finance/exports").text
        assert visitor("zj-officer").get(f"/documents/{document}.pdf").status_code == 404
        # Its own, and not made yet.
        assert "正在生成" in clerk.get(f"/documents/{document}.pdf").text

    def test_says_beside_the_field_what_is_wrong(self, office: Office, clerk: Browser) -> None:
        refused = clerk.post("/finance/exports", subject="bills", form="csv", first="2014-09-30", last="2014-09-01")
        assert refused.status_code == 422
        assert "截止日不能早于起始日" in refused.text
        assert "请填写日期" in clerk.post("/finance/exports", subject="bills", form="csv", last="2014-09-01").text
        assert office.one("select count(*) from export") == 0

    @pytest.mark.parametrize("login", ["applicant", "zj-officer", "leader", "admin", "operator"])
    @pytest.mark.usefixtures("paid")
    def test_is_finances_alone(self, office: Office, clerk: Browser, visitor: Visitor, login: str) -> None:
        own = clerk.post("/finance/exports", subject="bills", form="csv", **DAYS).headers["Location"]
        stranger = visitor(login)

        for path in ("/finance/reports", "/finance/reports/collected", "/finance/exports", own):
            assert stranger.get(path).status_code == 404, path
        assert stranger.post("/finance/exports", subject="bills", form="csv", **DAYS).status_code == 404
        assert office.one("select count(*) from export") == 1

    @pytest.mark.usefixtures("paid")
    def test_of_somebody_else_is_seen_and_not_fetched(self, clerk: Browser, visitor: Visitor) -> None:
        own = clerk.post("/finance/exports", subject="bills", form="csv", **DAYS).headers["Location"]
        chief = visitor("finance-chief")

        assert "陈一诺" in chief.read("/finance/exports").text
        assert chief.get(own).status_code == 404
