"""What a payment pays: how much of each line of a bill, by the rule that the city has chosen, to the last 分."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.errors import Broken
from shared.domain.money import share


class Rule(StrEnum):
    """How a part payment is divided. The law leaves it to the city; people see it before it is posted."""

    PRO_RATA = "pro_rata"
    IN_ORDER = "in_order"
    REVENUE_FIRST = "revenue_first"


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A line of a bill with what is still owed on it; `is_revenue` for what goes to the treasury."""

    seq: int
    item_code: str
    account: str
    open_fen: int
    is_revenue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one payment pays of one line."""

    seq: int
    item_code: str
    account: str
    amount_fen: int


def allocate(amount_fen: int, lines: Sequence[Open], rule: Rule) -> tuple[tuple[Share, ...], int]:
    """Divide a payment over what is owed; gives the shares in the order of the lines, and what is left over.

    Nothing is paid above what a line owes; what is left over is the payer's (a credit). Raises `Broken` for an
    amount that is not positive.
    """
    if amount_fen <= 0:
        raise Broken(f"a payment of {amount_fen} fen pays nothing")
    owed = [line for line in lines if line.open_fen > 0]
    usable = min(amount_fen, sum(line.open_fen for line in owed))
    if rule is Rule.PRO_RATA:
        parts = share(usable, [line.open_fen for line in owed]) if usable else ()
        paid = {line.seq: part for line, part in zip(owed, parts, strict=False)}
    else:
        first = sorted(owed, key=lambda line: (not line.is_revenue, line.seq)) if rule is Rule.REVENUE_FIRST else owed
        paid, left = {}, usable
        for line in first:
            paid[line.seq] = min(left, line.open_fen)
            left -= paid[line.seq]
    shares = tuple(
        Share(seq=line.seq, item_code=line.item_code, account=line.account, amount_fen=paid[line.seq])
        for line in owed
        if paid.get(line.seq)
    )
    if sum(each.amount_fen for each in shares) != usable:
        raise Broken("a 分 was lost between a payment and its lines")
    return shares, amount_fen - usable
