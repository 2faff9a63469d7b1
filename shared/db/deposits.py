"""Wage deposits (农民工工资保障金): opened when their bill is paid, moved only by acts that are written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from shared.db import setwise
from shared.db.tables.columns import table
from shared.db.tables.refunds import Deposit

DEPOSITS = table(Deposit)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDeposit:
    """A deposit to be opened; a paid line of a bill opens one."""

    application_id: UUID
    bill_id: UUID
    fee_line_id: UUID
    item_code: str
    payer_name: str
    payer_uscc: str
    amount_fen: int
    opened_on: date


def open_in_cash(session: Session, tenant: str, new: Sequence[NewDeposit]) -> None:
    """Open deposits for cash that has come in; one that is open already stays as it is."""
    setwise.insert_rows(
        session,
        DEPOSITS,
        [
            {name: getattr(each, name) for name in NewDeposit.__dataclass_fields__}
            | {"tenant_id": tenant, "form": "cash", "held_fen": each.amount_fen, "accrued_to": each.opened_on}
            for each in new
        ],
        tail="on conflict (bill_id, fee_line_id) do nothing",
    )
