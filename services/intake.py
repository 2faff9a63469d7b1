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

from services import progress
from services.sitting import Sitting
from shared.db import attachments, cases, clocks, documents, drafts, numbers, outbox, trail
from shared.db.accounts import AccountRow
from shared.db.attachments import AttachmentRow
from shared.db.outbox import Wanted
from shared.db.trail import GENESIS, Act, Actor
from shared.domain import prerequisites
from shared.domain.characters import unkeepable_parts
from shared.domain.clocks import Kind, Mechanism, dates
from shared.domain.errors import Invalid, NotAllowed, NotFound, Problem
from shared.domain.facts import Facts, identity_problems
from shared.domain.matters import Material, Matter
from shared.logs import logger
from shared.papers import PAPER_BYTES_MAX, media_type_of
from shared.storage import Storage
from shared.tasks import Task, department_queue

log = logger(__name__)

SITE_LENGTH_MAX = 200
PAPERS_MAX = 60
KEY_LENGTH_MAX = 200
_BODY_KEYS = ("facts", "area_code", "site", "attachments", "situations")
#: What a pack calls the formats that papers are recognised in.
_FORMAT_OF: Final = {"application/pdf": "pdf", "image/jpeg": "jpeg", "image/png": "png"}
#: Facts that the office sets itself.
_OURS = ("case", "accepted_on")


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


@dataclass(frozen=True, slots=True)
class _Request:
    facts: Facts
    area_code: str
    site: str
    situations: tuple[str, ...]
    papers: tuple[AttachmentRow, ...]


def submit(
    sitting: Sitting, *, account: AccountRow, body: Mapping[str, Any], key: str, draft_id: UUID | None = None
) -> Submitted:
    """Accept an application: `body` has `facts` (without case and acceptance date), `area_code`, `site`, `attachments`,
    and perhaps `situations`.

    May be repeated with the same key and body. Raises `Invalid` with every problem beside its field
    (`KeyTaken` for a used key with another body), `NotAllowed` for anyone but an applicant,
    `CalendarNotLoaded` if the deadline cannot be computed.
    """
    if account.role != "applicant":
        raise NotAllowed("只有申请人可以提交申报")
    if not key or len(key) > KEY_LENGTH_MAX or not key.isprintable():
        raise Invalid([Problem("Idempotency-Key", f"必填，1 至 {KEY_LENGTH_MAX} 个可见字符；同一申报重试时用同一个值")])
    if unkeepable := tuple(unkeepable_parts(body)):
        raise Invalid(unkeepable)
    digest = hashlib.sha256(json.dumps(body, ensure_ascii=False, sort_keys=True).encode()).digest()
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
    request = _read(sitting, account, body)
    plan = _plan(sitting, application_id, request)
    number = _number(sitting)
    facts = request.facts
    developer, contractor = facts.developer, facts.contractor
    if developer is None:
        raise Invalid([Problem("facts.developer", "必填：建设单位")])
    lines = _lines(sitting, application_id)
    acts = [
        Act(
            "application_accepted",
            sitting.now,
            Actor(account.id, account.display_name),
            sitting.city.lead_unit,
            {"number": number, "papers": [paper.sha256 for paper in request.papers]},
        )
    ]
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
    documents.request(
        sitting.session,
        sitting.tenant,
        [documents.Wish("slip", application_id, application_id, f"收件回执 {number}")],
        now=sitting.now,
    )
    log.info("application_accepted", application=number, papers=len(request.papers))
    return Submitted(application_id, number, sitting.today, plan.due_on, repeated=False)


