"""`yidan doctor`: says what is wrong and what to do, and fails only for what is needed."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from providers import key_files

from console import doctor
from console.doctor import examine
from shared.engines.postgres import THROW_AWAY, EmbeddedPostgres
from shared.engines.valkey import EmbeddedValkey
from shared.settings import Settings


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="yidan-test-"))
    yield made
    shutil.rmtree(made)


def by_name(config: Settings) -> dict[str, doctor.Finding]:
    return {finding.name: finding for finding in examine(config)}


class TestTheDoctor:
    def test_finds_no_fault_in_engines_that_are_not_running(self, folder: Path) -> None:
        found = by_name(Settings(var_dir=folder))

        assert found["postgres"].ok
        assert found["redis"].ok
        assert found["python"].ok
        assert list(folder.iterdir()) == []

    def test_says_what_a_payment_channel_still_needs(self, folder: Path) -> None:
        assert by_name(Settings(var_dir=folder))["channel_wechat"].ok
        begun = by_name(Settings(var_dir=folder, wechat_mchid="1900009191"))["channel_wechat"]
        assert (begun.ok, begun.needed, "WECHAT_APIV3_KEY" in begun.found) == (False, False, True)
        keys = {name.lower(): value for name, value in key_files(folder / "keys").items()}
        assert by_name(Settings(var_dir=folder, **keys))["channel_alipay"].ok  # type: ignore[arg-type]
        broken = Settings(var_dir=folder, **{**keys, "alipay_public_key": "/nowhere.pem"})  # type: ignore[arg-type]
        found = by_name(broken)
        assert (found["channel_alipay"].ok, found["channel_wechat"].ok) == (False, True)
        assert "nowhere.pem" in found["channel_alipay"].found

    def test_looks_into_running_engines(self, folder: Path) -> None:
        with EmbeddedPostgres(folder, settings=THROW_AWAY), EmbeddedValkey(folder):
            found = by_name(Settings(var_dir=folder))

        assert found["postgres"].found.startswith("18")
        assert found["postgres_extensions"].ok
        assert found["postgres_role"].ok
        assert (found["schema"].ok, found["schema"].what_to_do != "") == (False, True)
        assert found["redis_appendonly"].ok
        assert found["redis_maxmemory_policy"].ok

    def test_says_what_to_do_about_a_broker_that_forgets(self, folder: Path) -> None:
        with EmbeddedValkey(folder, settings={"maxmemory-policy": "allkeys-lru", "appendonly": "no"}):
            found = by_name(Settings(var_dir=folder))

        assert found["redis_maxmemory_policy"].what_to_do == "maxmemory-policy noeviction"
        assert not found["redis_appendonly"].ok
        assert not found["redis_appendonly"].needed

    def test_names_servers_that_do_not_answer(self, folder: Path) -> None:
        found = by_name(
            Settings(var_dir=folder, database_url="postgresql://127.0.0.1:1/x", redis_url="redis://127.0.0.1:1")
        )

        assert not found["postgres"].ok
        assert not found["redis"].ok
        assert "DATABASE_URL" in found["postgres"].what_to_do

    def test_minds_secrets_that_others_can_read(self, folder: Path) -> None:
        secret = folder / "callback_keys"
        secret.write_text("k1:00")
        secret.chmod(0o644)

        assert by_name(Settings(var_dir=folder))["callback_keys"].what_to_do == f"chmod 600 {secret}"

    def test_exits_with_1_only_for_what_is_needed(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        optional = doctor.Finding(name="poppler", ok=False, found="未找到", needed=False)
        monkeypatch.setattr(doctor, "examine", lambda _: [optional])
        assert doctor.run() == 0

        monkeypatch.setattr(doctor, "examine", lambda _: [optional, doctor.Finding(name="disk", ok=False, found="0")])
        capsys.readouterr()
        assert doctor.run() == 1
        printed = json.loads(capsys.readouterr().out)
        assert printed["ok"] is False
        assert printed["checks"][1]["name"] == "disk"
