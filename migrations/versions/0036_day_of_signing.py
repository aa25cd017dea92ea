"""commitments are dated by the last signature

Revision ID: 0036
Revises: 0035
"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

SHEET = sa.table("term_sheet", sa.column("id"), sa.column("closed_at", sa.DateTime(timezone=True)))
COMMITMENT = sa.table(
    "commitment", sa.column("id"), sa.column("term_sheet_id"), sa.column("executed_on", sa.Date())
)
TRANCHE = sa.table(
    "tranche", sa.column("commitment_id"), sa.column("milestone"), sa.column("opened_by"),
    sa.column("opened_on", sa.Date()),
)  # fmt: skip


def upgrade() -> None:
    """Put the day of signing where the day of the job stood, with the tranches that signing opened."""
    bind = op.get_bind()
    # The parties' day; China keeps one time all year.
    day = (
        sa.cast(sa.func.timezone("Asia/Shanghai", SHEET.c.closed_at), sa.Date)
        if bind.dialect.name == "postgresql"
        else sa.func.date(SHEET.c.closed_at, "+8 hours", type_=sa.Date())
    )
    signed = SHEET.c.id == COMMITMENT.c.term_sheet_id
    found = sa.select(COMMITMENT.c.id, COMMITMENT.c.executed_on, day.label("day")).where(signed)
    for row in bind.execute(found.where(SHEET.c.closed_at.is_not(None))).all():
        if row.day == row.executed_on:
            continue
        opened = (
            TRANCHE.c.commitment_id == row.id,
            TRANCHE.c.milestone == "signing",
            TRANCHE.c.opened_by == "record",
        )
        bind.execute(
            TRANCHE.update().where(*opened, TRANCHE.c.opened_on == row.executed_on).values(opened_on=row.day)
        )
        bind.execute(COMMITMENT.update().where(COMMITMENT.c.id == row.id).values(executed_on=row.day))


def downgrade() -> None:
    """Go back: the days stay, as they are right in any version."""
