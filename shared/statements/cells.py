"""Single values of a statement file: amounts to 分, days and moments in China, the payment code in a text.

What can be read in one way only is read, thousands separators and full-width digits included; the rest is
`Unreadable`, whose text says what is wrong. No amount passes through a float.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from hashlib import blake2s
from itertools import repeat
from typing import Final

from shared.domain.identifiers import payment_code_is_valid

#: Statement times are China's, which has had one offset since 1991.
CHINA: Final = timezone(timedelta(hours=8))
#: No fee item is older (防空地下室易地建设费, 2000-04-27); a spreadsheet's day 0 is in 1899.
EARLIEST: Final = date(2000, 1, 1)
CNY: Final = "CNY"
CNY_WORDS: Final = frozenset({"人民币", "人民币元", "CNY", "RMB", "156"})

_AMOUNT = re.compile(r"([+-]?)([0-9]{1,13}|[0-9]{1,3}(?:,[0-9]{3}){1,4})(?:\.([0-9]{1,8}))?")
_DAY = re.compile(r"([0-9]{4})([-/年]?)([0-9]{1,2})([-/月]?)([0-9]{1,2})(日?)")
_DAY_SIGNS: Final = frozenset({("-", "-", ""), ("/", "/", ""), ("年", "月", "日")})
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]{1,6})?)?|([0-9]{2})([0-9]{2})([0-9]{2})")
_DIGITS = re.compile(r"[0-9]{20,}")
_NAMED_CODE = re.compile(r"缴款码[:：]?\s*([0-9]{20})(?![0-9])")
_GROUPED_CODE = re.compile(r"(?<![0-9])[0-9]{4}(?:[ -][0-9]{4}){4}(?![ -]?[0-9])")
_EXCEL_TEXT = re.compile(r'="(.*)"', re.DOTALL)
_GUARDS: Final = ("`", "'")
_CONTROL = re.compile("[\x00-\x1f\x7f\u2028\u2029]+")
# The unit separator: no bank can write it into a value, because control characters are refused.
_BETWEEN: Final = "\x1f"


class Unreadable(ValueError):
    """A value that cannot be read, or in more than one way; the text says why, in Chinese."""


def clean(cell: str) -> str:
    """The cell without what banks put round it against spreadsheets: a backtick, TABs, ="…"; on one line."""
    text = cell.strip()
    if text.startswith(_GUARDS):
        text = text[1:].strip()
    match = _EXCEL_TEXT.fullmatch(text)
    if match:
        text = match[1].replace('""', '"').strip()
    return text if text.isprintable() else _CONTROL.sub(" ", text)


@lru_cache(maxsize=4096)
def column_name(cell: str) -> str:
    """A column's name as it is compared: without guards and blanks, brackets in half width."""
    return unicodedata.normalize("NFKC", clean(cell.lstrip("\ufeff"))).replace(" ", "")


def amount(text: str, *, signed: bool = False) -> int:
    """分 of "1234.5", "1,234.50" or full-width digits. Digits below 分 must be zeros; a minus only where asked for."""
    sign, yuan, rest = _number(text)
    if rest[2:].strip("0"):
        raise Unreadable(f"“{text}”有不足一分的零头")
    if sign == "-" and not signed:
        raise Unreadable(f"“{text}”是负数；这里只应有正数")
    fen = int(yuan + rest[:2].ljust(2, "0"))
    return -fen if sign == "-" else fen


def fraction(text: str, *, digits: int) -> int:
    """A number in units of its `digits`-th decimal: some totals are finer than 分."""
    sign, whole, rest = _number(text)
    if rest[digits:].strip("0"):
        raise Unreadable(f"“{text}”的小数超过 {digits} 位")
    found = int(whole + rest[:digits].ljust(digits, "0"))
    return -found if sign == "-" else found


def count(text: str) -> int:
    """A number of lines, also where "45" became "45.0"."""
    return fraction(text, digits=0)


