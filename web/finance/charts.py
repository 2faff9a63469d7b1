"""The two pictures of the finance page, laid out on the server in whole units so that screen and print agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import gettext

from shared.db.queries.finance import OpenSum
from shared.domain.deadlines import Deadlines

BAR_WIDTH = 1000
CHART_HEIGHT = 130
DAY = timedelta(days=1)
#: Working days overdue, first and last of each column; the last is open.
AGES: tuple[tuple[int, int | None], ...] = ((1, 5), (6, 15), (16, 30), (31, 60), (61, None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part of the bar of natures."""

    x: int
    width: int
    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of the ageing of what is unpaid; `height` of at most 130 units."""

    label: str
    amount_fen: int
    count: int
    height: int
    is_overdue: bool
    due_from: date | None
    due_to: date | None


def segments(amounts: Sequence[tuple[str, int]]) -> tuple[Segment, ...]:
    """Parts of a bar of 1000 units, in the order given; amounts of nothing take no room."""
    total = sum(amount for _, amount in amounts)
    placed, x = [], 0
    for account, amount in amounts:
        width = amount * BAR_WIDTH // total if total else 0
        if width:
            placed.append(Segment(x=x, width=max(width - 2, 1), account=account))
            x += width
    return tuple(placed)


def ages(sums: Sequence[OpenSum], days: Deadlines) -> tuple[Column, ...]:
    """What is unpaid by how many working days it is overdue, what is not yet due first."""
    found: dict[int, list[OpenSum]] = {}
    for each in sums:
        late = days.between(each.due_on, days.today) if each.due_on < days.today else -1
        place = next((at for at, (_, last) in enumerate(AGES, 1) if last is None or late <= last), 0)
        found.setdefault(0 if late < 0 else place, []).append(each)
    amounts = [sum(each.amount_fen for each in found.get(at, ())) for at in range(len(AGES) + 1)]
    tallest = max(amounts)
    labels = [gettext("未到期")]
    for first, last in AGES:
        labels.append(
            gettext("逾期 %(first)s–%(last)s 日", first=first, last=last)
            if last
            else gettext("逾期 %(first)s 日以上", first=first)
        )
    return tuple(
        Column(
            label=label,
            amount_fen=amount,
            count=sum(each.count for each in found.get(at, ())),
            # What is not nothing shows at least a line.
            height=max(amount * CHART_HEIGHT // tallest, 1) if amount else 0,
            is_overdue=at > 0,
            due_from=min((each.due_on for each in found.get(at, ())), default=None),
            due_to=max((each.due_on for each in found.get(at, ())), default=None),
        )
        for at, (label, amount) in enumerate(zip(labels, amounts, strict=True))
    )
