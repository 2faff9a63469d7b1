"""退费: asked once, approved by another person, paid once; whatever races with it, no 分 goes back twice."""

from __future__ import annotations

from functools import partial
from uuid import UUID, uuid4

import pytest
from giving_back import (
    ASKS,
    DECIDES,
    PAYEE,
    approves,
    asks,
    balance,
    bank_pays,
    chain,
    declines,
    goes_back,
    left,
    paid,
    refund,
    sends,
)
from office import E1_TOTAL_FEN, Office
from sample_cases import E1_PAYABLE
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from watching import as_owner, broken, forge, side_by_side

from services import deposits, receipts, refund_asks, refunds
from services.refund_asks import KeyTaken
from shared.db import books
from shared.db.books import NewEntry, NewPosting
from shared.db.engine import unit_of_work
from shared.domain.errors import Conflict, Invalid, NotAllowed
from shared.domain.refunds import NotAvailable, RefundKind
from shared.settings import settings

RACES = 6
TREASURY_FEN = sum(E1_PAYABLE[code] for code in ("PTF", "XQJ", "JTJ", "RFY", "SNZ"))


class TestAsking:
    def test_holds_the_money_until_it_is_declined(self, office: Office) -> None:
        _, bill = paid(office)
        assert left(office, bill) == TREASURY_FEN

        refund_id = asks(office, bill, lines={"JTJ": 100_00})
        assert left(office, bill) == TREASURY_FEN - 100_00

        declines(office, refund_id)
        assert left(office, bill) == TREASURY_FEN
        assert broken() == {}

    def test_divides_an_amount_by_what_each_line_has_left(self, office: Office) -> None:
        _, bill = paid(office)

        asked = refund(office, asks(office, bill, amount_fen=1_000_000_01))

        assert sum(line["amount_fen"] for line in asked.lines) == 1_000_000_01
        assert {line["item"] for line in asked.lines} == {"PTF", "XQJ", "JTJ", "RFY", "SNZ"}
        for line in asked.lines:
            exact = 1_000_000_01 * E1_PAYABLE[line["item"]] / TREASURY_FEN
            assert abs(line["amount_fen"] - exact) < 1

    def test_says_what_is_available_now_when_somebody_else_was_faster(self, office: Office) -> None:
        _, bill = paid(office)
        seen = left(office, bill)
        asks(office, bill, lines={"PTF": 1_00})

        with pytest.raises(NotAvailable, match="可退金额刚刚有变化"):
            asks(office, bill, lines={"PTF": 2_00}, expected_fen=seen)

    def test_of_more_than_a_line_was_paid_is_refused_though_others_have_it(self, office: Office) -> None:
        _, bill = paid(office)
        with pytest.raises(NotAvailable):
            asks(office, bill, lines={"SNZ": E1_PAYABLE["SNZ"] + 1})

    def test_twice_with_one_key_is_once(self, office: Office) -> None:
        _, bill = paid(office)
        seen = left(office, bill)

        first = asks(office, bill, lines={"JTJ": 1_00}, key="k", expected_fen=seen)
        assert asks(office, bill, lines={"JTJ": 1_00}, key="k", expected_fen=seen) == first

        assert office.one("select count(*) from refund") == 1

    def test_with_a_used_key_and_another_body_is_refused(self, office: Office) -> None:
        _, bill = paid(office)
        seen = left(office, bill)
        asks(office, bill, lines={"JTJ": 1_00}, key="k", expected_fen=seen)

        with pytest.raises(KeyTaken, match="这个值已用于另一笔退费"):
            asks(office, bill, lines={"JTJ": 2_00}, key="k", expected_fen=seen)

    def test_by_several_hands_at_once_takes_no_fen_twice(self, office: Office) -> None:
        _, bill = paid(office)
        seen = left(office, bill)
        whole = {code: E1_PAYABLE[code] for code in ("PTF", "XQJ", "JTJ", "RFY", "SNZ")}

        results = side_by_side(
            *[partial(asks, office, bill, lines=whole, expected_fen=seen, key=str(index)) for index in range(RACES)]
        )

        assert sum(isinstance(each, UUID) for each in results) == 1
        assert all(isinstance(each, UUID | NotAvailable) for each in results)
        assert left(office, bill) == 0
        assert broken() == {}

    def test_by_a_double_click_is_one_refund(self, office: Office) -> None:
        _, bill = paid(office)
        seen = left(office, bill)

        results = side_by_side(
            *[partial(asks, office, bill, lines={"JTJ": 1_00}, key="one", expected_fen=seen)] * RACES
        )

        assert len(set(results)) == 1
        assert office.one("select count(*) from refund") == 1

    @pytest.mark.parametrize("login", ["applicant", "zj-officer", "cz-checker", "leader"])
    def test_is_not_for_others(self, office: Office, login: str) -> None:
        _, bill = paid(office)
        with pytest.raises(NotAllowed):
            asks(office, bill, lines={"JTJ": 1_00}, login=login)

    def test_needs_a_reason_a_document_and_an_amount(self, office: Office) -> None:
        _, bill = paid(office)
        with pytest.raises(Invalid, match="请写明退还的原因"):
            asks(office, bill, lines={"JTJ": 1_00}, reason=" ")
        with pytest.raises(Invalid, match="请填写退还金额"):
            asks(office, bill, amount_fen=0)
        with pytest.raises(Invalid, match="请填写各项退还金额"):
            asks(office, bill, lines={"GZB": 1_00})

    def test_past_the_service_is_refused_by_the_database(self, office: Office) -> None:
        _, bill = paid(office)
        asks(office, bill, lines={"SNZ": E1_PAYABLE["SNZ"]})
        copy = (
            "insert into refund (id, tenant_id, application_id, bill_id, idempotency_key, digest, number, kind, "
            "amount_fen, expected_fen, lines, reason, payee_name, asked_at, asked_on) select gen_random_uuid(), "
            "tenant_id, application_id, bill_id, 'other', digest, 'other', kind, amount_fen, 0, lines, 'x', 'x', "
            "asked_at, asked_on from refund"
        )
        with (
            pytest.raises(DBAPIError, match="gives back more than was paid"),
            unit_of_work(settings().tenant) as session,
        ):
            session.execute(text(copy))


