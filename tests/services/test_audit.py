"""The audit: silent after an honest day, and never silent about a row or a byte that somebody changed by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from office import Office
from sqlalchemy import text
from watching import as_owner

from console import audit as command
from services import documents
from services.audit import audit
from services.sitting import signer
from shared.documents.verify import verify
from shared.settings import settings
from shared.storage import Storage
from workers import batches

FONTS = Path(__file__).resolve().parents[2] / "var" / "fonts"

#: What this day has none of: nothing was refused, withdrawn, reported upwards, checked twice, or met about.
NOT_ON_THIS_DAY = {
    "I9-cancelled", "I9-ended", "I10-refusals", "I10-reports", "I10-two-people", "I10-void", "I14-dead-work",
    "I15-meetings", "I2-commitments", "I10-notices", "I12-dates", "I12-mirrors", "I12-pauses", "I12-steps",
    "I12-extensions", "I2-letter-series",
    "I5-closed", "I5-transfers", "I13-closed-figures", "I2-period-series", "I10-periods", "I6-refunds",
    "I10-refunds", "I6-orders", "I11-orders", "I13-channel-bills",
}  # fmt: skip

#: What somebody with the owner's rights might do, and the invariants of which at least one must notice.
FORGERIES: dict[str, tuple[str, set[str]]] = {
    "a fee line made cheaper": (
        "update fee_line set gross_fen = gross_fen - 100, payable_fen = payable_fen - 100 where item_code = 'PTF'",
        {"I4-line-frozen", "I4-bill-total"},
    ),
    "a fee line made cheaper together with its computation": (
        "update fee_line set gross_fen = gross_fen - 100, payable_fen = payable_fen - 100, line = line || "
        "jsonb_build_object('gross_fen', gross_fen - 100, 'payable_fen', payable_fen - 100) where item_code = 'PTF'",
        {"I10-line-seals", "I4-bill-total"},
    ),
    "a deleted fee line": ("delete from fee_line where item_code = 'SNZ'", {"I2-lines"}),
    "a bill's total": (
        "update bill set total_fen = total_fen - 1, paid_fen = paid_fen - 1",
        {"I4-bill-total", "I6-payments"},
    ),
    "a bill's line": ("update bill_line set due_fen = due_fen - 1 where due_fen > 0", {"I4-bill-total"}),
    "a deleted bill": ("delete from bill", {"I3-no-missing-bill", "I2-series"}),
    "a deleted posting": ("delete from ledger_posting where amount_fen < 0 and seq = 2", {"I5-entries"}),
    "a changed posting": (
        "update ledger_posting set amount_fen = amount_fen + 1 where seq = 2",
        {"I5-entries", "I5-trial-balance"},
    ),
    "two postings that change places": (
        "update ledger_posting set amount_fen = amount_fen + case seq when 2 then 1 else -1 end where seq in (2, 3)",
        {"I6-line-postings"},
    ),
    "a deleted entry with its postings": (
        "with gone as (delete from ledger_posting) delete from ledger_entry",
        {"I6-payments"},
    ),
    "a removed payment": ("delete from payment", {"I7-paid-has-payment", "I10-money"}),
    "a payment's amount": ("update payment set amount_fen = amount_fen - 1", {"I6-payments", "I10-money"}),
    "a payment and its bill undone": (
        "with unpaid as (update bill set status = 'issued', paid_fen = 0, paid_at = null), "
        "gone as (delete from receipt), "
        "open as (update application set status = 'billed') delete from payment",
        {"I10-money", "I7-series"},
    ),
    "a payment's share moved to another line": (
        "update payment_share set amount_fen = amount_fen + case seq when 1 then 1 else -1 end where seq in (1, 2)",
        {"I6-line-postings"},
    ),
    "money put aside by nobody": (
        "insert into suspense (id, tenant_id, inbox_id, provider, bank_reference, amount_fen, why, came_at) "
        "select gen_random_uuid(), tenant_id, id, provider, 'x', 100, 'x', now() from callback_inbox",
        {"I6-suspense"},
    ),
    "a deposit grown by hand": ("update deposit set held_fen = held_fen + 1", {"I6-deposits"}),
    "interest that nobody posted": ("update deposit set interest_fen = interest_fen + 1", {"I6-deposits"}),
    "a receipt quietly replaced": ("update receipt set state = 'replaced'", {"I7-chain", "I7-receipts"}),
    "a refund paid by nobody": (
        "insert into refund (id, tenant_id, application_id, bill_id, idempotency_key, digest, number, kind, state, "
        "amount_fen, expected_fen, lines, reason, payee_name, asked_by, asked_at, asked_on, decided_by, sent_at, "
        "paid_at, bank_txn_id) select gen_random_uuid(), b.tenant_id, b.application_id, b.id, 'x', '\\x00', 'x', "
        "'treasury', 'paid', 100, 100, '[{\"seq\": 1, \"item\": \"PTF\", \"amount_fen\": 100}]', 'x', 'x', "
        "(select id from account where login = 'finance'), now(), now(), "
        "(select id from account where login = 'finance-chief'), now(), now(), 'x' from bill b",
        {"I6-refunds", "I10-refunds", "I7-receipts"},
    ),
    "a refund of more than was paid": (
        "insert into refund (id, tenant_id, application_id, bill_id, idempotency_key, digest, number, kind, "
        "amount_fen, expected_fen, lines, reason, payee_name, asked_at, asked_on) select gen_random_uuid(), "
        "b.tenant_id, b.application_id, b.id, 'x', '\\x00', 'x', 'treasury', b.total_fen, 0, jsonb_build_array("
        "jsonb_build_object('seq', 1, 'item', 'PTF', 'amount_fen', b.total_fen)), 'x', 'x', now(), now() from bill b",
        {"I6-refunds", "I10-refunds"},
    ),
    "an order paid with money that is nowhere": (
        "insert into channel_order (id, tenant_id, application_id, bill_id, channel, number, amount_fen, state, "
        "transaction_no, opened_at, expires_at, settled_at) select gen_random_uuid(), tenant_id, application_id, id, "
        "'wechat', payment_code || '_1', total_fen, 'paid', 'x', now(), now(), now() from bill limit 1",
        {"I6-orders"},
    ),
    "a payment that nobody asked after": ("update payment set source = 'query'", {"I6-orders"}),
    "a channel's fee that nobody charged": (
        "update ledger_posting set account = 'channel_fee' where account like 'channel:%'",
        {"I13-channel-bills"},
    ),
    "an order that nobody asks after": (
        "insert into channel_order (id, tenant_id, application_id, bill_id, channel, number, amount_fen, "
        "opened_at, expires_at, ask_at) select gen_random_uuid(), tenant_id, application_id, id, 'wechat', "
        "payment_code || '_1', total_fen, now(), now() - interval '2 days', now() from bill limit 1",
        {"I11-orders"},
    ),
    "a deleted receipt": ("delete from receipt", {"I7-receipts", "I7-series"}),
    "a receipt's amount": ("update receipt set total_fen = total_fen + 1", {"I7-receipts", "I10-money"}),
    "a changed event": (
        'update audit_event set data = data || \'{"opinion": "另一种意见"}\' where seq = 4',
        {"I10-trail"},
    ),
    "an event's actor": ("update audit_event set actor_name = '别人' where seq = 4", {"I10-trail"}),
    "an event's moment": ("update audit_event set at = at - interval '1 day' where seq = 4", {"I10-trail"}),
    "a deleted event in between": ("delete from audit_event where seq = 4", {"I10-trail"}),
    "a deleted last event": (
        "delete from audit_event e where seq = (select max(seq) from audit_event)",
        {"I10-trail"},
    ),
    "an event's seal": ("update audit_event set seal = '\\x00' where seq = 4", {"I10-trail"}),
    "a verdict turned round": (
        "update review_task set status = 'objected', opinion = '缺图' where seq = 1",
        {"I10-verdicts", "I3-no-early-bill"},
    ),
    "a verdict given to somebody else": (
        "update review_task set officer_id = (select id from account where login = 'admin') where seq = 1",
        {"I10-verdicts"},
    ),
    "a confirmation that nobody gave": ("update fee_line set confirmed_by = null", {"I10-verdicts"}),
    "a document's digest": ("update document set sha256 = repeat('0', 64)", {"I7-files", "I10-documents"}),
    "one document shown for another": (
        "update document set sha256 = (select sha256 from document where kind = 'slip') where kind = 'bill'",
        {"I10-documents"},
    ),
    "a deleted document": ("delete from document where kind = 'receipt'", {"I7-documents"}),
    "an application without a trace": (
        "with a as (delete from audit_event), b as (delete from review_task), c as (delete from fee_line), "
        "d as (delete from bill_line), e as (delete from bill), f as (delete from payment), "
        "g as (delete from receipt), h as (delete from document), i as (delete from ledger_posting), "
        "j as (delete from ledger_entry) "
        "delete from application",
        {"I2-series", "I7-series"},
    ),
    "a status": ("update application set status = 'billed'", {"I9-status"}),
    "a callback that was lost sight of": (
        "update callback_inbox set outcome = 'received', received_at = now() - interval '1 hour'",
        {"I13-callbacks"},
    ),
    "work that was quietly buried": ("update outbox set dead_at = now(), done_at = null", {"I14-dead-work"}),
    "work that lies still": (
        "update outbox set done_at = null, created_at = now() - interval '1 hour'",
        {"I11-outbox"},
    ),
}


def judge(pdf: bytes) -> list[str]:
    verdict = verify(pdf, (settings().keys_dir / "ca.pem").read_bytes())
    return list(verdict.problems)


@pytest.fixture
def honest(office: Office) -> Office:
    """An office after an honest day: one application from the door to its receipt, every paper made."""
    (settings().var_dir / "fonts").symlink_to(FONTS)
    documents.producer.cache_clear()
    received = office.is_billed()
    (bill,) = office.bills(received.application_id)
    office.hears_from_bank(office.callback(bill))
    office.works()
    for message in office.bells():
        batches.run_each(documents.compose, documents.produce, documents.record, message.ids)
    return office


@contextmanager
def forged(statement: str) -> Iterator[Callable[[], set[str]]]:
    """Do something behind everybody's back, look at it, and undo it."""

    class Undone(Exception):
        pass

    try:
        with as_owner(without_triggers=True) as session:

            def noticed() -> set[str]:
                findings = audit(
                    session, signer=signer(), storage=Storage(settings().storage_dir), judge_pdf=lambda _: []
                )
                return {finding.id for finding in findings if finding.broken}

            assert session.execute(text(statement)).rowcount > 0  # type: ignore[attr-defined]
            yield noticed
            raise Undone
    except Undone:
        pass


