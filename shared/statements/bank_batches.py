"""Many rows of one mould at once, column by column: a few calls of the library a column instead of many a row.

Anything out of the ordinary is left to `bank_rows`; what is read here, it reads the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import repeat
from operator import mul, sub
from typing import Final

from shared.statements import cells
from shared.statements.cells import clean
from shared.statements.delimited import Rows
from shared.statements.layout import Layout
from shared.statements.profiles import Profile
from shared.statements.statement import BOOKED, DONE, StatementLine
from shared.statements.tally import Tally

# A column is looked at as one text, a cell a line.
_AMOUNTS = re.compile(r"[0-9]{1,13}\.[0-9]{2}(?:\n[0-9]{1,13}\.[0-9]{2})*")
_SIGNED = re.compile(r"-?[0-9]{1,13}\.[0-9]{2}(?:\n-?[0-9]{1,13}\.[0-9]{2})*")
_AMOUNTS_OR_NOTHING = re.compile(r"(?:[0-9]{1,13}\.[0-9]{2})?(?:\n(?:[0-9]{1,13}\.[0-9]{2})?)*")
_MOMENTS = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}(?:\n[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8})*")
# With what a stripped cell begins where `clean` might still change it.
_GUARDS: Final = frozenset("`'=")
_DIGITS = re.compile("[0-9]{20,}")
#: On most days money only comes in, and the column of debits says so.
_NOTHING: Final = frozenset({"0.00", ""})
_CHINA: Final = "+08:00"
_NEXT: Final = f"{_CHINA}\n"


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

    def lines(self, rows: Rows) -> list[StatementLine]:
        """The lines of these rows, all of them."""
        layout, profile, size = self.layout, self.profile, len(rows.cells)
        if set(map(len, rows.cells)) != {layout.width}:
            raise Irregular
        columns = _Columns(list(zip(*rows.cells, strict=True)))
        self._check_sides(columns)
        amounts = self._amounts(columns)
        booked_at, booked_on = self._moments(columns)
        references = columns.side_by_side(layout.reference, "-")
        if profile.unique_reference and "" in references:
            raise Irregular
        order_nos = columns.texts(layout.order_no)
        names, accounts = columns.texts(layout.payer_name), columns.texts(layout.payer_account)
        texts = columns.side_by_side(layout.texts, " ")
        balances = [None] * size if layout.balance is None else _fen(columns.raw(layout.balance), _SIGNED)
        known: tuple[Iterable[object], ...] = (references, amounts)
        if not profile.unique_reference:
            known += (booked_at, balances, accounts, names, texts)
        values = zip(
            rows.numbers,
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
            cells.digests(self.tally.account or profile.code, size, *known),
            strict=True,
        )
        # Not StatementLine._make, which takes three times as long: a fifth of all the work here.
        return list(map(tuple.__new__, repeat(StatementLine), values))

    def _check_sides(self, columns: _Columns) -> None:
        layout = self.layout
        if layout.currency is not None and not set(columns.texts(layout.currency)) <= cells.CNY_WORDS:
            raise Irregular
        if layout.own_account is not None and set(columns.texts(layout.own_account)) != {self.tally.account}:
            raise Irregular

    def _amounts(self, columns: _Columns) -> list[int]:
        layout = self.layout
        words = None if layout.direction is None else columns.texts(layout.direction)
        signs = None if words is None else [layout.sign(word) for word in words]
        if layout.debit is not None and layout.credit is not None:
            credits = _fen_or_nothing(columns.raw(layout.credit))
            debits = _fen_or_nothing(columns.raw(layout.debit))
            amounts = list(map(sub, credits, debits))
            if any(map(mul, credits, debits)):
                raise Irregular
            if signs and min(map(mul, signs, amounts)) < 0:
                raise Irregular
        elif signs is None:
            amounts = _fen(columns.raw(layout.amount or 0), _SIGNED)
        else:
            amounts = list(map(mul, signs, _fen(columns.raw(layout.amount or 0), _AMOUNTS)))
        if 0 in amounts:
            raise Irregular
        return amounts

    def _moments(self, columns: _Columns) -> tuple[list[datetime], list[date]]:
        at = self.layout.at
        written = columns.raw(at[0]) if len(at) == 1 else columns.side_by_side(at, " ")
        whole = "\n".join(written)
        if _MOMENTS.fullmatch(whole):
            try:
                booked_at = list(map(datetime.fromisoformat, f"{whole}{_CHINA}".replace("\n", _NEXT).split("\n")))
            except ValueError:
                raise Irregular from None
            days = [self._days[text[:10]] for text in written]
        else:
            booked_at = [cells.moment(text, latest=self.tally.latest) for text in written]
            days = [moment.date() for moment in booked_at]
        if self.layout.on is None:
            return booked_at, days
        return booked_at, [self._days[text] for text in columns.raw(self.layout.on)]


@dataclass(frozen=True, slots=True)
class _Columns:
    """The rows turned round."""

    columns: Sequence[Sequence[str]]

    def raw(self, place: int) -> Sequence[str]:
        """A column's cells as they stand in the file."""
        return self.columns[place]

    def texts(self, place: int | None) -> Sequence[str]:
        """A column's cells, clean."""
        if place is None:
            return [""] * len(self.columns[0])
        stripped = list(map(str.strip, self.columns[place]))
        if "".join(stripped).isprintable() and _GUARDS.isdisjoint([text[:1] for text in stripped]):
            return stripped
        return list(map(clean, stripped))

    def side_by_side(self, places: Sequence[int], between: str) -> Sequence[str]:
        """Several columns as one, texts of nothing where there are none; blanks only between texts."""
        if len(places) < 2:
            return self.texts(places[0] if places else None)
        parts = [self.texts(place) for place in places]
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
    if set(written) <= _NOTHING:
        return [0] * len(written)
    if "" not in written:
        return _fen(written, _AMOUNTS)
    whole = "\n".join(written)
    if not _AMOUNTS_OR_NOTHING.fullmatch(whole):
        raise Irregular
    fen = [int(text) if text else 0 for text in whole.replace(".", "").split("\n")]
    if len(fen) != len(written):
        raise Irregular
    return fen


def _codes(order_nos: Sequence[str], texts: Sequence[str]) -> Sequence[str]:
    haystacks = list(map(cells.joined, zip(order_nos, texts, strict=True))) if any(order_nos) else texts
    found = map(_DIGITS.findall, haystacks)
    return [
        each[0] if len(each) == 1 and len(each[0]) == 20 else cells.payment_code(text)
        for each, text in zip(found, haystacks, strict=True)
    ]
