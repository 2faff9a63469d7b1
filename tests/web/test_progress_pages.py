"""How far a case is: lanes drawn from clocks, why it is not finished, the slip; for each reader what is theirs."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from browser import Browser
from bs4 import Tag
from correcting import asks, paper, sends, task_of
from office import Office
from statements import QUERIES_MAX, counted

from services import forwarding, reminders, review, timing
from web.app import Web
from web.desk.words import act_words

Visitor = Callable[..., Browser]

SERVICES = Path(__file__).resolve().parents[2] / "services"
SITUATIONS = ["road_works", "deep_pit", "river_works"]


def words(part: Tag | None) -> str:
    assert part is not None
    return " ".join(part.get_text(" ").split())


def row_of(page: Tag, name: str) -> Tag:
    return next(row for row in page.select(".lane-table tbody tr") if name in row.text)


def cells_of(row: Tag) -> str:
    """The row's days as letters: used, amber, past, paused, left, done."""
    kinds = [name for cell in row.select("rect.day") for name in cell["class"] if name != "day"]
    letters = {"used": "u", "used-amber": "a", "past": "p", "paused": "s", "left": "-", "done": "d"}
    return "".join(letters[kind.removeprefix("day-")] for kind in kinds)


def reasons_of(page: Tag) -> list[str]:
    return [words(each) for each in page.select(".reasons li")]


def takes(office: Office, application_id: UUID, unit: str) -> None:
    task = task_of(office, application_id, unit)
    with office.sits() as sitting:
        review.take(sitting, task_id=task.id, actor=office.actor(f"{unit}-officer"))


def pauses(office: Office, application_id: UUID, unit: str, kind: str, reason: str) -> None:
    task = task_of(office, application_id, unit)
    with office.sits() as sitting:
        timing.pause(sitting, task_id=task.id, actor=office.actor(f"{unit}-officer"), kind=kind, reason=reason)


def resumes(office: Office, application_id: UUID, unit: str, kind: str) -> None:
    task = task_of(office, application_id, unit)
    with office.sits() as sitting:
        timing.resume(sitting, task_id=task.id, actor=office.actor(f"{unit}-officer"), kind=kind)


@pytest.fixture
def received(office: Office) -> UUID:
    """E1 accepted on Monday the 15th and computed, nothing decided."""
    application_id = office.receives().application_id
    office.works()
    return application_id


@pytest.fixture
def in_all_states(office: Office) -> UUID:
    """On Friday the 19th: approved, taken, late, paused for experts, corrected, forwarded, waiting, mutual."""
    application_id = office.receives(office.body(situations=SITUATIONS)).application_id
    office.works()
    office.confirms(application_id)
    office.at("2014-09-16 10:00")
    for unit in ("rs", "fg", "zr"):
        office.decides(task_of(office, application_id, unit))
    for unit in ("xf", "qx", "st"):
        takes(office, application_id, unit)
    office.at("2014-09-17 16:50")
    pauses(office, application_id, "xf", "expert_review", "评审会9月24日召开")
    river = next(task for task in office.tasks(application_id) if task.matter_code == "sw-river")
    with office.sits() as sitting:
        forwarding.forward(
            sitting,
            task_id=river.id,
            actor=office.actor("sw-chief"),
            opinion="同意上报",
            follow_up_on=date(2014, 9, 24),
        )
    office.at("2014-09-18 16:20")
    asks(office, application_id, "cg", paper("waste"))
    sends(office, application_id)
    office.at("2014-09-19 14:05")
    return application_id


