"""Paying a bill by scanning: the applicant chooses a channel, a code appears, the page follows what becomes of it."""

from __future__ import annotations

from uuid import UUID

import flask
import segno
from flask_babel import gettext
from werkzeug.wrappers import Response

from services import orders
from services.orders import OfferedChannel
from services.sitting import Sitting, sitting
from shared.db.orders import OrderRow
from shared.db.queries import cases
from shared.db.queries.cases import BillView, CaseFile
from shared.domain.errors import NotFound, Problem
from web import acting
from web.auth.access import login_required, signed_in
from web.components import ScanCard, Tag, Tone
from web.filters import moment
from web.naming import said

scanning = flask.Blueprint("scanning", __name__, url_prefix="/apply")

#: How often the page looks again while something is under way, seconds.
LOOK_AGAIN_S = 5


@scanning.get("/cases/<uuid:application_id>/bills/<uuid:bill_id>/scan")
@login_required("applicant")
def page(application_id: UUID, bill_id: UUID) -> flask.Response:
    """The channels, with the code of a live order; the page looks again by itself while one is under way."""
    with sitting() as office:
        text, is_moving = _drawn(office, application_id, bill_id)
    answer = flask.make_response(text)
    if is_moving:
        answer.headers["Refresh"] = str(LOOK_AGAIN_S)
    return answer


@scanning.post("/cases/<uuid:application_id>/bills/<uuid:bill_id>/scan")
@login_required("applicant")
def open_order(application_id: UUID, bill_id: UUID) -> Response | tuple[str, int]:
    """Ask for a code; a second click finds the first one."""
    channel = flask.request.form.get("channel", "")
    account = signed_in()

    def act(office: Sitting) -> None:
        orders.open_order(office, bill_id=bill_id, channel=channel, account=account)

    def again(office: Sitting, problems: tuple[Problem, ...], refusal: str) -> str:
        return _drawn(office, application_id, bill_id, problems, refusal)[0]

    return acting.do(
        act,
        gettext("正在生成二维码。"),
        again,
        address=flask.url_for("scanning.page", application_id=application_id, bill_id=bill_id),
    )


def _drawn(
    office: Sitting, application_id: UUID, bill_id: UUID, problems: tuple[Problem, ...] = (), refusal: str = ""
) -> tuple[str, bool]:
    """The page, and whether something on it is under way."""
    file, bill = _own_bill(office, application_id, bill_id)
    offered = orders.offered(office, bill.id)
    text = flask.render_template(
        "apply/scan.html",
        case=file.case,
        bill=bill,
        owed_fen=bill.total_fen - bill.paid_fen,
        channels=tuple(_shown(each, bill) for each in offered),
        problems=problems,
        refusal=refusal,
    )
    return text, bill.is_open and any(each.order is not None and each.order.is_live for each in offered)


def _own_bill(office: Sitting, application_id: UUID, bill_id: UUID) -> tuple[CaseFile, BillView]:
    file = cases.case_file(office.session, application_id, signed_in())
    found = next((bill for bill in file.bills if bill.id == bill_id), None)
    if found is None:
        raise NotFound("没有这张缴费通知书，或不在您的办理范围内")
    return file, found


def _shown(each: OfferedChannel, bill: BillView) -> ScanCard:
    order = each.order
    return ScanCard(
        code=each.code,
        name={"wechat": gettext("微信支付"), "alipay": gettext("支付宝")}[each.code],
        state=_tag(order) if order else None,
        qr_svg=segno.make(order.qr, error="m").svg_inline(omitsize=True, border=0) if order and each.shown else "",
        words=_words(order, shown=each.shown) if order else "",
        note=gettext("商户订单号 %(number)s", number=order.number) if order else "",
        can_open=bill.is_open and (order is None or not order.is_live),
    )


def _tag(order: OrderRow) -> Tag:
    if order.state == "paid":
        return Tag(gettext("已支付"), Tone.GREEN)
    if order.state == "closed":
        return Tag(gettext("已关闭"))
    return Tag(gettext("待支付"), Tone.AMBER)


def _words(order: OrderRow, *, shown: bool) -> str:
    if order.state == "paid":
        return str(gettext("渠道已收到款项。"))
    if order.state == "closed":
        if order.problem:
            return str(gettext("没有收款：%(problem)s", problem=said(order.problem)))
        return str(gettext("二维码已失效，没有收款。"))
    if shown:
        return str(gettext("请在 %(when)s 前扫码支付；到账后本页自动更新。", when=moment(order.expires_at)))
    if order.is_closing or order.is_expired:
        return str(gettext("二维码已停用，正在向渠道确认没有收款。"))
    return str(gettext("正在生成二维码，本页自动更新。"))
