"""Closing a day, closing a month, and opening what was closed again: finance's locks on the books.

Whoever closes holds the books alone, so that what is booked meanwhile is either in the figures or on the next day.
What is still open of a day stands in the way unless it is named with its reason. Opening takes two people, and goes
backwards: only what was closed last can be opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Final
from uuid import UUID, uuid4

from services import notices
from services.operations import KINDS_OF_ROLE
from services.sitting import Sitting
from shared.db import books, documents, numbers, periods
from shared.db.accounts import AccountRow
from shared.db.documents import Wish
from shared.db.periods import DAY, MONTH, PeriodRow
from shared.db.queries import closing as queries
from shared.db.queries.differences import differences
from shared.domain.characters import UNKEEPABLE, is_keepable
from shared.domain.closing import (
    REASON_LENGTH_MAX,
    REASON_LENGTH_MIN,
    Explained,
    Figures,
    Hindrance,
    merged,
    month_of,
)
from shared.domain.errors import Conflict, Invalid, NotAllowed, Problem
from shared.logs import logger

log = logger(__name__)

ROLE: Final = "finance"
#: The number series of a period, by its kind.
SERIES: Final[Mapping[str, str]] = {DAY: "day_close", MONTH: "month_close"}


def day_so_far(sitting: Sitting, day: date) -> tuple[Figures, tuple[Hindrance, ...]]:
    """A day that is not closed: its figures as they stand, and what stands in the way. Nothing is written."""
    found = queries.figures(sitting.session, day)
    return found, queries.hindrances(sitting.session, day, found, KINDS_OF_ROLE[ROLE])


def month_so_far(sitting: Sitting, day: date) -> tuple[Figures, tuple[Hindrance, ...], tuple[date, ...]]:
    """A day's month: the figures of its closed days, what is still open at its end, the days that are not closed."""
    first, last = month_of(day)
    days = periods.within(sitting.session, DAY, first, last)
    found = replace(merged([each.frozen for each in days]), differences=differences(sitting.session, last))
    still_open = tuple(each.day for each in queries.open_days(sitting.session, until=last))
    hindrances = queries.hindrances(sitting.session, last, found, KINDS_OF_ROLE[ROLE])
    return found, tuple(each for each in hindrances if each.kind != "earlier_day"), still_open


def close_day(
    sitting: Sitting, *, account: AccountRow, day: date, reasons: Mapping[str, str] | None = None, seen: str = ""
) -> UUID:
    """Close a day, and with it every day before; gives the period's id. `reasons` are by kind of what is still open.

    `seen` is the digest of the figures that the closer has looked at; others than these are not closed unseen.
    Closing again what one has closed oneself gives the same period. Raises `Conflict`, and `Invalid` naming by kind
    what is neither settled nor explained.
    """
    _must_be_finance(account)
    if day > sitting.today:
        raise Conflict(f"{day} 还没有到，不能日结")
    books.hold(sitting.session, sitting.tenant)
    before = periods.find(sitting.session, DAY, day)
    if before is not None:
        return _closed_before(before, account)
    last = periods.last_closed(sitting.session)
    month = periods.last_closed(sitting.session, MONTH)
    closed_until = max((each.last_on for each in (last, month) if each), default=None)
    if closed_until is not None and day <= closed_until:
        raise Conflict(f"账已结至 {closed_until}，{day} 的账不能再单独结；之后的业务记入 {closed_until} 之后")
    figures, hindrances = day_so_far(sitting, day)
    explained = _explained(hindrances, reasons or {})
    return _close(sitting, account, kind=DAY, days=(day, day), figures=figures, explained=explained, seen=seen)


