"""The documents of the review: every word printed, in order, nothing cut, seals valid and on pages that carry text."""

from __future__ import annotations

import html
import logging
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from reading import text, tool, words
from review_paper import (
    acceptance,
    card,
    corrected,
    correction,
    handling_slip,
    minutes,
    not_accepted,
    one_time_notice,
    refund_decision,
    refusal,
    survey,
)

from shared.documents.produce import Producer
from shared.documents.rendering import Renderer
from shared.documents.verify import verify
from shared.documents.views import VIEWS, DocumentKind, DocumentView

UNPRINTED = frozenset({"qr_text", "unit_code", "seals", "names", "kind", "light"})
MM = 72 / 25.4
LETTER_MM = (28, 35, 210 - 26, 297 - 37)
FORM_MM = (19, 17, 210 - 19, 297 - 16)
CARD_MM = (18, 15, 210 - 14, 148 - 12)
"""Text areas: left, bottom, right, top."""
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
    "refund": refund_decision(),
    "refund of 30": refund_decision(lines=30),
}
MINUTES: dict[str, DocumentView] = {
    "minutes": minutes(),
    "minutes with a default": minutes(default=True),
    "minutes of the lead unit alone": minutes(units=0),
    "minutes of 13": minutes(units=13, absent=0),
}
FORMS: dict[str, DocumentView] = {
    "handling slip": handling_slip(),
    "handling slip with a default": handling_slip(default=True),
    "handling slip of 40": handling_slip(rows=40),
    "handling slip, all done": replace(handling_slip(rows=1), pauses=(), open_items=()),
    "survey": survey(),
    "survey of 30": survey(findings=30),
}
CARDS: dict[str, DocumentView] = {"card": card(), "card of 20": card(contacts=20), "card of 40": card(contacts=40)}
ALL = LETTERS | MINUTES | FORMS | CARDS
AREAS = dict.fromkeys(LETTERS | MINUTES, LETTER_MM) | dict.fromkeys(FORMS, FORM_MM) | dict.fromkeys(CARDS, CARD_MM)


def kind_of(view: DocumentView) -> DocumentKind:
    return KINDS[type(view)]


def produce(producer: Producer, view: DocumentView) -> bytes:
    return producer.produce(kind_of(view), 1, view.to_json()).pdf


def printed(pdf: bytes, view: DocumentView) -> str:
    """All pages without their heads and feet, as one run: a sentence that goes on overleaf is whole again."""
    said = view.to_json()
    running = [said["sample_notice"], said["number"] + "续"]
    if said.get("verification"):
        verification = re.sub(r"\s", "", said["verification"])
        running[:0] = [said["number"] + verification, verification]
    if said.get("applicant"):
        running.append(said["applicant"] + said["project_name"])
    run = ""
    for page in range(1, count(pdf) + 1):
        found = re.sub(rf"第{page}页共{count(pdf)}页|—{page}—", "", text(pdf, page=page, in_order=True))
        for each in running:
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


def placed_words(pdf: bytes, page: int) -> list[tuple[str, list[float]]]:
    """Every word of a page with its rectangle in mm, measured as the boxes are."""
    options = ["-bbox", "-f", str(page), "-l", str(page)]
    answer = subprocess.run(["pdftotext", *options, "-", "-"], input=pdf, capture_output=True, check=True)
    height, found = 0.0, []
    for line in answer.stdout.decode().splitlines():
        numbers = [float(each) / MM for each in re.findall(r'="([\d.]+)"', line)]
        if "<page " in line:
            height = numbers[1]
        elif "<word " in line:
            left, top, right, bottom = numbers
            word = html.unescape(re.sub(r"<[^>]+>", "", line)).strip()
            found.append((word, [left, height - bottom, right, height - top]))
    return found


def touch(one: list[float], other: list[float]) -> bool:
    """Whether two rectangles share more than a hair's breadth."""
    hair = 0.3
    return (
        one[0] < other[2] - hair and other[0] < one[2] - hair and one[1] < other[3] - hair and other[1] < one[3] - hair
    )


