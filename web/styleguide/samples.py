"""Sample values for the catalogue of components: case E1 of the fictional 瀚海市, and each state a component has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from uuid import UUID

import segno

from services.papers import Reusable
from shared.db.notices import NoticeRow
from shared.db.queries.attention import AttentionRow
from shared.db.queries.changes import DisputeView, SurveyView
from shared.db.queries.gatherings import Gathering
from shared.db.queries.refunds import DepositView, RefundView
from shared.domain.rows import Period
from shared.domain.tariff import Reduction
from web.apply.form import Kind, Question
from web.apply.lines import ShownLine, ShownLines
from web.apply.materials import AnswerItem, MaterialRow, PaperSlot, Saving, WrittenAnswer
from web.components import (
    BillCard,
    BillGroup,
    BillLineRow,
    CheckItem,
    Choice,
    Column,
    DayAxis,
    DayKind,
    DocumentRow,
    FactRow,
    FileGroup,
    FileItem,
    Filter,
    HandlingLine,
    Lane,
    Lanes,
    Light,
    NextStep,
    Pager,
    PauseLine,
    Proof,
    Reason,
    ScanCard,
    Stat,
    Step,
    SummaryRow,
    Tab,
    Tag,
    Task,
    TaskGroup,
    TimelineEvent,
    Tone,
)
from web.corrections import Demand, Demanded
from web.desk.decision import SaidBefore
from web.desk.views import FeeCard, FormulaRow
from web.door.routes import ShownPromise
from web.navigation import NavGroup, NavItem

TODAY = date(2014, 9, 19)
# 28 September 2014 was a Sunday worked in exchange for a day of the autumn holiday.
AXIS = DayAxis.of(
    (
        date(2014, 9, 16) + timedelta(days=offset)
        for offset in range(15)
        if (date(2014, 9, 16) + timedelta(days=offset)).day not in (20, 21, 27)
    ),
    today=TODAY,
)

USED, AMBER, PAST, PAUSED, LEFT, DONE = (
    DayKind.USED,
    DayKind.USED_AMBER,
    DayKind.PAST,
    DayKind.PAUSED,
    DayKind.LEFT,
    DayKind.DONE,
)
IN_REVIEW = Tag("审核中", Tone.BLUE)
CLOSED = Tag("已办结", Tone.GREEN, is_quiet=True)


def _open(
    unit: str,
    matter: str,
    officer: str,
    *,
    status: Tag,
    light: tuple[Light, str],
    kinds: list[DayKind],
    days: tuple[int, int],
    due: str,
) -> Lane:
    return Lane(
        unit=unit,
        matter=matter,
        officer=officer,
        status=status,
        light=light[0],
        light_words=light[1],
        cells=AXIS.place(kinds),
        used_days=days[0],
        promised_days=days[1],
        due=due,
        amount_fen=None,
        is_open=True,
    )


def _closed(unit: str, matter: str, days: tuple[int, int], due: str, amount_fen: int | None) -> Lane:
    return Lane(
        unit=unit,
        matter=matter,
        officer="",
        status=CLOSED,
        light=Light.DONE,
        light_words="按时",
        cells=AXIS.place([DONE] * days[0]),
        used_days=days[0],
        promised_days=days[1],
        due=due,
        amount_fen=amount_fen,
        is_open=False,
    )


LANES = Lanes(
    axis=AXIS,
    rows=(
        _open(
            "水务局",
            "排水与节水方案",
            "罗雯",
            status=Tag("待补正", Tone.PURPLE),
            light=(Light.PAUSED, "停表 1 日"),
            kinds=[USED, USED, USED, PAUSED, LEFT, LEFT],
            days=(3, 5),
            due="待您补正",
        ),
        _open(
            "气象局",
            "防雷装置设计审核",
            "纪晓风",
            status=IN_REVIEW,
            light=(Light.RED, "超期 1 日"),
            kinds=[USED, USED, USED, PAST],
            days=(4, 3),
            due="应于 09-18",
        ),
        _open(
            "生态环境局",
            "环境影响评价",
            "谭予安",
            status=IN_REVIEW,
            light=(Light.AMBER, "今日到期"),
            kinds=[AMBER] * 4,
            days=(4, 4),
            due="今日 17:00",
        ),
        _open(
            "消防审验中心",
            "消防设计审查",
            "高维",
            status=Tag("专家评审", Tone.PURPLE),
            light=(Light.PAUSED, "停表 2 日"),
            kinds=[USED, USED, PAUSED, PAUSED, *[LEFT] * 8],
            days=(2, 10),
            due="顺延至 09-30",
        ),
        _open(
            "园林绿化局",
            "附属绿化方案",
            "尹安然",
            status=IN_REVIEW,
            light=(Light.GREEN, "正常"),
            kinds=[*[USED] * 4, *[LEFT] * 6],
            days=(4, 10),
            due="09-28",
        ),
        _closed("住房和城乡建设局", "施工图审查备案", (4, 5), "09-19", 2616484590),
        _closed("自然资源和规划局", "建设工程规划许可", (3, 5), "09-18", None),
        _closed("人力资源和社会保障局", "工资保障金核定", (3, 3), "09-18", 317280000),
        _closed("人民防空办公室", "防空地下室设计审查", (2, 5), "09-17", 226867500),
        _closed("发展和改革局", "价格调节基金核定", (1, 3), "09-16", 17286436),
        _closed("散装水泥办公室", "散装水泥基金核定", (1, 3), "09-16", 8643218),
        _closed("墙材革新办公室", "新型墙材基金核定", (1, 3), "09-16", 86432180),
    ),
    summary="12 个部门・办结 7・在办 3・停表 2",
    note="2014年9月，按工作日计，受理当日不计；28日（周日）为调休工作日。",
    done_summary="已办结 7 个部门，全部按时",
    total_label="七项合计",
    total_fen=3272993924,
)

LANES_MORE = replace(
    LANES,
    rows=(
        replace(LANES.rows[0], is_yours=True, gross_days=4),
        replace(LANES.rows[1], used_days=None, gross_days=None, cells=()),
        replace(LANES.rows[2], status=Tag("超时默认", Tone.AMBER), marks=("园林绿化局移交",)),
        replace(LANES.rows[3], status=Tag("联席会议", Tone.BLUE), gross_days=4),
        replace(
            LANES.rows[4],
            status=Tag("等前置"),
            light=Light.WAITING,
            light_words="未开始",
            cells=(),
            used_days=0,
            due="等施工现场条件核验",
            officer="",
        ),
    ),
    summary="5 项・办结 0・在办 5・超期 1・停表 1",
    total_fen=None,
    is_urgent=True,
)

PAYMENT_CODE = "37100214000000003178"
BILL = BillCard(
    state=Tag("待缴", Tone.AMBER),
    summary="七项合一",
    total_fen=3272993924,
    total_in_words="人民币叁仟贰佰柒拾贰万玖仟玖佰叁拾玖元贰角肆分",
    groups=(
        BillGroup(
            "国库",
            "财政收入",
            "treasury",
            2543249924,
            (
                BillLineRow("城市基础设施配套费", 2204020590),
                BillLineRow("新型墙体材料专项基金", 86432180),
                BillLineRow("价格调节基金", 17286436),
                BillLineRow("防空地下室易地建设费", 226867500),
                BillLineRow("散装水泥专项基金", 8643218),
            ),
        ),
        BillGroup(
            "代收专户", "代收代拨，不计财政收入", "agency", 412464000, (BillLineRow("建设企业养老保障金", 412464000),)
        ),
        BillGroup(
            "保证金专户", "可退还，不计财政收入", "deposit", 317280000, (BillLineRow("农民工工资保障金", 317280000),)
        ),
    ),
    payment_code=PAYMENT_CODE,
    qr_svg=segno.make(f"https://yidan.example/pay/{PAYMENT_CODE}", error="m").svg_inline(omitsize=True, border=0),
    due="2014-09-26 17:00",
    details_href="#lines",
    dispute_href="#dispute",
)
BILL_NOT_YET = BillCard(
    state=Tag("未开出"),
    summary="",
    missing=("防空地下室易地建设费：人民防空办公室 沈嘉禾 核定，09-22 前", "排水与节水方案：等您补正"),
)
BILL_CONFIRMING = BillCard(
    state=Tag("确认中", Tone.BLUE),
    summary="七项合一",
    total_fen=3272993924,
    total_in_words=BILL.total_in_words,
    note="银行回执尚未收到，请勿重复缴款；到账后这里变为“已缴”。",
)
BILL_PAID = BillCard(
    state=Tag("已缴", Tone.GREEN),
    summary="七项合一",
    total_fen=3272993924,
    total_in_words=BILL.total_in_words,
    note="2014-09-22 10:12 到账，凭证见“文书”。",
)
BILL_ZERO = BillCard(
    state=Tag("无须缴款", Tone.GREY),
    summary="一项",
    total_fen=0,
    total_in_words="人民币零元整",
    groups=(BillGroup("国库", "财政收入", "treasury", 0, (BillLineRow("防空地下室易地建设费", 0, "已自建"),)),),
)

STEPS = (
    Step("申报", "09-12", "done"),
    Step("受理", "09-15", "done"),
    Step("并联审核", "7 / 12 办结", "current"),
    Step("一单缴费", "待缴", "current"),
    Step("施工许可", "缴费到账后", "later"),
)
NEXT = (
    NextStep(
        "9月26日（周五）17:00 前缴费",
        "七项收费已全部核定，合成一张缴费单，还剩 5 个工作日。到账后系统自动启动施工许可，无须再跑窗口。",
        "去缴费",
        "#pay",
        "缴费通知书",
        "#bill",
        3272993924,
    ),
    NextStep(
        "补正 1 项，9月25日前",
        "水务局：排水接驳平面图第 3 张未标注管径。补正期间停表，不占办理时限，不重复收费。",
        "去补正",
        "#correct",
    ),
)
REASONS = (
    Reason(
        Tag("待补正", Tone.PURPLE),
        "补正 1 项（排水与节水方案）：待申请人 瀚海市碧海置业有限公司 答复，09-25 前办结；答复前停表。",
        is_yours=True,
    ),
    Reason(Tag("审核中", Tone.BLUE), "防雷装置设计审核：市气象局 纪晓风 正在审核，应于 09-18 前办结，已超期。"),
    Reason(
        Tag("停表", Tone.PURPLE),
        "消防设计审查：09-17 起停表 2 个工作日（专家评审，评审会 09-24 召开），由市消防审验中心 高维 负责。",
    ),
    Reason(Tag("待认领", Tone.AMBER), "附属绿化方案：还没有人认领，由市园林绿化局 首席代表尹安然负责，09-28 前办结。"),
    Reason(
        Tag("互为前置", Tone.AMBER),
        "占道挖掘：与管线迁改互为前置，待市住房和城乡建设局 首席代表章远山 召集联席会议一并决定。",
    ),
)

CHECKLIST = (
    CheckItem("drawings", "施工图", "fits", "#1"),
    CheckItem("survey", "岩土工程勘察报告", "unfit", "#2"),
    CheckItem("shelter", "应建面积计算书", "unseen", "#3"),
    CheckItem("licence", "营业执照", "unseen", missing="未提交"),
)
CHECKLIST_READ = tuple(replace(each, code=f"{each.code}-read") for each in CHECKLIST)


@dataclass(frozen=True, slots=True)
class _SlipCase:
    number: str = "HH20140915-0001-6"
    project_name: str = "碧海湾花园一期"
    developer_name: str = "瀚海市碧海置业有限公司"


@dataclass(frozen=True, slots=True)
class _SlipFile:
    case: _SlipCase = _SlipCase()


@dataclass(frozen=True, slots=True)
class _Slip:
    """As much of a slip's page as its head shows."""

    document_title: str
    document_href: str
    is_making: bool
    can_ask: bool
    file: _SlipFile = _SlipFile()
    state: Tag = IN_REVIEW
    figures: tuple[tuple[str, str], ...] = (
        ("承诺时限", "5 个工作日，至 2014-09-22"),
        ("净用时", "3 个工作日"),
        ("毛用时（含停表）", "4 个工作日"),
        ("办结", "7 / 12 项"),
    )


