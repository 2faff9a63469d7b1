"""补正, the applicant's side: answers are kept as they come and handed in once, and only what they touch opens again.

A corrected fact may make a paper necessary that nobody had to ask for: it is kept beside that fact's answer (`papers`
in what was typed), and nothing is handed in without it. Handing in changes papers and facts, lets the clocks run on,
gives tasks back to their officers, opens decided matters that looked at what has changed, and has exactly those fee
lines computed anew that come out differently.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from services import corrections as requests
from services import notices
from services.authority import UNDER_REVIEW
from services.sitting import Sitting
from shared.db import attachments, attention, cases, clocks, corrections, fan_in, outbox, trail
from shared.db.accounts import AccountRow
from shared.db.cases import UNDECIDED, Case, TaskRow
from shared.db.corrections import ItemRow, NoticeRow
from shared.db.outbox import Wanted
from shared.db.trail import Act, Actor
from shared.domain import checklist
from shared.domain.characters import unkeepable_parts
from shared.domain.clocks import Mechanism, PauseKind
from shared.domain.corrections import (
    ANSWER_LENGTH_MAX,
    Change,
    CorrectionKind,
    Target,
    changed_facts,
    changed_lines,
    is_touched,
    merged,
)
from shared.domain.errors import Conflict, Invalid, NotFound, Problem
from shared.domain.facts import FACT_NAMES, Facts, identity_problems
from shared.domain.matters import Material
from shared.logs import logger
from shared.tasks import Task, department_queue

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an applicant says to one target: a raw fact `value`, a `paper_id`, or words; `typed` is how it was put.

    The target of a paper may also be one that a fact of the notice can make necessary; no paper takes it out again.
    """

    kind: str
    target: str
    value: Any = None
    text: str = ""
    paper_id: UUID | None = None
    typed: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of handing in; `repeated` when it had been handed in before."""

    number: str
    reopened: tuple[str, ...] = ()
    recomputed: tuple[str, ...] = ()
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class _Reply:
    """The answers of a notice, read and found good."""

    papers: Mapping[str, UUID]
    facts: Facts
    before: Facts
    changes: tuple[Change, ...]

    @property
    def changed_facts(self) -> tuple[str, ...]:
        return changed_facts(self.before, self.facts)


def save(sitting: Sitting, *, account: AccountRow, application_id: UUID, answers: Sequence[Answer]) -> None:
    """Keep answers as they are, right or not; those not mentioned stay. May be repeated.

    Raises `NotFound` for somebody else's case, `Conflict` once the notice is answered, `Invalid` for a paper that is
    not the account's or not of this material, and for words that are too long or cannot be kept.
    """
    case, notice = _hold(sitting, account, application_id)
    if notice.state == "answered":
        raise Conflict(f"补正告知书 {notice.number} 已经答复并提交，不能再改")
    items = {(group[0].kind, group[0].target): group for group in _groups(sitting, case, notice)}
    kept = {key: dict(group[0].typed) for key, group in items.items()}
    files = {key: group[0].attachment_id for key, group in items.items()}
    touched: list[Target] = []
    problems: list[Problem] = []
    for each in answers:
        key = (each.kind, each.target)
        proved = _proved_by(sitting, each, items)
        name = f"{each.kind}-{each.target}"
        if key not in items and proved is None:
            problems.append(Problem(name, "补正告知书没有要求这一项，请刷新后再填"))
            continue
        problems += [Problem(name, part.problem) for part in unkeepable_parts([each.value, each.text, each.typed])]
        if len(each.text) > ANSWER_LENGTH_MAX:
            problems.append(Problem(name, f"不能超过 {ANSWER_LENGTH_MAX} 个字"))
        if each.paper_id is not None:
            problems += _paper_problems(sitting, account, each, name)
        touched.append(proved or key)
        if proved is None:
            kept[key] |= {"value": each.value, "text": each.text, "typed": dict(each.typed)}
            files[key] = each.paper_id
        else:
            others = {code: known for code, known in kept[proved].get("papers", {}).items() if code != each.target}
            kept[proved]["papers"] = others | ({each.target: str(each.paper_id)} if each.paper_id else {})
    if problems:
        raise Invalid(problems)
    for key in dict.fromkeys(touched):
        ids = [item.id for item in items[key]]
        corrections.save_items(sitting.session, ids, typed=kept[key], attachment_id=files[key])


def papers_needed(
    sitting: Sitting, *, facts: Mapping[str, Any], corrected: Mapping[str, Any], given: Collection[str]
) -> tuple[Material, ...]:
    """The papers that corrected facts make necessary, without the materials `given`; none while a value is wrong."""
    tariff = sitting.city.tariff
    before = Facts.from_json(facts, uses=tariff.use_codes, reductions=tariff.reduction_codes)
    try:
        after = Facts.from_json({**facts, **corrected}, uses=tariff.use_codes, reductions=tariff.reduction_codes)
    except Invalid:
        return ()
    needed = checklist.made_necessary(sitting.city.pack.materials, before, after)
    return tuple(material for material in needed if material.code not in given)


def submit(sitting: Sitting, *, account: AccountRow, application_id: UUID) -> Answered:
    """Hand all answers in, once: the second time changes nothing and says so.

    Raises `NotFound` for somebody else's case, `Conflict` if the notice or the case is over, `Invalid` with every
    answer that is missing or wrong, `CalendarNotLoaded` if a clock cannot go on; what was kept stays kept.
    """
    case, notice = _hold(sitting, account, application_id)
    if notice.state == "answered":
        return Answered(str(notice.number), repeated=True)
    groups = _groups(sitting, case, notice)
    reply = _read(sitting, account, case, groups)
    actor = Actor(account.id, account.display_name)
    changes = [*reply.changes, *_take_papers(sitting, case, reply)]
    _keep(sitting, groups, reply)
    corrections.save_notice(sitting.session, notice, state="answered", answered_at=sitting.now)
    recomputed = _correct_facts(sitting, case, notice, reply)
    asking = requests.tasks_behind(sitting, case, [item for group in groups for item in group])
    for task in asking:
        clock = clocks.find(sitting.session, case.id, Mechanism.MATTER, task.id)
        clocks.resume(sitting.session, sitting.city, clock, kind=PauseKind.CORRECTION, by=actor, now=sitting.now)
    reopened = _give_back(
        sitting, case, notice, reply=reply, groups=groups, asking={task.id for task in asking}, actor=actor
    )
    if case.status == "objected" and not _is_objected(sitting, case):
        cases.reopen(sitting.session, case.id)
    elif reopened or recomputed:
        cases.count_reopening(sitting.session, case.id)
    acts = [
        Act(
            "correction_answered",
            sitting.now,
            actor,
            data={
                "notice": notice.number,
                "changes": [
                    {name: getattr(change, name) for name in ("kind", "target", "before", "after")}
                    for change in changes
                ],
            },
        ),
        *(
            Act(
                "matter_reopened",
                sitting.now,
                actor,
                data={"matter": task.matter_code, "notice": notice.number, "round": task.round + 1},
            )
            for task in reopened
        ),
        *(
            Act(
                "line_reopened",
                sitting.now,
                actor,
                data={"item": line.item_code, "was_fen": line.payable_fen, "notice": notice.number},
            )
            for line in recomputed
        ),
    ]
    trail.append(sitting.session, sitting.tenant, {case.id: acts}, signer=sitting.signer)
    attention.settle(sitting.session, "correction_unanswered", str(notice.id), by=account.id, resolution="申请人已答复")
    for task in {task.id: task for task in (*asking, *reopened)}.values():
        notices.tell(
            sitting,
            notices.person(sitting, task.officer_id) or notices.desk(sitting, task.unit_code),
            kind="correction_answered",
            key=f"correction-answered:{notice.id}:{task.id}",
            title=f"{case.number} 已补正：{task.matter_name}",
            body=f"“{case.project_name}”的申请人已答复补正告知书 {notice.number}，请继续审核；变化在办件页上标出。",
            application_id=case.id,
            href=f"/desk/tasks/{task.id}",
        )
    # An objection may have been all that held the bill up.
    fan_in.ask_for_bills(sitting.session, sitting.tenant, [case.id])
    log.info("correction_answered", application=case.number, notice=notice.number, reopened=len(reopened))
    return Answered(
        str(notice.number),
        tuple(task.matter_code for task in reopened),
        tuple(line.item_code for line in recomputed),
    )


# Read.


def _hold(sitting: Sitting, account: AccountRow, application_id: UUID) -> tuple[Case, NoticeRow]:
    case = cases.lock_one(sitting.session, application_id)
    if case.applicant_id != account.id:
        raise NotFound("办件不存在，或不在您的办理范围内")
    sent = [each for each in corrections.notices_of(sitting.session, case.id) if each.state in ("sent", "answered")]
    if not sent:
        raise NotFound("没有等您答复的补正告知书")
    if sent[-1].state == "sent" and case.status not in UNDER_REVIEW:
        raise Conflict("办件已不在审核阶段，无须再补正")
    return case, sent[-1]


def _groups(sitting: Sitting, case: Case, notice: NoticeRow) -> tuple[tuple[ItemRow, ...], ...]:
    """What is still asked for, by target."""
    return merged(requests.live_items(sitting, case, notice))


def _proved_by(sitting: Sitting, answer: Answer, asked: Collection[Target]) -> Target | None:
    """The fact of the notice that a paper proves which nobody asked for; None for everything else."""
    material = sitting.city.materials.get(answer.target)
    if answer.kind != CorrectionKind.PAPER or material is None or (answer.kind, answer.target) in asked:
        return None
    fact = (str(CorrectionKind.FACT), material.required)
    return fact if fact in asked else None


def _paper_problems(sitting: Sitting, account: AccountRow, answer: Answer, name: str) -> list[Problem]:
    if answer.kind != CorrectionKind.PAPER or answer.paper_id is None:
        return [Problem(name, "这一项不收材料")]
    paper = attachments.free(sitting.session, [answer.paper_id], account_id=account.id).get(answer.paper_id)
    if paper is None:
        return [Problem(name, "没有这份材料，或它已随另一申报提交")]
    if paper.material_code != answer.target:
        return [Problem(name, "这份材料上传时选的是另一种材料，请重新上传")]
    return []


def _read(sitting: Sitting, account: AccountRow, case: Case, groups: Sequence[Sequence[ItemRow]]) -> _Reply:
    """Judge all answers together, so that every problem is named at once."""
    problems: list[Problem] = []
    papers: dict[str, UUID] = {}
    values: dict[str, Any] = {}
    changes: list[Change] = []
    uses, reductions = sitting.city.tariff.use_codes, sitting.city.tariff.reduction_codes
    before = Facts.from_json(case.facts, uses=uses, reductions=reductions)
    known = before.to_json()
    for item, *_same in groups:
        name, text, value = f"{item.kind}-{item.target}", _words(item), item.typed.get("value")
        match item.kind:
            case CorrectionKind.PAPER:
                if item.attachment_id is not None:
                    papers[item.target] = item.attachment_id
                elif not text:
                    problems.append(Problem(name, "请上传补正后的材料；不能补交的，请写明理由"))
            case CorrectionKind.FACT if value is not None and value != known[item.target]:
                values[item.target] = value
            case CorrectionKind.FACT if not text:
                problems.append(
                    Problem(
                        name,
                        "请填写更正后的内容；不更正的，请写明理由"
                        if value is None
                        else "与申报的内容相同；不更正的，请写明理由",
                    )
                )
            case CorrectionKind.STATEMENT if not text:
                problems.append(Problem(name, "请填写书面说明"))
        if text:
            changes.append(Change(item.kind, item.target, "", text))
    facts = _corrected(sitting, case, values, problems)
    told = {change.target for change in changes}
    if facts is not None:
        same = [name for name in values if name not in changed_facts(before, facts) and name not in told]
        problems += [
            Problem(f"{CorrectionKind.FACT}-{name}", "与申报的内容相同；不更正的，请写明理由") for name in same
        ]
    found = attachments.free(sitting.session, list(papers.values()), account_id=account.id)
    problems += [
        Problem(f"{CorrectionKind.PAPER}-{code}", "没有这份材料，或它已随另一申报提交")
        for code, paper_id in papers.items()
        if paper_id not in found
    ]
    if facts is not None:
        papers |= _proofs(sitting, account, case, groups=groups, values=values, papers=papers, problems=problems)
    if problems or facts is None:
        raise Invalid(problems)
    after = facts.to_json()
    changes += [
        Change(CorrectionKind.FACT, name, requests.as_text(known[name]), requests.as_text(after[name]))
        for name in changed_facts(before, facts)
    ]
    return _Reply(papers, facts, before, tuple(changes))


def _proofs(
    sitting: Sitting,
    account: AccountRow,
    case: Case,
    *,
    groups: Sequence[Sequence[ItemRow]],
    values: Mapping[str, Any],
    papers: Mapping[str, UUID],
    problems: list[Problem],
) -> dict[str, UUID]:
    """The papers that the corrected facts make necessary, by material; what did not come is a problem.

    Words cannot stand in their place, as they cannot at the door.
    """
    had = [paper.material_code for paper in attachments.of_application(sitting.session, case.id)]
    needed = papers_needed(sitting, facts=case.facts, corrected=values, given=[*had, *papers])
    kept = {code: UUID(paper) for item, *_same in groups for code, paper in item.typed.get("papers", {}).items()}
    found = attachments.free(sitting.session, list(kept.values()), account_id=account.id)
    proofs = {each.code: kept[each.code] for each in needed if kept.get(each.code) in found}
    problems += [
        Problem(
            f"{CorrectionKind.PAPER}-{each.code}",
            f"更正“{FACT_NAMES[each.required]}”后必须提交“{each.name}”，请上传",
        )
        for each in needed
        if each.code not in proofs
    ]
    return proofs


def _corrected(sitting: Sitting, case: Case, values: Mapping[str, Any], problems: list[Problem]) -> Facts | None:
    """The facts with the corrected values, judged as an application's are."""
    tariff = sitting.city.tariff
    if values and (bill := requests.bill_out(sitting, case)):
        problems += [
            Problem(
                f"{CorrectionKind.FACT}-{name}",
                f"缴费通知书 {bill} 已发出，申报事实不能再更正；请清空这一项，改为写明理由",
            )
            for name in values
        ]
        return None
    try:
        facts = Facts.from_json({**case.facts, **values}, uses=tariff.use_codes, reductions=tariff.reduction_codes)
    except Invalid as invalid:
        problems += [Problem(f"facts.{each.field}", each.problem) for each in invalid.problems]
        return None
    problems += [Problem(f"facts.{each.field}", each.problem) for each in identity_problems(facts)]
    missing: dict[str, list[str]] = {}
    for line in tariff.assess(facts):
        for name in line.missing:
            missing.setdefault(name, []).append(line.name)
    problems += [Problem(f"facts.{name}", f"必填：计算{'、'.join(items)}需要这一项") for name, items in missing.items()]
    return facts


