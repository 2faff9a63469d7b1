"""Department work: fee lines computed by the workers that listen to their unit's queue."""

import dramatiq

from services import assessment
from shared.tasks import Task
from workers.batches import run
from workers.broker import broker


@dramatiq.actor(broker=broker, actor_name=Task.ASSESS_LINES.value, queue_name="dept")
def assess_lines(ids: list[int]) -> None:
    """Assess the fee lines behind these outbox rows; the relay sends it to `dept.<unit>`."""
    run(assessment.assess_lines, ids)
