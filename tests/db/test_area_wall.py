"""The wall between districts: with a district named, the database shows and takes nothing of any other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import pytest
from every_table import fill
from office import Office
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from watching import as_owner

from services import notices
from services.sitting import serve, sitting
from shared.db.engine import unit_of_work
from shared.db.migrations.safeguards import APPEND_ONLY, AREA_OPEN, AREA_WALLED, DELETABLE, WALLED
from shared.db.notices import Addressee
from shared.settings import settings

PRIVILEGE_MISSING = "42501"
#: People and their posts belong to units, not to applications: no case brings them along.
OF_UNITS = ("account", "post")
#: What hides from every district, its own included.
HIDDEN = tuple(table for table, condition in AREA_WALLED.items() if condition == "false")

Rows = dict[str, set[str]]


@dataclass(frozen=True, slots=True)
class Districts:
    """Two districts' rows in every table, each as its whole text."""

    dw: Rows
    gx: Rows
    dw_case: UUID
    gx_case: UUID


def seen(area: str | None = None) -> Rows:
    """Everything that a sitting reads, table by table, by plain SQL."""
    with unit_of_work(settings().tenant, area=area) as session:
        return {table: set(session.execute(text(f"select t::text from {table} t")).scalars()) for table in AREA_WALLED}


def foreign(area: str | None, districts: Districts) -> dict[str, int]:
    """How many of the other district's rows a sitting finds, in every table where it finds any."""
    theirs = districts.gx if area in (None, "dw") else districts.dw
    found = {table: len(rows & theirs[table]) for table, rows in seen(area).items()}
    return {table: number for table, number in found.items() if number}


@pytest.fixture
def districts(office: Office) -> Districts:
    """A case in 东湾区 and one in 高新区, both through everything, with rows in every table."""

    def settles(area: str) -> tuple[UUID, Rows]:
        before = seen()
        received = office.receives(office.body(area_code=area))
        office.works()
        office.confirms(received.application_id)
        office.approves_everything(received.application_id)
        office.works()
        (bill,) = office.bills(received.application_id)
        office.hears_from_bank(office.callback(bill))
        office.works()
        officer = office.account(f"{area}-zj-officer")
        made = seen()
        with as_owner(without_triggers=True) as session:
            fill(
                session,
                [table for table in AREA_WALLED if table not in OF_UNITS and made[table] == before[table]],
                tenant=settings().tenant,
                application_id=received.application_id,
                account_id=officer.id,
                unit_code=officer.unit_code,
                bill_id=bill.id,
            )
        after = seen()
        return received.application_id, {table: after[table] - before[table] for table in AREA_WALLED}

    dw_case, dw = settles("dw")
    gx_case, gx = settles("gx")
    return Districts(dw, gx, dw_case, gx_case)


@contextmanager
def refused() -> Iterator[None]:
    with pytest.raises(DBAPIError) as problem:
        yield
    assert problem.value.orig.sqlstate == PRIVILEGE_MISSING  # type: ignore[union-attr]


class TestEveryTable:
    def test_is_either_walled_by_district_or_said_to_be_everybodys(self) -> None:
        assert set(AREA_WALLED) | set(AREA_OPEN) == set(WALLED), "a new table: say in safeguards whose its rows are"
        assert not set(AREA_WALLED) & set(AREA_OPEN)

    def test_carries_its_policies(self, office: Office) -> None:
        rows = office.rows("select tablename, permissive from pg_policies where policyname like '%\\_area'")
        assert {(row.tablename, row.permissive) for row in rows} == {(table, "RESTRICTIVE") for table in AREA_WALLED}


