"""Money in depth: part payments and credits, waivers, refunds and deposits, banks' files, suspense, closed periods;
gathered notices, and who held which post."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db.migrations import safeguards

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

#: Constraints that say more now: table, name, what they said, what they say.
_CHANGED = (
    (
        "bill",
        "bill_status",
        "status in ('issued','paid','nothing_due','void')",
        "status in ('issued','part_paid','paid','nothing_due','void','refunded')",
    ),
    (
        "document",
        "document_belongs",
        "application_id is not null or draft_id is not null",
        "application_id is not null or draft_id is not null or kind in ('day_close','month_close','transfers')",
    ),
)
_NEW = (
    ("bill", "bill_kind", "kind in ('original','reissue','supplement','late')"),
    ("bill", "bill_replaces", "(kind = 'reissue') = (replaces is not null)"),
    (
        "bill",
        "bill_paid",
        "case status when 'part_paid' then paid_fen > 0 and paid_fen < total_fen "
        "when 'paid' then paid_fen = total_fen when 'refunded' then paid_fen > 0 else paid_fen = 0 end",
    ),
    ("bill", "bill_void_reason", "status <> 'void' or void_reason <> ''"),
    ("bill", "bill_void_booked", "(status = 'void') = (void_booked_on is not null)"),
    ("payment", "payment_source", "source in ('callback','statement','query','suspense','credit','guarantee')"),
    ("payment", "payment_heard", "source <> 'callback' or inbox_id is not null"),
    ("receipt", "receipt_kind", "kind in ('receipt','reversal')"),
    ("receipt", "receipt_reverses", "(kind = 'reversal') = (reverses is not null)"),
    ("receipt", "receipt_sign", "(kind = 'reversal') = (total_fen < 0)"),
)
_OWN_ROWS = (("bill", "replaces"), ("ledger_entry", "reverses"), ("receipt", "reverses"))
#: What was once: one payment and one receipt to a bill, one bill to a fee line.
_ONCE = (("bill_line", "fee_line_id"), ("payment", "bill_id"), ("receipt", "bill_id"))


def _columns() -> dict[str, tuple[sa.Column[Any], ...]]:
    """What the tables of the first schema have gained; a column object can be used once only."""
    return {
        "bill": (
            sa.Column("paid_fen", sa.BigInteger(), server_default="0", nullable=False),
            sa.Column("kind", sa.String(), server_default="original", nullable=False),
            sa.Column("replaces", sa.Uuid(), nullable=True),
            sa.Column("void_reason", sa.String(), server_default="", nullable=False),
            sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
            sa.Column("booked_on", sa.Date(), nullable=True),
            sa.Column("void_booked_on", sa.Date(), nullable=True),
        ),
        "bill_line": (
            sa.Column("occasion", sa.Integer(), server_default="0", nullable=False),
            sa.Column(
                "line", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
            ),
        ),
        "fee_item": (
            sa.Column("listed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        ),
        "fee_line": (
            sa.Column(
                "refused_claims",
                postgresql.JSONB(astext_type=sa.Text()),
                server_default=sa.text("'{}'::jsonb"),
                nullable=False,
            ),
        ),
        "ledger_entry": (
            sa.Column("reverses", sa.Uuid(), nullable=True),
            sa.Column("booked_on", sa.Date(), nullable=True),
        ),
        "notice": (sa.Column("is_gathered", sa.Boolean(), server_default=sa.text("false"), nullable=False),),
        "payment": (sa.Column("source", sa.String(), server_default="callback", nullable=False),),
        "receipt": (
            sa.Column("kind", sa.String(), server_default="receipt", nullable=False),
            sa.Column("reverses", sa.Uuid(), nullable=True),
            sa.Column(
                "lines", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
            ),
            sa.Column("prints", sa.Integer(), server_default="0", nullable=False),
            sa.Column("booked_on", sa.Date(), nullable=True),
        ),
    }


def upgrade() -> None:
    _change_the_first_tables()
    op.create_table(
        "period",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), server_default="closed", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column(
            "figures", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("closed_by", sa.Uuid(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("reopening_reason", sa.String(), server_default="", nullable=False),
        sa.Column("reopening_asked_by", sa.Uuid(), nullable=True),
        sa.Column("reopening_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reopened_by", sa.Uuid(), nullable=True),
        sa.Column("reopened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "acts", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("seal_key_id", sa.String(), nullable=True),
        sa.Column("seal", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "state = 'closed' or (reopening_asked_by is not null and reopening_reason <> '')", name="period_asked"
        ),
        sa.UniqueConstraint("tenant_id", "number"),
        sa.CheckConstraint("kind in ('day','month')", name="period_kind"),
        sa.CheckConstraint("last_on >= first_on and (kind = 'month' or first_on = last_on)", name="period_days"),
        sa.CheckConstraint("state <> 'reopened' or reopened_by is not null", name="period_reopened"),
        sa.CheckConstraint("state in ('closed','reopening','reopened')", name="period_state"),
        sa.CheckConstraint("reopened_by is null or reopened_by <> reopening_asked_by", name="period_two_people"),
        sa.ForeignKeyConstraint(
            ["closed_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["reopened_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["reopening_asked_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "period_closed",
        "period",
        ["tenant_id", "kind", "first_on"],
        unique=True,
        postgresql_where=sa.text("state <> 'reopened'"),
    )
    op.create_table(
        "statement_file",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(), server_default="", nullable=False),
        sa.Column("currency", sa.String(), server_default="CNY", nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("opening_fen", sa.BigInteger(), nullable=False),
        sa.Column("credits_fen", sa.BigInteger(), nullable=False),
        sa.Column("debits_fen", sa.BigInteger(), nullable=False),
        sa.Column("closing_fen", sa.BigInteger(), nullable=False),
        sa.Column("imported_by", sa.Uuid(), nullable=True),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("currency = 'CNY'", name="statement_file_currency"),
        sa.CheckConstraint("opening_fen + credits_fen - debits_fen = closing_fen", name="statement_file_adds_up"),
        sa.ForeignKeyConstraint(
            ["imported_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "sha256"),
    )
    op.create_index("statement_file_days", "statement_file", ["tenant_id", "last_on"], unique=False)
    op.create_table(
        "tariff_change",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default="draft", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column(
            "rows", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("document", sa.String(), server_default="", nullable=False),
        sa.Column("approval", sa.String(), server_default="", nullable=False),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opinion", sa.String(), server_default="", nullable=False),
        sa.Column(
            "effect", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.CheckConstraint("kind in ('edit','copy_forward','end')", name="tariff_change_kind"),
        sa.CheckConstraint("state <> 'declined' or opinion <> ''", name="tariff_change_declined"),
        sa.CheckConstraint("state <> 'published' or decided_by is not null", name="tariff_change_published"),
        sa.CheckConstraint(
            "state in ('draft','proposed','published','declined','dropped')", name="tariff_change_state"
        ),
        sa.CheckConstraint("state not in ('proposed','published') or document <> ''", name="tariff_change_document"),
        sa.CheckConstraint("decided_by is null or decided_by <> proposed_by", name="tariff_change_two_people"),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("tariff_change_tenant", "tariff_change", ["tenant_id", "created_at"], unique=False)
    op.create_table(
        "transfer",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("item_code", sa.String(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), server_default="proposed", nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opinion", sa.String(), server_default="", nullable=False),
        sa.Column("seal_key_id", sa.String(), nullable=True),
        sa.Column("seal", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("account in ('treasury','agency')", name="transfer_account"),
        sa.CheckConstraint("(state = 'proposed') = (decided_by is null)", name="transfer_decided"),
        sa.CheckConstraint("state <> 'declined' or opinion <> ''", name="transfer_declined"),
        sa.CheckConstraint("state in ('proposed','confirmed','declined')", name="transfer_state"),
        sa.CheckConstraint("amount_fen > 0", name="transfer_amount"),
        sa.CheckConstraint("decided_by is null or decided_by <> made_by", name="transfer_two_people"),
        sa.ForeignKeyConstraint(
            ["decided_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["made_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "number"),
    )
    op.create_index("transfer_batch", "transfer", ["batch_id"], unique=False)
    op.create_index(
        "transfer_once",
        "transfer",
        ["tenant_id", "day", "account", "item_code"],
        unique=True,
        postgresql_where=sa.text("state <> 'declined'"),
    )
    op.create_table(
        "area_survey",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), server_default="asked", nullable=False),
        sa.Column(
            "facts", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("surveyed_on", sa.Date(), nullable=False),
        sa.Column(
            "differences",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("supplement_fen", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opinion", sa.String(), server_default="", nullable=False),
        sa.Column("bill_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("state <> 'declined' or opinion <> ''", name="area_survey_declined"),
        sa.CheckConstraint("state in ('asked','settled','declined')", name="area_survey_state"),
        sa.CheckConstraint("decided_by is null or decided_by <> asked_by", name="area_survey_two_people"),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["bill_id"],
            ["bill.id"],
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("area_survey_application", "area_survey", ["application_id"], unique=False)
    op.create_index(
        "area_survey_open", "area_survey", ["application_id"], unique=True, postgresql_where=sa.text("state = 'asked'")
    )
    op.create_table(
        "bill_reminder",
        sa.Column("bill_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("step in ('near','due','overdue','final')", name="bill_reminder_step"),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["bill_id"],
            ["bill.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("bill_id", "step"),
    )
    op.create_index("ix_bill_reminder_application_id", "bill_reminder", ["application_id"], unique=False)
    op.create_table(
        "deposit",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("bill_id", sa.Uuid(), nullable=False),
        sa.Column("fee_line_id", sa.Uuid(), nullable=False),
        sa.Column("item_code", sa.String(), nullable=False),
        sa.Column("payer_name", sa.String(), nullable=False),
        sa.Column("payer_uscc", sa.String(), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default="held", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("held_fen", sa.BigInteger(), nullable=False),
        sa.Column("interest_fen", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("accrued_to", sa.Date(), nullable=False),
        sa.Column("issuer", sa.String(), server_default="", nullable=False),
        sa.Column("guarantee_number", sa.String(), server_default="", nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("completed_on", sa.Date(), nullable=True),
        sa.Column("notice_ends_on", sa.Date(), nullable=True),
        sa.Column("released_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "form = 'cash' or (guarantee_number <> '' and issuer <> '' and expires_on is not null)",
            name="deposit_guarantee",
        ),
        sa.CheckConstraint("form in ('cash','guarantee')", name="deposit_form"),
        sa.CheckConstraint("state in ('held','releasing','released','expired')", name="deposit_state"),
        sa.CheckConstraint("amount_fen > 0 and held_fen >= 0 and interest_fen >= 0", name="deposit_amounts"),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["bill_id"],
            ["bill.id"],
        ),
        sa.ForeignKeyConstraint(
            ["fee_line_id"],
            ["fee_line.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("bill_id", "fee_line_id"),
    )
    op.create_index("deposit_application", "deposit", ["application_id"], unique=False)
    op.create_index(
        "deposit_expiry",
        "deposit",
        ["tenant_id", "expires_on"],
        unique=False,
        postgresql_where=sa.text("form = 'guarantee'"),
    )
    op.create_index(
        "deposit_held",
        "deposit",
        ["tenant_id", "opened_on"],
        unique=False,
        postgresql_where=sa.text("state in ('held','releasing')"),
    )
    op.create_table(
        "dispute",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("bill_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default="open", nullable=False),
        sa.Column(
            "item_codes", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("grounds", sa.String(), nullable=False),
        sa.Column("raised_by", sa.Uuid(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("outcome", sa.String(), server_default="", nullable=False),
        sa.Column("answer", sa.String(), server_default="", nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("grounds <> ''", name="dispute_grounds"),
        sa.CheckConstraint("outcome in ('','kept','corrected')", name="dispute_outcome"),
        sa.CheckConstraint("state <> 'answered' or (answer <> '' and outcome <> '')", name="dispute_answer"),
        sa.CheckConstraint("state in ('open','answered','withdrawn')", name="dispute_state"),
        sa.ForeignKeyConstraint(
            ["answered_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["bill_id"],
            ["bill.id"],
        ),
        sa.ForeignKeyConstraint(
            ["raised_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "number"),
    )
    op.create_index("dispute_application", "dispute", ["application_id"], unique=False)
    op.create_index("dispute_one", "dispute", ["bill_id"], unique=True, postgresql_where=sa.text("state = 'open'"))
    op.create_table(
        "waiver",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("fee_line_id", sa.Uuid(), nullable=False),
        sa.Column("item_code", sa.String(), nullable=False),
        sa.Column("unit_code", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default="asked", nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("waived_fen", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opinion", sa.String(), server_default="", nullable=False),
        sa.CheckConstraint("reason <> '' and document <> ''", name="waiver_reason"),
        sa.CheckConstraint("state <> 'declined' or opinion <> ''", name="waiver_declined"),
        sa.CheckConstraint("state = 'asked' or decided_by is not null", name="waiver_decided"),
        sa.CheckConstraint("state in ('asked','granted','declined','lapsed')", name="waiver_state"),
        sa.CheckConstraint("decided_by is null or decided_by <> asked_by", name="waiver_two_people"),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["fee_line_id"],
            ["fee_line.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("waiver_application", "waiver", ["application_id"], unique=False)
    op.create_index(
        "waiver_once",
        "waiver",
        ["fee_line_id"],
        unique=True,
        postgresql_where=sa.text("state in ('asked','granted')"),
    )
    op.create_index(
        "waiver_open", "waiver", ["tenant_id", "unit_code"], unique=False, postgresql_where=sa.text("state = 'asked'")
    )
    op.create_table(
        "credit",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("payer_uscc", sa.String(), nullable=False),
        sa.Column("payer_name", sa.String(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("left_fen", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_fen > 0 and left_fen between 0 and amount_fen", name="credit_left"),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"],
            ["payment.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("payment_id"),
    )
    op.create_index(
        "credit_payer", "credit", ["tenant_id", "payer_uscc"], unique=False, postgresql_where=sa.text("left_fen > 0")
    )
    op.create_index("ix_credit_application_id", "credit", ["application_id"], unique=False)
    op.create_table(
        "payment_share",
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("bill_id", sa.Uuid(), nullable=False),
        sa.Column("item_code", sa.String(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name="payment_share_amount"),
        sa.ForeignKeyConstraint(
            ["bill_id"],
            ["bill.id"],
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"],
            ["payment.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("payment_id", "seq"),
    )
    op.create_index("payment_share_bill", "payment_share", ["bill_id"], unique=False)
    op.create_table(
        "statement_line",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("bank_reference", sa.String(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("balance_fen", sa.BigInteger(), nullable=True),
        sa.Column("fee_fen", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("payment_code", sa.String(), server_default="", nullable=False),
        sa.Column("payer_name", sa.String(), server_default="", nullable=False),
        sa.Column("payer_account", sa.String(), server_default="", nullable=False),
        sa.Column("words", sa.String(), server_default="", nullable=False),
        sa.Column("state", sa.String(), server_default="open", nullable=False),
        sa.Column("rule", sa.String(), server_default="", nullable=False),
        sa.Column("why", sa.String(), server_default="", nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("state in ('open','matched','suspense','ignored')", name="statement_line_state"),
        sa.CheckConstraint("amount_fen <> 0", name="statement_line_amount"),
        sa.ForeignKeyConstraint(
            ["file_id"],
            ["statement_file.id"],
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"],
            ["payment.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("file_id", "line_no"),
        sa.UniqueConstraint("tenant_id", "digest"),
    )
    op.create_index(
        "statement_line_open",
        "statement_line",
        ["tenant_id", "booked_on"],
        unique=False,
        postgresql_where=sa.text("state in ('open','suspense')"),
    )
    op.create_index(
        "statement_line_payment",
        "statement_line",
        ["payment_id"],
        unique=False,
        postgresql_where=sa.text("payment_id is not null"),
    )
    op.create_table(
        "suspense",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("inbox_id", sa.Uuid(), nullable=True),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("line_no", sa.Integer(), nullable=True),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("bank_reference", sa.String(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("payment_code", sa.String(), server_default="", nullable=False),
        sa.Column("payer_name", sa.String(), server_default="", nullable=False),
        sa.Column("payer_account", sa.String(), server_default="", nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default="open", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("came_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bill_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(), server_default="", nullable=False),
        sa.Column("claimed_by", sa.Uuid(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'claimed' or (claimed_by is not null and bill_id is not null)", name="suspense_claim"
        ),
        sa.CheckConstraint("state in ('open','claimed','matched','returning','returned')", name="suspense_state"),
        sa.CheckConstraint("amount_fen > 0", name="suspense_amount"),
        sa.CheckConstraint("confirmed_by is null or confirmed_by <> claimed_by", name="suspense_two_people"),
        sa.CheckConstraint("inbox_id is not null or file_id is not null", name="suspense_source"),
        sa.ForeignKeyConstraint(
            ["bill_id"],
            ["bill.id"],
        ),
        sa.ForeignKeyConstraint(
            ["claimed_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["file_id", "line_no"],
            ["statement_line.file_id", "statement_line.line_no"],
        ),
        sa.ForeignKeyConstraint(
            ["inbox_id"],
            ["callback_inbox.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("file_id", "line_no"),
        sa.UniqueConstraint("inbox_id"),
    )
    op.create_index(
        "suspense_open",
        "suspense",
        ["tenant_id", "came_at"],
        unique=False,
        postgresql_where=sa.text("state not in ('matched','returned')"),
    )
    op.create_table(
        "refund",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("bill_id", sa.Uuid(), nullable=True),
        sa.Column("credit_id", sa.Uuid(), nullable=True),
        sa.Column("deposit_id", sa.Uuid(), nullable=True),
        sa.Column("suspense_id", sa.Uuid(), nullable=True),
        sa.Column("idempotency_key", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default="asked", nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("expected_fen", sa.BigInteger(), nullable=False),
        sa.Column(
            "lines", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column(
            "evidence", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column(
            "documents", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("payee_name", sa.String(), nullable=False),
        sa.Column("payee_uscc", sa.String(), server_default="", nullable=False),
        sa.Column("payee_account", sa.String(), server_default="", nullable=False),
        sa.Column("payee_bank", sa.String(), server_default="", nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opinion", sa.String(), server_default="", nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bank_txn_id", sa.String(), server_default="", nullable=False),
        sa.CheckConstraint(
            "kind in ('treasury','deposit','settlement','credit','payout','return')", name="refund_kind"
        ),
        sa.CheckConstraint("reason <> ''", name="refund_reason"),
        sa.CheckConstraint("state <> 'declined' or opinion <> ''", name="refund_declined"),
        sa.CheckConstraint("state in ('asked') or decided_by is not null", name="refund_decided"),
        sa.CheckConstraint("state in ('asked','approved','declined','sent','paid','failed')", name="refund_state"),
        sa.CheckConstraint("amount_fen > 0", name="refund_amount"),
        sa.CheckConstraint("decided_by is null or decided_by <> asked_by", name="refund_two_people"),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["bill_id"],
            ["bill.id"],
        ),
        sa.ForeignKeyConstraint(
            ["credit_id"],
            ["credit.id"],
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["deposit_id"],
            ["deposit.id"],
        ),
        sa.ForeignKeyConstraint(
            ["suspense_id"],
            ["suspense.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "idempotency_key"),
        sa.UniqueConstraint("tenant_id", "number"),
    )
    op.create_index("refund_application", "refund", ["application_id"], unique=False)
    op.create_index("refund_bill", "refund", ["bill_id"], unique=False)
    op.create_index(
        "refund_open",
        "refund",
        ["tenant_id", "state"],
        unique=False,
        postgresql_where=sa.text("state in ('asked','approved','sent')"),
    )
    op.create_table(
        "notice_line",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("to_account", sa.Uuid(), nullable=True),
        sa.Column("to_unit", sa.String(), server_default="", nullable=False),
        sa.Column("to_name", sa.String(), server_default="", nullable=False),
        sa.Column("phone", sa.String(), server_default="", nullable=False),
        sa.Column("email", sa.String(), server_default="", nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("href", sa.String(), nullable=False),
        sa.Column("heading", sa.String(), nullable=False),
        sa.Column("ask", sa.String(), nullable=False),
        sa.Column("entry", sa.String(), nullable=False),
        sa.Column("list_href", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("told_as", sa.String(), server_default="", nullable=False),
        sa.CheckConstraint(
            "to_account is not null or to_unit <> '' or phone <> '' or email <> ''", name="notice_line_to"
        ),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"]),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.ForeignKeyConstraint(["to_account"], ["account.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "key", "mark"),
    )
    op.create_index(op.f("ix_notice_line_application_id"), "notice_line", ["application_id"], unique=False)
    op.create_index(
        "notice_line_waiting", "notice_line", ["tenant_id"], unique=False, postgresql_where=sa.text("told_as = ''")
    )
    op.create_table(
        "office_change",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("unit_code", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("post", sa.String(), server_default="", nullable=False),
        sa.Column(
            "before", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column(
            "after", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("subject in ('post','deputy')", name="office_change_subject"),
        sa.CheckConstraint("(subject = 'post') = (post <> '')", name="office_change_post"),
        sa.CheckConstraint("before <> after", name="office_change_differs"),
        sa.CheckConstraint("by_name <> ''", name="office_change_by"),
        sa.ForeignKeyConstraint(["by_id"], ["account.id"]),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("office_change_latest", "office_change", ["tenant_id", "recorded_at"], unique=False)
    op.execute(
        "update case_item set closed_at = now(), resolution = '并入“无人办理”' "
        "where kind = 'unit_without_officer' and closed_at is null"
    )
    for statement in safeguards.put_up_for_money():
        op.execute(statement)
    # Payments of the first schema paid their bills whole.
    op.execute(
        "insert into payment_share (payment_id, seq, tenant_id, bill_id, item_code, amount_fen) "
        "select p.id, l.seq, p.tenant_id, p.bill_id, l.item_code, l.due_fen from payment p "
        "join bill_line l on l.bill_id = p.bill_id where l.due_fen > 0"
    )


def _change_the_first_tables() -> None:
    for table, gained in _columns().items():
        for each in gained:
            op.add_column(table, each)
    op.execute("set constraints all immediate")
    op.execute("update bill set paid_fen = total_fen where status = 'paid'")
    op.execute(
        "update bill set void_reason = '办件终止', voided_at = now(), void_booked_on = issued_on where status = 'void'"
    )
    # The books of the first schema were booked as they came in.
    op.execute("alter table ledger_entry disable trigger ledger_entry_append_only")
    op.execute("update ledger_entry set booked_on = (occurred_at at time zone 'Asia/Shanghai')::date")
    op.execute("alter table ledger_entry enable trigger ledger_entry_append_only")
    op.execute("update bill set booked_on = issued_on")
    op.execute("update receipt set booked_on = issued_on")
    for table in ("bill", "receipt", "ledger_entry"):
        op.alter_column(table, "booked_on", existing_type=sa.Date(), nullable=False)
    for table in ("bill", "receipt"):
        op.create_index(f"{table}_booked", table, ["tenant_id", "booked_on"])
    # Items that were in the catalogue before it was said since when: since ever.
    op.execute("update fee_item set listed_at = 'epoch'")
    op.create_foreign_key("fee_line_item", "fee_line", "fee_item", ["tenant_id", "item_code"], ["tenant_id", "code"])
    for table, column in _OWN_ROWS:
        op.create_unique_constraint(f"{table}_{column}_key", table, [column])
        op.create_foreign_key(f"{table}_{column}_fkey", table, table, [column], ["id"])
    for table, column in _ONCE:
        op.drop_constraint(f"{table}_{column}_key", table, type_="unique")
    op.create_unique_constraint("bill_line_fee_line_id_occasion_key", "bill_line", ["fee_line_id", "occasion"])
    _order_the_inbox("lane", "due_on")
    op.create_index("payment_bill", "payment", ["bill_id"])
    op.create_index("receipt_bill", "receipt", ["bill_id"])
    op.create_index("ledger_entry_booked", "ledger_entry", ["tenant_id", "booked_on"])
    op.alter_column("payment", "inbox_id", existing_type=sa.Uuid(), nullable=True)
    for table, name, _before, now in _CHANGED:
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, now)
    for table, name, condition in _NEW:
        op.create_check_constraint(name, table, condition)
    op.create_index(
        "bill_one_at_a_time",
        "bill",
        ["application_id", "payer"],
        unique=True,
        postgresql_where=sa.text("kind in ('original','reissue') and status <> 'void'"),
    )
    op.create_index(
        "bill_void_booked_on",
        "bill",
        ["tenant_id", "void_booked_on"],
        postgresql_where=sa.text("void_booked_on is not null"),
    )
    op.create_index(
        "bill_open", "bill", ["tenant_id", "due_on"], postgresql_where=sa.text("status in ('issued','part_paid')")
    )
    op.create_index(
        "receipt_one_at_a_time",
        "receipt",
        ["bill_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'receipt' and state = 'normal'"),
    )


def _order_the_inbox(*order: str) -> None:
    """Queues are read along this index: the green lane stands before every due date of the ordinary one."""
    op.drop_index("review_task_inbox", table_name="review_task")
    op.create_index(
        "review_task_inbox",
        "review_task",
        ["tenant_id", "unit_code", sa.text("queue_place(status, is_paused)"), *order],
        postgresql_include=["application_id", "area_code", "status", "is_paused", "officer_id", "near_on"],
    )


def downgrade() -> None:
    for statement in safeguards.take_down_for_money():
        op.execute(statement)
    op.drop_table("office_change")
    op.drop_table("notice_line")
    op.drop_table("refund")
    op.drop_table("suspense")
    op.drop_table("statement_line")
    op.drop_table("payment_share")
    op.drop_table("credit")
    op.drop_table("waiver")
    op.drop_table("dispute")
    op.drop_table("deposit")
    op.drop_table("bill_reminder")
    op.drop_table("area_survey")
    op.drop_table("transfer")
    op.drop_table("tariff_change")
    op.drop_table("statement_file")
    op.drop_table("period")
    op.drop_constraint("fee_line_item", "fee_line", type_="foreignkey")
    for name in ("bill_one_at_a_time", "bill_open", "bill_void_booked_on"):
        op.drop_index(name, table_name="bill")
    for name in ("receipt_bill", "receipt_one_at_a_time"):
        op.drop_index(name, table_name="receipt")
    op.drop_index("payment_bill", table_name="payment")
    for table in ("bill", "receipt", "ledger_entry"):
        op.drop_index(f"{table}_booked", table_name=table)
    op.drop_constraint("bill_line_fee_line_id_occasion_key", "bill_line", type_="unique")
    for table, name, _condition in reversed(_NEW):
        op.drop_constraint(name, table, type_="check")
    # The first schema has words for whole payments and receipts only: what it cannot say must not be there.
    for table, name, before, _now in _CHANGED:
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, before)
    op.alter_column("payment", "inbox_id", existing_type=sa.Uuid(), nullable=False)
    for table, column in _ONCE:
        op.create_unique_constraint(f"{table}_{column}_key", table, [column])
    for table, column in reversed(_OWN_ROWS):
        op.drop_constraint(f"{table}_{column}_fkey", table, type_="foreignkey")
        op.drop_constraint(f"{table}_{column}_key", table, type_="unique")
    for table, gained in _columns().items():
        for each in reversed(gained):
            op.drop_column(table, each.name)
