"""What documents of the books say: a closed day, a closed month, a list that finance has taken out."""

from __future__ import annotations

from dataclasses import dataclass

from shared.documents.views.base import SAMPLE_NOTICE_PEOPLE, DocumentView, Labelled, SealSpec, View


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksColumn(View):
    """One column of a table."""

    label: str
    width: str
    """Share of the table's width, percent: "12.5"."""
    side: str = "left"
    """left, plain for what never breaks, or right for amounts and counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksTable(View):
    """One table with its total; the cells of a row are as many as the columns."""

    title: str
    note: str = ""
    columns: tuple[BooksColumn, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] = ()
    """Empty where nothing adds up."""
    none: str = ""
    """What stands in the place of no rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksView(DocumentView):
    """A4 across. One seal: the finance unit's, behind the last table."""

    issuer: str
    """瀚海市财政局."""
    title: str
    number: str
    """瀚日结〔2014〕3号."""
    days: str
    """Head, left: 2014年9月18日, or the first and the last day."""
    facts: tuple[Labelled, ...]
    """Labelled(label="结账人", text="陈一诺"); four to a row."""
    tables: tuple[BooksTable, ...]
    remarks: tuple[Labelled, ...]
    issued_on: str
    """Under the seal."""
    sample_notice: str = SAMPLE_NOTICE_PEOPLE
    seals: tuple[SealSpec, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCloseView(BooksView):
    """日结单."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthCloseView(BooksView):
    """月报."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListView(BooksView):
    """Rows of the books as they stood when the document was made."""
