"""A unit's verdict and what follows from it: sealed act, clock, next matters, the bill, or an objection that stands.

Called by use cases inside their own transaction; the caller holds the application's row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from services import progress
from services.authority import DECIDED, IN_HAND, Held, Place, chiefs_place, place_at
from services.sitting import Sitting
from shared.db import cases, clocks, offices, trail, waits
from shared.db.cases import UNDECIDED, Case, TaskRow
from shared.db.trail import Act, Actor
from shared.domain import seen
from shared.domain.characters import written
from shared.domain.clocks import Mechanism, PauseKind
from shared.domain.errors import Conflict, Invalid, Problem, VerdictAlreadyGiven
from shared.domain.matters import Matter
from shared.logs import logger

log = logger(__name__)

#: Longest opinion or way to approval, characters; the forms say so too.
OPINION_LENGTH_MAX: Final = 2000
NAME_LENGTH_MAX: Final = 200
STALE: Final = "这项任务刚刚有变化，请核对后再提交；您填写的意见仍在页面上"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a unit says: `kind` is approved, objected or forwarded (同意但需转报).

    `way` is an objection's way to approval; authority, reference and first follow-up date belong to a report upwards.
    """

    kind: str
    opinion: str
    way: str = ""
    authority: str = ""
    reference: str = ""
    follow_up_on: date | None = None

    def to_json(self) -> dict[str, Any]:
        """What stands in a task's proposal beside the opinion."""
        return {
            "way": self.way,
            "authority": self.authority,
            "reference": self.reference,
            "follow_up_on": self.follow_up_on.isoformat() if self.follow_up_on else None,
        }

    @classmethod
    def proposed(cls, task: TaskRow) -> Verdict:
        """The verdict that a task's first reviewer proposed."""
        more = task.proposal
        follow_up_on = more.get("follow_up_on")
        return cls(
            kind=str(task.first_verdict),
            opinion=task.first_opinion,
            way=str(more.get("way", "")),
            authority=str(more.get("authority", "")),
            reference=str(more.get("reference", "")),
            follow_up_on=date.fromisoformat(follow_up_on) if follow_up_on else None,
        )


def read_objection(opinion: str, way: str | None) -> tuple[str, str]:
    """Reason and way to approval of an objection, both needed; `way` is None from programs that do not know it yet."""
    problems: list[Problem] = []
    kept = ["", ""]
    fields = (
        ("opinion", opinion, "不同意时须写明理由和补救办法"),
        ("way", way, "不同意时须写明怎样才能办（补救办法）"),
    )
    for place, (field, text, needed) in enumerate(fields):
        if text is None:
            continue
        try:
            kept[place] = written(field, text, missing=needed, most=OPINION_LENGTH_MAX)
        except Invalid as invalid:
            problems += invalid.problems
    if problems:
        raise Invalid(problems)
    return kept[0], kept[1]


# Said by an officer.


def say(sitting: Sitting, held: Held, verdict: Verdict, *, actor: Actor, version: int | None) -> None:
    """Give the unit's verdict on a task and those decided with it, or propose it where a second person must check.

    May be repeated with the same verdict. Raises `VerdictAlreadyGiven` or `Conflict`.
    """
    task = held.task
    if _is_said(task, verdict, actor):
        return
    if task.status in DECIDED:
        raise VerdictAlreadyGiven("这项任务已有结论，不能再改；请刷新后查看")
    if task.status == "waiting":
        raise Conflict("这项任务还在等前置事项，暂时不能作出结论")
    if task.status == "checking":
        raise Conflict("这项任务已提交复核，等第二个人确认或退回")
    if task.status == "forwarded":
        raise Conflict("这项任务已转报上级，等答复后作出结论")
    if version is not None and task.version != version:
        raise Conflict(STALE)
    tasks = held.those(*IN_HAND)
    place = place_at(sitting, task, actor)
    for each in tasks:
        place_at(sitting, each, actor)
    if needs_second_person(sitting, tasks, actor):
        _propose(sitting, held.case, tasks, verdict, actor=actor, place=place)
    else:
        give(
            sitting,
            held.case,
            tasks,
            verdict,
            by=actor,
            changes={"officer_id": actor.id, "on_behalf_of": place.absent_id},
            more={"for": place.absent_name},
        )


