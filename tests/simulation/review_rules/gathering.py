"""People together: joint meetings, joint site surveys, the green channel with its card and its appointments."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import rule
from simulation.review_rules.scene import APPLICATIONS, Scene, having

from services import appointments, green_channel, meetings, surveys
from services.sitting import Sitting
from shared.db.queries.desk import Desk
from shared.db.queries.inbox import InboxFilter, Tab, inbox

CRITERIA: Final = ("key_project", "emergency", "friend")
#: Units that a survey may invite: those of every case, one that has no matter anywhere.
TO_THE_SITE: Final = ("cg", "rf", "xf", "zr", "cz")


class Gathering(Scene):
    """Who meets whom, where and when."""

    # 联席会议.

    @having("meeting")
    @rule(data=st.data(), verdict=st.sampled_from(["approved", "approved", "objected"]))
    def meets(self, data: st.DataObject, verdict: str) -> None:
        """A meeting that is called is planned and held, with everybody there or somebody missing."""
        application = data.draw(self.one_having("meeting"))
        found = self.called(application)
        if not found:
            return
        meeting = data.draw(st.sampled_from(found))
        missing = data.draw(st.sampled_from(["", "", "cg"]))
        self.hold_meeting(meeting, verdict=verdict, missing=missing)

    def hold_meeting(self, meeting: Any, *, verdict: str, missing: str = "") -> bool:
        lead, planned = self.actor("zj-officer"), self.now + timedelta(hours=1)
        self.act(
            lambda sitting: meetings.plan(
                sitting, meeting_id=meeting.id, planned_at=planned, place="三楼", chair="章远山", actor=lead
            ),
            by=lead,
        )
        seats = self.office.rows("select unit_code from meeting_seat where meeting_id = :id order by 1", id=meeting.id)
        attendance = {
            seat.unit_code: meetings.Attendance(
                seat.unit_code != missing, self.account(self.chief_of(seat.unit_code)).id
            )
            for seat in seats
        }
        said = {}
        if meeting.kind != "escalation":
            way = "调整方案" if verdict == "objected" else ""
            said = {UUID(each): meetings.Verdict(verdict, "会上议定", way) for each in meeting.task_ids}
        self.set_clock(planned)

        def hold(sitting: Sitting) -> None:
            meetings.hold(
                sitting,
                meeting_id=meeting.id,
                attendance=attendance,
                verdicts=said,
                discussed="逐项议定",
                actor=lead,
            )

        if not self.act(hold, by=lead):
            return False
        self.is_decided_together(meeting, verdict)
        return True

    def is_decided_together(self, meeting: Any, verdict: str) -> None:
        """同时审批、同时办结: mutual matters are decided at one moment, and their clocks end there."""
        if meeting.kind != "mutual":
            return
        rows = self.office.rows(
            "select t.status, t.decided_at, k.state, k.stopped_at from review_task t "
            "join clock k on k.subject_id = t.id where t.id::text = any(:ids)",
            ids=meeting.task_ids,
        )
        assert {(row.status, row.state) for row in rows} == {(verdict, "stopped")}
        assert len({row.decided_at for row in rows} | {row.stopped_at for row in rows}) == 1

    @rule(application=APPLICATIONS, data=st.data(), login=st.sampled_from(["zj-officer", "zj-officer", "rf-officer"]))
    def calls_a_meeting(self, application: UUID, data: st.DataObject, login: str) -> None:
        task = data.draw(self.tasks(application, status="objected"))
        kind = "objection" if task.status == "objected" else "escalation"
        actor = self.actor(login)
        done = self.act(
            lambda sitting: meetings.call(
                sitting,
                application_id=application,
                kind=kind,
                task_ids=[task.id],
                unit_codes=["zr"],
                reason="部门意见不一致",
                actor=actor,
            ),
            by=actor,
        )
        assert not done or login == "zj-officer"

    @having("meeting")
    @rule(data=st.data(), adjourn=st.booleans())
    def a_meeting_is_put_off(self, data: st.DataObject, adjourn: bool) -> None:
        """It is adjourned because somebody was missing, or not needed any more; a mutual one is always needed."""
        application = data.draw(self.one_having("meeting"))
        found = self.called(application)
        if not found:
            return
        meeting, lead = data.draw(st.sampled_from(found)), self.actor("zj-officer")
        seats = self.office.rows("select unit_code from meeting_seat where meeting_id = :id order by 1", id=meeting.id)
        attendance = {seat.unit_code: meetings.Attendance(seat.unit_code == "zj") for seat in seats}
        if adjourn:
            self.act(
                lambda sitting: meetings.adjourn(
                    sitting, meeting_id=meeting.id, attendance=attendance, note="人员不齐", actor=lead
                ),
                by=lead,
            )
            return
        done = self.act(
            lambda sitting: meetings.cancel(sitting, meeting_id=meeting.id, reason="已协调一致", actor=lead), by=lead
        )
        assert not done or meeting.kind != "mutual"

    def called(self, application: UUID) -> list[Any]:
        return self.office.rows(
            "select id, kind, task_ids, planned_at from meeting where application_id = :id and state = 'called' "
            "order by called_at, number",
            id=application,
        )

    # 联合踏勘.

    @rule(
        application=APPLICATIONS,
        units=st.sets(st.sampled_from(TO_THE_SITE), min_size=1, max_size=3),
        hours=st.sampled_from([1, 3, 24]),
        pauses=st.booleans(),
    )
    def calls_a_survey(self, application: UUID, units: set[str], hours: int, pauses: bool) -> None:
        lead, at = self.actor("zj-officer"), self.now + timedelta(hours=hours)
        done = self.act(
            lambda sitting: surveys.call(
                sitting,
                application_id=application,
                planned_at=at,
                place="碧海路18号",
                unit_codes=units,
                actor=lead,
                pauses_clocks=pauses,
            ),
            by=lead,
        )
        assert not done or "cz" not in units

    @having("survey")
    @rule(data=st.data(), result=st.sampled_from(["fine", "problem"]))
    def writes_what_it_found(self, data: st.DataObject, result: str) -> None:
        application = data.draw(self.one_having("survey"))
        survey = self.planned_survey(application)
        if survey is None:
            return
        if data.draw(st.booleans()) and self.now < survey.planned_at:
            self.set_clock(survey.planned_at + timedelta(minutes=20))
        unit = data.draw(st.sampled_from([*survey.units, "fg"]))
        done = self.finds(survey, unit, result=result)
        assert not done or (unit in survey.units and self.now >= survey.planned_at)

    def finds(self, survey: Any, unit: str, *, result: str) -> bool:
        actor = self.actor(f"{unit}-officer")
        done = self.act(
            lambda sitting: surveys.find(
                sitting, survey_id=survey.id, actor=actor, result=result, finding="现场与图纸对照"
            ),
            by=actor,
        )
        self.nothing_stands_still_for_a_finished_survey()
        return done

    @having("survey")
    @rule(data=st.data())
    def calls_the_survey_off(self, data: st.DataObject) -> None:
        application = data.draw(self.one_having("survey"))
        survey, lead = self.planned_survey(application), self.actor("zj-officer")
        if survey is not None:
            self.act(
                lambda sitting: surveys.cancel(sitting, survey_id=survey.id, reason="改为线上核查", actor=lead), by=lead
            )
            self.nothing_stands_still_for_a_finished_survey()

    def planned_survey(self, application: UUID) -> Any:
        found = self.office.rows(
            "select s.id, s.planned_at, s.number, array(select f.unit_code from survey_finding f "
            "where f.survey_id = s.id order by 1) as units, array(select f.unit_code from survey_finding f "
            "where f.survey_id = s.id and f.result = '' order by 1) as silent from survey s "
            "where s.application_id = :id and s.state = 'planned'",
            id=application,
        )
        return found[0] if found else None

    def nothing_stands_still_for_a_finished_survey(self) -> None:
        left = self.office.rows(
            "select k.id from clock_pause p join clock k on k.id = p.clock_id join survey s "
            "on s.application_id = p.application_id and p.reason like '%' || s.number "
            "where p.ended_at is null and s.state <> 'planned' and k.mechanism = 'matter'"
        )
        assert left == []

    # 绿色通道.

    @rule(application=APPLICATIONS, criterion=st.sampled_from(CRITERIA))
    def asks_for_the_green_channel(self, application: UUID, criterion: str) -> None:
        account = self.owner(application)
        done = self.act(
            lambda sitting: green_channel.ask(
                sitting,
                application_id=application,
                account=account,
                criterion=criterion,
                document="瀚发改〔2014〕3号",
            ),
            by=account,
        )
        assert not done or criterion != "friend"

    @having("card")
    @rule(
        data=st.data(),
        login=st.sampled_from(["zj-officer", "zj-checker", "rf-officer"]),
        grant=st.sampled_from([True, True, False]),
    )
    def answers_about_the_green_channel(self, data: st.DataObject, login: str, grant: bool) -> None:
        application = data.draw(self.one_having("card"))
        actor = self.actor(login)
        done = self.act(
            lambda sitting: green_channel.decide(
                sitting, application_id=application, actor=actor, grant=grant, reason="" if grant else "不在名单内"
            ),
            by=actor,
        )
        if not done:
            return
        assert login != "rf-officer"
        lane = self.office.one("select lane from application where id = :id", id=application)
        assert lane == ("green" if grant else "ordinary")
        if grant:
            self.goes_first(application)

    def goes_first(self, application: UUID) -> None:
        """What is still to do for a green case is urgent, and its tasks come first in every inbox."""
        waiting = self.office.rows(
            "select o.task from outbox o where o.done_at is null and o.dead_at is null and not o.is_urgent "
            "and (o.subject_id = :id or o.subject_id in (select id from fee_line where application_id = :id "
            "union all select id from document where application_id = :id)) and o.task <> 'redate_clocks'",
            id=application,
        )
        assert waiting == []
        lanes = {row.id: row.lane for row in self.office.rows("select id, lane from review_task")}
        with self.office.sits() as sitting:
            for unit in ("zr", "cg"):
                desk = Desk.of(sitting.city, account_id=self.account(f"{unit}-officer").id, unit_code=unit)
                wanted = InboxFilter(tab=Tab.ALL)
                rows = inbox(sitting.session, sitting.city, desk, wanted, today=sitting.today).rows
                running = [row for row in rows if row.status in ("open", "taken", "checking", "forwarded")]
                order = [
                    (row.standing.light == "paused", lanes[row.task_id] != "green", row.due_on, row.number)
                    for row in running
                ]
                assert order == sorted(order)
                assert rows[: len(running)] == tuple(running)

    @having("green")
    @rule(
        data=st.data(),
        day=st.integers(0, 3),
        hour=st.sampled_from([9, 10, 12, 14]),
        unit=st.sampled_from(["zr", "zr", "cz"]),
    )
    def books_a_time(self, data: st.DataObject, day: int, hour: int, unit: str) -> None:
        """A slot at a window: in office hours, of a unit of the case, in the green channel, and nobody else's."""
        application = data.draw(self.one_having("green"))
        account = self.owner(application)
        at = self.start_of(self.today + timedelta(days=day)) + timedelta(hours=hour)
        own, others = (self.booked(at, unit, f"application_id {which} :id", id=application) for which in ("=", "<>"))
        is_green = self.office.one("select lane = 'green' from application where id = :id", id=application)
        done = self.act(
            lambda sitting: appointments.ask(
                sitting, application_id=application, account=account, unit_code=unit, at=at, topic="核对总平面图"
            ),
            by=account,
        )
        is_free = not others and unit == "zr" and hour != 12 and self.works(at.date())
        assert not done or own or (is_green and is_free)

    @having("appointment")
    @rule(data=st.data(), confirm=st.booleans(), login=st.sampled_from(["zr-officer", "sw-officer"]))
    def answers_an_appointment(self, data: st.DataObject, confirm: bool, login: str) -> None:
        application = data.draw(self.one_having("appointment"))
        actor, answer = self.actor(login), appointments.confirm if confirm else appointments.cancel
        found = self.office.rows(
            "select id from appointment where application_id = :id and state <> 'cancelled' order by at", id=application
        )
        if found:
            done = self.act(lambda sitting: answer(sitting, appointment_id=found[0].id, actor=actor), by=actor)
            assert not done or login == "zr-officer"

    def booked(self, at: datetime, unit: str, where: str, **values: Any) -> list[Any]:
        return self.office.rows(
            f"select id from appointment where at = :at and unit_code = :unit and state <> 'cancelled' and {where}",
            at=at,
            unit=unit,
            **values,
        )
