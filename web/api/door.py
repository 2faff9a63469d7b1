"""The door of the API: papers taken over, answers in writing, promised papers, and what to bring in which situation."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag

from services import commitments as service
from services import door as office_door
from services import papers
from services.sitting import Sitting, sitting
from shared.db import attachments, commitments, documents, intake_notices
from shared.db.commitments import CommitmentRow, DeskRow
from shared.db.queries import cases
from shared.domain.checklist import union
from shared.domain.errors import Invalid, NotFound, Problem
from web.api.bearer import SECURITY, caller, calling_actor, only, require_token
from web.api.models import (
    AnswerOut,
    AnswersOut,
    ApplicationPath,
    ChecklistOut,
    ChecklistQuery,
    CommitmentPath,
    CommitmentsOut,
    DraftPath,
    ErrorOut,
    Judgement,
    NotAccepting,
    PaperOut,
    Promised,
    ReusableOut,
    ReusableQuery,
    Reuse,
    Submission,
)
from web.limits import LOOK_UP, limiter

DESK = ("officer", "checker")
TAG = Tag(name="受理", description="材料清单、沿用、书面答复、告知承诺、不予受理")
door_api = APIBlueprint(
    "api_door",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[TAG],
    abp_security=SECURITY,
    abp_responses={"401": ErrorOut, "404": ErrorOut, "409": ErrorOut, "422": ErrorOut, "503": ErrorOut},
)
door_api.before_request(require_token)
checklist_api = APIBlueprint("api_checklist", __name__, url_prefix="/api/v1", abp_tags=[TAG])


@checklist_api.get("/checklist", responses={200: ChecklistOut, 422: ErrorOut}, summary="材料清单（公开）")
@limiter.limit(LOOK_UP)
def checklist(query: ChecklistQuery) -> Any:
    """Every paper once, with the matters that need it in these situations, and how many papers that saves."""
    asked = [each for each in query.situations.split(",") if each]
    with sitting() as office:
        city = office.city
        if any(each not in city.situations for each in asked):
            raise Invalid([Problem("situations", f"应为情形代码的列表，可用：{'、'.join(city.situations)}")])
        found = union(city.pack.materials, city.matters_in(asked))
    return {
        "asked": found.asked,
        "distinct": found.distinct,
        "saved": found.saved,
        "materials": [
            {
                "code": entry.material.code,
                "name": entry.material.name,
                "need": entry.need.value,
                "formats": list(entry.material.formats),
                "matters": [matter.code for matter in entry.matters],
                "clause": entry.clause,
                "promise_days": entry.material.promise_days if entry.may_be_promised else 0,
            }
            for entry in found.entries
        ],
    }


@door_api.get("/attachments/reusable", responses={200: ReusableOut}, summary="可以沿用的材料")
def reusable(query: ReusableQuery) -> Any:
    """For each material the latest paper of the caller's own applications for this developer."""
    only("applicant")
    with sitting() as office:
        found = papers.reusable(office, account=caller(), developer_uscc=query.developer_uscc)
    return {
        "papers": [
            {
                "source": str(each.source_id),
                "material_code": each.material_code,
                "file_name": each.file_name,
                "number": each.number,
                "came_on": each.came_on.isoformat(),
            }
            for each in found.values()
        ]
    }


@door_api.post("/attachments/reused", responses={201: PaperOut}, summary="沿用一份材料")
def reuse(body: Reuse) -> Any:
    """Take a paper over instead of uploading it; may be repeated until the copy is handed in."""
    only("applicant")
    with sitting() as office:
        paper_id = papers.reuse(
            office,
            account=caller(),
            source_id=body.source,
            material_code=body.material_code,
            developer_uscc=body.developer_uscc,
        )
        paper = attachments.load(office.session, paper_id)
    return {
        "id": str(paper.id),
        "sha256": paper.sha256,
        "media_type": paper.media_type,
        "size_bytes": paper.size_bytes,
        "file_name": paper.file_name,
    }, 201


@door_api.post("/drafts/<uuid:draft_id>/answer", responses={200: AnswerOut, 201: AnswerOut}, summary="要求书面答复")
def answer(path: DraftPath, body: Submission) -> Any:
    """What stands against accepting this content, in writing: 一次性告知书 or 不予受理通知书.

    201 for a new notice, 200 for the one given before on the same facts, area and situations; 409 if nothing stands
    against it. A notice is no application: it takes no Idempotency-Key, and a key whose submission was refused is free.
    """
    only("applicant")
    with sitting() as office:
        given = office_door.answer(office, account=caller(), draft_id=path.draft_id, body=body.model_dump())
        told = _answers(office, path.draft_id)
    found = next(each for each in told if each["id"] == str(given.notice.id))
    return found, 200 if given.repeated else 201


