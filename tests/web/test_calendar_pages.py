"""The working-day calendar's pages: proposed by one person, approved by another, with whom it moves said beforehand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browser import Browser
from office import Office
from statements import QUERIES_MAX, counted

Visitor = Callable[..., Browser]


def said(browser: Browser) -> str:
    return browser.tree().get_text(" ", strip=True)


class TestTheCalendar:
    @pytest.fixture(autouse=True)
    def open_office(self, office: Office) -> None:
        office.receives()

    def test_lists_its_years_and_warns_of_the_one_that_is_missing(self, office: Office, visitor: Visitor) -> None:
        office.at("2026-11-24 10:00")
        admin = visitor("admin")
        with counted() as sent:
            page = admin.read("/calendar")

        assert len(sent) <= QUERIES_MAX
        assert "2027 年的工作日历还没有导入" in page.text
        assert [cell.text for cell in page.select("section:last-of-type tbody tr:first-child td")][:2] == [
            "2026",
            "248",
        ]

    def test_changes_when_a_second_person_has_seen_whom_it_moves(self, office: Office, visitor: Visitor) -> None:
        admin, leader = visitor("admin"), visitor("leader")
        answer = admin.post("/calendar", year="2014", document="瀚政办发明电〔2014〕5号", days="2014-09-18 休 高温假")
        assert answer.status_code == 303
        address = answer.headers["Location"]
        assert "由您提出" in admin.read(address).text
        admin.post(f"{address}/approve")
        assert office.one("select count(*) from calendar_change where state = 'approved'") == 0

        page = leader.read(address)
        assert [cell.text for cell in page.select("tbody tr td")][1:] == ["2014-09-22", "2014-09-23"]
        leader.post(f"{address}/approve")
        office.works()

        assert str(office.one("select due_on from application")) == "2014-09-23"
        assert "已生效" in leader.read("/calendar").text

    def test_names_the_line_that_it_cannot_read_and_keeps_what_was_typed(self, visitor: Visitor) -> None:
        admin = visitor("admin")

        answer = admin.post("/calendar", year="2014", document="", days="2014-09-18 休\n九月十九日放假")

        assert answer.status_code == 422
        assert "必填：依据的通知及文号" in said(admin)
        answer = admin.post("/calendar", year="2014", document="文号", days="2014-09-18 休\n九月十九日放假")
        assert answer.status_code == 422
        assert "第 2 行看不懂" in said(admin)
        assert "九月十九日放假" in admin.tree().select_one("textarea").text

    def test_is_nobody_elses(self, visitor: Visitor) -> None:
        for login in ("zj-officer", "finance", "operator", "applicant"):
            assert visitor(login).get("/calendar").status_code in (403, 404)
