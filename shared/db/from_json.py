"""Rows that one statement brings as JSON, because a page of a case may not ask for each kind of row by itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from shared.db.clock import CHINA

_ROW = TypeVar("_ROW")


def moment(told: str) -> datetime:
    """A moment as PostgreSQL writes it in JSON, on the office's clock."""
    return datetime.fromisoformat(told).astimezone(CHINA)


def read(row: type[_ROW], data: Mapping[str, Any], **more: Any) -> _ROW:
    """A row out of JSON: what is named `at` or ends in `_at` is a moment, in `_on` a date, `id` or `_id` an id."""
    values: dict[str, Any] = {}
    for name in row.__dataclass_fields__:  # type: ignore[attr-defined] # a dataclass
        if name in more:
            continue
        value = data[name]
        if value is not None:
            if name == "at" or name.endswith("_at"):
                value = moment(value)
            elif name.endswith("_on"):
                value = date.fromisoformat(value)
            elif name == "id" or name.endswith("_id"):
                value = UUID(value)
        values[name] = value
    return row(**values, **more)
