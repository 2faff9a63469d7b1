"""Fee lines are computed by machines and, where the pack says so, confirmed by an officer; both acts are sealed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from services.sitting import Sitting
from shared.db import cases, fan_in, trail
from shared.db import city as cities
from shared.db.trail import Act, Actor
from shared.domain.errors import Conflict, NotAllowed, Unavailable
from shared.domain.facts import Facts
from shared.domain.lines import Line, LineStatus
from shared.domain.tariff import Tariff
from shared.logs import logger

log = logger(__name__)


def assess_lines(sitting: Sitting, line_ids: Sequence[UUID]) -> None:
    """Compute pending lines of many applications, then ask for the bill of each that thereby has nothing open.

    May be repeated. Raises `Unavailable` if facts or tariff have changed meanwhile: the work is then done again.
    """
    computed = compute_lines(sitting, line_ids)
    fan_in.ask_for_bills(sitting.session, sitting.tenant, computed)
    # Asking for the bills took the applications' rows: from here on no correction can come in between.
    if cases.have_moved(sitting.session, computed):
        raise Unavailable("申报事实刚刚更正，正在按新的事实重新计算收费明细")
    if cities.revision_of(sitting.session, sitting.tenant) != sitting.city.revision:
        raise Unavailable("收费标准刚刚变更，正在按新的标准重新计算收费明细")


def compute_lines(sitting: Sitting, line_ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """Compute and seal pending lines; others stay as they are.

    Gives the applications that they belong to, each with the version whose facts were used.
    """
    work = cases.pending_lines(sitting.session, line_ids)
    rows = []
    for row, facts, _version in work:
        line = line_of(sitting.city.tariff, row.item_code, facts, row.refused_claims)
        frozen = line.to_json()
        seal = sitting.signer.seal_act(row.unit_code, trail.line_content(row.id, frozen))
        rows.append(
            {
                "id": row.id,
                "state": "assessed" if row.confirm_required or line.status is LineStatus.NEEDS_FACTS else "final",
                "status": line.status.value,
                "tariff_version": line.version,
                "gross_fen": line.gross_fen,
                "reduction_fen": line.reduction_fen,
                "subsidy_fen": line.subsidy_fen,
                "payable_fen": line.payable_fen,
                "payer": line.payer,
                "line": frozen,
                "assessed_at": sitting.now,
                "seal_key_id": seal.key_id,
                "seal": seal.signature,
            }
        )
    cases.save_assessed(sitting.session, rows)
    return {row.application_id: version for row, _facts, version in work}


def line_of(tariff: Tariff, item_code: str, facts: str, refused_claims: Mapping[str, Any]) -> Line:
    """What an item comes to for facts (as JSON text), without the claims that its unit has not accepted.

    A claim that was refused counts again once it rests on another document.
    """
    read = _read(facts)
    if not refused_claims:
        return tariff.assess_item(item_code, read)
    claimed = {claim.code: claim.document for claim in read.reductions_claimed}
    refused = {code: str(each["why"]) for code, each in refused_claims.items() if claimed.get(code) == each["document"]}
    return tariff.assess_item(item_code, read, refused=refused)


@lru_cache(maxsize=1024)
def _read(facts: str) -> Facts:
    """Facts from their JSON text. The departments' batches ask for the same ones soon after each other."""
    return Facts.from_json(json.loads(facts))


def confirm_line(sitting: Sitting, *, line_id: UUID, actor: Actor, version: int) -> None:
    """An officer of the owning unit confirms a computed line as it stands.

    Repeating one's own confirmation changes nothing. Raises `NotAllowed` for another unit's line and
    `Conflict` if the line is not (or no longer) there to confirm.
    """
    found = cases.find_line(sitting.session, line_id)
    case = cases.lock_one(sitting.session, found.application_id)
    line = cases.find_line(sitting.session, line_id)
    if actor.unit_code != line.unit_code:
        raise NotAllowed("这条收费明细由其他单位核定")
    if line.state == "final":
        return
    if case.status not in cases.IN_REVIEW:
        raise Conflict("办件已不在审核阶段")
    if line.state != "assessed" or line.status == LineStatus.NEEDS_FACTS:
        raise Conflict("这条收费明细还没有算出结果，暂时不能确认")
    if line.version != version:
        raise Conflict("这条收费明细刚刚有变化，请核对后再确认")
    cases.save_line(sitting.session, line, state="final", confirmed_by=actor.id, confirmed_at=sitting.now)
    act = Act(
        "line_confirmed",
        sitting.now,
        actor,
        line.unit_code,
        {"item": line.item_code, "payable_fen": line.payable_fen},
    )
    trail.append(sitting.session, sitting.tenant, {line.application_id: [act]}, signer=sitting.signer)
    fan_in.ask_for_bills(sitting.session, sitting.tenant, [line.application_id])
    log.info("line_confirmed", application=case.number, item=line.item_code, unit=line.unit_code)
