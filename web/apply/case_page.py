"""The page of a case for its applicant: what to do next, who is at it, the one bill, the papers, what happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import flask
import segno
from flask_babel import gettext

from shared.channels.configured import names
from shared.db.cases import ENDED
from shared.db.city import City
from shared.db.queries.cases import BillView, CaseFile
from shared.db.queries.corrections import NoticeView
from shared.db.queries.progress import Progress
from shared.domain.deadlines import Deadlines
from shared.domain.errors import CalendarNotLoaded
from shared.domain.lines import ACCOUNT_NAMES, PAYERS, Line
from shared.domain.words import in_words
from shared.settings import settings
from web.apply.lanes import lanes_of, steps_of
from web.apply.lines import ShownLines, shown_lines
from web.apply.promises import promised_steps
from web.components import (
    BillCard,
    BillGroup,
    BillLineRow,
    DocumentRow,
    FileItem,
    Lanes,
    NextStep,
    Reason,
    Step,
    Tag,
    TimelineEvent,
    Tone,
)
from web.corrections import days_left, units_words
from web.desk.words import case_tag, line_status_words
from web.filters import day_long, day_short, moment
from web.holdups import reasons
from web.naming import named, named_twice
from web.slip import KIND as SLIP
from web.timeline import timeline
from web.waiting import FACTS, LINE, Waiting, waiting_for

#: Events shown at once; the older ones fold away.
EVENTS_SHOWN = 8
#: Missing things named in the place of the bill; all of them stand under the lanes.
MISSING_SHOWN = 5


@dataclass(frozen=True, slots=True)
class ShownBill:
    """A bill card with the way to pay it, if it can be paid now."""

    card: BillCard
    pay_href: str
    total_fen: int
    due_words: str


@dataclass(frozen=True, slots=True)
class CasePage:
    """Everything on the page."""

    state: Tag
    steps: tuple[Step, ...]
    next_steps: tuple[NextStep, ...]
    reasons: tuple[Reason, ...]
    lanes: Lanes
    bills: tuple[ShownBill, ...]
    lines: ShownLines
    documents: tuple[DocumentRow, ...]
    papers: tuple[FileItem, ...]
    latest: tuple[TimelineEvent, ...]
    older: tuple[TimelineEvent, ...]

    @property
    def open_bill(self) -> ShownBill | None:
        """The bill to pay now, for the bar at the foot of a phone."""
        return next((bill for bill in self.bills if bill.pay_href), None)


def case_page(
    file: CaseFile, progress: Progress, city: City, *, correction: NoticeView | None, today: date
) -> CasePage:
    """Compose the page; nothing is decided here that the case does not already say."""
    missing = waiting_for(file, city)
    # A slip runs on: of its renditions only the newest is worth a place.
    slips = [each for each in file.documents if each.kind == SLIP]
    events = timeline(file.events, progress, city)
    return CasePage(
        state=case_tag(file.case.status),
        steps=steps_of(file),
        next_steps=(*_correct(correction, file, city, today), *_next_steps(file, city, missing, today, correction)),
        reasons=reasons(progress.holdups, city, today=today, is_applicant=True),
        lanes=lanes_of(file, progress, city, today=today, is_applicant=True),
        bills=tuple(_bill(bill, file, city, today) for bill in file.bills)
        or (_not_yet(missing, today, is_over=file.case.status in ENDED),),
        lines=shown_lines((Line.from_json(line.line) for line in file.lines if line.line), city),
        documents=tuple(
            DocumentRow(
                each.title,
                day_short(each.requested_at),
                flask.url_for("files.document", document_id=each.id) if each.is_ready else "",
            )
            for each in reversed(file.documents)
            if each.kind != SLIP or each is slips[-1]
        ),
        papers=tuple(
            FileItem(
                name=named(city.materials[each.material_code])
                if each.material_code in city.materials
                else each.file_name,
                href=flask.url_for("files.paper", paper_id=each.id),
                note=each.file_name,
            )
            for each in file.papers
        ),
        latest=events[:EVENTS_SHOWN],
        older=events[EVENTS_SHOWN:],
    )


def pay_address(bill: BillView) -> str:
    """Where a bill is paid."""
    return f"{settings().sandbank_url}/pay?code={bill.payment_code}"


def waiting_words(each: Waiting, today: date) -> str:
    """One missing thing in a line: what, whose, by whom, until when."""
    who, what = f"{named(each.unit_name)} {each.officer}".strip(), named(each.what)
    if each.is_objected:
        return str(gettext("%(what)s：%(who)s 有不同意见，待解决", what=what, who=who))
    due = gettext("应于 %(day)s 前，已超期", day=day_short(each.due_on)) if each.due_on < today else ""
    due = due or gettext("%(day)s 前", day=day_short(each.due_on))
    if each.kind == FACTS:
        return str(gettext("%(what)s：缺少申报事实，请联系%(who)s", what=what, who=who))
    if each.kind == LINE:
        return str(gettext("%(what)s：%(who)s 核定，%(due)s", what=what, who=who, due=due))
    return str(gettext("%(what)s：%(who)s 审核，%(due)s", what=what, who=who, due=due))


def _correct(notice: NoticeView | None, file: CaseFile, city: City, today: date) -> tuple[NextStep, ...]:
    """The notice of corrections that waits for the applicant, with the days left."""
    if notice is None or notice.reply_due_on is None or not notice.groups:
        return ()
    left = days_left(city, notice.reply_due_on, today)
    title = gettext("需要您补正，%(day)s前答复", day=day_long(notice.reply_due_on))
    if left is not None and left >= 0:
        title = gettext("需要您补正，剩 %(days)s 个工作日", days=left)
    elif left is not None:
        title = gettext("需要您补正，答复期限 %(day)s 已过", day=day_long(notice.reply_due_on))
    document = file.document_of("correction", notice.id)
    is_ready = document is not None and document.is_ready
    return (
        NextStep(
            title=title,
            detail=gettext(
                "%(units)s 共要求补正 %(count)s 项；补正期间停表，不占办理时限，不重复收费。",
                units=units_words(city, (item.unit_code for group in notice.groups for item in group)),
                count=len(notice.groups),
            ),
            action=gettext("去补正"),
            href=flask.url_for("apply_corrections.page", application_id=file.case.id),
            other_action=gettext("补正告知书") if is_ready else "",
            other_href=flask.url_for("files.document", document_id=document.id) if document else "",
        ),
    )


def _next_steps(
    file: CaseFile, city: City, missing: tuple[Waiting, ...], today: date, correction: NoticeView | None
) -> tuple[NextStep, ...]:
    if file.case.status in ENDED:
        return (_ended(file),)
    steps = [
        NextStep(
            title=gettext(
                "%(unit)s不同意“%(matter)s”",
                unit=named_twice(city.units[task.unit_code]),
                matter=named(task.matter_name),
            ),
            detail=task.opinion + (gettext("怎样才能办：%(way)s", way=task.way) if task.way else ""),
        )
        for task in file.tasks
        if task.status == "objected"
    ]
    steps += [_pay(bill, file, city, today) for bill in file.bills if bill.is_open]
    steps += promised_steps(file, today)
    if steps or correction is not None:
        return tuple(steps)
    if file.case.status == "completed" or (file.bills and all(not bill.is_open for bill in file.bills)):
        return (_finished(file),)
    late = [each for each in missing if each.due_on < today]
    first = next(iter(late or missing), None)
    return (
        NextStep(
            title=gettext("各部门正在办理，您现在不用做什么"),
            detail=gettext(
                "还在等 %(count)s 项；最早的一项是%(what)s。", count=len(missing), what=waiting_words(first, today)
            )
            if first
            else gettext("全部核定，正在合成缴费单。"),
        ),
    )


def _ended(file: CaseFile) -> NextStep:
    if file.case.status == "withdrawn":
        paid = any(bill.paid_fen for bill in file.bills)
        detail = gettext("已缴的款项由财政部门办理退费。") if paid else gettext("不用缴费；需要时可以重新申报。")
        return NextStep(title=gettext("您已撤回申报"), detail=detail)
    kind = "not_accepted" if file.case.status == "not_accepted" else "refusal"
    paper = next((each for each in file.documents if each.kind == kind), None)
    is_ready = paper is not None and paper.is_ready
    if kind == "not_accepted":
        return NextStep(
            title=gettext("申报不予受理"),
            detail=gettext("通知书写明理由、依据和去哪里办；条件具备或者申报事实有变化的，可以重新申报。"),
            action=gettext("下载不予受理通知书") if is_ready else "",
            href=flask.url_for("files.document", document_id=paper.id) if paper is not None and is_ready else "",
        )
    return NextStep(
        title=gettext("已作出不予许可决定"),
        detail=gettext("决定书写明各部门的理由、怎样才能办，以及申请复议、提起诉讼的期限；改好后可以重新申报。"),
        action=gettext("下载决定书") if is_ready else "",
        href=flask.url_for("files.document", document_id=paper.id) if paper is not None and is_ready else "",
    )


def _pay(bill: BillView, file: CaseFile, city: City, today: date) -> NextStep:
    document = file.document_of("bill", bill.id)
    is_late = bill.due_on < today
    return NextStep(
        title=gettext("缴费期限 %(day)s 已过，请尽快缴费", day=day_long(bill.due_on))
        if is_late
        else gettext("%(day)s前缴费", day=day_long(bill.due_on)),
        detail=gettext(
            "%(count)s 项收费已全部核定，合成一张缴费单。", count=sum(line.bill_id == bill.id for line in file.lines)
        )
        + ("" if is_late else _left(bill, city, today))
        + gettext("到账后自动出具盖章凭证，无须再跑窗口。"),
        action=gettext("去缴费"),
        href=pay_address(bill),
        other_action=gettext("缴费通知书") if document and document.is_ready else "",
        other_href=flask.url_for("files.document", document_id=document.id) if document else "",
        amount_fen=bill.total_fen,
    )


def _left(bill: BillView, city: City, today: date) -> str:
    try:
        days = Deadlines(city.calendar, today).between(today, bill.due_on)
    except CalendarNotLoaded:
        return ""
    return str(gettext("还剩 %(days)s 个工作日。", days=days) if days else gettext("今天是最后一天。"))


def _finished(file: CaseFile) -> NextStep:
    receipt_ids = [bill.receipt_id for bill in file.bills if bill.receipt_id]
    papers = [file.document_of("receipt", receipt_id) for receipt_id in receipt_ids]
    ready = next((paper for paper in papers if paper and paper.is_ready), None)
    if ready:
        return NextStep(
            title=gettext("已经办结，请下载缴费凭证"),
            detail=gettext("凭证由各执收单位和财政部门签章，可扫码验真。"),
            action=gettext("下载凭证"),
            href=flask.url_for("files.document", document_id=ready.id),
        )
    if any(bill.status == "paid" for bill in file.bills):
        return NextStep(title=gettext("款项已到账，正在出具凭证"), detail=gettext("通常几秒钟，请稍后刷新。"))
    return NextStep(title=gettext("已经办结，各项费用均无须缴纳"), detail=gettext("理由和依据逐项列在缴费单上。"))


def _bill(bill: BillView, file: CaseFile, city: City, today: date) -> ShownBill:
    lines = [line for line in file.lines if line.bill_id == bill.id]
    groups: dict[str, list[BillLineRow]] = {}
    for line in lines:
        groups.setdefault(city.item(line.item_code).account, []).append(
            BillLineRow(
                name=named(city.item(line.item_code)),
                amount_fen=line.due_fen or 0,
                reason="" if line.due_fen else line_status_words(line.status),
            )
        )
    notes = {
        "treasury": gettext("财政收入"),
        "agency": gettext("代收代拨，不计财政收入"),
        "deposit": gettext("可退还，不计财政收入"),
    }
    can_pay = bill.is_open
    card = BillCard(
        state=_bill_tag(bill, today),
        summary=gettext("%(count)s 项合一", count=len(lines))
        + (f"・{named(PAYERS[bill.payer])}" if len(file.bills) > 1 else ""),
        total_fen=bill.total_fen,
        total_in_words=in_words(bill.total_fen),
        groups=tuple(
            BillGroup(
                named(ACCOUNT_NAMES[account]), notes[account], account, sum(row.amount_fen for row in rows), tuple(rows)
            )
            for account, rows in sorted(groups.items(), key=lambda group: list(notes).index(group[0]))
        ),
        payment_code=bill.payment_code if can_pay else "",
        qr_svg=segno.make(pay_address(bill), error="m").svg_inline(omitsize=True, border=0) if can_pay else "",
        due=bill.due_on.isoformat() if can_pay else "",
        note=gettext("%(when)s 到账，凭证见“文书”。", when=moment(bill.paid_at)) if bill.paid_at else "",
        details_href="#lines",
        scan_href=flask.url_for("scanning.page", application_id=file.case.id, bill_id=bill.id)
        if can_pay and names(settings())
        else "",
    )
    return ShownBill(card, pay_address(bill) if can_pay else "", bill.owed_fen, day_short(bill.due_on))


def _bill_tag(bill: BillView, today: date) -> Tag:
    if bill.is_open:
        return Tag(gettext("逾期"), Tone.RED) if bill.due_on < today else Tag(gettext("待缴"), Tone.AMBER)
    return {
        "paid": Tag(gettext("已缴"), Tone.GREEN),
        "refunded": Tag(gettext("已退费")),
        "nothing_due": Tag(gettext("无须缴款")),
        "void": Tag(gettext("已作废")),
    }[bill.status]


def _not_yet(missing: tuple[Waiting, ...], today: date, *, is_over: bool) -> ShownBill:
    """The bill before it is out: what it waits for, objections and the earliest first, the rest by number."""
    ordered = sorted(missing, key=lambda each: not each.is_objected)
    shown = [waiting_words(each, today) for each in ordered[:MISSING_SHOWN]]
    if len(ordered) > MISSING_SHOWN:
        shown.append(gettext("另有 %(count)s 项，见“为什么还没办完”", count=len(ordered) - MISSING_SHOWN))
    if is_over:
        card = BillCard(state=Tag(gettext("未开出")), summary="", note=gettext("办件已终止，不开缴费单"))
    else:
        card = BillCard(state=Tag(gettext("未开出")), summary="", missing=tuple(shown) or (gettext("正在合成缴费单"),))
    return ShownBill(card, "", 0, "")
