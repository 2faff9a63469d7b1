"""The JSON API: the main job by program, exact input or a refusal beside the field, and nobody without a token."""

from __future__ import annotations

import json
import re
import threading
from typing import Any
from uuid import uuid4

import pytest
from office import E1_TOTAL_FEN, Office, small_pdf, small_picture
from program import Program

from shared.settings import settings
from web.api import models


@pytest.fixture
def program(web):
    """A program logged in as somebody: `program("rf-officer")`."""

    def arrive(login: str = "") -> Program:
        return Program(web, login)

    return arrive


#: What anybody may ask without a log-in.
PUBLIC = ("/api/v1/sessions", "/api/v1/verify", "/api/v1/verify/<verification>", "/api/v1/checklist")


class TestLogInByProgram:
    def test_gives_a_token_that_ends_with_its_session(self, program) -> None:
        someone = program("applicant")
        assert someone.get("/applications").status_code == 200
        assert someone.delete("/sessions/current").status_code == 204
        assert someone.get("/applications").status_code == 401

    def test_is_refused_without_saying_what_was_wrong(self, program) -> None:
        nobody = program()
        answers = [
            nobody.post("/sessions", {"login": login, "password": "wrong-wrong"}) for login in ("applicant", "nobody")
        ]
        assert [each.status_code for each in answers] == [401, 401]
        assert answers[0].json["error"] == answers[1].json["error"] == "用户名或密码不正确"

    def test_is_needed_everywhere_and_no_cookie_replaces_it(self, web, visitor) -> None:
        logged_in = visitor("applicant").client
        for rule in web.url_map.iter_rules():
            is_public = rule.rule in PUBLIC
            if rule.rule.startswith("/api/v1/") and not is_public:
                path = "/".join(str(uuid4()) if part.endswith("_id>") else part for part in rule.rule.split("/"))
                method = next(iter(rule.methods - {"OPTIONS", "HEAD"}))
                answer = logged_in.open(path, method=method)
                assert (rule.rule, answer.status_code) == (rule.rule, 401)
                assert answer.headers["WWW-Authenticate"] == "Bearer"


class TestMainJobByProgram:
    def test_takes_one_application_to_its_receipt(self, office: Office, program) -> None:
        applicant = program("applicant")
        papers = applicant.hands_in_papers(office)
        body = office.body() | {"attachments": papers}
        submitted = applicant.post("/applications", body, key="k-1")
        assert submitted.status_code == 201
        assert submitted.json["number"].startswith("HH20140915-0001-")
        path = f"/applications/{submitted.json['id']}"
        office.works()

        seen = applicant.get(path).json
        models.CaseOut.model_validate(seen)
        assert len(seen["tasks"]) >= 8
        assert len(seen["lines"]) == 7
        assert {each["kind"] for each in seen["waiting_for"]} == {"review", "line"}
        for task in seen["tasks"]:
            officer = program(f"{task['unit_code']}-officer")
            taken = officer.post(f"/tasks/{task['id']}/take").json
            decided = officer.post(
                f"/tasks/{task['id']}/decide",
                {"verdict": "approve", "opinion": "同意", "version": taken["version"]},
            )
            assert decided.json["status"] == "approved"
        for line in seen["lines"]:
            if line["state"] == "assessed":
                officer = program(f"{line['unit_code']}-officer")
                assert line["id"] in [each["id"] for each in officer.get("/lines").json["lines"]]
                confirmed = officer.post(f"/lines/{line['id']}/confirm", {"version": line["version"]})
                assert confirmed.json["status"] == "final"
        office.works()

        (bill,) = applicant.get(path).json["bills"]
        assert bill["total"] == f"{E1_TOTAL_FEN // 100}.{E1_TOTAL_FEN % 100:02d}"
        assert len(bill["payment_code"]) == 20
        office.hears_from_bank(office.callback(office.bills(submitted.json["id"])[0]))
        office.works()

        done = applicant.get(path).json
        models.CaseOut.model_validate(done)
        (receipt,) = done["receipts"]
        assert (done["status"], receipt["total"], receipt["state"]) == ("completed", bill["total"], "normal")
        assert done["waiting_for"] == []
        checked = program().get(f"/verify?token={receipt['verify_url'].rsplit('/', 1)[1]}")
        assert checked.json["state"] == "normal"
        assert set(checked.json) == set(models.GenuineOut.model_fields)

    def test_gives_the_same_answer_for_the_same_key_for_ever(self, office: Office, program) -> None:
        applicant = program("applicant")
        body = office.body()
        first = applicant.post("/applications", body, key="k")
        again = applicant.post("/applications", body, key="k")
        other = applicant.post("/applications", body | {"site": "别处"}, key="k")

        assert (first.status_code, again.status_code) == (201, 201)
        assert first.json == again.json
        assert "Idempotent-Replayed" not in first.headers
        assert again.headers["Idempotent-Replayed"] == "true"
        assert other.status_code == 422
        assert other.json["problems"][0]["field"] == "Idempotency-Key"
        assert office.one("select count(*) from application") == 1

    def test_makes_one_application_of_many_requests_at_once(self, office: Office, program) -> None:
        body, answers = office.body(), []

        def send(applicant: Program) -> None:
            answers.append(applicant.post("/applications", body, key="same"))

        people = [program("applicant") for _ in range(6)]
        threads = [threading.Thread(target=send, args=(each,)) for each in people]
        for each in threads:
            each.start()
        for each in threads:
            each.join()

        assert {each.status_code for each in answers} == {201}
        assert len({each.json["number"] for each in answers}) == 1
        assert office.one("select count(*) from application") == 1


