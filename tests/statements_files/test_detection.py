"""What a file is, by its content; and what is refused before anybody reads it."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from bank_files import CCB_COLUMNS, Move, Order, alipay, camt, ccb, icbc, mt940, table, wechat_fund, wechat_trade, xlsx

from shared.domain.errors import Invalid
from shared.statements.detect import detect
from shared.statements.profiles import CCB, ICBC, SANDBANK

MOVE, ORDER = Move(), Order()


class TestAFile:
    @pytest.mark.parametrize(
        ("content", "format_", "encoding", "profiles"),
        [
            (ccb([MOVE]), "bank_csv", "utf-8-sig", (CCB, SANDBANK)),
            (ccb([MOVE], encoding="gb18030"), "bank_csv", "gb18030", (CCB, SANDBANK)),
            (icbc([MOVE]), "bank_csv", "gb18030", (ICBC,)),
            (xlsx([list(CCB_COLUMNS)]), "bank_xlsx", "", (CCB, SANDBANK)),
            (wechat_trade([ORDER]), "wechat_trade", "utf-8-sig", ()),
            (wechat_trade([ORDER]).replace(b"\xef\xbb\xbf", b""), "wechat_trade", "utf-8-sig", ()),
            (wechat_fund([ORDER]), "wechat_fund", "utf-8-sig", ()),
            (alipay([ORDER]), "alipay_detail", "gb18030", ()),
            (camt([MOVE]), "camt_053", "", ()),
            (mt940([MOVE]), "mt940", "gb18030", ()),
            (mt940([replace(MOVE, name="A", words="B", remark="C")]), "mt940", "utf-8-sig", ()),
        ],
    )
    def test_is_known_by_its_content(self, content: bytes, format_: str, encoding: str, profiles: tuple) -> None:
        found = detect("账单.txt", content)

        assert (found.format, found.encoding, found.profiles) == (format_, encoding, profiles)

    def test_may_be_separated_by_tabs(self) -> None:
        content = ccb([MOVE]).replace(b"\t", b"").replace(b",", b"\t")

        assert detect("账单.csv", content).delimiter == "\t"

    def test_of_a_bank_nobody_knows_shows_its_columns(self) -> None:
        content = table(("日期", "摘要", "收入", "支出", "结余"), [("2014-09-19", "x", "1.00", "", "1.00")])

        found = detect("账单.csv", content)

        assert (found.profiles, found.columns) == ((), ("日期", "摘要", "收入", "支出", "结余"))

    def test_is_left_at_its_beginning(self) -> None:
        file = io.BytesIO(ccb([MOVE]))

        detect("账单.csv", file)

        assert file.tell() == 0

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"", "是空文件"),
            (b" \r\n ", "是空文件"),
            (b"%PDF-1.7", "是 PDF"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "旧版 Excel"),
            (ccb([MOVE]).decode("utf-8-sig").encode("utf-16"), "UTF-16"),
            (b"\x1f\x8b\x08\x00", "请解压"),
            (b"hello", "认不出"),
            (b"\xff\xff\xff\xff", "既不是 UTF-8 也不是 GB18030"),
            (b"PK\x03\x04rubbish", "不是完整的 XLSX"),
            ("門前大橋下".encode("big5") * 40, "认不出"),
        ],
    )
    def test_is_refused_under_its_name(self, content: bytes, said: str) -> None:
        with pytest.raises(Invalid, match=re.escape(said)) as refused:
            detect("账单.csv", content)

        assert refused.value.problems[0].field == "账单.csv"