class TestLanes:
    def test_let_a_pause_push_what_is_left_behind_today(self, office: Office, received: UUID, visitor: Visitor) -> None:
        takes(office, received, "xf")
        office.at("2014-09-17 16:50")
        pauses(office, received, "xf", "expert_review", "评审会9月24日召开")
        office.at("2014-09-19 14:05")

        row = row_of(visitor("applicant").read(f"/apply/cases/{received}"), "消防设计审查")

        # Five days promised: two used by Wednesday, Thursday and Friday stand still, three follow.
        assert cells_of(row) == "uuss---"
        assert words(row) == "消防审验中心 消防设计审查 高维 专家评审 停表 2 日 2 / 5 日 毛 4 顺延至 09-24 —"
        assert row.select_one(".day-bar")["aria-label"] == "已用 2 个工作日，承诺 5 个；含停表共 4 个"

    def test_count_on_where_they_stopped(self, office: Office, received: UUID, visitor: Visitor) -> None:
        office.at("2014-09-17 16:50")
        pauses(office, received, "xf", "hearing", "听证会")
        office.at("2014-09-19 09:00")
        resumes(office, received, "xf", "hearing")
        office.at("2014-09-25 09:00")

        row = row_of(visitor("applicant").read(f"/apply/cases/{received}"), "消防设计审查")

        assert cells_of(row) == "uussuuup"
        assert words(row).endswith("待认领 超期 1 日 6 / 5 日 毛 8 应于 09-24 —")

    def test_take_make_up_days_onto_the_axis(self, office: Office, visitor: Visitor) -> None:
        office.at("2014-09-25 09:30")
        application_id = office.receives().application_id
        page = visitor("applicant").read(f"/apply/cases/{application_id}")

        # 28 September 2014 is a Sunday that was worked, 1 to 7 October are days off.
        assert [each.text for each in page.select(".day-head text")] == ["26", "28", "29", "30", "8"]
        assert "09-28 为调休工作日" in words(page.select_one(".lanes .card-foot"))

    def test_are_sorted_by_who_has_to_act_and_how_urgently(self, in_all_states: UUID, visitor: Visitor) -> None:
        page = visitor("applicant").read(f"/apply/cases/{in_all_states}")
        order = [words(row.select_one(".light")) for row in page.select(".lane-table tbody tr")]

        assert row_of(page, "建筑垃圾处置").select_one(".cell-due").text == "待您补正"
        assert "建筑垃圾处置" in page.select(".lane-table tbody tr")[0].text
        ranks = ["停表 1 日", "超期", "今日到期", "剩 1 日", "停表 2 日", "剩 5 日", "未开始", "按时"]
        places = [next(at for at, rank in enumerate(ranks) if light.startswith(rank)) for light in order]
        assert places == sorted(places), order

    def test_name_what_a_matter_waits_for(self, in_all_states: UUID, visitor: Visitor) -> None:
        page = visitor("applicant").read(f"/apply/cases/{in_all_states}")

        waiting, mutual = row_of(page, "深基坑专项施工方案"), row_of(page, "供排水管线迁改方案")
        assert words(waiting).endswith("等前置 未开始 0 / 2 日 等施工现场条件核验 —")
        assert cells_of(waiting) == ""
        assert "联席会议" in words(mutual.select_one(".cell-status"))
        assert cells_of(mutual) == "uupp", "mutual matters are running already: the meeting is late"

    def test_mark_what_silence_decided_and_what_came_from_elsewhere(
        self, office: Office, received: UUID, visitor: Visitor
    ) -> None:
        office.decides(task_of(office, received, "st"))
        with office.sits() as sitting:
            run = sitting.session.connection().exec_driver_sql
            run("update review_task set is_by_default = true, officer_id = null where unit_code = 'st'")
            run("update application set lane = 'green'")
            run(
                "insert into handover (id, tenant_id, application_id, task_id, from_unit, to_unit, reason, by_id, "
                "by_name, at) select gen_random_uuid(), t.tenant_id, t.application_id, t.id, 'zj', 'xf', '职责调整', "
                "a.id, a.display_name, now() from review_task t, account a "
                "where t.unit_code = 'xf' and a.login = 'zj-officer'"
            )
        page = visitor("applicant").read(f"/apply/cases/{received}")

        assert words(row_of(page, "环境影响评价").select_one(".cell-status")) == "超时默认"
        assert words(row_of(page, "消防设计审查").th) == "消防审验中心 消防设计审查 住房和城乡建设局移交"
        assert "绿色通道" in words(page.select_one(".lanes .card-head h2"))

    def test_say_nothing_of_days_in_a_year_that_nobody_loaded(
        self, office: Office, received: UUID, visitor: Visitor
    ) -> None:
        office.at("2099-01-05 10:00")
        page = visitor("applicant").read(f"/apply/cases/{received}")

        row = row_of(page, "消防设计审查")
        assert "— / 5" in words(row)
        assert row.select_one(".day-bar")["aria-label"] == "工作日历未导入，暂不能计算"
        assert any("2099 年的工作日历未导入" in each and "章远山" in each for each in reasons_of(page))


