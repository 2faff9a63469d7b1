"""The office in which everything happens: its day, its people, and how anybody does anything in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, precondition
from office import Office, small_pdf
from sqlalchemy import Engine

from services import intake
from services.sitting import Sitting, serve
from shared.db import clock
from shared.db.accounts import AccountRow
from shared.db.trail import Actor
from shared.domain.errors import Refused

APPLICATIONS: Final = Bundle("applications")
#: The districts' own units; whoever works there is served behind the wall of the district.
DISTRICTS: Final = {"dw-zj": "dw", "gx-zj": "gx", "jk-zj": "jk", "lg-zj": "lg"}
#: Those who have no business with a task unless it is their unit's.
STRANGERS: Final = ("qx-officer", "zj-chief", "dw-zj-officer", "gx-zj-officer")
#: Every how many acts somebody clicks twice.
CLICKED_TWICE: Final = 3
UNDER_REVIEW: Final = ("in_review", "objected", "billed")

#: Changes with whatever anybody does.
_TRACE: Final = "select " + ", ".join(
    f"(select {what} from {table})"
    for table, what in (
        ("application", "coalesce(sum(audit_seq + version), 0)"),
        *(
            (table, "coalesce(sum(version), 0)")
            for table in ("review_task", "clock", "fee_line", "meeting", "survey", "commitment", "correction_notice")
        ),
        ("clock_pause", "count(*) + count(ended_at)"),
        ("correction_item", "count(*) + count(*) filter (where state <> 'asked')"),
        ("external_wait", "count(*) + coalesce(sum(jsonb_array_length(follow_ups)), 0)"),
        ("appointment", "count(*) + count(answered_at)"),
        ("service_card", "count(*) + count(decided_at)"),
        ("clock_extension", "count(*) + count(decided_at)"),
        ("survey_finding", "count(*) + count(found_at)"),
        ("calendar_change", "count(*) + count(decided_at)"),
        *(
            (table, "count(*)")
            for table in ("outbox", "notice", "bill", "clock_step", "handover", "refusal", "meeting_verdict", "deputy",
                          "document", "case_item", "intake_notice", "attachment")
        ),
    )
)  # fmt: skip

#: What lies open in which applications, so that rules are chosen that have something to do.
_OPEN: Final = """
select o.what, a.id from application a join (
  select application_id, status as what from review_task where status in ('checking', 'objected', 'forwarded')
  union select application_id, state from correction_notice where state in ('collecting', 'sent')
  union select application_id, 'promise' from commitment where state <> 'fulfilled'
  union select application_id, 'meeting' from meeting where state = 'called'
  union select application_id, 'survey' from survey where state = 'planned'
  union select application_id, 'card' from service_card where state = 'asked'
  union select application_id, 'appointment' from appointment where state <> 'cancelled'
  union select application_id, 'bill' from bill where status in ('issued', 'void')
  union select id, lane from application
) o on o.application_id = a.id order by o.what, a.number
"""


def having(what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A rule that is only worth choosing while an application has something open."""
    return precondition(lambda self: self.open.get(what))


