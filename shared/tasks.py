"""Names of background work as they stand on the wire, and the queues they travel in.

A name is a promise to messages that are still under way: never reuse one, alias it when renamed.
"""

from __future__ import annotations

from enum import StrEnum


class Task(StrEnum):
    """What a message asks for; its argument is always a list of outbox ids."""

    ASSESS_LINES = "assess_lines"
    ISSUE_BILLS = "issue_bills"
    PRODUCE_DOCUMENTS = "produce_documents"
    POST_PAYMENTS = "post_payments"
    ISSUE_RECEIPTS = "issue_receipts"
    MATCH_STATEMENTS = "match_statements"
    REDATE_CLOCKS = "redate_clocks"
    SEND_NOTICES = "send_notices"
    APPLY_TARIFF = "apply_tariff"
    POST_CHANNEL_PAYMENTS = "post_channel_payments"
    ASK_CHANNELS = "ask_channels"


BILLING_QUEUE = "billing"
DOCUMENTS_QUEUE = "documents"
PAYMENTS_QUEUE = "payments"
CLOCKS_QUEUE = "clocks"
NOTICES_QUEUE = "notices"
CHANNELS_QUEUE = "channels"


def department_queue(unit_code: str) -> str:
    """The queue that only this unit's workers need to listen to."""
    return f"dept.{unit_code}"
