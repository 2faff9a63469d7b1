"""Versions on a line of time: where each bar begins and ends, in thousandths of the line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from shared.domain.rows import OPEN
from web.tariff import cells

WIDTH: Final = 1000
#: Years shown after the present one, where an open version goes on.
AHEAD: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One version of an item; `left` and `width` in thousandths of the line."""

    version: str
    first: str
    last: str
    gist: str
    documents: str
    left: int
    width: int
    is_in_force: bool


def years(data: Mapping[str, Any], today: date) -> tuple[int, int]:
    """The first and the last year of the line."""
    firsts = [int(str(row["from"])[:4]) for row in data["versions"]] or [today.year]
    return min(firsts), today.year + AHEAD


def bars(data: Mapping[str, Any], item: str, *, on: date, today: date) -> list[Bar]:
    """An item's versions in the order of their first days; the line ends with its last year."""
    begin, end = years(data, today)
    whole = (date(end, 12, 31) - date(begin, 1, 1)).days
    found = []
    for row in sorted((row for row in data["versions"] if row["item"] == item), key=lambda row: str(row["from"])):
        first = date.fromisoformat(str(row["from"]))
        last = None if row["to"] == OPEN else date.fromisoformat(str(row["to"]))
        left = place(first, begin, whole)
        found.append(
            Bar(
                version=str(row["version"]),
                first=first.isoformat(),
                last=last.isoformat() if last else "",
                gist=cells.gist(row),
                documents="、".join(row.get("documents") or ()),
                left=left,
                width=max(4, place(last, begin, whole) - left if last else WIDTH - left),
                is_in_force=first <= on and (last is None or on <= last),
            )
        )
    return found


def place(day: date, begin: int, whole: int) -> int:
    """A day on the line, never outside of it."""
    return min(WIDTH, max(0, (day - date(begin, 1, 1)).days * WIDTH // whole))
