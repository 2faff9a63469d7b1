"""What finance reports on: what was due and came in, what was not charged and why, what is unpaid how long, what went
back. Always item by item, so that whoever adds up keeps revenue apart from money that is only held."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

#: What a row is about, as it is found beside each amount.
BY: Final[Mapping[str, str]] = {
    "item": "''",
    "unit": "unit_code",
    "area": "area_code",
    "channel": "channel",
    "day": "to_char(day, 'YYYY-MM-DD')",
    "month": "to_char(day, 'YYYY-MM')",
}
#: Rows that a cursor brings at once.
BATCH: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectedRow:
    """One item of a unit, district, channel, day or month: 分, all positive.

    `open_fen` is what is unpaid by now of what was opened then; `back_fen` went back to payers or was paid out.
    """

    label: str
    item_code: str
    opened_fen: int
    voided_fen: int
    open_fen: int
    received_fen: int
    back_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotChargedRow:
    """Lines of one item that were not charged in full, by status, on bills of some days."""

    item_code: str
    status: str
    lines: int
    gross_fen: int
    reduction_fen: int
    subsidy_fen: int
    payable_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRow:
    """What is unpaid of one item and due on one day; `bills` have something of it."""

    due_on: date
    item_code: str
    bills: int
    open_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BackRow:
    """Refunds asked for in some days, by kind and state."""

    kind: str
    state: str
    count: int
    amount_fen: int
    interest_fen: int


def collected(session: Session, by: str, first: date, last: date) -> list[CollectedRow]:
    """What was due and came in between two days of the books. One query."""
    rows = session.execute(
        text(
            f"with each as ({_MOVED}) select {BY[by]} as label, item_code, "  # noqa: S608 one of the expressions above
            "sum(opened_fen)::bigint as opened_fen, sum(voided_fen)::bigint as voided_fen, "
            "sum(open_fen)::bigint as open_fen, sum(received_fen)::bigint as received_fen, "
            "sum(back_fen)::bigint as back_fen from each group by 1, 2 "
            "having bool_or(opened_fen <> 0 or voided_fen <> 0 or received_fen <> 0 or back_fen <> 0) order by 1, 2"
        ),
        {"first": first, "last": last},
    )
    return [CollectedRow(**row._mapping) for row in rows]


def not_charged(session: Session, first: date, last: date) -> list[NotChargedRow]:
    """Lines on bills of some days that came to less than their standard, or to nothing. One query."""
    rows = session.execute(
        text(
            "select f.item_code, f.status, count(*)::int as lines, sum(f.gross_fen)::bigint as gross_fen, "
            "sum(f.reduction_fen)::bigint as reduction_fen, sum(f.subsidy_fen)::bigint as subsidy_fen, "
            "sum(f.payable_fen)::bigint as payable_fen from bill b join bill_line l on l.bill_id = b.id "
            "join fee_line f on f.id = l.fee_line_id where b.booked_on between :first and :last "
            "and b.status <> 'void' and b.kind in ('original', 'reissue') "
            "and (f.status <> 'payable' or f.reduction_fen > 0 or f.subsidy_fen > 0) group by 1, 2 order by 1, 2"
        ),
        {"first": first, "last": last},
    )
    return [NotChargedRow(**row._mapping) for row in rows]


def unpaid(session: Session) -> list[OpenRow]:
    """What is unpaid now, by the day that it is or was due. One query."""
    return [OpenRow(**row._mapping) for row in session.execute(text(_UNPAID))]


def refunds(session: Session, first: date, last: date) -> list[BackRow]:
    """Refunds by kind and state. One query."""
    rows = session.execute(
        text(
            "select kind, state, count(*)::int as count, sum(amount_fen)::bigint as amount_fen, "
            "sum(interest_fen)::bigint as interest_fen from refund where asked_on between :first and :last "
            "group by 1, 2 order by 1, 2"
        ),
        {"first": first, "last": last},
    )
    return [BackRow(**row._mapping) for row in rows]


def bills(session: Session, first: date, last: date, state: str = "") -> Iterator[Any]:
    """Every bill that was issued between two days, by number, through a cursor: one batch is in memory at a time."""
    return _streamed(session, _BILLS, {"first": first, "last": last, "state": state})


def count_bills(session: Session, first: date, last: date, state: str = "") -> int:
    """How many `bills` gives."""
    return _count(session, _BILLS, {"first": first, "last": last, "state": state})


def postings(session: Session, first: date, last: date) -> Iterator[Any]:
    """Every leg between two days of the books, in order, through a cursor."""
    return _streamed(session, _POSTINGS, {"first": first, "last": last})


def count_postings(session: Session, first: date, last: date) -> int:
    """How many `postings` gives."""
    return _count(session, _POSTINGS, {"first": first, "last": last})


def _streamed(session: Session, query: str, values: Mapping[str, Any]) -> Iterator[Any]:
    # For this statement alone: the transaction goes on to write.
    yield from session.execute(text(query), values, execution_options={"stream_results": True, "yield_per": BATCH})


def _count(session: Session, query: str, values: Mapping[str, Any]) -> int:
    plain = query.partition("order by")[0]
    count: int = session.execute(
        text(f"select count(*) from ({plain}) counted"),  # noqa: S608 one of the queries below
        values,
    ).scalar_one()
    return count


#: What is unpaid of a line of an open bill.
_LEFT = (
    "(l.due_fen - coalesce((select sum(s.amount_fen) from payment_share s "
    "where s.bill_id = l.bill_id and s.seq = l.seq), 0))"
)

_UNPAID = f"""
    select b.due_on, l.item_code, count(distinct b.id)::int as bills, sum({_LEFT})::bigint as open_fen
      from bill b join bill_line l on l.bill_id = b.id
     where b.status in ('issued', 'part_paid') and {_LEFT} > 0 group by 1, 2 order by 1, 2
