"""One door (一门受理): papers and drafts come in, and one transaction makes an application with all its work.

Submitting writes the application, its review tasks, its fee lines and the outbox rows together,
or nothing; the same idempotency key gives the same answer for ever.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

from services import papers, progress, reading
from services.reading import Reading
from services.sitting import Sitting
from shared.db import (
    attachments,
    cases,
    clocks,
    commitments,
    documents,
    drafts,
    intake_notices,
    numbers,
    outbox,
    trail,
)
from shared.db.accounts import AccountRow
from shared.db.outbox import Wanted
from shared.db.trail import GENESIS, Act, Actor
from shared.domain import prerequisites
from shared.domain.characters import unkeepable_parts
from shared.domain.clocks import Kind, Mechanism, dates
from shared.domain.errors import Invalid, NotAllowed, NotFound, Problem
from shared.domain.matters import Matter
from shared.logs import logger
from shared.storage import Storage
from shared.tasks import Task, department_queue

log = logger(__name__)

KEY_LENGTH_MAX = 200
ACCEPTED_CLAUSE: Final = "《行政许可法》第三十二条第一款第五项"
#: What an applicant declares with each paper that comes later; the form shows the same words.
DECLARATION: Final = "已知晓该材料的要求，承诺在期限内补交；逾期未补交或者与承诺不符的，愿承担相应法律责任。"
#: Parts of a submission that came later than its keys: left out of the digest while they say nothing, so that a key
#: used before them still means the same.
_LATER_KEYS: Final = ("situations", "commitments", "outside")


class KeyTaken(Invalid):
    """The idempotency key was used before with another body."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """What the applicant gets back; `repeated` when the key had been used for the same body before."""

    application_id: UUID
    number: str
    accepted_on: date
    due_on: date
    repeated: bool


def submit(
    sitting: Sitting, *, account: AccountRow, body: Mapping[str, Any], key: str, draft_id: UUID | None = None
) -> Submitted:
    """Accept an application: `body` has `facts` (without case and acceptance date), `area_code`, `site`, `attachments`,
    and perhaps `situations`, `commitments` (papers promised for later) and `outside`.

    May be repeated with the same key and body. Raises `Invalid` with every problem beside its field
    (`KeyTaken` for a used key with another body), `NotAllowed` for anyone but an applicant,
    `CalendarNotLoaded` if the deadline cannot be computed. What is refused leaves the key free.
    """
    if account.role != "applicant":
        raise NotAllowed("只有申请人可以提交申报")
    if not key or len(key) > KEY_LENGTH_MAX or not key.isprintable():
        raise Invalid([Problem("Idempotency-Key", f"必填，1 至 {KEY_LENGTH_MAX} 个可见字符；同一申报重试时用同一个值")])
    if unkeepable := tuple(unkeepable_parts(body)):
        raise Invalid(unkeepable)
    digest = _digest(body)
    application_id = uuid4()
    known = cases.remember_submission(
        sitting.session,
        tenant=sitting.tenant,
        account_id=account.id,
        key=key,
        body_digest=digest,
        application_id=application_id,
    )
    if known is not None:
        if known[1] != digest:
            raise KeyTaken([Problem("Idempotency-Key", "这个值已用于另一份申报内容；请核对，或换一个新值重新提交")])
        before = cases.lock_one(sitting.session, known[0])
        return Submitted(before.id, before.number, before.accepted_on, before.due_on, repeated=True)
    if draft_id is not None:
        drafts.hold(sitting.session, draft_id, account_id=account.id)
    request = reading.read(sitting, account=account, body=body, draft_id=draft_id)
    facts = request.facts
    if request.problems or facts is None:
        raise Invalid(request.problems)
    plan = _plan(sitting, application_id, request)
    number, notice_number = _number(sitting), _notice_number(sitting)
    developer, contractor = facts.developer, facts.contractor
    if developer is None:
        raise Invalid([Problem("facts.developer", "必填：建设单位")])
    lines = _lines(sitting, application_id)
    acts = _first_acts(sitting, account, request, plan, number=number, notice_number=notice_number)
    events, seq, head = trail.chain(sitting.tenant, application_id, acts, after=(0, GENESIS), signer=sitting.signer)
    cases.add(
        sitting.session,
        application={
            "id": application_id,
            "tenant_id": sitting.tenant,
            "number": number,
            "area_code": request.area_code,
            "applicant_id": account.id,
            "project_code": facts.project_code,
            "project_name": facts.project_name,
            "site": request.site,
            "developer_name": developer.name,
            "developer_uscc": developer.uscc,
            "contractor_name": contractor.name if contractor else "",
            "contractor_uscc": contractor.uscc if contractor else "",
            "facts": facts.to_json() | {"case": number},
            "bill_waits_for": sitting.city.pack.settings.bill_waits_for,
            "accepted_on": sitting.today,
            "accepted_at": sitting.now,
            "situations": list(request.situations),
            "due_on": plan.due_on,
            "near_on": plan.near_on,
            "audit_seq": seq,
            "audit_hash": head,
        },
        tasks=plan.tasks,
        lines=lines,
        events=events,
    )
    commitments.add(sitting.session, plan.commitments)
    clocks.add(sitting.session, plan.clocks)
    if any(task["status"] == "waiting" for task in plan.tasks):
        progress.call_meetings(sitting, application_id)
    if request.papers:
        attachments.adopt(sitting.session, [paper.id for paper in request.papers], application_id)
    if draft_id is not None:
        drafts.close(sitting.session, draft_id, account_id=account.id, application_id=application_id)
    outbox.put(
        sitting.session,
        sitting.tenant,
        [Wanted(Task.ASSESS_LINES, department_queue(line["unit_code"]), line["id"]) for line in lines],
    )
    notice_id = uuid4()
    intake_notices.add(
        sitting.session,
        sitting.tenant,
        {
            "id": notice_id,
            "account_id": account.id,
            "draft_id": draft_id,
            "application_id": application_id,
            "kind": "accepted",
            "number": notice_number,
            "addressee": developer.name,
            "project_name": facts.project_name,
            "clause": ACCEPTED_CLAUSE,
            "issued_at": sitting.now,
            "issued_on": sitting.today,
            "due_on": plan.due_on,
            "unit_code": sitting.city.lead_unit,
        },
    )
    documents.request(
        sitting.session,
        sitting.tenant,
        [
            documents.Wish("slip", application_id, application_id, f"收件回执 {number}"),
            documents.Wish("acceptance", notice_id, application_id, f"受理通知书 {notice_number}"),
        ],
        now=sitting.now,
    )
    log.info("application_accepted", application=number, papers=len(request.papers), promised=len(request.promised))
    return Submitted(application_id, number, sitting.today, plan.due_on, repeated=False)


def check(
    sitting: Sitting, *, account: AccountRow, body: Mapping[str, Any], draft_id: UUID | None = None
) -> tuple[Problem, ...]:
    """Every problem that `submit` would find, without writing anything."""
    if unkeepable := tuple(unkeepable_parts(body)):
        return unkeepable
    return reading.read(sitting, account=account, body=body, draft_id=draft_id).problems


def save_draft(sitting: Sitting, *, account: AccountRow, data: Mapping[str, Any], draft_id: UUID | None = None) -> UUID:
    """Keep what was typed, valid or not; gives the draft's id. Raises `NotFound` for somebody else's draft.

    Only characters that no database can hold are refused (`Invalid`).
    """
    if unkeepable := tuple(unkeepable_parts(data)):
        raise Invalid(unkeepable)
    return drafts.save(sitting.session, sitting.tenant, account_id=account.id, draft_id=draft_id, data=data)


def add_paper(
    sitting: Sitting,
    storage: Storage,
    *,
    account: AccountRow,
    file_name: str,
    content: bytes,
    material_code: str = "",
    draft_id: UUID | None = None,
) -> UUID:
    """Take a paper as `papers.take` does; raises `Invalid`."""
    return papers.take(
        sitting,
        storage,
        account=account,
        file_name=file_name,
        content=content,
        material_code=material_code,
        draft_id=draft_id,
    )


def discard_paper(sitting: Sitting, *, account: AccountRow, paper_id: UUID, draft_id: UUID | None = None) -> None:
    """Throw away a paper that belongs to no application yet; raises `NotFound`, also for somebody else's.

    With `draft_id` the draft, too, must be the account's and still open.
    """
    if draft_id is not None:
        _open_draft(sitting, account, draft_id)
    attachments.discard(sitting.session, paper_id, account_id=account.id)


def discard_draft(sitting: Sitting, *, account: AccountRow, draft_id: UUID) -> None:
    """Throw away an open draft with its papers; raises `NotFound`, also for somebody else's or a submitted one."""
    drafts.discard(sitting.session, draft_id, account_id=account.id)


