"""The bank's counter (docs/channel.md): the signature is checked over the bytes as they came, then they are read.

What cannot be believed is kept as it came and put before a person; nothing is posted.
"""

from __future__ import annotations

import time
from functools import lru_cache

import flask
from werkzeug.exceptions import RequestEntityTooLarge

from services import channel_callbacks, payments
from services.sitting import sitting
from shared.channels.wechat import SIGNATURE_HEADERS
from shared.domain.channel import (
    CALLBACK_BYTES_MAX,
    KEY_ID_HEADER,
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    BadSignature,
    ChannelKey,
    StaleTimestamp,
    check_signature,
    parse_keys,
)
from shared.domain.errors import NotAllowed
from shared.domain.money import plain
from shared.settings import settings
from web import errors
from web.limits import limiter

PROVIDER = "sandbank"
#: What the bank calls a bill's state; a bill that owes nothing cannot be paid either.
STATUS = {
    "issued": "issued",
    "part_paid": "issued",
    "paid": "paid",
    "nothing_due": "void",
    "void": "void",
    "refunded": "void",
}

#: What cannot be believed is kept, so a stranger may not fill the store with it.
REFUSED_MAX = "120 per minute"


def _was_refused(response: flask.Response) -> bool:
    return response.status_code in (401, 403)


channel = flask.Blueprint("channel", __name__, url_prefix="/channel")


@channel.get("/bills/<code>")
def bill(code: str) -> flask.Response:
    """What is owed under a payment code; 404 if nobody has it."""
    _check(b"")
    with sitting() as office:
        found, project_name = payments.describe_bill(office, code)
    return flask.jsonify(
        payment_code=found.payment_code,
        bill_number=found.number,
        payer_name=found.payer_name,
        project_name=project_name,
        amount=plain(found.total_fen - (0 if found.status == "paid" else found.paid_fen)),
        currency="CNY",
        status=STATUS[found.status],
        due_on=found.due_on.isoformat(),
        business_time=office.now.replace(microsecond=0).isoformat(),
    )


@channel.post(f"/callbacks/{PROVIDER}")
@limiter.limit(REFUSED_MAX, deduct_when=_was_refused)
def callback() -> flask.Response:
    """Take a report in writing; 200 also when it turns out to be wrong, then a case says why."""
    flask.request.max_content_length = CALLBACK_BYTES_MAX
    body = flask.request.get_data(cache=False)
    if len(body) > CALLBACK_BYTES_MAX:
        raise RequestEntityTooLarge
    sent = {name: flask.request.headers.get(name, "") for name in (KEY_ID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER)}
    try:
        _check(body)
    except NotAllowed as refused:
        with sitting() as office:
            payments.refuse_callback(office, provider=PROVIDER, headers=sent, body=body, reason=str(refused))
        raise
    with sitting() as office:
        payments.receive_callback(office, provider=PROVIDER, headers=sent, body=body)
    return flask.jsonify(outcome="kept")


@channel.post("/callbacks/<any(wechat, alipay):code>")
@limiter.limit(REFUSED_MAX, deduct_when=_was_refused)
def provider_callback(code: str) -> flask.Response:
    """Take a payment channel's report in writing and thank it in its own words; 404 for a channel we do not have."""
    provider = channel_callbacks.find_channel(code)
    flask.request.max_content_length = CALLBACK_BYTES_MAX
    body = flask.request.get_data(cache=False)
    if len(body) > CALLBACK_BYTES_MAX:
        raise RequestEntityTooLarge
    sent = {name: flask.request.headers.get(name, "") for name in SIGNATURE_HEADERS if name in flask.request.headers}
    with sitting() as office:
        refused = channel_callbacks.receive(office, channel=provider, headers=sent, body=body, now_epoch=time.time())
    answer = provider.no if refused else provider.thanks
    return flask.Response(answer.body, status=answer.status, content_type=answer.content_type)


@channel.errorhandler(BadSignature)
def not_signed(refused: BadSignature) -> flask.Response:
    """Nobody whom we know said this."""
    return errors.answer(401, message=str(refused))


@channel.errorhandler(StaleTimestamp)
def not_in_time(refused: StaleTimestamp) -> flask.Response:
    """Rightly signed, but not now."""
    return errors.answer(403, message=str(refused))


def _check(body: bytes) -> None:
    check_signature(
        method=flask.request.method,
        path=flask.request.path,
        headers=dict(flask.request.headers),
        body=body,
        keys=_keys(settings().callback_keys.get_secret_value()),
        now_epoch=time.time(),
    )


@lru_cache(maxsize=4)
def _keys(text: str) -> tuple[ChannelKey, ...]:
    """The active keys; none configured means that nobody is believed."""
    return parse_keys(text) if text else ()
