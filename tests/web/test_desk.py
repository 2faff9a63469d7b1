"""A department's desk as its officers meet it, and the walls around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from browser import Browser
from bs4 import Tag
from office import Office
from statements import QUERIES_MAX, counted

Visitor = Callable[..., Browser]


def words(part: Tag) -> str:
    return " ".join(part.get_text(" ").split())


def task_of(office: Office, application_id: UUID, unit: str = "rf") -> Any:
    return next(task for task in office.tasks(application_id) if task.unit_code == unit)


def line_of(office: Office, application_id: UUID, item: str = "RFY") -> Any:
    return next(line for line in office.lines(application_id) if line.item_code == item)


@pytest.fixture
def received(office: Office) -> UUID:
    """E1 accepted and computed, nothing decided."""
    application_id = office.receives().application_id
    office.works()
    return application_id


@pytest.fixture
def officer(visitor: Visitor) -> Browser:
    return visitor("rf-officer")


@pytest.mark.usefixtures("received")
class TestInbox:
    def test_counts_every_tab_and_shows_what_is_to_be_taken(self, officer: Browser) -> None:
        page = officer.read("/desk?tab=unclaimed")

        assert [words(tab) for tab in page.select(".tabs > a")] == [
            "待我办 0", "待认领 1", "即将超期 0", "停表中 0", "已办 0", "全部 1",
        ]  # fmt: skip
        (row,) = page.select("tbody tr")
        assert "碧海湾花园一期" in words(row)
        assert "剩 5 日" in words(row)
        assert "0 / 5" in words(row)
        assert "待确认 2,268,675.00" in words(row)

    def test_names_what_waits_when_all_of_today_is_done(self, officer: Browser) -> None:
        assert words(officer.read("/desk").select_one(".empty")) == "今天的待办都办完了。 待认领 1 件"

    def test_turns_the_light_with_the_working_days(self, office: Office, officer: Browser) -> None:
        def light(moment: str) -> str:
            office.at(moment)
            return words(officer.read("/desk?tab=unclaimed").select_one("tbody .light"))

        assert light("2014-09-18 09:00") == "剩 2 日"
        assert light("2014-09-19 09:00") == "剩 1 日"
        assert light("2014-09-22 09:00") == "今日到期"
        assert light("2014-09-24 09:00") == "超期 2 日"

    def test_narrows_by_words_light_and_district_in_the_address(self, officer: Browser) -> None:
        def rows(query: str) -> int:
            return len(officer.read(f"/desk?tab=all&{query}").select("tbody tr"))

        assert [rows("q=碧海湾"), rows("q=%25"), rows("light=green"), rows("light=red")] == [1, 0, 1, 0]
        assert [rows("area=dw"), rows("area=gx"), rows("page=2"), rows("page=x")] == [1, 0, 0, 1]

    def test_asks_the_database_at_most_twelve_times(self, officer: Browser) -> None:
        with counted() as sent:
            officer.read("/desk?tab=all")

        assert len(sent) <= QUERIES_MAX

    def test_speaks_english(self, officer: Browser) -> None:
        assert "5 d left" in officer.read("/desk?tab=all&lang=en").text


class TestCase:
    def test_shows_facts_formula_materials_and_the_other_departments(
        self, office: Office, received: UUID, officer: Browser
    ) -> None:
        page = officer.read(f"/desk/tasks/{task_of(office, received).id}")

        assert [words(row) for row in page.select(".formula > div")] == [
            "计费数量 6,012.45－4,500.00 1,512.45 m²",
            "应缴金额 1,512.45 m² × 1,500.00 元/m² ¥2,268,675.00",
        ]
        assert "实建人防面积 4,500.00 m²" in words(page.select_one(".desk-facts"))
        assert page.select_one(".viewer iframe")["src"].startswith("/files/")
        assert len(page.select(".desk-others li")) == len(office.tasks(received)) - 1
        assert len(page.select(".button-primary")) == 1

    def test_leads_from_a_fact_to_the_paper_that_says_so_and_back(
        self, office: Office, received: UUID, officer: Browser
    ) -> None:
        address = f"/desk/tasks/{task_of(office, received).id}"
        survey = office.one("select id from attachment where material_code = 'survey' and application_id is not null")
        fact = officer.read(address).select_one("#fact-ground_floor_area_m2")

        (mark,) = fact.select("a.mark-number")
        assert words(mark) == "依据材料：建筑面积测算报告 2"
        assert (mark["href"], "is-open" in fact.get("class", [])) == (f"{address}?file={survey}#viewer", False)

        page = officer.read(mark["href"])
        assert words(page.select_one(".viewer header b")) == "建筑面积测算报告 2"
        assert words(page.select_one(".file-list [aria-current] .mark-number")) == "2"
        assert [link["href"] for link in page.select(".viewer-facts a")] == [
            "#fact-floor_area_m2", "#fact-above_ground_area_m2", "#fact-ground_floor_area_m2",
        ]  # fmt: skip
        assert "is-open" in page.select_one("#fact-ground_floor_area_m2")["class"]
        assert page.select_one("#fact-shelter_built_m2").select("a") == [], "its paper was not handed in"

    def test_shows_a_file_that_its_officer_may_open(self, office: Office, received: UUID, officer: Browser) -> None:
        page = officer.read(f"/desk/tasks/{task_of(office, received).id}")

        assert officer.get(page.select_one(".viewer iframe")["src"]).status_code == 200

    def test_asks_the_database_at_most_twelve_times(self, office: Office, received: UUID, officer: Browser) -> None:
        address = f"/desk/tasks/{task_of(office, received).id}"
        with counted() as sent:
            officer.read(address)

        assert len(sent) <= QUERIES_MAX

    @pytest.mark.usefixtures("received")
    def test_is_found_through_the_list_of_fee_lines_too(self, visitor: Visitor) -> None:
        # 墙改办 owns a fee line and reviews no matter.
        page = visitor("qg-officer").read("/desk/lines")

        assert "864,321.80" in page.text
        case = visitor("qg-officer").read(page.select_one("tbody a")["href"].partition("#")[0])
        assert "新型墙体材料专项基金" in case.text
        assert not case.select(".action-bar form")


class TestOfficer:
    def test_takes_a_task_and_puts_it_back(self, office: Office, received: UUID, officer: Browser) -> None:
        task = task_of(office, received)

        assert officer.post(f"/desk/tasks/{task.id}/take").headers["Location"] == f"/desk/tasks/{task.id}"
        assert "您正在办理" in officer.read(f"/desk/tasks/{task.id}").text
        assert officer.post(f"/desk/tasks/{task.id}/release").headers["Location"] == "/desk"
        assert task_of(office, received).status == "open"

    def test_confirms_the_fee_approves_and_is_led_to_the_next_task(
        self, office: Office, received: UUID, officer: Browser
    ) -> None:
        other = office.receives().application_id
        task, line, following = task_of(office, received), line_of(office, received), task_of(office, other)

        confirmed = officer.post(f"/desk/lines/{line.id}/confirm", version=line.version)
        assert confirmed.headers["Location"] == f"/desk/tasks/{task.id}"
        decided = officer.post(f"/desk/tasks/{task.id}/decide", verdict="approve", opinion="同意", version=task.version)

        assert decided.status_code == 303
        assert decided.headers["Location"] == f"/desk/tasks/{following.id}"
        assert "已同意，已加盖本单位电子签章。" in words(
            officer.read(f"/desk/tasks/{following.id}").select_one(".toast")
        )
        assert (task_of(office, received).status, line_of(office, received).state) == ("approved", "final")

    def test_stays_with_the_case_while_its_fee_is_not_confirmed(
        self, office: Office, received: UUID, officer: Browser
    ) -> None:
        task = task_of(office, received)

        decided = officer.post(f"/desk/tasks/{task.id}/decide", verdict="approve", opinion="", version=task.version)

        assert decided.headers["Location"] == f"/desk/tasks/{task.id}#fees"

    def test_must_give_a_reason_to_object_and_keeps_what_was_typed(
        self, office: Office, received: UUID, officer: Browser
    ) -> None:
        task = task_of(office, received)

        refused = officer.post(f"/desk/tasks/{task.id}/decide", verdict="object", opinion="  ", version=task.version)
        assert refused.status_code == 422
        assert "不同意时须写明理由和补救办法" in officer.tree().select_one(".field .error-text").text
        assert task_of(office, received).status == "open"

        long = "理" * 2001
        assert (
            officer.post(f"/desk/tasks/{task.id}/decide", verdict="object", opinion=long, way="补交").status_code == 422
        )
        assert long in officer.tree().select_one("textarea").text

        half = officer.post(
            f"/desk/tasks/{task.id}/decide", verdict="object", opinion="缺勘察报告", version=task.version
        )
        assert half.status_code == 422
        assert "怎样才能办" in officer.tree().select_one("#object .error-text").text
        assert "缺勘察报告" in officer.tree().select_one("#opinion").text

        officer.post(
            f"/desk/tasks/{task.id}/decide",
            verdict="object",
            opinion="缺勘察报告",
            way="补交经审查合格的勘察报告",
            version=task.version,
        )
        assert office.one("select status from application") == "objected"

    def test_sees_both_sides_when_somebody_else_was_faster(
        self, office: Office, received: UUID, officer: Browser, visitor: Visitor
    ) -> None:
        task = task_of(office, received)
        assert visitor("rf-checker").post(f"/desk/tasks/{task.id}/take").status_code == 303

        late = officer.post(
            f"/desk/tasks/{task.id}/decide", verdict="approve", opinion="我的意见", version=task.version
        )

        assert late.status_code == 409
        page = officer.tree()
        assert "我的意见" in words(page.select_one("main"))
        assert "顾承宇" in words(page.select_one("main"))
        assert task_of(office, received).status == "taken"

    def test_sees_a_verdict_that_was_already_given(self, office: Office, received: UUID, officer: Browser) -> None:
        task = task_of(office, received)
        office.decides(task, opinion="材料齐全")

        late = officer.post(
            f"/desk/tasks/{task.id}/decide", verdict="object", opinion="缺材料", way="补交", version=task.version
        )

        assert late.status_code == 409
        assert "缺材料" in late.text
        assert "材料齐全" in late.text
        assert task_of(office, received).status == "approved"

    @pytest.mark.parametrize("fields", [{"verdict": "maybe"}, {"verdict": "approve", "version": "one"}, {}])
    def test_is_refused_without_a_verdict_or_with_a_broken_version(
        self, office: Office, received: UUID, officer: Browser, fields: dict[str, str]
    ) -> None:
        task = task_of(office, received)

        assert officer.post(f"/desk/tasks/{task.id}/decide", **fields).status_code == 422
        assert task_of(office, received).status == "open"


class TestWalls:
    def acts(self, office: Office, received: UUID) -> list[tuple[str, dict[str, Any]]]:
        task, line = task_of(office, received), line_of(office, received)
        return [
            (f"/desk/tasks/{task.id}/take", {}),
            (f"/desk/tasks/{task.id}/release", {}),
            (f"/desk/tasks/{task.id}/decide", {"verdict": "approve", "opinion": "", "version": task.version}),
            (f"/desk/lines/{line.id}/confirm", {"version": line.version}),
        ]

    @pytest.mark.parametrize(
        "login", ["st-officer", "gx-zj-officer", "applicant", "finance", "leader", "admin", "operator"]
    )
    def test_hide_a_task_from_everybody_else(
        self, office: Office, received: UUID, visitor: Visitor, login: str
    ) -> None:
        stranger = visitor(login)
        before = office.rows("select id, status, version from review_task order by id")

        assert stranger.get(f"/desk/tasks/{task_of(office, received).id}").status_code == 404
        for path, fields in self.acts(office, received):
            assert stranger.post(path, fields).status_code == 404, path
        assert office.rows("select id, status, version from review_task order by id") == before
        assert office.one("select count(*) from fee_line where confirmed_by is not null") == 0

    def test_send_a_stranger_to_the_log_in_page(self, office: Office, received: UUID, visitor: Visitor) -> None:
        nobody = visitor()

        for path, fields in self.acts(office, received):
            assert nobody.post(path, fields).status_code == 303
            assert nobody.last.headers["Location"].startswith("/login")
        assert task_of(office, received).status == "open"

    def test_hide_other_roles_desks_and_what_does_not_exist(self, visitor: Visitor) -> None:
        assert visitor("applicant").get("/desk").status_code == 404
        assert visitor("rf-officer").get(f"/desk/tasks/{uuid4()}").status_code == 404
        assert visitor("rf-officer").get(f"/desk/cases/{uuid4()}").status_code == 404

    def test_refuse_a_form_that_is_not_ours(self, office: Office, received: UUID, officer: Browser) -> None:
        task = task_of(office, received)

        assert officer.client.post(f"/desk/tasks/{task.id}/take").status_code == 400
        assert task_of(office, received).status == "open"
