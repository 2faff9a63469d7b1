"""What processes cost, read from /proc: seconds of CPU and resident memory, of whole families of processes."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class _Process:
    pid: int
    parent: int
    own_ticks: int
    ended_children_ticks: int


def cpu_seconds(roots: Iterable[int]) -> float:
    """CPU time of processes and of all that they have started, children that have ended included."""
    everybody = _everybody()
    known = {process.pid: process for process in everybody}
    ticks = sum(
        known[pid].own_ticks + known[pid].ended_children_ticks for root in roots for pid in family(root, everybody)
    )
    return ticks / _TICKS_PER_SECOND


def resident_mb(pid: int, *, peak: bool = False) -> float | None:
    """Resident memory of one process in MB (2²⁰ bytes, as ps and top count), now or at its highest; None once ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:" if peak else "VmRSS:"):
                return round(int(line.split()[1]) / 1024, 1)
    return None


def family(root: int, everybody: Iterable[_Process] | None = None) -> list[int]:
    """A process and all its descendants that are alive."""
    children: dict[int, list[int]] = {}
    alive = set()
    for process in _everybody() if everybody is None else everybody:
        alive.add(process.pid)
        children.setdefault(process.parent, []).append(process.pid)
    found, waiting = [], [root] if root in alive else []
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return found


def _everybody() -> list[_Process]:
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        with suppress(OSError):  # it has ended meanwhile
            # The name in parentheses may hold anything, so one counts from its end (proc_pid_stat(5)).
            fields = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            own, ended = (int(fields[at]) + int(fields[at + 1]) for at in (11, 13))
            found.append(_Process(int(folder.name), int(fields[1]), own, ended))
    return found
