"""The books on the finance desk: the trial balance of any days, and the way from a balance down to a line's tariff."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import flask
from flask_babel import gettext

from services.sitting import Sitting, sitting
from shared.db.queries import ledger as queries
from shared.db.queries.ledger import LegRow, Place, TrialBalance, TrialRow
from shared.domain.accounts import FUND_OF_NATURE, is_revenue
from shared.domain.closing import month_of
from shared.domain.errors import NotFound
from web.auth.access import login_required
from web.components import Tab, Tag, Tone
from web.finance.words import account_note, account_words, entry_words, fund_words, nature_words
from web.naming import named
from web.workplace import page

books = flask.Blueprint("books", __name__)

ROLE = "finance"
PLACE = "/finance/books"


@books.get(PLACE)
@login_required(ROLE)
def trial_balance() -> str:
    """What stands on every account at the end of some days, and what moved it meanwhile."""
    with sitting() as office:
        first, last = days_asked(office)
        found = queries.trial_balance(office.session, first, last)
        return page(
            "finance/trial_balance.html",
            office,
            place=PLACE,
            city_name=office.city.pack.tenant.name,
            found=found,
            tabs=_tabs(office, first, last),
            balanced=balanced_tag(found.closing_fen),
            blocks=_blocks(found),
            totals=_totals(found.rows),
            notes=_notes(office, found.rows),
            account_words=account_words,
            item_name=_names(office),
        )


@books.get(f"{PLACE}/accounts/<account>")
@login_required(ROLE)
def account(account: str) -> str:
    """The legs on one account, of one item or of all, the latest first."""
    item = flask.request.args.get("item")
    after = Place.parse(flask.request.args.get("after", ""))
    with sitting() as office:
        first, last = days_asked(office)
        of_account = [
            row
            for row in queries.trial_balance(office.session, first, last).rows
            if row.account == account and item in (None, row.item_code)
        ]
        legs, following = queries.legs(
            office.session, account=account, item_code=item, first=first, last=last, after=after
        )
        return page(
            "finance/account.html",
            office,
            place=PLACE,
            account=account,
            item=item,
            first=first,
            last=last,
            rows=of_account,
            legs=legs,
            is_continued=after is not None,
            following=flask.url_for("books.account", account=account, **_asked(item, first, last), after=str(following))
            if following
            else "",
            opening_fen=sum(row.opening_fen for row in of_account),
            debit_fen=sum(row.debit_fen for row in of_account),
            credit_fen=sum(row.credit_fen for row in of_account),
            closing_fen=sum(row.closing_fen for row in of_account),
            count=sum(row.entries for row in of_account),
            **_words(office),
        )


@books.get("/finance/entries/<uuid:entry_id>")
@login_required(ROLE)
def entry(entry_id: UUID) -> str:
    """One entry with its legs."""
    with sitting() as office:
        view = queries.entry(office.session, entry_id)
        return page(
            "finance/entry.html",
            office,
            place=PLACE,
            entry=view,
            debit_fen=sum(leg.amount_fen for leg in view.legs if leg.amount_fen > 0),
            credit_fen=-sum(leg.amount_fen for leg in view.legs if leg.amount_fen < 0),
            balanced=balanced_tag(view.sum_fen),
            **_words(office),
        )


@books.get("/finance/bills/<uuid:bill_id>/lines/<int:seq>")
@login_required(ROLE)
def line(bill_id: UUID, seq: int) -> str:
    """One line of a bill: its computation, the version and documents that it rests on, its money, its papers."""
    with sitting() as office:
        view = queries.line(office.session, bill_id, seq)
        item = office.city.item(view.item_code)
        unit = office.city.units.get(view.unit_code)
        materials = office.city.materials
        return page(
            "finance/bill_line.html",
            office,
            place="/finance/bills",
            row=view,
            item=item,
            unit=unit.name if unit else view.unit_code,
            nature=nature_words(item.nature.value),
            fund=fund_words(FUND_OF_NATURE[item.nature].value),
            note=account_note(item.account),
            papers=[
                (paper["id"], named(materials[paper["code"]]) if paper["code"] in materials else paper["name"])
                for paper in view.papers
            ],
            **_words(office),
        )


def days_asked(office: Sitting) -> tuple[date, date]:
    """The days that the address names, in order; the running month up to today without any.

    Raises `NotFound` for what is no date: a page of other days than asked for would be taken for the one asked for.
    """
    arguments = flask.request.args
    month_first, _ = month_of(office.today)
    try:
        first = date.fromisoformat(arguments["first"]) if arguments.get("first") else None
        last = date.fromisoformat(arguments["last"]) if arguments.get("last") else None
    except ValueError as error:
        raise NotFound("没有这个页面，或它不属于您的账号") from error
    last = last or max(office.today, first or office.today)
    return min(first or min(month_first, last), last), last


def balanced_tag(fen: int) -> Tag:
    """Whether debits and credits are even."""
    return Tag(gettext("平"), Tone.GREEN) if not fen else Tag(gettext("不平"), Tone.RED)


def _tabs(office: Sitting, first: date, last: date) -> tuple[Tab, ...]:
    month = month_of(office.today)
    before = month_of(month[0] - timedelta(days=1))
    choices = (
        (gettext("今日"), (office.today, office.today)),
        (gettext("本月"), (month[0], office.today)),
        (gettext("上月"), before),
    )
    return tuple(
        Tab(label, flask.url_for("books.trial_balance", **_asked(None, *days)), is_current=days == (first, last))
        for label, days in choices
    )


def _asked(item: str | None, first: date, last: date) -> dict[str, Any]:
    named_item = {} if item is None else {"item": item}
    return {**named_item, "first": first.isoformat(), "last": last.isoformat()}


def _blocks(found: TrialBalance) -> list[tuple[str, Sequence[TrialRow], tuple[int, ...]]]:
    """Revenue, held money and everything else, each with its own totals."""
    revenue = [row for row in found.rows if is_revenue(row.account)]
    kept = [row for row in found.rows if row.account in ("agency", "deposit")]
    others = [row for row in found.rows if row not in revenue and row not in kept]
    return [
        (title, rows, _totals(rows))
        for title, rows in (
            (gettext("财政收入"), revenue),
            (gettext("代收款和保证金（不计财政收入）"), kept),
            (gettext("资金和往来科目"), others),
        )
        if rows
    ]


def _totals(rows: Sequence[TrialRow]) -> tuple[int, ...]:
    """Debit and credit side of what stood, moved and stands; all positive."""
    opening, closing = [row.opening_fen for row in rows], [row.closing_fen for row in rows]
    moved = [row.debit_fen for row in rows] + [row.credit_fen for row in rows]
    return tuple(
        total
        for amounts in (opening, moved, closing)
        for total in (sum(each for each in amounts if each > 0), -sum(each for each in amounts if each < 0))
    )


def _notes(office: Sitting, rows: Sequence[TrialRow]) -> dict[str, str]:
    """Nature and budget of each item that stands here."""
    items = {item.code: item for item in office.city.items}
    return {
        row.item_code: f"{nature_words(item.nature.value)}・{fund_words(FUND_OF_NATURE[item.nature].value)}"
        for row in rows
        if (item := items.get(row.item_code))
    }


def _names(office: Sitting) -> dict[str, str]:
    return {item.code: named(item) for item in office.city.items}


def _words(office: Sitting) -> dict[str, Any]:
    return {
        "account_words": account_words,
        "entry_words": entry_words,
        "item_name": _names(office),
        "leg_about": _leg_about,
    }


def _leg_about(leg: LegRow) -> str:
    """Where a leg leads: to the line that it is about, or at least to the bill; empty if it is about no bill."""
    if leg.bill_id is None:
        return ""
    if leg.line_seq is None:
        return flask.url_for("finance.bill", bill_id=leg.bill_id)
    return flask.url_for("books.line", bill_id=leg.bill_id, seq=leg.line_seq)
