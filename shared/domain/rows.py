"""Reads one row of a city's data (a pack) and keeps every problem with the name of the row.

A pack is written by people of a city, so each refusal says which row and which column; reading goes
on after a problem, and whoever reads the rows raises `Invalid` with all of them at the end.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from shared.domain.errors import Problem
from shared.domain.identifiers import iso_date_problem

_DECIMAL = re.compile(r"(?:0|[1-9][0-9]{0,9})(?:\.[0-9]{1,6})?")
OPEN = "open"


@dataclass(frozen=True, slots=True)
class Period:
    """Inclusive dates; `last` is None while the period is open."""

    first: date
    last: date | None

    def covers(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)

    def overlaps(self, other: Period) -> bool:
        return (self.last is None or other.first <= self.last) and (other.last is None or self.first <= other.last)

    def __str__(self) -> str:
        return f"{self.first} 至 {self.last}" if self.last else f"{self.first} 起"


@dataclass(slots=True)
class Row:
    """One mapping of a pack under the name that its problems carry, such as "versions[3] PTF v1"."""

    data: Mapping[str, Any]
    name: str
    problems: list[Problem] = field(default_factory=list)

    def problem(self, column: str, text: str) -> None:
        self.problems.append(Problem(f"{self.name}.{column}" if column else self.name, text))

    def only(self, *columns: str) -> None:
        """Refuse columns that nobody reads: a misspelt one would silently change the law."""
        for column in self.data:
            if column not in columns:
                self.problem(str(column), f"未知的列，可用：{'、'.join(columns)}")

    def text(self, column: str, default: str | None = None) -> str:
        """A non-empty text, or `default` ("" is a default as good as any)."""
        value = self.data.get(column)
        if default is not None and (value is None or value == default):
            return default
        if not isinstance(value, str) or not value.strip():
            self.problem(column, f'应为文字，请加引号："{value}"' if type(value) is int else "应为非空文字")
            return ""
        return value

    def choice(self, column: str, choices: Collection[str], default: str | None = None) -> str:
        value = self.text(column, default)
        if value and value not in choices and value != default:
            self.problem(column, f"应为 {'、'.join(choices)} 之一，不能是 {value}")
        return value

    def switch(self, column: str, *, default: bool | None = None) -> bool:
        value = self.data.get(column, default)
        if not isinstance(value, bool):
            self.problem(column, "应为 true 或 false")
            return False
        return value

    def whole(self, column: str, *, least: int = 0, default: int | None = None) -> int:
        value = self.data.get(column, default)
        if type(value) is not int or value < least:
            self.problem(column, f"应为不小于 {least} 的整数")
            return least
        return value

    def decimal(self, column: str, default: str | None = None) -> Decimal:
        """An exact number, written as text (or a whole number); a float is refused."""
        value = self.data.get(column, default)
        number = exact(value)
        if number is None:
            self.problem(column, f'应为精确小数，写成 "170.00" 这样的文字，不能是 {value!r}')
            return Decimal(0)
        return number

    def date(self, column: str) -> date | None:
        """A date, or None with a problem."""
        value = self.data.get(column)
        problem = iso_date_problem(value)
        if problem:
            self.problem(column, problem)
            return None
        return date.fromisoformat(str(value))

    def period(self) -> Period:
        """Columns `from` and `to`; `to: open` says that no end is known."""
        first = self.date("from")
        last = None if self.data.get("to") == OPEN else self.date("to")
        if first and last and last < first:
            self.problem("to", f"{last} 早于起始日 {first}")
        return Period(first or date.min, last)

    def texts(self, column: str, *, needed: bool = False) -> tuple[str, ...]:
        value = self.data.get(column)
        if value is None and not needed:
            return ()
        if (
            not isinstance(value, Sequence)
            or isinstance(value, str)
            or not all(isinstance(each, str) for each in value)
        ):
            self.problem(column, "应为文字列表")
            return ()
        if needed and not value:
            self.problem(column, "至少需要一项")
        return tuple(value)

    def rows(self, column: str, *, needed: bool = False) -> Iterator[Row]:
        """The mappings of a list under this column, each named by its place; problems gather in this row."""
        value = self.data.get(column)
        if value is None and not needed:
            return
        if not isinstance(value, Sequence) or isinstance(value, str) or (needed and not value):
            self.problem(column, "应为至少一行的列表" if needed else "应为列表")
            return
        for index, each in enumerate(value):
            if isinstance(each, Mapping):
                yield Row(each, f"{self.name}.{column}[{index}]", self.problems)
            else:
                self.problem(f"{column}[{index}]", "应为一行（列名: 值）")

    def row(self, column: str) -> Row:
        value = self.data.get(column)
        if not isinstance(value, Mapping):
            self.problem(column, "应为一组列名: 值")
            value = {}
        return Row(value, f"{self.name}.{column}", self.problems)


def table(data: Mapping[str, Any], section: str, problems: list[Problem], *, label: Sequence[str]) -> list[Row]:
    """The rows of one section, named "versions[3] PTF v1" from the columns in `label`; a missing section is empty."""
    value = data.get(section)
    if value is None:
        value = []
    if not isinstance(value, Sequence) or isinstance(value, str):
        problems.append(Problem(section, "应为列表"))
        return []
    rows = []
    for index, each in enumerate(value):
        name = f"{section}[{index}]"
        if isinstance(each, Mapping):
            known_as = " ".join(str(each[column]) for column in label if each.get(column) is not None)
            rows.append(Row(each, f"{name} {known_as}".rstrip(), problems))
        else:
            problems.append(Problem(name, "应为一行（列名: 值）"))
    return rows


def exact(value: object) -> Decimal | None:
    """An exact number from text or a whole number, without sign; None if it is anything else."""
    if type(value) is int:
        value = str(value)
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return Decimal(value)
    return None
