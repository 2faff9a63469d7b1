"""Money that goes back: what of each line of a bill can still be given back, and how an amount is divided over lines.

What was asked for and not declined holds its money: two asks can never spend the same 分.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.domain.errors import Broken, Conflict
from shared.domain.lines import Line
from shared.domain.money import grouped, share


class RefundKind(StrEnum):
    """Where money goes back from, and to whom: three ways out of a bill's accounts, and what never was a bill's."""

    TREASURY = "treasury"
    AGENCY = "agency"
    DEPOSIT = "deposit"
    SETTLEMENT = "settlement"
    PAYOUT = "payout"
    DRAW = "draw"
    CREDIT = "credit"
    RETURN = "return"


KIND_NAMES: Final[Mapping[RefundKind, str]] = {
    RefundKind.TREASURY: "退库",
    RefundKind.AGENCY: "代收款退还",
    RefundKind.DEPOSIT: "保证金返还",
    RefundKind.SETTLEMENT: "预缴清算退还",
    RefundKind.PAYOUT: "代收款拨付",
    RefundKind.DRAW: "保证金动用",
    RefundKind.CREDIT: "多缴款退还",
    RefundKind.RETURN: "待查款退回",
}
#: The account of a bill's lines that each kind takes from.
ACCOUNT_OF_KIND: Final[Mapping[RefundKind, str]] = {
    RefundKind.TREASURY: "treasury",
    RefundKind.SETTLEMENT: "treasury",
    RefundKind.AGENCY: "agency",
    RefundKind.PAYOUT: "agency",
    RefundKind.DEPOSIT: "deposit",
    RefundKind.DRAW: "deposit",
}
#: What gives a bill's money back to who paid it: its receipt is reversed and made out for what remains. Money that is
#: passed on (a pay-out, a draw) was rightly received.
TAKES_BACK: Final = frozenset(
    (RefundKind.TREASURY, RefundKind.AGENCY, RefundKind.DEPOSIT, RefundKind.SETTLEMENT),
)
#: How a bill's money goes back when its application ends, by the account that holds it.
KIND_OF_ACCOUNT: Final[Mapping[str, RefundKind]] = {
    "treasury": RefundKind.TREASURY,
    "agency": RefundKind.AGENCY,
    "deposit": RefundKind.DEPOSIT,
}


class NotAvailable(Conflict):
    """Less can be given back now than somebody believed; the text says how much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Available:
    """A line of a bill: what was paid on it and what was asked back or given back of that."""

    seq: int
    item_code: str
    account: str
    paid_fen: int
    asked_fen: int

    @property
    def left_fen(self) -> int:
        """What can still be asked for."""
        return self.paid_fen - self.asked_fen


def must_be_available(amount_fen: int, *, expected_fen: int, left_fen: int) -> None:
    """Refuse an ask that rests on another figure than what is there, or takes more; raises `NotAvailable`."""
    if expected_fen != left_fen or amount_fen > left_fen:
        raise NotAvailable(
            f"现在可退 {grouped(left_fen)} 元，您看到的是 {grouped(expected_fen)} 元，申请 {grouped(amount_fen)} 元："
            "可退金额刚刚有变化，请核对后重新提交"
        )


def spread(amount_fen: int, lines: Sequence[Available]) -> dict[int, int]:
    """Divide an amount over lines by what each has left, to the last 分 (largest remainder); gives 分 by line.

    Raises `NotAvailable` where they have less.
    """
    left_fen = sum(line.left_fen for line in lines)
    if amount_fen <= 0:
        raise Broken(f"a refund of {amount_fen} fen gives nothing back")
    must_be_available(amount_fen, expected_fen=left_fen, left_fen=left_fen)
    parts = share(amount_fen, [line.left_fen for line in lines])
    return {line.seq: part for line, part in zip(lines, parts, strict=True) if part}


def above_rate_fen(*, paid_fen: int, newer: Line) -> int:
    """What was paid above a newer and lower rate; nothing where the newer one asks for more."""
    return max(paid_fen - newer.due_fen, 0)
