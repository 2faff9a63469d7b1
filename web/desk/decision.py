"""The part of a case's page where a unit says its word: what this reader may do now, and what was said before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import gettext

from shared.db.accounts import AccountRow
from shared.db.city import City
from shared.db.queries.decision import Decision
from shared.domain.errors import CalendarNotLoaded
from shared.domain.facts import FACT_NAMES
from web.filters import day_short, moment
from web.naming import named

#: Working days after which somebody asks a higher organ for its answer, unless the officer says otherwise.
FOLLOW_UP_DAYS = 5
_UNDER_REVIEW = ("in_review", "objected", "billed")


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidBefore:
    """What somebody said about the task: by whom, when, which verdict in words, and the text."""

    who: str
    when: str
    verdict: str
    text: str
    way: str = ""
    report: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """One time that somebody asked for the answer."""

    who: str
    when: str
    note: str
    next_on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Upwards:
    """A report to a higher organ as the page shows it; `count` of follow-ups tells two clicks apart."""

    authority: str
    reference: str
    sent: str
    follow_up_on: str
    is_late: bool
    is_open: bool
    follow_ups: tuple[FollowUp, ...]
    count: int
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionPage:
    """What the reader may do with the task now, and what the page says about it; typed words stay."""

    can_take: bool
    can_take_over: bool
    can_release: bool
    can_decide: bool
    can_check: bool
    can_answer: bool
    can_change: bool
    is_proposal: bool
    in_place_of: str
    waits_for: str
    together: tuple[str, ...]
    forward_to: str
    follow_up_on: str
    returned: SaidBefore | None
    first: SaidBefore | None
    changed: tuple[str, ...]
    upwards: Upwards | None
    verdict: SaidBefore | None
    is_by_default: bool
    typed: Mapping[str, str]
    problems: Mapping[str, str]
    opened: str


def decision_page(
    found: Decision,
    city: City,
    account: AccountRow,
    *,
    today: date,
    typed: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
    opened: str = "",
) -> DecisionPage:
    """Compose it; the services decide once more whoever presses what. `opened` is the form that was sent."""
    is_open = found.case_status in _UNDER_REVIEW
    in_hand = is_open and found.status in ("open", "taken")
    is_mine = found.officer_id == account.id
    stands_in = found.officer_id in found.stands_in_for or found.on_behalf_of in found.stands_in_for
    is_lapsed = is_mine and found.on_behalf_of is not None and found.on_behalf_of not in found.stands_in_for
    holds = found.status == "open" or (is_mine and not is_lapsed) or found.on_behalf_of == account.id
    others = in_hand and found.status == "taken" and not holds and not is_lapsed
    by_chief = not found.is_delegated
    is_first = account.id in (found.officer_id, found.on_behalf_of)
    can_check = (
        is_open
        and found.status == "checking"
        and not is_first
        and (found.is_chief or (not by_chief and account.role == "checker"))
    )
    matter = city.matters_by_code.get(found.matter_code)
    return DecisionPage(
        can_take=in_hand and found.status == "open",
        can_take_over=others and (stands_in or found.is_chief),
        can_release=in_hand and found.status == "taken" and (is_mine or found.on_behalf_of == account.id),
        can_decide=in_hand and (holds or (others and stands_in)),
        can_check=can_check,
        can_answer=is_open and found.status == "forwarded",
        can_change=is_open and found.status == "objected",
        is_proposal=found.needs_two or (by_chief and not found.is_chief),
        in_place_of=_in_place_of(found, account),
        waits_for=_second_person(found, by_chief=by_chief),
        together=tuple(named(each) for each in found.together),
        forward_to=matter.forward_to if matter else "",
        follow_up_on=_follow_up_on(city, today),
        returned=_returned(found) if in_hand else None,
        first=_first(found),
        changed=_changed(found, city),
        upwards=_upwards(found, today),
        verdict=_verdict(found),
        is_by_default=found.is_by_default,
        typed=typed or {},
        problems=problems or {},
        opened=opened,
    )


def verdict_words(kind: str | None) -> str:
    """A verdict in words."""
    words = {"approved": gettext("同意"), "objected": gettext("不同意"), "forwarded": gettext("同意但需转报")}
    return str(words.get(kind or "", ""))


def _in_place_of(found: Decision, account: AccountRow) -> str:
    if found.status not in ("open", "taken") or found.officer_id is None:
        return ""
    if found.officer_id == account.id:
        return found.absent
    return found.officer if found.officer_id in found.stands_in_for else ""


def _second_person(found: Decision, *, by_chief: bool) -> str:
    if by_chief:
        return str(gettext("首席代表或负责人 %(name)s", name=found.chief))
    return str(gettext("本单位复核人员，或首席代表 %(name)s", name=found.chief))


def _follow_up_on(city: City, today: date) -> str:
    try:
        return city.calendar.add(today, FOLLOW_UP_DAYS).isoformat()
    except CalendarNotLoaded:
        return ""


def _returned(found: Decision) -> SaidBefore | None:
    returned = found.proposal.get("returned")
    if not returned:
        return None
    return SaidBefore(
        who=_for(str(returned["by"]), str(returned.get("for", ""))),
        when=moment(datetime.fromisoformat(returned["at"])),
        verdict=gettext("退回初审"),
        text=str(returned["reason"]),
    )


def _first(found: Decision) -> SaidBefore | None:
    if found.first_decided_at is None:
        return None
    more = found.proposal
    report = ""
    if found.first_verdict == "forwarded":
        report = gettext(
            "转报%(organ)s %(number)s，%(day)s 催办",
            organ=more.get("authority", ""),
            number=more.get("reference", ""),
            day=more.get("follow_up_on", ""),
        )
    return SaidBefore(
        who=_for(found.officer, found.absent),
        when=moment(found.first_decided_at),
        verdict=verdict_words(found.first_verdict),
        text=found.first_opinion,
        way=str(more.get("way", "")),
        report=report,
    )


def _changed(found: Decision, city: City) -> tuple[str, ...]:
    facts, papers = found.changed
    materials = city.materials
    return (
        *(named(FACT_NAMES.get(name, name)) for name in facts),
        *(named(materials[code]) if code in materials else code for code in papers),
    )


def _upwards(found: Decision, today: date) -> Upwards | None:
    report = found.report
    if report is None:
        return None
    return Upwards(
        authority=report.authority,
        reference=report.reference,
        sent=gettext("%(name)s 于 %(when)s 转报", name=report.sent_by, when=moment(report.sent_at)),
        follow_up_on=day_short(report.follow_up_on),
        is_late=report.answered_at is None and report.follow_up_on <= today,
        is_open=report.answered_at is None,
        follow_ups=tuple(
            FollowUp(
                who=str(each["by"]),
                when=moment(datetime.fromisoformat(each["at"])),
                note=str(each["note"]),
                next_on=day_short(date.fromisoformat(each["next_on"])),
            )
            for each in report.follow_ups
        ),
        count=len(report.follow_ups),
        answer=report.answer_note,
    )


def _verdict(found: Decision) -> SaidBefore | None:
    if found.decided_at is None:
        return None
    who = _for(found.officer, found.absent)
    if found.is_by_default:
        who = gettext("超时默认")
    elif found.checker:
        who = gettext("初审 %(first)s，复核 %(second)s", first=who, second=found.checker)
    return SaidBefore(
        who=who,
        when=moment(found.decided_at),
        verdict=verdict_words(found.status),
        text=found.opinion,
        way=found.way,
    )


def _for(name: str, absent: str) -> str:
    return f"{name}{gettext('（代%(name)s）', name=absent)}" if absent else name
