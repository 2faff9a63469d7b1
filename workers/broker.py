"""The broker: Redis as a doorbell. A message says "there is work on these outbox rows"; the rows are the truth.

dramatiq's retries, delays, results and group callbacks are left out: each of them keeps state that
Redis or a worker's memory can lose (docs/decisions/0003). What is left is a queue.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from threading import Event, Lock, Thread
from typing import Any

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.common import compute_backoff
from dramatiq.errors import ConnectionClosed, DecodeError
from dramatiq.middleware import AgeLimit, ShutdownNotifications, TimeLimit

from shared.settings import Settings, settings

#: A bell older than this is not worth answering: the sweeper has rung again long ago, milliseconds.
BELL_AGE_MAX_MS = 15 * 60_000
#: Longest a batch may take, milliseconds; the lease on its rows has run out by then.
BATCH_TIME_MAX_MS = 55_000
#: Of a million commands, how many look for dead workers' leases (dramatiq's own recovery; ours is the sweeper).
MAINTENANCE_CHANCE = 100_000
#: Channels on which the bells of the queues are heard.
BELL = "yidan:bell:"
#: Pause before listening again after the connection was lost, seconds.
LISTEN_AGAIN_S = 1.0
#: What redis-py raises besides its ConnectionError; dramatiq 2.2 lets these kill a consumer thread.
PASSING_TROUBLE = (redis.TimeoutError, redis.exceptions.ReadOnlyError, redis.exceptions.BusyLoadingError)


class DoorbellBroker(RedisBroker):
    """A Redis broker whose consumers wake at the bell, and survive slow or loading servers and undecodable messages.

    dramatiq's own consumers look every half to whole second when idle; two steps of work were a second that way.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self._bells = _Bells(self.client)

    def enqueue(self, message: Any, *, delay: int | None = None) -> Any:
        """Put the message into its queue, then wake who listens; a wake-up that gets lost costs a second at most."""
        enqueued = super().enqueue(message, delay=delay)
        self.client.publish(BELL + enqueued.queue_name, b"")
        return enqueued

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Any:
        """A consumer that reports passing trouble as a closed connection, which the worker knows how to survive."""
        bell = self._bells.of(queue_name)
        # Its own sleep is cut to nothing: the patient one sleeps in its place, and can be woken.
        return _Patient(super().consume(queue_name, prefetch, timeout=1), bell, timeout)


class _Bells:
    """One listener for all queues of this process; what it misses is found by looking, as without it."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._bells: dict[str, Event] = {}
        self._lock = Lock()

    def of(self, queue_name: str) -> Event:
        """The event that is set when something was put into the queue."""
        with self._lock:
            if not self._bells:
                Thread(target=self._listen, name="bells", daemon=True).start()
            return self._bells.setdefault(queue_name, Event())

    def _listen(self) -> None:
        while True:
            try:
                with self._client.pubsub(ignore_subscribe_messages=True) as heard:
                    heard.psubscribe(BELL + "*")
                    for message in heard.listen():
                        bell = self._bells.get(message["channel"].decode().removeprefix(BELL))
                        if bell is not None:
                            bell.set()
            except redis.RedisError:
                time.sleep(LISTEN_AGAIN_S)


class _Patient:
    """Wraps a consumer of the Redis broker."""

    def __init__(self, consumer: Any, bell: Event, timeout_ms: int) -> None:
        self._consumer = consumer
        self._bell = bell
        self._timeout_ms = timeout_ms
        self._misses = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._consumer, name)

    def __iter__(self) -> _Patient:
        return self

    def __next__(self) -> Any:
        # Before the look: a bell that rings during it is heard in the wait.
        self._bell.clear()
        message = self._look()
        if message is not None:
            self._misses = 0
            return message
        self._misses, pause_ms = compute_backoff(self._misses, max_backoff=self._timeout_ms)
        if self._bell.wait(pause_ms / 1000):
            self._misses = 0
        return None

    def _look(self) -> Any:
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
