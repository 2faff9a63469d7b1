"""What a bank may say: signed bytes, in time, in the words of the contract, or nothing."""

from __future__ import annotations

import hmac
import json
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.channel import (
    CALLBACK_BYTES_MAX,
    KEY_ID_HEADER,
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    BadSignature,
    Callback,
    CallbackMalformed,
    StaleTimestamp,
    UnknownKey,
    check_signature,
    parse_keys,
    sign,
    signed_headers,
)
from shared.domain.errors import Invalid, NotAllowed, Refused

KEYS = parse_keys(f"k2:{'22' * 32},k1:{'11' * 32}")
NOW = 1_795_228_680
PATH = "/channel/callbacks/sandbank"
SAID = {
    "event_id": "evt-0000000000000001",
    "type": "payment.succeeded",
    "payment_code": "37100214000000031784",
    "bill_number": "瀚缴〔2014〕000317号",
    "bank_txn_id": "HHB20140919000000001",
    "amount": "32729939.24",
    "currency": "CNY",
    "paid_at": "2014-09-19T14:05:00+08:00",
    "channel": "网上银行",
    "payer_account": "6229080371000010018",
    "payer_name": "瀚海市碧海置业有限公司",
}
BODY = json.dumps(SAID, ensure_ascii=False).encode()


def check(*, body: bytes = BODY, now: float = NOW, keys=KEYS, method="POST", path=PATH, headers=None, **changed):
    sent = headers or signed_headers(keys=KEYS, method="POST", path=PATH, body=BODY, timestamp=NOW)
    check_signature(method=method, path=path, headers={**sent, **changed}, body=body, keys=keys, now_epoch=now)


class TestKeys:
    def test_are_read_newest_first(self):
        assert [key.key_id for key in KEYS] == ["k2", "k1"]
        assert KEYS[1].secret == b"\x11" * 32

    def test_never_show_their_secret(self):
        assert "2222" not in repr(KEYS)
        assert "\\x22" not in repr(KEYS)

    @pytest.mark.parametrize(
        "text",
        ["", "k1", "k1:", "k1:zz" * 16, "k1:" + "11" * 15, "k1:" + "1" * 33, ":" + "11" * 32, "k 1:" + "11" * 32,
         f"k1:{'11' * 32},k1:{'22' * 32}", f"k1:{'11' * 32},"],
    )  # fmt: skip
    def test_are_refused_by_the_name_of_the_variable_and_without_the_secret(self, text):
        with pytest.raises(Invalid) as refused:
            parse_keys(text)

        assert refused.value.problems[0].field == "CALLBACK_KEYS"
        assert "1111" not in str(refused.value)


