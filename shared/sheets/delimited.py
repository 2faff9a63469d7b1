"""CSV as Excel opens it: UTF-8 with a mark, CRLF, amounts in 元 with two decimals, and no cell that is a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from shared.domain.money import plain
from shared.sheets.columns import Cell, Column, Kind, Row

MEDIA_TYPE = "text/csv; charset=utf-8"
#: Bytes are handed on once so many have come together.
CHUNK = 64 * 1024

_CHINA = ZoneInfo("Asia/Shanghai")
#: What a spreadsheet takes for the beginning of a formula, also in full width and behind white space.
_FORMULA = re.compile(r"[\s\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
#: A text that a spreadsheet would take for a number and cut off after 15 digits, or lose the zeros of.
_DIGITS = re.compile(r"0\d+|\d{12,}|\d+[eE]\d+")


def write(columns: Sequence[Column], rows: Iterable[Row]) -> Iterator[bytes]:
    """The file piece by piece."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    buffer.write("\ufeff")
    writer.writerow([text_cell(column.name) for column in columns])
    for row in rows:
        writer.writerow([_cell(column.kind, cell) for column, cell in zip(columns, row, strict=True)])
        if buffer.tell() >= CHUNK:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def text_cell(text: str) -> str:
    """A text that stays one: `'` before what looks like a formula, a tab behind what looks like a long number."""
    if _FORMULA.match(text):
        return f"'{text}"
    return f"{text}\t" if _DIGITS.fullmatch(text) else text


def _cell(kind: Kind, cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case str():
            return text_cell(cell)
        case datetime():
            return cell.astimezone(_CHINA).strftime("%Y-%m-%d %H:%M:%S")
        case date():
            return cell.isoformat()
        case Decimal():
            return format(cell, "f")
        case int():
            return plain(cell) if kind is Kind.MONEY else str(cell)
