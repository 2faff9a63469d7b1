"""Telling people: in the application, by e-mail and by SMS, each once for what it is about.

What one pass of the clock finds is gathered first (`gather`) and told at its end (`tell_gathered`), so that somebody
who is told of a hundred late matters gets one notice and not a hundred.

A use case says `notices.tell(sitting, notices.applicant(sitting, case.id), kind=…, key=…, title=…, body=…)`; what
leaves the house is sent by an actor on a queue of its own. A sender that dies after sending, before it wrote so, sends
that one once more: e-mail carries the same Message-ID then, and the default SMS gateway keeps one message a notice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Final
from uuid import UUID, uuid4

from services.sitting import Sitting
from shared.db import attention, notices, offices, outbox
from shared.db.accounts import AccountRow
from shared.db.engine import unit_of_work
from shared.db.notices import Addressee, Letter, LineRow, Reader
from shared.db.outbox import Wanted
from shared.dispatch import SMS_LENGTH_MAX, Mailer, SmsGateway, SmtpMailer, one_line
from shared.domain.errors import NotFound, Refused
from shared.logs import logger
from shared.settings import settings
from shared.tasks import NOTICES_QUEUE, Task

log = logger(__name__)

TITLE_LENGTH_MAX: Final = 100
#: How many lines one gathered notice lists; more are told in a further one.
LINES_MAX: Final = 50
#: Where an SMS ends that could not say everything.
_CUT: Final = "……登录系统查看全部"
#: Who sees their unit's desk: what is told to the desk is for them.
_AT_A_DESK: Final = ("officer", "checker", "finance")


# Who is told.


def applicant(sitting: Sitting, application_id: UUID) -> list[Addressee]:
    """Who handed the application in."""
    return notices.applicant(sitting.session, application_id)


def person(sitting: Sitting, account_id: UUID | None) -> list[Addressee]:
    """Somebody with a log-in; nobody if there is none, or it is disabled."""
    return notices.people(sitting.session, [account_id] if account_id else [])


def leaders(sitting: Sitting) -> list[Addressee]:
    """Everybody with the role of a leader: the supervising office."""
    return notices.people_of_role(sitting.session, "leader")


def posts(sitting: Sitting, unit_code: str, kinds: Iterable[str]) -> list[Addressee]:
    """Who holds these posts of a unit (chief, head, liaison) and can be reached: by log-in, telephone or e-mail."""
    held = offices.posts_of(sitting.session, [unit_code]).get(unit_code, {})
    people = [
        Addressee(
            mark=str(post.account_id or f"post:{unit_code}:{kind}"),
            account_id=post.account_id,
            name=post.name,
            phone=post.phone,
            email=post.email,
        )
        for kind in kinds
        if (post := held.get(kind)) is not None
    ]
    return [each for each in people if _channels(each)]


def officers(sitting: Sitting, unit_code: str) -> list[Addressee]:
    """Every active officer of a unit, each in person."""
    return notices.people_of_role(sitting.session, "officer", unit_code=unit_code)


def desk(sitting: Sitting, unit_code: str) -> list[Addressee]:
    """A unit's desk as a whole, in the application only; whoever reads it first has read it for the desk."""
    return [Addressee(mark=f"unit:{unit_code}", unit_code=unit_code, name=sitting.city.units[unit_code].short_name)]


# Telling.


def tell(
    sitting: Sitting,
    people: Iterable[Addressee],
    *,
    kind: str,
    key: str,
    title: str,
    body: str,
    application_id: UUID | None = None,
    href: str = "",
    is_gathered: bool = False,
) -> None:
    """Tell each of `people` in the application, and by e-mail and SMS where their address is known.

    `key` says what it is about: the same key tells the same person once, however often this is called. `href` is the
    page on this site. An e-mail is only written where a mail server is set (SMTP_URL). `is_gathered` says that the
    text names several applications, which may be of different districts.
    """
    rows = [
        {
            "id": uuid4(),
            "tenant_id": sitting.tenant,
            "application_id": application_id,
            "kind": kind,
            "key": f"{key}:{each.mark}",
            "channel": channel,
            "to_account": each.account_id,
            "to_unit": each.unit_code,
            "to_name": each.name,
            "address": address,
            "title": one_line(title)[:TITLE_LENGTH_MAX],
            "body": body,
            "href": href,
            "is_gathered": is_gathered,
            "state": "sent" if channel == "app" else "ready",
            "at": sitting.now,
        }
        for each in people
        for channel, address in _channels(each)
    ]
    leaving = notices.add(sitting.session, rows)
    outbox.put(sitting.session, sitting.tenant, [Wanted(Task.SEND_NOTICES, NOTICES_QUEUE, each) for each in leaving])


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What to tell of one thing: `title` and `body` if it stays alone.

    Among others it is one line, `entry`, of a notice with the title "n 项" + `heading` and `ask` above the lines.
    """

    kind: str
    key: str
    application_id: UUID
    title: str
    body: str
    href: str
    heading: str
    ask: str
    entry: str
    list_href: str


def gather(sitting: Sitting, lines: Iterable[tuple[Addressee, Line]]) -> None:
    """Note what is to be told at the end of the clock's pass; the same key to the same person is noted once."""
    notices.add_lines(
        sitting.session,
        [
            {
                "id": uuid4(),
                "tenant_id": sitting.tenant,
                "mark": to.mark,
                "to_account": to.account_id,
                "to_unit": to.unit_code,
                "to_name": to.name,
                "phone": to.phone,
                "email": to.email,
                "at": sitting.now,
                **asdict(line),
                "title": one_line(line.title)[:TITLE_LENGTH_MAX],
            }
            for to, line in lines
            if _channels(to)
        ],
    )


