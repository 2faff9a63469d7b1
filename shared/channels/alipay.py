"""Alipay, 当面付 (precreate): requests are forms signed with RSA2 over their sorted parameters, answers signed JSON.

Field names and signature rules are Alipay's own (docs/channel.md, section 7). Amounts are yuan with two decimals.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from shared.channels import signatures
from shared.channels.channel import (
    Answer,
    ChannelRefused,
    GiveBack,
    GivenBack,
    Heard,
    Made,
    State,
    Told,
    Transport,
    Wish,
)
from shared.domain.channel import BadSignature, CallbackMalformed
from shared.domain.errors import Problem, Unavailable
from shared.domain.money import Money, plain

_CHINA: Final = ZoneInfo("Asia/Shanghai")
_TIME: Final = "%Y-%m-%d %H:%M:%S"
_STATES: Final = {
    "TRADE_SUCCESS": State.PAID,
    "TRADE_FINISHED": State.PAID,
    "WAIT_BUYER_PAY": State.PENDING,
    "TRADE_CLOSED": State.CLOSED,
}
_DONE: Final = "10000"
_BUSINESS_FAILED: Final = "40004"
#: Alipay itself could not say: its outcome is unknown (code 20000, and these sub codes).
_UNKNOWN: Final = ("ACQ.SYSTEM_ERROR", "aop.ACQ.SYSTEM_ERROR", "SYSTEM_ERROR")
_MISSING: Final = "ACQ.TRADE_NOT_EXIST"
_FIELDS_MAX: Final = 100
_SUBJECT_MAX: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchant:
    """Who the city is at Alipay; `seller_id` is the account (PID) that money goes to."""

    app_id: str
    seller_id: str
    private_key: RSAPrivateKey
    alipay_key: RSAPublicKey
    url: str


class Alipay:
    """The channel `alipay`."""

    code = "alipay"
    name = "支付宝"
    thanks = Answer(status=200, content_type="text/plain", body="success")
    no = Answer(status=401, content_type="text/plain", body="fail")

    def __init__(self, merchant: Merchant, transport: Transport) -> None:
        self._merchant = merchant
        self._transport = transport

    def order(self, wish: Wish) -> Made:
        """As `Channel.order`: alipay.trade.precreate."""
        answer, raw = self._ask(
            "alipay.trade.precreate",
            {
                "out_trade_no": wish.number,
                "total_amount": plain(wish.amount_fen),
                "subject": _plain_words(wish.title)[:_SUBJECT_MAX],
                "time_expire": wish.expires_at.astimezone(_CHINA).strftime(_TIME),
            },
            notify_url=wish.notify_url,
        )
        qr = answer.get("qr_code")
        if not isinstance(qr, str) or not qr or answer.get("out_trade_no") != wish.number:
            raise Unavailable("支付宝的应答没有二维码")
        return Made(qr=qr, raw=raw)

    def tell(self, number: str) -> Told:
        """As `Channel.tell`: alipay.trade.query. A trade begins when somebody scans; before, it is missing."""
        try:
            answer, raw = self._ask("alipay.trade.query", {"out_trade_no": number})
        except ChannelRefused as refused:
            if refused.code != _MISSING:
                raise
            return Told(number=number, state=State.MISSING, words=refused.code, raw=refused.raw)
        try:
            told = self._told(answer, raw, paid_at="send_pay_date")
        except CallbackMalformed:
            raise Unavailable("支付宝的应答读不懂") from None
        if told.number != number:
            raise Unavailable("支付宝答的是另一张订单")
        return told

    def close(self, number: str) -> None:
        """As `Channel.close`: alipay.trade.close."""
        self._ask("alipay.trade.close", {"out_trade_no": number})

    def give_back(self, wish: GiveBack) -> GivenBack:
        """As `Channel.give_back`: alipay.trade.refund by out_request_no; `fund_change` says whether money has moved."""
        answer, raw = self._ask(
            "alipay.trade.refund",
            {
                "out_trade_no": wish.order_number,
                "refund_amount": plain(wish.refund_fen),
                "out_request_no": wish.number,
                "refund_reason": wish.reason,
            },
        )
        moved = str(answer.get("fund_change", ""))
        return GivenBack(is_done=moved == "Y", words=moved, raw=raw)

    def check(self, headers: Mapping[str, str], body: bytes, *, now_epoch: float) -> None:  # noqa: ARG002
        """As `Channel.check`: all parameters but sign and sign_type, sorted, joined, by Alipay's key.

        Alipay's callbacks say no time of signing; the inbox makes an old one harmless.
        """
        try:
            said = _form(body)
        except CallbackMalformed:
            raise BadSignature("签名不符") from None
        if said.get("sign_type") != "RSA2" or not said.get("sign"):
            raise BadSignature("缺少签名，或签名、时间戳的写法不对")
        text = signed_text({name: value for name, value in said.items() if name not in ("sign", "sign_type")})
        signatures.check(self._merchant.alipay_key, text, said["sign"])

    def hear(self, body: bytes) -> Heard:
        """As `Channel.hear`."""
        said = _form(body)
        if said.get("notify_type") != "trade_status_sync" or not said.get("notify_id"):
            raise CallbackMalformed([Problem("notify_type", "只接受 trade_status_sync，且应有 notify_id")])
        is_ours = said.get("app_id") == self._merchant.app_id and said.get("seller_id") == self._merchant.seller_id
        told = self._told(said, body.decode("utf-8", "replace"), paid_at="gmt_payment", is_ours=is_ours)
        return Heard(event_id=said["notify_id"], told=told)

    def _told(self, trade: Mapping[str, Any], raw: str, *, paid_at: str, is_ours: bool = True) -> Told:
        words, number = str(trade.get("trade_status", "")), str(trade.get("out_trade_no", ""))
        state = _STATES.get(words)
        if state is None or not number:
            raise CallbackMalformed([Problem("trade_status", "不认识的交易状态，或没有商户订单号")])
        if trade.get("refund_fee") not in (None, "", "0.00") or trade.get("gmt_refund"):
            state = State.REFUNDED
        transaction = str(trade.get("trade_no", ""))
        if state is State.PAID and not transaction:
            raise CallbackMalformed([Problem("trade_no", "缺少该字段")])
        return Told(
            number=number,
            state=state,
            words=words,
            raw=raw,
            is_ours=is_ours,
            transaction=transaction,
            amount_fen=_fen(trade.get("total_amount")) if state is State.PAID else 0,
            currency=str(trade.get("trans_currency") or "CNY"),
            paid_at=_moment(trade.get(paid_at)) if state is State.PAID else None,
            payer=str(trade.get("buyer_logon_id") or trade.get("buyer_id") or ""),
        )

    def request(self, method: str, content: Mapping[str, Any], *, timestamp: str, notify_url: str = "") -> str:
        """The signed form of a request; what is empty is left out."""
        parameters = {
            "app_id": self._merchant.app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": timestamp,
            "version": "1.0",
            "notify_url": notify_url,
            "biz_content": json.dumps(content, ensure_ascii=False, separators=(",", ":")),
        }
        sent = {name: value for name, value in parameters.items() if value}
        return urlencode({**sent, "sign": signatures.sign(self._merchant.private_key, signed_text(sent))})

    def _ask(self, method: str, content: Mapping[str, Any], *, notify_url: str = "") -> tuple[dict[str, Any], str]:
        # The provider's clock is the real one, in China.
        timestamp = datetime.fromtimestamp(time.time(), _CHINA).strftime(_TIME)
        form = self.request(method, content, timestamp=timestamp, notify_url=notify_url)
        reply = self._transport.send(
            "POST",
            self._merchant.url,
            headers={"Content-Type": "application/x-www-form-urlencoded;charset=utf-8", "User-Agent": "yidan"},
            body=form.encode(),
        )
        if reply.status != 200:
            raise Unavailable(f"支付宝暂不应答（{reply.status}）")
        return self._answer(method, reply.body)

    def _answer(self, method: str, body: bytes) -> tuple[dict[str, Any], str]:
        name = f"{method.replace('.', '_')}_response"
        try:
            text = body.decode("utf-8")
            whole = json.loads(text)
            answer, signature = whole[name], whole.get("sign", "")
            signed = _as_written(text, name)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise Unavailable("支付宝的应答读不懂") from None
        if not isinstance(answer, dict):
            raise Unavailable("支付宝的应答读不懂")
        try:
            signatures.check(self._merchant.alipay_key, signed.encode(), str(signature))
        except BadSignature:
            raise Unavailable("支付宝的应答签名不符，不予采信") from None
        code, why = str(answer.get("code", "")), str(answer.get("sub_code", ""))
        if code == _DONE:
            return answer, text
        if code == "20000" or why in _UNKNOWN:
            raise Unavailable(f"支付宝暂不应答（{code} {why}）")
        raise ChannelRefused(why or code, str(answer.get("sub_msg", answer.get("msg", ""))), raw=text)


def signed_text(parameters: Mapping[str, str]) -> bytes:
    """What is signed: `name=value` of every parameter that is not empty, sorted by name, joined by `&`."""
    return "&".join(f"{name}={value}" for name, value in sorted(parameters.items()) if value).encode()


def _as_written(text: str, name: str) -> str:
    """The answer's object exactly as it stands in the text: the signature is over these characters."""
    start = text.index(f'"{name}"') + len(name) + 2
    start = text.index("{", text.index(":", start))
    _, end = json.JSONDecoder().raw_decode(text, start)
    return text[start:end]


def _form(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            body.decode("utf-8"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_FIELDS_MAX,
        )
    except ValueError:
        raise CallbackMalformed([Problem("", "报文不是 UTF-8 编码的表单")]) from None
    said: dict[str, str] = {}
    for name, value in pairs:
        if name in said:
            raise CallbackMalformed([Problem(name, "字段重复")])
        said[name] = value
    return said


def _fen(text: object) -> int:
    try:
        fen = Money.parse(str(text)).fen
    except ValueError:
        fen = 0
    if fen <= 0:
        raise CallbackMalformed([Problem("total_amount", "应为大于零的金额，单位元")])
    return fen


def _moment(text: object) -> datetime:
    try:
        return datetime.strptime(str(text), _TIME).replace(tzinfo=_CHINA)
    except ValueError:
        raise CallbackMalformed([Problem("gmt_payment", "应如 2014-09-19 14:05:00")]) from None


def _plain_words(text: str) -> str:
    """Alipay refuses `/`, `=` and `&` in a subject."""
    return "".join(" " if char in "/=&" else char for char in text)
