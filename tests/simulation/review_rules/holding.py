"""What holds after each step: the audit's invariants, and what only the pages of a case would show."""

from __future__ import annotations

from typing import Any, Final

from hypothesis.stateful import invariant
from simulation.review_rules.charging import Charging
from simulation.review_rules.levels import Levels
from simulation.review_rules.timekeeping import Timekeeping
from sqlalchemy import text

from shared.db.engine import unit_of_work
from shared.db.invariants import INVARIANTS
from shared.db.queries import cases
from shared.db.queries.handling import handling
from shared.db.queries.progress import progress
from shared.domain.holdups import CLOSED

#: Every invariant of the audit in one look.
_AUDIT: Final = " union all ".join(
    f"select '{each.id}' as invariant, broken.says from ({each.broken}) as broken(says)" for each in INVARIANTS
)


class Holding(Charging, Levels, Timekeeping):
    """Everything that is looked at between two steps, in this order."""

    def __init__(self) -> None:
        super().__init__()
        self._looked_at: Any = None

    @invariant()
    def holds(self) -> None:
        """After a step that changed nothing nothing has to be looked at again."""
        now = (self.today, self.trace())
        if now == self._looked_at:
            return
        self._looked_at = now
        self.look_around()
        self.every_clock_has_the_dates_of_its_journal()
        self.the_audit_finds_nothing()
        self.nobody_is_approved_by_silence()
        self.every_minute_of_the_clock_is_explained()
        self.no_task_leaves_for_another_district()
        self.nobody_is_charged_twice()
        self.no_machine_has_stumbled()
        self.nothing_is_open_without_a_name_on_it()

    def the_audit_finds_nothing(self) -> None:
        with unit_of_work(on=self.eye) as session:
            found = session.execute(text(_AUDIT)).all()
        assert found == []

    def nobody_is_approved_by_silence(self) -> None:
        """超时默认 is off: every verdict is somebody's."""
        silent = self.office.rows(
            "select matter_code from review_task where is_by_default "
            "or (status in ('approved', 'objected') and officer_id is null)"
        )
        assert silent == []

    def every_minute_of_the_clock_is_explained(self) -> None:
        """A clock that is not running says why: a pause with reason and author, an end, or what it waits for."""
        unexplained = self.office.rows(
            "select k.id, k.state from clock k where k.state = 'paused' and not exists "
            "(select from clock_pause p where p.clock_id = k.id and p.ended_at is null and p.reason <> '' "
            "and p.started_by_name <> '') union all "
            "select k.id, k.state from clock k where k.state = 'stopped' and k.stopped_for = '' union all "
            "select k.id, k.state from clock k join review_task t on t.id = k.subject_id "
            "where k.state = 'waiting' and t.status not in ('waiting', 'cancelled')"
        )
        assert unexplained == []

    def nothing_is_open_without_a_name_on_it(self) -> None:
        """The page of a case says what it waits for and whose turn it is, and counts net and gross days rightly."""
        for application in self.received:
            with self.office.sits() as sitting:
                file = cases.whole_file(sitting.session, application)
                where = progress(sitting.session, sitting.city, application, today=sitting.today)
                slip = handling(file, where, sitting.city, today=sitting.today)
            is_closed = file.case.status in CLOSED
            assert bool(where.holdups) != is_closed, file.case.status
            assert all(each.holder.name and each.holder.role for each in where.holdups), where.holdups
            named = {name for each in where.holdups for name in (each.what, *each.matters)}
            for task in () if is_closed else file.tasks:
                assert task.status in ("approved", "cancelled") or task.matter_name in named, task
            for clock in where.clocks:
                if clock.started_on is not None:
                    self.counts_rightly(clock, where, slip)

    def counts_rightly(self, clock: Any, where: Any, slip: Any) -> None:
        """Net and gross days of a clock, as the slip prints them, are those of the journal."""
        until = clock.stopped_on or self.today
        gross = len(self.working_days(clock.started_on, until, set()))
        net = len(self.working_days(clock.started_on, until, self.journals[clock.id].struck))
        if clock.mechanism == "joint":
            shown = (slip.net_days, slip.gross_days)
        elif clock.mechanism == "matter":
            name = where.matter_names[clock.subject_id]
            shown = next((row.net_days, row.gross_days) for row in slip.rows if row.name == name and not row.line_state)
        else:
            return
        assert shown == (net, gross), (clock, shown, net, gross)