def tell_gathered(sitting: Sitting) -> int:
    """Tell what was gathered, to each person one notice of a kind; gives how many lines were told.

    Level-triggered: what a pass that died has left is told by the next, and lines that another clock holds are its.
    """
    groups: dict[tuple[str, str, str], list[LineRow]] = {}
    for line in notices.waiting_lines(sitting.session, sitting.tenant):
        groups.setdefault((line.mark, line.kind, line.heading), []).append(line)
    for lines in groups.values():
        for start in range(0, len(lines), LINES_MAX):
            _tell_together(sitting, lines[start : start + LINES_MAX])
    return sum(len(lines) for lines in groups.values())


def _tell_together(sitting: Sitting, lines: Sequence[LineRow]) -> None:
    first, applications = lines[0], {line.application_id for line in lines}
    key = first.key if len(lines) == 1 else f"gathered:{first.id}"
    tell(
        sitting,
        [first.to],
        kind=first.kind,
        key=key,
        title=first.title if len(lines) == 1 else f"{len(lines)} 项{first.heading}",
        body=first.body if len(lines) == 1 else "\n".join([first.ask, *(line.entry for line in lines)]),
        application_id=first.application_id if len(applications) == 1 else None,
        href=first.href if len(lines) == 1 else first.list_href,
        is_gathered=len(applications) > 1,
    )
    notices.mark_told(sitting.session, [line.id for line in lines], key=key)


def _channels(to: Addressee) -> list[tuple[str, str]]:
    channels = [("app", "")] if to.account_id or to.unit_code else []
    if to.email and settings().smtp_url.get_secret_value():
        channels.append(("email", to.email))
    if to.phone:
        channels.append(("sms", to.phone))
    return channels


# Reading.


def reader(account: AccountRow) -> Reader:
    """Whose notices an account reads."""
    unit_code = account.unit_code if account.role in _AT_A_DESK else None
    return Reader(account_id=account.id, unit_code=unit_code or "")


def unread(sitting: Sitting, account: AccountRow) -> int:
    """How many notices wait for an account."""
    return notices.unread(sitting.session, reader(account))


def mark_read(sitting: Sitting, *, account: AccountRow, notice_id: UUID | None = None) -> None:
    """Note that one notice, or every one, was read; twice is once. Raises `NotFound` for somebody else's."""
    own = reader(account)
    if notice_id is not None and not notices.is_for(sitting.session, own, notice_id):
        raise NotFound("没有这条通知，或它不属于您")
    notices.mark_read(sitting.session, own, now=sitting.now, notice_id=notice_id)


# Sending.


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a letter; `problem` is why it will never arrive."""

    problem: str = ""


class TableSms:
    """The default SMS gateway: keeps what a real one would send in the table `sms_message`."""

    def send(self, *, tenant: str, notice_id: UUID, phone: str, text: str) -> None:
        """As `SmsGateway.send`."""
        with unit_of_work(tenant) as session:
            notices.keep_message(session, tenant=tenant, notice_id=notice_id, phone=phone, text=text)


def mailer() -> Mailer:
    """What e-mail goes through; raises `Unavailable` where no server is set any more."""
    return SmtpMailer(settings())


def sms_gateway() -> SmsGateway:
    """What SMS go through: the table, or what a city plugs in behind the same interface."""
    return TableSms()


def to_send(sitting: Sitting, ids: list[UUID]) -> list[Letter]:
    """Those of `ids` that are still to be sent."""
    return notices.to_send(sitting.session, ids)


def send(letter: Letter) -> Delivery:
    """Hand a letter to its server, outside any transaction. Raises `Unavailable`: the same letter may go later."""
    try:
        if letter.channel == "email":
            page = f"\n\n{settings().public_url}{letter.href}" if letter.href else ""
            mailer().send(
                notice_id=letter.id,
                name=letter.to_name,
                address=letter.address,
                subject=letter.title,
                text=f"{letter.body}{page}\n",
            )
        else:
            text = one_line(f"{letter.title}：{letter.body}")
            if len(text) > SMS_LENGTH_MAX:
                text = f"{text[: SMS_LENGTH_MAX - len(_CUT)]}{_CUT}"
            sms_gateway().send(tenant=letter.tenant, notice_id=letter.id, phone=letter.address, text=text)
    except Refused as refused:
        return Delivery(str(refused))
    return Delivery()


def record(sitting: Sitting, letter: Letter, delivery: Delivery) -> None:
    """Note that a letter was sent; one that never will be is put before a person."""
    if not delivery.problem:
        notices.close(sitting.session, letter.id, state="sent")
        log.info("notice_sent", notice=str(letter.id), channel=letter.channel, kind=letter.kind)
        return
    notices.close(sitting.session, letter.id, state="failed", problem=delivery.problem)
    attention.open_case(
        sitting.session,
        sitting.tenant,
        kind="notice_failed",
        key=str(letter.id),
        reason=f"“{letter.title}”未能送达：{delivery.problem}。请核对联系方式，或用电话告知",
        data={"channel": letter.channel},
    )
    log.warning("notice_failed", notice=str(letter.id), channel=letter.channel, kind=letter.kind)
