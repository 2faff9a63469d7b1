"""Figures as they stand in bench/results.json and as a table; every target stands beside what was measured."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import race as racing
from bench.latency import percentile
from bench.peers import FOLDER
from shared.settings import ROOT

#: From the issue: how many times as fast as each other contestant we want to be.
WANTED_TIMES = {"celery_chord": 8.0, "dramatiq_single": 5.0, "no_queue": 0.35}
WANTED_LATENCY_P50_MS = 300.0
WANTED_RECEIPT_MS = 400.0
WANTED_PAGE_P95_MS = 200.0
WANTED_DOCUMENTS_MB, WANTED_OTHERS_MB = 160.0, 110.0

Figures = dict[str, Any]


def begin(size: racing.Size, *, is_quick: bool) -> Figures:
    """What the figures are worth: the machine, its load before we began, the versions, the sizes."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "is_quick": is_quick,
        "commit": _commit(),
        "machine": {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1_000_000,
            "system": platform.platform(),
            "python": platform.python_version(),
            "load_before": [round(each, 2) for each in os.getloadavg()],
        },
        "versions": {name: metadata.version(name) for name in ("dramatiq", "sqlalchemy", "psycopg", "weasyprint")}
        | {"celery": _celery_version()},
        "workers": {"processes": size.processes, "threads": size.threads},
        "engines": "embedded PostgreSQL and Valkey with their durable defaults (fsync and synchronous_commit on)",
    }


def intake(taken_ms: Sequence[float]) -> Figures:
    """Submissions one after the other in one process; before the race's clock starts, the same for everybody."""
    if not taken_ms:
        return {}
    return {
        "applications": len(taken_ms),
        "p50_ms": round(median(taken_ms), 1),
        "p95_ms": percentile([round(each, 1) for each in taken_ms], 95),
    }


def race(results: Mapping[str, racing.Result], *, applications: int, repetitions: int) -> Figures:
    """Raw runs, medians and ratios; a contestant that lost work has no time."""
    titles = {contestant.name: contestant.title for contestant in racing.CONTESTANTS}
    contestants = {}
    for name, result in results.items():
        is_timed = bool(result.seconds) and not result.wrong
        contestants[name] = {
            "title": titles[name],
            "seconds": result.seconds,
            "cpu_seconds": result.cpu_seconds,
            "median_seconds": round(median(result.seconds), 3) if is_timed else None,
            "applications_per_second": round(applications / median(result.seconds), 1) if is_timed else None,
            "cpu_ms_per_application": (
                round(median(result.cpu_seconds) / applications * 1000, 2) if is_timed else None
            ),
            "wrong": result.wrong,
        }
    times = racing.ratios({name: result for name, result in results.items() if not result.wrong})
    cpu_times = racing.ratios({name: result for name, result in results.items() if not result.wrong}, of="cpu_seconds")
    return {
        "applications": applications,
        "lines": applications * 7,
        "repetitions": repetitions,
        "contestants": contestants,
        "ratios": {
            name: {
                "times_as_fast": times.get(name),
                "cpu_times_as_cheap": cpu_times.get(name),
                "wanted": wanted,
                "is_met": name in times and times[name] >= wanted,
            }
            for name, wanted in WANTED_TIMES.items()
        },
    }


def latency(waited_ms: Sequence[float]) -> Figures:
    """From the call of submit to the bill's row, one at a time."""
    p50 = percentile(waited_ms, 50)
    return {
        "ms": list(waited_ms),
        "p50_ms": p50,
        "p95_ms": percentile(waited_ms, 95),
        "wanted_p50_ms": WANTED_LATENCY_P50_MS,
        "is_met": p50 <= WANTED_LATENCY_P50_MS,
    }


def receipt(measured: Mapping[str, Any]) -> Figures:
    """Receipts with all seals, one after the other in a warm process."""
    p50 = round(median(measured["ms"]), 1)
    return dict(measured) | {
        "p50_ms": p50,
        "p50_cpu_ms": round(median(measured["cpu_ms"]), 1),
        "wanted_ms": WANTED_RECEIPT_MS,
        "is_met": p50 <= WANTED_RECEIPT_MS,
    }


def memory(peaks_mb: Mapping[str, float]) -> Figures:
    """The largest process of each part of the office, at its highest."""
    return {
        name: {
            "peak_mb": peak_mb,
            "wanted_mb": (wanted := WANTED_DOCUMENTS_MB if name == "documents" else WANTED_OTHERS_MB),
            "is_met": peak_mb < wanted,
        }
        for name, peak_mb in peaks_mb.items()
    }


