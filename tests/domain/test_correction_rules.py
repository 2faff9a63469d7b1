"""Corrections: what may be asked for, what is merged, what a change touches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest
from sample_cases import E1

from shared.domain.corrections import (
    ASKABLE_FACTS,
    Request,
    changed_facts,
    changed_lines,
    everybody_has_spoken,
    is_touched,
    is_window_over,
    may_ask,
    merged,
    request_problems,
    told_apart,
)
from shared.domain.fact_words import in_words
from shared.packs import Pack, load_pack
from shared.settings import settings


@dataclass(frozen=True)
class Row:
    kind: str
    target: str
    unit: str


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack(settings().packs_dir / "hanhai")


class TestARequest:
    def test_can_ask_for_every_fact_but_those_of_the_office(self) -> None:
        assert {"case", "accepted_on"} & set(ASKABLE_FACTS) == set()
        for name in ASKABLE_FACTS:
            assert request_problems(Request("fact", name, "错", "第一条", "更正"), "x", materials=()) == ()

    def test_is_tidied_before_it_is_judged(self) -> None:
        blank = Request("paper", " survey ", "\u3000", " 第一条", "补交\n").tidied()
        assert blank == Request("paper", "survey", "", "第一条", "补交")
        assert [each.field for each in request_problems(blank, "x", materials=("survey",))] == ["x.reason"]

    def test_may_be_new_only_as_long_as_nothing_was_sent(self) -> None:
        request = Request("paper", "survey", "缺", "第一条", "补")
        assert may_ask(request, before=())
        assert may_ask(request, before=(("paper", "survey"), ("fact", "floors")))
        assert not may_ask(request, before=(("fact", "survey"),))


class TestMerging:
    def test_keeps_one_of_each_target_in_the_order_asked(self) -> None:
        rows = [Row("fact", "floors", "a"), Row("paper", "floors", "b"), Row("fact", "floors", "c")]
        assert merged(rows) == ((rows[0], rows[2]), (rows[1],))
        assert merged([]) == ()

    def test_says_once_what_all_say_and_names_who_says_otherwise(self) -> None:
        assert told_apart([("甲", "缺页"), ("乙", "缺页")]) == "缺页"
        assert told_apart([("甲", "缺页"), ("乙", "未签章"), ("丙", "缺页")]) == "甲、丙：缺页；乙：未签章"


class TestAWindow:
    def test_is_over_when_its_last_day_is(self) -> None:
        last = date(2014, 9, 16)
        assert not is_window_over(last, last)
        assert is_window_over(last, date(2014, 9, 17))

    def test_needs_to_wait_for_nobody_when_all_have_spoken(self) -> None:
        assert everybody_has_spoken({"a", "b"}, {"a", "b", "c"})
        assert not everybody_has_spoken({"a", "b"}, {"a"})
        assert everybody_has_spoken(set(), set())


class TestAChange:
    def test_of_an_equal_number_is_none(self, pack: Pack) -> None:
        before = pack.facts(E1)
        assert changed_facts(before, pack.facts({**E1, "floor_area_m2": "86432.1800"})) == ()
        assert changed_facts(before, pack.facts({**E1, "floors": 17, "project_name": "乙"})) == (
            "project_name",
            "floors",
        )

    def test_touches_the_matters_that_look_at_it(self, pack: Pack) -> None:
        def touched(**changed: tuple[str, ...]) -> set[str]:
            given = {"materials": (), "facts": (), **changed}
            return {matter.code for matter in pack.matters if is_touched(matter, **given)}

        assert touched() == set()
        assert touched(facts=("ground_floor_area_m2",)) == {"zr-planning", "rf-shelter"}
        assert touched(materials=("contract",)) == {"rs-wages"}
        assert touched(facts=("project_name",)) == set()

    def test_recomputes_exactly_the_lines_that_come_out_differently(self, pack: Pack) -> None:
        before = pack.facts(E1)

        def lines(**changes: object) -> tuple[str, ...]:
            return changed_lines(pack.tariff, before, pack.facts({**E1, **changes}))

        assert lines() == ()
        assert lines(project_name="乙") == ()
        assert lines(ground_floor_area_m2="6102.45") == ("RFY",)
        assert lines(contract_price="158640000.01") == ("GZB",)


class TestAFactInWords:
    @pytest.mark.parametrize(
        ("name", "value", "words"),
        [
            ("floor_area_m2", "86432.18", "86,432.18平方米"),
            ("project_cost", "158640000.00", "158,640,000.00元"),
            ("floors", 18, "18层"),
            ("full_frame", True, "是"),
            ("gas_connected", False, "否"),
            ("use", "residential_sale", "商品住宅"),
            ("use", "castle", "castle"),
            ("project_name", "䶮", "䶮"),
            ("contract_signed_on", None, "未填"),
            ("reductions_claimed", [], "未填"),
            ("reductions_claimed", [{"code": "AFF", "document": "甲1号"}], "保障房（甲1号）"),
            ("developer", {"name": "甲公司", "uscc": "91371002MA3C00011N"}, "甲公司（91371002MA3C00011N）"),
            ("floor_area_m2", "很大", "很大平方米"),
        ],
    )
    def test_reads_as_people_write_it(self, name: str, value: object, words: str) -> None:
        assert in_words(name, value, {"residential_sale": "商品住宅", "AFF": "保障房"}) == words
