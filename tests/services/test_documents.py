"""Documents made from real cases: every element printed, every signature valid, the same bytes for ever."""

import subprocess
from pathlib import Path
from uuid import UUID

import pytest
from office import Office

from services import documents, reissues
from services.default_consent import consent_by_default
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


def printed(office: Office, kind: str, application_id: UUID, *, how: str = "-layout") -> str:
    with office.sits() as sitting:
        (document,) = [each for each in stored.of_application(sitting.session, application_id) if each.kind == kind]
    assert document.sha256, f"{kind} was not made"
    path = office.storage.path(document.sha256)
    return subprocess.run(["pdftotext", how, str(path), "-"], capture_output=True, text=True, check=True).stdout


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

    def test_of_a_bill_taken_back_before_it_was_drawn_ask_for_no_money(self, press: Office) -> None:
        received = press.is_billed()
        (bill,) = press.bills(received.application_id)
        with press.sits() as sitting:
            reissues.reissue(sitting, bill_id=bill.id, actor=press.actor("finance"), reason="单位名称有误")
        produce_all(press)

        with press.sits() as sitting:
            void, new = (each.view for each in sorted(
                (each for each in stored.of_application(sitting.session, received.application_id)
                 if each.kind == "bill"), key=lambda each: each.view["number"]))  # fmt: skip
        assert void["statement"] == "本通知书已作废，不得据以缴款。作废理由：单位名称有误。"
        assert (void["payment_code"], "pay?code" in void["qr_text"]) == ("已作废", False)
        assert "请于" in new["statement"]
        assert "pay?code" in new["qr_text"]

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


class TestABillAfterConsentByDefault:
    """超时默认: where the switch is on, the bill says for whom silence spoke, and until when they might have spoken."""

    def test_prints_whose_silence_counted(self, press: Office) -> None:
        press.switches("default_consent")
        press.at("2014-09-15 09:00")
        application_id = press.receives().application_id
        press.works()
        press.confirms(application_id)
        press.at("2014-09-19 09:00")  # three working days are over, five are not
        with press.sits() as sitting:
            consent_by_default(sitting)
        press.approves_everything(application_id)
        press.works()
        produce_all(press)

        paper = "".join(printed(press, "bill", application_id, how="-raw").split())
        assert "超时默认" in paper
        silent = press.rows("select matter_name from review_task where is_by_default")
        spoke = press.rows("select matter_name from review_task where not is_by_default")
        assert len(silent) == 4
        assert all(f"规则视为同意{row.matter_name}" in paper for row in silent)
        assert not any(f"规则视为同意{row.matter_name}" in paper for row in spoke)
        assert "在承诺时限（至2014年9月18日）内未作出结论，2014年9月19日依本市已启用的" in paper

    def test_says_nothing_of_it_where_every_unit_has_spoken(self, press: Office) -> None:
        press.switches("default_consent")
        received = press.is_billed()
        produce_all(press)
        assert "超时默认" not in printed(press, "bill", received.application_id)
