"""The board's addresses: one screen of figures, and the two lists that its numbers open."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

import flask
from flask_babel import gettext
from werkzeug.wrappers import Response

from services import operations
from services.operations import KINDS_OF_ROLE, RESOLUTION_LENGTH_MAX
from services.sitting import Sitting, sitting
from shared.db.queries import attention as waiting
from shared.db.queries import board as queries
from shared.db.queries.board import Board, CaseFilter, WaitingFilter, WaitingRow
from shared.domain.deadlines import Light
from shared.domain.errors import Invalid
from web.auth.access import actor, login_required
from web.board import pictures
from web.components import Choice, Column, Filter, Pager
from web.deadlines import light_name, light_words
from web.desk.words import case_tag
from web.finance.words import kind_tag
from web.naming import said
from web.workplace import page

board = flask.Blueprint("board", __name__)

ROLE = "leader"
PAGES_MAX = 400
STATUSES = ("in_hand", "late", "in_review", "objected", "billed", "completed", "closed_this_month")
FEN_PER_10000_YUAN = 1_000_000


@board.get("/board")
@login_required(ROLE)
def overview() -> str:
    """One screen, of the whole city or of one district."""
    with sitting() as office:
        area = _area(office)
        figures = queries.board(office.session, office.city, today=office.today, area=area)
        districts = [code for code in office.city.areas if code != office.city.pack.tenant.id]
        billed, received = figures.months[-1].billed_fen, figures.months[-1].received_fen
        return page(
            "board/overview.html",
            office,
            place="/board",
            figures=figures,
            area=area,
            areas=[(code, office.city.areas[code]) for code in districts],
            area_names=office.city.areas,
            units={code: unit.short_name for code, unit in office.city.units.items()},
            what=lambda row: _what(row, office),
            why=_why,
            lights=[(light, light_name(light), figures.lights.get(light, 0)) for light in pictures.LIGHTS],
            light_total=sum(figures.lights.values()),
            light_parts=pictures.light_bar(figures.lights),
            light_notes={
                Light.GREEN: gettext("时限内，剩余一日以上"),
                Light.AMBER: gettext("一日内到期"),
                Light.RED: gettext("已过承诺时限"),
            },
            stages=list(zip(_stages(figures), pictures.funnel(list(figures.stages.values())), strict=True)),
            columns=pictures.months(figures.months),
            used_share=lambda row: min(int(row.average_used * 40 / max(row.average_promised, 0.1)), 48),
            area_parts=lambda row: pictures.light_bar(
                row.lights, out_of=max((sum(each.lights.values()) for each in figures.areas), default=0)
            ),
            in_time=_share(figures.closed_in_time, figures.closed_this_month),
            billed_fen=billed,
            received_fen=received,
            fiscal_fen=figures.received_by_account.get("treasury", 0),
            others_fen=received - figures.received_by_account.get("treasury", 0),
            share=_share,
            ten_thousands=_ten_thousands,
            light_words=light_words,
        )


@board.get("/board/cases")
@login_required(ROLE)
def cases() -> str:
    """The applications behind a number."""
    arguments = flask.request.args
    stage = arguments.get("state", "")
    known = (*STATUSES, *(f"month_{each}" for each in queries.STAGES))
    with sitting() as office:
        wanted = CaseFilter(
            words=arguments.get("q", "").strip()[:60],
            stage=stage if stage in known else "",
            area=_area(office),
            page=_page(),
        )
        found = queries.cases(office.session, office.city, wanted, today=office.today)
        kept = {"q": wanted.words, "state": wanted.stage, "area": wanted.area}
        names = _stage_names()
        return page(
            "board/cases.html",
            office,
            place="/board/cases",
            found=found,
            words=wanted.words,
            filters=(
                Filter(
                    "state",
                    gettext("状态"),
                    tuple(Choice(each, names[each]) for each in known),
                    wanted.stage,
                    _address("/board/cases", kept, state=""),
                ),
                _area_filter(office, wanted.area, _address("/board/cases", kept, area="")),
            ),
            clear_href="/board/cases" if any(kept.values()) else "",
            pages=_pager("/board/cases", kept, found.found, wanted.page, has_more=found.has_more),
            columns=(
                Column(gettext("亮灯"), "light"),
                Column(gettext("办件编号"), "number"),
                Column(gettext("项目")),
                Column(gettext("申请单位")),
                Column(gettext("区"), "area"),
                Column(gettext("状态"), "stage"),
                Column(gettext("受理"), "day"),
                Column(gettext("承诺办结"), "day"),
                Column(gettext("在等"), "matter"),
            ),
            area_names=office.city.areas,
            case_tag=case_tag,
            light_words=light_words,
        )


@board.get("/board/tasks")
@login_required(ROLE)
def tasks() -> str:
    """What keeps applications open: the missing review or fee line, whose it is, until when."""
    arguments = flask.request.args
    light, unit = arguments.get("light", ""), arguments.get("unit", "")
    with sitting() as office:
        wanted = WaitingFilter(
            light=light if light in set(pictures.LIGHTS) else "",
            unit=unit if unit in office.city.units else "",
            area=_area(office),
            page=_page(),
        )
        found = queries.waiting_for(office.session, office.city, wanted, today=office.today)
        kept = {"light": wanted.light, "unit": wanted.unit, "area": wanted.area}
        lights = tuple(Choice(each.value, light_name(each)) for each in reversed(pictures.LIGHTS))
        units = tuple(Choice(code, each.short_name) for code, each in office.city.units.items())
        return page(
            "board/tasks.html",
            office,
            place="/board/tasks",
            found=found,
            filters=(
                Filter("light", gettext("亮灯"), lights, wanted.light, _address("/board/tasks", kept, light="")),
                Filter("unit", gettext("单位"), units, wanted.unit, _address("/board/tasks", kept, unit="")),
                _area_filter(office, wanted.area, _address("/board/tasks", kept, area="")),
            ),
            clear_href="/board/tasks" if any(kept.values()) else "",
            pages=_pager("/board/tasks", kept, found.found, wanted.page, has_more=found.has_more),
            columns=(
                Column(gettext("亮灯"), "light"),
                Column(gettext("办件编号"), "number"),
                Column(gettext("项目")),
                Column(gettext("区"), "area"),
                Column(gettext("卡在哪里")),
                Column(gettext("原因"), "stage"),
                Column(gettext("责任人"), "stage"),
                Column(gettext("截止"), "day"),
                Column(gettext("已用(日)"), "short", is_number=True),
            ),
            area_names=office.city.areas,
            units={code: each.short_name for code, each in office.city.units.items()},
            what=lambda row: _what(row, office),
            why=_why,
            light_words=light_words,
        )


@board.get("/board/attention")
@login_required(ROLE)
def attention() -> str:
    """What climbed the whole ladder, has nobody to do it, or wants a calendar, until somebody writes what was done."""
    with sitting() as office:
        return _attention(office)


@board.post("/board/attention/<uuid:case_id>/close")
@login_required(ROLE)
def close(case_id: UUID) -> Response | tuple[str, int]:
    """Close a case with what was done about it."""
    resolution = flask.request.form.get("resolution", "")
    try:
        with sitting() as office:
            operations.close_attention(office, case_id=case_id, role=ROLE, actor=actor(), resolution=resolution)
    except Invalid as invalid:
        with sitting() as office:
            return _attention(office, {str(case_id): (said(invalid.problems[0].problem), resolution)}), 422
    flask.flash(gettext("已处理，处理结果已记录。"))
    return flask.redirect(flask.url_for("board.attention"), 303)


def _attention(office: Sitting, refused: dict[str, tuple[str, str]] | None = None) -> str:
    found = waiting.listed(office.session, KINDS_OF_ROLE[ROLE])
    return page(
        "board/attention.html",
        office,
        place="/board/attention",
        counts={"/board/attention": found.open},
        found=found,
        said=refused or {},
        resolution_length_max=RESOLUTION_LENGTH_MAX,
        kind_tag=kind_tag,
    )


def _what(row: WaitingRow, office: Sitting) -> str:
    return office.city.item(row.what).name if row.kind == "line" else row.what


def _why(row: WaitingRow) -> str:
    """Why something is still open."""
    if row.kind == "line":
        return str(gettext("收费计算中") if row.state == "pending" else gettext("收费待确认"))
    return str(gettext("审核中") if row.state == "taken" else gettext("无人认领"))


def _stages(figures: Board) -> list[tuple[str, str, int, str]]:
    names = _stage_names()
    first = figures.stages["accepted"]
    return [(stage, names[f"month_{stage}"], count, _share(count, first)) for stage, count in figures.stages.items()]


def _stage_names() -> dict[str, str]:
    return {
        "in_hand": gettext("在办"),
        "late": gettext("超期"),
        "in_review": gettext("审核中"),
        "objected": gettext("有部门不同意"),
        "billed": gettext("待缴费"),
        "completed": gettext("已办结"),
        "closed_this_month": gettext("本月办结"),
        "month_accepted": gettext("本月受理"),
        "month_assessed": gettext("收费核定完"),
        "month_billed": gettext("一单开出"),
        "month_paid": gettext("缴清"),
        "month_completed": gettext("办结"),
    }


def _share(part: int, whole: int) -> str:
    """A share as a text with one decimal; a dash where there is nothing to take a share of."""
    if not whole:
        return "—"
    tenths = (part * 2000 + whole) // (2 * whole)
    return f"{tenths // 10}.{tenths % 10}%"


def _ten_thousands(amount_fen: int) -> str:
    """An amount in 万元, rounded to the hundredth (half up)."""
    hundredths = (amount_fen * 100 + FEN_PER_10000_YUAN // 2) // FEN_PER_10000_YUAN
    return f"{hundredths // 100:,}.{hundredths % 100:02d}"


def _area(office: Sitting) -> str:
    area = flask.request.args.get("area", "")
    return area if area in office.city.areas else ""


def _area_filter(office: Sitting, chosen: str, clear_href: str) -> Filter:
    choices = tuple(
        Choice(code, name) for code, name in office.city.areas.items() if code != office.city.pack.tenant.id
    )
    return Filter("area", gettext("区"), choices, chosen, clear_href)


def _address(path: str, kept: dict[str, str], **changes: str) -> str:
    arguments = {name: value for name, value in (kept | changes).items() if value}
    return path + (f"?{urlencode(arguments)}" if arguments else "")


def _pager(path: str, kept: dict[str, str], found: int, number: int, *, has_more: bool) -> Pager:
    return Pager(
        gettext("共 %(count)s 件", count=found),
        number,
        _address(path, kept, page=str(number - 1)) if number > 1 else "",
        _address(path, kept, page=str(number + 1)) if has_more else "",
    )


def _page() -> int:
    text = flask.request.args.get("page", "")
    return min(max(int(text), 1), PAGES_MAX) if text.isascii() and text.isdigit() else 1
