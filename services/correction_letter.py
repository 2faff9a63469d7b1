"""补正告知书: every request of every unit under one number, each target once, with reason, clause and what to do."""

from __future__ import annotations

import json
from uuid import UUID

from services.corrections import target_name
from services.letters import long_day, of_lead, progress_address
from services.sitting import Sitting
from shared.db import cases, corrections
from shared.documents.views import CorrectionItem, CorrectionKind, CorrectionView
from shared.domain.corrections import merged, told_apart
from shared.domain.errors import Broken
from shared.domain.fact_words import in_words


def correction_view(sitting: Sitting, notice_id: UUID) -> CorrectionView:
    """What a sent notice asks for, frozen with the values that were declared."""
    city = sitting.city
    notice = corrections.load(sitting.session, notice_id)
    if notice.number is None or notice.sent_on is None or notice.reply_due_on is None:
        raise Broken(f"correction notice {notice_id} has not been sent")
    case = cases.lock_one(sitting.session, notice.application_id)
    items = [item for item in corrections.items_of(sitting.session, [notice_id]) if item.state != "withdrawn"]
    names = {unit.code: unit.short_name for unit in city.units.values()}
    codes = {use.code: use.name for use in city.pack.uses} | {each.code: each.name for each in city.pack.reductions}
    facts = {
        "project_name": case.project_name,
        "project_code": case.project_code,
        "number": case.number,
        "accepted_on": long_day(case.accepted_on),
        "reply_due_on": long_day(notice.reply_due_on),
        "units": len({item.unit_code for item in items}),
    }
    wording = city.pack.wording
    return CorrectionView(
        **of_lead(sitting),
        number=notice.number,
        addressee=case.developer_name,
        opening=tuple(text.format(**facts) for text in wording["correction_opening"]),
        items=tuple(
            CorrectionItem(
                kind=CorrectionKind(group[0].kind),
                subject=target_name(sitting, group[0].kind, group[0].target),
                unit="、".join(dict.fromkeys(names[item.unit_code] for item in group)),
                problem=told_apart((names[item.unit_code], item.reason) for item in group),
                clause=told_apart((names[item.unit_code], item.clause) for item in group),
                action=told_apart((names[item.unit_code], item.wanted) for item in group),
                old_value=in_words(group[0].target, json.loads(group[0].old_value), codes)
                if group[0].kind == CorrectionKind.FACT
                else "",
            )
            for group in merged(items)
        ),
        closing=tuple(text.format(**facts) for text in wording["correction_closing"]),
        names=(case.project_name, case.developer_name),
        qr_text=progress_address(case.number),
        issued_on=long_day(notice.sent_on),
    )
