"""Any sequence of a payment channel's bad day: silence, forged answers, callbacks late, twice or never, codes that end,
bills that are paid otherwise or become void, and the channel's own bill at any time.

After each step every invariant holds. In the end everybody answers again: each order is paid or closed, and every sum
that a provider has taken is a payment or in suspense, once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import providers as banks
import pytest
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from office import Office
from providers import Providers, Trade
from simulating import run
from sqlalchemy import text
from statements_files.bank_files import Order, alipay, wechat_trade
from watching import as_owner, broken, forget_everything

from services import channel_callbacks, orders, reconciliation, withdrawal
from shared.domain.errors import Conflict
from shared.tasks import Task
from workers import batches

SEED = 20140918
EXAMPLES = 8
STEPS = 24
CHANNELS = st.sampled_from(("wechat", "alipay"))
PAYABLE = ("NOTPAY", "WAIT_BUYER_PAY", "")


class ChannelMachine(RuleBasedStateMachine):
    """One bill, two channels and a bank; the worker, the clock and the providers are moved by hand."""

    office: Office
    server: Providers

    @initialize(begun=st.sampled_from(("opened", "handed out", "paid", "paid twice")))
    def begin(self, begun: str) -> None:
        """A bill, perhaps already some way along, so that few steps lead far."""
        note(f"seed {SEED}")
        for each in (self.server.wechat, self.server.alipay, self.server.trouble):
            each.clear()
        self.expired: set[str] = set()
        self.imported: set[str] = set()
        self.is_withdrawn = False
        received = self.office.is_billed()
        self.application_id = received.application_id
        (self.bill,) = self.office.bills(received.application_id)
        self.office.at("2014-09-18 18:00")
        for channel in ("wechat", "alipay"):
            self.open(channel)
        if begun != "opened":
            self.ask()
        for channel in {"paid": ("alipay",), "paid twice": ("wechat", "alipay")}.get(begun, ()):
            self.pay(channel)

    @rule(channel=CHANNELS)
    def open(self, channel: str) -> None:
        account = self.office.account("applicant")
        with suppress(Conflict), self.office.sits() as sitting:
            orders.open_order(sitting, bill_id=self.bill.id, channel=channel, account=account)

    @rule(act=st.sampled_from(("create", "query", "close")), how=st.sampled_from(("silent", "lost", "busy", "forged")))
    def trouble(self, act: str, how: str) -> None:
        self.server.goes_wrong(act, how)

    @rule()
    def ask(self) -> None:
        """The time of every order has come."""
        self.office.rows("update channel_order set ask_at = now() where ask_at is not null returning id")
        with self.office.sits() as sitting:
            orders.look(sitting)
        ids = [number for bell in self.office.bells(Task.ASK_CHANNELS) for number in bell.ids]
        batches.run_each(orders.to_ask, orders.ask, orders.record, ids)

    @rule(channel=CHANNELS)
    def scan(self, channel: str) -> None:
        for trade in self.trades(channel).values():
            if channel == "alipay" and trade.state == "" and trade.number not in self.expired:
                trade.state = "WAIT_BUYER_PAY"

    @rule(channel=CHANNELS)
    def pay(self, channel: str) -> None:
        """Somebody pays whatever can still be paid; he may pay twice by two channels."""
        for trade in self.trades(channel).values():
            if trade.state in PAYABLE and f"{channel}{trade.number}" not in self.expired:
                self.server.pays(channel, trade.number)

    @rule(channel=CHANNELS, event=st.integers(1, 2), honest=st.booleans())
    def report(self, channel: str, event: int, honest: bool) -> None:
        for trade in self.paid(channel):
            name = f"event-{channel}-{trade.number}-{event}"
            if channel == "wechat":
                body = banks.wechat_callback(trade, event_id=name)
                headers = banks.wechat_headers(body, whose="wechat-platform" if honest else "stranger")
            else:
                body = banks.alipay_callback(trade, event_id=name, whose="alipay" if honest else "stranger")
                headers = {}
            with self.office.sits() as sitting:
                found = channel_callbacks.find_channel(channel)
                refused = channel_callbacks.receive(
                    sitting, channel=found, headers=headers, body=body, now_epoch=time.time()
                )
            assert (refused is None) == honest

    @rule()
    def work(self) -> None:
        self.office.works()

    @rule()
    def expire(self) -> None:
        with as_owner() as session:
            session.execute(text("update channel_order set expires_at = now() - interval '1 minute'"))
        for channel in ("wechat", "alipay"):
            self.expired |= {f"{channel}{number}" for number in self.trades(channel)}

    @rule()
    def pay_at_the_bank(self) -> None:
        self.office.hears_from_bank(self.office.callback(self.bill, bank_txn_id="bank-0001", event_id="bank-0001"))

    @precondition(lambda self: not self.is_withdrawn)
    @rule(now=st.integers(0, 5))
    def withdraw(self, now: int) -> None:
        """Rarely: a bill that became void has little more to show."""
        if now or self.office.one("select status from bill") == "paid":
            return
        self.is_withdrawn = True
        with suppress(Conflict), self.office.sits() as sitting:
            withdrawal.withdraw(
                sitting, application_id=self.application_id, account=self.office.account("applicant"), reason="不建了"
            )

    @rule(channel=CHANNELS)
    def import_bill(self, channel: str) -> None:
        new = [trade for trade in self.paid(channel) if f"{channel}{trade.transaction}" not in self.imported]
        if not new:
            return
        self.imported |= {f"{channel}{trade.transaction}" for trade in new}
        lines = [
            Order(
                fen=trade.amount_fen, at="2014-09-18 10:12:00", number=trade.transaction, ours=trade.number,
                fee_units=6000,
            )
            for trade in new
        ]  # fmt: skip
        content = (wechat_trade if channel == "wechat" else alipay)(lines)
        with self.office.sits() as sitting:
            reconciliation.import_file(
                sitting, actor=self.office.actor("finance"), file_name=f"{channel}.csv", content=content
            )

    @invariant()
    def holds(self) -> None:
        if hasattr(self, "bill"):
            assert broken() == {}

    def teardown(self) -> None:
        """Everybody answers again, and codes that nobody paid end."""
        try:
            if not hasattr(self, "bill"):
                return
            self.server.trouble.clear()
            self.office.works()
            self.ask()
            self.expire()
            for _ in range(3):
                self.ask()
                self.office.works()
            live = self.office.rows("select number, state, problem from channel_order where ask_at is not null")
            assert live == []
            taken = {
                (channel, trade.transaction): trade.amount_fen
                for channel in ("wechat", "alipay")
                for trade in self.paid(channel)
            }
            kept = self.office.rows(
                "select provider, provider_txn_id as txn, amount_fen from payment where provider <> 'sandbank' "
                "union all select provider, bank_reference, amount_fen from suspense where provider <> 'sandbank'"
            )
            assert len(kept) == len(taken)
            assert {(row.provider, row.txn): row.amount_fen for row in kept} == taken
            assert self.office.one("select count(*) from payment") <= 1
            assert broken() == {}
        finally:
            forget_everything()

    def trades(self, channel: str) -> dict[str, Trade]:
        found: dict[str, Trade] = getattr(self.server, channel)
        return found

    def paid(self, channel: str) -> list[Trade]:
        return [each for each in self.trades(channel).values() if each.transaction]


@pytest.fixture
def machine(office: Office, configured: Callable[..., None], tmp_path: Path) -> Iterator[Any]:
    with banks.providers() as server:
        configured(**banks.environment(server, tmp_path / "channel-keys"))
        ChannelMachine.office, ChannelMachine.server = office, server
        yield ChannelMachine
        del ChannelMachine.office, ChannelMachine.server


class TestAnyDay:
    def test_ends_with_every_order_settled_and_every_sum_kept_once(self, machine: type[ChannelMachine]) -> None:
        run(machine, seed=SEED, examples=EXAMPLES, steps=STEPS)
