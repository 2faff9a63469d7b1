"""The fan-in: whether an application's bill may be asked for, decided under that application's row lock.

Never a counter in the broker: a repeated, lost or reordered message changes nothing here.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.orm import Session

from shared.db import cases, outbox
from shared.db.outbox import Wanted
from shared.tasks import BILLING_QUEUE, Task


def ask_for_bills(session: Session, tenant: str, application_ids: Iterable[UUID]) -> None:
    """Ask for the bills of those applications that wait for nothing any more; may be repeated."""
    ready = waiting_for_nothing(session, application_ids)
    outbox.put(
        session,
        tenant,
        # An application whose reviews were opened again is asked for anew: the wish of before is spent.
        [
            Wanted(Task.ISSUE_BILLS, BILLING_QUEUE, each, f"r{again}" if again else "", application_id=each)
            for each, again in ready.items()
        ],
    )


def waiting_for_nothing(session: Session, application_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Which of the applications can be billed now, and how often each was reopened; their rows stay locked.

    Takes the rows late, after the slow part of a transaction: of two that finish together the
    later one then sees the earlier one's work.
    """
    return cases.ready_for_bill(session, cases.hold(session, application_ids))
