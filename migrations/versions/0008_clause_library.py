"""clause library

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# What the database itself enforces beyond constraints.
TRIGGERS = {
    "sqlite": [
        "CREATE TRIGGER clause_library_no_update BEFORE UPDATE ON clause_library BEGIN SELECT RAISE(ABORT, 'append_only'); END",
        "CREATE TRIGGER clause_library_no_delete BEFORE DELETE ON clause_library BEGIN SELECT RAISE(ABORT, 'append_only'); END",
    ],
    "postgresql": [
        "CREATE TRIGGER clause_library_append_only BEFORE UPDATE OR DELETE ON clause_library FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    ],
}


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "clause_library",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("comment", sa.String(length=2000), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("user_name", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("number > 1", name=op.f("ck__clause_library__after_the_shipped_one")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk__clause_library__user_id__user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__clause_library")),
        sa.UniqueConstraint("number", name=op.f("uq__clause_library__number")),
    )
    # Term sheets that are there were drafted with the shipped library.
    op.add_column("term_sheet", sa.Column("library_number", sa.Integer(), nullable=True))
    op.execute("UPDATE term_sheet SET library_number = 1")
    with op.batch_alter_table("term_sheet", schema=None) as batch_op:
        batch_op.alter_column("library_number", existing_type=sa.Integer(), nullable=False)
    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """Go back."""
    op.drop_column("term_sheet", "library_number")
    op.drop_table("clause_library")
