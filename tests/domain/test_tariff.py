"""The sample city's fees: the worked examples exactly, and each sentence of the published table at its edges."""

from __future__ import annotations

from typing import Any

import pytest
from sample_cases import E1, E1_PAYABLE, E2, E2_PAYABLE, E3, E3_PAYABLE, E5, E5_PAYABLE, PACKS

from shared.domain.errors import Invalid, NotFound
from shared.domain.facts import Facts
from shared.domain.lines import Line, LineStatus, waived
from shared.domain.money import plain
from shared.domain.words import in_words
from shared.packs import load_pack

PACK = load_pack(PACKS / "hanhai")
TARIFF = PACK.tariff


def claim(*codes: str) -> list[dict[str, str]]:
    return [{"code": code, "document": f"瀚文〔2020〕{number}号"} for number, code in enumerate(codes, start=1)]


def lines(**changes: Any) -> dict[str, Line]:
    return {line.code: line for line in TARIFF.assess(Facts.from_json(E1 | changes))}


def line(code: str, **changes: Any) -> Line:
    found = lines(**changes)[code]
    assert found == TARIFF.assess_item(code, Facts.from_json(E1 | changes))
    return found


class TestTheWorkedExamples:
    @pytest.mark.parametrize(
        ("case", "payable", "words"),
        [
            (E1, E1_PAYABLE, "人民币叁仟贰佰柒拾贰万玖仟玖佰叁拾玖元贰角肆分"),
            (E2, E2_PAYABLE, "人民币壹佰柒拾壹万零肆拾陆元伍角伍分"),
            (E3, E3_PAYABLE, "人民币叁佰陆拾万壹仟叁佰肆拾捌元肆角陆分"),
            (E5, E5_PAYABLE, "人民币贰仟肆佰伍拾陆万柒仟壹佰捌拾柒元贰角伍分"),
        ],
        ids=["E1", "E2", "E3", "E5"],
    )
    def test_come_out_to_the_fen(self, case: dict[str, Any], payable: dict[str, int], words: str) -> None:
        found = lines(**case)

        assert {code: each.payable_fen for code, each in found.items()} == payable
        assert in_words(sum(each.due_fen for each in found.values())) == words

    def test_show_how_each_line_was_computed(self) -> None:
        assert {code: each.formula for code, each in lines().items()} == {
            "PTF": "86,432.18 × (170.00 + 55.00 + 30.00) = 22,040,205.90",
            "XQJ": "86,432.18 × 10.00 = 864,321.80",
            "YLB": "158,640,000.00 × 2.6% = 4,124,640.00",
            "GZB": "158,640,000.00 × 2.0% = 3,172,800.00",
            "JTJ": "86,432.18 × 2.00 = 172,864.36",
            "RFY": "(6,012.45 − 4,500.00) × 1,500.00 = 2,268,675.00",
            "SNZ": "86,432.18 × 1.00 = 86,432.18",
        }

    def test_show_quantity_rate_and_what_they_are_made_of(self) -> None:
        found = line("PTF")

        assert (str(found.quantity), found.unit, found.basis) == ("86432.18", "m²", "建筑面积")
        assert (found.rate_text, found.rate_unit, found.composition) == ("255.00", "元/m²", "170+55+30")
        assert (found.version, found.documents, found.legal_basis) == (
            "v1",
            ("瀚政发〔2002〕41号",),
            "瀚政发〔2002〕41号",
        )
        assert (line("RFY").basis, line("YLB").rate_text, line("YLB").rate_unit) == ("6,012.45－4,500.00", "2.6", "%")

    def test_keep_the_lines_that_cost_nothing_with_their_reasons(self) -> None:
        found = lines(**E3)

        for code in ("PTF", "XQJ", "JTJ", "RFY", "SNZ"):
            assert found[code].status is LineStatus.EXEMPT
            assert "AFF" in found[code].reason
            assert {"国发〔2007〕24号", "国办发〔2011〕45号", "瀚住建保〔2015〕3号"} <= set(found[code].documents)
        assert plain(found["PTF"].gross_fen) == "10507366.80"
        assert found["PTF"].reduction_fen == found["PTF"].gross_fen

    def test_say_which_lines_a_claim_does_not_reach(self) -> None:
        found = lines(**E3)

        for code in ("YLB", "GZB"):
            assert found[code].status is LineStatus.PAYABLE
            assert [each.code for each in found[code].refused_claims] == ["AFF"]
            assert "AFF 未采用：保障性安居工程不减免" in found[code].explanation


