"""Rows as they are stored, by area; only `shared.db` imports them.

A row is storage, not a rule: values are checked by the domain's frozen types and once more
by the constraints below.
"""

from shared.db.tables import (
    bill_life,
    cases,
    channels,
    city,
    clocks,
    corrections,
    meetings,
    money,
    notices,
    offices,
    people,
    periods,
    promises,
    reconciliation,
    refunds,
    tariff_desk,
    work,
)

__all__ = [
    "bill_life", "cases", "channels", "city", "clocks", "corrections", "meetings", "money", "notices", "offices",
    "people", "periods", "promises", "reconciliation", "refunds", "tariff_desk", "work",
]  # fmt: skip
