"""Closing days and months: figures frozen on what was booked, nothing slips through, two people to open again."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from office import E1_TOTAL_FEN, Office
from watching import broken, kinds, side_by_side

from services import closing, transfers
from shared.db import books, periods
from shared.db.books import NewEntry, NewPosting
from shared.domain.accounts import Flow
from shared.domain.closing import Figures
from shared.domain.errors import Conflict, Invalid, NotAllowed
from shared.domain.ledger import Entry, Posting, reversal

BILLED = date(2014, 9, 15)
PAID = date(2014, 9, 18)
#: What every day of the sample has open: no statement is imported, and the money has not been passed on.
REASONS = {"statement_missing": "银行对账单次日导入", "to_pass_on": "次日上午划拨"}


def close(office: Office, day: date, *, login: str = "finance", reasons: Any = None, seen: str = "") -> UUID:
    account = office.account(login)
    with office.sits() as sitting:
        return closing.close_day(
            sitting, account=account, day=day, reasons=REASONS if reasons is None else reasons, seen=seen
        )


def close_month(office: Office, day: date, *, login: str = "finance", reasons: Any = None) -> UUID:
    account = office.account(login)
    with office.sits() as sitting:
        return closing.close_month(sitting, account=account, day=day, reasons=REASONS if reasons is None else reasons)


def frozen(office: Office, period_id: UUID) -> Figures:
    with office.sits() as sitting:
        return periods.load(sitting.session, period_id).frozen


def ask(office: Office, period_id: UUID, *, login: str = "finance", reason: str = "漏记一笔退款") -> None:
    account = office.account(login)
    with office.sits() as sitting:
        closing.ask_reopening(sitting, account=account, period_id=period_id, reason=reason)


def decide(
    office: Office, period_id: UUID, *, login: str = "finance-chief", allow: bool = True, opinion: str = ""
) -> None:
    account = office.account(login)
    with office.sits() as sitting:
        closing.decide_reopening(sitting, account=account, period_id=period_id, allow=allow, opinion=opinion)


def book(office: Office, day: date, *postings: tuple[str, int, str | None], kind: str = "adjustment") -> UUID:
    """An entry as any other desk would book it on a day, or on the first open one."""
    with office.sits() as sitting:
        entry = NewEntry(
            kind=kind,
            key=str(uuid4()),
            postings=tuple(NewPosting(account, fen, item) for account, fen, item in postings),
            booked_on=books.open_day(sitting.session, sitting.tenant, day),
            occurred_at=sitting.now,
        )
        return books.post(sitting.session, sitting.tenant, [entry])[0]


@pytest.fixture
def billed(office: Office) -> Any:
    """E1's bill, issued on the 15th."""
    (bill,) = office.bills(office.is_billed().application_id)
    return bill


@pytest.fixture
def paid(office: Office, billed: Any) -> Any:
    """The same, paid and receipted on the 18th."""
    office.at("2014-09-18 16:00")
    office.hears_from_bank(office.callback(billed))
    office.works()
    return billed


