"""interest waivers

Revision ID: 0026
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


TABLE = "interest_waiver"


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
        "interest_waiver",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("key", sa.String(length=150), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("user_name", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("investor_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("project_organisation_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck__interest_waiver__positive")),
        sa.ForeignKeyConstraint(
            ["call_id"], ["payment_call.id"], name=op.f("fk__interest_waiver__call_id__payment_call")
        ),
        sa.ForeignKeyConstraint(
            ["investor_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__interest_waiver__investor_organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["project_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__interest_waiver__project_organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"],
            ["interest_waiver.id"],
            name=op.f("fk__interest_waiver__reverses_id__interest_waiver"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk__interest_waiver__user_id__user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__interest_waiver")),
        sa.UniqueConstraint("key", name=op.f("uq__interest_waiver__key")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq__interest_waiver__reverses_id")),
    )
    op.create_index(op.f("ix__interest_waiver__call_id"), "interest_waiver", ["call_id"], unique=False)
    op.create_index(
        op.f("ix__interest_waiver__investor_organisation_id"),
        "interest_waiver",
        ["investor_organisation_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix__interest_waiver__project_organisation_id"),
        "interest_waiver",
        ["project_organisation_id"],
        unique=False,
    )
    op.add_column(
        "payment_call",
        sa.Column("interest_waived_minor", sa.BigInteger(), server_default="0", nullable=False),
    )
    _refuse_change()


def downgrade() -> None:
    """Go back."""
    op.drop_column("payment_call", "interest_waived_minor")
    op.drop_index(op.f("ix__interest_waiver__project_organisation_id"), table_name="interest_waiver")
    op.drop_index(op.f("ix__interest_waiver__investor_organisation_id"), table_name="interest_waiver")
    op.drop_index(op.f("ix__interest_waiver__call_id"), table_name="interest_waiver")
    op.drop_table("interest_waiver")