def close_month(
    sitting: Sitting, *, account: AccountRow, day: date, reasons: Mapping[str, str] | None = None, seen: str = ""
) -> UUID:
    """Close the month that a day lies in over its closed days; the rest as `close_day`."""
    _must_be_finance(account)
    first, last = month_of(day)
    if last > sitting.today:
        raise Conflict(f"{first:%Y-%m} 还没有结束，月末日结后再月结")
    books.hold(sitting.session, sitting.tenant)
    before = periods.find(sitting.session, MONTH, first)
    if before is not None:
        return _closed_before(before, account)
    earlier = periods.open_month_before(sitting.session, first)
    if earlier is not None:
        raise Conflict(f"{earlier:%Y-%m} 还没有月结，须按月份先后月结")
    figures, hindrances, still_open = month_so_far(sitting, day)
    if still_open:
        raise Conflict(f"{still_open[0]} 还没有日结，先结清当月每一天再月结")
    if not periods.within(sitting.session, DAY, first, last):
        raise Conflict(f"{first:%Y-%m} 没有已日结的业务，不需要月结")
    explained = _explained(hindrances, reasons or {})
    return _close(sitting, account, kind=MONTH, days=(first, last), figures=figures, explained=explained, seen=seen)


def ask_reopening(sitting: Sitting, *, account: AccountRow, period_id: UUID, reason: str) -> None:
    """Ask that a closed period be opened again; another person decides. The same ask again changes nothing.

    Raises `Conflict` for anything but what was closed last, `Invalid` without a reason.
    """
    _must_be_finance(account)
    period = periods.lock(sitting.session, period_id)
    reason = reason.strip()
    if period.state == "reopening" and period.reopening_asked_by == account.id:
        return
    if period.state != "closed":
        raise Conflict("这份结账已经申请重新打开或已打开，请刷新后查看")
    if problem := _reason_problem(reason):
        raise Invalid([Problem("reason", problem)])
    _must_be_last(sitting, period)
    period = periods.change(
        sitting.session,
        period,
        state="reopening",
        reopening_reason=reason,
        reopening_asked_by=account.id,
        reopening_asked_at=sitting.now,
        acts=[*period.acts, _act(sitting, account, "asked", reason)],
    )
    _seal(sitting, period)
    notices.tell(
        sitting,
        notices.desk(sitting, sitting.city.finance_unit),
        kind="reopening",
        key=f"period:{period.id}:{len(period.acts)}:asked",
        title=f"申请重新打开 {period.number}",
        body=f"{account.display_name}：{reason}",
        href=f"/finance/periods/{period.id}",
    )
    log.info("reopening_asked", period=period.number)


def decide_reopening(sitting: Sitting, *, account: AccountRow, period_id: UUID, allow: bool, opinion: str = "") -> None:
    """Open a closed period, or leave it closed with an opinion; another person than who asked. Repeating is harmless.

    Opened, the days are booked on again and closed anew as another row; the old row stays as it was closed.
    """
    _must_be_finance(account)
    books.hold(sitting.session, sitting.tenant)
    period = periods.lock(sitting.session, period_id)
    if period.state == "reopened" and allow and period.reopened_by == account.id:
        return
    if period.state != "reopening":
        raise Conflict("这份结账没有待批准的重新打开申请，请刷新后查看")
    if period.reopening_asked_by == account.id:
        raise NotAllowed("重新打开由另一人批准，不能由申请人自己办理")
    opinion = opinion.strip()
    if not allow and (problem := _reason_problem(opinion)):
        raise Invalid([Problem("opinion", problem)])
    if allow:
        _must_be_last(sitting, period)
    acts = [*period.acts, _act(sitting, account, "reopened" if allow else "declined", opinion)]
    asked_by = period.reopening_asked_by
    if allow:
        period = periods.change(
            sitting.session, period, state="reopened", reopened_by=account.id, reopened_at=sitting.now, acts=acts
        )
    else:
        period = periods.change(
            sitting.session,
            period,
            state="closed",
            reopening_reason="",
            reopening_asked_by=None,
            reopening_asked_at=None,
            acts=acts,
        )
    _seal(sitting, period)
    notices.tell(
        sitting,
        notices.person(sitting, asked_by),
        kind="reopening",
        key=f"period:{period.id}:{len(acts)}:answered",
        title=f"{period.number} {'已重新打开' if allow else '不予重新打开'}",
        body=f"{account.display_name}：{opinion or '同意'}",
        href=f"/finance/periods/{period.id}",
    )
    log.info("reopening_decided", period=period.number, allowed=allow)


