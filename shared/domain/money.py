"""Money as a whole number of 分.

Sums, comparisons and columns are exact because nothing here is ever a float. Only
`round_to_fen` rounds, half-up, and only `share` divides, giving every 分 to someone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

# Twelve digits before the point keep any product of a fact and a rate well inside a BIGINT of 分.
_PLAIN = re.compile(r"(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,2})?")
_FEN = Decimal("0.01")


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in 分; may be negative (a reversal), never a float or a bool."""

    fen: int

    def __post_init__(self) -> None:
        if type(self.fen) is not int:
            raise TypeError(f"分 must be an int, not {self.fen!r}")

    @classmethod
    def parse(cls, text: str) -> Money:
        """Read "1234.50" (元, at most two decimals, no sign, no grouping); ValueError otherwise."""
        problem = amount_problem(text)
        if problem:
            raise ValueError(problem)
        yuan, _, rest = text.partition(".")
        return cls(int(yuan) * 100 + int(rest.ljust(2, "0")))

    @property
    def plain(self) -> str:
        """As it stands in JSON: 1234.50."""
        return plain(self.fen)

    @property
    def grouped(self) -> str:
        """As it stands on pages: 1,234.50, a negative one with the true minus sign."""
        return grouped(self.fen)

    def __add__(self, other: Money) -> Money:
        return Money(self.fen + other.fen)

    def __sub__(self, other: Money) -> Money:
        return Money(self.fen - other.fen)

    def __neg__(self) -> Money:
        return Money(-self.fen)


def amount_problem(text: object) -> str | None:
    """Why this is no amount of money (元), in the words shown beside a field; None if it is one."""
    if not isinstance(text, str):
        return '金额须写成字符串，例如 "1234.50"，不能用数字或小数类型'
    if not _PLAIN.fullmatch(text):
        return "金额须为不带符号和分隔符的半角数字，元以下最多两位，整数部分最多十二位，例如 1234.50"
    return None


def plain(fen: int) -> str:
    """分 as JSON shows it: 1234.50."""
    sign = "-" if fen < 0 else ""
    yuan, rest = divmod(abs(fen), 100)
    return f"{sign}{yuan}.{rest:02d}"


def grouped(fen: int) -> str:
    """分 as pages show it: 1,234.50; negative with U+2212."""
    sign = "−" if fen < 0 else ""
    yuan, rest = divmod(abs(fen), 100)
    return f"{sign}{yuan:,}.{rest:02d}"


def add_up(amounts: Iterable[Money]) -> Money:
    """The sum, 0 of nothing."""
    return Money(sum(amount.fen for amount in amounts))


def round_to_fen(yuan: Decimal) -> int:
    """元 to 分, half-up (fees.md 2: once per line, after the reduction)."""
    if type(yuan) is not Decimal:
        raise TypeError(f"only a Decimal can be rounded to 分, not {yuan!r}")
    return int(yuan.quantize(_FEN, rounding=ROUND_HALF_UP).scaleb(2))


def share(fen: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Divide 分 by weight, leaving nothing over.

    Shares are rounded down, then the 分 left go one each to the shares that lost most, the
    earlier first (largest remainder). A zero weight gets nothing. A negative amount is shared
    as its mirror image. Raises ValueError for negative weights or when all weights are zero.
    """
    if type(fen) is not int or any(type(weight) is not int for weight in weights):
        raise TypeError("amount and weights must be whole numbers")
    whole = sum(weights)
    if whole <= 0 or any(weight < 0 for weight in weights):
        raise ValueError("weights must not be negative, and one must be positive")
    if fen < 0:
        return tuple(-part for part in share(-fen, weights))
    shares = [fen * weight // whole for weight in weights]
    by_loss = sorted(range(len(weights)), key=lambda index: -(fen * weights[index] % whole))
    for index in by_loss[: fen - sum(shares)]:
        shares[index] += 1
    return tuple(shares)
