"""What a bank may say to Yidan: who signed it, when, and exactly which words.

The signature is checked over the bytes as they came, before anybody parses them; the
contract with its worked example is `docs/channel.md`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn, Self

from shared.domain.errors import Invalid, NotAllowed, Problem

KEY_ID_HEADER = "X-Bank-Key-Id"
TIMESTAMP_HEADER = "X-Bank-Timestamp"
SIGNATURE_HEADER = "X-Bank-Signature"

# Seconds either way: long enough for a slow queue and two clocks, too short to keep a capture for later.
SIGNATURE_WINDOW_S = 300
# A callback is under one kB; what is much larger is not one (reliability P8).
CALLBACK_BYTES_MAX = 65_536
PAYMENT_SUCCEEDED = "payment.succeeded"

# 128 bits: below that a secret is a password.
_SECRET_BYTES_MIN = 16
_KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,32}")
_TIMESTAMP = re.compile(r"[1-9][0-9]{0,11}")
_SIGNATURE = re.compile(r"[0-9a-f]{64}")
_AMOUNT = re.compile(r"(?:0|[1-9][0-9]{0,12})\.[0-9]{2}")
_PAYMENT_CODE = re.compile(r"[0-9]{20}")
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_TEXT_LENGTH_MAX = 200
# Control characters, halves of a character and line separators: no name has them, and a database may refuse them.
_CATEGORIES_REFUSED = frozenset({"Cc", "Cs", "Zl", "Zp"})


class BadSignature(NotAllowed):
    """Nobody whom we know signed these bytes; nothing of them may be believed."""


class UnknownKey(BadSignature):
    """The key id is not one of the active keys."""


class StaleTimestamp(NotAllowed):
    """Rightly signed, but too long ago or too far ahead: perhaps a replay, perhaps a wrong clock."""


class CallbackMalformed(Invalid):
    """Rightly signed, but not in the words of the contract; every problem is named beside its field."""


@dataclass(frozen=True, slots=True)
class ChannelKey:
    """One shared secret of the channel; the secret stays out of `repr`."""

    key_id: str
    secret: bytes = field(repr=False)


def parse_keys(text: str) -> tuple[ChannelKey, ...]:
    """Read `k2:hex,k1:hex`, newest first.

    The first key signs; every key verifies, so that a new key may be put in front while
    messages signed with the old one are still under way. Raises `Invalid` naming
    CALLBACK_KEYS; the secrets never stand in the message.
    """
    keys: list[ChannelKey] = []
    for position, part in enumerate(text.split(","), start=1):
        key_id, colon, secret = part.strip().partition(":")
        if not colon or not _KEY_ID.fullmatch(key_id):
            _refuse_keys(f"第 {position} 个密钥应写作“编号:十六进制密钥”")
        if not re.fullmatch(r"(?:[0-9a-fA-F]{2})+", secret):
            _refuse_keys(f"密钥 {key_id} 应为十六进制")
        if len(secret) // 2 < _SECRET_BYTES_MIN:
            _refuse_keys(f"密钥 {key_id} 不得短于 {_SECRET_BYTES_MIN} 字节")
        if any(each.key_id == key_id for each in keys):
            _refuse_keys(f"密钥编号 {key_id} 重复")
        keys.append(ChannelKey(key_id, bytes.fromhex(secret)))
    return tuple(keys)


def sign(*, key: ChannelKey, method: str, path: str, body: bytes, timestamp: int) -> str:
    """The signature as 64 lower-case hexadecimal digits: HMAC-SHA256 over `timestamp.METHOD.path.` and the body.

    `timestamp` is in whole Unix seconds; `path` begins with a slash and has no query.
    """
    said = f"{timestamp}.{method.upper()}.{path}.".encode() + body
    return hmac.new(key.secret, said, hashlib.sha256).hexdigest()


def signed_headers(
    *, keys: Sequence[ChannelKey], method: str, path: str, body: bytes, timestamp: int
) -> dict[str, str]:
    """The three headers of a request signed with the newest key."""
    return {
        KEY_ID_HEADER: keys[0].key_id,
        TIMESTAMP_HEADER: str(timestamp),
        SIGNATURE_HEADER: sign(key=keys[0], method=method, path=path, body=body, timestamp=timestamp),
    }


def check_signature(
    *,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    keys: Sequence[ChannelKey],
    now_epoch: float,
) -> None:
    """Return only if an active key signed exactly these bytes within the last five minutes (or the next five).

    The timestamp is judged after the signature, so that a stranger learns nothing about our
    clock. Raises `BadSignature`, `UnknownKey` or `StaleTimestamp`. A request replayed within
    the window passes: the inbox makes it harmless, not the signature.
    """
    sent = {name.lower(): value for name, value in headers.items()}
    key_id = sent.get(KEY_ID_HEADER.lower(), "")
    timestamp = sent.get(TIMESTAMP_HEADER.lower(), "")
    signature = sent.get(SIGNATURE_HEADER.lower(), "")
    if not _TIMESTAMP.fullmatch(timestamp) or not _SIGNATURE.fullmatch(signature):
        raise BadSignature("缺少签名，或签名、时间戳的写法不对")
    key = next((each for each in keys if each.key_id == key_id), None)
    if key is None:
        raise UnknownKey("签名密钥编号未启用")
    expected = sign(key=key, method=method, path=path, body=body, timestamp=int(timestamp))
    if not hmac.compare_digest(expected, signature):
        raise BadSignature("签名不符")
    if abs(now_epoch - int(timestamp)) > SIGNATURE_WINDOW_S:
        raise StaleTimestamp(f"签名时间与本机时间相差超过 {SIGNATURE_WINDOW_S} 秒")


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """One payment as the bank reports it. `bank_txn_id` names the payment, `event_id` this report of it."""

    event_id: str
    payment_code: str
    bill_number: str
    bank_txn_id: str
    amount_fen: int
    paid_at: datetime
    channel: str
    payer_account: str
    payer_name: str
    currency: str = "CNY"
    type: str = PAYMENT_SUCCEEDED

    @classmethod
    def from_body(cls, body: bytes) -> Self:
        """Read the bytes of a request whose signature has been checked; raises `CallbackMalformed`.

        Stricter than `json.loads`: a key written twice, NaN and Infinity are refused, because
        two readers of such a text may understand two different amounts.
        """
        if len(body) > CALLBACK_BYTES_MAX:
            raise CallbackMalformed([Problem("", f"报文超过 {CALLBACK_BYTES_MAX} 字节")])
        try:
            data = json.loads(body.decode("utf-8"), object_pairs_hook=_no_key_twice, parse_constant=_no_constant)
        except CallbackMalformed:
            raise
        except (ValueError, RecursionError) as error:  # bad UTF-8 and bad JSON are both a ValueError
            raise CallbackMalformed([Problem("", "报文不是 UTF-8 编码的 JSON")]) from error
        return cls.from_json(data)

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Take the contract's keys, all of them and no others; raises `CallbackMalformed` with every problem."""
        if not isinstance(data, Mapping):
            raise CallbackMalformed([Problem("", "报文应为一个 JSON 对象")])
        problems = [Problem(str(key), "不认识的字段") for key in data if key not in _CHECKS]
        for key, problem_of in _CHECKS.items():
            if key not in data:
                problems.append(Problem(key, "缺少该字段"))
            elif not isinstance(data[key], str):
                # Also numbers: an amount that has been a float once cannot be trusted to the 分.
                problems.append(Problem(key, "应为字符串"))
            elif problem := problem_of(data[key]):
                problems.append(Problem(key, problem))
        if problems:
            raise CallbackMalformed(problems)
        return cls(
            **{key: data[key] for key in _CHECKS if key not in {"amount", "paid_at"}},
            amount_fen=int(data["amount"].replace(".", "")),
            paid_at=datetime.fromisoformat(data["paid_at"]),
        )

    def to_json(self) -> dict[str, str]:
        """The wire form; `from_json` reads it back to an equal callback."""
        return {
            "event_id": self.event_id,
            "type": self.type,
            "payment_code": self.payment_code,
            "bill_number": self.bill_number,
            "bank_txn_id": self.bank_txn_id,
            "amount": f"{self.amount_fen // 100}.{self.amount_fen % 100:02d}",
            "currency": self.currency,
            "paid_at": self.paid_at.isoformat(),
            "channel": self.channel,
            "payer_account": self.payer_account,
            "payer_name": self.payer_name,
        }


