"""The cashier: money that is known to be for a bill is paid in, many bills in one transaction.

Called by use cases inside their own transaction; the caller holds the applications' rows and has made sure that no
payment is taken twice. Each payment writes its shares, its entry in the books and the bill's new standing; a bill
that is paid to the 分 asks for its receipt and opens its deposits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from services import late_fees
from services.sitting import Sitting
from shared.db import bills, books, deposits, outbox, payments, suspense, trail
from shared.db.bills import BillRow
from shared.db.books import NewEntry, NewPosting
from shared.db.outbox import Wanted
from shared.db.payments import NewPayment
from shared.db.suspense import NewSuspense
from shared.db.trail import SYSTEM, Act, Actor
from shared.domain.allocation import Open, Rule, Share, allocate
from shared.domain.ledger import Due, Entry, channel_account, payment_entry, suspense_entry
from shared.domain.lines import REVENUE_ACCOUNTS
from shared.tasks import PAYMENTS_QUEUE, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """Money for one bill. `taken_from` is the account in the books that gives it; empty, it is the provider's.

    `for_lines` are the lines that it is for (a 保函 secures its own line only); empty, it is for all of them.
    """

    bill: BillRow
    amount_fen: int
    provider: str
    provider_txn_id: str
    channel: str
    paid_at: datetime
    source: str
    payer_name: str = ""
    payer_account: str = ""
    inbox_id: UUID | None = None
    taken_from: str = ""
    for_lines: frozenset[int] = frozenset()
    by: Actor = SYSTEM


def allocation_of(sitting: Sitting, bill: BillRow, amount_fen: int) -> tuple[tuple[Share, ...], int]:
    """What a payment would pay of each line, by the city's rule, and what it would leave over; nothing is written."""
    lines = bills.lines_of(sitting.session, [bill.id]).get(bill.id, [])
    paid = payments.paid_by_line(sitting.session, [bill.id])
    return _shares(sitting, bill.id, amount_fen, lines, paid)


def take(sitting: Sitting, takings: Sequence[Taking]) -> list[UUID]:
    """Pay money in; gives the payments' ids. Raises `Broken` for a bill that is not open for payment."""
    bill_ids = {taking.bill.id for taking in takings}
    lines = bills.lines_of(sitting.session, bill_ids)
    paid = payments.paid_by_line(sitting.session, bill_ids)
    day = books.open_day(sitting.session, sitting.tenant, sitting.today)
    new: list[NewPayment] = []
    entries: list[NewEntry] = []
    acts: dict[UUID, list[Act]] = {}
    settled: list[BillRow] = []
    for taking in takings:
        bill = taking.bill
        asked = [line for line in lines[bill.id] if not taking.for_lines or line[0] in taking.for_lines]
        shares, over_fen = _shares(sitting, bill.id, taking.amount_fen, asked, paid)
        for each in shares:
            paid[bill.id, each.seq] = paid.get((bill.id, each.seq), 0) + each.amount_fen
        payment_id = uuid4()
        counted = taking.amount_fen - over_fen
        new.append(
            NewPayment(
                id=payment_id,
                bill_id=bill.id,
                application_id=bill.application_id,
                inbox_id=taking.inbox_id,
                source=taking.source,
                provider=taking.provider,
                provider_txn_id=taking.provider_txn_id,
                amount_fen=counted,
                channel=taking.channel,
                payer_name=taking.payer_name,
                payer_account=taking.payer_account,
                payer_uscc=bill.payer_uscc,
                paid_at=taking.paid_at,
                shares=tuple((each.seq, each.item_code, each.amount_fen) for each in shares),
                over_fen=over_fen,
            )
        )
        entry = payment_entry(
            key=str(payment_id),
            dues=[Due(item_code=each.item_code, account=each.account, due_fen=each.amount_fen) for each in shares],
            taken_from=taking.taken_from or channel_account(taking.provider),
            over_fen=over_fen,
        )
        by_item = {item_code: fee_line_id for _, item_code, fee_line_id, _ in lines[bill.id]}
        entries.append(
            NewEntry(
                kind=entry.kind,
                key=entry.key,
                postings=_postings(entry, by_item),
                booked_on=day,
                occurred_at=taking.paid_at,
                bill_id=bill.id,
                payment_id=payment_id,
            )
        )
        data = {"bill": bill.number, "amount_fen": counted, "bank_txn_id": taking.provider_txn_id}
        if over_fen:
            data["over_fen"] = over_fen
        acts.setdefault(bill.application_id, []).append(Act("payment_posted", sitting.now, taking.by, data=data))
        if bills.take_payment(sitting.session, bill.id, counted, taking.paid_at) == "paid":
            settled.append(replace(bill, paid_at=taking.paid_at))
    payments.add(sitting.session, sitting.tenant, new)
    books.post(sitting.session, sitting.tenant, entries)
    _open_deposits(sitting, settled, lines)
    late_fees.follow(sitting, settled)
    trail.append(sitting.session, sitting.tenant, acts, signer=sitting.signer)
    outbox.put(
        sitting.session,
        sitting.tenant,
        [Wanted(Task.ISSUE_RECEIPTS, PAYMENTS_QUEUE, bill.id, application_id=bill.application_id) for bill in settled],
    )
    return [each.id for each in new]


