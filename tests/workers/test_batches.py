"""How work is done: together, alone when together fails, never by two, and never for ever."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from office import Office
from sqlalchemy import text
from watching import as_owner, broken, side_by_side

from services.sitting import Sitting
from shared.db import attention, outbox
from shared.db.engine import unit_of_work
from shared.db.outbox import ATTEMPTS_MAX, Wanted
from shared.domain.errors import Conflict, Unavailable
from shared.settings import settings
from shared.tasks import BILLING_QUEUE, Task
from workers.batches import give_up_spent, run, run_each
from workers.relay import sweep_once


class Killed(BaseException):
    """Stands for SIGKILL: nothing after it runs, nobody is told."""


def ask(*subjects: UUID) -> list[int]:
    """Ask for the bills of nobody; gives the rows."""
    with unit_of_work(settings().tenant) as session:
        outbox.put(
            session, settings().tenant, [Wanted(Task.ISSUE_BILLS, BILLING_QUEUE, subject) for subject in subjects]
        )
        return list(session.execute(text("select id from outbox order by id")).scalars())


def let_pass(seconds: int) -> None:
    with as_owner() as session:
        session.execute(
            text(
                "update outbox set lease_until = lease_until - :gone * interval '1 second', "
                "not_before = not_before - :gone * interval '1 second', "
                "ring_again_at = ring_again_at - :gone * interval '1 second'"
            ),
            {"gone": seconds},
        )


def leave_a_mark(sitting: Sitting, subjects: list[UUID]) -> None:
    """An effect that can be counted: one case per subject and call."""
    for subject in subjects:
        attention.open_case(
            sitting.session, sitting.tenant, kind="mark", key=f"{subject}/{uuid4()}", reason="done", data={}
        )


def marks(office: Office) -> dict[UUID, int]:
    """How often each subject was worked on with effect."""
    rows = office.rows(
        "select split_part(key, '/', 1) as subject, count(*) from case_item where kind = 'mark' group by 1"
    )
    return {UUID(row.subject): row.count for row in rows}


def fails_for(
    bad: UUID, problem: Callable[[], BaseException], seen: list[list[UUID]] | None = None
) -> Callable[[Sitting, list[UUID]], None]:
    """Work that leaves its marks, and then fails if `bad` is among its subjects."""

    def work(sitting: Sitting, subjects: list[UUID]) -> None:
        if seen is not None:
            seen.append(list(subjects))
        leave_a_mark(sitting, subjects)
        if bad in subjects:
            raise problem()

    return work


class TestABatch:
    def test_does_everything_once_in_one_transaction(self, office: Office) -> None:
        subjects = [uuid4() for _ in range(20)]
        ids = ask(*subjects)
        seen: list[list[UUID]] = []

        run(fails_for(uuid4(), ValueError, seen), ids)
        run(fails_for(uuid4(), ValueError, seen), ids)

        assert marks(office) == dict.fromkeys(subjects, 1)
        assert [len(each) for each in seen] == [20]

    def test_is_done_once_when_its_message_reaches_six_workers_at_once(self, office: Office) -> None:
        subjects = [uuid4() for _ in range(20)]
        ids = ask(*subjects)

        side_by_side(*[lambda: run(leave_a_mark, ids)] * 6)

        assert marks(office) == dict.fromkeys(subjects, 1)

    def test_with_a_bad_row_does_the_neighbours_at_once_and_the_bad_one_never(self, office: Office) -> None:
        bad, *good = subjects = [uuid4() for _ in range(6)]
        ids = ask(*subjects)

        run(fails_for(bad, lambda: ValueError("a bad row")), ids)

        assert marks(office) == dict.fromkeys(good, 1)
        for _ in range(ATTEMPTS_MAX):
            let_pass(120)
            run(fails_for(bad, lambda: ValueError("a bad row")), ids)
        assert marks(office) == dict.fromkeys(good, 1)
        assert office.rows(
            "select attempts, dead_at is not null as dead from outbox where subject_id = :id", id=bad
        ) == [(ATTEMPTS_MAX, True)]
        case = office.rows("select key, reason, data from case_item where kind = 'work_dead'")
        assert [(each.key, each.data["subject_id"]) for each in case] == [(str(ids[0]), str(bad))]
        assert "a bad row" in case[0].reason
        assert broken() == {}

    def test_that_is_refused_is_not_tried_again(self, office: Office) -> None:
        bad = uuid4()
        ids = ask(bad)
        run(fails_for(bad, lambda: Conflict("办件已撤回")), ids)

        assert office.one("select attempts from outbox where dead_at is not null") == 1
        assert "办件已撤回" in office.one("select reason from case_item where kind = 'work_dead'")

    def test_that_met_an_outage_is_given_back_whole(self, office: Office) -> None:
        bad, *_ = subjects = [uuid4() for _ in range(5)]
        ids = ask(*subjects)
        seen: list[list[UUID]] = []
        run(fails_for(bad, lambda: Unavailable("数据库暂时无法访问"), seen), ids)

        assert len(seen) == 1
        assert marks(office) == {}
        assert office.rows("select distinct attempts, lease, dead_at from outbox") == [(0, None, None)]
        let_pass(10)
        run(leave_a_mark, ids)
        assert marks(office) == dict.fromkeys(subjects, 1)

    def test_outlives_an_outage_of_any_length(self, office: Office) -> None:
        bad = uuid4()
        ids = ask(bad)
        for _ in range(ATTEMPTS_MAX * 2):
            run(fails_for(bad, lambda: Unavailable("文件暂时无法保存")), ids)
            let_pass(61)
        run(leave_a_mark, ids)

        assert marks(office) == {bad: 1}
        assert office.one("select count(*) from case_item where kind = 'work_dead'") == 0


class TestAKilledWorker:
    def test_loses_nothing_and_its_attempt_counts(self, office: Office) -> None:
        subjects = [uuid4() for _ in range(3)]
        ids = ask(*subjects)
        with pytest.raises(Killed):
            run(fails_for(subjects[1], Killed), ids)
        assert marks(office) == {}

        let_pass(61)
        assert sweep_once() == 0  # nobody had rung; the rows are simply ready
        run(leave_a_mark, ids)

        assert marks(office) == dict.fromkeys(subjects, 1)
        assert office.rows("select distinct attempts from outbox") == [(2,)]

    def test_is_killed_so_often_and_no_more(self, office: Office) -> None:
        bad, good = uuid4(), uuid4()
        ids = ask(bad, good)
        for _ in range(ATTEMPTS_MAX):
            assert give_up_spent() == 0
            with pytest.raises(Killed):
                run(fails_for(bad, Killed), ids[:1])
            let_pass(61)
        run(leave_a_mark, ids[1:])
        sweep_once()
        sweep_once()
        run(leave_a_mark, ids)

        assert marks(office) == {good: 1}
        assert office.one("select count(*) from outbox where dead_at is not null") == 1
        assert office.rows("select key, data ->> 'subject_id' from case_item where kind = 'work_dead'") == [
            (str(ids[0]), str(bad))
        ]
        assert broken() == {}

    @pytest.mark.usefixtures("database_url")
    def test_is_not_given_up_while_it_may_still_come_back(self) -> None:
        ids = ask(uuid4())
        for _ in range(ATTEMPTS_MAX):
            let_pass(61)
            with unit_of_work() as session:
                lease, jobs = outbox.claim(session, ids)
        assert give_up_spent() == 0
        with unit_of_work() as session:
            outbox.finish(session, lease, jobs)
        let_pass(61)
        assert give_up_spent() == 0


class TestAZombie:
    def test_cannot_commit_what_its_heir_has_taken_over(self, office: Office) -> None:
        subject = uuid4()
        ids = ask(subject)

        def freezes(sitting: Sitting, subjects: list[UUID]) -> None:
            leave_a_mark(sitting, subjects)
            let_pass(61)  # frozen longer than its lease
            run(leave_a_mark, ids)  # meanwhile another worker does the work

        run(freezes, ids)

        assert marks(office) == {subject: 1}
        assert office.one("select count(*) from case_item where kind = 'work_dead'") == 0
        assert office.one("select problem from outbox") == ""

    def test_cannot_commit_slow_work_either(self, office: Office) -> None:
        subject = uuid4()
        ids = ask(subject)

        def prepare(_sitting: Sitting, subjects: list[UUID]) -> list[UUID]:
            return subjects

        def record(sitting: Sitting, item: UUID, _made: Any) -> None:
            leave_a_mark(sitting, [item])

        def slow(_item: UUID) -> None:
            let_pass(61)
            run_each(prepare, lambda _: None, record, ids)

        run_each(prepare, slow, record, ids)

        assert marks(office) == {subject: 1}


class TestSlowWork:
    def test_fails_alone(self, office: Office) -> None:
        bad, *good = subjects = [uuid4() for _ in range(4)]
        ids = ask(*subjects)

        def make(item: UUID) -> None:
            if item == bad:
                raise ValueError("a bad page")

        run_each(lambda _sitting, given: given, make, lambda sitting, item, _made: leave_a_mark(sitting, [item]), ids)

        assert marks(office) == dict.fromkeys(good, 1)
        assert office.one("select problem from outbox where subject_id = :id", id=bad) == "ValueError: a bad page"
