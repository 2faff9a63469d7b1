"""XLSX written in one pass: every part goes out as it is made, texts are typed as texts, amounts as numbers.

A sheet is full after a million rows, and another one is begun. Nothing is kept but the piece in hand.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from shared.domain.money import plain
from shared.sheets.columns import Cell, Column, Kind, Row

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Rows of a sheet below its head; Excel takes 1,048,576.
SHEET_ROWS = 1_000_000
#: Bytes of a sheet that are compressed together.
CHUNK = 256 * 1024
#: Longest text of a cell, characters.
TEXT_MAX = 32_767

_CHINA = ZoneInfo("Asia/Shanghai")
_DAY_ZERO = date(1899, 12, 30)
_FIXED = (1980, 1, 1, 0, 0, 0)
_STYLES = {Kind.TEXT: 0, Kind.MONEY: 2, Kind.COUNT: 3, Kind.SHARE: 4, Kind.DAY: 5, Kind.MOMENT: 6}
#: What XML cannot say, and what a spreadsheet would read as an escaped character.
_UNSAYABLE = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_STYLE_SHEET = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><numFmts count="4"><numFmt numFmtId="164" formatCode="#,##0.00"/>'
    '<numFmt numFmtId="165" formatCode="0.0%"/><numFmt numFmtId="166" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="167" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="7">'
    '<xf/><xf fontId="1" applyFont="1"/>'
    + "".join(f'<xf numFmtId="{number}" applyNumberFormat="1"/>' for number in (164, 3, 165, 166, 167))
    + "</cellXfs></styleSheet>"
)


class _Pipe(io.RawIOBase):
    """Where the archive is written to; what has come is taken out again and never asked for a second time."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: bytes) -> int:  # type: ignore[override]
        self._pieces.append(bytes(piece))
        return len(piece)

    def taken(self) -> bytes:
        """What was written since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def write(name: str, columns: Sequence[Column], rows: Iterable[Row]) -> Iterator[bytes]:
    """The file piece by piece; `name` is what its sheet is called."""
    pipe, sheets, waiting = _Pipe(), 0, iter(rows)
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        is_over = False
        while not is_over:
            sheets += 1
            with archive.open(_part(f"xl/worksheets/sheet{sheets}.xml"), "w") as sheet:
                sheet.write(_sheet_head(columns).encode())
                text, number = [], 1
                size = 0
                is_over = True
                for row in waiting:
                    number += 1
                    line = _row(number, columns, row)
                    text.append(line)
                    size += len(line)
                    if size >= CHUNK:
                        sheet.write("".join(text).encode())
                        text, size = [], 0
                        yield pipe.taken()
                    if number > SHEET_ROWS:
                        is_over = False
                        break
                sheet.write(("".join(text) + "</sheetData></worksheet>").encode())
        for path, content in _frame(name, sheets).items():
            archive.writestr(_part(path), content)
    yield pipe.taken()


def _part(path: str) -> zipfile.ZipInfo:
    part = zipfile.ZipInfo(path, _FIXED)
    part.compress_type = zipfile.ZIP_DEFLATED
    return part


def _sheet_head(columns: Sequence[Column]) -> str:
    widths = "".join(
        f'<col min="{place}" max="{place}" width="{column.width}" customWidth="1"/>'
        for place, column in enumerate(columns, start=1)
    )
    heads = "".join(_text(_reference(place, 1), column.name, 1) for place, column in enumerate(columns))
    return (
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" '
        f'topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>{widths}</cols>'
        f'<sheetData><row r="1">{heads}</row>'
    )


def _row(number: int, columns: Sequence[Column], row: Row) -> str:
    cells = "".join(
        _cell(_reference(place, number), column.kind, cell)
        for place, (column, cell) in enumerate(zip(columns, row, strict=True))
    )
    return f'<row r="{number}">{cells}</row>'


def _cell(where: str, kind: Kind, cell: Cell) -> str:
    match cell:
        case None | "":
            return ""
        case str():
            return _text(where, cell, 0)
        case datetime():
            local = cell.astimezone(_CHINA)
            seconds = local.hour * 3600 + local.minute * 60 + local.second
            said = f"{(local.date() - _DAY_ZERO).days + Decimal(seconds) / 86400:.9f}"
        case date():
            said = str((cell - _DAY_ZERO).days)
        case Decimal():
            said = format(cell, "f")
        case int():
            said = plain(cell) if kind is Kind.MONEY else str(cell)
    return f'<c r="{where}" s="{_STYLES[kind]}"><v>{said}</v></c>'


def _text(where: str, text: str, style: int) -> str:
    said = _ESCAPED.sub("_x005F_", _UNSAYABLE.sub("\ufffd", text[:TEXT_MAX]))
    said = said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")
    return f'<c r="{where}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{said}</t></is></c>'


def _reference(place: int, number: int) -> str:
    """A1, Z1, AA1: the column counted from 0."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{number}"


def _frame(name: str, sheets: int) -> dict[str, str]:
    """Everything but the sheets."""
    numbers = range(1, sheets + 1)
    safe = re.sub(r"[\[\]:*?/\\<>&\"']", " ", name).strip()[:28] or "Sheet"
    names = [safe if sheets == 1 else f"{safe} {number}" for number in numbers]
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    return {
        "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{kind}.worksheet+xml"/>'
            for number in numbers
        )
        + "</Types>",
        "_rels/.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        + "".join(
            f'<sheet name="{each}" sheetId="{number}" r:id="rId{number}"/>'
            for number, each in zip(numbers, names, strict=True)
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="rId{number}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{number}.xml"/>'
            for number in numbers
        )
        + f'<Relationship Id="rId{sheets + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": _STYLE_SHEET,
    }