class TestWhyItIsNotFinished:
    def test_is_one_sentence_for_each_open_thing_with_a_name(self, in_all_states: UUID, visitor: Visitor) -> None:
        found = reasons_of(visitor("applicant").read(f"/apply/cases/{in_all_states}"))

        assert found[0] == (
            "待补正 补正 1 项（建筑垃圾处置）：待申请人 瀚海市碧海置业有限公司 答复，10-08 前办结；答复前停表。"
        )
        for expected in (
            "审核中 防雷装置设计审核：市气象局 纪晓风 正在审核，应于 09-18 前办结，已超期。",
            "待认领 排水与节水方案：还没有人认领，由市水务局 首席代表汤沐川负责，09-22 前办结。",
            "停表 消防设计审查：09-17 起停表 2 个工作日（专家评审，评审会9月24日召开），由市消防审验中心 高维 负责。",
            "转报上级 涉河建设方案审批：已转报省水利厅（样张），市水务局 汤沐川 将于 09-24 再次催询。",
            "联席会议 占用、挖掘城市道路许可、供排水管线迁改方案："
            "已由市住房和城乡建设局 首席代表章远山召集联席会议，时间待定。",
        ):
            assert expected in found
        assert any(each.startswith("等前置 深基坑专项施工方案：等施工现场条件核验（东湾区") for each in found)

    def test_tells_a_stranger_posts_and_no_names(self, office: Office, in_all_states: UUID, visitor: Visitor) -> None:
        number = office.one("select number from application where id = :id", id=in_all_states)
        page = visitor().read(f"/progress?number={number}")
        text = words(page.select_one("main"))

        names = [row[0] for row in office.rows("select display_name from account where role <> 'admin'")]
        names += [row[0] for row in office.rows("select name from post")]
        assert [name for name in names if name in text] == []
        for secret in ("碧海置业", "评审会9月24日", "省水利厅", "瀚一单"):
            assert secret not in text
        assert "待认领 排水与节水方案：还没有人认领，由市水务局 首席代表负责，09-22 前办结。" in reasons_of(page)

    def test_follows_the_money_and_ends_with_the_case(self, office: Office, visitor: Visitor) -> None:
        received = office.is_billed()
        applicant = visitor("applicant")
        path = f"/apply/cases/{received.application_id}"
        (bill,) = office.bills(received.application_id)

        assert reasons_of(applicant.read(path)) == [
            f"待缴费 缴费单 {bill.number}：待申请人 瀚海市碧海置业有限公司 缴款，09-22 前办结。"
        ]
        office.hears_from_bank(office.callback(bill))
        office.works()
        assert reasons_of(applicant.read(path)) == []

    def test_stands_on_the_desk_too(self, office: Office, in_all_states: UUID, visitor: Visitor) -> None:
        task = task_of(office, in_all_states, "st")
        found = reasons_of(visitor("st-officer").read(f"/desk/tasks/{task.id}"))

        assert "审核中 环境影响评价：市生态环境局 谭予安 正在审核，09-19 前办结。" in found


class TestTheHistory:
    def test_has_words_for_every_act_that_a_service_writes(self, web: Web) -> None:
        sources = "".join(each.read_text(encoding="utf-8") for each in SERVICES.glob("*.py"))
        verbs = set(re.findall(r'\bAct\(\s*"([a-z_]+)"', sources))
        assert len(verbs) > 30

        with web.test_request_context("/?lang=zh"):
            assert [verb for verb in verbs if act_words(verb) == "其他办理记录"] == []
            assert act_words("something_new") == "其他办理记录"

    def test_tells_pauses_corrections_and_what_the_applicant_was_told(
        self, in_all_states: UUID, visitor: Visitor
    ) -> None:
        page = visitor("applicant").read(f"/apply/cases/{in_all_states}")
        told = [words(each) for each in page.select(".timeline li")]

        assert "09-17 16:50 停表 市消防审验中心 消防设计审查 评审会9月24日召开；高维" in told
        assert "09-17 16:50 通知申请人 消防设计审查因专家评审停表" in told
        assert any(each.startswith("09-18 16:20 通知申请人 需要补正") for each in told)
        assert told[0].startswith("09-18 16:20"), "the latest first"

    def test_tells_the_reminders_that_a_clock_reached(self, office: Office, received: UUID, visitor: Visitor) -> None:
        office.at("2014-09-19 09:00")
        with office.sits() as sitting:
            reminders.remind(sitting, received)
        page = visitor("applicant").read(f"/apply/cases/{received}")
        told = [words(each) for each in page.select(".timeline li")]

        assert any("已超期 防雷装置设计审核；应办 09-18；市气象局" in each for each in told), told


