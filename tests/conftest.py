"""One PostgreSQL and one Valkey per test process, a fresh copy of a loaded city's database per test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from office import Office

from shared.db import engine as engines
from shared.db import migrate
from shared.engines.postgres import THROW_AWAY, EmbeddedPostgres, create_database, drop_database
from shared.engines.valkey import EmbeddedValkey
from shared.settings import settings

_databases = count(1)


@pytest.fixture(scope="session")
def var_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a set-up machine has under var/: keys and a store."""
    return tmp_path_factory.mktemp("var")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server's URL: the one of TEST_DATABASE_URL, else an embedded one."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    with EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), settings=THROW_AWAY) as server:
        yield server.url


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A broker's URL: the one of TEST_REDIS_URL, else an embedded one."""
    given = os.environ.get("TEST_REDIS_URL")
    if given:
        yield given
        return
    with EmbeddedValkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server.url


@pytest.fixture(scope="session")
def city_database(postgres: str, var_dir: Path) -> str:
    """The name of a database with the schema and the sample city, to be copied."""
    from services import setting_up

    name = f"city_{os.getpid()}"
    url = create_database(postgres, name)
    migrate.upgrade(url)
    setting_up.load_city(url, settings().packs_dir / "hanhai", keys_dir=var_dir / "keys", with_demo_people=True)
    return name


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Set environment variables and make the process read its settings anew, now and at the end."""

    def forget() -> None:
        if engines.engine.cache_info().currsize:
            engines.engine().dispose()
        engines.engine.cache_clear()
        settings.cache_clear()
        from services import sitting

        sitting.signer.cache_clear()

    def configure(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        forget()

    yield configure
    monkeypatch.undo()
    forget()


@pytest.fixture
def database_url(
    postgres: str, city_database: str, var_dir: Path, configured: Callable[..., None], tmp_path: Path
) -> Iterator[str]:
    """A database of this test's own, with the sample city; the process's settings point to it."""
    name = f"test_{os.getpid()}_{next(_databases)}"
    url = create_database(postgres, name, template=city_database)
    var = tmp_path / "var"
    var.mkdir()
    (var / "keys").symlink_to(var_dir / "keys")
    configured(DATABASE_URL=url, VAR_DIR=str(var), DEMO="true", SECRET_KEY="s" * 40)
    yield url
    engines.engine().dispose()
    drop_database(postgres, name)


@pytest.fixture
def office(database_url: str) -> Office:
    """The sample city's office on a database of this test's own; the clock shows a September morning of 2014."""
    office = Office()
    office.at("2014-09-15 09:30")
    return office
