"""Joint meetings by program: listed for who is invited, planned, and recorded with every verdict at once."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from office import Office

from services.setting_up import DEMO_PASSWORD

DISCUSSED = "管线迁改与占道挖掘同步实施"


@pytest.fixture
def machine(database_url: str, configured: Any) -> FlaskClient:
    from shared.settings import settings
    from web.app import create_app

    return create_app(settings()).test_client()


class Program:
    """Somebody's program with a token."""

    def __init__(self, client: FlaskClient, login: str) -> None:
        answer = client.post("/api/v1/sessions", json={"login": login, "password": DEMO_PASSWORD})
        self.client, self.headers = client, {"Authorization": f"Bearer {answer.json['token']}"}

    def get(self, path: str, expected: int = 200) -> Any:
        answer = self.client.get(path, headers=self.headers)
        assert answer.status_code == expected, answer.text
        return answer.json

    def post(self, path: str, body: dict[str, Any], expected: int = 200) -> Any:
        answer = self.client.post(path, json=body, headers=self.headers)
        assert answer.status_code == expected, answer.text
        return answer.json


class TestAMeeting:
    def test_is_planned_and_recorded_once_with_every_verdict(self, office: Office, machine: FlaskClient) -> None:
        received = office.receives(office.body(situations=["road_works"]))
        lead, path = Program(machine, "zj-officer"), f"/api/v1/applications/{received.application_id}/meetings"
        (meeting,) = lead.get(path)["meetings"]
        assert (meeting["kind"], meeting["state"]) == ("mutual", "called")
        assert {task["matter_code"] for task in meeting["tasks"]} == {"cg-road", "sw-pipes"}

        planned = lead.post(
            f"/api/v1/meetings/{meeting['id']}/plan",
            {"planned_at": "2014-09-16T14:30:00+08:00", "place": "三楼会议室", "chair": "章远山"},
        )
        office.at("2014-09-16 15:30")
        body = {
            "attendance": {
                seat["unit_code"]: {
                    "attended": True,
                    "speaker": next(each["id"] for each in planned["people"] if each["unit_code"] == seat["unit_code"]),
                }
                for seat in planned["seats"]
            },
            "verdicts": {task["id"]: {"verdict": "approved", "opinion": "同步实施"} for task in planned["tasks"]},
            "discussed": DISCUSSED,
        }
        first = lead.post(f"/api/v1/meetings/{meeting['id']}/record", body)
        again = lead.post(f"/api/v1/meetings/{meeting['id']}/record", body)

        assert first == again
        assert (first["state"], {task["status"] for task in first["tasks"]}) == ("held", {"approved"})
        assert office.one("select count(*) from meeting_verdict") == 2

    def test_is_shown_to_the_invited_and_recorded_by_the_lead_window(
        self, office: Office, machine: FlaskClient
    ) -> None:
        received = office.receives(office.body(situations=["road_works"]))
        path = f"/api/v1/applications/{received.application_id}/meetings"

        assert len(Program(machine, "cg-officer").get(path)["meetings"]) == 1
        assert Program(machine, "qx-officer").get(path)["meetings"] == []
        meeting_id = office.one("select id from meeting")
        plan = {"planned_at": "2014-09-16T14:30:00+08:00", "place": "三楼", "chair": "章远山"}
        Program(machine, "cg-officer").post(f"/api/v1/meetings/{meeting_id}/plan", plan, expected=403)
        Program(machine, "qx-officer").post(f"/api/v1/meetings/{meeting_id}/plan", plan, expected=404)
        past = plan | {"planned_at": "2014-09-13T10:00:00+08:00"}
        Program(machine, "zj-officer").post(f"/api/v1/meetings/{meeting_id}/plan", past, expected=422)
