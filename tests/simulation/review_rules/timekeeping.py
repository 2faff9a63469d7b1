"""What days do: they pass, the clock process looks late or after a while, clocks stand still, the calendar changes.

The machine keeps its own journal of every clock, day by day as it was, from states alone: it never reads a pause. From
the journal follow the dates that a clock must have, by a calendar of the suite's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from simulation.review_rules import promises
from simulation.review_rules.scene import APPLICATIONS, Scene
from sqlalchemy import text
from watching import as_owner

from services import calendars, timing
from services.sitting import Sitting
from shared.db import calendars as proposals
from shared.db import city as cities
from shared.domain.clocks import OFFICER_PAUSES
from shared.settings import settings
from shared.tasks import Task
from workers.clock import look_once

#: Of an example; the calendar is loaded to the end of 2026.
DAYS_MAX: Final = 40
#: How often the calendar may change in an example: every change makes every process read the city anew.
CHANGES_MAX: Final = 2
#: How long the scheduler is down, minutes.
DOWN_MINUTES: Final = 70
_DAY: Final = timedelta(days=1)


@dataclass
class Journal:
    """One clock as it was seen: when it began, the days that did not count, whether it ever stopped, and for when."""

    began: date | None = None
    struck: set[date] = field(default_factory=set)
    stopped_at: datetime | None = None
    has_stopped: bool = False


@dataclass(frozen=True)
class Expected:
    """The dates that follow from a journal."""

    due_on: date
    hint_on: date
    amber_on: date


class Timekeeping(Scene):
    """Days, clocks, the calendar, and what the passing of days makes due."""

    def __init__(self) -> None:
        super().__init__()
        self.journals: dict[UUID, Journal] = {}
        self.changes = 0
        self.has_imported = False

    # The calendar.

    def works(self, day: date) -> bool:
        return self.announced.get(day, promises.works(day))

    def import_next_year(self) -> None:
        told = self.change_calendar(promises.LAST_LOADED_YEAR + 1, promises.NOTICE_2027, approver="leader")
        assert told == {}
        self.has_imported = True

    @precondition(lambda self: self.changes < CHANGES_MAX)
    @rule(
        ahead=st.integers(-2, 12),
        approver=st.sampled_from(["leader", "leader", "leader", "admin", "zj-officer"]),
        at_once=st.booleans(),
    )
    def another_day_is_announced(self, ahead: int, approver: str, at_once: bool) -> None:
        """A working day becomes a day off, or a Saturday a working day: only two people together can do it."""
        self.redate()
        before, day = self.joint_dates(), self.today + timedelta(days=ahead)
        works = self.works(day)
        told = self.change_calendar(day.year, f"{day} {'休' if works else '班'}", approver=approver)
        if told is None:
            return
        assert approver == "leader"
        self.announced[day] = not works
        self.changes += 1
        if at_once:
            self.redate()
            assert self.joint_dates() == before | told

    def change_calendar(self, year: int, notice: str, *, approver: str) -> dict[str, date] | None:
        """One person proposes and another approves; gives whose joint dates the preview says to move, and to when."""
        admin, account = self.account("admin"), self.account(approver)
        proposed: list[UUID] = []

        def propose(sitting: Sitting) -> None:
            proposed.append(
                calendars.propose(sitting, account=admin, year=year, notice=notice, document="国办发明电（样张）")
            )

        if not self.act(propose, by=admin, may_repeat=False):
            return None
        (change_id,) = proposed
        with self.office.sits() as sitting:
            told = calendars.preview(sitting, proposals.lock_change(sitting.session, change_id))
        if not self.act(lambda sitting: calendars.approve(sitting, account=account, change_id=change_id), by=account):
            leader = self.account("leader")
            self.act(lambda sitting: calendars.decline(sitting, account=leader, change_id=change_id), by=leader)
            return None
        return {each.number: each.after for each in told}

    def joint_dates(self) -> dict[str, date]:
        return {row.number: row.due_on for row in self.office.rows("select number, due_on from application")}

    def redate(self) -> None:
        """The workers compute the dates of open clocks anew."""
        self.office.delivers(self.office.bells(Task.REDATE_CLOCKS))

    def forget_changes(self) -> None:
        """The city's calendar as it was before the example."""
        if not self.changes and not self.has_imported:
            return
        with as_owner() as session:
            if self.announced:
                before = {day: promises.works(day) for day in self.announced}
                cities.write_days(session, settings().tenant, before, source="国务院办公厅")
            session.execute(
                text("delete from calendar_day where extract(year from day) > :last"),
                {"last": promises.LAST_LOADED_YEAR},
            )
            cities.mark_changed(session, settings().tenant)

    # Days pass.

    @rule(days=st.sampled_from([0, 0, 1, 1, 2, 5, 9]), hours=st.integers(0, 7))
    def time_passes(self, days: int, hours: int) -> None:
        if self.may_pass():
            self.set_clock(self.now + timedelta(days=days, hours=hours))

    @rule()
    def the_clock_looks(self) -> None:
        """The clock process looks: nothing that is due is missed, and a second look finds nothing."""
        look_once()
        after = self.trace()
        assert look_once() == 0
        assert self.trace() == after
        self.every_step_is_written()
        self.empty_desks_are_known()

    @rule()
    def the_scheduler_is_down_over_midnight(self) -> None:
        """It goes down at 23:20 and is back seventy minutes later, on another day: it catches up."""
        if not self.may_pass():
            return
        self.set_clock(max(self.now, self.start_of(self.today) + timedelta(hours=23, minutes=20)))
        self.set_clock(self.now + timedelta(minutes=DOWN_MINUTES))
        self.the_clock_looks()

    def may_pass(self) -> bool:
        first = self.office.one("select min(accepted_on) from application")
        return (self.today - first).days < DAYS_MAX

    def every_step_is_written(self) -> None:
        written: dict[UUID, set[str]] = {}
        for row in self.office.rows(
            "select s.clock_id, s.step from clock_step s join clock k on k.id = s.clock_id and k.due_on = s.due_on"
        ):
            written.setdefault(row.clock_id, set()).add(row.step)
        for clock in self.clocks():
            if clock.state != "running" or clock.is_to_be_redated:
                continue
            expected = self.steps_reached(clock, self.expected(clock))
            found = written.get(clock.id, set())
            assert expected <= found, (clock, expected - found)
            if not self.changes and not self.journals[clock.id].has_stopped:
                assert found == expected, (clock, found - expected)

    def steps_reached(self, clock: Any, dates: Expected) -> set[str]:
        steps = {"hint"} if self.today >= dates.hint_on else set()
        steps |= {"amber"} if self.today >= dates.amber_on else set()
        if self.today > dates.due_on:
            steps |= {"red", "officer"}
            past = self.working_days(dates.due_on, self.today, self.journals[clock.id].struck)
            is_owed = clock.mechanism in ("commitment", "correction")
            steps |= {rung for rung, days in promises.RUNGS.items() if len(past) >= days and not is_owed}
        return steps

    def empty_desks_are_known(self) -> None:
        """Nothing is stuck without a name on it: a desk with open tasks that nobody works at is an open case."""
        missing = self.office.rows(
            "select t.unit_code, t.matter_code from review_task t join application a on a.id = t.application_id "
            "where a.status in ('in_review', 'objected', 'billed') and t.status = 'open' "
            "and not exists (select from account p where p.unit_code = t.unit_code and p.is_active) "
            "and not exists (select from case_item c where c.kind = 'no_officer' and c.closed_at is null "
            "and starts_with(c.key, t.unit_code || ':'))"
        )
        assert missing == []
        failed = self.office.rows("select reason from case_item where kind = 'clock_failed'")
        assert failed == []

    # Clocks stand still and are given longer.

    @rule(application=APPLICATIONS, data=st.data(), kind=st.sampled_from(OFFICER_PAUSES))
    def stops_or_starts_the_clock(self, application: UUID, data: st.DataObject, kind: str) -> None:
        task = data.draw(self.tasks(application))
        if data.draw(st.booleans()):
            self.tries(timing.pause, task, data, kind=kind, reason="组织论证")
        else:
            self.tries(timing.resume, task, data, kind=kind)

    @rule(application=APPLICATIONS, data=st.data(), days=st.integers(0, 12))
    def asks_for_more_time(self, application: UUID, data: st.DataObject, days: int) -> None:
        task = data.draw(self.tasks(application))
        if data.draw(st.booleans()):
            if self.tries(timing.handle_as_special, task, data, reason="情况复杂"):
                self.is_covered_by_the_joint_promise(task.id)
            return
        self.tries(timing.ask_extension, task, data, days=days, reason="材料需要复核")
        for asked in self.office.rows(
            "select e.id, k.unit_code, k.subject_id, e.asked_by from clock_extension e join clock k "
            "on k.id = e.clock_id join review_task t on t.id = k.subject_id join application a "
            "on a.id = e.application_id where e.state = 'asked' order by a.number, t.seq"
        ):
            actor = self.someone(asked.unit_code, data, who="chief")
            grant = data.draw(st.booleans())
            done = self.act(
                lambda sitting, each=asked, by=actor, yes=grant: timing.decide_extension(
                    sitting, extension_id=each.id, actor=by, grant=yes
                ),
                by=actor,
            )
            assert not done or actor.id != asked.asked_by
            if done and grant:
                self.is_covered_by_the_joint_promise(asked.subject_id)

    def is_covered_by_the_joint_promise(self, task_id: UUID) -> None:
        """Once a matter was given longer, the joint promise is not shorter."""
        late = self.office.rows(
            "select k.due_on, w.due_on as whole from clock k join clock w on w.application_id = k.application_id "
            "and w.mechanism = 'joint' where k.subject_id = :id and w.state <> 'stopped' and w.due_on < k.due_on",
            id=task_id,
        )
        assert late == []

    # The journal.

    def clocks(self) -> list[Any]:
        return self.office.rows(
            "select k.*, t.matter_code, t.kind as task_kind, c.material_code, "
            "exists (select from outbox o where o.task = 'redate_clocks' and o.done_at is null "
            "and o.subject_id = k.application_id) as is_to_be_redated, "
            "exists (select from review_task s where s.application_id = k.application_id and s.kind = 'special') "
            "as is_special "
            "from clock k left join review_task t on t.id = k.subject_id left join commitment c on c.id = k.subject_id "
            "order by k.application_id, k.mechanism, t.seq"
        )

    def days_pass(self, before: date, after: date) -> None:
        days = {before + timedelta(days=at + 1) for at in range((after - before).days)}
        for clock in self.clocks() if days else ():
            self.look_at(clock)
            if clock.state == "paused":
                self.journals[clock.id].struck |= days

    def look_at(self, clock: Any) -> Journal:
        """Note what a clock's state says today: where it was stopped before, the time since then does not count."""
        journal = self.journals.setdefault(clock.id, Journal())
        if journal.began is None and clock.state != "waiting":
            journal.began = self.today
        if journal.stopped_at is not None and clock.stopped_at != journal.stopped_at:
            day = journal.stopped_at.astimezone(self.now.tzinfo).date()
            while day <= self.today:
                if day != journal.began:
                    journal.struck.add(day)
                day += _DAY
        journal.stopped_at = clock.stopped_at
        journal.has_stopped |= clock.stopped_at is not None
        return journal

    def working_days(self, after: date, until: date, struck: set[date]) -> list[date]:
        days = [after + timedelta(days=at + 1) for at in range((until - after).days)]
        return [day for day in days if self.works(day) and day not in struck]

    def expected(self, clock: Any) -> Expected:
        """Hint, amber and due date by counting from the journal."""
        journal, days = self.journals[clock.id], clock.promise_days + clock.extended_days
        assert journal.began is not None
        run, day = [journal.began], journal.began
        while len(run) <= days:
            day += _DAY
            if self.works(day) and day not in journal.struck:
                run.append(day)
        due_on = run[days]
        while due_on + _DAY in journal.struck:
            due_on += _DAY
        return Expected(due_on, run[max(days - 1, 0)], run[-(-9 * days // 10)])

    @staticmethod
    def promised(clock: Any) -> int:
        """The working days that the city promises for what a clock is about."""
        match clock.mechanism:
            case "joint":
                return promises.JOINT[clock.kind]
            case "card":
                return promises.CARD
            case "commitment":
                return promises.PAPERS[clock.material_code]
        return promises.SPECIAL if clock.task_kind == "special" else promises.MATTERS[clock.matter_code]

    def every_clock_has_the_dates_of_its_journal(self) -> None:
        for clock in self.clocks():
            journal = self.look_at(clock)
            assert clock.promise_days == self.promised(clock), clock
            assert clock.mechanism != "joint" or (clock.kind == "special") == clock.is_special, clock
            if clock.state == "waiting":
                continue
            assert clock.started_on == journal.began, clock
            if clock.state == "running" and not clock.is_to_be_redated:
                found = Expected(clock.due_on, clock.hint_on, clock.amber_on)
                assert found == self.expected(clock), (clock, journal)
