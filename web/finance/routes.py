"""The finance office's addresses: figures that link to their rows, bills, and cases to close with what was done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from urllib.parse import urlencode
from uuid import UUID

import flask
from flask_babel import gettext
from werkzeug.wrappers import Response

from services import operations
from services.operations import KINDS_OF_ROLE, RESOLUTION_LENGTH_MAX
from services.sitting import Sitting, sitting
from shared.channels.configured import NAMES
from shared.db.queries import attention as cases
from shared.db.queries import finance as queries
from shared.db.queries import orders as order_queries
from shared.db.queries.finance import BillFilter, BillPage, Today
from shared.domain.accounts import HOLDERS
from shared.domain.deadlines import Deadlines
from shared.domain.errors import Invalid
from web.auth.access import actor, login_required
from web.components import Choice, Column, Filter, Pager, Stat, Tab, Tag, Tone
from web.filters import money
from web.finance import charts
from web.finance.words import (
    ACCOUNT_OF_NATURE,
    account_note,
    account_words,
    asking_words,
    bill_tag,
    entry_words,
    kind_tag,
    nature_words,
    order_tag,
    outcome_tag,
    payer_words,
    receipt_tag,
)
from web.naming import said
from web.workplace import page

finance = flask.Blueprint("finance", __name__)

ROLE = "finance"
KINDS = KINDS_OF_ROLE[ROLE]
STATES = ("issued", "overdue", "paid", "without_receipt", "nothing_due")
DATES = ("issued_from", "issued_to", "paid_from", "paid_to", "due_from", "due_to")
PAGES_MAX = 400
EXCEPTIONS_SHOWN = 6


@finance.get("/finance")
@login_required(ROLE)
def today() -> str:
    """The day's figures, money by nature, what is unpaid by age, and what needs a person."""
    with sitting() as office:
        figures = queries.today(office.session, on=office.today)
        waiting = cases.listed(office.session, KINDS)
        by_account = {
            account: sum(row.today_fen for row in figures.natures if ACCOUNT_OF_NATURE[row.nature] == account)
            for account in HOLDERS
        }
        return page(
            "finance/today.html",
            office,
            place="/finance",
            counts={"/finance/attention": waiting.open},
            figures=figures,
            stats=_stats(figures, waiting.open, office.today),
            segments=charts.segments(list(by_account.items())),
            ages=charts.ages(figures.open_sums, Deadlines(office.city.calendar, office.today)),
            month_first=office.today.replace(day=1),
            today_total=sum(row.today_fen for row in figures.natures),
            month_total=sum(row.month_fen for row in figures.natures),
            account_of=ACCOUNT_OF_NATURE,
            account_words=account_words,
            account_note=account_note,
            nature_words=nature_words,
            waiting=waiting.rows[:EXCEPTIONS_SHOWN],
            waiting_count=waiting.open,
            kind_tag=kind_tag,
        )


@finance.get("/finance/bills")
@login_required(ROLE)
def bills() -> str:
    """Bills by state, nature and dates; the sum of what was found stands below."""
    wanted = _wanted()
    with sitting() as office:
        found = queries.bills(office.session, wanted, today=office.today)
        return page(
            "finance/bills.html",
            office,
            place="/finance/bills",
            counts=queries.counts(office.session, KINDS),
            found=found,
            wanted=wanted,
            filters=_filters(wanted),
            dates={name: value.isoformat() for name in DATES if (value := getattr(wanted, name))},
            clear_href="/finance/bills" if _arguments(wanted) else "",
            pages=_pager(found, wanted),
            columns=(
                Column(gettext("缴费单号"), "bill"),
                Column(gettext("项目")),
                Column(gettext("缴款人")),
                Column(gettext("状态"), "stage"),
                Column(gettext("开单"), "day"),
                Column(gettext("期限"), "day"),
                Column(gettext("到账"), "moment"),
                Column(gettext("凭证号"), "number"),
                Column(gettext("应缴(元)"), "amount", is_number=True),
            ),
            bill_tag=bill_tag,
            payer_words=payer_words,
        )


@finance.get("/finance/bills/<uuid:bill_id>")
@login_required(ROLE)
def bill(bill_id: UUID) -> str:
    """One bill with its lines, the money, the books, the receipt and what the bank said."""
    with sitting() as office:
        view = queries.bill(office.session, bill_id)
        orders = order_queries.orders(office.session, bill_id)
        return page(
            "finance/bill.html",
            office,
            place="/finance/bills",
            bill=view,
            units={code: unit.short_name for code, unit in office.city.units.items()},
            items={item.code: item for item in office.city.items},
            is_overdue=view.status in ("issued", "part_paid") and view.due_on < office.today,
            bill_tag=bill_tag,
            payer_words=payer_words,
            account_words=account_words,
            entry_words=entry_words,
            outcome_tag=outcome_tag,
            receipt_tag=receipt_tag,
            orders=orders,
            askings=order_queries.askings(office.session, bill_id) if orders else (),
            order_tag=order_tag,
            asking_words=asking_words,
            channel_names=NAMES,
        )


@finance.get("/finance/attention")
@login_required(ROLE)
def attention() -> str:
    """What the bank said that could not be posted, until somebody writes what was done about it."""
    with sitting() as office:
        return _attention(office)


@finance.post("/finance/attention/<uuid:case_id>/close")
@login_required(ROLE)
def close(case_id: UUID) -> Response | tuple[str, int]:
    """Close a case with what was done about it."""
    resolution = flask.request.form.get("resolution", "")
    try:
        with sitting() as office:
            operations.close_attention(office, case_id=case_id, role=ROLE, actor=actor(), resolution=resolution)
    except Invalid as invalid:
        with sitting() as office:
            tried = {str(case_id): (said(invalid.problems[0].problem), resolution)}
            return _attention(office, tried), 422
    flask.flash(gettext("已处理，处理结果已记录。"))
    return flask.redirect(flask.url_for("finance.attention"), 303)


