"""What the tariff desk's pages show: the desk, one change row by row, one row as fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

import flask
from flask_babel import gettext

from services import tariff_effects
from services import tariffs as service
from services.sitting import Sitting
from shared.db import tariffs as rows
from shared.db.tariffs import ChangeRow
from shared.domain import tariff_changes as domain
from shared.domain.errors import Invalid, NotFound, Problem
from shared.domain.lines import ACCOUNT_NAMES, NATURE_NAMES
from shared.domain.rows import OPEN
from shared.domain.tariff_changes import KEYS, RowChange
from web.auth.access import signed_in
from web.components import Choice, Tag, Tone
from web.naming import named, said
from web.tariff import cells
from web.tariff.timeline import bars, years
from web.workplace import page

PLACE: Final = "/tariff"
#: Changes that the desk lists, the latest first.
CHANGES_SHOWN: Final = 20


def tariff_desk(office: Sitting, *, part: str = "", problems: tuple[Problem, ...] = (), refusal: str = "") -> str:
    """The desk as of the day that is asked for; `part` is the form that was refused, with its problems."""
    on = asked_day(flask.request.args.get("on", "")) or office.today
    data = office.city.pack.data
    first, last = years(data, office.today)
    return page(
        "tariff/desk.html",
        office,
        place=PLACE,
        on=on,
        years=range(first, last + 1, 4),
        items=[
            (item, bars(data, item.code, on=on, today=office.today), _approvals(data, item.code))
            for item in office.city.items
        ],
        reductions=[(each, each.period.covers(on)) for each in office.city.pack.reductions],
        changes=[(each, state_tag(each.state)) for each in rows.changes(office.session)[:CHANGES_SHOWN]],
        open_versions=tuple(
            Choice(f"{each['item']} {each['version']}", f"{each['item']} {each['version']} {cells.gist(each)}")
            for each in data["versions"]
            if each["to"] == OPEN or each["to"] >= office.today.isoformat()
        ),
        item_choices=tuple(Choice(item.code, f"{item.code} {named(item)}") for item in office.city.items),
        end_choices=(
            Choice("succeed", gettext("次日起执行新版本（在草稿中改标准）")),
            Choice("abolish", gettext("停征，不再收取")),
        ),
        may_keep=signed_in().role in service.KEEPERS,
        part=part,
        problems=problems,
        errors={each.field: each.problem for each in problems},
        refusal=refusal,
        typed=flask.request.form,
        units={code: unit.short_name for code, unit in office.city.units.items()},
        in_force_tag=in_force_tag,
    )


def change_page(office: Sitting, change_id: UUID, *, problems: tuple[Problem, ...] = (), refusal: str = "") -> str:
    """One change: its rows before and after, what is wrong with it, what it would do to open applications."""
    found = rows.load(office.session, change_id)
    is_open = found.state in ("draft", "proposed")
    wrong = (
        tuple(Problem(each.field, said(each.problem)) for each in service.problems(office, found)) if is_open else ()
    )
    effect = None
    if is_open and found.rows:
        try:
            effect = tariff_effects.dry_run(office, found.rows)
        except Invalid:
            effect = None  # what is wrong is listed already
    return page(
        "tariff/change.html",
        office,
        place=PLACE,
        change=found,
        state=state_tag(found.state),
        rows=[_compared(each, _names(office)) for each in found.rows],
        wrong=wrong,
        effect=effect,
        problems=problems,
        errors={each.field: each.problem for each in problems},
        refusal=refusal,
        is_mine=found.proposed_by == signed_in().id,
        may_keep=signed_in().role in service.KEEPERS,
        sections=_choosable(office),
        section_names={name: section_name(name) for name in KEYS},
    )


def row_page(office: Sitting, change_id: UUID, *, problems: tuple[Problem, ...] = (), refusal: str = "") -> str:
    """One row as fields, as they were typed where they were."""
    found = rows.load(office.session, change_id)
    source = source_row(office, found)
    typed = cells.read(source, flask.request.form)
    section = asked_section()
    is_new = bool(flask.request.values.get("copy"))
    shown = cells.cells(typed, _names(office))
    return page(
        "tariff/row.html",
        office,
        place=PLACE,
        change=found,
        section=section,
        section_name=section_name(section),
        key=flask.request.values.getlist("key"),
        is_new=is_new,
        cells=[each for each in shown if is_new or each.path not in KEYS[section]],
        fixed=[] if is_new else [each for each in shown if each.path in KEYS[section]],
        parts=cells.parts(typed),
        problems=problems,
        refusal=refusal,
    )


def _names(office: Sitting) -> dict[str, str]:
    """What the codes of this city's rows mean."""
    city = office.city
    return {
        **{item.code: named(item) for item in city.items},
        **{code: named(unit.short_name) for code, unit in city.units.items()},
        **{each["code"]: str(each["name"]) for each in city.pack.data.get("uses") or ()},
        **NATURE_NAMES,
        **ACCOUNT_NAMES,
    }


