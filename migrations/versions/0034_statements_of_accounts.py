"""bank statements once for each account

Revision ID: 0034
Revises: 0033
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

STATEMENTS = "bank_statement"
ONCE = {"house": ("organisation_id", "fund_id IS NULL"), "fund": ("fund_id", "fund_id IS NOT NULL")}


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table(STATEMENTS) as batch:
        batch.drop_constraint(op.f("uq__bank_statement__organisation_id_sha256"), type_="unique")
    for name, (column, where) in ONCE.items():
        op.create_index(
            f"uq__bank_statement__{name}",
            STATEMENTS,
            [column, "sha256"],
            unique=True,
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )


def downgrade() -> None:
    """Go back; refused by the database when one file was imported for two accounts."""
    for name in ONCE:
        op.drop_index(f"uq__bank_statement__{name}", table_name=STATEMENTS)
    with op.batch_alter_table(STATEMENTS) as batch:
        batch.create_unique_constraint(
            op.f("uq__bank_statement__organisation_id_sha256"), ["organisation_id", "sha256"]
        )
