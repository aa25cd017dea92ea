"""lists of projects are counted and added up from one index

Revision ID: 0037
Revises: 0036
"""

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The index of lists stands in their order and holds what their heads say."""
    op.drop_index("ix__project__browse", table_name="project")
    op.create_index(
        "ix__project__browse",
        "project",
        ["published_at", "id", "status", "visibility", "organisation_id", "ask_currency", "ask_minor"],
    )


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix__project__browse", table_name="project")
    op.create_index("ix__project__browse", "project", ["status", "visibility", "published_at"])
