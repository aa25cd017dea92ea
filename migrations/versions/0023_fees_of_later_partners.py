"""fees of later partners

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None
CHECK = "fee_late IN ('none', 'fee', 'fee_and_interest')"


def upgrade() -> None:
    """Go forward: funds that are there keep what they did, the fee from a partner's own closing on."""
    # In one statement: SQLite takes a column with its check, and no check afterwards.
    op.execute(
        "ALTER TABLE fund ADD COLUMN fee_late VARCHAR(20) DEFAULT 'none' NOT NULL "
        f"CONSTRAINT ck__fund__fee_late CHECK ({CHECK})"
    )
    op.add_column(
        "fund_closing", sa.Column("true_up", sa.JSON(), server_default=sa.text("'{}'"), nullable=False)
    )


def downgrade() -> None:
    """Go back."""
    op.drop_column("fund_closing", "true_up")
    op.drop_column("fund", "fee_late")
