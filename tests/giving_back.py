"""The suite's words for money that goes back: who asks, who approves, what the bank says."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from office import Office, small_pdf

from services import papers, refund_asks, refunds, settlements
from services.refund_asks import Payee
from shared.domain.refunds import RefundKind

PAYEE = Payee(name="瀚海市碧海置业有限公司", uscc="91371002MA3C00011N", account="6222000000000001", bank="瀚海商业银行")
#: The second person of finance, who decides about what the first has asked for.
ASKS, DECIDES = "finance", "finance-chief"


def paid(office: Office, **facts: Any) -> tuple[UUID, Any]:
    """A paid application with its receipt, and its bill."""
    received = office.receives(office.body(**facts) if facts else None)
    office.works()
    office.confirms(received.application_id)
    office.approves_everything(received.application_id)
    office.works()
    (bill,) = office.bills(received.application_id)
    office.hears_from_bank(office.callback(bill))
    office.works()
    (bill,) = office.bills(received.application_id)
    return received.application_id, bill


def seq(office: Office, bill: Any, item_code: str) -> int:
    """The line of an item."""
    return int(office.one("select seq from bill_line where bill_id = :b and item_code = :i", b=bill.id, i=item_code))


def left(office: Office, bill: Any, account: str = "treasury") -> int:
    """What of an account of a bill can be asked back now."""
    with office.sits() as sitting:
        return sum(line.left_fen for line in refund_asks.available(sitting, bill.id, account))


def asks(
    office: Office,
    bill: Any,
    *,
    amount_fen: int | None = None,
    lines: dict[str, int] | None = None,
    kind: RefundKind = RefundKind.TREASURY,
    key: str = "",
    expected_fen: int | None = None,
    login: str = ASKS,
    reason: str = "核定有误",
) -> UUID:
    """Finance asks for money of a bill to go back."""
    account = office.account(login)
    there = left(office, bill, {"agency": "agency", "payout": "agency"}.get(kind, "treasury"))
    with office.sits() as sitting:
        return refund_asks.ask(
            sitting,
            account=account,
            key=key or str(uuid4()),
            bill_id=bill.id,
            kind=kind,
            reason=reason,
            document="瀚财退〔2014〕3号",
            expected_fen=there if expected_fen is None else expected_fen,
            amount_fen=amount_fen,
            lines=None if lines is None else {seq(office, bill, item): fen for item, fen in lines.items()},
            payee=PAYEE if kind is RefundKind.PAYOUT else None,
        )


def approves(office: Office, refund_id: UUID, *, login: str = DECIDES) -> None:
    """Another person approves."""
    account = office.account(login)
    with office.sits() as sitting:
        refunds.approve(sitting, account=account, refund_id=refund_id)


def declines(office: Office, refund_id: UUID, *, login: str = DECIDES, opinion: str = "依据不足") -> None:
    """Another person turns it down."""
    account = office.account(login)
    with office.sits() as sitting:
        refunds.decline(sitting, account=account, refund_id=refund_id, opinion=opinion)


def sends(office: Office, refund_id: UUID) -> None:
    """The order to the bank is written down."""
    account = office.account(ASKS)
    with office.sits() as sitting:
        refunds.send(sitting, account=account, refund_id=refund_id)


def bank_pays(office: Office, refund_id: UUID, number: str = "") -> None:
    """The bank's slip says that it has paid."""
    account = office.account(ASKS)
    with office.sits() as sitting:
        refunds.note_paid(sitting, account=account, refund_id=refund_id, bank_txn_id=number or f"B{uuid4().hex[:12]}")


def goes_back(office: Office, refund_id: UUID, *, login: str = DECIDES) -> None:
    """From the ask to the bank's slip."""
    approves(office, refund_id, login=login)
    sends(office, refund_id)
    bank_pays(office, refund_id)


def paper(office: Office, login: str = "applicant") -> UUID:
    """Somebody uploads a proof."""
    account = office.account(login)
    with office.sits() as sitting:
        return papers.take(sitting, office.storage, account=account, file_name="证明.pdf", content=small_pdf())


def claims(
    office: Office,
    application_id: UUID,
    item_code: str,
    share: str,
    *,
    completed_on: str,
    key: str = "",
    login: str = "applicant",
    paper_id: UUID | None = None,
) -> tuple[UUID, ...]:
    """The applicant claims a prepaid item back."""
    account = office.account(login)
    proof = paper_id or paper(office, login)
    with office.sits() as sitting:
        return settlements.claim(
            sitting,
            account=account,
            key=key or str(uuid4()),
            application_id=application_id,
            item_code=item_code,
            share_percent=share,
            completed_on=date.fromisoformat(completed_on),
            paper_id=proof,
            payee=PAYEE,
        )


def unit_checks(office: Office, refund_id: UUID, *, is_right: bool = True, opinion: str = "", login: str = "") -> None:
    """The item's unit looks at the proof."""
    unit = office.one("select unit_code from refund where id = :id", id=refund_id)
    actor = office.actor(login or f"{unit}-officer")
    with office.sits() as sitting:
        settlements.check(sitting, actor=actor, refund_id=refund_id, is_right=is_right, opinion=opinion)


def refund(office: Office, refund_id: UUID) -> Any:
    """A refund's row."""
    (row,) = office.rows("select * from refund where id = :id", id=refund_id)
    return row


def chain(office: Office, bill: Any) -> list[tuple[str, str, int]]:
    """Kind, state and amount of a bill's receipts, in the order of their numbers."""
    rows = office.rows("select kind, state, total_fen from receipt where bill_id = :b order by number", b=bill.id)
    return [(row.kind, row.state, row.total_fen) for row in rows]


def balance(office: Office, account: str) -> int:
    """Debits less credits of an account."""
    return int(office.one("select coalesce(sum(amount_fen), 0) from ledger_posting where account = :a", a=account))
