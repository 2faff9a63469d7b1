"""Reconciliation: a bank's file is imported whole or not at all, and what it says is matched with the books.

Matched is what the domain's rules are sure of; other money that came in stands in suspense until two people know
better. What a bank's statement shows has arrived there: it leaves the channel's account in the books. A channel's own
bill tells of money that the channel has, and of what it keeps for itself, which the city bears.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from services import cashier, paid_out
from services.cashier import Taking
from services.sitting import Sitting
from shared.channels.configured import NAMES
from shared.db import bills, books, cases, clock, outbox, payments, statements, suspense
from shared.db.bills import BillRow
from shared.db.books import NewEntry, NewPosting
from shared.db.outbox import Wanted
from shared.db.payments import PaymentRow
from shared.db.statements import FileRow, LineRow
from shared.db.suspense import NewSuspense
from shared.db.trail import Actor
from shared.domain import matching
from shared.domain.errors import Invalid, Problem
from shared.domain.ledger import BANK, CHANNEL_FEE, channel_account
from shared.domain.matching import BILL, PAYMENT, Expected, Incoming
from shared.logs import logger
from shared.statements.detect import detect
from shared.statements.profiles import PROFILES, Profile
from shared.statements.reading import Reading, preview
from shared.statements.statement import (
    ALIPAY_DETAIL,
    FAILED,
    FEE,
    PAID,
    REFUNDED,
    WECHAT_FUND,
    WECHAT_TRADE,
    LineProblem,
    Preview,
    Statement,
    StatementLine,
    StatementRefused,
    against,
)
from shared.tasks import PAYMENTS_QUEUE, Task

log = logger(__name__)

#: Channels' bills of orders and refunds, each with the fee that the channel kept.
ORDER_BILLS: Final = (WECHAT_TRADE, ALIPAY_DETAIL)
#: By what names a channel pays out to the city's bank, in capitals.
PAYING_NAMES: Final = {"wechat": ("财付通", "微信支付", "TENPAY"), "alipay": ("支付宝", "ALIPAY")}
#: What a channel's pay-out is matched by.
PAY_OUT: Final = "pay_out"
#: How many movements are matched in one transaction.
AT_ONCE: Final = 2000
_STATES: Final = {"paid": "已缴清", "void": "已作废", "refunded": "已退费", "nothing_due": "无须缴款"}
#: What a person sees of movements that came before.
REPEATED_SHOWN: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import gave: the file, and whether these bytes were there before."""

    file_id: UUID
    is_new: bool


def look(sitting: Sitting, *, file_name: str, content: bytes, profile: str = "", account: str = "") -> Preview:
    """What a file says, before anything is kept. Raises `Invalid` for a file that is of no known kind.

    `account` is the city's own account, for files that do not name it.
    """
    detected = detect(file_name, content)
    return preview(content, detected, profile=_profile(profile), account=account.strip(), today=sitting.today)


def import_file(
    sitting: Sitting, *, actor: Actor, file_name: str, content: bytes, profile: str = "", account: str = ""
) -> Imported:
    """Import a bank's file and ask for its matching. The same bytes again, under whatever name, are the same import.

    Raises `StatementRefused` with the line of every problem: what is wrong in itself, what does not follow from the
    day before, and movements that came in another file.
    """
    digest = hashlib.sha256(content).hexdigest()
    statements.take_turns(sitting.session, sitting.tenant)
    known = statements.find_file(sitting.session, digest)
    if known is not None:
        return Imported(file_id=known.id, is_new=False)
    reading = Reading(
        content,
        detect(file_name, content),
        profile=_profile(profile),
        account=account.strip(),
        today=sitting.today,
    )
    lines = [line for batch in reading.batches() for line in batch]
    statement = reading.statement()
    if statement.first_on is None or statement.last_on is None or not lines:
        raise Invalid([Problem("file", "文件中没有一笔收支，不用导入")])
    _refuse_repeated(sitting, lines)
    opening = statement.opening_fen or 0
    before = statements.last_of_account(
        sitting.session,
        provider=statement.provider,
        account=statement.account,
        format=statement.format,
        before=statement.first_on,
    )
    if before is not None and (problems := against(statement, opening_fen=before.closing_fen)):
        raise StatementRefused(problems)
    file_id = uuid4()
    statements.add_file(
        sitting.session,
        sitting.tenant,
        id=file_id,
        provider=statement.provider,
        format=statement.format,
        file_name=file_name,
        sha256=digest,
        size_bytes=len(content),
        account=statement.account,
        first_on=statement.first_on,
        last_on=statement.last_on,
        lines=statement.line_count,
        opening_fen=opening,
        credits_fen=statement.credits_fen,
        debits_fen=statement.debits_fen,
        closing_fen=opening + statement.credits_fen - statement.debits_fen,
        imported_by=actor.id,
        imported_at=sitting.now,
    )
    for start in range(0, len(lines), AT_ONCE):
        statements.add_lines(
            sitting.session,
            [_row(sitting.tenant, statement, file_id, line) for line in lines[start : start + AT_ONCE]],
        )
    if statement.format in ORDER_BILLS:
        _bear_fees(sitting, statement.provider, file_id, lines)
    outbox.put(sitting.session, sitting.tenant, [Wanted(Task.MATCH_STATEMENTS, PAYMENTS_QUEUE, file_id)])
    log.info("statement_imported", file=digest[:12], lines=statement.line_count, provider=statement.provider)
    return Imported(file_id=file_id, is_new=True)


