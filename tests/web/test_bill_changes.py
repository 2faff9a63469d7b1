"""A bill's changes through the pages: survey and supplement, reissue, objection and answer, each by whose it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from browser import Browser
from bs4 import Tag
from office import Office
from watching import broken

SURVEY = {"floor_area_m2": "86951.40", "document": "瀚测〔2014〕88号", "surveyed_on": "2014-09-15"}


def words(found: Tag | None) -> str:
    """The text that stands there."""
    assert found is not None
    return " ".join(found.get_text(" ").split())


@pytest.fixture
def billed(office: Office) -> Any:
    office.at("2014-09-15 09:30")
    (bill,) = office.bills(office.is_billed().application_id)
    return bill


class TestAnAreaSurvey:
    def test_goes_from_the_applicants_form_to_the_supplementary_bill(
        self, office: Office, billed: Any, visitor: Callable[..., Browser]
    ) -> None:
        office.hears_from_bank(office.callback(billed))
        office.works()
        applicant, finance = visitor("applicant"), visitor("finance")
        case = office.one("select application_id from bill")
        own = f"/apply/cases/{case}/survey"
        assert own in {link["href"] for link in applicant.read(f"/apply/cases/{case}").select(".more-menu a")}
        refused = applicant.post(own, floor_area_m2="八万", document="")
        assert refused.status_code == 422
        assert applicant.tree().select_one("#floor_area_m2")["value"] == "八万"
        assert applicant.post(own, **SURVEY).status_code == 303
        assert "139,150.96" in words(applicant.read(own).select_one("table"))

        survey = f"/finance/surveys/{office.one('select id from area_survey')}"
        assert survey in {link["href"] for link in finance.read("/finance/changes").select("table a")}
        assert "132,401.10" not in words(finance.read(survey).select_one("h1"))
        assert finance.post(f"{survey}/decline", opinion="").status_code == 422
        assert finance.post(f"{survey}/settle").status_code == 303
        assert finance.post(f"{survey}/settle").status_code == 303
        assert finance.post(f"{survey}/decline", opinion="晚了").status_code == 409
        assert office.one("select total_fen from bill where kind = 'supplement'") == 13_915_096
        assert "139,150.96" in words(applicant.read(f"/apply/cases/{case}").select_one("main"))
        assert broken() == {}

    def test_is_nobody_elses(self, office: Office, visitor: Callable[..., Browser]) -> None:
        case = office.is_billed().application_id
        assert visitor("applicant2").get(f"/apply/cases/{case}/survey").status_code == 404
        assert visitor("applicant2").post(f"/apply/cases/{case}/survey", **SURVEY).status_code == 404
        assert visitor("zj-officer").get("/finance/changes").status_code == 404


class TestAReissue:
    def test_asks_for_a_reason_and_leads_to_the_new_bill(
        self, office: Office, billed: Any, visitor: Callable[..., Browser]
    ) -> None:
        finance = visitor("finance")
        form = f"/finance/bills/{billed.id}/reissue"
        assert form in {link["href"] for link in finance.read(f"/finance/bills/{billed.id}").select("a.button")}
        assert finance.post(form, reason=" ").status_code == 422
        answered = finance.post(form, reason="缴款人名称有误")
        assert answered.status_code == 303
        new = office.one("select id from bill where kind = 'reissue'")
        assert answered.location == f"/finance/bills/{new}"
        office.works()
        office.hears_from_bank(office.callback(office.rows("select * from bill where id = :id", id=new)[0]))
        office.works()
        assert finance.post(f"/finance/bills/{new}/reissue", reason="再来").status_code == 409
        assert broken() == {}


class TestAnObjection:
    def test_is_raised_answered_and_read(self, office: Office, billed: Any, visitor: Callable[..., Browser]) -> None:
        applicant, finance = visitor("applicant"), visitor("finance")
        own = f"/apply/bills/{billed.id}/dispute"
        assert visitor("applicant2").get(own).status_code == 404
        assert applicant.post(own, grounds="").status_code == 422
        assert applicant.post(own, grounds="供热没有接入", item_codes="PTF").status_code == 303
        assert "供热没有接入" in words(applicant.read(own).select_one("main"))

        dispute = f"/finance/disputes/{office.one('select id from dispute')}"
        assert dispute in {link["href"] for link in finance.read("/finance/changes").select("table a")}
        assert finance.post(dispute, outcome="", answer="经核已接入").status_code == 422
        assert finance.tree().select_one("#answer").get_text().strip() == "经核已接入"
        assert finance.post(dispute, outcome="kept", answer="经核已接入").status_code == 303
        assert "维持原通知书" in words(applicant.read(own).select_one("main"))
        assert applicant.post(f"/apply/disputes/{office.one('select id from dispute')}/withdraw").status_code == 409
        assert broken() == {}
