"""When a rule applies: conditions on facts, as a pack writes them, with "not stated" as a third answer.

A mapping holds if every fact in it passes; a list of mappings holds if one of them does. A fact that is
not stated leaves the answer open only if the other facts do not settle it already.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter, ge, gt, le, lt
from typing import Any, Final

from shared.domain.facts import CREDIT_GRADES, Facts
from shared.domain.rows import Row, exact

_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "at_least": ge,
    "more_than": gt,
    "at_most": le,
    "below": lt,
}
_SWITCHES = frozenset(
    ("full_frame", "heating_connected", "gas_connected", "wage_arrears_last_year", "shelter_impossible")
)
NUMBERS: Final = frozenset(
    (
        "floor_area_m2",
        "above_ground_area_m2",
        "ground_floor_area_m2",
        "floors",
        "foundation_depth_m",
        "project_cost",
        "contract_price",
        "shelter_built_m2",
        "wage_clean_years",
        "community_care_area_m2",
        "standard_bricks",
    )
)
# "Not stated" is an answer here: not graded.
_NONE_IS_AN_ANSWER = frozenset(("wage_credit_grade",))
# The trait that every use has, so that the traits alone name all uses of a city.
EVERY_USE: Final = "any"
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Check:
    """One fact and what it must be."""

    fact: str
    read: Callable[[Facts], Any]
    passes: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Condition:
    """Any of `ways`, each of which is all of its tests; without ways it always holds."""

    ways: tuple[tuple[Check, ...], ...] = ()

    def holds(self, facts: Facts, missing: list[str]) -> bool | None:
        """True or False; None if facts are missing for an answer, and then `missing` names them."""
        if not self.ways:
            return True
        unknown: list[str] = []
        for way in self.ways:
            answer = _all_pass(way, facts, unknown)
            if answer:
                return True
        if unknown:
            missing.extend(unknown)
            return None
        return False


def _all_pass(tests: tuple[Check, ...], facts: Facts, unknown: list[str]) -> bool:
    absent: list[str] | None = None
    for test in tests:
        value = test.read(facts)
        if value is None and test.fact not in _NONE_IS_AN_ANSWER:
            absent = [*(absent or ()), test.fact]
        elif not test.passes(value):
            return False
    if absent:
        unknown.extend(absent)
        return False
    return True


def compile_condition(row: Row, column: str, *, traits: Mapping[str, Collection[str]]) -> Condition:
    """Read the condition in `column`; none means always. `traits` lists the uses that have each trait.

    Problems go to the row: a fact that does not exist, a value that the fact can never have.
    """
    value = row.data.get(column)
    if value is None:
        return Condition()
    ways = [value] if isinstance(value, Mapping) else value
    if not isinstance(ways, Sequence) or isinstance(ways, str) or not ways:
        row.problem(column, "条件应为“事实: 取值”，或这样的列表（满足其一即可）")
        return Condition()
    compiled = []
    for way in ways:
        if not isinstance(way, Mapping) or not way:
            row.problem(column, "条件应为“事实: 取值”")
            continue
        tests = (_compile_check(row, f"{column}.{fact}", str(fact), wanted, traits) for fact, wanted in way.items())
        compiled.append(tuple(test for test in tests if test))
    return Condition(tuple(compiled))


def _compile_check(
    row: Row, column: str, fact: str, wanted: Any, traits: Mapping[str, Collection[str]]
) -> Check | None:
    if fact in NUMBERS:
        passes = _compare(row, column, wanted)
    elif fact in _SWITCHES:
        if not isinstance(wanted, bool):
            row.problem(column, "应为 true 或 false")
            return None
        passes = _is_one_of((wanted,))
    elif fact == "use":
        passes = _has_use(row, column, wanted, traits)
    elif fact == "wage_credit_grade":
        passes = _is_one_of(_listed(row, column, wanted, (*CREDIT_GRADES, None)))
    else:
        row.problem(column, f"没有 {fact} 这个可用于条件的事实")
        return None
    return Check(fact, _reader(fact), passes)


def _reader(fact: str) -> Callable[[Facts], Any]:
    if fact == "community_care_area_m2":
        return lambda facts: facts.community_care_area_m2 or _ZERO
    return attrgetter(fact)


def _compare(row: Row, column: str, wanted: Any) -> Callable[[Any], bool]:
    bounds: list[tuple[Callable[[Any, Any], bool], Decimal]] = []
    for name, bound in wanted.items() if isinstance(wanted, Mapping) else ():
        compare, number = _COMPARISONS.get(name), exact(bound)
        if compare is None or number is None:
            bounds.clear()
            break
        bounds.append((compare, number))
    if not bounds:
        row.problem(column, f"应为比较，例如 {{at_least: 10}}，可用：{'、'.join(_COMPARISONS)}")
    if len(bounds) == 1:
        compare, number = bounds[0]
        return lambda value: compare(value, number)
    return lambda value: all(compare(value, number) for compare, number in bounds)


def _has_use(row: Row, column: str, wanted: Any, traits: Mapping[str, Collection[str]]) -> Callable[[Any], bool]:
    if isinstance(wanted, Mapping):
        trait = wanted.get("trait")
        if set(wanted) != {"trait"} or not isinstance(trait, str) or trait not in traits:
            row.problem(column, f"没有这样的用途特征，可用：{'、'.join(traits)}")
            return _is_one_of(())
        return _is_one_of(traits[trait])
    return _is_one_of(_listed(row, column, wanted, traits[EVERY_USE]))


def _listed(row: Row, column: str, wanted: Any, known: Collection[str | None]) -> tuple[str | None, ...]:
    values = tuple(wanted) if isinstance(wanted, Sequence) and not isinstance(wanted, str) else (wanted,)
    for value in values:
        if not isinstance(value, str | None) or value not in known:
            row.problem(column, f"不认识的取值 {value}")
    return tuple(value for value in values if isinstance(value, str | None))


def _is_one_of(values: Collection[Any]) -> Callable[[Any], bool]:
    return frozenset(values).__contains__
