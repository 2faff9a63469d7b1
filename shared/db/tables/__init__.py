"""Rows as they are stored, by area; only `shared.db` imports them.

A row is storage, not a rule: values are checked by the domain's frozen types and once more
by the constraints below.
"""

from shared.db.tables import cases, city, clocks, corrections, meetings, money, notices, offices, people, promises, work

__all__ = [
    "cases", "city", "clocks", "corrections", "meetings", "money", "notices", "offices", "people", "promises", "work",
]  # fmt: skip
