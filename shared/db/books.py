"""The books: entries with their postings, added and never changed, on days that are not closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from shared.db import setwise
from shared.db.tables.columns import table
from shared.db.tables.money import LedgerEntry, LedgerPosting

ENTRIES = table(LedgerEntry)
POSTINGS = table(LedgerPosting)

#: The relation `moved`: what a closed day was closed on as one row of kind '' each, and every leg booked since.
#: Frozen balances stand for the years before them, so that a day's sums do not read the whole books.
_MOVED = """
    closed as (select last_on, figures->'balances' as balances from period
                where kind = 'day' and state <> 'reopened' {which} order by last_on desc limit 1),
    moved as (select c.last_on as booked_on, '' as kind, b->>'account' as account, b->>'item_code' as item_code,
                     cast(b->>'closing_fen' as bigint) as amount_fen
                from closed c cross join lateral jsonb_array_elements(c.balances) b
               union all
              select e.booked_on, e.kind, p.account, coalesce(p.item_code, ''), p.amount_fen
                from ledger_entry e join ledger_posting p on p.entry_id = e.id
               where e.booked_on > coalesce((select last_on from closed), '-infinity'))
"""
#: From the last closed day on, and from the last one that lies before `:first`.
BALANCES_SINCE_CLOSE = _MOVED.format(which="")
BALANCES_BEFORE = _MOVED.format(which="and last_on < :first")


@dataclass(frozen=True, slots=True)
class NewPosting:
    """One leg of an entry: debit positive, credit negative."""

    account: str
    amount_fen: int
    item_code: str | None = None
    fee_line_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """One business act for the books; `key` makes a repeat recognisable, `reverses` names what it takes back."""

    kind: str
    key: str
    postings: tuple[NewPosting, ...]
    booked_on: date
    occurred_at: datetime
    bill_id: UUID | None = None
    payment_id: UUID | None = None
    reverses: UUID | None = None


def open_day(session: Session, tenant: str, day: date) -> date:
    """`day`, or the day after the last closed one: what belongs to a closed day is booked on it.

    The day stays open until the transaction ends, so nobody closes it meanwhile.
    """
    found: date = session.execute(
        text("select open_day(:tenant, :day)"),
        {"tenant": tenant, "day": day},
    ).scalar_one()
    return found


def hold(session: Session, tenant: str) -> None:
    """Wait for everybody who is booking, and let nobody book until the transaction ends: for closing a period."""
    session.execute(
        text("select pg_advisory_xact_lock(hashtext('books'), hashtext(:tenant))"),
        {"tenant": tenant},
    )


def balances(session: Session) -> dict[tuple[str, str], int]:
    """What stands on every account and item now, debit positive; accounts that are even are left out. One query."""
    rows = session.execute(
        text(
            f"with {BALANCES_SINCE_CLOSE} select account, item_code, sum(amount_fen) as amount_fen from moved "  # noqa: S608 the fragment is the one above
            "group by 1, 2 having sum(amount_fen) <> 0"
        )
    )
    return {(row.account, row.item_code): int(row.amount_fen) for row in rows}


def balance_fen(session: Session, tenant: str, account: str, item_code: str) -> int:
    """Debits less credits of an account for one fee item."""
    found = session.execute(
        select(func.coalesce(func.sum(POSTINGS.c.amount_fen), 0)).where(
            POSTINGS.c.tenant_id == tenant, POSTINGS.c.account == account, POSTINGS.c.item_code == item_code
        )
    ).scalar_one()
    return int(found)


def post(session: Session, tenant: str, new: Sequence[NewEntry]) -> list[UUID]:
    """Add entries with their legs; gives their ids. The database refuses what does not balance or is on a closed day,
    and a second entry of the same kind and key."""
    ids = [uuid4() for _ in new]
    setwise.insert_rows(
        session,
        ENTRIES,
        [
            {
                "id": entry_id,
                "tenant_id": tenant,
                "kind": entry.kind,
                "key": entry.key,
                "bill_id": entry.bill_id,
                "payment_id": entry.payment_id,
                "reverses": entry.reverses,
                "booked_on": entry.booked_on,
                "occurred_at": entry.occurred_at,
            }
            for entry_id, entry in zip(ids, new, strict=True)
        ],
    )
    setwise.insert_rows(
        session,
        POSTINGS,
        [
            {
                "entry_id": entry_id,
                "seq": seq,
                "tenant_id": tenant,
                "account": posting.account,
                "item_code": posting.item_code,
                "fee_line_id": posting.fee_line_id,
                "amount_fen": posting.amount_fen,
            }
            for entry_id, entry in zip(ids, new, strict=True)
            for seq, posting in enumerate(entry.postings, start=1)
        ],
    )
    return ids
