"""What all rows between an investor and a project have: both parties, and who may know of them."""

from __future__ import annotations

from sqlalchemy import ColumnElement, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from dealflow.core.actor import Actor
from dealflow.core.ids import Id
from dealflow.core.scope import Owned


class OfParties(Owned):
    """Known to the investor's organisation and to the project's."""

    investor_organisation_id: Mapped[str] = mapped_column(
        Id("org"), ForeignKey("organisation.id"), index=True
    )
    project_organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        return (cls.investor_organisation_id == actor.organisation_id) | (
            cls.project_organisation_id == actor.organisation_id
        )

    def side_of(self, actor: Actor) -> str | None:
        """ "investor", "project", or None for a stranger."""
        if actor.organisation_id == self.investor_organisation_id:
            return "investor"
        return "project" if actor.organisation_id == self.project_organisation_id else None
