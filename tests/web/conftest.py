"""A web application without any store behind it, and pages as a reader sees them."""

from __future__ import annotations

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from shared.settings import Settings
from web.app import Web, create_app


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
