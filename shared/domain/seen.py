"""What a reviewer had before him: the facts and papers that his matters look at, and what has changed since."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from shared.domain.matters import Matter

#: {"facts": {name: value}, "papers": {material: [SHA-256, …]}}
Seen = Mapping[str, Mapping[str, Any]]


def seen_by(
    matters: Iterable[Matter], facts: Mapping[str, Any], papers: Iterable[tuple[str, str]]
) -> dict[str, dict[str, Any]]:
    """What some matters look at; `papers` are materials with their digests, in order."""
    looked_at = tuple(matters)
    names = sorted({name for matter in looked_at for name in matter.facts})
    needs = {code for matter in looked_at for code in matter.needs}
    before_them: dict[str, list[str]] = {}
    for material, digest in papers:
        if material in needs:
            before_them.setdefault(material, []).append(digest)
    return {"facts": {name: facts.get(name) for name in names}, "papers": before_them}


def digest(seen: Seen) -> str:
    """SHA-256 over what was seen, as canonical JSON."""
    plain = json.dumps(seen, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


def changed(before: Seen, now: Seen) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The facts and the materials that are no longer what they were."""

    def differing(part: str) -> tuple[str, ...]:
        was, is_now = before.get(part, {}), now.get(part, {})
        return tuple(name for name in sorted({*was, *is_now}) if was.get(name) != is_now.get(name))

    return differing("facts"), differing("papers")
