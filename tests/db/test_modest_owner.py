"""An owner without the right to make roles, as a city's own database administrator would give it."""

import os
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from shared.db import migrate
from shared.engines.postgres import create_database, drop_database


class TestModestOwner:
    def test_migrates_with_the_app_role_made_and_granted_beforehand(self, postgres: str, city_database: str) -> None:
        assert city_database, "the app role exists by now"
        name = f"modest_{os.getpid()}"
        url = create_database(postgres, name)
        with psycopg.connect(url, autocommit=True) as keeper:
            keeper.execute(f"create role {name} login nocreaterole password 'only-for-this-test'")
            keeper.execute(f"grant yidan_app to {name}")
            keeper.execute(f"grant all on database {name} to {name}")
            keeper.execute(f"alter schema public owner to {name}")
            keeper.execute("create extension if not exists btree_gist")
        parts = urlsplit(url)
        modest = urlunsplit(parts._replace(netloc=f"{name}:only-for-this-test@{parts.netloc.rpartition('@')[2]}"))
        try:
            migrate.upgrade(modest)

            assert migrate.state(url)[0] == migrate.state(url)[1]
        finally:
            with psycopg.connect(url, autocommit=True) as keeper:
                keeper.execute(f"reassign owned by {name} to current_user")
            drop_database(postgres, name)
            with psycopg.connect(postgres, autocommit=True) as keeper:
                keeper.execute(f"drop owned by {name}")
                keeper.execute(f"drop role {name}")


@pytest.mark.parametrize("table", ["ledger_posting", "audit_event"])
def test_what_is_append_only_stays_so_for_the_app(table: str, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        (allowed,) = connection.execute(
            "select has_table_privilege('yidan_app', %s, 'update') or has_table_privilege('yidan_app', %s, 'delete')",
            (table, table),
        ).fetchone() or (True,)

    assert not allowed
