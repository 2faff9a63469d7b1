"""What follows a bill: prepaid funds given back at completion, the area survey settled, a late line's surcharge.

Refund rules are rows of the city's pack. A rule outlives its item: what was prepaid under a fund that
has since been abolished is still settled.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from shared.domain.errors import Broken, Invalid, Problem, Refused
from shared.domain.facts import Facts
from shared.domain.lines import Line, LineStatus
from shared.domain.money import grouped, round_to_fen
from shared.domain.rows import Row, table
from shared.domain.tariff import Tariff

_HUNDRED: Final = Decimal(100)
_FEN_PER_YUAN: Final = Decimal(100)


class ClaimedTooLate(Refused):
    """The refund was claimed outside the days that follow completion."""


@dataclass(frozen=True, slots=True)
class Band:
    """From this share of the better material on, this much of what was paid comes back; both in %."""

    at_least: Decimal
    returned: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRule:
    """How a prepaid item comes back: by bands, or (no bands) in proportion from `proportional_from` % on.

    `newer_rate` is the version above which what was paid comes back too; empty where there is none.
    """

    item: str
    measure: str
    days: int
    bands: tuple[Band, ...]
    proportional_from: Decimal | None
    documents: tuple[str, ...]
    newer_rate: str = ""

    def claim_ends_on(self, completed_on: date) -> date:
        """The last day for a claim: calendar days, completion not counted."""
        return completed_on + timedelta(days=self.days)

    def returned_percent(self, share: Decimal) -> Decimal:
        """The part of the payment that a share (in %) earns back, in %."""
        if self.proportional_from is not None:
            return share if share >= self.proportional_from else Decimal(0)
        return max((band.returned for band in self.bands if share >= band.at_least), default=Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """What comes back of what was paid, and what the fund keeps; nothing is lost between them."""

    item: str
    paid_fen: int
    refund_fen: int
    kept_fen: int
    percent: Decimal
    reason: str
    documents: tuple[str, ...]

    def __post_init__(self) -> None:
        # Raised, not asserted: `python -O` must not let a wrong refund out.
        if self.refund_fen + self.kept_fen != self.paid_fen or self.refund_fen < 0 or self.kept_fen < 0:
            raise Broken(f"refund of {self.item}: what comes back and what is kept are not what was paid")


def refund(rule: RefundRule, *, paid_fen: int, share: Decimal, completed_on: date, claimed_on: date) -> Refund:
    """Settle a prepaid item at completion, rounded half-up to 分 once.

    `share` is in %. Raises `Invalid` for a share outside 0–100 and `ClaimedTooLate` outside the rule's days
    (calendar days, the day of completion not counted).
    """
    if not 0 <= share <= _HUNDRED:
        raise Invalid([Problem("share", f"{rule.measure}应在 0 至 100 之间")])
    if claimed_on < completed_on:
        raise ClaimedTooLate(f"主体竣工日 {completed_on} 之后才能申请清算，申请日为 {claimed_on}")
    last = rule.claim_ends_on(completed_on)
    if claimed_on > last:
        raise ClaimedTooLate(f"主体竣工后 {rule.days} 日内（至 {last}）申请清算，{claimed_on} 申请已逾期，不予退还")
    percent = rule.returned_percent(share)
    refund_fen = round_to_fen(Decimal(paid_fen) * percent / _HUNDRED / _FEN_PER_YUAN)
    return Refund(
        item=rule.item,
        paid_fen=paid_fen,
        refund_fen=refund_fen,
        kept_fen=paid_fen - refund_fen,
        percent=percent,
        reason=f"{rule.measure} {share}%，退还 {percent}%",
        documents=rule.documents,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One item before and after a survey, under the version that it was first computed from."""

    code: str
    version: str
    before: Line
    after: Line

    @property
    def difference_fen(self) -> int:
        """To be paid on top if positive, to be given back if negative."""
        return self.after.due_fen - self.before.due_fen


def settle_survey(tariff: Tariff, *, before: Iterable[Line], surveyed: Facts) -> tuple[Difference, ...]:
    """Compare what was billed with what the surveyed facts come to, item by item; only differences are given.

    The versions stay those of the first computation, whatever the tariff says today; the surveyed facts keep the
    acceptance date, which also dates reductions and who collects. Lines without a version
    (not in force then) cannot differ. Raises `Invalid` if the survey leaves out a fact that a rule needs.
    """
    found = []
    for line in before:
        if line.version is None:
            continue
        after = tariff.assess_item(line.code, surveyed, version=line.version)
        if after.missing:
            raise Invalid([Problem(name, f"{line.name}：{after.reason}") for name in after.missing])
        each = Difference(code=line.code, version=line.version, before=line, after=after)
        if each.difference_fen:
            found.append(each)
    return tuple(found)


