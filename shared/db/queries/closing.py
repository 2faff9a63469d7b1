"""What a day is closed on, read from the books and the rows beside them, and what stands in the way of closing it.

A day's figures are those of the open days since the last closed one that end with it: nothing can be booked before
the last closed day, and days on which nothing happened need no closing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.db import transfers
from shared.db.books import BALANCES_SINCE_CLOSE
from shared.db.queries.differences import differences
from shared.domain import closing
from shared.domain.closing import Difference, Figures, Gap, Hindrance, Movement, Named, Passed, Run, Share

#: What no reason can explain away.
MUST_SETTLE = ("earlier_day", "unbalanced", "books_differ")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDay:
    """A day that is not closed, with what happened on it."""

    day: date
    opened_fen: int
    received_fen: int
    entries: int


def figures(session: Session, day: date) -> Figures:
    """The figures of a day that is not closed, as they stand now. Six queries, one more for a gap in the receipts."""
    opening, movements = _moved(session, day)
    bills, shares = _shares(session, day)
    runs, gaps = _receipts(session, day)
    return Figures(
        bills_opened=bills[0],
        bills_voided=bills[1],
        shares=shares,
        sources=closing.sources(movements),
        balances=closing.balances(opening, movements),
        transfers=_transfers(session, day),
        runs=runs,
        gaps=gaps,
        differences=differences(session, day),
    )


def open_days(session: Session, *, until: date) -> list[OpenDay]:
    """Days after the last closed one, up to a day, on which something was booked; the oldest first. One query."""
    rows = session.execute(
        text(
            "with closed as (select coalesce(max(last_on), '-infinity') as last_on from period "
            "where state <> 'reopened'), happened as ("
            "select b.booked_on as day, b.total_fen as opened_fen, 0 as received_fen, 0 as entries from bill b "
            "where b.booked_on > (select last_on from closed) "
            "union all select b.void_booked_on, -b.total_fen, 0, 0 from bill b "
            "where b.void_booked_on > (select last_on from closed) "
            "union all select r.booked_on, 0, 0, 0 from receipt r where r.booked_on > (select last_on from closed) "
            "union all select e.booked_on, 0, coalesce((select -sum(p.amount_fen) from ledger_posting p "
            "where p.entry_id = e.id and p.account in ('treasury', 'agency', 'deposit') "
            "and e.kind in ('payment', 'payment_reversal')), 0), 1 from ledger_entry e "
            "where e.booked_on > (select last_on from closed)) "
            "select day, sum(opened_fen)::bigint as opened_fen, sum(received_fen)::bigint as received_fen, "
            "sum(entries)::int as entries from happened where day <= :until group by day order by day"
        ),
        {"until": until},
    )
    return [OpenDay(**row._mapping) for row in rows]


def hindrances(session: Session, day: date, found: Figures, kinds: Sequence[str]) -> tuple[Hindrance, ...]:
    """What is still open of a day, by kind; `kinds` are the cases that finance looks after. Two queries."""
    by_kind: dict[str, list[Named]] = {}
    for row in session.execute(text(_OPEN), {"day": day, "kinds": list(kinds)}):
        by_kind.setdefault(row.kind, []).append(
            Named(reference=row.reference, amount_fen=row.amount_fen, note=row.note)
        )
    if found.imbalance_fen:
        by_kind["unbalanced"] = [Named(reference="", amount_fen=found.imbalance_fen, note="")]
    for each in transfers.held(session, day):
        by_kind.setdefault("to_pass_on", []).append(
            Named(reference=each.item_code, amount_fen=each.amount_fen, note=each.account)
        )
    for gap in found.gaps:
        by_kind.setdefault("receipt_gap", []).append(
            Named(reference=f"{gap.code}-{gap.first}–{gap.last}", amount_fen=0, note=gap.why)
        )
    for difference in found.differences:
        by_kind.setdefault(difference.kind, []).append(_named(difference))
    return tuple(
        Hindrance(kind=kind, items=tuple(by_kind[kind]), must_settle=kind in MUST_SETTLE)
        for kind in KINDS
        if kind in by_kind
    )


#: Every kind of hindrance, in the order in which they are listed.
KINDS = (
    *MUST_SETTLE,
    "callback_waiting",
    "not_in_books",
    "not_on_statement",
    "statement_missing",
    "suspense",
    "attention",
    "without_receipt",
    "receipt_gap",
    "refund_waiting",
    "transfer_waiting",
    "to_pass_on",
)

_OPEN = """
    with last as (select coalesce(max(last_on), '-infinity') as closed_on from period where state <> 'reopened')
    select 'earlier_day' as kind, d.day::text as reference, 0::bigint as amount_fen, '' as note
      from last cross join lateral (
        select b.booked_on as day from bill b where b.booked_on > last.closed_on and b.booked_on < :day
        union select b.void_booked_on from bill b where b.void_booked_on > last.closed_on and b.void_booked_on < :day
        union select r.booked_on from receipt r where r.booked_on > last.closed_on and r.booked_on < :day
        union select e.booked_on from ledger_entry e where e.booked_on > last.closed_on and e.booked_on < :day) d
    union all
    select 'books_differ', '', sum(d.fen)::bigint, '' from (
      select p.amount_fen + coalesce(c.amount_fen, 0) - (select coalesce(sum(g.amount_fen), 0) from ledger_posting g
             where g.entry_id = e.id and g.amount_fen > 0) as fen
        from ledger_entry e join payment p on p.id = e.payment_id left join credit c on c.payment_id = p.id, last
       where e.kind = 'payment' and e.booked_on > last.closed_on and e.booked_on <= :day) d having sum(abs(d.fen)) <> 0
    union all
    select 'callback_waiting', i.provider || ' ' || i.key, 0, '' from callback_inbox i where i.outcome = 'received'
    union all
    select 'statement_missing', s.provider, s.amount_fen, '' from (
      select substr(g.account, 9) as provider, e.booked_on, sum(g.amount_fen)::bigint as amount_fen
        from ledger_entry e join ledger_posting g on g.entry_id = e.id, last
       where g.account like 'channel:%' and e.kind in ('payment', 'suspense')
         and e.booked_on > last.closed_on and e.booked_on <= :day group by 1, 2) s
     where not exists (select from statement_file f where f.provider = s.provider and f.format <> 'wechat_fund'
                       and s.booked_on between f.first_on and f.last_on)
    union all
    select 'suspense', s.provider || ' ' || s.bank_reference, s.amount_fen, s.why from suspense s
     where s.state in ('open', 'claimed', 'returning') and (s.came_at at time zone 'Asia/Shanghai')::date <= :day
    union all
    select 'attention', c.kind || ' ' || c.key, 0, c.reason from case_item c
     where c.closed_at is null and c.kind = any(:kinds)
    union all
    select 'without_receipt', b.number, b.total_fen, b.payer_name from bill b
     where b.status = 'paid' and (b.paid_at at time zone 'Asia/Shanghai')::date <= :day
       and not exists (select from receipt r where r.bill_id = b.id and r.kind = 'receipt' and r.state = 'normal')
    union all
    select 'refund_waiting', f.number, f.amount_fen, f.payee_name from refund f
     where f.state in ('asked', 'approved', 'sent') and (f.asked_at at time zone 'Asia/Shanghai')::date <= :day
    union all
    select 'transfer_waiting', t.number, t.amount_fen, t.item_code from transfer t
     where t.state = 'proposed' and t.day <= :day
    order by 1, 2
