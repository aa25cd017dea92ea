"""Commitments, tranches, calls, payments and bank statements.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None
TRIGGERS = {
    "sqlite": [
        "CREATE TRIGGER tranche_event_no_update BEFORE UPDATE ON tranche_event BEGIN SELECT RAISE(ABORT, 'append_only'); END",
        "CREATE TRIGGER tranche_event_no_delete BEFORE DELETE ON tranche_event BEGIN SELECT RAISE(ABORT, 'append_only'); END",
        "CREATE TRIGGER milestone_fact_no_update BEFORE UPDATE ON milestone_fact BEGIN SELECT RAISE(ABORT, 'append_only'); END",
        "CREATE TRIGGER milestone_fact_no_delete BEFORE DELETE ON milestone_fact BEGIN SELECT RAISE(ABORT, 'append_only'); END",
        "CREATE TRIGGER settlement_transfer_no_update BEFORE UPDATE ON settlement_transfer BEGIN SELECT RAISE(ABORT, 'append_only'); END",
        "CREATE TRIGGER settlement_transfer_no_delete BEFORE DELETE ON settlement_transfer BEGIN SELECT RAISE(ABORT, 'append_only'); END",
    ],
    "postgresql": [
        "CREATE TRIGGER tranche_event_append_only BEFORE UPDATE OR DELETE ON tranche_event FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        "CREATE TRIGGER milestone_fact_append_only BEFORE UPDATE OR DELETE ON milestone_fact FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        "CREATE TRIGGER settlement_transfer_append_only BEFORE UPDATE OR DELETE ON settlement_transfer FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    ],
}


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "bank_statement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("preset", sa.String(length=20), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("columns_digest", sa.String(length=64), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("outgoing", sa.Integer(), nullable=False),
        sa.Column("fresh", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("user_name", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__bank_statement__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk__bank_statement__user_id__user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__bank_statement")),
        sa.UniqueConstraint(
            "organisation_id", "sha256", name=op.f("uq__bank_statement__organisation_id_sha256")
        ),
    )
    op.create_index(
        "ix__bank_statement__columns", "bank_statement", ["organisation_id", "columns_digest"], unique=False
    )
    op.create_table(
        "bank_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("payer", sa.String(length=200), nullable=False),
        sa.Column("payer_account", sa.String(length=60), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("serial", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('ignored', 'matched', 'new')", name=op.f("ck__bank_line__state")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck__bank_line__positive")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__bank_line__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["bank_statement.id"], name=op.f("fk__bank_line__statement_id__bank_statement")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__bank_line")),
        sa.UniqueConstraint(
            "organisation_id", "fingerprint", name=op.f("uq__bank_line__organisation_id_fingerprint")
        ),
    )
    op.create_index(
        "ix__bank_line__state", "bank_line", ["organisation_id", "state", "booked_on"], unique=False
    )
    op.create_index(op.f("ix__bank_line__statement_id"), "bank_line", ["statement_id"], unique=False)
    op.create_table(
        "milestone_fact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("reached_on", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__milestone_fact__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk__milestone_fact__project_id__project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__milestone_fact")),
        sa.UniqueConstraint("project_id", "kind", name=op.f("uq__milestone_fact__project_id_kind")),
    )
    op.create_index(
        op.f("ix__milestone_fact__organisation_id"), "milestone_fact", ["organisation_id"], unique=False
    )
    op.create_table(
        "commitment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("term_sheet_id", sa.Uuid(), nullable=False),
        sa.Column("terms_number", sa.Integer(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("template", sa.String(length=20), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("excess_minor", sa.BigInteger(), nullable=False),
        sa.Column("payment_days", sa.Integer(), nullable=False),
        sa.Column("late_rate_ppm", sa.Integer(), nullable=False),
        sa.Column("executed_on", sa.Date(), nullable=False),
        sa.Column("investor_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("project_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck__commitment__positive")),
        sa.CheckConstraint("excess_minor >= 0", name=op.f("ck__commitment__excess")),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk__commitment__deal_id__deal")),
        sa.ForeignKeyConstraint(
            ["investor_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__commitment__investor_organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk__commitment__project_id__project")
        ),
        sa.ForeignKeyConstraint(
            ["project_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__commitment__project_organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["term_sheet_id"], ["term_sheet.id"], name=op.f("fk__commitment__term_sheet_id__term_sheet")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__commitment")),
        sa.UniqueConstraint("term_sheet_id", name=op.f("uq__commitment__term_sheet_id")),
    )
    op.create_index(op.f("ix__commitment__deal_id"), "commitment", ["deal_id"], unique=False)
    op.create_index(
        op.f("ix__commitment__investor_organisation_id"),
        "commitment",
        ["investor_organisation_id"],
        unique=False,
    )
    op.create_index(op.f("ix__commitment__project_id"), "commitment", ["project_id"], unique=False)
    op.create_index(
        op.f("ix__commitment__project_organisation_id"),
        "commitment",
        ["project_organisation_id"],
        unique=False,
    )
    op.create_table(
        "tranche",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("commitment_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("milestone", sa.String(length=30), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("long_stop", sa.Date(), nullable=False),
        sa.Column("on_miss", sa.String(length=20), nullable=False),
        sa.Column("extensions", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_from", sa.String(length=12), nullable=True),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column("opened_by", sa.String(length=12), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("called_minor", sa.BigInteger(), nullable=False),
        sa.Column("paid_minor", sa.BigInteger(), nullable=False),
        sa.Column("investor_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("project_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'held') = (held_from IS NOT NULL) AND (held_from IS NULL OR held_from IN ('open', 'waiting'))",
            name=op.f("ck__tranche__held_from"),
        ),
        sa.CheckConstraint(
            "on_miss IN ('cancel', 'extend', 'investor_option')", name=op.f("ck__tranche__on_miss")
        ),
        sa.CheckConstraint(
            "state IN ('called', 'cancelled', 'held', 'missed', 'open', 'paid', 'part_paid', 'refunded', 'waiting')",
            name=op.f("ck__tranche__state"),
        ),
        sa.CheckConstraint(
            "0 <= paid_minor AND paid_minor <= called_minor AND called_minor <= amount_minor",
            name=op.f("ck__tranche__sums"),
        ),
        sa.ForeignKeyConstraint(
            ["commitment_id"], ["commitment.id"], name=op.f("fk__tranche__commitment_id__commitment")
        ),
        sa.ForeignKeyConstraint(
            ["investor_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__tranche__investor_organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk__tranche__project_id__project")
        ),
        sa.ForeignKeyConstraint(
            ["project_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__tranche__project_organisation_id__organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__tranche")),
        sa.UniqueConstraint("commitment_id", "code", name=op.f("uq__tranche__commitment_id_code")),
        sa.UniqueConstraint("commitment_id", "number", name=op.f("uq__tranche__commitment_id_number")),
    )
    op.create_index("ix__tranche__due", "tranche", ["state", "long_stop"], unique=False)
    op.create_index(
        op.f("ix__tranche__investor_organisation_id"), "tranche", ["investor_organisation_id"], unique=False
    )
    op.create_index(op.f("ix__tranche__project_id"), "tranche", ["project_id"], unique=False)
    op.create_index(
        op.f("ix__tranche__project_organisation_id"), "tranche", ["project_organisation_id"], unique=False
    )
    op.create_table(
        "milestone_proof",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tranche_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("note", sa.String(length=2000), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("user_name", sa.String(length=200), nullable=False),
        sa.Column("answered_by", sa.String(length=200), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(length=2000), nullable=False),
        sa.Column("investor_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("project_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('accepted', 'rejected', 'waiting')", name=op.f("ck__milestone_proof__state")
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_file.id"], name=op.f("fk__milestone_proof__file_id__stored_file")
        ),
        sa.ForeignKeyConstraint(
            ["investor_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__milestone_proof__investor_organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["project_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__milestone_proof__project_organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["tranche_id"], ["tranche.id"], name=op.f("fk__milestone_proof__tranche_id__tranche")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk__milestone_proof__user_id__user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__milestone_proof")),
    )
    op.create_index(
        op.f("ix__milestone_proof__investor_organisation_id"),
        "milestone_proof",
        ["investor_organisation_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix__milestone_proof__project_organisation_id"),
        "milestone_proof",
        ["project_organisation_id"],
        unique=False,
    )
    op.create_index(op.f("ix__milestone_proof__tranche_id"), "milestone_proof", ["tranche_id"], unique=False)
    op.create_index(
        "uq__milestone_proof__live",
        "milestone_proof",
        ["tranche_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('waiting', 'accepted')"),
        postgresql_where=sa.text("state IN ('waiting', 'accepted')"),
    )
    op.create_table(
        "payment_call",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("commitment_id", sa.Uuid(), nullable=False),
        sa.Column("tranche_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=16), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("called_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("late_rate_ppm", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("paid_minor", sa.BigInteger(), nullable=False),
        sa.Column("interest_paid_minor", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column("investor_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("project_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'paid') = (paid_minor = amount_minor)", name=op.f("ck__payment_call__paid_if_whole")
        ),
        sa.CheckConstraint("state IN ('open', 'paid', 'withdrawn')", name=op.f("ck__payment_call__state")),
        sa.CheckConstraint(
            "0 <= paid_minor AND paid_minor <= amount_minor AND interest_paid_minor >= 0",
            name=op.f("ck__payment_call__sums"),
        ),
        sa.ForeignKeyConstraint(
            ["commitment_id"], ["commitment.id"], name=op.f("fk__payment_call__commitment_id__commitment")
        ),
        sa.ForeignKeyConstraint(
            ["investor_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__payment_call__investor_organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk__payment_call__project_id__project")
        ),
        sa.ForeignKeyConstraint(
            ["project_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__payment_call__project_organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["tranche_id"], ["tranche.id"], name=op.f("fk__payment_call__tranche_id__tranche")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__payment_call")),
        sa.UniqueConstraint("commitment_id", "number", name=op.f("uq__payment_call__commitment_id_number")),
        sa.UniqueConstraint("reference", name=op.f("uq__payment_call__reference")),
    )
    op.create_index("ix__payment_call__due", "payment_call", ["state", "due_on"], unique=False)
    op.create_index(
        op.f("ix__payment_call__investor_organisation_id"),
        "payment_call",
        ["investor_organisation_id"],
        unique=False,
    )
    op.create_index(op.f("ix__payment_call__project_id"), "payment_call", ["project_id"], unique=False)
    op.create_index(
        op.f("ix__payment_call__project_organisation_id"),
        "payment_call",
        ["project_organisation_id"],
        unique=False,
    )
    op.create_index(op.f("ix__payment_call__tranche_id"), "payment_call", ["tranche_id"], unique=False)
    op.create_index(
        "uq__payment_call__live",
        "payment_call",
        ["tranche_id"],
        unique=True,
        sqlite_where=sa.text("state <> 'withdrawn'"),
        postgresql_where=sa.text("state <> 'withdrawn'"),
    )
    op.create_table(
        "tranche_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tranche_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("before", sa.String(length=12), nullable=False),
        sa.Column("after", sa.String(length=12), nullable=False),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("user_name", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("investor_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("project_organisation_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["investor_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__tranche_event__investor_organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["project_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__tranche_event__project_organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["tranche_id"], ["tranche.id"], name=op.f("fk__tranche_event__tranche_id__tranche")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk__tranche_event__user_id__user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__tranche_event")),
    )
    op.create_index(
        op.f("ix__tranche_event__investor_organisation_id"),
        "tranche_event",
        ["investor_organisation_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix__tranche_event__project_organisation_id"),
        "tranche_event",
        ["project_organisation_id"],
        unique=False,
    )
    op.create_index(op.f("ix__tranche_event__tranche_id"), "tranche_event", ["tranche_id"], unique=False)
    op.create_table(
        "settlement_transfer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("commitment_id", sa.Uuid(), nullable=False),
        sa.Column("tranche_id", sa.Uuid(), nullable=True),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("moved_on", sa.Date(), nullable=False),
        sa.Column("principal_minor", sa.BigInteger(), nullable=False),
        sa.Column("interest_minor", sa.BigInteger(), nullable=False),
        sa.Column("excess_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("payer", sa.String(length=200), nullable=False),
        sa.Column("bank_reference", sa.String(length=100), nullable=False),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("bank_line_id", sa.Uuid(), nullable=True),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("key", sa.String(length=150), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("user_name", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("investor_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("project_organisation_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'reversal') = (reverses_id IS NOT NULL)", name=op.f("ck__settlement_transfer__reversal")
        ),
        sa.CheckConstraint(
            "kind IN ('offset', 'payment', 'refund', 'reversal')", name=op.f("ck__settlement_transfer__kind")
        ),
        sa.CheckConstraint(
            "principal_minor >= 0 AND interest_minor >= 0 AND excess_minor >= 0 AND principal_minor + interest_minor + excess_minor > 0",
            name=op.f("ck__settlement_transfer__amounts"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_line_id"], ["bank_line.id"], name=op.f("fk__settlement_transfer__bank_line_id__bank_line")
        ),
        sa.ForeignKeyConstraint(
            ["call_id"], ["payment_call.id"], name=op.f("fk__settlement_transfer__call_id__payment_call")
        ),
        sa.ForeignKeyConstraint(
            ["commitment_id"],
            ["commitment.id"],
            name=op.f("fk__settlement_transfer__commitment_id__commitment"),
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["ledger_entry.id"], name=op.f("fk__settlement_transfer__entry_id__ledger_entry")
        ),
        sa.ForeignKeyConstraint(
            ["investor_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__settlement_transfer__investor_organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk__settlement_transfer__project_id__project")
        ),
        sa.ForeignKeyConstraint(
            ["project_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__settlement_transfer__project_organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"],
            ["settlement_transfer.id"],
            name=op.f("fk__settlement_transfer__reverses_id__settlement_transfer"),
        ),
        sa.ForeignKeyConstraint(
            ["tranche_id"], ["tranche.id"], name=op.f("fk__settlement_transfer__tranche_id__tranche")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk__settlement_transfer__user_id__user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__settlement_transfer")),
        sa.UniqueConstraint("key", name=op.f("uq__settlement_transfer__key")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq__settlement_transfer__reverses_id")),
    )
    op.create_index(
        op.f("ix__settlement_transfer__bank_line_id"), "settlement_transfer", ["bank_line_id"], unique=False
    )
    op.create_index(
        op.f("ix__settlement_transfer__call_id"), "settlement_transfer", ["call_id"], unique=False
    )
    op.create_index(
        op.f("ix__settlement_transfer__commitment_id"), "settlement_transfer", ["commitment_id"], unique=False
    )
    op.create_index(
        op.f("ix__settlement_transfer__investor_organisation_id"),
        "settlement_transfer",
        ["investor_organisation_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix__settlement_transfer__project_id"), "settlement_transfer", ["project_id"], unique=False
    )
    op.create_index(
        op.f("ix__settlement_transfer__project_organisation_id"),
        "settlement_transfer",
        ["project_organisation_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix__settlement_transfer__tranche_id"), "settlement_transfer", ["tranche_id"], unique=False
    )
    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """Go back."""
    op.drop_index(op.f("ix__settlement_transfer__tranche_id"), table_name="settlement_transfer")
    op.drop_index(op.f("ix__settlement_transfer__project_organisation_id"), table_name="settlement_transfer")
    op.drop_index(op.f("ix__settlement_transfer__project_id"), table_name="settlement_transfer")
    op.drop_index(op.f("ix__settlement_transfer__investor_organisation_id"), table_name="settlement_transfer")
    op.drop_index(op.f("ix__settlement_transfer__commitment_id"), table_name="settlement_transfer")
    op.drop_index(op.f("ix__settlement_transfer__call_id"), table_name="settlement_transfer")
    op.drop_index(op.f("ix__settlement_transfer__bank_line_id"), table_name="settlement_transfer")
    op.drop_table("settlement_transfer")
    op.drop_index(op.f("ix__tranche_event__tranche_id"), table_name="tranche_event")
    op.drop_index(op.f("ix__tranche_event__project_organisation_id"), table_name="tranche_event")
    op.drop_index(op.f("ix__tranche_event__investor_organisation_id"), table_name="tranche_event")
    op.drop_table("tranche_event")
    op.drop_index(
        "uq__payment_call__live",
        table_name="payment_call",
        sqlite_where=sa.text("state <> 'withdrawn'"),
        postgresql_where=sa.text("state <> 'withdrawn'"),
    )
    op.drop_index(op.f("ix__payment_call__tranche_id"), table_name="payment_call")
    op.drop_index(op.f("ix__payment_call__project_organisation_id"), table_name="payment_call")
    op.drop_index(op.f("ix__payment_call__project_id"), table_name="payment_call")
    op.drop_index(op.f("ix__payment_call__investor_organisation_id"), table_name="payment_call")
    op.drop_index("ix__payment_call__due", table_name="payment_call")
    op.drop_table("payment_call")
    op.drop_index(
        "uq__milestone_proof__live",
        table_name="milestone_proof",
        sqlite_where=sa.text("state IN ('waiting', 'accepted')"),
        postgresql_where=sa.text("state IN ('waiting', 'accepted')"),
    )
    op.drop_index(op.f("ix__milestone_proof__tranche_id"), table_name="milestone_proof")
    op.drop_index(op.f("ix__milestone_proof__project_organisation_id"), table_name="milestone_proof")
    op.drop_index(op.f("ix__milestone_proof__investor_organisation_id"), table_name="milestone_proof")
    op.drop_table("milestone_proof")
    op.drop_index(op.f("ix__tranche__project_organisation_id"), table_name="tranche")
    op.drop_index(op.f("ix__tranche__project_id"), table_name="tranche")
    op.drop_index(op.f("ix__tranche__investor_organisation_id"), table_name="tranche")
    op.drop_index("ix__tranche__due", table_name="tranche")
    op.drop_table("tranche")
    op.drop_index(op.f("ix__commitment__project_organisation_id"), table_name="commitment")
    op.drop_index(op.f("ix__commitment__project_id"), table_name="commitment")
    op.drop_index(op.f("ix__commitment__investor_organisation_id"), table_name="commitment")
    op.drop_index(op.f("ix__commitment__deal_id"), table_name="commitment")
    op.drop_table("commitment")
    op.drop_index(op.f("ix__milestone_fact__organisation_id"), table_name="milestone_fact")
    op.drop_table("milestone_fact")
    op.drop_index(op.f("ix__bank_line__statement_id"), table_name="bank_line")
    op.drop_index("ix__bank_line__state", table_name="bank_line")
    op.drop_table("bank_line")
    op.drop_index("ix__bank_statement__columns", table_name="bank_statement")
    op.drop_table("bank_statement")
