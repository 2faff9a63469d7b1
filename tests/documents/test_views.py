"""Views survive storage, and refuse what they did not write."""

from __future__ import annotations

import json

import pytest
from books_sample import day_close, listed, month_close
from paper import bill, bill_with_reasons, receipt, slip
from review_paper import (
    acceptance,
    card,
    corrected,
    handling_slip,
    minutes,
    not_accepted,
    one_time_notice,
    refund_decision,
    refusal,
    survey,
)

from shared.documents.views import (
    VIEWS,
    BillView,
    CorrectionKind,
    CorrectionView,
    DocumentView,
    HandlingSlipView,
    Light,
    ReceiptState,
    ReceiptView,
)
from shared.domain.errors import Broken

EVERY: tuple[DocumentView, ...] = (
    bill(),
    bill_with_reasons(),
    receipt(lines=30),
    slip(),
    acceptance(),
    not_accepted(),
    one_time_notice(),
    corrected(),
    refusal(),
    refund_decision(),
    minutes(default=True),
    card(),
    handling_slip(default=True),
    survey(),
    day_close(),
    month_close(),
    listed(),
)


class TestAView:
    @pytest.mark.parametrize("view", EVERY, ids=lambda view: type(view).__name__)
    def test_comes_back_from_json_as_it_was(self, view: DocumentView) -> None:
        assert type(view).from_json(json.loads(json.dumps(view.to_json()))) == view

    def test_has_a_sample_of_every_kind(self) -> None:
        assert {type(view) for view in EVERY} == set(VIEWS.values())

    def test_reads_kinds_and_lights_as_words(self) -> None:
        items = CorrectionView.from_json(corrected().to_json()).items
        assert [each.kind for each in items[:2]] == [CorrectionKind.PAPER, CorrectionKind.FACT]
        assert HandlingSlipView.from_json(handling_slip().to_json()).rows[5].light is Light.RED

    def test_reads_its_state_as_a_word(self) -> None:
        assert ReceiptView.from_json({**receipt().to_json(), "state": "red"}).state is ReceiptState.RED

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"colour": "red"}, "unknown fields colour"),
            ({"total": 12.5}, "BillView.total: text was expected, not float"),
            ({"lines": "none"}, "BillView.lines: a list was expected"),
            ({"lines": [{"number": 1}]}, r"BillView.lines\[0\].number: text"),
            ({"seals": [{}]}, "missing 3 required"),
        ],
    )
    def test_refuses_what_it_did_not_write(self, change: dict[str, object], says: str) -> None:
        with pytest.raises(Broken, match=says):
            BillView.from_json({**bill().to_json(), **change})

    def test_refuses_an_unknown_state(self) -> None:
        with pytest.raises(Broken, match="state"):
            ReceiptView.from_json({**receipt().to_json(), "state": "shiny"})

    def test_still_reads_documents_issued_before_a_field_had_a_default(self) -> None:
        stored = bill().to_json()
        del stored["phone"], stored["sample_notice"]
        assert BillView.from_json(stored).phone == ""
