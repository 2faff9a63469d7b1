"""为什么还没办完: what an application waits for and in whose hands that is, one entry for each thing that is open.

Nothing is stuck without a name on it: what nobody has taken is answered for by its unit's chief representative or
head, and what lies with no unit at all by the lead window's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from shared.domain.prerequisites import mutual

#: An application in one of these states waits for nothing any more.
CLOSED: Final = ("completed", "withdrawn", "refused", "not_accepted")
#: States of a review that nothing follows.
DECIDED: Final = ("approved", "cancelled")


class Why(StrEnum):
    """What kind of thing is open."""

    UNCLAIMED = "unclaimed"
    REVIEW = "review"
    CHECK = "check"
    PREREQUISITE = "prerequisite"
    MUTUAL = "mutual"
    MEETING = "meeting"
    PAUSED = "paused"
    COLLECTING = "collecting"
    CORRECTION = "correction"
    FORWARDED = "forwarded"
    OBJECTED = "objected"
    COMPUTING = "computing"
    FACTS = "facts"
    CONFIRM = "confirm"
    BILLING = "billing"
    UNPAID = "unpaid"
    RECEIPT = "receipt"
    CALENDAR = "calendar"
    CLOSING = "closing"


class Role(StrEnum):
    """As what somebody holds a thing."""

    OFFICER = "officer"
    CHECKER = "checker"
    CHIEF = "chief"
    HEAD = "head"
    APPLICANT = "applicant"


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose turn it is; `unit_code` is empty for an applicant."""

    name: str
    role: Role
    unit_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One matter's task; `waits_for` are codes of the prerequisites that are not approved yet."""

    matter: str
    name: str
    unit_code: str
    status: str
    due_on: date
    officer: str = ""
    checker: str = ""
    waits_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standstill:
    """A pause that lasts: of one matter's clock, with its author and the working days so far (None: not countable)."""

    matter: str
    kind: str
    reason: str
    by: str
    since: datetime
    days: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeLine:
    """A fee line that is not final."""

    name: str
    unit_code: str
    is_assessed: bool
    lacks_facts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """A bill that is out: unpaid, or paid without its receipt."""

    number: str
    payer: str
    due_on: date
    is_paid: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A round of corrections: still collected until a day, or sent and to be answered until a day."""

    number: str
    is_sent: bool
    since: datetime
    until: date
    matters: tuple[str, ...]
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """A joint meeting that has been called and not yet held."""

    number: str
    reason: str
    matters: tuple[str, ...]
    called_at: datetime
    planned_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalWait:
    """A matter that lies with a higher organ; `follow_up_on` is when the unit asks again."""

    matter: str
    authority: str
    by: str
    since: datetime
    follow_up_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """Everything about an application that may be open.

    `answers` names who answers for a unit as long as nobody else does; `missing_year` is a year whose working days
    nobody has loaded although a date of the application lies in it.
    """

    status: str
    applicant: str
    lead_unit: str
    finance_unit: str
    answers: Mapping[str, Holder]
    reviews: Sequence[Review] = ()
    standstills: Sequence[Standstill] = ()
    lines: Sequence[FeeLine] = ()
    bills: Sequence[Bill] = ()
    corrections: Sequence[Correction] = ()
    meetings: Sequence[Meeting] = ()
    external: Sequence[ExternalWait] = ()
    missing_year: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdup:
    """One thing that is open, and whose turn it is.

    `what` names the matter, fee item or bill; `behind` what a waiting matter waits for, each with its holder.
    """

    why: Why
    holder: Holder
    what: str = ""
    matters: tuple[str, ...] = ()
    due_on: date | None = None
    since: datetime | None = None
    days: int | None = None
    reason: str = ""
    number: str = ""
    count: int = 0
    at: datetime | None = None
    behind: tuple[Holdup, ...] = field(default=())


def holdups(case: Open) -> tuple[Holdup, ...]:
    """What the application waits for, the applicant's own part first, then by due date; empty once it is closed."""
    if case.status in CLOSED:
        return ()
    found = [*_corrections(case), *_meetings(case), *_reviews(case), *_lines(case), *_bills(case)]
    if case.missing_year is not None:
        found.append(Holdup(why=Why.CALENDAR, holder=_lead(case), number=str(case.missing_year)))
    if not found:
        # Everything is decided: the next step is a machine's, and the lead window answers for machines.
        found.append(Holdup(why=Why.CLOSING if case.bills else Why.BILLING, holder=_lead(case)))
    return tuple(sorted(found, key=_urgency))


def _urgency(each: Holdup) -> tuple[bool, date]:
    return each.holder.role is not Role.APPLICANT, each.due_on or date.max


def _answers(case: Open, unit_code: str) -> Holder:
    """Who answers for a unit: its chief or head, else the lead window's."""
    return case.answers.get(unit_code) or case.answers[case.lead_unit]


def _lead(case: Open) -> Holder:
    return case.answers[case.lead_unit]


