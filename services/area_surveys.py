"""面积实测结算: the area measured at completion is settled under the versions of the first computation.

The applicant states what was measured, a second person settles it: what an item costs more goes on a supplementary
bill, what it costs less is put before finance as a refund.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from services import notices, press
from services.press import Draft
from services.sitting import Sitting
from shared.db import area_surveys, attention, bills, cases, trail
from shared.db.accounts import AccountRow
from shared.db.area_surveys import SurveyRow
from shared.db.bills import NewBillLine
from shared.db.cases import ENDED, Case
from shared.db.trail import Act, Actor
from shared.domain.bills import draw_up
from shared.domain.characters import is_keepable, written
from shared.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from shared.domain.facts import FACT_NAMES, Facts
from shared.domain.lines import Line
from shared.domain.money import grouped
from shared.domain.settlement import SURVEYED, Difference, settle_survey, supplement_fen, supplement_line
from shared.logs import logger

log = logger(__name__)

TEXT_LENGTH_MAX: Final = 500


def preview(sitting: Sitting, *, application_id: UUID, measured: Mapping[str, Any]) -> tuple[Difference, ...]:
    """What a survey would change, item by item; nothing is written. Raises as `ask` does."""
    case = cases.lock_one(sitting.session, application_id)
    return _differences(sitting, case, measured)


def ask(
    sitting: Sitting,
    *,
    application_id: UUID,
    account: AccountRow,
    measured: Mapping[str, Any],
    document: str,
    surveyed_on: date,
) -> UUID:
    """State what was measured. The same statement twice is one; raises `Invalid` beside the fields, `Conflict` while
    another survey is open or before the bill has been paid."""
    case = cases.lock_one(sitting.session, application_id)
    if case.applicant_id != account.id:
        raise NotFound("没有这件申报，或不在您的办理范围内")
    _refuse_ended(case)
    document = document.strip()
    problems = []
    if not document or len(document) > TEXT_LENGTH_MAX or not is_keepable(document):
        problems.append(Problem("document", "请写明测绘报告的文号"))
    if not case.accepted_on <= surveyed_on <= sitting.today:
        problems.append(Problem("surveyed_on", f"测绘日期应在受理日 {case.accepted_on} 之后，不晚于今天"))
    if problems:
        raise Invalid(problems)
    known = next(
        (each for each in area_surveys.of_application(sitting.session, case.id) if each.state == "asked"), None
    )
    if known is not None:
        if dict(known.facts) == dict(measured) and known.document == document:
            return known.id
        raise Conflict("已有一项面积实测结算在办理，办结后才能再次申请")
    every = bills.of_application(sitting.session, case.id)
    standing = [bill for bill in every if bill.kind in ("original", "reissue") and bill.status != "void"]
    if not standing or any(bill.status in bills.OPEN for bill in standing):
        raise Conflict("缴费通知书缴清后才能申请面积实测结算")
    differences = _differences(sitting, case, measured)
    if not differences:
        raise Invalid([Problem("floor_area_m2", "实测面积没有引起任何收费项目的变化，不需要结算")])
    who = Actor(account.id, account.display_name)
    survey_id = area_surveys.add(
        sitting.session,
        sitting.tenant,
        application_id=case.id,
        facts=dict(measured),
        document=document,
        surveyed_on=surveyed_on,
        differences=[_as_json(each) for each in differences],
        supplement_fen=supplement_fen(differences),
        asked_by=account.id,
        asked_at=sitting.now,
    )
    data = {"document": document, "measured": dict(measured), "supplement_fen": supplement_fen(differences)}
    act = Act("survey_asked", sitting.now, who, data=data)
    trail.append(sitting.session, sitting.tenant, {case.id: [act]}, signer=sitting.signer)
    notices.tell(
        sitting,
        notices.desk(sitting, sitting.city.finance_unit),
        kind="survey_asked",
        key=f"survey:{survey_id}",
        title=f"面积实测结算待审核：{case.project_name}",
        body=f"{case.number} 申请面积实测结算，测绘报告 {document}，请审核。",
        application_id=case.id,
        href=f"/finance/surveys/{survey_id}",
    )
    return survey_id


def settle(sitting: Sitting, *, survey_id: UUID, actor: Actor) -> UUID | None:
    """Settle a survey: gives the supplementary bill, None if nothing is to be paid on top. May be repeated.

    Amounts are computed again from the frozen lines. Raises `NotAllowed` for whoever asked, `Conflict` for a survey
    that was declined.
    """
    case, survey = _hold(sitting, survey_id)
    if survey.state == "settled":
        return survey.bill_id
    if survey.state != "asked":
        raise Conflict("这项面积实测结算已经退回")
    _refuse_ended(case)
    if survey.asked_by == actor.id:
        raise NotAllowed("面积实测结算由申请人以外的人审核")
    differences = _differences(sitting, case, survey.facts)
    bill_id = _supplement(sitting, case, [each for each in differences if each.difference_fen > 0], actor)
    back = [each for each in differences if each.difference_fen < 0]
    if back:
        listed = "、".join(f"{each.after.name} {grouped(-each.difference_fen)} 元" for each in back)
        attention.open_case(
            sitting.session,
            sitting.tenant,
            kind="refund_due",
            key=f"survey:{survey.id}",
            reason=f"{case.number} 面积实测结算后应退 {listed}：请办理退费",
            application_id=case.id,
            data={"survey": str(survey.id), "lines": {each.code: -each.difference_fen for each in back}},
        )
    area_surveys.decide(
        sitting.session,
        survey.id,
        state="settled",
        decided_by=actor.id,
        decided_at=sitting.now,
        differences=[_as_json(each) for each in differences],
        supplement_fen=supplement_fen(differences),
        bill_id=bill_id,
    )
    data = {"document": survey.document, "supplement_fen": supplement_fen(differences)}
    act = Act("survey_settled", sitting.now, actor, sitting.city.finance_unit, data)
    trail.append(sitting.session, sitting.tenant, {case.id: [act]}, signer=sitting.signer)
    if bill_id is None:
        body = f"{case.number} 的面积实测结算已办结，不用补缴。"
    else:
        body = f"{case.number} 的面积实测结算已办结，请按补缴通知书缴款 {grouped(supplement_fen(differences))} 元。"
    _tell_applicant(sitting, case, survey, "面积实测结算已办结", body)
    log.info("survey_settled", application=case.number)
    return bill_id


def decline(sitting: Sitting, *, survey_id: UUID, actor: Actor, opinion: str) -> None:
    """Send a survey back with the reason; the applicant may state it anew. Twice is once.

    Raises `Invalid` without a reason, `Conflict` for one that was settled.
    """
    opinion = written("opinion", opinion, most=TEXT_LENGTH_MAX, missing="退回的，请写明理由")
    case, survey = _hold(sitting, survey_id)
    if survey.state == "declined":
        return
    if survey.state == "settled":
        raise Conflict("这项面积实测结算已经办结，不能退回")
    area_surveys.decide(
        sitting.session,
        survey.id,
        state="declined",
        decided_by=actor.id,
        decided_at=sitting.now,
        opinion=opinion,
    )
    act = Act("survey_declined", sitting.now, actor, sitting.city.finance_unit, {"opinion": opinion})
    trail.append(sitting.session, sitting.tenant, {case.id: [act]}, signer=sitting.signer)
    _tell_applicant(sitting, case, survey, "面积实测结算已退回", f"{case.number} 的面积实测结算已退回：{opinion}")


def _hold(sitting: Sitting, survey_id: UUID) -> tuple[Case, SurveyRow]:
    case = cases.lock_one(sitting.session, area_surveys.load(sitting.session, survey_id).application_id)
    return case, area_surveys.load(sitting.session, survey_id)


def _refuse_ended(case: Case) -> None:
    if case.status in ENDED:
        raise Conflict("办件已经终止，不再办理面积实测结算")


def _differences(sitting: Sitting, case: Case, measured: Mapping[str, Any]) -> tuple[Difference, ...]:
    unknown = [Problem(name, "面积实测结算不涉及该项") for name in measured if name not in SURVEYED]
    if unknown or not measured:
        raise Invalid(unknown or [Problem("floor_area_m2", f"请填写{FACT_NAMES['floor_area_m2']}")])
    tariff = sitting.city.tariff
    before = [Line.from_json(row.line) for row in cases.lines_of(sitting.session, [case.id])[case.id]]
    # What an earlier survey settled is billed or given back: only what has changed since counts.
    settled = next(
        (each for each in area_surveys.of_application(sitting.session, case.id) if each.state == "settled"), None
    )
    stated = {**case.facts, **(settled.facts if settled else {})}
    if settled is not None:
        known = Facts.from_json(stated, uses=tariff.use_codes, reductions=tariff.reduction_codes)
        before = [
            tariff.assess_item(line.code, known, version=line.version) if line.version else line for line in before
        ]
    surveyed = Facts.from_json({**stated, **measured}, uses=tariff.use_codes, reductions=tariff.reduction_codes)
    return settle_survey(tariff, before=before, surveyed=surveyed)


def _supplement(sitting: Sitting, case: Case, dearer: Sequence[Difference], by: Actor) -> UUID | None:
    if not dearer:
        return None
    rows = {row.item_code: row for row in cases.lines_of(sitting.session, [case.id])[case.id]}
    occasion = max(bill.occasion for bill in bills.of_application(sitting.session, case.id)) + 1
    drafts = []
    for drawn in draw_up([supplement_line(each) for each in dearer]):
        if not drawn.payable_fen:
            continue
        lines = tuple(
            NewBillLine(
                fee_line_id=rows[line.code].id,
                item_code=line.code,
                unit_code=rows[line.code].unit_code,
                due_fen=line.due_fen,
                line=line.to_json(),
            )
            for line in drawn.lines
        )
        drafts.append(
            Draft(
                case=case,
                payer=drawn.payer,
                total_fen=drawn.payable_fen,
                lines=lines,
                kind="supplement",
                occasion=occasion,
                by=by,
            )
        )
    return press.issue(sitting, drafts)[0].id


def _as_json(each: Difference) -> dict[str, Any]:
    return {
        "item": each.code,
        "version": each.version,
        "before_fen": each.before.due_fen,
        "after_fen": each.after.due_fen,
        "formula": each.after.formula,
    }


def _tell_applicant(sitting: Sitting, case: Case, survey: SurveyRow, title: str, body: str) -> None:
    notices.tell(
        sitting,
        notices.applicant(sitting, case.id),
        kind="survey_decided",
        key=f"survey:{survey.id}:decided",
        title=title,
        body=body,
        application_id=case.id,
        href=f"/apply/cases/{case.id}",
    )
