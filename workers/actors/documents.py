"""Document work, in a queue and a process of its own: drawing pages must not starve reviews."""

import dramatiq

from services import documents
from shared.tasks import DOCUMENTS_QUEUE, Task
from workers.batches import run_each
from workers.broker import broker


@dramatiq.actor(broker=broker, actor_name=Task.PRODUCE_DOCUMENTS.value, queue_name=DOCUMENTS_QUEUE)
def produce_documents(ids: list[int]) -> None:
    """Draw, seal and store the documents behind these outbox rows."""
    run_each(documents.compose, documents.produce, documents.record, ids)
