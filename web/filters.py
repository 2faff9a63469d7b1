"""How amounts, quantities, dates and times look on a page; nothing else formats them.

Every filter takes the stored form (分 as int, Decimal, aware datetime) and refuses anything
else, so a float or a naive time fails in the first test that shows it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import flask
from flask_babel import format_date

from shared.db.queries.inbox import COUNTED_MAX

# The whole country keeps one time; offices print it, so it is not the reader's own.
OFFICE_TIME = ZoneInfo("Asia/Shanghai")
MINUS = "\N{MINUS SIGN}"


def money(amount_fen: int) -> str:
    """分 as 元 with thousands commas and two decimals: 3272993924 → 32,729,939.24; negative with −."""
    if type(amount_fen) is not int:  # bool and float are both wrong here
        raise TypeError(f"an amount is an int of 分, not {amount_fen!r}")
    yuan, fen = divmod(abs(amount_fen), 100)
    return f"{MINUS if amount_fen < 0 else ''}{yuan:,}.{fen:02d}"


def number(quantity: Decimal | int) -> str:
    """A quantity with thousands commas, its decimals as they are kept."""
    if type(quantity) not in (int, Decimal):
        raise TypeError(f"a quantity is a Decimal or an int, not {quantity!r}")
    return f"{quantity:,}".replace("-", MINUS)


def how_many(count: int) -> str:
    """What waits somewhere, as far as it is counted: 999, and 999+ for more."""
    return f"{COUNTED_MAX}+" if count > COUNTED_MAX else str(count)


def day(value: date) -> str:
    """A date in full: 2014-09-26."""
    return _office_date(value).isoformat()


def day_short(value: date) -> str:
    """A date where the year is plain from the page: 09-26."""
    return f"{_office_date(value):%m-%d}"


def day_long(value: date) -> str:
    """A date in a sentence, with its weekday: 9月26日（周五） or Fri 26 Sep."""
    return str(format_date(_office_date(value), _long_pattern()))


def moment(value: datetime) -> str:
    """A time to the minute, on the office's clock: 2014-09-26 17:00."""
    return f"{_office_time(value):%Y-%m-%d %H:%M}"


def moment_short(value: datetime) -> str:
    """A time where the year is plain from the page: 09-26 17:00."""
    return f"{_office_time(value):%m-%d %H:%M}"


def clock(value: datetime) -> str:
    """The time of day alone: 17:00."""
    return f"{_office_time(value):%H:%M}"


def install(app: flask.Flask) -> None:
    """Give the filters their names in templates."""
    app.jinja_env.filters.update(
        money=money,
        number=number,
        how_many=how_many,
        date=day,
        date_short=day_short,
        date_long=day_long,
        datetime=moment,
        datetime_short=moment_short,
        clock=clock,
    )


def _long_pattern() -> str:
    from web.i18n import is_english

    return "EEE d MMM" if is_english() else "M月d日（EEE）"


def _office_date(value: date) -> date:
    return _office_time(value).date() if isinstance(value, datetime) else value


def _office_time(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise TypeError(f"a time knows its zone, {value!r} does not")
    return value.astimezone(UTC).astimezone(OFFICE_TIME)
