"""The pack and its engine against a plain reading of the published table, on projects that nobody made up by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from plain_tariff import REDUCTIONS, assess
from sample_cases import E1, E1B, E2, E3, E5, PACKS

from shared.domain.bills import draw_up
from shared.domain.facts import Facts
from shared.packs import load_pack

TARIFF = load_pack(PACKS / "hanhai").tariff

# Days on both sides of every change in the law, and any other day.
TURNS = (
    "2006-01-01",
    "2007-08-06",
    "2007-08-07",
    "2007-12-31",
    "2008-01-01",
    "2010-01-01",
    "2010-07-19",
    "2010-07-20",
    "2012-12-31",
    "2013-01-01",
    "2014-12-31",
    "2015-01-01",
    "2015-04-30",
    "2015-05-01",
    "2015-09-30",
    "2015-10-01",
    "2016-01-31",
    "2016-02-01",
    "2017-03-31",
    "2017-04-01",
    "2018-12-31",
    "2019-01-01",
    "2019-05-31",
    "2019-06-01",
    "2019-06-30",
    "2019-07-01",
    "2020-12-31",
    "2021-01-01",
    "2021-10-31",
    "2021-11-01",
    "2025-12-31",
    "2026-01-01",
)


def hundredths(most: int) -> st.SearchStrategy[str]:
    return st.integers(0, most * 100).map(lambda number: f"{number // 100}.{number % 100:02d}")


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    # Missing facts are the exception, or nothing would ever be computed.
    return st.one_of(strategy, strategy, strategy, strategy, st.none())


@st.composite
def projects(draw: st.DrawFn) -> dict[str, Any]:
    area = draw(maybe(hundredths(200_000)))
    codes = st.sampled_from([*REDUCTIONS, "COMM-CARE"])
    care = st.just("0") if area is None else hundredths(int(float(area)))
    return {
        "accepted_on": draw(
            st.one_of(st.sampled_from(TURNS), st.dates(date(2004, 1, 1), date(2026, 12, 31)).map(date.isoformat))
        ),
        "use": draw(maybe(st.sampled_from(TARIFF.use_codes))),
        "floor_area_m2": area,
        "above_ground_area_m2": draw(maybe(st.one_of(hundredths(90_000), st.sampled_from(["1999.99", "2000.00"])))),
        "ground_floor_area_m2": draw(maybe(st.one_of(hundredths(9_000), st.just("123.455")))),
        "floors": draw(maybe(st.integers(1, 14))),
        "foundation_depth_m": draw(maybe(st.sampled_from(["0.00", "2.99", "3.00", "3", "8.25"]))),
        "full_frame": draw(maybe(st.booleans())),
        "heating_connected": draw(maybe(st.booleans())),
        "gas_connected": draw(maybe(st.booleans())),
        "project_cost": draw(maybe(hundredths(10**9))),
        "contract_price": draw(
            maybe(st.one_of(hundredths(10**9), st.sampled_from(["2999999.99", "3000000.00", "0.01"])))
        ),
        "shelter_built_m2": draw(maybe(hundredths(5_000))),
        "wage_credit_grade": draw(st.sampled_from([None, "A", "A", "B", "C", "D"])),
        "wage_clean_years": draw(maybe(st.integers(0, 5))),
        "wage_arrears_last_year": draw(maybe(st.booleans())),
        "community_care_area_m2": draw(st.one_of(st.just("0"), st.none(), care)),
        "shelter_impossible": draw(maybe(st.booleans())),
        "standard_bricks": draw(st.one_of(st.none(), st.integers(0, 10**7).map(str))),
        "reductions_claimed": draw(
            st.lists(codes, max_size=4).map(lambda found: [{"code": code, "document": "样〔1〕1号"} for code in found])
        ),
    }


class TestEveryProject:
    @settings(max_examples=500, deadline=None)
    @given(projects())
    @example(E1)
    @example(E1B)
    @example(E2)
    @example(E3)
    @example(E5)
    def test_costs_what_a_plain_reading_of_the_table_says(self, project: dict[str, Any]) -> None:
        lines = TARIFF.assess(Facts.from_json(project))

        assert {line.code: (line.status.value, line.payer, line.payable_fen) for line in lines} == assess(project)

    @settings(max_examples=100, deadline=None)
    @given(projects())
    def test_has_a_line_for_every_item_whose_sum_is_the_bills(self, project: dict[str, Any]) -> None:
        lines = TARIFF.assess(Facts.from_json(project))
        bills = draw_up(lines)

        assert [line.code for line in lines] == [item.code for item in TARIFF.items]
        assert sum(bill.payable_fen for bill in bills) == sum(line.due_fen for line in lines)
        assert bills[0].payer == "developer"
        assert all(bill.payable_fen for bill in bills[1:])

    @settings(max_examples=100, deadline=None)
    @given(projects())
    def test_says_why_whatever_is_not_charged_and_which_document_says_so(self, project: dict[str, Any]) -> None:
        for line in TARIFF.assess(Facts.from_json(project)):
            assert line.payable_fen or line.reason
            assert line.documents

    @settings(max_examples=100, deadline=None)
    @given(projects())
    def test_survives_being_written_down(self, project: dict[str, Any]) -> None:
        facts = Facts.from_json(project)

        assert Facts.from_json(facts.to_json()) == facts
