"""What investors answered to matches, where they stand, who asked for an introduction; ranking models and what they did."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import Base, Timestamps
from dealflow.core.ddl import append_only
from dealflow.core.ids import Id, new
from dealflow.core.scope import Owned, OwnedByOrganisation, Shared

ACTIONS = ("view", "save", "pass", "request_intro", "undo")
STANDINGS = ("saved", "passed")
MODEL_STATES = ("candidate", "in_service", "retired")
MODEL_EVENTS = (
    "installed", "trained", "examined", "refused", "promoted", "rolled_back", "trial_started", "trial_ended",
)  # fmt: skip
TEAMS = ("service", "candidate")


class MatchFeedback(Base, OwnedByOrganisation):
    """One answer to one match: appended, never changed. `rank` is the place it was shown in, when known."""

    __tablename__ = "match_feedback"
    __table_args__ = (
        CheckConstraint(f"action IN {ACTIONS}", name="action"),
        Index("ix__match_feedback__pair", "mandate_id", "project_id", "id"),
    )
    id: Mapped[str] = mapped_column(Id("fbk"), primary_key=True, default=lambda: new("fbk"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    mandate_id: Mapped[str] = mapped_column(Id("mnd"), ForeignKey("mandate.id"))
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"), index=True)
    user_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    action: Mapped[str] = mapped_column(String(15))
    reason: Mapped[str] = mapped_column(String(500), default="")
    rank: Mapped[int | None]
    model_version: Mapped[str | None] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(default=clock.now)


class MatchStanding(Base, Timestamps, OwnedByOrganisation):
    """Where a mandate stands with a project, as the answers so far add up to."""

    __tablename__ = "match_standing"
    __table_args__ = (
        UniqueConstraint("mandate_id", "project_id"),
        CheckConstraint(f"standing IS NULL OR standing IN {STANDINGS}", name="standing"),
    )
    id: Mapped[str] = mapped_column(Id("mst"), primary_key=True, default=lambda: new("mst"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    mandate_id: Mapped[str] = mapped_column(Id("mnd"), ForeignKey("mandate.id"))
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"))
    standing: Mapped[str | None] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(500), default="")
    intro_at: Mapped[datetime | None]

    @property
    def answered_on(self) -> int:
        """The day (its proleptic number) of the answer that stands: newer answers count for more."""
        asked = self.intro_at if self.standing != "passed" else None
        return (asked or self.updated_at).toordinal()


class IntroRequest(Base, Owned):
    """An investor's wish to be introduced to a project's owner; known to both. Once per mandate and project."""

    __tablename__ = "intro_request"
    __table_args__ = (UniqueConstraint("mandate_id", "project_id"),)
    id: Mapped[str] = mapped_column(Id("itr"), primary_key=True, default=lambda: new("itr"))
    investor_organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    project_organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    mandate_id: Mapped[str] = mapped_column(Id("mnd"), ForeignKey("mandate.id"))
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"))
    user_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    note: Mapped[str] = mapped_column(String(500), default="")
    at: Mapped[datetime] = mapped_column(default=clock.now)

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        return (cls.investor_organisation_id == actor.organisation_id) | (
            cls.project_organisation_id == actor.organisation_id
        )


_IN_SERVICE = text("state = 'in_service'")


class RankerModel(Base, Timestamps, Shared):
    """A ranking model of this installation. `public_key` (hex) verifies its file; one at most is in service."""

    __tablename__ = "ranker_model"
    __table_args__ = (
        CheckConstraint(f"state IN {MODEL_STATES}", name="state"),
        Index(
            "uq__ranker_model__in_service", "state",
            unique=True, sqlite_where=_IN_SERVICE, postgresql_where=_IN_SERVICE,
        ),
    )  # fmt: skip
    id: Mapped[str] = mapped_column(Id("mdl"), primary_key=True, default=lambda: new("mdl"))
    model_version: Mapped[str] = mapped_column(String(40), unique=True)
    path: Mapped[str] = mapped_column(String(200))
    public_key: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(12), default="candidate")
    metrics: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    gates: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON)
    in_service_at: Mapped[datetime | None]


class ModelEvent(Base, Shared):
    """What happened to a model: appended, never changed. Which model served when is read from these rows."""

    __tablename__ = "model_event"
    __table_args__ = (CheckConstraint(f"kind IN {MODEL_EVENTS}", name="kind"),)
    id: Mapped[str] = mapped_column(Id("mev"), primary_key=True, default=lambda: new("mev"))
    model_version: Mapped[str] = mapped_column(String(40), index=True)
    kind: Mapped[str] = mapped_column(String(15))
    reason: Mapped[str] = mapped_column(String(500), default="")
    figures: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    user_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    at: Mapped[datetime] = mapped_column(default=clock.now)


_OPEN = text("state = 'open'")


class ModelTrial(Base, Timestamps, Shared):
    """A candidate whose places are interleaved with those of the model in service; one at a time."""

    __tablename__ = "model_trial"
    __table_args__ = (
        Index("uq__model_trial__open", "state", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        CheckConstraint("state IN ('open', 'ended')", name="state"),
        CheckConstraint("candidate_version <> service_version", name="two_models"),
    )
    id: Mapped[str] = mapped_column(Id("trl"), primary_key=True, default=lambda: new("trl"))
    candidate_version: Mapped[str] = mapped_column(String(40))
    service_version: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(5), default="open")
    started_at: Mapped[datetime] = mapped_column(default=clock.now)
    ended_at: Mapped[datetime | None]


class RankedList(Base, OwnedByOrganisation):
    """The head of a list as it was first shown, with all it was made from. `places`: [project, logit, exploration, team]."""

    __tablename__ = "ranked_list"
    __table_args__ = (UniqueConstraint("mandate_id", "digest"),)
    id: Mapped[str] = mapped_column(Id("rls"), primary_key=True, default=lambda: new("rls"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    mandate_id: Mapped[str] = mapped_column(Id("mnd"), ForeignKey("mandate.id"))
    digest: Mapped[str] = mapped_column(String(32))
    model_version: Mapped[str] = mapped_column(String(40))
    matrix_version: Mapped[str] = mapped_column(String(40))
    trial_id: Mapped[str | None] = mapped_column(Id("trl"), ForeignKey("model_trial.id"), index=True)
    inputs: Mapped[dict[str, Any]] = mapped_column(JSON)
    places: Mapped[list[Any]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(default=clock.now)


class TrialAnswer(Base, OwnedByOrganisation):
    """An answer given during a trial, and the model that had placed the project: appended, never changed."""

    __tablename__ = "trial_answer"
    __table_args__ = (
        UniqueConstraint("feedback_id"),
        CheckConstraint(f"team IN {TEAMS}", name="team"),
        CheckConstraint(f"action IN {ACTIONS}", name="action"),
    )
    id: Mapped[str] = mapped_column(Id("tra"), primary_key=True, default=lambda: new("tra"))
    trial_id: Mapped[str] = mapped_column(Id("trl"), ForeignKey("model_trial.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    mandate_id: Mapped[str] = mapped_column(Id("mnd"), ForeignKey("mandate.id"))
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"))
    feedback_id: Mapped[str] = mapped_column(Id("fbk"), ForeignKey("match_feedback.id"))
    team: Mapped[str] = mapped_column(String(10))
    action: Mapped[str] = mapped_column(String(15))
    at: Mapped[datetime] = mapped_column(default=clock.now)


class DriftReport(Base, Shared):
    """How projects, scores and answers looked on one day; the first one of a model in service is what later ones are
    compared with. `findings` holds the comparisons."""

    __tablename__ = "drift_report"
    id: Mapped[str] = mapped_column(Id("drf"), primary_key=True, default=lambda: new("drf"))
    model_version: Mapped[str] = mapped_column(String(40), index=True)
    figures: Mapped[dict[str, Any]] = mapped_column(JSON)
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    alarms: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime] = mapped_column(default=clock.now)


class PitchFingerprint(Base, Timestamps, Shared):
    """The signature of a published text, and which earlier one it nearly repeats. A person may say that it is no copy.

    `since` is when the story came out: with the wording of which `anchor` is the signature. Edits that stay like it do not
    make the story younger, another story in its place is as young as the edit.
    """

    __tablename__ = "pitch_fingerprint"
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"), primary_key=True)
    text_digest: Mapped[str] = mapped_column(String(32))
    signature: Mapped[bytes | None] = mapped_column(LargeBinary)
    anchor: Mapped[bytes | None] = mapped_column(LargeBinary)
    since: Mapped[datetime | None]
    copy_of: Mapped[str | None] = mapped_column(Id("prj"), ForeignKey("project.id"))
    likeness: Mapped[float] = mapped_column(default=0.0)
    cleared_at: Mapped[datetime | None]


class OwnerLook(Base, OwnedByOrganisation):
    """A state of a pitch that its owner asked investors and advice about; so many a day, then the last one stands."""

    __tablename__ = "owner_look"
    __table_args__ = (Index("ix__owner_look__recent", "organisation_id", "at"),)
    id: Mapped[str] = mapped_column(Id("olk"), primary_key=True, default=lambda: new("olk"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"))
    version: Mapped[int] = mapped_column(BigInteger)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(default=clock.now)


for _table in (MatchFeedback, ModelEvent, RankedList, TrialAnswer, DriftReport):
    append_only(_table.__table__)