def put_aside(sitting: Sitting, money: Sequence[NewSuspense]) -> None:
    """Money came in and fits no bill: it stands in the books as suspense (待查款) until a person knows better."""
    day = books.open_day(sitting.session, sitting.tenant, sitting.today)
    suspense.add(sitting.session, sitting.tenant, money)
    entries = []
    for each in money:
        entry = suspense_entry(key=str(each.id), channel=each.provider, amount_fen=each.amount_fen)
        entries.append(
            NewEntry(
                kind=entry.kind,
                key=entry.key,
                postings=_postings(entry, {}),
                booked_on=day,
                occurred_at=each.came_at,
            )
        )
    books.post(sitting.session, sitting.tenant, entries)


def _shares(
    sitting: Sitting,
    bill_id: UUID,
    amount_fen: int,
    lines: Sequence[tuple[int, str, UUID, int]],
    paid: dict[tuple[UUID, int], int],
) -> tuple[tuple[Share, ...], int]:
    owed = []
    for seq, item_code, _, due_fen in lines:
        account = sitting.city.item(item_code).account
        owed.append(
            Open(
                seq=seq,
                item_code=item_code,
                account=account,
                open_fen=due_fen - paid.get((bill_id, seq), 0),
                is_revenue=account in REVENUE_ACCOUNTS,
            )
        )
    return allocate(amount_fen, owed, Rule(sitting.city.pack.settings.allocation))


def _postings(entry: Entry, fee_lines: dict[str, UUID]) -> tuple[NewPosting, ...]:
    return tuple(
        NewPosting(
            posting.account,
            posting.amount_fen,
            posting.item_code,
            fee_lines.get(posting.item_code) if posting.item_code else None,
        )
        for posting in entry.postings
    )


def _open_deposits(
    sitting: Sitting, settled: Sequence[BillRow], lines: dict[UUID, list[tuple[int, str, UUID, int]]]
) -> None:
    new = [
        deposits.NewDeposit(
            application_id=bill.application_id,
            bill_id=bill.id,
            fee_line_id=fee_line_id,
            item_code=item_code,
            payer_name=bill.payer_name,
            payer_uscc=bill.payer_uscc,
            amount_fen=due_fen,
            opened_on=sitting.today,
        )
        for bill in settled
        for _, item_code, fee_line_id, due_fen in lines[bill.id]
        if due_fen and sitting.city.item(item_code).account == "deposit"
    ]
    if new:
        deposits.open_in_cash(sitting.session, sitting.tenant, new)
