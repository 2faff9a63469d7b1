"""The door: a file is read whole or refused whole, at once or as a stream, and can be looked at before.

with path.open("rb") as file:
    reading = Reading(file, detect(name, file), profile=profile)
    for batch in reading.batches():
        copy.write_rows(batch)           # in a transaction that is kept only …
    statement = reading.statement()      # … if this does not raise
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date
from typing import BinaryIO, Final

from shared.domain.errors import Invalid, Problem
from shared.statements import alipay, mt940, statement, wechat
from shared.statements.bank import BankReader
from shared.statements.camt import CamtReader
from shared.statements.cells import Unreadable
from shared.statements.delimited import ends_with_line_break, first_null, numbered_lines, rows
from shared.statements.detect import Detected
from shared.statements.profiles import Profile
from shared.statements.statement import (
    ALIPAY_DETAIL,
    BANK_TABLE,
    BANK_WORKBOOK,
    CAMT_053,
    WECHAT_FUND,
    WECHAT_TRADE,
    Preview,
    Statement,
    StatementLine,
    StatementRefused,
)
from shared.statements.tally import Tally
from shared.statements.workbook import Workbook

#: Who sends a format that is one sender's own.
PROVIDERS: Final = {WECHAT_TRADE: "wechat", WECHAT_FUND: "wechat", ALIPAY_DETAIL: "alipay"}
#: What a person looks at before deciding.
PREVIEW_LINES: Final = 50


class Reading:
    """One pass through a file. `account` is what it must be of, where known; no line may be after `today`."""

    def __init__(
        self,
        source: bytes | BinaryIO,
        detected: Detected,
        *,
        profile: Profile | None = None,
        provider: str = "",
        account: str = "",
        today: date | None = None,
    ) -> None:
        if detected.format in {BANK_TABLE, BANK_WORKBOOK}:
            profile = profile or (detected.profiles[0] if len(detected.profiles) == 1 else None)
            if profile is None:
                raise Invalid([Problem("profile", "请选择这份明细是哪家银行的，或新建一个列名方案")])
        self._file = io.BytesIO(source) if isinstance(source, bytes) else source
        self._detected = detected
        self._profile = profile
        provider = PROVIDERS.get(detected.format) or (profile.code if profile else provider)
        account = account or (profile.account if profile else "")
        self._tally = Tally(provider=provider, format=detected.format, account=account, latest=today)
        self._is_read = False

    def batches(self) -> Iterator[list[StatementLine]]:
        """Good lines in the order of the file, some thousand at a time; to be taken once, to the end."""
        self._file.seek(0)
        try:
            yield from filter(None, self._batches())
        except Unreadable as problem:
            self._tally.problem(0, "", str(problem))
        self._is_read = True

    def statement(self, lines: tuple[StatementLine, ...] = ()) -> Statement:
        """The whole file, after its last batch. Raises `StatementRefused` if anything in it was wrong."""
        if not self._is_read:
            raise RuntimeError("the batches were not taken to the end")
        return self._tally.statement(lines)

    @property
    def problem_count(self) -> int:
        """How much is wrong so far."""
        return self._tally.problem_count

    def _batches(self) -> Iterator[list[StatementLine]]:
        file, detected, tally, profile = self._file, self._detected, self._tally, self._profile
        if detected.format == CAMT_053:
            return CamtReader(tally, encoding=detected.encoding).read(file)
        if detected.format == BANK_WORKBOOK and profile:
            return BankReader(profile, tally).read(Workbook(file).rows(tally))
        if null := first_null(file):
            tally.problem(null, "", "含有空字符，文件已损坏；请重新下载")
            return iter(())
        if profile and not profile.open_end and not ends_with_line_break(file):
            tally.problem(0, "", "最后一行没有换行，可能没有下载完整；若这家银行的文件都如此，请在列名方案中注明")
        file.seek(0)
        match detected.format:
            case statement.WECHAT_TRADE:
                return wechat.read_trade(numbered_lines(file, detected.encoding, tally), tally)
            case statement.WECHAT_FUND:
                return wechat.read_fund(numbered_lines(file, detected.encoding, tally), tally)
            case statement.ALIPAY_DETAIL:
                return alipay.read(rows(file, detected.encoding, detected.delimiter, tally), tally)
            case statement.MT940:
                return mt940.read(numbered_lines(file, detected.encoding, tally), tally)
            case _ if profile:
                return BankReader(profile, tally).read(rows(file, detected.encoding, detected.delimiter, tally))
        raise ValueError(f"no reader for {detected.format}")


def read(
    source: bytes | BinaryIO,
    detected: Detected,
    *,
    profile: Profile | None = None,
    provider: str = "",
    account: str = "",
    today: date | None = None,
) -> Statement:
    """A whole file at once, with its lines. Raises `StatementRefused` with everything that is wrong."""
    reading = Reading(source, detected, profile=profile, provider=provider, account=account, today=today)
    lines = tuple(line for batch in reading.batches() for line in batch)
    return reading.statement(lines)


def preview(
    source: bytes | BinaryIO,
    detected: Detected,
    *,
    profile: Profile | None = None,
    provider: str = "",
    account: str = "",
    today: date | None = None,
) -> Preview:
    """The first good and bad rows of a file; `statement` is None if the file would be refused."""
    reading = Reading(source, detected, profile=profile, provider=provider, account=account, today=today)
    good: list[StatementLine] = []
    count = 0
    for batch in reading.batches():
        good += batch[: PREVIEW_LINES - len(good)]
        count += len(batch)
    try:
        whole = reading.statement()
    except StatementRefused as refused:
        return Preview(
            good=tuple(good), bad=refused.lines, good_count=count, problem_count=refused.count, statement=None
        )
    return Preview(good=tuple(good), bad=(), good_count=count, problem_count=0, statement=whole)
