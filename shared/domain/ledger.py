"""Double entry on a cash basis: what came in, and to whose account it went, each entry summing to zero.

A debit is positive and a credit negative, here and everywhere. What is owed stands on the bills,
which never change; the books take money only. Nothing is corrected in place: a wrong entry is
answered by its `reversal`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from shared.domain.errors import Broken
from shared.domain.lines import ACCOUNT_NAMES

SUBSIDY: Final = "subsidy"  # what the city itself pays for a subsidised line
SUSPENSE: Final = "suspense"  # money that came in and fits no bill
CREDIT: Final = "credit"  # what payers have paid above what they owed
GUARANTEE: Final = "guarantee"  # 保函 held instead of cash
CHANNEL_FEE: Final = "channel_fee"  # what channels keep for themselves; the city bears it, never the payer
BANK: Final = "bank"  # the collection account, as its statements show it
INTEREST: Final = "interest"  # what deposits have earned and their bank has still to pay


@dataclass(frozen=True, slots=True)
class Posting:
    """One leg of an entry; `item_code` is None where the leg is for no single fee item."""

    account: str
    amount_fen: int
    item_code: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened once: `key` is the business key that makes a repeat recognisable."""

    kind: str
    key: str
    postings: tuple[Posting, ...]

    def __post_init__(self) -> None:
        # Raised, not asserted: `python -O` must not let an unbalanced entry out.
        if sum(posting.amount_fen for posting in self.postings) != 0:
            raise Broken(f"entry {self.kind} {self.key} does not sum to zero")
        if any(type(posting.amount_fen) is not int or posting.amount_fen == 0 for posting in self.postings):
            raise Broken(f"entry {self.kind} {self.key} has a leg of nothing, or one that is no whole number of 分")

    def balance(self, account: str) -> int:
        """What the entry adds to one account (debits less credits)."""
        return sum(posting.amount_fen for posting in self.postings if posting.account == account)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One line of a bill as the ledger needs it; `account` is the item's: treasury, agency or deposit."""

    item_code: str
    account: str
    due_fen: int

    def __post_init__(self) -> None:
        if self.account not in ACCOUNT_NAMES:
            raise Broken(f"item {self.item_code} goes to an account that does not exist: {self.account}")
        if self.due_fen < 0:
            raise Broken(f"item {self.item_code} is due less than nothing")


def channel_account(channel: str) -> str:
    """Where a channel's money waits until the bank has settled it."""
    return f"channel:{channel}"


def payment_entry(*, key: str, dues: Iterable[Due], taken_from: str, over_fen: int = 0) -> Entry:
    """A bill is paid, wholly or in part: one debit of where the money is, each line credited to its own account.

    `due_fen` is what the payment pays of the line, `taken_from` the account that gives it: a channel
    (`channel_account`), `SUSPENSE`, `CREDIT` or `GUARANTEE`. What was paid above the bill is the payer's credit.
    """
    counted = [due for due in dues if due.due_fen]
    total_fen = sum(due.due_fen for due in counted) + over_fen
    if not counted:
        raise Broken(f"payment {key} is for a bill that owes nothing")
    credits = [Posting(due.account, -due.due_fen, due.item_code) for due in counted]
    if over_fen:
        credits.append(Posting(CREDIT, -over_fen))
    return Entry("payment", key, (Posting(taken_from, total_fen), *credits))


def subsidy_entry(*, key: str, subsidies: Iterable[Due]) -> Entry:
    """The city pays its share of subsidised lines (`due_fen` is that share): a posting of its own for each."""
    counted = [each for each in subsidies if each.due_fen]
    if not counted:
        raise Broken(f"subsidy {key} is for lines that are not subsidised")
    debits = (Posting(SUBSIDY, each.due_fen, each.item_code) for each in counted)
    credits = (Posting(each.account, -each.due_fen, each.item_code) for each in counted)
    return Entry("subsidy", key, (*debits, *credits))


def suspense_entry(*, key: str, channel: str, amount_fen: int) -> Entry:
    """Money came in that fits no bill: it waits in suspense (待查款)."""
    return Entry("suspense", key, (Posting(channel_account(channel), amount_fen), Posting(SUSPENSE, -amount_fen)))


def refund_entry(*, key: str, backs: Iterable[Due], paid_from: str = BANK, elsewhere: Iterable[Posting] = ()) -> Entry:
    """Money goes out: each account is debited with what it gives (`due_fen`), and credited is where the money was.

    Nothing is paid out of the bank for a 保函 that goes back: `paid_from` is `GUARANTEE` then. `elsewhere` names money
    that lies on another account (positive amounts); what it does not cover comes from `paid_from`.
    """
    legs = [Posting(back.account, back.due_fen, back.item_code) for back in backs if back.due_fen]
    there = [replace(each, amount_fen=-each.amount_fen) for each in elsewhere if each.amount_fen]
    return _money_out("refund", key, legs, paid_from, there)


def take_out(*, key: str, account: str, amount_fen: int) -> Entry:
    """Money that is no item's goes back to its payer: out of `CREDIT` or `SUSPENSE`."""
    return _money_out("refund", key, [Posting(account, amount_fen)], BANK, [])


def interest_entry(*, key: str, item_code: str, amount_fen: int) -> Entry:
    """A deposit has earned interest: the bank owes it, the deposit has it."""
    return Entry(
        "interest", key, (Posting(INTEREST, amount_fen, item_code), Posting("deposit", -amount_fen, item_code))
    )


def guarantee_end_entry(*, key: str, item_code: str, amount_fen: int) -> Entry:
    """A 保函 has run out and was not renewed: there is no security any more."""
    return Entry(
        "guarantee_end", key, (Posting("deposit", amount_fen, item_code), Posting(GUARANTEE, -amount_fen, item_code))
    )


def guarantee_renewal_entry(*, key: str, item_code: str, amount_fen: int) -> Entry:
    """A new 保函 has come in the place of one that had run out."""
    return Entry(
        "guarantee_renewal",
        key,
        (Posting(GUARANTEE, amount_fen, item_code), Posting("deposit", -amount_fen, item_code)),
    )


def _money_out(kind: str, key: str, legs: list[Posting], paid_from: str, elsewhere: list[Posting]) -> Entry:
    if not legs or any(leg.amount_fen <= 0 for leg in legs):
        raise Broken(f"{kind} {key} gives nothing back, or takes")
    rest = -sum(leg.amount_fen for leg in (*legs, *elsewhere))
    return Entry(kind, key, (*legs, *elsewhere, *([Posting(paid_from, rest)] if rest else [])))


def reversal(entry: Entry, *, key: str) -> Entry:
    """The entry that takes another one back, leg by leg."""
    return Entry(
        f"{entry.kind}_reversal",
        key,
        tuple(replace(posting, amount_fen=-posting.amount_fen) for posting in entry.postings),
    )
