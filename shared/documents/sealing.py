"""Signatures into the fields that a page was born with, one revision each; the seal is the field's appearance.

No signature, no seal: an unsigned document carries only empty boxes. The CMS of a unit is built once and kept as
bytes; per signature only the digest and the ECDSA signature are filled in.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from asn1crypto import algos, cms, core, tsp, x509

from shared.documents.fonts import FontSet
from shared.documents.revisions import SignatureGap, SignedFile
from shared.documents.seals import DIAMETER_MM, OPACITY, seal_drawing
from shared.documents.views import SealSpec
from shared.domain.errors import Broken
from shared.signing import Signer

POINTS_PER_MM = 72 / 25.4
_DIGEST_BYTES = 32
_SHORTEST_SIGNATURE, _LONGEST_SIGNATURE = 60, 72
"""Bytes of an ECDSA signature over P-256, DER: 8 to 72 in theory, 68 to 72 in practice."""
_SPARE_BYTES = 64
"""Room behind a CMS for a certificate chain that grows by a few bytes."""


@dataclass(frozen=True, slots=True)
class SealBox:
    """An empty signature field: its object, as written on the page, and the side of its square in mm."""

    field: str
    size_mm: float
    number: int
    dictionary: bytes


def field_name(index: int, seal: SealSpec) -> str:
    """Fields are numbered in signing order: `seal-01-zj`."""
    return f"seal-{index + 1:02}-{seal.unit_code}"


class Sealer:
    """Signs documents with the units' keys; keeps at most 64 drawings (9 KB each) and 64 CMS templates."""

    def __init__(self, signer: Signer, fonts: FontSet) -> None:
        self._signer = signer
        self._fonts = fonts
        self._drawing = lru_cache(maxsize=64)(self._draw)
        self._template = lru_cache(maxsize=64)(self._prepare)

    def check_names(self, seals: Sequence[SealSpec]) -> None:
        """A seal that names another organ than its certificate is `Broken`: the page would contradict its signature."""
        for seal in seals:
            name = self._signer.organ_name(seal.unit_code)
            if name != seal.organ_name:
                raise Broken(f"印章 {seal.organ_name} 与单位 {seal.unit_code} 证书上的名称 {name} 不一致")

    def seal(
        self, pdf: bytes, seals: Sequence[SealSpec], boxes: Mapping[str, SealBox], *, signed_at: datetime
    ) -> bytes:
        """Sign every field in order. `signed_at` (aware) goes into /M."""
        file = SignedFile(pdf)
        for index, spec in enumerate(seals):
            self._sign(file, boxes[field_name(index, spec)], spec, signed_at)
        return file.content()

    def _sign(self, file: SignedFile, box: SealBox, spec: SealSpec, signed_at: datetime) -> None:
        template = self._template(spec.unit_code)
        drawing = self._drawing(spec.organ_name, spec.flat_text)
        group, appearance, signature = file.reserve(), file.reserve(), file.reserve()
        field = b"%b /V %d 0 R /AP <</N %d 0 R>>>>" % (box.dictionary.removesuffix(b">>"), signature, appearance)
        entries = b"/Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /Name %b /M (D:%bZ)" % (
            _text(spec.organ_name),
            signed_at.astimezone(UTC).strftime("%Y%m%d%H%M%S").encode(),
        )
        file.append(
            {group: _group(drawing), appearance: _appearance(box, group), box.number: field},
            signature=signature,
            gap=SignatureGap(entries, template.longest + _SPARE_BYTES),
            sign=lambda digest: template.fill(digest, lambda data: self._signer.sign(spec.unit_code, data)),
        )

    def _draw(self, ring_text: str, flat_text: str) -> bytes:
        return zlib.compress(seal_drawing(ring_text, flat_text, self._fonts.outlines), 9)

    def _prepare(self, unit_code: str) -> _CmsTemplate:
        return _CmsTemplate(self._signer.certificates(unit_code))


def _group(drawing: bytes) -> bytes:
    """The seal as a transparency group of its own, so that overlapping strokes stay even."""
    half = DIAMETER_MM / 2
    return (
        b"<</Type /XObject /Subtype /Form /BBox [%.1f %.1f %.1f %.1f] /Group <</S /Transparency /CS /DeviceRGB>>"
        b" /Filter /FlateDecode /Length %d>>\nstream\n%b\nendstream" % (-half, -half, half, half, len(drawing), drawing)
    )


