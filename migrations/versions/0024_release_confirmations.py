"""release confirmations

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

FACTS, SEEN = "milestone_fact", "release_confirmation"
# What an investor confirmed before counted for everybody; from now on it counts for that investor.
_CARRY = """
INSERT INTO release_confirmation (id, release_id, organisation_id, investor_organisation_id, investor_name, at)
SELECT id, id, organisation_id, confirmed_by_id, coalesce(confirmed_by_name, ''), confirmed_at
FROM project_release WHERE confirmed_by_id IS NOT NULL
"""
_FORGET = """
DELETE FROM milestone_fact WHERE kind = 'released'
AND project_id IN (SELECT project_id FROM project_release WHERE confirmed_by_id IS NOT NULL)
"""
_KEEP = """
INSERT INTO milestone_fact (id, organisation_id, project_id, kind, investor_organisation_id, reached_on, source, at)
SELECT r.id, r.organisation_id, r.project_id, 'released', r.confirmed_by_id, r.released_on, 'ReleasePublished', r.confirmed_at
FROM project_release r WHERE r.confirmed_by_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM project_release e WHERE e.project_id = r.project_id AND e.confirmed_by_id = r.confirmed_by_id AND e.id < r.id
)
"""
# Before, the first that confirmed counted for all.
_BACK = """
UPDATE project_release SET
confirmed_at = (SELECT c.at FROM release_confirmation c WHERE c.release_id = project_release.id ORDER BY c.id LIMIT 1),
confirmed_by_id = (SELECT c.investor_organisation_id FROM release_confirmation c WHERE c.release_id = project_release.id ORDER BY c.id LIMIT 1),
confirmed_by_name = (SELECT c.investor_name FROM release_confirmation c WHERE c.release_id = project_release.id ORDER BY c.id LIMIT 1)
"""


def _refuse_change(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, 'append_only'); END"
        )


def _let_change() -> None:
    """SQLite makes the table anew, without what refuses a change; on PostgreSQL that is taken off here."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP TRIGGER {FACTS}_append_only ON {FACTS}")


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        SEEN,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("investor_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("investor_name", sa.String(length=200), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["investor_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__release_confirmation__investor_organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__release_confirmation__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["release_id"],
            ["project_release.id"],
            name=op.f("fk__release_confirmation__release_id__project_release"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__release_confirmation")),
        sa.UniqueConstraint(
            "release_id",
            "investor_organisation_id",
            name=op.f("uq__release_confirmation__release_id_investor_organisation_id"),
        ),
    )
    for column in ("investor_organisation_id", "organisation_id"):
        op.create_index(op.f(f"ix__release_confirmation__{column}"), SEEN, [column])
    with op.batch_alter_table(FACTS) as batch:
        batch.add_column(sa.Column("investor_organisation_id", sa.Uuid(), nullable=True))
        batch.create_foreign_key(
            op.f("fk__milestone_fact__investor_organisation_id__organisation"),
            "organisation",
            ["investor_organisation_id"],
            ["id"],
        )
        batch.drop_constraint(op.f("uq__milestone_fact__project_id_kind"), type_="unique")
        batch.create_unique_constraint(
            op.f("uq__milestone_fact__project_id_kind_investor_organisation_id"),
            ["project_id", "kind", "investor_organisation_id"],
        )
    op.create_index(
        "uq__milestone_fact__for_all",
        FACTS,
        ["project_id", "kind"],
        unique=True,
        sqlite_where=sa.text("investor_organisation_id IS NULL"),
        postgresql_where=sa.text("investor_organisation_id IS NULL"),
    )
    _let_change()
    for statement in (_CARRY, _FORGET, _KEEP):
        op.execute(statement)
    _refuse_change(FACTS)
    _refuse_change(SEEN)
    for column in ("confirmed_by_name", "confirmed_by_id", "confirmed_at"):
        op.drop_column("project_release", column)


def downgrade() -> None:
    """Go back."""
    op.add_column("project_release", sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("project_release", sa.Column("confirmed_by_id", sa.Uuid(), nullable=True))
    op.add_column("project_release", sa.Column("confirmed_by_name", sa.String(length=200), nullable=True))
    op.execute(_BACK)
    op.drop_index("uq__milestone_fact__for_all", table_name=FACTS)
    _let_change()
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("update", "delete"):
            op.execute(f"DROP TRIGGER {FACTS}_no_{verb}")
    op.execute(
        "DELETE FROM milestone_fact WHERE EXISTS (SELECT 1 FROM milestone_fact e WHERE e.project_id = milestone_fact.project_id "
        "AND e.kind = milestone_fact.kind AND e.id < milestone_fact.id)"
    )
    with op.batch_alter_table(FACTS) as batch:
        batch.drop_constraint(
            op.f("uq__milestone_fact__project_id_kind_investor_organisation_id"), type_="unique"
        )
        batch.drop_constraint(
            op.f("fk__milestone_fact__investor_organisation_id__organisation"), type_="foreignkey"
        )
        batch.drop_column("investor_organisation_id")
        batch.create_unique_constraint(op.f("uq__milestone_fact__project_id_kind"), ["project_id", "kind"])
    _refuse_change(FACTS)
    op.drop_table(SEEN)
