"""View in, sealed file out: what a worker calls, once per document, in a process that stays warm.

Producing is repeatable but not byte-identical (ECDSA is randomised): store the first result, with its SHA-256,
and never produce a second one for the same document number.
"""

from __future__ import annotations

import ctypes
import gc
import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shared.documents.fonts import FontSet
from shared.documents.rendering import Renderer
from shared.documents.sealing import Sealer
from shared.documents.views import VIEWS, DocumentKind
from shared.domain.errors import Broken, NotFound
from shared.signing import Signer

TEMPLATE_VERSIONS: Mapping[DocumentKind, int] = dict.fromkeys(DocumentKind, 1)
"""What new documents are issued with; store it beside the document."""


@dataclass(frozen=True, slots=True)
class Produced:
    """A finished document: store `pdf` once, under `sha256` (hex)."""

    pdf: bytes
    sha256: str
    pages: int
    unprintable: str
    """Characters that no font on this machine has; empty unless somebody must look."""


@contextmanager
def _garbage_left_lying() -> Iterator[None]:
    """A page leaves its boxes behind in cycles. Looking for them meanwhile finds none and costs 2 %; collected
    and trimmed afterwards, the process stays 18 MB smaller."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.collect()
        if hasattr(_libc, "malloc_trim"):
            _libc.malloc_trim(0)


_libc = ctypes.CDLL(None)


class Producer:
    """Renders and seals. One per process; threads take turns, since Pango's font map bears only one."""

    def __init__(
        self, signer: Signer, fonts_dir: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """Raises `Unavailable` where set-up has not prepared the fonts.

        `now` (aware) is written into each signature as its time: real time, not the business clock.
        """
        fonts = FontSet.load(fonts_dir)
        self._renderer = Renderer(fonts)
        self._sealer = Sealer(signer, fonts)
        self._now = now
        self._turn = threading.Lock()
        # What is loaded by now stays for the process's life; not scanning it again takes 40 ms off slow documents.
        gc.freeze()

    def produce(self, kind: str, template_version: int, view_json: Mapping[str, Any]) -> Produced:
        """Render and seal. Raises `NotFound` for an unknown kind or template, `Broken` for a view that does not fit."""
        try:
            known = DocumentKind(kind)
        except ValueError as unknown:
            raise NotFound(f"没有文书种类 {kind}") from unknown
        view = VIEWS[known].from_json(view_json)
        if not view.seals:
            raise Broken(f"{kind}: 没有印章的文书不能出具")
        self._sealer.check_names(view.seals)
        signers = [each.organ_name for each in view.seals]
        with self._turn, _garbage_left_lying():
            page = self._renderer.render(known, template_version, view, signers=signers)
            sealed = self._sealer.seal(page.pdf, view.seals, page.boxes, signed_at=self._now())
        return Produced(sealed, hashlib.sha256(sealed).hexdigest(), page.pages, page.unprintable)
