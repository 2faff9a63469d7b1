"""Names and refusals in the reader's language: Chinese as the city and the domain write them, else English.

The English names come from the city's pack as it lay on disk when the process started; a name without one stays
Chinese, so that nothing is ever shown under an invented name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

import flask

from shared.domain.errors import Problem
from shared.english import NAMES, translate
from web.i18n import is_english

_KEY = "yidan-names"


class Named(Protocol):
    """Anything of a pack that people know by its name."""

    @property
    def name(self) -> str: ...


def install(app: flask.Flask, names: Mapping[str, str]) -> None:
    """Let templates name things in the reader's language; `names` are the city's in English by their Chinese ones."""
    app.extensions[_KEY] = {**NAMES, **names}
    app.jinja_env.globals.update(named=named, named_twice=named_twice)
    app.jinja_env.filters.update(named=named, said=said)


def named(thing: Named | str) -> str:
    """The name of a thing of the city (or the thing of this Chinese name) in the reader's language."""
    name = thing if isinstance(thing, str) else thing.name
    return _names().get(name, name) if is_english() else name


def named_twice(thing: Named | str) -> str:
    """An official name in English with the Chinese one beside it, so that a reader finds the door; else Chinese."""
    name = thing if isinstance(thing, str) else thing.name
    english = named(name)
    return name if english == name else f"{english} {name}"


def said(text: str) -> str:
    """A refusal of the domain or a service in the reader's language."""
    return translate(text, _names()) if is_english() else text


def said_problem(problem: Problem) -> Problem:
    """A problem in the reader's language; its field stays as the sender wrote it."""
    return replace(problem, problem=said(problem.problem))


def _names() -> Mapping[str, str]:
    names: Mapping[str, str] = flask.current_app.extensions[_KEY]
    return names
