"""A bill paid through a payment channel: one order, one payment, whatever it says, repeats or leaves unsaid."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import providers as banks
import pytest
from office import E1_TOTAL_FEN, Office
from providers import Providers
from watching import assert_settled, broken, counts, kinds, side_by_side

from services import channel_callbacks, orders, withdrawal
from shared.domain.errors import Conflict, Invalid, NotFound
from shared.tasks import Task
from workers import batches

CHANNELS = ("wechat", "alipay")


@pytest.fixture
def server() -> Iterator[Providers]:
    with banks.providers() as state:
        yield state


@pytest.fixture
def office(office: Office, server: Providers, configured: Callable[..., None], tmp_path: Path) -> Office:
    """The office with both channels."""
    configured(**banks.environment(server, tmp_path / "channel-keys"))
    return office


@pytest.fixture
def billed(office: Office) -> Any:
    """An application with its bill out."""
    (bill,) = office.bills(office.is_billed().application_id)
    return bill


def opens(office: Office, bill: Any, channel: str = "wechat", login: str = "applicant") -> UUID:
    account = office.account(login)
    with office.sits() as sitting:
        return orders.open_order(sitting, bill_id=bill.id, channel=channel, account=account)


def asks(office: Office) -> None:
    """Every question that waits is asked once."""
    ids = [number for bell in office.bells(Task.ASK_CHANNELS) for number in bell.ids]
    batches.run_each(orders.to_ask, orders.ask, orders.record, ids)
    problems = office.rows("select problem from outbox where task = 'ask_channels' and problem <> ''")
    assert problems == []


def looks(office: Office) -> None:
    """The time of every order has come; the clock looks and the worker asks."""
    office.rows("update channel_order set ask_at = now() where ask_at is not null returning id")
    with office.sits() as sitting:
        orders.look(sitting)
    asks(office)


def expires(office: Office) -> None:
    from watching import as_owner

    from shared.settings import settings

    with as_owner(settings().database_url) as session:
        from sqlalchemy import text

        session.execute(text("update channel_order set expires_at = now() - interval '1 minute'"))
        session.commit()


def order(office: Office) -> Any:
    (row,) = office.rows("select * from channel_order")
    return row


def ready(office: Office, bill: Any, channel: str) -> Any:
    opens(office, bill, channel)
    asks(office)
    return order(office)


def hears(office: Office, channel: str, body: bytes, *, signed_by: str = "") -> bool:
    """A callback arrives; gives whether it was believed."""
    headers = {}
    if channel == "wechat":
        headers = banks.wechat_headers(body, whose=signed_by or "wechat-platform")
    with office.sits() as sitting:
        found = channel_callbacks.find_channel(channel)
        return (
            channel_callbacks.receive(sitting, channel=found, headers=headers, body=body, now_epoch=time.time()) is None
        )


def says(server: Providers, channel: str, number: str, **changes: Any) -> bytes:
    trade = server.pays(channel, number)
    say: Any = banks.wechat_callback if channel == "wechat" else banks.alipay_callback
    body: bytes = say(trade, **changes)
    return body


def application(office: Office) -> UUID:
    found: UUID = office.one("select id from application")
    return found


def outcomes(office: Office) -> list[tuple[str, str, str]]:
    return [tuple(row) for row in office.rows("select act, outcome, words from channel_asking order by order_id, seq")]


@pytest.mark.parametrize("channel", CHANNELS)
class TestAnOrder:
    def test_is_scanned_and_paid_by_its_callback(
        self, office: Office, billed: Any, server: Providers, channel: str
    ) -> None:
        row = ready(office, billed, channel)
        assert (row.state, row.number, row.amount_fen) == ("pending", f"{billed.payment_code}_1", E1_TOTAL_FEN)
        assert row.qr == getattr(server, channel)[row.number].qr

        assert hears(office, channel, says(server, channel, row.number))
        office.works()

        assert_settled(application(office), total_fen=E1_TOTAL_FEN)
        assert order(office).state == "paid"
        assert office.one("select source || channel from payment") == "callback" + (
            "微信支付" if channel == "wechat" else "支付宝"
        )
        assert broken() == {}

    def test_opened_by_many_at_once_is_one(self, office: Office, billed: Any, channel: str) -> None:
        results = side_by_side(*[partial(opens, office, billed, channel)] * 6)

        assert kinds(results) == {"done": 6}
        assert len(set(map(str, results))) == 1
        assert counts("channel_order") == {"channel_order": 1}
        assert office.one("select count(*) from audit_event where verb = 'payment_order_opened'") == 1

    def test_reported_a_hundred_times_at_once_is_one_payment(
        self, office: Office, billed: Any, server: Providers, channel: str
    ) -> None:
        body = says(server, channel, ready(office, billed, channel).number)

        results = side_by_side(*[partial(hears, office, channel, body)] * 30)
        assert set(kinds(results)) <= {"done", "Unavailable"}
        side_by_side(*[partial(office.delivers, office.bells(Task.POST_CHANNEL_PAYMENTS))] * 4)
        office.works()
        hears(office, channel, body)
        office.works()

        assert counts("callback_inbox") == {"callback_inbox": 1}
        assert_settled(application(office), total_fen=E1_TOTAL_FEN)

    def test_whose_callback_and_question_come_at_once_is_one_payment(
        self, office: Office, billed: Any, server: Providers, channel: str
    ) -> None:
        body = says(server, channel, ready(office, billed, channel).number)
        hears(office, channel, body)
        side_by_side(
            partial(looks, office),
            partial(office.delivers, office.bells(Task.POST_CHANNEL_PAYMENTS)),
        )
        office.works()

        assert_settled(application(office), total_fen=E1_TOTAL_FEN)
        assert order(office).state == "paid"
        assert counts("suspense") == {"suspense": 0}

    def test_whose_callback_never_comes_is_paid_by_asking(
        self, office: Office, billed: Any, server: Providers, channel: str
    ) -> None:
        row = ready(office, billed, channel)
        looks(office)
        assert order(office).state == "pending"
        server.pays(channel, row.number)
        looks(office)
        office.works()

        assert_settled(application(office), total_fen=E1_TOTAL_FEN)
        assert office.one("select source from payment") == "query"
        assert [act for act, _, _ in outcomes(office)] == ["create", "query", "query"]
        # The callback that comes after all changes nothing.
        hears(office, channel, says(server, channel, row.number))
        office.works()
        assert_settled(application(office), total_fen=E1_TOTAL_FEN)
        assert broken() == {}

    @pytest.mark.parametrize("how", ["silent", "lost", "busy", "forged"])
    def test_whose_making_has_no_outcome_is_found_out_and_never_made_twice(
        self, office: Office, billed: Any, server: Providers, channel: str, how: str
    ) -> None:
        server.goes_wrong("create", how)
        ready(office, billed, channel)
        assert (order(office).state, order(office).asked) == ("unknown", 1)
        server.goes_wrong("query", how)
        looks(office)
        assert (order(office).state, order(office).asked) == ("unknown", 2)
        looks(office)

        assert order(office).state == "pending"
        assert order(office).qr == getattr(server, channel)[order(office).number].qr
        assert len(getattr(server, channel)) == 1
        assert [outcome for _, outcome, _ in outcomes(office)][:2] == ["no_answer", "no_answer"]
        assert outcomes(office)[-1][:2] == ("create", "made")

    def test_that_is_paid_while_its_making_is_unknown_pays_the_bill(
        self, office: Office, billed: Any, server: Providers, channel: str
    ) -> None:
        server.goes_wrong("create", "silent")
        ready(office, billed, channel)
        server.pays(channel, order(office).number)
        looks(office)
        office.works()

        assert_settled(application(office), total_fen=E1_TOTAL_FEN)
        assert counts("payment") == {"payment": 1}

    def test_that_the_channel_refuses_is_closed_with_its_word_and_a_case(
        self, office: Office, billed: Any, server: Providers, channel: str
    ) -> None:
        server.goes_wrong("create", "refused")
        ready(office, billed, channel)

        assert order(office).state == "closed"
        assert order(office).problem.startswith({"wechat": "NO_AUTH", "alipay": "ACQ.ACCESS_FORBIDDEN"}[channel])
        assert office.one("select count(*) from case_item where kind = 'channel_refuses'") == 1
        assert [act for act, _, _ in outcomes(office)] == ["create", "query"]
        # Another one may be tried.
        opens(office, billed, channel)
        asks(office)
        assert office.one("select number from channel_order where state = 'pending'").endswith("_2")

    def test_that_nobody_pays_ends_closed(self, office: Office, billed: Any, server: Providers, channel: str) -> None:
        row = ready(office, billed, channel)
        if channel == "alipay":
            server.alipay[row.number].state = "WAIT_BUYER_PAY"
        expires(office)
        looks(office)

        assert order(office).state == "closed"
        assert getattr(server, channel)[row.number].closes == 1
        assert outcomes(office)[-1][:2] == ("close", "closed")
        assert counts("case_item") == {"case_item": 0}
        assert broken() == {}

    def test_that_is_paid_just_as_it_is_closed_pays_the_bill(
        self, office: Office, billed: Any, server: Providers, channel: str
    ) -> None:
        row = ready(office, billed, channel)
        if channel == "alipay":
            server.alipay[row.number].state = "WAIT_BUYER_PAY"
        expires(office)
        server.goes_wrong("close", "silent")
        looks(office)
        assert order(office).state in ("pending", "unknown")
        server.pays(channel, row.number)
        looks(office)
        office.works()

        assert_settled(application(office), total_fen=E1_TOTAL_FEN)

    def test_that_was_closed_and_paid_after_all_still_counts(
        self, office: Office, billed: Any, server: Providers, channel: str
    ) -> None:
        row = ready(office, billed, channel)
        expires(office)
        looks(office)
        assert order(office).state == "closed"
        hears(office, channel, says(server, channel, row.number))
        office.works()

        assert order(office).state == "paid"
        assert_settled(application(office), total_fen=E1_TOTAL_FEN)

    def test_of_a_bill_that_was_paid_otherwise_is_closed(
        self, office: Office, billed: Any, server: Providers, channel: str
    ) -> None:
        row = ready(office, billed, channel)
        if channel == "alipay":
            server.alipay[row.number].state = "WAIT_BUYER_PAY"
        office.hears_from_bank(office.callback(billed))
        office.works()
        with office.sits() as sitting:
            orders.look(sitting)
            (shown,) = [each for each in orders.offered(sitting, billed.id) if each.code == channel]
        asks(office)

        assert not shown.shown
        assert order(office).state == "closed"
        assert_settled(application(office), total_fen=E1_TOTAL_FEN)

    def test_of_a_bill_that_became_void_pays_nothing_and_its_money_waits(
        self, office: Office, billed: Any, server: Providers, channel: str
    ) -> None:
        row = ready(office, billed, channel)
        body = says(server, channel, row.number)
        with office.sits() as sitting:
            withdrawal.withdraw(
                sitting, application_id=application(office), account=office.account("applicant"), reason="不建了"
            )
        hears(office, channel, body)
        office.works()
        looks(office)

        assert (order(office).state, counts("payment")) == ("paid", {"payment": 0})
        assert office.one("select amount_fen from suspense") == E1_TOTAL_FEN
        assert "不在待缴状态" in office.one("select reason from case_item where kind = 'payment_refused'")
        assert broken() == {}

    def test_that_never_gets_an_answer_goes_to_a_person_and_is_asked_after_still(
        self, office: Office, billed: Any, server: Providers, channel: str
    ) -> None:
        ready(office, billed, channel)
        server.goes_wrong("query", *["busy"] * 25)
        for _ in range(21):
            looks(office)

        assert (order(office).state, order(office).asked) == ("unknown", 22)
        assert office.one("select count(*) from case_item where kind = 'channel_unknown'") == 1
        assert office.one("select count(*) from channel_asking where outcome = 'no_answer'") == 21
        assert office.one("select ask_at > now() + interval '50 minutes' from channel_order")
        assert broken() == {}


@pytest.mark.parametrize("channel", CHANNELS)
class TestACallback:
    @pytest.mark.parametrize(
        ("changes", "word"),
        [
            ({"wechat": {"mchid": "1900000000"}, "alipay": {"seller_id": "2088000000000000"}}, "不是本市的"),
            ({"wechat": {"appid": "wx0000000000000000"}, "alipay": {"app_id": "2021000000000009"}}, "不是本市的"),
            (
                {
                    "wechat": {"amount": {"total": E1_TOTAL_FEN, "currency": "USD"}},
                    "alipay": {"trans_currency": "USD"},
                },
                "不是人民币",
            ),
            ({"wechat": {"trade_state": "REFUND"}, "alipay": {"gmt_refund": "2014-09-18 11:00:00"}}, "有退款"),
        ],
    )
    def test_that_is_no_money_of_ours_posts_nothing_and_a_case_says_why(  # noqa: PLR0917
        self, office: Office, billed: Any, server: Providers, channel: str, changes: Any, word: str
    ) -> None:
        row = ready(office, billed, channel)
        body = says(server, channel, row.number, **changes[channel])
        assert hears(office, channel, body)
        office.works()

        assert counts("payment", "ledger_entry", "suspense") == dict.fromkeys(
            ("payment", "ledger_entry", "suspense"), 0
        )
        assert office.one("select outcome from callback_inbox") == "refused"
        assert word in office.one("select reason from case_item where kind = 'payment_refused'")
        assert office.one("select status from bill") == "issued"
        assert broken() == {}

    def test_of_another_amount_leaves_the_money_in_suspense(
        self, office: Office, billed: Any, server: Providers, channel: str
    ) -> None:
        row = ready(office, billed, channel)
        changes: Any = {
            "wechat": {"amount": {"total": 1, "currency": "CNY"}},
            "alipay": {"total_amount": "0.01"},
        }[channel]
        hears(office, channel, says(server, channel, row.number, **changes))
        office.works()

        assert counts("payment") == {"payment": 0}
        assert office.one("select amount_fen from suspense") == 1
        assert "订单金额" in office.one("select reason from case_item where kind = 'payment_refused'")
        assert broken() == {}

    def test_for_an_order_that_nobody_opened_lands_in_suspense_once(
        self, office: Office, server: Providers, channel: str
    ) -> None:
        trade = banks.Trade("00000000000000000000_7", 500, "", "", "")
        getattr(server, channel)[trade.number] = trade
        for event in ("event-0001", "event-0002"):
            hears(office, channel, says(server, channel, trade.number, event_id=event))
        side_by_side(*[partial(office.delivers, [bell]) for bell in office.bells(Task.POST_CHANNEL_PAYMENTS)])
        office.works()

        assert [tuple(row) for row in office.rows("select amount_fen, payment_code from suspense")] == [(500, "0" * 20)]
        assert office.one("select count(*) from case_item where kind = 'payment_refused'") == 1
        assert broken() == {}

    def test_that_is_badly_signed_is_kept_and_not_believed(
        self, office: Office, billed: Any, server: Providers, channel: str
    ) -> None:
        row = ready(office, billed, channel)
        trade = server.pays(channel, row.number)
        body = banks.wechat_callback(trade) if channel == "wechat" else banks.alipay_callback(trade, whose="stranger")
        assert not hears(office, channel, body, signed_by="stranger")
        office.works()

        assert [tuple(each) for each in office.rows("select body, outcome from callback_inbox")] == [(body, "refused")]
        assert counts("payment", "suspense") == {"payment": 0, "suspense": 0}
        assert office.one("select count(*) from case_item where kind = 'callback_refused'") == 1

    def test_that_says_something_else_under_the_same_event_goes_to_a_person(
        self, office: Office, billed: Any, server: Providers, channel: str
    ) -> None:
        row = ready(office, billed, channel)
        hears(office, channel, says(server, channel, row.number))
        other: Any = {"wechat": {"amount": {"total": 1, "currency": "CNY"}}, "alipay": {"total_amount": "0.01"}}
        hears(office, channel, says(server, channel, row.number, **other[channel]))
        office.works()

        assert office.one("select count(*) from case_item where kind = 'callback_refused'") == 1
        assert_settled(application(office), total_fen=E1_TOTAL_FEN)

    def test_that_an_order_was_closed_ends_it_without_money(
        self, office: Office, billed: Any, server: Providers, channel: str
    ) -> None:
        row = ready(office, billed, channel)
        closed: Any = {"wechat": {"trade_state": "CLOSED"}, "alipay": {"trade_status": "TRADE_CLOSED"}}[channel]
        hears(office, channel, says(server, channel, row.number, **closed))
        office.works()

        assert (order(office).state, counts("payment")) == ("closed", {"payment": 0})
        assert "没有款项" in office.one("select reason from callback_inbox")

    def test_that_a_paid_order_was_closed_goes_to_a_person(
        self, office: Office, billed: Any, server: Providers, channel: str
    ) -> None:
        row = ready(office, billed, channel)
        hears(office, channel, says(server, channel, row.number))
        office.works()
        closed: Any = {"wechat": {"trade_state": "CLOSED"}, "alipay": {"trade_status": "TRADE_CLOSED"}}[channel]
        hears(office, channel, says(server, channel, row.number, event_id="event-2", **closed))
        office.works()

        assert order(office).state == "paid"
        assert "可能已全额退款" in office.one("select reason from case_item where kind = 'payment_refused'")
        assert_settled(application(office), total_fen=E1_TOTAL_FEN)


class TestOpening:
    def test_is_for_the_applicant_of_an_open_bill_and_a_channel_that_the_city_has(
        self, office: Office, billed: Any
    ) -> None:
        with pytest.raises(NotFound):
            opens(office, billed, login="applicant2")
        with pytest.raises(Invalid):
            opens(office, billed, "unionpay")
        office.hears_from_bank(office.callback(billed))
        office.works()
        with pytest.raises(Conflict):
            opens(office, billed)
        assert counts("channel_order") == {"channel_order": 0}

    def test_is_one_at_each_channel_and_only_one_of_two_pays(
        self, office: Office, billed: Any, server: Providers
    ) -> None:
        for channel in CHANNELS:
            opens(office, billed, channel)
        asks(office)
        number = f"{billed.payment_code}_1"
        for channel in CHANNELS:
            hears(office, channel, says(server, channel, number))
        side_by_side(*[partial(office.delivers, [bell]) for bell in office.bells(Task.POST_CHANNEL_PAYMENTS)])
        office.works()

        assert [row.state for row in office.rows("select state from channel_order")] == ["paid", "paid"]
        assert counts("payment", "suspense") == {"payment": 1, "suspense": 1}
        assert office.one("select amount_fen from suspense") == E1_TOTAL_FEN
        assert "已经缴清" in office.one("select reason from case_item where kind = 'payment_refused'")
        assert broken() == {}

    def test_waits_while_an_older_code_can_still_be_paid(self, office: Office, billed: Any) -> None:
        ready(office, billed, "alipay")
        expires(office)
        with pytest.raises(Conflict):
            opens(office, billed, "alipay")
        looks(office)
        opens(office, billed, "alipay")
        assert sorted(row.state for row in office.rows("select state from channel_order")) == ["closed", "created"]

    def test_without_keys_is_not_offered(self, office: Office, billed: Any, configured: Callable[..., None]) -> None:
        configured(WECHAT_MCHID="", ALIPAY_APP_ID="")
        with office.sits() as sitting:
            assert orders.offered(sitting, billed.id) == ()
        with pytest.raises(Invalid):
            opens(office, billed)
        with pytest.raises(NotFound):
            channel_callbacks.find_channel("wechat")
