"""Settings of the bank from the environment; what is wrong is named by its variable."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from sandbank.signing import Key, read_keys

_ROOT = Path(__file__).resolve().parent.parent
_PERCENT_MAX = 100


class SettingsRefused(Exception):
    """The bank cannot start like this; the text names the variable and what it should hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where the bank keeps its book, whom it reports to, and how badly it behaves."""

    folder: Path
    merchant_url: str
    keys: tuple[Key, ...]
    secret_key: bytes = field(repr=False)
    public_url: str = ""
    own_hosts: tuple[str, ...] = ()
    duplicate_percent: int = 0
    delay_s: float = 0
    retry_max_s: float = 10
    timeout_s: float = 5

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read VAR_DIR, MERCHANT_URL, CALLBACK_KEYS, PUBLIC_URL, SANDBANK_URL and the SANDBANK_ knobs.

        Creates the bank's folder and, the first time, the key of its cookies (mode 0600).
        Raises `SettingsRefused`.
        """
        merchant_url = environment.get("MERCHANT_URL", "http://127.0.0.1:8000").rstrip("/")
        if urlsplit(merchant_url).scheme not in {"http", "https"} or not urlsplit(merchant_url).hostname:
            raise SettingsRefused("MERCHANT_URL 应为一单的网址，如 http://127.0.0.1:8000")
        try:
            keys = read_keys(environment.get("CALLBACK_KEYS", ""))
        except ValueError as error:
            raise SettingsRefused(f"CALLBACK_KEYS {error}") from error
        duplicate_percent = int(_number(environment, "SANDBANK_DUPLICATE_PERCENT", default=0))
        if duplicate_percent > _PERCENT_MAX:
            raise SettingsRefused("SANDBANK_DUPLICATE_PERCENT 应为 0 至 100")
        folder = Path(environment.get("VAR_DIR", _ROOT / "var")) / "sandbank"
        folder.mkdir(parents=True, exist_ok=True)
        own_host = urlsplit(environment.get("SANDBANK_URL", "")).hostname
        return cls(
            folder=folder,
            merchant_url=merchant_url,
            keys=keys,
            secret_key=_cookie_key(folder / "secret_key"),
            public_url=environment.get("PUBLIC_URL", "").rstrip("/"),
            own_hosts=(own_host,) if own_host else (),
            duplicate_percent=duplicate_percent,
            delay_s=_number(environment, "SANDBANK_DELAY_SECONDS", default=0),
            retry_max_s=_number(environment, "SANDBANK_RETRY_MAX_SECONDS", default=10),
            timeout_s=_number(environment, "SANDBANK_TIMEOUT_SECONDS", default=5),
        )


def _number(environment: Mapping[str, str], name: str, *, default: float) -> float:
    text = environment.get(name, "")
    try:
        number = float(text) if text else default
    except ValueError:
        number = -1
    # Written this way round, because NaN is neither above nor below zero.
    if not 0 <= number < float("inf"):
        raise SettingsRefused(f"{name} 应为不小于 0 的数")
    return number


def _cookie_key(path: Path) -> bytes:
    """The key in `path`, made if there is none; two processes that start together end with one key."""
    try:
        descriptor = os.open(path.with_suffix(f".{os.getpid()}"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(32))
        os.link(path.with_suffix(f".{os.getpid()}"), path)
    except FileExistsError:
        pass
    finally:
        path.with_suffix(f".{os.getpid()}").unlink(missing_ok=True)
    return path.read_bytes()
