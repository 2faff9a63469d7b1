"""Notices: told once for what they are about, on every channel that is known, and read only by those they are for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from email.message import EmailMessage
from typing import Any
from uuid import UUID, uuid4

import pytest
from mailbox_server import MailServer
from office import Office
from sqlalchemy import text
from watching import as_owner, side_by_side

from services import notices
from shared.db import notices as rows
from shared.db.notices import Addressee
from shared.dispatch import compose
from shared.domain.errors import NotFound, Refused
from workers import batches

PHONE = "13900000001"
ADDRESS = "lin@example.org"


@pytest.fixture
def mail() -> Iterator[MailServer]:
    """A mail server of this test's own."""
    with MailServer() as server:
        yield server


@pytest.fixture
def reachable(office: Office, mail: MailServer, configured: Callable[..., None]) -> Office:
    """The office with a mail server, and an applicant with telephone and e-mail."""
    configured(SMTP_URL=f"smtp://127.0.0.1:{mail.port}", MAIL_FROM="一单 <yidan@hanhai.example>")
    with as_owner() as session:
        session.execute(
            text("update account set phone = :phone, email = :email where login = 'applicant'"),
            {"phone": PHONE, "email": ADDRESS},
        )
    return office


def tells(office: Office, key: str = "thing:1", **changes: Any) -> None:
    said = {"kind": "correction", "title": "请补正材料", "body": "碧海湾花园一期须补正 2 项材料。", "href": "/apply/"}
    with office.sits() as sitting:
        people = notices.person(sitting, office.account("applicant").id)
        notices.tell(sitting, people, key=key, **{**said, **changes})


def sends(office: Office) -> None:
    for bell in office.bells():
        if bell.task == "send_notices":
            batches.run_each(notices.to_send, notices.send, notices.record, bell.ids)


def states(office: Office) -> dict[str, str]:
    return {row.channel: row.state for row in office.rows("select channel, state from notice")}


class TestTelling:
    def test_writes_every_channel_that_is_known(self, reachable: Office, mail: MailServer) -> None:
        tells(reachable)
        assert states(reachable) == {"app": "sent", "email": "ready", "sms": "ready"}

        sends(reachable)

        assert states(reachable) == {"app": "sent", "email": "sent", "sms": "sent"}
        (letter,) = mail.letters
        assert letter.recipients == [ADDRESS]
        assert letter.message["Subject"] == "请补正材料"
        assert "/apply/" in letter.message.get_content()
        assert reachable.rows("select phone, text from sms_message") == [
            (PHONE, "请补正材料：碧海湾花园一期须补正 2 项材料。")
        ]

    def test_is_once_for_what_it_is_about(self, reachable: Office) -> None:
        side_by_side(*[lambda: tells(reachable)] * 4)
        assert reachable.one("select count(*) from notice") == 3
        tells(reachable, "thing:2")
        assert reachable.one("select count(*) from notice") == 6

    def test_writes_no_mail_where_no_server_is_set(self, office: Office) -> None:
        with as_owner() as session:
            session.execute(text("update account set email = 'lin@example.org' where login = 'applicant'"))
        tells(office)
        assert states(office) == {"app": "sent"}

    def test_is_forgotten_with_the_act_that_failed(self, office: Office) -> None:
        with suppress(LookupError), office.sits() as sitting:
            notices.tell(sitting, notices.desk(sitting, "zj"), kind="x", key="k", title="t", body="b")
            raise LookupError
        assert office.one("select count(*) from notice") == 0

    def test_reaches_a_named_person_without_a_log_in(self, office: Office) -> None:
        somebody = Addressee(mark="post:sn:head", name="石敬之", phone=PHONE)
        with office.sits() as sitting:
            notices.tell(sitting, [somebody], kind="overdue", key="k", title="超期", body="一件")
        assert states(office) == {"sms": "ready"}