SLIPS = (
    _Slip("", "", is_making=False, can_ask=True),
    _Slip("", "", is_making=True, can_ask=False),
    _Slip("办理回执单（办结）", "#slip", is_making=False, can_ask=False),
)
HANDLING = (
    HandlingLine(
        "施工图审查备案", "市住房和城乡建设局", Tag("同意", Tone.GREEN, is_quiet=True), "符合强制性标准。", "赵启明",
        "09-15 09:30", "09-19 10:38", 4, 4, 5, Light.DONE, "按时",
    ),
    HandlingLine(
        "消防设计审查", "市消防审验中心", Tag("专家评审", Tone.PURPLE), "", "高维",
        "09-15 09:30", "", 2, 4, 10, Light.PAUSED, "停表 2 日",
    ),
    HandlingLine(
        "深基坑专项施工方案", "市住房和城乡建设局", Tag("等前置"), "等施工现场条件核验", "",
        "", "", 0, 0, 2, Light.WAITING, "未开始",
    ),
    HandlingLine(
        "防雷装置设计审核", "市气象局", Tag("审核中", Tone.BLUE), "", "纪晓风",
        "09-15 09:30", "", None, None, 3, Light.RED, "已超期",
    ),
)  # fmt: skip
PAUSES = (
    PauseLine("排水与节水方案", "待补正", "补正告知〔2014〕317-1 号", "罗雯", "09-18 16:20", "09-19 09:05", 1),
    PauseLine("消防设计审查", "专家评审", "评审会 09-24 召开", "高维", "09-17 16:50", "", 2),
    PauseLine("环境影响评价", "检测", "检测", "谭予安", "09-17 16:50", "", None),
)

