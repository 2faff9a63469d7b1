"""Paying a bill by a QR code over the API: an order is asked for, and read until it is paid or closed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag
from pydantic import BaseModel, Field

from services import orders
from services.sitting import sitting
from shared.db.orders import OrderRow
from shared.domain.money import plain
from web.api.bearer import SECURITY, caller, only, require_token
from web.api.models import Amount, ErrorOut, Incoming, Text

paying = APIBlueprint(
    "api_paying",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="缴费", description="扫码缴费的支付订单")],
    abp_security=SECURITY,
    abp_responses={
        "401": ErrorOut, "403": ErrorOut, "404": ErrorOut, "409": ErrorOut, "422": ErrorOut, "503": ErrorOut,
    },
)  # fmt: skip
paying.before_request(require_token)


class BillPath(BaseModel):
    bill_id: UUID


class OrderPath(BaseModel):
    order_id: UUID


class OrderIn(Incoming):
    channel: Text = Field(description="支付渠道", examples=["wechat", "alipay"])


class OrderOut(BaseModel):
    id: str
    channel: str
    number: str = Field(description="商户订单号")
    amount: Amount
    state: str = Field(description="created、pending、unknown、paid、closed")
    qr: str = Field(description="二维码的内容；不能再付时为空")
    expires_at: str
    problem: str


@paying.post("/bills/<uuid:bill_id>/orders", responses={200: OrderOut}, summary="开一张支付订单")
def open_order(path: BillPath, body: OrderIn) -> Any:
    """Ask for the order by which a bill is paid at a channel; asked again it is the same while it can be paid."""
    only("applicant")
    with sitting() as office:
        order_id = orders.open_order(office, bill_id=path.bill_id, channel=body.channel, account=caller())
        return _order(*orders.own_order(office, order_id=order_id, account=caller()))


@paying.get("/orders/<uuid:order_id>", responses={200: OrderOut}, summary="一张支付订单")
def one_order(path: OrderPath) -> Any:
    """An order of the caller's: its code appears within seconds, its end once the channel has told it."""
    only("applicant")
    with sitting() as office:
        return _order(*orders.own_order(office, order_id=path.order_id, account=caller()))


def _order(order: OrderRow, is_shown: bool) -> dict[str, str]:
    return {
        "id": str(order.id),
        "channel": order.channel,
        "number": order.number,
        "amount": plain(order.amount_fen),
        "state": order.state,
        "qr": order.qr if is_shown else "",
        "expires_at": order.expires_at.isoformat(),
        "problem": order.problem,
    }
