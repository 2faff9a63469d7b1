"""A task passed from desk to desk and from level to level: one clock, two seals, one winner of every race."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from office import Office
from watching import broken, kinds, side_by_side

from services import handover, meetings, review, timing
from services.meetings import Attendance, Verdict
from shared.domain.errors import Conflict, Invalid, NotAllowed, NotFound


@pytest.fixture
def received(office: Office) -> UUID:
    return office.receives(office.body(area_code="dw")).application_id


def task_of(office: Office, application_id: UUID, matter: str = "site-check") -> Any:
    (row,) = office.rows(
        "select * from review_task where application_id = :id and matter_code = :matter",
        id=application_id,
        matter=matter,
    )
    return row


def clock_of(office: Office, task: Any) -> Any:
    (row,) = office.rows("select * from clock where mechanism = 'matter' and subject_id = :id", id=task.id)
    return row


def passes(office: Office, task: Any, login: str, to: str, *, reason: str = "属市级权限", **more: Any) -> None:
    actor = office.actor(login)
    with office.sits() as sitting:
        handover.pass_on(sitting, task_id=task.id, actor=actor, to_unit=to, reason=reason, **more)


def decides(office: Office, task: Any, login: str) -> None:
    actor = office.actor(login)
    with office.sits() as sitting:
        review.decide(sitting, task_id=task.id, actor=actor, approve=True, opinion="同意")


class TestATaskPassedOn:
    def test_lies_on_the_other_desk_in_nobodys_hands_under_the_same_clock(self, office: Office, received: UUID) -> None:
        task = task_of(office, received)
        before = clock_of(office, task)
        actor = office.actor("dw-zj-officer")
        with office.sits() as sitting:
            review.take(sitting, task_id=task.id, actor=actor)
        office.at("2014-09-17 10:00")
        passes(office, task, "dw-zj-officer", "zj")

        after, moved = clock_of(office, task), task_of(office, received)
        assert (moved.unit_code, moved.status, moved.officer_id, moved.due_on) == ("zj", "open", None, task.due_on)
        changed = {"unit_code", "version"}
        assert {name: value for name, value in after._mapping.items() if name not in changed} == {
            name: value for name, value in before._mapping.items() if name not in changed
        }
        assert after.unit_code == "zj"
        (row,) = office.rows("select * from handover")
        assert (row.from_unit, row.to_unit, row.reason, row.task_id) == ("dw-zj", "zj", "属市级权限", task.id)

    def test_is_sealed_by_both_units_and_told_to_the_receiving_desk(self, office: Office, received: UUID) -> None:
        passes(office, task_of(office, received), "dw-zj-officer", "zj")

        events = office.rows(
            "select verb, unit_code, seal is not null as is_sealed, data from audit_event order by seq desc limit 2"
        )
        assert [(row.verb, row.unit_code, row.is_sealed) for row in reversed(events)] == [
            ("task_handed_over", "dw-zj", True),
            ("task_received", "zj", True),
        ]
        notice = office.rows("select * from notice where kind = 'handover' and to_unit = 'zj'")
        assert len(notice) == 1
        assert "属市级权限" in notice[0].body
        assert broken() == {}

    def test_is_decided_by_the_receiving_unit_and_the_case_goes_on(self, office: Office, received: UUID) -> None:
        passes(office, task_of(office, received), "dw-zj-officer", "zj")
        office.works()
        office.confirms(received)
        office.approves_everything(received)
        office.works()

        assert task_of(office, received).status == "approved"
        assert len(office.bills(received)) == 1
        assert broken() == {}

    def test_goes_back_and_forth_until_a_unit_has_passed_it_on_twice(self, office: Office, received: UUID) -> None:
        task = task_of(office, received)
        passes(office, task, "dw-zj-officer", "zj")
        passes(office, task, "zj-officer", "dw-zj")
        passes(office, task, "dw-zj-officer", "zj")
        with pytest.raises(Invalid, match="召开联席会议"):
            passes(office, task, "zj-officer", "dw-zj")
        assert office.one("select count(*) from handover") == 3

    def test_takes_the_matters_of_its_step_along(self, office: Office, received: UUID) -> None:
        task = task_of(office, received, "cg-waste")
        with office.sits() as sitting:
            sitting.session.connection().exec_driver_sql(
                "update review_task set step_code = 'together', unit_code = 'cg' "
                "where matter_code in ('cg-waste', 'sw-drainage')"
            )
        passes(office, task, "cg-officer", "sw")
        moved = office.rows("select unit_code from review_task where step_code = 'together'")
        assert [row.unit_code for row in moved] == ["sw", "sw"]
        assert office.one("select count(*) from handover") == 2

    def test_to_another_unit_is_decided_by_it_at_the_meeting_that_was_called_before(self, office: Office) -> None:
        application_id = office.receives(office.body(situations=["road_works"])).application_id
        meeting = office.one("select id from meeting")
        passes(office, task_of(office, application_id, "cg-road"), "cg-officer", "rf")
        assert office.one("select count(*) from notice where kind = 'meeting' and to_unit = 'rf'") == 1

        lead, there = office.actor("zj-officer"), {}
        for row in office.rows("select unit_code from meeting_seat"):
            there[row.unit_code] = Attendance(row.unit_code != "cg", office.account(f"{row.unit_code}-officer").id)
        assert set(there) == {"cg", "rf", "sw", "zj"}
        tasks = [task_of(office, application_id, matter).id for matter in ("cg-road", "sw-pipes")]
        with office.sits() as sitting:
            meetings.plan(sitting, meeting_id=meeting, planned_at=sitting.now, place="三楼", chair="章远山", actor=lead)
        with office.sits() as sitting:
            meetings.hold(
                sitting,
                meeting_id=meeting,
                attendance=there,
                verdicts={each: Verdict("approved", "同步实施") for each in tasks},
                discussed="逐项议定",
                actor=lead,
            )

        decided = task_of(office, application_id, "cg-road")
        assert (decided.status, decided.unit_code, decided.officer_id) == (
            "approved", "rf", office.account("rf-officer").id,
        )  # fmt: skip
        assert broken() == {}


class TestADoubleClick:
    def test_passes_it_on_once(self, office: Office, received: UUID) -> None:
        task = task_of(office, received)
        for _ in range(3):
            passes(office, task, "dw-zj-officer", "zj")
        outcomes = side_by_side(*(lambda: passes(office, task, "zj-officer", "rf") for _ in range(2)))

        assert kinds(outcomes) == {"done": 2}
        assert office.one("select count(*) from handover") == 2
        assert office.one("select count(*) from audit_event where verb = 'task_handed_over'") == 2


class TestARace:
    def test_of_a_verdict_and_a_hand_over_has_one_winner(self, office: Office, received: UUID) -> None:
        for login, unit, matter in (("rf-officer", "rf", "rf-shelter"), ("xf-officer", "xf", "xf-fire")):
            task = task_of(office, received, matter)
            actor = office.actor(login)

            def decide(task: Any = task, actor: Any = actor) -> None:
                with office.sits() as sitting:
                    review.decide(sitting, task_id=task.id, actor=actor, approve=True, opinion="同意")

            def pass_on(task: Any = task, login: str = login) -> None:
                passes(office, task, login, "zr")

            outcomes = side_by_side(decide, pass_on)
            after = task_of(office, received, matter)
            assert kinds(outcomes) == {"Conflict": 1, "done": 1}
            assert (after.unit_code, after.decided_at is not None) in ((unit, True), ("zr", False))
        assert broken() == {}

    def test_of_a_standstill_and_a_hand_over_leaves_the_clock_to_who_has_the_task(
        self, office: Office, received: UUID
    ) -> None:
        """Whoever stops the clock first has stopped it; afterwards it is another unit's."""
        for unit in ("rf", "xf", "zr", "fg", "sw"):
            matter = next(row.matter_code for row in office.tasks(received) if row.unit_code == unit)
            task, actor = task_of(office, received, matter), office.actor(f"{unit}-officer")

            def pause(task: Any = task, actor: Any = actor) -> None:
                with office.sits() as sitting:
                    timing.pause(sitting, task_id=task.id, actor=actor, kind="hearing", reason="听证")

            outcomes = side_by_side(pause, lambda task=task, unit=unit: passes(office, task, f"{unit}-officer", "st"))
            acts = office.rows(
                "select verb from audit_event where verb in ('clock_paused', 'task_handed_over') "
                "and data->>'matter' = :matter order by seq",
                matter=matter,
            )
            assert outcomes[1] is None
            assert [row.verb for row in acts] == (
                ["clock_paused", "task_handed_over"] if outcomes[0] is None else ["task_handed_over"]
            )
        assert broken() == {}

    def test_lost_by_the_hand_over_says_that_it_is_decided(self, office: Office, received: UUID) -> None:
        task = task_of(office, received, "rf-shelter")
        with office.sits() as sitting:
            sitting.session.connection().exec_driver_sql("update review_task set mode = 'single'")
        decides(office, task, "rf-officer")
        if task_of(office, received, "rf-shelter").decided_at is not None:
            with pytest.raises(Conflict, match="已有结论"):
                passes(office, task, "rf-officer", "zr")