class Scene(RuleBasedStateMachine):
    """One example's office.

    `received` are its applications, `announced` the days that a notice has changed, `open` the applications in which
    something lies open. While `is_finishing` nobody clicks twice any more.
    """

    office: Office
    eye: Engine

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime(2014, 9, 15, 9, 30, tzinfo=clock.CHINA)
        self.received: list[UUID] = []
        self.announced: dict[date, bool] = {}
        self.away: set[UUID] = set()
        self.open: dict[str, list[UUID]] = {}
        self.is_finishing = False
        self.done = 0
        self.refused = 0
        self._people: dict[str, AccountRow] = {}

    # The day.

    @property
    def today(self) -> date:
        return self.now.date()

    def set_clock(self, moment: datetime) -> None:
        """Let time pass to a moment; whoever counts days is told before."""
        self.days_pass(self.today, moment.date())
        self.now = moment
        with self.office.sits() as sitting:
            clock.set_to(sitting.session, sitting.tenant, moment)

    def days_pass(self, before: date, after: date) -> None:
        """What has to be noted as one day becomes another."""

    def to_office_hours(self, at: timedelta = timedelta(hours=10)) -> None:
        """The morning of today, or of the next working day where today is none or its morning is over."""
        day = self.today
        while not self.works(day) or self.start_of(day) + at < self.now:
            day += timedelta(days=1)
        self.set_clock(self.start_of(day) + at)

    @staticmethod
    def start_of(day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=clock.CHINA)

    def works(self, day: date) -> bool:
        """Whether a day is a working day, to the suite's own knowledge."""
        raise NotImplementedError

    # The people.

    def account(self, login: str) -> AccountRow:
        if login not in self._people:
            self._people[login] = self.office.account(login)
        return self._people[login]

    def actor(self, login: str) -> Actor:
        account = self.account(login)
        return Actor(account.id, account.display_name, account.unit_code)

    def chief_of(self, unit_code: str) -> str:
        """The log-in of the chief representative, or of the head of a unit without a window."""
        return f"{unit_code}-{'head' if unit_code in ('sn', 'qg') else 'chief'}"

    def someone(self, unit_code: str, data: st.DataObject | None = None, *, who: str = "officer") -> Actor:
        """Somebody of the unit, now and then somebody who has no business there."""
        if data is not None and data.draw(st.integers(0, 9)) == 0:
            return self.actor(data.draw(st.sampled_from(STRANGERS)))
        return self.actor(self.chief_of(unit_code) if who == "chief" else f"{unit_code}-{who}")

    # What they do.

    def tries(
        self,
        act: Callable[..., Any],
        task: Any,
        data: st.DataObject | None = None,
        *,
        who: str = "officer",
        **words: Any,
    ) -> bool:
        """Somebody of a task's unit does something with it; gives whether it was done."""
        actor = self.someone(task.unit_code, data, who=who)
        return self.act(lambda sitting: act(sitting, task_id=task.id, actor=actor, **words), by=actor)

    def act(
        self, act: Callable[[Sitting], Any], by: Actor | AccountRow | None = None, *, may_repeat: bool = True
    ) -> bool:
        """Do something in one transaction; gives whether it was done.

        A refusal is an answer, and leaves everything as it was; so does the second click of a double click.
        """
        if self.is_finishing:
            return self.attempt(act, by) is None
        before = self.trace()
        refusal = self.attempt(act, by)
        if refusal is not None:
            self.refused += 1
            event(f"refused: {refusal}")
            assert self.trace() == before, refusal
            return False
        self.done += 1
        if may_repeat and self.done % CLICKED_TWICE == 0:
            after = self.trace()
            self.attempt(act, by)
            assert self.trace() == after, "a second click has changed something"
        return True

    def attempt(self, act: Callable[[Sitting], Any], by: Actor | AccountRow | None = None) -> str | None:
        """Do something as the web would for this person; gives the name of a refusal, None once it is done."""
        if by is not None and by.id in self.away:
            return "away"
        serve(DISTRICTS.get((by and by.unit_code) or ""))
        try:
            with self.office.sits() as sitting:
                act(sitting)
        except Refused as refused:
            return type(refused).__name__
        finally:
            serve(None)
        return None

    def trace(self) -> Any:
        return self.office.rows(_TRACE)

    # What lies before them.

    def look_around(self) -> None:
        """Note what lies open in which applications."""
        self.open = {}
        for row in self.office.rows(_OPEN):
            self.open.setdefault(row.what, []).append(row.id)

    def one_having(self, what: str) -> st.SearchStrategy[UUID]:
        """An application in which something lies open."""
        return st.sampled_from(self.open[what])

    def tasks(self, application: UUID, *, status: str = "", prefer: str = "") -> st.SearchStrategy[Any]:
        """One of an application's tasks: of a status or a matter about as often as any that is still open."""
        found = self.office.tasks(application)
        fitting = [task for task in found if task.status == status or task.matter_code == prefer]
        lively = [task for task in found if task.status not in ("approved", "cancelled")]
        weight = max(1, len(lively) // max(1, len(fitting)))
        return st.sampled_from([*fitting * weight, *lively] or found)

    def task(self, task_id: UUID) -> Any:
        """A task as it stands now, with its clock's columns behind `clock_`."""
        (row,) = self.office.rows(
            "select t.*, k.state as clock_state, k.due_on as clock_due_on, k.started_on as clock_started_on "
            "from review_task t join clock k on k.mechanism = 'matter' and k.subject_id = t.id where t.id = :id",
            id=task_id,
        )
        return row

    def status(self, application: UUID) -> str:
        found: str = self.office.one("select status from application where id = :id", id=application)
        return found

    def upload(self, material_code: str, login: str = "applicant", *, content: bytes = b"") -> UUID:
        with self.office.sits() as sitting:
            return intake.add_paper(
                sitting,
                self.office.storage,
                account=self.account(login),
                file_name=f"{material_code}.pdf",
                content=small_pdf() + content,
                material_code=material_code,
            )

    def owner(self, application: UUID) -> AccountRow:
        """Whose application it is."""
        login = self.office.one(
            "select p.login from application a join account p on p.id = a.applicant_id where a.id = :id", id=application
        )
        return self.account(login)
