"""The board's bars and columns, laid out on the server in whole units; every bar starts at zero."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from shared.db.queries.board import MonthRow
from shared.domain.deadlines import Light

BAR = 1000
FUNNEL = 300
COLUMN_HEIGHT = 200
COLUMN_PITCH = 64
LIGHTS = (Light.GREEN, Light.AMBER, Light.RED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a bar of lights, in units of a thousandth."""

    light: Light
    x: int
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthColumn:
    """A month: what was billed as an outline, what came in as a filled column."""

    month: date
    x: int
    billed_height: int
    received_height: int
    is_running: bool


def light_bar(lights: Mapping[str, int], *, out_of: int | None = None) -> tuple[Part, ...]:
    """The lights one after the other; `out_of` is what a full bar stands for (their own sum, unless told)."""
    whole = out_of if out_of is not None else sum(lights.get(light, 0) for light in LIGHTS)
    parts, x = [], 0
    for light in LIGHTS:
        width = lights.get(light, 0) * BAR // whole if whole else 0
        if lights.get(light, 0):
            parts.append(Part(light=light, x=x, width=max(width - 4, 4)))
            x += max(width, 8)
    return tuple(parts)


def funnel(counts: Sequence[int]) -> tuple[int, ...]:
    """Widths of at most 300 units; what is not nothing shows at least a stub."""
    widest = max(counts, default=0)
    return tuple(max(count * FUNNEL // widest, 24) if widest and count else 0 for count in counts)


def months(rows: Sequence[MonthRow]) -> tuple[MonthColumn, ...]:
    """Twelve columns; the last is the running month."""
    tallest = max((max(row.billed_fen, row.received_fen) for row in rows), default=0)

    def height(amount_fen: int) -> int:
        return max(amount_fen * COLUMN_HEIGHT // tallest, 2) if tallest and amount_fen else 0

    return tuple(
        MonthColumn(
            month=row.month,
            x=at * COLUMN_PITCH,
            billed_height=height(row.billed_fen),
            received_height=height(row.received_fen),
            is_running=at == len(rows) - 1,
        )
        for at, row in enumerate(rows)
    )
