"""What money documents say: the bill before payment, the receipt after it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.documents.views.base import SAMPLE_NOTICE, DocumentView, Labelled, SealSpec, View

TARIFF_NOTICE = "示例标准，以当地文件为准"


class ReceiptState(StrEnum):
    """How a rendition of a receipt stands; the sealed first copy is always `normal` or `red`."""

    NORMAL = "normal"
    REPRINT = "reprint"
    REVERSED = "reversed"
    RED = "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTotal(View):
    """What goes to one kind of account: 国库, 代收专户, 保证金专户."""

    account: str
    amount: str
    """"25,432,499.24"."""
    natures: tuple[Labelled, ...] = ()
    """By nature, where the account holds several: Labelled(label="政府性基金", text="23,163,824.24")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BillLine(View):
    """One fee item on the bill: ten elements, two printed lines."""

    number: str
    name: str
    code: str
    nature: str
    unit: str
    """执收单位, short: 市住房和城乡建设局."""
    basis: str
    """依据: 瀚政发〔2002〕41号; for a line not charged, the document that says so."""
    quantity: str = ""
    """"86,432.18"; empty, with `rate`, when `reason` stands in their place."""
    quantity_unit: str = ""
    """m², 元, 块."""
    quantity_note: str = ""
    """口径: 建筑面积, 工程造价, 6,012.45−4,500.00."""
    rate: str = ""
    """"255.00", "2.6"."""
    rate_unit: str = ""
    """元/m², %."""
    rate_note: str = ""
    """构成: 170+55+30, 预缴, 可退还."""
    gross: str
    """应缴."""
    reduction: str = "0.00"
    """减免 (a subsidy counts here too; its document goes to `basis` or `rate_note`)."""
    payable: str
    """应缴净额."""
    reason: str = ""
    """Why nothing is charged: 自2016年2月1日起停征. Takes the place of quantity and rate."""
    reason_note: str = ""
    """Second line of the reason: 受理日不在执行期内."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BillView(DocumentView):
    """缴费通知书. One seal: the lead department's, last line of the page."""

    service_name: str
    """Head, left: 瀚海市建设工程并联审批 · 一单收费."""
    tariff_notice: str = TARIFF_NOTICE
    """Head, right."""
    issuer: str
    """Organ above the title and over the seal: 瀚海市住房和城乡建设局."""
    title: str = "缴费通知书"
    number: str
    """瀚一单缴〔2014〕17号."""
    payer_name: str
    payer_uscc: str
    project_name: str
    project_code: str
    site: str
    """建设地点."""
    application_number: str
    """办件编号."""
    statement: str
    """Under the addressee: 你单位上列工程经有关部门并联审核，应缴下列费用，请于2014年9月22日前缴清。"""
    lines: tuple[BillLine, ...]
    total_in_words: str
    """人民币叁仟贰佰柒拾贰万玖仟玖佰叁拾玖元贰角肆分."""
    total: str
    """"32,729,939.24", without the ¥."""
    accounts: tuple[AccountTotal, ...]
    payment_code: str
    """In fours: 3710 0214 0000 0000 0177."""
    due_on: str
    """2014年9月22日."""
    qr_text: str
    """What the QR code says: the payment page's address with the code."""
    channels: tuple[Labelled, ...]
    """Labelled(label="网上", text="扫右侧二维码，…"); two characters a label."""
    remarks: tuple[Labelled, ...]
    """救济途径 (60 日内行政复议, 6 个月内行政诉讼), 退还说明."""
    officer: str
    """经办."""
    checker: str
    """复核."""
    phone: str = ""
    issued_on: str
    """Under the seal: 2014年9月15日."""
    verification_code: str
    """Foot: 7K4P-9QXM-2D."""
    sample_notice: str = SAMPLE_NOTICE
    """Foot, and 样张 across the page; empty only in a real city's documents."""
    seals: tuple[SealSpec, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptLine(View):
    """One fee line on the receipt."""

    code: str
    name: str
    unit: str
    """单位: m², 元, 块."""
    quantity: str
    rate: str
    rate_unit: str = ""
    """Only where it is not 元 per unit: %."""
    amount: str
    note: str
    """备注: 政府性基金 · 国库; for a line not charged, its reason."""
    unit_code: str = ""
    """Whose seal stands for the line (its number goes into the column 收款章); empty: no money, no seal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payee(View):
    """One cell of the seal strip: a 收款单位 and what it received."""

    unit_code: str
    name: str
    """Short, at most 12 characters: 市住房和城乡建设局."""
    amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptView(DocumentView):
    """缴费凭证·网上回执. Seals: one per payee in line order, then 财政局 (`payees` names all but the last)."""

    issuer_line: str
    """瀚海市建设工程一单收费."""
    title: str = "缴费凭证"
    subtitle: str = "网上回执"
    code: str
    """凭证代码, 8 digits."""
    number: str
    """凭证号码, 10 digits."""
    check_code: str
    """校验码, 6 characters."""
    issued_on: str
    """2014-09-18."""
    sealed_on: str
    """The same day over the seal: 2014年9月18日."""
    state: ReceiptState = ReceiptState.NORMAL
    marks: tuple[str, ...] = ("正常",)
    """Boxes beside 状态: 正常; 正常, 补打 第2次; 已冲红; 红字."""
    state_notice: str = ""
    """补打件 第2次 …; 本凭证已于…冲红，冲红凭证 …; 冲销原凭证 … 原因: …."""
    payer_name: str
    payer_uscc: str
    project_name: str
    project_code: str
    bill_number: str
    application_number: str
    payment_code: str
    """In fours."""
    paid_at: str
    """2014-09-18 10:12."""
    channel: str
    """网上银行."""
    lines: tuple[ReceiptLine, ...]
    total_in_words: str
    total: str
    accounts: tuple[AccountTotal, ...]
    other_information: str
    """After the accounts: 墙材、散装水泥专项基金为预缴，…。示例标准，以当地文件为准。"""
    payees: tuple[Payee, ...]
    qr_text: str
    """The public verification page's address."""
    remarks: tuple[Labelled, ...]
    """验真, 声明 (本凭证为“一单收费”网上回执，不是财政票据。)."""
    collector: str
    """收款人."""
    checker: str
    """复核人."""
    finance_name: str
    """Over the last seal: 瀚海市财政局."""
    sample_notice: str = SAMPLE_NOTICE
    seals: tuple[SealSpec, ...]
