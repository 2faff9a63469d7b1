"""What WeasyPrint's pages get before they are written: signature fields, QR code and watermark, packed streams.

Code and watermark are drawn here and not as SVG: WeasyPrint's interpreter takes 25 ms a page for what a few lines of
operators say. They come first on the page, so that every word is printed over them.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import pydyf  # type: ignore[import-untyped]

from shared.documents.fonts import FontSet
from shared.documents.qr import qr_drawing
from shared.documents.sealing import POINTS_PER_MM, SealBox, field_name
from shared.documents.seals import WATERMARK_FILL_OPACITY, WATERMARK_STROKE_OPACITY, watermark_drawing
from shared.documents.views import DocumentView
from shared.domain.errors import Broken

SIGNERS_KEY = "YidanSigners"
"""Catalog entry of the first revision: the organs whose signatures the document must carry, in order."""
QR_BOX = "qr"
"""Id of the square that a template leaves for the code."""

_POINTS_PER_PIXEL = 0.75
_WATERMARK = "样张"
_A4_MM = 210, 297
_SMALLER_SHEET = 0.75
"""How large the watermark is on a sheet that is lower than A4."""


class Finisher:
    """Completes laid out documents; keeps the watermark, which is the same on all of them."""

    def __init__(self, fonts: FontSet) -> None:
        drawing = watermark_drawing(_WATERMARK, fonts.outlines(_WATERMARK, bold=True))
        self._watermark = zlib.compress(drawing, 9)

    def finish(self, document: Any, pdf: Any, view: DocumentView, signers: Sequence[str]) -> dict[str, SealBox]:
        """Complete `pdf`, which WeasyPrint has filled from `document`; gives where the seals go, by field."""
        pages = [pdf.objects[int(number)] for number in pdf.pages["Kids"][::3]]
        boxes = _add_fields(document, pdf, pages, view, signers)
        below = [b"" for _ in pages]
        if view.sample_notice:
            self._add_watermark(pdf, pages)
            below = [_watermark_on(page) for page in document.pages]
        number, square = _find(document, QR_BOX)
        below[number] += _code_in(square, document.pages[number], view.qr_text)
        for page, operators in zip(pages, below, strict=True):
            if operators:
                stream = pydyf.Stream([operators])
                pdf.add_object(stream)
                page["Contents"] = pydyf.Array([stream.reference, page["Contents"]])
        _pack(pdf)
        return boxes

    def _add_watermark(self, pdf: Any, pages: Sequence[Any]) -> None:
        width, height = _A4_MM
        form = pydyf.Stream(
            [self._watermark],
            {
                "Type": "/XObject",
                "Subtype": "/Form",
                "BBox": pydyf.Array([-width / 2, -height / 2, width / 2, height / 2]),
                "Filter": "/FlateDecode",
            },
        )
        pdf.add_object(form)
        state = pydyf.Dictionary({"ca": WATERMARK_FILL_OPACITY, "CA": WATERMARK_STROKE_OPACITY})
        for page in pages:
            resources = pdf.objects[int(page["Resources"].split()[0])]
            resources["XObject"]["Sample"] = form.reference
            resources["ExtGState"]["Sample"] = state


def _watermark_on(page: Any) -> bytes:
    """In the middle of the sheet."""
    width, height = page.width * _POINTS_PER_PIXEL, page.height * _POINTS_PER_PIXEL
    scale = POINTS_PER_MM * (1 if height > width else _SMALLER_SHEET)
    return b"q /Sample gs %.5f 0 0 %.5f %.3f %.3f cm /Sample Do Q\n" % (scale, scale, width / 2, height / 2)


def _code_in(square: tuple[float, float, float, float], page: Any, text: str) -> bytes:
    left, _, right, bottom = (each * _POINTS_PER_PIXEL for each in square)
    up, side = page.height * _POINTS_PER_PIXEL - bottom, right - left
    return b"q %.4f 0 0 %.4f %.4f %.4f cm %b Q\n" % (side, side, left, up, qr_drawing(text))


def _pack(pdf: Any) -> None:
    """Compress every stream now: pydyf does it twice, at its highest level, for the sake of the file's identifier."""
    for each in pdf.objects:
        if isinstance(each, pydyf.Stream) and "Filter" not in each.extra:
            each.stream = [zlib.compress(b"\n".join(each.stream))]
            each.extra["Filter"] = "/FlateDecode"
            each.compress = False


def _add_fields(
    document: Any, pdf: Any, pages: Sequence[Any], view: DocumentView, signers: Sequence[str]
) -> dict[str, SealBox]:
    """Empty signature fields where the pages have seal boxes, and the list of those who must sign."""
    references, boxes = [], {}
    for index, seal in enumerate(view.seals):
        name = field_name(index, seal)
        number, (left, top, right, bottom) = _find(document, name)
        page = pages[number]
        height = document.pages[number].height * _POINTS_PER_PIXEL
        rectangle = [left, bottom, right, top]
        field = pydyf.Dictionary(
            {
                "Type": "/Annot",
                "Subtype": "/Widget",
                "FT": "/Sig",
                "T": pydyf.String(name),
                "TU": pydyf.String(seal.organ_name),
                "F": 132,
                "Rect": pydyf.Array(
                    round(height - each * _POINTS_PER_PIXEL if at % 2 else each * _POINTS_PER_PIXEL, 3)
                    for at, each in enumerate(rectangle)
                ),
                "P": page.reference,
            }
        )
        pdf.add_object(field)
        page.setdefault("Annots", pydyf.Array()).append(field.reference)
        references.append(field.reference)
        boxes[name] = SealBox(name, (right - left) * 25.4 / 96, field.number, field.data)
    pdf.catalog["AcroForm"] = pydyf.Dictionary({"Fields": pydyf.Array(references), "SigFlags": 3})
    pdf.catalog[SIGNERS_KEY] = pydyf.Array(pydyf.String(each) for each in signers)
    return boxes


def _find(document: Any, name: str) -> tuple[int, tuple[float, float, float, float]]:
    for number, page in enumerate(document.pages):
        if name in page.anchors:
            return number, page.anchors[name]
    raise Broken(f"文书上没有给 {name} 留位置")
