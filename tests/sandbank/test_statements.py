"""The daily statement file: every payment once, under the bank's column names, balances that chain."""

from __future__ import annotations

import csv
import io
import os
import threading
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_yidan import CODE, OTHER_CODE, book_of, pay, wait_until

from sandbank.book import Book
from sandbank.merchant import Bill
from sandbank.statements import Statements
from shared.domain.money import plain
from shared.statements.detect import detect
from shared.statements.profiles import SANDBANK
from shared.statements.reading import read


def lines_of(content: bytes) -> list[dict[str, str]]:
    """Read as finance reads: by column name, a leading TAB stripped."""
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    return [{name: value.lstrip("\t") for name, value in row.items()} for row in rows]


def statement(bank, day):
    response = bank.test_client().get(f"/statements/{day}.csv")
    assert response.status_code == 200
    return lines_of(response.data)


def totals(bank, day):
    return bank.test_client().get(f"/statements/{day}.json").get_json()


class TestStatementFile:
    def test_has_the_columns_of_a_bank_download_in_utf_8_with_a_mark(self, bank):
        content = bank.test_client().get("/statements/2014-09-19.csv").data

        assert (
            content
            == (
                "\ufeff交易时间,借方发生额(支取),贷方发生额(收入),余额,币种,对方户名,对方账号,对方开户机构,记账日期,摘要,备注,"
                "账户明细编号-交易流水号,企业流水号,凭证种类,凭证号\r\n"
            ).encode()
        )

    def test_has_one_line_for_each_payment_of_the_day(self, bank):
        first, second = pay(bank), pay(bank, OTHER_CODE)

        lines = statement(bank, "2014-09-19")

        assert lines[0] == {
            "交易时间": "2014-09-19 14:05:00",
            "借方发生额(支取)": "0.00",
            "贷方发生额(收入)": "32729939.24",
            "余额": "32729939.24",
            "币种": "人民币",
            "对方户名": "瀚海市碧海置业有限公司",
            "对方账号": "6229080371000010018",
            "对方开户机构": "瀚海沙箱银行（虚构）",
            "记账日期": "20140919",
            "摘要": "网上银行缴款",
            "备注": f"缴款码{CODE} HHJ2014031784",
            "账户明细编号-交易流水号": f"000001-{first['bank_txn_id']}",
            "企业流水号": "",
            "凭证种类": "",
            "凭证号": "",
        }
        assert lines[1]["账户明细编号-交易流水号"] == f"000002-{second['bank_txn_id']}"
        assert lines[1]["余额"] == "32729939.29"

    def test_lies_in_the_folder_without_anybody_asking(self, bank, tmp_path):
        pay(bank)

        path = tmp_path / "sandbank" / "statements" / "2014-09-19.csv"
        wait_until(path.exists)
        assert path.read_bytes() == bank.test_client().get("/statements/2014-09-19.csv").data
        assert [each.name for each in path.parent.iterdir()] == ["2014-09-19.csv"]

    def test_opens_with_the_balance_on_which_the_day_before_closed(self, bank, yidan):
        pay(bank)
        yidan.issue(OTHER_CODE, amount="0.05", business_time="2014-10-14T09:00:00+08:00")
        pay(bank, OTHER_CODE)

        assert totals(bank, "2014-09-19") | {"date": ""} == {
            "date": "",
            "currency": "CNY",
            "lines": 1,
            "opening": "0.00",
            "debits": "0.00",
            "credits": "32729939.24",
            "closing": "32729939.24",
        }
        assert totals(bank, "2014-10-14")["opening"] == "32729939.24"
        assert totals(bank, "2014-10-14")["closing"] == "32729939.29"
        assert statement(bank, "2014-10-14")[0]["余额"] == "32729939.29"

    def test_is_written_anew_when_yidans_clock_was_set_back(self, bank, yidan):
        yidan.issue(OTHER_CODE, amount="0.05", business_time="2014-10-14T09:00:00+08:00")
        pay(bank, OTHER_CODE)
        assert statement(bank, "2014-10-14")[0]["余额"] == "0.05"

        pay(bank)

        assert statement(bank, "2014-10-14")[0]["余额"] == "32729939.29"

    def test_belongs_to_the_day_in_china_whatever_the_offset(self, bank, yidan):
        yidan.issue(OTHER_CODE, amount="0.05", business_time="2014-09-18T16:30:00+00:00")

        answer = pay(bank, OTHER_CODE)

        assert answer["paid_at"] == "2014-09-18T16:30:00+00:00"
        assert statement(bank, "2014-09-19")[0]["交易时间"] == "2014-09-19 00:30:00"
        assert statement(bank, "2014-09-18") == []

    def test_is_in_the_order_of_the_moments(self, bank, yidan):
        yidan.issue(OTHER_CODE, amount="0.05", business_time="2014-09-19T05:00:00+00:00")
        pay(bank)
        pay(bank, OTHER_CODE)

        assert [line["交易时间"][11:] for line in statement(bank, "2014-09-19")] == ["13:00:00", "14:05:00"]

    @pytest.mark.parametrize("name", ["=cmd|'/C calc'!A0", "+1", "-1", "@SUM(A1)", "＝1+1", 'a"b,c', "䶮𬭎公司"])
    def test_keeps_names_as_text_also_in_a_spreadsheet(self, bank, yidan, name):
        yidan.issue(CODE, payer_name=name)
        pay(bank)

        content = bank.test_client().get("/statements/2014-09-19.csv").data
        row = next(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))

        assert row["对方户名"].lstrip("\t") == name
        assert not row["对方户名"].startswith(("=", "+", "-", "@", "＝"))

    @pytest.mark.parametrize("day", ["2014-02-30", "20140919", "today", "2014-9-19", "..", "2014-09-19%00"])
    def test_is_not_there_for_a_day_that_does_not_exist(self, bank, day):
        assert bank.test_client().get(f"/statements/{day}.csv").status_code == 404
        assert bank.test_client().get(f"/statements/{day}.json").status_code == 404

    def test_comes_back_when_somebody_deleted_it(self, bank, tmp_path):
        pay(bank)
        before = bank.test_client().get("/statements/2014-09-19.csv").data
        (tmp_path / "sandbank" / "statements" / "2014-09-19.csv").unlink()

        assert bank.test_client().get("/statements/2014-09-19.csv").data == before

    def test_is_never_half_there(self, tmp_path):
        book = Book(tmp_path / "book.sqlite3")
        statements = Statements(book, tmp_path)
        seen: list[int] = []
        stopping = threading.Event()

        def read() -> None:
            while not stopping.is_set():
                if (tmp_path / "2014-09-19.csv").exists():
                    lines = lines_of((tmp_path / "2014-09-19.csv").read_bytes())
                    assert Decimal(lines[-1]["余额"]) == sum(Decimal(line["贷方发生额(收入)"]) for line in lines)
                    seen.append(len(lines))

        reader = threading.Thread(target=read)
        reader.start()
        for number in range(40):
            record(book, number, fen=number + 1)
            statements.write_all()
        stopping.set()
        reader.join()

        assert seen == sorted(seen)
        assert len(lines_of((tmp_path / "2014-09-19.csv").read_bytes())) == 40

    def test_is_only_written_when_something_changed(self, tmp_path):
        book = Book(tmp_path / "book.sqlite3")
        statements = Statements(book, tmp_path)
        record(book, 1, fen=1)
        statements.write_all()
        first = os.stat(tmp_path / "2014-09-19.csv").st_ino

        statements.write_all()

        assert book.unwritten_days() == []
        assert os.stat(tmp_path / "2014-09-19.csv").st_ino == first


