"""Work rows: asked for in the transaction that makes them necessary, claimed under a lease, done once.

The row is the truth and the message only a bell. `put` may be repeated (the unique key makes
it once), `claim` hands a row to one worker at a time, and `finish` refuses a worker whose
lease has been taken over, so a late zombie cannot commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID, uuid4

from sqlalchemy import CursorResult, Result, text
from sqlalchemy.orm import Session

from shared.db import setwise
from shared.db.tables.columns import table
from shared.db.tables.work import Outbox
from shared.domain.errors import Broken
from shared.tasks import Task

OUTBOX = table(Outbox)

#: A claimed row may be claimed again after this long without an end, seconds: the wait after a killed worker. A batch
#: takes about one; one that takes longer than this loses its lease, cannot commit, and is tried row by row.
LEASE_SECONDS = 12
#: A rung row that nobody claims is rung again after this long; doubles with each ring up to the maximum, seconds.
RING_AGAIN_SECONDS = 8
RING_AGAIN_SECONDS_MAX = 120
#: Work that failed or was killed this often goes to a person.
ATTEMPTS_MAX = 6


@dataclass(frozen=True, slots=True)
class Wanted:
    """Work to ask for; that of an application in the green channel is rung before other work."""

    task: Task
    queue: str
    subject_id: UUID
    occasion: str = ""
    application_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed row."""

    id: int
    tenant: str
    subject_id: UUID
    occasion: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Ring:
    """Rows to be rung with one message."""

    tenant: str
    task: str
    queue: str
    ids: tuple[int, ...]


def changed(result: Result[Any]) -> int:
    """How many rows a statement changed."""
    return cast("CursorResult[Any]", result).rowcount


def put(session: Session, tenant: str, wanted: Iterable[Wanted]) -> None:
    """Ask for work in the transaction that makes it necessary; asking twice is asking once."""
    rows = [
        {
            "task": each.task.value,
            "queue": each.queue,
            "subject_id": each.subject_id,
            "occasion": each.occasion,
            "application_id": each.application_id,
        }
        for each in wanted
    ]
    if rows:
        session.execute(_PUT, {"tenant": tenant, "rows": setwise.as_json(rows)})


_PUT = text(
    "insert into outbox (tenant_id, task, queue, subject_id, occasion, is_urgent) "
    "select :tenant, new.task, new.queue, new.subject_id, new.occasion, "
    "coalesce((select a.lane = 'green' from application a where a.id = new.application_id), false) "
    "from jsonb_to_recordset(cast(:rows as jsonb)) "
    "as new(task text, queue text, subject_id uuid, occasion text, application_id uuid) "
    "on conflict (task, subject_id, occasion) do nothing"
)


def hurry(session: Session, application_id: UUID) -> None:
    """Move what is still to do for one application before other work; after its case came into the green channel."""
    session.execute(
        text(
            "update outbox set is_urgent = true where done_at is null and dead_at is null and not is_urgent "
            "and (subject_id = :id or subject_id in (select id from fee_line where application_id = :id "
            "union all select id from document where application_id = :id "
            "union all select id from bill where application_id = :id))"
        ),
        {"id": application_id},
    )


def next_rings(session: Session, *, limit: int, batch: int) -> list[Ring]:
    """Claim ready rows for the relay, urgent ones first, and mark them rung; call it and publish in one transaction.

    A crash between publishing and commit rings twice, never not at all. A row that was
    already tried is rung alone, so that it cannot take neighbours down with it.
    """
    rows = session.execute(
        text(
            "select id, tenant_id, task, queue, attempts from outbox "
            "where published_at is null and done_at is null and dead_at is null and not_before <= now() "
            "order by is_urgent desc, id limit :limit for update skip locked"
        ),
        {"limit": limit},
    ).all()
    if not rows:
        return []
    session.execute(
        text(
            "update outbox set published_at = now(), rings = rings + 1, "
            "ring_again_at = now() + least(:first * power(2, least(rings, 10)), :most) * interval '1 second' "
            "where id = any(:ids)"
        ),
        {"ids": [row.id for row in rows], "first": RING_AGAIN_SECONDS, "most": RING_AGAIN_SECONDS_MAX},
    )
    alone = [Ring(row.tenant_id, row.task, row.queue, (row.id,)) for row in rows if row.attempts]
    together: dict[tuple[str, str, str], list[int]] = {}
    for row in rows:
        if not row.attempts:
            together.setdefault((row.tenant_id, row.task, row.queue), []).append(row.id)
    return alone + [
        Ring(*key, tuple(ids[start : start + batch]))
        for key, ids in together.items()
        for start in range(0, len(ids), batch)
    ]


