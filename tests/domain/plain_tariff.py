"""A second opinion on the sample city's fees: the published table read sentence by sentence, with fractions and ifs.

It shares nothing with the product but the facts; where both agree on thousands of made-up projects, a
misread sentence would have to be misread twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import floor
from typing import Any

MISSING = "needs_facts"

DWELLINGS = {"residential_sale", "affordable_housing"}
INDUSTRIAL = {"industrial_workshop", "warehouse"}
JTJ_USES = {"residential_sale", "commercial", "hotel", "office", "elderly_forprofit", "medical_forprofit"}
# Code: percent, items, uses (None: any), first day, last day.
REDUCTIONS: dict[str, tuple[int, str, set[str] | None, str, str]] = {
    "AFF": (100, "PTF XQJ JTJ RFY SNZ", {"affordable_housing"}, "2007-08-07", "9999"),
    "SCHOOL-SAFE": (100, "PTF XQJ JTJ RFY SNZ", {"school"}, "2010-07-20", "2012-12-31"),
    "EDU-50": (50, "RFY", {"school"}, "2000-04-27", "9999"),
    "ELD-NP": (100, "RFY", {"elderly_nonprofit"}, "2015-01-01", "9999"),
    "MED-NP": (100, "RFY", {"medical_nonprofit"}, "2015-01-01", "9999"),
    "ELD-FP": (50, "RFY", {"elderly_forprofit"}, "2015-01-01", "9999"),
    "MED-FP": (50, "RFY", {"medical_forprofit"}, "2015-01-01", "9999"),
    "RELOC": (100, "PTF RFY", {"affordable_housing"}, "2019-07-01", "9999"),
    "TEMP": (100, "RFY", None, "2000-04-27", "9999"),
    "DISASTER": (100, "RFY", None, "2000-04-27", "9999"),
}
IN_FORCE = {
    "PTF": ("2003-01-01", "9999"),
    "XQJ": ("2008-01-01", "2017-03-31"),
    "YLB": ("2003-01-01", "2018-12-31"),
    "GZB": ("2006-01-01", "9999"),
    "JTJ": ("2010-01-01", "2016-01-31"),
    "RFY": ("2000-04-27", "9999"),
    "SNZ": ("2003-01-01", "2016-01-31"),
}


def fen(yuan: Fraction) -> int:
    return floor(yuan * 100 + Fraction(1, 2))


def hundredth(area: Fraction) -> Fraction:
    return Fraction(fen(area), 100)


class FactMissing(Exception):
    """A rule needs a fact that is not stated."""


class Facts:
    """The JSON of an application, with numbers as fractions and every missing fact an exception."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data = data

    def number(self, name: str) -> Fraction:
        return Fraction(self.need(name))

    def need(self, name: str) -> Any:
        if self.data.get(name) is None:
            raise FactMissing(name)
        return self.data[name]

    def known(self, name: str) -> bool:
        return self.data.get(name) is not None

    @property
    def day(self) -> str:
        return str(self.data["accepted_on"])

    @property
    def care(self) -> Fraction:
        in_time = "2019-06-01" <= self.day <= "2025-12-31"
        return Fraction(self.data.get("community_care_area_m2") or 0) if in_time else Fraction(0)


def assess(data: Mapping[str, Any]) -> dict[str, tuple[str, str, int]]:
    """Item: status, payer, payable in 分."""
    return {item: _line(item, Facts(data)) for item in IN_FORCE}


def _line(item: str, facts: Facts) -> tuple[str, str, int]:
    first, last = IN_FORCE[item]
    payer = "contractor" if item == "GZB" and facts.day >= "2021-11-01" else "developer"
    if not first <= facts.day <= last:
        return "not_in_force", "developer", 0
    try:
        gross, cared_for = RULES[item](facts)
        if gross is None:
            return "not_applicable", payer, 0
        percent = _reduction(item, facts)
    except FactMissing:
        return MISSING, payer, 0
    payable = fen(gross * (100 - percent) / 100)
    if percent == 100 or (cared_for and not gross):
        return "exempt", payer, 0
    if fen(gross) == 0:
        return "zero", payer, 0
    if item == "RFY" and facts.day >= "2021-01-01":
        return "collected_elsewhere", payer, payable
    return "payable", payer, payable


