"""Views as the services would fill them: case E1 and E5 of the sample tariff, a page break of 30 lines, a slip."""

from __future__ import annotations

from dataclasses import replace

from shared.documents.views import (
    AccountTotal,
    BillLine,
    BillView,
    Labelled,
    Payee,
    ReceiptLine,
    ReceiptView,
    SealSpec,
    SlipMaterial,
    SlipView,
)

UNITS = (
    ("zj", "瀚海市住房和城乡建设局"),
    ("qg", "瀚海市墙材革新办公室"),
    ("rs", "瀚海市人力资源和社会保障局"),
    ("fg", "瀚海市发展和改革局"),
    ("rf", "瀚海市人民防空办公室"),
    ("sn", "瀚海市散装水泥办公室"),
    ("cg", "瀚海市城市管理综合执法局"),
    ("sw", "瀚海市水务局"),
    ("zr", "瀚海市自然资源和规划局"),
    ("qx", "瀚海市气象局"),
    ("st", "瀚海市生态环境局"),
    ("xf", "瀚海市消防救援支队"),
    ("jt", "瀚海市交通运输局"),
    ("cz", "瀚海市财政局"),
)
NAMES = dict(UNITS)
BILL_SEAL = "一单收费专用章"
RECEIPT_SEAL = "一单回执专用章"


def short(code: str) -> str:
    """The unit's name as tables print it."""
    return NAMES[code].removeprefix("瀚海").replace("人力资源和社会", "人力资源社会")


SEVEN = tuple(
    tuple(row.split("|"))
    for row in (
        # code | name | nature | unit | basis | quantity | its unit | its note | rate | its unit | its note | amount
        "PTF|城市基础设施配套费|政府性基金|zj|瀚政发〔2002〕41号|"
        "86,432.18|m²|建筑面积|255.00|元/m²|170＋55＋30|22,040,205.90",
        "XQJ|新型墙体材料专项基金|政府性基金|qg|瀚财综〔2007〕23号|86,432.18|m²|建筑面积|10.00|元/m²|预缴|864,321.80",
        "YLB|建设企业养老保障金|代收代拨|zj|瀚建管〔2003〕6号|158,640,000.00|元|工程造价|2.6|%||4,124,640.00",
        "GZB|农民工工资保障金|保证金|rs|瀚人社发〔2006〕15号|158,640,000.00|元|合同价|2.0|%|可退还|3,172,800.00",
        "JTJ|价格调节基金|政府性基金|fg|瀚价发〔2009〕37号|86,432.18|m²|建筑面积|2.00|元/m²||172,864.36",
        "RFY|防空地下室易地建设费|行政事业性收费|rf|计价格〔2000〕474号|"
        "1,512.45|m²|6,012.45－4,500.00|1,500.00|元/m²||2,268,675.00",
        "SNZ|散装水泥专项基金|政府性基金|sn|瀚财综〔2002〕19号|86,432.18|m²|建筑面积|1.00|元/m²|预缴|86,432.18",
    )
)

_ACCOUNT = {"代收代拨": "代收专户", "保证金": "保证金专户"}

CHANNELS = (
    Labelled(label="网上", text="扫右侧二维码，或登录瀚海市政务服务网“一单缴费”"),
    Labelled(label="银行", text="代理银行柜面、网上银行、手机银行，凭缴款码"),
    Labelled(label="窗口", text="市政务服务中心“一单”综合窗口，东湾区政通路1号"),
)
REMARKS = (
    Labelled(
        label="救济途径",
        text="不服本通知的，可以自收到之日起60日内向瀚海市人民政府申请行政复议，或者自收到之日起6个月内依法向人民法院提起行政诉讼。",
    ),
    Labelled(
        label="退还说明",
        text="墙材、散装水泥专项基金为预缴，主体竣工后30日内可申请清算退还；工资保障金本息属缴存人。",
    ),
)
ACCOUNTS = (
    AccountTotal(
        account="国库",
        amount="25,432,499.24",
        natures=(
            Labelled(label="政府性基金", text="23,163,824.24"),
            Labelled(label="行政事业性收费", text="2,268,675.00"),
        ),
    ),
    AccountTotal(account="代收专户", amount="4,124,640.00"),
    AccountTotal(account="保证金专户", amount="3,172,800.00"),
)


