"""Finance's end of the day: money is passed on, days and months are closed, and opened again by two."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from simulation.money_rules.refunding import Refunding
from simulation.money_rules.scene import FINANCE

from services import closing, transfers

WHY: Final = "已知情况，次日继续办理"


class Locking(Refunding):
    """`frozen` is what each period was closed on, as it was read at that moment."""

    def __init__(self) -> None:
        super().__init__()
        self.frozen: dict[UUID, tuple[str, Any]] = {}

    @rule(data=st.data())
    def day_is_closed(self, data: st.DataObject) -> None:
        """Yesterday or today, with a reason for whatever is open; what no reason helps against is in the way."""
        day = self.today - timedelta(days=data.draw(st.integers(0, 1)))
        self.closes(day, self.somebody(data))

    def closes(self, day: date, login: str) -> bool:
        account = self.account(login)
        reasons = dict.fromkeys(self.hindrances(day), WHY)
        done = self.act(lambda sitting: closing.close_day(sitting, account=account, day=day, reasons=reasons))
        self.keep_in_mind()
        return done

    def close_every_day(self) -> None:
        """Every day that something was booked on, the oldest first."""
        for row in self.office.rows(_OPEN_DAYS):
            assert self.closes(row.day, FINANCE[0]), (row.day, self.hindrances(row.day))

    def hindrances(self, day: date) -> list[str]:
        with self.office.sits() as sitting:
            return [each.kind for each in closing.day_so_far(sitting, day)[1]]

    @rule(data=st.data())
    def month_is_closed(self, data: st.DataObject) -> None:
        account = self.account(self.somebody(data))
        day = self.today.replace(day=1) - timedelta(days=1)
        with self.office.sits() as sitting:
            reasons = dict.fromkeys([each.kind for each in closing.month_so_far(sitting, day)[1]], WHY)
        self.act(lambda sitting: closing.close_month(sitting, account=account, day=day, reasons=reasons))
        self.keep_in_mind()

    def keep_in_mind(self) -> None:
        for each in self.periods():
            self.frozen.setdefault(each.id, (each.number, each.figures))

    def periods(self, *states: str) -> list[Any]:
        rows = self.office.rows("select * from period order by closed_at, number")
        return [each for each in rows if not states or each.state in states]

    @precondition(lambda self: self.periods("closed"))
    @rule(data=st.data())
    def reopening_is_asked_for(self, data: st.DataObject) -> None:
        period = data.draw(st.sampled_from(self.periods("closed")))
        account = self.account(self.somebody(data))
        self.act(
            lambda sitting: closing.ask_reopening(sitting, account=account, period_id=period.id, reason="漏记一笔款项")
        )

    @precondition(lambda self: self.periods("reopening"))
    @rule(data=st.data(), allow=st.booleans(), by_another=st.sampled_from([True, True, False]))
    def reopening_is_decided(self, data: st.DataObject, allow: bool, by_another: bool) -> None:
        period = data.draw(st.sampled_from(self.periods("reopening")))
        account = self.account(self.other_than(period.reopening_asked_by, by_another=by_another))
        done = self.act(
            lambda sitting: closing.decide_reopening(
                sitting, account=account, period_id=period.id, allow=allow, opinion="次日冲正"
            )
        )
        assert by_another or not done, "one person has opened the books alone"

    @rule(data=st.data())
    def transfer_is_set_down(self, data: st.DataObject) -> None:
        account = self.account(self.somebody(data))
        day = self.today
        self.act(lambda sitting: transfers.propose(sitting, account=account, day=day), may_repeat=False)

    @precondition(lambda self: self.batches())
    @rule(
        data=st.data(), confirms=st.sampled_from([True, True, False]), by_another=st.sampled_from([True, True, False])
    )
    def transfer_is_decided(self, data: st.DataObject, confirms: bool, by_another: bool) -> None:
        batch = data.draw(st.sampled_from(self.batches()))
        account = self.account(self.other_than(batch.made_by, by_another=by_another))
        if confirms:
            done = self.act(lambda sitting: transfers.confirm(sitting, account=account, batch_id=batch.batch_id))
        else:
            done = self.act(
                lambda sitting: transfers.decline(sitting, account=account, batch_id=batch.batch_id, opinion="金额有误")
            )
        event(f"transfer decided: {done}")
        assert by_another or not done, "somebody has passed on what he set down himself"

    def batches(self) -> list[Any]:
        return self.office.rows("select distinct batch_id, made_by from transfer where state = 'proposed' order by 1")

    def other_than(self, account_id: UUID, *, by_another: bool) -> str:
        """The other of the two, or the same one who tries to do it alone."""
        return next(login for login in FINANCE if (self.account(login).id != account_id) == by_another)


_OPEN_DAYS = """
    select distinct booked_on as day
      from (select booked_on from ledger_entry union select booked_on from bill
            union select void_booked_on from bill union select booked_on from receipt) d
     where booked_on > (select coalesce(max(last_on), '-infinity') from period where state <> 'reopened')
     order by 1
"""
