"""Clocks and notices over the API: stop, restart, extend, handle as a special case; read what one was told."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag
from pydantic import BaseModel, Field

from services import notices, timing
from services.sitting import Sitting, sitting
from shared.db import notices as rows
from shared.db.queries import cases
from shared.db.queries import timing as queries
from shared.domain.errors import NotFound
from web.api.bearer import SECURITY, caller, calling_actor, only, require_token
from web.api.models import ErrorOut, Incoming, Query, TaskPath

DESK = ("officer", "checker")
clocks_api = APIBlueprint(
    "api_clocks",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="计时与通知", description="停表、延期、特殊情形；本人和本单位的通知")],
    abp_security=SECURITY,
    abp_responses={
        "401": ErrorOut, "403": ErrorOut, "404": ErrorOut, "409": ErrorOut, "422": ErrorOut, "503": ErrorOut,
    },
)  # fmt: skip
clocks_api.before_request(require_token)


class Pausing(Incoming):
    kind: str = Field(description="hearing、inspection、testing、quarantine、appraisal 或 expert_review")
    reason: str = Field(description="理由；申请人会看到")


class Resuming(Incoming):
    kind: str = Field(description="停表事由")


class Extension(Incoming):
    days: int = Field(description="延长的工作日数")
    reason: str


class Special(Incoming):
    reason: str = Field(description="按特殊情形办理的理由")


class ExtensionDecision(Incoming):
    decision: Literal["grant", "decline"]


class ExtensionPath(BaseModel):
    extension_id: UUID


class NoticePath(BaseModel):
    notice_id: UUID


class NoticeQuery(Query):
    page: int = Field(default=1, ge=1, le=400)


class PauseOut(BaseModel):
    kind: str
    reason: str
    started_on: str
    started_by: str
    ended_on: str | None
    ended_by: str


class ExtensionOut(BaseModel):
    id: str
    days: int
    reason: str
    state: str
    asked_by: str
    decided_by: str


class StepOut(BaseModel):
    step: str
    due_on: str
    reached_on: str
    to: str


class ClockOut(BaseModel):
    """A matter's clock; days are working days, net without the pauses."""

    task_id: str
    kind: str
    state: str
    days: int
    started_on: str | None
    due_on: str | None
    hint_on: str | None
    amber_on: str | None
    net_days: int
    gross_days: int
    pauses: list[PauseOut]
    extensions: list[ExtensionOut]
    steps: list[StepOut]


class NoticeOut(BaseModel):
    id: str
    kind: str
    title: str
    body: str
    href: str
    at: str
    read: bool


class NoticesOut(BaseModel):
    unread: int
    notices: list[NoticeOut]


class ReadOut(BaseModel):
    unread: int


@clocks_api.get("/tasks/<uuid:task_id>/clock", responses={200: ClockOut}, summary="一项任务的计时")
def clock(path: TaskPath) -> Any:
    """A task's clock with everything that happened to it."""
    only(*DESK)
    with sitting() as office:
        _own_task(office, path.task_id)
        return _clock(office, path.task_id)


@clocks_api.post("/tasks/<uuid:task_id>/clock/pause", responses={200: ClockOut}, summary="停表")
def pause(path: TaskPath, body: Pausing) -> Any:
    """Stop the clock for a reason that the law knows; may be repeated."""
    only(*DESK)
    with sitting() as office:
        _own_task(office, path.task_id)
        timing.pause(office, task_id=path.task_id, actor=calling_actor(), kind=body.kind, reason=body.reason)
        return _clock(office, path.task_id)


@clocks_api.post("/tasks/<uuid:task_id>/clock/resume", responses={200: ClockOut}, summary="恢复计时")
def resume(path: TaskPath, body: Resuming) -> Any:
    """Let the clock go on; may be repeated."""
    only(*DESK)
    with sitting() as office:
        _own_task(office, path.task_id)
        timing.resume(office, task_id=path.task_id, actor=calling_actor(), kind=body.kind)
        return _clock(office, path.task_id)


