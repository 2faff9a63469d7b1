"""A Celery chord per application: its fee lines as the header, its bill as the callback."""

from __future__ import annotations

from collections.abc import Sequence

from celery import chord  # type: ignore[import-not-found]  # it lives in bench/.venv

from bench.contestants.celery_tasks import assess_line, issue_bill
from bench.contestants.sending import serve
from bench.ground import Case


def hand_over(cases: Sequence[Case]) -> None:
    """Send each application's chord."""
    for case in cases:
        chord([assess_line.s(line_id) for line_id, _ in case.lines], issue_bill.si(case.application_id)).apply_async()


if __name__ == "__main__":
    serve(hand_over)
