"""dataroom

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# Tables to which rows are only added.
APPENDED = (
    "data_nda",
    "nda_acceptance",
    "data_document_version",
    "data_access",
    "data_page_view",
    "data_answer",
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
        "data_room",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("nda_required", sa.Boolean(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("archive_file_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck__data_room__closed_at_if_closed")
        ),
        sa.CheckConstraint("state IN ('closed', 'open')", name=op.f("ck__data_room__state")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__data_room__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk__data_room__project_id__project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__data_room")),
        sa.UniqueConstraint("project_id", name=op.f("uq__data_room__project_id")),
    )
    with op.batch_alter_table("data_room", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix__data_room__organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "data_folder",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__data_folder__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["data_folder.id"], name=op.f("fk__data_folder__parent_id__data_folder")
        ),
        sa.ForeignKeyConstraint(
            ["room_id"], ["data_room.id"], name=op.f("fk__data_folder__room_id__data_room")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__data_folder")),
    )
    with op.batch_alter_table("data_folder", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix__data_folder__room_id"), ["room_id"], unique=False)

    op.create_table(
        "data_nda",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("text_zh", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("asks_again", sa.Boolean(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("user_name", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("source IN ('library', 'own')", name=op.f("ck__data_nda__source")),
        sa.CheckConstraint("text_zh <> '' OR text_en <> ''", name=op.f("ck__data_nda__says_something")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk__data_nda__organisation_id__organisation")
        ),
        sa.ForeignKeyConstraint(["room_id"], ["data_room.id"], name=op.f("fk__data_nda__room_id__data_room")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__data_nda")),
        sa.UniqueConstraint("room_id", "number", name=op.f("uq__data_nda__room_id_number")),
    )
    op.create_table(
        "nda_acceptance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("reader", sa.String(length=40), nullable=False),
        sa.Column("reader_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("reader_name", sa.String(length=200), nullable=False),
        sa.Column("reader_organisation", sa.String(length=200), nullable=False),
        sa.Column("reader_email", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__nda_acceptance__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["room_id"], ["data_room.id"], name=op.f("fk__nda_acceptance__room_id__data_room")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__nda_acceptance")),
        sa.UniqueConstraint(
            "room_id",
            "number",
            "reader",
            "reader_organisation_id",
            name=op.f("uq__nda_acceptance__room_id_number_reader_reader_organisation_id"),
        ),
    )
    with op.batch_alter_table("nda_acceptance", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix__nda_acceptance__room_id"), ["room_id"], unique=False)

    op.create_table(
        "data_document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("folder_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("current_number", sa.Integer(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_by", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["folder_id"], ["data_folder.id"], name=op.f("fk__data_document__folder_id__data_folder")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__data_document__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk__data_document__project_id__project")
        ),
        sa.ForeignKeyConstraint(
            ["room_id"], ["data_room.id"], name=op.f("fk__data_document__room_id__data_room")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__data_document")),
    )
    with op.batch_alter_table("data_document", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix__data_document__room_id"), ["room_id"], unique=False)

    op.create_table(
        "data_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("grantee_id", sa.Uuid(), nullable=False),
        sa.Column("folder_id", sa.Uuid(), nullable=True),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("granted_by", sa.String(length=200), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("level IN ('view', 'download')", name=op.f("ck__data_grant__level")),
        sa.CheckConstraint("ends_at IS NULL OR ends_at > starts_at", name=op.f("ck__data_grant__period")),
        sa.CheckConstraint("organisation_id <> grantee_id", name=op.f("ck__data_grant__two_parties")),
        sa.ForeignKeyConstraint(
            ["folder_id"], ["data_folder.id"], name=op.f("fk__data_grant__folder_id__data_folder")
        ),
        sa.ForeignKeyConstraint(
            ["grantee_id"], ["organisation.id"], name=op.f("fk__data_grant__grantee_id__organisation")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__data_grant__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["room_id"], ["data_room.id"], name=op.f("fk__data_grant__room_id__data_room")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__data_grant")),
    )
    with op.batch_alter_table("data_grant", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix__data_grant__grantee_id"), ["grantee_id"], unique=False)
        batch_op.create_index(batch_op.f("ix__data_grant__room_id"), ["room_id"], unique=False)
        batch_op.create_index(
            "uq__data_grant__folder",
            ["room_id", "grantee_id", "folder_id"],
            unique=True,
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )
        batch_op.create_index(
            "uq__data_grant__whole",
            ["room_id", "grantee_id"],
            unique=True,
            sqlite_where=sa.text("revoked_at IS NULL AND folder_id IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL AND folder_id IS NULL"),
        )

    op.create_table(
        "guest_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("folder_id", sa.Uuid(), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=True),
        sa.Column("code_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code_tries", sa.Integer(), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("browser_hash", sa.String(length=64), nullable=True),
        sa.Column("browser_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("invited_by", sa.String(length=200), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["folder_id"], ["data_folder.id"], name=op.f("fk__guest_link__folder_id__data_folder")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__guest_link__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["room_id"], ["data_room.id"], name=op.f("fk__guest_link__room_id__data_room")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__guest_link")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq__guest_link__secret_hash")),
    )
    with op.batch_alter_table("guest_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix__guest_link__room_id"), ["room_id"], unique=False)
        batch_op.create_index(
            "uq__guest_link__open",
            ["room_id", "email"],
            unique=True,
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )

    op.create_table(
        "data_access",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("reader", sa.String(length=40), nullable=False),
        sa.Column("reader_organisation_id", sa.Uuid(), nullable=True),
        sa.Column("reader_name", sa.String(length=200), nullable=False),
        sa.Column("reader_organisation", sa.String(length=200), nullable=False),
        sa.Column("reader_email", sa.String(length=254), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('view', 'download')", name=op.f("ck__data_access__kind")),
        sa.ForeignKeyConstraint(
            ["document_id"], ["data_document.id"], name=op.f("fk__data_access__document_id__data_document")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__data_access__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["room_id"], ["data_room.id"], name=op.f("fk__data_access__room_id__data_room")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__data_access")),
    )
    with op.batch_alter_table("data_access", schema=None) as batch_op:
        batch_op.create_index("ix__data_access__reader", ["document_id", "reader", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix__data_access__room_id"), ["room_id"], unique=False)

    op.create_table(
        "data_document_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("content_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("user_name", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('pdf', 'image', 'video', 'office', 'text')",
            name=op.f("ck__data_document_version__kind"),
        ),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["data_document.id"],
            name=op.f("fk__data_document_version__document_id__data_document"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__data_document_version__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["room_id"], ["data_room.id"], name=op.f("fk__data_document_version__room_id__data_room")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__data_document_version")),
        sa.UniqueConstraint(
            "document_id", "number", name=op.f("uq__data_document_version__document_id_number")
        ),
    )
    with op.batch_alter_table("data_document_version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix__data_document_version__file_id"), ["file_id"], unique=False)
        batch_op.create_index(batch_op.f("ix__data_document_version__room_id"), ["room_id"], unique=False)

    op.create_table(
        "data_question",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("asker_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("user_name", sa.String(length=200), nullable=False),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("text", sa.String(length=4000), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asker_id"], ["organisation.id"], name=op.f("fk__data_question__asker_id__organisation")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["data_document.id"], name=op.f("fk__data_question__document_id__data_document")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__data_question__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["room_id"], ["data_room.id"], name=op.f("fk__data_question__room_id__data_room")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk__data_question__user_id__user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__data_question")),
    )
    with op.batch_alter_table("data_question", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix__data_question__document_id"), ["document_id"], unique=False)
        batch_op.create_index(batch_op.f("ix__data_question__room_id"), ["room_id"], unique=False)

    op.create_table(
        "data_answer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("asker_id", sa.Uuid(), nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("user_name", sa.String(length=200), nullable=False),
        sa.Column("text", sa.String(length=4000), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("side IN ('owner', 'asker')", name=op.f("ck__data_answer__side")),
        sa.ForeignKeyConstraint(
            ["asker_id"], ["organisation.id"], name=op.f("fk__data_answer__asker_id__organisation")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__data_answer__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["question_id"], ["data_question.id"], name=op.f("fk__data_answer__question_id__data_question")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk__data_answer__user_id__user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__data_answer")),
    )
    with op.batch_alter_table("data_answer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix__data_answer__question_id"), ["question_id"], unique=False)

    op.create_table(
        "data_page_view",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("access_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('served', 'seen')", name=op.f("ck__data_page_view__kind")),
        sa.CheckConstraint("page > 0 AND seconds >= 0", name=op.f("ck__data_page_view__counts")),
        sa.ForeignKeyConstraint(
            ["access_id"], ["data_access.id"], name=op.f("fk__data_page_view__access_id__data_access")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["data_document.id"], name=op.f("fk__data_page_view__document_id__data_document")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk__data_page_view__organisation_id__organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["room_id"], ["data_room.id"], name=op.f("fk__data_page_view__room_id__data_room")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk__data_page_view")),
    )
    with op.batch_alter_table("data_page_view", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix__data_page_view__access_id"), ["access_id"], unique=False)
        batch_op.create_index(batch_op.f("ix__data_page_view__document_id"), ["document_id"], unique=False)
    for table in APPENDED:
        for statement in _append_only(table):
            op.execute(statement)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("data_page_view", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix__data_page_view__document_id"))
        batch_op.drop_index(batch_op.f("ix__data_page_view__access_id"))

    op.drop_table("data_page_view")
    with op.batch_alter_table("data_answer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix__data_answer__question_id"))

    op.drop_table("data_answer")
    with op.batch_alter_table("data_question", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix__data_question__room_id"))
        batch_op.drop_index(batch_op.f("ix__data_question__document_id"))

    op.drop_table("data_question")
    with op.batch_alter_table("data_document_version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix__data_document_version__room_id"))
        batch_op.drop_index(batch_op.f("ix__data_document_version__file_id"))

    op.drop_table("data_document_version")
    with op.batch_alter_table("data_access", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix__data_access__room_id"))
        batch_op.drop_index("ix__data_access__reader")

    op.drop_table("data_access")
    with op.batch_alter_table("guest_link", schema=None) as batch_op:
        batch_op.drop_index(
            "uq__guest_link__open",
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix__guest_link__room_id"))

    op.drop_table("guest_link")
    with op.batch_alter_table("data_grant", schema=None) as batch_op:
        batch_op.drop_index(
            "uq__data_grant__whole",
            sqlite_where=sa.text("revoked_at IS NULL AND folder_id IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL AND folder_id IS NULL"),
        )
        batch_op.drop_index(
            "uq__data_grant__folder",
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix__data_grant__room_id"))
        batch_op.drop_index(batch_op.f("ix__data_grant__grantee_id"))

    op.drop_table("data_grant")
    with op.batch_alter_table("data_document", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix__data_document__room_id"))

    op.drop_table("data_document")
    with op.batch_alter_table("nda_acceptance", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix__nda_acceptance__room_id"))

    op.drop_table("nda_acceptance")
    op.drop_table("data_nda")
    with op.batch_alter_table("data_folder", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix__data_folder__room_id"))

    op.drop_table("data_folder")
    with op.batch_alter_table("data_room", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix__data_room__organisation_id"))

    op.drop_table("data_room")
