"""The race from submitted applications to their bills: every contestant in turn, several times, on fresh copies."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Literal

import psycopg

from bench import peers, proc
from bench.ground import Arena, Case, Ground
from bench.processes import Command, end, running
from shared.settings import ROOT

#: Nobody is waited for longer than this, seconds; what is missing then is lost work.
PATIENCE_S = 600.0
LOOK_EVERY_S = 0.01


@dataclass(frozen=True, slots=True)
class Size:
    """What works on the receiving side, the same for everybody who has one."""

    processes: int
    threads: int


@dataclass(frozen=True, slots=True)
class Contestant:
    """Who runs: the module of its sender and the commands of its workers."""

    name: str
    title: str
    sender: str
    workers: Callable[[Size], Sequence[Command]]
    needs_packages: bool = False

    def interpreter(self) -> str:
        """The Python that its sender runs in."""
        return str(peers.python()) if self.needs_packages else sys.executable


@dataclass(slots=True)
class Result:
    """A contestant's runs in which everything was right, in seconds, and what was wrong in the others.

    The processor's seconds are those of workers, sender, relay and engines together: they still say something on a
    machine that others keep busy.
    """

    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def _ours(size: Size) -> Sequence[Command]:
    consumers = (
        "env", f"WORKER_PROCESSES={size.processes}", f"WORKER_THREADS={size.threads}",
        sys.executable, "-m", "console.consumers", "cases",
    )  # fmt: skip
    return (Command("worker", consumers), Command("relay", (sys.executable, "-m", "workers.relay")))


def _celery(size: Size) -> Sequence[Command]:
    argv = (
        str(peers.python()), "-m", "celery", "-A", "bench.contestants.celery_tasks", "worker", "--loglevel", "WARNING",
        "--concurrency", str(size.processes * size.threads),
        "--without-gossip", "--without-mingle", "--without-heartbeat",
    )  # fmt: skip
    return (Command("worker", argv),)


def _dramatiq(size: Size) -> Sequence[Command]:
    argv = (
        sys.executable, "-m", "dramatiq", "bench.contestants.dramatiq_actors",
        "--processes", str(size.processes), "--threads", str(size.threads),
    )  # fmt: skip
    return (Command("worker", argv),)


OURS = Contestant("yidan", "Yidan: outbox, relay, batches", "bench.contestants.outbox", _ours)
CONTESTANTS = (
    OURS,
    Contestant(
        "celery_chord",
        "Celery: a chord per application",
        "bench.contestants.celery_chord",
        _celery,
        needs_packages=True,
    ),
    Contestant("dramatiq_single", "dramatiq: a message per line", "bench.contestants.dramatiq_single", _dramatiq),
    Contestant("no_queue", "no queue: the same SQL in one process", "bench.contestants.no_queue", lambda _size: ()),
)


def run(
    ground: Ground, *, size: Size, repetitions: int, contestants: Sequence[Contestant] = CONTESTANTS
) -> dict[str, Result]:
    """Everybody once, then everybody again in another order: a slow minute of the machine hits all alike."""
    results = {contestant.name: Result() for contestant in contestants}
    for repetition in range(repetitions):
        turn = repetition % len(contestants)
        for contestant in (*contestants[turn:], *contestants[:turn]):
            with ground.arena(f"bench_{contestant.name}_{repetition}") as arena:
                seconds, cpu_seconds, wrong = run_once(
                    contestant, arena, size, log_dir=ground.var_dir / "log" / arena.name
                )
            print(f"{arena.name}: {seconds:.2f} s, {cpu_seconds:.2f} s of CPU {wrong}", file=sys.stderr, flush=True)
            if wrong:
                results[contestant.name].wrong.append(wrong)
            else:
                results[contestant.name].seconds.append(round(seconds, 3))
                results[contestant.name].cpu_seconds.append(round(cpu_seconds, 3))
    return results


def run_once(contestant: Contestant, arena: Arena, size: Size, *, log_dir: Path) -> tuple[float, float, str]:
    """Seconds from the word "go" to the last bill, the processor's, and what is wrong (empty when all is right)."""
    with (
        psycopg.connect(arena.database_url, autocommit=True) as judge,
        running(contestant.workers(size), environment=arena.environment, log_dir=log_dir) as workers,
        _sender(contestant, arena, log_dir) as sender,
    ):
        billed = 0
        for cases in arena.warm_ups:
            billed += len(cases)
            _hand_over(sender, cases)
            _wait(judge, billed)
        families = (sender.pid, *(worker.pid for worker in workers.values()), *arena.engine_pids)
        used = proc.cpu_seconds(families)
        start = _hand_over(sender, arena.cases)
        finished = _wait(judge, billed + len(arena.cases))
        return finished - start, proc.cpu_seconds(families) - used, _judge(judge, arena)


