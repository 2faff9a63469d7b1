"""What operators read: how deep and how late the outbox is, work that died, and the state of the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

DEAD_SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """One task's rows in one queue; ages and times are seconds."""

    task: str
    queue: str
    ready: int
    waiting: int
    rung: int
    claimed: int
    dead: int
    done_last_hour: int
    oldest_s: float
    p50_s: float | None
    p95_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadRow:
    """Work that stopped for good, with its problem."""

    id: int
    task: str
    queue: str
    subject_id: UUID
    attempts: int
    problem: str
    created_at: datetime
    dead_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreState:
    """The database itself."""

    version: str
    revision: str | None
    size_bytes: int
    now: datetime


def queues(session: Session, tenant: str) -> tuple[QueueRow, ...]:
    """The outbox by task and queue; only the last day's finished work is looked at. One query."""
    rows = session.execute(
        text(
            "select task, queue, "
            "count(*) filter (where published_at is null and done_at is null and dead_at is null "
            "  and not_before <= now()) as ready, "
            "count(*) filter (where published_at is null and done_at is null and dead_at is null "
            "  and not_before > now()) as waiting, "
            "count(*) filter (where published_at is not null and done_at is null and dead_at is null "
            "  and (lease_until is null or lease_until <= now())) as rung, "
            "count(*) filter (where done_at is null and dead_at is null and lease_until > now()) as claimed, "
            "count(*) filter (where dead_at is not null and done_at is null) as dead, "
            "count(*) filter (where done_at > now() - interval '1 hour') as done_last_hour, "
            "coalesce(extract(epoch from now() - min(created_at) filter "
            "  (where done_at is null and dead_at is null)), 0)::float as oldest_s, "
            "(percentile_cont(0.5) within group (order by extract(epoch from done_at - created_at)) filter "
            "  (where done_at > now() - interval '1 hour'))::float as p50_s, "
            "(percentile_cont(0.95) within group (order by extract(epoch from done_at - created_at)) filter "
            "  (where done_at > now() - interval '1 hour'))::float as p95_s "
            "from outbox where tenant_id = :tenant and (done_at is null or done_at > now() - interval '1 day') "
            "group by task, queue order by task, queue"
        ),
        {"tenant": tenant},
    )
    return tuple(QueueRow(**row._mapping) for row in rows)


def dead(session: Session, tenant: str) -> tuple[DeadRow, ...]:
    """Dead work, the latest first. One query."""
    rows = session.execute(
        text(
            "select id, task, queue, subject_id, attempts, problem, created_at, dead_at from outbox "
            "where tenant_id = :tenant and dead_at is not null and done_at is null "
            "order by dead_at desc, id desc limit :limit"
        ),
        {"tenant": tenant, "limit": DEAD_SHOWN},
    )
    return tuple(DeadRow(**row._mapping) for row in rows)


def count_dead(session: Session, tenant: str) -> int:
    """How much work is dead."""
    found: int = session.execute(
        text("select count(*) from outbox where tenant_id = :tenant and dead_at is not null and done_at is null"),
        {"tenant": tenant},
    ).scalar_one()
    return found


def store(session: Session) -> StoreState:
    """Version, schema revision and size of the database. One query."""
    row = session.execute(
        text(
            "select current_setting('server_version') as version, "
            "(select version_num from alembic_version) as revision, "
            "pg_database_size(current_database()) as size_bytes, clock_timestamp() as now"
        )
    ).one()
    return StoreState(**row._mapping)
