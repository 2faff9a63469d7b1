"""Amounts in 大写, as 《正确填写票据和结算凭证的基本规定》 wants them on bills and receipts.

Where the rule leaves a choice this is ours: 零 before 角 when the 元 digit is zero, no 整 after 角.
"""

from __future__ import annotations

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_YUAN_MAX = 10**16 - 1  # 仟万亿 is the last place that has a name without repeating 亿


def in_words(fen: int) -> str:
    """分 in 大写 with the prefix 人民币; ValueError if negative or beyond 仟万亿元."""
    if type(fen) is not int:
        raise TypeError(f"分 must be an int, not {fen!r}")
    yuan, rest = divmod(fen, 100)
    jiao, last = divmod(rest, 10)
    if fen < 0 or yuan > _YUAN_MAX:
        raise ValueError("大写金额不能为负数，整数部分不能超过十六位")
    text = f"{_whole(yuan)}元" if yuan else ""
    if not rest:
        return f"人民币{text or '零元'}整"
    # A gap is said once: the empty 角, or the empty 元 digit in front of a 角.
    if yuan and (not jiao or yuan % 10 == 0):
        text += "零"
    if jiao:
        text += f"{_DIGITS[jiao]}角"
    if last:
        text += f"{_DIGITS[last]}分"
    return f"人民币{text}"


def _whole(number: int) -> str:
    for size, unit in ((10**8, "亿"), (10**4, "万")):
        if number >= size:
            high, low = divmod(number, size)
            gap = "零" if 0 < low < size // 10 else ""
            return f"{_whole(high)}{unit}{gap}{_whole(low) if low else ''}"
    return _below_ten_thousand(number)


def _below_ten_thousand(number: int) -> str:
    text = ""
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit:
            text += _DIGITS[digit] + _PLACES[place]
        elif text and number % 10**place and not text.endswith("零"):
            text += "零"
    return text
