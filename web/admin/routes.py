"""Administrators' addresses: accounts to enable or disable, and the pack to read; the tariff desk changes rates."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode
from uuid import UUID

import flask
from flask_babel import gettext
from werkzeug.wrappers import Response

from services import accounts
from services.accounts import IDLE, LONGEST
from services.sitting import sitting
from shared.db import accounts as account_rows
from shared.db.queries import people as queries
from shared.domain.errors import Conflict, NotFound
from web.auth.access import login_required, signed_in
from web.components import Choice, Column, Filter, Pager, Tag, Tone
from web.tariff.pages import in_force_tag
from web.workplace import ROLE_NAMES, page

admin = flask.Blueprint("admin", __name__)

ROLE = "admin"
PAGES_MAX = 400


@admin.get("/admin")
@login_required(ROLE)
def people() -> str:
    """Everybody with a log-in."""
    arguments = flask.request.args
    role = arguments.get("role", "") if arguments.get("role", "") in ROLE_NAMES else ""
    words = arguments.get("q", "").strip()[:60]
    at = arguments.get("page", "")
    number = min(max(int(at), 1), PAGES_MAX) if at.isascii() and at.isdigit() else 1

    def address(**changes: str) -> str:
        kept = {name: value for name, value in ({"q": words, "role": role} | changes).items() if value}
        return "/admin" + (f"?{urlencode(kept)}" if kept else "")

    with sitting() as office:
        found = queries.people(office.session, idle=IDLE, longest=LONGEST, words=words, role=role, page=number)
        return page(
            "admin/people.html",
            office,
            place="/admin",
            found=found,
            words=words,
            filters=(
                Filter(
                    "role",
                    gettext("角色"),
                    tuple(Choice(code, str(name)) for code, name in ROLE_NAMES.items()),
                    role,
                    address(role=""),
                ),
            ),
            clear_href="/admin" if words or role else "",
            pages=Pager(
                gettext("共 %(count)s 个账号", count=found.found),
                number,
                address(page=str(number - 1)) if number > 1 else "",
                address(page=str(number + 1)) if found.has_more else "",
            ),
            columns=(
                Column(gettext("用户名"), "number"),
                Column(gettext("姓名"), "matter"),
                Column(gettext("角色"), "stage"),
                Column(gettext("单位")),
                Column(gettext("状态"), "stage"),
                Column(gettext("在线设备"), "short", is_number=True),
                Column(gettext("操作"), "stage"),
            ),
            units={code: unit.name for code, unit in office.city.units.items()},
            role_names=ROLE_NAMES,
            state_tag=_state_tag,
            me=signed_in().id,
        )


@admin.post("/admin/accounts/<uuid:account_id>/enable")
@login_required(ROLE)
def enable(account_id: UUID) -> Response:
    """Let somebody log in again."""
    _switch(account_id, is_active=True)
    flask.flash(gettext("账号已启用。"))
    return flask.redirect(flask.url_for("admin.people"), 303)


@admin.post("/admin/accounts/<uuid:account_id>/disable")
@login_required(ROLE)
def disable(account_id: UUID) -> Response:
    """Keep somebody out from now on, on every device."""
    if account_id == signed_in().id:
        raise Conflict("不能停用自己的账号，请由另一位管理员操作")
    _switch(account_id, is_active=False)
    flask.flash(gettext("账号已停用，所有设备都已退出。"))
    return flask.redirect(flask.url_for("admin.people"), 303)


@admin.get("/admin/pack")
@login_required(ROLE)
def pack() -> str:
    """Units, matters, fee items and the tariff versions in force on a date."""
    try:
        asked = date.fromisoformat(flask.request.args.get("on", ""))
    except ValueError:
        asked = None
    with sitting() as office:
        on = asked or office.today
        city = office.city
        return page(
            "admin/pack.html",
            office,
            place="/admin/pack",
            on=on,
            city=city,
            items={item.code: item for item in city.items},
            units={code: unit.name for code, unit in city.units.items()},
            materials={code: material.name for code, material in city.materials.items()},
            versions=[(version, version.period.covers(on)) for version in city.tariff.versions],
            reductions=[(reduction, reduction.period.covers(on)) for reduction in city.pack.reductions],
            in_force_tag=in_force_tag,
            years=sorted(city.calendar.years),
        )


def _switch(account_id: UUID, *, is_active: bool) -> None:
    with sitting() as office:
        if account_rows.load(office.session, account_id) is None:
            raise NotFound("没有这个账号")
        accounts.set_active(office, account_id=account_id, is_active=is_active)


def _state_tag(is_active: bool) -> Tag:
    return Tag(gettext("启用"), Tone.GREEN, is_quiet=True) if is_active else Tag(gettext("停用"), Tone.RED)
