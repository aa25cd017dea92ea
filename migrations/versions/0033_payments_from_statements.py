"""payments of capital calls from bank statements, what was overpaid, entries taken back

Revision ID: 0033
Revises: 0032
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

PAYMENTS = "fund_payment"
_AMOUNTS = (
    "amount_minor >= 0 AND interest_minor >= 0 AND excess_minor >= 0 AND amount_minor + interest_minor + excess_minor > 0 "
    "AND inside_minor BETWEEN 0 AND amount_minor"
)
_AMOUNTS_BEFORE = "amount_minor > 0 AND interest_minor >= 0 AND inside_minor BETWEEN 0 AND amount_minor"
_TYPED = sa.text("bank_line_id IS NULL AND kind <> 'reversal'")


def _append_only_anew() -> None:
    """SQLite makes the table anew, without what refuses a change; on PostgreSQL that stays."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {PAYMENTS}_no_{verb.lower()} BEFORE {verb} ON {PAYMENTS} BEGIN SELECT RAISE(ABORT, 'append_only'); END"
            )


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table(PAYMENTS) as batch:
        batch.add_column(sa.Column("kind", sa.String(length=10), server_default="payment", nullable=False))
        batch.add_column(sa.Column("excess_minor", sa.BigInteger(), server_default="0", nullable=False))
        batch.add_column(sa.Column("turn", sa.Integer(), server_default="0", nullable=False))
        batch.add_column(sa.Column("payer", sa.String(length=200), server_default="", nullable=False))
        batch.add_column(sa.Column("note", sa.String(length=500), server_default="", nullable=False))
        batch.add_column(sa.Column("bank_line_id", sa.Uuid(), nullable=True))
        batch.add_column(sa.Column("reverses_id", sa.Uuid(), nullable=True))
        batch.alter_column("call_line_id", existing_type=sa.Uuid(), nullable=True)
        batch.drop_constraint(op.f("uq__fund_payment__fund_id_reference"), type_="unique")
        batch.drop_constraint(op.f("ck__fund_payment__amounts"), type_="check")
        batch.create_check_constraint(op.f("ck__fund_payment__amounts"), _AMOUNTS)
        batch.create_check_constraint(
            op.f("ck__fund_payment__kind"), "kind IN ('payment', 'offset', 'refund', 'reversal')"
        )
        batch.create_check_constraint(
            op.f("ck__fund_payment__reversal"), "(kind = 'reversal') = (reverses_id IS NOT NULL)"
        )
        batch.create_unique_constraint(op.f("uq__fund_payment__bank_line_id_turn"), ["bank_line_id", "turn"])
        batch.create_unique_constraint(op.f("uq__fund_payment__reverses_id"), ["reverses_id"])
        batch.create_foreign_key(
            op.f("fk__fund_payment__reverses_id__fund_payment"), PAYMENTS, ["reverses_id"], ["id"]
        )
    op.create_index(
        "uq__fund_payment__typed",
        PAYMENTS,
        ["fund_id", "reference", "turn"],
        unique=True,
        sqlite_where=_TYPED,
        postgresql_where=_TYPED,
    )
    _append_only_anew()
    with op.batch_alter_table("bank_statement") as batch:
        batch.add_column(sa.Column("fund_id", sa.Uuid(), nullable=True))
        batch.create_foreign_key(op.f("fk__bank_statement__fund_id__fund"), "fund", ["fund_id"], ["id"])
        batch.create_index(op.f("ix__bank_statement__fund_id"), ["fund_id"])


def downgrade() -> None:
    """Go back; refused by the database when overpaid money or a correction was entered, which the older form cannot hold."""
    with op.batch_alter_table("bank_statement") as batch:
        batch.drop_index(op.f("ix__bank_statement__fund_id"))
        batch.drop_constraint(op.f("fk__bank_statement__fund_id__fund"), type_="foreignkey")
        batch.drop_column("fund_id")
    op.drop_index("uq__fund_payment__typed", table_name=PAYMENTS)
    with op.batch_alter_table(PAYMENTS) as batch:
        batch.drop_constraint(op.f("fk__fund_payment__reverses_id__fund_payment"), type_="foreignkey")
        batch.drop_constraint(op.f("uq__fund_payment__reverses_id"), type_="unique")
        batch.drop_constraint(op.f("uq__fund_payment__bank_line_id_turn"), type_="unique")
        batch.drop_constraint(op.f("ck__fund_payment__reversal"), type_="check")
        batch.drop_constraint(op.f("ck__fund_payment__kind"), type_="check")
        batch.drop_constraint(op.f("ck__fund_payment__amounts"), type_="check")
        batch.create_check_constraint(op.f("ck__fund_payment__amounts"), _AMOUNTS_BEFORE)
        batch.create_unique_constraint(op.f("uq__fund_payment__fund_id_reference"), ["fund_id", "reference"])
        batch.alter_column("call_line_id", existing_type=sa.Uuid(), nullable=False)
        for column in ("reverses_id", "bank_line_id", "note", "payer", "turn", "excess_minor", "kind"):
            batch.drop_column(column)
    _append_only_anew()
