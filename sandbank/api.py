"""The bank for scripts: pay by JSON, fetch statements, and (on this machine only) make it misbehave.

Only `application/json` is read, which a page of another origin cannot send without asking first.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request
from flask.typing import ResponseReturnValue

from sandbank.bank import this_bank
from sandbank.book import plain
from sandbank.faults import TIMES_MAX, Fault, Mode
from sandbank.payments import Order, pay
from sandbank.refusals import Malformed, Problem

_LOOPBACK = {"127.0.0.1", "::1"}
_SECONDS_MAX = 86_400
_OPTION_LENGTH_MAX = 64

blueprint = Blueprint("api", __name__)


@blueprint.post("/api/pay")
def pay_by_script() -> ResponseReturnValue:
    """Pay a code. The same idempotency key gives the same answer for ever; with another body: 422."""
    sent = _object_of({"payment_code": str, "account": str, "channel": str, "idempotency_key": str})
    bank = this_bank()
    payment = pay(
        bank.book,
        bank.merchant,
        Order(
            payment_code=sent["payment_code"],
            account=sent["account"],
            channel=sent["channel"],
            idempotency_key=sent["idempotency_key"],
        ),
        duplicate_percent=bank.settings.duplicate_percent,
        delay_s=bank.settings.delay_s,
    )
    bank.courier.hurry()
    return jsonify(bank_txn_id=payment.txn_id, amount=plain(payment.amount_fen), paid_at=payment.paid_at, state="paid")


@blueprint.get("/statements/<day>.csv")
def statement(day: str) -> ResponseReturnValue:
    """The statement file of one business day; a day without payments has a head and no lines."""
    content = this_bank().statements.read(_date(day))
    return Response(
        content,
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{day}.csv"'},
    )


@blueprint.get("/statements/<day>.json")
def statement_totals(day: str) -> ResponseReturnValue:
    """The control totals of one business day."""
    return jsonify(this_bank().statements.totals(_date(day)))


@blueprint.before_request
def _keep_strangers_out() -> None:
    if request.path.startswith("/admin/") and request.remote_addr not in _LOOPBACK:
        abort(404)


@blueprint.get("/admin/payments")
def payments() -> ResponseReturnValue:
    """Every payment with its reports; `?payment_code=` for one."""
    return jsonify(payments=this_bank().book.payments_with_reports(payment_code=request.args.get("payment_code", "")))


@blueprint.get("/admin/faults")
def faults() -> ResponseReturnValue:
    """The faults that are still due."""
    return jsonify(faults=this_bank().book.armed())


@blueprint.post("/admin/faults")
def arm() -> ResponseReturnValue:
    """Misbehave `times` times from now on."""
    sent = _object_of(
        {"mode": str},
        {"times": int, "seconds": (int, float), "then_correct": bool, "amount": str, "bill_number": str},
    )
    problems: list[Problem] = []
    if sent["mode"] not in list(Mode):
        problems.append(Problem("mode", f"应为 {'、'.join(Mode)} 之一"))
    if not 1 <= sent.get("times", 1) <= TIMES_MAX:
        problems.append(Problem("times", f"应为 1 至 {TIMES_MAX}"))
    if not 0 <= sent.get("seconds", 0) <= _SECONDS_MAX:
        problems.append(Problem("seconds", f"应为 0 至 {_SECONDS_MAX}"))
    problems += [
        Problem(key, f"应为 1 至 {_OPTION_LENGTH_MAX} 个可见字符")
        for key in ("amount", "bill_number")
        if key in sent and not (sent[key].isprintable() and 1 <= len(sent[key]) <= _OPTION_LENGTH_MAX)
    ]
    if problems:
        raise Malformed(*problems)
    options = {key: sent[key] for key in ("seconds", "then_correct", "amount", "bill_number") if key in sent}
    this_bank().book.arm(Fault(mode=Mode(sent["mode"]), **options), times=sent.get("times", 1))
    return jsonify(faults=this_bank().book.armed()), 201


@blueprint.delete("/admin/faults")
def disarm() -> ResponseReturnValue:
    """Behave again."""
    this_bank().book.disarm()
    return jsonify(faults=[])


@blueprint.post("/admin/replays")
def replay() -> ResponseReturnValue:
    """Send the reports of an old payment again, word for word and freshly signed."""
    sent = _object_of({"bank_txn_id": str}, {"times": int})
    if not 1 <= sent.get("times", 1) <= TIMES_MAX:
        raise Malformed(Problem("times", f"应为 1 至 {TIMES_MAX}"))
    if not this_bank().book.repeat(sent["bank_txn_id"], times=sent.get("times", 1), now=time.time()):
        raise Malformed(Problem("bank_txn_id", "没有这笔交易"))
    this_bank().courier.hurry()
    return jsonify(reports_waiting=this_bank().book.waiting()), 202


def _object_of(
    needed: Mapping[str, type | tuple[type, ...]], allowed: Mapping[str, type | tuple[type, ...]] | None = None
) -> dict[str, Any]:
    """The JSON object that was sent: needed keys, allowed keys and no others, each of its type. Raises `Malformed`."""
    if request.mimetype != "application/json":
        abort(415)
    try:
        sent = request.get_json(silent=True)
    except RecursionError:
        sent = None
    if not isinstance(sent, dict):
        raise Malformed(Problem("", "应为一个 JSON 对象"))
    types = {**needed, **(allowed or {})}
    problems = [Problem(key, "不认识的字段") for key in sent if key not in types]
    problems += [Problem(key, "缺少该字段") for key in needed if key not in sent]
    for key, kind in types.items():
        # Python calls True an int; JSON does not.
        is_bool_by_mistake = isinstance(sent.get(key), bool) and kind is not bool
        if key in sent and (is_bool_by_mistake or not isinstance(sent[key], kind)):
            problems.append(Problem(key, "类型不对"))
    if problems:
        raise Malformed(*problems)
    return sent


def _date(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        abort(404)
    if day.isoformat() != text:
        abort(404)
    return day
