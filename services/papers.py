"""Papers as they come in: judged by their content, stored once, or taken over from what the applicant gave before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from services.sitting import Sitting
from shared.db import attachments, documents, drafts
from shared.db.accounts import AccountRow
from shared.db.clock import on
from shared.domain.errors import Invalid, NotAllowed, NotFound, Problem
from shared.papers import PAPER_BYTES_MAX, media_type_of
from shared.storage import Storage

#: What a pack calls the formats that papers are recognised in.
FORMAT_OF: Final = {"application/pdf": "pdf", "image/jpeg": "jpeg", "image/png": "png"}
#: Who uploads papers: applicants, and finance what a refund rests on.
GIVERS: Final = ("applicant", "finance")
#: How a paper's row says that it was taken over, and from which application.
REUSED: Final = "reused:"


@dataclass(frozen=True, slots=True)
class Reusable:
    """A paper or document that this applicant gave or got before, fit for one material of a new application."""

    source_id: UUID
    material_code: str
    file_name: str
    number: str
    came_on: date
    media_type: str
    size_bytes: int
    sha256: str


def take(
    sitting: Sitting,
    storage: Storage,
    *,
    account: AccountRow,
    file_name: str,
    content: bytes,
    material_code: str = "",
    draft_id: UUID | None = None,
) -> UUID:
    """Take a paper (PDF, JPEG or PNG, judged by its content; 20 MB at most); the same bytes are stored once.

    A paper for a material must be of a format that the city's pack lists for it; without `material_code` any will do.

    The bytes go to the store before the row: a row always has its bytes. Raises `Invalid`.
    """
    if account.role not in GIVERS:
        raise NotAllowed("只有申请人可以上传材料")
    name = file_name.replace("\\", "/").rsplit("/", 1)[-1].strip()[:200] or "未命名"
    if not content:
        raise Invalid([Problem("file", f"{name} 是空文件")])
    if len(content) > PAPER_BYTES_MAX:
        raise Invalid([Problem("file", f"{name} 超过 {PAPER_BYTES_MAX // 2**20} MB，请压缩或拆分后再传")])
    if material_code and material_code not in sitting.city.materials:
        raise Invalid([Problem("material_code", f"没有这一种材料：{material_code}")])
    media_type = media_type_of(content)
    if media_type is None:
        raise Invalid([Problem("file", f"{name} 不是可用的 PDF、JPEG 或 PNG 文件（按内容判断，与文件名无关）")])
    _refuse_other_formats(sitting, name, material_code, FORMAT_OF[media_type])
    if draft_id is not None:
        drafts.load(sitting.session, draft_id, account_id=account.id)
    return attachments.add(
        sitting.session,
        sitting.tenant,
        account_id=account.id,
        draft_id=draft_id,
        material_code=material_code,
        file_name="".join(char for char in name if char.isprintable()),
        media_type=media_type,
        size_bytes=len(content),
        sha256=storage.keep(content),
    )


def reusable(sitting: Sitting, *, account: AccountRow, developer_uscc: str) -> dict[str, Reusable]:
    """The latest fitting paper for each material, out of this account's own applications for the same developer.

    A document of the office counts where the pack says that its kind may stand in a material's place.
    """
    found: dict[str, Reusable] = {}
    if not developer_uscc:
        return found
    for paper in attachments.given_before(sitting.session, account_id=account.id, developer_uscc=developer_uscc):
        material = sitting.city.materials.get(paper.material_code)
        if material is not None and FORMAT_OF[paper.media_type] in material.formats:
            found.setdefault(
                material.code,
                Reusable(
                    source_id=paper.id,
                    material_code=material.code,
                    file_name=paper.file_name,
                    number=paper.number,
                    came_on=paper.accepted_on,
                    media_type=paper.media_type,
                    size_bytes=paper.size_bytes,
                    sha256=paper.sha256,
                ),
            )
    serving = [(kind, material.code) for material in sitting.city.pack.materials for kind in material.documents]
    issued = documents.issued_to(
        sitting.session, account_id=account.id, developer_uscc=developer_uscc, kinds=[kind for kind, _ in serving]
    )
    for document, code in ((each, code) for each in issued for kind, code in serving if kind == each.kind):
        found.setdefault(
            code,
            Reusable(
                source_id=document.id,
                material_code=code,
                file_name=f"{document.title}.pdf",
                number=document.number,
                came_on=on(document.requested_at),
                media_type="application/pdf",
                size_bytes=document.size_bytes,
                sha256=document.sha256,
            ),
        )
    return found


def reuse(
    sitting: Sitting,
    *,
    account: AccountRow,
    source_id: UUID,
    material_code: str,
    developer_uscc: str,
    draft_id: UUID | None = None,
) -> UUID:
    """Take over a paper given (or a document issued) before: a new row on the same bytes, free like an uploaded one.

    May be repeated while the copy is free: the same copy is given back. Raises `NotFound` for what is not (or no
    longer) offered to this applicant, whoever's it is.
    """
    if account.role != "applicant":
        raise NotAllowed("只有申请人可以上传材料")
    if draft_id is not None:
        drafts.hold(sitting.session, draft_id, account_id=account.id)
    source = reusable(sitting, account=account, developer_uscc=developer_uscc).get(material_code)
    if source is None or source.source_id != source_id:
        raise NotFound("没有可以沿用的这份材料，请重新上传")
    origin = f"{REUSED}{source.number}"
    known = attachments.free_copy(
        sitting.session,
        account_id=account.id,
        draft_id=draft_id,
        material_code=source.material_code,
        sha256=source.sha256,
        origin=origin,
    )
    return known or attachments.add(
        sitting.session,
        sitting.tenant,
        account_id=account.id,
        draft_id=draft_id,
        material_code=source.material_code,
        file_name=source.file_name[:200],
        media_type=source.media_type,
        size_bytes=source.size_bytes,
        sha256=source.sha256,
        origin=origin,
    )


def _refuse_other_formats(sitting: Sitting, name: str, material_code: str, given: str) -> None:
    material = sitting.city.materials.get(material_code)
    if material is None or given in material.formats:
        return
    allowed = "、".join(each.upper() for each in material.formats)
    raise Invalid([Problem("file", f"{name} 是 {given.upper()} 文件；“{material.name}”只收 {allowed}")])
