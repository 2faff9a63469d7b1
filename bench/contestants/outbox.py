"""Yidan's own way: outbox rows asked for in a transaction, the relay rings, workers answer with batches."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from bench.contestants.sending import serve
from bench.ground import TENANT, Case
from shared.db import outbox
from shared.db.engine import unit_of_work
from shared.db.outbox import Wanted
from shared.tasks import Task, department_queue

#: Applications whose rows are asked for in one transaction.
APPLICATIONS_PER_TRANSACTION = 100


def hand_over(cases: Sequence[Case]) -> None:
    """Ask for every line; the relay sees the rows of each transaction as it commits."""
    for start in range(0, len(cases), APPLICATIONS_PER_TRANSACTION):
        with unit_of_work(TENANT) as session:
            outbox.put(
                session,
                TENANT,
                [
                    Wanted(Task.ASSESS_LINES, department_queue(unit_code), UUID(line_id))
                    for case in cases[start : start + APPLICATIONS_PER_TRANSACTION]
                    for line_id, unit_code in case.lines
                ],
            )


if __name__ == "__main__":
    serve(hand_over)
