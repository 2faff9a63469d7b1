"""The first visible sheet of an XLSX file as rows of text, streamed; nothing is computed and nothing unpacked whole.

Own and not a library's: a formula, a number that has lost digits and a packed bomb must each be refused by row and
column, and the readers that exist give the last computed value, a float, or everything at once.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import BinaryIO, Final

from shared.statements.cells import Unreadable
from shared.statements.delimited import Rows
from shared.statements.tally import Tally
from shared.statements.xml import XmlStream

_BATCH: Final = 1000
COLUMNS_MAX: Final = 256
#: Unpacked over packed: sheets of numbers reach 30; a bomb needs far more.
RATIO_MAX: Final = 200
#: A part that unpacks to less than this is no bomb, whatever its ratio.
_SMALL: Final = 1 << 20
PART_BYTES_MAX: Final = 2 << 30
PARTS_MAX: Final = 2000
#: Texts that cells share are kept in memory: so many characters of them.
SHARED_CHARACTERS_MAX: Final = 64_000_000

Ends = Callable[[str, str], None]

_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
# Spreadsheets compute in binary and show 15 digits; the sixteenth and seventeenth in the file are noise.
_SHOWN = Context(prec=15)
_DIGITS_SHOWN: Final = 15
_DATE_FORMATS: Final = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_NOT_DATE_WORDS = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
#: Day 0 of the two calendars in which a workbook may count.
_DAY_0: Final = {False: date(1899, 12, 30), True: date(1904, 1, 1)}
_DAMAGED: Final = "不是完整的 XLSX 文件，可能没有下载完整；请重新下载"


class Workbook:
    """One XLSX file, open. Raises `Unreadable` for what is no workbook, or no honest one."""

    def __init__(self, file: BinaryIO) -> None:
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            raise Unreadable(_DAMAGED) from None
        self._check_parts()
        self._counts_from_1904 = False
        self._sheet = self._first_sheet()
        self._dates = self._date_styles()
        self._shared = self._shared_texts()

    def rows(self, tally: Tally) -> Iterator[Rows]:
        """Cells as text, each row up to its last one; formulas and lost digits are problems."""
        sheet = _Sheet(tally, self._shared, self._dates, _DAY_0[self._counts_from_1904])
        stream = XmlStream(sheet.start, sheet.end)
        try:
            for _ in self._feed(self._sheet, stream):
                if len(sheet.rows) >= _BATCH:
                    yield sheet.taken()
        except Unreadable as problem:
            tally.problem(0, "", str(problem))
        if sheet.rows:
            yield sheet.taken()

    def _check_parts(self) -> None:
        parts = self._zip.infolist()
        if len(parts) > PARTS_MAX:
            raise Unreadable(f"压缩包中有 {len(parts)} 个文件，不是对账单")
        for part in parts:
            if part.flag_bits & 1:
                raise Unreadable("文件加了密码，请另存为不加密的 XLSX")
            too_dense = part.file_size > _SMALL and part.file_size > RATIO_MAX * max(part.compress_size, 1)
            if part.file_size > PART_BYTES_MAX or too_dense:
                raise Unreadable("压缩比异常，可能是恶意文件（压缩炸弹）")
        if "xl/workbook.xml" not in self._zip.namelist():
            raise Unreadable("压缩包里没有 Excel 工作簿；若是下载的账单压缩包，请解压后上传其中的文件")

    def _feed(self, name: str, stream: XmlStream) -> Iterator[None]:
        try:
            with self._zip.open(name) as part:
                # A part is never read beyond the size that was checked, whatever it unpacks to.
                yield from stream.feed(part)  # type: ignore[arg-type]  # it reads bytes, which is all that is asked
        except (KeyError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
            raise Unreadable(_DAMAGED) from None

    def _whole(self, name: str, starts: Callable[[str, Mapping[str, str]], None], ends: Ends = lambda *_: None) -> None:
        for _ in self._feed(name, XmlStream(starts, ends)):
            pass

    def _first_sheet(self) -> str:
        sheets: list[str] = []
        targets: dict[str, str] = {}

        def book(name: str, attributes: Mapping[str, str]) -> None:
            if name == "sheet" and attributes.get("state", "visible") == "visible":
                sheets.append(next((value for key, value in attributes.items() if key.endswith(" id")), ""))
            elif name == "workbookPr":
                self._counts_from_1904 = attributes.get("date1904") in {"1", "true"}

        def relation(name: str, attributes: Mapping[str, str]) -> None:
            if name == "Relationship":
                targets[attributes.get("Id", "")] = attributes.get("Target", "")

        self._whole("xl/workbook.xml", book)
        self._whole("xl/_rels/workbook.xml.rels", relation)
        if not sheets or sheets[0] not in targets:
            raise Unreadable("工作簿里没有可见的工作表")
        target = targets[sheets[0]]
        return target.lstrip("/") if target.startswith("/") else f"xl/{target}"

    def _date_styles(self) -> frozenset[int]:
        """The numbers of the cell styles that show a date or a time."""
        formats: dict[int, bool] = dict.fromkeys(_DATE_FORMATS, True)
        styles: list[int] = []
        inside = ""

        def start(name: str, attributes: Mapping[str, str]) -> None:
            nonlocal inside
            if name in {"cellXfs", "cellStyleXfs"}:
                inside = name
            elif name == "numFmt":
                shown = _NOT_DATE_WORDS.sub("", attributes.get("formatCode", "")).lower()
                formats[int(attributes.get("numFmtId", "0"))] = any(letter in shown for letter in "ymdhs")
            elif name == "xf" and inside == "cellXfs":
                styles.append(int(attributes.get("numFmtId", "0")))

        if "xl/styles.xml" in self._zip.namelist():
            self._whole("xl/styles.xml", start)
        return frozenset(index for index, number in enumerate(styles) if formats.get(number, False))

    def _shared_texts(self) -> list[str]:
        texts: list[str] = []
        parts: list[str] = []
        phonetic = 0
        size = 0

        def start(name: str, _: Mapping[str, str]) -> None:
            nonlocal phonetic
            phonetic += name == "rPh"

        def end(name: str, text: str) -> None:
            nonlocal phonetic, size
            if name == "rPh":
                phonetic -= 1
            elif name == "t" and not phonetic:
                parts.append(text)
            elif name == "si":
                texts.append("".join(parts))
                parts.clear()
                size += len(texts[-1])
                if size > SHARED_CHARACTERS_MAX:
                    raise Unreadable("工作簿中的文字过多，请在银行页面改为下载 CSV")

        if "xl/sharedStrings.xml" in self._zip.namelist():
            self._whole("xl/sharedStrings.xml", start, end)
        return texts


class _Sheet:
    """Collects the rows of a sheet."""

    def __init__(self, tally: Tally, shared: list[str], dates: frozenset[int], day_0: date) -> None:
        self.rows: list[list[str]] = []
        self._numbers: list[int] = []
        self._tally, self._shared, self._dates, self._day_0 = tally, shared, dates, day_0
        self._number = 0
        self._row: list[str] = []
        self._place = ""
        self._column = 0
        self._type = ""
        self._style = 0
        self._value = ""
        self._is_formula = False

    def taken(self) -> Rows:
        """The rows so far."""
        rows = Rows(self._numbers, self.rows)
        self._numbers, self.rows = [], []
        return rows

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "row":
            self._number = int(attributes.get("r", self._number + 1))
            self._row = []
        elif name == "c":
            self._place = attributes.get("r", "")
            self._column = self._column_of(self._place) if self._place else len(self._row)
            self._type, self._style = attributes.get("t", "n"), int(attributes.get("s", "0"))
            self._value, self._is_formula = "", False
        elif name == "f":
            self._is_formula = True

    def end(self, name: str, text: str) -> None:
        if name in {"v", "t"}:
            self._value += text
        elif name == "c":
            self._keep()
        elif name == "row" and self._row:
            self._numbers.append(self._number)
            self.rows.append(self._row)

    def _keep(self) -> None:
        if not self._value and not self._is_formula:
            return
        column = self._place.rstrip("0123456789") or str(self._column + 1)
        if self._column >= COLUMNS_MAX:
            raise Unreadable(f"第 {self._number} 行有超过 {COLUMNS_MAX} 列，不是对账单")
        if self._is_formula:
            self._tally.problem(self._number, f"{column} 列", "单元格是公式，不是银行写的数；请用银行下载的原始文件")
        self._row += [""] * (self._column + 1 - len(self._row))
        try:
            self._row[self._column] = self._shown()
        except Unreadable as problem:
            self._tally.problem(self._number, f"{column} 列", str(problem))

    def _shown(self) -> str:
        """The cell as text: what a person sees, dates year first."""
        value = self._value
        match self._type:
            case "s":
                if not value.isdecimal() or int(value) >= len(self._shared):
                    raise Unreadable("单元格指向不存在的文字，文件已损坏")
                return self._shared[int(value)]
            case "b":
                return "TRUE" if value == "1" else "FALSE"
            case "n" if value:
                return self._number_shown(value)
            case _:
                return value

    def _number_shown(self, value: str) -> str:
        try:
            number = _SHOWN.create_decimal(value)
        except InvalidOperation:
            raise Unreadable(f"“{value}”不是数字，文件已损坏") from None
        if not number.is_finite():
            raise Unreadable(f"“{value}”不是数字，文件已损坏")
        if number.adjusted() >= _DIGITS_SHOWN:
            raise Unreadable("数字超过 15 位，表格软件已经丢掉末尾几位；请用银行下载的原始文件，或把这一列存为文本")
        if self._style in self._dates:
            return self._date_shown(number)
        return format(number.normalize(_SHOWN), "f")

    def _date_shown(self, number: Decimal) -> str:
        days, part = divmod(number, 1)
        seconds = int((part * 86_400).quantize(Decimal(1), rounding=ROUND_HALF_UP))
        try:
            found = datetime.combine(self._day_0 + timedelta(days=int(days)), time()) + timedelta(seconds=seconds)
        except OverflowError:
            raise Unreadable(f"“{number}”不是日期，文件已损坏") from None
        if not days and number:
            return f"{found:%H:%M:%S}"
        return f"{found:%Y-%m-%d %H:%M:%S}" if seconds else f"{found:%Y-%m-%d}"

    def _column_of(self, place: str) -> int:
        match = _PLACE.fullmatch(place)
        if match is None:
            raise Unreadable("单元格没有行列号，文件已损坏")
        column = 0
        for letter in match[1]:
            column = column * 26 + ord(letter) - ord("A") + 1
        return column - 1
