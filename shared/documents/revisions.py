"""Signing revisions behind a PDF that WeasyPrint wrote: a few objects, an index of them, one gap for the signature.

Written by hand because a revision is four short objects: pyHanko's writer parses the whole file again for each
seal (8 ms) and brings 20 MB of modules into every worker. pyHanko and poppler judge the result, in tests and in
`verify`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shared.domain.errors import Broken

_INDEX_ROW = (1, 4, 1)
"""Bytes of type, offset and generation in the cross-reference stream: files up to 4 GB."""

_RANGE = b"/ByteRange [0 %10d %10d %10d]"
_TRAILER = re.compile(rb"/(Root|Info) (\d+ 0 R)|/(ID) (\[.*?\])|/(Size) (\d+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SignatureGap:
    """The dictionary of a signature without its two variable entries, and the bytes to reserve for its CMS."""

    entries: bytes
    reserved: int


class SignedFile:
    """A PDF that grows by one signed revision at a time; bytes once written never change."""

    def __init__(self, pdf: bytes) -> None:
        """`pdf` ends with a cross-reference stream. Raises `Broken` for a file that was not made here."""
        self._bytes = bytearray(pdf)
        self._digest = hashlib.sha256(pdf)
        found = re.search(rb"startxref\s+(\d+)\s+%%EOF\s*\Z", pdf[-64:])
        if found is None:
            raise Broken("PDF without an index")
        self._index_at = int(found.group(1))
        head = pdf[self._index_at : pdf.index(b"stream", self._index_at)]
        named = {a or c or e: b or d or f for a, b, c, d, e, f in _TRAILER.findall(head)}
        if b"/XRef" not in head or not {b"Root", b"Size"} <= named.keys():
            raise Broken("PDF without a cross-reference stream")
        self._next = int(named.pop(b"Size"))
        self._trailer = b" ".join(b"/%b %b" % pair for pair in sorted(named.items()))

    def reserve(self) -> int:
        """A number for a new object."""
        self._next += 1
        return self._next - 1

    def append(
        self, objects: Mapping[int, bytes], *, signature: int, gap: SignatureGap, sign: Callable[[bytes], bytes]
    ) -> None:
        """Add a revision with these objects and object `signature`; `sign` turns the SHA-256 into a CMS."""
        start = len(self._bytes)
        revision = bytearray(b"\n")
        places: dict[int, int] = {}

        def write(number: int, body: bytes) -> None:
            places[number] = start + len(revision)
            revision.extend(b"%d 0 obj\n%b\nendobj\n" % (number, body))

        for number, body in objects.items():
            write(number, body)
        contents = b"<" + b"0" * (2 * gap.reserved) + b">"
        write(signature, b"<<%b %b /Contents %b>>" % (gap.entries, _RANGE % (0, 0, 0), contents))
        gap_start = revision.rindex(contents)
        gap_end = gap_start + len(contents)
        index_at = self._write_index(revision, places, start)

        range_at = revision.rindex(_RANGE % (0, 0, 0), 0, gap_start)
        spans = _RANGE % (start + gap_start, start + gap_end, len(revision) - gap_end)
        revision[range_at : range_at + len(spans)] = spans
        covered = self._digest.copy()
        covered.update(revision[:gap_start])
        covered.update(revision[gap_end:])
        cms = sign(covered.digest()).hex().upper().encode()
        if len(cms) > 2 * gap.reserved:
            raise Broken("signature larger than the room reserved for it")
        revision[gap_start + 1 : gap_start + 1 + len(cms)] = cms
        self._bytes.extend(revision)
        self._digest.update(revision)
        self._index_at = index_at

    def _write_index(self, revision: bytearray, places: dict[int, int], start: int) -> int:
        number = self.reserve()
        at = start + len(revision)
        places[number] = at
        rows, spans = bytearray(), []
        for each in sorted(places):
            fields = (1, places[each], 0)
            rows.extend(b"".join(value.to_bytes(size, "big") for value, size in zip(fields, _INDEX_ROW, strict=True)))
            spans.append(b"%d 1" % each)
        revision.extend(
            b"%d 0 obj\n<</Type /XRef /Size %d /W [%d %d %d] /Index [%b] /Prev %d %b /Length %d>>\nstream\n%b\n"
            b"endstream\nendobj\nstartxref\n%d\n%%%%EOF\n"
            % (
                number,
                self._next,
                *_INDEX_ROW,
                b" ".join(spans),
                self._index_at,
                self._trailer,
                len(rows),
                bytes(rows),
                at,
            )
        )
        return at

    def content(self) -> bytes:
        """The file as it stands."""
        return bytes(self._bytes)
