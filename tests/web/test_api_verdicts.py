"""The acts of a verdict by program: the same rules, the same refusals, each unit its own only."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from office import Office
from program import Program
from watching import broken


def task_of(office: Office, application_id: UUID, matter: str) -> Any:
    return office.rows(
        "select * from review_task where application_id = :id and matter_code = :matter",
        id=application_id,
        matter=matter,
    )[0]


@pytest.fixture
def program(web):
    def arrive(login: str = "") -> Program:
        return Program(web, login)

    return arrive


@pytest.fixture
def case(office: Office) -> UUID:
    office.at("2014-09-15 09:00")
    application_id = office.receives(office.body(situations=["deep_pit", "river_works"])).application_id
    office.decides(task_of(office, application_id, "site-check"))
    return application_id


class TestVerdictsByProgram:
    def test_are_proposed_sent_back_and_confirmed(self, office: Office, case: UUID, program) -> None:
        path = f"/tasks/{task_of(office, case, 'zj-pit').id}"
        officer, checker = program("zj-officer"), program("zj-checker")
        proposed = officer.post(f"{path}/decide", {"verdict": "approve", "opinion": "可行"}).json
        assert proposed["status"] == "checking"
        assert proposed["id"] in [each["id"] for each in checker.get("/tasks?status=checking").json["tasks"]]
        assert officer.post(f"{path}/check", {"confirm": True}).status_code == 403
        assert checker.post(f"{path}/check", {"confirm": False}).status_code == 422
        assert checker.post(f"{path}/check", {"confirm": False, "reason": "缺签字"}).json["status"] == "taken"
        officer.post(f"{path}/decide", {"verdict": "approve", "opinion": "已补签字"})
        version = task_of(office, case, "zj-pit").version
        assert checker.post(f"{path}/check", {"confirm": True, "version": version - 1}).status_code == 409
        assert checker.post(f"{path}/check", {"confirm": True, "version": version}).json["status"] == "approved"
        seen = next(
            each for each in program("applicant").get(f"/applications/{case}").json["tasks"] if each["id"] in path
        )
        assert (seen["checker"], seen["is_by_default"]) == (office.actor("zj-checker").name, False)
        assert broken() == {}

    def test_are_reported_upwards_urged_and_answered(self, office: Office, case: UUID, program) -> None:
        path = f"/tasks/{task_of(office, case, 'sw-river').id}"
        chief = program("sw-chief")
        late = chief.post(f"{path}/forward", {"opinion": "拟同意", "follow_up_on": "2014-09-15"})
        assert (late.status_code, late.json["problems"][0]["field"]) == (422, "follow_up_on")
        assert chief.post(f"{path}/forward", {"opinion": "拟同意", "follow_up_on": "22.9.2014"}).status_code == 422
        sent = chief.post(f"{path}/forward", {"opinion": "拟同意", "follow_up_on": "2014-09-22"})
        assert sent.json["status"] == "forwarded"
        follow = {"note": "电话", "next_on": "2014-09-26", "version": 0}
        assert chief.post(f"{path}/follow-ups", follow).status_code == 200
        assert chief.post(f"{path}/follow-ups", follow).status_code == 409
        answered = chief.post(f"{path}/answer", {"answer": "refused", "note": "占用断面", "way": "退后"})
        assert answered.json["status"] == "objected"
        assert chief.post(f"{path}/consent", {"opinion": "已退后"}).json["status"] == "approved"
        assert broken() == {}

    def test_keep_an_objection_in_one_text_for_programs_that_know_no_way(
        self, office: Office, case: UUID, program
    ) -> None:
        path = f"/tasks/{task_of(office, case, 'st-environment').id}/decide"
        officer = program("st-officer")
        empty = officer.post(path, {"verdict": "object", "opinion": "超标", "way": ""})
        assert (empty.status_code, empty.json["problems"][0]["field"]) == (422, "way")
        assert officer.post(path, {"verdict": "object", "opinion": "超标，须加装净化设施"}).json["status"] == "objected"

    def test_are_another_units_business(self, office: Office, case: UUID, program) -> None:
        path = f"/tasks/{task_of(office, case, 'st-environment').id}"
        for act, body in (
            ("check", {"confirm": True}),
            ("forward", {"opinion": "x", "follow_up_on": "2014-09-22"}),
            ("follow-ups", {"note": "x", "next_on": "2014-09-22"}),
            ("answer", {"answer": "approved", "note": "x"}),
            ("consent", {"opinion": "x"}),
        ):
            for login in ("rf-officer", "applicant", "finance"):
                assert program(login).post(f"{path}/{act}", body).status_code == 404, (act, login)
        assert task_of(office, case, "st-environment").status == "open"


class TestEndingByProgram:
    def test_refuses_once_for_the_lead_chief_only(self, office: Office, case: UUID, program) -> None:
        office.decides(task_of(office, case, "st-environment"), approve=False, opinion="超标")
        path = f"/applications/{case}/refuse"
        grounds = {"grounds": [{"matter": "st-environment", "reason": "超标", "way": "加装净化设施"}]}
        assert program("st-chief").post(path, grounds).status_code == 404
        assert program("zj-officer").post(path, grounds).status_code == 403
        assert program("zj-chief").post(path, {}).status_code == 422
        first = program("zj-chief").post(path, grounds)
        assert first.json == {"number": "瀚一单不许〔2014〕1号"}
        assert program("zj-chief").post(path, grounds).json == first.json
        assert program("applicant").post(f"/applications/{case}/withdraw", {"reason": "改"}).status_code == 409
        assert broken() == {}

    def test_withdraws_the_callers_own(self, case: UUID, program) -> None:
        path = f"/applications/{case}/withdraw"
        assert program("applicant2").post(path, {"reason": "改"}).status_code == 404
        assert program("zj-chief").post(path, {"reason": "改"}).status_code == 404
        assert program("applicant").post(path, {"reason": ""}).status_code == 422
        assert program("applicant").post(path, {"reason": "方案调整"}).json["status"] == "withdrawn"
        assert program("applicant").post(path, {"reason": "方案调整"}).json["status"] == "withdrawn"
        assert broken() == {}
