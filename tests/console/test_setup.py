"""The first minute of a stranger: what `make` says, and what set-up says where something is missing."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = (
    "bash",
    "cat",
    "cp",
    "cut",
    "dirname",
    "env",
    "find",
    "flock",
    "id",
    "mkdir",
    "printf",
    "sha256sum",
    "sort",
    "xargs",
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """As much of a checkout as set-up looks at before it installs anything."""
    for name in ("requirements.lock", "pyproject.toml", "bin/setup", "packs/hanhai/city.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "shared" / "documents").mkdir(parents=True)
    return tmp_path


def machine(folder: Path, **programs: str) -> dict[str, str]:
    """An environment whose PATH has the usual tools and `programs`, given as shell scripts."""
    tools = folder / "machine"
    tools.mkdir()
    for tool in TOOLS:
        if (path := shutil.which(tool)) is not None:
            (tools / tool).symlink_to(path)
    for name, script in programs.items():
        (tools / name).write_text(f"#!/bin/bash\n{script}\n")
        (tools / name).chmod(0o755)
    return {"PATH": str(tools), "HOME": str(folder), "LANG": "C.UTF-8"}


def set_up(checkout: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [checkout / "bin" / "setup"], env=environment, capture_output=True, text=True, check=False, timeout=60
    )


class TestMake:
    def test_alone_explains_every_target(self) -> None:
        said = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

        (phony,) = re.findall(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
        targets = phony.split()
        assert {"setup", "demo", "test", "run", "check", "bench"} <= set(targets)
        assert [target for target in targets if not re.search(rf"^  make {target} +\S", said, re.MULTILINE)] == []


class TestSetUp:
    def test_without_a_python_says_one_line(self, checkout: Path) -> None:
        done = set_up(checkout, machine(checkout))

        assert done.returncode == 1
        assert len(done.stderr.splitlines()) == 1
        assert "Python 3.11 or newer" in done.stderr

    def test_refuses_an_old_python(self, checkout: Path) -> None:
        done = set_up(
            checkout, machine(checkout, python3='[[ "$2" != *version_info* ]] && echo "Python 3.9.2"; exit 1')
        )

        assert (done.returncode, "Python 3.11 or newer" in done.stderr) == (1, True)

    def test_without_venv_tells_a_plain_user_what_to_ask_for(self, checkout: Path) -> None:
        python = 'case "$2" in *ensurepip*) exit 1;; esac; [ "$1" = -V ] && echo "Python 3.11.2"; exit 0'
        done = set_up(checkout, machine(checkout, **{"python3.11": python}))

        assert done.returncode == 1
        assert "apt-get install -y python3-venv" in done.stderr

    def test_is_silent_the_second_time_until_something_changes(self, checkout: Path) -> None:
        python = """echo "$*" >> "$HOME/asked"
        case "$*" in "-m venv"*) mkdir -p .venv/bin; cp "$0" .venv/bin/python;; -V) echo "Python 3.11.2";; esac"""
        environment = machine(checkout, **{"python3.11": python})

        first = set_up(checkout, environment)
        assert (first.returncode, first.stderr) == (0, "")
        assert "--require-hashes -r requirements.lock" in (checkout / "asked").read_text()
        second = set_up(checkout, environment)
        assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
        with (checkout / "requirements.lock").open("a") as lock:
            lock.write("# changed\n")
        assert "installing Python packages" in set_up(checkout, environment).stdout

    def test_makes_the_environment_anew_where_the_checkout_has_moved(self, checkout: Path) -> None:
        python = """case "$*" in "-m venv"*) mkdir -p .venv/bin; cp "$0" .venv/bin/python;; -V) echo "3";; esac"""
        environment = machine(checkout, **{"python3.11": python})
        set_up(checkout, environment)
        moved = checkout.with_name(checkout.name + "-moved")
        shutil.copytree(checkout, moved, symlinks=True)

        assert "making .venv" in set_up(moved, environment).stdout
