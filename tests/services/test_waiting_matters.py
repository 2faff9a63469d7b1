"""Matters that wait for others: each says for what and for whom, and mutual ones call a joint meeting once."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from office import Office
from watching import broken, kinds, side_by_side

from shared.db.queries.progress import progress
from shared.domain.holdups import Holder, Holdup, Role, Why
from shared.packs import Pack


def waiting(office: Office, application_id: UUID) -> dict[str, Holdup]:
    """What holds up each waiting matter, by the matter's name."""
    with office.sits() as sitting:
        found = progress(sitting.session, sitting.city, application_id, today=sitting.today)
    return {each.what: each for each in found.holdups if each.why in (Why.PREREQUISITE, Why.MUTUAL)}


def task_of(office: Office, application_id: UUID, matter: str) -> Any:
    return next(each for each in office.tasks(application_id) if each.matter_code == matter)


def meetings_of(office: Office, application_id: UUID) -> list[Any]:
    return office.rows(
        "select id, number, kind, state, reason from meeting where application_id = :id order by called_at",
        id=application_id,
    )


@pytest.fixture
def outside(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A city where digging up the road also waits for the planning permit and for fire protection."""
    with office.sits() as sitting:
        graph = {**sitting.city.pack.graph, "cg-road": ("sw-pipes", "zr-planning", "xf-fire")}
    monkeypatch.setattr(Pack, "graph", property(lambda _: graph))


class TestAWaitingMatter:
    def test_names_the_matter_the_unit_the_person_and_the_day(self, office: Office) -> None:
        received = office.receives(office.body(situations=["deep_pit"]))

        (before,) = waiting(office, received.application_id)["深基坑专项施工方案"].behind

        # Nobody has taken it: the unit's chief representative answers for it.
        assert (before.what, before.holder) == ("施工现场条件核验", Holder("祁连月", Role.CHIEF, "dw-zj"))
        assert (before.why, before.due_on) == (Why.REVIEW, date(2014, 9, 18))

    def test_waits_no_longer_once_that_is_approved(self, office: Office) -> None:
        received = office.receives(office.body(situations=["deep_pit"]))
        office.decides(task_of(office, received.application_id, "site-check"))

        assert waiting(office, received.application_id) == {}
        assert task_of(office, received.application_id, "zj-pit").status == "open"

    def test_is_blocked_by_a_unit_that_objects(self, office: Office) -> None:
        received = office.receives(office.body(situations=["deep_pit"]))
        site = task_of(office, received.application_id, "site-check")
        office.decides(site, approve=False, opinion="现场未围挡，请围挡后再报")

        (before,) = waiting(office, received.application_id)["深基坑专项施工方案"].behind

        assert (before.why, before.holder) == (Why.OBJECTED, Holder("江映舟", Role.OFFICER, "dw-zj"))


class TestMutualPrerequisites:
    def test_call_a_meeting_as_the_application_comes_in(self, office: Office) -> None:
        received = office.receives(office.body(situations=["road_works"]))

        (meeting,) = meetings_of(office, received.application_id)

        assert (meeting.number, meeting.kind, meeting.state) == ("瀚一单会〔2014〕1号", "mutual", "called")
        seats = office.rows("select unit_code, name, post from meeting_seat order by unit_code")
        assert [tuple(seat) for seat in seats] == [
            ("cg", "孔令辰", "首席代表"),
            ("sw", "汤沐川", "首席代表"),
            ("zj", "章远山", "首席代表"),
        ]
        assert broken() == {}

    def test_call_it_once_however_often_the_case_goes_on(self, office: Office) -> None:
        received = office.receives(office.body(situations=["road_works"]))
        office.approves_everything(received.application_id)

        assert len(meetings_of(office, received.application_id)) == 1
        assert office.one("select last from number_series where series = 'meeting:2014'") == 1
        assert office.one("select count(*) from audit_event where verb = 'meeting_called'") == 1

    @pytest.mark.usefixtures("outside")
    def test_call_none_while_something_outside_holds_them_up(self, office: Office) -> None:
        received = office.receives(office.body(situations=["road_works"]))
        assert meetings_of(office, received.application_id) == []

        office.decides(task_of(office, received.application_id, "zr-planning"))
        assert meetings_of(office, received.application_id) == []
        office.decides(task_of(office, received.application_id, "xf-fire"))

        assert [each.kind for each in meetings_of(office, received.application_id)] == ["mutual"]

    @pytest.mark.usefixtures("outside")
    def test_call_one_when_the_last_two_outside_are_approved_at_once(self, office: Office) -> None:
        for _ in range(5):
            received = office.receives(office.body(situations=["road_works"]))
            last = [task_of(office, received.application_id, code) for code in ("zr-planning", "xf-fire")]

            results = side_by_side(*(partial(office.decides, task) for task in last))

            assert kinds(results) == {"done": 2}
            assert len(meetings_of(office, received.application_id)) == 1
        assert broken() == {}