def desk(measured: Mapping[str, Any]) -> Figures:
    """A desk's pages, one after the other, with all those tasks open."""
    return {
        "open_tasks": measured["open_tasks"],
        "pages": {
            name: {
                "p50_ms": percentile(taken_ms, 50),
                "p95_ms": (p95 := percentile(taken_ms, 95)),
                "wanted_p95_ms": WANTED_PAGE_P95_MS,
                "is_met": p95 <= WANTED_PAGE_P95_MS,
            }
            for name, taken_ms in measured["ms"].items()
        },
    }


def is_work_lost(figures: Figures) -> bool:
    """Whether a contestant's outcome was wrong."""
    return any(each["wrong"] for each in figures.get("race", {}).get("contestants", {}).values())


def show(figures: Figures) -> None:
    """The tables, for people."""
    console = Console()
    console = Console(width=max(console.width, 120))  # a narrow terminal would cut the titles to pieces
    machine = figures["machine"]
    console.print(
        f"{machine['cores']} × {machine['processor']}, load before {machine['load_before'][0]}, "
        f"Python {machine['python']}; every contestant's workers: {figures['workers']['processes']} processes × "
        f"{figures['workers']['threads']} threads"
    )
    if figures["is_quick"]:
        console.print("[yellow]--quick: this shows that everything works, and nothing about speed[/]")
    if "race" in figures:
        _show_race(console, figures["race"])
    table = Table("measured", "figure", "wanted", "", title="the rest")
    if figures["intake"]:
        table.add_row("submission (one transaction), p50 / p95", _two_ms(figures["intake"]), "", "")
    if "latency" in figures:
        part = figures["latency"]
        table.add_row(
            "idle: submit → bill, p50 / p95", _two_ms(part), f"p50 ≤ {part['wanted_p50_ms']:.0f} ms", _met(part)
        )
    if "receipt" in figures:
        part = figures["receipt"]
        said = f"{part['p50_ms']} ms ({part['p50_cpu_ms']} ms of CPU)"
        table.add_row(f"receipt with {part['seals']} seals", said, f"≤ {part['wanted_ms']:.0f} ms", _met(part))
    for name, part in figures.get("memory", {}).items():
        table.add_row(f"memory: {name}", f"{part['peak_mb']} MB", f"< {part['wanted_mb']:.0f} MB", _met(part))
    for name, part in figures.get("desk", {}).get("pages", {}).items():
        title = f"{name}, {figures['desk']['open_tasks']:,} open tasks, p50 / p95"
        table.add_row(title, _two_ms(part), f"p95 ≤ {part['wanted_p95_ms']:.0f} ms", _met(part))
    if table.row_count:
        console.print(table)


def _show_race(console: Console, part: Figures) -> None:
    table = Table(
        "contestant", "median s", "applications/s", "CPU ms each", "we are", "by CPU", "wanted", "",
        title=f"{part['applications']:,} applications from their submission to their bills, median of "
        f"{part['repetitions']}",
    )  # fmt: skip
    for name, each in part["contestants"].items():
        if each["wrong"]:
            table.add_row(each["title"], "[red]not timed: " + "; ".join(each["wrong"]) + "[/]")
            continue
        row = [
            each["title"],
            f"{each['median_seconds']:.2f}",
            f"{each['applications_per_second']:,.0f}",
            f"{each['cpu_ms_per_application']:.2f}",
        ]
        ratio = part["ratios"].get(name)
        if ratio is not None and ratio["times_as_fast"] is not None:
            row += [
                f"{ratio['times_as_fast']:.2f} ×",
                f"{ratio['cpu_times_as_cheap']:.2f} ×",
                f"≥ {ratio['wanted']} ×",
                _met(ratio),
            ]
        table.add_row(*row)
    console.print(table)


def _two_ms(part: Figures) -> str:
    return f"{part['p50_ms']} / {part['p95_ms']} ms"


def _met(part: Figures) -> str:
    return "[green]met[/]" if part["is_met"] else "[yellow]missed[/]"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def _celery_version() -> str:
    found = list(FOLDER.glob("lib/python*/site-packages/celery-*.dist-info"))
    return found[0].name.removeprefix("celery-").removesuffix(".dist-info") if found else ""
