"""What is done in WeasyPrint's place for the sake of time: nothing on a page may show it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
import segno
import tinyhtml5
from paper import bill, receipt, slip
from pyhanko.pdf_utils.generic import DictionaryObject
from pyhanko.pdf_utils.reader import PdfFileReader
from reading import image, text
from review_paper import card
from test_views import EVERY
from weasyprint import CSS, HTML, css

from shared.documents.rendering import Renderer
from shared.documents.source import Source
from shared.documents.views import VIEWS, DocumentView
from shared.domain.errors import Broken

KINDS = {view: kind for kind, view in VIEWS.items()}
DPI = 200
MM = 72 / 25.4
CODE = re.compile(rb"q ([\d.]+) 0 0 [\d.]+ ([\d.]+) ([\d.]+) cm (?!/Sample)")
"""Side, left and bottom of the code's square, in points."""


def pdf_of(renderer: Renderer, view: DocumentView) -> bytes:
    return renderer.render(KINDS[type(view)], 1, view, signers=["x"]).pdf


def elements(root: ElementTree.Element) -> Iterator[tuple[str, dict[str, str], str, str]]:
    for each in root.iter():
        yield each.tag, dict(each.attrib), (each.text or "").strip(), (each.tail or "").strip()


@pytest.mark.parametrize("view", EVERY, ids=lambda view: type(view).__name__)
class TestEveryPage:
    def test_is_read_as_an_html_parser_reads_it(self, renderer: Renderer, view: DocumentView) -> None:
        html = renderer.html(KINDS[type(view)], 1, view)
        read = tinyhtml5.parse(BytesIO(html.encode()), namespace_html_elements=False, transport_encoding="utf-8")
        assert list(elements(Source(html, CSS(string=""), None).etree_element)) == list(elements(read))

    def test_is_to_the_byte_what_weasyprint_makes_with_styles_and_defaults_of_its_own(
        self, renderer: Renderer, view: DocumentView, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        quick = pdf_of(renderer, view)
        monkeypatch.setattr(css, "ComputedStyle", css.ComputedStyle.__base__)
        monkeypatch.setattr(css, "AnonymousStyle", css.AnonymousStyle.__base__)
        monkeypatch.setattr(Source, "_ua_stylesheets", HTML._ua_stylesheets)
        assert css.ComputedStyle.__module__ == css.AnonymousStyle.__module__ == css.__name__
        assert pdf_of(renderer, view) == quick


class TestATemplate:
    def test_that_is_not_well_formed_is_broken(self) -> None:
        with pytest.raises(Broken, match="not well-formed"):
            Source("<html><body><p>高<br></body></html>", CSS(string=""), None)

    def test_prints_what_xml_cannot_carry_as_a_mark(self, renderer: Renderer) -> None:
        printed = text(pdf_of(renderer, bill(payer="碧海\x01\ud800\ufffe公司")))
        assert "碧海\ufffd\ufffd\ufffd公司" in printed


class TestTheCode:
    @pytest.mark.parametrize(("view", "side_mm"), [(bill(), 27.4), (receipt(), 27), (slip(), 26), (card(), 21)])
    def test_is_printed_module_by_module_in_the_square_left_for_it(
        self, renderer: Renderer, view: DocumentView, side_mm: float, tmp_path: Path
    ) -> None:
        pdf = pdf_of(renderer, view)
        page, below = first_page(pdf)
        side, left, bottom = map(float, CODE.findall(below)[0])
        assert side == pytest.approx(side_mm * MM, abs=0.01)
        printed = image(pdf, tmp_path, dpi=DPI).convert("L")
        matrix = [list(row) for row in segno.make(view.qr_text, error="m", micro=False, boost_error=False).matrix]
        step, top = side / len(matrix), float(page["/MediaBox"][3]) - bottom - side
        assert [
            [
                int(printed.getpixel(((left + (x + 0.5) * step) * DPI / 72, (top + (y + 0.5) * step) * DPI / 72)) < 128)
                for x in range(len(matrix))
            ]
            for y in range(len(matrix))
        ] == matrix


class TestTheWatermark:
    @pytest.mark.parametrize("view", [bill(lines=30), card()], ids=["bill", "card"])
    def test_lies_under_the_text_of_every_page(self, renderer: Renderer, view: DocumentView) -> None:
        pages = [each.get_object() for each in PdfFileReader(BytesIO(pdf_of(renderer, view))).root["/Pages"]["/Kids"]]
        assert len(pages) == 2
        for page in pages:
            assert b"/Sample Do" in page["/Contents"][0].data
            assert "/Sample" in page["/Resources"]["/XObject"]

    def test_is_left_out_of_a_real_city_s_documents(self, renderer: Renderer) -> None:
        real = pdf_of(renderer, replace(bill(), sample_notice=""))
        page, below = first_page(real)
        assert b"/Sample" not in below
        assert "/Sample" not in page["/Resources"]["/XObject"]


def first_page(pdf: bytes) -> tuple[DictionaryObject, bytes]:
    """The page and what is drawn on it below the text."""
    page = PdfFileReader(BytesIO(pdf)).root["/Pages"]["/Kids"][0]
    return page, page["/Contents"][0].data