class TestBadInput:
    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"surprise": 1}, "surprise"),
            ({"facts": {"surprise": "x"}}, "facts.surprise"),
            ({"facts": {"floor_area_m2": 86432.18}}, "facts.floor_area_m2"),
            ({"facts": {"floor_area_m2": 86432}}, "facts.floor_area_m2"),
            ({"facts": {"floor_area_m2": "-1"}}, "facts.floor_area_m2"),
            ({"facts": {"floors": 18.0}}, "facts.floors"),
            ({"facts": {"floors": "18"}}, "facts.floors"),
            ({"facts": {"full_frame": 1}}, "facts.full_frame"),
            ({"facts": {"contract_signed_on": "2014-02-30"}}, "facts.contract_signed_on"),
            ({"facts": {"developer": {"name": "x", "uscc": "91371002MA3C00011X"}}}, "facts.developer.uscc"),
            ({"facts": {"accepted_on": "2014-09-15"}}, "facts.accepted_on"),
            ({"area_code": "nowhere"}, "area_code"),
            ({"site": ""}, "site"),
            ({"attachments": "none"}, "attachments"),
            ({"attachments": ["not-an-id"]}, "attachments[0]"),
        ],
    )
    def test_names_the_field_and_writes_nothing(
        self, office: Office, program, change: dict[str, Any], field: str
    ) -> None:
        body = office.body()
        facts = change.pop("facts", None)
        body |= change
        body["facts"] |= facts or {}
        applicant = program("applicant")
        refused = applicant.post("/applications", body, key="k")

        assert refused.status_code == 422
        assert field in [each["field"] for each in refused.json["problems"]]
        assert refused.json["reference"]
        assert office.one("select count(*) from application") == 0
        assert office.one("select count(*) from submission") == 0
        assert office.one("select count(*) from outbox") == 0
        if "surprise" not in body:
            checked = applicant.post("/applications/check", body)
            assert checked.json["problems"] == refused.json["problems"]

    @pytest.mark.parametrize(
        "text",
        [
            "", "null", "[]", '"text"', "{", '{"facts": NaN}', '{"facts": {}, "facts": {}}',
            '{"facts": "\\ud800"}', '{"site": "\\u0000"}', '{"facts":' + "[" * 100_000,
        ],
    )  # fmt: skip
    def test_refuses_what_is_no_exact_json(self, program, text: str) -> None:
        refused = program("applicant").raw("POST", "/applications", text.encode(), key="k")

        assert refused.status_code == 422
        assert "JSON" in refused.json["problems"][0]["problem"]

    def test_refuses_ten_megabytes_before_reading_them(self, program) -> None:
        big = json.dumps({"facts": "x" * 10_000_000}).encode()
        assert program("applicant").raw("POST", "/applications", big, key="k").status_code == 413

    def test_wants_a_key(self, office: Office, program) -> None:
        refused = program("applicant").post("/applications", office.body())
        assert (refused.status_code, refused.json["problems"][0]["field"]) == (422, "Idempotency-Key")

    def test_refuses_a_deadline_in_a_year_that_nobody_loaded(self, office: Office, program) -> None:
        office.at("2099-12-30 10:00")
        refused = program("applicant").post("/applications", office.body(), key="k")
        assert refused.status_code in (400, 422)
        assert office.one("select count(*) from application") == 0


