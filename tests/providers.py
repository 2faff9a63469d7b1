"""WeChat Pay and Alipay as a merchant meets them, in a thread of this process: their paths, fields and signatures.

Answers have the shapes that the providers' documents print. `trouble` makes one act go wrong: "silent" does it and
never answers, "lost" neither does nor answers, "busy" answers 5xx, "forged" signs the answer with another key.
"""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

MCHID, APPID, SERIAL = "1900009191", "wxd678efh567hg6787", "1DDE55AD98ED71D6EDD4A4A16996DE7B47773A8C"
PLATFORM_SERIAL = "PUB_KEY_ID_0119000091912024010100000001"
API_V3_KEY = "0123456789abcdef0123456789abcdef"
APP_ID, SELLER_ID = "2021000000000001", "2088102119685838"


@lru_cache(maxsize=8)
def key(name: str) -> rsa.RSAPrivateKey:
    """A key of this test run's own; `name` tells whose."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def sign(whose: str, text: bytes) -> str:
    """RSA-SHA256 in Base64."""
    return base64.b64encode(key(whose).sign(text, PKCS1v15(), SHA256())).decode()


def is_signed(whose: str, text: bytes, signature: str) -> bool:
    """Whether a signature is somebody's."""
    try:
        key(whose).public_key().verify(base64.b64decode(signature), text, PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


def key_files(folder: Path) -> dict[str, str]:
    """The PEM files that a city would configure, and the environment that names them, without the addresses."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("wechat-merchant", "alipay-app"):
        pem = key(name).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / f"{name}.pem").write_bytes(pem)
    for name in ("wechat-platform", "alipay"):
        pem = key(name).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (folder / f"{name}.pem").write_bytes(pem)
    return {
        "WECHAT_MCHID": MCHID,
        "WECHAT_APPID": APPID,
        "WECHAT_SERIAL_NO": SERIAL,
        "WECHAT_PRIVATE_KEY": str(folder / "wechat-merchant.pem"),
        "WECHAT_APIV3_KEY": API_V3_KEY,
        "WECHAT_PLATFORM_KEYS": f"{PLATFORM_SERIAL}:{folder / 'wechat-platform.pem'}",
        "ALIPAY_APP_ID": APP_ID,
        "ALIPAY_SELLER_ID": SELLER_ID,
        "ALIPAY_PRIVATE_KEY": str(folder / "alipay-app.pem"),
        "ALIPAY_PUBLIC_KEY": str(folder / "alipay.pem"),
    }


@dataclass
class Trade:
    """An order as the provider keeps it."""

    number: str
    amount_fen: int
    notify_url: str
    state: str
    qr: str
    transaction: str = ""
    paid_at: str = ""
    closes: int = 0
    ends: str = ""


@dataclass
class Providers:
    """Both of them; `wechat` and `alipay` are their trades by out_trade_no, `asked` what was asked in order."""

    wechat: dict[str, Trade] = field(default_factory=dict)
    alipay: dict[str, Trade] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    refunds: dict[str, int] = field(default_factory=dict)
    #: What an act (create, query, close) does wrong, once each time it is named.
    trouble: dict[str, list[str]] = field(default_factory=dict)
    url: str = ""

    def goes_wrong(self, act: str, *how: str) -> None:
        """The next acts of this kind go wrong."""
        self.trouble.setdefault(act, []).extend(how)

    def pays(self, channel: str, number: str, *, at: str = "2014-09-18T10:12:00+08:00") -> Trade:
        """Somebody scans and pays."""
        trades: dict[str, Trade] = getattr(self, channel)
        trade = trades[number]
        trade.state = "SUCCESS" if channel == "wechat" else "TRADE_SUCCESS"
        trade.transaction = f"{'4200' if channel == 'wechat' else '2014'}{int(number.replace('_', '')):024d}"
        trade.paid_at = at
        return trade


@contextmanager
def providers() -> Iterator[Providers]:
    """Listen until the end of the block."""
    state = Providers()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            _serve(self, state)

        def do_POST(self) -> None:
            _serve(self, state)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def environment(state: Providers, folder: Path) -> dict[str, str]:
    """What a city sets to use these providers."""
    return {**key_files(folder), "WECHAT_URL": state.url, "ALIPAY_URL": f"{state.url}/gateway.do"}


def _serve(request: BaseHTTPRequestHandler, state: Providers) -> None:
    body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
    split = urlsplit(request.path)
    if split.path == "/gateway.do":
        status, headers, answer, trouble = _alipay(state, dict(parse_qsl(body.decode(), keep_blank_values=True)))
    else:
        status, headers, answer, trouble = _wechat(state, request, split.path, body)
    if trouble in ("silent", "lost"):
        # Neither an answer nor a clean end: what a time-out looks like, without the wait.
        request.close_connection = True
        request.connection.close()
        return
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name, value)
    if status != 204:
        request.send_header("Content-Length", str(len(answer)))
    request.end_headers()
    request.wfile.write(answer)


def _next_trouble(state: Providers, act: str) -> str:
    planned = state.trouble.get(act)
    return planned.pop(0) if planned else ""


# WeChat Pay.


def _wechat(
    state: Providers, request: BaseHTTPRequestHandler, path: str, body: bytes
) -> tuple[int, dict[str, str], bytes, str]:
    if not _wechat_signed(request, body):
        return 401, {}, _json({"code": "SIGN_ERROR", "message": "签名错误"}), ""
    sent = json.loads(body) if body else {}
    prefix = "/v3/pay/transactions/out-trade-no/"
    if path == "/v3/pay/transactions/native":
        act, number = "create", str(sent["out_trade_no"])
    elif path.startswith(prefix) and path.endswith("/close"):
        act, number = "close", unquote(path.removeprefix(prefix).removesuffix("/close"))
    elif path == "/v3/refund/domestic/refunds":
        act, number = "refund", str(sent["out_trade_no"])
    else:
        act, number = "query", unquote(path.removeprefix(prefix))
    state.asked.append((act, number))
    trouble = _next_trouble(state, act)
    if trouble == "lost":
        return 0, {}, b"", trouble
    if trouble == "busy":
        return 500, {}, _json({"code": "SYSTEM_ERROR", "message": "系统异常，请稍后重试"}), trouble
    if trouble == "refused":
        return 403, {}, _json({"code": "NO_AUTH", "message": "商户无权限"}), trouble
    status, answer = _wechat_does(state, act, number, sent)
    text = b"" if answer is None else _json(answer)
    return status, wechat_headers(text, whose="stranger" if trouble == "forged" else "wechat-platform"), text, trouble


def _wechat_signed(request: BaseHTTPRequestHandler, body: bytes) -> bool:
    scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
    said = dict(part.split("=", 1) for part in rest.split(","))
    said = {name: value.strip('"') for name, value in said.items()}
    text = f"{request.command}\n{request.path}\n{said['timestamp']}\n{said['nonce_str']}\n".encode() + body + b"\n"
    return (
        scheme == "WECHATPAY2-SHA256-RSA2048"
        and (said["mchid"], said["serial_no"]) == (MCHID, SERIAL)
        and abs(time.time() - int(said["timestamp"])) < 300
        and is_signed("wechat-merchant", text, said["signature"])
    )


def _wechat_does(state: Providers, act: str, number: str, sent: Mapping[str, Any]) -> tuple[int, Any]:
    trade = state.wechat.get(number)
    if act == "create":
        if trade is None:
            qr = f"weixin://wxpay/bizpayurl?pr={secrets.token_urlsafe(6)}"
            trade = Trade(number, sent["amount"]["total"], sent["notify_url"], "NOTPAY", qr, ends=sent["time_expire"])
            state.wechat[number] = trade
        elif trade.state != "NOTPAY" or trade.amount_fen != sent["amount"]["total"]:
            return 403, {"code": "OUT_TRADE_NO_USED", "message": "商户订单号重复"}
        return 200, {"code_url": trade.qr}
    if trade is None:
        return 404, {"code": "ORDER_NOT_EXIST", "message": "订单不存在"}
    if act == "close":
        if trade.state == "SUCCESS":
            return 400, {"code": "ORDERPAID", "message": "订单已支付"}
        trade.state, trade.closes = "CLOSED", trade.closes + 1
        return 204, None
    if act == "refund":
        state.refunds.setdefault(sent["out_refund_no"], sent["amount"]["refund"])
        return 200, {
            "refund_id": "50000000382019052709732678859",
            "out_refund_no": sent["out_refund_no"],
            "transaction_id": trade.transaction,
            "out_trade_no": number,
            "channel": "ORIGINAL",
            "user_received_account": "招商银行信用卡0403",
            "create_time": "2014-09-18T10:12:00+08:00",
            "status": "PROCESSING",
            "amount": {"total": trade.amount_fen, "refund": sent["amount"]["refund"], "currency": "CNY"},
        }
    return 200, wechat_transaction(trade)


def wechat_transaction(trade: Trade, **changes: Any) -> dict[str, Any]:
    """An order as a query answers it and as a callback's resource holds it."""
    paid = {
        "transaction_id": trade.transaction,
        "trade_type": "NATIVE",
        "bank_type": "CMC",
        "success_time": trade.paid_at,
        "payer": {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
    }
    return {
        "appid": APPID,
        "mchid": MCHID,
        "out_trade_no": trade.number,
        "trade_state": trade.state,
        "trade_state_desc": "样张",
        "attach": "",
        "amount": {
            "total": trade.amount_fen,
            "payer_total": trade.amount_fen,
            "currency": "CNY",
            "payer_currency": "CNY",
        },
        **(paid if trade.state == "SUCCESS" else {}),
        **changes,
    }


def wechat_headers(body: bytes, *, whose: str = "wechat-platform", at: float | None = None) -> dict[str, str]:
    """The signature headers of an answer or a callback."""
    timestamp, nonce = str(int(time.time() if at is None else at)), secrets.token_hex(16)
    text = f"{timestamp}\n{nonce}\n".encode() + body + b"\n"
    return {
        "Wechatpay-Timestamp": timestamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Serial": PLATFORM_SERIAL,
        "Wechatpay-Signature": sign(whose, text),
        "Content-Type": "application/json",
    }


def wechat_callback(
    trade: Trade, *, event_id: str = "EV-2018022511223320873", api_v3_key: str = API_V3_KEY, **changes: Any
) -> bytes:
    """The body of a callback about an order."""
    nonce, associated = secrets.token_hex(6), "transaction"
    plain = _json(wechat_transaction(trade, **changes))
    sealed = AESGCM(api_v3_key.encode()).encrypt(nonce.encode(), plain, associated.encode())
    return _json(
        {
            "id": event_id,
            "create_time": "2014-09-18T10:12:01+08:00",
            "resource_type": "encrypt-resource",
            "event_type": "TRANSACTION.SUCCESS",
            "summary": "支付成功",
            "resource": {
                "original_type": "transaction",
                "algorithm": "AEAD_AES_256_GCM",
                "ciphertext": base64.b64encode(sealed).decode(),
                "associated_data": associated,
                "nonce": nonce,
            },
        }
    )


# Alipay.


def _alipay(state: Providers, form: dict[str, str]) -> tuple[int, dict[str, str], bytes, str]:
    method, sent = form["method"], json.loads(form["biz_content"])
    number = str(sent["out_trade_no"])
    act = {
        "alipay.trade.precreate": "create",
        "alipay.trade.query": "query",
        "alipay.trade.close": "close",
        "alipay.trade.refund": "refund",
    }[method]
    state.asked.append((act, number))
    trouble = _next_trouble(state, act)
    if trouble == "lost":
        return 0, {}, b"", trouble
    name = f"{method.replace('.', '_')}_response"
    text = alipay_text({field: value for field, value in form.items() if field != "sign"})
    if not is_signed("alipay-app", text, form.get("sign", "")) or form["sign_type"] != "RSA2":
        answer: dict[str, Any] = {"code": "40002", "msg": "Invalid Arguments", "sub_code": "isv.invalid-signature"}
    elif trouble == "busy":
        answer = {"code": "20000", "msg": "Service Currently Unavailable", "sub_code": "isp.unknow-error"}
    elif trouble == "refused":
        answer = {"code": "40006", "msg": "Insufficient Permissions", "sub_code": "ACQ.ACCESS_FORBIDDEN"}
    else:
        answer = _alipay_does(state, act, number, sent, form.get("notify_url", ""))
    written = json.dumps(answer, ensure_ascii=False)
    whose = "stranger" if trouble == "forged" else "alipay"
    whole = f'{{"{name}": {written} ,"sign":"{sign(whose, written.encode())}"}}'
    return 200, {"Content-Type": "text/html;charset=utf-8"}, whole.encode(), trouble


def _alipay_does(state: Providers, act: str, number: str, sent: Mapping[str, Any], notify_url: str) -> dict[str, Any]:
    done = {"code": "10000", "msg": "Success", "out_trade_no": number}
    failed = {"code": "40004", "msg": "Business Failed"}
    trade = state.alipay.get(number)
    if act == "create":
        fen = int(sent["total_amount"].replace(".", ""))
        if trade is None:
            qr = f"https://qr.alipay.com/{secrets.token_hex(12)}"
            trade = state.alipay.setdefault(number, Trade(number, fen, notify_url, "", qr, ends=sent["time_expire"]))
        return {**done, "qr_code": trade.qr}
    # A trade comes into being when somebody scans the code.
    if trade is None or not trade.state:
        return {**failed, "sub_code": "ACQ.TRADE_NOT_EXIST", "sub_msg": "交易不存在"}
    if act == "close":
        if trade.state != "WAIT_BUYER_PAY":
            return {**failed, "sub_code": "ACQ.TRADE_STATUS_ERROR", "sub_msg": "交易状态不合法"}
        trade.state, trade.closes = "TRADE_CLOSED", trade.closes + 1
        return {**done, "trade_no": trade.transaction}
    if act == "refund":
        is_new = sent["out_request_no"] not in state.refunds
        state.refunds.setdefault(sent["out_request_no"], int(sent["refund_amount"].replace(".", "")))
        return {
            **done,
            "trade_no": trade.transaction,
            "buyer_logon_id": "159****5620",
            "fund_change": "Y" if is_new else "N",
            "refund_fee": sent["refund_amount"],
        }
    return {
        **done,
        "trade_no": trade.transaction,
        "buyer_logon_id": "159****5620",
        "trade_status": trade.state,
        "total_amount": _yuan(trade.amount_fen),
        **({"send_pay_date": trade.paid_at[:19].replace("T", " ")} if trade.paid_at else {}),
    }


def alipay_text(parameters: Mapping[str, str]) -> bytes:
    """What Alipay signs."""
    return "&".join(f"{name}={value}" for name, value in sorted(parameters.items()) if value).encode()


def alipay_callback(
    trade: Trade, *, event_id: str = "2014091800222101230000001", whose: str = "alipay", **changes: str
) -> bytes:
    """The body of a callback about a trade, as a form; a change to "" leaves a field out."""
    said = {
        "gmt_create": "2014-09-18 10:11:30",
        "charset": "utf-8",
        "seller_email": "finance@hanhai.example",
        "subject": "瀚海市建设项目缴费",
        "buyer_id": "2088102116773037",
        "invoice_amount": _yuan(trade.amount_fen),
        "notify_id": event_id,
        "fund_bill_list": f'[{{"amount":"{_yuan(trade.amount_fen)}","fundChannel":"ALIPAYACCOUNT"}}]',
        "notify_type": "trade_status_sync",
        "trade_status": trade.state,
        "receipt_amount": _yuan(trade.amount_fen),
        "app_id": APP_ID,
        "buyer_pay_amount": _yuan(trade.amount_fen),
        "seller_id": SELLER_ID,
        "gmt_payment": trade.paid_at[:19].replace("T", " "),
        "notify_time": "2014-09-18 10:12:02",
        "version": "1.0",
        "out_trade_no": trade.number,
        "total_amount": _yuan(trade.amount_fen),
        "trade_no": trade.transaction,
        "auth_app_id": APP_ID,
        "buyer_logon_id": "159****5620",
        "point_amount": "0.00",
        **changes,
    }
    said = {name: value for name, value in said.items() if value}
    return urlencode({**said, "sign_type": "RSA2", "sign": sign(whose, alipay_text(said))}).encode()


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _json(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
