"""收费指南: what is charged on a day, by whom and under which document, from the rows that lines are computed by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from shared.db.city import City
from shared.domain.lines import ACCOUNT_NAMES, NATURE_NAMES
from shared.domain.rows import OPEN
from shared.domain.tariff_changes import find_row
from web.naming import named
from web.tariff import cells

#: Clauses of a rule under which nothing is charged.
_CLAUSES = ("not_applicable", "zero")


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideEntry:
    """One fee item on one day; without `version` nothing is charged then. `elsewhere` collects it instead of us."""

    code: str
    name: str
    unit: str
    nature: str
    account: str
    version: str
    standard: str
    free: tuple[str, ...]
    period: str
    documents: str
    approvals: str
    abolished_by: str
    elsewhere: str
    elsewhere_documents: str
    note: str


def fee_guide(city: City, on: date) -> list[GuideEntry]:
    """Every item of the catalogue, in its order, as it stands on a day."""
    data = city.pack.data
    found = []
    for item in city.items:
        row = find_row(data, "items", (item.code,)) or {}
        running = next((each for each in data["versions"] if each["item"] == item.code and _covers(each, on)), None)
        approvals = [each for each in row.get("approvals") or () if _covers(each, on)]
        is_charged = running is not None and bool(approvals)
        elsewhere = next((each for each in row.get("elsewhere") or () if _covers(each, on)), None) or {}
        found.append(
            GuideEntry(
                code=item.code,
                name=named(item),
                unit=named(city.units[item.owner_unit]),
                nature=named(NATURE_NAMES[item.nature]),
                account=named(ACCOUNT_NAMES[item.account]),
                version=str(running["version"]) if running and is_charged else "",
                standard=cells.gist(running) if running and is_charged else "",
                free=tuple(_reasons(running)) if running and is_charged else (),
                period=_period(running) if running and is_charged else "",
                documents="、".join(running.get("documents") or ()) if running else "",
                approvals="、".join(str(each["document"]) for each in approvals),
                abolished_by="、".join(row.get("abolished_by") or ()),
                elsewhere=str(elsewhere.get("by", "")),
                elsewhere_documents="、".join(elsewhere.get("documents") or ()),
                note=str(row.get("note") or ""),
            )
        )
    return found


def _covers(row: Mapping[str, Any], on: date) -> bool:
    day = on.isoformat()
    return str(row["from"]) <= day and (row["to"] == OPEN or day <= str(row["to"]))


def _period(row: Mapping[str, Any]) -> str:
    return f"{row['from']} — {'…' if row['to'] == OPEN else row['to']}"


def _reasons(row: Mapping[str, Any]) -> Iterator[str]:
    for clause in _CLAUSES:
        for each in row["rule"].get(clause) or ():
            if reason := each.get("reason"):
                yield str(reason)
