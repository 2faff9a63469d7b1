"""What the forms of refunds and deposits send: amounts, days, payees, proofs, and the key that makes a repeat one."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

import flask

from services import papers
from services.refund_asks import Payee
from services.sitting import Sitting
from shared.domain.errors import Invalid, Problem
from shared.domain.money import Money
from shared.settings import settings
from shared.storage import Storage
from web.auth.access import signed_in


def fen(name: str) -> int:
    """An amount in 元 as 分, nothing where nothing was typed; raises `Invalid`."""
    typed = flask.request.form.get(name, "").strip().replace(",", "").replace("，", "")
    if not typed:
        return 0
    try:
        return Money.parse(typed).fen
    except ValueError as error:
        raise Invalid([Problem(name, str(error))]) from error


def seen_fen(name: str) -> int:
    """What the page showed as available, sent back as it was; something else than a number is nothing."""
    typed = flask.request.form.get(name, "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 15 else 0


def day(name: str, problem: str) -> date:
    """A day; raises `Invalid` with the problem."""
    try:
        return date.fromisoformat(flask.request.form.get(name, ""))
    except ValueError as error:
        raise Invalid([Problem(name, problem)]) from error


def payee() -> Payee:
    """Who gets the money, as it was typed."""
    form = flask.request.form
    return Payee(
        name=form.get("payee_name", ""),
        uscc=form.get("payee_uscc", ""),
        account=form.get("payee_account", ""),
        bank=form.get("payee_bank", ""),
    )


def key() -> str:
    """The key of the form that was sent, or a new one for a form that is shown."""
    return flask.request.form.get("key", "") or str(uuid4())


def proof(office: Sitting, *, needed: bool) -> UUID | None:
    """The uploaded proof, taken in; nothing where none was chosen and none is needed. Raises `Invalid`."""
    uploaded = flask.request.files.get("paper")
    content = uploaded.read() if uploaded else b""
    if not content and not needed:
        return None
    if not content or uploaded is None:
        raise Invalid([Problem("paper", "请上传证明材料")])
    store = Storage(settings().storage_dir)
    try:
        return papers.take(office, store, account=signed_in(), file_name=uploaded.filename or "", content=content)
    except Invalid as invalid:
        raise Invalid([Problem("paper", each.problem) for each in invalid.problems]) from invalid