@clocks_api.post("/tasks/<uuid:task_id>/clock/extension", responses={200: ClockOut}, summary="申请延期")
def ask(path: TaskPath, body: Extension) -> Any:
    """Ask for a longer promise; a second person decides."""
    only(*DESK)
    with sitting() as office:
        _own_task(office, path.task_id)
        timing.ask_extension(office, task_id=path.task_id, actor=calling_actor(), days=body.days, reason=body.reason)
        return _clock(office, path.task_id)


@clocks_api.post("/tasks/<uuid:task_id>/clock/special", responses={200: ClockOut}, summary="按特殊情形办理")
def special(path: TaskPath, body: Special) -> Any:
    """Handle the matter as a special case, once."""
    only(*DESK)
    with sitting() as office:
        _own_task(office, path.task_id)
        timing.handle_as_special(office, task_id=path.task_id, actor=calling_actor(), reason=body.reason)
        return _clock(office, path.task_id)


@clocks_api.post("/extensions/<uuid:extension_id>", responses={200: ClockOut}, summary="批准或不批准延期")
def decide(path: ExtensionPath, body: ExtensionDecision) -> Any:
    """Grant or decline a longer promise, as a second person of the unit or of the lead window."""
    only(*DESK)
    with sitting() as office:
        task_id = timing.decide_extension(
            office, extension_id=path.extension_id, actor=calling_actor(), grant=body.decision == "grant"
        )
        return _clock(office, task_id)


@clocks_api.get("/notices", responses={200: NoticesOut}, summary="我的通知")
def listed(query: NoticeQuery) -> Any:
    """The caller's notices and those of their unit's desk, the latest first."""
    with sitting() as office:
        found = rows.listed(office.session, notices.reader(caller()), page=query.page)
    return {
        "unread": found.unread,
        "notices": [
            {
                "id": str(row.id),
                "kind": row.kind,
                "title": row.title,
                "body": row.body,
                "href": row.href,
                "at": row.at.isoformat(),
                "read": row.read_at is not None,
            }
            for row in found.rows
        ],
    }


@clocks_api.post("/notices/<uuid:notice_id>/read", responses={200: ReadOut}, summary="标为已读")
def read(path: NoticePath) -> Any:
    """Mark one notice as read; may be repeated."""
    with sitting() as office:
        notices.mark_read(office, account=caller(), notice_id=path.notice_id)
        return {"unread": notices.unread(office, caller())}


def _own_task(office: Sitting, task_id: UUID) -> None:
    """What lies on another unit's desk does not exist here."""
    if not cases.is_units_task(office.session, task_id, caller()):
        raise NotFound("审核任务不存在，或不在您的办理范围内")


def _clock(office: Sitting, task_id: UUID) -> dict[str, Any]:
    found = queries.task_clock(office.session, task_id)
    own = found.clock
    return {
        "task_id": str(task_id),
        "kind": own.kind,
        "state": own.state,
        "days": own.days,
        **{
            name: str(day) if (day := getattr(own, name)) else None
            for name in ("started_on", "due_on", "hint_on", "amber_on")
        },
        "net_days": own.net_days(office.city, office.today),
        "gross_days": own.gross_days(office.city, office.today),
        "pauses": [
            {
                "kind": each.kind,
                "reason": each.reason,
                "started_on": each.started_on.isoformat(),
                "started_by": each.started_by_name,
                "ended_on": each.ended_on.isoformat() if each.ended_on else None,
                "ended_by": each.ended_by_name,
            }
            for each in own.pauses
        ],
        "extensions": [
            {
                "id": str(each.id),
                "days": each.days,
                "reason": each.reason,
                "state": each.state,
                "asked_by": each.asked_by_name,
                "decided_by": each.decided_by_name,
            }
            for each in found.extensions
        ],
        "steps": [
            {
                "step": each.step,
                "due_on": each.due_on.isoformat(),
                "reached_on": each.reached_on.isoformat(),
                "to": each.to_name,
            }
            for each in found.steps
        ],
    }
