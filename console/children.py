"""Child processes kept alive: started in order, watched, restarted with a growing pause, ended entrance first.

One thread does all of it, because the kernel ends a child when the thread that started it ends: whatever happens to
this process, nothing is left behind.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol

from shared.domain.errors import Unavailable
from shared.engines import process

LOOK_EVERY_SECONDS = 0.1
READY_SECONDS = 90.0  # the first start compiles every module, on a machine that may be small
PAUSE_FIRST_SECONDS, PAUSE_MAX_SECONDS = 0.5, 30.0
LONG_LIFE_SECONDS = 60.0  # a child that lived this long starts again with the first pause
SIGN_OF_LIFE_SECONDS = 1.0
ORPHANS_SECONDS = 2.0  # a killed process stays listed until its parent, maybe a lazy init, has collected it
EARLY_DEATHS_MAX = 3  # before it was ever ready: it cannot start, rather than was killed
LOG_BYTES_MAX = 16 * 1024 * 1024  # a log longer than this is put aside as .1 at the next start
PREFIX_COLOURS = (36, 33, 32, 35, 34, 31)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSpec:
    """One process of the stack: how it starts and how one knows that it is ready."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)  # on top of this process's own
    # Ready when this answers 200, or when it has logged this text; with neither, when it has lived for a second.
    ready_url: str = ""
    ready_text: str = ""
    stop_seconds: float = 20.0  # from SIGTERM to SIGKILL


class Engine(Protocol):
    """A server that the children need; started by whoever made it, and again by the keeper when it was killed."""

    @property
    def is_dead(self) -> bool:
        """Whether it was started and is gone."""

    def start(self) -> str:
        """Start it at the same address."""


class Children:
    """The processes of `specs`, running between `start` and `stop`."""

    def __init__(
        self,
        specs: Sequence[ChildSpec],
        *,
        log_dir: Path,
        folder: Path,
        engines: Sequence[Engine] = (),
        echo: bool = False,
    ) -> None:
        """Logs go to `log_dir`/NAME.log and, with `echo`, prefixed to standard output; children run in `folder`."""
        self._engines = engines
        self._children = [_Child(spec, log_dir / f"{spec.name}.log", folder) for spec in specs]
        self._echo = echo
        self._is_ending = threading.Event()
        self._is_ready = threading.Event()
        self._is_over = threading.Event()
        self._failure = "the keeping of the processes failed"  # until they are ready
        self._next_revival_at = 0.0
        self._thread = threading.Thread(target=self._keep, name="children", daemon=True)

    def start(self) -> None:
        """Return when every child is ready. Raises Unavailable, with the end of its log, when one cannot start."""
        self._thread.start()
        try:
            self._is_ready.wait()
        except BaseException:
            self.stop()
            raise
        if self._failure:
            self.wait()
            raise Unavailable(self._failure)

    def stop(self) -> None:
        """End every child, the last one before all others, and return when none is left."""
        self._is_ending.set()
        if self._thread.ident is not None:
            self.wait()

    def wait(self) -> None:
        """Return when the children were ended, by `stop` or because keeping them failed."""
        # Not `join`: one that a signal interrupts takes the thread for ended ever after.
        self._is_over.wait()

    def pids(self) -> dict[str, int]:
        """The process ids by name, as they are now; a restarted child has a new one."""
        return {child.spec.name: child.pid for child in self._children if child.pid}

    def _keep(self) -> None:
        ends_at = time.monotonic() + READY_SECONDS
        try:
            for child in self._children:
                child.start()
            while not self._is_ending.wait(LOOK_EVERY_SECONDS):
                self._revive_engines()
                for child in self._children:
                    self._show(child)
                    child.look()
                if self._is_ready.is_set():
                    continue
                if all(child.is_ready for child in self._children):
                    self._failure = ""
                    self._is_ready.set()
                elif failure := self._cannot_start(ends_at):
                    self._failure = failure
                    break
        except OSError as error:
            self._failure = f"cannot start a process: {error}"
        finally:
            # The last one, the entrance, is closed first; the others then finish what they have in hand side by side.
            *others, entrance = self._children
            try:
                self._end([entrance])
                self._end(others[::-1])
            finally:
                self._is_ready.set()
                self._is_over.set()

    def _end(self, children: Sequence[_Child]) -> None:
        for child in children:
            child.ask_to_end()
        for child in children:
            child.end()
            self._show(child)
            child.close_log()

    def _revive_engines(self) -> None:
        if time.monotonic() < self._next_revival_at:
            return
        for engine in self._engines:
            if engine.is_dead:
                log.warning("%s died, starting it again", type(engine).__name__)
                try:
                    engine.start()
                except Unavailable as reason:
                    log.error("%s", reason)
                    self._next_revival_at = time.monotonic() + PAUSE_MAX_SECONDS

    def _cannot_start(self, ends_at: float) -> str:
        for child in self._children:
            if child.early_deaths >= EARLY_DEATHS_MAX:
                return f"{child.spec.name} does not start, see {child.log}:\n{process.tail(child.log)}"
        late = [child for child in self._children if not child.is_ready]
        if time.monotonic() < ends_at:
            return ""
        return f"not ready within {READY_SECONDS:.0f} s: " + "; ".join(
            f"{child.spec.name}, see {child.log}:\n{process.tail(child.log)}" for child in late
        )

    def _show(self, child: _Child) -> None:
        lines = child.new_lines()
        if not self._echo:
            return
        name = f"{child.spec.name:<10}|"
        if sys.stdout.isatty():
            colour = PREFIX_COLOURS[self._children.index(child) % len(PREFIX_COLOURS)]
            name = f"\x1b[{colour}m{name}\x1b[0m"
        for line in lines:
            print(name, line, flush=True)


