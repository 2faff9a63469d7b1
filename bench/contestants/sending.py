"""What every sender speaks with the bench: it reads cases, says that it is ready, hands them over at the word."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence

from bench.ground import Case


def serve(hand_over: Callable[[Sequence[Case]], None]) -> None:
    """Until the input ends: a line of cases, then a line that says "go"."""
    for line in sys.stdin:
        cases = [Case(application_id, tuple(map(tuple, lines))) for application_id, lines in json.loads(line)]
        print("ready", flush=True)
        sys.stdin.readline()
        hand_over(cases)
        print("handed over", flush=True)
