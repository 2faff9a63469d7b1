"""WeChat Pay APIv3, Native: a QR code per order, requests and answers signed with RSA, callbacks encrypted as well.

Field names, signature texts and paths are WeChat Pay's own (docs/channel.md, section 6); amounts are whole 分.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.channels import signatures
from shared.channels.channel import (
    Answer,
    ChannelRefused,
    GiveBack,
    GivenBack,
    Heard,
    Made,
    Reply,
    State,
    Told,
    Transport,
    Wish,
)
from shared.domain.channel import SIGNATURE_WINDOW_S, BadSignature, CallbackMalformed, StaleTimestamp, UnknownKey
from shared.domain.errors import Problem, Unavailable

SCHEME: Final = "WECHATPAY2-SHA256-RSA2048"
TIMESTAMP: Final = "wechatpay-timestamp"
NONCE: Final = "wechatpay-nonce"
SERIAL: Final = "wechatpay-serial"
SIGNATURE: Final = "wechatpay-signature"
SIGNATURE_HEADERS: Final = (TIMESTAMP, NONCE, SERIAL, SIGNATURE)
_CHINA: Final = ZoneInfo("Asia/Shanghai")
_ALGORITHM: Final = "AEAD_AES_256_GCM"
_KEY_BYTES: Final = 32
_STATES: Final = {
    "SUCCESS": State.PAID,
    "REFUND": State.REFUNDED,
    "NOTPAY": State.PENDING,
    "USERPAYING": State.PENDING,
    "PAYERROR": State.PENDING,
    "ACCEPT": State.PENDING,
    "CLOSED": State.CLOSED,
    "REVOKED": State.CLOSED,
}
#: The order is not (yet) there; both spellings occur in WeChat Pay's own documents.
_MISSING: Final = ("ORDER_NOT_EXIST", "ORDERNOTEXIST")
_DESCRIPTION_MAX: Final = 127


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchant:
    """Who the city is at WeChat Pay; `platform_keys` by serial number, or by `PUB_KEY_ID_…`."""

    mchid: str
    appid: str
    serial_no: str
    private_key: RSAPrivateKey
    api_v3_key: bytes
    platform_keys: Mapping[str, RSAPublicKey]
    url: str


class WeChatPay:
    """The channel `wechat`."""

    code = "wechat"
    name = "微信支付"
    thanks = Answer(status=200, content_type="application/json", body='{"code":"SUCCESS","message":"成功"}')
    no = Answer(status=401, content_type="application/json", body='{"code":"FAIL","message":"签名不符"}')

    def __init__(self, merchant: Merchant, transport: Transport) -> None:
        if len(merchant.api_v3_key) != _KEY_BYTES:
            raise Unavailable("WECHAT_APIV3_KEY 应为 32 个字符")
        self._merchant = merchant
        self._transport = transport

    def order(self, wish: Wish) -> Made:
        """As `Channel.order`: POST /v3/pay/transactions/native."""
        body = {
            "appid": self._merchant.appid,
            "mchid": self._merchant.mchid,
            "description": wish.title[:_DESCRIPTION_MAX],
            "out_trade_no": wish.number,
            "time_expire": wish.expires_at.astimezone(_CHINA).replace(microsecond=0).isoformat(),
            "notify_url": wish.notify_url,
            "amount": {"total": wish.amount_fen, "currency": "CNY"},
        }
        answer, raw = self._ask("POST", "/v3/pay/transactions/native", body)
        qr = answer.get("code_url")
        if not isinstance(qr, str) or not qr:
            raise Unavailable("微信支付的应答没有二维码")
        return Made(qr=qr, raw=raw)

    def tell(self, number: str) -> Told:
        """As `Channel.tell`: GET /v3/pay/transactions/out-trade-no/{out_trade_no}?mchid=…"""
        path = f"/v3/pay/transactions/out-trade-no/{quote(number, safe='')}?mchid={self._merchant.mchid}"
        try:
            answer, raw = self._ask("GET", path)
        except ChannelRefused as refused:
            if refused.code not in _MISSING:
                raise
            return Told(number=number, state=State.MISSING, words=refused.code, raw=refused.raw)
        try:
            told = self._told(answer, raw)
        except CallbackMalformed:
            raise Unavailable("微信支付的应答读不懂") from None
        if told.number != number:
            raise Unavailable("微信支付答的是另一张订单")
        return told

    def close(self, number: str) -> None:
        """As `Channel.close`: POST …/close, answered 204."""
        path = f"/v3/pay/transactions/out-trade-no/{quote(number, safe='')}/close"
        self._ask("POST", path, {"mchid": self._merchant.mchid})

    def give_back(self, wish: GiveBack) -> GivenBack:
        """As `Channel.give_back`: POST /v3/refund/domestic/refunds, by out_refund_no."""
        body = {
            "out_trade_no": wish.order_number,
            "out_refund_no": wish.number,
            "reason": wish.reason,
            "amount": {"refund": wish.refund_fen, "total": wish.total_fen, "currency": "CNY"},
        }
        answer, raw = self._ask("POST", "/v3/refund/domestic/refunds", body)
        status = str(answer.get("status", ""))
        if status in {"CLOSED", "ABNORMAL"}:
            raise ChannelRefused(status, "退款没有成功", raw=raw)
        return GivenBack(is_done=status == "SUCCESS", words=status, raw=raw)

    def check(self, headers: Mapping[str, str], body: bytes, *, now_epoch: float) -> None:
        """As `Channel.check`: timestamp, nonce and body, each with a line end, by the key of Wechatpay-Serial."""
        sent = {name.lower(): value for name, value in headers.items()}
        timestamp, nonce = sent.get(TIMESTAMP, ""), sent.get(NONCE, "")
        if not (timestamp.isascii() and timestamp.isdecimal()) or len(timestamp) > 12 or not nonce:
            raise BadSignature("缺少签名，或签名、时间戳的写法不对")
        key = self._merchant.platform_keys.get(sent.get(SERIAL, ""))
        if key is None:
            raise UnknownKey("签名密钥编号未启用")
        try:
            text = f"{timestamp}\n{nonce}\n".encode() + body + b"\n"
        except UnicodeEncodeError:
            raise BadSignature("签名不符") from None
        signatures.check(key, text, sent.get(SIGNATURE, ""))
        if abs(now_epoch - int(timestamp)) > SIGNATURE_WINDOW_S:
            raise StaleTimestamp(f"签名时间与本机时间相差超过 {SIGNATURE_WINDOW_S} 秒")

    def hear(self, body: bytes) -> Heard:
        """As `Channel.hear`; the resource is opened with the APIv3 key."""
        said = _json(body)
        event_id, resource = said.get("id"), said.get("resource")
        if not isinstance(event_id, str) or not event_id or not isinstance(resource, dict):
            raise CallbackMalformed([Problem("id", "缺少该字段")])
        opened = self._open(resource)
        text = opened.decode("utf-8", "replace")
        transaction = _json(opened)
        if "refund_status" in transaction:
            # A refund's report has no trade_state; the order that it is about has lost money.
            transaction = {**transaction, "trade_state": "REFUND"}
        return Heard(event_id=event_id, told=self._told(transaction, text))

    def _open(self, resource: Mapping[str, Any]) -> bytes:
        values = [resource.get(name, "") for name in ("algorithm", "ciphertext", "nonce", "associated_data")]
        if not all(isinstance(each, str) for each in values) or values[0] != _ALGORITHM:
            raise CallbackMalformed([Problem("resource", "加密方式不是 AEAD_AES_256_GCM")])
        _, ciphertext, nonce, associated_data = values
        try:
            return AESGCM(self._merchant.api_v3_key).decrypt(
                nonce.encode(), base64.b64decode(ciphertext, validate=True), associated_data.encode()
            )
        except (InvalidTag, binascii.Error, ValueError, OverflowError):
            raise CallbackMalformed([Problem("resource", "用 APIv3 密钥解不开")]) from None

    def _told(self, transaction: Mapping[str, Any], raw: str) -> Told:
        words = transaction.get("trade_state")
        state = _STATES.get(words) if isinstance(words, str) else None
        number = transaction.get("out_trade_no")
        if state is None or not isinstance(number, str) or not number:
            raise CallbackMalformed([Problem("trade_state", "不认识的交易状态，或没有商户订单号")])
        amount, payer = transaction.get("amount") or {}, transaction.get("payer") or {}
        if not isinstance(amount, dict) or not isinstance(payer, dict):
            raise CallbackMalformed([Problem("amount", "应为一个 JSON 对象")])
        total, moment = amount.get("total", 0), transaction.get("success_time", "")
        if type(total) is not int or total < 0 or (state is State.PAID and total == 0):
            raise CallbackMalformed([Problem("amount", "应为大于零的整数，单位分")])
        transaction_id = transaction.get("transaction_id", "")
        if state is State.PAID and not (isinstance(transaction_id, str) and transaction_id):
            raise CallbackMalformed([Problem("transaction_id", "缺少该字段")])
        return Told(
            number=number,
            state=state,
            words=str(words),
            raw=raw,
            is_ours=transaction.get("mchid") == self._merchant.mchid
            and transaction.get("appid", self._merchant.appid if state is State.REFUNDED else "")
            == self._merchant.appid,
            transaction=str(transaction_id),
            amount_fen=total,
            currency=str(amount.get("currency", "CNY")),
            paid_at=_moment(moment) if state is State.PAID else None,
            payer=str(payer.get("openid", "")),
        )

    def _ask(self, method: str, path: str, content: Mapping[str, Any] | None = None) -> tuple[dict[str, Any], str]:
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode() if content is not None else b""
        prefix = urlsplit(self._merchant.url).path.rstrip("/")
        headers = {
            "Authorization": self.authorization(
                method, f"{prefix}{path}", body, timestamp=int(time.time()), nonce=secrets.token_hex(16).upper()
            ),
            "Accept": "application/json",
            "Content-Type": "application/json",
            "User-Agent": "yidan",
        }
        reply = self._transport.send(method, f"{self._merchant.url.rstrip('/')}{path}", headers=headers, body=body)
        return self._answer(reply)

    def authorization(self, method: str, path: str, body: bytes, *, timestamp: int, nonce: str) -> str:
        """The header of a request: method, path with query, timestamp, nonce and body, each with a line end, signed."""
        text = f"{method}\n{path}\n{timestamp}\n{nonce}\n".encode() + body + b"\n"
        signature = signatures.sign(self._merchant.private_key, text)
        return (
            f'{SCHEME} mchid="{self._merchant.mchid}",nonce_str="{nonce}",signature="{signature}",'
            f'timestamp="{timestamp}",serial_no="{self._merchant.serial_no}"'
        )

    def _answer(self, reply: Reply) -> tuple[dict[str, Any], str]:
        raw = reply.body.decode("utf-8", "replace")
        if reply.status in (200, 202, 204):
            try:
                self.check(reply.headers, reply.body, now_epoch=time.time())
            except (BadSignature, StaleTimestamp):
                raise Unavailable("微信支付的应答签名不符，不予采信") from None
            if not reply.body:
                return {}, raw
        elif reply.status == 429 or not 400 <= reply.status < 500:
            raise Unavailable(f"微信支付暂不应答（{reply.status}）")
        try:
            said = _json(reply.body)
        except CallbackMalformed:
            raise Unavailable("微信支付的应答读不懂") from None
        if reply.status >= 400:
            raise ChannelRefused(str(said.get("code", reply.status)), str(said.get("message", "")), raw=raw)
        return said, raw


def _json(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise CallbackMalformed([Problem("", "报文不是 UTF-8 编码的 JSON")]) from None
    if not isinstance(said, dict):
        raise CallbackMalformed([Problem("", "报文应为一个 JSON 对象")])
    return said


def _moment(text: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise CallbackMalformed([Problem("success_time", "应为带时区的时间")])
    return moment
