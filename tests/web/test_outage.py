"""A store that goes away in mid-request: nothing half, nothing lost that was typed, nothing doubled afterwards."""

from __future__ import annotations

import pytest
from office import Office
from sqlalchemy import text
from test_apply import is_ready, starts, submission

from services import intake
from shared.db.engine import make_engine
from shared.settings import settings


def cuts_every_line(url: str) -> None:
    """End every connection to this database, as a restart of the server would."""
    owner = make_engine(url, as_app=False, pool_size=1)
    with owner.connect() as connection:
        connection.execute(
            text(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where datname = current_database() and pid <> pg_backend_pid()"
            )
        )
    owner.dispose()


class TestLostDatabase:
    def test_in_mid_submission_is_a_503_and_the_retry_makes_one_application(
        self, office: Office, visitor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        applicant = visitor("applicant")
        draft = is_ready(applicant, office)
        form = submission(applicant, draft)
        original = intake.cases.add
        faults = iter([True])

        def add(*args, **kwargs):
            if next(faults, False):
                cuts_every_line(settings().database_url)
            return original(*args, **kwargs)

        monkeypatch.setattr(intake.cases, "add", add)
        lost = applicant.post(f"{draft}/submit", form)

        assert lost.status_code == 503
        assert lost.headers["Retry-After"] == "2"
        assert office.one("select count(*) from application") == 0
        assert office.one("select count(*) from outbox") == 0
        again = {
            field["name"]: field.get("value", "") for field in applicant.tree().select("main form input[type=hidden]")
        }
        assert again["submission"] == form["submission"]
        done = applicant.post(f"{draft}/submit", again)
        assert done.status_code == 303
        assert applicant.post(f"{draft}/submit", again).headers["Location"] == done.headers["Location"]
        assert office.one("select count(*) from application") == 1

    def test_between_two_requests_is_not_noticed(self, visitor) -> None:
        applicant = visitor("applicant")
        draft = starts(applicant)
        cuts_every_line(settings().database_url)
        assert applicant.post(f"{draft}/project", project_name="断线之后", then="later").status_code == 303

    def test_that_stays_away_gives_back_everything_typed(self, visitor, configured) -> None:
        applicant = visitor("applicant")
        draft = starts(applicant)
        proof = applicant.proof()
        url = settings().database_url
        configured(DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
        typed = {
            "csrf_token": proof,
            "project_name": '碧海 <湾> & "花园" 䶮',
            "site": "路",
            "old_password": "secret-word",
        }
        applicant.last = applicant.client.post(f"{draft}/project", data=typed)
        page = applicant.tree()

        assert applicant.last.status_code == 503
        kept = {field["name"]: field["value"] for field in page.select("main form input[type=hidden]")}
        assert kept.pop("csrf_token")
        assert kept == {"project_name": '碧海 <湾> & "花园" 䶮', "site": "路"}
        assert "secret-word" not in applicant.last.text
        configured(DATABASE_URL=url)
        assert applicant.post(f"{draft}/project", kept).status_code == 422
        assert applicant.read(f"{draft}/project").select_one("#project_name")["value"] == kept["project_name"]

    def test_is_a_page_for_readers_and_json_for_programs(self, web, visitor, configured) -> None:
        applicant = visitor("applicant")
        configured(DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")

        page = applicant.get("/apply/")
        assert (page.status_code, page.headers["Retry-After"]) == (503, "2")
        assert "暂时无法办理" in page.text
        answer = web.test_client().get("/api/v1/applications", headers={"Authorization": "Bearer ab.cd"})
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
        assert answer.json["problems"] == []
        assert visitor().client.get("/").status_code == 200


class TestStrangeInput:
    def test_with_nul_is_refused_before_it_reaches_a_store(self, visitor) -> None:
        stranger = visitor()
        assert stranger.get("/progress?number=%00").status_code == 400
        assert stranger.post("/login", login="a\x00b", password="x").status_code == 400
        assert stranger.get("/verify/%00").status_code == 400
