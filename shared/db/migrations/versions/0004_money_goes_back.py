"""Money goes back: a refund is checked, ordered and tried again; a deposit is offered, watched and has its moves."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db.migrations import safeguards

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_OPEN = "state in ('asked','approved','sent')"
_OPEN_NOW = "state in ('checking','asked','approved','sent','failed')"

#: Constraints that say more now: table, name, what they said, what they say.
_CHANGED = (
    (
        "refund",
        "refund_kind",
        "kind in ('treasury','deposit','settlement','credit','payout','return')",
        "kind in ('treasury','agency','deposit','settlement','payout','draw','credit','return')",
    ),
    (
        "refund",
        "refund_state",
        "state in ('asked','approved','declined','sent','paid','failed')",
        "state in ('checking','asked','approved','declined','sent','paid','failed')",
    ),
    (
        "refund",
        "refund_decided",
        "state in ('asked') or decided_by is not null",
        "state in ('checking','asked') or decided_by is not null",
    ),
    (
        "deposit",
        "deposit_state",
        "state in ('held','releasing','released','expired')",
        "state in ('offered','declined','held','releasing','released','expired')",
    ),
)
_NEW = (
    ("refund", "refund_interest", "interest_fen between 0 and amount_fen and (interest_fen = 0 or kind = 'deposit')"),
    (
        "refund",
        "refund_checked_apart",
        "checked_by is null or ((asked_by is null or checked_by <> asked_by) "
        "and (decided_by is null or checked_by <> decided_by))",
    ),
    (
        "refund",
        "refund_checked",
        "kind <> 'settlement' or state in ('checking','declined') or checked_by is not null",
    ),
    ("refund", "refund_sent", "state not in ('sent','paid') or sent_at is not null"),
    ("refund", "refund_paid", "state <> 'paid' or (paid_at is not null and bank_txn_id <> '')"),
    ("refund", "refund_failed", "state <> 'failed' or failure <> ''"),
    ("deposit", "deposit_interest", "form = 'cash' or interest_fen = 0"),
    ("deposit", "deposit_two_people", "decided_by is null or decided_by <> asked_by"),
    ("deposit", "deposit_declined", "state <> 'declined' or opinion <> ''"),
)
#: What refunds and deposits say besides.
_REFUND = (
    "version", "interest_fen", "unit_code", "checked_by", "checked_at", "check_note", "attempts", "failure", "digest",
    "asked_on",
)  # fmt: skip
_DEPOSIT = ("paper_id", "asked_by", "asked_at", "decided_by", "decided_at", "opinion", "watched")


def upgrade() -> None:
    for column in (
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("interest_fen", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("unit_code", sa.String(), server_default="", nullable=False),
        sa.Column("checked_by", sa.Uuid(), sa.ForeignKey("account.id"), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("check_note", sa.String(), server_default="", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failure", sa.String(), server_default="", nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("asked_on", sa.Date(), nullable=True),
    ):
        op.add_column("refund", column)
    op.execute("update refund set digest = '', asked_on = asked_at::date")
    op.alter_column("refund", "digest", nullable=False)
    op.alter_column("refund", "asked_on", nullable=False)
    op.alter_column("refund", "asked_by", nullable=True)
    op.create_index(
        "refund_bank_once",
        "refund",
        ["tenant_id", "bank_txn_id"],
        unique=True,
        postgresql_where=sa.text("bank_txn_id <> ''"),
    )
    op.create_index("refund_deposit", "refund", ["deposit_id"])
    op.drop_index("refund_open", table_name="refund")
    op.create_index("refund_open", "refund", ["tenant_id", "state"], postgresql_where=sa.text(_OPEN_NOW))
    for column in (
        sa.Column("paper_id", sa.Uuid(), sa.ForeignKey("attachment.id"), nullable=True),
        sa.Column("asked_by", sa.Uuid(), sa.ForeignKey("account.id"), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), sa.ForeignKey("account.id"), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opinion", sa.String(), server_default="", nullable=False),
        sa.Column("watched", sa.Integer(), nullable=True),
    ):
        op.add_column("deposit", column)
    op.drop_constraint("deposit_bill_id_fee_line_id_key", "deposit", type_="unique")
    op.create_index(
        "deposit_once",
        "deposit",
        ["bill_id", "fee_line_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'declined'"),
    )
    op.add_column("receipt", sa.Column("reason", sa.String(), server_default="", nullable=False))
    for table, name, _, now in _CHANGED:
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, now)
    for table, name, says in _NEW:
        op.create_check_constraint(name, table, says)
    _create_moves()
    for statement in safeguards.put_up_for_refunds():
        op.execute(statement)


def _create_moves() -> None:
    op.create_table(
        "deposit_move",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("deposit_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default="done", nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("document", sa.String(), server_default="", nullable=False),
        sa.Column("paper_id", sa.Uuid(), nullable=True),
        sa.Column(
            "data", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opinion", sa.String(), server_default="", nullable=False),
        sa.CheckConstraint(
            "kind in ('opening','interest','draw','completion','release','renewal','end')", name="deposit_move_kind"
        ),
        sa.CheckConstraint("state <> 'declined' or opinion <> ''", name="deposit_move_declined"),
        sa.CheckConstraint("state in ('asked','done','declined')", name="deposit_move_state"),
        sa.CheckConstraint("amount_fen >= 0", name="deposit_move_amount"),
        sa.CheckConstraint("decided_by is null or decided_by <> asked_by", name="deposit_move_two_people"),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"]),
        sa.ForeignKeyConstraint(["asked_by"], ["account.id"]),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"]),
        sa.ForeignKeyConstraint(["deposit_id"], ["deposit.id"]),
        sa.ForeignKeyConstraint(["paper_id"], ["attachment.id"]),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("deposit_move_application", "deposit_move", ["application_id"])
    op.create_index("deposit_move_deposit", "deposit_move", ["deposit_id", "at"])
    op.create_index(
        "deposit_move_open",
        "deposit_move",
        ["deposit_id", "kind"],
        unique=True,
        postgresql_where=sa.text("state = 'asked'"),
    )


def downgrade() -> None:
    for statement in safeguards.take_down_for_refunds():
        op.execute(statement)
    op.drop_table("deposit_move")
    for table, name, _ in _NEW:
        op.drop_constraint(name, table, type_="check")
    for table, name, before, _ in _CHANGED:
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, before)
    op.drop_column("receipt", "reason")
    op.drop_index("deposit_once", table_name="deposit")
    op.create_unique_constraint("deposit_bill_id_fee_line_id_key", "deposit", ["bill_id", "fee_line_id"])
    for name in _DEPOSIT:
        op.drop_column("deposit", name)
    for name in ("refund_open", "refund_deposit", "refund_bank_once"):
        op.drop_index(name, table_name="refund")
    op.create_index("refund_open", "refund", ["tenant_id", "state"], postgresql_where=sa.text(_OPEN))
    op.alter_column("refund", "asked_by", nullable=False)
    for name in _REFUND:
        op.drop_column("refund", name)
