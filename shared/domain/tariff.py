"""The tariff of a city: which version of which item is in force on a day, who is exempt, what it comes to.

Everything here is data with dates (a pack); compiled once, then pure and quick, because workers call
`assess_item` for thousands of lines a second. No item, use or reduction is named in this code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any, Final

from shared.domain.conditions import EVERY_USE, Condition, compile_condition
from shared.domain.errors import Invalid, NotFound, Problem
from shared.domain.facts import FACT_NAMES, Facts
from shared.domain.lines import (
    ACCOUNT_NAMES,
    DEVELOPER,
    NATURE_NAMES,
    Approval,
    FeeItem,
    Line,
    LineStatus,
    Nature,
    RefusedClaim,
    waived,
)
from shared.domain.money import grouped, round_to_fen
from shared.domain.rows import Period, Row, table
from shared.domain.rules import EXACT, ZERO, Charge, Concession, NotCharged, Rule, Traits, compile_rule, number_reader

__all__ = ["FeeItem", "Line", "LineStatus", "Nature", "RefusedClaim", "Tariff", "Use", "Version", "waived"]

_HUNDRED: Final = Decimal(100)
_ONE: Final = Decimal(1)
_VERSION_DATES: Final = ("accepted_on", "contract_signed_on")
#: Where a subsidy comes from unless its policy says so.
SUBSIDY_SOURCE: Final = "财政补贴资金"
_POLICIES: Final = (LineStatus.ZERO, LineStatus.SUBSIDISED, LineStatus.HALF_OF_FLOOR, LineStatus.WAIVED)


@dataclass(frozen=True, slots=True)
class Use:
    """A 工程用途 and what it means for the rules."""

    code: str
    name: str
    traits: tuple[str, ...]
    name_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One tariff version of an item: its period, its rule and the documents that it rests on."""

    item: str
    version: str
    period: Period
    documents: tuple[str, ...]
    rule: Rule
    row: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduction:
    """A reduction that an applicant may claim; `uses` None means any use, `fact` says it is stated as a fact."""

    code: str
    name: str
    percent: Decimal
    items: frozenset[str]
    uses: frozenset[str] | None
    period: Period
    documents: tuple[str, ...]
    fact: str | None
    row: str
    name_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Policy:
    """A decision of the city about an item (Zaoyang's classes): zero, subsidised, half of the floor, waived."""

    status: LineStatus
    period: Period
    condition: Condition
    percent: Decimal
    reason: str
    documents: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class _Elsewhere:
    """From when on somebody else collects an item that we only list."""

    period: Period
    by: str
    documents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Granted:
    """The claims of one line, sorted out: the largest that fits, and every other with the reason why not."""

    reduction: Reduction | None
    document: str
    refused: tuple[RefusedClaim, ...]


