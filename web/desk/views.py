"""A case as its page shows it, put together from the query's view; no rule is decided here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import flask
from flask_babel import gettext

from shared.db.city import City
from shared.db.queries.corrections import ChangeView
from shared.db.queries.desk_case import CaseView, OwnLine, OwnTask, Paper
from shared.db.queries.progress import Progress
from shared.domain.deadlines import Light
from shared.domain.lines import Line
from web.apply.lanes import lane_of
from web.components import (
    CheckItem,
    DayAxis,
    FactRow,
    FileGroup,
    FileItem,
    Lane,
    Proof,
    Reason,
    Tag,
    TimelineEvent,
)
from web.corrections import target_name, value_words
from web.deadlines import light_words
from web.desk.words import facts_in_words, grouped, line_tag, task_tag
from web.filters import clock, moment_short, number
from web.holdups import reasons
from web.naming import named
from web.timeline import timeline

KIB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class FormulaRow:
    """One line of a formula: what it is called, how it comes about, and the result at the right edge."""

    label: str
    terms: str
    result: str = ""
    amount_fen: int | None = None
    is_result: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeCard:
    """A fee line of the unit with its formula and grounds."""

    id: UUID
    name: str
    code: str
    state: Tag
    rows: tuple[FormulaRow, ...]
    notes: tuple[str, ...]
    can_be_confirmed: bool
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """Another department of the case."""

    unit: str
    matter: str
    officer: str
    status: Tag
    light: Light
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewed:
    """The material in the viewer, the facts that rest on it, and the way to the materials beside it."""

    name: str
    href: str
    media_type: str
    note: str
    mark: int
    facts: tuple[FactRow, ...]
    previous_href: str
    next_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What was answered about one target since the last verdict; `was` is empty where nothing was there before."""

    name: str
    label: str
    words: str
    was: str
    explanation: str
    number: str
    href: str
    was_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """Everything on the page of a case."""

    view: CaseView
    address: str
    area: str
    facts: tuple[FactRow, ...]
    changed: Mapping[str, Changed]
    fees: tuple[FeeCard, ...]
    files: tuple[FileGroup, ...]
    file_count: int
    unseen: int
    viewed: Viewed | None
    others: tuple[Other, ...]
    others_done: int
    reasons: tuple[Reason, ...]
    axis: DayAxis | None
    lane: Lane | None
    checklist: tuple[CheckItem, ...]
    draft: str
    saved: str
    history: tuple[TimelineEvent, ...]
    light: Light | None
    light_words: str
    position: int
    queue_length: int
    previous_href: str
    next_href: str
    is_mine: bool


def case_page(
    view: CaseView,
    progress: Progress,
    city: City,
    *,
    today: date,
    account_id: UUID,
    wanted_file: str | None,
    seen: Collection[str],
) -> CasePage:
    """Compose the page; `seen` are the short ids of the materials that this officer has opened."""
    task = view.head.task
    if task is not None:
        address = flask.url_for("desk.case_of_task", task_id=task.id)
    else:
        address = flask.url_for("desk.case_of_application", application_id=view.head.application_id)
    needs = next((matter.needs for matter in city.matters if task and matter.code == task.matter_code), ())
    ordered = _in_groups(view.papers, needs)
    current = next((each for each in ordered if str(each.id) == wanted_file), ordered[0] if ordered else None)
    changed = {f"{each.kind}-{each.target}": _changed(each, city, address) for each in view.head.changes}
    replaced = {each.attachment_id for each in view.head.changes if each.attachment_id}
    facts, marks = _facts(view, ordered, current=current, changed=changed, city=city, address=address)
    files = _file_groups(
        ordered, needs, city, current=current, seen=seen, address=address, replaced=replaced, marks=marks
    )
    place = view.queue.index(task.id) if task and task.id in view.queue else -1
    is_open = (
        task is not None and task.status in ("open", "taken") and view.head.case_status in ("in_review", "objected")
    )
    is_mine = is_open and task is not None and task.officer_id == account_id
    axis, lane = lane_of(task, progress, city, today=today) if task else (None, None)
    checklist = tuple(_checklist(task, view.papers, needs, city, address)) if task else ()
    sheet = task.worksheet if task and not task.is_decided and task.worksheet.get("by") == str(account_id) else {}
    return CasePage(
        view=view,
        address=address,
        area=city.areas.get(view.head.area_code, view.head.area_code),
        facts=facts,
        changed=changed,
        fees=tuple(_fee_card(line, city) for line in view.lines),
        files=files,
        file_count=len(ordered),
        unseen=sum(item.finding == "unseen" and not item.missing for item in checklist),
        viewed=_viewed(ordered, current, facts=facts, marks=marks, city=city, address=address),
        others=tuple(
            Other(
                unit=named(city.units[each.unit_code].short_name),
                matter=named(each.matter_name),
                officer=each.officer_name,
                status=task_tag(each.status),
                light=each.standing.light,
                words=light_words(each.standing),
            )
            for each in view.others
        ),
        others_done=sum(each.standing.light is Light.DONE for each in view.others),
        history=timeline(view.history, progress, city),
        reasons=reasons(progress.holdups, city, today=today),
        axis=axis,
        lane=lane,
        checklist=checklist,
        draft=str(sheet.get("opinion", "")),
        saved=clock(datetime.fromisoformat(str(sheet["saved_at"]))) if sheet else "",
        light=task.standing.light if task else None,
        light_words=light_words(task.standing) if task else "",
        position=place + 1,
        queue_length=len(view.queue),
        previous_href=_task_address(view.queue[place - 1]) if place > 0 else "",
        next_href=_task_address(view.queue[place + 1]) if 0 <= place < len(view.queue) - 1 else "",
        is_mine=is_mine,
    )


