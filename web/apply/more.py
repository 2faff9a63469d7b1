"""What else an applicant can do with a case: one line for each act that has a page of its own."""

from __future__ import annotations

from collections.abc import Iterator

import flask
from flask_babel import gettext

from shared.db.accounts import AccountRow
from shared.db.queries.cases import CaseFile
from web.apply.withdrawal import OPEN


def further_acts(file: CaseFile, account: AccountRow) -> tuple[tuple[str, str, bool], ...]:
    """Each act as its label, the address of its page, and whether it is destructive."""
    return tuple(_acts(file, account))


def _acts(file: CaseFile, account: AccountRow) -> Iterator[tuple[str, str, bool]]:  # noqa: ARG001 who may do it
    yield gettext("办理回执单"), flask.url_for("apply.slip", application_id=file.case.id), False
    yield gettext("绿色通道"), flask.url_for("green.ask_page", application_id=file.case.id), False
    if any(event.verb == "paper_promised" for event in file.events):
        yield gettext("承诺后补的材料"), flask.url_for("door.promises", application_id=file.case.id), False
    if any(bill.paid_fen or bill.is_open for bill in file.bills):
        yield gettext("退费和保证金"), flask.url_for("own_refunds.overview", application_id=file.case.id), False
    if any(bill.paid_fen for bill in file.bills):
        yield gettext("面积实测结算"), flask.url_for("changes.survey_page", application_id=file.case.id), False
    for bill in file.bills:
        if bill.status != "void":
            label = gettext("对 %(number)s 提出异议", number=bill.number)
            yield label, flask.url_for("changes.dispute_page", bill_id=bill.id), False
    if file.case.status in OPEN:
        yield gettext("撤回申报"), flask.url_for("withdrawals.withdraw_page", application_id=file.case.id), True
