"""The chart of accounts: what each account of the books is, whose money stands on it, what an entry does to it.

A view over postings (account × item, with the item's nature and fund), stored nowhere. Money that is only held for
others is never 财政收入, whatever account it passes through.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.domain.errors import Broken
from shared.domain.ledger import BANK, CHANNEL_FEE, CREDIT, GUARANTEE, INTEREST, SUBSIDY, SUSPENSE, Entry, Posting
from shared.domain.lines import ACCOUNT_NAMES, REVENUE_ACCOUNTS, FeeItem, Nature

TREASURY: Final = "treasury"
AGENCY: Final = "agency"
DEPOSIT: Final = "deposit"
#: Where 代收 money lies once it has left the collection account; it is still owed to whom it was collected for.
AGENCY_BANK: Final = "bank:agency"
TRANSFER: Final = "transfer"
_CHANNEL: Final = "channel:"

#: Accounts that money is collected for, in the order in which they are shown; only the first is 财政收入.
HOLDERS: Final = (TREASURY, AGENCY, DEPOSIT)
#: What is passed on, and the account that is debited for it; deposits stay where they are until they go back.
PASSED_TO: Final[Mapping[str, str]] = {TREASURY: TREASURY, AGENCY: AGENCY_BANK}


class Fund(StrEnum):
    """Which budget money belongs to; held money belongs to none."""

    GOVERNMENT_FUNDS = "government_funds"
    GENERAL = "general"
    HELD = "held"


FUND_NAMES: Final[Mapping[Fund, str]] = {
    Fund.GOVERNMENT_FUNDS: "政府性基金预算",
    Fund.GENERAL: "一般公共预算",
    Fund.HELD: "代管资金",
}
FUND_OF_NATURE: Final[Mapping[Nature, Fund]] = {
    Nature.GOVERNMENT_FUND: Fund.GOVERNMENT_FUNDS,
    Nature.ADMINISTRATIVE_CHARGE: Fund.GENERAL,
    Nature.AGENCY_COLLECTION: Fund.HELD,
    Nature.DEPOSIT: Fund.HELD,
}
_NAMES: Final[Mapping[str, str]] = {
    **ACCOUNT_NAMES,
    SUSPENSE: "待查款",
    CREDIT: "预存款",
    GUARANTEE: "保函",
    SUBSIDY: "财政补助",
    BANK: "银行存款",
    AGENCY_BANK: "代收专户存款",
    INTEREST: "应收利息",
    CHANNEL_FEE: "渠道手续费（市级承担）",
}
_ORDER: Final = (*HOLDERS, SUSPENSE, CREDIT, GUARANTEE, SUBSIDY, INTEREST, CHANNEL_FEE, AGENCY_BANK, BANK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One line of the chart; `item` is None where the account is for no single fee item."""

    code: str
    item: FeeItem | None

    @property
    def name(self) -> str:
        return account_name(self.code)

    @property
    def nature(self) -> Nature | None:
        return self.item.nature if self.item else None

    @property
    def fund(self) -> Fund | None:
        return FUND_OF_NATURE[self.item.nature] if self.item else None

    @property
    def is_revenue(self) -> bool:
        """Whether what is credited here is 财政收入."""
        return is_revenue(self.code)


class Flow(StrEnum):
    """What an entry did to an account."""

    RECEIVED = "received"
    SUBSIDY = "subsidy"
    REVERSED = "reversed"
    GIVEN_BACK = "given_back"
    PASSED_ON = "passed_on"
    OTHER = "other"


FLOW_NAMES: Final[Mapping[Flow, str]] = {
    Flow.RECEIVED: "收入",
    Flow.SUBSIDY: "财政补助",
    Flow.REVERSED: "冲回",
    Flow.GIVEN_BACK: "退还、拨付",
    Flow.PASSED_ON: "划拨",
    Flow.OTHER: "其他",
}
#: Entries whose credits to the accounts of `HOLDERS` are 实收, and those that take such an entry back.
RECEIPT_KINDS: Final = ("payment", "payment_reversal")


def transfer_entry(*, key: str, account: str, item_code: str, amount_fen: int) -> Entry:
    """Money of an item leaves the collection account: treasury money is the treasury's from then on, agency money lies
    at the agency's bank and is still owed to whom it was collected for."""
    if account not in PASSED_TO or amount_fen <= 0:
        raise Broken(f"transfer {key} passes on {amount_fen} fen of {account}")
    return Entry(
        TRANSFER, key, (Posting(PASSED_TO[account], amount_fen, item_code), Posting(BANK, -amount_fen, item_code))
    )


def account_name(code: str) -> str:
    """What an account is called on documents."""
    if code.startswith(_CHANNEL):
        return f"渠道待清算 {code.removeprefix(_CHANNEL)}"
    return _NAMES.get(code, code)


def is_revenue(code: str) -> bool:
    """Whether an account's money is 财政收入."""
    return code in REVENUE_ACCOUNTS


def is_channel(code: str) -> bool:
    """Whether money of a channel waits here for its bank."""
    return code.startswith(_CHANNEL)


def place(code: str) -> tuple[int, str]:
    """Where an account stands in the chart: whose money first, then where it lies."""
    return (_ORDER.index(code) if code in _ORDER else len(_ORDER), code)


def flow_of(kind: str, account: str, amount_fen: int) -> Flow:
    """What a leg of an entry is in the sums of a period (`amount_fen`: debit positive)."""
    if kind.endswith("_reversal"):
        return Flow.REVERSED
    if kind in ("payment", "suspense"):
        return Flow.RECEIVED
    if kind == "subsidy":
        return Flow.SUBSIDY
    if kind == TRANSFER:
        return Flow.PASSED_ON
    return Flow.GIVEN_BACK if account in (*HOLDERS, SUSPENSE, CREDIT) and amount_fen > 0 else Flow.OTHER