_NOTHING_CLAIMED: Final = _Granted(None, "", ())
_NOTHING_REFUSED: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Assessor:
    """One item with everything that can happen to it, ready to assess."""

    item: FeeItem
    version_date: str
    read_date: Callable[[Facts], date | None]
    versions: tuple[Version, ...]
    reductions: Mapping[str, tuple[Reduction, ...]]
    concessions: tuple[Concession, ...]
    policies: tuple[_Policy, ...]
    elsewhere: tuple[_Elsewhere, ...]
    abolished_by: tuple[str, ...]
    use_names: Mapping[str, str]

    def assess(self, facts: Facts, fixed: str | None = None, refused: Mapping[str, str] = _NOTHING_REFUSED) -> Line:
        on = self.read_date(facts)
        if on is None:
            return self._needs_facts(None, [self.version_date])
        if fixed is None:
            version = next((each for each in self.versions if each.period.covers(on)), None)
        else:
            version = next((each for each in self.versions if each.version == fixed), None)
            if version is None:
                raise NotFound(f"{self.item.code} 没有标准版本 {fixed}")
        if version is None:
            return self._not_in_force(on)
        # A settlement keeps what was approved when the item was charged.
        if fixed is None and not any(each.period.covers(on) for each in self.item.approvals):
            return self._not_approved(version, on)
        missing: list[str] = []
        concession, late = self._concession(facts, on)
        outcome = version.rule.apply(facts, missing, concession)
        if outcome is None:
            return self._needs_facts(version, missing)
        if isinstance(outcome, NotCharged) and outcome.status is LineStatus.NOT_APPLICABLE:
            return self._not_charged(version, outcome, _NOTHING_CLAIMED)
        granted = self._granted(facts, on, missing, refused) if facts.reductions_claimed else _NOTHING_CLAIMED
        policy = self._policy(facts, on, missing) if self.policies else None
        if missing:
            return self._needs_facts(version, missing)
        if late:
            granted = _Granted(granted.reduction, granted.document, (*granted.refused, late))
        if isinstance(outcome, NotCharged):
            return self._not_charged(version, outcome, granted)
        return self._charged(version, outcome, granted=granted, policy=policy, concession=concession, on=on)

    def _charged(
        self,
        version: Version,
        charge: Charge,
        *,
        granted: _Granted,
        policy: _Policy | None,
        concession: Concession | None,
        on: date,
    ) -> Line:
        reduction, refused = granted.reduction, granted.refused
        if concession and charge.concession_refused:
            refused = (*refused, RefusedClaim(concession.code, charge.concession_refused))
        gross = round_to_fen(charge.amount)
        formula, documents = charge.expression, version.documents
        reason, note = charge.reason, ""
        status = LineStatus.PAYABLE if gross else LineStatus.ZERO
        subsidy, source = 0, ""
        code: str | None = None
        exact_amount, payable = charge.amount, gross
        if concession and charge.conceded:
            documents = (*documents, *concession.documents)
            code = concession.code
            status = status if gross else LineStatus.EXEMPT
        if reduction and (gross or reduction.percent == _HUNDRED):
            left = EXACT.subtract(_ONE, EXACT.divide(reduction.percent, _HUNDRED))
            exact_amount = EXACT.multiply(charge.amount, left)
            payable = round_to_fen(exact_amount)
            formula += f" × (1 − {reduction.percent:f}%)"
            documents = (*documents, *reduction.documents, granted.document)
            code = reduction.code
            if reduction.percent == _HUNDRED:
                status = LineStatus.EXEMPT
                reason, note = f"{reduction.name}，免收（{code}）", reason
            else:
                reason, note = f"{reduction.name}，减收 {reduction.percent:f}%（{code}）", reason
        if policy and gross and status is not LineStatus.EXEMPT:
            decided = _decide(policy, charge, exact_amount, payable)
            if decided:
                payable, subsidy, more = decided
                status, formula = policy.status, formula + more
                reason, note = policy.reason, reason
                source = policy.source if subsidy else ""
                documents = (*documents, *policy.documents)
                if policy.status is LineStatus.HALF_OF_FLOOR:
                    formula, code = more, None
        if status is LineStatus.ZERO and not reason:
            reason = "计费数量为零"
        elsewhere = next((each for each in self.elsewhere if each.period.covers(on)), None)
        if elsewhere and payable:
            status = LineStatus.COLLECTED_ELSEWHERE
            note = "；".join(part for part in (reason, note) if part)
            reason = f"自{_day(elsewhere.period.first)}起由{elsewhere.by}征收，本单只列不收"
            documents = (*documents, *elsewhere.documents)
        item = self.item
        return Line(
            code=item.code,
            name=item.name,
            status=status,
            version=version.version,
            quantity=charge.quantity,
            unit=charge.unit,
            basis=charge.basis,
            rate_text=charge.rate_text,
            rate_unit=charge.rate_unit,
            composition=charge.composition,
            gross_fen=gross,
            reduction_fen=gross - subsidy - payable,
            subsidy_fen=subsidy,
            payable_fen=payable,
            payer=version.rule.payer,
            reason=reason,
            reason_note=note,
            documents=documents,
            legal_basis=version.documents[0],
            formula=f"{formula} = {grouped(payable)}",
            reduction_code=code,
            refused_claims=refused,
            subsidy_source=source,
        )

    def _not_charged(self, version: Version, outcome: NotCharged, granted: _Granted) -> Line:
        status, reason, note = outcome.status, outcome.reason, ""
        documents = (*version.documents, *outcome.documents)
        code = None
        reduction = granted.reduction
        # Nothing to reduce, and yet the claim is what the applicant and the auditor look for.
        if reduction and reduction.percent == _HUNDRED:
            status, code = LineStatus.EXEMPT, reduction.code
            reason, note = f"{reduction.name}，免收（{code}）", reason
            documents = (*documents, *reduction.documents, granted.document)
        return Line(
            code=self.item.code,
            name=self.item.name,
            status=status,
            version=version.version,
            quantity=outcome.quantity,
            unit=outcome.unit,
            basis=outcome.basis,
            payer=version.rule.payer,
            reason=reason,
            reason_note=note,
            documents=documents,
            legal_basis=version.documents[0],
            formula=outcome.formula,
            reduction_code=code,
            refused_claims=granted.refused,
        )

    def _not_in_force(self, on: date) -> Line:
        first, last = self.versions[0], self.versions[-1]
        if on < first.period.first:
            reason, documents = f"自{_day(first.period.first)}起执行", first.documents
        elif last.period.last and on > last.period.last:
            reason = f"自{_day(last.period.last + timedelta(days=1))}起停征"
            documents = self.abolished_by or last.documents
        else:
            reason, documents = "受理日没有执行中的标准版本", ()
        return Line(
            code=self.item.code,
            name=self.item.name,
            status=LineStatus.NOT_IN_FORCE,
            reason=reason,
            reason_note=f"{FACT_NAMES[self.version_date]}不在执行期内",
            documents=documents,
            legal_basis=documents[0] if documents else "",
        )

    def _not_approved(self, version: Version, on: date) -> Line:
        last = self.item.approvals[-1] if self.item.approvals else None
        note = "没有已备案的收费审批文件"
        if last:
            note = f"收费审批 {last.document} 的期限为 {last.period}，{FACT_NAMES[self.version_date]} {on} 不在其内"
        return Line(
            code=self.item.code,
            name=self.item.name,
            status=LineStatus.NOT_IN_FORCE,
            reason="未经收费审批（规费申报审批），不得收取",
            reason_note=note,
            payer=version.rule.payer,
            documents=(last.document,) if last else (),
            legal_basis=version.documents[0],
        )

    def _needs_facts(self, version: Version | None, missing: Iterable[str]) -> Line:
        names = tuple(dict.fromkeys(missing))
        return Line(
            code=self.item.code,
            name=self.item.name,
            status=LineStatus.NEEDS_FACTS,
            version=version.version if version else None,
            payer=version.rule.payer if version else DEVELOPER,
            reason=f"缺少{'、'.join(f'{FACT_NAMES[name]}（{name}）' for name in names)}，补齐后计算",
            documents=version.documents if version else (),
            legal_basis=version.documents[0] if version else "",
            missing=names,
        )

    def _concession(self, facts: Facts, on: date) -> tuple[Concession | None, RefusedClaim | None]:
        late = None
        for each in self.concessions:
            if each.read(facts):
                if each.period.covers(on):
                    return each, None
                late = RefusedClaim(each.code, self._out_of_date(each.period, on))
        return None, late

    def _policy(self, facts: Facts, on: date, missing: list[str]) -> _Policy | None:
        for policy in self.policies:
            if policy.period.covers(on) and policy.condition.holds(facts, missing):
                return policy
        return None

    def _granted(self, facts: Facts, on: date, missing: list[str], found_wanting: Mapping[str, str]) -> _Granted:
        best: Reduction | None = None
        document = ""
        fitting: list[Reduction] = []
        refused: dict[str, str] = {}
        for claim in facts.reductions_claimed:
            if claim.code in found_wanting:
                refused.setdefault(claim.code, f"经核对不予采用：{found_wanting[claim.code]}")
                continue
            rows = self.reductions[claim.code]
            row = next((each for each in rows if self._refusal(each, facts, on) is None), None)
            if row is None:
                # Of several dated rows the last one tells best why today's claim fails.
                refused.setdefault(claim.code, self._refusal(rows[-1], facts, on) or "")
                if facts.use is None and any(each.uses for each in rows if self.item.code in each.items):
                    missing.append("use")
                continue
            fitting.append(row)
            if best is None or row.percent > best.percent:
                best, document = row, claim.document
        if best:
            for row in fitting:
                if row.code != best.code:
                    refused[row.code] = f"同一项目取优惠最大的一项 {best.code}，不叠加"
        return _Granted(best, document, tuple(RefusedClaim(code, why) for code, why in refused.items()))

    def _refusal(self, row: Reduction, facts: Facts, on: date) -> str | None:
        if row.fact:
            return f"按“{FACT_NAMES[row.fact]}”（{row.fact}）计算，不在申请的减免中申请"
        if self.item.code not in row.items:
            return f"{row.name}不减免{self.item.name}"
        if row.uses is not None and facts.use not in row.uses:
            fits = "、".join(self.use_names[use] for use in self.use_names if use in row.uses)
            return f"只适用于{fits}，本工程用途为{self.use_names.get(facts.use or '', '未填')}"
        if not row.period.covers(on):
            return self._out_of_date(row.period, on)
        return None

    def _out_of_date(self, period: Period, on: date) -> str:
        return f"执行期为 {period}，{FACT_NAMES[self.version_date]} {on} 不在其内"


