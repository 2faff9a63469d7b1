"""Notices as rows: who is told what on which channel, once for each key; what was read, sent, or could not be sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.orm import Session

from shared.db import setwise
from shared.db.outbox import changed
from shared.db.tables.cases import Application
from shared.db.tables.columns import table
from shared.db.tables.notices import Notice, NoticeLine, SmsMessage
from shared.db.tables.people import Account

NOTICES = table(Notice)
LINES = table(NoticeLine)
MESSAGES = table(SmsMessage)
ACCOUNTS = table(Account)
APPLICATIONS = table(Application)

PAGE_ROWS = 25
#: How many lines of a notice a list shows at once.
GLANCE_LINES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """Somebody to be told: a person with a log-in, a unit's desk as a whole, or a named person with a telephone.

    `mark` tells addressees of one notice apart and stays the same for the same one.
    """

    mark: str
    account_id: UUID | None = None
    unit_code: str = ""
    name: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Whose notices are read: a person's own and, where the unit's desk is theirs, the desk's."""

    account_id: UUID
    unit_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRow:
    """One notice as its reader sees it."""

    id: UUID
    kind: str
    title: str
    body: str
    href: str
    at: datetime
    read_at: datetime | None
    to_unit: str

    @property
    def first_lines(self) -> str:
        """What is read at a glance: all of a plain notice, the beginning of one that lists many."""
        return "\n".join(self.body.splitlines()[:GLANCE_LINES])

    @property
    def further_lines(self) -> tuple[str, ...]:
        """The rest."""
        return tuple(self.body.splitlines()[GLANCE_LINES:])


@dataclass(frozen=True, slots=True)
class NoticePage:
    """A page of notices; the counts are of all of them."""

    rows: tuple[NoticeRow, ...]
    unread: int
    found: int
    has_more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A notice that leaves the house by e-mail or SMS."""

    id: UUID
    tenant: str
    channel: str
    kind: str
    to_name: str
    address: str
    title: str
    body: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow:
    """One thing that somebody is to be told of; `key` and `mark` say once what and whom."""

    id: UUID
    application_id: UUID
    kind: str
    key: str
    mark: str
    to_account: UUID | None
    to_unit: str
    to_name: str
    phone: str
    email: str
    title: str
    body: str
    href: str
    heading: str
    ask: str
    entry: str
    list_href: str

    @property
    def to(self) -> Addressee:
        return Addressee(
            mark=self.mark,
            account_id=self.to_account,
            unit_code=self.to_unit,
            name=self.to_name,
            phone=self.phone,
            email=self.email,
        )


# Who is told.


def people(session: Session, account_ids: Iterable[UUID]) -> list[Addressee]:
    """Active accounts as addressees, in the order of their log-ins."""
    return _people(session, setwise.among(ACCOUNTS.c.id, account_ids))


def people_of_role(session: Session, role: str, *, unit_code: str | None = None) -> list[Addressee]:
    """Everybody who is active in a role, of one unit only if it is given."""
    of_unit = ACCOUNTS.c.unit_code == unit_code if unit_code else ACCOUNTS.c.id.is_not(None)
    return _people(session, and_(ACCOUNTS.c.role == role, of_unit))


def applicant(session: Session, application_id: UUID) -> list[Addressee]:
    """Who handed an application in."""
    wanted = select(APPLICATIONS.c.applicant_id).where(APPLICATIONS.c.id == application_id)
    return _people(session, ACCOUNTS.c.id.in_(wanted))


def _people(session: Session, wanted: ColumnElement[bool]) -> list[Addressee]:
    rows = session.execute(
        select(ACCOUNTS.c.id, ACCOUNTS.c.display_name, ACCOUNTS.c.phone, ACCOUNTS.c.email)
        .where(wanted, ACCOUNTS.c.is_active)
        .order_by(ACCOUNTS.c.login)
    )
    return [
        Addressee(mark=str(row.id), account_id=row.id, name=row.display_name, phone=row.phone, email=row.email)
        for row in rows
    ]


# Written and sent.


def add(session: Session, rows: Sequence[Mapping[str, Any]]) -> list[UUID]:
    """Write notices; a key that is there on its channel stays as it is. Gives the ids of those that leave the house."""
    if not rows:
        return []
    written = setwise.insert_rows(
        session, NOTICES, rows, tail="on conflict (tenant_id, key, channel) do nothing returning id, channel"
    )
    return [row.id for row in written if row.channel != "app"]


def add_lines(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write lines; what somebody is to be told of already stays as it is."""
    if rows:
        setwise.insert_rows(session, LINES, rows, tail="on conflict (tenant_id, key, mark) do nothing")