def _reduction(item: str, facts: Facts) -> int:
    found = [0]
    for claim in facts.data.get("reductions_claimed") or []:
        if claim["code"] == "COMM-CARE":
            continue
        percent, items, uses, first, last = REDUCTIONS[claim["code"]]
        if item in items.split() and (uses is None or facts.need("use") in uses) and first <= facts.day <= last:
            found.append(percent)
    return max(found)


Charge = tuple[Fraction | None, bool]


def _ptf(facts: Facts) -> Charge:
    if facts.need("use") in INDUSTRIAL:
        return Fraction(0), False
    rate = 170
    rate += 55 if facts.need("heating_connected") else 0
    rate += 30 if facts.need("gas_connected") else 0
    return (facts.number("floor_area_m2") - facts.care) * rate, bool(facts.care)


def _xqj(facts: Facts) -> Charge:
    if facts.known("standard_bricks") and facts.number("standard_bricks"):
        return facts.number("standard_bricks") * Fraction("0.05"), False
    return facts.number("floor_area_m2") * 10, False


def _ylb(facts: Facts) -> Charge:
    return facts.number("project_cost") * Fraction("0.026"), False


def _gzb(facts: Facts) -> Charge:
    if facts.day <= "2015-04-30":
        return facts.number("contract_price") * Fraction("0.02"), False
    if facts.day <= "2021-10-31":
        grade = facts.data.get("wage_credit_grade")
        if grade == "A" and facts.need("wage_clean_years") >= 3:
            return Fraction(0), False
        rate = {None: "0.010", "A": "0.010", "B": "0.012", "C": "0.015", "D": "0.020"}[grade]
        return facts.number("contract_price") * Fraction(rate), False
    price = facts.number("contract_price")
    if price < 3_000_000 and not facts.need("wage_arrears_last_year"):
        return Fraction(0), False
    return price * Fraction("0.015"), False


def _jtj(facts: Facts) -> Charge:
    if facts.need("use") not in JTJ_USES:
        return Fraction(0), False
    return facts.number("floor_area_m2") * 2, False


def _rfy(facts: Facts) -> Charge:
    if facts.need("use") in INDUSTRIAL:
        return None, False
    required = _required(facts)
    if not required:
        # An area of nothing is still compared with what was built.
        return Fraction(0), False
    built = facts.number("shelter_built_m2")
    cared_for = False
    if facts.care and required > built and facts.need("shelter_impossible"):
        shrink = hundredth(required * facts.care / facts.number("floor_area_m2"))
        cared_for = shrink > 0
        required -= shrink
    return max(required - built, Fraction(0)) * 1500, cared_for


def _required(facts: Facts) -> Fraction:
    if facts.need("use") in DWELLINGS or _deep_or_high(facts):
        return hundredth(facts.number("ground_floor_area_m2"))
    above = facts.number("above_ground_area_m2")
    return hundredth(above * 3 / 100) if above >= 2000 else Fraction(0)


def _deep_or_high(facts: Facts) -> bool:
    high = facts.known("floors") and facts.data["floors"] >= 10
    deep = facts.known("foundation_depth_m") and facts.number("foundation_depth_m") >= 3
    return high or deep or (facts.need("floors") >= 10) or (facts.number("foundation_depth_m") >= 3)


def _snz(facts: Facts) -> Charge:
    rates = ("1.00", "1.50") if facts.day <= "2015-09-30" else ("0.80", "1.20")
    return facts.number("floor_area_m2") * Fraction(rates[0] if facts.need("full_frame") else rates[1]), False


RULES: dict[str, Callable[[Facts], Charge]] = {
    "PTF": _ptf,
    "XQJ": _xqj,
    "YLB": _ylb,
    "GZB": _gzb,
    "JTJ": _jtj,
    "RFY": _rfy,
    "SNZ": _snz,
}
