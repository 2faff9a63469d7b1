"""Real processes under fire: workers and relay killed and frozen, Redis wiped, callbacks twice; nothing doubles."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from office import E1_TOTAL_FEN, Office
from sqlalchemy import text
from watching import Sums, broken, sums

from services import assessment, review
from shared.db.engine import unit_of_work
from shared.settings import settings
from shared.tasks import BILLING_QUEUE, DOCUMENTS_QUEUE, PAYMENTS_QUEUE, department_queue

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
APPLICATIONS = 40
#: Longest that everything may take to be done after the last fault, seconds.
DRAIN_SECONDS = 60.0

pytestmark = [pytest.mark.faults, pytest.mark.timeout(280)]


class Crew:
    """The relay and the workers as processes, each in a group of its own that can be killed or frozen."""

    def __init__(self, redis_url: str, folder: Path, queues: list[str]) -> None:
        config = settings()
        self._environment = {
            **os.environ,
            "DATABASE_URL": config.database_url,
            "REDIS_URL": redis_url,
            "VAR_DIR": str(config.var_dir),
            "SECRET_KEY": config.secret_key.get_secret_value(),
            "PYTHONPATH": f"{ROOT}{os.pathsep}{HERE}",
            "LOG_FORMAT": "json",
        }
        workers = [sys.executable, "-m", "dramatiq", "hurried", "--processes", "1", "--threads", "4", "--skip-logging"]
        self._commands = {
            "relay": [sys.executable, str(HERE / "hurried.py")],
            "second relay": [sys.executable, str(HERE / "hurried.py")],
            "workers": [*workers, "--queues", *queues],
        }
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        with (self._folder / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                self._commands[name],
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def signal(self, name: str, number: signal.Signals) -> None:
        """To the whole group, as a power cut or a frozen machine would."""
        os.killpg(self._running[name].pid, number)

    def kill(self, name: str) -> None:
        self.signal(name, signal.SIGKILL)
        self._running.pop(name).wait(10)

    def kill_worker_process_only(self) -> None:
        """The out-of-memory killer takes one process; dramatiq's master then ends by itself."""
        master = self._running["workers"]
        children = Path(f"/proc/{master.pid}/task/{master.pid}/children").read_text(encoding="ascii").split()
        for child in children:
            os.kill(int(child), signal.SIGKILL)
        master.wait(20)
        self._running.pop("workers")

    def stop(self) -> None:
        for process in self._running.values():
            os.killpg(process.pid, signal.SIGCONT)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)

    def said(self) -> str:
        return "".join(
            f"--- {log.name}\n{log.read_text(encoding='utf-8')[-3000:]}" for log in sorted(self._folder.glob("*.log"))
        )


@pytest.fixture
def store(redis_url: str) -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(redis_url)
    client.flushall()
    yield client
    client.flushall()
    client.close()


@pytest.fixture
def crew(office: Office, redis_url: str, tmp_path: Path) -> Iterator[Crew]:
    with office.sits() as sitting:
        departments = [department_queue(unit) for unit in sitting.city.units]
    made = Crew(redis_url, tmp_path, [BILLING_QUEUE, PAYMENTS_QUEUE, *departments])
    yield made
    made.stop()


def number_of(query: str) -> int:
    with unit_of_work(settings().tenant) as session:
        return int(session.execute(text(query), {"documents": DOCUMENTS_QUEUE}).scalar_one())


def in_hand() -> int:
    return number_of("select count(*) from outbox where lease is not null and done_at is null")


def open_work() -> int:
    return number_of("select count(*) from outbox where done_at is null and dead_at is null and queue <> :documents")


def wait_until(is_so: Callable[[], bool], what: str, crew: Crew, seconds: float = DRAIN_SECONDS) -> None:
    ends_at = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < ends_at, f"{what} took longer than {seconds} s\n{crew.said()}"
        time.sleep(0.005)


def decide_everything(office: Office, application_id: Any, people: dict[str, Any]) -> None:
    """All officers of one application, in one go."""
    tasks, lines = office.tasks(application_id), office.lines(application_id)
    with office.sits() as sitting:
        for line in lines:
            if line.state == "assessed":
                assessment.confirm_line(sitting, line_id=line.id, actor=people[line.unit_code], version=line.version)
        for task in tasks:
            review.decide(sitting, task_id=task.id, actor=people[task.unit_code], approve=True, opinion="同意")


class TestAnOfficeUnderFire:
    def test_ends_with_one_bill_one_payment_and_one_receipt_each(
        self, office: Office, crew: Crew, store: redis.Redis
    ) -> None:
        with office.sits() as sitting:
            units = list(sitting.city.units)
        people = {unit: office.actor(f"{unit}-officer") for unit in units}
        crew.start("relay")
        crew.start("workers")
        wait_until(lambda: bool(store.keys("dramatiq:__heartbeats__*")), "the start", crew, 30)

        received = []
        for number in range(APPLICATIONS):
            received.append(office.receives())
            if number == 10:
                wait_until(lambda: in_hand() > 0, "a batch in hand", crew)
                crew.kill("workers")
                crew.start("workers")
            elif number == 20:
                crew.kill("relay")
                store.flushall()
                crew.start("relay")
        wait_until(
            lambda: number_of("select count(*) from fee_line where state = 'pending'") == 0, "the assessment", crew
        )
        for number, each in enumerate(received):
            decide_everything(office, each.application_id, people)
            if number == APPLICATIONS // 3:
                store.flushall()
            elif number == APPLICATIONS // 2:
                wait_until(lambda: in_hand() > 0, "bills in hand", crew)
                crew.kill_worker_process_only()
                crew.start("workers")
        wait_until(lambda: number_of("select count(*) from bill") == APPLICATIONS, "the bills", crew)
        callbacks = [office.callback(office.bills(each.application_id)[0]) for each in received]
        for number, callback in enumerate(callbacks):
            office.hears_from_bank(callback)
            office.hears_from_bank(callback)
            if number == APPLICATIONS // 2:
                wait_until(lambda: in_hand() > 0, "payments in hand", crew)
                crew.signal("workers", signal.SIGSTOP)  # frozen for longer than its lease
                crew.start("second relay")
                time.sleep(3.0)
                store.flushall()
                crew.signal("workers", signal.SIGCONT)
        wait_until(lambda: number_of("select count(*) from receipt") == APPLICATIONS, "the receipts", crew)
        wait_until(lambda: open_work() == 0, "the rest", crew)

        assert number_of("select count(*) from outbox where attempts > 1") > 0, "no fault hit anything in hand"
        for each in received:
            assert sums(each.application_id) == Sums(*(E1_TOTAL_FEN,) * 5, 1, 1, 1)
        assert number_of("select count(*) from case_item") == 0
        assert broken() == {}
        assert number_of("select last from number_series where series like 'bill:%'") == APPLICATIONS
