"""告知承诺: a promised paper comes, its unit looks at it, and what fails or does not come goes to the lead window."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from services import notices, papers
from services.sitting import Sitting
from shared.db import attachments, attention, cases, clocks, commitments, trail
from shared.db.accounts import AccountRow
from shared.db.attachments import AttachmentRow
from shared.db.cases import ENDED, Case
from shared.db.commitments import CommitmentRow
from shared.db.trail import SYSTEM, Act, Actor
from shared.domain.characters import UNKEEPABLE, is_keepable
from shared.domain.clocks import Mechanism
from shared.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from shared.logs import logger
from shared.storage import Storage

log = logger(__name__)

#: Longest opinion, characters; the form says so too.
OPINION_LENGTH_MAX: Final = 500
#: How many late promises one look over a city takes up.
LATE_AT_ONCE: Final = 500


def bring(
    sitting: Sitting,
    storage: Storage,
    *,
    account: AccountRow,
    commitment_id: UUID,
    file_name: str,
    content: bytes,
) -> None:
    """Bring a promised paper, judged as at the door. Bringing the same bytes again changes nothing.

    Raises what `papers.take` and `bring_paper` do.
    """
    promise = commitments.find(sitting.session, commitment_id)
    paper_id = papers.take(
        sitting,
        storage,
        account=account,
        file_name=file_name,
        content=content,
        material_code=promise.material_code,
    )
    bring_paper(sitting, account=account, commitment_id=commitment_id, paper_id=paper_id)


def bring_paper(sitting: Sitting, *, account: AccountRow, commitment_id: UUID, paper_id: UUID) -> None:
    """Bring a paper that was uploaded before; its unit is to look at it. The same bytes again change nothing.

    Raises `NotFound` for somebody else's promise or paper, `Invalid` for a paper of another material, `Conflict`
    while the last one is being looked at, once it was found good, or when the application has ended.
    """
    case, promise = _hold(sitting, commitment_id)
    if case.applicant_id != account.id:
        raise NotFound("没有这项承诺，或不在您的办理范围内")
    paper = attachments.free(sitting.session, [paper_id], account_id=account.id).get(paper_id)
    if paper is None:
        raise NotFound("没有这份材料，或它已随申报提交")
    if paper.material_code != promise.material_code:
        name = sitting.city.materials[promise.material_code].name
        raise Invalid([Problem("file", f"这份材料不是“{name}”，请上传承诺补交的材料")])
    if _is_the_same(sitting, promise, paper):
        attachments.discard(sitting.session, paper_id, account_id=account.id)
        return
    _refuse_ended(case)
    if promise.state == "brought":
        raise Conflict("这份材料已经补交，正在核查；核查后需要更换的，会通知您")
    if promise.state == "fulfilled":
        raise Conflict("这份材料已经补交并核查通过，不用再交")
    attachments.adopt(sitting.session, [paper_id], case.id)
    commitments.save(
        sitting.session, promise, state="brought", attachment_id=paper_id, brought_at=sitting.now, opinion=""
    )
    who = Actor(account.id, account.display_name)
    _stop_clock(sitting, promise, why="brought", by=who)
    _write(sitting, case, promise, "promised_paper_brought", who, sha256=paper.sha256)
    name = sitting.city.materials[promise.material_code].name
    notices.tell(
        sitting,
        notices.desk(sitting, promise.unit_code),
        kind="commitment_brought",
        key=f"{promise.id}:{promise.version}",
        title=f"承诺后补的材料已补交：{name}",
        body=f"{case.number} {case.project_name} 补交了“{name}”，请核查是否与承诺相符。",
        application_id=case.id,
        href="/desk/commitments",
    )
    log.info("promised_paper_brought", application=case.number, material=promise.material_code)


def check(
    sitting: Sitting, *, commitment_id: UUID, actor: Actor, is_kept: bool, opinion: str, version: int | None = None
) -> None:
    """Say whether a promise was kept, sealed by the unit; one that was not goes to the lead window.

    May be repeated with the same answer. Raises `NotAllowed` for another unit, `Invalid` without a reason for a
    failure, `Conflict` if the paper has not come (and its time is not over), or somebody was faster.
    """
    opinion = opinion.strip()
    if not is_kept and not opinion:
        raise Invalid([Problem("opinion", "认定没有履行承诺的，须写明理由和补救办法")])
    if len(opinion) > OPINION_LENGTH_MAX:
        raise Invalid([Problem("opinion", f"意见不能超过 {OPINION_LENGTH_MAX} 字")])
    if not is_keepable(opinion):
        raise Invalid([Problem("opinion", UNKEEPABLE)])
    if commitments.find(sitting.session, commitment_id).unit_code != actor.unit_code:
        raise NotAllowed("这项承诺由其他单位核查")
    case, promise = _hold(sitting, commitment_id)
    state = "fulfilled" if is_kept else "failed"
    if promise.state in ("fulfilled", "failed"):
        if (promise.state, promise.checked_by) == (state, actor.id):
            return
        raise Conflict("这项承诺已经核查，不能再改；请刷新后查看")
    _refuse_ended(case)
    if promise.state == "promised" and (is_kept or promise.due_on >= sitting.today):
        raise Conflict("承诺补交的材料还没有补交，期限未满，暂时不能作出核查结论")
    if version is not None and promise.version != version:
        raise Conflict("这项承诺刚刚有变化，请核对后再提交；您填写的意见仍在页面上")
    commitments.save(
        sitting.session, promise, state=state, checked_by=actor.id, checked_at=sitting.now, opinion=opinion
    )
    _stop_clock(sitting, promise, why=state, by=actor)
    _write(sitting, case, promise, f"commitment_{state}", actor, unit_code=promise.unit_code, opinion=opinion)
    name = sitting.city.materials[promise.material_code].name
    if not is_kept:
        _put_before_lead(sitting, case, promise, kind="commitment_failed", why=f"核查没有履行：{opinion}")
    notices.tell(
        sitting,
        notices.applicant(sitting, case.id),
        kind=f"commitment_{state}",
        key=f"{promise.id}:{promise.version}",
        title=f"承诺后补的材料核查{'通过' if is_kept else '未通过'}：{name}",
        body=f"{case.number} 承诺后补的“{name}”"
        + ("已经核查，与承诺相符。" if is_kept else f"核查未通过：{opinion}请按意见重新补交，或联系牵头窗口。"),
        application_id=case.id,
        href=f"/apply/cases/{case.id}/commitments",
    )
    log.info("commitment_checked", application=case.number, material=promise.material_code, state=state)


def due(sitting: Sitting) -> list[UUID]:
    """Applications with a promised paper that has not come in time and that the lead window has not heard of."""
    late = commitments.late(sitting.session, today=sitting.today, most=LATE_AT_ONCE)
    return list(dict.fromkeys(each.application_id for each in late))


def note_late(sitting: Sitting, application_id: UUID) -> int:
    """Put an application's late promises before the lead window, each once; gives how many were new."""
    case = cases.lock_one(sitting.session, application_id)
    late = [
        each
        for each in commitments.of_application(sitting.session, application_id)
        if each.state == "promised" and each.due_on < sitting.today and each.late_noted_on is None
    ]
    if case.status in ENDED:
        return 0
    for promise in late:
        commitments.note_late(sitting.session, promise.id, on=sitting.today)
        _write(sitting, case, promise, "commitment_late", SYSTEM)
        _put_before_lead(sitting, case, promise, kind="commitment_late", why="没有在期限内补交")
        name = sitting.city.materials[promise.material_code].name
        notices.tell(
            sitting,
            notices.applicant(sitting, case.id),
            kind="commitment_late",
            key=str(promise.id),
            title=f"承诺后补的材料已逾期：{name}",
            body=f"{case.number} 承诺于 {promise.due_on} 前补交的“{name}”还没有补交，请尽快补交。",
            application_id=case.id,
            href=f"/apply/cases/{case.id}/commitments",
        )
    return len(late)


