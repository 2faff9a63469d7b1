"""The form by which a unit passes a task to another unit."""

from __future__ import annotations

from uuid import UUID

import flask
from flask_babel import gettext
from werkzeug.wrappers import Response

from services import handover as service
from services.sitting import Sitting, sitting
from shared.db.queries import desk as desks
from shared.db.queries import desk_case
from shared.db.queries.desk import Desk
from shared.domain.errors import Conflict, Invalid, Problem
from web.auth.access import actor, login_required, signed_in
from web.components import Choice
from web.desk.words import task_tag
from web.naming import named, said
from web.workplace import page

handover = flask.Blueprint("handover", __name__)

ROLES = ("officer", "checker")


@handover.get("/desk/tasks/<uuid:task_id>/handover")
@login_required(*ROLES)
def form(task_id: UUID) -> str:
    """To whom, and why."""
    with sitting() as office:
        desks.task_place(office.session, _desk(office), task_id)
        return _form(office, task_id)


@handover.post("/desk/tasks/<uuid:task_id>/handover")
@login_required(*ROLES)
def pass_on(task_id: UUID) -> Response | tuple[str, int]:
    """Pass it on; a second click finds that it is done."""
    sent = flask.request.form
    version = sent.get("version", "")
    problems: tuple[Problem, ...] = ()
    refusal, status = "", 422
    try:
        with sitting() as office:
            desks.task_place_also_passed_on(office.session, _desk(office), task_id)
            service.pass_on(
                office,
                task_id=task_id,
                actor=actor(),
                to_unit=sent.get("to_unit", ""),
                reason=sent.get("reason", ""),
                version=int(version) if version.isascii() and version.isdigit() and len(version) < 10 else None,
            )
    except Invalid as invalid:
        problems = invalid.problems
    except Conflict as refused:
        refusal, status = said(str(refused)), 409
    else:
        flask.flash(gettext("已移交，接收单位已收到通知；时限照原时钟计算。"))
        return flask.redirect(flask.url_for("desk.inbox"), 303)
    with sitting() as office:
        return _form(office, task_id, problems=problems, refusal=refusal), status


def _desk(office: Sitting) -> Desk:
    account = signed_in()
    return Desk.of(office.city, account_id=account.id, unit_code=account.unit_code)


def _form(office: Sitting, task_id: UUID, *, problems: tuple[Problem, ...] = (), refusal: str = "") -> str:
    desk = _desk(office)
    view = desk_case.case_of_task(office.session, office.city, desk, task_id, today=office.today)
    units = service.may_receive(office, unit_code=desk.unit_code, area_code=view.head.area_code)
    return page(
        "desk/handover.html",
        office,
        place="/desk",
        head=view.head,
        task=view.head.task if view.head.task is not None and view.head.task.id == task_id else None,
        task_id=task_id,
        units=tuple(Choice(unit.code, named(unit.short_name)) for unit in units),
        typed={name: flask.request.form.get(name, "") for name in ("to_unit", "reason")},
        problems={each.field: said(each.problem) for each in problems},
        refusal=refusal,
        reason_length_max=service.REASON_LENGTH_MAX,
        task_tag=task_tag,
    )
