"""Operators' pages: what waits, what died and why, and the button that sets it going again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from browser import Browser
from office import Office
from statements import QUERIES_MAX, counted

from shared.domain.errors import Refused
from shared.tasks import Task
from web.ops.queues import look
from workers import batches

Visitor = Callable[..., Browser]


@pytest.fixture
def operator(visitor: Visitor) -> Browser:
    return visitor("operator")


@pytest.fixture
def dead(office: Office) -> Any:
    """A piece of work that a worker gave up, through the very code that gives up."""
    office.receives()
    message = office.bells(Task.ASSESS_LINES)[0]

    def refuse(_sitting: object, _ids: object) -> None:
        raise Refused("标准缺失")

    batches.run(refuse, message.ids)
    return message.ids[0]


class TestOverview:
    def test_shows_depth_and_age_by_task_and_queue(self, office: Office, operator: Browser) -> None:
        office.receives()
        with counted() as sent:
            page = operator.read("/ops")

        assert len(sent) <= QUERIES_MAX
        rows = {row.td.text: row for row in page.select(".table tbody tr")}
        assert "assess_lines" in rows
        assert "最新" in page.select_one(".pairs").text

    def test_says_that_the_broker_does_not_answer(self, operator: Browser, configured: Callable[..., None]) -> None:
        configured(REDIS_URL="redis://127.0.0.1:1/0")

        assert "消息服务没有应答" in operator.read("/ops").text

    def test_counts_what_lies_in_the_broker(self, redis_url: str) -> None:
        import redis

        with redis.Redis.from_url(redis_url) as client:
            client.rpush("dramatiq:looked-at", "one", "two")
            found = look(redis_url, ["looked-at"])
            client.delete("dramatiq:looked-at")

        assert [(each.queue, each.ready, each.delayed, each.dead) for each in found.depths] == [("looked-at", 2, 0, 0)]
        assert found.version


class TestDeadWork:
    def test_shows_its_problem(self, dead: int, operator: Browser) -> None:
        page = operator.read("/ops/dead")

        assert "标准缺失" in page.select_one(".problem").text
        assert f"#{dead}" in page.text

    def test_goes_again_and_its_case_is_closed(self, office: Office, dead: int, operator: Browser) -> None:
        assert operator.post(f"/ops/work/{dead}/retry").status_code == 303

        assert office.one("select dead_at is null and attempts = 1 from outbox where id = :id", id=dead)
        assert office.one("select closed_at is not null from case_item where kind = 'work_dead'")
        office.works()
        assert office.one("select done_at is not null from outbox where id = :id", id=dead)

    def test_that_dies_again_is_a_case_again(self, office: Office, dead: int, operator: Browser) -> None:
        def refuse(_sitting: object, _ids: object) -> None:
            raise Refused("标准仍缺失")

        for _ in range(2):
            operator.post(f"/ops/work/{dead}/retry")
            batches.run(refuse, (dead,))

        found = office.rows("select closed_at is null as is_open from case_item where kind = 'work_dead'")
        assert sorted(row.is_open for row in found) == [False, False, True]

    def test_goes_again_once(self, dead: int, operator: Browser) -> None:
        operator.post(f"/ops/work/{dead}/retry")

        assert operator.post(f"/ops/work/{dead}/retry").status_code == 409

    def test_that_nobody_knows_is_not_found(self, operator: Browser) -> None:
        assert operator.post("/ops/work/999999/retry").status_code == 404
        assert operator.post("/ops/work/99999999999999999999/retry").status_code == 404

    @pytest.mark.usefixtures("dead")
    def test_can_be_closed_with_words_instead(self, office: Office, operator: Browser) -> None:
        case = office.one("select id from case_item")

        assert operator.post(f"/ops/attention/{case}/close", resolution="").status_code == 422
        assert operator.post(f"/ops/attention/{case}/close", resolution="办件已撤回").status_code == 303
        assert office.one("select resolution from case_item") == "办件已撤回"

    @pytest.mark.parametrize("login", ["applicant", "rf-officer", "finance", "leader", "admin"])
    def test_is_not_for_other_roles(self, office: Office, dead: int, visitor: Visitor, login: str) -> None:
        stranger = visitor(login)

        assert [stranger.get(path).status_code for path in ("/ops", "/ops/dead")] == [404, 404]
        assert stranger.post(f"/ops/work/{dead}/retry").status_code == 404
        assert office.one("select dead_at is not null from outbox where id = :id", id=dead)
