"""A database that goes away in mid-request: a clear answer, nothing half done, and the retry succeeds once."""

from __future__ import annotations

import os
import threading
import time

import pytest
from office import Office
from sqlalchemy import text
from watching import as_owner, counts

from services import intake
from shared.db.engine import make_engine, unit_of_work
from shared.domain.errors import Unavailable
from shared.settings import settings


def end_all_other_connections() -> int:
    """What a restart of the server does to those who are connected; gives how many they were."""
    with as_owner() as session:
        ended = session.execute(
            text(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where datname = current_database() and pid <> pg_backend_pid()"
            )
        ).all()
    return len(ended)


class TestALostDatabase:
    def test_in_mid_request_is_unavailable_and_the_retry_is_the_first_success(self, office: Office) -> None:
        body, account = office.body(), office.account("applicant")

        def submit_and_lose_the_database() -> None:
            with office.sits() as sitting:
                intake.submit(sitting, account=account, body=body, key="key-1")
                assert end_all_other_connections() > 0

        with pytest.raises(Unavailable):
            submit_and_lose_the_database()
        assert counts("application", "submission", "outbox") == {"application": 0, "submission": 0, "outbox": 0}

        received = office.receives(body, key="key-1")

        assert not received.repeated
        assert office.one("select last from number_series where series like 'application:%'") == 1

    def test_between_requests_is_not_even_noticed(self, office: Office) -> None:
        office.account("applicant")
        end_all_other_connections()

        assert office.receives().number

    def test_that_is_not_there_is_unavailable(self, database_url: str) -> None:
        nowhere = make_engine("postgresql://yidan@127.0.0.1:1/yidan", pool_size=1)
        with pytest.raises(Unavailable), unit_of_work(on=nowhere) as session:
            session.execute(text("select 1"))
        nowhere.dispose()
        assert os.environ["DATABASE_URL"] == database_url

    def test_whose_rows_somebody_holds_for_too_long_is_unavailable(self, office: Office) -> None:
        received = office.receives()
        task = office.tasks(received.application_id)[0]
        held, enough = threading.Event(), threading.Event()

        def hold() -> None:
            with as_owner() as session:
                session.execute(text("select 1 from application for update"))
                held.set()
                enough.wait(20)

        holder = threading.Thread(target=hold, daemon=True)
        holder.start()
        assert held.wait(10)
        began = time.monotonic()
        with pytest.raises(Unavailable), unit_of_work(settings().tenant) as session:
            session.execute(text("select set_config('lock_timeout', '200', true), id from application for update"))
        assert time.monotonic() - began < 5
        enough.set()
        holder.join(10)
        office.decides(task)