def source_row(office: Sitting, found: ChangeRow) -> Mapping[str, Any]:
    """The row that a form is about: the draft's, else the one in force; raises `NotFound`."""
    section, key = asked_section(), tuple(flask.request.values.getlist("key"))
    drafted = next((each.row for each in found.rows if (each.section, each.key) == (section, key) and each.row), None)
    source = drafted or domain.find_row(office.city.pack.data, section, key)
    if source is None:
        raise NotFound("标准中没有这一行")
    return source


def _compared(each: RowChange, names: Mapping[str, str]) -> dict[str, Any]:
    """A row of a change with the values that it changes; a new or a removed one with all of them."""
    before = {cell.path: cell for cell in cells.cells(each.base or {}, names)}
    after = {cell.path: cell for cell in cells.cells(each.row or {}, names)}
    paths = [*after, *(path for path in before if path not in after)]
    values = [
        (
            (after.get(path) or before[path]).label,
            before[path].words or before[path].text if path in before else "",
            after[path].words or after[path].text if path in after else "",
        )
        for path in paths
    ]
    return {
        "section": each.section,
        "name": f"{section_name(each.section)} {' '.join(each.key)}",
        "key": each.key,
        "values": [value for value in values if value[1] != value[2]],
        "is_new": each.base is None,
        "is_removed": each.row is None,
    }


def _choosable(office: Sitting) -> list[tuple[str, str, list[tuple[tuple[str, ...], str, bool]]]]:
    """The rows of the tariff by section, to be taken into the change, and whether they are still to begin."""
    data = office.city.pack.data
    return [
        (
            section,
            section_name(section),
            [
                (
                    domain.key_of(section, each),
                    str(each.get("name", "")),
                    str(each.get("from", "")) > office.today.isoformat(),
                )
                for each in data.get(section) or ()
            ],
        )
        for section in KEYS
    ]


def _approvals(data: Mapping[str, Any], item: str) -> Sequence[Mapping[str, Any]]:
    found = domain.find_row(data, "items", (item,))
    return tuple((found or {}).get("approvals") or ())


def asked_section() -> str:
    """The section that an address names; raises `NotFound` for none."""
    section = str(flask.request.values.get("section", ""))
    if section not in KEYS:
        raise NotFound("没有这个地址")
    return section


def asked_day(text: str) -> date | None:
    """A day as it was typed, None for what is no day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def section_name(section: str) -> str:
    """A section of the tariff in the reader's words."""
    names: dict[str, str] = {
        "items": gettext("收费项目"),
        "versions": gettext("标准版本"),
        "reductions": gettext("减免"),
        "policies": gettext("政策分类"),
        "refunds": gettext("清算规则"),
    }
    return names[section]


def state_tag(state: str) -> Tag:
    """Where a change stands."""
    return {
        "draft": Tag(gettext("草稿"), Tone.GREY),
        "proposed": Tag(gettext("待发布"), Tone.AMBER),
        "published": Tag(gettext("已发布"), Tone.GREEN, is_quiet=True),
        "declined": Tag(gettext("已退回"), Tone.RED, is_quiet=True),
        "dropped": Tag(gettext("已作废"), Tone.GREY, is_quiet=True),
    }[state]


def in_force_tag(is_in_force: bool) -> Tag:
    """Whether something counts on the day that is looked at."""
    return Tag(gettext("执行中"), Tone.GREEN, is_quiet=True) if is_in_force else Tag(gettext("未执行"), is_quiet=True)
