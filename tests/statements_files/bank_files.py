"""Files as banks and channels write them, from movements that a test names."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape

from sandbank.statements import COLUMNS as CCB_COLUMNS
from shared.domain.money import plain
from shared.statements.detect import Detected, detect
from shared.statements.profiles import ICBC, SANDBANK, Profile
from shared.statements.reading import read
from shared.statements.statement import Statement

ACCOUNT = "37050188001000012345"
MERCHANT = "1900007291"
CODE = "37100014000000317840"
ICBC_COLUMNS = (
    "凭证号", "本方账号", "对方账号", "交易时间", "借/贷", "借方发生额", "贷方发生额", "对方行号", "摘要", "用途",
    "对方单位名称", "余额", "附言",
)  # fmt: skip
WECHAT_TRADE_HEAD = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,"
    "代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,"
    "申请退款金额,费率备注"
)
WECHAT_TRADE_TOTALS = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
WECHAT_FUND_HEAD = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),"
    "资金变更提交申请人,备注,业务凭证号"
)
WECHAT_FUND_TOTALS = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"
ALIPAY_HEAD = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,"
    "商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,"
    "卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
)


@dataclass(frozen=True, kw_only=True)
class Move:
    """One movement that a bank tells of."""

    fen: int = 32_729_939_24
    at: str = "2014-09-19 14:05:00"
    name: str = "瀚海市碧海置业有限公司"
    account: str = "6229080371000010018"
    words: str = "网上银行缴款"
    remark: str = f"缴款码{CODE} HHJ2014031784"
    reference: str = ""


def ccb(
    moves: Iterable[Move],
    *,
    opening_fen: int = 0,
    encoding: str = "utf-8-sig",
    columns: Sequence[str] = CCB_COLUMNS,
    change: Mapping[int, Mapping[str, str]] | None = None,
) -> bytes:
    """CCB's list; `change` overwrites cells of a line by their column, counted from 1."""
    rows = []
    balance_fen = opening_fen
    for number, move in enumerate(moves, 1):
        balance_fen += move.fen
        row = {
            "交易时间": move.at,
            "借方发生额(支取)": plain(max(-move.fen, 0)),
            "贷方发生额(收入)": plain(max(move.fen, 0)),
            "余额": plain(balance_fen),
            "币种": "人民币",
            "对方户名": move.name,
            "对方账号": f"\t{move.account}",
            "对方开户机构": "瀚海沙箱银行（虚构）",
            "记账日期": move.at[:10].replace("-", ""),
            "摘要": move.words,
            "备注": move.remark,
            "账户明细编号-交易流水号": move.reference or f"{number:06d}-T{number:08d}",
        }
        rows.append(row | dict((change or {}).get(number, {})))
    return table(columns, [[row.get(name, "") for name in columns] for row in rows], encoding=encoding)


def icbc(moves: Iterable[Move], *, opening_fen: int = 0, account: str = ACCOUNT) -> bytes:
    """ICBC's list in GBK: no numbers of its own, one of the two amounts empty."""
    rows = []
    balance_fen = opening_fen
    for move in moves:
        balance_fen += move.fen
        rows.append(
            [
                "0", account, move.account, move.at, "借" if move.fen < 0 else "贷",
                plain(-move.fen) if move.fen < 0 else "", plain(move.fen) if move.fen > 0 else "", "", move.words, "",
                move.name, plain(balance_fen), move.remark,
            ]
        )  # fmt: skip
    return table(ICBC_COLUMNS, rows, encoding="gb18030")


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, encoding: str = "utf-8-sig") -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


@dataclass(frozen=True, kw_only=True)
class Order:
    """One order or refund at a channel; a negative amount is a refund."""

    fen: int = 100_00
    at: str = "2024-03-01 10:00:00"
    number: str = "4200002117202403010000000001"
    ours: str = f"{CODE}-1"
    goods: str = "政务缴费"
    fee_units: int = 60_000
    refund: str = ""
    moves: str = ""


def wechat_trade(orders: Iterable[Order], *, totals: Mapping[str, str] | None = None, tail: bool = True) -> bytes:
    """交易账单 ALL; fees in units of 0.00001 yuan."""
    lines, sums, count = [WECHAT_TRADE_HEAD], dict.fromkeys(WECHAT_TRADE_TOTALS.split(",")[1:], 0), 0
    for order in orders:
        refunded, paid = max(-order.fen, 0), max(order.fen, 0)
        values = [
            order.at, "wx0000000000000001", MERCHANT, "0", "", order.number, order.ours, "oUpF8uMuAJO", "NATIVE",
            "REFUND" if refunded else "SUCCESS", "OTHERS", "CNY", plain(paid), "0.00",
            order.refund or "0", f"R{order.ours}" if refunded else "0", plain(refunded), "0.00",
            "ORIGINAL" if refunded else "", "SUCCESS" if refunded else "", order.goods, "", units(order.fee_units),
            "0.60%", plain(paid), plain(refunded), "",
        ]  # fmt: skip
        lines.append(",".join(f"`{value}" for value in values))
        count += 1
        for name, value in (
            ("应结订单总金额", paid), ("退款总金额", refunded), ("手续费总金额", order.fee_units), ("订单总金额", paid),
            ("申请退款总金额", refunded),
        ):  # fmt: skip
            sums[name] += value
    written = {
        "总交易单数": str(count),
        **{name: units(value) if name == "手续费总金额" else plain(value) for name, value in sums.items()},
        **(totals or {}),
    }
    if tail:
        lines += [WECHAT_TRADE_TOTALS, ",".join(f"`{written[name]}" for name in WECHAT_TRADE_TOTALS.split(","))]
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8-sig")


