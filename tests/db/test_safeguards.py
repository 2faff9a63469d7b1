"""What the database refuses by itself, whatever the code above it does."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from office import Office
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from watching import as_owner, side_by_side

from shared.db.books import hold, open_day
from shared.db.engine import unit_of_work
from shared.db.migrations.safeguards import APPEND_ONLY, DELETABLE, FIRST_APPEND_ONLY, WALLED
from shared.settings import settings

PRIVILEGE_MISSING = "42501"
APPEND_ONLY_BROKEN = "23001"
CHECK_BROKEN = "23514"
UNIQUE_BROKEN = "23505"
OVERLAP = "23P01"


def refused(problem: pytest.ExceptionInfo[DBAPIError]) -> str:
    """The SQLSTATE of a refusal."""
    return str(problem.value.orig.sqlstate)  # type: ignore[union-attr]


def app(statement: str, **values: object) -> int:
    """Do something as the application's role, sitting in the sample city."""
    with unit_of_work(settings().tenant) as session:
        return session.execute(text(statement), values).rowcount  # type: ignore[attr-defined, no-any-return]


@pytest.fixture
def settled(office: Office) -> UUID:
    """An application that has been through everything, so that every append-only table has rows."""
    received = office.is_billed()
    (bill,) = office.bills(received.application_id)
    office.hears_from_bank(office.callback(bill))
    office.works()
    return received.application_id


@pytest.mark.usefixtures("settled")
class TestAppendOnlyTables:
    def test_refuse_change_and_deletion_to_the_app_and_to_the_owner(self) -> None:
        for table in APPEND_ONLY:
            for statement in (f"update {table} set tenant_id = tenant_id", f"delete from {table}"):
                with pytest.raises(DBAPIError) as problem:
                    app(statement)
                assert (table, refused(problem)) == (table, PRIVILEGE_MISSING)
        for table in FIRST_APPEND_ONLY:
            for statement in (f"update {table} set tenant_id = tenant_id", f"delete from {table}"):
                with pytest.raises(DBAPIError) as problem, as_owner() as session:
                    session.execute(text(statement))
                assert (table, refused(problem)) == (table, APPEND_ONLY_BROKEN)

    def test_carry_the_trigger_that_stops_the_owner(self, office: Office) -> None:
        found = office.rows("select tgrelid::regclass::text from pg_trigger where tgname like '%_append_only'")
        assert sorted(row[0] for row in found) == sorted(APPEND_ONLY)

    def test_have_rows_that_the_refusals_were_about(self, office: Office) -> None:
        for table in FIRST_APPEND_ONLY:
            assert office.one(f"select count(*) from {table}") > 0

    def test_are_not_the_only_ones_from_which_the_app_deletes_nothing(self) -> None:
        for table in ("application", "bill", "receipt", "fee_line", "review_task", "outbox", "account"):
            assert table not in DELETABLE
            with pytest.raises(DBAPIError) as problem:
                app(f"delete from {table}")
            assert (table, refused(problem)) == (table, PRIVILEGE_MISSING)

    def test_cannot_be_emptied_by_truncate(self) -> None:
        with pytest.raises(DBAPIError) as problem:
            app("truncate ledger_posting")
        assert refused(problem) == PRIVILEGE_MISSING


