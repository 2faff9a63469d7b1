"""What an application still waits for: the missing review or fee line, whose it is, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from shared.db.cases import ENDED
from shared.db.city import City
from shared.db.queries.cases import CaseFile, LineView

#: Fee lines are due with the review that their unit gives, or with the application.
REVIEW, LINE, FACTS = "review", "line", "facts"


@dataclass(frozen=True, slots=True)
class Waiting:
    """One missing thing; `officer` is empty while nobody has taken it."""

    kind: str
    what: str
    unit_name: str
    officer: str
    due_on: date
    is_objected: bool = False


def waiting_for(file: CaseFile, city: City) -> tuple[Waiting, ...]:
    """Everything that the bill waits for, the earliest due first; empty once it is out."""
    if file.bills or file.case.status in ENDED:
        return ()
    missing: list[Waiting] = []
    if file.case.bill_waits_for != "lines":
        missing += [
            Waiting(
                REVIEW,
                task.matter_name,
                city.units[task.unit_code].name,
                task.officer,
                task.due_on,
                is_objected=task.status == "objected",
            )
            for task in file.tasks
            if task.status != "approved"
        ]
    missing += [
        Waiting(
            FACTS if line.status == "needs_facts" else LINE,
            city.item(line.item_code).name,
            city.units[line.unit_code].name,
            _officer_of(file, line),
            _due_of(file, line),
        )
        for line in file.lines
        if line.state != "final"
    ]
    return tuple(sorted(missing, key=lambda each: each.due_on))


def _officer_of(file: CaseFile, line: LineView) -> str:
    return next((task.officer for task in file.tasks if task.unit_code == line.unit_code and task.officer), "")


def _due_of(file: CaseFile, line: LineView) -> date:
    return max((task.due_on for task in file.tasks if task.unit_code == line.unit_code), default=file.case.due_on)
