"""What the books take: entries that sum to zero, each line to its own account."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import Broken
from shared.domain.ledger import Due, Entry, Posting, payment_entry, reversal, subsidy_entry, suspense_entry

ACCOUNTS = st.sampled_from(["treasury", "agency", "deposit"])
DUES = st.lists(
    st.builds(
        Due, item_code=st.sampled_from("ABCDEFG"), account=ACCOUNTS, due_fen=st.integers(min_value=0, max_value=10**13)
    ),
    min_size=1,
    max_size=9,
).filter(lambda dues: any(due.due_fen for due in dues))


class TestPaymentEntry:
    def test_debits_the_channel_and_credits_each_line_to_its_own_account(self) -> None:
        entry = payment_entry(
            key="p1",
            taken_from="channel:sandbank",
            dues=[
                Due(item_code="PTF", account="treasury", due_fen=300),
                Due(item_code="GZB", account="deposit", due_fen=50),
                Due(item_code="JTJ", account="treasury", due_fen=0),
            ],
        )

        assert entry.postings == (
            Posting("channel:sandbank", 350),
            Posting("treasury", -300, "PTF"),
            Posting("deposit", -50, "GZB"),
        )

    def test_credits_the_payer_with_what_he_paid_above_his_bill(self) -> None:
        entry = payment_entry(
            key="p1",
            taken_from="suspense",
            dues=[Due(item_code="PTF", account="treasury", due_fen=300)],
            over_fen=7,
        )

        assert entry.postings == (
            Posting("suspense", 307),
            Posting("treasury", -300, "PTF"),
            Posting("credit", -7),
        )

    def test_is_refused_for_a_bill_that_owes_nothing(self) -> None:
        with pytest.raises(Broken, match="owes nothing"):
            payment_entry(
                key="p1", taken_from="channel:sandbank", dues=[Due(item_code="PTF", account="treasury", due_fen=0)]
            )

    def test_is_refused_for_an_account_that_does_not_exist(self) -> None:
        with pytest.raises(Broken, match="does not exist"):
            Due(item_code="PTF", account="pocket", due_fen=1)

    @given(DUES)
    def test_balances_whatever_the_lines_are(self, dues: list[Due]) -> None:
        entry = payment_entry(key="p", taken_from="channel:sandbank", dues=dues)

        assert sum(posting.amount_fen for posting in entry.postings) == 0
        assert entry.balance("channel:sandbank") == sum(due.due_fen for due in dues)

    @given(DUES)
    def test_is_taken_back_to_nothing_by_its_reversal(self, dues: list[Due]) -> None:
        entry = payment_entry(key="p", taken_from="channel:sandbank", dues=dues)

        back = reversal(entry, key="p-back")

        assert back.kind == "payment_reversal"
        for account in ("channel:sandbank", "treasury", "agency", "deposit"):
            assert entry.balance(account) + back.balance(account) == 0


class TestSubsidyEntry:
    def test_posts_the_citys_share_of_each_line_by_itself(self) -> None:
        entry = subsidy_entry(key="s1", subsidies=[Due(item_code="PTF", account="treasury", due_fen=40)])

        assert entry.postings == (Posting("subsidy", 40, "PTF"), Posting("treasury", -40, "PTF"))

    def test_is_refused_where_nothing_is_subsidised(self) -> None:
        with pytest.raises(Broken, match="not subsidised"):
            subsidy_entry(key="s1", subsidies=[Due(item_code="PTF", account="treasury", due_fen=0)])


class TestEntry:
    def test_is_refused_unless_it_sums_to_zero(self) -> None:
        with pytest.raises(Broken, match="does not sum to zero"):
            Entry("payment", "p", (Posting("a", 1), Posting("b", -2)))

    @pytest.mark.parametrize("amount", [0, 0.0, True])
    def test_is_refused_with_a_leg_of_nothing_or_of_no_whole_fen(self, amount: object) -> None:
        with pytest.raises(Broken):
            Entry("payment", "p", (Posting("a", amount), Posting("b", -int(amount))))  # type: ignore[arg-type,call-overload]

    def test_keeps_money_that_fits_no_bill_in_suspense(self) -> None:
        assert suspense_entry(key="s", channel="sandbank", amount_fen=7).balance("suspense") == -7
