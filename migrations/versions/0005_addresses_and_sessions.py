"""Links that confirm a new e-mail address; sessions that must take a fresh secret.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _purposes(allowed: str) -> None:
    with op.batch_alter_table("email_link") as batch:
        batch.drop_constraint(op.f("ck__email_link__purpose"), type_="check")
        batch.create_check_constraint(op.f("ck__email_link__purpose"), f"purpose IN ({allowed})")


def upgrade() -> None:
    """Go forward."""
    _purposes("'register','reset','email'")
    with op.batch_alter_table("user_session") as batch:
        batch.add_column(sa.Column("must_renew", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("user_session") as batch:
        batch.drop_column("must_renew")
    op.execute("DELETE FROM email_link WHERE purpose = 'email'")
    _purposes("'register','reset'")
