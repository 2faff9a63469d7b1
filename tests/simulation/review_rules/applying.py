"""What applicants do: hand in, complete what is missing, promise papers and bring them, answer, take back."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, multiple, precondition, rule
from simulation.review_rules.promises import FIFTH_WORKING_DAY, LAST_LOADED_YEAR, PAPERS
from simulation.review_rules.scene import APPLICATIONS, having
from simulation.review_rules.timekeeping import Timekeeping

from services import answers, commitments, door, intake, withdrawal
from services.sitting import Sitting
from shared.domain.errors import CalendarNotLoaded, Conflict, Invalid

SITUATIONS: Final = ("road_works", "deep_pit", "waste_route", "river_works", "night_work")
#: Facts that an applicant may be asked for: some that fees use, some that they do not.
FACTS: Final = {
    "floor_area_m2": "80123.45",
    "floors": 17,
    "contract_price": "150000000.00",
    "project_name": "碧海湾二期",
}
APPLICATIONS_MAX: Final = 3


class Applying(Timekeeping):
    """The applicants' side of the counter."""

    @initialize(
        target=APPLICATIONS,
        day=st.sampled_from(sorted(FIFTH_WORKING_DAY)),
        first=st.sets(st.sampled_from(SITUATIONS)),
        second=st.sets(st.sampled_from(SITUATIONS)),
        promised=st.sets(st.sampled_from(sorted(PAPERS))),
    )
    def begin(self, day: date, first: set[str], second: set[str], promised: set[str]) -> Any:
        """Two applications in two districts, on a day whose deadline everybody knows."""
        self.set_clock(self.start_of(day).replace(hour=9, minute=30))
        if FIFTH_WORKING_DAY[day].year > LAST_LOADED_YEAR:
            with pytest.raises(CalendarNotLoaded):
                self.office.receives()
            self.import_next_year()
        given = multiple(self.submitted(first, promised=promised), self.submitted(second, area_code="gx"))
        for application, situations in zip(self.received, (first, second), strict=True):
            if "river_works" not in situations:
                assert self.due_on(application) == FIFTH_WORKING_DAY[day]
        return given

    def due_on(self, application: UUID) -> date:
        found: date = self.office.one("select due_on from application where id = :id", id=application)
        return found

    def body(self, situations: set[str], *, area_code: str, promised: set[str], login: str) -> dict[str, Any]:
        body = self.office.body(login=login, situations=sorted(situations), area_code=area_code)
        if not promised:
            return body
        codes = {
            str(row.id): row.material_code
            for row in self.office.rows("select id, material_code from attachment where application_id is null")
        }
        return body | {
            "attachments": [each for each in body["attachments"] if codes[each] not in promised],
            "commitments": sorted(promised & {codes[each] for each in body["attachments"]}),
        }

    def submitted(
        self, situations: set[str], *, area_code: str = "dw", promised: set[str] = frozenset(), login: str = "applicant"
    ) -> UUID:
        body = self.body(situations, area_code=area_code, promised=promised, login=login)
        application: UUID = self.office.receives(body, login=login).application_id
        self.received.append(application)
        return application

    @precondition(lambda self: len(self.received) < APPLICATIONS_MAX)
    @rule(
        target=APPLICATIONS,
        situations=st.sets(st.sampled_from(SITUATIONS)),
        area_code=st.sampled_from(["dw", "hanhai"]),
        promised=st.sets(st.sampled_from(sorted(PAPERS)), min_size=1),
    )
    def hands_in(self, situations: set[str], area_code: str, promised: set[str]) -> UUID:
        return self.submitted(situations, area_code=area_code, promised=promised, login="applicant2")

    @precondition(lambda self: len(self.received) < APPLICATIONS_MAX)
    @rule(target=APPLICATIONS, missing=st.sampled_from(["contract", "siteplan"]))
    def is_told_once_what_is_missing_and_completes_it(self, missing: str) -> Any:
        """The door answers once in writing, the same again however often it is asked; then the paper comes."""
        account = self.account("applicant")
        whole = self.body(set(), area_code="dw", promised=set(), login="applicant")
        (paper,) = self.office.rows(
            "select id::text from attachment where application_id is null and material_code = :code "
            "and id::text = any(:given)",
            code=missing,
            given=whole["attachments"],
        )
        lacking = whole | {"attachments": [each for each in whole["attachments"] if each != paper.id]}
        with self.office.sits() as sitting:
            draft_id = intake.save_draft(sitting, account=account, data=lacking)
        with pytest.raises(Invalid), self.office.sits() as sitting:
            intake.submit(sitting, account=account, body=lacking, key=str(draft_id), draft_id=draft_id)
        answers_given = []
        for _ in range(2):
            with self.office.sits() as sitting:
                answers_given.append(door.answer(sitting, account=account, draft_id=draft_id, body=lacking))
        first, again = answers_given
        assert (first.repeated, again.repeated, again.notice.number) == (False, True, first.notice.number)
        assert [item["code"] for item in first.notice.items] == [missing]
        with pytest.raises(Conflict), self.office.sits() as sitting:
            door.answer(sitting, account=account, draft_id=draft_id, body=whole)
        with self.office.sits() as sitting:
            received = intake.submit(sitting, account=account, body=whole, key=str(draft_id), draft_id=draft_id)
        self.received.append(received.application_id)
        return received.application_id

    # 补正.

    @having("sent")
    @rule(data=st.data(), changes=st.booleans())
    def the_applicant_answers(self, data: st.DataObject, changes: bool) -> None:
        self.answers_everything(data.draw(self.one_having("sent")), changes=changes)

    def answers_everything(self, application: UUID, *, changes: bool) -> None:
        """Every paper comes again, every fact is corrected or explained."""
        account = self.owner(application)
        items = self.office.rows(
            "select distinct i.kind, i.target from correction_item i join correction_notice n on n.id = i.notice_id "
            "where n.application_id = :id and n.state = 'sent' and i.state = 'asked' order by 1, 2",
            id=application,
        )
        facts = self.office.one("select facts from application where id = :id", id=application)
        given = []
        for item in items:
            if item.kind == "paper":
                paper_id = self.upload(item.target, account.login)
                given.append(answers.Answer(kind=item.kind, target=item.target, paper_id=paper_id))
            elif item.kind == "fact":
                value = FACTS[item.target] if changes else facts[item.target]
                text = "" if changes else "已核对"
                given.append(answers.Answer(kind=item.kind, target=item.target, value=value, text=text))
            else:
                given.append(answers.Answer(kind=item.kind, target=item.target, text="已说明"))
        if given:
            self.act(
                lambda sitting: answers.save(sitting, account=account, application_id=application, answers=given),
                by=account,
            )
        self.act(lambda sitting: answers.submit(sitting, account=account, application_id=application), by=account)

    # 告知承诺.

    @having("promise")
    @rule(data=st.data(), other=st.booleans())
    def brings_a_promised_paper(self, data: st.DataObject, other: bool) -> None:
        """The paper comes, perhaps for the second time, perhaps from somebody who promised nothing."""
        application = data.draw(self.one_having("promise"))
        found = self.commitments_of(application)
        if not found:
            return
        promise = data.draw(st.sampled_from(found))
        account = self.account("applicant") if other else self.owner(application)
        paper_id = self.upload(promise.material_code, account.login, content=f"\n% {self.done}".encode())

        def bring(sitting: Sitting) -> None:
            commitments.bring_paper(sitting, account=account, commitment_id=promise.id, paper_id=paper_id)

        if self.act(bring, by=account):
            assert account.id == self.owner(application).id
            self.promise_is(promise, "brought")

    @having("promise")
    @rule(data=st.data(), is_kept=st.sampled_from([True, True, False]))
    def looks_at_a_promised_paper(self, data: st.DataObject, is_kept: bool) -> None:
        application = data.draw(self.one_having("promise"))
        found = self.commitments_of(application)
        if not found:
            return
        promise = data.draw(st.sampled_from(found))
        actor = self.someone(promise.unit_code, data)

        def look(sitting: Sitting) -> None:
            commitments.check(
                sitting, commitment_id=promise.id, actor=actor, is_kept=is_kept, opinion="" if is_kept else "与承诺不符"
            )

        if self.act(look, by=actor):
            assert promise.state == "brought" or (promise.state, is_kept) == ("promised", False) or promise.checked_at
            self.promise_is(promise, "fulfilled" if is_kept else "failed")

    def promise_is(self, promise: Any, state: str) -> None:
        """A promise is in a state in which its clock asks for nothing any more."""
        (now,) = self.office.rows(
            "select c.state, k.state as clock from commitment c join clock k on k.subject_id = c.id where c.id = :id",
            id=promise.id,
        )
        assert (now.state, now.clock) == (state, "stopped")

    def commitments_of(self, application: UUID) -> list[Any]:
        return self.office.rows(
            "select id, material_code, unit_code, state, due_on, checked_at, late_noted_on from commitment "
            "where application_id = :id order by material_code",
            id=application,
        )

    # Taken back.

    @precondition(lambda self: self.done > 25)
    @rule(application=APPLICATIONS, login=st.sampled_from(["applicant", "applicant2"]))
    def is_withdrawn(self, application: UUID, login: str) -> None:
        account = self.account(login)
        self.act(
            lambda sitting: withdrawal.withdraw(
                sitting, application_id=application, account=account, reason="改期建设"
            ),
            by=account,
        )