def needs_second_person(sitting: Sitting, tasks: Sequence[TaskRow], actor: Actor) -> bool:
    """Whether what somebody says on tasks is only proposed: 一审一核, or beyond what is delegated to the window.

    What is not delegated is the chief representative's to decide: he needs nobody else, unless it is 一审一核.
    """
    if any(task.mode == "two_person" for task in tasks):
        return True
    if all(is_delegated(sitting, task) for task in tasks):
        return False
    return chiefs_place(sitting, actor, tasks[0].unit_code) is None


def is_delegated(sitting: Sitting, task: TaskRow) -> bool:
    """Whether the window decides a task's matter by itself."""
    matter = sitting.city.matters_by_code.get(task.matter_code)
    return matter is None or matter.delegated


def seen_now(sitting: Sitting, case: Case, tasks: Sequence[TaskRow]) -> dict[str, dict[str, Any]]:
    """The facts and papers that lie before whoever reviews these tasks."""
    known = sitting.city.matters_by_code
    matters: list[Matter] = [known[task.matter_code] for task in tasks if task.matter_code in known]
    return seen.seen_by(matters, case.facts, cases.papers_of(sitting.session, case.id))


def _is_said(task: TaskRow, verdict: Verdict, actor: Actor) -> bool:
    said = task.first_verdict if task.status == "checking" else task.status
    return said == verdict.kind and task.officer_id == actor.id and not task.is_by_default


def _propose(
    sitting: Sitting, case: Case, tasks: Sequence[TaskRow], verdict: Verdict, *, actor: Actor, place: Place
) -> None:
    _must_be_checkable(sitting, tasks, [each for each in (actor.id, place.absent_id) if each])
    before_me = seen_now(sitting, case, tasks)
    acts = []
    for task in tasks:
        cases.save_task(
            sitting.session,
            task,
            status="checking",
            officer_id=actor.id,
            on_behalf_of=place.absent_id,
            taken_at=sitting.now,
            first_verdict=verdict.kind,
            first_opinion=verdict.opinion,
            first_decided_at=sitting.now,
            proposal={**verdict.to_json(), "seen": before_me},
        )
        data = {
            "matter": task.matter_code,
            "verdict": verdict.kind,
            "opinion": verdict.opinion,
            "seen": seen.digest(before_me),
            **_spoken(verdict, {"for": place.absent_name}),
        }
        acts.append(Act("review_proposed", sitting.now, actor, task.unit_code, data))
        log.info("review_proposed", application=case.number, matter=task.matter_code, verdict=verdict.kind)
    trail.append(sitting.session, sitting.tenant, {case.id: acts}, signer=sitting.signer)
    progress.note_consent(sitting, case)


def _must_be_checkable(sitting: Sitting, tasks: Sequence[TaskRow], first: Sequence[UUID]) -> None:
    """Refuse a first review by the only ones who could check it: it would lie there for good."""
    by_chief = not all(is_delegated(sitting, task) for task in tasks)
    if not offices.has_second_person(
        sitting.session, tasks[0].unit_code, besides=first, on=sitting.today, by_chief=by_chief
    ):
        raise Conflict(
            "本单位除您以外没有可以复核的人：请由其他人初审、您来复核，或请系统管理员登记首席代表、负责人或复核人员"
        )


# Given.


