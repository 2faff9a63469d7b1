"""Number series: no gap after a rollback, no number twice, whoever asks at the same moment."""

from __future__ import annotations

import pytest
from watching import side_by_side

from shared.db import numbers
from shared.db.engine import unit_of_work
from shared.settings import settings


def take(count: int = 1, *, fail: bool = False) -> list[int]:
    """Take numbers of the one series of this test, in a transaction that may then fail."""
    with unit_of_work(settings().tenant) as session:
        taken = list(numbers.take(session, tenant=settings().tenant, series="test", count=count))
        if fail:
            raise LookupError("after the numbers were taken")
    return taken


@pytest.mark.usefixtures("database_url")
class TestNumberSeries:
    def test_begins_at_one_and_goes_on(self) -> None:
        assert [take(), take(3), take()] == [[1], [2, 3, 4], [5]]

    def test_gives_a_number_back_when_its_transaction_fails(self) -> None:
        take()
        with pytest.raises(LookupError):
            take(5, fail=True)

        assert take() == [2]

    def test_has_neither_gap_nor_double_when_many_ask_at_once_and_some_fail(self) -> None:
        results = side_by_side(*[lambda index=index: take(1 + index % 3, fail=index % 4 == 0) for index in range(12)])

        taken = sorted(number for result in results if isinstance(result, list) for number in result)
        assert sum(isinstance(result, LookupError) for result in results) == 3
        assert taken == list(range(1, len(taken) + 1))
        assert take() == [len(taken) + 1]
