"""Surveys, the green channel and appointments by program, and meetings that somebody calls."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from office import Office
from program import Program
from watching import broken

from web.api import gatherings
from web.app import Web


@pytest.fixture
def program(web: Web) -> Callable[..., Program]:
    """A program logged in as somebody: `program("rf-officer")`."""

    def arrive(login: str = "") -> Program:
        return Program(web, login)

    return arrive


class TestByProgram:
    def test_a_meeting_about_an_objection_is_called_and_refuses_what_it_is_not_about(
        self, office: Office, program: Callable[..., Program]
    ) -> None:
        application = office.receives().application_id
        task, other, *_ = office.tasks(application)
        office.decides(task, approve=False, opinion="缺图")
        lead, unit = program("zj-officer"), program(f"{other.unit_code}-officer")
        body = {"kind": "objection", "tasks": [str(task.id)], "units": [other.unit_code], "reason": "缺图的处理"}
        path = f"/applications/{application}/meetings"
        assert unit.post(path, body).status_code == 403
        assert lead.post(path, body | {"units": []}).status_code == 422
        called = lead.post(path, body)
        assert (called.status_code, lead.post(path, body).json["id"]) == (200, called.json["id"])
        meeting = f"/meetings/{called.json['id']}"
        lead.post(f"{meeting}/plan", {"planned_at": "2014-09-16T14:30:00+08:00", "place": "三楼", "chair": "章远山"})
        foreign = {str(other.id): {"verdict": "approved"}}
        refused = lead.post(f"{meeting}/record", {"attendance": {}, "verdicts": foreign, "discussed": "议"})
        assert refused.status_code == 422
        assert f"verdict.{other.id}" in {each["field"] for each in refused.json["problems"]}

    def test_a_survey_takes_one_finding_from_each_unit(self, office: Office, program: Callable[..., Program]) -> None:
        application = office.receives().application_id
        lead, unit = program("zj-officer"), program("rf-officer")
        body = {"at": "2014-09-16T09:00:00+08:00", "place": "碧海路18号", "units": ["rf"], "pauses_clocks": True}
        assert unit.post(f"/applications/{application}/surveys", body).status_code == 403
        made = lead.post(f"/applications/{application}/surveys", body)
        gatherings.SurveyOut.model_validate(made.json)
        path = f"/surveys/{made.json['id']}"
        office.at("2014-09-16 09:30")
        assert lead.post(f"{path}/finding", {"result": "fine", "finding": "好"}).status_code == 403
        found = unit.post(f"{path}/finding", {"result": "fine", "finding": "与图纸一致"})
        assert (found.status_code, found.json["state"]) == (200, "held")

    def test_a_case_enters_the_green_channel_and_books_a_window(
        self, office: Office, program: Callable[..., Program]
    ) -> None:
        application = office.receives().application_id
        applicant, lead, unit = program("applicant"), program("zj-officer"), program("zr-officer")
        path = f"/applications/{application}/green-channel"
        booking = {"unit": "zr", "at": "2014-09-16T10:00:00+08:00", "topic": "核对总平面图"}
        assert applicant.post(f"/applications/{application}/appointments", booking).status_code == 409
        assert applicant.post(path, {"criterion": "friend", "document": "文号"}).status_code == 422
        asked = applicant.post(path, {"criterion": "key_project", "document": "瀚发改〔2014〕3号"})
        gatherings.CardOut.model_validate(asked.json)
        assert unit.post(f"{path}/decide", {"decision": "grant"}).status_code == 403
        assert lead.post(f"{path}/decide", {"decision": "grant"}).json["number"] == "HHLT2014-0001"
        booked = applicant.post(f"/applications/{application}/appointments", booking)
        gatherings.AppointmentOut.model_validate(booked.json)
        answer = f"/appointments/{booked.json['id']}/answer"
        assert lead.post(answer, {"answer": "confirm"}).status_code == 404
        assert unit.post(answer, {"answer": "confirm"}).json["state"] == "confirmed"
        assert broken() == {}
