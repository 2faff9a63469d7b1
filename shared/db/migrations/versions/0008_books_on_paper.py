"""The books on paper: a closed period knows its document, and what leaves the house as a file is on record."""

import sqlalchemy as sa
from alembic import op

from shared.db.migrations import safeguards

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_BEFORE = "application_id is not null or draft_id is not null or kind in ('day_close','month_close','transfers')"
_NOW = "application_id is not null or draft_id is not null or kind in ('day_close','month_close','transfers','export')"


def upgrade() -> None:
    op.add_column("period", sa.Column("document_sha256", sa.String(), nullable=True))
    op.drop_constraint("document_belongs", "document", type_="check")
    op.create_check_constraint("document_belongs", "document", _NOW)
    op.create_table(
        "export",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("by", sa.String(), server_default="", nullable=False),
        sa.Column("state", sa.String(), server_default="", nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("document_sha256", sa.String(), nullable=True),
        sa.Column("seal_key_id", sa.String(), nullable=True),
        sa.Column("seal", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("form in ('csv','xlsx','pdf')", name="export_form"),
        sa.CheckConstraint("last_on >= first_on", name="export_days"),
        sa.CheckConstraint("rows >= 0", name="export_rows"),
        sa.CheckConstraint("document_sha256 is null or form = 'pdf'", name="export_document"),
        sa.ForeignKeyConstraint(["asked_by"], ["account.id"]),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("export_asked", "export", ["tenant_id", "asked_at"])
    for statement in safeguards.put_up_for_books():
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("export")
    op.drop_column("period", "document_sha256")
    op.drop_constraint("document_belongs", "document", type_="check")
    op.create_check_constraint("document_belongs", "document", _BEFORE)
