"""A bank's file against the books: imported whole or not at all, matched once, the rest in suspense until two agree."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import pytest
from office import E1_TOTAL_FEN, Office
from statements_files.bank_files import Move, ccb
from watching import assert_settled, broken, kinds, side_by_side

from services import claims, reconciliation
from shared.db.queries.differences import differences
from shared.domain.errors import Conflict, Invalid, NotAllowed
from shared.statements.statement import StatementRefused
from shared.tasks import Task

DAY = "2014-09-19 18:00"


@pytest.fixture
def billed(office: Office) -> Any:
    """An application with its bill out, at the end of a day."""
    office.at("2014-09-15 09:30")
    (bill,) = office.bills(office.is_billed().application_id)
    office.at(DAY)
    return bill


def move(bill: Any, fen: int = 0, txn: str = "T0000000000000001", **more: str) -> Move:
    remark = f"缴款码{bill.payment_code} {bill.number}"
    return Move(**{"fen": fen or bill.total_fen, "reference": f"000001-{txn}", "remark": remark, **more})


def imports(office: Office, content: bytes, name: str = "2014-09-19.csv") -> reconciliation.Imported:
    with office.sits() as sitting:
        actor = office.actor("finance")
        return reconciliation.import_file(sitting, actor=actor, file_name=name, content=content, profile="sandbank")


def lines(office: Office) -> list[tuple[str, str, str]]:
    rows = office.rows("select state, rule, why from statement_line order by file_id, line_no")
    return [tuple(row) for row in rows]


def balance(office: Office, account: str) -> int:
    found: int = office.one("select coalesce(sum(amount_fen), 0) from ledger_posting where account = :a", a=account)
    return found


class TestAFile:
    def test_pays_the_bill_whose_code_and_amount_it_names(self, office: Office, billed: Any) -> None:
        imports(office, ccb([move(billed)]))
        office.works()

        assert lines(office) == [("matched", "code", "缴款码一致 · 金额一致")]
        assert_settled(office.one("select id from application"), total_fen=E1_TOTAL_FEN)
        assert office.one("select source from payment") == "statement"
        assert (balance(office, "bank"), balance(office, "channel:sandbank")) == (E1_TOTAL_FEN, 0)

    def test_finds_the_payment_that_a_callback_has_told_of(self, office: Office, billed: Any) -> None:
        office.hears_from_bank(office.callback(billed, bank_txn_id="T0000000000000001"))
        office.works()
        imports(office, ccb([move(billed)]))
        office.works()

        assert lines(office) == [("matched", "reference", "流水号一致 · 金额一致")]
        assert_settled(office.one("select id from application"), total_fen=E1_TOTAL_FEN)
        assert (balance(office, "bank"), balance(office, "channel:sandbank")) == (E1_TOTAL_FEN, 0)

    def test_and_its_callback_at_once_pay_once(self, office: Office, billed: Any) -> None:
        office.hears_from_bank(office.callback(billed, bank_txn_id="T0000000000000001"))
        imports(office, ccb([move(billed)]))
        side_by_side(
            *[partial(office.delivers, [bell]) for bell in office.bells(Task.POST_PAYMENTS, Task.MATCH_STATEMENTS)]
        )
        office.works()

        assert_settled(office.one("select id from application"), total_fen=E1_TOTAL_FEN)
        assert office.one("select count(*) from suspense") == 0

    def test_with_other_money_puts_it_into_suspense_and_loses_none(self, office: Office, billed: Any) -> None:
        imports(
            office,
            ccb(
                [
                    move(billed, fen=100, txn="T0000000000000002"),
                    Move(fen=777, remark="货款", reference="000003-T0000000000000003", name="某公司"),
                ]
            ),
        )
        office.works()

        assert [state for state, _, _ in lines(office)] == ["suspense", "suspense"]
        assert sorted(row.amount_fen for row in office.rows("select amount_fen from suspense")) == [100, 777]
        assert (balance(office, "suspense"), balance(office, "bank")) == (-877, 877)
        assert office.one("select status from bill") == "issued"
        assert broken() == {}

    def test_names_money_that_is_in_suspense_already_once(self, office: Office, billed: Any) -> None:
        office.hears_from_bank(office.callback(billed, amount="1.00", bank_txn_id="T0000000000000009"))
        office.works()
        imports(office, ccb([move(billed, fen=100, txn="T0000000000000009")]))
        office.works()

        assert lines(office) == [("matched", "reference", "这笔款项此前已记入待查款")]
        assert office.one("select count(*) from suspense") == 1
        assert broken() == {}

    def test_and_a_callback_that_fits_nothing_at_once_put_the_money_aside_once(
        self, office: Office, billed: Any
    ) -> None:
        office.hears_from_bank(office.callback(billed, amount="1.00", bank_txn_id="T0000000000000009"))
        imports(office, ccb([move(billed, fen=100, txn="T0000000000000009")]))
        bells = office.bells(Task.POST_PAYMENTS, Task.MATCH_STATEMENTS)
        side_by_side(*[partial(office.delivers, [bell]) for bell in bells])
        office.works()

        assert office.one("select count(*) from suspense") == 1
        assert (balance(office, "suspense"), balance(office, "bank")) == (-100, 100)
        assert broken() == {}

    def test_leaves_nothing_for_the_close_that_callback_and_statement_both_tell_of(
        self, office: Office, billed: Any
    ) -> None:
        office.hears_from_bank(office.callback(billed, bank_txn_id="T0000000000000001"))
        office.works()
        imports(office, ccb([move(billed, at="2014-09-18 10:12:00")]))
        office.works()

        with office.sits() as sitting:
            assert differences(sitting.session, sitting.today) == ()

    def test_under_another_name_is_the_same_file(self, office: Office, billed: Any) -> None:
        content = ccb([move(billed)])
        first = imports(office, content)
        again = imports(office, content, "另存.csv")
        office.works()

        assert (again.file_id, again.is_new, first.is_new) == (first.file_id, False, True)
        assert office.one("select count(*) from statement_line") == 1
        assert broken() == {}

    def test_with_a_movement_of_another_file_is_refused_with_its_line(self, office: Office, billed: Any) -> None:
        imports(office, ccb([move(billed)]))
        with pytest.raises(StatementRefused) as problem:
            imports(office, ccb([move(billed), Move(fen=5, reference="000002-T0000000000000004")]), "又一份.csv")

        assert [(each.line_no, "同一笔" in each.problem) for each in problem.value.lines] == [(2, True)]
        assert office.one("select count(*) from statement_file") == 1

    def test_that_does_not_follow_from_the_day_before_is_refused(self, office: Office, billed: Any) -> None:
        imports(office, ccb([move(billed, at="2014-09-18 10:00:00")]))
        later = Move(fen=5, at="2014-09-19 10:00:00", reference="000002-T0000000000000004")
        with pytest.raises(StatementRefused, match="期初余额"):
            imports(office, ccb([later], opening_fen=1), "2014-09-20.csv")
        imports(office, ccb([later], opening_fen=E1_TOTAL_FEN), "2014-09-20.csv")
        office.works()
        assert broken() == {}

    def test_that_is_wrong_anywhere_leaves_nothing(self, office: Office, billed: Any) -> None:
        content = ccb([move(billed), Move(fen=5)], change={2: {"贷方发生额(收入)": "5.0x"}})
        with pytest.raises(StatementRefused) as problem:
            imports(office, content)

        assert problem.value.lines[0].line_no == 3
        assert office.one("select count(*) from statement_file") == 0
        with office.sits() as sitting:
            seen = reconciliation.look(sitting, file_name="x.csv", content=content, profile="sandbank")
        assert (seen.good_count, seen.problem_count >= 1, seen.statement) == (1, True, None)

    def test_imported_by_two_at_once_is_one(self, office: Office, billed: Any) -> None:
        content = ccb([move(billed)])
        results = side_by_side(*[partial(imports, office, content)] * 3)

        assert kinds(results) == {"done": 3}
        office.works()
        assert office.one("select count(*) from statement_file") == 1
        assert_settled(office.one("select id from application"), total_fen=E1_TOTAL_FEN)


class TestSuspense:
    @pytest.fixture
    def aside(self, office: Office, billed: Any) -> UUID:
        """The whole sum, paid without its code."""
        imports(
            office, ccb([Move(fen=billed.total_fen, remark="工程款", reference="1-T0000000000000005", name="代付人")])
        )
        office.works()
        found: UUID = office.one("select id from suspense")
        return found

    def claims(
        self, office: Office, aside: UUID, bill_id: UUID, login: str = "finance", note: str = "付款人来函"
    ) -> None:
        with office.sits() as sitting:
            claims.claim(sitting, suspense_id=aside, bill_id=bill_id, actor=office.actor(login), note=note)

    def confirms(self, office: Office, aside: UUID, login: str = "zj-officer") -> None:
        with office.sits() as sitting:
            claims.confirm(sitting, suspense_id=aside, actor=office.actor(login))

    def test_is_claimed_by_one_and_confirmed_by_another(self, office: Office, billed: Any, aside: UUID) -> None:
        with pytest.raises(Conflict):
            self.confirms(office, aside)
        self.claims(office, aside, billed.id)
        self.claims(office, aside, billed.id)
        with pytest.raises(NotAllowed):
            self.confirms(office, aside, "finance")
        results = side_by_side(*[partial(self.confirms, office, aside)] * 3)
        office.works()

        assert kinds(results) == {"done": 3}
        assert_settled(office.one("select id from application"), total_fen=E1_TOTAL_FEN)
        assert balance(office, "suspense") == 0
        with pytest.raises(Conflict):
            self.claims(office, aside, billed.id, "zj-officer")

    def test_is_claimed_by_the_faster_of_two_and_given_back(self, office: Office, billed: Any, aside: UUID) -> None:
        results = side_by_side(
            partial(self.claims, office, aside, billed.id, "finance"),
            partial(self.claims, office, aside, billed.id, "zj-officer"),
        )
        assert kinds(results) == {"done": 1, "Conflict": 1}
        for _ in range(2):
            with office.sits() as sitting:
                claims.give_back(sitting, suspense_id=aside, actor=office.actor("finance"))
        assert office.one("select state from suspense") == "open"
        with pytest.raises(Invalid):
            self.claims(office, aside, billed.id, note=" ")
        assert broken() == {}

    def test_is_not_for_a_bill_that_was_paid_meanwhile(self, office: Office, billed: Any, aside: UUID) -> None:
        self.claims(office, aside, billed.id)
        office.hears_from_bank(office.callback(billed))
        office.works()
        with pytest.raises(Conflict):
            self.confirms(office, aside)
        assert office.one("select state from suspense") == "claimed"
        assert broken() == {}
