"""The ground that all contestants stand on: durable engines, a city without human waits, applications taken in.

Each run gets its own copy of the same database, so that nobody works on what another has left behind.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import redis

from services import intake, setting_up
from services import sitting as sittings
from shared import settings as settings_module
from shared.db import accounts, clock, engine
from shared.domain.errors import Unavailable
from shared.domain.facts import Facts
from shared.engines.postgres import EmbeddedPostgres, create_database, drop_database
from shared.engines.valkey import EmbeddedValkey
from shared.packs import load_pack
from shared.settings import ROOT, settings

TENANT = "hanhai"
SEED = "bench_seed"
#: Processed before the clock starts, so that every process has its imports, connections and city in memory.
WARM_ROUNDS, WARM_SIZE = 6, 5
WARM = WARM_ROUNDS * WARM_SIZE

#: Case E1 as an applicant states it; every application differs from it in its areas and price.
E1: Mapping[str, Any] = {
    name: fact
    for name, fact in json.loads((ROOT / "docs" / "examples" / "E1.json").read_text(encoding="utf-8")).items()
    if name not in ("case", "accepted_on")
}
#: When all seven items were in force, so that every line is really computed.
THAT_DAY = datetime(2014, 9, 15, 9, 30, tzinfo=clock.CHINA)
#: What the bench's city decides otherwise than the sample city: nobody has to act between submission and bill.
_DECIDED = (
    ("city.yaml", r"bill_waits_for: \w+", "bill_waits_for: lines"),
    ("items.yaml", r"confirm_required: true", "confirm_required: false"),
    ("materials.yaml", r"required: always", "required: optional"),
)


@dataclass(frozen=True, slots=True)
class Case:
    """An application with what is asked of it: its fee lines, each with the unit whose queue it goes to."""

    application_id: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Arena:
    """One run's own copy of everything: environment of its processes, warm-up rounds, the cases that count."""

    name: str
    database_url: str
    redis_url: str
    environment: Mapping[str, str]
    warm_ups: tuple[tuple[Case, ...], ...]
    cases: tuple[Case, ...]
    #: What each application must be billed, 分, computed by the tariff alone.
    expected_fen: Mapping[str, int]
    engine_pids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ground:
    """Running engines and the database that every run copies; `intake_ms` is what each submission took."""

    var_dir: Path
    postgres_url: str
    redis_url: str
    intake_ms: tuple[float, ...]
    warm_ups: tuple[tuple[Case, ...], ...]
    cases: tuple[Case, ...]
    expected_fen: Mapping[str, int]
    engine_pids: tuple[int, ...]

    @contextmanager
    def arena(self, name: str) -> Iterator[Arena]:
        """A fresh copy, an empty broker and this process's settings pointing to both."""
        database_url = create_database(self.postgres_url, name, template=SEED)
        try:
            with psycopg.connect(self.postgres_url, autocommit=True) as connection:
                connection.execute("checkpoint")  # the copy is not paid for by whoever runs first
            with redis.Redis.from_url(self.redis_url) as broker:
                broker.flushall()
            environment = point_to(database_url, self.redis_url, self.var_dir)
            yield Arena(
                name,
                database_url,
                self.redis_url,
                environment,
                self.warm_ups,
                self.cases,
                self.expected_fen,
                self.engine_pids,
            )
        finally:
            forget_settings()
            drop_database(self.postgres_url, name)


