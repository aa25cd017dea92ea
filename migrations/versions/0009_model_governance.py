"""model governance

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

APPEND_ONLY = ("drift_report", "model_event", "ranked_list", "trial_answer")


def _triggers(table: str, dialect: str) -> list[str]:
    if dialect == "postgresql":
        return [
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        ]
    return [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, 'append_only'); END"
        for verb in ("UPDATE", "DELETE")
    ]


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "drift_report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("model_version", sa.String(length=40), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("alarms", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__drift_report")),
    )
    with op.batch_alter_table("drift_report", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix__drift_report__model_version"), ["model_version"], unique=False)

    op.create_table(
        "model_trial",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("candidate_version", sa.String(length=40), nullable=False),
        sa.Column("service_version", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=5), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('open', 'ended')", name=op.f("ck__model_trial__state")),
        sa.CheckConstraint("candidate_version <> service_version", name=op.f("ck__model_trial__two_models")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__model_trial")),
    )
    with op.batch_alter_table("model_trial", schema=None) as batch_op:
        batch_op.create_index(
            "uq__model_trial__open",
            ["state"],
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.create_table(
        "model_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("model_version", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=15), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('installed', 'trained', 'examined', 'refused', 'promoted', 'rolled_back', 'trial_started', 'trial_ended')",
            name=op.f("ck__model_event__kind"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk__model_event__user_id__user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__model_event")),
    )
    with op.batch_alter_table("model_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix__model_event__model_version"), ["model_version"], unique=False)

    op.create_table(
        "owner_look",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__owner_look__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk__owner_look__project_id__project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__owner_look")),
    )
    with op.batch_alter_table("owner_look", schema=None) as batch_op:
        batch_op.create_index("ix__owner_look__recent", ["organisation_id", "at"], unique=False)

    op.create_table(
        "pitch_fingerprint",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("text_digest", sa.String(length=32), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=True),
        sa.Column("copy_of", sa.Uuid(), nullable=True),
        sa.Column("likeness", sa.Double(), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["copy_of"], ["project.id"], name=op.f("fk__pitch_fingerprint__copy_of__project")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk__pitch_fingerprint__project_id__project")
        ),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk__pitch_fingerprint")),
    )
    op.create_table(
        "ranked_list",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("mandate_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("model_version", sa.String(length=40), nullable=False),
        sa.Column("matrix_version", sa.String(length=40), nullable=False),
        sa.Column("trial_id", sa.Uuid(), nullable=True),
        sa.Column("inputs", sa.JSON(), nullable=False),
        sa.Column("places", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["mandate_id"], ["mandate.id"], name=op.f("fk__ranked_list__mandate_id__mandate")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__ranked_list__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["trial_id"], ["model_trial.id"], name=op.f("fk__ranked_list__trial_id__model_trial")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__ranked_list")),
        sa.UniqueConstraint("mandate_id", "digest", name=op.f("uq__ranked_list__mandate_id_digest")),
    )
    with op.batch_alter_table("ranked_list", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix__ranked_list__organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix__ranked_list__trial_id"), ["trial_id"], unique=False)

    op.create_table(
        "trial_answer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("trial_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("mandate_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("feedback_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.String(length=10), nullable=False),
        sa.Column("action", sa.String(length=15), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "action IN ('view', 'save', 'pass', 'request_intro', 'undo')",
            name=op.f("ck__trial_answer__action"),
        ),
        sa.CheckConstraint("team IN ('service', 'candidate')", name=op.f("ck__trial_answer__team")),
        sa.ForeignKeyConstraint(
            ["feedback_id"], ["match_feedback.id"], name=op.f("fk__trial_answer__feedback_id__match_feedback")
        ),
        sa.ForeignKeyConstraint(
            ["mandate_id"], ["mandate.id"], name=op.f("fk__trial_answer__mandate_id__mandate")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__trial_answer__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk__trial_answer__project_id__project")
        ),
        sa.ForeignKeyConstraint(
            ["trial_id"], ["model_trial.id"], name=op.f("fk__trial_answer__trial_id__model_trial")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__trial_answer")),
        sa.UniqueConstraint("feedback_id", name=op.f("uq__trial_answer__feedback_id")),
    )
    with op.batch_alter_table("trial_answer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix__trial_answer__trial_id"), ["trial_id"], unique=False)

    with op.batch_alter_table("ranker_model", schema=None) as batch_op:
        batch_op.add_column(sa.Column("gates", sa.JSON(), nullable=True))
    for table in APPEND_ONLY:
        for statement in _triggers(table, op.get_bind().dialect.name):
            op.execute(statement)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("ranker_model", schema=None) as batch_op:
        batch_op.drop_column("gates")

    with op.batch_alter_table("trial_answer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix__trial_answer__trial_id"))

    op.drop_table("trial_answer")
    with op.batch_alter_table("ranked_list", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix__ranked_list__trial_id"))
        batch_op.drop_index(batch_op.f("ix__ranked_list__organisation_id"))

    op.drop_table("ranked_list")
    op.drop_table("pitch_fingerprint")
    with op.batch_alter_table("owner_look", schema=None) as batch_op:
        batch_op.drop_index("ix__owner_look__recent")

    op.drop_table("owner_look")
    with op.batch_alter_table("model_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix__model_event__model_version"))

    op.drop_table("model_event")
    with op.batch_alter_table("model_trial", schema=None) as batch_op:
        batch_op.drop_index(
            "uq__model_trial__open",
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.drop_table("model_trial")
    with op.batch_alter_table("drift_report", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix__drift_report__model_version"))

    op.drop_table("drift_report")
