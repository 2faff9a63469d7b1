"""Log-ins: a token in a cookie, rows that can be revoked, guessing slowed, and the way back to what was wanted."""

from __future__ import annotations

import re

import pytest
from office import Office

from services.setting_up import DEMO_PASSWORD
from web.auth.access import same_site_path


class TestLogIn:
    def test_brings_each_role_to_its_own_desk(self, visitor) -> None:
        homes = {
            "applicant": "/apply", "rf-officer": "/desk", "finance": "/finance",
            "leader": "/board", "admin": "/admin", "operator": "/ops",
        }  # fmt: skip

        assert {login: visitor().logs_in(login).headers["Location"] for login in homes} == homes

    def test_says_the_same_for_a_wrong_password_and_an_unknown_name(self, office: Office, visitor) -> None:
        wrong = visitor().logs_in("applicant", password="not-the-password")
        unknown = visitor().logs_in("nobody", password="not-the-password")

        assert wrong.status_code == unknown.status_code == 401
        assert "用户名或密码不正确" in wrong.text
        assert 'value="applicant"' in wrong.text
        assert "not-the-password" not in wrong.text
        assert office.one("select count(*) from login_failure") == 2

    def test_comes_back_to_the_page_that_was_wanted(self, visitor) -> None:
        someone = visitor()
        sent = someone.get("/account?x=1")

        assert sent.status_code == 303
        assert sent.headers["Location"] == "/login?next=/account?x%3D1"
        assert someone.logs_in("applicant", next="/account?x=1").headers["Location"] == "/account?x=1"

    @pytest.mark.parametrize(
        "elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "/a b", "javascript:alert(1)", ""]
    )
    def test_never_leads_to_another_site(self, elsewhere: str) -> None:
        assert same_site_path(elsewhere) is None

    def test_starts_a_new_session_and_forgets_the_old_cookie(self, visitor) -> None:
        someone = visitor()
        someone.get("/login")
        before = someone.cookie()
        someone.logs_in("applicant")

        assert before != someone.cookie()
        assert "HttpOnly" in someone.last.headers["Set-Cookie"]
        assert "SameSite=Lax" in someone.last.headers["Set-Cookie"]
        assert someone.last.headers["Cache-Control"] == "no-store"

    def test_wants_the_proof_of_its_own_form(self, office: Office, visitor) -> None:
        someone = visitor()
        refused = someone.client.post("/login", data={"login": "applicant", "password": DEMO_PASSWORD})

        assert refused.status_code == 400
        assert office.one("select count(*) from login_session") == 0

    def test_slows_down_whoever_guesses(self, visitor) -> None:
        guesser = visitor()
        statuses = [guesser.logs_in("applicant", password=f"guess-number-{n}").status_code for n in range(12)]

        assert statuses[:10] == [401] * 10
        assert statuses[10:] == [429, 429]


class TestSessions:
    def test_end_with_logging_out_also_for_a_copied_cookie(self, visitor) -> None:
        someone = visitor("applicant")
        copy = someone.cookie()
        someone.post("/logout")
        thief = visitor()
        thief.client.set_cookie("yidan", copy)

        assert thief.get("/account").status_code == 303

    def test_are_listed_and_ended_one_by_one_or_all_at_once(self, visitor) -> None:
        home, phone, hall = visitor("applicant"), visitor("applicant"), visitor("applicant")
        forms = home.read("/account").select('form[action*="/account/sessions/"][action$="/revoke"]')
        others = [f for f in forms if "本机" not in f.parent.text and not f["action"].endswith("sessions/revoke")]
        assert len(others) == 2

        home.post(others[0]["action"])
        assert sorted(each.get("/account").status_code for each in (home, phone, hall)) == [200, 200, 303]
        home.post("/account/sessions/revoke")
        assert [each.get("/account").status_code for each in (home, phone, hall)] == [303, 303, 303]

    def test_of_others_cannot_be_ended(self, office: Office, visitor) -> None:
        victim, other = visitor("applicant"), visitor("applicant2")
        session_id = office.one(
            "select s.id from login_session s join account a on a.id = s.account_id where login = 'applicant'"
        )
        other.post(f"/account/sessions/{session_id}/revoke")

        assert victim.get("/account").status_code == 200

    def test_end_when_the_account_is_disabled(self, office: Office, visitor) -> None:
        someone = visitor("applicant")
        with office.sits() as sitting:
            from services import accounts

            accounts.set_active(sitting, account_id=office.account("applicant").id, is_active=False)

        assert someone.get("/account").status_code == 303
        assert visitor().logs_in("applicant").status_code == 401


class TestPassword:
    def test_is_changed_and_ends_all_sessions(self, visitor) -> None:
        someone, elsewhere = visitor("applicant"), visitor("applicant")
        changed = someone.post(
            "/account/password",
            old_password=DEMO_PASSWORD, new_password="a new one, long", new_password_again="a new one, long",
        )  # fmt: skip

        assert changed.status_code == 303
        assert "密码已更换" in someone.get("/login").text
        assert elsewhere.get("/account").status_code == 303
        assert visitor().logs_in("applicant").status_code == 401
        assert visitor().logs_in("applicant", password="a new one, long").status_code == 303

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"old_password": "wrong-wrong", "new_password": "a new one, long"}, "old_password"),
            ({"old_password": DEMO_PASSWORD, "new_password": "short"}, "new_password"),
            (
                {"old_password": DEMO_PASSWORD, "new_password": "a new one, long", "again": "another"},
                "new_password_again",
            ),
        ],
    )
    def test_is_refused_beside_the_field(self, visitor, fields: dict[str, str], field: str) -> None:
        again = fields.pop("again", fields["new_password"])
        refused = visitor("applicant").post("/account/password", **fields, new_password_again=again)

        assert refused.status_code == 422
        assert re.search(rf'<a href="#{field}">', refused.text)
        assert f'id="{field}-error"' in refused.text
