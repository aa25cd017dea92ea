"""ledger

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# What the database itself enforces beyond constraints.
TRIGGERS = {
    "sqlite": [
        "CREATE TRIGGER ledger_entry_no_update BEFORE UPDATE ON ledger_entry BEGIN SELECT RAISE(ABORT, 'append_only'); END",
        "CREATE TRIGGER ledger_entry_no_delete BEFORE DELETE ON ledger_entry BEGIN SELECT RAISE(ABORT, 'append_only'); END",
        "CREATE TRIGGER ledger_posting_no_update BEFORE UPDATE ON ledger_posting BEGIN SELECT RAISE(ABORT, 'append_only'); END",
        "CREATE TRIGGER ledger_posting_no_delete BEFORE DELETE ON ledger_posting BEGIN SELECT RAISE(ABORT, 'append_only'); END",
        "CREATE TRIGGER ledger_seal_no_update BEFORE UPDATE ON ledger_seal BEGIN SELECT RAISE(ABORT, 'append_only'); END",
        "CREATE TRIGGER ledger_seal_no_delete BEFORE DELETE ON ledger_seal BEGIN SELECT RAISE(ABORT, 'append_only'); END",
        "CREATE TRIGGER ledger_entry_open_period BEFORE INSERT ON ledger_entry WHEN EXISTS (SELECT 1 FROM ledger_book WHERE id = NEW.book_id AND closed_through >= NEW.posted_on) BEGIN SELECT RAISE(ABORT, 'period_closed'); END",
        "CREATE TRIGGER ledger_posting_before_seal BEFORE INSERT ON ledger_posting WHEN EXISTS (SELECT 1 FROM ledger_seal WHERE entry_id = NEW.entry_id) BEGIN SELECT RAISE(ABORT, 'entry_sealed'); END",
        "CREATE TRIGGER ledger_posting_same_book BEFORE INSERT ON ledger_posting WHEN NOT EXISTS (SELECT 1 FROM ledger_entry e JOIN ledger_account a ON a.book_id = e.book_id WHERE e.id = NEW.entry_id AND a.id = NEW.account_id AND e.posted_on = NEW.posted_on) BEGIN SELECT RAISE(ABORT, 'posting_of_another_book'); END",
        "CREATE TRIGGER ledger_seal_balanced BEFORE INSERT ON ledger_seal WHEN (SELECT count(*) FROM ledger_posting WHERE entry_id = NEW.entry_id) < 2 OR EXISTS (SELECT 1 FROM ledger_posting WHERE entry_id = NEW.entry_id GROUP BY currency HAVING sum(amount_minor) <> 0) BEGIN SELECT RAISE(ABORT, 'unbalanced_entry'); END",
        "CREATE TRIGGER ledger_posting_day_total AFTER INSERT ON ledger_posting BEGIN INSERT INTO ledger_day (account_id, currency, posted_on, organisation_id, amount_minor) VALUES (NEW.account_id, NEW.currency, NEW.posted_on, NEW.organisation_id, NEW.amount_minor) ON CONFLICT (account_id, currency, posted_on) DO UPDATE SET amount_minor = amount_minor + excluded.amount_minor; END",
    ],
    "postgresql": [
        "CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE ON ledger_entry FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        "CREATE TRIGGER ledger_posting_append_only BEFORE UPDATE OR DELETE ON ledger_posting FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        "CREATE TRIGGER ledger_seal_append_only BEFORE UPDATE OR DELETE ON ledger_seal FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        "CREATE OR REPLACE FUNCTION ledger_check_entry() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM ledger_book WHERE id = NEW.book_id AND closed_through >= NEW.posted_on) THEN RAISE EXCEPTION 'period_closed' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$",
        "CREATE OR REPLACE FUNCTION ledger_check_posting() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM ledger_seal WHERE entry_id = NEW.entry_id) THEN RAISE EXCEPTION 'entry_sealed' USING ERRCODE = 'check_violation'; END IF; IF NOT EXISTS (SELECT 1 FROM ledger_entry e JOIN ledger_account a ON a.book_id = e.book_id WHERE e.id = NEW.entry_id AND a.id = NEW.account_id AND e.posted_on = NEW.posted_on) THEN RAISE EXCEPTION 'posting_of_another_book' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$",
        "CREATE OR REPLACE FUNCTION ledger_check_seal() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (SELECT count(*) FROM ledger_posting WHERE entry_id = NEW.entry_id) < 2 OR EXISTS (SELECT 1 FROM ledger_posting WHERE entry_id = NEW.entry_id GROUP BY currency HAVING sum(amount_minor) <> 0) THEN RAISE EXCEPTION 'unbalanced_entry' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$",
        "CREATE OR REPLACE FUNCTION ledger_add_day() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO ledger_day AS d (account_id, currency, posted_on, organisation_id, amount_minor) VALUES (NEW.account_id, NEW.currency, NEW.posted_on, NEW.organisation_id, NEW.amount_minor) ON CONFLICT (account_id, currency, posted_on) DO UPDATE SET amount_minor = d.amount_minor + excluded.amount_minor; RETURN NULL; END $$",
        "CREATE TRIGGER ledger_entry_open_period BEFORE INSERT ON ledger_entry FOR EACH ROW EXECUTE FUNCTION ledger_check_entry()",
        "CREATE TRIGGER ledger_posting_checked BEFORE INSERT ON ledger_posting FOR EACH ROW EXECUTE FUNCTION ledger_check_posting()",
        "CREATE TRIGGER ledger_seal_balanced BEFORE INSERT ON ledger_seal FOR EACH ROW EXECUTE FUNCTION ledger_check_seal()",
        "CREATE TRIGGER ledger_posting_day_total AFTER INSERT ON ledger_posting FOR EACH ROW EXECUTE FUNCTION ledger_add_day()",
    ],
}
FUNCTIONS = ("ledger_check_entry", "ledger_check_posting", "ledger_check_seal", "ledger_add_day")


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "ledger_book",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("object_id", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("closed_through", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__ledger_book__organisation_id__organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__ledger_book")),
        sa.UniqueConstraint("kind", "object_id", name=op.f("uq__ledger_book__kind_object_id")),
    )
    with op.batch_alter_table("ledger_book", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix__ledger_book__organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "ledger_seal",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__ledger_seal__organisation_id__organisation"),
        ),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk__ledger_seal")),
    )
    op.create_table(
        "ledger_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("book_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=160), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("party", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('asset', 'liability', 'equity', 'income', 'expense')",
            name=op.f("ck__ledger_account__kind"),
        ),
        sa.ForeignKeyConstraint(
            ["book_id"], ["ledger_book.id"], name=op.f("fk__ledger_account__book_id__ledger_book")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__ledger_account__organisation_id__organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__ledger_account")),
        sa.UniqueConstraint("book_id", "code", name=op.f("uq__ledger_account__book_id_code")),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("book_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("posted_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("user_name", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.Uuid(), nullable=False),
        sa.CheckConstraint("sealed = id", name=op.f("ck__ledger_entry__own_seal")),
        sa.ForeignKeyConstraint(
            ["book_id"], ["ledger_book.id"], name=op.f("fk__ledger_entry__book_id__ledger_book")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__ledger_entry__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["ledger_entry.id"], name=op.f("fk__ledger_entry__reverses_id__ledger_entry")
        ),
        sa.ForeignKeyConstraint(
            ["sealed"],
            ["ledger_seal.entry_id"],
            name=op.f("fk__ledger_entry__sealed__ledger_seal"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk__ledger_entry__user_id__user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__ledger_entry")),
        sa.UniqueConstraint("book_id", "key", name=op.f("uq__ledger_entry__book_id_key")),
        sa.UniqueConstraint("book_id", "number", name=op.f("uq__ledger_entry__book_id_number")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq__ledger_entry__reverses_id")),
        sa.UniqueConstraint("sealed", name=op.f("uq__ledger_entry__sealed")),
    )
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.create_index("ix__ledger_entry__book_day", ["book_id", "posted_on"], unique=False)
        batch_op.create_index(batch_op.f("ix__ledger_entry__source"), ["source"], unique=False)

    op.create_table(
        "ledger_day",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("posted_on", sa.Date(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["ledger_account.id"], name=op.f("fk__ledger_day__account_id__ledger_account")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__ledger_day__organisation_id__organisation"),
        ),
        sa.PrimaryKeyConstraint("account_id", "currency", "posted_on", name=op.f("pk__ledger_day")),
    )
    op.create_table(
        "ledger_posting",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("posted_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck__ledger_posting__not_zero")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["ledger_account.id"], name=op.f("fk__ledger_posting__account_id__ledger_account")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["ledger_entry.id"], name=op.f("fk__ledger_posting__entry_id__ledger_entry")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__ledger_posting__organisation_id__organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__ledger_posting")),
        sa.UniqueConstraint("entry_id", "line", name=op.f("uq__ledger_posting__entry_id_line")),
    )
    with op.batch_alter_table("ledger_posting", schema=None) as batch_op:
        batch_op.create_index(
            "ix__ledger_posting__account_day", ["account_id", "currency", "posted_on"], unique=False
        )

    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("ledger_posting", schema=None) as batch_op:
        batch_op.drop_index("ix__ledger_posting__account_day")

    op.drop_table("ledger_posting")
    op.drop_table("ledger_day")
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix__ledger_entry__source"))
        batch_op.drop_index("ix__ledger_entry__book_day")

    op.drop_table("ledger_entry")
    op.drop_table("ledger_account")
    op.drop_table("ledger_seal")
    with op.batch_alter_table("ledger_book", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix__ledger_book__organisation_id"))

    op.drop_table("ledger_book")
    if op.get_bind().dialect.name == "postgresql":
        for name in FUNCTIONS:
            op.execute(f"DROP FUNCTION IF EXISTS {name}()")
