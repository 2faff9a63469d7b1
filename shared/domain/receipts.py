"""Numbers on receipts, bills and letters: 代码, 号码, 校验码 and the verification code at the foot of a page.

The check and verification codes are keyed, so that a number cannot be guessed into a valid pair; until a city
connects to the fiscal platform they certify an online receipt (网上回执), never a 财政票据.
"""

from __future__ import annotations

import hmac
import re
from datetime import date
from typing import Final

# Without 0/O, 1/I/L and U/V pairs: people read these codes from paper.
_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTWXYZ"
_NUMBER_MAX: Final = 10**10 - 1
_CHECK_LENGTH: Final = 6


def receipt_code(*, region2: str, category2: str, kind2: str, year: int) -> str:
    """票据代码: 区划 2 + 分类 2 + 种类 2 + 年度 2; ValueError if a part is not two digits."""
    if not all(re.fullmatch(r"[0-9]{2}", part) for part in (region2, category2, kind2)):
        raise ValueError("票据代码的区划、分类、种类各为两位数字")
    return f"{region2}{category2}{kind2}{year % 100:02d}"


def receipt_number(running: int) -> str:
    """票据号码: ten digits, running without gaps; ValueError outside 1 … 9999999999."""
    if type(running) is not int or not 0 < running <= _NUMBER_MAX:
        raise ValueError("票据号码须为 1 至 9999999999 的整数")
    return f"{running:010d}"


def check_code(*, code: str, number: str, total_fen: int, issued_on: date, secret: bytes) -> str:
    """校验码: six characters from what the receipt says; another amount, date or number gives another code."""
    return _characters(f"receipt|{code}|{number}|{total_fen}|{issued_on}", secret, _CHECK_LENGTH)


def verification_code(*, document_number: str, total_fen: int, issued_on: date, secret: bytes) -> str:
    """验真码 at the foot of a bill, such as 7K4P-9QXM-2D: ten characters in groups of four."""
    text = _characters(f"bill|{document_number}|{total_fen}|{issued_on}", secret, 10)
    return f"{text[:4]}-{text[4:8]}-{text[8:]}"


def paper_code(*, document_id: str, secret: bytes) -> str:
    """验真码 at the foot of a letter or record: as on a bill, from the document itself."""
    text = _characters(f"document|{document_id}", secret, 10)
    return f"{text[:4]}-{text[4:8]}-{text[8:]}"


def as_code(text: str) -> str:
    """What somebody has typed from the foot of a page, as it is printed there: 7k4p9qxm2d and 7K4P 9QXM 2D alike."""
    plain = re.sub(r"[\s-]", "", text.upper().removeprefix("验真码"))
    return f"{plain[:4]}-{plain[4:8]}-{plain[8:]}"


def _characters(text: str, secret: bytes, length: int) -> str:
    if not secret:
        raise ValueError("a code without a secret could be made by anyone")
    number = int.from_bytes(hmac.digest(secret, text.encode(), "sha256"), "big")
    found = []
    for _ in range(length):
        number, index = divmod(number, len(_ALPHABET))
        found.append(_ALPHABET[index])
    return "".join(found)