class TestTheSlip:
    def test_tells_of_each_matter_who_did_what_when_and_in_how_many_days(
        self, in_all_states: UUID, visitor: Visitor
    ) -> None:
        page = visitor("applicant").read(f"/apply/cases/{in_all_states}/slip")
        rows = {words(row.th.b): words(row) for row in page.select(".handling")[0].select("tbody tr")}

        assert rows["工资保障金核定"] == (
            "工资保障金核定 市人力资源和社会保障局 同意 同意 方予 09-15 09:30 09-16 10:00 1 1 3 已办结"
        )
        assert rows["消防设计审查"] == ("消防设计审查 市消防审验中心 专家评审 高维 09-15 09:30 未办结 2 4 5 停表")
        assert rows["深基坑专项施工方案"] == (
            "深基坑专项施工方案 市住房和城乡建设局 等前置 等施工现场条件核验 — — 未办结 0 0 2 未开始"
        )

    def test_says_of_an_objection_that_it_is_open_and_of_a_fee_what_the_case_promises(
        self, office: Office, received: UUID, visitor: Visitor
    ) -> None:
        office.decides(task_of(office, received, "st"), approve=False, opinion="扬尘防治不足，请补充方案后再报")
        pauses(office, received, "xf", "expert_review", "评审会9月24日召开")
        office.at("2014-09-18 10:00")

        page = visitor("applicant").read(f"/apply/cases/{received}/slip")
        rows = {words(row.th.b): words(row) for row in page.select(".handling")[0].select("tbody tr")}

        assert rows["环境影响评价"].endswith("待解决")
        assert rows["散装水泥专项基金核定"].endswith("0 0 5 已办结"), "a pause moves a due date and promises no more"

    def test_tells_every_pause_with_its_author_and_reason(self, in_all_states: UUID, visitor: Visitor) -> None:
        page = visitor("applicant").read(f"/apply/cases/{in_all_states}/slip")
        rows = [words(row) for row in page.select(".handling")[1].select("tbody tr")]

        assert "消防设计审查 专家评审 评审会9月24日召开 高维 09-17 16:50 尚未恢复 2" in rows
        assert len(rows) == 3

    def test_is_read_by_those_who_take_part_and_by_nobody_else(self, received: UUID, visitor: Visitor) -> None:
        assert words(visitor("rf-officer").read(f"/desk/cases/{received}/slip").h1) == "办理回执单 审核中"
        assert visitor("applicant2").get(f"/apply/cases/{received}/slip").status_code == 404
        assert visitor("gx-zj-officer").get(f"/desk/cases/{received}/slip").status_code == 404
        assert visitor("rf-officer").get(f"/apply/cases/{received}/slip").status_code == 404

    def test_is_asked_for_under_seal_once_at_a_time(self, office: Office, received: UUID, visitor: Visitor) -> None:
        applicant = visitor("applicant")
        path = f"/apply/cases/{received}/slip"
        applicant.read(path)
        for _ in range(2):
            assert applicant.post(path).headers["Location"].endswith(path)

        page = applicant.read(path)
        assert "正在制作" in words(page.select_one(".next-actions"))
        assert page.select_one(".next-actions form") is None
        assert office.one("select count(*) from document where kind = 'handling_slip'") == 1

    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_is_read_in_both_languages(self, in_all_states: UUID, visitor: Visitor, lang: str) -> None:
        found = words(visitor("applicant").read(f"/apply/cases/{in_all_states}/slip?lang={lang}"))

        assert ("paused since 09-17, 2 working days so far" in found) is (lang == "en")


class TestQueries:
    def test_are_at_most_twelve_on_every_page_of_a_case(
        self, office: Office, in_all_states: UUID, visitor: Visitor
    ) -> None:
        applicant, officer = visitor("applicant"), visitor("st-officer")
        number = office.one("select number from application where id = :id", id=in_all_states)
        task = task_of(office, in_all_states, "st")
        for reader, path in (
            (applicant, f"/apply/cases/{in_all_states}"),
            (applicant, f"/apply/cases/{in_all_states}/slip"),
            (applicant, f"/progress?number={number}"),
            (officer, f"/desk/tasks/{task.id}"),
            (officer, f"/desk/cases/{in_all_states}"),
            (officer, f"/desk/cases/{in_all_states}/slip"),
            (officer, "/desk?tab=all"),
        ):
            with counted() as sent:
                reader.read(path)
            assert len(sent) <= QUERIES_MAX, (path, "\n".join(each[:70] for each in sent))


