"""日结单, 月报 and lists on paper: every word printed, nothing cut, the finance unit's seal with the last sentence."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from io import BytesIO

import pytest
from books_sample import day_close, listed, month_close
from pyhanko.pdf_utils.reader import PdfFileReader
from reading import text, words

from shared.documents.produce import Producer
from shared.documents.verify import verify
from shared.documents.views import VIEWS, BooksView

KINDS = {view: kind for kind, view in VIEWS.items()}
UNPRINTED = frozenset({"qr_text", "unit_code", "seals", "width", "side", "number"})
ALL: dict[str, BooksView] = {
    "day": day_close(),
    "day of 40": day_close(rows=40),
    "month": month_close(rows=12),
    "list": listed(),
    "list of nothing": replace(listed(rows=0), tables=(replace(listed(rows=0).tables[0], columns=(), none="没有。"),)),
}
#: Text area, points: left, bottom, right, top of A4 across.
AREA = tuple(each * 72 / 25.4 for each in (16, 16, 297 - 16, 210 - 14))


def made(producer: Producer, view: BooksView) -> bytes:
    return producer.produce(KINDS[type(view)], 1, view.to_json()).pdf


class TestADocumentOfTheBooks:
    @pytest.mark.parametrize("name", ALL)
    def test_prints_every_word_and_is_sealed_by_finance_within_its_margins(
        self, producer: Producer, root: bytes, name: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        view = ALL[name]
        with caplog.at_level(logging.WARNING, logger="weasyprint"):
            pdf = made(producer, view)

        printed = text(pdf)
        assert [each for each in words(view.to_json(), without=UNPRINTED) if each not in printed] == []
        assert caplog.messages == []
        verdict = verify(pdf, root)
        assert verdict.ok
        assert len(verdict.signatures) == 1
        (field,) = PdfFileReader(BytesIO(pdf)).root["/AcroForm"]["/Fields"]
        box = [float(each) for each in field.get_object()["/Rect"]]
        assert AREA[0] <= box[0] < box[2] <= AREA[2]
        assert AREA[1] <= box[1] < box[3] <= AREA[3]

    @pytest.mark.parametrize("name", ["day of 40", "list"])
    def test_repeats_heads_says_sample_on_each_page_and_ends_with_a_sentence(
        self, producer: Producer, name: str
    ) -> None:
        view = ALL[name]
        pdf = made(producer, view)
        pages = int(PdfFileReader(BytesIO(pdf)).root["/Pages"]["/Count"])

        assert pages > 1
        for page in range(1, pages + 1):
            found = text(pdf, page=page)
            assert "样张：机构、人员、公章、证书均属虚构" in found
            assert f"第{page}页共{pages}页" in found
        assert "期末" in text(pdf, page=2) or "缴款人" in text(pdf, page=2)
        assert "重新打开须由两人办理。" in text(pdf, page=pages)

    def test_prints_what_somebody_calls_himself_as_it_was_written(self, producer: Producer) -> None:
        name = '</td></table><img src=file:///etc/passwd>{{7*7}}䶮"'
        found = text(made(producer, day_close(rows=1, project=name)))

        assert re.sub(r"\s", "", name) in found
