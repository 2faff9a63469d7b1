"""Withdrawing an application: what it means is said first, then a reason and a tick, then it is done."""

from __future__ import annotations

from uuid import UUID

import flask
from flask_babel import gettext
from werkzeug.wrappers import Response

from services import withdrawal
from services.sitting import sitting
from shared.db.queries import cases
from shared.domain.errors import Invalid, Problem
from web.auth.access import login_required, signed_in
from web.components import Choice
from web.naming import said

withdrawals = flask.Blueprint("withdrawals", __name__, url_prefix="/apply")

#: As long as these, an application can be withdrawn.
OPEN = ("in_review", "objected", "billed")


@withdrawals.get("/cases/<uuid:application_id>/withdraw")
@login_required("applicant")
def withdraw_page(application_id: UUID) -> str:
    """What withdrawing means, and the form."""
    return _page(application_id)


@withdrawals.post("/cases/<uuid:application_id>/withdraw")
@login_required("applicant")
def withdraw(application_id: UUID) -> Response | tuple[str, int]:
    """Withdraw, once the reason is given and the tick set; a second click finds it done."""
    form = flask.request.form
    try:
        if not form.get("sure"):
            raise Invalid([Problem("sure", "请先确认撤回后不能恢复")])
        with sitting() as office:
            withdrawal.withdraw(
                office, application_id=application_id, account=signed_in(), reason=form.get("reason", "")
            )
    except Invalid as invalid:
        return _page(application_id, invalid.problems), 422
    flask.flash(gettext("申报已撤回。"))
    return flask.redirect(flask.url_for("apply.case", application_id=application_id), 303)


def _page(application_id: UUID, problems: tuple[Problem, ...] = ()) -> str:
    with sitting() as office:
        file = cases.case_file(office.session, application_id, signed_in())
    told = tuple(Problem(each.field, said(each.problem)) for each in problems)
    return flask.render_template(
        "apply/withdraw.html",
        case=file.case,
        is_open=file.case.status in OPEN,
        paid=[bill for bill in file.bills if bill.status == "paid"],
        unpaid=[bill for bill in file.bills if bill.is_open],
        sures=(Choice("yes", gettext("撤回后不能恢复；需要时重新申报")),),
        reason=flask.request.form.get("reason", ""),
        reason_length_max=withdrawal.REASON_LENGTH_MAX,
        problems=told,
        wrong={each.field: each.problem for each in told},
    )
