"""What every view has in common: JSON and back, seals, labels."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, Self, TypeVar, cast, get_args, get_origin, get_type_hints

from shared.domain.errors import Broken

SAMPLE_NOTICE = "样张：机构、公章、证书均属虚构，不具法律效力"
SAMPLE_NOTICE_PEOPLE = "样张：机构、人员、公章、证书均属虚构，不具法律效力"
"""Where people are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    def to_json(self) -> dict[str, Any]:
        """Plain dicts, lists, strings and numbers; `from_json` gives the same view back."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote. An unknown, missing or mistyped field is `Broken`: we wrote it ourselves."""
        return _read(cls, data, cls.__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealSpec(View):
    """One seal to be set, in signing order: whose key, and what stands on the imprint."""

    unit_code: str
    organ_name: str
    """Ring text and signer, in full: 瀚海市住房和城乡建设局."""
    flat_text: str
    """Under the star: 一单收费专用章."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled(View):
    """A bold label and its text: a remedy, a channel, a declaration."""

    label: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentView(View):
    """What the press asks of every document, besides its own words."""

    qr_text: str
    """What the QR code says: an address."""
    sample_notice: str = SAMPLE_NOTICE
    """Foot, and 样张 across the page; empty only in a real city's documents."""
    seals: tuple[SealSpec, ...]
    """In signing order; a document without one is not issued."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiableView(DocumentView):
    """What strangers may check by the code at its foot; bills and receipts have codes of their own."""

    verification: str = ""
    """Foot of every page: 验真码 7K4P-9QXM-2D."""


_V = TypeVar("_V")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, StrEnum) else value


def _read(cls: type[_V], data: object, where: str) -> _V:
    if not isinstance(data, Mapping):
        raise Broken(f"{where}: an object was expected, not {type(data).__name__}")
    hints = _hints(cast(Hashable, cls))
    unknown = sorted(set(data) - set(hints))
    if unknown:
        raise Broken(f"{where}: unknown fields {', '.join(map(str, unknown))}")
    values = {name: _value(hints[name], each, f"{where}.{name}") for name, each in data.items()}
    try:
        return cls(**values)
    except TypeError as missing:
        raise Broken(f"{where}: {missing}") from missing


def _value(hint: Any, value: object, where: str) -> Any:
    if get_origin(hint) is tuple:
        if not isinstance(value, list | tuple):
            raise Broken(f"{where}: a list was expected")
        return tuple(_value(get_args(hint)[0], each, f"{where}[{index}]") for index, each in enumerate(value))
    if is_dataclass(hint) and isinstance(hint, type):
        return _read(hint, value, where)
    if not isinstance(value, str):
        raise Broken(f"{where}: text was expected, not {type(value).__name__}")
    if hint is str:
        return value
    try:
        return hint(value)
    except ValueError as unknown:
        raise Broken(f"{where}: {unknown}") from unknown


@lru_cache(maxsize=128)
def _hints(cls: Hashable) -> dict[str, Any]:
    known = get_type_hints(cls)
    return {each.name: known[each.name] for each in fields(cast(Any, cls))}
