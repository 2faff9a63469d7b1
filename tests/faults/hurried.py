"""The product's own processes in a hurry, so that a test of minutes takes seconds: short leases, early rings.

`dramatiq hurried` loads the actors, `python hurried.py` is the relay. Each batch dawdles a moment before its end, so
that a kill finds it half done.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from shared.db import outbox
from shared.db.outbox import Job

outbox.LEASE_SECONDS = 2
outbox.RING_AGAIN_SECONDS = 1
outbox.RING_AGAIN_SECONDS_MAX = 3
DAWDLE_S = 0.05

_finish = outbox.finish


def _finish_slowly(session: Session, lease: UUID, jobs: Sequence[Job]) -> None:
    time.sleep(DAWDLE_S)
    _finish(session, lease, jobs)


outbox.finish = _finish_slowly

if __name__ == "__main__":
    from workers import relay

    relay.main()
else:
    from workers.main import broker, documents, lines, money

    __all__ = ["broker", "documents", "lines", "money"]
