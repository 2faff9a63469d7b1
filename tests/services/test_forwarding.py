"""转报: the unit agrees, a higher organ has the last word, and nobody forgets to ask for it."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from office import Office
from watching import broken, counts, kinds, side_by_side

from services import forwarding, review
from shared.db.trail import Actor
from shared.domain.errors import Conflict, Invalid, NotAllowed, VerdictAlreadyGiven


def task_of(office: Office, application_id: UUID, matter: str = "sw-river") -> Any:
    return office.rows(
        "select * from review_task where application_id = :id and matter_code = :matter",
        id=application_id,
        matter=matter,
    )[0]


def forward(office: Office, task: Any, actor: Actor, **more: Any) -> None:
    said = {"opinion": "拟同意", "follow_up_on": date(2014, 9, 22), **more}
    with office.sits() as sitting:
        forwarding.forward(sitting, task_id=task.id, actor=actor, **said)


def answer(office: Office, task: Any, actor: Actor, *, approved: bool = True, **more: Any) -> None:
    with office.sits() as sitting:
        note = more.pop("note", "鲁水许〔2014〕88号同意")
        forwarding.answer(sitting, task_id=task.id, actor=actor, approved=approved, note=note, **more)


def follow_up(office: Office, task: Any, actor: Actor, next_on: date, **more: Any) -> None:
    with office.sits() as sitting:
        forwarding.follow_up(
            sitting, task_id=task.id, actor=actor, note=more.pop("note", "电话催办"), next_on=next_on, **more
        )


def clock_of(office: Office, task: Any) -> Any:
    return office.rows("select * from clock where subject_id = :id", id=task.id)[0]


@pytest.fixture
def river(office: Office) -> UUID:
    """An application whose river works the province decides."""
    office.at("2014-09-15 09:00")
    return office.receives(office.body(situations=["river_works"])).application_id


@pytest.fixture
def reported(office: Office, river: UUID) -> Any:
    """The same, reported upwards by the chief himself."""
    forward(office, task_of(office, river), office.actor("sw-chief"))
    return task_of(office, river)


class TestAReport:
    def test_is_proposed_first_where_the_chief_must_check(self, office: Office, river: UUID) -> None:
        task = task_of(office, river)
        forward(office, task, office.actor("sw-officer"), organ="", reference="瀚水报〔2014〕3号")
        assert task_of(office, river).status == "checking"
        assert clock_of(office, task).state == "running"

        with office.sits() as sitting:
            review.check(sitting, task_id=task.id, actor=office.actor("sw-chief"), confirm=True)

        assert task_of(office, river).status == "forwarded"
        (wait,) = office.rows("select * from external_wait")
        assert (wait.authority, wait.reference_number) == ("省水利厅（样张）", "瀚水报〔2014〕3号")
        assert wait.follow_up_on == date(2014, 9, 22)
        assert broken() == {}

    def test_stops_the_clock_until_the_answer_is_the_verdict(self, office: Office, reported: Any) -> None:
        assert clock_of(office, reported).state == "paused"
        assert office.one("select kind from clock_pause where clock_id = :id", id=clock_of(office, reported).id) == (
            "forwarded"
        )
        office.at("2014-09-25 15:00")

        answer(office, reported, office.actor("sw-officer"))

        done = task_of(office, reported.application_id)
        assert (done.status, done.opinion) == ("approved", "鲁水许〔2014〕88号同意")
        assert clock_of(office, reported).state == "stopped"
        (event,) = office.rows("select * from audit_event where verb = 'matter_approved'")
        assert (event.data["authority"], bool(event.seal)) == ("省水利厅（样张）", True)
        assert broken() == {}

    def test_ends_in_an_objection_with_reason_and_way_when_the_answer_is_no(
        self, office: Office, reported: Any
    ) -> None:
        with pytest.raises(Invalid):
            answer(office, reported, office.actor("sw-officer"), approved=False, note="不同意", way=" ")
        answer(office, reported, office.actor("sw-officer"), approved=False, note="占用行洪断面", way="退后十米")

        assert task_of(office, reported.application_id).way == "退后十米"
        assert office.one("select status from application") == "objected"
        assert office.one("select answer from external_wait") == "refused"
        assert broken() == {}

    def test_repeated_changes_nothing(self, office: Office, reported: Any) -> None:
        before = counts("audit_event", "external_wait", "clock_pause")
        forward(office, reported, office.actor("sw-chief"))
        assert counts("audit_event", "external_wait", "clock_pause") == before

        answer(office, reported, office.actor("sw-officer"))
        before = counts("audit_event", "external_wait", "clock_pause")
        answer(office, reported, office.actor("sw-officer"))
        assert counts("audit_event", "external_wait", "clock_pause") == before
        with pytest.raises(Conflict):
            answer(office, reported, office.actor("sw-officer"), approved=False, note="不行", way="改")

    def test_is_answered_once_when_two_record_it_at_once(self, office: Office, reported: Any) -> None:
        results = side_by_side(
            partial(answer, office, reported, office.actor("sw-officer")),
            partial(answer, office, reported, office.actor("sw-chief"), approved=False, note="不行", way="改道"),
        )

        assert kinds(results) == {"done": 1, "Conflict": 1}
        assert office.one("select count(*) from audit_event where verb in ('matter_approved', 'matter_objected')") == 1
        assert broken() == {}

    def test_is_refused_without_an_organ_an_opinion_or_a_day_ahead(self, office: Office, river: UUID) -> None:
        officer = office.actor("sw-officer")
        drains = task_of(office, river, "sw-drainage")
        for more, field in (
            ({"follow_up_on": date(2014, 9, 15)}, "follow_up_on"),
            ({"opinion": ""}, "opinion"),
            ({}, "authority"),
            ({"organ": "省\x00厅"}, "authority"),
        ):
            with pytest.raises(Invalid) as refused:
                forward(office, drains, officer, **more)
            assert [each.field for each in refused.value.problems] == [field]
        with pytest.raises(NotAllowed):
            forward(office, drains, office.actor("rf-officer"), organ="省厅")
        assert office.one("select count(*) from external_wait") == 0

    def test_keeps_everybody_from_deciding_meanwhile(self, office: Office, reported: Any) -> None:
        for login in ("sw-officer", "sw-chief"):
            with pytest.raises(Conflict, match="转报"), office.sits() as sitting:
                review.decide(sitting, task_id=reported.id, actor=office.actor(login), approve=True, opinion="同意")
        with pytest.raises(NotAllowed):
            answer(office, reported, office.actor("rf-officer"))


class TestFollowingUp:
    def test_keeps_who_asked_and_sets_the_next_day(self, office: Office, reported: Any) -> None:
        follow_up(office, reported, office.actor("sw-officer"), date(2014, 9, 26), version=0)

        (wait,) = office.rows("select * from external_wait")
        assert wait.follow_up_on == date(2014, 9, 26)
        assert (wait.follow_ups[0]["by"], wait.follow_ups[0]["note"]) == ("罗雯", "电话催办")
        assert broken() == {}

    def test_clicked_twice_is_one(self, office: Office, reported: Any) -> None:
        once = partial(follow_up, office, reported, office.actor("sw-officer"), date(2014, 9, 26), version=0)

        assert kinds(side_by_side(once, once)) == {"done": 1, "Conflict": 1}
        assert len(office.one("select follow_ups from external_wait")) == 1

    def test_needs_a_note_a_day_ahead_and_something_to_wait_for(self, office: Office, reported: Any) -> None:
        officer = office.actor("sw-officer")
        for more in ({"note": " "}, {"next_on": date(2014, 9, 15)}):
            with pytest.raises(Invalid):
                follow_up(office, reported, officer, **{"next_on": date(2014, 9, 26), **more})
        answer(office, reported, officer)
        with pytest.raises(Conflict):
            follow_up(office, reported, officer, date(2014, 9, 26))

    def test_is_called_for_once_for_each_date_however_late(self, office: Office, reported: Any) -> None:
        def urge() -> int:
            with office.sits() as sitting:
                forwarding.urge_due(sitting)
            return int(office.one("select count(*) from notice where kind = 'report_due' and channel = 'app'"))

        assert urge() == 0
        office.at("2014-09-24 09:00")
        told = urge()
        assert told == 2  # who reported it, and the desk
        assert urge() == told

        follow_up(office, reported, office.actor("sw-officer"), date(2014, 9, 26))
        assert urge() == told
        office.at("2014-09-26 09:00")
        assert urge() == 2 * told

        answer(office, reported, office.actor("sw-officer"))
        office.at("2014-10-08 09:00")
        assert urge() == 2 * told


class TestAVerdictThatWasGiven:
    def test_cannot_become_a_report(self, office: Office, river: UUID) -> None:
        task = task_of(office, river, "sw-drainage")
        office.decides(task)

        with pytest.raises(VerdictAlreadyGiven):
            forward(office, task, office.actor("sw-officer"), organ="省水利厅（样张）")
