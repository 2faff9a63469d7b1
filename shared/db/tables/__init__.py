"""Rows as they are stored, by area; only `shared.db` imports them.

A row is storage, not a rule: values are checked by the domain's frozen types and once more
by the constraints below.
"""

from shared.db.tables import cases, city, money, people, work

__all__ = ["cases", "city", "money", "people", "work"]
