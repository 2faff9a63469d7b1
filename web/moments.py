"""A day and a time as people type them into two fields, read as one moment of the city's clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from shared.db.clock import CHINA
from shared.domain.errors import Invalid, Problem


def moment_of(form: Mapping[str, str], day: str, time: str) -> datetime:
    """The moment in the fields `day` (2014-09-16) and `time` (14:30); raises `Invalid` beside the day's field."""
    written = f"{form.get(day, '').strip()} {form.get(time, '').strip()}"
    try:
        return datetime.strptime(written, "%Y-%m-%d %H:%M").replace(tzinfo=CHINA)
    except ValueError:
        raise Invalid([Problem(day, "请填写日期和时间，例如 2014-09-16 和 14:30")]) from None
