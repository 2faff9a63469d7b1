"""异议: an applicant objects to a bill; finance answers in writing within its days, that it stands or is corrected.

An objection holds up nothing: the bill stays payable, and its remedies (复议, 诉讼) stay as they are printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from services import notices
from services.sitting import Sitting
from shared.db import bills, cases, disputes, numbers, trail
from shared.db.accounts import AccountRow
from shared.db.cases import Case
from shared.db.disputes import DisputeRow
from shared.db.trail import Act, Actor
from shared.domain.characters import written
from shared.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from shared.logs import logger

log = logger(__name__)

#: Longest grounds and answer, characters; the forms say so too.
TEXT_LENGTH_MAX: Final = 1000
OUTCOMES: Final = ("kept", "corrected")


def raise_dispute(
    sitting: Sitting, *, bill_id: UUID, account: AccountRow, grounds: str, item_codes: Sequence[str] = ()
) -> UUID:
    """Object to a bill, or to some items of it. The same objection twice is one.

    Raises `NotFound` for somebody else's bill, `Invalid` beside the fields, `Conflict` while another is open.
    """
    grounds = written("grounds", grounds, most=TEXT_LENGTH_MAX, missing="请写明异议的理由")
    case = cases.lock_one(sitting.session, bills.load(sitting.session, bill_id).application_id)
    if case.applicant_id != account.id:
        raise NotFound("没有这张缴费通知书，或不在您的办理范围内")
    bill = bills.load(sitting.session, bill_id)
    on_bill = {line.item_code for line in bills.lines(sitting.session, bill.id)}
    if not set(item_codes) <= on_bill:
        raise Invalid([Problem("item_codes", "请在本通知书列出的收费项目中选择")])
    if bill.status == "void":
        raise Conflict("这张缴费通知书已作废，不用提出异议")
    known = next((each for each in disputes.of_bill(sitting.session, bill.id) if each.state == "open"), None)
    if known is not None:
        if known.grounds == grounds and sorted(known.item_codes) == sorted(set(item_codes)):
            return known.id
        raise Conflict("对这张缴费通知书的异议正在处理，答复后可以再次提出")
    due_on = sitting.city.calendar.add(sitting.today, sitting.city.pack.settings.dispute_answer_days)
    year = sitting.today.year
    running = numbers.take(sitting.session, tenant=sitting.tenant, series=f"dispute:{year}")[0]
    number = sitting.city.number("dispute", year, running)
    dispute_id = disputes.add(
        sitting.session,
        sitting.tenant,
        application_id=case.id,
        bill_id=bill.id,
        number=number,
        item_codes=sorted(set(item_codes)),
        grounds=grounds,
        raised_by=account.id,
        raised_at=sitting.now,
        due_on=due_on,
    )
    data = {"dispute": number, "bill": bill.number, "grounds": grounds}
    act = Act("dispute_raised", sitting.now, Actor(account.id, account.display_name), data=data)
    trail.append(sitting.session, sitting.tenant, {case.id: [act]}, signer=sitting.signer)
    notices.tell(
        sitting,
        notices.desk(sitting, sitting.city.finance_unit),
        kind="dispute_raised",
        key=f"dispute:{dispute_id}",
        title=f"缴费异议待答复：{bill.number}",
        body=f"{case.number} 对 {bill.number} 提出异议（{number}），请在 {due_on} 前书面答复。",
        application_id=case.id,
        href=f"/finance/bills/{bill.id}",
    )
    log.info("dispute_raised", application=case.number, bill=bill.number)
    return dispute_id


def answer(sitting: Sitting, *, dispute_id: UUID, actor: Actor, outcome: str, text: str) -> None:
    """Answer in writing that the bill stands (`kept`) or is to be corrected (`corrected`, then reissued or refunded).

    The same answer twice is one. Raises `Invalid` beside the fields, `NotAllowed` for whoever raised it, `Conflict`
    for one that was answered otherwise or withdrawn.
    """
    text = written("answer", text, most=TEXT_LENGTH_MAX, missing="请写明书面答复的内容")
    if outcome not in OUTCOMES:
        raise Invalid([Problem("outcome", "请选择维持或更正")])
    case, dispute = _hold(sitting, dispute_id)
    if dispute.state == "answered" and (dispute.outcome, dispute.answer) == (outcome, text):
        return
    if dispute.state != "open":
        raise Conflict("这项异议已经答复或撤回")
    if dispute.raised_by == actor.id:
        raise NotAllowed("异议由提出人以外的人答复")
    disputes.change(
        sitting.session,
        dispute.id,
        state="answered",
        outcome=outcome,
        answer=text,
        answered_by=actor.id,
        answered_at=sitting.now,
    )
    data = {"dispute": dispute.number, "outcome": outcome, "answer": text}
    act = Act("dispute_answered", sitting.now, actor, sitting.city.finance_unit, data)
    trail.append(sitting.session, sitting.tenant, {case.id: [act]}, signer=sitting.signer)
    word = "维持原通知书" if outcome == "kept" else "予以更正"
    notices.tell(
        sitting,
        notices.applicant(sitting, case.id),
        kind="dispute_answered",
        key=f"dispute:{dispute.id}:answered",
        title=f"缴费异议已答复：{word}",
        body=f"您提出的异议 {dispute.number}：{word}。{text}",
        application_id=case.id,
        href=f"/apply/cases/{case.id}",
    )


def withdraw_dispute(sitting: Sitting, *, dispute_id: UUID, account: AccountRow) -> None:
    """Take an objection back before it is answered. Twice is once; raises `Conflict` after the answer."""
    case, dispute = _hold(sitting, dispute_id)
    if case.applicant_id != account.id:
        raise NotFound("没有这项异议，或不在您的办理范围内")
    if dispute.state == "withdrawn":
        return
    if dispute.state == "answered":
        raise Conflict("这项异议已经答复，不能撤回")
    disputes.change(sitting.session, dispute.id, state="withdrawn")
    who = Actor(account.id, account.display_name)
    act = Act("dispute_withdrawn", sitting.now, who, data={"dispute": dispute.number})
    trail.append(sitting.session, sitting.tenant, {case.id: [act]}, signer=sitting.signer)


def _hold(sitting: Sitting, dispute_id: UUID) -> tuple[Case, DisputeRow]:
    case = cases.lock_one(sitting.session, disputes.load(sitting.session, dispute_id).application_id)
    return case, disputes.load(sitting.session, dispute_id)
