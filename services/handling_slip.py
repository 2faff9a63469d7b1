"""What a 办理回执单 says: each matter with its days, what is open and with whom, every standstill, as of one moment."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from uuid import UUID

from services.sitting import Sitting
from shared.db import clock, numbers
from shared.db.queries import cases as files
from shared.db.queries.handling import Handling, HandlingRow, Standstill, handling
from shared.db.queries.progress import progress
from shared.documents.views import HandlingRow as RowView
from shared.documents.views import HandlingSlipView, OpenItem, SealSpec
from shared.documents.views import Light as LightView
from shared.documents.views import Pause as PauseView
from shared.domain.clocks import PAUSE_NAMES, PauseKind
from shared.domain.deadlines import Light, Standing
from shared.domain.holdups import CLOSED, Holder, Holdup, Role, Why
from shared.settings import settings

_STATES: Final = {
    "in_review": "审核中",
    "objected": "有部门不同意",
    "billed": "待缴费",
    "completed": "已办结",
    "withdrawn": "已撤回",
    "refused": "不予许可",
    "not_accepted": "不予受理",
}
_DID: Final = {
    "waiting": "等待前置事项",
    "open": "待认领",
    "taken": "审核中",
    "checking": "初审完成，待复核",
    "forwarded": "已转报上级",
    "cancelled": "已终止",
    "approved": "同意",
    "objected": "不同意",
    "pending": "计算中",
    "assessed": "待确认",
    "final": "已核定",
    "needs_facts": "缺少申报事实",
}
_WAITS_FOR: Final = {
    Why.UNCLAIMED: "认领",
    Why.REVIEW: "审核",
    Why.CHECK: "复核",
    Why.PREREQUISITE: "前置事项办结",
    Why.MUTUAL: "召集联席会议",
    Why.MEETING: "联席会议",
    Why.PAUSED: "恢复计时",
    Why.COLLECTING: "汇总并发出补正告知",
    Why.CORRECTION: "申请人补正",
    Why.FORWARDED: "上级答复",
    Why.OBJECTED: "联席会议或决定",
    Why.COMPUTING: "收费计算",
    Why.FACTS: "补齐申报事实",
    Why.CONFIRM: "收费确认",
    Why.BILLING: "生成缴费单",
    Why.UNPAID: "缴款",
    Why.RECEIPT: "开具凭证",
    Why.CALENDAR: "导入工作日历",
    Why.CLOSING: "办结",
}
_POSTS: Final = {Role.OFFICER: "", Role.CHECKER: "复核人", Role.CHIEF: "首席代表", Role.HEAD: "负责人"}
#: Longest gist of an opinion in a row, characters; the whole stands in the case.
GIST: Final = 60


def handling_slip_view(sitting: Sitting, application_id: UUID) -> HandlingSlipView:
    """What the slip says at this moment: each matter, what is open and with whom, every standstill."""
    city, wording = sitting.city, sitting.city.pack.wording
    file = files.whole_file(sitting.session, application_id)
    case = file.case
    where = progress(sitting.session, city, application_id, today=sitting.today)
    found = handling(file, where, city, today=sitting.today)
    running = numbers.take(sitting.session, tenant=sitting.tenant, series=f"handling:{sitting.today.year}")[0]
    is_closed = case.status in CLOSED
    light, light_word = _light(None if is_closed and case.status != "completed" else found.standing)
    return HandlingSlipView(
        issuer=wording["slip_issuer"],
        number=city.number("handling", sitting.today.year, running),
        as_of=_moment(sitting.now),
        applicant=case.developer_name,
        project_name=case.project_name,
        project_code=case.project_code,
        application_number=case.number,
        accepted_on=_long(case.accepted_on),
        promise=_promise(found),
        state=_STATES[case.status],
        net=_days(found.net_days),
        gross=_days(found.gross_days),
        light=light,
        light_word=light_word,
        summary=_summary(found, is_urgent=where.is_urgent),
        rows=tuple(_row(sitting, row) for row in found.rows),
        open_items=tuple(_open_item(sitting, each) for each in where.holdups),
        pauses=tuple(_pause(each) for each in found.standstills),
        remarks=(
            "净用时不含停表，毛用时含停表；均按工作日计，受理当日不计。",
            f"工作日以已导入的国务院办公厅放假通知为准；咨询电话 {wording['phone']}。",
        ),
        used_default="；".join(
            f"{row.name}由{_unit(sitting, row.unit_code)}超时默认同意，已记入留痕"
            for row in found.rows
            if row.is_by_default
        ),
        issued_on=_long(sitting.today),
        qr_text=f"{settings().public_url}/progress?number={case.number}",
        seals=(
            SealSpec(
                unit_code=city.lead_unit,
                organ_name=city.units[city.lead_unit].name,
                flat_text=wording["slip_seal"],
            ),
        ),
    )


def _row(sitting: Sitting, row: HandlingRow) -> RowView:
    light, light_word = _light(row.standing)
    if row.status == "objected":
        light, light_word = LightView.RED, "待解决"
    elif row.standing is None:
        light, light_word = LightView.NONE, "未开始"
    did = _DID[row.status]
    if row.waits_for:
        did = f"等待{'、'.join(row.waits_for)}"
    elif row.paused_for and row.ended_at is None:
        did = f"停表：{PAUSE_NAMES[PauseKind(row.paused_for)]}"
    details = [f"由{_unit(sitting, code)}移交" for code in row.came_from]
    if row.is_by_default:
        details.append("超时默认")
    if row.opinion:
        details.append(row.opinion if len(row.opinion) <= GIST else f"{row.opinion[:GIST]}……")
    return RowView(
        matter=f"{row.name}核定" if row.line_state else row.name,
        unit=_unit(sitting, row.unit_code),
        did=did,
        detail="；".join(details),
        people=row.people or ("系统" if row.line_state == "final" else "—"),
        started=_short(row.started_at) if row.started_at else "未开始",
        ended=_short(row.ended_at) if row.ended_at else "",
        net=_days(row.net_days),
        gross=_days(row.gross_days),
        promise=str(row.promised_days),
        light=light,
        light_word=light_word,
    )


def _open_item(sitting: Sitting, each: Holdup) -> OpenItem:
    since = f"{_short(each.since)} 起" if each.since else ""
    if each.days is not None:
        since += f"，已 {each.days} 个工作日"
    if not since and each.due_on:
        late = "，已超期" if each.due_on < sitting.today else ""
        since = f"{each.due_on:%m-%d} 前办结{late}"
    waits_for = _WAITS_FOR[each.why]
    if each.behind:
        waits_for = f"{'、'.join(before.what for before in each.behind)}办结"
    elif each.why is Why.FORWARDED:
        waits_for = f"{each.reason}答复"
    elif each.why is Why.PAUSED:
        waits_for = f"{PAUSE_NAMES[PauseKind(each.number)]}结束"
    return OpenItem(
        matter=each.what or "、".join(each.matters) or each.number or "整个办件",
        holder=_holder(sitting, each.holder),
        waits_for=waits_for,
        since=since or "—",
    )


def _holder(sitting: Sitting, holder: Holder) -> str:
    if holder.role is Role.APPLICANT:
        return f"申请人　{holder.name}"
    return f"{_unit(sitting, holder.unit_code)}　{_POSTS[holder.role]}{holder.name}"


def _pause(each: Standstill) -> PauseView:
    name = PAUSE_NAMES[PauseKind(each.kind)]
    return PauseView(
        scope=each.name,
        reason=name if each.reason == name else f"{name}：{each.reason}",
        author=each.by,
        started=_short(each.started_at),
        ended=_short(each.ended_at) if each.ended_at else "",
        days=_days(each.days),
    )


def _promise(found: Handling) -> str:
    return f"{found.promised_days}个工作日，至{_long(found.due_on)}"


def _summary(found: Handling, *, is_urgent: bool) -> str:
    done, late = len(found.rows) - found.open_rows, 0
    late = sum(row.standing is not None and row.standing.light is Light.RED for row in found.rows)
    parts = [f"{len(found.rows)}个事项已办结{done}个，{found.open_rows}个办理中"]
    if late:
        parts.append(f"{late}个已超期")
    if found.net_days is not None and found.gross_days is not None and found.gross_days > found.net_days:
        parts.append(f"停表{found.gross_days - found.net_days}个工作日已扣除")
    standing = sum(each.ended_at is None for each in found.standstills)
    if standing:
        parts.append(f"{standing}处停表尚未恢复")
    if is_urgent:
        parts.append("本件走绿色通道")
    return "；".join(parts) + "。"


def _light(standing: Standing | None) -> tuple[LightView, str]:
    if standing is None:
        return LightView.NONE, "—"
    match standing.light:
        case Light.DONE:
            return (LightView.GREEN, "按时办结") if standing.days >= 0 else (LightView.RED, "逾期办结")
        case Light.RED:
            return LightView.RED, f"超期{standing.days}日" if standing.days else "已超期"
        case Light.AMBER:
            return LightView.YELLOW, f"剩{standing.days}日" if standing.days else "今日到期"
        case Light.PAUSED:
            return LightView.PAUSED, "停表"
        case Light.GREEN:
            return LightView.GREEN, f"剩{standing.days}日"


def _unit(sitting: Sitting, code: str) -> str:
    return sitting.city.units[code].short_name


def _days(days: int | None) -> str:
    return "—" if days is None else str(days)


def _long(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _moment(moment: datetime) -> str:
    there = moment.astimezone(clock.CHINA)
    return f"{_long(there.date())}{there:%H:%M}"


def _short(moment: datetime) -> str:
    return f"{moment.astimezone(clock.CHINA):%m-%d %H:%M}"