def _closed_before(period: PeriodRow, account: AccountRow) -> UUID:
    if period.closed_by != account.id:
        raise Conflict(f"已由{period.closer}结账，编号 {period.number}，不能重复结账")
    return period.id


def _close(
    sitting: Sitting,
    account: AccountRow,
    *,
    kind: str,
    days: tuple[date, date],
    figures: Figures,
    explained: tuple[Explained, ...],
    seen: str,
) -> UUID:
    if seen and seen != figures.digest:
        raise Conflict("数字在您查看之后有变化，请核对后再结账")
    first, last = days
    series = f"{SERIES[kind]}:{last.year}"
    running = numbers.take(sitting.session, tenant=sitting.tenant, series=series)[0]
    number = sitting.city.number(SERIES[kind], last.year, running)
    period_id = uuid4()
    periods.add(
        sitting.session,
        sitting.tenant,
        id=period_id,
        kind=kind,
        first_on=first,
        last_on=last,
        number=number,
        figures=replace(figures, explained=explained).to_json(),
        closed_by=account.id,
        closed_at=sitting.now,
    )
    _seal(sitting, periods.load(sitting.session, period_id))
    wish = Wish(f"{kind}_close", period_id, None, f"{'日结单' if kind == DAY else '月报'} {number}")
    documents.request(sitting.session, sitting.tenant, [wish], now=sitting.now)
    log.info("period_closed", period=number, first=str(first), last=str(last), open=len(explained))
    return period_id


def _explained(hindrances: tuple[Hindrance, ...], reasons: Mapping[str, str]) -> tuple[Explained, ...]:
    problems, explained = [], []
    for each in hindrances:
        reason = reasons.get(each.kind, "").strip()
        if each.must_settle:
            problems.append(Problem(each.kind, "须先处理完毕，不能以说明代替"))
        elif problem := _reason_problem(reason):
            problems.append(Problem(each.kind, problem))
        explained.append(Explained(kind=each.kind, reason=reason, items=each.items))
    if problems:
        raise Invalid(problems)
    return tuple(explained)


def _reason_problem(reason: str) -> str:
    if len(reason) < REASON_LENGTH_MIN:
        return f"请写明原因，至少 {REASON_LENGTH_MIN} 个字"
    if len(reason) > REASON_LENGTH_MAX:
        return f"原因不能超过 {REASON_LENGTH_MAX} 个字"
    return "" if is_keepable(reason) else UNKEEPABLE


def _must_be_finance(account: AccountRow) -> None:
    if account.role != ROLE:
        raise NotAllowed("结账由财务人员办理")


def _must_be_last(sitting: Sitting, period: PeriodRow) -> None:
    """Of what ends on the same day the month comes after the day."""
    month = periods.last_closed(sitting.session, MONTH)
    day = periods.last_closed(sitting.session)
    for later in (month, day):
        if later is None or later.id == period.id or later.last_on < period.last_on:
            continue
        if later.last_on > period.last_on or later.kind == MONTH:
            raise Conflict(f"只能打开最后结的账，请先重新打开 {later.number}")


def _act(sitting: Sitting, account: AccountRow, verb: str, words: str) -> dict[str, str]:
    return {
        "at": sitting.now.isoformat(timespec="seconds"),
        "by": str(account.id),
        "name": account.display_name,
        "verb": verb,
        "words": words,
    }


def _seal(sitting: Sitting, period: PeriodRow) -> None:
    seal = sitting.signer.seal_act(sitting.city.finance_unit, periods.content(period))
    periods.set_seal(sitting.session, period.id, seal)
