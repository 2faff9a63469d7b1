"""Whatever a bank writes comes back as it was written; whatever is cut off is refused, or loses nothing in silence."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from bank_files import (
    CCB_COLUMNS,
    CODE,
    ICBC_COLUMNS,
    Move,
    Order,
    alipay,
    camt,
    ccb,
    detected,
    icbc,
    mt940,
    reading_of,
    wechat_fund,
    wechat_trade,
    xlsx,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.errors import Invalid
from shared.domain.money import plain
from shared.statements.bank_batches import BatchReader, Irregular
from shared.statements.bank_rows import RowReader
from shared.statements.cells import Unreadable, clean
from shared.statements.delimited import Rows
from shared.statements.layout import layout_of
from shared.statements.profiles import ICBC, SANDBANK
from shared.statements.reading import Reading
from shared.statements.statement import StatementRefused, against
from shared.statements.tally import Tally

FEN = st.integers(-(10**12), 10**12).filter(bool)
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))
WORDS = st.text("瀚海市碧置业有限公司龑㛃（）()&<>\"',A1 ．", max_size=20)
CODES = st.integers(0, 10**20 - 1).map(lambda number: f"{number:020d}")
MOVES = st.lists(
    st.builds(
        lambda fen, day, name, code: Move(fen=fen, at=f"{day} 10:00:00", name=name, remark=f"缴款码{code}"),
        FEN,
        DAYS,
        WORDS,
        CODES,
    ),
    max_size=8,
)
ORDERS = st.lists(
    st.builds(
        lambda fen, day, goods, code: Order(fen=fen, at=f"{day} 10:00:00", goods=goods, ours=f"{code}-1"),
        FEN,
        DAYS,
        WORDS,
        CODES,
    ),
    max_size=8,
)


def numbered(orders: list[Order]) -> list[Order]:
    return [replace(order, number=f"42{place:026d}", refund=f"50{place:026d}") for place, order in enumerate(orders)]


class TestWhateverABankWrites:
    @settings(max_examples=50)
    @given(MOVES, st.sampled_from(["utf-8-sig", "gb18030"]), st.integers(-(10**12), 10**12))
    def test_comes_back_from_its_list(self, moves: list[Move], encoding: str, opening_fen: int) -> None:
        statement = reading_of(ccb(moves, encoding=encoding, opening_fen=opening_fen))

        assert [
            (line.amount_fen, str(line.booked_on), line.payer_name, line.payment_code) for line in statement.lines
        ] == [(move.fen, move.at[:10], clean(move.name), move.remark[3:]) for move in moves]
        if moves:
            assert (statement.opening_fen, statement.closing_fen) == (
                opening_fen,
                opening_fen + sum(move.fen for move in moves),
            )

    @settings(max_examples=50)
    @given(MOVES)
    def test_comes_back_from_its_list_without_numbers(self, moves: list[Move]) -> None:
        apart = [replace(move, at=f"{move.at[:10]} 10:00:{place:02d}") for place, move in enumerate(moves)]

        assert [line.amount_fen for line in reading_of(icbc(apart)).lines] == [move.fen for move in moves]

    @settings(max_examples=50)
    @given(MOVES)
    def test_comes_back_from_a_workbook(self, moves: list[Move]) -> None:
        balance_fen, rows = 0, []
        for place, move in enumerate(moves):
            balance_fen += move.fen
            rows.append(
                [
                    move.at, plain(max(-move.fen, 0)), plain(max(move.fen, 0)), plain(balance_fen), "CNY", move.name,
                    "", "", move.at[:10], "", move.remark, f"T{place}",
                ]
            )  # fmt: skip

        lines = reading_of(xlsx([list(CCB_COLUMNS), *rows])).lines

        assert [(line.amount_fen, line.payer_name) for line in lines] == [
            (move.fen, clean(move.name)) for move in moves
        ]

    @settings(max_examples=50)
    @given(MOVES, st.sampled_from([camt, mt940]))
    def test_comes_back_from_its_messages(self, moves: list[Move], write: Callable[[list[Move]], bytes]) -> None:
        statement = reading_of(write(moves))

        assert [(line.amount_fen, str(line.booked_on), line.payment_code) for line in statement.lines] == [
            (move.fen, move.at[:10], move.remark[3:]) for move in moves
        ]
        assert statement.closing_fen == sum(move.fen for move in moves)

    @settings(max_examples=50)
    @given(ORDERS, st.sampled_from([wechat_trade, wechat_fund]))
    def test_comes_back_from_wechat(self, orders: list[Order], write: Callable[[list[Order]], bytes]) -> None:
        lines = reading_of(write(numbered(orders))).lines

        assert [(line.amount_fen, line.payment_code) for line in lines] == [
            (order.fen, order.ours[:20]) for order in orders
        ]

    @settings(max_examples=50)
    @given(ORDERS)
    def test_comes_back_from_alipay(self, orders: list[Order]) -> None:
        plain_goods = [replace(order, goods=order.goods.replace(",", "").replace('"', "")) for order in orders]

        lines = reading_of(alipay(numbered(plain_goods))).lines

        assert [(line.amount_fen, line.payment_code) for line in lines] == [
            (order.fen, order.ours[:20]) for order in orders
        ]


SEVERAL = [Move(), Move(fen=-5_00, at="2014-09-20 09:00:00"), Move(fen=7, at="2014-09-21 09:00:00", remark="x")]
SOME = numbered([Order(), Order(fen=-5_00), Order(fen=7)])
WHOLE = [
    ccb(SEVERAL),
    ccb(SEVERAL, encoding="gb18030"),
    icbc(SEVERAL),
    camt(SEVERAL),
    mt940(SEVERAL),
    wechat_trade(SOME),
    wechat_fund(SOME),
    alipay(SOME),
]


class TestWhateverIsCutOff:
    @settings(max_examples=50)
    @given(st.sampled_from(WHOLE), st.data())
    def test_is_refused_or_loses_nothing_in_silence(self, content: bytes, data: st.DataObject) -> None:
        whole = reading_of(content)
        size = data.draw(st.integers(0, len(content) - 1))

        try:
            part = reading_of(content[:size], profile=SANDBANK if whole.provider == "sandbank" else ICBC)
        except Invalid:
            return

        assert part.lines == whole.lines[: part.line_count]
        if part.line_count < whole.line_count:
            assert part.unchecked
            assert against(part, closing_fen=whole.closing_fen or 0, line_count=whole.line_count)

    @settings(max_examples=50)
    @given(st.sampled_from(WHOLE), st.data())
    def test_is_refused_with_a_line_missing_from_the_middle(self, content: bytes, data: st.DataObject) -> None:
        whole = reading_of(content)
        lines = content.splitlines(keepends=True)
        gone = data.draw(st.integers(0, len(lines) - 2))

        try:
            part = reading_of(b"".join(lines[:gone] + lines[gone + 1 :]))
        except Invalid:
            return

        # What frames the lines may be missing; one of them only at the edge of a list, which the statement says.
        missing = whole.line_count - part.line_count
        assert not missing or (missing == 1 and part.unchecked)
        assert {line.amount_fen for line in part.lines} <= {line.amount_fen for line in whole.lines}


ODD_CELLS = st.sampled_from(
    [
        "", " ", "0.00", "1,000.00", "-5.00", "１.00", "\t\t7.00", "`x", '="y"', "'z", "a\nb", "2014-09-19", "20140919",
        "2014-09-19 10:00:00", "2014-09-19 10:00:99", "2014/9/19 1:00", "1900-01-01 00:00:00", "美元", "CNY", "借",
        "贷", "\u3000", "x\u2028y", CODE, f"{CODE} {CODE[::-1]}", "３７１０００１４００００００３１７８４０",
        "3710 0014 0000 0031 7840", "NaN", "1_0.00", "٣.00",
    ]
)  # fmt: skip
PROFILED = {
    "ccb": (
        SANDBANK,
        CCB_COLUMNS,
        [
            "2014-09-19 14:05:00", "0.00", "9.00", "9.00", "人民币", "甲", "\t6229", "", "20140919", "缴款", CODE,
            "1-T", "", "", "",
        ],
    ),
    "icbc": (
        ICBC,
        ICBC_COLUMNS,
        ["0", "3705", "6229", "2014-09-19 14:05:00", "贷", "", "9.00", "", "缴款", "", "甲", "9.00", CODE],
    ),
}  # fmt: skip


CHANGES = st.lists(st.dictionaries(st.integers(0, 14), ODD_CELLS, max_size=3), min_size=1, max_size=4)


class TestReadingManyRowsAtOnce:
    @settings(max_examples=50)
    @given(st.sampled_from(sorted(PROFILED)), CHANGES)
    def test_gives_what_reading_them_one_by_one_gives(self, bank: str, changes: list[dict[int, str]]) -> None:
        profile, columns, usual = PROFILED[bank]
        rows = [[change.get(place, cell) for place, cell in enumerate(usual)] for change in changes]
        layout = layout_of(columns, profile)
        assert layout is not None
        tally = Tally(provider="x", format="bank_csv", account="3705")

        try:
            together = BatchReader(profile, layout, tally).lines(Rows(range(2, 2 + len(rows)), rows))
        except (Irregular, Unreadable):
            return

        one = RowReader(profile, layout, tally)
        assert together == [one.line(number, row) for number, row in enumerate(rows, 2)]
        assert tally.problem_count == 0

    def test_is_what_happens_to_usual_rows(self) -> None:
        for profile, columns, usual in PROFILED.values():
            layout = layout_of(columns, profile)
            assert layout is not None

            tally = Tally(provider="x", format="bank_csv", account="3705")

            assert BatchReader(profile, layout, tally).lines(Rows([2], [usual]))[0].amount_fen == 9_00


class TestALongFile:
    def test_is_never_in_memory_as_a_whole(self, tmp_path: Path) -> None:
        path = tmp_path / "long.csv"
        once = ccb([replace(Move(), fen=1, name=f"甲{number}") for number in range(20_000)])
        path.write_bytes(once)
        count = 0

        with path.open("rb") as file:
            reading = Reading(file, detected(once[:2000]), profile=SANDBANK)
            tracemalloc.start()
            for batch in reading.batches():
                count += len(batch)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()

        assert reading.statement().line_count == count == 20_000
        # Its lines would fill 14 MB; what stays is one number a line.
        assert peak < 6_000_000

    def test_is_refused_for_its_last_line_and_says_which(self) -> None:
        content = ccb([replace(Move(), fen=1)] * 20_000, change={20_000: {"币种": "USD"}})

        with pytest.raises(StatementRefused) as refused:
            reading_of(content)

        assert [each.place for each in refused.value.lines] == ["第 20001 行“币种”"]
