"""The business clock: the database's own, unless a demo has set it to replay another day."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

#: The whole country keeps one time; dates on bills and deadlines are dates there.
CHINA = ZoneInfo("Asia/Shanghai")


def now(session: Session, tenant: str) -> datetime:
    """The business time, on the database's clock (reliability: never on this host's)."""
    moment: datetime = session.execute(text("select business_now(:tenant)"), {"tenant": tenant}).scalar_one()
    return moment.astimezone(CHINA)


def on(moment: datetime) -> date:
    """The calendar date of a moment, in China."""
    return moment.astimezone(CHINA).date()


def set_to(session: Session, tenant: str, moment: datetime) -> None:
    """Make the business clock show `moment` from now on; it goes on running."""
    session.execute(
        text(
            "insert into business_clock (tenant_id, set_at, shows) values (:tenant, clock_timestamp(), :moment) "
            "on conflict (tenant_id) do update set set_at = excluded.set_at, shows = excluded.shows"
        ),
        {"tenant": tenant, "moment": moment},
    )


def release(session: Session, tenant: str) -> None:
    """Back to the real time."""
    session.execute(text("delete from business_clock where tenant_id = :tenant"), {"tenant": tenant})
