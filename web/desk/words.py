"""How states, acts and facts are called on a desk; the stored words are codes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import gettext

from shared.domain.matters import Unit
from web.components import Tag, Tone
from web.filters import number
from web.naming import named


def task_tag(status: str) -> Tag:
    """A review task's state."""
    return {
        "open": Tag(gettext("待认领"), Tone.AMBER),
        "taken": Tag(gettext("审核中"), Tone.BLUE),
        "waiting": Tag(gettext("等前置事项")),
        "checking": Tag(gettext("待复核"), Tone.BLUE),
        "forwarded": Tag(gettext("转报上级"), Tone.PURPLE),
        "cancelled": Tag(gettext("已终止")),
        "approved": Tag(gettext("同意"), Tone.GREEN, is_quiet=True),
        "objected": Tag(gettext("不同意"), Tone.RED),
    }[status]


def line_tag(state: str, *, lacks_facts: bool = False) -> Tag:
    """A fee line's state."""
    if lacks_facts:
        return Tag(gettext("缺少申报事实"), Tone.RED)
    return {
        "pending": Tag(gettext("计算中"), Tone.GREY),
        "assessed": Tag(gettext("待确认"), Tone.AMBER),
        "final": Tag(gettext("已核定"), Tone.GREEN, is_quiet=True),
    }[state]


def line_status_words(status: str | None) -> str:
    """Why a fee line costs what it costs, in a word; empty for what is simply payable."""
    words: dict[str, str] = {
        "zero": gettext("无需缴纳"),
        "exempt": gettext("免征"),
        "subsidised": gettext("财政补助"),
        "half_of_floor": gettext("减半"),
        "not_applicable": gettext("不适用"),
        "not_in_force": gettext("不在执行期"),
        "waived": gettext("已免缴"),
        "collected_elsewhere": gettext("由税务征收"),
        "needs_facts": gettext("缺少申报事实"),
    }
    return words.get(status or "", "")


def case_tag(status: str) -> Tag:
    """An application's state."""
    return {
        "in_review": Tag(gettext("审核中"), Tone.BLUE),
        "objected": Tag(gettext("有部门不同意"), Tone.RED),
        "billed": Tag(gettext("待缴费"), Tone.AMBER),
        "completed": Tag(gettext("已办结"), Tone.GREEN, is_quiet=True),
        "withdrawn": Tag(gettext("已撤回"), Tone.GREY, is_quiet=True),
        "refused": Tag(gettext("不予许可"), Tone.RED, is_quiet=True),
        "not_accepted": Tag(gettext("不予受理"), Tone.GREY, is_quiet=True),
    }[status]


def act_words(verb: str) -> str:
    """What happened, from the audit trail's verb."""
    words: dict[str, str] = {
        "application_accepted": gettext("受理申报"),
        "task_taken": gettext("认领任务"),
        "task_released": gettext("退回任务"),
        "task_handed_over": gettext("移交任务"),
        "task_received": gettext("接收移交"),
        "matter_approved": gettext("同意"),
        "matter_objected": gettext("不同意"),
        "matter_forwarded": gettext("同意但需转报"),
        "review_proposed": gettext("初审，提交复核"),
        "check_returned": gettext("复核退回初审"),
        "report_urged": gettext("催办上级答复"),
        "objection_reconsidered": gettext("重新考虑不同意的结论"),
        "application_withdrawn": gettext("申请人撤回申报"),
        "application_refused": gettext("不予许可"),
        "bill_voided": gettext("缴费单作废"),
        "survey_asked": gettext("提出面积实测结算"),
        "survey_settled": gettext("面积实测结算办结"),
        "survey_declined": gettext("退回面积实测结算"),
        "dispute_raised": gettext("提出缴费异议"),
        "dispute_answered": gettext("答复缴费异议"),
        "dispute_withdrawn": gettext("撤回缴费异议"),
        "correction_asked": gettext("提出补正要求"),
        "correction_taken_back": gettext("撤回补正要求"),
        "correction_sent": gettext("发出补正告知书，停止计时"),
        "correction_answered": gettext("申请人补正，恢复计时"),
        "correction_reminded": gettext("催办补正"),
        "matter_reopened": gettext("补正后重新审核"),
        "line_reopened": gettext("补正后重新核定"),
        "tariff_applied": gettext("标准变更后重新核定"),
        "line_confirmed": gettext("确认收费核定"),
        "bill_issued": gettext("开出缴费单"),
        "payment_order_opened": gettext("扫码缴费"),
        "payment_posted": gettext("缴款到账"),
        "receipt_issued": gettext("开出缴费凭证"),
        "receipt_reversed": gettext("冲红缴费凭证"),
        "receipt_reprinted": gettext("补打缴费凭证"),
        "refund_asked": gettext("申请退费"),
        "refund_checked": gettext("核对清算，情况属实"),
        "refund_approved": gettext("批准退费"),
        "refund_declined": gettext("不予退费"),
        "refund_payee_changed": gettext("更改退费收款账号"),
        "refund_sent": gettext("付出退费指令"),
        "refund_failed": gettext("银行退回退费"),
        "refund_paid": gettext("退费付讫"),
        "guarantee_offered": gettext("提交保函"),
        "guarantee_accepted": gettext("接受保函，代缴保证金"),
        "guarantee_declined": gettext("退回保函"),
        "guarantee_renewed": gettext("接受续保保函"),
        "guarantee_expired": gettext("保函到期"),
        "deposit_renewal_asked": gettext("提交续保保函"),
        "deposit_renewal_declined": gettext("退回续保保函"),
        "deposit_interest": gettext("保证金计息"),
        "deposit_completion_asked": gettext("申请确认完工"),
        "deposit_completion_declined": gettext("未确认完工"),
        "deposit_completed": gettext("确认完工，开始公示"),
        "document_ready": gettext("文书制成"),
        "paper_promised": gettext("承诺后补材料"),
        "promised_paper_brought": gettext("补交承诺的材料"),
        "commitment_fulfilled": gettext("核查：已履行承诺"),
        "commitment_failed": gettext("核查：未履行承诺"),
        "commitment_late": gettext("承诺的材料逾期未补交"),
        "application_not_accepted": gettext("不予受理"),
        "meeting_called": gettext("召集联席会议"),
        "meeting_planned": gettext("安排联席会议"),
        "meeting_adjourned": gettext("联席会议改期"),
        "meeting_held": gettext("召开联席会议"),
        "meeting_cancelled": gettext("取消联席会议"),
        "objection_upheld": gettext("维持不同意见"),
        "survey_called": gettext("召集联合踏勘"),
        "survey_found": gettext("填写踏勘意见"),
        "survey_held": gettext("完成联合踏勘"),
        "survey_cancelled": gettext("取消联合踏勘"),
        "green_asked": gettext("申请绿色通道"),
        "green_granted": gettext("准予进入绿色通道"),
        "green_declined": gettext("不予进入绿色通道"),
        "appointment_asked": gettext("预约窗口"),
        "appointment_confirmed": gettext("确认预约"),
        "appointment_cancelled": gettext("取消预约"),
        "handling_slip_asked": gettext("申请出具办理回执单"),
        "clock_paused": gettext("停表"),
        "clock_resumed": gettext("恢复计时"),
        "clocks_redated": gettext("工作日历有变，重算期限"),
        "extension_asked": gettext("申请延期"),
        "extension_granted": gettext("批准延期"),
        "extension_declined": gettext("未批准延期"),
        "handled_as_special": gettext("按特殊情形办理"),
    }
    return words.get(verb, str(gettext("其他办理记录")))


