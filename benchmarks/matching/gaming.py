"""Attempts to game the lists, played out with and without the guard against each.

    python -m benchmarks.matching.gaming

400 invented projects, 60 invented mandates, 24 attackers from all over the lists. Prints one JSON object: for each attempt
the places an attacker gains on average over all mandates that list it (for copies: further places among the first twenty),
without and with the guard, each with its 95% interval over attackers. Exit code 1 when a guard leaves more than a quarter
of what an attempt gains without it, or when reading
honest texts by the guard moves a project by two places or more.
The model's attention weighs as much as any model may give it (ml.train.ATTENTION_CAP).
"""

from __future__ import annotations

import csv
import json
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

import ml
from ml import columns, duplicates
from ml.columns import STAGES, base_genres, project_text
from ml.credence import Witness, attention
from ml.matrix import ProjectMatrix
from ml.rank import Ranker
from ml.statistics import clustered_interval
from ml.train import ATTENTION_CAP
from ml.weights import ACTION_WEIGHTS, MandateWeights

PROJECTS, MANDATES, ATTACKERS, HEAD = 400, 60, 24, 20
MOST_LEFT = 0.25
Project = dict[str, Any]
_DEEDS = ("回到", "离开", "守护", "寻找", "背叛", "重建", "揭开", "改写")
_PLACES = ("旧城", "山村", "医院", "公司", "江南古镇", "海边小城", "京城", "学校")
_TURNS = (
    "一封迟到的信",
    "一份遗嘱",
    "二十年前的秘密",
    "一场误会",
    "被替换的身份",
    "一次意外",
    "最后的约定",
    "一本日记",
)
_PEOPLE = ("女儿", "医生", "厨师", "将军", "编剧", "双胞胎姐妹", "外卖员", "继承人")


def words_of_genres() -> dict[str, list[str]]:
    """Genre → the words that describe it, Chinese and English."""
    path = Path(ml.__file__).parent / "data" / "sample.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        return {row["term"]: row["text"].split() for row in csv.DictReader(stream)}


def story(rng: random.Random, genres: Sequence[str], known: dict[str, list[str]]) -> str:
    """A few sentences in which words of the genres occur as they do in a synopsis."""
    lines = []
    for _ in range(6):
        words = rng.sample(known[rng.choice(genres)], 2)
        lines.append(
            f"{rng.choice(_PEOPLE)}{rng.choice(_DEEDS)}{rng.choice(_PLACES)}，因为{rng.choice(_TURNS)}，"
            f"一段关于{words[0]}的往事被{rng.choice(_PEOPLE)}说出，{words[1]}的人再也没有退路。"
        )
    return "".join(lines)


def catalogue(rng: random.Random, known: dict[str, list[str]]) -> list[Project]:
    """Invented projects with two genres, a story, an ask and some attention."""
    found = []
    for number in range(PROJECTS):
        genres = rng.sample(list(base_genres()), 2)
        ask = rng.randint(20, 400) * 1_000_000
        found.append({
            "id": f"prj_{number:04d}", "title": {"zh": f"第{number}部"}, "logline": "", "synopsis": story(rng, genres, known),
            "genres": genres, "languages": ["zh"], "regions": ["CN-ZJ"], "stage": rng.choice(STAGES),
            "instruments": ["equity"], "ask": {"amount_minor": ask, "currency": "CNY"},
            "team": [{"name": "林", "role": "导演", "credits": rng.randint(0, 4)}], "track_record": [],
            "signals": {"interactions": 2, "attention": rng.choice((0.0, 0.5, 1.0, 2.0)), "age_days": rng.randint(1, 90)},
        })  # fmt: skip
    return found


def stated(rng: random.Random, known: dict[str, list[str]]) -> list[dict[str, Any]]:
    """Invented mandates: liked genres, a ticket, and a few words of what is looked for."""
    found = []
    for number in range(MANDATES):
        liked = rng.sample(list(base_genres()), 3)
        found.append({
            "id": f"mnd_{number:03d}", "constraints": {},
            "preferences": {
                "genres": {term: rng.choice((0.5, 1.0)) for term in liked},
                "text": " ".join(rng.sample(known[liked[0]], 3) + rng.sample(known[liked[1]], 2)),
                "ticket": {"amount_minor": rng.randint(20, 300) * 1_000_000, "currency": "CNY"},
            },
        })  # fmt: skip
    return found


def strongest_attention() -> Ranker:
    """The shipped model with attention at its cap."""
    model = Ranker.shipped().model
    return Ranker(replace(model, coefficients=model.coefficients | {"attention": ATTENTION_CAP}))


class Market:
    """Projects, mandates and the order of everything; `places` tells where projects stand in each list."""

    def __init__(self) -> None:
        rng = random.Random(20_261_125)  # noqa: S311 - sample data
        self.words = words_of_genres()
        self.projects, mandates = catalogue(rng, self.words), stated(rng, self.words)
        self.ranker = strongest_attention()
        self.weights: list[MandateWeights] = [self.ranker.mandate_weights(mandate) for mandate in mandates]
        self.attackers = rng.sample(range(PROJECTS), ATTACKERS)
        self.matrix = self.ranker.build_matrix(self.projects)
        self.honest = self.scores(self.matrix)

    def scores(self, matrix: ProjectMatrix) -> np.ndarray:
        """[projects, mandates]"""
        return self.ranker.score_many(matrix, self.weights)

    def gained(self, number: int, changed: Project) -> np.ndarray:
        """Places a changed project gains in each mandate's list against all others as they are."""
        row = self.scores(self.ranker.build_matrix([changed]))[0]
        others = np.delete(self.honest, number, axis=0)
        before, after = ((others > own).sum(axis=0) for own in (self.honest[number], row))
        found: np.ndarray = before - after
        return found