class TestPapers:
    def test_are_judged_by_their_content(self, program) -> None:
        applicant = program("applicant")
        taken = [
            applicant.uploads(small_pdf(), "a.exe"),
            applicant.uploads(small_picture("PNG"), "a.pdf"),
            applicant.uploads(small_picture("JPEG"), "照片 䶮.jpg"),
        ]
        assert [each.json["media_type"] for each in taken] == ["application/pdf", "image/png", "image/jpeg"]
        models.PaperOut.model_validate(taken[0].json)

    @pytest.mark.parametrize(
        "content", [b"", b"%PDF-1.7 but no more", b"MZ\x00", b"<html>%PDF-", b"GIF89a" + bytes(99)]
    )
    def test_that_are_none_are_refused(self, office: Office, program, content: bytes) -> None:
        refused = program("applicant").uploads(content, "a.pdf")
        assert (refused.status_code, refused.json["problems"][0]["field"]) == (422, "file")
        assert office.one("select count(*) from attachment") == 0

    def test_over_twenty_megabytes_are_refused(self, program) -> None:
        refused = program("applicant").uploads(small_pdf() + bytes(20 * 2**20), "a.pdf")
        assert refused.status_code == 422
        assert "20 MB" in refused.json["problems"][0]["problem"]

    def test_are_stored_once(self, program) -> None:
        applicant = program("applicant")
        first, second = applicant.uploads(small_pdf(), "a.pdf"), applicant.uploads(small_pdf(), "b.pdf")
        assert first.json["sha256"] == second.json["sha256"]
        assert first.json["id"] != second.json["id"]
        assert len([each for each in settings().storage_dir.rglob("*") if each.is_file()]) == 1

    def test_need_a_file(self, program) -> None:
        for fields in ({"material_code": "licence"}, {"file": "only its name"}):
            refused = program("applicant").form("/attachments", fields)
            assert (refused.status_code, refused.json["problems"][0]["field"]) == (422, "file")


class TestDrafts:
    def test_keep_what_is_invalid_too(self, program) -> None:
        applicant = program("applicant")
        made = applicant.post("/drafts", {"data": {"floor_area_m2": "about 5"}})
        assert made.status_code == 201
        path = f"/drafts/{made.json['id']}"
        changed = applicant.put(path, {"data": {"floor_area_m2": "5"}})
        assert changed.json["data"] == {"floor_area_m2": "5"}
        assert [each["id"] for each in applicant.get("/drafts").json["drafts"]] == [made.json["id"]]
        assert program("applicant2").get(path).status_code == 404
        assert program("applicant2").put(path, {"data": {}}).status_code == 404


class TestDecisions:
    def test_on_an_old_version_are_a_conflict(self, office: Office, program) -> None:
        received = office.receives()
        task = office.tasks(received.application_id)[0]
        officer = program(f"{task.unit_code}-officer")
        officer.post(f"/tasks/{task.id}/take")
        stale = officer.post(f"/tasks/{task.id}/decide", {"verdict": "approve", "version": task.version})

        assert stale.status_code == 409
        assert office.tasks(received.application_id)[0].status == "taken"

    def test_against_need_a_reason(self, office: Office, program) -> None:
        task = office.tasks(office.receives().application_id)[0]
        officer = program(f"{task.unit_code}-officer")
        refused = officer.post(f"/tasks/{task.id}/decide", {"verdict": "object", "opinion": "  "})
        unknown = officer.post(f"/tasks/{task.id}/decide", {"verdict": "maybe"})

        assert (refused.status_code, refused.json["problems"][0]["field"]) == (422, "opinion")
        assert (unknown.status_code, unknown.json["problems"][0]["field"]) == (422, "verdict")


class TestDemoClock:
    def test_is_set_by_the_operator_of_a_demonstration_only(self, program) -> None:
        operator = program("operator")
        shown = operator.put("/demo/clock", {"shows": "2014-09-19T09:30:00+08:00"})
        assert shown.status_code == 200
        assert shown.json["shows"].startswith("2014-09-19T09:30:00")
        assert operator.put("/demo/clock", {"shows": "2014-09-19T09:30:00"}).status_code == 422
        assert program("admin").put("/demo/clock", {"shows": "2014-09-19T09:30:00+08:00"}).status_code == 404
        assert not operator.delete("/demo/clock").json["shows"].startswith("2014")

    def test_is_not_there_outside_a_demonstration(self, configured, program) -> None:
        operator = program("operator")
        configured(DEMO="false")
        assert operator.put("/demo/clock", {"shows": "2014-09-19T09:30:00+08:00"}).status_code == 404


class TestDescription:
    def test_names_every_route_of_its_own(self, web) -> None:
        document = web.test_client().get("/api/openapi.json").json
        described = {path for path in document["paths"] if path.startswith("/api/v1/")}
        routed = {
            re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
            for rule in web.url_map.iter_rules()
            if rule.rule.startswith("/api/v1/")
        }
        assert described == routed
        assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
        assert "floor_area_m2" in json.dumps(document["components"]["schemas"]["Submission"])
        assert web.test_client().get("/api/docs/").status_code == 200
