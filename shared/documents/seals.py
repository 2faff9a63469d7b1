"""The drawing of a round seal and of the watermark, as outlines: nothing for a text extractor to trip over.

Lengths are millimetres, the origin is the seal's centre, y points upwards. Drawn once per organ and kept by
the caller. No state emblem and no 财政票据监制章 is ever drawn here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import pairwise

from shared.documents.fonts import Outline

DIAMETER_MM = 42.0
IMPRINT_MM = 25.0
"""The reduced imprint in a receipt's strip."""

COLOUR = "0.8431 0 0.0588"
"""#d7000f as PDF operands."""
OPACITY = 0.9

WATERMARK_FILL, WATERMARK_STROKE = "0.0784 0.0902 0.1098", "0.3490 0.3804 0.4118"
"""#14171c and #59616b as PDF operands."""
WATERMARK_FILL_OPACITY, WATERMARK_STROKE_OPACITY = 0.03, 0.26

_RING = 1.2
_BAND_OUTER = DIAMETER_MM / 2 - _RING - 1.05
_STAR_RADIUS, _STAR_UP = 6.9, 0.9
_FLAT_HEIGHT, _FLAT_DOWN = 3.35, 9.5
_THICKEN = 0.1
"""Stroke around each glyph, so that thin strokes hold at 25 mm."""
_INK_PER_EM = 0.93
"""Height of a hanzi's ink in its em box; the geometry gives ink heights."""
_EM_MIDDLE = 0.38
"""Centre of the em box above the baseline (ascent 0.88, descent 0.12)."""

_GEOMETRY: tuple[tuple[int, float, float, float, float], ...] = (
    # characters, pitch in degrees, height, width:height, widest flat text
    (6, 30.0, 5.40, 0.94, 21.6),
    (9, 26.2, 5.15, 0.94, 21.6),
    (11, 22.1, 4.98, 0.94, 21.6),
    (12, 227 / 11, 4.90, 0.94, 21.6),
    (18, 252 / 17, 4.25, 0.84, 18.6),
    (26, 268 / 25, 3.30, 0.75, 16.5),
)


def seal_drawing(ring_text: str, flat_text: str, outlines: Callable[[str], Mapping[str, Outline]]) -> bytes:
    """PDF operators of the seal, 42 mm across, opaque; `outlines` gives the shapes of all its characters."""
    shapes = outlines(ring_text + flat_text)
    pitch, height, ratio, flat_width = _geometry(len(ring_text))
    out = [f"{COLOUR} rg {COLOUR} RG {_RING} w"]
    out.append(_circle(DIAMETER_MM / 2 - _RING / 2))
    out.append(_star())
    out.append(f"{_THICKEN} w 1 j")
    middle = _BAND_OUTER - height / 2
    em = height / _INK_PER_EM
    for index, character in enumerate(ring_text):
        angle = math.radians((index - (len(ring_text) - 1) / 2) * pitch)
        shape = shapes[character]
        out.append(_glyph(shape, em * ratio, em, turn=-angle, x=middle * math.sin(angle), y=middle * math.cos(angle)))
    out.extend(_flat(flat_text, shapes, flat_width))
    return "\n".join(out).encode("ascii")


def watermark_drawing(text: str, outlines: Mapping[str, Outline], *, size_mm: float = 62.0) -> bytes:
    """PDF operators of `text` as hollow outlines rising at 32°, to be filled faintly and stroked less faintly."""
    turn = math.radians(32)
    pitch = size_mm * 1.4
    out = [
        f"{math.cos(turn):.5f} {math.sin(turn):.5f} {-math.sin(turn):.5f} {math.cos(turn):.5f} 0 0 cm",
        f"{WATERMARK_FILL} rg {WATERMARK_STROKE} RG 0.3 w 1 j",
    ]
    for index, character in enumerate(text):
        x = (index - (len(text) - 1) / 2) * pitch
        out.append(_glyph(outlines[character], size_mm, size_mm, turn=0.0, x=x, y=0.0))
    return "\n".join(out).encode("ascii")


def _geometry(count: int) -> tuple[float, float, float, float]:
    if count <= _GEOMETRY[0][0]:
        return _GEOMETRY[0][1:]
    for (low, *before), (high, *after) in pairwise(_GEOMETRY):
        if count <= high:
            share = (count - low) / (high - low)
            # The span grows evenly with the characters; the pitch is what is left for each.
            span = before[0] * (low - 1) + share * (after[0] * (high - 1) - before[0] * (low - 1))
            _, height, ratio, flat = (a + share * (b - a) for a, b in zip(before, after, strict=True))
            return span / (count - 1), height, ratio, flat
    last = _GEOMETRY[-1]
    tighter = (last[0] - 1) / (count - 1)
    return last[1] * tighter, last[2] * tighter, last[3], last[4]


def _flat(text: str, shapes: Mapping[str, Outline], widest: float) -> list[str]:
    if not text:
        return []
    em = _FLAT_HEIGHT / _INK_PER_EM
    advance = min(em * 0.94, widest / len(text))
    first = -advance * (len(text) - 1) / 2
    return [
        _glyph(shapes[each], advance, em, turn=0.0, x=first + index * advance, y=-_FLAT_DOWN)
        for index, each in enumerate(text)
    ]


def _glyph(shape: Outline, width: float, height: float, *, turn: float, x: float, y: float) -> str:
    """The glyph's em box, `width` × `height`, centred on (x, y) and turned; filled and stroked."""
    cosine, sine = math.cos(turn), math.sin(turn)

    def place(horizontal: float, vertical: float) -> str:
        right, up = (horizontal - 0.5) * width, (vertical - _EM_MIDDLE) * height
        return f"{_number(x + right * cosine - up * sine)} {_number(y + right * sine + up * cosine)}"

    lines = []
    for operator, numbers in shape.operations:
        points = [place(*numbers[start : start + 2]) for start in range(0, len(numbers), 2)]
        lines.append(" ".join((*points, operator)))
    return "\n".join((*lines, "B"))


def _circle(radius: float) -> str:
    pull = radius * 0.5523
    points = [(radius, 0.0), (0.0, radius), (-radius, 0.0), (0.0, -radius), (radius, 0.0)]
    pulls = [((radius, pull), (pull, radius)), ((-pull, radius), (-radius, pull))]
    pulls += [((-radius, -pull), (-pull, -radius)), ((pull, -radius), (radius, -pull))]
    lines = [f"{radius} 0 m"]
    for (first, second), end in zip(pulls, points[1:], strict=True):
        lines.append(" ".join(_number(each) for pair in (first, second, end) for each in pair) + " c")
    return "\n".join((*lines, "s"))


def _star() -> str:
    inner = _STAR_RADIUS * math.sin(math.radians(18)) / math.sin(math.radians(54))
    corners = []
    for index in range(10):
        radius, angle = (_STAR_RADIUS, inner)[index % 2], math.radians(90 + 36 * index)
        corners.append(f"{_number(radius * math.cos(angle))} {_number(radius * math.sin(angle) + _STAR_UP)}")
    return f"{corners[0]} m {' '.join(f'{each} l' for each in corners[1:])} h f"


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"
