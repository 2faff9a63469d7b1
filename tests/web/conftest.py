"""A web application without any store behind it, the same on a test's own office, and people with browsers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from browser import Browser
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from office import Office
from sqlalchemy import event

from shared.db import engine as engines
from shared.settings import Settings, settings
from web.app import Web, create_app
from web.limits import limiter


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Web:
    """The application in demo mode, so that the catalogue of components is there."""
    return create_app(Settings(var_dir=tmp_path_factory.mktemp("var"), demo=True))


@pytest.fixture
def client(app: Web) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def browse(client: FlaskClient):
    """Open a page and read it: `browse("/styleguide/case").select(…)`."""

    def open_page(path: str, *, expected_status: int = 200) -> BeautifulSoup:
        response = client.get(path)
        assert response.status_code == expected_status, response.text[:2000]
        return BeautifulSoup(response.text, "lxml")

    return open_page


@pytest.fixture(scope="session")
def templates() -> list[Path]:
    return sorted((Path(__file__).resolve().parents[2] / "web" / "templates").rglob("*.html"))


@pytest.fixture
def web(office: Office) -> Web:
    """The application on this test's own database, with the sample city's people; nobody is slowed by earlier tests."""
    made = create_app(settings())
    limiter.reset()
    return made


@pytest.fixture
def visitor(web: Web) -> Callable[..., Browser]:
    """Somebody with a browser: `visitor()` unknown, `visitor("rf-officer")` logged in."""

    def arrive(login: str = "") -> Browser:
        browser = Browser(web)
        if login:
            limiter.reset()
            assert browser.logs_in(login).status_code == 303
        return browser

    return arrive


@pytest.fixture
def queries():
    """Everything that this process asks the database meanwhile: `with queries() as asked: …`."""

    @contextmanager
    def watch() -> Iterator[list[str]]:
        asked: list[str] = []

        def note(_connection, _cursor, statement, _parameters, _context, _many) -> None:
            asked.append(statement)

        event.listen(engines.engine(), "before_cursor_execute", note)
        try:
            yield asked
        finally:
            event.remove(engines.engine(), "before_cursor_execute", note)

    return watch
