"""Every refusal that the source can raise has its English: the texts are read out of the source itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.domain.facts import FACT_NAMES
from shared.english import NAMES, translate

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(
    path
    for folder in ("shared/domain", "shared/db", "shared/statements", "services", "web")
    for path in (ROOT / folder).rglob("*.py")
    if "styleguide" not in path.parts
) + [ROOT / "shared" / name for name in ("packs.py", "papers.py", "storage.py")]
FAMILIES = {
    "Refused",
    "NotFound",
    "Conflict",
    "NotAllowed",
    "Invalid",
    "Unavailable",
    "CalendarNotLoaded",
    "Unreadable",
}
CHINESE = re.compile(r"[\u3400-\u9fff]")
#: Stands for every value inside an f-string: a digit fits wherever a text or a number is wanted.
SAMPLE = "7"


def families() -> set[str]:
    """The errors shown to people, with those that modules derive from them."""
    found = set(FAMILIES)
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and any(ast.unparse(base) in found for base in node.bases):
                found.add(node.name)
    return found


def texts(node: ast.expr | None, names: dict[str, str]) -> Iterator[str]:
    """The texts that an expression may come to; calls (gettext) and unknown names come to none."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else SAMPLE for part in parts)
        case ast.IfExp(body=one, orelse=other):
            yield from texts(one, names)
            yield from texts(other, names)
        case ast.Lambda(body=body):
            yield from texts(body, names)
        case ast.Name(id=name) if name in names:
            yield names[name]


def raised(path: Path, errors: set[str]) -> Iterator[tuple[int, str]]:
    """Each Chinese text of a module that an error, a problem or the answer of a `…_problem` function carries."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {
        ast.unparse(target): node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
    }
    carried: list[tuple[int, ast.expr | None]] = []
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="Problem"), args=[_, text]):
                carried.append((node.lineno, text))
            case ast.Call(func=ast.Attribute(attr="problem"), args=[_, text]):
                carried.append((node.lineno, text))
            case ast.Call(func=ast.Attribute(attr="problem" | "contradiction"), args=[_, _, text]):
                carried.append((node.lineno, text))
            case ast.Call(func=ast.Name(id="written"), keywords=keywords):
                carried += [(node.lineno, each.value) for each in keywords if each.arg == "missing"]
            case ast.Call(func=ast.Name(id="LineProblem"), args=[_, _, text]):
                carried.append((node.lineno, text))
            case ast.Call(func=ast.Name(id="_refuse_keys"), args=[text]):
                carried.append((node.lineno, text))
            case ast.Call(func=ast.Name(id=name), args=[text]) if name in errors:
                carried.append((node.lineno, text))
            case ast.FunctionDef(name=name) if name.endswith("_problem"):
                carried += [(each.lineno, each.value) for each in ast.walk(node) if isinstance(each, ast.Return)]
            case ast.AnnAssign(target=ast.Name(id="_CHECKS"), value=ast.Dict(values=checks)):
                carried += [(check.lineno, check) for check in checks]
            case ast.Assign(targets=[ast.Name(id="_WORDS")], value=ast.Dict(values=words)) if path.name == "exact.py":
                carried += [(word.lineno, word) for word in words]
    for line, expression in carried:
        for text in texts(expression, names):
            if CHINESE.search(text):
                yield line, text


def all_raised() -> list[tuple[str, str]]:
    errors = families()
    return [
        (f"{path.relative_to(ROOT)}:{line}", text) for path in SOURCES for line, text in sorted(raised(path, errors))
    ]


class TestEveryRefusal:
    def test_has_its_english(self) -> None:
        found = all_raised()

        assert len(found) > 150
        assert [(where, text) for where, text in found if CHINESE.search(translate(text))] == []

    def test_is_read_out_of_every_kind_of_module(self) -> None:
        modules = {where.partition(":")[0] for where, _ in all_raised()}

        assert modules >= {
            "shared/domain/facts.py",
            "shared/domain/channel.py",
            "shared/db/engine.py",
            "shared/storage.py",
            "shared/packs.py",
            "shared/statements/cells.py",
            "shared/statements/tally.py",
            "services/intake.py",
            "services/review.py",
            "web/api/exact.py",
        }


class TestTranslation:
    @pytest.mark.parametrize(
        ("chinese", "english"),
        [
            ("必填：计算价格调节基金、人防费需要这一项", "required: needed to compute price fund, 人防费"),
            ("甲.pdf 超过 20 MB，请压缩或拆分后再传", "甲.pdf is larger than 20 MB; compress or split it"),
            ("没有这份材料，或它已随另一申报提交", "there is no such paper, or it has gone out with an application"),
            ("2027-01-01 早于起始日 2027-02-01", "2027-01-01 is before 2027-02-01"),
            ("PTF 重复", "PTF is given twice"),
        ],
    )
    def test_keeps_what_the_text_names(self, chinese: str, english: str) -> None:
        assert translate(chinese, {"价格调节基金": "price fund"}) == english

    def test_names_every_fact(self) -> None:
        assert set(FACT_NAMES.values()) <= set(NAMES)

    def test_leaves_what_it_does_not_know(self) -> None:
        assert translate("别的问题") == "别的问题"
