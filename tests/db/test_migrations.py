"""The schema goes up and down without leaving anything behind, and is what the code says it is."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from watching import as_owner, side_by_side

from shared.db import migrate
from shared.engines.postgres import create_database, drop_database

LEFT_BEHIND = """
    select 'table ' || tablename from pg_tables where schemaname = 'public' and tablename <> 'alembic_version'
    union all select 'function ' || p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      left join pg_depend d on d.objid = p.oid and d.deptype = 'e' where n.nspname = 'public' and d.objid is null
    union all select 'type ' || t.typname from pg_type t join pg_namespace n on n.oid = t.typnamespace
      left join pg_depend d on d.objid = t.oid and d.deptype = 'e'
      where n.nspname = 'public' and t.typtype in ('e', 'd') and d.objid is null
    order by 1
"""


@pytest.fixture
def empty_database(postgres: str) -> Iterator[str]:
    name = f"empty_{os.getpid()}"
    yield create_database(postgres, name)
    drop_database(postgres, name)


def everything(url: str) -> list[tuple[str, ...]]:
    """Columns, constraints, indexes, triggers, policies and grants, as text."""
    with as_owner(url) as session:
        rows = session.execute(
            text(
                "select 'column', table_name || '.' || column_name, data_type || is_nullable || "
                "coalesce(column_default, '') from information_schema.columns where table_schema = 'public' "
                "union all select 'constraint', conname, pg_get_constraintdef(oid) from pg_constraint "
                "where connamespace = 'public'::regnamespace "
                "union all select 'index', indexname, indexdef from pg_indexes where schemaname = 'public' "
                "union all select 'trigger', tgname, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal "
                "union all select 'policy', policyname, coalesce(qual, '') || coalesce(with_check, '') "
                "from pg_policies "
                "union all select 'grant', table_name, grantee || privilege_type "
                "from information_schema.role_table_grants where grantee = 'yidan_app' order by 1, 2, 3"
            )
        )
        return [tuple(row) for row in rows]


class TestMigrations:
    def test_go_up_down_and_up_again_to_the_same_schema(self, empty_database: str) -> None:
        migrate.upgrade(empty_database)
        first = everything(empty_database)
        migrate.check(empty_database)
        migrate.downgrade(empty_database)
        with as_owner(empty_database) as session:
            assert session.execute(text(LEFT_BEHIND)).scalars().all() == []
        migrate.upgrade(empty_database)

        assert everything(empty_database) == first
        assert len(first) > 300
        assert len(set(migrate.state(empty_database))) == 1

    def test_change_nothing_the_second_time(self, empty_database: str) -> None:
        migrate.upgrade(empty_database)
        first = everything(empty_database)

        migrate.upgrade(empty_database)

        assert everything(empty_database) == first

    def test_take_turns_when_four_starters_come_at_once(self, empty_database: str) -> None:
        assert side_by_side(*[lambda: migrate.upgrade(empty_database)] * 4) == [None] * 4

        migrate.check(empty_database)
