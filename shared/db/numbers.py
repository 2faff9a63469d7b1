"""Number series without gaps: taken inside the transaction that uses them, so a rollback gives them back."""

from __future__ import annotations

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.db.tables.columns import table
from shared.db.tables.work import NumberSeries

SERIES = table(NumberSeries)


def take(session: Session, *, tenant: str, series: str, count: int = 1) -> range:
    """The next `count` numbers of a series, from 1 on.

    Holds the series until the transaction ends; take numbers late in it.
    """
    last = session.execute(
        insert(SERIES)
        .values(tenant_id=tenant, series=series, last=count)
        .on_conflict_do_update(index_elements=["tenant_id", "series"], set_={"last": SERIES.c.last + count})
        .returning(SERIES.c.last)
    ).scalar_one()
    return range(last - count + 1, last + 1)
