"""Reports on the finance desk, and what was taken out of the books as a file: who, what, when, how many rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import flask
from flask_babel import gettext
from werkzeug.wrappers import Response

from services import exports as service
from services import reports as tables
from services.sitting import sitting
from shared.db import exports
from shared.db.exports import FORMS, PDF, ExportRow
from shared.domain.errors import Invalid, Problem
from shared.english.books import HEADS
from shared.sheets import delimited, workbook
from shared.sheets.columns import Cell, Column, Kind
from web.auth.access import login_required, signed_in
from web.components import Choice, Pager, Tab
from web.files.answers import attachment
from web.finance.books import days_asked
from web.i18n import is_english
from web.naming import named, said
from web.workplace import page

reports = flask.Blueprint("reports", __name__)

ROLE = service.ROLE
PLACE = "/finance/reports"
TAKEN = "/finance/exports"
PAGE_ROWS = 50
PAGES_MAX = 200
MEDIA_TYPES = {exports.CSV: delimited.MEDIA_TYPE, exports.XLSX: workbook.MEDIA_TYPE}
FORM_NAMES = {exports.XLSX: "XLSX", exports.CSV: "CSV", PDF: "PDF"}


@reports.get(PLACE)
@login_required(ROLE)
def overview() -> Response:
    """The first of the reports."""
    return flask.redirect(flask.url_for("reports.report", kind=tables.COLLECTED), 302)


@reports.get(f"{PLACE}/<kind>")
@login_required(ROLE)
def report(kind: str) -> str:
    """One report over the days that the address names."""
    by = flask.request.args.get("by", "item")
    with sitting() as office:
        first, last = days_asked(office)
        found = tables.report(office, kind, first=first, last=last, by=by)
        days: dict[str, Any] = {"first": first.isoformat(), "last": last.isoformat()}
        return page(
            "finance/report.html",
            office,
            place=PLACE,
            report=found,
            title=head(tables.NAMES[kind]),
            note=said(found.note),
            tabs=tuple(
                Tab(head(name), flask.url_for("reports.report", kind=each, **days), is_current=each == kind)
                for each, name in tables.NAMES.items()
            ),
            choices=tuple(
                Tab(
                    head(name),
                    flask.url_for("reports.report", kind=kind, by=each, **days),
                    is_current=each == by,
                )
                for each, name in tables.BY_NAMES.items()
            )
            if kind == tables.COLLECTED
            else (),
            forms=FORM_NAMES,
            head=head,
            shown=shown,
        )


@reports.get(TAKEN)
@login_required(ROLE)
def taken() -> str:
    """What was taken out, and the form to take out more."""
    return _taken(())


@reports.post(TAKEN)
@login_required(ROLE)
def take() -> Response | tuple[str, int]:
    """Put on record that rows are taken out, then send them on to the file."""
    form = flask.request.form
    try:
        first, last = _day(form.get("first", ""), "first"), _day(form.get("last", ""), "last")
        with sitting() as office:
            export_id = service.ask(
                office,
                account=signed_in(),
                subject=form.get("subject", ""),
                form=form.get("form", ""),
                first=first,
                last=last,
                by=form.get("by", ""),
                state=form.get("state", ""),
            )
    except Invalid as invalid:
        return _taken(invalid.problems), 422
    if form.get("form") == PDF:
        flask.flash(gettext("正在制作 PDF，完成后在下面下载。"))
        return flask.redirect(flask.url_for("reports.taken"), 303)
    return flask.redirect(flask.url_for("reports.send", export_id=export_id), 303)


@reports.get(f"{TAKEN}/<uuid:export_id>")
@login_required(ROLE)
def send(export_id: UUID) -> Response:
    """The file of an export that is on record, streamed to whoever asked for it."""
    with sitting() as office:
        export = service.to_send(office, account=signed_in(), export_id=export_id)
        area = office.area

    def pieces() -> Iterator[bytes]:
        with sitting(area=area) as office:
            yield from service.file(office, export)

    return attachment(pieces(), media_type=MEDIA_TYPES[export.form], name=service.file_name(export))


def _taken(problems: tuple[Problem, ...] | list[Problem]) -> str:
    number = _page()
    arguments = flask.request.values
    with sitting() as office:
        first, last = (office.today.replace(day=1).isoformat(), office.today.isoformat())
        rows = exports.latest(office.session, limit=PAGE_ROWS + 1, offset=(number - 1) * PAGE_ROWS)
        return page(
            "finance/exports.html",
            office,
            place=TAKEN,
            rows=rows[:PAGE_ROWS],
            subject_of=_subject,
            me=signed_in().id,
            subjects=[Choice(code, head(name)) for code, name in service.SUBJECTS.items()],
            states=[Choice("", gettext("全部")), *(Choice(code, head(name)) for code, name in service.STATES.items())],
            ways=[Choice(code, head(name)) for code, name in tables.BY_NAMES.items()],
            forms=[Choice(code, name) for code, name in FORM_NAMES.items()],
            chosen={
                "subject": arguments.get("subject", service.BILLS),
                "form": arguments.get("form", FORMS[1]),
                "first": arguments.get("first", first),
                "last": arguments.get("last", last),
                "by": arguments.get("by", "item"),
                "state": arguments.get("state", ""),
            },
            wrong={each.field: said(each.problem) for each in problems},
            form_names=FORM_NAMES,
            pages=Pager(
                "",
                number,
                f"{TAKEN}?page={number - 1}" if number > 1 else "",
                f"{TAKEN}?page={number + 1}" if len(rows) > PAGE_ROWS else "",
            ),
        )


def head(name: str) -> str:
    """A report's or column's name in the reader's language."""
    return HEADS.get(name, name) if is_english() else name


def shown(column: Column, cell: Cell) -> str:
    """A cell that is no amount, as the page shows it."""
    match cell:
        case None:
            return "—"
        case str():
            return head(cell) if cell in HEADS else named(cell)
        case datetime() | date():
            return cell.isoformat()
        case Decimal():
            return f"{cell * 100:.1f}%"
        case int():
            return f"{cell:,}" if column.kind is Kind.COUNT else str(cell)


def _subject(row: ExportRow) -> str:
    """What an export held."""
    parts = [head(service.SUBJECTS[row.subject])]
    if row.by:
        parts.append(head(tables.BY_NAMES[row.by]))
    if row.state:
        parts.append(head(service.STATES[row.state]))
    return "・".join(parts)


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Invalid([Problem(field, "请填写日期")]) from error


def _page() -> int:
    text = flask.request.args.get("page", "")
    return min(max(int(text), 1), PAGES_MAX) if text.isascii() and text.isdigit() and len(text) < 5 else 1
