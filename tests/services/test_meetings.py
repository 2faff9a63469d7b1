"""Joint meetings: planned, attended, and all their matters decided in one transaction, once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from office import Office
from watching import broken, counts, kinds, side_by_side

from services import meetings, records
from services.meetings import Attendance, Verdict
from shared.db import clock
from shared.domain.errors import Conflict, Invalid, NotAllowed, NotFound

PLACE = "政务服务中心三楼会议室"
DISCUSSED = "管线迁改与占道挖掘同步实施，夜间恢复通行。"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=clock.CHINA)


def meeting_of(office: Office, application_id: UUID, kind: str = "mutual") -> Any:
    (meeting,) = office.rows(
        "select * from meeting where application_id = :id and kind = :kind", id=application_id, kind=kind
    )
    return meeting


def task_of(office: Office, application_id: UUID, matter: str) -> Any:
    (task,) = office.rows(
        "select * from review_task where application_id = :id and matter_code = :matter",
        id=application_id,
        matter=matter,
    )
    return task


def plan(
    office: Office, meeting_id: UUID, *, when: str = "2014-09-16 14:30", login: str = "zj-officer", **more: Any
) -> None:
    with office.sits() as sitting:
        meetings.plan(
            sitting,
            meeting_id=meeting_id,
            planned_at=at(when),
            place=more.pop("place", PLACE),
            chair=more.pop("chair", "章远山"),
            actor=office.actor(login),
            **more,
        )


def came(office: Office, *units: str, absent: tuple[str, ...] = ()) -> dict[str, Attendance]:
    """These units came, each with its officer speaking; those did not."""
    there = {unit: Attendance(True, office.account(f"{unit}-officer").id) for unit in units}
    return there | {unit: Attendance(False, note="另有会议") for unit in absent}


def everybody(office: Office, application_id: UUID, verdict: str = "approved") -> dict[UUID, Verdict]:
    return {
        task_of(office, application_id, code).id: Verdict(verdict, "方案可行，同步实施")
        for code in ("cg-road", "sw-pipes")
    }


def hold(
    office: Office,
    meeting_id: UUID,
    verdicts: Mapping[UUID, Verdict],
    *,
    attendance: Mapping[str, Attendance] | None = None,
    login: str = "zj-officer",
    **more: Any,
) -> None:
    with office.sits() as sitting:
        meetings.hold(
            sitting,
            meeting_id=meeting_id,
            attendance=attendance if attendance is not None else came(office, "cg", "sw", "zj"),
            verdicts=verdicts,
            discussed=more.pop("discussed", DISCUSSED),
            actor=office.actor(login),
            **more,
        )


def fields(refusal: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [each.field for each in refusal.value.problems]


@pytest.fixture
def application(office: Office) -> UUID:
    """A case with mutual prerequisites, its meeting planned, the clock at the hour of the meeting."""
    received = office.receives(office.body(situations=["road_works"]))
    plan(office, meeting_of(office, received.application_id).id)
    office.at("2014-09-16 14:35")
    return received.application_id


class TestPlanning:
    def test_is_for_the_lead_window_and_for_a_working_hour_to_come(self, office: Office) -> None:
        received = office.receives(office.body(situations=["road_works"]))
        meeting = meeting_of(office, received.application_id)
        with pytest.raises(NotAllowed):
            plan(office, meeting.id, login="cg-officer")
        for when in ("2014-09-15 09:29", "2014-09-14 10:00", "2014-09-20 10:00"):
            with pytest.raises(Invalid) as refusal:
                plan(office, meeting.id, when=when)
            assert fields(refusal) == ["planned_at"]
        with pytest.raises(Invalid) as refusal:
            plan(office, meeting.id, place=" ", chair="王" * 41)
        assert fields(refusal) == ["place", "chair"]
        with pytest.raises(NotFound):
            plan(office, uuid4())

    def test_repeated_changes_nothing_and_a_stale_page_is_a_conflict(self, office: Office) -> None:
        received = office.receives(office.body(situations=["road_works"]))
        meeting = meeting_of(office, received.application_id)
        plan(office, meeting.id, version=1)
        before = counts("audit_event")
        plan(office, meeting.id)
        assert counts("audit_event") == before
        with pytest.raises(Conflict):
            plan(office, meeting.id, when="2014-09-17 10:00", version=1)
        plan(office, meeting.id, when="2014-09-17 10:00", version=2)


class TestAMeetingThatIsHeld:
    def test_decides_all_of_its_matters_at_once_each_under_its_own_seal(
        self, office: Office, application: UUID
    ) -> None:
        meeting = meeting_of(office, application)
        hold(office, meeting.id, everybody(office, application))

        for code, unit in (("cg-road", "cg"), ("sw-pipes", "sw")):
            task = task_of(office, application, code)
            assert (task.status, task.officer_id) == ("approved", office.account(f"{unit}-officer").id)
        events = office.rows(
            "select verb, unit_code, seal, data from audit_event where application_id = :id "
            "and verb in ('matter_approved', 'meeting_held') order by seq",
            id=application,
        )
        assert [(each.verb, each.unit_code) for each in events] == [
            ("matter_approved", "cg"),
            ("matter_approved", "sw"),
            ("meeting_held", "zj"),
        ]
        assert all(each.seal for each in events)
        assert {each.data["meeting"] for each in events} == {meeting.number}
        clocks = office.rows(
            "select state, stopped_at from clock where mechanism = 'matter' and application_id = :id "
            "and unit_code in ('cg', 'sw') and stopped_at is not null",
            id=application,
        )
        assert len({each.stopped_at for each in clocks}) == 1
        assert len(clocks) == 2
        with office.sits() as sitting:
            minutes = records.minutes_view(sitting, meeting.id)
        assert [(each.unit, each.people, each.presence) for each in minutes.attendance] == [
            ("市城市管理局", "尹安然", "出席"),
            ("市水务局", "罗雯", "出席"),
            ("市住房和城乡建设局", "赵启明", "出席"),
        ]
        assert [seal.unit_code for seal in minutes.seals] == ["cg", "sw", "zj"]
        assert [each.verdict for each in minutes.verdicts] == ["同意", "同意"]
        assert office.one("select count(*) from document where kind = 'minutes'") == 1
        assert broken() == {}

    def test_is_recorded_once_though_two_people_do(self, office: Office, application: UUID) -> None:
        meeting = meeting_of(office, application)
        verdicts = everybody(office, application)

        results = side_by_side(
            partial(hold, office, meeting.id, verdicts),
            partial(hold, office, meeting.id, verdicts, login="zj-checker"),
        )

        assert kinds(results) == {"done": 1, "Conflict": 1}
        assert counts("meeting_verdict") == {"meeting_verdict": 2}
        assert office.one("select count(*) from audit_event where verb = 'meeting_held'") == 1
        assert broken() == {}

    def test_repeated_changes_nothing(self, office: Office, application: UUID) -> None:
        meeting = meeting_of(office, application)
        verdicts = everybody(office, application)
        hold(office, meeting.id, verdicts, version=meeting.version)
        before = counts("audit_event", "meeting_verdict", "document", "outbox")

        hold(office, meeting.id, verdicts, version=meeting.version)

        assert counts("audit_event", "meeting_verdict", "document", "outbox") == before
        with pytest.raises(Conflict):
            hold(office, meeting.id, verdicts, discussed="别的说法")

    def test_lets_the_bill_be_asked_for_when_it_was_the_last(self, office: Office, application: UUID) -> None:
        office.works()
        office.confirms(application)
        office.approves_everything(application)
        assert office.bills(application) == []

        hold(office, meeting_of(office, application).id, everybody(office, application))
        office.works()

        assert len(office.bills(application)) == 1
        assert broken() == {}

    def test_does_not_decide_for_a_unit_that_did_not_come(self, office: Office, application: UUID) -> None:
        meeting = meeting_of(office, application)
        absent = came(office, "cg", "zj", absent=("sw",))

        with pytest.raises(Invalid) as refusal:
            hold(office, meeting.id, everybody(office, application), attendance=absent)

        assert fields(refusal) == ["attendance.sw"]
        assert task_of(office, application, "cg-road").status == "waiting"
        with office.sits() as sitting:
            meetings.adjourn(
                sitting,
                meeting_id=meeting.id,
                attendance=absent,
                note="市水务局未到会，改期再议",
                actor=office.actor("zj-officer"),
            )
        with pytest.raises(Conflict):
            hold(office, meeting.id, everybody(office, application))
        plan(office, meeting.id, when="2014-09-17 09:00")
        hold(office, meeting.id, everybody(office, application))
        assert task_of(office, application, "cg-road").status == "approved"
        assert broken() == {}

    def test_names_every_mistake_beside_its_field(self, office: Office, application: UUID) -> None:
        meeting = meeting_of(office, application)
        cg, sw = (task_of(office, application, code).id for code in ("cg-road", "sw-pipes"))
        foreign = task_of(office, application, "xf-fire").id
        people = came(office, "cg", "zj")
        people["sw"] = Attendance(True, office.account("cg-officer").id)
        people["xf"] = Attendance(True)

        with pytest.raises(Invalid) as refusal:
            hold(
                office,
                meeting.id,
                {cg: Verdict("objected", "  "), sw: Verdict("maybe"), foreign: Verdict("approved")},
                attendance=people,
                discussed="",
            )

        assert sorted(fields(refusal)) == sorted(
            [
                "discussed",
                "attendance.xf",
                "attendance.sw",
                f"opinion.{cg}",
                f"way.{cg}",
                f"verdict.{sw}",
                f"verdict.{foreign}",
            ]
        )
        with pytest.raises(Invalid) as refusal:
            hold(office, meeting.id, {}, attendance={"cg": Attendance(True)})
        assert sorted(fields(refusal)) == sorted(
            ["attendance.sw", "attendance.zj", "attendance.cg", f"verdict.{cg}", f"verdict.{sw}"]
        )
        with pytest.raises(NotAllowed):
            hold(office, meeting.id, everybody(office, application), login="cg-officer")
        with pytest.raises(Conflict):
            hold(office, meeting.id, everybody(office, application), version=meeting.version - 1)
        assert counts("meeting_verdict") == {"meeting_verdict": 0}

    def test_may_end_with_one_objection_that_keeps_the_case(self, office: Office, application: UUID) -> None:
        verdicts = everybody(office, application)
        verdicts[task_of(office, application, "sw-pipes").id] = Verdict("objected", "迁改断面不足", "加大管径后再议")
        hold(office, meeting_of(office, application).id, verdicts)

        assert office.one("select status from application") == "objected"
        assert task_of(office, application, "sw-pipes").status == "objected"
        assert broken() == {}


class TestAnObjection:
    @pytest.fixture
    def objected(self, office: Office) -> UUID:
        received = office.receives()
        task = task_of(office, received.application_id, "xf-fire")
        office.decides(task, approve=False, opinion="消防车道宽度不足，请加宽到4米")
        return received.application_id

    def calls(self, office: Office, application_id: UUID, **more: Any) -> UUID:
        with office.sits() as sitting:
            return meetings.call(
                sitting,
                application_id=application_id,
                kind=more.pop("kind", "objection"),
                task_ids=more.pop("task_ids", [task_of(office, application_id, "xf-fire").id]),
                unit_codes=more.pop("unit_codes", ["zr"]),
                reason=more.pop("reason", "消防车道宽度有不同意见"),
                actor=office.actor(more.pop("login", "zj-officer")),
            )

    def holds(self, office: Office, application_id: UUID, meeting_id: UUID, said: Verdict) -> None:
        plan(office, meeting_id)
        office.at("2014-09-16 14:40")
        task = task_of(office, application_id, "xf-fire")
        hold(office, meeting_id, {task.id: said}, attendance=came(office, "xf", "zr", "zj"))

    def test_ends_in_the_consent_of_whoever_objected(self, office: Office, objected: UUID) -> None:
        meeting_id = self.calls(office, objected)
        assert self.calls(office, objected) == meeting_id
        self.holds(office, objected, meeting_id, Verdict("approved", "车道加宽方案可行，同意"))

        assert task_of(office, objected, "xf-fire").status == "approved"
        assert office.one("select status from application") == "in_review"
        (clock,) = office.rows(
            "select c.* from clock c join review_task t on t.id = c.subject_id where t.matter_code = 'xf-fire'"
        )
        assert (clock.state, clock.stopped_for) == ("stopped", "approved")
        assert office.one("select kind from clock_pause where clock_id = :id", id=clock.id) == "decided"
        assert broken() == {}

    def test_may_stand_and_is_sealed_again(self, office: Office, objected: UUID) -> None:
        self.holds(office, objected, self.calls(office, objected), Verdict("objected", "宽度仍不足，维持原意见"))

        assert task_of(office, objected, "xf-fire").opinion == "消防车道宽度不足，请加宽到4米"
        assert office.one("select status from application") == "objected"
        event = office.rows("select unit_code, seal from audit_event where verb = 'objection_upheld'")
        assert [(each.unit_code, bool(each.seal)) for each in event] == [("xf", True)]
        assert broken() == {}

    def test_is_called_for_what_was_objected_to_with_units_and_a_reason(self, office: Office, objected: UUID) -> None:
        other = task_of(office, objected, "zr-planning").id
        for field, more in (
            ("tasks", {"task_ids": [other]}),
            ("tasks", {"task_ids": [uuid4()]}),
            ("tasks", {"task_ids": []}),
            ("units", {"unit_codes": []}),
            ("units", {"unit_codes": ["nobody"]}),
            ("reason", {"reason": " "}),
            ("kind", {"kind": "party"}),
        ):
            with pytest.raises(Invalid) as refusal:
                self.calls(office, objected, **more)
            assert set(fields(refusal)) == {field}
        with pytest.raises(NotAllowed):
            self.calls(office, objected, login="xf-officer")
        assert counts("meeting") == {"meeting": 0}

    def test_called_twice_at_once_is_one_meeting(self, office: Office, objected: UUID) -> None:
        results = side_by_side(*[partial(self.calls, office, objected)] * 4)

        assert len(set(results)) == 1
        assert counts("meeting") == {"meeting": 1}

    def test_meeting_can_be_called_off_but_not_one_of_mutual_prerequisites(
        self, office: Office, objected: UUID
    ) -> None:
        meeting_id = self.calls(office, objected)
        mutual = office.receives(office.body(situations=["road_works"]))
        actor = office.actor("zj-officer")
        with office.sits() as sitting:
            meetings.cancel(sitting, meeting_id=meeting_id, reason="双方已经谈妥", actor=actor)
        with pytest.raises(Conflict), office.sits() as sitting:
            meetings.cancel(sitting, meeting_id=meeting_id, reason="双方已经谈妥", actor=actor)
        other = meeting_of(office, mutual.application_id).id
        with pytest.raises(Conflict), office.sits() as sitting:
            meetings.cancel(sitting, meeting_id=other, reason="不开了", actor=actor)


class TestAnEscalation:
    def test_records_what_was_agreed_and_decides_nothing(self, office: Office) -> None:
        received = office.receives()
        task = task_of(office, received.application_id, "xf-fire")
        with office.sits() as sitting:
            meeting_id = meetings.call(
                sitting,
                application_id=received.application_id,
                kind="escalation",
                task_ids=[task.id],
                unit_codes=["xf"],
                reason="已超过承诺时限",
            )
        plan(office, meeting_id)
        with pytest.raises(Invalid):
            hold(office, meeting_id, {task.id: Verdict("approved")}, attendance=came(office, "xf", "zj"))
        hold(office, meeting_id, {}, attendance=came(office, "zj", absent=("xf",)), discussed="明日中午前作出结论")

        assert task_of(office, received.application_id, "xf-fire").status == "open"
        assert meeting_of(office, received.application_id, "escalation").state == "held"
        assert broken() == {}
