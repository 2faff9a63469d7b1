"""The suite's vocabulary: an office that receives, assesses, decides, bills, is paid and issues receipts.

It calls the real services on a real database; only the messages are delivered by hand, so that a
test chooses their order and their number.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4

import sample_cases
from PIL import Image
from pypdf import PdfWriter
from sqlalchemy import text

from services import (
    assessment,
    billing,
    calendars,
    channel_callbacks,
    intake,
    payments,
    receipts,
    reconciliation,
    review,
    tariff_effects,
)
from services.intake import Submitted
from services.sitting import Sitting, sitting
from shared.db import accounts, clock
from shared.db.accounts import AccountRow
from shared.db.engine import unit_of_work
from shared.db.trail import Actor
from shared.settings import settings
from shared.storage import Storage
from shared.tasks import Task
from workers import batches

#: Case E1 as an applicant states it: without its name and the day of acceptance, which the office sets.
E1: Mapping[str, Any] = {name: fact for name, fact in sample_cases.E1.items() if name not in ("case", "accepted_on")}
E1_TOTAL_FEN = 3_272_993_924

WORK: Mapping[str, Callable[[Sitting, list[UUID]], None]] = {
    Task.ASSESS_LINES: assessment.assess_lines,
    Task.ISSUE_BILLS: billing.issue_bills,
    Task.POST_PAYMENTS: payments.post_payments,
    Task.POST_CHANNEL_PAYMENTS: channel_callbacks.post_callbacks,
    Task.ISSUE_RECEIPTS: receipts.issue_receipts,
    Task.MATCH_STATEMENTS: reconciliation.match_statements,
    Task.REDATE_CLOCKS: calendars.redate_clocks,
    Task.APPLY_TARIFF: tariff_effects.apply_tariff,
}


@lru_cache(maxsize=1)
def small_pdf() -> bytes:
    """A PDF of one empty page."""
    writer = PdfWriter()
    writer.add_blank_page(width=200, height=200)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


@lru_cache(maxsize=2)
def small_picture(kind: str = "PNG") -> bytes:
    """A picture of eight by eight pixels."""
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(buffer, kind)
    return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class Message:
    """A bell for some outbox rows."""

    task: str
    ids: tuple[int, ...]


class Office:
    """The sample city's office on this test's database."""

    def __init__(self) -> None:
        self.storage = Storage(settings().storage_dir)

    # Who and when.

    @contextmanager
    def sits(self) -> Iterator[Sitting]:
        """One transaction of the office."""
        with sitting() as office:
            yield office

    def at(self, moment: str) -> None:
        """Set the business clock, China time: "2014-09-15 09:30"."""
        with sitting() as office:
            clock.set_to(office.session, office.tenant, datetime.fromisoformat(moment).replace(tzinfo=clock.CHINA))

    def switches(self, setting: str) -> None:
        """Turn a switch of the city's pack on."""
        self.rows(
            "update tenant set revision = revision || '+1', "
            "data = jsonb_set(data, array['settings', cast(:setting as text)], 'true') returning id",
            setting=setting,
        )

    def account(self, login: str) -> AccountRow:
        """Somebody with a log-in."""
        with sitting() as office:
            found = accounts.find(office.session, login)
        assert found is not None, login
        return found[0]

    def actor(self, login: str) -> Actor:
        """The same as somebody who acts."""
        account = self.account(login)
        return Actor(account.id, account.display_name, account.unit_code)

    # What it does.

    def papers(
        self, login: str = "applicant", situations: Sequence[str] = (), *, also: Sequence[str] = ()
    ) -> list[str]:
        """Upload every paper that is always required, or needed in these situations, or named; gives their ids."""
        account = self.account(login)
        with sitting() as office:
            needed = {code for matter in office.city.matters_in(situations) for code in matter.needs}
            ids = [
                intake.add_paper(
                    office,
                    self.storage,
                    account=account,
                    file_name=f"{material.name}.pdf",
                    content=small_pdf(),
                    material_code=material.code,
                )
                for material in office.city.pack.materials
                if material.required == "always"
                or (material.required == "needed" and material.code in needed)
                or material.code in also
            ]
        return [str(each) for each in ids]

    def body(
        self, *, login: str = "applicant", area_code: str = "dw", situations: Sequence[str] = (), **facts: Any
    ) -> dict[str, Any]:
        """A submission: E1 with some facts changed, in some situations."""
        return {
            "facts": json.loads(json.dumps({**E1, **facts})),
            "area_code": area_code,
            "site": "瀚海市东湾区碧海路18号",
            "attachments": self.papers(
                login, situations, also=("reduction_proof",) if facts.get("reductions_claimed") else ()
            ),
        } | ({"situations": list(situations)} if situations else {})

    def receives(
        self, body: Mapping[str, Any] | None = None, *, key: str | None = None, login: str = "applicant"
    ) -> Submitted:
        """Accept an application."""
        content = body if body is not None else self.body(login=login)
        account = self.account(login)
        with sitting() as office:
            return intake.submit(office, account=account, body=content, key=key or str(uuid4()))

    def tasks(self, application_id: UUID) -> list[Any]:
        """Its review tasks."""
        return self.rows(
            "select id, matter_code, unit_code, status, version from review_task "
            "where application_id = :id order by seq",
            id=application_id,
        )

    def lines(self, application_id: UUID) -> list[Any]:
        """Its fee lines."""
        return self.rows(
            "select id, item_code, unit_code, state, status, version, payable_fen from fee_line "
            "where application_id = :id order by seq",
            id=application_id,
        )

    def decides(self, task: Any, *, approve: bool = True, opinion: str = "同意") -> None:
        """The task's own unit gives its verdict."""
        actor = self.actor(f"{task.unit_code}-officer")
        with sitting() as office:
            review.decide(office, task_id=task.id, actor=actor, approve=approve, opinion=opinion)

    def approves_everything(self, application_id: UUID) -> None:
        """Every unit approves."""
        for task in self.tasks(application_id):
            if task.status in ("open", "taken"):
                self.decides(task)

    def confirms(self, application_id: UUID) -> None:
        """Every line that waits for an officer is confirmed."""
        for line in self.lines(application_id):
            if line.state == "assessed":
                actor = self.actor(f"{line.unit_code}-officer")
                with sitting() as office:
                    assessment.confirm_line(office, line_id=line.id, actor=actor, version=line.version)

    # Messages.

    def bells(self, *tasks: Task) -> list[Message]:
        """One message per outbox row not yet done, oldest first; of some tasks only."""
        rows = self.rows("select id, task from outbox where done_at is null and dead_at is null order by id")
        return [Message(row.task, (row.id,)) for row in rows if not tasks or row.task in tasks]

    def delivers(self, messages: Sequence[Message]) -> None:
        """Deliver messages as given; those of documents are left alone (they need the press)."""
        for message in messages:
            if message.task in WORK:
                batches.run(WORK[message.task], message.ids)

    def works(self) -> None:
        """Deliver until nothing but documents is left."""
        for _ in range(10):
            messages = [each for each in self.bells() if each.task in WORK]
            if not messages:
                return
            self.delivers(messages)
        raise AssertionError(f"still to do: {self.rows('select task, problem from outbox where done_at is null')}")

    # What came of it.

    def rows(self, query: str, **values: Any) -> list[Any]:
        """Look, as the app's role."""
        with unit_of_work(settings().tenant) as session:
            return list(session.execute(text(query), values).all())

    def one(self, query: str, **values: Any) -> Any:
        """A single value."""
        (row,) = self.rows(query, **values)
        return row[0]

    def bills(self, application_id: UUID) -> list[Any]:
        """Its bills."""
        return self.rows(
            "select id, payer, number, payment_code, total_fen, status from bill "
            "where application_id = :id order by payer",
            id=application_id,
        )

    def callback(self, bill: Any, **changes: str) -> bytes:
        """What the bank would say of a bill paid in full."""
        said = {
            "event_id": f"evt-{uuid4().hex}",
            "type": "payment.succeeded",
            "payment_code": bill.payment_code,
            "bill_number": bill.number,
            "bank_txn_id": f"txn-{uuid4().hex}",
            "amount": f"{bill.total_fen // 100}.{bill.total_fen % 100:02d}",
            "currency": "CNY",
            "paid_at": "2014-09-18T10:12:00+08:00",
            "channel": "网上银行",
            "payer_account": "6222000000000001",
            "payer_name": "瀚海市碧海置业有限公司",
        }
        return json.dumps(said | changes, ensure_ascii=False).encode()

    def hears_from_bank(self, body: bytes) -> None:
        """A rightly signed callback arrives."""
        with sitting() as office:
            payments.receive_callback(office, provider="sandbank", headers={}, body=body)

    def is_billed(self, *, key: str | None = None) -> Submitted:
        """An application that has come as far as its bill."""
        received = self.receives(key=key)
        self.works()
        self.confirms(received.application_id)
        self.approves_everything(received.application_id)
        self.works()
        return received
