"""Money that goes back, for its applicant: what becomes of each refund, settlement of prepaid funds, and deposits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import flask
from flask_babel import gettext
from werkzeug.wrappers import Response

from services import deposits, guarantees, settlements
from services.deposit_acts import TEXT_LENGTH_MAX
from services.sitting import Sitting, sitting
from shared.db import bills, payments
from shared.db.queries import cases
from shared.db.queries import refunds as queries
from shared.db.queries.cases import CaseFile
from shared.db.queries.refunds import DepositView
from shared.domain.errors import NotFound, Problem
from web.acting import do
from web.auth.access import login_required, signed_in
from web.naming import named
from web.refunds import forms
from web.refunds.words import deposit_tag, form_words, history, refund_tag, refund_words

own_refunds = flask.Blueprint("own_refunds", __name__)

ROLE = "applicant"
HOME = "/apply/cases/<uuid:application_id>/refunds"

Problems = tuple[Problem, ...]


@own_refunds.get(HOME)
@login_required(ROLE)
def overview(application_id: UUID) -> str:
    """What goes back or can go back: refunds with their notices, prepaid funds, deposits."""
    with sitting() as office:
        file = _file(office, application_id)
        found = queries.of_application(office.session, application_id)
        kept = queries.deposits_of(office.session, application_id)
        moves = {each.id: queries.moves(office.session, each.id) for each in kept}
        return flask.render_template(
            "apply/refunds.html",
            case=file.case,
            refunds=[(each, history(each)) for each in found],
            prepaid=settlements.claimable(office, application_id),
            deposits=kept,
            asked={key: [move for move in rows if move.state == "asked"] for key, rows in moves.items()},
            declined={
                key: next((move for move in rows if move.state == "declined"), None) for key, rows in moves.items()
            },
            guarantee_bills=_guarantee_bills(office, file, kept),
            today=office.today,
            items={item.code: named(item) for item in office.city.items},
            refund_tag=refund_tag,
            refund_words=refund_words,
            deposit_tag=deposit_tag,
            form_words=form_words,
        )


@own_refunds.get(f"{HOME}/claim/<item_code>")
@login_required(ROLE)
def claim_page(application_id: UUID, item_code: str) -> str:
    """The form that claims a prepaid fund back."""
    with sitting() as office:
        return _claim(office, application_id, item_code)


@own_refunds.post(f"{HOME}/claim/<item_code>")
@login_required(ROLE)
def claim(application_id: UUID, item_code: str) -> Response | tuple[str, int]:
    """Claim a prepaid fund back, with the proof."""

    def act(office: Sitting) -> None:
        _file(office, application_id)
        day = forms.day("completed_on", "请填写主体竣工日")
        paper = forms.proof(office, needed=True)
        assert paper is not None  # noqa: S101 needed
        settlements.claim(
            office,
            account=signed_in(),
            key=forms.key(),
            application_id=application_id,
            item_code=item_code,
            share_percent=flask.request.form.get("share", ""),
            completed_on=day,
            paper_id=paper,
            payee=forms.payee(),
        )

    def again(office: Sitting, problems: Problems, refusal: str) -> str:
        return _claim(office, application_id, item_code, problems, refusal)

    return do(act, gettext("清算申请已提交，执收单位核对后由财务审批。"), again, address=_home(application_id))


@own_refunds.get("/apply/bills/<uuid:bill_id>/guarantee")
@login_required(ROLE)
def guarantee_page(bill_id: UUID) -> str:
    """The form that offers a 保函 in the place of a cash deposit."""
    with sitting() as office:
        return _guarantee(office, bill_id)


@own_refunds.post("/apply/bills/<uuid:bill_id>/guarantee")
@login_required(ROLE)
def offer_guarantee(bill_id: UUID) -> Response | tuple[str, int]:
    """Offer a 保函."""
    form = flask.request.form

    def act(office: Sitting) -> str:
        guarantees.offer_guarantee(
            office,
            account=signed_in(),
            bill_id=bill_id,
            issuer=form.get("issuer", ""),
            number=form.get("number", ""),
            expires_on=forms.day("expires_on", "请填写保函的到期日"),
            paper_id=forms.proof(office, needed=True),
        )
        return _home(bills.load(office.session, bill_id).application_id)

    def again(office: Sitting, problems: Problems, refusal: str) -> str:
        return _guarantee(office, bill_id, problems, refusal)

    return do(act, gettext("保函已提交，核对接受后代缴保证金。"), again)


@own_refunds.get("/apply/deposits/<uuid:deposit_id>/<any(completion, release, renewal):name>")
@login_required(ROLE)
def deposit_page(deposit_id: UUID, name: str) -> str:
    """The form of an ask about a deposit."""
    with sitting() as office:
        return _deposit(office, deposit_id, name)


@own_refunds.post("/apply/deposits/<uuid:deposit_id>/<any(completion, release, renewal):name>")
@login_required(ROLE)
def ask(deposit_id: UUID, name: str) -> Response | tuple[str, int]:
    """Say that the works are completed, ask for the deposit back, or bring a new 保函."""
    asks: dict[str, Callable[[Sitting, UUID], object]] = {
        "completion": _ask_completion,
        "release": _ask_release,
        "renewal": _ask_renewal,
    }

    def act(office: Sitting) -> str:
        found = _own_deposit(office, deposit_id)
        asks[name](office, deposit_id)
        return _home(found.application_id)

    def again(office: Sitting, problems: Problems, refusal: str) -> str:
        return _deposit(office, deposit_id, name, problems, refusal)

    return do(act, gettext("已提交，核对后通知您。"), again)


def _ask_completion(office: Sitting, deposit_id: UUID) -> None:
    deposits.ask_completion(
        office,
        account=signed_in(),
        deposit_id=deposit_id,
        completed_on=forms.day("completed_on", "请填写完工日"),
        document=flask.request.form.get("document", ""),
        paper_id=forms.proof(office, needed=True),
    )


def _ask_release(office: Sitting, deposit_id: UUID) -> None:
    to = forms.payee()
    deposits.ask_release(
        office,
        account=signed_in(),
        key=forms.key(),
        deposit_id=deposit_id,
        payee=to if to.account.strip() else None,
    )


def _ask_renewal(office: Sitting, deposit_id: UUID) -> None:
    guarantees.ask_renewal(
        office,
        account=signed_in(),
        deposit_id=deposit_id,
        issuer=flask.request.form.get("issuer", ""),
        number=flask.request.form.get("number", ""),
        expires_on=forms.day("expires_on", "请填写保函的到期日"),
        paper_id=forms.proof(office, needed=True),
    )


# Pages.


def _home(application_id: UUID) -> str:
    return flask.url_for("own_refunds.overview", application_id=application_id)


def _file(office: Sitting, application_id: UUID) -> CaseFile:
    return cases.case_file(office.session, application_id, signed_in())


def _own_deposit(office: Sitting, deposit_id: UUID) -> DepositView:
    found = queries.deposit(office.session, deposit_id)
    if not cases.may_see(office.session, found.application_id, signed_in()):
        raise NotFound("没有这笔保证金，或不在您的办理范围内")
    return found


def _guarantee_bills(office: Sitting, file: CaseFile, kept: list[DepositView]) -> list[tuple[UUID, str, int]]:
    """Open bills with a deposit that nobody has paid or offered a 保函 for: id, number, amount in 分."""
    taken = {each.bill_id for each in kept if each.state != "declined"}
    found = []
    for bill in file.bills:
        if not bill.is_open or bill.id in taken:
            continue
        paid = payments.paid_by_line(office.session, [bill.id])
        due_fen = sum(
            due_fen
            for seq, item_code, _, due_fen in bills.lines_of(office.session, [bill.id]).get(bill.id, [])
            if office.city.item(item_code).account == "deposit" and not paid.get((bill.id, seq))
        )
        if due_fen:
            found.append((bill.id, bill.number, due_fen))
    return found


def _told(problems: Problems, refusal: str) -> dict[str, Any]:
    return {
        "problems": problems,
        "wrong": {each.field: each.problem for each in problems},
        "refusal": refusal,
        "form": flask.request.form,
        "key": forms.key(),
        "text_length_max": TEXT_LENGTH_MAX,
    }


def _claim(office: Sitting, application_id: UUID, item_code: str, problems: Problems = (), refusal: str = "") -> str:
    file = _file(office, application_id)
    found = next((each for each in settlements.claimable(office, application_id) if each.rule.item == item_code), None)
    if found is None:
        raise NotFound("没有这个页面，或它不属于您的账号")
    return flask.render_template(
        "apply/refund_claim.html",
        case=file.case,
        prepaid=found,
        item=named(office.city.item(item_code)),
        payer_name=file.case.developer_name,
        **_told(problems, refusal),
    )


def _guarantee(office: Sitting, bill_id: UUID, problems: Problems = (), refusal: str = "") -> str:
    bill = bills.load(office.session, bill_id)
    file = _file(office, bill.application_id)
    amount = next((fen for found, _, fen in _guarantee_bills(office, file, []) if found == bill_id), 0)
    return flask.render_template(
        "apply/deposit_ask.html",
        case=file.case,
        name="guarantee",
        title=gettext("以保函代缴保证金"),
        amount_fen=amount,
        deposit=None,
        notice_days=0,
        **_told(problems, refusal),
    )


def _deposit(office: Sitting, deposit_id: UUID, name: str, problems: Problems = (), refusal: str = "") -> str:
    found = _own_deposit(office, deposit_id)
    titles: dict[str, str] = {
        "completion": gettext("申请确认完工"),
        "release": gettext("申请返还保证金"),
        "renewal": gettext("保函续保"),
    }
    return flask.render_template(
        "apply/deposit_ask.html",
        case=_file(office, found.application_id).case,
        name=name,
        title=titles[name],
        amount_fen=found.held_fen or found.amount_fen,
        deposit=found,
        notice_days=office.city.pack.deposits.notice_days,
        **_told(problems, refusal),
    )
