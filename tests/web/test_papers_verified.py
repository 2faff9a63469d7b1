"""验真: anybody with a letter in hand learns whether it is genuine and still counts, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from documents.reading import text
from office import Office

from services import documents, handling, reissues
from shared.settings import settings
from workers import batches

FONTS = Path(__file__).resolve().parents[2] / "var" / "fonts"
SECRETS = ("碧海", "林沐阳", "91371002MA3C00011N", "32,729,939.24")


@pytest.fixture
def press(office: Office) -> Office:
    """The office with the faces that set-up prepared."""
    (settings().var_dir / "fonts").symlink_to(FONTS)
    documents.producer.cache_clear()
    return office


def draw(office: Office) -> None:
    for message in office.bells():
        batches.run_each(documents.compose, documents.produce, documents.record, message.ids)


def paper(office: Office, kind: str) -> Any:
    """The newest document of a kind."""
    return office.rows("select * from document where kind = :kind order by rendition desc", kind=kind)[0]


class TestALetter:
    def test_carries_a_code_by_which_strangers_find_it(self, press: Office, visitor: Any) -> None:
        press.is_billed()
        draw(press)

        for kind, organ in (("acceptance", "瀚海市住房和城乡建设局"), ("slip", "瀚海市住房和城乡建设局")):
            letter = paper(press, kind)
            code = letter.verification_code
            assert re.fullmatch(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{2}", code)
            assert f"验真码{code}" in text(press.storage.path(letter.sha256).read_bytes())
            seen = visitor().read(f"/verify?verification={code}").get_text(" ")
            for expected in ("这份文书真实、有效。", letter.view["title"], letter.view["number"], organ, letter.sha256):
                assert expected in seen
            for secret in SECRETS:
                assert secret not in seen

    def test_is_found_however_its_code_is_typed(self, press: Office, visitor: Any) -> None:
        press.is_billed()
        draw(press)
        code = paper(press, "acceptance").verification_code

        for typed in (code.lower(), code.replace("-", ""), code.replace("-", " "), f"验真码 {code}"):
            assert "真实、有效" in visitor().get(f"/verify?verification={typed}").text
        assert "真实、有效" in visitor().get(f"/verify/{code}").text
        answer = visitor().get(f"/api/v1/verify/{code}").json
        assert (answer["state"], answer["sha256"]) == ("normal", paper(press, "acceptance").sha256)

    def test_that_nobody_has_written_is_not_found(self, press: Office, visitor: Any) -> None:
        press.is_billed()
        code = paper(press, "acceptance").verification_code
        assert code is None, "a letter that is not drawn yet has no code"
        for path in ("/verify?verification=7K4P-9QXM-2D", "/verify/7K4P-9QXM-2D", "/verify?verification=%27or%201=1"):
            answer = visitor().get(path)
            assert (answer.status_code, "没有这份文书" in answer.text) == (404, True)
        assert visitor().get("/api/v1/verify/7K4P-9QXM-2D").status_code == 404

    def test_that_was_printed_anew_says_so(self, press: Office, visitor: Any) -> None:
        received = press.is_billed()
        for _ in range(2):
            with press.sits() as sitting:
                handling.ask(sitting, application_id=received.application_id, actor=press.actor("zj-officer"))
            draw(press)
        (new, old) = press.rows("select * from document where kind = 'handling_slip' order by rendition desc")

        assert "已出具新的一份" in visitor().get(f"/verify/{old.verification_code}").text
        assert "真实、有效" in visitor().get(f"/verify/{new.verification_code}").text


class TestABill:
    def test_that_was_taken_back_names_what_stands_in_its_place(self, press: Office, visitor: Any) -> None:
        received = press.is_billed()
        (bill,) = press.bills(received.application_id)
        draw(press)
        code = press.one("select verification_code from bill")
        assert "真实、有效" in visitor().get(f"/verify/{code}").text

        with press.sits() as sitting:
            reissues.reissue(sitting, bill_id=bill.id, actor=press.actor("finance"), reason="单位名称有误")
        seen = visitor().read(f"/verify/{code}").get_text(" ")
        assert "已作废，由 瀚一单缴〔2014〕2号 代替" in seen
        for secret in SECRETS:
            assert secret not in seen