class TestBalances:
    @settings(max_examples=25, deadline=None)
    @given(st.lists(st.tuples(st.integers(1, 28), st.integers(1, 10**12)), min_size=1, max_size=12))
    def test_chain_from_day_to_day_in_whatever_order_the_payments_came(self, tmp_path_factory, payments):
        folder = tmp_path_factory.mktemp("bank")
        book = Book(folder / "book.sqlite3")
        statements = Statements(book, folder)
        for number, (day, fen) in enumerate(payments):
            record(book, number, fen=fen, day=day)
            if number % 3 == 0:
                statements.write_all()
        statements.write_all()

        balance = Decimal(0)
        for path in sorted(folder.glob("*.csv")):
            for line in lines_of(path.read_bytes()):
                balance += Decimal(line["贷方发生额(收入)"])
                assert Decimal(line["余额"]) == balance
        assert balance == Decimal(sum(fen for _, fen in payments)) / 100


def record(book, number, *, fen, day=19):
    bill = Bill.from_answer(
        {
            "payment_code": f"{number:020d}",
            "bill_number": f"HHJ{number}",
            "payer_name": "瀚海市碧海置业有限公司",
            "project_name": "碧海湾花园一期",
            "amount": f"{fen // 100}.{fen % 100:02d}",
            "currency": "CNY",
            "status": "issued",
            "due_on": "2014-09-26",
            "business_time": f"2014-09-{day:02d}T14:05:00+08:00",
        }
    )
    payment = book.record(
        bill=bill,
        account="6229080371000010018",
        payer_name=bill.payer_name,
        channel="网上银行",
        idempotency_key=f"key-{number:08d}",
    )
    assert payment
    return payment


class TestBook:
    def test_says_nothing_is_unwritten_after_all_was_written(self, bank):
        pay(bank)

        wait_until(lambda: book_of(bank).unwritten_days() == [])


class TestFinance:
    def test_reads_the_file_whole(self, bank):
        pay(bank)
        second = pay(bank, OTHER_CODE)
        content = bank.test_client().get("/statements/2014-09-19.csv").data
        stated = totals(bank, "2014-09-19")

        statement = read(content, detect("2014-09-19.csv", content), profile=SANDBANK)

        assert [line.payment_code for line in statement.lines] == [CODE, OTHER_CODE]
        assert statement.lines[1].bank_reference == f"000002-{second['bank_txn_id']}"
        assert plain(statement.closing_fen) == stated["closing"]
        assert (statement.line_count, plain(statement.credits_fen)) == (stated["lines"], stated["credits"])
