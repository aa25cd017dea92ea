"""the visit to the portfolio before the last

Revision ID: 0035
Revises: 0034
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward: whoever looks again after a pause learns what changed since it looked last."""
    op.add_column("portfolio_visit", sa.Column("seen_before", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("portfolio_visit") as batch:
        batch.drop_column("seen_before")
