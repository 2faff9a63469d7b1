"""Where an example begins, so that few steps lead far: each stage has more on the table than the one before."""

from __future__ import annotations

from functools import partial
from typing import Final

from simulation.money_rules.locking import Locking

from services import refunds, transfers

STAGES: Final = ("issued", "money aside", "paid", "overpaid", "going back", "passed on")


class Beginning(Locking):
    """How a case comes to a stage, through the same acts that everybody uses."""

    def begin_at(self, stage: str) -> None:
        place = STAGES.index(stage)
        if place >= STAGES.index("money aside"):
            self.strangers_pay()
        if place >= STAGES.index("overpaid"):
            self.is_paid_too_much()
        elif place >= STAGES.index("paid"):
            (bill,) = self.bills("issued")
            self.tell(self.pays(bill, bill.total_fen))
        self.office.works()
        if place >= STAGES.index("paid"):
            self.days_pass(1)
        if place >= STAGES.index("going back"):
            self.begin_giving_back()
        if place >= STAGES.index("passed on"):
            account = self.account("finance")
            assert self.act(lambda sitting: transfers.propose(sitting, account=account, day=self.today))
            self.close_every_day()

    def strangers_pay(self) -> None:
        """One of them is told of, the other stands in the bank's file only."""
        self.tell(self.pays(None, 5_000_00))
        self.pays(None, 77_00)

    def is_paid_too_much(self) -> None:
        """A stranger has paid for the bill, and more than it asks for."""
        (bill,) = self.bills("issued")
        movement = self.pays(None, bill.total_fen + 7)
        self.tell(movement)
        self.office.works()
        (money,) = [each for each in self.aside("open") if each.bank_reference == movement.txn]
        assert self.claims(money.id, bill.id, "finance")
        assert self.confirms(*[each for each in self.aside("claimed") if each.id == money.id])

    def begin_giving_back(self) -> None:
        """One refund is ordered, one approved, one only asked for."""
        (bill,) = self.bills("paid")
        for stages in (2, 1, 0):
            there = self.available(bill.id, "treasury")
            total = sum(each.left_fen for each in there)
            assert self.asks_back(bill.id, "treasury", {there[stages].seq: there[stages].left_fen // 2}, total)
            (refund,) = self.refunds("asked")
            approver, asker = self.account(self.decider(refund)), self.account("finance")
            acts = [
                partial(refunds.approve, account=approver, refund_id=refund.id),
                partial(refunds.send, account=asker, refund_id=refund.id),
            ]
            for act in acts[:stages]:
                assert self.act(act)
