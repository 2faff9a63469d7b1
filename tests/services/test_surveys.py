"""Joint site surveys: one visit, every invited unit's finding under its own seal, one record."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from office import Office
from watching import broken, counts, kinds, side_by_side

from services import handover, records, surveys
from shared.db import clock
from shared.domain.errors import Conflict, Invalid, NotAllowed, NotFound

UNITS = ("rf", "xf", "zr")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=clock.CHINA)


def call(office: Office, application_id: UUID, **more: Any) -> UUID:
    actor = office.actor(more.pop("login", "zj-officer"))
    with office.sits() as sitting:
        return surveys.call(
            sitting,
            application_id=application_id,
            planned_at=at(more.pop("when", "2014-09-16 09:00")),
            place=more.pop("place", "瀚海市东湾区碧海路18号"),
            unit_codes=more.pop("unit_codes", UNITS),
            actor=actor,
            **more,
        )


def find(office: Office, survey_id: UUID, unit: str, *, result: str = "fine", finding: str = "现场与图纸一致") -> None:
    actor = office.actor(f"{unit}-officer")
    with office.sits() as sitting:
        surveys.find(sitting, survey_id=survey_id, actor=actor, result=result, finding=finding)


def fields(refusal: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [each.field for each in refusal.value.problems]


@pytest.fixture
def application(office: Office) -> UUID:
    return office.receives().application_id


class TestCalling:
    def test_twice_is_once_and_another_visit_waits_for_the_first(self, office: Office, application: UUID) -> None:
        results = side_by_side(*[partial(call, office, application)] * 3)

        assert len(set(results)) == 1
        with pytest.raises(Conflict):
            call(office, application, when="2014-09-17 09:00")
        assert counts("survey", "survey_finding") == {"survey": 1, "survey_finding": 3}
        assert office.one("select number from survey") == "瀚一单勘〔2014〕1号"

    def test_is_the_lead_windows_for_a_time_to_come_and_units_of_the_case(
        self, office: Office, application: UUID
    ) -> None:
        with pytest.raises(NotAllowed):
            call(office, application, login="rf-officer")
        for field, more in (
            ("planned_at", {"when": "2014-09-15 09:30"}),
            ("planned_at", {"when": "2014-09-20 09:30"}),
            ("place", {"place": "  "}),
            ("units", {"unit_codes": []}),
            ("units", {"unit_codes": ["cz"]}),
        ):
            with pytest.raises(Invalid) as refusal:
                call(office, application, **more)
            assert fields(refusal) == [field]


class TestFindings:
    def test_of_all_units_complete_the_record(self, office: Office, application: UUID) -> None:
        survey_id = call(office, application)
        with pytest.raises(Conflict):
            find(office, survey_id, "rf")
        office.at("2014-09-16 09:40")
        find(office, survey_id, "rf")
        find(office, survey_id, "xf", result="problem", finding="消防车道被材料占用，须清理")
        assert office.one("select state from survey") == "planned"
        find(office, survey_id, "zr")

        assert office.one("select state from survey") == "held"
        sealed = office.rows("select unit_code, seal from audit_event where verb = 'survey_found' order by seq")
        assert [(each.unit_code, bool(each.seal)) for each in sealed] == [("rf", True), ("xf", True), ("zr", True)]
        with office.sits() as sitting:
            record = records.survey_view(sitting, survey_id)
        assert [each.verdict for each in record.findings] == ["符合", "存在问题", "符合"]
        assert record.conclusion[0].startswith("市消防审验中心所提问题")
        assert office.one("select count(*) from document where kind = 'survey'") == 1
        assert broken() == {}

    def test_of_the_last_two_at_once_make_one_record(self, office: Office, application: UUID) -> None:
        survey_id = call(office, application)
        office.at("2014-09-16 09:40")
        find(office, survey_id, "rf")

        results = side_by_side(partial(find, office, survey_id, "xf"), partial(find, office, survey_id, "zr"))

        assert kinds(results) == {"done": 2}
        assert office.one("select count(*) from audit_event where verb = 'survey_held'") == 1
        assert broken() == {}

    def test_repeated_change_nothing_and_are_the_invited_units_only(self, office: Office, application: UUID) -> None:
        survey_id = call(office, application)
        office.at("2014-09-16 09:40")
        for field, result, finding in (
            ("finding", "fine", " "),
            ("result", "maybe", "现场情况"),
            ("finding", "fine", "\x00"),
        ):
            with pytest.raises(Invalid) as refusal:
                find(office, survey_id, "rf", result=result, finding=finding)
            assert fields(refusal) == [field]
        find(office, survey_id, "rf")
        before = counts("audit_event")
        find(office, survey_id, "rf")
        assert counts("audit_event") == before
        with pytest.raises(Conflict):
            find(office, survey_id, "rf", finding="改一个说法")
        with pytest.raises(NotAllowed):
            find(office, survey_id, "sw")
        with pytest.raises(NotFound):
            find(office, application, "rf")


class TestClocksDuringASurvey:
    def paused(self, office: Office, application: UUID) -> set[str]:
        rows = office.rows("select unit_code from review_task where application_id = :id and is_paused", id=application)
        return {row.unit_code for row in rows}

    def test_stand_still_on_request_until_each_unit_has_written(self, office: Office, application: UUID) -> None:
        survey_id = call(office, application, pauses_clocks=True)
        assert self.paused(office, application) == set(UNITS)
        office.at("2014-09-17 09:40")
        find(office, survey_id, "rf")

        assert self.paused(office, application) == {"xf", "zr"}
        (due,) = office.rows(
            "select due_on from review_task where application_id = :id and unit_code = 'rf'", id=application
        )
        assert due.due_on.isoformat() == "2014-09-24"  # two days of five did not count
        with office.sits() as sitting:
            surveys.cancel(sitting, survey_id=survey_id, reason="改为线上核查", actor=office.actor("zj-officer"))
        assert self.paused(office, application) == set()
        assert broken() == {}

    def test_go_on_after_the_visit_also_for_a_matter_that_was_passed_on_meanwhile(
        self, office: Office, application: UUID
    ) -> None:
        survey_id = call(office, application, pauses_clocks=True)
        task = next(task for task in office.tasks(application) if task.unit_code == "rf")
        with office.sits() as sitting:
            handover.pass_on(
                sitting, task_id=task.id, actor=office.actor("rf-officer"), to_unit="st", reason="属生态环境"
            )
        assert self.paused(office, application) == {"st", "xf", "zr"}
        office.at("2014-09-16 09:40")
        for unit in UNITS:
            find(office, survey_id, unit)

        assert self.paused(office, application) == set()
        assert broken() == {}

    def test_run_on_without_the_request(self, office: Office, application: UUID) -> None:
        call(office, application)

        assert self.paused(office, application) == set()
