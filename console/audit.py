"""`yidan audit`: every invariant of the office, checked from its rows and bytes; exit 1 if one is broken."""

from __future__ import annotations

import hashlib
import json
import logging
import sys
from dataclasses import asdict

from cryptography.hazmat.primitives.serialization import Encoding

from services.audit import Finding, audit
from services.sitting import signer
from shared.db.engine import make_engine, unit_of_work
from shared.documents.verify import verify
from shared.engines.postgres import EmbeddedPostgres
from shared.settings import Settings, settings
from shared.signing import load_ca
from shared.storage import Storage


def find(config: Settings, *, proven: frozenset[str] = frozenset()) -> list[Finding]:
    """Every invariant over all tenants, as the owner sees the rows; changes nothing.

    `proven` are SHA-256 digests of documents whose signatures were verified a moment ago; their bytes are read again.
    """
    root = load_ca(config.keys_dir).public_bytes(Encoding.PEM)
    # pyHanko explains broken files on its own logger; the finding says it once.
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)

    def judge(pdf: bytes) -> list[str]:
        if hashlib.sha256(pdf).hexdigest() in proven:
            return []
        verdict = verify(pdf, root)
        return [] if verdict.ok else list(verdict.problems) or ["有签章不完整"]

    owner = make_engine(config.database_url, as_app=False, pool_size=1)
    try:
        with unit_of_work(on=owner) as session:
            return audit(session, signer=signer(), storage=Storage(config.storage_dir), judge_pdf=judge)
    finally:
        owner.dispose()


def run() -> int:
    """Print every invariant with what it covers and what breaks it. 0: all hold; 1: one is broken."""
    config = settings()
    if config.database_url:
        findings = find(config)
    else:
        with EmbeddedPostgres(config.var_dir) as server:
            findings = find(config.model_copy(update={"database_url": server.url}))
    is_sound = not any(finding.broken for finding in findings)
    answer = {"ok": is_sound, "invariants": [asdict(finding) for finding in findings]}
    sys.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2) + "\n")
    return 0 if is_sound else 1
