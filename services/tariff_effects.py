"""What a change of the tariff does to open applications: tried out beforehand, applied once it is published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services import assessment
from services.sitting import Sitting
from shared.db import cases, outbox, tariffs, trail
from shared.db.outbox import Wanted
from shared.db.tariffs import OpenLine
from shared.db.trail import Act
from shared.domain import tariff_changes as domain
from shared.domain.lines import Line
from shared.domain.tariff_changes import RowChange
from shared.logs import logger
from shared.packs import build_tariff
from shared.tasks import Task, department_queue

log = logger(__name__)

#: How many applications a dry run computes, and how many differences it lists.
APPLICATIONS_MAX: Final = 2000
SHOWN_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Difference:
    """One line of an open application that comes out differently; amounts in 分."""

    number: str
    item: str
    before_fen: int
    after_fen: int
    formula: str
    reason: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What a dry run found: of `applications` open ones with these items, `tried` were computed."""

    applications: int
    tried: int
    lines: int
    before_fen: int
    after_fen: int
    differences: tuple[Difference, ...]


def dry_run(sitting: Sitting, rows: Sequence[RowChange]) -> Effect:
    """Compute the lines of open applications under the tariff with the changes; nothing is written.

    Looks at the latest `APPLICATIONS_MAX` applications only. Raises `Invalid` for rows that do not compile.
    """
    tariff = build_tariff(domain.merged(sitting.city.pack.data, rows))
    items = domain.touched(rows)
    waiting = tariffs.open_applications(sitting.session, items)
    looked = waiting[:APPLICATIONS_MAX]
    found: list[Difference] = []
    before_fen = after_fen = lines = 0
    for row in tariffs.open_lines(sitting.session, looked, items):
        before, after = (
            Line.from_json(row.line),
            assessment.line_of(tariff, row.item_code, row.facts, row.refused_claims),
        )
        if row.is_waived or before == after:
            continue
        lines += 1
        before_fen += before.due_fen
        after_fen += after.due_fen
        if len(found) < SHOWN_MAX:
            found.append(
                Difference(row.number, row.item_code, before.due_fen, after.due_fen, after.formula, after.explanation)
            )
    return Effect(len(waiting), len(looked), lines, before_fen, after_fen, tuple(found))


def apply_tariff(sitting: Sitting, application_ids: Sequence[UUID]) -> None:
    """Have those lines of unbilled applications computed anew that come out differently under today's tariff.

    May be repeated: a line that comes out the same stays as it is, and so does one that was waived.
    """
    tariff = sitting.city.tariff
    held = cases.lock(sitting.session, application_ids)
    acts: dict[UUID, list[Act]] = {}
    again: list[OpenLine] = []
    for row in tariffs.open_lines(sitting.session, list(held)):
        before, after = (
            Line.from_json(row.line),
            assessment.line_of(tariff, row.item_code, row.facts, row.refused_claims),
        )
        if row.is_waived or before == after:
            continue
        again.append(row)
        acts.setdefault(row.application_id, []).append(
            Act(
                "tariff_applied",
                sitting.now,
                data={"item": row.item_code, "was_fen": before.payable_fen, "tariff": after.version or ""},
            )
        )
    cases.put_back_lines(sitting.session, [row.id for row in again])
    for application_id in acts:
        cases.count_reopening(sitting.session, application_id)
    outbox.put(
        sitting.session,
        sitting.tenant,
        [
            Wanted(
                Task.ASSESS_LINES,
                department_queue(row.unit_code),
                row.id,
                f"tariff-{held[row.application_id].reopened + 1}",
                application_id=row.application_id,
            )
            for row in again
        ],
    )
    trail.append(sitting.session, sitting.tenant, acts, signer=sitting.signer)
    for application_id in acts:
        log.info("tariff_applied", application=held[application_id].number)
