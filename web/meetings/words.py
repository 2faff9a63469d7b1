"""How meetings, surveys and what comes of them are called; the stored words are codes."""

from __future__ import annotations

from flask_babel import gettext

from web.components import Tag, Tone


def kind_words(what: str, kind: str) -> str:
    """What people come together for."""
    if what == "survey":
        return str(gettext("联合踏勘"))
    words: dict[str, str] = {
        "mutual": gettext("互为前置，联席审定"),
        "objection": gettext("不同意见，联席协调"),
        "escalation": gettext("超时督办"),
    }
    return words[kind]


def gathering_tag(state: str) -> Tag:
    """Whether a meeting or survey is ahead, over or called off."""
    return {
        "called": Tag(gettext("待召开"), Tone.AMBER),
        "planned": Tag(gettext("待踏勘"), Tone.AMBER),
        "held": Tag(gettext("已完成"), Tone.GREEN, is_quiet=True),
        "cancelled": Tag(gettext("已取消"), is_quiet=True),
    }[state]


def seat_tag(attended: bool | None) -> Tag:
    """Whether an invited unit came."""
    if attended is None:
        return Tag(gettext("已邀请"))
    return Tag(gettext("到会"), Tone.GREEN, is_quiet=True) if attended else Tag(gettext("缺席"), Tone.RED)


def verdict_tag(verdict: str) -> Tag:
    """What a meeting decided for a matter."""
    is_approved = verdict == "approved"
    return Tag(gettext("同意"), Tone.GREEN, is_quiet=True) if is_approved else Tag(gettext("不同意"), Tone.RED)


def result_tag(result: str) -> Tag:
    """What a unit found on site."""
    return {
        "": Tag(gettext("待填写"), Tone.AMBER),
        "fine": Tag(gettext("符合"), Tone.GREEN, is_quiet=True),
        "problem": Tag(gettext("存在问题"), Tone.RED),
    }[result]
