"""Papers are judged by what is in them: whatever only looks like a PDF, a JPEG or a PNG is refused."""

from __future__ import annotations

import io
import struct
import time
import zipfile
import zlib
from functools import lru_cache
from uuid import UUID

import pytest
from office import Office, small_pdf, small_picture
from PIL import Image
from pypdf import PdfWriter
from watching import counts, side_by_side

from services import intake
from shared.domain.errors import Invalid
from shared.papers import PAPER_BYTES_MAX, media_type_of


def add(office: Office, content: bytes, *, name: str = "材料.pdf", login: str = "applicant") -> UUID:
    account = office.account(login)
    with office.sits() as sitting:
        return intake.add_paper(sitting, office.storage, account=account, file_name=name, content=content)


def a_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("payload.html", "<script>alert(1)</script>")
    return buffer.getvalue()


def a_picture(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, kind)
    return buffer.getvalue()


def an_encrypted_pdf() -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(width=200, height=200)
    writer.encrypt("secret", algorithm="AES-256")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def a_pdf_without_pages() -> bytes:
    return b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n" + (
        b"trailer<</Root 1 0 R>>\n%%EOF"
    )


def a_pdf_whose_pages_go_round_in_circles() -> bytes:
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Pages/Kids[2 0 R]/Count 1/Parent 2 0 R>>endobj\n"
        b"trailer<</Root 1 0 R>>\n%%EOF"
    )


def a_png_that_says_it_is_huge(side: int = 60_000) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


@lru_cache(maxsize=1)
def refused() -> dict[str, bytes]:
    """What must not get in, whatever its name."""
    pdf, png, jpeg = small_pdf(), small_picture("PNG"), small_picture("JPEG")
    return {
        "a ZIP": a_zip(),
        "a page of HTML": b"<html><script>alert(1)</script></html>",
        "HTML before a PDF": b"<html><script>alert(1)</script></html>\n" + pdf,
        "a ZIP before a PDF": a_zip() + pdf,
        "a header and nothing else": b"%PDF-1.7\n",
        "a header before HTML": b"%PDF-1.7\n<html><script>alert(1)</script></html>",
        "a header before a ZIP": b"%PDF-1.7\n" + a_zip(),
        "a PDF cut off at its beginning": pdf[: len(pdf) // 4],
        "an encrypted PDF": an_encrypted_pdf(),
        "a PDF without pages": a_pdf_without_pages(),
        "a PDF whose pages go round in circles": a_pdf_whose_pages_go_round_in_circles(),
        "a GIF": a_picture("GIF"),
        "a TIFF": a_picture("TIFF"),
        "an SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        "a PNG cut off": png[: len(png) // 2],
        "a JPEG cut off": jpeg[: len(jpeg) // 2],
        "a PNG with a broken sum": png[:-20] + bytes([png[-20] ^ 1]) + png[-19:],
        "a PNG of 3.6 thousand megapixels": a_png_that_says_it_is_huge(),
        "a JPEG header before a script": b"\xff\xd8\xff\xe0<script>alert(1)</script>",
        "an executable": b"\x7fELF" + bytes(500),
        "zeros": bytes(1000),
        "one byte": b"%",
    }


class TestPapers:
    def test_are_taken_when_they_open(self, office: Office) -> None:
        for content, expected in (
            (small_pdf(), "application/pdf"),
            (small_picture("PNG"), "image/png"),
            (small_picture("JPEG"), "image/jpeg"),
        ):
            paper = add(office, content, name="随便什么名字.exe")
            row = office.rows("select media_type, size_bytes, file_name from attachment where id = :id", id=paper)[0]
            assert tuple(row) == (expected, len(content), "随便什么名字.exe")

    def test_that_are_none_are_refused_at_once_and_leave_nothing(
        self, office: Office, subtests: pytest.Subtests
    ) -> None:
        for name, content in refused().items():
            with subtests.test(msg=name):
                began = time.monotonic()
                for file_name in ("材料.pdf", "材料.png"):
                    with pytest.raises(Invalid) as refusal:
                        add(office, content, name=file_name)
                    assert [each.field for each in refusal.value.problems] == ["file"]
                assert time.monotonic() - began < 5
        assert counts("attachment") == {"attachment": 0}
        assert not office.storage.folder.exists() or not [
            each for each in office.storage.folder.rglob("*") if each.is_file()
        ]

    def test_are_refused_when_empty_or_too_large_or_of_an_unknown_kind(self, office: Office) -> None:
        for content, word in ((b"", "空文件"), (small_pdf() + bytes(PAPER_BYTES_MAX), "20 MB")):
            with pytest.raises(Invalid, match=word):
                add(office, content)
        account = office.account("applicant")
        for material in ("castle", "nul\x00", "half\ud800"):
            with pytest.raises(Invalid) as refusal, office.sits() as sitting:
                intake.add_paper(
                    sitting,
                    office.storage,
                    account=account,
                    file_name="x.pdf",
                    content=small_pdf(),
                    material_code=material,
                )
            assert [each.field for each in refusal.value.problems] == ["material_code"]
        assert counts("attachment") == {"attachment": 0}

    def test_are_stored_once_however_many_bring_the_same_bytes_at_once(self, office: Office) -> None:
        results = side_by_side(*[lambda: add(office, small_pdf())] * 8)

        assert len({result for result in results if isinstance(result, UUID)}) == 8
        files = [each for each in office.storage.folder.rglob("*") if each.is_file()]
        assert len(files) == 1
        assert files[0].read_bytes() == small_pdf()

    def test_keep_a_name_that_is_only_a_name(self, office: Office) -> None:
        names = {
            "../../etc/passwd": "passwd",
            "C:\\Users\\lin\\图纸.pdf": "图纸.pdf",
            "a\r\nSet-Cookie: x.pdf": "aSet-Cookie: x.pdf",
            "nul\x00.pdf": "nul.pdf",
            "half\ud800.pdf": "half.pdf",
            "gnp.\u202efdp": "gnp.fdp",
            "": "未命名",
            "/": "未命名",
            "长" * 300: "长" * 200,
        }
        for given, kept in names.items():
            paper = add(office, small_pdf(), name=given)
            assert office.one("select file_name from attachment where id = :id", id=paper) == kept

    def test_of_many_kinds_never_raise_in_the_judge(self) -> None:
        pdf, png, jpeg = small_pdf(), small_picture("PNG"), small_picture("JPEG")
        for content in (pdf, png, jpeg):
            for position in range(0, len(content), max(1, len(content) // 400)):
                damaged = bytearray(content)
                damaged[position] ^= 0xFF
                media_type_of(bytes(damaged))
                media_type_of(content[:position])
