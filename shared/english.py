"""English for every refusal: the domain and the services speak Chinese, and a reader may ask for the other language.

One table of patterns, the first that fits the whole text decides. Names inside a text (a fact, a fee item, a
department) come from `NAMES` and from the city's pack; a text that is not in the table stays Chinese.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from shared.domain.facts import FACT_NAMES

_FACTS: Final[Mapping[str, str]] = {
    "case": "case number",
    "project_code": "project code",
    "project_name": "project name",
    "developer": "developer",
    "contractor": "main contractor",
    "accepted_on": "acceptance date",
    "use": "use of the building",
    "floor_area_m2": "floor area",
    "above_ground_area_m2": "floor area above ground",
    "ground_floor_area_m2": "floor area of the ground floor",
    "floors": "floors above ground",
    "foundation_depth_m": "depth of the foundation",
    "full_frame": "whether it is a full frame structure",
    "heating_connected": "whether it joins the district heating",
    "gas_connected": "whether it joins the gas network",
    "project_cost": "construction cost",
    "contract_price": "contract price",
    "shelter_built_m2": "air-raid shelter area built",
    "wage_credit_grade": "wage payment grade",
    "wage_clean_years": "years without wage arrears",
    "wage_arrears_last_year": "whether wages were in arrears last year",
    "community_care_area_m2": "community care area",
    "shelter_impossible": "whether a shelter is proven impossible",
    "standard_bricks": "standard bricks used",
    "reductions_claimed": "reductions applied for",
    "contract_signed_on": "signing date of the construction contract",
}

#: What the product itself calls things, by their Chinese names; the names of a city stand in its pack.
NAMES: Final[Mapping[str, str]] = {
    **{FACT_NAMES[fact]: english for fact, english in _FACTS.items()},
    "政府性基金": "government fund",
    "行政事业性收费": "administrative charge",
    "代收代拨": "collected for others",
    "保证金": "deposit",
    "国库": "treasury",
    "代收专户": "agency account",
    "保证金专户": "deposit account",
}

# Specific texts stand before general ones.
_TABLE: Final = tuple(
    (re.compile(pattern), english)
    for pattern, english in (
        (
            r"必填，1 至 (\d+) 个可见字符；同一申报重试时用同一个值",
            r"required: 1 to \1 visible characters; use the same value when the same application is tried again",
        ),
        (r"这个值已用于另一份申报内容；.*", "this value was used for another application; check it, or use a new one"),
        (r"必填：计算(.*)需要这一项", r"required: needed to compute \1"),
        (r"必填：建设地点，不超过 (\d+) 个字", r"required: the site, at most \1 characters"),
        (r"必填：项目事实，.*", "required: the facts of the project, one JSON object"),
        (r"由受理系统填写，请删除", "the office fills this in; remove it"),
        (r"请选择项目所在区：(.*)", r"choose the district of the project: \1"),
        (r"应为已上传材料的编号列表，最多 (\d+) 份", r"must be a list of ids of uploaded papers, at most \1"),
        (r"不是有效的材料编号", "is not the id of a paper"),
        (r"缺少必交材料：(.*)", r"a required paper is missing: \1"),
        (r"(.*) 是空文件", r"\1 is an empty file"),
        (r"(.*) 超过 (\d+) MB，请压缩或拆分后再传", r"\1 is larger than \2 MB; compress or split it"),
        (r"没有这一种材料：(.*)", r"there is no such material: \1"),
        (
            r"(.*) 不是可用的 PDF、JPEG 或 PNG 文件（按内容判断，与文件名无关）",
            r"\1 is no usable PDF, JPEG or PNG file (judged by its content, not by its name)",
        ),
        (r"(.*) 是 (.*) 文件；“(.*)”只收 (.*)", r"\1 is a \2 file; “\3” takes only \4"),
        (r"含有无法保存的字符，请删除后重新填写", "contains characters that cannot be kept; remove them"),
        (r"应为一个 JSON 对象", "must be one JSON object"),
        (r"应为一个 JSON 对象，.*", "must be one JSON object of facts"),
        (r"未知字段，请删除或更正字段名", "unknown field: remove it or correct its name"),
        (r"字段重复出现", "the field is given twice"),
        (r"必填：受理日.*", "required: the acceptance date picks the tariff versions and the deadline"),
        (r"必填(：.*)?", "required"),
        (r"金额须写成字符串.*", 'an amount must be a string such as "1234.50", never a number'),
        (
            r"金额须为不带符号.*",
            "an amount must be plain half-width digits without sign or separators, at most twelve before and two "
            "after the point, such as 1234.50",
        ),
        (r"数量须写成字符串.*", 'a quantity must be a string such as "86432.18", never a number'),
        (
            r"数量须为不带符号.*",
            "a quantity must be plain half-width digits without a sign, at most twelve before and four after the point",
        ),
        (r"信用等级应为.*", "the grade must be A, B, C, D, or null for not graded"),
        (r"应为非空文字", "must be text that is not empty"),
        (r"不能超过 (\d+) 个字", r"must not be longer than \1 characters"),
        (r"含有不可打印的控制字符", "contains control characters"),
        (r"应为 true、false 或 null", "must be true, false or null"),
        (r"应为 0 至 (\d+) 的整数.*", r"must be a whole number from 0 to \1"),
        (r"标准砖用量应为整数块.*", 'must be a whole number of bricks, such as "120000"'),
        (r'应为对象，例如 \{"name".*', 'must be an object, such as {"name": "full name", "uscc": "credit code"}'),
        (r'应为对象，例如 \{"code".*', 'must be an object, such as {"code": "AFF", "document": "number"}'),
        (r"应为数组，例如 .*", 'must be an array, such as [{"code": "AFF", "document": "number"}]'),
        (r"不认识的工程用途 (.*)，可用：(.*)", r"unknown use \1; known: \2"),
        (r"不认识的减免代码 (.*)，可用：(.*)", r"unknown reduction \1; known: \2"),
        (
            r"社区养老托育家政用房面积 (.*) 不能大于建筑面积 (.*)",
            r"the community care area \1 exceeds the floor area \2",
        ),
        (r"日期格式应为.*", "a date must be written YYYY-MM-DD"),
        (r"没有 (.*) 这一天", r"there is no day \1"),
        (
            r"(\d+) 年的工作日历未导入（(.*)），期限无法推算.*",
            r"the working-day calendar of \1 is not loaded, so the deadline is unknown; import that year's notice",
        ),
        (
            r"统一社会信用代码应为.*",
            "a unified social credit code has 18 characters, digits and capitals without I O S V Z",
        ),
        (r"统一社会信用代码的校验位不符.*", "the check character of the unified social credit code does not match"),
        (r"项目代码应为.*", "a project code has 24 characters, such as 2014-371002-70-01-000001"),
        (
            r"项目代码的年份段 (.*) 不是.*",
            r"the first part of the project code, \1, is neither a year nor a year and month",
        ),
        (r"项目代码的地区段 (.*) 不是.*", r"the second part of the project code, \1, is no region"),
        (r"无法读取 (.*)：(.*)", r"cannot read \1: \2"),
        (r"文件不是 UTF-8 编码", "the file is not UTF-8"),
        (r"不是有效的 JSON：(.*)", r"not valid JSON: \1"),
        # Requests that are not for this person, or come too late.
        (r"只有申请人可以提交申报", "only an applicant can hand in an application"),
        (r"只有申请人可以上传材料", "only an applicant can upload papers"),
        (r"办件不存在，或不在您的办理范围内", "there is no such application, or it is not yours to see"),
        (r"审核任务不存在，或不在您的办理范围内", "there is no such review task, or it is not yours to see"),
        (r"收费明细不存在，或不在您的办理范围内", "there is no such fee line, or it is not yours to see"),
        (r"这条收费明细由其他单位核定", "this fee line is confirmed by another department"),
        (r"这条收费明细还没有算出结果，暂时不能确认", "this fee line has no result yet and cannot be confirmed"),
        (r"这条收费明细刚刚有变化，请核对后再确认", "this fee line has just changed; check it, then confirm"),
        (r"这条收费明细刚刚已被他人处理，请刷新后再看", "somebody has just dealt with this fee line; reload the page"),
        (r"这项任务已由他人认领或已办结", "somebody has taken this task, or it is finished"),
        (r"这项任务已由他人认领", "somebody else has taken this task"),
        (r"这项任务不在您手上", "this task is not in your hands"),
        (r"这项任务属于其他单位", "this task belongs to another department"),
        (r"这项任务刚刚已被他人处理，请刷新后再看", "somebody has just dealt with this task; reload the page"),
        (r"这项任务已有结论，不能再改；请刷新后查看", "this task is decided and cannot be changed; reload the page"),
        (
            r"这项任务刚刚有变化，请核对后再提交；您填写的意见仍在页面上",
            "this task has just changed; check it and submit again, your opinion is still on the page",
        ),
        (r"办件已不在审核阶段", "the application is no longer under review"),
        (r"不同意时须写明理由和补救办法", "an objection must say why, and what would remedy it"),
        (r"意见不能超过 (\d+) 字", r"an opinion must not be longer than \1 characters"),
        (
            r"有材料刚刚随另一申报提交，请刷新后重新选择",
            "a paper has just gone out with another application; reload and choose again",
        ),
        (r"没有这份材料，或它已随(另一)?申报提交", "there is no such paper, or it has gone out with an application"),
        (r"没有这份材料", "there is no such paper"),
        (r"草稿不存在，或已提交", "there is no such draft, or it has been submitted"),
        (r"草稿不存在", "there is no such draft"),
        (r"文书不存在", "there is no such document"),
        (r"文件不存在", "there is no such file"),
        (r"缴费通知书不存在", "there is no such bill"),
        (r"缴费凭证不存在", "there is no such receipt"),
        (r"没有这个缴款码", "there is no such payment code"),
        (r"没有收费项目 (.*)", r"there is no fee item \1"),
        (r"(.*) 没有标准版本 (.*)", r"\1 has no tariff version \2"),
        (r"没有装入城市数据：(.*)", r"no data are loaded for the city \1"),
        (r"您的账号没有所属单位，请联系系统管理员", "your account has no department; ask the system administrator"),
        (r"这件待处理事项不存在或已处理", "there is no such attention case, or it is closed"),
        (r"没有登录的人不能处理待处理事项", "nobody can close an attention case without logging in"),
        (r"请写明处理结果", "say what was done"),
        (r"处理结果不能超过 (\d+) 字", r"the result must not be longer than \1 characters"),
        (r"没有这项后台任务", "there is no such background task"),
        (r"这项后台任务已经在重试或已完成", "this background task is already being tried again, or is done"),
        (r"没有这一页", "there is no such page"),
        (r"没有这个地址，或它不属于您的账号", "there is no such address, or it is not for your account"),
        (r"没有这条通知，或它不属于您", "there is no such notice, or it is not yours"),
        (r"没有这个页面，或它不属于您的账号", "there is no such page, or it is not for your account"),
        (r"没有这个地址", "there is no such address"),
        (r"没有这个账号", "there is no such account"),
        (r"没有这张凭证，请核对代码、号码和校验码", "there is no such receipt; check its code, number and check code"),
        (r"请给出二维码中的 token，.*", "give the token of the QR code, or the receipt's code, number and check code"),
        (r"文书正在生成，请稍后再下载", "the document is being made; download it in a moment"),
        (r"请先登录", "log in first"),
        (r"缺少页面上的版本号，.*", "the version of the page is missing; reload, then confirm"),
        (r"页面上的版本号不对，.*", "the version of the page is wrong; reload, then submit"),
        (r"请选择同意或不同意", "choose approve or object"),
        # Accounts.
        (r"不能停用自己的账号，请由另一位管理员操作", "you cannot disable your own account; ask another administrator"),
        (r"两次输入的新密码不一致", "the two new passwords differ"),
        (r"用户名或密码不正确", "the user name or password is wrong"),
        (
            r"尝试次数过多，请 10 分钟后再试，或联系管理员重置密码",
            "too many attempts: wait ten minutes, or ask an administrator to reset the password",
        ),
        (r"原密码不正确", "the old password is wrong"),
        (r"密码应为 (\d+) 至 (\d+) 个字符", r"a password must have \1 to \2 characters"),
        # Stores that do not answer.
        (
            r"系统繁忙，请稍后重试；已填写的内容不会丢失",
            "the system is busy; try again shortly, nothing you typed is lost",
        ),
        (
            r"数据库暂时无法访问，请稍后重试；已填写的内容不会丢失",
            "the database cannot be reached; try again shortly, nothing you typed is lost",
        ),
        (r"文件暂时无法保存，请稍后重试", "the file cannot be stored right now; try again shortly"),
        # Deadlines and settlements.
        (r"工作日历已到尽头，无法推算", "the working-day calendar ends before that, so the day is unknown"),
        (
            r"主体竣工日 (.*) 之后才能申请清算，申请日为 (.*)",
            r"a settlement can be claimed only after completion on \1; this claim is of \2",
        ),
        (
            r"主体竣工后 (.*) 日内（至 (.*)）申请清算，(.*) 申请已逾期，不予退还",
            r"a settlement must be claimed within \1 days of completion (until \2); a claim of \3 gets nothing",
        ),
        (r"(.*)应在 0 至 100 之间", r"\1 must be from 0 to 100"),
        # Identity cards.
        (r"居民身份证号码应为 18 位.*", "an identity number has 18 characters, the last a digit or a capital X"),
        (r"居民身份证号码的地区段.*", "the first part of the identity number is no region; check the card"),
        (r"居民身份证号码中的出生日期.*", "the date of birth in the identity number does not exist; check the card"),
        (r"居民身份证号码的校验位.*", "the check character of the identity number does not match; check the card"),
        # The bank's channel.
        (r"缺少签名，或签名、时间戳的写法不对", "the signature or the timestamp is missing or malformed"),
        (r"签名密钥编号未启用", "the key id is not in use"),
        (r"签名不符", "the signature does not match"),
        (r"签名时间与本机时间相差超过 (\d+) 秒", r"the timestamp is more than \1 seconds from the time here"),
        (r"报文超过 (\d+) 字节", r"the message is longer than \1 bytes"),
        (r"报文不是 UTF-8 编码的 JSON", "the message is not JSON in UTF-8"),
        (r"报文应为一个 JSON 对象", "the message must be one JSON object"),
        (r"不认识的字段", "unknown field"),
        (r"缺少该字段", "the field is missing"),
        (r"应为字符串", "must be a string"),
        (r"字段重复", "the field is given twice"),
        (r"(.*) 不是数", r"\1 is not a number"),
        (r"应为 1 至 (\d+) 个字，首尾无空白", r"must have 1 to \1 characters, without blanks at either end"),
        (r"含有不可见的控制字符", "contains control characters"),
        (r"应为 8 至 64 位字母、数字、点、横线", "must be 8 to 64 letters, digits, dots or hyphens"),
        (r"应为恰有两位小数的十进制金额，如 1234.50", "must be an amount with exactly two decimals, such as 1234.50"),
        (r"金额应大于零", "the amount must be more than zero"),
        (r"应为带时区的 ISO 8601 时间，(?:例)?如 ?(.*)", r"must be an ISO 8601 time with its zone, such as \1"),
        (r"没有这个时间", "there is no such time"),
        (r"只接受 (.*)", r"only \1 is accepted"),
        (r"应为 20 位数字", "must be 20 digits"),
        (r"第 (\d+) 个密钥应写作.*", r'key \1 must be written "id:hexadecimal key"'),
        (r"密钥 (.*) 应为十六进制", r"key \1 must be hexadecimal"),
        (r"密钥 (.*) 不得短于 (\d+) 字节", r"key \1 must not be shorter than \2 bytes"),
        (r"密钥编号 (.*) 重复", r"the key id \1 is given twice"),
        # A city's pack.
        (r"条件应为“事实: 取值”，或.*", 'a condition is "fact: value", or a list of such of which one must hold'),
        (r"条件应为“事实: 取值”", 'a condition is "fact: value"'),
        (r"应为比较，例如 (.*)，可用：(.*)", r"must be a comparison, such as \1; known: \2"),
        (r"没有这样的用途特征，可用：(.*)", r"there is no such trait of a use; known: \1"),
        (r"不认识的取值 (.*)", r"unknown value \1"),
        (r"没有 (.*) 这个可用于条件的事实", r"there is no fact \1 that a condition can use"),
        (r"没有 (.*) 这个数量事实，可用：(.*)", r"there is no quantity \1; known: \2"),
        (r"应为 6 位行政区划代码.*", 'must be a region code of 6 digits, written as text: "371002"'),
        (r"承诺时限 (.*) 日长于法定时限 (.*) 日", r"the promise of \1 days is longer than the legal limit of \2 days"),
        (r"市级应有且只有一个牵头窗口.*", "the city must have exactly one lead window (is_lead: true)"),
        (r"至少需要一行", "at least one row is needed"),
        (r"至少需要一项", "at least one entry is needed"),
        (r"(.*)（(.*)）与 (.*)（(.*)）执行期重叠", r"\1 (\2) overlaps in time with \3 (\4)"),
        (r"(.*) 已在 (.*)", r"\1 stands already in \2"),
        (r"(.*) 不是可接收的格式，可用：(.*)", r"\1 is no format that can be taken; known: \2"),
        (r"没有材料 (.*)", r"there is no material \1"),
        (r"没有工程用途 (.*)", r"there is no use \1"),
        (r"没有单位 (.*)", r"there is no department \1"),
        (r"应为情形代码的列表，可用：(.*)", r"must be a list of codes of situations; known: \1"),
        (r"这项任务还在等前置事项，.*", "this task still waits for other matters; it cannot be decided yet"),
        (r"设窗口的单位写 chief.*", "a unit with a window has a chief; one without has a head and a liaison"),
        (
            r"卫生、消防、环保.*简易件办理",
            "matters of health, fire, environment, safety and quality are never simple ones",
        ),
        (r"没有情形 (.*)", r"there is no situation \1"),
        (r"没有事实 (.*)", r"there is no fact \1"),
        (r"没有事项 (.*)", r"there is no matter \1"),
        (r"(.*) 不能代替材料，可用：(.*)", r"\1 cannot stand in for a paper; known: \2"),
        (r"以本系统文书代替的材料应接收 pdf", "a paper that a document of this system may stand for must take pdf"),
        (
            r"写 when（由申报事实判断）或 asked.*",
            "write either when (the facts say so) or asked: true (the applicant does)",
        ),
        (r"(.*) 的执行期与另一行重叠", r"the period of \1 overlaps with another row"),
        (r"即办件当场办结，承诺时限应为 0", "instant matters are decided on the spot: their promise is 0"),
        (r"合并办理至少两个事项", "a step joins two matters at least"),
        (r"合并办理的事项应由同一单位办理", "the matters of a step must be one unit's"),
        (r"合并办理的事项之间不能有前置关系", "the matters of a step cannot wait for each other"),
        (r"(.*) 已在合并步骤 (.*)", r"\1 is already in step \2"),
        (r"(.*) 不能以自己为前置", r"\1 cannot wait for itself"),
        (
            r"前置 (.*) 只在情形 (.*) 下办理，(.*) 在其他情形下永远等不到它",
            r"\1 exists only in the situation \2, so in others \3 would wait for ever",
        ),
        (r"与另一行的执行期重叠：(.*)", r"overlaps another row's period: \1"),
        (r"缺少承诺时限：(.*)", r"no promise is given for \1"),
        (r"应为 (.*) 之一，不能是 (.*)", r"must be one of \1, not \2"),
        (r"应为 true 或 false", "must be true or false"),
        (r"应为不小于 (.*) 的整数", r"must be a whole number of at least \1"),
        (
            r"应为精确小数，写成 (.*) 这样的文字，不能是 (.*)",
            r"must be an exact decimal written as text, such as \1, not \2",
        ),
        (r"(.*) 早于(?:起始日)? (.*)", r"\1 is before \2"),
        (r"应为文字列表", "must be a list of texts"),
        (r"应为一组列名: 值", "must be a mapping of columns to values"),
        (r"应为至少一行的列表", "must be a list of at least one row"),
        (r"应为列表", "must be a list"),
        (r"应为一行（列名: 值）", "must be one row (column: value)"),
        (r"未知的列，可用：(.*)", r"unknown column; known: \1"),
        (r"应为文字，请加引号：(.*)", r"must be text, in quotation marks: \1"),
        (r"应为非空文字或列表", "must be text or a list that is not empty"),
        (r"下限高于上限", "the lower limit is above the upper limit"),
        (r"应写 when 或 unless 之一", "write either when or unless"),
        (r"应写 bands 或 proportional_from 之一", "write either bands or proportional_from"),
        (r"(.*) 低于标准幅度下限 (.*)", r"\1 is below the lower limit of the range, \2"),
        (r"(.*) 高于标准幅度上限 (.*)", r"\1 is above the upper limit of the range, \2"),
        (r"(.*) 不在允许的幅度内", r"\1 is outside the range allowed"),
        (r"退还比例不能超过 100", "the share refunded must not exceed 100"),
        (r"(.*) 的清算规则重复", r"the settlement rule of \1 is given twice"),
        (r"(.*) 没有任何标准版本", r"\1 has no tariff version at all"),
        (r"用途 (.*) 重复", r"the use \1 is given twice"),
        (r"(.*) 是保留的特征名", r"\1 is a reserved trait"),
        (r"缓免须由两个不同的人批准，列出两人姓名", "a waiver needs two different people; name both"),
        (
            r"(.*) 的标准没有幅度（range），无从按下限减半",
            r"the rate of \1 has no range, so there is no lower limit to halve",
        ),
        (
            r"(?:减免)?比例应大于 0、不超过 100，不能是 (.*)",
            r"the percentage must be more than 0 and at most 100, not \1",
        ),
        (r"(.*) 中缺少这个文件", r"the file is missing in \1"),
        (r"无法读取：(.*)", r"cannot be read: \1"),
        (r"不是有效的 YAML：(.*)", r"not valid YAML: \1"),
        (r"文件应正好包含：(.*)", r"the file must hold exactly: \1"),
        (r"编号格式只能使用 (.*)", r"a number format may use only \1"),
        (r"没有 (.*) 年的放假通知数据", r"there is no holiday notice of \1"),
        (r"第 (.*) 行重复的键 (.*)", r"line \1 repeats the key \2"),
        (r"(.*) 年未导入", r"the year \1 is not loaded"),
        (r"(.*) 重复", r"\1 is given twice"),
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
)


def translate(text: str, names: Mapping[str, str] | None = None) -> str:
    """A refusal in English, or as it is; `names` are a city's own names in English, by their Chinese ones."""
    for pattern, english in _TABLE:
        match = pattern.fullmatch(text)
        if match:
            return _named(match.expand(english), {**NAMES, **(names or {})})
    return text


def _named(text: str, names: Mapping[str, str]) -> str:
    """The text with every name that is known in English; the longest first, so that no part of a name is taken."""
    if text.isascii():
        return text
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, names[name])
    return text.replace("、", ", ")