EVENTS = (
    TimelineEvent("今天 10:38", "七项收费全部核定，生成缴费通知书", "系统自动合成一张；缴款期限 09-26", is_latest=True),
    TimelineEvent("今天 10:38", "住房和城乡建设局 办结施工图审查备案", "赵启明；核定 26,164,845.90 元"),
    TimelineEvent("09-18 16:20", "水务局 提出补正，停表开始", "罗雯；补正告知〔2014〕317-1 号"),
    TimelineEvent("09-18 11:02", "人力资源和社会保障局 核定工资保障金", "方予；3,172,800.00 元，接受银行保函替代"),
    TimelineEvent("09-17 16:50", "消防审验中心 停表：专家评审", "高维；评审会 09-24 召开，依据行政许可法第四十五条"),
)
DOCUMENTS = (
    DocumentRow("缴费通知书", "09-19", "#1"),
    DocumentRow("补正告知书 317-1 号", "09-18", "#2"),
    DocumentRow("受理通知书", "09-15", "#3"),
)
TASK_GROUPS = (
    TaskGroup(
        "填写申报表",
        (
            Task("项目信息", Tag("已完成", Tone.GREEN, is_quiet=True), "#project"),
            Task("单位与经办人", Tag("填写中", Tone.BLUE), "#party", "已保存 14:05"),
            Task("建设规模", Tag("有问题", Tone.RED), "#scale", "地上面积大于总面积"),
        ),
    ),
    TaskGroup("上传材料", (Task("申报材料", Tag("未开始", Tone.GREY), "#files", "8 份，3 份可免提交"),)),
    TaskGroup("核对提交", (Task("核对并提交", Tag("暂不能填写", Tone.GREY, is_quiet=True), hint="先完成上面各项"),)),
)
SUMMARY = (
    SummaryRow("项目名称", "碧海湾花园一期", "#project"),
    SummaryRow("项目代码", "2014-371002-70-01-000001", "#project"),
    SummaryRow("总建筑面积", "86,432.18 m²", "#scale"),
    SummaryRow("减免申请", "", "#reduction"),
)
USES = (
    Choice("housing", "商品住宅"),
    Choice("affordable", "保障性住房", "须附主管部门认定文件"),
    Choice("industry", "工业厂房"),
)
YES_NO = (Choice("yes", "是"), Choice("no", "否"))
CLAIM = (Choice("yes", "申请这一项"),)
SITUATIONS = (
    Choice("road_works", "需要占用、挖掘城市道路", "事项：占用、挖掘城市道路许可；材料：占道挖掘方案"),
    Choice("night_work", "需要夜间连续施工", "事项：夜间连续施工备案"),
)
_DRAINAGE = MaterialRow(
    code="drainage",
    name="排水与节水方案",
    note="",
    formats="PDF",
    need=Tag("必交", Tone.BLUE),
    needed_by="排水与节水方案（市水务局）",
    clause="《城镇排水与污水处理条例》第二十一条",
    promise="可承诺在 10 个工作日内补交",
)
_SITE_PLAN = MaterialRow(
    code="siteplan",
    name="总平面图和规划设计方案",
    note="",
    formats="PDF",
    need=Tag("必交", Tone.BLUE),
    needed_by="建设工程规划许可（市自然资源和规划局）、环境影响评价（市生态环境局）",
    clause="《行政许可法》第三十一条",
    promise="",
)
MATERIALS = (_DRAINAGE, _SITE_PLAN)
SAVING = Saving(asked=36, distinct=16, reused=2, saved=22)
_REUSABLE = Reusable(
    source_id=UUID(int=1), material_code="siteplan", file_name="总平面图.pdf", number="HH20140301-0004-2",
    came_on=date(2014, 3, 1), media_type="application/pdf", size_bytes=1024, sha256="",
)  # fmt: skip
PAPER_SLOTS = (
    PaperSlot(
        row=_DRAINAGE, hint="只收 PDF，每个不超过 20 MB。", accept=".pdf", papers=(), reusable=None, is_promised=True,
        error="",
    ),
    PaperSlot(
        row=_SITE_PLAN, hint="只收 PDF，每个不超过 20 MB。", accept=".pdf", papers=(), reusable=_REUSABLE,
        is_promised=False, error="缺少必交材料：总平面图和规划设计方案",
    ),
)  # fmt: skip
PROMISES = tuple(
    ShownPromise(
        id=UUID(int=10 + place), name=name, unit_name="市水务局", due_on=date(2014, 9, 28), state=state,
        opinion=opinion, paper_id=None, can_be_brought=can_be_brought,
    )
    for place, (name, state, opinion, can_be_brought) in enumerate(
        (
            ("排水与节水方案", Tag("待补交", Tone.AMBER), "", True),
            ("建筑垃圾处置方案", Tag("核查未通过", Tone.RED), "没有运输路线，请补充。", True),
            ("建筑垃圾运输路线图", Tag("已履行", Tone.GREEN, is_quiet=True), "相符", False),
        )
    )
)  # fmt: skip
PROMISE_ADDRESSES = {each.id: "#" for each in PROMISES}
ITEM_NAMES = {"PTF": "城市基础设施配套费", "SNZ": "散装水泥专项基金"}
SURVEY = SurveyView(
    id=UUID(int=1),
    application_id=UUID(int=2),
    application_number="HH-2014-000317",
    project_name="碧海湾花园一期",
    state="asked",
    facts={"floor_area_m2": "86951.40"},
    document="瀚测〔2015〕88号",
    surveyed_on=date(2015, 9, 1),
    differences=[
        {
            "item": "PTF",
            "version": "v1",
            "before_fen": 2_204_020_590,
            "after_fen": 2_217_260_700,
            "formula": "86,951.40 × 255.00 = 22,172,607.00",
        },
        {
            "item": "SNZ",
            "version": "v1",
            "before_fen": 8_643_218,
            "after_fen": 8_695_140,
            "formula": "86,951.40 × 1.00 = 86,951.40",
        },
    ],
    supplement_fen=13_292_032,
    asked_by="林沐阳",
    asked_at=datetime(2015, 9, 2, 2, 0, tzinfo=UTC),
    decided_by="",
    decided_at=None,
    opinion="",
    bill_id=None,
    bill_number="",
)
_DISPUTE = DisputeView(
    id=UUID(int=3),
    application_id=UUID(int=2),
    application_number="HH-2014-000317",
    project_name="碧海湾花园一期",
    bill_id=UUID(int=4),
    bill_number="瀚一单缴〔2014〕17号",
    number="瀚一单异〔2014〕3号",
    state="open",
    item_codes=["PTF"],
    grounds="本工程没有接入集中供热，不应计收供热部分。",
    raised_by="林沐阳",
    raised_at=datetime(2014, 9, 23, 2, 0, tzinfo=UTC),
    due_on=date(2014, 10, 14),
    outcome="",
    answer="",
    answered_by="",
    answered_at=None,
)
DISPUTES = (
    _DISPUTE,
    replace(
        _DISPUTE,
        state="answered",
        item_codes=[],
        outcome="kept",
        answer="经核对供热接入批复，本工程已批准接入集中供热，原通知书维持。",
        answered_by="许文瑾",
        answered_at=datetime(2014, 9, 25, 2, 0, tzinfo=UTC),
    ),
)
REDUCTIONS_ON = date(2014, 9, 15)
REDUCTIONS = tuple(
    (
        Reduction(
            code=code,
            name=name,
            percent=Decimal(percent),
            items=frozenset(("RFY",)),
            uses=None,
            period=Period(first, None),
            documents=(document,),
            fact=None,
            row="",
        ),
        first <= REDUCTIONS_ON,
    )
    for code, name, percent, first, document in (
        ("EDU-50", "学校教学用房", 50, date(2000, 4, 27), "计价格〔2000〕474号"),
        ("ELD-NP", "非营利性养老机构", 100, date(2015, 1, 1), "财税〔2014〕77号"),
    )
)
REFUND = RefundView(
    id=UUID(int=31),
    number="瀚一单退〔2015〕1号",
    kind="settlement",
    state="asked",
    amount_fen=8_297_489,
    interest_fen=0,
    expected_fen=8_643_218,
    lines=[{"seq": 7, "item": "SNZ", "amount_fen": 8_297_489}],
    reason="散装水泥使用比例 96%",
    evidence={
        "share": "96", "percent": "96", "completed_on": "2015-10-12", "paid_fen": 8_643_218, "kept_fen": 345_729,
    },
    documents=["瀚财综〔2002〕19号"],
    payee_name="瀚海市碧海置业有限公司",
    payee_uscc="91371002MA3C00011N",
    payee_account="6222000000000001",
    payee_bank="瀚海商业银行",
    application_id=UUID(int=1),
    application_number="HH20140915-0001-7",
    project_name="碧海湾花园一期",
    bill_id=UUID(int=2),
    bill_number="瀚一单缴〔2014〕1号",
    deposit_id=None,
    suspense_id=None,
    unit_code="sn",
    asked_by=UUID(int=3),
    asker="林沐阳",
    asked_at=datetime(2015, 10, 20, 2, 0, tzinfo=UTC),
    checked_by=None,
    checker="",
    checked_at=None,
    check_note="",
    decided_by=None,
    decider="",
    decided_at=None,
    opinion="",
    sent_at=None,
    attempts=0,
    failure="",
    paid_at=None,
    bank_txn_id="",
    letter_id=None,
)  # fmt: skip
_DEPOSIT = DepositView(
    id=UUID(int=41),
    application_id=UUID(int=1),
    application_number="HH20140915-0001-7",
    project_name="碧海湾花园一期",
    bill_id=UUID(int=2),
    bill_number="瀚一单缴〔2014〕1号",
    item_code="GZB",
    payer_name="瀚海市碧海置业有限公司",
    form="cash",
    state="held",
    amount_fen=317_280_000,
    held_fen=317_280_000,
    interest_fen=27_760,
    opened_on=date(2014, 9, 18),
    issuer="",
    guarantee_number="",
    expires_on=None,
    completed_on=None,
    notice_ends_on=None,
    released_on=None,
    paper_id=None,
    asked_by=None,
    asker="",
    opinion="",
    asks=0,
)
DEPOSITS = (
    _DEPOSIT,
    replace(
        _DEPOSIT,
        form="guarantee",
        interest_fen=0,
        issuer="瀚海商业银行",
        guarantee_number="BH2014-0087",
        expires_on=date(2015, 9, 17),
    ),
)
ANSWERS = (
    WrittenAnswer(
        title="一次性告知书",
        number="瀚一单告〔2014〕4号",
        issued_on=date(2014, 9, 15),
        items=(
            AnswerItem(
                "施工合同", "未提交", "《保障农民工工资支付条例》第三十二条", "工资保障金核定", "上传PDF文件"
            ),
        ),
        href="#",
    ),
    WrittenAnswer(
        title="不予受理通知书",
        number="瀚一单不受〔2014〕1号",
        issued_on=date(2014, 9, 15),
        items=(AnswerItem("军用房屋建筑工程", "另有规定。", "《建筑法》第八十四条", go_to="军队工程建设主管部门"),),
        href="",
    ),
)  # fmt: skip

