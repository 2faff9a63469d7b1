"""What a window does not accept: by the facts or by the applicant's word, on the dates of the rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from shared.domain.errors import Problem
from shared.domain.facts import Facts
from shared.domain.scope import Scope, read_scope

SMALL = {"code": "small", "name": "小型工程", "reason": "限额以下。", "clause": "《办法》第二条",
         "when": {"floor_area_m2": {"at_most": 300}}, "from": "2004-07-01", "to": "2014-12-31"}  # fmt: skip
ELSEWHERE = {"code": "elsewhere", "name": "不在本市", "reason": "不属于本机关职权。", "clause": "《许可法》第三十二条",
             "asked": True, "go_to": "项目所在地", "from": "2004-07-01", "to": "open"}  # fmt: skip
DAY = date(2014, 9, 15)


def read(*rows: dict[str, Any]) -> Scope:
    problems: list[Problem] = []
    scope = read_scope({"scope": list(rows)}, {}, problems)
    assert problems == []
    return scope


def problems_of(*rows: dict[str, Any]) -> list[str]:
    problems: list[Problem] = []
    read_scope({"scope": list(rows)}, {}, problems)
    return [each.field for each in problems]


def area(square_metres: str | None) -> Facts:
    return Facts(accepted_on=DAY, floor_area_m2=None if square_metres is None else Decimal(square_metres))


class TestScope:
    @pytest.mark.parametrize(("stated", "is_outside"), [("300", True), ("300.01", False), (None, False)])
    def test_is_judged_by_the_facts_and_never_by_missing_ones(self, stated: str | None, is_outside: bool) -> None:
        assert bool(read(SMALL).grounds(DAY, facts=area(stated), said=())) == is_outside

    def test_is_judged_by_the_law_of_the_day(self) -> None:
        scope = read(SMALL)

        assert scope.grounds(date(2014, 12, 31), facts=area("200"), said=())
        assert not scope.grounds(date(2015, 1, 1), facts=area("200"), said=())

    def test_asks_only_what_the_facts_cannot_say(self) -> None:
        scope = read(SMALL, ELSEWHERE)

        assert [row.code for row in scope.questions(DAY)] == ["elsewhere"]
        assert [row.code for row in scope.grounds(DAY, facts=None, said=["elsewhere", "small"])] == ["elsewhere"]

    def test_names_the_broken_row(self) -> None:
        neither = {key: value for key, value in SMALL.items() if key != "when"}
        assert problems_of(neither) == ["scope[0] small.when"]
        assert problems_of(SMALL | {"asked": True}) == ["scope[0] small.when"]
        assert problems_of(SMALL, SMALL) == ["scope[1] small.from"]
        assert problems_of(SMALL | {"when": {"colour": 1}}) == ["scope[0] small.when.colour"]
