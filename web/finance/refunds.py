"""Refunds on the finance desk: what waits for whom, the ask from a bill's page, the second person's decision, the
order to the bank and what the bank says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import flask
from flask_babel import gettext
from werkzeug.wrappers import Response

from services import refund_asks, settlements
from services import refunds as service
from services.refund_asks import BY_FINANCE, REASON_LENGTH_MAX
from services.sitting import Sitting, sitting
from shared.db import bills
from shared.db import refunds as rows
from shared.db.queries import changes, statements
from shared.db.queries import refunds as queries
from shared.domain.errors import Invalid, Problem
from shared.domain.lines import Line
from shared.domain.refunds import ACCOUNT_OF_KIND, RefundKind
from web.acting import do
from web.auth.access import login_required, signed_in
from web.components import Choice, Filter, Pager, Tab
from web.finance.words import account_words
from web.naming import named
from web.refunds import forms
from web.refunds.words import history, kinds, refund_tag, refund_words
from web.workplace import page

refunds = flask.Blueprint("refunds", __name__)

ROLE = "finance"
PLACE = "/finance/refunds"
PAGES_MAX = 400

Problems = tuple[Problem, ...]


@refunds.get(PLACE)
@login_required(ROLE)
def listed() -> str:
    """Refunds by where they stand, the oldest that waits first."""
    asked_for = flask.request.args
    words, kind, tab = asked_for.get("q", "").strip(), asked_for.get("kind", ""), asked_for.get("tab", "")
    number = min(max(int(given), 1), PAGES_MAX) if (given := asked_for.get("page", "")).isdecimal() else 1
    with sitting() as office:
        found = queries.refunds(office.session, tab=tab, words=words, kind=kind, page=number)
        kept = {name: value for name, value in (("q", words), ("kind", kind)) if value}

        def link(**changed: Any) -> str:
            return f"{PLACE}?{urlencode({name: value for name, value in (kept | changed).items() if value})}"

        names = {
            "asked": gettext("待审批"),
            "to_pay": gettext("待付款"),
            "sent": gettext("待银行确认"),
            "checking": gettext("执收单位核对"),
            "paid": gettext("已付讫"),
            "declined": gettext("不予退费"),
        }
        return page(
            "finance/refunds.html",
            office,
            place=PLACE,
            found=found,
            tab=tab,
            words=words,
            tabs=(
                Tab(gettext("全部"), link(), is_current=tab not in queries.TABS),
                *(
                    Tab(label, link(tab=name), found.waiting[name], is_current=tab == name, is_warning=name == "asked")
                    for name, label in names.items()
                ),
            ),
            filters=(
                Filter(
                    "kind",
                    gettext("类别"),
                    tuple(Choice(each, refund_words(each)) for each in kinds()),
                    kind,
                    f"{PLACE}?{urlencode({'tab': tab})}" if kind else "",
                ),
            ),
            clear_href=PLACE if kept else "",
            pages=Pager(
                gettext("共 %(count)s 笔", count=found.found),
                number,
                link(tab=tab, page=number - 1) if number > 1 else "",
                link(tab=tab, page=number + 1) if found.has_more else "",
            ),
            refund_tag=refund_tag,
            refund_words=refund_words,
        )


@refunds.get(f"{PLACE}/<uuid:refund_id>")
@login_required(ROLE)
def refund(refund_id: UUID) -> str:
    """One refund: out of what, why, to whom, who has acted, and what can be done now."""
    with sitting() as office:
        return _refund(office, refund_id)


@refunds.post(f"{PLACE}/<uuid:refund_id>/approve")
@login_required(ROLE)
def approve(refund_id: UUID) -> Response | tuple[str, int]:
    """Approve it as its second person."""

    def act(office: Sitting) -> None:
        opinion = flask.request.form.get("opinion", "")
        service.approve(office, account=signed_in(), refund_id=refund_id, opinion=opinion)

    return _on(refund_id, act, gettext("已批准，退费通知书正在制作。"))


@refunds.post(f"{PLACE}/<uuid:refund_id>/decline")
@login_required(ROLE)
def decline(refund_id: UUID) -> Response | tuple[str, int]:
    """Turn it down as its second person, with the reason."""

    def act(office: Sitting) -> None:
        opinion = flask.request.form.get("opinion", "")
        service.decline(office, account=signed_in(), refund_id=refund_id, opinion=opinion)

    return _on(refund_id, act, gettext("已答复不予退费，款项不再占用。"))


@refunds.post(f"{PLACE}/<uuid:refund_id>/payee")
@login_required(ROLE)
def change_payee(refund_id: UUID) -> Response | tuple[str, int]:
    """Name another account to pay to; another person approves it."""

    def act(office: Sitting) -> None:
        why = flask.request.form.get("why", "")
        service.change_payee(office, account=signed_in(), refund_id=refund_id, payee=forms.payee(), reason=why)

    return _on(refund_id, act, gettext("收款账号已更改，等待另一人审批。"), {"reason": "why"})


@refunds.post(f"{PLACE}/<uuid:refund_id>/send")
@login_required(ROLE)
def send(refund_id: UUID) -> Response | tuple[str, int]:
    """Order it from the bank."""

    def act(office: Sitting) -> None:
        service.send(office, account=signed_in(), refund_id=refund_id)

    return _on(refund_id, act, gettext("付款指令已登记，等待银行确认。"))


@refunds.post(f"{PLACE}/<uuid:refund_id>/paid")
@login_required(ROLE)
def paid(refund_id: UUID) -> Response | tuple[str, int]:
    """Note what the bank's slip says."""

    def act(office: Sitting) -> None:
        number = flask.request.form.get("bank_txn_id", "")
        service.note_paid(office, account=signed_in(), refund_id=refund_id, bank_txn_id=number)

    return _on(refund_id, act, gettext("已登记付讫，账簿已记，凭证已冲红换开（如需）。"))


