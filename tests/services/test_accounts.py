"""Log-ins: a stranger learns nothing, guessing is slowed, and a session ends the moment somebody ends it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from argon2 import PasswordHasher
from office import Office
from sqlalchemy import text
from watching import as_owner

from services import accounts
from services.accounts import FAILURES_MAX, FAILURES_WINDOW, IDLE, LONGEST, TooManyFailures
from services.setting_up import DEMO_PASSWORD
from shared.db.accounts import AccountRow
from shared.domain.errors import Invalid


def log_in(office: Office, login: str = "finance", password: str = DEMO_PASSWORD) -> tuple[str, AccountRow] | None:
    with office.sits() as sitting:
        return accounts.log_in(sitting, login=login, password=password, user_agent="a test")


def token_of(office: Office, login: str = "finance", password: str = DEMO_PASSWORD) -> str:
    found = log_in(office, login, password)
    assert found is not None
    return found[0]


def who(office: Office, token: str) -> str | None:
    with office.sits() as sitting:
        found = accounts.who(sitting, token)
    return found[0].login if found else None


def let_pass(table: str, column: str, time: timedelta) -> None:
    with as_owner() as session:
        session.execute(text(f"update {table} set {column} = {column} - :time"), {"time": time})


class TestLoggingIn:
    def test_gives_a_token_of_which_only_the_digest_is_stored(self, office: Office) -> None:
        token = token_of(office)

        assert who(office, token) == "finance"
        stored = office.one("select token_digest from login_session")
        assert bytes.fromhex(token.partition(".")[2]) not in bytes(stored)
        assert len(stored) == 32

    def test_answers_the_same_for_a_wrong_password_an_unknown_and_a_disabled_person(self, office: Office) -> None:
        with office.sits() as sitting:
            accounts.set_active(sitting, account_id=office.account("leader").id, is_active=False)
        answers = [
            log_in(office, login, password)
            for login, password in (
                ("finance", "wrong password"),
                ("nobody", DEMO_PASSWORD),
                ("leader", DEMO_PASSWORD),
                ("finance", ""),
                ("", DEMO_PASSWORD),
                ("finance", DEMO_PASSWORD + " "),
                ("finance", "half\ud800character"),
                ("half\ud800", DEMO_PASSWORD),
                ("nul\x00", DEMO_PASSWORD),
                ("' or 1=1 --", DEMO_PASSWORD),
            )
        ]
        assert answers == [None] * 10

    def test_is_refused_unseen_after_too_many_failures_and_open_again_later(self, office: Office) -> None:
        for _ in range(FAILURES_MAX):
            assert log_in(office, password="wrong password") is None
        with pytest.raises(TooManyFailures):
            log_in(office)
        assert log_in(office, "leader") is not None  # others are not held up

        let_pass("login_failure", "at", FAILURES_WINDOW)
        assert log_in(office) is not None

    def test_rightly_ends_the_count_of_failures(self, office: Office) -> None:
        for _ in range(2):
            for _ in range(FAILURES_MAX - 1):
                log_in(office, password="wrong password")
            assert log_in(office) is not None

    def test_strengthens_a_hash_that_is_weaker_than_todays(self, office: Office) -> None:
        weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(DEMO_PASSWORD)
        with as_owner() as session:
            session.execute(text("update account set password_hash = :weak where login = 'finance'"), {"weak": weak})
        token_of(office)

        stored = office.one("select password_hash from account where login = 'finance'")
        assert stored != weak
        assert not accounts.HASHER.check_needs_rehash(stored)
        assert "m=19456,t=2" in stored


class TestASession:
    def test_ends_when_it_is_revoked_alone_or_with_all_others(self, office: Office) -> None:
        first, second, third = token_of(office), token_of(office), token_of(office)
        account = office.account("finance")
        with office.sits() as sitting:
            assert accounts.log_out(sitting, account_id=account.id, session_id=UUID(hex=first.partition(".")[0])) == 1
        assert [who(office, each) for each in (first, second, third)] == [None, "finance", "finance"]
        with office.sits() as sitting:
            assert accounts.log_out(sitting, account_id=account.id) == 2
        assert [who(office, each) for each in (first, second, third)] == [None] * 3

    def test_of_another_cannot_be_revoked(self, office: Office) -> None:
        token = token_of(office)
        with office.sits() as sitting:
            ended = accounts.log_out(
                sitting, account_id=office.account("leader").id, session_id=UUID(hex=token.partition(".")[0])
            )
        assert ended == 0
        assert who(office, token) == "finance"

    def test_ends_with_the_account_and_with_the_password(self, office: Office) -> None:
        token, account = token_of(office), office.account("finance")
        with office.sits() as sitting:
            accounts.set_active(sitting, account_id=account.id, is_active=False)
        assert who(office, token) is None
        with office.sits() as sitting:
            accounts.set_active(sitting, account_id=account.id, is_active=True)
        assert who(office, token) is None

        token = token_of(office)
        with office.sits() as sitting:
            accounts.change_password(sitting, account=account, old=DEMO_PASSWORD, new="another-good-one")
        assert who(office, token) is None
        assert log_in(office) is None
        assert log_in(office, password="another-good-one") is not None

    def test_times_out_when_idle_and_in_any_case_after_half_a_day(self, office: Office) -> None:
        token = token_of(office)
        let_pass("login_session", "last_seen_at", IDLE - timedelta(minutes=1))
        assert who(office, token) == "finance"
        let_pass("login_session", "last_seen_at", IDLE - timedelta(minutes=1))
        assert who(office, token) == "finance"  # being seen moved the time-out on
        let_pass("login_session", "last_seen_at", IDLE)
        assert who(office, token) is None

        token = token_of(office)
        let_pass("login_session", "created_at", LONGEST)
        assert who(office, token) is None

    def test_is_nobodys_with_a_token_that_was_made_up(self, office: Office) -> None:
        token = token_of(office)
        session_id, _, secret = token.partition(".")
        for made_up in (
            "",
            ".",
            "x.y",
            session_id,
            f"{session_id}.",
            f"{session_id}.{'00' * 32}",
            f"{uuid4().hex}.{secret}",
            f"{token}00",
            token[:-2],
            "\x00.\ud800",
        ):
            assert who(office, made_up) is None


class TestPasswords:
    @pytest.mark.parametrize("password", ["", "short", "x" * 201, "half\ud800character", "nul\x00character"])
    def test_that_are_none_are_refused(self, password: str) -> None:
        with pytest.raises(Invalid) as refusal:
            accounts.hash_password(password)
        assert [each.field for each in refusal.value.problems] == ["password"]

    def test_may_be_long_and_chinese_and_count_to_the_last_character(self, office: Office) -> None:
        long = "一张缴费通知书一份网上回执" * 15
        account = office.account("finance")
        with office.sits() as sitting:
            accounts.change_password(sitting, account=account, old=DEMO_PASSWORD, new=long)
        assert log_in(office, password=long[:-1]) is None
        assert log_in(office, password=long) is not None

    def test_change_only_for_somebody_who_knows_the_old_one(self, office: Office) -> None:
        account = office.account("finance")
        with pytest.raises(Invalid) as refusal, office.sits() as sitting:
            accounts.change_password(sitting, account=account, old="wrong", new="another-good-one")
        assert [each.field for each in refusal.value.problems] == ["old_password"]
        assert log_in(office) is not None
