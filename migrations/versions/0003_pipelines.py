"""pipelines

Revision ID: 0003
Revises: 0002
"""

import uuid
from datetime import datetime

import sqlalchemy as sa
import uuid_utils
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# As they were when this was written: a migration does not change with the code.
STAGES = (
    ("interest", 14),
    ("intro", 14),
    ("data_room", 21),
    ("negotiation", 30),
    ("signed", 45),
    ("funded", 90),
    ("closed_won", None),
    ("closed_lost", None),
)
REASONS = (
    ("won", "terms"),
    ("won", "story"),
    ("won", "team"),
    ("won", "relation"),
    ("lost", "price"),
    ("lost", "fit"),
    ("lost", "timing"),
    ("lost", "risk"),
    ("lost", "other_party"),
    ("lost", "silence"),
)


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "close_reason",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.String(length=4), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(code = '') <> (label = '')", name=op.f("ck__close_reason__code_or_label")),
        sa.CheckConstraint("outcome IN ('won', 'lost')", name=op.f("ck__close_reason__outcome")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__close_reason__organisation_id__organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__close_reason")),
        sa.UniqueConstraint(
            "organisation_id",
            "outcome",
            "code",
            "label",
            name=op.f("uq__close_reason__organisation_id_outcome_code_label"),
        ),
    )
    op.create_table(
        "deal_filter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("query", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__deal_filter__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk__deal_filter__user_id__user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__deal_filter")),
        sa.UniqueConstraint(
            "organisation_id", "user_id", "name", name=op.f("uq__deal_filter__organisation_id_user_id_name")
        ),
    )
    op.create_table(
        "pipeline",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "NOT is_default OR archived_at IS NULL", name=op.f("ck__pipeline__default_is_in_use")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk__pipeline__organisation_id__organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__pipeline")),
        sa.UniqueConstraint("organisation_id", "name", name=op.f("uq__pipeline__organisation_id_name")),
    )
    with op.batch_alter_table("pipeline", schema=None) as batch_op:
        batch_op.create_index(
            "uq__pipeline__default",
            ["organisation_id"],
            unique=True,
            sqlite_where=sa.text("is_default"),
            postgresql_where=sa.text("is_default"),
        )

    op.create_table(
        "pipeline_stage",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("pipeline_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("required", sa.JSON(), nullable=False),
        sa.Column("needs_approval", sa.Boolean(), nullable=False),
        sa.Column("movers", sa.String(length=10), nullable=False),
        sa.Column("stale_days", sa.Integer(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "movers IN ('members', 'assignee', 'owners')", name=op.f("ck__pipeline_stage__movers")
        ),
        sa.CheckConstraint(
            "state IN ('closed_lost', 'closed_won', 'data_room', 'funded', 'interest', 'intro', 'negotiation', 'signed')",
            name=op.f("ck__pipeline_stage__state"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__pipeline_stage__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["pipeline_id"], ["pipeline.id"], name=op.f("fk__pipeline_stage__pipeline_id__pipeline")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__pipeline_stage")),
    )
    with op.batch_alter_table("pipeline_stage", schema=None) as batch_op:
        batch_op.create_index("ix__pipeline_stage__order", ["pipeline_id", "place"], unique=False)
        batch_op.create_index(
            batch_op.f("ix__pipeline_stage__organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "deal_move",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("from_stage_id", sa.Uuid(), nullable=False),
        sa.Column("to_stage_id", sa.Uuid(), nullable=False),
        sa.Column("since_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state_since_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before", sa.String(length=20), nullable=False),
        sa.Column("after", sa.String(length=20), nullable=False),
        sa.Column("version_after", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("user_name", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk__deal_move__deal_id__deal")),
        sa.ForeignKeyConstraint(
            ["from_stage_id"],
            ["pipeline_stage.id"],
            name=op.f("fk__deal_move__from_stage_id__pipeline_stage"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__deal_move__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["to_stage_id"], ["pipeline_stage.id"], name=op.f("fk__deal_move__to_stage_id__pipeline_stage")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk__deal_move__user_id__user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__deal_move")),
        sa.UniqueConstraint("batch_id", "deal_id", name=op.f("uq__deal_move__batch_id_deal_id")),
    )
    with op.batch_alter_table("deal_move", schema=None) as batch_op:
        batch_op.create_index("ix__deal_move__of_deal", ["deal_id", "organisation_id", "id"], unique=False)

    op.create_table(
        "deal_position",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("pipeline_id", sa.Uuid(), nullable=False),
        sa.Column("stage_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("amount_currency", sa.String(length=3), nullable=True),
        sa.Column("next_step", sa.String(length=300), nullable=False),
        sa.Column("next_step_on", sa.Date(), nullable=True),
        sa.Column("remind_days", sa.Integer(), nullable=False),
        sa.Column("reminded_for", sa.Date(), nullable=True),
        sa.Column("reason_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "next_step_on IS NULL OR next_step <> ''", name=op.f("ck__deal_position__date_of_a_step")
        ),
        sa.CheckConstraint(
            "(amount_minor IS NULL) = (amount_currency IS NULL) AND (amount_minor IS NULL OR amount_minor BETWEEN 0 AND 1000000000000000)",
            name=op.f("ck__deal_position__amount"),
        ),
        sa.CheckConstraint("remind_days BETWEEN 0 AND 30", name=op.f("ck__deal_position__remind_days")),
        sa.ForeignKeyConstraint(
            ["assignee_id"], ["user.id"], name=op.f("fk__deal_position__assignee_id__user")
        ),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk__deal_position__deal_id__deal")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__deal_position__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["pipeline_id"], ["pipeline.id"], name=op.f("fk__deal_position__pipeline_id__pipeline")
        ),
        sa.ForeignKeyConstraint(
            ["reason_id"], ["close_reason.id"], name=op.f("fk__deal_position__reason_id__close_reason")
        ),
        sa.ForeignKeyConstraint(
            ["stage_id"], ["pipeline_stage.id"], name=op.f("fk__deal_position__stage_id__pipeline_stage")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__deal_position")),
        sa.UniqueConstraint(
            "deal_id", "organisation_id", name=op.f("uq__deal_position__deal_id_organisation_id")
        ),
    )
    with op.batch_alter_table("deal_position", schema=None) as batch_op:
        batch_op.create_index(
            "ix__deal_position__board", ["organisation_id", "pipeline_id", "stage_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix__deal_position__next_step_on"), ["next_step_on"], unique=False)
        batch_op.create_index(batch_op.f("ix__deal_position__stage_id"), ["stage_id"], unique=False)

    op.create_table(
        "introduction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("investor_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("project_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("asking_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("mandate_id", sa.Uuid(), nullable=True),
        sa.Column("asked_by_side", sa.String(length=10), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("answered_by_id", sa.Uuid(), nullable=True),
        sa.Column("answer", sa.String(length=500), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deal_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'accepted') = (deal_id IS NOT NULL)", name=op.f("ck__introduction__deal_if_accepted")
        ),
        sa.CheckConstraint(
            "(state = 'waiting') = (answered_at IS NULL)",
            name=op.f("ck__introduction__answered_at_if_answered"),
        ),
        sa.CheckConstraint("asked_by_side IN ('investor', 'project')", name=op.f("ck__introduction__side")),
        sa.CheckConstraint(
            "state IN ('accepted', 'declined', 'expired', 'waiting', 'withdrawn')",
            name=op.f("ck__introduction__state"),
        ),
        sa.CheckConstraint(
            "investor_organisation_id <> project_organisation_id", name=op.f("ck__introduction__two_parties")
        ),
        sa.CheckConstraint("place BETWEEN 1 AND 10", name=op.f("ck__introduction__place")),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["user.id"], name=op.f("fk__introduction__answered_by_id__user")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["user.id"], name=op.f("fk__introduction__asked_by_id__user")
        ),
        sa.ForeignKeyConstraint(
            ["asking_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__introduction__asking_organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk__introduction__deal_id__deal")),
        sa.ForeignKeyConstraint(
            ["investor_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__introduction__investor_organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["mandate_id"], ["mandate.id"], name=op.f("fk__introduction__mandate_id__mandate")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk__introduction__project_id__project")
        ),
        sa.ForeignKeyConstraint(
            ["project_organisation_id"],
            ["organisation.id"],
            name=op.f("fk__introduction__project_organisation_id__organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__introduction")),
        sa.UniqueConstraint(
            "asking_organisation_id",
            "asked_on",
            "place",
            name=op.f("uq__introduction__asking_organisation_id_asked_on_place"),
        ),
    )
    with op.batch_alter_table("introduction", schema=None) as batch_op:
        batch_op.create_index("ix__introduction__due", ["state", "expires_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix__introduction__investor_organisation_id"),
            ["investor_organisation_id"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix__introduction__project_id"), ["project_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix__introduction__project_organisation_id"), ["project_organisation_id"], unique=False
        )
        batch_op.create_index(
            "uq__introduction__waiting",
            ["investor_organisation_id", "project_id"],
            unique=True,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )

    op.create_table(
        "move_approval",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("stage_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column("reason_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by_name", sa.String(length=200), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by_id", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(length=500), nullable=False),
        sa.CheckConstraint(
            "state <> 'approved' OR answered_by_id IS NOT NULL",
            name=op.f("ck__move_approval__approved_by_somebody"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'approved', 'refused', 'overtaken')", name=op.f("ck__move_approval__state")
        ),
        sa.CheckConstraint(
            "answered_by_id IS NULL OR answered_by_id <> asked_by_id",
            name=op.f("ck__move_approval__two_people"),
        ),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["user.id"], name=op.f("fk__move_approval__answered_by_id__user")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["user.id"], name=op.f("fk__move_approval__asked_by_id__user")
        ),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk__move_approval__deal_id__deal")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__move_approval__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["reason_id"], ["close_reason.id"], name=op.f("fk__move_approval__reason_id__close_reason")
        ),
        sa.ForeignKeyConstraint(
            ["stage_id"], ["pipeline_stage.id"], name=op.f("fk__move_approval__stage_id__pipeline_stage")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__move_approval")),
    )
    with op.batch_alter_table("move_approval", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix__move_approval__organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(
            "uq__move_approval__waiting",
            ["deal_id", "organisation_id"],
            unique=True,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )
    _fill()


def _table(table: str, /, *uuids: str, **others: sa.types.TypeEngine) -> sa.TableClause:
    columns = [sa.column(each, sa.Uuid()) for each in uuids]
    return sa.table(table, *columns, *(sa.column(each, kind) for each, kind in others.items()))


MOMENT = sa.DateTime(timezone=True)
DEAL = _table(
    "deal", "id", "investor_organisation_id", "project_organisation_id", stage=sa.String(), stage_since=MOMENT,
    created_at=MOMENT, updated_at=MOMENT, version=sa.Integer(),
)  # fmt: skip
PIPELINE = _table(
    "pipeline", "id", "organisation_id", name=sa.String(), is_default=sa.Boolean(), created_at=MOMENT, updated_at=MOMENT,
    version=sa.Integer(),
)  # fmt: skip
STAGE = _table(
    "pipeline_stage", "id", "organisation_id", "pipeline_id", state=sa.String(), name=sa.String(), place=sa.Integer(),
    required=sa.JSON(), needs_approval=sa.Boolean(), movers=sa.String(), stale_days=sa.Integer(),
)  # fmt: skip
REASON = _table(
    "close_reason", "id", "organisation_id", outcome=sa.String(), code=sa.String(), label=sa.String()
)
POSITION = _table(
    "deal_position", "id", "deal_id", "organisation_id", "pipeline_id", "stage_id", since=MOMENT, next_step=sa.String(),
    remind_days=sa.Integer(), created_at=MOMENT, updated_at=MOMENT, version=sa.Integer(),
)  # fmt: skip


def _fill() -> None:
    """Give every organisation with deals the usual pipeline, and both parties of each deal their place in it."""
    bind = op.get_bind()
    pipelines: dict[uuid.UUID, tuple[uuid.UUID, dict[str, uuid.UUID]]] = {}
    for row in bind.execute(sa.select(DEAL)).mappings().all():
        for owner in (row["investor_organisation_id"], row["project_organisation_id"]):
            if owner not in pipelines:
                pipelines[owner] = _pipeline(owner, row["created_at"])
            pipeline, stages = pipelines[owner]
            bind.execute(
                POSITION.insert().values(
                    id=_new(), deal_id=row["id"], organisation_id=owner, pipeline_id=pipeline, stage_id=stages[row["stage"]],
                    since=row["stage_since"], next_step="", remind_days=1, created_at=row["created_at"],
                    updated_at=row["updated_at"], version=row["version"],
                )
            )  # fmt: skip


def _pipeline(owner: uuid.UUID, at: datetime) -> tuple[uuid.UUID, dict[str, uuid.UUID]]:
    bind, made, stages = op.get_bind(), _new(), {state: _new() for state, _days in STAGES}
    bind.execute(
        PIPELINE.insert().values(
            id=made, organisation_id=owner, name="", is_default=True, created_at=at, updated_at=at, version=1
        )
    )
    for place, (state, days) in enumerate(STAGES):
        bind.execute(
            STAGE.insert().values(
                id=stages[state], organisation_id=owner, pipeline_id=made, state=state, name="", place=place, required=[],
                needs_approval=False, movers="members", stale_days=days,
            )
        )  # fmt: skip
    for outcome, code in REASONS:
        bind.execute(
            REASON.insert().values(id=_new(), organisation_id=owner, outcome=outcome, code=code, label="")
        )
    return made, stages


def _new() -> uuid.UUID:
    return uuid.UUID(int=uuid_utils.uuid7().int)


def downgrade() -> None:
    """Go back."""
    for table in (
        "move_approval",
        "introduction",
        "deal_position",
        "deal_move",
        "pipeline_stage",
        "pipeline",
        "deal_filter",
        "close_reason",
    ):
        op.drop_table(table)
