"""What a day or a month was closed on: figures that never change, and what stood in the way with the reason it did not.

Amounts are 分, in the books' signs where they are balances (debit positive), positive everywhere else. The figures
travel as JSON: they are frozen with the period.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, timedelta
from typing import Any, Final, Self, TypeVar

from shared.domain.accounts import HOLDERS, RECEIPT_KINDS, Flow, flow_of, is_revenue, place
from shared.domain.errors import Broken
from shared.domain.ledger import SUSPENSE

#: Shortest reason for closing over something open, characters.
REASON_LENGTH_MIN: Final = 4
REASON_LENGTH_MAX: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One item of one unit in one district: what bills asked for, what was taken back with them, what came in."""

    item_code: str
    unit_code: str
    area_code: str
    opened_fen: int = 0
    voided_fen: int = 0
    received_fen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Money that came in by where it was taken from: a channel, suspense, a credit; `count` is of entries."""

    account: str
    count: int
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """An account and item: what stood there, what each flow did to it, what stands there. Debit positive."""

    account: str
    item_code: str
    opening_fen: int
    flows: Mapping[str, int]
    closing_fen: int

    def __post_init__(self) -> None:
        if self.opening_fen + sum(self.flows.values()) != self.closing_fen:
            raise Broken(f"{self.account} {self.item_code}: opening and movements do not give what is left")

    @property
    def is_revenue(self) -> bool:
        return is_revenue(self.account)

    def flow(self, flow: Flow) -> int:
        """What one flow did."""
        return self.flows.get(flow.value, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """One transfer (划拨) that was booked."""

    number: str
    account: str
    item_code: str
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Receipts of one code with running numbers, first to last without a gap."""

    code: str
    first: str
    last: str
    count: int
    reversals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Numbers between two runs, and where they are."""

    code: str
    first: str
    last: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that the bank's statement and the books do not say alike."""

    kind: str
    provider: str
    reference: str
    amount_fen: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """One thing that is still open, by what people call it."""

    reference: str
    amount_fen: int
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindrance:
    """Things of one kind that stand in the way of closing; `must_settle` means that no reason helps."""

    kind: str
    items: tuple[Named, ...]
    must_settle: bool = False

    @property
    def amount_fen(self) -> int:
        return sum(each.amount_fen for each in self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """What was open when the period was closed, and why that was right."""

    kind: str
    reason: str
    items: tuple[Named, ...]

    @property
    def amount_fen(self) -> int:
        return sum(each.amount_fen for each in self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Everything that a period is closed on."""

    bills_opened: int
    bills_voided: int
    shares: tuple[Share, ...]
    sources: tuple[Source, ...]
    balances: tuple[Balance, ...]
    transfers: tuple[Passed, ...]
    runs: tuple[Run, ...]
    gaps: tuple[Gap, ...]
    differences: tuple[Difference, ...]
    explained: tuple[Explained, ...] = ()

    @property
    def opened_fen(self) -> int:
        return sum(each.opened_fen for each in self.shares)

    @property
    def voided_fen(self) -> int:
        return sum(each.voided_fen for each in self.shares)

    @property
    def received_fen(self) -> int:
        """实收: what was credited to the accounts that money is collected for."""
        return sum(each.received_fen for each in self.shares)

    @property
    def given_back_fen(self) -> int:
        return sum(each.flow(Flow.GIVEN_BACK) for each in self.balances if each.account in HOLDERS)

    @property
    def passed_on_fen(self) -> int:
        return sum(each.amount_fen for each in self.transfers)

    @property
    def suspense_in_fen(self) -> int:
        return -sum(amount for amount in self._suspense if amount < 0)

    @property
    def suspense_out_fen(self) -> int:
        return sum(amount for amount in self._suspense if amount > 0)

    @property
    def suspense_left_fen(self) -> int:
        return -sum(each.closing_fen for each in self.balances if each.account == SUSPENSE)

    @property
    def difference_fen(self) -> int:
        """What the statement and the books differ by, all differences taken together."""
        return sum(each.amount_fen for each in self.differences)

    @property
    def imbalance_fen(self) -> int:
        """The trial balance; anything but 0 is a fault of ours."""
        return sum(each.closing_fen for each in self.balances)

    @property
    def _suspense(self) -> Iterable[int]:
        return (amount for each in self.balances if each.account == SUSPENSE for amount in each.flows.values())

    @property
    def is_empty(self) -> bool:
        """Whether nothing happened."""
        return not (
            self.shares or self.runs or self.transfers or any(any(each.flows.values()) for each in self.balances)
        )

    def to_json(self) -> dict[str, Any]:
        """As it is frozen; `from_json` gives it back."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self), ensure_ascii=False))
        return plain

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote; `Broken` if it was not written by it."""
        if data.keys() != {field.name for field in fields(cls)}:
            raise Broken("frozen figures have other parts than figures have")
        read = {
            "shares": _rows(Share, data["shares"]),
            "sources": _rows(Source, data["sources"]),
            "balances": _rows(Balance, data["balances"]),
            "transfers": _rows(Passed, data["transfers"]),
            "runs": _rows(Run, data["runs"]),
            "gaps": _rows(Gap, data["gaps"]),
            "differences": _rows(Difference, data["differences"]),
            "explained": tuple(
                Explained(kind=each["kind"], reason=each["reason"], items=_rows(Named, each["items"]))
                for each in data["explained"]
            ),
        }
        return cls(**{**data, **read})

    @property
    def digest(self) -> str:
        """Which figures these are: the same as long as nothing has happened. What is explained does not count."""
        content = replace(self, explained=()).to_json()
        return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """What the entries of one kind did to an account and item in a period; debits positive, credits negative."""

    account: str
    item_code: str
    kind: str
    debit_fen: int
    credit_fen: int
    entries: int


def balances(opening: Mapping[tuple[str, str], int], movements: Iterable[Movement]) -> tuple[Balance, ...]:
    """Every account and item with something on it or something done to it, in the order of the chart."""
    flows: dict[tuple[str, str], dict[str, int]] = {key: {} for key, fen in opening.items() if fen}
    for each in movements:
        found = flows.setdefault((each.account, each.item_code), {})
        for amount in (each.debit_fen, each.credit_fen):
            if amount:
                flow = flow_of(each.kind, each.account, amount).value
                found[flow] = found.get(flow, 0) + amount
    return tuple(
        Balance(
            account=account,
            item_code=item_code,
            opening_fen=opening.get((account, item_code), 0),
            flows=flows[account, item_code],
            closing_fen=opening.get((account, item_code), 0) + sum(flows[account, item_code].values()),
        )
        for account, item_code in sorted(flows, key=lambda key: (place(key[0]), key[1]))
    )


def sources(movements: Iterable[Movement]) -> tuple[Source, ...]:
    """Where the money of payments and of suspense came from: the debits of their entries."""
    found: dict[str, tuple[int, int]] = {}
    for each in movements:
        if each.kind in (*RECEIPT_KINDS, "suspense", "suspense_reversal") and each.account not in HOLDERS:
            amount = each.debit_fen if not each.kind.endswith("_reversal") else each.credit_fen
            if amount:
                count, sum_fen = found.get(each.account, (0, 0))
                found[each.account] = (count + each.entries, sum_fen + amount)
    return tuple(
        Source(account=account, count=found[account][0], amount_fen=found[account][1])
        for account in sorted(found, key=place)
    )


def merged(days: Sequence[Figures]) -> Figures:
    """A month's figures from those of its closed days, in order."""
    opening: dict[tuple[str, str], int] = {}
    closing: dict[tuple[str, str], int] = {}
    flows: dict[tuple[str, str], dict[str, int]] = {}
    for day in days:
        for each in day.balances:
            key = (each.account, each.item_code)
            opening.setdefault(key, each.opening_fen)
            found = flows.setdefault(key, {})
            for flow, amount in each.flows.items():
                found[flow] = found.get(flow, 0) + amount
        closing = {(each.account, each.item_code): each.closing_fen for each in day.balances}
    runs = _joined([each for day in days for each in day.runs])
    return Figures(
        bills_opened=sum(day.bills_opened for day in days),
        bills_voided=sum(day.bills_voided for day in days),
        shares=_summed(
            Share, (each for day in days for each in day.shares), by=("item_code", "unit_code", "area_code")
        ),
        sources=_summed(Source, (each for day in days for each in day.sources), by=("account",)),
        balances=tuple(
            Balance(
                account=key[0],
                item_code=key[1],
                opening_fen=opening[key],
                flows=flows[key],
                closing_fen=closing.get(key, 0),
            )
            for key in sorted(flows, key=lambda key: (place(key[0]), key[1]))
        ),
        transfers=tuple(each for day in days for each in day.transfers),
        runs=runs,
        gaps=tuple(each for day in days for each in day.gaps if not _is_told(each, runs)),
        differences=days[-1].differences if days else (),
        explained=days[-1].explained if days else (),
    )


def month_of(day: date) -> tuple[date, date]:
    """The first and the last day of a day's month."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


_Row = TypeVar("_Row", Share, Source)
_Any = TypeVar("_Any")


def _rows(of: Callable[..., _Any], data: Iterable[Mapping[str, Any]]) -> tuple[_Any, ...]:
    return tuple(of(**each) for each in data)


def _summed(of: type[_Row], rows: Iterable[_Row], *, by: Sequence[str]) -> tuple[_Row, ...]:
    amounts = [field.name for field in fields(of) if field.name not in by]
    found: dict[tuple[str, ...], dict[str, int]] = {}
    for row in rows:
        sums = found.setdefault(tuple(getattr(row, name) for name in by), dict.fromkeys(amounts, 0))
        for name in amounts:
            sums[name] += getattr(row, name)
    return _rows(of, ({**dict(zip(by, key, strict=True)), **found[key]} for key in sorted(found)))


def _is_told(gap: Gap, runs: Sequence[Run]) -> bool:
    """Whether another day of the month has the missing number."""
    return any(run.code == gap.code and run.first <= gap.first and gap.last <= run.last for run in runs)


def _joined(runs: Sequence[Run]) -> tuple[Run, ...]:
    """Runs that follow one another number by number, as one."""
    found: list[Run] = []
    for run in sorted(runs, key=lambda run: (run.code, run.first)):
        before = found[-1] if found else None
        if before and before.code == run.code and int(before.last) + 1 == int(run.first):
            found[-1] = replace(
                before,
                last=run.last,
                count=before.count + run.count,
                reversals=before.reversals + run.reversals,
            )
        else:
            found.append(run)
    return tuple(found)