class Complaints(logging.Handler):
    """What was logged at WARNING or above while documents were drawn."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@pytest.fixture(scope="module")
def complaints() -> Iterator[Complaints]:
    """Filled by `made`."""
    heard = Complaints()
    logging.getLogger().addHandler(heard)
    yield heard
    logging.getLogger().removeHandler(heard)


@pytest.fixture(scope="module")
def made(producer: Producer, complaints: Complaints) -> Callable[[str], bytes]:
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
        self, made: Callable[[str], bytes], name: str, complaints: Complaints
    ) -> None:
        found = printed(made(name), ALL[name])
        wanted = words(ALL[name].to_json(), without=UNPRINTED | {"verification", "sample_notice"})
        assert [each for each in wanted if each not in found] == []
        assert complaints.messages == []

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

    @pytest.mark.parametrize("name", ALL)
    def test_keeps_its_seals_inside_the_text_area_and_apart(self, made: Callable[[str], bytes], name: str) -> None:
        left, bottom, right, top = AREAS[name]
        placed = boxes(made(name))
        for page, box in placed:
            assert left <= box[0] < box[2] <= right
            assert bottom <= box[1] < box[3] <= top
            assert box[2] - box[0] == pytest.approx(box[3] - box[1], abs=0.01)
            for other_page, other in placed:
                if other is not box and other_page == page:
                    assert box[2] < other[0] or other[2] < box[0] or box[3] < other[1] or other[3] < box[1]

    @pytest.mark.parametrize("name", ALL)
    def test_lets_a_seal_touch_no_words_but_its_organ_and_date(self, made: Callable[[str], bytes], name: str) -> None:
        pdf, view = made(name), ALL[name].to_json()
        for (page, box), seal in zip(boxes(pdf), ALL[name].seals, strict=True):
            covered = "".join(word for word, place in placed_words(pdf, page) if touch(place, box))
            is_reduced = box[2] - box[0] < 30
            assert covered == ("" if is_reduced else seal.organ_name + view["issued_on"])

    @pytest.mark.parametrize("name", LETTERS | MINUTES | FORMS)
    def test_has_a_sentence_on_the_page_of_its_seals(self, made: Callable[[str], bytes], name: str) -> None:
        pdf = made(name)
        for page, _ in boxes(pdf):
            assert "。" in text(pdf, page=page)


class TestRareCharacters:
    NAME = "碧海䶮𬭎龑花园"

    @pytest.mark.parametrize(
        "build",
        [acceptance, not_accepted, one_time_notice, correction, refusal, minutes, card, handling_slip, survey],
    )
    def test_are_printed_in_a_project_s_name(self, producer: Producer, build: Callable[..., DocumentView]) -> None:
        view = build(project=self.NAME)
        drawn = producer.produce(kind_of(view), 1, view.to_json())
        assert drawn.unprintable == ""
        assert self.NAME in printed(drawn.pdf, view)

    @pytest.mark.parametrize("name", ["minutes", "card", "handling slip", "survey"])
    def test_are_printed_in_people_s_names(self, made: Callable[[str], bytes], name: str) -> None:
        assert "秦伯龑" in printed(made(name), ALL[name])


class TestHostileText:
    NAME = '</td></table><img src=file:///etc/passwd>{{7*7}}"'

    @pytest.mark.parametrize("build", [acceptance, correction, minutes, card, handling_slip, survey])
    def test_in_a_project_s_name_is_printed_as_it_was_written(
        self, renderer: Renderer, build: Callable[..., DocumentView]
    ) -> None:
        view = build(project=self.NAME)
        page = renderer.render(kind_of(view), 1, view, signers=["x"])
        assert re.sub(r"\s", "", self.NAME) in printed(page.pdf, view)


class TestALetter:
    @pytest.mark.parametrize(
        ("view", "pages"),
        [
            (replace(acceptance(matters=1), promised=()), 2),
            (acceptance(), 2),
            (replace(acceptance(matters=17), promised=()), 2),
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

    @pytest.mark.parametrize("items", [1, 4, 5, 6, 9, 14, 15])
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


class TestMinutes:
    @pytest.mark.parametrize(("units", "pages"), [(0, 2), (1, 2), (5, 3), (13, 4)])
    def test_of_so_many_units_take_so_many_pages(self, renderer: Renderer, units: int, pages: int) -> None:
        assert renderer.render(DocumentKind.MINUTES, 1, minutes(units=units), signers=["x"]).pages == pages

    @pytest.mark.parametrize("units", [1, 5, 6, 11, 13])
    def test_keep_all_imprints_with_the_resolution_and_the_seal_of_the_lead_unit(
        self, renderer: Renderer, units: int
    ) -> None:
        page = renderer.render(DocumentKind.MINUTES, 1, minutes(units=units, absent=0), signers=["x"])
        assert {number for number, _ in boxes(page.pdf)} == {page.pages}
        assert "同时审批、同时办结" in text(page.pdf, page=page.pages)

    def test_of_more_units_than_one_page_holds_keep_a_row_of_imprints_with_the_seal(self, renderer: Renderer) -> None:
        view = minutes(units=13, absent=0)
        more = replace(view, participants=view.participants * 2, seals=(*view.seals[:-1] * 2, view.seals[-1]))
        page = renderer.render(DocumentKind.MINUTES, 1, more, signers=["x"])
        placed = [number for number, _ in boxes(page.pdf)]
        assert len(placed) == 27
        assert placed[-2:] == [page.pages] * 2
        assert "同时审批、同时办结" in text(page.pdf, page=page.pages)

    def test_name_those_who_did_not_come(self, made: Callable[[str], bytes]) -> None:
        assert "市墙材革新办公室—缺席书面意见已于9月17日送达" in printed(made("minutes"), ALL["minutes"])

    def test_say_that_a_verdict_came_by_default_only_where_one_did(self, made: Callable[[str], bytes]) -> None:
        assert "超时默认" in printed(made("minutes with a default"), ALL["minutes with a default"])
        assert "超时默认" not in printed(made("minutes"), ALL["minutes"])


class TestAHandlingSlip:
    @pytest.mark.parametrize(("rows", "pages"), [(1, 1), (8, 2), (40, 3)])
    def test_of_so_many_rows_takes_so_many_pages(self, renderer: Renderer, rows: int, pages: int) -> None:
        assert renderer.render(DocumentKind.HANDLING_SLIP, 1, handling_slip(rows=rows), signers=["x"]).pages == pages

    @pytest.mark.parametrize("rows", [2, 4, 6, 11, 18, 26, 33])
    def test_keeps_its_seal_with_the_last_pause(self, renderer: Renderer, rows: int) -> None:
        page = renderer.render(DocumentKind.HANDLING_SLIP, 1, handling_slip(rows=rows), signers=["x"])
        assert "尚未恢复" in text(page.pdf, page=page.pages)
        assert boxes(page.pdf)[0][0] == page.pages

    def test_repeats_its_head_and_says_whose_it_is_on_later_pages(self, made: Callable[[str], bytes]) -> None:
        second = text(made("handling slip of 40"), page=2, in_order=True)
        assert "净用时毛/承诺" in second
        assert "瀚一单办〔2014〕3号续" in second
        assert "瀚海市碧海置业有限公司碧海湾花园一期" in second

    def test_says_each_light_in_words(self, made: Callable[[str], bytes]) -> None:
        found = printed(made("handling slip"), ALL["handling slip"])
        for each in ("按时", "正常", "停表", "已超期", "将到期"):
            assert each in found

    def test_says_when_nothing_is_open_and_the_clock_never_stopped(self, made: Callable[[str], bytes]) -> None:
        found = printed(made("handling slip, all done"), ALL["handling slip, all done"])
        assert "没有未办结的事项" in found
        assert "计时没有停止过" in found

    def test_names_who_stopped_the_clock_and_for_how_long(self, made: Callable[[str], bytes]) -> None:
        found = printed(made("handling slip"), ALL["handling slip"])
        assert "全案补正（瀚一单补〔2014〕6号，5项）林晓舟（市住房和城乡建设局）9月16日10:059月18日15:302.4" in found

    def test_says_that_a_verdict_came_by_default_only_where_one_did(self, made: Callable[[str], bytes]) -> None:
        name = "handling slip with a default"
        assert "超时默认市水务局" in printed(made(name), ALL[name])
        assert "超时默认" not in printed(made("handling slip"), ALL["handling slip"])


class TestASurvey:
    @pytest.mark.parametrize(("findings", "pages"), [(1, 1), (6, 1), (30, 3)])
    def test_of_so_many_findings_takes_so_many_pages(self, renderer: Renderer, findings: int, pages: int) -> None:
        assert renderer.render(DocumentKind.SURVEY, 1, survey(findings=findings), signers=["x"]).pages == pages

    @pytest.mark.parametrize("findings", [4, 7, 8, 14, 22])
    def test_keeps_its_seal_with_the_last_signatures(self, renderer: Renderer, findings: int) -> None:
        page = renderer.render(DocumentKind.SURVEY, 1, survey(findings=findings), signers=["x"])
        assert "宋𬭎" in text(page.pdf, page=page.pages)
        assert boxes(page.pdf)[0][0] == page.pages


class TestACard:
    @pytest.mark.parametrize(("contacts", "pages"), [(1, 2), (13, 2), (14, 2), (20, 2), (21, 3), (40, 4)])
    def test_has_two_sides_until_there_are_too_many_contacts(
        self, renderer: Renderer, contacts: int, pages: int
    ) -> None:
        assert renderer.render(DocumentKind.CARD, 1, card(contacts=contacts), signers=["x"]).pages == pages

    def test_lies_across_on_a5(self, made: Callable[[str], bytes], tmp_path: Path) -> None:
        assert "Page size:       595.276 x 419.528 pts" in tool("pdfinfo", made("card"), tmp_path)

    def test_says_who_helps_in_front_and_whom_to_call_on_the_back(self, made: Callable[[str], bytes]) -> None:
        front, back = (text(made("card"), page=page) for page in (1, 2))
        assert "代办专员" in front
        assert "主动服务" in front
        assert "服务承诺" in back
        assert "5190023" in back
        assert "5190023" not in front

    @pytest.mark.parametrize("contacts", [13, 20])
    def test_lets_no_line_of_the_back_run_into_the_steps(self, renderer: Renderer, contacts: int) -> None:
        page = renderer.render(DocumentKind.CARD, 1, card(contacts=contacts), signers=["x"])
        placed = dict(placed_words(page.pdf, 2))
        last_promise = next(box for word, box in placed.items() if "推诿" in word)
        assert last_promise[1] > next(box for word, box in placed.items() if "申请准入" in word)[3]
