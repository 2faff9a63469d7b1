"""City and district as one: tasks passed from unit to unit and between the levels, and the wall between districts."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import rule
from simulation.review_rules.scene import APPLICATIONS, DISTRICTS, Scene

from services import handover
from services.sitting import serve
from shared.db.queries.desk import Desk
from shared.db.queries.inbox import InboxFilter, Tab, inbox

RECEIVERS: Final = ("zj", "rf", "zr", "sw", "qx", "dw-zj", "gx-zj")
#: What belongs to an application and must not be seen from another district.
OF_APPLICATIONS: Final = (
    "review_task", "clock", "clock_step", "fee_line", "audit_event", "attachment", "document", "commitment",
    "correction_notice", "correction_item", "meeting", "meeting_seat", "survey", "survey_finding", "appointment",
    "service_card", "handover", "external_wait", "bill", "refusal", "intake_notice", "notice",
)  # fmt: skip


class Levels(Scene):
    """Who has a task, and who sees it."""

    @rule(application=APPLICATIONS, data=st.data(), to_unit=st.sampled_from(RECEIVERS))
    def passes_on(self, application: UUID, data: st.DataObject, to_unit: str) -> None:
        """The task lies on another desk in nobody's hands; its clock goes on as it was."""
        task = data.draw(self.tasks(application, prefer="site-check"))
        before = self.task(task.id)
        if not self.tries(handover.pass_on, task, data, to_unit=to_unit, reason="按权限移交"):
            return
        after = self.task(task.id)
        assert after.unit_code == to_unit
        assert (after.officer_id, after.on_behalf_of) == (None, None)
        assert after.status == ("waiting" if before.status == "waiting" else "open")
        for name in ("clock_state", "clock_due_on", "clock_started_on", "due_on", "near_on", "is_paused", "round"):
            assert getattr(after, name) == getattr(before, name), name

    def no_task_leaves_for_another_district(self) -> None:
        astray = self.office.rows(
            "select t.matter_code from review_task t join application a on a.id = t.application_id "
            "join unit u on u.code = t.unit_code join clock k on k.subject_id = t.id "
            "where (u.level = 'district' and u.area_code <> a.area_code) or k.unit_code <> t.unit_code "
            "union all select h.reason from handover h group by h.task_id, h.from_unit, h.reason having count(*) > 2"
        )
        assert astray == []

    @rule(unit=st.sampled_from(sorted(DISTRICTS)))
    def a_district_looks(self, unit: str) -> None:
        """Whatever its people ask for, they find their own district's; their inbox shows it all."""
        area = DISTRICTS[unit]
        own = {row.id for row in self.office.rows("select id from application where area_code = :area", area=area)}
        mine = {
            row.id
            for row in self.office.rows(
                "select id from review_task where unit_code = :unit and application_id = any(:own)",
                unit=unit,
                own=list(own),
            )
        }
        serve(area)
        try:
            with self.office.sits() as sitting:
                found: dict[str, set[Any]] = {
                    table: set(
                        sitting.session.connection()
                        .exec_driver_sql(f"select application_id from {table} where application_id is not null")
                        .scalars()
                    )
                    for table in OF_APPLICATIONS
                }
                desk = Desk.of(sitting.city, account_id=self.account(f"{unit}-officer").id, unit_code=unit)
                rows = inbox(sitting.session, sitting.city, desk, InboxFilter(tab=Tab.ALL), today=sitting.today).rows
        finally:
            serve(None)
        assert {table: seen - own for table, seen in found.items() if seen - own} == {}
        assert found["review_task"] == own
        assert {row.task_id for row in rows} == mine

    @rule(application=APPLICATIONS, data=st.data())
    def another_district_tries(self, application: UUID, data: st.DataObject) -> None:
        """People of a district act on a case of another: for them it does not exist."""
        area = self.office.one("select area_code from application where id = :id", id=application)
        foreign = sorted(unit for unit, its in DISTRICTS.items() if its != area)
        actor = self.actor(f"{data.draw(st.sampled_from(foreign))}-officer")
        task = data.draw(self.tasks(application))
        before = self.trace()
        refusal = self.attempt(
            lambda sitting: handover.pass_on(sitting, task_id=task.id, actor=actor, to_unit="zj", reason="试试"),
            by=actor,
        )
        assert (refusal, self.trace()) == ("NotFound", before)
