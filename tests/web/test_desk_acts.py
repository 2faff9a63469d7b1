"""The acts of a verdict as people meet them: the second person, the higher organ, a change of mind, the refusal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from browser import Browser
from bs4 import Tag
from office import Office
from watching import broken, forge

Visitor = Callable[..., Browser]


def words(part: Tag) -> str:
    return " ".join(part.get_text(" ").split())


def task_of(office: Office, application_id: UUID, matter: str) -> Any:
    return office.rows(
        "select * from review_task where application_id = :id and matter_code = :matter",
        id=application_id,
        matter=matter,
    )[0]


@pytest.fixture
def case(office: Office) -> UUID:
    """An application with a deep pit and works at a river, its pit open."""
    office.at("2014-09-15 09:00")
    application_id = office.receives(office.body(situations=["deep_pit", "river_works"])).application_id
    office.decides(task_of(office, application_id, "site-check"))
    return application_id


class TestTheSecondPerson:
    def test_sees_the_first_review_and_confirms_it(self, office: Office, case: UUID, visitor: Visitor) -> None:
        task = task_of(office, case, "zj-pit")
        officer, checker = visitor("zj-officer"), visitor("zj-checker")
        page = officer.read(f"/desk/tasks/{task.id}")
        assert "同意，提交复核" in words(page.select_one(".action-bar"))

        officer.post(f"/desk/tasks/{task.id}/decide", verdict="approve", opinion="方案可行", version=task.version)
        assert "等第二个人复核" in officer.read(f"/desk/tasks/{task.id}").text

        page = checker.read(f"/desk/tasks/{task.id}")
        assert "方案可行" in words(page.select_one("#decision"))
        assert len(page.select(".button-primary")) == 1
        version = page.select_one("#check input[name=version]")["value"]
        assert officer.post(f"/desk/tasks/{task.id}/check", act="confirm", version=version).status_code == 403
        assert checker.post(f"/desk/tasks/{task.id}/check", act="confirm", version=version).status_code == 303
        names = [office.actor(f"zj-{each}").name for each in ("officer", "checker")]
        assert "初审 {}，复核 {}".format(*names) in checker.read(f"/desk/tasks/{task.id}").text
        assert checker.post(f"/desk/tasks/{task.id}/check", act="confirm", version=version).status_code == 303
        assert broken() == {}

    def test_sends_it_back_with_a_reason_that_the_first_one_reads(
        self, office: Office, case: UUID, visitor: Visitor
    ) -> None:
        task = task_of(office, case, "zj-pit")
        officer, checker = visitor("zj-officer"), visitor("zj-checker")
        officer.post(f"/desk/tasks/{task.id}/decide", verdict="approve", opinion="可", version=task.version)
        assert checker.post(f"/desk/tasks/{task.id}/check", act="return", reason=" ").status_code == 422
        assert checker.tree().select_one("#return[open] .error-text")

        assert checker.post(f"/desk/tasks/{task.id}/check", act="return", reason="缺专家签字").status_code == 303
        assert "缺专家签字" in words(officer.read(f"/desk/tasks/{task.id}").select_one(".inset.is-amber"))
        late = checker.post(f"/desk/tasks/{task.id}/check", act="confirm", version=task.version + 1)
        assert late.status_code == 409

    def test_is_told_what_has_changed_since_and_can_only_send_it_back(
        self, office: Office, case: UUID, visitor: Visitor
    ) -> None:
        task = task_of(office, case, "zj-pit")
        visitor("zj-officer").post(
            f"/desk/tasks/{task.id}/decide", verdict="approve", opinion="可", version=task.version
        )
        forge("update attachment set sha256 = repeat('0', 64) where material_code = 'pit_plan'")

        page = visitor("zj-checker").read(f"/desk/tasks/{task.id}")

        assert "初审之后有变化：" in words(page.select_one(".notice-red"))
        assert not page.select(".action-bar .button-primary")


class TestTheHigherOrgan:
    def test_is_reported_to_urged_and_answers(self, office: Office, case: UUID, visitor: Visitor) -> None:
        task = task_of(office, case, "sw-river")
        officer, chief = visitor("sw-officer"), visitor("sw-chief")
        form = {"verdict": "forward", "opinion": "拟同意", "version": task.version, "authority": "省水利厅（样张）"}
        assert officer.post(f"/desk/tasks/{task.id}/decide", form | {"follow_up_on": "soon"}).status_code == 422
        assert officer.tree().select_one("#forward[open] .error-text")
        assert officer.post(f"/desk/tasks/{task.id}/decide", form | {"follow_up_on": "2014-09-22"}).status_code == 303
        chief.post(f"/desk/tasks/{task.id}/check", act="confirm")
        assert task_of(office, case, "sw-river").status == "forwarded"

        office.at("2014-09-22 09:00")
        page = officer.read(f"/desk/tasks/{task.id}")
        assert "已到催办日期" in words(page.select_one("#decision"))
        assert "涉河建设方案审批" in words(officer.read("/desk?tab=soon").select_one("tbody"))
        follow = {"note": "电话", "next_on": "2014-09-26", "version": "0"}
        assert officer.post(f"/desk/tasks/{task.id}/follow-up", follow).status_code == 303
        assert officer.post(f"/desk/tasks/{task.id}/follow-up", follow).status_code == 409

        said = {"answer": "refused", "answer-note": "占用行洪断面", "answer-way": ""}
        assert officer.post(f"/desk/tasks/{task.id}/answer", said).status_code == 422
        assert officer.post(f"/desk/tasks/{task.id}/answer", said | {"answer-way": "退后十米"}).status_code == 303
        page = officer.read(f"/desk/tasks/{task.id}")
        assert "退后十米" in words(page.select_one("#decision"))
        assert broken() == {}


class TestAChangeOfMind:
    def test_turns_an_objection_into_a_consent_on_the_same_page(
        self, office: Office, case: UUID, visitor: Visitor
    ) -> None:
        task = task_of(office, case, "st-environment")
        officer = visitor("st-officer")
        officer.post(f"/desk/tasks/{task.id}/decide", verdict="object", opinion="超标", way="加装净化", version=1)
        assert "加装净化" in visitor("applicant").read(f"/apply/cases/{case}").text

        assert officer.post(f"/desk/tasks/{task.id}/consent", consent="整改到位", version=1).status_code == 409
        assert officer.post(f"/desk/tasks/{task.id}/consent", consent="整改到位", version=2).status_code == 303

        assert task_of(office, case, "st-environment").round == 2
        assert broken() == {}


class TestADeputy:
    def test_sees_in_whose_place_the_act_would_be(self, office: Office, case: UUID, visitor: Visitor) -> None:
        task = task_of(office, case, "zj-drawings")
        visitor("zj-officer").post(f"/desk/tasks/{task.id}/take")
        checker = visitor("zj-checker")
        assert not checker.read(f"/desk/tasks/{task.id}").select(".action-bar form")
        visitor("admin").post(
            "/admin/deputies",
            absent="zj-officer",
            deputy="zj-checker",
            from_on="2014-09-15",
            to_on="2014-09-16",
            reason="出差",
        )

        page = checker.read(f"/desk/tasks/{task.id}")
        assert "您代 赵启明 办理" in words(page.select_one("#decision"))
        assert checker.post(f"/desk/tasks/{task.id}/take").status_code == 303
        checker.post(f"/desk/tasks/{task.id}/decide", verdict="approve", opinion="代办")
        assert f"{office.actor('zj-checker').name}（代赵启明）" in checker.read(f"/desk/tasks/{task.id}").text


class TestTheRefusal:
    def test_is_issued_by_the_lead_chief_with_reason_and_way(
        self, office: Office, case: UUID, visitor: Visitor
    ) -> None:
        task = task_of(office, case, "st-environment")
        office.decides(task, approve=False, opinion="噪声超标")
        chief = visitor("zj-chief")
        assert visitor("st-officer").get(f"/desk/cases/{case}/refuse").status_code == 404
        assert not visitor("zj-officer").read(f"/desk/cases/{case}/refuse").select("textarea")
        page = chief.read(f"/desk/cases/{case}/refuse")
        form = {field["name"]: field.text.strip() for field in page.select("textarea")}
        form["version"] = page.select_one("input[name=version]")["value"]
        assert form["reason-st-environment"] == "噪声超标"

        assert chief.post(f"/desk/cases/{case}/refuse", form).status_code == 422
        assert chief.post(f"/desk/cases/{case}/refuse", form | {"final": "yes"}).status_code == 422
        form |= {"final": "yes", "way-st-environment": "加装隔声屏障"}
        assert visitor("zj-officer").post(f"/desk/cases/{case}/refuse", form).status_code == 403
        assert chief.post(f"/desk/cases/{case}/refuse", form).status_code == 303

        assert office.one("select status from application") == "refused"
        assert "瀚一单不许〔2014〕1号" in chief.read(f"/desk/cases/{case}/refuse").text
        other = task_of(office, case, "xf-fire")
        late = visitor("xf-officer").post(f"/desk/tasks/{other.id}/decide", verdict="approve", opinion="同意")
        assert late.status_code == 409
        assert "已作出不予许可决定" in late.text
        assert broken() == {}


class TestAWithdrawal:
    def test_says_first_what_it_means_then_asks_for_a_reason_and_a_tick(
        self, office: Office, case: UUID, visitor: Visitor
    ) -> None:
        address = f"/apply/cases/{case}/withdraw"
        applicant = visitor("applicant")
        assert address in {link["href"] for link in applicant.read(f"/apply/cases/{case}").select("a")}
        assert visitor("applicant2").get(address).status_code == 404
        assert visitor("zj-chief").get(address).status_code == 404
        assert visitor("applicant2").post(address, reason="x", sure="yes").status_code == 404

        assert applicant.post(address, reason="方案调整").status_code == 422
        assert applicant.post(address, reason=" ", sure="yes").status_code == 422
        assert office.one("select status from application") == "in_review"
        assert applicant.post(address, reason="方案调整", sure="yes").status_code == 303
        assert applicant.post(address, reason="方案调整", sure="yes").status_code == 303

        assert "您已撤回申报" in applicant.read(f"/apply/cases/{case}").text
        assert not applicant.read(address).select("textarea")
        task = task_of(office, case, "xf-fire")
        late = visitor("xf-officer").post(f"/desk/tasks/{task.id}/decide", verdict="approve", opinion="同意")
        assert late.status_code == 409
        assert "申请人已撤回申报" in late.text
        assert broken() == {}


class TestPostsAndDeputies:
    def test_are_kept_on_one_page_with_what_is_wrong_beside_it(self, office: Office, visitor: Visitor) -> None:
        office.at("2014-09-15 09:00")
        admin = visitor("admin")
        assert office.actor("zj-chief").name in admin.read("/admin/offices").text
        for login in ("leader", "zj-chief", "applicant"):
            assert visitor(login).get("/admin/offices").status_code == 404
            assert visitor(login).post("/admin/posts", unit_code="zj", kind="chief", name="甲").status_code == 404

        wrong = admin.post("/admin/deputies", absent="zj-officer", deputy="rf-officer", from_on="?", to_on="2014-09-16")
        assert wrong.status_code == 422
        assert admin.tree().select_one("#from_on-error")
        assert admin.post("/admin/posts", unit_code="zj", kind="chief", name="", login="rf-officer").status_code == 422
        assert admin.tree().select_one("#login-error")

        fine = {"absent": "zj-officer", "deputy": "zj-checker", "from_on": "2014-09-15", "to_on": "2014-09-16"}
        assert admin.post("/admin/deputies", fine).status_code == 303
        page = admin.read("/admin/offices")
        assert "代理中" in page.text
        ending = page.select_one("form[action$='/end']")["action"]
        assert admin.post(ending).status_code == 303
        assert office.one("select count(*) from deputy") == 0
        assert admin.post("/admin/posts", unit_code="zj", kind="chief", name="新代表").status_code == 303
        assert office.one("select name from post where unit_code = 'zj' and kind = 'chief'") == "新代表"

        record = [
            [" ".join(cell.get_text(" ").split()) for cell in row.select("td")]
            for row in admin.read("/admin/offices").select("#changes tbody tr")
        ]
        assert record[0][1:4] == ["市住房和城乡建设局", "首席代表", "章远山、0000-5198000、zj-chief"]
        assert record[0][4:] == ["新代表", "苏简"]
        assert record[1][2:5] == ["代理", "zj-checker 代理 zj-officer、2014-09-15–2014-09-16", "结束"]
        assert record[2][2:5] == ["代理", "—", "zj-checker 代理 zj-officer、2014-09-15–2014-09-16"]
