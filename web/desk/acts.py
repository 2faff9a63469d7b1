"""The further acts of a verdict: check, follow up, answer, change to consent, and the lead window's refusal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from uuid import UUID

import flask
from flask_babel import gettext
from werkzeug.wrappers import Response

from services import forwarding, refusals, review
from services.refusals import Ground
from services.sitting import Sitting, sitting
from shared.db.queries import decision as decisions
from shared.db.queries.desk import Desk, task_place
from shared.db.queries.refusal import RefusalCase, refusal_case
from shared.domain.errors import Conflict, Invalid, NotFound, Problem
from web.auth.access import actor, login_required, signed_in
from web.components import Choice
from web.desk.routes import ROLES, case_again, conflict, version_of
from web.naming import said
from web.workplace import page

verdicts = flask.Blueprint("verdicts", __name__)

ANSWERS = {"approved": True, "refused": False}


@verdicts.post("/desk/tasks/<uuid:task_id>/check")
@login_required(*ROLES)
def check(task_id: UUID) -> Response | tuple[str, int]:
    """The second person confirms a first review, or sends it back."""
    form = flask.request.form
    confirm = form.get("act") != "return"

    def act(office: Sitting) -> None:
        review.check(
            office,
            task_id=task_id,
            actor=actor(),
            confirm=confirm,
            reason=form.get("reason", ""),
            version=version_of(form.get("version", "")),
        )

    done = gettext("已确认，已加盖本单位电子签章。") if confirm else gettext("已退回初审。")
    return _act(task_id, act, done, opened="return", typed=form.get("reason", ""))


@verdicts.post("/desk/tasks/<uuid:task_id>/follow-up")
@login_required(*ROLES)
def follow_up(task_id: UUID) -> Response | tuple[str, int]:
    """Record that somebody asked the higher organ for its answer."""
    form = flask.request.form

    def act(office: Sitting) -> None:
        forwarding.follow_up(
            office,
            task_id=task_id,
            actor=actor(),
            note=form.get("note", ""),
            next_on=day_of("next_on", form.get("next_on", "")),
            version=version_of(form.get("version", "")),
        )

    return _act(task_id, act, gettext("已登记催办。"), opened="follow_up", typed=form.get("note", ""))


@verdicts.post("/desk/tasks/<uuid:task_id>/answer")
@login_required(*ROLES)
def answer(task_id: UUID) -> Response | tuple[str, int]:
    """Record the higher organ's answer, which is the verdict."""
    form = flask.request.form

    def act(office: Sitting) -> None:
        which = form.get("answer", "")
        if which not in ANSWERS:
            raise Invalid([Problem("answer", "请选择上级同意或不同意")])
        try:
            forwarding.answer(
                office,
                task_id=task_id,
                actor=actor(),
                approved=ANSWERS[which],
                note=form.get("answer-note", ""),
                way=form.get("answer-way", ""),
                version=version_of(form.get("version", "")),
            )
        except Invalid as invalid:
            # On this page the two texts have names of their own.
            names = {"note": "answer-note", "opinion": "answer-note", "way": "answer-way"}
            raise Invalid(
                Problem(names.get(each.field, each.field), each.problem) for each in invalid.problems
            ) from None

    return _act(
        task_id, act, gettext("已登记答复，已加盖本单位电子签章。"), opened="answer", typed=form.get("answer-note", "")
    )


@verdicts.post("/desk/tasks/<uuid:task_id>/consent")
@login_required(*ROLES)
def consent(task_id: UUID) -> Response | tuple[str, int]:
    """Change an objection into a consent, in a new round."""
    form = flask.request.form

    def act(office: Sitting) -> None:
        review.change_to_consent(
            office,
            task_id=task_id,
            actor=actor(),
            opinion=form.get("consent", ""),
            version=version_of(form.get("version", "")),
        )

    return _act(task_id, act, gettext("已改为同意。"), opened="consent", typed=form.get("consent", ""))


@verdicts.get("/desk/cases/<uuid:application_id>/refuse")
@login_required(*ROLES)
def refusal_page(application_id: UUID) -> str:
    """The lead window's form of a 不予许可决定书: each objection with its reason and way to approval."""
    with sitting() as office:
        return _refusal(office, _objected(office, application_id))


@verdicts.post("/desk/cases/<uuid:application_id>/refuse")
@login_required(*ROLES)
def refuse(application_id: UUID) -> Response | tuple[str, int]:
    """Issue it, once the chief has ticked that it is final."""
    form = flask.request.form
    try:
        with sitting() as office:
            found = _objected(office, application_id)
            if found.refusal_number is None and not form.get("final"):
                raise Invalid([Problem("final", "请先确认决定作出后不能撤回")])
            number = refusals.refuse(
                office,
                application_id=application_id,
                actor=actor(),
                grounds={
                    each.matter_code: Ground(
                        form.get(f"reason-{each.matter_code}", each.reason),
                        form.get(f"way-{each.matter_code}", each.way),
                    )
                    for each in found.objections
                },
                version=version_of(form.get("version", "")),
            )
    except Invalid as invalid:
        with sitting() as office:
            return _refusal(office, _objected(office, application_id), invalid.problems), 422
    except Conflict as refused:
        with sitting() as office:
            return _refusal(office, _objected(office, application_id), what=said(str(refused))), 409
    flask.flash(gettext("已作出不予许可决定 %(number)s，决定书正在制作。", number=number))
    return flask.redirect(flask.url_for("verdicts.refusal_page", application_id=application_id), 303)


def day_of(field: str, text: str) -> date:
    """A date as a form gives it; raises `Invalid`."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid([Problem(field, "请填写日期")]) from None


def _act(
    task_id: UUID, act: Callable[[Sitting], None], done: str, *, opened: str, typed: str
) -> Response | tuple[str, int]:
    """Do one act on a task and come back to its page, also with what is wrong or what somebody else did."""
    try:
        with sitting() as office:
            account = signed_in()
            mine = Desk.of(office.city, account_id=account.id, unit_code=account.unit_code)
            task_place(office.session, mine, task_id)
            act(office)
    except Invalid as invalid:
        return case_again(task_id, invalid.problems, opened=opened), 422
    except Conflict as refused:
        return conflict(task_id, said(str(refused)), opinion=typed), 409
    flask.flash(done)
    return flask.redirect(flask.url_for("desk.case_of_task", task_id=task_id), 303)


def _objected(office: Sitting, application_id: UUID) -> RefusalCase:
    """The case before the lead window; for every other desk this page does not exist."""
    if signed_in().unit_code != office.city.lead_unit:
        raise NotFound("没有这个页面，或它不属于您的账号")
    return refusal_case(office.session, application_id)


def _refusal(office: Sitting, found: RefusalCase, problems: tuple[Problem, ...] = (), what: str = "") -> str:
    form = flask.request.form
    return page(
        "desk/refuse.html",
        office,
        place="/desk",
        case=found,
        objections=[
            (
                each,
                form.get(f"reason-{each.matter_code}", each.reason),
                form.get(f"way-{each.matter_code}", each.way),
            )
            for each in found.objections
        ],
        units={code: unit.short_name for code, unit in office.city.units.items()},
        is_chief=decisions.is_chief(office.session, office.city.lead_unit, signed_in().id, today=office.today),
        problems=tuple(Problem(each.field, said(each.problem)) for each in problems),
        wrong={each.field: said(each.problem) for each in problems},
        what=what,
        finals=(Choice("yes", gettext("决定作出后不能撤回，其余任务终止，时限停止")),),
        length_max=review.OPINION_LENGTH_MAX,
    )