class TestTheWorksheet:
    def test_keeps_findings_and_words_without_a_script(self, office: Office, received: UUID, visitor: Visitor) -> None:
        officer = visitor("rf-officer")
        task = task_of(office, received, "rf")
        page = officer.read(f"/desk/tasks/{task.id}")
        assert "还有 3 份未看" in words(page.select_one(".action-bar"))
        assert page.select_one('[formaction$="/worksheet"]')["form"] == "decide"

        answer = officer.post(
            f"/desk/tasks/{task.id}/worksheet",
            {"paper-drawings": "fits", "paper-survey": "unfit", "paper-unknown": "fits", "opinion": "首层面积待核"},
        )

        assert answer.status_code == 303
        page = officer.read(f"/desk/tasks/{task.id}")
        chosen = {each["name"]: each["value"] for each in page.select(".checklist input[checked]")}
        assert chosen == {
            "paper-application": "unseen", "paper-drawings": "fits", "paper-survey": "unfit",
        }  # fmt: skip
        assert "防空地下室设计文件 未提交" in words(page.select_one(".checklist"))
        assert page.select_one("textarea[name=opinion]").text.strip() == "首层面积待核"
        assert words(page.select_one("[data-saved]")) == "草稿已保存 09:30"
        assert "还有 1 份未看" in words(page.select_one(".action-bar"))
        assert office.one("select version from review_task where id = :id", id=task.id) == task.version

    def test_is_not_seen_again_once_the_paper_is_another(
        self, office: Office, received: UUID, visitor: Visitor
    ) -> None:
        officer = visitor("rf-officer")
        task = task_of(office, received, "rf")
        officer.read(f"/desk/tasks/{task.id}")
        officer.post(f"/desk/tasks/{task.id}/worksheet", {"paper-drawings": "fits"})
        with office.sits() as sitting:
            sitting.session.connection().exec_driver_sql(
                "update review_task set worksheet = jsonb_set(worksheet, '{papers,drawings,paper}', '\"another\"')"
            )

        page = officer.read(f"/desk/tasks/{task.id}")
        assert page.select_one('input[name="paper-drawings"][checked]')["value"] == "unseen"

    def test_is_nobody_else_s_while_a_colleague_has_the_task(
        self, office: Office, received: UUID, visitor: Visitor
    ) -> None:
        takes(office, received, "rf")
        checker = visitor("rf-checker")
        task = task_of(office, received, "rf")
        checker.read(f"/desk/tasks/{task.id}")

        assert checker.post(f"/desk/tasks/{task.id}/worksheet", {"opinion": "我也写"}).status_code == 409
        assert office.one("select worksheet from review_task where id = :id", id=task.id) == {}


class TestManyClaimsAtOnce:
    def test_each_have_their_own_outcome(self, office: Office, visitor: Visitor) -> None:
        cases = [office.receives() for _ in range(3)]
        tasks = [task_of(office, each.application_id, "rf") for each in cases]
        officer = visitor("rf-officer")
        page = officer.read("/desk?tab=unclaimed")
        assert len(page.select('input[name="task"][form="bulk"]')) == 3
        with office.sits() as sitting:
            review.take(sitting, task_id=tasks[1].id, actor=office.actor("rf-checker"))
        foreign = task_of(office, cases[0].application_id, "sw")

        answer = officer.post(
            "/desk/take", {"task": [*(str(each.id) for each in tasks), str(foreign.id), "x"], "tab": "unclaimed"}
        )

        assert (answer.status_code, answer.headers["Location"]) == (303, "/desk?tab=unclaimed")
        told = [words(each) for each in officer.read("/desk?tab=mine").select(".toast")]
        assert told[0] == "已认领 2 件，可以办理了。"
        assert [each.startswith(f"{cases[1].number}：这项任务已由他人认领") for each in told[1:]] == [True]
        assert office.one("select status from review_task where id = :id", id=foreign.id) == "open"

    def test_of_nothing_say_so(self, visitor: Visitor) -> None:
        officer = visitor("rf-officer")
        officer.read("/desk?tab=unclaimed")
        officer.post("/desk/take", {})

        assert words(officer.read("/desk").select_one(".toast")) == "还没有选择办件，请先在表格左侧勾选。"


class TestNews:
    def test_count_what_came_since_the_page_was_made(self, office: Office, visitor: Visitor) -> None:
        office.receives()
        officer = visitor("rf-officer")
        address = officer.read("/desk").select_one("[data-news]")["data-news"]
        assert officer.get(address).json == {"words": "", "detail": ""}

        office.at("2014-09-15 10:00")
        application_id = office.receives().application_id
        office.receives()
        with office.sits() as sitting:
            sitting.session.connection().exec_driver_sql(
                f"update review_task set lane = 'green' where application_id = '{application_id}'"
            )

        assert officer.get(address).json == {
            "words": "有 2 件新办件", "detail": "其中 1 件绿色通道。列表不会自行移动。",
        }  # fmt: skip
        assert officer.get("/desk/news?since=x").json == {"words": "", "detail": ""}
