"""Joint meetings by program: listed for who is invited, planned, and recorded with every verdict at once."""

from __future__ import annotations

import pytest
from office import Office
from program import Program

from shared.settings import settings
from web.app import Web, create_app

DISCUSSED = "管线迁改与占道挖掘同步实施"


@pytest.fixture
def machine(office: Office) -> Web:
    assert office
    return create_app(settings())


class TestAMeeting:
    def test_is_planned_and_recorded_once_with_every_verdict(self, office: Office, machine: Web) -> None:
        received = office.receives(office.body(situations=["road_works"]))
        lead, path = Program(machine, "zj-officer"), f"/applications/{received.application_id}/meetings"
        (meeting,) = lead.get(path).json["meetings"]
        assert (meeting["kind"], meeting["state"]) == ("mutual", "called")
        assert {task["matter_code"] for task in meeting["tasks"]} == {"cg-road", "sw-pipes"}

        planned = lead.post(
            f"/meetings/{meeting['id']}/plan",
            {"planned_at": "2014-09-16T14:30:00+08:00", "place": "三楼会议室", "chair": "章远山"},
        ).json
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
        first = lead.post(f"/meetings/{meeting['id']}/record", body).json
        again = lead.post(f"/meetings/{meeting['id']}/record", body).json

        assert first == again
        assert (first["state"], {task["status"] for task in first["tasks"]}) == ("held", {"approved"})
        assert office.one("select count(*) from meeting_verdict") == 2

    def test_is_shown_to_the_invited_and_recorded_by_the_lead_window(self, office: Office, machine: Web) -> None:
        received = office.receives(office.body(situations=["road_works"]))
        path = f"/applications/{received.application_id}/meetings"

        assert len(Program(machine, "cg-officer").get(path).json["meetings"]) == 1
        assert Program(machine, "qx-officer").get(path).json["meetings"] == []
        meeting_id = office.one("select id from meeting")
        plan = {"planned_at": "2014-09-16T14:30:00+08:00", "place": "三楼", "chair": "章远山"}
        for login, expected in (("cg-officer", 403), ("qx-officer", 404)):
            assert Program(machine, login).post(f"/meetings/{meeting_id}/plan", plan).status_code == expected
        past = plan | {"planned_at": "2014-09-13T10:00:00+08:00"}
        assert Program(machine, "zj-officer").post(f"/meetings/{meeting_id}/plan", past).status_code == 422