def plain_reading() -> Any:
    """Texts read as they are written, without the guard."""
    return mock.patch.object(columns, "read_once", lambda text: text)


def stuffing(market: Market, guarded: bool) -> list[float]:
    """Keywords of every genre behind the story, five times over."""
    keywords = " ".join(word for words in market.words.values() for word in words[:2])
    found = []
    for number in market.attackers:
        project = market.projects[number]
        changed = project | {"synopsis": f"{project['synopsis']}\n{' '.join([keywords] * 5)}"}
        if guarded:
            found.append(float(market.gained(number, changed).mean()))
        else:
            with plain_reading():
                found.append(float(market.gained(number, changed).mean()))
    return found


def spread(market: Market, guarded: bool) -> list[float]:
    """Ten copies with a sentence changed: further places among the first twenty that the attacker's pitches take."""
    found = []
    for number in market.attackers:
        project = market.projects[number]
        sentences = project["synopsis"].split("。")
        copies = [
            project
            | {
                "id": f"copy_{n}",
                "synopsis": "。".join(sentences[: n % 6] + sentences[n % 6 + 1 :]) + f"。第{n}版",
            }
            for n in range(10)
        ]
        if guarded:
            seen = [(p["id"], duplicates.signature(project_text(p))) for p in (project, *copies)]
            behind = {copy.project_id for copy in duplicates.copies(seen)}
            copies = [copy for copy in copies if copy["id"] not in behind]
        taken = 0.0
        if copies:
            rows = market.scores(market.ranker.build_matrix(copies))
            edge = np.sort(market.honest, axis=0)[-HEAD]
            taken = float(np.minimum((rows > edge).sum(axis=0), HEAD).mean())
        found.append(taken)
    return found


def bought(answers: Sequence[tuple[str, Witness]]) -> Callable[[Market, bool], list[float]]:
    """Answers of the attacker's accounts: counted plainly without the guard, as far as they can be believed with it."""

    def attack(market: Market, guarded: bool) -> list[float]:
        more = (
            attention(answers) if guarded else sum(max(0.0, ACTION_WEIGHTS[action]) for action, _w in answers)
        )
        found = []
        for number in market.attackers:
            project = market.projects[number]
            signals = project["signals"] | {"attention": project["signals"]["attention"] + more}
            found.append(float(market.gained(number, project | {"signals": signals}).mean()))
        return found

    return attack


_OWN = Witness(age_days=60, owners=1, linked=True)
_FARM = Witness(age_days=3, owners=1)
_PATIENT = Witness(age_days=30, owners=3)
ATTEMPTS: dict[str, Callable[[Market, bool], list[float]]] = {
    "stuffing": stuffing,
    "copies": spread,
    "self_dealing": bought(
        [(action, _OWN) for _ in range(3) for action in ("view", "save", "request_intro")]
    ),
    "click_farm": bought([(action, _FARM) for _ in range(20) for action in ("view", "save")]),
    # Accounts that wait for weeks and answer other owners for cover are not told from investors: only bounded.
    "patient_farm": bought([(action, _PATIENT) for _ in range(20) for action in ("view", "save")]),
}
BOUNDED = frozenset({"patient_farm"})


def honest_cost(market: Market) -> float:
    """Mean places that reading once costs projects whose text nobody stuffed."""
    with plain_reading():
        plain = market.scores(market.ranker.build_matrix(market.projects))
    ranks = [(-scores).argsort(axis=0).argsort(axis=0) for scores in (plain, market.honest)]
    return float(np.abs(ranks[1] - ranks[0]).mean())


def measure() -> list[dict[str, Any]]:
    """Each attempt with its gain before and after."""
    market = Market()
    found = []
    for name, attack in ATTEMPTS.items():
        before, after = (clustered_interval(np.array(attack(market, guarded))) for guarded in (False, True))
        found.append({
            "attack": name, "before": round(before.mean, 3), "after": round(after.mean, 3),
            "before_interval": before.as_dict(3), "after_interval": after.as_dict(3),
        })  # fmt: skip
    return found


def main() -> int:
    """Print the figures; 1 when a guard falls short."""
    found, market = measure(), Market()
    cost = round(honest_cost(market), 4)
    print(json.dumps({"attacks": found, "honest_texts_move": cost}, indent=1))
    short = [
        entry["attack"]
        for entry in found
        if entry["attack"] not in BOUNDED and entry["after"] > MOST_LEFT * max(entry["before"], 0.0)
    ]
    for name in short:
        print(f"{name}: the guard leaves more than {MOST_LEFT:.0%}", file=sys.stderr)
    return 1 if short or cost >= 2 else 0


if __name__ == "__main__":
    sys.exit(main())
