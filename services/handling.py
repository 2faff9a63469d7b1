"""办理回执单: a sealed picture of how a case stands at one moment, made anew each time somebody asks for it."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from services.sitting import Sitting
from shared.db import cases, clock, documents, trail
from shared.db.documents import Wish
from shared.db.trail import Act, Actor
from shared.domain.holdups import CLOSED

KIND: Final = "handling_slip"


def ask(sitting: Sitting, *, application_id: UUID, actor: Actor) -> UUID:
    """Ask for the slip as of now; gives its document. One is made at a time, and a closed case gets one last slip.

    May be repeated: while one is being made, or once the last is made, asking gives that one.
    """
    case = cases.lock_one(sitting.session, application_id)
    last = documents.latest(sitting.session, KIND, application_id)
    is_final = case.status in CLOSED
    if last is not None and last.sha256 is None:
        return last.id
    if last is not None and is_final and case.closed_at is not None and last.requested_at >= case.closed_at:
        return last.id
    title = (
        "办理回执单（办结）" if is_final else f"办理回执单（截至 {sitting.now.astimezone(clock.CHINA):%m-%d %H:%M}）"
    )
    wish = Wish(KIND, application_id, application_id, title)
    document_id = documents.request_again(sitting.session, sitting.tenant, wish, now=sitting.now)
    act = Act("handling_slip_asked", sitting.now, actor, data={"title": title})
    trail.append(sitting.session, sitting.tenant, {application_id: [act]}, signer=sitting.signer)
    return document_id
