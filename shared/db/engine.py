"""The engine of this process and the transaction that every service runs in.

Connections act as the role `yidan_app`, which owns nothing: row-level security shows it one
tenant's rows, and the ledger and the audit trail take only INSERTs from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from shared.domain.errors import Unavailable
from shared.settings import settings

APP_ROLE = "yidan_app"

#: Longest wait for a row lock and longest statement, milliseconds: a stuck neighbour becomes a clear 503.
LOCK_TIMEOUT_MS = 10_000
STATEMENT_TIMEOUT_MS = 60_000


def sqlalchemy_url(url: str) -> str:
    """The same address, spoken by psycopg 3."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.split("+")[0] not in ("postgresql", "postgres"):
        raise ValueError("DATABASE_URL must start with postgresql://")
    return f"postgresql+psycopg://{rest}"


def make_engine(url: str, *, pool_size: int = 8, as_app: bool = True) -> Engine:
    """An engine for `url`; with `as_app` its connections give up the owner's rights at once."""
    engine = create_engine(
        sqlalchemy_url(url),
        pool_size=pool_size,
        max_overflow=4,
        pool_timeout=5,
        pool_pre_ping=True,
        hide_parameters=True,  # what people wrote must not reach a log through an error's text
        connect_args={
            "connect_timeout": 5,
            "options": f"-c lock_timeout={LOCK_TIMEOUT_MS} -c statement_timeout={STATEMENT_TIMEOUT_MS} -c timezone=UTC",
        },
    )
    if as_app:

        @event.listens_for(engine, "connect")
        def give_up_rights(connection: Any, _record: Any) -> None:
            autocommit, connection.autocommit = connection.autocommit, True
            connection.execute(f"set role {APP_ROLE}")
            connection.autocommit = autocommit

    return engine


@lru_cache(maxsize=1)
def engine() -> Engine:
    """This process's engine, made at first use (after any fork)."""
    return make_engine(settings().database_url)


def is_outage(error: DBAPIError) -> bool:
    """Whether the store, not the statement, is at fault: lost connection, lock or statement time-out, deadlock."""
    return isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated


@contextmanager
def unit_of_work(tenant: str | None = None, *, area: str | None = None, on: Engine | None = None) -> Iterator[Session]:
    """One transaction: committed at the end of the block, rolled back if it raises.

    With `tenant`, row-level security lets only that tenant's rows through; with `area` as well, of
    these only what belongs to that district. Raises `Unavailable` when the database does not answer;
    the same call may then be made again.
    """
    try:
        with Session(on or engine(), expire_on_commit=False) as session, session.begin():
            if tenant is not None:
                session.execute(
                    text("select set_config('yidan.tenant', :tenant, true), set_config('yidan.area', :area, true)"),
                    {"tenant": tenant, "area": area or ""},
                )
            yield session
    except PoolTimeout as error:
        raise Unavailable("系统繁忙，请稍后重试；已填写的内容不会丢失") from error
    except DBAPIError as error:
        if is_outage(error):
            raise Unavailable("数据库暂时无法访问，请稍后重试；已填写的内容不会丢失") from error
        raise
