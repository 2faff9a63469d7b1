"""The pages of clocks, extensions and notices, as officers, chiefs, leaders and applicants meet them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from browser import Browser
from bs4 import Tag
from office import Office
from program import Program
from statements import QUERIES_MAX, counted

from workers.clock import look_once

Visitor = Callable[..., Browser]


def words(part: Tag | None) -> str:
    assert part is not None
    return " ".join(part.get_text(" ").split())


@pytest.fixture
def received(office: Office) -> UUID:
    application_id = office.receives().application_id
    office.works()
    return application_id


@pytest.fixture
def address(office: Office, received: UUID) -> str:
    """The clock of 人防办's task."""
    return f"/desk/tasks/{task_of(office, received).id}/clock"


def task_of(office: Office, application_id: UUID, unit: str = "rf") -> Any:
    return next(task for task in office.tasks(application_id) if task.unit_code == unit)


class TestTheClock:
    def test_is_reached_from_the_case_and_explains_every_day(
        self, office: Office, received: UUID, address: str, visitor: Visitor
    ) -> None:
        officer = visitor("rf-officer")
        assert officer.read(f"/desk/tasks/{task_of(office, received).id}").select_one(f'a[href="{address}"]')
        office.at("2014-09-16 10:00")
        assert officer.post(f"{address}/pause", kind="hearing", reason="利害关系人申请听证").status_code == 303
        office.at("2014-09-18 10:00")
        page = officer.read(address)
        assert "正因听证停表" in page.text
        assert officer.post(f"{address}/resume", kind="hearing").status_code == 303

        page = officer.read(address)
        facts = dict(
            zip(
                (words(each) for each in page.select(".pairs dt")),
                (words(each) for each in page.select(".pairs dd")),
                strict=True,
            )
        )
        assert facts["办结期限"] == facts["全程办结期限"] == "2014-09-24"
        assert facts["净用时（扣除停表）"] == "1 个工作日"
        assert facts["总用时"] == "3 个工作日"
        history = [words(each) for each in page.select(".timeline li")]
        assert history[:2] == [
            "09-18 10:00 恢复计时：听证结束 沈嘉禾",
            "09-16 10:00 停表：听证 沈嘉禾 利害关系人申请听证",
        ]

    def test_keeps_what_was_typed_when_something_is_missing(self, address: str, visitor: Visitor) -> None:
        officer = visitor("rf-officer")
        assert officer.post(f"{address}/pause", kind="testing", reason=" ").status_code == 422
        page = officer.tree()
        assert page.select_one("#kind-testing")["checked"] == ""
        assert "请写明理由" in words(page.select_one("#reason-error"))
        assert officer.post(f"{address}/extension", days="99", extension_reason="核实").status_code == 422
        page = officer.tree()
        assert page.select_one("#days")["value"] == "99"
        assert "1 至 10" in words(page.select_one("#days-error"))
        assert words(page.select_one("#extension_reason")) == "核实"

    def test_says_so_when_the_case_has_moved_on(
        self, office: Office, received: UUID, address: str, visitor: Visitor
    ) -> None:
        officer = visitor("rf-officer")
        officer.read(address)
        office.decides(task_of(office, received))
        assert officer.post(f"{address}/pause", kind="testing", reason="送检").status_code == 409
        assert "已有结论" in officer.last.text

    def test_is_not_there_for_other_units(self, address: str, visitor: Visitor) -> None:
        for login in ("xf-officer", "gx-zj-officer", "applicant", "leader", "finance"):
            other = visitor(login)
            assert other.get(address).status_code == 404
            assert other.post(f"{address}/pause", kind="testing", reason="送检").status_code == 404
            assert other.post(f"{address}/special", special_reason="跨区").status_code == 404

    def test_asks_the_database_at_most_twelve_times(self, address: str, visitor: Visitor) -> None:
        officer = visitor("rf-officer")
        with counted() as sent:
            officer.read(address)
        assert len(sent) <= QUERIES_MAX

    def test_can_become_a_special_case_and_be_read_in_english(self, address: str, visitor: Visitor) -> None:
        officer = visitor("rf-officer")
        assert officer.post(f"{address}/special", special_reason="跨区项目").status_code == 303
        page = officer.read(f"{address}?lang=en")
        assert "10 working days" in words(page.select_one(".pairs"))


