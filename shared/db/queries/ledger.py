"""What finance reads of the books: what stands on every account at any day, the legs behind it, one entry whole, and
the bill's line that a leg is about with everything it was computed from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.db.books import BALANCES_BEFORE
from shared.domain.accounts import place
from shared.domain.errors import NotFound
from shared.domain.lines import Line

PAGE_ROWS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRow:
    """One account and item from one day to another: 分, debit positive; `entries` are those that moved it."""

    account: str
    item_code: str
    opening_fen: int
    debit_fen: int
    credit_fen: int
    entries: int

    @property
    def closing_fen(self) -> int:
        return self.opening_fen + self.debit_fen + self.credit_fen


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialBalance:
    """The books from one day to another; the sums are 0 as long as the books are whole."""

    first: date
    last: date
    rows: tuple[TrialRow, ...]

    @property
    def opening_fen(self) -> int:
        return sum(row.opening_fen for row in self.rows)

    @property
    def debit_fen(self) -> int:
        return sum(row.debit_fen for row in self.rows)

    @property
    def credit_fen(self) -> int:
        return sum(row.credit_fen for row in self.rows)

    @property
    def closing_fen(self) -> int:
        return sum(row.closing_fen for row in self.rows)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of legs ends: the next one begins after it, whatever was booked meanwhile."""

    booked_on: date
    recorded_at: datetime
    entry_id: UUID
    seq: int

    def __str__(self) -> str:
        return f"{self.booked_on}~{self.recorded_at.isoformat()}~{self.entry_id}~{self.seq}"

    @classmethod
    def parse(cls, said: str) -> Place | None:
        """Read what `str` wrote; None for anything else."""
        parts = said.split("~")
        try:
            booked_on, recorded_at, entry_id, seq = parts
            return cls(
                date.fromisoformat(booked_on), datetime.fromisoformat(recorded_at), UUID(entry_id), int(seq) % 2**31
            )
        except ValueError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegRow:
    """One leg with its entry, and the bill that it is about if it is about one; 分, debit positive."""

    entry_id: UUID
    seq: int
    kind: str
    booked_on: date
    occurred_at: datetime
    recorded_at: datetime
    account: str
    item_code: str
    amount_fen: int
    bill_id: UUID | None
    bill_number: str
    payer_name: str
    line_seq: int | None

    @property
    def place(self) -> Place:
        return Place(self.booked_on, self.recorded_at, self.entry_id, self.seq)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """One entry with its legs, what it takes back and what takes it back."""

    id: UUID
    kind: str
    key: str
    booked_on: date
    occurred_at: datetime
    recorded_at: datetime
    bill_id: UUID | None
    bill_number: str
    project_name: str
    payer_name: str
    provider: str
    provider_txn_id: str
    channel: str
    reverses: UUID | None
    reversed_by: UUID | None
    legs: tuple[LegRow, ...]

    @property
    def sum_fen(self) -> int:
        return sum(leg.amount_fen for leg in self.legs)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """One line of a bill: what it was computed from, by which version under which document, and who answered for it.

    `version_from` is None where the line was computed by no version; `papers` are those of the application.
    """

    bill_id: UUID
    bill_number: str
    seq: int
    application_number: str
    project_name: str
    payer_name: str
    item_code: str
    unit_code: str
    due_fen: int
    paid_fen: int
    fee_line_id: UUID
    line: Line
    is_sealed: bool
    confirmed_by: str
    confirmed_at: datetime | None
    accepted_on: date
    version_from: date | None
    version_to: date | None
    version_documents: tuple[str, ...]
    papers: tuple[Mapping[str, Any], ...]
    documents: tuple[Mapping[str, Any], ...]
    legs: tuple[LegRow, ...]


def trial_balance(session: Session, first: date, last: date) -> TrialBalance:
    """Every account and item that stands or was moved between two days, in the order of the chart. One query."""
    rows = session.execute(
        text(
            f"with {BALANCES_BEFORE} select account, item_code, "  # noqa: S608 the fragment is that of the books
            "coalesce(sum(amount_fen) filter (where kind = '' or booked_on < :first), 0)::bigint as opening_fen, "
            "coalesce(sum(amount_fen) filter (where kind <> '' and booked_on >= :first and amount_fen > 0), 0)::bigint "
            "as debit_fen, "
            "coalesce(sum(amount_fen) filter (where kind <> '' and booked_on >= :first and amount_fen < 0), 0)::bigint "
            "as credit_fen, count(*) filter (where kind <> '' and booked_on >= :first)::int as entries "
            "from moved where booked_on <= :last group by 1, 2"
        ),
        {"first": first, "last": last},
    )
    found = [TrialRow(**row._mapping) for row in rows]
    return TrialBalance(
        first=first,
        last=last,
        rows=tuple(
            sorted(
                (row for row in found if row.opening_fen or row.entries),
                key=lambda row: (place(row.account), row.item_code),
            )
        ),
    )


