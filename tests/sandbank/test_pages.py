"""The payer's pages over real HTTP, without a line of JavaScript."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, build_opener

import pytest
from bs4 import BeautifulSoup
from small_yidan import CODE, OTHER_CODE, book_of, order, pay, wait_until

from sandbank.payments import payment_code_in
from sandbank.refusals import Malformed


class Browser:
    """Cookies, links and forms; nothing else."""

    def __init__(self, url):
        self.url = url
        self.opener = build_opener(HTTPCookieProcessor(CookieJar()), ProxyHandler({}))
        self.status = 0
        self.address = ""
        self.page = BeautifulSoup("", "html.parser")

    def opens(self, path, data=None):
        try:
            response = self.opener.open(self.url + path, urlencode(data).encode() if data else None, timeout=10)
        except HTTPError as error:
            response = error
        with response:
            self.status, self.address = response.status, response.url.removeprefix(self.url)
            self.page = BeautifulSoup(response.read(), "html.parser")
        return self

    def again(self):
        """Another window of the same browser."""
        window = Browser(self.url)
        window.opener = self.opener
        return window

    def form(self):
        form = self.page.select_one("form[method=post]")
        filled = {each["name"]: each["value"] for each in form.select("input[type=hidden], input[checked]")}
        return form["action"], filled

    def submits(self, **changed):
        path, filled = self.form()
        return self.opens(path, filled | changed)

    @property
    def text(self):
        return re.sub(r"\s+", " ", self.page.get_text(" "))

    def facts(self):
        return {
            each.select_one("dt").get_text(): each.select_one("dd").get_text() for each in self.page.select("dl div")
        }


@pytest.fixture
def browser(bank_url):
    return Browser(bank_url)


class TestPaymentCode:
    @pytest.mark.parametrize(
        "typed",
        [
            CODE,
            f"  {CODE}\n",
            "3710 0214 0000 0003 1784",
            "3710-0214-0000-0003-1784",
            f"http://127.0.0.1:8010/pay/{CODE}",
            f"http://127.0.0.1:8010/pay?code={CODE}",
            f"缴款码：{CODE}。",
            f"{CODE} {CODE}",
        ],
    )
    def test_is_found_in_what_was_typed_pasted_or_scanned(self, typed):
        assert payment_code_in(typed) == CODE

    @pytest.mark.parametrize(
        "typed", ["", "3710", CODE[:-1], CODE + "0", f"{CODE} {OTHER_CODE}", "３７" * 10, "缴款码", "x" * 5_000]
    )
    def test_is_asked_for_again_when_there_is_none_or_more_than_one(self, typed):
        with pytest.raises(Malformed):
            payment_code_in(typed)


class TestEntryPage:
    def test_asks_for_the_code_and_says_that_all_this_is_a_sample(self, browser):
        browser.opens("/")

        assert browser.status == 200
        assert browser.page.html["lang"] == "zh-CN"
        assert browser.page.select_one("label[for=code]").get_text() == "缴款码"
        assert "瀚海沙箱银行（虚构）" in browser.text
        assert "沙箱环境·样张" in browser.text

    def test_leads_to_the_bill_of_the_code(self, browser):
        browser.opens("/pay?" + urlencode({"code": "3710 0214 0000 0003 1784"}))

        assert (browser.status, browser.address) == (200, f"/pay/{CODE}")

    def test_keeps_what_was_typed_and_says_what_is_wrong_with_it(self, browser):
        browser.opens("/pay?" + urlencode({"code": '371002"><b>'}))

        field = browser.page.select_one("#code")
        assert browser.status == 422
        assert field["value"] == '371002"><b>'
        assert field["aria-invalid"] == "true"
        assert browser.page.select_one(".errors a")["href"] == "#code"


class TestBillPage:
    def test_shows_what_yidan_said(self, browser):
        browser.opens(f"/pay/{CODE}")

        assert browser.facts() == {
            "缴款码": CODE,
            "通知书编号": "HHJ2014031784",
            "缴款单位": "瀚海市碧海置业有限公司",
            "项目名称": "碧海湾花园一期",
            "缴款期限": "2014-09-26",
        }
        assert "¥32,729,939.24" in browser.text

    def test_writes_nothing(self, browser, bank, yidan):
        browser.opens(f"/pay/{CODE}")

        assert book_of(bank).payments_with_reports() == []
        assert yidan.heard == []

    def test_says_that_the_date_has_passed_and_still_takes_the_money(self, browser, yidan):
        yidan.issue(CODE, due_on="2014-09-18")

        assert "已过缴款期限" in browser.opens(f"/pay/{CODE}").text
        assert browser.submits().status == 200

    def test_shows_names_as_text(self, browser, yidan):
        yidan.issue(CODE, payer_name="<script>alert(1)</script>䶮𬭎公司")

        browser.opens(f"/pay/{CODE}")

        assert browser.facts()["缴款单位"] == "<script>alert(1)</script>䶮𬭎公司"
        assert browser.page.select("script") == []

    @pytest.mark.parametrize("path", ["/", f"/pay/{CODE}", "/nowhere", "/pay/1", "/static/bank.css", "/admin/payments"])
    def test_forbids_scripts_frames_and_foreign_forms_everywhere(self, bank, path):
        with bank.test_client().get(path) as response:
            headers = response.headers

        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert "form-action 'self'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"

    def test_carries_nothing_that_the_policy_would_block(self, browser):
        browser.opens(f"/pay/{CODE}")

        assert browser.page.select("script, style, [style], [onclick], iframe") == []

    def test_keeps_its_cookie_from_scripts_and_other_sites(self, bank):
        cookie = bank.test_client().get(f"/pay/{CODE}").headers["Set-Cookie"]

        assert cookie.startswith("sandbank=")
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie

    @pytest.mark.parametrize(
        ("changed", "status", "words"),
        [
            ({"status": "void"}, 409, "已作废"),
            ({"amount": "0.00"}, 409, "无需缴款"),
            ({"amount": "12.0"}, 503, "暂时联系不上收费单位"),
            ({"amount": 12.5}, 503, "暂时联系不上收费单位"),
            ({"currency": "USD"}, 503, "暂时联系不上收费单位"),
            ({"business_time": "2014-09-19T14:05:00"}, 503, "暂时联系不上收费单位"),
            ({"payment_code": OTHER_CODE}, 503, "暂时联系不上收费单位"),
            ({"status": "lost"}, 503, "暂时联系不上收费单位"),
            ({"payer_name": "\ud800"}, 503, "暂时联系不上收费单位"),
            ({"payer_name": ""}, 503, "暂时联系不上收费单位"),
        ],
    )
    def test_takes_no_money_for_a_bill_that_cannot_be_paid(self, browser, yidan, changed, status, words):
        yidan.bills[CODE] |= changed

        browser.opens(f"/pay/{CODE}")

        assert browser.status == status
        assert words in browser.text
        assert browser.page.select("form") == []

    @pytest.mark.parametrize("code", ["99999999999999999999", "3710", "x", "%3Cb%3E"])
    def test_is_not_there_for_a_code_that_nobody_has(self, browser, code):
        browser.opens(f"/pay/{code}")

        assert browser.status == 404
        assert "没有找到这个缴款码" in browser.text

    def test_says_when_yidan_is_away_and_that_nothing_was_taken(self, browser, yidan):
        with yidan.away():
            browser.opens(f"/pay/{CODE}")

        assert browser.status == 503
        assert "本次没有扣款" in browser.text

    def test_says_when_yidan_cannot_be_reached_at_all(self, environment, open_bank):
        environment["MERCHANT_URL"] = "http://127.0.0.1:9"

        response = open_bank().test_client().get(f"/pay/{CODE}")

        assert response.status_code == 503
        assert response.headers["Retry-After"]

    def test_says_when_the_bill_was_paid_elsewhere(self, browser, yidan):
        yidan.bills[CODE]["status"] = "paid"

        browser.opens(f"/pay/{CODE}")

        assert "已缴" in browser.text
        assert "不是在本行缴的" in browser.text


class TestPaying:
    def test_ends_with_a_confirmation_that_carries_the_transaction_number(self, browser, bank, yidan):
        browser.opens(f"/pay/{CODE}").submits(channel="手机银行")

        payment = book_of(bank).find_by_code(CODE)
        facts = browser.facts()
        assert browser.address == f"/pay/{CODE}/paid"
        assert facts["银行交易流水号"] == payment.txn_id
        assert facts["缴款时间"] == "2014-09-19 14:05:00"
        assert facts["缴款渠道"] == "手机银行"
        assert facts["付款账户"] == "6229 **** 0018"
        assert payment.account not in browser.text
        assert yidan.waits_for(1)[0]["bank_txn_id"] == payment.txn_id

    def test_names_the_holder_of_the_account_as_payer(self, browser, yidan):
        browser.opens(f"/pay/{CODE}").submits(account="6229080371000020017")

        assert yidan.waits_for(1)[0]["payer_name"] == "瀚海市诚信工程代理有限公司"

    def test_happens_once_for_a_double_click(self, browser, bank, yidan):
        path, filled = browser.opens(f"/pay/{CODE}").form()
        clicks = [browser.again() for _ in range(8)]

        with ThreadPoolExecutor(8) as fingers:
            pages = list(fingers.map(lambda click: click.opens(path, filled), clicks))

        assert {page.facts()["银行交易流水号"] for page in pages} == {book_of(bank).find_by_code(CODE).txn_id}
        wait_until(lambda: book_of(bank).waiting() == 0)
        assert len(yidan.heard) == 1

    def test_happens_once_in_two_windows(self, browser, bank):
        first, second = browser.opens(f"/pay/{CODE}"), browser.again().opens(f"/pay/{CODE}")

        first.submits()
        second.submits(channel="银行柜面")

        assert first.facts() == second.facts()
        assert len(book_of(bank).payments_with_reports()) == 1

    def test_is_confirmed_again_when_the_page_is_opened_again(self, browser, yidan):
        browser.opens(f"/pay/{CODE}").submits()
        facts = browser.facts()

        # Yidan has not heard of it yet, and would offer the bill for payment again.
        assert yidan.bills[CODE]["status"] == "issued"
        assert browser.opens(f"/pay/{CODE}").facts() == facts

    def test_keeps_its_confirmation_when_yidan_is_away(self, browser, yidan):
        browser.opens(f"/pay/{CODE}").submits()

        with yidan.away():
            assert browser.opens(f"/pay/{CODE}/paid").status == 200

    def test_is_not_claimed_by_the_address_alone(self, browser):
        browser.opens(f"/pay/{CODE}/paid?state=paid&bank_txn_id=HHB20140919000000000000")

        assert browser.address == f"/pay/{CODE}"
        assert "确认缴款" in browser.text

    def test_takes_the_amount_from_yidan_whatever_the_form_says(self, browser, yidan):
        browser.opens(f"/pay/{CODE}").submits(amount="0.01", amount_fen="1")

        assert yidan.waits_for(1)[0]["amount"] == "32729939.24"

    def test_is_not_repeated_from_the_page_before_with_another_account(self, browser, bank):
        path, filled = browser.opens(f"/pay/{CODE}").form()
        browser.opens(path, filled)
        facts = browser.facts()

        browser.opens(path, filled | {"account": "6229080371000010026"})

        assert browser.facts() == facts
        assert len(book_of(bank).payments_with_reports()) == 1

    def test_stops_when_the_amount_is_no_longer_the_one_shown(self, browser, bank, yidan):
        browser.opens(f"/pay/{CODE}")
        yidan.issue(CODE, amount="32729939.25")

        browser.submits()

        assert browser.status == 409
        assert "刚刚有变化" in browser.text
        assert "¥32,729,939.25" in browser.text
        assert book_of(bank).payments_with_reports() == []

    @pytest.mark.parametrize(("field", "value"), [("account", ""), ("account", "x" * 99), ("channel", "支票")])
    def test_names_the_field_that_is_wrong_and_keeps_the_other(self, browser, bank, field, value):
        browser.opens(f"/pay/{CODE}").submits(**{"account": "6229080371000010026", "channel": "POS机", field: value})

        chosen = {each["value"] for each in browser.page.select("input[checked]")}
        assert browser.status == 422
        assert browser.page.select_one(".errors a")["href"] == f"#{field}"
        assert len(chosen) == 1
        assert book_of(bank).payments_with_reports() == []

        assert browser.submits(account="6229080371000010026", channel="POS机").status == 200

    @pytest.mark.parametrize("forged", [None, "", "x.y.z"])
    def test_is_refused_without_the_token_of_the_form(self, browser, bank, forged):
        path, filled = browser.opens(f"/pay/{CODE}").form()
        filled.pop("form_token")

        browser.opens(path, filled if forged is None else filled | {"form_token": forged})

        assert browser.status == 400
        assert "本次没有扣款" in browser.text
        assert book_of(bank).payments_with_reports() == []

    def test_is_refused_with_the_token_of_another_browser(self, browser, bank_url, bank):
        attacker = Browser(bank_url).opens(f"/pay/{CODE}")
        victim = browser.opens(f"/pay/{CODE}")

        victim.opens(*attacker.form())

        assert victim.status == 400
        assert book_of(bank).payments_with_reports() == []

    def test_is_refused_with_the_token_of_another_bill(self, browser, bank):
        _, filled = browser.opens(f"/pay/{CODE}").form()

        browser.opens(f"/pay/{OTHER_CODE}", filled)

        assert browser.status == 400
        assert book_of(bank).payments_with_reports() == []


class TestPayingByScript:
    def test_answers_with_number_amount_and_time(self, bank):
        answer = pay(bank)

        assert re.fullmatch(r"HHB20140919[0-9]{12}", answer.pop("bank_txn_id"))
        assert answer == {"amount": "32729939.24", "paid_at": "2014-09-19T14:05:00+08:00", "state": "paid"}

    def test_gives_the_same_answer_to_the_same_key_for_ever(self, bank, yidan):
        first = pay(bank)
        yidan.bills.clear()

        assert pay(bank) == first

    def test_refuses_the_same_key_for_another_payment(self, bank):
        pay(bank, key="the-same-key")

        response = bank.test_client().post("/api/pay", json=order(OTHER_CODE, key="the-same-key"))

        assert response.status_code == 422
        assert "idempotency_key" in response.get_json()["title"]

    def test_takes_a_code_once_whatever_the_key(self, bank):
        pay(bank, key="first-key")

        response = bank.test_client().post("/api/pay", json=order(key="second-key"))

        assert response.status_code == 409
        assert "已缴" in response.get_json()["title"]

    @pytest.mark.faults
    def test_takes_one_payment_from_a_hundred_parallel_requests(self, bank, yidan):
        with ThreadPoolExecutor(20) as scripts:
            answers = list(
                scripts.map(
                    lambda number: bank.test_client().post("/api/pay", json=order(key=f"key-no-{number % 10}")),
                    range(100),
                )
            )

        numbers = {answer.get_json()["bank_txn_id"] for answer in answers if answer.status_code == 200}
        assert {answer.status_code for answer in answers} <= {200, 409}
        assert len(numbers) == 1
        wait_until(lambda: book_of(bank).waiting() == 0)
        assert len(yidan.heard) == 1

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"payment_code": "3710"}, "payment_code"),
            ({"payment_code": int(CODE)}, "payment_code"),
            ({"account": "secret"}, "account"),
            ({"channel": "支票"}, "channel"),
            ({"idempotency_key": "short"}, "idempotency_key"),
            ({"amount": "0.01"}, "amount"),
        ],
    )
    def test_names_the_field_that_is_wrong(self, bank, changed, field):
        response = bank.test_client().post("/api/pay", json=order() | changed)

        assert response.status_code == 422
        assert [problem["field"] for problem in response.get_json()["problems"]] == [field]

    @pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff", b"[" * 60_000])
    def test_reads_one_json_object(self, bank, body):
        response = bank.test_client().post("/api/pay", data=body, content_type="application/json")

        assert response.status_code == 422

    def test_can_say_which_key_it_does_not_know_whatever_the_key(self, bank):
        response = bank.test_client().post("/api/pay", data=b'{"\\ud800": 1}', content_type="application/json")

        assert response.status_code == 422

    def test_reads_nothing_but_json(self, bank):
        assert bank.test_client().post("/api/pay", data=order()).status_code == 415

    def test_reads_no_more_than_a_form_needs(self, bank):
        response = bank.test_client().post("/api/pay", json=order() | {"account": "6" * 100_000})

        assert response.status_code == 413
