"""ISO 20022 camt.053, any version: opening balance, entries, closing balance. Lines are counted by entries, from 1.

An entry with several transactions is as many lines where each has its amount, else one. The 缴款码 stands in
RmtInf/Ustrd.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import BinaryIO, Final

from shared.statements import cells
from shared.statements.cells import Unreadable
from shared.statements.statement import BOOKED, DONE, REVERSED, StatementLine
from shared.statements.tally import Tally
from shared.statements.xml import XmlStream

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:camt.053.001."
_BATCH: Final = 1000
_SIGNS: Final = {"CRDT": 1, "DBIT": -1}
_OPENING: Final = ("OPBD", "PRCD")
_CLOSING: Final = "CLBD"
_BOXES: Final = frozenset({"Stmt", "Bal", "Ntry", "TxDtls"})

#: The texts below an element, by their path from there.
_Texts = dict[str, list[str]]


class CamtReader:
    """Elements in, lines out."""

    def __init__(self, tally: Tally, *, encoding: str = "") -> None:
        self._tally = tally
        self._stream = XmlStream(self._start, self._end, encoding=encoding)
        self._path: list[str] = []
        self._boxes: list[tuple[int, _Texts]] = []
        self._balances: dict[str, int] = {}
        self._transactions: list[_Texts] = []
        self._entries = 0
        self._of_page = Counter[str]()
        self._again = Counter[tuple[object, ...]]()
        self._lines: list[StatementLine] = []
        self._ready: list[list[StatementLine]] = []
        self._statements = 0

    def read(self, file: BinaryIO) -> Iterator[list[StatementLine]]:
        """Good lines, batch by batch; a damaged file ends early with a problem."""
        try:
            for _ in self._stream.feed(file):
                if len(self._lines) >= _BATCH:
                    self._take()
                yield from self._ready
                self._ready.clear()
        except Unreadable as problem:
            self._tally.problem(0, "", str(problem))
        self._take()
        yield from self._ready
        if not self._statements and not self._tally.problem_count:
            self._tally.problem(0, "Stmt", "文件中没有对账单")
        self._tally.ends_proven = True

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._path.append(name)
        if name in _BOXES:
            self._boxes.append((len(self._path), {}))
        elif self._boxes and "Ccy" in attributes:
            self._keep(f"{name}@Ccy", attributes["Ccy"])

    def _end(self, name: str, text: str) -> None:
        if self._boxes and self._boxes[-1][0] == len(self._path):
            _, box = self._boxes.pop()
            {"Stmt": self._statement, "Bal": self._balance, "Ntry": self._entry, "TxDtls": self._transactions.append}[
                name
            ](box)
        elif self._boxes and text.strip():
            self._keep(name, text.strip())
        self._path.pop()

    def _keep(self, name: str, text: str) -> None:
        depth, box = self._boxes[-1]
        box.setdefault("/".join((*self._path[depth:-1], name)), []).append(text)

    def _balance(self, box: _Texts) -> None:
        code = _first(box, "Tp/CdOrPrtry/Cd")
        if code in (*_OPENING, _CLOSING):
            try:
                self._balances[code] = _signed_fen(box)
            except Unreadable as problem:
                self._tally.problem(0, f"Bal {code}", str(problem))

    def _statement(self, box: _Texts) -> None:
        self._statements += 1
        self._take()
        self._tally.belongs_to(_account(box), 0)
        for path, found in (
            ("TxsSummry/TtlNtries/NbOfNtries", self._of_page["entries"]),
            ("TxsSummry/TtlCdtNtries/NbOfNtries", self._of_page["CRDT"]),
            ("TxsSummry/TtlDbtNtries/NbOfNtries", self._of_page["DBIT"]),
            ("TxsSummry/TtlCdtNtries/Sum", self._of_page["CRDT fen"]),
            ("TxsSummry/TtlDbtNtries/Sum", self._of_page["DBIT fen"]),
        ):
            self._check_total(box, path, found)
        opening = next((self._balances[code] for code in _OPENING if code in self._balances), None)
        closing = self._balances.get(_CLOSING)
        if opening is None or closing is None:
            self._tally.problem(0, "Bal", "没有期初余额（OPBD）或期末余额（CLBD）")
        else:
            self._tally.page(opening, closing, 0)
        self._balances.clear()
        self._of_page.clear()

    def _check_total(self, box: _Texts, path: str, found: int) -> None:
        text, is_money = _first(box, path), path.endswith("Sum")
        if text:
            try:
                stated = cells.amount(text) if is_money else cells.count(text)
            except Unreadable as problem:
                self._tally.problem(0, path, str(problem))
            else:
                self._tally.total(path, stated, found, 0, money=is_money)

    def _entry(self, box: _Texts) -> None:
        self._entries += 1
        transactions, self._transactions = self._transactions or [{}], []
        try:
            lines = self._lines_of(box, transactions)
        except Unreadable as problem:
            self._tally.problem(self._entries, "Ntry", str(problem))
            return
        self._lines += lines
        direction = _first(box, "CdtDbtInd")
        self._of_page.update(["entries", direction])
        self._of_page[f"{direction} fen"] += cells.amount(_first(box, "Amt"))

    def _lines_of(self, entry: _Texts, transactions: list[_Texts]) -> list[StatementLine]:
        status = _first(entry, "Sts/Cd", "Sts")
        if status != "BOOK":
            raise Unreadable(f"状态是“{status}”，只收已入账（BOOK）的分录")
        amount_fen = _signed_fen(entry)
        if amount_fen == 0:
            raise Unreadable("金额为零，不是一笔收支")
        parts = [_part(each) for each in transactions]
        apart = len(transactions) > 1 and None not in parts and sum(part or 0 for part in parts) == abs(amount_fen)
        if not apart:
            return [self._line(entry, transactions[0] if len(transactions) == 1 else {}, amount_fen, "")]
        sign = 1 if amount_fen > 0 else -1
        return [
            self._line(entry, each, sign * (part or 0), f"/{number}")
            for number, (each, part) in enumerate(zip(transactions, parts, strict=True), 1)
        ]

    def _line(self, entry: _Texts, transaction: _Texts, amount_fen: int, suffix: str) -> StatementLine:
        booked_at, booked_on = self._moment(entry)
        side = "Dbtr" if amount_fen > 0 else "Cdtr"
        name = _first(transaction, f"RltdPties/{side}/Nm", f"RltdPties/{side}/Pty/Nm")
        account = _first(transaction, f"RltdPties/{side}Acct/Id/IBAN", f"RltdPties/{side}Acct/Id/Othr/Id")
        reference = _first(entry, "AcctSvcrRef", "NtryRef")
        reference = (_first(transaction, "Refs/AcctSvcrRef") or f"{reference}{suffix}") if suffix else reference
        order_no = _first(transaction, "Refs/EndToEndId").replace("NOTPROVIDED", "")
        text = cells.joined(
            part
            for path, box in (
                ("RmtInf/Ustrd", transaction),
                ("RmtInf/Strd/CdtrRefInf/Ref", transaction),
                ("AddtlTxInf", transaction),
                ("AddtlNtryInf", entry),
            )
            for part in map(cells.clean, box.get(path, ()))
        )
        known: tuple[object, ...] = (reference, amount_fen)
        if not reference:
            # Opening and closing balance prove that both are real, so the second of two equal ones is another.
            known += (booked_at, account, name, text)
            self._again[known] += 1
            known += (self._again[known],)
        return StatementLine(
            line_no=self._entries,
            kind=REVERSED if _first(entry, "RvslInd") in {"true", "1"} else BOOKED,
            state=DONE,
            bank_reference=reference,
            order_no=order_no,
            booked_at=booked_at,
            booked_on=booked_on,
            amount_fen=amount_fen,
            balance_fen=None,
            fee_fen=0,
            payment_code=cells.payment_code(cells.joined((order_no, text))),
            payer_name=cells.clean(name),
            payer_account=cells.clean(account),
            words=text,
            digest=cells.digest(_account(self._boxes[0][1]), *known),
        )

    def _moment(self, entry: _Texts) -> tuple[datetime, date]:
        written = _first(entry, "BookgDt/DtTm", "BookgDt/Dt")
        try:
            found = datetime.fromisoformat(written)
        except ValueError:
            raise Unreadable(f"“{written}”不是日期，应如 2014-09-19 或 20140919") from None
        moment = found.astimezone(cells.CHINA) if found.tzinfo else found.replace(tzinfo=cells.CHINA)
        return moment, cells.within(moment.date(), latest=self._tally.latest)

    def _take(self) -> None:
        if self._lines:
            self._ready.append(self._tally.take(self._lines, unique_reference=True))
            self._lines = []


def _first(box: _Texts, *paths: str) -> str:
    return next((box[path][0] for path in paths if path in box), "")


def _account(statement: _Texts) -> str:
    return _first(statement, "Acct/Id/IBAN", "Acct/Id/Othr/Id")


def _signed_fen(box: _Texts) -> int:
    """The element's amount by its direction, in CNY."""
    currency, direction = _first(box, "Amt@Ccy"), _first(box, "CdtDbtInd")
    if currency not in cells.CNY_WORDS:
        raise Unreadable(f"币种是“{currency}”，这里只收人民币")
    if direction not in _SIGNS:
        raise Unreadable(f"“{direction}”不是收支方向，应为 CRDT、DBIT 之一")
    return _SIGNS[direction] * cells.amount(_first(box, "Amt"))


def _part(transaction: _Texts) -> int | None:
    """What a transaction says of its own amount."""
    text = _first(transaction, "Amt", "AmtDtls/TxAmt/Amt")
    return cells.amount(text) if text else None