class TestExtensions:
    def test_go_from_the_officer_to_a_second_person(self, office: Office, address: str, visitor: Visitor) -> None:
        officer, chief = visitor("rf-officer"), visitor("rf-chief")
        assert officer.post(f"{address}/extension", days="3", extension_reason="须现场核实").status_code == 303
        assert "您自己的申请" in officer.read("/desk/extensions").text
        assert "申请延期 3 个工作日" in words(chief.read("/notices").select_one(".notices"))
        form = chief.read("/desk/extensions").select_one(".attention form")
        assert form is not None
        assert chief.post(form["action"], decision="grant").status_code == 303

        assert office.one("select extended_days from clock where extended_days > 0 and mechanism = 'matter'") == 3
        assert "已获批准" in words(officer.read("/notices").select_one(".notices"))
        assert "批准" in words(chief.read("/desk/extensions?tab=done").select_one(".attention"))

    def test_are_seen_by_the_lead_window_and_by_no_other_unit(self, address: str, visitor: Visitor) -> None:
        visitor("rf-officer").post(f"{address}/extension", days="3", extension_reason="须现场核实")
        seen = {
            login: len(visitor(login).read("/desk/extensions").select(".attention > li"))
            for login in ("zj-checker", "xf-chief", "gx-zj-chief")
        }
        assert seen == {"zj-checker": 1, "xf-chief": 0, "gx-zj-chief": 0}

    def test_decided_by_somebody_else_meanwhile_say_so(self, office: Office, address: str, visitor: Visitor) -> None:
        visitor("rf-officer").post(f"{address}/extension", days="3", extension_reason="须现场核实")
        form = f"/desk/extensions/{office.one('select id from clock_extension')}"
        assert visitor("zj-checker").post(form, decision="decline").status_code == 303
        late = visitor("rf-chief")
        assert late.post(form, decision="grant").status_code == 409
        assert "已有决定" in late.last.text


class TestNotices:
    def test_are_counted_on_top_and_read_by_a_form_only(self, address: str, visitor: Visitor) -> None:
        visitor("rf-officer").post(f"{address}/pause", kind="testing", reason="送检")
        applicant = visitor("applicant")
        assert words(applicant.read("/apply/").select_one(".top-notices")) == "通知 1 条未读"
        page = applicant.read("/notices")
        assert words(applicant.read("/notices").select_one(".top-notices")) == "通知 1 条未读"
        form = page.select_one(".notices form")
        assert form is not None
        target = form.select_one("[name=next]")["value"]
        assert applicant.post(form["action"], next=target).headers["Location"] == target
        assert words(applicant.read("/notices").select_one(".top-notices")) == "通知"

    def test_lead_nowhere_else(self, address: str, office: Office, visitor: Visitor) -> None:
        visitor("rf-officer").post(f"{address}/pause", kind="testing", reason="送检")
        notice = office.one("select id from notice")
        applicant = visitor("applicant")
        answer = applicant.post(f"/notices/{notice}/read", next="https://elsewhere.example/")
        assert answer.headers["Location"] == "/notices"
        assert visitor("applicant2").post(f"/notices/{notice}/read").status_code == 404
        assert visitor().get("/notices").headers["Location"] == "/login?next=/notices"

    @pytest.mark.usefixtures("received")
    def test_of_late_work_reach_desk_chief_and_leader(self, office: Office, visitor: Visitor) -> None:
        office.at("2014-09-28 09:00")
        look_once()
        for login, what in {
            "rf-officer": "超期",
            "rf-chief": "报首席代表",
            "zj-officer": "报牵头窗口",
            "leader": "督查科",
        }.items():
            assert what in visitor(login).read("/notices").text, login
        page = visitor("leader").read("/board/attention")
        assert "请召开联席会议" in page.text

    def test_for_everybody_have_a_page(self, visitor: Visitor) -> None:
        for login in ("applicant", "rf-officer", "rf-chief", "finance", "leader", "admin", "operator"):
            page = visitor(login).read("/notices")
            assert "还没有通知" in page.text, login

    @pytest.mark.usefixtures("received")
    def test_are_closed_by_a_leader_with_what_was_done(self, office: Office, visitor: Visitor) -> None:
        office.at("2014-09-28 09:00")
        look_once()
        leader = visitor("leader")
        form = leader.read("/board/attention").select_one(".attention form")
        assert leader.post(form["action"], resolution=" ").status_code == 422
        assert leader.post(form["action"], resolution="已召开联席会议").status_code == 303
        assert visitor("operator").post(form["action"], resolution="x").status_code == 404


