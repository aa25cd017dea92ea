"""exchange rates

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None
TABLE = "ledger_exchange_rate"


def _append_only() -> list[str]:
    """What lets the table refuse UPDATE and DELETE."""
    if op.get_bind().dialect.name == "postgresql":
        return [
            f"CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        ]
    return [
        f"CREATE TRIGGER {TABLE}_no_{verb.lower()} BEFORE {verb} ON {TABLE} BEGIN SELECT RAISE(ABORT, 'append_only'); END"
        for verb in ("UPDATE", "DELETE")
    ]


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "ledger_exchange_rate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("base", sa.String(length=3), nullable=False),
        sa.Column("quote", sa.String(length=3), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("rate", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("user_name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("base <> quote", name=op.f("ck__ledger_exchange_rate__pair")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__ledger_exchange_rate__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk__ledger_exchange_rate__user_id__user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__ledger_exchange_rate")),
        sa.UniqueConstraint(
            "organisation_id",
            "base",
            "quote",
            "day",
            "number",
            name=op.f("uq__ledger_exchange_rate__organisation_id_base_quote_day_number"),
        ),
    )
    for statement in _append_only():
        op.execute(statement)


def downgrade() -> None:
    """Go back."""
    op.drop_table("ledger_exchange_rate")
