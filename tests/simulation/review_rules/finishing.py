"""The end of an example: everybody does what is right for a while, and every case comes to its end."""

from __future__ import annotations

from functools import partial
from typing import Any, Final
from uuid import UUID

from hypothesis import event
from simulation.review_rules.applying import Applying
from simulation.review_rules.charging import Charging
from simulation.review_rules.correcting import Correcting
from simulation.review_rules.deciding import SMALL_UNITS, Deciding
from simulation.review_rules.gathering import Gathering
from simulation.review_rules.scene import UNDER_REVIEW

from services import corrections, forwarding, meetings, review, timing
from shared.domain.clocks import OFFICER_PAUSES

#: How often everybody is asked to do what is left; a case needs a few rounds, because one thing opens the next.
ROUNDS: Final = 8
CLOSED: Final = ("completed", "withdrawn", "refused", "not_accepted")


class Finishing(Charging, Correcting, Deciding, Gathering, Applying):
    """How what is open is brought to its end, through the same acts that everybody uses."""

    def finish(self) -> None:
        self.is_finishing = True
        for unit in SMALL_UNITS:
            for login in (f"{unit}-officer", self.chief_of(unit)):
                self.enable(login, is_active=True)
        self.redate()
        for _ in range(ROUNDS):
            left = [each for each in self.received if self.status(each) in UNDER_REVIEW]
            if not left:
                break
            self.to_office_hours()
            self.machines_work()
            for application in left:
                self.settle_corrections(application)
                self.settle_survey(application)
                self.settle_meetings(application)
                for task in self.left_to_do(application):
                    self.bring_on(task)
                self.office.works()
                self.pays(application)
        for application in self.received:
            self.comes_to_its_end(application)

    def comes_to_its_end(self, application: UUID) -> None:
        status = self.status(application)
        event(f"ends: {status}")
        left = [(task.matter_code, task.status) for task in self.left_to_do(application)]
        assert status in CLOSED, (status, left)
        assert [each for each in left if each[1] != "objected"] == []
        still = self.office.rows(
            "select mechanism, state from clock where application_id = :id and state <> 'stopped' "
            "and mechanism in ('joint', 'matter')",
            id=application,
        )
        assert still == [], (status, still)

    def settle_corrections(self, application: UUID) -> None:
        lead = self.actor("zj-officer")
        notices = self.office.rows(
            "select state from correction_notice where application_id = :id and state in ('collecting', 'sent')",
            id=application,
        )
        if any(notice.state == "collecting" for notice in notices):
            self.act(lambda sitting: corrections.send_now(sitting, application_id=application, actor=lead), by=lead)
        if notices:
            self.answers_everything(application, changes=False)

    def settle_survey(self, application: UUID) -> None:
        survey = self.planned_survey(application)
        if survey is None:
            return
        if self.now < survey.planned_at:
            self.set_clock(survey.planned_at)
        for unit in survey.silent:
            assert self.finds(survey, unit, result="fine")

    def settle_meetings(self, application: UUID) -> None:
        """Mutual matters are decided; what the other meetings were about is settled at the desks."""
        lead = self.actor("zj-officer")
        for meeting in self.called(application):
            if meeting.kind == "mutual":
                self.to_office_hours()
                assert self.hold_meeting(meeting, verdict="approved")
            else:
                self.act(
                    lambda sitting, each=meeting.id: meetings.cancel(
                        sitting, meeting_id=each, reason="已在窗口解决", actor=lead
                    ),
                    by=lead,
                )

    def left_to_do(self, application: UUID) -> list[Any]:
        """The tasks that nobody has approved, each with whoever has it in hand and why its clock stands still."""
        return self.office.rows(
            "select t.id, t.matter_code, t.unit_code, t.status, t.officer_id, coalesce(p.login, '') as login, "
            "array(select s.kind from clock_pause s join clock k on k.id = s.clock_id where k.subject_id = t.id "
            "and s.ended_at is null order by 1) as pauses from review_task t left join account p "
            "on p.id = t.officer_id and p.unit_code = t.unit_code where t.application_id = :id "
            "and t.status not in ('approved', 'cancelled') order by t.seq",
            id=application,
        )

    def bring_on(self, task: Any) -> None:
        """One task a step further, by whoever may."""
        holder = self.actor(task.login or f"{task.unit_code}-officer")
        for kind in set(OFFICER_PAUSES) & set(task.pauses):
            self.act(
                lambda sitting, each=kind: timing.resume(sitting, task_id=task.id, actor=holder, kind=each), by=holder
            )
        match task.status:
            case "forwarded":
                self.tries(forwarding.answer, task, approved=True, note="省厅批复同意")
            case "objected":
                self.tries(review.change_to_consent, task, opinion="已解决，同意")
            case "checking":
                self.check(task)
            case "open" | "taken":
                decide = partial(review.decide, task_id=task.id, actor=holder, approve=True, opinion="同意")
                if not self.act(decide, by=holder):
                    # A deputy whose days are over gives it back.
                    self.act(partial(review.release, task_id=task.id, actor=holder), by=holder)

    def check(self, task: Any) -> None:
        """A second person confirms; what has changed since goes back to the first."""
        logins = [
            row.login
            for row in self.office.rows(
                "select login from account where unit_code = :unit and role = 'checker' and id <> :first "
                "order by login desc",
                unit=task.unit_code,
                first=task.officer_id,
            )
        ]
        answers = ({"confirm": True}, {"confirm": False, "reason": "材料已更新，请重新审核"})
        assert any(
            self.act(partial(review.check, task_id=task.id, actor=by, **words), by=by)
            for words in answers
            for by in map(self.actor, logins)
        )
