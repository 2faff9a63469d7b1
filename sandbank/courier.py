"""The courier carries reports to Yidan: at least once, for ever until it says 2xx.

It is one thread of the bank's process and holds a file lock, so that two processes on one
book never both deliver; whoever is killed loses the lock at once, and the queue is in the book.
"""

from __future__ import annotations

import fcntl
import http.client
import logging
import os
import sqlite3
import threading
import time
from pathlib import Path

from sandbank.book import Book, DueReport
from sandbank.faults import STALE_BY_S, Mode
from sandbank.merchant import Merchant
from sandbank.statements import Statements

_log = logging.getLogger("sandbank.courier")

_FIRST_RETRY_S = 0.5
# 2 ** 10 half-seconds are above every sensible cap; the exponent must not grow with a month of failures.
_DOUBLINGS_MAX = 10
_LOOK_AGAIN_S = 1.0
_NO_ANSWER = "no answer"


class Courier:
    """Start it with `ensure_running` in whichever process has been asked to serve; `stop` waits for the last report."""

    def __init__(
        self, book: Book, merchant: Merchant, statements: Statements, *, lock_path: Path, retry_max_s: float
    ) -> None:
        self._book = book
        self._merchant = merchant
        self._statements = statements
        self._lock_path = lock_path
        self._retry_max_s = retry_max_s
        self._starting = threading.Lock()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock_file: int | None = None
        self._pid = 0

    @property
    def is_running(self) -> bool:
        """Whether this process has a courier, be it only in waiting for another process's lock."""
        return self._pid == os.getpid() and self._thread is not None and self._thread.is_alive()

    def ensure_running(self) -> None:
        """Start the thread if this process has none: after start-up, after a fork, after a bug ended it."""
        if self.is_running or self._stopping.is_set():
            return
        with self._starting:
            if self.is_running:
                return
            # An inherited descriptor would go on holding the parent's lock when the parent is gone.
            self._let_go()
            self._pid = os.getpid()
            self._thread = threading.Thread(target=self._run, name="courier", daemon=True)
            self._thread.start()

    def hurry(self) -> None:
        """There is something new to carry."""
        self._wake.set()

    def stop(self) -> None:
        """Finish the report at hand and end; what is left stays in the book."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None and self._pid == os.getpid():
            self._thread.join()
        self._let_go()

    def _run(self) -> None:
        while not self._stopping.is_set() and not self._take_lock():
            self._stopping.wait(_LOOK_AGAIN_S)
        merchant_was_away = False
        statements_at = 0.0
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                report = self._book.due_report(now=time.time())
                if report:
                    is_answered = self._deliver(report)
                    if is_answered and merchant_was_away:
                        self._book.hasten(answer=_NO_ANSWER, now=time.time())
                    merchant_was_away = not is_answered
                if time.monotonic() - statements_at > _LOOK_AGAIN_S:
                    self._statements.write_all()
                    statements_at = time.monotonic()
                if not report:
                    due_at = self._book.next_report_at()
                    rest = _LOOK_AGAIN_S if due_at is None else min(due_at - time.time(), _LOOK_AGAIN_S)
                    self._wake.wait(max(rest, 0.0))
            except (sqlite3.Error, OSError):
                # A full disk or a locked book: the queue is safe, so wait and go on.
                _log.exception("the book or the statements cannot be written")
                self._stopping.wait(_LOOK_AGAIN_S)

    def _deliver(self, report: DueReport) -> bool:
        """Make one attempt; false if there was no answer at all."""
        fault = self._book.take_transport_fault()
        try:
            status = self._merchant.tell(
                report.body,
                with_wrong_signature=fault is Mode.BAD_SIGNATURE,
                seconds_ago=STALE_BY_S if fault is Mode.STALE_TIMESTAMP else 0,
            )
        except (OSError, http.client.HTTPException):
            # Unknown, not failed: Yidan may have taken it. Hence "at least once".
            status = 0
        answer = str(status) if status else _NO_ANSWER
        if 200 <= status < 300:
            self._book.acknowledge(report.id, answer=answer, now=time.time())
            _log.info("report %s acknowledged with %s", report.event_id, answer)
        else:
            pause_s = min(_FIRST_RETRY_S * 2 ** min(report.failures, _DOUBLINGS_MAX), self._retry_max_s)
            self._book.put_off(report.id, answer=answer, until=time.time() + pause_s)
            _log.warning("report %s not taken (%s), again in %.1f s", report.event_id, answer, pause_s)
        return status != 0

    def _take_lock(self) -> bool:
        if self._lock_file is None:
            self._lock_file = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _let_go(self) -> None:
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None
