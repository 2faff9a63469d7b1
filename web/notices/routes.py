"""The notices' addresses: the list, and marking one or all as read. Reading the list marks nothing."""

from __future__ import annotations

from uuid import UUID

import flask
from flask_babel import gettext
from werkzeug.wrappers import Response

from services import notices as service
from services.sitting import sitting
from shared.db import notices as rows
from shared.db.notices import NoticePage
from web.auth.access import login_required, same_site_path, signed_in
from web.components import Pager
from web.notices.words import notice_tag
from web.workplace import page

notices = flask.Blueprint("notices", __name__)

PAGES_MAX = 400


@notices.get("/notices")
@login_required()
def listed() -> str:
    """My notices and those of my unit's desk, the latest first."""
    account = signed_in()
    with sitting() as office:
        number = _page()
        found = rows.listed(office.session, service.reader(account), page=number)
        pages = _pager(found, number)
        if account.role == "applicant":
            return flask.render_template("notices/space.html", found=found, pages=pages, notice_tag=notice_tag)
        return page("notices/desk.html", office, place="/notices", found=found, pages=pages, notice_tag=notice_tag)


@notices.post("/notices/<uuid:notice_id>/read")
@login_required()
def read(notice_id: UUID) -> Response:
    """Mark one notice as read, and go where it leads."""
    with sitting() as office:
        service.mark_read(office, account=signed_in(), notice_id=notice_id)
    return flask.redirect(same_site_path(flask.request.form.get("next")) or flask.url_for("notices.listed"), 303)


@notices.post("/notices/read")
@login_required()
def read_all() -> Response:
    """Mark every notice as read."""
    with sitting() as office:
        service.mark_read(office, account=signed_in())
    return flask.redirect(flask.url_for("notices.listed"), 303)


def _page() -> int:
    at = flask.request.args.get("page", "")
    return min(max(int(at), 1), PAGES_MAX) if at.isascii() and at.isdigit() else 1


def _pager(found: NoticePage, number: int) -> Pager:
    return Pager(
        gettext("共 %(count)s 条", count=found.found),
        number,
        f"/notices?page={number - 1}" if number > 1 else "",
        f"/notices?page={number + 1}" if found.has_more else "",
    )
