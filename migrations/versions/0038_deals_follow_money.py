"""deals whose money went back before they followed it

Revision ID: 0038
Revises: 0037
"""

import uuid
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

KIND = "settlement.follow_late"
MOMENT = sa.DateTime(timezone=True)
JOB = sa.table(
    "job", sa.column("id", sa.Uuid()), sa.column("kind"), sa.column("key"), sa.column("payload", sa.JSON()), sa.column("state"),
    sa.column("tries"), sa.column("run_at", MOMENT), sa.column("progress"), sa.column("locale"),
    sa.column("created_at", MOMENT), sa.column("updated_at", MOMENT),
)  # fmt: skip
DEAL = sa.table("deal", sa.column("id"), sa.column("stage"))
COMMITMENT = sa.table("commitment", sa.column("id"), sa.column("deal_id"))
TRANSFER = sa.table("settlement_transfer", sa.column("commitment_id"), sa.column("kind"))


def upgrade() -> None:
    """Leave a job where there may be such deals: it brings them back as the service does, with timeline, audit and word to
    both sides, which no statement here could write."""
    bind = op.get_bind()
    maybe = (
        sa.select(DEAL.c.id)
        .join(COMMITMENT, COMMITMENT.c.deal_id == DEAL.c.id)
        .join(TRANSFER, TRANSFER.c.commitment_id == COMMITMENT.c.id)
        .where(DEAL.c.stage.in_(("funded", "closed_won")), TRANSFER.c.kind.in_(("reversal", "refund")))
    )
    there = bind.execute(sa.select(JOB.c.id).where(JOB.c.key == KIND)).first()
    if there is not None or bind.execute(maybe.limit(1)).first() is None:
        return
    now = datetime.now(UTC)
    bind.execute(
        JOB.insert().values(
            id=uuid.uuid4(), kind=KIND, key=KIND, payload={}, state="queued", tries=0, run_at=now, progress=0.0, locale="zh",
            created_at=now, updated_at=now,
        )
    )  # fmt: skip


def downgrade() -> None:
    """Go back: what the job did stays; one that has not run has nobody to run it."""
    op.get_bind().execute(JOB.delete().where(JOB.c.key == KIND))