def _facts(
    view: CaseView,
    papers: Sequence[Paper],
    *,
    current: Paper | None,
    changed: Mapping[str, Changed],
    city: City,
    address: str,
) -> tuple[tuple[FactRow, ...], Mapping[UUID, int]]:
    """What was declared, each fact with the papers that it rests on; and these papers' marks as the list has them."""
    shown = facts_in_words(view.head.facts, {use.code: named(use) for use in city.pack.uses})
    latest = {paper.material_code: paper for paper in papers}
    saying: dict[str, list[Paper]] = {}
    for paper in (each for each in papers if latest[each.material_code] is each):
        for name in city.materials[paper.material_code].facts if paper.material_code in city.materials else ():
            saying.setdefault(name, []).append(paper)
    used = {paper.id for name, _, _ in shown for paper in saying.get(name, ())}
    marks = {paper.id: at for at, paper in enumerate((each for each in papers if each.id in used), start=1)}
    rows = []
    for name, label, value in shown:
        now = changed.get(f"fact-{name}")
        proofs = tuple(
            Proof(marks[paper.id], _name(paper, city), f"{address}?file={paper.id}", is_open=paper is current)
            for paper in saying.get(name, ())
        )
        rows.append(FactRow(name, label, value, proofs, was=now.was if now else "", number=now.number if now else ""))
    return tuple(rows), marks


def _checklist(
    task: OwnTask, papers: Iterable[Paper], needs: Collection[str], city: City, address: str
) -> Iterable[CheckItem]:
    """Each paper that the matter needs, as it was found; what the applicant has replaced since is not seen again."""
    latest = {paper.material_code: paper for paper in papers}
    noted = task.worksheet.get("papers", {})
    for code in needs:
        paper = latest.get(code)
        name = named(city.materials[code]) if code in city.materials else code
        if paper is None:
            yield CheckItem(code, name, "unseen", missing=gettext("未提交"))
            continue
        note = noted.get(code, {})
        finding = note.get("finding", "unseen") if note.get("paper") == str(paper.id) else "unseen"
        yield CheckItem(code, name, finding, href=f"{address}?file={paper.id}")


def _changed(each: ChangeView, city: City, address: str) -> Changed:
    is_fact = each.kind == "fact"
    words = value_words(city, each.target, each.new_value) if is_fact else each.file_name or each.new_value
    return Changed(
        name=each.target,
        label=target_name(city, each.kind, each.target),
        words=words,
        was=value_words(city, each.target, each.old_value) if is_fact and each.is_changed else each.old_file_name,
        explanation=each.explanation,
        number=each.number,
        href=f"{address}?file={each.attachment_id}" if each.attachment_id else "",
        was_href=flask.url_for("files.paper", paper_id=each.old_attachment_id) if each.old_attachment_id else "",
    )


def short_id(paper_id: UUID | str) -> str:
    """Enough of an id to know one's own materials again in a cookie."""
    return str(paper_id).replace("-", "")[:10]


def _task_address(task_id: UUID) -> str:
    return flask.url_for("desk.case_of_task", task_id=task_id)


def _in_groups(papers: Iterable[Paper], needs: Collection[str]) -> list[Paper]:
    return sorted(papers, key=lambda paper: paper.material_code not in needs)


def _name(paper: Paper, city: City) -> str:
    material = city.materials.get(paper.material_code)
    return named(material) if material else paper.file_name


