"""Which money is for what: the order of the rules, what a machine may decide, and why."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain import matching
from shared.domain.matching import (
    BILL,
    PAYMENT,
    Expected,
    Incoming,
    Outcome,
    Rule,
    match,
    similarity,
    uscc_in,
)
from shared.english import translate

CODE, OTHER_CODE = "37100014000000317840", "37100014000000317858"
ISSUED = date(2014, 9, 15)
BOOKED = date(2014, 9, 19)
NAME, USCC, ACCOUNT = "瀚海市碧海置业有限公司", "91371002MA3C00011N", "6229080371000010018"


def line(key: str = "line", **facts: object) -> Incoming:
    given_facts: dict[str, object] = {"key": key, "amount_fen": 100_00, "booked_on": BOOKED, "reference": f"T-{key}"}
    return Incoming(**(given_facts | facts))  # type: ignore[arg-type]


def bill(key: str = "bill", **facts: object) -> Expected:
    given_facts: dict[str, object] = {
        "key": key,
        "kind": BILL,
        "amount_fen": 100_00,
        "first_on": ISSUED,
        "last_on": ISSUED + timedelta(days=7),
        "payment_code": CODE,
        "payer_name": NAME,
        "payer_uscc": USCC,
    }
    return Expected(**(given_facts | facts))  # type: ignore[arg-type]


def payment(key: str = "payment", **facts: object) -> Expected:
    given_facts: dict[str, object] = {
        "key": key,
        "kind": PAYMENT,
        "amount_fen": 100_00,
        "first_on": BOOKED,
        "last_on": BOOKED,
        "reference": "T-line",
        "payment_code": CODE,
        "payer_name": NAME,
        "payer_accounts": frozenset({ACCOUNT}),
    }
    return Expected(**(given_facts | facts))  # type: ignore[arg-type]


class TestAMachineMatches:
    def test_the_code_and_the_amount(self) -> None:
        (found,) = match([line(payment_code=CODE)], [bill()]).matched

        assert (found.line, found.expected, found.rule) == ("line", "bill", Rule.CODE)
        assert found.why == "缴款码一致 · 金额一致"

    def test_the_banks_own_number_of_a_payment_that_was_reported(self) -> None:
        (found,) = match([line(payment_code=CODE)], [bill(), payment()]).matched

        assert (found.expected, found.rule) == ("payment", Rule.REFERENCE)
        assert found.why == "流水号一致 · 金额一致 · 缴款码一致"

    def test_a_payer_whose_account_or_number_fits_one_bill_and_no_other(self) -> None:
        by_account = match([line(payer_account=ACCOUNT)], [bill(payer_accounts=frozenset({ACCOUNT}))])
        by_number = match([line(payer_uscc=USCC)], [bill()])

        assert [each.rule for each in (*by_account.matched, *by_number.matched)] == [Rule.PAYER, Rule.PAYER]
        assert by_account.matched[0].why == "对方账号一致 · 金额一致 · 在缴款期限内"
        assert by_number.matched[0].why == "统一社会信用代码一致 · 金额一致 · 在缴款期限内"

    def test_each_code_before_any_payer(self) -> None:
        """The first line would take the bill by its payer's number, if the second had not its code."""
        found = match([line("a", payer_uscc=USCC), line("b", payment_code=CODE)], [bill()])

        assert [(each.line, each.expected) for each in found.matched] == [("b", "bill")]
        assert [each.line for each in found.open_lines] == ["a"]

    def test_the_earlier_of_two_lines_for_one_bill_and_leaves_the_other(self) -> None:
        later = line("a", payment_code=CODE, booked_on=BOOKED + timedelta(days=1))
        earlier = line("b", payment_code=CODE)

        found = match([later, earlier], [bill()])

        assert [each.line for each in found.matched] == ["b"]
        assert [(each.line, each.outcome) for each in found.open_lines] == [("a", Outcome.CHANNEL_ONLY)]

    def test_two_part_payments_of_one_bill_each_once(self) -> None:
        parts = [payment("p1", reference=""), payment("p2", reference="", first_on=BOOKED + timedelta(days=1))]
        lines = [line("a", payment_code=CODE), line("b", payment_code=CODE, booked_on=BOOKED + timedelta(days=1))]

        assert [(each.line, each.expected) for each in match(lines, parts).matched] == [("a", "p1"), ("b", "p2")]

    def test_money_that_went_out_with_money_that_was_sent_back(self) -> None:
        out = payment(amount_fen=-100_00, reference="R1", payment_code="")

        assert match([line(amount_fen=-100_00, reference="R1")], [out]).matched[0].expected == "payment"
        assert match([line(amount_fen=100_00, reference="R1")], [out]).matched == ()


