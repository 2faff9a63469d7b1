"""Where the columns of a bank's list stand in one file, and what stands above and below them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from shared.statements.cells import Unreadable, clean, column_name
from shared.statements.profiles import Profile

#: A head stands within so many rows, below the account's name and period.
HEAD_ROWS_MAX: Final = 60

#: What a file may say beside its lines, by the words that banks put in front of it.
LABELS: Final = {
    "账号": "account",
    "账户": "account",
    "账户号码": "account",
    "本方账号": "account",
    "查询账号": "account",
    "期初余额": "opening",
    "上期余额": "opening",
    "期末余额": "closing",
    "本期余额": "closing",
    "收入合计": "credits",
    "贷方合计": "credits",
    "贷方发生额合计": "credits",
    "收入总金额": "credits",
    "支出合计": "debits",
    "借方合计": "debits",
    "借方发生额合计": "debits",
    "支出总金额": "debits",
    "总笔数": "lines",
    "合计笔数": "lines",
    "明细笔数": "lines",
}
_TOTALS: Final = frozenset({"合计", "总计"})
_LABELLED = re.compile("([^:：]+)[:：](.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Places of the profile's columns in a row; None or () where the bank has none."""

    names: tuple[str, ...]
    at: tuple[int, ...]
    on: int | None
    debit: int | None
    credit: int | None
    amount: int | None
    direction: int | None
    balance: int | None
    currency: int | None
    reference: tuple[int, ...]
    order_no: int | None
    payer_name: int | None
    payer_account: int | None
    texts: tuple[int, ...]
    own_account: int | None
    signs: dict[str, int]

    @property
    def width(self) -> int:
        return len(self.names)

    def sign(self, word: str) -> int:
        """1 for a credit, -1 for a debit, by the bank's own word."""
        if word not in self.signs:
            raise Unreadable(f"“{word}”不是收支方向，应为 {'、'.join(self.signs)} 之一")
        return self.signs[word]


def layout_of(row: Sequence[str], profile: Profile) -> Layout | None:
    """The layout, if this row names all columns of the profile; of equal names the first counts."""
    places: dict[str, int] = {}
    for place, cell in enumerate(row):
        places.setdefault(column_name(cell), place)
    if not all(name in places for name in profile.columns):
        return None

    def of(name: str) -> int | None:
        return places[column_name(name)] if name else None

    def of_all(names: Sequence[str]) -> tuple[int, ...]:
        return tuple(places[column_name(name)] for name in names)

    return Layout(
        names=tuple(clean(cell.lstrip("\ufeff")) for cell in row),
        at=of_all(profile.at),
        on=of(profile.on),
        debit=of(profile.debit),
        credit=of(profile.credit),
        amount=of(profile.amount),
        direction=of(profile.direction),
        balance=of(profile.balance),
        currency=of(profile.currency),
        reference=of_all(profile.reference),
        order_no=of(profile.order_no),
        payer_name=of(profile.payer_name),
        payer_account=of(profile.payer_account),
        texts=of_all(profile.texts),
        own_account=of(profile.own_account),
        signs={**dict.fromkeys(profile.credit_words, 1), **dict.fromkeys(profile.debit_words, -1)},
    )


def labelled(row: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What a row beside the lines says, by the values of `LABELS`: "期初余额：1.00", or the value in the next cell."""
    for place, cell in enumerate(row):
        match = _LABELLED.fullmatch(clean(cell))
        name = LABELS.get(column_name(match[1] if match else cell))
        value = clean(match[2]) if match else ""
        if name and not value and place + 1 < len(row):
            value = clean(row[place + 1])
        if name and value:
            yield name, value


def is_totals_row(row: Sequence[str]) -> bool:
    """A row whose first word is 合计: its amounts are sums of the columns above."""
    first = next(filter(None, map(column_name, row)), "")
    return first.rstrip(":") in _TOTALS
