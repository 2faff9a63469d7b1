"""What kinds of notices are called; the stored words are codes."""

from __future__ import annotations

from flask_babel import gettext

from web.components import Tag, Tone


def notice_tag(kind: str) -> Tag:
    """What a notice is about, in a word; one without a word of its own is simply a notice."""
    late = Tag(gettext("超期"), Tone.RED)
    known = {
        "clock_paused": Tag(gettext("停表"), Tone.PURPLE),
        "clock_resumed": Tag(gettext("恢复计时"), Tone.BLUE),
        "extension_asked": Tag(gettext("申请延期"), Tone.AMBER),
        "extension_granted": Tag(gettext("批准延期"), Tone.GREEN),
        "extension_declined": Tag(gettext("未批准延期"), Tone.RED),
        "handled_as_special": Tag(gettext("特殊情形"), Tone.BLUE),
        "step_hint": Tag(gettext("快到期"), Tone.AMBER),
        "step_amber": Tag(gettext("临期"), Tone.AMBER),
        "no_officer": Tag(gettext("无人办理"), Tone.RED),
        "correction": Tag(gettext("补正"), Tone.AMBER),
    }
    return known.get(kind, late if kind.startswith("step_") else Tag(gettext("通知")))
