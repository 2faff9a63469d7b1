"""The shapes that the larger components show: frozen, ready to print, decided by the server.

A component's macro takes one of these (or plain strings) and composes; it computes nothing. Positions in
the day bar are worked out here once, so screen and print draw the same picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Light(StrEnum):
    """How a deadline stands; a component adds shape and colour to the words."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    PAUSED = "paused"
    WAITING = "waiting"
    DONE = "done"


class Tone(StrEnum):
    """The colour of a tag or notice; the words say the same."""

    GREY = "grey"
    BLUE = "blue"
    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    PURPLE = "purple"


@dataclass(frozen=True, slots=True)
class Tag:
    """A state in a word or two; `is_quiet` draws it as an outline, for finished work."""

    label: str
    tone: Tone = Tone.GREY
    is_quiet: bool = False


class DayKind(StrEnum):
    """What one working day of a department was."""

    USED = "used"
    USED_AMBER = "used-amber"
    PAST = "past"
    PAUSED = "paused"
    LEFT = "left"
    DONE = "done"


DAY_WIDTH = 14
DAY_PITCH = 16
WEEKEND_GAP = 6
SHORT_AXIS_DAYS = 7


@dataclass(frozen=True, slots=True)
class AxisDay:
    """One working day on the shared axis, at `x` units from the left."""

    on: date
    x: int
    middle: int
    is_today: bool


