"""The bank's book: payments, and the queue of reports about them, in one SQLite file.

A payment and its reports are one transaction, so a bank that is killed in between knows
either of both or of neither; everything in here survives `kill -9`.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from sandbank.faults import OF_TRANSPORT, Fault, Mode, reports_of
from sandbank.merchant import Bill

# How long a writer waits for another one before the request fails.
_BUSY_TIMEOUT_S = 10
# The second copy of a duplicate leaves shortly after the first was acknowledged, as real ones do.
_COPY_DELAY_S = 0.2

# China has one time zone and no summer time; a bank's day ends at its own midnight, whatever offset Yidan writes.
_BANK_TIME = timezone(timedelta(hours=8))

_SCHEMA = """
CREATE TABLE IF NOT EXISTS payments (
    id INTEGER PRIMARY KEY,
    txn_id TEXT NOT NULL UNIQUE,
    idempotency_key TEXT NOT NULL UNIQUE,
    payment_code TEXT NOT NULL UNIQUE,
    bill_number TEXT NOT NULL,
    project_name TEXT NOT NULL,
    amount_fen INTEGER NOT NULL CHECK (amount_fen > 0),
    account TEXT NOT NULL,
    payer_name TEXT NOT NULL,
    channel TEXT NOT NULL,
    paid_at TEXT NOT NULL,
    booked_at TEXT NOT NULL,
    business_date TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS payments_by_day ON payments (business_date, booked_at, id);
CREATE TABLE IF NOT EXISTS reports (
    id INTEGER PRIMARY KEY,
    payment_id INTEGER NOT NULL REFERENCES payments (id),
    event_id TEXT NOT NULL,
    body BLOB NOT NULL,
    copies_left INTEGER NOT NULL CHECK (copies_left >= 0),
    next_at REAL NOT NULL,
    waits_for_later INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    acknowledged INTEGER NOT NULL DEFAULT 0,
    last_answer TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS reports_due ON reports (next_at, id) WHERE copies_left > 0;
CREATE TABLE IF NOT EXISTS faults (
    id INTEGER PRIMARY KEY,
    mode TEXT NOT NULL,
    options TEXT NOT NULL,
    times_left INTEGER NOT NULL CHECK (times_left >= 0)
);
CREATE TABLE IF NOT EXISTS statement_days (
    business_date TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    written_revision INTEGER NOT NULL DEFAULT 0
);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One payment taken.

    `paid_at` is Yidan's business time as it was written; `booked_at` is the same moment by the
    bank's own clock face (UTC+8), and its date is the statement's day.
    """

    id: int
    txn_id: str
    idempotency_key: str
    payment_code: str
    bill_number: str
    project_name: str
    amount_fen: int
    account: str
    payer_name: str
    channel: str
    paid_at: str
    booked_at: str
    business_date: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DueReport:
    """One callback that is due now."""

    id: int
    event_id: str
    body: bytes
    failures: int


class Book:
    """The SQLite file. Every method opens its own connection, so threads and forks need not think of it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._connection() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_SCHEMA)

    def find_by_code(self, payment_code: str) -> Payment | None:
        """The payment of this code, if it was made here."""
        return self._find("payment_code", payment_code)

    def find_by_key(self, idempotency_key: str) -> Payment | None:
        """The payment that was made with this key."""
        return self._find("idempotency_key", idempotency_key)

    def record(
        self,
        *,
        bill: Bill,
        account: str,
        payer_name: str,
        channel: str,
        idempotency_key: str,
        duplicate_percent: int = 0,
        delay_s: float = 0,
    ) -> Payment | None:
        """Take the payment and queue its reports; `None` if key or code have one already.

        Whoever loses a race gets `None` and finds the winner's payment by key or code.
        """
        booked_at = datetime.fromisoformat(bill.business_time).astimezone(_BANK_TIME)
        business_date = booked_at.date().isoformat()
        # Random, not running: a bank whose file was deleted must not hand out an old number again.
        txn_id = f"HHB{business_date.replace('-', '')}{secrets.randbelow(10**12):012d}"
        with self._writing() as connection:
            taken = connection.execute(
                "SELECT 1 FROM payments WHERE idempotency_key = ? OR payment_code = ?",
                (idempotency_key, bill.payment_code),
            ).fetchone()
            if taken:
                return None
            payment_id = connection.execute(
                "INSERT INTO payments (txn_id, idempotency_key, payment_code, bill_number, project_name, amount_fen,"
                " account, payer_name, channel, paid_at, booked_at, business_date)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    txn_id,
                    idempotency_key,
                    bill.payment_code,
                    bill.bill_number,
                    bill.project_name,
                    bill.amount_fen,
                    account,
                    payer_name,
                    channel,
                    bill.business_time,
                    # One width for every line, so that the order of the texts is the order of the moments.
                    booked_at.isoformat(timespec="microseconds"),
                    business_date,
                ),
            ).lastrowid
            payment = _payment(connection.execute("SELECT * FROM payments WHERE id = ?", (payment_id,)).fetchone())
            faults = _take_faults(connection, [mode for mode in Mode if mode not in OF_TRANSPORT])
            if secrets.randbelow(100) < duplicate_percent:
                faults = [*faults, Fault(mode=Mode.DUPLICATE)]
            for report in reports_of(event_of(payment), faults, delay_s=delay_s):
                connection.execute(
                    "INSERT INTO reports (payment_id, event_id, body, copies_left, next_at, waits_for_later)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        payment.id,
                        report.event["event_id"],
                        json.dumps(report.event, ensure_ascii=False, separators=(",", ":")).encode(),
                        report.copies,
                        time.time() + report.delay_s,
                        report.waits_for_later,
                    ),
                )
            connection.execute(
                "INSERT INTO statement_days (business_date, revision) VALUES (?, 1)"
                " ON CONFLICT (business_date) DO UPDATE SET revision = revision + 1",
                (business_date,),
            )
            # Yidan's clock can be set back in a demo: every later day then opens with another balance.
            connection.execute(
                "UPDATE statement_days SET revision = revision + 1 WHERE business_date > ?", (business_date,)
            )
        return payment

    def arm(self, fault: Fault, *, times: int) -> None:
        """Misbehave like this `times` times from now on."""
        options = {
            "seconds": fault.seconds,
            "then_correct": fault.then_correct,
            "amount": fault.amount,
            "bill_number": fault.bill_number,
        }
        with self._writing() as connection:
            connection.execute(
                "INSERT INTO faults (mode, options, times_left) VALUES (?, ?, ?)",
                (fault.mode.value, json.dumps(options), times),
            )

    def disarm(self) -> None:
        """Behave again; what is queued already stays as it is."""
        with self._writing() as connection:
            connection.execute("DELETE FROM faults")

    def armed(self) -> list[dict[str, Any]]:
        """The faults that are still due, for the admin page."""
        with self._connection() as connection:
            rows = connection.execute("SELECT mode, times_left, options FROM faults WHERE times_left > 0 ORDER BY id")
            return [{"mode": row["mode"], "times": row["times_left"], **json.loads(row["options"])} for row in rows]

    def take_transport_fault(self) -> Mode | None:
        """The fault that spoils the next attempt, counted down at once."""
        with self._connection() as connection:
            armed = connection.execute(
                "SELECT 1 FROM faults WHERE times_left > 0 AND mode IN (?, ?)", [mode.value for mode in OF_TRANSPORT]
            ).fetchone()
        if not armed:
            return None
        with self._writing() as connection:
            for mode in OF_TRANSPORT:
                if taken := _take_faults(connection, [mode]):
                    return taken[0].mode
        return None

    def due_report(self, *, now: float) -> DueReport | None:
        """The report that has been due longest."""
        with self._connection() as connection:
            row = connection.execute(
                "SELECT id, event_id, body, failures FROM reports WHERE copies_left > 0 AND next_at <= ?"
                " ORDER BY next_at, id LIMIT 1",
                (now,),
            ).fetchone()
        return DueReport(**dict(row)) if row else None

    def next_report_at(self) -> float | None:
        """When the next report is due (Unix seconds), if any is queued."""
        with self._connection() as connection:
            row = connection.execute("SELECT min(next_at) AS at FROM reports WHERE copies_left > 0").fetchone()
        return None if row["at"] is None else float(row["at"])

    def acknowledge(self, report_id: int, *, answer: str, now: float) -> None:
        """The merchant took this report; a copy that is still owed follows a little later.

        Earlier reports that wait to be overtaken may go now.
        """
        with self._writing() as connection:
            connection.execute(
                "UPDATE reports SET attempts = attempts + 1, acknowledged = acknowledged + 1, failures = 0,"
                " copies_left = copies_left - 1, last_answer = ?, next_at = ? WHERE id = ?",
                (answer, now + _COPY_DELAY_S, report_id),
            )
            connection.execute(
                "UPDATE reports SET waits_for_later = 0, next_at = ?"
                " WHERE waits_for_later AND copies_left > 0 AND id < ?",
                (now, report_id),
            )

    def put_off(self, report_id: int, *, answer: str, until: float) -> None:
        """The merchant did not take this report; it is tried again, for ever."""
        with self._writing() as connection:
            connection.execute(
                "UPDATE reports SET attempts = attempts + 1, failures = failures + 1, last_answer = ?, next_at = ?"
                " WHERE id = ?",
                (answer, until, report_id),
            )

    def hasten(self, *, answer: str, now: float) -> None:
        """Try now what failed with `answer`: the merchant is back, so nobody needs to sit out a backoff."""
        with self._writing() as connection:
            connection.execute(
                "UPDATE reports SET next_at = ? WHERE copies_left > 0 AND failures > 0 AND last_answer = ?"
                " AND next_at > ?",
                (now, answer, now),
            )

    def repeat(self, txn_id: str, *, times: int, now: float) -> bool:
        """Send the reports of an old payment again, word for word; false if there is no such payment."""
        with self._writing() as connection:
            changed = connection.execute(
                "UPDATE reports SET copies_left = copies_left + ?, next_at = ?"
                " WHERE payment_id = (SELECT id FROM payments WHERE txn_id = ?)",
                (times, now, txn_id),
            ).rowcount
        return changed > 0

    def waiting(self) -> int:
        """How many reports are still owed."""
        with self._connection() as connection:
            row = connection.execute("SELECT count(*) AS n FROM reports WHERE copies_left > 0").fetchone()
        return int(row["n"])

    def payments_with_reports(self, *, payment_code: str = "") -> list[dict[str, Any]]:
        """Everything about every payment (or one), for tests and the curious."""
        with self._connection() as connection:
            payments = connection.execute(
                "SELECT * FROM payments WHERE ? IN ('', payment_code) ORDER BY id", (payment_code,)
            ).fetchall()
            reports: dict[int, list[dict[str, Any]]] = {}
            for row in connection.execute("SELECT * FROM reports ORDER BY id"):
                reports.setdefault(row["payment_id"], []).append(
                    {
                        "event_id": row["event_id"],
                        "attempts": row["attempts"],
                        "acknowledged": row["acknowledged"],
                        "copies_left": row["copies_left"],
                        "last_answer": row["last_answer"],
                    }
                )
        return [
            {
                "bank_txn_id": row["txn_id"],
                "payment_code": row["payment_code"],
                "bill_number": row["bill_number"],
                "amount": plain(row["amount_fen"]),
                "currency": "CNY",
                "paid_at": row["paid_at"],
                "channel": row["channel"],
                "payer_account": row["account"],
                "payer_name": row["payer_name"],
                "state": "paid",
                "reports": reports.get(row["id"], []),
            }
            for row in payments
        ]

    def unwritten_days(self) -> list[str]:
        """The days whose statement file is older than the book."""
        with self._connection() as connection:
            rows = connection.execute(
                "SELECT business_date FROM statement_days WHERE written_revision < revision ORDER BY business_date"
            ).fetchall()
        return [row["business_date"] for row in rows]

    def day(self, business_date: str) -> tuple[int, int, Sequence[Payment]]:
        """One day at one instant: its revision (0: no payments), its opening balance in 分, its payments in order."""
        with self._connection() as connection:
            connection.execute("BEGIN")
            row = connection.execute(
                "SELECT revision FROM statement_days WHERE business_date = ?", (business_date,)
            ).fetchone()
            opening = connection.execute(
                "SELECT coalesce(sum(amount_fen), 0) AS fen FROM payments WHERE business_date < ?", (business_date,)
            ).fetchone()
            payments = connection.execute(
                "SELECT * FROM payments WHERE business_date = ? ORDER BY booked_at, id", (business_date,)
            ).fetchall()
            connection.execute("COMMIT")
        return row["revision"] if row else 0, opening["fen"], [_payment(each) for each in payments]

    def mark_written(self, business_date: str, *, revision: int) -> None:
        """The statement file of this day holds this revision."""
        with self._writing() as connection:
            connection.execute(
                "UPDATE statement_days SET written_revision = ? WHERE business_date = ?", (revision, business_date)
            )

    def _find(self, column: str, value: str) -> Payment | None:
        query = {
            "payment_code": "SELECT * FROM payments WHERE payment_code = ?",
            "idempotency_key": "SELECT * FROM payments WHERE idempotency_key = ?",
        }[column]
        with self._connection() as connection:
            row = connection.execute(query, (value,)).fetchone()
        return _payment(row) if row else None

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=_BUSY_TIMEOUT_S, isolation_level=None)) as connection:
            connection.row_factory = sqlite3.Row
            # FULL: an answer "paid" must outlive a power cut, not only a kill.
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")


