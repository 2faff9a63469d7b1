"""Signatures into the fields that a page was born with, one revision each; the seal is the field's appearance.

No signature, no seal: an unsigned document carries only empty boxes. The CMS of a unit is built once and kept as
bytes; per signature only the digest and the ECDSA signature are filled in (3 ms instead of 22).
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from typing import Any

from asn1crypto import algos, cms, core, tsp, x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import SignatureObject

from shared.documents.fonts import FontSet
from shared.documents.seals import DIAMETER_MM, OPACITY, seal_drawing
from shared.documents.views import SealSpec
from shared.domain.errors import Broken
from shared.signing import Signer

POINTS_PER_MM = 72 / 25.4
_dictionary: Any = generic.DictionaryObject
_real: Any = generic.FloatObject
_DIGEST_BYTES = 32
_SPARE_BYTES = 64
"""Room behind a CMS for a certificate chain that grows by a few bytes."""


@dataclass(frozen=True, slots=True)
class SealBox:
    """An empty signature field: its name, and the side of its square in mm."""

    field: str
    size_mm: float


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
        """Sign every field in order. `signed_at` goes into /M (aware)."""
        for index, spec in enumerate(seals):
            box = boxes[field_name(index, spec)]
            pdf = self._sign(pdf, box, spec, signed_at)
        return pdf

    def _sign(self, pdf: bytes, box: SealBox, spec: SealSpec, signed_at: datetime) -> bytes:
        writer = IncrementalPdfFileWriter(BytesIO(pdf))
        template = self._template(spec.unit_code)
        conversation = PdfCMSEmbedder().write_cms(box.field, writer, existing_fields_only=True)
        field = next(conversation).get_object()
        field["/AP"] = _dictionary(
            {pdf_name("/N"): self._appearance(writer, box, self._drawing(spec.organ_name, spec.flat_text))}
        )
        signature = SignatureObject(
            timestamp=signed_at,
            subfilter=SigSeedSubFilter.PADES,
            name=spec.organ_name,
            bytes_reserved=2 * (template.longest + _SPARE_BYTES),
        )
        conversation.send(SigObjSetup(sig_placeholder=signature))
        prepared, output = conversation.send(SigIOSetup(md_algorithm="sha256", in_place=True))
        conversation.send(template.fill(prepared.document_digest, lambda data: self._signer.sign(spec.unit_code, data)))
        conversation.close()
        signed: bytes = output.getvalue()
        return signed

    def _appearance(self, writer: IncrementalPdfFileWriter, box: SealBox, drawing: bytes) -> generic.IndirectObject:
        """The seal as a group of its own, so that overlapping strokes stay even, multiplied onto the page."""
        half = DIAMETER_MM / 2
        group = generic.StreamObject(
            {
                pdf_name("/Type"): pdf_name("/XObject"),
                pdf_name("/Subtype"): pdf_name("/Form"),
                pdf_name("/BBox"): _numbers(-half, -half, half, half),
                pdf_name("/Group"): _dictionary(
                    {pdf_name("/S"): pdf_name("/Transparency"), pdf_name("/CS"): pdf_name("/DeviceRGB")}
                ),
                pdf_name("/Filter"): pdf_name("/FlateDecode"),
            },
            encoded_data=drawing,
        )
        side, scale = box.size_mm * POINTS_PER_MM, box.size_mm / DIAMETER_MM * POINTS_PER_MM
        state = _dictionary(
            {
                pdf_name("/ca"): _real(OPACITY),
                pdf_name("/CA"): _real(OPACITY),
                pdf_name("/BM"): pdf_name("/Multiply"),
            }
        )
        resources = _dictionary(
            {
                pdf_name("/ExtGState"): _dictionary({pdf_name("/GS"): state}),
                pdf_name("/XObject"): _dictionary({pdf_name("/Seal"): writer.add_object(group)}),
            }
        )
        placed = f"q /GS gs {scale:.5f} 0 0 {scale:.5f} {side / 2:.4f} {side / 2:.4f} cm /Seal Do Q"
        outer = generic.StreamObject(
            {
                pdf_name("/Type"): pdf_name("/XObject"),
                pdf_name("/Subtype"): pdf_name("/Form"),
                pdf_name("/BBox"): _numbers(0, 0, side, side),
                pdf_name("/Resources"): resources,
            },
            stream_data=placed.encode("ascii"),
        )
        return writer.add_object(outer)

    def _draw(self, ring_text: str, flat_text: str) -> bytes:
        return zlib.compress(seal_drawing(ring_text, flat_text, self._fonts.outlines), 9)

    def _prepare(self, unit_code: str) -> _CmsTemplate:
        return _CmsTemplate.build(self._signer.certificates(unit_code))


def _numbers(*values: float) -> generic.ArrayObject:
    return generic.ArrayObject(_real(round(each, 4)) for each in values)


@dataclass(frozen=True, slots=True)
class _CmsTemplate:
    """A unit's detached CMS (PAdES-B: no signing time inside, ESS certificate v2) with two gaps."""

    attributes: bytes
    """The signed attributes as they are signed: a DER SET with 32 zero bytes for the digest."""
    digest_at: int
    frames: Mapping[int, bytes]
    """Whole CMS by length of the ECDSA signature (DER is 8 to 72 bytes long; in practice 68 to 72)."""

    @classmethod
    def build(cls, certificates: Sequence[bytes]) -> _CmsTemplate:
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
        signed = attributes.dump()
        frames = {length: cms_frame(chain, attributes, bytes(length)) for length in range(60, 73)}
        return cls(signed, signed.index(zero), frames)

    @property
    def longest(self) -> int:
        """Bytes to reserve in the file."""
        return max(map(len, self.frames.values()))

    def fill(self, digest: bytes, sign: Callable[[bytes], bytes]) -> bytes:
        """The CMS over `digest`; `sign` is asked once."""
        if len(digest) != _DIGEST_BYTES:
            raise Broken("签名摘要不是 SHA-256")
        attributes = self._with_digest(self.attributes, self.digest_at, digest)
        signature = sign(attributes)
        frame = self.frames.get(len(signature))
        if frame is None:
            raise Broken(f"签名长度不合常理：{len(signature)}")
        # The attributes are the same bytes in the frame, but for their outer tag.
        found = frame.index(self.attributes[1:])
        filled = self._with_digest(frame, found - 1 + self.digest_at, digest)
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
