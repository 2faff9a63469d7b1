"""What every request needs of the bank, put together once per process."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app

from sandbank.book import Book
from sandbank.courier import Courier
from sandbank.merchant import Merchant
from sandbank.settings import Settings
from sandbank.statements import Statements


@dataclass(frozen=True, slots=True, kw_only=True)
class Bank:
    """The parts of one bank; opening it starts nothing."""

    settings: Settings
    book: Book
    merchant: Merchant
    statements: Statements
    courier: Courier

    @classmethod
    def open(cls, settings: Settings) -> Bank:
        """Open the book in the settings' folder, creating it the first time."""
        book = Book(settings.folder / "book.sqlite3")
        merchant = Merchant(settings.merchant_url, settings.keys, timeout_s=settings.timeout_s)
        statements = Statements(book, settings.folder / "statements")
        courier = Courier(
            book,
            merchant,
            statements,
            lock_path=settings.folder / "courier.lock",
            retry_max_s=settings.retry_max_s,
        )
        return cls(settings=settings, book=book, merchant=merchant, statements=statements, courier=courier)


def this_bank() -> Bank:
    """The bank that serves the current request."""
    bank: Bank = current_app.extensions["sandbank"]
    return bank
