"""The tariff desk (标准管理): changes are drafted, tried out, proposed, and published by a second person.

A change is a list of pack rows. Published rows stand above the pack's and survive loading a new pack; what has been
charged under a row is never rewritten, only ended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, Final
from uuid import UUID

from services import tariff_effects
from services.sitting import Sitting
from shared.db import city as cities
from shared.db import outbox, tariffs
from shared.db.accounts import AccountRow
from shared.db.outbox import Wanted
from shared.db.tariffs import ChangeRow
from shared.domain import tariff_changes as domain
from shared.domain.characters import UNKEEPABLE, is_keepable, unkeepable_parts
from shared.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from shared.domain.rows import OPEN
from shared.domain.tariff import Tariff
from shared.domain.tariff_changes import KEYS, RowChange
from shared.logs import logger
from shared.packs import build_tariff
from shared.tasks import BILLING_QUEUE, Task

log = logger(__name__)

#: Who writes and proposes, and who may publish what another has proposed.
KEEPERS: Final = ("finance", "admin")
DECIDERS: Final = ("finance", "admin", "leader")
TEXT_LENGTH_MAX: Final = 200
REASON_LENGTH_MAX: Final = 500
#: Most rows of one change, and the years that a copy-forward may begin in.
ROWS_MAX: Final = 300
YEARS: Final = range(2000, 2099)
#: What may change of a row that lines rest on: its last day.
_LAST_DAY: Final = frozenset(("to",))
#: What may not change of an item that has been charged: money stands in the books under it.
_BOOKED: Final = ("nature", "account", "version_date")
_LABELS: Final = {"title": "名称", "document": "依据文件及文号", "approval": "收费审批备案号", "reason": "变更理由"}


# Written down.


def draft(
    sitting: Sitting,
    *,
    account: AccountRow,
    title: str,
    rows: Sequence[RowChange] = (),
    kind: str = "edit",
    **words: str,
) -> UUID:
    """Begin a change of the tariff; gives its id. `words` are `document`, `approval` and `reason`."""
    _must_keep(account)
    told = _words({"title": title, **words}, needed=("title",))
    return tariffs.add(
        sitting.session,
        sitting.tenant,
        kind=kind,
        rows=rows,
        created_by=account.id,
        created_at=sitting.now,
        **told,
    )


def put_row(
    sitting: Sitting, *, account: AccountRow, change_id: UUID, section: str, row: Mapping[str, Any], version: int
) -> None:
    """Put a row into a draft, in the place of one with the same key; what is wrong with it is said when it is tried.

    Raises `Invalid` for a row that nothing could tell apart, `Conflict` if the draft is not as it was seen.
    """
    change = _to_edit(sitting, account, change_id, version)
    if section not in KEYS:
        raise Invalid([Problem("section", f"应为 {'、'.join(KEYS)} 之一")])
    problems = list(unkeepable_parts(row, "row"))
    problems += [Problem(column, "必填") for column in KEYS[section] if not str(row.get(column) or "").strip()]
    data = sitting.city.pack.data
    same = [each for each in data.get(section) or () if domain.key_of(section, each) == domain.key_of(section, row)]
    if len(same) > 1:
        problems.append(Problem("row", "数据包中有几行的项目、类别和起始日相同，分不清改哪一行；请在数据包中修改"))
    rows = domain.with_row(change.rows, data, section, row)
    if len(rows) > ROWS_MAX:
        problems.append(Problem("row", f"一份变更最多 {ROWS_MAX} 行"))
    if problems:
        raise Invalid(problems)
    tariffs.save(sitting.session, change, rows=rows)


def take_row_out(
    sitting: Sitting, *, account: AccountRow, change_id: UUID, section: str, key: Sequence[str], version: int
) -> None:
    """Leave a row out of a draft; the tariff keeps its own."""
    change = _to_edit(sitting, account, change_id, version)
    tariffs.save(sitting.session, change, rows=domain.without_row(change.rows, section, key))


def remove_row(
    sitting: Sitting, *, account: AccountRow, change_id: UUID, section: str, key: Sequence[str], version: int
) -> None:
    """Have a row of the tariff that has not begun taken back; raises `Conflict` for one that has, `NotFound`."""
    change = _to_edit(sitting, account, change_id, version)
    row = domain.find_row(sitting.city.pack.data, section, key)
    if row is None:
        raise NotFound("标准中没有这一行")
    if "from" not in row or str(row["from"]) <= sitting.today.isoformat():
        raise Conflict("只有还没有开始执行的行可以撤去；已经执行的，写明截止日")
    kept = domain.without_row(change.rows, section, key)
    tariffs.save(sitting.session, change, rows=(*kept, RowChange(section=section, row=None, base=row)))


def reword(sitting: Sitting, *, account: AccountRow, change_id: UUID, version: int, **words: str) -> None:
    """Say what a draft is called, on which document it rests, where its approval is filed, and why. May be repeated."""
    change = _to_edit(sitting, account, change_id, version)
    told = _words(words, needed=("title",) if "title" in words else ())
    tariffs.save(sitting.session, change, **told)


def rebase(sitting: Sitting, *, account: AccountRow, change_id: UUID, version: int) -> None:
    """Keep a draft's rows over what stands now, after its writer has seen what has changed meanwhile."""
    change = _to_edit(sitting, account, change_id, version)
    tariffs.save(sitting.session, change, rows=domain.rebased(sitting.city.pack.data, change.rows))


