"""What departments do about their matters: verdicts of one and of two people, reports upwards, deputies, refusals."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from simulation.review_rules.scene import APPLICATIONS, DISTRICTS, UNDER_REVIEW, Scene, having
from watching import side_by_side

from services import accounts, door, forwarding, offices, refusals, review
from services.sitting import Sitting, serve
from shared.db.trail import Actor
from shared.domain.errors import Refused

#: Units with a second person who is no chief: there a deputy has no other right than that of his deputyship.
WITH_CHECKERS: Final = ("zj", "rf", "rs")
#: Units that may lose everybody for a while.
SMALL_UNITS: Final = ("qx", "st")


class Deciding(Scene):
    """The desks of the departments."""

    @rule(application=APPLICATIONS, data=st.data(), approve=st.sampled_from([True] * 5 + [False]))
    def decides(self, application: UUID, data: st.DataObject, approve: bool) -> None:
        task = data.draw(self.tasks(application))
        is_done = self.tries(
            review.decide,
            task,
            data,
            approve=approve,
            opinion="同意" if approve else "图纸与现状不符",
            way=None if approve else "补充实测图后同意",
        )
        if is_done:
            self.is_decided_with_its_step(task.id)

    @rule(application=APPLICATIONS)
    def everybody_decides(self, application: UUID) -> None:
        for task in self.office.tasks(application):
            if task.status in ("open", "taken"):
                self.tries(review.decide, task, approve=True, opinion="同意")

    def is_decided_with_its_step(self, task_id: UUID) -> None:
        """合并办理: whatever the unit had in hand of the same step was decided in the same act."""
        left = self.office.rows(
            "select s.matter_code from review_task t join review_task s on s.application_id = t.application_id "
            "and s.step_code = t.step_code and s.unit_code = t.unit_code and s.id <> t.id "
            "where t.id = :id and s.status in ('open', 'taken')",
            id=task_id,
        )
        assert left == []

    @having("checking")
    @rule(data=st.data(), confirm=st.sampled_from([True, True, False]))
    def checks(self, data: st.DataObject, confirm: bool) -> None:
        application = data.draw(self.one_having("checking"))
        task = data.draw(self.tasks(application, status="checking"))
        self.tries(review.check, task, data, who="chief", confirm=confirm, reason="请补充说明依据")

    @rule(application=APPLICATIONS, data=st.data())
    def takes_or_releases(self, application: UUID, data: st.DataObject) -> None:
        task = data.draw(self.tasks(application))
        self.tries(data.draw(st.sampled_from([review.take, review.release])), task, data)

    @having("objected")
    @rule(data=st.data())
    def takes_an_objection_back(self, data: st.DataObject) -> None:
        application = data.draw(self.one_having("objected"))
        task = data.draw(self.tasks(application, status="objected"))
        self.tries(review.change_to_consent, task, data, opinion="已补齐，同意")

    # Several at once.

    @rule(application=APPLICATIONS, data=st.data(), first=st.booleans())
    def two_decide_from_the_same_page(self, application: UUID, data: st.DataObject, first: bool) -> None:
        """Two people of a unit send opposite verdicts from pages of one version: the second changes nothing."""
        task = data.draw(self.tasks(application, status="open"))
        if task.status not in ("open", "taken"):
            return
        pair = (self.actor(f"{task.unit_code}-officer"), self.actor(self.chief_of(task.unit_code)))
        one, other = pair if first else pair[::-1]
        if not self.says(task, one, approve=first):
            return
        before = self.trace()
        assert not self.says(task, other, approve=not first)
        assert self.trace() == before

    def says(self, task: Any, actor: Actor, *, approve: bool) -> bool:
        return self.act(partial(self.decide, task, actor, approve=approve), by=actor)

    @staticmethod
    def decide(task: Any, actor: Actor, sitting: Sitting, *, approve: bool) -> None:
        review.decide(
            sitting,
            task_id=task.id,
            actor=actor,
            approve=approve,
            opinion="同意" if approve else "尚缺测绘",
            way=None if approve else "补测后同意",
            version=task.version,
        )

    @rule(application=APPLICATIONS, data=st.data())
    def clicks_twice_at_once(self, application: UUID, data: st.DataObject) -> None:
        """Both requests of a double click arrive at the same moment: one verdict."""
        task = data.draw(self.tasks(application, status="open"))
        actor = self.actor(f"{task.unit_code}-officer")
        if task.status != "open" or self.status(application) not in UNDER_REVIEW or actor.id in self.away:
            return

        def click() -> None:
            serve(DISTRICTS.get(task.unit_code))
            with self.office.sits() as sitting:
                self.decide(task, actor, sitting, approve=True)

        acts = self.office.one("select count(*) from audit_event where application_id = :id", id=application)
        outcomes = side_by_side(click, click)
        refused = [each for each in outcomes if each is not None]
        assert all(isinstance(each, Refused) for each in refused), outcomes
        said = self.office.rows(
            "select verb from audit_event where application_id = :id and seq > :acts "
            "and verb in ('matter_approved', 'review_proposed') and data->>'matter' = :matter",
            id=application,
            acts=acts,
            matter=task.matter_code,
        )
        assert len(said) == (not all(isinstance(each, Refused) for each in outcomes))

    # 转报.

    @rule(application=APPLICATIONS, data=st.data())
    def reports_upwards(self, application: UUID, data: st.DataObject) -> None:
        task = data.draw(self.tasks(application, prefer="sw-river"))
        day = self.today + timedelta(days=data.draw(st.integers(0, 9)))
        self.tries(forwarding.forward, task, data, opinion="拟同意", follow_up_on=day, organ="省厅（样张）")

    @having("forwarded")
    @rule(data=st.data(), approved=st.booleans())
    def hears_from_above(self, data: st.DataObject, approved: bool) -> None:
        application = data.draw(self.one_having("forwarded"))
        task = data.draw(self.tasks(application, status="forwarded"))
        if data.draw(st.booleans()):
            actor, day = self.someone(task.unit_code, data), self.today + timedelta(days=3)
            # Each click is another call to the organ; a page that knows its version is asked for once.
            self.act(
                lambda sitting: forwarding.follow_up(
                    sitting, task_id=task.id, actor=actor, note="电话催办", next_on=day
                ),
                by=actor,
                may_repeat=False,
            )
            return
        way = None if approved else "按批复调整方案"
        self.tries(forwarding.answer, task, data, approved=approved, note="省厅批复", way=way)

    # Who stands in.

    @rule(unit=st.sampled_from(WITH_CHECKERS), first=st.integers(-1, 1), days=st.integers(0, 3), by=st.booleans())
    def is_given_a_deputy(self, unit: str, first: int, days: int, by: bool) -> None:
        account = self.account("admin" if by else f"{unit}-chief")
        from_on = self.today + timedelta(days=first)
        done = self.act(
            lambda sitting: offices.appoint_deputy(
                sitting,
                by=account,
                login=f"{unit}-officer",
                deputy_login=f"{unit}-checker",
                from_on=from_on,
                to_on=from_on + timedelta(days=days),
                reason="外出",
            ),
            by=account,
        )
        assert not done or by

    @rule(unit=st.sampled_from(WITH_CHECKERS))
    def comes_back(self, unit: str) -> None:
        found = self.office.rows("select id from deputy where unit_code = :unit order by from_on, to_on", unit=unit)
        admin = self.account("admin")
        for row in found[:1]:
            self.act(lambda sitting, each=row.id: offices.end_deputy(sitting, by=admin, deputy_id=each), by=admin)

    @rule(application=APPLICATIONS, unit=st.sampled_from(WITH_CHECKERS), decide=st.booleans())
    def a_deputy_steps_in(self, application: UUID, unit: str, decide: bool) -> None:
        """A colleague acts on what the absent officer has taken: possible on the days of the deputyship only."""
        officer, deputy = self.actor(f"{unit}-officer"), self.actor(f"{unit}-checker")
        mine = [task for task in self.office.tasks(application) if task.unit_code == unit]
        for task in mine:
            if task.status == "open":
                self.tries(review.take, task)
        taken = [
            task for task in mine if (now := self.task(task.id)).status == "taken" and now.officer_id == officer.id
        ]
        # A step is taken over as a whole, so the first is enough.
        if not taken or self.status(application) not in UNDER_REVIEW or deputy.id in self.away:
            return
        task = taken[0]
        stands_in = self.office.one(
            "select exists (select from deputy where account_id = :absent and deputy_id = :deputy "
            "and :today between from_on and to_on)",
            absent=officer.id,
            deputy=deputy.id,
            today=self.today,
        )
        own = self.task(task.id).on_behalf_of

        def step_in(sitting: Sitting) -> None:
            if decide:
                review.decide(sitting, task_id=task.id, actor=deputy, approve=True, opinion="代为同意")
            else:
                review.take(sitting, task_id=task.id, actor=deputy)

        is_done = self.act(step_in, by=deputy)
        assert is_done == (stands_in or own == deputy.id)
        if is_done and own is None:
            now = self.task(task.id)
            assert (now.officer_id, now.on_behalf_of) == (deputy.id, officer.id)

    @rule(unit=st.sampled_from(SMALL_UNITS))
    def loses_everybody(self, unit: str) -> None:
        """Nobody of a unit can log in any more; what lies there must come before a person (see the clock)."""
        for login in (f"{unit}-officer", self.chief_of(unit)):
            self.enable(login, is_active=False)

    @precondition(lambda self: self.away)
    @rule()
    def everybody_is_back(self) -> None:
        for unit in SMALL_UNITS:
            for login in (f"{unit}-officer", self.chief_of(unit)):
                self.enable(login, is_active=True)

    def enable(self, login: str, *, is_active: bool) -> None:
        account = self.account(login)
        if (account.id in self.away) == is_active:
            with self.office.sits() as sitting:
                accounts.set_active(sitting, account_id=account.id, is_active=is_active)
            self.away ^= {account.id}

    # The lead window's word.

    @having("objected")
    @precondition(lambda self: self.done > 8)
    @rule(data=st.data(), chief=st.booleans())
    def is_refused(self, data: st.DataObject, chief: bool) -> None:
        application = data.draw(self.one_having("objected"))
        actor = self.actor("zj-chief" if chief else "zj-officer")
        done = self.act(lambda sitting: refusals.refuse(sitting, application_id=application, actor=actor), by=actor)
        assert not done or chief

    @precondition(lambda self: self.done > 12)
    @rule(application=APPLICATIONS, login=st.sampled_from(["zj-officer", "rf-officer"]))
    def is_not_accepted_after_all(self, application: UUID, login: str) -> None:
        """Possible while nobody has said anything; then everything that was open is over."""
        actor = self.actor(login)
        said = self.office.one(
            "select exists (select from review_task where application_id = :id "
            "and status in ('approved', 'objected', 'checking', 'forwarded'))",
            id=application,
        )
        done = self.act(
            lambda sitting: door.decline(
                sitting, application_id=application, actor=actor, reason="不属于本市审批权限", clause="第三十二条第一款"
            ),
            by=actor,
        )
        assert not done or (login == "zj-officer" and not said)
