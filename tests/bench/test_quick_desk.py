"""The desk part of the bench at its smallest: every tab and a case are timed at both desks; speed is not judged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.desk import DESKS, TABS
from shared.settings import ROOT

pytestmark = pytest.mark.end_to_end


class TestAQuickRunOfTheDesk:
    def test_times_every_tab_and_a_case_with_all_those_tasks_open(self, tmp_path: Path) -> None:
        output = tmp_path / "results.json"
        done = subprocess.run(
            [
                sys.executable, "-m", "bench", "--quick", "--only", "desk",
                "--var", tmp_path / "var", "--output", output,
            ],
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        desk = json.loads(output.read_text(encoding="utf-8"))["desk"]
        assert desk["open_tasks"] >= 500
        assert set(desk["pages"]) == {
            *(f"{login} inbox {tab}" for login in DESKS for tab in TABS),
            *(f"{login} case" for login in DESKS),
        }
        assert all(0 < page["p50_ms"] <= page["p95_ms"] for page in desk["pages"].values())
