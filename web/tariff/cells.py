"""A row of the tariff as fields of a form: every value with its name in words, and back into the same row.

A rule may be of any shape: what is nested is walked through, so that a new shape needs no page of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask_babel import gettext, lazy_gettext

from shared.domain.facts import FACT_NAMES

#: What the pack's columns and a rule's parts are called, in the order in which they are shown.
NAMES: Final[Mapping[str, Any]] = {
    "item": lazy_gettext("收费项目"),
    "code": lazy_gettext("代码"),
    "version": lazy_gettext("版本"),
    "class": lazy_gettext("政策分类"),
    "name": lazy_gettext("名称"),
    "name_en": lazy_gettext("英文名称"),
    "from": lazy_gettext("起始日"),
    "to": lazy_gettext("截止日"),
    "document": lazy_gettext("文号"),
    "documents": lazy_gettext("依据文件"),
    "by": lazy_gettext("审批机关"),
    "seq": lazy_gettext("顺序"),
    "nature": lazy_gettext("性质"),
    "account": lazy_gettext("账户"),
    "owner_unit": lazy_gettext("执收单位"),
    "confirm_required": lazy_gettext("需人工确认"),
    "version_date": lazy_gettext("取版本的日期"),
    "note": lazy_gettext("备注"),
    "approvals": lazy_gettext("收费审批"),
    "abolished_by": lazy_gettext("停征文件"),
    "percent": lazy_gettext("比例(%)"),
    "items": lazy_gettext("收费项目"),
    "uses": lazy_gettext("用途"),
    "fact": lazy_gettext("依据数据"),
    "effects": lazy_gettext("作用"),
    "of": lazy_gettext("核减"),
    "rule": lazy_gettext("标准"),
    "shape": lazy_gettext("算法"),
    "payer": lazy_gettext("缴款人"),
    "amount": lazy_gettext("计费基数"),
    "basis": lazy_gettext("基数名称"),
    "range": lazy_gettext("幅度"),
    "least": lazy_gettext("下限"),
    "most": lazy_gettext("上限"),
    "percent_range": lazy_gettext("比例幅度(%)"),
    "not_applicable": lazy_gettext("不适用"),
    "zero": lazy_gettext("标准为零"),
    "measures": lazy_gettext("计量"),
    "required": lazy_gettext("应建面积"),
    "take": lazy_gettext("取"),
    "quantity": lazy_gettext("按"),
    "unit": lazy_gettext("单位"),
    "rates": lazy_gettext("费率"),
    "rate": lazy_gettext("费率"),
    "label": lazy_gettext("说明"),
    "reason": lazy_gettext("理由"),
    "when": lazy_gettext("条件"),
    "unless": lazy_gettext("除外条件"),
    "use": lazy_gettext("用途"),
    "trait": lazy_gettext("用途类别"),
    "at_least": lazy_gettext("不少于"),
    "below": lazy_gettext("低于"),
    "none_required": lazy_gettext("无应建面积的说明"),
    "provided": lazy_gettext("已建面积"),
    "all_provided": lazy_gettext("已全部建成的说明"),
    "otherwise": lazy_gettext("否则"),
    "source": lazy_gettext("资金来源"),
    "approved_by": lazy_gettext("批准人"),
    "measure": lazy_gettext("清算依据"),
    "days": lazy_gettext("申请期限(日)"),
    "bands": lazy_gettext("档次"),
    "returned": lazy_gettext("退还比例(%)"),
    "proportional_from": lazy_gettext("按比例退还的起点(%)"),
    "newer_rate": lazy_gettext("适用的新版本"),
    "origin": lazy_gettext("来源"),
}
_PLACES: Final = {name: place for place, name in enumerate(NAMES)}
#: The values that the pack writes as codes.
SHAPES: Final[Mapping[str, Any]] = {
    "per_unit": lazy_gettext("按数量"),
    "percent_of": lazy_gettext("按金额的比例"),
    "shortfall": lazy_gettext("按不足的面积"),
    "flat": lazy_gettext("按件"),
    "open": lazy_gettext("不定期"),
}
#: What a cell's field is called in a form, before its path: columns of a row may be called as other fields are.
FIELD: Final = "cell:"
#: How several short values stand in one field.
SEPARATOR: Final = "、"
_SEPARATORS = re.compile("[、,，;；]")
_WORDS: Final = {"是": True, "否": False, "yes": True, "no": False, "true": True, "false": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One value of a row. `path` is its place, such as rule.measures.0.rates.1.rate; `words` say what codes mean."""

    path: str
    label: str
    text: str
    words: str = ""
    is_list: bool = False

    @property
    def field(self) -> str:
        """Its name in a form."""
        return FIELD + self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of several alike, such as a rate among rates: it can be left out, or put in once more."""

    path: str
    label: str


def cells(row: Mapping[str, Any], names: Mapping[str, str] | None = None) -> list[Cell]:
    """Every value of a row; `names` are what a city's codes mean."""
    known = {**SHAPES, **FACT_NAMES, **(names or {})}
    return [cell for name, value in _in_order(row) for cell in _cells(name, _name(name), value, known)]


