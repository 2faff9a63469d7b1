"""The stack as an operator meets it: children that come up, die, hang, and never outlive it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from console import children as children_module
from console.children import Children, ChildSpec
from console.stack import Stack, callback_keys, free_port
from shared.domain.errors import Unavailable
from shared.engines.postgres import cluster_folder
from shared.settings import Settings, settings

ROOT = Path(__file__).resolve().parents[2]

WEB = """
import http.server, os, sys
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(os.environ.get("DATABASE_URL", "").encode())
    def log_message(self, *_): print("asked", flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Page).serve_forever()
"""
# A master with one worker in its process group, as gunicorn and dramatiq have them; PIDs go to the log.
MASTER = """
import os, subprocess, sys, time
worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("worker", worker.pid, flush=True)
time.sleep(600)
"""
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="yidan-test-"))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def python(name: str, code: str, *arguments: str, ready_url: str = "", ready_text: str = "") -> ChildSpec:
    return ChildSpec(
        name=name,
        argv=(sys.executable, "-c", code, *arguments),
        ready_url=ready_url,
        ready_text=ready_text,
        stop_seconds=1.0,
    )


def soon(is_so: Callable[[], bool], *, seconds: float = 60.0) -> bool:
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        if is_so():
            return True
        time.sleep(0.02)
    return False


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def worker_pids(log: Path) -> list[int]:
    return [int(line.split()[1]) for line in log.read_text().splitlines() if line.startswith("worker")]


class TestChildren:
    def test_are_ready_when_they_answer_and_are_gone_when_stopped(self, folder: Path, port: int) -> None:
        web = python("web", WEB, str(port), ready_url=f"http://127.0.0.1:{port}/healthz")
        running = Children([web, python("relay", MASTER, ready_text="worker")], log_dir=folder, folder=ROOT)
        running.start()
        pids = [*running.pids().values(), *worker_pids(folder / "relay.log")]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer:
            assert answer.status == 200

        running.stop()

        assert len(pids) == 3
        assert [pid for pid in pids if lives(pid)] == []
        assert "asked" in (folder / "web.log").read_text()

    def test_are_started_again_when_killed_without_their_orphans(self, folder: Path) -> None:
        running = Children([python("worker", MASTER, ready_text="worker")], log_dir=folder, folder=ROOT)
        running.start()
        first, orphan = running.pids()["worker"], worker_pids(folder / "worker.log")[0]

        os.kill(first, signal.SIGKILL)

        assert soon(lambda: running.pids().get("worker", first) != first)
        assert not lives(orphan)
        running.stop()

    def test_that_do_not_listen_are_killed_after_their_patience(self, folder: Path) -> None:
        running = Children([python("deaf", DEAF, ready_text="deaf")], log_dir=folder, folder=ROOT)
        running.start()
        pid, began = running.pids()["deaf"], time.monotonic()

        running.stop()

        assert not lives(pid)
        assert 0.9 < time.monotonic() - began < 10

    def test_that_cannot_start_end_the_start_with_their_last_words(self, folder: Path) -> None:
        broken = python("web", "raise SystemExit('no such city')")
        running = Children([python("relay", MASTER), broken], log_dir=folder, folder=ROOT)

        with pytest.raises(Unavailable, match=r"web does not start.*\n.*no such city"):
            running.start()

        assert running.pids() == {}
        assert [pid for pid in worker_pids(folder / "relay.log") if lives(pid)] == []

    def test_that_are_never_ready_end_the_start(self, folder: Path, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(children_module, "READY_SECONDS", 0.5)
        silent = python("web", DEAF, ready_url=f"http://127.0.0.1:{port}/healthz")

        with pytest.raises(Unavailable, match="not ready within"):
            Children([silent], log_dir=folder, folder=ROOT).start()

    def test_wait_longer_each_time_before_they_start_again(
        self, folder: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        flaky = "import time; print('up', flush=True); time.sleep(.3); raise SystemExit(3)"
        running = Children([python("flaky", flaky, ready_text="up")], log_dir=folder, folder=ROOT)
        running.start()
        assert soon(lambda: len(caplog.messages) >= 3)
        running.stop()

        pauses = [message.rpartition("again in ")[2] for message in caplog.messages[:3]]
        assert pauses == ["0.5 s", "1.0 s", "2.0 s"]

    def test_show_whole_lines_behind_their_name(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        speaker = python(
            "speaker",
            "import time\nfor w in ('on','e\\ntwo\\n'): print(w, end='', flush=True); time.sleep(.3)\ntime.sleep(9)",
        )
        running = Children([speaker], log_dir=folder, folder=ROOT, echo=True)
        running.start()
        assert soon(lambda: "two" in (folder / "speaker.log").read_text())
        running.stop()

        assert [line.split("| ")[1] for line in capsys.readouterr().out.splitlines()] == ["one", "two"]

    def test_put_a_log_aside_that_has_grown_long(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(children_module, "LOG_BYTES_MAX", 10)
        (folder / "relay.log").write_text("old " * 10)

        running = Children([python("relay", MASTER, ready_text="worker")], log_dir=folder, folder=ROOT)
        running.start()
        running.stop()

        assert (folder / "relay.log.1").read_text().startswith("old")
        assert "old" not in (folder / "relay.log").read_text()


def small_plan(stack: Stack) -> list[ChildSpec]:
    port = stack.web_url.rpartition(":")[2]
    return [
        python("worker", MASTER, ready_text="worker"),
        python("web", WEB, port, ready_url=f"{stack.web_url}/healthz"),
    ]


class TestTheStack:
    @pytest.fixture
    def configured(self, folder: Path, port: int) -> Settings:
        # Not 8000: a stack of another test process may be choosing its port at the same moment.
        return Settings(var_dir=folder, database_url="", redis_url="", public_url=f"http://127.0.0.1:{port}")

    def test_brings_engines_prepares_the_city_and_tells_everybody_where_things_are(self, configured: Settings) -> None:
        prepared: list[Settings] = []

        with Stack(configured, prepare=prepared.append, plan=small_plan).up() as stack:
            assert settings().database_url == stack.settings.database_url == prepared[0].database_url
            with urllib.request.urlopen(stack.web_url) as answer:  # noqa: S310 - our own address
                assert answer.read().decode() == stack.settings.database_url
            psycopg.connect(stack.settings.database_url).close()
            pids = [*stack.pids().values(), *worker_pids(configured.var_dir / "log" / "worker.log")]

        assert [pid for pid in pids if lives(pid)] == []
        assert "DATABASE_URL" not in os.environ
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(prepared[0].database_url)

    def test_keeps_bytecode_under_var_where_the_shell_forbids_it_between_the_sources(
        self, configured: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        script = "import sys; print(sys.dont_write_bytecode, sys.pycache_prefix)"
        monkeypatch.setattr(sys, "dont_write_bytecode", True)
        monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")

        with Stack(configured, prepare=lambda _: None, plan=small_plan).up():
            said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout

        assert said.split() == ["False", str(ROOT / "var" / "bytecode")]
        assert os.environ["PYTHONDONTWRITEBYTECODE"] == "1"
        assert "PYTHONPYCACHEPREFIX" not in os.environ

    def test_takes_the_next_port_when_somebody_has_the_first(self, configured: Settings, port: int) -> None:
        wanted = configured.model_copy(update={"public_url": f"http://127.0.0.1:{port}"})
        with socket.socket() as somebody:
            somebody.bind(("127.0.0.1", port))
            somebody.listen()

            with Stack(wanted, prepare=lambda _: None, plan=small_plan).up() as stack:
                assert stack.web_url != wanted.public_url
                assert stack.settings.public_url == stack.web_url

    def test_leaves_a_public_address_as_it_is(self, configured: Settings) -> None:
        public = configured.model_copy(update={"public_url": "https://yidan.example"})

        with Stack(public, prepare=lambda _: None, plan=small_plan).up() as stack:
            assert stack.settings.public_url == "https://yidan.example"

    def test_starts_a_killed_database_again_at_the_same_address(self, configured: Settings) -> None:
        with Stack(configured, prepare=lambda _: None, plan=small_plan).up() as stack:
            pid_file = cluster_folder(configured.var_dir) / "data" / "postmaster.pid"
            os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)

            def answers() -> bool:
                try:
                    psycopg.connect(stack.settings.database_url).close()
                except psycopg.OperationalError:
                    return False
                return True

            assert soon(lambda: not answers())
            assert soon(answers)

    def test_that_fails_midway_ends_what_it_had_started(self, configured: Settings) -> None:
        def refuse(_settings: Settings) -> None:
            raise Unavailable("the pack is broken")

        with pytest.raises(Unavailable, match="pack is broken"), Stack(configured, prepare=refuse).up():
            pass

        assert not (cluster_folder(configured.var_dir) / "data" / "postmaster.pid").exists()

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL, signal.SIGHUP])
    def test_leaves_no_process_behind_however_it_ends(self, folder: Path, port: int, number: signal.Signals) -> None:
        script = folder / "run.py"
        script.write_text(
            textwrap.dedent(f"""
                import sys; sys.path[:0] = [{str(ROOT)!r}, {str(Path(__file__).parent)!r}]
                from pathlib import Path
                from console.stack import Stack
                from shared.settings import Settings
                from test_stack import small_plan
                def announce(stack):
                    print("up", *stack.pids().values(), flush=True)
                settings = Settings(var_dir=Path({str(folder / "var")!r}), public_url="http://127.0.0.1:{port}")
                stack = Stack(settings, prepare=lambda _: None, plan=small_plan)
                sys.exit(stack.run_forever(announce))
            """)
        )
        running = subprocess.Popen(
            [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert running.stdout is not None
        line = running.stdout.readline().split()
        assert line[:1] == ["up"], running.communicate()[1]
        pids = [*map(int, line[1:]), *worker_pids(folder / "var" / "log" / "worker.log")]
        data = cluster_folder(folder / "var") / "data" / "postmaster.pid"
        pids.append(int(data.read_text().split()[0]))

        running.send_signal(number)
        if number is not signal.SIGKILL:
            running.send_signal(number)  # an impatient second one changes nothing
        running.communicate(timeout=120)

        # Of a killed keeper only the masters are told; gunicorn's and dramatiq's end their workers, this small one
        # does not.
        left = worker_pids(folder / "var" / "log" / "worker.log") if number is signal.SIGKILL else []
        assert soon(lambda: not [pid for pid in pids if lives(pid) and pid not in left])
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        assert running.returncode == (-signal.SIGKILL if number is signal.SIGKILL else 0)


class TestTheBanksKeys:
    def test_are_made_once_and_closed_to_others(self, folder: Path) -> None:
        first = callback_keys(folder)

        assert callback_keys(folder) == first
        assert len(first.partition(":")[2]) == 64
        assert (folder / "callback_keys").stat().st_mode & 0o777 == 0o600


class TestAFreePort:
    def test_is_the_wanted_one_or_the_next(self, port: int) -> None:
        assert free_port(port) == port
        assert free_port(port, taken=(port,)) > port
