"""Channels' own bills against the books: what the channel has, what it kept, and what it has passed on to the bank."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import providers as banks
import pytest
from office import E1_TOTAL_FEN, Office
from providers import Providers
from statements_files.bank_files import Move, Order, alipay, ccb, wechat_fund, wechat_trade
from watching import assert_settled, broken, kinds, side_by_side

from services import orders, reconciliation
from shared.db.queries.differences import differences
from shared.tasks import Task
from workers import batches

#: 0.6 % of the bill, as the channel writes it: in units of 0.00001 yuan.
FEE_FEN = 19_637_964
FEE_UNITS = FEE_FEN * 1000


@pytest.fixture
def server() -> Iterator[Providers]:
    with banks.providers() as state:
        yield state


@pytest.fixture
def office(office: Office, server: Providers, configured: Callable[..., None], tmp_path: Path) -> Office:
    configured(**banks.environment(server, tmp_path / "channel-keys"))
    office.at("2014-09-15 09:30")
    return office


@pytest.fixture
def billed(office: Office) -> Any:
    """An application with its bill out, at the end of a day."""
    (bill,) = office.bills(office.is_billed().application_id)
    office.at("2014-09-19 18:00")
    return bill


def takes(office: Office, content: bytes, name: str, **more: str) -> None:
    with office.sits() as sitting:
        reconciliation.import_file(sitting, actor=office.actor("finance"), file_name=name, content=content, **more)


def imports(office: Office, content: bytes, name: str = "bill.csv", **more: str) -> None:
    takes(office, content, name, **more)
    office.works()


def paid(office: Office, server: Providers, bill: Any, channel: str) -> str:
    """The payer scans and pays; nobody tells us. Gives the channel's number of the transaction."""
    account = office.account("applicant")
    with office.sits() as sitting:
        orders.open_order(sitting, bill_id=bill.id, channel=channel, account=account)
    asks(office)
    return server.pays(channel, f"{bill.payment_code}_1", at="2014-09-18T10:12:00+08:00").transaction


def asks(office: Office) -> None:
    office.rows("update channel_order set ask_at = now() where ask_at is not null returning id")
    with office.sits() as sitting:
        orders.look(sitting)
    ids = [number for bell in office.bells(Task.ASK_CHANNELS) for number in bell.ids]
    batches.run_each(orders.to_ask, orders.ask, orders.record, ids)


def bill_of(channel: str, bill: Any, transaction: str, *more: Order, fen: int = 0) -> bytes:
    order = Order(
        fen=fen or bill.total_fen,
        at="2014-09-18 10:12:00",
        number=transaction,
        ours=f"{bill.payment_code}_1",
        fee_units=FEE_UNITS,
    )
    written: bytes = (wechat_trade if channel == "wechat" else alipay)([order, *more])
    return written


def balance(office: Office, account: str) -> int:
    found: int = office.one("select coalesce(sum(amount_fen), 0) from ledger_posting where account = :a", a=account)
    return found


def lines(office: Office) -> list[tuple[str, str]]:
    return [tuple(row) for row in office.rows("select state, rule from statement_line order by file_id, line_no")]


