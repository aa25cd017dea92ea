"""Names for characters and teams: no two pitches share their three characters."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from dealflow.demo.data import table


@dataclass(frozen=True)
class Cast:
    """Heroine, hero and rival of a pitch, as they stand in its slots."""

    f: str
    m: str
    r: str
    city: str

    def fill(self, text: str, parts: dict[str, str]) -> str:
        """The text with its slots filled; KeyError for a slot nobody knows."""
        first = {"ff": self.f.split()[0], "mf": self.m.split()[0], "rf": self.r.split()[0]}
        return text.format(f=self.f, m=self.m, r=self.r, city=self.city, **first, **parts)


def _city(rng: Random, cities: list[str], title: str) -> str:
    """The city that the title names, else any."""
    named = [city for city in cities if city in title]
    return named[0] if named else rng.choice(cities)


def chinese(rng: Random, premise: dict[str, Any], title: str) -> Cast:
    """A cast for a Chinese pitch; three different surnames."""
    names = table("names")
    surnames = [entry.split()[0] for entry in rng.sample(names["surnames"], 3)]
    elder = "elder_" if premise["shelf"] == "silver" else ""
    women, men = ([entry.split(" ")[0] for entry in names[elder + kind]] for kind in ("female", "male"))
    heroine, hero = rng.choice(women), rng.choice(men)
    rivals = women if premise.get("rival") == "f" or rng.random() < 0.5 else men
    given = [heroine, hero, rng.choice([name for name in rivals if name not in (heroine, hero)])]
    full = [surname + name for surname, name in zip(surnames, given, strict=True)]
    return Cast(full[0], full[1], full[2], _city(rng, premise.get("cities") or names["cities"], title))


def english(rng: Random, premise: dict[str, Any], title: str) -> Cast:
    """A cast for an English pitch."""
    names = table("names")
    rival = "en_rival_f" if premise.get("rival") == "f" else "en_rival"
    f, m, r = (rng.choice(names[kind]) for kind in ("en_female", "en_male", rival))
    return Cast(f, m, r, _city(rng, premise.get("cities") or names["en_cities"], title))


# Role in Chinese and English, pool of names, produced works from and to.
_CHINESE = (
    ("导演", "directors", 2, 22), ("编剧", "writers", 1, 18), ("制片人", "producers", 3, 30), ("领衔主演", "actors", 1, 15),
    ("摄影指导", "directors", 3, 25), ("投流负责人", "producers", 5, 60), ("美术指导", "writers", 2, 16),
)  # fmt: skip
_ENGLISH = (
    ("Director", 2, 18), ("Head writer", 1, 20), ("Producer", 3, 26), ("Director of photography", 2, 24),
    ("User acquisition lead", 4, 40), ("Casting director", 6, 50),
)  # fmt: skip


def team(rng: Random, *, english_names: bool, size: int) -> list[dict[str, Any]]:
    """Three to seven people with role and number of produced works; no name twice."""
    names, people, taken = table("names"), [], set()
    roles: list[tuple[str, str, int, int]] = (
        [(role, "en_crew", low, high) for role, low, high in _ENGLISH] if english_names else list(_CHINESE)
    )
    for role, pool, low, high in roles[:size]:
        name = rng.choice([n for n in names[pool] if n not in taken])
        taken.add(name)
        # Newcomers make a fifth of all teams' members: credits of nought are part of the picture.
        people.append(
            {"name": name, "role": role, "credits": 0 if rng.random() < 0.2 else rng.randint(low, high)}
        )
    return people


def newcomers(rng: Random, people: list[dict[str, Any]], works: int) -> list[dict[str, Any]]:
    """The same people as a team with so many earlier works or a few more, all made by the first of them."""
    made = works + rng.choice((0, 0, 1, 2, 3))
    return [person | {"credits": 0 if number else made} for number, person in enumerate(people)]