"""  # noqa: S608 the expression is the one above

_MOVED = f"""
    select l.item_code, l.unit_code, a.area_code, '' as channel, b.booked_on as day, l.due_fen as opened_fen,
           0 as voided_fen, case when b.status in ('issued', 'part_paid') then {_LEFT} else 0 end as open_fen,
           0 as received_fen, 0 as back_fen
      from bill b join bill_line l on l.bill_id = b.id join application a on a.id = b.application_id
     where b.booked_on between :first and :last
    union all
    select l.item_code, l.unit_code, a.area_code, '', b.void_booked_on, 0, l.due_fen, 0, 0, 0
      from bill b join bill_line l on l.bill_id = b.id join application a on a.id = b.application_id
     where b.void_booked_on between :first and :last
    union all
    select p.item_code, coalesce(f.unit_code, i.owner_unit), coalesce(a.area_code, ''),
           coalesce(m.provider || ' ' || m.channel, ''), e.booked_on, 0, 0, 0,
           case when e.kind in ('payment', 'payment_reversal') then -p.amount_fen else 0 end,
           case when e.kind = 'refund' and p.amount_fen > 0 then p.amount_fen else 0 end
      from ledger_entry e join ledger_posting p on p.entry_id = e.id
      join fee_item i on i.tenant_id = p.tenant_id and i.code = p.item_code
      left join fee_line f on f.id = p.fee_line_id left join bill b on b.id = e.bill_id
      left join application a on a.id = b.application_id left join payment m on m.id = e.payment_id
     where e.booked_on between :first and :last and e.kind in ('payment', 'payment_reversal', 'refund')
       and p.account in ('treasury', 'agency', 'deposit')
"""  # noqa: S608 the fragment is the one above

_BILLS = """
    select b.number, a.number as application_number, a.project_code, a.project_name, a.area_code, b.payer,
           b.payer_name, b.payer_uscc, b.payment_code, b.status, b.issued_on, b.due_on, b.paid_at, b.total_fen,
           b.paid_fen, r.code as receipt_code, r.number as receipt_number, s.treasury_fen, s.agency_fen, s.deposit_fen
      from bill b join application a on a.id = b.application_id
      left join receipt r on r.bill_id = b.id and r.kind = 'receipt' and r.state = 'normal'
     cross join lateral (
       select coalesce(sum(l.due_fen) filter (where i.nature in ('government_fund', 'administrative_charge')), 0)
                ::bigint as treasury_fen,
              coalesce(sum(l.due_fen) filter (where i.nature = 'agency_collection'), 0)::bigint as agency_fen,
              coalesce(sum(l.due_fen) filter (where i.nature = 'deposit'), 0)::bigint as deposit_fen
         from bill_line l join fee_item i on i.tenant_id = l.tenant_id and i.code = l.item_code
        where l.bill_id = b.id) s
     where b.issued_on between :first and :last and (:state = '' or b.status = :state)
     order by b.issued_on, b.number, b.id
"""

_POSTINGS = """
    select e.booked_on, e.occurred_at, e.kind, e.key, p.account, p.item_code, p.amount_fen, b.number as bill_number,
           b.payer_name, m.provider, m.provider_txn_id
      from ledger_entry e join ledger_posting p on p.entry_id = e.id left join bill b on b.id = e.bill_id
      left join payment m on m.id = e.payment_id
     where e.booked_on between :first and :last
     order by e.booked_on, e.recorded_at, e.id, p.seq
"""
