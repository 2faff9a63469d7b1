"""The books: entries, lines, reports and exports."""

from typing import Final

TABLE: Final = (
    (r"没有这笔分录", "there is no such entry"),
    (r"没有这条收费明细", "there is no such line"),
)
