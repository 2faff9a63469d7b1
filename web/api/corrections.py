"""Corrections by program: units ask and take back, the lead window sends, the applicant keeps answers and hands in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import flask
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag

from services import answers, corrections
from services.answers import Answer
from services.sitting import Sitting, sitting
from shared.db.city import City
from shared.db.queries import cases
from shared.db.queries import corrections as queries
from shared.db.queries.corrections import NoticeView
from shared.domain.corrections import Request
from shared.domain.errors import NotFound
from web.api.bearer import SECURITY, caller, calling_actor, only, require_token
from web.api.models import (
    AnsweredOut,
    Answers,
    ApplicationPath,
    CorrectionItemPath,
    CorrectionRequests,
    CorrectionsOut,
    ErrorOut,
    TaskPath,
)
from web.corrections import target_name

DESK = ("officer", "checker")
corrections_api = APIBlueprint(
    "api_corrections",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="补正", description="各部门一次性告知，申请人逐项答复、一次提交")],
    abp_security=SECURITY,
    abp_responses={"401": ErrorOut, "404": ErrorOut, "409": ErrorOut, "422": ErrorOut, "503": ErrorOut},
)
corrections_api.before_request(require_token)


@corrections_api.get(
    "/applications/<uuid:application_id>/corrections", responses={200: CorrectionsOut}, summary="办件的补正告知书"
)
def of_application(path: ApplicationPath) -> Any:
    """The notices of an application; applicants see them once they are sent."""
    with sitting() as office:
        return _notices(office, path.application_id)


@corrections_api.post("/tasks/<uuid:task_id>/corrections", responses={200: CorrectionsOut}, summary="要求补正")
def ask(path: TaskPath, body: CorrectionRequests) -> Any:
    """Add requests to the notice being collected; the same words again change nothing."""
    only(*DESK)
    with sitting() as office:
        if not cases.is_units_task(office.session, path.task_id, caller()):
            raise NotFound("审核任务不存在，或不在您的办理范围内")
        requests = [Request(**each.model_dump()) for each in body.items]
        corrections.ask(office, task_id=path.task_id, actor=calling_actor(), requests=requests)
        return _notices(office, cases.application_of(office.session, path.task_id))


@corrections_api.post(
    "/corrections/items/<uuid:item_id>/take-back", responses={200: CorrectionsOut}, summary="撤回尚未发出的要求"
)
def take_back(path: CorrectionItemPath) -> Any:
    """Take an own request back before it is sent; may be repeated."""
    only(*DESK)
    with sitting() as office:
        task_id = corrections.take_back(office, item_id=path.item_id, actor=calling_actor())
        return _notices(office, cases.application_of(office.session, task_id))


@corrections_api.post(
    "/applications/<uuid:application_id>/corrections/send",
    responses={200: CorrectionsOut},
    summary="提前发出（牵头窗口）",
)
def send_now(path: ApplicationPath) -> Any:
    """Send what is collected before its window is over; may be repeated."""
    only(*DESK)
    with sitting() as office:
        if caller().unit_code != office.city.lead_unit:
            raise NotFound("办件不存在，或不在您的办理范围内")
        corrections.send_now(office, application_id=path.application_id, actor=calling_actor())
        return _notices(office, path.application_id)


@corrections_api.put(
    "/applications/<uuid:application_id>/corrections/answers",
    responses={200: CorrectionsOut},
    summary="保存答复，不提交",
)
def save(path: ApplicationPath, body: Answers) -> Any:
    """Keep answers, right or wrong; those not mentioned stay as they are."""
    only("applicant")
    given = [
        Answer(each.kind, each.target, each.value, each.text, UUID(each.paper_id) if each.paper_id else None)
        for each in body.answers
    ]
    with sitting() as office:
        answers.save(office, account=caller(), application_id=path.application_id, answers=given)
        return _notices(office, path.application_id)


@corrections_api.post(
    "/applications/<uuid:application_id>/corrections/submit", responses={200: AnsweredOut}, summary="提交全部答复，一次"
)
def submit(path: ApplicationPath) -> Any:
    """Hand all kept answers in; the second time changes nothing and says so."""
    only("applicant")
    with sitting() as office:
        done = answers.submit(office, account=caller(), application_id=path.application_id)
    headers = {"Idempotent-Replayed": "true"} if done.repeated else {}
    return {
        "number": done.number,
        "reopened": list(done.reopened),
        "recomputed": list(done.recomputed),
        "repeated": done.repeated,
    }, 200, headers  # fmt: skip


def _notices(office: Sitting, application_id: UUID) -> dict[str, Any]:
    """The notices as the caller may see them: what is still being collected is the departments' own."""
    if not cases.may_see(office.session, application_id, caller()) and caller().unit_code != office.city.lead_unit:
        raise NotFound("办件不存在，或不在您的办理范围内")
    found = queries.of_application(office.session, application_id)
    if caller().role != "applicant":
        return {"corrections": [_notice(each, office.city) for each in found], "papers_needed": []}
    found = tuple(each for each in found if each.number)
    return {
        "corrections": [_notice(each, office.city) for each in found],
        "papers_needed": _papers_needed(office, application_id, found[-1]) if found else [],
    }


def _papers_needed(office: Sitting, application_id: UUID, notice: NoticeView) -> list[str]:
    if notice.state != "sent":
        return []
    file = cases.case_file(office.session, application_id, caller())
    needed = answers.papers_needed(
        office,
        facts=file.case.facts,
        corrected=notice.corrected,
        given=[paper.material_code for paper in file.papers],
    )
    return [material.code for material in needed]


def _notice(notice: NoticeView, city: City) -> dict[str, Any]:
    document = notice.document_id
    return {
        "id": str(notice.id),
        "number": notice.number,
        "state": notice.state,
        "window_until": notice.window_until.isoformat(),
        "sent_on": notice.sent_on.isoformat() if notice.sent_on else None,
        "reply_due_on": notice.reply_due_on.isoformat() if notice.reply_due_on else None,
        "answered_at": notice.answered_at.isoformat() if notice.answered_at else None,
        "document_url": flask.url_for("api_applications.document_content", document_id=document) if document else None,
        "items": [
            {
                "id": str(item.id),
                "kind": item.kind,
                "target": item.target,
                "name": target_name(city, item.kind, item.target),
                "unit_code": item.unit_code,
                "unit_name": city.units[item.unit_code].name,
                "matter_code": item.matter_code,
                "reason": item.reason,
                "clause": item.clause,
                "wanted": item.wanted,
                "state": item.state,
                "is_needed": item.is_needed,
                "old_value": item.old_value,
                "new_value": item.new_value,
                "explanation": item.explanation,
                "paper_id": str(item.attachment_id) if item.attachment_id else None,
            }
            for item in notice.items
        ],
    }
