"""What the processes of a whole office hold in memory under load: submissions, bills, receipts, pages and API calls."""

from __future__ import annotations

import json
import time
from urllib.request import Request, urlopen

import psycopg

from bench import ground, proc, receipt
from console.stack import Stack
from services.setting_up import DEMO_PASSWORD
from shared.settings import Settings

PATIENCE_S = 120.0
PAGES = ("/", "/progress", "/verify", "/login")


def run(where: ground.Ground, *, applications: int) -> dict[str, float]:
    """The highest resident memory of the largest process of each part of the office, MB, after the load.

    Raises `TimeoutError` when a document does not come.
    """
    with (
        where.arena("bench_memory") as arena,
        psycopg.connect(arena.database_url, autocommit=True) as judge,
        Stack(Settings(), prepare=lambda _settings: None).up() as office,
    ):
        token = _token(office.web_url)
        for index in range(applications):
            application_id = ground.submit(3_000_000 + index)
            _look(office.web_url, token)
            _until(judge, "select exists (select from bill where application_id = %s)", application_id)
            receipt.pay(application_id)
        _until(judge, "select not exists (select from document d join outbox o on o.subject_id = d.id "
               "where o.done_at is null)")  # fmt: skip
        return {
            name: max(proc.resident_mb(each, peak=True) or 0.0 for each in proc.family(pid))
            for name, pid in office.pids().items()
        }


def _token(web_url: str) -> str:
    body = json.dumps({"login": "applicant", "password": DEMO_PASSWORD}).encode()
    request = Request(f"{web_url}/api/v1/sessions", body, {"Content-Type": "application/json"})  # noqa: S310 our own web
    with urlopen(request, timeout=30) as answer:  # noqa: S310 our own web
        token: str = json.load(answer)["token"]
    return token


def _look(web_url: str, token: str) -> None:
    """A few pages and the list of one's applications, as people and programs ask for them meanwhile."""
    for path in (*PAGES, "/api/v1/applications"):
        request = Request(f"{web_url}{path}", headers={"Authorization": f"Bearer {token}"})  # noqa: S310 our own web
        with urlopen(request, timeout=30) as answer:  # noqa: S310 our own web
            answer.read()


def _until(judge: psycopg.Connection[tuple[object, ...]], question: str, *values: object) -> None:
    ends_at = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends_at:
        row = judge.execute(question, values).fetchone()
        if row is not None and row[0]:
            return
        time.sleep(0.05)
    raise TimeoutError(f"still not so after {PATIENCE_S:.0f} s: {question}")
