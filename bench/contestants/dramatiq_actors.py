"""What the dramatiq workers run: an actor per fee line, the fan-in in the database, no outbox between them.

Faster than our own services with batches of one would be, because nothing is written down before it is
sent; in return a message lost between commit and send is a bill that never comes.
"""

from __future__ import annotations

from uuid import UUID

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from services import assessment, billing
from services.sitting import sitting
from shared.db import fan_in
from shared.settings import settings

broker = RedisBroker(url=settings().redis_url)
dramatiq.set_broker(broker)


@dramatiq.actor(broker=broker)
def assess_line(line_id: str) -> None:
    """One line, one transaction; whoever comes last sends for the bill."""
    with sitting() as office:
        applications = assessment.compute_lines(office, [UUID(line_id)])
        ready = fan_in.waiting_for_nothing(office.session, applications)
    for each in ready:
        issue_bill.send(str(each))


@dramatiq.actor(broker=broker)
def issue_bill(application_id: str) -> None:
    """The same billing function as everybody's, for one application."""
    with sitting() as office:
        billing.issue_bills(office, [UUID(application_id)])
