"""The tariff desk's addresses: what is in force, drafts and their test bench, and what a second person publishes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import flask
from flask_babel import gettext
from werkzeug.wrappers import Response

from services import tariff_effects
from services import tariffs as service
from services.sitting import Sitting, sitting
from shared.db import tariffs as rows
from shared.db.tariffs import ChangeRow
from shared.domain import tariff_changes as domain
from shared.domain.errors import Invalid, NotFound, Problem
from shared.domain.facts import Facts
from shared.domain.lines import ACCOUNT_NAMES, NATURE_NAMES
from shared.domain.rows import OPEN
from shared.domain.tariff_changes import KEYS, RowChange
from web.acting import do
from web.apply.form import ESTIMATED, Form, choices_everywhere
from web.apply.lines import shown_lines
from web.auth.access import login_required, signed_in
from web.components import Choice, Tag, Tone
from web.naming import named, said
from web.tariff import cells
from web.tariff.timeline import bars, years
from web.workplace import page

tariff = flask.Blueprint("tariff", __name__)

PLACE = "/tariff"
#: Changes that the desk lists, the latest first.
CHANGES_SHOWN = 20


@tariff.get(PLACE)
@login_required(*service.DECIDERS)
def desk() -> str:
    """Items with their versions on a line of time, reductions, approvals, and the changes that wait."""
    with sitting() as office:
        return _desk(office)


@tariff.post(PLACE)
@login_required(*service.KEEPERS)
def draft() -> Response | tuple[str, int]:
    """Begin an empty change."""
    form = flask.request.form

    def act(office: Sitting) -> str:
        title, document, reason = (form.get(name, "") for name in ("title", "document", "reason"))
        return _address(service.draft(office, account=signed_in(), title=title, document=document, reason=reason))

    return do(act, gettext("草稿已建立，请加入要改的内容。"), _desk_again("draft"))


@tariff.post(f"{PLACE}/end")
@login_required(*service.KEEPERS)
def end() -> Response | tuple[str, int]:
    """End a version on a day, with a successor or without."""
    form = flask.request.form

    def act(office: Sitting) -> str:
        item, _, version = form.get("version", "").partition(" ")
        return _address(
            service.end(
                office,
                account=signed_in(),
                item=item,
                version=version,
                last=_day("last", form.get("last", "")),
                document=form.get("document", ""),
                is_succeeded=form.get("then") != "abolish",
            )
        )

    return do(act, gettext("草稿已建立：旧版本截止，新版本接续。"), _desk_again("end"))


@tariff.post(f"{PLACE}/copy-forward")
@login_required(*service.KEEPERS)
def copy_forward() -> Response | tuple[str, int]:
    """Carry everything that runs out with a year into the next one."""
    form = flask.request.form
    year = form.get("year", "").strip()

    def act(office: Sitting) -> str:
        change_id = service.copy_forward(
            office,
            account=signed_in(),
            year=int(year) if year.isascii() and year.isdigit() and len(year) == 4 else 0,
            document=form.get("document", ""),
            renewed=form.getlist("renewed"),
        )
        return _address(change_id)

    return do(act, gettext("草稿已建立：到期的标准整体结转到新年度。"), _desk_again("copy"))


@tariff.post(f"{PLACE}/approvals")
@login_required(*service.KEEPERS)
def file_approval() -> Response | tuple[str, int]:
    """Put an approval to charge on file."""
    form = flask.request.form

    def act(office: Sitting) -> str:
        last = form.get("last", "").strip()
        return _address(
            service.file_approval(
                office,
                account=signed_in(),
                item=form.get("item", ""),
                document=form.get("document", ""),
                by=form.get("by", ""),
                first=_day("first", form.get("first", "")),
                last=_day("last", last) if last else None,
                approval=form.get("approval", ""),
            )
        )

    return do(act, gettext("草稿已建立：收费审批备案，发布后才能据以收费。"), _desk_again("approval"))


# One change.


@tariff.get(f"{PLACE}/changes/<uuid:change_id>")
@login_required(*service.DECIDERS)
def change(change_id: UUID) -> str:
    """A change row by row, before and after, what is wrong with it, and what it would do to open applications."""
    with sitting() as office:
        return _change(office, change_id)


@tariff.post(f"{PLACE}/changes/<uuid:change_id>")
@login_required(*service.KEEPERS)
def reword(change_id: UUID) -> Response | tuple[str, int]:
    """Change the title, the document, where the approval is filed, and the reason."""
    words = {name: flask.request.form.get(name, "") for name in ("title", "document", "approval", "reason")}
    return _acts(
        change_id,
        lambda office: service.reword(office, account=signed_in(), change_id=change_id, version=_version(), **words),
        gettext("已保存。"),
    )


@tariff.post(f"{PLACE}/changes/<uuid:change_id>/rebase")
@login_required(*service.KEEPERS)
def rebase(change_id: UUID) -> Response | tuple[str, int]:
    """Put a draft above what is in force now."""
    return _acts(
        change_id,
        lambda office: service.rebase(office, account=signed_in(), change_id=change_id, version=_version()),
        gettext("草稿已对照现行标准更新。"),
    )


@tariff.post(f"{PLACE}/changes/<uuid:change_id>/propose")
@login_required(*service.KEEPERS)
def propose(change_id: UUID) -> Response | tuple[str, int]:
    """Hand a draft to the second person."""
    return _acts(
        change_id,
        lambda office: service.propose(office, account=signed_in(), change_id=change_id, version=_version()),
        gettext("已提出，等另一人发布。"),
    )


@tariff.post(f"{PLACE}/changes/<uuid:change_id>/take-back")
@login_required(*service.KEEPERS)
def take_back(change_id: UUID) -> Response | tuple[str, int]:
    """Take one's own proposal back to go on with it."""
    return _acts(
        change_id,
        lambda office: service.take_back(office, account=signed_in(), change_id=change_id),
        gettext("已收回，可以继续修改。"),
    )


