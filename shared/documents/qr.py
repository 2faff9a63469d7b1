"""QR codes as PDF operators: level M, no quiet zone of their own (pages leave more than four modules)."""

from __future__ import annotations

import segno

COLOUR = "0.0784 0.0902 0.1098"
"""#14171c as PDF operands."""


def qr_drawing(text: str) -> bytes:
    """The code on a square of 1 × 1, its lower left corner at the origin; rows overlap to hide seams."""
    rows = list(segno.make(text, error="m", micro=False, boost_error=False).matrix)
    side = len(rows)
    out = [f"{1 / side:.6f} 0 0 {1 / side:.6f} 0 0 cm {COLOUR} RG 1.02 w"]
    for row, modules in enumerate(rows):
        start = 0
        while start < side:
            run = 0
            while start + run < side and modules[start + run]:
                run += 1
            if run:
                middle = side - row - 0.5
                out.append(f"{start} {middle} m {start + run} {middle} l")
            start += run or 1
    return "\n".join((*out, "S")).encode("ascii")