def ratios(results: Mapping[str, Result], *, of: Literal["seconds", "cpu_seconds"] = "seconds") -> dict[str, float]:
    """How many times as many seconds each other contestant took: the median over the runs that stood side by side."""
    if OURS.name not in results:
        return {}
    ours = getattr(results[OURS.name], of)
    return {
        name: round(median(theirs / own for own, theirs in zip(ours, getattr(result, of), strict=True)), 3)
        for name, result in results.items()
        if name != OURS.name and ours
    }


@contextmanager
def _sender(contestant: Contestant, arena: Arena, log_dir: Path) -> Iterator[subprocess.Popen[Any]]:
    log_dir.mkdir(parents=True, exist_ok=True)
    with (log_dir / "sender.log").open("ab") as log:
        process = subprocess.Popen(
            [contestant.interpreter(), "-m", contestant.sender],
            cwd=ROOT,
            env=dict(arena.environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            end(process)
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()


def _hand_over(sender: subprocess.Popen[Any], cases: Sequence[Case]) -> float:
    """Give the sender its cases and, once it has read them, the word; gives the moment of the word."""
    assert sender.stdin is not None
    assert sender.stdout is not None
    sender.stdin.write(json.dumps([(case.application_id, case.lines) for case in cases]) + "\n")
    sender.stdin.flush()
    _expect(sender, "ready")
    start = time.perf_counter()
    sender.stdin.write("go\n")
    sender.stdin.flush()
    return start


def _expect(sender: subprocess.Popen[Any], word: str) -> None:
    assert sender.stdout is not None
    for line in sender.stdout:
        if line.strip() == word:
            return
    raise RuntimeError(f"the sender ended before it was {word}: see its log")


def _wait(judge: psycopg.Connection[Any], count: int) -> float:
    """The moment at which `count` applications had their bills, or at which patience ended."""
    ends_at = time.perf_counter() + PATIENCE_S
    while time.perf_counter() < ends_at:
        row = judge.execute("select count(*) from bill where payer = 'developer'").fetchone()
        if row is not None and row[0] >= count:
            break
        time.sleep(LOOK_EVERY_S)
    return time.perf_counter()


def _judge(judge: psycopg.Connection[Any], arena: Arena) -> str:
    """What is wrong: an application without its bill, with two, or with another sum than the tariff says."""
    billed = {
        str(application_id): (int(bills), int(total_fen), int(lines_fen))
        for application_id, bills, total_fen, lines_fen in judge.execute(
            "select b.application_id, count(*), sum(b.total_fen), "
            "sum((select sum(due_fen) from bill_line l where l.bill_id = b.id)) from bill b group by 1"
        )
    }
    missing = [each for each in arena.expected_fen if each not in billed]
    differing = [
        each
        for each, (bills, total_fen, lines_fen) in billed.items()
        if (bills, total_fen, lines_fen) != (1, arena.expected_fen[each], arena.expected_fen[each])
    ]
    if missing or differing:
        return (
            f"{len(missing)} of {len(arena.expected_fen)} applications without a bill, {len(differing)} billed wrongly"
        )
    return ""
