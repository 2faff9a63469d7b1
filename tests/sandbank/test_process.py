"""The bank as a process under gunicorn: killed without warning it forgets nothing, told to stop it stops."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

import pytest
from small_yidan import CODE, OTHER_CODE, order, wait_until

pytestmark = pytest.mark.faults


class Process:
    """One gunicorn with the bank in it; its worker is a child of its own."""

    def __init__(self, environment, port, *options):
        self.url = f"http://127.0.0.1:{port}"
        self.master = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", "python:sandbank.gunicorn_conf", *options,
             "sandbank.app:create_app()"],
            env={**os.environ, **environment, "SANDBANK_URL": self.url},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )  # fmt: skip

    def asks(self, path, sent=None):
        request = Request(  # noqa: S310 - the address is ours
            self.url + path, json.dumps(sent).encode() if sent else None, {"Content-Type": "application/json"}
        )
        with build_opener(ProxyHandler({})).open(request, timeout=10) as response:
            return json.loads(response.read())

    def is_up(self):
        with suppress(URLError, OSError):
            return self.asks("/healthz")["status"] == "ok"
        return False

    def dies(self):
        """Master and worker at once, as in a power cut."""
        os.killpg(self.master.pid, signal.SIGKILL)
        self.master.communicate()

    def stops(self):
        self.master.terminate()
        return self.master.communicate(timeout=20)[1].decode()


@pytest.fixture
def start(environment):
    started = []
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def start_one(*options, asks=True):
        started.append(Process(environment, port, *options))
        if asks:
            wait_until(started[-1].is_up)
        return started[-1]

    yield start_one
    for process in started:
        if process.master.returncode is None:
            process.dies()


class TestProcess:
    def test_delivers_after_kill_9_what_it_had_confirmed_before(self, start, yidan, tmp_path):
        yidan.answers_to_callbacks += [503] * 10_000
        first = start()
        payments = [first.asks("/api/pay", order(code)) for code in (CODE, OTHER_CODE)]
        first.dies()
        assert yidan.heard == []

        yidan.answers_to_callbacks.clear()
        second = start(asks=False)

        # Nobody has asked it anything yet: it carries on by itself.
        yidan.waits_for(2)
        wait_until(second.is_up)
        assert {heard["bank_txn_id"] for heard in yidan.heard} == {each["bank_txn_id"] for each in payments}
        assert second.asks("/api/pay", order(CODE)) == payments[0]
        wait_until((tmp_path / "sandbank" / "statements" / "2014-09-19.csv").exists)

    def test_loses_nothing_when_it_is_killed_again_and_again_while_paying(self, start, yidan):
        codes = [f"{number:020d}" for number in range(30)]
        for code in codes:
            yidan.issue(code)
        confirmed = {}
        for life in range(3):
            process = start()
            for code in codes[life * 10 : life * 10 + 10]:
                confirmed[code] = process.asks("/api/pay", order(code))["bank_txn_id"]
            process.dies()

        last = start()
        wait_until(lambda: last.asks("/healthz")["reports_waiting"] == 0)

        assert {heard["payment_code"]: heard["bank_txn_id"] for heard in yidan.heard} == confirmed

    def test_stops_at_once_when_told_and_leaves_no_process(self, start, yidan):
        process = start()
        process.asks("/api/pay", order())
        yidan.waits_for(1)
        started = time.monotonic()

        log = process.stops()

        assert process.master.returncode == 0
        assert time.monotonic() - started < 5
        assert "Traceback" not in log
        with pytest.raises(ProcessLookupError):
            os.killpg(process.master.pid, 0)

    def test_delivers_also_when_it_was_preloaded_and_forked(self, start, yidan):
        process = start("--preload")

        process.asks("/api/pay", order())

        yidan.waits_for(1)
        assert "Traceback" not in process.stops()

    def test_says_nothing_personal_in_its_log(self, start, yidan):
        process = start()
        payment = process.asks("/api/pay", order())
        yidan.waits_for(1)

        log = process.stops()

        assert "acknowledged" in log
        for secret in (CODE, "6229080371000010018", "碧海", payment["amount"]):
            assert secret not in log

    def test_does_not_start_without_keys_and_says_which_variable_is_missing(self, environment):
        environment["CALLBACK_KEYS"] = ""
        process = Process(environment, 0)

        log = process.master.communicate(timeout=20)[1].decode()

        assert process.master.returncode != 0
        assert "CALLBACK_KEYS" in log
