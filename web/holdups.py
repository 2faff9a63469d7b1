"""Why a case is not finished yet, in one sentence for each thing that is open; a stranger reads no names of people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask_babel import gettext

from shared.db.city import City
from shared.domain.holdups import Holder, Holdup, Role, Why
from web.apply.lanes import pause_name
from web.components import Reason, Tag, Tone
from web.filters import day_short, moment_short
from web.naming import named


def reasons(
    found: Sequence[Holdup], city: City, *, today: date, is_public: bool = False, is_applicant: bool = False
) -> tuple[Reason, ...]:
    """Each open thing as a page says it; what the reader has to do comes first already."""
    return tuple(
        Reason(
            _tag(each.why),
            _sentence(each, city, today, is_public=is_public),
            is_yours=is_applicant and each.holder.role is Role.APPLICANT,
        )
        for each in found
    )


def _tag(why: Why) -> Tag:
    return {
        Why.UNCLAIMED: Tag(gettext("待认领"), Tone.AMBER),
        Why.REVIEW: Tag(gettext("审核中"), Tone.BLUE),
        Why.CHECK: Tag(gettext("待复核"), Tone.BLUE),
        Why.PREREQUISITE: Tag(gettext("等前置")),
        Why.MUTUAL: Tag(gettext("互为前置"), Tone.AMBER),
        Why.MEETING: Tag(gettext("联席会议"), Tone.BLUE),
        Why.PAUSED: Tag(gettext("停表"), Tone.PURPLE),
        Why.COLLECTING: Tag(gettext("汇总补正"), Tone.BLUE),
        Why.CORRECTION: Tag(gettext("待补正"), Tone.PURPLE),
        Why.FORWARDED: Tag(gettext("转报上级"), Tone.PURPLE),
        Why.OBJECTED: Tag(gettext("不同意"), Tone.RED),
        Why.COMPUTING: Tag(gettext("计算中")),
        Why.FACTS: Tag(gettext("缺少申报事实"), Tone.RED),
        Why.CONFIRM: Tag(gettext("待确认"), Tone.BLUE),
        Why.BILLING: Tag(gettext("生成缴费单")),
        Why.UNPAID: Tag(gettext("待缴费"), Tone.AMBER),
        Why.RECEIPT: Tag(gettext("开具凭证")),
        Why.CALENDAR: Tag(gettext("工作日历"), Tone.RED),
        Why.CLOSING: Tag(gettext("办结中")),
    }[why]


def _sentence(each: Holdup, city: City, today: date, *, is_public: bool) -> str:
    values = {
        "what": named(each.what),
        "who": _who(each.holder, city, is_public=is_public),
        "due": _due(each.due_on, today),
        "day": day_short(each.due_on) if each.due_on else "—",
        "since": day_short(each.since) if each.since else "—",
        "when": moment_short(each.at) if each.at else "—",
        "matters": gettext("、").join(named(matter) for matter in each.matters),
        "behind": gettext("；").join(_behind(before, city, today, is_public=is_public) for before in each.behind),
        "authority": gettext("上级机关") if is_public else each.reason,
        "reason": _reason(each, is_public=is_public),
        "days": each.days,
        "count": each.count,
        "number": "" if is_public and each.why is Why.UNPAID else each.number,
    }
    return _wording(each) % values


def _wording(each: Holdup) -> str:
    """The sentence with its gaps."""
    if each.why is Why.MEETING and each.at is None:
        return str(gettext("%(matters)s：已由%(who)s召集联席会议，时间待定。"))
    if each.why is Why.PAUSED and each.days is None:
        return str(gettext("%(what)s：%(since)s 起停表（%(reason)s），由%(who)s负责。"))
    wordings = {
        Why.UNCLAIMED: gettext("%(what)s：还没有人认领，由%(who)s负责，%(due)s。"),
        Why.REVIEW: gettext("%(what)s：%(who)s 正在审核，%(due)s。"),
        Why.CHECK: gettext("%(what)s：初审已完成，待%(who)s 复核，%(due)s。"),
        Why.PREREQUISITE: gettext("%(what)s：等%(behind)s。"),
        Why.MUTUAL: gettext("%(what)s：与%(matters)s互为前置，待%(who)s 召集联席会议一并决定。"),
        Why.MEETING: gettext("%(matters)s：由%(who)s 召集的联席会议定于 %(when)s 召开，一并决定。"),
        Why.PAUSED: gettext("%(what)s：%(since)s 起停表 %(days)s 个工作日（%(reason)s），由%(who)s 负责。"),
        Why.COLLECTING: gettext("各部门的补正要求正在合并成一份告知，由%(who)s 负责，%(day)s 前发出。"),
        Why.CORRECTION: gettext("补正 %(count)s 项（%(matters)s）：待%(who)s 答复，%(due)s；答复前停表。"),
        Why.FORWARDED: gettext("%(what)s：已转报%(authority)s，%(who)s 将于 %(day)s 再次催询。"),
        Why.OBJECTED: gettext("%(what)s：有部门不同意，由%(who)s 组织联席会议或作出决定。"),
        Why.COMPUTING: gettext("%(what)s：系统正在计算，由%(who)s 负责。"),
        Why.FACTS: gettext("%(what)s：缺少申报事实，请联系%(who)s。"),
        Why.CONFIRM: gettext("%(what)s：已算出，待%(who)s 确认。"),
        Why.BILLING: gettext("全部事项已办结，系统正在生成缴费单，由%(who)s 负责。"),
        Why.UNPAID: gettext("缴费单 %(number)s：待%(who)s 缴款，%(due)s。"),
        Why.RECEIPT: gettext("缴款已到账，系统正在开具凭证，由%(who)s 负责。"),
        Why.CALENDAR: gettext("%(number)s 年的工作日历未导入，期限暂不能推算，由%(who)s 协调导入。"),
        Why.CLOSING: gettext("各项已完成，系统正在办结，由%(who)s 负责。"),
    }
    return str(wordings[each.why])


def _behind(before: Holdup, city: City, today: date, *, is_public: bool) -> str:
    who = _who(before.holder, city, is_public=is_public)
    if before.why is Why.OBJECTED:
        return str(gettext("%(what)s（%(who)s不同意，解决前不能办理）", what=named(before.what), who=who))
    return str(
        gettext("%(what)s（%(who)s，%(due)s）", what=named(before.what), who=who, due=_due(before.due_on, today))
    )


def _reason(each: Holdup, *, is_public: bool) -> str:
    if each.why is not Why.PAUSED:
        return each.reason
    kind = pause_name(each.number)
    return kind if is_public or each.reason in ("", kind) else kind + str(gettext("，")) + each.reason


def _who(holder: Holder, city: City, *, is_public: bool) -> str:
    """A holder as people would ask for them at the window: unit, post and name."""
    if holder.role is Role.APPLICANT:
        return str(gettext("申请人")) if is_public else str(gettext("申请人 %(name)s", name=holder.name))
    unit = named(city.units[holder.unit_code].short_name) if holder.unit_code in city.units else ""
    post = {
        Role.OFFICER: "",
        Role.CHECKER: gettext("复核人"),
        Role.CHIEF: gettext("首席代表"),
        Role.HEAD: gettext("负责人"),
    }[holder.role]
    parts = (unit, post) if is_public else (unit, f"{post}{holder.name}" if post else holder.name)
    return " ".join(part for part in parts if part)


def _due(due_on: date | None, today: date) -> str:
    if due_on is None:
        return str(gettext("尽快办理"))
    if due_on < today:
        return str(gettext("应于 %(day)s 前办结，已超期", day=day_short(due_on)))
    return str(gettext("%(day)s 前办结", day=day_short(due_on)))
