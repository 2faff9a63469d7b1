"""What the letters to an applicant say: official letters after GB/T 9704 (信函格式), one seal, the issuer's.

Printed in this order: number, title, addressee, `opening`, the table, `closing`, the sentences that the law or the
programme asks for (`decision`, `used_default`, `remedies`), `contact`, seal.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.documents.views.base import SAMPLE_NOTICE_PEOPLE, SealSpec, VerifiableView, View


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterView(VerifiableView):
    """What every letter has."""

    issuer: str
    """Red, at the head: 瀚海市政务服务中心. Over the date stands the organ of the seal."""
    number: str
    """瀚一单补〔2014〕6号."""
    addressee: str
    """瀚海市碧海置业有限公司; the colon is the template's."""
    opening: tuple[str, ...]
    """Paragraphs above the table."""
    closing: tuple[str, ...] = ()
    """Paragraphs below it."""
    contact: str = ""
    """Whom to ask: 如有疑问，请联系林晓舟，电话0000-5190000。"""
    names: tuple[str, ...] = ()
    """People, companies and projects in the text: their rare characters keep the line; a short name never breaks."""
    qr_text: str
    """The case's public page: progress and verification."""
    qr_caption: str = "扫码查进度"
    issued_on: str
    """2014年9月15日."""
    sample_notice: str = SAMPLE_NOTICE_PEOPLE


