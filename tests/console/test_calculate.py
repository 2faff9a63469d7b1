"""The calculators as people and scripts call them: whole output, exit codes, and how soon they answer."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from sample_cases import E1, E2, E3, E5, PACKS
from typer.testing import CliRunner

from console.main import app
from shared.english import translate

RUNNER = CliRunner()


def yidan(*arguments: str, stdin: bytes | str | None = None) -> tuple[int, str]:
    result = RUNNER.invoke(app, list(arguments), input=stdin, catch_exceptions=False)
    return result.exit_code, result.stdout


def assessed(data: object) -> Any:
    code, out = yidan("assess", "-", stdin=json.dumps(data))
    assert code == 0, out
    return json.loads(out)


def refused(data: object, *options: str) -> dict[str, str]:
    stdin = data if isinstance(data, bytes | str) else json.dumps(data)
    code, out = yidan("assess", "-", *options, stdin=stdin)
    assert code == 2, out
    return {each["field"]: each["problem"] for each in json.loads(out)}


class TestAssess:
    def test_answers_e1_in_full(self) -> None:
        found = assessed(E1)

        assert {key: value for key, value in found.items() if key != "lines"} == {
            "case": "E1",
            "accepted_on": "2014-09-15",
            "bills": [{"payer": "developer", "payable": "32729939.24"}],
            "total_payable": "32729939.24",
            "total_in_words": "人民币叁仟贰佰柒拾贰万玖仟玖佰叁拾玖元贰角肆分",
            "due_on": "2014-09-22",
        }
        assert found["lines"][0] == {
            "code": "PTF",
            "status": "payable",
            "version": "v1",
            "quantity": "86432.18",
            "gross": "22040205.90",
            "reduction": "0.00",
            "payable": "22040205.90",
            "payer": "developer",
            "reason": "",
            "documents": ["瀚政发〔2002〕41号"],
            "formula": "86,432.18 × (170.00 + 55.00 + 30.00) = 22,040,205.90",
        }
        assert [line["code"] for line in found["lines"]] == ["PTF", "XQJ", "YLB", "GZB", "JTJ", "RFY", "SNZ"]

    @pytest.mark.parametrize(
        ("case", "total", "due_on"),
        [
            (E1, "32729939.24", "2014-09-22"),
            (E2, "1710046.55", "2014-10-14"),
            (E3, "3601348.46", "2015-03-27"),
            (E5, "24567187.25", "2016-05-25"),
        ],
    )
    def test_answers_each_worked_example(self, case: dict[str, Any], total: str, due_on: str) -> None:
        found = assessed(case)

        assert (found["total_payable"], found["due_on"]) == (total, due_on)

    def test_answers_an_array_with_an_array(self) -> None:
        assert [each["case"] for each in assessed([E1, E2, E3, E5])] == ["E1", "E2", "E3", "E5"]
        assert assessed([]) == []

    def test_reads_a_file_as_well(self, tmp_path: Path) -> None:
        path = tmp_path / "facts.json"
        path.write_bytes(b"\xef\xbb\xbf" + json.dumps(E1).encode())

        code, out = yidan("assess", str(path))

        assert (code, json.loads(out)["total_payable"]) == (0, "32729939.24")

    def test_sends_the_contractor_a_bill_of_his_own(self) -> None:
        found = assessed(E1 | {"accepted_on": "2024-02-02"})

        assert found["bills"] == [
            {"payer": "developer", "payable": "22040205.90"},
            {"payer": "contractor", "payable": "2379600.00"},
        ]
        assert found["total_payable"] == "24419805.90"

    def test_leaves_out_of_the_total_what_others_collect(self) -> None:
        found = assessed(E1 | {"accepted_on": "2024-02-02"})
        rfy = next(line for line in found["lines"] if line["code"] == "RFY")

        assert (rfy["status"], rfy["payable"]) == ("collected_elsewhere", "2268675.00")

    def test_names_the_fact_that_a_line_needs(self) -> None:
        found = assessed(E1 | {"heating_connected": None})
        ptf = found["lines"][0]

        assert (ptf["status"], ptf["payable"], ptf["quantity"]) == ("needs_facts", "0.00", None)
        assert "heating_connected" in ptf["reason"]

    def test_names_a_refused_claim_with_its_reason(self) -> None:
        found = assessed(E1 | {"reductions_claimed": [{"code": "AFF", "document": "瀚住建保〔2015〕3号"}]})

        assert found["total_payable"] == "32729939.24"
        assert found["lines"][0]["reason"].startswith("AFF 未采用：只适用于保障性住房")

    def test_shows_a_subsidy_where_there_is_one(self, subsidised_city: Path) -> None:
        code, out = yidan("assess", "-", "--pack", str(subsidised_city), stdin=json.dumps(E1))
        line = json.loads(out)["lines"][0]

        assert code == 0
        assert (line["status"], line["subsidy"], line["payable"]) == ("subsidised", "8816082.36", "13224123.54")


@pytest.fixture
def subsidised_city(tmp_path: Path) -> Path:
    """The sample city, paying 40 % of the infrastructure fee itself."""
    folder = Path(copytree(PACKS / "hanhai", tmp_path / "hanhai"))
    (folder / "policies.yaml").write_text(
        "policies:\n"
        "  - {item: PTF, class: subsidised, from: 2010-01-01, to: open, percent: 40,\n"
        "     reason: 市财政补贴, documents: [瀚财〔2009〕9号]}\n",
        encoding="utf-8",
    )
    return folder


class TestBadInput:
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"floor_area_m2": 86432.18}, "floor_area_m2"),
            ({"floor_area_m2": "-1"}, "floor_area_m2"),
            ({"floor_area_m2": "８"}, "floor_area_m2"),
            ({"project_cost": "1.234"}, "project_cost"),
            ({"project_cost": "1e6"}, "project_cost"),
            ({"use": "palace"}, "use"),
            ({"accepted_on": "2014/09/15"}, "accepted_on"),
            ({"accepted_on": "2026-12-28"}, "accepted_on"),
            ({"accepted_on": "2003-05-05"}, "accepted_on"),
            ({"developer": {"name": "甲", "uscc": "91371002MA3C00011M"}}, "developer.uscc"),
            ({"project_code": "2014-371002-70-01"}, "project_code"),
            ({"reductions_claimed": [{"code": "KING", "document": "文"}]}, "reductions_claimed[0].code"),
            ({"community_care_area_m2": "99999999"}, "community_care_area_m2"),
            ({"colour": "blue"}, "colour"),
        ],
    )
    def test_is_refused_on_its_field_in_chinese(self, changes: dict[str, Any], field: str) -> None:
        found = refused(E1 | changes)

        assert list(found) == [field]
        assert any("\u4e00" <= char <= "\u9fff" for char in found[field])

    def test_is_told_all_at_once_the_deadline_too(self) -> None:
        assert set(refused(E1 | {"accepted_on": "2026-12-28", "floors": "x", "use": "palace"})) == {
            "accepted_on",
            "floors",
            "use",
        }

    def test_in_an_array_names_the_place_and_answers_nothing(self) -> None:
        assert set(refused([E1, E1 | {"use": "palace"}, 3])) == {"[1].use", "[2].facts"}

    @pytest.mark.parametrize(
        ("stdin", "field", "said"),
        [
            ("{", "file", "JSON"),
            ("", "file", "JSON"),
            ("[" * 100_000, "file", "JSON"),
            ("1" * 5000, "file", "JSON"),
            (b"\xff\xfe", "file", "UTF-8"),
            ('{"use": "office", "use": "hotel"}', "use", "重复"),
            ('{"accepted_on": "2014-09-15", "floor_area_m2": NaN}', "floor_area_m2", "字符串"),
            ('{"accepted_on": "2014-09-15", "floor_area_m2": 1E400}', "floor_area_m2", "字符串"),
            ('{"accepted_on": "2014-09-15", "\\ud800": 1}', "\ud800", "未知字段"),
            ("null", "facts", "JSON 对象"),
        ],
    )
    def test_that_is_no_json_object_of_facts_is_refused(self, stdin: bytes | str, field: str, said: str) -> None:
        code, out = yidan("assess", "-", stdin=stdin)
        found = {each["field"]: each["problem"] for each in json.loads(out)}

        assert code == 2
        assert said in found[field]

    def test_of_a_file_that_is_not_there_names_it(self, tmp_path: Path) -> None:
        code, out = yidan("assess", str(tmp_path / "none.json"))

        assert code == 2
        assert "none.json" in json.loads(out)[0]["problem"]

    def test_of_a_folder_instead_of_a_file_is_refused(self, tmp_path: Path) -> None:
        assert yidan("assess", str(tmp_path))[0] == 2

    def test_of_a_broken_city_names_file_and_row(self, subsidised_city: Path) -> None:
        (subsidised_city / "uses.yaml").write_text("uses: 3\n", encoding="utf-8")
        code, out = yidan("assess", "-", "--pack", str(subsidised_city), stdin=json.dumps(E1))

        assert code == 2
        assert any(each["field"].startswith("uses.yaml: uses") for each in json.loads(out))

    @pytest.mark.parametrize(
        "changes",
        [
            {"floor_area_m2": 1.5},
            {"floor_area_m2": "x"},
            {"project_cost": 1},
            {"project_cost": "1.234"},
            {"use": "palace"},
            {"accepted_on": "x"},
            {"accepted_on": None},
            {"accepted_on": "2014-02-30"},
            {"accepted_on": "2026-12-28"},
            {"developer": 1},
            {"developer": {"name": "", "uscc": "1"}},
            {"developer": {"name": "甲", "uscc": "91371002MA3C00011M"}},
            {"project_code": "1"},
            {"project_code": "2013-371002-70-01-000001", "project_name": "长" * 201},
            {"project_code": "2099-371002-70-01-000001"},
            {"project_code": "2014-991002-70-01-000001"},
            {"reductions_claimed": [{"code": "KING", "document": "d"}, 1]},
            {"reductions_claimed": 1},
            {"community_care_area_m2": "99999999"},
            {"floors": "1", "full_frame": 1, "standard_bricks": "1.5", "wage_credit_grade": "E"},
            {"project_name": "a\nb", "colour": "blue"},
        ],
    )
    def test_is_told_in_english_on_request(self, changes: dict[str, Any]) -> None:
        for problem in refused(E1 | changes, "--lang", "en").values():
            # What people typed, and units of a list, may stay as they are.
            assert not any(
                "\u4e00" <= char <= "\u9fff"
                for char in problem.replace("文号", "").replace("单位全称", "").replace("统一社会信用代码", "")
            ), problem

    def test_stays_chinese_where_no_translation_is_known(self) -> None:
        assert translate("别的问题") == "别的问题"


class TestWords:
    @pytest.mark.parametrize(
        ("amount", "words"),
        [("1409.50", "人民币壹仟肆佰零玖元伍角"), ("1409.5", "人民币壹仟肆佰零玖元伍角"), ("0", "人民币零元整")],
    )
    def test_are_printed_alone_on_a_line(self, amount: str, words: str) -> None:
        assert yidan("words", amount) == (0, f"{words}\n")

    @pytest.mark.parametrize("amount", ["-1", "-1.00", "1.234", "1e3", "１", "", "1,000", "--1"])
    def test_are_refused_for_what_is_no_amount(self, amount: str) -> None:
        code, out = yidan("words", "--", amount)

        assert (code, json.loads(out)[0]["field"]) == (2, "amount")

    def test_take_a_negative_amount_for_an_amount(self) -> None:
        code, out = yidan("words", "-5")

        assert (code, json.loads(out)[0]["field"]) == (2, "amount")


class TestWorkdays:
    @pytest.mark.parametrize(
        ("start", "days", "end"),
        [
            ("2026-09-30", "5", "2026-10-13"),
            ("2014-10-08", "5", "2014-10-14"),
            ("2014-09-20", "0", "2014-09-20"),
            ("2026-12-24", "5", "2026-12-31"),
        ],
    )
    def test_add_prints_the_last_day(self, start: str, days: str, end: str) -> None:
        assert yidan("workdays", "add", start, days) == (0, f"{end}\n")

    def test_between_prints_the_count(self) -> None:
        assert yidan("workdays", "between", "2013-12-31", "2014-12-31")[0] == 0
        assert yidan("workdays", "between", "2013-12-31", "2014-12-31")[1] == "250\n"

    @pytest.mark.parametrize(
        ("start", "days", "fields"),
        [
            ("2026-12-28", "5", ["start"]),
            ("2003-12-31", "1", ["start"]),
            ("2014-09-15", "99999", ["start"]),
            ("2014-9-15", "5", ["start"]),
            ("2014-09-15", "-3", ["days"]),
            ("2014-09-15", "1.5", ["days"]),
            ("2014-09-15", "５", ["days"]),
            ("x", "x", ["start", "days"]),
        ],
    )
    def test_add_refuses_what_it_cannot_compute(self, start: str, days: str, fields: list[str]) -> None:
        code, out = yidan("workdays", "add", start, days)

        assert (code, [each["field"] for each in json.loads(out)]) == (2, fields)


class TestTheConsole:
    @pytest.mark.parametrize("command", ["assess", "words", "workdays", "verify", "up", "demo", "audit", "doctor"])
    def test_lists_every_command(self, command: str) -> None:
        code, out = yidan("--help")

        assert code == 0
        assert command in out

    @pytest.mark.parametrize(
        ("arguments", "heavy"),
        [
            (["words", "1409.50"], "yaml pydantic sqlalchemy flask weasyprint cryptography chinese_calendar"),
            (["workdays", "add", "2026-09-30", "5"], "pydantic sqlalchemy flask weasyprint cryptography dramatiq"),
        ],
    )
    def test_imports_only_what_a_command_needs(self, arguments: list[str], heavy: str) -> None:
        script = (
            "import sys\n"
            "from console.main import app\n"
            f"sys.argv[1:] = {arguments!r}\n"
            "try:\n    app()\n"
            "except SystemExit as end:\n    assert not end.code\n"
            f"print(sorted(set({heavy.split()!r}) & set(sys.modules)))\n"
        )
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

        assert done.stdout.splitlines()[-1] == "[]"

    @pytest.mark.parametrize(
        "arguments",
        [
            ["words", "1409.50"],
            ["words", "-5"],
            ["workdays", "add", "2026-09-30", "5"],
            ["workdays", "add", "2026-12-28", "5"],
            ["assess", "none.json"],
        ],
    )
    def test_answers_a_plain_call_as_it_answers_one_with_options(self, arguments: list[str]) -> None:
        plain = subprocess.run(
            [sys.executable, "-c", "from console.main import app; app()", *arguments], capture_output=True, check=False
        )

        assert (plain.returncode, plain.stdout.decode()) == yidan(*arguments, "--lang", "zh")

    def test_writes_utf_8_whatever_the_locale(self) -> None:
        done = subprocess.run(
            [sys.executable, "-c", "from console.main import app; app()", "words", "1"],
            capture_output=True,
            check=True,
            env={"PYTHONIOENCODING": "ascii", "PYTHONPATH": "."},
        )

        assert done.stdout.decode("utf-8") == "人民币壹元整\n"