class TestApproving:
    def test_is_not_for_whoever_asked(self, office: Office) -> None:
        _, bill = paid(office)
        refund_id = asks(office, bill, lines={"JTJ": 1_00})

        with pytest.raises(NotAllowed, match="另一人审批"):
            approves(office, refund_id, login=ASKS)
        with pytest.raises(NotAllowed, match="另一人审批"):
            declines(office, refund_id, login=ASKS)

    def test_by_the_asker_is_refused_by_the_database_too(self, office: Office) -> None:
        _, bill = paid(office)
        refund_id = asks(office, bill, lines={"JTJ": 1_00})
        with pytest.raises(DBAPIError, match="refund_two_people"), as_owner() as session:
            session.execute(
                text("update refund set state = 'approved', decided_by = asked_by where id = :id"), {"id": refund_id}
            )

    def test_leaves_the_books_and_the_receipt_as_they_are(self, office: Office) -> None:
        _, bill = paid(office)
        before = balance(office, "treasury")

        approves(office, asks(office, bill, lines={"JTJ": 1_00}))

        assert balance(office, "treasury") == before
        assert chain(office, bill) == [("receipt", "normal", E1_TOTAL_FEN)]
        assert broken() == {}

    def test_tells_the_payer_in_writing(self, office: Office) -> None:
        _, bill = paid(office)
        approves(office, asks(office, bill, lines={"JTJ": 1_00}))

        assert office.one("select count(*) from document where kind = 'refund_decision'") == 1
        assert office.one("select count(*) from notice where kind = 'refund_approved' and channel = 'app'") == 1

    def test_twice_is_once_and_a_second_answer_is_refused(self, office: Office) -> None:
        _, bill = paid(office)
        refund_id = asks(office, bill, lines={"JTJ": 1_00})
        approves(office, refund_id)
        approves(office, refund_id)

        with pytest.raises(Conflict, match="已有审批结论"):
            declines(office, refund_id)
        assert office.one("select count(*) from audit_event where verb = 'refund_approved'") == 1

    def test_and_declining_at_once_ends_in_one_of_them(self, office: Office) -> None:
        _, bill = paid(office)
        refund_id = asks(office, bill, lines={"JTJ": 1_00})

        results = side_by_side(partial(approves, office, refund_id), partial(declines, office, refund_id))

        assert sum(each is None for each in results) == 1
        assert broken() == {}

    def test_needs_an_account_to_pay_to(self, office: Office) -> None:
        _, bill = paid(office)
        forge("update payment set payer_account = ''")
        refund_id = asks(office, bill, lines={"JTJ": 1_00})

        with pytest.raises(Conflict, match="还没有收款账号"):
            approves(office, refund_id)


