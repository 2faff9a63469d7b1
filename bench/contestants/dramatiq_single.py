"""dramatiq with one message per fee line."""

from __future__ import annotations

from collections.abc import Sequence

from bench.contestants.dramatiq_actors import assess_line
from bench.contestants.sending import serve
from bench.ground import Case


def hand_over(cases: Sequence[Case]) -> None:
    """Send each line."""
    for case in cases:
        for line_id, _ in case.lines:
            assess_line.send(line_id)


if __name__ == "__main__":
    serve(hand_over)
