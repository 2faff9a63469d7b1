"""What strangers may look up: whether a receipt or a letter is genuine and still counts. Never whom it is about."""

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


@dataclass(frozen=True, slots=True)
class Paper:
    """A bill, letter or record as anybody may check it against the paper in hand.

    `state` is normal, void (taken back) or replaced (`replaced_by` is the number of what stands for it, or the day of
    a newer print); `sha256` is of the sealed file.
    """

    code: str
    title: str
    number: str
    organs: tuple[str, ...]
    issued_on: date
    sha256: str
    state: str
    replaced_by: str


def by_verification(session: Session, code: str) -> Paper | None:
    """The finished paper with this 验真码 at its foot."""
    row = session.execute(text(_PAPER), {"code": code}).one_or_none()
    return None if row is None else Paper(**{**row._mapping, "organs": tuple(row.organs)})


_PAPER = """
    select d.verification_code as code, d.view ->> 'title' as title,
           d.view ->> 'number' as number, d.sha256,
           array(select distinct seal ->> 'organ_name' from jsonb_array_elements(d.view -> 'seals') seal) as organs,
           (d.requested_at at time zone 'Asia/Shanghai')::date as issued_on,
           case when b.status = 'void' then 'void' when n.requested_at is not null then 'replaced'
                else 'normal' end as state,
           coalesce(s.number, (n.requested_at at time zone 'Asia/Shanghai')::date::text, '') as replaced_by
      from document d
      left join bill b on d.kind = 'bill' and b.id = d.subject_id
      left join bill s on s.replaces = b.id
      left join lateral (
        select max(later.requested_at) as requested_at from document later
         where later.kind = d.kind and later.subject_id = d.subject_id and later.rendition > d.rendition
           and later.sha256 is not null) n on true
     where d.sha256 is not null and d.verification_code = :code
"""