class TestTheApi:
    def test_stops_extends_and_reads(self, office: Office, received: UUID, web: Any) -> None:
        task = task_of(office, received)
        officer, chief = Program(web, "rf-officer"), Program(web, "rf-chief")
        path = f"/tasks/{task.id}/clock"

        stopped = officer.post(f"{path}/pause", {"kind": "hearing", "reason": "听证"}).json
        assert (stopped["state"], stopped["pauses"][0]["kind"]) == ("paused", "hearing")
        assert officer.post(f"{path}/pause", {"kind": "hearing", "reason": "听证"}).json == stopped
        assert officer.post(f"{path}/resume", {"kind": "hearing"}).json["state"] == "running"
        asked = officer.post(f"{path}/extension", {"days": 3, "reason": "核实"})
        assert asked.status_code == 200
        extension = asked.json["extensions"][0]
        assert officer.post(f"/extensions/{extension['id']}", {"decision": "grant"}).status_code == 403
        assert chief.post(f"/extensions/{extension['id']}", {"decision": "grant"}).json["due_on"] == "2014-09-25"
        assert officer.get(path).json["days"] == 8

        refused = officer.post(f"{path}/pause", {"kind": "holiday", "reason": "听证"})
        assert refused.status_code == 422
        assert officer.post(f"{path}/extension", {"days": 3.0, "reason": "核实"}).status_code == 422
        assert Program(web, "xf-officer").post(f"{path}/resume", {"kind": "hearing"}).status_code == 404

    def test_lists_and_marks_notices(self, office: Office, received: UUID, web: Any) -> None:
        Program(web, "rf-officer").post(
            f"/tasks/{task_of(office, received).id}/clock/pause", {"kind": "hearing", "reason": "听证"}
        )
        applicant = Program(web, "applicant")
        listed = applicant.get("/notices").json
        assert (listed["unread"], [each["kind"] for each in listed["notices"]]) == (1, ["clock_paused"])
        assert applicant.post(f"/notices/{listed['notices'][0]['id']}/read").status_code == 200
        assert applicant.get("/notices").json["unread"] == 0
        assert Program(web, "applicant2").post(f"/notices/{listed['notices'][0]['id']}/read").status_code == 404


class TestContact:
    def test_is_entered_by_oneself_and_checked(self, office: Office, visitor: Visitor) -> None:
        mine = visitor("applicant")
        assert mine.post("/account/contact", phone="139 0000 0001", email="lin@example.org").status_code == 303
        page = mine.read("/account")
        assert (page.select_one("#phone")["value"], page.select_one("#email")["value"]) == (
            "13900000001",
            "lin@example.org",
        )
        for wrong in (
            {"phone": "听不清", "email": ""},
            {"phone": "", "email": "lin@example.org\nBcc: all@example.org"},
        ):
            assert mine.post("/account/contact", **wrong).status_code == 422
            assert mine.tree().select_one(".error-text")
        assert mine.post("/account/contact", phone="", email="").status_code == 303
        assert office.rows("select phone, email from account where login = 'applicant'") == [("", "")]
