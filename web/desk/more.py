"""What else an officer can do with a case: one line for each act that has a page of its own."""

from __future__ import annotations

from collections.abc import Iterator

import flask
from flask_babel import gettext

from shared.db.accounts import AccountRow
from shared.db.city import City
from shared.db.queries.desk_case import CaseView


def further_acts(view: CaseView, account: AccountRow, city: City) -> tuple[tuple[str, str, bool], ...]:
    """Each act as its label, the address of its page, and whether it is destructive."""
    return tuple(_acts(view, account, city))


def _acts(view: CaseView, account: AccountRow, city: City) -> Iterator[tuple[str, str, bool]]:
    task = view.head.task
    if task is not None and not task.is_decided and view.head.case_status in ("in_review", "objected", "billed"):
        yield gettext("要求补正"), flask.url_for("desk_corrections.ask_page", task_id=task.id), False
    if task is not None and task.status in ("waiting", "open", "taken"):
        yield gettext("移交其他单位"), flask.url_for("handover.form", task_id=task.id), False
    yield gettext("办理回执单"), flask.url_for("desk.slip", application_id=view.head.application_id), False
    yield (
        gettext("联席会议和联合踏勘"),
        flask.url_for("meetings.of_case", application_id=view.head.application_id),
        False,
    )
    yield gettext("绿色通道"), flask.url_for("green.decide_page", application_id=view.head.application_id), False
    if task is not None:
        yield gettext("计时、停表和延期"), flask.url_for("timing.clock", task_id=task.id), False
    if account.unit_code == city.lead_unit and view.head.case_status == "in_review":
        yield gettext("不予受理"), flask.url_for("door.not_accept", application_id=view.head.application_id), True
    stands = any(
        status == "objected" for status in (task.status if task else "", *(each.status for each in view.others))
    )
    if stands and account.unit_code == city.lead_unit:
        address = flask.url_for("verdicts.refusal_page", application_id=view.head.application_id)
        yield gettext("不予许可决定书"), address, True
