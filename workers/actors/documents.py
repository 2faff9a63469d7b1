"""Document work, in a queue and a process of its own: drawing pages must not starve reviews."""

from typing import Any

import dramatiq

from services import documents
from shared.tasks import DOCUMENTS_QUEUE, Task
from workers.batches import run_each
from workers.broker import broker


class WarmPress(dramatiq.Middleware):
    """Loads the PDF engine when a process that only draws documents starts, so that nobody waits for the first one."""

    def after_worker_boot(self, _broker: Any, worker: Any) -> None:
        """Called once per process, when its threads run."""
        if worker.consumer_whitelist == {DOCUMENTS_QUEUE}:
            documents.producer()


broker.add_middleware(WarmPress())


@dramatiq.actor(broker=broker, actor_name=Task.PRODUCE_DOCUMENTS.value, queue_name=DOCUMENTS_QUEUE)
def produce_documents(ids: list[int]) -> None:
    """Draw, seal and store the documents behind these outbox rows."""
    run_each(documents.compose, documents.produce, documents.record, ids)
