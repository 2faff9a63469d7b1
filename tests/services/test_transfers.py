"""Passing money on: what is held and no more, by two people, booked once, and still owed where it is only held."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from office import Office
from watching import broken, kinds, side_by_side

from services import transfers
from shared.db import books
from shared.db import transfers as rows
from shared.db.books import NewEntry, NewPosting
from shared.domain.errors import Conflict, Invalid, NotAllowed

PAID = date(2014, 9, 18)
TREASURY = {"JTJ": 17_286_436, "PTF": 2_204_020_590, "RFY": 226_867_500, "SNZ": 8_643_218, "XQJ": 86_432_180}
AGENCY = {"YLB": 412_464_000}


def propose(office: Office, *, day: date = PAID, login: str = "finance") -> UUID:
    account = office.account(login)
    with office.sits() as sitting:
        return transfers.propose(sitting, account=account, day=day)


def confirm(office: Office, batch: UUID, *, login: str = "finance-chief") -> None:
    account = office.account(login)
    with office.sits() as sitting:
        transfers.confirm(sitting, account=account, batch_id=batch)


def decline(office: Office, batch: UUID, opinion: str = "金额有误", *, login: str = "finance-chief") -> None:
    account = office.account(login)
    with office.sits() as sitting:
        transfers.decline(sitting, account=account, batch_id=batch, opinion=opinion)


def held(office: Office, day: date = PAID) -> dict[str, int]:
    with office.sits() as sitting:
        return {each.item_code: each.amount_fen for each in rows.held(sitting.session, day)}


def gives_back(office: Office, fen: int, item: str = "PTF") -> None:
    """A refund out of the treasury account, as that desk books it."""
    with office.sits() as sitting:
        day = books.open_day(sitting.session, sitting.tenant, sitting.today)
        postings = (NewPosting("treasury", fen, item), NewPosting("bank", -fen))
        entry = NewEntry(kind="adjustment", key=str(uuid4()), postings=postings, booked_on=day, occurred_at=sitting.now)
        books.post(sitting.session, sitting.tenant, [entry])


@pytest.fixture
def paid(office: Office) -> Any:
    """E1, paid on 18 September."""
    (bill,) = office.bills(office.is_billed().application_id)
    office.at("2014-09-18 16:00")
    office.hears_from_bank(office.callback(bill))
    office.works()
    return bill


@pytest.mark.usefixtures("paid")
class TestTransfers:
    def test_are_set_down_for_what_every_item_holds_and_leave_deposits_alone(self, office: Office) -> None:
        assert held(office) == {**TREASURY, **AGENCY}
        batch = propose(office)

        with office.sits() as sitting:
            found = rows.of_batch(sitting.session, batch)
        assert [(each.number, each.account, each.item_code) for each in found][:1] == [
            ("瀚一单划〔2014〕1号-1", "treasury", "JTJ")
        ]
        assert {each.item_code: each.amount_fen for each in found} == {**TREASURY, **AGENCY}
        assert held(office) == {}
        with pytest.raises(Conflict):
            propose(office)

    def test_are_booked_by_another_person_and_once(self, office: Office) -> None:
        batch = propose(office)
        for login in ("finance", "leader"):
            with pytest.raises(NotAllowed):
                confirm(office, batch, login=login)
        confirm(office, batch)
        confirm(office, batch)

        assert office.rows(
            "select account, sum(amount_fen) from ledger_posting p join ledger_entry e on e.id = p.entry_id "
            "where e.kind = 'transfer' group by account order by account"
        ) == [
            ("bank", -sum(TREASURY.values()) - sum(AGENCY.values())),
            ("bank:agency", sum(AGENCY.values())),
            ("treasury", sum(TREASURY.values())),
        ]
        assert office.one("select -sum(amount_fen) from ledger_posting where account = 'treasury'") == 0
        assert office.one("select -sum(amount_fen) from ledger_posting where account = 'agency'") == 412_464_000
        assert held(office) == {}
        assert broken() == {}

    def test_are_confirmed_once_by_two_at_the_same_moment_and_set_down_once(self, office: Office) -> None:
        results = side_by_side(lambda: propose(office), lambda: propose(office, login="finance-chief"))
        assert kinds(results) == {"done": 1, "Conflict": 1}
        assert office.one("select last from number_series where series = 'transfer:2014'") == 1
        (batch,) = [each for each in results if isinstance(each, UUID)]
        second = "finance-chief" if isinstance(results[0], UUID) else "finance"

        assert kinds(side_by_side(*[lambda: confirm(office, batch, login=second)] * 2)) == {"done": 2}
        assert office.one("select count(*) from ledger_entry where kind = 'transfer'") == 6

    def test_are_refused_when_less_is_held_by_then(self, office: Office) -> None:
        batch = propose(office)
        gives_back(office, 1)

        with pytest.raises(Conflict, match="PTF 现余不足"):
            confirm(office, batch)
        decline(office, batch)
        assert held(office)["PTF"] == TREASURY["PTF"] - 1
        confirm(office, propose(office))
        assert broken() == {}

    def test_pass_on_nothing_while_the_treasury_owes_what_was_given_back(self, office: Office) -> None:
        confirm(office, propose(office))
        gives_back(office, 5_000)

        assert held(office) == {}
        assert office.one("select sum(amount_fen) from ledger_posting where account = 'treasury'") == 5_000

    def test_are_declined_with_an_opinion_and_free_the_money(self, office: Office) -> None:
        batch = propose(office)
        with pytest.raises(Invalid):
            decline(office, batch, "  ")
        with pytest.raises(NotAllowed):
            decline(office, batch, login="finance")
        decline(office, batch)
        decline(office, batch)

        with pytest.raises(Conflict):
            confirm(office, batch)
        assert held(office) == {**TREASURY, **AGENCY}
        assert office.one("select count(*) from ledger_entry where kind = 'transfer'") == 0

    def test_of_an_earlier_day_leave_out_what_came_later(self, office: Office) -> None:
        assert held(office, date(2014, 9, 17)) == {}
        with pytest.raises(Conflict):
            propose(office, day=date(2014, 9, 17))
        with pytest.raises(Conflict, match="还没有到"):
            propose(office, day=date(2014, 9, 19))
