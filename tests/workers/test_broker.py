"""The doorbell: names on the wire are pinned, and neither a bad message nor a bad moment stops a consumer.

These tests also say when dramatiq no longer needs our help: see `TestWhatDramatiqDoesByItself`.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import dramatiq
import pytest
import redis
from dramatiq import Message, Worker
from dramatiq.brokers.redis import RedisBroker
from dramatiq.errors import ConnectionClosed, DecodeError

from shared.settings import settings
from shared.tasks import Task
from workers.broker import PASSING_TROUBLE, DoorbellBroker, make_broker

QUEUE = "test"


@pytest.fixture
def broker(redis_url: str, configured: Callable[..., None]) -> Iterator[DoorbellBroker]:
    """A broker of this test's own, on an empty store."""
    configured(REDIS_URL=redis_url)
    before = dramatiq.get_broker()
    made = make_broker(settings())
    made.client.flushall()
    yield made
    made.client.flushall()
    made.close()
    dramatiq.set_broker(before)


@pytest.fixture
def heard(broker: DoorbellBroker) -> list[int]:
    """What the only actor of the test's queue has been rung for."""
    ids: list[int] = []

    @dramatiq.actor(broker=broker, actor_name="hear", queue_name=QUEUE)
    def hear(numbers: list[int]) -> None:
        ids.extend(numbers)

    return ids


def bell(*ids: int) -> Message[Any]:
    return Message(queue_name=QUEUE, actor_name="hear", args=(list(ids),), kwargs={}, options={})


def soon(is_so: Callable[[], bool], seconds: float = 10.0) -> bool:
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        if is_so():
            return True
        time.sleep(0.02)
    return False


def put_garbage(broker: RedisBroker, payload: bytes) -> None:
    """Leave something in the queue that is no message."""
    broker.client.hset(f"{broker.namespace}:{QUEUE}.msgs", "garbage", payload)
    broker.client.rpush(f"{broker.namespace}:{QUEUE}", "garbage")


class TestNamesOnTheWire:
    def test_stay_what_they_are(self) -> None:
        from workers.actors import channels, clocks, documents, lines, money, notices
        from workers.broker import broker as own

        assert all((channels, clocks, documents, lines, money, notices))
        actors = {name: actor.queue_name for name, actor in own.actors.items()}
        assert actors == {
            "assess_lines": "dept",
            "issue_bills": "billing",
            "produce_documents": "documents",
            "post_payments": "payments",
            "issue_receipts": "payments",
            "match_statements": "payments",
            "apply_tariff": "billing",
            "redate_clocks": "clocks",
            "send_notices": "notices",
            "post_channel_payments": "payments",
            "ask_channels": "channels",
        }
        assert set(actors) == {task.value for task in Task}

    def test_carry_row_numbers_and_nothing_else(self) -> None:
        message = bell(1, 2**62)

        assert Message.decode(message.encode()) == message
        said = json.loads(message.encode())
        assert (said["actor_name"], said["queue_name"], said["args"], said["kwargs"]) == (
            "hear",
            QUEUE,
            [[1, 2**62]],
            {},
        )

    def test_are_sent_without_retries_delays_results_or_callbacks(self, broker: DoorbellBroker) -> None:
        assert [type(each).__name__ for each in broker.middleware] == ["AgeLimit", "TimeLimit", "ShutdownNotifications"]


