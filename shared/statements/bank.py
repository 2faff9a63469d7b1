"""A bank's list in rows, CSV or workbook, read by a saved profile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from shared.statements import cells
from shared.statements.bank_batches import BatchReader, Irregular
from shared.statements.bank_rows import RowReader
from shared.statements.cells import Unreadable, clean
from shared.statements.delimited import Rows
from shared.statements.layout import HEAD_ROWS_MAX, is_totals_row, labelled, layout_of
from shared.statements.profiles import Profile
from shared.statements.statement import BANK_WORKBOOK, StatementLine
from shared.statements.tally import Running, Tally


@dataclass(slots=True)
class BankReader:
    """Rows in, lines out; what stands above and below them is kept and checked at the end."""

    profile: Profile
    tally: Tally
    _one: RowReader | None = None
    _many: BatchReader | None = None
    _stated: dict[str, tuple[str, int]] = field(default_factory=dict)

    def read(self, batches: Iterable[Rows]) -> Iterator[list[StatementLine]]:
        """Good lines, batch by batch; problems gather in the tally."""
        if self.profile.balance:
            self.tally.running = Running()
        for numbers, rows in batches:
            below = self._find_head(numbers, rows) if self._one is None else 0
            if self._one and self._many and below < len(rows):
                lines = self._lines(self._one, self._many, numbers[below:], self._padded(rows[below:]))
                yield self.tally.take(lines, unique_reference=self.profile.unique_reference)
        if self._one is None:
            self.tally.problem(0, "", f"前 {HEAD_ROWS_MAX} 行中没有找到表头，应有：{'、'.join(self.profile.columns)}")
        self._check_stated()

    def _padded(self, rows: list[list[str]]) -> list[list[str]]:
        """A workbook leaves out empty cells at the end of a row; a text file may not."""
        if self.tally.format != BANK_WORKBOOK or self._one is None:
            return rows
        return [row + [""] * (self._one.layout.width - len(row)) for row in rows]

    def _find_head(self, numbers: Sequence[int], rows: Sequence[Sequence[str]]) -> int:
        """Where the rows below the head begin; past the end while there is none."""
        for index, row in enumerate(rows):
            if numbers[index] > HEAD_ROWS_MAX:
                break
            layout = layout_of(row, self.profile)
            if layout:
                self._one = RowReader(self.profile, layout, self.tally)
                self._many = BatchReader(self.profile, layout, self.tally)
                return index + 1
            self._keep_stated(numbers[index], row)
        return len(rows)

    def _lines(
        self, one: RowReader, many: BatchReader, numbers: Sequence[int], rows: Sequence[Sequence[str]]
    ) -> list[StatementLine]:
        try:
            return many.lines(numbers, rows)
        except (Irregular, Unreadable):
            found = []
            for number, row in zip(numbers, rows, strict=True):
                if any(map(str.strip, row)) and not self._is_beside(one, number, row):
                    found.append(one.line(number, row))
            return [line for line in found if line is not None]

    def _is_beside(self, one: RowReader, number: int, row: Sequence[str]) -> bool:
        """Whether a row below the head is no line but says something about them: a total, a balance."""
        if is_totals_row(row):
            for name, place in (("debits", one.layout.debit), ("credits", one.layout.credit)):
                if place is not None and place < len(row) and clean(row[place]):
                    self._stated[name] = (clean(row[place]), number)
            return True
        return self._keep_stated(number, row)

    def _keep_stated(self, number: int, row: Sequence[str]) -> bool:
        found = {name: (value, number) for name, value in labelled(row)}
        self._stated |= found
        return bool(found)

    def _check_stated(self) -> None:
        tally, stated = self.tally, self._stated
        if "account" in stated:
            tally.belongs_to(*stated["account"])
        for name, title, found in (
            ("credits", "收入合计", tally.credits_fen),
            ("debits", "支出合计", tally.debits_fen),
        ):
            if name in stated and (total_fen := self._number(name, title, cells.amount)) is not None:
                tally.total(title, total_fen, found, stated[name][1])
        if "lines" in stated and (lines := self._number("lines", "笔数", cells.count)) is not None:
            tally.total("笔数", lines, tally.line_count, stated["lines"][1], money=False)
        balance = partial(cells.amount, signed=True)
        tally.stated_opening_fen = self._number("opening", "期初余额", balance)
        tally.stated_closing_fen = self._number("closing", "期末余额", balance)
        tally.ends_proven = bool(stated.keys() & {"closing", "credits", "lines"})

    def _number(self, name: str, title: str, read: Callable[[str], int]) -> int | None:
        if name not in self._stated:
            return None
        text, number = self._stated[name]
        try:
            return read(text)
        except Unreadable as problem:
            self.tally.problem(number, title, str(problem))
            return None
