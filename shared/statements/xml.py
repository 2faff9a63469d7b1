"""XML read as a stream of elements, with everything refused that can grow: DOCTYPE, entities, depth, endless texts.

A document type is what every XML bomb and every call for a foreign file needs, and no bank statement has one.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, Final
from xml.parsers import expat

from shared.statements.cells import Unreadable

_BLOCK: Final = 1 << 16
DEPTH_MAX: Final = 64
#: Longest text of one element, characters: a spreadsheet's cell has at most 32,767.
TEXT_MAX: Final = 40_000


class XmlStream:
    """Calls `starts` with the local name and attributes, `ends` with the local name and the text since the last child.

    `encoding` is given where the file's own is one that expat does not know (GB 18030), else the file says it.
    """

    def __init__(
        self,
        starts: Callable[[str, Mapping[str, str]], None],
        ends: Callable[[str, str], None],
        *,
        encoding: str = "",
    ) -> None:
        self._starts, self._ends, self._encoding = starts, ends, encoding
        self._depth = 0
        self._text: list[str] = []
        self._length = 0
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse

    def feed(self, file: BinaryIO) -> Iterator[None]:
        """Parse to the end, giving way after each block. Raises `Unreadable` for what is no XML, or no honest one."""
        text = io.TextIOWrapper(file, self._encoding) if self._encoding else None
        try:
            while block := text.read(_BLOCK) if text else file.read(_BLOCK):
                self._parser.Parse(block, False)
                yield
            self._parser.Parse(b"", True)
            yield
        except (expat.ExpatError, UnicodeDecodeError):
            raise Unreadable(
                f"第 {self._parser.CurrentLineNumber} 行起不是完整的 XML，文件可能被截断或编码有误；请重新下载"
            ) from None
        finally:
            if text:
                text.detach()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise Unreadable("XML 嵌套过深，不是对账单")
        self._text, self._length = [], 0
        self._starts(name.rpartition(" ")[2], attributes)

    def _end(self, name: str) -> None:
        self._depth -= 1
        text, self._text, self._length = "".join(self._text), [], 0
        self._ends(name.rpartition(" ")[2], text)

    def _characters(self, text: str) -> None:
        self._length += len(text)
        if self._length > TEXT_MAX:
            raise Unreadable("XML 中有过长的文字，不是对账单")
        self._text.append(text)

    def _refuse(self, *_: Any) -> None:
        raise Unreadable("XML 中有文档类型声明（DOCTYPE）或实体，对账单不会有，可能是恶意文件")
