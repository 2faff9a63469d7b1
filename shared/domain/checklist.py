"""材料清单: one list of papers for all matters of an application, each named once, and how many papers that saves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.domain.facts import Facts
from shared.domain.matters import Material, Matter

#: What an applicant owes where no law of a single matter says so: true and complete papers.
GENERAL_CLAUSE: Final = "《行政许可法》第三十一条"
#: More laws than this on one paper say no more than the general one.
_CLAUSES_NAMED: Final = 2


class Need(StrEnum):
    """Whether a paper must come: at once (or promised), if the applicant likes, or as soon as a fact asks for it."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    CONDITIONAL = "conditional"


@dataclass(frozen=True, slots=True)
class Entry:
    """One paper with the matters that need it; none where it proves a fact or a reduction instead."""

    material: Material
    need: Need
    matters: tuple[Matter, ...]

    @property
    def is_required(self) -> bool:
        return self.need is Need.REQUIRED

    @property
    def may_be_promised(self) -> bool:
        """Whether it may be brought later (告知承诺)."""
        return self.is_required and self.material.promise_days > 0

    @property
    def clause(self) -> str:
        """What it is asked for by: the laws of its matters while they are few, else the general one."""
        laws = tuple(dict.fromkeys(matter.legal_basis for matter in self.matters))
        return "；".join(laws) if 0 < len(laws) <= _CLAUSES_NAMED else GENERAL_CLAUSE


@dataclass(frozen=True, slots=True)
class Checklist:
    """The papers of one application, in the order of the pack."""

    entries: tuple[Entry, ...]

    def find(self, code: str) -> Entry | None:
        return next((entry for entry in self.entries if entry.material.code == code), None)

    @property
    def required(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.is_required)

    @property
    def asked(self) -> int:
        """How many papers the matters would ask for, each on its own."""
        return sum(len(entry.matters) for entry in self.entries)

    @property
    def distinct(self) -> int:
        """How many papers that is once each is named once."""
        return sum(bool(entry.matters) for entry in self.entries)

    @property
    def saved(self) -> int:
        return self.asked - self.distinct


def union(materials: Sequence[Material], matters: Sequence[Matter], facts: Facts | None = None) -> Checklist:
    """The papers of an application with these matters and facts; without facts, what depends on them stays open.

    What is needed only by matters that the application does not have is not in the list.
    """
    entries = []
    for material in materials:
        needing = tuple(matter for matter in matters if material.code in matter.needs)
        need = _need(material, needing, facts)
        if need is not None:
            entries.append(Entry(material, need, needing))
    return Checklist(tuple(entries))


def made_necessary(materials: Sequence[Material], before: Facts, after: Facts) -> tuple[Material, ...]:
    """The papers that an application must have with corrected facts and did not have to have with those before."""
    known = {entry.material.code for entry in union(materials, (), before).required}
    return tuple(entry.material for entry in union(materials, (), after).required if entry.material.code not in known)


def brought_along(
    materials: Sequence[Material], matters: Sequence[Matter], situation: str
) -> tuple[tuple[Matter, ...], tuple[Material, ...]]:
    """The matters that only a situation brings, and the papers that an application without it would not have."""
    usual = [matter for matter in matters if matter.applies_in(())]
    more = tuple(matter for matter in matters if situation in matter.when)
    before = {entry.material.code for entry in union(materials, usual).entries}
    after = union(materials, [*usual, *more]).entries
    return more, tuple(entry.material for entry in after if entry.material.code not in before)


def _need(material: Material, needing: Collection[Matter], facts: Facts | None) -> Need | None:
    match material.required:
        case "always":
            return Need.REQUIRED
        case "optional":
            return Need.OPTIONAL
        case "needed":
            return Need.REQUIRED if needing else None
    return Need.REQUIRED if facts and getattr(facts, material.required) else Need.CONDITIONAL
