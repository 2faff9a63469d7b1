"""The suite's second pair of eyes: the books added up by hand, the audit, several hands at the same moment.

`sums` does not use `shared.db.invariants`: what is checked with it is checked twice, in two ways.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.audit import Finding, audit
from services.sitting import signer
from shared.db.engine import make_engine, unit_of_work
from shared.settings import settings
from shared.storage import Storage

#: Longest that a race may take before the test gives up, seconds.
RACE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Sums:
    """What stands where, in 分; `postings` is what was credited to the accounts."""

    lines: int
    bills: int
    payments: int
    receipts: int
    postings: int
    bill_count: int
    payment_count: int
    receipt_count: int


@contextmanager
def as_owner(url: str | None = None, *, without_triggers: bool = False) -> Iterator[Session]:
    """A transaction of the database's owner, whom row-level security does not bind.

    `without_triggers` also switches off triggers and foreign keys, as somebody would who forges rows.
    """
    engine = make_engine(url or settings().database_url, as_app=False, pool_size=1)
    try:
        with unit_of_work(on=engine) as session:
            if without_triggers:
                session.execute(text("set local session_replication_role = replica"))
            yield session
    finally:
        engine.dispose()


def forge(statement: str, **values: Any) -> int:
    """Change rows behind the application's back; gives how many."""
    with as_owner(without_triggers=True) as session:
        return session.execute(text(statement), values).rowcount  # type: ignore[attr-defined, no-any-return]


def audited(judge_pdf: Callable[[bytes], list[str]] = lambda _: []) -> list[Finding]:
    """The whole audit of this test's database."""
    with as_owner() as session:
        return audit(session, signer=signer(), storage=Storage(settings().storage_dir), judge_pdf=judge_pdf)


def broken(judge_pdf: Callable[[bytes], list[str]] = lambda _: []) -> dict[str, tuple[str, ...]]:
    """What the audit finds, by invariant."""
    return {finding.id: finding.broken for finding in audited(judge_pdf) if finding.broken}


def sums(application_id: Any = None, *, session: Session | None = None) -> Sums:
    """The books added up, of one application or of all; `session`, if given, is the owner's."""
    if session is None:
        with as_owner() as own:
            return sums(application_id, session=own)
    these = "where application_id = :id" if application_id else ""
    bills = f"(select id from bill {these})"
    row = session.execute(
        text(
            "select (select coalesce(sum(case when status = 'collected_elsewhere' then 0 else payable_fen end), 0) "
            f"from fee_line {these}), "
            f"(select coalesce(sum(total_fen), 0) from bill {these}), "
            f"(select coalesce(sum(amount_fen), 0) from payment where bill_id in {bills}), "
            f"(select coalesce(sum(total_fen), 0) from receipt {these}), "
            "(select coalesce(-sum(p.amount_fen), 0) from ledger_posting p "
            "join ledger_entry e on e.id = p.entry_id "
            f"where p.amount_fen < 0 and e.bill_id in {bills}), "
            f"(select count(*) from bill {these}), (select count(*) from payment where bill_id in {bills}), "
            f"(select count(*) from receipt {these})"
        ),
        {"id": application_id} if application_id else {},
    ).one()
    return Sums(*(int(each) for each in row))


def assert_settled(application_id: Any, *, total_fen: int) -> None:
    """One bill, one payment, one receipt of `total_fen`; lines, postings and books agree; the audit finds nothing."""
    assert sums(application_id) == Sums(total_fen, total_fen, total_fen, total_fen, total_fen, 1, 1, 1)
    assert broken() == {}


def side_by_side(*acts: Callable[[], Any]) -> list[Any]:
    """Do all acts at the same moment, each in its own thread; gives their results or what they raised."""
    barrier = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def perform(index: int, act: Callable[[], Any]) -> None:
        barrier.wait(RACE_SECONDS)
        try:
            results[index] = act()
        except Exception as problem:  # noqa: BLE001 what was raised is the result
            results[index] = problem

    threads = [threading.Thread(target=perform, args=(index, act), daemon=True) for index, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(RACE_SECONDS)
        assert not thread.is_alive(), "a racer is stuck"
    return results


def kinds(results: Sequence[Any]) -> dict[str, int]:
    """How many of each outcome: "done", or the name of what was raised."""
    counts: dict[str, int] = {}
    for result in results:
        name = type(result).__name__ if isinstance(result, Exception) else "done"
        counts[name] = counts.get(name, 0) + 1
    return counts


def counts(*tables: str) -> Mapping[str, int]:
    """How many rows each table has."""
    with as_owner() as session:
        return {table: session.execute(text(f"select count(*) from {table}")).scalar_one() for table in tables}


#: What a set-up city has before anybody comes, and the day that the test has set.
_SET_UP = (
    "tenant", "unit", "matter", "fee_item", "tariff_version", "reduction", "calendar_day", "account", "post",
    "alembic_version", "business_clock",
)  # fmt: skip


def forget_everything() -> None:
    """Empty the office; an own database for each example of a state machine would take longer than its steps."""
    with as_owner(without_triggers=True) as session:
        tables = session.execute(text("select tablename from pg_tables where schemaname = 'public'")).scalars().all()
        for table in tables:
            if table not in _SET_UP:
                session.execute(text(f"delete from {table}"))
