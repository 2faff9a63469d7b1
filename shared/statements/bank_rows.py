"""One row of a bank's list, with everything that is wrong about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from shared.statements import cells
from shared.statements.cells import Unreadable, clean
from shared.statements.layout import Layout
from shared.statements.profiles import Profile
from shared.statements.statement import BOOKED, DONE, REVERSED, StatementLine
from shared.statements.tally import Tally

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class RowReader:
    """Reads rows of one layout; problems go to the tally under the column's own name."""

    profile: Profile
    layout: Layout
    tally: Tally

    def line(self, number: int, row: Sequence[str]) -> StatementLine | None:
        """The line, or None with at least one problem."""
        layout, profile, before = self.layout, self.profile, self.tally.problem_count
        if len(row) != layout.width:
            self.tally.problem(
                number, "", f"有 {len(row)} 列，表头有 {layout.width} 列；这一行可能被截断，或字段中的逗号没有加引号"
            )
            return None
        amount_fen = self._amount(number, row)
        written = cells.joined(clean(row[place]) for place in layout.at)
        booked_at = self._read(number, layout.at[0], written, partial(cells.moment, latest=self.tally.latest))
        booked_on = booked_at.date() if booked_at else None
        if layout.on is not None:
            booked_on = self._read(
                number, layout.on, clean(row[layout.on]), partial(cells.day, latest=self.tally.latest)
            )
        balance_fen = None
        if layout.balance is not None:
            balance_fen = self._read(
                number, layout.balance, clean(row[layout.balance]), partial(cells.amount, signed=True)
            )
        reference = "-".join(clean(row[place]) for place in layout.reference)
        if profile.unique_reference and not reference:
            self.tally.problem(number, layout.names[layout.reference[0]], "没有流水号")
        self._check_sides(number, row)
        if self.tally.problem_count > before or amount_fen is None or booked_at is None or booked_on is None:
            return None
        order_no, payer_name, payer_account = (
            "" if place is None else clean(row[place])
            for place in (layout.order_no, layout.payer_name, layout.payer_account)
        )
        text = cells.joined(clean(row[place]) for place in layout.texts)
        known: tuple[object, ...] = (reference, amount_fen)
        if not profile.unique_reference:
            known += (booked_at, balance_fen, payer_account, payer_name, text)
        return StatementLine(
            line_no=number,
            kind=REVERSED if self._is_red(row) else BOOKED,
            state=DONE,
            bank_reference=reference,
            order_no=order_no,
            booked_at=booked_at,
            booked_on=booked_on,
            amount_fen=amount_fen,
            balance_fen=balance_fen,
            fee_fen=0,
            payment_code=cells.payment_code(cells.joined((order_no, text))),
            payer_name=payer_name,
            payer_account=payer_account,
            words=text,
            digest=cells.digest(self.tally.account or profile.code, *known),
        )

    def _amount(self, number: int, row: Sequence[str]) -> int | None:
        """分, positive for money that came in; None with a problem."""
        layout = self.layout
        if layout.debit is not None and layout.credit is not None:
            return self._of_two_columns(number, row, layout.debit, layout.credit)
        place = layout.amount or 0
        signed = layout.direction is None or self.profile.red_entries
        amount_fen = self._read(number, place, clean(row[place]), partial(cells.amount, signed=signed))
        sign: int | None = 1
        if layout.direction is not None:
            sign = self._read(number, layout.direction, clean(row[layout.direction]), layout.sign)
        if amount_fen == 0:
            self.tally.problem(number, layout.names[place], "金额为零，不是一笔收支")
        return None if amount_fen is None or sign is None else amount_fen * sign

    def _of_two_columns(self, number: int, row: Sequence[str], debit: int, credit: int) -> int | None:
        read = partial(cells.amount, signed=self.profile.red_entries)
        amounts = [
            self._read(number, place, clean(row[place]), read) if clean(row[place]) else 0 for place in (debit, credit)
        ]
        out_fen, in_fen = amounts
        if out_fen is None or in_fen is None:
            return None
        if out_fen and in_fen:
            self.tally.problem(number, self.layout.names[debit], "借方与贷方都有金额，一行只应有一个")
            return None
        if not out_fen and not in_fen:
            self.tally.problem(number, self.layout.names[credit], "金额为零，不是一笔收支")
            return None
        if self.layout.direction is not None:
            word = clean(row[self.layout.direction])
            sign = self._read(number, self.layout.direction, word, self.layout.sign)
            if sign is not None and (sign > 0) != bool(in_fen):
                self.tally.problem(number, self.layout.names[self.layout.direction], f"方向是“{word}”，金额却在另一列")
        return in_fen - out_fen

    def _check_sides(self, number: int, row: Sequence[str]) -> None:
        """Currency and own account."""
        layout = self.layout
        if layout.currency is not None and (word := clean(row[layout.currency])) not in cells.CNY_WORDS:
            self.tally.problem(number, layout.names[layout.currency], f"币种是“{word}”，这里只收人民币")
        if layout.own_account is not None:
            account = clean(row[layout.own_account])
            if account:
                self.tally.belongs_to(account, number)
            else:
                self.tally.problem(number, layout.names[layout.own_account], "没有本方账号")

    def _is_red(self, row: Sequence[str]) -> bool:
        places = (self.layout.amount, self.layout.debit, self.layout.credit)
        written = (clean(row[place]) for place in places if place is not None)
        return self.profile.red_entries and any(text.startswith(("-", "−", "－")) for text in written)

    def _read(self, number: int, place: int, text: str, read: Callable[[str], _Value]) -> _Value | None:
        try:
            return read(text)
        except Unreadable as problem:
            self.tally.problem(number, self.layout.names[place], str(problem))
            return None
