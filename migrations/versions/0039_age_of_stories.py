"""the age of a story is that of its wording

Revision ID: 0039
Revises: 0038
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

PRINT = sa.table(
    "pitch_fingerprint", sa.column("project_id"), sa.column("signature", sa.LargeBinary()),
    sa.column("anchor", sa.LargeBinary()), sa.column("since", sa.DateTime(timezone=True)),
)  # fmt: skip
PROJECT = sa.table("project", sa.column("id"), sa.column("published_at", sa.DateTime(timezone=True)))


def upgrade() -> None:
    """Stories that are known are as old as their publication was believed to be."""
    op.add_column("pitch_fingerprint", sa.Column("anchor", sa.LargeBinary(), nullable=True))
    op.add_column("pitch_fingerprint", sa.Column("since", sa.DateTime(timezone=True), nullable=True))
    published = sa.select(PROJECT.c.published_at).where(PROJECT.c.id == PRINT.c.project_id).scalar_subquery()
    op.execute(PRINT.update().values(anchor=PRINT.c.signature, since=published))


def downgrade() -> None:
    """Go back."""
    op.drop_column("pitch_fingerprint", "since")
    op.drop_column("pitch_fingerprint", "anchor")
