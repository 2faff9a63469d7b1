"""Closed days and months: added with their figures, which never change; reopened by two people, under the finance
unit's seal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, text, update
from sqlalchemy.orm import Session

from shared.db.outbox import changed
from shared.db.tables.columns import table
from shared.db.tables.periods import Period
from shared.domain.closing import Figures
from shared.domain.errors import Conflict, NotFound
from shared.signing import ActSeal

PERIODS = table(Period)

DAY = "day"
MONTH = "month"


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """A closed period; `acts` is what was done to it since, oldest first, `document_id` its 日结单 or 月报."""

    id: UUID
    kind: str
    first_on: date
    last_on: date
    state: str
    version: int
    number: str
    figures: Mapping[str, Any]
    closed_by: UUID
    closed_at: datetime
    reopening_reason: str
    reopening_asked_by: UUID | None
    reopening_asked_at: datetime | None
    reopened_by: UUID | None
    reopened_at: datetime | None
    acts: list[dict[str, Any]]
    document_sha256: str | None
    seal_key_id: str | None
    seal: bytes | None
    closer: str
    document_id: UUID | None

    @property
    def frozen(self) -> Figures:
        """The figures that it was closed on."""
        return Figures.from_json(self.figures)


#: What is found beside the row.
_BESIDE = ("closer", "document_id")
#: What the seal covers: all but itself, and what is found beside the row.
_SEALED = tuple(name for name in PeriodRow.__dataclass_fields__ if name not in ("seal_key_id", "seal", *_BESIDE))
_PERIOD = (
    "select "  # noqa: S608 the names are those of the row above
    + ", ".join(f"p.{name}" for name in PeriodRow.__dataclass_fields__ if name not in _BESIDE)
    + ", a.display_name as closer, (select d.id from document d where d.kind = p.kind || '_close' "
    "and d.subject_id = p.id) as document_id from period p join account a on a.id = p.closed_by "
)


def content(period: PeriodRow) -> bytes:
    """What a period's seal covers, as canonical JSON (sorted keys, times in whole seconds since 1970)."""
    plain = {
        name: int(value.timestamp()) if isinstance(value := getattr(period, name), datetime) else value
        for name in _SEALED
        # Periods were sealed before they had documents.
        if name != "document_sha256" or period.document_sha256 is not None
    }
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, default=str).encode()


def add(session: Session, tenant: str, **values: Any) -> None:
    """Write a closed period; a second one over the same days is a unique violation.

    The caller holds the books: what is recorded later than this moment is booked later too.
    """
    session.execute(insert(PERIODS).values(tenant_id=tenant, recorded_at=func.clock_timestamp(), **values))


def find(session: Session, kind: str, first_on: date) -> PeriodRow | None:
    """The period of this kind that is closed from a day on."""
    row = session.execute(
        text(_PERIOD + "where p.kind = :kind and p.first_on = :first and p.state <> 'reopened'"),
        {"kind": kind, "first": first_on},
    ).one_or_none()
    return PeriodRow(**row._mapping) if row else None


def load(session: Session, period_id: UUID) -> PeriodRow:
    """One period; raises `NotFound`."""
    return _one(session, period_id, "")


def lock(session: Session, period_id: UUID) -> PeriodRow:
    """One period, held; raises `NotFound`."""
    return _one(session, period_id, " for update of p")


def last_closed(session: Session, kind: str = DAY) -> PeriodRow | None:
    """The latest period that is closed."""
    row = session.execute(
        text(_PERIOD + "where p.kind = :kind and p.state <> 'reopened' order by p.last_on desc limit 1"),
        {"kind": kind},
    ).one_or_none()
    return PeriodRow(**row._mapping) if row else None


def within(session: Session, kind: str, first: date, last: date) -> list[PeriodRow]:
    """The periods of a kind that are closed and lie between two days, in order."""
    rows = session.execute(
        text(
            _PERIOD + "where p.kind = :kind and p.state <> 'reopened' and p.first_on >= :first and p.last_on <= :last "
            "order by p.first_on"
        ),
        {"kind": kind, "first": first, "last": last},
    )
    return [PeriodRow(**row._mapping) for row in rows]


def open_month_before(session: Session, first: date) -> date | None:
    """The first closed day before a month that lies in a month which is not closed."""
    found: date | None = session.execute(
        text(
            "select min(d.last_on) from period d where d.kind = 'day' and d.state <> 'reopened' and d.last_on < :first "
            "and not exists (select from period m where m.kind = 'month' and m.state <> 'reopened' "
            "and d.last_on between m.first_on and m.last_on)"
        ),
        {"first": first},
    ).scalar_one()
    return found


def everything(session: Session, *, limit: int, offset: int = 0) -> list[PeriodRow]:
    """Closed and reopened periods, the latest first."""
    rows = session.execute(
        text(_PERIOD + "order by p.last_on desc, p.kind desc, p.closed_at desc limit :limit offset :offset"),
        {"limit": limit, "offset": offset},
    )
    return [PeriodRow(**row._mapping) for row in rows]


def all_sealed(session: Session) -> list[PeriodRow]:
    """Every period of all tenants that the session sees."""
    return [PeriodRow(**row._mapping) for row in session.execute(text(_PERIOD + "order by p.first_on, p.closed_at"))]


def change(session: Session, period: PeriodRow, **values: Any) -> PeriodRow:
    """Write what was done to a period, if it still is as it was read; gives it as it is now. Raises `Conflict`."""
    done = session.execute(
        update(PERIODS)
        .where(PERIODS.c.id == period.id, PERIODS.c.version == period.version)
        .values(version=period.version + 1, **values)
    )
    if not changed(done):
        raise Conflict("这份结账刚刚已被处理，请刷新后再看")
    return load(session, period.id)


def set_document(session: Session, period_id: UUID, sha256: str) -> None:
    """Note the digest of the period's document, once; the caller holds the period and seals it anew."""
    session.execute(
        update(PERIODS)
        .where(PERIODS.c.id == period_id, PERIODS.c.document_sha256.is_(None))
        .values(document_sha256=sha256)
    )


def set_seal(session: Session, period_id: UUID, seal: ActSeal) -> None:
    """Put the finance unit's seal on a period as it stands."""
    session.execute(
        update(PERIODS).where(PERIODS.c.id == period_id).values(seal_key_id=seal.key_id, seal=seal.signature)
    )


def _one(session: Session, period_id: UUID, tail: str) -> PeriodRow:
    row = session.execute(text(_PERIOD + "where p.id = :id" + tail), {"id": period_id}).one_or_none()
    if row is None:
        raise NotFound("没有这份结账记录")
    return PeriodRow(**row._mapping)