@tariff.post(f"{PLACE}/changes/<uuid:change_id>/drop")
@login_required(*service.KEEPERS)
def drop(change_id: UUID) -> Response | tuple[str, int]:
    """Give a draft up."""
    return _acts(
        change_id,
        lambda office: service.drop(office, account=signed_in(), change_id=change_id),
        gettext("草稿已作废。"),
    )


@tariff.post(f"{PLACE}/changes/<uuid:change_id>/publish")
@login_required(*service.DECIDERS)
def publish(change_id: UUID) -> Response | tuple[str, int]:
    """Put a proposal in force, as its second person."""
    return _acts(
        change_id,
        lambda office: service.publish(office, account=signed_in(), change_id=change_id),
        gettext("已发布；在办件中受影响的收费项目正在重新核定。"),
    )


@tariff.post(f"{PLACE}/changes/<uuid:change_id>/decline")
@login_required(*service.DECIDERS)
def decline(change_id: UUID) -> Response | tuple[str, int]:
    """Turn a proposal down with the reason."""
    opinion = flask.request.form.get("opinion", "")
    return _acts(
        change_id,
        lambda office: service.decline(office, account=signed_in(), change_id=change_id, opinion=opinion),
        gettext("已退回，标准没有变化。"),
    )


# One row of a change.


@tariff.get(f"{PLACE}/changes/<uuid:change_id>/row")
@login_required(*service.KEEPERS)
def row(change_id: UUID) -> str:
    """A row as fields: one of the change, one in force, or a copy under another name."""
    with sitting() as office:
        return _row(office, change_id)


@tariff.post(f"{PLACE}/changes/<uuid:change_id>/row")
@login_required(*service.KEEPERS)
def put_row(change_id: UUID) -> Response | tuple[str, int]:
    """Put the row as it was typed into the change; `again` goes on with it, after parts were left out or repeated."""
    form = flask.request.form
    section = _section()

    def act(office: Sitting) -> str:
        new = cells.read(_source(office, rows.load(office.session, change_id)), form)
        service.put_row(office, account=signed_in(), change_id=change_id, section=section, row=new, version=_version())
        if form.get("again"):
            key = domain.key_of(section, new)
            return flask.url_for("tariff.row", change_id=change_id, section=section, key=key)
        return _address(change_id)

    return do(act, gettext("这一行已写入草稿。"), lambda office, problems, refusal: _row(
        office, change_id, problems=problems, refusal=refusal
    ))  # fmt: skip


