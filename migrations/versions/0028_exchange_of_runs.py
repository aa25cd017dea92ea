"""exchange of runs

Revision ID: 0028
Revises: 0027
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column("distribution_run", sa.Column("exchange", sa.JSON(), server_default="[]", nullable=False))


def downgrade() -> None:
    """Go back."""
    op.drop_column("distribution_run", "exchange")
