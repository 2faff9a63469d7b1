"""`yidan verify FILE.pdf`: check a sealed document offline, with nothing but the file and the root certificate."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from shared.documents.verify import verify
from shared.settings import settings
from shared.signing import load_ca


def run(file: Path, *, ca: Path | None = None) -> int:
    """Print the verdict as JSON. 0: everything holds; 1: it does not; 2: the file cannot be opened.

    `ca` is the root certificate to trust (PEM); by default the one made at set-up. Raises `Unavailable` where
    there is none.
    """
    try:
        pdf = file.read_bytes()
    except OSError as unreadable:
        _print([{"field": "FILE", "problem": f"文件无法打开：{unreadable.strerror}"}])
        return 2
    # pyHanko explains broken files on its own logger; the verdict says it once, in the reader's language.
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    root = ca.read_bytes() if ca is not None else load_ca(settings().keys_dir).public_bytes(Encoding.PEM)
    verdict = verify(pdf, root)
    _print({"file": file.name, **verdict.to_json()})
    return 0 if verdict.ok else 1


def _print(answer: object) -> None:
    sys.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2) + "\n")
