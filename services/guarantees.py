"""保函: a bank's guarantee in the place of a cash deposit, offered by one person, accepted by another, and watched.

It pays its line of the bill as security, not as money: the books debit the guarantee and credit the deposit.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID

from services import cashier
from services.cashier import Taking
from services.deposit_acts import (
    REASON_LENGTH_MAX,
    adopt,
    ask_move,
    decide,
    hold,
    must_be_party,
    must_decide,
    needed,
    note,
    post,
    tell_applicant,
    tell_desks,
    write,
)  # fmt: skip
from services.refund_asks import actor_of
from services.sitting import Sitting
from shared.db import attention, bills, cases, deposits, payments
from shared.db.accounts import AccountRow
from shared.db.cases import Case
from shared.db.deposits import DepositRow, MoveRow, NewDeposit
from shared.db.trail import SYSTEM, Actor
from shared.domain.characters import written
from shared.domain.errors import Conflict, Invalid, Problem
from shared.domain.ledger import GUARANTEE, guarantee_end_entry, guarantee_renewal_entry
from shared.logs import logger

log = logger(__name__)

#: How many 保函 one look over a city takes up.
AT_ONCE: Final = 200


def offer_guarantee(
    sitting: Sitting,
    *,
    account: AccountRow,
    bill_id: UUID,
    issuer: str,
    number: str,
    expires_on: date,
    paper_id: UUID | None = None,
) -> UUID:
    """Offer a bank's 保函 for the whole deposit of an open bill; it counts once another person has accepted it.

    Offering the same one again gives the same offer. Raises `Conflict` for a line that has a deposit, an offer or a
    payment, `Invalid` with what is missing, `NotFound` for somebody else's bill.
    """
    bill = bills.load(sitting.session, bill_id)
    case = cases.lock_one(sitting.session, bill.application_id)
    must_be_party(account, case)
    told = _guarantee(sitting, issuer, number, expires_on)
    for each in deposits.of_application(sitting.session, case.id):
        if each.bill_id == bill_id and each.state == "offered" and (each.issuer, each.guarantee_number) == told:
            return each.id
    if bills.load(sitting.session, bill_id).status not in bills.OPEN:
        raise Conflict("缴费单不在待缴状态，不能再以保函代缴")
    paid = payments.paid_by_line(sitting.session, [bill_id])
    lines = [
        line
        for line in bills.lines_of(sitting.session, [bill_id])[bill_id]
        if line[3] and sitting.city.item(line[1]).account == "deposit"
    ]
    if not lines:
        raise Conflict("这张缴费单没有保证金，不需要保函")
    seq, item_code, fee_line_id, due_fen = lines[0]
    if paid.get((bill_id, seq)):
        raise Conflict("保证金已缴，不能再以保函代替")
    _must_be_unused(sitting, *told)
    if paper_id is not None:
        adopt(sitting, account, case, paper_id)
    deposit_id = deposits.offer(
        sitting.session,
        sitting.tenant,
        NewDeposit(
            application_id=case.id,
            bill_id=bill_id,
            fee_line_id=fee_line_id,
            item_code=item_code,
            payer_name=bill.payer_name,
            payer_uscc=bill.payer_uscc,
            amount_fen=due_fen,
            opened_on=sitting.today,
        ),
        issuer=told[0],
        guarantee_number=told[1],
        expires_on=expires_on,
        paper_id=paper_id,
        asked_by=account.id,
        asked_at=sitting.now,
    )
    deposit = deposits.find(sitting.session, deposit_id)
    write(sitting, deposit, "guarantee_offered", actor_of(account), **_told(deposit))
    body = f"{told[0]} {told[1]}，请核对后接受或退回。"
    tell_desks(sitting, deposit, case, kind="guarantee_offered", title="保函待核对", body=body)
    return deposit_id


def answer_guarantee(
    sitting: Sitting, *, account: AccountRow, deposit_id: UUID, is_accepted: bool, opinion: str = ""
) -> None:
    """Accept a 保函 as payment of its line, or send it back; another person than who offered it.

    May be repeated with the same answer. Raises `Conflict` for one that was answered or whose bill is paid meanwhile.
    """
    kept = written(
        "opinion", opinion, most=REASON_LENGTH_MAX, missing="" if is_accepted else "退回保函须写明理由，申请人会看到"
    )
    deposit, case = hold(sitting, deposit_id)
    must_decide(sitting, account, deposit, asked_by=deposit.asked_by)
    if deposit.state == ("held" if is_accepted else "declined") and deposit.decided_by == account.id:
        return
    if deposit.state != "offered":
        raise Conflict("这份保函已有答复，请刷新后查看")
    by = actor_of(account)
    answer = {"decided_by": account.id, "decided_at": sitting.now, "opinion": kept}
    if not is_accepted:
        deposits.save(sitting.session, deposit, state="declined", **answer)
        write(sitting, deposit, "guarantee_declined", by, opinion=kept, **_told(deposit))
        tell_applicant(sitting, deposit, case, kind="guarantee_declined", title="保函未被接受", body=kept)
        return
    if deposit.expires_on is None or deposit.expires_on <= sitting.today:
        raise Conflict("保函已到期，请退回")
    bill = bills.load(sitting.session, deposit.bill_id)
    if bill.status not in bills.OPEN:
        raise Conflict("缴费单不在待缴状态，不能再以保函代缴")
    _must_be_unused(sitting, deposit.issuer, deposit.guarantee_number)
    seq = next(
        seq
        for seq, _, fee_line_id, _ in bills.lines_of(sitting.session, [bill.id])[bill.id]
        if fee_line_id == deposit.fee_line_id
    )
    if payments.paid_by_line(sitting.session, [bill.id]).get((bill.id, seq)):
        raise Conflict("保证金已缴，不能再以保函代替")
    cashier.take(
        sitting,
        [
            Taking(
                bill=bill,
                amount_fen=deposit.amount_fen,
                provider=GUARANTEE,
                provider_txn_id=_reference(deposit.issuer, deposit.guarantee_number),
                channel="保函",
                paid_at=sitting.now,
                source="guarantee",
                payer_name=deposit.issuer,
                taken_from=GUARANTEE,
                for_lines=frozenset((seq,)),
                by=by,
            )
        ],
    )
    deposits.save(
        sitting.session, deposit, state="held", held_fen=deposit.amount_fen, opened_on=sitting.today, **answer
    )
    note(sitting, deposit, "opening", amount_fen=deposit.amount_fen, reason="保函", **_told(deposit))
    write(sitting, deposit, "guarantee_accepted", by, **_told(deposit))
    body = "工资保证金以保函代缴，其余款项照常缴纳。"
    tell_applicant(sitting, deposit, case, kind="guarantee_accepted", title="保函已接受", body=body)
    log.info("guarantee_accepted", application=case.number)


def ask_renewal(
    sitting: Sitting,
    *,
    account: AccountRow,
    deposit_id: UUID,
    issuer: str,
    number: str,
    expires_on: date,
    paper_id: UUID | None = None,
) -> UUID:
    """Bring a new 保函 in the place of one that runs out; it counts once another person has accepted it."""
    deposit, case = hold(sitting, deposit_id)
    must_be_party(account, case)
    told = _guarantee(sitting, issuer, number, expires_on)
    if deposit.form != "guarantee" or deposit.state not in ("held", "expired"):
        raise Conflict("这笔保证金没有在用或到期的保函，不需要续保")
    if deposit.expires_on is not None and expires_on <= deposit.expires_on:
        raise Invalid([Problem("expires_on", "续保后的到期日应晚于现有保函")])
    data = {"issuer": told[0], "number": told[1], "expires_on": expires_on.isoformat()}
    move_id, is_new = ask_move(sitting, deposit, "renewal", account, data=data, paper_id=paper_id)
    if is_new:
        if paper_id is not None:
            adopt(sitting, account, case, paper_id)
        body = f"{told[0]} {told[1]}，请核对。"
        tell_desks(
            sitting, deposit, case, kind="guarantee_offered", title="续保保函待核对", body=body, key=str(move_id)
        )
    return move_id


def answer_renewal(
    sitting: Sitting, *, account: AccountRow, move_id: UUID, is_accepted: bool, opinion: str = ""
) -> None:
    """Accept a new 保函 in the place of the old, or send it back; another person than who brought it.

    May be repeated with the same answer.
    """
    kept = written(
        "opinion", opinion, most=REASON_LENGTH_MAX, missing="" if is_accepted else "退回保函须写明理由，申请人会看到"
    )
    deposit, case = hold(sitting, deposits.find_move(sitting.session, move_id).deposit_id)
    move = deposits.find_move(sitting.session, move_id)
    if not decide(sitting, account, deposit, move, is_accepted=is_accepted, opinion=kept):
        return
    if is_accepted:
        _renew(sitting, deposit, case, move, actor_of(account))
    else:
        tell_applicant(
            sitting, deposit, case, kind="guarantee_declined", title="续保未被接受", body=kept, key=str(move_id)
        )


def watch(sitting: Sitting) -> int:
    """Look at every 保函 that runs out soon: tell depositor and unit at each step, end the one that has run out.

    May be repeated; gives how many steps were new.
    """
    rules = sitting.city.pack.deposits
    horizon = date.fromordinal(sitting.today.toordinal() + rules.watch_days[0])
    new = 0
    found = deposits.to_watch(sitting.session, expiring_by=horizon, most=AT_ONCE)
    cases.lock(sitting.session, {each.application_id for each in found})
    for seen in found:
        deposit = deposits.find(sitting.session, seen.id)
        if deposit.state not in deposits.THERE or deposit.expires_on is None:
            continue
        case = cases.lock_one(sitting.session, deposit.application_id)
        if deposit.expires_on < sitting.today:
            _end_guarantee(sitting, deposit, case)
            new += 1
            continue
        step = rules.watch_step(deposit.expires_on, sitting.today)
        if step is not None and (deposit.watched is None or step < deposit.watched):
            _warn(sitting, deposit, case, step)
            new += 1
    return new


def _warn(sitting: Sitting, deposit: DepositRow, case: Case, step: int) -> None:
    deposits.note_watch(sitting.session, deposit.id, step)
    body = (
        f"{case.number} 的保函（{deposit.issuer} {deposit.guarantee_number}）于 {deposit.expires_on} 到期，"
        "请在到期前续保，或改为缴存现金。"
    )
    told = {"kind": "guarantee_expiring", "title": "保函即将到期", "body": body, "key": f"{deposit.expires_on}:{step}"}
    tell_applicant(sitting, deposit, case, **told)
    tell_desks(sitting, deposit, case, **told)
    attention.open_case(
        sitting.session,
        sitting.tenant,
        kind="guarantee_expiring",
        key=f"{deposit.id}:{deposit.expires_on}",
        reason=body,
        application_id=case.id,
        data={"deposit": str(deposit.id), "expires_on": f"{deposit.expires_on}"},
    )


def _end_guarantee(sitting: Sitting, deposit: DepositRow, case: Case) -> None:
    """A 保函 has run out: the books hold no security any more, and a person must get a new one."""
    post(
        sitting,
        deposit,
        guarantee_end_entry(
            key=f"{deposit.id}:{deposit.expires_on}", item_code=deposit.item_code, amount_fen=deposit.held_fen
        ),
    )
    note(sitting, deposit, "end", amount_fen=deposit.held_fen, reason="保函到期未续")
    deposits.save(sitting.session, deposit, state="expired", held_fen=0)
    write(sitting, deposit, "guarantee_expired", SYSTEM, **_told(deposit))
    body = (
        f"{case.number} 的保函（{deposit.issuer} {deposit.guarantee_number}）已于 {deposit.expires_on} 到期，"
        "没有续保，请补交保函或缴存现金。"
    )
    tell_applicant(sitting, deposit, case, kind="guarantee_expired", title="保函已到期", body=body)
    attention.open_case(
        sitting.session,
        sitting.tenant,
        kind="guarantee_expired",
        key=f"{deposit.id}:{deposit.expires_on}",
        reason=body,
        application_id=case.id,
        data={"deposit": str(deposit.id)},
    )


def _renew(sitting: Sitting, deposit: DepositRow, case: Case, move: MoveRow, by: Actor) -> None:
    values: dict[str, Any] = {
        "issuer": move.data["issuer"],
        "guarantee_number": move.data["number"],
        "expires_on": date.fromisoformat(move.data["expires_on"]),
        "watched": None,
    }
    if deposit.state == "expired":
        amount_fen = deposit.amount_fen - _drawn_fen(sitting, deposit)
        values |= {"state": "held", "held_fen": amount_fen}
        entry = guarantee_renewal_entry(key=str(move.id), item_code=deposit.item_code, amount_fen=amount_fen)
        post(sitting, deposit, entry)
    deposits.save(sitting.session, deposit, **values)
    write(sitting, deposit, "guarantee_renewed", by, **move.data)
    for kind in ("guarantee_expiring", "guarantee_expired"):
        attention.settle(sitting.session, kind, f"{deposit.id}:", by=by.id, resolution="已续保")
    tell_applicant(
        sitting,
        deposit,
        case,
        kind="guarantee_renewed",
        title="续保已接受",
        body=f"保函有效至 {move.data['expires_on']}。",
        key=str(move.id),
    )


def _drawn_fen(sitting: Sitting, deposit: DepositRow) -> int:
    return sum(
        each.amount_fen
        for each in deposits.moves(sitting.session, deposit.id)
        if each.kind == "draw" and each.state == "done"
    )


def _guarantee(sitting: Sitting, issuer: str, number: str, expires_on: date) -> tuple[str, str]:
    told = (
        needed("issuer", issuer, "请填写出具保函的机构"),
        needed("number", number, "请填写保函编号"),
    )
    if expires_on <= sitting.today:
        raise Invalid([Problem("expires_on", "保函已到期，请提供有效的保函")])
    return told


def _must_be_unused(sitting: Sitting, issuer: str, number: str) -> None:
    used = payments.find_payment(sitting.session, provider=GUARANTEE, provider_txn_id=_reference(issuer, number))
    if used is not None:
        raise Conflict("这份保函已用于另一张缴费单，请核对保函编号")


def _reference(issuer: str, number: str) -> str:
    return f"{issuer} {number}"


def _told(deposit: DepositRow) -> dict[str, str]:
    return {
        "issuer": deposit.issuer,
        "number": deposit.guarantee_number,
        "expires_on": deposit.expires_on.isoformat() if deposit.expires_on else "",
    }
