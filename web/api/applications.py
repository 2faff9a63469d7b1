"""The applicant's side of the API: papers, drafts, applications and their documents."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag
from werkzeug.datastructures import FileStorage

from services import intake
from services.sitting import Sitting, sitting
from shared.db import attachments, documents, drafts
from shared.db.drafts import DraftRow
from shared.db.queries import cases
from shared.domain.errors import Invalid, NotFound, Problem
from shared.papers import PAPER_BYTES_MAX
from shared.settings import settings
from shared.storage import Storage
from web.api.bearer import SECURITY, caller, only, require_token
from web.api.casefile import case_json, row_json
from web.api.models import (
    ApplicationPath,
    CaseOut,
    CasesOut,
    DocumentPath,
    Draft,
    DraftOut,
    DraftPath,
    DraftsOut,
    ErrorOut,
    KeyHeader,
    PaperForm,
    PaperOut,
    ProblemsOut,
    Submission,
    SubmittedOut,
)
from web.files.answers import file_answer
from web.naming import said

TAG = Tag(name="申报", description="材料、草稿、申报、文书")
applications = APIBlueprint(
    "api_applications",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[TAG],
    abp_security=SECURITY,
    abp_responses={"401": ErrorOut, "404": ErrorOut, "422": ErrorOut, "503": ErrorOut},
)
applications.before_request(require_token)


@applications.post("/attachments", responses={201: PaperOut}, summary="上传一份材料")
def add_paper(form: PaperForm) -> Any:
    """Take a paper, judged by its content; the same bytes are stored once."""
    only("applicant")
    if not isinstance(form.file, FileStorage):
        raise Invalid([Problem("file", "应为一个文件（multipart/form-data，带文件名）")])
    # One byte more than allowed is enough to know that it is too much.
    content = form.file.stream.read(PAPER_BYTES_MAX + 1)
    with sitting() as office:
        paper_id = intake.add_paper(
            office,
            Storage(settings().storage_dir),
            account=caller(),
            file_name=form.file.filename or "",
            content=content,
            material_code=form.material_code,
        )
        paper = attachments.load(office.session, paper_id)
    return {
        "id": str(paper.id),
        "sha256": paper.sha256,
        "media_type": paper.media_type,
        "size_bytes": paper.size_bytes,
        "file_name": paper.file_name,
    }, 201


@applications.post("/applications/check", responses={200: ProblemsOut}, summary="核对，不提交")
def check(body: Submission) -> Any:
    """Every problem that submitting would find; nothing is written."""
    only("applicant")
    with sitting() as office:
        problems = intake.check(office, account=caller(), body=body.model_dump())
    return {"problems": [{"field": each.field, "problem": said(each.problem)} for each in problems]}


@applications.post("/applications", responses={201: SubmittedOut}, summary="提交申报")
def submit(header: KeyHeader, body: Submission) -> Any:
    """Accept an application at once if it is complete; the same key with the same body gives the same answer, for ever.

    What is missing or outside the scope is refused (422) and leaves the key free; POST /drafts/{id}/answer puts it in
    writing.
    """
    only("applicant")
    with sitting() as office:
        done = intake.submit(office, account=caller(), body=body.model_dump(), key=header.idempotency_key)
    answer = {
        "id": str(done.application_id),
        "number": done.number,
        "accepted_on": done.accepted_on.isoformat(),
        "due_on": done.due_on.isoformat(),
    }
    return answer, 201, {"Idempotent-Replayed": "true"} if done.repeated else {}


@applications.get("/applications", responses={200: CasesOut}, summary="我能看到的办件")
def listed() -> Any:
    """The applications that the caller may see, newest first."""
    with sitting() as office:
        rows = cases.listed(office.session, caller())
    return {"applications": [row_json(row) for row in rows]}


@applications.get("/applications/<uuid:application_id>", responses={200: CaseOut}, summary="办件详情")
def one(path: ApplicationPath) -> Any:
    """One application: reviews, fee lines, bills, receipts, documents, and what it waits for."""
    with sitting() as office:
        file = cases.case_file(office.session, path.application_id, caller())
        return case_json(file, office.city)


@applications.get("/drafts", responses={200: DraftsOut}, summary="我的草稿")
def my_drafts() -> Any:
    """The caller's open drafts, newest first."""
    only("applicant")
    with sitting() as office:
        return {"drafts": [_draft(each) for each in drafts.of_account(office.session, caller().id)]}


@applications.post("/drafts", responses={201: DraftOut}, summary="新建草稿")
def new_draft(body: Draft) -> Any:
    """Keep what was filled in so far, valid or not."""
    only("applicant")
    with sitting() as office:
        return _draft(_save(office, body, None)), 201


@applications.put("/drafts/<uuid:draft_id>", responses={200: DraftOut}, summary="更新草稿")
def save_draft(path: DraftPath, body: Draft) -> Any:
    """Replace a draft's content."""
    only("applicant")
    with sitting() as office:
        return _draft(_save(office, body, path.draft_id))


@applications.get("/drafts/<uuid:draft_id>", responses={200: DraftOut}, summary="一份草稿")
def one_draft(path: DraftPath) -> Any:
    """One draft of the caller."""
    only("applicant")
    with sitting() as office:
        return _draft(drafts.load(office.session, path.draft_id, account_id=caller().id))


@applications.get("/documents/<uuid:document_id>/content", summary="文书 PDF")
def document_content(path: DocumentPath) -> Any:
    """The sealed bytes of a document of an application that the caller may see."""
    with sitting() as office:
        document = documents.load(office.session, path.document_id)
        if not cases.may_see_document(office.session, path.document_id, caller()):
            raise NotFound("文书不存在")
    return file_answer(document.sha256, media_type="application/pdf", name=f"{document.title}.pdf")


def _save(office: Sitting, body: Draft, draft_id: UUID | None) -> DraftRow:
    saved = intake.save_draft(office, account=caller(), data=body.data, draft_id=draft_id)
    return drafts.load(office.session, saved, account_id=caller().id)


def _draft(row: DraftRow) -> dict[str, Any]:
    return {"id": str(row.id), "data": dict(row.data), "updated_at": row.updated_at.isoformat()}
