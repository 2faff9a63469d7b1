"""Payers and their bank: money moves once, whatever is told of it how often; the bank writes every movement down."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from hypothesis import event, note
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from simulation.money_rules.scene import Scene
from statements_files.bank_files import Move, ccb

from services import reconciliation
from shared.domain.money import plain

#: A payment code that the city has never given out.
UNKNOWN_CODE: Final = "37100214999999999995"
#: What somebody pays of what is owed.
AMOUNTS: Final = ("exact", "exact", "exact", "part", "over", "one fen")


@dataclass(frozen=True, kw_only=True)
class Movement:
    """Money that came to the city's account at the bank, or left it (`fen` below zero, for the refund `bill_number`).

    `code` is what the payer wrote, maybe nothing.
    """

    txn: str
    code: str
    bill_number: str
    fen: int
    at: datetime
    payer: str = "瀚海市碧海置业有限公司"

    @property
    def on_statement(self) -> Move:
        """As the bank writes it down."""
        remark = f"缴款码{self.code} {self.bill_number}" if self.code else "工程款"
        if self.fen < 0:
            remark = f"退费 {self.bill_number}"
        return Move(
            fen=self.fen,
            at=self.at.strftime("%Y-%m-%d %H:%M:%S"),
            name=self.payer,
            remark=remark,
            reference=f"000001-{self.txn}",
        )

    def callback(self, event_id: str, **changes: str) -> bytes:
        """As the bank reports it at once."""
        said = {
            "event_id": event_id,
            "type": "payment.succeeded",
            "payment_code": self.code or UNKNOWN_CODE,
            "bill_number": self.bill_number or "瀚一单缴〔2014〕999号",
            "bank_txn_id": self.txn,
            "amount": plain(self.fen),
            "currency": "CNY",
            "paid_at": self.at.isoformat(),
            "channel": "网上银行",
            "payer_account": "6222000000000001",
            "payer_name": self.payer,
        }
        return json.dumps(said | changes, ensure_ascii=False).encode()


@dataclass(frozen=True, kw_only=True)
class BankDay:
    """A day's file as the bank wrote it."""

    day: date
    content: bytes
    movements: tuple[Movement, ...]