def end(
    sitting: Sitting,
    *,
    account: AccountRow,
    item: str,
    version: str,
    last: date,
    document: str,
    rule: Mapping[str, Any] | None = None,
    is_succeeded: bool = True,
) -> UUID:
    """Draft the end of a version and, in the same act, its successor from the day after; gives the change's id.

    The successor rests on `document` and has `rule`, or the same one. Without a successor the item is abolished
    (停征) by the document. Raises `Invalid` for a day that ends nothing, `NotFound`.
    """
    _must_keep(account)
    told = _words({"document": document}, needed=("document",))
    data = sitting.city.pack.data
    if is_succeeded:
        rows = domain.succeeded(data, item, version, last=last, documents=[told["document"]], rule=rule)
        title = (
            f"{sitting.city.item(item).name} {rows[1].key[1]} 自 {rows[1].row['from'] if rows[1].row else ''} 起执行"
        )
    else:
        row, ended = domain.ended(data, item, version, last=last)
        known = domain.find_row(data, "items", (item,))
        rows = (RowChange(section="versions", row=ended, base=row),)
        if known is not None:
            abolished = {**known, "abolished_by": [*known.get("abolished_by", ()), told["document"]]}
            rows = (*rows, RowChange(section="items", row=abolished, base=known))
        title = f"{sitting.city.item(item).name} {last} 后停征"
    return draft(sitting, account=account, title=title, rows=rows, kind="end", document=told["document"])


def copy_forward(
    sitting: Sitting, *, account: AccountRow, year: int, document: str, renewed: Sequence[str] = ()
) -> UUID:
    """Draft the next year: everything that runs out with `year`, once more, under a new document; gives its id.

    `renewed` are items whose open version ends with the year as well. Raises `Conflict` if nothing runs out.
    """
    _must_keep(account)
    told = _words({"document": document}, needed=("document",))
    if year not in YEARS:
        raise Invalid([Problem("year", f"年份应在 {YEARS.start} 至 {YEARS.stop - 1} 之间")])
    rows = domain.carried_forward(sitting.city.pack.data, year=year, document=told["document"], renewed=renewed)
    return draft(
        sitting,
        account=account,
        title=f"{year} 年标准结转 {year + 1} 年",
        rows=rows,
        kind="copy_forward",
        document=told["document"],
    )


def file_approval(
    sitting: Sitting,
    *,
    account: AccountRow,
    item: str,
    document: str,
    by: str,
    first: date,
    last: date | None,
    approval: str,
) -> UUID:
    """Draft an approval of an item (规费申报审批) that has come, and where it is filed; gives the change's id."""
    _must_keep(account)
    told = _words({"document": document, "approval": approval}, needed=("document", "approval"))
    if not by.strip() or len(by) > TEXT_LENGTH_MAX or not is_keepable(by):
        raise Invalid([Problem("by", f"必填：审批机关，不超过 {TEXT_LENGTH_MAX} 个字")])
    row = domain.find_row(sitting.city.pack.data, "items", (item,))
    if row is None:
        raise NotFound(f"没有收费项目 {item}")
    new = {
        "document": told["document"],
        "by": by.strip(),
        "from": first.isoformat(),
        "to": OPEN if last is None else last.isoformat(),
    }
    approved = {**row, "approvals": [*row.get("approvals", ()), new]}
    return draft(
        sitting,
        account=account,
        title=f"{sitting.city.item(item).name}收费审批 {told['document']} 备案",
        rows=(RowChange(section="items", row=approved, base=row),),
        **told,
    )


