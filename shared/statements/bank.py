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
        for batch in batches:
            rows = self._below_head(batch) if self._one is None else batch
            if self._one and self._many and rows.cells:
                lines = self._lines(self._one, self._many, self._padded(rows))
                yield self.tally.take(lines, unique_reference=self.profile.unique_reference)
        if self._one is None:
            self.tally.problem(0, "", f"前 {HEAD_ROWS_MAX} 行中没有找到表头，应有：{'、'.join(self.profile.columns)}")
        self._check_stated()

    def _padded(self, rows: Rows) -> Rows:
        """A workbook leaves out empty cells at the end of a row; a text file may not."""
        if self.tally.format != BANK_WORKBOOK or self._one is None:
            return rows
        width = self._one.layout.width
        return rows._replace(cells=[row + [""] * (width - len(row)) for row in rows.cells])

    def _below_head(self, rows: Rows) -> Rows:
        """The rows below the head, none while there is no head."""
        for index, (number, row) in enumerate(zip(rows.numbers, rows.cells, strict=True), 1):
            if number > HEAD_ROWS_MAX:
                break
            layout = layout_of(row, self.profile)
            if layout:
                self._one = RowReader(self.profile, layout, self.tally)
                self._many = BatchReader(self.profile, layout, self.tally)
                return rows._replace(numbers=rows.numbers[index:], cells=rows.cells[index:])
            self._keep_stated(number, row)
        return Rows((), [])

    def _lines(self, one: RowReader, many: BatchReader, rows: Rows) -> list[StatementLine]:
        try:
            return many.lines(rows)
        except (Irregular, Unreadable):
            found = []
            for number, row in zip(rows.numbers, rows.cells, strict=True):
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
