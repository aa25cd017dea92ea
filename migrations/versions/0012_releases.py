"""releases

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# What the database itself enforces beyond constraints.
TRIGGERS = {
    "sqlite": [
        "CREATE TRIGGER release_figure_no_update BEFORE UPDATE ON release_figure BEGIN SELECT RAISE(ABORT, 'append_only'); END",
        "CREATE TRIGGER release_figure_no_delete BEFORE DELETE ON release_figure BEGIN SELECT RAISE(ABORT, 'append_only'); END",
        "CREATE TRIGGER receipt_no_update BEFORE UPDATE ON receipt BEGIN SELECT RAISE(ABORT, 'append_only'); END",
        "CREATE TRIGGER receipt_no_delete BEFORE DELETE ON receipt BEGIN SELECT RAISE(ABORT, 'append_only'); END",
        "CREATE TRIGGER ad_spend_no_update BEFORE UPDATE ON ad_spend BEGIN SELECT RAISE(ABORT, 'append_only'); END",
        "CREATE TRIGGER ad_spend_no_delete BEFORE DELETE ON ad_spend BEGIN SELECT RAISE(ABORT, 'append_only'); END",
    ],
    "postgresql": [
        "CREATE TRIGGER release_figure_append_only BEFORE UPDATE OR DELETE ON release_figure FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        "CREATE TRIGGER receipt_append_only BEFORE UPDATE OR DELETE ON receipt FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        "CREATE TRIGGER ad_spend_append_only BEFORE UPDATE OR DELETE ON ad_spend FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    ],
}


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "ad_cap",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("cap_minor", sa.BigInteger(), nullable=False),
        sa.Column("cap_currency", sa.String(length=3), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("near_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("cap_minor BETWEEN 1 AND 1000000000000000", name=op.f("ck__ad_cap__cap")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk__ad_cap__organisation_id__organisation")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk__ad_cap__project_id__project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__ad_cap")),
        sa.UniqueConstraint("project_id", "source", name=op.f("uq__ad_cap__project_id_source")),
    )
    op.create_table(
        "platform_statement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("user_name", sa.String(length=200), nullable=False),
        sa.Column("filename", sa.String(length=300), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("header", sa.JSON(), nullable=False),
        sa.Column("samples", sa.JSON(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("preset", sa.String(length=20), nullable=False),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("checked", sa.JSON(), nullable=True),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('open','running','done')", name=op.f("ck__platform_statement__state")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__platform_statement__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk__platform_statement__project_id__project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__platform_statement")),
        sa.UniqueConstraint(
            "project_id", "content_hash", name=op.f("uq__platform_statement__project_id_content_hash")
        ),
    )
    op.create_index(
        op.f("ix__platform_statement__organisation_id"),
        "platform_statement",
        ["organisation_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix__platform_statement__project_id"), "platform_statement", ["project_id"], unique=False
    )
    op.create_table(
        "project_release",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.String(length=60), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("territory", sa.String(length=6), nullable=False),
        sa.Column("released_on", sa.Date(), nullable=False),
        sa.Column("filing_number", sa.String(length=60), nullable=True),
        sa.Column("link", sa.String(length=1000), nullable=True),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdraw_reason", sa.String(length=500), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__project_release__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk__project_release__project_id__project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__project_release")),
    )
    op.create_index(
        op.f("ix__project_release__organisation_id"), "project_release", ["organisation_id"], unique=False
    )
    op.create_index(op.f("ix__project_release__project_id"), "project_release", ["project_id"], unique=False)
    op.create_index(
        "uq__project_release__active",
        "project_release",
        ["project_id", "platform", "territory"],
        unique=True,
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_table(
        "release_evidence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__release_evidence__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk__release_evidence__project_id__project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__release_evidence")),
        sa.UniqueConstraint("file_id", name=op.f("uq__release_evidence__file_id")),
    )
    op.create_index(
        op.f("ix__release_evidence__project_id"), "release_evidence", ["project_id"], unique=False
    )
    op.create_table(
        "ad_spend",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_currency", sa.String(length=3), nullable=False),
        sa.Column("platform", sa.String(length=60), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("external_ref", sa.String(length=120), nullable=False),
        sa.Column("evidence_class", sa.String(length=20), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("statement_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("user_name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "evidence_class IN ('platform_statement', 'platform_api', 'third_party', 'self_reported')",
            name=op.f("ck__ad_spend__evidence_class"),
        ),
        sa.CheckConstraint(
            "amount_minor <> 0 AND amount_minor BETWEEN -1000000000000000 AND 1000000000000000",
            name=op.f("ck__ad_spend__amount"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk__ad_spend__organisation_id__organisation")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk__ad_spend__project_id__project")
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["platform_statement.id"],
            name=op.f("fk__ad_spend__statement_id__platform_statement"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__ad_spend")),
        sa.UniqueConstraint("project_id", "external_ref", name=op.f("uq__ad_spend__project_id_external_ref")),
    )
    op.create_index("ix__ad_spend__project_day", "ad_spend", ["project_id", "day"], unique=False)
    op.create_index(op.f("ix__ad_spend__statement_id"), "ad_spend", ["statement_id"], unique=False)
    op.create_table(
        "receipt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_currency", sa.String(length=3), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("platform", sa.String(length=60), nullable=False),
        sa.Column("territory", sa.String(length=6), nullable=False),
        sa.Column("external_ref", sa.String(length=120), nullable=False),
        sa.Column("evidence_class", sa.String(length=20), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("statement_id", sa.Uuid(), nullable=True),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("user_name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "evidence_class IN ('platform_statement', 'platform_api', 'third_party', 'self_reported')",
            name=op.f("ck__receipt__evidence_class"),
        ),
        sa.CheckConstraint(
            "(corrects_id IS NULL) = (number = 0)", name=op.f("ck__receipt__numbered_if_correction")
        ),
        sa.CheckConstraint(
            "amount_minor <> 0 AND amount_minor BETWEEN -1000000000000000 AND 1000000000000000",
            name=op.f("ck__receipt__amount"),
        ),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["receipt.id"], name=op.f("fk__receipt__corrects_id__receipt")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk__receipt__organisation_id__organisation")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk__receipt__project_id__project")
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["platform_statement.id"],
            name=op.f("fk__receipt__statement_id__platform_statement"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__receipt")),
        sa.UniqueConstraint("corrects_id", "number", name=op.f("uq__receipt__corrects_id_number")),
        sa.UniqueConstraint("project_id", "external_ref", name=op.f("uq__receipt__project_id_external_ref")),
    )
    op.create_index("ix__receipt__project_day", "receipt", ["project_id", "day"], unique=False)
    op.create_index(op.f("ix__receipt__statement_id"), "receipt", ["statement_id"], unique=False)
    op.create_table(
        "release_figure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("plays", sa.BigInteger(), nullable=True),
        sa.Column("paid_users", sa.BigInteger(), nullable=True),
        sa.Column("receipts_minor", sa.BigInteger(), nullable=True),
        sa.Column("receipts_currency", sa.String(length=3), nullable=True),
        sa.Column("ad_spend_minor", sa.BigInteger(), nullable=True),
        sa.Column("ad_spend_currency", sa.String(length=3), nullable=True),
        sa.Column("evidence_class", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("user_name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "evidence_class IN ('platform_statement', 'platform_api', 'third_party', 'self_reported')",
            name=op.f("ck__release_figure__evidence_class"),
        ),
        sa.CheckConstraint(
            "(ad_spend_minor IS NULL) = (ad_spend_currency IS NULL) AND (ad_spend_minor IS NULL OR ad_spend_minor BETWEEN 0 AND 1000000000000000)",
            name=op.f("ck__release_figure__ad_spend"),
        ),
        sa.CheckConstraint(
            "(receipts_minor IS NULL) = (receipts_currency IS NULL) AND (receipts_minor IS NULL OR receipts_minor BETWEEN 0 AND 1000000000000000)",
            name=op.f("ck__release_figure__receipts"),
        ),
        sa.CheckConstraint(
            "paid_users IS NULL OR paid_users >= 0", name=op.f("ck__release_figure__paid_users")
        ),
        sa.CheckConstraint("plays IS NULL OR plays >= 0", name=op.f("ck__release_figure__plays")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__release_figure__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk__release_figure__project_id__project")
        ),
        sa.ForeignKeyConstraint(
            ["release_id"],
            ["project_release.id"],
            name=op.f("fk__release_figure__release_id__project_release"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__release_figure")),
        sa.UniqueConstraint(
            "release_id",
            "day",
            "source",
            "evidence_class",
            "number",
            name=op.f("uq__release_figure__release_id_day_source_evidence_class_number"),
        ),
    )
    op.create_index("ix__release_figure__project_day", "release_figure", ["project_id", "day"], unique=False)
    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix__release_figure__project_day", table_name="release_figure")
    op.drop_table("release_figure")
    op.drop_index(op.f("ix__receipt__statement_id"), table_name="receipt")
    op.drop_index("ix__receipt__project_day", table_name="receipt")
    op.drop_table("receipt")
    op.drop_index(op.f("ix__ad_spend__statement_id"), table_name="ad_spend")
    op.drop_index("ix__ad_spend__project_day", table_name="ad_spend")
    op.drop_table("ad_spend")
    op.drop_index(op.f("ix__release_evidence__project_id"), table_name="release_evidence")
    op.drop_table("release_evidence")
    op.drop_index(
        "uq__project_release__active",
        table_name="project_release",
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.drop_index(op.f("ix__project_release__project_id"), table_name="project_release")
    op.drop_index(op.f("ix__project_release__organisation_id"), table_name="project_release")
    op.drop_table("project_release")
    op.drop_index(op.f("ix__platform_statement__project_id"), table_name="platform_statement")
    op.drop_index(op.f("ix__platform_statement__organisation_id"), table_name="platform_statement")
    op.drop_table("platform_statement")
    op.drop_table("ad_cap")
