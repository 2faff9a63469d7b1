"""Whose fault it is: every error that Yidan raises on purpose, one sentence each.

The families decide what happens next (a 4xx page, a retry, a person), so a new error
belongs to exactly one of them. Texts are Chinese msgids; the web translates them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class FeeOfficeError(Exception):
    """Anything that Yidan raises on purpose."""


# The request's fault: shown to the person, never retried.


class Refused(FeeOfficeError):
    """The request cannot be granted as it stands; the text says why and what to do."""


class NotFound(Refused):
    """There is no such thing, or it is not yours to see."""


class Conflict(Refused):
    """Somebody else was faster, or the case has moved on."""


class NotAllowed(Refused):
    """You are known, but this is not yours to do."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one field of an input: `field` as the sender wrote it, `problem` in their words."""

    field: str
    problem: str


class Invalid(Refused):
    """The input has problems, each named beside its field."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("；".join(f"{each.field}：{each.problem}" for each in self.problems))


class CalendarNotLoaded(Refused):
    """A deadline reaches a year whose working days nobody has loaded; it is never guessed."""


class VerdictAlreadyGiven(Conflict):
    """The department has already said something else."""


# The world's fault: try again later.


class Unavailable(FeeOfficeError):
    """A store, a queue or a bank does not answer; the same request may succeed later."""


# Our fault: a person must look.


class Broken(FeeOfficeError):
    """An invariant does not hold; nothing may be written on top of it."""
