"""What an applicant states: read exactly, or refused field by field, all at once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sample_cases import E1

from shared.domain.errors import Invalid
from shared.domain.facts import FACT_NAMES, Claim, Facts, Party, identity_problems


def problems(**changes: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        Facts.from_json(E1 | changes, uses=["residential_sale"], reductions=["AFF", "EDU-50"])
    return {each.field: each.problem for each in refused.value.problems}


class TestFacts:
    def test_are_read_exactly_and_written_back_as_they_were(self) -> None:
        facts = Facts.from_json(E1)

        assert facts.floor_area_m2 == Decimal("86432.18")
        assert facts.developer == Party("瀚海市碧海置业有限公司", "91371002MA3C00011N")
        assert facts.to_json() == E1

    def test_keep_the_decimals_that_were_typed(self) -> None:
        assert Facts.from_json(E1 | {"floor_area_m2": "100.10"}).to_json()["floor_area_m2"] == "100.10"

    def test_keep_claims_with_their_documents(self) -> None:
        claimed = [{"code": "AFF", "document": "瀚住建保〔2015〕3号"}, {"code": "RELOC", "document": "瀚发〔2020〕1号"}]
        facts = Facts.from_json(E1 | {"reductions_claimed": claimed})

        assert facts.reductions_claimed[0] == Claim("AFF", "瀚住建保〔2015〕3号")
        assert facts.to_json()["reductions_claimed"] == claimed

    def test_keep_a_second_date_only_where_one_is_stated(self) -> None:
        facts = Facts.from_json(E1 | {"contract_signed_on": "2014-08-01"})

        assert facts.to_json() == E1 | {"contract_signed_on": "2014-08-01"}

    def test_need_nothing_but_the_day_of_acceptance(self) -> None:
        facts = Facts.from_json({"accepted_on": "2014-09-15"})

        assert facts.floor_area_m2 is None
        assert Facts.from_json(facts.to_json()) == facts

    def test_take_rare_characters_in_names(self) -> None:
        name = "瀚海市㛃䶮𬭎𬍛𫖯龑堉置业有限公司"

        assert Facts.from_json(E1 | {"project_name": name}).project_name == name

    def test_take_a_count_of_bricks_as_text_or_number(self) -> None:
        assert Facts.from_json(E1 | {"standard_bricks": "120000"}) == Facts.from_json(E1 | {"standard_bricks": 120000})

    def test_of_a_case_name_project_developer_and_use(self) -> None:
        facts = Facts.from_json({"accepted_on": "2014-09-15"})

        assert [each.field for each in identity_problems(facts)] == [
            "project_code",
            "project_name",
            "developer",
            "use",
        ]
        assert identity_problems(Facts.from_json(E1)) == ()

    def test_all_have_a_name_that_people_understand(self) -> None:
        assert set(FACT_NAMES) == set(Facts.__dataclass_fields__)


QUANTITIES = ["floor_area_m2", "above_ground_area_m2", "ground_floor_area_m2", "foundation_depth_m", "shelter_built_m2"]
AMOUNTS = ["project_cost", "contract_price"]


class TestBadFacts:
    @pytest.mark.parametrize("field", [*QUANTITIES, "community_care_area_m2", *AMOUNTS])
    @pytest.mark.parametrize(
        "value",
        [
            12.5,
            12,
            True,
            float("nan"),
            float("inf"),
            "-1",
            "+1",
            "-0",
            "1e3",
            "1E3",
            "NaN",
            "Infinity",
            "１２",
            "1,000.00",
            " 1",
            "1 ",
            "1.",
            ".5",
            "007",
            "",
            "0x1F",
            "1_000",
            "12345678901234",
            [],
            {},
        ],
    )
    def test_numbers_that_are_not_exact_decimals_are_refused_on_their_field(self, field: str, value: Any) -> None:
        assert list(problems(**{field: value})) == [field]

    @pytest.mark.parametrize("field", AMOUNTS)
    def test_money_has_two_decimals_at_most(self, field: str) -> None:
        assert "两位" in problems(**{field: "1.005"})[field]

    @pytest.mark.parametrize("field", QUANTITIES)
    def test_quantities_have_four_decimals_at_most(self, field: str) -> None:
        assert Facts.from_json(E1 | {field: "1.0005"})
        assert "四位" in problems(**{field: "1.00005"})[field]

    @pytest.mark.parametrize("field", ["full_frame", "heating_connected", "wage_arrears_last_year"])
    @pytest.mark.parametrize("value", ["true", 1, 0, "是"])
    def test_switches_are_true_false_or_null(self, field: str, value: Any) -> None:
        assert "true" in problems(**{field: value})[field]

    @pytest.mark.parametrize("field", ["floors", "wage_clean_years"])
    @pytest.mark.parametrize("value", [-1, 1.0, "18", True, 10_000])
    def test_counts_are_whole_numbers(self, field: str, value: Any) -> None:
        assert "整数" in problems(**{field: value})[field]

    @pytest.mark.parametrize("value", ["-1", "1.5", "1e6", 1.0, True, -1, ""])
    def test_bricks_are_whole_numbers(self, value: Any) -> None:
        assert "整数" in problems(standard_bricks=value)["standard_bricks"]

    @pytest.mark.parametrize("value", ["2014-9-15", "2014-02-30", 20140915, "15/09/2014", ""])
    def test_dates_exist_and_are_written_one_way(self, value: Any) -> None:
        assert list(problems(accepted_on=value)) == ["accepted_on"]

    @pytest.mark.parametrize("value", ["E", "a", "", 1, ["A"]])
    def test_grades_are_four(self, value: Any) -> None:
        assert "A、B、C、D" in problems(wage_credit_grade=value)["wage_credit_grade"]

    def test_unknown_keys_are_refused_by_name(self) -> None:
        assert "未知字段" in problems(floor_area="1")["floor_area"]

    def test_unknown_uses_and_reductions_are_refused_with_those_that_exist(self) -> None:
        found = problems(
            use="palace", reductions_claimed=[{"code": "AFF", "document": "文"}, {"code": "X", "document": "文"}]
        )

        assert "residential_sale" in found["use"]
        assert "EDU-50" in found["reductions_claimed[1].code"]

    @pytest.mark.parametrize(
        ("value", "field"),
        [
            ("AFF", "reductions_claimed"),
            ({"code": "AFF"}, "reductions_claimed"),
            (["AFF"], "reductions_claimed[0]"),
            ([{"code": "AFF"}], "reductions_claimed[0].document"),
            ([{"code": "AFF", "document": " "}], "reductions_claimed[0].document"),
            ([{"document": "文"}], "reductions_claimed[0].code"),
            ([{"code": "AFF", "document": "文", "percent": 100}], "reductions_claimed[0].percent"),
        ],
    )
    def test_claims_have_a_code_and_a_document(self, value: Any, field: str) -> None:
        assert field in problems(reductions_claimed=value)

    def test_parties_are_named_with_their_parts(self) -> None:
        found = problems(developer={"name": "", "uscc": "91371002MA3C00011M", "phone": "1"}, contractor="瀚海建工")

        assert set(found) == {"developer.name", "developer.uscc", "developer.phone", "contractor"}

    @pytest.mark.parametrize("name", ["甲\x00乙", "甲\n乙", "甲\ud800乙", "长" * 201, "   "])
    def test_names_can_be_printed(self, name: str) -> None:
        assert "project_name" in problems(project_name=name)

    def test_an_area_cannot_exceed_the_building_it_is_part_of(self) -> None:
        assert "86432.18" in problems(community_care_area_m2="86432.19")["community_care_area_m2"]

    def test_all_problems_are_told_at_once(self) -> None:
        found = problems(floor_area_m2=1.5, floors="x", accepted_on=None, colour="blue", project_code="1")

        assert set(found) == {"floor_area_m2", "floors", "accepted_on", "colour", "project_code"}

    @pytest.mark.parametrize("data", [None, [], "facts", 1])
    def test_anything_but_an_object_is_refused(self, data: Any) -> None:
        with pytest.raises(Invalid, match="JSON 对象"):
            Facts.from_json(data)
