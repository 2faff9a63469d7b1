"""WeasyPrint's computed styles, filled in one step where WeasyPrint works out property by property.

A page has a style for about a hundred kinds of box and asks each for a hundred properties, nearly all of them inherited
or initial: 12,000 calls of a long function, a sixth of a receipt's time. Here those that have ever been asked for
are copied when a style is made; what a rule sets, or what depends on something, is left to WeasyPrint.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weasyprint import css
from weasyprint.css.computed_values import PHYSICAL_FUNCTIONS
from weasyprint.css.properties import INHERITED, INITIAL_NOT_COMPUTED, INITIAL_VALUES

_LOGICAL = frozenset(name(block="ttb", inline="ltr") for name in PHYSICAL_FUNCTIONS.values())
"""`margin-inline-start` and its like decide about physical properties: a rule with one is left to WeasyPrint."""
_DEPENDENT = frozenset({"page", "position", "float", "display"}) | INITIAL_NOT_COMPUTED
"""Their values follow from other properties or from boxes above, even where no rule sets them."""

_asked_inherited: set[str] = set()
_asked_initial: dict[str, Any] = {}


class _Computed(css.ComputedStyle):  # type: ignore[misc]
    """An element's style."""

    def __init__(self, parent_style: Any, cascaded: Mapping[str, Any], *others: Any) -> None:
        super().__init__(parent_style, cascaded, *others)
        if parent_style is not None and cascaded.keys().isdisjoint(_LOGICAL):
            _fill(self, parent_style)
            for name in cascaded:
                self.pop(name, None)

    def __missing__(self, name: str) -> Any:
        value = super().__missing__(name)
        if name in INHERITED:
            _asked_inherited.add(name)
        elif name in INITIAL_VALUES and name not in _DEPENDENT and not name.startswith("text_decoration_"):
            _asked_initial[name] = INITIAL_VALUES[name]
        return value


class _Anonymous(css.AnonymousStyle):  # type: ignore[misc]
    """The style of a box without an element."""

    def __init__(self, parent_style: Any) -> None:
        _fill(self, parent_style)
        super().__init__(parent_style)


def _fill(style: Any, parent_style: Any) -> None:
    style.update(_asked_initial)
    style.update({name: parent_style[name] for name in _asked_inherited})


def install() -> None:
    """From now on, in this process; the pages stay the same to the byte."""
    css.ComputedStyle, css.AnonymousStyle = _Computed, _Anonymous
