"""Work that nobody can do is one case of one kind with one owner, opened once and closed when it is done again."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from office import Office
from watching import forge, side_by_side

from services import review, vacancies
from services.operations import KINDS_OF_ROLE
from workers.clock import look_once

ROOT = Path(__file__).parents[2]


@pytest.fixture
def received(office: Office) -> UUID:
    return office.receives().application_id


def leaves(*logins: str) -> None:
    for login in logins:
        assert forge("update account set is_active = false where login = :login", login=login) == 1


def comes_back(login: str) -> None:
    forge("update account set is_active = true where login = :login", login=login)


def vacant(office: Office, *, is_closed: bool = False) -> list[Any]:
    return office.rows(
        "select id, key, reason, application_id, data, closed_by, resolution from case_item where kind = 'no_officer' "
        "and (closed_at is not null) = :is_closed order by opened_at, key",
        is_closed=is_closed,
    )


def told(office: Office) -> list[str]:
    rows = office.rows(
        "select coalesce(p.login, n.to_unit) as who from notice n left join account p on p.id = n.to_account "
        "where n.kind = 'no_officer' and n.channel = 'app' order by 1"
    )
    return [row.who for row in rows]


def takes(office: Office, application_id: UUID, matter: str, login: str) -> None:
    (task,) = (each for each in office.tasks(application_id) if each.matter_code == matter)
    actor = office.actor(login)
    with office.sits() as sitting:
        review.take(sitting, task_id=task.id, actor=actor)


class TestAUnitWithoutOfficers:
    @pytest.mark.usefixtures("received")
    def test_is_one_case_however_many_tasks_lie_there_and_however_often_it_is_looked_for(self, office: Office) -> None:
        office.receives()
        leaves("rf-officer")
        for _ in range(3):
            look_once()

        (case,) = vacant(office)
        assert case.reason.startswith("瀚海市人民防空办公室有 2 项任务待办，但没有在岗的经办人：请联系")
        assert case.application_id is None
        assert office.rows("select kind from case_item where kind like '%without_officer'") == []
        assert told(office) == ["rf-chief", "zj"]

    def test_is_one_case_with_the_task_that_its_last_officer_had_in_hand(self, office: Office, received: UUID) -> None:
        takes(office, received, "rf-shelter", "rf-officer")
        leaves("rf-officer")
        look_once()

        (case,) = vacant(office)
        assert case.data == {"unit": "rf"}
        assert case.application_id is None

    @pytest.mark.usefixtures("received")
    def test_names_whom_the_administrator_has_put_on_file(self, office: Office) -> None:
        forge(
            "update post set name = '戚云汀', phone = '0532-1234' where unit_code = 'st' and kind in ('chief', 'head')"
        )
        leaves("st-officer")
        look_once()
        assert "请联系戚云汀（0532-1234）" in vacant(office)[0].reason

    @pytest.mark.usefixtures("received")
    def test_has_no_case_while_its_desk_is_empty_or_its_chief_has_all_in_hand(self, office: Office) -> None:
        leaves("sn-officer")
        look_once()
        assert vacant(office) == []

        takes(office, office.rows("select id from application")[0].id, "rf-shelter", "rf-chief")
        leaves("rf-officer")
        look_once()
        assert vacant(office) == []

    @pytest.mark.usefixtures("received")
    def test_closes_by_itself_when_somebody_comes_and_opens_anew_when_he_leaves(self, office: Office) -> None:
        leaves("rf-officer")
        look_once()
        comes_back("rf-officer")
        look_once()
        assert vacant(office) == []
        (closed,) = vacant(office, is_closed=True)
        assert (closed.closed_by, "系统自动关闭" in closed.resolution) == (None, True)

        office.at("2014-09-15 15:00")
        leaves("rf-officer")
        look_once()
        assert len(vacant(office)) == 1
        assert told(office) == ["rf-chief", "rf-chief", "zj", "zj"]

    @pytest.mark.usefixtures("received")
    def test_comes_back_the_next_day_if_the_case_was_closed_and_nobody_came(self, office: Office) -> None:
        leaves("rf-officer")
        look_once()
        forge("update case_item set closed_at = now(), closed_by = (select id from account where login = 'leader')")
        look_once()
        assert vacant(office) == []
        office.at("2014-09-16 09:00")
        look_once()
        assert len(vacant(office)) == 1

    @pytest.mark.usefixtures("received")
    def test_is_told_once_by_three_schedulers(self, office: Office) -> None:
        leaves("rf-officer")
        assert not [each for each in side_by_side(*[look_once] * 3) if isinstance(each, Exception)]
        assert len(vacant(office)) == 1
        assert told(office) == ["rf-chief", "zj"]

    @pytest.mark.usefixtures("received")
    def test_is_told_to_the_leaders_where_it_is_the_lead_window(self, office: Office) -> None:
        forge("update review_task set status = 'open' where unit_code = 'zj'")
        leaves("zj-officer")
        with office.sits() as sitting:
            vacancies.call_for_officers(sitting)
        assert told(office) == ["leader", "zj", "zj-chief"]


class TestATaskWhoseOfficerHasLeft:
    def test_is_a_case_of_its_own_where_others_of_the_unit_are(self, office: Office, received: UUID) -> None:
        forge("update account set role = 'officer' where login = 'rf-checker'")
        takes(office, received, "rf-shelter", "rf-officer")
        assert look_once() == 0
        leaves("rf-officer")
        assert [look_once(), look_once()] == [1, 0]

        (case,) = vacant(office)
        assert "认领人的账号已停用" in case.reason
        assert case.application_id == received

        takes(office, received, "rf-shelter", "rf-chief")
        look_once()
        assert vacant(office) == []

    def test_joins_the_units_case_when_the_others_leave_too(self, office: Office, received: UUID) -> None:
        forge("update account set role = 'officer' where login = 'rf-checker'")
        takes(office, received, "rf-shelter", "rf-officer")
        leaves("rf-officer")
        look_once()
        leaves("rf-checker")
        look_once()
        (case,) = vacant(office)
        assert case.application_id is None


class TestEveryKindOfCase:
    def test_has_one_owner(self) -> None:
        owners = [kind for kinds in KINDS_OF_ROLE.values() for kind in kinds]
        assert sorted(owners) == sorted(set(owners))
        opened = {
            word.value.value
            for folder in ("services", "shared", "workers")
            for source in (ROOT / folder).rglob("*.py")
            for call in ast.walk(ast.parse(source.read_text()))
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "open_case"
            for word in call.keywords
            if word.arg == "kind" and isinstance(word.value, ast.Constant)
        }
        assert opened <= set(owners)
        assert {"meeting_due", "correction_unanswered"} <= opened