def _words(item: ItemRow) -> str:
    return str(item.typed.get("text", "")).strip()


# Written.


def _take_papers(sitting: Sitting, case: Case, reply: _Reply) -> list[Change]:
    """Give the new papers to the application, each in the place of those of its material, which are kept."""
    if not reply.papers:
        return []
    attachments.adopt(sitting.session, list(reply.papers.values()), case.id)
    changes = []
    for code, paper_id in reply.papers.items():
        replaced = attachments.replace(sitting.session, case.id, code, by=paper_id)
        paper = attachments.load(sitting.session, paper_id)
        changes.append(
            Change(CorrectionKind.PAPER, code, "、".join(each.file_name for each in replaced), paper.file_name)
        )
    return changes


def _keep(sitting: Sitting, groups: Sequence[Sequence[ItemRow]], reply: _Reply) -> None:
    """Write what the answers came to beside the requests."""
    after, known = reply.facts.to_json(), reply.before.to_json()
    for group in groups:
        item, text = group[0], _words(group[0])
        is_changed = item.kind == CorrectionKind.FACT and item.target in reply.changed_facts
        values: dict[str, Any] = {"state": "answered", "answered_at": sitting.now}
        if item.kind == CorrectionKind.STATEMENT:
            values |= {"new_value": text}
        else:
            values |= {"explanation": text}
        if item.kind == CorrectionKind.FACT:
            values |= {"old_value": requests.as_text(known[item.target])}
        if is_changed:
            proofs = [reply.papers[code] for code in item.typed.get("papers", {}) if code in reply.papers]
            values |= {
                "new_value": requests.as_text(after[item.target]),
                "attachment_id": next(iter(proofs), None),
            }
        corrections.save_items(sitting.session, [each.id for each in group], **values)