def _appearance(box: SealBox, group: int) -> bytes:
    """The group at the box's size, multiplied onto the page: black text stays black under it."""
    side, scale = box.size_mm * POINTS_PER_MM, box.size_mm / DIAMETER_MM * POINTS_PER_MM
    placed = b"q /GS gs %.5f 0 0 %.5f %.4f %.4f cm /Seal Do Q" % (scale, scale, side / 2, side / 2)
    return (
        b"<</Type /XObject /Subtype /Form /BBox [0 0 %.4f %.4f] /Resources <</ExtGState <</GS"
        b" <</ca %.2f /CA %.2f /BM /Multiply>>>> /XObject <</Seal %d 0 R>>>> /Length %d>>\nstream\n%b\nendstream"
        % (side, side, OPACITY, OPACITY, group, len(placed), placed)
    )


def _text(value: str) -> bytes:
    return b"<FEFF%b>" % value.encode("utf-16-be").hex().upper().encode()


class _CmsTemplate:
    """A unit's detached CMS (PAdES-B: no signing time inside, ESS certificate v2) with two gaps."""

    def __init__(self, certificates: Sequence[bytes]) -> None:
        """`certificates`: the signer's, then its issuers, DER."""
        zero = bytes(_DIGEST_BYTES)
        chain = [x509.Certificate.load(each) for each in certificates]
        attributes = cms.CMSAttributes(
            [
                cms.CMSAttribute({"type": "content_type", "values": ["data"]}),
                cms.CMSAttribute({"type": "message_digest", "values": [zero]}),
                cms.CMSAttribute(
                    {
                        "type": "signing_certificate_v2",
                        "values": [
                            tsp.SigningCertificateV2(
                                {
                                    "certs": [
                                        tsp.ESSCertIDv2(
                                            {
                                                "hash_algorithm": {"algorithm": "sha256"},
                                                "cert_hash": hashlib.sha256(certificates[0]).digest(),
                                            }
                                        )
                                    ]
                                }
                            )
                        ],
                    }
                ),
            ]
        )
        # As they are signed: a DER SET with 32 zero bytes for the digest.
        self._attributes: bytes = attributes.dump()
        self._digest_at = self._attributes.index(zero)
        # The whole CMS by length of the signature, made when a signature has that length (8 ms each).
        self._frame = lru_cache(maxsize=None)(lambda length: cms_frame(chain, attributes, bytes(length)))
        self.longest = len(self._frame(_LONGEST_SIGNATURE))
        """Bytes to reserve in the file."""

    def fill(self, digest: bytes, sign: Callable[[bytes], bytes]) -> bytes:
        """The CMS over `digest`; `sign` is asked once."""
        if len(digest) != _DIGEST_BYTES:
            raise Broken("签名摘要不是 SHA-256")
        attributes = self._with_digest(self._attributes, self._digest_at, digest)
        signature = sign(attributes)
        if not _SHORTEST_SIGNATURE <= len(signature) <= _LONGEST_SIGNATURE:
            raise Broken(f"签名长度不合常理：{len(signature)}")
        frame = self._frame(len(signature))
        # The attributes are the same bytes in the frame, but for their outer tag.
        found = frame.index(self._attributes[1:])
        filled = self._with_digest(frame, found - 1 + self._digest_at, digest)
        return filled[: -len(signature)] + signature

    @staticmethod
    def _with_digest(data: bytes, start: int, digest: bytes) -> bytes:
        return data[:start] + digest + data[start + _DIGEST_BYTES :]


def cms_frame(chain: Sequence[x509.Certificate], attributes: cms.CMSAttributes, signature: bytes) -> bytes:
    """The one way that this product writes a detached CMS: `chain` is the signer's certificate, then its issuers."""
    signer = chain[0]
    info = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                {
                    "issuer_and_serial_number": cms.IssuerAndSerialNumber(
                        {"issuer": signer.issuer, "serial_number": signer.serial_number}
                    )
                }
            ),
            "digest_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
            "signed_attrs": attributes,
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
            "signature": core.OctetString(signature),
        }
    )
    signed = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": cms.DigestAlgorithms([algos.DigestAlgorithm({"algorithm": "sha256"})]),
            "encap_content_info": {"content_type": "data"},
            "certificates": [cms.CertificateChoices(name="certificate", value=each) for each in chain],
            "signer_infos": [info],
        }
    )
    frame: bytes = cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump()
    return frame
