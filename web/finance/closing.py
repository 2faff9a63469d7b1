"""Closing days and months on the finance desk: what is open, what hinders, the figures, who opened what again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

import flask
from flask_babel import gettext
from werkzeug.wrappers import Response

from services import closing as service
from services import transfers as passing
from services.sitting import sitting
from shared.db import periods, transfers
from shared.db.queries import closing as queries
from shared.domain.accounts import Flow
from shared.domain.closing import REASON_LENGTH_MAX, Figures
from shared.domain.errors import Conflict, Invalid, NotAllowed, NotFound
from shared.domain.lines import FeeItem
from web.auth.access import login_required, signed_in
from web.components import Tag, Tone
from web.finance.words import account_words
from web.naming import said
from web.workplace import page

closing = flask.Blueprint("closing", __name__)

ROLE = service.ROLE
PLACE = "/finance/closing"
PERIODS_SHOWN = 60
BATCHES_SHOWN = 20
#: How many open things of a kind a page lists; the number of all stands beside them.
ITEMS_SHOWN = 20
#: Where what hinders is dealt with.
LINKS = {
    "callback_waiting": "/finance/attention",
    "attention": "/finance/attention",
    "statement_missing": "/finance/statements",
    "suspense": "/finance/suspense",
    "without_receipt": "/finance/bills?state=without_receipt",
    "to_pass_on": "#transfers",
    "transfer_waiting": "#transfers",
}


@closing.get(PLACE)
@login_required(ROLE)
def overview() -> str:
    """Days that are not closed, and everything that is or was."""
    with sitting() as office:
        rows = periods.everything(office.session, limit=PERIODS_SHOWN)
        return page(
            "finance/closing.html",
            office,
            place=PLACE,
            days=queries.open_days(office.session, until=office.today),
            periods=[(row, row.frozen, _state(row.state)) for row in rows],
        )


@closing.get(f"{PLACE}/<any(day, month):kind>/<date>")
@login_required(ROLE)
def so_far(kind: str, date: str) -> str:
    """A day or a month that is not closed: its figures as they stand, and what stands in the way."""
    return _so_far(kind, _day(date), {}, {})


@closing.post(f"{PLACE}/<any(day, month):kind>/<date>")
@login_required(ROLE)
def close(kind: str, date: str) -> Response | tuple[str, int]:
    """Close it, with a reason for each kind of thing that is open."""
    day = _day(date)
    reasons = {each: flask.request.form.get(f"reason-{each}", "") for each in queries.KINDS}
    act = service.close_day if kind == periods.DAY else service.close_month
    try:
        with sitting() as office:
            seen = flask.request.form.get("seen", "")
            period_id = act(office, account=signed_in(), day=day, reasons=reasons, seen=seen)
    except Invalid as invalid:
        problems = {each.field: said(each.problem) for each in invalid.problems}
        return _so_far(kind, day, reasons, problems), 422
    except Conflict as conflict:
        flask.flash(said(str(conflict)))
        return flask.redirect(flask.url_for("closing.overview"), 303)
    flask.flash(gettext("已结账，数字已冻结。"))
    return flask.redirect(flask.url_for("closing.period", period_id=period_id), 303)


@closing.get("/finance/periods/<uuid:period_id>")
@login_required(ROLE)
def period(period_id: UUID) -> str:
    """A closed period as it was closed, to read and to print."""
    return _period(period_id, "")


@closing.post("/finance/periods/<uuid:period_id>/<any(ask, allow, decline):act>")
@login_required(ROLE)
def reopen(period_id: UUID, act: str) -> Response | tuple[str, int]:
    """Ask that it be opened again, or decide on what another has asked."""
    words = flask.request.form.get("words", "")
    try:
        with sitting() as office:
            account = signed_in()
            if act == "ask":
                service.ask_reopening(office, account=account, period_id=period_id, reason=words)
            else:
                allow = act == "allow"
                service.decide_reopening(office, account=account, period_id=period_id, allow=allow, opinion=words)
    except Invalid as invalid:
        return _period(period_id, said(invalid.problems[0].problem)), 422
    except (Conflict, NotAllowed) as refused:
        flask.flash(said(str(refused)))
    return flask.redirect(flask.url_for("closing.period", period_id=period_id), 303)


@closing.post(f"{PLACE}/day/<date>/transfers")
@login_required(ROLE)
def set_down(date: str) -> Response:
    """Set down what the day holds and has to be passed on."""
    day = _day(date)
    try:
        with sitting() as office:
            batch_id = passing.propose(office, account=signed_in(), day=day)
    except Conflict as conflict:
        flask.flash(said(str(conflict)))
        return flask.redirect(flask.url_for("closing.so_far", kind="day", date=day.isoformat()), 303)
    return flask.redirect(flask.url_for("closing.batch", batch_id=batch_id), 303)


@closing.get("/finance/transfers")
@login_required(ROLE)
def all_transfers() -> str:
    """What was passed on or is to be, the latest first."""
    with sitting() as office:
        rows = transfers.batches(office.session, limit=PERIODS_SHOWN)
        return page(
            "finance/transfers.html",
            office,
            place="/finance/transfers",
            batches=[(row, _transfer_state(row.state)) for row in rows],
        )


@closing.get("/finance/transfers/<uuid:batch_id>")
@login_required(ROLE)
def batch(batch_id: UUID) -> str:
    """One batch, with its second person's decision."""
    return _batch(batch_id, "")


