"""承诺时限: how many working days the city promises, by mechanism and kind, in dated rows like every other law."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from shared.domain.clocks import Kind, Mechanism
from shared.domain.errors import Broken, Problem
from shared.domain.rows import Period, table

#: What every city must promise; a matter's own row may be shorter than its kind's, never longer unless it is special.
NEEDED: Final = (
    (Mechanism.JOINT, Kind.ORDINARY),
    (Mechanism.JOINT, Kind.SPECIAL),
    *((Mechanism.MATTER, kind) for kind in Kind),
    (Mechanism.CARD, Kind.ORDINARY),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """Working days promised from one date to another, and the document that says so."""

    mechanism: Mechanism
    kind: Kind
    days: int
    period: Period
    document: str


@dataclass(frozen=True, slots=True)
class Promises:
    """A city's promises."""

    rows: tuple[Promise, ...]

    def find(self, mechanism: Mechanism, kind: Kind, on: date) -> Promise:
        """The promise in force on a date; raises `Broken` where nobody promised anything then."""
        for row in self.rows:
            if (row.mechanism, row.kind) == (mechanism, kind) and row.period.covers(on):
                return row
        raise Broken(f"no promise for {mechanism} {kind} on {on}")

    def latest(self, mechanism: Mechanism, kind: Kind) -> Promise:
        """The promise that came into force last, for pages that speak of no date."""
        return max((row for row in self.rows if (row.mechanism, row.kind) == (mechanism, kind)), key=_first_day)

    def days(self, mechanism: Mechanism, kind: Kind, on: date) -> int:
        """Its working days."""
        return self.find(mechanism, kind, on).days


def _first_day(promise: Promise) -> date:
    return promise.period.first


def read_promises(data: Mapping[str, Any], problems: list[Problem]) -> Promises:
    """Read the section `promises`; overlapping periods and what is missing are problems that name the row."""
    found: list[Promise] = []
    for row in table(data, "promises", problems, label=("mechanism", "kind")):
        row.only("mechanism", "kind", "days", "from", "to", "document")
        mechanism = row.choice("mechanism", tuple(Mechanism))
        kind = row.choice("kind", tuple(Kind), Kind.ORDINARY.value)
        if mechanism not in tuple(Mechanism) or kind not in tuple(Kind):
            continue
        promise = Promise(
            mechanism=Mechanism(mechanism),
            kind=Kind(kind),
            days=row.whole("days"),
            period=row.period(),
            document=row.text("document"),
        )
        for other in found:
            is_same = (other.mechanism, other.kind) == (promise.mechanism, promise.kind)
            if is_same and other.period.overlaps(promise.period):
                row.problem("from", f"与另一行的执行期重叠：{other.period}")
        found.append(promise)
    for mechanism_needed, kind_needed in NEEDED:
        if not any((each.mechanism, each.kind) == (mechanism_needed, kind_needed) for each in found):
            problems.append(Problem("promises", f"缺少承诺时限：{mechanism_needed} {kind_needed}"))
    return Promises(tuple(found))