@dataclass(frozen=True, slots=True)
class DayAxis:
    """The working days that all lanes share, a gap wherever days off lie between."""

    days: tuple[AxisDay, ...]
    width: int

    @classmethod
    def of(cls, days: Iterable[date], *, today: date) -> DayAxis:
        """Lay out working days in order; two that are not neighbours get a gap between them."""
        placed: list[AxisDay] = []
        x = 0
        for on in sorted(days):
            if placed and (on - placed[-1].on).days > 1:
                x += WEEKEND_GAP
            placed.append(AxisDay(on=on, x=x, middle=x + DAY_WIDTH // 2, is_today=on == today))
            x += DAY_PITCH
        return cls(tuple(placed), max(x, DAY_PITCH))

    def place(self, kinds: Sequence[DayKind]) -> tuple[DayCell, ...]:
        """Cells for a department whose first counted day is the first of the axis."""
        return tuple(DayCell(day.x, kind) for day, kind in zip(self.days, kinds, strict=False))

    def place_on(self, kinds: Mapping[date, DayKind]) -> tuple[DayCell, ...]:
        """Cells for those days of the axis of which something is known."""
        return tuple(DayCell(day.x, kinds[day.on]) for day in self.days if day.on in kinds)

    @property
    def is_short(self) -> bool:
        """Whether the names beside it may have more room."""
        return len(self.days) <= SHORT_AXIS_DAYS

    @property
    def today(self) -> AxisDay | None:
        return next((day for day in self.days if day.is_today), None)


@dataclass(frozen=True, slots=True)
class DayCell:
    """One cell of a day bar."""

    x: int
    kind: DayKind


@dataclass(frozen=True, slots=True)
class Lane:
    """One department's part of a case; open ones name the officer.

    Days are working days, net without pauses and gross with them; None where a year of them is not loaded. `due_line`
    is `due` where it stands without a column's head. `marks` say what else is to be known, `is_yours` that the reader
    has to act.
    """

    unit: str
    matter: str
    officer: str
    status: Tag
    light: Light
    light_words: str
    cells: tuple[DayCell, ...]
    used_days: int | None
    promised_days: int
    due: str
    amount_fen: int | None
    is_open: bool
    href: str = ""
    gross_days: int | None = None
    marks: tuple[str, ...] = ()
    is_yours: bool = False
    due_line: str = ""

    @property
    def stood_still(self) -> bool:
        """Whether pauses make a difference between net and gross."""
        return self.gross_days is not None and self.gross_days != self.used_days


@dataclass(frozen=True, slots=True)
class Lanes:
    """All departments of a case on one axis, sorted as the page shows them."""

    axis: DayAxis
    rows: tuple[Lane, ...]
    summary: str
    note: str
    done_summary: str
    total_label: str
    total_fen: int | None
    is_urgent: bool = False

    @property
    def done(self) -> tuple[Lane, ...]:
        return tuple(lane for lane in self.rows if not lane.is_open)


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of a case; state is done, current or later."""

    label: str
    note: str
    state: str


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """One thing that happened: when, what, and by whom or why."""

    when: str
    what: str
    detail: str = ""
    is_latest: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that keeps a case open: what kind in a word, and whose turn it is in a sentence."""

    kind: Tag
    sentence: str
    is_yours: bool = False


@dataclass(frozen=True, slots=True)
class HandlingLine:
    """What one unit did with one matter; days are working days, None where a year of them is not loaded."""

    what: str
    unit: str
    did: Tag
    detail: str
    people: str
    started: str
    ended: str
    net_days: int | None
    gross_days: int | None
    promised_days: int
    light: Light
    light_words: str


@dataclass(frozen=True, slots=True)
class PauseLine:
    """One standstill of a clock with its author; `ended` is empty while it lasts."""

    what: str
    kind: str
    reason: str
    by: str
    started: str
    ended: str
    days: int | None


@dataclass(frozen=True, slots=True)
class BillLineRow:
    """One fee on the bill card; a zero names its reason."""

    name: str
    amount_fen: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class BillGroup:
    """Lines of one nature with their subtotal; nature is treasury, agency or deposit."""

    name: str
    note: str
    nature: str
    subtotal_fen: int
    lines: tuple[BillLineRow, ...]


@dataclass(frozen=True, slots=True)
class BillCard:
    """The bill as the applicant sees it; before it is out, `missing` names what it waits for."""

    state: Tag
    summary: str
    total_fen: int | None = None
    total_in_words: str = ""
    groups: tuple[BillGroup, ...] = ()
    payment_code: str = ""
    qr_svg: str = ""
    due: str = ""
    note: str = ""
    missing: tuple[str, ...] = ()
    details_href: str = ""
    dispute_href: str = ""
    scan_href: str = ""


@dataclass(frozen=True, slots=True)
class ScanCard:
    """One payment channel of a bill: its code if it can be scanned, else what stands in its place."""

    code: str
    name: str
    state: Tag | None = None
    qr_svg: str = ""
    words: str = ""
    note: str = ""
    can_open: bool = False


@dataclass(frozen=True, slots=True)
class NextStep:
    """What the reader has to do now: verb, date and amount in one line."""

    title: str
    detail: str
    action: str = ""
    href: str = ""
    other_action: str = ""
    other_href: str = ""
    amount_fen: int | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One entry of a task list."""

    title: str
    status: Tag
    href: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class TaskGroup:
    """A numbered part of a task list."""

    title: str
    tasks: tuple[Task, ...]


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One answer to check, with the way back to change it."""

    key: str
    value: str
    change_href: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of radios, checkboxes or a select."""

    value: str
    label: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table; amounts and counts stand right, `is_select` heads the boxes that choose rows."""

    label: str
    width: str = ""
    is_number: bool = False
    sort_href: str = ""
    sorted_as: str = "none"
    is_select: bool = False


@dataclass(frozen=True, slots=True)
class Tab:
    """One view of a queue, with the number that waits in it."""

    label: str
    href: str
    count: int | None = None
    is_current: bool = False
    is_warning: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter of a table: what it is set to, and how to clear it."""

    name: str
    label: str
    choices: tuple[Choice, ...]
    chosen: str = ""
    clear_href: str = ""


@dataclass(frozen=True, slots=True)
class Pager:
    """Where the reader is in a long list."""

    summary: str
    page: int
    previous_href: str = ""
    next_href: str = ""


@dataclass(frozen=True, slots=True)
class Stat:
    """One figure of a desk's first page; it links to exactly the rows that make it up."""

    label: str
    value: str
    note: str
    href: str = ""
    tag: Tag | None = None
    is_minor: bool = False


@dataclass(frozen=True, slots=True)
class FileItem:
    """One material in the file list of a case; `mark` is the number under which facts point at it, 0 for none."""

    name: str
    href: str
    note: str = ""
    is_seen: bool = False
    is_current: bool = False
    is_changed: bool = False
    mark: int = 0


@dataclass(frozen=True, slots=True)
class CheckItem:
    """One paper on the checklist: what was found of it, one of `finding`; without a paper `missing` says so."""

    code: str
    name: str
    finding: str
    href: str = ""
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """A paper that a fact rests on, by its mark; `is_open` while it lies in the viewer."""

    mark: int
    paper: str
    href: str
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class FactRow:
    """One fact as it was declared, or corrected under `number` (`was`: before), and the papers that say so."""

    name: str
    label: str
    value: str
    proofs: tuple[Proof, ...] = ()
    was: str = ""
    number: str = ""

    @property
    def is_open(self) -> bool:
        """Whether one of its papers lies in the viewer."""
        return any(each.is_open for each in self.proofs)


@dataclass(frozen=True, slots=True)
class FileGroup:
    """Materials that belong together."""

    name: str
    note: str
    files: tuple[FileItem, ...]


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document that was issued, to open or download; without address it is still being made."""

    name: str
    when: str
    href: str
