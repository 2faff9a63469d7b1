"""Documents made from real cases: every element printed, every signature valid, the same bytes for ever."""

import subprocess
from pathlib import Path
from uuid import UUID

import pytest
from office import Office

from services import documents
from shared.db import documents as stored
from shared.settings import settings
from workers import batches

FONTS = Path(__file__).resolve().parents[2] / "var" / "fonts"


@pytest.fixture
def press(office: Office) -> Office:
    """The office with the faces that set-up prepared."""
    (settings().var_dir / "fonts").symlink_to(FONTS)
    documents.producer.cache_clear()
    return office


def produce_all(office: Office) -> None:
    for message in office.bells():
        batches.run_each(documents.compose, documents.produce, documents.record, message.ids)


def printed(office: Office, kind: str, application_id: UUID) -> str:
    with office.sits() as sitting:
        (document,) = [each for each in stored.of_application(sitting.session, application_id) if each.kind == kind]
    assert document.sha256, f"{kind} was not made"
    path = office.storage.path(document.sha256)
    return subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout


class TestDocuments:
    def test_say_everything_that_the_case_holds(self, press: Office) -> None:
        received = press.is_billed()
        (bill,) = press.bills(received.application_id)
        press.hears_from_bank(press.callback(bill))
        press.works()
        produce_all(press)

        slip = printed(press, "slip", received.application_id)
        assert received.number in slip
        assert "瀚海市碧海置业有限公司" in slip

        paper = printed(press, "bill", received.application_id)
        for expected in (
            "缴 费 通 知 书",
            bill.number,
            "32,729,939.24",
            "人民币叁仟贰佰柒拾贰万玖仟玖佰叁拾玖元贰角肆分",
        ):
            assert expected.replace(" ", "") in paper.replace(" ", "")

        receipt = printed(press, "receipt", received.application_id)
        for expected in ("缴费凭证", "网上回执", "0000000001", "32,729,939.24", "22,040,205.90", "网上银行"):
            assert expected in receipt.replace(" ", "")

    def test_are_made_once(self, press: Office) -> None:
        received = press.is_billed()
        produce_all(press)
        first = press.rows("select kind, sha256 from document order by kind")

        press.rows("select 1")
        with press.sits() as sitting:
            for document in stored.of_application(sitting.session, received.application_id):
                assert documents.compose(sitting, [document.id]) == []

        assert press.rows("select kind, sha256 from document order by kind") == first
        assert press.one("select count(*) from audit_event where verb = 'document_ready'") == len(first)