class TestAConsumer:
    def test_hears_every_bell(self, broker: DoorbellBroker, heard: list[int]) -> None:
        for number in range(30):
            broker.enqueue(bell(number))
        worker = Worker(broker, worker_timeout=50, worker_threads=2)
        worker.start()
        try:
            assert soon(lambda: len(heard) == 30)
        finally:
            worker.stop()
        assert sorted(heard) == list(range(30))

    @pytest.mark.parametrize("payload", [b"\xff\xfe not json", b"{}", b"[]", b"", b"null"])
    def test_survives_what_is_no_message_and_hears_its_neighbours(
        self, broker: DoorbellBroker, heard: list[int], payload: bytes
    ) -> None:
        for number in range(6):
            if number == 2:
                put_garbage(broker, payload)
            broker.enqueue(bell(number))
        worker = Worker(broker, worker_timeout=50, worker_threads=2)
        worker.start()
        try:
            assert soon(lambda: len(heard) == 6)
            broker.enqueue(bell(99))
            assert soon(lambda: 99 in heard)
        finally:
            worker.stop()

    @pytest.mark.parametrize("trouble", PASSING_TROUBLE)
    def test_survives_a_store_that_is_slow_read_only_or_loading(
        self, broker: DoorbellBroker, heard: list[int], monkeypatch: pytest.MonkeyPatch, trouble: type[Exception]
    ) -> None:
        fetch, left = broker.do_fetch, [3]

        def stumbles(*args: Any) -> Any:
            if left[0]:
                left[0] -= 1
                raise trouble("not now")
            return fetch(*args)

        monkeypatch.setattr(broker, "do_fetch", stumbles, raising=False)
        monkeypatch.setattr("dramatiq.worker.CONSUMER_RESTART_DELAY_SECS", 0.05)
        broker.enqueue(bell(1))
        worker = Worker(broker, worker_timeout=50, worker_threads=1)
        worker.start()
        try:
            assert soon(lambda: heard == [1])
        finally:
            worker.stop()
        assert left == [0]

    @pytest.mark.parametrize("act", ["ack", "nack", "requeue"])
    def test_reports_passing_trouble_as_a_closed_connection(
        self, broker: DoorbellBroker, monkeypatch: pytest.MonkeyPatch, act: str
    ) -> None:
        def stumbles(*_: Any) -> None:
            raise redis.TimeoutError

        consumer = broker.consume(QUEUE)
        message = bell(1).copy(options={"redis_message_id": "1"})
        monkeypatch.setattr(broker, f"do_{act}", stumbles, raising=False)

        with pytest.raises(ConnectionClosed):
            getattr(consumer, act)([message] if act == "requeue" else message)

    def test_drops_a_bell_for_an_unknown_actor_and_goes_on(self, broker: DoorbellBroker, heard: list[int]) -> None:
        broker.enqueue(Message(queue_name=QUEUE, actor_name="unknown", args=(), kwargs={}, options={}))
        broker.enqueue(bell(1))
        worker = Worker(broker, worker_timeout=50, worker_threads=1)
        worker.start()
        try:
            assert soon(lambda: heard == [1])
        finally:
            worker.stop()

    def test_goes_on_after_the_store_was_wiped(self, broker: DoorbellBroker, heard: list[int]) -> None:
        worker = Worker(broker, worker_timeout=50, worker_threads=1)
        worker.start()
        try:
            broker.enqueue(bell(1))
            assert soon(lambda: heard == [1])
            broker.client.flushall()
            broker.enqueue(bell(2))
            assert soon(lambda: heard == [1, 2])
        finally:
            worker.stop()


class TestWhatDramatiqDoesByItself:
    """If one of these fails, dramatiq has changed: the matching part of `DoorbellBroker` may go."""

    def test_is_to_raise_on_what_is_no_message(self, broker: DoorbellBroker) -> None:
        plain = RedisBroker(client=broker.client)
        put_garbage(plain, b"\xff\xfe not json")

        with pytest.raises(DecodeError):
            next(plain.consume(QUEUE, prefetch=5))

    def test_is_to_let_a_time_out_through(self, broker: DoorbellBroker, monkeypatch: pytest.MonkeyPatch) -> None:
        plain = RedisBroker(client=broker.client)

        def stumbles(*_: Any) -> None:
            raise redis.TimeoutError

        monkeypatch.setattr(plain, "do_fetch", stumbles, raising=False)
        with pytest.raises(redis.TimeoutError):
            next(plain.consume(QUEUE, prefetch=5))


class TestAnIdleConsumer:
    def test_wakes_at_the_bell_instead_of_at_its_next_look(self, broker: DoorbellBroker) -> None:
        consumer = broker.consume(QUEUE, timeout=60_000)
        assert soon(lambda: broker.client.pubsub_numpat() == 1), "it listens"
        consumer._misses = 32  # it has looked in vain for so long that it would not look for the next half minute
        ringing = threading.Timer(0.2, broker.enqueue, [bell(7)])
        start = time.monotonic()
        ringing.start()

        woken, message = next(consumer), next(consumer)

        ringing.join()
        assert woken is None
        assert message.args == ([7],)
        assert time.monotonic() - start < 20
