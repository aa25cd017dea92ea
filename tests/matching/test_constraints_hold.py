"""No project that breaks a constraint is ever listed, whatever the mandate and the projects say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml.constraints import evaluate
from tests.conftest import Person
from tests.factories import pitches

GENRES = ["revenge", "sweet", "strong_heroine", "suspense"]
STAGES = ["development", "financing", "production"]
WORDS = ["雨", "letter", "不存在"]


def cny(minor: int) -> dict[str, Any]:
    return {"amount_minor": minor, "currency": "CNY"}


@st.composite
def constraints(draw: st.DrawFn) -> dict[str, Any]:
    """Constraints that the schema accepts."""
    some = st.lists(st.sampled_from(GENRES), max_size=3, unique=True)
    wanted = draw(some)
    low, high = sorted(draw(st.tuples(*[st.integers(0, 90_000_000)] * 2)))
    return {
        "genres_any": wanted,
        "genres_none": [term for term in draw(some) if term not in wanted],
        "stages_any": draw(st.lists(st.sampled_from(STAGES), max_size=2, unique=True)),
        "languages_any": draw(st.lists(st.sampled_from(["zh", "en", "th"]), max_size=2, unique=True)),
        "ask": draw(st.sampled_from([{}, {"min": cny(low)}, {"max": cny(high)}, {"min": cny(low), "max": cny(high)}])),
        "min_credits": draw(st.integers(0, 30)),
        "words_none": draw(st.lists(st.sampled_from(WORDS), max_size=2, unique=True)),
    }  # fmt: skip


@pytest.fixture
def published(person: Callable[..., Person]) -> list[dict[str, Any]]:
    """Eight projects that differ in everything a constraint looks at."""
    creator = person("creator")
    made = []
    for number in range(8):
        changes: dict[str, Any] = {
            "genres": [GENRES[number % 4], GENRES[(number // 2) % 4 - 1]][: 1 + number % 2] or GENRES[:1],
            "stage": STAGES[number % 3],
            "languages": ["zh"] if number % 2 else ["en-US", "th"],
            "title": {"zh": f"雨{number}"} if number % 3 else {"en": f"A letter {number}"},
            "team": [{"name": "林", "role": "导演", "credits": number * 4}],
        }
        changes["genres"] = list(dict.fromkeys(changes["genres"]))
        made.append(pitches.published(creator, **changes))
    return made


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stated=constraints())
def test_listed_is_what_breaks_nothing(
    published: list[dict[str, Any]], person: Callable[..., Person], stated: dict[str, Any]
) -> None:
    investor = person("investor")
    body = {"name": "M", "capital": cny(10**9), "constraints": stated}
    mandate = investor.post("/mandates", body).json
    page = investor.get(f"/mandates/{mandate['id']}/matches?limit=200").json
    expected = {p["id"] for p in published if not evaluate(mandate, p)}
    assert {item["project_id"] for item in page["items"]} == expected
    assert page["total"] == len(expected)


def test_an_edit_that_breaks_a_constraint_takes_it_out_at_once(person: Callable[..., Person]) -> None:
    creator, investor = person("creator"), person("investor")
    project = pitches.published(creator)
    body = {"name": "M", "capital": cny(10**9), "constraints": {"stages_any": ["financing"]}}
    path = f"/mandates/{investor.post('/mandates', body).json['id']}/matches"
    browser = investor.browser()
    assert project["id"] in browser.get(path).text
    changed = creator.patch(f"/projects/{project['id']}", {"stage": "production"}, project["version"])
    assert changed.status_code == 200, changed.json
    # No job has run, and the page was drawn and kept a moment ago.
    assert f'id="m-{project["id"]}"' not in browser.get(path).text
    assert investor.get(path).json["items"] == []
    one = investor.get(f"{path}/{project['id']}").json
    assert [b["constraint"] for b in one["blockers"]] == ["stages_any"]


def test_a_kept_page_carries_the_token_of_whoever_looks(person: Callable[..., Person]) -> None:
    creator, investor = person("creator"), person("investor")
    pitches.published(creator)
    path = f"/mandates/{investor.post('/mandates', {'name': 'M', 'capital': cny(1)}).json['id']}/matches"
    first, second = investor.browser().get(path).text, investor.browser().get(path).text
    assert "row-token-of-this-session" not in first + second
    stranger = person("investor").browser().get(path)
    assert stranger.status_code == 404