class TestTheRules:
    @pytest.mark.parametrize(
        ("login", "matter", "to"),
        [
            ("dw-zj-officer", "site-check", "gx-zj"),
            ("dw-zj-officer", "site-check", "dw-zj"),
            ("dw-zj-officer", "site-check", "nobody"),
            ("rf-officer", "rf-shelter", "gx-zj"),
            ("rf-officer", "rf-shelter", ""),
        ],
    )
    def test_keep_a_task_from_other_districts_and_from_nowhere(
        self, office: Office, received: UUID, login: str, matter: str, to: str
    ) -> None:
        with pytest.raises(Invalid, match="请选择接收单位"):
            passes(office, task_of(office, received, matter), login, to)
        assert office.one("select count(*) from handover") == 0

    def test_let_a_city_unit_pass_to_the_city_and_to_the_projects_own_district(
        self, office: Office, received: UUID
    ) -> None:
        with office.sits() as sitting:
            to = handover.may_receive(sitting, unit_code="rf", area_code="dw")
            up = handover.may_receive(sitting, unit_code="dw-zj", area_code="dw")
        assert [unit.code for unit in to if unit.level == "district"] == ["dw-zj"]
        assert "rf" not in {unit.code for unit in to}
        assert {unit.level for unit in up} == {"city"}
        passes(office, task_of(office, received, "rf-shelter"), "rf-officer", "dw-zj")

    def test_want_a_reason(self, office: Office, received: UUID) -> None:
        with pytest.raises(Invalid, match="请写明移交的理由"):
            passes(office, task_of(office, received), "dw-zj-officer", "zj", reason="  ")
        with pytest.raises(Invalid, match="不能超过 500 字"):
            passes(office, task_of(office, received), "dw-zj-officer", "zj", reason="长" * 501)

    def test_pass_nothing_to_a_unit_in_which_nobody_can_act(self, office: Office, received: UUID) -> None:
        with office.sits() as sitting:
            sitting.session.connection().exec_driver_sql("update account set is_active = false where unit_code = 'rf'")
        with pytest.raises(Invalid, match="没有可以办理的人员"):
            passes(office, task_of(office, received), "dw-zj-officer", "rf")

    def test_know_the_wrong_hands(self, office: Office, received: UUID) -> None:
        task = task_of(office, received, "rf-shelter")
        with pytest.raises(NotAllowed):
            passes(office, task, "zj-officer", "zr")
        with pytest.raises(Conflict, match="刚刚有变化"):
            passes(office, task, "rf-officer", "zr", version=task.version + 1)
        actor = office.actor("rf-checker")
        with office.sits() as sitting:
            review.take(sitting, task_id=task.id, actor=actor)
        with pytest.raises(Conflict, match="已由他人认领"):
            passes(office, task, "rf-officer", "zr")

    def test_keep_what_is_being_checked_or_reported_where_it_is(self, office: Office, received: UUID) -> None:
        task = task_of(office, received, "rf-shelter")
        officer = office.account("rf-officer").id
        for state, words in (("checking", "已提交复核"), ("forwarded", "已转报上级")):
            with office.sits() as sitting:
                sitting.session.connection().exec_driver_sql(
                    "update review_task set status = %s, officer_id = %s, first_verdict = 'approved' where id = %s",
                    (state, officer, task.id),
                )
            with pytest.raises(Conflict, match=words):
                passes(office, task, "rf-officer", "zr")

    def test_do_not_let_a_district_touch_another_districts_task(self, office: Office, received: UUID) -> None:
        actor = office.actor("gx-zj-officer")
        task = task_of(office, received)
        from services.sitting import sitting

        with pytest.raises(NotFound), sitting(area="gx") as district:
            handover.pass_on(district, task_id=task.id, actor=actor, to_unit="zj", reason="试试")
