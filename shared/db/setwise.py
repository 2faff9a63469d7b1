"""Many rows in one statement: the rows travel as one JSON value and PostgreSQL takes them apart.

One round trip, one plan, and none of the escaping that had made array parameters the largest cost of assessing lines.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Column, ColumnElement, Result, Table, TextClause, any_, literal, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def insert_rows(session: Session, into: Table, rows: Sequence[Mapping[str, Any]], *, tail: str = "") -> Result[Any]:
    """Insert rows that all have the same keys; defaults of the table's model fill what they leave out.

    `tail` is what stands behind the rows: "on conflict (…) do nothing", "returning id". There must be a row.
    """
    given = rows[0].keys()
    defaults = [
        (column.name, column.default)
        for column in into.columns
        if column.default is not None and column.name not in given
    ]
    filled = [dict(row) | {name: _value(default) for name, default in defaults} for row in rows]
    return session.execute(_insertion(into, tuple(filled[0]), tail), {"rows": as_json(filled)})


def among(column: Column[Any], ids: Iterable[UUID]) -> ColumnElement[bool]:
    """Whether a column of ids is one of `ids`: one array parameter, however many they are."""
    return column == any_(literal(list(ids), ARRAY(column.type)))


@lru_cache(maxsize=64)
def source(of: Table, names: tuple[str, ...]) -> str:
    """What stands behind "from": the rows of the parameter `rows` as the relation `new`, typed as in `of`."""
    columns = ", ".join(f"{name} {of.columns[name].type.compile(_DIALECT)}" for name in names)
    return f"jsonb_to_recordset(cast(:rows as jsonb)) as new({columns})"


def as_json(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as PostgreSQL reads them: bytes in hexadecimal, ids and moments as text."""
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"), default=_plain)


@lru_cache(maxsize=64)
def _insertion(into: Table, names: tuple[str, ...], tail: str) -> TextClause:
    listed = ", ".join(names)
    # Names come from the tables and the modules beside this one, never from outside.
    return text(f"insert into {into.name} ({listed}) select {listed} from {source(into, names)} {tail}")  # noqa: S608


def _value(default: Any) -> Any:
    return default.arg(None) if default.is_callable else default.arg


def _plain(value: object) -> str:
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a row")