def waiting_lines(session: Session, tenant: str) -> list[LineRow]:
    """The lines that no notice has told yet, held for this transaction; those that somebody else holds are theirs."""
    columns = [LINES.c[name] for name in LineRow.__dataclass_fields__]
    rows = session.execute(
        select(*columns)
        .where(LINES.c.tenant_id == tenant, LINES.c.told_as == "")
        .order_by(LINES.c.recorded_at, LINES.c.id)
        .with_for_update(skip_locked=True)
    )
    return [LineRow(**row._mapping) for row in rows]


def mark_told(session: Session, ids: Iterable[UUID], *, key: str) -> None:
    """Note in which notice lines were told."""
    session.execute(update(LINES).where(setwise.among(LINES.c.id, ids)).values(told_as=key))


def to_send(session: Session, ids: Iterable[UUID]) -> list[Letter]:
    """Those of `ids` that were neither sent nor given up."""
    columns = [
        NOTICES.c.tenant_id.label("tenant") if name == "tenant" else NOTICES.c[name]
        for name in Letter.__dataclass_fields__
    ]
    rows = session.execute(
        select(*columns).where(setwise.among(NOTICES.c.id, ids), NOTICES.c.state == "ready").order_by(NOTICES.c.id)
    )
    return [Letter(**row._mapping) for row in rows]


def close(session: Session, notice_id: UUID, *, state: str, problem: str = "") -> None:
    """Note that a notice was sent, or why it could not be; the moment is the real one."""
    session.execute(
        update(NOTICES)
        .where(NOTICES.c.id == notice_id, NOTICES.c.state == "ready")
        .values(state=state, problem=problem, sent_at=func.now() if state == "sent" else None)
    )


def keep_message(session: Session, *, tenant: str, notice_id: UUID, phone: str, text: str) -> None:
    """Keep what an SMS would say; the same notice once."""
    setwise.insert_rows(
        session,
        MESSAGES,
        [{"id": uuid4(), "tenant_id": tenant, "notice_id": notice_id, "phone": phone, "text": text}],
        tail="on conflict (notice_id) do nothing",
    )


# Read.


def unread(session: Session, reader: Reader) -> int:
    """How many notices wait for a reader. One query."""
    count: int = session.execute(_unread(reader)).scalar_one()
    return count


def listed(session: Session, reader: Reader, *, page: int = 1) -> NoticePage:
    """A reader's notices, the latest first. Two queries."""
    counts = session.execute(
        select(func.count().label("found"), func.count().filter(NOTICES.c.read_at.is_(None)).label("unread")).where(
            _is_for(reader)
        )
    ).one()
    columns = [NOTICES.c[name] for name in NoticeRow.__dataclass_fields__]
    rows = session.execute(
        select(*columns)
        .where(_is_for(reader))
        .order_by(NOTICES.c.at.desc(), NOTICES.c.recorded_at.desc(), NOTICES.c.id)
        .offset((page - 1) * PAGE_ROWS)
        .limit(PAGE_ROWS)
    )
    return NoticePage(
        tuple(NoticeRow(**row._mapping) for row in rows), counts.unread, counts.found, page * PAGE_ROWS < counts.found
    )


def mark_read(session: Session, reader: Reader, *, now: datetime, notice_id: UUID | None = None) -> int:
    """Note that one notice of the reader's, or each of them, was read; gives how many were unread."""
    wanted = [_is_for(reader), NOTICES.c.read_at.is_(None)]
    if notice_id is not None:
        wanted.append(NOTICES.c.id == notice_id)
    return changed(session.execute(update(NOTICES).where(*wanted).values(read_at=now)))


def is_for(session: Session, reader: Reader, notice_id: UUID) -> bool:
    """Whether there is such a notice among the reader's."""
    found = session.execute(select(NOTICES.c.id).where(NOTICES.c.id == notice_id, _is_for(reader)))
    return found.one_or_none() is not None


def _unread(reader: Reader) -> Select[int]:
    return select(func.count()).select_from(NOTICES).where(_is_for(reader), NOTICES.c.read_at.is_(None))


def _is_for(reader: Reader) -> ColumnElement[bool]:
    own = NOTICES.c.to_account == reader.account_id
    if not reader.unit_code:
        return and_(NOTICES.c.channel == "app", own)
    desks = and_(NOTICES.c.to_account.is_(None), NOTICES.c.to_unit == reader.unit_code)
    return and_(NOTICES.c.channel == "app", or_(own, desks))