def _attention(office: Sitting, said: Mapping[str, tuple[str, str]] | None = None) -> str:
    is_closed = flask.request.args.get("tab") == "closed"
    number = _page()
    found = cases.listed(office.session, KINDS, is_closed=is_closed, page=number)
    suffix = "&tab=closed" if is_closed else ""
    return page(
        "finance/attention.html",
        office,
        place="/finance/attention",
        counts={"/finance/attention": found.open},
        found=found,
        is_closed=is_closed,
        tabs=(
            Tab(gettext("待处理"), "/finance/attention", found.open, is_current=not is_closed),
            Tab(gettext("已处理"), "/finance/attention?tab=closed", found.closed, is_current=is_closed),
        ),
        pages=Pager(
            gettext("共 %(count)s 件", count=found.closed if is_closed else found.open),
            number,
            f"/finance/attention?page={number - 1}{suffix}" if number > 1 else "",
            f"/finance/attention?page={number + 1}{suffix}" if found.has_more else "",
        ),
        said=said or {},
        resolution_length_max=RESOLUTION_LENGTH_MAX,
        kind_tag=kind_tag,
    )


def _stats(figures: Today, waiting: int, on: date) -> tuple[Stat, ...]:
    def link(**arguments: str) -> str:
        return f"/finance/bills?{urlencode(arguments)}"

    day, month = on.isoformat(), on.replace(day=1).isoformat()
    balanced = Tag(gettext("平"), Tone.GREEN) if not figures.difference_fen else Tag(gettext("不平"), Tone.RED)
    return (
        Stat(
            gettext("今日应收"),
            money(figures.billed.amount_fen),
            gettext("新开缴费单 %(count)s 张", count=figures.billed.count),
            link(issued_from=day, issued_to=day),
        ),
        Stat(
            gettext("今日实收"),
            money(figures.received.amount_fen),
            gettext("银行到账 %(count)s 笔", count=figures.received.count),
            link(state="paid", paid_from=day, paid_to=day),
        ),
        Stat(
            gettext("待缴"),
            money(figures.unpaid.amount_fen),
            gettext("%(count)s 张", count=figures.unpaid.count),
            link(state="issued"),
        ),
        Stat(
            gettext("控制差额"),
            money(figures.difference_fen),
            gettext("到账 = 国库 + 代收专户 + 保证金专户"),
            tag=balanced,
        ),
        Stat(
            gettext("逾期未缴"),
            money(figures.overdue.amount_fen),
            gettext("%(count)s 张", count=figures.overdue.count),
            link(state="overdue"),
            is_minor=True,
        ),
        Stat(
            gettext("已缴未开凭证"),
            money(figures.without_receipt.amount_fen),
            gettext("%(count)s 张", count=figures.without_receipt.count),
            link(state="without_receipt"),
            is_minor=True,
        ),
        Stat(
            gettext("本月实收"),
            money(figures.month_received.amount_fen),
            gettext("%(count)s 笔", count=figures.month_received.count),
            link(state="paid", paid_from=month, paid_to=day),
            is_minor=True,
        ),
        Stat(
            gettext("异常待处理"),
            str(waiting),
            gettext("回调被拒与款项不符"),
            flask.url_for("finance.attention"),
            is_minor=True,
        ),
    )


def _wanted() -> BillFilter:
    arguments = flask.request.args
    state, nature = arguments.get("state", ""), arguments.get("nature", "")
    return BillFilter(
        words=arguments.get("q", "").strip()[:60],
        state=state if state in STATES else "",
        nature=nature if nature in queries.NATURES else "",
        page=_page(),
        **{name: _date(arguments.get(name, "")) for name in DATES},
    )


def _filters(wanted: BillFilter) -> tuple[Filter, ...]:
    names = {
        "issued": gettext("待缴"),
        "overdue": gettext("逾期未缴"),
        "paid": gettext("已缴"),
        "without_receipt": gettext("已缴未开凭证"),
        "nothing_due": gettext("无需缴纳"),
    }
    states = tuple(Choice(state, names[state]) for state in STATES)
    natures = tuple(Choice(nature, nature_words(nature)) for nature in queries.NATURES)
    return (
        Filter("state", gettext("状态"), states, wanted.state, _address(wanted, state="")),
        Filter("nature", gettext("性质"), natures, wanted.nature, _address(wanted, nature="")),
    )


def _arguments(wanted: BillFilter) -> dict[str, str]:
    arguments = {"q": wanted.words, "state": wanted.state, "nature": wanted.nature}
    arguments |= {name: value.isoformat() for name in DATES if (value := getattr(wanted, name))}
    return {name: value for name, value in arguments.items() if value}


def _address(wanted: BillFilter, **changes: str) -> str:
    arguments = {name: value for name, value in (_arguments(wanted) | changes).items() if value}
    return "/finance/bills" + (f"?{urlencode(arguments)}" if arguments else "")


def _pager(found: BillPage, wanted: BillFilter) -> Pager:
    return Pager(
        gettext("共 %(count)s 张", count=found.found),
        wanted.page,
        _address(wanted, page=str(wanted.page - 1)) if wanted.page > 1 else "",
        _address(wanted, page=str(wanted.page + 1)) if found.has_more else "",
    )


def _page() -> int:
    text = flask.request.args.get("page", "")
    return min(max(int(text), 1), PAGES_MAX) if text.isascii() and text.isdigit() else 1


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
