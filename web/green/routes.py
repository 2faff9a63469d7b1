"""The addresses of the green channel, for the applicant, the lead window, and the units whose windows are visited."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import flask
from flask_babel import gettext
from werkzeug.wrappers import Response

from services import appointments as appointment_service
from services import green_channel as service
from services.sitting import Sitting, sitting
from shared.db import appointments, service_cards
from shared.db.queries import gatherings as queries
from shared.domain.clocks import Kind, Mechanism
from shared.domain.errors import Invalid, Problem
from web.acting import do
from web.auth.access import actor, login_required, signed_in
from web.components import Choice, Tag, Tone
from web.moments import moment_of
from web.naming import named
from web.workplace import page

green = flask.Blueprint("green", __name__)

ROLES = ("officer", "checker")
PLACE = "/desk/green-channel"
DECISIONS = {"grant": True, "decline": False}
#: The services name the moment, the form has a day and a time.
FIELDS = {"at": "on"}


# The applicant's.


@green.get("/apply/cases/<uuid:application_id>/green-channel")
@login_required("applicant")
def ask_page(application_id: UUID) -> str:
    """Ask for the green channel, see the answer, and book times once it is granted."""
    with sitting() as office:
        return _applicants(office, application_id)


@green.post("/apply/cases/<uuid:application_id>/green-channel")
@login_required("applicant")
def ask(application_id: UUID) -> Response | tuple[str, int]:
    """Hand in the ask."""
    form = flask.request.form

    def act(office: Sitting) -> None:
        service.ask(
            office,
            application_id=application_id,
            account=signed_in(),
            criterion=form.get("criterion", ""),
            document=form.get("document", ""),
            statement=form.get("statement", ""),
        )

    return _do_own(application_id, act, gettext("已提交绿色通道申请，牵头窗口将在承诺时限内答复。"))


@green.post("/apply/cases/<uuid:application_id>/appointments")
@login_required("applicant")
def book(application_id: UUID) -> Response | tuple[str, int]:
    """Ask for a time at a window."""
    form = flask.request.form

    def act(office: Sitting) -> None:
        appointment_service.ask(
            office,
            application_id=application_id,
            account=signed_in(),
            unit_code=form.get("unit", ""),
            at=moment_of(form, "on", "time"),
            topic=form.get("topic", ""),
        )

    return _do_own(application_id, act, gettext("已预约，等待单位确认。"))


@green.post("/apply/appointments/<uuid:appointment_id>/cancel")
@login_required("applicant")
def give_back(appointment_id: UUID) -> Response | tuple[str, int]:
    """Give a booked time back."""
    with sitting() as office:
        application_id = appointments.load(office.session, appointment_id).application_id
        queries.own_case(office.session, application_id, account_id=signed_in().id)

    def act(office: Sitting) -> None:
        appointment_service.cancel(office, appointment_id=appointment_id, actor=actor())

    return _do_own(application_id, act, gettext("预约已取消。"))


# The office's.


@green.get("/desk/green-channel")
@login_required(*ROLES)
def listed() -> str:
    """The asks that wait for the lead window, and the times booked at my unit's window."""
    with sitting() as office:
        return _listed(office)


@green.get("/desk/cases/<uuid:application_id>/green-channel")
@login_required(*ROLES)
def decide_page(application_id: UUID) -> str:
    """One ask with its criterion and proof; the lead window answers here."""
    with sitting() as office:
        return _asked(office, application_id)


@green.post("/desk/cases/<uuid:application_id>/green-channel")
@login_required(*ROLES)
def decide(application_id: UUID) -> Response | tuple[str, int]:
    """Admit or decline."""
    form = flask.request.form
    decision = form.get("decision", "")

    def act(office: Sitting) -> None:
        queries.of_case(office.session, office.city, application_id, unit_code=_unit())
        if decision not in DECISIONS:
            raise Invalid([Problem("reason", "请选择准予或不予准入")])
        service.decide(
            office,
            application_id=application_id,
            actor=actor(),
            grant=DECISIONS[decision],
            reason=form.get("reason", ""),
        )

    done = (
        gettext("已准予进入绿色通道，服务卡正在制作。")
        if decision == "grant"
        else gettext("已答复不予准入，已告知申请人。")
    )
    address = flask.url_for("green.decide_page", application_id=application_id)

    def again(office: Sitting, problems: tuple[Problem, ...], refusal: str) -> str:
        return _asked(office, application_id, problems=problems, refusal=refusal)

    return do(act, done, again, address=address, fields=FIELDS)