def _text_problem(text: str) -> str | None:
    if not text or text != text.strip() or len(text) > _TEXT_LENGTH_MAX:
        return f"应为 1 至 {_TEXT_LENGTH_MAX} 个字，首尾无空白"
    if any(unicodedata.category(character) in _CATEGORIES_REFUSED for character in text):
        return "含有不可见的控制字符"
    return None


def _identifier_problem(text: str) -> str | None:
    return None if _IDENTIFIER.fullmatch(text) else "应为 8 至 64 位字母、数字、点、横线"


def _amount_problem(text: str) -> str | None:
    if not _AMOUNT.fullmatch(text):
        return "应为恰有两位小数的十进制金额，如 1234.50"
    return "金额应大于零" if text.replace(".", "").strip("0") == "" else None


def _moment_problem(text: str) -> str | None:
    if not _MOMENT.fullmatch(text):
        return "应为带时区的 ISO 8601 时间，如 2026-11-21T10:38:00+08:00"
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return "没有这个时间"
    return None


_CHECKS: Mapping[str, Callable[[str], str | None]] = {
    "event_id": _identifier_problem,
    "type": lambda text: None if text == PAYMENT_SUCCEEDED else f"只接受 {PAYMENT_SUCCEEDED}",
    "payment_code": lambda text: None if _PAYMENT_CODE.fullmatch(text) else "应为 20 位数字",
    "bill_number": _text_problem,
    "bank_txn_id": _identifier_problem,
    "amount": _amount_problem,
    "currency": lambda text: None if text == "CNY" else "只接受 CNY",
    "paid_at": _moment_problem,
    "channel": _text_problem,
    "payer_account": _text_problem,
    "payer_name": _text_problem,
}


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for key, value in pairs:
        if key in read:
            raise CallbackMalformed([Problem(key, "字段重复")])
        read[key] = value
    return read


def _no_constant(name: str) -> NoReturn:
    raise CallbackMalformed([Problem("", f"{name} 不是数")])


def _refuse_keys(problem: str) -> NoReturn:
    raise Invalid([Problem("CALLBACK_KEYS", problem)])
