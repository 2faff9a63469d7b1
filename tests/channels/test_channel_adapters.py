"""The adapters speak their providers' words: fields, paths, signature texts; and believe nothing that is not signed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import providers as banks
import pytest
from hypothesis import given
from hypothesis import strategies as st
from providers import Providers, Trade

from shared.channels.alipay import Alipay, signed_text
from shared.channels.channel import Channel, ChannelRefused, GiveBack, State, Wish
from shared.channels.configured import find, names
from shared.channels.wechat import WeChatPay
from shared.domain.channel import BadSignature, CallbackMalformed, StaleTimestamp, UnknownKey
from shared.domain.errors import Unavailable
from shared.settings import Settings

NUMBER = "37100214000000031784_1"
EXPIRES = datetime(2026, 11, 25, 6, 30, tzinfo=UTC)
WISH = Wish(
    number=NUMBER, amount_fen=100_00, title="瀚海市建设项目缴费", expires_at=EXPIRES, notify_url="https://a.example/x"
)


@pytest.fixture
def server() -> Iterator[Providers]:
    with banks.providers() as state:
        yield state


def configuration(values: dict[str, str]) -> Settings:
    return Settings(**{name.lower(): value for name, value in values.items()})  # type: ignore[arg-type]


def offered(folder: Path, server: Providers | None = None, **changes: str) -> Any:
    state = server or Providers(url="http://127.0.0.1:9")
    config = configuration({**banks.environment(state, folder), **changes})
    return {code: find(config, code) for code in names(config)}


@pytest.fixture(params=["wechat", "alipay"])
def channel(request: pytest.FixtureRequest, server: Providers, tmp_path: Path) -> Channel:
    found: Channel = offered(tmp_path / "keys", server)[request.param]
    return found


@pytest.fixture(scope="module")
def wechat(tmp_path_factory: pytest.TempPathFactory) -> WeChatPay:
    found: WeChatPay = offered(tmp_path_factory.mktemp("keys"))["wechat"]
    return found


@pytest.fixture(scope="module")
def alipay(tmp_path_factory: pytest.TempPathFactory) -> Alipay:
    found: Alipay = offered(tmp_path_factory.mktemp("keys"))["alipay"]
    return found


def trades(server: Providers, channel: Channel) -> dict[str, Trade]:
    found: dict[str, Trade] = getattr(server, channel.code)
    return found


def scanned(server: Providers, channel: Channel) -> None:
    """Alipay's trade comes into being when somebody scans; WeChat Pay's is there from the first."""
    if channel.code == "alipay":
        server.alipay[NUMBER].state = "WAIT_BUYER_PAY"


class TestAnOrder:
    def test_is_made_asked_after_paid_and_given_back(self, server: Providers, channel: Channel) -> None:
        made = channel.order(WISH)
        assert made.qr == trades(server, channel)[NUMBER].qr
        assert made.raw
        assert channel.tell(NUMBER).state in (State.PENDING, State.MISSING)
        trade = server.pays(channel.code, NUMBER)
        told = channel.tell(NUMBER)

        assert (told.state, told.number, told.amount_fen, told.currency) == (State.PAID, NUMBER, 100_00, "CNY")
        assert (told.transaction, told.is_ours) == (trade.transaction, True)
        assert told.paid_at == datetime.fromisoformat("2014-09-18T10:12:00+08:00")
        wish = GiveBack(number="R1", order_number=NUMBER, refund_fen=40_00, total_fen=100_00, reason="多缴")
        first, again = channel.give_back(wish), channel.give_back(wish)
        assert (first.words, again.words) == (("PROCESSING", "PROCESSING") if channel.code == "wechat" else ("Y", "N"))
        assert server.refunds == {"R1": 40_00}

    def test_ends_when_we_say(self, server: Providers, channel: Channel) -> None:
        channel.order(WISH)

        assert (
            trades(server, channel)[NUMBER].ends
            == {
                "wechat": "2026-11-25T14:30:00+08:00",
                "alipay": "2026-11-25 14:30:00",
            }[channel.code]
        )

    def test_made_twice_is_one_with_the_same_code(self, server: Providers, channel: Channel) -> None:
        assert channel.order(WISH).qr == channel.order(WISH).qr
        assert len(trades(server, channel)) == 1

    def test_that_nobody_knows_is_missing(self, channel: Channel) -> None:
        assert channel.tell("37100214000000031784_9").state is State.MISSING

    def test_is_closed_and_stays_so(self, server: Providers, channel: Channel) -> None:
        channel.order(WISH)
        scanned(server, channel)
        channel.close(NUMBER)

        assert channel.tell(NUMBER).state is State.CLOSED

    def test_that_is_paid_cannot_be_closed(self, server: Providers, channel: Channel) -> None:
        channel.order(WISH)
        server.pays(channel.code, NUMBER)
        with pytest.raises(ChannelRefused):
            channel.close(NUMBER)

    @pytest.mark.parametrize("how", ["silent", "lost", "busy", "forged"])
    def test_without_an_answer_that_can_be_believed_is_unknown(
        self, server: Providers, channel: Channel, how: str
    ) -> None:
        server.goes_wrong("create", how)
        with pytest.raises(Unavailable):
            channel.order(WISH)
        channel.order(WISH)
        server.goes_wrong("query", how)
        with pytest.raises(Unavailable):
            channel.tell(NUMBER)

    def test_that_is_refused_says_why(self, server: Providers, channel: Channel) -> None:
        server.goes_wrong("create", "refused")
        with pytest.raises(ChannelRefused) as refused:
            channel.order(WISH)
        assert refused.value.code in {"NO_AUTH", "ACQ.ACCESS_FORBIDDEN"}

    def test_is_unknown_where_nobody_listens(self, tmp_path: Path) -> None:
        for channel in offered(tmp_path).values():
            with pytest.raises(Unavailable):
                channel.order(WISH)


class TestWeChatPay:
    def test_signs_method_path_time_nonce_and_body_each_with_a_line_end(self, wechat: WeChatPay) -> None:
        header = wechat.authorization(
            "GET", "/v3/certificates", b"", timestamp=1554208460, nonce="593BEC0C930BF1AFEB40B4A08C8FB242"
        )

        scheme, _, rest = header.partition(" ")
        said = {part.split("=", 1)[0]: part.split("=", 1)[1].strip('"') for part in rest.split(",")}
        signature = said.pop("signature")
        assert scheme == "WECHATPAY2-SHA256-RSA2048"
        assert said == {
            "mchid": "1900009191",
            "nonce_str": "593BEC0C930BF1AFEB40B4A08C8FB242",
            "timestamp": "1554208460",
            "serial_no": "1DDE55AD98ED71D6EDD4A4A16996DE7B47773A8C",
        }
        text = b"GET\n/v3/certificates\n1554208460\n593BEC0C930BF1AFEB40B4A08C8FB242\n\n"
        assert banks.is_signed("wechat-merchant", text, signature)

    def test_believes_a_callback_by_its_serial_time_and_bytes(self, wechat: WeChatPay) -> None:
        body = banks.wechat_callback(paid())
        now = time.time()
        good = banks.wechat_headers(body, at=now)

        wechat.check(good, body, now_epoch=now)
        wechat.check({name.upper(): value for name, value in good.items()}, body, now_epoch=now + 299)
        refused: list[tuple[dict[str, str], bytes, float, type[Exception]]] = [
            (good, body + b" ", now, BadSignature),
            (good, body, now + 301, StaleTimestamp),
            (good, body, now - 301, StaleTimestamp),
            ({**good, "Wechatpay-Serial": "OTHER"}, body, now, UnknownKey),
            ({**good, "Wechatpay-Nonce": "x"}, body, now, BadSignature),
            ({**good, "Wechatpay-Timestamp": str(int(now) + 1)}, body, now, BadSignature),
            ({**good, "Wechatpay-Signature": "WECHATPAY/SIGNTEST/abc"}, body, now, BadSignature),
            ({**good, "Wechatpay-Signature": ""}, body, now, BadSignature),
            (banks.wechat_headers(body, whose="stranger", at=now), body, now, BadSignature),
            ({}, body, now, BadSignature),
        ]
        for headers, sent, at, kind in refused:
            with pytest.raises(kind):
                wechat.check(headers, sent, now_epoch=at)

    def test_opens_what_was_sealed_with_the_key_and_nothing_else(self, wechat: WeChatPay) -> None:
        heard = wechat.hear(banks.wechat_callback(paid(), event_id="EV-1"))

        assert (heard.event_id, heard.told.number, heard.told.amount_fen) == ("EV-1", NUMBER, 100_00)
        assert heard.told.payer == "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
        other = banks.wechat_callback(paid(), api_v3_key="f" * 32)
        changed = json.loads(banks.wechat_callback(paid()))
        changed["resource"]["associated_data"] = "other"
        algorithm = json.loads(banks.wechat_callback(paid()))
        algorithm["resource"]["algorithm"] = "AEAD_SM4_GCM"
        for body in (other, json.dumps(changed).encode(), json.dumps(algorithm).encode()):
            with pytest.raises(CallbackMalformed):
                wechat.hear(body)

    @pytest.mark.parametrize("change", [{"mchid": "1"}, {"appid": "wx1"}, {"mchid": None}])
    def test_knows_whose_order_it_is(self, wechat: WeChatPay, change: dict[str, Any]) -> None:
        assert wechat.hear(banks.wechat_callback(paid())).told.is_ours
        assert not wechat.hear(banks.wechat_callback(paid(), **change)).told.is_ours

    @pytest.mark.parametrize(
        "change",
        [
            {"amount": {"total": 100.5, "currency": "CNY"}},
            {"amount": {"total": "100", "currency": "CNY"}},
            {"amount": {"total": True, "currency": "CNY"}},
            {"amount": {"total": -1, "currency": "CNY"}},
            {"amount": {"total": 0, "currency": "CNY"}},
            {"amount": []},
            {"success_time": "2014-09-18T10:12:00"},
            {"success_time": "gestern"},
            {"trade_state": "WUNDER"},
            {"trade_state": []},
            {"out_trade_no": ""},
            {"transaction_id": ""},
        ],
    )
    def test_guesses_nothing(self, wechat: WeChatPay, change: dict[str, Any]) -> None:
        with pytest.raises(CallbackMalformed):
            wechat.hear(banks.wechat_callback(paid(), **change))

    def test_tells_a_refund_from_a_payment(self, wechat: WeChatPay) -> None:
        change = {"trade_state": None, "refund_status": "SUCCESS", "out_refund_no": "R1"}

        assert wechat.hear(banks.wechat_callback(paid(), **change)).told.state is State.REFUNDED

    @given(body=st.binary(max_size=200), headers=st.dictionaries(st.text(max_size=20), st.text(max_size=20)))
    def test_never_breaks_on_what_strangers_send(self, wechat: WeChatPay, body: bytes, headers: dict[str, str]) -> None:
        with pytest.raises((BadSignature, StaleTimestamp)):
            wechat.check(headers, body, now_epoch=0)
        with pytest.raises(CallbackMalformed):
            wechat.hear(body)


class TestAlipay:
    def test_signs_sorted_parameters_without_the_empty_ones(self, alipay: Alipay) -> None:
        form = alipay.request("alipay.trade.query", {"out_trade_no": NUMBER}, timestamp="2014-09-18 10:12:00")

        said = dict(part.split("=", 1) for part in form.split("&"))
        assert set(said) == {
            "app_id", "method", "format", "charset", "sign_type", "timestamp", "version", "biz_content", "sign",
        }  # fmt: skip
        text = (
            'app_id=2021000000000001&biz_content={"out_trade_no":"37100214000000031784_1"}&charset=utf-8'
            "&format=JSON&method=alipay.trade.query&sign_type=RSA2&timestamp=2014-09-18 10:12:00&version=1.0"
        )
        assert banks.is_signed("alipay-app", text.encode(), unquote_plus(said["sign"]))
        assert signed_text({"b": "2", "a": "1", "c": ""}) == b"a=1&b=2"

    def test_believes_a_callback_by_all_its_fields(self, alipay: Alipay) -> None:
        body = banks.alipay_callback(paid("alipay"))

        alipay.check({}, body, now_epoch=0)
        refused = [
            body.replace(b"total_amount=100.00", b"total_amount=100.01"),
            body.replace(b"sign_type=RSA2", b"sign_type=RSA"),
            body + b"&extra=1",
            body + b"&total_amount=1.00",
            body.partition(b"&sign=")[0],
            banks.alipay_callback(paid("alipay"), whose="stranger"),
            b"",
            b"\xff",
            b"a",
        ]
        for sent in refused:
            with pytest.raises(BadSignature):
                alipay.check({}, sent, now_epoch=0)

    def test_reads_what_happened(self, alipay: Alipay) -> None:
        heard = alipay.hear(banks.alipay_callback(paid("alipay"), event_id="N1"))

        assert (heard.event_id, heard.told.state, heard.told.amount_fen) == ("N1", State.PAID, 100_00)
        assert heard.told.paid_at == datetime.fromisoformat("2014-09-18T10:12:00+08:00")
        for change, state in (
            ({"trade_status": "WAIT_BUYER_PAY"}, State.PENDING),
            ({"trade_status": "TRADE_CLOSED"}, State.CLOSED),
            ({"trade_status": "TRADE_FINISHED"}, State.PAID),
            ({"gmt_refund": "2014-09-18 11:00:00", "refund_fee": "1.00"}, State.REFUNDED),
            ({"refund_fee": "0.00"}, State.PAID),
        ):
            assert alipay.hear(banks.alipay_callback(paid("alipay"), **change)).told.state is state

    @pytest.mark.parametrize("change", [{"app_id": "1"}, {"seller_id": "2088"}])
    def test_knows_whose_trade_it_is(self, alipay: Alipay, change: dict[str, str]) -> None:
        assert alipay.hear(banks.alipay_callback(paid("alipay"))).told.is_ours
        assert not alipay.hear(banks.alipay_callback(paid("alipay"), **change)).told.is_ours

    @pytest.mark.parametrize(
        "change",
        [
            {"total_amount": "1e2"},
            {"total_amount": "-1.00"},
            {"total_amount": "0.00"},
            {"total_amount": "１００"},
            {"gmt_payment": "gestern"},
            {"trade_status": "WUNDER"},
            {"notify_type": "other"},
            {"notify_id": ""},
            {"trade_no": ""},
        ],
    )
    def test_guesses_nothing(self, alipay: Alipay, change: dict[str, str]) -> None:
        with pytest.raises(CallbackMalformed):
            alipay.hear(banks.alipay_callback(paid("alipay"), **change))

    @given(body=st.binary(max_size=200))
    def test_never_breaks_on_what_strangers_send(self, alipay: Alipay, body: bytes) -> None:
        with pytest.raises(BadSignature):
            alipay.check({}, body, now_epoch=0)
        with pytest.raises(CallbackMalformed):
            alipay.hear(body)


class TestAConfiguration:
    def test_without_keys_offers_no_channel(self) -> None:
        assert names(Settings(wechat_mchid="1")) == {}
        assert find(Settings(), "wechat") is None

    def test_offers_what_is_whole_only(self, tmp_path: Path) -> None:
        assert list(offered(tmp_path)) == ["wechat", "alipay"]
        assert list(offered(tmp_path, WECHAT_APIV3_KEY="")) == ["alipay"]

    @pytest.mark.parametrize(
        "change",
        [
            {"WECHAT_PRIVATE_KEY": "/nowhere"},
            {"WECHAT_PLATFORM_KEYS": "serial"},
            {"WECHAT_APIV3_KEY": "short"},
            {"ALIPAY_PUBLIC_KEY": "/etc/hostname"},
        ],
    )
    def test_with_unreadable_keys_says_which(self, tmp_path: Path, change: dict[str, str]) -> None:
        with pytest.raises(Unavailable):
            offered(tmp_path, **change)


def paid(channel: str = "wechat") -> Trade:
    state = Providers()
    trade = Trade(NUMBER, 100_00, "", "", "")
    getattr(state, channel)[NUMBER] = trade
    return state.pays(channel, NUMBER)
