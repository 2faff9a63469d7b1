"""The main job without processes: one application in, one bill and one receipt out, to the 分."""

from office import E1_TOTAL_FEN, Office


class TestMainJob:
    def test_makes_one_bill_of_case_e1_to_the_fen(self, office: Office) -> None:
        received = office.is_billed()

        (bill,) = office.bills(received.application_id)
        assert (bill.total_fen, bill.status, bill.payer) == (E1_TOTAL_FEN, "issued", "developer")
        assert bill.number == "瀚一单缴〔2014〕1号"

    def test_ends_with_one_receipt_and_balanced_books(self, office: Office) -> None:
        received = office.is_billed()
        (bill,) = office.bills(received.application_id)

        office.hears_from_bank(office.callback(bill))
        office.works()

        assert office.one("select status from application") == "completed"
        assert office.rows("select total_fen, state from receipt") == [(E1_TOTAL_FEN, "normal")]
        assert office.one("select sum(amount_fen) from ledger_posting") == 0
        assert office.one("select sum(amount_fen) from ledger_posting where account like 'channel:%'") == E1_TOTAL_FEN
