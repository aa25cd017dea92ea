"""confirmed releases

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column("project_release", sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("project_release", sa.Column("confirmed_by_id", sa.Uuid(), nullable=True))
    op.add_column("project_release", sa.Column("confirmed_by_name", sa.String(length=200), nullable=True))


def downgrade() -> None:
    """Go back."""
    op.drop_column("project_release", "confirmed_by_name")
    op.drop_column("project_release", "confirmed_by_id")
    op.drop_column("project_release", "confirmed_at")
