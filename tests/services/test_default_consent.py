"""超时默认: off, nothing ever happens by itself; on, only what nobody spoke about and whose time ran out."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from office import Office
from watching import broken, counts, forge, kinds, side_by_side

from services import forwarding, review
from services.default_consent import consent_by_default
from shared.db import clocks
from shared.domain.clocks import Mechanism, PauseKind

LATE = "2014-10-20 09:00"


@pytest.fixture
def lenient(office: Office) -> Office:
    """The office of a city where silence counts as consent."""
    office.switches("default_consent")
    office.at("2014-09-15 09:00")
    return office


def run(office: Office) -> None:
    with office.sits() as sitting:
        consent_by_default(sitting)


def by_matter(office: Office, application_id: UUID) -> dict[str, Any]:
    rows = office.rows("select * from review_task where application_id = :id", id=application_id)
    return {row.matter_code: row for row in rows}


class TestTheSwitchOff:
    def test_leaves_late_work_late(self, office: Office) -> None:
        office.at("2014-09-15 09:00")
        application_id = office.receives().application_id
        office.at(LATE)
        before = counts("audit_event", "outbox")

        run(office)

        assert counts("audit_event", "outbox") == before
        assert {task.status for task in by_matter(office, application_id).values()} == {"open"}


class TestTheSwitchOn:
    def test_approves_what_is_late_and_says_so(self, lenient: Office) -> None:
        application_id = lenient.receives().application_id
        run(lenient)
        assert not any(task.is_by_default for task in by_matter(lenient, application_id).values())

        lenient.at("2014-09-19 09:00")  # three working days are over, five are not
        run(lenient)

        tasks = by_matter(lenient, application_id)
        assert {code for code, task in tasks.items() if task.is_by_default} == {
            "qx-lightning", "rs-wages", "cg-waste", "site-check",
        }  # fmt: skip
        assert all(
            (task.status, task.officer_id) == ("approved", None) for task in tasks.values() if task.is_by_default
        )
        events = lenient.rows("select * from audit_event where verb = 'matter_approved'")
        assert all(
            event.data["by_default"] and event.actor_id is None and event.seal and "超时默认" in event.data["opinion"]
            for event in events
        )
        assert broken() == {}

        before = counts("audit_event")
        run(lenient)
        assert counts("audit_event") == before

    def test_never_speaks_for_those_who_have_spoken_or_whose_time_stands_still(self, lenient: Office) -> None:
        application_id = lenient.receives(lenient.body(situations=["deep_pit", "river_works"])).application_id
        tasks = by_matter(lenient, application_id)
        lenient.decides(tasks["site-check"])
        lenient.decides(tasks["st-environment"], approve=False, opinion="超标")
        with lenient.sits() as sitting:
            sw, zj = lenient.actor("sw-chief"), lenient.actor("zj-officer")
            forwarding.forward(
                sitting, task_id=tasks["sw-river"].id, actor=sw, opinion="拟同意", follow_up_on=date(2014, 9, 22)
            )
            review.decide(sitting, task_id=tasks["zj-pit"].id, actor=zj, approve=True, opinion="可行")
            clock = clocks.find(sitting.session, application_id, Mechanism.MATTER, tasks["xf-fire"].id)
            clocks.pause(
                sitting.session,
                sitting.city,
                clock,
                kind=PauseKind.EXPERT_REVIEW,
                reason="专家评审",
                by=zj,
                now=sitting.now,
            )
        lenient.at(LATE)

        run(lenient)

        states = {code: (task.status, task.is_by_default) for code, task in by_matter(lenient, application_id).items()}
        assert states["st-environment"] == ("objected", False)
        assert states["sw-river"] == ("forwarded", False)
        assert states["zj-pit"] == ("checking", False)
        assert states["xf-fire"] == ("open", False)
        assert states["rf-shelter"] == ("approved", True)
        assert broken() == {}

    def test_leads_to_the_bill_like_any_other_verdict(self, lenient: Office) -> None:
        application_id = lenient.receives().application_id
        lenient.works()
        lenient.confirms(application_id)
        lenient.at(LATE)

        run(lenient)
        lenient.works()

        assert len(lenient.bills(application_id)) == 1
        assert broken() == {}

    def test_and_the_officer_at_the_same_moment_give_one_verdict(self, lenient: Office) -> None:
        for _ in range(4):
            lenient.at("2014-09-15 09:00")
            application_id = lenient.receives().application_id
            task = by_matter(lenient, application_id)["st-environment"]
            lenient.at(LATE)

            results = side_by_side(partial(run, lenient), partial(lenient.decides, task, approve=False, opinion="超标"))

            verdicts = lenient.rows(
                "select verb from audit_event where application_id = :id and data->>'matter' = 'st-environment'",
                id=application_id,
            )
            assert len(verdicts) == 1
            assert kinds(results) in ({"done": 2}, {"done": 1, "VerdictAlreadyGiven": 1})
        assert broken() == {}

    def test_is_found_out_when_somebody_forges_it(self, lenient: Office) -> None:
        application_id = lenient.receives().application_id
        lenient.decides(lenient.tasks(application_id)[0])

        forge("update review_task set is_by_default = true, officer_id = null where seq = 1")

        assert "I10-verdicts" in broken()
