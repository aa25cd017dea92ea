"""The organisations of the demo and their people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dealflow.accounts import identity, passwords
from dealflow.accounts import queries as accounts
from dealflow.accounts.policy import Tag
from dealflow.accounts.service import samples
from dealflow.audit import service as audit
from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.demo.data import table
from dealflow.demo.logins import LOGINS, PASSWORD


@dataclass(frozen=True)
class Place:
    """A row of organisations.toml."""

    key: str
    kind: str
    name: str
    name_en: str
    city: str
    country: str
    region: str
    about: str
    people: tuple[str, ...]
    traits: dict[str, Any]

    @property
    def overseas(self) -> bool:
        """Whether it works in English and dollars."""
        return self.country != "CN"


def places() -> list[Place]:
    """All organisations, in the order of the file."""
    known = ("key", "kind", "name", "name_en", "city", "country", "region", "about", "people")
    return [
        Place(
            **{name: row.get(name, "") for name in known if name != "people"},
            people=tuple(row.get("people", ())),
            traits={name: value for name, value in row.items() if name not in known},
        )
        for row in table("organisations")["organisation"]
    ]


def found(place: Place, password_hash: str, at: datetime) -> list[Actor]:
    """Write an organisation with its people and return them as actors, an owner first. All can log in: the pages of a deal
    say as whom one answers for a sample."""
    clock.freeze(at)
    organisation = samples.organisation(
        name=place.name, name_en=place.name_en or None, kind=place.kind, about=place.about or None,
        city=place.city, country=place.country,
    )  # fmt: skip
    people = [
        (u.name, u.email, u.role, u.locale, password_hash) for u in LOGINS if u.organisation == place.key
    ]
    locale = "en" if place.overseas else "zh"
    for number, name in enumerate(place.people, 1):
        role = "owner" if number == 1 and not any(p[2] == "owner" for p in people) else "member"
        people.append((name, f"{place.key}.{number}@sample.example", role, locale, password_hash))
    people.sort(key=lambda person: person[2] != "owner")
    return [_join(organisation, *person) for person in people]


def hire(owner: Actor, name: str, email: str) -> Actor:
    """A colleague who joins an owner's organisation at this moment, without a password."""
    return _join(accounts.own_organisation(owner), name, email, "member", owner.locale, "")


def _join(organisation: Any, name: str, email: str, role: str, locale: str, password_hash: str) -> Actor:
    user = samples.member(
        organisation, role=role, name=name, email=email, locale=locale, password_hash=password_hash or None
    )
    actor = identity.build_actor(user, organisation.id)
    tag = Tag.REGISTERED if role == "owner" else Tag.JOINED
    audit.record(
        actor, tag, organisation.id, after={"name": organisation.name, "user": user.id, "role": role}
    )
    return actor


def password_hash() -> str:
    """One hash for all people of the demo: making one each takes seconds and protects nothing."""
    return passwords.hash_password(PASSWORD)
