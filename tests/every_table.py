"""A row of one application in every table that hangs on applications, made by force where no act of the office has
made one: what walls and audits are tried on must be there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from types import UnionType
from typing import Any, get_args
from uuid import UUID, uuid4

from sqlalchemy.orm import Session
from sqlmodel import SQLModel

#: What the check constraints want where any word will not do.
_WANTED: Mapping[str, Mapping[str, Any]] = {
    "clock_pause": {"kind": "correction"},
    "clock_extension": {"state": "asked"},
    "clock_step": {"step": "hint"},
    "calendar_change": {"kind": "import"},
    "correction_item": {"kind": "statement"},
    "intake_notice": {"kind": "accepted"},
    "meeting": {"kind": "mutual"},
    "meeting_verdict": {"verdict": "approved"},
    "handover": {"from_unit": "zj", "to_unit": "rf"},
    "notice": {"channel": "app", "to_unit": "zj"},
    "notice_line": {"to_unit": "zj"},
    "office_change": {"subject": "deputy", "after": {"login": "zj-officer"}},
    "case_item": {"kind": "dead_work"},
    "bill_reminder": {"step": "due"},
    "refund": {"kind": "treasury"},
    "deposit": {"form": "cash"},
    "deposit_move": {"kind": "interest"},
    "tariff_change": {"kind": "edit"},
    "period": {
        "kind": "day",
        "state": "reopened",
        "reopened_by": uuid4,
        "reopening_asked_by": uuid4,
        "reopening_reason": "样张",
    },
    "transfer": {"account": "treasury"},
    "export": {"form": "csv"},
    "suspense": {"inbox_id": uuid4},
    "channel_order": {"ask_at": datetime(2014, 9, 15, tzinfo=UTC)},
    "channel_asking": {"act": "query", "outcome": "pending"},
    "statement_file": {"opening_fen": 0, "credits_fen": 1, "debits_fen": 0, "closing_fen": 1},
}
_ANY = {
    int: 1,
    bool: False,
    date: date(2014, 9, 15),
    datetime: datetime(2014, 9, 15, tzinfo=UTC),
    dict: {},
    list: [],
}


def fill(session: Session, tables: Iterable[str], *, tenant: str, **known: Any) -> None:
    """Add a row to each of `tables`; `known` are values of columns by name.

    The session must be the owner's without triggers: rows that a made-up row refers to need not be there.
    """
    models = {model.__tablename__: model for model in _models(SQLModel)}
    for name in tables:
        model = models[name]
        here = {column: value for column, value in known.items() if column in model.model_fields}
        wanted = {column: uuid4() if value is uuid4 else value for column, value in _WANTED.get(name, {}).items()}
        row = model(tenant_id=tenant, **_needed(model, here), **here, **wanted)
        session.add(row)
        session.flush()
        if name == "notice":
            known["notice_id"] = row.id


def _needed(model: type[SQLModel], known: Mapping[str, Any]) -> dict[str, Any]:
    given = {"tenant_id", *known, *_WANTED.get(str(model.__tablename__), {})}
    return {
        name: _any(field.annotation)
        for name, field in model.model_fields.items()
        if name not in given and field.is_required()
    }


def _any(kind: Any) -> Any:
    plain = get_args(kind)[0] if isinstance(kind, UnionType) else kind
    plain = getattr(plain, "__origin__", plain)
    if plain is UUID:
        return uuid4()
    if plain is bytes:
        return uuid4().bytes
    return f"样张 {uuid4()}" if plain is str else _ANY[plain]


def _models(base: type[SQLModel]) -> list[Any]:
    found: list[Any] = []
    for each in base.__subclasses__():
        found += [each, *_models(each)]
    return found
