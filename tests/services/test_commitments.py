"""Promised papers: brought in time or late, judged once by their unit, and what fails lies before the lead window."""

from __future__ import annotations

from typing import Any

import pytest
from office import Office, small_pdf, small_picture
from watching import broken, kinds, side_by_side

from services import commitments, door, operations, review
from shared.domain.errors import Conflict, Invalid, NotAllowed, NotFound


def promised(office: Office, *codes: str) -> Any:
    """An application in which these papers are promised; gives what the door answered."""
    body = office.body()
    rows = office.rows("select id, material_code from attachment where application_id is null")
    left = {str(row.id) for row in rows if row.material_code not in codes}
    return office.receives(
        body | {"attachments": [each for each in body["attachments"] if each in left], "commitments": list(codes)}
    )


def promise(office: Office, code: str = "waste") -> Any:
    return office.rows("select * from commitment where material_code = :code", code=code)[0]


def brings(office: Office, content: bytes | None = None, login: str = "applicant", code: str = "waste") -> None:
    with office.sits() as sitting:
        commitments.bring(
            sitting, office.storage, account=office.account(login), commitment_id=promise(office, code).id,
            file_name="方案.pdf", content=small_pdf() if content is None else content,
        )  # fmt: skip


def judges(office: Office, *, is_kept: bool, opinion: str = "", login: str = "cg-officer", **more: Any) -> None:
    actor = office.actor(login)
    with office.sits() as sitting:
        commitments.check(
            sitting, commitment_id=promise(office).id, actor=actor, is_kept=is_kept, opinion=opinion, **more
        )


def declines(office: Office, application_id: Any, login: str = "zj-officer", **changes: str) -> Any:
    said = {"reason": "项目不属于本市审批权限。", "clause": "《行政许可法》第三十二条第一款第二项", "go_to": "省厅"}
    actor = office.actor(login)
    with office.sits() as sitting:
        return door.decline(sitting, application_id=application_id, actor=actor, **(said | changes))


def looks(office: Office) -> int:
    """What the clock does in one look."""
    with office.sits() as sitting:
        found = commitments.due(sitting)
    new = 0
    for application_id in found:
        with office.sits() as sitting:
            new += commitments.note_late(sitting, application_id)
    return new


class TestBringing:
    def test_is_judged_as_at_the_door_and_stops_the_clock(self, office: Office) -> None:
        promised(office, "waste")
        with pytest.raises(Invalid):
            brings(office, small_picture())
        brings(office)

        row = promise(office)
        assert (row.state, office.one("select state from clock where mechanism = 'commitment'")) == (
            "brought", "stopped",
        )  # fmt: skip
        assert office.one("select material_code from attachment where id = :id", id=row.attachment_id) == "waste"
        assert broken() == {}

    def test_of_the_same_bytes_twice_or_ten_times_at_once_is_once(self, office: Office) -> None:
        promised(office, "waste")
        results = side_by_side(*[lambda: brings(office)] * 10)

        assert kinds(results) == {"done": 10}
        brings(office)
        assert office.one("select count(*) from attachment where material_code = 'waste'") == 2  # one was never sent
        assert office.one("select count(*) from audit_event where verb = 'promised_paper_brought'") == 1

    def test_belongs_to_the_applicant_and_to_a_promise(self, office: Office) -> None:
        promised(office, "waste")
        with pytest.raises(NotFound):
            brings(office, login="applicant2")
        brings(office)
        judges(office, is_kept=True)
        other = small_pdf() + b"\n% another"
        with pytest.raises(Conflict):
            brings(office, other)


