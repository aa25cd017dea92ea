"""A small populated world: every kind of organisation with an owner, a member and a viewer, and one object of each
kind in each relation. Tests that sweep over all routes take their actors and ids from here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from sqlalchemy.orm import Session

from dealflow.accounts.models import Membership
from dealflow.core import db
from tests.conftest import Person
from tests.factories import commitments, funds, holdings, pitches, releases, rooms

ROLES = ("owner", "member", "viewer")
# Name → kind. `creator` owns the project, `investor` is its counterparty; the others are strangers to both.
HOUSES = {
    "creator": "creator",
    "creator2": "creator",
    "investor": "investor",
    "investor2": "investor",
    "fund": "fund",
    "park": "park",
    "platform": "platform",
}
# What people type shows as it was typed, on every page: never as markup, never worked out.
TYPED = "<x-raw>{{7*7}}"
MANDATE: dict[str, Any] = {
    "name": f"都市复仇 CANARY-mandate-name {TYPED}",
    "constraints": {"min_credits": 1, "words_none": ["CANARY-mandate-words"]},
    "preferences": {
        "stages": {"financing": 1, "development": 0.5},
        "text": "CANARY-mandate-text",
        "ticket": {"amount_minor": 10_000_000, "currency": "CNY"},
    },
    "capital": {"amount_minor": 500_000_000, "currency": "CNY"},
    "max_per_project": {"amount_minor": 50_000_000, "currency": "CNY"},
}


@dataclass
class World:
    """People by `house.role`, and ids of objects by name."""

    people: dict[str, Person]
    ids: dict[str, str] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Person:
        return self.people[name]


def staff(person: Callable[..., Person], houses: dict[str, str] | None = None) -> dict[str, Person]:
    """An owner, a member and a viewer of each house; `left` was a member of the creator's house and is none now."""
    found = {}
    for house, kind in (HOUSES if houses is None else houses).items():
        owner = person(kind, name=f"House {house}")
        found[f"{house}.owner"] = owner
        for role in ROLES[1:]:
            found[f"{house}.{role}"] = person(kind, role, organisation_id=owner.organisation_id)
    if "creator.owner" in found:
        found["left"] = person("creator", "member", organisation_id=found["creator.owner"].organisation_id)
        dismiss(found["left"])
    return found


def dismiss(member: Person) -> None:
    """End a person's membership."""
    with db.system_edge() as session:
        rows = session.query(Membership).filter_by(
            user_id=member.user_id, organisation_id=member.organisation_id
        )
        rows.delete()


def _made(answer: Any, status: int = 201) -> dict[str, Any]:
    assert answer.status_code == status, answer.json
    return dict(answer.json)


def populate(world: World) -> World:
    """Projects in each visibility, a mandate, a deal, a term sheet and a data room between creator and investor."""
    creator, investor = world["creator.owner"], world["investor.owner"]
    canary = {"synopsis": f"CANARY-synopsis 一座旧城 {TYPED}", "logline": f"一座旧城 {TYPED}"}
    draft = _made(
        creator.post(
            "/projects", pitches.complete(title={"zh": "CANARY-draft-title"}, logline="CANARY-draft-logline")
        )
    )
    invited = pitches.published(
        creator, title={"zh": "CANARY-invited-title"}, logline="CANARY-invited-logline", visibility="invited"
    )
    _made(
        creator.post(f"/projects/{invited['id']}/invitations", {"organisation_id": investor.organisation_id})
    )
    private = pitches.published(
        creator, title={"zh": "CANARY-private-title"}, logline="CANARY-private-logline", visibility="private"
    )
    published = pitches.published(creator, **canary)
    fresh = pitches.published(creator, title={"zh": "还没有人谈的项目"})
    foreign = pitches.published(world["creator2.owner"], title={"zh": "另一个项目"})
    mandate = _made(investor.post("/mandates", MANDATE))
    deal = _made(
        investor.post(
            "/deals", {"project_id": published["id"], "mandate_id": mandate["id"], "note": f"hello {TYPED}"}
        )
    )
    sheet = _made(investor.post(f"/deals/{deal['id']}/term-sheets", {"template": "equity_spv", "terms": {}}))
    world.ids |= talk(creator, investor)
    introduction = _made(
        investor.post("/introductions", {"project_id": published["id"], "note": f"CANARY-intro {TYPED}"})
    )
    projects = {"draft": draft, "invited": invited, "private": private, "published": published}
    world.versions |= {name: project["version"] for name, project in projects.items()}
    world.ids |= {
        "draft": draft["id"],
        "invited": invited["id"],
        "private": private["id"],
        "published": published["id"],
        "fresh": fresh["id"],
        "foreign": foreign["id"],
        "mandate": mandate["id"],
        "deal": deal["id"],
        "pipeline": deal["pipeline_id"],
        "introduction": introduction["id"],
        "sheet": sheet["id"],
    }
    furnish(world)
    world.ids |= put_out(creator, investor)
    world.ids |= commitments.funding(creator, investor, "CANARY-tranche")
    if "fund.owner" in world.people:
        world.ids |= funds.raised(world["fund.owner"], world["fund.member"], investor)
        world.ids |= funds.stated(world["fund.owner"], world.ids)
        world.ids |= holdings.held(world["fund.owner"], world.ids["fund"])
    return world


