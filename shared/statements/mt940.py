"""SWIFT MT940: opening balance (":60F:"), movements (":61:") with details (":86:"), closing balance (":62F:").

Read here and not by the package mt-940, which passes over what it does not know and names no line: here that is
refused by its number. The tests ask the package for a second opinion on what both read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Final

from shared.statements import cells
from shared.statements.cells import Unreadable
from shared.statements.statement import BOOKED, DONE, REVERSED, StatementLine
from shared.statements.tally import Tally

_TAG = re.compile(r":([0-9]{2}[A-Z]?):(.*)", re.DOTALL)
_BALANCE = re.compile(r"([CD])[0-9]{6}([A-Z]{3})([0-9]{1,13},[0-9]{0,2})")
_MOVEMENT = re.compile(
    r"(?P<value>[0-9]{6})(?P<entry>[0-9]{4})?(?P<mark>R?[CD])[A-Z]?(?P<amount>[0-9]{1,13},[0-9]{0,2})"
    r"[NFS][A-Z0-9]{3}(?P<own>(?:(?!//)[^\n]){0,34})(?://(?P<bank>[^\n]{0,34}))?(?:\n(?P<more>.*))?",
    re.DOTALL,
)
_DETAIL = re.compile(r"\?([0-9]{2})")
_PAYER_ACCOUNT: Final = ("31",)
_PAYER_NAME: Final = ("32", "33")
# Fields that say nothing about the lines, and what frames a message.
_PASSED_OVER: Final = frozenset({"20", "21", "13", "13D", "28", "28C", "34F", "64", "65", "90C", "90D"})
_FRAME = re.compile(r"-?\}?|\{.*|-\}.*")
_NO_REFERENCE: Final = "NONREF"
_BATCH: Final = 1000


@dataclass(slots=True)
class _Field:
    number: int
    tag: str
    text: str


def read(lines: Iterable[tuple[int, str]], tally: Tally) -> Iterator[list[StatementLine]]:
    """Lines by batches, counted by the line of their ":61:"."""
    reader = _Reader(tally)
    for each in _fields(lines, tally):
        try:
            reader.take(each)
        except Unreadable as problem:
            tally.problem(each.number, f":{each.tag}:", str(problem))
        yield from reader.ready()
    reader.finish()
    yield from reader.ready()


def _fields(lines: Iterable[tuple[int, str]], tally: Tally) -> Iterator[_Field]:
    """Fields with their continuation lines."""
    current: _Field | None = None
    for number, line in lines:
        text = line.removeprefix("\ufeff").rstrip()
        match = _TAG.fullmatch(text)
        if match or not text or _FRAME.fullmatch(text):
            if current:
                yield current
            current = _Field(number, match[1], match[2]) if match else None
        elif current:
            current.text += f"\n{text}"
        else:
            tally.problem(number, "", "这一行不属于任何字段")
    if current:
        yield current


@dataclass(slots=True)
class _Reader:
    tally: Tally
    opening_fen: int | None = None
    opened_at: int = 0
    is_open: bool = False
    pages: int = 0
    movement: tuple[int, re.Match[str]] | None = None
    details: str = ""
    found: list[StatementLine] = field(default_factory=list)
    batches: list[list[StatementLine]] = field(default_factory=list)
    again: Counter[tuple[object, ...]] = field(default_factory=Counter)

    def take(self, each: _Field) -> None:
        """The next field of the file."""
        if each.tag == "86" and self.movement:
            self.details = each.text
            self._line()
            return
        self._line()
        match each.tag:
            case "25" | "25P":
                self.tally.belongs_to(each.text.strip(), each.number)
            case "60F" | "60M":
                if self.is_open:
                    raise Unreadable("上一页没有期末余额（:62F:），文件可能缺行")
                self.opening_fen, self.opened_at, self.is_open = _balance(each.text), each.number, True
            case "61":
                if not self.is_open:
                    raise Unreadable("这一笔之前没有期初余额（:60F:）")
                self.movement = (each.number, _movement(each.text))
            case "62F" | "62M":
                closing_fen = _balance(each.text)
                if self.opening_fen is None or not self.is_open:
                    raise Unreadable("期末余额之前没有期初余额（:60F:）")
                self._flush()
                self.tally.page(self.opening_fen, closing_fen, each.number)
                self.is_open = False
                self.pages += 1
            case "86":
                pass  # about the page as a whole
            case tag if tag not in _PASSED_OVER:
                raise Unreadable(f"不认识的字段 :{tag}:")

    def finish(self) -> None:
        """The end of the file: every page must be closed."""
        self._line()
        self._flush()
        if (self.is_open or not self.pages) and not self.tally.problem_count:
            self.tally.problem(self.opened_at, ":62F:", "没有期末余额，文件可能没有下载完整")
        self.tally.ends_proven = True

    def ready(self) -> Iterator[list[StatementLine]]:
        """Batches that are complete."""
        if len(self.found) >= _BATCH:
            self._flush()
        yield from self.batches
        self.batches.clear()

    def _flush(self) -> None:
        if self.found:
            self.batches.append(self.tally.take(self.found, unique_reference=True))
            self.found = []

    def _line(self) -> None:
        """The movement that waited for its details."""
        if self.movement is None:
            return
        (number, movement), details = self.movement, self.details
        self.movement, self.details = None, ""
        try:
            booked_on = _booked_on(movement["value"], movement["entry"], latest=self.tally.latest)
            amount_fen = cells.amount(_with_point(movement["amount"]))
        except Unreadable as problem:
            self.tally.problem(number, ":61:", str(problem))
            return
        if amount_fen == 0:
            self.tally.problem(number, ":61:", "金额为零，不是一笔收支")
            return
        amount_fen = amount_fen if movement["mark"] in {"C", "RD"} else -amount_fen
        booked_at = datetime.combine(booked_on, time(), cells.CHINA)
        reference = (movement["bank"] or "").strip()
        order_no = movement["own"].strip().replace(_NO_REFERENCE, "")
        name, account, text = _details(details)
        text = cells.joined((text, cells.clean(movement["more"] or "")))
        known: tuple[object, ...] = (reference, amount_fen)
        if not reference:
            # Opening and closing balance prove that both are real, so the second of two equal ones is another.
            known += (order_no, booked_at, account, name, text)
            self.again[known] += 1
            known += (self.again[known],)
        code = cells.payment_code(cells.joined((order_no, text)))
        self.found.append(
            StatementLine(
                line_no=number,
                kind=REVERSED if movement["mark"].startswith("R") else BOOKED,
                state=DONE,
                bank_reference=reference,
                order_no=order_no,
                booked_at=booked_at,
                booked_on=booked_on,
                amount_fen=amount_fen,
                balance_fen=None,
                fee_fen=0,
                # A code may be broken by the end of a line of 65 characters.
                payment_code=code or cells.payment_code(details.replace("\n", "")),
                payer_name=name,
                payer_account=account,
                words=text,
                digest=cells.digest(self.tally.account or self.tally.provider, *known),
            )
        )


def _movement(text: str) -> re.Match[str]:
    match = _MOVEMENT.fullmatch(text)
    if match is None:
        raise Unreadable("不合 :61: 的格式（日期、借贷标志、金额、类型、参考号）")
    return match


def _balance(text: str) -> int:
    match = _BALANCE.fullmatch(text.strip())
    if match is None:
        raise Unreadable("不合余额的格式（借贷标志、日期、币种、金额）")
    if match[2] not in cells.CNY_WORDS:
        raise Unreadable(f"币种是“{match[2]}”，这里只收人民币")
    fen = cells.amount(_with_point(match[3]))
    return fen if match[1] == "C" else -fen


def _with_point(written: str) -> str:
    """SWIFT writes 12,5 for 12.50 and 12, for 12.00."""
    return written.replace(",", ".").removesuffix(".")


def _booked_on(value: str, entry: str | None, *, latest: date | None) -> date:
    """The day of entry; it has no year of its own, and may be in the year before or after the value date's."""
    on = cells.day(f"20{value}", latest=None if entry else latest)
    if not entry:
        return on
    month = int(entry[:2])
    year = on.year + (1 if month < on.month - 6 else -1 if month > on.month + 6 else 0)
    return cells.day(f"{year}{entry}", latest=latest)


def _details(text: str) -> tuple[str, str, str]:
    """Name and account of the other side, and the words; only a ":86:" with ?-fields tells them apart."""
    start = _DETAIL.search(text)
    if start is None:
        return "", "", cells.joined(map(cells.clean, text.split("\n")))
    parts = _DETAIL.split(text[start.start() :].replace("\n", ""))[1:]
    by_code: dict[str, str] = {}
    for code, value in zip(parts[::2], parts[1::2], strict=True):
        by_code[code] = by_code.get(code, "") + value
    name = "".join(by_code.pop(code, "") for code in _PAYER_NAME)
    account = "".join(by_code.pop(code, "") for code in _PAYER_ACCOUNT)
    return cells.clean(name), cells.clean(account), cells.joined(map(cells.clean, by_code.values()))