@pytest.mark.usefixtures("settled")
class TestWallsBetweenTenants:
    def test_stand_around_every_table_with_a_tenant_except_the_outbox(self) -> None:
        with as_owner() as session:
            rows = session.execute(
                text(
                    "select c.table_name from information_schema.columns c join pg_class t on t.relname = c.table_name "
                    "where c.table_schema = 'public' and c.column_name = 'tenant_id' and not t.relrowsecurity"
                )
            ).scalars()
            assert list(rows) == ["outbox"]

    def test_hide_every_row_from_another_tenant(self) -> None:
        with as_owner() as session:
            session.execute(
                text(
                    "insert into tenant (id, name, region_code, revision, data) "
                    "select 'lindao', '临岛市', region_code, revision, data from tenant"
                )
            )
        with unit_of_work("lindao") as session:
            for table in WALLED:
                assert (table, session.execute(text(f"select count(*) from {table}")).scalar_one()) == (table, 0)
            assert session.execute(text("update application set site = ''")).rowcount == 0  # type: ignore[attr-defined]

    def test_hide_every_row_from_somebody_without_a_tenant(self) -> None:
        with unit_of_work() as session:
            for table in WALLED:
                assert (table, session.execute(text(f"select count(*) from {table}")).scalar_one()) == (table, 0)

    def test_refuse_a_row_for_another_tenant(self) -> None:
        with pytest.raises(DBAPIError) as problem:
            app("insert into number_series (tenant_id, series, last) values ('lindao', 'bill:2014', 1)")
        assert refused(problem) == PRIVILEGE_MISSING
        with pytest.raises(DBAPIError) as problem:
            app("update application set tenant_id = 'lindao'")
        assert refused(problem) == PRIVILEGE_MISSING

    def test_are_not_left_behind_in_a_pooled_connection(self) -> None:
        with unit_of_work(settings().tenant) as session:
            assert session.execute(text("select count(*) from account")).scalar_one() > 0
        with unit_of_work() as session:
            assert session.execute(text("select count(*) from account")).scalar_one() == 0


@pytest.mark.usefixtures("database_url")
class TestTariffPeriods:
    @pytest.mark.parametrize(
        ("valid_from", "valid_to", "fits"),
        [
            (date(1990, 1, 1), date(1990, 12, 31), True),
            (date(1990, 1, 1), None, False),  # open-ended: reaches into the first version
            (date(2014, 9, 15), date(2014, 9, 15), False),  # one day inside
        ],
    )
    def test_of_one_item_never_overlap(self, valid_from: date, valid_to: date | None, fits: bool) -> None:
        statement = (
            "insert into tariff_version (tenant_id, item_code, version, valid_from, valid_to, data) "
            "values (:tenant, 'PTF', 'another', :from, :to, '{}')"
        )
        values = {"tenant": settings().tenant, "from": valid_from, "to": valid_to}
        if fits:
            app(statement, **values)
            return
        with pytest.raises(DBAPIError) as problem:
            app(statement, **values)
        assert refused(problem) == OVERLAP

    def test_may_not_even_share_one_day(self, office: Office) -> None:
        last = office.one(
            "select max(valid_to) from tariff_version where item_code = 'PTF' and valid_to is not null"
        ) or office.one("select max(valid_from) from tariff_version where item_code = 'PTF'")
        with pytest.raises(DBAPIError) as problem:
            app(
                "insert into tariff_version (tenant_id, item_code, version, valid_from, valid_to, data) "
                "values (:tenant, 'PTF', 'another', :day, :day, '{}')",
                tenant=settings().tenant,
                day=last,
            )
        assert refused(problem) == OVERLAP


