"""Seals are signatures: all valid, in order, by the right organs, and every tampering is noticed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from paper import UNITS, bill, receipt, slip
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec, append_signature_field
from reading import tool

from console.verify import run
from shared.documents.fonts import FontSet
from shared.documents.produce import Producer
from shared.documents.rendering import Renderer
from shared.documents.sealing import Sealer
from shared.documents.verify import verify
from shared.documents.views import DocumentKind, SealSpec
from shared.domain.errors import Broken
from shared.signing import LocalSigner, make_demo_keys

FLIPS = 200
"""Bytes flipped per run: half anywhere, half in the signature's own bytes, which no digest covers."""


@pytest.fixture(scope="module")
def sealed(producer: Producer) -> bytes:
    """A receipt with seven seals."""
    return producer.produce("receipt", 1, receipt().to_json()).pdf


@pytest.fixture(scope="module")
def letter(producer: Producer) -> bytes:
    """A slip: one seal, the smallest file."""
    return producer.produce("slip", 1, slip(officer="高明").to_json()).pdf


class TestAReceiptOfSevenSeals:
    def test_is_valid_for_poppler(self, sealed: bytes, tmp_path: Path) -> None:
        answer = tool("pdfsig", sealed, tmp_path)
        assert answer.count("Signature is Valid.") == 7
        assert answer.count("ETSI.CAdES.detached") == 7
        assert answer.count("Total document signed") == 1

    def test_is_valid_for_verify_and_names_its_signers_in_line_order(self, sealed: bytes, root: bytes) -> None:
        verdict = verify(sealed, root)
        assert verdict.problems == ()
        assert verdict.ok
        assert [each.signer for each in verdict.signatures] == [each.organ_name for each in receipt().seals]
        assert verdict.expected_signers == tuple(each.organ_name for each in receipt().seals)
        assert [each.covers_whole_file for each in verdict.signatures] == [False] * 6 + [True]

    def test_stays_valid_with_thirteen_units_and_two_pages(
        self, producer: Producer, root: bytes, tmp_path: Path
    ) -> None:
        pdf = producer.produce("receipt", 1, receipt(lines=30).to_json()).pdf
        assert tool("pdfsig", pdf, tmp_path).count("Signature is Valid.") == 14
        assert verify(pdf, root).ok

    def test_stays_small(self, sealed: bytes) -> None:
        assert len(sealed) < 300_000


class TestAnUnsignedPage:
    def test_shows_no_seal(self, renderer: Renderer) -> None:
        view = receipt()
        page = renderer.render(DocumentKind.RECEIPT, 1, view, signers=[each.organ_name for each in view.seals])
        fields = PdfFileReader(BytesIO(page.pdf)).root["/AcroForm"]["/Fields"]
        assert len(fields) == 7
        assert all("/AP" not in each.get_object() and "/V" not in each.get_object() for each in fields)

    def test_is_refused_by_verify(self, renderer: Renderer, root: bytes) -> None:
        page = renderer.render(DocumentKind.SLIP, 1, slip(), signers=["x"])
        assert "文件没有数字签名" in verify(page.pdf, root).problems


class TestASeal:
    def test_is_refused_when_it_names_another_organ_than_its_certificate(self, producer: Producer) -> None:
        false = SealSpec(unit_code="zj", organ_name="瀚海市财政局", flat_text="一单收费专用章")
        with pytest.raises(Broken, match="不一致"):
            producer.produce("bill", 1, replace(bill(), seals=(false,)).to_json())

    def test_carries_the_time_of_signing(self, keys_dir: Path, fonts: FontSet) -> None:
        now = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
        pdf = Producer(LocalSigner(keys_dir), fonts.folder, now=lambda: now).produce("slip", 1, slip().to_json()).pdf
        signature = PdfFileReader(BytesIO(pdf)).embedded_signatures[0]
        assert signature.self_reported_timestamp == now

    def test_is_drawn_as_outlines_multiplied_onto_the_page(self, letter: bytes) -> None:
        field = PdfFileReader(BytesIO(letter)).root["/AcroForm"]["/Fields"][0].get_object()
        appearance = field["/AP"]["/N"]
        assert appearance["/Resources"]["/ExtGState"]["/GS"]["/BM"] == "/Multiply"
        drawing = appearance["/Resources"]["/XObject"]["/Seal"].data
        assert b"BT" not in drawing
        assert drawing.count(b"B") == len("瀚海市住房和城乡建设局") + len("收件专用章")