def act_detail(
    verb: str, data: Mapping[str, Any], units: Mapping[str, Unit], matters: Mapping[str, str], unit: str | None
) -> str:
    """By whose department and about what, from the audit trail."""
    parts = [
        named(units[unit].short_name) if unit and unit in units else "",
        matters.get(str(data.get("matter", "")), ""),
    ]
    parts += [
        str(data.get(name, ""))
        for name in (
            "bill",
            "receipt",
            "refund",
            "title",
            "item",
            "authority",
            "notice",
            "refusal",
            "meeting",
            "survey",
            "card",
            "reason",
            "note",
        )
    ]
    if verb in ("task_handed_over", "task_received"):
        giver, receiver = (units.get(str(data.get(end, ""))) for end in ("from", "to"))
        parts += [f"{named(giver.short_name)} → {named(receiver.short_name)}"] if giver and receiver else []
    if verb == "matter_objected":
        parts += [str(data.get("opinion", "")), str(data.get("way", ""))]
    if data.get("by_default"):
        parts.append(gettext("超时默认"))
    if data.get("for"):
        parts.append(gettext("（代%(name)s）", name=data["for"]))
    if data.get("officer") and data.get("checker"):
        parts.append(gettext("初审 %(first)s，复核 %(second)s", first=data["officer"], second=data["checker"]))
    return " ".join(part for part in parts if part)


def facts_in_words(facts: Mapping[str, Any], uses: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """What the applicant stated about the building: name, label and value, only what was stated."""
    labels = (
        ("use", gettext("工程用途"), ""),
        ("floors", gettext("地上层数"), gettext("层")),
        ("floor_area_m2", gettext("建筑面积"), "m²"),
        ("above_ground_area_m2", gettext("地上建筑面积"), "m²"),
        ("ground_floor_area_m2", gettext("首层建筑面积"), "m²"),
        ("foundation_depth_m", gettext("基础埋深"), "m"),
        ("shelter_built_m2", gettext("实建人防面积"), "m²"),
        ("community_care_area_m2", gettext("社区用房面积"), "m²"),
        ("project_cost", gettext("工程造价"), gettext("元")),
        ("contract_price", gettext("合同价"), gettext("元")),
        ("wage_credit_grade", gettext("工资支付信用等级"), ""),
    )
    found = []
    for name, label, unit in labels:
        value = facts.get(name)
        if value is None or value == "":
            continue
        text = uses.get(str(value), str(value)) if name == "use" else grouped(str(value))
        found.append((name, label, f"{text} {unit}".strip()))
    if facts.get("full_frame"):
        found.append(("full_frame", gettext("结构"), gettext("全框架")))
    return found


def grouped(text: str) -> str:
    """A number as text with thousands commas; anything else as it is."""
    try:
        return number(Decimal(text))
    except InvalidOperation:
        return text