def _hold(sitting: Sitting, commitment_id: UUID) -> tuple[Case, CommitmentRow]:
    """Lock the promise's application, then read the promise."""
    case = cases.lock_one(sitting.session, commitments.find(sitting.session, commitment_id).application_id)
    return case, commitments.find(sitting.session, commitment_id)


def _refuse_ended(case: Case) -> None:
    if case.status in ENDED:
        raise Conflict("办件已经终止，承诺后补的材料不用再交，也不再核查")


def _is_the_same(sitting: Sitting, promise: CommitmentRow, paper: AttachmentRow) -> bool:
    if promise.attachment_id is None or promise.state == "failed":
        return False
    return attachments.load(sitting.session, promise.attachment_id).sha256 == paper.sha256


def _stop_clock(sitting: Sitting, promise: CommitmentRow, *, why: str, by: Actor) -> None:
    clock = clocks.find(sitting.session, promise.application_id, Mechanism.COMMITMENT, promise.id)
    clocks.stop(sitting.session, sitting.city, clock, now=sitting.now, why=why, by=by)


def _put_before_lead(sitting: Sitting, case: Case, promise: CommitmentRow, *, kind: str, why: str) -> None:
    name = sitting.city.materials[promise.material_code].name
    attention.open_case(
        sitting.session,
        sitting.tenant,
        kind=kind,
        key=f"{promise.id}:{promise.version}",
        reason=f"{case.number} 承诺于 {promise.due_on} 前补交的“{name}”{why}",
        application_id=case.id,
        data={"material": promise.material_code, "unit": promise.unit_code},
    )
    notices.tell(
        sitting,
        notices.desk(sitting, sitting.city.lead_unit),
        kind=kind,
        key=f"{promise.id}:{promise.version}",
        title=f"告知承诺没有履行：{case.number}",
        body=f"{case.number} {case.project_name} 承诺后补的“{name}”{why}，请牵头窗口处理。",
        application_id=case.id,
        href="/desk/commitments",
    )


def _write(
    sitting: Sitting, case: Case, promise: CommitmentRow, verb: str, who: Actor, *, unit_code: str | None = None,
    **data: str,
) -> None:  # fmt: skip
    said = {
        "material": promise.material_code,
        "title": sitting.city.materials[promise.material_code].name,
        "due_on": promise.due_on.isoformat(),
        **data,
    }
    act = Act(verb, sitting.now, who, unit_code, said)
    trail.append(sitting.session, sitting.tenant, {case.id: [act]}, signer=sitting.signer)
