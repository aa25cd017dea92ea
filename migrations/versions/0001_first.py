"""first

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# What the database itself enforces beyond constraints.
TRIGGERS = {
    "sqlite": [
        "CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event BEGIN SELECT RAISE(ABORT, 'append_only'); END",
        "CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_event BEGIN SELECT RAISE(ABORT, 'append_only'); END",
        "CREATE TRIGGER match_feedback_no_update BEFORE UPDATE ON match_feedback BEGIN SELECT RAISE(ABORT, 'append_only'); END",
        "CREATE TRIGGER match_feedback_no_delete BEFORE DELETE ON match_feedback BEGIN SELECT RAISE(ABORT, 'append_only'); END",
        "CREATE TRIGGER project_version_no_update BEFORE UPDATE ON project_version BEGIN SELECT RAISE(ABORT, 'append_only'); END",
        "CREATE TRIGGER project_version_no_delete BEFORE DELETE ON project_version BEGIN SELECT RAISE(ABORT, 'append_only'); END",
        "CREATE TRIGGER deal_event_no_update BEFORE UPDATE ON deal_event BEGIN SELECT RAISE(ABORT, 'append_only'); END",
        "CREATE TRIGGER deal_event_no_delete BEFORE DELETE ON deal_event BEGIN SELECT RAISE(ABORT, 'append_only'); END",
        "CREATE TRIGGER term_sheet_version_no_update BEFORE UPDATE ON term_sheet_version BEGIN SELECT RAISE(ABORT, 'append_only'); END",
        "CREATE TRIGGER term_sheet_version_no_delete BEFORE DELETE ON term_sheet_version BEGIN SELECT RAISE(ABORT, 'append_only'); END",
    ],
    "postgresql": [
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only'; END $$",
        "CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE ON audit_event FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        "CREATE TRIGGER match_feedback_append_only BEFORE UPDATE OR DELETE ON match_feedback FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        "CREATE TRIGGER project_version_append_only BEFORE UPDATE OR DELETE ON project_version FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        "CREATE TRIGGER deal_event_append_only BEFORE UPDATE OR DELETE ON deal_event FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        "CREATE TRIGGER term_sheet_version_append_only BEFORE UPDATE OR DELETE ON term_sheet_version FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    ],
}


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "audit_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("chain", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("user_name", sa.String(length=200), nullable=False),
        sa.Column("tag", sa.String(length=80), nullable=False),
        sa.Column("object_id", sa.String(length=60), nullable=True),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__audit_event")),
        sa.UniqueConstraint("chain", "number", name=op.f("uq__audit_event__chain_number")),
    )
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix__audit_event__object_id"), ["object_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix__audit_event__organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix__audit_event__tag"), ["tag"], unique=False)

    op.create_table(
        "idempotency_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.String(length=100), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", sa.JSON(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__idempotency_key")),
        sa.UniqueConstraint("owner", "key", name=op.f("uq__idempotency_key__owner_key")),
    )
    op.create_table(
        "job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=True),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("locale", sa.String(length=5), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('queued','running','done','dead')", name=op.f("ck__job__state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__job")),
        sa.UniqueConstraint("key", name=op.f("uq__job__key")),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index("ix__job__due", ["state", "run_at"], unique=False)

    op.create_table(
        "login_attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__login_attempt")),
    )
    with op.batch_alter_table("login_attempt", schema=None) as batch_op:
        batch_op.create_index("ix__login_attempt__account", ["account", "at"], unique=False)
        batch_op.create_index("ix__login_attempt__address", ["address", "at"], unique=False)

    op.create_table(
        "organisation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("about", sa.String(length=2000), nullable=True),
        sa.Column("city", sa.String(length=100), nullable=True),
        sa.Column("country", sa.String(length=10), nullable=True),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('creator', 'investor', 'fund', 'studio', 'venue', 'review_board', 'park', 'platform')",
            name=op.f("ck__organisation__kind"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__organisation")),
    )
    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix__organisation__kind"), ["kind"], unique=False)

    op.create_table(
        "outbox_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__outbox_event")),
    )
    with op.batch_alter_table("outbox_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix__outbox_event__name"), ["name"], unique=False)

    op.create_table(
        "outgoing_mail",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__outgoing_mail")),
    )
    op.create_table(
        "ranker_model",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("model_version", sa.String(length=40), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("public_key", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("metrics", sa.JSON(), nullable=False),
        sa.Column("in_service_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('candidate', 'in_service', 'retired')", name=op.f("ck__ranker_model__state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__ranker_model")),
        sa.UniqueConstraint("model_version", name=op.f("uq__ranker_model__model_version")),
    )
    with op.batch_alter_table("ranker_model", schema=None) as batch_op:
        batch_op.create_index(
            "uq__ranker_model__in_service",
            ["state"],
            unique=True,
            sqlite_where=sa.text("state = 'in_service'"),
            postgresql_where=sa.text("state = 'in_service'"),
        )

    op.create_table(
        "stored_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("purpose", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("content_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("variants", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('image', 'video', 'document')", name=op.f("ck__stored_file__kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__stored_file")),
    )
    with op.batch_alter_table("stored_file", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix__stored_file__organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix__stored_file__purpose"), ["purpose"], unique=False)
        batch_op.create_index(batch_op.f("ix__stored_file__sha256"), ["sha256"], unique=False)

    op.create_table(
        "user",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("locale", sa.String(length=5), nullable=False),
        sa.Column("time_zone", sa.String(length=60), nullable=False),
        sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("otp_secret", sa.String(length=300), nullable=True),
        sa.Column("otp_enabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("otp_last_step", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("locale IN ('zh','en')", name=op.f("ck__user__locale")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__user")),
        sa.UniqueConstraint("email", name=op.f("uq__user__email")),
    )
    op.create_table(
        "api_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__api_token__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk__api_token__user_id__user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__api_token")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq__api_token__secret_hash")),
    )
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix__api_token__user_id"), ["user_id"], unique=False)

    op.create_table(
        "email_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=True),
        sa.Column("purpose", sa.String(length=10), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("purpose IN ('register','reset')", name=op.f("ck__email_link__purpose")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk__email_link__user_id__user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__email_link")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq__email_link__secret_hash")),
    )
    with op.batch_alter_table("email_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix__email_link__user_id"), ["user_id"], unique=False)

    op.create_table(
        "genre_term",
        sa.Column("term", sa.String(length=40), nullable=False),
        sa.Column("zh", sa.String(length=40), nullable=False),
        sa.Column("en", sa.String(length=60), nullable=False),
        sa.Column("facet", sa.String(length=20), nullable=False),
        sa.Column("review_note", sa.String(length=200), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__genre_term__organisation_id__organisation"),
        ),
        sa.PrimaryKeyConstraint("term", name=op.f("pk__genre_term")),
        sa.UniqueConstraint("en", name=op.f("uq__genre_term__en")),
        sa.UniqueConstraint("zh", name=op.f("uq__genre_term__zh")),
    )
    op.create_table(
        "invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("invited_by_id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["invited_by_id"], ["user.id"], name=op.f("fk__invitation__invited_by_id__user")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__invitation__organisation_id__organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__invitation")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq__invitation__secret_hash")),
    )
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.create_index(
            "uq__invitation__open",
            ["organisation_id", "email"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "mandate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=100), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("constraints", sa.JSON(), nullable=False),
        sa.Column("preferences", sa.JSON(), nullable=False),
        sa.Column("capital_minor", sa.BigInteger(), nullable=False),
        sa.Column("capital_currency", sa.String(length=3), nullable=False),
        sa.Column("max_per_project_minor", sa.BigInteger(), nullable=True),
        sa.Column("max_per_project_currency", sa.String(length=3), nullable=True),
        sa.Column("allow_discovery", sa.Boolean(), nullable=False),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(max_per_project_minor IS NULL) = (max_per_project_currency IS NULL) AND (max_per_project_minor IS NULL OR max_per_project_minor BETWEEN 0 AND 1000000000000000)",
            name=op.f("ck__mandate__max_per_project"),
        ),
        sa.CheckConstraint("capital_minor BETWEEN 0 AND 1000000000000000", name=op.f("ck__mandate__capital")),
        sa.CheckConstraint(
            "deleted_at IS NULL OR NOT active", name=op.f("ck__mandate__deleted_is_not_active")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk__mandate__organisation_id__organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__mandate")),
        sa.UniqueConstraint(
            "organisation_id", "external_id", name=op.f("uq__mandate__organisation_id_external_id")
        ),
    )
    with op.batch_alter_table("mandate", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix__mandate__organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index("ix__mandate__ranked", ["active", "allow_discovery"], unique=False)

    op.create_table(
        "membership",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("role IN ('owner', 'member', 'viewer')", name=op.f("ck__membership__role")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__membership__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk__membership__user_id__user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__membership")),
        sa.UniqueConstraint(
            "organisation_id", "user_id", name=op.f("uq__membership__organisation_id_user_id")
        ),
    )
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix__membership__organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix__membership__user_id"), ["user_id"], unique=False)

    op.create_table(
        "notification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=True),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("link", sa.String(length=300), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__notification__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk__notification__user_id__user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__notification")),
        sa.UniqueConstraint("user_id", "key", name=op.f("uq__notification__user_id_key")),
    )
    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.create_index("ix__notification__inbox", ["user_id", "read_at", "id"], unique=False)

    op.create_table(
        "project",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=100), nullable=True),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("visibility", sa.String(length=12), nullable=False),
        sa.Column("title_zh", sa.String(length=200), nullable=True),
        sa.Column("title_en", sa.String(length=200), nullable=True),
        sa.Column("logline", sa.String(length=300), nullable=True),
        sa.Column("synopsis", sa.Text(), nullable=True),
        sa.Column("genres", sa.JSON(), nullable=False),
        sa.Column("audience", sa.JSON(), nullable=True),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("regions", sa.JSON(), nullable=False),
        sa.Column("format", sa.JSON(), nullable=True),
        sa.Column("stage", sa.String(length=20), nullable=True),
        sa.Column("budget_minor", sa.BigInteger(), nullable=True),
        sa.Column("budget_currency", sa.String(length=3), nullable=True),
        sa.Column("ask_minor", sa.BigInteger(), nullable=True),
        sa.Column("ask_currency", sa.String(length=3), nullable=True),
        sa.Column("min_ticket_minor", sa.BigInteger(), nullable=True),
        sa.Column("min_ticket_currency", sa.String(length=3), nullable=True),
        sa.Column("instruments", sa.JSON(), nullable=False),
        sa.Column("use_of_funds", sa.JSON(), nullable=False),
        sa.Column("team", sa.JSON(), nullable=False),
        sa.Column("track_record", sa.JSON(), nullable=False),
        sa.Column("comparables", sa.JSON(), nullable=False),
        sa.Column("schedule", sa.JSON(), nullable=True),
        sa.Column("scenes_needed", sa.JSON(), nullable=False),
        sa.Column("hooks", sa.JSON(), nullable=False),
        sa.Column("sample_episode_url", sa.String(length=1000), nullable=True),
        sa.Column("poster_id", sa.Uuid(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_version", sa.Integer(), nullable=True),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("facets", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "stage IS NULL OR stage IN ('development', 'financing', 'post_production', 'pre_production', 'production', 'released')",
            name=op.f("ck__project__stage"),
        ),
        sa.CheckConstraint(
            "status <> 'published' OR (published_at IS NOT NULL AND published_version IS NOT NULL)",
            name=op.f("ck__project__published_at_if_published"),
        ),
        sa.CheckConstraint(
            "status IN ('archived', 'draft', 'published', 'withdrawn')", name=op.f("ck__project__status")
        ),
        sa.CheckConstraint(
            "visibility IN ('investors', 'invited', 'private')", name=op.f("ck__project__visibility")
        ),
        sa.CheckConstraint(
            "(ask_minor IS NULL) = (ask_currency IS NULL) AND (ask_minor IS NULL OR ask_minor BETWEEN 0 AND 1000000000000000)",
            name=op.f("ck__project__ask"),
        ),
        sa.CheckConstraint(
            "(budget_minor IS NULL) = (budget_currency IS NULL) AND (budget_minor IS NULL OR budget_minor BETWEEN 0 AND 1000000000000000)",
            name=op.f("ck__project__budget"),
        ),
        sa.CheckConstraint(
            "(min_ticket_minor IS NULL) = (min_ticket_currency IS NULL) AND (min_ticket_minor IS NULL OR min_ticket_minor BETWEEN 0 AND 1000000000000000)",
            name=op.f("ck__project__min_ticket"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk__project__organisation_id__organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__project")),
        sa.UniqueConstraint(
            "organisation_id", "external_id", name=op.f("uq__project__organisation_id_external_id")
        ),
    )
    with op.batch_alter_table("project", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix__project__ask_minor"), ["ask_minor"], unique=False)
        batch_op.create_index("ix__project__browse", ["status", "visibility", "published_at"], unique=False)
        batch_op.create_index(batch_op.f("ix__project__organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "project_import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("filename", sa.String(length=300), nullable=False),
        sa.Column("encoding", sa.String(length=20), nullable=False),
        sa.Column("header", sa.JSON(), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('open','done')", name=op.f("ck__project_import__state")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__project_import__organisation_id__organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__project_import")),
    )
    with op.batch_alter_table("project_import", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix__project_import__organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk__recovery_code__user_id__user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__recovery_code")),
    )
    with op.batch_alter_table("recovery_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix__recovery_code__user_id"), ["user_id"], unique=False)

    op.create_table(
        "user_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stepped_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__user_session__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk__user_session__user_id__user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__user_session")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq__user_session__secret_hash")),
    )
    with op.batch_alter_table("user_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix__user_session__user_id"), ["user_id"], unique=False)

    op.create_table(
        "deal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("investor_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("project_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("mandate_id", sa.Uuid(), nullable=True),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("stage_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by_id", sa.Uuid(), nullable=True),
        sa.Column("opened_by_side", sa.String(length=10), nullable=False),
        sa.Column("close_reason", sa.String(length=2000), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(stage IN ('closed_won', 'closed_lost')) = (closed_at IS NOT NULL)",
            name=op.f("ck__deal__closed_at_if_closed"),
        ),
        sa.CheckConstraint(
            "stage IN ('closed_lost', 'closed_won', 'data_room', 'funded', 'interest', 'intro', 'negotiation', 'signed')",
            name=op.f("ck__deal__stage"),
        ),
        sa.CheckConstraint(
            "investor_organisation_id <> project_organisation_id", name=op.f("ck__deal__two_parties")
        ),
        sa.ForeignKeyConstraint(
            ["investor_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__deal__investor_organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(["mandate_id"], ["mandate.id"], name=op.f("fk__deal__mandate_id__mandate")),
        sa.ForeignKeyConstraint(["opened_by_id"], ["user.id"], name=op.f("fk__deal__opened_by_id__user")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk__deal__project_id__project")),
        sa.ForeignKeyConstraint(
            ["project_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__deal__project_organisation_id__organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__deal")),
    )
    with op.batch_alter_table("deal", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix__deal__investor_organisation_id"), ["investor_organisation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix__deal__project_id"), ["project_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix__deal__project_organisation_id"), ["project_organisation_id"], unique=False
        )
        batch_op.create_index(
            "uq__deal__open_pair",
            ["investor_organisation_id", "project_id"],
            unique=True,
            sqlite_where=sa.text("stage NOT IN ('closed_won', 'closed_lost')"),
            postgresql_where=sa.text("stage NOT IN ('closed_won', 'closed_lost')"),
        )

    op.create_table(
        "intro_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("investor_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("project_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("mandate_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["investor_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__intro_request__investor_organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["mandate_id"], ["mandate.id"], name=op.f("fk__intro_request__mandate_id__mandate")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk__intro_request__project_id__project")
        ),
        sa.ForeignKeyConstraint(
            ["project_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__intro_request__project_organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk__intro_request__user_id__user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__intro_request")),
        sa.UniqueConstraint(
            "mandate_id", "project_id", name=op.f("uq__intro_request__mandate_id_project_id")
        ),
    )
    with op.batch_alter_table("intro_request", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix__intro_request__project_organisation_id"),
            ["project_organisation_id"],
            unique=False,
        )

    op.create_table(
        "match_feedback",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("mandate_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=15), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("model_version", sa.String(length=40), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "action IN ('view', 'save', 'pass', 'request_intro', 'undo')",
            name=op.f("ck__match_feedback__action"),
        ),
        sa.ForeignKeyConstraint(
            ["mandate_id"], ["mandate.id"], name=op.f("fk__match_feedback__mandate_id__mandate")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__match_feedback__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk__match_feedback__project_id__project")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk__match_feedback__user_id__user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__match_feedback")),
    )
    with op.batch_alter_table("match_feedback", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix__match_feedback__organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index("ix__match_feedback__pair", ["mandate_id", "project_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix__match_feedback__project_id"), ["project_id"], unique=False)

    op.create_table(
        "match_standing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("mandate_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("standing", sa.String(length=10), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("intro_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "standing IS NULL OR standing IN ('saved', 'passed')", name=op.f("ck__match_standing__standing")
        ),
        sa.ForeignKeyConstraint(
            ["mandate_id"], ["mandate.id"], name=op.f("fk__match_standing__mandate_id__mandate")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__match_standing__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk__match_standing__project_id__project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__match_standing")),
        sa.UniqueConstraint(
            "mandate_id", "project_id", name=op.f("uq__match_standing__mandate_id_project_id")
        ),
    )
    with op.batch_alter_table("match_standing", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix__match_standing__organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "project_draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("typed", sa.JSON(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__project_draft__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk__project_draft__project_id__project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__project_draft")),
        sa.UniqueConstraint("project_id", "step", name=op.f("uq__project_draft__project_id_step")),
    )
    op.create_table(
        "project_invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("invited_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__project_invitation__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["organisation.id"], name=op.f("fk__project_invitation__owner_id__organisation")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk__project_invitation__project_id__project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__project_invitation")),
        sa.UniqueConstraint(
            "project_id", "organisation_id", name=op.f("uq__project_invitation__project_id_organisation_id")
        ),
    )
    with op.batch_alter_table("project_invitation", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix__project_invitation__organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix__project_invitation__owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "project_media",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('poster','still','episode')", name=op.f("ck__project_media__kind")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__project_media__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk__project_media__project_id__project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__project_media")),
        sa.UniqueConstraint("file_id", name=op.f("uq__project_media__file_id")),
    )
    with op.batch_alter_table("project_media", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix__project_media__project_id"), ["project_id"], unique=False)
        batch_op.create_index(
            "uq__project_media__single",
            ["project_id", "kind"],
            unique=True,
            sqlite_where=sa.text("kind <> 'still'"),
            postgresql_where=sa.text("kind <> 'still'"),
        )

    op.create_table(
        "project_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("user_name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__project_version__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk__project_version__project_id__project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__project_version")),
        sa.UniqueConstraint("project_id", "number", name=op.f("uq__project_version__project_id_number")),
    )
    op.create_table(
        "deal_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("investor_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("project_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("user_name", sa.String(length=200), nullable=False),
        sa.Column("side", sa.String(length=10), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk__deal_event__deal_id__deal")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk__deal_event__user_id__user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__deal_event")),
    )
    with op.batch_alter_table("deal_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix__deal_event__deal_id"), ["deal_id"], unique=False)

    op.create_table(
        "deal_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(length=4000), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("user_name", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk__deal_note__deal_id__deal")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__deal_note__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk__deal_note__user_id__user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__deal_note")),
    )
    with op.batch_alter_table("deal_note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix__deal_note__deal_id"), ["deal_id"], unique=False)

    op.create_table(
        "term_sheet",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("author_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("investor_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("project_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("template", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("current_number", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('draft', 'withdrawn')", name=op.f("ck__term_sheet__state")),
        sa.CheckConstraint(
            "template IN ('equity_spv', 'revenue_share', 'loan', 'presale')",
            name=op.f("ck__term_sheet__template"),
        ),
        sa.ForeignKeyConstraint(
            ["author_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__term_sheet__author_organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk__term_sheet__deal_id__deal")),
        sa.ForeignKeyConstraint(
            ["investor_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__term_sheet__investor_organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk__term_sheet__project_id__project")
        ),
        sa.ForeignKeyConstraint(
            ["project_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__term_sheet__project_organisation_id__organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__term_sheet")),
    )
    with op.batch_alter_table("term_sheet", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix__term_sheet__author_organisation_id"), ["author_organisation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix__term_sheet__deal_id"), ["deal_id"], unique=False)
        batch_op.create_index(batch_op.f("ix__term_sheet__project_id"), ["project_id"], unique=False)

    op.create_table(
        "term_sheet_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("term_sheet_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("author_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("project", sa.JSON(), nullable=False),
        sa.Column("parties", sa.JSON(), nullable=False),
        sa.Column("comment", sa.String(length=2000), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("user_name", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__term_sheet_version__author_organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["term_sheet_id"],
            ["term_sheet.id"],
            name=op.f("fk__term_sheet_version__term_sheet_id__term_sheet"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk__term_sheet_version__user_id__user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__term_sheet_version")),
        sa.UniqueConstraint("code", name=op.f("uq__term_sheet_version__code")),
        sa.UniqueConstraint(
            "term_sheet_id", "number", name=op.f("uq__term_sheet_version__term_sheet_id_number")
        ),
    )
    with op.batch_alter_table("term_sheet_version", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix__term_sheet_version__term_sheet_id"), ["term_sheet_id"], unique=False
        )

    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("term_sheet_version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix__term_sheet_version__term_sheet_id"))

    op.drop_table("term_sheet_version")
    with op.batch_alter_table("term_sheet", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix__term_sheet__project_id"))
        batch_op.drop_index(batch_op.f("ix__term_sheet__deal_id"))
        batch_op.drop_index(batch_op.f("ix__term_sheet__author_organisation_id"))

    op.drop_table("term_sheet")
    with op.batch_alter_table("deal_note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix__deal_note__deal_id"))

    op.drop_table("deal_note")
    with op.batch_alter_table("deal_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix__deal_event__deal_id"))

    op.drop_table("deal_event")
    op.drop_table("project_version")
    with op.batch_alter_table("project_media", schema=None) as batch_op:
        batch_op.drop_index(
            "uq__project_media__single",
            sqlite_where=sa.text("kind <> 'still'"),
            postgresql_where=sa.text("kind <> 'still'"),
        )
        batch_op.drop_index(batch_op.f("ix__project_media__project_id"))

    op.drop_table("project_media")
    with op.batch_alter_table("project_invitation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix__project_invitation__owner_id"))
        batch_op.drop_index(batch_op.f("ix__project_invitation__organisation_id"))

    op.drop_table("project_invitation")
    op.drop_table("project_draft")
    with op.batch_alter_table("match_standing", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix__match_standing__organisation_id"))

    op.drop_table("match_standing")
    with op.batch_alter_table("match_feedback", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix__match_feedback__project_id"))
        batch_op.drop_index("ix__match_feedback__pair")
        batch_op.drop_index(batch_op.f("ix__match_feedback__organisation_id"))

    op.drop_table("match_feedback")
    with op.batch_alter_table("intro_request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix__intro_request__project_organisation_id"))

    op.drop_table("intro_request")
    with op.batch_alter_table("deal", schema=None) as batch_op:
        batch_op.drop_index(
            "uq__deal__open_pair",
            sqlite_where=sa.text("stage NOT IN ('closed_won', 'closed_lost')"),
            postgresql_where=sa.text("stage NOT IN ('closed_won', 'closed_lost')"),
        )
        batch_op.drop_index(batch_op.f("ix__deal__project_organisation_id"))
        batch_op.drop_index(batch_op.f("ix__deal__project_id"))
        batch_op.drop_index(batch_op.f("ix__deal__investor_organisation_id"))

    op.drop_table("deal")
    with op.batch_alter_table("user_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix__user_session__user_id"))

    op.drop_table("user_session")
    with op.batch_alter_table("recovery_code", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix__recovery_code__user_id"))

    op.drop_table("recovery_code")
    with op.batch_alter_table("project_import", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix__project_import__organisation_id"))

    op.drop_table("project_import")
    with op.batch_alter_table("project", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix__project__organisation_id"))
        batch_op.drop_index("ix__project__browse")
        batch_op.drop_index(batch_op.f("ix__project__ask_minor"))

    op.drop_table("project")
    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.drop_index("ix__notification__inbox")

    op.drop_table("notification")
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix__membership__user_id"))
        batch_op.drop_index(batch_op.f("ix__membership__organisation_id"))

    op.drop_table("membership")
    with op.batch_alter_table("mandate", schema=None) as batch_op:
        batch_op.drop_index("ix__mandate__ranked")
        batch_op.drop_index(batch_op.f("ix__mandate__organisation_id"))

    op.drop_table("mandate")
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.drop_index(
            "uq__invitation__open",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.drop_table("invitation")
    op.drop_table("genre_term")
    with op.batch_alter_table("email_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix__email_link__user_id"))

    op.drop_table("email_link")
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix__api_token__user_id"))

    op.drop_table("api_token")
    op.drop_table("user")
    with op.batch_alter_table("stored_file", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix__stored_file__sha256"))
        batch_op.drop_index(batch_op.f("ix__stored_file__purpose"))
        batch_op.drop_index(batch_op.f("ix__stored_file__organisation_id"))

    op.drop_table("stored_file")
    with op.batch_alter_table("ranker_model", schema=None) as batch_op:
        batch_op.drop_index(
            "uq__ranker_model__in_service",
            sqlite_where=sa.text("state = 'in_service'"),
            postgresql_where=sa.text("state = 'in_service'"),
        )

    op.drop_table("ranker_model")
    op.drop_table("outgoing_mail")
    with op.batch_alter_table("outbox_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix__outbox_event__name"))

    op.drop_table("outbox_event")
    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix__organisation__kind"))

    op.drop_table("organisation")
    with op.batch_alter_table("login_attempt", schema=None) as batch_op:
        batch_op.drop_index("ix__login_attempt__address")
        batch_op.drop_index("ix__login_attempt__account")

    op.drop_table("login_attempt")
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.drop_index("ix__job__due")

    op.drop_table("job")
    op.drop_table("idempotency_key")
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix__audit_event__tag"))
        batch_op.drop_index(batch_op.f("ix__audit_event__organisation_id"))
        batch_op.drop_index(batch_op.f("ix__audit_event__object_id"))

    op.drop_table("audit_event")
