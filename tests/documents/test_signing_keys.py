"""Keys of units: made once, private, and good for acts as well as documents."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509

from shared.domain.errors import NotFound, Unavailable
from shared.signing import LocalSigner, load_ca, make_demo_keys

UNITS = [("zj", "瀚海市住房和城乡建设局"), ("dw-zj", "瀚海市东湾区住房和城乡建设局")]


class TestDemoKeys:
    def test_are_readable_by_their_owner_only(self, tmp_path: Path) -> None:
        make_demo_keys(tmp_path / "keys", UNITS)
        files = [each for each in (tmp_path / "keys").rglob("*") if each.is_file()]
        assert len(files) == 6
        assert {each.stat().st_mode & 0o777 for each in files} == {0o600}
        assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700

    def test_stay_as_they_are_when_made_again(self, tmp_path: Path) -> None:
        make_demo_keys(tmp_path, UNITS)
        before = {each: each.read_bytes() for each in tmp_path.rglob("*") if each.is_file()}
        make_demo_keys(tmp_path, [*UNITS, ("cz", "瀚海市财政局")])
        assert {each: each.read_bytes() for each in before} == before
        assert LocalSigner(tmp_path).organ_name("cz") == "瀚海市财政局"

    def test_outlive_a_change_of_name(self, tmp_path: Path) -> None:
        make_demo_keys(tmp_path, UNITS)
        seal = LocalSigner(tmp_path).seal_act("zj", b"act")
        make_demo_keys(tmp_path, [("zj", "瀚海市建设局")])
        renamed = LocalSigner(tmp_path)
        assert renamed.organ_name("zj") == "瀚海市建设局"
        assert renamed.check_act("zj", b"act", seal.key_id, seal.signature)

    def test_are_certified_by_a_root_that_says_it_is_a_sample(self, tmp_path: Path) -> None:
        make_demo_keys(tmp_path, UNITS)
        unit, issuer = map(x509.load_der_x509_certificate, LocalSigner(tmp_path).certificates("dw-zj"))
        assert issuer == load_ca(tmp_path)
        unit.verify_directly_issued_by(issuer)
        assert "样张演示（不具法律效力）" in unit.subject.rfc4514_string()


class TestAnAct:
    @pytest.fixture
    def signer(self, tmp_path: Path) -> LocalSigner:
        make_demo_keys(tmp_path, UNITS)
        return LocalSigner(tmp_path)

    def test_checks_for_the_unit_that_sealed_it(self, signer: LocalSigner) -> None:
        seal = signer.seal_act("zj", b"opinion 1: pass")
        assert signer.check_act("zj", b"opinion 1: pass", seal.key_id, seal.signature)

    @pytest.mark.parametrize(
        ("unit", "payload", "key_id"),
        [("zj", b"opinion 1: fail", ""), ("dw-zj", b"opinion 1: pass", ""), ("zj", b"opinion 1: pass", "0" * 16)],
    )
    def test_does_not_check_for_anything_else(
        self, signer: LocalSigner, unit: str, payload: bytes, key_id: str
    ) -> None:
        seal = signer.seal_act("zj", b"opinion 1: pass")
        assert not signer.check_act(unit, payload, key_id or seal.key_id, seal.signature)
        assert not signer.check_act("zj", b"opinion 1: pass", seal.key_id, seal.signature[:-1])

    @pytest.mark.parametrize("unit", ["xx", "../ca", "", "/etc/passwd"])
    def test_of_an_unknown_unit_is_refused(self, signer: LocalSigner, unit: str) -> None:
        with pytest.raises(NotFound):
            signer.seal_act(unit, b"act")
        assert not signer.check_act(unit, b"act", "0" * 16, b"")


class TestAMachineWithoutKeys:
    def test_says_to_run_set_up(self, tmp_path: Path) -> None:
        with pytest.raises(Unavailable, match="make setup"):
            load_ca(tmp_path)
