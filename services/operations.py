"""What people do about work that machines could not finish: try it again, or close its case with what was done."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from services.sitting import Sitting
from shared.db import attention, dead_work
from shared.db.queries import attention as cases
from shared.db.trail import Actor
from shared.domain.errors import Invalid, NotFound, Problem

#: Which kinds of cases a role looks after; every kind has one owner, and nobody closes another's.
KINDS_OF_ROLE: Final = {
    "finance": (
        "callback_refused",
        "payment_refused",
        "channel_refuses",
        "channel_unknown",
        "objected_after_bill",
        "refund_due",
        "refund_differs",
        "bill_unpaid",
        "guarantee_expiring",
        "guarantee_expired",
    ),
    "leader": ("meeting_due", "no_officer", "calendar_missing"),
    "lead_window": ("commitment_late", "commitment_failed", "correction_unanswered"),
    "operator": ("work_dead", "unprintable", "notice_failed", "clock_failed"),
}
#: Longest resolution, characters; the form says so too.
RESOLUTION_LENGTH_MAX = 500


def try_again(sitting: Sitting, *, outbox_id: int, actor: Actor) -> None:
    """Set dead work going again and close its case. Raises `NotFound`, or `Conflict` if it is not dead any more."""
    dead_work.revive(sitting.session, sitting.tenant, outbox_id)
    dead_work.close_its_case(sitting.session, outbox_id, by=_person(actor), resolution=f"{actor.name} 重新执行")


def close_attention(sitting: Sitting, *, case_id: UUID, role: str, actor: Actor, resolution: str) -> None:
    """Close a case of the role's own with what was done about it.

    Raises `Invalid` without a resolution and `NotFound` for a case of others, or one already closed.
    """
    resolution = resolution.strip()
    if not resolution:
        raise Invalid([Problem("resolution", "请写明处理结果")])
    if len(resolution) > RESOLUTION_LENGTH_MAX:
        raise Invalid([Problem("resolution", f"处理结果不能超过 {RESOLUTION_LENGTH_MAX} 字")])
    if cases.kind_of(sitting.session, case_id) not in KINDS_OF_ROLE.get(role, ()):
        raise NotFound("这件待处理事项不存在或已处理")
    attention.close_case(sitting.session, case_id, by=_person(actor), resolution=resolution)


def _person(actor: Actor) -> UUID:
    if actor.id is None:
        raise NotFound("没有登录的人不能处理待处理事项")
    return actor.id
