"""Bytes stored once under their SHA-256: attachments and finished documents.

A file is written beside its place, synced and renamed, so a name in the store always has all
of its bytes. Backed up together with the database (docs/operations.md).
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from shared.domain.errors import Broken, NotFound, Unavailable


@dataclass(frozen=True, slots=True)
class Storage:
    """A folder of files named by the SHA-256 of their content."""

    folder: Path

    def keep(self, content: bytes) -> str:
        """Store `content` and give its SHA-256 in hex; may be repeated. Raises `Unavailable` if the disk refuses."""
        digest = hashlib.sha256(content).hexdigest()
        place = self._place(digest)
        if place.exists():
            return digest
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=place.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                Path(temporary).replace(place)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
            folder = os.open(place.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise Unavailable("文件暂时无法保存，请稍后重试") from error
        return digest

    def read(self, digest: str) -> bytes:
        """The bytes under `digest`; raises `NotFound`, or `Broken` if they are no longer the same."""
        try:
            content = self._place(digest).read_bytes()
        except FileNotFoundError as error:
            raise NotFound("文件不存在") from error
        if hashlib.sha256(content).hexdigest() != digest:
            raise Broken(f"stored file {digest} has changed")
        return content

    def path(self, digest: str) -> Path:
        """Where the bytes lie, for tools that read files."""
        return self._place(digest)

    def _place(self, digest: str) -> Path:
        if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
            raise NotFound("文件不存在")
        return self.folder / digest[:2] / digest[2:4] / digest
