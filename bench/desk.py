"""How fast a desk's pages answer while 100,000 tasks lie open on the city's desks: the inbox by tab, and a case."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

import psycopg
from flask.testing import FlaskClient

from bench import ground
from services import accounts
from services.setting_up import DEMO_PASSWORD
from services.sitting import sitting
from shared.settings import settings
from web.app import create_app
from web.auth.access import TOKEN

OPEN_TASKS = 100_000
#: Finished cases beside the open ones: a tenth of a year's.
FINISHED_CASES = 1_000
#: A unit of the city, which every case passes, and a district's window.
DESKS = ("zj-officer", "dw-zj-officer")
TABS = ("mine", "unclaimed", "soon", "paused", "done", "all")
WARM = 3

#: What differs between the copies of one real application, by table; `n` counts them. Ids follow from the original's,
#: so that rows of one copy still belong together.
_COPIES: Mapping[str, str] = {
    "application": """
        'id', md5(x.id::text || n), 'number', 'HH20140915-' || lpad(n::text, 6, '0') || '-0',
        'project_name', '碧海湾花园' || n || '号地块', 'area_code', area,
        'lane', case when mod(n, 40) = 0 then 'green' else 'ordinary' end,
        'accepted_on', x.accepted_on - mod(n, 60), 'due_on', x.due_on - mod(n, 60), 'near_on', x.near_on - mod(n, 60),
        'status', case when n > open then 'completed' else 'in_review' end""",
    "review_task": """
        'id', md5(x.id::text || n), 'application_id', md5(x.application_id::text || n),
        'area_code', area, 'unit_code', case when x.unit_code ~ '-zj$' then area || '-zj' else x.unit_code end,
        'lane', case when mod(n, 40) = 0 then 'green' else 'ordinary' end,
        'due_on', x.due_on - mod(n, 60), 'near_on', x.near_on - mod(n, 60),
        'is_paused', n <= open and mod(n + x.seq, 20) > 17,
        'status', case when n > open then 'approved' when mod(n + x.seq, 20) = 19 then 'forwarded'
                       when mod(n + x.seq, 20) = 16 then 'checking' when mod(n + x.seq, 20) > 10 then 'taken'
                       else 'open' end,
        'officer_id', case when n > open or mod(n + x.seq, 20) > 10 then
            (select id from account where login = (case when x.unit_code ~ '-zj$' then area || '-zj'
                                                        else x.unit_code end) || '-officer') end,
        'first_verdict', case when n <= open and mod(n + x.seq, 20) = 16 then 'approved' end,
        'first_decided_at', case when n <= open and mod(n + x.seq, 20) = 16 then now() end,
        'decided_at', case when n > open then x.due_on - mod(n, 60) + time '10:00' end""",
    "fee_line": "'id', md5(x.id::text || n), 'application_id', md5(x.application_id::text || n)",
    "audit_event": "'application_id', md5(x.application_id::text || n)",
    "clock": """
        'id', md5(x.id::text || n), 'application_id', md5(x.application_id::text || n),
        'subject_id', md5(x.subject_id::text || n), 'due_on', x.due_on - mod(n, 60)""",
}


def run(where: ground.Ground, *, samples: int, open_tasks: int = OPEN_TASKS) -> dict[str, Any]:
    """Milliseconds of each page on each desk, asked for one after the other through the real application."""
    with where.arena("bench_desk") as arena:
        application_id = ground.submit(2_000_000)
        with psycopg.connect(arena.database_url, autocommit=True) as owner:
            found = pile_up(owner, application_id, open_tasks=open_tasks)
            measured: dict[str, list[float]] = {}
            app = create_app(settings())
            for login in DESKS:
                client = _at_the_desk(app.test_client(), login)
                tasks = _tasks_of(owner, login)
                for tab in TABS:
                    measured[f"{login} inbox {tab}"] = _timed(client, (f"/desk?tab={tab}" for _ in range(samples)))
                measured[f"{login} case"] = _timed(client, (f"/desk/tasks/{each}" for each in islice(tasks, samples)))
    return {"open_tasks": found, "ms": measured}


def pile_up(owner: psycopg.Connection[Any], application_id: UUID, *, open_tasks: int) -> int:
    """Copy an application with its tasks, lines, clocks and events until so many tasks lie open; gives how many do."""
    with owner.cursor() as cursor:
        cursor.execute("select count(*) from review_task where application_id = %s", [application_id])
        (tasks,) = cursor.fetchone() or (0,)
        cases = -(-open_tasks // tasks)
        for table, changes in _COPIES.items():
            key = "id" if table == "application" else "application_id"
            cursor.execute(
                f"insert into {table} overriding user value "  # noqa: S608 the names above
                "select made.* "
                f"from {table} x, (select %(open)s::int as open) o, generate_series(1, %(all)s) n, "
                f"lateral (select (array['dw', 'gx', 'jk', 'lg'])[1 + mod(n, 4)] as area) a, "
                f"lateral jsonb_populate_record(x, jsonb_build_object({changes})) made where x.{key} = %(of)s",
                {"open": cases, "all": cases + FINISHED_CASES, "of": application_id},
            )
        cursor.execute("vacuum analyze")
        cursor.execute("select count(*) from review_task where status in ('open', 'taken', 'checking', 'forwarded')")
        (found,) = cursor.fetchone() or (0,)
    return int(found)


def _at_the_desk(client: FlaskClient, login: str) -> FlaskClient:
    with sitting() as office:
        logged_in = accounts.log_in(office, login=login, password=DEMO_PASSWORD)
    assert logged_in is not None, "the demo people are loaded"
    with client.session_transaction() as cookie:
        cookie[TOKEN] = logged_in[0]
    return client


def _tasks_of(owner: psycopg.Connection[Any], login: str) -> Sequence[UUID]:
    rows = owner.execute(
        "select id from review_task where unit_code = (select unit_code from account where login = %s) "
        "and status = 'open' order by md5(id::text) limit 1000",
        [login],
    )
    return [row[0] for row in rows]


def _timed(client: FlaskClient, addresses: Iterator[str]) -> list[float]:
    taken_ms = []
    for address in addresses:
        start = time.perf_counter()
        answer = client.get(address)
        taken_ms.append(round((time.perf_counter() - start) * 1000, 1))
        assert answer.status_code == 200, (address, answer.status_code)
    return taken_ms[WARM:] if len(taken_ms) > 2 * WARM else taken_ms