class TestVersions:
    @pytest.mark.parametrize(
        ("code", "day", "version"),
        [
            ("XQJ", "2007-12-31", None),
            ("XQJ", "2008-01-01", "v1"),
            ("XQJ", "2017-03-31", "v1"),
            ("XQJ", "2017-04-01", None),
            ("YLB", "2018-12-31", "v1"),
            ("YLB", "2019-01-01", None),
            ("GZB", "2005-12-31", None),
            ("GZB", "2015-04-30", "v1"),
            ("GZB", "2015-05-01", "v2"),
            ("GZB", "2021-10-31", "v2"),
            ("GZB", "2021-11-01", "v3"),
            ("JTJ", "2009-12-31", None),
            ("JTJ", "2016-01-31", "v1"),
            ("JTJ", "2016-02-01", None),
            ("SNZ", "2015-09-30", "v1"),
            ("SNZ", "2015-10-01", "v2"),
            ("SNZ", "2016-01-31", "v2"),
            ("SNZ", "2016-02-01", None),
            ("RFY", "2020-12-31", "v1"),
            ("PTF", "2026-11-20", "v1"),
        ],
    )
    def test_change_with_the_day_of_acceptance(self, code: str, day: str, version: str | None) -> None:
        found = line(code, accepted_on=day, wage_credit_grade="A")

        assert found.version == version
        assert (found.status is LineStatus.NOT_IN_FORCE) == (version is None)

    @pytest.mark.parametrize(
        ("code", "day", "reason", "document"),
        [
            ("JTJ", "2016-05-18", "自2016年2月1日起停征", "财税〔2016〕11号"),
            ("SNZ", "2016-05-18", "自2016年2月1日起停征", "财税〔2016〕11号"),
            ("XQJ", "2018-01-02", "自2017年4月1日起停征", "财税〔2017〕18号"),
            ("YLB", "2020-01-02", "自2019年1月1日起停征", "鲁建建管字〔2018〕17号"),
            ("JTJ", "2008-05-05", "自2010年1月1日起执行", "瀚价发〔2009〕37号"),
        ],
    )
    def test_that_are_not_in_force_say_since_when_and_by_which_document(
        self, code: str, day: str, reason: str, document: str
    ) -> None:
        found = line(code, accepted_on=day, reductions_claimed=claim("AFF"))

        assert (found.reason, found.reason_note, found.documents) == (reason, "受理日不在执行期内", (document,))
        assert (found.payable_fen, found.refused_claims) == (0, ())

    def test_can_be_fixed_for_a_later_settlement(self) -> None:
        later = Facts.from_json(E1 | {"accepted_on": "2020-06-01"})

        assert TARIFF.assess_item("SNZ", later, version="v1").payable_fen == E1_PAYABLE["SNZ"]
        with pytest.raises(NotFound, match="v9"):
            TARIFF.assess_item("SNZ", later, version="v9")

    def test_of_bulk_cement_became_cheaper(self) -> None:
        assert line("SNZ", accepted_on="2015-10-01").rate_text == "0.80"
        assert line("SNZ", accepted_on="2015-10-01", full_frame=False).rate_text == "1.20"


