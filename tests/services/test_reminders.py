"""Reminders and the ladder: each step once for its due date, in order, however late or however many the schedulers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from office import Office
from sqlalchemy import text
from watching import as_owner, broken, side_by_side

from services import notices, review, timing
from services.sitting import sitting as sit
from shared.db import clocks
from shared.dispatch import SMS_LENGTH_MAX
from shared.domain.clocks import Kind, Mechanism
from workers import batches
from workers.clock import look_once

WHOLE_LADDER = ["hint", "amber", "red", "officer", "chief", "lead", "supervisor", "meeting"]


@pytest.fixture
def received(office: Office) -> UUID:
    return office.receives().application_id


def task_of(office: Office, application_id: UUID, matter: str = "rf-shelter") -> Any:
    return next(each for each in office.tasks(application_id) if each.matter_code == matter)


def steps(office: Office, subject_id: UUID) -> list[str]:
    """What one clock has reached, in order."""
    rows = office.rows(
        "select s.step, s.reached_on from clock_step s join clock c on c.id = s.clock_id where c.subject_id = :id "
        "order by s.due_on, s.reached_on, array_position(array['hint','amber','red','officer','chief','lead',"
        "'supervisor','meeting'], s.step)",
        id=subject_id,
    )
    return [row.step for row in rows]


def told(office: Office, step: str, subject_id: UUID) -> set[str]:
    """Who was told of a step of one clock in the application: log-ins and units."""
    rows = office.rows(
        "select coalesce(p.login, n.to_unit) as who from notice_line l "
        "join clock c on l.key like 'step:' || c.id || ':%' "
        "join notice n on n.key = l.told_as || ':' || l.mark and n.channel = 'app' and n.kind = l.kind "
        "left join account p on p.id = n.to_account where c.subject_id = :id and n.kind = :kind",
        id=subject_id,
        kind=f"step_{step}",
    )
    return {row.who for row in rows}


def duplicates(office: Office) -> list[Any]:
    return office.rows(
        "select clock_id, step, due_on, count(*) from clock_step group by 1, 2, 3 having count(*) > 1"
    ) + office.rows("select key, channel, count(*) from notice group by 1, 2 having count(*) > 1")


class TestSteps:
    def test_come_on_their_day_and_not_before(self, office: Office, received: UUID) -> None:
        task = task_of(office, received)
        seen = {}
        for day in ("18", "19", "22", "23", "24", "25", "26", "28"):
            office.at(f"2014-09-{day} 00:01")
            look_once()
            seen[day] = len(steps(office, task.id))

        assert seen == {"18": 0, "19": 1, "22": 2, "23": 5, "24": 6, "25": 7, "26": 7, "28": 8}
        assert steps(office, task.id) == WHOLE_LADDER
        assert (
            office.rows("select step from clock_step where reached_on > (at at time zone 'Asia/Shanghai')::date") == []
        )

    @pytest.mark.usefixtures("received")
    def test_change_nothing_when_looked_for_again(self, office: Office) -> None:
        office.at("2014-09-25 09:00")
        assert look_once() > 0
        before = office.rows("select (select count(*) from clock_step), (select count(*) from notice)")
        assert [look_once() for _ in range(3)] == [0, 0, 0]
        assert office.rows("select (select count(*) from clock_step), (select count(*) from notice)") == before

    def test_are_told_to_those_they_are_for(self, office: Office, received: UUID) -> None:
        task = task_of(office, received)
        actor = office.actor("rf-officer")
        with office.sits() as sitting:
            review.take(sitting, task_id=task.id, actor=actor)
        office.at("2014-09-28 09:00")
        look_once()

        assert {step: told(office, step, task.id) for step in WHOLE_LADDER} == {
            "hint": {"rf-officer"},
            "amber": {"rf-officer"},
            "red": {"rf"},
            "officer": {"rf-officer"},
            "chief": {"rf-chief"},
            "lead": {"zj"},
            "supervisor": {"leader"},
            "meeting": {"leader", "zj"},
        }
        assert (
            office.rows("select m.phone from sms_message m") == []
        )  # the gateway is asked by a worker, not by the scheduler
        assert office.one("select count(*) from notice where kind = 'step_chief' and channel = 'sms'") > 0

    def test_of_a_task_that_nobody_took_go_to_the_desk(self, office: Office, received: UUID) -> None:
        task = task_of(office, received)
        office.at("2014-09-23 09:00")
        look_once()
        assert told(office, "hint", task.id) == {"rf"}
        assert told(office, "officer", task.id) == {"rf-officer"}

    def test_of_a_unit_without_window_reach_its_head_and_liaison(self, office: Office, received: UUID) -> None:
        with as_owner() as session:
            session.execute(text("update clock set unit_code = 'sn' where subject_id = :id"), {"id": received})
        office.at("2014-09-23 09:00")
        look_once()
        assert told(office, "chief", received) == {"sn-head", "sn-officer"}

    def test_of_the_whole_review_are_the_lead_windows(self, office: Office, received: UUID) -> None:
        office.at("2014-09-22 09:00")
        look_once()
        assert steps(office, received) == ["hint", "amber"]
        assert told(office, "amber", received) == {"zj"}

    def test_end_with_a_joint_meeting_called_once_about_all_that_is_late(self, office: Office, received: UUID) -> None:
        office.decides(task_of(office, received, "xf-fire"))
        office.at("2014-09-28 09:00")
        look_once()
        look_once()

        (case,) = office.rows("select reason, application_id from case_item where kind = 'meeting_due'")
        assert "请召开联席会议" in case.reason
        assert "消防" not in case.reason
        (meeting,) = office.rows("select id, kind from meeting where application_id = :id", id=received)
        assert meeting.kind == "escalation"
        assert office.one("select count(*) from notice where kind = 'meeting' and to_unit = 'rf'") == 1


def in_app(office: Office, who: str) -> list[Any]:
    """What somebody, or a unit's desk, was told of the ladder in the application, in order."""
    return office.rows(
        "select n.kind, n.title, n.body, n.href, n.application_id from notice n left join account p "
        "on p.id = n.to_account where coalesce(p.login, n.to_unit) = :who and n.channel = 'app' "
        "and n.kind like 'step\\_%' order by n.recorded_at",
        who=who,
    )


