"""The daily statement file: one CSV a business day, under the column names of a bank's download.

It is always a whole file: written aside, flushed, then moved into place. Lines are in the
order of payment time, and each day opens with the balance on which the day before closed.
"""

from __future__ import annotations

import csv
import io
import os
import re
import threading
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sandbank.book import Book, Payment, plain

BANK_NAME = "瀚海沙箱银行（虚构）"
# The names of fees.md 9, in the order in which the bank's download has them.
COLUMNS = (
    "交易时间",
    "借方发生额(支取)",
    "贷方发生额(收入)",
    "余额",
    "币种",
    "对方户名",
    "对方账号",
    "对方开户机构",
    "记账日期",
    "摘要",
    "备注",
    "账户明细编号-交易流水号",
    "企业流水号",
    "凭证种类",
    "凭证号",
)
_FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r")


class Statements:
    """The folder of statement files, kept in step with the book."""

    def __init__(self, book: Book, folder: Path) -> None:
        self._book = book
        self._folder = folder
        # The courier and a download may write the same day at once; the older text must not win.
        self._writing = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)

    def write_all(self) -> None:
        """Write every day that has changed since its file was written."""
        for business_date in self._book.unwritten_days():
            self._write(business_date)

    def read(self, business_date: date) -> bytes:
        """The day's file as it stands in the book now; a day without payments is a head without lines."""
        path = self._path(business_date.isoformat())
        if business_date.isoformat() in self._book.unwritten_days() or not path.exists():
            return self._write(business_date.isoformat())
        return path.read_bytes()

    def totals(self, business_date: date) -> dict[str, Any]:
        """The day's control totals: opening + credits = closing."""
        _, opening_fen, payments = self._book.day(business_date.isoformat())
        credits_fen = sum(payment.amount_fen for payment in payments)
        return {
            "date": business_date.isoformat(),
            "currency": "CNY",
            "lines": len(payments),
            "opening": plain(opening_fen),
            "debits": plain(0),
            "credits": plain(credits_fen),
            "closing": plain(opening_fen + credits_fen),
        }

    def _write(self, business_date: str) -> bytes:
        with self._writing:
            revision, opening_fen, payments = self._book.day(business_date)
            content = _csv(opening_fen, payments).encode("utf-8-sig")
            if revision:
                _replace(self._path(business_date), content)
                self._book.mark_written(business_date, revision=revision)
        return content

    def _path(self, business_date: str) -> Path:
        return self._folder / f"{business_date}.csv"


def _csv(opening_fen: int, payments: Sequence[Payment]) -> str:
    text = io.StringIO(newline="")
    lines = csv.writer(text)
    lines.writerow(COLUMNS)
    balance_fen = opening_fen
    for payment in payments:
        balance_fen += payment.amount_fen
        booked_at = datetime.fromisoformat(payment.booked_at)
        lines.writerow(
            (
                booked_at.strftime("%Y-%m-%d %H:%M:%S"),
                plain(0),
                plain(payment.amount_fen),
                plain(balance_fen),
                "人民币",
                _cell(payment.payer_name),
                # A leading TAB keeps a spreadsheet from rounding the digits, as real downloads do.
                f"\t{payment.account}",
                BANK_NAME,
                booked_at.strftime("%Y%m%d"),
                _cell(f"{payment.channel}缴款"),
                _cell(f"缴款码{payment.payment_code} {payment.bill_number}"),
                f"{payment.id:06d}-{payment.txn_id}",
                "",
                "",
                "",
            )
        )
    return text.getvalue()


def _cell(text: str) -> str:
    """A name is text, also in a spreadsheet: what looks like a formula gets a TAB in front, which readers strip."""
    one_line = re.sub(r"[\x00-\x1f]+", " ", text)
    return f"\t{one_line}" if text.startswith(_FORMULA_STARTS) else one_line


def _replace(path: Path, content: bytes) -> None:
    aside = path.with_suffix(f".{os.getpid()}.{threading.get_ident()}.part")
    with aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
