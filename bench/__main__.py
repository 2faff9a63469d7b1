"""`python -m bench [--quick]`: all measurements in one run; figures in bench/results.json, a table on the terminal.

Exit 1 when somebody's work was lost or a measurement could not be made; a missed target is only shown.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from bench import desk, latency, memory, race, receipt, report
from bench.ground import prepared
from shared.settings import ROOT

PARTS = ("race", "latency", "receipt", "memory", "desk")


@dataclass(frozen=True, slots=True)
class Amount:
    """How much is measured."""

    applications: int
    repetitions: int
    latencies: int
    receipts: int
    load: int
    open_tasks: int
    pages: int


FULL = Amount(applications=2000, repetitions=3, latencies=40, receipts=20, load=12, open_tasks=100_000, pages=40)
#: Enough to see that everything works; says nothing about speed.
QUICK = Amount(applications=20, repetitions=1, latencies=3, receipts=2, load=2, open_tasks=500, pages=2)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="a small run that shows whether everything works")
    parser.add_argument("--only", choices=PARTS, action="append", help="this part only; may be given several times")
    parser.add_argument("--without-peers", action="store_true", help="leave out whoever needs packages of its own")
    parser.add_argument("--applications", type=int, help="applications of the race (2,000)")
    parser.add_argument("--repetitions", type=int, help="how often each contestant runs (3)")
    parser.add_argument("--processes", type=int, default=2, help="worker processes of every contestant (2)")
    parser.add_argument("--threads", type=int, default=1, help="threads in each of them (1)")
    parser.add_argument("--var", type=Path, default=ROOT / "var" / "bench", help="where the bench's engines live")
    parser.add_argument("--output", type=Path, default=ROOT / "bench" / "results.json")
    given = parser.parse_args(arguments)

    # The services' events would stand between the lines that people read here.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    amount = QUICK if given.quick else FULL
    parts = given.only or PARTS
    size = race.Size(given.processes, given.threads)
    repetitions = given.repetitions or amount.repetitions
    figures = report.begin(size, is_quick=given.quick)
    start = time.monotonic()
    applications = (given.applications or amount.applications) if "race" in parts else 0
    with prepared(given.var.absolute(), applications=applications) as where:
        figures["intake"] = report.intake(where.intake_ms)
        contestants = [each for each in race.CONTESTANTS if not (given.without_peers and each.needs_packages)]
        measures: dict[str, Callable[[], report.Figures]] = {
            "race": lambda: report.race(
                race.run(where, size=size, repetitions=repetitions, contestants=contestants),
                applications=applications,
                repetitions=repetitions,
            ),
            "latency": lambda: report.latency(latency.run(where, samples=amount.latencies)),
            "receipt": lambda: report.receipt(receipt.run(where, pieces=amount.receipts)),
            "memory": lambda: report.memory(memory.run(where, applications=amount.load)),
            "desk": lambda: report.desk(desk.run(where, samples=amount.pages, open_tasks=amount.open_tasks)),
        }
        for part in parts:
            figures[part] = measures[part]()
            # Written after each part: what was measured stays, whatever happens to the next one.
            figures["took_seconds"] = round(time.monotonic() - start, 1)
            given.output.write_text(json.dumps(figures, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    report.show(figures)
    return 1 if report.is_work_lost(figures) else 0


if __name__ == "__main__":
    sys.exit(main())
