"""Changes of the tariff as rows: written down, held, decided by a second person, and put in force.

What is charged already, and which open applications a change reaches, is asked of the fee lines here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, text, update
from sqlalchemy.orm import Session

from shared.db import city as cities
from shared.db.cases import IN_REVIEW
from shared.db.outbox import changed
from shared.db.tables.columns import table
from shared.db.tables.tariff_desk import TariffChange
from shared.domain.errors import Conflict, NotFound
from shared.domain.tariff_changes import KEYS, RowChange

CHANGES = table(TariffChange)
CHANGES_SHOWN = 100
#: Sections of a pack that have no table of their own.
_REST = ("policies", "refunds")


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change with the names of its people; `effect` is what the dry run found when it was proposed."""

    id: UUID
    kind: str
    title: str
    state: str
    version: int
    rows: tuple[RowChange, ...]
    document: str
    approval: str
    reason: str
    created_by: UUID
    created_at: datetime
    proposed_by: UUID | None
    proposed_at: datetime | None
    decided_at: datetime | None
    opinion: str
    effect: Mapping[str, Any]
    creator: str
    proposer: str
    decider: str


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A computed line of an application that has no bill yet, with what it was computed from."""

    id: UUID
    application_id: UUID
    number: str
    facts: str
    item_code: str
    unit_code: str
    state: str
    line: Mapping[str, Any]
    refused_claims: Mapping[str, Any]
    is_waived: bool


_CHANGE = (
    "select c.id, c.kind, c.title, c.state, c.version, c.rows, c.document, c.approval, c.reason, c.created_by, "
    "c.created_at, c.proposed_by, c.proposed_at, c.decided_at, c.opinion, c.effect, m.display_name as creator, "
    "coalesce(p.display_name, '') as proposer, coalesce(d.display_name, '') as decider from tariff_change c "
    "join account m on m.id = c.created_by left join account p on p.id = c.proposed_by "
    "left join account d on d.id = c.decided_by "
)


def changes(session: Session) -> list[ChangeRow]:
    """The latest changes, what is being worked on first."""
    rows = session.execute(
        text(_CHANGE + "order by (c.state in ('draft', 'proposed')) desc, c.created_at desc, c.id limit :most"),
        {"most": CHANGES_SHOWN},
    )
    return [_read(row) for row in rows]


def load(session: Session, change_id: UUID) -> ChangeRow:
    """One change; raises `NotFound`."""
    return _one(session, change_id, _CHANGE + "where c.id = :id")


def lock(session: Session, change_id: UUID) -> ChangeRow:
    """One change, held; raises `NotFound`."""
    return _one(session, change_id, _CHANGE + "where c.id = :id for update of c")


def add(session: Session, tenant: str, *, rows: Sequence[RowChange], **values: Any) -> UUID:
    """Write a draft down."""
    change_id = uuid4()
    session.execute(
        insert(CHANGES).values(id=change_id, tenant_id=tenant, rows=[each.to_json() for each in rows], **values)
    )
    return change_id


def save(session: Session, change: ChangeRow, **values: Any) -> None:
    """Change a change as it was read; raises `Conflict` if somebody has changed it meanwhile."""
    if "rows" in values:
        values["rows"] = [each.to_json() for each in values["rows"]]
    done = session.execute(
        update(CHANGES)
        .where(CHANGES.c.id == change.id, CHANGES.c.version == change.version)
        .values(version=change.version + 1, **values)
    )
    if not changed(done):
        raise Conflict("这份标准变更刚刚已被他人改动，请刷新后再看")


def put_in_force(session: Session, tenant: str, data: Mapping[str, Any]) -> None:
    """Write a compiled tariff in the place of the city's, and give the city a new revision.

    The caller holds the city. Raises `Invalid` where the database refuses a row.
    """
    cities.write_tariff(session, tenant, data)
    cities.write_rest(session, tenant, {name: data.get(name) or [] for name in _REST})
    cities.mark_changed(session, tenant)


def charged(session: Session, section: str, row: Mapping[str, Any]) -> int:
    """How many computed lines rest on a row: its version, its reduction, its policy, or the item itself."""
    conditions = {
        "items": "item_code = :code",
        "versions": "item_code = :item and tariff_version = :version",
        "reductions": "line->>'reduction_code' = :code",
        "policies": "item_code = :item and status = :class",
    }
    if section not in conditions:
        return 0
    keys = {name: str(row[name]) for name in KEYS[section]}
    count: int = session.execute(
        text(f"select count(*) from fee_line where state <> 'pending' and {conditions[section]}"),  # noqa: S608 a constant
        keys,
    ).scalar_one()
    return count


def open_applications(session: Session, items: Collection[str]) -> list[UUID]:
    """The unbilled applications with a line of these items, computed or still to be, the latest first."""
    rows = session.execute(_OPEN_APPLICATIONS, {"in_review": list(IN_REVIEW), "items": list(items)})
    return list(rows.scalars())


def open_lines(session: Session, ids: Collection[UUID], items: Collection[str] | None = None) -> list[OpenLine]:
    """The computed lines, of these items or of all, of those of the applications that are unbilled."""
    rows = session.execute(
        _OPEN_LINES,
        {"in_review": list(IN_REVIEW), "ids": list(ids), "items": None if items is None else list(items)},
    )
    return [OpenLine(**row._mapping) for row in rows]


#: An application that may still be charged otherwise: under review, and no bill of it stands.
_UNBILLED = (
    "a.status = any(:in_review) and not exists "
    "(select from bill b where b.application_id = a.id and b.status <> 'void') "
)
_OPEN_APPLICATIONS = text(
    f"select a.id from application a where {_UNBILLED} and exists (select from fee_line l "  # noqa: S608 a constant
    "where l.application_id = a.id and l.item_code = any(:items)) order by a.accepted_at desc, a.id"
)
_OPEN_LINES = text(
    "select l.id, l.application_id, a.number, a.facts::text as facts, l.item_code, l.unit_code, l.state, "  # noqa: S608 a constant
    "l.line, l.refused_claims, exists (select from waiver w where w.fee_line_id = l.id and w.state = 'granted') "
    "as is_waived from fee_line l join application a on a.id = l.application_id "
    f"where a.id = any(:ids) and l.state <> 'pending' and {_UNBILLED} "
    "and (cast(:items as text[]) is null or l.item_code = any(:items)) order by l.application_id, l.seq"
)


def _one(session: Session, change_id: UUID, query: str) -> ChangeRow:
    row = session.execute(text(query), {"id": change_id}).one_or_none()
    if row is None:
        raise NotFound("没有这份标准变更")
    return _read(row)


def _read(row: Any) -> ChangeRow:
    return ChangeRow(**{**row._mapping, "rows": tuple(RowChange.from_json(each) for each in row.rows)})