class TestTampering:
    @pytest.mark.parametrize("seed", [20260101, 20260102])
    def test_with_any_single_bit_is_noticed(self, letter: bytes, root: bytes, seed: int) -> None:
        chance = random.Random(seed)
        gap = letter.index(b"/Contents <")
        for turn in range(FLIPS // 2):
            at = chance.randrange(gap + 10, gap + 3340) if turn % 2 else chance.randrange(len(letter))
            changed = bytearray(letter)
            changed[at] ^= 1 << chance.randrange(8)
            assert not verify(bytes(changed), root).ok, f"seed {seed}: byte {at}"

    def test_by_a_white_box_drawn_later_is_noticed(self, sealed: bytes, root: bytes, tmp_path: Path) -> None:
        writer = IncrementalPdfFileWriter(BytesIO(sealed))
        box = generic.StreamObject(stream_data=b"1 1 1 rg 100 400 300 60 re f")
        writer.add_stream_to_page(0, writer.add_object(box))
        changed = BytesIO()
        writer.write(changed)
        assert tool("pdfsig", changed.getvalue(), tmp_path).count("Signature is Valid.") == 7
        problems = "；".join(verify(changed.getvalue(), root).problems)
        assert "最后一枚章之后文件又有改动" in problems
        assert "文件在签章之外另有改动" in problems

    def test_by_cutting_off_the_last_seal_is_noticed(self, sealed: bytes, root: bytes, tmp_path: Path) -> None:
        reader = PdfFileReader(BytesIO(sealed))
        _, first, second, length = (int(each) for each in reader.embedded_signatures[5].byte_range)
        assert first < second
        cut = sealed[: second + length]
        assert tool("pdfsig", cut, tmp_path).count("Signature is Valid.") == 6
        verdict = verify(cut, root)
        assert all(each.intact for each in verdict.signatures)
        assert "签名域 seal-07-cz 是空的：文件缺一枚章" in verdict.problems
        assert "签章单位与文件写明的不一致" in verdict.problems

    def test_by_an_empty_signature_field_is_noticed(self, sealed: bytes, root: bytes) -> None:
        writer = IncrementalPdfFileWriter(BytesIO(sealed))
        append_signature_field(writer, SigFieldSpec("seal-08-xx", on_page=0, box=(10, 10, 60, 60)))
        changed = BytesIO()
        writer.write(changed)
        assert any("seal-08-xx" in each for each in verify(changed.getvalue(), root).problems)

    def test_by_appending_bytes_is_noticed(self, sealed: bytes, root: bytes) -> None:
        assert not verify(sealed + b"\n% nothing to see", root).ok

    def test_by_a_document_sealed_under_another_root_is_noticed(
        self, fonts: FontSet, root: bytes, tmp_path: Path
    ) -> None:
        make_demo_keys(tmp_path, UNITS)
        forged = Producer(LocalSigner(tmp_path), fonts.folder).produce("slip", 1, slip().to_json()).pdf
        assert "seal-01-zj：证书不是由信任的根证书签发" in "；".join(verify(forged, root).problems)

    def test_by_another_unit_signing_in_the_place_of_one_is_noticed(
        self, renderer: Renderer, fonts: FontSet, keys_dir: Path, root: bytes
    ) -> None:
        view = slip()
        page = renderer.render(DocumentKind.SLIP, 1, view, signers=["瀚海市财政局"])
        sealer = Sealer(LocalSigner(keys_dir), fonts)
        pdf = sealer.seal(page.pdf, view.seals, page.boxes, signed_at=datetime.now(UTC))
        assert verify(pdf, root).problems == ("签章单位与文件写明的不一致",)

    @pytest.mark.parametrize("change", [lambda pdf: pdf[: len(pdf) // 2], lambda _: b"", lambda _: b"not a PDF" * 99])
    def test_beyond_recognition_is_an_answer_not_a_crash(
        self, letter: bytes, root: bytes, change: Callable[[bytes], bytes]
    ) -> None:
        verdict = verify(change(letter), root)
        assert not verdict.ok
        assert verdict.problems


class TestTheVerifyCommand:
    def test_prints_each_signature_and_succeeds(
        self, sealed: bytes, keys_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "receipt.pdf").write_bytes(sealed)
        assert run(tmp_path / "receipt.pdf", ca=keys_dir / "ca.pem") == 0
        answer = json.loads(capsys.readouterr().out)
        assert answer["ok"] is True
        assert [each["intact"] for each in answer["signatures"]] == [True] * 7
        assert answer["signatures"][-1]["signer"] == "瀚海市财政局"

    def test_fails_for_a_changed_file(
        self, sealed: bytes, keys_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "receipt.pdf").write_bytes(sealed + b"x")
        assert run(tmp_path / "receipt.pdf", ca=keys_dir / "ca.pem") == 1
        assert json.loads(capsys.readouterr().out)["ok"] is False

    def test_says_which_file_it_cannot_open(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(tmp_path / "none.pdf") == 2
        assert json.loads(capsys.readouterr().out)[0]["field"] == "FILE"