def match_statements(sitting: Sitting, file_ids: Sequence[UUID]) -> None:
    """Match what waits in these files; may be repeated, and goes on where an earlier pass stopped."""
    for file_id in file_ids:
        file = statements.load_file(sitting.session, file_id)
        if file is None:
            continue
        for lines in statements.open_lines(sitting.session, file_id, at_once=AT_ONCE):
            if file.format == WECHAT_FUND:
                continue  # its payments stand in the order bill; what it paid out is found in the bank's file
            _match_both_ways(sitting, file, lines)


def _match_both_ways(sitting: Sitting, file: FileRow, lines: Sequence[LineRow]) -> None:
    came_in = [line for line in lines if line.amount_fen > 0]
    # What a channel gives back is not paid from the bank: its own bill says nothing of our orders to the bank.
    went_out = [line for line in lines if line.amount_fen < 0 and file.format not in ORDER_BILLS]
    codes, amounts = {line.payment_code for line in came_in} - {""}, {line.amount_fen for line in came_in}
    billed = bills.awaited(sitting.session, codes=codes, amounts=amounts)
    refunded = paid_out.named(sitting, went_out)
    # All at once and in id order, before anything is looked at twice: callbacks may be paying the same bills, or
    # putting the same money aside.
    of_refunds = {each.application_id for each in refunded.values() if each.application_id}
    cases.lock(sitting.session, {bill.application_id for bill in billed} | of_refunds)
    suspense.take_turns(sitting.session, sitting.tenant)
    _match(sitting, file, came_in)
    settled = paid_out.settle(sitting, file, went_out, refunded)
    statements.settle(
        sitting.session,
        [_settled(line, "matched", *settled[line.line_no], None) for line in went_out if line.line_no in settled],
    )


def _match(sitting: Sitting, file: FileRow, lines: Sequence[LineRow]) -> None:
    if not lines:
        return
    by_key = {str(line.line_no): line for line in lines}
    references = [line.bank_reference for line in lines]
    codes, amounts = {line.payment_code for line in lines} - {""}, {line.amount_fen for line in lines}
    if file.format not in ORDER_BILLS:
        lines = _pay_outs_apart(sitting, file, lines)
        if not lines:
            return
    owed = bills.awaited(sitting.session, codes=codes, amounts=amounts)
    taken = payments.by_references(sitting.session, file.provider, references)
    put_aside = suspense.by_references(sitting.session, file.provider, references)
    settled = []
    waiting = []
    for line in lines:
        if put_aside.get(line.bank_reference) == line.amount_fen:
            settled.append(_settled(line, "matched", "reference", "这笔款项此前已记入待查款", None))
        else:
            waiting.append(line)
    found = matching.match(
        [_incoming(line) for line in waiting],
        [*map(_expected_payment, taken), *map(_expected_bill, owed)],
    )
    known = {f"{PAYMENT}:{each.id}": each for each in taken}
    wanted = {f"{BILL}:{each.id}": each for each in owed}
    takings: list[tuple[LineRow, Taking, str, str]] = []
    for each in found.matched:
        line = by_key[each.line]
        if each.expected in known:
            settled.append(_settled(line, "matched", each.rule.value, each.why, known[each.expected].id))
        else:
            takings.append((line, _taking(file, line, wanted[each.expected]), each.rule.value, each.why))
    ids = cashier.take(sitting, [taking for _, taking, _, _ in takings]) if takings else []
    for (line, _, rule, why), payment_id in zip(takings, ids, strict=True):
        settled.append(_settled(line, "matched", rule, why, payment_id))
    aside = [(by_key[each.line], each.why) for each in found.open_lines]
    if aside:
        cashier.put_aside(sitting, [_suspense(file, line, why) for line, why in aside])
    settled += [_settled(line, "suspense", "", why, None) for line, why in aside]
    statements.settle(sitting.session, settled)
    if file.format not in ORDER_BILLS:
        _arrive(sitting, file, lines)


