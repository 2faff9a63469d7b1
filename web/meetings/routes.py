"""The addresses of joint meetings and site surveys: each reads one view or does one act of the services."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

import flask
from flask_babel import gettext
from werkzeug.wrappers import Response

from services import meetings as meeting_service
from services import surveys as survey_service
from services.authority import UNDER_REVIEW
from services.meetings import Attendance, Verdict
from services.sitting import Sitting, sitting
from shared.db.queries import gatherings as queries
from shared.db.queries.gatherings import MeetingView
from shared.domain.errors import Invalid, Problem
from web.acting import do
from web.auth.access import actor, login_required, signed_in
from web.components import Choice
from web.desk.words import task_tag
from web.meetings.words import gathering_tag, kind_words, result_tag, seat_tag, verdict_tag
from web.moments import moment_of
from web.naming import named
from web.workplace import page

meetings = flask.Blueprint("meetings", __name__)

ROLES = ("officer", "checker")
PLACE = "/desk/meetings"
#: The services name the moment, the form has a day and a time.
FIELDS = {"planned_at": "planned_on"}


@meetings.get("/desk/meetings")
@login_required(*ROLES)
def listed() -> str:
    """The meetings and surveys that my unit was invited to, those ahead first."""
    with sitting() as office:
        rows = queries.of_unit(office.session, office.city, unit_code=_unit())
        return page(
            "meetings/list.html",
            office,
            place=PLACE,
            rows=rows,
            units=_short_names(office),
            kind_words=kind_words,
            gathering_tag=gathering_tag,
        )


@meetings.get("/desk/cases/<uuid:application_id>/meetings")
@login_required(*ROLES)
def of_case(application_id: UUID) -> str:
    """A case's meetings and surveys; the lead window calls them here."""
    with sitting() as office:
        return _of_case(office, application_id)


@meetings.post("/desk/cases/<uuid:application_id>/meetings")
@login_required(*ROLES)
def call(application_id: UUID) -> Response | tuple[str, int]:
    """Call a joint meeting about objections or late work."""
    form = flask.request.form

    def act(office: Sitting) -> str:
        meeting_id = meeting_service.call(
            office,
            application_id=application_id,
            kind=form.get("kind", ""),
            task_ids=_ids(form.getlist("tasks"), "tasks"),
            unit_codes=form.getlist("units"),
            reason=form.get("reason", ""),
            actor=actor(),
        )
        return flask.url_for("meetings.meeting", meeting_id=meeting_id)

    done = gettext("已召集联席会议，已通知各单位；请确定时间地点。")
    return _do_on_case(application_id, act, done, opened="meeting")


@meetings.post("/desk/cases/<uuid:application_id>/surveys")
@login_required(*ROLES)
def call_survey(application_id: UUID) -> Response | tuple[str, int]:
    """Call a joint site survey."""
    form = flask.request.form

    def act(office: Sitting) -> str:
        survey_id = survey_service.call(
            office,
            application_id=application_id,
            planned_at=moment_of(form, "planned_on", "planned_time"),
            place=form.get("place", ""),
            unit_codes=form.getlist("survey_units"),
            note=form.get("note", ""),
            pauses_clocks="yes" in form.getlist("pauses"),
            actor=actor(),
        )
        return flask.url_for("meetings.survey", survey_id=survey_id)

    return _do_on_case(application_id, act, gettext("已召集联合踏勘，已通知各单位。"), opened="survey")


@meetings.get("/desk/meetings/<uuid:meeting_id>")
@login_required(*ROLES)
def meeting(meeting_id: UUID) -> str:
    """One meeting: who is invited, what it is about, what was decided."""
    with sitting() as office:
        return _meeting(office, meeting_id)


@meetings.post("/desk/meetings/<uuid:meeting_id>/plan")
@login_required(*ROLES)
def plan(meeting_id: UUID) -> Response | tuple[str, int]:
    """Fix time, place and chair."""
    form = flask.request.form

    def act(office: Sitting) -> str:
        _may_see(office, meeting_id)
        meeting_service.plan(
            office,
            meeting_id=meeting_id,
            planned_at=moment_of(form, "planned_on", "planned_time"),
            place=form.get("place", ""),
            chair=form.get("chair", ""),
            actor=actor(),
            version=_version(),
        )
        return _address(meeting_id)

    return _do_on_meeting(meeting_id, act, gettext("时间地点已确定，已通知各单位。"))


