"""The invented pitches: premises with their rows become complete `ProjectIn` values."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from random import Random
from typing import Any

from dealflow.demo import cast, figures
from dealflow.demo.data import premises, table
from dealflow.demo.people import Place
from dealflow.pitches import vocabulary

STAGES = vocabulary.STAGES


@dataclass(frozen=True)
class Idea:
    """One row of one premise."""

    key: str
    premise: dict[str, Any]
    title: dict[str, str]
    parts: dict[str, str]
    row: int

    @property
    def overseas(self) -> bool:
        """Whether it is written in English and financed in dollars."""
        return self.premise["shelf"] == "overseas"

    def rng(self, purpose: str) -> Random:
        """Chance that depends on this idea alone, so that adding others changes nothing here."""
        return Random(f"dealflow:{self.key}:{purpose}")  # noqa: S311 - variety, no secret


def ideas() -> list[Idea]:
    """All ideas, premise by premise."""
    found = []
    for premise in premises():
        for number, row in enumerate(premise["rows"]):
            zh, en, *parts = row.split("|")
            named = dict(zip("abcde", parts, strict=False))
            found.append(Idea(f"{premise['key']}-{number + 1}", premise, {"zh": zh, "en": en}, named, number))
    return found


@cache
def _catalogue() -> list[tuple[str, frozenset[str], bool]]:
    with (vocabulary.DATA / "dramas.csv").open(encoding="utf-8", newline="") as stream:
        return [
            (row["title"], frozenset(row["tags"].split(";")), row["lang"] == "zh") for row in csv.DictReader(stream)
        ]  # fmt: skip


def comparables(rng: Random, genres: list[str], *, chinese: bool) -> list[str]:
    """Up to three real titles that share a genre, most shared first; their figures stand in the catalogue."""
    scored = [
        (len(tags & set(genres)), rng.random(), title)
        for title, tags, is_chinese in _catalogue()
        if is_chinese == chinese and tags & set(genres)
    ]
    return [title for _shared, _chance, title in sorted(scored, reverse=True)[: rng.randint(1, 3)]]


def _hooks(rng: Random, notes: list[str], episodes: int) -> list[dict[str, Any]]:
    """A hook in the first episode, the first paywall card in episode 8 to 12, then turns up to the end."""
    first = rng.randint(8, 12)
    marks = [(1, "hook"), (rng.randint(3, 6), "hook"), (first, "paywall_card")]
    at, gap = first, max(5, (episodes - first) // 5)
    while len(marks) < len(notes) and at + gap <= episodes:
        at += gap
        marks.append((at, "paywall_card" if len(marks) % 2 else "hook"))
    return [
        {"episode": episode, "kind": kind, "note": note}
        for (episode, kind), note in zip(marks, notes, strict=False)
    ]


def schedule(rng: Random, stage: str, today: date) -> dict[str, str]:
    """Four dates around today that fit the stage."""
    lead = {
        "development": 120, "financing": 60, "pre_production": 18, "production": -4, "post_production": -40, "released": -120,
    }[stage]  # fmt: skip
    start = today + timedelta(days=lead + rng.randint(-3, 25 if lead > 0 else 0))
    days, post = rng.randint(5, 14), rng.randint(35, 70)
    dates = {
        "prep": start - timedelta(days=rng.randint(14, 30)),
        "shoot_start": start,
        "shoot_end": start + timedelta(days=days),
        "release": start + timedelta(days=days + post),
    }
    return {name: day.isoformat() for name, day in dates.items()}


def track_record(place: Place, today: date) -> list[dict[str, Any]]:
    """The earlier works of a creator, the same in all its pitches; some have none."""
    rng = Random(f"dealflow:{place.key}:works")  # noqa: S311
    names = table("names")
    titles = rng.sample(names["en_works" if place.overseas else "works"], rng.choice((0, 1, 2, 3, 3, 4)))
    currency, found = "USD" if place.overseas else "CNY", []
    for title in titles:
        evidence = rng.choice(vocabulary.EVIDENCE)
        # Most series reach a few million plays, a few of them hundreds of millions.
        plays = round(1_500_000 * 10 ** rng.uniform(0, 2.3), -5)
        receipts = int(plays * rng.uniform(0.015, 0.06)) // 1000 * 1000_00
        vague = evidence == "self_reported" and rng.random() < 0.5
        found.append(
            {
                "title": title, "year": today.year - rng.randint(0, 3), "plays": None if vague else int(plays),
                "receipts": figures.money(receipts // (1 if currency == "CNY" else 4), currency) if evidence in ("platform_statement", "platform_api") else None,
                "evidence_class": evidence,
            }
        )  # fmt: skip
    return sorted(found, key=lambda work: -work["year"])


_MARKETS = (["US", "CA", "GB", "AU"], ["US", "CA"], ["US", "GB", "AU", "SG"], ["SG", "MY", "TH", "PH", "ID"])
_INSTRUMENTS = (
    ["equity"], ["revenue_share"], ["equity", "revenue_share"], ["revenue_share", "loan"], ["loan"], ["presale"],
    ["presale", "minimum_guarantee"], ["revenue_share", "minimum_guarantee"], ["minimum_guarantee"],
    ["revenue_share", "presale"],
)  # fmt: skip


def values(idea: Idea, place: Place, stage: str, today: date) -> dict[str, Any]:
    """A complete pitch of this idea by this creator, as the API would take it."""
    rng, premise = idea.rng("pitch"), idea.premise
    people = (cast.english if idea.overseas else cast.chinese)(
        rng, premise, idea.title["en" if idea.overseas else "zh"]
    )
    drawn = {"ai_drama", "comic_drama"} & set(premise["genres"])
    genres = premise["genres"] if drawn else [*premise["genres"], "live_action"]
    episodes = rng.randrange(40, 101, 2) if rng.random() < 0.8 else rng.randrange(30, 61, 2)
    low, high = premise["audience"][1:]
    scenes = rng.sample(premise["scenes"], min(len(premise["scenes"]), rng.randint(3, 6)))
    works = track_record(place, today)
    return {
        "title": {"en": idea.title["en"]} if idea.overseas and idea.row % 2 else idea.title,
        "logline": people.fill(premise["loglines"][idea.row % len(premise["loglines"])], idea.parts),
        "synopsis": _synopsis(rng, idea, people, episodes),
        "genres": genres[:6],
        "audience": {"gender": premise["audience"][0], "ages": [low, high]},
        "languages": _languages(rng, place),
        "regions": rng.choice(_MARKETS) if idea.overseas else _regions(rng, place),
        "format": {
            "episodes": episodes, "minutes_per_episode": rng.choice((1.0, 1.5, 1.5, 2.0, 2.0, 2.5, 3.0)),
            "orientation": "horizontal" if rng.random() < 0.08 else "vertical",
        },
        "stage": stage,
        **figures.raise_of(rng, premise, stage, "USD" if idea.overseas else "CNY"),
        "instruments": rng.choice(_INSTRUMENTS),
        "team": _team(rng, idea, len(works)),
        "track_record": works,
        "comparables": comparables(rng, genres, chinese=not idea.overseas),
        "schedule": schedule(rng, stage, today),
        "scenes_needed": scenes,
        "hooks": _hooks(rng, [people.fill(note, idea.parts) for note in premise["hooks"]], episodes),
    }  # fmt: skip


def _synopsis(rng: Random, idea: Idea, people: cast.Cast, episodes: int) -> str:
    pools = table("craft")["en" if idea.overseas else "zh"]
    paragraphs = [people.fill(text, idea.parts) for text in idea.premise["story"]]
    about = {"episodes": str(episodes), "peak": str(episodes * 2 // 3 // 2 * 2), "city": people.city}
    for pool in ("shape", "making", "market"):
        shelf = pools[pool].get(idea.premise["shelf"]) or pools[pool]["any"]
        paragraphs.append(rng.choice(shelf).format(**about))
    return "\n\n".join(paragraphs)


def _team(rng: Random, idea: Idea, works: int) -> list[dict[str, Any]]:
    people = cast.team(rng, english_names=idea.overseas, size=rng.randint(3, 6))
    return people if works > 1 else cast.newcomers(idea.rng("newcomers"), people, works)


def _languages(rng: Random, place: Place) -> list[str]:
    if place.overseas:
        return rng.choice((["en"], ["en"], ["en", "es"], ["en", "zh"], ["en", "th", "id"]))
    local = ["zh", "yue"] if place.region == "CN-GD" else ["zh", "en"]
    return rng.choice((["zh"], ["zh"], ["zh"], local))


def _regions(rng: Random, place: Place) -> list[str]:
    home = [place.region] if rng.random() < 0.5 else []
    return [*home, "CN"] if rng.random() < 0.8 else ["CN", "SG", "MY"]