@dataclass(frozen=True, slots=True, kw_only=True)
class SlipMaterial(View):
    """One row of the slip's list of materials."""

    name: str
    form: str
    """电子原件, 电子证照, 电子扫描件."""
    count: str
    """1份3页, 免提交."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlipView(VerifiableView):
    """收件回执. One seal."""

    issuer: str
    """Red, at the head: 瀚海市政务服务中心."""
    number: str
    """瀚一单收〔2014〕1号."""
    title: str = "收件回执"
    addressee: str
    """瀚海市碧海置业有限公司; the colon is the template's."""
    opening: tuple[str, ...]
    """Paragraphs above the table."""
    materials: tuple[SlipMaterial, ...]
    closing: tuple[str, ...]
    """Paragraphs below it: promise, deadline, how to withdraw."""
    names: tuple[str, ...] = ()
    """People named in the paragraphs; a name with rare characters keeps its line and is never broken in two."""
    qr_text: str
    """The progress page's address."""
    qr_caption: str = "扫码查进度"
    issued_on: str
    """2014年9月15日."""
    sample_notice: str = SAMPLE_NOTICE_PEOPLE
    seals: tuple[SealSpec, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedMatter(View):
    """One matter of an acceptance: who handles it and in how many days."""

    name: str
    """防空地下室设计审查."""
    unit: str
    """Short: 市人民防空办公室."""
    note: str = ""
    """Second line under the name, where the promise needs a word: 特殊情形：须专家评审; 待规划许可办结后起算."""
    promise: str
    """3个工作日; 即办."""
    due: str = ""
    """Second line under the promise: 至2014年9月18日; 自前置办结之日起."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromisedPaper(View):
    """告知承诺: a paper that the applicant brings later."""

    name: str
    unit: str
    """Who checks that it came; short."""
    due_on: str
    """2014年10月15日."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptanceView(LetterView):
    """受理通知书: accepted on this day, these matters, each with its promise.

    `closing` says the joint promise and its due date, and what happens to the clock (补正、听证、检验检测、专家评审).
    """

    title: str = "受理通知书"
    matters: tuple[AcceptedMatter, ...]
    promised: tuple[PromisedPaper, ...] = ()
    """A second table, only where the applicant made promises."""
    remedies: str = ""
    """不服…可以申请行政复议 …; where the city's practice says so in an acceptance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground(View):
    """Why one matter is not accepted."""

    matter: str
    reason: str
    """依法不属于本机关职权范围。"""
    clause: str
    """《中华人民共和国行政许可法》第三十二条第一款第二项."""
    go_to: str = ""
    """Which organ is competent, with its address or telephone; empty where none is (不需要取得行政许可)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAcceptedView(LetterView):
    """不予受理通知书. `closing`: what happens to the papers; that a new application is possible."""

    title: str = "不予受理通知书"
    grounds: tuple[Ground, ...]
    remedies: str
    """如不服本决定，可以自收到本通知书之日起60日内向…申请行政复议，或者自收到之日起6个月内依法向…人民法院提起行政诉讼。"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingItem(View):
    """One thing that an application still needs before it can be accepted."""

    what: str
    """建设工程施工合同."""
    needed_by: str
    """The matters that need it: 工资保障金核定、施工现场条件核验."""
    reason: str
    """未提交; 扫描件缺第3页."""
    clause: str = ""
    action: str
    """What to do: 上传加盖双方公章的完整合同."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimeNoticeView(LetterView):
    """一次性告知书, before acceptance. `closing`: by when, how; that nothing more will be asked."""

    title: str = "一次性告知书"
    items: tuple[MissingItem, ...]


class CorrectionKind(StrEnum):
    """What a correction asks for; the template prints it in words."""

    PAPER = "paper"
    """补交材料."""
    FACT = "fact"
    """更正数据: `old_value` says what was declared."""
    STATEMENT = "statement"
    """书面说明."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionItem(View):
    """One request of one department."""

    kind: CorrectionKind = CorrectionKind.PAPER
    subject: str
    """The material, the fact or the question: 施工图审查合格书, 首层建筑面积, 基坑支护方案."""
    unit: str
    """Who asks; short."""
    problem: str
    """缺第2页，审查机构未签章."""
    clause: str
    """《房屋建筑和市政基础设施工程施工图设计文件审查管理办法》第十三条."""
    action: str
    """补交经审查机构签章的完整合格书."""
    old_value: str = ""
    """A fact's value as declared, with its unit: 6,012.45 平方米."""
    answer: str = ""
    """In a copy printed after the reply: 已更正为6,102.45平方米，9月18日."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionView(LetterView):
    """补正告知书: all requests of all departments, numbered, sent once.

    `closing`: that no department will ask again; by when to answer, together; that the clock stands still.
    """

    title: str = "补正告知书"
    items: tuple[CorrectionItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection(View):
    """One unit's objection."""

    unit: str
    """Short."""
    matter: str
    reason: str
    clause: str
    way: str
    """The way to approval: 调整总平面图，使建筑间距不小于18米后重新申报."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalView(LetterView):
    """不予许可决定书. `opening`: application, acceptance, review, joint meeting: the facts."""

    title: str = "不予许可决定书"
    objections: tuple[Objection, ...]
    decision: str
    """根据《中华人民共和国行政许可法》第三十八条第二款，本机关决定：对上列申请不予行政许可。"""
    used_default: str = ""
    """Where a verdict came by 超时默认: whose, when, under which switch. Printed in a box, never left out."""
    remedies: str
    """As in `NotAcceptedView`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundedLine(View):
    """One row of a refund: an item, or the interest of a deposit."""

    name: str
    """散装水泥专项基金; 利息（至2015年9月18日）."""
    account: str
    """国库."""
    paid: str = ""
    """已缴, "86,432.18"; empty for interest."""
    amount: str
    """退还, "82,974.89"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundDecisionView(LetterView):
    """退费决定通知书: what goes back of which item, to which account, or why nothing does.

    `closing`: when and how it is paid, what happens to the receipt.
    """

    title: str = "退费决定通知书"
    lines: tuple[RefundedLine, ...]
    total: str
    """"82,974.89"."""
    total_in_words: str
    basis: str
    """Under the table: 依据, with the documents."""
    decision: str
    """经审核，同意退还上列款项。 or 不予退还, with the reason."""
    payee: str = ""
    """户名、账号末四位; empty where nothing is paid."""
    remedies: str
    """As in `NotAcceptedView`."""
