"""Prepaid funds (墙材, 散装水泥) are settled at completion: the payer claims with proof, the item's unit checks it.

A rule outlives its item: what was prepaid before an item was abolished is still settled. What was paid above a newer,
lower rate goes back without a claim; finance asks for it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final
from uuid import UUID

from services import notices, refund_asks, refunds
from services.refund_asks import Ask, Payee
from services.sitting import Sitting
from shared.db import attachments, bills, cases
from shared.db import refunds as rows
from shared.db.accounts import AccountRow
from shared.db.bills import BillRow
from shared.db.trail import Actor
from shared.domain.characters import written
from shared.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from shared.domain.lines import Line
from shared.domain.money import grouped, share
from shared.domain.refunds import Available, RefundKind, above_rate_fen
from shared.domain.settlement import RefundRule, refund
from shared.logs import logger

log = logger(__name__)

OPINION_LENGTH_MAX: Final = 500
#: An item that was paid on several bills comes back by several refunds: what follows the key of the first.
KEY_OF_ANOTHER_BILL: Final = "#bill-"
_DECIMALS_MAX: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimable:
    """A prepaid item of an application: what was paid and is still there, and whether it was claimed already."""

    rule: RefundRule
    paid_fen: int
    is_claimed: bool


@dataclass(frozen=True, slots=True)
class _Prepaid:
    """An item's line on one bill."""

    bill: BillRow
    line: Available
    unit_code: str


def claimable(sitting: Sitting, application_id: UUID) -> tuple[Claimable, ...]:
    """The prepaid items that an application has paid, in the order of the rules."""
    claimed = _claimed(sitting, application_id)
    found = []
    for rule in sitting.city.pack.refunds:
        prepaid = _prepaid(sitting, application_id, rule.item)
        paid_fen = sum(each.line.left_fen for each in prepaid)
        if paid_fen or rule.item in claimed:
            found.append(Claimable(rule=rule, paid_fen=paid_fen, is_claimed=rule.item in claimed))
    return tuple(found)


def claim(
    sitting: Sitting,
    *,
    account: AccountRow,
    key: str,
    application_id: UUID,
    item_code: str,
    share_percent: str,
    completed_on: date,
    paper_id: UUID,
    payee: Payee,
) -> tuple[UUID, ...]:
    """The applicant claims a prepaid item back, with the share that his proof shows; gives the refunds, one a bill.

    May be repeated with the same key and body. Raises `ClaimedTooLate` outside the rule's days, `Invalid` for a share
    that earns nothing or a paper that is missing, `Conflict` once the item was claimed, `NotFound` for somebody else's.
    """
    case = cases.lock_one(sitting.session, application_id)
    if account.role != "applicant" or case.applicant_id != account.id:
        raise NotFound("办件不存在，或不在您的办理范围内")
    rule = _rule(sitting, item_code)
    to = refund_asks.read_payee(payee)
    if not to.account:
        raise Invalid([Problem("payee_account", "请填写收款账号，退款付到这个账户")])
    said = {
        "application": application_id,
        "item": item_code,
        "share": share_percent,
        "completed_on": completed_on,
        "paper": attachments.content_of(sitting.session, paper_id),
        "payee": asdict(to),
    }
    if refund_asks.asked_before(sitting, key, said) is not None:
        return rows.with_key(sitting.session, sitting.tenant, key)
    percent = _percent(share_percent, rule)
    if completed_on > sitting.today:
        raise Invalid([Problem("completed_on", "主体竣工日不能晚于今天")])
    if item_code in _claimed(sitting, application_id):
        raise Conflict("这一项已申请清算，不能重复申请；结果见办件页面")
    prepaid = _prepaid(sitting, application_id, item_code)
    if not prepaid:
        raise Conflict("这一项没有可以清算退还的预缴款")
    found = refund(
        rule,
        paid_fen=sum(each.line.left_fen for each in prepaid),
        share=percent,
        completed_on=completed_on,
        claimed_on=sitting.today,
    )
    if not found.refund_fen:
        raise Invalid([Problem("share", f"{found.reason}：按规定不予退还")])
    if paper_id not in attachments.free(sitting.session, [paper_id], account_id=account.id):
        raise Invalid([Problem("paper", "请上传证明材料")])
    attachments.adopt(sitting.session, [paper_id], application_id)
    proof = {"share": str(percent), "completed_on": completed_on.isoformat(), "paper": str(paper_id)}
    proof |= {"item": item_code, "percent": str(found.percent)}
    by = refund_asks.actor_of(account)
    parts = share(found.refund_fen, [each.line.left_fen for each in prepaid])
    written: list[UUID] = []
    for place, (each, fen) in enumerate(zip(prepaid, parts, strict=True)):
        if not fen:
            continue
        made = Ask(
            key=f"{key}{KEY_OF_ANOTHER_BILL}{place}" if written else key,
            said=said,
            kind=RefundKind.SETTLEMENT,
            state="checking",
            reason=found.reason,
            payee=to,
            amount_fen=fen,
            expected_fen=each.line.left_fen,
            documents=found.documents,
            unit_code=each.unit_code,
            evidence=proof | {"paid_fen": each.line.left_fen, "kept_fen": each.line.left_fen - fen},
        )
        written.append(
            refund_asks.write_ask(sitting, made, case=case, bill=each.bill, parts={each.line.seq: fen}, by=by)
        )
    log.info("settlement_claimed", application=case.number, item=item_code, refunds=len(written))
    return tuple(written)