def drop(sitting: Sitting, *, account: AccountRow, change_id: UUID) -> None:
    """Throw a draft away; twice changes nothing. Raises `Conflict` once it is proposed."""
    _must_keep(account)
    change = tariffs.lock(sitting.session, change_id)
    if change.state == "dropped":
        return
    if change.state != "draft":
        raise Conflict("只有草稿可以作废；已提出的，先收回")
    tariffs.save(sitting.session, change, state="dropped")


# Tried out and decided.


def tariff_with(sitting: Sitting, rows: Sequence[RowChange]) -> Tariff:
    """The city's tariff with changes put above it; raises `Invalid` in the words of the desk."""
    try:
        return build_tariff(domain.merged(sitting.city.pack.data, rows))
    except Invalid as refused:
        raise Invalid(domain.in_words(each) for each in refused.problems) from None


def problems(sitting: Sitting, change: ChangeRow) -> tuple[Problem, ...]:
    """Everything that would keep a change from being published as it stands."""
    return _problems(sitting, change, sitting.city.pack.data)


def propose(sitting: Sitting, *, account: AccountRow, change_id: UUID, version: int) -> None:
    """Put a draft before a second person, with what it would change of open applications. Twice changes nothing.

    Raises `Invalid` with everything wrong, `Conflict` if the tariff has moved under it.
    """
    _must_keep(account)
    change = tariffs.lock(sitting.session, change_id)
    if change.state == "proposed" and change.proposed_by == account.id:
        return
    change = _to_edit(sitting, account, change_id, version)
    _must_be_current(sitting.city.pack.data, change)
    if found := _problems(sitting, change, sitting.city.pack.data):
        raise Invalid(found)
    effect = tariff_effects.dry_run(sitting, change.rows)
    tariffs.save(
        sitting.session,
        change,
        state="proposed",
        proposed_by=account.id,
        proposed_at=sitting.now,
        opinion="",
        effect=asdict(effect),
    )


def take_back(sitting: Sitting, *, account: AccountRow, change_id: UUID) -> None:
    """Turn one's own proposal into a draft again; twice changes nothing. Raises `NotAllowed`, `Conflict`."""
    _must_keep(account)
    change = tariffs.lock(sitting.session, change_id)
    if change.state == "draft":
        return
    if change.state != "proposed":
        raise Conflict("这份标准变更已经办结，不能收回；请另起草一份")
    if account.id != change.proposed_by:
        raise NotAllowed("只有提出人可以收回；他人请退回并写明理由")
    tariffs.save(sitting.session, change, state="draft", proposed_by=None, proposed_at=None, effect={})


def publish(sitting: Sitting, *, account: AccountRow, change_id: UUID) -> None:
    """Put a proposal in force, as another person than its proposer. Publishing twice changes nothing.

    Lines of open applications that come out differently are computed anew; bills stay as they are. Raises `NotAllowed`
    for the proposer, `Conflict` if the tariff has moved, `Invalid` if the rows no longer fit into it.
    """
    change = _to_decide(sitting, account, change_id, done="published")
    if change is None:
        return
    # From here on no other change of this city can come in between: what is judged is what is written.
    revision = cities.hold(sitting.session, sitting.tenant)
    data = cities.load(sitting.session, sitting.tenant, revision or sitting.city.revision).pack.data
    _must_be_current(data, change)
    if found := _problems(sitting, change, data):
        raise Invalid(found)
    tariffs.save(sitting.session, change, state="published", decided_by=account.id, decided_at=sitting.now)
    tariffs.put_in_force(sitting.session, sitting.tenant, domain.merged(data, change.rows))
    waiting = tariffs.open_applications(sitting.session, domain.touched(change.rows))
    outbox.put(
        sitting.session,
        sitting.tenant,
        [Wanted(Task.APPLY_TARIFF, BILLING_QUEUE, each, str(change.id), application_id=each) for each in waiting],
    )
    log.info("tariff_published", change=str(change.id), rows=len(change.rows), open=len(waiting))


def decline(sitting: Sitting, *, account: AccountRow, change_id: UUID, opinion: str) -> None:
    """Turn a proposal down with a reason; twice changes nothing. Raises `NotAllowed` for the proposer."""
    told = opinion.strip()
    if not told or len(told) > REASON_LENGTH_MAX or not is_keepable(told):
        raise Invalid([Problem("opinion", f"必填：退回的理由，不超过 {REASON_LENGTH_MAX} 个字")])
    change = _to_decide(sitting, account, change_id, done="declined")
    if change is None:
        return
    tariffs.save(sitting.session, change, state="declined", decided_by=account.id, decided_at=sitting.now, opinion=told)