# One question of each kind, answered, and again with what is wrong.
QUESTIONS = (
    Question(name="q-text", label="项目名称", kind=Kind.TEXT, hint="与立项文件一致。", value="碧海湾花园一期"),
    Question(name="q-area", label="建筑面积", kind=Kind.AREA, hint="以测算报告为准。", value="86432.18"),
    Question(name="q-metres", label="基础埋深", kind=Kind.METRES, value="5.20"),
    Question(name="q-money", label="工程造价", kind=Kind.MONEY, value="158640000.00"),
    Question(name="q-bricks", label="标准砖用量", kind=Kind.BRICKS, is_optional=True),
    Question(name="q-whole", label="地上层数", kind=Kind.WHOLE, value="18"),
    Question(name="q-date", label="施工合同签订日", kind=Kind.DATE, value="2014-09-01"),
    Question(name="q-select", label="工程用途", kind=Kind.SELECT, choices=USES, value="housing"),
    Question(name="q-yes-no", label="是否全框架结构", kind=Kind.YES_NO, value="yes"),
    Question(
        name="q-claim", label="保障性安居工程", kind=Kind.CLAIM, hint="国发〔2007〕24号", is_optional=True,
        value="yes", document="瀚建保〔2014〕12号",
    ),
    Question(
        name="q-several", label="工程涉及下列哪些情形？", kind=Kind.SEVERAL, hint="都不涉及的，不选。",
        value="road_works", choices=SITUATIONS,
    ),
)  # fmt: skip
QUESTIONS_WRONG = (
    Question(name="w-text", label="项目名称", kind=Kind.TEXT, error="应为非空文字"),
    Question(name="w-area", label="建筑面积", kind=Kind.AREA, value="八万多", error="数量须为半角数字，例如 86432.18"),
    Question(name="w-metres", label="基础埋深", kind=Kind.METRES, value="-5", error="数量须为不带符号的半角数字"),
    Question(name="w-money", label="工程造价", kind=Kind.MONEY, value="1.5e8", error="金额须为半角数字，例如 1234.50"),
    Question(name="w-bricks", label="标准砖用量", kind=Kind.BRICKS, value="1.5", error="标准砖用量应为整数块"),
    Question(name="w-whole", label="地上层数", kind=Kind.WHOLE, value="十八", error="请填 0 或正整数，例如 18"),
    Question(name="w-date", label="施工合同签订日", kind=Kind.DATE, value="2014-02-30", error="没有 2014-02-30 这一天"),
    Question(name="w-select", label="工程用途", kind=Kind.SELECT, choices=USES, error="请选择一项"),
    Question(name="w-yes-no", label="是否全框架结构", kind=Kind.YES_NO, error="请选择一项"),
    Question(
        name="w-claim", label="保障性安居工程", kind=Kind.CLAIM, is_optional=True, value="yes",
        document_error="请填写依据文件的文号",
    ),
    Question(
        name="w-several", label="工程属于下列哪种不在本窗口受理的情况？", kind=Kind.SEVERAL, value="military",
        choices=(Choice("military", "军用房屋建筑工程"),), error="不在本窗口受理范围：军用房屋建筑工程",
    ),
)  # fmt: skip
_SHELTER = ShownLine(
    name="防空地下室易地建设费",
    status="",
    formula="(应建 4,321.61 m² − 实建 0 m²) × 2,000.00 元/m² = 8,643,220.00",
    reason="",
    grounds="计价格〔2000〕474号",
    unit_name="瀚海市人民防空办公室",
    payer="建设单位",
    payable_fen=864322000,
)
_WALLS = ShownLine(
    name="新型墙体材料专项基金",
    status="不在执行期",
    formula="",
    reason="自2017年4月1日起停征",
    grounds="财税〔2017〕18号",
    unit_name="瀚海市墙材革新办公室",
    payer="",
    payable_fen=0,
)
_WAGES = ShownLine(
    name="农民工工资保障金",
    status="缺少申报事实",
    formula="",
    reason="缺少合同价（contract_price），补齐后计算",
    grounds="",
    unit_name="瀚海市人力资源和社会保障局",
    payer="施工总承包单位",
    payable_fen=0,
)
FEE_LINES = ShownLines((_SHELTER, _WALLS), 864322000, is_complete=True)
FEE_LINES_OPEN = ShownLines((_SHELTER, _WALLS, _WAGES), 864322000, is_complete=False)
FEE_LINES_NONE = ShownLines((), 0, is_complete=True)
FEES = (
    FeeCard(
        id=UUID(int=1),
        name="防空地下室易地建设费",
        code="RFY",
        state=Tag("待确认", Tone.AMBER),
        rows=(
            FormulaRow(label="应建面积", terms="86,432.18 m² × 5%", result="4,321.61 m²"),
            FormulaRow(label="应缴", terms="4,321.61 m² × 2,000.00 元/m²", amount_fen=864322000, is_result=True),
        ),
        notes=("计价格〔2000〕474号",),
        can_be_confirmed=True,
        version=3,
    ),
    FeeCard(
        id=UUID(int=2),
        name="农民工工资保障金",
        code="GZB",
        state=Tag("已核定", Tone.GREEN, is_quiet=True),
        rows=(FormulaRow(label="应缴", terms="A 级，免缴", amount_fen=0, is_result=True),),
        notes=(),
        can_be_confirmed=False,
        version=4,
    ),
)
_NOTICE = NoticeRow(
    id=UUID(int=7),
    kind="step_amber",
    title="HH20140915-0017-3 防空地下室设计审查的承诺时限已用九成",
    body="碧海湾花园一期的防空地下室设计审查由市人民防空办公室办理，应于2014年9月22日前办结。请尽快办结。",
    href="#",
    at=datetime(2014, 9, 22, 0, 30, tzinfo=UTC),
    read_at=None,
    to_unit="",
)
NOTICES = (
    _NOTICE,
    replace(_NOTICE, id=UUID(int=8), kind="step_red", to_unit="rf"),
    replace(_NOTICE, id=UUID(int=9), kind="clock_paused", read_at=datetime(2014, 9, 22, 6, 5, tzinfo=UTC)),
)
_ATTENTION = AttentionRow(
    id=UUID(int=3),
    kind="payment_refused",
    key="sandbank:1",
    reason="瀚一单缴〔2014〕17号 应缴 3272993924 分，收到 3272993900 分",
    data={"payment_code": PAYMENT_CODE, "bank_txn_id": "SB20140922000017", "amount_fen": 3272993900},
    opened_at=datetime(2014, 9, 22, 2, 30, tzinfo=UTC),
    closed_at=None,
    closed_by="",
    resolution="",
    number="HH20140915-0001-6",
    project_name="碧海湾花园一期",
    bill_id=UUID(int=4),
    bill_number="瀚一单缴〔2014〕17号",
)
ATTENTION = (
    _ATTENTION,
    replace(_ATTENTION, id=UUID(int=5), kind="callback_refused", reason="签名不符", data={}, number="", bill_id=None),
    replace(
        _ATTENTION,
        id=UUID(int=6),
        closed_at=datetime(2014, 9, 22, 6, 5, tzinfo=UTC),
        closed_by="秦望",
        resolution="已与银行核对，退回原账户",
    ),
)
ATTENTION_SAID = {str(UUID(int=5)): ("请写明处理结果", " ")}
TABS = (
    Tab("待我办", "#1", 16, is_current=True),
    Tab("待认领", "#2", 6),
    Tab("补正中", "#3", 5),
    Tab("会签", "#4", 2),
    Tab("即将超期", "#5", 5, is_warning=True),
    Tab("已办", "#6", 128),
    Tab("全部", "#7", 211),
)
FILTERS = (
    Filter("light", "亮灯", (Choice("red", "超期"), Choice("amber", "临期"))),
    Filter("matter", "事项", (Choice("rf", "结建审查"),)),
    Filter("stage", "环节", (Choice("first", "除审定外"), Choice("second", "复核")), "first", "#clear"),
    Filter("area", "区", (Choice("dw", "东湾区"),)),
)
COLUMNS = (
    Column("", "check"),
    Column("亮灯", "light"),
    Column("办件编号", "number"),
    Column("项目"),
    Column("申请单位"),
    Column("事项", "matter"),
    Column("环节", "date"),
    Column("区", "date"),
    Column("受理", "date"),
    Column("截止", "date", sort_href="#sort", sorted_as="ascending"),
    Column("净用时/承诺", "short"),
    Column("应缴(元)", "amount", is_number=True),
)
# light, words, number, project, urgent, applicant, matter, stage, area, accepted, due, used, note, 分
INBOX = (
    (
        Light.RED,
        "超期 1 日",
        "HH-2014-000296",
        "海晏路小学扩建教学楼",
        False,
        "东湾区教育投资有限公司",
        "减免核定",
        "复核",
        "东湾区",
        "09-11",
        "09-16",
        "4 / 3",
        "",
        45922500,
    ),
    (
        Light.AMBER,
        "今日到期",
        "HH-2014-000318",
        "市第三医院发热门诊楼",
        True,
        "瀚海市卫生建设中心",
        "结建审查",
        "初审",
        "高新区",
        "09-15",
        "09-17",
        "2 / 2",
        "已自建",
        0,
    ),
    (
        Light.AMBER,
        "今日到期",
        "HH-2014-000301",
        "临港物流园三号仓",
        False,
        "瀚海临港物流园有限公司",
        "结建审查",
        "复核",
        "临港区",
        "09-10",
        "09-17",
        "5 / 5",
        "非民用",
        0,
    ),
    (
        Light.AMBER,
        "剩 1 日",
        "HH-2014-000305",
        "听潮府二期",
        False,
        "瀚海恒屿地产有限公司",
        "易地建设费核定",
        "复核",
        "东湾区",
        "09-11",
        "09-18",
        "4 / 5",
        "",
        345627000,
    ),
    (
        Light.GREEN,
        "剩 2 日",
        "HH-2014-000309",
        "星澜广场商务综合体",
        False,
        "瀚海星澜商业管理有限公司",
        "易地建设费核定",
        "初审",
        "经开区",
        "09-12",
        "09-19",
        "3 / 5",
        "",
        468099000,
    ),
    (
        Light.GREEN,
        "剩 3 日",
        "HH-2014-000317",
        "碧海湾花园一期",
        False,
        "瀚海市碧海置业有限公司",
        "易地建设费核定",
        "初审",
        "东湾区",
        "09-15",
        "09-22",
        "2 / 5",
        "",
        226867500,
    ),
    (
        Light.PAUSED,
        "停表 2 日",
        "HH-2014-000288",
        "望海岸酒店",
        False,
        "瀚海望海岸酒店有限公司",
        "竣工核实",
        "现场核实",
        "临港区",
        "09-09",
        "09-22",
        "4 / 7",
        "",
        102795000,
    ),
)
PAGER = Pager("共 16 件", 1, "", "#2")
STATS = (
    Stat("今日应收", "48,602,318.66", "新开缴费单 9 张", "#1"),
    Stat("今日实收", "137,006,264.57", "银行到账 47 笔", "#2"),
    Stat("待匹配", "63,310,558.39", "6 笔，最早 09:12", "#3"),
    Stat("控制差额", "0.00", "到账 = 已匹配 + 待匹配 + 待核 + 挂账", "#4", Tag("平", Tone.GREEN)),
    Stat("退费待审", "1,087,296.69", "3 笔，最久 2 个工作日", "#5", is_minor=True),
    Stat("凭证开具失败", "1,204,118.30", "1 张，可重试", "#6", is_minor=True),
    Stat("待划拨", "71,284,306.18", "2 批，今日 17:30 截止", "#7", is_minor=True),
    Stat("逾期未缴", "43,338,200.00", "15 张，最久 74 个工作日", "#8", is_minor=True),
)
FILES = (
    FileGroup(
        "设计文件",
        "已看 2 / 2",
        (
            FileItem("应建面积计算书", "#f1", is_seen=True, is_current=True, mark=1),
            FileItem("人防平面布置图", "#f2", is_seen=True, mark=2),
        ),
    ),
    FileGroup(
        "申报材料", "已看 1 / 2", (FileItem("土地使用证明", "#f3", is_seen=True), FileItem("施工图审查合格书", "#f4"))
    ),
)
FACTS = (
    FactRow("use", "工程用途", "商品住宅"),
    FactRow("floors", "地上层数", "18 层", (Proof(2, "人防平面布置图", "#f2"),)),
    FactRow(
        "ground_floor_area_m2",
        "首层建筑面积",
        "6,102.45 m²",
        (Proof(1, "应建面积计算书", "#f1", is_open=True), Proof(2, "人防平面布置图", "#f2")),
        was="6,012.45 m²",
        number="瀚一单补〔2014〕6号",
    ),
    FactRow("shelter_built_m2", "实建人防面积", "4,500.00 m²", (Proof(1, "应建面积计算书", "#f1", is_open=True),)),
)
FACTS_OPEN = tuple(fact for fact in FACTS if fact.is_open)
NAVIGATION = (
    NavGroup(
        "我的工作",
        (
            NavItem("待办箱", "#inbox", "inbox", 16, is_urgent=True, is_current=True),
            NavItem("会签", "#joint", "users", 2),
            NavItem("补正与停表", "#paused", "clock", 5),
            NavItem("已办", "#done", "check"),
        ),
    ),
    NavGroup(
        "部门",
        (
            NavItem("本部门办件", "#unit", "list", 61),
            NavItem("收费核定", "#fees", "coin-yuan"),
            NavItem("减免复核", "#reductions", "shield-check", 4),
            NavItem("退费会审", "#refunds", "arrow-back-up"),
        ),
    ),
    NavGroup("参考", (NavItem("收费标准", "#tariff", "scale"), NavItem("依据与常用语", "#phrases", "book"))),
    NavGroup("我", (NavItem("我的统计", "#stats", "chart-bar"), NavItem("代办授权", "#deputy", "user"))),
)