@door_api.get("/drafts/<uuid:draft_id>/answers", responses={200: AnswersOut}, summary="书面答复")
def answers(path: DraftPath) -> Any:
    """Every answer in writing on one of the caller's drafts, newest first."""
    only("applicant")
    with sitting() as office:
        return {"answers": _answers(office, path.draft_id)}


@door_api.get(
    "/applications/<uuid:application_id>/commitments", responses={200: CommitmentsOut}, summary="承诺后补的材料"
)
def promised(path: ApplicationPath) -> Any:
    """What was promised in one application, and what became of it."""
    with sitting() as office:
        cases.case_file(office.session, path.application_id, caller())
        return {"commitments": [_promise(row) for row in commitments.of_application(
            office.session, path.application_id)]}  # fmt: skip


@door_api.post("/commitments/<uuid:commitment_id>/paper", responses={200: CommitmentsOut}, summary="补交承诺的材料")
def bring(path: CommitmentPath, body: Promised) -> Any:
    """Bring a promised paper that was uploaded before; the same bytes again change nothing."""
    only("applicant")
    with sitting() as office:
        service.bring_paper(office, account=caller(), commitment_id=path.commitment_id, paper_id=body.attachment)
        return {"commitments": [_promise(commitments.find(office.session, path.commitment_id))]}


@door_api.get("/commitments", responses={200: CommitmentsOut}, summary="本单位核查的承诺")
def of_unit() -> Any:
    """The unit's promised papers that are still open, those that came first."""
    only(*DESK)
    with sitting() as office:
        rows = commitments.of_unit(office.session, caller().unit_code or "", is_closed=False, most=200)
    return {"commitments": [_promise(row) for row in rows]}


@door_api.post("/commitments/<uuid:commitment_id>/check", responses={200: CommitmentsOut}, summary="核查承诺")
def check(path: CommitmentPath, body: Judgement) -> Any:
    """Say whether a promise was kept, sealed by the unit; the same answer again changes nothing."""
    only(*DESK)
    with sitting() as office:
        if commitments.find(office.session, path.commitment_id).unit_code != caller().unit_code:
            raise NotFound("没有这项承诺，或不在您的办理范围内")
        service.check(
            office,
            commitment_id=path.commitment_id,
            actor=calling_actor(),
            is_kept=body.verdict == "kept",
            opinion=body.opinion,
            version=body.version,
        )
        return {"commitments": [_promise(commitments.find(office.session, path.commitment_id))]}


@door_api.post(
    "/applications/<uuid:application_id>/not-accepted", responses={200: AnswerOut}, summary="不予受理（牵头窗口）"
)
def not_accept(path: ApplicationPath, body: NotAccepting) -> Any:
    """Not accept an application that nobody has decided and that has no bill; repeating it gives the same notice."""
    only(*DESK)
    with sitting() as office:
        cases.case_file(office.session, path.application_id, caller())
        notice = office_door.decline(
            office,
            application_id=path.application_id,
            actor=calling_actor(),
            reason=body.reason,
            clause=body.clause,
            go_to=body.go_to,
        )
        made = {each.subject_id: each.id for each in documents.of_application(office.session, path.application_id)}
    return _answer(notice, made)


def _answers(office: Sitting, draft_id: UUID) -> list[dict[str, Any]]:
    made = {each.subject_id: each.id for each in documents.of_draft(office.session, draft_id)}
    found = intake_notices.of_draft(office.session, draft_id)
    return [_answer(each, made) for each in found if each.account_id == caller().id and each.id in made]


def _answer(notice: intake_notices.NoticeRow, made: dict[UUID, UUID]) -> dict[str, Any]:
    return {
        "id": str(notice.id),
        "kind": notice.kind,
        "number": notice.number,
        "issued_on": notice.issued_on.isoformat(),
        "items": [dict(item) for item in notice.items],
        "document_url": f"/api/v1/documents/{made[notice.id]}/content",
    }


def _promise(row: CommitmentRow | DeskRow) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "application_id": str(row.application_id),
        "material_code": row.material_code,
        "unit_code": row.unit_code,
        "state": row.state,
        "due_on": row.due_on.isoformat(),
        "opinion": row.opinion,
        "version": row.version,
    }
