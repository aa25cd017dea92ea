"""The search in the API: every word, two Chinese characters, and nothing of what one may not see."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.conftest import Person
from tests.factories import pitches
from tests.factories import world as worlds
from tests.factories.world import MANDATE, World


@pytest.fixture
def world(app: Flask, person: Callable[..., Person]) -> World:
    return worlds.build(person)


def found(who: Person, q: str, **more: str) -> list[tuple[str, str]]:
    answer = who.get("/search", query_string={"q": q} | more)
    assert answer.status_code == 200, answer.json
    for hit in answer.json["items"]:
        assert hit["id"] in hit["url"]
    return [(hit["kind"], hit["title"]) for hit in answer.json["items"]]


def test_each_finds_what_they_may_see_of_every_kind(world: World) -> None:
    investor, creator = world["investor.owner"], world["creator.owner"]
    assert found(investor, "都市") == [("mandate", MANDATE["name"])]
    assert found(creator, "都市") == []
    assert {kind for kind, _title in found(investor, "house creator")} == {"deal"}
    assert found(investor, "house creator", kind="project") == []
    assert found(world["investor2.owner"], "house creator") == []


def test_hidden_things_are_not_found_nor_counted(world: World) -> None:
    assert len(found(world["creator.owner"], "CANARY-private-title")) == 1
    for name in ("investor.owner", "creator2.owner", "park.owner", "platform.owner"):
        for hidden in ("CANARY-private-title", "CANARY-draft-logline"):
            assert world[name].get(f"/search?q={hidden}").json["total"] == 0
    assert found(world["creator.owner"], "CANARY-mandate-name") == []


@pytest.mark.parametrize(
    ("q", "hits"),
    [("夜雨", 1), ("夜雨 归舟", 1), ("夜雨 nothing", 0), ("NIGHT rain", 1), ("ＮＩＧＨＴ", 1), ("%", 0), ("_", 0), ("\\", 0),
     ("'; DROP TABLE project; --", 0), ('" OR NEAR(', 0), ("  ", 0), ("夜", 1)],
)  # fmt: skip
def test_words_mean_themselves(app: Flask, person: Callable[..., Person], q: str, hits: int) -> None:
    creator = person("creator")
    pitches.published(creator, title={"zh": "夜雨归舟", "en": "Night Rain"})
    assert len(found(creator, q, kind="project")) == hits


def test_pages_hold_everything_once(world: World) -> None:
    investor = world["investor.owner"]
    whole = investor.get("/search?q=CANARY").json
    assert {hit["kind"] for hit in whole["items"]} == {"project", "mandate", "fund"}
    cursor, walked = "", []
    while cursor is not None:
        page = investor.get(f"/search?q=CANARY&limit=1&cursor={cursor}").json
        walked += page["items"]
        cursor = page["next_cursor"]
    assert walked == whole["items"]


def test_bad_queries_are_named(world: World) -> None:
    who = world["creator.owner"]
    for path, field in (("?kind=x", "kind"), (f"?q={'x' * 201}", "q"), ("?x=1", "x"), ("?q=a&q=b", "q")):
        answer = who.get(f"/search{path}")
        assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, field), path
