"""Which text can be kept: PostgreSQL and UTF-8 have no place for a null character or half of a surrogate pair."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from shared.domain.errors import Invalid, Problem

UNKEEPABLE = "含有无法保存的字符，请删除后重新填写"
_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")


def is_keepable(text: str) -> bool:
    """Whether a text can be stored and sent as it is."""
    return not _UNKEEPABLE.search(text)


def written(field: str, text: str, *, most: int, missing: str = "") -> str:
    """What somebody wrote in a form, without blanks around it. Raises `Invalid` beside the field if nothing is there
    where something must be (`missing` says what), if it is longer than `most` characters, or cannot be kept."""
    text = text.strip()
    if missing and not text:
        raise Invalid([Problem(field, missing)])
    if len(text) > most:
        raise Invalid([Problem(field, f"不能超过 {most} 字")])
    if not is_keepable(text):
        raise Invalid([Problem(field, UNKEEPABLE)])
    return text


def unkeepable_parts(value: object, field: str = "") -> Iterator[Problem]:
    """What of a JSON value cannot be stored, each part by its path ("facts.parties[0].name")."""
    if isinstance(value, str):
        if not is_keepable(value):
            yield Problem(field, UNKEEPABLE)
    elif isinstance(value, Mapping):
        for name, part in value.items():
            if not is_keepable(str(name)):
                yield Problem(field, UNKEEPABLE)
            else:
                yield from unkeepable_parts(part, f"{field}.{name}" if field else str(name))
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value):
            yield from unkeepable_parts(part, f"{field}[{index}]")