def day(text: str, *, latest: date | None = None) -> date:
    """A day written year first, on or after 2000-01-01 and not after `latest`."""
    match = _DAY.fullmatch(_half_width(text))
    signs = (match[2], match[4], match[6]) if match else None
    if match is None or not (signs in _DAY_SIGNS or (signs == ("", "", "") and len(match[0]) == len("20140919"))):
        raise Unreadable(f"“{text}”不是日期，应如 2014-09-19 或 20140919")
    try:
        found = date(int(match[1]), int(match[3]), int(match[5]))
    except ValueError:
        raise Unreadable(f"没有 {text} 这一天") from None
    return within(found, latest=latest)


def within(found: date, *, latest: date | None) -> date:
    """The day itself, unless no statement can be of it."""
    if found < EARLIEST:
        raise Unreadable(f"{found} 早于 {EARLIEST}，不会是记账日期；可能是表格软件改坏了这一格")
    if latest is not None and found > latest:
        raise Unreadable(f"{found} 晚于今天 {latest}")
    return found


def moment(text: str, *, latest: date | None = None) -> datetime:
    """A moment in China, at midnight where only the day is given; the day as `day` reads it."""
    plain = _half_width(text)
    if len(plain) == len("20140919140500") and plain.isdecimal():
        plain = f"{plain[:8]} {plain[8:]}"
    written, _, clock = plain.replace("T", " ", 1).replace("日", "日 ", 1).strip().partition(" ")
    on = day(written, latest=latest)
    match = _CLOCK.fullmatch(clock.strip())
    parts = [int(part) for part in match.groups() if part] if match else []
    if clock.strip() and not parts:
        raise Unreadable(f"“{text}”不是时间，应如 2014-09-19 14:05:00")
    try:
        hours, minutes, seconds = (*parts, 0, 0, 0)[:3]
        return datetime.combine(on, time(hours, minutes, seconds), CHINA)
    except ValueError:
        raise Unreadable(f"“{text}”不是时间，应如 2014-09-19 14:05:00") from None


def payment_code(text: str) -> str:
    """The one 20-digit number in a text, or "": of several the one named 缴款码, else the one with a right check digit.

    Without one, digits in full width or in groups of four, as the bill prints them, are tried.
    """
    found = _DIGITS.findall(text)
    if len(found) == 1 and len(found[0]) == 20:
        return str(found[0])
    codes = {each for each in found if len(each) == 20}
    if len(codes) > 1:
        codes = set(_NAMED_CODE.findall(text)) or {each for each in codes if payment_code_is_valid(each)}
    if not found and not codes:
        wide = _half_width(text)
        codes = set(_DIGITS.findall(wide)) if wide != text else set()
        codes |= {re.sub("[ -]", "", each) for each in _GROUPED_CODE.findall(wide)}
    return codes.pop() if len(codes) == 1 and all(len(each) == 20 for each in codes) else ""


def digest(account: str, *known: object) -> bytes:
    """What makes a movement of an account recognisable in another file: 32 bytes.

    `known` is the sender's own number and the amount; where there is no such number, everything that is known.
    """
    return blake2s(_BETWEEN.join((account, *map(str, known))).encode()).digest()


def digests(account: str, count: int, *known: Iterable[object]) -> list[bytes]:
    """The digests of many movements, from what is known of them column by column; no value has a line break."""
    texts = map(_BETWEEN.join, zip(repeat(account, count), *(map(str, each) for each in known), strict=True))
    # As one text, because encoding many short ones costs more than hashing them.
    return [blake2s(each).digest() for each in "\n".join(texts).encode().split(b"\n")]


def joined(parts: Iterable[str]) -> str:
    """Texts in one, without the empty ones."""
    return " ".join(filter(None, parts))


def _half_width(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFKC", text).replace("−", "-")


def _number(text: str) -> tuple[str, str, str]:
    """Sign, whole digits and decimals."""
    match = _AMOUNT.fullmatch(_half_width(text))
    if match is None:
        raise Unreadable(f"“{text}”不是金额，应如 1234.50 或 1,234.50")
    return match[1], match[2].replace(",", ""), match[3] or ""
