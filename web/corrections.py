"""How corrections are called on pages: targets, values, kinds and states, in the reader's language."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext

from shared.db.city import City
from shared.db.queries.corrections import ItemView, NoticeView
from shared.domain.corrections import CorrectionKind
from shared.domain.errors import CalendarNotLoaded
from shared.domain.fact_words import in_words
from shared.domain.facts import FACT_NAMES
from web.components import Tag, Tone
from web.naming import named


@dataclass(frozen=True, slots=True)
class Demand:
    """What one unit says about one target; `is_own` for the reader's own unit, `item_id` to take it back."""

    unit: str
    reason: str
    clause: str
    wanted: str
    is_own: bool = False
    item_id: str = ""


@dataclass(frozen=True, slots=True)
class Demanded:
    """One target of a notice with everybody who asks for it."""

    kind: Tag
    subject: str
    old_value: str
    demands: tuple[Demand, ...]
    answer: str = ""


def target_name(city: City, kind: str, target: str) -> str:
    """What a paper, fact or question is called."""
    if kind == CorrectionKind.PAPER and target in city.materials:
        return named(city.materials[target])
    if kind != CorrectionKind.FACT:
        return target
    # Facts are named in the middle of English sentences too; here a name stands alone.
    name = named(FACT_NAMES.get(target, target))
    return name[:1].upper() + name[1:]


def value_words(city: City, name: str, as_json: str) -> str:
    """A fact's value, stored as JSON, in words; empty for none."""
    if not as_json:
        return ""
    codes = {use.code: named(use) for use in city.pack.uses} | {each.code: named(each) for each in city.pack.reductions}
    words: dict[str, str] = {
        "平方米": " m²",
        "米": " m",
        "元": f" {gettext('元')}",
        "层": f" {gettext('层')}",
        "年": f" {gettext('年')}",
        "块": f" {gettext('块')}",
        "是": gettext("是"),
        "否": gettext("否"),
        "未填": gettext("未填"),
    }
    return in_words(name, json.loads(as_json), codes, lambda word: words[word])


def kind_tag(kind: str) -> Tag:
    """What kind of answer is wanted."""
    return {
        "paper": Tag(gettext("补交材料"), Tone.BLUE),
        "fact": Tag(gettext("更正数据"), Tone.AMBER),
        "statement": Tag(gettext("书面说明"), Tone.PURPLE),
    }[kind]


def notice_tag(state: str, *, is_overdue: bool = False) -> Tag:
    """How a notice stands."""
    if is_overdue:
        return Tag(gettext("逾期未答复"), Tone.RED)
    return {
        "collecting": Tag(gettext("征集中"), Tone.AMBER),
        "sent": Tag(gettext("待申请人答复"), Tone.PURPLE),
        "answered": Tag(gettext("已答复"), Tone.GREEN, is_quiet=True),
    }[state]


def demanded(notice: NoticeView, city: City, *, own_unit: str = "") -> tuple[Demanded, ...]:
    """The targets of a notice as a list shows them; own requests can be taken back while it is being collected."""
    return tuple(_demanded(group, notice, city, own_unit) for group in notice.groups)


def _demanded(group: Sequence[ItemView], notice: NoticeView, city: City, own_unit: str) -> Demanded:
    first = group[0]
    return Demanded(
        kind_tag(first.kind),
        target_name(city, first.kind, first.target),
        value_words(city, first.target, first.old_value) if first.kind == CorrectionKind.FACT else "",
        tuple(
            Demand(
                named(city.units[item.unit_code].short_name),
                item.reason,
                item.clause,
                item.wanted,
                is_own=item.unit_code == own_unit,
                item_id=str(item.id) if item.unit_code == own_unit and notice.state == "collecting" else "",
            )
            for item in group
        ),
        _answer(first, city),
    )


def _answer(item: ItemView, city: City) -> str:
    if item.state != "answered":
        return ""
    said = item.file_name or item.new_value
    if item.kind == CorrectionKind.FACT and item.new_value:
        said = value_words(city, item.target, item.new_value)
    return "；".join(part for part in (said, item.explanation) if part)


def units_words(city: City, codes: Iterable[str]) -> str:
    """Departments in a row."""
    return "、".join(named(city.units[code].short_name) for code in dict.fromkeys(codes))


def days_left(city: City, due_on: date, today: date) -> int | None:
    """Working days until a date, negative once it has passed; None where the calendar ends before."""
    try:
        return city.calendar.between(today, due_on)
    except CalendarNotLoaded:
        return None
