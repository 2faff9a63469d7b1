"""大写 on bills and receipts, against the table of the rule and a second opinion."""

from __future__ import annotations

from typing import Any

import cn2an
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.money import Money, plain
from shared.domain.words import in_words

TABLE = {
    "0": "零元整",
    "0.05": "伍分",
    "0.50": "伍角",
    "0.55": "伍角伍分",
    "10.00": "壹拾元整",
    "10.05": "壹拾元零伍分",
    "10.50": "壹拾元零伍角",
    "325.04": "叁佰贰拾伍元零肆分",
    "1409.50": "壹仟肆佰零玖元伍角",
    "1680.32": "壹仟陆佰捌拾元零叁角贰分",
    "6007.14": "陆仟零柒元壹角肆分",
    "10001": "壹万零壹元整",
    "16409.02": "壹万陆仟肆佰零玖元零贰分",
    "100100": "壹拾万零壹佰元整",
    "107000.53": "壹拾万柒仟元零伍角叁分",
    "1010101.10": "壹佰零壹万零壹佰零壹元壹角",
    "10000001.01": "壹仟万零壹元零壹分",
    "100000001": "壹亿零壹元整",
    "100010000": "壹亿零壹万元整",
    "101000000.05": "壹亿零壹佰万元零伍分",
    "20000300.40": "贰仟万零叁佰元零肆角",
    "32729939.24": "叁仟贰佰柒拾贰万玖仟玖佰叁拾玖元贰角肆分",
    "139150.96": "壹拾叁万玖仟壹佰伍拾元零玖角陆分",
    "1710046.55": "壹佰柒拾壹万零肆拾陆元伍角伍分",
    "3601348.46": "叁佰陆拾万壹仟叁佰肆拾捌元肆角陆分",
    "24567187.25": "贰仟肆佰伍拾陆万柒仟壹佰捌拾柒元贰角伍分",
    "1000000000": "壹拾亿元整",
    "100000000000": "壹仟亿元整",
}


class TestAmountsInWords:
    @pytest.mark.parametrize(("amount", "words"), TABLE.items())
    def test_follow_the_table_of_the_rule(self, amount: str, words: str) -> None:
        assert in_words(Money.parse(amount).fen) == f"人民币{words}"

    def test_go_on_beyond_a_thousand_million(self) -> None:
        assert in_words(10**12 * 100) == "人民币壹万亿元整"
        assert in_words((10**12 + 5) * 100) == "人民币壹万亿零伍元整"
        assert in_words((10**12 + 10**8) * 100) == "人民币壹万零壹亿元整"

    @pytest.mark.parametrize("fen", [-1, 10**18])
    def test_are_refused_where_the_rule_ends(self, fen: int) -> None:
        with pytest.raises(ValueError, match="大写"):
            in_words(fen)

    @pytest.mark.parametrize("fen", [1.0, True, "1"])
    def test_are_made_from_whole_fen_only(self, fen: Any) -> None:
        with pytest.raises(TypeError):
            in_words(fen)

    @given(st.integers(1, 10**14))
    def test_agree_with_a_second_opinion(self, fen: int) -> None:
        yuan, jiao = fen // 100, fen // 10 % 10
        theirs = cn2an.an2cn(plain(fen), "rmb")
        if yuan and yuan % 10 == 0 and jiao:
            # Where the rule leaves a choice, ours says the empty 元 digit.
            theirs = theirs.replace("元", "元零")
        if yuan >= 10**8 and yuan // 10**4 % 10**4 == 0 and yuan % 10**4 >= 1000:
            # cn2an swallows a 万 group of zeros (壹亿壹仟 for 100001000); the rule wants one 零.
            theirs = theirs.replace("亿", "亿零")

        assert in_words(fen) == f"人民币{theirs}"

    @given(st.integers(1, 10**16))
    def test_never_say_a_gap_twice_or_at_an_end(self, fen: int) -> None:
        words = in_words(fen)

        assert "零零" not in words
        assert not any(f"零{unit}" in words for unit in "元万亿角分整拾佰仟")

    @given(st.integers(1, 10**16), st.integers(1, 10**16))
    def test_differ_for_different_amounts(self, one: int, other: int) -> None:
        assert (in_words(one) == in_words(other)) == (one == other)