def talk(creator: Person, investor: Person) -> dict[str, str]:
    """A term sheet that the investor proposed, with a comment of the creator on it, in a deal of its own."""
    project = pitches.published(creator, title={"zh": "正在谈的项目"})
    deal = _made(investor.post("/deals", {"project_id": project["id"]}))
    sheet = _made(investor.post(f"/deals/{deal['id']}/term-sheets", {"template": "loan", "terms": {}}))
    _made(investor.post(f"/term-sheets/{sheet['id']}/propose"), 200)
    said = _made(
        creator.post(
            f"/term-sheets/{sheet['id']}/comments", {"clause": "law", "text": f"CANARY-said {TYPED}"}
        )
    )
    return {"proposed": sheet["id"], "comment": said["id"]}


def put_out(creator: Person, investor: Person) -> dict[str, str]:
    """A project of its own that is released and has money, of which the investor is a party."""
    project = pitches.published(creator, title={"zh": "已上线的项目", "en": "A released project"})
    deal = _made(investor.post("/deals", {"project_id": project["id"]}))
    releases.bind(deal["id"])
    return releases.put_out(creator, project["id"], "CANARY-released")


def furnish(world: World) -> None:
    """A data room of the published project: open to the investor's house, of which the owner accepted the NDA."""
    creator, investor, project = world["creator.owner"], world["investor.owner"], world.ids["published"]
    folder = _made(creator.post(f"/projects/{project}/folders", {"name": f"CANARY-room-folder {TYPED}"}))
    document = rooms.upload(creator, project, name="CANARY-room-document.pdf")
    given = rooms.grant(creator, project, investor, level="download")
    rooms.accept(investor, project)
    opened = investor.get(f"/documents/{document['id']}/content")
    assert opened.status_code == 200, opened.json
    opened.close()
    asked = _made(
        investor.post(f"/documents/{document['id']}/questions", {"text": f"CANARY-room-question {TYPED}"})
    )
    (view,) = creator.get(f"/projects/{project}/data-room/views").json["items"]
    world.ids |= {
        "folder": folder["id"],
        "document": document["id"],
        "grant": given["id"],
        "access": view["id"],
        "question": asked["id"],
    }


def build(person: Callable[..., Person], houses: dict[str, str] | None = None) -> World:
    """The whole world."""
    return populate(World(staff(person, houses)))


@contextmanager
def without_lasting_effect() -> Iterator[None]:
    """Let every transaction run to its end and then be rolled back, so that each call meets the same world."""

    def undo(session: Session) -> None:
        session.flush()
        session.rollback()
        session.info.pop("after_commit", None)

    with mock.patch.object(Session, "commit", undo):
        yield