class TestInfrastructure:
    @pytest.mark.parametrize(
        ("heating", "gas", "rate"), [(True, True, "255.00"), (True, False, "225.00"), (False, True, "200.00")]
    )
    def test_adds_what_is_connected(self, heating: bool, gas: bool, rate: str) -> None:
        assert line("PTF", heating_connected=heating, gas_connected=gas).rate_text == rate

    def test_alone_is_the_main_rate(self) -> None:
        found = line("PTF", heating_connected=False, gas_connected=False)

        assert (found.rate_text, found.composition) == ("170.00", "主体")

    @pytest.mark.parametrize("use", ["industrial_workshop", "warehouse"])
    def test_costs_workshops_and_stores_nothing_whatever_is_not_stated(self, use: str) -> None:
        found = line("PTF", use=use, heating_connected=None, gas_connected=None, floor_area_m2=None)

        assert (found.status, found.quantity) == (LineStatus.ZERO, None)

    def test_leaves_out_the_area_for_community_care(self) -> None:
        found = line("PTF", accepted_on="2020-06-01", community_care_area_m2="432.18")

        assert (str(found.quantity), plain(found.payable_fen)) == ("86000.00", "21930000.00")
        assert found.formula.startswith("(86,432.18 − 432.18) × ")
        assert "财政部公告2019年第76号" in found.documents
        assert found.reduction_code == "COMM-CARE"

    def test_is_exempt_where_all_of_it_is_community_care(self) -> None:
        found = line("PTF", accepted_on="2020-06-01", community_care_area_m2="86432.18")

        assert (found.status, found.payable_fen) == (LineStatus.EXEMPT, 0)

    @pytest.mark.parametrize("day", ["2019-05-31", "2026-01-05"])
    def test_counts_community_care_outside_its_years_and_says_so(self, day: str) -> None:
        found = line("PTF", accepted_on=day, community_care_area_m2="432.18")

        assert plain(found.payable_fen) == "22040205.90"
        assert [each.code for each in found.refused_claims] == ["COMM-CARE"]
        assert "2019-06-01 至 2025-12-31" in found.explanation

    @pytest.mark.parametrize("day", ["2019-06-01", "2025-12-31"])
    def test_leaves_it_out_on_the_first_and_the_last_day(self, day: str) -> None:
        assert str(line("PTF", accepted_on=day, community_care_area_m2="432.18").quantity) == "86000.00"


class TestWallMaterial:
    @pytest.mark.parametrize("area", [None, "86432.18"])
    def test_counts_bricks_where_they_are_stated_because_the_area_cannot_be_used(self, area: str | None) -> None:
        found = line("XQJ", floor_area_m2=area, standard_bricks="1234567")

        assert (plain(found.payable_fen), found.unit, found.basis) == ("61728.35", "块", "标准砖用量")
        assert "建筑面积不能作为计费依据" in found.reason

    @pytest.mark.parametrize("bricks", [None, "0"])
    def test_counts_the_area_otherwise(self, bricks: str | None) -> None:
        assert line("XQJ", standard_bricks=bricks).payable_fen == E1_PAYABLE["XQJ"]

    def test_needs_one_of_them(self) -> None:
        assert line("XQJ", floor_area_m2=None).missing == ("floor_area_m2",)