def give(
    sitting: Sitting,
    case: Case,
    tasks: Sequence[TaskRow],
    verdict: Verdict,
    *,
    by: Actor,
    changes: Mapping[str, Any],
    more: Mapping[str, Any] | None = None,
) -> None:
    """Record a verdict on tasks, each with its own act sealed by its unit, and let what follows follow.

    `changes` are further columns (who), `more` what the act says besides; empty values are left out.
    """
    for task in tasks:
        data = {**_spoken(verdict, more or {}), **({"round": task.round} if task.round > 1 else {})}
        if verdict.kind == "forwarded":
            _report(sitting, case, task, verdict, by=by, data=data, changes=changes)
        else:
            progress.conclude(
                sitting,
                case,
                task,
                verdict=verdict.kind,
                opinion=verdict.opinion,
                by=by,
                data=data,
                way=verdict.way,
                **changes,
            )
        if verdict.kind == "objected":
            progress.note_objection(sitting, case, task)
    if verdict.kind != "objected":
        progress.note_consent(sitting, case)
    if verdict.kind == "approved":
        progress.go_on(sitting, case)


def begin_again(sitting: Sitting, case: Case, tasks: Sequence[TaskRow], *, actor: Actor, reason: str) -> None:
    """Put decided tasks into somebody's hands for a new round; their clocks go on where they stopped."""
    acts = []
    for task in tasks:
        cases.save_task(
            sitting.session,
            task,
            **{
                **UNDECIDED,
                "status": "taken",
                "officer_id": actor.id,
                "taken_at": sitting.now,
                "round": task.round + 1,
            },
        )
        data = {"matter": task.matter_code, "round": task.round + 1}
        acts.append(Act("objection_reconsidered", sitting.now, actor, task.unit_code, data))
        clock = clocks.find(sitting.session, case.id, Mechanism.MATTER, task.id)
        clocks.reopen(sitting.session, sitting.city, clock, reason=reason, by=actor, now=sitting.now)
    trail.append(sitting.session, sitting.tenant, {case.id: acts}, signer=sitting.signer)


def _spoken(verdict: Verdict, more: Mapping[str, Any]) -> dict[str, Any]:
    """What an act says beside matter and opinion, without what is empty."""
    report: dict[str, Any] = {}
    if verdict.kind == "forwarded" and verdict.follow_up_on:
        report = {
            "authority": verdict.authority,
            "reference": verdict.reference,
            "follow_up_on": verdict.follow_up_on.isoformat(),
        }
    return {name: value for name, value in {"way": verdict.way, **report, **more}.items() if value}


def _report(
    sitting: Sitting,
    case: Case,
    task: TaskRow,
    verdict: Verdict,
    *,
    by: Actor,
    data: Mapping[str, Any],
    changes: Mapping[str, Any],
) -> None:
    """Write that a unit agrees and a matter lies with a higher organ; its clock stands still meanwhile."""
    # Whoever reports has it in hand from now on, whether it was taken before or not.
    in_hand = {"taken_at": sitting.now} if task.status == "open" else {}
    cases.save_task(sitting.session, task, status=verdict.kind, opinion=verdict.opinion, **in_hand, **changes)
    said = {"matter": task.matter_code, "opinion": verdict.opinion, **data}
    act = Act("matter_forwarded", sitting.now, by, task.unit_code, said)
    trail.append(sitting.session, sitting.tenant, {case.id: [act]}, signer=sitting.signer)
    waits.put(
        sitting.session,
        sitting.tenant,
        application_id=case.id,
        task_id=task.id,
        authority=verdict.authority,
        reference_number=verdict.reference,
        sent_at=sitting.now,
        sent_by=by.id,
        follow_up_on=verdict.follow_up_on,
    )
    clock = clocks.find(sitting.session, case.id, Mechanism.MATTER, task.id)
    reason = f"转报{verdict.authority}"
    clocks.pause(sitting.session, sitting.city, clock, kind=PauseKind.FORWARDED, reason=reason, by=by, now=sitting.now)
    log.info("matter_forwarded", application=case.number, matter=task.matter_code, unit=task.unit_code)