def bill(*, lines: int = 7, payer: str = "瀚海市碧海置业有限公司", project: str = "碧海湾花园一期") -> BillView:
    """E1; beyond seven lines, made-up ones of 13 units; the totals stay those of E1."""
    return BillView(
        service_name="瀚海市建设工程并联审批 · 一单收费",
        issuer=NAMES["zj"],
        number="瀚一单缴〔2014〕17号",
        payer_name=payer,
        payer_uscc="91371002MA3C00011N",
        project_name=project,
        project_code="2014-371002-70-01-000001",
        site="瀚海市东湾区碧海路18号",
        application_number="HH20140915-0001-7",
        statement="你单位上列工程经有关部门并联审核，应缴下列费用，请于2014年9月22日前缴清。",
        lines=tuple(_bill_line(index) for index in range(lines)),
        total_in_words="人民币叁仟贰佰柒拾贰万玖仟玖佰叁拾玖元贰角肆分",
        total="32,729,939.24",
        accounts=ACCOUNTS,
        payment_code="3710 0214 0000 0000 0177",
        due_on="2014年9月22日",
        qr_text="http://127.0.0.1:8000/pay/37100214000000000177",
        channels=CHANNELS,
        remarks=REMARKS,
        officer="林晓舟",
        checker="周明远",
        phone="0000-5190000",
        issued_on="2014年9月15日",
        verification_code="7K4P-9QXM-2D",
        seals=(SealSpec(unit_code="zj", organ_name=NAMES["zj"], flat_text=BILL_SEAL),),
    )


def bill_with_reasons() -> BillView:
    """E5: two lines not in force and one with nothing to pay."""
    view = bill(payer="瀚海市远航商业管理有限公司", project="远航商业综合体")
    ended = ("自2016年2月1日起停征", "受理日不在执行期内", "财税〔2016〕11号")
    built = ("不收：应建面积已全部建成", "应建－实建＝0.00 m²", "计价格〔2000〕474号")
    reasons = {"JTJ": ended, "SNZ": ended, "RFY": built}
    lines = tuple(
        replace(
            line, quantity="", quantity_note="", rate="", rate_note="", gross="0.00", payable="0.00",
            reason=reasons[line.code][0], reason_note=reasons[line.code][1], basis=reasons[line.code][2],
        )
        if line.code in reasons
        else line
        for line in view.lines
    )  # fmt: skip
    return replace(
        view,
        lines=lines,
        number="瀚一单缴〔2016〕52号",
        total="24,567,187.25",
        total_in_words="人民币贰仟肆佰伍拾陆万柒仟壹佰捌拾柒元贰角伍分",
    )


def _bill_line(index: int) -> BillLine:
    if index < len(SEVEN):
        code, name, nature, unit, basis, quantity, quantity_unit, note, rate, rate_unit, rate_note, amount = SEVEN[
            index
        ]
    else:
        unit = UNITS[index % 13][0]
        code, name, nature, basis = (
            f"S{index + 1:02}",
            f"检测服务费第{index + 1}项",
            "行政事业性收费",
            f"瀚价费〔2010〕{index}号",
        )
        quantity, quantity_unit, note, rate, rate_unit, rate_note, amount = (
            "16.00",
            "项",
            "",
            "420.00",
            "元/项",
            "",
            "6,720.00",
        )
    return BillLine(
        number=str(index + 1), name=name, code=code, nature=nature, unit=short(unit), basis=basis,
        quantity=quantity, quantity_unit=quantity_unit, quantity_note=note,
        rate=rate, rate_unit=rate_unit, rate_note=rate_note, gross=amount, payable=amount,
    )  # fmt: skip


