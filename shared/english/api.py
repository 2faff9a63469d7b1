"""Requests to the API."""

from typing import Final

TABLE: Final = (
    # Requests to the API.
    (r"应为文字（带引号）", "must be text, in quotation marks"),
    (r"应为整数（不带引号）", "must be a whole number, without quotation marks"),
    (r"应为一个 JSON 数组", "must be a JSON array"),
    (r"请求体应为一个 JSON 对象，不是一段文字", "the body must be a JSON object, not a text"),
    (
        r"请求体应为一个 JSON 对象（.*",
        "the body must be one JSON object (UTF-8, Content-Type: application/json, no key twice)",
    ),
    (r"不在可用的值之列", "is none of the values that can be used"),
    (r"文字太长", "the text is too long"),
    (r"不能为空", "must not be empty"),
    (r"项数太多", "there are too many entries"),
    (r"格式不对，请对照接口说明 (.*)", r"the format is wrong; compare the description at \1"),
    (r"应为一个文件（.*", "must be a file (multipart/form-data, with a file name)"),
)
