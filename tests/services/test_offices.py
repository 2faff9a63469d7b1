"""Posts and deputies leave a trail: who changed what, when, from what to what, and nobody can take it back."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from office import Office
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from watching import as_owner, side_by_side

from services import offices
from shared.db import offices as rows
from shared.db.engine import unit_of_work
from shared.settings import settings


def names(office: Office, name: str, *, login: str = "", phone: str = "", unit: str = "rf", kind: str = "head") -> None:
    with office.sits() as sitting:
        offices.name_post(
            sitting,
            by=office.account("admin"),
            unit_code=unit,
            kind=kind,
            name=name,
            phone=phone,
            login=login,
        )


def appoints(office: Office) -> UUID:
    with office.sits() as sitting:
        return offices.appoint_deputy(
            sitting,
            by=office.account("admin"),
            login="zj-officer",
            deputy_login="zj-checker",
            from_on=date(2014, 9, 15),
            to_on=date(2014, 9, 16),
            reason="年休假",
        )


def changes(office: Office) -> list[Any]:
    """What people changed, oldest first; what the pack named at set-up is left out."""
    return office.rows("select * from office_change where by_id is not null order by recorded_at")


class TestAChangeOfAPost:
    def test_says_who_changed_it_when_and_from_what_to_what(self, office: Office) -> None:
        names(office, "甲", phone="5190001", login="rf-checker")
        office.at("2014-09-16 10:00")
        names(office, "乙")

        first, second = changes(office)
        assert (first.unit_code, first.subject, first.post) == ("rf", "post", "head")
        assert first.before == {}
        assert first.after == {"name": "甲", "phone": "5190001", "email": "", "login": "rf-checker"}
        assert second.before == first.after
        assert second.after == {"name": "乙", "phone": "", "email": "", "login": ""}
        assert second.by_name == "苏简"
        assert f"{second.at:%Y-%m-%d}" == "2014-09-16"

    def test_that_changes_nothing_leaves_nothing(self, office: Office) -> None:
        for _ in range(2):
            names(office, "甲")
        assert len(changes(office)) == 1

    def test_by_two_at_once_is_two_changes_one_after_the_other(self, office: Office) -> None:
        side_by_side(*[partial(names, office, name) for name in ("甲", "乙", "丙")])
        # Their moments are those of their sittings, not of their commits: the chain itself says who came after whom.
        made = changes(office)
        assert {each.after["name"] for each in made} == {"甲", "乙", "丙"}
        chain = {each.before.get("name", ""): each.after["name"] for each in made}
        last = office.one("select name from post where unit_code = 'rf' and kind = 'head'")
        assert chain[chain[chain[""]]] == last

    def test_by_the_pack_is_its_own(self, office: Office) -> None:
        by = office.rows("select distinct by_name from office_change")
        assert [row.by_name for row in by] == ["城市数据包"]


class TestADeputyship:
    def test_is_on_record_from_its_appointment_to_its_end(self, office: Office) -> None:
        deputy_id = appoints(office)
        assert appoints(office) == deputy_id
        for _ in range(2):
            with office.sits() as sitting:
                offices.end_deputy(sitting, by=office.account("admin"), deputy_id=deputy_id)

        began, ended = changes(office)
        assert (began.subject, began.unit_code, began.before) == ("deputy", "zj", {})
        assert began.after == {
            "login": "zj-officer", "deputy": "zj-checker", "from_on": "2014-09-15", "to_on": "2014-09-16",
            "reason": "年休假",
        }  # fmt: skip
        assert (ended.before, ended.after) == (began.after, {})


class TestTheRecord:
    @pytest.mark.parametrize("statement", ["update office_change set by_name = '别人'", "delete from office_change"])
    def test_cannot_be_changed_by_the_app_or_the_owner(self, office: Office, statement: str) -> None:
        names(office, "甲")
        with pytest.raises(DBAPIError), unit_of_work(settings().tenant) as session:
            session.execute(text(statement))
        with pytest.raises(DBAPIError), as_owner() as session:
            session.execute(text(statement))

    def test_is_read_page_by_page(self, office: Office) -> None:
        for number in range(rows.PAGE_ROWS + 2):
            names(office, f"第{number}人")
        with office.sits() as sitting:
            first, second = (rows.changes(sitting.session, page=page) for page in (1, 2))
        assert first.rows[0].after["name"] == f"第{rows.PAGE_ROWS + 1}人"
        assert first.has_more
        assert len(first.rows) == rows.PAGE_ROWS
        assert second.rows[0].after["name"] == "第1人"