# Asked above.


def _must_keep(account: AccountRow) -> None:
    if account.role not in KEEPERS:
        raise NotAllowed("收费标准由财务或系统管理员起草，由另一人发布")


def _to_edit(sitting: Sitting, account: AccountRow, change_id: UUID, version: int) -> ChangeRow:
    _must_keep(account)
    change = tariffs.lock(sitting.session, change_id)
    if change.state != "draft":
        raise Conflict("这份标准变更已经提出或办结，不能再改；请收回，或另起草一份")
    if change.version != version:
        raise Conflict("这份标准变更刚刚已被他人改动，请刷新后再看")
    return change


def _to_decide(sitting: Sitting, account: AccountRow, change_id: UUID, *, done: str) -> ChangeRow | None:
    if account.role not in DECIDERS:
        raise NotAllowed("收费标准由财务、系统管理员或领导发布")
    change = tariffs.lock(sitting.session, change_id)
    if change.state == done:
        return None
    if change.state != "proposed":
        raise Conflict("这份标准变更不在等待发布，请刷新后再看")
    if account.id == change.proposed_by:
        raise NotAllowed("标准变更由另一人发布或退回，不能由提出人自己办理")
    return change


def _must_be_current(data: Mapping[str, Any], change: ChangeRow) -> None:
    moved = domain.moved(data, change.rows)
    if moved:
        raise Conflict(
            f"起草之后标准已有变化：{'、'.join(each.label for each in moved)}；请对照现行标准，更新草稿后重新提出"
        )


def _problems(sitting: Sitting, change: ChangeRow, data: Mapping[str, Any]) -> tuple[Problem, ...]:
    found = []
    if not change.rows:
        found.append(Problem("rows", "草稿还没有内容"))
    if not change.document:
        found.append(Problem("document", "必填：依据文件及文号"))
    if domain.new_approvals(change.rows) and not change.approval:
        found.append(Problem("approval", "必填：新增收费审批的备案号（存档处）"))
    found += _rests_on(sitting, change.rows)
    found += _begins_later(sitting, change.rows)
    try:
        build_tariff(domain.merged(data, change.rows))
    except Invalid as refused:
        found += [domain.in_words(each) for each in refused.problems]
    return tuple(found)


def _rests_on(sitting: Sitting, rows: Sequence[RowChange]) -> list[Problem]:
    """What has been charged is ended, never rewritten: a settlement years later still needs the rate of its day."""
    found = []
    for each in rows:
        if each.base is None:
            continue
        if each.section == "items":
            parts = [name for name in _BOOKED if (each.row or {}).get(name) != each.base.get(name)]
            why = "已有收费明细，性质、账户和取标准的日期不能改"
        else:
            names = {*each.base, *(each.row or {})} - _LAST_DAY
            parts = [name for name in names if (each.row or {}).get(name) != each.base.get(name)]
            why = "已用于收费明细，只能提前截止，不能改写；请截止后另开新的一行"
        if parts and tariffs.charged(sitting.session, each.section, each.base):
            found.append(Problem(each.label, why))
    return found


def _begins_later(sitting: Sitting, rows: Sequence[RowChange]) -> list[Problem]:
    """A new item begins after today: applications that are here already have no line for it."""
    new = domain.new_items(rows)
    tomorrow = sitting.today.isoformat()
    return [
        Problem(each.label, "新的收费项目自发布次日以后起执行：已受理的办件没有这一项")
        for each in rows
        if each.section == "versions" and each.row and each.row.get("item") in new and str(each.row["from"]) <= tomorrow
    ]


def _words(words: Mapping[str, str], *, needed: Sequence[str]) -> dict[str, str]:
    told = {name: text.strip() for name, text in words.items()}
    wrong = []
    for name, text in told.items():
        most = REASON_LENGTH_MAX if name == "reason" else TEXT_LENGTH_MAX
        if not is_keepable(text):
            wrong.append(Problem(name, UNKEEPABLE))
        elif (name in needed and not text) or len(text) > most:
            wrong.append(Problem(name, f"必填：{_LABELS[name]}，不超过 {most} 个字"))
    if wrong:
        raise Invalid(wrong)
    return told
