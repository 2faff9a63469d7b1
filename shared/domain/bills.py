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
        if any(line.payer != self.payer for line in self.lines):
            raise Broken("a bill carries the lines of its own payer only")
        if len({line.code for line in self.lines}) != len(self.lines):
            raise Broken("a bill has each fee item once")


def draw_up(lines: Iterable[Line]) -> tuple[DrawnBill, ...]:
    """The developer's bill first, then those of other payers who have something to pay.

    The order of the lines stays. Raises `Broken` if an item comes twice, or if a 分 is lost between lines and bills.
    """
    by_payer: dict[str, list[Line]] = {DEVELOPER: []}
    everything = tuple(lines)
    for line in everything:
        by_payer.setdefault(line.payer, []).append(line)
    bills = []
    for payer, own in by_payer.items():
        payable_fen = sum(line.due_fen for line in own)
        if payable_fen or (payer == DEVELOPER and own):
            bills.append(DrawnBill(payer, tuple(own), payable_fen))
    if sum(bill.payable_fen for bill in bills) != sum(line.due_fen for line in everything):
        raise Broken("the bills together are the sum of all lines")
    return tuple(bills)