def ring_again(session: Session) -> int:
    """Make rows ready again that were rung long ago and are neither done nor in anybody's hands.

    Level-triggered ("older than"), so a sweeper that was down misses nothing. Gives the number of rows.
    """
    rung = session.execute(
        text(
            "update outbox set published_at = null where id in (select id from outbox "
            "where done_at is null and dead_at is null and ring_again_at <= now() and published_at is not null "
            "and (lease_until is null or lease_until <= now()) order by id for update skip locked)"
        )
    )
    return changed(rung)


def claim(session: Session, ids: Sequence[int]) -> tuple[UUID, list[Job]]:
    """Take what is still to do of `ids`, under a new lease; commit this before the work.

    The attempt is counted here, so work that kills its process is counted too. Waits for rows that
    are locked instead of skipping them: the bell may arrive before the relay's commit, and a row
    skipped then would lie still until it is rung again.
    """
    lease = uuid4()
    rows = session.execute(
        text(
            "update outbox set attempts = attempts + 1, lease = :lease, "
            "lease_until = now() + :seconds * interval '1 second' "
            "where id in (select id from outbox where id = any(:ids) and done_at is null and dead_at is null "
            "  and (lease_until is null or lease_until <= now()) order by id for update) "
            "returning id, tenant_id, subject_id, occasion, attempts"
        ),
        {"ids": list(ids), "lease": lease, "seconds": LEASE_SECONDS},
    ).all()
    jobs = [Job(row.id, row.tenant_id, row.subject_id, row.occasion, row.attempts) for row in rows]
    return lease, sorted(jobs, key=lambda job: job.subject_id)


def finish(session: Session, lease: UUID, jobs: Sequence[Job]) -> None:
    """Mark jobs done in the transaction of their effect; raises `Broken` if the lease was lost."""
    done = changed(
        session.execute(
            text(
                "update outbox set done_at = now(), lease_until = null, problem = '' "
                "where id = any(:ids) and lease = :lease and done_at is null"
            ),
            {"ids": [job.id for job in jobs], "lease": lease},
        )
    )
    if done != len(jobs):
        raise Broken("lease lost: another worker has taken this work over")


def give_back(
    session: Session, lease: UUID, job: Job, *, problem: str, final: bool = False, is_counted: bool = True
) -> bool:
    """Record a failed attempt; the row is rung again later, or is dead and becomes a case.

    `is_counted` is false when the world was at fault: an outage, however long, uses up no attempts.
    Gives whether it died by this. A worker whose lease has been taken over has nothing to say any more.
    """
    dead = final or (is_counted and job.attempts >= ATTEMPTS_MAX)
    given_back = changed(
        session.execute(
            text(
                "update outbox set problem = :problem, lease = null, lease_until = null, published_at = null, "
                "attempts = attempts - case when :counted then 0 else 1 end, "
                "not_before = now() + least(power(2, attempts), 60) * interval '1 second', "
                "dead_at = case when :dead then now() end where id = :id and lease = :lease and done_at is null"
            ),
            {"problem": problem[:2000], "dead": dead, "counted": is_counted, "id": job.id, "lease": lease},
        )
    )
    return dead and bool(given_back)


def spent(session: Session) -> list[Job]:
    """Rows whose every attempt ended without a word: the work kills its process, or never comes back."""
    rows = session.execute(
        text(
            "select id, tenant_id, subject_id, occasion, attempts from outbox "
            "where done_at is null and dead_at is null and attempts >= :most and lease_until <= now() order by id"
        ),
        {"most": ATTEMPTS_MAX},
    ).all()
    return [Job(row.id, row.tenant_id, row.subject_id, row.occasion, row.attempts) for row in rows]


def bury(session: Session, job: Job, *, problem: str) -> bool:
    """Give a spent row up; false if it is done, dead or in somebody's hands after all."""
    buried = session.execute(
        text(
            "update outbox set dead_at = now(), problem = :problem, lease = null, lease_until = null "
            "where id = :id and done_at is null and dead_at is null and lease_until <= now()"
        ),
        {"id": job.id, "problem": problem},
    )
    return bool(changed(buried))
