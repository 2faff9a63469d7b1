"""保证金: 保函 for cash, interest, draws, completion and release, each by two people."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from giving_back import ASKS, DECIDES, PAYEE, approves, balance, bank_pays, chain, declines, goes_back, refund, sends
from office import E1_TOTAL_FEN, Office
from sample_cases import E1_PAYABLE
from watching import broken, forge, side_by_side

from services import deposits, guarantees, withdrawal
from services.billing import issue_bills
from shared.domain.errors import Conflict, Invalid, NotAllowed, NotFound
from shared.domain.refunds import NotAvailable
from workers import clock

GZB = E1_PAYABLE["GZB"]


def pays(office: Office, bill: Any) -> None:
    """The bank reports what is still owed."""
    owed = office.one("select total_fen - paid_fen from bill where id = :b", b=bill.id)
    office.hears_from_bank(office.callback(bill, amount=f"{owed // 100}.{owed % 100:02d}"))
    office.works()


def in_cash(office: Office) -> tuple[UUID, Any, UUID]:
    """A paid application, its bill and its deposit."""
    office.at("2014-09-15 09:30")
    application_id = office.is_billed().application_id
    office.at("2014-09-18 10:30")
    (bill,) = office.bills(application_id)
    pays(office, bill)
    return application_id, bill, office.one("select id from deposit")


def billed(office: Office) -> tuple[UUID, Any]:
    office.at("2014-09-15 09:30")
    application_id = office.is_billed().application_id
    (bill,) = office.bills(application_id)
    return application_id, bill


def offers(
    office: Office, bill: Any, *, number: str = "保2014-1", until: str = "2015-03-31", login: str = "applicant"
) -> UUID:
    account = office.account(login)
    with office.sits() as sitting:
        return guarantees.offer_guarantee(
            sitting,
            account=account,
            bill_id=bill.id,
            issuer="瀚海商业银行",
            number=number,
            expires_on=date.fromisoformat(until),
        )


def answers(
    office: Office, deposit_id: UUID, *, is_accepted: bool = True, opinion: str = "", login: str = "rs-officer"
) -> None:
    account = office.account(login)
    with office.sits() as sitting:
        guarantees.answer_guarantee(
            sitting, account=account, deposit_id=deposit_id, is_accepted=is_accepted, opinion=opinion
        )


def completes(office: Office, deposit_id: UUID, completed_on: str) -> None:
    """Completion asked by the applicant and agreed by the unit."""
    applicant, officer = office.account("applicant"), office.account("rs-officer")
    with office.sits() as sitting:
        move_id = deposits.ask_completion(
            sitting,
            account=applicant,
            deposit_id=deposit_id,
            completed_on=date.fromisoformat(completed_on),
            document="竣工验收备案表、无拖欠承诺书",
        )
    with office.sits() as sitting:
        deposits.answer_completion(sitting, account=officer, move_id=move_id, is_accepted=True)


def releases(office: Office, deposit_id: UUID, *, key: str = "r", login: str = "applicant") -> UUID:
    account = office.account(login)
    with office.sits() as sitting:
        return deposits.ask_release(sitting, account=account, key=key, deposit_id=deposit_id)


def draws(
    office: Office, deposit_id: UUID, fen: int, *, key: str = "d", expected_fen: int = GZB, login: str = "rs-officer"
) -> UUID:
    account = office.account(login)
    with office.sits() as sitting:
        return deposits.ask_draw(
            sitting,
            account=account,
            key=key,
            deposit_id=deposit_id,
            amount_fen=fen,
            expected_fen=expected_fen,
            reason="拖欠农民工工资",
            document="瀚人社监令〔2015〕2号",
            payee=PAYEE,
        )


def deposit(office: Office) -> Any:
    (row,) = office.rows("select * from deposit where state <> 'declined'")
    return row


class TestADepositInCash:
    def test_is_opened_when_its_bill_is_paid(self, office: Office) -> None:
        in_cash(office)
        held = deposit(office)
        assert (held.form, held.state, held.held_fen, str(held.opened_on)) == ("cash", "held", GZB, "2014-09-18")
        assert broken() == {}

    def test_earns_interest_quarter_by_quarter_that_comes_to_the_year_s(self, office: Office) -> None:
        in_cash(office)
        for day in ("2014-12-21", "2015-03-21", "2015-06-21", "2015-09-18"):
            office.at(f"{day} 08:00")
            clock.look_once()
            clock.look_once()
        assert office.one("select count(*) from deposit_move where kind = 'interest'") == 3
        assert deposit(office).interest_fen == round(GZB * 0.0035 * 276 / 365)
        completes(office, deposit(office).id, "2015-08-01")
        office.at("2015-10-19 08:00")
        clock.look_once()
        asked = refund(office, releases(office, deposit(office).id))

        assert asked.interest_fen == round(GZB * 0.0035 * 396 / 365)
        assert asked.amount_fen == GZB + asked.interest_fen
        assert broken() == {}


class TestRelease:
    def test_pays_principal_and_interest_to_the_depositor_after_the_notice(self, office: Office) -> None:
        _, bill, deposit_id = in_cash(office)
        office.at("2015-09-01 09:00")
        completes(office, deposit_id, "2015-08-20")
        with pytest.raises(Conflict, match="公示至 2015-10-01"):
            releases(office, deposit_id)
        office.at("2015-10-01 18:00")
        with pytest.raises(Conflict):
            releases(office, deposit_id)
        office.at("2015-10-02 09:00")

        refund_id = releases(office, deposit_id)
        assert releases(office, deposit_id) == refund_id
        goes_back(office, refund_id)

        assert deposit(office).state == "released"
        assert (deposit(office).held_fen, deposit(office).interest_fen) == (0, 0)
        assert balance(office, "deposit") == 0
        assert balance(office, "interest") == refund(office, refund_id).interest_fen > 0
        assert chain(office, bill)[-1] == ("receipt", "normal", E1_TOTAL_FEN - GZB)
        assert broken() == {}

    def test_that_is_declined_leaves_the_deposit_held(self, office: Office) -> None:
        _, _, deposit_id = in_cash(office)
        office.at("2015-09-01 09:00")
        completes(office, deposit_id, "2015-08-20")
        office.at("2015-10-02 09:00")
        declines(office, releases(office, deposit_id))

        assert deposit(office).state == "held"
        assert broken() == {}

    def test_needs_completion_first(self, office: Office) -> None:
        _, _, deposit_id = in_cash(office)
        with pytest.raises(Conflict, match="请先申请确认完工"):
            releases(office, deposit_id)

    def test_completion_is_agreed_by_another_person_of_the_unit(self, office: Office) -> None:
        _, _, deposit_id = in_cash(office)
        office.at("2015-09-01 09:00")
        officer, stranger = office.account("rs-officer"), office.account("zj-officer")
        ask = partial(
            deposits.ask_completion, deposit_id=deposit_id, completed_on=date(2015, 8, 20), document="竣工验收备案表"
        )
        with office.sits() as sitting:
            move_id = ask(sitting, account=officer)
        with pytest.raises(NotAllowed, match="另一人核对"), office.sits() as sitting:
            deposits.answer_completion(sitting, account=officer, move_id=move_id, is_accepted=True)
        with pytest.raises(NotAllowed, match="主管单位"), office.sits() as sitting:
            deposits.answer_completion(sitting, account=stranger, move_id=move_id, is_accepted=True)


class TestADraw:
    def test_pays_arrears_and_leaves_the_receipt_alone(self, office: Office) -> None:
        _, bill, deposit_id = in_cash(office)
        refund_id = draws(office, deposit_id, 100_000_00)
        goes_back(office, refund_id)

        assert deposit(office).held_fen == GZB - 100_000_00
        assert chain(office, bill) == [("receipt", "normal", E1_TOTAL_FEN)]
        assert broken() == {}

    def test_earns_no_interest_from_the_day_it_is_paid(self, office: Office) -> None:
        _, _, deposit_id = in_cash(office)
        office.at("2014-10-18 09:00")
        goes_back(office, draws(office, deposit_id, 1_172_800_00))
        office.at("2014-12-21 09:00")
        clock.look_once()

        assert deposit(office).interest_fen == round((GZB * 30 + 2_000_000_00 * 64) * 0.0035 / 365)
        assert broken() == {}

    def test_of_more_than_is_there_is_refused(self, office: Office) -> None:
        _, _, deposit_id = in_cash(office)
        draws(office, deposit_id, GZB - 1)
        with pytest.raises(NotAvailable, match=r"现在可退 0\.01"):
            draws(office, deposit_id, 2, key="other")
        with pytest.raises(NotAvailable):
            draws(office, deposit_id, 2, key="other", expected_fen=1)

    def test_by_two_hands_at_once_takes_no_fen_twice(self, office: Office) -> None:
        _, _, deposit_id = in_cash(office)
        results = side_by_side(*[partial(draws, office, deposit_id, GZB, key=key) for key in ("a", "b", "c")])
        assert sum(isinstance(each, UUID) for each in results) == 1
        assert broken() == {}

    def test_waits_before_a_release(self, office: Office) -> None:
        _, _, deposit_id = in_cash(office)
        office.at("2015-09-01 09:00")
        completes(office, deposit_id, "2015-08-20")
        draws(office, deposit_id, 1_00)
        office.at("2015-10-02 09:00")
        with pytest.raises(Conflict, match="动用保证金的申请未了"):
            releases(office, deposit_id)

    def test_is_not_for_the_depositor(self, office: Office) -> None:
        _, _, deposit_id = in_cash(office)
        with pytest.raises(NotAllowed):
            draws(office, deposit_id, 1_00, login="applicant")


class TestAGuarantee:
    def test_pays_its_line_and_leaves_the_rest_to_cash(self, office: Office) -> None:
        _, bill = billed(office)
        answers(office, offers(office, bill))

        assert office.one("select paid_fen from bill") == GZB
        assert (balance(office, "guarantee"), balance(office, "deposit")) == (GZB, -GZB)
        pays(office, bill)
        assert office.one("select status from bill") == "paid"
        assert office.one("select count(*) from deposit") == 1
        assert chain(office, bill) == [("receipt", "normal", E1_TOTAL_FEN)]
        assert broken() == {}

    def test_counts_for_nothing_until_another_person_accepts_it(self, office: Office) -> None:
        _, bill = billed(office)
        deposit_id = offers(office, bill, login=ASKS)
        assert office.one("select paid_fen from bill") == 0
        with pytest.raises(NotAllowed, match="另一人核对"):
            answers(office, deposit_id, login=ASKS)
        answers(office, deposit_id, login=DECIDES)
        answers(office, deposit_id, login=DECIDES)
        assert office.one("select paid_fen from bill") == GZB

    def test_that_is_sent_back_may_be_followed_by_another(self, office: Office) -> None:
        _, bill = billed(office)
        first = offers(office, bill)
        assert offers(office, bill) == first
        with pytest.raises(Conflict, match="待核对的保函"):
            offers(office, bill, number="保2014-2")
        answers(office, first, is_accepted=False, opinion="受益人有误")
        answers(office, offers(office, bill, number="保2014-2"))
        assert deposit(office).guarantee_number == "保2014-2"
        assert broken() == {}

    def test_comes_too_late_when_the_money_came_first(self, office: Office) -> None:
        _, bill = billed(office)
        deposit_id = offers(office, bill)
        pays(office, bill)
        with pytest.raises(Conflict, match="不在待缴状态"):
            answers(office, deposit_id)

    def test_earns_nothing_and_goes_back_as_paper(self, office: Office) -> None:
        _, bill = billed(office)
        answers(office, offers(office, bill, until="2016-12-31"))
        pays(office, bill)
        office.at("2015-09-01 09:00")
        clock.look_once()
        completes(office, deposit(office).id, "2015-08-20")
        office.at("2015-10-02 09:00")
        refund_id = releases(office, deposit(office).id)
        goes_back(office, refund_id)

        assert refund(office, refund_id).interest_fen == 0
        assert (balance(office, "guarantee"), balance(office, "deposit"), balance(office, "bank")) == (0, 0, 0)
        assert broken() == {}

    def test_is_watched_before_it_runs_out_each_step_once(self, office: Office) -> None:
        _, bill = billed(office)
        answers(office, offers(office, bill, until="2015-03-31"))
        for day in ("2015-01-01", "2015-01-30", "2015-02-10", "2015-03-01", "2015-03-24", "2015-03-31"):
            office.at(f"{day} 09:00")
            clock.look_once()
            clock.look_once()
        told = (
            "select count(*) from notice where kind = 'guarantee_expiring' and channel = 'app' and href like '/apply/%'"
        )
        assert office.one(told) == 3
        assert office.one("select count(*) from case_item where kind = 'guarantee_expiring'") == 1

    def test_that_runs_out_is_no_security_any_more_until_it_is_renewed(self, office: Office) -> None:
        _, bill = billed(office)
        answers(office, offers(office, bill, until="2015-03-31"))
        office.at("2015-04-01 09:00")
        clock.look_once()
        assert (deposit(office).state, balance(office, "guarantee")) == ("expired", 0)
        assert office.one("select count(*) from case_item where kind = 'guarantee_expired' and closed_at is null") == 1
        assert broken() == {}

        applicant, officer = office.account("applicant"), office.account("rs-officer")
        renewal = partial(
            guarantees.ask_renewal, account=applicant, deposit_id=deposit(office).id, issuer="瀚海商业银行"
        )
        with pytest.raises(Invalid, match=r"晚于现有保函|已到期"), office.sits() as sitting:
            renewal(sitting, number="保2015-9", expires_on=date(2015, 3, 31))
        with office.sits() as sitting:
            move_id = renewal(sitting, number="保2015-9", expires_on=date(2016, 3, 31))
        with office.sits() as sitting:
            guarantees.answer_renewal(sitting, account=officer, move_id=move_id, is_accepted=True)

        assert (deposit(office).state, balance(office, "guarantee")) == ("held", GZB)
        assert office.one("select count(*) from case_item where kind = 'guarantee_expired' and closed_at is null") == 0
        assert broken() == {}

    def test_for_somebody_elses_bill_is_not_found(self, office: Office) -> None:
        _, bill = billed(office)
        with pytest.raises(NotFound):
            offers(office, bill, login="applicant2")

    def test_needs_its_issuer_number_and_a_day_to_come(self, office: Office) -> None:
        _, bill = billed(office)
        with pytest.raises(Invalid, match="请填写保函编号"):
            offers(office, bill, number=" ")
        with pytest.raises(Invalid, match="请提供有效的保函"):
            offers(office, bill, until="2014-09-15")


class TestAnApplicationThatEndsAfterPayment:
    def test_asks_everything_back_by_itself_account_by_account(self, office: Office) -> None:
        application_id = office.receives().application_id
        office.works()
        office.confirms(application_id)
        tasks = office.tasks(application_id)
        forge("update application set bill_waits_for = 'lines'")
        for task in tasks[:-1]:
            office.decides(task)
        office.works()
        with office.sits() as sitting:
            issue_bills(sitting, [application_id])
        (bill,) = office.bills(application_id)
        pays(office, bill)
        account = office.account("applicant")
        with office.sits() as sitting:
            withdrawal.withdraw(sitting, application_id=application_id, account=account, reason="合同解除")

        asked = office.rows("select * from refund order by kind")
        assert [row.kind for row in asked] == ["agency", "deposit", "treasury"]
        assert sum(row.amount_fen - row.interest_fen for row in asked) == E1_TOTAL_FEN
        assert {row.payee_account for row in asked} == {"6222000000000001"}
        for row in asked:
            approves(office, row.id)
            sends(office, row.id)
            bank_pays(office, row.id)
        assert office.one("select status from bill") == "refunded"
        assert sum(fen for _, _, fen in chain(office, bill)) == 0
        assert broken() == {}
