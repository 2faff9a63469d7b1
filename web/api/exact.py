"""JSON as it was written: what cannot be kept exactly, or means two things at once, is refused instead of repaired.

Facts stay raw JSON values; a float reaches the domain as a float and is refused there beside its field.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NoReturn

from flask import Flask, Response
from flask.json.provider import DefaultJSONProvider
from pydantic import ValidationError

from shared.domain.errors import Problem
from web import errors

_WORDS = {
    "extra_forbidden": "未知字段，请删除或更正字段名",
    "missing": "必填",
    "string_type": "应为文字（带引号）",
    "int_type": "应为整数（不带引号）",
    "int_from_float": "应为整数（不带引号）",
    "bool_type": "应为 true 或 false",
    "dict_type": "应为一个 JSON 对象",
    "list_type": "应为一个 JSON 数组",
    "model_type": "请求体应为一个 JSON 对象（UTF-8，Content-Type: application/json；键不得重复）",
    "json_invalid": "请求体应为一个 JSON 对象，不是一段文字",
    "model_attributes_type": "应为一个 JSON 对象",
    "literal_error": "不在可用的值之列",
    "string_too_long": "文字太长",
    "string_too_short": "不能为空",
    "too_long": "项数太多",
    "datetime_type": "应为带时区的 ISO 8601 时间，例如 2014-09-19T09:30:00+08:00",
    "timezone_aware": "应为带时区的 ISO 8601 时间，例如 2014-09-19T09:30:00+08:00",
}


class ExactJson(DefaultJSONProvider):
    """Flask's JSON, strict on the way in and readable on the way out."""

    ensure_ascii = False

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Read a document; `ValueError` for doubled keys, NaN, half characters, NUL and bottomless nesting."""
        try:
            value = json.loads(s, object_pairs_hook=_once, parse_constant=_refuse, **kwargs)
            _refuse_unkeepable(value)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error
        return value


def install(app: Flask) -> None:
    """Read and write JSON this way."""
    app.json = ExactJson(app)


def refusal(invalid: ValidationError) -> Response:
    """422 with every problem beside its field, in the words of the other refusals."""
    problems = tuple(
        Problem(
            ".".join(str(part) for part in each["loc"]),
            _WORDS.get(each["type"], "格式不对，请对照接口说明 /api/docs/"),
        )
        for each in invalid.errors(include_url=False, include_context=False, include_input=False)
    )
    return errors.answer(422, problems=problems)


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for key, value in pairs:
        if key in read:
            raise ValueError(f"key {key!r} stands twice")
        read[key] = value
    return read


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _refuse_unkeepable(value: Any) -> None:
    if isinstance(value, str):
        # Neither a half character nor NUL can be stored or printed.
        value.encode()
        if "\x00" in value:
            raise ValueError("NUL in a text")
    elif isinstance(value, dict):
        for key, each in value.items():
            _refuse_unkeepable(key)
            _refuse_unkeepable(each)
    elif isinstance(value, list):
        for each in value:
            _refuse_unkeepable(each)
