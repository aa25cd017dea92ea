"""What investors did with their matches: looked, kept, passed with a reason, asked for an introduction."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from random import Random
from statistics import quantiles
from typing import Any

from dealflow.core.actor import Actor
from dealflow.demo import introductions
from dealflow.demo.data import table
from dealflow.demo.introductions import Pair
from dealflow.demo.investors import Stated
from dealflow.demo.lives import Life
from dealflow.demo.script import Script
from dealflow.matching import service
from dealflow.matching.schemas import FeedbackIn

MAIN, OURS = ("investor", "investor2", "fund"), ("creator", "creator2")
_ACTIONS = {"": 36, "save": 28, "pass": 24, "request_intro": 6, "undo": 6}
_WANTED, _LEFT = ("save", "save", "save", "save", "undo"), ("", "", "", "pass", "pass")
_DECIDED = 2.5  # how much of an answer is taste, and how much the day


def answer_matches(
    script: Script, told: Sequence[Life], stated: Sequence[Stated], kept: set[Pair]
) -> set[Pair]:
    """Add answers of every mandate to pitches that fit it, after both were there; the pairs that asked to be introduced.

    Pairs of `kept` meet in another way later: here they keep each other in mind at most.
    """
    asked: set[Pair] = set()
    for mandate in stated:
        rng = Random(f"dealflow:{mandate.key}:answers")  # noqa: S311 - variety, no secret
        fit = [life for life in told if life.invests and _fits(mandate.values, life)]
        rng.shuffle(fit)
        taste = Taste(mandate, fit)
        main = mandate.house in MAIN
        if main:
            # The people who can log in meet each other's work first.
            fit.sort(key=lambda life: life.place.key not in OURS)
        for number, life in enumerate(fit[: rng.randint(12, 18) if main else rng.randint(3, 9)]):
            known = (mandate.house, life.idea.key) in kept
            action = "save" if known else "request_intro" if main and number < 3 else None
            _answer(script, taste, life, rng, action, asked)
    return asked


class Taste:
    """What an investor wants: what its mandate states, two genres it likes without saying so, earlier works, and an ask of
    its size. Two of five pitches that fit are wanted more likely than not."""

    def __init__(self, mandate: Stated, fit: Sequence[Life]) -> None:
        self.mandate, self.rng = mandate, Random(f"dealflow:{mandate.key}:taste")  # noqa: S311 - variety, no secret
        genres = sorted({genre for life in fit for genre in life.values["genres"]})
        self.unsaid = set(self.rng.sample(genres, min(2, len(genres))))
        likings = [self.liking(life) for life in fit]
        self.middle = quantiles(likings, n=5)[2] if len(likings) > 1 else 0.0

    def liking(self, life: Life) -> float:
        """How well it likes a pitch; 1 is a genre it states with full weight."""
        wishes, offered = self.mandate.values["preferences"], life.values
        genres = set(offered["genres"])
        stated = sum(weight for genre, weight in (wishes.get("genres") or {}).items() if genre in genres)
        stage = (wishes.get("stages") or {}).get(offered["stage"], 0.0)
        ways = (wishes.get("instruments") or {}).items()
        instrument = max((weight for way, weight in ways if way in offered["instruments"]), default=0.0)
        proven = 0.25 * min(3, len(offered["track_record"]))
        size = math.log10(offered["ask"]["amount_minor"] / wishes["ticket"]["amount_minor"])
        return float(stated + stage + instrument + proven + 0.6 * len(self.unsaid & genres) - abs(size - 0.3))

    def answer(self, life: Life) -> str:
        """What it does with a pitch it has looked at."""
        chance = 1 / (1 + math.exp(_DECIDED * (self.middle - self.liking(life))))
        return self.rng.choice(_WANTED if self.rng.random() < chance else _LEFT)


def _fits(mandate: dict[str, Any], life: Life) -> bool:
    """Whether genre, currency and language are what the mandate asks for: enough to have come upon the pitch."""
    wanted = mandate["constraints"]
    return (
        life.values["ask"]["currency"] == mandate["capital"]["currency"]
        and bool(set(wanted.get("genres_any") or life.values["genres"]) & set(life.values["genres"]))
        and bool(set(wanted.get("languages_any") or life.values["languages"]) & set(life.values["languages"]))
    )


def _answer(
    script: Script, taste: Taste, life: Life, rng: Random, action: str | None, asked: set[Pair]
) -> None:
    mandate = taste.mandate
    words = table("talk")["en" if life.idea.overseas else "zh"]
    days = min(mandate.days, life.shown) * rng.uniform(0.1, 0.9)
    drawn = action or rng.choices(list(_ACTIONS), list(_ACTIONS.values()))[0]
    why = rng.choice(words["passing"]) if drawn == "pass" and rng.random() < 0.8 else None
    # Who asks for an introduction is drawn: the demo's deals follow from it. All else is a matter of taste.
    action = drawn if action or drawn == "request_intro" else taste.answer(life)
    pair = (mandate.house, life.idea.key)
    if action == "request_intro" and pair in asked:
        # One question for a pair; another mandate of the same house keeps the pitch in mind.
        action = "save"
    steps: list[tuple[str, str | None]] = [("view", None)]
    if action == "pass":
        steps.append(("pass", why or taste.rng.choice(words["passing"])))
    elif action == "request_intro":
        steps += [("save", None), ("request_intro", rng.choice(words["opening"]))]
        ends, days = introductions.fate(len(asked), days, min(mandate.days, life.shown) * 0.9)
        asked.add(pair)
        at = script.ago(days - 0.02)
        introductions.answer(script, life, mandate.owner, life.owner, at, ends, mandate.house)
    elif action == "undo":
        steps += [("pass", None), ("undo", None), ("save", None)]
    elif action:
        steps.append((action, None))
    for number, (name, reason) in enumerate(steps):
        script.add(script.ago(days - number * 0.01), mandate.owner, _deed(mandate, life, name, reason))


def _deed(mandate: Stated, life: Life, action: str, reason: str | None) -> Callable[[Actor], object]:
    def deed(actor: Actor) -> object:
        values = FeedbackIn.model_validate(
            {"project_id": life.project_id, "action": action, "reason": reason}
        )
        return service.answer(actor, mandate.mandate_id, values)

    return deed
