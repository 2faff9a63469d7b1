"""The relay: the only sender. Rings for committed outbox rows, and again for those that nobody has done.

Any number may run; rows are claimed with SKIP LOCKED. Killed between publishing and commit it
rings twice, never not at all.
"""

from __future__ import annotations

import signal
import time
from types import FrameType

import redis
import structlog
from dramatiq import Message

from shared.db import outbox
from shared.db.engine import unit_of_work
from shared.domain.errors import Unavailable
from shared.logs import configure
from shared.settings import settings
from workers.batches import give_up_spent
from workers.broker import DoorbellBroker, broker

#: Rows per look and rows per message: one message is one transaction of a worker.
ROWS_PER_LOOK = 4096
ROWS_PER_MESSAGE = 256
#: Pause when there was nothing to ring, seconds: half of it is added to each idle hand-over.
IDLE_PAUSE_S = 0.04
#: How often rows that were rung long ago are looked for, seconds.
SWEEP_EVERY_S = 2.0
#: Pause after the store or the broker did not answer, seconds.
TROUBLE_PAUSE_S = 1.0

log = structlog.get_logger()


def ring_once(broker: DoorbellBroker) -> int:
    """Ring for what is ready; gives how many rows were rung for. Published and marked, or neither."""
    with unit_of_work() as session:
        rings = outbox.next_rings(session, limit=ROWS_PER_LOOK, batch=ROWS_PER_MESSAGE)
        for ring in rings:
            broker.enqueue(
                Message(queue_name=ring.queue, actor_name=ring.task, args=(list(ring.ids),), kwargs={}, options={})
            )
    return sum(len(ring.ids) for ring in rings)


def sweep_once() -> int:
    """Give up what kills its workers, and make rows ready again that were rung long ago; gives how many of these."""
    give_up_spent()
    with unit_of_work() as session:
        return outbox.ring_again(session)


def main() -> None:
    """Ring until told to stop."""
    configure(settings(), "relay")
    stopping = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    next_sweep = 0.0
    while not stopping:
        try:
            if time.monotonic() >= next_sweep:
                next_sweep = time.monotonic() + SWEEP_EVERY_S
                if rung := sweep_once():
                    log.info("rung_again", rows=rung)
            if not ring_once(broker):
                time.sleep(IDLE_PAUSE_S)
        except (Unavailable, redis.RedisError) as trouble:
            log.warning("relay_waits", reason=str(trouble))
            time.sleep(TROUBLE_PAUSE_S)


if __name__ == "__main__":
    main()
