"""A declined service card can be asked for again; an ask ends with its case."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint("service_card_state", "service_card", type_="check")
    op.create_check_constraint(
        "service_card_state", "service_card", "state in ('asked','granted','declined','cancelled')"
    )
    op.drop_constraint("service_card_application_id_key", "service_card", type_="unique")
    op.create_index("service_card_application", "service_card", ["application_id", "asked_at"])
    op.create_index(
        "service_card_once",
        "service_card",
        ["application_id"],
        unique=True,
        postgresql_where=sa.text("state in ('asked','granted')"),
    )


def downgrade() -> None:
    op.drop_index("service_card_once", table_name="service_card")
    op.drop_index("service_card_application", table_name="service_card")
    op.create_unique_constraint("service_card_application_id_key", "service_card", ["application_id"])
    op.drop_constraint("service_card_state", "service_card", type_="check")
    op.create_check_constraint("service_card_state", "service_card", "state in ('asked','granted','declined')")
