"""划拨: what each item holds is set down for a day by one person, confirmed by another, and only then booked."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID, uuid4

from services import notices
from services.sitting import Sitting
from shared.db import books, numbers, transfers
from shared.db.accounts import AccountRow
from shared.db.books import NewEntry, NewPosting
from shared.db.transfers import TransferRow
from shared.domain.accounts import AGENCY, AGENCY_BANK, transfer_entry
from shared.domain.characters import UNKEEPABLE, is_keepable
from shared.domain.errors import Conflict, Invalid, NotAllowed, Problem
from shared.logs import logger

log = logger(__name__)

ROLE: Final = "finance"
OPINION_LENGTH_MAX: Final = 300


def propose(sitting: Sitting, *, account: AccountRow, day: date) -> UUID:
    """Set down everything that is held at the end of a day and has to be passed on; gives the batch's id.

    Raises `Conflict` if nothing is held, or all of it is set down already.
    """
    _must_be_finance(account)
    if day > sitting.today:
        raise Conflict(f"{day} 还没有到，不能划拨")
    # The number holds the series until the end, so two who set down at once come one after the other.
    running = numbers.take(sitting.session, tenant=sitting.tenant, series=f"transfer:{day.year}")[0]
    held = transfers.held(sitting.session, day)
    taken = {(row.account, row.item_code) for row in transfers.of_day(sitting.session, day)}
    due = [each for each in held if (each.account, each.item_code) not in taken]
    if not due:
        raise Conflict(f"{day} 没有待划拨的资金，或已全部编制划拨单")
    number = sitting.city.number("transfer", day.year, running)
    batch_id = uuid4()
    transfers.add(
        sitting.session,
        sitting.tenant,
        [
            {
                "id": uuid4(),
                "batch_id": batch_id,
                "number": f"{number}-{place}",
                "day": day,
                "account": each.account,
                "item_code": each.item_code,
                "amount_fen": each.amount_fen,
                "made_by": account.id,
                "made_at": sitting.now,
            }
            for place, each in enumerate(due, start=1)
        ],
    )
    notices.tell(
        sitting,
        notices.desk(sitting, sitting.city.finance_unit),
        kind="transfer",
        key=f"transfer:{batch_id}:proposed",
        title=f"划拨单 {number} 待复核",
        body=f"{account.display_name}编制，{len(due)} 笔，请另一人复核后记账",
        href=f"/finance/transfers/{batch_id}",
    )
    log.info("transfers_proposed", number=number, count=len(due))
    return batch_id


def confirm(sitting: Sitting, *, account: AccountRow, batch_id: UUID) -> None:
    """Confirm a batch as its second person and book it; confirming twice books once.

    Raises `NotAllowed` for whoever set it down, `Conflict` if less is held by now than is to be passed on.
    """
    # Alone with the books: what a refund takes out meanwhile must not be passed on as well.
    books.hold(sitting.session, sitting.tenant)
    rows = _to_decide(sitting, account, batch_id, "confirmed")
    if rows is None:
        return
    stands = books.balances(sitting.session)
    for row in rows:
        held = -stands.get((row.account, row.item_code), 0)
        if row.account == AGENCY:
            held -= stands.get((AGENCY_BANK, row.item_code), 0)
        if held < row.amount_fen:
            raise Conflict(f"{row.item_code} 现余不足以划拨（期间有退付），请退回后重新编制")
    transfers.decide(sitting.session, batch_id, state="confirmed", by=account.id, at=sitting.now)
    day = books.open_day(sitting.session, sitting.tenant, sitting.today)
    entries = []
    for row in rows:
        entry = transfer_entry(key=str(row.id), account=row.account, item_code=row.item_code, amount_fen=row.amount_fen)
        entries.append(
            NewEntry(
                kind=entry.kind,
                key=entry.key,
                postings=tuple(NewPosting(each.account, each.amount_fen, each.item_code) for each in entry.postings),
                booked_on=day,
                occurred_at=sitting.now,
            )
        )
    books.post(sitting.session, sitting.tenant, entries)
    _seal(sitting, batch_id)
    log.info("transfers_confirmed", number=_number(rows), count=len(rows))


def decline(sitting: Sitting, *, account: AccountRow, batch_id: UUID, opinion: str) -> None:
    """Turn a batch down with an opinion, as its second person; nothing is booked. Twice changes nothing."""
    rows = _to_decide(sitting, account, batch_id, "declined")
    if rows is None:
        return
    opinion = opinion.strip()
    if not opinion:
        raise Invalid([Problem("opinion", "退回须写明原因")])
    if len(opinion) > OPINION_LENGTH_MAX:
        raise Invalid([Problem("opinion", f"不能超过 {OPINION_LENGTH_MAX} 个字")])
    if not is_keepable(opinion):
        raise Invalid([Problem("opinion", UNKEEPABLE)])
    transfers.decide(sitting.session, batch_id, state="declined", by=account.id, at=sitting.now, opinion=opinion)
    notices.tell(
        sitting,
        notices.person(sitting, rows[0].made_by),
        kind="transfer",
        key=f"transfer:{batch_id}:declined",
        title=f"划拨单 {_number(rows)} 已退回",
        body=f"{account.display_name}：{opinion}",
        href=f"/finance/transfers/{batch_id}",
    )
    log.info("transfers_declined", number=_number(rows))


def _number(rows: list[TransferRow]) -> str:
    return rows[0].number.rpartition("-")[0]


def _must_be_finance(account: AccountRow) -> None:
    if account.role != ROLE:
        raise NotAllowed("划拨由财务人员办理")


def _to_decide(sitting: Sitting, account: AccountRow, batch_id: UUID, state: str) -> list[TransferRow] | None:
    _must_be_finance(account)
    rows = transfers.lock_batch(sitting.session, batch_id)
    if rows[0].state == state and rows[0].decided_by == account.id:
        return None
    if rows[0].state != "proposed":
        raise Conflict("这一批划拨刚刚已被处理，请刷新后再看")
    if rows[0].made_by == account.id:
        raise NotAllowed("划拨由另一人复核，不能由编制人自己办理")
    return rows


def _seal(sitting: Sitting, batch_id: UUID) -> None:
    transfers.set_seals(
        sitting.session,
        [
            (row.id, sitting.signer.seal_act(sitting.city.finance_unit, transfers.content(row)))
            for row in transfers.of_batch(sitting.session, batch_id)
        ],
    )
