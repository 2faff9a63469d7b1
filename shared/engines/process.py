"""One server process that belongs to us: started once, found again by a second starter, ended without a trace.

The lock is the truth about "does it run": the server inherits the locked file, so the lock is free exactly when the
last process of the server is gone, whatever a pid file left by a crash may say.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from shared.domain.errors import Unavailable
from shared.engines import launch

START_SECONDS = 60.0  # crash recovery of a large database included
SOCKET_PATH_BYTES_MAX = 107  # sockaddr_un.sun_path without its closing zero
LOG_TAIL_LINES = 8


def take_lock(folder: Path) -> int | None:
    """An open, locked file that says "the server in this folder is mine"; None when somebody else's runs."""
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def wait_until_free(folder: Path, *, seconds: float) -> bool:
    """Whether every process that held the folder's lock was gone within `seconds`."""
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        if (lock := take_lock(folder)) is not None:
            os.close(lock)
            return True
        time.sleep(0.01)
    return False


def own_or_find(folder: Path, find: Callable[[], str | None]) -> int | str:
    """The lock of a server to be started, or the URL of the one that runs.

    Between the two lies a server that is starting, or one that was killed and whose children are still going:
    both are waited for.
    """
    ends_at = time.monotonic() + START_SECONDS
    while time.monotonic() < ends_at:
        if (lock := take_lock(folder)) is not None:
            return lock
        if (url := find()) is not None:
            return url
        time.sleep(0.02)
    raise Unavailable(f"another process holds {folder}/lock, but no server answers there")


def private_folder(path: Path, *, uid: int | None = None, gid: int | None = None) -> Path:
    """`path` as a folder that only its owner may enter; refuses one that belongs to somebody else."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    owner = os.geteuid() if uid is None else uid
    status = path.lstat()
    if status.st_uid != owner and os.geteuid() == 0 and not any(path.iterdir()):
        os.chown(path, owner, owner if gid is None else gid)
        status = path.lstat()
    if status.st_uid != owner or path.is_symlink():
        raise Unavailable(f"{path} belongs to another user (uid {status.st_uid}): run as that user, or remove it")
    path.chmod(0o700)
    return path


def socket_folder(folder: Path, socket_name: str, *, uid: int | None = None, gid: int | None = None) -> Path:
    """Where the socket goes: `folder`, or a private folder of a short name when the path would be too long."""
    if _fits(folder, socket_name):
        return folder
    name = "yidan-" + hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    places = (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - a private folder is made in it
    place = next(place for place in places if _fits(place / name, socket_name))
    return private_folder(place / name, uid=uid, gid=gid)


def _fits(folder: Path, socket_name: str) -> bool:
    return len(os.fsencode(folder / socket_name)) <= SOCKET_PATH_BYTES_MAX


def command_as(user: str, command: Sequence[str | Path], *, dies_by: signal.Signals) -> list[str]:
    """The command line that runs `command` as `user` (see `launch`) and ends it when this thread ends."""
    return [
        sys.executable, "-I", "-S", str(Path(launch.__file__).resolve()),
        user, str(os.getpid()), str(int(dies_by)), *(str(part) for part in command),
    ]  # fmt: skip


def begin(
    command: Sequence[str | Path],
    *,
    user: str,
    lock: int,
    log: Path,
    dies_by: signal.Signals,
    env: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a server that holds `lock`, away from the terminal's Ctrl-C, writing to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            command_as(user, command, dies_by=dies_by),
            cwd="/",  # the current folder may be closed to the user that the server becomes
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(os.environ if env is None else env),
            pass_fds=(lock,),
            start_new_session=True,
        )


def wait_until_ready(process: subprocess.Popen[bytes], is_ready: Callable[[], bool], *, name: str, log: Path) -> None:
    """Return when `is_ready`; raises Unavailable with the end of the log when the server gives up or takes too long."""
    ends_at = time.monotonic() + START_SECONDS
    while not is_ready():
        if process.poll() is not None:
            raise Unavailable(f"{name} did not start (exit {process.returncode}), see {log}:\n{tail(log)}")
        if time.monotonic() > ends_at:
            raise Unavailable(f"{name} was not ready within {START_SECONDS:.0f} s, see {log}:\n{tail(log)}")
        time.sleep(0.005)


def end(process: subprocess.Popen[bytes], steps: Sequence[tuple[signal.Signals, float]]) -> None:
    """End the server: each signal in turn with its patience in seconds, then the kill that nobody can refuse."""
    for number, patience in steps:
        with suppress(ProcessLookupError):
            process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=patience)
            return
    process.kill()
    process.wait()


def tail(log: Path) -> str:
    """The last lines of a log, for an error message."""
    with suppress(OSError):
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_TAIL_LINES:])
    return ""
