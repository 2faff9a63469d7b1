"""The departments' side of the API: tasks to take and decide, fee lines to confirm, each unit its own only."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag

from services import assessment, review
from services.sitting import Sitting, sitting
from shared.db.queries import cases
from shared.domain.errors import NotFound
from shared.domain.money import plain
from web.api.bearer import SECURITY, caller, calling_actor, only, require_token
from web.api.models import (
    Confirmation,
    Decision,
    DeskLinesOut,
    DeskTasksOut,
    ErrorOut,
    LinePath,
    LineQuery,
    StateOut,
    TaskPath,
    TaskQuery,
)

DESK = ("officer", "checker")
TAG = Tag(name="审核", description="审核任务和收费明细")
desk_api = APIBlueprint(
    "api_desk",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[TAG],
    abp_security=SECURITY,
    abp_responses={"401": ErrorOut, "404": ErrorOut, "409": ErrorOut, "422": ErrorOut, "503": ErrorOut},
)
desk_api.before_request(require_token)


@desk_api.get("/tasks", responses={200: DeskTasksOut}, summary="本单位的审核任务")
def tasks(query: TaskQuery) -> Any:
    """The unit's tasks, earliest due first."""
    only(*DESK)
    with sitting() as office:
        rows = cases.unit_tasks(office.session, caller(), status=query.status)
    return {
        "tasks": [
            {
                "id": str(row.id),
                "application_id": str(row.application_id),
                "number": row.number,
                "project_name": row.project_name,
                "matter_code": row.matter_code,
                "matter_name": row.matter_name,
                "status": row.status,
                "due_on": row.due_on.isoformat(),
                "version": row.version,
            }
            for row in rows
        ]
    }


@desk_api.post("/tasks/<uuid:task_id>/take", responses={200: StateOut}, summary="认领")
def take(path: TaskPath) -> Any:
    """Put an open task into the caller's hands; may be repeated."""
    only(*DESK)
    with sitting() as office:
        _own_task(office, path.task_id)
        review.take(office, task_id=path.task_id, actor=calling_actor())
        return _task(office, path.task_id)


@desk_api.post("/tasks/<uuid:task_id>/release", responses={200: StateOut}, summary="退回本单位")
def release(path: TaskPath) -> Any:
    """Put a task back on the unit's desk."""
    only(*DESK)
    with sitting() as office:
        _own_task(office, path.task_id)
        review.release(office, task_id=path.task_id, actor=calling_actor())
        return _task(office, path.task_id)


@desk_api.post("/tasks/<uuid:task_id>/decide", responses={200: StateOut}, summary="同意或不同意")
def decide(path: TaskPath, body: Decision) -> Any:
    """Record the unit's verdict, sealed with its key; repeating the same verdict changes nothing."""
    only(*DESK)
    with sitting() as office:
        _own_task(office, path.task_id)
        review.decide(
            office,
            task_id=path.task_id,
            actor=calling_actor(),
            approve=body.verdict == "approve",
            opinion=body.opinion,
            way=body.way,
            version=body.version,
        )
        return _task(office, path.task_id)


@desk_api.get("/lines", responses={200: DeskLinesOut}, summary="本单位的收费明细")
def lines(query: LineQuery) -> Any:
    """The unit's fee lines in one state."""
    only(*DESK)
    with sitting() as office:
        rows = cases.unit_lines(office.session, caller(), state=query.state)
    return {
        "lines": [
            {
                "id": str(row.id),
                "application_id": str(row.application_id),
                "number": row.number,
                "project_name": row.project_name,
                "item_code": row.item_code,
                "state": row.state,
                "status": row.status,
                "payable": plain(row.payable_fen),
                "version": row.version,
                "formula": str(row.line.get("formula", "")),
            }
            for row in rows
        ]
    }


@desk_api.post("/lines/<uuid:line_id>/confirm", responses={200: StateOut}, summary="确认收费明细")
def confirm(path: LinePath, body: Confirmation) -> Any:
    """Confirm a computed line as it stands."""
    only(*DESK)
    with sitting() as office:
        if not cases.is_units_line(office.session, path.line_id, caller()):
            raise NotFound("收费明细不存在，或不在您的办理范围内")
        assessment.confirm_line(office, line_id=path.line_id, actor=calling_actor(), version=body.version)
        state, version = cases.line_state(office.session, path.line_id)
    return {"id": str(path.line_id), "status": state, "version": version}


def _own_task(office: Sitting, task_id: UUID) -> None:
    """What lies on another unit's desk does not exist here."""
    if not cases.is_units_task(office.session, task_id, caller()):
        raise NotFound("审核任务不存在，或不在您的办理范围内")


def _task(office: Sitting, task_id: UUID) -> dict[str, Any]:
    status, version = cases.task_state(office.session, task_id)
    return {"id": str(task_id), "status": status, "version": version}
