"""Text files by lines and by rows, a block at a time; whatever cannot be decoded or split is a problem at its line.

Rows are split as text where a block has no quotation mark, and by the csv module from there on where it has: the
first is three times as fast, and both give the same rows.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import BinaryIO, Final, NamedTuple

from shared.statements.tally import Tally

#: So many characters are read at once: enough to spread the cost of a batch, few enough for the processor's cache.
_BLOCK: Final = 1 << 16
_ENCODING_NAMES: Final = {"utf-8-sig": "UTF-8", "gb18030": "GB18030"}


class Rows(NamedTuple):
    """Cells by rows, with the numbers of their lines."""

    numbers: Sequence[int]
    cells: list[list[str]]


def blocks(file: BinaryIO, encoding: str, tally: Tally) -> Iterator[tuple[int, str]]:
    """Whole lines, ended by "\\n", with the number of the first; ends early with a problem where decoding fails."""
    text = io.TextIOWrapper(file, encoding, errors="strict", newline="")
    line_no = 1
    try:
        while block := text.read(_BLOCK):
            block = (block + text.readline()).replace("\r\n", "\n")
            if "\r" in block:
                at = line_no + block.count("\n", 0, block.index("\r"))
                tally.problem(at, "", "含有孤立的回车符，无法分行；请重新下载原始文件")
                return
            yield line_no, block
            line_no += block.count("\n")
    except UnicodeDecodeError:
        tally.problem(
            _first_undecodable(file, encoding),
            "",
            f"含有不是 {_ENCODING_NAMES[encoding]} 编码的字节，文件可能被截断或转换过编码；请重新下载原始文件",
        )
    finally:
        text.detach()


def numbered_lines(file: BinaryIO, encoding: str, tally: Tally) -> Iterator[tuple[int, str]]:
    """Line by line, without the line break."""
    for first, block in blocks(file, encoding, tally):
        yield from enumerate(block.removesuffix("\n").split("\n"), first)


def rows(file: BinaryIO, encoding: str, delimiter: str, tally: Tally) -> Iterator[Rows]:
    """Cells by rows, in batches; a line with nothing on it is a row of one empty cell."""
    source = blocks(file, encoding, tally)
    for first, block in source:
        if '"' in block:
            yield from _quoted(first, chain((block,), (each for _, each in source)), delimiter, tally)
            return
        lines = block.removesuffix("\n").split("\n")
        yield Rows(range(first, first + len(lines)), [line.split(delimiter) for line in lines])


def ends_with_line_break(file: BinaryIO) -> bool:
    """Whether the last byte ends a line; an empty file does."""
    if file.seek(0, io.SEEK_END) == 0:
        return True
    file.seek(-1, io.SEEK_END)
    return file.read(1) in b"\r\n"


def first_null(file: BinaryIO) -> int | None:
    """The line of the first null byte, which no text has and no database takes."""
    file.seek(0)
    line_no = 1
    while block := file.read(1 << 20):
        at = block.find(b"\0")
        if at >= 0:
            return line_no + block.count(b"\n", 0, at)
        line_no += block.count(b"\n")
    return None


def _quoted(first: int, source: Iterator[str], delimiter: str, tally: Tally) -> Iterator[Rows]:
    lines = (f"{line}\n" for block in source for line in block.removesuffix("\n").split("\n"))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    numbers: list[int] = []
    found: list[list[str]] = []
    at = first
    try:
        for row in reader:
            numbers.append(at)
            found.append(row or [""])
            at = first + reader.line_num
            if len(found) == 1000:
                yield Rows(numbers, found)
                numbers, found = [], []
    except csv.Error:
        tally.problem(at, "", "引号不成对，或引号外有多余的字；从这一行起无法分列，请重新下载原始文件")
    if found:
        yield Rows(numbers, found)


def _first_undecodable(file: BinaryIO, encoding: str) -> int:
    """No encoding read here has the byte of a line break inside a character, so lines can be tried one by one."""
    file.seek(0)
    for line_no, line in enumerate(file, 1):
        try:
            line.decode(encoding)
        except UnicodeDecodeError:
            return line_no
    return 0
