"""The bench at its smallest: everybody finishes with the right bills and every figure is there; speed is not judged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shared.settings import ROOT

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("bench")
    output = folder / "results.json"
    done = subprocess.run(
        [
            sys.executable, "-m", "bench", "--quick", "--only", "race", "--only", "latency", "--without-peers",
            "--var", folder / "var", "--output", output,
        ],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(Path(output).read_text(encoding="utf-8"))
    return found


class TestAQuickRun:
    def test_finds_every_bill_right_whoever_made_it(self, figures: dict[str, Any]) -> None:
        race = figures["race"]
        assert {name: each["wrong"] for name, each in race["contestants"].items()} == {
            "yidan": [],
            "dramatiq_single": [],
            "no_queue": [],
        }
        assert all(len(each["seconds"]) == race["repetitions"] == 1 for each in race["contestants"].values())

    def test_says_what_its_figures_are_worth(self, figures: dict[str, Any]) -> None:
        assert figures["is_quick"] is True
        assert figures["machine"]["cores"] == os.cpu_count()
        assert figures["workers"] == {"processes": 2, "threads": 1}
        assert "fsync" in figures["engines"]

    def test_puts_each_target_beside_its_figure(self, figures: dict[str, Any]) -> None:
        assert {name: each["wanted"] for name, each in figures["race"]["ratios"].items()} == {
            "celery_chord": 8.0,
            "dramatiq_single": 5.0,
            "no_queue": 0.35,
        }
        assert figures["race"]["ratios"]["celery_chord"]["times_as_fast"] is None
        assert len(figures["latency"]["ms"]) == 3