def _decide(policy: _Policy, charge: Charge, exact_amount: Decimal, payable: int) -> tuple[int, int, str] | None:
    """Payable, subsidy and the rest of the formula under a policy; None if a larger reduction is granted already."""
    if policy.status is LineStatus.SUBSIDISED:
        left = EXACT.multiply(exact_amount, EXACT.subtract(_ONE, EXACT.divide(policy.percent, _HUNDRED)))
        after = round_to_fen(left)
        return after, payable - after, f" − 财政补贴 {policy.percent:f}%"
    if policy.status is LineStatus.HALF_OF_FLOOR:
        floor = charge.floor_amount if charge.floor_amount is not None else ZERO
        after = round_to_fen(EXACT.multiply(floor, EXACT.divide(policy.percent, _HUNDRED)))
        return (
            (after, 0, f"{grouped(round_to_fen(floor))}（按下限标准） × {policy.percent:f}%")
            if after <= payable
            else None
        )
    return 0, 0, " × 0"


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


class Tariff:
    """All items of a city, in the order of its list."""

    def __init__(
        self,
        *,
        items: tuple[FeeItem, ...],
        versions: tuple[Version, ...],
        reductions: tuple[Reduction, ...],
        uses: tuple[Use, ...],
        assessors: Mapping[str, _Assessor],
    ) -> None:
        self.items = items
        self.versions = versions
        self.reductions = reductions
        self.uses = uses
        self.use_codes = tuple(use.code for use in uses)
        self.reduction_codes = tuple(dict.fromkeys(reduction.code for reduction in reductions))
        self._assessors = assessors
        self._uses = frozenset(self.use_codes)
        self._reductions = frozenset(self.reduction_codes)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Tariff:
        """Compile the sections `uses`, `items`, `versions`, `reductions`, `policies` of a pack.

        Raises `Invalid` with every problem, each naming its row; overlapping periods of one item are refused.
        """
        return _Compiler(data).tariff()

    def assess(self, facts: Facts) -> tuple[Line, ...]:
        """A line for every item, charged or not; raises `Invalid` for a use or reduction that the city has not."""
        self._must_be_known(facts)
        return tuple(assessor.assess(facts) for assessor in self._assessors.values())

    def assess_item(
        self,
        code: str,
        facts: Facts,
        *,
        version: str | None = None,
        refused: Mapping[str, str] = _NOTHING_REFUSED,
    ) -> Line:
        """The line of one item, under a named version if one is given (a settlement keeps the first one).

        `refused` are claims by code that somebody has looked at and not accepted, with the reason.
        Raises `NotFound` for an unknown item or version, `Invalid` as `assess` does.
        """
        assessor = self._assessors.get(code)
        if assessor is None:
            raise NotFound(f"没有收费项目 {code}")
        self._must_be_known(facts)
        return assessor.assess(facts, version, refused)

    def item(self, code: str) -> FeeItem:
        """Raises `NotFound`."""
        if code not in self._assessors:
            raise NotFound(f"没有收费项目 {code}")
        return self._assessors[code].item

    def problems(self, facts: Facts) -> tuple[Problem, ...]:
        """Codes in the facts that this city does not know."""
        found = []
        if facts.use is not None and facts.use not in self._uses:
            found.append(Problem("use", f"不认识的工程用途 {facts.use}，可用：{'、'.join(self.use_codes)}"))
        for index, claim in enumerate(facts.reductions_claimed):
            if claim.code not in self._reductions:
                found.append(
                    Problem(
                        f"reductions_claimed[{index}].code",
                        f"不认识的减免代码 {claim.code}，可用：{'、'.join(self.reduction_codes)}",
                    )
                )
        return tuple(found)

    def _must_be_known(self, facts: Facts) -> None:
        if (facts.use is not None and facts.use not in self._uses) or facts.reductions_claimed:
            problems = self.problems(facts)
            if problems:
                raise Invalid(problems)


