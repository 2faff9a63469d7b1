"""The further acts of a verdict over the API: check, report upwards, answer, consent after all, refuse, withdraw."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag

from services import forwarding, refusals, review, withdrawal
from services.refusals import Ground
from services.sitting import Sitting, sitting
from shared.db.queries import cases
from shared.domain.errors import NotFound
from web.api.bearer import SECURITY, caller, calling_actor, only, require_token
from web.api.models import (
    Answer,
    ApplicationPath,
    Check,
    Consent,
    ErrorOut,
    FollowUp,
    Forwarding,
    Refusal,
    RefusalOut,
    StateOut,
    TaskPath,
    Withdrawal,
)

DESK = ("officer", "checker")
TAG = Tag(name="结论", description="复核、转报、改为同意、不予许可、撤回")
verdicts_api = APIBlueprint(
    "api_verdicts",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[TAG],
    abp_security=SECURITY,
    abp_responses={
        "401": ErrorOut, "403": ErrorOut, "404": ErrorOut, "409": ErrorOut, "422": ErrorOut, "503": ErrorOut,
    },
)  # fmt: skip
verdicts_api.before_request(require_token)


@verdicts_api.post("/tasks/<uuid:task_id>/check", responses={200: StateOut}, summary="复核：确认或退回初审")
def check(path: TaskPath, body: Check) -> Any:
    """The second person confirms a first review, or sends it back with a reason."""
    with sitting() as office:
        _own(office, path.task_id)
        review.check(
            office,
            task_id=path.task_id,
            actor=calling_actor(),
            confirm=body.confirm,
            reason=body.reason,
            version=body.version,
        )
        return _state(office, path.task_id)


@verdicts_api.post("/tasks/<uuid:task_id>/forward", responses={200: StateOut}, summary="同意但需转报")
def forward(path: TaskPath, body: Forwarding) -> Any:
    """Agree and report to a higher organ; the clock stands still until its answer."""
    with sitting() as office:
        _own(office, path.task_id)
        forwarding.forward(
            office,
            task_id=path.task_id,
            actor=calling_actor(),
            opinion=body.opinion,
            follow_up_on=body.follow_up_on,
            organ=body.authority,
            reference=body.reference,
            version=body.version,
        )
        return _state(office, path.task_id)


@verdicts_api.post("/tasks/<uuid:task_id>/follow-ups", responses={200: StateOut}, summary="登记催办")
def follow_up(path: TaskPath, body: FollowUp) -> Any:
    """Record that the answer was asked for, and when it is next."""
    with sitting() as office:
        _own(office, path.task_id)
        forwarding.follow_up(
            office,
            task_id=path.task_id,
            actor=calling_actor(),
            note=body.note,
            next_on=body.next_on,
            version=body.version,
        )
        return _state(office, path.task_id)


@verdicts_api.post("/tasks/<uuid:task_id>/answer", responses={200: StateOut}, summary="登记上级答复")
def answer(path: TaskPath, body: Answer) -> Any:
    """Record the higher organ's answer, which is the verdict."""
    with sitting() as office:
        _own(office, path.task_id)
        forwarding.answer(
            office,
            task_id=path.task_id,
            actor=calling_actor(),
            approved=body.answer == "approved",
            note=body.note,
            way=body.way,
            version=body.version,
        )
        return _state(office, path.task_id)


@verdicts_api.post("/tasks/<uuid:task_id>/consent", responses={200: StateOut}, summary="不同意改为同意")
def consent(path: TaskPath, body: Consent) -> Any:
    """Agree after all, in a new round."""
    with sitting() as office:
        _own(office, path.task_id)
        review.change_to_consent(
            office, task_id=path.task_id, actor=calling_actor(), opinion=body.opinion, version=body.version
        )
        return _state(office, path.task_id)


@verdicts_api.post("/applications/<uuid:application_id>/refuse", responses={200: RefusalOut}, summary="不予许可决定")
def refuse(path: ApplicationPath, body: Refusal) -> Any:
    """The lead window's chief refuses an application against which an objection stands; repeated, the same number."""
    only(*DESK)
    with sitting() as office:
        if caller().unit_code != office.city.lead_unit:
            raise NotFound("没有这个地址，或它不属于您的账号")
        number = refusals.refuse(
            office,
            application_id=path.application_id,
            actor=calling_actor(),
            grounds={each.matter: Ground(each.reason, each.way) for each in body.grounds},
            version=body.version,
        )
    return {"number": number}


@verdicts_api.post("/applications/<uuid:application_id>/withdraw", responses={200: StateOut}, summary="撤回申报")
def withdraw(path: ApplicationPath, body: Withdrawal) -> Any:
    """The applicant takes the application back before it is completed; may be repeated."""
    only("applicant")
    with sitting() as office:
        withdrawal.withdraw(office, application_id=path.application_id, account=caller(), reason=body.reason)
        status, version = cases.case_state(office.session, path.application_id)
    return {"id": str(path.application_id), "status": status, "version": version}


def _own(office: Sitting, task_id: UUID) -> None:
    """What lies on another unit's desk does not exist here."""
    only(*DESK)
    if not cases.is_units_task(office.session, task_id, caller()):
        raise NotFound("审核任务不存在，或不在您的办理范围内")


def _state(office: Sitting, task_id: UUID) -> dict[str, Any]:
    status, version = cases.task_state(office.session, task_id)
    return {"id": str(task_id), "status": status, "version": version}
