"""The bank's own half of the signature: written from `docs/channel.md`, not from Yidan's code.

Two independent hands must arrive at the same 64 digits; the tests hold them against each other.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from hashlib import sha256

_SECRET_BYTES_MIN = 16


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the channel; the secret stays out of `repr`."""

    name: str
    secret: bytes = field(repr=False)


def read_keys(text: str) -> tuple[Key, ...]:
    """Keys as `name:hex`, separated by commas, newest first; raises `ValueError` in Chinese, without the secrets."""
    keys: list[Key] = []
    for each in text.split(","):
        name, _, digits = each.strip().partition(":")
        try:
            secret = bytes.fromhex(digits)
        except ValueError:
            secret = b""
        if not name or len(secret) < _SECRET_BYTES_MIN:
            raise ValueError(f"应为“编号:十六进制密钥”，以逗号分隔，新的在前，每个不短于 {_SECRET_BYTES_MIN} 字节")
        keys.append(Key(name, secret))
    return tuple(keys)


def headers(key: Key, *, method: str, path: str, body: bytes, timestamp: int) -> dict[str, str]:
    """The three headers of one request; `timestamp` in Unix seconds of the real clock."""
    mac = hmac.new(key.secret, digestmod=sha256)
    for part in (str(timestamp), method, path):
        mac.update(part.encode("ascii"))
        mac.update(b".")
    mac.update(body)
    return {
        "X-Bank-Key-Id": key.name,
        "X-Bank-Timestamp": str(timestamp),
        "X-Bank-Signature": mac.hexdigest(),
    }
