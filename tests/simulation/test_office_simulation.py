"""Any sequence of a bad month: Hypothesis submits, decides, delivers, duplicates, loses, pays wrongly and wipes.

After each step every invariant of the office must hold; at the end the rest is delivered and every
application that could be finished is. A failure prints the steps that led to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)
from office import E1_TOTAL_FEN, WORK, Message, Office
from simulating import on, run
from sqlalchemy import Engine, text
from watching import Sums, as_owner, broken, forget_everything, sums

from services import assessment, review
from services.intake import KeyTaken
from shared.db import invariants
from shared.db.engine import unit_of_work
from shared.domain.errors import Conflict, VerdictAlreadyGiven
from shared.tasks import Task
from workers import batches

SEED = 20140915
EXAMPLES = 14
STEPS = 30
APPLICATIONS_MAX = 3
STAGES = ("billed", "almost decided", "assessed", "received")


class OfficeMachine(RuleBasedStateMachine):
    """The office; messages are rung by hand, so that any of them may be late, twice, or lost."""

    office: Office
    eye: Engine
    applications = Bundle("applications")
    bells = Bundle("bells")
    callbacks = Bundle("callbacks")

    def __init__(self) -> None:
        super().__init__()
        self.bodies: dict[str, Any] = {}
        self.received: dict[str, Any] = {}
        self.objected: set[UUID] = set()

    @initialize(target=applications, first=st.sampled_from(STAGES), second=st.sampled_from(STAGES))
    def begin(self, first: str, second: str) -> Any:
        """Two applications to begin with: Hypothesis leaves rules out at random, `submit` among them."""
        note(f"seed {SEED}")
        return multiple(self.submitted(first), self.submitted(second))

    @precondition(lambda self: len(self.received) < APPLICATIONS_MAX)
    @rule(target=applications, stage=st.sampled_from(STAGES))
    def submit(self, stage: str) -> UUID:
        return self.submitted(stage)

    def submitted(self, stage: str) -> UUID:
        """A new application, perhaps already some way along, so that few steps lead far."""
        key = f"key-{UUID(int=len(self.received))}"
        self.bodies[key] = self.office.body()
        self.received[key] = self.office.receives(self.bodies[key], key=key)
        application_id: UUID = self.received[key].application_id
        if stage != "received":
            self.office.works()
        if stage in ("almost decided", "billed"):
            self.office.confirms(application_id)
            for task in self.office.tasks(application_id)[1:]:
                self.office.decides(task)
        if stage == "billed":
            self.office.approves_everything(application_id)
            self.office.works()
        return application_id

    @precondition(lambda self: self.received)
    @rule(data=st.data(), honest=st.booleans())
    def submit_again(self, data: st.DataObject, honest: bool) -> None:
        key = data.draw(st.sampled_from(sorted(self.received)))
        if honest:
            again = self.office.receives(self.bodies[key], key=key)
            assert again.repeated
            assert again.number == self.received[key].number
            return
        with pytest.raises(KeyTaken):
            self.office.receives(self.bodies[key] | {"site": "另一处"}, key=key)

    @rule(target=bells, size=st.integers(1, 12))
    def ring(self, size: int) -> Any:
        """The relay rings for what is open, in messages of some size."""
        by_task: dict[str, list[int]] = {}
        for bell in self.office.bells():
            if bell.task in WORK:
                by_task.setdefault(bell.task, []).extend(bell.ids)
        return multiple(
            *[
                Message(task, tuple(ids[start : start + size]))
                for task, ids in by_task.items()
                for start in range(0, len(ids), size)
            ]
        )

    @rule(message=consumes(bells))
    def deliver(self, message: Message) -> None:
        self.office.delivers([message])

    @rule(message=bells)
    def deliver_and_keep_for_later(self, message: Message) -> None:
        self.office.delivers([message])

    @rule(message=consumes(bells))
    def lose(self, message: Message) -> None:
        """The bell is lost; its rows are not."""

    @rule(message=bells)
    def crash_in(self, message: Message) -> None:
        """The worker is killed after the work and before the commit; much later the lease has lapsed."""

        class Killed(BaseException):
            pass

        def work(sitting: Any, subjects: list[UUID]) -> None:
            WORK[message.task](sitting, subjects)
            raise Killed

        try:
            batches.run(work, message.ids)
        except Killed:
            with as_owner() as session:
                session.execute(text("update outbox set lease_until = now(), attempts = 1 where lease is not null"))

    @rule(application=applications, data=st.data(), approve=st.sampled_from([True] * 9 + [False]))
    def decide(self, application: UUID, data: st.DataObject, approve: bool) -> None:
        task = data.draw(st.sampled_from(self.office.tasks(application)))
        actor = self.office.actor(f"{task.unit_code}-officer")
        try:
            with self.office.sits() as sitting:
                review.decide(
                    sitting, task_id=task.id, actor=actor, approve=approve, opinion="同意" if approve else "缺图"
                )
        except VerdictAlreadyGiven:
            assert task.status == ("objected" if approve else "approved")
            return
        if not approve:
            self.objected.add(application)

    @rule(application=applications)
    def decide_everything_else(self, application: UUID) -> None:
        self.office.approves_everything(application)

    @rule(application=applications, data=st.data())
    def confirm(self, application: UUID, data: st.DataObject) -> None:
        line = data.draw(st.sampled_from(self.office.lines(application)))
        actor = self.office.actor(f"{line.unit_code}-officer")
        try:
            with self.office.sits() as sitting:
                assessment.confirm_line(sitting, line_id=line.id, actor=actor, version=line.version)
        except Conflict:
            assert line.state == "pending"

    @rule(
        target=callbacks,
        application=applications,
        wrong=st.sampled_from([{"amount": "1.00"}, {}, {}, {"bill_number": "瀚一单缴〔2014〕999号"}]),
    )
    def pay(self, application: UUID, wrong: dict[str, str]) -> Any:
        """The bank reports money: rightly, with a wrong amount, or for a wrong bill; perhaps the second time."""
        found = [self.office.callback(bill, **wrong) for bill in self.office.bills(application)]
        for callback in found:
            self.office.hears_from_bank(callback)
        return multiple(*found)

    @rule(callback=callbacks)
    def report_again(self, callback: bytes) -> None:
        self.office.hears_from_bank(callback)

    @rule()
    def sweep(self) -> None:
        """Time passes: nothing is in anybody's hands any more, and what was rung is rung again."""
        with as_owner() as session:
            session.execute(text("update outbox set not_before = now(), lease_until = null where done_at is null"))
        batches.give_up_spent()

    @invariant()
    def holds(self) -> None:
        with unit_of_work(on=self.eye) as session:
            for each in invariants.INVARIANTS:
                _, found = invariants.check(session, each)
                assert not found, f"{each.id}: {found}"
            for submitted in self.received.values():
                self.adds_up(sums(submitted.application_id, session=session))

    @staticmethod
    def adds_up(books: Sums) -> None:
        assert books.bill_count <= 1
        assert books.receipt_count <= books.payment_count <= books.bill_count
        assert books.postings == books.payments
        if books.bill_count:
            assert books.bills == books.lines == E1_TOTAL_FEN
        if books.payment_count:
            assert books.payments == books.bills
        if books.receipt_count:
            assert books.receipts == books.bills

    def teardown(self) -> None:
        """Everything is delivered in the end: what nobody objected to is billed, paid and receipted."""
        try:
            self.sweep()
            self.office.works()
            for submitted in self.received.values():
                self.office.confirms(submitted.application_id)
                self.office.approves_everything(submitted.application_id)
            self.office.works()
            for submitted in self.received.values():
                for bill in self.office.bills(submitted.application_id):
                    if bill.status == "issued":
                        self.office.hears_from_bank(self.office.callback(bill))
            self.office.works()
            for submitted in self.received.values():
                is_finished = submitted.application_id not in self.objected
                assert sums(submitted.application_id).receipt_count == is_finished
            assert not [bell for bell in self.office.bells() if bell.task != Task.PRODUCE_DOCUMENTS]
            assert broken() == {}
        finally:
            forget_everything()


@pytest.fixture
def machine(office: Office) -> Iterator[type[OfficeMachine]]:
    with on(OfficeMachine, office) as machine:
        yield machine


class TestAnyMonth:
    def test_ends_with_one_bill_one_payment_and_one_receipt_each(self, machine: type[OfficeMachine]) -> None:
        run(machine, seed=SEED, examples=EXAMPLES, steps=STEPS)
