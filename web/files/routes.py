"""Papers and documents by their id, for the applicant, the units that take part, and finance."""

from __future__ import annotations

from uuid import UUID

import flask

from services.sitting import sitting
from shared.db import attachments, documents
from shared.db.queries import cases
from shared.domain.errors import NotFound
from web.auth.access import login_required, signed_in
from web.files.answers import file_answer

files = flask.Blueprint("files", __name__)


@files.get("/files/<uuid:paper_id>")
@login_required()
def paper(paper_id: UUID) -> flask.Response:
    """One paper; before it is handed in only its uploader sees it."""
    with sitting() as office:
        found = attachments.load(office.session, paper_id)
        if found.application_id is None:
            is_theirs = found.account_id == signed_in().id
        else:
            is_theirs = cases.may_see(office.session, found.application_id, signed_in())
    if not is_theirs:
        raise NotFound("没有这份材料")
    return file_answer(found.sha256, media_type=found.media_type, name=found.file_name)


@files.get("/documents/<uuid:document_id>.pdf")
@login_required()
def document(document_id: UUID) -> flask.Response:
    """One sealed document, byte for byte as it was issued."""
    with sitting() as office:
        found = documents.load(office.session, document_id)
        if not cases.may_see_document(office.session, document_id, signed_in()):
            raise NotFound("文书不存在")
    return file_answer(found.sha256, media_type="application/pdf", name=f"{found.title}.pdf")
