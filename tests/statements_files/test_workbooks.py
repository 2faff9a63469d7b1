"""A bank's list as XLSX: cells as a person sees them, and nothing that a workbook can hide."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import date

import pytest
from bank_files import CCB_COLUMNS, CODE, Move, at, ccb, detected, reading_of, xlsx

from shared.domain.errors import Invalid
from shared.statements.profiles import SANDBANK
from shared.statements.statement import StatementRefused

#: 2014-09-19 14:05:00 as a spreadsheet counts.
MOMENT = ("d", "41901.586805555555")
ROW: list[object] = [
    MOMENT, "", ("n", "32729939.24"), ("n", "32729939.24"), "人民币", "瀚海市碧海置业有限公司", "6229080371000010018",
    "", ("n", "20140919"), "网上银行缴款", f"缴款码{CODE}", "000001-T00000001",
]  # fmt: skip
HEAD: list[object] = list(CCB_COLUMNS)


def changed(column: str, value: object) -> list[object]:
    row = list(ROW)
    row[CCB_COLUMNS.index(column)] = value
    return row


def problems(content: bytes) -> list[tuple[int, str, str]]:
    with pytest.raises(StatementRefused) as refused:
        reading_of(content)
    return [(each.line_no, each.column, each.problem) for each in refused.value.lines]


class TestAWorkbook:
    def test_says_what_the_same_list_says_as_text(self) -> None:
        move = replace(Move(), remark=f"缴款码{CODE}")

        (line,) = reading_of(xlsx([HEAD, ROW])).lines

        assert line == reading_of(ccb([move])).lines[0]._replace(line_no=2)

    def test_may_have_rows_above_its_head_and_gaps_between_its_rows(self) -> None:
        second = [*ROW]
        second[3], second[11] = ("n", "65459878.48"), "000002-T00000002"

        statement = reading_of(xlsx([["账号：37050188001000012345"], [], HEAD, ROW, [], second]))

        assert statement.account == "37050188001000012345"
        assert [line.line_no for line in statement.lines] == [4, 6]

    @pytest.mark.parametrize(
        ("stored", "fen"),
        [
            ("32729939.239999998", 32_729_939_24),
            ("32729939", 32_729_939_00),
            ("3.272993924E7", 32_729_939_24),
            ("32729939.24", 32_729_939_24),
        ],
    )
    def test_stores_amounts_in_binary_and_is_read_as_it_shows_them(self, stored: str, fen: int) -> None:
        row = changed("贷方发生额(收入)", ("n", stored))
        row[3] = ("n", stored)

        assert reading_of(xlsx([HEAD, row])).lines[0].amount_fen == fen

    @pytest.mark.parametrize(
        ("value", "moment"),
        [
            (MOMENT, "2014-09-19 14:05:00"),
            (("d", "41901"), "2014-09-19 00:00:00"),
            (("d", "41901.99999"), "2014-09-19 23:59:59"),
            ("2014-09-19 14:05:00", "2014-09-19 14:05:00"),
        ],
    )
    def test_may_have_dates_as_dates_or_as_text(self, value: object, moment: str) -> None:
        line = reading_of(xlsx([HEAD, changed("交易时间", value)])).lines[0]

        assert (line.booked_at, line.booked_on) == (at(moment), date(2014, 9, 19))

    def test_may_count_its_days_from_1904(self) -> None:
        main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        book = (
            f'<workbook xmlns="{main}" xmlns:r="{relations}"><workbookPr date1904="1"/><sheets>'
            '<sheet name="明细" sheetId="2" r:id="rId1"/></sheets></workbook>'
        )
        content = xlsx([HEAD, changed("交易时间", ("d", "40439"))], parts={"xl/workbook.xml": book})

        assert reading_of(content).lines[0].booked_at == at("2014-09-19 00:00:00")

    def test_may_share_its_texts(self) -> None:
        main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        parts = "<r><t>瀚海市碧海</t></r><r><t>置业有限公司</t></r><rPh><t>hanhai</t></rPh>"
        shared = f'<sst xmlns="{main}"><si>{parts}</si></sst>'
        content = xlsx([HEAD, changed("对方户名", ("s", "0"))], parts={"xl/sharedStrings.xml": shared})

        assert reading_of(content).lines[0].payer_name == "瀚海市碧海置业有限公司"


class TestAWorkbookIsRefused:
    def test_for_a_formula(self) -> None:
        found = problems(xlsx([HEAD, changed("贷方发生额(收入)", ("f", "SUM(A1:A9)"))]))

        assert found[0] == (2, "C 列", "单元格是公式，不是银行写的数；请用银行下载的原始文件")

    def test_for_digits_that_it_has_lost(self) -> None:
        found = problems(xlsx([HEAD, changed("对方账号", ("n", "6.2290803710000098E+18"))]))

        assert found[0][:2] == (2, "G 列")
        assert "超过 15 位" in found[0][2]

    @pytest.mark.parametrize(
        ("column", "value", "said"),
        [
            ("交易时间", ("d", "1"), "早于 2000-01-01"),
            ("交易时间", ("d", "0"), "早于 2000-01-01"),
            ("交易时间", ("d", "-40000"), "早于 2000-01-01"),
            ("交易时间", ("d", "9999999"), "不是日期"),
            ("贷方发生额(收入)", ("n", "1.005"), "不足一分"),
            ("贷方发生额(收入)", ("n", "NaN"), "文件已损坏"),
            ("余额", ("s", "7"), "文件已损坏"),
        ],
    )
    def test_for_a_wrong_cell_at_its_row(self, column: str, value: object, said: str) -> None:
        found = problems(xlsx([HEAD, changed(column, value)]))

        assert found[0][0] == 2
        assert said in found[0][2]

    def test_for_a_note_beside_the_list(self) -> None:
        assert "表头有 15 列" in problems(xlsx([HEAD, [*ROW, "", "", "", "备注"]]))[0][2]

    def test_for_a_document_type(self) -> None:
        bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><worksheet>&b;</worksheet>'

        with pytest.raises(Invalid, match="DOCTYPE"):
            reading_of(xlsx([HEAD, ROW], parts={"xl/workbook.xml": bomb}))

    def test_for_a_document_type_in_its_sheet(self) -> None:
        bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><worksheet>&a;</worksheet>'

        with pytest.raises(Invalid, match="DOCTYPE"):
            reading_of(xlsx([HEAD, ROW], parts={"xl/worksheets/sheet1.xml": bomb}), profile=SANDBANK)

    def test_for_being_a_packed_bomb(self) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/workbook.xml", "<workbook/>")
            archive.writestr("xl/worksheets/sheet1.xml", b" " * 50_000_000)

        with pytest.raises(Invalid, match="压缩炸弹"):
            detected(packed.getvalue())

    def test_for_a_text_without_end(self) -> None:
        content = xlsx([HEAD, changed("备注", "a" * 50_000)])

        with pytest.raises(Invalid, match="过长"):
            reading_of(content, profile=SANDBANK)

    def test_for_being_cut_off(self) -> None:
        content = xlsx([HEAD, ROW])

        for size in range(4, len(content), 97):
            with pytest.raises(Invalid):
                reading_of(content[:size], profile=SANDBANK)

    def test_for_being_another_archive(self) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("20240301业务明细.csv", "x")

        with pytest.raises(Invalid, match="解压后上传"):
            detected(packed.getvalue())

    def test_for_having_no_sheet_to_see(self) -> None:
        main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

        with pytest.raises(Invalid, match="没有可见的工作表"):
            detected(xlsx([HEAD], parts={"xl/workbook.xml": f'<workbook xmlns="{main}"><sheets/></workbook>'}))
