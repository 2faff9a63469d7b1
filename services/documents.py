"""Documents are composed from frozen rows, drawn and sealed outside any transaction, and stored once.

Only workers import this: it brings the PDF engine along once a document is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import lru_cache
from typing import TYPE_CHECKING
from uuid import UUID

from services.sitting import Sitting, signer
from shared.db import attention, cases, documents, exports, intake_notices, periods, trail
from shared.db.documents import DocumentRow
from shared.db.trail import Act
from shared.domain.errors import Broken
from shared.domain.receipts import paper_code
from shared.logs import logger
from shared.settings import settings
from shared.storage import Storage

log = logger(__name__)

if TYPE_CHECKING:
    from shared.documents.produce import Produced, Producer


@lru_cache(maxsize=1)
def producer() -> Producer:
    """This process's press, warm after the first page.

    The PDF engine is loaded here: workers of other queues import this module too, and would carry 35 MB for nothing.
    """
    from shared.documents.produce import Producer

    return Producer(signer(), settings().fonts_dir)


def compose(sitting: Sitting, document_ids: Sequence[UUID]) -> list[DocumentRow]:
    """Freeze what each document says, once, and give those that are still to be made. May be repeated."""
    # Loaded here: views and composers are 4 MB that workers of other queues never need.
    from services import composition
    from shared.documents.views import BillView, VerifiableView

    waiting = []
    for document_id in document_ids:
        document = documents.load(sitting.session, document_id)
        if document.sha256 is not None:
            continue
        if not document.view:
            view = composition.COMPOSERS[document.kind](sitting, document.subject_id)
            code = view.verification_code if isinstance(view, BillView) else None
            if isinstance(view, VerifiableView):
                code = paper_code(document_id=str(document_id), secret=sitting.secret)
                view = replace(view, verification=f"验真码 {code}")
            documents.freeze(sitting.session, document_id, view.to_json(), verification_code=code)
            document = documents.load(sitting.session, document_id)
        waiting.append(document)
    return waiting


def produce(document: DocumentRow) -> Produced:
    """Draw and seal one document and store its bytes; no transaction is open meanwhile."""
    made = producer().produce(document.kind, document.template_version, document.view)
    stored = Storage(settings().storage_dir).keep(made.pdf)
    if stored != made.sha256:
        raise Broken(f"document {document.id}: stored under {stored}, made as {made.sha256}")
    return made


def record(sitting: Sitting, document: DocumentRow, made: Produced) -> None:
    """Record the finished bytes. Of two that made the same document the first counts."""
    first = documents.record(
        sitting.session, document.id, sha256=made.sha256, size_bytes=len(made.pdf), pages=made.pages
    )
    if made.unprintable:
        attention.open_case(
            sitting.session,
            sitting.tenant,
            kind="unprintable",
            key=str(document.id),
            reason=f"{document.title} 中有字库缺少的字：{made.unprintable}",
            application_id=document.application_id,
        )
    if first and document.kind in ("day_close", "month_close", "export"):
        _complete_books(sitting, document, made)
    elif first and document.application_id is None:
        # An answer on a draft has no trail: the notice itself keeps the digest, under its unit's seal.
        _complete_notice(sitting, document, made)
    elif first and document.application_id is not None:
        case = cases.lock_one(sitting.session, document.application_id)
        act = Act(
            "document_ready", sitting.now, data={"kind": document.kind, "title": document.title, "sha256": made.sha256}
        )
        trail.append(sitting.session, sitting.tenant, {document.application_id: [act]}, signer=sitting.signer)
        log.info("document_ready", application=case.number, kind=document.kind, sha256=made.sha256)


def _complete_notice(sitting: Sitting, document: DocumentRow, made: Produced) -> None:
    notice = intake_notices.load(sitting.session, document.subject_id)
    content = intake_notices.content(asdict(notice) | {"document_sha256": made.sha256})
    seal = sitting.signer.seal_act(notice.unit_code, content)
    intake_notices.complete(sitting.session, notice.id, sha256=made.sha256, seal=seal)
    log.info("document_ready", notice=notice.number, kind=document.kind, sha256=made.sha256)


def _complete_books(sitting: Sitting, document: DocumentRow, made: Produced) -> None:
    """A period or an export has no trail either: it keeps the digest, under the finance unit's seal."""
    unit, subject = sitting.city.finance_unit, document.subject_id
    if document.kind == "export":
        exports.lock(sitting.session, subject)
        exports.set_document(sitting.session, subject, made.sha256)
        content = exports.content(exports.load(sitting.session, subject))
        exports.set_seal(sitting.session, subject, sitting.signer.seal_act(unit, content))
    else:
        periods.lock(sitting.session, subject)
        periods.set_document(sitting.session, subject, made.sha256)
        content = periods.content(periods.load(sitting.session, subject))
        periods.set_seal(sitting.session, subject, sitting.signer.seal_act(unit, content))
    log.info("document_ready", title=document.title, kind=document.kind, sha256=made.sha256)