class TestWhatOnePassFinds:
    def test_is_one_notice_for_each_person_and_step_that_lists_every_application(self, office: Office) -> None:
        numbers = [office.receives().number for _ in range(3)]
        office.at("2014-09-28 09:00")
        look_once()

        found = in_app(office, "leader")
        assert [row.kind for row in found] == ["step_supervisor", "step_meeting"]
        late = office.one("select count(*) from clock_step where step = 'supervisor'")
        assert late > 20
        assert found[0].title.startswith(f"{late} 项超期，报")
        assert found[0].href == "/board/tasks?light=red"
        assert found[0].application_id is None
        first, *lines = found[0].body.splitlines()
        assert first == "请督办。"
        assert len(lines) == len(set(lines)) == late
        assert {line.split()[0] for line in lines} == set(numbers)
        assert [row.kind for row in in_app(office, "rf")] == ["step_hint", "step_amber", "step_red"]
        assert duplicates(office) == []
        assert broken() == {}

    def test_stays_the_notice_of_the_one_case_where_it_is_one(self, office: Office, received: UUID) -> None:
        office.at("2014-09-23 09:00")
        look_once()
        (found,) = (row for row in in_app(office, "rf") if row.kind == "step_red")
        number = office.one("select number from application")
        assert found.title == f"{number} 防空地下室设计审查已超过承诺时限"
        assert found.application_id == received
        assert found.href == f"/desk/tasks/{task_of(office, received).id}"

    def test_is_told_in_several_where_one_would_be_too_long(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(3):
            office.receives()
        monkeypatch.setattr(notices, "LINES_MAX", 2)
        office.at("2014-09-23 09:00")
        look_once()
        titles = [row.title for row in in_app(office, "rf") if row.kind == "step_red"]
        assert len(titles) == 2
        assert titles[0].startswith("2 项")
        assert office.one("select count(*) from notice_line where told_as = ''") == 0

    def test_is_not_told_again_by_the_next(self, office: Office, received: UUID) -> None:
        office.at("2014-09-23 09:00")
        look_once()
        (first,) = (row for row in in_app(office, "rf-chief") if row.kind == "step_chief")
        other = office.receives().application_id
        office.at("2014-09-30 09:00")
        look_once()
        _first, second = (row for row in in_app(office, "rf-chief") if row.kind == "step_chief")
        assert (first.application_id, second.application_id) == (received, other)

    def test_says_an_sms_as_far_as_it_carries(self, office: Office) -> None:
        for _ in range(3):
            office.receives()
        office.at("2014-09-23 09:00")
        look_once()
        bells = [bell for bell in office.bells() if bell.task == "send_notices"]
        for bell in bells:
            batches.run_each(notices.to_send, notices.send, notices.record, bell.ids)
        texts = office.rows("select text from sms_message where text like '3 项%'")
        assert texts
        assert all(len(row.text) <= SMS_LENGTH_MAX for row in texts)
        assert all(row.text.endswith("……登录系统查看全部") for row in texts if len(row.text) == SMS_LENGTH_MAX)


class TestALateScheduler:
    @pytest.mark.parametrize(
        ("before", "after", "expected"),
        [
            # 70 minutes over midnight: the red day has begun.
            ("2014-09-22 23:20", "2014-09-23 00:30", WHOLE_LADDER[:5]),
            ("2014-09-19 09:00", "2014-09-24 09:00", WHOLE_LADDER[:6]),
            ("2014-09-15 10:00", "2014-12-01 09:00", WHOLE_LADDER),
        ],
    )
    def test_misses_nothing_and_repeats_nothing(
        self, office: Office, received: UUID, before: str, after: str, expected: list[str]
    ) -> None:
        task = task_of(office, received)
        office.at(before)
        look_once()
        office.at(after)
        look_once()

        assert steps(office, task.id) == expected
        assert duplicates(office) == []

    def test_writes_the_day_on_which_each_step_was_due(self, office: Office, received: UUID) -> None:
        office.at("2014-10-09 09:00")
        look_once()
        rows = office.rows(
            "select s.step, s.reached_on from clock_step s join clock c on c.id = s.clock_id "
            "where c.subject_id = :id order by s.reached_on",
            id=task_of(office, received).id,
        )
        assert {row.step: f"{row.reached_on:%m-%d}" for row in rows} == {
            "hint": "09-19", "amber": "09-22", "red": "09-23", "officer": "09-23", "chief": "09-23", "lead": "09-24",
            "supervisor": "09-25", "meeting": "09-28",
        }  # fmt: skip


class TestThreeSchedulers:
    def test_do_together_what_one_does(self, office: Office) -> None:
        received = [office.receives().application_id for _ in range(4)]
        office.at("2014-09-28 09:00")
        found = side_by_side(*[look_once] * 3)
        assert not [each for each in found if isinstance(each, Exception)]
        look_once()

        for each in received:
            assert steps(office, task_of(office, each).id) == WHOLE_LADDER
        assert duplicates(office) == []
        assert sum(found) <= office.one("select count(*) from clock_step")

    def test_do_not_wait_for_an_officer_who_is_at_it(self, office: Office, received: UUID) -> None:
        office.at("2014-09-23 09:00")
        with sit() as holding:
            from shared.db import cases

            cases.lock_one(holding.session, received)
            assert look_once() == 0
        assert look_once() > 0


class TestAClockThatDoesNotRun:
    def test_does_not_climb(self, office: Office, received: UUID) -> None:
        stopped, paused = task_of(office, received, "xf-fire"), task_of(office, received)
        office.at("2014-09-16 09:00")
        office.decides(stopped)
        hearing(office, paused, is_over=False)
        office.at("2014-10-20 09:00")
        look_once()
        assert steps(office, stopped.id) == steps(office, paused.id) == steps(office, received) == []

    def test_climbs_on_from_where_it_stood(self, office: Office, received: UUID) -> None:
        task = task_of(office, received)
        office.at("2014-09-23 09:00")
        look_once()
        hearing(office, task, is_over=False)
        office.at("2014-09-26 09:00")
        look_once()
        assert steps(office, task.id)[-1] == "chief"
        hearing(office, task, is_over=True)
        look_once()
        assert steps(office, task.id)[-1] == "chief"
        office.at("2014-09-28 09:00")
        look_once()
        assert steps(office, task.id)[-1] == "lead"
        assert look_once() == 0

    def test_dated_anew_starts_anew(self, office: Office, received: UUID) -> None:
        task = task_of(office, received)
        office.at("2014-09-23 09:00")
        look_once()
        extend(office, task, 5)
        look_once()
        assert steps(office, task.id) == WHOLE_LADDER[:5]
        office.at("2014-09-28 09:00")
        look_once()
        assert steps(office, task.id) == [*WHOLE_LADDER[:5], "hint", "amber"]


class TestWhatTheApplicantOwes:
    def test_is_asked_of_the_applicant_and_climbs_no_higher_than_the_desk(self, office: Office, received: UUID) -> None:
        from uuid import uuid4

        promise = uuid4()
        with office.sits() as sitting:
            clocks.add(
                sitting.session,
                [
                    clocks.new(
                        sitting.city,
                        application_id=received,
                        mechanism=Mechanism.COMMITMENT,
                        kind=Kind.ORDINARY,
                        subject_id=promise,
                        unit_code="rf",
                        days=2,
                        now=sitting.now,
                    )
                ],
            )
        office.at("2014-09-26 09:00")
        look_once()
        assert steps(office, promise) == ["hint", "amber", "red", "officer"]
        assert told(office, "red", promise) == {"applicant"}
        assert told(office, "officer", promise) == {"rf-officer"}


class TestAUnitWithoutOfficers:
    def test_still_climbs_the_ladder(self, office: Office, received: UUID) -> None:
        leaves("rf-officer")
        office.at("2014-09-28 09:00")
        look_once()
        assert steps(office, task_of(office, received).id) == WHOLE_LADDER


class TestAYearWithoutCalendar:
    def test_still_brings_hint_amber_and_red_and_a_case(self, office: Office) -> None:
        office.at("2026-12-18 09:00")
        received = office.receives().application_id
        office.at("2027-01-05 09:00")
        look_once()
        assert steps(office, task_of(office, received).id) == WHOLE_LADDER[:4]
        assert "2027" in office.one("select reason from case_item where kind = 'calendar_missing'")
        assert look_once() == 0


def leaves(login: str) -> None:
    with as_owner() as session:
        session.execute(text("update account set is_active = false where login = :login"), {"login": login})


def hearing(office: Office, task: Any, *, is_over: bool) -> None:
    actor = office.actor(f"{task.unit_code}-officer")
    with office.sits() as sitting:
        if is_over:
            timing.resume(sitting, task_id=task.id, actor=actor, kind="hearing")
        else:
            timing.pause(sitting, task_id=task.id, actor=actor, kind="hearing", reason="听证")


def extend(office: Office, task: Any, days: int) -> None:
    asking, granting = office.actor(f"{task.unit_code}-officer"), office.actor(f"{task.unit_code}-chief")
    with office.sits() as sitting:
        timing.ask_extension(sitting, task_id=task.id, actor=asking, days=days, reason="核实")
    extension_id = office.one("select id from clock_extension")
    with office.sits() as sitting:
        timing.decide_extension(sitting, extension_id=extension_id, actor=granting, grant=True)
