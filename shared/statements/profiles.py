"""How one bank writes its lists: which column says what. A profile is data, saved by a person per bank or account.

Columns are named as the bank names them, brackets in either width; where they stand in the file does not matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from shared.domain.errors import Invalid, Problem
from shared.domain.rows import Row
from shared.statements.cells import column_name

_DEBITS: Final = ("借", "支出", "付", "D", "DR", "DBIT", "转出", "支取")
_CREDITS: Final = ("贷", "收入", "收", "C", "CR", "CRDT", "转入", "存入")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Columns by meaning; "" or () where the bank has none.

    Money is either in two columns, `debit` and `credit`, or in one, `amount`, with the word for its direction in
    `direction` (or its own sign, where there is no such column). `at` and `reference` may be spread over several
    columns. `unique_reference`: the bank never gives the same reference to two movements of an account.
    `transaction_after`: what stands in a reference between the bank's running number and the number of the
    transaction, by which callbacks know it. `account` is the city's own account where the file does not name it.
    `red_entries`: a negative amount is a reversal (红字). `open_end`: the bank ends its last line without a line
    break, so one that is cut off cannot be told.
    """

    code: str
    name: str
    at: tuple[str, ...]
    on: str = ""
    debit: str = ""
    credit: str = ""
    amount: str = ""
    direction: str = ""
    balance: str = ""
    currency: str = ""
    reference: tuple[str, ...] = ()
    unique_reference: bool = False
    transaction_after: str = ""
    order_no: str = ""
    payer_name: str = ""
    payer_account: str = ""
    texts: tuple[str, ...] = ()
    own_account: str = ""
    account: str = ""
    debit_words: tuple[str, ...] = _DEBITS
    credit_words: tuple[str, ...] = _CREDITS
    red_entries: bool = False
    open_end: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the file must have, as names are compared."""
        named = (
            *self.at, self.on, self.debit, self.credit, self.amount, self.direction, self.balance, self.currency,
            *self.reference, self.order_no, self.payer_name, self.payer_account, *self.texts, self.own_account,
        )  # fmt: skip
        return tuple(dict.fromkeys(column_name(name) for name in named if name))

    @property
    def data(self) -> dict[str, Any]:
        """As JSON keeps it; `read_profile` takes it back."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    def transaction(self, bank_reference: str) -> str:
        """The number of the transaction in a reference, which is all of it where the bank puts nothing before it."""
        if not self.transaction_after:
            return bank_reference
        return bank_reference.partition(self.transaction_after)[2] or bank_reference


def read_profile(data: Mapping[str, Any]) -> Profile:
    """A saved profile. Raises `Invalid` with every problem beside its column."""
    row = Row(data, "profile")
    row.only(*Profile.__dataclass_fields__)
    profile = Profile(
        code=row.text("code"),
        name=row.text("name"),
        at=row.texts("at", needed=True),
        on=row.text("on", ""),
        debit=row.text("debit", ""),
        credit=row.text("credit", ""),
        amount=row.text("amount", ""),
        direction=row.text("direction", ""),
        balance=row.text("balance", ""),
        currency=row.text("currency", ""),
        reference=row.texts("reference"),
        unique_reference=row.switch("unique_reference", default=False),
        transaction_after=row.text("transaction_after", ""),
        order_no=row.text("order_no", ""),
        payer_name=row.text("payer_name", ""),
        payer_account=row.text("payer_account", ""),
        texts=row.texts("texts"),
        own_account=row.text("own_account", ""),
        account=row.text("account", ""),
        debit_words=row.texts("debit_words") or _DEBITS,
        credit_words=row.texts("credit_words") or _CREDITS,
        red_entries=row.switch("red_entries", default=False),
        open_end=row.switch("open_end", default=False),
    )
    if bool(profile.amount) == bool(profile.debit and profile.credit) or bool(profile.debit) != bool(profile.credit):
        row.problem("amount", "应写 debit 与 credit 两列，或只写 amount 一列")
    if profile.unique_reference and not profile.reference:
        row.problem("reference", "流水号唯一的，应写明流水号在哪一列")
    if row.problems:
        raise Invalid(Problem(each.field.removeprefix("profile."), each.problem) for each in row.problems)
    return profile


CCB: Final = Profile(
    code="ccb",
    name="中国建设银行",
    at=("交易时间",),
    on="记账日期",
    debit="借方发生额(支取)",
    credit="贷方发生额(收入)",
    balance="余额",
    currency="币种",
    reference=("账户明细编号-交易流水号",),
    unique_reference=True,
    transaction_after="-",
    order_no="企业流水号",
    payer_name="对方户名",
    payer_account="对方账号",
    texts=("摘要", "备注"),
)
ICBC: Final = Profile(
    code="icbc",
    name="中国工商银行",
    at=("交易时间",),
    debit="借方发生额",
    credit="贷方发生额",
    direction="借/贷",
    balance="余额",
    reference=("凭证号",),
    payer_name="对方单位名称",
    payer_account="对方账号",
    texts=("摘要", "用途", "附言"),
    own_account="本方账号",
)
#: The sandbox bank writes CCB's columns, and is a bank of its own.
SANDBANK: Final = Profile(**(asdict(CCB) | {"code": "sandbank", "name": "瀚海沙箱银行（虚构）"}))
PROFILES: Final = (CCB, ICBC, SANDBANK)
