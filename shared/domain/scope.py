"""受理范围: what a city's window does not accept, in dated rows, each with reason, law and where to go instead."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from shared.domain.conditions import Condition, compile_condition
from shared.domain.errors import Problem
from shared.domain.facts import Facts
from shared.domain.rows import Period, table


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Works that are not accepted: either the facts say so (`when`), or the applicant does (`is_asked`).

    `go_to` is empty where no permit is needed at all.
    """

    code: str
    name: str
    reason: str
    clause: str
    go_to: str
    period: Period
    when: Condition
    is_asked: bool
    name_en: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """All rows of a city."""

    rows: tuple[Outside, ...]

    def questions(self, on: date) -> tuple[Outside, ...]:
        """What the applicant is asked on a date."""
        return tuple(row for row in self.rows if row.is_asked and row.period.covers(on))

    def grounds(self, on: date, *, facts: Facts | None, said: Collection[str]) -> tuple[Outside, ...]:
        """Why an application is not accepted on a date; nothing if it is. Facts not stated exclude nobody."""
        return tuple(
            row
            for row in self.rows
            if row.period.covers(on)
            and (row.code in said if row.is_asked else facts is not None and row.when.holds(facts, []) is True)
        )


def read_scope(data: Mapping[str, Any], traits: Mapping[str, Collection[str]], problems: list[Problem]) -> Scope:
    """Read the section `scope`, which may be empty; problems name the row."""
    rows: list[Outside] = []
    for row in table(data, "scope", problems, label=("code",)):
        row.only("code", "name", "name_en", "when", "asked", "reason", "clause", "go_to", "from", "to")
        is_asked = row.switch("asked", default=False)
        if is_asked == ("when" in row.data):
            row.problem("when", "写 when（由申报事实判断）或 asked: true（由申请人回答），二者取一")
        code = row.text("code")
        period = row.period()
        if any(each.code == code and each.period.overlaps(period) for each in rows):
            row.problem("from", f"{code} 的执行期与另一行重叠")
        rows.append(
            Outside(
                code=code,
                name=row.text("name"),
                name_en=row.text("name_en", ""),
                when=compile_condition(row, "when", traits=traits),
                is_asked=is_asked,
                reason=row.text("reason"),
                clause=row.text("clause"),
                go_to=row.text("go_to", ""),
                period=period,
            )
        )
    return Scope(tuple(rows))
