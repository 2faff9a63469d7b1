"""Accounts, stores that do not answer, deadlines, identity cards, the bank's channel."""

from typing import Final

TABLE: Final = (
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
)
