"""补正: what departments may ask for, how their requests become one notice, and what an answer touches.

一次性告知 (行政许可法 32): a unit says everything at once. After its requests were sent it may come back only to what
it asked for before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, Protocol, TypeVar

from shared.domain.characters import UNKEEPABLE, is_keepable
from shared.domain.errors import Problem
from shared.domain.facts import FACT_NAMES, Facts
from shared.domain.matters import Matter
from shared.domain.tariff import Tariff

#: Facts that an applicant can be asked to correct: all but those that the office sets itself.
ASKABLE_FACTS: Final = tuple(name for name in FACT_NAMES if name not in ("case", "accepted_on"))
#: Longest texts of a request and of an answer, characters; the forms say so too.
SUBJECT_LENGTH_MAX: Final = 60
REASON_LENGTH_MAX: Final = 500
CLAUSE_LENGTH_MAX: Final = 200
WANTED_LENGTH_MAX: Final = 300
ANSWER_LENGTH_MAX: Final = 2000
#: Most requests of one unit in one act.
REQUESTS_MAX: Final = 60


class CorrectionKind(StrEnum):
    """What a request asks for: a paper by its material, a fact by its name, or words on a subject."""

    PAPER = "paper"
    FACT = "fact"
    STATEMENT = "statement"


#: What has a kind and a target: a request, or a row of one.
Target = tuple[str, str]


class Asked(Protocol):
    """One request of one unit, as far as merging must know it."""

    @property
    def kind(self) -> str: ...

    @property
    def target(self) -> str: ...


Item = TypeVar("Item", bound=Asked)


@dataclass(frozen=True, slots=True)
class Request:
    """One thing that a unit asks for: what is wrong, which clause says so, and what to do about it."""

    kind: str
    target: str
    reason: str
    clause: str
    wanted: str

    def tidied(self) -> Request:
        """The same without blanks at the ends."""
        return Request(self.kind, self.target.strip(), self.reason.strip(), self.clause.strip(), self.wanted.strip())


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one fact or paper, in the words of the trail."""

    kind: str
    target: str
    before: str
    after: str


def request_problems(request: Request, field: str, *, materials: Collection[str]) -> tuple[Problem, ...]:
    """What is wrong with a tidied request; `field` stands before the name of the part ("items[0]")."""
    problems = []
    if request.kind not in tuple(CorrectionKind):
        problems.append(Problem(f"{field}.kind", "应为 paper（材料）、fact（申报事实）或 statement（书面说明）"))
    elif request.kind == CorrectionKind.PAPER and request.target not in materials:
        problems.append(Problem(f"{field}.target", f"没有这一种材料：{request.target}"))
    elif request.kind == CorrectionKind.FACT and request.target not in ASKABLE_FACTS:
        problems.append(Problem(f"{field}.target", f"没有可以更正的申报事实 {request.target}"))
    for name, text, most in (
        ("target", request.target, SUBJECT_LENGTH_MAX),
        ("reason", request.reason, REASON_LENGTH_MAX),
        ("clause", request.clause, CLAUSE_LENGTH_MAX),
        ("wanted", request.wanted, WANTED_LENGTH_MAX),
    ):
        if not is_keepable(text):
            problems.append(Problem(f"{field}.{name}", UNKEEPABLE))
        elif len(text) > most:
            problems.append(Problem(f"{field}.{name}", f"不能超过 {most} 个字"))
    if request.kind == CorrectionKind.STATEMENT and not request.target:
        problems.append(Problem(f"{field}.target", "必填：要说明什么"))
    if not request.reason:
        problems.append(Problem(f"{field}.reason", "必填：存在的问题"))
    if not request.clause:
        problems.append(Problem(f"{field}.clause", "必填：依据的条款"))
    if not request.wanted:
        problems.append(Problem(f"{field}.wanted", "必填：补正要求，写明申请人该怎么做"))
    return tuple(problems)


def merged(items: Iterable[Item]) -> tuple[tuple[Item, ...], ...]:
    """Requests with the same target as one, in the order in which each target was first asked for."""
    groups: dict[Target, list[Item]] = {}
    for item in items:
        groups.setdefault((item.kind, item.target), []).append(item)
    return tuple(tuple(group) for group in groups.values())


def may_ask(request: Request, *, before: Collection[Target]) -> bool:
    """Whether a unit may still ask for this: everything at first, then only what it asked for `before`."""
    return not before or (request.kind, request.target) in before


def is_window_over(window_until: date, today: date) -> bool:
    """Whether the last day of a window has passed."""
    return today > window_until


def everybody_has_spoken(undecided_units: Collection[str], asking_units: Collection[str]) -> bool:
    """Whether nobody is left who could still ask: every unit with an undecided task has asked already."""
    return set(undecided_units) <= set(asking_units)


def changed_facts(before: Facts, after: Facts) -> tuple[str, ...]:
    """The names of the facts whose values differ."""
    return tuple(name for name in FACT_NAMES if getattr(before, name) != getattr(after, name))


def is_touched(matter: Matter, *, materials: Collection[str], facts: Collection[str]) -> bool:
    """Whether a matter looks at a paper or a fact that has changed."""
    return any(each in materials for each in matter.needs) or any(each in facts for each in matter.facts)


def changed_lines(tariff: Tariff, before: Facts, after: Facts) -> tuple[str, ...]:
    """The fee items whose computation comes out differently, in the order of the tariff."""
    old = {line.code: line for line in tariff.assess(before)}
    return tuple(line.code for line in tariff.assess(after) if line != old[line.code])


def told_apart(parts: Iterable[tuple[str, str]]) -> str:
    """What several units say about one target: once if they say the same, else each after its name."""
    said: Mapping[str, list[str]]
    said = {}
    for unit, text in parts:
        said.setdefault(text, []).append(unit)
    if len(said) == 1:
        return next(iter(said))
    return "；".join(f"{'、'.join(units)}：{text}" for text, units in said.items())
