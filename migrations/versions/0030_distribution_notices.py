"""distribution notices

Revision ID: 0030
Revises: 0029
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column(
        "fund_distribution_line", sa.Column("facts", sa.JSON(), server_default="{}", nullable=False)
    )
    op.add_column(
        "fund_lp", sa.Column("payment_details", sa.String(length=500), server_default="", nullable=False)
    )


def downgrade() -> None:
    """Go back."""
    op.drop_column("fund_lp", "payment_details")
    op.drop_column("fund_distribution_line", "facts")
