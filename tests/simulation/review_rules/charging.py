"""Machines and money: lines computed and confirmed, documents made, bills paid; nobody is charged twice."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from domain import plain_tariff
from hypothesis import strategies as st
from hypothesis.stateful import rule
from simulation.review_rules.scene import Scene, having
from sqlalchemy import text

from services import assessment, documents
from shared.db.documents import DocumentRow
from shared.db.engine import unit_of_work
from shared.documents.views import VIEWS, DocumentKind
from shared.tasks import Task
from workers import batches


@dataclass(frozen=True)
class Typed:
    """A document as a press without type would make it: its bytes are what it says."""

    pdf: bytes
    sha256: str
    pages: int = 1
    unprintable: str = ""


class Charging(Scene):
    """What happens behind the desks, and at the bank."""

    @rule()
    def machines_work(self) -> None:
        self.office.works()
        for application in self.received:
            for line in self.office.lines(application):
                if line.state == "assessed":
                    actor = self.actor(f"{line.unit_code}-officer")
                    self.act(
                        lambda sitting, each=line, by=actor: assessment.confirm_line(
                            sitting, line_id=each.id, actor=by, version=each.version
                        ),
                        by=actor,
                    )
        self.office.works()
        self.make_documents()

    def make_documents(self) -> None:
        """Every document is composed and kept, whatever state its case is in; notices leave the house."""
        for message in self.office.bells(Task.PRODUCE_DOCUMENTS):
            batches.run_each(documents.compose, self.type, documents.record, message.ids)
        with unit_of_work(on=self.eye) as session:
            session.execute(text("update outbox set done_at = now() where task = 'send_notices' and done_at is null"))

    def type(self, document: DocumentRow) -> Typed:
        view = VIEWS[DocumentKind(document.kind)].from_json(document.view)
        assert view.seals
        content = f"{document.id} {view}".encode()
        self.office.storage.keep(content)
        return Typed(content, sha256(content).hexdigest())

    @having("bill")
    @rule(data=st.data())
    def is_paid(self, data: st.DataObject) -> None:
        """The bank reports money for every bill that was ever out; what was taken back is not paid."""
        self.pays(data.draw(self.one_having("bill")))

    def pays(self, application: UUID) -> None:
        for bill in self.office.bills(application):
            if bill.status in ("issued", "void"):
                self.office.hears_from_bank(self.office.callback(bill, paid_at=self.now.isoformat()))
        self.office.works()

    def nobody_is_charged_twice(self) -> None:
        """One live bill a payer, of what a second opinion says; paid once, receipted once."""
        for bill in self.office.rows(
            "select b.application_id, b.payer, a.facts, count(*) as bills, sum(b.total_fen) as total_fen, "
            "count(p.id) as payments, count(r.id) as receipts, coalesce(sum(p.amount_fen), 0) as paid_fen "
            "from bill b join application a on a.id = b.application_id left join payment p on p.bill_id = b.id "
            "left join receipt r on r.bill_id = b.id where b.status <> 'void' group by 1, 2, 3"
        ):
            assert bill.bills == 1, bill
            assert bill.receipts <= bill.payments <= 1, bill
            assert bill.paid_fen in (0, bill.total_fen), bill
            assert bill.total_fen == self.owed(bill.facts, bill.payer), bill

    @staticmethod
    def owed(facts: Any, payer: str) -> int:
        lines = plain_tariff.assess(facts).values()
        return sum(fen for status, by, fen in lines if by == payer and status == "payable")

    def no_machine_has_stumbled(self) -> None:
        problems = self.office.rows("select task, problem from outbox where problem <> ''")
        assert problems == []