@pytest.mark.parametrize("channel", ["wechat", "alipay"])
class TestAChannelsBill:
    def test_pays_a_bill_whose_callback_never_came_and_the_city_bears_the_fee(
        self, office: Office, billed: Any, server: Providers, channel: str
    ) -> None:
        transaction = paid(office, server, billed, channel)
        imports(office, bill_of(channel, billed, transaction))

        assert lines(office) == [("matched", "code")]
        assert_settled(office.one("select id from application"), total_fen=E1_TOTAL_FEN)
        assert office.one("select source from payment") == "statement"
        assert office.one("select channel from payment") == {"wechat": "微信支付", "alipay": "支付宝"}[channel]
        assert balance(office, "channel_fee") == FEE_FEN
        assert balance(office, f"channel:{channel}") == E1_TOTAL_FEN - FEE_FEN
        assert balance(office, "bank") == 0
        # Asked after, the order finds its payment there.
        asks(office)
        assert office.one("select state from channel_order") == "paid"
        assert office.one("select count(*) from payment") == 1
        assert broken() == {}

    def test_finds_the_payment_that_asking_has_found(
        self, office: Office, billed: Any, server: Providers, channel: str
    ) -> None:
        transaction = paid(office, server, billed, channel)
        asks(office)
        office.works()
        imports(office, bill_of(channel, billed, transaction))

        assert lines(office) == [("matched", "reference")]
        assert_settled(office.one("select id from application"), total_fen=E1_TOTAL_FEN)
        with office.sits() as sitting:
            assert differences(sitting.session, sitting.today) == ()
        assert broken() == {}

    def test_and_its_callback_at_once_pay_once(
        self, office: Office, billed: Any, server: Providers, channel: str
    ) -> None:
        transaction = paid(office, server, billed, channel)
        office.rows("update channel_order set ask_at = now() where ask_at is not null returning id")
        with office.sits() as sitting:
            orders.look(sitting)
            reconciliation.import_file(
                sitting,
                actor=office.actor("finance"),
                file_name="bill.csv",
                content=bill_of(channel, billed, transaction),
            )
        side_by_side(partial(asks, office), partial(office.delivers, office.bells(Task.MATCH_STATEMENTS)))
        office.works()

        assert_settled(office.one("select id from application"), total_fen=E1_TOTAL_FEN)
        assert office.one("select count(*) from suspense") == 0
        assert broken() == {}

    def test_names_a_payment_that_it_does_not_show(
        self, office: Office, billed: Any, server: Providers, channel: str
    ) -> None:
        paid(office, server, billed, channel)
        asks(office)
        office.works()
        other = Order(fen=5, at="2014-09-18 11:00:00", number="4200000000000000000000000099", ours="x", fee_units=0)
        imports(office, (wechat_trade if channel == "wechat" else alipay)([other]))

        with office.sits() as sitting:
            found = differences(sitting.session, sitting.today)
        assert [(each.kind, each.amount_fen) for each in found] == [("not_on_statement", -E1_TOTAL_FEN)]
        assert office.one("select amount_fen from suspense") == 5
        assert broken() == {}

    def test_with_another_amount_puts_the_money_aside_and_names_it(
        self, office: Office, billed: Any, server: Providers, channel: str
    ) -> None:
        transaction = paid(office, server, billed, channel)
        imports(office, bill_of(channel, billed, transaction, fen=100))

        assert lines(office) == [("suspense", "")]
        assert office.one("select status from bill") == "issued"
        assert (balance(office, "suspense"), balance(office, "channel_fee")) == (-100, FEE_FEN)
        assert broken() == {}

    def test_with_a_refund_that_the_books_do_not_know_leaves_it_as_a_difference(
        self, office: Office, billed: Any, server: Providers, channel: str
    ) -> None:
        transaction = paid(office, server, billed, channel)
        back = Order(
            fen=-40, at="2014-09-18 12:00:00", number=transaction, ours=f"{billed.payment_code}_1",
            refund="50300806962021020105978994968", fee_units=0,
        )  # fmt: skip
        imports(office, bill_of(channel, billed, transaction, back))

        with office.sits() as sitting:
            found = differences(sitting.session, sitting.today)
        assert [(each.kind, each.amount_fen) for each in found] == [("not_in_books", -40)]
        assert broken() == {}

    def test_again_under_another_name_changes_nothing(
        self, office: Office, billed: Any, server: Providers, channel: str
    ) -> None:
        transaction = paid(office, server, billed, channel)
        content = bill_of(channel, billed, transaction)
        results = side_by_side(*[partial(takes, office, content, f"{name}.csv") for name in "abc"])
        office.works()

        assert kinds(results) == {"done": 3}
        assert balance(office, "channel_fee") == FEE_FEN
        assert_settled(office.one("select id from application"), total_fen=E1_TOTAL_FEN)


class TestAPayOut:
    def fund(self, bill: Any, transaction: str, net_fen: int) -> bytes:
        at = "2014-09-19 08:00:00"
        return wechat_fund(
            [
                Order(fen=bill.total_fen, at="2014-09-18 10:12:00", number=transaction, ours=f"{bill.payment_code}_1"),
                Order(
                    fen=-FEE_FEN, at="2014-09-18 10:12:01", number=f"{transaction}1", ours="", moves="扣除交易手续费"
                ),
                Order(fen=-net_fen, at=at, number=f"{transaction}2", ours="", goods="自动提现", moves="提现"),
            ]
        )

    def test_is_the_channels_money_at_the_bank_and_pays_nothing_twice(
        self, office: Office, billed: Any, server: Providers
    ) -> None:
        transaction = paid(office, server, billed, "wechat")
        net_fen = E1_TOTAL_FEN - FEE_FEN
        imports(office, bill_of("wechat", billed, transaction))
        imports(office, self.fund(billed, transaction, net_fen), "fund.csv")
        states = office.rows(
            "select l.state from statement_line l join statement_file f on f.id = l.file_id "
            "where f.format = 'wechat_fund' order by l.line_no"
        )
        assert [row.state for row in states] == ["ignored", "ignored", "open"]
        with office.sits() as sitting:
            (difference,) = differences(sitting.session, sitting.today)
        assert difference.amount_fen == -net_fen

        move = Move(
            fen=net_fen,
            at="2014-09-19 09:00:00",
            name="财付通支付科技有限公司",
            words="结算款",
            remark="",
            reference="9-T9",
        )
        stranger = Move(fen=net_fen, at="2014-09-19 09:30:00", name="某某公司", remark="", reference="9-T10")
        again = Move(
            fen=net_fen,
            at="2014-09-19 10:00:00",
            name="财付通支付科技有限公司",
            words="结算款",
            remark="",
            reference="9-T11",
        )
        imports(office, ccb([move, stranger, again]), "bank.csv", profile="sandbank")

        with office.sits() as sitting:
            assert differences(sitting.session, sitting.today) == ()
        assert balance(office, "channel:wechat") == 0
        assert balance(office, "bank") == 3 * net_fen
        # The stranger's money, and what the channel did not tell of, are nobody's yet.
        assert [row.amount_fen for row in office.rows("select amount_fen from suspense")] == [net_fen, net_fen]
        assert balance(office, "channel_fee") == FEE_FEN
        assert_settled(office.one("select id from application"), total_fen=E1_TOTAL_FEN)
        assert broken() == {}
