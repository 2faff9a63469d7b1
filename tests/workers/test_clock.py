"""The clock as a process: it looks by itself, outlives trouble, and stays small."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from office import Office
from sqlalchemy import text
from watching import as_owner

from services import notices, reminders
from services.sitting import Sitting
from shared.domain.errors import Unavailable
from workers import clock
from workers.clock import Round, look_once

ROOT = Path(__file__).resolve().parents[2]
#: What the process may hold, MiB; it loads neither the broker nor the PDF engine.
MEMORY_MAX_MIB = 110


def soon(is_so: Callable[[], bool], seconds: float = 60.0) -> bool:
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        if is_so():
            return True
        time.sleep(0.1)
    return False


def steps(office: Office) -> int:
    return int(office.one("select count(*) from clock_step"))


class TestALook:
    def test_puts_what_fails_before_a_person_and_goes_on_with_the_rest(
        self, office: Office, monkeypatch: pytest.MonkeyPatch, logged: list[MutableMapping[str, Any]]
    ) -> None:
        bad, good = office.receives().application_id, office.receives().application_id
        office.at("2014-09-23 09:00")

        def fails(sitting: Sitting, application_id: UUID) -> int:
            if application_id == bad:
                raise ZeroDivisionError
            return reminders.remind(sitting, application_id)

        monkeypatch.setattr(clock, "ROUNDS", (Round("reminders", reminders.due, fails),))
        assert look_once() > 0
        assert look_once() == 0

        assert office.rows("select distinct application_id from clock_step") == [(good,)]
        (case,) = office.rows("select application_id from case_item where kind = 'clock_failed'")
        assert case.application_id == bad
        assert [each["problem"] for each in logged if each["event"] == "round_failed"] == ["ZeroDivisionError"] * 2

        monkeypatch.undo()
        assert look_once() > 0

    def test_goes_on_when_it_cannot_even_look_for_one_thing(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        office.receives()
        office.at("2014-09-23 09:00")

        def broken(_sitting: Sitting) -> list[UUID]:
            raise ZeroDivisionError

        monkeypatch.setattr(clock, "ROUNDS", (Round("broken", broken, reminders.remind), *clock.ROUNDS))
        assert look_once() > 0

    def test_waits_for_a_store_that_does_not_answer(self, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        office.receives()
        office.at("2014-09-23 09:00")

        def away(_sitting: Sitting, _application_id: UUID) -> int:
            raise Unavailable("数据库暂时无法访问")

        monkeypatch.setattr(clock, "ROUNDS", (Round("reminders", reminders.due, away),))
        with pytest.raises(Unavailable):
            look_once()
        assert office.one("select count(*) from case_item") == 0


class TestTheProcess:
    def test_looks_by_itself_stays_small_and_ends_when_told(self, office: Office, tmp_path: Path) -> None:
        office.receives()
        office.at("2014-09-23 09:00")
        log = tmp_path / "clock.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "workers.clock"],
                cwd=ROOT,
                stderr=output,
                env=os.environ | {"LOG_FORMAT": "json"},
            )
        try:
            assert soon(lambda: steps(office) > 0), log.read_text()
            status = Path(f"/proc/{process.pid}/status").read_text()
            found = re.search(r"VmRSS:\s+(\d+) kB", status)
            assert found is not None
            assert int(found[1]) < MEMORY_MAX_MIB * 1024
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        assert "clock_looked" in log.read_text()
        assert not re.search(r"沈嘉禾|周明远|13\d{9}", log.read_text())

    def test_killed_in_the_middle_leaves_nothing_half_done(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        received = office.receives().application_id
        office.at("2014-09-28 09:00")

        class Killed(BaseException):
            """Stands for SIGKILL between the steps and their notices."""

        def dies(*_: object, **__: object) -> None:
            raise Killed

        monkeypatch.setattr(reminders.notices, "gather", dies)
        with pytest.raises(Killed):
            look_once()
        assert steps(office) == 0
        monkeypatch.undo()
        assert look_once() > 0
        with as_owner() as session:
            untold = session.execute(
                text(
                    "select s.step from clock_step s where s.application_id = :id and not exists (select from "
                    "notice_line l join notice n on n.key = l.told_as || ':' || l.mark "
                    "where l.key = 'step:' || s.clock_id || ':' || s.due_on || ':' || s.step)"
                ),
                {"id": received},
            ).all()
        assert untold == []

    def test_killed_before_it_told_is_followed_by_one_that_tells(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        office.receives()
        office.at("2014-09-23 09:00")

        class Killed(BaseException):
            """Stands for SIGKILL between two notices."""

        told: list[Any] = []

        def dies(*people: Any, **said: Any) -> None:
            if told:
                raise Killed
            told.append(said)

        monkeypatch.setattr(notices, "tell", dies)
        with pytest.raises(Killed):
            look_once()
        waiting = "select count(*) from notice_line where told_as = ''"
        assert office.one(waiting) == office.one("select count(*) from notice_line") > 0
        monkeypatch.undo()
        assert look_once() == 0
        assert office.one(waiting) == 0