@meetings.post("/desk/meetings/<uuid:meeting_id>/record")
@login_required(*ROLES)
def record(meeting_id: UUID) -> Response | tuple[str, int]:
    """Record the meeting with all verdicts, or who came and that it is held again."""
    form = flask.request.form

    def act(office: Sitting) -> str:
        view = _may_see(office, meeting_id)
        attendance = _attendance(view, form)
        if form.get("act") == "adjourn":
            meeting_service.adjourn(
                office,
                meeting_id=meeting_id,
                attendance=attendance,
                note=form.get("note", ""),
                actor=actor(),
                version=_version(),
            )
        else:
            meeting_service.hold(
                office,
                meeting_id=meeting_id,
                attendance=attendance,
                verdicts=_verdicts(view, form),
                discussed=form.get("discussed", ""),
                actor=actor(),
                version=_version(),
            )
        return _address(meeting_id)

    done = (
        gettext("已记录到会情况；请另定开会时间。")
        if form.get("act") == "adjourn"
        else gettext("会议已记录，各单位结论已同时签章办结，纪要正在制作。")
    )
    return _do_on_meeting(meeting_id, act, done)


@meetings.post("/desk/meetings/<uuid:meeting_id>/cancel")
@login_required(*ROLES)
def cancel(meeting_id: UUID) -> Response | tuple[str, int]:
    """Call a meeting off."""

    def act(office: Sitting) -> str:
        _may_see(office, meeting_id)
        reason = flask.request.form.get("reason", "")
        meeting_service.cancel(office, meeting_id=meeting_id, reason=reason, actor=actor(), version=_version())
        return _address(meeting_id)

    return _do_on_meeting(meeting_id, act, gettext("会议已取消，已通知各单位。"))


@meetings.get("/desk/surveys/<uuid:survey_id>")
@login_required(*ROLES)
def survey(survey_id: UUID) -> str:
    """One site survey with what every unit found."""
    with sitting() as office:
        return _survey(office, survey_id)


@meetings.post("/desk/surveys/<uuid:survey_id>/finding")
@login_required(*ROLES)
def find(survey_id: UUID) -> Response | tuple[str, int]:
    """Write what my unit found."""
    form = flask.request.form

    def act(office: Sitting) -> str:
        queries.survey(office.session, office.city, survey_id, unit_code=_unit())
        survey_service.find(
            office,
            survey_id=survey_id,
            actor=actor(),
            result=form.get("result", ""),
            finding=form.get("finding", ""),
        )
        return flask.url_for("meetings.survey", survey_id=survey_id)

    return _do_on_survey(survey_id, act, gettext("踏勘意见已签章记录。"))


@meetings.post("/desk/surveys/<uuid:survey_id>/cancel")
@login_required(*ROLES)
def cancel_survey(survey_id: UUID) -> Response | tuple[str, int]:
    """Call a survey off."""

    def act(office: Sitting) -> str:
        queries.survey(office.session, office.city, survey_id, unit_code=_unit())
        reason = flask.request.form.get("reason", "")
        survey_service.cancel(office, survey_id=survey_id, reason=reason, actor=actor())
        return flask.url_for("meetings.survey", survey_id=survey_id)

    return _do_on_survey(survey_id, act, gettext("踏勘已取消，停表的已恢复计时。"))


# What was typed.


def _ids(given: list[str], field: str) -> list[UUID]:
    try:
        return [UUID(each) for each in given]
    except ValueError:
        raise Invalid([Problem(field, "请选择本办件要议的事项")]) from None