def _correct_facts(sitting: Sitting, case: Case, notice: NoticeRow, reply: _Reply) -> list[cases.LineRow]:
    """Change the facts, and have those lines computed anew that come out differently; gives the lines put back."""
    lines = cases.lines_of(sitting.session, [case.id]).get(case.id, [])
    recomputed: list[cases.LineRow] = []
    if reply.changed_facts:
        facts, developer, contractor = reply.facts, reply.facts.developer, reply.facts.contractor
        cases.save_facts(
            sitting.session,
            case,
            facts.to_json(),
            project_code=facts.project_code,
            project_name=facts.project_name,
            developer_name=developer.name if developer else "",
            developer_uscc=developer.uscc if developer else "",
            contractor_name=contractor.name if contractor else "",
            contractor_uscc=contractor.uscc if contractor else "",
        )
        codes = changed_lines(sitting.city.tariff, reply.before, reply.facts)
        # A pending line is in a worker's hands; the worker finds the new facts, or does its work again.
        recomputed = [line for line in lines if line.item_code in codes and line.state != "pending"]
        cases.put_back_lines(sitting.session, [line.id for line in recomputed])
    wanted = [*recomputed, *(line for line in lines if line.state == "pending")]
    # A new occasion: the wish of the first computation is spent.
    occasion = f"correction-{notice.seq}"
    outbox.put(
        sitting.session,
        sitting.tenant,
        [
            Wanted(Task.ASSESS_LINES, department_queue(line.unit_code), line.id, occasion, line.application_id)
            for line in wanted
        ],
    )
    return recomputed


