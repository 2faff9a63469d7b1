"""A row of an inbox as it is read: the light with its days, the stage with its reason, net and gross days."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext

from shared.db.queries.inbox import InboxRow
from shared.db.queries.inbox_clocks import RowClock
from shared.domain.deadlines import Light as Lamp
from web.apply.lanes import pause_name
from web.components import Light, Tag, Tone
from web.deadlines import light_words
from web.desk.words import task_tag
from web.naming import named


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxLine:
    """One task; `note` says beside the stage what it waits for or who has it, `why` is the whole of it."""

    row: InboxRow
    light: Light
    words: str
    stage: Tag
    note: str
    why: str
    used: str
    gross: str
    can_be_claimed: bool
    is_urgent: bool
    is_over: bool


def inbox_line(row: InboxRow, clock: RowClock | None) -> InboxLine:
    """Compose one row; a task whose clock has not started has used nothing."""
    light, words, stage = Light(row.standing.light.value), light_words(row.standing), task_tag(row.status)
    behind = gettext("、").join(named(name) for name in clock.waits_for) if clock else ""
    note = "" if row.is_mine else row.officer_name
    why = ""
    if row.status == "waiting":
        note = why = gettext("等%(names)s", names=behind) if behind else ""
        if clock is not None and not clock.gross_days:
            light, words = Light.WAITING, gettext("未开始")
    elif clock is not None and clock.pause and row.standing.light is not Lamp.DONE:
        stage, why = Tag(pause_name(clock.pause), Tone.PURPLE), clock.reason
        if clock.gross_days is not None and clock.net_days is not None:
            words = gettext("停表 %(days)s 日", days=clock.gross_days - clock.net_days)
    used = gross = "—"
    if clock is not None:
        used = f"{'—' if clock.net_days is None else clock.net_days} / {clock.promised_days}"
        gross = gettext("毛 %(days)s", days=clock.gross_days) if clock.gross_days != clock.net_days else ""
    return InboxLine(
        row=row,
        light=light,
        words=words,
        stage=stage,
        note=note,
        why=why,
        used=used,
        gross=gross if clock is not None else "",
        can_be_claimed=row.status == "open",
        is_urgent=row.lane == "green",
        is_over=row.standing.light in (Lamp.DONE, Lamp.PAUSED),
    )
