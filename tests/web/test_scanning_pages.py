"""Scanning to pay, through the pages: a code per channel, followed until the money is there, by whose bill it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import providers as banks
import pytest
from browser import Browser
from flask.testing import FlaskClient
from office import Office
from program import Program
from providers import Providers
from watching import assert_settled, broken

from services import orders
from shared.tasks import Task
from web.app import Web
from workers import batches


@pytest.fixture
def server() -> Iterator[Providers]:
    with banks.providers() as state:
        yield state


@pytest.fixture
def office(office: Office, server: Providers, configured: Callable[..., None], tmp_path: Path) -> Office:
    configured(**banks.environment(server, tmp_path / "channel-keys"))
    return office


@pytest.fixture
def billed(office: Office) -> Any:
    (bill,) = office.bills(office.is_billed().application_id)
    return bill


def asks(office: Office) -> None:
    ids = [number for bell in office.bells(Task.ASK_CHANNELS) for number in bell.ids]
    batches.run_each(orders.to_ask, orders.ask, orders.record, ids)


def words(browser: Browser, address: str) -> str:
    return " ".join(browser.read(address).get_text(" ").split())


class TestScanning:
    def test_goes_from_the_bill_to_the_code_to_the_receipt(
        self, office: Office, billed: Any, server: Providers, visitor: Callable[..., Browser], client: FlaskClient
    ) -> None:
        applicant = visitor("applicant")
        case = office.one("select id from application")
        address = f"/apply/cases/{case}/bills/{billed.id}/scan"
        assert address in {link["href"] for link in applicant.read(f"/apply/cases/{case}").select(".bill-links a")}
        assert applicant.get(address).headers.get("Refresh") is None
        assert applicant.post(address, channel="wechat").status_code == 303
        assert applicant.post(address, channel="wechat").status_code == 303
        assert applicant.get(address).headers["Refresh"] == "5"
        assert "正在生成二维码" in words(applicant, address)
        asks(office)
        assert applicant.read(address).select_one(".scan-card .qr svg") is not None

        trade = server.pays("wechat", f"{billed.payment_code}_1")
        assert trade.notify_url.endswith("/channel/callbacks/wechat")
        body = banks.wechat_callback(trade)
        heard = client.post("/channel/callbacks/wechat", data=body, headers=banks.wechat_headers(body))
        assert (heard.status_code, heard.get_json()["code"]) == (200, "SUCCESS")
        office.works()

        assert "已经缴清" in words(applicant, address)
        assert applicant.get(address).headers.get("Refresh") is None
        assert_settled(case, total_fen=billed.total_fen)
        assert office.one("select count(*) from channel_order") == 1
        assert broken() == {}

    def test_is_for_the_applicant_and_a_channel_that_is_there(
        self, office: Office, billed: Any, visitor: Callable[..., Browser]
    ) -> None:
        address = f"/apply/cases/{office.one('select id from application')}/bills/{billed.id}/scan"
        assert visitor("applicant2").get(address).status_code == 404
        assert visitor("applicant2").post(address, channel="wechat").status_code == 404
        assert visitor("applicant").post(address, channel="unionpay").status_code == 422
        office.hears_from_bank(office.callback(billed))
        office.works()
        assert visitor("applicant").post(address, channel="wechat").status_code == 409

    def test_is_not_offered_without_keys(
        self, office: Office, billed: Any, visitor: Callable[..., Browser], configured: Callable[..., None]
    ) -> None:
        configured(WECHAT_MCHID="", ALIPAY_APP_ID="")
        case = office.one("select id from application")
        applicant = visitor("applicant")
        assert "扫码缴费" not in words(applicant, f"/apply/cases/{case}")
        assert "没有开通扫码支付" in words(applicant, f"/apply/cases/{case}/bills/{billed.id}/scan")


class TestAProgram:
    def test_opens_an_order_and_reads_it_until_it_is_paid(
        self, office: Office, billed: Any, server: Providers, web: Web
    ) -> None:
        applicant = Program(web, "applicant")
        path = f"/bills/{billed.id}/orders"
        made = applicant.post(path, {"channel": "alipay"}).json
        assert (made["state"], made["qr"], made["amount"]) == ("created", "", "32729939.24")
        assert applicant.post(path, {"channel": "alipay"}).json["id"] == made["id"]
        assert applicant.post(path, {"channel": "cash"}).status_code == 422
        assert Program(web, "applicant2").get(f"/orders/{made['id']}").status_code == 404
        assert Program(web, "applicant2").post(path, {"channel": "alipay"}).status_code == 404
        assert Program(web, "finance").post(path, {"channel": "alipay"}).status_code == 404
        asks(office)
        assert applicant.get(f"/orders/{made['id']}").json["qr"] == server.alipay[made["number"]].qr
        server.pays("alipay", made["number"])
        office.rows("update channel_order set ask_at = now() returning id")
        with office.sits() as sitting:
            orders.look(sitting)
        asks(office)
        seen = applicant.get(f"/orders/{made['id']}").json
        assert (seen["state"], seen["qr"]) == ("paid", "")
        office.works()
        assert_settled(office.one("select id from application"), total_fen=billed.total_fen)


class TestFinance:
    def test_sees_every_question_about_an_order_on_its_bill(
        self, office: Office, billed: Any, server: Providers, visitor: Callable[..., Browser]
    ) -> None:
        server.goes_wrong("create", "busy")
        address = f"/apply/cases/{office.one('select id from application')}/bills/{billed.id}/scan"
        visitor("applicant").post(address, channel="wechat")
        asks(office)
        seen = words(visitor("finance"), f"/finance/bills/{billed.id}")

        assert "结果不明" in seen
        assert "下单：没有应答" in seen
        assert f"{billed.payment_code}_1" in seen


class TestACallback:
    def test_is_answered_in_the_words_of_its_provider(
        self, office: Office, billed: Any, server: Providers, client: FlaskClient
    ) -> None:
        trade = banks.Trade(f"{billed.payment_code}_1", 1, "", "", "")
        server.wechat[trade.number] = server.alipay[trade.number] = trade
        server.pays("alipay", trade.number)
        good = client.post("/channel/callbacks/alipay", data=banks.alipay_callback(trade), content_type=FORM)
        bad = client.post(
            "/channel/callbacks/alipay", data=banks.alipay_callback(trade, whose="stranger"), content_type=FORM
        )
        server.pays("wechat", trade.number)
        body = banks.wechat_callback(trade)
        probe = banks.wechat_headers(body) | {"Wechatpay-Signature": "WECHATPAY/SIGNTEST/AAAA"}
        refused = client.post("/channel/callbacks/wechat", data=body, headers=probe)

        assert (good.status_code, good.data) == (200, b"success")
        assert (bad.status_code, bad.data) == (401, b"fail")
        assert (refused.status_code, refused.get_json()["code"]) == (401, "FAIL")
        assert office.one("select count(*) from callback_inbox") == 3
        assert client.post("/channel/callbacks/unionpay", data=b"x").status_code == 404


FORM = "application/x-www-form-urlencoded"