class Paying(Scene):
    """`moved` is all money in its order, `files` what the bank wrote of closed days, `imported` how many are in."""

    def __init__(self) -> None:
        super().__init__()
        self.moved: list[Movement] = []
        self.told: list[bytes] = []
        self.files: list[BankDay] = []
        self.imported = 0

    @precondition(lambda self: self.applications)
    @rule(
        data=st.data(),
        amount=st.sampled_from(AMOUNTS),
        words=st.sampled_from(("code", "code", "code", "old code", "nothing", "unknown")),
        is_told=st.booleans(),
    )
    def money_moves(self, data: st.DataObject, amount: str, words: str, is_told: bool) -> None:
        """Somebody pays, rightly or not; the bank reports it at once, or leaves it to its file."""
        every = self.every_bill()
        open_ones = [bill for bill in every if bill.status in ("issued", "part_paid")]
        bill = data.draw(st.sampled_from(open_ones if open_ones and words != "old code" else every))
        owed = max(bill.total_fen - bill.paid_fen, 100)
        fen = {"exact": owed, "part": owed // 3 or 1, "over": owed + 7, "one fen": 1}[amount]
        self.pays(bill if words in ("code", "old code") else None, fen, code=UNKNOWN_CODE * (words == "unknown"))
        event(f"money: {words}")
        if is_told:
            self.tell(self.moved[-1])

    def pays(self, bill: Any, fen: int, *, code: str = "") -> Movement:
        self.minutes_pass()
        movement = Movement(
            txn=f"T{len(self.moved) + 1:016d}",
            code=bill.payment_code if bill else code,
            bill_number=bill.number if bill else "",
            fen=fen,
            at=self.now,
            payer=bill.payer_name if bill else "某代付单位",
        )
        self.moved.append(movement)
        return movement

    def tell(self, movement: Movement, **changes: str) -> None:
        body = movement.callback(f"evt-{len(self.told) + 1:06d}", **changes)
        self.told.append(body)
        self.office.hears_from_bank(body)

    @precondition(lambda self: self.told)
    @rule(data=st.data())
    def is_told_again(self, data: st.DataObject) -> None:
        """The same report once more, days later."""
        self.office.hears_from_bank(data.draw(st.sampled_from(self.told)))

    @property
    def came(self) -> list[Movement]:
        """What came in."""
        return [each for each in self.moved if each.fen > 0]

    @precondition(lambda self: self.came)
    @rule(data=st.data())
    def is_told_late_under_another_event(self, data: st.DataObject) -> None:
        self.tell(data.draw(st.sampled_from(self.came)))

    @precondition(lambda self: self.came)
    @rule(data=st.data())
    def is_told_otherwise(self, data: st.DataObject) -> None:
        """The bank reports a known movement with another amount: nobody believes that without the file."""
        movement = data.draw(st.sampled_from(self.came))
        if self.known_of(movement):
            self.tell(movement, amount=plain(movement.fen + 1))

    def known_of(self, movement: Movement) -> bool:
        """Whether the office has this movement in its books."""
        found: bool = self.office.one(
            "select exists (select from payment where provider_txn_id = :txn) "
            "or exists (select from suspense where bank_reference = :txn)",
            txn=movement.txn,
        )
        return found

    @rule()
    def machines_work(self) -> None:
        self.office.works()

    # The bank's day, and its file.

    @rule(days=st.integers(1, 3))
    def days_pass(self, days: int) -> None:
        """The bank writes down each day on which money moved."""
        self.bank_writes()
        self.set_clock((self.now + timedelta(days=days)).replace(hour=9, minute=30))

    def bank_writes(self) -> None:
        written = {each.txn for file in self.files for each in file.movements}
        new = [each for each in self.moved if each.txn not in written]
        if not new:
            return
        opening = sum(each.fen for file in self.files for each in file.movements)
        content = ccb([each.on_statement for each in new], opening_fen=opening)
        self.files.append(BankDay(day=self.today, content=content, movements=tuple(new)))

    @precondition(lambda self: self.imported < len(self.files))
    @rule(data=st.data())
    def file_is_imported(self, data: st.DataObject) -> None:
        """The oldest file that is not in yet."""
        self.imports(self.somebody(data))

    def imports(self, login: str) -> None:
        file = self.files[self.imported]
        assert self.act(
            lambda sitting: reconciliation.import_file(
                sitting, actor=self.actor(login), file_name=f"{file.day}.csv", content=file.content, profile="sandbank"
            )
        )
        self.imported += 1

    @precondition(lambda self: self.imported)
    @rule(data=st.data())
    def file_is_imported_under_another_name(self, data: st.DataObject) -> None:
        file = data.draw(st.sampled_from(self.files[: self.imported]))
        before = self.trace()
        self.attempt(
            lambda sitting: reconciliation.import_file(
                sitting, actor=self.actor("finance"), file_name="另存.csv", content=file.content, profile="sandbank"
            )
        )
        assert self.trace() == before

    @precondition(lambda self: self.imported < len(self.files))
    @rule(data=st.data(), harm=st.sampled_from(("amount", "balance", "cut")))
    def file_that_lies_is_refused(self, data: st.DataObject, harm: str) -> None:
        """A file that does not add up, or breaks off in a line, leaves nothing behind."""
        file = self.files[self.imported]
        opening = sum(each.fen for earlier in self.files[: self.imported] for each in earlier.movements)
        moves = [each.on_statement for each in file.movements]
        if harm == "balance" and len(moves) == 1 and not self.imported:
            return  # a first file of one line has nothing to be held against
        place = data.draw(st.integers(1, len(moves)))
        cell = {"amount": {"贷方发生额(收入)": "1.0x"}, "balance": {"余额": plain(opening + 987_654_321_00)}}.get(harm)
        content = ccb(moves, opening_fen=opening, change={place: cell} if cell else None)
        if harm == "cut":
            content = content[: content.rindex(b",", 0, -40)]
        note(f"harm {harm} at {place}")
        done = self.act(
            lambda sitting: reconciliation.import_file(
                sitting, actor=self.actor("finance"), file_name="坏.csv", content=content, profile="sandbank"
            )
        )
        assert not done
