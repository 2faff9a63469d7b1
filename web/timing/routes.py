"""The addresses of clocks: the page that explains every day, and the acts on it, each a form of its own."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import flask
from flask_babel import gettext
from werkzeug.wrappers import Response

from services import timing as service
from services.sitting import Sitting, sitting
from shared.db.queries import desk as desks
from shared.db.queries import timing as queries
from shared.db.queries.desk import Desk
from shared.domain.clocks import OFFICER_PAUSES
from shared.domain.errors import CalendarNotLoaded, Conflict, Problem
from web.acting import do
from web.apply.lanes import pause_name
from web.auth.access import actor, login_required, signed_in
from web.components import Choice, Tab
from web.desk.words import task_tag
from web.naming import said
from web.timing.views import clock_page
from web.workplace import page

timing = flask.Blueprint("timing", __name__)

ROLES = ("officer", "checker")
FIELDS = ("kind", "reason", "days", "extension_reason", "special_reason")
DECISIONS = {"grant": True, "decline": False}


@timing.get("/desk/tasks/<uuid:task_id>/clock")
@login_required(*ROLES)
def clock(task_id: UUID) -> str:
    """A matter's clock, every day of it explained, with what the reader may do."""
    with sitting() as office:
        return _clock(office, task_id)


@timing.post("/desk/tasks/<uuid:task_id>/clock/pause")
@login_required(*ROLES)
def pause(task_id: UUID) -> Response | tuple[str, int]:
    """Stop the clock for a reason that the law knows."""
    form = flask.request.form

    def act(office: Sitting) -> None:
        service.pause(office, task_id=task_id, actor=actor(), kind=form.get("kind", ""), reason=form.get("reason", ""))

    return _do(task_id, act, gettext("已停表，已告知申请人。"))


@timing.post("/desk/tasks/<uuid:task_id>/clock/resume")
@login_required(*ROLES)
def resume(task_id: UUID) -> Response | tuple[str, int]:
    """Let the clock go on."""

    def act(office: Sitting) -> None:
        service.resume(office, task_id=task_id, actor=actor(), kind=flask.request.form.get("kind", ""))

    return _do(task_id, act, gettext("已恢复计时，已告知申请人新的办结日期。"))


@timing.post("/desk/tasks/<uuid:task_id>/clock/extension")
@login_required(*ROLES)
def ask(task_id: UUID) -> Response | tuple[str, int]:
    """Ask for a longer promise."""
    form = flask.request.form

    def act(office: Sitting) -> None:
        days = form.get("days", "").strip()
        service.ask_extension(
            office,
            task_id=task_id,
            actor=actor(),
            days=int(days) if days.isascii() and days.isdigit() and len(days) < 4 else 0,
            reason=form.get("extension_reason", ""),
        )

    return _do(task_id, act, gettext("已申请延期，等待另一人批准。"))


@timing.post("/desk/tasks/<uuid:task_id>/clock/special")
@login_required(*ROLES)
def special(task_id: UUID) -> Response | tuple[str, int]:
    """Handle the matter as a special case."""

    def act(office: Sitting) -> None:
        service.handle_as_special(
            office, task_id=task_id, actor=actor(), reason=flask.request.form.get("special_reason", "")
        )

    return _do(task_id, act, gettext("已按特殊情形办理，已告知申请人。"))


@timing.get("/desk/extensions")
@login_required(*ROLES)
def extensions() -> str:
    """Longer promises that wait for a second person: the unit's own, or the whole city's at the lead window."""
    with sitting() as office:
        return _extensions(office)


@timing.post("/desk/extensions/<uuid:extension_id>")
@login_required(*ROLES)
def decide(extension_id: UUID) -> Response | tuple[str, int]:
    """Grant or decline a longer promise."""
    decision = flask.request.form.get("decision", "")
    try:
        if decision not in DECISIONS:
            raise Conflict("请选择批准或不批准")
        with sitting() as office:
            service.decide_extension(office, extension_id=extension_id, actor=actor(), grant=DECISIONS[decision])
    except (Conflict, CalendarNotLoaded) as refused:
        with sitting() as office:
            return _extensions(office, said(str(refused))), 409
    flask.flash(gettext("已批准延期。") if DECISIONS[decision] else gettext("未批准延期，已告知申请的经办人。"))
    return flask.redirect(flask.url_for("timing.extensions"), 303)


def _do(task_id: UUID, act: Callable[[Sitting], None], done: str) -> Response | tuple[str, int]:
    """Do one act on a task of the unit's own."""

    def own(office: Sitting) -> str:
        desks.task_place(office.session, _desk(office), task_id)
        act(office)
        return flask.url_for("timing.clock", task_id=task_id)

    def again(office: Sitting, problems: tuple[Problem, ...], refusal: str) -> str:
        return _clock(office, task_id, problems=problems, refusal=refusal)

    return do(own, done, again)


def _desk(office: Sitting) -> Desk:
    account = signed_in()
    return Desk.of(office.city, account_id=account.id, unit_code=account.unit_code)


def _clock(office: Sitting, task_id: UUID, *, problems: tuple[Problem, ...] = (), refusal: str = "") -> str:
    desks.task_place(office.session, _desk(office), task_id)
    found = queries.task_clock(office.session, task_id)
    act = flask.request.path.rpartition("/")[2] if flask.request.method == "POST" else ""
    return page(
        "desk/clock.html",
        office,
        place="/desk",
        task=found,
        shown=clock_page(found, office.city, today=office.today, account_id=signed_in().id),
        kinds=tuple(Choice(each.value, pause_name(each)) for each in OFFICER_PAUSES),
        resumable=tuple(each.value for each in OFFICER_PAUSES),
        extension_days_max=office.city.pack.settings.extension_days_max,
        reason_length_max=service.REASON_LENGTH_MAX,
        problems={each.field: each.problem for each in problems},
        refusal=refusal,
        act=act,
        typed={
            name: flask.request.form.get(name, "")
            for name in ("kind", "reason", "days", "extension_reason", "special_reason")
        },
        task_tag=task_tag,
        pause_name=pause_name,
    )


def _extensions(office: Sitting, refusal: str = "") -> str:
    account, lead = signed_in(), office.city.lead_unit
    is_closed = flask.request.args.get("tab") == "done"
    own = None if account.unit_code == lead else account.unit_code
    return page(
        "desk/extensions.html",
        office,
        place="/desk/extensions",
        rows=queries.extensions(office.session, unit_code=own, is_open=not is_closed),
        is_closed=is_closed,
        may_decide=service.may_grant(office, unit_code=account.unit_code or "", actor=actor()),
        refusal=refusal,
        tabs=(
            Tab(gettext("待批准"), "/desk/extensions", is_current=not is_closed),
            Tab(gettext("已决定"), "/desk/extensions?tab=done", is_current=is_closed),
        ),
        units={code: unit.short_name for code, unit in office.city.units.items()},
        account_id=account.id,
    )