class TestWageDeposit:
    @pytest.mark.parametrize(
        ("grade", "years", "payable"),
        [
            ("A", 0, "1586400.00"),
            ("A", 2, "1586400.00"),
            (None, 9, "1586400.00"),
            ("B", 9, "1903680.00"),
            ("C", 9, "2379600.00"),
            ("D", 9, "3172800.00"),
            ("A", 3, "0.00"),
        ],
    )
    def test_follows_the_credit_grade_from_2015(self, grade: str | None, years: int, payable: str) -> None:
        found = line("GZB", accepted_on="2015-05-01", wage_credit_grade=grade, wage_clean_years=years)

        assert plain(found.payable_fen) == payable
        assert found.status is (LineStatus.ZERO if payable == "0.00" else LineStatus.PAYABLE)
        assert found.payer == "developer"

    def test_asks_for_the_clean_years_of_grade_a_only(self) -> None:
        assert line("GZB", accepted_on="2016-05-18", wage_clean_years=None, wage_credit_grade="A").missing == (
            "wage_clean_years",
        )
        assert not line("GZB", accepted_on="2016-05-18", wage_clean_years=None, wage_credit_grade="B").missing

    def test_is_the_contractors_from_november_2021(self) -> None:
        found = line("GZB", accepted_on="2021-11-01", wage_credit_grade="D")

        assert (found.payer, plain(found.payable_fen), found.basis) == ("contractor", "2379600.00", "施工合同额")

    @pytest.mark.parametrize(
        ("price", "arrears", "status"),
        [
            ("2999999.99", False, LineStatus.ZERO),
            ("2999999.99", True, LineStatus.PAYABLE),
            ("2999999.99", None, LineStatus.NEEDS_FACTS),
            ("3000000.00", False, LineStatus.PAYABLE),
            ("3000000.00", None, LineStatus.PAYABLE),
            (None, True, LineStatus.NEEDS_FACTS),
        ],
    )
    def test_is_nothing_for_small_contracts_without_arrears(
        self, price: str | None, arrears: bool | None, status: LineStatus
    ) -> None:
        found = line("GZB", accepted_on="2024-02-02", contract_price=price, wage_arrears_last_year=arrears)

        assert (found.status, found.payer) == (status, "contractor")


class TestPriceAdjustment:
    @pytest.mark.parametrize(
        "use", ["residential_sale", "commercial", "hotel", "office", "elderly_forprofit", "medical_forprofit"]
    )
    def test_counts_what_is_sold_or_run_for_profit(self, use: str) -> None:
        assert line("JTJ", use=use).payable_fen == E1_PAYABLE["JTJ"]

    @pytest.mark.parametrize(
        "use",
        [
            "affordable_housing",
            "industrial_workshop",
            "warehouse",
            "school",
            "medical_nonprofit",
            "elderly_nonprofit",
            "public_other",
        ],
    )
    def test_is_zero_for_the_others(self, use: str) -> None:
        assert line("JTJ", use=use).status is LineStatus.ZERO


SMALL = {"use": "office", "floors": 3, "foundation_depth_m": "1.50", "shelter_built_m2": "0"}


