"""payout returns

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

LINES = "distribution_payout_line"


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
    """Go forward."""
    op.create_table(
        "distribution_payout_return",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payout_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("payee_organisation_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("user_name", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__distribution_payout_return__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["payee_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__distribution_payout_return__payee_organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["payout_id"],
            ["distribution_payout.id"],
            name=op.f("fk__distribution_payout_return__payout_id__distribution_payout"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk__distribution_payout_return__user_id__user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__distribution_payout_return")),
        sa.UniqueConstraint("payout_id", name=op.f("uq__distribution_payout_return__payout_id")),
    )
    with op.batch_alter_table(LINES) as batch_op:
        batch_op.add_column(sa.Column("turn", sa.Integer(), server_default="0", nullable=False))
        batch_op.drop_constraint("uq__distribution_payout_line__line_id", type_="unique")
        batch_op.create_unique_constraint("uq__distribution_payout_line__line_id_turn", ["line_id", "turn"])
    for statement in (*_append_only("distribution_payout_return"), *_append_only(LINES, anew=True)):
        op.execute(statement)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table(LINES) as batch_op:
        batch_op.drop_constraint("uq__distribution_payout_line__line_id_turn", type_="unique")
        batch_op.create_unique_constraint("uq__distribution_payout_line__line_id", ["line_id"])
        batch_op.drop_column("turn")
    for statement in _append_only(LINES, anew=True):
        op.execute(statement)
    op.drop_table("distribution_payout_return")