def _file_groups(
    papers: list[Paper],
    needs: Collection[str],
    city: City,
    *,
    current: Paper | None,
    seen: Collection[str],
    address: str,
    replaced: Collection[str | None],
    marks: Mapping[UUID, int],
) -> tuple[FileGroup, ...]:
    groups = []
    for label, wanted in ((gettext("本事项所需"), True), (gettext("其他申报材料"), False)):
        files = tuple(
            FileItem(
                name=_name(paper, city),
                href=f"{address}?file={paper.id}",
                is_seen=short_id(paper.id) in seen,
                is_current=paper is current,
                is_changed=str(paper.id) in replaced,
                mark=marks.get(paper.id, 0),
            )
            for paper in papers
            if (paper.material_code in needs) is wanted
        )
        if files:
            note = gettext("已看 %(seen)s / %(all)s", seen=sum(file.is_seen for file in files), all=len(files))
            groups.append(FileGroup(label, note, files))
    return tuple(groups)


def _viewed(
    papers: list[Paper],
    current: Paper | None,
    *,
    facts: Iterable[FactRow],
    marks: Mapping[UUID, int],
    city: City,
    address: str,
) -> Viewed | None:
    if current is None:
        return None
    at = papers.index(current)
    size = number(current.size_bytes // KIB + 1)
    return Viewed(
        name=_name(current, city),
        # The browser's own viewer: the page's width, no thumbnails beside it.
        href=f"/files/{current.id}{'#view=FitH&navpanes=0' if current.media_type == 'application/pdf' else ''}",
        media_type=current.media_type,
        note=f"{size} kB・{current.file_name}",
        mark=marks.get(current.id, 0),
        facts=tuple(fact for fact in facts if fact.is_open),
        previous_href=f"{address}?file={papers[at - 1].id}" if at else "",
        next_href=f"{address}?file={papers[at + 1].id}" if at + 1 < len(papers) else "",
    )


def _fee_card(own: OwnLine, city: City) -> FeeCard:
    item = city.item(own.item_code)
    line = own.line
    notes: list[str] = []
    if line is None:
        notes.append(gettext("系统正在按受理日的标准计算，几秒后刷新即可看到。"))
    else:
        notes += _grounds(line, city)
        if own.confirmed_at is not None:
            notes.append(
                gettext("%(name)s 于 %(when)s 确认", name=own.confirmed_by, when=moment_short(own.confirmed_at))
            )
    return FeeCard(
        id=own.id,
        name=named(item),
        code=f"{own.item_code}・{line.version}" if line and line.version else own.item_code,
        state=line_tag(own.state, lacks_facts=line is not None and not line.is_final),
        rows=_formula(line) if line else (),
        notes=tuple(notes),
        can_be_confirmed=own.can_be_confirmed,
        version=own.version,
    )


def _formula(line: Line) -> tuple[FormulaRow, ...]:
    rows = []
    if line.quantity is not None and line.rate_text:
        quantity = f"{number(line.quantity)} {line.unit}"
        rate = f"{grouped(line.rate_text)}{line.rate_unit if line.rate_unit == '%' else f' {line.rate_unit}'}"
        rows.append(FormulaRow(label=gettext("计费数量"), terms=line.basis, result=quantity))
        rows.append(FormulaRow(label=gettext("标准金额"), terms=f"{quantity} × {rate}", amount_fen=line.gross_fen))
    if line.reduction_fen:
        rows.append(FormulaRow(label=gettext("减免"), terms=line.reason, amount_fen=-line.reduction_fen))
    if line.subsidy_fen:
        rows.append(FormulaRow(label=gettext("财政补助"), terms=line.reason, amount_fen=-line.subsidy_fen))
    if len(rows) == 2:
        # Nothing comes off: quantity, then amount, and no third line that says the same.
        rows[1] = FormulaRow(
            label=gettext("应缴金额"), terms=rows[1].terms, amount_fen=line.payable_fen, is_result=True
        )
    else:
        terms = "" if rows else line.explanation
        rows.append(FormulaRow(label=gettext("应缴金额"), terms=terms, amount_fen=line.payable_fen, is_result=True))
    return tuple(rows)


def _grounds(line: Line, city: City) -> list[str]:
    notes = []
    started = _first_day(city, line)
    if line.legal_basis and started:
        notes.append(
            gettext("依据 %(basis)s，按受理日取 %(day)s 起执行的标准", basis=line.legal_basis, day=started.isoformat())
        )
    elif line.legal_basis:
        notes.append(gettext("依据 %(basis)s", basis=line.legal_basis))
    if line.composition:
        notes.append(gettext("标准构成 %(parts)s", parts=line.composition))
    if line.explanation and line.quantity is not None:
        notes.append(line.explanation)
    if not line.is_final:
        notes.append(gettext("缺少：%(names)s", names="、".join(line.missing)))
    elif not line.reduction_fen:
        notes.append(gettext("减免：无"))
    notes.append(gettext("示例标准，以当地文件为准"))
    return notes


def _first_day(city: City, line: Line) -> date | None:
    return next(
        (
            version.period.first
            for version in city.tariff.versions
            if version.item == line.code and version.version == line.version
        ),
        None,
    )
