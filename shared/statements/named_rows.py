"""A row whose values are asked for by the names of the head, each with its own problem."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from shared.statements.cells import Unreadable, clean, column_name
from shared.statements.tally import Tally

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Head:
    """Names as they are compared, with their places."""

    names: tuple[str, ...]
    places: Mapping[str, int]

    @classmethod
    def of(cls, row: Sequence[str]) -> Head:
        names = tuple(map(column_name, row))
        return cls(names, {name: place for place, name in reversed(list(enumerate(names)))})

    def missing(self, needed: Sequence[str]) -> tuple[str, ...]:
        """Which of the needed columns are not there."""
        return tuple(name for name in needed if column_name(name) not in self.places)


@dataclass(frozen=True, slots=True)
class NamedRow:
    """Values of one row; reading a value that is wrong adds a problem and gives None."""

    head: Head
    number: int
    values: Sequence[str]
    tally: Tally

    @property
    def is_whole(self) -> bool:
        """As many values as the head has names."""
        return len(self.values) == len(self.head.names)

    def text(self, name: str) -> str:
        """The value, clean; "" where the file has no such column."""
        place = self.head.places.get(column_name(name))
        return "" if place is None else clean(self.values[place])

    def read(self, name: str, how: Callable[[str], _Value]) -> _Value | None:
        """The value as `how` reads it; a problem and None if it cannot."""
        try:
            return how(self.text(name))
        except Unreadable as problem:
            self.tally.problem(self.number, name, str(problem))
            return None

    def problem(self, name: str, text: str) -> None:
        """Something is wrong with this value."""
        self.tally.problem(self.number, name, text)
