"""Asking for money to go back: what is there, who gets it, and the ask itself, once per key.

From the ask on the money is held: what is available is what was paid less what was asked back and not declined.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import UUID, uuid4

from services import notices
from services.sitting import Sitting
from shared.db import attachments, bills, cases, deposits, numbers, payments, refunds, suspense, trail
from shared.db.accounts import AccountRow
from shared.db.bills import BillRow
from shared.db.cases import Case
from shared.db.refunds import RefundRow
from shared.db.trail import Act, Actor
from shared.domain.characters import UNKEEPABLE, is_keepable, written
from shared.domain.errors import Broken, Conflict, Invalid, NotAllowed, Problem
from shared.domain.money import grouped
from shared.domain.refunds import (
    ACCOUNT_OF_KIND,
    KIND_NAMES,
    KIND_OF_ACCOUNT,
    Available,
    RefundKind,
    must_be_available,
    spread,
)
from shared.logs import logger

log = logger(__name__)

REASON_LENGTH_MAX: Final = 500
DOCUMENT_LENGTH_MAX: Final = 100
KEY_LENGTH_MAX: Final = 200
#: What finance asks for itself; the other kinds have a way of their own (completion, deposits, suspense).
BY_FINANCE: Final = (RefundKind.TREASURY, RefundKind.AGENCY, RefundKind.PAYOUT)


class KeyTaken(Invalid):
    """The idempotency key was used before for another refund."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payee:
    """Who gets the money; what is empty was not told."""

    name: str
    uscc: str = ""
    account: str = ""
    bank: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A refund to be. `said` is what the asker has said, in plain values: with the same key it must be the same again.

    `expected_fen` is what the asker saw as available.
    """

    key: str
    said: Mapping[str, Any]
    kind: RefundKind
    reason: str
    payee: Payee
    amount_fen: int
    expected_fen: int
    state: str = "asked"
    interest_fen: int = 0
    documents: tuple[str, ...] = ()
    evidence: Mapping[str, Any] | None = None
    unit_code: str = ""
    credit_id: UUID | None = None
    deposit_id: UUID | None = None
    suspense_id: UUID | None = None


# What there is.


def available(sitting: Sitting, bill_id: UUID, account: str) -> tuple[Available, ...]:
    """The lines of a bill that an account holds money of, with what was paid and what was asked back."""
    paid = payments.paid_by_line(sitting.session, [bill_id])
    asked = refunds.asked_by_line(sitting.session, [bill_id])
    return tuple(
        Available(
            seq=seq,
            item_code=item_code,
            account=account,
            paid_fen=paid.get((bill_id, seq), 0),
            asked_fen=asked.get((bill_id, seq), 0),
        )
        for seq, item_code, _, _ in bills.lines_of(sitting.session, [bill_id]).get(bill_id, [])
        if sitting.city.item(item_code).account == account and paid.get((bill_id, seq), 0)
    )


# Asking.


def ask(
    sitting: Sitting,
    *,
    account: AccountRow,
    key: str,
    bill_id: UUID,
    kind: RefundKind,
    reason: str,
    document: str,
    expected_fen: int,
    amount_fen: int | None = None,
    lines: Mapping[int, int] | None = None,
    payee: Payee | None = None,
    paper_id: UUID | None = None,
) -> UUID:
    """Finance asks for money of a bill to go back, by line or as an amount that is divided over the lines.

    May be repeated with the same key and body. Raises `KeyTaken` for a used key with another body, `NotAvailable` if
    something else is available now than was expected, `Invalid` with what is missing, `NotAllowed` for others.
    """
    must_be_finance(account)
    if kind not in BY_FINANCE:
        raise Invalid([Problem("kind", "请选择退库、代收款退还或代收款拨付；其他退款从办件、保证金或待查款页面发起")])
    checked_reason, checked_document = _grounds(reason, document)
    bill = bills.load(sitting.session, bill_id)
    case = cases.lock_one(sitting.session, bill.application_id)
    to = read_payee(payee or _payee(sitting, case, bill, kind))
    wanted = {seq: fen for seq, fen in (lines or {}).items() if fen}
    said = {
        "bill": bill_id,
        "kind": kind,
        "reason": checked_reason,
        "document": checked_document,
        "expected_fen": expected_fen,
        "amount_fen": amount_fen,
        "lines": {str(seq): fen for seq, fen in wanted.items()},
        "payee": asdict(payee) if payee else None,
    }
    if (before := asked_before(sitting, key, said)) is not None:
        return before
    if paper_id is not None and paper_id not in attachments.free(sitting.session, [paper_id], account_id=account.id):
        raise Invalid([Problem("paper", "请上传证明材料")])
    there = available(sitting, bill_id, ACCOUNT_OF_KIND[kind])
    known = {row.seq: row for row in there}
    if lines is not None and (not wanted or any(fen < 0 or seq not in known for seq, fen in wanted.items())):
        raise Invalid([Problem("lines", "请填写各项退还金额，只能退还这一账户已缴的项目")])
    if lines is None and (amount_fen is None or amount_fen <= 0):
        raise Invalid([Problem("amount", "请填写退还金额")])
    total_fen = sum(wanted.values()) or amount_fen or 0
    must_be_available(total_fen, expected_fen=expected_fen, left_fen=sum(row.left_fen for row in there))
    for seq, fen in wanted.items():
        must_be_available(fen, expected_fen=known[seq].left_fen, left_fen=known[seq].left_fen)
    if paper_id is not None:
        attachments.adopt(sitting.session, [paper_id], case.id)
    return write_ask(
        sitting,
        Ask(
            key=key,
            said=said,
            kind=kind,
            reason=checked_reason,
            payee=to,
            amount_fen=total_fen,
            expected_fen=expected_fen,
            documents=(checked_document,),
            evidence={"paper": str(paper_id)} if paper_id else None,
        ),
        case=case,
        bill=bill,
        parts=wanted or spread(total_fen, there),
        by=actor_of(account),
    )


def ask_credit(
    sitting: Sitting, *, account: AccountRow, key: str, credit_id: UUID, reason: str, document: str, expected_fen: int
) -> UUID:
    """Finance asks for what was paid above a bill to go back to its payer, all that is left of it. As `ask`."""
    must_be_finance(account)
    checked_reason, checked_document = _grounds(reason, document)
    case = cases.lock_one(sitting.session, refunds.credit(sitting.session, credit_id).application_id)
    return _ask_credit(
        sitting,
        case,
        credit_id,
        key=key,
        reason=checked_reason,
        papers=(checked_document,),
        by=actor_of(account),
        expected_fen=expected_fen,
    )


def ask_return(
    sitting: Sitting, *, account: AccountRow, key: str, suspense_id: UUID, reason: str, payee: Payee | None = None
) -> UUID:
    """Finance asks for money in suspense to go back to whom it came from. As `ask`; raises `Conflict` once claimed."""
    must_be_finance(account)
    checked_reason = written(
        "reason", reason, most=REASON_LENGTH_MAX, missing="请写明退还的原因，批准人和缴款人都会看到"
    )
    money = suspense.load(sitting.session, suspense_id, hold=True)
    said = {"suspense": suspense_id, "reason": checked_reason, "payee": asdict(payee) if payee else None}
    if (before := asked_before(sitting, key, said)) is not None:
        return before
    if money.state != "open":
        raise Conflict("这笔待查款已被认领或正在退回，请刷新后查看")
    suspense.change(sitting.session, money, state="returning")
    made = Ask(
        key=key,
        said=said,
        kind=RefundKind.RETURN,
        reason=checked_reason,
        payee=read_payee(payee or Payee(name=money.payer_name or "原付款人", account=money.payer_account)),
        amount_fen=money.amount_fen,
        expected_fen=money.amount_fen,
        suspense_id=suspense_id,
    )
    return write_ask(sitting, made, case=None, bill=None, by=actor_of(account))


def ask_for_ended(sitting: Sitting, case: Case, bill: BillRow, *, why: str, by: Actor) -> None:
    """An application has ended after payment: what its bill has been paid is asked back, account by account.

    Deposits that are open go back by `services.deposits`. The caller holds the application. May be repeated.
    """
    for account, kind in KIND_OF_ACCOUNT.items():
        rows = available(sitting, bill.id, account)
        open_deposits = {
            each.item_code
            for each in deposits.of_application(sitting.session, case.id)
            if each.bill_id == bill.id and each.state in deposits.THERE
        }
        parts = {row.seq: row.left_fen for row in rows if row.left_fen and row.item_code not in open_deposits}
        if not parts:
            continue
        key = f"ended:{bill.id}:{account}"
        made = Ask(
            key=key,
            said={"ended": key},
            kind=kind,
            reason=f"{case.number} {why}",
            payee=_payee(sitting, case, bill, kind),
            amount_fen=sum(parts.values()),
            expected_fen=sum(parts.values()),
        )
        write_ask(sitting, made, case=case, bill=bill, parts=parts, by=by)
    for credit in refunds.credits_of(sitting.session, case.id):
        if refunds.credit_held_fen(sitting.session, credit.id) < credit.left_fen:
            key = f"ended:{credit.id}"
            _ask_credit(sitting, case, credit.id, key=key, reason=f"{case.number} {why}", papers=(), by=by)


def write_ask(
    sitting: Sitting,
    made: Ask,
    *,
    case: Case | None,
    bill: BillRow | None,
    by: Actor,
    parts: Mapping[int, int] | None = None,
) -> UUID:
    """Write an ask that has been judged, `parts` being what it takes of each line; whoever has to act next is told.

    The caller holds the application (or the suspense) and has looked for the key.
    """
    items = {}
    if bill is not None:
        rows = bills.lines_of(sitting.session, [bill.id])[bill.id]
        items = {seq: item_code for seq, item_code, _, _ in rows}
        if made.amount_fen - made.interest_fen != sum((parts or {}).values()):
            raise Broken(f"refund {made.key}: its lines are not its amount")
    refund_id = uuid4()
    year = sitting.today.year
    running = numbers.take(sitting.session, tenant=sitting.tenant, series=f"refund:{year}")[0]
    number = sitting.city.number("refund", year, running)
    refunds.add(
        sitting.session,
        sitting.tenant,
        id=refund_id,
        application_id=case.id if case else None,
        bill_id=bill.id if bill else None,
        credit_id=made.credit_id,
        deposit_id=made.deposit_id,
        suspense_id=made.suspense_id,
        idempotency_key=made.key,
        digest=_digest(made.said),
        number=number,
        kind=made.kind.value,
        state=made.state,
        amount_fen=made.amount_fen,
        interest_fen=made.interest_fen,
        expected_fen=made.expected_fen,
        lines=refunds.as_lines(parts or {}, items),
        reason=made.reason,
        evidence=dict(made.evidence or {}),
        documents=list(made.documents),
        payee_name=made.payee.name,
        payee_uscc=made.payee.uscc,
        payee_account=made.payee.account,
        payee_bank=made.payee.bank,
        asked_by=by.id,
        asked_at=sitting.now,
        asked_on=sitting.today,
        unit_code=made.unit_code,
    )
    refund = refunds.find(sitting.session, refund_id)
    desk = made.unit_code or sitting.city.finance_unit
    write(sitting, refund, "refund_asked", by, reason=made.reason)
    notices.tell(
        sitting,
        notices.desk(sitting, desk),
        kind="refund_asked",
        key=str(refund_id),
        title=f"{KIND_NAMES[made.kind]}待{'核对' if made.unit_code else '审批'}：{number}",
        body=f"{KIND_NAMES[made.kind]} {grouped(made.amount_fen)} 元，付给{made.payee.name}，原因：{made.reason}",
        application_id=case.id if case else None,
        href=f"/desk/refunds/{refund_id}" if made.unit_code else f"/finance/refunds/{refund_id}",
    )
    log.info("refund_asked", refund=number, kind=made.kind.value, amount_fen=made.amount_fen)
    return refund_id


# Shared with the other ways to ask.


def payer_of(sitting: Sitting, bill: BillRow) -> Payee:
    """Who paid a bill, with the account that the money came from: money goes back the way it came."""
    name, account = refunds.paid_accounts(sitting.session, bill.id)
    return Payee(
        name=name or bill.payer_name, uscc=bill.payer_uscc if name in ("", bill.payer_name) else "", account=account
    )


def _payee(sitting: Sitting, case: Case, bill: BillRow, kind: RefundKind) -> Payee:
    if kind is RefundKind.PAYOUT:
        return Payee(name=case.contractor_name, uscc=case.contractor_uscc)
    return payer_of(sitting, bill)


def _ask_credit(
    sitting: Sitting,
    case: Case,
    credit_id: UUID,
    *,
    key: str,
    reason: str,
    papers: tuple[str, ...],
    by: Actor,
    expected_fen: int | None = None,
) -> UUID:
    credit = refunds.credit(sitting.session, credit_id)
    left_fen = credit.left_fen - refunds.credit_held_fen(sitting.session, credit_id)
    name, account = refunds.paid_from(sitting.session, credit.payment_id)
    said = {"credit": credit_id, "reason": reason, "papers": list(papers), "expected_fen": expected_fen}
    if (before := asked_before(sitting, key, said)) is not None:
        return before
    must_be_available(left_fen, expected_fen=left_fen if expected_fen is None else expected_fen, left_fen=left_fen)
    if not left_fen:
        raise Conflict("这笔多缴款已没有余额，或已在退还")
    made = Ask(
        key=key,
        said=said,
        kind=RefundKind.CREDIT,
        reason=reason,
        payee=Payee(name=name or credit.payer_name, account=account),
        amount_fen=left_fen,
        expected_fen=left_fen,
        documents=papers,
        credit_id=credit_id,
    )
    return write_ask(sitting, made, case=case, bill=None, by=by)


def asked_before(sitting: Sitting, key: str, said: Mapping[str, Any]) -> UUID | None:
    """The refund that this key asked for already; raises `KeyTaken` if something else was said then."""
    if not key or len(key) > KEY_LENGTH_MAX or not key.isprintable():
        raise Invalid([Problem("Idempotency-Key", f"必填，1 至 {KEY_LENGTH_MAX} 个可见字符；同一申请重试时用同一个值")])
    before = refunds.by_key(sitting.session, sitting.tenant, key)
    if before is None:
        return None
    if before.digest != _digest(said):
        raise KeyTaken([Problem("Idempotency-Key", "这个值已用于另一笔退费；请核对，或换一个新值重新提交")])
    return before.id


def _digest(said: Mapping[str, Any]) -> bytes:
    plain = json.dumps(said, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(plain.encode()).digest()


def write(sitting: Sitting, refund: RefundRow, verb: str, by: Actor, *, unit_code: str = "", **data: Any) -> None:
    """Append an act about a refund to its application's trail, sealed by the unit (finance, unless told).

    The caller holds the application; money from suspense belongs to none, and only its rows tell of it.
    """
    if refund.application_id is None:
        return
    said = {"refund": refund.number, "kind": refund.kind, "amount_fen": refund.amount_fen, **data}
    act = Act(verb, sitting.now, by, unit_code or sitting.city.finance_unit, said)
    trail.append(sitting.session, sitting.tenant, {refund.application_id: [act]}, signer=sitting.signer)


def must_be_finance(account: AccountRow) -> None:
    """Raises `NotAllowed` for everybody else."""
    if account.role != "finance":
        raise NotAllowed("退费由财务人员办理")


def _grounds(reason: str, document: str) -> tuple[str, str]:
    kept = written("reason", reason, most=REASON_LENGTH_MAX, missing="请写明退还的原因，批准人和缴款人都会看到")
    named = document.strip()
    if not named or len(named) > DOCUMENT_LENGTH_MAX or not named.isprintable():
        raise Invalid([Problem("document", f"必填：退还的依据文件及文号，不超过 {DOCUMENT_LENGTH_MAX} 字")])
    return kept, named


_PAYEE_LENGTHS: Final = {"name": 100, "uscc": 18, "account": 40, "bank": 60}


def read_payee(payee: Payee) -> Payee:
    """A payee as it is kept; raises `Invalid`."""
    kept = {name: " ".join(getattr(payee, name).split()) for name in _PAYEE_LENGTHS}
    kept |= {name: kept[name].replace(" ", "") for name in ("uscc", "account")}
    problems = [
        Problem(f"payee_{name}", f"不超过 {longest} 个字")
        for name, longest in _PAYEE_LENGTHS.items()
        if len(kept[name]) > longest
    ]
    problems += [Problem(f"payee_{name}", UNKEEPABLE) for name in kept if not is_keepable(kept[name])]
    if not kept["name"]:
        problems.append(Problem("payee_name", "请填写收款人户名"))
    if kept["account"] and not kept["account"].replace("-", "").isascii():
        problems.append(Problem("payee_account", "收款账号应为半角数字或字母"))
    if problems:
        raise Invalid(problems)
    return Payee(**kept)


def actor_of(account: AccountRow) -> Actor:
    """An account as somebody who acts."""
    return Actor(account.id, account.display_name, account.unit_code)
