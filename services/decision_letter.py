"""不予许可决定书: each objection with reason, ground and way to approval; and which verdicts came by 超时默认."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from services.sitting import Sitting
from shared.db import cases, clock, refusals
from shared.documents.views import Objection, RefusalView, SealSpec
from shared.settings import settings


def refusal_view(sitting: Sitting, refusal_id: UUID) -> RefusalView:
    """The decision as it was made: the lead window's seal, the remedies, nothing left out that came by default."""
    city = sitting.city
    refusal = refusals.load(sitting.session, refusal_id)
    case = cases.lock_one(sitting.session, refusal.application_id)
    tasks = cases.tasks_of(sitting.session, case.id)
    decided_on = clock.on(refusal.decided_at)
    facts = {
        "project_name": case.project_name,
        "project_code": case.project_code,
        "number": case.number,
        "accepted_on": _long(case.accepted_on),
        "matters": len(tasks),
        "objections": len(refusal.grounds),
        "approved": sum(task.status == "approved" for task in tasks),
    }
    wording = city.pack.wording
    return RefusalView(
        issuer=wording["slip_issuer"],
        number=refusal.number,
        addressee=case.developer_name,
        opening=tuple(text.format(**facts) for text in wording["refusal_opening"]),
        objections=tuple(
            Objection(
                unit=city.units[ground["unit"]].short_name,
                matter=ground["matter_name"],
                reason=ground["reason"],
                clause=ground["clause"],
                way=ground["way"],
            )
            for ground in refusal.grounds
        ),
        decision=wording["refusal_decision"],
        # What nobody approved needs no promise.
        closing=tuple(
            text.format(**facts) for text in wording["refusal_closing"] if facts["approved"] or "{approved}" not in text
        ),
        used_default=used_default(sitting, case.id),
        remedies=wording["refusal_remedies"],
        contact=wording["letter_contact"],
        names=(case.project_name, case.developer_name),
        qr_text=f"{settings().public_url}/progress?number={case.number}",
        issued_on=_long(decided_on),
        seals=(
            SealSpec(
                unit_code=city.lead_unit,
                organ_name=city.units[city.lead_unit].name,
                flat_text=wording["slip_seal"],
            ),
        ),
    )


def used_default(sitting: Sitting, application_id: UUID) -> str:
    """What every document says where 超时默认 spoke for a unit: whose matter, when; empty where it never did."""
    city = sitting.city
    said = [
        f"{city.units[task.unit_code].short_name}在承诺时限（至{_long(task.due_on)}）内未作出结论，"
        f"{_long(clock.on(task.decided_at))}依本市已启用的“超时默认”规则视为同意{task.matter_name}"
        for task in cases.tasks_of(sitting.session, application_id)
        if task.is_by_default and task.decided_at is not None
    ]
    return "；".join(said) + "。" if said else ""


def _long(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
