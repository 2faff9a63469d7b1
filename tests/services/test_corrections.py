"""补正, the departments' side: one notice for everybody who asks, sent once, and nothing new after it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from correcting import CLAUSE, asks, events, fact, items, notices, paper, paused, sends, statement, sweeps, task_of
from office import Office
from watching import broken, counts, forge, kinds, side_by_side

from services import corrections, review
from shared.domain.corrections import Request
from shared.domain.errors import CalendarNotLoaded, Conflict, Invalid, NotAllowed, NotFound
from shared.tasks import Task
from workers import clock

RACES = 5


@pytest.fixture
def received(office: Office) -> UUID:
    """E1 accepted on Monday the 15th and computed, nothing decided."""
    application_id = office.receives().application_id
    office.works()
    return application_id


class TestTwoUnitsThatAskAtOnce:
    def test_share_one_notice(self, office: Office) -> None:
        for _ in range(RACES):
            application_id = office.receives().application_id
            results = side_by_side(
                partial(asks, office, application_id, "rf", fact()),
                partial(asks, office, application_id, "sw", statement(), paper("drainage")),
            )
            assert kinds(results) == {"done": 2}
            (notice,) = notices(office, application_id)
            assert {results[0], results[1]} == {notice.id}
            assert len(items(office, application_id)) == 3
        assert broken() == {}

    def test_and_every_other_unit_before_them_send_it_once(self, office: Office, received: UUID) -> None:
        for task in office.tasks(received):
            if task.unit_code not in ("rf", "sw"):
                office.decides(task)

        side_by_side(partial(asks, office, received, "rf"), partial(asks, office, received, "sw"))

        (notice,) = notices(office, received)
        assert (notice.state, notice.number) == ("sent", "瀚一单补〔2014〕1号")
        assert paused(office, received) == {"rf", "sw"}
        assert len(events(office, received, "correction_sent")) == 1


class TestARequest:
    def test_is_collected_until_its_window_is_over(self, office: Office, received: UUID) -> None:
        asks(office, received, "rf", fact())
        (notice,) = notices(office, received)
        assert str(notice.window_until) == "2014-09-16"
        for moment in ("2014-09-15 23:59", "2014-09-16 23:59"):
            office.at(moment)
            assert sweeps(office) == 0
        assert paused(office, received) == set()

        office.at("2014-09-17 00:00")

        assert sweeps(office) == 1
        (notice,) = notices(office, received)
        assert (notice.state, notice.number, str(notice.sent_on)) == ("sent", "瀚一单补〔2014〕1号", "2014-09-17")
        assert str(notice.reply_due_on) == "2014-09-30"
        assert paused(office, received) == {"rf"}

    def test_repeated_word_for_word_changes_nothing(self, office: Office, received: UUID) -> None:
        asks(office, received, "rf", fact())
        before = counts("audit_event", "correction_item", "correction_notice")

        asks(office, received, "rf", fact())
        assert counts("audit_event", "correction_item", "correction_notice") == before

        asks(office, received, "rf", fact(reason="与规划许可证载明的 6,102.45 不一致"))
        (item,) = items(office, received)
        assert item.reason == "与规划许可证载明的 6,102.45 不一致"

    def test_keeps_what_was_declared_and_is_sealed_by_its_unit(self, office: Office, received: UUID) -> None:
        asks(office, received, "rf", fact())

        (item,) = items(office, received)
        assert item.old_value == '"6012.45"'
        (event,) = events(office, received, "correction_asked")
        assert (event.unit_code, event.seal is not None) == ("rf", True)
        assert event.data["items"][0]["target"] == "ground_floor_area_m2"

    @pytest.mark.parametrize(
        ("request_", "field"),
        [
            (Request("paper", "nothing", "缺", CLAUSE, "补"), "items[0].target"),
            (Request("fact", "accepted_on", "错", CLAUSE, "改"), "items[0].target"),
            (Request("statement", "  ", "没有说明", CLAUSE, "说明"), "items[0].target"),
            (Request("gift", "survey", "缺", CLAUSE, "补"), "items[0].kind"),
            (paper(reason=" \u3000"), "items[0].reason"),
            (paper(clause=""), "items[0].clause"),
            (paper(wanted=""), "items[0].wanted"),
            (paper(reason="长" * 501), "items[0].reason"),
            (paper(reason="半\ud800"), "items[0].reason"),
            (statement(subject="空\x00"), "items[0].target"),
        ],
    )
    def test_that_says_too_little_is_refused(
        self, office: Office, received: UUID, request_: Request, field: str
    ) -> None:
        with pytest.raises(Invalid) as refusal:
            asks(office, received, "rf", request_)
        assert [each.field for each in refusal.value.problems] == [field]
        assert notices(office, received) == []

    def test_of_nothing_or_of_the_same_twice_is_refused(self, office: Office, received: UUID) -> None:
        task = task_of(office, received, "rf")
        for requests in ([], [paper(), paper(reason="还缺第3页")], [paper()] * 61):
            with pytest.raises(Invalid), office.sits() as sitting:
                corrections.ask(sitting, task_id=task.id, actor=office.actor("rf-officer"), requests=requests)

    def test_takes_hostile_text_and_rare_characters_as_they_are(self, office: Office, received: UUID) -> None:
        words = '<script>alert(1)</script>{{ 7*7 }} %s "䶮𬭎龑" \u202eabc'
        asks(office, received, "rf", paper(reason=words, clause=words, wanted=words))

        (item,) = items(office, received)
        assert item.reason == words

    def test_of_another_unit_or_on_a_decided_task_is_not_allowed(self, office: Office, received: UUID) -> None:
        with pytest.raises(NotAllowed):
            asks(office, received, "rf", login="sw-officer")
        office.decides(task_of(office, received, "rf"))
        with pytest.raises(Conflict):
            asks(office, received, "rf")

    def test_in_somebody_else_s_hands_is_refused(self, office: Office, received: UUID) -> None:
        task = task_of(office, received, "zj")
        with office.sits() as sitting:
            review.take(sitting, task_id=task.id, actor=office.actor("zj-checker"))
        with pytest.raises(Conflict):
            asks(office, received, "zj")

    def test_can_be_taken_back_within_the_window_only(self, office: Office, received: UUID) -> None:
        asks(office, received, "rf", fact(), paper())
        first, second = items(office, received)

        def takes_back(item: Any, login: str = "rf-officer") -> None:
            with office.sits() as sitting:
                corrections.take_back(sitting, item_id=item.id, actor=office.actor(login))

        with pytest.raises(NotFound):
            takes_back(first, "sw-officer")
        takes_back(first)
        takes_back(first)
        assert [item.state for item in items(office, received)] == ["withdrawn", "asked"]
        assert len(events(office, received, "correction_taken_back")) == 1
        sends(office, received)
        with pytest.raises(Conflict):
            takes_back(second)

    def test_taken_back_as_the_last_ends_the_notice(self, office: Office, received: UUID) -> None:
        asks(office, received, "rf")
        with office.sits() as sitting:
            corrections.take_back(sitting, item_id=items(office, received)[0].id, actor=office.actor("rf-officer"))
        assert [notice.state for notice in notices(office, received)] == ["cancelled"]

        asks(office, received, "rf")
        assert [notice.state for notice in notices(office, received)] == ["cancelled", "collecting"]

    def test_can_be_made_again_after_it_was_taken_back(self, office: Office, received: UUID) -> None:
        asks(office, received, "rf", fact(), paper())
        with office.sits() as sitting:
            corrections.take_back(sitting, item_id=items(office, received)[0].id, actor=office.actor("rf-officer"))
        asks(office, received, "rf", fact())
        assert [item.state for item in items(office, received)] == ["asked", "asked"]


class TestANotice:
    def test_is_sent_at_once_where_the_city_keeps_no_window(self, office: Office, received: UUID) -> None:
        task = task_of(office, received, "rf")
        with office.sits() as sitting:
            pack = sitting.city.pack
            settings = replace(pack.settings, correction_window_days=0)
            without = replace(sitting, city=replace(sitting.city, pack=replace(pack, settings=settings)))
            corrections.ask(without, task_id=task.id, actor=office.actor("rf-officer"), requests=[paper()])

        (notice,) = notices(office, received)
        assert (notice.state, str(notice.sent_on)) == ("sent", "2014-09-15")

    def test_is_sent_once_however_many_send_it(self, office: Office) -> None:
        for count in range(1, 6):
            application_id = office.receives().application_id
            asks(office, application_id, "rf")
            results = side_by_side(
                partial(sends, office, application_id),
                partial(sends, office, application_id),
                partial(sends, office, application_id, "zj-checker"),
            )
            assert kinds(results) == {"done": 3}
            (notice,) = notices(office, application_id)
            assert (notice.state, notice.number) == ("sent", f"瀚一单补〔2014〕{count}号")
            assert len(events(office, application_id, "correction_sent")) == 1
        assert office.one("select last from number_series where series = 'correction:2014'") == 5
        forge("update number_series set last = 6 where series = 'correction:2014'")
        assert "I2-letter-series" in broken()

    def test_is_swept_once_by_two_sweepers(self, office: Office, received: UUID) -> None:
        asks(office, received, "rf")
        office.at("2014-09-18 09:00")

        results = side_by_side(partial(sweeps, office), partial(sweeps, office))

        assert sorted(results) == [0, 1]
        assert len(events(office, received, "correction_sent")) == 1
        assert broken() == {}

    def test_can_be_sent_early_by_the_lead_window_only(self, office: Office, received: UUID) -> None:
        with pytest.raises(Conflict):
            sends(office, received)
        asks(office, received, "rf")
        with pytest.raises(NotAllowed):
            sends(office, received, "rf-officer")
        sends(office, received)
        assert paused(office, received) == {"rf"}

    def test_goes_out_when_the_last_unit_that_could_ask_has_decided(self, office: Office, received: UUID) -> None:
        asks(office, received, "rf")
        for task in office.tasks(received):
            if task.unit_code != "rf":
                office.decides(task)
        assert sweeps(office) == 1

    def test_names_every_unit_that_asked_for_the_same(self, office: Office, received: UUID) -> None:
        asks(office, received, "rf", paper())
        asks(office, received, "zr", paper(reason="面积与总平面图不符"))
        sends(office, received)

        (event,) = events(office, received, "correction_sent")
        assert event.data["units"] == ["rf", "zr"]
        assert event.unit_code == "zj"
        assert event.seal is not None

    def test_stops_the_joint_clock_with_those_who_asked(self, office: Office, received: UUID) -> None:
        asks(office, received, "rf")
        sends(office, received)

        states = office.rows("select mechanism, state from clock where application_id = :id", id=received)
        assert [row.state for row in states if row.mechanism == "joint"] == ["paused"]
        assert sorted(row.state for row in states if row.mechanism == "matter").count("paused") == 1
        assert office.one("select is_paused from application where id = :id", id=received)

    def test_tells_the_applicant_and_asks_for_its_document(self, office: Office, received: UUID) -> None:
        before = len(office.bells(Task.PRODUCE_DOCUMENTS))
        asks(office, received, "rf")
        sends(office, received)

        assert office.one("select title from document where kind = 'correction'") == "补正告知书 瀚一单补〔2014〕1号"
        told = office.rows("select title, href from notice where kind = 'correction_sent' and channel = 'app'")
        assert [(row.title, row.href) for row in told] == [
            ("需要补正：碧海湾花园一期", f"/apply/cases/{received}/corrections")
        ]
        assert len(office.bells(Task.PRODUCE_DOCUMENTS)) == before + 1

    def test_is_dropped_when_those_who_asked_need_nothing_any_more(self, office: Office, received: UUID) -> None:
        asks(office, received, "rf")
        office.decides(task_of(office, received, "rf"))
        office.at("2014-09-18 09:00")
        assert sweeps(office) == 1
        assert sweeps(office) == 0
        (notice,) = notices(office, received)
        assert (notice.state, notice.number) == ("cancelled", None)
        assert office.rows("select * from number_series where series like 'correction%'") == []

    def test_that_the_calendar_does_not_reach_is_put_before_a_person_and_holds_up_no_other(
        self, office: Office
    ) -> None:
        overdue = office.receives().application_id
        asks(office, overdue, "rf")
        sends(office, overdue)
        office.at("2026-12-18 09:00")
        late = office.receives().application_id
        asks(office, late, "rf")
        with pytest.raises(CalendarNotLoaded):
            sends(office, late)
        office.at("2026-12-22 09:00")

        clock.look_once()
        clock.look_once()

        assert notices(office, late)[0].state == "collecting"
        found = office.rows(
            "select kind, application_id, reason from case_item where kind in ('clock_failed', 'correction_unanswered')"
        )
        told = {
            row.kind: row for row in found if row.kind != "clock_failed" or "补正" in row.reason or "2027" in row.reason
        }
        assert told["correction_unanswered"].application_id == overdue
        assert "2027 年的工作日历未导入" in told["clock_failed"].reason
        assert office.rows("select * from number_series where series = 'correction:2026'") == []


class TestAfterItWasSent:
    def test_nobody_asks_until_it_is_answered(self, office: Office, received: UUID) -> None:
        asks(office, received, "rf")
        sends(office, received)
        for unit in ("rf", "sw"):
            with pytest.raises(Conflict, match="瀚一单补〔2014〕1号 已发出"):
                asks(office, received, unit, fact())

    def test_a_window_that_closes_while_a_unit_asks_has_closed(self, office: Office) -> None:
        for _ in range(5):
            office.at("2014-09-15 09:30")
            application_id = office.receives().application_id
            asks(office, application_id, "rf")
            office.at("2014-09-17 08:00")

            results = side_by_side(partial(sweeps, office), partial(asks, office, application_id, "sw"))

            assert kinds(results) == {"done": 1, "Conflict": 1}
            assert [item.unit_code for item in items(office, application_id)] == ["rf"]
            assert notices(office, application_id)[0].state == "sent"

    def test_unanswered_it_comes_before_the_lead_window_once_and_can_be_reminded_of(
        self, office: Office, received: UUID
    ) -> None:
        asks(office, received, "rf")
        sends(office, received)
        (notice,) = notices(office, received)
        office.at("2014-09-28 23:00")
        sweeps(office)
        assert office.rows("select * from case_item where kind = 'correction_unanswered'") == []

        office.at("2014-09-29 09:00")
        sweeps(office)
        sweeps(office)
        (case,) = office.rows("select reason, closed_at from case_item where kind = 'correction_unanswered'")
        assert "瀚一单补〔2014〕1号" in case.reason

        def reminds(login: str) -> None:
            with office.sits() as sitting:
                corrections.remind(sitting, notice_id=notice.id, actor=office.actor(login))

        with pytest.raises(NotAllowed):
            reminds("rf-officer")
        reminds("zj-officer")
        with pytest.raises(Conflict):
            reminds("zj-officer")
        (notice,) = notices(office, received)
        assert str(notice.reply_due_on) == "2014-10-17"
        assert office.one("select closed_at is not null from case_item where kind = 'correction_unanswered'")
        office.at("2014-10-18 09:00")
        sweeps(office)
        assert office.one("select count(*) from case_item where kind = 'correction_unanswered'") == 2

    def test_never_answered_the_lead_window_may_end_the_case(self, office: Office, received: UUID) -> None:
        asks(office, received, "rf")
        sends(office, received)
        (notice,) = notices(office, received)

        def ends() -> None:
            with office.sits() as sitting:
                corrections.end_unanswered(sitting, notice_id=notice.id, actor=office.actor("zj-officer"))

        with pytest.raises(Conflict):
            ends()
        office.at("2014-09-29 09:00")
        sweeps(office)
        ends()
        with pytest.raises(Conflict):
            ends()
        assert office.one("select status from application") == "withdrawn"
        assert notices(office, received)[0].state == "cancelled"
        assert office.one("select closed_at is not null from case_item where kind = 'correction_unanswered'")
        assert broken() == {}
