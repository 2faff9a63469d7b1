"""Schema changes in order, forwards and backwards, under an advisory lock so that two starters take turns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from shared.db.engine import make_engine

#: Any number will do, as long as every starter takes the same one.
MIGRATION_LOCK = 7_200_114


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the schema up; changes nothing when it is already there."""
    _run(url, lambda config: command.upgrade(config, revision))


def downgrade(url: str, revision: str = "base") -> None:
    """Take the schema back, data included."""
    _run(url, lambda config: command.downgrade(config, revision))


def check(url: str) -> None:
    """Raise alembic's CommandError if the tables in code differ from those in the database."""
    _run(url, command.check)


def state(url: str) -> tuple[str | None, str | None]:
    """The revision the database is at, and the newest one."""
    engine = make_engine(url, as_app=False)
    try:
        with engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()
    return current, ScriptDirectory.from_config(_config()).get_current_head()


def _run(url: str, step: Callable[[Config], object]) -> None:
    engine = make_engine(url, as_app=False)
    try:
        with engine.begin() as connection:
            connection.execute(text("set lock_timeout = 0"))
            connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            step(_config(connection))
    finally:
        engine.dispose()
