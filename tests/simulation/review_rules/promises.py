"""What the sample city promises and when people work, to the suite's own knowledge: the product's pack is not read."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import chinese_calendar

#: Days of acceptance and the fifth working day after each, of fees.md 7; 2027 has to be imported first.
FIFTH_WORKING_DAY: Final = {
    date(2014, 9, 15): date(2014, 9, 22),
    date(2014, 9, 25): date(2014, 10, 8),
    date(2014, 10, 8): date(2014, 10, 14),
    date(2024, 2, 2): date(2024, 2, 8),
    date(2024, 4, 30): date(2024, 5, 10),
    date(2025, 1, 24): date(2025, 2, 7),
    date(2026, 2, 12): date(2026, 2, 26),
    date(2026, 9, 30): date(2026, 10, 13),
    date(2026, 12, 28): date(2027, 1, 5),
}
LAST_LOADED_YEAR: Final = 2026
#: A made-up notice for the year after.
NOTICE_2027: Final = """
2027-01-01 至 2027-01-03 休
2027-01-31 班
2027-02-05 至 2027-02-11 休
2027-02-14 班
2027-04-03 至 2027-04-05 休
2027-05-01 至 2027-05-05 休
2027-05-08 班
2027-06-09 休
2027-09-15 休
2027-09-26 班
2027-10-01 至 2027-10-07 休
2027-10-09 班
"""

#: Working days for the joint review by kind, for whatever is special, for the service card.
JOINT: Final = {"ordinary": 5, "special": 10}
SPECIAL: Final = 10
CARD: Final = 3
#: Working days for each matter; one that is decided in a step with a longer one has the longer promise.
MATTERS: Final = {
    "zj-drawings": 5, "zr-planning": 5, "rf-shelter": 5, "st-environment": 4, "xf-fire": 5, "sw-drainage": 5,
    "qx-lightning": 3, "rs-wages": 3, "cg-waste": 3, "fg-energy": 5, "site-check": 3, "cg-road": 2, "sw-pipes": 2,
    "zj-pit": 2, "cg-route": 3, "sw-river": 10, "cg-night": 0,
}  # fmt: skip
#: Papers that may be promised, and the working days within which they are to be brought.
PAPERS: Final = {"drainage": 10, "waste": 10, "route_plan": 5}
#: From how many working days past due on late work comes before whom.
RUNGS: Final = {"chief": 1, "lead": 2, "supervisor": 3, "meeting": 5}


def works(day: date) -> bool:
    """Whether the yearly notices make a day a working day."""
    if day.year > LAST_LOADED_YEAR:
        return _IN_2027.get(day, day.weekday() < 5)
    return bool(chinese_calendar.is_workday(day))


def _read(notice: str) -> dict[date, bool]:
    found = {}
    for line in filter(None, notice.splitlines()):
        *days, what = line.replace("至", " ").split()
        day, last = date.fromisoformat(days[0]), date.fromisoformat(days[-1])
        while day <= last:
            found[day] = what == "班"
            day += timedelta(days=1)
    return found


_IN_2027: Final = _read(NOTICE_2027)
