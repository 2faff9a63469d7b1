"""Which format a file is in, by its content: its name says nothing, and is only repeated to whoever sent it."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import BinaryIO, Final

from shared.domain.errors import Invalid, Problem
from shared.statements import alipay, wechat
from shared.statements.cells import Unreadable, clean
from shared.statements.layout import HEAD_ROWS_MAX, layout_of
from shared.statements.named_rows import Head
from shared.statements.profiles import PROFILES, Profile
from shared.statements.statement import (
    ALIPAY_DETAIL,
    BANK_TABLE,
    BANK_WORKBOOK,
    CAMT_053,
    MT940,
    WECHAT_FUND,
    WECHAT_TRADE,
)
from shared.statements.tally import Tally
from shared.statements.workbook import Workbook
from shared.statements.xml import XmlStream

#: So much of a text is looked at; a head stands far above.
_SAMPLE: Final = 1 << 16
_DELIMITERS: Final = (",", "\t", ";", "|")
#: A list with fewer columns says too little about a movement.
_COLUMNS_MIN: Final = 3
_ENCODINGS: Final = ("utf-8-sig", "gb18030")
_DECLARED = re.compile(rb"""<\?xml[^>]*encoding=["'](gb[a-z0-9_-]+)["']""", re.IGNORECASE)
_MT940 = re.compile(r"^(?:\{[14]:|:20:|:25:)", re.MULTILINE)
_REFUSED: Final = (
    (b"\xd0\xcf\x11\xe0", "是旧版 Excel（.xls），请另存为 .xlsx 或 CSV 后再传"),
    (b"%PDF-", "是 PDF，请在银行页面下载 CSV、XLSX 或其他明细文件"),
    (b"\xff\xfe", "是 UTF-16 编码，请另存为 CSV（UTF-8）后再传"),
    (b"\xfe\xff", "是 UTF-16 编码，请另存为 CSV（UTF-8）后再传"),
    (b"\x1f\x8b", "是压缩文件，请解压后上传其中的账单"),
    (b"Rar!", "是压缩文件，请解压后上传其中的账单"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """What a file is. `profiles` are the banks whose columns it has; none or several: a person chooses or makes one."""

    format: str
    encoding: str = ""
    delimiter: str = ""
    columns: tuple[str, ...] = ()
    profiles: tuple[Profile, ...] = ()


def detect(name: str, source: bytes | BinaryIO, *, profiles: Iterable[Profile] = PROFILES) -> Detected:
    """The format of a file. Raises `Invalid` under its name for an empty file, or one in no format read here."""
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    try:
        return _detect(file, tuple(profiles))
    except Unreadable as problem:
        raise Invalid([Problem(name, str(problem))]) from None
    finally:
        file.seek(0)


def _detect(file: BinaryIO, profiles: tuple[Profile, ...]) -> Detected:
    file.seek(0)
    start = file.read(_SAMPLE)
    if not start.strip():
        raise Unreadable("是空文件")
    for magic, refusal in _REFUSED:
        if start.startswith(magic):
            raise Unreadable(refusal)
    if start.startswith(b"PK"):
        return _workbook(file, profiles)
    if start.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"<"):
        return _xml(file, start)
    return _text(start, profiles)


def _workbook(file: BinaryIO, profiles: tuple[Profile, ...]) -> Detected:
    tally = Tally(provider="", format=BANK_WORKBOOK)
    rows = [row for batch in islice(Workbook(file).rows(tally), 1) for row in batch.cells[:HEAD_ROWS_MAX]]
    return _table(rows, profiles, Detected(format=BANK_WORKBOOK))


def _xml(file: BinaryIO, start: bytes) -> Detected:
    declared = _DECLARED.match(start.removeprefix(codecs.BOM_UTF8).lstrip())
    encoding = "gb18030" if declared else ""
    found: list[str] = []

    def first(name: str, _: Mapping[str, str]) -> None:
        found.append(name)

    file.seek(0)
    # The first block is enough, and a document type in it is refused at once.
    next(XmlStream(first, lambda *_: None, encoding=encoding).feed(file))
    if "BkToCstmrStmt" not in found:
        raise Unreadable("是 XML，但不是 camt.053 对账单")
    return Detected(format=CAMT_053, encoding=encoding)


def _text(start: bytes, profiles: tuple[Profile, ...]) -> Detected:
    samples = list(_samples(start))
    if not samples:
        raise Unreadable("既不是 UTF-8 也不是 GB18030 编码的文字，认不出是哪种账单")
    tables = [(_best_table(encoding, text, profiles), whole) for encoding, text, whole in samples]
    for (encoding, text, _), (table, _) in zip(samples, tables, strict=True):
        if known := _known(encoding, text) or (table if table.profiles else None):
            return known
    for table, whole in tables:
        if whole and len(table.columns) >= _COLUMNS_MIN:
            return table
    raise Unreadable("认不出是哪种账单；可以导入微信、支付宝账单，银行的 CSV、XLSX 明细，camt.053 和 MT940")


def _samples(start: bytes) -> Iterator[tuple[str, str, bool]]:
    """The sample in each encoding that reads it, whole ones first; a character cut off at its end does no harm.

    One that is damaged further down is read up to there, so that reading can name the line.
    """
    damaged = []
    for encoding in _ENCODINGS:
        try:
            yield encoding, codecs.getincrementaldecoder(encoding)().decode(start), True
        except UnicodeDecodeError as error:
            damaged.append((encoding, start[: error.start].decode(encoding), False))
    yield from (each for each in damaged if each[1].strip())


def _known(encoding: str, text: str) -> Detected | None:
    """A format that is one sender's, or everybody's."""
    if _MT940.match(text):
        return Detected(format=MT940, encoding=encoding)
    for line in text.splitlines()[:HEAD_ROWS_MAX]:
        head = Head.of(wechat.split(line))
        for format_, columns in (
            (WECHAT_TRADE, wechat.TRADE_COLUMNS),
            (WECHAT_FUND, wechat.FUND_COLUMNS),
            (ALIPAY_DETAIL, alipay.COLUMNS),
        ):
            if not head.missing(columns):
                return Detected(format=format_, encoding=encoding, delimiter=",", columns=head.names)
    return None


def _best_table(encoding: str, text: str, profiles: tuple[Profile, ...]) -> Detected:
    """The text as a list with the separator that makes most of it."""
    lines = text.splitlines()[:HEAD_ROWS_MAX]
    found = (
        _table(
            list(csv.reader(lines, delimiter=each)),
            profiles,
            Detected(format=BANK_TABLE, encoding=encoding, delimiter=each),
        )
        for each in _DELIMITERS
    )
    return max(found, key=lambda each: (len(each.profiles), len(each.columns)))


def _table(rows: list[list[str]], profiles: tuple[Profile, ...], kind: Detected) -> Detected:
    """The banks that fit, or the row that looks most like a head."""
    for row in rows:
        fitting = tuple(profile for profile in profiles if layout_of(row, profile))
        if fitting:
            return replace(kind, columns=_names(row), profiles=fitting)
    return replace(kind, columns=max(map(_names, rows), key=len, default=()))


def _names(row: list[str]) -> tuple[str, ...]:
    return tuple(name for cell in row if (name := clean(cell.lstrip("\ufeff"))))
