"""What the door answers in writing: told once what is missing, or not accepted, also after acceptance by mistake.

An answer rests on the facts, the area and the situations; while they are the same, asking again gives the same answer
(行政许可法 32). The draft stays open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

from services import endings, notices, reading
from services.reading import PAPER, Reading
from services.sitting import Sitting
from shared.db import bills, cases, documents, drafts, intake_notices, numbers, trail
from shared.db.accounts import AccountRow
from shared.db.intake_notices import NoticeRow
from shared.db.trail import Act, Actor
from shared.domain.characters import UNKEEPABLE, is_keepable, unkeepable_parts
from shared.domain.checklist import GENERAL_CLAUSE, Entry
from shared.domain.errors import Conflict, Invalid, NotAllowed, Problem
from shared.domain.facts import FACT_NAMES
from shared.logs import logger

log = logger(__name__)

TITLES: Final = {"one_time": "一次性告知书", "not_accepted": "不予受理通知书"}
#: Kinds of documents by kinds of notices.
DOCUMENTS: Final = {"one_time": "one_time_notice", "not_accepted": "not_accepted"}
ALL_MATTERS: Final = "全部事项"
#: What a paper is for that proves a fact or a reduction.
_FOR_FEES: Final = "收费核定"
_NAME_LENGTH_MAX: Final = 200
#: Longest texts of a refusal to accept, characters; the form says so too.
REASON_LENGTH_MAX: Final = 500
CLAUSE_LENGTH_MAX: Final = 200
#: States in which a unit has said something that stands.
_PAST_RETURN: Final = ("approved", "objected", "checking", "forwarded")
_PLACES: Final = {"area_code": "项目所在区", "site": "建设地点"}


@dataclass(frozen=True, slots=True)
class Answered:
    """A notice; `repeated` when it had been given before."""

    notice: NoticeRow
    repeated: bool


def answer(sitting: Sitting, *, account: AccountRow, draft_id: UUID, body: Mapping[str, Any]) -> Answered:
    """Say in writing why a draft cannot be accepted as it stands: everything at once, by number and seal.

    May be repeated: the same content gives the same notice, even after some of what it names was brought. Raises
    `Conflict` if nothing stands against handing it in, `Invalid` for a body that no form could send, `NotFound` for
    somebody else's or a submitted draft.
    """
    if account.role != "applicant":
        raise NotAllowed("只有申请人可以要求书面答复")
    if unkeepable := tuple(unkeepable_parts(body)):
        raise Invalid(unkeepable)
    drafts.hold(sitting.session, draft_id, account_id=account.id)
    request = reading.read(sitting, account=account, body=body, draft_id=draft_id)
    if not request.problems:
        raise Conflict("材料齐全、属于受理范围，不需要书面告知；请直接提交申报")
    misread = [each for each in request.problems if not _can_be_told(each)]
    if misread and not request.outside:
        raise Invalid(misread)
    kind = "not_accepted" if request.outside else "one_time"
    rests_on = reading.basis(body)
    for known in intake_notices.of_draft(sitting.session, draft_id):
        if (known.kind, known.basis) == (kind, rests_on):
            return Answered(known, repeated=True)
    items = _grounds(request) if request.outside else _missing(request)
    notice_id = _issue(sitting, account, draft_id, body, kind=kind, items=items, request=request)
    notice = intake_notices.load(sitting.session, notice_id)
    log.info("door_answered", kind=kind, notice=notice.number, items=len(items))
    return Answered(notice, repeated=False)


def _can_be_told(problem: Problem) -> bool:
    """Whether it is something that an application lacks, and not a slip of a program."""
    return problem.field.startswith(("facts.", PAPER)) or problem.field in (*_PLACES, "outside")


def _issue(
    sitting: Sitting,
    account: AccountRow,
    draft_id: UUID,
    body: Mapping[str, Any],
    *,
    kind: str,
    items: list[dict[str, str]],
    request: Reading,
) -> UUID:
    year = sitting.today.year
    running = numbers.take(sitting.session, tenant=sitting.tenant, series=f"{kind}:{year}")[0]
    given = {paper.material_code for paper in request.papers} | {entry.material.code for entry in request.promised}
    values: dict[str, Any] = {
        "id": uuid4(),
        "account_id": account.id,
        "draft_id": draft_id,
        "application_id": None,
        "kind": kind,
        "number": sitting.city.number(kind, year, running),
        "addressee": _stated(body, "developer") or account.organisation_name or account.display_name,
        "project_name": _stated(body, "project_name") or "（未填写项目名称）",
        "items": items,
        "basis": reading.basis(body),
        "papers": sorted(given),
        "reason": "；".join(item["reason"] for item in items) if kind == "not_accepted" else "",
        "clause": "；".join(dict.fromkeys(item["clause"] for item in items)),
        "go_to": "；".join(filter(None, (item.get("go_to", "") for item in items))),
        "issued_at": sitting.now,
        "issued_on": sitting.today,
        "due_on": None,
        "unit_code": sitting.city.lead_unit,
        "document_sha256": None,
    }
    seal = sitting.signer.seal_act(sitting.city.lead_unit, intake_notices.content(values))
    intake_notices.add(sitting.session, sitting.tenant, values | {"seal_key_id": seal.key_id, "seal": seal.signature})
    wish = documents.Wish(DOCUMENTS[kind], values["id"], None, f"{TITLES[kind]} {values['number']}", draft_id=draft_id)
    documents.request(sitting.session, sitting.tenant, [wish], now=sitting.now)
    notice_id: UUID = values["id"]
    return notice_id


def _grounds(request: Reading) -> list[dict[str, str]]:
    return [
        {"name": row.name, "reason": row.reason, "clause": row.clause, "go_to": row.go_to} for row in request.outside
    ]


def _missing(request: Reading) -> list[dict[str, str]]:
    """One row for each paper, and for each answer that is missing or wrong."""
    rows = []
    told: set[str] = set()
    for problem in request.problems:
        if problem.field.startswith(PAPER):
            entry = request.checklist.find(problem.field.removeprefix(PAPER))
            if entry is not None:
                rows.append(_missing_paper(entry, request))
            continue
        name = problem.field.removeprefix("facts.")
        top = name.partition(".")[0].partition("[")[0]
        if top in told:
            continue
        told.add(top)
        is_blank = problem.problem.startswith(("必填", "请选择"))
        rows.append(
            {
                "what": FACT_NAMES.get(top) or _PLACES.get(top, top),
                "needed_by": ALL_MATTERS,
                "reason": "未填写" if is_blank else problem.problem,
                "clause": GENERAL_CLAUSE,
                "action": "在申报表中填写" if is_blank else "在申报表中更正",
            }
        )
    return rows


def _missing_paper(entry: Entry, request: Reading) -> dict[str, str]:
    material = entry.material
    everybody = {matter.code for each in request.checklist.entries for matter in each.matters}
    names = [matter.name for matter in entry.matters]
    formats = "、".join(each.upper() for each in material.formats)
    later = f"；也可以书面承诺在{material.promise_days}个工作日内补交" if entry.may_be_promised else ""
    return {
        "code": material.code,
        "what": material.name,
        "needed_by": (ALL_MATTERS if len(names) == len(everybody) else "、".join(names)) or _FOR_FEES,
        "reason": "未提交",
        "clause": entry.clause,
        "action": f"上传{formats}文件{later}",
    }


def _stated(body: Mapping[str, Any], name: str) -> str:
    """A name as far as it was stated; a developer's is the name of the company."""
    facts = body.get("facts")
    value = facts.get(name) if isinstance(facts, Mapping) else None
    if isinstance(value, Mapping):
        value = value.get("name")
    if not isinstance(value, str) or not is_keepable(value) or not value.isprintable():
        return ""
    return value.strip()[:_NAME_LENGTH_MAX]


