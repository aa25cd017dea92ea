"""notices of closings issued anew

Revision ID: 0042
Revises: 0041
"""

from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

TABLE = "fund_revision"
BEFORE = ("statement", "call", "distribution")


def _kinds(kinds: tuple[str, ...]) -> None:
    allowed = f"kind IN ({', '.join(repr(kind) for kind in kinds)})"
    name = f"ck__{TABLE}__kind"
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f(name), TABLE, type_="check")
        op.create_check_constraint(op.f(name), TABLE, allowed)
        return
    # SQLite makes the table anew, without its triggers.
    with op.batch_alter_table(TABLE) as batch_op:
        batch_op.drop_constraint(op.f(name), type_="check")
        batch_op.create_check_constraint(op.f(name), allowed)
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_{verb.lower()} BEFORE {verb} ON {TABLE} BEGIN SELECT RAISE(ABORT, 'append_only'); END"
        )


def upgrade() -> None:
    """A later issue may be that of a notice of a closing."""
    _kinds((*BEFORE, "closing"))


def downgrade() -> None:
    """Go back, as long as there is none."""
    _kinds(BEFORE)
