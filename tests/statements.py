"""How many statements a page sends to the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from shared.db import engine as engines

#: What one page may ask (log-in and transaction included).
QUERIES_MAX = 12


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that are sent to the database meanwhile."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(engines.engine(), "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engines.engine(), "before_cursor_execute", note)
