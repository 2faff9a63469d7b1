"""Review in depth: clocks as rows, corrections, prerequisites and meetings, the green channel, notices to people."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db.migrations import safeguards

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

#: Constraints of the first schema that say more now: table, name, what they said, what they say.
_CHANGED = (
    (
        "application",
        "application_status",
        "status in ('in_review','objected','billed','completed','withdrawn')",
        "status in ('in_review','objected','billed','completed','withdrawn','refused','not_accepted')",
    ),
    (
        "review_task",
        "review_task_status",
        "status in ('open','taken','approved','objected')",
        "status in ('waiting','open','taken','checking','forwarded','approved','objected','cancelled')",
    ),
)
_NEW = (
    ("application", "application_lane", "lane in ('ordinary','green')"),
    ("review_task", "review_task_kind", "kind in ('ordinary','special','simple','instant')"),
    ("review_task", "review_task_mode", "mode in ('single','two_person')"),
    ("review_task", "review_task_two_people", "checker_id is null or checker_id <> officer_id"),
    (
        "review_task",
        "review_task_first",
        "status <> 'checking' or (first_verdict is not null and officer_id is not null)",
    ),
    ("review_task", "review_task_default", "not is_by_default or (status = 'approved' and officer_id is null)"),
    ("document", "document_belongs", "application_id is not null or draft_id is not null"),
)


def upgrade() -> None:
    op.create_table(
        "calendar_change",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column(
            "days", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default="proposed", nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "affected", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.CheckConstraint("document <> ''", name="calendar_change_document"),
        sa.CheckConstraint("kind in ('import','change')", name="calendar_change_kind"),
        sa.CheckConstraint("state in ('proposed','approved','declined')", name="calendar_change_state"),
        sa.CheckConstraint("decided_by is null or decided_by <> proposed_by", name="calendar_change_two_people"),
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
    op.create_index("calendar_change_tenant", "calendar_change", ["tenant_id", "proposed_at"], unique=False)
    op.create_table(
        "deputy",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("unit_code", sa.String(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("deputy_id", sa.Uuid(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("account_id <> deputy_id", name="deputy_other"),
        sa.CheckConstraint("to_on >= from_on", name="deputy_period"),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["deputy_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["set_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("deputy_of", "deputy", ["tenant_id", "account_id", "from_on"], unique=False)
    op.create_table(
        "post",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("unit_code", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), server_default="", nullable=False),
        sa.Column("email", sa.String(), server_default="", nullable=False),
        sa.CheckConstraint("kind in ('chief','head','liaison','supervisor')", name="post_kind"),
        sa.CheckConstraint("name <> ''", name="post_name"),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("tenant_id", "unit_code", "kind"),
    )
    op.create_table(
        "appointment",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("unit_code", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default="asked", nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('asked','confirmed','cancelled')", name="appointment_state"),
        sa.ForeignKeyConstraint(
            ["answered_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_appointment_application_id", "appointment", ["application_id"], unique=False)
    op.create_index(
        "appointment_slot",
        "appointment",
        ["tenant_id", "unit_code", "at"],
        unique=True,
        postgresql_where=sa.text("state <> 'cancelled'"),
    )
    op.create_table(
        "clock",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("mechanism", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("unit_code", sa.String(), nullable=False),
        sa.Column("promise_days", sa.Integer(), nullable=False),
        sa.Column("extended_days", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("hint_on", sa.Date(), nullable=True),
        sa.Column("amber_on", sa.Date(), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_on", sa.Date(), nullable=True),
        sa.Column("stopped_for", sa.String(), server_default="", nullable=False),
        sa.Column("calendar_revision", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(state = 'stopped') = (stopped_on is not null)", name="clock_stopped"),
        sa.CheckConstraint("(state = 'waiting') = (started_on is null)", name="clock_started"),
        sa.CheckConstraint("kind <> 'special' or reason <> ''", name="clock_special_reason"),
        sa.CheckConstraint("mechanism in ('joint','matter','card','commitment','correction')", name="clock_mechanism"),
        sa.CheckConstraint("state in ('waiting','running','paused','stopped')", name="clock_state"),
        sa.CheckConstraint("state in ('waiting','stopped') or due_on is not null", name="clock_due"),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("mechanism", "subject_id"),
    )
    op.create_index("clock_application", "clock", ["application_id"], unique=False)
    op.create_index(
        "clock_arrived",
        "clock",
        ["tenant_id", "unit_code", "started_at"],
        unique=False,
        postgresql_where=sa.text("mechanism = 'matter'"),
    )
    op.create_index(
        "clock_ticking", "clock", ["tenant_id", "hint_on"], unique=False, postgresql_where=sa.text("state = 'running'")
    )
    op.create_table(
        "correction_notice",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=True),
        sa.Column("state", sa.String(), server_default="collecting", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("window_until", sa.Date(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_on", sa.Date(), nullable=True),
        sa.Column("reply_due_on", sa.Date(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state = 'collecting' or state = 'cancelled' or number is not null", name="correction_number"
        ),
        sa.CheckConstraint("state in ('collecting','sent','answered','cancelled')", name="correction_notice_state"),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("application_id", "seq"),
        sa.UniqueConstraint("tenant_id", "number"),
    )
    op.create_index(
        "correction_notice_open",
        "correction_notice",
        ["application_id"],
        unique=True,
        postgresql_where=sa.text("state in ('collecting','sent')"),
    )
    op.create_index(
        "correction_notice_window",
        "correction_notice",
        ["tenant_id", "window_until"],
        unique=False,
        postgresql_where=sa.text("state = 'collecting'"),
    )
    op.create_table(
        "intake_notice",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=True),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("addressee", sa.String(), nullable=False),
        sa.Column("project_name", sa.String(), nullable=False),
        sa.Column(
            "items", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("basis", sa.String(), server_default="", nullable=False),
        sa.Column(
            "papers", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("clause", sa.String(), server_default="", nullable=False),
        sa.Column("go_to", sa.String(), server_default="", nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("unit_code", sa.String(), nullable=False),
        sa.Column("document_sha256", sa.String(), nullable=True),
        sa.Column("seal_key_id", sa.String(), nullable=True),
        sa.Column("seal", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("kind in ('accepted','one_time','not_accepted')", name="intake_notice_kind"),
        sa.CheckConstraint("application_id is not null or draft_id is not null", name="intake_notice_belongs"),
        sa.CheckConstraint("application_id is not null or seal is not null", name="intake_notice_sealed"),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["draft_id"],
            ["draft.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "number"),
    )
    op.create_index("intake_notice_account", "intake_notice", ["tenant_id", "account_id"], unique=False)
    op.create_index("ix_intake_notice_application_id", "intake_notice", ["application_id"], unique=False)
    op.create_index("ix_intake_notice_draft_id", "intake_notice", ["draft_id"], unique=False)
    op.create_table(
        "meeting",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), server_default="", nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default="called", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column(
            "task_ids", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("called_by", sa.Uuid(), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("place", sa.String(), server_default="", nullable=False),
        sa.Column("chair", sa.String(), server_default="", nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_by", sa.Uuid(), nullable=True),
        sa.Column("discussed", sa.String(), server_default="", nullable=False),
        sa.CheckConstraint("kind in ('mutual','objection','escalation')", name="meeting_kind"),
        sa.CheckConstraint("reason <> ''", name="meeting_reason"),
        sa.CheckConstraint("state <> 'held' or (held_at is not null and discussed <> '')", name="meeting_held"),
        sa.CheckConstraint("state in ('called','held','cancelled')", name="meeting_state"),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["called_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["held_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "number"),
    )
    op.create_index("ix_meeting_application_id", "meeting", ["application_id"], unique=False)
    op.create_index(
        "meeting_open",
        "meeting",
        ["application_id", "kind", "key"],
        unique=True,
        postgresql_where=sa.text("state = 'called'"),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("to_account", sa.Uuid(), nullable=True),
        sa.Column("to_unit", sa.String(), server_default="", nullable=False),
        sa.Column("to_name", sa.String(), server_default="", nullable=False),
        sa.Column("address", sa.String(), server_default="", nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("href", sa.String(), server_default="", nullable=False),
        sa.Column("state", sa.String(), server_default="ready", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(), server_default="", nullable=False),
        sa.CheckConstraint("channel = 'app' or address <> ''", name="notice_address"),
        sa.CheckConstraint("channel in ('app','email','sms')", name="notice_channel"),
        sa.CheckConstraint("state in ('ready','sent','failed')", name="notice_state"),
        sa.CheckConstraint("to_account is not null or to_unit <> '' or address <> ''", name="notice_somebody"),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.ForeignKeyConstraint(
            ["to_account"],
            ["account.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "key", "channel"),
    )
    op.create_index("ix_notice_application_id", "notice", ["application_id"], unique=False)
    op.create_index(
        "notice_unit_unread",
        "notice",
        ["tenant_id", "to_unit"],
        unique=False,
        postgresql_where=sa.text("channel = 'app' and read_at is null"),
    )
    op.create_index(
        "notice_unread",
        "notice",
        ["to_account"],
        unique=False,
        postgresql_where=sa.text("channel = 'app' and read_at is null"),
    )
    op.create_table(
        "refusal",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column(
            "grounds", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("decided_by", sa.Uuid(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
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
        sa.UniqueConstraint("application_id"),
        sa.UniqueConstraint("tenant_id", "number"),
    )
    op.create_table(
        "service_card",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=True),
        sa.Column("state", sa.String(), server_default="asked", nullable=False),
        sa.Column("criterion", sa.String(), nullable=False),
        sa.Column("document", sa.String(), server_default="", nullable=False),
        sa.Column("statement", sa.String(), server_default="", nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.CheckConstraint("(state = 'granted') = (number is not null)", name="service_card_number"),
        sa.CheckConstraint("criterion <> ''", name="service_card_criterion"),
        sa.CheckConstraint("state <> 'declined' or reason <> ''", name="service_card_reason"),
        sa.CheckConstraint("state in ('asked','granted','declined')", name="service_card_state"),
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
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("application_id"),
        sa.UniqueConstraint("tenant_id", "number"),
    )
    op.create_index("service_card_open", "service_card", ["tenant_id", "state"], unique=False)
    op.create_table(
        "survey",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default="planned", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("note", sa.String(), server_default="", nullable=False),
        sa.Column("pauses_clocks", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("called_by", sa.Uuid(), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('planned','held','cancelled')", name="survey_state"),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["called_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "number"),
    )
    op.create_index("ix_survey_application_id", "survey", ["application_id"], unique=False)
    op.create_index(
        "survey_open", "survey", ["application_id"], unique=True, postgresql_where=sa.text("state = 'planned'")
    )
    op.create_table(
        "clock_extension",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("clock_id", sa.Uuid(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default="asked", nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_by_name", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_by_name", sa.String(), server_default="", nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'asked') = (decided_at is null)", name="clock_extension_decided"),
        sa.CheckConstraint("reason <> ''", name="clock_extension_reason"),
        sa.CheckConstraint("state in ('asked','granted','declined')", name="clock_extension_state"),
        sa.CheckConstraint("days > 0", name="clock_extension_days"),
        sa.CheckConstraint("decided_by is null or decided_by <> asked_by", name="clock_extension_two_people"),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["clock_id"],
            ["clock.id"],
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
    op.create_index(
        "clock_extension_once",
        "clock_extension",
        ["clock_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'declined'"),
    )
    op.create_index("ix_clock_extension_application_id", "clock_extension", ["application_id"], unique=False)
    op.create_table(
        "clock_pause",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("clock_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("started_by", sa.Uuid(), nullable=True),
        sa.Column("started_by_name", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_by_name", sa.String(), server_default="", nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "kind in ('correction','hearing','inspection','testing','quarantine','appraisal','expert_review','forwarded','decided','meeting')",
            name="clock_pause_kind",
        ),
        sa.CheckConstraint("reason <> ''", name="clock_pause_reason"),
        sa.CheckConstraint("(ended_at is null) = (ended_on is null)", name="clock_pause_ended"),
        sa.CheckConstraint("ended_on is null or ended_on >= started_on", name="clock_pause_order"),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["clock_id"],
            ["clock.id"],
        ),
        sa.ForeignKeyConstraint(
            ["ended_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["started_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("clock_pause_application", "clock_pause", ["application_id"], unique=False)
    op.create_index(
        "clock_pause_open",
        "clock_pause",
        ["clock_id", "kind"],
        unique=True,
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_index("ix_clock_pause_clock_id", "clock_pause", ["clock_id"], unique=False)
    op.create_table(
        "clock_step",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("clock_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("reached_on", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_unit", sa.String(), server_default="", nullable=False),
        sa.Column("to_name", sa.String(), server_default="", nullable=False),
        sa.CheckConstraint(
            "step in ('hint','amber','red','officer','chief','lead','supervisor','meeting')", name="clock_step_step"
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["clock_id"],
            ["clock.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("clock_id", "step", "due_on"),
    )
    op.create_index("clock_step_application", "clock_step", ["application_id"], unique=False)
    op.create_table(
        "commitment",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("material_code", sa.String(), nullable=False),
        sa.Column("unit_code", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default="promised", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("promised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("attachment_id", sa.Uuid(), nullable=True),
        sa.Column("brought_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_by", sa.Uuid(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opinion", sa.String(), server_default="", nullable=False),
        sa.Column("late_noted_on", sa.Date(), nullable=True),
        sa.CheckConstraint("state in ('promised','brought','fulfilled','failed')", name="commitment_state"),
        sa.CheckConstraint(
            "state not in ('brought','fulfilled') or attachment_id is not null", name="commitment_paper"
        ),
        sa.CheckConstraint("state <> 'failed' or opinion <> ''", name="commitment_reason"),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["attachment_id"],
            ["attachment.id"],
        ),
        sa.ForeignKeyConstraint(
            ["checked_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("application_id", "material_code"),
    )
    op.create_index("commitment_desk", "commitment", ["tenant_id", "unit_code", "due_on"], unique=False)
    op.create_table(
        "correction_item",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("unit_code", sa.String(), nullable=False),
        sa.Column("matter_code", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("target", sa.String(), server_default="", nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("clause", sa.String(), nullable=False),
        sa.Column("wanted", sa.String(), server_default="", nullable=False),
        sa.Column("state", sa.String(), server_default="asked", nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("old_value", sa.String(), server_default="", nullable=False),
        sa.Column(
            "typed", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("new_value", sa.String(), server_default="", nullable=False),
        sa.Column("explanation", sa.String(), server_default="", nullable=False),
        sa.Column("attachment_id", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind = 'statement' or target <> ''", name="correction_item_target"),
        sa.CheckConstraint("kind in ('paper','fact','statement')", name="correction_item_kind"),
        sa.CheckConstraint("reason <> '' and clause <> ''", name="correction_item_reason"),
        sa.CheckConstraint("state in ('asked','answered','withdrawn')", name="correction_item_state"),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["attachment_id"],
            ["attachment.id"],
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"],
            ["correction_notice.id"],
        ),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["review_task.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("notice_id", "task_id", "kind", "target"),
    )
    op.create_index("correction_item_application", "correction_item", ["application_id"], unique=False)
    op.create_index("ix_correction_item_task_id", "correction_item", ["task_id"], unique=False)
    op.create_table(
        "external_wait",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("authority", sa.String(), nullable=False),
        sa.Column("reference_number", sa.String(), server_default="", nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_by", sa.Uuid(), nullable=False),
        sa.Column("follow_up_on", sa.Date(), nullable=False),
        sa.Column(
            "follow_ups", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("answer", sa.String(), server_default="", nullable=False),
        sa.Column("answer_note", sa.String(), server_default="", nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(answer = '') = (answered_at is null)", name="external_wait_answered"),
        sa.CheckConstraint("answer in ('','approved','refused')", name="external_wait_answer"),
        sa.CheckConstraint("authority <> ''", name="external_wait_authority"),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["sent_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["review_task.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "external_wait_due",
        "external_wait",
        ["tenant_id", "follow_up_on"],
        unique=False,
        postgresql_where=sa.text("answered_at is null"),
    )
    op.create_index(
        "external_wait_open", "external_wait", ["task_id"], unique=True, postgresql_where=sa.text("answered_at is null")
    )
    op.create_index("ix_external_wait_application_id", "external_wait", ["application_id"], unique=False)
    op.create_table(
        "handover",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("from_unit", sa.String(), nullable=False),
        sa.Column("to_unit", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("reason <> ''", name="handover_reason"),
        sa.CheckConstraint("from_unit <> to_unit", name="handover_units"),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["by_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["review_task.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_handover_application_id", "handover", ["application_id"], unique=False)
    op.create_table(
        "meeting_seat",
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("unit_code", sa.String(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), server_default="", nullable=False),
        sa.Column("post", sa.String(), server_default="", nullable=False),
        sa.Column("attended", sa.Boolean(), nullable=True),
        sa.Column("speaker_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"],
            ["meeting.id"],
        ),
        sa.ForeignKeyConstraint(
            ["speaker_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("meeting_id", "unit_code"),
    )
    op.create_index("ix_meeting_seat_application_id", "meeting_seat", ["application_id"], unique=False)
    op.create_table(
        "meeting_verdict",
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("opinion", sa.String(), nullable=False),
        sa.CheckConstraint("verdict in ('approved','objected')", name="meeting_verdict_verdict"),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"],
            ["meeting.id"],
        ),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["review_task.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("meeting_id", "task_id"),
    )
    op.create_index("ix_meeting_verdict_application_id", "meeting_verdict", ["application_id"], unique=False)
    op.create_table(
        "sms_message",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["notice_id"],
            ["notice.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("notice_id"),
    )
    op.create_table(
        "survey_finding",
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("unit_code", sa.String(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("result", sa.String(), server_default="", nullable=False),
        sa.Column("finding", sa.String(), server_default="", nullable=False),
        sa.Column("found_by", sa.Uuid(), nullable=True),
        sa.Column("found_by_name", sa.String(), server_default="", nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("result in ('','fine','problem')", name="survey_finding_result"),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["found_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["survey_id"],
            ["survey.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("survey_id", "unit_code"),
    )
    op.create_index("ix_survey_finding_application_id", "survey_finding", ["application_id"], unique=False)
    op.add_column("account", sa.Column("phone", sa.String(), server_default="", nullable=False))
    op.add_column("account", sa.Column("email", sa.String(), server_default="", nullable=False))
    op.add_column(
        "application",
        sa.Column(
            "situations", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
    )
    op.add_column("application", sa.Column("lane", sa.String(), server_default="ordinary", nullable=False))
    op.add_column("application", sa.Column("reopened", sa.Integer(), server_default="0", nullable=False))
    for table in ("application", "review_task"):
        op.add_column(table, sa.Column("near_on", sa.Date(), nullable=True))
    op.add_column("application", sa.Column("is_paused", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("attachment", sa.Column("origin", sa.String(), server_default="applicant", nullable=False))
    op.add_column("attachment", sa.Column("replaced_by", sa.Uuid(), nullable=True))
    op.create_foreign_key("attachment_replaced_by_fkey", "attachment", "attachment", ["replaced_by"], ["id"])
    op.add_column("document", sa.Column("draft_id", sa.Uuid(), nullable=True))
    op.alter_column("document", "application_id", existing_type=sa.UUID(), nullable=True)
    op.create_index("ix_document_draft_id", "document", ["draft_id"], unique=False)
    op.create_foreign_key("document_draft_id_fkey", "document", "draft", ["draft_id"], ["id"])
    op.add_column("review_task", sa.Column("kind", sa.String(), server_default="ordinary", nullable=False))
    op.add_column("review_task", sa.Column("mode", sa.String(), server_default="single", nullable=False))
    op.add_column("review_task", sa.Column("step_code", sa.String(), nullable=True))
    op.add_column("review_task", sa.Column("lane", sa.String(), server_default="ordinary", nullable=False))
    op.add_column("review_task", sa.Column("round", sa.Integer(), server_default="1", nullable=False))
    op.add_column("review_task", sa.Column("is_paused", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("review_task", sa.Column("first_opinion", sa.String(), server_default="", nullable=False))
    op.add_column("review_task", sa.Column("first_verdict", sa.String(), nullable=True))
    op.add_column("review_task", sa.Column("first_decided_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "review_task",
        sa.Column(
            "proposal", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
    )
    op.add_column("review_task", sa.Column("checker_id", sa.Uuid(), nullable=True))
    op.add_column("review_task", sa.Column("on_behalf_of", sa.Uuid(), nullable=True))
    op.add_column("review_task", sa.Column("way", sa.String(), server_default="", nullable=False))
    op.add_column(
        "review_task",
        sa.Column(
            "worksheet", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
    )
    op.add_column(
        "review_task", sa.Column("is_by_default", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.drop_index(
        "review_task_inbox",
        table_name="review_task",
        postgresql_where=sa.text("status in ('open','taken')"),
    )
    op.drop_index("application_applicant", table_name="application")
    op.create_index("application_applicant", "application", ["tenant_id", "applicant_id", "area_code"], unique=False)
    op.create_unique_constraint("application_area", "application", ["id", "area_code"])
    op.add_column("review_task", sa.Column("area_code", sa.String(), nullable=True))
    op.execute("update review_task t set area_code = a.area_code from application a where a.id = t.application_id")
    op.alter_column("review_task", "area_code", existing_type=sa.String(), nullable=False)
    op.create_foreign_key(
        "review_task_area", "review_task", "application", ["application_id", "area_code"], ["id", "area_code"]
    )
    op.execute(safeguards.QUEUE_PLACE)
    op.create_index(
        "review_task_inbox",
        "review_task",
        ["tenant_id", "unit_code", sa.text("queue_place(status, is_paused)"), "due_on", "lane"],
        unique=False,
        postgresql_include=["application_id", "area_code", "status", "is_paused", "officer_id", "near_on"],
    )
    op.create_index(
        "review_task_mine",
        "review_task",
        ["officer_id"],
        unique=False,
        postgresql_where=sa.text("status in ('taken','forwarded')"),
    )
    op.create_index(
        "review_task_checking",
        "review_task",
        ["tenant_id", "unit_code"],
        unique=False,
        postgresql_where=sa.text("status = 'checking'"),
    )
    op.create_index(
        "review_task_done",
        "review_task",
        ["tenant_id", "unit_code", "decided_at"],
        unique=False,
        postgresql_where=sa.text("status in ('approved','objected')"),
    )
    op.drop_index("outbox_ready", table_name="outbox")
    op.add_column("outbox", sa.Column("is_urgent", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_index(
        "outbox_ready",
        "outbox",
        [sa.text("is_urgent desc"), "id"],
        unique=False,
        postgresql_where=sa.text("published_at is null and done_at is null and dead_at is null"),
    )
    op.create_foreign_key("review_task_checker_id_fkey", "review_task", "account", ["checker_id"], ["id"])
    op.create_foreign_key("review_task_on_behalf_of_fkey", "review_task", "account", ["on_behalf_of"], ["id"])
    for table, name, _before, now in _CHANGED:
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, now)
    for table, name, condition in _NEW:
        op.create_check_constraint(name, table, condition)
    for statement in safeguards.put_up_for_review():
        op.execute(statement)


def downgrade() -> None:
    for statement in safeguards.take_down_for_review():
        op.execute(statement)
    # Rows that the first schema has no words for stand as what they were before.
    op.execute("update application set status = 'withdrawn' where status in ('refused', 'not_accepted')")
    op.execute("update review_task set status = 'open' where status in ('waiting','checking','forwarded','cancelled')")
    op.execute("delete from document where application_id is null")
    for table, name, _condition in reversed(_NEW):
        op.drop_constraint(name, table, type_="check")
    for table, name, before, _now in _CHANGED:
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, before)
    # WARNING: constraint name is None; this directive will fail as
    # rendered.  Add a name, or use a naming convention; see
    # https://alembic.sqlalchemy.org/en/latest/naming.html
    op.drop_constraint("review_task_on_behalf_of_fkey", "review_task", type_="foreignkey")
    op.drop_constraint("review_task_checker_id_fkey", "review_task", type_="foreignkey")
    for name in ("review_task_done", "review_task_checking", "review_task_mine", "review_task_inbox"):
        op.drop_index(name, table_name="review_task")
    op.execute("drop function queue_place(varchar, boolean)")
    op.drop_constraint("review_task_area", "review_task", type_="foreignkey")
    op.drop_column("review_task", "area_code")
    op.drop_constraint("application_area", "application", type_="unique")
    op.drop_index("application_applicant", table_name="application")
    op.create_index("application_applicant", "application", ["tenant_id", "applicant_id"], unique=False)
    op.create_index(
        "review_task_inbox",
        "review_task",
        ["tenant_id", "unit_code", "due_on"],
        unique=False,
        postgresql_where=sa.text("status in ('open','taken')"),
    )
    op.drop_index("outbox_ready", table_name="outbox")
    op.drop_column("outbox", "is_urgent")
    op.create_index(
        "outbox_ready",
        "outbox",
        ["id"],
        unique=False,
        postgresql_where=sa.text("published_at is null and done_at is null and dead_at is null"),
    )
    op.drop_column("application", "is_paused")
    for table in ("application", "review_task"):
        op.drop_column(table, "near_on")
    op.drop_column("review_task", "worksheet")
    op.drop_column("review_task", "is_by_default")
    op.drop_column("review_task", "way")
    op.drop_column("review_task", "on_behalf_of")
    op.drop_column("review_task", "checker_id")
    op.drop_column("review_task", "proposal")
    op.drop_column("review_task", "first_decided_at")
    op.drop_column("review_task", "first_verdict")
    op.drop_column("review_task", "first_opinion")
    op.drop_column("review_task", "is_paused")
    op.drop_column("review_task", "round")
    op.drop_column("review_task", "lane")
    op.drop_column("review_task", "step_code")
    op.drop_column("review_task", "mode")
    op.drop_column("review_task", "kind")
    # WARNING: constraint name is None; this directive will fail as
    # rendered.  Add a name, or use a naming convention; see
    # https://alembic.sqlalchemy.org/en/latest/naming.html
    op.drop_constraint("document_draft_id_fkey", "document", type_="foreignkey")
    op.drop_index("ix_document_draft_id", table_name="document")
    op.alter_column("document", "application_id", existing_type=sa.UUID(), nullable=False)
    op.drop_column("document", "draft_id")
    # WARNING: constraint name is None; this directive will fail as
    # rendered.  Add a name, or use a naming convention; see
    # https://alembic.sqlalchemy.org/en/latest/naming.html
    op.drop_constraint("attachment_replaced_by_fkey", "attachment", type_="foreignkey")
    op.drop_column("attachment", "replaced_by")
    op.drop_column("attachment", "origin")
    op.drop_column("application", "reopened")
    op.drop_column("application", "lane")
    op.drop_column("application", "situations")
    op.drop_column("account", "email")
    op.drop_column("account", "phone")
    op.drop_index("ix_survey_finding_application_id", table_name="survey_finding")
    op.drop_table("survey_finding")
    op.drop_table("sms_message")
    op.drop_index("ix_meeting_verdict_application_id", table_name="meeting_verdict")
    op.drop_table("meeting_verdict")
    op.drop_index("ix_meeting_seat_application_id", table_name="meeting_seat")
    op.drop_table("meeting_seat")
    op.drop_index("ix_handover_application_id", table_name="handover")
    op.drop_table("handover")
    op.drop_index("ix_external_wait_application_id", table_name="external_wait")
    op.drop_index("external_wait_open", table_name="external_wait", postgresql_where=sa.text("answered_at is null"))
    op.drop_index("external_wait_due", table_name="external_wait", postgresql_where=sa.text("answered_at is null"))
    op.drop_table("external_wait")
    op.drop_index("ix_correction_item_task_id", table_name="correction_item")
    op.drop_index("correction_item_application", table_name="correction_item")
    op.drop_table("correction_item")
    op.drop_index("commitment_desk", table_name="commitment")
    op.drop_table("commitment")
    op.drop_index("clock_step_application", table_name="clock_step")
    op.drop_table("clock_step")
    op.drop_index("ix_clock_pause_clock_id", table_name="clock_pause")
    op.drop_index("clock_pause_open", table_name="clock_pause", postgresql_where=sa.text("ended_at is null"))
    op.drop_index("clock_pause_application", table_name="clock_pause")
    op.drop_table("clock_pause")
    op.drop_index("ix_clock_extension_application_id", table_name="clock_extension")
    op.drop_index("clock_extension_once", table_name="clock_extension", postgresql_where=sa.text("state <> 'declined'"))
    op.drop_table("clock_extension")
    op.drop_index("survey_open", table_name="survey", postgresql_where=sa.text("state = 'planned'"))
    op.drop_index("ix_survey_application_id", table_name="survey")
    op.drop_table("survey")
    op.drop_index("service_card_open", table_name="service_card")
    op.drop_table("service_card")
    op.drop_table("refusal")
    op.drop_index("notice_unread", table_name="notice", postgresql_where=sa.text("channel = 'app' and read_at is null"))
    op.drop_index(
        "notice_unit_unread", table_name="notice", postgresql_where=sa.text("channel = 'app' and read_at is null")
    )
    op.drop_index("ix_notice_application_id", table_name="notice")
    op.drop_table("notice")
    op.drop_index("meeting_open", table_name="meeting", postgresql_where=sa.text("state = 'called'"))
    op.drop_index("ix_meeting_application_id", table_name="meeting")
    op.drop_table("meeting")
    op.drop_index("ix_intake_notice_draft_id", table_name="intake_notice")
    op.drop_index("ix_intake_notice_application_id", table_name="intake_notice")
    op.drop_index("intake_notice_account", table_name="intake_notice")
    op.drop_table("intake_notice")
    op.drop_index(
        "correction_notice_window", table_name="correction_notice", postgresql_where=sa.text("state = 'collecting'")
    )
    op.drop_index(
        "correction_notice_open",
        table_name="correction_notice",
        postgresql_where=sa.text("state in ('collecting','sent')"),
    )
    op.drop_table("correction_notice")
    op.drop_index("clock_ticking", table_name="clock", postgresql_where=sa.text("state = 'running'"))
    op.drop_index("clock_application", table_name="clock")
    op.drop_table("clock")
    op.drop_index("appointment_slot", table_name="appointment", postgresql_where=sa.text("state <> 'cancelled'"))
    op.drop_index("ix_appointment_application_id", table_name="appointment")
    op.drop_table("appointment")
    op.drop_table("post")
    op.drop_index("deputy_of", table_name="deputy")
    op.drop_table("deputy")
    op.drop_index("calendar_change_tenant", table_name="calendar_change")
    op.drop_table("calendar_change")
