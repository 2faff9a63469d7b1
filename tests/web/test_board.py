"""The leaders' board: one screen whose numbers add up and open the lists behind them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browser import Browser
from bs4 import Tag
from office import Office
from statements import QUERIES_MAX, counted

Visitor = Callable[..., Browser]


def words(part: Tag) -> str:
    return " ".join(part.get_text(" ").split())


@pytest.fixture
def leader(visitor: Visitor) -> Browser:
    return visitor("leader")


@pytest.fixture
def cases(office: Office) -> None:
    """One paid in 东湾区, one just accepted in 高新区."""
    (bill,) = office.bills(office.is_billed().application_id)
    office.hears_from_bank(office.callback(bill))
    office.receives(office.body(area_code="gx", project_name="云栖里人才公寓"))
    office.works()
    office.at("2014-09-19 10:00")


class TestBoard:
    @pytest.mark.usefixtures("cases")
    def test_shows_cases_lights_and_money(self, leader: Browser) -> None:
        page = leader.read("/board")

        figures = {words(each.dt): words(each.select("dd")[0]) for each in page.select(".board-figures > div")}
        assert figures == {
            "在办项目": "1", "本月办结": "1", "按时办结率": "100.0%",
            "本月应收": "3,272.99 万元", "本月实收": "3,272.99 万元", "收缴率": "100.0%",
        }  # fmt: skip
        assert "其中财政收入 2,543.25 代收与保证金 729.74" in words(page.select_one(".board-figures"))
        assert [words(each.b) for each in page.select(".funnel li")] == ["2", "1", "1", "1", "1"]

    @pytest.mark.usefixtures("cases")
    def test_adds_up_and_opens_the_rows_behind_each_light(self, leader: Browser) -> None:
        page = leader.read("/board")
        counted_lights = {each["href"]: int(each.text) for each in page.select(".board-lights a")}

        for href, count in counted_lights.items():
            assert len(leader.read(href).select("tbody tr")) == count, href
        of_units = sum(int(words(each)) for each in page.select("a[href*='light=amber']") if "unit=" in each["href"])
        assert of_units == next(count for href, count in counted_lights.items() if "amber" in href)

    @pytest.mark.usefixtures("cases")
    def test_names_what_is_late_where_and_with_whom(self, office: Office, leader: Browser) -> None:
        office.at("2014-09-26 10:00")
        row = words(leader.read("/board").select(".panel table")[0].select_one("tbody tr"))

        assert "超期" in row
        assert "云栖里人才公寓" in row
        assert "无人认领" in row

    @pytest.mark.usefixtures("cases")
    def test_shows_one_district_alone(self, leader: Browser) -> None:
        page = leader.read("/board?area=gx")

        assert words(page.select_one(".board-figures dd")) == "1"
        assert "海湾花园" not in page.text
        assert words(leader.read("/board?area=nowhere").select_one("[aria-current]")) == "全市"

    @pytest.mark.usefixtures("cases")
    def test_opens_every_link_on_it(self, leader: Browser) -> None:
        for link in {each["href"] for each in leader.read("/board").select("main a")}:
            assert leader.get(link).status_code == 200, link

    @pytest.mark.usefixtures("cases")
    def test_asks_the_database_at_most_twelve_times(self, leader: Browser) -> None:
        for path in ("/board", "/board/cases", "/board/tasks"):
            with counted() as sent:
                leader.read(path)
            assert len(sent) <= QUERIES_MAX, path

    def test_stands_empty_in_both_languages(self, leader: Browser) -> None:
        assert "没有未办结的事项。" in leader.read("/board").text
        for path in ("/board", "/board/cases?state=late&q=%25", "/board/tasks?light=red&page=9"):
            leader.read(f"{path}{'&' if '?' in path else '?'}lang=en")

    @pytest.mark.parametrize("login", ["applicant", "rf-officer", "finance", "admin", "operator"])
    def test_is_not_for_other_roles(self, visitor: Visitor, login: str) -> None:
        stranger = visitor(login)

        assert [stranger.get(path).status_code for path in ("/board", "/board/cases", "/board/tasks")] == [404] * 3