class TestSending:
    def test_twice_sends_once(self, reachable: Office, mail: MailServer) -> None:
        tells(reachable)
        bells = [bell for bell in reachable.bells() if bell.task == "send_notices"]
        for bell in bells * 2:
            batches.run_each(notices.to_send, notices.send, notices.record, bell.ids)
        assert len(mail.letters) == 1
        assert reachable.one("select count(*) from sms_message") == 1

    def test_that_dies_before_it_wrote_so_repeats_with_the_same_message_id(
        self, reachable: Office, mail: MailServer
    ) -> None:
        tells(reachable)
        with reachable.sits() as sitting:
            ids = [row.id for row in reachable.rows("select id from notice where channel <> 'app'")]
            letters = notices.to_send(sitting, ids)
        for letter in letters:
            notices.send(letter)

        sends(reachable)

        first, second = mail.letters
        assert first.message["Message-ID"] == second.message["Message-ID"]
        assert reachable.one("select count(*) from sms_message") == 1

    def test_waits_for_a_server_that_does_not_answer(self, reachable: Office, mail: MailServer) -> None:
        tells(reachable)
        mail.stop()
        sends(reachable)
        assert states(reachable)["email"] == "ready"
        assert reachable.rows(
            "select attempts, dead_at from outbox where done_at is null and task = 'send_notices'"
        ) == [(0, None)]

    @pytest.mark.parametrize(("answer", "state"), [("550 no such user", "failed"), ("451 later", "ready")])
    def test_puts_what_is_refused_for_good_before_a_person(
        self, reachable: Office, mail: MailServer, answer: str, state: str
    ) -> None:
        mail.refuses_with = answer
        tells(reachable)
        sends(reachable)

        assert states(reachable)["email"] == state
        cases = reachable.rows("select reason, data from case_item where kind = 'notice_failed'")
        assert len(cases) == (state == "failed")
        everywhere = reachable.rows("select problem from outbox") + [(each.reason,) for each in cases]
        assert not any(ADDRESS in row[0] or PHONE in row[0] for row in everywhere)


class TestAMail:
    @pytest.mark.parametrize(
        "hostile", ["主题\r\nBcc: all@example.org", "主题\nSubject: 别的", "主题\x0b\x85Bcc: all@example.org"]
    )
    def test_has_no_header_that_its_words_put_there(self, hostile: str) -> None:
        mail = composed(subject=hostile, name=hostile)
        lines = mail.as_bytes().decode().split("\r\n\r\n")[0].split("\r\n")
        assert not any(line.lower().startswith("bcc") for line in lines)
        assert mail["Bcc"] is None
        assert len(mail.get_all("Subject")) == 1

    @pytest.mark.parametrize(
        "address", ["", "nobody", "a@b\nBcc: c@d", "a@b.example, c@d.example", "林@例.example", "<a@b> c"]
    )
    def test_goes_to_one_right_address_or_nowhere(self, address: str) -> None:
        with pytest.raises(Refused):
            composed(address=address)


def composed(**changes: Any) -> EmailMessage:
    given = {"name": "林沐阳", "address": ADDRESS, "subject": "主题", "text": "正文"}
    return compose(sender="一单 <yidan@hanhai.example>", notice_id=uuid4(), **{**given, **changes})


class TestReading:
    def test_is_for_those_who_were_told(self, office: Office) -> None:
        tells(office)
        with office.sits() as sitting:
            notices.tell(sitting, notices.desk(sitting, "zj"), kind="overdue", key="k", title="超期", body="一件")

        assert {login: unread(office, login) for login in ("applicant", "applicant2", "zj-officer", "rf-officer")} == {
            "applicant": 1,
            "applicant2": 0,
            "zj-officer": 1,
            "rf-officer": 0,
        }

    def test_is_noted_once(self, office: Office) -> None:
        tells(office)
        notice_id = office.one("select id from notice")
        office.at("2014-09-15 10:00")
        marks(office, "applicant", notice_id)
        office.at("2014-09-15 11:00")
        marks(office, "applicant", notice_id)
        assert office.one("select read_at at time zone 'Asia/Shanghai' from notice").hour == 10
        assert unread(office, "applicant") == 0

    def test_of_somebody_elses_notice_is_refused(self, office: Office) -> None:
        tells(office)
        with pytest.raises(NotFound):
            marks(office, "applicant2", office.one("select id from notice"))
        marks(office, "applicant2", None)
        assert unread(office, "applicant") == 1


def unread(office: Office, login: str) -> int:
    with office.sits() as sitting:
        return rows.unread(sitting.session, notices.reader(office.account(login)))


def marks(office: Office, login: str, notice_id: UUID | None) -> None:
    account = office.account(login)
    with office.sits() as sitting:
        notices.mark_read(sitting, account=account, notice_id=notice_id)
