"""What a document says, frozen at issue: every string final, as it will stand on paper.

A view is stored as JSON beside its document, so an old document can be read, and drawn again,
without asking the tables of today. Nothing here computes an amount or a day: services fill the fields,
templates place them. Adding a field needs a default, or the views already stored no longer load.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from enum import StrEnum

from shared.documents.views.base import (
    SAMPLE_NOTICE,
    SAMPLE_NOTICE_PEOPLE,
    DocumentView,
    Labelled,
    SealSpec,
    VerifiableView,
    View,
)
from shared.documents.views.books import BooksColumn, BooksTable, BooksView, DayCloseView, ListView, MonthCloseView
from shared.documents.views.card import CardContact, CardFact, CardView
from shared.documents.views.letters import (
    AcceptanceView,
    AcceptedMatter,
    CorrectionItem,
    CorrectionKind,
    CorrectionView,
    Ground,
    LetterView,
    MissingItem,
    NotAcceptedView,
    Objection,
    OneTimeNoticeView,
    PromisedPaper,
    RefundDecisionView,
    RefundedLine,
    RefusalView,
    SlipMaterial,
    SlipView,
)
from shared.documents.views.money import (
    TARIFF_NOTICE,
    AccountTotal,
    BillLine,
    BillView,
    Payee,
    ReceiptLine,
    ReceiptState,
    ReceiptView,
)
from shared.documents.views.records import (
    Attendee,
    Finding,
    HandlingRow,
    HandlingSlipView,
    JointVerdict,
    Light,
    MinutesView,
    OpenItem,
    Participant,
    Pause,
    SurveySignature,
    SurveyView,
)

__all__ = [
    "SAMPLE_NOTICE",
    "SAMPLE_NOTICE_PEOPLE",
    "TARIFF_NOTICE",
    "VIEWS",
    "AcceptanceView",
    "AcceptedMatter",
    "AccountTotal",
    "Attendee",
    "BillLine",
    "BillView",
    "BooksColumn",
    "BooksTable",
    "BooksView",
    "CardContact",
    "CardFact",
    "CardView",
    "CorrectionItem",
    "CorrectionKind",
    "CorrectionView",
    "DayCloseView",
    "DocumentKind",
    "DocumentView",
    "Finding",
    "Ground",
    "HandlingRow",
    "HandlingSlipView",
    "JointVerdict",
    "Labelled",
    "LetterView",
    "Light",
    "ListView",
    "MinutesView",
    "MissingItem",
    "MonthCloseView",
    "NotAcceptedView",
    "Objection",
    "OneTimeNoticeView",
    "OpenItem",
    "Participant",
    "Pause",
    "Payee",
    "PromisedPaper",
    "ReceiptLine",
    "ReceiptState",
    "ReceiptView",
    "RefundDecisionView",
    "RefundedLine",
    "RefusalView",
    "SealSpec",
    "SlipMaterial",
    "SlipView",
    "SurveySignature",
    "SurveyView",
    "VerifiableView",
    "View",
]


class DocumentKind(StrEnum):
    """The documents that `shared.documents.produce` knows; each has a template `<kind>_v<version>.html`."""

    BILL = "bill"
    RECEIPT = "receipt"
    SLIP = "slip"
    ACCEPTANCE = "acceptance"
    NOT_ACCEPTED = "not_accepted"
    ONE_TIME_NOTICE = "one_time_notice"
    CORRECTION = "correction"
    REFUSAL = "refusal"
    MINUTES = "minutes"
    CARD = "card"
    HANDLING_SLIP = "handling_slip"
    SURVEY = "survey"
    REFUND_DECISION = "refund_decision"
    DAY_CLOSE = "day_close"
    MONTH_CLOSE = "month_close"
    EXPORT = "export"


VIEWS: Mapping[DocumentKind, type[DocumentView]] = types.MappingProxyType(
    {
        DocumentKind.BILL: BillView,
        DocumentKind.RECEIPT: ReceiptView,
        DocumentKind.SLIP: SlipView,
        DocumentKind.ACCEPTANCE: AcceptanceView,
        DocumentKind.NOT_ACCEPTED: NotAcceptedView,
        DocumentKind.ONE_TIME_NOTICE: OneTimeNoticeView,
        DocumentKind.CORRECTION: CorrectionView,
        DocumentKind.REFUSAL: RefusalView,
        DocumentKind.MINUTES: MinutesView,
        DocumentKind.CARD: CardView,
        DocumentKind.HANDLING_SLIP: HandlingSlipView,
        DocumentKind.SURVEY: SurveyView,
        DocumentKind.REFUND_DECISION: RefundDecisionView,
        DocumentKind.DAY_CLOSE: DayCloseView,
        DocumentKind.MONTH_CLOSE: MonthCloseView,
        DocumentKind.EXPORT: ListView,
    }
)