"""

_MOVED = f"""
    with {BALANCES_SINCE_CLOSE}
    select account, item_code, kind, booked_on = :day and kind <> '' as is_of_the_day,
           coalesce(sum(amount_fen) filter (where amount_fen > 0), 0)::bigint as debit_fen,
           coalesce(sum(amount_fen) filter (where amount_fen < 0), 0)::bigint as credit_fen, count(*)::int as entries
      from moved where booked_on <= :day group by 1, 2, 3, 4
"""  # noqa: S608 the fragment is that of the books

_SHARES = """
    select item_code, unit_code, area_code, sum(opened_fen)::bigint as opened_fen,
           sum(voided_fen)::bigint as voided_fen, sum(received_fen)::bigint as received_fen
      from (
        select l.item_code, l.unit_code, a.area_code,
               case when b.booked_on = :day then l.due_fen else 0 end as opened_fen,
               case when b.void_booked_on = :day then l.due_fen else 0 end as voided_fen, 0 as received_fen
          from bill b join bill_line l on l.bill_id = b.id join application a on a.id = b.application_id
         where b.booked_on = :day or b.void_booked_on = :day
        union all
        select p.item_code, coalesce(f.unit_code, ''), coalesce(a.area_code, ''), 0, 0, -p.amount_fen
          from ledger_entry e join ledger_posting p on p.entry_id = e.id
          left join fee_line f on f.id = p.fee_line_id left join bill b on b.id = e.bill_id
          left join application a on a.id = b.application_id
         where e.booked_on = :day and e.kind in ('payment', 'payment_reversal')
           and p.account in ('treasury', 'agency', 'deposit')) each
     group by 1, 2, 3 having sum(opened_fen) <> 0 or sum(voided_fen) <> 0 or sum(received_fen) <> 0 order by 1, 2, 3