def units(value: int) -> str:
    sign = "-" if value < 0 else ""
    return f"{sign}{abs(value) // 100_000}.{abs(value) % 100_000:05d}"


def wechat_fund(orders: Iterable[Order], *, opening_fen: int = 0) -> bytes:
    """资金账单: what came into the account and left it."""
    lines, balance_fen, ins, outs = [WECHAT_FUND_HEAD], opening_fen, [], []
    for order in orders:
        balance_fen += order.fen
        (ins if order.fen > 0 else outs).append(abs(order.fen))
        values = [
            order.at, order.refund or order.number, order.number, "交易" if order.fen > 0 else "退款",
            order.moves or ("交易" if order.fen > 0 else "退款"), "收入" if order.fen > 0 else "支出",
            plain(abs(order.fen)), plain(balance_fen), "system", order.goods, order.ours,
        ]  # fmt: skip
        lines.append(",".join(f"`{value}" for value in values))
    totals = [str(len(ins) + len(outs)), str(len(ins)), plain(sum(ins)), str(len(outs)), plain(sum(outs))]
    lines += [WECHAT_FUND_TOTALS, ",".join(f"`{value}" for value in totals)]
    return "".join(f"{line}\r\n" for line in lines).encode()


def alipay(orders: Iterable[Order], *, end: bool = True) -> bytes:
    """业务明细 in GBK; numbers end in a TAB."""
    lines = [
        "#支付宝业务明细查询",
        f"#账号：[{MERCHANT}0156]",
        "#起始日期：[2024年03月01日 00:00:00]   终止日期：[2024年03月02日 00:00:00]",
        "#-----------------------------------------业务明细列表----------------------------------------",
        ALIPAY_HEAD,
    ]
    trades, refunds = [], []
    for order in orders:
        (trades if order.fen > 0 else refunds).append(order.fen)
        fee = f"-{plain(order.fee_units // 1000)}" if order.fee_units >= 1000 else "0.00"
        values = [
            f"{order.number}\t", f"{order.ours}\t", "交易" if order.fen > 0 else "退款", order.goods, order.at,
            order.at, "", "", "", "", "*海(159****0018)", signed(order.fen), signed(order.fen), "0.00", "0.00", "0.00",
            "0.00", "0.00", "", "0.00", "0.00", order.refund, fee, "0.00", "",
        ]  # fmt: skip
        lines.append(",".join(values))
    if end:
        lines += [
            "#-----------------------------------------业务明细列表结束------------------------------------",
            f"#交易合计：{len(trades)}笔，商家实收共{signed(sum(trades))}元，商家优惠共0.00元",
            f"#退款合计：{len(refunds)}笔，商家实收退款共{signed(sum(refunds))}元，商家优惠退款共0.00元",
            "#导出时间：[2024年03月02日 09:23:54]",
        ]
    return "".join(f"{line}\r\n" for line in lines).encode("gb18030")


def signed(fen: int) -> str:
    return f"-{plain(-fen)}" if fen < 0 else plain(fen)


def camt(
    moves: Iterable[Move], *, opening_fen: int = 0, closing_fen: int | None = None, currency: str = "CNY"
) -> bytes:
    """One Stmt of camt.053.001.08."""
    entries, balance_fen = [], opening_fen
    for number, move in enumerate(moves, 1):
        balance_fen += move.fen
        side, direction = ("Dbtr", "CRDT") if move.fen > 0 else ("Cdtr", "DBIT")
        entries.append(
            f"<Ntry><Amt Ccy='{currency}'>{plain(abs(move.fen))}</Amt><CdtDbtInd>{direction}</CdtDbtInd>"
            f"<Sts><Cd>BOOK</Cd></Sts><BookgDt><DtTm>{move.at.replace(' ', 'T')}+08:00</DtTm></BookgDt>"
            f"<AcctSvcrRef>{move.reference or f'A{number:08d}'}</AcctSvcrRef><NtryDtls><TxDtls>"
            f"<Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>"
            f"<RltdPties><{side}><Pty><Nm>{escape(move.name)}</Nm></Pty></{side}>"
            f"<{side}Acct><Id><Othr><Id>{move.account}</Id></Othr></Id></{side}Acct></RltdPties>"
            f"<RmtInf><Ustrd>{escape(move.words)}</Ustrd><Ustrd>{escape(move.remark)}</Ustrd></RmtInf>"
            "</TxDtls></NtryDtls></Ntry>\n"
        )

    def balance(code: str, fen: int) -> str:
        direction = "CRDT" if fen >= 0 else "DBIT"
        return (
            f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='{currency}'>{plain(abs(fen))}</Amt>"
            f"<CdtDbtInd>{direction}</CdtDbtInd><Dt><Dt>2014-09-19</Dt></Dt></Bal>"
        )

    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><BkToCstmrStmt>"
        "<GrpHdr><MsgId>1</MsgId></GrpHdr><Stmt><Id>1</Id>"
        f"<Acct><Id><Othr><Id>{ACCOUNT}</Id></Othr></Id><Ccy>{currency}</Ccy></Acct>"
        f"{balance('OPBD', opening_fen)}{balance('CLBD', balance_fen if closing_fen is None else closing_fen)}"
        f"<TxsSummry><TtlNtries><NbOfNtries>{len(entries)}</NbOfNtries></TtlNtries></TxsSummry>\n"
        f"{''.join(entries)}</Stmt></BkToCstmrStmt></Document>\n"
    ).encode()