def _give_back(
    sitting: Sitting,
    case: Case,
    notice: NoticeRow,
    *,
    reply: _Reply,
    groups: Sequence[Sequence[ItemRow]],
    asking: Collection[UUID],
    actor: Actor,
) -> list[TaskRow]:
    """Give the tasks that asked back to their officers, and open decided ones that the changes touch; gives these."""
    reopened = []
    tasks = cases.tasks_of(sitting.session, case.id)
    touching = {task.id for task in tasks if _is_touched(sitting, task, reply)}
    # What was proposed in one act goes back in one act.
    steps = {
        (task.step_code, task.unit_code)
        for task in tasks
        if task.step_code and task.status == "checking" and task.id in {*touching, *asking}
    }
    for task in tasks:
        touched = task.id in touching
        asked = {(item.kind, item.target) for group in groups for item in group if item.task_id == task.id}
        got = any(
            target in (reply.papers if kind == CorrectionKind.PAPER else reply.changed_facts)
            for kind, target in asked
            if kind != CorrectionKind.STATEMENT
        )
        if task.status in ("approved", "objected"):
            if touched or got or (asked and task.status == "objected"):
                cases.reopen_task(sitting.session, task)
                clock = clocks.find(sitting.session, case.id, Mechanism.MATTER, task.id)
                reason = f"补正告知书 {notice.number} 已答复，本事项所依据的内容有变化"
                clocks.reopen(sitting.session, sitting.city, clock, reason=reason, by=actor, now=sitting.now)
                reopened.append(task)
        elif task.status == "checking" and (touched or task.id in asking or (task.step_code, task.unit_code) in steps):
            # What the checker has before him was proposed without the answer.
            again = {**UNDECIDED, "on_behalf_of": task.on_behalf_of}
            cases.save_task(sitting.session, task, **again, status="taken")
        elif task.status != "cancelled" and (touched or task.id in asking):
            # Nothing but its version: a verdict on what was there before is refused.
            cases.save_task(sitting.session, task)
    if reopened:
        whole = clocks.joint(sitting.session, case.id)
        reason = f"补正告知书 {notice.number} 已答复，{len(reopened)} 个事项重新审核"
        clocks.reopen(sitting.session, sitting.city, whole, reason=reason, by=actor, now=sitting.now)
    return reopened


def _is_touched(sitting: Sitting, task: TaskRow, reply: _Reply) -> bool:
    matter = sitting.city.matters_by_code.get(task.matter_code)
    return matter is not None and is_touched(matter, materials=reply.papers, facts=reply.changed_facts)


def _is_objected(sitting: Sitting, case: Case) -> bool:
    return any(task.status == "objected" for task in cases.tasks_of(sitting.session, case.id))
