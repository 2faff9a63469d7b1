"""camt.053 and MT940: opening balance and movements make the closing balance, or the file is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import mt940 as second_opinion
import pytest
from bank_files import ACCOUNT, CODE, Move, at, camt, mt940, reading_of

from shared.domain.errors import Invalid
from shared.statements.statement import BOOKED, REVERSED, StatementRefused

PAID = Move()
SENT_BACK = Move(fen=-500_00, at="2014-09-19 15:00:00", words="退款", remark="")


def problems(content: bytes) -> list[tuple[int, str, str]]:
    with pytest.raises(StatementRefused) as refused:
        reading_of(content)
    return [(each.line_no, each.column, each.problem) for each in refused.value.lines]


class TestCamt053:
    def test_becomes_lines_counted_by_entries(self) -> None:
        statement = reading_of(camt([PAID, SENT_BACK], opening_fen=-1_00))

        assert (statement.format, statement.account) == ("camt_053", ACCOUNT)
        assert (statement.opening_fen, statement.closing_fen) == (-1_00, 32_729_438_24)
        paid, sent = statement.lines
        assert (paid.line_no, paid.bank_reference, paid.amount_fen) == (1, "A00000001", 32_729_939_24)
        assert (paid.payer_name, paid.payer_account, paid.payment_code) == (PAID.name, PAID.account, CODE)
        assert (paid.booked_at, paid.booked_on) == (at("2014-09-19 14:05:00"), date(2014, 9, 19))
        assert (sent.line_no, sent.amount_fen, sent.payer_name) == (2, -500_00, SENT_BACK.name)
        assert statement.checked == ("合计与明细相符", "期初＋发生＝期末")

    def test_may_be_of_an_older_version_without_times(self) -> None:
        content = (
            camt([PAID])
            .replace(b"053.001.08", b"053.001.02")
            .replace(b"<Sts><Cd>BOOK</Cd></Sts>", b"<Sts>BOOK</Sts>")
            .replace(b"<Pty><Nm>", b"<Nm>")
            .replace(b"</Nm></Pty>", b"</Nm>")
            .replace(b"<DtTm>2014-09-19T14:05:00+08:00</DtTm>", b"<Dt>2014-09-19</Dt>")
        )

        line = reading_of(content).lines[0]

        assert (line.booked_at, line.payer_name) == (at("2014-09-19 00:00:00"), PAID.name)

    def test_may_be_written_in_gb18030(self) -> None:
        content = camt([PAID]).decode().replace("UTF-8", "GB18030").encode("gb18030")

        assert reading_of(content).lines == reading_of(camt([PAID])).lines

    def test_is_of_the_day_in_china(self) -> None:
        content = camt([PAID]).replace(b"2014-09-19T14:05:00+08:00", b"2014-09-18T16:30:00Z")

        assert reading_of(content).lines[0].booked_on == date(2014, 9, 19)

    def test_has_a_line_for_each_transaction_of_a_batch(self) -> None:
        parts = "".join(
            f"<TxDtls><Refs><AcctSvcrRef>P{n}</AcctSvcrRef></Refs><Amt Ccy='CNY'>{amount}</Amt>"
            f"<RmtInf><Ustrd>{CODE[:-1]}{n}</Ustrd></RmtInf></TxDtls>"
            for n, amount in ((1, "100.00"), (2, "50.00"))
        )
        whole = camt([replace(PAID, fen=150_00)]).decode()
        start, end = whole.index("<TxDtls>"), whole.index("</TxDtls>") + len("</TxDtls>")

        lines = reading_of((whole[:start] + parts + whole[end:]).encode()).lines

        assert [(line.line_no, line.bank_reference, line.amount_fen) for line in lines] == [
            (1, "P1", 100_00),
            (1, "P2", 50_00),
        ]
        assert lines[1].payment_code == f"{CODE[:-1]}2"

    def test_stays_one_line_where_a_batch_does_not_add_up(self) -> None:
        parts = "<TxDtls><Amt Ccy='CNY'>1.00</Amt></TxDtls>" * 2
        whole = camt([replace(PAID, fen=150_00)]).decode()
        start, end = whole.index("<TxDtls>"), whole.index("</TxDtls>") + len("</TxDtls>")

        lines = reading_of((whole[:start] + parts + whole[end:]).encode()).lines

        assert [(line.bank_reference, line.amount_fen) for line in lines] == [("A00000001", 150_00)]

    def test_names_a_reversal(self) -> None:
        content = camt([PAID]).replace(b"<Sts>", b"<RvslInd>true</RvslInd><Sts>")

        assert reading_of(content).lines[0].kind == REVERSED

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (camt([PAID, SENT_BACK], closing_fen=1), "应为 32729439.24，文件写的期末是 0.01"),
            (camt([PAID], currency="USD"), "只收人民币"),
            (camt([PAID]).replace(b"BOOK</Cd>", b"PDNG</Cd>"), "只收已入账"),
            (camt([replace(PAID, fen=0)]), "金额为零"),
            (camt([PAID]).replace(b"NbOfNtries>1<", b"NbOfNtries>2<"), "按明细应为 1"),
            (camt([PAID]).replace(b"OPBD", b"ITBD"), "没有期初余额"),
            (camt([PAID, replace(PAID, reference="A00000001")]), "在文件中重复"),
            (camt([replace(PAID, at="1900-01-01 00:00:00")]), "早于 2000-01-01"),
            (
                camt([PAID]).replace(b">32729939.24</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>", b">x</Amt><Sts>"),
                "“”不是收支方向",
            ),
        ],
    )
    def test_is_refused_with_the_reason(self, content: bytes, said: str) -> None:
        assert said in problems(content)[0][2]

    def test_is_refused_for_a_bomb_or_a_foreign_file(self) -> None:
        bomb = b"<?xml version='1.0'?><!DOCTYPE d [<!ENTITY a 'xxxxxxxxxx'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]>"
        foreign = b"<?xml version='1.0'?><!DOCTYPE d SYSTEM 'file:///etc/passwd'>"

        for head in (bomb, foreign):
            with pytest.raises(Invalid, match="DOCTYPE"):
                reading_of(camt([PAID]).replace(b"<?xml version='1.0' encoding='UTF-8'?>", head))

    def test_is_refused_for_depth_without_end(self) -> None:
        with pytest.raises(Invalid, match="嵌套过深"):
            reading_of(camt([PAID]).replace(b"<GrpHdr>", b"<GrpHdr>" + b"<a>" * 100))

    def test_is_refused_wherever_it_is_cut_off(self) -> None:
        content = camt([PAID, SENT_BACK]).rstrip()

        for size in range(1, len(content), 53):
            with pytest.raises(Invalid):
                reading_of(content[:size])

    def test_is_not_any_xml(self) -> None:
        with pytest.raises(Invalid, match="不是 camt"):
            reading_of(b"<?xml version='1.0'?><xml><return_code>FAIL</return_code></xml>")


class TestMt940:
    def test_becomes_lines_counted_by_their_line(self) -> None:
        statement = reading_of(mt940([PAID, SENT_BACK], opening_fen=1_00))

        assert (statement.format, statement.account) == ("mt940", ACCOUNT)
        assert (statement.opening_fen, statement.closing_fen) == (1_00, 32_729_440_24)
        paid, sent = statement.lines
        assert (paid.line_no, paid.kind, paid.bank_reference, paid.amount_fen) == (
            6,
            BOOKED,
            "B00000001",
            32_729_939_24,
        )
        assert (paid.payer_name, paid.payer_account, paid.payment_code) == (PAID.name, PAID.account, CODE)
        assert paid.booked_on == date(2014, 9, 19)
        assert (sent.line_no, sent.amount_fen) == (8, -500_00)

    def test_is_read_as_the_library_for_it_reads_it(self) -> None:
        content = mt940([PAID, SENT_BACK, replace(PAID, fen=5, at="2014-12-31 00:00:00")], opening_fen=1_00)
        ours = reading_of(content)

        theirs = second_opinion.parse(content, encoding="gb18030")

        assert [int(each.data["amount"].amount * 100) for each in theirs] == [line.amount_fen for line in ours.lines]
        assert [each.data["date"] for each in theirs] == [line.booked_on for line in ours.lines]
        assert [each.data["bank_reference"] for each in theirs] == [line.bank_reference for line in ours.lines]
        assert int(theirs.data["final_closing_balance"].amount.amount * 100) == ours.closing_fen

    def test_finds_a_code_that_is_broken_by_the_end_of_a_line(self) -> None:
        content = mt940([PAID]).replace(CODE.encode(), f"{CODE[:9]}\r\n{CODE[9:]}".encode())

        assert reading_of(content).lines[0].payment_code == CODE

    def test_may_have_words_without_fields(self) -> None:
        content = mt940([PAID]).replace(b"?00", b"").replace(b"?20", b" ").replace(b"?31", b" ").replace(b"?32", b" ")

        line = reading_of(content).lines[0]

        assert (line.payer_name, line.payment_code) == ("", CODE)
        assert PAID.name in line.words

    def test_may_have_two_equal_movements_without_numbers_because_its_balances_prove_both(self) -> None:
        content = mt940([replace(PAID, fen=100, reference="X"), replace(PAID, fen=100, reference="Y")])
        content = content.replace(b"//X", b"").replace(b"//Y", b"")

        one, other = reading_of(content).lines

        assert one.amount_fen == other.amount_fen == 100
        assert one.digest != other.digest

    @pytest.mark.parametrize(("mark", "fen"), [("RC", -1_00), ("RD", 1_00)])
    def test_names_a_reversal(self, mark: str, fen: int) -> None:
        content = mt940([replace(PAID, fen=fen)])
        content = content.replace(b"D1,00N" if fen < 0 else b"C1,00N", f"{mark}1,00N".encode())

        assert [(line.kind, line.amount_fen) for line in reading_of(content).lines] == [(REVERSED, fen)]

    def test_enters_the_new_year_with_the_day_of_entry(self) -> None:
        content = mt940([PAID]).replace(b":61:1409190919", b":61:1412310102")

        assert reading_of(content).lines[0].booked_on == date(2015, 1, 2)

    def test_has_pages_that_follow_each_other(self) -> None:
        one, other = mt940([PAID]), mt940([SENT_BACK], opening_fen=PAID.fen).replace(b"//B00000001", b"//B2")

        statement = reading_of(one.replace(b":62F:", b":62M:") + other.replace(b":60F:", b":60M:"))

        assert (statement.opening_fen, statement.closing_fen, statement.line_count) == (0, 32_729_439_24, 2)
        assert "不等于上一页期末" in problems(one + other.replace(b"C140919CNY32729939,24", b"C140919CNY1,00"))[0][2]

    @pytest.mark.parametrize(
        ("content", "place", "said"),
        [
            (mt940([PAID], closing_fen=1), (8, "期末余额"), "应为 32729939.24"),
            (mt940([PAID]).replace(b"C32729939,24", b"C32729939.24"), (6, ":61:"), "不合 :61: 的格式"),
            (mt940([PAID]).replace(b"CNY", b"USD"), (5, ":60F:"), "只收人民币"),
            (mt940([replace(PAID, fen=0)]), (6, ":61:"), "金额为零"),
            (mt940([PAID]).replace(b":61:140919", b":61:140931"), (6, ":61:"), "没有"),
            (mt940([PAID]).replace(b":20:", b":99:"), (2, ":99:"), "不认识的字段"),
            (mt940([PAID]).replace(b":20:STMT", b"stray\r\n:20:STMT"), (2, ""), "不属于任何字段"),
            (mt940([PAID, replace(PAID, reference="B00000001")]), (8, "流水号"), "在文件中重复"),
        ],
    )
    def test_is_refused_with_the_line_and_the_reason(self, content: bytes, place: tuple[int, str], said: str) -> None:
        found = problems(content)

        assert found[0][:2] == place
        assert said in found[0][2]

    def test_is_refused_wherever_it_is_cut_off_before_its_closing_balance(self) -> None:
        content = mt940([PAID, SENT_BACK])
        end = content.index(b":62F:") + len(b":62F:C140919CNY32729439,2")

        for size in range(20, end, 17):
            with pytest.raises(Invalid):
                reading_of(content[:size])
        with pytest.raises(Invalid):
            reading_of(content[:end])