def _open_draft(sitting: Sitting, account: AccountRow, draft_id: UUID) -> None:
    if drafts.load(sitting.session, draft_id, account_id=account.id).submitted_as is not None:
        raise NotFound("草稿不存在，或已提交")


def _digest(body: Mapping[str, Any]) -> bytes:
    said = {name: value for name, value in body.items() if name not in _LATER_KEYS or value}
    return hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode()).digest()


def _first_acts(
    sitting: Sitting,
    account: AccountRow,
    request: Reading,
    plan: _Plan,
    *,
    number: str,
    notice_number: str,
) -> list[Act]:
    """The beginning of the trail: accepted by the lead unit, then each paper that the applicant promised."""
    data: dict[str, Any] = {
        "number": number,
        "notice": notice_number,
        "papers": [paper.sha256 for paper in request.papers],
    }
    if request.told_once is not None:
        data |= {"told_once": request.told_once.number, "waived": list(request.waived)}
    who = Actor(account.id, account.display_name)
    return [
        Act("application_accepted", sitting.now, who, sitting.city.lead_unit, data),
        *(
            Act(
                "paper_promised",
                sitting.now,
                who,
                data={
                    "material": row["material_code"],
                    "title": sitting.city.materials[row["material_code"]].name,
                    "due_on": row["due_on"].isoformat(),
                    "text": DECLARATION,
                },
            )
            for row in plan.commitments
        ),
    ]


