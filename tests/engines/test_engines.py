"""The embedded engines as they are used: started, found, killed, restarted, by root and by a plain user."""

from __future__ import annotations

import json
import os
import shutil
import signal
import site
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from shared.domain.errors import Unavailable
from shared.engines import postgres, process
from shared.engines.postgres import THROW_AWAY, EmbeddedPostgres, create_database, drop_database
from shared.engines.valkey import EmbeddedValkey

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
Engine = EmbeddedPostgres | EmbeddedValkey
as_root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


def public_python() -> str:
    """A Python of this version that everybody may run: root's own may lie in a closed folder.

    Asked by way of a shell: setpriv itself still opens with root's rights what it becomes.
    """
    for found in (sys.executable, f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"):
        tried = subprocess.run(
            [*AS_NOBODY, "sh", "-c", '"$0" -c "import json"', found], cwd="/", stderr=subprocess.DEVNULL, check=False
        )
        if tried.returncode == 0:
            return found
    return ""


def is_open_to_everybody(folder: Path) -> bool:
    """Whether a plain user may look into a folder: a checkout in root's own folder is closed to him."""
    asked = [*AS_NOBODY, "ls", str(folder)]
    return subprocess.run(asked, cwd="/", capture_output=True, check=False).returncode == 0


def must_be_open_to_a_plain_user() -> None:
    """Skip where the checkout lies in a folder of root's alone: nobody else can run anything of it there."""
    if not is_open_to_everybody(ROOT):
        pytest.skip("this checkout lies in a folder that only root may enter")


@pytest.fixture
def var() -> Iterator[Path]:
    """A short private folder: pytest's own is close to the limit of a socket's path."""
    folder = Path(tempfile.mkdtemp(prefix="yidan-test-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(params=["postgres", "valkey"])
def engine(request: pytest.FixtureRequest, var: Path) -> Iterator[Engine]:
    made = EmbeddedPostgres(var, settings=THROW_AWAY) if request.param == "postgres" else EmbeddedValkey(var)
    yield made
    made.stop()


def lives(pid: int) -> bool:
    """Whether the process runs; a zombie that nobody has collected yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def ask(url: str, statement: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(statement.encode()).fetchone()
    return row[0] if row else None


def session_of(pid: int) -> list[int]:
    """The process and its children; read from /proc, because the smallest Debian has no ps."""

    def parent(folder: Path) -> int | None:
        try:
            return int((folder / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            return None

    return [pid, *(int(each.name) for each in Path("/proc").glob("[0-9]*") if parent(each) == pid)]


def folder_of(engine: Engine) -> Path:
    """Where the engine keeps its data, also where root may make no user namespace."""
    if isinstance(engine, EmbeddedPostgres):
        return postgres.cluster_folder(engine.var_dir)
    return engine.var_dir / engine.log.stem


class TestAnEngine:
    def test_leaves_no_process_and_no_socket_behind(self, engine: Engine, var: Path) -> None:
        engine.start()
        assert engine.pid is not None
        pids = session_of(engine.pid)

        engine.stop()

        assert [pid for pid in pids if lives(pid)] == []
        assert [path for path in var.rglob("*") if path.is_socket()] == []
        assert engine.running_url() is None

    def test_started_twice_is_one_server_that_only_its_starter_stops(self, engine: Engine) -> None:
        second = type(engine)(engine.var_dir)
        url = engine.start()

        assert second.start() == url
        second.stop()

        assert engine.running_url() == url
        assert engine.start() == url

    def test_is_found_by_a_starter_that_comes_while_it_is_still_starting(self, engine: Engine) -> None:
        script = (
            f"from {type(engine).__module__} import {type(engine).__name__} as E\n"
            f"with E({str(engine.var_dir)!r}) as e: print(e.pid is None)"
        )
        racers = [
            subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)
            for _ in range(2)
        ]
        answers = [racer.communicate(timeout=60)[0].strip() for racer in racers]

        assert "False" in answers
        assert [racer.returncode for racer in racers] == [0, 0]

    def test_starts_again_after_it_was_killed(self, engine: Engine) -> None:
        engine.start()
        assert engine.pid is not None
        os.kill(engine.pid, signal.SIGKILL)

        again = type(engine)(engine.var_dir)
        url = again.start()

        assert again.running_url() == url
        assert again.pid is not None
        again.stop()

    def test_does_not_believe_a_pid_file_that_names_some_other_process(self, engine: Engine) -> None:
        engine.start()
        engine.stop()
        if isinstance(engine, EmbeddedPostgres):
            data = folder_of(engine) / "data"
            (data / "postmaster.pid").write_text(f"{os.getpid()}\n{data}\n1\n5432\n\n\n0 0\nready   \n")

        assert engine.start() == engine.running_url()

    def test_works_from_a_path_that_is_too_long_for_a_socket(self, engine: Engine) -> None:
        deep = type(engine)(engine.var_dir / ("a-long-name-for-a-folder-" * 5) / "var")

        with deep:
            assert deep.running_url() is not None
            elsewhere = Path(deep.url.partition("/tmp/")[2].split("/")[0])  # noqa: S108
            assert elsewhere.name.startswith("yidan-")

        assert not (Path(tempfile.gettempdir()) / elsewhere).exists()

    def test_ends_with_the_process_that_started_it_even_a_killed_one(self, engine: Engine) -> None:
        script = textwrap.dedent(f"""
            import time
            from {type(engine).__module__} import {type(engine).__name__} as E
            e = E({str(engine.var_dir)!r}); e.start(); print(e.pid, flush=True); time.sleep(60)
        """)
        starter = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        starter.kill()
        starter.communicate()

        assert process.wait_until_free(folder_of(engine), seconds=10)
        assert not lives(pid)

    def test_that_cannot_start_says_why(self, engine: Engine) -> None:
        broken = type(engine)(engine.var_dir, settings={"no-such-option": "1"})

        with pytest.raises(Unavailable, match=r"no.such.option"):
            broken.start()

        assert broken.pid is None
        assert engine.start()

    def test_is_closed_to_other_users(self, engine: Engine) -> None:
        engine.start()

        assert folder_of(engine).stat().st_mode & 0o077 == 0

    @as_root_only
    def test_runs_for_a_plain_user(self, engine: Engine, var: Path) -> None:
        must_be_open_to_a_plain_user()
        os.chown(var, NOBODY, NOBODY)
        if not (python := public_python()):
            pytest.skip("no Python here that a plain user may run")
        script = textwrap.dedent(f"""
            import os
            from {type(engine).__module__} import {type(engine).__name__} as E
            for _ in range(2):
                with E({str(var)!r}) as e:
                    print(os.stat(f"/proc/{{e.pid}}").st_uid, e.running_url() == e.url)
        """)
        done = subprocess.run(
            [*AS_NOBODY, python, "-c", script],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join([str(ROOT), *site.getsitepackages()])},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

        assert done.stdout.split("\n")[:2] == [f"{NOBODY} True"] * 2, done.stderr


class TestThePostgresServer:
    def test_has_the_database_and_takes_the_extensions(self, var: Path) -> None:
        with EmbeddedPostgres(var, settings=THROW_AWAY) as server:
            assert ask(server.url, "SELECT current_database() || ' ' || current_user") == "yidan yidan"
            with psycopg.connect(server.url) as connection:
                connection.execute("CREATE EXTENSION btree_gist")
                connection.execute("CREATE EXTENSION pg_trgm")
                similarity = connection.execute("SELECT similarity('瀚海市第一建筑公司', '瀚海第一建筑公司')")
                row = similarity.fetchone()

        assert row is not None
        assert row[0] > 0.4

    def test_keeps_what_was_committed_when_it_is_killed(self, var: Path) -> None:
        first = EmbeddedPostgres(var)
        with psycopg.connect(first.start()) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS answer")
        assert first.pid is not None
        os.kill(first.pid, signal.SIGKILL)

        with EmbeddedPostgres(var) as second:
            assert ask(second.url, "SELECT answer FROM kept") == 7
        first.stop()

    def test_finishes_a_set_up_that_was_cut_off(self, var: Path) -> None:
        half = var / "postgres" / "data.new"
        half.mkdir(parents=True, mode=0o700)
        (half / "PG_VERSION").write_text("18\n")

        with EmbeddedPostgres(var, settings=THROW_AWAY) as server:
            assert ask(server.url, "SELECT 1") == 1

    def test_copies_a_template_into_a_new_database(self, var: Path) -> None:
        with EmbeddedPostgres(var, settings=THROW_AWAY) as server:
            template = create_database(server.url, "template_city")
            with psycopg.connect(template) as connection:
                connection.execute("CREATE TABLE units AS SELECT '瀚海市' AS name")

            copy = create_database(
                server.url.replace("postgresql:", "postgresql+psycopg:"), "one", template="template_city"
            )

            assert ask(copy, "SELECT name FROM units") == "瀚海市"
            drop_database(server.url, "one")
            drop_database(server.url, "one")
            with pytest.raises(psycopg.OperationalError, match='"one" does not exist'):
                psycopg.connect(copy)

    def test_listens_on_a_port_with_a_password_when_asked(self, var: Path, free_tcp_port: int) -> None:
        with EmbeddedPostgres(var, settings=THROW_AWAY, port=free_tcp_port) as server:
            assert ask(server.tcp_url, "SELECT 1") == ask(server.url, "SELECT 1") == 1
            password = server.tcp_url.split(":")[2].split("@")[0]
            with pytest.raises(psycopg.OperationalError, match="password"):
                psycopg.connect(server.tcp_url.replace(password, "guess"))

    def test_takes_its_settings_from_its_maker_alone(self, var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PGDATA", "/nowhere")
        monkeypatch.setenv("PGPORT", "1")
        monkeypatch.setenv("LC_ALL", "xx_XX")

        with EmbeddedPostgres(var, settings=THROW_AWAY | {"work_mem": "7MB"}) as server:
            assert ask(server.url, "SHOW work_mem") == "7MB"

    @as_root_only
    def test_runs_as_nobody_where_namespaces_are_forbidden(self, var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(postgres, "_namespaces_allowed", lambda: False)
        elsewhere = postgres._elsewhere(var)
        try:
            for _ in range(2):
                with EmbeddedPostgres(var, settings=THROW_AWAY) as server:
                    assert server.pid is not None
                    assert Path(f"/proc/{server.pid}").stat().st_uid == NOBODY
                    assert ask(server.url, "SELECT 1") == 1
        finally:
            shutil.rmtree(elsewhere, ignore_errors=True)

    @as_root_only
    def test_started_by_root_in_a_plain_users_checkout_stays_that_users(self, var: Path) -> None:
        must_be_open_to_a_plain_user()
        os.chown(var, NOBODY, NOBODY)

        with EmbeddedPostgres(var, settings=THROW_AWAY) as server:
            assert ask(server.url, "SELECT 1") == 1

        assert (var / "postgres" / "data").stat().st_uid in {0, NOBODY}

    def test_that_belongs_to_somebody_else_is_refused_in_words(
        self, var: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (var / "postgres" / "data").mkdir(parents=True)
        monkeypatch.setattr(os, "geteuid", lambda: 4242)

        with pytest.raises(Unavailable, match="belongs to another user"):
            EmbeddedPostgres(var).start()


class TestTheValkeyServer:
    def test_never_evicts_and_keeps_its_messages_over_a_restart(self, var: Path) -> None:
        with EmbeddedValkey(var) as server:
            client = redis.Redis.from_url(server.url)
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            client.rpush("queue", json.dumps({"ids": [1]}))
            client.close()

        with EmbeddedValkey(var) as server:
            client = redis.Redis.from_url(server.url)
            assert client.llen("queue") == 1
            client.close()

    def test_starts_empty_when_its_file_is_damaged_and_puts_that_aside(self, var: Path) -> None:
        with EmbeddedValkey(var) as server:
            client = redis.Redis.from_url(server.url)
            client.rpush("queue", "x")
            client.close()
        (file,) = (var / "valkey" / "appendonlydir").glob("*.incr.aof")
        file.write_bytes(b"not a command\r\n" + file.read_bytes())

        with EmbeddedValkey(var) as server:
            client = redis.Redis.from_url(server.url)
            assert client.llen("queue") == 0
            client.close()

        assert (var / "valkey" / "appendonlydir.damaged").is_dir()

    def test_listens_on_a_port_when_asked(self, var: Path, free_tcp_port: int) -> None:
        with EmbeddedValkey(var, port=free_tcp_port) as server:
            client = redis.Redis.from_url(server.tcp_url)
            assert client.ping()
            client.close()
