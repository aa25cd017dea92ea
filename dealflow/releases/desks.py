"""Who sits at the desk of a project's releases: its owner, and the investors that are bound to it."""

from __future__ import annotations

from dataclasses import dataclass

from dealflow.core import policy
from dealflow.core.actor import Actor
from dealflow.core.errors import NotFound
from dealflow.pitches import parties
from dealflow.pitches import queries as pitches
from dealflow.releases.policy import Can


@dataclass(frozen=True)
class Desk:
    """One organisation's place at a project: `side` is "owner" or "party"."""

    project_id: str
    organisation_id: str
    title: str
    titles: dict[str, str | None]
    side: str

    @property
    def id(self) -> str:
        """The project's id, so that the audit log can name what this is about."""
        return self.project_id


def of_actor(actor: Actor, project_id: str) -> Desk:
    """The actor's desk; NotFound for everybody who is neither owner nor bound by a signed deal."""
    brief = pitches.briefs([project_id]).get(project_id)
    if brief is None:
        raise NotFound()
    own = actor.is_system or brief["organisation_id"] == actor.organisation_id
    if not own and not _is_bound(actor, project_id):
        raise NotFound()
    return Desk(
        project_id, brief["organisation_id"], brief["title"], brief["titles"], "owner" if own else "party"
    )


def _is_bound(actor: Actor, project_id: str) -> bool:
    return actor.organisation_id is not None and actor.organisation_id in parties.of_project(project_id)


def to_write(actor: Actor, project_id: str, permission: Can = Can.WRITE) -> Desk:
    """The desk, when the actor may write there. NotFound, Forbidden."""
    desk = of_actor(actor, project_id)
    policy.require(actor, permission, desk, see=Can.SEE)
    return desk
