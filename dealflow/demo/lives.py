"""What happens to a pitch between its first draft and today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any

from dealflow.core.actor import Actor
from dealflow.core.schema import load
from dealflow.demo import figures, pitches, posters
from dealflow.demo.people import Place
from dealflow.demo.pitches import Idea
from dealflow.demo.script import Script
from dealflow.pitches import queries, service
from dealflow.pitches.schemas import ProjectIn

STAGES = pitches.STAGES
# How a pitch ends up, with the parts of a hundred.
FATES = {"published": 72, "draft": 7, "incomplete": 6, "withdrawn": 8, "archived": 7}
STAGE_WEIGHTS = dict(zip(STAGES, (14, 30, 18, 12, 14, 12), strict=True))
WITHDRAWN = ("本轮已满额，感谢关注", "剧本大改，改完再见", "主演档期变动，暂停募集", "改由平台全额定制")
ARCHIVED = ("项目已结算归档", "团队决定不再推进", "题材与新规不合，另起炉灶", "并入系列第二季")


@dataclass
class Life:
    """A pitch with its owner, its fate, and the days before today on which things happened."""

    idea: Idea
    place: Place
    owner: Actor
    fate: str
    stage: str
    visibility: str
    born: float
    shown: float
    project_id: str = ""
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def invests(self) -> bool:
        """Whether any investor can open a deal about it."""
        return self.fate == "published" and self.visibility == "investors"


def draw(idea: Idea, place: Place, owner: Actor, number: int) -> Life:
    """A life for the idea; the number makes sure that each fate, stage and visibility occurs."""
    rng = idea.rng("life")
    fate = list(FATES)[number % 5] if number < 20 else _weighted(rng, FATES)
    visibility = rng.choices(("investors", "invited", "private"), (80, 14, 6))[0]
    born = rng.uniform(12, 285)
    life = Life(
        idea, place, owner, fate, _weighted(rng, STAGE_WEIGHTS), visibility, born,
        shown=max(2.0, born - rng.uniform(2, 24)),
    )  # fmt: skip
    return life


def _weighted(rng: Random, weights: dict[str, int]) -> str:
    return rng.choices(list(weights), list(weights.values()))[0]


def tell(script: Script, life: Life, guests: Sequence[Actor]) -> None:
    """Add the whole life to the script."""
    rng = life.idea.rng("days")
    early = STAGES[max(0, STAGES.index(life.stage) - 1)] if life.fate == "published" else life.stage
    today = script.end.date()
    life.values = pitches.values(life.idea, life.place, early, today) | {"visibility": life.visibility}
    if life.fate == "incomplete":
        keep = rng.sample(("logline", "genres", "stage", "format", "team", "budget"), rng.randint(1, 4))
        life.values = {name: life.values[name] for name in ("title", "languages", "visibility", *keep)}
    script.add(script.ago(life.born), life.owner, lambda actor: _create(actor, life))
    if life.fate == "incomplete":
        return
    if rng.random() < 0.4:
        script.add(
            script.ago(life.born - 0.6), life.owner, lambda actor: _change(actor, life, _polish(rng, life))
        )
    if life.fate == "draft":
        return
    script.add(script.ago(life.shown), life.owner, lambda actor: service.publish(actor, life.project_id))
    if life.visibility != "private":
        invited = rng.sample(list(guests), rng.randint(2, 5)) if life.visibility == "invited" else []
        for guest in invited:
            script.add(script.ago(life.shown - 0.02), life.owner, _inviting(life, guest))
    _afterwards(script, life, rng, early)


def _afterwards(script: Script, life: Life, rng: Random, early: str) -> None:
    left = life.shown
    if early != life.stage and left > 4:
        left *= rng.uniform(0.3, 0.8)
        script.add(
            script.ago(left),
            life.owner,
            lambda actor: _change(actor, life, _next_stage(rng, life, script.end.date())),
        )
    if rng.random() < 0.35 and left > 3:
        left *= rng.uniform(0.3, 0.8)
        script.add(script.ago(left), life.owner, lambda actor: _change(actor, life, _polish(rng, life)))
    if life.fate in ("withdrawn", "archived"):
        left *= rng.uniform(0.2, 0.7)
        end, reasons = (
            (service.withdraw, WITHDRAWN) if life.fate == "withdrawn" else (service.archive, ARCHIVED)
        )
        reason = rng.choice(reasons)
        script.add(script.ago(left), life.owner, lambda actor: end(actor, life.project_id, reason=reason))


def _create(actor: Actor, life: Life) -> None:
    project = service.create(actor, load(ProjectIn, life.values), is_sample=True)
    life.project_id = project.id
    width, height = posters.SIZE
    service.set_carried_poster(actor, project.id, posters.file(life.idea), width=width, height=height)


def _inviting(life: Life, guest: Actor) -> Any:
    return lambda actor: service.invite(actor, life.project_id, str(guest.organisation_id))


def _change(actor: Actor, life: Life, changes: dict[str, Any]) -> None:
    project = queries.get(actor, life.project_id)
    service.update(actor, project.id, changes, version=project.version)
    life.values |= changes


def _next_stage(rng: Random, life: Life, today: date) -> dict[str, Any]:
    """The pitch moves on: new stage, dates that fit it, the same ask spent otherwise."""
    money = life.values["ask"]
    shares = figures.shares_of(life.idea.premise, life.stage)
    return {
        "stage": life.stage,
        "schedule": pitches.schedule(rng, life.stage, today),
        "use_of_funds": figures.use_of_funds(rng, shares, money["amount_minor"], money["currency"]),
    }


def _polish(rng: Random, life: Life) -> dict[str, Any]:
    """An edit as people make them: a smaller ticket, one more paragraph, another team member."""
    ticket = life.values["min_ticket"]
    smaller = max(100_000, ticket["amount_minor"] // 2 // 100_000 * 100_000)
    english = life.idea.overseas
    choices: tuple[dict[str, Any], ...] = (
        {"min_ticket": ticket | {"amount_minor": smaller}},
        {
            "synopsis": life.values["synopsis"]
            + ("\n\nUpdate: the proof of concept was shot last week." if english else "\n\n进展：概念样片已拍摄完成，可在资料中查看。")
        },
        {
            "team": [
                *life.values["team"],
                {"name": "Noor Haddad" if english else "宫长安", "role": "Editor" if english else "剪辑指导", "credits": rng.randint(4, 30)},
            ]
        },
    )  # fmt: skip
    return rng.choice([c for c in choices if any(life.values.get(k) != v for k, v in c.items())])
