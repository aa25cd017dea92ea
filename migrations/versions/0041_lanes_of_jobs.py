"""jobs take the turn of the organisation that causes them

Revision ID: 0041
Revises: 0040
"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Jobs that wait already take the platform's turn."""
    op.add_column("job", sa.Column("lane", sa.String(40), nullable=False, server_default=""))
    op.create_index("ix__job__turn", "job", ["state", "lane", "run_at"])


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix__job__turn", table_name="job")
    op.drop_column("job", "lane")