def _in_hands(case: Open, review: Review) -> Holder:
    """Whoever has a review in hand now."""
    if review.status == "checking":
        return (
            Holder(review.checker, Role.CHECKER, review.unit_code)
            if review.checker
            else _answers(case, review.unit_code)
        )
    if review.officer:
        return Holder(review.officer, Role.OFFICER, review.unit_code)
    return _answers(case, review.unit_code)


def _corrections(case: Open) -> Iterator[Holdup]:
    for each in case.corrections:
        yield Holdup(
            why=Why.CORRECTION if each.is_sent else Why.COLLECTING,
            holder=Holder(case.applicant, Role.APPLICANT) if each.is_sent else _lead(case),
            matters=_names(case, each.matters),
            due_on=each.until,
            since=each.since,
            number=each.number,
            count=each.items,
        )


def _meetings(case: Open) -> Iterator[Holdup]:
    for each in case.meetings:
        yield Holdup(
            why=Why.MEETING,
            holder=_lead(case),
            matters=_names(case, each.matters),
            since=each.called_at,
            reason=each.reason,
            number=each.number,
            at=each.planned_at,
        )


def _reviews(case: Open) -> Iterator[Holdup]:
    at_meeting = {code for meeting in case.meetings for code in meeting.matters}
    in_correction = {code for each in case.corrections if each.is_sent for code in each.matters}
    for review in case.reviews:
        if review.status in DECIDED or review.matter in at_meeting | in_correction:
            continue
        yield _review(case, review)


def _review(case: Open, review: Review) -> Holdup:
    holder = _in_hands(case, review)
    if review.status == "waiting":
        return _waiting(case, review)
    if review.status == "objected":
        return Holdup(why=Why.OBJECTED, holder=_lead(case), what=review.name, due_on=review.due_on)
    abroad = next((each for each in case.external if each.matter == review.matter), None)
    if abroad is not None:
        name = abroad.by or holder.name
        asks = Holder(name, Role.OFFICER, review.unit_code) if name else holder
        return Holdup(
            why=Why.FORWARDED, holder=asks, what=review.name, reason=abroad.authority, since=abroad.since,
            due_on=abroad.follow_up_on,
        )  # fmt: skip
    paused = next((each for each in case.standstills if each.matter == review.matter), None)
    if paused is not None:
        return Holdup(
            why=Why.PAUSED, holder=holder, what=review.name, reason=paused.reason, number=paused.kind,
            since=paused.since, days=paused.days, due_on=review.due_on,
        )  # fmt: skip
    why = {"open": Why.UNCLAIMED, "checking": Why.CHECK}.get(review.status, Why.REVIEW)
    return Holdup(why=why, holder=holder, what=review.name, due_on=review.due_on)


def _waiting(case: Open, review: Review) -> Holdup:
    by_code = {each.matter: each for each in case.reviews}
    before = [by_code[code] for code in review.waits_for if code in by_code]
    group = next(
        (each for each in mutual({code: each.waits_for for code, each in by_code.items()}) if review.matter in each), ()
    )
    others = [each for each in before if each.matter not in group]
    if not others:
        # Nothing but matters that wait for this one in turn: only a meeting can decide them.
        return Holdup(
            why=Why.MUTUAL, holder=_lead(case), what=review.name, matters=tuple(each.name for each in before),
            due_on=review.due_on,
        )  # fmt: skip
    behind = tuple(
        Holdup(
            # A prerequisite that was objected to will not come by itself: it blocks, under its unit's name.
            why=Why.OBJECTED if each.status == "objected" else Why.REVIEW,
            holder=_in_hands(case, each),
            what=each.name,
            due_on=each.due_on,
        )
        for each in others
    )
    return Holdup(why=Why.PREREQUISITE, holder=behind[0].holder, what=review.name, due_on=review.due_on, behind=behind)


def _lines(case: Open) -> Iterator[Holdup]:
    for line in case.lines:
        at_work = next((each for each in case.reviews if each.unit_code == line.unit_code and each.officer), None)
        holder = _answers(case, line.unit_code)
        if at_work is not None and line.is_assessed:
            holder = Holder(at_work.officer, Role.OFFICER, line.unit_code)
        why = Why.CONFIRM if line.is_assessed else Why.COMPUTING
        yield Holdup(why=Why.FACTS if line.lacks_facts else why, holder=holder, what=line.name)


def _bills(case: Open) -> Iterator[Holdup]:
    for bill in case.bills:
        if bill.is_paid:
            yield Holdup(why=Why.RECEIPT, holder=_answers(case, case.finance_unit), number=bill.number)
        else:
            payer = Holder(bill.payer or case.applicant, Role.APPLICANT)
            yield Holdup(why=Why.UNPAID, holder=payer, number=bill.number, due_on=bill.due_on)


def _names(case: Open, codes: Sequence[str]) -> tuple[str, ...]:
    names = {each.matter: each.name for each in case.reviews}
    return tuple(names.get(code, code) for code in codes)