class TestTheAudit:
    @pytest.mark.usefixtures("honest")
    def test_finds_nothing_after_an_honest_day_and_every_forgery(
        self, subtests: pytest.Subtests, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert command.run() == 0
        answer = json.loads(capsys.readouterr().out)
        assert answer["ok"]
        checked = {each["id"]: each["checked"] for each in answer["invariants"]}
        assert checked["I7-files"] == 4  # slip, acceptance, bill, receipt
        assert {name for name, number in checked.items() if not number} <= NOT_ON_THIS_DAY

        for name, (statement, expected) in FORGERIES.items():
            with subtests.test(msg=name), forged(statement) as noticed:
                found = noticed()
                assert expected <= found, f"noticed only by {found}"

        assert command.run() == 0  # every forgery was undone, so the findings were theirs

    def test_finds_a_document_whose_bytes_were_swapped_or_lost(
        self, honest: Office, subtests: pytest.Subtests, capsys: pytest.CaptureFixture[str]
    ) -> None:
        digests = {row.kind: row.sha256 for row in honest.rows("select kind, sha256 from document")}
        place = honest.storage.path(digests["receipt"])
        genuine = place.read_bytes()
        for name, content in {
            "another document's bytes": honest.storage.read(digests["bill"]),
            "one byte": genuine[:-9] + bytes([genuine[-9] ^ 1]) + genuine[-8:],
            "cut off": genuine[: len(genuine) // 2],
            "empty": b"",
        }.items():
            with subtests.test(msg=name):
                place.write_bytes(content)
                assert command.run() == 1
                broken = [each["id"] for each in json.loads(capsys.readouterr().out)["invariants"] if each["broken"]]
                assert broken == ["I7-files"]
        place.unlink()
        assert command.run() == 1

    def test_finds_a_document_that_is_stored_well_but_not_sealed_as_it_says(self, honest: Office) -> None:
        genuine = honest.storage.read(honest.one("select sha256 from document where kind = 'receipt'"))
        unsealed = honest.storage.keep(genuine + b"\n% one more line\n")
        assert judge(genuine) == []
        assert judge(honest.storage.read(unsealed)) != []
