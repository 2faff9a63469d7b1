"""The audit of clocks: silent while clocks run, stand and stop as they should, and never about one that was moved."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from office import Office
from sqlalchemy import text
from watching import as_owner, audited, broken

from services import timing
from services.audit import audit
from services.sitting import signer
from shared.settings import settings
from shared.storage import Storage
from workers.clock import look_once

#: What somebody with the owner's rights might do to a clock, and the invariant that must notice.
CORRUPTIONS: dict[str, tuple[str, set[str]]] = {
    "a due date moved": (
        "update clock set due_on = due_on + 1 where mechanism = 'matter'",
        {"I12-dates", "I12-mirrors"},
    ),
    "a due date moved with its mirror": (
        "with t as (update review_task set due_on = due_on + 1), a as (update application set due_on = due_on + 1) "
        "update clock set due_on = due_on + 1",
        {"I12-dates"},
    ),
    "a hint moved": ("update clock set hint_on = hint_on - 1", {"I12-dates"}),
    "an amber day moved": ("update clock set amber_on = amber_on - 1", {"I12-dates"}),
    "a longer promise": ("update clock set promise_days = promise_days + 1", {"I12-dates"}),
    "an earlier start": ("update clock set started_on = started_on - 3", {"I12-dates"}),
    "a pause made longer": (
        "update clock_pause set ended_on = ended_on + 2 where ended_on is not null",
        {"I12-dates"},
    ),
    "a deleted pause": ("delete from clock_pause where ended_on is not null", {"I12-dates"}),
    "a deleted open pause": ("delete from clock_pause where ended_on is null", {"I12-pauses"}),
    "a pause before the start": ("update clock_pause set started_on = started_on - 20", {"I12-pauses"}),
    "a holiday that nobody re-dated for": (
        "update calendar_day set is_working = false where day = '2014-09-19'",
        {"I12-dates"},
    ),
    "a mirror on the task": ("update review_task set due_on = due_on + 1 where status = 'open'", {"I12-mirrors"}),
    "a mirror on the application": ("update application set near_on = near_on + 1", {"I12-mirrors"}),
    "a light that stands still": ("update review_task set is_paused = not is_paused", {"I12-mirrors"}),
    "a clock that runs on after the verdict": (
        "update clock set state = 'running', stopped_on = null, stopped_at = null where state = 'stopped'",
        {"I12-stopped"},
    ),
    "a clock stopped without a verdict": (
        "update clock set state = 'stopped', stopped_on = '2014-09-17', stopped_at = now() where state = 'running'",
        {"I12-stopped"},
    ),
    "a deleted clock": ("delete from clock where mechanism = 'matter'", {"I12-every-task"}),
    "a deleted joint clock": ("delete from clock where mechanism = 'joint'", {"I12-every-task"}),
    "a step before its day": ("update clock_step set at = at - interval '3 days'", {"I12-steps"}),
    "a step that nobody was told": ("delete from notice where kind = 'step_chief'", {"I12-steps"}),
    "a rung left out": ("delete from clock_step where step = 'red'", {"I12-steps"}),
    "an extension that granted more": (
        "update clock_extension set days = days + 1 where state = 'granted'",
        {"I12-extensions"},
    ),
    "an extension that nobody granted": ("delete from clock_extension", {"I12-extensions"}),
    "an extension granted by somebody else": (
        "update clock_extension set decided_by = (select id from account where login = 'admin')",
        {"I12-extensions"},
    ),
}


def task_of(office: Office, application_id: UUID, matter: str) -> Any:
    return next(each for each in office.tasks(application_id) if each.matter_code == matter)


@pytest.fixture
def busy(office: Office) -> Office:
    """A case with every kind of clock: decided, paused and over, paused, extended, and late by three days."""
    received = office.receives().application_id
    office.at("2014-09-16 09:00")
    office.decides(task_of(office, received, "zj-drawings"))
    hearing = task_of(office, received, "rf-shelter")
    act(office, "rf-officer", timing.pause, task_id=hearing.id, kind="hearing", reason="听证")
    office.at("2014-09-18 09:00")
    act(office, "rf-officer", timing.resume, task_id=hearing.id, kind="hearing")
    test = task_of(office, received, "st-environment")
    act(office, "st-officer", timing.pause, task_id=test.id, kind="testing", reason="送检")
    longer = task_of(office, received, "xf-fire")
    act(office, "xf-officer", timing.ask_extension, task_id=longer.id, days=2, reason="核实")
    extension = office.one("select id from clock_extension")
    act(office, "xf-chief", timing.decide_extension, extension_id=extension, grant=True)
    office.at("2014-09-25 09:00")
    look_once()
    return office


def act(office: Office, login: str, what: Any, **values: Any) -> None:
    actor = office.actor(login)
    with office.sits() as sitting:
        what(sitting, actor=actor, **values)


class TestTheAuditOfClocks:
    @pytest.mark.usefixtures("busy")
    def test_finds_nothing_wrong_with_honest_clocks_and_every_corruption(self, subtests: pytest.Subtests) -> None:
        assert broken() == {}
        checked = {each.id: each.checked for each in audited() if each.id.startswith("I12")}
        assert min(checked.values()) > 0
        assert len(checked) == 7

        class Undone(Exception):
            pass

        for name, (statement, expected) in CORRUPTIONS.items():
            with subtests.test(msg=name):
                try:
                    with as_owner(without_triggers=True) as session:
                        assert session.execute(text(statement)).rowcount > 0  # type: ignore[attr-defined]
                        findings = audit(
                            session, signer=signer(), storage=Storage(settings().storage_dir), judge_pdf=lambda _: []
                        )
                        found = {each.id for each in findings if each.broken}
                        assert expected <= found, f"noticed only by {found}"
                        raise Undone
                except Undone:
                    pass
        assert broken() == {}

    def test_finds_nothing_wrong_after_the_last_approval_and_after_a_matter_is_opened_again(
        self, office: Office
    ) -> None:
        received = office.is_billed().application_id
        assert office.one("select state from clock where mechanism = 'joint' and subject_id = :id", id=received) == (
            "stopped"
        )
        assert broken() == {}
        office.at("2014-12-01 09:00")
        look_once()
        assert office.one("select count(*) from clock_step") == 0
