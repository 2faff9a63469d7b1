"""Money work: a changed tariff, bills, postings of payments, receipts, statements."""

import dramatiq

from services import billing, channel_callbacks, payments, receipts, reconciliation, tariff_effects
from shared.tasks import BILLING_QUEUE, PAYMENTS_QUEUE, Task
from workers.batches import run
from workers.broker import broker


@dramatiq.actor(broker=broker, actor_name=Task.ISSUE_BILLS.value, queue_name=BILLING_QUEUE)
def issue_bills(ids: list[int]) -> None:
    """Draw up the bills of applications that wait for nothing any more."""
    run(billing.issue_bills, ids)


@dramatiq.actor(broker=broker, actor_name=Task.APPLY_TARIFF.value, queue_name=BILLING_QUEUE)
def apply_tariff(ids: list[int]) -> None:
    """Compute open lines anew that a published tariff has changed."""
    run(tariff_effects.apply_tariff, ids)


@dramatiq.actor(broker=broker, actor_name=Task.POST_PAYMENTS.value, queue_name=PAYMENTS_QUEUE)
def post_payments(ids: list[int]) -> None:
    """Post what the bank has reported."""
    run(payments.post_payments, ids)


@dramatiq.actor(broker=broker, actor_name=Task.POST_CHANNEL_PAYMENTS.value, queue_name=PAYMENTS_QUEUE)
def post_channel_payments(ids: list[int]) -> None:
    """Post what payment channels have reported."""
    run(channel_callbacks.post_callbacks, ids)


@dramatiq.actor(broker=broker, actor_name=Task.ISSUE_RECEIPTS.value, queue_name=PAYMENTS_QUEUE)
def issue_receipts(ids: list[int]) -> None:
    """Issue the receipts of bills that were paid."""
    run(receipts.issue_receipts, ids)


@dramatiq.actor(broker=broker, actor_name=Task.MATCH_STATEMENTS.value, queue_name=PAYMENTS_QUEUE)
def match_statements(ids: list[int]) -> None:
    """Match what banks' files say with the books."""
    run(reconciliation.match_statements, ids)