def decline(
    sitting: Sitting, *, application_id: UUID, actor: Actor, reason: str, clause: str, go_to: str = ""
) -> NoticeRow:
    """Not accept an application after all: the lead window's word, while nobody has decided and nothing is billed.

    Tasks are cancelled, clocks stop, its fee lines are never billed. May be repeated: what stands is given back.
    Raises `NotAllowed` for other units, `Invalid` without reason and clause, `Conflict` once somebody has decided.
    """
    if actor.unit_code != sitting.city.lead_unit:
        raise NotAllowed("不予受理由牵头窗口决定")
    said = {"reason": reason.strip(), "clause": clause.strip(), "go_to": go_to.strip()}
    problems = [
        Problem(name, f"必填，不超过 {most} 个字")
        for name, most in (("reason", REASON_LENGTH_MAX), ("clause", CLAUSE_LENGTH_MAX))
        if not said[name] or len(said[name]) > most
    ]
    if len(said["go_to"]) > CLAUSE_LENGTH_MAX:
        problems.append(Problem("go_to", f"不超过 {CLAUSE_LENGTH_MAX} 个字"))
    problems += [Problem(name, UNKEEPABLE) for name, text in said.items() if not is_keepable(text)]
    if problems:
        raise Invalid(problems)
    case = cases.lock_one(sitting.session, application_id)
    if case.status == "not_accepted":
        return next(
            each for each in intake_notices.of_application(sitting.session, case.id) if each.kind == "not_accepted"
        )
    tasks = cases.tasks_of(sitting.session, case.id)
    if case.status != "in_review" or bills.of_application(sitting.session, case.id):
        raise Conflict("办件已出具缴费单、有部门不同意或已经办结，不能再不予受理")
    if any(task.status in _PAST_RETURN for task in tasks):
        raise Conflict("已有部门作出审核结论，不能再不予受理；不符合条件的，由各部门写明意见")
    year = sitting.today.year
    running = numbers.take(sitting.session, tenant=sitting.tenant, series=f"not_accepted:{year}")[0]
    notice_id, number = uuid4(), sitting.city.number("not_accepted", year, running)
    intake_notices.add(
        sitting.session,
        sitting.tenant,
        {
            "id": notice_id,
            "account_id": case.applicant_id,
            "application_id": case.id,
            "kind": "not_accepted",
            "number": number,
            "addressee": case.developer_name,
            "project_name": case.project_name,
            "items": [said],
            **said,
            "issued_at": sitting.now,
            "issued_on": sitting.today,
            "unit_code": sitting.city.lead_unit,
        },
    )
    acts = endings.end(sitting, case, status="not_accepted", why="不予受理", by=actor)
    first = Act("application_not_accepted", sitting.now, actor, sitting.city.lead_unit, {"notice": number, **said})
    trail.append(sitting.session, sitting.tenant, {case.id: [first, *acts]}, signer=sitting.signer)
    title = f"{TITLES['not_accepted']} {number}"
    documents.request(
        sitting.session, sitting.tenant, [documents.Wish("not_accepted", notice_id, case.id, title)], now=sitting.now
    )
    notices.tell(
        sitting,
        notices.applicant(sitting, case.id),
        kind="not_accepted",
        key=str(case.id),
        title=f"不予受理：{case.number}",
        body=f"{case.project_name} 不予受理：{said['reason']} 依据和去哪里办写在{title}里。",
        application_id=case.id,
        href=f"/apply/cases/{case.id}",
    )
    log.info("application_not_accepted", application=case.number, notice=number)
    return intake_notices.load(sitting.session, notice_id)
