"""What every sender speaks with the bench: it reads cases, says that it is ready, hands them over at the word."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Sequence

import structlog

from bench.ground import Case


def serve(hand_over: Callable[[Sequence[Case]], None]) -> None:
    """Until the input ends: a line of cases, then a line that says "go"."""
    # Events of the services would fill the pipe that only our three words belong in, and stop the work for ever.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    for line in sys.stdin:
        cases = [Case(application_id, tuple(map(tuple, lines))) for application_id, lines in json.loads(line)]
        print("ready", flush=True)
        sys.stdin.readline()
        hand_over(cases)
        print("handed over", flush=True)
