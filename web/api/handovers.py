"""Passing a task to another unit over the API."""

from __future__ import annotations

from typing import Any

from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag
from pydantic import BaseModel, Field

from services import handover
from services.sitting import sitting
from shared.db import cases, handovers
from shared.db.queries.cases import is_units_task
from shared.domain.errors import NotFound
from web.api.bearer import SECURITY, caller, calling_actor, only, require_token
from web.api.models import ErrorOut, Incoming, TaskPath

DESK = ("officer", "checker")
handovers_api = APIBlueprint(
    "api_handovers",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="审核", description="审核任务和收费明细")],
    abp_security=SECURITY,
    abp_responses={
        "401": ErrorOut, "403": ErrorOut, "404": ErrorOut, "409": ErrorOut, "422": ErrorOut, "503": ErrorOut,
    },
)  # fmt: skip
handovers_api.before_request(require_token)


class Handing(Incoming):
    to_unit: str = Field(description="接收单位的代码：市级单位，或项目所在区的单位", examples=["zj"])
    reason: str = Field(description="移交理由；接收单位和申请人都会看到", max_length=4000)
    version: int | None = Field(default=None, description="看到的版本；不符则 409")


class HandedOut(BaseModel):
    id: str
    unit_code: str
    status: str
    version: int


@handovers_api.post("/tasks/<uuid:task_id>/handover", responses={200: HandedOut}, summary="移交其他单位")
def pass_on(path: TaskPath, body: Handing) -> Any:
    """Put a task on another unit's desk under the same clock; repeating it changes nothing."""
    only(*DESK)
    with sitting() as office:
        unit_code = caller().unit_code or ""
        if not (
            is_units_task(office.session, path.task_id, caller())
            or handovers.was_with(office.session, path.task_id, unit_code)
        ):
            raise NotFound("审核任务不存在，或不在您的办理范围内")
        handover.pass_on(
            office,
            task_id=path.task_id,
            actor=calling_actor(),
            to_unit=body.to_unit,
            reason=body.reason,
            version=body.version,
        )
        task = cases.find_task(office.session, path.task_id)
    return {"id": str(task.id), "unit_code": task.unit_code, "status": task.status, "version": task.version}