class TestADistrict:
    def test_reads_its_own_rows_and_none_of_another_in_any_table(self, districts: Districts) -> None:
        for area, own, other in (("dw", districts.dw, districts.gx), ("gx", districts.gx, districts.dw)):
            read = seen(area)
            for table in AREA_WALLED:
                if table in OF_UNITS:
                    continue
                assert (table, len(other[table]) > 0) == (table, True), "nothing there to be hidden"
                assert (area, table, read[table] & other[table]) == (area, table, set())
                if table not in HIDDEN:
                    assert (area, table, own[table] - read[table]) == (area, table, set())

    @pytest.mark.usefixtures("districts")
    def test_meets_people_of_the_city_and_of_its_own_units_only(self) -> None:
        with unit_of_work(settings().tenant, area="dw") as session:
            for table in ("account", "post", "deputy"):
                units = set(session.execute(text(f"select distinct unit_code from {table}")).scalars())
                assert not {"gx-zj", "jk-zj", "lg-zj"} & units
                assert "dw-zj" in units
            assert "zj" in set(session.execute(text("select unit_code from post")).scalars())
            assert session.execute(text("select count(*) from account where login = 'applicant2'")).scalar_one() == 0

    @pytest.mark.usefixtures("districts")
    def test_changes_and_deletes_nothing_of_another(self) -> None:
        changeable = dict.fromkeys(
            ("receipt", "statement_line", "period", "transfer", "refund", "deposit", "deposit_move", "channel_order"),
            "state",
        )
        changeable |= {"bill": "status", "credit": "left_fen", "notice_line": "told_as", "export": "document_sha256"}
        statements = [
            *(
                f"update {table} set {(name := changeable.get(table, 'tenant_id'))} = {name}"
                for table in AREA_WALLED
                if table not in (*APPEND_ONLY, *OF_UNITS)
            ),
            *(f"delete from {table}" for table in DELETABLE if table in AREA_WALLED and table not in OF_UNITS),
        ]
        for statement in statements:
            with unit_of_work(settings().tenant, area="jk") as session:
                done = session.execute(text(statement)).rowcount  # type: ignore[attr-defined]
            assert (statement, done) == (statement, 0)

    def test_reads_gathered_notices_to_its_own_people_only(self, office: Office) -> None:
        people = [
            *(Addressee(mark=code, unit_code=code) for code in ("zj", "dw-zj", "gx-zj")),
            *(
                Addressee(mark=login, account_id=office.account(login).id)
                for login in ("zj-officer", "dw-zj-officer", "leader", "applicant")
            ),
        ]
        with office.sits() as sitting:
            notices.tell(sitting, people, kind="step_red", key="many", title="9 项", body="", is_gathered=True)
        read = "select replace(key, 'many:', '') from notice where is_gathered order by 1"
        with unit_of_work(settings().tenant, area="dw") as session:
            assert session.execute(text(read)).scalars().all() == ["dw-zj", "dw-zj-officer"]
        assert len(office.rows(read)) == len(people)

    @pytest.mark.usefixtures("districts")
    def test_writes_no_row_into_another(self) -> None:
        with as_owner() as session:
            rows = {
                table: session.execute(text(f"select to_jsonb(t)::text from {table} t limit 50")).scalars().all()
                for table in AREA_WALLED
                if table not in OF_UNITS
            }
        for table, copies in rows.items():
            for copy in copies:
                with refused(), unit_of_work(settings().tenant, area="jk") as session:
                    session.execute(
                        text(
                            f"insert into {table} overriding system value "
                            f"select (jsonb_populate_record(null::{table}, cast(:copy as jsonb))).*"
                        ),
                        {"copy": copy},
                    )

    def test_cannot_move_an_application_out_of_its_area(self, districts: Districts) -> None:
        with refused(), unit_of_work(settings().tenant, area="dw") as session:
            session.execute(text("update application set area_code = 'gx' where id = :id"), {"id": districts.dw_case})

    @pytest.mark.usefixtures("districts")
    def test_that_does_not_exist_sees_nothing(self) -> None:
        read = seen("-")
        assert {table for table, rows in read.items() if rows} <= set(OF_UNITS)


class TestTheCity:
    def test_sees_everything_as_if_there_were_no_wall(self, districts: Districts) -> None:
        read = seen()
        for table in AREA_WALLED:
            assert districts.dw[table] | districts.gx[table] <= read[table]

    @pytest.mark.usefixtures("districts")
    def test_sitting_after_a_district_on_the_same_connection_sees_everything_again(self) -> None:
        for _ in range(3):
            assert len(seen("dw")["application"]) == 1
            assert len(seen()["application"]) == 2

    def test_would_be_caught_by_these_tests_if_it_were_a_district(self, districts: Districts) -> None:
        # The control: without the district named, the other's rows are found in every table but the people's.
        assert set(foreign(None, districts)) == set(AREA_WALLED) - set(OF_UNITS)
        assert foreign("dw", districts) == {}
        assert foreign("gx", districts) == {}


class TestASitting:
    def test_is_for_the_district_of_whoever_is_served(self, districts: Districts) -> None:
        def cases() -> list[UUID]:
            with sitting() as office:
                return list(office.session.execute(text("select id from application")).scalars())

        try:
            serve("gx")
            assert cases() == [districts.gx_case]
        finally:
            serve(None)
        assert set(cases()) == {districts.dw_case, districts.gx_case}

    @pytest.mark.usefixtures("districts")
    def test_of_a_worker_has_no_district(self) -> None:
        with sitting() as office:
            assert office.area is None
            assert office.session.execute(text("select count(*) from application")).scalar_one() == 2


class TestTheWayFromUnitToDistrict:
    def test_leads_district_units_to_their_own_and_unknown_ones_nowhere(self, office: Office) -> None:
        with office.sits() as sitting:
            city = sitting.city
        assert [city.area_of(unit) for unit in ("zj", "rf", None, "dw-zj", "gx-zj", "gone")] == [
            None, None, None, "dw", "gx", "-",
        ]  # fmt: skip