@refunds.post(f"{PLACE}/<uuid:refund_id>/failed")
@login_required(ROLE)
def failed(refund_id: UUID) -> Response | tuple[str, int]:
    """Note that the bank has sent it back."""

    def act(office: Sitting) -> None:
        why = flask.request.form.get("failure", "")
        service.note_failure(office, account=signed_in(), refund_id=refund_id, why=why)

    return _on(refund_id, act, gettext("已登记银行退回。"), {"why": "failure"})


# Asking.


@refunds.get("/finance/bills/<uuid:bill_id>/refund")
@login_required(ROLE)
def ask_page(bill_id: UUID) -> str:
    """What of a bill can go back, line by line, and the form that asks for it."""
    with sitting() as office:
        return _ask(office, bill_id)


@refunds.post("/finance/bills/<uuid:bill_id>/refund")
@login_required(ROLE)
def ask(bill_id: UUID) -> Response | tuple[str, int]:
    """Ask for some of a bill to go back; another person decides."""
    form = flask.request.form

    def act(office: Sitting) -> str:
        kind = form.get("kind", "")
        if kind not in BY_FINANCE:
            raise Invalid([Problem("kind", "请选择退费的类别")])
        lines = {
            int(name.removeprefix("amount-")): forms.fen(name)
            for name in form
            if name.removeprefix("amount-").isdecimal() and name.startswith("amount-")
        }
        to = forms.payee()
        refund_id = refund_asks.ask(
            office,
            account=signed_in(),
            key=forms.key(),
            bill_id=bill_id,
            kind=RefundKind(kind),
            reason=form.get("reason", ""),
            document=form.get("document", ""),
            expected_fen=forms.seen_fen(f"expected-{ACCOUNT_OF_KIND[RefundKind(kind)]}"),
            lines={seq: fen for seq, fen in lines.items() if fen},
            payee=to if to.name.strip() or to.account.strip() else None,
            paper_id=forms.proof(office, needed=False),
        )
        return flask.url_for("refunds.refund", refund_id=refund_id)

    def again(office: Sitting, problems: Problems, refusal: str) -> str:
        return _ask(office, bill_id, problems, refusal)

    return do(act, gettext("退费申请已提交，款项已占用，等待另一人审批。"), again, fields={"lines": "kind"})


@refunds.post("/finance/bills/<uuid:bill_id>/refund/newer-rate/<item_code>")
@login_required(ROLE)
def ask_newer_rate(bill_id: UUID, item_code: str) -> Response | tuple[str, int]:
    """Ask for what was paid above an item's newer rate."""

    def act(office: Sitting) -> str:
        refund_id = settlements.ask_above_newer_rate(
            office, account=signed_in(), key=forms.key(), bill_id=bill_id, item_code=item_code
        )
        return flask.url_for("refunds.refund", refund_id=refund_id)

    def again(office: Sitting, problems: Problems, refusal: str) -> str:
        return _ask(office, bill_id, problems, refusal)

    return do(act, gettext("退费申请已提交，款项已占用，等待另一人审批。"), again)


@refunds.post("/finance/bills/<uuid:bill_id>/refund/credit/<uuid:credit_id>")
@login_required(ROLE)
def ask_credit(bill_id: UUID, credit_id: UUID) -> Response | tuple[str, int]:
    """Ask for what was paid above the bills to go back."""
    form = flask.request.form

    def act(office: Sitting) -> str:
        refund_id = refund_asks.ask_credit(
            office,
            account=signed_in(),
            key=forms.key(),
            credit_id=credit_id,
            reason=form.get("credit_reason", ""),
            document=form.get("credit_document", ""),
            expected_fen=forms.seen_fen("expected"),
        )
        return flask.url_for("refunds.refund", refund_id=refund_id)

    def again(office: Sitting, problems: Problems, refusal: str) -> str:
        return _ask(office, bill_id, problems, refusal)

    fields = {"reason": "credit_reason", "document": "credit_document"}
    return do(act, gettext("退费申请已提交，款项已占用，等待另一人审批。"), again, fields=fields)


