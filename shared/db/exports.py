"""Exports: who took which rows out of the house as a file, added once and sealed by the finance unit."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, text, update
from sqlalchemy.orm import Session

from shared.db.tables.columns import table
from shared.db.tables.periods import Export
from shared.domain.errors import NotFound
from shared.signing import ActSeal

EXPORTS = table(Export)

CSV = "csv"
XLSX = "xlsx"
PDF = "pdf"
FORMS = (CSV, XLSX, PDF)


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One export with the name of who asked for it; `document_id` is a PDF that has been asked for."""

    id: UUID
    subject: str
    by: str
    state: str
    form: str
    first_on: date
    last_on: date
    rows: int
    asked_by: UUID
    asked_at: datetime
    document_sha256: str | None
    seal_key_id: str | None
    seal: bytes | None
    asker: str
    document_id: UUID | None


_NAMES = ("asker", "document_id")
#: What the seal covers: all but itself, the name and the address of the document.
_SEALED = tuple(name for name in ExportRow.__dataclass_fields__ if name not in ("seal_key_id", "seal", *_NAMES))
_EXPORT = (
    "select "  # noqa: S608 the names are those of the row above
    + ", ".join(f"x.{name}" for name in ExportRow.__dataclass_fields__ if name not in _NAMES)
    + ", a.display_name as asker, (select d.id from document d where d.kind = 'export' and d.subject_id = x.id) "
    "as document_id from export x join account a on a.id = x.asked_by "
)


def content(export: ExportRow) -> bytes:
    """What an export's seal covers, as canonical JSON (sorted keys, times in whole seconds since 1970)."""
    plain = {
        name: int(value.timestamp()) if isinstance(value := getattr(export, name), datetime) else value
        for name in _SEALED
    }
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, default=str).encode()


def add(session: Session, tenant: str, **values: Any) -> None:
    """Write an export as it was asked for."""
    session.execute(insert(EXPORTS).values(tenant_id=tenant, **values))


def load(session: Session, export_id: UUID) -> ExportRow:
    """One export; raises `NotFound`."""
    return _one(session, export_id, "")


def lock(session: Session, export_id: UUID) -> ExportRow:
    """One export, held; raises `NotFound`."""
    return _one(session, export_id, " for update of x")


def latest(session: Session, *, limit: int, offset: int = 0) -> list[ExportRow]:
    """What was taken out, the latest first."""
    rows = session.execute(
        text(_EXPORT + "order by x.asked_at desc, x.recorded_at desc, x.id limit :limit offset :offset"),
        {"limit": limit, "offset": offset},
    )
    return [ExportRow(**row._mapping) for row in rows]


def all_sealed(session: Session) -> list[ExportRow]:
    """Every export of all tenants that the session sees."""
    return [ExportRow(**row._mapping) for row in session.execute(text(_EXPORT + "order by x.asked_at"))]


def set_document(session: Session, export_id: UUID, sha256: str) -> None:
    """Note the digest of a PDF, once; the caller holds the export and seals it anew."""
    session.execute(
        update(EXPORTS)
        .where(EXPORTS.c.id == export_id, EXPORTS.c.document_sha256.is_(None))
        .values(document_sha256=sha256)
    )


def set_seal(session: Session, export_id: UUID, seal: ActSeal) -> None:
    """Put the finance unit's seal on an export as it stands."""
    session.execute(
        update(EXPORTS).where(EXPORTS.c.id == export_id).values(seal_key_id=seal.key_id, seal=seal.signature)
    )


def _one(session: Session, export_id: UUID, tail: str) -> ExportRow:
    row = session.execute(text(_EXPORT + "where x.id = :id" + tail), {"id": export_id}).one_or_none()
    if row is None:
        raise NotFound("没有这次导出")
    return ExportRow(**row._mapping)
