"""call notices

Revision ID: 0027
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


TABLE = "payment_call_notice"


def _refuse_change() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_{verb.lower()} BEFORE {verb} ON {TABLE} BEGIN SELECT RAISE(ABORT, 'append_only'); END"
        )


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "payment_call_notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("lang", sa.String(length=2), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("investor_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("project_organisation_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id"], ["payment_call.id"], name=op.f("fk__payment_call_notice__call_id__payment_call")
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_file.id"], name=op.f("fk__payment_call_notice__file_id__stored_file")
        ),
        sa.ForeignKeyConstraint(
            ["investor_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__payment_call_notice__investor_organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["project_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__payment_call_notice__project_organisation_id__organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__payment_call_notice")),
        sa.UniqueConstraint("call_id", "lang", name=op.f("uq__payment_call_notice__call_id_lang")),
    )
    op.create_index(
        op.f("ix__payment_call_notice__file_id"), "payment_call_notice", ["file_id"], unique=False
    )
    op.create_index(
        op.f("ix__payment_call_notice__investor_organisation_id"),
        "payment_call_notice",
        ["investor_organisation_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix__payment_call_notice__project_organisation_id"),
        "payment_call_notice",
        ["project_organisation_id"],
        unique=False,
    )
    op.add_column(
        "payment_call", sa.Column("account", sa.String(length=500), server_default="", nullable=False)
    )
    op.add_column("payment_call", sa.Column("facts", sa.JSON(), server_default="{}", nullable=False))

    _refuse_change()


def downgrade() -> None:
    """Go back."""
    op.drop_column("payment_call", "facts")
    op.drop_column("payment_call", "account")
    op.drop_index(op.f("ix__payment_call_notice__project_organisation_id"), table_name="payment_call_notice")
    op.drop_index(op.f("ix__payment_call_notice__investor_organisation_id"), table_name="payment_call_notice")
    op.drop_index(op.f("ix__payment_call_notice__file_id"), table_name="payment_call_notice")
    op.drop_table("payment_call_notice")
