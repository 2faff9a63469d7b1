"""A bill's life: drawn up anew, objected to, settled by survey, called to mind."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from simulation.money_rules.claiming import Claiming

from services import area_surveys, bill_reminders, disputes, reissues

#: What was measured, m²; E1's own area is 86,432.18.
AREAS: Final = ("86951.40", "86000.00", "86432.19", "87000.00")
#: So often is a bill drawn up anew; then something else shall happen to it.
VOID_MAX: Final = 3


class Changing(Claiming):
    """What applicants and finance do about a bill."""

    @precondition(lambda self: len(self.bills("void")) < VOID_MAX)
    @rule(data=st.data())
    def bill_is_drawn_up_anew(self, data: st.DataObject) -> None:
        bill = data.draw(st.sampled_from(self.bills("issued") or self.every_bill()))
        actor = self.actor(self.somebody(data))
        self.act(lambda sitting: reissues.reissue(sitting, bill_id=bill.id, actor=actor, reason="单位名称有误"))

    @precondition(lambda self: self.applications)
    @rule(data=st.data())
    def is_objected_to(self, data: st.DataObject) -> None:
        bill = data.draw(st.sampled_from(self.every_bill()))
        account = self.account("applicant")
        self.act(
            lambda sitting: disputes.raise_dispute(sitting, bill_id=bill.id, account=account, grounds="供热未接入")
        )

    @precondition(lambda self: self.objections())
    @rule(data=st.data(), outcome=st.sampled_from(disputes.OUTCOMES))
    def objection_is_answered(self, data: st.DataObject, outcome: str) -> None:
        each = data.draw(st.sampled_from(self.objections()))
        actor = self.actor(self.somebody(data))
        self.act(
            lambda sitting: disputes.answer(
                sitting, dispute_id=each.id, actor=actor, outcome=outcome, text="经核，供热已接入"
            )
        )

    @precondition(lambda self: self.objections())
    @rule(data=st.data())
    def objection_is_taken_back(self, data: st.DataObject) -> None:
        each = data.draw(st.sampled_from(self.objections()))
        account = self.account("applicant")
        self.act(lambda sitting: disputes.withdraw_dispute(sitting, dispute_id=each.id, account=account))

    def objections(self) -> list[Any]:
        return self.office.rows("select * from dispute where state = 'open' order by number")

    @precondition(lambda self: self.bills("paid") and not self.surveys("asked"))
    @rule(data=st.data(), area=st.sampled_from(AREAS))
    def area_is_measured(self, data: st.DataObject, area: str) -> None:
        application = data.draw(st.sampled_from(self.applications))
        number = len(self.surveys("asked", "settled", "declined")) + 1
        self.act(
            lambda sitting: area_surveys.ask(
                sitting,
                application_id=application,
                account=self.account("applicant"),
                measured={"floor_area_m2": area},
                document=f"瀚测〔2014〕{number}号",
                surveyed_on=sitting.today,
            ),
        )

    @precondition(lambda self: self.surveys("asked"))
    @rule(data=st.data(), settles=st.sampled_from([True, True, False]))
    def survey_is_decided(self, data: st.DataObject, settles: bool) -> None:
        survey = data.draw(st.sampled_from(self.surveys("asked")))
        actor = self.actor(self.somebody(data))
        if settles:
            self.act(lambda sitting: area_surveys.settle(sitting, survey_id=survey.id, actor=actor))
        else:
            self.act(
                lambda sitting: area_surveys.decline(sitting, survey_id=survey.id, actor=actor, opinion="报告缺页")
            )

    def surveys(self, *states: str) -> list[Any]:
        rows = self.office.rows("select * from area_survey order by asked_at, document")
        return [each for each in rows if each.state in states]

    @rule()
    def payers_are_reminded(self) -> None:
        with self.office.sits() as sitting:
            waiting = bill_reminders.due(sitting)
        for application in waiting:
            self.act(lambda sitting, each=application: bill_reminders.remind(sitting, each))
