"""portfolio

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None
APPEND_ONLY = (
    "holding_flow",
    "holding_valuation",
    "fund_line_flow",
    "portfolio_report",
    "portfolio_report_file",
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
        "portfolio_benchmark",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("levels", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__portfolio_benchmark__organisation_id__organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__portfolio_benchmark")),
        sa.UniqueConstraint(
            "organisation_id", "name", name=op.f("uq__portfolio_benchmark__organisation_id_name")
        ),
    )
    op.create_index(
        op.f("ix__portfolio_benchmark__organisation_id"),
        "portfolio_benchmark",
        ["organisation_id"],
        unique=False,
    )
    op.create_table(
        "portfolio_limit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("vehicle_id", sa.String(length=60), nullable=False),
        sa.Column("dimension", sa.String(length=12), nullable=False),
        sa.Column("most_ppm", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("most_ppm BETWEEN 1 AND 1000000", name=op.f("ck__portfolio_limit__most")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__portfolio_limit__organisation_id__organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__portfolio_limit")),
        sa.UniqueConstraint(
            "vehicle_id", "dimension", name=op.f("uq__portfolio_limit__vehicle_id_dimension")
        ),
    )
    op.create_index(
        op.f("ix__portfolio_limit__organisation_id"), "portfolio_limit", ["organisation_id"], unique=False
    )
    op.create_table(
        "portfolio_visit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__portfolio_visit__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk__portfolio_visit__user_id__user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__portfolio_visit")),
        sa.UniqueConstraint(
            "organisation_id", "user_id", name=op.f("uq__portfolio_visit__organisation_id_user_id")
        ),
    )
    op.create_table(
        "holding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("vehicle_id", sa.String(length=60), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=True),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("instrument", sa.String(length=30), nullable=False),
        sa.Column("genre", sa.String(length=60), nullable=False),
        sa.Column("stage", sa.String(length=30), nullable=False),
        sa.Column("platform", sa.String(length=120), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("watched", sa.Boolean(), nullable=False),
        sa.Column("watch_note", sa.String(length=500), nullable=False),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(status = 'active') = (closed_on IS NULL)", name=op.f("ck__holding__closed_on_if_closed")
        ),
        sa.CheckConstraint("status IN ('active', 'exited', 'written_off')", name=op.f("ck__holding__status")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk__holding__fund_id__fund")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk__holding__organisation_id__organisation")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk__holding__project_id__project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__holding")),
        sa.UniqueConstraint("vehicle_id", "name", name=op.f("uq__holding__vehicle_id_name")),
        sa.UniqueConstraint("vehicle_id", "project_id", name=op.f("uq__holding__vehicle_id_project_id")),
    )
    op.create_index(op.f("ix__holding__organisation_id"), "holding", ["organisation_id"], unique=False)
    op.create_index(op.f("ix__holding__project_id"), "holding", ["project_id"], unique=False)
    op.create_index(op.f("ix__holding__vehicle_id"), "holding", ["vehicle_id"], unique=False)
    op.create_table(
        "portfolio_report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("quarter", sa.String(length=6), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by_id", sa.Uuid(), nullable=True),
        sa.Column("issued_by_name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk__portfolio_report__fund_id__fund")),
        sa.ForeignKeyConstraint(
            ["issued_by_id"], ["user.id"], name=op.f("fk__portfolio_report__issued_by_id__user")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__portfolio_report__organisation_id__organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__portfolio_report")),
        sa.UniqueConstraint("fund_id", "quarter", name=op.f("uq__portfolio_report__fund_id_quarter")),
    )
    op.create_table(
        "fund_line_flow",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(length=100), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('draw', 'repay', 'interest')", name=op.f("ck__fund_line_flow__kind")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck__fund_line_flow__amount")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user.id"], name=op.f("fk__fund_line_flow__created_by_id__user")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["ledger_entry.id"], name=op.f("fk__fund_line_flow__entry_id__ledger_entry")
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk__fund_line_flow__fund_id__fund")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__fund_line_flow__organisation_id__organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__fund_line_flow")),
        sa.UniqueConstraint("fund_id", "reference", name=op.f("uq__fund_line_flow__fund_id_reference")),
    )
    op.create_table(
        "holding_flow",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("holding_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("given_minor", sa.BigInteger(), nullable=True),
        sa.Column("given_currency", sa.String(length=3), nullable=True),
        sa.Column("rate", sa.String(length=40), nullable=True),
        sa.Column("source", sa.String(length=12), nullable=False),
        sa.Column("source_id", sa.String(length=100), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('cost', 'proceeds')", name=op.f("ck__holding_flow__kind")),
        sa.CheckConstraint(
            "source IN ('own', 'settlement', 'recoupment')", name=op.f("ck__holding_flow__source")
        ),
        sa.CheckConstraint("(rate IS NULL) = (given_currency IS NULL)", name=op.f("ck__holding_flow__rate")),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck__holding_flow__not_zero")),
        sa.CheckConstraint(
            "amount_minor > 0 OR reverses_id IS NOT NULL",
            name=op.f("ck__holding_flow__negative_only_reverses"),
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user.id"], name=op.f("fk__holding_flow__created_by_id__user")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["ledger_entry.id"], name=op.f("fk__holding_flow__entry_id__ledger_entry")
        ),
        sa.ForeignKeyConstraint(
            ["holding_id"], ["holding.id"], name=op.f("fk__holding_flow__holding_id__holding")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__holding_flow__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["holding_flow.id"], name=op.f("fk__holding_flow__reverses_id__holding_flow")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__holding_flow")),
        sa.UniqueConstraint(
            "holding_id", "source", "source_id", name=op.f("uq__holding_flow__holding_id_source_source_id")
        ),
        sa.UniqueConstraint("reverses_id", name=op.f("uq__holding_flow__reverses_id")),
    )
    op.create_index(
        "ix__holding_flow__holding_day", "holding_flow", ["holding_id", "happened_on"], unique=False
    )
    op.create_table(
        "holding_follow_on",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("holding_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'exercised', 'waived')", name=op.f("ck__holding_follow_on__state")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck__holding_follow_on__amount")),
        sa.ForeignKeyConstraint(
            ["holding_id"], ["holding.id"], name=op.f("fk__holding_follow_on__holding_id__holding")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__holding_follow_on__organisation_id__organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__holding_follow_on")),
        sa.UniqueConstraint(
            "holding_id", "due_on", "text", name=op.f("uq__holding_follow_on__holding_id_due_on_text")
        ),
    )
    op.create_index(
        op.f("ix__holding_follow_on__holding_id"), "holding_follow_on", ["holding_id"], unique=False
    )
    op.create_index(
        "ix__holding_follow_on__organisation_due",
        "holding_follow_on",
        ["organisation_id", "due_on"],
        unique=False,
    )
    op.create_table(
        "holding_valuation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("holding_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("valued_on", sa.Date(), nullable=False),
        sa.Column("value_minor", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.String(length=30), nullable=False),
        sa.Column("evidence_class", sa.String(length=20), nullable=False),
        sa.Column("evidence", sa.String(length=2000), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("reference", sa.String(length=100), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("user_name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "evidence_class IN ('platform_statement', 'platform_api', 'third_party', 'self_reported')",
            name=op.f("ck__holding_valuation__evidence_class"),
        ),
        sa.CheckConstraint(
            "method IN ('cost', 'recent_round', 'market_multiple', 'discounted_cash_flow', 'contracted', 'written_down')",
            name=op.f("ck__holding_valuation__method"),
        ),
        sa.CheckConstraint(
            "value_minor BETWEEN 0 AND 1000000000000000", name=op.f("ck__holding_valuation__value")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["ledger_entry.id"], name=op.f("fk__holding_valuation__entry_id__ledger_entry")
        ),
        sa.ForeignKeyConstraint(
            ["holding_id"], ["holding.id"], name=op.f("fk__holding_valuation__holding_id__holding")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__holding_valuation__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk__holding_valuation__user_id__user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__holding_valuation")),
        sa.UniqueConstraint(
            "holding_id", "reference", name=op.f("uq__holding_valuation__holding_id_reference")
        ),
    )
    op.create_index(
        "ix__holding_valuation__holding_day", "holding_valuation", ["holding_id", "valued_on"], unique=False
    )
    op.create_table(
        "portfolio_report_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("form", sa.String(length=4), nullable=False),
        sa.Column("lang", sa.String(length=2), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_file.id"], name=op.f("fk__portfolio_report_file__file_id__stored_file")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__portfolio_report_file__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["portfolio_report.id"],
            name=op.f("fk__portfolio_report_file__report_id__portfolio_report"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__portfolio_report_file")),
        sa.UniqueConstraint(
            "report_id", "form", "lang", name=op.f("uq__portfolio_report_file__report_id_form_lang")
        ),
    )
    for table in APPEND_ONLY:
        for statement in _append_only(table):
            op.execute(statement)


def downgrade() -> None:
    """Go back."""
    op.drop_table("portfolio_report_file")
    op.drop_index("ix__holding_valuation__holding_day", table_name="holding_valuation")
    op.drop_table("holding_valuation")
    op.drop_index("ix__holding_follow_on__organisation_due", table_name="holding_follow_on")
    op.drop_index(op.f("ix__holding_follow_on__holding_id"), table_name="holding_follow_on")
    op.drop_table("holding_follow_on")
    op.drop_index("ix__holding_flow__holding_day", table_name="holding_flow")
    op.drop_table("holding_flow")
    op.drop_table("fund_line_flow")
    op.drop_table("portfolio_report")
    op.drop_index(op.f("ix__holding__vehicle_id"), table_name="holding")
    op.drop_index(op.f("ix__holding__project_id"), table_name="holding")
    op.drop_index(op.f("ix__holding__organisation_id"), table_name="holding")
    op.drop_table("holding")
    op.drop_table("portfolio_visit")
    op.drop_index(op.f("ix__portfolio_limit__organisation_id"), table_name="portfolio_limit")
    op.drop_table("portfolio_limit")
    op.drop_index(op.f("ix__portfolio_benchmark__organisation_id"), table_name="portfolio_benchmark")
    op.drop_table("portfolio_benchmark")