@closing.post("/finance/transfers/<uuid:batch_id>/<any(confirm, decline):act>")
@login_required(ROLE)
def decide(batch_id: UUID, act: str) -> Response | tuple[str, int]:
    """Confirm a batch, which books it, or decline it with an opinion."""
    try:
        with sitting() as office:
            if act == "confirm":
                passing.confirm(office, account=signed_in(), batch_id=batch_id)
            else:
                opinion = flask.request.form.get("words", "")
                passing.decline(office, account=signed_in(), batch_id=batch_id, opinion=opinion)
    except Invalid as invalid:
        return _batch(batch_id, said(invalid.problems[0].problem)), 422
    except (Conflict, NotAllowed) as refused:
        flask.flash(said(str(refused)))
    return flask.redirect(flask.url_for("closing.batch", batch_id=batch_id), 303)


def _so_far(kind: str, day: date, reasons: Mapping[str, str], problems: Mapping[str, str]) -> str:
    with sitting() as office:
        open_days: tuple[date, ...] = ()
        if kind == periods.DAY:
            figures, hindrances = service.day_so_far(office, day)
        else:
            figures, hindrances, open_days = service.month_so_far(office, day)
        return page(
            "finance/closing_day.html",
            office,
            place=PLACE,
            kind=kind,
            day=day,
            figures=figures,
            open_days=open_days,
            hindrances=hindrances,
            links=LINKS,
            reasons=reasons,
            problems=problems,
            hindrance_words=_hindrance_words,
            items_shown=ITEMS_SHOWN,
            reason_length_max=REASON_LENGTH_MAX,
            batches=transfers.batches(office.session, limit=BATCHES_SHOWN, day=day),
            transfer_state=_transfer_state,
            **_tables(figures),
            item_name=_names(office.city.items),
        )


def _period(period_id: UUID, problem: str) -> str:
    with sitting() as office:
        row = periods.load(office.session, period_id)
        return page(
            "finance/closing_period.html",
            office,
            place=PLACE,
            period=row,
            figures=row.frozen,
            state=_state(row.state),
            problem=problem,
            is_mine=row.reopening_asked_by == signed_in().id,
            hindrance_words=_hindrance_words,
            act_words=_act_words,
            **_tables(row.frozen),
            item_name=_names(office.city.items),
        )


