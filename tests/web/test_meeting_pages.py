"""Joint meetings and site surveys without a script: the lead window plans and records, every invited unit sees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from browser import Browser
from bs4 import Tag
from office import Office
from watching import broken

DISCUSSED = "管线迁改与占道挖掘同步实施，夜间恢复通行。"
QUERIES_MAX = 12


def words(found: Tag | None) -> str:
    """The text that stands there."""
    assert found is not None
    return " ".join(found.get_text(" ").split())


@pytest.fixture
def lead(visitor: Callable[..., Browser]) -> Browser:
    return visitor("zj-officer")


@pytest.fixture
def application(office: Office) -> UUID:
    return office.receives(office.body(situations=["road_works"])).application_id


@pytest.fixture
def meeting(office: Office, application: UUID) -> UUID:
    found: UUID = office.one("select id from meeting where application_id = :id", id=application)
    return found


def plan(lead: Browser, meeting: UUID, **more: str) -> Any:
    form = {
        "version": "1", "planned_on": "2014-09-16", "planned_time": "14:30", "place": "三楼会议室", "chair": "章远山",
    } | more  # fmt: skip
    return lead.post(f"/desk/meetings/{meeting}/plan", **form)


def record_form(office: Office, meeting: UUID, **more: str) -> dict[str, str]:
    form = {"version": "2", "discussed": DISCUSSED, "act": "hold"}
    for unit in ("cg", "sw", "zj"):
        form |= {f"attendance.{unit}": "yes", f"speaker.{unit}": str(office.account(f"{unit}-officer").id)}
    for task in office.rows("select id from review_task where status = 'waiting'"):
        form |= {f"verdict.{task.id}": "approved", f"opinion.{task.id}": "同意，同步实施"}
    return form | more


class TestAMeetingsPages:
    def test_lead_an_officer_from_the_case_to_the_meeting(
        self, application: UUID, meeting: UUID, lead: Browser
    ) -> None:
        case = lead.read(f"/desk/cases/{application}")
        assert f"/desk/cases/{application}/meetings" in {link["href"] for link in case.select(".more-menu a")}
        listed = lead.read(f"/desk/cases/{application}/meetings")
        assert listed.select_one(".attention a")["href"] == f"/desk/meetings/{meeting}"
        assert "互为前置，联席审定" in words(listed.select_one(".attention li"))

    def test_plan_it_and_record_every_verdict(
        self, office: Office, application: UUID, meeting: UUID, lead: Browser
    ) -> None:
        assert plan(lead, meeting).status_code == 303
        office.at("2014-09-16 14:40")
        answer = lead.post(f"/desk/meetings/{meeting}/record", **record_form(office, meeting))

        assert answer.headers["Location"] == f"/desk/meetings/{meeting}"
        page = lead.read(f"/desk/meetings/{meeting}")
        assert "会议已记录" in words(page.select_one(".toast"))
        assert [words(tag) for tag in page.select(".attention .tag")] == ["到会"] * 3 + ["同意"] * 2
        assert page.select("form[action$=record]") == []
        statuses = office.rows(
            "select status from review_task where application_id = :id and matter_code in ('cg-road', 'sw-pipes')",
            id=application,
        )
        assert [each.status for each in statuses] == ["approved", "approved"]
        assert broken() == {}

    def test_keep_what_was_typed_beside_what_is_wrong(self, office: Office, meeting: UUID, lead: Browser) -> None:
        refused = plan(lead, meeting, planned_on="2014-09-12", place="二楼")
        assert refused.status_code == 422
        page = lead.tree()
        assert page.select_one("#planned_on-error")
        assert page.select_one("#place")["value"] == "二楼"
        assert page.select_one(".error-summary a")["href"] == "#planned_on"
        plan(lead, meeting)
        form = record_form(office, meeting) | {"attendance.sw": "no", "discussed": "讨论了一半"}
        refused = lead.post(f"/desk/meetings/{meeting}/record", **form)
        page = lead.tree()
        assert refused.status_code == 422
        assert "没有到会" in words(page.select_one("[id='attendance.sw-error']"))
        assert words(page.select_one("#discussed")) == "讨论了一半"
        adjourned = form | {"act": "adjourn", "note": "市水务局未到会"}
        assert lead.post(f"/desk/meetings/{meeting}/record", **adjourned).status_code == 303
        assert "缺席" in words(lead.read(f"/desk/meetings/{meeting}").select_one(".two-pane"))

    def test_refuse_a_stale_page(self, meeting: UUID, lead: Browser) -> None:
        assert plan(lead, meeting).status_code == 303
        assert plan(lead, meeting, place="另一处").status_code == 409

    def test_show_an_invited_unit_everything_and_others_nothing(
        self, application: UUID, meeting: UUID, visitor: Callable[..., Browser]
    ) -> None:
        invited, other = visitor("sw-officer"), visitor("gx-zj-officer")
        page = invited.read(f"/desk/meetings/{meeting}")
        assert page.select("form[method=post][action*='/meetings/']") == []
        assert words(invited.read("/desk/meetings").select_one(".attention b")) == "瀚一单会〔2014〕1号"
        for path in (f"/desk/meetings/{meeting}", f"/desk/cases/{application}/meetings"):
            assert other.get(path).status_code == 404
        assert other.post(f"/desk/meetings/{meeting}/plan", planned_on="2014-09-16").status_code in (404, 422)
        assert visitor("zj-officer").get(f"/desk/meetings/{uuid4()}").status_code == 404
        assert invited.post(
            f"/desk/meetings/{meeting}/plan",
            planned_on="2014-09-16", planned_time="14:30", place="三楼", chair="谁",
        ).status_code == 403  # fmt: skip

    def test_ask_the_database_at_most_twelve_times(self, meeting: UUID, lead: Browser, queries: Any) -> None:
        with queries() as asked:
            lead.read(f"/desk/meetings/{meeting}")
        assert len(asked) <= QUERIES_MAX

    def test_call_one_about_an_objection(self, office: Office, lead: Browser) -> None:
        received = office.receives()
        task = next(each for each in office.tasks(received.application_id) if each.matter_code == "xf-fire")
        office.decides(task, approve=False, opinion="车道宽度不足")
        address = f"/desk/cases/{received.application_id}/meetings"
        refused = lead.post(address, kind="objection", reason="车道")
        assert refused.status_code == 422
        assert {"tasks", "units"} <= {each["href"][1:] for each in lead.tree().select(".error-summary a")}

        called = lead.post(address, kind="objection", tasks=str(task.id), units="zr", reason="车道宽度有不同意见")

        assert called.status_code == 303
        assert "不同意见，联席协调" in words(lead.read(called.headers["Location"]).select_one(".page-head"))


class TestASurveysPages:
    def test_call_one_and_write_what_was_found(
        self, office: Office, application: UUID, lead: Browser, visitor: Callable[..., Browser]
    ) -> None:
        address = f"/desk/cases/{application}/surveys"
        form = {"planned_on": "2014-09-16", "planned_time": "09:00", "place": "碧海路18号", "survey_units": "rf"}
        assert lead.post(address, **(form | {"planned_time": "九点"})).status_code == 422
        called = lead.post(address, **form, pauses="yes")
        assert called.status_code == 303
        survey = called.headers["Location"]
        unit = visitor("rf-officer")
        assert unit.read(survey).select("form[action$=finding]") == []
        office.at("2014-09-16 09:20")
        assert unit.read(survey).select("form[action$=finding]")
        assert unit.post(f"{survey}/finding", result="fine", finding=" ").status_code == 422
        assert unit.post(f"{survey}/finding", result="fine", finding="口部位置与图纸一致").status_code == 303
        assert "符合" in words(unit.read(survey).select_one(".attention"))
        assert unit.post(f"{survey}/finding", result="problem", finding="改了主意").status_code == 409
        assert visitor("sw-officer").get(survey).status_code == 404
        assert office.one("select state from survey") == "held"
        assert broken() == {}