class TestADay:
    @pytest.mark.usefixtures("paid")
    def test_is_closed_on_what_was_opened_and_received(self, office: Office) -> None:
        first = frozen(office, close(office, BILLED, reasons={}))
        figures = frozen(office, close(office, PAID))

        assert (first.bills_opened, first.opened_fen, first.received_fen) == (1, E1_TOTAL_FEN, 0)
        assert (figures.bills_opened, figures.opened_fen, figures.received_fen) == (0, 0, E1_TOTAL_FEN)
        assert [(each.account, each.count, each.amount_fen) for each in figures.sources] == [
            ("channel:sandbank", 1, E1_TOTAL_FEN)
        ]
        by_item = {each.item_code: -each.closing_fen for each in figures.balances if each.account != "channel:sandbank"}
        assert by_item["PTF"] == 2_204_020_590
        assert sum(by_item.values()) == E1_TOTAL_FEN
        assert sum(-each.closing_fen for each in figures.balances if each.is_revenue) == 2_543_249_924
        assert figures.imbalance_fen == figures.difference_fen == 0
        assert [(run.code, run.first, run.last, run.count) for run in figures.runs] == [
            ("37060114", "0000000001", "0000000001", 1)
        ]
        assert {each.area_code for each in figures.shares} == {"dw"}
        assert {each.kind: each.amount_fen for each in figures.explained} == {
            "statement_missing": E1_TOTAL_FEN,
            "to_pass_on": E1_TOTAL_FEN - 317_280_000,
        }
        assert broken() == {}

    def test_names_everything_that_hinders_it_and_takes_no_empty_reason(self, office: Office, paid: Any) -> None:
        close(office, BILLED, reasons={})
        office.hears_from_bank(office.callback(paid, payment_code="37100214999999999995", amount="5.00"))
        office.works()

        with pytest.raises(Invalid) as refused:
            close(office, PAID, reasons={**REASONS, "suspense": "  查 "})
        assert {each.field for each in refused.value.problems} == {"suspense", "attention"}

        reasons = {**REASONS, "suspense": "户名不明，已发函询问银行", "attention": "同上，待银行答复"}
        figures = frozen(office, close(office, PAID, reasons=reasons))
        (suspense,) = [each for each in figures.explained if each.kind == "suspense"]
        assert (suspense.amount_fen, suspense.reason) == (500, "户名不明，已发函询问银行")
        assert (figures.suspense_in_fen, figures.suspense_out_fen, figures.suspense_left_fen) == (500, 0, 500)

    @pytest.mark.usefixtures("paid")
    def test_waits_for_the_days_before_it_whatever_is_said(self, office: Office) -> None:
        with pytest.raises(Invalid) as refused:
            close(office, PAID, reasons={**REASONS, "earlier_day": "以后再结"})

        assert [(each.field, each.problem) for each in refused.value.problems] == [
            ("earlier_day", "须先处理完毕，不能以说明代替")
        ]

    def test_counts_whatever_comes_later_to_the_next_day(self, office: Office, billed: Any) -> None:
        office.at("2014-09-18 17:30")
        close(office, BILLED, reasons={})
        today = close(office, PAID, reasons={})
        office.hears_from_bank(office.callback(billed))
        office.is_billed()

        assert frozen(office, today).is_empty
        assert office.rows(
            "select 'entry', booked_on from ledger_entry union all select 'receipt', booked_on from receipt "
            "union all select 'bill', booked_on from bill where number like '%2号' order by 1"
        ) == [("bill", date(2014, 9, 19)), ("entry", date(2014, 9, 19)), ("receipt", date(2014, 9, 19))]
        assert office.rows("select issued_on from receipt") == [(PAID,)]
        assert broken() == {}

    @pytest.mark.usefixtures("paid")
    def test_takes_a_reversal_of_a_closed_days_entry_on_the_open_day(self, office: Office) -> None:
        close(office, BILLED, reasons={})
        closed = close(office, PAID)
        before = frozen(office, closed)
        legs = office.rows("select account, amount_fen, item_code from ledger_posting order by seq")
        (key,) = office.rows("select key from ledger_entry")[0]
        back = reversal(Entry("payment", key, tuple(Posting(*leg) for leg in legs)), key=key)
        book(office, PAID, *((each.account, each.amount_fen, each.item_code) for each in back.postings), kind=back.kind)

        office.at("2014-09-19 17:30")
        figures = frozen(office, close(office, date(2014, 9, 19), reasons={}))
        assert frozen(office, closed) == before
        assert figures.received_fen == -E1_TOTAL_FEN
        assert {each.flow(Flow.REVERSED) for each in figures.balances if each.item_code == "PTF"} == {2_204_020_590}
        assert [each.closing_fen for each in figures.balances] == [0] * len(figures.balances)

    @pytest.mark.usefixtures("paid")
    def test_is_closed_once_by_two_who_close_it_at_the_same_moment(self, office: Office) -> None:
        close(office, BILLED, reasons={})
        results = side_by_side(lambda: close(office, PAID), lambda: close(office, PAID, login="finance-chief"))

        assert kinds(results) == {"done": 1, "Conflict": 1}
        assert office.one("select count(*) from period where first_on = :day", day=PAID) == 1
        assert office.one("select last from number_series where series = 'day_close:2014'") == 2

    def test_has_in_its_figures_what_it_holds_however_an_entry_races_it(self, office: Office, billed: Any) -> None:
        office.at("2014-09-18 16:00")
        close(office, BILLED, reasons={})
        office.hears_from_bank(office.callback(billed))
        closed, _ = side_by_side(
            lambda: close(
                office, PAID, reasons={**REASONS, "callback_waiting": "到账正在入账", "without_receipt": "正在开具"}
            ),
            office.works,
        )
        office.works()

        booked = office.one(
            "select coalesce(sum(p.amount_fen), 0) from ledger_posting p join ledger_entry e on e.id = p.entry_id "
            "where e.booked_on = :day and p.amount_fen > 0",
            day=PAID,
        )
        assert frozen(office, closed).received_fen == booked
        assert office.one("select sum(amount_fen) from ledger_posting where amount_fen > 0") == E1_TOTAL_FEN
        assert broken() == {}

    @pytest.mark.usefixtures("paid")
    def test_closed_twice_is_one_closing_and_anybody_elses_is_refused(self, office: Office) -> None:
        close(office, BILLED, reasons={})

        assert close(office, PAID) == close(office, PAID)
        with pytest.raises(Conflict, match="已由陈一诺结账"):
            close(office, PAID, login="finance-chief")
        with pytest.raises(Conflict, match="已结至 2014-09-18"):
            close(office, date(2014, 9, 17))

    @pytest.mark.usefixtures("paid")
    def test_is_not_closed_on_figures_that_nobody_has_seen(self, office: Office) -> None:
        close(office, BILLED, reasons={})
        with office.sits() as sitting:
            seen = closing.day_so_far(sitting, PAID)[0].digest
        book(office, PAID, ("treasury", 100, "PTF"), ("bank", -100, None))

        with pytest.raises(Conflict, match="有变化"):
            close(office, PAID, seen=seen)

    def test_is_closed_by_finance_alone_and_not_before_it_comes(self, office: Office) -> None:
        with pytest.raises(NotAllowed):
            close(office, BILLED, login="leader")
        with pytest.raises(Conflict, match="还没有到"):
            close(office, date(2014, 9, 16))

    def test_of_a_year_without_a_calendar_is_closed_like_any_other(self, office: Office) -> None:
        office.at("2031-03-03 17:30")
        book(office, date(2031, 3, 3), ("channel:sandbank", 100, None), ("suspense", -100, None), kind="suspense")

        figures = frozen(office, close(office, date(2031, 3, 3)))
        assert figures.suspense_in_fen == 100


