"""划拨: what each item holds and has to be passed on, set down in batches, confirmed or declined by a second person."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.orm import Session

from shared.db import setwise
from shared.db.books import BALANCES_SINCE_CLOSE
from shared.db.tables.columns import table
from shared.db.tables.periods import Transfer
from shared.domain.accounts import AGENCY, AGENCY_BANK, TREASURY
from shared.domain.errors import NotFound
from shared.signing import ActSeal

TRANSFERS = table(Transfer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What one item holds on its account and nobody has passed on or set down yet."""

    account: str
    item_code: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class TransferRow:
    """One transfer of a batch with the names of its two people."""

    id: UUID
    batch_id: UUID
    number: str
    day: date
    account: str
    item_code: str
    amount_fen: int
    state: str
    made_by: UUID
    made_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None
    opinion: str
    seal_key_id: str | None
    seal: bytes | None
    maker: str
    decider: str


@dataclass(frozen=True, slots=True)
class BatchRow:
    """What was set down at once."""

    batch_id: UUID
    day: date
    state: str
    count: int
    amount_fen: int
    made_by: UUID
    made_at: datetime
    maker: str
    decider: str


_NAMES = ("maker", "decider")
#: What the seal covers: all but itself and the names.
_SEALED = tuple(name for name in TransferRow.__dataclass_fields__ if name not in ("seal_key_id", "seal", *_NAMES))
_TRANSFER = (
    "select "  # noqa: S608 the names are those of the row above
    + ", ".join(f"t.{name}" for name in TransferRow.__dataclass_fields__ if name not in _NAMES)
    + ", m.display_name as maker, coalesce(d.display_name, '') as decider from transfer t "
    "join account m on m.id = t.made_by left join account d on d.id = t.decided_by "
)

#: What stands on an account for others, less what lies at the agency's own bank already, up to a day and now: the
#: smaller counts, because what was given back since cannot be passed on. What is set down is taken off.
_HELD = f"""
    with {BALANCES_SINCE_CLOSE},
    stood as (select case account when '{AGENCY_BANK}' then '{AGENCY}' else account end as account, item_code,
                     coalesce(-sum(amount_fen) filter (where kind = 'transfer' or booked_on <= :day), 0) as then_fen,
                     -sum(amount_fen) as now_fen
                from moved where account in ('{TREASURY}', '{AGENCY}', '{AGENCY_BANK}') group by 1, 2),
    waiting as (select account, item_code, sum(amount_fen) as amount_fen from transfer
                 where state = 'proposed' group by 1, 2)
    select s.account, s.item_code, least(s.then_fen, s.now_fen) - coalesce(w.amount_fen, 0) as amount_fen
      from stood s left join waiting w on w.account = s.account and w.item_code = s.item_code
     where least(s.then_fen, s.now_fen) - coalesce(w.amount_fen, 0) > 0
     order by 1 desc, 2
"""  # noqa: S608 the names are accounts of the books


def held(session: Session, day: date) -> list[Held]:
    """What has to be passed on at the end of a day, or of the last closed one, item by item. One query."""
    return [
        Held(account=row.account, item_code=row.item_code, amount_fen=int(row.amount_fen))
        for row in session.execute(text(_HELD), {"day": day})
    ]


def content(transfer: TransferRow) -> bytes:
    """What a transfer's seal covers, as canonical JSON (sorted keys, times in whole seconds since 1970)."""
    plain = {
        name: int(value.timestamp()) if isinstance(value := getattr(transfer, name), datetime) else value
        for name in _SEALED
    }
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, default=str).encode()


def add(session: Session, tenant: str, rows: Sequence[dict[str, Any]]) -> None:
    """Set transfers down; a second one of a day for the same account and item is a unique violation."""
    setwise.insert_rows(session, TRANSFERS, [row | {"tenant_id": tenant} for row in rows])


def of_batch(session: Session, batch_id: UUID) -> list[TransferRow]:
    """What was set down at once, in order; raises `NotFound`."""
    return _batch(session, batch_id, "")


def lock_batch(session: Session, batch_id: UUID) -> list[TransferRow]:
    """The same, held."""
    return _batch(session, batch_id, " for update of t")


def of_day(session: Session, day: date) -> list[TransferRow]:
    """What is set down or confirmed for a day."""
    rows = session.execute(
        text(_TRANSFER + "where t.day = :day and t.state <> 'declined' order by t.number"), {"day": day}
    )
    return [TransferRow(**row._mapping) for row in rows]


def batches(session: Session, *, limit: int, offset: int = 0, day: date | None = None) -> list[BatchRow]:
    """What was set down, the latest first; of one day if named."""
    rows = session.execute(
        text(
            "select t.batch_id, t.day, t.state, count(*) as count, sum(t.amount_fen)::bigint as amount_fen, t.made_by, "
            "t.made_at, m.display_name as maker, coalesce(d.display_name, '') as decider from transfer t "
            "join account m on m.id = t.made_by left join account d on d.id = t.decided_by "
            "where t.day = coalesce(cast(:day as date), t.day) "
            "group by t.batch_id, t.day, t.state, t.made_by, t.made_at, maker, decider "
            "order by t.day desc, t.made_at desc, t.batch_id limit :limit offset :offset"
        ),
        {"day": day, "limit": limit, "offset": offset},
    )
    return [BatchRow(**row._mapping) for row in rows]


def all_sealed(session: Session) -> list[TransferRow]:
    """Every confirmed transfer of all tenants that the session sees."""
    return [
        TransferRow(**row._mapping)
        for row in session.execute(text(_TRANSFER + "where t.state = 'confirmed' order by t.number"))
    ]


def decide(session: Session, batch_id: UUID, *, state: str, by: UUID, at: datetime, opinion: str = "") -> None:
    """Confirm or decline a batch; the caller holds it."""
    session.execute(
        update(TRANSFERS)
        .where(TRANSFERS.c.batch_id == batch_id, TRANSFERS.c.state == "proposed")
        .values(state=state, decided_by=by, decided_at=at, opinion=opinion)
    )


def set_seals(session: Session, seals: Sequence[tuple[UUID, ActSeal]]) -> None:
    """Put the finance unit's seal on transfers as they stand."""
    session.execute(
        text(
            "update transfer set seal_key_id = new.key_id, seal = decode(new.seal, 'hex') "
            "from jsonb_to_recordset(cast(:rows as jsonb)) as new(id uuid, key_id text, seal text) "
            "where transfer.id = new.id"
        ),
        {
            "rows": json.dumps(
                [{"id": str(each), "key_id": seal.key_id, "seal": seal.signature.hex()} for each, seal in seals]
            )
        },
    )


def _batch(session: Session, batch_id: UUID, tail: str) -> list[TransferRow]:
    rows = session.execute(text(_TRANSFER + "where t.batch_id = :id order by t.number" + tail), {"id": batch_id}).all()
    if not rows:
        raise NotFound("没有这一批划拨")
    return [TransferRow(**row._mapping) for row in rows]
