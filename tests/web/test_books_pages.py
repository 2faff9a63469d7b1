"""The books on the finance desk: any day adds up to 0.00, and every balance leads down to the tariff it rests on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import quote

import pytest
from browser import Browser
from bs4 import Tag
from office import E1_TOTAL_FEN, Office
from statements import QUERIES_MAX, counted

from services import closing
from shared.db.books import NewEntry, NewPosting, open_day, post
from shared.db.queries import ledger
from shared.db.queries.ledger import PAGE_ROWS, Place

Visitor = Callable[..., Browser]
PAID = date(2014, 9, 18)
REASONS = {"statement_missing": "银行对账单次日导入", "to_pass_on": "次日上午划拨"}


def words(part: Tag | None) -> str:
    assert part is not None
    return " ".join(part.get_text(" ").split())


@pytest.fixture
def paid(office: Office) -> Any:
    """E1, billed on the 15th and paid on the 18th."""
    (bill,) = office.bills(office.is_billed().application_id)
    office.at("2014-09-18 16:00")
    office.hears_from_bank(office.callback(bill))
    office.works()
    return bill


@pytest.fixture
def clerk(visitor: Visitor) -> Browser:
    return visitor("finance")


def book(office: Office, day: date, *postings: tuple[str, int, str | None], key: str, kind: str = "refund") -> None:
    with office.sits() as sitting:
        entry = NewEntry(
            kind=kind,
            key=key,
            postings=tuple(NewPosting(account, fen, item) for account, fen, item in postings),
            booked_on=open_day(sitting.session, sitting.tenant, day),
            occurred_at=sitting.now,
        )
        post(sitting.session, sitting.tenant, [entry])


def added_up(office: Office, until: date) -> dict[tuple[str, str], int]:
    """Every leg up to a day, added one by one: the other way to the same balance."""
    found: dict[tuple[str, str], int] = {}
    for row in office.rows(
        "select p.account, coalesce(p.item_code, '') as item, p.amount_fen from ledger_posting p "
        "join ledger_entry e on e.id = p.entry_id where e.booked_on <= :until",
        until=until,
    ):
        found[row.account, row.item] = found.get((row.account, row.item), 0) + row.amount_fen
    return {key: fen for key, fen in found.items() if fen}


def balances(office: Office, first: date, last: date) -> ledger.TrialBalance:
    with office.sits() as sitting:
        return ledger.trial_balance(sitting.session, first, last)


class TestTheTrialBalance:
    @pytest.mark.usefixtures("paid")
    def test_is_what_the_legs_add_up_to_on_any_day_whether_it_is_closed_or_not(self, office: Office) -> None:
        def whole() -> None:
            for first in (date(2014, 9, 1), date(2014, 9, 15), PAID, date(2014, 9, 19), date(2014, 9, 22)):
                for last in (date(2014, 9, 14), PAID, date(2014, 9, 19), date(2014, 9, 30)):
                    if first > last:
                        continue
                    found = balances(office, first, last)
                    assert (found.opening_fen, found.closing_fen) == (0, 0)
                    assert found.debit_fen == -found.credit_fen
                    stands = {(row.account, row.item_code): row.closing_fen for row in found.rows if row.closing_fen}
                    assert stands == added_up(office, last), (first, last)

        whole()
        account = office.account("finance")
        with office.sits() as sitting:
            for day, why in ((date(2014, 9, 15), {}), (PAID, REASONS)):
                period = closing.close_day(sitting, account=account, day=day, reasons=why)
        whole()
        book(office, PAID, ("treasury", 5_00, "PTF"), ("bank", -5_00, "PTF"), key="after the close")
        whole()
        with office.sits() as sitting:
            closing.ask_reopening(sitting, account=account, period_id=period, reason="漏记一笔退款")
        with office.sits() as sitting:
            closing.decide_reopening(sitting, account=office.account("finance-chief"), period_id=period, allow=True)
        book(office, PAID, ("treasury", 7_00, "PTF"), ("bank", -7_00, "PTF"), key="into the opened day")
        whole()

    @pytest.mark.usefixtures("paid")
    def test_says_that_it_is_even_and_never_counts_held_money_as_revenue(self, clerk: Browser) -> None:
        with counted() as sent:
            page = clerk.read("/finance/books?first=2014-09-01&last=2014-09-30")

        assert len(sent) <= QUERIES_MAX
        assert "借贷合计 0.00 平" in words(page.select_one(".page-head"))
        groups = {words(body.select_one("tr.group")): words(body) for body in page.select("tbody")}
        assert "25,432,499.24" in groups["财政收入"]
        assert "养老保障金" not in groups["财政收入"]
        assert "工资保障金" not in groups["财政收入"]
        assert "7,297,440.00" in groups["代收款和保证金（不计财政收入）"]
        assert words(page.select_one("tfoot")).endswith("32,729,939.24 32,729,939.24 32,729,939.24 32,729,939.24")

    def test_says_so_before_anything_was_booked(self, office: Office, clerk: Browser) -> None:
        assert office
        assert "0.00" in words(clerk.read("/finance/books").select_one(".empty"))
        assert clerk.get("/finance/books?first=gestern").status_code == 404

    @pytest.mark.usefixtures("paid")
    def test_takes_a_month_of_a_single_day_for_that_day(self, clerk: Browser) -> None:
        text = words(clerk.read("/finance/books?first=2014-09-18&last=2014-09-18").select_one("main"))

        assert "2014-09-18–2014-09-18" in text
        assert "32,729,939.24" in text


class TestABalance:
    def test_leads_down_to_the_line_its_version_its_document_and_its_papers(self, paid: Any, clerk: Browser) -> None:
        page = clerk.read("/finance/books?first=2014-09-01&last=2014-09-30")
        (row,) = [each for each in page.select("tbody tr") if "城市基础设施配套费" in each.text]
        account = clerk.read(row.select_one("a")["href"])
        assert "22,040,205.90" in words(account.select_one("main"))

        (leg,) = account.select("table tbody tr")
        entry = clerk.read(leg.select("a")[0]["href"])
        assert "合计 32,729,939.24 32,729,939.24" in words(entry.select_one("tfoot"))
        assert str(paid.number) in entry.text

        with counted() as sent:
            line = clerk.read(leg.select("a")[1]["href"])
        assert len(sent) <= QUERIES_MAX
        said = words(line.select_one("main"))
        assert "PTF v1 2003-01-01–现行" in said
        assert "瀚政发〔2002〕41号" in said
        assert "86,432.18" in said
        assert "22,040,205.90" in said
        assert "缴费通知书" in said
        assert line.select("a[href^='/files/']")
        for paper in line.select("a[href^='/files/']")[:1]:
            assert clerk.get(paper["href"]).status_code == 200

        bill = clerk.read(f"/finance/bills/{paid.id}")
        assert len(bill.select("a[href*='/lines/']")) == 7
        assert bill.select("a[href^='/finance/entries/']")

    @pytest.mark.usefixtures("paid")
    def test_is_read_page_by_page_while_others_book(self, office: Office, clerk: Browser) -> None:
        for number in range(PAGE_ROWS + 10):
            book(office, PAID, ("treasury", 1_00, "PTF"), ("bank", -1_00, "PTF"), key=f"refund {number}")
        seen: list[str] = []
        address = "/finance/books/accounts/bank?first=2014-09-01&last=2014-09-30"
        while address:
            with counted() as sent:
                page = clerk.read(address)
            assert len(sent) <= QUERIES_MAX
            seen += [row.select_one("a")["href"] for row in page.select("table tbody tr")]
            following = page.select_one("a[rel=next]")
            address = following["href"] if following else ""
            book(office, PAID, ("treasury", 1_00, "PTF"), ("bank", -1_00, "PTF"), key=f"meanwhile {len(seen)}")

        assert len(seen) == len(set(seen)) == PAGE_ROWS + 10

    @pytest.mark.usefixtures("paid")
    def test_of_a_channel_has_an_address_too(self, clerk: Browser) -> None:
        page = clerk.read(f"/finance/books/accounts/{quote('channel:sandbank')}?first=2014-09-01&last=2014-09-30")

        assert f"{E1_TOTAL_FEN / 100:,.2f}" in page.text

    @pytest.mark.parametrize("login", ["applicant", "zj-officer", "leader", "admin", "operator"])
    def test_is_finances_alone(self, office: Office, paid: Any, visitor: Visitor, login: str) -> None:
        stranger = visitor(login)
        entry = office.one("select id from ledger_entry limit 1")

        for path in (
            "/finance/books",
            "/finance/books/accounts/treasury",
            f"/finance/entries/{entry}",
            f"/finance/bills/{paid.id}/lines/1",
        ):
            assert stranger.get(path).status_code == 404, path


class TestAPlaceInAList:
    def test_comes_back_from_the_address_and_nothing_else_does(self, office: Office, paid: Any) -> None:
        assert paid
        with office.sits() as sitting:
            legs, _ = ledger.legs(
                sitting.session, account="treasury", item_code=None, first=date(2014, 9, 1), last=date(2014, 9, 30)
            )

        assert Place.parse(str(legs[0].place)) == legs[0].place
        for forged in ("", "1~2~3~4", "2014-09-18", "~~~", str(legs[0].place) + "~1"):
            assert Place.parse(forged) is None