class TestOpeningAgain:
    @pytest.fixture
    def closed(self, office: Office, paid: Any) -> UUID:
        """The 18th, closed after the 15th."""
        assert office.one("select status from bill where id = :id", id=paid.id) == "paid"
        close(office, BILLED, reasons={})
        return close(office, PAID)

    def test_takes_another_person_than_who_asked(self, office: Office, closed: UUID) -> None:
        with pytest.raises(Invalid):
            ask(office, closed, reason="错")
        ask(office, closed)
        with pytest.raises(NotAllowed):
            decide(office, closed, login="finance")
        with pytest.raises(NotAllowed):
            decide(office, closed, login="admin")
        assert office.one("select open_day(id, :day) from tenant", day=PAID) == date(2014, 9, 19)

        decide(office, closed)
        decide(office, closed)
        assert office.one("select open_day(id, :day) from tenant", day=PAID) == PAID
        assert broken() == {}

    def test_leaves_the_old_row_and_closes_anew_as_another(self, office: Office, closed: UUID) -> None:
        before = frozen(office, closed)
        ask(office, closed)
        decide(office, closed, opinion="同意补记")
        book(office, PAID, ("treasury", 5_000, "PTF"), ("bank", -5_000, None))
        again = close(office, PAID, login="finance-chief")

        assert frozen(office, closed) == before
        assert frozen(office, again).given_back_fen == 5_000
        rows = office.rows(
            "select number, state, acts from period where first_on = :day order by closed_at, number", day=PAID
        )
        assert [(row.number, row.state) for row in rows] == [
            ("瀚一单日结〔2014〕2号", "reopened"),
            ("瀚一单日结〔2014〕3号", "closed"),
        ]
        assert [(each["verb"], each["name"], each["words"]) for each in rows[0].acts] == [
            ("asked", "陈一诺", "漏记一笔退款"),
            ("reopened", "柯文渊", "同意补记"),
        ]
        assert broken() == {}

    @pytest.mark.usefixtures("closed")
    def test_goes_backwards_from_what_was_closed_last(self, office: Office) -> None:
        first = office.one("select id from period where first_on = :day", day=BILLED)
        with pytest.raises(Conflict, match="先重新打开 瀚一单日结〔2014〕2号"):
            ask(office, first)

    def test_leaves_closed_what_is_declined_with_an_opinion(self, office: Office, closed: UUID) -> None:
        ask(office, closed)
        with pytest.raises(Invalid):
            decide(office, closed, allow=False)
        decide(office, closed, allow=False, opinion="在次日冲正即可")

        assert office.rows("select state, reopening_asked_by from period where id = :id", id=closed) == [
            ("closed", None)
        ]
        ask(office, closed, login="finance-chief", reason="冲正当天须入账")
        decide(office, closed, login="finance")
        assert broken() == {}

    def test_by_two_who_decide_at_once_is_decided_once(self, office: Office, closed: UUID) -> None:
        ask(office, closed)
        results = side_by_side(
            lambda: decide(office, closed), lambda: decide(office, closed, allow=False, opinion="次日冲正")
        )

        assert kinds(results) == {"done": 1, "Conflict": 1}


