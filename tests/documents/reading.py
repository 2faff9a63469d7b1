"""What a reader sees in a PDF, through poppler's own tools."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from PIL import Image


def text(pdf: bytes, *, page: int | None = None, in_order: bool = False) -> str:
    """All text without white space: line breaks are the layout's business.

    `in_order` reads as the page was written; otherwise poppler guesses columns, as it does for a person's copy.
    """
    options = ["-raw"] if in_order else []
    options += [] if page is None else ["-f", str(page), "-l", str(page)]
    answer = subprocess.run(["pdftotext", *options, "-", "-"], input=pdf, capture_output=True, check=True)
    return re.sub(r"\s+", "", answer.stdout.decode())


def image(pdf: bytes, folder: Path, *, dpi: int) -> Image.Image:
    """The first page as it is printed."""
    (folder / "document.pdf").write_bytes(pdf)
    options = ["-png", "-singlefile", "-r", str(dpi)]
    subprocess.run(["pdftoppm", *options, folder / "document.pdf", folder / "page"], check=True)
    return Image.open(folder / "page.png")


def tool(name: str, pdf: bytes, folder: Path) -> str:
    """Output of a poppler tool that wants a file."""
    path = folder / "document.pdf"
    path.write_bytes(pdf)
    return subprocess.run([name, path], capture_output=True, text=True, check=False, env={"LC_ALL": "C"}).stdout


def words(value: object, *, without: frozenset[str]) -> Iterator[str]:
    """Every string of a view's JSON but the fields named, white space removed."""
    if isinstance(value, str):
        yield re.sub(r"\s+", "", value)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            if key not in without:
                yield from words(each, without=without)
    elif isinstance(value, list):
        for each in value:
            yield from words(each, without=without)