@pytest.mark.usefixtures("office")
class TestTheBooks:
    def entry(self, *amounts: int) -> None:
        with unit_of_work(settings().tenant) as session:
            entry = uuid4()
            session.execute(
                text(
                    "insert into ledger_entry (id, tenant_id, kind, key, booked_on, occurred_at) "
                    "values (:id, :tenant, 'test', :key, now(), now())"
                ),
                {"id": entry, "tenant": settings().tenant, "key": str(entry)},
            )
            session.execute(
                text(
                    "insert into ledger_posting (entry_id, seq, tenant_id, account, amount_fen) "
                    "select :entry, seq, :tenant, 'treasury', amount "
                    "from unnest(cast(:amounts as bigint[])) with ordinality as leg(amount, seq)"
                ),
                {"entry": entry, "tenant": settings().tenant, "amounts": list(amounts)},
            )

    def test_take_an_entry_whose_legs_sum_to_zero(self, office: Office) -> None:
        self.entry(300, -100, -200)

        assert office.one("select sum(amount_fen) from ledger_posting") == 0

    @pytest.mark.parametrize("amounts", [(), (5,), (1, -2), (100, -99), (10**15, -(10**15) + 1)])
    def test_refuse_at_commit_an_entry_that_does_not_balance(self, office: Office, amounts: tuple[int, ...]) -> None:
        with pytest.raises(DBAPIError) as problem:
            self.entry(*amounts)

        assert refused(problem) == CHECK_BROKEN
        assert office.one("select count(*) from ledger_entry") == 0

    CLOSED = (
        "insert into period (id, tenant_id, kind, first_on, last_on, number, closed_by, closed_at) "
        "select :id, tenant_id, 'day', current_date, current_date, '1', id, now() from account limit 1"
    )

    def test_are_closed_to_entries_of_a_closed_day_and_of_any_day_before_it(self, office: Office) -> None:
        app(self.CLOSED, id=uuid4())
        with pytest.raises(DBAPIError) as problem:
            self.entry(100, -100)
        assert refused(problem) == CHECK_BROKEN
        with office.sits() as sitting:
            today = sitting.session.execute(text("select current_date")).scalar_one()
            for day in (today, today - timedelta(days=40)):
                assert open_day(sitting.session, sitting.tenant, day) == today + timedelta(days=1)

    def test_are_as_closed_to_a_district_that_sees_no_periods(self) -> None:
        app(self.CLOSED, id=uuid4())
        with unit_of_work(settings().tenant, area="dw") as session:
            assert session.execute(text("select count(*) from period")).scalar_one() == 0
            today = session.execute(text("select current_date")).scalar_one()
            assert open_day(session, settings().tenant, today) == today + timedelta(days=1)

    def test_stay_open_to_whoever_has_begun_to_book_until_he_is_done(self, office: Office) -> None:
        begun, ended = threading.Event(), threading.Event()

        def books() -> date:
            with office.sits() as sitting:
                day = open_day(sitting.session, sitting.tenant, sitting.session.scalar(text("select current_date")))
                begun.set()
                assert not ended.wait(0.3)  # whoever closes has to wait
                return day

        def closes() -> None:
            begun.wait()
            with office.sits() as sitting:
                hold(sitting.session, sitting.tenant)
                ended.set()
                sitting.session.execute(text(self.CLOSED), {"id": uuid4()})

        day, _ = side_by_side(books, closes)
        assert day == office.one("select current_date")
        assert office.one("select open_day(tenant_id, current_date) from period") == day + timedelta(days=1)

    def test_keep_the_figures_of_a_closed_period(self) -> None:
        app(self.CLOSED, id=uuid4())
        for change in ("figures = '{}'", "number = '2'", "closed_at = now()", "last_on = last_on + 1"):
            with pytest.raises(DBAPIError) as problem:
                app(f"update period set {change}")
            assert (change, refused(problem)) == (change, PRIVILEGE_MISSING)

    def test_refuse_a_leg_of_nothing(self) -> None:
        with pytest.raises(DBAPIError) as problem:
            self.entry(0, 0)
        assert refused(problem) == CHECK_BROKEN

    def test_refuse_a_leg_added_to_a_closed_entry(self) -> None:
        self.entry(100, -100)
        with pytest.raises(DBAPIError) as problem:
            app(
                "insert into ledger_posting (entry_id, seq, tenant_id, account, amount_fen) "
                "select id, 99, tenant_id, 'treasury', 1 from ledger_entry"
            )
        assert refused(problem) == CHECK_BROKEN


