"""Who answers for a unit, as an administrator keeps it: posts with their log-ins, deputies with their dates, and every
change of either."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

import flask
from flask_babel import gettext
from werkzeug.wrappers import Response

from services import offices as service
from services.sitting import Sitting, sitting
from shared.db import accounts
from shared.db import offices as rows
from shared.domain.errors import Invalid, Problem
from web.auth.access import login_required, signed_in
from web.components import Choice, Pager, Tag, Tone
from web.naming import named, said
from web.workplace import page

offices = flask.Blueprint("offices", __name__)

ROLE = "admin"
PLACE = "/admin/offices"
POST_FIELDS = ("unit_code", "kind", "name", "phone", "email", "login")
DEPUTY_FIELDS = ("absent", "deputy", "from_on", "to_on", "reason")
PAGES_MAX = 400
#: What the service calls the two people, by the names that they have beside the other form on the page.
_PEOPLE = {"login": "absent", "deputy_login": "deputy"}


@offices.get(PLACE)
@login_required(ROLE)
def overview() -> str:
    """Every unit with its posts, and who stands in for whom."""
    with sitting() as office:
        return _overview(office)


@offices.post("/admin/posts")
@login_required(ROLE)
def name_post() -> Response | tuple[str, int]:
    """Name somebody for a post."""
    form = {name: flask.request.form.get(name, "") for name in POST_FIELDS}
    try:
        with sitting() as office:
            service.name_post(office, by=signed_in(), **form)
    except Invalid as invalid:
        with sitting() as office:
            return _overview(office, post=form, problems=_said(invalid.problems)), 422
    flask.flash(gettext("职务已登记。"))
    return flask.redirect(flask.url_for("offices.overview"), 303)


@offices.post("/admin/deputies")
@login_required(ROLE)
def appoint_deputy() -> Response | tuple[str, int]:
    """Let somebody stand in for a colleague."""
    form = {name: flask.request.form.get(name, "") for name in DEPUTY_FIELDS}
    try:
        with sitting() as office:
            service.appoint_deputy(
                office,
                by=signed_in(),
                login=form["absent"],
                deputy_login=form["deputy"],
                from_on=_day("from_on", form["from_on"]),
                to_on=_day("to_on", form["to_on"]),
                reason=form["reason"],
            )
    except Invalid as invalid:
        with sitting() as office:
            renamed = [Problem(_PEOPLE.get(each.field, each.field), each.problem) for each in invalid.problems]
            return _overview(office, deputy=form, problems=_said(renamed)), 422
    flask.flash(gettext("代理已登记，期内可以接办本人已认领的任务。"))
    return flask.redirect(flask.url_for("offices.overview"), 303)


@offices.post("/admin/deputies/<uuid:deputy_id>/end")
@login_required(ROLE)
def end_deputy(deputy_id: UUID) -> Response:
    """End a deputyship at once."""
    with sitting() as office:
        service.end_deputy(office, by=signed_in(), deputy_id=deputy_id)
    flask.flash(gettext("代理已结束。"))
    return flask.redirect(flask.url_for("offices.overview"), 303)


def _day(field: str, text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid([Problem(field, "请填写日期")]) from None


def _said(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(Problem(each.field, said(each.problem)) for each in problems)


def _overview(
    office: Sitting,
    *,
    post: dict[str, str] | None = None,
    deputy: dict[str, str] | None = None,
    problems: tuple[Problem, ...] = (),
) -> str:
    city, today = office.city, office.today
    known = accounts.everyone(office.session)
    names = {each.id: each.display_name for each in known}
    posts: dict[str, list[rows.PostRow]] = {}
    for each in rows.posts(office.session):
        posts.setdefault(each.unit_code, []).append(each)
    kinds = _kinds()
    number = _page()
    changes = rows.changes(office.session, page=number)
    return page(
        "admin/offices.html",
        office,
        place=PLACE,
        units=[(named(unit.short_name), posts.get(code, [])) for code, unit in city.units.items()],
        deputies=[
            (each, named(city.units[each.unit_code].short_name), _state(each, today))
            for each in rows.deputies(office.session)
            if each.unit_code in city.units
        ],
        changes=[
            (
                each,
                _unit(office, each.unit_code),
                _subject(each, kinds),
                _words(each, each.before),
                _words(each, each.after),
            )
            for each in changes.rows
        ],
        pages=Pager(
            gettext("共 %(count)s 条", count=changes.found),
            number,
            f"{PLACE}?page={number - 1}#changes" if number > 1 else "",
            f"{PLACE}?page={number + 1}#changes" if changes.has_more else "",
        ),
        names=names,
        kinds=kinds,
        logins={each.id: each.login for each in known},
        unit_choices=[Choice(code, named(unit.short_name)) for code, unit in city.units.items()],
        kind_choices=[Choice(code, name) for code, name in kinds.items()],
        post=post or dict.fromkeys(POST_FIELDS, ""),
        deputy=deputy or dict.fromkeys(DEPUTY_FIELDS, ""),
        problems=problems,
        wrong={each.field: each.problem for each in problems},
    )


def _page() -> int:
    at = flask.request.args.get("page", "")
    return min(max(int(at), 1), PAGES_MAX) if at.isascii() and at.isdigit() else 1


def _unit(office: Sitting, code: str) -> str:
    unit = office.city.units.get(code)
    return named(unit.short_name) if unit else code


def _subject(change: rows.ChangeRow, kinds: Mapping[str, str]) -> str:
    return kinds[change.post] if change.subject == "post" else gettext("代理")


def _words(change: rows.ChangeRow, said: Mapping[str, Any]) -> str:
    """What stood there, or stands there now; empty where there was or is nothing."""
    if not said:
        return ""
    if change.subject == "post":
        return str(gettext("、")).join(said[part] for part in ("name", "phone", "email", "login") if said[part])
    days = f"{said['from_on']}–{said['to_on']}"
    who = gettext("%(deputy)s 代理 %(login)s", deputy=said["deputy"], login=said["login"])
    return str(gettext("、")).join(part for part in (who, days, said["reason"]) if part)


def _kinds() -> dict[str, str]:
    return {
        "chief": gettext("首席代表"),
        "head": gettext("负责人"),
        "liaison": gettext("联络员"),
        "supervisor": gettext("督查"),
    }


def _state(deputy: rows.DeputyRow, today: date) -> Tag:
    if deputy.to_on < today:
        return Tag(gettext("已过期"), Tone.GREY, is_quiet=True)
    return Tag(gettext("代理中"), Tone.GREEN) if deputy.from_on <= today else Tag(gettext("未开始"))
