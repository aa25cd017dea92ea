"""currencies of runs

Revision ID: 0031
Revises: 0030
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

KEPT, STATEMENTS = "distribution_conversion", "distribution_statement"


def _append_only(table: str, *, anew: bool = False) -> list[str]:
    if op.get_bind().dialect.name == "postgresql":
        # Altering keeps the trigger there; SQLite makes the table anew.
        return [] if anew else [
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        ]  # fmt: skip
    return [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, 'append_only'); END"
        for verb in ("UPDATE", "DELETE")
    ]


def upgrade() -> None:
    """Go forward: what is there is in the currency of its run."""
    op.create_table(
        KEPT,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("source_id", sa.String(length=60), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("exchange", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__distribution_conversion__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk__distribution_conversion__project_id__project")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["distribution_run.id"],
            name=op.f("fk__distribution_conversion__run_id__distribution_run"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__distribution_conversion")),
        sa.UniqueConstraint(
            "kind",
            "source_id",
            "currency",
            name=op.f("uq__distribution_conversion__kind_source_id_currency"),
        ),
    )
    op.create_index(op.f("ix__distribution_conversion__project_id"), KEPT, ["project_id"], unique=False)
    op.create_index("ix__distribution_conversion__run", KEPT, ["run_id", "currency"], unique=False)
    op.add_column(
        "distribution_line",
        sa.Column("own_currency", sa.String(length=3), server_default="", nullable=False),
    )
    op.add_column("distribution_line", sa.Column("cost_minor", sa.BigInteger(), nullable=True))
    op.add_column("distribution_line", sa.Column("cost_due_minor", sa.BigInteger(), nullable=True))
    with op.batch_alter_table(STATEMENTS) as batch_op:
        batch_op.add_column(sa.Column("own_currency", sa.String(length=3), server_default="", nullable=False))
        batch_op.drop_constraint("uq__distribution_statement__run_id_payee", type_="unique")
        batch_op.create_unique_constraint(
            "uq__distribution_statement__run_id_payee_own_currency", ["run_id", "payee", "own_currency"]
        )
    for statement in (*_append_only(KEPT), *_append_only(STATEMENTS, anew=True)):
        op.execute(statement)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table(STATEMENTS) as batch_op:
        batch_op.drop_constraint("uq__distribution_statement__run_id_payee_own_currency", type_="unique")
        batch_op.create_unique_constraint("uq__distribution_statement__run_id_payee", ["run_id", "payee"])
        batch_op.drop_column("own_currency")
    for statement in _append_only(STATEMENTS, anew=True):
        op.execute(statement)
    for column in ("cost_due_minor", "cost_minor", "own_currency"):
        op.drop_column("distribution_line", column)
    op.drop_table(KEPT)
