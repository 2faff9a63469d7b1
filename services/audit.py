"""Everything that must hold, checked from the stored rows and bytes alone: `yidan audit`."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from math import ceil

from sqlalchemy.orm import Session

from shared.db import exports, intake_notices, invariants, periods, transfers
from shared.db.invariants import OpenClock
from shared.db.trail import GENESIS, Act, Actor, event_hash, line_content
from shared.domain.errors import Broken, NotFound
from shared.signing import Signer
from shared.storage import Storage

#: How a finished PDF is judged: gives what is wrong with it, empty if nothing is.
JudgePdf = Callable[[bytes], list[str]]


@dataclass(frozen=True, slots=True)
class Finding:
    """One invariant: over how many rows it was checked and what breaks it."""

    id: str
    says: str
    checked: int
    broken: tuple[str, ...]


def audit(session: Session, *, signer: Signer, storage: Storage, judge_pdf: JudgePdf) -> list[Finding]:
    """Check every invariant; changes nothing. `session` must see all rows (the owner's)."""
    findings = []
    for invariant in invariants.INVARIANTS:
        checked, broken = invariants.check(session, invariant)
        findings.append(Finding(invariant.id, invariant.says, checked, tuple(broken)))
    findings.append(_clocks(session))
    findings.append(_trails(session, signer))
    findings.append(_line_seals(session, signer))
    findings.append(_notices(session, signer))
    findings.append(_periods(session, signer))
    findings.append(_documents(session, storage, judge_pdf))
    return findings


def _clocks(session: Session) -> Finding:
    working = invariants.working_days(session)
    checked, broken = 0, []
    for clock in invariants.open_clocks(session):
        checked += 1
        expected = _dates(clock, working.get(clock.tenant_id, ()))
        if expected != (clock.hint_on, clock.amber_on, clock.due_on):
            broken.append(
                f"{clock.number} {clock.mechanism} 的期限为 {clock.due_on}"
                + (f"，按工作日历应为 {expected[2]}" if expected else "，工作日历算不出")
            )
    return Finding("I12-dates", "未停止的时限与工作日历算出的一致", checked, tuple(broken))


def _dates(clock: OpenClock, working: Sequence[date]) -> tuple[date, date, date] | None:
    """Hint, amber and due date by another way than `clocks.dates`: the working days listed, stops struck out, counted.

    None where the calendar ends before the count.
    """
    struck = {first + timedelta(days=at + 1) for first, last in clock.stops for at in range((last - first).days)}
    run = [clock.started_on]
    for day in working[bisect_right(working, clock.started_on) :]:
        if day not in struck:
            run.append(day)
        if len(run) > clock.days:
            break
    if len(run) <= clock.days:
        return None
    due_on = run[clock.days]
    while any(first <= due_on < last for first, last in clock.stops):
        due_on += timedelta(days=1)
    return run[max(clock.days - 1, 0)], run[ceil(clock.days * 9 / 10)], due_on


def _trails(session: Session, signer: Signer) -> Finding:
    checked, broken = 0, []
    for chain in invariants.chains(session):
        head, seq = GENESIS, 0
        for seq, event in enumerate(chain.events, start=1):
            checked += 1
            act = Act(event.verb, event.at, Actor(event.actor_id, event.actor_name), event.unit_code, event.data)
            expected = event_hash(head, application_id=chain.application_id, seq=seq, act=act)
            if event.seq != seq or event.previous_hash != head or event.hash != expected:
                broken.append(f"{chain.number} 第 {event.seq} 条留痕与前后不符")
                break
            if event.unit_code and not _is_sealed(signer, event.unit_code, event.hash, event.seal_key_id, event.seal):
                broken.append(f"{chain.number} 第 {event.seq} 条留痕的签章无效")
            head = event.hash
        else:
            if (seq, head) != (chain.audit_seq, chain.audit_hash):
                broken.append(f"{chain.number} 留痕共 {seq} 条，办件记着 {chain.audit_seq} 条")
    return Finding("I10-trail", "留痕自首条起逐条相扣，签章有效", checked, tuple(broken))


def _line_seals(session: Session, signer: Signer) -> Finding:
    checked, broken = 0, []
    for row in invariants.sealed_lines(session):
        checked += 1
        if not _is_sealed(signer, row.unit_code, line_content(row.id, row.line), row.seal_key_id, row.seal):
            broken.append(f"{row.number} {row.item_code} 的核定签章无效")
    return Finding("I10-line-seals", "收费明细的核定签章有效", checked, tuple(broken))


def _notices(session: Session, signer: Signer) -> Finding:
    checked, broken = 0, []
    for notice in invariants.sealed_notices(session):
        checked += 1
        content = intake_notices.content(asdict(notice))
        if not _is_sealed(signer, notice.unit_code, content, notice.seal_key_id, notice.seal):
            broken.append(f"{notice.number} 的内容或签章被改动")
    return Finding("I10-notices", "书面答复（未成办件的）内容未被改动，签章有效", checked, tuple(broken))


def _periods(session: Session, signer: Signer) -> Finding:
    checked, broken = 0, []
    unit_of = invariants.finance_units(session)
    sealed = [
        *((row.number, periods.content(row), row.seal_key_id, row.seal) for row in periods.all_sealed(session)),
        *((row.number, transfers.content(row), row.seal_key_id, row.seal) for row in transfers.all_sealed(session)),
        *((f"导出 {row.id}", exports.content(row), row.seal_key_id, row.seal) for row in exports.all_sealed(session)),
    ]
    for number, content, key_id, seal in sealed:
        checked += 1
        if not any(_is_sealed(signer, unit, content, key_id, seal) for unit in unit_of):
            broken.append(f"{number} 的内容或签章被改动")
    return Finding("I10-periods", "结账、划拨和导出的记录未被改动，财政部门的签章有效", checked, tuple(broken))


def _documents(session: Session, storage: Storage, judge_pdf: JudgePdf) -> Finding:
    checked, broken = 0, []
    for document in invariants.finished_documents(session):
        checked += 1
        try:
            problems = judge_pdf(storage.read(document.sha256))
        except (Broken, NotFound):
            problems = ["存储的文件不存在或已被改动"]
        broken += [f"{document.title}：{problem}" for problem in problems]
    return Finding("I7-files", "文书的字节与摘要一致，电子签名有效", checked, tuple(broken))


def _is_sealed(signer: Signer, unit_code: str, content: bytes, key_id: str | None, seal: bytes | None) -> bool:
    return key_id is not None and seal is not None and signer.check_act(unit_code, content, key_id, seal)
