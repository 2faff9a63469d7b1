"""Which bytes are papers: PDF, JPEG or PNG, judged by opening them, never by their name.

A file that only pretends (a ZIP called .pdf, a GIF with script behind it, a picture of a
million megapixels) is refused before anything else looks at it.
"""

from __future__ import annotations

import io
import warnings

import puremagic

#: Largest paper, bytes.
PAPER_BYTES_MAX = 20 * 2**20
#: Largest picture, pixels: A0 at 300 dpi is 140 million.
PICTURE_PIXELS_MAX = 200_000_000

_MAGIC = {b"%PDF-": "application/pdf", b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
_PICTURES = {"image/jpeg": "JPEG", "image/png": "PNG"}


def media_type_of(content: bytes) -> str | None:
    """The media type of a paper that opens, or None for anything else."""
    # Only the very first bytes count: a PDF with a page of HTML before it is a polyglot.
    media_type = next((kind for magic, kind in _MAGIC.items() if content.startswith(magic)), None)
    if media_type is None or media_type not in _guesses(content):
        return None
    return (
        media_type
        if (_opens_as_pdf(content) if media_type == "application/pdf" else _opens_as_picture(content, media_type))
        else None
    )


def _guesses(content: bytes) -> set[str]:
    try:
        return {match.mime_type for match in puremagic.magic_string(content)}
    except (puremagic.PureError, ValueError):
        return set()


def _opens_as_pdf(content: bytes) -> bool:
    # Readers are loaded for the first paper: workers import this module through the services and never open one.
    from pypdf import PdfReader

    try:
        reader = PdfReader(io.BytesIO(content), strict=False)
        return not reader.is_encrypted and len(reader.pages) > 0
    except Exception:  # noqa: BLE001 the file is hostile input, and every parser's error means the same
        return False


def _opens_as_picture(content: bytes, media_type: str) -> bool:
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=[_PICTURES[media_type]]) as picture:
                if picture.width * picture.height > PICTURE_PIXELS_MAX:
                    return False
                picture.verify()
    except Exception:  # noqa: BLE001 as above; a warning of a decompression bomb is one of them
        return False
    return True
