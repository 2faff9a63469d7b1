"""What stands on the pages, how they break, and what they are made of."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from paper import bill, bill_with_reasons, receipt, slip
from pyhanko.pdf_utils.reader import PdfFileReader
from reading import text, tool, words
from weasyprint.urls import FatalURLFetchingError

from shared.documents.produce import Producer
from shared.documents.rendering import OwnFilesOnly, Renderer
from shared.documents.views import BillView, DocumentKind, Labelled, ReceiptState, ReceiptView, SlipView
from shared.domain.errors import Broken, NotFound

UNPRINTED = frozenset({"qr_text", "unit_code", "state", "seals", "names"})
MARGINS_PT = tuple(each * 72 / 25.4 for each in (19, 17, 210 - 19, 297 - 16))


def produce(producer: Producer, view: BillView | ReceiptView | SlipView) -> bytes:
    kind = {BillView: "bill", ReceiptView: "receipt", SlipView: "slip"}[type(view)]
    return producer.produce(kind, 1, view.to_json()).pdf


class TestEveryDocument:
    @pytest.mark.parametrize(
        "view",
        [bill(), bill(lines=30), bill_with_reasons(), receipt(), receipt(lines=30), slip()],
        ids=["bill", "bill of 30", "bill with reasons", "receipt", "receipt of 30", "slip"],
    )
    def test_prints_every_word_of_its_view_and_nothing_is_logged(
        self, producer: Producer, view: BillView | ReceiptView | SlipView, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.WARNING):
            printed = text(produce(producer, view))
        missing = [each for each in words(view.to_json(), without=UNPRINTED) if each not in printed]
        assert missing == []
        assert caplog.messages == []

    @pytest.mark.parametrize("view", [bill(), receipt(), slip()], ids=["bill", "receipt", "slip"])
    def test_embeds_subsets_of_its_own_faces_and_no_others(
        self, producer: Producer, view: BillView | ReceiptView | SlipView, tmp_path: Path
    ) -> None:
        rows = tool("pdffonts", produce(producer, view), tmp_path).splitlines()[2:]
        assert rows
        for row in rows:
            assert re.match(r"[A-Z]{6}\+(Sans|Serif|Fang|Hei)-[SGDR](-Bold)? .* yes yes yes ", row), row

    @pytest.mark.parametrize("view", [bill(lines=30), receipt(lines=30)], ids=["bill", "receipt"])
    def test_says_sample_in_the_foot_of_each_page(self, producer: Producer, view: BillView | ReceiptView) -> None:
        pdf = produce(producer, view)
        for page in (1, 2):
            printed = text(pdf, page=page)
            assert "样张：机构、公章、证书均属虚构，不具法律效力" in printed
            assert f"第{page}页共2页" in printed

    @pytest.mark.parametrize("view", [bill(), bill(lines=30), receipt(), receipt(lines=30)])
    def test_keeps_its_seals_inside_the_margins(self, producer: Producer, view: BillView | ReceiptView) -> None:
        reader = PdfFileReader(BytesIO(produce(producer, view)))
        boxes = [[float(each) for each in field.get_object()["/Rect"]] for field in reader.root["/AcroForm"]["/Fields"]]
        assert len(boxes) == len(view.seals)
        left, bottom, right, top = MARGINS_PT
        for box in boxes:
            assert left <= box[0] < box[2] <= right
            assert bottom <= box[1] < box[3] <= top
            assert box[2] - box[0] == pytest.approx(box[3] - box[1], abs=0.01)

    def test_is_refused_for_a_template_that_does_not_exist(self, producer: Producer) -> None:
        with pytest.raises(NotFound, match="bill_v9"):
            producer.produce("bill", 9, bill().to_json())
        with pytest.raises(NotFound, match="invoice"):
            producer.produce("invoice", 1, bill().to_json())

    def test_is_refused_without_a_seal(self, producer: Producer) -> None:
        with pytest.raises(Broken, match="没有印章"):
            producer.produce("bill", 1, replace(bill(), seals=()).to_json())


class TestABill:
    @pytest.mark.parametrize(("lines", "pages"), [(1, 1), (7, 1), (8, 1), (9, 2), (18, 2), (30, 2), (45, 3)])
    def test_of_so_many_lines_takes_so_many_pages(self, renderer: Renderer, lines: int, pages: int) -> None:
        assert renderer.render(DocumentKind.BILL, 1, bill(lines=lines), signers=["x"]).pages == pages

    @pytest.mark.parametrize("lines", [9, 12, 17, 18, 30])
    def test_never_parts_its_seal_from_the_last_line_and_the_total(self, producer: Producer, lines: int) -> None:
        last = text(produce(producer, bill(lines=lines)), page=2, in_order=True)
        assert "瀚一单缴〔2014〕17号续" in last
        for each in (
            "应缴净额",
            f"S{lines:02}",
            "合计（大写）",
            "其中",
            "3710021400000000",
            "救济途径",
            "2014年9月15日",
        ):
            assert each in last

    def test_that_continues_repeats_its_heads_and_cuts_no_line(self, producer: Producer) -> None:
        pdf = produce(producer, bill(lines=30))
        first, second = (text(pdf, page=page, in_order=True) for page in (1, 2))
        assert ["S17行政事业性收费" in each for each in (first, second)] == [True, False]
        assert ["S18行政事业性收费" in each for each in (first, second)] == [False, True]
        assert "瀚海市碧海置业有限公司碧海湾花园一期" in second

    def test_gives_a_line_that_is_not_charged_its_reason_in_place_of_a_quantity(self, producer: Producer) -> None:
        printed = text(produce(producer, bill_with_reasons()))
        assert "自2016年2月1日起停征" in printed
        assert "财税〔2016〕11号" in printed
        assert "0.00" in printed

    def test_gives_a_reduced_line_its_reason_beside_quantity_and_rate(self, producer: Producer) -> None:
        view = bill()
        why = "学校教学用房，减收 50%（EDU-50）"
        reduced = replace(view.lines[5], reason=why, reduction="1,134,337.50", payable="1,134,337.50")
        lines = (*view.lines[:5], reduced, view.lines[6])
        printed = text(produce(producer, replace(view, lines=lines)), in_order=True)
        assert re.sub(r"\s", "", why) in printed
        assert "1,512.45m²" in printed
        assert "1,500.00元/m²" in printed

    def test_prints_long_names_without_running_into_the_next_column(self, renderer: Renderer) -> None:
        view = bill(payer="瀚海市经济技术开发区碧海蓝天房地产综合开发经营有限责任公司", project="碧海湾花园一期" * 4)
        page = renderer.render(DocumentKind.BILL, 1, view, signers=["x"])
        assert page.pages == 1
        assert "碧海湾花园一期" * 4 in text(page.pdf, in_order=True)

    def test_keeps_one_page_with_many_channels_and_long_remarks(self, renderer: Renderer) -> None:
        view = bill()
        more = (*view.channels, Labelled(label="转账", text="大额实时支付，附言填缴款码"))
        longer = (*view.remarks, Labelled(label="说明", text="逾期未缴的，依照有关规定处理。" * 3))
        page = renderer.render(DocumentKind.BILL, 1, replace(view, channels=more, remarks=longer), signers=["x"])
        assert page.pages == 1


class TestAReceipt:
    @pytest.mark.parametrize(("lines", "pages"), [(1, 1), (7, 1), (8, 2), (30, 2)])
    def test_of_so_many_lines_takes_so_many_pages(self, renderer: Renderer, lines: int, pages: int) -> None:
        view = receipt(lines=lines)
        assert renderer.render(DocumentKind.RECEIPT, 1, view, signers=["x"]).pages == pages

    def test_of_thirty_lines_keeps_lines_and_strip_with_the_main_seal(self, producer: Producer) -> None:
        last = text(produce(producer, receipt(lines=30)), page=2)
        for each in ("S27", "S30", "合计（大写）", "市城市管理综合执法局", "2014年9月18日", "不是财政票据"):
            assert each in last

    def test_ties_each_line_to_its_seal_by_a_number(self, producer: Producer) -> None:
        printed = text(produce(producer, receipt()))
        assert "26,164,845.90" in printed
        assert [printed.count(mark) for mark in "①②③④⑤⑥⑦"] == [3, 2, 2, 2, 2, 2, 0]

    def test_says_that_it_is_no_fiscal_receipt(self, producer: Producer) -> None:
        assert "不是财政票据" in text(produce(producer, receipt()))

    @pytest.mark.parametrize(
        ("state", "marks", "notice"),
        [
            (
                ReceiptState.REPRINT,
                ("正常", "补打 第2次"),
                "补打件　第2次　2014年10月8日 09:12　与首份同号同内容，请勿重复入账",
            ),
            (
                ReceiptState.REVERSED,
                ("已冲红",),
                "本凭证已于2014年10月20日冲红，冲红凭证 37101401-0000000031，不再作为缴费凭据",
            ),
            (ReceiptState.RED, ("红字",), "冲销原凭证 37101401-0000000017　原因：缴款人名称更正"),
        ],
    )
    def test_shows_its_state(
        self, producer: Producer, state: ReceiptState, marks: tuple[str, ...], notice: str
    ) -> None:
        view = replace(receipt(), state=state, marks=marks, state_notice=notice, total="-86,432.18")
        made = producer.produce("receipt", 1, view.to_json())
        printed = text(made.pdf, in_order=True)
        assert made.pages == 1
        for each in (*marks, notice):
            assert re.sub(r"\s", "", each) in printed
        assert "-¥86,432.18" in printed
        assert ("（红字）" in printed) == (state is ReceiptState.RED)


class TestASlip:
    def test_is_a_letter_of_one_page(self, renderer: Renderer) -> None:
        assert renderer.render(DocumentKind.SLIP, 1, slip(), signers=["x"]).pages == 1

    def test_with_many_materials_numbers_its_second_page(self, producer: Producer) -> None:
        view = slip()
        pdf = produce(producer, replace(view, materials=view.materials * 5))
        assert "—2—" in text(pdf, page=2)
        assert "—1—" not in text(pdf, page=1)
        assert "样张" in text(pdf, page=2)


class TestHostileText:
    NAMES = (
        "<img src=file:///etc/passwd>",
        '<link rel=attachment href="file:///etc/passwd">',
        "<iframe src=http://169.254.169.254/></iframe>",
        "</td></table><style>@import url(http://127.0.0.1:1/x.css);</style>",
        '"><svg><image href="data:image/png;base64,AAAA"/></svg>',
        "{{ 7*7 }}{% raw %}${7*7}",
        "a&amp;b<script>alert(1)</script>",
    )

    @pytest.mark.parametrize("name", NAMES)
    def test_is_printed_as_it_was_written_and_fetches_nothing(
        self, renderer: Renderer, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[str] = []
        answer = OwnFilesOnly.fetch

        def fetch(self: OwnFilesOnly, url: str, headers: object = None) -> object:
            asked.append(url)
            return answer(self, url)

        monkeypatch.setattr(OwnFilesOnly, "fetch", fetch)
        page = renderer.render(DocumentKind.BILL, 1, bill(payer=name), signers=["x"])
        assert asked == []
        printed = text(page.pdf)
        assert re.sub(r"\s", "", name) in printed
        assert "root:" not in printed
        reader = PdfFileReader(BytesIO(page.pdf))
        assert "/EmbeddedFiles" not in reader.root.get("/Names", {})
        assert "/OpenAction" not in reader.root

    @pytest.mark.parametrize("name", ["<b>高</b>", "{{ 7*7 }}", "高龑<img src=x>"])
    def test_in_a_letter_stays_text_also_where_names_are_marked(self, renderer: Renderer, name: str) -> None:
        page = renderer.render(DocumentKind.SLIP, 1, slip(officer=name), signers=["x"])
        assert re.sub(r"\s", "", f"经办人{name}。") in text(page.pdf)

    @pytest.mark.parametrize(
        "url", ["file:///etc/passwd", "http://127.0.0.1/", "data:text/plain,x", "ftp://h/", "yidan:../signing.py", "x"]
    )
    def test_could_not_fetch_anything_even_if_it_were_markup(self, url: str) -> None:
        with pytest.raises(FatalURLFetchingError, match="a document asked for"):
            OwnFilesOnly({"own.css": b""}).fetch(url)


class TestRareCharacters:
    def test_are_printed(self, producer: Producer, tmp_path: Path) -> None:
        made = producer.produce("bill", 1, bill(payer="瀚海市䶮𬭎龑㛃𬍛堉置业有限公司").to_json())
        assert made.unprintable == ""
        assert "瀚海市䶮𬭎龑㛃𬍛堉置业有限公司" in text(made.pdf)
        assert "+Sans-R" in tool("pdffonts", made.pdf, tmp_path)

    def test_that_no_font_has_are_named(self, producer: Producer) -> None:
        assert producer.produce("bill", 1, bill(payer="瀚海市\U000323af公司").to_json()).unprintable == "\U000323af"

    def test_do_not_change_the_next_document(self, producer: Producer, tmp_path: Path) -> None:
        assert "+Sans-R" not in tool("pdffonts", produce(producer, bill()), tmp_path)
