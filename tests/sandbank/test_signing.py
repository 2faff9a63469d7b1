"""Two hands wrote the signature from one contract; here they are held against each other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbank import signing
from sandbank.settings import Settings, SettingsRefused
from shared.domain import channel

CONTRACT = Path(__file__).parents[2] / "docs" / "channel.md"


class TestSignature:
    @settings(max_examples=300, deadline=None)
    @given(
        secret=st.binary(min_size=16, max_size=80),
        method=st.sampled_from(["GET", "POST"]),
        path=st.from_regex(r"/[A-Za-z0-9/_.-]{0,60}", fullmatch=True),
        body=st.binary(max_size=200),
        timestamp=st.integers(1, 10**12 - 1),
    )
    def test_of_the_bank_is_the_signature_that_yidan_expects(self, secret, method, path, body, timestamp):
        keys = channel.parse_keys(f"k1:{secret.hex()}")
        said = signing.headers(
            signing.read_keys(f"k1:{secret.hex()}")[0], method=method, path=path, body=body, timestamp=timestamp
        )

        assert said == channel.signed_headers(keys=keys, method=method, path=path, body=body, timestamp=timestamp)
        channel.check_signature(method=method, path=path, headers=said, body=body, keys=keys, now_epoch=timestamp)

    def test_is_the_one_worked_out_in_the_contract(self):
        text = CONTRACT.read_text("utf-8")
        secret = re.search(r"secret {4}([0-9a-f]{64})\n", text)[1]
        examples = re.findall(
            r"timestamp (\d+)\nmethod {4}(\w+)\npath {6}(\S+)\nbody {6}(.*)\nsignature ([0-9a-f]{64})\n", text
        )

        assert [example[1] for example in examples] == ["GET", "POST"]
        for timestamp, method, path, shown, signature in examples:
            said = {
                "method": method,
                "path": path,
                "body": b"" if shown == "(empty)" else shown.encode(),
                "timestamp": int(timestamp),
            }
            bank_key, yidan_key = signing.read_keys(f"k1:{secret}")[0], channel.parse_keys(f"k1:{secret}")[0]
            assert signing.headers(bank_key, **said)["X-Bank-Signature"] == signature
            assert channel.sign(key=yidan_key, **said) == signature
        assert channel.Callback.from_body(examples[1][3].encode()).amount_fen == 3_272_993_924


class TestKeys:
    def test_never_show_their_secret(self):
        assert "2222" not in repr(signing.read_keys(f"k2:{'22' * 32}"))

    @pytest.mark.parametrize("text", ["", "k1", "k1:zz", "k1:" + "11" * 15, ":" + "11" * 32])
    def test_are_refused_by_the_name_of_the_variable_before_the_bank_opens(self, tmp_path, text):
        with pytest.raises(SettingsRefused, match="CALLBACK_KEYS"):
            Settings.from_environment({"VAR_DIR": str(tmp_path), "CALLBACK_KEYS": text})


class TestSettings:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("MERCHANT_URL", "127.0.0.1:8000"),
            ("MERCHANT_URL", "file:///etc/passwd"),
            ("SANDBANK_DUPLICATE_PERCENT", "101"),
            ("SANDBANK_DUPLICATE_PERCENT", "often"),
            ("SANDBANK_DELAY_SECONDS", "-1"),
            ("SANDBANK_DELAY_SECONDS", "nan"),
            ("SANDBANK_RETRY_MAX_SECONDS", "inf"),
        ],
    )
    def test_are_refused_by_the_name_of_the_variable(self, tmp_path, name, value):
        environment = {"VAR_DIR": str(tmp_path), "CALLBACK_KEYS": f"k1:{'11' * 32}", name: value}

        with pytest.raises(SettingsRefused, match=name):
            Settings.from_environment(environment)

    def test_keep_one_cookie_key_for_ever_and_to_themselves(self, tmp_path):
        environment = {"VAR_DIR": str(tmp_path), "CALLBACK_KEYS": f"k1:{'11' * 32}"}

        first, second = Settings.from_environment(environment), Settings.from_environment(environment)

        path = tmp_path / "sandbank" / "secret_key"
        assert first.secret_key == second.secret_key == path.read_bytes()
        assert path.stat().st_mode & 0o777 == 0o600
        assert str(first.secret_key) not in repr(first)
