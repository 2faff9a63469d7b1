"""The one list of papers as people read it: each once, with the matters and units that need it, and what it saves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext

from services.papers import Reusable
from shared.db.attachments import AttachmentRow
from shared.db.city import City
from shared.domain.checklist import Checklist, Entry, Need
from shared.domain.matters import Material
from web.components import Tag, Tone
from web.naming import named


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialRow:
    """One paper; `needed_by` names matters with their units, `promise` says by when it may follow, if it may."""

    code: str
    name: str
    note: str
    formats: str
    need: Tag
    needed_by: str
    clause: str
    promise: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """How many papers one application takes in place of many; `reused` were taken over, not uploaded."""

    asked: int
    distinct: int
    reused: int
    saved: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperSlot:
    """The place of one material on the page of papers, with what is there already or could be taken over."""

    row: MaterialRow
    hint: str
    accept: str
    papers: tuple[AttachmentRow, ...]
    reusable: Reusable | None
    is_promised: bool
    error: str


@dataclass(frozen=True, slots=True)
class AnswerItem:
    """One thing that is missing, with what needs it and what to do; or one ground of refusal, with where to go."""

    what: str
    reason: str
    clause: str
    needed_by: str = ""
    action: str = ""
    go_to: str = ""

    @classmethod
    def of(cls, item: Mapping[str, str]) -> AnswerItem:
        """As the notice keeps it."""
        return cls(
            what=item.get("what") or item.get("name", ""),
            reason=item["reason"],
            clause=item["clause"],
            needed_by=gettext("、").join(named(each) for each in item.get("needed_by", "").split("、") if each),
            action=item.get("action", ""),
            go_to=item.get("go_to", ""),
        )


@dataclass(frozen=True, slots=True)
class WrittenAnswer:
    """A notice on a draft with the address of its document, empty while that is being made."""

    title: str
    number: str
    issued_on: date
    items: tuple[AnswerItem, ...]
    href: str


def material_rows(found: Checklist, city: City, area_code: str = "") -> tuple[MaterialRow, ...]:
    """The list, what must come first in the order of the pack, then the rest."""
    everybody = {matter.code for entry in found.entries for matter in entry.matters}
    rows = [(entry, _row(entry, city, area_code, len(everybody))) for entry in found.entries]
    return tuple(row for entry, row in sorted(rows, key=lambda each: not each[0].is_required))


def saving(found: Checklist, *, reused: int = 0) -> Saving:
    """What the list saves; every paper taken over saves one more."""
    return Saving(asked=found.asked, distinct=found.distinct, reused=reused, saved=found.saved + reused)


def formats_words(material: Material) -> str:
    """The formats that a paper may have, as people call them."""
    return ", ".join(each.upper() for each in material.formats)


def declaration() -> str:
    """What an applicant declares with each paper that comes later, as the trail keeps it."""
    return str(gettext("已知晓该材料的要求，承诺在期限内补交；逾期未补交或者与承诺不符的，愿承担相应法律责任。"))


def answer_title(kind: str) -> str:
    """How an answer in writing is called."""
    return str(gettext("不予受理通知书") if kind == "not_accepted" else gettext("一次性告知书"))


def _row(entry: Entry, city: City, area_code: str, matters: int) -> MaterialRow:
    material = entry.material
    return MaterialRow(
        code=material.code,
        name=named(material),
        note=material.note,
        formats=formats_words(material),
        need=_need(entry),
        needed_by=_needed_by(entry, city, area_code, matters),
        clause=entry.clause,
        promise=gettext("可承诺在 %(days)s 个工作日内补交", days=material.promise_days)
        if entry.may_be_promised
        else "",
    )


def _need(entry: Entry) -> Tag:
    match entry.need:
        case Need.REQUIRED:
            return Tag(gettext("必交"), Tone.BLUE)
        case Need.OPTIONAL:
            return Tag(gettext("选交"))
        case Need.CONDITIONAL:
            return Tag(gettext("视情况"))


def _needed_by(entry: Entry, city: City, area_code: str, matters: int) -> str:
    if not entry.matters:
        return str(gettext("核定收费时用"))
    if len(entry.matters) == matters > 1:
        return str(gettext("全部 %(count)s 个事项", count=matters))
    words = [
        gettext(
            "%(matter)s（%(unit)s）",
            matter=named(matter),
            unit=named(city.units[city.unit_for(matter, area_code)].short_name),
        )
        for matter in entry.matters
    ]
    return str(gettext("、").join(words))
