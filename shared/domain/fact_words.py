"""A fact's value as people write it: 6,012.45平方米, 是, 瀚海市碧海置业有限公司（91371002MA3C00011N）."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

UNITS: Final[Mapping[str, str]] = {
    "floor_area_m2": "平方米",
    "above_ground_area_m2": "平方米",
    "ground_floor_area_m2": "平方米",
    "shelter_built_m2": "平方米",
    "community_care_area_m2": "平方米",
    "foundation_depth_m": "米",
    "project_cost": "元",
    "contract_price": "元",
    "floors": "层",
    "wage_clean_years": "年",
    "standard_bricks": "块",
}
NOT_STATED: Final = "未填"


def in_words(name: str, value: Any, codes: Mapping[str, str], say: Callable[[str], str] = lambda word: word) -> str:
    """The raw JSON value of a fact in words; `codes` are the names of uses and reductions by code.

    `say` gives a unit or a yes and no in the reader's language.
    """
    if value is None or value == []:
        return say(NOT_STATED)
    if isinstance(value, bool):
        return say("是" if value else "否")
    if isinstance(value, Mapping):
        return f"{value.get('name', '')}（{value.get('uscc', '')}）"
    if isinstance(value, list | tuple):
        return "；".join(f"{codes.get(each['code'], each['code'])}（{each['document']}）" for each in value)
    text = str(value)
    if name in UNITS:
        return f"{_grouped(text)}{say(UNITS[name])}"
    return codes.get(text, text) if name == "use" else text


def _grouped(text: str) -> str:
    try:
        return f"{Decimal(text):,f}"
    except InvalidOperation:
        return text
