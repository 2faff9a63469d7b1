"""Starts dramatiq on a part of the queues: `python -m console.consumers cases` or `… documents`.

Drawing documents has a process of its own, so that it never starves reviews. A department that runs its own machine
names its queues itself: `dramatiq workers.main --queues dept.zj`.
"""

from __future__ import annotations

import os
import sys

from shared.packs import load_pack
from shared.settings import Settings, settings
from shared.tasks import (
    BILLING_QUEUE,
    CHANNELS_QUEUE,
    CLOCKS_QUEUE,
    DOCUMENTS_QUEUE,
    NOTICES_QUEUE,
    PAYMENTS_QUEUE,
    department_queue,
)

# Loaded by others where they happen to be installed and never used by a consumer: structlog takes rich for tracebacks
# in colour, fontTools takes lxml instead of the standard library's XML. Together ten megabytes of every process.
LEFT_OUT = ("rich", "lxml")
MODULES = {"cases": "workers.main", "documents": "workers.drawing"}
THREADS = {"cases": 4, "documents": 1}  # drawing holds Python's lock: a second thread would only wait for it
# Longer than a document takes; what is not finished then is rung again by the sweeper.
SHUTDOWN_MS = 15_000


def queues_of(part: str, config: Settings) -> list[str]:
    """The names of the queues: `documents`, or `cases` for all the others."""
    if part == "documents":
        return [DOCUMENTS_QUEUE]
    units = load_pack(config.packs_dir / config.tenant).units
    return [
        BILLING_QUEUE,
        PAYMENTS_QUEUE,
        CLOCKS_QUEUE,
        NOTICES_QUEUE,
        CHANNELS_QUEUE,
        *(department_queue(unit.code) for unit in units),
    ]


def main(part: str) -> int:
    """Consume until told to stop; gives dramatiq's exit code."""
    for name in LEFT_OUT:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]
    # Imported after that, because both look for what is left out.
    import dramatiq.cli

    from shared.logs import configure

    config = settings()
    configure(config, f"worker-{part}")
    threads = os.environ.get("WORKER_THREADS", str(THREADS[part]))
    processes = os.environ.get("WORKER_PROCESSES", "1")
    arguments = [
        MODULES[part], "--processes", processes, "--threads", threads, "--worker-shutdown-timeout", str(SHUTDOWN_MS),
        "--skip-logging", "--queues", *queues_of(part, config),
    ]  # fmt: skip
    return int(dramatiq.cli.main(dramatiq.cli.make_argument_parser().parse_args(arguments)) or 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
