"""What strangers may look up: whether a receipt is genuine and still counts. Never who paid for what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Genuine:
    """A receipt as anybody may check it against the paper in hand; `state` is normal, reversed or replaced."""

    code: str
    number: str
    check_code: str
    total_fen: int
    issued_on: date
    state: str
    replaced_by: str


_RECEIPT = (
    "select r.code, r.number, r.check_code, r.total_fen, r.issued_on, r.state, "
    "coalesce(n.code || '-' || n.number, '') as replaced_by "
    "from receipt r left join receipt n on n.id = r.replaced_by where "
)


def by_token(session: Session, token: str) -> Genuine | None:
    """The receipt whose QR code carries `token`."""
    row = session.execute(text(_RECEIPT + "r.public_token = :token"), {"token": token}).one_or_none()
    return None if row is None else Genuine(**row._mapping)


def by_numbers(session: Session, *, code: str, number: str, check_code: str) -> Genuine | None:
    """The receipt with these three numbers; all must fit, so that numbers cannot be tried through."""
    row = session.execute(
        text(_RECEIPT + "r.code = :code and r.number = :number and upper(r.check_code) = upper(:check_code)"),
        {"code": code, "number": number, "check_code": check_code},
    ).one_or_none()
    return None if row is None else Genuine(**row._mapping)
