"""What records of the review say: minutes, joint site survey, the running handling slip."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.documents.views.base import SAMPLE_NOTICE_PEOPLE, VerifiableView, View


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendee(View):
    """One unit's place at a meeting."""

    unit: str
    """Short: 市水务局."""
    people: str = ""
    """陆怀瑾; several with 、. Empty where nobody came."""
    post: str = ""
    """首席代表, 联络员, 副局长."""
    presence: str = "出席"
    """出席, 列席, 缺席."""
    note: str = ""
    """书面意见已于9月17日送达."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JointVerdict(View):
    """What the meeting decided on one matter."""

    matter: str
    unit: str
    """Short."""
    verdict: str
    """同意, 不同意, 同意但需转报."""
    opinion: str = ""
    """Conditions, reasons, the way to approval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant(View):
    """One cell of the seal strip."""

    unit_code: str
    name: str
    """Short, at most 12 characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MinutesView(VerifiableView):
    """联席会议纪要. Seals: one per participant in order, then the lead unit (`participants` names all but the last)."""

    issuer: str
    """Red, at the head: 瀚海市住房和城乡建设局."""
    title: str = "联席会议纪要"
    number: str
    """瀚一单会〔2014〕2号."""
    held_at: str
    """2014年9月18日14时30分至15时40分."""
    place: str
    chair: str
    """林晓舟（市住房和城乡建设局首席代表）."""
    recorder: str
    project_name: str
    application_number: str
    subject: str
    """One sentence: 规划许可与防空地下室设计审查互为前置，联席会议一并审定。"""
    attendance: tuple[Attendee, ...]
    """All units invited, absent ones too."""
    discussion: tuple[str, ...]
    """Paragraphs: what was discussed."""
    verdicts: tuple[JointVerdict, ...]
    resolution: str = "上列事项自本纪要签发之日起同时审批、同时办结。"
    """Last paragraph: 同时审批、同时办结, and what follows."""
    used_default: str = ""
    """Where a verdict came by 超时默认: whose, when, under which switch."""
    names: tuple[str, ...] = ()
    """People and projects in the paragraphs, as in a letter."""
    participants: tuple[Participant, ...]
    """Those who took part and seal, without the lead unit."""
    issued_on: str
    """2014年9月18日."""
    qr_caption: str = "扫码查进度"
    sample_notice: str = SAMPLE_NOTICE_PEOPLE


class Light(StrEnum):
    """How a row stands against its promise; shape and colour, the word is the view's."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    PAUSED = "paused"
    NONE = "none"
    """Waiting, withdrawn: no light."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlingRow(View):
    """One matter on one unit's desk."""

    matter: str
    unit: str
    """Short."""
    did: str
    """What was done, or what it waits for: 同意; 审核中; 等待规划许可."""
    detail: str = ""
    """Second line: the opinion's gist, an objection's reason, 由副职顾清和代行."""
    people: str
    """Who did it, or with whom it is: 韩若川; 首席代表韩若川（待办）."""
    started: str
    """9月15日 09:12."""
    ended: str = ""
    """9月16日 16:40; empty while it is open."""
    net: str
    """Working days without pauses: 1.2."""
    gross: str
    """With pauses: 3.0."""
    promise: str = ""
    """In working days: 3."""
    light: Light = Light.GREEN
    light_word: str
    """正常, 将到期, 已超期, 停表, 等待前置; always printed, the colour only helps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause(View):
    """One standstill of a clock."""

    scope: str
    """Whose clock: 全案; 防空地下室设计审查."""
    reason: str
    """补正（瀚一单补〔2014〕6号，5项）."""
    author: str
    """林晓舟（市住房和城乡建设局）."""
    started: str
    """9月16日 10:05."""
    ended: str = ""
    """9月18日 15:30; empty while it lasts."""
    days: str
    """Working days: 2.4."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenItem(View):
    """What is not finished, and with whom it is."""

    matter: str
    holder: str
    """市人民防空办公室　韩若川."""
    waits_for: str
    """审核; 申请人补正; 规划许可办结."""
    since: str
    """9月18日 15:30起，已1.2个工作日."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlingSlipView(VerifiableView):
    """办理回执单（流转单）: how a case stands at one moment. One seal: the lead unit's."""

    issuer: str
    """Organ above the title and over the seal."""
    title: str = "办理回执单"
    number: str
    """瀚一单办〔2014〕3号."""
    as_of: str
    """2014年9月18日16:00."""
    applicant: str
    project_name: str
    project_code: str
    application_number: str
    accepted_on: str
    """2014年9月15日."""
    promise: str
    """5个工作日，至2014年9月24日（停表2.4个工作日已顺延）."""
    state: str
    """审核中; 已办结; 停表."""
    net: str
    """Of the whole case, working days: 1.6."""
    gross: str
    light: Light = Light.GREEN
    light_word: str
    summary: str
    """One sentence under the facts: 11个事项已办结9个，2个办理中；…"""
    rows: tuple[HandlingRow, ...]
    open_items: tuple[OpenItem, ...] = ()
    """Empty: the template says that nothing is open."""
    pauses: tuple[Pause, ...] = ()
    """Empty: the template says that the clock never stopped."""
    remarks: tuple[str, ...] = ()
    """How net and gross are counted, which calendar, whom to ask."""
    used_default: str = ""
    """Where a verdict came by 超时默认: whose, when, under which switch."""
    issued_on: str
    """Under the seal: 2014年9月18日."""
    qr_caption: str = "扫码查最新进度"
    sample_notice: str = SAMPLE_NOTICE_PEOPLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(View):
    """What one unit found on the spot, for one matter."""

    unit: str
    """Short."""
    matter: str
    finding: str
    """出入口人防门预留位置与图纸一致，口部宽度3.1米."""
    verdict: str
    """符合, 不符合, 符合但须整改, 未到场."""
    requirement: str = ""
    """What has to change and by when."""
    people: str
    """Who found it: 韩若川、方景行."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveySignature(View):
    """Who signed the record on the spot."""

    party: str
    """市人民防空办公室; 建设单位; 施工单位."""
    people: str
    """韩若川; several with 、."""
    role: str = ""
    """首席代表; 项目负责人."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyView(VerifiableView):
    """联合踏勘记录: one visit, all units' findings. One seal: the lead unit's."""

    issuer: str
    """Organ above the title and over the seal."""
    title: str = "联合踏勘记录"
    number: str
    """瀚一单勘〔2014〕1号."""
    surveyed_at: str
    """2014年9月17日9时至10时20分."""
    site: str
    applicant: str
    project_name: str
    project_code: str
    application_number: str
    organiser: str
    """林晓舟（市住房和城乡建设局）."""
    purpose: str
    """One sentence: 一次踏勘，替代7个单位各自现场核查。"""
    findings: tuple[Finding, ...]
    conclusion: tuple[str, ...]
    """Paragraphs below the table."""
    signatures: tuple[SurveySignature, ...]
    remarks: tuple[str, ...] = ("本记录由参加踏勘的单位签认，一式一份，随办件归档。",)
    """Beside the seal."""
    issued_on: str
    """Under the seal: 2014年9月17日."""
    qr_caption: str = "扫码查进度"
    sample_notice: str = SAMPLE_NOTICE_PEOPLE