class TestAnotherPayee:
    def test_makes_whoever_names_it_the_asker_so_that_another_approves(self, office: Office) -> None:
        _, bill = paid(office)
        refund_id = asks(office, bill, lines={"JTJ": 1_00})
        account = office.account(DECIDES)
        with office.sits() as sitting:
            refunds.change_payee(sitting, account=account, refund_id=refund_id, payee=PAYEE, reason="账号更正")

        with pytest.raises(NotAllowed):
            approves(office, refund_id, login=DECIDES)
        approves(office, refund_id, login=ASKS)

    def test_cannot_be_slipped_in_after_approval(self, office: Office) -> None:
        _, bill = paid(office)
        refund_id = asks(office, bill, lines={"JTJ": 1_00})
        approves(office, refund_id)
        account = office.account(ASKS)

        with pytest.raises(Conflict, match="可以更改收款账号"), office.sits() as sitting:
            refunds.change_payee(sitting, account=account, refund_id=refund_id, payee=PAYEE, reason="账号更正")


class TestPaying:
    def test_needs_approval_and_an_order(self, office: Office) -> None:
        _, bill = paid(office)
        refund_id = asks(office, bill, lines={"JTJ": 1_00})
        with pytest.raises(Conflict, match="还没有批准"):
            sends(office, refund_id)
        approves(office, refund_id)
        with pytest.raises(Conflict, match="没有付款指令"):
            bank_pays(office, refund_id)

    def test_moves_the_books_line_by_line(self, office: Office) -> None:
        _, bill = paid(office)
        before = balance(office, "treasury")

        goes_back(office, asks(office, bill, lines={"JTJ": 100_00, "SNZ": 5}))

        assert balance(office, "treasury") == before + 100_05
        assert balance(office, "bank") == -100_05
        assert broken() == {}

    def test_reverses_the_receipt_and_makes_out_another_for_what_remains(self, office: Office) -> None:
        _, bill = paid(office)

        goes_back(office, asks(office, bill, lines={"JTJ": 100_00}))

        assert chain(office, bill) == [
            ("receipt", "replaced", E1_TOTAL_FEN),
            ("reversal", "normal", -E1_TOTAL_FEN),
            ("receipt", "normal", E1_TOTAL_FEN - 100_00),
        ]
        first, reversal, second = office.rows("select * from receipt order by number")
        assert (reversal.reverses, first.replaced_by) == (first.id, second.id)
        assert office.one("select status from bill where id = :b", b=bill.id) == "paid"
        assert broken() == {}

    def test_twice_keeps_a_chain_without_a_gap(self, office: Office) -> None:
        _, bill = paid(office)
        goes_back(office, asks(office, bill, lines={"JTJ": 100_00}))
        goes_back(office, asks(office, bill, amount_fen=7_01))

        numbers = office.rows("select number from receipt order by number")
        assert [int(row.number) for row in numbers] == [1, 2, 3, 4, 5]
        assert chain(office, bill)[-1] == ("receipt", "normal", E1_TOTAL_FEN - 107_01)
        assert broken() == {}

    def test_of_everything_leaves_no_valid_receipt_and_marks_the_bill(self, office: Office) -> None:
        _, bill = paid(office)
        goes_back(office, asks(office, bill, amount_fen=left(office, bill)))
        goes_back(office, asks(office, bill, amount_fen=left(office, bill, "agency"), kind=RefundKind.AGENCY))
        assert office.one("select status from bill where id = :b", b=bill.id) == "paid"
        account = office.account(ASKS)
        forge("update deposit set completed_on = '2014-09-16', notice_ends_on = '2014-09-17'")
        office.at("2014-10-18 09:00")
        with office.sits() as sitting:
            deposit_id = office.one("select id from deposit")
            released = deposits.ask_release(sitting, account=account, key="all", deposit_id=deposit_id)
        goes_back(office, released)

        assert office.one("select status from bill where id = :b", b=bill.id) == "refunded"
        assert [each for each in chain(office, bill) if each[:2] == ("receipt", "normal")] == []
        assert sum(fen for _, _, fen in chain(office, bill)) == 0
        assert broken() == {}

    def test_twice_under_one_number_is_once(self, office: Office) -> None:
        _, bill = paid(office)
        refund_id = asks(office, bill, lines={"JTJ": 100_00})
        approves(office, refund_id)
        sends(office, refund_id)

        results = side_by_side(*[partial(bank_pays, office, refund_id, "B1")] * RACES)

        assert results == [None] * RACES
        assert balance(office, "bank") == -100_00
        with pytest.raises(Conflict, match="已于此前付讫"):
            bank_pays(office, refund_id, "B2")
        assert broken() == {}

    def test_two_refunds_under_one_number_of_the_bank_is_refused(self, office: Office) -> None:
        _, bill = paid(office)
        one, other = asks(office, bill, lines={"JTJ": 1_00}), asks(office, bill, lines={"JTJ": 2_00})
        for each in (one, other):
            approves(office, each)
            sends(office, each)
        bank_pays(office, one, "B1")

        with pytest.raises(Conflict, match="已登记在另一笔退费上"):
            bank_pays(office, other, "B1")

    def test_on_a_closed_day_is_booked_on_the_next_open_one(self, office: Office) -> None:
        office.at("2014-09-20 09:00")
        _, bill = paid(office)
        refund_id = asks(office, bill, lines={"JTJ": 1_00})
        approves(office, refund_id)
        sends(office, refund_id)
        forge(
            "insert into period (id, tenant_id, kind, first_on, last_on, number, closed_by, closed_at) select "
            "gen_random_uuid(), 'hanhai', 'day', '2014-09-20', '2014-09-20', '日结1', id, now() from account "
            "where login = 'finance'"
        )
        bank_pays(office, refund_id)

        assert str(office.one("select booked_on from ledger_entry where kind = 'refund'")) == "2014-09-21"

    def test_can_fail_and_be_ordered_again(self, office: Office) -> None:
        _, bill = paid(office)
        refund_id = asks(office, bill, lines={"JTJ": 1_00})
        approves(office, refund_id)
        sends(office, refund_id)
        account = office.account(ASKS)
        with office.sits() as sitting:
            refunds.note_failure(sitting, account=account, refund_id=refund_id, why="账号户名不符")
        assert left(office, bill) == TREASURY_FEN - 1_00

        sends(office, refund_id)
        bank_pays(office, refund_id)

        assert (refund(office, refund_id).state, refund(office, refund_id).attempts) == ("paid", 2)
        assert broken() == {}

    def test_after_failing_to_another_account_needs_approval_again(self, office: Office) -> None:
        _, bill = paid(office)
        refund_id = asks(office, bill, lines={"JTJ": 1_00})
        approves(office, refund_id)
        sends(office, refund_id)
        account = office.account(ASKS)
        with office.sits() as sitting:
            refunds.note_failure(sitting, account=account, refund_id=refund_id, why="账号户名不符")
            refunds.change_payee(sitting, account=account, refund_id=refund_id, payee=PAYEE, reason="缴款人书面更正")

        with pytest.raises(Conflict, match="还没有批准"):
            sends(office, refund_id)
        goes_back(office, refund_id)
        assert broken() == {}

    def test_passes_on_to_the_contractor_without_touching_the_receipt(self, office: Office) -> None:
        _, bill = paid(office)
        refund_id = asks(office, bill, amount_fen=E1_PAYABLE["YLB"], kind=RefundKind.PAYOUT)

        goes_back(office, refund_id)

        assert balance(office, "agency") == 0
        assert chain(office, bill) == [("receipt", "normal", E1_TOTAL_FEN)]
        with pytest.raises(NotAvailable):
            asks(office, bill, amount_fen=1, kind=RefundKind.AGENCY)
        assert broken() == {}

    def test_takes_from_the_agencys_own_account_what_was_passed_on_to_it(self, office: Office) -> None:
        _, bill = paid(office)
        with office.sits() as sitting:
            books.post(
                sitting.session,
                sitting.tenant,
                [
                    NewEntry(
                        kind="transfer",
                        key="t",
                        postings=(NewPosting("bank:agency", 100_00, "YLB"), NewPosting("bank", -100_00, "YLB")),
                        booked_on=sitting.today,
                        occurred_at=sitting.now,
                    )
                ],
            )
        goes_back(office, asks(office, bill, amount_fen=150_00, kind=RefundKind.PAYOUT))

        assert (balance(office, "bank:agency"), balance(office, "bank")) == (0, -150_00)


