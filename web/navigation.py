"""What the side and top navigation show; each desk makes its own groups."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NavItem:
    """One place to go; `count` is what waits there, `is_urgent` makes it stand out."""

    label: str
    href: str
    icon: str = ""
    count: int | None = None
    is_urgent: bool = False
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class NavGroup:
    """Places that belong together, under one heading (empty: none)."""

    heading: str
    items: tuple[NavItem, ...]
