"""Banks' files and their lines as rows: imported whole or not at all, each movement once whatever file it comes in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from shared.db import setwise
from shared.db.tables.columns import table
from shared.db.tables.reconciliation import StatementFile, StatementLine

FILES = table(StatementFile)
LINES = table(StatementLine)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """A file that was imported."""

    id: UUID
    provider: str
    format: str
    file_name: str
    sha256: str
    account: str
    first_on: date
    last_on: date
    lines: int
    opening_fen: int
    credits_fen: int
    debits_fen: int
    closing_fen: int
    imported_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow:
    """A movement that nothing was matched with yet."""

    file_id: UUID
    line_no: int
    provider: str
    bank_reference: str
    booked_on: date
    booked_at: datetime
    amount_fen: int
    payment_code: str
    payer_name: str
    payer_account: str
    words: str


_FILE = [FILES.c[name] for name in FileRow.__dataclass_fields__]
_LINE = [LINES.c[name] for name in LineRow.__dataclass_fields__]


def take_turns(session: Session, tenant: str) -> None:
    """Import one file after the other in a city, so that a movement in two files is seen by the second."""
    session.execute(text("select pg_advisory_xact_lock(hashtext('statements:' || :tenant))"), {"tenant": tenant})


def find_file(session: Session, sha256: str) -> FileRow | None:
    """The file with these bytes, whatever it is called."""
    row = session.execute(select(*_FILE).where(FILES.c.sha256 == sha256)).one_or_none()
    return FileRow(**row._mapping) if row else None


def load_file(session: Session, file_id: UUID) -> FileRow | None:
    """One file."""
    row = session.execute(select(*_FILE).where(FILES.c.id == file_id)).one_or_none()
    return FileRow(**row._mapping) if row else None


def last_of_account(session: Session, *, provider: str, account: str, format: str, before: date) -> FileRow | None:
    """The file of an account that ends last before a day, of one format: a channel tells of orders and of money."""
    row = session.execute(
        select(*_FILE)
        .where(FILES.c.provider == provider, FILES.c.account == account, FILES.c.last_on < before)
        .where(FILES.c.format == format)
        .order_by(FILES.c.last_on.desc(), FILES.c.imported_at.desc())
        .limit(1)
    ).one_or_none()
    return FileRow(**row._mapping) if row else None


def add_file(session: Session, tenant: str, **values: Any) -> None:
    """Add a file; the same bytes twice are a unique violation."""
    session.execute(insert(FILES).values(tenant_id=tenant, **values))


def known_digests(session: Session, digests: Sequence[bytes]) -> dict[bytes, tuple[str, int]]:
    """Which movements were imported before: by digest, the file's name and the line there."""
    rows = session.execute(
        text(
            "select l.digest, f.file_name, l.line_no from jsonb_array_elements_text(cast(:digests as jsonb)) as d(hex) "
            "join statement_line l on l.tenant_id = current_setting('yidan.tenant', true) "
            "and l.digest = decode(d.hex, 'hex') join statement_file f on f.id = l.file_id"
        ),
        {"digests": "[" + ",".join(f'"{each.hex()}"' for each in digests) + "]"},
    )
    return {bytes(row.digest): (row.file_name, row.line_no) for row in rows}


def add_lines(session: Session, rows: Iterable[Mapping[str, Any]]) -> None:
    """Add movements of a file; one that came before is a unique violation."""
    setwise.insert_rows(session, LINES, list(rows))


def open_lines(session: Session, file_id: UUID, *, at_once: int) -> Iterator[list[LineRow]]:
    """The movements of a file that nothing was matched with, some at a time, in their order."""
    last = -1
    while True:
        rows = session.execute(
            select(*_LINE)
            .where(LINES.c.file_id == file_id, LINES.c.state == "open", LINES.c.line_no > last)
            .order_by(LINES.c.line_no)
            .limit(at_once)
        ).all()
        if not rows:
            return
        last = rows[-1].line_no
        yield [LineRow(**row._mapping) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class PayOut:
    """Money that left a channel's account for the bank's, as the channel tells it."""

    file_id: UUID
    line_no: int
    provider: str
    file_name: str
    amount_fen: int
    booked_on: date


def pay_outs(session: Session, amounts: Iterable[int]) -> list[PayOut]:
    """What channels have paid out in these amounts and no bank's statement shows yet, the oldest first."""
    rows = session.execute(
        text(
            "select l.file_id, l.line_no, l.provider, f.file_name, -l.amount_fen as amount_fen, l.booked_on "
            "from statement_line l join statement_file f on f.id = l.file_id "
            "where f.format = 'wechat_fund' and l.state = 'open' and -l.amount_fen = any(:amounts) "
            "order by l.booked_on, l.file_id, l.line_no"
        ),
        {"amounts": list(amounts)},
    )
    return [PayOut(**row._mapping) for row in rows]


def settle(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write what became of movements: file_id, line_no, state, rule, why, payment_id."""
    if not rows:
        return
    names = ("file_id", "line_no", "state", "rule", "why", "payment_id")
    session.execute(
        text(
            "update statement_line l set state = new.state, rule = new.rule, why = new.why, "  # noqa: S608 made here
            f"payment_id = new.payment_id from {setwise.source(LINES, names)} "
            "where l.file_id = new.file_id and l.line_no = new.line_no"
        ),
        {"rows": setwise.as_json([{name: row.get(name) for name in names} for row in rows])},
    )
