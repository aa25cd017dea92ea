"""term sheet negotiation

Revision ID: 0004
Revises: 0003
"""

import json
from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATES = "state IN ('accepted', 'countered', 'draft', 'executed', 'expired', 'proposed', 'rejected', 'signing', 'withdrawn')"
OLD_STATES = "state IN ('draft', 'withdrawn')"
PRIVATE = "state <> 'draft' OR proposed_number IS NULL"
BINDING = sa.text("state IN ('signing', 'executed')")
# What the database itself enforces beyond constraints.
TRIGGERS = {
    "sqlite": [
        "CREATE TRIGGER term_sheet_acceptance_no_update BEFORE UPDATE ON term_sheet_acceptance BEGIN SELECT RAISE(ABORT, 'append_only'); END",
        "CREATE TRIGGER term_sheet_acceptance_no_delete BEFORE DELETE ON term_sheet_acceptance BEGIN SELECT RAISE(ABORT, 'append_only'); END",
    ],
    "postgresql": [
        "CREATE TRIGGER term_sheet_acceptance_append_only BEFORE UPDATE OR DELETE ON term_sheet_acceptance FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    ],
}


def upgrade() -> None:
    """Go forward."""
    op.add_column("term_sheet", sa.Column("proposed_number", sa.Integer(), nullable=True))
    op.add_column("term_sheet", sa.Column("valid_until", sa.Date(), nullable=True))
    op.add_column("term_sheet", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("term_sheet", sa.Column("close_reason", sa.String(length=2000), nullable=True))
    _fill()
    _alter(STATES, nullable=False)
    with op.batch_alter_table("term_sheet", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix__term_sheet__valid_until"), ["valid_until"], unique=False)
        batch_op.create_index(
            "uq__term_sheet__signed_once",
            ["deal_id"],
            unique=True,
            sqlite_where=BINDING,
            postgresql_where=BINDING,
        )
    _acceptances()
    _talk()
    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)


def _fill() -> None:
    """The validity of term sheets there are: as their current version says."""
    sheet = sa.table(
        "term_sheet",
        sa.column("id", sa.Uuid()),
        sa.column("valid_until", sa.Date()),
        sa.column("close_reason"),
    )
    rows = op.get_bind().execute(
        sa.text(
            "SELECT v.term_sheet_id, v.terms FROM term_sheet_version v JOIN term_sheet s ON s.id = v.term_sheet_id "
            "AND s.current_number = v.number"
        ).columns(term_sheet_id=sa.Uuid())
    )
    for row in rows.all():
        terms = json.loads(row.terms) if isinstance(row.terms, str) else row.terms
        until = date.fromisoformat(terms["validity"]["until"])
        op.execute(sheet.update().where(sheet.c.id == row.term_sheet_id).values(valid_until=until))
    op.execute(sheet.update().values(close_reason=""))


def _alter(states: str, *, nullable: bool) -> None:
    """Set which states there are, and what must be filled in."""
    with op.batch_alter_table("term_sheet", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck__term_sheet__state"), type_="check")
        batch_op.create_check_constraint(op.f("ck__term_sheet__state"), states)
        if nullable:
            batch_op.drop_constraint(op.f("ck__term_sheet__draft_is_private"), type_="check")
        else:
            batch_op.create_check_constraint(op.f("ck__term_sheet__draft_is_private"), PRIVATE)
        batch_op.alter_column("valid_until", existing_type=sa.Date(), nullable=nullable)
        batch_op.alter_column("close_reason", existing_type=sa.String(length=2000), nullable=nullable)


def _acceptances() -> None:
    op.create_table(
        "term_sheet_acceptance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("term_sheet_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        *_who(),
        sa.CheckConstraint("side IN ('investor', 'project')", name=op.f("ck__term_sheet_acceptance__side")),
        sa.CheckConstraint("kind IN ('proposed', 'accepted')", name=op.f("ck__term_sheet_acceptance__kind")),
        sa.ForeignKeyConstraint(
            ["term_sheet_id"],
            ["term_sheet.id"],
            name=op.f("fk__term_sheet_acceptance__term_sheet_id__term_sheet"),
        ),
        sa.ForeignKeyConstraint(
            ["term_sheet_id", "number"],
            ["term_sheet_version.term_sheet_id", "term_sheet_version.number"],
            name="fk__term_sheet_acceptance__version",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk__term_sheet_acceptance__user_id__user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__term_sheet_acceptance")),
        sa.UniqueConstraint(
            "term_sheet_id",
            "number",
            "side",
            name=op.f("uq__term_sheet_acceptance__term_sheet_id_number_side"),
        ),
    )
    op.create_table(
        "term_sheet_clause_acceptance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("term_sheet_id", sa.Uuid(), nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("clause", sa.String(length=60), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        *_who(),
        sa.CheckConstraint(
            "side IN ('investor', 'project')", name=op.f("ck__term_sheet_clause_acceptance__side")
        ),
        sa.ForeignKeyConstraint(
            ["term_sheet_id"],
            ["term_sheet.id"],
            name=op.f("fk__term_sheet_clause_acceptance__term_sheet_id__term_sheet"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk__term_sheet_clause_acceptance__user_id__user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__term_sheet_clause_acceptance")),
        sa.UniqueConstraint(
            "term_sheet_id",
            "side",
            "clause",
            "digest",
            name=op.f("uq__term_sheet_clause_acceptance__term_sheet_id_side_clause_digest"),
        ),
    )


def _talk() -> None:
    op.create_table(
        "term_sheet_comment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("term_sheet_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("clause", sa.String(length=60), nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("text", sa.String(length=4000), nullable=False),
        *_who(),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.String(length=200), nullable=False),
        sa.CheckConstraint("side IN ('investor', 'project')", name=op.f("ck__term_sheet_comment__side")),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["term_sheet_comment.id"],
            name=op.f("fk__term_sheet_comment__parent_id__term_sheet_comment"),
        ),
        sa.ForeignKeyConstraint(
            ["term_sheet_id"],
            ["term_sheet.id"],
            name=op.f("fk__term_sheet_comment__term_sheet_id__term_sheet"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk__term_sheet_comment__user_id__user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__term_sheet_comment")),
    )
    with op.batch_alter_table("term_sheet_comment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix__term_sheet_comment__term_sheet_id"), ["term_sheet_id"], unique=False
        )


def _who() -> tuple[sa.Column, ...]:
    return (
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("user_name", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("term_sheet_comment")
    op.drop_table("term_sheet_clause_acceptance")
    op.drop_table("term_sheet_acceptance")
    with op.batch_alter_table("term_sheet", schema=None) as batch_op:
        batch_op.drop_index("uq__term_sheet__signed_once")
        batch_op.drop_index(batch_op.f("ix__term_sheet__valid_until"))
    op.execute("UPDATE term_sheet SET state = 'withdrawn' WHERE state NOT IN ('draft', 'withdrawn')")
    _alter(OLD_STATES, nullable=True)
    for name in ("proposed_number", "valid_until", "closed_at", "close_reason"):
        op.drop_column("term_sheet", name)