class TestAMachineDoesNotMatch:
    @pytest.mark.parametrize(
        ("lines", "expected"),
        [
            ([line(payer_uscc=USCC)], [bill("a"), bill("b")]),
            ([line("a", payer_uscc=USCC), line("b", payer_uscc=USCC)], [bill()]),
            ([line(payer_name=NAME)], [bill()]),
            ([line(payer_uscc=USCC, payment_code=OTHER_CODE)], [bill()]),
            ([line(payer_uscc=USCC, booked_on=ISSUED - timedelta(days=1))], [bill()]),
            ([line(payer_uscc=USCC, amount_fen=99_99)], [bill()]),
            ([line(payment_code=CODE, amount_fen=99_99)], [bill()]),
            ([line(payment_code=CODE, is_done=False)], [bill()]),
            ([line(payment_code=CODE)], [bill(is_open=False)]),
            ([line(amount_fen=200_00, payer_uscc=USCC)], [bill("a"), bill("b")]),
        ],
    )
    def test_what_could_be_otherwise(self, lines: list[Incoming], expected: list[Expected]) -> None:
        assert match(lines, expected).matched == ()

    def test_a_code_that_two_bills_have(self) -> None:
        found = match([line(payment_code=CODE)], [bill("a"), bill("b")])

        assert found.matched == ()
        assert [each.expected for each in found.open_lines[0].candidates] == [("a",), ("b",)]


class TestAPersonIsShown:
    def test_the_bill_whose_amount_differs(self) -> None:
        (found,) = match([line(payment_code=CODE, amount_fen=90_00)], [bill()]).open_lines

        assert found.outcome == Outcome.AMOUNT_DIFFERS
        assert found.candidates[0].difference_fen == -10_00
        assert found.candidates[0].why == "缴款码一致 · 金额少 10.00"

    def test_the_bill_whose_state_differs(self) -> None:
        (found,) = match([line(payment_code=CODE)], [bill(is_open=False, state_name="已作废")]).open_lines

        assert found.outcome == Outcome.STATE_DIFFERS
        assert found.candidates[0].why == "缴款码一致 · 金额一致 · 状态不符：已作废"

    def test_the_refund_that_the_channel_has_not_finished(self) -> None:
        (found,) = match([line(is_done=False)], [payment()]).open_lines

        assert (found.outcome, found.candidates[0].why) == (
            Outcome.STATE_DIFFERS,
            "流水号一致 · 金额一致 · 渠道尚未完成",
        )

    def test_the_payer_whose_name_is_like(self) -> None:
        (found,) = match([line(payer_name="瀚海市碧海置业发展有限公司（基本户）")], [bill()]).open_lines

        candidate = found.candidates[0]
        assert candidate.rule == Rule.NAME
        assert candidate.why.startswith("金额一致 · 户名相似 ")
        assert candidate.why.endswith(" % · 在缴款期限内")

    def test_the_payer_whose_name_is_the_same_but_for_its_spelling(self) -> None:
        (found,) = match(
            [line(payer_name=" 瀚海市碧海置业有限责任公司", booked_on=ISSUED + timedelta(days=8))], [bill()]
        ).open_lines

        assert found.candidates[0].why == "金额一致 · 户名一致 · 日期差 1 天"

    def test_nobody_outside_the_window(self) -> None:
        late = ISSUED + timedelta(days=7 + matching.WINDOW_DAYS + 1)

        assert match([line(payer_name=NAME, booked_on=late)], [bill()]).open_lines[0].candidates == ()

    def test_the_amount_alone_after_everything_else(self) -> None:
        (found,) = match([line(payer_name="某人")], [bill()]).open_lines

        assert [(each.rule, each.why) for each in found.candidates] == [(Rule.AMOUNT, "金额一致 · 在缴款期限内")]

    def test_several_bills_of_one_payer_that_add_up(self) -> None:
        bills = [bill("a", amount_fen=30_00), bill("b", amount_fen=70_00), bill("c", amount_fen=50_00)]

        (found,) = match([line(payer_uscc=USCC)], bills).open_lines

        assert [(each.rule, each.expected) for each in found.candidates] == [(Rule.SUBSET, ("a", "b"))]
        assert found.candidates[0].why == "统一社会信用代码一致 · 2 张缴费单合计一致"

    def test_several_lines_of_one_payer_that_add_up(self) -> None:
        lines = [line("a", amount_fen=30_00, payer_name=NAME), line("b", amount_fen=70_00, payer_name=NAME)]

        found = match(lines, [bill()]).open_lines

        assert [each.candidates[0].lines for each in found] == [("a", "b"), ("a", "b")]
        assert found[0].candidates[0].why == "户名一致 · 2 笔流水合计一致"

    def test_no_more_than_five_bills_at_once(self) -> None:
        six = [bill(str(number), amount_fen=10_00) for number in range(6)]

        assert match([line(amount_fen=60_00, payer_uscc=USCC)], six).open_lines[0].candidates == ()
        assert len(match([line(amount_fen=50_00, payer_uscc=USCC)], six).open_lines[0].candidates) == 5

    def test_only_what_nothing_else_took(self) -> None:
        lines = [line("a", payment_code=CODE), line("b", payer_name=NAME)]

        found = match(lines, [bill("x"), bill("y", payment_code=OTHER_CODE)])

        assert [each.expected for each in found.matched] == ["x"]
        assert [each.expected for each in found.open_lines[0].candidates] == [("y",)]