class TestSignature:
    def test_is_the_one_worked_out_in_the_contract(self):
        key = parse_keys("k1:" + "000102030405060708090a0b0c0d0e0f" * 2)[0]
        body = b'{"amount":"1234.50"}'

        assert (
            sign(key=key, method="POST", path=PATH, body=body, timestamp=NOW)
            == "911c6b851032d676093398607f5a62420242a6b983edacc5ac3cc2ef8a4f3ede"
        )
        assert (
            sign(key=key, method="GET", path="/channel/bills/37100214000000031784", body=b"", timestamp=NOW)
            == "c56445bf73bf0920a11d1399c0a6bfba681ef94306cee32ecc28b71a3268bc73"
        )

    def test_is_believed_when_it_fits(self):
        check()

    def test_is_found_whatever_the_case_of_the_header_names(self):
        sent = signed_headers(keys=KEYS, method="POST", path=PATH, body=BODY, timestamp=NOW)

        check(headers={name.lower(): value for name, value in sent.items()})

    @pytest.mark.parametrize("missing", [KEY_ID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER])
    def test_needs_all_three_headers(self, missing):
        sent = signed_headers(keys=KEYS, method="POST", path=PATH, body=BODY, timestamp=NOW)
        del sent[missing]

        with pytest.raises(BadSignature):
            check(headers=sent)

    def test_is_refused_truncated_in_capitals_padded_or_by_another_algorithm(self):
        right = sign(key=KEYS[0], method="POST", path=PATH, body=BODY, timestamp=NOW)
        said = f"{NOW}.POST.{PATH}.".encode() + BODY
        others = [
            "",
            right[:-1],
            right.upper(),
            f" {right}",
            f"{right}\n",
            f"sha256={right}",
            "０" * 64,
            hmac.new(KEYS[0].secret, said, "sha1").hexdigest(),
            hmac.new(KEYS[0].secret, said, "sha512").hexdigest(),
            hmac.new(KEYS[0].secret, said, "sha3_256").hexdigest(),
            hmac.new(b"", said, "sha256").hexdigest(),
            hmac.new(KEYS[1].secret, said, "sha256").hexdigest(),
            hmac.new(KEYS[0].secret, BODY, "sha256").hexdigest(),
        ]

        for other in others:
            with pytest.raises(BadSignature):
                check(**{SIGNATURE_HEADER: other})

    def test_covers_method_path_and_timestamp(self):
        with pytest.raises(BadSignature):
            check(method="PUT")
        with pytest.raises(BadSignature):
            check(path=PATH + "/")
        with pytest.raises(BadSignature):
            check(**{TIMESTAMP_HEADER: str(NOW + 1)})

    @pytest.mark.parametrize("timestamp", ["", "0", f"0{NOW}", f"+{NOW}", f"{NOW}.0", f" {NOW}", "１７９５", "9" * 13])
    def test_takes_a_timestamp_in_one_spelling_only(self, timestamp):
        with pytest.raises(BadSignature):
            check(**{TIMESTAMP_HEADER: timestamp})

    def test_is_refused_when_the_same_json_was_written_anew(self):
        with pytest.raises(BadSignature):
            check(body=json.dumps(SAID).encode())
        with pytest.raises(BadSignature):
            check(body=json.dumps(dict(reversed(SAID.items())), ensure_ascii=False).encode())

    @settings(max_examples=1_000, deadline=None)
    @given(position=st.integers(0, len(BODY) - 1), change=st.integers(1, 255))
    def test_does_not_survive_any_changed_byte(self, position, change):
        changed = bytearray(BODY)
        changed[position] ^= change

        with pytest.raises(BadSignature):
            check(body=bytes(changed))

    @settings(max_examples=300, deadline=None)
    @given(position=st.integers(0, 63), digit=st.sampled_from("0123456789abcdefABCDEFg "))
    def test_does_not_survive_a_changed_digit_of_its_own(self, position, digit):
        right = sign(key=KEYS[0], method="POST", path=PATH, body=BODY, timestamp=NOW)
        changed = right[:position] + digit + right[position + 1 :]

        if changed != right:
            with pytest.raises(BadSignature):
                check(**{SIGNATURE_HEADER: changed})

    @pytest.mark.parametrize("away", [-300, 0, 300])
    def test_is_believed_for_five_minutes_either_way(self, away):
        check(now=NOW + away)

    @pytest.mark.parametrize("away", [-301, 301, 600, 86_400])
    def test_is_stale_after_that_however_right(self, away):
        with pytest.raises(StaleTimestamp):
            check(now=NOW + away)

    def test_says_nothing_about_our_clock_to_a_stranger(self):
        with pytest.raises(BadSignature):
            check(now=NOW + 86_400, **{SIGNATURE_HEADER: "0" * 64})


class TestRotation:
    def test_lets_the_old_key_verify_while_the_new_one_signs(self):
        old = signed_headers(keys=KEYS[1:], method="POST", path=PATH, body=BODY, timestamp=NOW)
        new = signed_headers(keys=KEYS, method="POST", path=PATH, body=BODY, timestamp=NOW)

        check(headers=old)
        check(headers=new)
        assert (old[KEY_ID_HEADER], new[KEY_ID_HEADER]) == ("k1", "k2")

    def test_ends_with_the_old_key_unknown(self):
        old = signed_headers(keys=KEYS[1:], method="POST", path=PATH, body=BODY, timestamp=NOW)

        with pytest.raises(UnknownKey):
            check(headers=old, keys=KEYS[:1])

    def test_does_not_let_one_key_stand_in_for_another(self):
        with pytest.raises(BadSignature):
            check(**{KEY_ID_HEADER: "k1"})

    @pytest.mark.parametrize("key_id", ["", "k3", "K2", "k2 ", "k2,k1"])
    def test_knows_its_keys_by_their_exact_name(self, key_id):
        with pytest.raises(UnknownKey):
            check(**{KEY_ID_HEADER: key_id})


class TestRefusals:
    def test_belong_to_the_families_that_the_web_knows(self):
        assert issubclass(BadSignature, NotAllowed)
        assert issubclass(UnknownKey, BadSignature)
        assert issubclass(StaleTimestamp, NotAllowed)
        assert issubclass(CallbackMalformed, Invalid)
        assert issubclass(CallbackMalformed, Refused)


