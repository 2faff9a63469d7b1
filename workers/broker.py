"""The broker: Redis as a doorbell. A message says "there is work on these outbox rows"; the rows are the truth.

dramatiq's retries, delays, results and group callbacks are left out: each of them keeps state that
Redis or a worker's memory can lose (docs/decisions/0003). What is left is a queue.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.errors import ConnectionClosed, DecodeError
from dramatiq.middleware import AgeLimit, ShutdownNotifications, TimeLimit

from shared.settings import Settings, settings

#: A bell older than this is not worth answering: the sweeper has rung again long ago, milliseconds.
BELL_AGE_MAX_MS = 15 * 60_000
#: Longest a batch may take, milliseconds; the lease on its rows has run out by then.
BATCH_TIME_MAX_MS = 55_000
#: Of a million commands, how many look for dead workers' leases (dramatiq's own recovery; ours is the sweeper).
MAINTENANCE_CHANCE = 100_000
#: What redis-py raises besides its ConnectionError; dramatiq 2.2 lets these kill a consumer thread.
PASSING_TROUBLE = (redis.TimeoutError, redis.exceptions.ReadOnlyError, redis.exceptions.BusyLoadingError)


class DoorbellBroker(RedisBroker):
    """A Redis broker whose consumers survive slow, read-only and loading servers and undecodable messages."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Any:
        """A consumer that reports passing trouble as a closed connection, which the worker knows how to survive."""
        consumer = super().consume(queue_name, prefetch, timeout)
        return _Patient(consumer)


class _Patient:
    """Wraps a consumer of the Redis broker."""

    def __init__(self, consumer: Any) -> None:
        self._consumer = consumer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._consumer, name)

    def __iter__(self) -> _Patient:
        return self

    def __next__(self) -> Any:
        try:
            return next(self._consumer)
        except PASSING_TROUBLE as error:
            raise ConnectionClosed(error) from error
        except DecodeError:
            # The bell cannot be understood; its row is rung again by the sweeper. The rest of the fetch goes on.
            return None

    def ack(self, message: Any) -> None:
        self._call(self._consumer.ack, message)

    def nack(self, message: Any) -> None:
        self._call(self._consumer.nack, message)

    def requeue(self, messages: Iterable[Any]) -> None:
        self._call(self._consumer.requeue, messages)

    def _call(self, method: Any, argument: Any) -> None:
        try:
            method(argument)
        except PASSING_TROUBLE as error:
            raise ConnectionClosed(error) from error


def make_broker(config: Settings) -> DoorbellBroker:
    """The broker with its middleware, each for its reason."""
    broker = DoorbellBroker(
        url=config.redis_url,
        maintenance_chance=MAINTENANCE_CHANCE,
        middleware=[
            AgeLimit(max_age=BELL_AGE_MAX_MS),  # a backlog of stale bells is dropped, not answered one by one
            TimeLimit(time_limit=BATCH_TIME_MAX_MS),  # a stuck batch gives its thread back
            ShutdownNotifications(notify_shutdown=False),  # a batch in hand is finished at shutdown
        ],
    )
    dramatiq.set_broker(broker)
    return broker


broker = make_broker(settings())
