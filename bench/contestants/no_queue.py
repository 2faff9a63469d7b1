"""No queue at all: the same set-wise services in one process, many applications to a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from bench.contestants.sending import serve
from bench.ground import Case
from services import assessment, billing
from services.sitting import sitting

#: Applications done together; as fast as this contestant gets (16, 32, 64, 128 and 256 were tried).
APPLICATIONS_PER_TRANSACTION = 64


def hand_over(cases: Sequence[Case]) -> None:
    """Do all of it here: no outbox row, no lock and no look for what is ready, because nobody else is at work."""
    for start in range(0, len(cases), APPLICATIONS_PER_TRANSACTION):
        some = cases[start : start + APPLICATIONS_PER_TRANSACTION]
        with sitting() as office:
            assessment.compute_lines(office, [UUID(line_id) for case in some for line_id, _ in case.lines])
            billing.issue_bills(office, [UUID(case.application_id) for case in some])


if __name__ == "__main__":
    serve(hand_over)
