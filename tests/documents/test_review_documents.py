"""The documents of the review: every word printed, in order, nothing cut, seals valid and on pages that carry text."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from reading import text, tool, words
from review_paper import (
    acceptance,
    corrected,
    correction,
    not_accepted,
    one_time_notice,
    refusal,
)

from shared.documents.produce import Producer
from shared.documents.rendering import Renderer
from shared.documents.verify import verify
from shared.documents.views import VIEWS, DocumentKind, DocumentView

UNPRINTED = frozenset({"qr_text", "unit_code", "seals", "names", "kind", "light"})
MM = 72 / 25.4
LETTER_MM = (28, 35, 210 - 26, 297 - 37)
"""Text area of a letter: left, bottom, right, top."""
KINDS = {view: kind for kind, view in VIEWS.items()}

LETTERS: dict[str, DocumentView] = {
    "acceptance": acceptance(),
    "acceptance of one": replace(acceptance(matters=1), promised=()),
    "not accepted": not_accepted(),
    "one-time notice": one_time_notice(),
    "one-time notice of 30": one_time_notice(items=30),
    "correction": correction(),
    "correction of 60": correction(items=60),
    "correction, answered": corrected(),
    "refusal": refusal(),
    "refusal of 12": refusal(objections=12),
}
ALL = LETTERS


def kind_of(view: DocumentView) -> DocumentKind:
    return KINDS[type(view)]


def produce(producer: Producer, view: DocumentView) -> bytes:
    return producer.produce(kind_of(view), 1, view.to_json()).pdf


def printed(pdf: bytes, view: DocumentView) -> str:
    """All pages without their heads and feet, as one run: a sentence that goes on overleaf is whole again."""
    said = view.to_json()
    verification = re.sub(r"\s", "", said.get("verification", ""))
    running = [said["number"] + verification, verification, said["sample_notice"]]
    run = ""
    for page in range(1, count(pdf) + 1):
        found = re.sub(rf"第{page}页共{count(pdf)}页|—{page}—", "", text(pdf, page=page, in_order=True))
        for each in filter(None, running):
            found = found.replace(each, "")
        run += found
    return run


def count(pdf: bytes) -> int:
    """Pages."""
    return int(PdfFileReader(BytesIO(pdf)).root["/Pages"]["/Count"])


def boxes(pdf: bytes) -> list[tuple[int, list[float]]]:
    """Page number and rectangle in mm of each seal, in signing order."""
    reader = PdfFileReader(BytesIO(pdf))
    pages = [each.idnum for each in reader.root["/Pages"].raw_get("/Kids")]
    fields = [each.get_object() for each in reader.root["/AcroForm"]["/Fields"]]
    return [
        (pages.index(each.raw_get("/P").idnum) + 1, [float(edge) / MM for edge in each["/Rect"]]) for each in fields
    ]


@pytest.fixture(scope="module")
def made(producer: Producer) -> Callable[[str], bytes]:
    """Each document of `ALL`, drawn once."""
    drawn: dict[str, bytes] = {}

    def draw(name: str) -> bytes:
        if name not in drawn:
            drawn[name] = produce(producer, ALL[name])
        return drawn[name]

    return draw


class TestEveryDocumentOfTheReview:
    @pytest.mark.parametrize("name", ALL)
    def test_prints_every_word_of_its_view_and_nothing_is_logged(
        self, producer: Producer, name: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.WARNING):
            found = printed(produce(producer, ALL[name]), ALL[name])
        view = ALL[name].to_json()
        assert [
            each for each in words(view, without=UNPRINTED | {"verification", "sample_notice"}) if each not in found
        ] == []
        assert caplog.messages == []

    @pytest.mark.parametrize("name", ALL)
    def test_is_signed_by_those_whose_seals_it_shows(
        self, made: Callable[[str], bytes], root: bytes, name: str
    ) -> None:
        verdict = verify(made(name), root)
        assert verdict.problems == ()
        assert [each.signer for each in verdict.signatures] == [each.organ_name for each in ALL[name].seals]

    @pytest.mark.parametrize("name", ALL)
    def test_says_sample_and_its_page_of_how_many_in_each_foot(self, made: Callable[[str], bytes], name: str) -> None:
        pdf = made(name)
        pages = count(pdf)
        for page in range(1, pages + 1):
            found = text(pdf, page=page)
            assert ALL[name].sample_notice in found
            assert f"第{page}页共{pages}页" in found

    @pytest.mark.parametrize("name", ALL)
    def test_embeds_its_own_faces_only(self, made: Callable[[str], bytes], name: str, tmp_path: Path) -> None:
        rows = tool("pdffonts", made(name), tmp_path).splitlines()[2:]
        assert rows
        for row in rows:
            assert re.match(r"[A-Z]{6}\+(Sans|Serif|Fang|Hei)-[SGDR](-Bold)? .* yes yes yes ", row), row

    @pytest.mark.parametrize("name", LETTERS)
    def test_keeps_its_seal_inside_the_text_area_and_on_a_page_with_text(
        self, made: Callable[[str], bytes], name: str
    ) -> None:
        pdf = made(name)
        left, bottom, right, top = LETTER_MM
        for page, box in boxes(pdf):
            assert left <= box[0] < box[2] <= right
            assert bottom <= box[1] < box[3] <= top
            assert box[2] - box[0] == pytest.approx(box[3] - box[1], abs=0.01)
            assert "。" in text(pdf, page=page)


class TestRareCharacters:
    NAME = "碧海䶮𬭎龑花园"

    @pytest.mark.parametrize("build", [acceptance, not_accepted, one_time_notice, correction, refusal])
    def test_are_printed_in_a_project_s_name(self, producer: Producer, build: Callable[..., DocumentView]) -> None:
        view = build(project=self.NAME)
        drawn = producer.produce(kind_of(view), 1, view.to_json())
        assert drawn.unprintable == ""
        assert self.NAME in printed(drawn.pdf, view)


class TestALetter:
    @pytest.mark.parametrize(
        ("view", "pages"),
        [
            (replace(acceptance(matters=1), promised=()), 2),
            (acceptance(), 2),
            (not_accepted(grounds=1), 2),
            (one_time_notice(items=1), 2),
            (one_time_notice(items=30), 4),
            (correction(items=1), 2),
            (correction(), 2),
            (correction(items=60), 8),
            (refusal(objections=1), 2),
            (refusal(objections=12), 3),
        ],
    )
    def test_of_so_many_rows_takes_so_many_pages(self, renderer: Renderer, view: DocumentView, pages: int) -> None:
        assert renderer.render(kind_of(view), 1, view, signers=["x"]).pages == pages

    @pytest.mark.parametrize("items", range(1, 25))
    def test_never_puts_its_seal_on_a_page_without_its_last_sentence(self, renderer: Renderer, items: int) -> None:
        page = renderer.render(DocumentKind.CORRECTION, 1, correction(items=items), signers=["x"])
        last = text(page.pdf, page=page.pages)
        assert "如有疑问，请联系林晓舟" in last
        assert "逾期未补正又未说明理由的" in last
        assert boxes(page.pdf)[0][0] == page.pages

    def test_repeats_the_head_of_its_table_and_numbers_its_later_pages(self, made: Callable[[str], bytes]) -> None:
        pdf = made("correction of 60")
        for page in range(1, 9):
            found = text(pdf, page=page, in_order=True)
            assert "存在的问题和依据" in found
            assert (f"—{page}—" in found) == (page > 1)

    def test_cuts_nothing_of_a_row_that_is_longer_than_a_page(self, renderer: Renderer) -> None:
        view = correction()
        endless = replace(view.items[0], problem="龙" * 3000)
        page = renderer.render(DocumentKind.CORRECTION, 1, replace(view, items=(endless, *view.items)), signers=["x"])
        assert text(page.pdf).count("龙") == 3000

    def test_is_not_taken_in_by_a_person_who_is_called_like_markup(self, renderer: Renderer) -> None:
        view = replace(not_accepted(), contact="请联系span，电话class，或name<b>。", names=("span", "class", "name<b>"))
        page = renderer.render(DocumentKind.NOT_ACCEPTED, 1, view, signers=["x"])
        assert "请联系span，电话class，或name<b>。" in text(page.pdf)


class TestACorrection:
    def test_says_what_kind_of_answer_it_wants_and_what_was_declared(self, made: Callable[[str], bytes]) -> None:
        found = printed(made("correction"), ALL["correction"])
        assert [found.count(each) for each in ("补交材料", "更正数据", "书面说明")] == [3, 1, 2]
        assert "申报值：6,012.45平方米" in found

    def test_printed_after_the_reply_shows_each_answer_under_its_item(self, made: Callable[[str], bytes]) -> None:
        found = printed(made("correction, answered"), ALL["correction, answered"])
        assert found.index("首层建筑面积") < found.index("答复已更正为6,102.45平方米") < found.index("建设工程施工合同")


class TestAnAcceptance:
    def test_lists_promised_papers_only_where_there_are_some(self, made: Callable[[str], bytes]) -> None:
        assert "告知承诺" in printed(made("acceptance"), ALL["acceptance"])
        assert "告知承诺" not in printed(made("acceptance of one"), ALL["acceptance of one"])


class TestANoticeOfNonAcceptance:
    def test_without_another_organ_leaves_no_empty_cell(self, producer: Producer) -> None:
        view = not_accepted()
        assert "第一项—" in printed(produce(producer, view), view)


class TestARefusal:
    def test_says_that_a_verdict_came_by_default_only_where_one_did(
        self, made: Callable[[str], bytes], producer: Producer
    ) -> None:
        assert "超时默认市水务局逾期未提出意见" in printed(made("refusal"), ALL["refusal"])
        silent = replace(refusal(), used_default="")
        assert "超时默认" not in printed(produce(producer, silent), silent)

    def test_names_both_remedies_with_their_terms(self, made: Callable[[str], bytes]) -> None:
        found = printed(made("refusal"), ALL["refusal"])
        assert "60日内向瀚海市人民政府申请行政复议" in found
        assert "6个月内依法向有管辖权的人民法院提起行政诉讼" in found
