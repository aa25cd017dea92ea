"""papers issued anew

Revision ID: 0040
Revises: 0039
"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

TABLE = "fund_revision"


def _append_only() -> list[str]:
    if op.get_bind().dialect.name == "postgresql":
        return [
            f"CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        ]
    return [
        f"CREATE TRIGGER {TABLE}_no_{verb.lower()} BEFORE {verb} ON {TABLE} BEGIN SELECT RAISE(ABORT, 'append_only'); END"
        for verb in ("UPDATE", "DELETE")
    ]


def _refers(column: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk__{TABLE}__{column}__{table}"))


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        TABLE,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("about", sa.String(length=60), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("lp_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by_id", sa.Uuid(), nullable=True),
        sa.Column("issued_by_name", sa.String(length=200), nullable=False),
        _refers("fund_id", "fund"),
        _refers("lp_id", "fund_lp"),
        _refers("organisation_id", "organisation"),
        _refers("issued_by_id", "user"),
        sa.CheckConstraint("kind IN ('statement', 'call', 'distribution')", name=op.f(f"ck__{TABLE}__kind")),
        sa.CheckConstraint("number > 1", name=op.f(f"ck__{TABLE}__number")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk__{TABLE}")),
        sa.UniqueConstraint("about", "number", name=op.f(f"uq__{TABLE}__about_number")),
    )
    op.create_index(op.f(f"ix__{TABLE}__fund_id"), TABLE, ["fund_id"], unique=False)
    op.create_index(op.f(f"ix__{TABLE}__lp_id"), TABLE, ["lp_id"], unique=False)
    for statement in _append_only():
        op.execute(statement)


def downgrade() -> None:
    """Go back."""
    op.drop_table(TABLE)
