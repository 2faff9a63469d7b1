"""Letters and records that strangers can check: each has the code that stands at its foot."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("document", sa.Column("verification_code", sa.String(), nullable=True))
    op.create_unique_constraint("document_verification_code_key", "document", ["verification_code"])


def downgrade() -> None:
    op.drop_column("document", "verification_code")
