"""Work rows: asked for once, claimed by one, finished by whoever still holds the lease, rung again otherwise."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from watching import side_by_side

from shared.db import outbox
from shared.db.engine import unit_of_work
from shared.db.outbox import ATTEMPTS_MAX, Job, Wanted
from shared.domain.errors import Broken
from shared.settings import settings
from shared.tasks import BILLING_QUEUE, PAYMENTS_QUEUE, Task


def ask(*subjects: UUID, task: Task = Task.ISSUE_BILLS, queue: str = BILLING_QUEUE) -> None:
    with unit_of_work(settings().tenant) as session:
        outbox.put(session, settings().tenant, [Wanted(task, queue, subject) for subject in subjects])


def rows() -> list[int]:
    with unit_of_work() as session:
        return list(session.execute(text("select id from outbox order by id")).scalars())


def one(column: str) -> object:
    """A column of the only row."""
    with unit_of_work() as session:
        return session.execute(text(f"select {column} from outbox")).scalar_one()


def ring(limit: int = 100, batch: int = 100) -> list[tuple[int, ...]]:
    with unit_of_work() as session:
        return [each.ids for each in outbox.next_rings(session, limit=limit, batch=batch)]


def ring_again() -> int:
    with unit_of_work() as session:
        return outbox.ring_again(session)


def claim(*ids: int) -> tuple[UUID, list[Job]]:
    with unit_of_work() as session:
        return outbox.claim(session, ids or rows())


def finish(lease: UUID, jobs: list[Job]) -> None:
    with unit_of_work() as session:
        outbox.finish(session, lease, jobs)


def give_back(lease: UUID, job: Job, *, final: bool = False) -> bool:
    with unit_of_work() as session:
        return outbox.give_back(session, lease, job, problem="it did not work", final=final)


def let_pass(seconds: float) -> None:
    """Let the rows believe that so much time has passed."""
    with unit_of_work() as session:
        session.execute(
            text(
                "update outbox set lease_until = lease_until - :gone * interval '1 second', "
                "ring_again_at = ring_again_at - :gone * interval '1 second', "
                "not_before = not_before - :gone * interval '1 second'"
            ),
            {"gone": seconds},
        )


pytestmark = pytest.mark.usefixtures("database_url")


class TestPuttingWork:
    def test_twice_is_once(self) -> None:
        subject = uuid4()
        ask(subject, subject)
        ask(subject)

        assert len(rows()) == 1

    def test_for_ever_even_after_it_was_done(self) -> None:
        subject = uuid4()
        ask(subject)
        finish(*claim())
        ask(subject)

        assert len(rows()) == 1
        assert claim()[1] == []

    def test_leaves_nothing_when_the_transaction_fails(self) -> None:
        with suppress(LookupError), unit_of_work() as session:
            outbox.put(session, settings().tenant, [Wanted(Task.ISSUE_BILLS, BILLING_QUEUE, uuid4())])
            raise LookupError

        assert rows() == []


class TestRinging:
    def test_rings_each_row_once_and_batches_by_task_and_queue(self) -> None:
        ask(*(uuid4() for _ in range(5)))
        ask(uuid4(), task=Task.POST_PAYMENTS, queue=PAYMENTS_QUEUE)
        first, second, third, fourth, fifth, sixth = rows()

        assert sorted(ring(batch=2)) == [(first, second), (third, fourth), (fifth,), (sixth,)]
        assert ring() == []

    def test_keeps_a_row_that_was_not_published(self) -> None:
        ask(uuid4())
        with suppress(LookupError), unit_of_work() as session:
            assert outbox.next_rings(session, limit=10, batch=10)
            raise LookupError("the broker did not answer")

        assert len(ring()) == 1

    def test_shares_the_rows_between_two_relays(self) -> None:
        ask(*(uuid4() for _ in range(40)))

        results = side_by_side(*[lambda: ring(limit=10, batch=1)] * 4)

        rung = [ids for result in results for ids in result]
        assert len(rung) == len(set(rung))
        while more := ring(limit=10, batch=1):
            rung += more
        assert sorted(rung) == [(each,) for each in rows()]

    def test_rings_again_later_and_later_what_nobody_did(self) -> None:
        ask(uuid4())
        waits = []
        for _ in range(7):
            assert len(ring()) == 1
            assert ring_again() == 0
            waits.append(round(float(str(one("extract(epoch from ring_again_at - now())")))))
            let_pass(200)
            assert ring_again() == 1

        assert waits == [8, 16, 32, 64, 120, 120, 120]

    def test_does_not_ring_again_for_what_is_in_somebodys_hands_done_or_dead(self) -> None:
        ask(uuid4(), uuid4(), uuid4())
        ring()
        in_hand, done, dead = rows()
        finish(*claim(done))
        lease, (job,) = claim(dead)
        assert give_back(lease, job, final=True)
        let_pass(outbox.LEASE_SECONDS - 1)
        lease, (job,) = claim(in_hand)

        assert ring_again() == 0
        let_pass(61)
        assert ring_again() == 1
        assert ring() == [(in_hand,)]

    def test_rings_alone_for_what_was_tried_before(self) -> None:
        ask(uuid4(), uuid4(), uuid4())
        tried, *fresh = rows()
        give_back(claim(tried)[0], Job(tried, settings().tenant, uuid4(), "", 1))
        let_pass(5)

        assert sorted(ring()) == [(tried,), tuple(fresh)]


class TestClaiming:
    def test_gives_each_row_to_one_of_many(self) -> None:
        ask(*(uuid4() for _ in range(30)))

        results = side_by_side(*[claim] * 6)

        taken = [job.id for _, jobs in results for job in jobs]
        assert len(taken) == len(set(taken))
        assert set(taken) <= set(rows())

    def test_counts_the_attempt_before_the_work_so_that_a_kill_is_counted(self) -> None:
        ask(uuid4())
        for attempt in (1, 2, 3):
            _, (job,) = claim()
            assert job.attempts == attempt
            let_pass(61)  # killed: neither finished nor given back

    def test_leaves_a_leased_row_alone_until_the_lease_lapses(self) -> None:
        ask(uuid4())
        claim()
        assert claim()[1] == []
        let_pass(outbox.LEASE_SECONDS - 1)
        assert claim()[1] == []
        let_pass(2)
        assert len(claim()[1]) == 1


class TestFinishing:
    def test_refuses_a_zombie_whose_lease_went_to_another(self) -> None:
        ask(uuid4(), uuid4())
        zombie, its_jobs = claim()
        let_pass(61)
        heir, jobs = claim()

        with pytest.raises(Broken, match="lease lost"):
            finish(zombie, its_jobs)
        finish(heir, jobs)

    def test_refuses_the_whole_batch_when_one_row_went_to_another(self) -> None:
        ask(uuid4(), uuid4())
        zombie, its_jobs = claim()
        let_pass(61)
        claim(rows()[0])

        with pytest.raises(Broken, match="lease lost"):
            finish(zombie, its_jobs)
        assert claim()[1][0].attempts == 2  # the other row is still to do

    def test_lets_a_late_worker_end_what_nobody_took_over(self) -> None:
        ask(uuid4())
        lease, jobs = claim()
        let_pass(61)

        finish(lease, jobs)

        assert one("done_at") is not None


class TestGivingBack:
    def test_waits_longer_each_time_and_stops_after_the_last_attempt(self) -> None:
        ask(uuid4())
        waits = []
        for attempt in range(1, ATTEMPTS_MAX + 1):
            lease, (job,) = claim()
            assert give_back(lease, job) is (attempt == ATTEMPTS_MAX)
            waits.append(round(float(str(one("extract(epoch from not_before - now())")))))
            let_pass(100)

        assert waits == [2, 4, 8, 16, 32, 60]
        assert one("dead_at") is not None
        assert claim()[1] == []
        assert ring() == []

    def test_of_a_zombie_changes_nothing_and_declares_nobody_dead(self) -> None:
        ask(uuid4())
        zombie, (its_job,) = claim()
        let_pass(61)
        heir, jobs = claim()

        assert give_back(zombie, its_job, final=True) is False

        finish(heir, jobs)
        assert one("dead_at") is None
        assert one("problem") == ""
