"""Work that stopped for good, set going again by a person."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.db.outbox import changed
from shared.domain.errors import Conflict, NotFound


def revive(session: Session, tenant: str, outbox_id: int) -> None:
    """Make a dead row ready to be rung again; raises `NotFound` or, if it is not dead (any more), `Conflict`.

    It counts as tried once, so the relay rings it alone and it cannot take neighbours down with it.
    """
    known = session.execute(
        text("select id from outbox where id = :id and tenant_id = :tenant for update"),
        {"id": outbox_id, "tenant": tenant},
    ).one_or_none()
    if known is None:
        raise NotFound("没有这项后台任务")
    revived = session.execute(
        text(
            "update outbox set dead_at = null, attempts = 1, lease = null, lease_until = null, published_at = null, "
            "ring_again_at = null, not_before = now() where id = :id and dead_at is not null and done_at is null"
        ),
        {"id": outbox_id},
    )
    if not changed(revived):
        raise Conflict("这项后台任务已经在重试或已完成")


def close_its_case(session: Session, outbox_id: int, *, by: UUID, resolution: str) -> None:
    """Close the case that the work's death opened; its key makes room, so that another death is another case."""
    session.execute(
        text(
            "update case_item set closed_at = now(), closed_by = :by, resolution = :resolution, "
            "key = key || '/' || (select count(*) from case_item o where o.kind = 'work_dead' and o.key like :older) "
            "where kind = 'work_dead' and key = :key"
        ),
        {"by": by, "resolution": resolution, "key": str(outbox_id), "older": f"{outbox_id}/%"},
    )
