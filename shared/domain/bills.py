"""One bill per payer: every line of an assessment that a payer answers for, and the sum that he owes.

The developer's bill carries all of his lines, those that cost nothing included, so that "not charged"
never looks like "forgotten".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shared.domain.errors import Broken
from shared.domain.lines import DEVELOPER, Line


@dataclass(frozen=True, slots=True)
class DrawnBill:
    """What one payer owes; `payable_fen` leaves out what others collect and what still misses a fact."""

    payer: str
    lines: tuple[Line, ...]
    payable_fen: int

    def __post_init__(self) -> None:
        # Raised, not asserted: `python -O` must not let a wrong bill out.
        if self.payable_fen != sum(line.due_fen for line in self.lines):
            raise Broken("a bill's total is the sum of its lines")
        if any(line.payer != self.payer for line in self.lines if line.due_fen):
            raise Broken("a bill asks its payer for his own lines only")
        if len({line.code for line in self.lines}) != len(self.lines):
            raise Broken("a bill has each fee item once")


def draw_up(lines: Iterable[Line]) -> tuple[DrawnBill, ...]:
    """The developer's bill first, then those of other payers who have something to pay.

    Lines of a payer who owes nothing stand on the developer's bill, so that every line stands on one. The
    order of the lines stays. Raises `Broken` if an item comes twice, or if a 分 is lost between lines and bills.
    """
    everything = tuple(lines)
    owing = {line.payer for line in everything if line.due_fen} | {DEVELOPER}
    by_payer: dict[str, list[Line]] = {DEVELOPER: []}
    for line in everything:
        by_payer.setdefault(line.payer if line.payer in owing else DEVELOPER, []).append(line)
    bills = [DrawnBill(payer, tuple(own), sum(line.due_fen for line in own)) for payer, own in by_payer.items() if own]
    if sum(bill.payable_fen for bill in bills) != sum(line.due_fen for line in everything):
        raise Broken("the bills together are the sum of all lines")
    return tuple(bills)