@pytest.mark.usefixtures("settled")
class TestBills:
    def test_are_refused_at_commit_when_they_do_not_add_up(self) -> None:
        columns = (
            "tenant_id, application_id, payer, payer_name, payer_uscc, verification_code, issued_at, issued_on, "
            "booked_on, due_on"
        )
        with pytest.raises(DBAPIError) as problem:
            app(
                f"insert into bill (id, number, payment_code, occasion, kind, status, total_fen, {columns}) "
                f"select :id, 'another', 'another', 1, 'supplement', 'issued', 1, {columns} from bill",
                id=uuid4(),
            )
        assert refused(problem) == CHECK_BROKEN

    def test_come_once_per_payer_of_an_application(self) -> None:
        columns = (
            "tenant_id, application_id, payer, payer_name, payer_uscc, verification_code, issued_at, issued_on, "
            "booked_on, due_on"
        )
        with pytest.raises(DBAPIError) as problem:
            app(
                f"insert into bill (id, number, payment_code, occasion, status, total_fen, {columns}) "
                f"select :id, 'another', 'another', 0, 'nothing_due', 0, {columns} from bill",
                id=uuid4(),
            )
        assert refused(problem) == UNIQUE_BROKEN

    def test_stand_once_for_a_payer_however_often_they_are_drawn_up_anew(self) -> None:
        columns = (
            "tenant_id, application_id, payer, payer_name, payer_uscc, verification_code, issued_at, issued_on, "
            "booked_on, due_on"
        )
        with pytest.raises(DBAPIError) as problem:
            app(
                f"insert into bill (id, number, payment_code, occasion, kind, replaces, status, total_fen, {columns}) "
                f"select :id, 'another', 'another', 1, 'reissue', id, 'nothing_due', 0, {columns} from bill",
                id=uuid4(),
            )
        assert refused(problem) == UNIQUE_BROKEN

    def test_carry_a_fee_line_once_on_each_occasion(self) -> None:
        with pytest.raises(DBAPIError) as problem:
            app(
                "insert into bill_line (bill_id, seq, tenant_id, fee_line_id, item_code, unit_code, due_fen) "
                "select bill_id, seq + 100, tenant_id, fee_line_id, item_code, unit_code, 0 from bill_line"
            )
        assert refused(problem) == UNIQUE_BROKEN

    def test_change_nothing_but_their_status_once_they_stand(self) -> None:
        for change in ("total_fen = total_fen + 1", "number = '1'", "payer = 'x'", "due_on = now()"):
            with pytest.raises(DBAPIError) as problem:
                app(f"update bill set {change}")
            assert (change, refused(problem)) == (change, PRIVILEGE_MISSING)

    def test_keep_their_total_even_against_the_owner(self) -> None:
        with pytest.raises(DBAPIError) as problem, as_owner() as session:
            session.execute(text("update bill set total_fen = total_fen + 1"))
        assert refused(problem) == CHECK_BROKEN

    def test_have_one_valid_receipt_and_take_a_bank_transaction_once(self) -> None:
        for table, columns in (
            (
                "receipt",
                "tenant_id, application_id, bill_id, code, check_code, total_fen, issued_at, issued_on, booked_on",
            ),
            (
                "payment",
                "tenant_id, bill_id, inbox_id, provider, amount_fen, channel, payer_name, payer_account, paid_at",
            ),
        ):
            extra = {"receipt": "number, public_token, state", "payment": "provider_txn_id"}[table]
            given = {"receipt": "'9999999999', 'another', 'normal'", "payment": "provider_txn_id"}[table]
            with pytest.raises(DBAPIError) as problem:
                app(
                    f"insert into {table} (id, {columns}, {extra}) select :id, {columns}, {given} from {table}",
                    id=uuid4(),
                )
            assert (table, refused(problem)) == (table, UNIQUE_BROKEN)


@pytest.mark.usefixtures("settled")
class TestReceipts:
    def test_change_nothing_but_their_state_once_they_stand(self) -> None:
        for change in ("total_fen = 1", "number = '1'", "public_token = 'x'", "issued_on = now()"):
            with pytest.raises(DBAPIError) as problem:
                app(f"update receipt set {change}")
            assert (change, refused(problem)) == (change, PRIVILEGE_MISSING)


@pytest.mark.usefixtures("settled")
class TestFeeLines:
    def test_are_final_only_with_a_seal_and_only_if_they_add_up(self) -> None:
        for change in ("seal = null", "payable_fen = payable_fen + 1"):
            with pytest.raises(DBAPIError) as problem:
                app(f"update fee_line set {change}")
            assert refused(problem) == CHECK_BROKEN
