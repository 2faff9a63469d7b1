"""Whether a PDF is, to the byte, what its units signed. Stricter than a PDF viewer, on purpose.

A viewer calls seven signatures valid although a white box was drawn over the page later, or the last revision was
cut off. Here the last signature must cover the file, no signature field may be empty, nothing but the filling of
signature fields may have happened in between, and the signers must be those that the first revision names.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from io import BytesIO
from typing import Any

from asn1crypto import cms, pem, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation import EmbeddedPdfSignature, SignatureCoverageLevel, validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from shared.documents.sealing import cms_frame

SIGNERS_KEY = "/YidanSigners"
"""Catalog entry of the first revision: the organs whose signatures the document must carry, in order."""

MAX_BYTES = 20 * 1024 * 1024
"""Larger files are not ours (a receipt of 30 lines has 0.4 MB) and are not parsed."""


@dataclass(frozen=True, slots=True)
class SignatureVerdict:
    """One signature: `intact` means digest, signature and certificate chain are good and it covers its revision."""

    field: str
    signer: str
    intact: bool
    covers_whole_file: bool
    problem: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`ok` only if every signature is intact and `problems` is empty."""

    ok: bool
    sha256: str
    signatures: tuple[SignatureVerdict, ...]
    expected_signers: tuple[str, ...]
    problems: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """What `yidan verify` prints."""
        return asdict(self)


def verify(pdf: bytes, trust_ca_pem: bytes) -> Verdict:
    """Examine a file from anywhere, however broken; never raises for what is in it."""
    digest = hashlib.sha256(pdf).hexdigest()
    signatures: list[SignatureVerdict] = []
    expected: list[str] = []
    if len(pdf) > MAX_BYTES:
        return Verdict(False, digest, (), (), (f"文件超过 {MAX_BYTES // 1024 // 1024} MB，不予检查",))
    try:
        problems = list(_examine(pdf, _root(trust_ca_pem), signatures, expected))
    except Exception as broken:  # noqa: BLE001 - the file is hostile input, and every parser error means the same
        logging.getLogger(__name__).info("unreadable PDF: %r", broken)
        problems = [f"文件结构损坏，无法读取（{type(broken).__name__}）"]
    problems += [f"{each.field}：{each.problem}" for each in signatures if each.problem]
    return Verdict(not problems, digest, tuple(signatures), tuple(expected), tuple(problems))


def _root(trust_ca_pem: bytes) -> x509.Certificate:
    return x509.Certificate.load(pem.unarmor(trust_ca_pem)[2])


def _examine(
    pdf: bytes, root: x509.Certificate, signatures: list[SignatureVerdict], expected: list[str]
) -> Iterator[str]:
    reader = PdfFileReader(BytesIO(pdf), strict=True)
    expected.extend(str(each) for each in reader.get_historical_root(0).get(SIGNERS_KEY, ()))
    embedded = list(reader.embedded_signatures)
    context = ValidationContext(trust_roots=[root], allow_fetching=False)
    for index, each in enumerate(embedded):
        signatures.append(_judge(pdf, each, root, context, is_last=index == len(embedded) - 1))
    for name, _, _ in enumerate_sig_fields(reader, filled_status=False):
        yield f"签名域 {name} 是空的：文件缺一枚章"
    if not embedded:
        yield "文件没有数字签名"
    if not expected:
        yield "文件没有写明应由哪些单位签章"
    elif [each.signer for each in signatures] != expected:
        yield "签章单位与文件写明的不一致"
    if reader.xrefs.total_revisions != len(embedded) + 1:
        yield "文件在签章之外另有改动"


def _judge(
    pdf: bytes, signature: EmbeddedPdfSignature, root: x509.Certificate, context: ValidationContext, *, is_last: bool
) -> SignatureVerdict:
    signer = str(signature.signer_cert.subject.native.get("common_name", ""))
    status = validate_pdf_signature(signature, context)
    whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    problems = []
    if not (status.intact and status.valid):
        problems.append("内容或签名被改动")
    if not status.trusted:
        problems.append("证书不是由信任的根证书签发")
    if status.coverage < SignatureCoverageLevel.ENTIRE_REVISION:
        problems.append("签名没有覆盖它所在的全部内容")
    if is_last and not whole:
        problems.append("最后一枚章之后文件又有改动")
    allowed = ModificationLevel.NONE if is_last else ModificationLevel.FORM_FILLING
    changes = getattr(status.diff_result, "modification_level", ModificationLevel.OTHER)
    if not whole and changes > allowed:
        problems.append("签章之后文件内容有改动")
    if not _is_canonical(pdf, signature, root):
        problems.append("签名数据的写法被改动")
    return SignatureVerdict(signature.field_name, signer, not problems, whole, "；".join(problems))


def _is_canonical(pdf: bytes, signature: EmbeddedPdfSignature, root: x509.Certificate) -> bool:
    """The only bytes that no digest covers are the signature itself: they must be the one way that we write it.

    Otherwise unused room behind it, or certificates nobody asked for, could carry something unseen.
    """
    first, length, second, _ = (int(each) for each in signature.byte_range)
    gap = pdf[first + length : second]
    infos = cms.ContentInfo.load(signature.pkcs7_content)["content"]["signer_infos"]
    if first != 0 or len(infos) != 1:
        return False
    written = cms_frame((signature.signer_cert, root), infos[0]["signed_attrs"], infos[0]["signature"].native)
    return gap == b"<" + written.hex().upper().encode() + b"0" * (len(gap) - 2 - 2 * len(written)) + b">"
