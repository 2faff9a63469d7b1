"""What an inbox does beside showing rows: many tasks claimed at once, and word of new ones without moving a row."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import flask
from flask_babel import gettext
from werkzeug.wrappers import Response

from services import review
from services.sitting import sitting
from shared.db.city import City
from shared.db.queries.desk import Desk
from shared.db.queries.inbox import PAGE_ROWS, Tab
from shared.db.queries.inbox_clocks import arrivals, numbers_of
from shared.domain.errors import Conflict, NotAllowed
from web.auth.access import actor, login_required, signed_in
from web.naming import said

inbox_acts = flask.Blueprint("inbox_acts", __name__)

ROLES = ("officer", "checker")


@inbox_acts.post("/desk/take")
@login_required(*ROLES)
def take_many() -> Response:
    """Claim the selected tasks, each for itself: one that a colleague was faster with does not stop the others."""
    chosen = list(dict.fromkeys(each for each in map(_id, flask.request.form.getlist("task")) if each))[:PAGE_ROWS]
    with sitting() as office:
        numbers = numbers_of(office.session, _desk(office.city), chosen)
    taken, failed = 0, []
    for task_id, number in numbers.items():
        try:
            with sitting() as office:
                review.take(office, task_id=task_id, actor=actor())
        except (Conflict, NotAllowed) as refused:
            failed.append(gettext("%(number)s：%(why)s", number=number, why=said(str(refused))))
        else:
            taken += 1
    if not numbers:
        flask.flash(gettext("还没有选择办件，请先在表格左侧勾选。"))
    if taken:
        flask.flash(gettext("已认领 %(count)s 件，可以办理了。", count=taken))
    for words in failed:
        flask.flash(words)
    tab = flask.request.form.get("tab", "")
    return flask.redirect(flask.url_for("desk.inbox", tab=tab if tab in set(Tab) else Tab.UNCLAIMED.value), 303)


@inbox_acts.get("/desk/news")
@login_required(*ROLES)
def news() -> Response:
    """How many tasks have come since a page was made, in words; empty while there are none."""
    try:
        since = datetime.fromisoformat(flask.request.args.get("since", ""))
    except ValueError:
        since = None
    words, detail = "", ""
    if since is not None and since.tzinfo is not None:
        with sitting() as office:
            found = arrivals(office.session, _desk(office.city), since=since)
        if found.count:
            words = gettext("有 %(count)s 件新办件", count=found.count)
            detail = gettext("列表不会自行移动。")
            if found.urgent:
                detail = gettext("其中 %(count)s 件绿色通道。", count=found.urgent) + detail
    return flask.jsonify(words=words, detail=detail)


def _desk(city: City) -> Desk:
    account = signed_in()
    return Desk.of(city, account_id=account.id, unit_code=account.unit_code)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
