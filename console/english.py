"""English for the problems that the calculators name; what is not in the table stays Chinese."""

from __future__ import annotations

import re
from typing import Final

_TABLE: Final = tuple(
    (re.compile(pattern), english)
    for pattern, english in (
        (r"应为一个 JSON 对象.*", "must be one JSON object of facts"),
        (r"未知字段，请删除或更正字段名", "unknown field: remove it or correct its name"),
        (r"字段重复出现", "the field is given twice"),
        (r"必填：受理日.*", "required: the acceptance date picks the tariff versions and the deadline"),
        (r"必填(：.*)?", "required"),
        (r"金额须写成字符串.*", 'an amount must be a string such as "1234.50", never a number'),
        (
            r"金额须为不带符号.*",
            "an amount must be plain half-width digits without sign or separators, at most twelve before and two "
            "after the point, such as 1234.50",
        ),
        (r"数量须写成字符串.*", 'a quantity must be a string such as "86432.18", never a number'),
        (
            r"数量须为不带符号.*",
            "a quantity must be plain half-width digits without a sign, at most twelve before and four after the point",
        ),
        (r"信用等级应为.*", "the grade must be A, B, C, D, or null for not graded"),
        (r"应为非空文字", "must be text that is not empty"),
        (r"不能超过 (\d+) 个字", r"must not be longer than \1 characters"),
        (r"含有不可打印的控制字符", "contains control characters"),
        (r"应为 true、false 或 null", "must be true, false or null"),
        (r"应为 0 至 (\d+) 的整数.*", r"must be a whole number from 0 to \1"),
        (r"标准砖用量应为整数块.*", 'must be a whole number of bricks, such as "120000"'),
        (r"应为对象，例如 (.*)", r"must be an object, such as \1"),
        (r"应为数组，例如 (.*)", r"must be an array, such as \1"),
        (r"不认识的工程用途 (.*)，可用：(.*)", r"unknown use \1; known: \2"),
        (r"不认识的减免代码 (.*)，可用：(.*)", r"unknown reduction \1; known: \2"),
        (
            r"社区养老托育家政用房面积 (.*) 不能大于建筑面积 (.*)",
            r"the community care area \1 exceeds the floor area \2",
        ),
        (r"日期格式应为.*", "a date must be written YYYY-MM-DD"),
        (r"没有 (.*) 这一天", r"there is no day \1"),
        (
            r"(\d+) 年的工作日历未导入（(.*)），期限无法推算.*",
            r"the working-day calendar of \1 is not loaded, so the deadline is unknown; import that year's notice",
        ),
        (
            r"统一社会信用代码应为.*",
            "a unified social credit code has 18 characters, digits and capitals without I O S V Z",
        ),
        (r"统一社会信用代码的校验位不符.*", "the check character of the unified social credit code does not match"),
        (r"项目代码应为.*", "a project code has 24 characters, such as 2014-371002-70-01-000001"),
        (
            r"项目代码的年份段 (.*) 不是.*",
            r"the first part of the project code, \1, is neither a year nor a year and month",
        ),
        (r"项目代码的地区段 (.*) 不是.*", r"the second part of the project code, \1, is no region"),
        (r"无法读取 (.*)：(.*)", r"cannot read \1: \2"),
        (r"文件不是 UTF-8 编码", "the file is not UTF-8"),
        (r"不是有效的 JSON：(.*)", r"not valid JSON: \1"),
    )
)


def translate(problem: str) -> str:
    """The problem in English, or as it is."""
    for pattern, english in _TABLE:
        match = pattern.fullmatch(problem)
        if match:
            return match.expand(english)
    return problem
