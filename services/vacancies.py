"""Work that nobody can do: a unit without an active officer is one case, a task whose officer has left another.

Both are the supervising office's to close, and close by themselves once their reason has gone. Run by `workers.clock`.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from services import notices
from services.sitting import Sitting
from shared.db import attention, cases, reminders, vacancies
from shared.logs import logger

log = logger(__name__)

#: Whoever stands for a unit: those with a window have a chief, the others a head and a liaison.
STANDING_FOR: Final = ("chief", "head", "liaison")
_CURED: Final = "已有人办理，或已并入本单位的事项（系统自动关闭）"


def call_for_officers(sitting: Sitting) -> None:
    """Put each unit before a person that has tasks in hand and no officer: one case, whom to call, one notice.

    May be repeated; a case that somebody closed although nobody came is opened again on the next business day.
    """
    found = vacancies.units(sitting.session, sitting.tenant)
    vacancies.settle(sitting.session, sitting.tenant, vacant=[code for code, _ in found], resolution=_CURED)
    said = vacancies.units_said(sitting.session, sitting.tenant) if found else set()
    for unit_code, tasks in found:
        if unit_code in said:
            continue
        unit = sitting.city.units[unit_code]
        named = notices.posts(sitting, unit_code, ("chief", "head"))
        whom = f"请联系{named[0].name}（{named[0].phone}）" if named else "请与该单位联系"
        why = f"有 {tasks} 项任务待办，但没有在岗的经办人"
        if attention.open_case(
            sitting.session,
            sitting.tenant,
            kind=vacancies.KIND,
            key=f"{unit_code}:{sitting.today}",
            reason=f"{unit.name}{why}：{whom}，并由系统管理员开通账号",
            data={"unit": unit_code},
        ):
            _tell(
                sitting,
                unit_code,
                about=unit_code,
                title=f"{unit.short_name}没有在岗的经办人",
                body=f"{unit.name}{why}。请指定经办人，计时仍在继续。",
            )
            log.warning("unit_unmanned", unit=unit_code, tasks=tasks)


def left_behind(sitting: Sitting) -> list[UUID]:
    """Applications with a task in the hands of somebody who has left, in a unit where others are."""
    return vacancies.left_behind(sitting.session, sitting.tenant)


def report_left_behind(sitting: Sitting, application_id: UUID) -> int:
    """Put such tasks before a person; tell the unit's chief (or head and liaison) and the lead window. Once each."""
    if not reminders.hold_free(sitting.session, application_id):
        return 0
    case = cases.lock_one(sitting.session, application_id)
    found = vacancies.left_behind_of(sitting.session, sitting.tenant, application_id)
    for task in found:
        what = f"{case.number} {task.matter_name}无人办理"
        attention.open_case(
            sitting.session,
            sitting.tenant,
            kind=vacancies.KIND,
            key=task.key,
            reason=f"{what}：认领人的账号已停用，请指定经办人",
            application_id=case.id,
            data={"unit": task.unit_code},
        )
        _tell(
            sitting,
            task.unit_code,
            about=task.key,
            title=what,
            body=f"{case.project_name}的{task.matter_name}：认领人的账号已停用。请指定经办人，计时仍在继续。",
            application_id=case.id,
            href=f"/desk/tasks/{task.task_id}",
        )
        log.warning("task_left_behind", application=case.number, unit=task.unit_code)
    return len(found)


def _tell(
    sitting: Sitting,
    unit_code: str,
    *,
    about: str,
    title: str,
    body: str,
    application_id: UUID | None = None,
    href: str = "",
) -> None:
    lead = sitting.city.lead_unit
    notices.tell(
        sitting,
        [
            *notices.posts(sitting, unit_code, STANDING_FOR),
            *notices.desk(sitting, lead),
            *(notices.leaders(sitting) if unit_code == lead else ()),
        ],
        kind=vacancies.KIND,
        key=f"no_officer:{about}:{sitting.now.isoformat()}",
        title=title,
        body=body,
        application_id=application_id,
        href=href,
    )
