"""Large imports are checked and written by jobs.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def _states(allowed: str) -> None:
    with op.batch_alter_table("project_import") as batch:
        batch.drop_constraint(op.f("ck__project_import__state"), type_="check")
        batch.create_check_constraint(op.f("ck__project_import__state"), f"state IN ({allowed})")


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("project_import") as batch:
        batch.add_column(sa.Column("job_id", sa.Uuid(), nullable=True))
        batch.add_column(sa.Column("checked", sa.JSON(), nullable=True))
    _states("'open','running','done'")


def downgrade() -> None:
    """Go back."""
    op.execute("UPDATE project_import SET state = 'open' WHERE state = 'running'")
    _states("'open','done'")
    with op.batch_alter_table("project_import") as batch:
        batch.drop_column("checked")
        batch.drop_column("job_id")
