"""The working-day calendar's addresses: the years that are loaded, what is proposed, and whom it would move."""

from __future__ import annotations

from uuid import UUID

import flask
from flask_babel import gettext
from werkzeug.wrappers import Response

from services import calendars as service
from services.sitting import sitting
from shared.db import calendars as rows
from shared.domain.errors import Invalid, NotAllowed, NotFound, Problem
from web.auth.access import login_required, signed_in
from web.components import Tag, Tone
from web.naming import said
from web.workplace import page

calendar = flask.Blueprint("calendar", __name__)

PLACE = "/calendar"
FIELDS = ("year", "document", "days")
#: Open cases that a preview names; the number of all is said beside them.
MOVED_SHOWN = 50


@calendar.get(PLACE)
@login_required(*service.ROLES)
def overview() -> str:
    """The loaded years, and every change with its two people."""
    return _overview({}, ())


@calendar.post(PLACE)
@login_required(*service.ROLES)
def propose() -> Response | tuple[str, int]:
    """Propose a year's notice, or other days in a year that is loaded."""
    form = {name: flask.request.form.get(name, "") for name in FIELDS}
    year = form["year"].strip()
    try:
        with sitting() as office:
            change_id = service.propose(
                office,
                account=signed_in(),
                year=int(year) if year.isascii() and year.isdigit() and len(year) == 4 else 0,
                notice=form["days"],
                document=form["document"],
            )
    except Invalid as invalid:
        return _overview(form, invalid.problems), 422
    flask.flash(gettext("已提出，等另一人批准后生效。"))
    return flask.redirect(flask.url_for("calendar.change", change_id=change_id), 303)


@calendar.get(f"{PLACE}/<uuid:change_id>")
@login_required(*service.ROLES)
def change(change_id: UUID) -> str:
    """One change: its days, and the open cases whose last day it moves."""
    with sitting() as office:
        found = next((each for each in rows.changes(office.session) if each.id == change_id), None)
        if found is None:
            raise NotFound("没有这份日历变更")
        moved = service.preview(office, found) if found.state == "proposed" else ()
        return page(
            "admin/calendar_change.html",
            office,
            place=PLACE,
            change=found,
            days=sorted(found.days.items()) if found.kind == "change" else (),
            working_days=sum(found.days.values()),
            moved=moved[:MOVED_SHOWN],
            moved_count=len(moved),
            state=_state(found.state),
            is_mine=found.proposed_by == signed_in().id,
        )


@calendar.post(f"{PLACE}/<uuid:change_id>/approve")
@login_required(*service.ROLES)
def approve(change_id: UUID) -> Response:
    """Put a change in force, as its second person."""
    return _decided(change_id, approves=True)


@calendar.post(f"{PLACE}/<uuid:change_id>/decline")
@login_required(*service.ROLES)
def decline(change_id: UUID) -> Response:
    """Turn a change down."""
    return _decided(change_id, approves=False)


def _decided(change_id: UUID, *, approves: bool) -> Response:
    try:
        with sitting() as office:
            act = service.approve if approves else service.decline
            act(office, account=signed_in(), change_id=change_id)
    except NotAllowed as refused:
        flask.flash(said(str(refused)))
        return flask.redirect(flask.url_for("calendar.change", change_id=change_id), 303)
    flask.flash(gettext("已批准，正在重新推算在办件的期限。") if approves else gettext("已退回，日历没有变化。"))
    return flask.redirect(flask.url_for("calendar.overview"), 303)


def _overview(form: dict[str, str], problems: tuple[Problem, ...]) -> str:
    told = tuple(Problem(each.field.partition("[")[0], said(each.problem)) for each in problems)
    with sitting() as office:
        years = rows.years(office.session)
        following = office.today.year + 1
        return page(
            "admin/calendar.html",
            office,
            place=PLACE,
            years=years[::-1],
            changes=[(each, _state(each.state)) for each in rows.changes(office.session)],
            missing=following if following not in office.city.calendar.years else 0,
            form={"year": str(following), "document": "", "days": ""} | form,
            problems=told,
            error_of=dict.fromkeys(FIELDS, "") | {each.field: each.problem for each in told},
        )


def _state(state: str) -> Tag:
    return {
        "proposed": Tag(gettext("待批准"), Tone.AMBER),
        "approved": Tag(gettext("已生效"), Tone.GREEN, is_quiet=True),
        "declined": Tag(gettext("已退回"), Tone.GREY, is_quiet=True),
    }[state]