def _pay_outs_apart(sitting: Sitting, file: FileRow, lines: Sequence[LineRow]) -> list[LineRow]:
    """Book what a channel has paid out to the bank, by the channel's own file; gives the other lines.

    Such money paid its bills when the payers paid the channel: it only moves. The caller has its turn at suspense, so
    that two banks' files do not both find one pay-out.
    """
    marked = [line for line in lines if _channel_of(line)]
    if not marked:
        return list(lines)
    open_pay_outs = statements.pay_outs(sitting.session, {line.amount_fen for line in marked})
    settled, entries, others = [], [], []
    day = books.open_day(sitting.session, sitting.tenant, sitting.today)
    for line in lines:
        channel = _channel_of(line)
        pay_out = next(
            (
                each
                for each in open_pay_outs
                if (each.provider, each.amount_fen) == (channel, line.amount_fen)
                and timedelta() <= line.booked_on - each.booked_on <= timedelta(days=matching.WINDOW_DAYS)
            ),
            None,
        )
        if pay_out is None:
            others.append(line)
            continue
        open_pay_outs.remove(pay_out)
        settled.append(
            _settled(line, "matched", PAY_OUT, f"渠道结算：“{pay_out.file_name}”第 {pay_out.line_no} 行", None)
        )
        settled.append(
            {
                "file_id": pay_out.file_id,
                "line_no": pay_out.line_no,
                "state": "matched",
                "rule": PAY_OUT,
                "why": f"银行已到账：“{file.file_name}”第 {line.line_no} 行",
            }
        )
        entries.append(
            NewEntry(
                kind="settlement",
                key=f"{file.id}:{line.line_no}:{pay_out.provider}",
                postings=(
                    NewPosting(BANK, line.amount_fen),
                    NewPosting(channel_account(pay_out.provider), -line.amount_fen),
                ),
                booked_on=day,
                occurred_at=line.booked_at,
            )
        )
    if entries:
        statements.settle(sitting.session, settled)
        books.post(sitting.session, sitting.tenant, entries)
    return others


def _channel_of(line: LineRow) -> str:
    """The channel that a bank's line comes from by the payer it names, or ""."""
    said = f"{line.payer_name} {line.words}".upper()
    return next((code for code, marks in PAYING_NAMES.items() if any(mark in said for mark in marks)), "")


def _bear_fees(sitting: Sitting, provider: str, file_id: UUID, lines: Sequence[StatementLine]) -> None:
    """手续费: the city's own cost, whatever the channel kept of each order; the payers' bills are paid in full."""
    fee_fen = sum(line.fee_fen for line in lines)
    if not fee_fen:
        return
    entry = NewEntry(
        kind="channel_fee",
        key=str(file_id),
        postings=(NewPosting(CHANNEL_FEE, fee_fen), NewPosting(channel_account(provider), -fee_fen)),
        booked_on=books.open_day(sitting.session, sitting.tenant, sitting.today),
        occurred_at=max(line.booked_at for line in lines),
    )
    books.post(sitting.session, sitting.tenant, [entry])


def _arrive(sitting: Sitting, file: FileRow, lines: Sequence[LineRow]) -> None:
    """What the statement shows is at the bank: one entry for the lines of this pass."""
    total = sum(line.amount_fen for line in lines)
    entry = NewEntry(
        kind="settlement",
        key=f"{file.id}:{lines[0].line_no}",
        postings=(NewPosting(BANK, total), NewPosting(channel_account(file.provider), -total)),
        booked_on=books.open_day(sitting.session, sitting.tenant, sitting.today),
        occurred_at=max(line.booked_at for line in lines),
    )
    books.post(sitting.session, sitting.tenant, [entry])


def _profile(code: str) -> Profile | None:
    if not code:
        return None
    found = next((each for each in PROFILES if each.code == code), None)
    if found is None:
        raise Invalid([Problem("profile", "没有这个列名方案")])
    return found


