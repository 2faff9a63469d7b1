"""Posts and deputies by program: for administrators only, with the same problems and the same record as the page."""

from __future__ import annotations

import pytest
from office import Office
from program import Program

from web.app import Web

NEW = {"name": "甲", "phone": "5190001", "login": "rf-checker"}


@pytest.fixture
def admin(office: Office, app: Web) -> Program:
    return Program(app, "admin")


class TestOfficesByProgram:
    def test_name_somebody_and_tell_the_change(self, admin: Program) -> None:
        named = admin.put("/offices/posts/rf/head", NEW)
        assert named.status_code == 200, named.text
        assert {"unit_code": "rf", "kind": "head", "email": "", **NEW} in named.json["posts"]
        admin.put("/offices/posts/rf/head", {"name": "乙"})

        changes = admin.get("/offices/changes").json
        latest, first = changes["changes"][:2]
        assert (latest["before"]["name"], latest["after"]["name"], latest["by"]) == ("甲", "乙", "苏简")
        assert first["before"] == {}
        assert admin.get("/offices/changes?page=400").json["changes"] == []

    def test_appoint_and_end_a_deputy(self, admin: Program) -> None:
        body = {"login": "zj-officer", "deputy_login": "zj-checker", "from_on": "2014-09-15", "to_on": "2014-09-16"}
        for _ in range(2):
            (deputy,) = admin.post("/offices/deputies", body).json["deputies"]
        assert deputy == {**body, "id": deputy["id"], "unit_code": "zj", "reason": ""}
        for _ in range(2):
            assert admin.post(f"/offices/deputies/{deputy['id']}/end").json["deputies"] == []
        assert [each["subject"] for each in admin.get("/offices/changes").json["changes"][:2]] == ["deputy", "deputy"]

    def test_name_every_problem_beside_its_field(self, admin: Program) -> None:
        refused = admin.put("/offices/posts/rf/king", {"name": " ", "login": "zj-officer"})
        assert refused.status_code == 422
        assert [each["field"] for each in refused.json["problems"]] == ["name", "kind", "login"]
        assert admin.put("/offices/posts/rf/head", {"name": 7}).status_code == 422
        assert admin.get("/offices/changes?page=0").status_code == 422

    def test_are_nobody_elses(self, office: Office, app: Web) -> None:
        for login in ("zj-chief", "leader", "applicant"):
            other = Program(app, login)
            assert other.get("/offices").status_code == 404
            assert other.put("/offices/posts/rf/head", NEW).status_code == 404
        assert Program(app).get("/offices").status_code == 401
        assert office.one("select count(*) from office_change where by_id is not null") == 0
