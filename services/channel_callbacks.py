"""Callbacks of payment channels: each is kept raw whatever it is, believed only if signed, and posted by a worker."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from services import order_money
from services.order_money import Source
from services.sitting import Sitting
from shared.channels.channel import Channel
from shared.channels.configured import find
from shared.db import attention, cases, orders, outbox, payments, suspense
from shared.db.outbox import Wanted
from shared.domain.channel import BadSignature, CallbackMalformed, StaleTimestamp
from shared.domain.errors import NotFound
from shared.settings import settings
from shared.tasks import PAYMENTS_QUEUE, Task


def receive(
    sitting: Sitting, *, channel: Channel, headers: Mapping[str, str], body: bytes, now_epoch: float
) -> BadSignature | StaleTimestamp | None:
    """Keep what came and ask for its posting; gives why it is not believed, if it is not. May be repeated.

    An unsigned one is kept as well and put before a person. `now_epoch` is the real time, in Unix seconds.
    """
    try:
        channel.check(headers, body, now_epoch=now_epoch)
    except (BadSignature, StaleTimestamp) as refused:
        _refuse(sitting, channel, headers, body, str(refused))
        return refused
    try:
        heard = channel.hear(body)
    except CallbackMalformed as malformed:
        _refuse(sitting, channel, headers, body, f"报文不合约定：{malformed}")
        return None
    inbox_id, is_new = payments.keep_callback(
        sitting.session,
        sitting.tenant,
        provider=channel.code,
        key=f"event:{heard.event_id}",
        headers=headers,
        body=body,
    )
    if not is_new:
        before = channel.hear(payments.kept_body(sitting.session, inbox_id))
        if replace(before.told, raw="") != replace(heard.told, raw=""):
            reason = f"事件 {heard.event_id} 此前已报告过，这次的内容与上次不同"
            _refuse(sitting, channel, headers, body, reason)
            return None
    outbox.put(sitting.session, sitting.tenant, [Wanted(Task.POST_CHANNEL_PAYMENTS, PAYMENTS_QUEUE, inbox_id)])
    return None


def find_channel(code: str) -> Channel:
    """The channel behind a callback's address; raises `NotFound` for one that the city does not have."""
    found = find(settings(), code)
    if found is None:
        raise NotFound("本市没有开通这个支付渠道")
    return found


def post_callbacks(sitting: Sitting, inbox_ids: Sequence[UUID]) -> None:
    """Post callbacks that wait, all or nothing each; may be repeated. What cannot be posted says why."""
    waiting = []
    for row in payments.waiting_callbacks(sitting.session, inbox_ids):
        channel = find_channel(row.provider)
        told = channel.hear(row.body).told
        waiting.append((row, told, orders.find(sitting.session, channel=row.provider, number=told.number)))
    # All at once and in id order: two batches that share applications must not wait for each other.
    cases.lock(sitting.session, {order.application_id for _, _, order in waiting if order})
    suspense.take_turns(sitting.session, sitting.tenant)
    for row, told, named in waiting:
        order = orders.load(sitting.session, named.id) if named else None
        source = Source(channel=row.provider, how="callback", case_key=f"{row.provider}:{row.key}", inbox_id=row.id)
        learnt = order_money.learn(sitting, told, order, source)
        outcome = "refused" if learnt.is_refused else "posted"
        payments.settle_callback(sitting.session, row.id, outcome=outcome, reason=learnt.reason)


def _refuse(sitting: Sitting, channel: Channel, headers: Mapping[str, str], body: bytes, reason: str) -> None:
    key = f"refused:{hashlib.sha256(body).hexdigest()}"
    payments.keep_callback(
        sitting.session,
        sitting.tenant,
        provider=channel.code,
        key=key,
        headers=headers,
        body=body,
        outcome="refused",
        reason=reason,
    )
    attention.open_case(
        sitting.session, sitting.tenant, kind="callback_refused", key=f"{channel.code}:{key}", reason=reason
    )
