"""Money that goes back: asked for by one, approved by another, paid by the bank, and on its statement."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID, uuid4

from giving_back import PAYEE
from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from simulation.money_rules.changing import Changing
from simulation.money_rules.paying import Movement
from simulation.money_rules.scene import FINANCE

from services import refund_asks, refunds
from services.refund_asks import Available
from shared.domain.refunds import RefundKind

#: The account that each kind takes from, as far as a bill's own lines go.
TAKES: Final = {"treasury": RefundKind.TREASURY, "agency": RefundKind.AGENCY}
WAITING: Final = ("asked", "approved", "sent", "failed")


class Refunding(Changing):
    """The refund desk, and what the bank does with its orders; `went` are the bank's numbers of what it has paid."""

    def __init__(self) -> None:
        super().__init__()
        self.went: dict[UUID, str] = {}

    @precondition(lambda self: self.bills("paid", "part_paid"))
    @rule(data=st.data(), account=st.sampled_from(sorted(TAKES)), whole=st.booleans())
    def money_is_asked_back(self, data: st.DataObject, account: str, whole: bool) -> None:
        """Part of a line or all of it, or more than is there: that is refused."""
        bill = data.draw(st.sampled_from(self.bills("paid", "part_paid")))
        there = self.available(bill.id, account)
        if not there:
            return
        line = data.draw(st.sampled_from(there))
        more = data.draw(st.integers(0, 9)) == 0
        fen = line.left_fen + 1 if more else line.left_fen if whole else line.left_fen // 2
        done = self.asks_back(bill.id, account, {line.seq: fen}, sum(each.left_fen for each in there))
        assert not (more and done), "more was asked back than was there"

    def asks_back(self, bill_id: UUID, account: str, lines: dict[int, int], expected_fen: int) -> bool:
        key, login = str(uuid4()), self.account(FINANCE[0])
        return self.act(
            lambda sitting: refund_asks.ask(
                sitting,
                account=login,
                key=key,
                bill_id=bill_id,
                kind=TAKES[account],
                reason="核定有误",
                document="瀚财退〔2014〕3号",
                expected_fen=expected_fen,
                lines=lines,
            )
        )

    def available(self, bill_id: UUID, account: str) -> tuple[Available, ...]:
        with self.office.sits() as sitting:
            return tuple(each for each in refund_asks.available(sitting, bill_id, account) if each.left_fen)

    @precondition(lambda self: self.credits())
    @rule(data=st.data())
    def credit_is_asked_back(self, data: st.DataObject) -> None:
        credit = data.draw(st.sampled_from(self.credits()))
        key, account = str(uuid4()), self.account(FINANCE[0])
        self.act(
            lambda sitting: refund_asks.ask_credit(
                sitting,
                account=account,
                key=key,
                credit_id=credit.id,
                reason="多缴",
                document="付款人申请",
                expected_fen=credit.left_fen,
            )
        )

    def credits(self) -> list[Any]:
        return self.office.rows("select * from credit where left_fen > 0 order by id")

    @precondition(lambda self: self.aside("open"))
    @rule(data=st.data())
    def strangers_money_is_to_go_back(self, data: st.DataObject) -> None:
        money = data.draw(st.sampled_from(self.aside("open")))
        key, account = str(uuid4()), self.account(FINANCE[0])
        self.act(
            lambda sitting: refund_asks.ask_return(
                sitting, account=account, key=key, suspense_id=money.id, reason="查无对应缴费单", payee=PAYEE
            )
        )

    @precondition(lambda self: self.refunds("asked"))
    @rule(
        data=st.data(),
        approves=st.sampled_from([True, True, True, False]),
        by_another=st.sampled_from([True] * 4 + [False]),
    )
    def refund_is_decided(self, data: st.DataObject, approves: bool, by_another: bool) -> None:
        refund = data.draw(st.sampled_from(self.refunds("asked")))
        account = self.account(self.decider(refund, by_another=by_another))
        if approves:
            done = self.act(lambda sitting: refunds.approve(sitting, account=account, refund_id=refund.id))
        else:
            done = self.act(
                lambda sitting: refunds.decline(sitting, account=account, refund_id=refund.id, opinion="依据不足")
            )
        event(f"refund decided: {done}")
        assert by_another or not done, "somebody has approved what he asked for himself"

    def decider(self, refund: Any, *, by_another: bool = True) -> str:
        """The other one of finance than who asked; an ask by the office itself is anybody's."""
        asker = refund.asked_by or self.account(FINANCE[0]).id
        return next(login for login in FINANCE if (self.account(login).id != asker) == by_another)

    @precondition(lambda self: self.refunds(*WAITING))
    @rule(data=st.data())
    def refund_is_ordered(self, data: st.DataObject) -> None:
        """Whatever its state: only what was approved, or came back, is."""
        refund = data.draw(st.sampled_from(self.refunds("approved", "failed") or self.refunds(*WAITING)))
        account = self.account(FINANCE[0])
        done = self.act(lambda sitting: refunds.send(sitting, account=account, refund_id=refund.id))
        assert not done or refund.state != "asked"

    @precondition(lambda self: self.refunds(*WAITING))
    @rule(data=st.data())
    def bank_has_paid(self, data: st.DataObject) -> None:
        """The slip says so; of one that was never ordered nobody believes it."""
        refund = data.draw(st.sampled_from(self.refunds("sent") or self.refunds(*WAITING)))
        done = self.notes_paid(refund)
        assert done == (refund.state == "sent")

    @precondition(lambda self: self.refunds("sent"))
    @rule(data=st.data())
    def bank_pays_and_says_so_in_its_file_only(self, data: st.DataObject) -> None:
        self.leaves_the_bank(data.draw(st.sampled_from(self.refunds("sent"))))

    def leaves_the_bank(self, refund: Any) -> str:
        """The bank pays an order once; gives its number."""
        if refund.id not in self.went:
            self.minutes_pass()
            movement = Movement(
                txn=f"T{len(self.moved) + 1:016d}",
                code="",
                bill_number=refund.number,
                fen=-refund.amount_fen,
                at=self.now,
                payer=refund.payee_name,
            )
            self.moved.append(movement)
            self.went[refund.id] = movement.txn
        return self.went[refund.id]

    def notes_paid(self, refund: Any) -> bool:
        account = self.account(FINANCE[0])
        number = self.leaves_the_bank(refund) if refund.state == "sent" else f"B-{uuid4().hex[:8]}"
        done = self.act(
            lambda sitting: refunds.note_paid(sitting, account=account, refund_id=refund.id, bank_txn_id=number)
        )
        if done:
            self.office.works()
        return done

    @precondition(lambda self: self.refunds("paid"))
    @rule(data=st.data())
    def bank_says_it_twice_under_another_number(self, data: st.DataObject) -> None:
        refund = data.draw(st.sampled_from(self.refunds("paid")))
        assert not self.notes_paid(refund)

    @precondition(lambda self: self.unpaid())
    @rule(data=st.data())
    def bank_has_not_paid(self, data: st.DataObject) -> None:
        refund = data.draw(st.sampled_from(self.unpaid()))
        account = self.account(FINANCE[0])
        self.act(lambda sitting: refunds.note_failure(sitting, account=account, refund_id=refund.id, why="户名不符"))

    @precondition(lambda self: self.refunds("asked", "failed"))
    @rule(data=st.data())
    def another_account_is_named(self, data: st.DataObject) -> None:
        refund = data.draw(st.sampled_from(self.refunds("asked", "failed")))
        account = self.account(self.somebody(data))
        self.act(
            lambda sitting: refunds.change_payee(
                sitting, account=account, refund_id=refund.id, payee=PAYEE, reason="付款人更正账号"
            ),
            may_repeat=False,
        )

    def unpaid(self) -> list[Any]:
        """Orders that the bank has not paid."""
        return [each for each in self.refunds("sent") if each.id not in self.went]

    def refunds(self, *states: str) -> list[Any]:
        rows = self.office.rows("select * from refund order by number")
        return [each for each in rows if each.state in states]
