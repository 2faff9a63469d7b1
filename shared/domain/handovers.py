"""移交: to whom a unit may pass a task, between units of the city and across the levels of one application."""

from __future__ import annotations

from collections.abc import Iterable

from shared.domain.matters import Unit

#: How often one unit may pass one task on: whoever sends it back and forth needs the lead window or a meeting.
PASSED_ON_MAX = 2


def receivers(units: Iterable[Unit], *, giver: Unit, area_code: str) -> tuple[Unit, ...]:
    """The units that may receive a task of an application in `area_code`, in the order given.

    A city unit passes to any other of the city, or down to a unit of the application's own district; a district's unit
    passes up to the city only. No task ever leaves for another district.
    """
    return tuple(
        unit
        for unit in units
        if unit.code != giver.code and (unit.level == "city" or (giver.level == "city" and unit.area_code == area_code))
    )