def plain(fen: int) -> str:
    """1234.50, for files and JSON."""
    return f"{fen // 100}.{fen % 100:02d}"


def event_of(payment: Payment) -> dict[str, str]:
    """The report of this payment, rightly said, under a fresh event id."""
    return {
        "event_id": f"evt-{uuid.uuid4().hex}",
        "type": "payment.succeeded",
        "payment_code": payment.payment_code,
        "bill_number": payment.bill_number,
        "bank_txn_id": payment.txn_id,
        "amount": plain(payment.amount_fen),
        "currency": "CNY",
        "paid_at": payment.paid_at,
        "channel": payment.channel,
        "payer_account": payment.account,
        "payer_name": payment.payer_name,
    }


def _payment(row: sqlite3.Row) -> Payment:
    return Payment(**dict(row))


def _take_faults(connection: sqlite3.Connection, modes: Sequence[Mode]) -> list[Fault]:
    """One of each of these modes that is due, the oldest first, counted down by one."""
    taken: list[Fault] = []
    for mode in modes:
        row = connection.execute(
            "SELECT id, options FROM faults WHERE mode = ? AND times_left > 0 ORDER BY id LIMIT 1", (mode.value,)
        ).fetchone()
        if row:
            connection.execute("UPDATE faults SET times_left = times_left - 1 WHERE id = ?", (row["id"],))
            taken.append(Fault(mode=mode, **json.loads(row["options"])))
    return taken