@tariff.post(f"{PLACE}/changes/<uuid:change_id>/row/out")
@login_required(*service.KEEPERS)
def take_row_out(change_id: UUID) -> Response | tuple[str, int]:
    """Leave a row as it is in force."""
    return _acts(
        change_id,
        lambda office: service.take_row_out(
            office,
            account=signed_in(),
            change_id=change_id,
            section=_section(),
            key=flask.request.form.getlist("key"),
            version=_version(),
        ),
        gettext("这一行已从草稿中去掉。"),
    )


# The test bench.


@tariff.route(f"{PLACE}/bench", methods=["GET", "POST"])
@login_required(*service.DECIDERS)
def bench() -> str | tuple[str, int]:
    """Any facts on any day, line by line with the formula; with a change, before and after it. Nothing is kept."""
    with sitting() as office:
        change_id = flask.request.values.get("change", "")
        found = next((each for each in rows.changes(office.session) if str(each.id) == change_id), None)
        form = Form.typed(flask.request.form, office.city, office.today, ESTIMATED)
        accepted_on = flask.request.form.get("accepted_on", "").strip()[:10] or office.today.isoformat()
        context: dict[str, Any] = {"change": found, "accepted_on": accepted_on, "before": None, "after": None}
        status = 200
        if flask.request.method == "POST":
            try:
                facts = Facts.from_json(
                    {**form.facts(), "accepted_on": accepted_on},
                    uses=office.city.tariff.use_codes,
                    reductions=office.city.tariff.reduction_codes,
                )
                context["before"] = shown_lines(office.city.tariff.assess(facts), office.city)
                if found is not None:
                    tried = service.tariff_with(office, found.rows)
                    context["after"] = shown_lines(tried.assess(facts), office.city)
            except Invalid as invalid:
                form, status = form.with_problems(invalid.problems), 422
        shown = page("tariff/bench.html", office, place=PLACE, form=form, **{**context, **choices_everywhere()})
        return shown if status == 200 else (shown, status)


# Pages.


def _desk(office: Sitting, *, part: str = "", problems: tuple[Problem, ...] = (), refusal: str = "") -> str:
    on = _asked_day(flask.request.args.get("on", "")) or office.today
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


def _desk_again(part: str) -> Callable[[Sitting, tuple[Problem, ...], str], str]:
    return lambda office, problems, refusal: _desk(office, part=part, problems=problems, refusal=refusal)


def _change(office: Sitting, change_id: UUID, *, problems: tuple[Problem, ...] = (), refusal: str = "") -> str:
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


def _row(office: Sitting, change_id: UUID, *, problems: tuple[Problem, ...] = (), refusal: str = "") -> str:
    found = rows.load(office.session, change_id)
    source = _source(office, found)
    typed = cells.read(source, flask.request.form)
    section = _section()
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


def _source(office: Sitting, found: ChangeRow) -> Mapping[str, Any]:
    section, key = _section(), tuple(flask.request.values.getlist("key"))
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


def _choosable(office: Sitting) -> list[tuple[str, str, list[tuple[tuple[str, ...], str]]]]:
    """The rows in force by section, to be taken into the change."""
    data = office.city.pack.data
    return [
        (
            section,
            section_name(section),
            [(domain.key_of(section, each), str(each.get("name", ""))) for each in data.get(section) or ()],
        )
        for section in KEYS
    ]


def _approvals(data: Mapping[str, Any], item: str) -> Sequence[Mapping[str, Any]]:
    found = domain.find_row(data, "items", (item,))
    return tuple((found or {}).get("approvals") or ())


def _acts(change_id: UUID, act: Callable[[Sitting], object], done: str) -> Response | tuple[str, int]:
    def once(office: Sitting) -> None:
        act(office)

    return do(
        once,
        done,
        lambda office, problems, refusal: _change(office, change_id, problems=problems, refusal=refusal),
        address=_address(change_id),
    )


def _address(change_id: UUID) -> str:
    return flask.url_for("tariff.change", change_id=change_id)


def _section() -> str:
    section = str(flask.request.values.get("section", ""))
    if section not in KEYS:
        raise NotFound("没有这个地址")
    return section


def _version() -> int:
    text = flask.request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _day(field: str, text: str) -> date:
    found = _asked_day(text.strip())
    if found is None:
        raise Invalid([Problem(field, "请写成 2014-09-15 这样的日期")])
    return found


def _asked_day(text: str) -> date | None:
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
