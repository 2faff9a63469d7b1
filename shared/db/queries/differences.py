"""What the banks' statements and the books do not say alike, up to a day: the one question that closing asks of
reconciliation. Only days that a statement covers can differ."""

from __future__ import annotations

from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.domain.closing import Difference

#: On the statement and not in the books (长款), and in the books and not on the statement (短款).
_OPEN = """
    select 'not_in_books' as kind, l.provider, l.bank_reference as reference, l.amount_fen,
           coalesce(nullif(l.why, ''), nullif(l.words, ''), l.payer_name) as why, l.booked_on
      from statement_line l where l.state = 'open' and l.booked_on <= :day
    union all
    select 'not_on_statement', came.provider, came.reference, -came.amount_fen, came.why, came.came_on
      from (select p.provider, p.provider_txn_id as reference, p.amount_fen + coalesce(c.amount_fen, 0) as amount_fen,
                   b.number as why, (p.paid_at at time zone 'Asia/Shanghai')::date as came_on
              from payment p join bill b on b.id = p.bill_id left join credit c on c.payment_id = p.id
             where p.source in ('callback', 'query')
            union all
            select s.provider, s.bank_reference, s.amount_fen, s.why, (s.came_at at time zone 'Asia/Shanghai')::date
              from suspense s where s.inbox_id is not null or s.order_id is not null) came
     where came.came_on <= :day
       and exists (select from statement_file f
                   where f.provider = came.provider and f.format <> 'wechat_fund'
                     and came.came_on between f.first_on and f.last_on)
       and not exists (select from statement_line l
                       where l.provider = came.provider and l.bank_reference = came.reference and l.state <> 'open')
"""


def differences(session: Session, day: date) -> tuple[Difference, ...]:
    """What differs up to and including a day, the oldest first; positive where the statement has more. One query."""
    rows = session.execute(
        text(f"select kind, provider, reference, amount_fen, why from ({_OPEN}) d order by booked_on, kind, reference"),  # noqa: S608 the fragment is the one above
        {"day": day},
    )
    return tuple(Difference(**row._mapping) for row in rows)
