"""The relay on a real broker: rings for what was committed, twice rather than never, and again after a loss."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import dramatiq
import pytest
from dramatiq import Message, Worker
from office import E1_TOTAL_FEN, Office
from sqlalchemy import text
from watching import assert_settled, broken, side_by_side, sums

from shared.db import outbox
from shared.db.engine import unit_of_work
from shared.settings import settings
from shared.tasks import DOCUMENTS_QUEUE, department_queue
from workers.broker import DoorbellBroker, make_broker
from workers.relay import ring_once, sweep_once


class RelayKilled(BaseException):
    """Stands for SIGKILL between publishing and commit."""


@pytest.fixture
def broker(office: Office, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[DoorbellBroker]:
    """The product's actors on a broker of this test's own, every unit's queue declared; documents are left alone."""
    from workers.actors import lines, money

    before = dramatiq.get_broker()
    made = make_broker(settings().model_copy(update={"redis_url": redis_url}))
    made.client.flushall()
    for module, names in ((lines, ["assess_lines"]), (money, ["issue_bills", "post_payments", "issue_receipts"])):
        for name in names:
            made.declare_actor(getattr(module, name))
    with office.sits() as sitting:
        for unit in sitting.city.units:
            made.declare_queue(department_queue(unit))
    yield made
    made.client.flushall()
    made.close()
    dramatiq.set_broker(before)


@pytest.fixture
def working(broker: DoorbellBroker) -> Iterator[Worker]:
    """A worker in threads of this process."""
    worker = Worker(broker, worker_timeout=50, worker_threads=4)
    worker.start()
    yield worker
    worker.stop()


@pytest.fixture
def ringing(broker: DoorbellBroker) -> Iterator[None]:
    """A relay that rings and sweeps in a thread."""
    stop = threading.Event()

    def relay() -> None:
        while not stop.is_set():
            sweep_once()
            ring_once(broker)
            time.sleep(0.02)

    thread = threading.Thread(target=relay, daemon=True)
    thread.start()
    yield
    stop.set()
    thread.join(10)


def open_work() -> int:
    with unit_of_work() as session:
        return int(
            session.execute(
                text("select count(*) from outbox where done_at is null and queue <> :documents"),
                {"documents": DOCUMENTS_QUEUE},
            ).scalar_one()
        )


def soon(is_so: Callable[[], bool], seconds: float = 30.0) -> bool:
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        if is_so():
            return True
        time.sleep(0.05)
    return False


def messages(broker: DoorbellBroker) -> int:
    return sum(int(broker.client.llen(f"{broker.namespace}:{queue}")) for queue in broker.get_declared_queues())


class TestTheRelay:
    def test_rings_each_row_once_in_its_own_queue(self, broker: DoorbellBroker, office: Office) -> None:
        office.receives()

        assert ring_once(broker) == 9
        assert ring_once(broker) == 0
        for line in office.rows("select unit_code, count(*) from fee_line group by unit_code"):
            assert broker.client.llen(f"{broker.namespace}:{department_queue(line.unit_code)}") == 1

    def test_says_nothing_of_a_transaction_that_failed(self, broker: DoorbellBroker, office: Office) -> None:
        with suppress(LookupError), office.sits() as sitting:
            outbox.put(sitting.session, sitting.tenant, [])
            raise LookupError
        assert ring_once(broker) == 0

    def test_killed_between_publishing_and_commit_rings_twice_and_the_work_is_done_once(
        self, broker: DoorbellBroker, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        received = office.receives()
        enqueue, left = broker.enqueue, [2]

        def dies(message: Message[Any], **options: Any) -> Any:
            enqueue(message, **options)
            left[0] -= 1
            if not left[0]:
                raise RelayKilled
            return message

        monkeypatch.setattr(broker, "enqueue", dies)
        with pytest.raises(RelayKilled):
            ring_once(broker)
        monkeypatch.undo()
        assert messages(broker) == 2
        assert ring_once(broker) == 9

        worker = Worker(broker, worker_timeout=50, worker_threads=4)
        worker.start()
        try:
            assert soon(lambda: open_work() == 0)
            assert soon(lambda: messages(broker) == 0)
        finally:
            worker.stop()
        assert {line.state for line in office.lines(received.application_id)} == {"final", "assessed"}
        assert office.rows("select distinct attempts from outbox where done_at is not null") == [(1,)]

    def test_shares_the_work_with_a_second_relay(self, broker: DoorbellBroker, office: Office) -> None:
        for _ in range(10):
            office.receives()

        rung = side_by_side(*[lambda: ring_once(broker)] * 4)

        assert sum(rung) + ring_once(broker) == 90


@pytest.mark.usefixtures("working", "ringing")
class TestAWipedStore:
    def test_delays_the_work_and_loses_none(
        self, broker: DoorbellBroker, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(outbox, "RING_AGAIN_SECONDS", 0.4)
        monkeypatch.setattr(outbox, "RING_AGAIN_SECONDS_MAX", 1)
        received = []
        for number in range(8):
            received.append(office.receives())
            if number % 3 == 2:
                broker.client.flushall()
        for each in received:
            assert soon(lambda each=each: _assessed(office, each.application_id))  # type: ignore[misc]
            broker.client.flushall()
            office.confirms(each.application_id)
            office.approves_everything(each.application_id)
        broker.client.flushall()
        for each in received:
            assert soon(lambda each=each: bool(office.bills(each.application_id)))  # type: ignore[misc]
            (bill,) = office.bills(each.application_id)
            callback = office.callback(bill)
            office.hears_from_bank(callback)
            broker.client.flushall()
            office.hears_from_bank(callback)
        assert soon(lambda: sums().receipt_count == 8 and open_work() == 0)

        for each in received:
            assert_settled(each.application_id, total_fen=E1_TOTAL_FEN)
        assert broken() == {}


def _assessed(office: Office, application_id: Any) -> bool:
    return all(line.state != "pending" for line in office.lines(application_id))
