"""What is counted while the lines of a file go by: sums, balances, repeats, and everything that is wrong.

Memory does not grow with the file but for one number a line, which finds repeats.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from operator import add, itemgetter
from typing import Final

from shared.domain.money import plain
from shared.statements.cells import CNY
from shared.statements.statement import PROBLEMS_MAX, LineProblem, Statement, StatementLine, StatementRefused

_AMOUNTS: Final = itemgetter(StatementLine._fields.index("amount_fen"))
_BALANCES: Final = itemgetter(StatementLine._fields.index("balance_fen"))
_DAYS: Final = itemgetter(StatementLine._fields.index("booked_on"))
_REFERENCES: Final = itemgetter(StatementLine._fields.index("bank_reference"))
_DIGESTS: Final = itemgetter(StatementLine._fields.index("digest"))


@dataclass(slots=True)
class Running:
    """A balance after each line. Banks write the oldest line first or last; which, the balances themselves say."""

    first: StatementLine | None = None
    last: StatementLine | None = None
    #: Where the balances stop fitting, read as oldest first and as newest first.
    breaks: list[int | None] = field(default_factory=lambda: [None, None])

    def take(self, lines: Sequence[StatementLine]) -> None:
        """The next lines of the file."""
        chain = [self.last, *lines] if self.last else list(lines)
        amounts, balances = list(map(_AMOUNTS, chain)), list(map(_BALANCES, chain))
        self._follow(0, list(map(add, balances, amounts[1:])), balances[1:], chain[1:])
        self._follow(1, list(map(add, balances[1:], amounts)), balances, chain[1:])
        self.first = self.first or lines[0]
        self.last = lines[-1]

    @property
    def broken_at(self) -> int | None:
        """The line where the better of the two readings ends, None if one holds to the end."""
        return None if None in self.breaks else max(each for each in self.breaks if each is not None)

    def ends(self) -> tuple[int, int]:
        """Opening and closing balance, 分, of a chain that holds."""
        oldest, newest = self.first, self.last
        if oldest is None or newest is None:
            raise ValueError("there was no line")
        if self.breaks[0] is not None or (self.breaks[1] is None and newest.booked_at < oldest.booked_at):
            oldest, newest = newest, oldest
        if oldest.balance_fen is None or newest.balance_fen is None:
            raise ValueError("a line had no balance")
        return oldest.balance_fen - oldest.amount_fen, newest.balance_fen

    def _follow(self, way: int, sums: list[int], balances: list[int], lines: Sequence[StatementLine]) -> None:
        if self.breaks[way] is None and sums != balances[: len(sums)]:
            at = next(place for place, found in enumerate(sums) if found != balances[place])
            self.breaks[way] = lines[at].line_no


@dataclass(slots=True, kw_only=True)
class Tally:
    """One file under way: its reader adds lines and problems, `statement` is the verdict on the whole."""

    provider: str
    format: str
    account: str = ""
    latest: date | None = None
    problems: list[LineProblem] = field(default_factory=list)
    problem_count: int = 0
    line_count: int = 0
    credits_fen: int = 0
    debits_fen: int = 0
    first_on: date | None = None
    last_on: date | None = None
    opening_fen: int | None = None
    closing_fen: int | None = None
    #: What the file states about its ends beside the lines, where it does.
    stated_opening_fen: int | None = None
    stated_closing_fen: int | None = None
    running: Running | None = None
    #: Whether the file says where it ends: a total, a closing balance or an end mark.
    ends_proven: bool = False
    checked: dict[str, None] = field(default_factory=dict)
    _contradictions: int = 0
    _seen: set[int] = field(default_factory=set)
    _of_page_fen: int = 0

    def problem(self, line_no: int, column: str, text: str) -> None:
        """One thing wrong; the first ones are kept, all are counted."""
        self.problem_count += 1
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(LineProblem(line_no, column, text))

    def contradiction(self, line_no: int, column: str, text: str) -> None:
        """Lines and totals do not agree; not said where a line could not be read, which explains it."""
        if self.problem_count == self._contradictions:
            self._contradictions += 1
            self.problem(line_no, column, text)

    def belongs_to(self, account: str, line_no: int) -> None:
        """A file is of one account: the one known before it was opened, or the first that it names."""
        if not self.account:
            self.account = account
        elif account != self.account:
            self.problem(line_no, "账户", f"账户 {account} 与 {self.account} 不同；一份文件只能是一个账户的")

    def take(self, lines: list[StatementLine], *, unique_reference: bool) -> list[StatementLine]:
        """Count these lines and give back those that did not come before.

        `unique_reference`: a reference that the sender gives is never given twice, so it alone shows a repeat.
        """
        lines = self._without_repeats(lines, unique_reference=unique_reference)
        if not lines:
            return lines
        amounts = list(map(_AMOUNTS, lines))
        total_fen = sum(amounts)
        debits_fen = -sum(each for each in amounts if each < 0)
        self.credits_fen += total_fen + debits_fen
        self.debits_fen += debits_fen
        self._of_page_fen += total_fen
        self.line_count += len(lines)
        days = set(map(_DAYS, lines))
        self.first_on = min(days) if self.first_on is None else min(self.first_on, *days)
        self.last_on = max(days) if self.last_on is None else max(self.last_on, *days)
        if self.running:
            self.running.take(lines)
        return lines

    def page(self, opening_fen: int, closing_fen: int, line_no: int) -> None:
        """The lines since the page before stand between these balances; pages of one file follow each other."""
        if self.closing_fen is not None and opening_fen != self.closing_fen:
            self.contradiction(
                line_no, "期初余额", f"期初 {plain(opening_fen)} 不等于上一页期末 {plain(self.closing_fen)}"
            )
        if opening_fen + self._of_page_fen != closing_fen:
            self.contradiction(
                line_no,
                "期末余额",
                f"期初 {plain(opening_fen)} 加发生额 {plain(self._of_page_fen)} 应为 "
                f"{plain(opening_fen + self._of_page_fen)}，文件写的期末是 {plain(closing_fen)}",
            )
        self.opening_fen = opening_fen if self.opening_fen is None else self.opening_fen
        self.closing_fen = closing_fen
        self._of_page_fen = 0
        self.checked["期初＋发生＝期末"] = None

    def total(self, name: str, stated: int, found: int, line_no: int, *, money: bool = True) -> None:
        """A total that the file states must be what its lines come to."""
        if stated != found:
            written, counted = (plain(stated), plain(found)) if money else (str(stated), str(found))
            self.contradiction(line_no, name, f"文件写的{name}是 {written}，按明细应为 {counted}")
        self.checked["合计与明细相符"] = None

    def statement(self, lines: tuple[StatementLine, ...] = ()) -> Statement:
        """The file as a whole. Raises `StatementRefused` with everything that was wrong."""
        self._check_ends()
        if self.problem_count:
            raise StatementRefused(self.problems, count=self.problem_count)
        return Statement(
            provider=self.provider,
            format=self.format,
            account=self.account,
            currency=CNY,
            first_on=self.first_on,
            last_on=self.last_on,
            opening_fen=self.opening_fen,
            closing_fen=self.closing_fen,
            credits_fen=self.credits_fen,
            debits_fen=self.debits_fen,
            line_count=self.line_count,
            checked=tuple(self.checked),
            unchecked=tuple(self._unproven()),
            lines=lines,
        )

    def _check_ends(self) -> None:
        """Opening and closing balance, from the balances of the lines or as stated; both must agree."""
        opening_fen, closing_fen = self.stated_opening_fen, self.stated_closing_fen
        if self.running and self.running.last:
            if self.running.broken_at:
                self.contradiction(
                    self.running.broken_at,
                    "余额",
                    "余额接不上：上一余额加本行发生额不等于本行余额，可能缺行、多行或金额有误",
                )
                return
            of_lines = self.running.ends()
            for name, stated, found in (("期初余额", opening_fen, of_lines[0]), ("期末余额", closing_fen, of_lines[1])):
                if stated is not None:
                    self.total(name, stated, found, 0)
            opening_fen, closing_fen = of_lines
            self.checked["逐笔余额连续"] = None
        if opening_fen is not None and closing_fen is not None:
            self.page(opening_fen, closing_fen, 0)

    def _unproven(self) -> Iterator[str]:
        if self.closing_fen is None and self.line_count:
            yield "文件没有余额，期初与期末无从核对"
        if not self.ends_proven:
            yield "末尾若缺整行，文件自身看不出来；请与银行页面的笔数和期末余额核对，或在导入下一份时核对期初余额"

    def _without_repeats(self, lines: list[StatementLine], *, unique_reference: bool) -> list[StatementLine]:
        # Hashes instead of texts: two of a million are the same by chance once in 30 million files, and a person looks.
        references = list(map(_REFERENCES, lines))
        known: Iterable[str | bytes] = map(_DIGESTS, lines)
        if unique_reference:
            known = [reference or line.digest for reference, line in zip(references, lines, strict=True)]
        keys = list(map(hash, known))
        if len(set(keys)) == len(keys) and self._seen.isdisjoint(keys):
            self._seen.update(keys)
            return lines
        kept = []
        for key, line in zip(keys, lines, strict=True):
            if key not in self._seen:
                self._seen.add(key)
                kept.append(line)
            elif unique_reference and line.bank_reference:
                self.problem(line.line_no, "流水号", f"流水号 {line.bank_reference} 在文件中重复")
            else:
                self.problem(line.line_no, "", "与前面的一行完全相同")
        return kept
