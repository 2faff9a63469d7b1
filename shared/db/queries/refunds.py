"""What finance, the items' units and an applicant read of money that goes back, and of deposits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.domain.errors import NotFound

PAGE_ROWS: Final = 50
#: The views of the list of refunds, each with the states that it shows; what waits for somebody first.
TABS: Final[Mapping[str, tuple[str, ...]]] = {
    "asked": ("asked",),
    "to_pay": ("approved", "failed"),
    "sent": ("sent",),
    "checking": ("checking",),
    "paid": ("paid",),
    "declined": ("declined",),
}
#: The same of deposits.
DEPOSIT_TABS: Final[Mapping[str, tuple[str, ...]]] = {
    "waiting": (),
    "expiring": (),
    "held": ("held", "releasing"),
    "expired": ("expired",),
    "over": ("released", "declined"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundView:
    """A refund with the names of those who acted; `letter_id` is its decision notice once it can be opened."""

    id: UUID
    number: str
    kind: str
    state: str
    amount_fen: int
    interest_fen: int
    expected_fen: int
    lines: list[dict[str, Any]]
    reason: str
    evidence: dict[str, Any]
    documents: list[str]
    payee_name: str
    payee_uscc: str
    payee_account: str
    payee_bank: str
    application_id: UUID | None
    application_number: str
    project_name: str
    bill_id: UUID | None
    bill_number: str
    deposit_id: UUID | None
    suspense_id: UUID | None
    unit_code: str
    asked_by: UUID | None
    asker: str
    asked_at: datetime
    checked_by: UUID | None
    checker: str
    checked_at: datetime | None
    check_note: str
    decided_by: UUID | None
    decider: str
    decided_at: datetime | None
    opinion: str
    sent_at: datetime | None
    attempts: int
    failure: str
    paid_at: datetime | None
    bank_txn_id: str
    letter_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundPage:
    """One page of a list of refunds; `waiting` is how many there are in each view."""

    rows: tuple[RefundView, ...]
    found: int
    total_fen: int
    page: int
    has_more: bool
    waiting: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class DepositView:
    """A deposit with its application, and how many asks about it wait for an answer."""

    id: UUID
    application_id: UUID
    application_number: str
    project_name: str
    bill_id: UUID
    bill_number: str
    item_code: str
    payer_name: str
    form: str
    state: str
    amount_fen: int
    held_fen: int
    interest_fen: int
    opened_on: date
    issuer: str
    guarantee_number: str
    expires_on: date | None
    completed_on: date | None
    notice_ends_on: date | None
    released_on: date | None
    paper_id: UUID | None
    asked_by: UUID | None
    asker: str
    opinion: str
    asks: int

    @property
    def waits(self) -> bool:
        """Whether somebody has to answer."""
        return self.state == "offered" or bool(self.asks)


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveView:
    """Something that happened to a deposit, or is asked for, with the names of those who acted."""

    id: UUID
    kind: str
    state: str
    amount_fen: int
    reason: str
    document: str
    paper_id: UUID | None
    data: dict[str, Any]
    at: datetime
    asked_by: UUID | None
    asker: str
    decider: str
    opinion: str


_REFUND = (
    "select r.id, r.number, r.kind, r.state, r.amount_fen, r.interest_fen, r.expected_fen, r.lines, r.reason, "
    "r.evidence, r.documents, r.payee_name, r.payee_uscc, r.payee_account, r.payee_bank, r.application_id, "
    "coalesce(a.number, '') as application_number, coalesce(a.project_name, '') as project_name, r.bill_id, "
    "coalesce(b.number, '') as bill_number, r.deposit_id, r.suspense_id, r.unit_code, r.asked_by, "
    "coalesce(p.display_name, '') as asker, r.asked_at, r.checked_by, coalesce(c.display_name, '') as checker, "
    "r.checked_at, r.check_note, r.decided_by, coalesce(d.display_name, '') as decider, r.decided_at, r.opinion, "
    "r.sent_at, r.attempts, r.failure, r.paid_at, r.bank_txn_id, (select l.id from document l "
    "where l.kind = 'refund_decision' and l.subject_id = r.id and l.sha256 is not null "
    "order by l.requested_at desc limit 1) as letter_id from refund r "
    "left join application a on a.id = r.application_id left join bill b on b.id = r.bill_id "
    "left join account p on p.id = r.asked_by left join account c on c.id = r.checked_by "
    "left join account d on d.id = r.decided_by"
)
_DEPOSIT = (
    "select d.id, d.application_id, a.number as application_number, a.project_name, d.bill_id, "
    "b.number as bill_number, d.item_code, d.payer_name, d.form, d.state, d.amount_fen, d.held_fen, d.interest_fen, "
    "d.opened_on, d.issuer, d.guarantee_number, d.expires_on, d.completed_on, d.notice_ends_on, d.released_on, "
    "d.paper_id, d.asked_by, coalesce(p.display_name, '') as asker, d.opinion, (select count(*) from deposit_move m "
    "where m.deposit_id = d.id and m.state = 'asked') as asks from deposit d "
    "join application a on a.id = d.application_id join bill b on b.id = d.bill_id "
    "left join account p on p.id = d.asked_by"
)
_WAITS = "(d.state = 'offered' or exists (select from deposit_move m where m.deposit_id = d.id and m.state = 'asked'))"
_EXPIRING = "(d.form = 'guarantee' and d.state in ('held', 'releasing') and d.expires_on <= :horizon)"


def refunds(
    session: Session, *, tab: str = "", words: str = "", kind: str = "", unit_code: str = "", page: int = 1
) -> RefundPage:
    """Refunds in a view (all of them without one), the oldest first while they wait, else the latest first.

    `unit_code` shows what that unit checks. Three queries.
    """
    values = {"words": f"%{words}%", "kind": kind, "unit": unit_code, "states": list(TABS.get(tab, ()))}
    where = "where (:unit = '' or r.unit_code = :unit)"
    waiting = session.execute(text(f"select r.state, count(*) as n from refund r {where} group by 1"), values)  # noqa: S608
    by_state = {row.state: row.n for row in waiting}
    if words:
        where += " and (r.number ilike :words or a.number ilike :words or r.payee_name ilike :words)"
    where += " and (:kind = '' or r.kind = :kind)"
    if tab in TABS:
        where += " and r.state = any(:states)"
    head = session.execute(
        text(
            "select count(*) as found, coalesce(sum(r.amount_fen), 0)::bigint as total_fen from refund r "  # noqa: S608
            f"left join application a on a.id = r.application_id {where}"
        ),
        values,
    ).one()
    order = "r.asked_at, r.number" if tab in ("asked", "to_pay", "sent", "checking") else "r.asked_at desc, r.number"
    rows = session.execute(
        text(f"{_REFUND} {where} order by {order} offset :skip limit :most"),
        values | {"skip": (page - 1) * PAGE_ROWS, "most": PAGE_ROWS},
    )
    return RefundPage(
        rows=tuple(RefundView(**row._mapping) for row in rows),
        found=head.found,
        total_fen=head.total_fen,
        page=page,
        has_more=page * PAGE_ROWS < head.found,
        waiting={name: sum(by_state.get(state, 0) for state in states) for name, states in TABS.items()},
    )


def refund(session: Session, refund_id: UUID) -> RefundView:
    """One refund; raises `NotFound`."""
    row = session.execute(text(f"{_REFUND} where r.id = :id"), {"id": refund_id}).one_or_none()
    if row is None:
        raise NotFound("没有这笔退费，或不在您的办理范围内")
    return RefundView(**row._mapping)


def of_application(session: Session, application_id: UUID) -> list[RefundView]:
    """The refunds of an application, the latest first."""
    rows = session.execute(
        text(f"{_REFUND} where r.application_id = :id order by r.asked_at desc, r.number"), {"id": application_id}
    )
    return [RefundView(**row._mapping) for row in rows]


def of_bill(session: Session, bill_id: UUID) -> list[RefundView]:
    """The refunds of a bill, the latest first."""
    rows = session.execute(text(f"{_REFUND} where r.bill_id = :id order by r.asked_at desc, r.number"), {"id": bill_id})
    return [RefundView(**row._mapping) for row in rows]


def of_deposit(session: Session, deposit_id: UUID) -> list[RefundView]:
    """The draws on a deposit and its release, the latest first."""
    rows = session.execute(
        text(f"{_REFUND} where r.deposit_id = :id order by r.asked_at desc, r.number"), {"id": deposit_id}
    )
    return [RefundView(**row._mapping) for row in rows]


def deposits(
    session: Session, *, horizon: date, items: Sequence[str], tab: str = "", page: int = 1
) -> tuple[list[DepositView], Mapping[str, int], bool]:
    """Deposits of some items in a view, with how many each view has, and whether more follow; a 保函 that ends first
    stands first. `horizon` is the last day on which a 保函 counts as running out. Two queries."""
    values = {"horizon": horizon, "items": list(items)}
    counts = ", ".join(f"count(*) filter (where {_tab(name)}) as {name}" for name in DEPOSIT_TABS)
    waiting = session.execute(
        text(f"select {counts} from deposit d where d.item_code = any(:items)"),  # noqa: S608 made here
        values,
    ).one()
    where = f" and {_tab(tab)}" if tab in DEPOSIT_TABS else ""
    rows = session.execute(
        text(
            f"{_DEPOSIT} where d.item_code = any(:items){where} "
            "order by d.expires_on nulls last, d.opened_on desc, d.id offset :skip limit :most"
        ),
        values | {"skip": (page - 1) * PAGE_ROWS, "most": PAGE_ROWS + 1},
    )
    found = [DepositView(**row._mapping) for row in rows]
    return found[:PAGE_ROWS], dict(waiting._mapping), len(found) > PAGE_ROWS


def _tab(name: str) -> str:
    if name == "waiting":
        return _WAITS
    if name == "expiring":
        return _EXPIRING
    return f"d.state in ({', '.join(repr(state) for state in DEPOSIT_TABS[name])})"


def deposit(session: Session, deposit_id: UUID) -> DepositView:
    """One deposit; raises `NotFound`."""
    row = session.execute(text(f"{_DEPOSIT} where d.id = :id"), {"id": deposit_id}).one_or_none()
    if row is None:
        raise NotFound("没有这笔保证金，或不在您的办理范围内")
    return DepositView(**row._mapping)


def deposits_of(session: Session, application_id: UUID) -> list[DepositView]:
    """An application's deposits and offers, the first first."""
    rows = session.execute(
        text(f"{_DEPOSIT} where d.application_id = :id order by d.opened_on, d.item_code, d.id"), {"id": application_id}
    )
    return [DepositView(**row._mapping) for row in rows]


def moves(session: Session, deposit_id: UUID) -> list[MoveView]:
    """What happened to a deposit and what is asked for, the latest first."""
    rows = session.execute(
        text(
            "select m.id, m.kind, m.state, m.amount_fen, m.reason, m.document, m.paper_id, m.data, m.at, m.asked_by, "
            "coalesce(p.display_name, '') as asker, coalesce(d.display_name, '') as decider, m.opinion "
            "from deposit_move m left join account p on p.id = m.asked_by left join account d on d.id = m.decided_by "
            "where m.deposit_id = :id order by m.at desc, m.kind, m.id"
        ),
        {"id": deposit_id},
    )
    return [MoveView(**row._mapping) for row in rows]
