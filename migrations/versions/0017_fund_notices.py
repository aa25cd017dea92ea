"""fund notices

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column(
        "fund", sa.Column("payment_details", sa.String(length=500), server_default="", nullable=False)
    )
    op.add_column("fund_call_line", sa.Column("facts", sa.JSON(), server_default="{}", nullable=False))


def downgrade() -> None:
    """Go back."""
    op.drop_column("fund_call_line", "facts")
    op.drop_column("fund", "payment_details")