def _batch(batch_id: UUID, problem: str) -> str:
    with sitting() as office:
        rows = transfers.of_batch(office.session, batch_id)
        return page(
            "finance/transfer_batch.html",
            office,
            place="/finance/transfers",
            rows=rows,
            head=rows[0],
            total_fen=sum(row.amount_fen for row in rows),
            state=_transfer_state(rows[0].state),
            problem=problem,
            is_mine=rows[0].made_by == signed_in().id,
            account_words=account_words,
            item_name=_names(office.city.items),
        )


def _tables(figures: Figures) -> dict[str, Any]:
    """Revenue, held money and everything else, each a block of its own with its own total."""
    revenue = [each for each in figures.balances if each.is_revenue]
    kept = [each for each in figures.balances if each.account in ("agency", "deposit")]
    others = [each for each in figures.balances if each not in revenue and each not in kept]
    blocks = (
        (gettext("财政收入"), revenue),
        (gettext("代收款和保证金（不计财政收入）"), kept),
        (gettext("资金和往来科目"), others),
    )
    return {
        "blocks": [
            (
                title,
                [(each, [-each.flow(flow) for flow in Flow], -each.opening_fen, -each.closing_fen) for each in rows],
                [-sum(each.flow(flow) for each in rows) for flow in Flow],
                -sum(each.opening_fen for each in rows),
                -sum(each.closing_fen for each in rows),
            )
            for title, rows in blocks
            if rows
        ],
        "flows": [_flow_words(flow) for flow in Flow],
        "account_words": account_words,
    }


def _names(items: Iterable[FeeItem]) -> Mapping[str, str]:
    return {item.code: item.name for item in items}


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise NotFound("没有这个页面，或它不属于您的账号") from error


def _state(state: str) -> Tag:
    return {
        "closed": Tag(gettext("已结账"), Tone.GREEN, is_quiet=True),
        "reopening": Tag(gettext("申请重新打开"), Tone.AMBER),
        "reopened": Tag(gettext("已重新打开"), Tone.GREY),
    }[state]


def _transfer_state(state: str) -> Tag:
    return {
        "proposed": Tag(gettext("待复核"), Tone.AMBER),
        "confirmed": Tag(gettext("已划拨"), Tone.GREEN, is_quiet=True),
        "declined": Tag(gettext("已退回"), Tone.GREY, is_quiet=True),
    }[state]


def _act_words(verb: str) -> str:
    names: dict[str, str] = {
        "asked": gettext("申请重新打开"),
        "reopened": gettext("同意重新打开"),
        "declined": gettext("不予重新打开"),
    }
    return names[verb]


def _flow_words(flow: Flow) -> str:
    names: dict[Flow, str] = {
        Flow.RECEIVED: gettext("收入"),
        Flow.SUBSIDY: gettext("财政补助"),
        Flow.REVERSED: gettext("冲回"),
        Flow.GIVEN_BACK: gettext("退还、拨付"),
        Flow.PASSED_ON: gettext("划拨"),
        Flow.OTHER: gettext("其他"),
    }
    return names[flow]


def _hindrance_words(kind: str) -> str:
    names: dict[str, str] = {
        "earlier_day": gettext("之前的日子还没有日结"),
        "unbalanced": gettext("试算不平衡"),
        "books_differ": gettext("缴款与账簿不符"),
        "callback_waiting": gettext("回调待入账"),
        "not_in_books": gettext("对账单有而账簿没有（长款）"),
        "not_on_statement": gettext("账簿有而对账单没有（短款）"),
        "statement_missing": gettext("对账单未导入"),
        "suspense": gettext("待查款未处理"),
        "attention": gettext("异常未处理"),
        "without_receipt": gettext("已缴未开凭证"),
        "receipt_gap": gettext("凭证号不连续"),
        "refund_waiting": gettext("退费未办结"),
        "transfer_waiting": gettext("划拨待复核"),
        "to_pass_on": gettext("资金待划拨"),
    }
    return names[kind]
