"""Numbers that identify parties, projects and bills: their shape, check digits and what to say when they are wrong.

Each `…_problem` gives a Chinese sentence or None. Names of people are never checked by
character range: GB 18030-2022 has characters that no short range covers.
"""

from __future__ import annotations

import re
from datetime import date

from shared.domain.errors import Invalid, Problem

_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015: no I, O, S, V, Z
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714
_ORGANISATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_USCC = re.compile(f"[{_USCC_ALPHABET}]{{18}}")
_CITIZEN_ID = re.compile(r"[0-9]{17}[0-9X]")
_PROJECT_CODE = re.compile(r"([0-9]{4})-([0-9]{6})-([0-9]{2})-([0-9]{2})-([0-9]{6})")
# GB/T 2260 provinces; 00 stands for projects of the central departments.
_PROVINCES = re.compile(r"00|1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12]")
_CENTRAL = "00"
# Codes with a four-digit year were given from 2015 to 2020; replayed cases of earlier years use the same form.
_OLD_PROJECT_YEARS = range(2000, 2021)
_NEW_PROJECT_YEAR_FIRST = 20
_PAYMENT_CODE = re.compile(r"[0-9]{20}")
_RUNNING_MAX = 10**11 - 1


def uscc_problem(text: object) -> str | None:
    """统一社会信用代码, GB 32100-2015, with the inner 组织机构代码 of GB 11714 where the code carries one."""
    if not isinstance(text, str) or not _USCC.fullmatch(text):
        return "统一社会信用代码应为 18 位，由数字和大写字母组成（不含 I、O、S、V、Z）"
    total = sum(_USCC_ALPHABET.index(char) * weight for char, weight in zip(text, _USCC_WEIGHTS, strict=False))
    if text[17] != _USCC_ALPHABET[(31 - total % 31) % 31]:
        return "统一社会信用代码的校验位不符，请核对营业执照或登记证书"
    return None


def organisation_code_is_valid(uscc: str) -> bool:
    """Whether characters 9 to 17 carry a right GB 11714 check; a hint for a person, not a ground for refusal.

    Codes given out by registers outside the organisation-code system fail it and are genuine.
    """
    inner = uscc[8:17]
    pairs = zip(inner, _ORGANISATION_WEIGHTS, strict=False)
    check = (11 - sum(_ORGANISATION_ALPHABET.index(char) * weight for char, weight in pairs) % 11) % 11
    return inner[8] == ("X" if check == 10 else str(check))


def citizen_id_problem(text: object) -> str | None:
    """居民身份证, GB 11643: shape, province, birth date and check character.

    The county is not looked up (stdnum's `cn.ric` does): numbers are given out later than birth, under
    codes that did not exist then, and 371002 with a birth year of 1980 is one of them.
    """
    if not isinstance(text, str) or not _CITIZEN_ID.fullmatch(text):
        return "居民身份证号码应为 18 位，末位为数字或大写 X"
    if text[:2] == _CENTRAL or not _PROVINCES.fullmatch(text[:2]):
        return "居民身份证号码的地区段不是有效的行政区划代码，请核对证件"
    if iso_date_problem(f"{text[6:10]}-{text[10:12]}-{text[12:14]}"):
        return "居民身份证号码中的出生日期不存在，请核对证件"
    if _mod_11_2(text[:17]) != text[17]:
        return "居民身份证号码的校验位不符，请核对证件"
    return None


def project_code_problem(text: object) -> str | None:
    """项目代码, GB/T 40058-2021: 24 characters, year or year and month, region; there is no check digit."""
    match = _PROJECT_CODE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return "项目代码应为 24 位，格式如 2014-371002-70-01-000001（年份—地区—行业—类型—顺序号，半角数字）"
    when, region = match[1], match[2]
    if not (int(when) in _OLD_PROJECT_YEARS or (int(when[:2]) >= _NEW_PROJECT_YEAR_FIRST and 1 <= int(when[2:]) <= 12)):
        return f"项目代码的年份段 {when} 不是有效年份（如 2018）或年月（如 2403）"
    if not _PROVINCES.fullmatch(region[:2]):
        return f"项目代码的地区段 {region} 不是有效的行政区划代码"
    return None


def iso_date_problem(text: object) -> str | None:
    """A calendar date written YYYY-MM-DD in half-width digits, and one that exists."""
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return "日期格式应为 YYYY-MM-DD，例如 2014-09-15"
    try:
        date.fromisoformat(text)
    except ValueError:
        return f"没有 {text} 这一天"
    return None


def check_uscc(text: str, *, field: str = "uscc") -> str:
    """The code itself; raises `Invalid` on `field`."""
    return _checked(text, uscc_problem(text), field)


def check_citizen_id(text: str, *, field: str = "citizen_id") -> str:
    """The number itself; raises `Invalid` on `field`."""
    return _checked(text, citizen_id_problem(text), field)


def check_project_code(text: str, *, field: str = "project_code") -> str:
    """The code itself; raises `Invalid` on `field`."""
    return _checked(text, project_code_problem(text), field)


def payment_code(region6: str, year: int, running: int) -> str:
    """缴款码, the default structure: 6 region + 2 year + 11 running + 1 check (ISO 7064 MOD 11,10).

    ValueError if the region has not six digits or the running number does not fit.
    """
    if not re.fullmatch(r"[0-9]{6}", region6) or not 0 < running <= _RUNNING_MAX:
        raise ValueError("缴款码需要 6 位区划代码和 1 至 99999999999 的流水号")
    body = f"{region6}{year % 100:02d}{running:011d}"
    return body + _mod_11_10(body)


def payment_code_is_valid(text: str) -> bool:
    """20 digits whose last one is the ISO 7064 MOD 11,10 check of the others."""
    return bool(_PAYMENT_CODE.fullmatch(text)) and _mod_11_10(text[:-1]) == text[-1]


def _mod_11_10(digits: str) -> str:
    """ISO 7064 MOD 11,10, a hybrid system: the check digit that follows `digits`."""
    check = 5
    for digit in digits:
        check = (((check or 10) * 2) % 11 + int(digit)) % 10
    return str((1 - ((check or 10) * 2) % 11) % 10)


def _mod_11_2(digits: str) -> str:
    """ISO 7064 MOD 11-2, a pure system: the check character (0-9 or X) that follows `digits`."""
    check = 0
    for digit in digits:
        check = (check + int(digit)) * 2 % 11
    value = (1 - check) % 11
    return "X" if value == 10 else str(value)


def _checked(text: str, problem: str | None, field: str) -> str:
    if problem:
        raise Invalid([Problem(field, problem)])
    return text