class TestJudging:
    def test_is_sealed_by_the_unit_and_said_once(self, office: Office) -> None:
        promised(office, "waste")
        brings(office)
        judges(office, is_kept=True, opinion="相符")
        judges(office, is_kept=True, opinion="相符")

        (event,) = office.rows("select unit_code, seal, data from audit_event where verb = 'commitment_fulfilled'")
        assert (event.unit_code, event.data["material"]) == ("cg", "waste")
        assert event.seal is not None
        with pytest.raises(Conflict):
            judges(office, is_kept=False, opinion="不相符")
        assert broken() == {}

    def test_is_for_its_unit_with_a_reason_and_after_the_paper_came(self, office: Office) -> None:
        promised(office, "waste")
        with pytest.raises(NotAllowed):
            judges(office, is_kept=True, login="sw-officer")
        for is_kept in (True, False):
            with pytest.raises(Conflict):
                judges(office, is_kept=is_kept, opinion="还没有")
        brings(office)
        with pytest.raises(Invalid):
            judges(office, is_kept=False)
        with pytest.raises(Conflict):
            judges(office, is_kept=True, version=1)

    def test_of_two_at_once_lets_one_win(self, office: Office) -> None:
        promised(office, "waste")
        brings(office)
        results = side_by_side(
            lambda: judges(office, is_kept=True), lambda: judges(office, is_kept=False, opinion="不相符")
        )

        assert sorted(kinds(results)) == ["Conflict", "done"]
        assert broken() == {}

    def test_puts_a_failure_before_the_lead_window_and_lets_the_applicant_mend_it(self, office: Office) -> None:
        promised(office, "waste")
        brings(office)
        judges(office, is_kept=False, opinion="没有运输路线，请补充。")

        (case,) = office.rows("select id, kind, reason from case_item")
        assert case.kind == "commitment_failed"
        assert "没有运输路线" in case.reason
        actor = office.actor("zj-officer")
        with office.sits() as sitting:
            operations.close_attention(
                sitting, case_id=case.id, role="lead_window", actor=actor, resolution="已联系申请人"
            )
        brings(office, small_pdf() + b"\n% mended")
        judges(office, is_kept=True, opinion="已补充")
        assert promise(office).state == "fulfilled"
        assert broken() == {}


class TestBeingLate:
    def test_is_noticed_once_by_any_number_of_looks(self, office: Office) -> None:
        promised(office, "waste", "drainage")
        office.at("2014-09-28 17:00")
        assert looks(office) == 0
        office.at("2014-09-29 09:00")
        assert looks(office) == 2
        assert looks(office) == 0

        assert office.one("select count(*) from case_item where kind = 'commitment_late'") == 2
        assert office.one("select count(*) from audit_event where verb = 'commitment_late'") == 2

    def test_lets_the_unit_say_that_it_failed_and_the_applicant_still_bring_it(self, office: Office) -> None:
        promised(office, "waste")
        office.at("2014-10-08 09:00")
        judges(office, is_kept=False, opinion="期限内未补交")
        brings(office)
        assert promise(office).state == "brought"

    def test_is_no_matter_once_the_application_has_ended(self, office: Office) -> None:
        received = promised(office, "waste")
        declines(office, received.application_id)
        office.at("2014-10-08 09:00")

        assert looks(office) == 0
        with pytest.raises(Conflict):
            brings(office)


class TestNotAccepting:
    def test_ends_everything_with_a_numbered_notice(self, office: Office) -> None:
        received = office.receives()
        notice = declines(office, received.application_id)
        again = declines(office, received.application_id)
        office.works()

        assert (notice.number, again.id) == ("瀚一单不受〔2014〕1号", notice.id)
        assert office.one("select status from application") == "not_accepted"
        assert {task.status for task in office.tasks(received.application_id)} == {"cancelled"}
        assert office.rows("select distinct state from clock") == [("stopped",)]
        assert office.bills(received.application_id) == []
        assert broken() == {}

    def test_is_the_lead_windows_and_has_a_reason(self, office: Office) -> None:
        received = office.receives()
        with pytest.raises(NotAllowed):
            declines(office, received.application_id, login="cg-officer")
        with pytest.raises(Invalid) as refused:
            declines(office, received.application_id, reason=" ", clause="", go_to="长" * 201)
        assert [each.field for each in refused.value.problems] == ["reason", "clause", "go_to"]

    def test_comes_too_late_after_a_verdict_or_a_bill(self, office: Office) -> None:
        first = office.receives()
        office.decides(office.tasks(first.application_id)[0])
        billed = office.is_billed()
        for received in (first, billed):
            with pytest.raises(Conflict):
                declines(office, received.application_id)

    def test_and_a_verdict_at_once_leave_one_of_them(self, office: Office) -> None:
        for _ in range(5):
            received = office.receives()
            task = office.tasks(received.application_id)[2]
            actor = office.actor(f"{task.unit_code}-officer")

            def decides(task: Any = task, actor: Any = actor) -> None:
                with office.sits() as sitting:
                    review.decide(sitting, task_id=task.id, actor=actor, approve=True, opinion="同意")

            results = side_by_side(lambda received=received: declines(office, received.application_id), decides)
            assert sorted(kinds(results)) == ["Conflict", "done"]
        assert broken() == {}
