"""A city is a folder of tables: another city, an eighth item or a policy needs no code, and a broken table is named."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from decimal import Decimal
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import yaml
from sample_cases import E1, PACKS

from shared.domain.errors import Invalid
from shared.domain.facts import Facts
from shared.domain.lines import Line, LineStatus
from shared.domain.money import plain
from shared.domain.tariff import Tariff
from shared.packs import build_pack, calendar_from_library, load_pack

HANHAI = load_pack(PACKS / "hanhai")

Sections = dict[str, Any]


def sections() -> Sections:
    return deepcopy(dict(HANHAI.data))


def version_row(data: Sections, item: str, version: str) -> dict[str, Any]:
    return next(row for row in data["versions"] if (row["item"], row["version"]) == (item, version))


def line(data: Sections, code: str, **changes: Any) -> Line:
    return Tariff.from_data(data).assess_item(code, Facts.from_json(E1 | changes))


class TestTheSampleCity:
    def test_has_its_thirteen_sealing_units_and_four_district_windows(self) -> None:
        city = [unit for unit in HANHAI.units if unit.level == "city"]
        districts = [unit for unit in HANHAI.units if unit.level == "district"]

        assert [unit.code for unit in city] == "zj cz fg rf sn qg zr st xf rs sw qx cg".split()  # noqa: SIM905 -- a row of codes
        assert [unit.code for unit in districts] == ["dw-zj", "gx-zj", "jk-zj", "lg-zj"]
        assert all(unit.is_lead for unit in districts)
        assert HANHAI.lead_unit.code == "zj"
        assert all(unit.name.startswith("瀚海市") for unit in HANHAI.units)

    def test_reviews_at_least_eight_matters_in_as_many_departments(self) -> None:
        assert len(HANHAI.matters) >= 8
        assert len({matter.unit_code for matter in HANHAI.matters}) >= 8

    def test_has_seven_items_each_with_an_owner_and_a_nature(self) -> None:
        assert {item.code: (item.nature_name, item.account, item.owner_unit) for item in HANHAI.items} == {
            "PTF": ("政府性基金", "treasury", "zj"),
            "XQJ": ("政府性基金", "treasury", "qg"),
            "YLB": ("代收代拨", "agency", "zj"),
            "GZB": ("保证金", "deposit", "rs"),
            "JTJ": ("政府性基金", "treasury", "fg"),
            "RFY": ("行政事业性收费", "treasury", "rf"),
            "SNZ": ("政府性基金", "treasury", "sn"),
        }

    def test_asks_officers_to_confirm_two_of_them(self) -> None:
        assert {item.code for item in HANHAI.items if item.confirm_required} == {"RFY", "GZB"}

    def test_says_that_its_rates_are_samples(self) -> None:
        assert HANHAI.wording["tariff_notice"] == "示例标准，以当地文件为准"

    def test_names_a_document_for_every_year_of_its_calendar(self) -> None:
        assert HANHAI.calendar.years == frozenset(range(2004, 2027))
        assert HANHAI.calendar_sources[2014] == "国务院办公厅关于2014年部分节假日安排的通知"

    def test_can_be_built_again_from_its_own_data(self) -> None:
        again = build_pack(sections())

        assert again.tariff.assess(Facts.from_json(E1)) == HANHAI.tariff.assess(Facts.from_json(E1))
        assert again.units == HANHAI.units

    def test_reads_facts_with_its_own_uses_and_reductions(self) -> None:
        with pytest.raises(Invalid, match="不认识的工程用途"):
            HANHAI.facts(E1 | {"use": "palace"})


class TestAnotherCity:
    @pytest.mark.parametrize(("day", "payable"), [("2015-12-31", "18197565.15"), ("2016-01-01", "21728436.00")])
    def test_raises_its_rate_on_a_day(self, day: str, payable: str) -> None:
        # 青岛黄岛: 335 元/m² until the end of 2015, then 400.
        data = sections()
        row = version_row(data, "PTF", "v1")
        row["to"], row["rule"]["measures"][0]["rates"] = "2015-12-31", [{"rate": "335.00"}]
        later = deepcopy(row) | {"version": "v2", "from": "2016-01-01", "to": "open"}
        later["rule"]["measures"][0]["rates"] = [{"rate": "400.00"}]
        data["versions"].append(later)

        assert plain(line(data, "PTF", accepted_on=day, floor_area_m2="54321.09").payable_fen) == payable

    @pytest.mark.parametrize(
        ("day", "floors", "status"),
        [
            ("2021-05-31", 7, LineStatus.ZERO),
            ("2021-05-31", 6, LineStatus.PAYABLE),
            ("2021-06-01", 7, LineStatus.PAYABLE),
        ],
    )
    def test_drops_an_exemption_of_high_buildings(self, day: str, floors: int, status: LineStatus) -> None:
        # 威海文登: 威文政发〔2021〕7号.
        data = sections()
        row = version_row(data, "PTF", "v1")
        later = deepcopy(row) | {"version": "v2", "from": "2021-06-01", "documents": ["威文政发〔2021〕7号"]}
        row["to"] = "2021-05-31"
        row["rule"]["zero"].append({"when": {"floors": {"at_least": 7}}, "reason": "七层以上免收"})
        data["versions"].append(later)

        assert line(data, "PTF", accepted_on=day, floors=floors).status is status

    def test_prices_an_eighth_item_of_a_known_shape(self) -> None:
        data = sections()
        data["items"].append(
            {
                "code": "LJF",
                "seq": 8,
                "name": "建筑垃圾处置费",
                "nature": "administrative_charge",
                "account": "treasury",
                "owner_unit": "cg",
                "confirm_required": False,
                "approvals": [{"document": "瀚费批〔2009〕40号", "by": "样张", "from": "2010-01-01", "to": "open"}],
            }
        )
        data["versions"].append(
            {
                "item": "LJF",
                "version": "v1",
                "from": "2010-01-01",
                "to": "open",
                "documents": ["瀚城管〔2009〕3号"],
                "rule": {"shape": "flat", "unit": "件", "rates": [{"rate": "200.00"}], "payer": "contractor"},
            }
        )
        found = line(data, "LJF")

        assert (plain(found.payable_fen), found.payer, found.rate_unit) == ("200.00", "contractor", "元/件")
        assert [item.code for item in Tariff.from_data(data).items][-1] == "LJF"
        assert build_pack(data).items[-1].name == "建筑垃圾处置费"

    @pytest.mark.parametrize(
        ("approvals", "day", "why"),
        [
            ([], "2014-09-15", "没有已备案的收费审批文件"),
            (None, "2014-09-15", "没有已备案的收费审批文件"),
            ([("2003-01-01", "2014-09-14")], "2014-09-15", "2003-01-01 至 2014-09-14"),
            ([("2014-09-16", "open")], "2014-09-15", "2014-09-16 起"),
        ],
    )
    def test_charges_nothing_without_an_approval_on_file(
        self, approvals: list[tuple[str, str]] | None, day: str, why: str
    ) -> None:
        data = sections()
        row = next(each for each in data["items"] if each["code"] == "PTF")
        if approvals is None:
            del row["approvals"]
        else:
            row["approvals"] = [
                {"document": "瀚费批〔2002〕12号", "by": "样张", "from": first, "to": last} for first, last in approvals
            ]
        found = line(data, "PTF", accepted_on=day)

        assert (found.status, found.payable_fen, found.due_fen) == (LineStatus.NOT_IN_FORCE, 0, 0)
        assert found.reason == "未经收费审批（规费申报审批），不得收取"
        assert why in found.reason_note

    def test_charges_under_a_later_approval_once_the_first_has_run_out(self) -> None:
        data = sections()
        row = next(each for each in data["items"] if each["code"] == "PTF")
        row["approvals"] = [
            {"document": "甲", "by": "样张", "from": "2003-01-01", "to": "2014-09-14"},
            {"document": "乙", "by": "样张", "from": "2014-09-15", "to": "2014-12-31"},
        ]

        assert line(data, "PTF", accepted_on="2014-09-14").payable_fen == line(data, "PTF").payable_fen > 0
        assert line(data, "PTF", accepted_on="2015-01-01").payable_fen == 0

    def test_caps_a_deposit_and_changes_its_rate_within_the_range(self) -> None:
        data = sections()
        version_row(data, "GZB", "v3")["rule"] |= {"cap": "2000000.00", "rates": [{"rate": "3.0"}]}

        found = line(data, "GZB", accepted_on="2024-02-02")

        assert plain(found.payable_fen) == "2000000.00"
        assert found.formula == "min(158,640,000.00 × 3.0%, 2,000,000.00) = 2,000,000.00"

    def test_takes_another_share_of_large_buildings(self) -> None:
        data = sections()
        version_row(data, "RFY", "v1")["rule"]["required"][1]["percent"] = "5"

        found = line(data, "RFY", use="office", floors=3, foundation_depth_m="1", shelter_built_m2="0")

        assert (str(found.quantity), found.composition) == ("3950.00", "应建=地上建筑面积×5%")

    def test_picks_the_version_of_an_item_by_another_date(self) -> None:
        data = sections()
        next(row for row in data["items"] if row["code"] == "GZB")["version_date"] = "contract_signed_on"

        assert line(data, "GZB", accepted_on="2016-05-18", contract_signed_on="2015-04-30").version == "v1"
        assert line(data, "GZB", accepted_on="2016-05-18").missing == ("contract_signed_on",)

    def test_changes_a_working_day_by_its_own_notice(self) -> None:
        data = sections()
        data["calendar"]["changes"] = [{"day": "2014-09-16", "working": False, "document": "瀚政办〔2014〕30号"}]
        calendar = build_pack(data).calendar

        assert calendar.add(Facts.from_json(E1).accepted_on, 5).isoformat() == "2014-09-23"

    def test_has_no_years_that_nobody_has_announced(self) -> None:
        with pytest.raises(Invalid, match="2027"):
            calendar_from_library([2026, 2027])


def with_policy(**policy: Any) -> Sections:
    data = sections()
    data["policies"] = [
        {"item": "PTF", "from": "2010-01-01", "to": "open", "reason": "市政府决定", "documents": ["瀚政发〔2009〕9号"]}
        | policy
    ]
    return data


class TestPolicyClasses:
    def test_of_zero_keep_the_standard_in_view(self) -> None:
        found = line(with_policy(**{"class": "zero"}), "PTF")

        assert (found.status, found.payable_fen, plain(found.gross_fen)) == (LineStatus.ZERO, 0, "22040205.90")
        assert found.documents[-1] == "瀚政发〔2009〕9号"

    def test_of_subsidies_show_standard_subsidy_and_payable(self) -> None:
        found = line(with_policy(**{"class": "subsidised", "percent": "40", "source": "市财政预算"}), "PTF")
        assert found.subsidy_source == "市财政预算"

        assert found.status is LineStatus.SUBSIDISED
        assert (plain(found.gross_fen), plain(found.subsidy_fen), plain(found.payable_fen)) == (
            "22040205.90",
            "8816082.36",
            "13224123.54",
        )

    def test_of_halves_take_half_of_the_lower_limit(self) -> None:
        data = with_policy(**{"class": "half_of_floor", "from": "2021-11-01"}, item="GZB")
        found = line(data, "GZB", accepted_on="2024-02-02")

        assert (found.status, plain(found.gross_fen), plain(found.payable_fen)) == (
            LineStatus.HALF_OF_FLOOR,
            "2379600.00",
            "793200.00",
        )
        assert found.formula == "1,586,400.00（按下限标准） × 50% = 793,200.00"

    def test_of_waivers_name_two_people(self) -> None:
        found = line(with_policy(**{"class": "waived", "approved_by": ["林书遥", "何静安"]}), "PTF")

        assert (found.status, found.payable_fen, found.reason) == (LineStatus.WAIVED, 0, "市政府决定")

    @pytest.mark.parametrize("people", [[], ["林书遥"], ["林书遥", "林书遥"]])
    def test_of_waivers_are_refused_without_a_second_person(self, people: list[str]) -> None:
        with pytest.raises(Invalid, match="两个不同的人"):
            Tariff.from_data(with_policy(**{"class": "waived", "approved_by": people}))

    def test_of_halves_need_a_range(self) -> None:
        with pytest.raises(Invalid, match="幅度"):
            Tariff.from_data(with_policy(**{"class": "half_of_floor"}))

    @pytest.mark.parametrize(
        ("changes", "status"),
        [
            ({"use": "school"}, LineStatus.WAIVED),
            ({"use": "office"}, LineStatus.PAYABLE),
            ({"use": "school", "accepted_on": "2009-06-01"}, LineStatus.PAYABLE),
            ({"use": "industrial_workshop"}, LineStatus.ZERO),
        ],
    )
    def test_hold_in_their_time_and_under_their_condition(self, changes: dict[str, Any], status: LineStatus) -> None:
        data = with_policy(**{"class": "waived", "approved_by": ["林书遥", "何静安"], "when": {"use": "school"}})

        assert line(data, "PTF", **changes).status is status

    def test_leave_an_exempt_line_exempt(self) -> None:
        data = with_policy(**{"class": "subsidised", "percent": "40"})
        claimed = [{"code": "AFF", "document": "瀚住建保〔2015〕3号"}]

        assert line(data, "PTF", use="affordable_housing", reductions_claimed=claimed).status is LineStatus.EXEMPT

    def test_subsidise_what_a_reduction_has_left(self) -> None:
        data = with_policy(**{"class": "subsidised", "percent": "40"}, item="RFY")
        claimed = [{"code": "EDU-50", "document": "瀚教〔2014〕1号"}]
        found = line(data, "RFY", use="school", reductions_claimed=claimed)

        assert [
            plain(each) for each in (found.gross_fen, found.reduction_fen, found.subsidy_fen, found.payable_fen)
        ] == [
            "2268675.00",
            "1134337.50",
            "453735.00",
            "680602.50",
        ]


def overlap(data: Sections) -> None:
    version_row(data, "GZB", "v1")["to"] = "2015-05-01"


def drop(section: str, index: int, column: str) -> Callable[[Sections], None]:
    return lambda data: data[section][index].pop(column)


def put(section: str, index: int, **columns: Any) -> Callable[[Sections], None]:
    return lambda data: data[section][index].update(columns)


def rule(item: str, version: str, **columns: Any) -> Callable[[Sections], None]:
    return lambda data: version_row(data, item, version)["rule"].update(columns)


class TestEnglishNames:
    def test_stand_beside_every_chinese_name_of_the_sample_city(self) -> None:
        city = HANHAI
        named = (
            *city.areas, *city.units, *city.situations, *city.matters, *city.steps, *city.materials, *city.items,
            *city.uses, *city.reductions, *city.scope.rows,
        )  # fmt: skip

        assert [each.name for each in named if not each.name_en.isascii() or not each.name_en] == []
        assert city.names_in_english()["市人民防空办公室"] == "Civil Air Defence Office"

    def test_may_be_left_out(self) -> None:
        data = sections()
        for section in (
            "areas",
            "units",
            "situations",
            "matters",
            "steps",
            "materials",
            "items",
            "uses",
            "reductions",
            "scope",
        ):
            for row in data[section]:
                row.pop("name_en")
        for row in data["green_channel"]["criteria"]:
            del row["name_en"], row["proof_en"]
        assert build_pack(data).names_in_english() == {}


BROKEN: dict[str, tuple[Callable[[Sections], Any], str, str]] = {
    "overlapping periods": (overlap, "versions.yaml: versions[4] GZB v2.from", "versions[3] GZB v1"),
    "the same version twice": (
        put("versions", 4, version="v1"),
        "versions.yaml: versions[4] GZB v1.version",
        "versions[3]",
    ),
    "an end before the start": (put("versions", 1, to="2007-01-01"), "versions.yaml: versions[1] XQJ v1.to", "早于"),
    "a day that does not exist": (
        put("versions", 0, **{"from": "2003-02-30"}),
        "versions.yaml: versions[0] PTF v1.from",
        "2003-02-30",
    ),
    "no end and no open": (drop("versions", 0, "to"), "versions.yaml: versions[0] PTF v1.to", "YYYY-MM-DD"),
    "no document": (put("versions", 0, documents=[]), "versions.yaml: versions[0] PTF v1.documents", "至少"),
    "a version of no item": (put("versions", 0, item="ABC"), "versions.yaml: versions[0] ABC v1.item", "ABC"),
    "an unknown shape": (rule("PTF", "v1", shape="magic"), "versions.yaml: versions[0] PTF v1.rule.shape", "magic"),
    "a float": (
        rule("XQJ", "v1", measures=[{"quantity": "floor_area_m2", "unit": "m²", "rates": [{"rate": 10.0}]}]),
        "versions.yaml: versions[1] XQJ v1.rule.measures[0].rates[0].rate",
        "精确小数",
    ),
    "a negative rate": (
        rule("YLB", "v1", rates=[{"rate": "-2.6"}]),
        "versions.yaml: versions[2] YLB v1.rule.rates[0].rate",
        "精确小数",
    ),
    "no rate": (rule("YLB", "v1", rates=[]), "versions.yaml: versions[2] YLB v1.rule.rates", "至少一行"),
    "a misspelt column": (
        rule("YLB", "v1", amuont="project_cost"),
        "versions.yaml: versions[2] YLB v1.rule.amuont",
        "未知的列",
    ),
    "a misspelt name": (
        put("materials", 0, name_eng="Form"),
        "materials.yaml: materials[0] application.name_eng",
        "未知的列",
    ),
    "an english name that is no text": (
        put("uses", 0, name_en=5),
        "uses.yaml: uses[0] residential_sale.name_en",
        "文字",
    ),
    "a quantity that is no number": (rule("YLB", "v1", amount="use"), "versions.yaml: versions[2] YLB v1.rule", "use"),
    "a condition on nothing": (
        rule("YLB", "v1", zero=[{"when": {"colour": "red"}, "reason": "红"}]),
        "versions.yaml: versions[2] YLB v1.rule.zero[0].when.colour",
        "colour",
    ),
    "a condition that can never be": (
        rule("YLB", "v1", zero=[{"when": {"use": "palace"}, "reason": "宫"}]),
        "versions.yaml: versions[2] YLB v1.rule.zero[0].when.use",
        "palace",
    ),
    "a trait that no use has": (
        rule("YLB", "v1", zero=[{"when": {"use": {"trait": "royal"}}, "reason": "宫"}]),
        "versions.yaml: versions[2] YLB v1.rule.zero[0].when.use",
        "dwelling",
    ),
    "a comparison that is none": (
        rule("YLB", "v1", zero=[{"when": {"floors": {"above": 3}}, "reason": "高"}]),
        "versions.yaml: versions[2] YLB v1.rule.zero[0].when.floors",
        "at_least",
    ),
    "a switch that is none": (
        rule("YLB", "v1", zero=[{"when": {"full_frame": "yes"}, "reason": "框"}]),
        "versions.yaml: versions[2] YLB v1.rule.zero[0].when.full_frame",
        "true",
    ),
    "when and unless together": (
        rule("YLB", "v1", zero=[{"when": {"floors": {"at_least": 3}}, "unless": {"use": "office"}, "reason": "高"}]),
        "versions.yaml: versions[2] YLB v1.rule.zero[0]",
        "之一",
    ),
    "a rate outside its range": (
        rule("GZB", "v3", rates=[{"rate": "3.5"}]),
        "versions.yaml: versions[5] GZB v3.rule.rates",
        "上限",
    ),
    "a rate under its range": (
        rule("GZB", "v3", rates=[{"rate": "0.5"}]),
        "versions.yaml: versions[5] GZB v3.rule.rates",
        "下限",
    ),
    "a share outside its range": (
        lambda data: version_row(data, "RFY", "v1")["rule"]["required"][1].update(percent="6"),
        "versions.yaml: versions[7] RFY v1.rule.required[1].percent",
        "幅度",
    ),
    "a payer that does not exist": (
        rule("GZB", "v3", payer="bank"),
        "versions.yaml: versions[5] GZB v3.rule.payer",
        "contractor",
    ),
    "two items of one code": (put("items", 1, code="PTF"), "items.yaml: items[0] PTF.code", "重复"),
    "two items in one place": (put("items", 1, seq=1), "items.yaml: items[0] PTF.seq", "重复"),
    "an item of no unit": (put("items", 0, owner_unit="xx"), "items.yaml: items PTF.owner_unit", "xx"),
    "an item of no nature": (put("items", 0, nature="gift"), "items.yaml: items[0] PTF.nature", "deposit"),
    "an item of no account": (put("items", 0, account="pocket"), "items.yaml: items[0] PTF.account", "treasury"),
    "an item that is never in force": (
        lambda data: data["versions"].pop(0),
        "items.yaml: items[0] PTF",
        "没有任何标准版本",
    ),
    "a date that is no fact": (
        put("items", 0, version_date="born_on"),
        "items.yaml: items[0] PTF.version_date",
        "contract_signed_on",
    ),
    "a reduction of more than all": (
        put("reductions", 0, percent="101"),
        "reductions.yaml: reductions[0] AFF.percent",
        "100",
    ),
    "a reduction of nothing": (put("reductions", 0, percent="0"), "reductions.yaml: reductions[0] AFF.percent", "0"),
    "a reduction on no item": (put("reductions", 0, items=["ABC"]), "reductions.yaml: reductions[0] AFF.items", "ABC"),
    "a reduction for no use": (
        put("reductions", 0, uses=["palace"]),
        "reductions.yaml: reductions[0] AFF.uses",
        "palace",
    ),
    "a reduction that overlaps itself": (
        put("reductions", 1, code="AFF"),
        "reductions.yaml: reductions[1] AFF.from",
        "reductions[0] AFF",
    ),
    "two uses of one code": (
        put("uses", 1, code="residential_sale"),
        "uses.yaml: uses[1] residential_sale.code",
        "重复",
    ),
    "a matter of no unit": (put("matters", 0, unit_code="xx"), "matters.yaml: matters[0] zj-drawings.unit_code", "xx"),
    "a matter with an unknown paper": (
        put("matters", 0, needs=["poem"]),
        "matters.yaml: matters[0] zj-drawings.needs",
        "poem",
    ),
    "a promise longer than the law": (
        put("matters", 0, promise_days=99),
        "matters.yaml: matters[0] zj-drawings.promise_days",
        "长于",
    ),
    "a matter that waits for nobody we know": (
        put("matters", 0, after=["poem"]),
        "matters.yaml: matters[0] zj-drawings.after",
        "没有事项 poem",
    ),
    "a matter that waits for itself": (
        put("matters", 0, after=["zj-drawings"]),
        "matters.yaml: matters[0] zj-drawings.after",
        "以自己为前置",
    ),
    "a prerequisite that can never be met": (
        put("matters", 0, after=["sw-pipes"]),
        "matters.yaml: matters[0] zj-drawings.after",
        "永远等不到",
    ),
    "a matter in an unknown situation": (
        put("matters", 0, when=["eclipse"]),
        "matters.yaml: matters[0] zj-drawings.when",
        "eclipse",
    ),
    "a matter of fire protection as a simple one": (
        put("matters", 4, kind="simple"),
        "matters.yaml: matters[4] xf-fire.kind",
        "消防",
    ),
    "an instant matter that takes a day": (
        put("matters", 0, kind="instant"),
        "matters.yaml: matters[0] zj-drawings.promise_days",
        "当场办结",
    ),
    "a matter that looks at an unknown fact": (
        put("matters", 0, facts=["colour"]),
        "matters.yaml: matters[0] zj-drawings.facts",
        "colour",
    ),
    "a material in which an unknown fact can be read": (
        put("materials", 5, facts=["colour"]),
        "materials.yaml: materials[5] survey.facts",
        "colour",
    ),
    "a step of one matter": (
        put("steps", 0, matters=["cg-waste"]),
        "matters.yaml: steps[0] cg-waste-all.matters",
        "至少两个",
    ),
    "a step of two units": (
        put("steps", 0, matters=["cg-waste", "xf-fire"]),
        "matters.yaml: steps[0] cg-waste-all.matters",
        "同一单位",
    ),
    "two promises for one thing at a time": (
        put("promises", 1, kind="ordinary"),
        "promises.yaml: promises[1] joint ordinary.from",
        "重叠",
    ),
    "no promise for special cases": (
        put("promises", 3, kind="ordinary", **{"from": "2001-01-01", "to": "2001-12-31"}),
        "promises.yaml: promises",
        "缺少承诺时限：matter special",
    ),
    "a unit without anybody who answers for it": (
        put("units", 0, chief=None),
        "units.yaml: units[0] zj.chief",
        "首席代表",
    ),
    "a number format with an unknown part": (
        lambda data: data["settings"]["numbers"].update(correction="补{month}"),
        "city.yaml: settings.numbers.correction",
        "{year}",
    ),
    "a unit without a valid code": (
        put("units", 0, uscc="11371000000000107X"),
        "units.yaml: units[0] zj.uscc",
        "校验位",
    ),
    "a unit whose code lost its quotes": (
        put("units", 5, uscc=113710000000006097),
        "units.yaml: units[5] qg.uscc",
        "引号",
    ),
    "a unit in no area": (put("units", 0, area_code="moon"), "units.yaml: units[0] zj.area_code", "moon"),
    "two lead windows": (put("units", 1, is_lead=True), "units.yaml: units", "牵头"),
    "a paper in no known format": (
        put("materials", 0, formats=["docx"]),
        "materials.yaml: materials[0] application.formats",
        "docx",
    ),
    "a refund by two rules": (
        put("refunds", 0, proportional_from="70"),
        "refunds.yaml: refunds[0] XQJ",
        "之一",
    ),
    "a refund of more than all": (
        lambda data: data["refunds"][0]["bands"][0].update(returned="120"),
        "refunds.yaml: refunds[0] XQJ.bands[0].returned",
        "100",
    ),
    "a number format that cannot be filled": (
        lambda data: data["settings"].update(bill_number="{tenant}{running}"),
        "city.yaml: settings.bill_number",
        "{running}",
    ),
    "a bill that waits for nothing known": (
        lambda data: data["settings"].update(bill_waits_for="luck"),
        "city.yaml: settings.bill_waits_for",
        "luck",
    ),
    "a calendar of years to come": (
        lambda data: data["calendar"].update(last_year=2031),
        "calendar.yaml: calendar.years",
        "2027",
    ),
    "a row that is none": (lambda data: data["units"].append("zj"), "units.yaml: units[17]", "一行"),
    "a table that is none": (lambda data: data.update(items={"PTF": 1}), "items.yaml: items", "列表"),
    "no wording": (
        lambda data: data["wording"].update(tariff_notice=""),
        "wording.yaml: wording.tariff_notice",
        "非空",
    ),
}


class TestABrokenPack:
    @pytest.mark.parametrize(("harm", "field", "said"), BROKEN.values(), ids=BROKEN.keys())
    def test_is_refused_by_file_and_row(self, harm: Callable[[Sections], Any], field: str, said: str) -> None:
        data = sections()
        harm(data)

        with pytest.raises(Invalid) as refused:
            build_pack(data)

        found = {each.field: each.problem for each in refused.value.problems}
        assert field in found
        assert said in found[field]

    def test_tells_everything_that_is_wrong_at_once(self) -> None:
        data = sections()
        overlap(data)
        data["reductions"][0]["percent"] = "101"
        data["matters"][0]["unit_code"] = "xx"

        with pytest.raises(Invalid) as refused:
            build_pack(data)

        assert {each.field.partition(":")[0] for each in refused.value.problems} == {
            "versions.yaml",
            "reductions.yaml",
            "matters.yaml",
        }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the sample city that may be spoilt."""
    return Path(copytree(PACKS / "hanhai", tmp_path / "hanhai"))