class TestWhatIsMissing:
    def test_is_a_payment_that_the_bank_does_not_know(self) -> None:
        assert [each.key for each in match([], [payment()]).missing] == ["payment"]

    def test_is_no_bill_that_nobody_has_paid(self) -> None:
        assert match([], [bill()]).missing == ()

    def test_is_no_payment_that_stands_beside_another_amount(self) -> None:
        found = match([line(amount_fen=90_00)], [payment()])

        assert found.missing == ()
        assert found.open_lines[0].outcome == Outcome.AMOUNT_DIFFERS


class TestAReason:
    @pytest.mark.parametrize(
        ("lines", "expected"),
        [
            ([line(payment_code=CODE)], [bill(), payment()]),
            ([line("a", payment_code=CODE), line("b", payment_code=CODE)], [bill()]),
            ([line(payer_uscc=USCC)], [bill("a"), bill("b")]),
            ([line(payer_account="9", payment_code=OTHER_CODE)], [bill(payer_accounts=frozenset({"9"}))]),
            ([line(payment_code=CODE, amount_fen=90_00)], [bill()]),
            ([line(payment_code=CODE, amount_fen=110_00)], [bill()]),
            ([line(payment_code=CODE)], [bill(is_open=False)]),
            ([line(is_done=False)], [payment()]),
            ([line(payment_code=CODE)], [payment(reference="other")]),
            ([line(payer_name=f"{NAME}一")], [bill(), payment(reference="", payment_code=OTHER_CODE)]),
            ([line(payer_name=NAME, booked_on=BOOKED + timedelta(days=5))], [bill()]),
            ([line(payer_uscc=USCC)], [bill("a", amount_fen=30_00), bill("b", amount_fen=70_00)]),
            ([line("a", amount_fen=30_00, payer_name=NAME), line("b", amount_fen=70_00, payer_name=NAME)], [bill()]),
            ([line()], []),
        ],
    )
    def test_is_known_in_english(self, lines: list[Incoming], expected: list[Expected]) -> None:
        found = match(lines, expected)
        said = [*found.matched, *found.open_lines, *(one for each in found.open_lines for one in each.candidates)]

        reasons = [reason for each in said for reason in each.why.split(" · ")]

        assert reasons
        assert [reason for reason in reasons if not translate(reason).isascii()] == []


class TestNames:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (NAME, " 瀚海市碧海置业有限责任公司 "),
            ("瀚海建工（集团）有限公司", "瀚海建工(集团)有限公司"),
            ("ＡＢＣ置业有限公司", "abc置业有限公司"),
            ("瀚海 碧海 置业", "瀚海碧海置业"),
            ("欧阳·娜娜", "欧阳娜娜"),
        ],
    )
    def test_are_the_same_however_they_are_spelt(self, one: str, other: str) -> None:
        assert similarity(one, other) == 100

    def test_are_not_alike_for_their_ending(self) -> None:
        assert similarity("瀚海有限公司", "东山有限公司") == 0
        assert similarity("甲乙丙丁股份有限公司", "甲乙丙丁有限公司") < 100

    def test_are_not_alike_when_there_is_none(self) -> None:
        assert similarity("", "") == similarity("", NAME) == similarity("有限公司", "有限公司") == 0

    @given(st.text(max_size=20), st.text(max_size=20))
    def test_are_as_alike_one_way_as_the_other(self, one: str, other: str) -> None:
        assert similarity(one, other) == similarity(other, one)
        assert 0 <= similarity(one, other) <= 100

    def test_of_two_people_differ(self) -> None:
        assert similarity("张三丰", "张三") < matching.SIMILAR_PERCENT


class TestACreditCode:
    def test_is_found_among_the_words(self) -> None:
        assert uscc_in(f"付款人{USCC}，配套费") == USCC

    @pytest.mark.parametrize("text", ["", "91371002MA3C00011X", f"1{USCC}", f"{USCC} 91370200MA3D000208"])
    def test_is_none_unless_exactly_one_is_right(self, text: str) -> None:
        assert uscc_in(text) == ""


