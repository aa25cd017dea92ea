"""ledger balances

Revision ID: 0020
Revises: 0019
"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_index(
        "ix__ledger_day__balance",
        "ledger_day",
        ["account_id", "currency", "posted_on", "amount_minor"],
        unique=False,
    )


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix__ledger_day__balance", table_name="ledger_day")
