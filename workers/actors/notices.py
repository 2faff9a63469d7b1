"""Notices that leave the house, on a queue of their own: a slow mail server must not hold up reviews."""

import dramatiq

from services import notices
from shared.tasks import NOTICES_QUEUE, Task
from workers.batches import run_each
from workers.broker import broker


@dramatiq.actor(broker=broker, actor_name=Task.SEND_NOTICES.value, queue_name=NOTICES_QUEUE)
def send_notices(ids: list[int]) -> None:
    """Send the e-mails and SMS behind these outbox rows."""
    run_each(notices.to_send, notices.send, notices.record, ids)
