"""The green channel: admitted once, within the card's promise; what is admitted goes first; windows by appointment."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from office import Office
from watching import broken, counts, kinds, side_by_side

from services import appointments, green_channel, records, withdrawal
from shared.db import clock, outbox
from shared.db.queries.desk import Desk
from shared.db.queries.inbox import InboxFilter, Tab, inbox
from shared.domain.errors import Conflict, Invalid, NotAllowed, NotFound


def ask(office: Office, application_id: UUID, *, login: str = "applicant", **more: Any) -> UUID:
    account = office.account(login)
    with office.sits() as sitting:
        return green_channel.ask(
            sitting,
            application_id=application_id,
            account=account,
            criterion=more.pop("criterion", "key_project"),
            document=more.pop("document", "瀚发改〔2014〕3号"),
            **more,
        )


def decide(office: Office, application_id: UUID, *, login: str = "zj-officer", grant: bool = True, **more: Any) -> None:
    actor = office.actor(login)
    with office.sits() as sitting:
        green_channel.decide(sitting, application_id=application_id, actor=actor, grant=grant, **more)


def book(office: Office, application_id: UUID, at: str, *, login: str = "applicant", **more: Any) -> UUID:
    account = office.account(login)
    with office.sits() as sitting:
        return appointments.ask(
            sitting,
            application_id=application_id,
            account=account,
            unit_code=more.pop("unit_code", "zr"),
            at=datetime.fromisoformat(at).replace(tzinfo=clock.CHINA),
            topic=more.pop("topic", "当面核对总平面图"),
        )


def fields(refusal: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [each.field for each in refusal.value.problems]


@pytest.fixture
def green(office: Office) -> UUID:
    """An application in the green channel."""
    received = office.receives()
    ask(office, received.application_id)
    decide(office, received.application_id)
    return received.application_id


class TestAsking:
    def test_starts_the_clock_of_the_card(self, office: Office) -> None:
        received = office.receives()
        card_id = ask(office, received.application_id)

        (its,) = office.rows("select * from clock where mechanism = 'card'")
        assert (its.subject_id, its.unit_code, its.promise_days) == (card_id, "zj", 3)
        assert its.due_on.isoformat() == "2014-09-18"
        assert office.one("select due_on from service_card").isoformat() == "2014-09-18"
        assert broken() == {}

    def test_twice_is_once_and_another_ask_is_a_conflict(self, office: Office) -> None:
        received = office.receives()
        results = side_by_side(*[partial(ask, office, received.application_id)] * 3)

        assert len(set(results)) == 1
        assert counts("service_card", "clock")["service_card"] == 1
        with pytest.raises(Conflict):
            ask(office, received.application_id, criterion="emergency")

    def test_names_a_criterion_in_force_and_its_proof(self, office: Office) -> None:
        received = office.receives()
        with pytest.raises(Invalid) as refusal:
            ask(office, received.application_id, criterion="friend", document=" ", statement="长" * 501)
        assert fields(refusal) == ["criterion", "document", "statement"]
        with pytest.raises(NotFound):
            ask(office, received.application_id, login="applicant2")
        with pytest.raises(NotFound):
            ask(office, uuid4())


class TestAdmission:
    def test_moves_the_case_its_tasks_and_its_work_to_the_front(self, office: Office) -> None:
        first = office.receives()
        urgent = office.receives()
        ask(office, urgent.application_id)
        decide(office, urgent.application_id)

        assert office.rows("select distinct lane from review_task where application_id = :id", id=urgent.application_id)
        assert {row.lane for row in office.rows("select lane from review_task where lane = 'green'")} == {"green"}
        with office.sits() as sitting:
            (ring, *_) = outbox.next_rings(sitting.session, limit=5, batch=5)
        mine = office.one("select count(*) from outbox where id = any(:ids) and is_urgent", ids=list(ring.ids))
        assert mine == len(ring.ids)
        assert office.one("select number from service_card") == "HHLT2014-0001"
        assert office.one("select lane from application where id = :id", id=first.application_id) == "ordinary"
        (its,) = office.rows("select state, stopped_for from clock where mechanism = 'card'")
        assert tuple(its) == ("stopped", "granted")
        assert broken() == {}

    def test_asks_for_later_work_as_urgent_too(self, office: Office, green: UUID) -> None:
        office.works()
        office.confirms(green)
        office.approves_everything(green)

        assert office.one("select is_urgent from outbox where task = 'issue_bills'")

    def test_is_the_lead_windows_and_given_once(self, office: Office) -> None:
        received = office.receives()
        with pytest.raises(NotFound):
            decide(office, received.application_id)
        ask(office, received.application_id)
        with pytest.raises(NotAllowed):
            decide(office, received.application_id, login="zr-officer")
        with pytest.raises(Invalid) as refusal:
            decide(office, received.application_id, grant=False, reason=" ")
        assert fields(refusal) == ["reason"]

        results = side_by_side(
            partial(decide, office, received.application_id),
            partial(decide, office, received.application_id, login="zj-checker", grant=False, reason="不在名单内"),
        )

        assert kinds(results) == {"done": 1, "Conflict": 1}
        assert broken() == {}

    def test_repeated_changes_nothing(self, office: Office, green: UUID) -> None:
        before = counts("audit_event", "document", "notice")
        decide(office, green)
        assert counts("audit_event", "document", "notice") == before
        with pytest.raises(Conflict):
            ask(office, green)

    def test_declined_leaves_an_ordinary_case(self, office: Office) -> None:
        received = office.receives()
        ask(office, received.application_id)
        decide(office, received.application_id, grant=False, reason="项目不在重点项目名单内")

        assert office.one("select lane from application") == "ordinary"
        assert office.one("select number from service_card") is None
        assert broken() == {}

    def test_declined_is_asked_for_again_with_more(self, office: Office) -> None:
        received = office.receives()
        first = ask(office, received.application_id)
        decide(office, received.application_id, grant=False, reason="项目不在重点项目名单内")
        with pytest.raises(Invalid) as refused:
            ask(office, received.application_id)
        assert fields(refused) == ["document"]

        asks = side_by_side(*[partial(ask, office, received.application_id, document="瀚发改〔2014〕9号")] * 3)
        assert len(set(asks)) == 1
        assert asks[0] != first
        assert broken() == {}
        decide(office, received.application_id)
        assert office.one("select lane from application") == "green"
        assert office.rows("select state from service_card order by asked_at, state desc") == [
            ("declined",),
            ("granted",),
        ]
        assert broken() == {}

    def test_that_nobody_answered_ends_with_its_case(self, office: Office) -> None:
        received = office.receives()
        ask(office, received.application_id)
        with office.sits() as sitting:
            withdrawal.withdraw(
                sitting, application_id=received.application_id, account=office.account("applicant"), reason="项目调整"
            )

        assert office.one("select state from service_card") == "cancelled"
        with pytest.raises(Conflict):
            decide(office, received.application_id, grant=False, reason="办件已终止")
        assert broken() == {}

    def test_can_still_be_declined_when_the_case_is_over(self, office: Office) -> None:
        received = office.is_billed()
        with pytest.raises(Conflict):
            ask(office, received.application_id)
        late = office.receives()
        ask(office, late.application_id)
        office.works()
        office.confirms(late.application_id)
        office.approves_everything(late.application_id)
        office.works()
        (bill,) = office.bills(late.application_id)
        office.hears_from_bank(office.callback(bill))
        office.works()
        with pytest.raises(Conflict):
            decide(office, late.application_id)

        decide(office, late.application_id, grant=False, reason="办件已办结")

        assert office.one("select state from clock where mechanism = 'card'") == "stopped"
        assert broken() == {}

    @pytest.mark.usefixtures("green")
    def test_prints_a_card_with_whom_to_call(self, office: Office) -> None:
        with office.sits() as sitting:
            card = records.card_view(sitting, office.one("select id from service_card"))

        assert card.number == "HHLT2014-0001"
        people = [(each.unit, each.person, each.post, each.phone) for each in card.contacts]
        assert ("市自然资源和规划局", "程映山", "首席代表", "5198006") in people
        assert [each[1:3] for each in people if each[0] == "市散装水泥办公室"] == [
            ("石敬之", "负责人"),
            ("吴若川", "联络员"),
        ]
        assert "东湾区住房和城乡建设局" in {each[0] for each in people}
        assert "高新区住房和城乡建设局" not in {each[0] for each in people}
        assert (len(card.services), len(card.steps)) == (5, 6)


class TestAnInbox:
    def test_shows_a_green_case_first_within_its_day(self, office: Office) -> None:
        for _ in range(3):
            last = office.receives()
        ask(office, last.application_id)
        decide(office, last.application_id)
        desk = Desk(account_id=office.account("zr-officer").id, unit_code="zr", area_code=None)

        with office.sits() as sitting:
            wanted = InboxFilter(tab=Tab.UNCLAIMED)
            found = inbox(sitting.session, sitting.city, desk, wanted, today=sitting.today)

        assert [row.number == last.number for row in found.rows] == [True, False, False]


class TestAnAppointment:
    def test_is_kept_for_one_case_and_confirmed_by_the_unit(self, office: Office, green: UUID) -> None:
        appointment = book(office, green, "2014-09-16 10:00")
        assert book(office, green, "2014-09-16 10:00") == appointment
        with pytest.raises(NotFound), office.sits() as sitting:
            appointments.confirm(sitting, appointment_id=appointment, actor=office.actor("sw-officer"))
        for _ in range(2):
            with office.sits() as sitting:
                appointments.confirm(sitting, appointment_id=appointment, actor=office.actor("zr-officer"))
        events = office.rows("select verb, unit_code from audit_event where verb like 'appointment%' order by seq")
        assert [tuple(each) for each in events] == [("appointment_asked", None), ("appointment_confirmed", "zr")]
        assert broken() == {}

    def test_is_for_a_free_slot_of_a_unit_of_the_case(self, office: Office, green: UUID) -> None:
        for field, at, more in (
            ("at", "2014-09-20 10:00", {}),
            ("at", "2014-09-15 09:00", {}),
            ("at", "2014-09-16 12:15", {}),
            ("unit", "2014-09-16 10:00", {"unit_code": "cz"}),
            ("topic", "2014-09-16 10:00", {"topic": " "}),
        ):
            with pytest.raises(Invalid) as refusal:
                book(office, green, at, **more)
            assert fields(refusal) == [field]

    def test_slot_that_two_ask_for_at_once_goes_to_one(self, office: Office, green: UUID) -> None:
        other = office.receives(login="applicant2")
        ask(office, other.application_id, login="applicant2")
        decide(office, other.application_id)

        results = side_by_side(
            partial(book, office, green, "2014-09-16 10:00"),
            partial(book, office, other.application_id, "2014-09-16 10:00", login="applicant2"),
        )

        assert kinds(results) == {"done": 1, "Invalid": 1}

    def test_given_back_frees_its_slot(self, office: Office, green: UUID) -> None:
        appointment = book(office, green, "2014-09-16 10:00")
        with office.sits() as sitting:
            appointments.cancel(sitting, appointment_id=appointment, actor=office.actor("applicant"))
        with pytest.raises(NotFound), office.sits() as sitting:
            appointments.cancel(sitting, appointment_id=appointment, actor=office.actor("applicant2"))
        with pytest.raises(Conflict), office.sits() as sitting:
            appointments.confirm(sitting, appointment_id=appointment, actor=office.actor("zr-officer"))

        assert book(office, green, "2014-09-16 10:00") != appointment

    def test_is_for_the_green_channel_only(self, office: Office) -> None:
        with pytest.raises(Conflict):
            book(office, office.receives().application_id, "2014-09-16 10:00")
