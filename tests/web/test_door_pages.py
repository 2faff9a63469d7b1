"""The door on pages and in the API, without JavaScript: situations, one list, answers in writing, promises."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from browser import Browser
from office import Office, small_pdf
from test_apply import fills_in, hands_in_papers, is_ready, starts, submission, words

Visitor = Callable[[str], Browser]


def pdf(name: str = "a.pdf") -> tuple[io.BytesIO, str]:
    return io.BytesIO(small_pdf()), name


class TestSituations:
    def test_bring_their_papers_to_the_list_at_once(self, office: Office, visitor: Visitor) -> None:
        applicant = visitor("applicant")
        draft = is_ready(applicant, office)
        page = applicant.read(f"{draft}/situations")
        assert "占用、挖掘城市道路许可" in words(page.select_one("label[for='situations-road_works']"))
        assert page.select("input[name='outside']")

        answered = applicant.post(f"{draft}/situations", {"situations": ["road_works", "night_work"]})
        assert answered.status_code == 303
        papers = applicant.read(f"{draft}/papers")
        assert papers.select_one("#paper-road_plan")
        assert "占用、挖掘城市道路许可（市城管局）" in words(papers) or "占用、挖掘城市道路许可" in words(papers)
        check = words(applicant.read(f"{draft}/check"))
        assert "需要占用、挖掘城市道路、需要夜间连续施工" in check
        assert "缺少必交材料：占道挖掘方案" in check

        applicant.post(f"{draft}/situations", {})
        assert not applicant.read(f"{draft}/papers").select_one("#paper-road_plan")

    def test_are_asked_in_public_too_and_nothing_is_kept(self, office: Office, visitor: Visitor) -> None:
        page = visitor("").read("/materials?situations=deep_pit&situations=nonsense")

        assert "深基坑专项施工方案" in words(page)
        assert page.select_one("#situations-deep_pit").has_attr("checked")
        (total,) = page.select(".saved-papers .is-total b")
        assert total.text == "21"
        assert office.one("select count(*) from draft") == 0


class TestAnswersInWriting:
    def test_name_everything_and_lead_back_to_the_draft(self, office: Office, visitor: Visitor) -> None:
        applicant = visitor("applicant")
        draft = starts(applicant)
        fills_in(applicant, draft)
        assert applicant.post(f"{draft}/answer").status_code == 303
        page = words(applicant.read(f"{draft}/answers"))
        assert "一次性告知书" in page
        assert "瀚一单告〔2014〕1号" in page
        assert "施工合同 工资保障金核定" in page

        applicant.post(f"{draft}/answer")
        assert office.one("select count(*) from intake_notice") == 1
        hands_in_papers(applicant, draft, office)
        refused = applicant.post(f"{draft}/answer")
        assert refused.status_code == 422
        assert "不需要书面告知" in refused.text
        assert applicant.post(f"{draft}/submit", submission(applicant, draft)).status_code == 303
        # What was answered stays to be read after the draft became an application.
        assert "瀚一单告〔2014〕1号" in words(applicant.read(f"{draft}/answers"))

    def test_refuse_what_is_outside_with_the_way(self, office: Office, visitor: Visitor) -> None:
        applicant = visitor("applicant")
        draft = is_ready(applicant, office)
        answered = applicant.post(f"{draft}/situations", {"outside": ["outside_city"]})
        assert answered.headers["Location"].endswith("/check")
        assert "出具不予受理通知书" in words(applicant.read(f"{draft}/check"))
        assert applicant.post(f"{draft}/submit", submission(applicant, draft)).status_code == 422
        applicant.post(f"{draft}/answer")

        page = words(applicant.read(f"{draft}/answers"))
        assert "项目所在地的政务服务中心" in page
        assert "补交材料" not in page
        assert "修改申报内容" in page
        applicant.post(f"{draft}/situations", {"outside": []})
        assert applicant.post(f"{draft}/submit", submission(applicant, draft)).status_code == 303

    def test_are_nobody_elses(self, office: Office, visitor: Visitor) -> None:
        applicant, other = visitor("applicant"), visitor("applicant2")
        draft = starts(applicant)
        applicant.post(f"{draft}/answer")
        document = office.one("select id from document")

        for path in (f"{draft}/answers", f"/documents/{document}.pdf"):
            other.read(path, expected=404)
            visitor("zj-officer").read(path, expected=404)
        # To the owner it says that it is being made.
        assert "正在生成" in words(applicant.read(f"/documents/{document}.pdf", expected=404))


class TestTakingOver:
    def test_takes_one_click_and_counts_as_saved(self, office: Office, visitor: Visitor) -> None:
        received = office.receives()
        applicant = visitor("applicant")
        draft = starts(applicant)
        fills_in(applicant, draft)
        page = applicant.read(f"{draft}/papers")
        button = page.select_one("button[name='reuse'][value^='survey:']")
        assert applicant.post(f"{draft}/papers", {"reuse": button["value"]}).status_code == 303

        page = applicant.read(f"{draft}/papers")
        assert f"沿用自 {received.number}" in words(page)
        assert [each.text for each in page.select(".saved-papers b")] == ["36", "16", "1", "21"]
        assert not page.select_one("button[name='reuse'][value^='survey:']")

    def test_does_not_reach_to_somebody_elses(self, office: Office, visitor: Visitor) -> None:
        office.receives()
        mine, other = visitor("applicant"), visitor("applicant2")
        draft = starts(mine)
        fills_in(mine, draft)
        value = mine.read(f"{draft}/papers").select_one("button[name='reuse']")["value"]
        theirs = starts(other)
        fills_in(other, theirs)

        assert not other.read(f"{theirs}/papers").select("button[name='reuse']")
        assert other.post(f"{theirs}/papers", {"reuse": value}).status_code == 422
        assert other.post(f"{theirs}/papers", {"reuse": "survey:nonsense"}).status_code == 422
        assert office.one("select count(*) from attachment where origin like 'reused:%'") == 0


class TestPromising:
    def test_goes_from_the_box_to_the_checked_paper(self, office: Office, visitor: Visitor) -> None:
        applicant = visitor("applicant")
        draft = starts(applicant)
        fills_in(applicant, draft)
        with office.sits() as sitting:
            needed = [
                each for each in sitting.city.pack.materials if each.required == "always" and each.code != "waste"
            ]
        files = {f"paper-{each.code}": pdf(f"{each.name}.pdf") for each in needed}
        assert applicant.post(f"{draft}/papers", {**files, "then": "next"}).status_code == 422
        assert applicant.post(f"{draft}/papers", {"promise": ["waste"], "then": "next"}).status_code == 303
        assert "承诺在 10 个工作日内补交" in words(applicant.read(f"{draft}/check"))
        case = applicant.post(f"{draft}/submit", submission(applicant, draft)).headers["Location"]
        case = case.removesuffix("/submitted")

        page = words(applicant.read(case))
        assert "承诺后补的材料" in page
        assert "9月28日（周日）前补交“建筑垃圾处置方案”" in page
        page = applicant.read(f"{case}/commitments")
        assert "2014-09-28 前补交，由市城市管理局核查" in words(page) or "2014-09-28 前补交" in words(page)
        form = page.select_one("form[enctype]")["action"]
        assert applicant.post(form).status_code == 422
        assert applicant.post(form, {"file": pdf()}).status_code == 303
        assert "已补交，待核查" in words(applicant.read(f"{case}/commitments"))

        officer = visitor("cg-officer")
        page = officer.read("/desk/commitments")
        judging = page.select_one("#promise-" + str(office.one("select id from commitment")) + " form")["action"]
        version = page.select_one("input[name='version']")["value"]
        assert officer.post(judging, verdict="failed", opinion="", version=version).status_code == 422
        assert officer.post(judging, verdict="failed", opinion="没有路线图", version=version).status_code == 303
        assert "没有路线图" in words(officer.read("/desk/commitments?tab=done"))
        assert visitor("sw-officer").post(judging, verdict="kept").status_code == 404

        lead = visitor("zj-officer")
        closing = lead.read("/desk/commitments").select_one("form[action*='/commitments/cases/']")["action"]
        assert officer.post(closing, resolution="已联系").status_code == 404
        assert lead.post(closing, resolution="").status_code == 422
        assert lead.post(closing, resolution="已联系申请人").status_code == 303
        assert "核查未通过" in words(applicant.read(f"{case}/commitments"))
        page = words(applicant.read(case))
        assert "重新补交“建筑垃圾处置方案” 没有路线图" in page


class TestNotAccepting:
    def test_is_a_form_of_the_lead_window(self, office: Office, visitor: Visitor) -> None:
        received = office.receives()
        path = f"/desk/cases/{received.application_id}/not-accept"
        visitor("cg-officer").read(path, expected=404)
        lead = visitor("zj-officer")
        assert path in lead.read(f"/desk/cases/{received.application_id}").select_one(".more-menu").decode()
        refused = lead.post(path, reason="", clause="", go_to="省厅")
        assert refused.status_code == 422
        assert "省厅" in refused.text
        done = lead.post(path, reason="不属于本市权限。", clause="《行政许可法》第三十二条", go_to="省厅")
        assert done.status_code == 303
        page = words(visitor("applicant").read(f"/apply/cases/{received.application_id}"))
        assert "申报不予受理" in page
        assert "您现在不用做什么" not in page

    def test_shows_what_was_typed_when_a_department_was_faster(self, office: Office, visitor: Visitor) -> None:
        received = office.receives()
        office.decides(office.tasks(received.application_id)[0])
        late = visitor("zj-officer").post(
            f"/desk/cases/{received.application_id}/not-accept", reason="理由在此", clause="法条", go_to=""
        )
        assert late.status_code == 409
        assert "已有部门作出审核结论" in late.text
        assert "理由在此" in late.text


class TestQueries:
    def test_are_at_most_twelve_a_page(self, office: Office, visitor: Visitor, queries: Any) -> None:
        received = office.receives()
        applicant, lead = visitor("applicant"), visitor("zj-officer")
        draft = starts(applicant)
        fills_in(applicant, draft)
        applicant.post(f"{draft}/answer")
        for browser, path in (
            (applicant, draft), (applicant, f"{draft}/papers"), (applicant, f"{draft}/check"),
            (applicant, f"{draft}/answers"), (applicant, f"/apply/cases/{received.application_id}/commitments"),
            (applicant, "/materials"), (lead, "/desk/commitments"),
        ):  # fmt: skip
            with queries() as asked:
                browser.read(path)
            assert len(asked) <= 12, (path, len(asked))


class TestTheApi:
    def test_gives_the_list_takes_over_answers_and_judges(self, office: Office, visitor: Visitor) -> None:
        client = visitor("").client

        def token(login: str) -> dict[str, str]:
            given = client.post("/api/v1/sessions", json={"login": login, "password": "yidan-demo-2026"}).json
            return {"Authorization": f"Bearer {given['token']}"}

        listed = client.get("/api/v1/checklist?situations=road_works").json
        assert (listed["asked"], listed["distinct"]) == (40, 18)
        assert client.get("/api/v1/checklist?situations=nonsense").status_code == 422

        mine, cg, zj = token("applicant"), token("cg-officer"), token("zj-officer")
        body = office.body()
        draft = client.post("/api/v1/drafts", json={"data": {}}, headers=mine).json["id"]
        assert client.post(f"/api/v1/drafts/{draft}/answer", json=body, headers=mine).status_code == 409
        bare = body | {"attachments": []}
        first = client.post(f"/api/v1/drafts/{draft}/answer", json=bare, headers=mine)
        again = client.post(f"/api/v1/drafts/{draft}/answer", json=bare, headers=mine)
        assert (first.status_code, again.status_code) == (201, 200)
        assert (
            first.json == again.json == client.get(f"/api/v1/drafts/{draft}/answers", headers=mine).json["answers"][0]
        )
        assert client.get(f"/api/v1/drafts/{draft}/answers", headers=token("applicant2")).json == {"answers": []}

        rows = office.rows("select id, material_code from attachment")
        there = [str(row.id) for row in rows if row.material_code != "waste"]
        promising = body | {"attachments": there, "commitments": ["waste"]}
        key = {"Idempotency-Key": "api-1"}
        done = client.post("/api/v1/applications", json=promising, headers={**mine, **key})
        assert done.status_code == 201
        case = f"/api/v1/applications/{done.json['id']}"
        (promise,) = client.get(f"{case}/commitments", headers=mine).json["commitments"]
        assert (promise["state"], promise["due_on"], promise["unit_code"]) == ("promised", "2014-09-28", "cg")
        left = next(str(row.id) for row in rows if row.material_code == "waste")
        way = f"/api/v1/commitments/{promise['id']}"
        brought = client.post(f"{way}/paper", json={"attachment": left}, headers=mine).json["commitments"][0]
        assert brought["state"] == "brought"
        assert client.post(f"{way}/check", json={"verdict": "kept"}, headers=zj).status_code == 404
        assert [each["id"] for each in client.get("/api/v1/commitments", headers=cg).json["commitments"]] == [
            promise["id"]
        ]
        judged = client.post(f"{way}/check", json={"verdict": "kept", "version": brought["version"]}, headers=cg)
        assert judged.json["commitments"][0]["state"] == "fulfilled"

        offered = client.get("/api/v1/attachments/reusable?developer_uscc=91371002MA3C00011N", headers=mine).json
        survey = next(each for each in offered["papers"] if each["material_code"] == "survey")
        wanted = {name: survey[name] for name in ("source", "material_code")}
        taken = client.post(
            "/api/v1/attachments/reused", json=wanted | {"developer_uscc": "91371002MA3C00011N"}, headers=mine
        )
        assert taken.status_code == 201
        notice = client.post(
            f"{case}/not-accepted",
            json={"reason": "不属于本市权限。", "clause": "《行政许可法》第三十二条"},
            headers=zj,
        )
        assert (notice.status_code, notice.json["kind"]) == (200, "not_accepted")
        again = client.post("/api/v1/applications", json=promising, headers={**mine, **key})
        assert (again.status_code, again.json["id"]) == (201, done.json["id"])
