"""What a reader of English sees: refusals, and the names of the city, while Chinese readers see their own."""

from __future__ import annotations

import re
from uuid import uuid4

from office import Office
from program import Program
from test_apply import ANSWERS, is_ready, starts, words

CHINESE = re.compile(r"[\u3400-\u9fff]+")


def asks(web, login: str, method: str, path: str, *, body=None, **headers: str):
    program = Program(web, login)
    return program.client.open(
        f"/api/v1{path}", method=method, json=body, headers={"Authorization": f"Bearer {program.token}", **headers}
    )


WRONG = {"facts": {"floor_area_m2": 1.5, "colour": "blue"}, "area_code": "moon", "site": "", "attachments": ["x"]}


class TestApi:
    def test_refuses_in_the_language_that_is_asked_for(self, web) -> None:
        english = asks(web, "applicant", "POST", "/applications/check", body=WRONG, **{"Accept-Language": "en-GB"})
        chinese = asks(web, "applicant", "POST", "/applications/check", body=WRONG)

        said = {each["field"]: each["problem"] for each in english.json["problems"]}
        assert said["facts.floor_area_m2"] == 'a quantity must be a string such as "86432.18", never a number'
        assert said["facts.colour"] == "unknown field: remove it or correct its name"
        assert said["area_code"].startswith("choose the district of the project: Hanhai City, Dongwan District")
        assert not [problem for problem in said.values() if CHINESE.search(problem)]
        assert [each["field"] for each in chinese.json["problems"]] == list(said)
        assert all(CHINESE.search(each["problem"]) for each in chinese.json["problems"])

    def test_takes_the_language_from_the_address_as_well(self, web) -> None:
        missing = asks(web, "applicant", "GET", f"/applications/{uuid4()}?lang=en")
        assert missing.status_code == 404
        assert missing.json["error"] == "there is no such application, or it is not yours to see"

        lines = asks(web, "rf-officer", "GET", "/lines?state=assessed&lang=en")
        assert lines.status_code == 200, lines.text

    def test_says_a_broken_body_in_english(self, web) -> None:
        refused = asks(web, "applicant", "POST", "/applications", body={"x": 1}, **{"Accept-Language": "en"})

        assert refused.status_code == 422
        assert not CHINESE.search(refused.text)


class TestApplicant:
    def test_is_told_beside_the_field_in_english(self, visitor) -> None:
        applicant = visitor("applicant")
        draft = starts(applicant)
        applicant.read("/?lang=en")
        applicant.post(f"{draft}/scale", {**ANSWERS["scale"], "floor_area_m2": "-5 about", "floors": "many"})
        page = applicant.tree()

        assert "a quantity must be plain half-width digits" in words(page.select_one("#floor_area_m2-error"))
        summary = [words(each) for each in page.select(".error-summary a")]
        assert len(summary) == 2
        assert not [each for each in summary if CHINESE.search(each)]

    def test_chooses_among_english_names(self, visitor) -> None:
        applicant = visitor("applicant")
        draft = starts(applicant)
        page = applicant.read(f"{draft}/project?lang=en")

        assert "Housing for sale" in words(page.select_one("#use"))
        assert not CHINESE.search(words(page.select_one("#use")))
        assert not CHINESE.search(words(page.select_one("#area_code")))

    def test_sees_papers_and_missing_ones_by_their_english_names(self, visitor) -> None:
        applicant = visitor("applicant")
        draft = starts(applicant)
        applicant.read("/?lang=en")
        applicant.post(f"{draft}/papers", {"then": "next"})
        summary = [words(each) for each in applicant.tree().select(".error-summary a")]

        assert "a required paper is missing: Land approval" in summary
        assert not [each for each in summary if CHINESE.search(each)]

    def test_sees_departments_matters_and_fees_of_a_case(self, office: Office, visitor) -> None:
        received = office.is_billed()
        applicant = visitor("applicant")
        english = applicant.read(f"/apply/cases/{received.application_id}?lang=en")

        lanes = [words(each.select_one(".cell-unit")) for each in english.select(".lane-table tbody tr")]
        assert "Civil Air Defence Office Air-raid shelter design review" in lanes
        assert not [each for each in lanes if CHINESE.search(each)]
        names = [words(each) for each in english.select(".bill-group dt, .bill-group h3")]
        assert "Air-raid shelter relocation fee" in names
        assert not [each for each in names if CHINESE.search(each)]
        # The official name stands beside the English one, so that its reader finds the door.
        assert "Civil Air Defence Office 瀚海市人民防空办公室" in words(english.select_one(".fee-table"))
        chinese = applicant.read(f"/apply/cases/{received.application_id}?lang=zh")
        assert "Civil Air Defence" not in words(chinese)

    def test_sees_the_estimate_and_the_check_page(self, office: Office, visitor) -> None:
        applicant = visitor("applicant")
        draft = is_ready(applicant, office)
        page = applicant.read(f"{draft}/check?lang=en")

        fees = [words(each) for each in page.select(".fee-table th b")]
        assert len(fees) == 7
        assert not [each for each in fees if CHINESE.search(each)]


class TestStranger:
    def test_sees_the_guide_and_the_progress_in_english(self, office: Office, visitor) -> None:
        received = office.is_billed()
        someone = visitor()

        guide = words(someone.read("/?lang=en").select_one("#guide"))
        assert "Bulk cement fund Bulk Cement Office 瀚海市散装水泥办公室 government fund" in guide
        progress = someone.read(f"/progress?number={received.number}")
        assert not [each for each in progress.select(".cell-unit") if CHINESE.search(words(each))]


class TestOfficer:
    def test_is_refused_in_english(self, office: Office, visitor) -> None:
        office.is_billed()
        officer = visitor("rf-officer")
        officer.get("/desk?lang=en")
        missing = officer.post(f"/desk/tasks/{uuid4()}/take")

        assert missing.status_code == 404
        assert "there is no such review task, or it is not yours to see" in missing.text
