"""Tables as files: what a name says is never a formula, what is an amount stays one, and length costs no memory."""

from __future__ import annotations

import csv
import io
import tracemalloc
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.sheets import delimited, workbook
from shared.sheets.columns import Cell, Column, Kind

HOSTILE = (
    "=cmd|'/C calc'!A0",
    "+1",
    "-1",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "＝1+1",
    "－2",
    '=HYPERLINK("http://evil.example","看")',
    "\ufeff=1",
)
COLUMNS = (
    Column("名称"),
    Column("金额", Kind.MONEY),
    Column("笔数", Kind.COUNT),
    Column("比例", Kind.SHARE),
    Column("日", Kind.DAY),
    Column("时间", Kind.MOMENT),
)
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def csv_rows(rows: Sequence[Sequence[Cell]], columns: Sequence[Column] = COLUMNS) -> list[list[str]]:
    content = b"".join(delimited.write(columns, rows))
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def xlsx_cells(rows: Sequence[Sequence[Cell]], columns: Sequence[Column] = COLUMNS) -> list[list[tuple[str, str]]]:
    """Type and value of every cell below the head, read by other means than it was written."""
    with zipfile.ZipFile(io.BytesIO(b"".join(workbook.write("缴费单", columns, rows)))) as archive:
        assert archive.testzip() is None
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))  # noqa: S314 our own
        for name in archive.namelist():
            ElementTree.fromstring(archive.read(name))  # noqa: S314 our own
    assert not list(sheet.iter(f"{MAIN}f")), "a formula"
    return [
        [
            (
                cell.get("t", "n"),
                "".join(part.text or "" for part in cell.iter() if part.tag in (f"{MAIN}t", f"{MAIN}v")),
            )
            for cell in row
        ]
        for row in list(sheet.iter(f"{MAIN}row"))[1:]
    ]


class TestAName:
    @pytest.mark.parametrize("name", HOSTILE)
    def test_is_never_a_formula(self, name: str) -> None:
        ((cell, *_rest),) = csv_rows([(name, 1, 1, None, None, None)])[1:]
        assert cell == f"'{name}"

        ((typed, *_others),) = xlsx_cells([(name, 1, 1, None, None, None)])
        assert typed[0] == "inlineStr"

    @given(st.text(st.characters(codec="utf-8"), max_size=40))
    def test_of_any_kind_comes_out_as_a_text(self, name: str) -> None:
        text = delimited.text_cell(name)
        assert not text.lstrip(" \u3000").startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
        assert text.strip("'\t") == name.strip("'\t")

        for row in xlsx_cells([(name,)], (Column("名称"),)):
            assert all(kind == "inlineStr" for kind, _ in row)

    def test_of_digits_keeps_them_all(self) -> None:
        code, number = "37100214000000000177", "0000000001"
        ((first, second),) = csv_rows([(code, number)], (Column("缴款码"), Column("号码")))[1:]
        assert (first, second) == (f"{code}\t", f"{number}\t")
        assert xlsx_cells([(code, number)], (Column("缴款码"), Column("号码"))) == [
            [("inlineStr", code), ("inlineStr", number)]
        ]

    def test_keeps_rare_characters_markup_and_what_looks_escaped(self) -> None:
        name = "䶮𬭎<b>&_x0041_"
        assert xlsx_cells([(name,)], (Column("名称"),)) == [[("inlineStr", "䶮𬭎<b>&_x005F_x0041_")]]
        assert csv_rows([(name,)], (Column("名称"),))[1] == [name]


class TestAnAmount:
    def test_stays_a_number_to_the_last_fen_also_below_zero(self) -> None:
        row = (
            "合计",
            -3_272_993_924,
            -7,
            Decimal("0.875"),
            date(2014, 9, 18),
            datetime(2014, 9, 18, 2, 12, tzinfo=UTC),
        )
        assert csv_rows([row])[1] == ["合计", "-32729939.24", "-7", "0.875", "2014-09-18", "2014-09-18 10:12:00"]
        assert xlsx_cells([row])[0][1:5] == [
            ("n", "-32729939.24"),
            ("n", "-7"),
            ("n", "0.875"),
            ("n", "41900"),
        ]
        assert xlsx_cells([row])[0][5] == ("n", "41900.425000000")

    def test_of_nothing_is_an_empty_cell_and_zero_is_zero(self) -> None:
        assert csv_rows([("a", None, 0, None, None, None), ("b", 0, 1, None, None, None)])[1:] == [
            ["a", "", "0", "", "", ""],
            ["b", "0.00", "1", "", "", ""],
        ]


class TestALongTable:
    @pytest.mark.parametrize("form", ["csv", "xlsx"])
    def test_costs_the_memory_of_a_short_one(self, form: str) -> None:
        def rows(count: int) -> Iterator[tuple[Cell, ...]]:
            for number in range(count):
                yield (f"瀚海市第{number}建筑有限公司", number * 100, number, None, date(2014, 9, 18), None)

        def peak(count: int) -> tuple[int, int]:
            tracemalloc.start()
            made = (
                delimited.write(COLUMNS, rows(count)) if form == "csv" else workbook.write("表", COLUMNS, rows(count))
            )
            size = sum(len(piece) for piece in made)
            found = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            return size, found

        (small, little), (large, much) = peak(4_000), peak(40_000)
        assert large > small * 5
        assert much < little * 1.5 + 500_000

    def test_goes_on_in_another_sheet(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(workbook, "SHEET_ROWS", 3)
        rows = [(f"第{number}行",) for number in range(7)]
        with zipfile.ZipFile(io.BytesIO(b"".join(workbook.write("表", (Column("行"),), rows)))) as archive:
            names = [name for name in archive.namelist() if "sheets/" in name]
            texts = "".join(archive.read(name).decode() for name in names)
            book = archive.read("xl/workbook.xml").decode()

        assert len(names) == 3
        assert texts.count("第") == 7
        assert [f'name="表 {number}"' in book for number in (1, 2, 3)] == [True] * 3
