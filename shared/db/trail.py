"""The audit trail: one chain of hashes per application, appended only under that application's row lock.

An event's hash covers its content and the hash before it, and a unit's act carries that unit's
seal over the hash, so neither a word nor the order can be changed unseen.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from shared.db import setwise
from shared.db.tables.cases import Application, AuditEvent
from shared.db.tables.columns import table
from shared.signing import Signer

EVENTS = table(AuditEvent)
APPLICATIONS = table(Application)

#: What the first event of every chain points back to.
GENESIS = bytes(32)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted: a person with a log-in, or the system when `id` is None."""

    id: UUID | None
    name: str
    unit_code: str | None = None


SYSTEM = Actor(None, "系统")


@dataclass(frozen=True, slots=True)
class Act:
    """Something done to an application. With a unit, the act is sealed with that unit's key."""

    verb: str
    at: datetime
    actor: Actor = SYSTEM
    unit_code: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


def event_hash(previous: bytes, *, application_id: UUID, seq: int, act: Act) -> bytes:
    """SHA-256 over the previous hash and the act's canonical JSON (sorted keys, no spaces, UTC)."""
    content = json.dumps(
        {
            "application": str(application_id),
            "seq": seq,
            "verb": act.verb,
            "at": act.at.astimezone(UTC).isoformat(),
            "actor": str(act.actor.id) if act.actor.id else None,
            "actor_name": act.actor.name,
            "unit": act.unit_code,
            "data": act.data,
        },
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(previous + content.encode()).digest()


def append(session: Session, tenant: str, acts: Mapping[UUID, Sequence[Act]], *, signer: Signer) -> None:
    """Add acts to their applications' chains; the caller holds the rows of all of them."""
    if not acts:
        return
    heads = {
        row.id: (row.audit_seq, row.audit_hash)
        for row in session.execute(
            select(APPLICATIONS.c.id, APPLICATIONS.c.audit_seq, APPLICATIONS.c.audit_hash).where(
                setwise.among(APPLICATIONS.c.id, acts)
            )
        )
    }
    rows: list[dict[str, Any]] = []
    new_heads: list[tuple[UUID, int, bytes]] = []
    for application_id, its_acts in acts.items():
        made, seq, head = chain(tenant, application_id, its_acts, after=heads[application_id], signer=signer)
        rows += made
        new_heads.append((application_id, seq, head))
    setwise.insert_rows(session, EVENTS, rows)
    session.execute(
        text(
            "update application set audit_seq = head.seq, audit_hash = head.hash "
            "from unnest(cast(:ids as uuid[]), cast(:seqs as int[]), cast(:hashes as bytea[])) as head(id, seq, hash) "
            "where application.id = head.id"
        ),
        {
            "ids": [head[0] for head in new_heads],
            "seqs": [head[1] for head in new_heads],
            "hashes": [head[2] for head in new_heads],
        },
    )


def chain(
    tenant: str, application_id: UUID, acts: Sequence[Act], *, after: tuple[int, bytes], signer: Signer
) -> tuple[list[dict[str, Any]], int, bytes]:
    """The rows for `acts` behind the head `after`, and the new head (seq, hash)."""
    seq, head = after
    rows = []
    for act in acts:
        seq += 1
        previous, head = head, event_hash(head, application_id=application_id, seq=seq, act=act)
        seal = signer.seal_act(act.unit_code, head) if act.unit_code else None
        rows.append(
            {
                "tenant_id": tenant,
                "application_id": application_id,
                "seq": seq,
                "at": act.at,
                "verb": act.verb,
                "actor_id": act.actor.id,
                "actor_name": act.actor.name,
                "unit_code": act.unit_code,
                "data": dict(act.data),
                "previous_hash": previous,
                "hash": head,
                "seal_key_id": seal.key_id if seal else None,
                "seal": seal.signature if seal else None,
            }
        )
    return rows, seq, head


def line_content(line_id: UUID, line: Mapping[str, Any]) -> bytes:
    """What a unit's seal on a fee line covers: which line, and the computation in canonical JSON (sorted keys)."""
    return json.dumps({"fee_line": str(line_id), **line}, ensure_ascii=False, sort_keys=True).encode()