class TestAMonth:
    @pytest.fixture
    def ended(self, office: Office, paid: Any) -> None:
        """Both of its days closed at the end of September."""
        assert office.one("select status from bill where id = :id", id=paid.id) == "paid"
        office.at("2014-09-30 17:30")
        close(office, BILLED, reasons={})
        close(office, PAID)

    @pytest.mark.usefixtures("ended")
    def test_is_closed_over_its_days(self, office: Office) -> None:
        figures = frozen(office, close_month(office, PAID))

        assert (figures.bills_opened, figures.opened_fen, figures.received_fen) == (1, E1_TOTAL_FEN, E1_TOTAL_FEN)
        assert sum(each.opening_fen for each in figures.balances) == figures.imbalance_fen == 0
        assert {each.opening_fen for each in figures.balances} == {0}
        assert office.one("select number from period where kind = 'month'") == "瀚一单月结〔2014〕1号"
        assert broken() == {}

    @pytest.mark.usefixtures("ended")
    def test_waits_for_every_day_of_it_and_for_its_end(self, office: Office) -> None:
        book(office, date(2014, 9, 30), ("treasury", 100, "PTF"), ("bank", -100, None))
        with pytest.raises(Conflict, match="2014-09-30 还没有日结"):
            close_month(office, PAID)
        close(office, date(2014, 9, 30))
        close_month(office, PAID)
        with pytest.raises(Conflict, match="还没有结束"):
            close_month(office, date(2014, 10, 1))

    @pytest.mark.usefixtures("ended")
    def test_waits_for_the_month_before(self, office: Office) -> None:
        office.at("2014-10-31 17:30")
        close(office, date(2014, 10, 31))
        with pytest.raises(Conflict, match="2014-09 还没有月结"):
            close_month(office, date(2014, 10, 31))

    def test_without_a_closed_day_is_not_closed(self, office: Office) -> None:
        office.at("2014-10-31 17:30")
        with pytest.raises(Conflict, match="不需要月结"):
            close_month(office, PAID)

    @pytest.mark.usefixtures("ended")
    def test_takes_nothing_more_and_is_opened_before_its_days(self, office: Office) -> None:
        month = close_month(office, PAID)
        day = office.one("select id from period where kind = 'day' and first_on = :day", day=PAID)

        assert office.one("select open_day(id, :day) from tenant", day=PAID) == date(2014, 10, 1)
        with pytest.raises(Conflict, match="月结"):
            ask(office, day)
        ask(office, month)
        decide(office, month)
        ask(office, day)
        decide(office, day)
        close(office, PAID)
        assert close_month(office, PAID) != month
        assert broken() == {}

    @pytest.mark.usefixtures("ended")
    def test_equals_what_leaders_see(self, office: Office) -> None:
        from shared.db.queries.board import board

        figures = frozen(office, close_month(office, PAID))
        with office.sits() as sitting:
            seen = board(sitting.session, sitting.city, today=sitting.today)
        (month,) = [each for each in seen.months if each.month == date(2014, 9, 1)]
        assert (month.billed_fen, month.received_fen) == (figures.opened_fen, figures.received_fen)
        assert sum(seen.received_by_account.values()) == figures.received_fen


class TestTransfersBeforeTheClose:
    @pytest.mark.usefixtures("paid")
    def test_leave_nothing_to_be_explained_but_the_statement(self, office: Office) -> None:
        close(office, BILLED, reasons={})
        maker, checker = office.account("finance"), office.account("finance-chief")
        with office.sits() as sitting:
            batch = transfers.propose(sitting, account=maker, day=PAID)
        with pytest.raises(Invalid) as refused:
            close(office, PAID, reasons={})
        assert {each.field for each in refused.value.problems} == {"statement_missing", "transfer_waiting"}
        with office.sits() as sitting:
            transfers.confirm(sitting, account=checker, batch_id=batch)

        figures = frozen(office, close(office, PAID, reasons={"statement_missing": "银行对账单次日导入"}))
        assert figures.passed_on_fen == E1_TOTAL_FEN - 317_280_000
        assert {each.account for each in figures.transfers} == {"treasury", "agency"}
        assert {each.kind for each in figures.explained} == {"statement_missing"}
        assert broken() == {}