@green.post("/desk/appointments/<uuid:appointment_id>/<any(confirm, cancel):answer>")
@login_required(*ROLES)
def answer(appointment_id: UUID, answer: str) -> Response | tuple[str, int]:
    """Confirm a booked time at my unit's window, or cancel it."""

    def act(office: Sitting) -> None:
        said_so = appointment_service.confirm if answer == "confirm" else appointment_service.cancel
        said_so(office, appointment_id=appointment_id, actor=actor())

    done = gettext("预约已确认，已告知申请人。") if answer == "confirm" else gettext("预约已取消，已告知申请人。")
    address = flask.url_for("green.listed", _anchor="appointments")
    return do(act, done, lambda office, _, refusal: _listed(office, refusal), address=address)


# Acts and answers.


def _do_own(application_id: UUID, act: Callable[[Sitting], None], done: str) -> Response | tuple[str, int]:
    def again(office: Sitting, problems: tuple[Problem, ...], refusal: str) -> str:
        return _applicants(office, application_id, problems=problems, refusal=refusal)

    return do(act, done, again, address=flask.url_for("green.ask_page", application_id=application_id), fields=FIELDS)


def _unit() -> str:
    return signed_in().unit_code or ""


# Pages.


def _applicants(office: Sitting, application_id: UUID, *, problems: tuple[Problem, ...] = (), refusal: str = "") -> str:
    case = queries.own_case(office.session, application_id, account_id=signed_in().id)
    card = service_cards.of_application(office.session, application_id)
    channel = office.city.pack.green_channel
    units = {code: unit.short_name for code, unit in office.city.units.items()}
    involved = dict.fromkeys(
        [*(task.unit_code for task in queries.tasks_of(office.session, application_id)), office.city.lead_unit]
    )
    return flask.render_template(
        "green/applicant.html",
        case=case,
        card=card,
        card_tag=card_tag,
        card_id=queries.card_document(office.session, card.id) if card else None,
        criterion=_criterion_name(office, card.criterion) if card else "",
        may_ask=(card is None or card.state == "declined") and case.status in service.IN_HAND,
        criteria=tuple(
            Choice(each.code, named(each), gettext("证明：%(what)s", what=named(each.proof)))
            for each in channel.in_force(office.today)
        ),
        promise_days=office.city.promise_days(Mechanism.CARD, Kind.ORDINARY, office.today),
        appointments=appointments.of_application(office.session, application_id),
        appointment_tag=appointment_tag,
        units=units,
        unit_choices=tuple(Choice(code, named(units[code])) for code in involved),
        hours=channel.hours_in_words,
        slot_minutes=channel.slot_minutes,
        problems=problems,
        errors={each.field: each.problem for each in problems},
        refusal=refusal,
        form=flask.request.form,
        limits=service,
        topic_length_max=appointment_service.TOPIC_LENGTH_MAX,
    )


def _listed(office: Sitting, refusal: str = "") -> str:
    is_lead = _unit() == office.city.lead_unit
    return page(
        "green/list.html",
        office,
        place=PLACE,
        is_lead=is_lead,
        cards=queries.asked_cards(office.session) if is_lead else (),
        card_tag=card_tag,
        criteria={each.code: each.name for each in office.city.pack.green_channel.criteria},
        appointments=queries.booked_times(office.session, unit_code=_unit(), now=office.now),
        appointment_tag=appointment_tag,
        refusal=refusal,
    )


def _asked(office: Sitting, application_id: UUID, *, problems: tuple[Problem, ...] = (), refusal: str = "") -> str:
    view = queries.of_case(office.session, office.city, application_id, unit_code=_unit())
    card = service_cards.of_application(office.session, application_id)
    return page(
        "green/asked.html",
        office,
        place=PLACE,
        case=view.case,
        card=card,
        card_tag=card_tag,
        card_id=queries.card_document(office.session, card.id) if card else None,
        criterion=_criterion_name(office, card.criterion) if card else "",
        may_decide=card is not None and card.state == "asked" and _unit() == office.city.lead_unit,
        problems=problems,
        errors={each.field: each.problem for each in problems},
        refusal=refusal,
        form=flask.request.form,
        reason_length_max=service.REASON_LENGTH_MAX,
    )


def _criterion_name(office: Sitting, code: str) -> str:
    return next((named(each) for each in office.city.pack.green_channel.criteria if each.code == code), code)


def card_tag(state: str) -> Tag:
    """Where an ask for the green channel stands."""
    return {
        "asked": Tag(gettext("审核准入中"), Tone.AMBER),
        "granted": Tag(gettext("已准入"), Tone.GREEN),
        "declined": Tag(gettext("不予准入"), Tone.RED),
        "cancelled": Tag(gettext("随办件终止"), is_quiet=True),
    }[state]


def appointment_tag(state: str) -> Tag:
    """Whether the unit said yes."""
    return {
        "asked": Tag(gettext("待确认"), Tone.AMBER),
        "confirmed": Tag(gettext("已确认"), Tone.GREEN),
        "cancelled": Tag(gettext("已取消"), is_quiet=True),
    }[state]