class TestAirDefence:
    @pytest.mark.parametrize("use", ["industrial_workshop", "warehouse"])
    def test_does_not_concern_industry(self, use: str) -> None:
        found = line("RFY", use=use, floors=None, foundation_depth_m=None, reductions_claimed=claim("TEMP"))

        assert (found.status, found.quantity) == (LineStatus.NOT_APPLICABLE, None)

    @pytest.mark.parametrize(
        ("changes", "quantity"),
        [
            ({"floors": 9, "foundation_depth_m": "2.99"}, "2370.00"),
            ({"floors": 10, "foundation_depth_m": "2.99"}, "6012.45"),
            ({"floors": 10, "foundation_depth_m": None}, "6012.45"),
            ({"floors": 9, "foundation_depth_m": "3"}, "6012.45"),
            ({"floors": None, "foundation_depth_m": "3.00"}, "6012.45"),
            ({"use": "affordable_housing", "floors": None, "foundation_depth_m": None}, "6012.45"),
            ({"above_ground_area_m2": "2000.00"}, "60.00"),
            ({"above_ground_area_m2": "2000.50"}, "60.02"),
            ({"above_ground_area_m2": "2000.49"}, "60.01"),
        ],
    )
    def test_requires_the_ground_floor_or_a_share_of_the_building(self, changes: dict[str, Any], quantity: str) -> None:
        assert str(line("RFY", **(SMALL | changes)).quantity) == quantity

    def test_requires_nothing_of_small_buildings(self) -> None:
        found = line("RFY", **(SMALL | {"above_ground_area_m2": "1999.99", "shelter_built_m2": None}))

        assert (found.status, found.payable_fen) == (LineStatus.ZERO, 0)
        assert "2000平方米" in found.reason

    @pytest.mark.parametrize("built", ["6012.45", "7000.00"])
    def test_is_zero_where_all_of_it_is_built(self, built: str) -> None:
        found = line("RFY", shelter_built_m2=built)

        assert (found.status, str(found.quantity)) == (LineStatus.ZERO, "0.00")
        assert found.reason == "应建面积已全部建成"

    def test_names_the_facts_that_would_decide(self) -> None:
        found = line("RFY", use="office", floors=None, foundation_depth_m=None)

        assert (found.status, found.missing) == (LineStatus.NEEDS_FACTS, ("floors", "foundation_depth_m"))
        assert "floors" in found.reason

    def test_is_collected_by_the_tax_office_from_2021(self) -> None:
        found = line("RFY", accepted_on="2021-01-01")

        assert found.status is LineStatus.COLLECTED_ELSEWHERE
        assert (plain(found.payable_fen), found.due_fen) == ("2268675.00", 0)
        assert "税务部门" in found.reason
        assert "财税〔2020〕58号" in found.documents
        assert line("RFY", accepted_on="2020-12-31").status is LineStatus.PAYABLE

    @pytest.mark.parametrize(
        ("care", "quantity"),
        [
            ("8643.218", "911.20"),  # a tenth of the building: 6012.45 − 601.245 rounded half-up to 601.25
            ("86432.18", "0.00"),
        ],
    )
    def test_shrinks_with_community_care_where_a_shelter_is_impossible(self, care: str, quantity: str) -> None:
        changes = {"accepted_on": "2020-06-01", "community_care_area_m2": care}

        assert str(line("RFY", **changes, shelter_impossible=True).quantity) == quantity

    def test_does_not_shrink_where_a_shelter_is_possible(self) -> None:
        found = line("RFY", accepted_on="2020-06-01", community_care_area_m2="8643.218", shelter_impossible=False)

        assert (str(found.quantity), [each.code for each in found.refused_claims]) == ("1512.45", ["COMM-CARE"])

    def test_asks_whether_a_shelter_is_possible_only_where_that_matters(self) -> None:
        changes = {"accepted_on": "2020-06-01", "community_care_area_m2": "100", "shelter_impossible": None}

        assert line("RFY", **changes).missing == ("shelter_impossible",)
        assert not line("RFY", **changes, shelter_built_m2="6012.45").missing
        assert not line("RFY", **(changes | {"community_care_area_m2": "0"})).missing
        assert not line("RFY", **(changes | {"accepted_on": "2018-06-01"})).missing

    def test_halves_what_community_care_has_left(self) -> None:
        found = line(
            "RFY",
            accepted_on="2020-06-01",
            use="elderly_forprofit",
            community_care_area_m2="8643.218",
            shelter_impossible=True,
            reductions_claimed=claim("ELD-FP"),
        )

        assert (plain(found.gross_fen), plain(found.payable_fen)) == ("1366800.00", "683400.00")