@contextmanager
def prepared(var_dir: Path, *, applications: int) -> Iterator[Ground]:
    """Engines with their durable defaults (fsync on) under `var_dir`, and a database with the applications taken in.

    What an earlier run has left in `var_dir` is removed. Raises `Unavailable` while one is still running there.
    """
    if EmbeddedPostgres(var_dir).running_url() is not None:
        raise Unavailable(f"another bench runs in {var_dir}")
    shutil.rmtree(var_dir, ignore_errors=True)
    var_dir.mkdir(parents=True)
    packs = _write_city(var_dir / "packs")
    (var_dir / "fonts").symlink_to(settings().fonts_dir.resolve())
    before = {name: os.environ.get(name) for name in (*_NAMES, "PACKS_DIR", "SECRET_KEY")}
    with ExitStack() as closing:
        postgres = closing.enter_context(EmbeddedPostgres(var_dir))
        valkey = closing.enter_context(EmbeddedValkey(var_dir))
        postgres_url, redis_url = postgres.url, valkey.url
        closing.callback(_put_back, before)
        os.environ |= {"PACKS_DIR": str(packs), "SECRET_KEY": secrets.token_hex(32)}
        seed_url = create_database(postgres_url, SEED)
        point_to(seed_url, redis_url, var_dir)
        setting_up.load_city(seed_url, packs / TENANT, keys_dir=settings().keys_dir, with_demo_people=True)
        with sittings.sitting() as office:
            clock.set_to(office.session, TENANT, THAT_DAY)
        taken_ms = _take_in(WARM + applications)
        forget_settings()
        with psycopg.connect(seed_url, autocommit=True) as owner:
            cases, expected_fen = _read(owner, packs / TENANT)
            # Handing the lines over is what each contestant does in its own way, with the clock running.
            owner.execute("delete from outbox where task = 'assess_lines'")
            owner.execute("update outbox set published_at = now(), done_at = now()")
            owner.execute("vacuum analyze")
        warm, counted = cases[:WARM], cases[WARM:]
        yield Ground(
            var_dir,
            postgres_url,
            redis_url,
            tuple(taken_ms[WARM:]),
            tuple(warm[start : start + WARM_SIZE] for start in range(0, WARM, WARM_SIZE)),
            counted,
            expected_fen,
            tuple(pid for pid in (postgres.pid, valkey.pid) if pid),
        )


_NAMES = ("DATABASE_URL", "REDIS_URL", "VAR_DIR", "DEMO", "LOG_FORMAT")


def point_to(database_url: str, redis_url: str, var_dir: Path) -> dict[str, str]:
    """Make this process and its children work on a database and a broker; gives the environment."""
    values = (database_url, redis_url, str(var_dir), "true", "json")
    os.environ |= dict(zip(_NAMES, values, strict=True))
    forget_settings()
    return dict(os.environ)


def forget_settings() -> None:
    """Read settings, connections and keys anew at their next use."""
    if engine.engine.cache_info().currsize:
        engine.engine().dispose()
    for known in (engine.engine, settings_module.settings, sittings.signer):
        known.cache_clear()


def body_of(index: int) -> dict[str, Any]:
    """The submission of an application; no two have the same areas."""
    facts = dict(E1) | {
        "project_name": f"碧海湾花园{index}号地块",
        "floor_area_m2": f"{80_000 + index * 7 % 9_000}.{index % 100:02d}",
        "project_cost": f"{150_000_000 + index * 13}.00",
        "contract_price": f"{150_000_000 + index * 11}.00",
    }
    return {"facts": facts, "area_code": "dw", "site": "瀚海市东湾区碧海路18号", "attachments": []}


def submit(index: int) -> UUID:
    """Take one application in through the real service, in its own transaction."""
    with sittings.sitting() as office:
        found = accounts.find(office.session, "applicant")
        assert found is not None, "the demo people are loaded"
        return intake.submit(office, account=found[0], body=body_of(index), key=str(uuid4())).application_id


def _take_in(count: int) -> list[float]:
    taken_ms = []
    for index in range(count):
        start = time.perf_counter()
        submit(index)
        taken_ms.append((time.perf_counter() - start) * 1000)
    return taken_ms


def _read(owner: psycopg.Connection[Any], pack_folder: Path) -> tuple[tuple[Case, ...], dict[str, int]]:
    """The applications in the order of their numbers, and what the tariff says that each owes."""
    lines: dict[str, list[tuple[str, str]]] = {}
    for application_id, line_id, unit_code in owner.execute(
        "select a.id, l.id, l.unit_code from application a join fee_line l on l.application_id = a.id "
        "order by a.number, l.seq"
    ):
        lines.setdefault(str(application_id), []).append((str(line_id), unit_code))
    tariff = load_pack(pack_folder).tariff
    expected_fen = {
        str(application_id): sum(line.due_fen for line in tariff.assess(Facts.from_json(facts)))
        for application_id, facts in owner.execute("select id, facts from application")
    }
    return tuple(Case(each, tuple(its)) for each, its in lines.items()), expected_fen


def _write_city(packs: Path) -> Path:
    shutil.copytree(ROOT / "packs" / TENANT, packs / TENANT)
    for file_name, pattern, replacement in _DECIDED:
        path = packs / TENANT / file_name
        text, changed = re.subn(pattern, replacement, path.read_text(encoding="utf-8"))
        if not changed:
            raise Unavailable(f"the sample pack has no '{pattern}' in {file_name} any more: the bench must follow it")
        path.write_text(text, encoding="utf-8")
    return packs


def _put_back(before: Mapping[str, str | None]) -> None:
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    forget_settings()
