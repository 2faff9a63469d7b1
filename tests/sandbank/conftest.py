"""A bank under test and a small Yidan opposite it, both over real HTTP on this machine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from small_yidan import CODE, KEYS_TEXT, OTHER_CODE, SmallYidan, bill
from werkzeug.serving import make_server

from sandbank.app import create_app
from sandbank.settings import Settings


@contextmanager
def _served(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def yidan() -> Iterator[SmallYidan]:
    small = SmallYidan(bills={CODE: bill(), OTHER_CODE: bill(OTHER_CODE, amount="0.05")})
    with _served(small.app()) as url:
        small.url = url
        yield small


@pytest.fixture
def environment(tmp_path: Path, yidan: SmallYidan) -> dict[str, str]:
    """The bank's environment, to be changed before it opens."""
    return {
        "VAR_DIR": str(tmp_path),
        "MERCHANT_URL": yidan.url,
        "CALLBACK_KEYS": KEYS_TEXT,
        "PUBLIC_URL": "http://127.0.0.1:8000",
        "SANDBANK_RETRY_MAX_SECONDS": "0.1",
        "SANDBANK_TIMEOUT_SECONDS": "2",
    }


@pytest.fixture
def open_bank(environment: dict[str, str]) -> Iterator[Callable[[], Flask]]:
    """Open a bank on the environment as it then is; every one is closed at the end."""
    opened: list[Flask] = []

    def open_one() -> Flask:
        opened.append(create_app(Settings.from_environment(environment)))
        assert opened[-1].test_client().get("/healthz").status_code == 200
        return opened[-1]

    yield open_one
    for app in opened:
        app.extensions["sandbank"].courier.stop()


@pytest.fixture
def bank(open_bank: Callable[[], Flask]) -> Flask:
    return open_bank()


@pytest.fixture
def bank_url(bank: Flask) -> Iterator[str]:
    """The bank behind a real socket."""
    with _served(bank) as url:
        yield url
