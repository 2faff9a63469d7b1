"""What an applicant promised to bring and still has to, told from the events of the case."""

from __future__ import annotations

from datetime import date

import flask
from flask_babel import gettext

from shared.db.queries.cases import CaseFile, EventView
from web.components import NextStep
from web.filters import day_long
from web.naming import named

#: After these the applicant has something to do; after the others of a promise, not.
_OWED = ("paper_promised", "commitment_late", "commitment_failed")
_ABOUT_PROMISES = (*_OWED, "promised_paper_brought", "commitment_fulfilled")


def promised_steps(file: CaseFile, today: date) -> list[NextStep]:
    """One step for each promised paper that has not come, or came and was not good, the earliest due first."""
    latest: dict[str, EventView] = {}
    for event in file.events:  # newest first
        if event.verb in _ABOUT_PROMISES:
            latest.setdefault(str(event.data["material"]), event)
    owed = [event for event in latest.values() if event.verb in _OWED]
    return [_step(event, file, today) for event in sorted(owed, key=lambda each: str(each.data["due_on"]))]


def _step(event: EventView, file: CaseFile, today: date) -> NextStep:
    name, due_on = named(str(event.data["title"])), date.fromisoformat(str(event.data["due_on"]))
    if event.verb == "commitment_failed":
        title = gettext("重新补交“%(name)s”", name=name)
    elif due_on < today:
        title = gettext("“%(name)s”已逾期，请尽快补交", name=name)
    else:
        title = gettext("%(day)s前补交“%(name)s”", day=day_long(due_on), name=name)
    return NextStep(
        title=title,
        detail=str(event.data.get("opinion", "")) or gettext("这是申报时承诺后补的材料。"),
        action=gettext("去补交"),
        href=flask.url_for("door.promises", application_id=file.case.id),
    )