def _refuse_repeated(sitting: Sitting, lines: Sequence[StatementLine]) -> None:
    known = statements.known_digests(sitting.session, [line.digest for line in lines])
    if not known:
        return
    repeated = [line for line in lines if line.digest in known]
    raise StatementRefused(
        [
            LineProblem(line.line_no, "", "与已导入的“{}”第 {} 行是同一笔流水".format(*known[line.digest]))
            for line in repeated[:REPEATED_SHOWN]
        ],
        count=len(repeated),
    )


def _row(tenant: str, statement: Statement, file_id: UUID, line: StatementLine) -> dict[str, object]:
    provider = statement.provider
    why = _not_ours_to_match(statement.format, line)
    return {
        "file_id": file_id,
        "line_no": line.line_no,
        "tenant_id": tenant,
        "digest": line.digest,
        "provider": provider,
        "bank_reference": _transaction(provider, line.bank_reference),
        "booked_on": line.booked_on,
        "booked_at": line.booked_at,
        "amount_fen": line.amount_fen,
        "balance_fen": line.balance_fen,
        "fee_fen": line.fee_fen,
        "payment_code": line.payment_code,
        "payer_name": line.payer_name,
        "payer_account": line.payer_account,
        "words": line.words,
        "state": "ignored" if why else "open",
        "why": why,
    }


def _not_ours_to_match(format: str, line: StatementLine) -> str:
    """Why a line of a channel's file moves nothing, "" if it does."""
    if line.state == FAILED:
        return "渠道称退款没有成功，款项没有变动"
    if format == WECHAT_FUND and line.kind in {PAID, REFUNDED, FEE}:
        return "见同期交易账单"
    return ""


def _transaction(provider: str, bank_reference: str) -> str:
    """The number by which callbacks know a movement."""
    profile = next((each for each in PROFILES if each.code == provider), None)
    return profile.transaction(bank_reference) if profile else bank_reference


def _incoming(line: LineRow) -> Incoming:
    return Incoming(
        key=str(line.line_no),
        amount_fen=line.amount_fen,
        booked_on=line.booked_on,
        reference=line.bank_reference,
        payment_code=line.payment_code,
        payer_name=line.payer_name,
        payer_account=line.payer_account,
        payer_uscc=matching.uscc_in(line.words),
    )


def _expected_payment(each: PaymentRow) -> Expected:
    day = clock.on(each.paid_at)
    return Expected(
        key=f"{PAYMENT}:{each.id}",
        kind=PAYMENT,
        amount_fen=each.amount_fen,
        first_on=day,
        last_on=day,
        reference=each.provider_txn_id,
        payer_name=each.payer_name,
    )


def _expected_bill(bill: BillRow) -> Expected:
    return Expected(
        key=f"{BILL}:{bill.id}",
        kind=BILL,
        amount_fen=bill.total_fen - bill.paid_fen if bill.status in bills.OPEN else bill.total_fen,
        first_on=bill.issued_on,
        last_on=bill.due_on + timedelta(days=matching.WINDOW_DAYS),
        payment_code=bill.payment_code,
        payer_name=bill.payer_name,
        payer_uscc=bill.payer_uscc,
        is_open=bill.status in bills.OPEN,
        state_name=_STATES.get(bill.status, ""),
    )


def _taking(file: FileRow, line: LineRow, bill: BillRow) -> Taking:
    return Taking(
        bill=bill,
        amount_fen=line.amount_fen,
        provider=file.provider,
        provider_txn_id=line.bank_reference,
        channel=NAMES.get(file.provider, "银行转账"),
        paid_at=line.booked_at,
        source="statement",
        payer_name=line.payer_name,
        payer_account=line.payer_account,
    )


def _suspense(file: FileRow, line: LineRow, why: str) -> NewSuspense:
    return NewSuspense(
        id=uuid4(),
        provider=file.provider,
        bank_reference=line.bank_reference,
        amount_fen=line.amount_fen,
        why=why,
        came_at=line.booked_at,
        payment_code=line.payment_code,
        payer_name=line.payer_name,
        payer_account=line.payer_account,
        file_id=file.id,
        line_no=line.line_no,
    )


def _settled(line: LineRow, state: str, rule: str, why: str, payment_id: UUID | None) -> dict[str, object]:
    return {
        "file_id": line.file_id,
        "line_no": line.line_no,
        "state": state,
        "rule": rule,
        "why": why,
        "payment_id": payment_id,
    }
