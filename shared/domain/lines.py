"""A fee line: what one fee item comes to for one project, with everything that it was computed from.

Every item of the tariff gets a line, charged or not, so that "not charged" never looks like
"forgotten"; a line that costs nothing says why, and which document says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from shared.domain.errors import Broken
from shared.domain.rows import Period

DEVELOPER: Final = "developer"
CONTRACTOR: Final = "contractor"
PAYERS: Final[Mapping[str, str]] = {DEVELOPER: "建设单位", CONTRACTOR: "施工总承包单位"}


class Nature(StrEnum):
    """What kind of money an item is; only the first two are 财政收入."""

    GOVERNMENT_FUND = "government_fund"
    ADMINISTRATIVE_CHARGE = "administrative_charge"
    AGENCY_COLLECTION = "agency_collection"
    DEPOSIT = "deposit"


NATURE_NAMES: Final[Mapping[Nature, str]] = {
    Nature.GOVERNMENT_FUND: "政府性基金",
    Nature.ADMINISTRATIVE_CHARGE: "行政事业性收费",
    Nature.AGENCY_COLLECTION: "代收代拨",
    Nature.DEPOSIT: "保证金",
}
ACCOUNT_NAMES: Final[Mapping[str, str]] = {"treasury": "国库", "agency": "代收专户", "deposit": "保证金专户"}
#: Accounts whose money is 财政收入; the others are only held.
REVENUE_ACCOUNTS: Final = frozenset({"treasury"})


class LineStatus(StrEnum):
    """How a line stands; only `needs_facts` is not final."""

    PAYABLE = "payable"
    ZERO = "zero"
    EXEMPT = "exempt"
    SUBSIDISED = "subsidised"
    HALF_OF_FLOOR = "half_of_floor"
    NOT_APPLICABLE = "not_applicable"
    NOT_IN_FORCE = "not_in_force"
    WAIVED = "waived"
    COLLECTED_ELSEWHERE = "collected_elsewhere"
    NEEDS_FACTS = "needs_facts"


# Listed with their amount, but not on our bill.
_NOT_DUE: Final = frozenset((LineStatus.COLLECTED_ELSEWHERE, LineStatus.NEEDS_FACTS))


@dataclass(frozen=True, slots=True)
class Approval:
    """An approval to charge an item (规费申报审批): the document on file, who gave it, and for when."""

    document: str
    by: str
    period: Period


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeItem:
    """One 收费项目 as a city lists it; its rates are tariff versions, and nothing is charged without an approval."""

    code: str
    seq: int
    name: str
    nature: Nature
    account: str
    owner_unit: str
    confirm_required: bool
    note: str
    name_en: str = ""
    approvals: tuple[Approval, ...] = ()

    @property
    def nature_name(self) -> str:
        return NATURE_NAMES[self.nature]

    @property
    def account_name(self) -> str:
        return ACCOUNT_NAMES[self.account]


@dataclass(frozen=True, slots=True)
class RefusedClaim:
    """A reduction that was asked for and not granted on this line, and why."""

    code: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One fee item of one project; amounts in 分 with gross − reduction − subsidy = payable.

    `quantity` is None where none was taken; `basis` says what the quantity is, `composition` what the
    rate is made of. `reason_note` is the second half of `reason` where a document prints two lines.
    `subsidy_source` is where the subsidy comes from.
    """

    code: str
    name: str
    status: LineStatus
    version: str | None = None
    quantity: Decimal | None = None
    unit: str = ""
    basis: str = ""
    rate_text: str = ""
    rate_unit: str = ""
    composition: str = ""
    gross_fen: int = 0
    reduction_fen: int = 0
    subsidy_fen: int = 0
    payable_fen: int = 0
    payer: str = DEVELOPER
    reason: str = ""
    reason_note: str = ""
    documents: tuple[str, ...] = ()
    legal_basis: str = ""
    formula: str = ""
    reduction_code: str | None = None
    refused_claims: tuple[RefusedClaim, ...] = ()
    missing: tuple[str, ...] = ()
    subsidy_source: str = ""

    def __post_init__(self) -> None:
        # Raised, not asserted: `python -O` must not let a wrong line out.
        if self.gross_fen - self.reduction_fen - self.subsidy_fen != self.payable_fen or self.payable_fen < 0:
            raise Broken(f"line {self.code}: standard − reduction − subsidy is not what is payable")

    @property
    def due_fen(self) -> int:
        """What counts towards the bill: nothing if somebody else collects it or a fact is missing."""
        return 0 if self.status in _NOT_DUE else self.payable_fen

    @property
    def is_reduced(self) -> bool:
        """Whether a reduction was applied for and granted: somebody else than the applicant looks at its document."""
        return self.reduction_code is not None

    @property
    def is_final(self) -> bool:
        return self.status is not LineStatus.NEEDS_FACTS

    @property
    def explanation(self) -> str:
        """The reason in full, refused claims included."""
        parts = [part for part in (self.reason, self.reason_note) if part]
        parts += [f"{claim.code} 未采用：{claim.why}" for claim in self.refused_claims]
        return "；".join(parts)

    def to_json(self) -> dict[str, Any]:
        """As it is frozen with the case; `Line.from_json` reads it back to an equal line."""
        return {
            "code": self.code,
            "name": self.name,
            "status": self.status.value,
            "version": self.version,
            "quantity": None if self.quantity is None else format(self.quantity, "f"),
            "unit": self.unit,
            "basis": self.basis,
            "rate_text": self.rate_text,
            "rate_unit": self.rate_unit,
            "composition": self.composition,
            "gross_fen": self.gross_fen,
            "reduction_fen": self.reduction_fen,
            "subsidy_fen": self.subsidy_fen,
            "payable_fen": self.payable_fen,
            "payer": self.payer,
            "reason": self.reason,
            "reason_note": self.reason_note,
            "documents": list(self.documents),
            "legal_basis": self.legal_basis,
            "formula": self.formula,
            "reduction_code": self.reduction_code,
            "refused_claims": [{"code": claim.code, "why": claim.why} for claim in self.refused_claims],
            "missing": list(self.missing),
            **({"subsidy_source": self.subsidy_source} if self.subsidy_source else {}),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Line:
        """Read what `to_json` wrote; `Broken` if it was not written by it."""
        if data.keys() | _LATER != _COLUMNS:
            raise Broken(f"a frozen line has other columns than {sorted(_COLUMNS)}")
        values = dict(data)
        values["status"] = LineStatus(data["status"])
        values["quantity"] = None if data["quantity"] is None else Decimal(data["quantity"])
        values["documents"] = tuple(data["documents"])
        values["refused_claims"] = tuple(RefusedClaim(each["code"], each["why"]) for each in data["refused_claims"])
        values["missing"] = tuple(data["missing"])
        return cls(**values)


_COLUMNS: Final = {field.name for field in fields(Line)}
# Written since the second schema, and only where there is something to say.
_LATER: Final = frozenset(("subsidy_source",))


def waived(line: Line, *, reason: str, document: str) -> Line:
    """The line after a waiver that two people have approved: nothing is payable, the standard stays visible.

    A waived line stays as it is; a line that misses facts cannot be waived (`Broken`).
    """
    if line.status is LineStatus.NEEDS_FACTS:
        raise Broken(f"line {line.code} has no amount yet that could be waived")
    if line.status is LineStatus.WAIVED:
        return line
    values = {name: getattr(line, name) for name in _COLUMNS}
    values |= {
        "status": LineStatus.WAIVED,
        "reduction_fen": line.gross_fen,
        "subsidy_fen": 0,
        "subsidy_source": "",
        "payable_fen": 0,
        "reason": reason,
        "reason_note": "",
        "documents": (*line.documents, document),
    }
    return Line(**values)
