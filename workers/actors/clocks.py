"""Clock work: dates computed anew after the calendar has changed."""

import dramatiq

from services import calendars
from shared.tasks import CLOCKS_QUEUE, Task
from workers.batches import run
from workers.broker import broker


@dramatiq.actor(broker=broker, actor_name=Task.REDATE_CLOCKS.value, queue_name=CLOCKS_QUEUE)
def redate_clocks(ids: list[int]) -> None:
    """Give the open clocks of these outbox rows' applications their new dates."""
    run(calendars.redate_clocks, ids)
