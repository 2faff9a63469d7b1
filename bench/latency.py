"""How long one application waits for its bill in an office with nothing else to do."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Sequence
from statistics import quantiles

import psycopg

from bench import ground
from bench.processes import Command, running

WARM = 5
PATIENCE_S = 30.0
LOOK_EVERY_S = 0.004
#: The office's own size: one process with four threads, as `yidan up` starts it.
OFFICE = (
    Command("worker", (sys.executable, "-m", "console.consumers", "cases")),
    Command("relay", (sys.executable, "-m", "workers.relay")),
)


def run(where: ground.Ground, *, samples: int) -> list[float]:
    """Milliseconds from the call of `submit` to the bill's row, one application at a time.

    Raises `TimeoutError` when a bill does not come.
    """
    pauses = random.Random(2014)
    waited_ms = []
    with (
        where.arena("bench_latency") as arena,
        psycopg.connect(arena.database_url, autocommit=True) as judge,
        running(OFFICE, environment=arena.environment, log_dir=where.var_dir / "log" / "latency"),
    ):
        for index in range(WARM + samples):
            # Nobody submits in step with the relay's looking round.
            time.sleep(0.05 + pauses.random() / 5)
            start = time.perf_counter()
            application_id = ground.submit(1_000_000 + index)
            while not judge.execute("select 1 from bill where application_id = %s", [application_id]).fetchone():
                if time.perf_counter() - start > PATIENCE_S:
                    raise TimeoutError(f"no bill of application {application_id} after {PATIENCE_S:.0f} s")
                time.sleep(LOOK_EVERY_S)
            waited_ms.append(round((time.perf_counter() - start) * 1000, 1))
    return waited_ms[WARM:]


def percentile(values: Sequence[float], percent: int) -> float:
    """The value below which `percent` of the values lie, interpolated; of a single value that value."""
    return round(quantiles(values, n=100, method="inclusive")[percent - 1], 1) if len(values) > 1 else values[0]