def parts(row: Mapping[str, Any]) -> list[Part]:
    """The nested entries that a row has several of."""
    return [part for name, value in _in_order(row) for part in _parts(name, _name(name), value)]


def read(row: Mapping[str, Any], typed: Mapping[str, str]) -> dict[str, Any]:
    """The row with what was typed over its values, `drop:PATH` and `more:PATH` done; what was not sent stays."""
    return {name: _read(name, value, typed) for name, value in row.items()}


def gist(row: Mapping[str, Any]) -> str:
    """The rates of a version in one line: 主体 170.00 元/m²，供热 55.00 元/m²; 2.6%."""
    rule = row.get("rule") or {}
    texts = {cell.path: cell.text for cell in cells(row)}
    found = []
    for path, text in texts.items():
        head, _, last = path.rpartition(".")
        if last == "rate":
            unit = "%" if rule.get("shape") == "percent_of" else _per(texts, head)
            found.append(f"{texts.get(f'{head}.label', '')} {text}{unit}".strip())
    return "，".join(found)


def _per(texts: Mapping[str, str], place: str) -> str:
    """元/m² for a rate whose quantity has a unit, somewhere above it."""
    while place:
        if unit := texts.get(f"{place}.unit"):
            return f" 元/{unit}"
        place = place.rpartition(".")[0]
    return " 元"


def _cells(path: str, label: str, value: Any, names: Mapping[str, Any]) -> Iterator[Cell]:
    if isinstance(value, Mapping):
        for name, inner in _in_order(value):
            yield from _cells(f"{path}.{name}", f"{label} › {_name(name)}", inner, names)
    elif _is_nested(value):
        for at, inner in enumerate(value):
            yield from _cells(f"{path}.{at}", f"{label} {at + 1}", inner, names)
    else:
        is_list = isinstance(value, list | tuple)
        codes = value if is_list else [value]
        words = SEPARATOR.join(str(names[each]) for each in codes if isinstance(each, str) and each in names)
        yield Cell(path=path, label=label, text=_text(value), words=words, is_list=is_list)


def _parts(path: str, label: str, value: Any) -> Iterator[Part]:
    if isinstance(value, Mapping):
        for name, inner in _in_order(value):
            yield from _parts(f"{path}.{name}", f"{label} › {_name(name)}", inner)
    elif _is_nested(value):
        for at, inner in enumerate(value):
            yield Part(path=f"{path}.{at}", label=f"{label} {at + 1}")
            yield from _parts(f"{path}.{at}", f"{label} {at + 1}", inner)


def _read(path: str, value: Any, typed: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {name: _read(f"{path}.{name}", inner, typed) for name, inner in value.items()}
    if _is_nested(value):
        kept = []
        for at, inner in enumerate(value):
            place = f"{path}.{at}"
            if typed.get(f"drop:{place}"):
                continue
            kept.append(_read(place, inner, typed))
            if typed.get(f"more:{place}"):
                kept.append(_read(place, inner, typed))
        return kept
    if FIELD + path not in typed:
        return value
    text = typed[FIELD + path].strip()
    if isinstance(value, list | tuple):
        return [each.strip() for each in _SEPARATORS.split(text) if each.strip()]
    return _typed_as(value, text)


def _typed_as(value: Any, text: str) -> Any:
    """What was typed, of the kind that stood there; what cannot be is left for the tariff to refuse in words."""
    if value is None and not text:
        return None
    if isinstance(value, bool):
        return _WORDS.get(text.lower(), text)
    if isinstance(value, int) and re.fullmatch(r"-?\d{1,15}", text):
        return int(text)
    return text


def _in_order(row: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return sorted(row.items(), key=lambda entry: _PLACES.get(entry[0], len(_PLACES)))


def _is_nested(value: Any) -> bool:
    return isinstance(value, list | tuple) and any(isinstance(each, Mapping) for each in value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(gettext("是") if value else gettext("否"))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return SEPARATOR.join(_text(each) for each in value)
    return str(value)


def _name(name: str) -> str:
    return str(NAMES.get(name) or FACT_NAMES.get(name) or name)
