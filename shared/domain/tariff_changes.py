"""Changes of a tariff: rows in the words of the pack that are put above it, and what makes them by the year.

A change remembers each row as it stood when it was written (`base`), so that nobody overwrites unseen what another
change has done meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from shared.domain.errors import Conflict, Invalid, NotFound, Problem
from shared.domain.rows import OPEN

#: The sections that people change, and the columns that tell their rows apart.
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "items": ("code",),
    "versions": ("item", "version"),
    "reductions": ("code", "from"),
    "policies": ("item", "class", "from"),
    "refunds": ("item",),
}
SECTION_NAMES: Final[Mapping[str, str]] = {
    "items": "收费项目",
    "versions": "标准版本",
    "reductions": "减免",
    "policies": "政策分类",
    "refunds": "清算规则",
}
COLUMN_NAMES: Final[Mapping[str, str]] = {
    "from": "起始日",
    "to": "截止日",
    "documents": "依据文件",
    "rule": "标准",
    "percent": "比例",
    "approvals": "收费审批",
}
#: Sections whose rows have a period that can be carried into another year.
_DATED: Final = ("versions", "reductions", "policies")
_PLACED = re.compile(r"(items|versions|reductions|policies|refunds|uses)\[\d+\]")
_COUNTED = re.compile(r"v(\d+)")

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChange:
    """One row to put in place; `row` None takes it out, `base` None says that there was none."""

    section: str
    row: Row | None
    base: Row | None

    @property
    def key(self) -> tuple[str, ...]:
        """What tells the row from others of its section."""
        return key_of(self.section, self.row if self.row is not None else self.base or {})

    @property
    def label(self) -> str:
        """标准版本 PTF v2: how people call the row."""
        return f"{SECTION_NAMES[self.section]} {' '.join(self.key)}"

    def to_json(self) -> dict[str, Any]:
        return {"section": self.section, "row": self.row, "base": self.base}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RowChange:
        return cls(section=data["section"], row=data["row"], base=data["base"])


def key_of(section: str, row: Row) -> tuple[str, ...]:
    """The values that tell a row apart; an empty one where a column is missing."""
    return tuple(str(row.get(column, "")) for column in KEYS[section])


def find_row(data: Mapping[str, Any], section: str, key: Sequence[str]) -> Row | None:
    """The row of a tariff with this key."""
    return next((row for row in data.get(section) or () if key_of(section, row) == tuple(key)), None)


def merged(data: Mapping[str, Any], changes: Iterable[RowChange]) -> dict[str, Any]:
    """The sections of a pack with changes put above them; rows that stay keep their places, new ones come last."""
    after = {name: list(data.get(name) or ()) if name in KEYS else part for name, part in data.items()}
    for change in changes:
        rows = after.setdefault(change.section, [])
        place = next((at for at, row in enumerate(rows) if key_of(change.section, row) == change.key), None)
        if change.row is None:
            if place is not None:
                del rows[place]
        elif place is None:
            rows.append(change.row)
        else:
            rows[place] = change.row
    return after


def moved(data: Mapping[str, Any], changes: Iterable[RowChange]) -> tuple[RowChange, ...]:
    """The changes whose rows are no longer as they were when they were written."""
    return tuple(each for each in changes if find_row(data, each.section, each.key) != each.base)


def rebased(data: Mapping[str, Any], changes: Iterable[RowChange]) -> tuple[RowChange, ...]:
    """The same rows over what stands now; whoever asks for this has seen what has moved."""
    found = []
    for each in changes:
        base = find_row(data, each.section, each.key)
        if each.row is not None or base is not None:
            found.append(RowChange(section=each.section, row=each.row, base=base))
    return tuple(found)


def with_row(changes: Sequence[RowChange], data: Mapping[str, Any], section: str, row: Row) -> tuple[RowChange, ...]:
    """The changes with this row among them, in the place of an earlier one of the same key."""
    key = key_of(section, row)
    new = RowChange(section=section, row=row, base=find_row(data, section, key))
    if any(each.section == section and each.key == key for each in changes):
        return tuple(
            RowChange(section=section, row=row, base=each.base) if (each.section, each.key) == (section, key) else each
            for each in changes
        )
    return (*changes, new)


def without_row(changes: Iterable[RowChange], section: str, key: Sequence[str]) -> tuple[RowChange, ...]:
    """The changes without the one of this key."""
    return tuple(each for each in changes if (each.section, each.key) != (section, tuple(key)))


def touched(changes: Iterable[RowChange]) -> frozenset[str]:
    """The items whose lines may come out differently."""
    found: set[str] = set()
    for each in changes:
        for row in (each.row, each.base):
            if row is None:
                continue
            if each.section == "items":
                found.add(str(row.get("code")))
            elif each.section in ("versions", "policies"):
                found.add(str(row.get("item")))
            elif each.section == "reductions":
                found.update(str(item) for item in row.get("items") or ())
                found.update(str(effect.get("item")) for effect in row.get("effects") or ())
    return frozenset(found)


def new_items(changes: Iterable[RowChange]) -> tuple[str, ...]:
    """Items that no catalogue has had before."""
    return tuple(
        str(each.row["code"]) for each in changes if each.section == "items" and each.base is None and each.row
    )


def new_approvals(changes: Iterable[RowChange]) -> tuple[str, ...]:
    """The approvals (规费申报审批) that a change puts on file, by document."""
    found: list[str] = []
    for each in changes:
        if each.section == "items" and each.row is not None:
            known = (each.base or {}).get("approvals") or ()
            found += [str(new.get("document")) for new in each.row.get("approvals") or () if new not in known]
    return tuple(found)


def rewritten(changes: Iterable[RowChange]) -> tuple[RowChange, ...]:
    """Versions that say something else than before about anything but their last day, or that are gone."""
    return tuple(
        each
        for each in changes
        if each.section == "versions"
        and each.base is not None
        and (each.row is None or {**each.row, "to": ""} != {**each.base, "to": ""})
    )


def in_words(problem: Problem) -> Problem:
    """A problem of a compiled tariff as people call its rows: 标准版本 PTF v2，起始日."""
    place, _, column = _PLACED.sub(lambda found: SECTION_NAMES.get(found[1], found[1]), problem.field).partition(".")
    text = _PLACED.sub(lambda found: SECTION_NAMES.get(found[1], found[1]), problem.problem)
    first = column.partition("[")[0].partition(".")[0]
    return Problem(f"{place}，{COLUMN_NAMES.get(first, column)}" if column else place, text)


def next_version(data: Mapping[str, Any], item: str, *, first: date) -> str:
    """A free name for the next version of an item: v3 after v2, else the year that it begins in."""
    names = [str(row["version"]) for row in data["versions"] if row["item"] == item]
    counted = [int(found[1]) for name in names if (found := _COUNTED.fullmatch(name))]
    name = f"v{max(counted) + 1}" if names and len(counted) == len(names) else str(first.year)
    at = 2
    while name in names:
        name, at = f"{first.year}-{at}", at + 1
    return name


def ended(data: Mapping[str, Any], item: str, version: str, *, last: date) -> tuple[Row, Row]:
    """A version as it stands and with its last day; raises `NotFound`, `Invalid` for a day that ends nothing sooner."""
    row = find_row(data, "versions", (item, version))
    if row is None:
        raise NotFound(f"没有标准版本 {item} {version}")
    if last < _day(row["from"]):
        raise Invalid([Problem("last", f"截止日 {last} 早于 {item} {version} 的起始日 {row['from']}")])
    if row["to"] != OPEN and last >= _day(row["to"]):
        raise Invalid([Problem("last", f"{item} {version} 到 {row['to']} 就截止了，截止日应早于它")])
    return row, {**row, "to": last.isoformat()}


def succeeded(
    data: Mapping[str, Any], item: str, version: str, *, last: date, documents: Sequence[str], rule: Row | None = None
) -> tuple[RowChange, ...]:
    """End a version and open its successor the day after, under `documents`, with another `rule` or the same."""
    row, end = ended(data, item, version, last=last)
    first = last + timedelta(days=1)
    successor = {
        **row,
        "version": next_version(data, item, first=first),
        "from": first.isoformat(),
        "documents": list(documents),
        "rule": rule if rule is not None else row["rule"],
    }
    successor.pop("origin", None)
    return (
        RowChange(section="versions", row=end, base=row),
        RowChange(section="versions", row=successor, base=None),
    )


def carried_forward(
    data: Mapping[str, Any], *, year: int, document: str, renewed: Collection[str] = ()
) -> tuple[RowChange, ...]:
    """Everything that runs out with the last day of a year, for the whole of the next one, under a new document.

    `renewed` are items with an open version to be ended that day as well, so that all of them begin anew. Raises
    `Conflict` if there is nothing to carry, `Invalid` for an item that has nothing open.
    """
    last, first = date(year, 12, 31), date(year + 1, 1, 1)
    period = {"from": first.isoformat(), "to": date(year + 1, 12, 31).isoformat()}
    changes: list[RowChange] = []
    for section in _DATED:
        for row in data.get(section) or ():
            if row["to"] != last.isoformat() or _goes_on(data, section, row, first):
                continue
            copy = {**row, **period, "documents": [document]}
            if section == "versions":
                copy["version"] = next_version(merged(data, changes), row["item"], first=first)
                copy.pop("origin", None)
            changes.append(RowChange(section=section, row=copy, base=None))
    for item in renewed:
        running = next(
            (
                row
                for row in data["versions"]
                if row["item"] == item and row["to"] == OPEN and _day(row["from"]) <= last
            ),
            None,
        )
        if running is None:
            raise Invalid([Problem("items", f"{item} 在 {last} 没有不定期的标准版本，不用另开")])
        changes += succeeded(merged(data, changes), item, running["version"], last=last, documents=[document])
    if not changes:
        raise Conflict(f"没有在 {last} 到期的标准、减免或政策，不用结转；不定期的版本照常执行")
    return tuple(changes)


def _goes_on(data: Mapping[str, Any], section: str, row: Row, day: date) -> bool:
    """Whether something of the same kind is in force on a day already."""
    names = ("item",) if section == "versions" else KEYS[section][:-1]
    return any(
        all(other[name] == row[name] for name in names)
        and _day(other["from"]) <= day
        and (other["to"] == OPEN or day <= _day(other["to"]))
        for other in data.get(section) or ()
        if other is not row
    )


def _day(value: object) -> date:
    return date.fromisoformat(str(value))
