"""Verdicts: one per matter, by the unit whose matter it is, and the last of them asks for the bill exactly once."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import pytest
from office import E1_TOTAL_FEN, Office
from watching import assert_settled, broken, counts, kinds, side_by_side

from services import assessment, review
from services.billing import issue_bills
from shared.db.accounts import AccountRow
from shared.db.trail import Actor
from shared.domain.errors import Conflict, Invalid, NotAllowed, NotFound, VerdictAlreadyGiven
from shared.tasks import Task

RACES = 30


def decide(office: Office, task: Any, actor: Actor, *, approve: bool = True, **more: Any) -> None:
    with office.sits() as sitting:
        review.decide(
            sitting, task_id=task.id, actor=actor, approve=approve, opinion=more.pop("opinion", "同意"), **more
        )


def confirm(office: Office, line: Any, actor: Actor) -> None:
    with office.sits() as sitting:
        assessment.confirm_line(sitting, line_id=line.id, actor=actor, version=line.version)


def assess(office: Office, lines: list[UUID]) -> None:
    with office.sits() as sitting:
        assessment.assess_lines(sitting, lines)


def bill_asked_for(office: Office) -> int:
    return len(office.bells(Task.ISSUE_BILLS))


@pytest.fixture
def checker(office: Office) -> Actor:
    """A second person of the lead unit."""
    account: AccountRow = office.account("zj-checker")
    return Actor(account.id, account.display_name, account.unit_code)


class TestAVerdict:
    def test_repeated_changes_nothing(self, office: Office) -> None:
        received = office.receives()
        task = office.tasks(received.application_id)[0]
        actor = office.actor(f"{task.unit_code}-officer")
        decide(office, task, actor)
        before = counts("audit_event", "outbox")

        decide(office, task, actor)
        decide(office, task, actor, opinion="换了一种说法")

        assert counts("audit_event", "outbox") == before
        assert office.tasks(received.application_id)[0].version == task.version + 1

    def test_that_differs_comes_too_late(self, office: Office) -> None:
        received = office.receives()
        task = office.tasks(received.application_id)[0]
        actor = office.actor(f"{task.unit_code}-officer")
        decide(office, task, actor)

        with pytest.raises(VerdictAlreadyGiven):
            decide(office, task, actor, approve=False, opinion="后来发现缺图")

        assert office.one("select status from application") == "in_review"

    def test_of_two_officers_at_once_is_one(self, office: Office, checker: Actor) -> None:
        for _ in range(6):
            received = office.receives(office.body(area_code="dw"))
            task = next(each for each in office.tasks(received.application_id) if each.unit_code == "zj")
            first = office.actor("zj-officer")

            results = side_by_side(
                partial(decide, office, task, first),
                partial(decide, office, task, checker, approve=False, opinion="缺图"),
            )

            outcome = kinds(results)
            assert outcome == {"done": 1, "VerdictAlreadyGiven": 1}
            verdicts = office.rows(
                "select verb from audit_event where application_id = :id and verb like 'matter_%'",
                id=received.application_id,
            )
            assert len(verdicts) == 1
        assert broken() == {}

    def test_without_a_reason_is_no_objection(self, office: Office) -> None:
        received = office.receives()
        task = office.tasks(received.application_id)[0]
        actor = office.actor(f"{task.unit_code}-officer")
        for opinion in ("", "  \n", "\u3000"):
            with pytest.raises(Invalid) as refusal:
                decide(office, task, actor, approve=False, opinion=opinion)
            assert [each.field for each in refusal.value.problems] == ["opinion"]
        for opinion in ("长" * 2001, "half\ud800", "nul\x00"):
            with pytest.raises(Invalid):
                decide(office, task, actor, opinion=opinion)

    def test_of_another_unit_is_not_allowed(self, office: Office) -> None:
        received = office.receives()
        for task in office.tasks(received.application_id):
            other = "sw-officer" if task.unit_code != "sw" else "qx-officer"
            with pytest.raises(NotAllowed):
                decide(office, task, office.actor(other))
            with pytest.raises(NotAllowed), office.sits() as sitting:
                review.take(sitting, task_id=task.id, actor=office.actor(other))
        assert {task.status for task in office.tasks(received.application_id)} == {"open"}

    def test_of_a_district_covers_its_own_area_only(self, office: Office) -> None:
        received = office.receives(office.body(area_code="dw"))
        task = next(each for each in office.tasks(received.application_id) if each.unit_code == "dw-zj")

        with pytest.raises(NotAllowed):
            decide(office, task, office.actor("gx-zj-officer"))

    def test_on_nothing_is_not_found(self, office: Office) -> None:
        received = office.receives()
        with pytest.raises(NotFound), office.sits() as sitting:
            review.decide(
                sitting,
                task_id=received.application_id,
                actor=office.actor("zj-officer"),
                approve=True,
                opinion="同意",
            )

    def test_on_what_has_changed_since_it_was_read_is_a_conflict(self, office: Office) -> None:
        received = office.receives()
        task = office.tasks(received.application_id)[0]
        actor = office.actor(f"{task.unit_code}-officer")
        with office.sits() as sitting:
            review.take(sitting, task_id=task.id, actor=actor)

        with pytest.raises(Conflict):
            decide(office, task, actor, version=task.version)
        decide(office, task, actor, version=task.version + 1)

    def test_is_sealed_and_stands_in_the_trail(self, office: Office) -> None:
        received = office.receives()
        office.approves_everything(received.application_id)

        events = office.rows("select verb, unit_code, seal from audit_event order by seq")
        assert len(events) == 1 + len(office.tasks(received.application_id))
        assert all(event.seal for event in events)
        assert broken() == {}

    def test_against_ends_the_way_to_the_bill(self, office: Office) -> None:
        received = office.receives()
        office.works()
        office.confirms(received.application_id)
        objected, *others = office.tasks(received.application_id)
        office.decides(objected, approve=False, opinion="总平面图与红线不符，请更正后重新提交")
        for task in others:
            office.decides(task)
        office.works()

        assert office.bills(received.application_id) == []
        assert office.one("select status from application") == "objected"
        assert broken() == {}


class TestTakingATask:
    def test_is_for_one_officer(self, office: Office, checker: Actor) -> None:
        received = office.receives()
        task = next(each for each in office.tasks(received.application_id) if each.unit_code == "zj")
        officer = office.actor("zj-officer")

        def take(actor: Actor) -> None:
            with office.sits() as sitting:
                review.take(sitting, task_id=task.id, actor=actor)

        results = side_by_side(lambda: take(officer), lambda: take(checker))
        assert kinds(results) == {"done": 1, "Conflict": 1}
        taker, other = (officer, checker) if results[0] is None else (checker, officer)
        take(taker)
        with pytest.raises(Conflict):
            decide(office, task, other)
        with pytest.raises(Conflict), office.sits() as sitting:
            review.release(sitting, task_id=task.id, actor=other)
        with office.sits() as sitting:
            review.release(sitting, task_id=task.id, actor=taker)
        decide(office, task, other)


class TestConfirmingALine:
    def test_is_for_the_unit_whose_line_it_is_and_once(self, office: Office) -> None:
        received = office.receives()
        office.works()
        waiting = [line for line in office.lines(received.application_id) if line.state == "assessed"]
        assert {line.item_code for line in waiting} == {"RFY", "GZB"}
        for line in waiting:
            with pytest.raises(NotAllowed):
                confirm(office, line, office.actor("sw-officer"))
            own = office.actor(f"{line.unit_code}-officer")
            confirm(office, line, own)
            before = counts("audit_event")
            confirm(office, line, own)
            assert counts("audit_event") == before

    def test_waits_for_its_computation_and_for_the_version_that_was_read(self, office: Office) -> None:
        received = office.receives()
        line = next(each for each in office.lines(received.application_id) if each.item_code == "RFY")
        actor = office.actor(f"{line.unit_code}-officer")
        with pytest.raises(Conflict):
            confirm(office, line, actor)
        office.works()
        with pytest.raises(Conflict):
            confirm(office, line, actor)


class TestTheRaceOfTheLast:
    """Of those that finish together, at least one must see that everything is there; and the bill is one."""

    def prepared(self, office: Office, *, open_tasks: int, open_lines: int) -> tuple[UUID, list[Any], list[Any]]:
        received = office.receives()
        assess(office, [each.id for each in office.lines(received.application_id)])
        lines = [each for each in office.lines(received.application_id) if each.state == "assessed"]
        tasks = office.tasks(received.application_id)
        people = {each.unit_code: office.actor(f"{each.unit_code}-officer") for each in (*lines, *tasks)}
        with office.sits() as sitting:
            for line in lines[open_lines:]:
                assessment.confirm_line(sitting, line_id=line.id, actor=people[line.unit_code], version=line.version)
            for task in tasks[open_tasks:]:
                review.decide(sitting, task_id=task.id, actor=people[task.unit_code], approve=True, opinion="同意")
        assert bill_asked_for(office) == 0
        return received.application_id, tasks[:open_tasks], lines[:open_lines]

    def test_two_last_verdicts_make_one_bill(self, office: Office) -> None:
        for _ in range(RACES):
            application, (first, second), _none = self.prepared(office, open_tasks=2, open_lines=0)
            actors = [office.actor(f"{each.unit_code}-officer") for each in (first, second)]

            results = side_by_side(
                partial(decide, office, first, actors[0]),
                partial(decide, office, second, actors[1]),
            )

            assert kinds(results) == {"done": 2}
            assert bill_asked_for(office) == 1
            office.delivers(office.bells(Task.ISSUE_BILLS))
            assert len(office.bills(application)) == 1
        assert broken() == {}

    def test_the_last_verdict_and_the_last_line_make_one_bill(self, office: Office) -> None:
        for _ in range(RACES):
            application, (task,), (line,) = self.prepared(office, open_tasks=1, open_lines=1)
            actors = [office.actor(f"{each.unit_code}-officer") for each in (task, line)]

            results = side_by_side(
                partial(decide, office, task, actors[0]),
                partial(confirm, office, line, actors[1]),
            )

            assert kinds(results) == {"done": 2}
            assert bill_asked_for(office) == 1
            office.delivers(office.bells(Task.ISSUE_BILLS))
            assert len(office.bills(application)) == 1
        assert broken() == {}

    def test_the_last_verdict_and_the_last_computation_make_one_bill(self, office: Office) -> None:
        for _ in range(RACES // 3):
            received = office.receives()
            lines = office.lines(received.application_id)
            last = next(each for each in lines if each.item_code == "SNZ")
            assess(office, [each.id for each in lines if each is not last])
            office.confirms(received.application_id)
            *tasks, task = office.tasks(received.application_id)
            for each in tasks:
                office.decides(each)
            actor = office.actor(f"{task.unit_code}-officer")

            results = side_by_side(
                partial(decide, office, task, actor),
                partial(assess, office, [last.id]),
            )

            assert kinds(results) == {"done": 2}
            assert bill_asked_for(office) == 1
            office.delivers(office.bells(Task.ISSUE_BILLS))
            assert len(office.bills(received.application_id)) == 1
        assert broken() == {}

    def test_every_verdict_and_line_at_once_make_one_bill_and_one_receipt(self, office: Office) -> None:
        received = office.receives()
        office.works()
        lines = [each for each in office.lines(received.application_id) if each.state == "assessed"]
        tasks = office.tasks(received.application_id)
        people = {each.unit_code: office.actor(f"{each.unit_code}-officer") for each in (*lines, *tasks)}

        results = side_by_side(
            *[partial(decide, office, each, people[each.unit_code]) for each in tasks],
            *[partial(confirm, office, each, people[each.unit_code]) for each in lines],
        )

        assert kinds(results) == {"done": len(tasks) + len(lines)}
        office.works()
        (bill,) = office.bills(received.application_id)
        office.hears_from_bank(office.callback(bill))
        office.works()
        assert_settled(received.application_id, total_fen=E1_TOTAL_FEN)

    def test_many_workers_that_draw_up_the_same_bill_make_one(self, office: Office) -> None:
        received = office.receives()
        office.works()
        office.confirms(received.application_id)
        office.approves_everything(received.application_id)

        def draw() -> None:
            with office.sits() as sitting:
                issue_bills(sitting, [received.application_id])

        results = side_by_side(*[draw] * 8)

        assert kinds(results) == {"done": 8}
        assert len(office.bills(received.application_id)) == 1
        assert office.one("select last from number_series where series like 'bill:%'") == 1
