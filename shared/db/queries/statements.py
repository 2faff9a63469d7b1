"""What finance reads of banks' files and of money in suspense."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.domain.errors import NotFound

#: Most rows of a page.
LIST_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """A file that was imported, with how many of its movements are where."""

    id: UUID
    provider: str
    format: str
    file_name: str
    account: str
    first_on: date
    last_on: date
    lines: int
    opening_fen: int
    credits_fen: int
    debits_fen: int
    closing_fen: int
    imported_by: str
    imported_at: datetime
    matched: int
    suspense: int
    open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveView:
    """One movement and what became of it."""

    line_no: int
    booked_at: datetime
    amount_fen: int
    payer_name: str
    words: str
    bank_reference: str
    state: str
    why: str
    bill_id: UUID | None
    bill_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AsideView:
    """Money in suspense; `bill_number` is what it is claimed for."""

    id: UUID
    provider: str
    bank_reference: str
    amount_fen: int
    payment_code: str
    payer_name: str
    payer_account: str
    why: str
    state: str
    came_at: datetime
    note: str
    bill_id: UUID | None
    bill_number: str
    claimed_by: str
    claimed_by_id: UUID | None
    confirmed_by: str


_FILE = (
    "select f.id, f.provider, f.format, f.file_name, f.account, f.first_on, f.last_on, f.lines, f.opening_fen, "
    "f.credits_fen, f.debits_fen, f.closing_fen, coalesce(p.display_name, '') as imported_by, f.imported_at, "
    "c.matched, c.suspense, c.open from statement_file f left join account p on p.id = f.imported_by "
    "cross join lateral (select count(*) filter (where state = 'matched') as matched, "
    "count(*) filter (where state = 'suspense') as suspense, count(*) filter (where state = 'open') as open "
    "from statement_line l where l.file_id = f.id) c"
)


def files(session: Session) -> list[FileView]:
    """The files, the latest first."""
    rows = session.execute(text(f"{_FILE} order by f.imported_at desc, f.id limit {LIST_MAX}"))
    return [FileView(**row._mapping) for row in rows]


def file(session: Session, file_id: UUID) -> FileView:
    """One file; raises `NotFound`."""
    row = session.execute(text(f"{_FILE} where f.id = :id"), {"id": file_id}).one_or_none()
    if row is None:
        raise NotFound("没有这份对账单")
    return FileView(**row._mapping)


def moves(session: Session, file_id: UUID) -> list[MoveView]:
    """The first movements of a file, those that nothing was matched with before the others."""
    rows = session.execute(
        text(
            "select l.line_no, l.booked_at, l.amount_fen, l.payer_name, l.words, l.bank_reference, l.state, l.why, "
            "p.bill_id, coalesce(b.number, '') as bill_number from statement_line l "
            "left join payment p on p.id = l.payment_id left join bill b on b.id = p.bill_id "
            "where l.file_id = :id order by l.state = 'matched', l.line_no limit :most"
        ),
        {"id": file_id, "most": LIST_MAX},
    )
    return [MoveView(**row._mapping) for row in rows]


_ASIDE = (
    "select s.id, s.provider, s.bank_reference, s.amount_fen, s.payment_code, s.payer_name, s.payer_account, "
    "s.why, s.state, s.came_at, s.note, s.bill_id, coalesce(b.number, '') as bill_number, "
    "coalesce(c.display_name, '') as claimed_by, s.claimed_by as claimed_by_id, "
    "coalesce(k.display_name, '') as confirmed_by from suspense s left join bill b on b.id = s.bill_id "
    "left join account c on c.id = s.claimed_by left join account k on k.id = s.confirmed_by "
)


def aside(session: Session) -> list[AsideView]:
    """Money in suspense, what waits first, the oldest first."""
    rows = session.execute(
        text(_ASIDE + "order by s.state in ('matched', 'returned'), s.came_at, s.id limit :most"), {"most": LIST_MAX}
    )
    return [AsideView(**row._mapping) for row in rows]


def one_aside(session: Session, suspense_id: UUID) -> AsideView:
    """One of them; raises `NotFound`."""
    row = session.execute(text(_ASIDE + "where s.id = :id"), {"id": suspense_id}).one_or_none()
    if row is None:
        raise NotFound("没有这笔待查款")
    return AsideView(**row._mapping)


def bill_named(session: Session, words: str) -> UUID | None:
    """The bill with this number or payment code."""
    found: UUID | None = session.execute(
        text("select id from bill where number = :words or payment_code = :words"), {"words": words}
    ).scalar_one_or_none()
    return found
