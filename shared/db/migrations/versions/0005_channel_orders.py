"""Orders at payment channels and what was asked about them; money in suspense that a channel told of when asked."""

import sqlalchemy as sa
from alembic import op

from shared.db.migrations import safeguards

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_SOURCE = "inbox_id is not null or file_id is not null"


def upgrade() -> None:
    op.create_table(
        "channel_order",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("bill_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), server_default="created", nullable=False),
        sa.Column("qr", sa.String(), server_default="", nullable=False),
        sa.Column("transaction_no", sa.String(), server_default="", nullable=False),
        sa.Column("is_closing", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ask_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(), server_default="", nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state in ('created','pending','unknown','paid','closed')", name="channel_order_state"),
        sa.CheckConstraint("amount_fen > 0", name="channel_order_amount"),
        sa.CheckConstraint("state <> 'pending' or qr <> ''", name="channel_order_qr"),
        sa.CheckConstraint("(state = 'paid') = (transaction_no <> '')", name="channel_order_transaction"),
        sa.CheckConstraint(
            "(state in ('paid','closed')) = (ask_at is null) and (ask_at is null) = (settled_at is not null)",
            name="channel_order_settled",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"]),
        sa.ForeignKeyConstraint(["bill_id"], ["bill.id"]),
        sa.ForeignKeyConstraint(["opened_by"], ["account.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("channel", "number"),
    )
    op.create_index("ix_channel_order_application_id", "channel_order", ["application_id"])
    op.create_index("ix_channel_order_bill_id", "channel_order", ["bill_id"])
    op.create_index(
        "channel_order_live",
        "channel_order",
        ["bill_id", "channel"],
        unique=True,
        postgresql_where=sa.text("state in ('created','pending','unknown')"),
    )
    op.create_index(
        "channel_order_ask",
        "channel_order",
        ["tenant_id", "ask_at"],
        postgresql_where=sa.text("ask_at is not null"),
    )
    op.create_table(
        "channel_asking",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("words", sa.String(), server_default="", nullable=False),
        sa.Column("raw", sa.String(), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("act in ('create','query','close')", name="channel_asking_act"),
        sa.CheckConstraint(
            "outcome in ('made','paid','pending','missing','refunded','closed','refused','no_answer')",
            name="channel_asking_outcome",
        ),
        sa.ForeignKeyConstraint(["order_id"], ["channel_order.id"]),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"]),
        sa.PrimaryKeyConstraint("order_id", "seq"),
    )
    op.create_index("ix_channel_asking_application_id", "channel_asking", ["application_id"])
    op.add_column("suspense", sa.Column("order_id", sa.Uuid(), nullable=True))
    op.create_foreign_key("suspense_order_id_fkey", "suspense", "channel_order", ["order_id"], ["id"])
    op.drop_constraint("suspense_source", "suspense", type_="check")
    op.create_check_constraint("suspense_source", "suspense", f"{_SOURCE} or order_id is not null")
    for statement in safeguards.put_up_for_channels():
        op.execute(statement)


def downgrade() -> None:
    op.drop_constraint("suspense_source", "suspense", type_="check")
    op.create_check_constraint("suspense_source", "suspense", _SOURCE)
    op.drop_constraint("suspense_order_id_fkey", "suspense", type_="foreignkey")
    op.drop_column("suspense", "order_id")
    op.drop_table("channel_asking")
    op.drop_table("channel_order")
