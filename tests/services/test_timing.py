"""Clocks under the hands of officers: stopped and restarted, extended by two people, handled as a special case."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from office import Office
from watching import broken, kinds, side_by_side

from services import review, timing
from shared.db.trail import Actor
from shared.domain.errors import CalendarNotLoaded, Conflict, FeeOfficeError, Invalid, NotAllowed, NotFound

#: fees.md 7: five working days from each of these.
DEADLINES = (
    ("2014-09-15", "2014-09-22"),
    ("2014-09-25", "2014-10-08"),
    ("2014-10-08", "2014-10-14"),
    ("2024-02-02", "2024-02-08"),
    ("2024-04-30", "2024-05-10"),
    ("2025-01-24", "2025-02-07"),
    ("2026-02-12", "2026-02-26"),
    ("2026-09-30", "2026-10-13"),
)


@pytest.fixture
def received(office: Office) -> UUID:
    return office.receives().application_id


def task_of(office: Office, application_id: UUID, matter: str = "rf-shelter") -> Any:
    return next(each for each in office.tasks(application_id) if each.matter_code == matter)


def clock_of(office: Office, subject_id: UUID) -> Any:
    (row,) = office.rows("select * from clock where subject_id = :id", id=subject_id)
    return row


def acts(office: Office, login: str, what: Any, **values: Any) -> None:
    actor = office.actor(login)
    with office.sits() as sitting:
        what(sitting, actor=actor, **values)


def pauses(
    office: Office, task: Any, *, login: str = "rf-officer", kind: str = "hearing", reason: str = "听证"
) -> None:
    acts(office, login, timing.pause, task_id=task.id, kind=kind, reason=reason)


def resumes(office: Office, task: Any, *, login: str = "rf-officer", kind: str = "hearing") -> None:
    acts(office, login, timing.resume, task_id=task.id, kind=kind)


def asks(office: Office, task: Any, *, login: str = "rf-officer", days: int = 3, reason: str = "须现场核实") -> UUID:
    acts(office, login, timing.ask_extension, task_id=task.id, days=days, reason=reason)
    found: UUID = office.one("select id from clock_extension where state = 'asked' order by asked_at desc limit 1")
    return found


def decides(office: Office, extension_id: UUID, *, login: str = "rf-chief", grant: bool = True) -> None:
    acts(office, login, timing.decide_extension, extension_id=extension_id, grant=grant)


def snapshot(office: Office) -> list[Any]:
    return [
        office.rows(f"select md5(string_agg(t::text, '|' order by t::text)) from {table} t")
        for table in ("clock", "clock_pause", "clock_extension", "review_task", "application", "audit_event", "notice")
    ]


class TestDeadlines:
    @pytest.mark.parametrize(("accepted", "due"), DEADLINES)
    def test_of_the_whole_review_are_those_of_the_law(self, office: Office, accepted: str, due: str) -> None:
        office.at(f"{accepted} 09:30")
        received = office.receives()

        assert received.due_on == date.fromisoformat(due)
        assert clock_of(office, received.application_id).due_on == date.fromisoformat(due)
        assert broken() == {}

    def test_that_reach_a_year_without_calendar_are_refused_and_nothing_is_written(self, office: Office) -> None:
        office.at("2026-12-28 09:30")
        body = office.body()
        with pytest.raises(CalendarNotLoaded, match="2027 年的工作日历未导入"):
            office.receives(body)
        assert office.rows("select (select count(*) from application), (select count(*) from clock)") == [(0, 0)]


class TestAPause:
    def test_takes_its_days_out_of_the_matter_and_of_the_whole(self, office: Office, received: UUID) -> None:
        task = task_of(office, received)
        office.at("2014-09-16 10:00")
        pauses(office, task)
        assert [clock_of(office, each).state for each in (task.id, received)] == ["paused", "paused"]
        assert office.rows("select is_paused from review_task where id = :id", id=task.id) == [(True,)]

        office.at("2014-09-18 16:00")
        resumes(office, task)

        for subject in (task.id, received):
            clock = clock_of(office, subject)
            assert (clock.state, clock.due_on) == ("running", date(2014, 9, 24))
        assert office.rows(
            "select t.due_on, t.is_paused, a.due_on, a.is_paused from review_task t "
            "join application a on a.id = t.application_id where t.id = :id",
            id=task.id,
        ) == [(date(2014, 9, 24), False, date(2014, 9, 24), False)]
        assert broken() == {}

    def test_is_sealed_with_its_author_and_reason_and_the_applicant_is_told(
        self, office: Office, received: UUID
    ) -> None:
        task = task_of(office, received)
        pauses(office, task, reason="利害关系人申请听证")
        resumes(office, task)

        trail = office.rows(
            "select verb, unit_code, actor_name, data, seal is not null as sealed from audit_event "
            "where verb like 'clock_%' order by seq"
        )
        assert [(row.verb, row.unit_code, row.actor_name, row.sealed) for row in trail] == [
            ("clock_paused", "rf", "沈嘉禾", True),
            ("clock_resumed", "rf", "沈嘉禾", True),
        ]
        assert trail[0].data == {"matter": "rf-shelter", "kind": "hearing", "reason": "利害关系人申请听证"}
        told = office.rows("select kind, body from notice where to_account = :id", id=office.account("applicant").id)
        assert [row.kind for row in told] == ["clock_paused", "clock_resumed"]
        assert "利害关系人申请听证" in told[0].body

    def test_clicked_twice_is_one(self, office: Office, received: UUID) -> None:
        task = task_of(office, received)
        assert kinds(side_by_side(*[lambda: pauses(office, task)] * 3)) == {"done": 3}
        before = snapshot(office)
        pauses(office, task, reason="又一次")
        assert snapshot(office) == before

        assert kinds(side_by_side(*[lambda: resumes(office, task)] * 3)) == {"done": 3}
        before = snapshot(office)
        resumes(office, task)
        assert snapshot(office) == before
        assert office.one("select count(*) from clock_pause where clock_id = :id", id=clock_of(office, task.id).id) == 1

    def test_of_two_kinds_lasts_until_both_are_over(self, office: Office, received: UUID) -> None:
        task = task_of(office, received)
        office.at("2014-09-16 10:00")
        pauses(office, task)
        office.at("2014-09-17 10:00")
        pauses(office, task, kind="testing", reason="送检")
        office.at("2014-09-18 10:00")
        resumes(office, task)
        assert clock_of(office, task.id).state == "paused"
        assert broken() == {}
        office.at("2014-09-19 10:00")
        resumes(office, task, kind="testing")

        assert clock_of(office, task.id).due_on == clock_of(office, received).due_on == date(2014, 9, 25)
        assert broken() == {}

    def test_of_two_matters_keeps_the_whole_standing_until_the_last(self, office: Office, received: UUID) -> None:
        one, other = task_of(office, received), task_of(office, received, "xf-fire")
        office.at("2014-09-16 10:00")
        pauses(office, one)
        pauses(office, other, login="xf-officer")
        office.at("2014-09-17 10:00")
        resumes(office, one)
        assert clock_of(office, received).state == "paused"
        office.at("2014-09-18 10:00")
        resumes(office, other, login="xf-officer")

        assert [clock_of(office, each).due_on.day for each in (one.id, other.id, received)] == [23, 24, 24]
        assert broken() == {}

    def test_on_the_last_day_leaves_that_day(self, office: Office, received: UUID) -> None:
        task = task_of(office, received)
        office.at("2014-09-22 16:00")
        pauses(office, task)
        office.at("2014-09-25 09:00")
        resumes(office, task)
        assert clock_of(office, task.id).due_on == date(2014, 9, 25)

    def test_ends_with_the_verdict(self, office: Office, received: UUID) -> None:
        task = task_of(office, received)
        pauses(office, task)
        office.at("2014-09-17 09:00")
        office.decides(task)

        assert clock_of(office, task.id).state == "stopped"
        assert office.one("select count(*) from clock_pause where ended_at is null") == 0
        assert clock_of(office, received).state == "running"
        assert broken() == {}

    @pytest.mark.parametrize(
        ("login", "changes", "refusal"),
        [
            ("xf-officer", {}, NotAllowed),
            ("rf-officer", {"reason": "  "}, Invalid),
            ("rf-officer", {"reason": "长" * 501}, Invalid),
            ("rf-officer", {"kind": "correction"}, Invalid),
            ("rf-officer", {"kind": "holiday"}, Invalid),
        ],
    )
    def test_is_not_for_everybody_or_everything(
        self, office: Office, received: UUID, login: str, changes: dict[str, str], refusal: type[FeeOfficeError]
    ) -> None:
        before = snapshot(office)
        with pytest.raises(refusal):
            pauses(office, task_of(office, received), login=login, **changes)
        assert snapshot(office) == before

    def test_of_a_colleagues_task_or_a_decided_one_is_refused(self, office: Office, received: UUID) -> None:
        task = task_of(office, received)
        acts(office, "rf-officer", review.take, task_id=task.id)
        with pytest.raises(Conflict, match="已由他人认领"):
            pauses(office, task, login="rf-checker")
        office.decides(task)
        with pytest.raises(Conflict, match="已有结论"):
            pauses(office, task)

    def test_of_a_matter_that_waits_is_refused(self, office: Office) -> None:
        body = office.body() | {"situations": ["deep_pit"]}
        body["attachments"] += extra_papers(office, body)
        waiting = task_of(office, office.receives(body).application_id, "zj-pit")
        with pytest.raises(Conflict, match="尚未开始计时"):
            pauses(office, waiting, login="zj-officer")

    def test_whose_end_needs_a_missing_year_goes_on_and_nothing_is_half_written(self, office: Office) -> None:
        office.at("2026-12-18 09:00")
        task = task_of(office, office.receives().application_id)
        pauses(office, task)
        office.at("2026-12-30 09:00")
        before = snapshot(office)
        with pytest.raises(CalendarNotLoaded, match="2027"):
            resumes(office, task)
        assert snapshot(office) == before


class TestAnExtension:
    def test_is_asked_by_one_and_granted_by_another(self, office: Office, received: UUID) -> None:
        task = task_of(office, received)
        decides(office, asks(office, task))

        assert clock_of(office, task.id).due_on == date(2014, 9, 25)
        assert clock_of(office, received).due_on == date(2014, 9, 25)
        assert [
            row.verb for row in office.rows("select verb from audit_event where verb like 'ext%' order by seq")
        ] == [
            "extension_asked",
            "extension_granted",
        ]
        assert broken() == {}

    @pytest.mark.parametrize("login", ["rf-checker", "rf-chief", "zj-checker", "zj-chief"])
    def test_is_granted_by_checker_or_chief_of_the_unit_or_of_the_lead(
        self, office: Office, received: UUID, login: str
    ) -> None:
        decides(office, asks(office, task_of(office, received)), login=login)
        assert office.one("select state from clock_extension") == "granted"

    @pytest.mark.parametrize("login", ["rf-officer", "zj-officer", "xf-chief", "gx-zj-chief", "finance", "leader"])
    def test_is_granted_by_nobody_else(self, office: Office, received: UUID, login: str) -> None:
        extension = asks(office, task_of(office, received))
        before = snapshot(office)
        with pytest.raises(NotAllowed):
            decides(office, extension, login=login)
        assert snapshot(office) == before

    def test_is_not_granted_by_whoever_asked(self, office: Office, received: UUID) -> None:
        extension = asks(office, task_of(office, received), login="rf-checker")
        with pytest.raises(NotAllowed, match="另一人"):
            decides(office, extension, login="rf-checker")

    def test_comes_once(self, office: Office, received: UUID) -> None:
        task = task_of(office, received)
        extension = asks(office, task)
        before = snapshot(office)
        acts(office, "rf-officer", timing.ask_extension, task_id=task.id, days=3, reason="须现场核实")
        assert snapshot(office) == before
        with pytest.raises(Conflict, match="只能延期一次"):
            asks(office, task, days=4)

        outcome = side_by_side(
            lambda: decides(office, extension),
            lambda: decides(office, extension, login="zj-checker"),
            lambda: decides(office, extension, login="rf-checker", grant=False),
        )
        assert kinds(outcome) == {"done": 1, "Conflict": 2}
        (winner,) = office.rows("select state, decided_by from clock_extension")
        days = clock_of(office, task.id).extended_days
        assert days == (3 if winner.state == "granted" else 0)

    def test_decided_twice_the_same_way_is_decided_once(self, office: Office, received: UUID) -> None:
        extension = asks(office, task_of(office, received))
        decides(office, extension)
        before = snapshot(office)
        decides(office, extension)
        assert snapshot(office) == before
        with pytest.raises(Conflict):
            decides(office, extension, grant=False)

    def test_that_was_declined_may_be_asked_for_again(self, office: Office, received: UUID) -> None:
        task = task_of(office, received)
        decides(office, asks(office, task), grant=False)
        assert clock_of(office, task.id).due_on == date(2014, 9, 22)
        decides(office, asks(office, task, days=2))
        assert clock_of(office, task.id).due_on == date(2014, 9, 24)

    @pytest.mark.parametrize("days", [0, -1, 11])
    def test_has_the_days_that_the_city_allows(self, office: Office, received: UUID, days: int) -> None:
        with pytest.raises(Invalid, match="1 至 10"):
            asks(office, task_of(office, received), days=days)

    def test_of_a_decided_matter_comes_too_late(self, office: Office, received: UUID) -> None:
        task = task_of(office, received)
        extension = asks(office, task)
        office.decides(task)
        with pytest.raises(Conflict, match="已经办结"):
            decides(office, extension)
        decides(office, extension, grant=False)

    def test_into_a_missing_year_is_refused_and_stays_asked(self, office: Office) -> None:
        office.at("2026-12-18 09:00")
        extension = asks(office, task_of(office, office.receives().application_id), days=10)
        before = snapshot(office)
        with pytest.raises(CalendarNotLoaded):
            decides(office, extension)
        assert snapshot(office) == before

    def test_that_is_not_there_is_not_found(self, office: Office, received: UUID) -> None:
        with pytest.raises(NotFound):
            decides(office, received)


class TestASpecialCase:
    def test_has_the_citys_days_for_it_and_so_has_the_whole(self, office: Office, received: UUID) -> None:
        task = task_of(office, received)
        acts(office, "rf-officer", timing.handle_as_special, task_id=task.id, reason="跨区项目，须会商")

        matter, whole = clock_of(office, task.id), clock_of(office, received)
        assert (matter.kind, matter.promise_days, matter.due_on) == ("special", 10, date(2014, 9, 28))
        assert (whole.kind, whole.promise_days, whole.due_on) == ("special", 10, date(2014, 9, 28))
        assert "跨区项目" in matter.reason
        assert "跨区项目" in whole.reason
        assert broken() == {}

    def test_begun_later_stretches_the_whole_as_far_as_it_must(self, office: Office) -> None:
        body = office.body() | {"situations": ["deep_pit"]}
        body["attachments"] += extra_papers(office, body)
        received = office.receives(body).application_id
        office.at("2014-09-17 10:00")
        office.decides(task_of(office, received, "site-check"))
        pit = task_of(office, received, "zj-pit")
        acts(office, "zj-officer", timing.handle_as_special, task_id=pit.id, reason="须专家论证")

        assert clock_of(office, pit.id).due_on == clock_of(office, received).due_on == date(2014, 9, 30)
        assert broken() == {}

    def test_is_one_once_and_needs_a_reason(self, office: Office, received: UUID) -> None:
        task = task_of(office, received)
        with pytest.raises(Invalid):
            acts(office, "rf-officer", timing.handle_as_special, task_id=task.id, reason="")
        acts(office, "rf-officer", timing.handle_as_special, task_id=task.id, reason="跨区")
        before = snapshot(office)
        acts(office, "rf-officer", timing.handle_as_special, task_id=task.id, reason="跨区")
        assert snapshot(office) == before
        with pytest.raises(Conflict):
            acts(office, "rf-officer", timing.handle_as_special, task_id=task.id, reason="另一理由")

    def test_is_not_for_others(self, office: Office, received: UUID) -> None:
        with pytest.raises(NotAllowed):
            acts(office, "xf-officer", timing.handle_as_special, task_id=task_of(office, received).id, reason="跨区")


class TestADeputy:
    def test_stops_the_clock_of_whom_they_stand_in_for(self, office: Office, received: UUID) -> None:
        from shared.db import offices

        task = task_of(office, received)
        acts(office, "rf-officer", review.take, task_id=task.id)
        with office.sits() as sitting:
            offices.add_deputy(
                sitting.session,
                sitting.tenant,
                unit_code="rf",
                account_id=office.account("rf-officer").id,
                deputy_id=office.account("rf-checker").id,
                from_on=date(2014, 9, 16),
                to_on=date(2014, 9, 17),
                reason="出差",
                by=office.actor("rf-chief"),
                at=sitting.now,
            )
        with pytest.raises(Conflict):
            pauses(office, task, login="rf-checker")
        office.at("2014-09-16 09:00")
        pauses(office, task, login="rf-checker")
        assert clock_of(office, task.id).state == "paused"


def test_a_clock_is_not_moved_without_a_log_in(office: Office, received: UUID) -> None:
    with pytest.raises(NotAllowed), office.sits() as sitting:
        timing.ask_extension(
            sitting, task_id=task_of(office, received).id, actor=Actor(None, "系统", "rf"), days=1, reason="x"
        )


def extra_papers(office: Office, body: dict[str, Any]) -> list[str]:
    """The papers that an application's situations bring along."""
    from office import small_pdf

    from services import intake

    account = office.account("applicant")
    with office.sits() as sitting:
        needed = {code for matter in sitting.city.matters_in(body["situations"]) for code in matter.needs}
        return [
            str(
                intake.add_paper(
                    sitting,
                    office.storage,
                    account=account,
                    file_name="a.pdf",
                    content=small_pdf(),
                    material_code=material.code,
                )
            )
            for material in sitting.city.pack.materials
            if material.required == "needed" and material.code in needed
        ]
