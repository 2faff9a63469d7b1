"""One door: the same key is the same application for ever, and what is refused leaves nothing behind."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from office import Office, small_pdf
from watching import counts, kinds, side_by_side

from services import intake
from services.intake import KeyTaken, Submitted
from shared.db import attachments
from shared.domain.errors import Conflict, Invalid, NotAllowed, NotFound

WRITTEN = ("application", "submission", "review_task", "fee_line", "audit_event", "outbox", "document", "number_series")


def problems(office: Office, body: dict[str, Any], *, key: str | None = None, login: str = "applicant") -> set[str]:
    """The fields that a submission is refused for."""
    with pytest.raises(Invalid) as refusal:
        office.receives(body, key=key, login=login)
    assert all(each.problem for each in refusal.value.problems)
    return {each.field for each in refusal.value.problems}


class TestTheSameKey:
    def test_is_one_application_when_twenty_come_at_once(self, office: Office) -> None:
        body = office.body()

        results = side_by_side(*[lambda: office.receives(copy.deepcopy(body), key="key-1")] * 20)

        assert kinds(results) == {"done": 20}
        assert len({result.application_id for result in results}) == 1
        assert sorted(result.repeated for result in results) == [False] + [True] * 19
        assert counts("application", "submission", "audit_event") == {
            "application": 1,
            "submission": 1,
            "audit_event": 1,
        }
        assert counts("fee_line", "review_task")["fee_line"] == 7
        assert office.one("select last from number_series where series like 'application:%'") == 1

    def test_gives_the_same_answer_years_later_and_after_completion(self, office: Office) -> None:
        body = office.body()
        first = office.receives(body, key="key-1")
        office.works()
        office.at("2019-06-03 10:00")

        again = office.receives(body, key="key-1")

        assert (again.number, again.accepted_on, again.due_on) == (first.number, first.accepted_on, first.due_on)
        assert again.repeated
        assert counts("application") == {"application": 1}

    def test_with_another_body_is_refused_and_writes_nothing(self, office: Office) -> None:
        body = office.body()
        office.receives(body, key="key-1")
        before = counts(*WRITTEN)

        with pytest.raises(KeyTaken):
            office.receives(body | {"site": "另一处"}, key="key-1")

        assert counts(*WRITTEN) == before

    def test_is_free_again_after_a_refused_submission(self, office: Office) -> None:
        body = office.body()
        assert problems(office, body | {"area_code": "nowhere"}, key="key-1") == {"area_code"}

        assert not office.receives(body, key="key-1").repeated

    def test_of_another_person_is_another_key(self, office: Office) -> None:
        first = office.receives(key="key-1")
        second = office.receives(key="key-1", login="applicant2")

        assert first.application_id != second.application_id

    def test_must_be_one_that_can_be_kept(self, office: Office) -> None:
        body = office.body()
        account = office.account("applicant")
        for key in ("", "k" * 201, "two\nlines", "nul\x00", "half\ud800"):
            with pytest.raises(Invalid) as refusal, office.sits() as sitting:
                intake.submit(sitting, account=account, body=body, key=key)
            assert [each.field for each in refusal.value.problems] == ["Idempotency-Key"]


class TestAccepting:
    def test_writes_everything_in_one_transaction(self, office: Office) -> None:
        received = office.receives()

        tasks = office.tasks(received.application_id)
        assert len(tasks) >= 8
        assert len({task.unit_code for task in tasks}) >= 8
        assert len(office.lines(received.application_id)) == 7
        assert len(office.bells()) == 9  # one per fee line, one each for the slip and the acceptance
        assert office.one("select count(*) from attachment where application_id is null") == 0
        assert received.number.startswith("HH20140915-0001-")

    def test_numbers_applications_without_gaps_when_many_come_at_once_and_some_are_refused(
        self, office: Office
    ) -> None:
        bodies = [office.body() for _ in range(8)]
        bodies[3]["area_code"] = bodies[6]["area_code"] = "nowhere"

        results = side_by_side(*[lambda body=body: office.receives(body) for body in bodies])

        assert kinds(results) == {"done": 6, "Invalid": 2}
        running = sorted(int(each.number.split("-")[1]) for each in results if isinstance(each, Submitted))
        assert running == [1, 2, 3, 4, 5, 6]

    def test_sends_the_lead_matter_to_the_district_that_was_chosen(self, office: Office) -> None:
        city, district = office.receives(office.body(area_code="dw")), office.receives(office.body(area_code="gx"))

        def units(received: Submitted) -> set[str]:
            return {task.unit_code for task in office.tasks(received.application_id)}

        assert units(city) - units(district) == {"dw-zj"}
        assert units(district) - units(city) == {"gx-zj"}

    def test_is_for_applicants_only(self, office: Office) -> None:
        body = office.body()
        for login in ("zj-officer", "finance", "leader", "admin", "operator"):
            with pytest.raises(NotAllowed):
                office.receives(body, login=login)


def changed_facts(**facts: Any) -> Callable[[dict[str, Any]], None]:
    return lambda body: body["facts"].update(facts)


def changed(**values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda body: body.update(values)


def without(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda body: body["facts"].pop(name)


BAD: dict[str, tuple[Callable[[dict[str, Any]], None], set[str]]] = {
    "an unknown key": (changed(colour="red"), {"colour"}),
    "an unknown fact": (changed_facts(colour="red"), {"facts.colour"}),
    "a float where a decimal belongs": (changed_facts(floor_area_m2=86432.18), {"facts.floor_area_m2"}),
    "a negative area": (changed_facts(ground_floor_area_m2="-1"), {"facts.ground_floor_area_m2"}),
    "not a number": (changed_facts(project_cost="NaN"), {"facts.project_cost"}),
    "infinity": (changed_facts(project_cost="Infinity"), {"facts.project_cost"}),
    "a number with an exponent": (changed_facts(project_cost="1e9"), {"facts.project_cost"}),
    "an unknown use": (changed_facts(use="castle"), {"facts.use"}),
    "a wrong USCC": (
        changed_facts(developer={"name": "瀚海市碧海置业有限公司", "uscc": "91371002MA3C00012N"}),
        {"facts.developer.uscc"},
    ),
    "no developer": (without("developer"), {"facts.developer"}),
    "no floor area": (without("floor_area_m2"), {"facts.floor_area_m2"}),
    "a wrong project code": (changed_facts(project_code="2014"), {"facts.project_code"}),
    "a fact that the office sets": (changed_facts(accepted_on="2014-01-01"), {"facts.accepted_on"}),
    "another fact that the office sets": (changed_facts(case="HH-1"), {"facts.case"}),
    "an unknown area": (changed(area_code="xx"), {"area_code"}),
    "an area that is a list": (changed(area_code=["dw"]), {"area_code"}),
    "an area that is an object": (changed(area_code={"dw": 1}), {"area_code"}),
    "no site": (changed(site=" "), {"site"}),
    "a site that is too long": (changed(site="长" * 201), {"site"}),
    "a site with a control character": (changed(site="路\x0018号"), {"site"}),
    "a site with half a character": (changed(site="路\ud80018号"), {"site"}),
    "a name with a null character": (changed_facts(project_name="花园\x00"), {"facts.project_name"}),
    "a name with half a character": (changed_facts(project_name="花园\ud800"), {"facts.project_name"}),
    "facts that are a list": (changed(facts=[]), {"facts"}),
    "papers that are text": (changed(attachments="all"), {"attachments"}),
}


def _top(field: str) -> str:
    return field.split(".", maxsplit=1)[0].split("[", maxsplit=1)[0]


class TestBadInput:
    def test_is_named_by_its_field_and_writes_nothing(self, office: Office, subtests: pytest.Subtests) -> None:
        good = office.body()
        before = counts(*WRITTEN)
        for name, (change, fields) in BAD.items():
            with subtests.test(msg=name):
                body = copy.deepcopy(good)
                change(body)
                named = problems(office, body)
                assert fields <= named
                assert {_top(field) for field in named} <= {_top(field) for field in fields} | {"attachments"}
                with office.sits() as sitting:
                    found = intake.check(sitting, account=office.account("applicant"), body=body)
                assert {each.field for each in found} == named
                assert counts(*WRITTEN) == before

    def test_names_everything_that_is_wrong_at_once(self, office: Office) -> None:
        body = office.body(floor_area_m2=1.5, use="castle") | {"area_code": "xx", "site": "", "colour": "red"}
        body["attachments"] = [*body["attachments"], "not-an-id", str(uuid4())]

        last = len(body["attachments"]) - 1
        assert {
            "colour",
            "facts.floor_area_m2",
            "facts.use",
            "area_code",
            "site",
            f"attachments[{last - 1}]",
        } <= problems(office, body)

    def test_names_the_fact_that_a_fee_needs(self, office: Office) -> None:
        body = office.body()
        del body["facts"]["project_cost"]
        with pytest.raises(Invalid) as refusal:
            office.receives(body)
        assert [each.field for each in refusal.value.problems] == ["facts.project_cost"]
        assert "必填" in refusal.value.problems[0].problem

    def test_names_the_paper_that_is_missing(self, office: Office) -> None:
        body = office.body()
        with office.sits() as sitting:
            required = [each.code for each in sitting.city.pack.materials if each.required == "always"]
        body["attachments"] = []

        assert problems(office, body) == {f"attachments.{code}" for code in required}

    def test_refuses_a_deadline_in_a_year_without_calendar(self, office: Office) -> None:
        office.at("2014-09-15 09:30")
        body = office.body()
        with office.sits() as sitting:
            years = sitting.city.calendar.years
        office.at(f"{max(years)}-12-31 09:30")
        before = counts(*WRITTEN)

        with pytest.raises(Exception, match=str(max(years) + 1)):
            office.receives(body)

        assert counts(*WRITTEN) == before


class TestPapers:
    def test_are_adopted_by_one_of_two_submissions_at_once(self, office: Office) -> None:
        body = office.body()
        for _ in range(5):
            papers = office.papers()
            results = side_by_side(
                *[
                    lambda each=each, papers=papers: office.receives(body | {"attachments": papers, "site": each})
                    for each in "甲乙丙"
                ]
            )
            outcome = kinds(results)
            assert outcome.pop("done") == 1
            assert sum(outcome.values()) == 2
            assert set(outcome) <= {"Conflict", "Invalid"}
            assert all(isinstance(each, Submitted | Conflict | Invalid) for each in results)
        assert counts("application", "submission") == {"application": 5, "submission": 5}

    def test_of_somebody_else_do_not_exist(self, office: Office) -> None:
        theirs = office.papers("applicant2")
        body = office.body()
        with office.sits() as sitting:
            missing = {f"attachments.{m.code}" for m in sitting.city.pack.materials if m.required == "always"}

        assert problems(office, body | {"attachments": theirs}) == missing | {
            f"attachments[{index}]" for index in range(len(theirs))
        }

    def test_given_twice_in_one_list_are_one_paper(self, office: Office) -> None:
        body = office.body()
        body["attachments"] *= 2

        received = office.receives(body)

        assert office.one("select count(*) from attachment where application_id = :id", id=received.application_id) == (
            len(body["attachments"]) // 2
        )

    def test_that_were_submitted_cannot_be_thrown_away(self, office: Office) -> None:
        body = office.body()
        office.receives(body)
        with pytest.raises(NotFound), office.sits() as sitting:
            attachments.discard(
                sitting.session, UUID(body["attachments"][0]), account_id=office.account("applicant").id
            )


class TestDrafts:
    def test_keep_whatever_was_typed(self, office: Office) -> None:
        account = office.account("applicant")
        for typed in ("", "😀", "<script>", "\u202e", "-1"):
            with office.sits() as sitting:
                draft = intake.save_draft(sitting, account=account, data={"project_name": typed})
            assert office.one("select data ->> 'project_name' from draft where id = :id", id=draft) == typed

    def test_name_the_field_that_cannot_be_kept(self, office: Office) -> None:
        account = office.account("applicant")
        for typed in ("half\ud800", "nul\x00"):
            with pytest.raises(Invalid) as refusal, office.sits() as sitting:
                intake.save_draft(sitting, account=account, data={"parties": [{"name": "x"}, {"name": typed}]})
            assert [each.field for each in refusal.value.problems] == ["parties[1].name"]

    def test_belong_to_one_person(self, office: Office) -> None:
        with office.sits() as sitting:
            draft = intake.save_draft(sitting, account=office.account("applicant"), data={})
        other = office.account("applicant2")
        with pytest.raises(NotFound), office.sits() as sitting:
            intake.save_draft(sitting, account=other, data={"x": 1}, draft_id=draft)
        with pytest.raises(NotFound), office.sits() as sitting:
            intake.add_paper(
                sitting, office.storage, account=other, file_name="x.pdf", content=small_pdf(), draft_id=draft
            )
        assert counts("attachment") == {"attachment": 0}

    def test_are_closed_by_their_submission(self, office: Office) -> None:
        account, body = office.account("applicant"), office.body()
        with office.sits() as sitting:
            draft = intake.save_draft(sitting, account=account, data={"x": 1})
        with office.sits() as sitting:
            intake.submit(sitting, account=account, body=body, key=str(draft), draft_id=draft)

        with pytest.raises(NotFound), office.sits() as sitting:
            intake.save_draft(sitting, account=account, data={"x": 2}, draft_id=draft)