class TestReductions:
    @pytest.mark.parametrize(
        ("code", "use", "day", "percent"),
        [
            ("AFF", "affordable_housing", "2007-08-07", {"PTF": 100, "RFY": 100, "SNZ": 100}),
            ("AFF", "affordable_housing", "2007-08-06", {}),
            ("SCHOOL-SAFE", "school", "2010-07-20", {"PTF": 100, "XQJ": 100, "JTJ": 100, "RFY": 100, "SNZ": 100}),
            ("SCHOOL-SAFE", "school", "2012-12-31", {"PTF": 100, "XQJ": 100, "JTJ": 100, "RFY": 100, "SNZ": 100}),
            ("SCHOOL-SAFE", "school", "2013-01-01", {}),
            ("EDU-50", "school", "2014-09-15", {"RFY": 50}),
            ("ELD-NP", "elderly_nonprofit", "2015-01-01", {"RFY": 100}),
            ("ELD-NP", "elderly_nonprofit", "2014-12-31", {}),
            ("MED-NP", "medical_nonprofit", "2015-01-01", {"RFY": 100}),
            ("ELD-FP", "elderly_forprofit", "2015-01-01", {"RFY": 50}),
            ("MED-FP", "medical_forprofit", "2015-01-01", {"RFY": 50}),
            ("RELOC", "affordable_housing", "2019-07-01", {"PTF": 100, "RFY": 100}),
            ("RELOC", "affordable_housing", "2019-06-30", {}),
            ("TEMP", "commercial", "2014-09-15", {"RFY": 100}),
            ("DISASTER", "hotel", "2014-09-15", {"RFY": 100}),
            # Claims that do not fit the use of the building.
            ("AFF", "commercial", "2014-09-15", {}),
            ("RELOC", "residential_sale", "2020-01-02", {}),
            ("ELD-NP", "elderly_forprofit", "2016-01-04", {}),
            ("EDU-50", "office", "2014-09-15", {}),
        ],
    )
    def test_reach_the_items_of_their_document_in_their_time(
        self, code: str, use: str, day: str, percent: dict[str, int]
    ) -> None:
        changes = {"use": use, "accepted_on": day}
        before, after = lines(**changes), lines(**changes, reductions_claimed=claim(code))

        for item, found in after.items():
            granted = percent.get(item)
            if granted is None:
                assert found.payable_fen == before[item].payable_fen
                assert found.status == before[item].status
                charged = found.status not in (LineStatus.NOT_IN_FORCE, LineStatus.NOT_APPLICABLE)
                assert [each.code for each in found.refused_claims] == ([code] if charged else [])
            else:
                assert found.payable_fen * 100 == before[item].gross_fen * (100 - granted)
                assert found.reduction_code == code
                assert found.status is (LineStatus.EXEMPT if granted == 100 else LineStatus.PAYABLE)

    def test_never_multiply_the_larger_one_counts(self) -> None:
        for codes in (("EDU-50", "TEMP"), ("TEMP", "EDU-50")):
            found = line("RFY", use="school", reductions_claimed=claim(*codes))

            assert (found.status, found.reduction_code) == (LineStatus.EXEMPT, "TEMP")
            assert [each.code for each in found.refused_claims] == ["EDU-50"]
            assert "不叠加" in found.explanation

    def test_grant_what_fits_beside_a_claim_that_does_not(self) -> None:
        found = line("RFY", use="school", accepted_on="2016-01-04", reductions_claimed=claim("SCHOOL-SAFE", "EDU-50"))

        assert found.reduction_code == "EDU-50"
        assert found.refused_claims[0].code == "SCHOOL-SAFE"
        assert "2010-07-20 至 2012-12-31" in found.explanation

    def test_are_claimed_never_assumed(self) -> None:
        assert line("PTF", use="affordable_housing").status is LineStatus.PAYABLE

    def test_that_work_through_a_fact_are_not_claimed(self) -> None:
        found = line("PTF", accepted_on="2020-06-01", reductions_claimed=claim("COMM-CARE"))

        assert found.status is LineStatus.PAYABLE
        assert "community_care_area_m2" in found.explanation

    def test_need_the_use_that_they_depend_on(self) -> None:
        assert line("SNZ", use=None, reductions_claimed=claim("AFF")).missing == ("use",)
        assert not line("SNZ", use=None, reductions_claimed=claim("TEMP")).missing
        assert not line("SNZ", use=None).missing

    def test_keep_the_standard_in_view(self) -> None:
        found = line("RFY", use="school", reductions_claimed=claim("EDU-50"))

        assert (plain(found.gross_fen), plain(found.reduction_fen), plain(found.payable_fen)) == (
            "2268675.00",
            "1134337.50",
            "1134337.50",
        )
        assert found.formula.endswith("× (1 − 50%) = 1,134,337.50")
        assert found.documents == ("计价格〔2000〕474号", "计价格〔2000〕474号", "瀚文〔2020〕1号")


