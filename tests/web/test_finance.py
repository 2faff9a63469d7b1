"""The finance office's pages: figures that add up and link to their rows, and cases that end with words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from browser import Browser
from bs4 import Tag
from office import Office
from statements import QUERIES_MAX, counted

from services import payments

Visitor = Callable[..., Browser]


def words(part: Tag) -> str:
    return " ".join(part.get_text(" ").split())


@pytest.fixture
def bill(office: Office) -> Any:
    """The bill of E1, issued on 15 September and not paid."""
    (bill,) = office.bills(office.is_billed().application_id)
    return bill


@pytest.fixture
def paid(office: Office, bill: Any) -> Any:
    """The same, paid on 18 September, with its receipt."""
    office.at("2014-09-18 16:00")
    office.hears_from_bank(office.callback(bill))
    office.works()
    return bill


@pytest.fixture
def clerk(visitor: Visitor) -> Browser:
    return visitor("finance")


def stats(page: Tag) -> dict[str, str]:
    return {
        words(each.select_one(".stat-label")): words(each.select_one(".stat-value")) for each in page.select(".stat")
    }


class TestToday:
    @pytest.mark.usefixtures("bill")
    def test_shows_what_was_billed_and_is_unpaid(self, clerk: Browser) -> None:
        figures = stats(clerk.read("/finance"))

        assert figures["今日应收"] == figures["待缴"] == "32,729,939.24"
        assert (figures["今日实收"], figures["逾期未缴"], figures["控制差额"]) == ("0.00", "0.00", "0.00 平")

    @pytest.mark.usefixtures("paid")
    def test_keeps_agency_money_and_deposits_apart_from_fiscal_income(self, clerk: Browser) -> None:
        page = clerk.read("/finance")

        rows = [words(row) for row in page.select(".table")[0].select("tbody tr")]
        assert rows == [
            "政府性基金 国库・财政收入 23,163,824.24 23,163,824.24",
            "行政事业性收费 国库・财政收入 2,268,675.00 2,268,675.00",
            "代收代拨 代收专户・不计财政收入 4,124,640.00 4,124,640.00",
            "保证金 保证金专户・可退还，不计财政收入 3,172,800.00 3,172,800.00",
        ]
        assert words(page.select_one("tfoot")) == "合计 32,729,939.24 32,729,939.24"
        assert stats(page)["控制差额"] == "0.00 平"

    @pytest.mark.usefixtures("paid")
    def test_links_every_figure_to_exactly_its_bills(self, clerk: Browser) -> None:
        links = {words(each): each["href"] for each in clerk.read("/finance").select(".stat-value a")}

        assert len(clerk.read(links["32,729,939.24"]).select("tbody tr")) == 1
        for link in clerk.read("/finance").select("main a[href^='/finance/bills?']"):
            clerk.read(link["href"])

    @pytest.mark.usefixtures("bill")
    def test_puts_what_is_overdue_into_its_age(self, office: Office, clerk: Browser) -> None:
        office.at("2014-09-26 09:00")
        ages = [words(column) for column in clerk.read("/finance").select(".ages li")]

        assert ages[:2] == ["未到期 0 张", "32,729,939.24 逾期 1–5 日 1 张"]

    @pytest.mark.usefixtures("paid")
    def test_asks_the_database_at_most_twelve_times(self, clerk: Browser) -> None:
        with counted() as sent:
            clerk.read("/finance")

        assert len(sent) <= QUERIES_MAX

    def test_says_so_when_there_is_nothing(self, clerk: Browser) -> None:
        page = clerk.read("/finance?lang=en")

        assert [words(each) for each in page.select(".empty p")] == [
            "No unpaid bills.",
            "No exceptions. Every callback of the bank is posted or settled.",
        ]


class TestBills:
    @pytest.mark.usefixtures("paid")
    def test_narrow_by_state_nature_words_and_dates(self, clerk: Browser) -> None:
        def found(query: str) -> int:
            return len(clerk.read(f"/finance/bills?{query}").select("tbody tr"))

        assert [found(""), found("state=paid"), found("state=issued"), found("nature=deposit")] == [1, 1, 0, 1]
        assert [found("q=碧海"), found("q=无此"), found("state=without_receipt"), found("page=0")] == [1, 0, 0, 1]
        assert [found("paid_from=2014-09-18&paid_to=2014-09-18"), found("paid_from=2014-09-19")] == [1, 0]
        assert [found("issued_to=2014-09-14"), found("due_from=whenever")] == [0, 1]

    def test_show_lines_money_books_receipt_and_callbacks(self, paid: Any, clerk: Browser) -> None:
        with counted() as sent:
            page = clerk.read(f"/finance/bills/{paid.id}")

        assert len(sent) <= QUERIES_MAX
        text = words(page.select_one("main"))
        assert text.count("32,729,939.24") >= 4
        assert "防空地下室易地建设费" in text
        assert "…0001" in text
        assert "6222000000000001" not in text
        assert "已入账" in text
        assert len(page.select("tfoot")) == 1

    def test_show_a_refused_payment_on_its_bill(self, office: Office, bill: Any, clerk: Browser) -> None:
        office.hears_from_bank(office.callback(bill, amount="1.00"))
        office.works()

        text = words(clerk.read(f"/finance/bills/{bill.id}").select_one("main"))
        assert "未入账" in text
        assert "还没有到账" in text


class TestAttention:
    @pytest.fixture
    def case(self, office: Office, bill: Any) -> Any:
        """A payment of one yuan for E1, refused."""
        office.hears_from_bank(office.callback(bill, amount="1.00"))
        office.works()
        return office.rows("select id from case_item")[0].id

    def test_says_why_and_is_closed_with_words(self, office: Office, case: Any, clerk: Browser) -> None:
        assert "¥1.00" in words(clerk.read("/finance/attention").select_one(".attention"))

        assert clerk.post(f"/finance/attention/{case}/close", resolution="已退回原账户").status_code == 303
        assert "没有异常" in clerk.read("/finance/attention").text
        assert "已退回原账户" in clerk.read("/finance/attention?tab=closed").text
        assert office.one("select closed_by is not null from case_item")

    def test_stays_open_without_words(self, office: Office, case: Any, clerk: Browser) -> None:
        assert clerk.post(f"/finance/attention/{case}/close", resolution=" ").status_code == 422
        assert "请写明处理结果" in clerk.last.text
        assert clerk.post(f"/finance/attention/{case}/close", resolution="长" * 501).status_code == 422
        assert "长" * 501 in clerk.last.text
        assert office.one("select closed_at is null from case_item")

    def test_is_closed_once(self, case: Any, clerk: Browser) -> None:
        clerk.post(f"/finance/attention/{case}/close", resolution="已退回")

        assert clerk.post(f"/finance/attention/{case}/close", resolution="再退一次").status_code == 404

    def test_lists_a_callback_that_nobody_could_believe(self, office: Office, clerk: Browser) -> None:
        with office.sits() as sitting:
            payments.refuse_callback(sitting, provider="sandbank", headers={}, body=b"{}", reason="签名不符")

        assert "签名不符" in clerk.read("/finance/attention").text

    @pytest.mark.parametrize("login", ["applicant", "cz-officer", "leader", "admin", "operator"])
    def test_is_not_for_other_roles(self, office: Office, case: Any, bill: Any, visitor: Visitor, login: str) -> None:
        stranger = visitor(login)

        for path in ("/finance", "/finance/bills", f"/finance/bills/{bill.id}", "/finance/attention"):
            assert stranger.get(path).status_code == 404, path
        assert stranger.post(f"/finance/attention/{case}/close", resolution="我来").status_code == 404
        assert stranger.post(f"/ops/attention/{case}/close", resolution="我来").status_code == 404
        assert office.one("select closed_at is null from case_item")