def check(sitting: Sitting, *, account: AccountRow, body: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Every problem that `submit` would find, without writing anything."""
    if unkeepable := tuple(unkeepable_parts(body)):
        return unkeepable
    try:
        _read(sitting, account, body)
    except Invalid as invalid:
        return invalid.problems
    return ()


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
    """Take a paper (PDF, JPEG or PNG, judged by its content; 20 MB at most); the same bytes are stored once.

    A paper for a material must be of a format that the city's pack lists for it; without `material_code` any will do.

    The bytes go to the store before the row: a row always has its bytes. Raises `Invalid`.
    """
    if account.role != "applicant":
        raise NotAllowed("只有申请人可以上传材料")
    name = file_name.replace("\\", "/").rsplit("/", 1)[-1].strip()[:200] or "未命名"
    if not content:
        raise Invalid([Problem("file", f"{name} 是空文件")])
    if len(content) > PAPER_BYTES_MAX:
        raise Invalid([Problem("file", f"{name} 超过 {PAPER_BYTES_MAX // 2**20} MB，请压缩或拆分后再传")])
    if material_code and material_code not in sitting.city.materials:
        raise Invalid([Problem("material_code", f"没有这一种材料：{material_code}")])
    media_type = media_type_of(content)
    if media_type is None:
        raise Invalid([Problem("file", f"{name} 不是可用的 PDF、JPEG 或 PNG 文件（按内容判断，与文件名无关）")])
    _refuse_other_formats(sitting, name, material_code, _FORMAT_OF[media_type])
    if draft_id is not None:
        drafts.load(sitting.session, draft_id, account_id=account.id)
    return attachments.add(
        sitting.session,
        sitting.tenant,
        account_id=account.id,
        draft_id=draft_id,
        material_code=material_code,
        file_name="".join(char for char in name if char.isprintable()),
        media_type=media_type,
        size_bytes=len(content),
        sha256=storage.keep(content),
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


def _refuse_other_formats(sitting: Sitting, name: str, material_code: str, given: str) -> None:
    material = sitting.city.materials.get(material_code)
    if material is None or given in material.formats:
        return
    allowed = "、".join(each.upper() for each in material.formats)
    raise Invalid([Problem("file", f"{name} 是 {given.upper()} 文件；“{material.name}”只收 {allowed}")])


def _read(sitting: Sitting, account: AccountRow, body: Mapping[str, Any]) -> _Request:
    """Check a submission as a whole, so that every problem is named at once."""
    problems = [Problem(str(key), "未知字段，请删除或更正字段名") for key in body if key not in _BODY_KEYS]
    raw = body.get("facts")
    facts = None
    if not isinstance(raw, Mapping):
        problems.append(Problem("facts", "必填：项目事实，应为一个 JSON 对象"))
    else:
        problems += [Problem(f"facts.{name}", "由受理系统填写，请删除") for name in _OURS if name in raw]
        try:
            facts = Facts.from_json(
                {name: value for name, value in raw.items() if name not in _OURS}
                | {"accepted_on": sitting.today.isoformat()},
                uses=sitting.city.tariff.use_codes,
                reductions=sitting.city.tariff.reduction_codes,
            )
        except Invalid as invalid:
            problems += [Problem(f"facts.{each.field}", each.problem) for each in invalid.problems]
    if facts is not None:
        problems += [Problem(f"facts.{each.field}", each.problem) for each in identity_problems(facts)]
        missing: dict[str, list[str]] = {}
        for line in sitting.city.tariff.assess(facts):
            for name in line.missing:
                missing.setdefault(name, []).append(line.name)
        named = {each.field for each in problems}
        problems += [
            Problem(f"facts.{name}", f"必填：计算{'、'.join(items)}需要这一项")
            for name, items in missing.items()
            if f"facts.{name}" not in named
        ]
    area_code = body.get("area_code")
    if not isinstance(area_code, str) or area_code not in sitting.city.areas:
        problems.append(Problem("area_code", f"请选择项目所在区：{'、'.join(sitting.city.areas.values())}"))
    site = body.get("site", "")
    if not isinstance(site, str) or not site.strip() or len(site) > SITE_LENGTH_MAX or not site.isprintable():
        problems.append(Problem("site", f"必填：建设地点，不超过 {SITE_LENGTH_MAX} 个字"))
    situations = _situations(sitting, body.get("situations", []), problems)
    papers = _papers(
        sitting, account, body.get("attachments", []), facts=facts, situations=situations, problems=problems
    )
    if problems or facts is None:
        raise Invalid(problems)
    return _Request(facts, str(area_code), str(site).strip(), situations, papers)


def _situations(sitting: Sitting, given: object, problems: list[Problem]) -> tuple[str, ...]:
    known = sitting.city.situations
    if not isinstance(given, list) or any(each not in known for each in given):
        problems.append(Problem("situations", f"应为情形代码的列表，可用：{'、'.join(known)}"))
        return ()
    return tuple(code for code in known if code in given)


def _papers(
    sitting: Sitting,
    account: AccountRow,
    given: object,
    *,
    facts: Facts | None,
    situations: Collection[str],
    problems: list[Problem],
) -> tuple[AttachmentRow, ...]:
    if not isinstance(given, list) or len(given) > PAPERS_MAX:
        problems.append(Problem("attachments", f"应为已上传材料的编号列表，最多 {PAPERS_MAX} 份"))
        return ()
    ids: list[UUID] = []
    for index, each in enumerate(given):
        try:
            ids.append(UUID(str(each)))
        except ValueError:
            problems.append(Problem(f"attachments[{index}]", "不是有效的材料编号"))
    found = attachments.free(sitting.session, ids, account_id=account.id)
    for index, each in enumerate(ids):
        if each not in found:
            problems.append(Problem(f"attachments[{index}]", "没有这份材料，或它已随另一申报提交"))
    needed = {code for matter in sitting.city.matters_in(situations) for code in matter.needs}
    given_codes = {paper.material_code for paper in found.values()}
    problems += [
        Problem(f"attachments.{material.code}", f"缺少必交材料：{material.name}")
        for material in sitting.city.pack.materials
        if is_required(material, facts, needed=needed) and material.code not in given_codes
    ]
    return tuple(found.values())


def is_required(material: Material, facts: Facts | None, *, needed: Collection[str] = ()) -> bool:
    """Whether a paper must come with an application of these facts (only always-required ones without facts).

    `needed` are the papers that the application's matters need.
    """
    if material.required == "needed":
        return material.code in needed
    if material.required in ("always", "optional"):
        return material.required == "always"
    return bool(facts and getattr(facts, material.required))


def _number(sitting: Sitting) -> str:
    day = sitting.today
    running = numbers.take(sitting.session, tenant=sitting.tenant, series=f"application:{day.isoformat()}")[0]
    return sitting.city.application_number(day, running)


@dataclass(frozen=True, slots=True)
class _Plan:
    """The review tasks of an application, their clocks and that of the whole."""

    tasks: list[dict[str, Any]]
    clocks: list[dict[str, Any]]
    due_on: date
    near_on: date


def _plan(sitting: Sitting, application_id: UUID, request: _Request) -> _Plan:
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
    return _Plan(tasks, started, whole["due_on"], min(whole["hint_on"], whole["amber_on"]))


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
