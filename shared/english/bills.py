"""A bill's surveys, reissues, objections, and money that is claimed for it."""

from typing import Final

TABLE: Final = (
    (r"请写成 2014-09-15 这样的日期", "write a date like 2014-09-15"),
    # Surveys, reissues and disputes of a bill.
    (r"没有这件申报，或不在您的办理范围内", "there is no such application, or it is not yours to see"),
    (r"请写明测绘报告的文号", "give the number of the survey report"),
    (
        r"测绘日期应在受理日 (.*) 之后，不晚于今天",
        r"the survey must be dated after the acceptance on \1 and not later than today",
    ),
    (
        r"已有一项面积实测结算在办理，办结后才能再次申请",
        "an area survey is being settled; ask again when that is done",
    ),
    (r"缴费通知书缴清后才能申请面积实测结算", "an area survey can be settled once the bill is paid"),
    (
        r"实测面积没有引起任何收费项目的变化，不需要结算",
        "the measured area changes no fee item; there is nothing to settle",
    ),
    (r"这项面积实测结算已经退回", "this area survey has been sent back"),
    (r"办件已经终止，不再办理面积实测结算", "the application has ended; its area survey is not settled any more"),
    (r"面积实测结算由申请人以外的人审核", "an area survey is settled by somebody other than who asked"),
    (r"退回的，请写明理由", "give the reason for sending it back"),
    (r"这项面积实测结算已经办结，不能退回", "this area survey is settled and cannot be sent back"),
    (r"面积实测结算不涉及该项", "an area survey is not about this fact"),
    (r"没有这项面积实测结算", "there is no such area survey"),
    (r"没有这张缴费通知书，或不在您的办理范围内", "there is no such bill, or it is not yours to see"),
    (r"请在本通知书列出的收费项目中选择", "choose among the fee items of this bill"),
    (r"这张缴费通知书已作废，不用提出异议", "this bill is void; there is nothing to object to"),
    (
        r"对这张缴费通知书的异议正在处理，答复后可以再次提出",
        "an objection to this bill is being answered; object again after the answer",
    ),
    (r"请写明异议的理由", "give the grounds of the objection"),
    (r"请写明书面答复的内容", "write the answer"),
    (r"请选择维持或更正", "choose whether the bill stands or is corrected"),
    (r"这项异议已经答复或撤回", "this objection has been answered or withdrawn"),
    (r"异议由提出人以外的人答复", "an objection is answered by somebody other than who raised it"),
    (r"没有这项异议(?:，或不在您的办理范围内)?", "there is no such objection, or it is not yours to see"),
    (r"这项异议已经答复，不能撤回", "this objection has been answered and cannot be withdrawn"),
    (
        r"请写明作废重开的理由，它印在新的通知书上",
        "give the reason for voiding the bill; the new one prints it",
    ),
    (
        r"这张缴费通知书已随办件终止作废，不能重开",
        "this bill is void with its application and cannot be drawn up anew",
    ),
    (
        r"这张缴费通知书已有缴款，不能作废重开；多缴的请办理退费，少缴的请开具补缴通知书",
        "money has been paid on this bill: refund what was too much, bill what was too little",
    ),
    (r"补缴通知书和滞纳金通知书不能作废重开", "bills for a supplement or a late fee are not drawn up anew"),
    (r"请填写(建筑面积|7)", r"give the \1"),
    (r"不能超过 (\d+) 字", r"must not be longer than \1 characters"),
    (r"截止日 (.*) 早于 (.*) 的起始日 (.*)", r"the last day \1 is before \2 begins, \3"),
)