def supplement_fen(differences: Iterable[Difference]) -> int:
    """The total of a supplementary bill: what is to be paid on top. What comes back is a refund of its own."""
    return sum(max(each.difference_fen, 0) for each in differences)


#: Facts that a survey at completion measures anew; everything else stays as it was stated.
SURVEYED: Final = ("floor_area_m2", "above_ground_area_m2", "ground_floor_area_m2", "shelter_built_m2")


def supplement_line(each: Difference) -> Line:
    """What a supplementary bill prints of an item that has become dearer: only what is to be paid on top.

    Raises `Broken` for an item that has not: what comes back is a refund.
    """
    if each.difference_fen <= 0:
        raise Broken(f"{each.code} is not to be paid on top")
    before, after = each.before, each.after
    quantity = None
    if after.quantity is not None and before.quantity is not None:
        quantity = after.quantity - before.quantity
    # Where an exemption fell away, standard and reduction may both have moved: what is due is what counts.
    return replace(
        after,
        status=LineStatus.PAYABLE,
        quantity=quantity or after.quantity,
        basis=f"{after.basis}（实测增加）" if quantity else after.basis,
        gross_fen=each.difference_fen,
        reduction_fen=0,
        subsidy_fen=0,
        payable_fen=each.difference_fen,
        reason=f"面积实测结算，按 {each.version} 标准补缴",
        reason_note=f"实测后应缴 {grouped(after.due_fen)} 元，原应缴 {grouped(before.due_fen)} 元",
        formula=f"{after.formula}；减原应缴 {grouped(before.due_fen)} = {grouped(each.difference_fen)}",
    )


def late_line(line: Line, *, parts: Sequence[tuple[int, int]], rate_per_day: Decimal) -> Line:
    """What a bill for 滞纳金 prints of an item that was paid late, in parts of (分, days late).

    Each part is rounded once, as it would be had it been the only one.
    """
    fen = sum(late_payment_fen(overdue_fen=part, days=days, rate_per_day=rate_per_day) for part, days in parts)
    percent = f"{(rate_per_day * _HUNDRED).normalize():f}%"
    longest = max(days for _, days in parts)
    return replace(
        line,
        status=LineStatus.PAYABLE,
        quantity=Decimal(longest),
        unit="日",
        basis="逾期日数",
        rate_text=percent.removesuffix("%"),
        rate_unit="%",
        composition="",
        gross_fen=fen,
        reduction_fen=0,
        subsidy_fen=0,
        payable_fen=fen,
        reason=f"逾期 {longest} 日缴款，加收滞纳金",
        reason_note="",
        formula=" + ".join(f"{grouped(part)} × {percent} × {days} 日" for part, days in parts) + f" = {grouped(fen)}",
        reduction_code=None,
        refused_claims=(),
    )


def late_payment_fen(*, overdue_fen: int, days: int, rate_per_day: Decimal) -> int:
    """滞纳金 of one overdue line (5‱ a day where a city switches it on), rounded half-up once; never negative."""
    if days <= 0 or overdue_fen <= 0:
        return 0
    return round_to_fen(Decimal(overdue_fen) / _FEN_PER_YUAN * rate_per_day * days)


def read_refund_rules(
    data: Mapping[str, Any], items: Collection[str], problems: list[Problem]
) -> tuple[RefundRule, ...]:
    """Read the section `refunds` of a pack; every problem is added, naming its row."""
    rules: list[RefundRule] = []
    for row in table(data, "refunds", problems, label=("item",)):
        row.only("item", "measure", "days", "bands", "proportional_from", "documents", "newer_rate")
        bands = tuple(_band(each) for each in row.rows("bands"))
        proportional = row.data.get("proportional_from") is not None
        if bool(bands) == proportional:
            row.problem("", "应写 bands 或 proportional_from 之一")
        rule = RefundRule(
            item=row.choice("item", items),
            measure=row.text("measure"),
            days=row.whole("days", least=1),
            bands=bands,
            proportional_from=row.decimal("proportional_from") if proportional else None,
            documents=row.texts("documents", needed=True),
            newer_rate=row.text("newer_rate", default=""),
        )
        if any(rule.item == other.item for other in rules):
            row.problem("item", f"{rule.item} 的清算规则重复")
        rules.append(rule)
    return tuple(rules)


def _band(row: Row) -> Band:
    row.only("at_least", "returned")
    band = Band(row.decimal("at_least"), row.decimal("returned"))
    if band.returned > _HUNDRED:
        row.problem("returned", "退还比例不能超过 100")
    return band
