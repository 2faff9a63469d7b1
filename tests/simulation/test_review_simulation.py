"""Any course a case can take through review: people act in any order, rightly or wrongly, while days pass.

After each step every invariant of the office holds, and an act that was refused has changed nothing. At the end
whatever was left open is brought to its end, and the audit reads the whole trail. A failure prints its steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, event, note, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from office import Office, small_pdf
from sqlalchemy import Engine
from watching import broken, forget_everything, sums

from services import (
    answers,
    assessment,
    corrections,
    default_consent,
    forwarding,
    intake,
    meetings,
    refusals,
    reminders,
    review,
    timing,
    withdrawal,
)
from services.sitting import Sitting
from shared.db import clock, invariants
from shared.db.engine import make_engine, unit_of_work
from shared.domain.clocks import OFFICER_PAUSES
from shared.domain.corrections import CorrectionKind, Request
from shared.domain.errors import Refused
from shared.settings import settings as configured

SEED = 20140916
EXAMPLES = 4
STEPS = 20
BEGINS = datetime(2014, 9, 15, 9, 30, tzinfo=clock.CHINA)
#: The calendar is loaded to the end of 2026; a case of a few months stays far from it.
DAYS_MAX = 60
SITUATIONS: Final = ("road_works", "deep_pit", "waste_route", "river_works", "night_work")
OPEN: Final = ("in_review", "objected")
#: What an applicant may be asked for: papers that every case has, facts that some fees use and some do not.
PAPERS: Final = ("drawings", "siteplan", "contract")
FACTS: Final = {
    "floor_area_m2": "80123.45",
    "floors": 17,
    "contract_price": "150000000.00",
    "project_name": "碧海湾二期",
}


class ReviewMachine(RuleBasedStateMachine):
    """Applications under review, and everybody who may do something about them."""

    office: Office
    eye: Engine
    applications = Bundle("applications")

    def __init__(self) -> None:
        super().__init__()
        self.now = BEGINS
        self.received: list[UUID] = []
        self.refused = 0
        self.done = 0

    # What people do.

    @initialize(
        target=applications,
        first=st.sets(st.sampled_from(SITUATIONS)),
        second=st.sets(st.sampled_from(SITUATIONS)),
        far=st.booleans(),
    )
    def begin(self, first: set[str], second: set[str], far: bool) -> Any:
        note(f"seed {SEED}")
        self.set_clock(BEGINS)
        given = multiple(self.submitted(first), self.submitted(second, area_code="gx"))
        if far:
            for application_id in self.received:
                for task in self.office.tasks(application_id)[2:9]:
                    if task.status == "open":
                        self.tries(review.decide, task, approve=True, opinion="同意")
        return given

    def submitted(self, situations: set[str], area_code: str = "dw") -> UUID:
        body = self.office.body(situations=sorted(situations), area_code=area_code)
        application_id: UUID = self.office.receives(body).application_id
        self.received.append(application_id)
        return application_id

    @rule(days=st.sampled_from([0, 0, 1, 1, 2, 5, 9]), hours=st.integers(0, 7))
    def time_passes(self, days: int, hours: int) -> None:
        """Days go by; then the clock process looks, perhaps late."""
        if (self.now - BEGINS).days < DAYS_MAX:
            self.set_clock(self.now + timedelta(days=days, hours=hours))

    @rule()
    def the_clock_looks(self) -> None:
        with self.office.sits() as sitting:
            due, asked = reminders.due(sitting), corrections.due(sitting)
        for application_id in due:
            self.act(lambda sitting, each=application_id: reminders.remind(sitting, each))
        for application_id in asked:
            self.act(lambda sitting, each=application_id: corrections.look_at(sitting, each))
        self.act(forwarding.urge_due)
        self.act(default_consent.consent_by_default)

    @rule(application=applications, data=st.data(), approve=st.sampled_from([True] * 5 + [False]))
    def decides(self, application: UUID, data: st.DataObject, approve: bool) -> None:
        task = data.draw(self.tasks(application))
        self.tries(
            review.decide,
            task,
            data,
            approve=approve,
            opinion="同意" if approve else "图纸与现状不符",
            way=None if approve else "补充实测图后同意",
        )

    @rule(application=applications)
    def everybody_decides(self, application: UUID) -> None:
        for task in self.office.tasks(application):
            if task.status in ("open", "taken"):
                self.tries(review.decide, task, approve=True, opinion="同意")

    @rule(application=applications, data=st.data(), confirm=st.sampled_from([True, True, False]))
    def checks(self, application: UUID, data: st.DataObject, confirm: bool) -> None:
        task = data.draw(self.tasks(application))
        self.tries(review.check, task, data, who="chief", confirm=confirm, reason="请补充说明依据")

    @rule(application=applications, data=st.data())
    def takes_or_releases(self, application: UUID, data: st.DataObject) -> None:
        task = data.draw(self.tasks(application))
        self.tries(data.draw(st.sampled_from([review.take, review.release])), task, data)

    @rule(application=applications, data=st.data())
    def reports_upwards(self, application: UUID, data: st.DataObject) -> None:
        task = data.draw(self.tasks(application, prefer="sw-river"))
        day = self.now.date() + timedelta(days=data.draw(st.integers(0, 9)))
        self.tries(forwarding.forward, task, data, opinion="拟同意", follow_up_on=day, organ="省厅（样张）")

    @rule(application=applications, data=st.data(), approved=st.booleans())
    def hears_from_above(self, application: UUID, data: st.DataObject, approved: bool) -> None:
        task = data.draw(self.tasks(application, status="forwarded"))
        if data.draw(st.booleans()):
            day = self.now.date() + timedelta(days=3)
            self.tries(forwarding.follow_up, task, data, note="电话催办", next_on=day)
            return
        way = None if approved else "按批复调整方案"
        self.tries(forwarding.answer, task, data, approved=approved, note="省厅批复", way=way)

    @rule(application=applications, data=st.data(), kind=st.sampled_from(OFFICER_PAUSES))
    def stops_or_starts_the_clock(self, application: UUID, data: st.DataObject, kind: str) -> None:
        task = data.draw(self.tasks(application))
        if data.draw(st.booleans()):
            self.tries(timing.pause, task, data, kind=kind, reason="组织论证")
        else:
            self.tries(timing.resume, task, data, kind=kind)

    @rule(application=applications, data=st.data(), days=st.integers(0, 12))
    def asks_for_more_time(self, application: UUID, data: st.DataObject, days: int) -> None:
        task = data.draw(self.tasks(application))
        if data.draw(st.booleans()):
            self.tries(timing.handle_as_special, task, data, reason="情况复杂")
            return
        self.tries(timing.ask_extension, task, data, days=days, reason="材料需要复核")
        for asked in self.office.rows(
            "select id, (select unit_code from clock k where k.id = clock_id) as unit_code "
            "from clock_extension where state = 'asked' order by id"
        ):
            actor = self.someone(asked.unit_code, data, who="chief")
            grant = data.draw(st.booleans())
            self.act(
                lambda sitting, each=asked, by=actor, yes=grant: timing.decide_extension(
                    sitting, extension_id=each.id, actor=by, grant=yes
                )
            )

    @rule(application=applications, data=st.data())
    def asks_for_corrections(self, application: UUID, data: st.DataObject) -> None:
        task = data.draw(self.tasks(application))
        kinds = [
            Request(kind=CorrectionKind.PAPER, target=code, reason="看不清", clause="第五条", wanted="重新上传")
            for code in PAPERS
        ]
        kinds += [
            Request(kind=CorrectionKind.FACT, target=name, reason="与图纸不符", clause="第六条", wanted="更正")
            for name in FACTS
        ]
        kinds.append(Request(kind=CorrectionKind.STATEMENT, target="", reason="缺说明", clause="第七条", wanted="说明"))
        asked = data.draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=3, unique_by=id))
        self.tries(corrections.ask, task, data, requests=asked)

    @rule(application=applications)
    def the_lead_sends_the_notice(self, application: UUID) -> None:
        actor = self.office.actor("zj-officer")
        self.act(lambda sitting: corrections.send_now(sitting, application_id=application, actor=actor))

    @rule(application=applications, changes=st.booleans())
    def the_applicant_answers(self, application: UUID, changes: bool) -> None:
        account = self.office.account("applicant")
        items = self.office.rows(
            "select distinct i.kind, i.target from correction_item i join correction_notice n on n.id = i.notice_id "
            "where n.application_id = :id and n.state = 'sent' and i.state = 'asked' order by 1, 2",
            id=application,
        )
        facts = self.office.one("select facts from application where id = :id", id=application)
        given = []
        for item in items:
            if item.kind == "paper":
                paper_id = self.upload(item.target)
                given.append(answers.Answer(kind=item.kind, target=item.target, paper_id=paper_id))
            elif item.kind == "fact":
                value = FACTS[item.target] if changes else facts[item.target]
                given.append(
                    answers.Answer(
                        kind=item.kind, target=item.target, value=value, text="已核对" if not changes else ""
                    )
                )
            else:
                given.append(answers.Answer(kind=item.kind, target=item.target, text="已说明"))
        if given:
            self.act(lambda sitting: answers.save(sitting, account=account, application_id=application, answers=given))
        self.act(lambda sitting: answers.submit(sitting, account=account, application_id=application))

    @rule(application=applications, data=st.data(), verdict=st.sampled_from(["approved", "approved", "objected"]))
    def meets(self, application: UUID, data: st.DataObject, verdict: str) -> None:
        """A meeting that is called is planned and held, with everybody there or somebody missing."""
        found = self.office.rows(
            "select id, planned_at from meeting where application_id = :id and state = 'called' order by number",
            id=application,
        )
        if not found:
            return
        meeting, lead = data.draw(st.sampled_from(found)), self.office.actor("zj-officer")
        planned = self.now + timedelta(hours=1)
        self.act(
            lambda sitting: meetings.plan(
                sitting, meeting_id=meeting.id, planned_at=planned, place="三楼", chair="章远山", actor=lead
            )
        )
        seats = self.office.rows("select unit_code from meeting_seat where meeting_id = :id", id=meeting.id)
        missing = data.draw(st.sampled_from(["", "", "cg"]))
        attendance = {
            seat.unit_code: meetings.Attendance(
                seat.unit_code != missing, self.office.account(f"{seat.unit_code}-officer").id
            )
            for seat in seats
        }
        tasks = self.office.one("select task_ids from meeting where id = :id", id=meeting.id)
        said = {
            UUID(task_id): meetings.Verdict(verdict, "会上议定", "调整方案" if verdict == "objected" else "")
            for task_id in tasks
        }
        self.set_clock(planned)
        self.act(
            lambda sitting: meetings.hold(
                sitting, meeting_id=meeting.id, attendance=attendance, verdicts=said, discussed="逐项议定", actor=lead
            )
        )

    @rule(application=applications, data=st.data())
    def takes_an_objection_back(self, application: UUID, data: st.DataObject) -> None:
        task = data.draw(self.tasks(application, status="objected"))
        self.tries(review.change_to_consent, task, data, opinion="已补齐，同意")

    @precondition(lambda self: self.done > 8)
    @rule(application=applications, chief=st.booleans())
    def is_refused(self, application: UUID, chief: bool) -> None:
        actor = self.office.actor("zj-chief" if chief else "zj-officer")
        self.act(lambda sitting: refusals.refuse(sitting, application_id=application, actor=actor))

    @precondition(lambda self: self.done > 15)
    @rule(application=applications, login=st.sampled_from(["applicant", "applicant2"]))
    def is_withdrawn(self, application: UUID, login: str) -> None:
        account = self.office.account(login)
        self.act(
            lambda sitting: withdrawal.withdraw(sitting, application_id=application, account=account, reason="改期建设")
        )

    @rule()
    def machines_work(self) -> None:
        self.office.works()
        for application_id in self.received:
            for line in self.office.lines(application_id):
                if line.state == "assessed":
                    actor = self.office.actor(f"{line.unit_code}-officer")
                    self.act(
                        lambda sitting, each=line, by=actor: assessment.confirm_line(
                            sitting, line_id=each.id, actor=by, version=each.version
                        )
                    )
        self.office.works()

    @rule(application=applications)
    def is_paid(self, application: UUID) -> None:
        for bill in self.office.bills(application):
            if bill.status in ("issued", "void"):
                self.office.hears_from_bank(self.office.callback(bill, paid_at=self.now.isoformat()))
        self.office.works()

    # How they do it.

    def set_clock(self, moment: datetime) -> None:
        self.now = moment
        with self.office.sits() as sitting:
            clock.set_to(sitting.session, sitting.tenant, moment)

    def upload(self, material_code: str) -> UUID:
        with self.office.sits() as sitting:
            return intake.add_paper(
                sitting,
                self.office.storage,
                account=self.office.account("applicant"),
                file_name=f"{material_code}.pdf",
                content=small_pdf(),
                material_code=material_code,
            )

    def tasks(self, application: UUID, *, status: str = "", prefer: str = "") -> st.SearchStrategy[Any]:
        """One of an application's tasks; of a status or a matter where there is one, now and then any."""
        found = self.office.tasks(application)
        fitting = [task for task in found if task.status == status or task.matter_code == prefer]
        lively = [task for task in found if task.status not in ("approved", "cancelled")]
        return st.sampled_from(fitting or lively or found)

    def someone(self, unit_code: str, data: st.DataObject | None, *, who: str = "officer") -> Any:
        """Somebody of the unit, now and then somebody who has no business there."""
        if data is not None and data.draw(st.integers(0, 9)) == 0:
            return self.office.actor(data.draw(st.sampled_from(["qx-officer", "zj-chief", "dw-zj-officer"])))
        login = f"{unit_code}-{who}"
        if who == "chief" and unit_code in ("sn", "qg"):
            login = f"{unit_code}-head"
        return self.office.actor(login)

    def tries(
        self,
        act: Callable[..., Any],
        task: Any,
        data: st.DataObject | None = None,
        *,
        who: str = "officer",
        **words: Any,
    ) -> None:
        actor = self.someone(task.unit_code, data, who=who)
        self.act(lambda sitting: act(sitting, task_id=task.id, actor=actor, **words))

    def act(self, act: Callable[[Sitting], Any]) -> None:
        """Do something in one transaction. A refusal is an answer, and leaves everything as it was."""
        before = self.trace()
        refusal: Refused | None = None
        try:
            with self.office.sits() as sitting:
                act(sitting)
        except Refused as refused:
            refusal = refused
        if refusal is None:
            self.done += 1
            return
        self.refused += 1
        event(f"refused: {type(refusal).__name__}")
        assert self.trace() == before, refusal

    def trace(self) -> Any:
        """Changes with whatever anybody does to a case."""
        return self.office.rows(
            "select (select coalesce(sum(audit_seq + version), 0) from application), "
            "(select coalesce(sum(version), 0) from review_task), (select coalesce(sum(version), 0) from clock), "
            "(select count(*) from clock_pause), (select count(*) from outbox), (select count(*) from notice), "
            "(select count(*) from correction_item), (select count(*) from bill)"
        )

    # What holds.

    @invariant()
    def holds(self) -> None:
        with unit_of_work(on=self.eye) as session:
            for each in invariants.INVARIANTS:
                _, found = invariants.check(session, each)
                assert not found, f"{each.id}: {found}"

    @invariant()
    def nobody_is_charged_twice(self) -> None:
        for application_id in self.received:
            live = [bill for bill in self.office.bills(application_id) if bill.status != "void"]
            assert len(live) <= 1, live
            books = sums(application_id)
            assert books.receipt_count <= books.payment_count <= 1
            assert books.postings == books.payments

    @invariant()
    def every_minute_of_the_clock_is_explained(self) -> None:
        """A clock that is not running says why: a pause with reason and author, an end, or what it waits for."""
        unexplained = self.office.rows(
            "select k.id, k.state from clock k where k.state = 'paused' and not exists "
            "(select from clock_pause p where p.clock_id = k.id and p.ended_at is null and p.reason <> '' "
            "and p.started_by_name <> '') union all "
            "select k.id, k.state from clock k where k.state = 'stopped' and k.stopped_for = '' union all "
            "select k.id, k.state from clock k join review_task t on t.id = k.subject_id "
            "where k.state = 'waiting' and t.status not in ('waiting', 'cancelled')"
        )
        assert unexplained == []

    def teardown(self) -> None:
        """What can go on goes on to its end, and the audit reads everything."""
        try:
            note(f"{self.done} acts, {self.refused} refused")
            self.finish()
            found = broken()
            assert found == {}, found
            for application_id in self.received:
                status = self.office.one("select status from application where id = :id", id=application_id)
                event(f"ends: {status}")
                still = self.office.rows(
                    "select k.mechanism, k.state from clock k where k.application_id = :id and k.state <> 'stopped' "
                    "and k.mechanism in ('joint', 'matter')",
                    id=application_id,
                )
                if status in ("completed", "withdrawn", "refused", "not_accepted"):
                    assert still == [], (status, still)
        finally:
            forget_everything()

    def finish(self) -> None:
        """Everybody does what is right for a while; nobody objects any more."""
        for _ in range(6):
            for application_id in self.received:
                self.the_lead_sends_the_notice(application_id)
                self.the_applicant_answers(application_id, changes=False)
                for task in self.office.tasks(application_id):
                    self.bring_on(task)
                self.hold_meetings(application_id)
            self.machines_work()
        for application_id in self.received:
            status = self.office.one("select status from application where id = :id", id=application_id)
            if status in OPEN or status == "billed":
                self.is_paid(application_id)
                left = [(task.matter_code, task.status) for task in self.office.tasks(application_id)]
                now = self.office.one("select status from application where id = :id", id=application_id)
                assert now == "completed", (now, left)

    def bring_on(self, task: Any) -> None:
        for kind in OFFICER_PAUSES:
            self.tries(timing.resume, task, kind=kind)
        if task.status == "forwarded":
            self.tries(forwarding.answer, task, approved=True, note="省厅批复同意")
        if task.status == "objected":
            self.tries(review.change_to_consent, task, opinion="已解决，同意")
        if task.status in ("open", "taken"):
            holder = self.office.one(
                "select coalesce(max(a.login), '') from review_task t join account a on a.id = t.officer_id "
                "where t.id = :id",
                id=task.id,
            )
            actor = self.office.actor(holder or f"{task.unit_code}-officer")
            self.act(lambda sitting: review.decide(sitting, task_id=task.id, actor=actor, approve=True, opinion="同意"))
        for who in ("chief", "officer"):
            self.tries(review.check, task, who=who, confirm=True)

    def hold_meetings(self, application_id: UUID) -> None:
        class Rightly:
            """Draws the first of everything."""

            @staticmethod
            def draw(strategy: Any) -> Any:
                return strategy.elements[0]

        self.meets(application_id, Rightly, "approved")  # type: ignore[arg-type]


@pytest.fixture
def machine(office: Office) -> Iterator[type[ReviewMachine]]:
    ReviewMachine.office = office
    ReviewMachine.eye = make_engine(configured().database_url, as_app=False, pool_size=1)
    yield ReviewMachine
    ReviewMachine.eye.dispose()
    del ReviewMachine.office, ReviewMachine.eye


class TestAnyReview:
    def test_keeps_every_rule_and_comes_to_an_end(self, machine: type[ReviewMachine]) -> None:
        run_state_machine_as_test(
            seeded(SEED)(machine),
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                database=None,
                phases=(Phase.generate,),  # shrinking takes minutes here; add Phase.shrink to look into a failure
                suppress_health_check=list(HealthCheck),
            ),
        )
