"""recoupment

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# Tables to which rows are only added.
APPENDED = (
    "distribution_line",
    "distribution_input",
    "distribution_statement",
    "distribution_statement_file",
    "distribution_payout",
    "distribution_payout_line",
)


def _append_only(table: str) -> list[str]:
    if op.get_bind().dialect.name == "postgresql":
        return [
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        ]
    return [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, 'append_only'); END"
        for verb in ("UPDATE", "DELETE")
    ]


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "distribution_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("base_id", sa.Uuid(), nullable=True),
        sa.Column("through", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("distributed_minor", sa.BigInteger(), nullable=False),
        sa.Column("due_minor", sa.BigInteger(), nullable=False),
        sa.Column("refund_minor", sa.BigInteger(), nullable=False),
        sa.Column("sheets", sa.JSON(), nullable=False),
        sa.Column("position", sa.JSON(), nullable=False),
        sa.Column("not_counted", sa.JSON(), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=True),
        sa.Column("made_by_name", sa.String(length=200), nullable=False),
        sa.Column("approved_by_id", sa.Uuid(), nullable=True),
        sa.Column("approved_by_name", sa.String(length=200), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'posted') = (number IS NOT NULL) AND (state <> 'posted' OR approved_at IS NOT NULL)",
            name=op.f("ck__distribution_run__posted_is_approved"),
        ),
        sa.CheckConstraint("kind IN ('regular', 'restatement')", name=op.f("ck__distribution_run__kind")),
        sa.CheckConstraint(
            "state IN ('discarded', 'posted', 'preview')", name=op.f("ck__distribution_run__state")
        ),
        sa.CheckConstraint(
            "approved_by_id IS NULL OR approved_by_id <> made_by_id",
            name=op.f("ck__distribution_run__second_person"),
        ),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["user.id"], name=op.f("fk__distribution_run__approved_by_id__user")
        ),
        sa.ForeignKeyConstraint(
            ["base_id"], ["distribution_run.id"], name=op.f("fk__distribution_run__base_id__distribution_run")
        ),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["user.id"], name=op.f("fk__distribution_run__made_by_id__user")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__distribution_run__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk__distribution_run__project_id__project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__distribution_run")),
        sa.UniqueConstraint("project_id", "number", name=op.f("uq__distribution_run__project_id_number")),
    )
    op.create_index(
        op.f("ix__distribution_run__organisation_id"), "distribution_run", ["organisation_id"], unique=False
    )
    op.create_index(
        "uq__distribution_run__preview",
        "distribution_run",
        ["project_id"],
        unique=True,
        sqlite_where=sa.text("state = 'preview'"),
        postgresql_where=sa.text("state = 'preview'"),
    )
    op.create_table(
        "distribution_input",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("source_id", sa.String(length=60), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.CheckConstraint("kind IN ('receipt', 'ad_spend')", name=op.f("ck__distribution_input__kind")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__distribution_input__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk__distribution_input__project_id__project")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["distribution_run.id"], name=op.f("fk__distribution_input__run_id__distribution_run")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__distribution_input")),
        sa.UniqueConstraint("kind", "source_id", name=op.f("uq__distribution_input__kind_source_id")),
    )
    op.create_index(
        op.f("ix__distribution_input__project_id"), "distribution_input", ["project_id"], unique=False
    )
    op.create_index(
        "ix__distribution_input__run", "distribution_input", ["run_id", "kind", "counted_on"], unique=False
    )
    op.create_table(
        "distribution_payout",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("payee", sa.String(length=220), nullable=False),
        sa.Column("payee_organisation_id", sa.Uuid(), nullable=True),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("bank_reference", sa.String(length=120), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("user_name", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck__distribution_payout__amount")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__distribution_payout__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["payee_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__distribution_payout__payee_organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk__distribution_payout__project_id__project")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["distribution_run.id"],
            name=op.f("fk__distribution_payout__run_id__distribution_run"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk__distribution_payout__user_id__user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__distribution_payout")),
        sa.UniqueConstraint(
            "project_id",
            "payee",
            "bank_reference",
            name=op.f("uq__distribution_payout__project_id_payee_bank_reference"),
        ),
    )
    op.create_index(
        op.f("ix__distribution_payout__payee_organisation_id"),
        "distribution_payout",
        ["payee_organisation_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix__distribution_payout__project_id"), "distribution_payout", ["project_id"], unique=False
    )
    op.create_index(op.f("ix__distribution_payout__run_id"), "distribution_payout", ["run_id"], unique=False)
    op.create_table(
        "distribution_statement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("payee", sa.String(length=220), nullable=False),
        sa.Column("payee_organisation_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("dispute_until", sa.Date(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__distribution_statement__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["payee_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__distribution_statement__payee_organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk__distribution_statement__project_id__project")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["distribution_run.id"],
            name=op.f("fk__distribution_statement__run_id__distribution_run"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__distribution_statement")),
        sa.UniqueConstraint("run_id", "payee", name=op.f("uq__distribution_statement__run_id_payee")),
    )
    op.create_index(
        op.f("ix__distribution_statement__payee_organisation_id"),
        "distribution_statement",
        ["payee_organisation_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix__distribution_statement__project_id"), "distribution_statement", ["project_id"], unique=False
    )
    op.create_table(
        "distribution_dispute",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("payee_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("user_name", sa.String(length=200), nullable=False),
        sa.Column("answer", sa.String(length=2000), nullable=False),
        sa.Column("answered_by", sa.String(length=200), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=2000), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('answered', 'open', 'settled', 'upheld', 'withdrawn')",
            name=op.f("ck__distribution_dispute__state"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__distribution_dispute__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["payee_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__distribution_dispute__payee_organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["distribution_statement.id"],
            name=op.f("fk__distribution_dispute__statement_id__distribution_statement"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk__distribution_dispute__user_id__user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__distribution_dispute")),
    )
    op.create_index(
        op.f("ix__distribution_dispute__statement_id"), "distribution_dispute", ["statement_id"], unique=False
    )
    op.create_index(
        "uq__distribution_dispute__open",
        "distribution_dispute",
        ["statement_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('open', 'answered')"),
        postgresql_where=sa.text("state IN ('open', 'answered')"),
    )
    op.create_table(
        "distribution_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("term_sheet_id", sa.Uuid(), nullable=False),
        sa.Column("tier", sa.String(length=200), nullable=False),
        sa.Column("tier_label", sa.JSON(), nullable=False),
        sa.Column("payee", sa.String(length=220), nullable=False),
        sa.Column("payee_name", sa.String(length=300), nullable=False),
        sa.Column("payee_kind", sa.String(length=20), nullable=False),
        sa.Column("payee_organisation_id", sa.Uuid(), nullable=True),
        sa.Column("source_ppm", sa.Integer(), nullable=True),
        sa.Column("basis", sa.String(length=10), nullable=False),
        sa.Column("cumulative_minor", sa.BigInteger(), nullable=False),
        sa.Column("due_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__distribution_line__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["payee_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__distribution_line__payee_organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["distribution_run.id"], name=op.f("fk__distribution_line__run_id__distribution_run")
        ),
        sa.ForeignKeyConstraint(
            ["term_sheet_id"],
            ["term_sheet.id"],
            name=op.f("fk__distribution_line__term_sheet_id__term_sheet"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__distribution_line")),
        sa.UniqueConstraint(
            "run_id",
            "term_sheet_id",
            "tier",
            "payee",
            name=op.f("uq__distribution_line__run_id_term_sheet_id_tier_payee"),
        ),
    )
    op.create_index(
        op.f("ix__distribution_line__payee_organisation_id"),
        "distribution_line",
        ["payee_organisation_id"],
        unique=False,
    )
    op.create_table(
        "distribution_statement_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("payee_organisation_id", sa.Uuid(), nullable=True),
        sa.Column("form", sa.String(length=10), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "form IN ('pdf_zh', 'pdf_en', 'xlsx')", name=op.f("ck__distribution_statement_file__form")
        ),
        sa.ForeignKeyConstraint(
            ["file_id"],
            ["stored_file.id"],
            name=op.f("fk__distribution_statement_file__file_id__stored_file"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__distribution_statement_file__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["payee_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__distribution_statement_file__payee_organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["distribution_statement.id"],
            name=op.f("fk__distribution_statement_file__statement_id__distribution_statement"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__distribution_statement_file")),
        sa.UniqueConstraint(
            "statement_id", "form", name=op.f("uq__distribution_statement_file__statement_id_form")
        ),
    )
    op.create_index(
        op.f("ix__distribution_statement_file__file_id"),
        "distribution_statement_file",
        ["file_id"],
        unique=False,
    )
    op.create_table(
        "distribution_payout_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payout_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("payee_organisation_id", sa.Uuid(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["line_id"],
            ["distribution_line.id"],
            name=op.f("fk__distribution_payout_line__line_id__distribution_line"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__distribution_payout_line__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["payee_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__distribution_payout_line__payee_organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["payout_id"],
            ["distribution_payout.id"],
            name=op.f("fk__distribution_payout_line__payout_id__distribution_payout"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__distribution_payout_line")),
        sa.UniqueConstraint("line_id", name=op.f("uq__distribution_payout_line__line_id")),
    )
    op.create_index(
        op.f("ix__distribution_payout_line__payout_id"),
        "distribution_payout_line",
        ["payout_id"],
        unique=False,
    )
    for table in APPENDED:
        for statement in _append_only(table):
            op.execute(statement)


def downgrade() -> None:
    """Go back."""
    op.drop_index(op.f("ix__distribution_payout_line__payout_id"), table_name="distribution_payout_line")
    op.drop_table("distribution_payout_line")
    op.drop_index(op.f("ix__distribution_statement_file__file_id"), table_name="distribution_statement_file")
    op.drop_table("distribution_statement_file")
    op.drop_index(op.f("ix__distribution_line__payee_organisation_id"), table_name="distribution_line")
    op.drop_table("distribution_line")
    op.drop_index(
        "uq__distribution_dispute__open",
        table_name="distribution_dispute",
        sqlite_where=sa.text("state IN ('open', 'answered')"),
        postgresql_where=sa.text("state IN ('open', 'answered')"),
    )
    op.drop_index(op.f("ix__distribution_dispute__statement_id"), table_name="distribution_dispute")
    op.drop_table("distribution_dispute")
    op.drop_index(op.f("ix__distribution_statement__project_id"), table_name="distribution_statement")
    op.drop_index(
        op.f("ix__distribution_statement__payee_organisation_id"), table_name="distribution_statement"
    )
    op.drop_table("distribution_statement")
    op.drop_index(op.f("ix__distribution_payout__run_id"), table_name="distribution_payout")
    op.drop_index(op.f("ix__distribution_payout__project_id"), table_name="distribution_payout")
    op.drop_index(op.f("ix__distribution_payout__payee_organisation_id"), table_name="distribution_payout")
    op.drop_table("distribution_payout")
    op.drop_index("ix__distribution_input__run", table_name="distribution_input")
    op.drop_index(op.f("ix__distribution_input__project_id"), table_name="distribution_input")
    op.drop_table("distribution_input")
    op.drop_index(
        "uq__distribution_run__preview",
        table_name="distribution_run",
        sqlite_where=sa.text("state = 'preview'"),
        postgresql_where=sa.text("state = 'preview'"),
    )
    op.drop_index(op.f("ix__distribution_run__organisation_id"), table_name="distribution_run")
    op.drop_table("distribution_run")
