"""What every page says about itself, and what the first page tells before anybody logs in: from the city's pack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from shared.domain.clocks import Kind, Mechanism
from shared.domain.lines import NATURE_NAMES
from shared.packs import Pack, load_pack


@dataclass(frozen=True, slots=True)
class Guide:
    """What an applicant wants to know first; triples and pairs ready for a table."""

    matters: tuple[tuple[str, str, int], ...]
    materials: tuple[tuple[str, str, str], ...]
    items: tuple[tuple[str, str, str], ...]
    promise_days: int
    due_days: int


@dataclass(frozen=True, slots=True)
class Site:
    """The texts of the frame around a page, ready to show."""

    service_name: str
    office_name: str
    host_name: str
    help_line: str
    is_demo: bool
    guide: Guide
    names_in_english: Mapping[str, str]


@lru_cache(maxsize=4)
def site_of(packs_dir: Path, tenant: str, *, is_demo: bool) -> Site:
    """The frame of a city's pages. Raises `Invalid` naming file and row of a broken pack."""
    pack = load_pack(packs_dir / tenant)
    service, _, office = str(pack.wording["service_name"]).partition("·")
    return Site(
        service_name=service.strip(),
        office_name=office.strip(),
        host_name=pack.lead_unit.name,
        help_line=str(pack.wording["phone"]),
        is_demo=is_demo,
        guide=_guide(pack),
        names_in_english=pack.names_in_english(),
    )


def _guide(pack: Pack) -> Guide:
    units = {unit.code: unit.name for unit in pack.units}
    return Guide(
        matters=tuple((each.name, units[each.unit_code], each.promise_days) for each in pack.matters if not each.when),
        materials=tuple((each.name, each.required, each.note) for each in pack.materials),
        items=tuple((each.name, NATURE_NAMES[each.nature], units[each.owner_unit]) for each in pack.items),
        promise_days=pack.promises.latest(Mechanism.JOINT, Kind.ORDINARY).days,
        due_days=pack.settings.due_working_days,
    )
