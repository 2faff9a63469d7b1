"""Fee lines as an applicant reads them: quantity times rate less reduction is what is payable, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shared.db.city import City
from shared.domain.lines import PAYERS, Line
from web.desk.words import line_status_words
from web.naming import named, named_twice


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One fee line with everything that explains it; amounts in 分."""

    name: str
    status: str
    formula: str
    reason: str
    grounds: str
    unit_name: str
    payer: str
    payable_fen: int


@dataclass(frozen=True, slots=True)
class ShownLines:
    """All lines in the order of the tariff, and what they come to."""

    rows: tuple[ShownLine, ...]
    total_fen: int
    is_complete: bool


def shown_lines(lines: Iterable[Line], city: City) -> ShownLines:
    """Lines with names and reasons; the total leaves out what somebody else collects or nobody can compute yet."""
    given = tuple(lines)
    return ShownLines(
        rows=tuple(
            ShownLine(
                name=named(line),
                status=line_status_words(line.status.value),
                formula=line.formula,
                reason=line.explanation,
                grounds="；".join(dict.fromkeys(part for part in (line.legal_basis, *line.documents) if part)),
                unit_name=named_twice(city.units[city.item(line.code).owner_unit]),
                payer=named(PAYERS.get(line.payer or "", "")),
                payable_fen=line.payable_fen,
            )
            for line in given
        ),
        total_fen=sum(line.due_fen for line in given),
        is_complete=all(line.is_final for line in given),
    )
