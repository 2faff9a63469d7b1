"""RSA as both providers use it (SHA-256, PKCS #1 v1.5, Base64), and the keys of a channel in PEM files."""

from __future__ import annotations

import base64
import binascii
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate

from shared.domain.channel import BadSignature
from shared.domain.errors import Unavailable


def sign(key: RSAPrivateKey, text: bytes) -> str:
    """The signature in Base64."""
    return base64.b64encode(key.sign(text, PKCS1v15(), SHA256())).decode()


def check(key: RSAPublicKey, text: bytes, signature: str) -> None:
    """Return only if the key's owner signed exactly these bytes; raises `BadSignature`."""
    try:
        key.verify(base64.b64decode(signature, validate=True), text, PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        raise BadSignature("签名不符") from None


@lru_cache(maxsize=16)
def private_key(path: Path) -> RSAPrivateKey:
    """A PEM file's private key; raises `Unavailable` naming the file, never its content."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        raise Unavailable(f"支付渠道的私钥文件读不出：{path.name}") from None
    if not isinstance(key, RSAPrivateKey):
        raise Unavailable(f"支付渠道的私钥不是 RSA 密钥：{path.name}")
    return key


@lru_cache(maxsize=16)
def public_key(path: Path) -> RSAPublicKey:
    """The public key of a PEM file or of a certificate in one; raises `Unavailable` naming the file."""
    try:
        content = path.read_bytes()
        is_certificate = b"BEGIN CERTIFICATE" in content
        key = load_pem_x509_certificate(content).public_key() if is_certificate else load_pem_public_key(content)
    except (OSError, ValueError):
        raise Unavailable(f"支付渠道的公钥文件读不出：{path.name}") from None
    if not isinstance(key, RSAPublicKey):
        raise Unavailable(f"支付渠道的公钥不是 RSA 密钥：{path.name}")
    return key
