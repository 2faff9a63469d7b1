"""The finance desk in which everything happens: its day, its people, and how anybody does anything in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine
from office import Office
from sqlalchemy import Engine

from services.sitting import Sitting
from shared.db import clock
from shared.db.accounts import AccountRow
from shared.db.trail import Actor
from shared.domain.errors import Refused

#: The two of the finance office; what one of them asks for the other decides.
FINANCE: Final = ("finance", "finance-chief")
#: Every how many acts somebody clicks twice.
CLICKED_TWICE: Final = 3

#: Changes with whatever anybody does.
_TRACE: Final = "select " + ", ".join(
    f"(select {what} from {table})"
    for table, what in (
        ("application", "coalesce(sum(audit_seq + version), 0)"),
        ("suspense", "count(*) + count(claimed_at) + count(confirmed_at)"),
        ("period", "count(*) + coalesce(sum(version), 0)"),
        ("transfer", "count(*) + count(decided_at)"),
        ("refund", "count(*) + coalesce(sum(version), 0)"),
        *(
            (table, "count(*)")
            for table in ("bill", "payment", "credit", "receipt", "ledger_entry", "ledger_posting", "statement_file",
                          "statement_line", "case_item", "notice", "document", "outbox", "area_survey", "dispute")
        ),
    )
)  # fmt: skip


class Scene(RuleBasedStateMachine):
    """One example's finance office. `applications` are those with a bill; nobody clicks twice while `is_finishing`."""

    office: Office
    eye: Engine

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime(2014, 9, 15, 9, 30, tzinfo=clock.CHINA)
        self.applications: list[UUID] = []
        self.is_finishing = False
        self.done = 0
        self.refused = 0
        self._people: dict[str, AccountRow] = {}

    # The day.

    @property
    def today(self) -> date:
        return self.now.date()

    def set_clock(self, moment: datetime) -> None:
        """Let time pass to a moment."""
        self.now = moment
        with self.office.sits() as sitting:
            clock.set_to(sitting.session, sitting.tenant, moment)

    def minutes_pass(self, minutes: int = 1) -> None:
        self.set_clock(self.now + timedelta(minutes=minutes))

    # The people.

    def account(self, login: str) -> AccountRow:
        if login not in self._people:
            self._people[login] = self.office.account(login)
        return self._people[login]

    def actor(self, login: str) -> Actor:
        account = self.account(login)
        return Actor(account.id, account.display_name, account.unit_code)

    def somebody(self, data: st.DataObject) -> str:
        """One of the two of finance."""
        return data.draw(st.sampled_from(FINANCE))

    # What they do.

    def act(self, act: Callable[[Sitting], Any], *, may_repeat: bool = True) -> bool:
        """Do something in one transaction; gives whether it was done.

        A refusal is an answer, and leaves everything as it was; so does the second click of a double click.
        """
        if self.is_finishing:
            return self.attempt(act) is None
        before = self.trace()
        refusal = self.attempt(act)
        if refusal is not None:
            self.refused += 1
            event(f"refused: {refusal}")
            assert self.trace() == before, refusal
            return False
        self.done += 1
        if may_repeat and self.done % CLICKED_TWICE == 0:
            after = self.trace()
            self.attempt(act)
            assert self.trace() == after, "a second click has changed something"
        return True

    def attempt(self, act: Callable[[Sitting], Any]) -> str | None:
        """Do something; gives the name of a refusal, None once it is done."""
        try:
            with self.office.sits() as sitting:
                act(sitting)
        except Refused as refused:
            return type(refused).__name__
        return None

    def trace(self) -> Any:
        return self.office.rows(_TRACE)

    # What lies before them.

    def every_bill(self) -> list[Any]:
        return self.office.rows("select * from bill order by number")

    def bills(self, *statuses: str) -> list[Any]:
        """The bills of these states, in the order of their numbers."""
        return [bill for bill in self.every_bill() if bill.status in statuses]