def receipt(*, lines: int = 7, payer: str = "瀚海市碧海置业有限公司") -> ReceiptView:
    """E1 paid; six units and 财政局 for seven lines, thirteen and 财政局 for thirty."""
    rows, payees = [], {}
    for index in range(lines):
        line = _bill_line(index)
        unit = SEVEN[index][3] if index < len(SEVEN) else UNITS[index % 13][0]
        account = _ACCOUNT.get(line.nature, "国库")
        rows.append(
            ReceiptLine(
                code=line.code, name=line.name, unit=line.quantity_unit, quantity=line.quantity, rate=line.rate,
                rate_unit="%" if line.rate_unit == "%" else "", amount=line.payable,
                note=f"{line.nature} · {account}", unit_code=unit,
            )
        )  # fmt: skip
        fen = payees.get(unit, 0) + int(line.payable.replace(",", "").replace(".", ""))
        payees[unit] = fen
    return ReceiptView(
        issuer_line="瀚海市建设工程一单收费",
        code="37101401",
        number="0000000017",
        check_code="7K4P9Q",
        issued_on="2014-09-18",
        sealed_on="2014年9月18日",
        payer_name=payer,
        payer_uscc="91371002MA3C00011N",
        project_name="碧海湾花园一期",
        project_code="2014-371002-70-01-000001",
        bill_number="瀚一单缴〔2014〕17号",
        application_number="HH20140915-0001-7",
        payment_code="3710 0214 0000 0000 0177",
        paid_at="2014-09-18 10:12",
        channel="网上银行",
        lines=tuple(rows),
        total_in_words="人民币叁仟贰佰柒拾贰万玖仟玖佰叁拾玖元贰角肆分",
        total="32,729,939.24",
        accounts=tuple(replace(each, natures=()) for each in ACCOUNTS),
        other_information="墙材、散装水泥专项基金为预缴，主体竣工后30日内可申请清算退还；工资保障金本息属缴存人。示例标准，以当地文件为准。",
        payees=tuple(
            Payee(unit_code=unit, name=short(unit), amount=f"{fen / 100:,.2f}") for unit, fen in payees.items()
        ),
        qr_text="http://127.0.0.1:8000/verify/37101401-0000000017-7K4P9Q",
        remarks=(
            Labelled(
                label="验真",
                text="扫左上角二维码，或在公开验真页输入凭证代码、号码和校验码，查询当前状态。各章均为数字签名，改动一字即失效。",
            ),
            Labelled(label="声明", text="本凭证为“一单收费”网上回执，不是财政票据。"),
        ),
        collector="陈一诺",
        checker="周明远",
        finance_name=NAMES["cz"],
        seals=(
            *(SealSpec(unit_code=unit, organ_name=NAMES[unit], flat_text=BILL_SEAL) for unit in payees),
            SealSpec(unit_code="cz", organ_name=NAMES["cz"], flat_text=RECEIPT_SEAL),
        ),
    )


def slip(*, officer: str = "高龑") -> SlipView:
    """The letter that an applicant gets on submitting; the officer has a rare character in the name."""
    materials = (
        ("建设工程联合申报表", "电子原件", "1份3页"),
        ("企业法人营业执照", "电子证照", "免提交"),
        ("建设用地规划许可证", "电子证照", "免提交"),
        ("国有土地使用证", "电子证照", "免提交"),
        ("施工图审查合格书", "电子扫描件", "1份2页"),
        ("建设工程施工合同", "电子扫描件", "1份68页"),
        ("首层建筑面积与防空地下室面积核算表", "电子原件", "1份4页"),
        ("授权委托书及经办人身份证明", "电子扫描件", "1份2页"),
    )
    return SlipView(
        issuer=NAMES["zj"],
        number="瀚一单收〔2014〕1号",
        addressee="瀚海市碧海置业有限公司",
        opening=(
            "你单位报送的碧海湾花园一期建设工程联合申报已收到，收到时间2014年9月15日9时12分，"
            f"办件编号HH20140915-0001-7，经办人{officer}。材料清单如下：",
        ),
        materials=tuple(SlipMaterial(name=name, form=form, count=count) for name, form, count in materials),
        closing=(
            "上述申报已同步分送8个部门并联审核，承诺5个工作日办结，至2014年9月22日止。当日9时22分前可在网上撤回修改。",
        ),
        names=(officer,),
        qr_text="http://127.0.0.1:8000/progress/HH20140915-0001-7",
        issued_on="2014年9月15日",
        seals=(SealSpec(unit_code="zj", organ_name=NAMES["zj"], flat_text="收件专用章"),),
    )
