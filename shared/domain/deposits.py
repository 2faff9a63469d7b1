"""Wage deposits: the interest they earn, and the days on which a 保函 that runs out is looked at.

A city's pack says the yearly rate by date, how long the public notice before a release is, and the days of the watch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from shared.domain.errors import Broken, Problem
from shared.domain.money import round_to_fen
from shared.domain.rows import Row

_HUNDRED: Final = Decimal(100)
_FEN_PER_YUAN: Final = Decimal(100)
_DAYS_OF_A_YEAR: Final = 365


@dataclass(frozen=True, slots=True)
class Rate:
    """From this day on deposits earn this much a year, in %."""

    since: date
    percent: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class DepositRules:
    """What a city has decided about deposits; `notice_days` are calendar days, the day it begins not counted.

    `watch_days` are days before a 保函 runs out, the earliest look first.
    """

    rates: tuple[Rate, ...]
    notice_days: int
    watch_days: tuple[int, ...]
    documents: tuple[str, ...]

    def notice_ends_on(self, began_on: date) -> date:
        """The last day of the public notice; nothing is released before it is over."""
        return date.fromordinal(began_on.toordinal() + self.notice_days)

    def watch_step(self, expires_on: date, today: date) -> int | None:
        """Which look at a 保函 is due: the least of the days before its end that has come; None before the first."""
        left = (expires_on - today).days
        return min((days for days in self.watch_days if left <= days), default=None)


@dataclass(frozen=True, slots=True)
class Principal:
    """From this day on, this much lay on deposit."""

    since: date
    amount_fen: int


def interest_fen(rates: Sequence[Rate], principals: Sequence[Principal], until: date) -> int:
    """What a deposit has earned since it was opened, in 分, rounded half-up once.

    Days over 365, the first day counted and the day `until` not; `principals` in order of date. What an accrual posts
    is this less what was posted before, so that rounding never adds up.
    """
    if any(each.amount_fen < 0 for each in principals):
        raise Broken("a deposit of less than nothing earns nothing")
    earned = Decimal(0)
    for index, each in enumerate(principals):
        end = min(principals[index + 1].since if index + 1 < len(principals) else until, until)
        for at, rate in enumerate(rates):
            first = max(each.since, rate.since)
            last = min(end, rates[at + 1].since) if at + 1 < len(rates) else end
            if last > first:
                earned += Decimal(each.amount_fen) * (last - first).days * rate.percent
    return round_to_fen(earned / _HUNDRED / _DAYS_OF_A_YEAR / _FEN_PER_YUAN)


def read_deposit_rules(data: Mapping[str, Any], problems: list[Problem]) -> DepositRules:
    """Read the section `deposits` of a pack; every problem is added, naming its row."""
    section = data.get("deposits")
    if not isinstance(section, Mapping):
        problems.append(Problem("deposits", "应为一组（列名: 值）"))
        return DepositRules(rates=(), notice_days=0, watch_days=(), documents=())
    row = Row(section, "deposits", problems)
    row.only("interest", "notice_days", "guarantee_watch_days", "documents")
    rates = tuple(_rate(each) for each in row.rows("interest", needed=True))
    if list(rates) != sorted(rates, key=lambda rate: rate.since):
        row.problem("interest", "利率应按起始日期先后排列")
    days = section.get("guarantee_watch_days")
    if not isinstance(days, list) or not days or not all(type(each) is int and each > 0 for each in days):
        row.problem("guarantee_watch_days", "应为提前天数的列表，例如 [60, 30, 7]")
        days = []
    return DepositRules(
        rates=rates,
        notice_days=row.whole("notice_days", least=0),
        watch_days=tuple(sorted(days, reverse=True)),
        documents=row.texts("documents", needed=True),
    )


def _rate(row: Row) -> Rate:
    row.only("from", "percent")
    return Rate(row.date("from") or date.min, row.decimal("percent"))
