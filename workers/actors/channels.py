"""Questions to payment channels, on a queue of their own: a slow provider must not hold up money that has come."""

import dramatiq

from services import orders
from shared.tasks import CHANNELS_QUEUE, Task
from workers.batches import run_each
from workers.broker import broker


@dramatiq.actor(broker=broker, actor_name=Task.ASK_CHANNELS.value, queue_name=CHANNELS_QUEUE)
def ask_channels(ids: list[int]) -> None:
    """Make orders, and ask after those whose outcome is not known."""
    run_each(orders.to_ask, orders.ask, orders.record, ids)
