"""Site surveys, the green channel and appointments over the API."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag
from pydantic import AwareDatetime, BaseModel, Field

from services import appointments, green_channel, surveys
from services.sitting import Sitting, sitting
from shared.db import appointments as times
from shared.db import service_cards
from shared.db.queries import gatherings as queries
from web.api.bearer import SECURITY, caller, calling_actor, only, require_token
from web.api.models import ApplicationPath, ErrorOut, Incoming

DESK = ("officer", "checker")
gatherings_api = APIBlueprint(
    "api_gatherings",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="踏勘与绿色通道", description="联合踏勘、绿色通道准入、窗口预约")],
    abp_security=SECURITY,
    abp_responses={
        "401": ErrorOut, "403": ErrorOut, "404": ErrorOut, "409": ErrorOut, "422": ErrorOut, "503": ErrorOut,
    },
)  # fmt: skip
gatherings_api.before_request(require_token)

Moment = Annotated[AwareDatetime, Field(strict=False, examples=["2014-09-16T14:30:00+08:00"])]


class SurveyCall(Incoming):
    at: Moment
    place: str
    units: list[str]
    note: str = ""
    pauses_clocks: bool = Field(default=False, description="踏勘期间停表")


class FindingIn(Incoming):
    result: Literal["fine", "problem"]
    finding: str


class GreenAsk(Incoming):
    criterion: str = Field(examples=["key_project"])
    document: str = Field(description="证明文件的文号")
    statement: str = ""


class GreenDecision(Incoming):
    decision: Literal["grant", "decline"]
    reason: str = ""


class Booking(Incoming):
    unit: str
    at: Moment
    topic: str


class BookingAnswer(Incoming):
    answer: Literal["confirm", "cancel"]


class SurveyPath(BaseModel):
    survey_id: UUID


class AppointmentPath(BaseModel):
    appointment_id: UUID


class FindingOut(BaseModel):
    unit_code: str
    result: str
    finding: str
    found_by: str


class SurveyOut(BaseModel):
    id: str
    number: str
    state: str
    application_number: str
    planned_at: str
    place: str
    pauses_clocks: bool
    findings: list[FindingOut]


class CardOut(BaseModel):
    state: str
    number: str | None
    criterion: str
    document: str
    due_on: str
    reason: str


class AppointmentOut(BaseModel):
    id: str
    unit_code: str
    at: str
    topic: str
    state: str


# Site surveys.


@gatherings_api.post("/applications/<uuid:application_id>/surveys", responses={200: SurveyOut}, summary="召集联合踏勘")
def call_survey(path: ApplicationPath, body: SurveyCall) -> Any:
    """Call one visit for several units."""
    only(*DESK)
    with sitting() as office:
        _may_see_case(office, path.application_id)
        survey_id = surveys.call(
            office,
            application_id=path.application_id,
            planned_at=body.at,
            place=body.place,
            unit_codes=body.units,
            note=body.note,
            pauses_clocks=body.pauses_clocks,
            actor=calling_actor(),
        )
        return _survey(office, survey_id)


@gatherings_api.get("/surveys/<uuid:survey_id>", responses={200: SurveyOut}, summary="联合踏勘")
def survey(path: SurveyPath) -> Any:
    """One survey, for the invited units and the lead window."""
    only(*DESK)
    with sitting() as office:
        return _survey(office, path.survey_id)


@gatherings_api.post("/surveys/<uuid:survey_id>/finding", responses={200: SurveyOut}, summary="填写踏勘意见")
def find(path: SurveyPath, body: FindingIn) -> Any:
    """Write what the caller's unit found, sealed with its key."""
    only(*DESK)
    with sitting() as office:
        _survey(office, path.survey_id)
        surveys.find(office, survey_id=path.survey_id, actor=calling_actor(), result=body.result, finding=body.finding)
        return _survey(office, path.survey_id)


# The green channel and its appointments.


@gatherings_api.post(
    "/applications/<uuid:application_id>/green-channel", responses={200: CardOut}, summary="申请绿色通道"
)
def ask_green(path: ApplicationPath, body: GreenAsk) -> Any:
    """Ask for admission; the same ask again changes nothing."""
    only("applicant")
    with sitting() as office:
        green_channel.ask(
            office,
            application_id=path.application_id,
            account=caller(),
            criterion=body.criterion,
            document=body.document,
            statement=body.statement,
        )
        return _card(office, path.application_id)


@gatherings_api.post(
    "/applications/<uuid:application_id>/green-channel/decide", responses={200: CardOut}, summary="审核准入"
)
def decide_green(path: ApplicationPath, body: GreenDecision) -> Any:
    """Admit or decline; the lead window's."""
    only(*DESK)
    with sitting() as office:
        _may_see_case(office, path.application_id)
        green_channel.decide(
            office,
            application_id=path.application_id,
            actor=calling_actor(),
            grant=body.decision == "grant",
            reason=body.reason,
        )
        return _card(office, path.application_id)


@gatherings_api.post(
    "/applications/<uuid:application_id>/appointments", responses={200: AppointmentOut}, summary="预约窗口"
)
def book(path: ApplicationPath, body: Booking) -> Any:
    """Ask for a time at a unit's window; the same ask again gives the same appointment."""
    only("applicant")
    with sitting() as office:
        made = appointments.ask(
            office,
            application_id=path.application_id,
            account=caller(),
            unit_code=body.unit,
            at=body.at,
            topic=body.topic,
        )
        return _appointment(office, made)


@gatherings_api.post(
    "/appointments/<uuid:appointment_id>/answer", responses={200: AppointmentOut}, summary="确认或取消预约"
)
def answer_booking(path: AppointmentPath, body: BookingAnswer) -> Any:
    """The unit confirms or cancels; the applicant may give the time back."""
    only(*DESK, "applicant")
    act = appointments.confirm if body.answer == "confirm" else appointments.cancel
    with sitting() as office:
        act(office, appointment_id=path.appointment_id, actor=calling_actor())
        return _appointment(office, path.appointment_id)


# What is answered.


def _may_see_case(office: Sitting, application_id: UUID) -> None:
    queries.of_case(office.session, office.city, application_id, unit_code=caller().unit_code or "")


def _survey(office: Sitting, survey_id: UUID) -> dict[str, Any]:
    view = queries.survey(office.session, office.city, survey_id, unit_code=caller().unit_code or "")
    found = view.survey
    return {
        "id": str(found.id),
        "number": found.number,
        "state": found.state,
        "application_number": view.case.number,
        "planned_at": found.planned_at.isoformat(),
        "place": found.place,
        "pauses_clocks": found.pauses_clocks,
        "findings": [
            {
                "unit_code": row.unit_code,
                "result": row.result,
                "finding": row.finding,
                "found_by": row.found_by_name,
            }
            for row in view.findings
        ],
    }


def _card(office: Sitting, application_id: UUID) -> dict[str, Any]:
    card = service_cards.of_application(office.session, application_id)
    if card is None:
        return {}
    return {
        "state": card.state,
        "number": card.number,
        "criterion": card.criterion,
        "document": card.document,
        "due_on": card.due_on.isoformat(),
        "reason": card.reason,
    }


def _appointment(office: Sitting, appointment_id: UUID) -> dict[str, Any]:
    found = times.load(office.session, appointment_id)
    return {
        "id": str(found.id),
        "unit_code": found.unit_code,
        "at": found.at.isoformat(),
        "topic": found.topic,
        "state": found.state,
    }
