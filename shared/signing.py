"""Signatures of units behind one interface: demo keys made at set-up, or a city's own seal service.

The demo CA and its certificates are trusted by nobody outside this checkout, and a demo seal is no seal in the
sense of GB/T 38540; every certificate says so in its subject.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.domain.errors import Broken, NotFound, Unavailable

CA_FILE = "ca.pem"
_CA_KEY_FILE = "ca.key"
_ORGANISATION = "一单样张演示（不具法律效力）"
_CA_NAME = "一单样张演示根证书"
_VALID_DAYS = 3650
_SHA256 = ec.ECDSA(hashes.SHA256())


@dataclass(frozen=True, slots=True)
class ActSeal:
    """A unit's signature under an act: which key, and the bytes (ECDSA P-256 over SHA-256, DER)."""

    key_id: str
    signature: bytes


class Signer(Protocol):
    """What Yidan asks of whoever keeps the units' keys. Raises `NotFound` for a unit without a key."""

    def seal_act(self, unit_code: str, payload: bytes) -> ActSeal:
        """Sign an opinion, an assessment, a posting: bytes that the caller can rebuild from its rows."""
        ...

    def check_act(self, unit_code: str, payload: bytes, key_id: str, signature: bytes) -> bool:
        """Whether this unit's key signed exactly these bytes."""
        ...

    def sign(self, unit_code: str, data: bytes) -> bytes:
        """ECDSA P-256 over SHA-256 of `data`, DER; goes into a document's CMS."""
        ...

    def certificates(self, unit_code: str) -> tuple[bytes, ...]:
        """The unit's certificate, then its issuers, DER."""
        ...

    def organ_name(self, unit_code: str) -> str:
        """The name in the unit's certificate: what a reader of a signed document is shown."""
        ...


@dataclass(frozen=True, slots=True)
class _Unit:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    key_id: str


class LocalSigner:
    """Keys as files (mode 0600) in one folder, each read once per process."""

    def __init__(self, keys_dir: Path) -> None:
        self._dir = keys_dir
        self._load = lru_cache(maxsize=256)(self._read)

    def seal_act(self, unit_code: str, payload: bytes) -> ActSeal:
        """Sign the payload; signatures differ from call to call, `check_act` accepts each."""
        unit = self._load(unit_code)
        return ActSeal(unit.key_id, unit.key.sign(payload, _SHA256))

    def check_act(self, unit_code: str, payload: bytes, key_id: str, signature: bytes) -> bool:
        """Whether it is this unit's present key and it signed exactly these bytes; False for an unknown unit."""
        try:
            unit = self._load(unit_code)
        except NotFound:
            return False
        public = unit.certificate.public_key()
        if key_id != unit.key_id or not isinstance(public, ec.EllipticCurvePublicKey):
            return False
        try:
            public.verify(signature, payload, _SHA256)
        except InvalidSignature:
            return False
        return True

    def sign(self, unit_code: str, data: bytes) -> bytes:
        """See `Signer.sign`."""
        return self._load(unit_code).key.sign(data, _SHA256)

    def certificates(self, unit_code: str) -> tuple[bytes, ...]:
        """See `Signer.certificates`."""
        issuer = load_ca(self._dir)
        return tuple(
            each.public_bytes(serialization.Encoding.DER) for each in (self._load(unit_code).certificate, issuer)
        )

    def organ_name(self, unit_code: str) -> str:
        """See `Signer.organ_name`."""
        return _common_name(self._load(unit_code).certificate)

    def _read(self, unit_code: str) -> _Unit:
        if not unit_code.replace("-", "").isalnum():
            raise NotFound(f"没有这个单位：{unit_code}")
        folder = self._dir / "units"
        try:
            key = serialization.load_pem_private_key((folder / f"{unit_code}.key").read_bytes(), password=None)
            certificate = x509.load_pem_x509_certificate((folder / f"{unit_code}.pem").read_bytes())
        except FileNotFoundError as missing:
            raise NotFound(f"单位 {unit_code} 还没有签章密钥") from missing
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
            raise Broken(f"单位 {unit_code} 的密钥与证书不符")
        return _Unit(key, certificate, _key_id(certificate))


def load_ca(keys_dir: Path) -> x509.Certificate:
    """The demo CA's certificate: the one root that `verify` trusts. `Unavailable` before set-up."""
    try:
        return x509.load_pem_x509_certificate((keys_dir / CA_FILE).read_bytes())
    except FileNotFoundError as missing:
        raise Unavailable(f"没有根证书：{keys_dir / CA_FILE}，请先运行 make setup") from missing


def make_demo_keys(keys_dir: Path, units: Iterable[tuple[str, str]]) -> None:
    """Make the demo CA and a key and certificate for each (code, full name) that has none yet.

    Repeatable: existing keys stay as they are, so documents sealed before still verify. A unit that was
    renamed gets a new certificate over its old key.
    """
    units_dir = keys_dir / "units"
    units_dir.mkdir(parents=True, exist_ok=True)
    for folder in (keys_dir, units_dir):
        folder.chmod(0o700)
    ca_key = _key_file(keys_dir / _CA_KEY_FILE)
    if not (keys_dir / CA_FILE).is_file():
        _write(keys_dir / CA_FILE, _certify(_CA_NAME, ca_key, ca_key, issuer=None))
    ca = load_ca(keys_dir)
    for code, name in units:
        key = _key_file(units_dir / f"{code}.key")
        path = units_dir / f"{code}.pem"
        if path.is_file() and _common_name(x509.load_pem_x509_certificate(path.read_bytes())) == name:
            continue
        _write(path, _certify(name, key, ca_key, issuer=ca, unit_code=code))


def _certify(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    ca_key: ec.EllipticCurvePrivateKey,
    *,
    issuer: x509.Certificate | None,
    unit_code: str = "",
) -> bytes:
    attributes = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, _ORGANISATION),
        x509.NameAttribute(NameOID.COMMON_NAME, name),
    ]
    if unit_code:
        attributes.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, unit_code))
    subject = x509.Name(attributes)
    now = datetime.now(UTC)
    is_ca = issuer is None
    public = key.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=_VALID_DAYS))
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=0 if is_ca else None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not is_ca,
                content_commitment=not is_ca,
                key_cert_sign=is_ca,
                crl_sign=is_ca,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
    )
    return builder.sign(ca_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _key_file(path: Path) -> ec.EllipticCurvePrivateKey:
    if not path.is_file():
        made = ec.generate_private_key(ec.SECP256R1())
        _write(
            path,
            made.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
        )
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise Broken(f"{path}: 不是椭圆曲线密钥")
    return key


def _write(path: Path, content: bytes) -> None:
    """All or nothing, and never readable by others, not even for a moment."""
    partial = path.with_name(f"{path.name}.new")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    partial.replace(path)


def _common_name(certificate: x509.Certificate) -> str:
    return str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def _key_id(certificate: x509.Certificate) -> str:
    """Names the key, not the certificate: acts sealed before a unit was renamed still check."""
    public = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.sha256(public).hexdigest()[:16]
