"""A bank's list by a saved profile: by the names of columns, whole or not at all, every wrong cell by its line."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from bank_files import (
    ACCOUNT,
    CCB_COLUMNS,
    CODE,
    Move,
    at,
    ccb,
    detected,
    icbc,
    reading_of,
    table,
)

from shared.domain.errors import Invalid
from shared.statements.profiles import CCB, ICBC, PROFILES, SANDBANK, Profile, read_profile
from shared.statements.reading import preview, read
from shared.statements.statement import BOOKED, REVERSED, StatementRefused, against

PAID = Move()
SENT_BACK = Move(fen=-500_00, at="2014-09-19 15:00:00", words="退款", remark="")


def problems(content: bytes, **known: Any) -> list[tuple[int, str, str]]:
    with pytest.raises(StatementRefused) as refused:
        reading_of(content, **known)
    return [(each.line_no, each.column, each.problem) for each in refused.value.lines]


def only_problem(content: bytes, **known: Any) -> tuple[int, str, str]:
    (problem,) = problems(content, **known)
    return problem


class TestABanksList:
    def test_becomes_lines_of_one_shape(self) -> None:
        statement = reading_of(ccb([PAID, SENT_BACK], opening_fen=1_000_00), account=ACCOUNT)

        assert (statement.provider, statement.format, statement.account) == ("sandbank", "bank_csv", ACCOUNT)
        assert (statement.opening_fen, statement.closing_fen) == (1_000_00, 32_730_439_24)
        assert (statement.credits_fen, statement.debits_fen, statement.line_count) == (32_729_939_24, 500_00, 2)
        assert statement.first_on == statement.last_on == date(2014, 9, 19)
        line = statement.lines[0]
        assert line._replace(digest=b"") == (
            2,
            BOOKED,
            "done",
            "000001-T00000001",
            "",
            at("2014-09-19 14:05:00"),
            date(2014, 9, 19),
            32_729_939_24,
            32_730_939_24,
            0,
            CODE,
            "瀚海市碧海置业有限公司",
            "6229080371000010018",
            f"网上银行缴款 缴款码{CODE} HHJ2014031784",
            b"",
        )
        assert statement.lines[1].amount_fen == -500_00

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030"])
    def test_is_the_same_in_either_encoding(self, encoding: str) -> None:
        rare = replace(PAID, name="瀚海市龑堉置业有限公司㛃")

        assert reading_of(ccb([rare], encoding=encoding)).lines == reading_of(ccb([rare])).lines
        assert reading_of(ccb([rare], encoding=encoding)).lines[0].payer_name == "瀚海市龑堉置业有限公司㛃"

    def test_is_read_by_the_names_of_its_columns(self) -> None:
        turned = ccb([PAID, SENT_BACK], columns=tuple(reversed(CCB_COLUMNS)))
        other_brackets = ccb([PAID, SENT_BACK]).decode("utf-8-sig").replace("(", "（").replace(")", "）").encode()

        assert reading_of(turned).lines == reading_of(other_brackets).lines == reading_of(ccb([PAID, SENT_BACK])).lines

    def test_is_told_by_its_balances_whether_it_begins_with_the_oldest_line(self) -> None:
        head, *lines = ccb([PAID, SENT_BACK], opening_fen=7_00).decode("utf-8-sig").splitlines(keepends=True)

        newest_first = reading_of("".join((head, *reversed(lines))).encode())

        assert (newest_first.opening_fen, newest_first.closing_fen) == (7_00, 32_729_446_24)

    def test_may_have_no_lines(self) -> None:
        statement = reading_of(ccb([]))

        assert (statement.line_count, statement.opening_fen, statement.lines) == (0, None, ())

    def test_of_icbc_names_its_account_and_leaves_one_amount_empty(self) -> None:
        statement = reading_of(icbc([PAID, SENT_BACK]))

        assert (statement.provider, statement.account) == ("icbc", ACCOUNT)
        assert [line.amount_fen for line in statement.lines] == [32_729_939_24, -500_00]
        assert statement.lines[0].payment_code == CODE

    def test_keeps_what_stands_above_its_head_and_below_its_lines(self) -> None:
        text = ccb([PAID, SENT_BACK]).decode("utf-8-sig")
        framed = (
            f"活期账户明细查询\r\n账号：,{ACCOUNT},户名：瀚海市财政局\r\n期初余额：0.00,期末余额：32729439.24\r\n{text}"
            "合计,500.00,32729939.24\r\n总笔数：2\r\n"
        )

        statement = reading_of(framed.encode())

        assert (statement.account, statement.line_count) == (ACCOUNT, 2)
        assert statement.unchecked == ()
        assert [line.line_no for line in statement.lines] == [5, 6]

    @pytest.mark.parametrize(
        ("framed", "column"),
        [
            ("{}合计,500.00,32729939.25\r\n", "收入合计"),
            ("{}合计,500.01,32729939.24\r\n", "支出合计"),
            ("{}总笔数：3\r\n", "笔数"),
            ("期末余额：32729439.25\r\n{}", "期末余额"),
            ("期初余额：0.01\r\n{}", "期初余额"),
        ],
    )
    def test_is_refused_when_its_totals_lie(self, framed: str, column: str) -> None:
        content = framed.format(ccb([PAID, SENT_BACK]).decode("utf-8-sig")).encode()

        assert [(problem[1], "按明细应为" in problem[2]) for problem in problems(content)] == [(column, True)]

    def test_of_another_account_is_refused(self) -> None:
        line_no, column, problem = only_problem(icbc([PAID]), account="37050188001000099999")

        assert (line_no, column) == (2, "账户")
        assert ACCOUNT in problem

    def test_of_two_accounts_is_refused(self) -> None:
        one, other = icbc([PAID]), icbc([SENT_BACK], opening_fen=PAID.fen, account="37050188001000099999")
        both = one + other.partition(b"\r\n")[2]

        assert only_problem(both)[:2] == (3, "账户")


class TestABadCell:
    @pytest.mark.parametrize(
        ("column", "value", "said"),
        [
            ("交易时间", "1900-01-01 00:00:00", "早于 2000-01-01"),
            ("交易时间", "2014-02-30 10:00:00", "没有"),
            ("交易时间", "", "不是日期"),
            ("交易时间", "2014-09-19 24:01:00", "不是时间"),
            ("记账日期", "19/09/2014", "不是日期"),
            ("贷方发生额(收入)", "1,23.00", "不是金额"),
            ("贷方发生额(收入)", "0.00", "金额为零"),
            ("贷方发生额(收入)", "-100.00", "负数"),
            ("贷方发生额(收入)", "1.001", "不足一分"),
            ("借方发生额(支取)", "1.00", "借方与贷方都有金额"),
            ("余额", "", "不是金额"),
            ("余额", "#VALUE!", "不是金额"),
            ("币种", "美元", "只收人民币"),
            ("币种", "", "只收人民币"),
            ("账户明细编号-交易流水号", "", "没有流水号"),
        ],
    )
    def test_is_named_by_its_line_and_column(self, column: str, value: str, said: str) -> None:
        content = ccb([PAID, SENT_BACK, PAID], change={3: {column: value}})

        found = problems(content)

        assert found[0][:2] == (4, column)
        assert said in found[0][2]

    def test_does_not_hide_the_others(self) -> None:
        content = ccb(
            [PAID] * 3,
            change={1: {"余额": "x", "币种": "USD"}, 3: {"交易时间": "?"}},
        )

        assert {(line_no, column) for line_no, column, _ in problems(content)} == {
            (2, "余额"),
            (2, "币种"),
            (4, "交易时间"),
        }

    def test_is_after_today(self) -> None:
        assert "晚于今天" in problems(ccb([PAID]), today=date(2014, 9, 18))[0][2]
        assert reading_of(ccb([PAID]), today=date(2014, 9, 19)).line_count == 1

    @pytest.mark.parametrize(
        ("written", "fen"),
        [("32,729,939.24", 32_729_939_24), ("３２７２９９３９．２４", 32_729_939_24), ("32729939", 32_729_939_00)],
    )
    def test_is_not_one_that_can_be_read_in_one_way_only(self, written: str, fen: int) -> None:
        content = ccb([PAID], change={1: {"贷方发生额(收入)": written, "余额": written}})

        assert reading_of(content).lines[0].amount_fen == fen


class TestADamagedFile:
    def test_with_a_balance_that_does_not_follow_is_refused_where_it_breaks(self) -> None:
        content = ccb([PAID] * 5, change={4: {"余额": "1.00"}})

        assert only_problem(content)[:2] == (5, "余额")

    def test_with_a_line_left_out_is_refused(self) -> None:
        lines = ccb([PAID, SENT_BACK, PAID, SENT_BACK]).splitlines(keepends=True)

        assert only_problem(b"".join(lines[:2] + lines[3:]))[1] == "余额"

    def test_with_a_line_twice_is_refused_by_its_number(self) -> None:
        lines = ccb([PAID, SENT_BACK]).splitlines(keepends=True)

        found = problems(b"".join((*lines, lines[-1])))

        assert found == [(4, "流水号", "流水号 000002-T00000002 在文件中重复")]

    def test_with_a_line_twice_is_refused_also_where_the_bank_gives_no_numbers(self) -> None:
        lines = icbc([PAID, SENT_BACK]).splitlines(keepends=True)

        assert problems(b"".join((*lines, lines[-1]))) == [(4, "", "与前面的一行完全相同")]

    def test_in_another_encoding_half_way_is_refused_at_that_line(self) -> None:
        content = ccb([PAID]) + ccb([SENT_BACK], encoding="gb18030").partition(b"\r\n")[2]

        line_no, _, problem = problems(content)[0]

        assert line_no == 3
        assert "UTF-8" in problem

    def test_with_a_null_byte_is_refused_at_that_line(self) -> None:
        content = ccb([PAID, SENT_BACK], change={2: {"摘要": "a\0b"}})

        assert only_problem(content)[::2] == (3, "含有空字符，文件已损坏；请重新下载")

    def test_cut_off_within_a_line_is_refused(self) -> None:
        content = ccb([PAID, SENT_BACK])

        assert "列" in problems(content[: content.index(b",", len(content) - 90)] + b"\r\n")[0][2]

    def test_without_its_last_line_break_is_refused_unless_the_bank_writes_none(self) -> None:
        content = ccb([PAID]).removesuffix(b"\r\n")

        assert "没有换行" in only_problem(content)[2]
        assert reading_of(content, profile=replace(SANDBANK, open_end=True)).line_count == 1

    def test_with_an_open_quotation_mark_is_refused(self) -> None:
        content = ccb([PAID, SENT_BACK]).replace("网上银行缴款".encode(), '"网上银行缴款'.encode(), 1)

        assert problems(content)[0][::2] == (
            2,
            "引号不成对，或引号外有多余的字；从这一行起无法分列，请重新下载原始文件",
        )

    def test_with_an_unquoted_comma_in_a_name_is_refused(self) -> None:
        content = ccb([PAID]).replace("置业有限".encode(), "置业,有限".encode())

        assert "字段中的逗号没有加引号" in only_problem(content)[2]

    def test_without_the_profiles_columns_is_refused(self) -> None:
        content = table(("日期", "金额", "余额"), [("2014-09-19", "1.00", "1.00")])

        assert "没有找到表头" in only_problem(content, profile=CCB)[2]

    def test_is_counted_by_the_lines_that_a_person_sees(self) -> None:
        noted = replace(PAID, remark=f"两行\n备注{CODE}", name='瀚海"碧海",置业')
        content = ccb([noted, SENT_BACK, PAID], change={3: {"余额": "?"}})

        assert reading_of(ccb([noted])).lines[0].words == f"网上银行缴款 两行 备注{CODE}"
        assert reading_of(ccb([noted])).lines[0].payer_name == '瀚海"碧海",置业'
        assert only_problem(content)[0] == 5


class TestAPreview:
    def test_shows_good_rows_and_bad_ones_and_keeps_neither(self) -> None:
        content = ccb([PAID] * 80, change={7: {"币种": "USD"}})

        seen = preview(content, detected(content), profile=SANDBANK)

        assert (len(seen.good), seen.good_count, seen.problem_count) == (50, 79, 1)
        assert [each.place for each in seen.bad] == ["第 8 行“币种”"]
        assert seen.statement is None

    def test_of_a_whole_file_says_what_it_proves_and_what_not(self) -> None:
        seen = preview(ccb([PAID]), detected(ccb([PAID])), profile=SANDBANK)

        assert seen.statement is not None
        assert seen.statement.checked == ("逐笔余额连续", "期初＋发生＝期末")
        assert "末尾若缺整行" in seen.statement.unchecked[0]

    def test_counts_problems_that_it_does_not_list(self) -> None:
        content = ccb([PAID] * 500, change={number: {"币种": "USD"} for number in range(1, 501)})

        seen = preview(content, detected(content), profile=SANDBANK)

        assert (len(seen.bad), seen.problem_count) == (200, 500)


class TestWhatIsKnownFromElsewhere:
    def test_finds_the_file_that_was_cut_off_between_two_lines(self) -> None:
        lines = ccb([PAID, SENT_BACK]).splitlines(keepends=True)
        cut = reading_of(b"".join(lines[:2]))

        found = against(cut, closing_fen=32_729_439_24, line_count=2, opening_fen=0)

        assert [(each.column, "可能不完整" in each.problem) for each in found] == [("期末余额", True), ("笔数", True)]

    def test_has_nothing_to_say_of_the_right_one(self) -> None:
        whole = reading_of(ccb([PAID, SENT_BACK]))

        assert against(whole, closing_fen=32_729_439_24, line_count=2, opening_fen=0, account=None) == ()


class TestAProfile:
    @pytest.mark.parametrize("profile", PROFILES)
    def test_comes_back_from_where_it_was_saved(self, profile: Profile) -> None:
        assert read_profile(profile.data) == profile

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"debit": ""}, "amount"),
            ({"amount": "发生额"}, "amount"),
            ({"at": []}, "at"),
            ({"reference": []}, "reference"),
            ({"colour": "red"}, "colour"),
            ({"code": ""}, "code"),
        ],
    )
    def test_is_refused_by_the_column_that_is_wrong(self, change: dict[str, Any], field: str) -> None:
        with pytest.raises(Invalid) as refused:
            read_profile(CCB.data | change)

        assert [problem.field for problem in refused.value.problems] == [field]

    def test_may_have_one_column_of_amounts_with_a_word_for_the_direction(self) -> None:
        profile = Profile(
            code="x",
            name="某银行",
            at=("日期", "时间"),
            amount="金额",
            direction="收支",
            texts=("附言",),
            account=ACCOUNT,
        )
        content = table(
            ("日期", "时间", "金额", "收支", "附言"),
            [("20140919", "140500", "1,000.00", "收入", CODE), ("20140920", "090000", "1.00", "支出", "")],
        )

        statement = reading_of(content, profile=profile)

        assert [line.amount_fen for line in statement.lines] == [1_000_00, -1_00]
        assert statement.lines[0].booked_at == at("2014-09-19 14:05:00")
        assert statement.unchecked[0] == "文件没有余额，期初与期末无从核对"

    def test_may_have_one_column_of_signed_amounts(self) -> None:
        profile = Profile(code="x", name="某银行", at=("日期",), amount="金额", texts=("附言",))
        content = table(("日期", "金额", "附言"), [("2014-09-19", "1.00", ""), ("2014-09-19", "-1.00", "")])

        assert [line.amount_fen for line in reading_of(content, profile=profile).lines] == [100, -100]

    def test_may_say_that_negative_amounts_are_reversals(self) -> None:
        content = ccb(
            [PAID, replace(PAID, fen=-PAID.fen)],
            change={2: {"借方发生额(支取)": "0.00", "贷方发生额(收入)": "-32729939.24"}},
        )

        lines = reading_of(content, profile=replace(SANDBANK, red_entries=True)).lines

        assert [(line.kind, line.amount_fen) for line in lines] == [(BOOKED, PAID.fen), (REVERSED, -PAID.fen)]

    def test_refuses_a_direction_that_contradicts_the_amount(self) -> None:
        content = icbc([PAID]).replace("贷,,".encode("gb18030"), "借,,".encode("gb18030"))

        assert only_problem(content) == (2, "借/贷", "方向是“借”，金额却在另一列")

    def test_must_be_chosen_where_two_banks_fit(self) -> None:
        content = ccb([PAID])

        with pytest.raises(Invalid, match="请选择"):
            read(content, detected(content))

    def test_is_found_by_itself_where_one_bank_fits(self) -> None:
        assert read(icbc([PAID]), detected(icbc([PAID]))).provider == ICBC.code


class TestTheSameMovement:
    def test_has_the_same_digest_in_another_file(self) -> None:
        day, month = reading_of(ccb([SENT_BACK]), account=ACCOUNT), reading_of(ccb([SENT_BACK, PAID]), account=ACCOUNT)

        assert day.lines[0].digest == month.lines[0].digest

    def test_has_another_digest_in_another_account_or_with_another_amount(self) -> None:
        one = reading_of(ccb([PAID]), account=ACCOUNT).lines[0]

        assert reading_of(ccb([PAID]), account="x").lines[0].digest != one.digest
        assert reading_of(ccb([replace(PAID, fen=1)]), account=ACCOUNT).lines[0].digest != one.digest
