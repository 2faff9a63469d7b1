"""The order of a unit's inbox, what stands in which tab, and how far anything is counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from browser import Browser
from office import Office
from sqlalchemy import text
from statements import QUERIES_MAX, counted

from shared.db.queries import inbox

Visitor = Callable[..., Browser]
TABS = ("mine", "unclaimed", "soon", "paused", "done", "all")


def change(office: Office, task: UUID, **values: Any) -> None:
    """Put a review task into a state by force."""
    sets = ", ".join(f"{name} = :{name}" for name in values)
    with office.sits() as sitting:
        sitting.session.execute(text(f"update review_task set {sets} where id = :id"), {**values, "id": task})


def tasks(office: Office, cases: int) -> list[UUID]:
    """The shelter tasks of so many new applications, in the order of their numbers."""
    for _ in range(cases):
        office.receives()
    return [
        row.id
        for row in office.rows(
            "select t.id from review_task t join application a on a.id = t.application_id "
            "where t.unit_code = 'rf' order by a.number"
        )
    ]


def shown(browser: Browser, tab: str, query: str = "") -> list[UUID]:
    """The tasks that a tab lists, from top to bottom."""
    rows = browser.read(f"/desk?tab={tab}{query}").select("tbody tr")
    return [UUID(row["data-href"].rpartition("/")[2]) for row in rows]


def counts(browser: Browser) -> dict[str, str]:
    """What stands beside each tab."""
    found = browser.read("/desk?tab=all").select(".tabs > a .pill")
    return dict(zip(TABS, (each.get_text(strip=True) for each in found), strict=True))


@pytest.fixture
def officer(visitor: Visitor) -> Browser:
    return visitor("rf-officer")


class TestTheOrder:
    def test_is_running_before_paused_then_green_lane_then_day_then_number(
        self, office: Office, officer: Browser
    ) -> None:
        first, second, green, early, paused, waiting, done = tasks(office, 7)
        change(office, green, lane="green")
        change(office, early, due_on="2014-09-17")
        change(office, paused, is_paused=True, due_on="2014-09-16")
        change(office, waiting, status="waiting", due_on="2014-09-15")
        change(office, done, status="approved", decided_at="2014-09-15 10:00+08", due_on="2014-09-15")

        # The green lane comes first, whatever is due when.
        assert shown(officer, "all") == [green, early, first, second, paused, waiting, done]
        assert shown(officer, "unclaimed") == [green, early, first, second, paused]
        assert shown(officer, "paused") == [paused]
        assert shown(officer, "done") == [done]
        assert counts(officer) == {
            "mine": "0", "unclaimed": "5", "soon": "0", "paused": "1", "done": "1", "all": "7",
        }  # fmt: skip

    def test_is_that_of_the_queue_that_leads_from_task_to_task(self, office: Office) -> None:
        first, second, green = tasks(office, 3)
        change(office, green, lane="green")
        change(office, first, is_paused=True)
        account = office.account("rf-officer")
        with office.sits() as sitting:
            desk = inbox.Desk.of(sitting.city, account_id=account.id, unit_code="rf")
            assert inbox.queue(sitting.session, desk) == (green, second, first)
            assert inbox.next_task(sitting.session, desk, after=green) == second
            assert inbox.next_task(sitting.session, desk) == green

    def test_leads_through_pages_without_losing_or_repeating_a_task(
        self, office: Office, officer: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(inbox, "PAGE_ROWS", 2)
        everything = tasks(office, 5)

        pages = [shown(officer, "unclaimed", f"&page={page}") for page in (1, 2, 3, 4)]
        assert [len(page) for page in pages] == [2, 2, 1, 0]
        assert [task for page in pages for task in page] == everything


class TestATab:
    def test_lists_tasks_that_wait_for_others_or_are_over_in_all_only(self, office: Office, officer: Browser) -> None:
        waiting, cancelled = tasks(office, 2)
        change(office, waiting, status="waiting")
        change(office, cancelled, status="cancelled")

        assert [len(shown(officer, tab)) for tab in TABS] == [0, 0, 0, 0, 0, 2]

    def test_keeps_what_was_reported_upwards_with_its_officer(self, office: Office, officer: Browser) -> None:
        (task,) = tasks(office, 1)
        change(office, task, status="forwarded", is_paused=True, officer_id=office.account("rf-officer").id)

        assert shown(officer, "mine") == shown(officer, "paused") == [task]
        assert shown(officer, "unclaimed") == []

    def test_shows_what_is_to_be_checked_to_the_second_person_and_not_to_the_first(
        self, office: Office, visitor: Visitor
    ) -> None:
        (task,) = tasks(office, 1)
        change(
            office, task, status="checking", officer_id=office.account("rf-officer").id, first_verdict="approved",
            first_opinion="同意", first_decided_at="2014-09-15 10:00+08",
        )  # fmt: skip

        assert shown(visitor("rf-checker"), "mine") == [task]
        assert shown(visitor("rf-officer"), "mine") == []
        assert shown(visitor("rf-officer"), "all") == [task]

    def test_calls_near_what_its_clock_calls_near(self, office: Office, officer: Browser) -> None:
        far, near = tasks(office, 2)
        change(office, far, due_on="2014-10-15", near_on="2014-10-14")
        change(office, near, due_on="2014-10-15", near_on="2014-09-15")

        assert shown(officer, "soon") == [near]
        assert shown(officer, "all", "&light=amber") == [near]
        assert shown(officer, "all", "&light=green") == [far]
        assert "amber" in str(officer.read("/desk?tab=soon").select_one("tbody .light"))

    def test_turns_paused_tasks_grey_with_their_own_light(self, office: Office, officer: Browser) -> None:
        (task,) = tasks(office, 1)
        change(office, task, is_paused=True, due_on="2014-09-01")

        row = officer.read("/desk?tab=paused").select_one("tbody tr")
        assert "is-over" in row["class"]
        assert "停表" in row.select_one(".light").get_text()
        assert shown(officer, "soon") == []


class TestCounting:
    def test_ends_where_a_number_says_no_more(
        self, office: Office, officer: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tasks(office, 4)
        monkeypatch.setattr(inbox, "COUNTED_MAX", 3)
        monkeypatch.setattr("web.filters.COUNTED_MAX", 3)

        assert counts(officer)["unclaimed"] == counts(officer)["all"] == "3+"
        assert "共 3+ 件" in officer.read("/desk?tab=unclaimed").text
        assert "共 3+ 件" in officer.read("/desk?tab=unclaimed&area=dw").text
        assert "共 0 件" not in officer.read("/desk?tab=unclaimed&area=dw").text

    @pytest.mark.parametrize("tab", TABS)
    def test_and_everything_else_takes_at_most_twelve_queries(self, office: Office, officer: Browser, tab: str) -> None:
        tasks(office, 2)
        with counted() as sent:
            officer.read(f"/desk?tab={tab}&light=green&q=碧海")
        assert len(sent) <= QUERIES_MAX
