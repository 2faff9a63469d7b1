"""Many rows of one mould at once, column by column: a few calls of the library a column instead of many a row.

Anything out of the ordinary is left to `bank_rows`; what is read here, it reads the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import repeat
from operator import mul, sub
from typing import Final

from shared.statements import cells
from shared.statements.cells import clean
from shared.statements.layout import Layout
from shared.statements.profiles import Profile
from shared.statements.statement import BOOKED, DONE, StatementLine
from shared.statements.tally import Tally

# A column is looked at as one text, a cell a line.
_AMOUNTS = re.compile(r"[0-9]{1,13}\.[0-9]{2}(?:\n[0-9]{1,13}\.[0-9]{2})*")
_SIGNED = re.compile(r"-?[0-9]{1,13}\.[0-9]{2}(?:\n-?[0-9]{1,13}\.[0-9]{2})*")
_AMOUNTS_OR_NOTHING = re.compile(r"(?:[0-9]{1,13}\.[0-9]{2})?(?:\n(?:[0-9]{1,13}\.[0-9]{2})?)*")
_MOMENTS = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}(?:\n[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8})*")
# What a stripped cell begins with where `clean` would still change it.
_GUARDED: Final = ("\n`", "\n'", "\n=")
_DIGITS = re.compile("[0-9]{20,}")
_CHINA: Final = "+08:00"


class Irregular(Exception):
    """The rows are not of one mould."""


class _Days(dict[str, date]):
    """Days by their text: a file has few, and each is checked once."""

    def __init__(self, latest: date | None) -> None:
        super().__init__()
        self._latest = latest

    def __missing__(self, text: str) -> date:
        found = self[text] = cells.day(text, latest=self._latest)
        return found


@dataclass(slots=True)
class BatchReader:
    """Reads batches of one layout. Raises `Irregular` or `Unreadable` for rows that must be read one by one."""

    profile: Profile
    layout: Layout
    tally: Tally
    _days: _Days = field(init=False)

    def __post_init__(self) -> None:
        self._days = _Days(self.tally.latest)

    def lines(self, numbers: Sequence[int], rows: Sequence[Sequence[str]]) -> list[StatementLine]:
        """The lines of these rows, all of them."""
        layout, profile, size = self.layout, self.profile, len(rows)
        if set(map(len, rows)) != {layout.width}:
            raise Irregular
        columns = list(zip(*rows, strict=True))
        self._check_sides(columns)
        amounts = self._amounts(columns)
        booked_at, booked_on = self._moments(columns)
        references = _side_by_side(columns, layout.reference, "-") or [""] * size
        if profile.unique_reference and "" in references:
            raise Irregular
        order_nos = _texts(columns, layout.order_no)
        names, accounts = _texts(columns, layout.payer_name), _texts(columns, layout.payer_account)
        texts = _side_by_side(columns, layout.texts, " ") or [""] * size
        balances = [None] * size if layout.balance is None else _fen(columns[layout.balance], _SIGNED)
        account = self.tally.account or profile.code
        known: tuple[Sequence[object], ...] = (references, amounts)
        if not profile.unique_reference:
            known += (booked_at, balances, accounts, names, texts)
        values = zip(
            numbers,
            repeat(BOOKED, size),
            repeat(DONE, size),
            references,
            order_nos,
            booked_at,
            booked_on,
            amounts,
            balances,
            repeat(0, size),
            _codes(order_nos, texts),
            names,
            accounts,
            texts,
            cells.digests(account, *known),
            strict=True,
        )
        # Not StatementLine._make, which takes three times as long: a fifth of all the work here.
        return list(map(tuple.__new__, repeat(StatementLine), values))

    def _check_sides(self, columns: Sequence[Sequence[str]]) -> None:
        layout = self.layout
        if layout.currency is not None and not set(_texts(columns, layout.currency)) <= cells.CNY_WORDS:
            raise Irregular
        if layout.own_account is not None and set(_texts(columns, layout.own_account)) != {self.tally.account}:
            raise Irregular

    def _amounts(self, columns: Sequence[Sequence[str]]) -> list[int]:
        layout = self.layout
        words = None if layout.direction is None else _texts(columns, layout.direction)
        signs = None if words is None else [layout.sign(word) for word in words]
        if layout.debit is not None and layout.credit is not None:
            credits, debits = _fen_or_nothing(columns[layout.credit]), _fen_or_nothing(columns[layout.debit])
            amounts = list(map(sub, credits, debits))
            if any(map(mul, credits, debits)):
                raise Irregular
            if signs and min(map(mul, signs, amounts)) < 0:
                raise Irregular
        elif signs is None:
            amounts = _fen(columns[layout.amount or 0], _SIGNED)
        else:
            amounts = list(map(mul, signs, _fen(columns[layout.amount or 0], _AMOUNTS)))
        if 0 in amounts:
            raise Irregular
        return amounts

    def _moments(self, columns: Sequence[Sequence[str]]) -> tuple[list[datetime], list[date]]:
        at = self.layout.at
        written = columns[at[0]] if len(at) == 1 else _side_by_side(columns, at, " ")
        if _MOMENTS.fullmatch("\n".join(written)):
            try:
                booked_at = [datetime.fromisoformat(text + _CHINA) for text in written]
            except ValueError:
                raise Irregular from None
            days = [self._days[text[:10]] for text in written]
        else:
            booked_at = [cells.moment(text, latest=self.tally.latest) for text in written]
            days = [moment.date() for moment in booked_at]
        if self.layout.on is None:
            return booked_at, days
        return booked_at, [self._days[text] for text in columns[self.layout.on]]


def _texts(columns: Sequence[Sequence[str]], place: int | None) -> list[str]:
    """A column's cells, clean."""
    if place is None:
        return [""] * len(columns[0])
    stripped = list(map(str.strip, columns[place]))
    in_one_line = "".join(stripped)
    if not in_one_line:
        return stripped
    if "\n" in in_one_line:
        raise Irregular
    whole = "\n".join(("", *stripped))
    if in_one_line.isprintable() and not any(guard in whole for guard in _GUARDED):
        return stripped
    return list(map(clean, stripped))


