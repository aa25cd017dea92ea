"""signing

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "signing_seal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("words", sa.String(length=40), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('text', 'image')", name=op.f("ck__signing_seal__kind")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__signing_seal__organisation_id__organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__signing_seal")),
        sa.UniqueConstraint("organisation_id", name=op.f("uq__signing_seal__organisation_id")),
    )
    op.create_table(
        "signing_round",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("term_sheet_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("investor_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("project_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("require_otp", sa.Boolean(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_reason", sa.String(length=2000), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("file_sha256", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'open') = (closed_at IS NULL)", name=op.f("ck__signing_round__closed_at_if_closed")
        ),
        sa.CheckConstraint(
            "state IN ('completed', 'declined', 'expired', 'open', 'stopped')",
            name=op.f("ck__signing_round__state"),
        ),
        sa.ForeignKeyConstraint(
            ["investor_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__signing_round__investor_organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["project_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__signing_round__project_organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["term_sheet_id"], ["term_sheet.id"], name=op.f("fk__signing_round__term_sheet_id__term_sheet")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__signing_round")),
    )
    with op.batch_alter_table("signing_round", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix__signing_round__code"), ["code"], unique=False)
        batch_op.create_index(batch_op.f("ix__signing_round__expires_on"), ["expires_on"], unique=False)
        batch_op.create_index(batch_op.f("ix__signing_round__file_sha256"), ["file_sha256"], unique=False)
        batch_op.create_index(
            batch_op.f("ix__signing_round__investor_organisation_id"),
            ["investor_organisation_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix__signing_round__project_organisation_id"),
            ["project_organisation_id"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix__signing_round__term_sheet_id"), ["term_sheet_id"], unique=False)
        batch_op.create_index(
            "uq__signing_round__binding",
            ["term_sheet_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('open', 'completed')"),
            postgresql_where=sa.text("state IN ('open', 'completed')"),
        )

    op.create_table(
        "signing_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by_otp", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("seal", sa.JSON(), nullable=True),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'waiting') = (at IS NULL)", name=op.f("ck__signing_step__at_if_answered")
        ),
        sa.CheckConstraint("side IN ('investor', 'project')", name=op.f("ck__signing_step__side")),
        sa.CheckConstraint(
            "state <> 'signed' OR user_id IS NOT NULL", name=op.f("ck__signing_step__signed_by_somebody")
        ),
        sa.CheckConstraint(
            "state IN ('declined', 'signed', 'waiting')", name=op.f("ck__signing_step__state")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__signing_step__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["signing_round.id"], name=op.f("fk__signing_step__round_id__signing_round")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk__signing_step__user_id__user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__signing_step")),
        sa.UniqueConstraint("round_id", "position", name=op.f("uq__signing_step__round_id_position")),
        sa.UniqueConstraint("round_id", "user_id", name=op.f("uq__signing_step__round_id_user_id")),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("signing_step")
    with op.batch_alter_table("signing_round", schema=None) as batch_op:
        batch_op.drop_index(
            "uq__signing_round__binding",
            sqlite_where=sa.text("state IN ('open', 'completed')"),
            postgresql_where=sa.text("state IN ('open', 'completed')"),
        )
        batch_op.drop_index(batch_op.f("ix__signing_round__term_sheet_id"))
        batch_op.drop_index(batch_op.f("ix__signing_round__project_organisation_id"))
        batch_op.drop_index(batch_op.f("ix__signing_round__investor_organisation_id"))
        batch_op.drop_index(batch_op.f("ix__signing_round__file_sha256"))
        batch_op.drop_index(batch_op.f("ix__signing_round__expires_on"))
        batch_op.drop_index(batch_op.f("ix__signing_round__code"))

    op.drop_table("signing_round")
    op.drop_table("signing_seal")
