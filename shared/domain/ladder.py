"""Reminders and the ladder: what becomes of a promise as its days run out, and before whom late work is brought.

Hint, amber and red follow from a clock's own dates; the rungs above the officer are dated data of the pack, counted in
working days past due on which the clock ran.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from shared.domain.calendar import WorkingDays
from shared.domain.clocks import Mechanism, Pause
from shared.domain.errors import Problem
from shared.domain.rows import Period, table

_DAY: Final = timedelta(days=1)


class Step(StrEnum):
    """Everything that a running clock can reach, in the order of the ladder."""

    HINT = "hint"
    AMBER = "amber"
    RED = "red"
    OFFICER = "officer"
    CHIEF = "chief"
    LEAD = "lead"
    SUPERVISOR = "supervisor"
    MEETING = "meeting"


#: The rungs whose days a city sets, lowest first.
RUNGS: Final = (Step.CHIEF, Step.LEAD, Step.SUPERVISOR, Step.MEETING)
#: What the applicant owes: the office is told of lateness, and nobody above the officer.
OWED_BY_APPLICANT: Final = (Mechanism.CORRECTION, Mechanism.COMMITMENT)


@dataclass(frozen=True, slots=True)
class Rung:
    """From how many working days past due on late work comes before this one, and since which document."""

    step: Step
    days: int
    period: Period
    document: str

    def covers(self, day: date) -> bool:
        return self.period.covers(day)


@dataclass(frozen=True, slots=True)
class Ladder:
    """A city's rungs."""

    rungs: tuple[Rung, ...]

    def on(self, day: date) -> dict[Step, int]:
        """The working days past due of each rung in force on a day, lowest first."""
        return {each.step: each.days for step in RUNGS for each in self.rungs if each.step == step and each.covers(day)}


def read_ladder(data: Mapping[str, Any], problems: list[Problem]) -> Ladder:
    """Read the section `ladder`; what is missing, overlaps or stands below a lower rung is a problem of its row."""
    found: list[Rung] = []
    for row in table(data, "ladder", problems, label=("step",)):
        row.only("step", "days", "from", "to", "document")
        step = row.choice("step", RUNGS)
        if step not in RUNGS:
            continue
        rung = Rung(Step(step), row.whole("days", least=1), row.period(), row.text("document"))
        for other in found:
            if not other.period.overlaps(rung.period):
                continue
            if other.step == rung.step:
                row.problem("from", f"与另一行的执行期重叠：{other.period}")
            elif (RUNGS.index(other.step) < RUNGS.index(rung.step)) != (other.days < rung.days):
                row.problem("days", f"逐级提醒的天数应逐级增加：{other.step} 为 {other.days} 日")
        found.append(rung)
    problems += [
        Problem("ladder", f"缺少逐级提醒：{step}") for step in RUNGS if not any(each.step == step for each in found)
    ]
    return Ladder(tuple(found))


def reached(
    calendar: WorkingDays,
    *,
    hint_on: date,
    amber_on: date,
    due_on: date,
    pauses: Iterable[Pause],
    rungs: Mapping[Step, int],
    today: date,
) -> list[tuple[Step, date]]:
    """Every step that a running clock has reached by `today` and the day on which it did, in order.

    Days past due count if they are working days that no pause covers. Raises `CalendarNotLoaded`.
    """
    steps = [(Step.HINT, hint_on), (Step.AMBER, amber_on)]
    if today > due_on:
        steps += [(Step.RED, due_on + _DAY), (Step.OFFICER, due_on + _DAY)]
        stood_still = tuple(pauses)
        left = dict(rungs)
        day, past = due_on, 0
        while day < today and left:
            day += _DAY
            past += calendar.is_working(day) and not any(pause.covers(day) for pause in stood_still)
            steps += [(step, day) for step, days in rungs.items() if step in left and days <= past]
            left = {step: days for step, days in left.items() if days > past}
    order = list(Step)
    return sorted(
        ((step, day) for step, day in steps if day <= today), key=lambda each: (each[1], order.index(each[0]))
    )
