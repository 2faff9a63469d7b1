"""What leaves the books as a file: on record first, the right rows to the 分, and held money never among revenue."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from office import E1_TOTAL_FEN, Office
from watching import broken, forge

from services import exports, reports
from services.books_paper import HINDRANCE_NAMES
from shared.db.exports import CSV, PDF
from shared.db.queries.closing import KINDS
from shared.domain.errors import Invalid, NotAllowed, NotFound

FIRST, LAST = date(2014, 9, 1), date(2014, 9, 30)
#: What of E1 is 财政收入; the rest is only held.
REVENUE = "25,432,499.24"


@pytest.fixture
def paid(office: Office) -> Any:
    """E1, billed on the 15th and paid on the 18th."""
    (bill,) = office.bills(office.is_billed().application_id)
    office.at("2014-09-18 16:00")
    office.hears_from_bank(office.callback(bill))
    office.works()
    return bill


def ask(office: Office, subject: str, *, form: str = CSV, login: str = "finance", **more: Any) -> UUID:
    account = office.account(login)
    with office.sits() as sitting:
        return exports.ask(sitting, account=account, subject=subject, form=form, first=FIRST, last=LAST, **more)


def read(office: Office, export_id: UUID) -> list[dict[str, str]]:
    account = office.account("finance")
    with office.sits() as sitting:
        export = exports.to_send(sitting, account=account, export_id=export_id)
        content = b"".join(exports.file(sitting, export)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content, newline="")))


def made(office: Office, kind: str, by: str = "item") -> reports.Report:
    with office.sits() as sitting:
        return reports.report(sitting, kind, first=FIRST, last=LAST, by=by)


class TestAnExport:
    def test_of_bills_splits_each_by_whose_money_it_is(self, office: Office, paid: Any) -> None:
        (row,) = read(office, ask(office, exports.BILLS))

        assert row["缴费单号"] == paid.number
        assert row["缴款码"] == f"{paid.payment_code}\t"
        assert (row["应缴"], row["已缴"]) == ("32729939.24", "32729939.24")
        assert row["其中国库（财政收入）"] == REVENUE.replace(",", "")
        assert row["其中代收（不计财政收入）"] == "4124640.00"
        assert row["其中保证金（不计财政收入）"] == "3172800.00"

    @pytest.mark.usefixtures("paid")
    def test_of_postings_adds_up_to_nothing(self, office: Office) -> None:
        rows = read(office, ask(office, exports.POSTINGS))

        assert len(rows) == 8
        assert sum(float(row["借"] or 0) for row in rows) == sum(float(row["贷"] or 0) for row in rows) == 32729939.24

    @pytest.mark.usefixtures("paid")
    def test_is_on_record_before_a_byte_leaves_and_under_seal(self, office: Office) -> None:
        export_id = ask(office, exports.BILLS, state="paid")

        (row,) = office.rows("select subject, state, form, rows, asked_by, seal is not null as sealed from export")
        assert (row.subject, row.state, row.form, row.rows, row.sealed) == ("bills", "paid", "csv", 1, True)
        assert row.asked_by == office.account("finance").id
        assert broken() == {}
        for change in ("rows = 0", "subject = 'postings'", "asked_by = (select id from account where login = 'admin')"):
            forge(f"update export set {change} where id = :id", id=export_id)
            assert "I10-periods" in broken()
            forge("update export set rows = 1, subject = 'bills', asked_by = :who", who=row.asked_by)
        assert broken() == {}

    @pytest.mark.usefixtures("paid")
    def test_cannot_be_taken_back_or_changed_by_the_office(self, office: Office) -> None:
        ask(office, exports.BILLS)

        for statement in ("update export set rows = 0 returning id", "delete from export returning id"):
            with pytest.raises(Exception, match="permission denied"):
                office.rows(statement)

    @pytest.mark.usefixtures("paid")
    def test_goes_to_whoever_asked_and_to_nobody_else(self, office: Office) -> None:
        export_id = ask(office, exports.BILLS)

        for login in ("finance-chief", "zj-officer", "applicant"):
            account = office.account(login)
            with office.sits() as sitting, pytest.raises(NotFound):
                exports.to_send(sitting, account=account, export_id=export_id)
        with pytest.raises(NotAllowed):
            ask(office, exports.BILLS, login="zj-officer")

    def test_names_everything_that_is_wrong_at_once(self, office: Office) -> None:
        account = office.account("finance")
        with office.sits() as sitting, pytest.raises(Invalid) as refused:
            exports.ask(
                sitting, account=account, subject="all", form="doc", first=LAST, last=FIRST, by="mood", state="gone"
            )

        assert [each.field for each in refused.value.problems] == ["subject", "form", "last", "by", "state"]

    @pytest.mark.usefixtures("paid")
    def test_as_pdf_is_for_lists_that_people_read(self, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        ask(office, exports.POSTINGS, form=PDF)
        assert office.one("select count(*) from document where kind = 'export'") == 1

        monkeypatch.setattr(exports, "PDF_ROWS_MAX", 3)
        with pytest.raises(Invalid, match="PDF"):
            ask(office, exports.POSTINGS, form=PDF)
        assert office.one("select count(*) from export") == 1


class TestAReport:
    @pytest.mark.parametrize("by", ["item", "unit", "area", "channel", "day", "month"])
    @pytest.mark.usefixtures("paid")
    def test_never_adds_held_money_to_revenue(self, office: Office, by: str) -> None:
        found = made(office, "collected", by)
        received = [column.name for column in found.tables[0].columns].index("实收")

        assert {table.account: table.totals[received] for table in found.tables} == {
            "treasury": 2_543_249_924,
            "agency": 412_464_000,
            "deposit": 317_280_000,
        }
        for table in found.tables:
            assert sum(row[received] for row in table.rows) == table.totals[received]  # type: ignore[misc]
            assert ("财政收入" in table.title and "不计" not in table.title) == (table.account == "treasury")

    def test_says_how_much_of_what_was_due_has_come_in(self, office: Office) -> None:
        (bill,) = office.bills(office.is_billed().application_id)
        before = made(office, "collected", "month").tables[0]
        assert before.totals[1:4] == (2_543_249_924, 0, 2_543_249_924)
        assert str(before.totals[-1]) == "0.000"

        office.at("2014-09-18 16:00")
        office.hears_from_bank(office.callback(bill))
        office.works()
        after = made(office, "collected", "month").tables[0]
        assert after.totals[1:5] == (2_543_249_924, 0, 0, 2_543_249_924)
        assert str(after.totals[-1]) == "1.000"

    def test_ages_what_is_open_by_working_days(self, office: Office) -> None:
        office.is_billed()
        office.at("2014-10-08 09:00")
        found = made(office, "ageing")

        assert sum(int(str(table.totals[-1])) for table in found.tables) == E1_TOTAL_FEN
        assert found.tables[0].totals[1:4] == (0, 0, 2_543_249_924)

    def test_names_what_was_not_charged_in_full(self, office: Office) -> None:
        body = office.body(
            use="affordable_housing", reductions_claimed=[{"code": "AFF", "document": "瀚住建保〔2015〕3号"}]
        )
        received = office.receives(body)
        office.works()
        office.confirms(received.application_id)
        office.approves_everything(received.application_id)
        office.works()

        (table,) = made(office, "not_charged").tables
        assert {row[0] for row in table.rows} >= {"城市基础设施配套费", "防空地下室易地建设费"}
        assert {row[1] for row in table.rows} == {"免收"}

    @pytest.mark.parametrize("kind", sorted(reports.NAMES))
    def test_of_any_kind_is_empty_before_anything_happened(self, office: Office, kind: str) -> None:
        assert made(office, kind).tables == ()
        assert read(office, ask(office, kind)) == []

    def test_of_another_kind_is_not_there(self, office: Office) -> None:
        for kind, by in (("profit", "item"), ("collected", "mood")):
            with pytest.raises(NotFound):
                made(office, kind, by)


class TestADocumentOfTheBooks:
    def test_has_a_name_for_everything_that_can_be_open(self) -> None:
        assert set(HINDRANCE_NAMES) == set(KINDS)
