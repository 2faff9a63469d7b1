"""The green channel without a script: the applicant asks and books, the lead window admits, the unit confirms."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from browser import Browser
from bs4 import Tag
from office import Office
from watching import broken


def words(found: Tag | None) -> str:
    """The text that stands there."""
    assert found is not None
    return " ".join(found.get_text(" ").split())


@pytest.fixture
def application(office: Office) -> UUID:
    return office.receives().application_id


class TestTheGreenChannel:
    def test_goes_from_the_ask_to_a_confirmed_time(
        self, office: Office, application: UUID, visitor: Callable[..., Browser]
    ) -> None:
        applicant, lead, unit = visitor("applicant"), visitor("zj-officer"), visitor("zr-officer")
        own, desk = f"/apply/cases/{application}/green-channel", f"/desk/cases/{application}/green-channel"
        assert own in {link["href"] for link in applicant.read(f"/apply/cases/{application}").select(".more-menu a")}
        assert len(applicant.read(own).select("input[name=criterion]")) == 3
        refused = applicant.post(own, document="x")
        assert refused.status_code == 422
        assert applicant.tree().select_one("#criterion-error")
        assert applicant.tree().select_one("#document")["value"] == "x"
        assert applicant.post(own, criterion="key_project", document="瀚发改〔2014〕3号").status_code == 303
        assert "2014-09-18" in words(applicant.read(own).select_one(".pairs"))

        assert "碧海湾花园一期" in words(lead.read("/desk/green-channel").select_one(".attention"))
        assert lead.post(desk, decision="decline").status_code == 422
        assert lead.post(desk).status_code == 422
        assert unit.post(desk, decision="grant").status_code == 403
        assert lead.post(desk, decision="grant").status_code == 303
        assert "HHLT2014-0001" in words(lead.read(desk).select_one(".pairs"))

        assert "绿色通道" in words(unit.read("/desk?tab=unclaimed").select_one("tbody tr"))

        book = f"/apply/cases/{application}/appointments"
        form = {"unit": "zr", "on": "2014-09-16", "time": "10:00", "topic": "当面核对总平面图"}
        for wrong, field in (({"on": "2014-09-20"}, "on"), ({"time": "十点"}, "on"), ({"unit": "cz"}, "unit")):
            refused = applicant.post(book, **(form | wrong))
            assert refused.status_code == 422
            assert applicant.tree().select_one(f"#{field}-error")
        assert applicant.post(book, **form).status_code == 303
        appointment = office.one("select id from appointment")
        assert unit.post(f"/desk/appointments/{appointment}/confirm").status_code == 303
        assert "已确认" in words(applicant.read(own).select_one("#appointments"))
        assert lead.post(f"/desk/appointments/{appointment}/cancel").status_code == 404
        assert applicant.post(f"/apply/appointments/{appointment}/cancel").status_code == 303
        assert "已取消" in words(unit.read("/desk/green-channel").select_one("#appointments"))
        assert broken() == {}

    def test_is_nobody_elses(self, application: UUID, visitor: Callable[..., Browser]) -> None:
        other = visitor("applicant2")
        own = f"/apply/cases/{application}/green-channel"
        assert other.get(own).status_code == 404
        assert other.post(own, criterion="key_project", document="文号").status_code == 404
        assert visitor("gx-zj-officer").get(f"/desk/cases/{application}/green-channel").status_code == 404

    def test_asked_twice_is_a_conflict_that_says_so(self, application: UUID, visitor: Callable[..., Browser]) -> None:
        applicant = visitor("applicant")
        own = f"/apply/cases/{application}/green-channel"
        assert applicant.post(own, criterion="key_project", document="文号").status_code == 303
        assert applicant.post(own, criterion="key_project", document="文号").status_code == 303
        again = applicant.post(own, criterion="emergency", document="另一个")
        assert again.status_code == 409
        assert "正在审核" in words(applicant.tree().select_one(".notice-red"))
