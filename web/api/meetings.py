"""Joint meetings by program: what is called for a case, when it is held, and what every unit said there."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag
from pydantic import AwareDatetime, BaseModel, Field

from services import meetings as service
from services.meetings import Attendance, Verdict
from services.sitting import Sitting, sitting
from shared.db import meetings as rows
from shared.db.queries import cases
from shared.db.queries import gatherings as queries
from shared.db.queries.gatherings import MeetingView
from shared.domain.errors import NotFound
from web.api.bearer import SECURITY, caller, calling_actor, only, require_token
from web.api.models import ApplicationPath, ErrorOut, Incoming

DESK = ("officer", "checker")
meetings_api = APIBlueprint(
    "api_meetings",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="联席会议", description="互为前置的事项同时审批、同时办结")],
    abp_security=SECURITY,
    abp_responses={
        "401": ErrorOut,
        "403": ErrorOut,
        "404": ErrorOut,
        "409": ErrorOut,
        "422": ErrorOut,
        "503": ErrorOut,
    },
)
meetings_api.before_request(require_token)


Id = Annotated[UUID, Field(strict=False)]


class MeetingPath(BaseModel):
    meeting_id: UUID


class Calling(Incoming):
    kind: Literal["objection", "escalation"] = Field(description="不同意见协调，或超时督办")
    tasks: list[Id] = Field(description="要议的审核任务")
    units: list[str] = Field(description="邀请的单位；事项的单位和牵头窗口总在内")
    reason: str


class Planning(Incoming):
    planned_at: Annotated[AwareDatetime, Field(strict=False)]
    place: str = Field(max_length=400)
    chair: str = Field(max_length=400)
    version: int | None = Field(default=None, description="看到的版本；不符则 409")


class Seat(Incoming):
    attended: bool
    speaker: str | None = Field(default=None, description="发言人的账号编号，取自 people")
    note: str = Field(default="", max_length=1000)


class Said(Incoming):
    verdict: str = Field(description="approved 或 objected")
    opinion: str = Field(default="", max_length=4000)
    way: str = Field(default="", max_length=4000, description="不同意时如何才能同意")


class Record(Incoming):
    attendance: dict[str, Seat] = Field(description="按单位代码")
    verdicts: dict[Id, Said] = Field(description="按任务编号，一次写全")
    discussed: str = Field(max_length=8000)
    version: int | None = None


class SeatOut(BaseModel):
    unit_code: str
    name: str
    attended: bool | None


class MeetingTaskOut(BaseModel):
    id: str
    matter_code: str
    matter_name: str
    unit_code: str
    status: str


class PersonOut(BaseModel):
    id: str
    name: str
    unit_code: str


class MeetingOut(BaseModel):
    id: str
    number: str
    kind: str
    state: str
    version: int
    reason: str
    planned_at: str | None
    place: str
    chair: str
    held_at: str | None
    discussed: str
    seats: list[SeatOut]
    tasks: list[MeetingTaskOut]
    people: list[PersonOut] = Field(description="可以代表受邀单位发言的人")


class MeetingsOut(BaseModel):
    meetings: list[MeetingOut]


@meetings_api.get(
    "/applications/<uuid:application_id>/meetings", responses={200: MeetingsOut}, summary="办件的联席会议"
)
def of_application(path: ApplicationPath) -> Any:
    """The meetings of an application that the caller's unit is invited to; the lead window sees all."""
    only(*DESK)
    with sitting() as office:
        if not cases.may_see(office.session, path.application_id, caller()):
            raise NotFound("办件不存在，或不在您的办理范围内")
        unit = caller().unit_code or ""
        shown = []
        for row in rows.of_application(office.session, path.application_id):
            invited = {seat.unit_code for seat in rows.seats(office.session, row.id)}
            if unit in invited or unit == office.city.lead_unit:
                shown.append(_meeting(_seen(office, row.id)))
        return {"meetings": shown}


@meetings_api.post("/applications/<uuid:application_id>/meetings", responses={200: MeetingOut}, summary="召集联席会议")
def call(path: ApplicationPath, body: Calling) -> Any:
    """Call a meeting about objections or late work; the same call again gives the same meeting."""
    only(*DESK)
    with sitting() as office:
        queries.of_case(office.session, office.city, path.application_id, unit_code=caller().unit_code or "")
        meeting_id = service.call(
            office,
            application_id=path.application_id,
            kind=body.kind,
            task_ids=body.tasks,
            unit_codes=body.units,
            reason=body.reason,
            actor=calling_actor(),
        )
        return _meeting(_seen(office, meeting_id))


@meetings_api.post("/meetings/<uuid:meeting_id>/plan", responses={200: MeetingOut}, summary="安排时间地点")
def plan(path: MeetingPath, body: Planning) -> Any:
    """Fix time, place and chair; may be repeated."""
    only(*DESK)
    with sitting() as office:
        _seen(office, path.meeting_id)
        service.plan(
            office,
            meeting_id=path.meeting_id,
            planned_at=body.planned_at,
            place=body.place,
            chair=body.chair,
            actor=calling_actor(),
            version=body.version,
        )
        return _meeting(_seen(office, path.meeting_id))


@meetings_api.post("/meetings/<uuid:meeting_id>/record", responses={200: MeetingOut}, summary="记录会议和全部结论")
def record(path: MeetingPath, body: Record) -> Any:
    """Record who came and every verdict, all in one; the same record again changes nothing."""
    only(*DESK)
    with sitting() as office:
        view = _seen(office, path.meeting_id)
        people = {str(each.id): each.id for each in view.people}
        service.hold(
            office,
            meeting_id=path.meeting_id,
            attendance={
                unit: Attendance(seat.attended, people.get(seat.speaker or ""), seat.note)
                for unit, seat in body.attendance.items()
            },
            verdicts={
                task_id: Verdict(said.verdict, said.opinion, said.way) for task_id, said in body.verdicts.items()
            },
            discussed=body.discussed,
            actor=calling_actor(),
            version=body.version,
        )
        return _meeting(_seen(office, path.meeting_id))


def _seen(office: Sitting, meeting_id: UUID) -> MeetingView:
    return queries.meeting(office.session, office.city, meeting_id, unit_code=caller().unit_code or "")


def _meeting(view: MeetingView) -> dict[str, Any]:
    meeting = view.meeting
    return {
        "id": str(meeting.id),
        "number": meeting.number,
        "kind": meeting.kind,
        "state": meeting.state,
        "version": meeting.version,
        "reason": meeting.reason,
        "planned_at": meeting.planned_at.isoformat() if meeting.planned_at else None,
        "place": meeting.place,
        "chair": meeting.chair,
        "held_at": meeting.held_at.isoformat() if meeting.held_at else None,
        "discussed": meeting.discussed,
        "seats": [{"unit_code": seat.unit_code, "name": seat.name, "attended": seat.attended} for seat in view.seats],
        "tasks": [
            {
                "id": str(task.id),
                "matter_code": task.matter_code,
                "matter_name": task.matter_name,
                "unit_code": task.unit_code,
                "status": task.status,
            }
            for task in view.tasks
        ],
        "people": [{"id": str(each.id), "name": each.name, "unit_code": each.unit_code} for each in view.people],
    }