def _notice_number(sitting: Sitting) -> str:
    year = sitting.today.year
    running = numbers.take(sitting.session, tenant=sitting.tenant, series=f"accepted:{year}")[0]
    return sitting.city.number("accepted", year, running)


def _number(sitting: Sitting) -> str:
    day = sitting.today
    running = numbers.take(sitting.session, tenant=sitting.tenant, series=f"application:{day.isoformat()}")[0]
    return sitting.city.application_number(day, running)


@dataclass(frozen=True, slots=True)
class _Plan:
    """The review tasks of an application, what was promised in it, the clocks of both and that of the whole."""

    tasks: list[dict[str, Any]]
    commitments: list[dict[str, Any]]
    clocks: list[dict[str, Any]]
    due_on: date
    near_on: date


def _plan(sitting: Sitting, application_id: UUID, request: Reading) -> _Plan:
    """Which matters an application has, who reviews them, what can start now, and what is promised for each.

    A matter that waits for others is on no officer's desk yet; the day that it is planned for stands in its task.
    """
    city, today = sitting.city, sitting.today
    matters = city.matters_in(request.situations)
    graph = prerequisites.within(city.pack.graph, [matter.code for matter in matters])
    starting = prerequisites.open_now(graph, ())
    together = {code for group in prerequisites.due_together(graph, ()) for code in group}
    ranks = prerequisites.starting_ranks(graph, {matter.code: matter.promise_days for matter in matters})
    steps = {code: step.code for step in city.pack.steps for code in step.matters}
    special = [matter.name for matter in matters if matter.kind is Kind.SPECIAL]
    kind = Kind.SPECIAL if special else Kind.ORDINARY
    whole = clocks.new(
        city,
        application_id=application_id,
        mechanism=Mechanism.JOINT,
        kind=kind,
        subject_id=application_id,
        unit_code=city.lead_unit,
        days=city.promise_days(Mechanism.JOINT, kind, today),
        now=sitting.now,
        reason=f"{'、'.join(special)}按特殊情形办理" if special else "",
    )
    tasks, started = [], [whole]
    for seq, matter in enumerate(matters, start=1):
        planned = dates(
            city.calendar,
            started_on=city.calendar.add(today, ranks[matter.code]),
            days=_days_of(matter, matters, steps),
            pauses=(),
            today=today,
        )
        task_id, unit_code = uuid4(), city.unit_for(matter, request.area_code)
        tasks.append(
            {
                "id": task_id,
                "tenant_id": sitting.tenant,
                "application_id": application_id,
                "area_code": request.area_code,
                "matter_code": matter.code,
                "matter_name": matter.name,
                "seq": seq,
                "unit_code": unit_code,
                "kind": matter.kind.value,
                "mode": matter.mode,
                "step_code": steps.get(matter.code),
                "status": "open" if matter.code in starting else "waiting",
                "due_on": planned.due_on,
                "near_on": planned.near_on,
            }
        )
        started.append(
            clocks.new(
                city,
                application_id=application_id,
                mechanism=Mechanism.MATTER,
                kind=matter.kind,
                subject_id=task_id,
                unit_code=unit_code,
                days=_days_of(matter, matters, steps),
                now=sitting.now,
                reason=f"{matter.name}按特殊情形办理" if matter.kind is Kind.SPECIAL else "",
                is_started=matter.code in starting or matter.code in together,
            )
        )
    promised = []
    for entry in request.promised:
        # The unit of the first matter that needs the paper looks whether it came; the lead window where none does.
        unit_code = city.unit_for(entry.matters[0], request.area_code) if entry.matters else city.lead_unit
        commitment_id = uuid4()
        clock = clocks.new(
            city,
            application_id=application_id,
            mechanism=Mechanism.COMMITMENT,
            kind=Kind.ORDINARY,
            subject_id=commitment_id,
            unit_code=unit_code,
            days=entry.material.promise_days,
            now=sitting.now,
        )
        started.append(clock)
        promised.append(
            {
                "id": commitment_id,
                "tenant_id": sitting.tenant,
                "application_id": application_id,
                "material_code": entry.material.code,
                "unit_code": unit_code,
                "promised_at": sitting.now,
                "due_on": clock["due_on"],
            }
        )
    return _Plan(tasks, promised, started, whole["due_on"], min(whole["hint_on"], whole["amber_on"]))


def _days_of(matter: Matter, matters: Collection[Matter], steps: Mapping[str, str]) -> int:
    """A matter's promise; those of one step share the longest (合并办理)."""
    step = steps.get(matter.code)
    same = [each.promise_days for each in matters if step is not None and steps.get(each.code) == step]
    return max(same, default=matter.promise_days)


def _lines(sitting: Sitting, application_id: UUID) -> list[dict[str, Any]]:
    return [
        {
            "id": uuid4(),
            "tenant_id": sitting.tenant,
            "application_id": application_id,
            "item_code": item.code,
            "seq": item.seq,
            "unit_code": item.owner_unit,
            "confirm_required": item.confirm_required,
        }
        for item in sitting.city.items
    ]
