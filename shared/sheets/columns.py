"""What a column holds decides how its cells are written: an amount is a number, a name is never a formula."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class Kind(StrEnum):
    """What the cells of a column are."""

    TEXT = "text"
    MONEY = "money"
    COUNT = "count"
    SHARE = "share"
    DAY = "day"
    MOMENT = "moment"


#: A text, an amount in 分, a count, a share of 1, a day, an aware moment, or nothing.
Cell = str | int | Decimal | date | datetime | None
Row = Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `width` is in characters of a digit's width."""

    name: str
    kind: Kind = Kind.TEXT
    width: int = 16

    @property
    def is_number(self) -> bool:
        return self.kind in (Kind.MONEY, Kind.COUNT, Kind.SHARE)
