"""English for every refusal: the domain and the services speak Chinese, and a reader may ask for the other language.

A table of patterns for each area, in this order; the first that fits the whole text decides. Names inside a text (a
fact, a fee item, a department) come from `NAMES` and from the city's pack; a text in no table stays Chinese.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from shared.domain.facts import FACT_NAMES
from shared.english import api, bills, books, channels, intake, office, packs, refunds, review, statements

_FACTS: Final[Mapping[str, str]] = {
    "case": "case number",
    "project_code": "project code",
    "project_name": "project name",
    "developer": "developer",
    "contractor": "main contractor",
    "accepted_on": "acceptance date",
    "use": "use of the building",
    "floor_area_m2": "floor area",
    "above_ground_area_m2": "floor area above ground",
    "ground_floor_area_m2": "floor area of the ground floor",
    "floors": "floors above ground",
    "foundation_depth_m": "depth of the foundation",
    "full_frame": "whether it is a full frame structure",
    "heating_connected": "whether it joins the district heating",
    "gas_connected": "whether it joins the gas network",
    "project_cost": "construction cost",
    "contract_price": "contract price",
    "shelter_built_m2": "air-raid shelter area built",
    "wage_credit_grade": "wage payment grade",
    "wage_clean_years": "years without wage arrears",
    "wage_arrears_last_year": "whether wages were in arrears last year",
    "community_care_area_m2": "community care area",
    "shelter_impossible": "whether a shelter is proven impossible",
    "standard_bricks": "standard bricks used",
    "reductions_claimed": "reductions applied for",
    "contract_signed_on": "signing date of the construction contract",
}

#: What the product itself calls things, by their Chinese names; the names of a city stand in its pack.
NAMES: Final[Mapping[str, str]] = {
    **{FACT_NAMES[fact]: english for fact, english in _FACTS.items()},
    "政府性基金": "government fund",
    "行政事业性收费": "administrative charge",
    "代收代拨": "collected for others",
    "保证金": "deposit",
    "全部事项": "all matters",
    "收费核定": "assessing fees",
    "建设地点": "site",
    "项目所在区": "district of the project",
    "国库": "treasury",
    "代收专户": "agency account",
    "保证金专户": "deposit account",
    "已了结": "settled",
    "标准版本": "rate version",
    "政策分类": "policy",
    "清算规则": "settlement rule",
    "收费项目": "fee item",
    "收费审批": "approval to charge",
    "依据文件": "documents",
    "起始日": "first day",
    "截止日": "last day",
}

# Specific texts stand before general ones.
_TABLE: Final = tuple(
    (re.compile(pattern), english)
    for area in (statements, bills, books, refunds, channels, intake, review, office, packs, api)
    for pattern, english in area.TABLE
)


def translate(text: str, names: Mapping[str, str] | None = None) -> str:
    """A refusal in English, or as it is; `names` are a city's own names in English, by their Chinese ones."""
    for pattern, english in _TABLE:
        match = pattern.fullmatch(text)
        if match:
            return _named(match.expand(english), {**NAMES, **(names or {})})
    return text


def _named(text: str, names: Mapping[str, str]) -> str:
    """The text with every name that is known in English; the longest first, so that no part of a name is taken."""
    if text.isascii():
        return text
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, names[name])
    return text.replace("、", ", ")