@refunds.post("/finance/suspense/<uuid:suspense_id>/return")
@login_required(ROLE)
def ask_return(suspense_id: UUID) -> Response | tuple[str, int]:
    """Ask for money that fits no bill to go back to whom it came from."""
    form = flask.request.form

    def act(office: Sitting) -> str:
        refund_id = refund_asks.ask_return(
            office,
            account=signed_in(),
            key=forms.key(),
            suspense_id=suspense_id,
            reason=form.get("reason", ""),
        )
        return flask.url_for("refunds.refund", refund_id=refund_id)

    def again(office: Sitting, problems: Problems, refusal: str) -> str:
        return _return(office, suspense_id, problems, refusal)

    return do(act, gettext("退回申请已提交，等待另一人审批。"), again)


@refunds.get("/finance/suspense/<uuid:suspense_id>/return")
@login_required(ROLE)
def return_page(suspense_id: UUID) -> str:
    """What giving money in suspense back means, and the form."""
    with sitting() as office:
        return _return(office, suspense_id)


# Frames.


def _on(
    refund_id: UUID, act: Callable[[Sitting], None], done: str, fields: dict[str, str] | None = None
) -> Response | tuple[str, int]:
    def again(office: Sitting, problems: Problems, refusal: str) -> str:
        return _refund(office, refund_id, problems, refusal)

    return do(act, done, again, address=flask.url_for("refunds.refund", refund_id=refund_id), fields=fields)


def told(problems: Problems, refusal: str) -> dict[str, Any]:
    """What every form shows again after a refusal."""
    return {
        "problems": problems,
        "wrong": {each.field: each.problem for each in problems},
        "refusal": refusal,
        "form": flask.request.form,
    }


def _refund(office: Sitting, refund_id: UUID, problems: Problems = (), refusal: str = "") -> str:
    found = queries.refund(office.session, refund_id)
    return page(
        "finance/refund.html",
        office,
        place=PLACE,
        refund=found,
        history=history(found),
        is_mine=signed_in().id in (found.asked_by, found.checked_by),
        items={item.code: named(item) for item in office.city.items},
        units={code: named(unit) for code, unit in office.city.units.items()},
        refund_tag=refund_tag,
        refund_words=refund_words,
        reason_length_max=REASON_LENGTH_MAX,
        bank_number_length_max=service.BANK_NUMBER_LENGTH_MAX,
        **told(problems, refusal),
    )


def _ask(office: Sitting, bill_id: UUID, problems: Problems = (), refusal: str = "") -> str:
    bill = changes.bill_head(office.session, bill_id)
    row = bills.load(office.session, bill_id)
    by_account = {
        account: refund_asks.available(office, bill_id, account) for account in ("treasury", "agency", "deposit")
    }
    left = {account: sum(line.left_fen for line in lines) for account, lines in by_account.items()}
    choices = [
        Choice(kind, refund_words(kind), account_words(ACCOUNT_OF_KIND[kind]))
        for kind in BY_FINANCE
        if left[ACCOUNT_OF_KIND[kind]]
    ]
    payer = refund_asks.payer_of(office, row)
    return page(
        "finance/refund_ask.html",
        office,
        place="/finance/bills",
        bill=bill,
        by_account={account: lines for account, lines in by_account.items() if lines},
        left=left,
        kinds=choices,
        payer=payer,
        newer=_newer(office, bill_id, left["treasury"]),
        credits=[
            (credit, credit.left_fen - rows.credit_held_fen(office.session, credit.id))
            for credit in rows.credits_of(office.session, bill.application_id)
        ],
        refunds=queries.of_bill(office.session, bill_id),
        refund_tag=refund_tag,
        refund_words=refund_words,
        items={item.code: named(item) for item in office.city.items},
        account_words=account_words,
        key=forms.key(),
        reason_length_max=REASON_LENGTH_MAX,
        document_length_max=refund_asks.DOCUMENT_LENGTH_MAX,
        **told(problems, refusal),
    )


def _newer(office: Sitting, bill_id: UUID, left_fen: int) -> tuple[str, ...]:
    """The items of a bill that have a newer rate than the one they were computed by."""
    newer = {rule.item: rule.newer_rate for rule in office.city.pack.refunds if rule.newer_rate}
    if not left_fen or not newer:
        return ()
    return tuple(
        line.item_code
        for line in bills.lines(office.session, bill_id)
        if line.due_fen and newer.get(line.item_code, "") not in ("", Line.from_json(line.line).version)
    )


def _return(office: Sitting, suspense_id: UUID, problems: Problems = (), refusal: str = "") -> str:
    return page(
        "finance/refund_return.html",
        office,
        place="/finance/suspense",
        money_row=statements.one_aside(office.session, suspense_id),
        key=forms.key(),
        reason_length_max=REASON_LENGTH_MAX,
        **told(problems, refusal),
    )