def refusal(folder: Path) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        load_pack(folder)
    return {each.field: each.problem for each in refused.value.problems}


class TestTheFilesOfAPack:
    def test_are_all_needed(self, folder: Path) -> None:
        (folder / "uses.yaml").unlink()

        assert "缺少" in refusal(folder)["uses.yaml"]

    def test_of_a_city_that_does_not_exist_are_missed_one_by_one(self, tmp_path: Path) -> None:
        assert "versions.yaml" in refusal(tmp_path / "nowhere")

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("policies: [", "YAML"),
            ("policies: []\nextra: 1\n", "应正好包含"),
            ("- 1\n", "应正好包含"),
            ("", "应正好包含"),
            ("policies: []\npolicies: []\n", "重复的键"),
            ("policies: !!python/object/apply:os.system [ls]\n", "YAML"),
        ],
    )
    def test_are_refused_by_name_when_they_cannot_be_read(self, folder: Path, text: str, said: str) -> None:
        (folder / "policies.yaml").write_text(text, encoding="utf-8")

        assert said in refusal(folder)["policies.yaml"]

    def test_are_utf_8(self, folder: Path) -> None:
        (folder / "uses.yaml").write_bytes("uses: 商业".encode("gb18030"))

        assert "无法读取" in refusal(folder)["uses.yaml"]

    def test_keep_rates_exactly_as_they_were_typed(self, folder: Path) -> None:
        path = folder / "versions.yaml"
        path.write_text(path.read_text(encoding="utf-8").replace("rate: 2.6}", "rate: 2.60}"), encoding="utf-8")

        found = load_pack(folder).tariff.assess_item("YLB", Facts.from_json(E1))

        assert (found.rate_text, plain(found.payable_fen)) == ("2.60", "4124640.00")

    def test_hold_no_number_that_a_float_would_change(self) -> None:
        def leaves(value: Any) -> list[Any]:
            if isinstance(value, dict):
                return [leaf for each in value.values() for leaf in leaves(each)]
            if isinstance(value, list):
                return [leaf for each in value for leaf in leaves(each)]
            return [value]

        assert {type(leaf) for leaf in leaves(dict(HANHAI.data))} <= {str, int, bool, type(None)}
        assert HANHAI.settings.late_payment_rate == Decimal("0.0005")

    def test_are_plain_yaml_that_any_reader_opens(self) -> None:
        for path in sorted((PACKS / "hanhai").glob("*.yaml")):
            assert yaml.safe_load(path.read_text(encoding="utf-8"))
