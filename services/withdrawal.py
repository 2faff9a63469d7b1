"""Withdrawal (撤回): at any moment before completion an applicant may take an application back, with a reason."""

from __future__ import annotations

from uuid import UUID

from services import endings
from services.sitting import Sitting
from shared.db import cases, trail
from shared.db.accounts import AccountRow
from shared.db.trail import Act, Actor
from shared.domain.characters import UNKEEPABLE, is_keepable
from shared.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Problem

REASON_LENGTH_MAX = 500
_TOO_LATE = {
    "completed": "办件已经办结，不能再撤回",
    "refused": "已作出不予许可决定，不能再撤回；不服决定的，可以依法申请行政复议或者提起行政诉讼",
    "not_accepted": "申报没有受理，不用撤回",
}


def withdraw(sitting: Sitting, *, application_id: UUID, account: AccountRow, reason: str) -> None:
    """Take an application back: nobody reviews it any more, nothing is to be paid. May be repeated.

    Raises `NotFound` for somebody else's, `Invalid` without a reason, `Conflict` once it is completed or refused.
    """
    if account.role != "applicant":
        raise NotAllowed("只有申请人可以撤回申报")
    kept = reason.strip()
    if not kept or len(kept) > REASON_LENGTH_MAX:
        raise Invalid([Problem("reason", f"请写明撤回的原因，不超过 {REASON_LENGTH_MAX} 个字")])
    if not is_keepable(kept):
        raise Invalid([Problem("reason", UNKEEPABLE)])
    case = cases.lock_one(sitting.session, application_id)
    if case.applicant_id != account.id:
        raise NotFound("办件不存在，或不在您的办理范围内")
    if case.status == "withdrawn":
        return
    if case.status in _TOO_LATE:
        raise Conflict(_TOO_LATE[case.status])
    by = Actor(account.id, account.display_name)
    taken_back = Act("application_withdrawn", sitting.now, by, sitting.city.lead_unit, {"reason": kept})
    acts = endings.end(sitting, case, status="withdrawn", why="申请人已撤回", by=by)
    trail.append(sitting.session, sitting.tenant, {case.id: [taken_back, *acts]}, signer=sitting.signer)
