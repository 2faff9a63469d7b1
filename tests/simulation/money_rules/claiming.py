"""What becomes of money that nobody knew: one says whose it is, another agrees, or it is taken back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from simulation.money_rules.paying import Paying
from simulation.money_rules.scene import FINANCE

from services import claims


class Claiming(Paying):
    """The suspense desk."""

    def aside(self, *states: str) -> list[Any]:
        rows = self.office.rows("select * from suspense order by came_at, bank_reference")
        return [each for each in rows if each.state in states]

    @precondition(lambda self: self.aside("open", "claimed"))
    @rule(data=st.data())
    def is_claimed(self, data: st.DataObject) -> None:
        money = data.draw(st.sampled_from(self.aside("open", "claimed")))
        bill = data.draw(st.sampled_from(self.bills("issued", "part_paid") or self.every_bill()))
        self.claims(money.id, bill.id, self.somebody(data))

    def claims(self, money: UUID, bill: UUID, login: str) -> bool:
        return self.act(
            lambda sitting: claims.claim(
                sitting, suspense_id=money, bill_id=bill, actor=self.actor(login), note="付款人来函说明"
            )
        )

    @precondition(lambda self: self.aside("claimed"))
    @rule(data=st.data(), by_another=st.sampled_from([True, True, True, False]))
    def claim_is_confirmed(self, data: st.DataObject, by_another: bool) -> None:
        money = data.draw(st.sampled_from(self.aside("claimed")))
        done = self.confirms(money, by_another=by_another)
        assert by_another or not done, "somebody has confirmed his own claim"

    def confirms(self, money: Any, *, by_another: bool = True) -> bool:
        first, second = FINANCE if money.claimed_by == self.account(FINANCE[0]).id else FINANCE[::-1]
        actor = self.actor(second if by_another else first)
        return self.act(lambda sitting: claims.confirm(sitting, suspense_id=money.id, actor=actor))

    @precondition(lambda self: self.aside("claimed"))
    @rule(data=st.data())
    def claim_is_given_back(self, data: st.DataObject) -> None:
        money = data.draw(st.sampled_from(self.aside("claimed")))
        actor = self.actor(self.somebody(data))
        self.act(lambda sitting: claims.give_back(sitting, suspense_id=money.id, actor=actor))
