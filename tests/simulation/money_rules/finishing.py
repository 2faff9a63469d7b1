"""The end of an example: the bank's files come in, finance looks after what is open, and the days are closed."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import event
from simulation.money_rules.counting import Counting

from services import refunds
from shared.db.queries.differences import differences


class Finishing(Counting):
    """How what is open is brought to its end, through the same acts that everybody uses."""

    def finish(self) -> None:
        self.is_finishing = True
        self.office.works()
        self.set_clock((self.now + timedelta(days=1)).replace(hour=9, minute=30))
        self.bank_writes()
        while self.imported < len(self.files):
            self.imports("finance")
        self.office.works()
        self.every_line_is_matched_or_named()
        self.give_back_what_was_asked()
        self.pay_what_is_owed()
        self.close_to_the_end()

    def every_line_is_matched_or_named(self) -> None:
        assert self.office.rows("select * from statement_line where state not in ('matched', 'suspense')") == []
        assert self.office.one("select count(*) from statement_line") == len(self.moved)
        with self.office.sits() as sitting:
            assert differences(sitting.session, sitting.today) == ()
        unpaid = len(self.aside("open", "claimed", "returning", "returned"))
        assert self.office.one("select count(*) from payment") + unpaid == len(self.came)

    def give_back_what_was_asked(self) -> None:
        asker = self.account("finance")
        for refund in self.refunds("failed"):
            self.act(lambda sitting, each=refund.id: refunds.send(sitting, account=asker, refund_id=each))
        for refund in self.refunds("asked"):
            account = self.account(self.decider(refund))
            if not self.act(
                lambda sitting, each=refund.id, by=account: refunds.approve(sitting, account=by, refund_id=each)
            ):
                assert self.act(
                    lambda sitting, each=refund.id, by=account: refunds.decline(
                        sitting, account=by, refund_id=each, opinion="收款账号不明"
                    )
                )
        for refund in self.refunds("approved"):
            assert self.act(lambda sitting, each=refund.id: refunds.send(sitting, account=asker, refund_id=each))
        for refund in self.refunds("sent"):
            assert self.notes_paid(refund)
        self.office.works()

    def pay_what_is_owed(self) -> None:
        """Payers pay the rest; every bill that stands has one receipt then."""
        for money in self.aside("claimed"):
            self.confirms(money)
        for bill in self.bills("issued", "part_paid"):
            self.tell(self.pays(bill, bill.total_fen - bill.paid_fen))
        self.office.works()
        for bill in self.office.rows(
            "select b.status, (select count(*) from receipt r where r.bill_id = b.id and r.kind = 'receipt' "
            "and r.state = 'normal') as receipts from bill b"
        ):
            event(f"ends: {bill.status}")
            assert bill.receipts == (bill.status == "paid"), bill
            assert bill.status in ("paid", "void", "nothing_due", "refunded"), bill

    def close_to_the_end(self) -> None:
        """Every day is closed, with a name for whatever is open and a difference of nothing."""
        self.set_clock((self.now + timedelta(days=1)).replace(hour=9, minute=30))
        self.bank_writes()
        while self.imported < len(self.files):
            self.imports("finance")
        self.office.works()
        self.close_every_day()
        for period in self.periods():
            assert sum(each["amount_fen"] for each in period.figures["differences"]) == 0, period.figures
