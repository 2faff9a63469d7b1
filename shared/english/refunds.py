"""Refunds, settlements of prepaid funds, deposits and guarantees."""

from typing import Final

TABLE: Final = (
    (
        r"保证金由主管单位和财务办理",
        "deposits are handled by their unit and by finance",
    ),
    (
        r"由另一人核对，不能由提出人自己办理",
        "another person checks this, not whoever asked",
    ),
    (
        r"请上传证明材料",
        "upload the proof",
    ),
    (
        r"已有一份同样的申请待核对，请等答复后再提交",
        "such an ask is waiting already; wait for its answer",
    ),
    (
        r"完工日应在缴存日之后，且不晚于今天",
        "the day of completion lies after the deposit was made and not after today",
    ),
    (
        r"这笔保证金已确认完工、正在返还或已返还，请刷新后查看",
        "completion is agreed, or the deposit is on its way back; reload the page",
    ),
    (
        r"这笔保证金不在缴存状态，不能申请返还",
        "this deposit is not held, so it cannot be released",
    ),
    (
        r"请先申请确认完工；确认后公示，公示期满才能返还",
        "ask to have completion agreed first; after the public notice the deposit can go back",
    ),
    (
        r"公示至 (.*)，期满后才能返还",
        r"the public notice runs until \1; the deposit can go back after it",
    ),
    (
        r"这笔保证金不在缴存状态，不能动用",
        "this deposit is not held, so nothing can be drawn",
    ),
    (
        r"请填写动用金额",
        "fill in the amount to draw",
    ),
    (
        r"有一笔动用保证金的申请未了，办结后才能返还",
        "a draw on this deposit is still open; it can go back after that",
    ),
    (
        r"请写明拖欠情况和动用保证金的理由",
        "say what wages are owed and why the deposit is drawn on",
    ),
    (
        r"请写明动用保证金的决定文书及文号",
        "name the decision that draws on the deposit, with its number",
    ),
    (
        r"请写明完工证明和无拖欠承诺的文件及文号",
        "name the proof of completion and the declaration that no wages are owed",
    ),
    (
        r"不予确认须写明理由，申请人会看到",
        "say why; the applicant will read it",
    ),
    (
        r"缴费单不在待缴状态，不能再以保函代缴",
        "the bill is not open for payment, so no guarantee can pay it",
    ),
    (
        r"这张缴费单没有保证金，不需要保函",
        "this bill has no deposit, so it needs no guarantee",
    ),
    (
        r"保证金已缴，不能再以保函代替",
        "the deposit is paid, so no guarantee can stand for it",
    ),
    (
        r"这份保函已有答复，请刷新后查看",
        "this guarantee was answered; reload the page",
    ),
    (
        r"保函已到期，请退回",
        "the guarantee has run out; send it back",
    ),
    (
        r"退回保函须写明理由，申请人会看到",
        "say why the guarantee is sent back; the applicant will read it",
    ),
    (
        r"这笔保证金没有在用或到期的保函，不需要续保",
        "this deposit has no guarantee to be renewed",
    ),
    (
        r"续保后的到期日应晚于现有保函",
        "the new guarantee must run longer than the old one",
    ),
    (
        r"保函已到期，请提供有效的保函",
        "the guarantee has run out; bring one that is valid",
    ),
    (
        r"这份保函已用于另一张缴费单，请核对保函编号",
        "this guarantee stands for another bill; check its number",
    ),
    (
        r"请填写出具保函的机构",
        "name who issued the guarantee",
    ),
    (
        r"请填写保函编号",
        "fill in the guarantee's number",
    ),
    (
        r"这张凭证已冲红，不能补打；请下载换开的凭证",
        "this receipt was reversed and is not printed again; download the one in its place",
    ),
    (
        r"请选择退库、代收款退还或代收款拨付；其他退款从办件、保证金或待查款页面发起",
        "choose a treasury refund, a refund or a pay-out of collected money; others start from the case, the "
        "deposit or suspense",
    ),
    (
        r"请填写各项退还金额，只能退还这一账户已缴的项目",
        "fill in an amount for each item; only what was paid into this account can go back",
    ),
    (
        r"请填写退还金额",
        "fill in the amount to go back",
    ),
    (
        r"请写明退还的原因，批准人和缴款人都会看到",
        "say why the money goes back; the approver and the payer will read it",
    ),
    (
        r"必填：退还的依据文件及文号，不超过 (\d+) 字",
        r"required: the document that it rests on, with its number, at most \1 characters",
    ),
    (
        r"这笔待查款已被认领或正在退回，请刷新后查看",
        "this money is claimed or on its way back; reload the page",
    ),
    (
        r"这笔多缴款已没有余额，或已在退还",
        "nothing is left of this credit, or it is on its way back",
    ),
    (
        r"必填，1 至 (\d+) 个可见字符；同一申请重试时用同一个值",
        r"required: 1 to \1 visible characters; use the same value when the same ask is tried again",
    ),
    (
        r"这个值已用于另一笔退费；请核对，或换一个新值重新提交",
        "this value was used for another refund; check it, or use a new one",
    ),
    (
        r"退费由财务人员办理",
        "refunds are handled by finance",
    ),
    (
        r"请填写收款人户名",
        "fill in the payee's name",
    ),
    (
        r"收款账号应为半角数字或字母",
        "an account number has half-width digits or letters",
    ),
    (
        r"还没有收款账号，请先补充收款账号；补充后由另一人批准",
        "there is no account to pay to; add it first, then another person approves",
    ),
    (
        r"这笔多缴款已抵缴其他缴费单，余额不足，请退回这份申请",
        "this credit has paid another bill and too little is left; turn the ask down",
    ),
    (
        r"不予退费须写明理由",
        "say why nothing goes back",
    ),
    (
        r"请填写收款账号",
        "fill in the payee's account",
    ),
    (
        r"请写明更改收款账号的原因",
        "say why the payee's account changes",
    ),
    (
        r"只有待审批或银行退回的退费可以更改收款账号",
        "the account can change before approval, or after the bank has sent the money back",
    ),
    (
        r"核对人不能更改收款账号，请由财务另一人办理",
        "who checked it cannot change the account; another person of finance does",
    ),
    (
        r"这笔退费还没有批准，不能付款",
        "this refund is not approved, so it cannot be paid",
    ),
    (
        r"请写明银行退回的原因",
        "say why the bank has sent it back",
    ),
    (
        r"只有已付出指令的退费可以登记为银行退回",
        "only a refund that was ordered can be noted as sent back",
    ),
    (
        r"请填写银行流水号，不超过 (\d+) 个字",
        r"fill in the bank's number, at most \1 characters",
    ),
    (
        r"这笔退费已于此前付讫，银行流水号 (.*)，请核对",
        r"this refund was paid before under the bank's number \1; check it",
    ),
    (
        r"这笔退费没有付款指令，不能登记付讫；请先核对是哪一笔退费",
        "this refund was not ordered, so it cannot be noted as paid; check which one it is",
    ),
    (
        r"银行流水号 (.*) 已登记在另一笔退费上，请核对",
        r"the bank's number \1 stands on another refund; check it",
    ),
    (
        r"这笔退费还在执收单位核对，核对后才能审批",
        "the item's unit is still checking this refund",
    ),
    (
        r"这笔退费已有审批结论，请刷新后查看",
        "this refund is decided; reload the page",
    ),
    (
        r"退费由另一人审批，不能由申请人自己批准或退回",
        "another person decides about a refund, not whoever asked for it",
    ),
    (
        r"请填写收款账号，退款付到这个账户",
        "fill in the account that the money goes to",
    ),
    (
        r"主体竣工日不能晚于今天",
        "the day of completion cannot lie after today",
    ),
    (
        r"这一项已申请清算，不能重复申请；结果见办件页面",
        "this item was claimed already; see the case page",
    ),
    (
        r"这一项没有可以清算退还的预缴款",
        "nothing prepaid is left to settle on this item",
    ),
    (
        r"(.*) (.*)%，退还 (.*)%：按规定不予退还",
        r"\1 \2 %: by the rule nothing goes back",
    ),
    (
        r"(.*)：按规定不予退还",
        r"\1: by the rule nothing goes back",
    ),
    (
        r"核对不符须写明理由，申请人会看到",
        "say what does not fit; the applicant will read it",
    ),
    (
        r"这笔清算由其他单位核对",
        "this claim is checked by another department",
    ),
    (
        r"清算由另一人核对，不能由申请人自己核对",
        "another person checks a claim, not whoever made it",
    ),
    (
        r"这笔清算已经核对，请刷新后查看",
        "this claim was checked; reload the page",
    ),
    (
        r"这笔退费刚刚有变化，请刷新后再办理",
        "this refund has just changed; reload the page",
    ),
    (
        r"这一项没有更低的新标准，不需要退差额",
        "this item has no newer, lower rate",
    ),
    (
        r"这一项的差额已经申请退还，请刷新后查看",
        "the difference was asked back already; reload the page",
    ),
    (
        r"这一项按新标准没有多缴，不需要退差额",
        "nothing was paid above the newer rate",
    ),
    (
        r"这一项不是预缴清算项目",
        "this item is not one that is settled at completion",
    ),
    (
        r"(.*)请写成 0 至 100 的数字，最多两位小数",
        r"\1 is a number from 0 to 100 with at most two decimals",
    ),
    (
        r"这一项已有保证金或待核对的保函，请刷新后查看",
        "this item has a deposit, or a guarantee that waits; reload the page",
    ),
    (
        r"没有这笔保证金，或不在您的办理范围内",
        "there is no such deposit, or it is not yours to see",
    ),
    (
        r"这笔保证金刚刚有变化，请刷新后再办理",
        "this deposit has just changed; reload the page",
    ),
    (
        r"没有这项保证金申请，或不在您的办理范围内",
        "there is no such ask about a deposit, or it is not yours to see",
    ),
    (
        r"这项保证金申请刚刚已有答复，请刷新后查看",
        "this ask was just answered; reload the page",
    ),
    (
        r"没有这笔退费，或不在您的办理范围内",
        "there is no such refund, or it is not yours to see",
    ),
    (
        r"没有这笔多缴款，或不在您的办理范围内",
        "there is no such credit, or it is not yours to see",
    ),
    (
        r"这笔多缴款的余额已不足，请核对后重新申请",
        "too little is left of this credit; check it and ask again",
    ),
    (
        r"没有这笔待查款",
        "there is no such money in suspense",
    ),
    (
        r"这笔待查款刚刚有变化，请刷新后再办理",
        "this money has just changed; reload the page",
    ),
    (
        r"应为一组（列名: 值）",
        "must be one group of columns with values",
    ),
    (
        r"利率应按起始日期先后排列",
        "the rates must stand in order of their dates",
    ),
    (
        r"应为提前天数的列表，例如 \[60, 30, 7\]",
        "must be a list of days in advance, such as [60, 30, 7]",
    ),
    (
        r"(.*) 没有标准版本 (.*)",
        r"\1 has no tariff version \2",
    ),
    (
        r"现在可退 (.*) 元，您看到的是 (.*) 元，申请 (.*) 元：.*",
        r"\1 yuan is available now, you saw \2 and asked for \3: what is available has just changed, so check and "
        "submit again",
    ),
    (r"请选择退费的类别", "choose the kind of refund"),
    (r"请填写完工日", "fill in the day of completion"),
    (r"请填写主体竣工日", "fill in the day on which the main structure was completed"),
    (r"请填写保函的到期日", "fill in the day until which the guarantee is valid"),
)
