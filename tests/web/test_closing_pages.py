"""Closing on the finance desk: the page says what hinders, freezes the figures, and opens again by two people."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browser import Browser
from office import Office
from statements import QUERIES_MAX, counted
from watching import broken, forge

Visitor = Callable[..., Browser]


@pytest.fixture
def paid(office: Office) -> Office:
    """E1, billed on the 15th and paid on the 18th."""
    (bill,) = office.bills(office.is_billed().application_id)
    office.at("2014-09-18 16:00")
    office.hears_from_bank(office.callback(bill))
    office.works()
    return office


class TestClosing:
    @pytest.mark.usefixtures("paid")
    def test_goes_from_the_open_days_over_transfers_to_frozen_figures_and_back(self, visitor: Visitor) -> None:
        clerk, chief = visitor("finance"), visitor("finance-chief")
        days = [each["href"] for each in clerk.read("/finance/closing").select("tbody tr a")]
        assert days == ["/finance/closing/day/2014-09-15", "/finance/closing/day/2014-09-18"]
        assert clerk.post(days[0]).status_code == 303

        with counted() as sent:
            text = clerk.read(days[1]).text
        assert len(sent) <= QUERIES_MAX + 4
        assert "资金待划拨" in text
        assert "对账单未导入" in text
        refused = clerk.post(days[1])
        assert refused.status_code == 422
        assert "请写明原因" in refused.text

        batch = clerk.post(f"{days[1]}/transfers").headers["Location"]
        clerk.post(f"{batch}/confirm")
        assert "由您编制" in clerk.read(batch).text
        chief.post(f"{batch}/confirm")
        assert "已划拨" in chief.read(batch).text
        assert "29,557,139.24" in chief.read("/finance/transfers").text

        closed = clerk.post(days[1], **{"reason-statement_missing": "银行次日送达"})
        assert closed.status_code == 303
        page = clerk.read(closed.headers["Location"]).text
        assert "32,729,939.24" in page
        assert "银行次日送达" in page
        assert "代收款和保证金（不计财政收入）" in page
        assert broken() == {}

        clerk.post(f"{closed.headers['Location']}/ask", words="漏记一笔退款")
        clerk.post(f"{closed.headers['Location']}/allow")
        assert "申请重新打开" in clerk.read(closed.headers["Location"]).text
        chief.post(f"{closed.headers['Location']}/allow", words="同意")
        assert "已重新打开" in chief.read(closed.headers["Location"]).text

        assert "Trial balance" in chief.read(f"{closed.headers['Location']}?lang=en").text

        # What somebody with the owner's rights might change behind everybody's back.
        forge("update transfer set amount_fen = amount_fen - 1 where item_code = 'PTF'")
        assert {"I5-transfers", "I10-periods"} <= set(broken())
        forge("update transfer set amount_fen = amount_fen + 1 where item_code = 'PTF'")
        assert broken() == {}
        forge(
            "update period set figures = jsonb_set(figures, '{shares,0,opened_fen}', "
            "to_jsonb(cast(figures->'shares'->0->>'opened_fen' as bigint) - 1)) where state = 'closed'"
        )
        assert {"I13-closed-figures", "I10-periods"} <= set(broken())

    def test_is_nobody_elses_page(self, visitor: Visitor) -> None:
        assert visitor("zj-officer").get("/finance/closing").status_code == 404