def traits_of(uses: Iterable[Use]) -> dict[str, list[str]]:
    """The uses that have each trait, as conditions ask for them."""
    uses = tuple(uses)
    traits: dict[str, list[str]] = {EVERY_USE: [use.code for use in uses]}
    for use in uses:
        for trait in use.traits:
            traits.setdefault(trait, []).append(use.code)
    return traits


class _Compiler:
    """Reads the sections of a pack once and gathers every problem before it gives up."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data = data
        self.problems: list[Problem] = []

    def tariff(self) -> Tariff:
        uses = self._uses()
        traits = traits_of(uses)
        item_rows = table(self.data, "items", self.problems, label=("code",))
        items = [self._item(row) for row in item_rows]
        codes = {item.code for item in items}
        versions = self._versions(codes, traits)
        reductions, concessions = self._reductions(codes, traits)
        policies = self._policies(codes, traits, versions)
        assessors = {}
        for item, row in zip(items, item_rows, strict=True):
            own = sorted((each for each in versions if each.item == item.code), key=lambda each: each.period.first)
            if not own and not self.problems:
                row.problem("", f"{item.code} 没有任何标准版本")
            version_date = row.choice("version_date", _VERSION_DATES, "accepted_on")
            by_code: dict[str, tuple[Reduction, ...]] = {}
            for reduction in reductions:
                by_code[reduction.code] = (*by_code.get(reduction.code, ()), reduction)
            assessors[item.code] = _Assessor(
                item=item,
                version_date=version_date,
                read_date=attrgetter(version_date) if version_date in _VERSION_DATES else attrgetter("accepted_on"),
                versions=tuple(own),
                reductions={
                    code: tuple(sorted(rows, key=lambda each: item.code in each.items))
                    for code, rows in by_code.items()
                },
                concessions=tuple(concessions.get(item.code, ())),
                policies=tuple(policies.get(item.code, ())),
                elsewhere=tuple(self._elsewhere(row)),
                abolished_by=row.texts("abolished_by"),
                use_names={use.code: use.name for use in uses},
            )
        if self.problems:
            raise Invalid(self.problems)
        ordered = sorted(items, key=lambda item: item.seq)
        return Tariff(
            items=tuple(ordered),
            versions=tuple(versions),
            reductions=tuple(reductions),
            uses=tuple(uses),
            assessors={item.code: assessors[item.code] for item in ordered},
        )

    def _uses(self) -> list[Use]:
        uses: list[Use] = []
        for row in table(self.data, "uses", self.problems, label=("code",)):
            row.only("code", "name", "name_en", "traits")
            use = Use(row.text("code"), row.text("name"), row.texts("traits"), row.text("name_en", ""))
            if any(use.code == other.code for other in uses):
                row.problem("code", f"用途 {use.code} 重复")
            if EVERY_USE in use.traits:
                row.problem("traits", f"{EVERY_USE} 是保留的特征名")
            uses.append(use)
        return uses

    def _item(self, row: Row) -> FeeItem:
        row.only(
            "code",
            "seq",
            "name",
            "name_en",
            "nature",
            "account",
            "owner_unit",
            "confirm_required",
            "note",
            "version_date",
            "abolished_by",
            "elsewhere",
            "approvals",
        )
        nature = row.choice("nature", [each.value for each in Nature])
        item = FeeItem(
            code=row.text("code"),
            seq=row.whole("seq", least=1),
            name=row.text("name"),
            nature=Nature(nature) if nature in NATURE_NAMES else Nature.GOVERNMENT_FUND,
            account=row.choice("account", ACCOUNT_NAMES),
            owner_unit=row.text("owner_unit"),
            confirm_required=row.switch("confirm_required", default=False),
            note=row.text("note", ""),
            name_en=row.text("name_en", ""),
            approvals=tuple(self._approvals(row)),
        )
        rows = self.data["items"]
        for column in ("code", "seq"):
            same = [each for each in rows if isinstance(each, Mapping) and each.get(column) == row.data.get(column)]
            if len(same) > 1:
                row.problem(column, f"{row.data.get(column)} 重复")
        return item

    def _approvals(self, row: Row) -> list[Approval]:
        found = []
        for each in row.rows("approvals"):
            each.only("document", "by", "from", "to")
            found.append(Approval(each.text("document"), each.text("by"), each.period()))
        return found

    def _elsewhere(self, row: Row) -> list[_Elsewhere]:
        found = []
        for each in row.rows("elsewhere"):
            each.only("from", "to", "by", "documents")
            found.append(_Elsewhere(each.period(), each.text("by"), each.texts("documents", needed=True)))
        return found

    def _versions(self, codes: set[str], traits: Traits) -> list[Version]:
        versions: list[Version] = []
        for row in table(self.data, "versions", self.problems, label=("item", "version")):
            row.only("item", "version", "from", "to", "documents", "rule", "origin")
            code, version = row.choice("item", codes), row.text("version")
            period, documents = row.period(), row.texts("documents", needed=True)
            rule = compile_rule(row, traits=traits)
            for other in versions:
                if other.item == code and other.version == version:
                    row.problem("version", f"{code} {version} 已在 {other.row}")
                if other.item == code and other.period.overlaps(period):
                    row.problem("from", f"{code} {version}（{period}）与 {other.row}（{other.period}）执行期重叠")
            if rule:
                versions.append(
                    Version(item=code, version=version, period=period, documents=documents, rule=rule, row=row.name)
                )
        return versions

    def _reductions(self, codes: set[str], traits: Traits) -> tuple[list[Reduction], dict[str, list[Concession]]]:
        reductions: list[Reduction] = []
        concessions: dict[str, list[Concession]] = {}
        for row in table(self.data, "reductions", self.problems, label=("code",)):
            row.only(
                "code", "name", "name_en", "percent", "items", "uses", "from", "to", "documents", "fact", "effects"
            )
            fact = row.text("fact", "") or None
            reduction = Reduction(
                code=row.text("code"),
                name=row.text("name"),
                percent=ZERO if fact else row.decimal("percent"),
                items=frozenset() if fact else frozenset(row.texts("items", needed=True)),
                uses=None if fact or row.data.get("uses") is None else frozenset(row.texts("uses")),
                period=row.period(),
                documents=row.texts("documents", needed=True),
                fact=fact,
                row=row.name,
                name_en=row.text("name_en", ""),
            )
            if fact:
                effects = self._concede(row, reduction=reduction, codes=codes, traits=traits)
                reduction = replace(reduction, items=frozenset(item for item, _ in effects))
                for item, concession in effects:
                    concessions.setdefault(item, []).append(concession)
            elif not ZERO < reduction.percent <= _HUNDRED:
                row.problem("percent", f"减免比例应大于 0、不超过 100，不能是 {reduction.percent}")
            for unknown in sorted(reduction.items - codes):
                row.problem("items", f"没有收费项目 {unknown}")
            for unknown in sorted((reduction.uses or frozenset()) - frozenset(traits[EVERY_USE])):
                row.problem("uses", f"没有工程用途 {unknown}")
            for other in reductions:
                if other.code == reduction.code and other.period.overlaps(reduction.period):
                    row.problem("from", f"{other.code}（{reduction.period}）与 {other.row}（{other.period}）执行期重叠")
            reductions.append(reduction)
        return reductions, concessions

    def _concede(
        self, row: Row, *, reduction: Reduction, codes: set[str], traits: Traits
    ) -> list[tuple[str, Concession]]:
        fact, read = number_reader(row, "fact")
        found = []
        for effect in row.rows("effects", needed=True):
            effect.only("item", "of", "when", "otherwise")
            item = effect.choice("item", codes)
            of, read_of = number_reader(effect, "of")
            concession = Concession(
                code=reduction.code,
                name=reduction.name,
                fact=fact,
                read=read,
                period=reduction.period,
                condition=compile_condition(effect, "when", traits=traits),
                condition_text=effect.text("otherwise", ""),
                of=of,
                read_of=read_of,
                documents=reduction.documents,
            )
            found.append((item, concession))
        return found

    def _policies(self, codes: set[str], traits: Traits, versions: list[Version]) -> dict[str, list[_Policy]]:
        policies: dict[str, list[_Policy]] = {}
        for row in table(self.data, "policies", self.problems, label=("item", "class")):
            row.only("item", "class", "from", "to", "when", "percent", "reason", "documents", "approved_by", "source")
            item = row.choice("item", codes)
            status = row.choice("class", [each.value for each in _POLICIES])
            period = row.period()
            approved_by = row.texts("approved_by")
            if status == LineStatus.WAIVED and len(set(approved_by)) != 2:
                row.problem("approved_by", "缓免须由两个不同的人批准，列出两人姓名")
            floors = [each.rule.floor_rate for each in versions if each.item == item and each.period.overlaps(period)]
            if status == LineStatus.HALF_OF_FLOOR and None in floors:
                row.problem("class", f"{item} 的标准没有幅度（range），无从按下限减半")
            percent = row.decimal("percent", "50" if status == LineStatus.HALF_OF_FLOOR else "100")
            if not ZERO < percent <= _HUNDRED:
                row.problem("percent", f"比例应大于 0、不超过 100，不能是 {percent}")
            if status != LineStatus.SUBSIDISED and row.data.get("source") is not None:
                row.problem("source", "只有补贴（subsidised）写明资金来源")
            source = row.text("source", "") or SUBSIDY_SOURCE
            if status in {each.value for each in _POLICIES}:
                policies.setdefault(item, []).append(
                    _Policy(
                        status=LineStatus(status),
                        period=period,
                        condition=compile_condition(row, "when", traits=traits),
                        percent=percent,
                        reason=row.text("reason"),
                        documents=row.texts("documents", needed=True),
                        source=source,
                    )
                )
        return policies
