"""funds

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

APPENDED = ("fund_commitment", "fund_payment", "fund_distribution_line", "fund_statement", "fund_paper")


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
        "fund",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("vintage", sa.Integer(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("term_years", sa.Integer(), nullable=False),
        sa.Column("target_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_rate_ppm", sa.Integer(), nullable=False),
        sa.Column("fee_base", sa.String(length=12), nullable=False),
        sa.Column("fee_outside", sa.Boolean(), nullable=False),
        sa.Column("carry_mode", sa.String(length=10), nullable=False),
        sa.Column("pref_rate_ppm", sa.Integer(), nullable=False),
        sa.Column("catch_up_ppm", sa.Integer(), nullable=False),
        sa.Column("carry_ppm", sa.Integer(), nullable=False),
        sa.Column("equalisation_rate_ppm", sa.Integer(), nullable=False),
        sa.Column("late_rate_ppm", sa.Integer(), nullable=False),
        sa.Column("limits", sa.JSON(), nullable=False),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("carry_mode IN ('european', 'american')", name=op.f("ck__fund__carry_mode")),
        sa.CheckConstraint("fee_base IN ('commitment', 'invested')", name=op.f("ck__fund__fee_base")),
        sa.CheckConstraint("parent_id IS NULL OR parent_id <> id", name=op.f("ck__fund__no_own_parent")),
        sa.CheckConstraint("target_minor BETWEEN 0 AND 1000000000000000", name=op.f("ck__fund__target")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk__fund__organisation_id__organisation")
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["fund.id"], name=op.f("fk__fund__parent_id__fund")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__fund")),
        sa.UniqueConstraint("organisation_id", "name", name=op.f("uq__fund__organisation_id_name")),
    )
    op.create_index(op.f("ix__fund__organisation_id"), "fund", ["organisation_id"], unique=False)
    op.create_index(op.f("ix__fund__parent_id"), "fund", ["parent_id"], unique=False)
    op.create_table(
        "fund_lp",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("lp_organisation_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("invite_hash", sa.String(length=64), nullable=True),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk__fund_lp__fund_id__fund")),
        sa.ForeignKeyConstraint(
            ["lp_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__fund_lp__lp_organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk__fund_lp__organisation_id__organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__fund_lp")),
        sa.UniqueConstraint(
            "fund_id", "lp_organisation_id", name=op.f("uq__fund_lp__fund_id_lp_organisation_id")
        ),
        sa.UniqueConstraint("fund_id", "name", name=op.f("uq__fund_lp__fund_id_name")),
        sa.UniqueConstraint("invite_hash", name=op.f("uq__fund_lp__invite_hash")),
    )
    op.create_index(op.f("ix__fund_lp__lp_organisation_id"), "fund_lp", ["lp_organisation_id"], unique=False)
    op.create_index(op.f("ix__fund_lp__organisation_id"), "fund_lp", ["organisation_id"], unique=False)
    op.create_table(
        "fund_call",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("purposes", sa.JSON(), nullable=False),
        sa.Column("excused", sa.JSON(), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'draft') = (issued_on IS NULL) OR state = 'cancelled'",
            name=op.f("ck__fund_call__issued"),
        ),
        sa.CheckConstraint("state IN ('draft', 'issued', 'cancelled')", name=op.f("ck__fund_call__state")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck__fund_call__amount")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user.id"], name=op.f("fk__fund_call__created_by_id__user")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["ledger_entry.id"], name=op.f("fk__fund_call__entry_id__ledger_entry")
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk__fund_call__fund_id__fund")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__fund_call__organisation_id__organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__fund_call")),
        sa.UniqueConstraint("fund_id", "number", name=op.f("uq__fund_call__fund_id_number")),
    )
    op.create_index(op.f("ix__fund_call__organisation_id"), "fund_call", ["organisation_id"], unique=False)
    op.create_table(
        "fund_charge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("charged_on", sa.Date(), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("given_minor", sa.BigInteger(), nullable=True),
        sa.Column("given_currency", sa.String(length=3), nullable=True),
        sa.Column("rate", sa.String(length=40), nullable=True),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("paid_entry_id", sa.Uuid(), nullable=True),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('fee', 'expense', 'income')", name=op.f("ck__fund_charge__kind")),
        sa.CheckConstraint("(paid_on IS NULL) = (paid_entry_id IS NULL)", name=op.f("ck__fund_charge__paid")),
        sa.CheckConstraint("(rate IS NULL) = (given_currency IS NULL)", name=op.f("ck__fund_charge__rate")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck__fund_charge__amount")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user.id"], name=op.f("fk__fund_charge__created_by_id__user")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["ledger_entry.id"], name=op.f("fk__fund_charge__entry_id__ledger_entry")
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk__fund_charge__fund_id__fund")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__fund_charge__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["paid_entry_id"], ["ledger_entry.id"], name=op.f("fk__fund_charge__paid_entry_id__ledger_entry")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__fund_charge")),
        sa.UniqueConstraint("fund_id", "key", name=op.f("uq__fund_charge__fund_id_key")),
    )
    op.create_index(
        op.f("ix__fund_charge__organisation_id"), "fund_charge", ["organisation_id"], unique=False
    )
    op.create_table(
        "fund_closing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=False),
        sa.Column("rate_ppm", sa.Integer(), nullable=False),
        sa.Column("equalised", sa.JSON(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user.id"], name=op.f("fk__fund_closing__created_by_id__user")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["ledger_entry.id"], name=op.f("fk__fund_closing__entry_id__ledger_entry")
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk__fund_closing__fund_id__fund")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__fund_closing__organisation_id__organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__fund_closing")),
        sa.UniqueConstraint("fund_id", "closed_on", name=op.f("uq__fund_closing__fund_id_closed_on")),
        sa.UniqueConstraint("fund_id", "number", name=op.f("uq__fund_closing__fund_id_number")),
    )
    op.create_index(
        op.f("ix__fund_closing__organisation_id"), "fund_closing", ["organisation_id"], unique=False
    )
    op.create_table(
        "fund_distribution",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("recallable_minor", sa.BigInteger(), nullable=False),
        sa.Column("deal", sa.String(length=60), nullable=True),
        sa.Column("tax_ppm", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("prepared_by_id", sa.Uuid(), nullable=True),
        sa.Column("prepared_by_name", sa.String(length=200), nullable=False),
        sa.Column("approved_by_id", sa.Uuid(), nullable=True),
        sa.Column("approved_by_name", sa.String(length=200), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'posted') = (entry_id IS NOT NULL)", name=op.f("ck__fund_distribution__posted")
        ),
        sa.CheckConstraint("kind IN ('distribution', 'clawback')", name=op.f("ck__fund_distribution__kind")),
        sa.CheckConstraint(
            "state IN ('draft', 'posted', 'cancelled')", name=op.f("ck__fund_distribution__state")
        ),
        sa.CheckConstraint(
            "amount_minor > 0 AND recallable_minor BETWEEN 0 AND amount_minor",
            name=op.f("ck__fund_distribution__amounts"),
        ),
        sa.CheckConstraint(
            "approved_by_id IS NULL OR approved_by_id <> prepared_by_id",
            name=op.f("ck__fund_distribution__two_people"),
        ),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["user.id"], name=op.f("fk__fund_distribution__approved_by_id__user")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["ledger_entry.id"], name=op.f("fk__fund_distribution__entry_id__ledger_entry")
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk__fund_distribution__fund_id__fund")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__fund_distribution__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["prepared_by_id"], ["user.id"], name=op.f("fk__fund_distribution__prepared_by_id__user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__fund_distribution")),
        sa.UniqueConstraint("fund_id", "number", name=op.f("uq__fund_distribution__fund_id_number")),
    )
    op.create_index(
        op.f("ix__fund_distribution__organisation_id"), "fund_distribution", ["organisation_id"], unique=False
    )
    op.create_index(
        "uq__fund_distribution__clawback",
        "fund_distribution",
        ["fund_id"],
        unique=True,
        sqlite_where=sa.text("state = 'posted' AND kind = 'clawback'"),
        postgresql_where=sa.text("state = 'posted' AND kind = 'clawback'"),
    )
    op.create_index(
        "uq__fund_distribution__open",
        "fund_distribution",
        ["fund_id"],
        unique=True,
        sqlite_where=sa.text("state = 'draft'"),
        postgresql_where=sa.text("state = 'draft'"),
    )
    op.create_table(
        "fund_paper",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("about", sa.String(length=60), nullable=False),
        sa.Column("form", sa.String(length=4), nullable=False),
        sa.Column("lang", sa.String(length=2), nullable=False),
        sa.Column("lp_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["lp_id"], ["fund_lp.id"], name=op.f("fk__fund_paper__lp_id__fund_lp")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__fund_paper__organisation_id__organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__fund_paper")),
        sa.UniqueConstraint("about", "form", "lang", name=op.f("uq__fund_paper__about_form_lang")),
    )
    op.create_table(
        "fund_statement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("lp_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk__fund_statement__fund_id__fund")),
        sa.ForeignKeyConstraint(
            ["issued_by_id"], ["user.id"], name=op.f("fk__fund_statement__issued_by_id__user")
        ),
        sa.ForeignKeyConstraint(["lp_id"], ["fund_lp.id"], name=op.f("fk__fund_statement__lp_id__fund_lp")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__fund_statement__organisation_id__organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__fund_statement")),
        sa.UniqueConstraint(
            "fund_id", "lp_id", "period", name=op.f("uq__fund_statement__fund_id_lp_id_period")
        ),
    )
    op.create_index(op.f("ix__fund_statement__lp_id"), "fund_statement", ["lp_id"], unique=False)
    op.create_table(
        "fund_transfer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("from_lp_id", sa.Uuid(), nullable=False),
        sa.Column("to_lp_id", sa.Uuid(), nullable=False),
        sa.Column("moved_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck__fund_transfer__amount")),
        sa.CheckConstraint("from_lp_id <> to_lp_id", name=op.f("ck__fund_transfer__two_partners")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user.id"], name=op.f("fk__fund_transfer__created_by_id__user")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["ledger_entry.id"], name=op.f("fk__fund_transfer__entry_id__ledger_entry")
        ),
        sa.ForeignKeyConstraint(
            ["from_lp_id"], ["fund_lp.id"], name=op.f("fk__fund_transfer__from_lp_id__fund_lp")
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk__fund_transfer__fund_id__fund")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__fund_transfer__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["to_lp_id"], ["fund_lp.id"], name=op.f("fk__fund_transfer__to_lp_id__fund_lp")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__fund_transfer")),
        sa.UniqueConstraint(
            "fund_id",
            "from_lp_id",
            "to_lp_id",
            "moved_on",
            name=op.f("uq__fund_transfer__fund_id_from_lp_id_to_lp_id_moved_on"),
        ),
    )
    op.create_index(
        op.f("ix__fund_transfer__organisation_id"), "fund_transfer", ["organisation_id"], unique=False
    )
    op.create_table(
        "fund_call_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("lp_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("inside_minor", sa.BigInteger(), nullable=False),
        sa.Column("outside_minor", sa.BigInteger(), nullable=False),
        sa.Column("paid_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "inside_minor >= 0 AND outside_minor >= 0", name=op.f("ck__fund_call_line__parts")
        ),
        sa.CheckConstraint(
            "paid_minor BETWEEN 0 AND inside_minor + outside_minor", name=op.f("ck__fund_call_line__paid")
        ),
        sa.ForeignKeyConstraint(
            ["call_id"], ["fund_call.id"], name=op.f("fk__fund_call_line__call_id__fund_call")
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk__fund_call_line__fund_id__fund")),
        sa.ForeignKeyConstraint(["lp_id"], ["fund_lp.id"], name=op.f("fk__fund_call_line__lp_id__fund_lp")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__fund_call_line__organisation_id__organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__fund_call_line")),
        sa.UniqueConstraint("call_id", "lp_id", name=op.f("uq__fund_call_line__call_id_lp_id")),
    )
    op.create_index(op.f("ix__fund_call_line__fund_id"), "fund_call_line", ["fund_id"], unique=False)
    op.create_index(op.f("ix__fund_call_line__lp_id"), "fund_call_line", ["lp_id"], unique=False)
    op.create_table(
        "fund_commitment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("lp_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("closing_id", sa.Uuid(), nullable=True),
        sa.Column("transfer_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(closing_id IS NULL) <> (transfer_id IS NULL)", name=op.f("ck__fund_commitment__one_origin")
        ),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck__fund_commitment__not_zero")),
        sa.ForeignKeyConstraint(
            ["closing_id"], ["fund_closing.id"], name=op.f("fk__fund_commitment__closing_id__fund_closing")
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk__fund_commitment__fund_id__fund")),
        sa.ForeignKeyConstraint(["lp_id"], ["fund_lp.id"], name=op.f("fk__fund_commitment__lp_id__fund_lp")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__fund_commitment__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id"],
            ["fund_transfer.id"],
            name=op.f("fk__fund_commitment__transfer_id__fund_transfer"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__fund_commitment")),
        sa.UniqueConstraint("closing_id", "lp_id", name=op.f("uq__fund_commitment__closing_id_lp_id")),
        sa.UniqueConstraint("transfer_id", "lp_id", name=op.f("uq__fund_commitment__transfer_id_lp_id")),
    )
    op.create_index(op.f("ix__fund_commitment__fund_id"), "fund_commitment", ["fund_id"], unique=False)
    op.create_index(op.f("ix__fund_commitment__lp_id"), "fund_commitment", ["lp_id"], unique=False)
    op.create_table(
        "fund_distribution_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("distribution_id", sa.Uuid(), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("lp_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("recallable_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["distribution_id"],
            ["fund_distribution.id"],
            name=op.f("fk__fund_distribution_line__distribution_id__fund_distribution"),
        ),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["fund.id"], name=op.f("fk__fund_distribution_line__fund_id__fund")
        ),
        sa.ForeignKeyConstraint(
            ["lp_id"], ["fund_lp.id"], name=op.f("fk__fund_distribution_line__lp_id__fund_lp")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__fund_distribution_line__organisation_id__organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__fund_distribution_line")),
        sa.UniqueConstraint(
            "distribution_id", "lp_id", name=op.f("uq__fund_distribution_line__distribution_id_lp_id")
        ),
    )
    op.create_index(
        op.f("ix__fund_distribution_line__fund_id"), "fund_distribution_line", ["fund_id"], unique=False
    )
    op.create_index(
        op.f("ix__fund_distribution_line__lp_id"), "fund_distribution_line", ["lp_id"], unique=False
    )
    op.create_table(
        "fund_payment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("call_line_id", sa.Uuid(), nullable=False),
        sa.Column("lp_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("inside_minor", sa.BigInteger(), nullable=False),
        sa.Column("interest_minor", sa.BigInteger(), nullable=False),
        sa.Column("given_minor", sa.BigInteger(), nullable=True),
        sa.Column("given_currency", sa.String(length=3), nullable=True),
        sa.Column("rate", sa.String(length=40), nullable=True),
        sa.Column("reference", sa.String(length=100), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(rate IS NULL) = (given_currency IS NULL)", name=op.f("ck__fund_payment__rate")),
        sa.CheckConstraint(
            "amount_minor > 0 AND interest_minor >= 0 AND inside_minor BETWEEN 0 AND amount_minor",
            name=op.f("ck__fund_payment__amounts"),
        ),
        sa.ForeignKeyConstraint(
            ["call_line_id"],
            ["fund_call_line.id"],
            name=op.f("fk__fund_payment__call_line_id__fund_call_line"),
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user.id"], name=op.f("fk__fund_payment__created_by_id__user")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["ledger_entry.id"], name=op.f("fk__fund_payment__entry_id__ledger_entry")
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk__fund_payment__fund_id__fund")),
        sa.ForeignKeyConstraint(["lp_id"], ["fund_lp.id"], name=op.f("fk__fund_payment__lp_id__fund_lp")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__fund_payment__organisation_id__organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__fund_payment")),
        sa.UniqueConstraint("fund_id", "reference", name=op.f("uq__fund_payment__fund_id_reference")),
    )
    op.create_index(op.f("ix__fund_payment__call_line_id"), "fund_payment", ["call_line_id"], unique=False)

    for table in APPENDED:
        for statement in _append_only(table):
            op.execute(statement)


def downgrade() -> None:
    """Go back."""
    op.drop_index(op.f("ix__fund_payment__call_line_id"), table_name="fund_payment")
    op.drop_table("fund_payment")
    op.drop_index(op.f("ix__fund_distribution_line__lp_id"), table_name="fund_distribution_line")
    op.drop_index(op.f("ix__fund_distribution_line__fund_id"), table_name="fund_distribution_line")
    op.drop_table("fund_distribution_line")
    op.drop_index(op.f("ix__fund_commitment__lp_id"), table_name="fund_commitment")
    op.drop_index(op.f("ix__fund_commitment__fund_id"), table_name="fund_commitment")
    op.drop_table("fund_commitment")
    op.drop_index(op.f("ix__fund_call_line__lp_id"), table_name="fund_call_line")
    op.drop_index(op.f("ix__fund_call_line__fund_id"), table_name="fund_call_line")
    op.drop_table("fund_call_line")
    op.drop_index(op.f("ix__fund_transfer__organisation_id"), table_name="fund_transfer")
    op.drop_table("fund_transfer")
    op.drop_index(op.f("ix__fund_statement__lp_id"), table_name="fund_statement")
    op.drop_table("fund_statement")
    op.drop_table("fund_paper")
    op.drop_index(
        "uq__fund_distribution__open",
        table_name="fund_distribution",
        sqlite_where=sa.text("state = 'draft'"),
        postgresql_where=sa.text("state = 'draft'"),
    )
    op.drop_index(
        "uq__fund_distribution__clawback",
        table_name="fund_distribution",
        sqlite_where=sa.text("state = 'posted' AND kind = 'clawback'"),
        postgresql_where=sa.text("state = 'posted' AND kind = 'clawback'"),
    )
    op.drop_index(op.f("ix__fund_distribution__organisation_id"), table_name="fund_distribution")
    op.drop_table("fund_distribution")
    op.drop_index(op.f("ix__fund_closing__organisation_id"), table_name="fund_closing")
    op.drop_table("fund_closing")
    op.drop_index(op.f("ix__fund_charge__organisation_id"), table_name="fund_charge")
    op.drop_table("fund_charge")
    op.drop_index(op.f("ix__fund_call__organisation_id"), table_name="fund_call")
    op.drop_table("fund_call")
    op.drop_index(op.f("ix__fund_lp__organisation_id"), table_name="fund_lp")
    op.drop_index(op.f("ix__fund_lp__lp_organisation_id"), table_name="fund_lp")
    op.drop_table("fund_lp")
    op.drop_index(op.f("ix__fund__parent_id"), table_name="fund")
    op.drop_index(op.f("ix__fund__organisation_id"), table_name="fund")
    op.drop_table("fund")