UNIT_NAMES = {"cg": "市城市管理局", "sw": "市水务局", "rf": "市人民防空办公室"}
GATHERINGS = (
    Gathering(
        id=UUID(int=71),
        what="meeting",
        kind="mutual",
        number="瀚一单会〔2014〕1号",
        state="called",
        at=None,
        place="",
        reason="占用、挖掘城市道路许可、供排水管线迁改方案互为前置，由联席会议同时审批、同时办结",
        application_number="HH20140915-0001-6",
        project_name="碧海湾花园一期",
        units=("cg", "sw"),
    ),
    Gathering(
        id=UUID(int=72),
        what="survey",
        kind="",
        number="瀚一单勘〔2014〕1号",
        state="held",
        at=datetime(2014, 9, 16, 1, 0, tzinfo=UTC),
        place="瀚海市东湾区碧海路18号",
        reason="",
        application_number="HH20140915-0001-6",
        project_name="碧海湾花园一期",
        units=("rf",),
    ),
)
TEXTS_MAX = SimpleNamespace(subject=60, reason=500, clause=200, wanted=300)
ASK_ROWS = tuple(
    SimpleNamespace(
        **{
            "key": f"paper:demo-{place}",
            "label": "施工图审查合格书",
            "note": "",
            "subject": "",
            "reason": "",
            "clause": "《人民防空法》第二十二条",
            "wanted": "",
            "is_picked": False,
            "has_subject": False,
            "problems": (),
        }
        | more
    )
    for place, more in enumerate(
        (
            {},
            {"is_picked": True, "reason": "缺第2页", "wanted": "补交完整的合格书"},
            {"is_picked": True, "note": "申报值 6,012.45 m²", "problems": ("必填：存在的问题",)},
            {"has_subject": True, "subject": "基坑降水去向"},
        )
    )
)
DEMANDED = (
    Demanded(
        Tag("更正数据", Tone.AMBER),
        "首层建筑面积",
        "6,012.45 m²",
        (
            Demand(
                "市人民防空办公室", "与规划许可证不一致", "《人民防空工程建设管理规定》第四十六条", "核正", is_own=True
            ),
            Demand("市自然资源和规划局", "与总平面图不一致", "《城乡规划法》第四十条", "核正，或附依据说明"),
        ),
        "6,102.45 m²",
    ),
    Demanded(
        Tag("补交材料", Tone.BLUE),
        "施工图审查合格书",
        "",
        (Demand("市住房和城乡建设局", "缺第2页", "《勘察设计管理条例》第三十三条", "补交完整的合格书"),),
    ),
)
SAID_FIRST = SaidBefore(
    who="赵启明（代江映舟）",
    when="2014-09-18 10:12",
    verdict="不同意",
    text="3号楼与北侧既有住宅间距14.2米，不满足日照要求",
    way="调整总平面图，使间距不小于18米",
)
SAID_RETURNED = SaidBefore(who="周明远", when="2014-09-18 15:40", verdict="退回初审", text="缺专家签字")

SCANS = (
    ScanCard(
        code="wechat",
        name="微信支付",
        state=Tag("待支付", Tone.AMBER),
        qr_svg=segno.make("weixin://wxpay/bizpayurl?pr=sample", error="m").svg_inline(omitsize=True, border=0),
        words="请在 11月22日 14:30 前扫码支付；到账后本页自动更新。",
        note=f"商户订单号 {PAYMENT_CODE}_1",
    ),
    ScanCard(
        code="alipay",
        name="支付宝",
        state=Tag("已关闭"),
        words="没有收款：ACQ.TOTAL_FEE_EXCEED 订单金额超过限额",
        note=f"商户订单号 {PAYMENT_CODE}_1",
        can_open=True,
    ),
)
