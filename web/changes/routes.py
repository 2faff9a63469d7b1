"""The addresses of a bill's changes: what an applicant asks for, and what finance makes of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import flask
from flask_babel import gettext
from werkzeug.wrappers import Response

from services import area_surveys, disputes, reissues
from services.sitting import Sitting, sitting
from shared.db.queries import cases
from shared.db.queries import changes as queries
from shared.domain.errors import Invalid, NotFound, Problem
from shared.domain.facts import FACT_NAMES
from shared.domain.settlement import SURVEYED
from web.acting import do
from web.auth.access import actor, login_required, signed_in
from web.components import Choice, Tag, Tone
from web.naming import named
from web.workplace import page

changes = flask.Blueprint("changes", __name__)

ROLE = "finance"
PLACE = "/finance/changes"

Problems = tuple[Problem, ...]


# The applicant's.


@changes.get("/apply/cases/<uuid:application_id>/survey")
@login_required("applicant")
def survey_page(application_id: UUID) -> str:
    """State what was measured at completion, and see what became of earlier surveys."""
    with sitting() as office:
        return _own_survey(office, application_id)


@changes.post("/apply/cases/<uuid:application_id>/survey")
@login_required("applicant")
def ask_survey(application_id: UUID) -> Response | tuple[str, int]:
    """Hand in what was measured."""
    form = flask.request.form

    def act(office: Sitting) -> None:
        area_surveys.ask(
            office,
            application_id=application_id,
            account=signed_in(),
            measured={name: form[name].strip() for name in SURVEYED if form.get(name, "").strip()},
            document=form.get("document", ""),
            surveyed_on=_day(form.get("surveyed_on", "")),
        )

    def again(office: Sitting, problems: Problems, refusal: str) -> str:
        return _own_survey(office, application_id, problems, refusal)

    where = flask.url_for("changes.survey_page", application_id=application_id)
    return do(act, gettext("已提交面积实测结算，财政部门审核后通知您。"), again, address=where)


@changes.get("/apply/bills/<uuid:bill_id>/dispute")
@login_required("applicant")
def dispute_page(bill_id: UUID) -> str:
    """Object to a bill, and see the answers."""
    with sitting() as office:
        return _own_dispute(office, bill_id)


@changes.post("/apply/bills/<uuid:bill_id>/dispute")
@login_required("applicant")
def raise_dispute(bill_id: UUID) -> Response | tuple[str, int]:
    """Hand in an objection."""
    form = flask.request.form

    def act(office: Sitting) -> None:
        disputes.raise_dispute(
            office,
            bill_id=bill_id,
            account=signed_in(),
            grounds=form.get("grounds", ""),
            item_codes=form.getlist("item_codes"),
        )

    def again(office: Sitting, problems: Problems, refusal: str) -> str:
        return _own_dispute(office, bill_id, problems, refusal)

    where = flask.url_for("changes.dispute_page", bill_id=bill_id)
    return do(act, gettext("异议已提交，财政部门将在期限内书面答复。"), again, address=where)


@changes.post("/apply/disputes/<uuid:dispute_id>/withdraw")
@login_required("applicant")
def withdraw_dispute(dispute_id: UUID) -> Response | tuple[str, int]:
    """Take an objection back."""
    with sitting() as office:
        bill_id = queries.dispute(office.session, dispute_id).bill_id

    def act(office: Sitting) -> None:
        disputes.withdraw_dispute(office, dispute_id=dispute_id, account=signed_in())

    def again(office: Sitting, problems: Problems, refusal: str) -> str:
        return _own_dispute(office, bill_id, problems, refusal)

    where = flask.url_for("changes.dispute_page", bill_id=bill_id)
    return do(act, gettext("异议已撤回。"), again, address=where)


# The finance office's.


@changes.get("/finance/changes")
@login_required(ROLE)
def listed() -> str:
    """Surveys to settle and objections to answer, those that wait first."""
    with sitting() as office:
        return page(
            "changes/list.html",
            office,
            place=PLACE,
            surveys=queries.surveys(office.session),
            disputes=queries.disputes(office.session),
            survey_tag=survey_tag,
            dispute_tag=dispute_tag,
        )


@changes.get("/finance/surveys/<uuid:survey_id>")
@login_required(ROLE)
def survey(survey_id: UUID) -> str:
    """One survey: what was measured, and what each item comes to."""
    with sitting() as office:
        return _survey(office, survey_id)


@changes.post("/finance/surveys/<uuid:survey_id>/settle")
@login_required(ROLE)
def settle(survey_id: UUID) -> Response | tuple[str, int]:
    """Settle it: a supplementary bill goes out, or a refund is put before finance."""

    def act(office: Sitting) -> None:
        area_surveys.settle(office, survey_id=survey_id, actor=actor())

    return _on_survey(survey_id, act, gettext("面积实测结算已办结，补缴通知书（如有）已发出。"))


@changes.post("/finance/surveys/<uuid:survey_id>/decline")
@login_required(ROLE)
def decline(survey_id: UUID) -> Response | tuple[str, int]:
    """Send it back with the reason."""

    def act(office: Sitting) -> None:
        opinion = flask.request.form.get("opinion", "")
        area_surveys.decline(office, survey_id=survey_id, actor=actor(), opinion=opinion)

    return _on_survey(survey_id, act, gettext("已退回，申请人已收到理由。"))


@changes.get("/finance/disputes/<uuid:dispute_id>")
@login_required(ROLE)
def dispute(dispute_id: UUID) -> str:
    """One objection, and the form that answers it."""
    with sitting() as office:
        return _dispute(office, dispute_id)


@changes.post("/finance/disputes/<uuid:dispute_id>")
@login_required(ROLE)
def answer(dispute_id: UUID) -> Response | tuple[str, int]:
    """Answer in writing."""
    form = flask.request.form

    def act(office: Sitting) -> None:
        disputes.answer(
            office,
            dispute_id=dispute_id,
            actor=actor(),
            outcome=form.get("outcome", ""),
            text=form.get("answer", ""),
        )

    def again(office: Sitting, problems: Problems, refusal: str) -> str:
        return _dispute(office, dispute_id, problems, refusal)

    where = flask.url_for("changes.dispute", dispute_id=dispute_id)
    return do(act, gettext("已书面答复，申请人已收到。"), again, address=where)


@changes.get("/finance/bills/<uuid:bill_id>/reissue")
@login_required(ROLE)
def reissue_page(bill_id: UUID) -> str:
    """What drawing a bill up anew means, and the form."""
    with sitting() as office:
        return _reissue(office, bill_id)


@changes.post("/finance/bills/<uuid:bill_id>/reissue")
@login_required(ROLE)
def reissue(bill_id: UUID) -> Response | tuple[str, int]:
    """Void the bill and draw it up anew; leads to the new one."""

    def act(office: Sitting) -> str:
        reason = flask.request.form.get("reason", "")
        new_id = reissues.reissue(office, bill_id=bill_id, actor=actor(), reason=reason)
        return flask.url_for("finance.bill", bill_id=new_id)

    def again(office: Sitting, problems: Problems, refusal: str) -> str:
        return _reissue(office, bill_id, problems, refusal)

    return do(act, gettext("原通知书已作废，新的已发出。"), again)


# Frames.


def _on_survey(survey_id: UUID, act: Callable[[Sitting], None], done: str) -> Response | tuple[str, int]:
    def again(office: Sitting, problems: Problems, refusal: str) -> str:
        return _survey(office, survey_id, problems, refusal)

    return do(act, done, again, address=flask.url_for("changes.survey", survey_id=survey_id))


def _told(problems: Problems, refusal: str) -> dict[str, Any]:
    return {
        "problems": problems,
        "wrong": {each.field: each.problem for each in problems},
        "refusal": refusal,
        "form": flask.request.form,
    }


def _own_survey(office: Sitting, application_id: UUID, problems: Problems = (), refusal: str = "") -> str:
    file = cases.case_file(office.session, application_id, signed_in())
    return flask.render_template(
        "changes/own_survey.html",
        case=file.case,
        facts=file.case.facts,
        names=[(name, named(FACT_NAMES[name])) for name in SURVEYED],
        surveys=queries.surveys(office.session, application_id=application_id),
        items={item.code: named(item) for item in office.city.items},
        survey_tag=survey_tag,
        text_length_max=area_surveys.TEXT_LENGTH_MAX,
        **_told(problems, refusal),
    )


def _own_dispute(office: Sitting, bill_id: UUID, problems: Problems = (), refusal: str = "") -> str:
    bill = queries.bill_head(office.session, bill_id)
    if bill.applicant_id != signed_in().id:
        raise NotFound("没有这张缴费通知书，或不在您的办理范围内")
    items = {item.code: named(item) for item in office.city.items}
    found = queries.disputes(office.session, bill_id=bill_id)
    return flask.render_template(
        "changes/own_dispute.html",
        bill=bill,
        choices=tuple(Choice(code, items[code]) for code in bill.item_codes),
        disputes=found,
        is_open=any(each.state == "open" for each in found),
        items=items,
        dispute_tag=dispute_tag,
        text_length_max=disputes.TEXT_LENGTH_MAX,
        **_told(problems, refusal),
    )


def _survey(office: Sitting, survey_id: UUID, problems: Problems = (), refusal: str = "") -> str:
    return page(
        "changes/survey.html",
        office,
        place=PLACE,
        survey=queries.survey(office.session, survey_id),
        survey_tag=survey_tag,
        items={item.code: named(item) for item in office.city.items},
        names={name: named(FACT_NAMES[name]) for name in SURVEYED},
        text_length_max=area_surveys.TEXT_LENGTH_MAX,
        **_told(problems, refusal),
    )


def _dispute(office: Sitting, dispute_id: UUID, problems: Problems = (), refusal: str = "") -> str:
    return page(
        "changes/dispute.html",
        office,
        place=PLACE,
        dispute=queries.dispute(office.session, dispute_id),
        dispute_tag=dispute_tag,
        items={item.code: named(item) for item in office.city.items},
        outcomes=(
            Choice("kept", gettext("维持原通知书")),
            Choice("corrected", gettext("予以更正（另行作废重开或退费）")),
        ),
        text_length_max=disputes.TEXT_LENGTH_MAX,
        **_told(problems, refusal),
    )


def _reissue(office: Sitting, bill_id: UUID, problems: Problems = (), refusal: str = "") -> str:
    return page(
        "changes/reissue.html",
        office,
        place="/finance/bills",
        bill=queries.bill_head(office.session, bill_id),
        reason_length_max=reissues.REASON_LENGTH_MAX,
        **_told(problems, refusal),
    )


def survey_tag(state: str) -> Tag:
    """Where a survey stands."""
    return {
        "asked": Tag(gettext("待审核"), Tone.AMBER),
        "settled": Tag(gettext("已办结"), Tone.GREEN),
        "declined": Tag(gettext("已退回"), Tone.RED),
    }[state]


def dispute_tag(state: str) -> Tag:
    """Where an objection stands."""
    return {
        "open": Tag(gettext("待答复"), Tone.AMBER),
        "answered": Tag(gettext("已答复"), Tone.GREEN),
        "withdrawn": Tag(gettext("已撤回"), is_quiet=True),
    }[state]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid([Problem("surveyed_on", "请填写日期")]) from None
