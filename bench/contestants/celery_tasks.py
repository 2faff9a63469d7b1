"""What the Celery workers run: a task per fee line, and the bill as the chord's callback.

Celery's defaults, which favour it: messages are acknowledged before the work, so a killed worker loses them.
"""

from __future__ import annotations

import os
from uuid import UUID

from celery import Celery  # type: ignore[import-not-found]  # it lives in bench/.venv

from services import assessment, billing
from services.sitting import sitting

SOCKET = os.environ["REDIS_URL"].partition("://")[2]
app = Celery(
    "bench",
    broker=f"redis+socket://{SOCKET}?virtual_host=1",
    backend=f"redis+socket://{SOCKET}?virtual_host=2",
)
app.conf.update(task_serializer="json", result_expires=3600, worker_prefetch_multiplier=16)


@app.task  # type: ignore[untyped-decorator]
def assess_line(line_id: str) -> None:
    """One line, one transaction; the broker's barrier does the fan-in, so nothing is locked or looked up."""
    with sitting() as office:
        assessment.compute_lines(office, [UUID(line_id)])


@app.task  # type: ignore[untyped-decorator]
def issue_bill(application_id: str) -> None:
    """The chord's callback: the same billing function as everybody's."""
    with sitting() as office:
        billing.issue_bills(office, [UUID(application_id)])