"""

_RUNS = """
    select code, min(number) as first, max(number) as last, count(*)::int as count,
           (count(*) filter (where kind = 'reversal'))::int as reversals
      from (select code, number, kind, number::bigint - row_number() over (partition by code order by number) as island
              from receipt where booked_on = :day) r
     group by code, island order by code, min(number)
"""

_GAPS = """
    with here as (select code, number::bigint as number from receipt where booked_on = :day),
    before as (select h.code, min(h.number) as first, max(h.number) as last,
                      coalesce((select max(r.number::bigint) from receipt r
                                 where r.code = h.code and r.booked_on < :day), 0) as told from here h group by h.code),
    missing as (select b.code, n as number from before b, generate_series(least(b.told + 1, b.first), b.last) n
                 where not exists (select from here h where h.code = b.code and h.number = n))
    select m.code, m.number, r.booked_on from missing m
      left join receipt r on r.code = m.code and r.number = lpad(m.number::text, 10, '0')
     where r.booked_on is null or r.booked_on > :day order by m.code, m.number
"""


def _moved(session: Session, day: date) -> tuple[dict[tuple[str, str], int], list[Movement]]:
    opening: dict[tuple[str, str], int] = {}
    movements = []
    for row in session.execute(text(_MOVED), {"day": day}):
        if row.is_of_the_day:
            names = Movement.__dataclass_fields__
            movements.append(Movement(**{name: row._mapping[name] for name in names}))
        else:
            key = (row.account, row.item_code)
            opening[key] = opening.get(key, 0) + row.debit_fen + row.credit_fen
    return opening, movements


def _shares(session: Session, day: date) -> tuple[tuple[int, int], tuple[Share, ...]]:
    counted = session.execute(
        text(
            "select (select count(*) from bill where booked_on = :day) as opened, "
            "(select count(*) from bill where void_booked_on = :day) as voided"
        ),
        {"day": day},
    ).one()
    rows = session.execute(text(_SHARES), {"day": day})
    return (counted.opened, counted.voided), tuple(Share(**row._mapping) for row in rows)


def _transfers(session: Session, day: date) -> tuple[Passed, ...]:
    rows = session.execute(
        text(
            "select t.number, t.account, t.item_code, t.amount_fen from ledger_entry e "
            "join transfer t on t.id::text = e.key where e.kind = 'transfer' and e.booked_on = :day order by t.number"
        ),
        {"day": day},
    )
    return tuple(Passed(**row._mapping) for row in rows)


def _receipts(session: Session, day: date) -> tuple[tuple[Run, ...], tuple[Gap, ...]]:
    runs = tuple(Run(**row._mapping) for row in session.execute(text(_RUNS), {"day": day}))
    if not runs:
        return (), ()
    return runs, tuple(_gap(row.code, row.number, row.booked_on) for row in session.execute(text(_GAPS), {"day": day}))


def _gap(code: str, running: int, booked_on: date | None) -> Gap:
    number = f"{running:010d}"
    why = f"记入 {booked_on.isoformat()}" if booked_on else "缺号"
    return Gap(code=code, first=number, last=number, why=why)


def _named(difference: Difference) -> Named:
    return Named(
        reference=f"{difference.provider} {difference.reference}",
        amount_fen=difference.amount_fen,
        note=difference.why,
    )