class _Child:
    """One child over its lives; touched by the keeping thread only."""

    def __init__(self, spec: ChildSpec, log_file: Path, folder: Path) -> None:
        self.spec = spec
        self.log = log_file
        self.is_ready = False
        self.was_ready = False
        self.early_deaths = 0
        self.pid: int | None = None
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: BinaryIO | None = None
        self._rest = b""
        self._started_at = 0.0
        self._said_ready = False
        self._start_again_at = 0.0
        self._pause = PAUSE_FIRST_SECONDS

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self._reader is None:
            if self.log.exists() and self.log.stat().st_size > LOG_BYTES_MAX:
                self.log.replace(self.log.with_suffix(".log.1"))
            self.log.touch(mode=0o600)
            self._reader = self.log.open("rb")
            self._reader.seek(0, os.SEEK_END)
        # The child writes to the file itself, so it never waits for a terminal, nor for this process.
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                process.command_as("same", self.spec.argv, dies_by=signal.SIGTERM),
                cwd=self._folder,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **self.spec.env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # the terminal's Ctrl-C is for the keeper; and its group ends as one
            )
        self.pid = self._process.pid
        self._started_at = time.monotonic()
        self._said_ready = False

    def look(self) -> None:
        """Notice death, start again when the pause is over, and ask whether it is ready."""
        if self._process is None:
            if time.monotonic() >= self._start_again_at:
                self.start()
            return
        if (code := self._process.poll()) is not None:
            self._bury(code)
        elif not self.is_ready:
            self.is_ready = self._seems_ready()
            self.was_ready = self.was_ready or self.is_ready

    def ask_to_end(self) -> None:
        """Ask once: dramatiq takes a second SIGTERM for "at once"."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.terminate()

    def end(self) -> None:
        """Wait for a child that was asked, as long as its patience lasts; then kill it, and its group in any case."""
        if self._process is not None:
            try:
                self._process.wait(timeout=self.spec.stop_seconds)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            _end_group(self._process.pid)
        self._process = self.pid = None
        self.is_ready = False

    def new_lines(self) -> list[str]:
        """What was written to the log since the last call, whole lines only."""
        if self._reader is None:
            return []
        *lines, self._rest = (self._rest + self._reader.read()).split(b"\n")
        if self._process is None and self._rest:
            lines, self._rest = [*lines, self._rest], b""
        texts = [line.decode("utf-8", errors="replace") for line in lines]
        if self.spec.ready_text and any(self.spec.ready_text in text for text in texts):
            self._said_ready = True
        return texts

    def close_log(self) -> None:
        if self._reader is not None:
            self._reader.close()
        self._reader = None

    def _seems_ready(self) -> bool:
        if self.spec.ready_url:
            return _answers(self.spec.ready_url)
        if self.spec.ready_text:
            return self._said_ready
        return time.monotonic() - self._started_at >= SIGN_OF_LIFE_SECONDS

    def _bury(self, code: int) -> None:
        assert self._process is not None  # noqa: S101 - only called with one
        lived = time.monotonic() - self._started_at
        # A killed master leaves its workers behind; two masters' workers must not run side by side.
        _end_group(self._process.pid)
        if not self.was_ready:
            self.early_deaths += 1
        if lived > LONG_LIFE_SECONDS:
            self._pause = PAUSE_FIRST_SECONDS
        log.warning("%s died (exit %s) after %.1f s, again in %.1f s", self.spec.name, code, lived, self._pause)
        self._start_again_at = time.monotonic() + self._pause
        self._pause = min(self._pause * 2, PAUSE_MAX_SECONDS)
        self._process = self.pid = None
        self.is_ready = False


def _end_group(group: int) -> None:
    """Kill what is left of the process group of a child that has been collected."""
    ends_at = time.monotonic() + ORPHANS_SECONDS
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
        while time.monotonic() < ends_at:
            os.killpg(group, 0)
            time.sleep(0.005)


# Children answer on this machine: a proxy of the environment must not be asked.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _answers(url: str) -> bool:
    with suppress(urllib.error.URLError, OSError, ValueError), _OPENER.open(url, timeout=2) as answer:
        return bool(answer.status == 200)
    return False