def _version() -> int | None:
    given = flask.request.form.get("version", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None


def _attendance(view: MeetingView, form: Mapping[str, str]) -> dict[str, Attendance]:
    found = {}
    for seat in view.seats:
        came = form.get(f"attendance.{seat.unit_code}", "")
        if came not in ("yes", "no"):
            continue
        speaker = form.get(f"speaker.{seat.unit_code}", "")
        known = next((each.id for each in view.people if str(each.id) == speaker), None)
        note = form.get(f"note.{seat.unit_code}", "")
        found[seat.unit_code] = Attendance(came == "yes", known if came == "yes" else None, note)
    return found


def _verdicts(view: MeetingView, form: Mapping[str, str]) -> dict[UUID, Verdict]:
    return {
        task.id: Verdict(
            form.get(f"verdict.{task.id}", ""), form.get(f"opinion.{task.id}", ""), form.get(f"way.{task.id}", "")
        )
        for task in view.tasks
        if f"verdict.{task.id}" in form
    }


# Acts and answers.


def _do_on_case(
    application_id: UUID, act: Callable[[Sitting], str], done: str, *, opened: str
) -> Response | tuple[str, int]:
    def again(office: Sitting, problems: tuple[Problem, ...], refusal: str) -> str:
        return _of_case(office, application_id, problems=problems, refusal=refusal, opened=opened)

    return do(act, done, again, fields=FIELDS)


def _do_on_meeting(meeting_id: UUID, act: Callable[[Sitting], str], done: str) -> Response | tuple[str, int]:
    def again(office: Sitting, problems: tuple[Problem, ...], refusal: str) -> str:
        return _meeting(office, meeting_id, problems=problems, refusal=refusal)

    return do(act, done, again, fields=FIELDS)


def _do_on_survey(survey_id: UUID, act: Callable[[Sitting], str], done: str) -> Response | tuple[str, int]:
    def again(office: Sitting, problems: tuple[Problem, ...], refusal: str) -> str:
        return _survey(office, survey_id, problems=problems, refusal=refusal)

    return do(act, done, again, fields=FIELDS)


def _may_see(office: Sitting, meeting_id: UUID) -> MeetingView:
    return queries.meeting(office.session, office.city, meeting_id, unit_code=_unit())


def _unit() -> str:
    return signed_in().unit_code or ""


def _address(meeting_id: UUID) -> str:
    return flask.url_for("meetings.meeting", meeting_id=meeting_id)


def _short_names(office: Sitting) -> dict[str, str]:
    return {code: unit.short_name for code, unit in office.city.units.items()}


# Pages.


def _of_case(
    office: Sitting,
    application_id: UUID,
    *,
    problems: tuple[Problem, ...] = (),
    refusal: str = "",
    opened: str = "",
) -> str:
    view = queries.of_case(office.session, office.city, application_id, unit_code=_unit())
    units = _short_names(office)
    involved = list(dict.fromkeys(task.unit_code for task in view.tasks))
    return page(
        "meetings/case.html",
        office,
        place="/desk",
        view=view,
        is_lead=_unit() == office.city.lead_unit and view.case.status in UNDER_REVIEW,
        problems=problems,
        errors={each.field: each.problem for each in problems},
        refusal=refusal,
        opened=opened,
        form=flask.request.form,
        units=units,
        kinds=(
            Choice("objection", gettext("有不同意见，协调解决")),
            Choice("escalation", gettext("超过时限，督办")),
        ),
        tasks=tuple(
            Choice(
                str(task.id), named(task.matter_name), f"{named(units[task.unit_code])}・{task_tag(task.status).label}"
            )
            for task in view.tasks
            if task.status not in ("approved", "cancelled", "waiting")
        ),
        all_units=tuple(Choice(code, named(name)) for code, name in units.items()),
        case_units=tuple(Choice(code, named(units[code])) for code in involved),
        kind_words=kind_words,
        gathering_tag=gathering_tag,
    )


def _meeting(office: Sitting, meeting_id: UUID, *, problems: tuple[Problem, ...] = (), refusal: str = "") -> str:
    view = _may_see(office, meeting_id)
    is_lead = _unit() == office.city.lead_unit
    return page(
        "meetings/meeting.html",
        office,
        place=PLACE,
        view=view,
        meeting=view.meeting,
        units=_short_names(office),
        may_record=is_lead and view.meeting.state == "called",
        decides=view.meeting.kind != "escalation",
        problems=problems,
        errors={each.field: each.problem for each in problems},
        refusal=refusal,
        form=flask.request.form,
        kind_words=kind_words,
        gathering_tag=gathering_tag,
        seat_tag=seat_tag,
        task_tag=task_tag,
        verdict_tag=verdict_tag,
        came=(Choice("yes", gettext("到会")), Choice("no", gettext("缺席"))),
        verdicts=(Choice("approved", gettext("同意")), Choice("objected", gettext("不同意"))),
        people={
            seat.unit_code: tuple(
                Choice(str(each.id), each.name) for each in view.people if each.unit_code == seat.unit_code
            )
            for seat in view.seats
        },
        limits=meeting_service,
    )


def _survey(office: Sitting, survey_id: UUID, *, problems: tuple[Problem, ...] = (), refusal: str = "") -> str:
    view = queries.survey(office.session, office.city, survey_id, unit_code=_unit())
    own = next((each for each in view.findings if each.unit_code == _unit()), None)
    is_ahead = view.survey.state == "planned"
    return page(
        "meetings/survey.html",
        office,
        place=PLACE,
        view=view,
        survey=view.survey,
        units=_short_names(office),
        may_find=is_ahead and own is not None and not own.result and office.now >= view.survey.planned_at,
        may_cancel=is_ahead and _unit() == office.city.lead_unit,
        problems=problems,
        errors={each.field: each.problem for each in problems},
        refusal=refusal,
        form=flask.request.form,
        gathering_tag=gathering_tag,
        result_tag=result_tag,
        results=(Choice("fine", gettext("符合")), Choice("problem", gettext("存在问题"))),
        finding_length_max=survey_service.FINDING_LENGTH_MAX,
    )
