"""What every act on a deposit shares: who may, holding it, writing it down, the books, and telling people."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from services import notices
from services.refund_asks import actor_of
from services.sitting import Sitting
from shared.db import attachments, books, cases, deposits, trail
from shared.db.accounts import AccountRow
from shared.db.books import NewEntry, NewPosting
from shared.db.cases import Case
from shared.db.deposits import DepositRow, MoveRow
from shared.db.trail import SYSTEM, Act, Actor
from shared.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from shared.domain.ledger import Entry

TEXT_LENGTH_MAX: Final = 100
REASON_LENGTH_MAX: Final = 500


# Who.


def must_be_party(account: AccountRow, case: Case) -> None:
    """Who handed the application in, or finance for him; raises `NotFound` for everybody else."""
    if account.role == "finance" or (account.role == "applicant" and case.applicant_id == account.id):
        return
    raise NotFound("办件不存在，或不在您的办理范围内")


def watches_over(sitting: Sitting, account: AccountRow, item_code: str) -> bool:
    """Whether an account decides about deposits of an item: finance, and the people of the item's unit."""
    is_of_unit = account.role in ("officer", "checker") and account.unit_code == sitting.city.item(item_code).owner_unit
    return account.role == "finance" or is_of_unit


def must_watch_over(sitting: Sitting, account: AccountRow, deposit: DepositRow) -> None:
    """Raises `NotAllowed` for whoever does not decide about this deposit."""
    if not watches_over(sitting, account, deposit.item_code):
        raise NotAllowed("保证金由主管单位和财务办理")


def must_decide(sitting: Sitting, account: AccountRow, deposit: DepositRow, *, asked_by: UUID | None) -> None:
    """As `must_watch_over`, and never whoever asked."""
    must_watch_over(sitting, account, deposit)
    if account.id == asked_by:
        raise NotAllowed("由另一人核对，不能由提出人自己办理")


# Holding and writing.


def hold(sitting: Sitting, deposit_id: UUID) -> tuple[DepositRow, Case]:
    """Lock a deposit's application, then read the deposit; raises `NotFound`."""
    case = cases.lock_one(sitting.session, deposits.find(sitting.session, deposit_id).application_id)
    return deposits.find(sitting.session, deposit_id), case


def adopt(sitting: Sitting, account: AccountRow, case: Case, paper_id: UUID) -> None:
    """Give an uploaded paper to the application; raises `Invalid` for one that is not there."""
    if paper_id not in attachments.free(sitting.session, [paper_id], account_id=account.id):
        raise Invalid([Problem("paper", "请上传证明材料")])
    attachments.adopt(sitting.session, [paper_id], case.id)


def needed(field: str, text: str, problem: str) -> str:
    """A short text that must be there; raises `Invalid`."""
    kept = " ".join(text.split())
    if not kept:
        raise Invalid([Problem(field, problem)])
    if len(kept) > TEXT_LENGTH_MAX or not kept.isprintable():
        raise Invalid([Problem(field, f"不超过 {TEXT_LENGTH_MAX} 个字")])
    return kept


def ask_move(
    sitting: Sitting,
    deposit: DepositRow,
    kind: str,
    account: AccountRow,
    *,
    data: dict[str, str],
    paper_id: UUID | None,
    document: str = "",
) -> tuple[UUID, bool]:
    """Write down what somebody asks for; gives it, and whether it is new. Raises `Conflict` while another waits."""
    waiting = deposits.asked_move(sitting.session, deposit.id, kind)
    if waiting is not None:
        if (waiting.data, waiting.document) == (data, document):
            return waiting.id, False
        raise Conflict("已有一份同样的申请待核对，请等答复后再提交")
    move_id = deposits.add_move(
        sitting.session,
        sitting.tenant,
        deposit,
        kind=kind,
        state="asked",
        document=document,
        paper_id=paper_id,
        data=data,
        at=sitting.now,
        day=sitting.today,
        asked_by=account.id,
    )
    write(sitting, deposit, f"deposit_{kind}_asked", actor_of(account), document=document, **data)
    return move_id, True


def note(sitting: Sitting, deposit: DepositRow, kind: str, *, amount_fen: int, reason: str, **data: str) -> None:
    """Write down what has happened to a deposit."""
    deposits.add_move(
        sitting.session,
        sitting.tenant,
        deposit,
        kind=kind,
        state="done",
        amount_fen=amount_fen,
        reason=reason,
        data=data,
        at=sitting.now,
        day=sitting.today,
    )


def decide(
    sitting: Sitting, account: AccountRow, deposit: DepositRow, move: MoveRow, *, is_accepted: bool, opinion: str
) -> bool:
    """Answer an ask; gives whether the answer is new. Raises what `must_decide` does, `Conflict` for another answer."""
    must_decide(sitting, account, deposit, asked_by=move.asked_by)
    state = "done" if is_accepted else "declined"
    if (move.state, move.decided_by) == (state, account.id):
        return False
    deposits.decide_move(
        sitting.session, move, state=state, decided_by=account.id, decided_at=sitting.now, opinion=opinion
    )
    if not is_accepted:
        write(sitting, deposit, f"deposit_{move.kind}_declined", actor_of(account), opinion=opinion)
    return True


def post(sitting: Sitting, deposit: DepositRow, entry: Entry) -> None:
    """Put an entry about a deposit into the books."""
    books.post(
        sitting.session,
        sitting.tenant,
        [
            NewEntry(
                kind=entry.kind,
                key=entry.key,
                postings=tuple(
                    NewPosting(each.account, each.amount_fen, each.item_code, deposit.fee_line_id)
                    for each in entry.postings
                ),
                booked_on=books.open_day(sitting.session, sitting.tenant, sitting.today),
                occurred_at=sitting.now,
                bill_id=deposit.bill_id,
            )
        ],
    )


def write(sitting: Sitting, deposit: DepositRow, verb: str, by: Actor = SYSTEM, **data: str | int) -> None:
    """Append an act about a deposit, sealed by the item's unit."""
    said = {"item": deposit.item_code, **{name: value for name, value in data.items() if value != ""}}
    act = Act(verb, sitting.now, by, sitting.city.item(deposit.item_code).owner_unit, said)
    trail.append(sitting.session, sitting.tenant, {deposit.application_id: [act]}, signer=sitting.signer)


# Telling.


def tell_desks(
    sitting: Sitting, deposit: DepositRow, case: Case, *, kind: str, title: str, body: str, key: str = ""
) -> None:
    """Tell the item's unit and finance."""
    owner = sitting.city.item(deposit.item_code).owner_unit
    for unit_code, page in (
        (owner, f"/desk/deposits/{deposit.id}"),
        (sitting.city.finance_unit, f"/finance/deposits/{deposit.id}"),
    ):
        notices.tell(
            sitting,
            notices.desk(sitting, unit_code),
            kind=kind,
            key=f"{deposit.id}:{key or deposit.version}",
            title=f"{title}：{case.number}",
            body=body,
            application_id=case.id,
            href=page,
        )


def tell_applicant(
    sitting: Sitting, deposit: DepositRow, case: Case, *, kind: str, title: str, body: str, key: str = ""
) -> None:
    """Tell whoever handed the application in."""
    notices.tell(
        sitting,
        notices.applicant(sitting, case.id),
        kind=kind,
        key=f"{deposit.id}:{key or deposit.version}",
        title=f"{title}：{case.number}",
        body=body,
        application_id=case.id,
        href=f"/apply/cases/{case.id}/refunds",
    )