AMOUNTS = st.sampled_from([10_00, 20_00, 30_00, 50_00])
SOME_CODES = st.sampled_from(["", CODE, OTHER_CODE])
NAMES = st.sampled_from(["", NAME, "瀚海建工集团有限公司", "瀚海建工集团有限责任公司"])
USCCS = st.sampled_from(["", USCC, "91370200MA3D000208"])
ACCOUNTS = st.sampled_from(["", ACCOUNT, "1"])
REFERENCES = st.sampled_from(["", "T1", "T2"])
DATES = st.dates(ISSUED - timedelta(days=20), ISSUED + timedelta(days=40))
LINES = st.lists(
    st.builds(
        Incoming,
        key=st.uuids().map(str),
        amount_fen=AMOUNTS,
        booked_on=DATES,
        reference=REFERENCES,
        payment_code=SOME_CODES,
        payer_name=NAMES,
        payer_account=ACCOUNTS,
        payer_uscc=USCCS,
        is_done=st.booleans(),
    ),
    max_size=7,
    unique_by=lambda each: each.key,
)
EXPECTED = st.lists(
    st.builds(
        lambda first_on, **facts: Expected(first_on=first_on, last_on=first_on + timedelta(days=7), **facts),
        first_on=DATES,
        key=st.uuids().map(str),
        kind=st.sampled_from([BILL, PAYMENT]),
        amount_fen=AMOUNTS,
        reference=REFERENCES,
        payment_code=SOME_CODES,
        payer_name=NAMES,
        payer_uscc=USCCS,
        payer_accounts=ACCOUNTS.map(lambda account: frozenset({account} - {""})),
        is_open=st.booleans(),
    ),
    max_size=7,
    unique_by=lambda each: each.key,
)


class TestWhateverComes:
    @settings(max_examples=60)
    @given(LINES, EXPECTED)
    def test_nothing_is_matched_twice_and_nothing_is_lost(
        self, lines: list[Incoming], expected: list[Expected]
    ) -> None:
        found = match(lines, expected)

        taken = Counter(each.expected for each in found.matched)
        placed = Counter([each.line for each in found.matched] + [each.line for each in found.open_lines])
        assert not taken or max(taken.values()) == 1
        assert placed == Counter(each.key for each in lines)
        offered = {key for each in found.open_lines for one in each.candidates for key in one.expected}
        assert not offered & taken.keys()
        named = taken.keys() | offered | {each.key for each in found.missing}
        assert {each.key for each in expected if each.kind == PAYMENT and each.is_open} <= named

    @settings(max_examples=60)
    @given(LINES, EXPECTED)
    def test_a_machine_matches_only_equal_amounts_by_a_number(
        self, lines: list[Incoming], expected: list[Expected]
    ) -> None:
        by_line, by_expected = {each.key: each for each in lines}, {each.key: each for each in expected}

        for each in match(lines, expected).matched:
            one, other = by_line[each.line], by_expected[each.expected]
            assert one.amount_fen == other.amount_fen
            assert one.is_done
            assert other.is_open
            match each.rule:
                case Rule.REFERENCE:
                    assert one.reference == other.reference != ""
                case Rule.CODE:
                    assert one.payment_code == other.payment_code != ""
                case Rule.PAYER:
                    assert one.payment_code == ""
                    assert one.payer_account in other.payer_accounts or one.payer_uscc == other.payer_uscc != ""
                case rule:
                    raise AssertionError(f"a machine decided by {rule}")

    @settings(max_examples=40)
    @given(LINES, EXPECTED)
    def test_candidates_add_up_or_say_by_how_much_they_do_not(
        self, lines: list[Incoming], expected: list[Expected]
    ) -> None:
        by_line, by_expected = {each.key: each for each in lines}, {each.key: each for each in expected}

        for open_line in match(lines, expected).open_lines:
            for each in open_line.candidates:
                paid = sum(by_line[key].amount_fen for key in each.lines)
                owed = sum(by_expected[key].amount_fen for key in each.expected)
                assert paid - owed == each.difference_fen
                assert open_line.line in each.lines
                assert len(each.expected) <= matching.SUBSET_MAX

    @settings(max_examples=20)
    @given(LINES.map(lambda lines: lines[:4]), EXPECTED.map(lambda expected: expected[:4]))
    def test_the_order_in_which_it_comes_does_not_matter(self, lines: list[Incoming], expected: list[Expected]) -> None:
        first = match(lines, expected)

        for one, other in zip(permutations(lines), permutations(expected), strict=False):
            assert match(one, other) == first
