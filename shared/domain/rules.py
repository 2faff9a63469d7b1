"""The shapes that a fee rule can have, compiled from a pack's data: quantity × rates, or a shortfall × rate.

A shape knows quantities and rates only. Which version is in force, who is exempt and who pays is the
tariff's business; an item of a known shape needs no code here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Context, Decimal
from operator import attrgetter
from typing import Any, Final

from shared.domain.conditions import NUMBERS, Condition, compile_condition
from shared.domain.errors import Broken
from shared.domain.facts import FACT_NAMES, Facts
from shared.domain.lines import DEVELOPER, PAYERS, LineStatus
from shared.domain.rows import Period, Row, exact

# Wide enough that no product of facts, rates and shares is ever rounded before its one rounding.
EXACT: Final = Context(prec=60)
ZERO: Final = Decimal(0)
_ONE: Final = Decimal(1)
_PERCENT: Final = Decimal("0.01")
_AREA: Final = Decimal("0.01")
_NO_AREA: Final = Decimal("0.00")

Traits = Mapping[str, Collection[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Concession:
    """An area that a rule leaves out because of what it is used for (COMM-CARE), stated as a fact of its own."""

    code: str
    name: str
    fact: str
    read: Callable[[Facts], Decimal | None]
    period: Period
    condition: Condition
    condition_text: str
    of: str
    read_of: Callable[[Facts], Decimal | None]
    documents: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """A quantity that met a rate. `amount` is exact 元; `floor_amount` the same at the lower limit of the range."""

    quantity: Decimal
    unit: str
    basis: str
    rate_text: str
    rate_unit: str
    composition: str
    amount: Decimal
    expression: str
    floor_amount: Decimal | None
    reason: str = ""
    conceded: bool = False
    concession_refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotCharged:
    """The rule itself says that there is nothing to charge: `zero` (a rate of nothing) or `not_applicable`."""

    status: LineStatus
    reason: str
    documents: tuple[str, ...] = ()
    quantity: Decimal | None = None
    unit: str = ""
    basis: str = ""
    formula: str = ""


@dataclass(frozen=True, slots=True)
class _Clause:
    """A sentence of the rule that ends in "nothing to charge"."""

    condition: Condition
    expected: bool
    status: LineStatus
    reason: str
    documents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Component:
    rate: Decimal
    rate_text: str
    label: str
    condition: Condition


@dataclass(frozen=True, slots=True)
class _Measure:
    """One way to take the quantity, with the rates that go with it."""

    fact: str
    read: Callable[[Facts], Decimal | None]
    unit: str
    basis: str
    rate_unit: str
    scale: Decimal
    components: tuple[_Component, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Requirement:
    """A row of "how much must be built": a share of an area, under a condition."""

    fact: str
    read: Callable[[Facts], Decimal | None]
    percent: Decimal
    percent_text: str
    condition: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What all shapes share: who pays, and the clauses that settle a line before anything is measured."""

    payer: str
    clauses: tuple[_Clause, ...]
    cap: Decimal | None
    floor_rate: Decimal | None

    def apply(self, facts: Facts, missing: list[str], concession: Concession | None) -> Charge | NotCharged | None:
        """The charge before reductions; None if facts are missing, and then `missing` names them."""
        for clause in self.clauses:
            holds = clause.condition.holds(facts, missing)
            if holds is clause.expected and not missing:
                return NotCharged(
                    status=clause.status,
                    reason=clause.reason,
                    documents=clause.documents,
                    **self._measured_for_nothing(clause.status, facts),
                )
        charge = self._charge(facts, missing, concession)
        if missing:
            return None
        if isinstance(charge, Charge) and self.cap is not None and charge.amount > self.cap:
            return replace(charge, amount=self.cap, expression=f"min({charge.expression}, {self.cap:,f})")
        return charge

    def _measured_for_nothing(self, _status: LineStatus, _facts: Facts, /) -> dict[str, Any]:
        """What stands on the line although nothing is charged."""
        return {}

    def _charge(self, facts: Facts, missing: list[str], concession: Concession | None) -> Charge | NotCharged | None:
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class RateRule(Rule):
    """Quantity × the sum of the rates that apply; of several measures the first with a quantity counts, else the last.

    So the exceptional measure stands first: stating bricks says that the area cannot be used.
    """

    measures: tuple[_Measure, ...]

    def _measured_for_nothing(self, status: LineStatus, facts: Facts, /) -> dict[str, Any]:
        measure, quantity = self._measured(facts)
        if status is not LineStatus.ZERO or quantity is None:
            return {}
        return {
            "quantity": quantity,
            "unit": measure.unit,
            "basis": measure.basis,
            "formula": f"{quantity:,f} × 0 = 0.00",
        }

    def _measured(self, facts: Facts) -> tuple[_Measure, Decimal | None]:
        for measure in self.measures[:-1]:
            quantity = measure.read(facts)
            if quantity:
                return measure, quantity
        usual = self.measures[-1]
        return usual, usual.read(facts)

    def _charge(self, facts: Facts, missing: list[str], concession: Concession | None) -> Charge | None:
        measure, quantity = self._measured(facts)
        if quantity is None:
            missing.append(measure.fact)
        applied = [each for each in measure.components if each.condition.holds(facts, missing)]
        if missing or quantity is None:
            return None
        if not applied:
            raise Broken(f"no rate of the rule on {measure.fact} fits these facts")
        expression = f"{quantity:,f}"
        reason, conceded, refused = measure.reason, False, ""
        if concession and concession.of != measure.fact:
            concession = None
        holds = concession.condition.holds(facts, missing) if concession else None
        if concession and holds is False:
            refused = concession.condition_text
        if concession and holds:
            care = concession.read(facts) or ZERO
            quantity, conceded = EXACT.subtract(quantity, care), True
            expression = f"({expression} − {care:,f})"
            reason = f"{concession.name} {care:,f} {measure.unit} 不计入计费数量"
        rate = applied[0].rate
        if len(applied) == 1:
            rate_text, composition = applied[0].rate_text, applied[0].label
            rates = f"{rate_text}%" if measure.scale is _PERCENT else f"{rate:,f}"
        else:
            for component in applied[1:]:
                rate = EXACT.add(rate, component.rate)
            rate_text = format(rate, "f")
            composition = "+".join(_short(component.rate) for component in applied)
            rates = f"({' + '.join(component.rate_text for component in applied)})"
            if measure.scale is _PERCENT:
                rates += "%"
        scaled = EXACT.multiply(quantity, measure.scale)
        return Charge(
            quantity=quantity,
            unit=measure.unit,
            basis=measure.basis,
            rate_text=rate_text,
            rate_unit=measure.rate_unit,
            composition=composition,
            amount=EXACT.multiply(scaled, rate),
            expression=f"{expression} × {rates}",
            floor_amount=None if self.floor_rate is None else EXACT.multiply(scaled, self.floor_rate),
            reason=reason,
            conceded=conceded,
            concession_refused=refused,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortfallRule(Rule):
    """What must be built less what is built, never below nothing, × a rate.

    The required area is rounded half-up to 0.01 m² before it meets the rate (fees.md 2).
    """

    requirements: tuple[_Requirement, ...]
    none_required: str
    provided: str
    read_provided: Callable[[Facts], Decimal | None]
    all_provided: str
    unit: str
    rate: Decimal
    rate_text: str
    rate_unit: str

    def _charge(self, facts: Facts, missing: list[str], concession: Concession | None) -> Charge | NotCharged | None:
        requirement = self._requirement(facts, missing)
        if requirement is None:
            return None if missing else NotCharged(status=LineStatus.ZERO, reason=self.none_required)
        base, provided = requirement.read(facts), self.read_provided(facts)
        if base is None:
            missing.append(requirement.fact)
        if provided is None:
            # What is built does not matter where nothing must be.
            provided = ZERO
            if base != ZERO:
                missing.append(self.provided)
        if base is None or missing:
            return None
        required = EXACT.multiply(base, requirement.percent).quantize(_AREA, rounding=ROUND_HALF_UP)
        basis = f"{required:,f}－{provided:,f}"
        terms = f"{required:,f}"
        conceded, refused = False, ""
        if concession and required > provided:
            left, refused = _concede(required, concession, facts, missing)
            if missing:
                return None
            if left != required:
                conceded = True
                cut = EXACT.subtract(required, left)
                terms += f" − {cut:,f}"
                basis = f"{required:,f}－{cut:,f}－{provided:,f}"
                required = left
        short = EXACT.subtract(required, provided)
        expression = f"({terms} − {provided:,f}) × {self.rate_text_grouped}"
        if short < ZERO:
            expression = f"max({terms} − {provided:,f}, 0) × {self.rate_text_grouped}"
        if short <= ZERO:
            short = _NO_AREA
        return Charge(
            quantity=short,
            unit=self.unit,
            basis=basis,
            rate_text=self.rate_text,
            rate_unit=self.rate_unit,
            composition=requirement.percent_text,
            amount=EXACT.multiply(short, self.rate),
            expression=expression,
            floor_amount=None if self.floor_rate is None else EXACT.multiply(short, self.floor_rate),
            reason="" if short else self.all_provided,
            conceded=conceded,
            concession_refused=refused,
        )

    @property
    def rate_text_grouped(self) -> str:
        return f"{self.rate:,f}"

    def _requirement(self, facts: Facts, missing: list[str]) -> _Requirement | None:
        for requirement in self.requirements:
            holds = requirement.condition.holds(facts, missing)
            if holds:
                return requirement
            if holds is None:
                return None
        return None


def _concede(required: Decimal, concession: Concession, facts: Facts, missing: list[str]) -> tuple[Decimal, str]:
    """The required area less its share of conceded area, and why nothing was conceded.

    required × area ÷ whole, rounded half-up to 0.01 m², in whole numbers so that a tie is a tie.
    """
    holds = concession.condition.holds(facts, missing)
    whole = concession.read_of(facts)
    if whole is None and holds is not False:
        missing.append(concession.of)
    if not holds:
        return required, "" if holds is None else concession.condition_text
    if not whole:
        return required, ""
    part = concession.read(facts) or ZERO
    hundredths, part_units, whole_units = int(required.scaleb(2)), int(part.scaleb(4)), int(whole.scaleb(4))
    cut = (2 * hundredths * part_units + whole_units) // (2 * whole_units)
    return EXACT.subtract(required, Decimal(cut).scaleb(-2)), ""


def _short(rate: Decimal) -> str:
    """170.00 as 170, 1.50 as 1.5: how a composition is written."""
    text = format(rate, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


_COMMON = ("shape", "payer", "not_applicable", "zero", "cap", "range")


def compile_rule(row: Row, *, traits: Traits) -> Rule | None:
    """Read the column `rule` of a tariff version; problems go to the row, and a broken rule is None."""
    before = len(row.problems)
    rule = row.row("rule")
    shapes = {
        "per_unit": _compile_per_unit,
        "percent_of": _compile_percent_of,
        "flat": _compile_flat,
        "shortfall": _compile_shortfall,
    }
    shape = rule.choice("shape", shapes)
    compiled = shapes[shape](rule, _compile_common(rule, traits), traits) if shape in shapes else None
    return compiled if len(row.problems) == before else None


def _compile_common(rule: Row, traits: Traits) -> dict[str, Any]:
    least = None
    if rule.data.get("range") is not None:
        bounds = rule.row("range")
        bounds.only("least", "most")
        least = bounds.decimal("least")
        if least > bounds.decimal("most"):
            bounds.problem("least", "下限高于上限")
    return {
        "payer": rule.choice("payer", PAYERS, DEVELOPER),
        "clauses": (
            *_compile_clauses(rule, "not_applicable", LineStatus.NOT_APPLICABLE, traits),
            *_compile_clauses(rule, "zero", LineStatus.ZERO, traits),
        ),
        "cap": None if rule.data.get("cap") is None else rule.decimal("cap"),
        "floor_rate": least,
    }


def _compile_clauses(rule: Row, column: str, status: LineStatus, traits: Traits) -> list[_Clause]:
    clauses = []
    for row in rule.rows(column):
        row.only("when", "unless", "reason", "documents")
        given = [name for name in ("when", "unless") if name in row.data]
        if len(given) != 1:
            row.problem("", "应写 when 或 unless 之一")
            continue
        condition = compile_condition(row, given[0], traits=traits)
        clauses.append(_Clause(condition, given[0] == "when", status, row.text("reason"), row.texts("documents")))
    return clauses


def _compile_per_unit(rule: Row, common: dict[str, Any], traits: Traits) -> Rule:
    rule.only(*_COMMON, "measures")
    measures = []
    for row in rule.rows("measures", needed=True):
        row.only("quantity", "unit", "basis", "rates", "reason")
        unit = row.text("unit")
        measures.append(_compile_measure(row, row.text("quantity"), unit, percent=False, traits=traits))
    return _rate_rule(rule, common, measures)


def _compile_percent_of(rule: Row, common: dict[str, Any], traits: Traits) -> Rule:
    rule.only(*_COMMON, "amount", "basis", "rates")
    return _rate_rule(rule, common, [_compile_measure(rule, rule.text("amount"), "元", percent=True, traits=traits)])


def _compile_flat(rule: Row, common: dict[str, Any], traits: Traits) -> Rule:
    rule.only(*_COMMON, "unit", "basis", "rates")
    unit = rule.text("unit")
    components = _compile_components(rule, traits)
    once = _Measure("", lambda _: _ONE, unit, rule.text("basis", ""), f"元/{unit}", _ONE, components)
    return _rate_rule(rule, common, [once])


def _compile_measure(row: Row, fact: str, unit: str, *, percent: bool, traits: Traits) -> _Measure:
    rate_unit, scale = ("%", _PERCENT) if percent else (f"元/{unit}", _ONE)
    basis = row.text("basis", FACT_NAMES.get(fact, ""))
    components, reason = _compile_components(row, traits), row.text("reason", "")
    return _Measure(fact, _number(row, fact), unit, basis, rate_unit, scale, components, reason)


def _compile_components(row: Row, traits: Traits) -> tuple[_Component, ...]:
    components = []
    for each in row.rows("rates", needed=True):
        each.only("rate", "label", "when")
        rate = each.decimal("rate")
        condition = compile_condition(each, "when", traits=traits)
        components.append(_Component(rate, format(rate, "f"), each.text("label", ""), condition))
    return tuple(components)


def _rate_rule(rule: Row, common: dict[str, Any], measures: list[_Measure]) -> Rule:
    bounds = rule.data.get("range")
    if isinstance(bounds, Mapping):
        least, most = exact(bounds.get("least")), exact(bounds.get("most"))
        for component in (component for measure in measures for component in measure.components):
            # Rates that add up need only stay under the limit one by one; a single rate has both limits.
            alone = all(len(measure.components) == 1 for measure in measures)
            if most is not None and least is not None and not (least <= component.rate or not alone):
                rule.problem("rates", f"{component.rate} 低于标准幅度下限 {least}")
            if most is not None and component.rate > most:
                rule.problem("rates", f"{component.rate} 高于标准幅度上限 {most}")
    return RateRule(**common, measures=tuple(measures))


def _compile_shortfall(rule: Row, common: dict[str, Any], traits: Traits) -> Rule:
    rule.only(*_COMMON, "required", "none_required", "provided", "all_provided", "unit", "rate")
    requirements = []
    for row in rule.rows("required", needed=True):
        row.only("take", "percent", "percent_range", "when")
        fact, percent = row.text("take"), row.decimal("percent", "100")
        if row.data.get("percent_range") is not None:
            bounds = row.row("percent_range")
            if not bounds.decimal("least") <= percent <= bounds.decimal("most"):
                row.problem("percent", f"{percent} 不在允许的幅度内")
        text = "" if percent == 100 else f"应建={FACT_NAMES.get(fact, fact)}×{_short(percent)}%"
        condition = compile_condition(row, "when", traits=traits)
        share = EXACT.multiply(percent, _PERCENT)
        requirements.append(_Requirement(fact, _number(row, fact), share, text, condition))
    rate, unit, provided = rule.decimal("rate"), rule.text("unit"), rule.text("provided")
    return ShortfallRule(
        **common,
        requirements=tuple(requirements),
        none_required=rule.text("none_required"),
        provided=provided,
        read_provided=_number(rule, provided),
        all_provided=rule.text("all_provided"),
        unit=unit,
        rate=rate,
        rate_text=format(rate, "f"),
        rate_unit=f"元/{unit}",
    )


def number_reader(row: Row, column: str) -> tuple[str, Callable[[Facts], Decimal | None]]:
    """The fact that a column names, with its reader; a fact that is no number is a problem of the row."""
    fact = row.text(column)
    return fact, _number(row, fact)


def _number(row: Row, fact: str) -> Callable[[Facts], Decimal | None]:
    if fact and fact not in NUMBERS:
        row.problem("", f"没有 {fact} 这个数量事实，可用：{'、'.join(sorted(NUMBERS))}")
    if fact == "community_care_area_m2":
        return lambda facts: facts.community_care_area_m2 or ZERO
    if fact not in NUMBERS:
        return lambda _: None
    return attrgetter(fact)
