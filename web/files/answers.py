"""One file as an answer: right type, right name in any script, never guessed at and never run by a browser."""

from __future__ import annotations

import io
from collections.abc import Iterator
from urllib.parse import quote

import flask

from shared.domain.errors import NotFound
from shared.settings import settings
from shared.storage import Storage

#: What a browser may show in place; everything else is only saved.
SHOWN_IN_PLACE = ("application/pdf", "image/jpeg", "image/png")


def file_answer(digest: str | None, *, media_type: str, name: str) -> flask.Response:
    """The stored bytes under `digest`. Raises `NotFound` while there are none.

    The name follows RFC 6266: an ASCII fallback and the real one in UTF-8.
    """
    if digest is None:
        raise NotFound("文书正在生成，请稍后再下载")
    content = Storage(settings().storage_dir).read(digest)
    response = flask.send_file(
        io.BytesIO(content),
        mimetype=media_type,
        download_name=_safe(name),
        as_attachment=media_type not in SHOWN_IN_PLACE,
        etag=digest,
    )
    # Private papers on shared hall computers; the same bytes may still be asked for by their hash.
    response.headers["Cache-Control"] = "no-store"
    # Our own file viewer may frame it; nobody else.
    flask.g.frameable = True
    flask.g.is_file = True
    return response


def attachment(pieces: Iterator[bytes], *, media_type: str, name: str) -> flask.Response:
    """A file that is made while it is sent: only saved, never shown, kept by nobody on the way."""
    response = flask.Response(pieces, mimetype=media_type, direct_passthrough=True)
    response.headers.set("Content-Disposition", "attachment", filename=_ascii(_safe(name)))
    response.headers["Content-Disposition"] += f"; filename*=UTF-8''{quote(_safe(name))}"
    response.headers["Cache-Control"] = "no-store"
    flask.g.is_file = True
    return response


def _ascii(name: str) -> str:
    """What of a name an old program can read."""
    kept = "".join(char if char.isascii() else "_" for char in name).strip("_ ")
    return kept or "file"


def _safe(name: str) -> str:
    """A file name without what a file system or a header takes for something else."""
    kept = "".join("_" if char in '/\\:*?"<>|' or not char.isprintable() else char for char in name).strip(". ")
    return kept[:150] or "file"
