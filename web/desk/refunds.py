"""Claims of prepaid funds at the desk of the item's unit: whether the proof shows what the applicant says."""

from __future__ import annotations

from uuid import UUID

import flask
from flask_babel import gettext
from werkzeug.wrappers import Response

from services import settlements
from services.sitting import Sitting, sitting
from shared.db.queries import refunds as queries
from shared.db.queries.refunds import RefundView
from shared.domain.errors import NotFound, Problem
from web.acting import do
from web.auth.access import actor, login_required, signed_in
from web.naming import named
from web.refunds.words import history, refund_tag, refund_words
from web.workplace import page

checks = flask.Blueprint("checks", __name__)

ROLES = ("officer", "checker")
PLACE = "/desk/refunds"

Problems = tuple[Problem, ...]


@checks.get(PLACE)
@login_required(*ROLES)
def listed() -> str:
    """The claims of my unit's items, those that wait first."""
    with sitting() as office:
        unit = signed_in().unit_code or "-"
        waiting = queries.refunds(office.session, tab="checking", unit_code=unit)
        others = queries.refunds(office.session, unit_code=unit)
        return page(
            "desk/refunds.html",
            office,
            place=PLACE,
            waiting=waiting.rows,
            others=[row for row in others.rows if row.state != "checking"],
            items={item.code: named(item) for item in office.city.items},
            refund_tag=refund_tag,
        )


@checks.get(f"{PLACE}/<uuid:refund_id>")
@login_required(*ROLES)
def claim(refund_id: UUID) -> str:
    """One claim with its proof, and the answer."""
    with sitting() as office:
        return _claim(office, refund_id)


@checks.post(f"{PLACE}/<uuid:refund_id>/<any(right, wrong):answer>")
@login_required(*ROLES)
def check(refund_id: UUID, answer: str) -> Response | tuple[str, int]:
    """Say whether the proof shows what was claimed."""

    def act(office: Sitting) -> None:
        _of(office, refund_id)
        opinion = flask.request.form.get("opinion", "")
        settlements.check(office, actor=actor(), refund_id=refund_id, is_right=answer == "right", opinion=opinion)

    def again(office: Sitting, problems: Problems, refusal: str) -> str:
        return _claim(office, refund_id, problems, refusal)

    done = gettext("已核对属实，转财务审批。") if answer == "right" else gettext("已答复核对不符，申请人已收到理由。")
    return do(act, done, again, address=flask.url_for("checks.claim", refund_id=refund_id))


def _of(office: Sitting, refund_id: UUID) -> RefundView:
    found = queries.refund(office.session, refund_id)
    if not found.unit_code or found.unit_code != signed_in().unit_code:
        raise NotFound("没有这笔退费，或不在您的办理范围内")
    return found


def _claim(office: Sitting, refund_id: UUID, problems: Problems = (), refusal: str = "") -> str:
    found = _of(office, refund_id)
    return page(
        "desk/refund.html",
        office,
        place=PLACE,
        refund=found,
        history=history(found),
        items={item.code: named(item) for item in office.city.items},
        refund_tag=refund_tag,
        refund_words=refund_words,
        opinion_length_max=settlements.OPINION_LENGTH_MAX,
        problems=problems,
        wrong={each.field: each.problem for each in problems},
        refusal=refusal,
        form=flask.request.form,
    )