class TestCallback:
    def test_holds_money_in_fen_and_an_aware_moment(self):
        callback = Callback.from_json(SAID)

        assert callback.amount_fen == 3_272_993_924
        assert callback.paid_at == datetime(2014, 9, 19, 14, 5, tzinfo=timezone(timedelta(hours=8)))

    def test_is_read_from_bytes_and_written_back_the_same(self):
        assert Callback.from_body(BODY).to_json() == SAID

    def test_cannot_be_changed(self):
        with pytest.raises((FrozenInstanceError, AttributeError)):
            Callback.from_json(SAID).amount_fen = 1  # type: ignore[misc]

    def test_reads_a_moment_in_utc(self):
        assert Callback.from_json(SAID | {"paid_at": "2026-11-21T02:38:00Z"}).paid_at.tzinfo == UTC

    @pytest.mark.parametrize("name", ["瀚海市䶮城置业有限公司", "𬭎泰建设（集团）有限公司", "Hanhai Bay Ltd."])
    def test_takes_rare_characters(self, name):
        assert Callback.from_json(SAID | {"payer_name": name}).payer_name == name

    @pytest.mark.parametrize("key", list(SAID))
    def test_names_the_key_that_is_missing(self, key):
        data = {name: value for name, value in SAID.items() if name != key}

        with pytest.raises(CallbackMalformed) as refused:
            Callback.from_json(data)

        assert [problem.field for problem in refused.value.problems] == [key]

    @pytest.mark.parametrize("key", list(SAID))
    @pytest.mark.parametrize("value", [None, 12.0, 12, True, [], {}, "", "a\x00b", "a\ud800b"])
    def test_refuses_what_is_no_plain_text(self, key, value):
        with pytest.raises(CallbackMalformed) as refused:
            Callback.from_json(SAID | {key: value})

        assert [problem.field for problem in refused.value.problems] == [key]

    def test_names_all_problems_at_once(self):
        data = SAID | {"amount": "12.0", "currency": "USD", "tip": "1.00"}

        with pytest.raises(CallbackMalformed) as refused:
            Callback.from_json(data)

        assert [problem.field for problem in refused.value.problems] == ["tip", "amount", "currency"]

    @pytest.mark.parametrize(
        "amount",
        ["12", "12.0", "12.000", "012.00", "+12.00", "-12.00", "0.00", "1e308", "1E2", "NaN", "Infinity", "1,234.50",
         "12.00 ", "１２.００", "¥12.00", ".50", "12345678901234.00"],
    )  # fmt: skip
    def test_takes_an_amount_in_one_spelling_only(self, amount):
        with pytest.raises(CallbackMalformed, match="amount"):
            Callback.from_json(SAID | {"amount": amount})

    @pytest.mark.parametrize(
        "moment",
        ["2014-09-19T14:05:00", "2014-09-19", "20140919T140500+0800", "2014-09-31T14:05:00+08:00", "1411106700",
         "2014-09-19 14:05:00+08:00", "2014-09-19T24:05:00+08:00"],
    )  # fmt: skip
    def test_takes_an_aware_moment_that_exists(self, moment):
        with pytest.raises(CallbackMalformed, match="paid_at"):
            Callback.from_json(SAID | {"paid_at": moment})

    @pytest.mark.parametrize(
        "code", ["3710021400000003178", "371002140000000317840", "3710 0214 0000 0003 1784", "３" * 20]
    )
    def test_takes_a_payment_code_of_twenty_digits(self, code):
        with pytest.raises(CallbackMalformed, match="payment_code"):
            Callback.from_json(SAID | {"payment_code": code})

    @pytest.mark.parametrize("data", [None, [], "text", 1, [SAID]])
    def test_is_one_object(self, data):
        with pytest.raises(CallbackMalformed):
            Callback.from_json(data)

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"null",
            b"<xml/>",
            b"\xff\xfe",
            b"\x1f\x8b\x08\x00",
            BODY[:-1],
            BODY + BODY,
            BODY.replace(b'"amount"', b'"amount": "0.01", "amount"'),
            BODY.replace(b'"32729939.24"', b"NaN"),
            BODY.replace(b'"32729939.24"', b"32729939.24"),
            BODY.replace(b'"32729939.24"', b"9" * 5_000),
            b"[" * 50_000,
            b" " * CALLBACK_BYTES_MAX + BODY,
        ],
        ids=lambda body: repr(body[:12]),
    )
    def test_is_refused_as_a_body_that_two_readers_may_read_in_two_ways(self, body):
        with pytest.raises(CallbackMalformed):
            Callback.from_body(body)

    @settings(max_examples=200, deadline=None)
    @given(fen=st.integers(1, 10**15 - 1))
    def test_keeps_every_fen_on_the_way_there_and_back(self, fen):
        said = SAID | {"amount": f"{fen // 100}.{fen % 100:02d}"}

        assert Callback.from_json(said).amount_fen == fen
        assert Callback.from_json(said).to_json() == said