def legs(
    session: Session, *, account: str, item_code: str | None, first: date, last: date, after: Place | None = None
) -> tuple[tuple[LegRow, ...], Place | None]:
    """Legs of an account, the latest first, and where the next page begins if there is one. One query.

    `item_code` "" are legs that are for no single item; None is every item.
    """
    rows = session.execute(
        text(
            _LEGS + "where e.booked_on between :first and :last and p.account = :account "
            "and (cast(:item as text) is null or coalesce(p.item_code, '') = :item) "
            + ("and (e.booked_on, e.recorded_at, e.id, p.seq) < (:day, :at, :entry, :seq) " if after else "")
            + "order by e.booked_on desc, e.recorded_at desc, e.id desc, p.seq desc limit :limit"
        ),
        {
            "account": account,
            "item": item_code,
            "first": first,
            "last": last,
            "limit": PAGE_ROWS + 1,
            **(
                {"day": after.booked_on, "at": after.recorded_at, "entry": after.entry_id, "seq": after.seq}
                if after
                else {}
            ),
        },
    )
    found = tuple(LegRow(**row._mapping) for row in rows)
    return found[:PAGE_ROWS], found[PAGE_ROWS - 1].place if len(found) > PAGE_ROWS else None


def entry(session: Session, entry_id: UUID) -> EntryView:
    """One entry whole; raises `NotFound`. Two queries."""
    head = session.execute(
        text(
            "select e.id, e.kind, e.key, e.booked_on, e.occurred_at, e.recorded_at, e.bill_id, "
            "coalesce(b.number, '') as bill_number, coalesce(a.project_name, '') as project_name, "
            "coalesce(b.payer_name, '') as payer_name, coalesce(m.provider, '') as provider, "
            "coalesce(m.provider_txn_id, '') as provider_txn_id, coalesce(m.channel, '') as channel, e.reverses, "
            "(select r.id from ledger_entry r where r.reverses = e.id) as reversed_by "
            "from ledger_entry e left join bill b on b.id = e.bill_id left join payment m on m.id = e.payment_id "
            "left join application a on a.id = b.application_id where e.id = :id"
        ),
        {"id": entry_id},
    ).one_or_none()
    if head is None:
        raise NotFound("没有这笔分录")
    rows = session.execute(text(_LEGS + "where e.id = :id order by p.seq"), {"id": entry_id})
    return EntryView(**head._mapping, legs=tuple(LegRow(**row._mapping) for row in rows))


def line(session: Session, bill_id: UUID, seq: int) -> LineView:
    """One line of a bill with what it rests on; raises `NotFound`. Two queries."""
    found = session.execute(text(_LINE), {"bill": bill_id, "seq": seq}).one_or_none()
    if found is None:
        raise NotFound("没有这条收费明细")
    rows = session.execute(
        text(
            _LEGS + "where p.fee_line_id = :line and e.bill_id = :bill "
            "order by e.booked_on, e.recorded_at, e.id, p.seq limit :limit"
        ),
        {"line": found.fee_line_id, "bill": bill_id, "limit": PAGE_ROWS},
    )
    data = dict(found._mapping)
    return LineView(
        **data
        | {
            "line": Line.from_json(data["line"]),
            "version_documents": tuple(data["version_documents"]),
            "papers": tuple(data["papers"]),
            "documents": tuple(data["documents"]),
            "legs": tuple(LegRow(**row._mapping) for row in rows),
        }
    )


_LEGS = """
    select e.id as entry_id, p.seq, e.kind, e.booked_on, e.occurred_at, e.recorded_at, p.account,
           coalesce(p.item_code, '') as item_code, p.amount_fen, e.bill_id, coalesce(b.number, '') as bill_number,
           coalesce(b.payer_name, '') as payer_name,
           (select l.seq from bill_line l where l.bill_id = e.bill_id and l.fee_line_id = p.fee_line_id) as line_seq
      from ledger_entry e join ledger_posting p on p.entry_id = e.id left join bill b on b.id = e.bill_id
"""

_LINE = """
    select l.bill_id, b.number as bill_number, l.seq, a.number as application_number, a.project_name, b.payer_name,
           l.item_code, l.unit_code, l.due_fen, l.fee_line_id,
           said.line, f.seal is not null as is_sealed,
           coalesce(c.display_name, '') as confirmed_by, f.confirmed_at, a.accepted_on,
           coalesce((select sum(s.amount_fen) from payment_share s where s.bill_id = l.bill_id and s.seq = l.seq), 0)
             ::bigint as paid_fen,
           v.valid_from as version_from, v.valid_to as version_to,
           coalesce(v.data->'row'->'documents', '[]') as version_documents,
           (select coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'code', p.material_code, 'name', p.file_name)
                                      order by p.created_at, p.file_name), '[]')
              from attachment p where p.application_id = b.application_id and p.replaced_by is null) as papers,
           (select coalesce(jsonb_agg(jsonb_build_object('id', d.id, 'title', d.title,
                                                         'is_ready', d.sha256 is not null)
                                      order by d.requested_at, d.kind), '[]')
              from document d where d.subject_id = b.id
                or d.subject_id in (select r.id from receipt r where r.bill_id = b.id)) as documents
      from bill_line l join bill b on b.id = l.bill_id join application a on a.id = b.application_id
      join fee_line f on f.id = l.fee_line_id left join account c on c.id = f.confirmed_by
      cross join lateral (select case when l.line = '{}' then f.line else l.line end as line) said
      left join tariff_version v on v.tenant_id = l.tenant_id and v.item_code = l.item_code
                                and v.version = said.line->>'version'
     where l.bill_id = :bill and l.seq = :seq
"""
