"""集中现场踏勘: the lead window calls one visit for all units that need to see the site; each writes what it found.

One record for all, each finding under its unit's seal; the record is printed once everybody has written.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from services import notices
from services.authority import UNDER_REVIEW
from services.sitting import Sitting
from shared.db import cases, clock, clocks, documents, surveys, trail
from shared.db.cases import Case
from shared.db.surveys import SurveyRow
from shared.db.trail import SYSTEM, Act, Actor
from shared.domain.characters import UNKEEPABLE, is_keepable
from shared.domain.clocks import Mechanism, PauseKind
from shared.domain.errors import Conflict, Invalid, NotAllowed, Problem
from shared.logs import logger

log = logger(__name__)

PLACE_LENGTH_MAX: Final = 100
NOTE_LENGTH_MAX: Final = 200
FINDING_LENGTH_MAX: Final = 1000
RESULTS: Final = ("fine", "problem")
DECIDED: Final = ("approved", "objected", "cancelled")


def call(
    sitting: Sitting,
    *,
    application_id: UUID,
    planned_at: datetime,
    place: str,
    unit_codes: Collection[str],
    actor: Actor,
    note: str = "",
    pauses_clocks: bool = False,
) -> UUID:
    """Call a visit for units of the case; gives its id. With `pauses_clocks` the clocks of their open matters stand
    still (检验) until each has written its finding.

    The same call again gives the same id; another one while a visit is ahead is a `Conflict`. Raises `Invalid`.
    """
    if actor.unit_code != sitting.city.lead_unit:
        raise NotAllowed("联合踏勘由牵头窗口召集")
    case = cases.lock_one(sitting.session, application_id)
    if case.status not in UNDER_REVIEW:
        raise Conflict("办件已不在审核阶段")
    invited = sorted(set(unit_codes))
    before = surveys.ahead(sitting.session, application_id)
    if before is not None:
        units = [each.unit_code for each in surveys.findings(sitting.session, before.id)]
        if (before.planned_at, before.place, units) == (planned_at, place.strip(), invited):
            return before.id
        raise Conflict(f"联合踏勘 {before.number} 还没有完成，请先完成或取消")
    tasks = cases.tasks_of(sitting.session, application_id)
    problems = _text("place", place, PLACE_LENGTH_MAX, empty="请写明踏勘地点")
    problems += _text("note", note, NOTE_LENGTH_MAX)
    if planned_at <= sitting.now:
        problems.append(Problem("planned_at", "踏勘时间已经过去，请改为以后的时间"))
    elif not sitting.city.calendar.is_working(clock.on(planned_at)):
        problems.append(Problem("planned_at", "这一天不是工作日，请另选时间"))
    if not invited or not set(invited) <= {task.unit_code for task in tasks}:
        problems.append(Problem("units", "请选择办理本办件的单位，至少一个"))
    if problems:
        raise Invalid(problems)
    survey = surveys.call(
        sitting.session,
        sitting.city,
        application_id=application_id,
        units=invited,
        now=sitting.now,
        planned_at=planned_at,
        place=place.strip(),
        note=note.strip(),
        pauses_clocks=pauses_clocks,
        called_by=actor.id,
    )
    for task in tasks if pauses_clocks else ():
        if task.unit_code in invited and task.status not in DECIDED:
            its = clocks.find(sitting.session, case.id, Mechanism.MATTER, task.id)
            clocks.pause(
                sitting.session,
                sitting.city,
                its,
                kind=PauseKind.INSPECTION,
                reason=_reason(survey),
                by=actor,
                now=sitting.now,
            )
    when = planned_at.astimezone(clock.CHINA)
    data = {
        "survey": survey.number,
        "at": when.isoformat(timespec="minutes"),
        "place": survey.place,
        "units": invited,
        "pauses": pauses_clocks,
    }
    _write(sitting, case, Act("survey_called", sitting.now, actor, actor.unit_code, data))
    body = f"{when.month}月{when.day}日{when:%H:%M}，{survey.place}"
    _tell(sitting, case, survey, invited, occasion="called", title="请参加联合踏勘", body=body)
    return survey.id


def find(sitting: Sitting, *, survey_id: UUID, actor: Actor, result: str, finding: str) -> None:
    """Write what the actor's unit found, sealed with its key; the last one completes the record.

    May be repeated with the same words; raises `NotAllowed` for a unit that was not invited, `Conflict` before the
    visit or for other words than before.
    """
    case, survey = _hold(sitting, survey_id)
    rows = surveys.findings(sitting.session, survey.id)
    own = next((each for each in rows if each.unit_code == actor.unit_code), None)
    if own is None:
        raise NotAllowed("这次踏勘没有邀请您的单位")
    if own.result:
        if (own.result, own.finding, own.found_by) == (result, finding.strip(), actor.id):
            return
        raise Conflict("本单位已经写过踏勘意见，不能再改")
    _still_ahead(case, survey)
    if sitting.now < survey.planned_at:
        raise Conflict("还没有到踏勘的时间，到场后再写意见")
    problems = _text("finding", finding, FINDING_LENGTH_MAX, empty="请写明现场情况")
    if result not in RESULTS:
        problems.append(Problem("result", "请选择符合或存在问题"))
    if problems:
        raise Invalid(problems)
    surveys.save_finding(
        sitting.session,
        own,
        result=result,
        finding=finding.strip(),
        found_by=actor.id,
        found_by_name=actor.name,
        found_at=sitting.now,
    )
    data = {"survey": survey.number, "result": result, "finding": finding.strip()}
    _write(sitting, case, Act("survey_found", sitting.now, actor, own.unit_code, data))
    if survey.pauses_clocks:
        silent = [each.unit_code for each in rows if not each.result and each is not own]
        _let_go_on(sitting, case, survey, silent, by=actor)
    if all(each.result or each is own for each in rows):
        _complete(sitting, case, survey)


def cancel(sitting: Sitting, *, survey_id: UUID, reason: str, actor: Actor) -> None:
    """Call a visit off; the clocks that stood still for it go on. Repeated changes nothing."""
    if actor.unit_code != sitting.city.lead_unit:
        raise NotAllowed("联合踏勘由牵头窗口召集")
    case, survey = _hold(sitting, survey_id)
    if survey.state == "cancelled":
        return
    _still_ahead(case, survey)
    problems = _text("reason", reason, NOTE_LENGTH_MAX, empty="请写明取消的原因")
    if problems:
        raise Invalid(problems)
    rows = surveys.findings(sitting.session, survey.id)
    if survey.pauses_clocks:
        _let_go_on(sitting, case, survey, (), by=actor)
    surveys.save(sitting.session, survey, state="cancelled")
    data = {"survey": survey.number, "reason": reason.strip()}
    _write(sitting, case, Act("survey_cancelled", sitting.now, actor, actor.unit_code, data))
    invited = [each.unit_code for each in rows]
    _tell(sitting, case, survey, invited, occasion="cancelled", title="联合踏勘取消", body=reason.strip())


def _complete(sitting: Sitting, case: Case, survey: SurveyRow) -> None:
    surveys.save(sitting.session, survey, state="held", held_at=sitting.now)
    _write(sitting, case, Act("survey_held", sitting.now, SYSTEM, data={"survey": survey.number}))
    wish = documents.Wish("survey", survey.id, case.id, f"联合踏勘记录 {survey.number}")
    documents.request(sitting.session, sitting.tenant, [wish], now=sitting.now)
    lead = [sitting.city.lead_unit]
    _tell(sitting, case, survey, lead, occasion="held", title="联合踏勘已完成", body="各单位意见已齐，记录随后可以下载")
    log.info("survey_held", application=case.number, survey=survey.number)


def _hold(sitting: Sitting, survey_id: UUID) -> tuple[Case, SurveyRow]:
    case = cases.lock_one(sitting.session, surveys.load(sitting.session, survey_id).application_id)
    return case, surveys.load(sitting.session, survey_id)


def _still_ahead(case: Case, survey: SurveyRow) -> None:
    if survey.state != "planned":
        raise Conflict("这次踏勘已经结束或取消，请刷新后查看")
    if case.status not in UNDER_REVIEW:
        raise Conflict("办件已不在审核阶段")


def _let_go_on(sitting: Sitting, case: Case, survey: SurveyRow, silent: Collection[str], *, by: Actor) -> None:
    """End the pauses that this survey began, but for the units that still owe their finding.

    An officer's own inspection goes on. A matter that was passed on meanwhile waits for its new unit, if that owes one.
    """
    for its in clocks.of_application(sitting.session, case.id):
        stood_still = any(
            each.kind == PauseKind.INSPECTION and each.reason == _reason(survey) for each in its.open_pauses
        )
        if its.mechanism == Mechanism.MATTER and its.unit_code not in silent and stood_still:
            clocks.resume(sitting.session, sitting.city, its, kind=PauseKind.INSPECTION, by=by, now=sitting.now)


def _reason(survey: SurveyRow) -> str:
    return f"联合踏勘 {survey.number}"


def _tell(
    sitting: Sitting,
    case: Case,
    survey: SurveyRow,
    units: Collection[str],
    *,
    occasion: str,
    title: str,
    body: str,
) -> None:
    for code in units:
        notices.tell(
            sitting,
            notices.desk(sitting, code),
            kind="survey",
            key=f"survey:{survey.id}:{occasion}:{code}",
            title=f"{title}（{survey.number}）",
            body=f"{case.number} {case.project_name}：{body}",
            application_id=case.id,
            href=f"/desk/surveys/{survey.id}",
        )


def _text(field: str, given: str, longest: int, *, empty: str = "") -> list[Problem]:
    if empty and not given.strip():
        return [Problem(field, empty)]
    if len(given) > longest:
        return [Problem(field, f"不能超过 {longest} 个字")]
    return [] if is_keepable(given) else [Problem(field, UNKEEPABLE)]


def _write(sitting: Sitting, case: Case, act: Act) -> None:
    trail.append(sitting.session, sitting.tenant, {case.id: [act]}, signer=sitting.signer)