def _side_by_side(columns: Sequence[Sequence[str]], places: Sequence[int], between: str) -> list[str]:
    """Several columns as one, [] of none."""
    parts = [_texts(columns, place) for place in places]
    if len(parts) == 1:
        return parts[0]
    if between == " " and any("" in part for part in parts):
        return list(map(cells.joined, zip(*parts, strict=True)))
    return list(map(between.join, zip(*parts, strict=True)))


def _fen(written: Sequence[str], mould: re.Pattern[str]) -> list[int]:
    whole = "\n".join(written)
    if not mould.fullmatch(whole):
        raise Irregular
    fen = list(map(int, whole.replace(".", "").split("\n")))
    if len(fen) != len(written):
        raise Irregular
    return fen


def _fen_or_nothing(written: Sequence[str]) -> list[int]:
    if "" not in written:
        return _fen(written, _AMOUNTS)
    whole = "\n".join(written)
    if not _AMOUNTS_OR_NOTHING.fullmatch(whole):
        raise Irregular
    fen = [int(text) if text else 0 for text in whole.replace(".", "").split("\n")]
    if len(fen) != len(written):
        raise Irregular
    return fen


def _codes(order_nos: Sequence[str], texts: Sequence[str]) -> list[str]:
    haystacks = list(map(cells.joined, zip(order_nos, texts, strict=True))) if any(order_nos) else texts
    found = map(_DIGITS.findall, haystacks)
    return [
        each[0] if len(each) == 1 and len(each[0]) == 20 else cells.payment_code(text)
        for each, text in zip(found, haystacks, strict=True)
    ]
