"""A paper has a format that its material takes, and goes again only by its owner's hand."""

from __future__ import annotations

from uuid import UUID

import pytest
from office import Office, small_pdf, small_picture
from watching import counts

from services import intake
from shared.domain.errors import Invalid, NotFound


def adds(
    office: Office, content: bytes, material_code: str, *, name: str = "图.pdf", draft_id: UUID | None = None
) -> UUID:
    account = office.account("applicant")
    with office.sits() as sitting:
        return intake.add_paper(
            sitting,
            office.storage,
            account=account,
            file_name=name,
            content=content,
            material_code=material_code,
            draft_id=draft_id,
        )


def starts(office: Office) -> UUID:
    with office.sits() as sitting:
        return intake.save_draft(sitting, account=office.account("applicant"), data={"x": 1})


class TestFormats:
    def test_other_than_the_pack_lists_are_refused_with_those_that_are_taken(self, office: Office) -> None:
        for picture, given in ((small_picture("PNG"), "PNG"), (small_picture("JPEG"), "JPEG")):
            with pytest.raises(Invalid) as refusal:
                adds(office, picture, "drawings")
            assert [(each.field, each.problem) for each in refusal.value.problems] == [
                ("file", f"图.pdf 是 {given} 文件；“施工图设计文件”只收 PDF")
            ]
        assert counts("attachment") == {"attachment": 0}
        assert not office.storage.folder.exists() or not any(
            each.is_file() for each in office.storage.folder.rglob("*")
        )

    def test_that_the_pack_lists_are_taken(self, office: Office) -> None:
        for content in (small_pdf(), small_picture("PNG"), small_picture("JPEG")):
            adds(office, content, "licence")
        adds(office, small_pdf(), "drawings")
        assert counts("attachment") == {"attachment": 4}

    def test_do_not_matter_before_a_material_is_chosen(self, office: Office) -> None:
        adds(office, small_picture("PNG"), "")
        assert counts("attachment") == {"attachment": 1}


class TestDiscarding:
    def test_a_draft_takes_its_papers_with_it(self, office: Office) -> None:
        draft, kept = starts(office), starts(office)
        adds(office, small_pdf(), "land", draft_id=draft)
        adds(office, small_pdf(), "land", draft_id=kept)
        with office.sits() as sitting:
            intake.discard_draft(sitting, account=office.account("applicant"), draft_id=draft)

        assert counts("draft", "attachment") == {"draft": 1, "attachment": 1}

    def test_is_for_the_owner_alone(self, office: Office) -> None:
        draft = starts(office)
        paper = adds(office, small_pdf(), "land", draft_id=draft)
        other = office.account("applicant2")
        for attempt in (
            lambda sitting: intake.discard_draft(sitting, account=other, draft_id=draft),
            lambda sitting: intake.discard_paper(sitting, account=other, paper_id=paper),
            lambda sitting: intake.discard_paper(sitting, account=other, paper_id=paper, draft_id=draft),
        ):
            with pytest.raises(NotFound), office.sits() as sitting:
                attempt(sitting)
        assert counts("draft", "attachment") == {"draft": 1, "attachment": 1}

    def test_never_reaches_what_was_submitted(self, office: Office) -> None:
        account, body = office.account("applicant"), office.body()
        draft = starts(office)
        with office.sits() as sitting:
            intake.submit(sitting, account=account, body=body, key="k", draft_id=draft)
        before = counts("draft", "attachment")
        with pytest.raises(NotFound), office.sits() as sitting:
            intake.discard_draft(sitting, account=account, draft_id=draft)
        for draft_id in (None, draft):
            with pytest.raises(NotFound), office.sits() as sitting:
                intake.discard_paper(sitting, account=account, paper_id=UUID(body["attachments"][0]), draft_id=draft_id)
        assert counts("draft", "attachment") == before