class TestReceipts:
    def test_say_how_often_they_were_printed_again(self, office: Office) -> None:
        _, _bill = paid(office)
        (receipt,) = office.rows("select id from receipt")
        forge(
            "update document set sha256 = repeat('0', 64), size_bytes = 1, pages = 1, ready_at = now() "
            "where kind = 'receipt'"
        )
        by = office.actor("applicant")
        with office.sits() as sitting:
            first = receipts.reprint(sitting, receipt_id=receipt.id, by=by)
            again = receipts.reprint(sitting, receipt_id=receipt.id, by=by)

        assert first == again  # still being made: nobody has two
        assert office.one("select prints from receipt") == 1
        assert office.one("select count(*) from document where kind = 'receipt'") == 2

    def test_that_were_reversed_are_not_printed_again(self, office: Office) -> None:
        _, bill = paid(office)
        goes_back(office, asks(office, bill, lines={"JTJ": 100_00}))
        first = office.one("select id from receipt where state = 'replaced'")
        by = office.actor("applicant")
        with pytest.raises(Conflict, match="已冲红"), office.sits() as sitting:
            receipts.reprint(sitting, receipt_id=first, by=by)


class TestCreditAndSuspense:
    def test_give_back_what_was_paid_above_a_bill(self, office: Office) -> None:
        _, _bill = paid(office)
        credit_id = uuid4()
        forge(
            "insert into credit (id, tenant_id, application_id, payment_id, payer_uscc, payer_name, amount_fen, "
            "left_fen, created_at) select :id, p.tenant_id, b.application_id, p.id, b.payer_uscc, b.payer_name, 500, "
            "500, p.paid_at from payment p join bill b on b.id = p.bill_id",
            id=credit_id,
        )
        account = office.account(ASKS)
        with office.sits() as sitting:
            refund_id = refund_asks.ask_credit(
                sitting,
                account=account,
                key="c",
                credit_id=credit_id,
                reason="多缴",
                document="缴款人申请",
                expected_fen=500,
            )
        with pytest.raises(NotAvailable), office.sits() as sitting:
            refund_asks.ask_credit(
                sitting,
                account=account,
                key="d",
                credit_id=credit_id,
                reason="多缴",
                document="缴款人申请",
                expected_fen=500,
            )
        goes_back(office, refund_id)

        assert office.one("select left_fen from credit") == 0
        assert (balance(office, "credit"), balance(office, "bank")) == (500, -500)

    def test_return_what_fits_no_bill(self, office: Office) -> None:
        _, bill = paid(office)
        office.hears_from_bank(office.callback(bill))
        office.works()
        (money,) = office.rows("select id, amount_fen from suspense")
        account = office.account(ASKS)
        with office.sits() as sitting:
            refund_id = refund_asks.ask_return(
                sitting, account=account, key="r", suspense_id=money.id, reason="重复缴款"
            )
        with pytest.raises(Conflict, match="正在退回"), office.sits() as sitting:
            refund_asks.ask_return(sitting, account=account, key="s", suspense_id=money.id, reason="重复缴款")
        goes_back(office, refund_id)

        assert office.one("select state from suspense") == "returned"
        assert balance(office, "suspense") == 0
        assert broken() == {}

    def test_free_suspense_again_when_the_return_is_declined(self, office: Office) -> None:
        _, bill = paid(office)
        office.hears_from_bank(office.callback(bill))
        office.works()
        (money,) = office.rows("select id from suspense")
        account = office.account(ASKS)
        with office.sits() as sitting:
            refund_id = refund_asks.ask_return(
                sitting, account=account, key="r", suspense_id=money.id, reason="重复缴款"
            )
        declines(office, refund_id)

        assert office.one("select state from suspense") == "open"
        assert broken() == {}
