"""Child processes of a run: started in a session of their own, ended with everything that they have started."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.settings import ROOT


@dataclass(frozen=True, slots=True)
class Command:
    """A process to start."""

    name: str
    argv: tuple[str, ...]


@contextmanager
def running(
    commands: Sequence[Command], *, environment: Mapping[str, str], log_dir: Path
) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """The processes by name, writing to `log_dir`; all gone at the end of the block."""
    log_dir.mkdir(parents=True, exist_ok=True)
    with ExitStack() as closing:
        started = {}
        for command in commands:
            log = closing.enter_context((log_dir / f"{command.name}.log").open("ab"))
            process = subprocess.Popen(
                command.argv,
                cwd=ROOT,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            closing.callback(end, process)
            started[command.name] = process
        yield started


def end(process: subprocess.Popen[Any]) -> None:
    """End it with everything in its session; what it worked on is thrown away, so nobody has to finish."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