def check(
    sitting: Sitting, *, actor: Actor, refund_id: UUID, is_right: bool, opinion: str, version: int | None = None
) -> None:
    """The item's unit says whether the proof shows what was claimed, sealed; finance decides what it has found right.

    May be repeated with the same answer. Raises `NotAllowed` for another unit or the claimant, `Conflict` for a claim
    that is not waiting, `Invalid` without a reason for a refusal.
    """
    kept = written(
        "opinion",
        opinion,
        most=OPINION_LENGTH_MAX,
        missing="" if is_right else "核对不符须写明理由，申请人会看到",
    )
    claimed, case = refunds.hold(sitting, refund_id)
    if not claimed.unit_code or claimed.unit_code != actor.unit_code:
        raise NotAllowed("这笔清算由其他单位核对")
    if actor.id == claimed.asked_by:
        raise NotAllowed("清算由另一人核对，不能由申请人自己核对")
    if is_right and claimed.checked_by == actor.id:
        return
    if not is_right and claimed.state == "declined" and claimed.decided_by == actor.id:
        return
    if claimed.state != "checking":
        raise Conflict("这笔清算已经核对，请刷新后查看")
    if version is not None and version != claimed.version:
        raise Conflict("这笔退费刚刚有变化，请刷新后再办理")
    if not is_right:
        refunds.turn_down(sitting, claimed, case, by=actor, opinion=kept, unit_code=claimed.unit_code)
        return
    rows.move(sitting.session, claimed, state="asked", checked_by=actor.id, checked_at=sitting.now, check_note=kept)
    refund_asks.write(sitting, claimed, "refund_checked", actor, unit_code=claimed.unit_code, opinion=kept)
    notices.tell(
        sitting,
        notices.desk(sitting, sitting.city.finance_unit),
        kind="refund_asked",
        key=f"{claimed.id}:checked",
        title=f"预缴清算退还待审批：{claimed.number}",
        body=f"{claimed.number} 已由执收单位核对，退还 {grouped(claimed.amount_fen)} 元，请审批。",
        application_id=claimed.application_id,
        href=f"/finance/refunds/{claimed.id}",
    )
    log.info("refund_checked", refund=claimed.number)


def ask_above_newer_rate(sitting: Sitting, *, account: AccountRow, key: str, bill_id: UUID, item_code: str) -> UUID:
    """Finance asks for what a bill has paid above the newer rate of an item. As `refund_asks.ask`.

    Raises `Conflict` where the item has no newer rate, the line was computed by it, or nothing lies above it.
    """
    refund_asks.must_be_finance(account)
    bill = bills.load(sitting.session, bill_id)
    case = cases.lock_one(sitting.session, bill.application_id)
    rule = _rule(sitting, item_code)
    said = {"bill": bill_id, "item": item_code, "newer_rate": rule.newer_rate}
    if (before := refund_asks.asked_before(sitting, key, said)) is not None:
        return before
    line = next((each for each in bills.lines(sitting.session, bill_id) if each.item_code == item_code), None)
    if line is None or not rule.newer_rate or Line.from_json(line.line).version == rule.newer_rate:
        raise Conflict("这一项没有更低的新标准，不需要退差额")
    if any(each.evidence.get("newer_rate") for each in rows.of_bill(sitting.session, bill_id)
           if each.state != "declined" and line.seq in each.by_line):  # fmt: skip
        raise Conflict("这一项的差额已经申请退还，请刷新后查看")
    facts = sitting.city.pack.facts(case.facts)
    newer = sitting.city.tariff.assess_item(item_code, facts, version=rule.newer_rate)
    there = next(each for each in refund_asks.available(sitting, bill_id, "treasury") if each.seq == line.seq)
    amount_fen = min(above_rate_fen(paid_fen=there.paid_fen, newer=newer), there.left_fen)
    if not amount_fen:
        raise Conflict("这一项按新标准没有多缴，不需要退差额")
    made = Ask(
        key=key,
        said=said,
        kind=RefundKind.TREASURY,
        reason=f"{newer.name}按新标准{newer.rate_text}{newer.rate_unit}计算，退还差额",
        payee=refund_asks.payer_of(sitting, bill),
        amount_fen=amount_fen,
        expected_fen=there.left_fen,
        documents=newer.documents,
        evidence={"newer_rate": rule.newer_rate, "newer_fen": newer.due_fen, "formula": newer.formula},
    )
    return refund_asks.write_ask(
        sitting, made, case=case, bill=bill, parts={line.seq: amount_fen}, by=refund_asks.actor_of(account)
    )


def _rule(sitting: Sitting, item_code: str) -> RefundRule:
    for rule in sitting.city.pack.refunds:
        if rule.item == item_code:
            return rule
    raise Invalid([Problem("item", "这一项不是预缴清算项目")])


def _percent(text: str, rule: RefundRule) -> Decimal:
    try:
        found = Decimal(text.strip().removesuffix("%"))
    except InvalidOperation:
        found = Decimal("NaN")
    exponent = found.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -_DECIMALS_MAX:
        raise Invalid([Problem("share", f"{rule.measure}请写成 0 至 100 的数字，最多两位小数")])
    return found


def _prepaid(sitting: Sitting, application_id: UUID, item_code: str) -> list[_Prepaid]:
    """An item's lines on the bills of an application that still have money, the first bill first."""
    account = sitting.city.item(item_code).account
    found = []
    for bill in bills.of_application(sitting.session, application_id):
        if bill.status not in ("paid", "part_paid"):
            continue
        units = {each.seq: each.unit_code for each in bills.lines(sitting.session, bill.id)}
        found += [
            _Prepaid(bill, line, units[line.seq])
            for line in refund_asks.available(sitting, bill.id, account)
            if line.item_code == item_code and line.left_fen
        ]
    return found


def _claimed(sitting: Sitting, application_id: UUID) -> set[str]:
    return {
        line["item"]
        for each in rows.of_application(sitting.session, application_id)
        if each.kind == RefundKind.SETTLEMENT and each.state != "declined"
        for line in each.lines
    }
