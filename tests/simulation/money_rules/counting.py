"""The second opinion after every step: all money is somewhere once, the books say the same, what is closed stays so."""

from __future__ import annotations

from typing import Any

from hypothesis.stateful import invariant
from simulation.money_rules.beginning import Beginning

from shared.db import invariants
from shared.db.engine import unit_of_work


class Counting(Beginning):
    """What must be true at every moment; counted here from rows and movements, not by the office's own queries."""

    @invariant()
    def office_holds(self) -> None:
        with unit_of_work(on=self.eye) as session:
            for each in invariants.INVARIANTS:
                _, found = invariants.check(session, each)
                assert not found, f"{each.id}: {found}"

    @invariant()
    def every_movement_is_in_the_books_once_or_not_yet(self) -> None:
        known = {each.txn: each for each in self.office.rows(_KNOWN)}
        assert set(known) <= {each.txn for each in self.moved}
        for movement in self.moved:
            row = known.get(movement.txn)
            if row is None:
                continue
            assert row.payments <= 1, row
            assert row.aside <= 1, row
            if row.payments:
                assert row.paid_fen + row.over_fen == movement.fen, row
            if row.aside:
                assert row.aside_fen == movement.fen, row
                assert (row.state == "matched") == bool(row.payments), row

    @invariant()
    def books_say_where_it_is(self) -> None:
        stands = {row.account: row.fen for row in self.office.rows(_BALANCES)}
        assert sum(stands.values()) == 0
        here = {row.txn: row for row in self.office.rows(_KNOWN)}
        in_the_books = sum(each.fen for each in self.moved if each.txn in here)
        at_the_bank = self.office.one(_ARRIVED)
        at_the_banks = stands.get("bank", 0) + stands.get("bank:agency", 0)
        assert at_the_banks == at_the_bank - self.office.one(_TO_TREASURY) - self.office.one(_GIVEN_BACK)
        assert stands.get("channel:sandbank", 0) == in_the_books - at_the_bank
        waiting = self.office.one(
            "select coalesce(sum(amount_fen), 0) from suspense where state in ('open', 'claimed', 'returning')"
        )
        assert -stands.get("suspense", 0) == waiting
        assert -stands.get("credit", 0) == self.office.one("select coalesce(sum(left_fen), 0) from credit")

    @invariant()
    def bills_are_what_was_paid(self) -> None:
        for bill in self.office.rows(_BILLS):
            assert bill.paid_fen == bill.payments_fen, bill
            assert bill.total_fen == bill.lines_fen, bill
            assert bill.back_fen <= bill.paid_fen, bill
            if bill.receipts:
                assert bill.receipts_fen == bill.paid_fen - bill.back_fen, bill
            match bill.status:
                case "issued" | "void" | "nothing_due":
                    assert bill.paid_fen == 0, bill
                case "part_paid":
                    assert 0 < bill.paid_fen < bill.total_fen, bill
                case "paid":
                    assert bill.paid_fen == bill.total_fen > bill.back_fen, bill
                case "refunded":
                    assert bill.paid_fen == bill.back_fen, bill
        for application in self.applications:
            live = self.office.one(
                "select count(*) from bill where application_id = :id and status <> 'void' "
                "and kind in ('original', 'reissue')",
                id=application,
            )
            assert live == 1

    @invariant()
    def what_is_closed_stays_as_it_was(self) -> None:
        for each in self.periods():
            if each.id in self.frozen:
                assert (each.number, each.figures) == self.frozen[each.id]
        late: list[Any] = self.office.rows(
            "select e.kind, e.booked_on, p.number from ledger_entry e join period p on p.kind = 'day' "
            "and p.state <> 'reopened' and e.booked_on = p.first_on where e.recorded_at > p.recorded_at"
        )
        assert late == []


_KNOWN = """
    select t.txn, coalesce(p.payments, 0) as payments, coalesce(p.paid_fen, 0) as paid_fen,
           coalesce(p.over_fen, 0) as over_fen, coalesce(s.aside, 0) as aside,
           coalesce(s.aside_fen, 0) as aside_fen, coalesce(s.state, '') as state
      from (select provider_txn_id as txn from payment where source in ('callback', 'statement', 'suspense')
            union select bank_reference from suspense) t
      left join (select x.provider_txn_id, count(*) as payments, sum(x.amount_fen)::bigint as paid_fen,
                        sum(coalesce(c.amount_fen, 0))::bigint as over_fen
                   from payment x left join credit c on c.payment_id = x.id group by 1) p on p.provider_txn_id = t.txn
      left join (select bank_reference, count(*) as aside, sum(amount_fen)::bigint as aside_fen, min(state) as state
                   from suspense group by 1) s on s.bank_reference = t.txn
"""
_BALANCES = "select account, sum(amount_fen)::bigint as fen from ledger_posting group by account"
_ARRIVED = (
    "select coalesce(sum(amount_fen), 0)::bigint from statement_line "
    "where amount_fen > 0 and state in ('matched', 'suspense')"
)
_TO_TREASURY = (
    "select coalesce(sum(amount_fen), 0)::bigint from transfer where state = 'confirmed' and account = 'treasury'"
)
_GIVEN_BACK = "select coalesce(sum(amount_fen), 0)::bigint from refund where state = 'paid'"
_BILLS = """
    select b.id, b.number, b.status, b.total_fen, b.paid_fen,
           (select coalesce(sum(amount_fen), 0) from payment where bill_id = b.id)::bigint as payments_fen,
           (select coalesce(sum(due_fen), 0) from bill_line where bill_id = b.id)::bigint as lines_fen,
           (select count(*) from receipt where bill_id = b.id) as receipts,
           (select coalesce(sum(total_fen), 0) from receipt where bill_id = b.id)::bigint as receipts_fen,
           (select coalesce(sum(amount_fen), 0) from refund where bill_id = b.id and state = 'paid'
              and credit_id is null)::bigint as back_fen
      from bill b
"""