class TestMissingFacts:
    @pytest.mark.parametrize(
        ("fact", "items"),
        [
            ("floor_area_m2", {"PTF", "XQJ", "JTJ", "SNZ"}),
            ("use", {"PTF", "JTJ", "RFY"}),
            ("full_frame", {"SNZ"}),
            ("heating_connected", {"PTF"}),
            ("gas_connected", {"PTF"}),
            ("project_cost", {"YLB"}),
            ("contract_price", {"GZB"}),
            ("ground_floor_area_m2", {"RFY"}),
            ("shelter_built_m2", {"RFY"}),
            ("above_ground_area_m2", set()),
            ("floors", set()),
            ("foundation_depth_m", set()),
            ("wage_clean_years", set()),
            ("wage_arrears_last_year", set()),
            ("community_care_area_m2", set()),
            ("standard_bricks", set()),
            ("reductions_claimed", set()),
            ("developer", set()),
            ("contractor", set()),
        ],
    )
    def test_matter_only_to_the_rules_that_need_them(self, fact: str, items: set[str]) -> None:
        found = lines(**{fact: None})

        assert {code for code, each in found.items() if each.status is LineStatus.NEEDS_FACTS} == items
        for code in items:
            assert found[code].missing == (fact,)
            assert fact in found[code].reason
            assert not found[code].is_final
            assert found[code].payable_fen == 0

    def test_are_named_together(self) -> None:
        assert line("PTF", use=None, gas_connected=None).missing == ("use", "gas_connected")


class TestRounding:
    @pytest.mark.parametrize(
        ("cost", "payable"),
        [("0.19", 0), ("0.20", 1), ("100.00", 260), ("9.81", 26), ("9.80", 25), ("203875666.66", 530_076_733)],
    )
    def test_is_half_up_once_for_each_line(self, cost: str, payable: int) -> None:
        assert line("YLB", project_cost=cost).payable_fen == payable


class TestATariff:
    def test_refuses_uses_and_reductions_that_it_does_not_know(self) -> None:
        facts = Facts.from_json(E1 | {"use": "palace", "reductions_claimed": claim("AFF", "KING")})

        for ask in (lambda: TARIFF.assess(facts), lambda: TARIFF.assess_item("PTF", facts)):
            with pytest.raises(Invalid) as refused:
                ask()
            assert [each.field for each in refused.value.problems] == ["use", "reductions_claimed[1].code"]

    def test_refuses_items_that_it_does_not_have(self) -> None:
        with pytest.raises(NotFound, match="ABC"):
            TARIFF.assess_item("ABC", Facts.from_json(E1))
        with pytest.raises(NotFound, match="ABC"):
            TARIFF.item("ABC")

    def test_knows_its_items_by_code(self) -> None:
        assert TARIFF.item("GZB").nature_name == "保证金"
        assert TARIFF.item("GZB").account_name == "保证金专户"
        assert [item.code for item in TARIFF.items] == ["PTF", "XQJ", "YLB", "GZB", "JTJ", "RFY", "SNZ"]


class TestALine:
    @pytest.mark.parametrize("case", [E1, E2, E3, E5])
    def test_survives_being_frozen_with_its_case(self, case: dict[str, Any]) -> None:
        for found in TARIFF.assess(Facts.from_json(case)):
            assert Line.from_json(found.to_json()) == found

    def test_that_is_waived_keeps_its_standard(self) -> None:
        found = waived(line("PTF"), reason="经批准免收", document="瀚政办〔2014〕9号")

        assert (found.status, found.payable_fen, found.gross_fen) == (LineStatus.WAIVED, 0, E1_PAYABLE["PTF"])
        assert found.documents[-1] == "瀚政办〔2014〕9号"
        assert waived(found, reason="又", document="又") == found
