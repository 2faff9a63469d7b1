"""Wage deposits on the desks of finance and of the unit that watches over wages: the watch of 保函, what waits for an
answer, draws on arrears, completion, and release."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import flask
from flask_babel import gettext
from werkzeug.wrappers import Response

from services import deposits as service
from services import guarantees
from services.deposit_acts import REASON_LENGTH_MAX, TEXT_LENGTH_MAX, watches_over
from services.sitting import Sitting, sitting
from shared.db import deposits as rows
from shared.db.queries import refunds as queries
from shared.db.queries.refunds import DepositView, MoveView
from shared.domain.errors import NotFound, Problem
from web.acting import do
from web.auth.access import login_required, signed_in
from web.components import Pager, Tab, TimelineEvent
from web.filters import moment, money
from web.finance.refunds import told
from web.naming import named
from web.refunds import forms
from web.refunds.words import deposit_tag, form_words, move_tag, move_words, refund_tag, refund_words
from web.workplace import page

deposits = flask.Blueprint("deposits", __name__)

ROLES = ("finance", "officer", "checker")
HOME = "/<any(finance, desk):side>/deposits"
PAGES_MAX = 400

Problems = tuple[Problem, ...]


@deposits.get(HOME)
@login_required(*ROLES)
def listed(side: str) -> str:
    """Deposits by where they stand; those that wait for an answer and 保函 that run out have views of their own."""
    place = _place(side)
    tab = flask.request.args.get("tab", "")
    given = flask.request.args.get("page", "")
    number = min(max(int(given), 1), PAGES_MAX) if given.isdecimal() else 1
    names = {
        "waiting": gettext("待核对"),
        "expiring": gettext("保函将到期"),
        "held": gettext("在存"),
        "expired": gettext("保函已到期"),
        "over": gettext("已返还、退回"),
    }
    with sitting() as office:
        found, counts, has_more = queries.deposits(
            office.session,
            horizon=office.today + timedelta(days=office.city.pack.deposits.watch_days[0]),
            items=[item.code for item in office.city.items if watches_over(office, signed_in(), item.code)],
            tab=tab,
            page=number,
        )
        return page(
            "finance/deposits.html",
            office,
            place=place,
            side=side,
            found=found,
            tab=tab,
            tabs=(
                Tab(gettext("全部"), place, is_current=tab not in names),
                *(
                    Tab(
                        label,
                        f"{place}?tab={name}",
                        counts[name],
                        is_current=tab == name,
                        is_warning=name in ("waiting", "expired") and bool(counts[name]),
                    )
                    for name, label in names.items()
                ),
            ),
            pages=Pager(
                gettext("第 %(page)s 页", page=number),
                number,
                f"{place}?tab={tab}&page={number - 1}" if number > 1 else "",
                f"{place}?tab={tab}&page={number + 1}" if has_more else "",
            ),
            items={item.code: named(item) for item in office.city.items},
            deposit_tag=deposit_tag,
            form_words=form_words,
            soon=office.today + timedelta(days=office.city.pack.deposits.watch_days[0]),
        )


@deposits.get(f"{HOME}/<uuid:deposit_id>")
@login_required(*ROLES)
def deposit(side: str, deposit_id: UUID) -> str:
    """One deposit: what is there, what was asked, what happened, and what can be done now."""
    with sitting() as office:
        return _deposit(office, side, deposit_id)


@deposits.post(f"{HOME}/<uuid:deposit_id>/<any(accept, decline):answer>")
@login_required(*ROLES)
def answer_guarantee(side: str, deposit_id: UUID, answer: str) -> Response | tuple[str, int]:
    """Accept a 保函 as payment of its line, or send it back."""

    def act(office: Sitting) -> None:
        _of(office, side, deposit_id)
        guarantees.answer_guarantee(
            office,
            account=signed_in(),
            deposit_id=deposit_id,
            is_accepted=answer == "accept",
            opinion=flask.request.form.get("opinion", ""),
        )

    done = gettext("保函已接受，代缴保证金。") if answer == "accept" else gettext("保函已退回，申请人已收到理由。")
    return _on(side, deposit_id, act, done)


@deposits.post(f"{HOME}/<uuid:deposit_id>/asks/<uuid:move_id>/<any(accept, decline):answer>")
@login_required(*ROLES)
def answer_ask(side: str, deposit_id: UUID, move_id: UUID, answer: str) -> Response | tuple[str, int]:
    """Answer an ask: a completion, or a new 保函 in the place of the old."""

    def act(office: Sitting) -> None:
        _of(office, side, deposit_id)
        move = rows.find_move(office.session, move_id)
        if move.deposit_id != deposit_id:
            raise NotFound("没有这项保证金申请，或不在您的办理范围内")
        decided = guarantees.answer_renewal if move.kind == "renewal" else service.answer_completion
        decided(
            office,
            account=signed_in(),
            move_id=move_id,
            is_accepted=answer == "accept",
            opinion=flask.request.form.get("opinion", ""),
        )

    done = gettext("已确认，申请人已收到通知。") if answer == "accept" else gettext("已退回，申请人已收到理由。")
    return _on(side, deposit_id, act, done, {"opinion": f"opinion-{move_id}"})


@deposits.get(f"{HOME}/<uuid:deposit_id>/<any(draw, completion, release):act>")
@login_required(*ROLES)
def ask_page(side: str, deposit_id: UUID, act: str) -> str:
    """The form of a draw on arrears, of a completion, or of a release."""
    with sitting() as office:
        return _asking(office, side, deposit_id, act)


@deposits.post(f"{HOME}/<uuid:deposit_id>/draw")
@login_required(*ROLES)
def draw(side: str, deposit_id: UUID) -> Response | tuple[str, int]:
    """Ask to pay arrears out of the deposit."""
    form = flask.request.form

    def act(office: Sitting) -> None:
        _of(office, side, deposit_id)
        service.ask_draw(
            office,
            account=signed_in(),
            key=forms.key(),
            deposit_id=deposit_id,
            amount_fen=forms.fen("amount"),
            expected_fen=forms.seen_fen("expected"),
            reason=form.get("reason", ""),
            document=form.get("document", ""),
            payee=forms.payee(),
        )

    return _asked(side, deposit_id, "draw", act, gettext("动用申请已提交，由财务审批后支付。"))


@deposits.post(f"{HOME}/<uuid:deposit_id>/completion")
@login_required(*ROLES)
def completion(side: str, deposit_id: UUID) -> Response | tuple[str, int]:
    """Say that the works are completed and no wages are owed."""

    def act(office: Sitting) -> None:
        _of(office, side, deposit_id)
        service.ask_completion(
            office,
            account=signed_in(),
            deposit_id=deposit_id,
            completed_on=forms.day("completed_on", "请填写完工日"),
            document=flask.request.form.get("document", ""),
        )

    return _asked(side, deposit_id, "completion", act, gettext("已提交，由另一人核对后开始公示。"))


@deposits.post(f"{HOME}/<uuid:deposit_id>/release")
@login_required(*ROLES)
def release(side: str, deposit_id: UUID) -> Response | tuple[str, int]:
    """Ask for the deposit to go back with its interest."""

    def act(office: Sitting) -> None:
        _of(office, side, deposit_id)
        to = forms.payee()
        service.ask_release(
            office,
            account=signed_in(),
            key=forms.key(),
            deposit_id=deposit_id,
            payee=to if to.account.strip() else None,
        )

    return _asked(side, deposit_id, "release", act, gettext("返还申请已提交，利息已计至今天，由财务另一人审批。"))


# Frames.


def _place(side: str) -> str:
    """The list's address; a desk that is not the reader's does not exist."""
    if (side == "finance") != (signed_in().role == "finance"):
        raise NotFound("没有这个页面，或它不属于您的账号")
    return f"/{side}/deposits"


def _of(office: Sitting, side: str, deposit_id: UUID) -> DepositView:
    """A deposit that the reader watches over; raises `NotFound`."""
    _place(side)
    found = queries.deposit(office.session, deposit_id)
    if not watches_over(office, signed_in(), found.item_code):
        raise NotFound("没有这笔保证金，或不在您的办理范围内")
    return found


def _on(
    side: str, deposit_id: UUID, act: Callable[[Sitting], None], done: str, fields: dict[str, str] | None = None
) -> Response | tuple[str, int]:
    def again(office: Sitting, problems: Problems, refusal: str) -> str:
        return _deposit(office, side, deposit_id, problems, refusal)

    address = flask.url_for("deposits.deposit", side=side, deposit_id=deposit_id)
    return do(act, done, again, address=address, fields=fields)


def _asked(
    side: str, deposit_id: UUID, name: str, act: Callable[[Sitting], None], done: str
) -> Response | tuple[str, int]:
    def again(office: Sitting, problems: Problems, refusal: str) -> str:
        return _asking(office, side, deposit_id, name, problems=problems, refusal=refusal)

    return do(act, done, again, address=flask.url_for("deposits.deposit", side=side, deposit_id=deposit_id))


def _deposit(office: Sitting, side: str, deposit_id: UUID, problems: Problems = (), refusal: str = "") -> str:
    found = _of(office, side, deposit_id)
    moves = queries.moves(office.session, deposit_id)
    return page(
        "finance/deposit.html",
        office,
        place=_place(side),
        side=side,
        deposit=found,
        asks=[each for each in moves if each.state == "asked"],
        history=_history(moves),
        refunds=queries.of_deposit(office.session, deposit_id),
        me=signed_in().id,
        left_fen=service.left_fen(office, rows.find(office.session, deposit_id)),
        may_release=found.state == "held"
        and found.notice_ends_on is not None
        and office.today > found.notice_ends_on
        and signed_in().role == "finance",
        items={item.code: named(item) for item in office.city.items},
        deposit_tag=deposit_tag,
        form_words=form_words,
        move_words=move_words,
        move_tag=move_tag,
        refund_tag=refund_tag,
        refund_words=refund_words,
        reason_length_max=REASON_LENGTH_MAX,
        **told(problems, refusal),
    )


def _asking(
    office: Sitting, side: str, deposit_id: UUID, act: str, *, problems: Problems = (), refusal: str = ""
) -> str:
    found = _of(office, side, deposit_id)
    titles: dict[str, str] = {
        "draw": gettext("动用保证金支付拖欠工资"),
        "completion": gettext("登记完工"),
        "release": gettext("返还保证金"),
    }
    return page(
        "finance/deposit_ask.html",
        office,
        place=_place(side),
        side=side,
        deposit=found,
        act=act,
        title=titles[act],
        left_fen=service.left_fen(office, rows.find(office.session, deposit_id)),
        items={item.code: named(item) for item in office.city.items},
        key=forms.key(),
        notice_days=office.city.pack.deposits.notice_days,
        reason_length_max=REASON_LENGTH_MAX,
        text_length_max=TEXT_LENGTH_MAX,
        **told(problems, refusal),
    )


def _history(moves: list[MoveView]) -> tuple[TimelineEvent, ...]:
    done = [each for each in moves if each.state != "asked"]
    return tuple(
        TimelineEvent(moment(each.at), what(each), detail(each), is_latest=place == 0)
        for place, each in enumerate(done)
    )


def what(move: MoveView) -> str:
    """A move in a word, with its amount where money moved."""
    name = move_words(move.kind)
    if move.state == "declined":
        return str(gettext("%(what)s：未获确认", what=name))
    return f"{name} {money(move.amount_fen)}" if move.amount_fen else name


def detail(move: MoveView) -> str:
    """Who, on what, and why."""
    told_by: dict[str, Any] = move.data
    guarantee = f"{told_by.get('issuer', '')} {told_by.get('number', '')} {told_by.get('expires_on', '')}".strip()
    parts = (move.asker, move.decider, guarantee, move.document, move.opinion or move.reason)
    return " ".join(part for part in parts if part)
