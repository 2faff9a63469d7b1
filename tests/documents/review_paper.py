"""Views of the review's documents as the services would fill them: 碧海湾花园, accepted, corrected, met about, refused.

Every builder takes the number of its rows; beyond the real ones it repeats them under further numbers.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle, islice

from paper import NAMES, UNITS, short

from shared.documents.views import (
    AcceptanceView,
    AcceptedMatter,
    Attendee,
    CardContact,
    CardFact,
    CardView,
    CorrectionItem,
    CorrectionKind,
    CorrectionView,
    Finding,
    Ground,
    HandlingRow,
    HandlingSlipView,
    JointVerdict,
    Labelled,
    Light,
    MinutesView,
    MissingItem,
    NotAcceptedView,
    Objection,
    OneTimeNoticeView,
    OpenItem,
    Participant,
    Pause,
    PromisedPaper,
    RefundDecisionView,
    RefundedLine,
    RefusalView,
    SealSpec,
    SurveySignature,
    SurveyView,
)

APPLICANT = "瀚海市碧海置业有限公司"
PROJECT = "碧海湾花园一期"
PROJECT_CODE = "2014-371002-70-01-000001"
NUMBER = "HH20140915-0001-7"
PROGRESS = f"http://127.0.0.1:8000/progress/{NUMBER}"
VERIFICATION = "验真码 7K4P-9QXM-2D"
CONTACT = "如有疑问，请联系林晓舟，电话0000-5190000。"
REMEDIES = (
    "如不服本决定，可以自收到本决定书之日起60日内向瀚海市人民政府申请行政复议，"
    "或者自收到之日起6个月内依法向有管辖权的人民法院提起行政诉讼。"
)
USED_DEFAULT = (
    "市水务局逾期未提出意见，2014年9月22日17时30分依本市已启用的“超时默认”规则视为同意排水与节水方案；"
    "该规则由林晓舟、周明远于2014年9月1日启用，市水务局可以在5个工作日内补正。"
)
LEAD_SEAL = SealSpec(unit_code="zj", organ_name=NAMES["zj"], flat_text="并联审批专用章")

MATTERS = tuple(
    tuple(row.split("|"))
    for row in (
        # name | unit | promise | due | note
        "施工图审查备案|zj|1个工作日|至2014年9月16日|一审一核",
        "建设工程规划许可|zr|3个工作日|至2014年9月18日|",
        "防空地下室设计审查|rf|3个工作日|自前置办结之日起|待建设工程规划许可办结后起算",
        "环境影响评价|st|3个工作日|至2014年9月18日|",
        "消防设计审查|xf|10个工作日|至2014年9月29日|特殊情形：须专家评审，评审时间另行告知",
        "排水与节水方案|sw|3个工作日|至2014年9月18日|",
        "防雷装置设计审核|qx|3个工作日|至2014年9月18日|",
        "工资保障金核定|rs|即办|2014年9月15日|",
        "建筑垃圾处置|cg|1个工作日|至2014年9月16日|一审一核",
        "固定资产投资节能审查|fg|3个工作日|至2014年9月18日|",
        "施工现场条件核验|zj|3个工作日|至2014年9月18日|由东湾区住房和城乡建设局现场办理",
    )
)
OFFICERS = {
    "zj": "林晓舟", "qg": "温如玉", "rs": "苏映秋", "fg": "何予安", "rf": "韩若川", "sn": "薛明澈", "cg": "方景行",
    "sw": "陆怀瑾", "zr": "沈知行", "qx": "叶未央", "st": "顾清和", "xf": "秦伯龑", "jt": "江云䶮", "cz": "周明远",
}  # fmt: skip


def acceptance(*, matters: int = 11, project: str = PROJECT) -> AcceptanceView:
    """All matters of the stage, one of them waiting for another, two papers promised."""
    return AcceptanceView(
        issuer=NAMES["zj"],
        number="瀚一单受〔2014〕1号",
        addressee=APPLICANT,
        opening=(
            f"你单位2014年9月15日提交的{project}（项目代码{PROJECT_CODE}）施工许可阶段联合申报，材料齐全、符合法定形式。"
            f"根据《中华人民共和国行政许可法》第三十二条第一款第五项，决定予以受理，办件编号{NUMBER}。"
            "受理的事项和各自的承诺时限如下：",
        ),
        matters=tuple(
            AcceptedMatter(name=name, unit=short(unit), promise=promise, due=due, note=note)
            for name, unit, promise, due, note in islice(cycle(MATTERS), matters)
        ),
        promised=(
            PromisedPaper(name="消防设施检测合同", unit=short("xf"), due_on="2014年10月15日"),
            PromisedPaper(name="工人工资专用账户开户证明", unit=short("rs"), due_on="2014年9月30日"),
        ),
        closing=(
            "上列事项由各部门同时审核，联合承诺5个工作日办结（受理当日不计），至2014年9月22日止。",
            "补正、听证、检验、检测、检疫、鉴定和专家评审所需时间不计入上述时限，停止和恢复计时均书面告知你单位，"
            "可随时凭办件编号在网上查询各部门办理情况。",
        ),
        contact="对办理有异议的，可拨打督查电话0000-5190000；办理事宜请联系林晓舟，电话0000-5190011。",
        names=(project,),
        qr_text=PROGRESS,
        issued_on="2014年9月15日",
        verification=VERIFICATION,
        seals=(LEAD_SEAL,),
    )


_GROUNDS = (
    Ground(
        matter="建设用地规划许可",
        reason="依法不属于本机关职权范围。",
        clause="《中华人民共和国行政许可法》第三十二条第一款第二项",
        go_to="市自然资源和规划局，政务服务中心二楼B07，电话0000-5190013",
    ),
    Ground(
        matter="临时建筑搭建备案",
        reason="该事项已于2014年3月1日取消，依法不需要取得行政许可。",
        clause="瀚政发〔2014〕9号第二条；《中华人民共和国行政许可法》第三十二条第一款第一项",
    ),
    Ground(
        matter="海域使用审核",
        reason="项目用海面积超过市级审批权限。",
        clause="《中华人民共和国海域使用管理法》第十八条",
        go_to="省自然资源主管部门（瀚海市窗口可代为转报）",
    ),
)


def not_accepted(*, grounds: int = 2, project: str = PROJECT) -> NotAcceptedView:
    """One matter belongs to another organ, one needs no permission."""
    return NotAcceptedView(
        issuer=NAMES["zj"],
        number="瀚一单不受〔2014〕2号",
        addressee=APPLICANT,
        opening=(
            f"你单位2014年9月15日提交的{project}联合申报（申报编号{NUMBER}）收悉。经审查，下列事项依法不予受理：",
        ),
        grounds=tuple(islice(cycle(_GROUNDS), grounds)),
        closing=("你单位提交的材料随本通知书退回；其余事项不受影响，另行出具受理通知书。条件具备后可以重新申报。",),
        remedies=REMEDIES.replace("决定书", "通知书"),
        contact=CONTACT,
        names=(project, "林晓舟"),
        qr_text=PROGRESS,
        issued_on="2014年9月15日",
        verification=VERIFICATION,
        seals=(LEAD_SEAL,),
    )


_MISSING = (
    MissingItem(
        what="建设工程施工合同",
        needed_by="工资保障金核定、施工现场条件核验",
        reason="未提交",
        clause="《中华人民共和国建筑法》第八条",
        action="上传双方签章的完整合同（PDF）",
    ),
    MissingItem(
        what="防空地下室面积核算表",
        needed_by="防空地下室设计审查",
        reason="扫描件缺第3页，无法核对首层建筑面积",
        clause="《人民防空工程建设管理规定》第四十六条",
        action="重新扫描全部4页后上传",
    ),
    MissingItem(
        what="授权委托书",
        needed_by="全部事项",
        reason="委托期限8月31日届满",
        clause="《中华人民共和国行政许可法》第二十九条",
        action="重新出具在有效期内的委托书",
    ),
    MissingItem(
        what="雨污水接入方案",
        needed_by="排水与节水方案、建筑垃圾处置、环境影响评价",
        reason="未附接入点位置图",
        clause="瀚水发〔2010〕3号第五条",
        action="补交比例不小于1∶500的位置图",
    ),
)


def one_time_notice(*, items: int = 4, project: str = PROJECT) -> OneTimeNoticeView:
    """What is missing, once and for all matters together."""
    return OneTimeNoticeView(
        issuer=NAMES["zj"],
        number="瀚一单告〔2014〕4号",
        addressee=APPLICANT,
        opening=(
            f"你单位2014年9月15日提交的{project}联合申报（申报编号{NUMBER}）收悉。经核对11个事项的材料清单，"
            "申请材料不齐全。根据《中华人民共和国行政许可法》第三十二条第一款第四项，现将需要补正的全部内容一次告知如下：",
        ),
        items=tuple(islice(cycle(_MISSING), items)),
        closing=(
            "本告知书所列即为全部内容，除此之外，各部门不再要求补充其他材料。",
            "请于2014年10月15日前在网上逐项补齐，一次提交；补齐当日即予受理，已提交的材料无须重复提交。",
        ),
        contact=CONTACT,
        names=(project, "林晓舟"),
        qr_text=PROGRESS,
        issued_on="2014年9月15日",
        verification=VERIFICATION,
        seals=(LEAD_SEAL,),
    )


_CORRECTIONS = (
    CorrectionItem(
        subject="施工图审查合格书",
        unit=short("zj"),
        problem="缺第2页，审查机构未签章",
        clause="《房屋建筑和市政基础设施工程施工图设计文件审查管理办法》第十三条",
        action="补交经审查机构签章的完整合格书",
    ),
    CorrectionItem(
        kind=CorrectionKind.FACT,
        subject="首层建筑面积",
        unit=short("rf"),
        problem="与规划许可证载明的6,102.45平方米不一致",
        clause="《人民防空工程建设管理规定》第四十六条",
        action="按规划许可证核正，或附依据说明",
        old_value="6,012.45平方米",
    ),
    CorrectionItem(
        subject="建设工程施工合同",
        unit=short("rs"),
        problem="未约定工资专用账户和工资支付保障条款",
        clause="瀚人社发〔2006〕15号第七条",
        action="补交载明上述条款的补充协议",
    ),
    CorrectionItem(
        kind=CorrectionKind.STATEMENT,
        subject="基坑降水去向",
        unit=short("sw"),
        problem="方案未说明基坑降水是否排入城市雨水管网",
        clause="《城镇排水与污水处理条例》第二十一条",
        action="书面说明排放去向、水量和沉淀措施",
    ),
    CorrectionItem(
        subject="雨污水接入方案",
        unit=short("sw"),
        problem="未附接入点位置图",
        clause="瀚水发〔2010〕3号第五条",
        action="补交比例不小于1∶500的位置图",
    ),
)


def correction(*, items: int = 5, project: str = "碧海湾花园二期") -> CorrectionView:
    """Five requests of four departments, merged."""
    return CorrectionView(
        issuer=NAMES["zj"],
        number="瀚一单补〔2014〕6号",
        addressee=APPLICANT,
        opening=(
            f"你单位2014年9月15日提交的{project}建设工程联合申报（办件编号HH20140915-0002-5）收悉。"
            "经各部门并联审核，下列内容需要补正。根据《中华人民共和国行政许可法》第三十二条第一款第四项，"
            "现将需要补正的全部内容一次告知如下：",
        ),
        items=tuple(islice(cycle(_CORRECTIONS), items)),
        closing=(
            "本告知书已汇总全部8个审核部门的补正意见，各部门不再另行要求补正。",
            "请于2014年10月15日前通过原申报渠道逐项补正，一次提交。自本告知书送达之日起办理时限停止计算，"
            "补正材料收齐之日起接续计算。",
            "逾期未补正又未说明理由的，视为撤回申请，撤回后可以重新申报。",
        ),
        contact=CONTACT,
        names=(project, "林晓舟"),
        qr_text=PROGRESS,
        issued_on="2014年9月16日",
        verification=VERIFICATION,
        seals=(LEAD_SEAL,),
    )


def corrected() -> CorrectionView:
    """The same notice, printed after the reply."""
    view = correction()
    answers = (
        "已补交合格书全本，9月17日",
        "已更正为6,102.45平方米，9月17日",
        "已补交补充协议，9月18日",
        "已书面说明，9月18日",
        "已补交位置图，9月18日",
    )
    return replace(
        view, items=tuple(replace(item, answer=answer) for item, answer in zip(view.items, answers, strict=True))
    )


_OBJECTIONS = (
    Objection(
        unit=short("zr"),
        matter="建设工程规划许可",
        reason="3号楼与北侧既有住宅间距14.2米，不满足大寒日日照2小时的要求",
        clause="《瀚海市城市规划管理技术规定（示例）》第二十六条",
        way="调整总平面图，使间距不小于18米，或者降低3号楼层数，重新提交日照分析",
    ),
    Objection(
        unit=short("xf"),
        matter="消防设计审查",
        reason="东侧消防车登高操作场地宽8米，被地下车库坡道占用",
        clause="《建筑设计防火规范》第7.2.2条",
        way="坡道西移后，场地宽度不小于10米，重新申报消防设计审查",
    ),
)


def refusal(*, objections: int = 2, project: str = PROJECT) -> RefusalView:
    """Two departments object, the joint meeting could not help, one verdict came by default."""
    return RefusalView(
        issuer=NAMES["zj"],
        number="瀚一单决〔2014〕1号",
        addressee=APPLICANT,
        opening=(
            f"你单位2014年9月15日申请{project}（办件编号{NUMBER}）施工许可阶段行政许可，本机关于当日受理，"
            "分送11个事项的办理部门并联审核，9月16日至18日补正停止计时2.4个工作日，9月19日召开联席会议。",
            "经审查，9个事项符合法定条件，下列事项不符合法定条件：",
        ),
        objections=tuple(islice(cycle(_OBJECTIONS), objections)),
        decision="根据《中华人民共和国行政许可法》第三十八条第二款，本机关决定：对上列申请不予行政许可。",
        closing=("你单位按上表办法修改后可以重新申报，已经同意的9个事项自本决定之日起一年内不再重复审核。",),
        used_default=USED_DEFAULT,
        remedies=REMEDIES,
        contact=CONTACT,
        names=(project, "林晓舟", "周明远"),
        qr_text=PROGRESS,
        issued_on="2014年9月22日",
        verification=VERIFICATION,
        seals=(LEAD_SEAL,),
    )


def refund_decision(*, lines: int = 2) -> RefundDecisionView:
    """Bulk cement is settled: most of it comes back, with what a surveyed area made too much."""
    rows = (
        RefundedLine(name="散装水泥专项基金", account="国库", paid="86,432.18", amount="82,974.89"),
        RefundedLine(name="新型墙体材料专项基金", account="国库", paid="864,321.80", amount="4,321.80"),
    )
    return RefundDecisionView(
        issuer=NAMES["cz"],
        number="瀚一单退〔2015〕1号",
        addressee=APPLICANT,
        opening=(f"你单位{PROJECT}（办件编号{NUMBER}）于2015年10月20日申请预缴清算退还，理由：散装水泥使用比例96%。",),
        lines=tuple(islice(cycle(rows), lines)),
        total="87,296.69",
        total_in_words="人民币捌万柒仟贰佰玖拾陆元陆角玖分",
        basis="依据：瀚财综〔2002〕19号、瀚财综〔2007〕23号。",
        decision="经审核，同意退还上列款项。",
        payee=f"收款人{APPLICANT}，账号尾号0001。",
        closing=("款项自本通知之日起10个工作日内付至上列账户；原缴费凭证冲红，另行开具。",),
        remedies=REMEDIES,
        contact=CONTACT,
        names=(PROJECT, APPLICANT),
        qr_text=PROGRESS,
        issued_on="2015年10月26日",
        verification=VERIFICATION,
        seals=(SealSpec(unit_code="cz", organ_name=NAMES["cz"], flat_text="财政票据专用章"),),
    )


def minutes(*, units: int = 4, absent: int = 1, default: bool = False, project: str = PROJECT) -> MinutesView:
    """A meeting about two matters that wait for each other; `units` took part besides the lead unit."""
    codes = [code for code, _ in UNITS if code not in {"zj", "cz"}]
    order = ["rf", "zr", "xf", "sw", *(each for each in codes if each not in {"rf", "zr", "xf", "sw"})]
    order.append("cz")
    present, away = order[:units], order[units : units + absent]
    verdicts = [
        JointVerdict(
            matter="建设工程规划许可", unit=short("zr"), verdict="同意", opinion="总平面图以9月17日修改版为准"
        ),
        JointVerdict(
            matter="防空地下室设计审查",
            unit=short("rf"),
            verdict="同意",
            opinion="防空地下室面积4,500.00平方米，不足部分缴纳易地建设费",
        ),
        JointVerdict(
            matter="消防设计审查", unit=short("xf"), verdict="同意但需转报", opinion="转报省级专家评审，9月26日前回复"
        ),
        JointVerdict(matter="排水与节水方案", unit=short("sw"), verdict="同意"),
    ]
    return MinutesView(
        issuer=NAMES["zj"],
        number="瀚一单会〔2014〕2号",
        held_at="2014年9月18日14时30分至15时40分",
        place="市政务服务中心三楼联席会议室",
        chair="林晓舟（市住房和城乡建设局首席代表）",
        recorder="高龑",
        project_name=project,
        application_number=NUMBER,
        subject="建设工程规划许可与防空地下室设计审查互为前置，单独均不能先行办结，提请联席会议一并审定。",
        attendance=(
            Attendee(unit=short("zj"), people="林晓舟、高龑", post="首席代表、经办"),
            *(Attendee(unit=short(code), people=OFFICERS[code], post="首席代表") for code in present),
            *(Attendee(unit=short(code), presence="缺席", note="书面意见已于9月17日送达") for code in away),
        ),
        discussion=(
            f"市自然资源和规划局沈知行介绍了{project}总平面图的修改情况：3号楼南移3.8米后，首层建筑面积由6,012.45平方米"
            "调整为6,102.45平方米，规划许可须以防空地下室面积核定为前提。",
            "市人民防空办公室韩若川说明，防空地下室应建面积按首层建筑面积核定，须以规划许可载明的面积为准；"
            "按修改后的面积，应建6,102.45平方米，实建4,500.00平方米。",
            "会议认为，两事项所需数据一致，互为前置系程序所致，不影响实体审查，可以在同一次会议上作出结论。",
        ),
        verdicts=tuple(islice(cycle(verdicts), max(2, min(units, 13)))),
        used_default=USED_DEFAULT if default else "",
        names=(project, "沈知行", "韩若川"),
        participants=tuple(Participant(unit_code=code, name=short(code)) for code in present),
        qr_text=PROGRESS,
        issued_on="2014年9月18日",
        verification=VERIFICATION,
        seals=(
            *(SealSpec(unit_code=code, organ_name=NAMES[code], flat_text="并联审批专用章") for code in present),
            LEAD_SEAL,
        ),
    )


def card(*, contacts: int = 13, project: str = "碧海湾新材料产业园一期") -> CardView:
    """The card of an admitted project."""
    people = [(code, OFFICERS[code]) for code, _ in UNITS]
    return CardView(
        programme="瀚海市重大招商引资项目",
        number="瀚绿卡〔2014〕3号",
        facts=(
            CardFact(label="项目名称", text=project),
            CardFact(label="投资单位", text=APPLICANT),
            CardFact(label="项目代码", text="2014-371002-70-01-000003"),
            CardFact(label="建设地点", text="临港区港城大道66号", note="计划总投资 1.20亿元"),
            CardFact(label="挂点领导", text="江云起", note="责任单位　临港区管理委员会"),
            CardFact(label="代办专员", text="宋时雨", note="0000-5190003（工作日、节假日均可接听）"),
            CardFact(label="绿色通道专窗", text="市政务服务中心一楼 A01", note="首席代表　林晓舟"),
            CardFact(label="有效期", text="2014年9月17日至2016年9月16日"),
        ),
        qr_text=PROGRESS,
        issuer=NAMES["zj"],
        issued_on="2014年9月17日",
        services=(
            Labelled(label="主动服务", text="专人对接，一次说清"),
            Labelled(label="提前预约", text="节假日、延时可约"),
            Labelled(label="特事特办", text="急件当日会商"),
            Labelled(label="协同办结", text="并联审核，一次踏勘"),
            Labelled(label="跟踪落实", text="限时催办，办结回访"),
        ),
        admission="凭本卡进入审批绿色通道，窗口见卡即办；准入条件：固定资产投资1亿元以上或市政府确定",
        phone_note="电话区号 0000",
        contacts=tuple(
            CardContact(
                unit=short(code),
                person=person,
                post="联络员" if code in {"qx", "qg", "sn"} else "首席代表",
                phone=f"51900{11 + index}",
            )
            for index, (code, person) in enumerate(islice(cycle(people), contacts))
        ),
        promises=(
            "申请后3个工作日内核准并发卡，准入信息当日告知各参与单位窗口。",
            "专窗统一收集材料，各单位同时审核，需要踏勘的只集中踏勘一次。",
            "材料问题一次性告知；推诿、拖延、不按规定服务的，可拨打督查电话 5190000 投诉。",
        ),
        steps=(
            Labelled(label="申请准入", text="商务窗口"),
            Labelled(label="核准发卡", text="3个工作日内"),
            Labelled(label="专窗收件", text="一次告知"),
            Labelled(label="并联审核", text="5个工作日内"),
            Labelled(label="一单缴费", text="一个缴款码"),
            Labelled(label="网上回执", text="部门电子签章"),
        ),
        supervision="监督单位：瀚海市政务服务中心　督查电话 0000-5190000",
        seals=(SealSpec(unit_code="zj", organ_name=NAMES["zj"], flat_text="绿色通道专用章"),),
    )


_HANDLED = (
    HandlingRow(
        matter="施工图审查备案", unit=short("zj"), did="同意", people="林晓舟、周明远（复核）",
        started="9月15日 09:12", ended="9月15日 16:40", net="0.9", gross="0.9", promise="1", light_word="按时",
    ),
    HandlingRow(
        matter="建设工程规划许可", unit=short("zr"), did="同意", detail="联席会议（瀚一单会〔2014〕2号）一并审定",
        people="沈知行", started="9月15日 09:12", ended="9月18日 15:40", net="1.4", gross="3.8", promise="3",
        light_word="按时",
    ),
    HandlingRow(
        matter="防空地下室设计审查", unit=short("rf"), did="审核中", detail="前置建设工程规划许可9月18日办结后起算",
        people="韩若川（待办）", started="9月18日 15:40", net="0.2", gross="0.2", promise="3", light_word="正常",
    ),
    HandlingRow(
        matter="环境影响评价", unit=short("st"), did="不同意",
        detail="施工期扬尘防治措施不落实，办法：增设雾炮和车辆冲洗平台",
        people="顾清和", started="9月15日 09:12", ended="9月17日 11:20", net="1.1", gross="2.3", promise="3",
        light_word="按时",
    ),
    HandlingRow(
        matter="消防设计审查", unit=short("xf"), did="同意但需转报", detail="转报省级专家评审，下次跟进9月22日",
        people="秦伯龑（待办）", started="9月15日 09:12", net="1.6", gross="4.0", promise="10", light=Light.NONE,
        light_word="停表",
    ),
    HandlingRow(
        matter="排水与节水方案", unit=short("sw"), did="审核中", people="首席代表陆怀瑾（已升级）",
        started="9月15日 09:12", net="3.2", gross="5.6", promise="3", light=Light.RED, light_word="已超期",
    ),
    HandlingRow(
        matter="防雷装置设计审核", unit=short("qx"), did="审核中", detail="由副职叶未央代行",
        people="叶未央（待办）", started="9月15日 09:12", net="2.8", gross="5.2", promise="3", light=Light.YELLOW,
        light_word="将到期",
    ),
    HandlingRow(
        matter="工资保障金核定", unit=short("rs"), did="同意", people="苏映秋", started="9月15日 09:12",
        ended="9月15日 09:30", net="0.0", gross="0.0", promise="即办", light_word="按时",
    ),
)  # fmt: skip


def handling_slip(*, rows: int = 8, default: bool = False, project: str = PROJECT) -> HandlingSlipView:
    """A case in the middle: some done, one late and escalated, one objection, one pause behind it."""
    return HandlingSlipView(
        issuer=NAMES["zj"],
        number="瀚一单办〔2014〕3号",
        as_of="2014年9月22日16:00",
        applicant=APPLICANT,
        project_name=project,
        project_code=PROJECT_CODE,
        application_number=NUMBER,
        accepted_on="2014年9月15日",
        promise="5个工作日，至2014年9月24日",
        state="审核中",
        net="3.2",
        gross="5.6",
        light=Light.YELLOW,
        light_word="将到期",
        summary="11个事项已办结7个，4个未办结：审核中3个，转报1个。停止计时1次，合计2.4个工作日，办结期限相应顺延。",
        rows=tuple(islice(cycle(_HANDLED), rows)),
        open_items=(
            OpenItem(
                matter="防空地下室设计审查", holder="市人民防空办公室　韩若川", waits_for="审核",
                since="9月18日 15:40起，0.2个工作日",
            ),
            OpenItem(
                matter="消防设计审查", holder="市消防救援支队　秦伯龑", waits_for="省级专家评审回复",
                since="9月18日 10:00起，1.6个工作日",
            ),
            OpenItem(
                matter="排水与节水方案", holder="市水务局　首席代表陆怀瑾", waits_for="审核（已升级，第2级）",
                since="9月15日 09:12起，3.2个工作日",
            ),
        ),
        pauses=(
            Pause(
                scope="全案", reason="补正（瀚一单补〔2014〕6号，5项）", author="林晓舟（市住房和城乡建设局）",
                started="9月16日 10:05", ended="9月18日 15:30", days="2.4",
            ),
            Pause(
                scope="消防设计审查", reason="专家评审", author="秦伯龑（市消防救援支队）", started="9月18日 10:00",
                days="2.0",
            ),
        ),
        remarks=(
            "净：承诺时限内的工作日，停表期间不计；毛：自受理起的全部工作日。工作日依国务院办公厅2014年节假日安排。",
            "本单为截至上列时间的情况，办理仍在继续；最新进度以网上查询为准。查询、催办请联系林晓舟，电话0000-5190000。",
        ),
        used_default=USED_DEFAULT if default else "",
        qr_text=PROGRESS,
        issued_on="2014年9月22日",
        verification=VERIFICATION,
        seals=(LEAD_SEAL,),
    )  # fmt: skip


_FINDINGS = (
    Finding(
        unit=short("zj"), matter="施工现场条件核验",
        finding="围挡高2.5米，连续封闭；出入口设车辆冲洗平台，临时用电已验收",
        verdict="符合", people="林晓舟、高龑",
    ),
    Finding(
        unit=short("rf"), matter="防空地下室设计审查", finding="口部位置与图纸一致，口部宽3.1米，周边无遮挡",
        verdict="符合", people="韩若川",
    ),
    Finding(
        unit=short("xf"), matter="消防设计审查", finding="东侧消防车道宽4.2米，转弯处堆放钢筋",
        verdict="符合但须整改", requirement="9月19日前清除堆放物，保持净宽4米以上", people="秦伯龑",
    ),
    Finding(
        unit=short("cg"), matter="建筑垃圾处置", finding="渣土临时堆场未覆盖，约120立方米", verdict="不符合",
        requirement="9月18日前全部覆盖，运输线路重新报备", people="方景行",
    ),
    Finding(
        unit=short("sw"), matter="排水与节水方案", finding="接入井位置与方案一致，井深2.8米", verdict="符合",
        people="陆怀瑾",
    ),
    Finding(
        unit=short("qx"), matter="防雷装置设计审核", finding="—", verdict="未到场",
        requirement="9月19日前以书面意见补充", people="—",
    ),
)  # fmt: skip


def survey(*, findings: int = 6, project: str = PROJECT) -> SurveyView:
    """One visit instead of six."""
    return SurveyView(
        issuer=NAMES["zj"],
        number="瀚一单勘〔2014〕1号",
        surveyed_at="2014年9月17日9时至10时20分",
        site="瀚海市东湾区碧海路18号",
        applicant=APPLICANT,
        project_name=project,
        project_code=PROJECT_CODE,
        application_number=NUMBER,
        organiser="林晓舟（市住房和城乡建设局）",
        purpose="本次联合踏勘替代6个单位各自的现场核查，各单位不再另行踏勘。",
        findings=tuple(islice(cycle(_FINDINGS), findings)),
        conclusion=(
            "现场条件总体具备。消防车道、渣土堆场两处须按期整改，整改情况由提出单位凭照片核实，不再重复踏勘。",
        ),
        signatures=(
            *(
                SurveySignature(party=each.unit, people=each.people, role="首席代表")
                for each in _FINDINGS
                if each.people != "—"
            ),
            SurveySignature(party="建设单位", people="江云䶮", role="项目负责人"),
            SurveySignature(party="施工单位", people="宋𬭎", role="项目经理"),
        ),
        qr_text=PROGRESS,
        issued_on="2014年9月17日",
        verification=VERIFICATION,
        seals=(LEAD_SEAL,),
    )
