"""催缴: an unpaid bill is called to mind a working day before it is due, on the day, after it, and a last time.

Run by `workers.clock` at any interval, after any pause: what was reached follows from the due date and the business
day, each step is a row and told once. After a pause only the latest step is told, the earlier ones are written.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from services import notices
from services.sitting import Sitting
from shared.db import attention, bill_reminders, cases
from shared.domain.errors import CalendarNotLoaded
from shared.domain.money import grouped
from shared.logs import logger

log = logger(__name__)

#: How many applications one look over a city takes up.
AT_ONCE: Final = 500


def due(sitting: Sitting) -> list[UUID]:
    """Applications where a step has to be told today; `AT_ONCE` of them, the others when these are told."""
    return bill_reminders.due(sitting.session, sitting.tenant, reached=_reached(sitting), limit=AT_ONCE)


def remind(sitting: Sitting, application_id: UUID) -> int:
    """Write the steps that the application's unpaid bills have reached, and tell the latest; gives how many are new."""
    case = cases.lock_one(sitting.session, application_id)
    reached = _reached(sitting)
    count = 0
    for bill in bill_reminders.unpaid(sitting.session, application_id):
        steps = [step for step, day in reached.items() if bill.due_on <= day and step not in bill.told]
        if not steps:
            continue
        new = bill_reminders.add(
            sitting.session, sitting.tenant, application_id, bill_id=bill.id, steps=steps, at=sitting.now
        )
        count += len(new)
        latest = steps[-1]
        if latest not in new:
            continue
        owed = f"{case.project_name} 的 {bill.number} 尚欠 {grouped(bill.owed_fen)} 元，缴款码 {bill.payment_code}"
        title, body = {
            "near": ("缴款期限将至", f"{owed}，请于 {bill.due_on} 前缴清。"),
            "due": ("今天是缴款期限", f"{owed}，今天到期。"),
            "overdue": ("缴费通知书已逾期", f"{owed}，已于 {bill.due_on} 到期，请尽快缴清。"),
            "final": ("最后催缴", f"{owed}，逾期已久；仍不缴清的，将依法处理。"),
        }[latest]
        notices.tell(
            sitting,
            notices.applicant(sitting, application_id),
            kind=f"bill_{latest}",
            key=f"bill:{bill.id}:{latest}",
            title=f"{title}：{bill.number}",
            body=body,
            application_id=application_id,
            href=f"/apply/cases/{application_id}",
        )
        if latest == "final":
            attention.open_case(
                sitting.session,
                sitting.tenant,
                kind="bill_unpaid",
                key=str(bill.id),
                reason=f"{case.number} 的 {bill.number} 逾期未缴 {grouped(bill.owed_fen)} 元，已最后催缴",
                application_id=application_id,
                data={"bill": bill.number, "owed_fen": bill.owed_fen},
            )
    return count


def _reached(sitting: Sitting) -> dict[str, date]:
    """Up to which due date a bill has come to each step by today, in the order of the steps."""
    calendar, today = sitting.city.calendar, sitting.today
    found = {"near": today, "due": today, "overdue": today - timedelta(days=1)}
    # At the end of what is loaded nobody knows the next working day: the step is told on the due date then.
    with suppress(CalendarNotLoaded):
        found["near"] = calendar.add(today, 1)
    with suppress(CalendarNotLoaded):
        found["final"] = calendar.start(today, sitting.city.pack.settings.final_reminder_days)
    return found
