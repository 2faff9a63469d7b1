"""Papers that strangers can check: each has the code that stands at its foot; bills that are drawn have theirs."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("document", sa.Column("verification_code", sa.String(), nullable=True))
    op.execute(
        "update document set verification_code = view ->> 'verification_code' "
        "where kind = 'bill' and view ? 'verification_code'"
    )
    op.create_unique_constraint(
        "document_tenant_id_verification_code_key", "document", ["tenant_id", "verification_code"]
    )


def downgrade() -> None:
    op.drop_column("document", "verification_code")
