"""What a submission says and everything that stands against it, read as a whole so that all of it is named at once.

Whoever hands in, checks or asks for an answer in writing reads the same way; nothing is written here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from services.sitting import Sitting
from shared.db import attachments, intake_notices
from shared.db.accounts import AccountRow
from shared.db.attachments import AttachmentRow
from shared.db.intake_notices import NoticeRow
from shared.domain import checklist
from shared.domain.checklist import Checklist, Entry
from shared.domain.errors import Invalid, Problem
from shared.domain.facts import Facts, identity_problems
from shared.domain.scope import Outside

SITE_LENGTH_MAX: Final = 200
PAPERS_MAX: Final = 60
BODY_KEYS: Final = ("facts", "area_code", "site", "attachments", "situations", "commitments", "outside")
#: What the answer to an application rests on, beside its papers.
_BASIS_KEYS: Final = ("facts", "area_code", "situations", "outside")
#: Facts that the office sets itself.
_OURS: Final = ("case", "accepted_on")
#: Problems of a paper are named after it.
PAPER: Final = "attachments."


@dataclass(frozen=True, slots=True)
class Reading:
    """A submission as it was understood. It may be accepted if it has no `problems`.

    `outside` is why it does not belong here at all; `waived` are papers that may not be asked for any more, because an
    earlier notice did not name them (行政许可法 32: told once).
    """

    facts: Facts | None
    area_code: str
    site: str
    situations: tuple[str, ...]
    papers: tuple[AttachmentRow, ...]
    promised: tuple[Entry, ...]
    checklist: Checklist
    outside: tuple[Outside, ...]
    waived: tuple[str, ...]
    told_once: NoticeRow | None
    problems: tuple[Problem, ...]


def read(sitting: Sitting, *, account: AccountRow, body: Mapping[str, Any], draft_id: UUID | None = None) -> Reading:
    """Understand a submission. With `draft_id` an earlier notice on that draft binds what may be asked for."""
    problems = [Problem(str(key), "未知字段，请删除或更正字段名") for key in body if key not in BODY_KEYS]
    facts = _facts(sitting, body.get("facts"), problems)
    area_code = body.get("area_code")
    if not isinstance(area_code, str) or area_code not in sitting.city.areas:
        problems.append(Problem("area_code", f"请选择项目所在区：{'、'.join(sitting.city.areas.values())}"))
    site = body.get("site", "")
    if not isinstance(site, str) or not site.strip() or len(site) > SITE_LENGTH_MAX or not site.isprintable():
        problems.append(Problem("site", f"必填：建设地点，不超过 {SITE_LENGTH_MAX} 个字"))
    situations = _situations(sitting, body.get("situations", []), problems)
    outside = _outside(sitting, body.get("outside", []), facts, problems)
    needed = checklist.union(sitting.city.pack.materials, sitting.city.matters_in(situations), facts)
    papers = _papers(sitting, account, body.get("attachments", []), problems)
    given = {paper.material_code for paper in papers}
    promised = _promised(body.get("commitments", []), needed, given, problems)
    told = told_once(sitting, draft_id, body)
    may_be_asked = None if told is None else {*told.papers, *(item["code"] for item in told.items if "code" in item)}
    waived = []
    for entry in needed.required:
        code = entry.material.code
        if code in given or entry in promised:
            continue
        if may_be_asked is not None and code not in may_be_asked:
            waived.append(code)
        else:
            problems.append(Problem(f"{PAPER}{code}", f"缺少必交材料：{entry.material.name}"))
    return Reading(
        facts=facts,
        area_code=str(area_code),
        site=str(site).strip(),
        situations=situations,
        papers=papers,
        promised=promised,
        checklist=needed,
        outside=outside,
        waived=tuple(waived),
        told_once=told,
        problems=tuple(problems),
    )


def basis(body: Mapping[str, Any]) -> str:
    """A digest of what an answer rests on; while it is the same, the same answer counts."""
    said = {name: body.get(name) or None for name in _BASIS_KEYS}
    return hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def told_once(sitting: Sitting, draft_id: UUID | None, body: Mapping[str, Any]) -> NoticeRow | None:
    """The notice that told an applicant once what is missing, while nothing but papers has changed since."""
    if draft_id is None:
        return None
    rests_on = basis(body)
    return next(
        (
            each
            for each in intake_notices.of_draft(sitting.session, draft_id)
            if each.kind == "one_time" and each.basis == rests_on
        ),
        None,
    )


def _facts(sitting: Sitting, raw: object, problems: list[Problem]) -> Facts | None:
    if not isinstance(raw, Mapping):
        problems.append(Problem("facts", "必填：项目事实，应为一个 JSON 对象"))
        return None
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
        return None
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
    return facts


def _situations(sitting: Sitting, given: object, problems: list[Problem]) -> tuple[str, ...]:
    known = sitting.city.situations
    if not isinstance(given, list) or any(each not in known for each in given):
        problems.append(Problem("situations", f"应为情形代码的列表，可用：{'、'.join(known)}"))
        return ()
    return tuple(code for code in known if code in given)


def _outside(sitting: Sitting, given: object, facts: Facts | None, problems: list[Problem]) -> tuple[Outside, ...]:
    scope, today = sitting.city.pack.scope, sitting.today
    known = [row.code for row in scope.questions(today)]
    if not isinstance(given, list) or any(each not in known for each in given):
        problems.append(Problem("outside", f"应为不予受理情形代码的列表，可用：{'、'.join(known)}"))
        return ()
    found = scope.grounds(today, facts=facts, said=given)
    problems += [Problem("outside", f"不在本窗口受理范围：{row.name}；可以要求出具不予受理通知书") for row in found]
    return found


def _papers(sitting: Sitting, account: AccountRow, given: object, problems: list[Problem]) -> tuple[AttachmentRow, ...]:
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
    return tuple(found.values())


def _promised(given: object, needed: Checklist, papers: set[str], problems: list[Problem]) -> tuple[Entry, ...]:
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        problems.append(Problem("commitments", "应为承诺后补的材料代码的列表"))
        return ()
    promised = []
    for index, code in enumerate(given):
        entry = needed.find(code)
        if entry is None or not entry.may_be_promised:
            problems.append(Problem(f"commitments[{index}]", f"材料 {code} 在本申报中不能承诺后补，须随申报提交"))
        elif code in papers:
            problems.append(Problem(f"commitments[{index}]", f"“{entry.material.name}”已经提交，不用再承诺后补"))
        elif entry not in promised:
            promised.append(entry)
    return tuple(promised)
