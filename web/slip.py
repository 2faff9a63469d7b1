"""The running handling slip as a page: the figures of the case in the reader's language, and its sealed copy."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import flask
from flask_babel import gettext

from services.sitting import Sitting
from shared.db.queries.cases import CaseFile
from shared.db.queries.handling import Handling, HandlingRow, Standstill, handling
from shared.db.queries.progress import progress
from shared.domain.holdups import CLOSED
from web.apply.lanes import lanes_of, line_tag, pause_name, task_tag
from web.components import HandlingLine, Lanes, Light, PauseLine, Reason, Tag, Tone
from web.deadlines import light_words
from web.desk.words import case_tag
from web.filters import moment_short
from web.holdups import reasons
from web.naming import named

KIND = "handling_slip"


@dataclass(frozen=True, slots=True)
class SlipPage:
    """Everything on the page; `document_href` is empty until the newest sealed slip is made."""

    file: CaseFile
    state: Tag
    figures: tuple[tuple[str, str], ...]
    reasons: tuple[Reason, ...]
    lanes: Lanes
    rows: tuple[HandlingLine, ...]
    pauses: tuple[PauseLine, ...]
    document_title: str
    document_href: str
    is_making: bool
    can_ask: bool


def slip_page(office: Sitting, file: CaseFile, *, is_applicant: bool) -> SlipPage:
    """Compose the page as of now. One query beside the file."""
    where = progress(office.session, office.city, file.case.id, today=office.today)
    found = handling(file, where, office.city, today=office.today)
    sealed = next((each for each in reversed(file.documents) if each.kind == KIND), None)
    is_closed = file.case.status in CLOSED
    is_last = (
        sealed is not None
        and is_closed
        and file.case.closed_at is not None
        and sealed.requested_at >= file.case.closed_at
    )
    return SlipPage(
        file=file,
        state=case_tag(file.case.status),
        figures=tuple(_figures(found)),
        reasons=reasons(where.holdups, office.city, today=office.today, is_applicant=is_applicant),
        lanes=lanes_of(file, where, office.city, today=office.today, is_applicant=is_applicant),
        rows=tuple(_row(row, office) for row in found.rows),
        pauses=tuple(_pause(each) for each in found.standstills),
        document_title=sealed.title if sealed else "",
        document_href=_address(sealed.id) if sealed and sealed.is_ready else "",
        is_making=sealed is not None and not sealed.is_ready,
        can_ask=not is_last and (sealed is None or sealed.is_ready),
    )


def _address(document_id: UUID) -> str:
    return flask.url_for("files.document", document_id=document_id)


def _figures(found: Handling) -> list[tuple[str, str]]:
    return [
        (
            gettext("承诺时限"),
            gettext("%(days)s 个工作日，至 %(day)s", days=found.promised_days, day=found.due_on.isoformat()),
        ),
        (gettext("净用时"), _days(found.net_days)),
        (gettext("毛用时（含停表）"), _days(found.gross_days)),
        (
            gettext("办结"),
            gettext("%(done)s / %(all)s 项", done=len(found.rows) - found.open_rows, all=len(found.rows)),
        ),
    ]


def _days(days: int | None) -> str:
    return str(gettext("工作日历未导入") if days is None else gettext("%(days)s 个工作日", days=days))


def _row(row: HandlingRow, office: Sitting) -> HandlingLine:
    city = office.city
    details = [
        gettext("由%(unit)s移交", unit=named(city.units[code].short_name))
        for code in row.came_from
        if code in city.units
    ]
    if row.waits_for:
        details.append(gettext("等%(names)s", names=gettext("、").join(named(name) for name in row.waits_for)))
    if row.is_by_default:
        details.append(gettext("超时默认"))
    if row.opinion:
        details.append(row.opinion)
    name = named(row.name)
    light = Light.WAITING if row.standing is None else Light(row.standing.light.value)
    words = light_words(row.standing) if row.standing else gettext("未开始")
    if row.status == "objected":
        light, words = Light.RED, gettext("待解决")
    return HandlingLine(
        what=gettext("%(item)s核定", item=name) if row.line_state else name,
        unit=named(city.units[row.unit_code].short_name),
        did=_did(row),
        detail=gettext("；").join(details),
        people=row.people,
        started=moment_short(row.started_at) if row.started_at else "",
        ended=moment_short(row.ended_at) if row.ended_at else "",
        net_days=row.net_days,
        gross_days=row.gross_days,
        promised_days=row.promised_days,
        light=light,
        light_words=words,
    )


def _did(row: HandlingRow) -> Tag:
    if row.line_state:
        return line_tag(row.line_state, lacks_facts=row.status == "needs_facts")
    if row.paused_for and row.ended_at is None:
        return Tag(pause_name(row.paused_for), Tone.PURPLE)
    if row.status == "approved":
        return Tag(gettext("同意"), Tone.GREEN, is_quiet=True)
    return task_tag(row.status)


def _pause(each: Standstill) -> PauseLine:
    return PauseLine(
        what=named(each.name),
        kind=pause_name(each.kind),
        reason=each.reason,
        by=each.by,
        started=moment_short(each.started_at),
        ended=moment_short(each.ended_at) if each.ended_at else "",
        days=each.days,
    )