def mt940(moves: Iterable[Move], *, opening_fen: int = 0, closing_fen: int | None = None) -> bytes:
    """One message."""
    lines, balance_fen = [], opening_fen
    for number, move in enumerate(moves, 1):
        balance_fen += move.fen
        day = move.at[2:10].replace("-", "")
        lines += [
            f":61:{day}{day[2:]}{'C' if move.fen > 0 else 'D'}{comma(abs(move.fen))}NTRFNONREF//"
            f"{move.reference or f'B{number:08d}'}",
            f":86:?00{move.words}?20{move.remark}?31{move.account}?32{move.name}",
        ]

    def balance(fen: int) -> str:
        return f"{'C' if fen >= 0 else 'D'}140919CNY{comma(abs(fen))}"

    message = [
        "{1:F01HHBKCNBJAXXX0000000000}{2:I940HHBKCNBJXXXXN}{4:",
        ":20:STMT20140919",
        f":25:{ACCOUNT}",
        ":28C:00262/001",
        f":60F:{balance(opening_fen)}",
        *lines,
        f":62F:{balance(balance_fen if closing_fen is None else closing_fen)}",
        "-}",
    ]
    return "".join(f"{line}\r\n" for line in message).encode("gb18030")


def comma(fen: int) -> str:
    return plain(fen).replace(".", ",")


def xlsx(rows: Sequence[Sequence[object]], *, parts: Mapping[str, str] | None = None, cells: str = "") -> bytes:
    """A workbook with one sheet: texts inline, ints and ("n", "1.5") as numbers, ("d", "41901") as dates."""
    body = []
    for number, row in enumerate(rows, 1):
        written = []
        for place, value in enumerate(row):
            at = f"{chr(ord('A') + place)}{number}"
            match value:
                case "" | None:
                    continue
                case str():
                    written.append(
                        f'<c r="{at}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
                    )
                case ("n", number_text):
                    written.append(f'<c r="{at}"><v>{number_text}</v></c>')
                case ("d", number_text):
                    written.append(f'<c r="{at}" s="1"><v>{number_text}</v></c>')
                case ("f", formula):
                    written.append(f'<c r="{at}"><f>{escape(str(formula))}</f><v>1</v></c>')
                case ("s", index):
                    written.append(f'<c r="{at}" t="s"><v>{index}</v></c>')
                case _:
                    raise TypeError(value)
        body.append(f'<row r="{number}">{"".join(written)}</row>')
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    packages = "http://schemas.openxmlformats.org/package/2006/relationships"
    files = {
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{relations}"><sheets>'
        '<sheet name="说明" sheetId="1" state="hidden" r:id="rId9"/><sheet name="明细" sheetId="2" r:id="rId1"/>'
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{packages}">'
        '<Relationship Id="rId9" Target="worksheets/sheet9.xml"/>'
        '<Relationship Id="rId1" Target="worksheets/sheet1.xml"/>'
        "</Relationships>",
        "xl/styles.xml": f'<styleSheet xmlns="{main}"><numFmts count="1"><numFmt numFmtId="164" '
        'formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot; h:mm:ss"/></numFmts>'
        '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{"".join(body)}{cells}</sheetData>'
        "</worksheet>",
        **(parts or {}),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, f"<?xml version='1.0' encoding='UTF-8' standalone='yes'?>{text}")
    return packed.getvalue()


def detected(content: bytes) -> Detected:
    return detect("对账单", content)


def reading_of(content: bytes, *, profile: Profile | None = None, **known: object) -> Statement:
    """The statement, in the format that its content has; the sandbox bank stands for all with CCB's columns."""
    found = detected(content)
    if profile is None and SANDBANK in found.profiles:
        profile = SANDBANK
    if profile is None and ICBC in found.profiles:
        profile = ICBC
    return read(content, found, profile=profile, **known)  # type: ignore[arg-type]


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")
