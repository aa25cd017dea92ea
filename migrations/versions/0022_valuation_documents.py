"""valuation documents

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TABLE = "holding_valuation"


def _append_only_again() -> None:
    """SQLite made the table anew, without what refuses UPDATE and DELETE; PostgreSQL kept it."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {TABLE}_no_{verb.lower()} BEFORE {verb} ON {TABLE} "
                "BEGIN SELECT RAISE(ABORT, 'append_only'); END"
            )


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table(TABLE) as batch:
        batch.add_column(sa.Column("file_id", sa.Uuid(), nullable=True))
        batch.add_column(sa.Column("file_name", sa.String(length=200), server_default="", nullable=False))
        batch.add_column(sa.Column("file_sha256", sa.String(length=64), nullable=True))
        batch.create_foreign_key(
            op.f("fk__holding_valuation__file_id__stored_file"), "stored_file", ["file_id"], ["id"]
        )
        batch.create_check_constraint(
            op.f("ck__holding_valuation__file"), "(file_id IS NULL) = (file_sha256 IS NULL)"
        )
    _append_only_again()


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table(TABLE) as batch:
        batch.drop_constraint(op.f("ck__holding_valuation__file"), type_="check")
        batch.drop_constraint(op.f("fk__holding_valuation__file_id__stored_file"), type_="foreignkey")
        batch.drop_column("file_sha256")
        batch.drop_column("file_name")
        batch.drop_column("file_id")
    _append_only_again()
