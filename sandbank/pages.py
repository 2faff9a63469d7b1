"""The payer's pages: enter a code, see the bill, pay, keep the confirmation.

A GET writes nothing. The form carries a signed token with a nonce of its own, so a double
click is one payment; success is shown only from the bank's book, never from the address.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from flask import Blueprint, Response, jsonify, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeTimedSerializer

from sandbank.bank import Bank, this_bank
from sandbank.merchant import Bill
from sandbank.payments import ACCOUNTS, CHANNELS, Order, bill_to_pay, pay, payment_code_in
from sandbank.refusals import AlreadyPaid, BillChanged, KeyReused, Malformed, PageExpired, Problem, UnknownCode

# Long enough for a cashier's lunch; the amount is checked again anyway.
_FORM_AGE_MAX_S = 4 * 3_600

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def entry() -> ResponseReturnValue:
    """Ask for a payment code."""
    return render_template("entry.html", typed="", problem="")


@blueprint.get("/pay")
def look_up() -> ResponseReturnValue:
    """Take a code as it was typed, pasted or scanned, to the page of its bill."""
    typed = request.args.get("code", "")
    try:
        payment_code = payment_code_in(typed)
    except Malformed as refusal:
        return render_template("entry.html", typed=typed[:200], problem=refusal.problems[0].problem), 422
    return redirect(url_for("pages.show", payment_code=payment_code), 303)


@blueprint.get("/pay/<payment_code>")
def show(payment_code: str) -> ResponseReturnValue:
    """The bill, ready to be paid; or the confirmation, if it is paid."""
    if payment_code != _clean(payment_code):
        raise UnknownCode
    bank = this_bank()
    try:
        bill = bill_to_pay(bank.book, bank.merchant, payment_code)
    except AlreadyPaid:
        return redirect(url_for("pages.paid", payment_code=payment_code), 303)
    return _bill_page(bill)


@blueprint.post("/pay/<payment_code>")
def submit(payment_code: str) -> ResponseReturnValue:
    """Pay once, however often the button was pressed."""
    bank = this_bank()
    token = _read_token(bank, request.form.get("form_token", ""))
    if token.payment_code != payment_code:
        raise PageExpired
    try:
        order = Order(
            payment_code=payment_code,
            account=request.form.get("account", ""),
            channel=request.form.get("channel", ""),
            idempotency_key=f"page-{token.nonce}",
        )
        pay(
            bank.book,
            bank.merchant,
            order,
            amount_shown_fen=token.amount_fen,
            duplicate_percent=bank.settings.duplicate_percent,
            delay_s=bank.settings.delay_s,
        )
        bank.courier.hurry()
    except Malformed as refusal:
        return _bill_page(bill_to_pay(bank.book, bank.merchant, payment_code), problems=refusal.problems), 422
    except BillChanged as refusal:
        changed = bill_to_pay(bank.book, bank.merchant, payment_code)
        return _bill_page(changed, notice=f"{refusal.title}。{refusal.way_out}"), refusal.status
    except (AlreadyPaid, KeyReused):
        # Another window, or this one before "back": the confirmation page says what was paid and when.
        pass
    return redirect(url_for("pages.paid", payment_code=payment_code), 303)


@blueprint.get("/pay/<payment_code>/paid")
def paid(payment_code: str) -> ResponseReturnValue:
    """The confirmation: from our own book, or, if it was paid elsewhere, from what Yidan says."""
    if payment_code != _clean(payment_code):
        raise UnknownCode
    bank = this_bank()
    payment = bank.book.find_by_code(payment_code)
    if payment:
        account = next((each for each in ACCOUNTS if each.number == payment.account), None)
        masked = account.masked if account else f"{payment.account[:4]} **** {payment.account[-4:]}"
        return render_template("paid.html", payment=payment, masked=masked)
    try:
        bill_to_pay(bank.book, bank.merchant, payment_code)
    except AlreadyPaid as refusal:
        return render_template(
            "problem.html",
            title=refusal.title,
            way_out="这笔款项不是在本行缴的，本行没有交易流水号。缴款凭证请到一单平台查看。无需重复缴款。",
        )
    return redirect(url_for("pages.show", payment_code=payment_code), 303)


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Whether the process serves and carries reports; how many are still owed."""
    bank = this_bank()
    is_well = bank.courier.is_running
    return jsonify(status="ok" if is_well else "courier stopped", reports_waiting=bank.book.waiting()), (
        200 if is_well else 503
    )


@dataclass(frozen=True, slots=True)
class _Token:
    """What the form was made for: this browser, this code, this amount; the nonce is the payment's key."""

    browser: str
    payment_code: str
    amount_fen: int
    nonce: str


def _bill_page(bill: Bill, *, problems: tuple[Problem, ...] = (), notice: str = "") -> Response:
    token = _Token(_browser(), bill.payment_code, bill.amount_fen, secrets.token_urlsafe(18))
    page = render_template(
        "bill.html",
        bill=bill,
        accounts=ACCOUNTS,
        channels=CHANNELS,
        chosen_account=request.form.get("account", ACCOUNTS[0].number),
        chosen_channel=request.form.get("channel", CHANNELS[0]),
        form_token=_serializer(this_bank()).dumps([token.browser, token.payment_code, token.amount_fen, token.nonce]),
        problems={each.field: each.problem for each in problems},
        notice=notice,
    )
    return Response(page)


def _read_token(bank: Bank, text: str) -> _Token:
    """Raises `PageExpired` for a token that is not ours, too old, or of another browser (a forged form)."""
    try:
        token = _Token(*_serializer(bank).loads(text, max_age=_FORM_AGE_MAX_S))
    except BadSignature as error:
        raise PageExpired from error
    if not secrets.compare_digest(token.browser.encode(), str(session.get("browser", "")).encode()):
        raise PageExpired
    return token


def _browser() -> str:
    if "browser" not in session:
        session["browser"] = secrets.token_urlsafe(18)
    return str(session["browser"])


def _serializer(bank: Bank) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(bank.settings.secret_key, salt="pay")


def _clean(payment_code: str) -> str:
    try:
        return payment_code_in(payment_code)
    except Malformed as error:
        raise UnknownCode from error
