"""The constraint rule: its cases, and the vectorised form equal to it for anything."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml import constraints
from tests.ml import samples

TAGS = {
    "genres": ["urban", "revenge", "sweet", "horror"],
    "languages": ["zh", "zh-CN", "ZH-tw", "en", "zhx"],
    "regions": ["CN", "CN-ZJ", "cn-sh", "US", "CNX"],
    "stages": ["development", "financing", "released"],
    "instruments": ["equity", "loan"],
}
WORDS = ["赌博", "ＣＥＯ", "ceo", "Blood", "\x00", " ", "血", "😀", "a.b"]


def tags(field: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(TAGS[field]), max_size=3, unique=True)


def amounts() -> st.SearchStrategy[dict[str, Any] | None]:
    money = st.builds(
        samples.money, st.sampled_from([0, 5, 10, 15, 10**15, 2**70]), st.sampled_from(["CNY", "USD"])
    )
    return st.none() | money


def texts() -> st.SearchStrategy[str | None]:
    return st.none() | st.lists(st.sampled_from(WORDS), max_size=4).map("".join)


projects = st.fixed_dictionaries(
    {},
    optional={
        "genres": tags("genres"),
        "languages": tags("languages"),
        "regions": tags("regions"),
        "stage": st.none() | st.sampled_from(TAGS["stages"]),
        "instruments": tags("instruments"),
        "budget": amounts(),
        "ask": amounts(),
        "team": st.lists(st.fixed_dictionaries({"credits": st.none() | st.integers(0, 4)}), max_size=2),
        "title": st.fixed_dictionaries({}, optional={"zh": texts(), "en": texts()}),
        "logline": texts(),
        "synopsis": texts(),
        "signals": st.fixed_dictionaries({}, optional={"review_passed": st.booleans()}),
    },
)
bounds = st.none() | st.fixed_dictionaries({}, optional={"min": amounts(), "max": amounts()})
mandates = st.fixed_dictionaries(
    {
        "constraints": st.fixed_dictionaries(
            {},
            optional={
                "genres_any": tags("genres"),
                "genres_none": tags("genres"),
                "languages_any": tags("languages"),
                "regions_any": tags("regions"),
                "stages_any": tags("stages"),
                "instruments_any": tags("instruments"),
                "budget": bounds,
                "ask": bounds,
                "min_credits": st.integers(0, 5),
                "review_passed": st.booleans(),
                "words_none": st.lists(st.sampled_from(WORDS), max_size=2),
            },
        )
    }
)


@settings(max_examples=300, deadline=None)
@given(mandates, st.lists(projects, max_size=6))
def test_the_mask_is_the_rule(mandate: dict[str, Any], listed: list[dict[str, Any]]) -> None:
    columns = constraints.build_columns(listed)
    expected = [not constraints.evaluate(mandate, each) for each in listed]
    assert constraints.mask(mandate, columns).tolist() == expected
    rows = np.arange(len(listed))[::-1]
    assert constraints.mask(mandate, columns.take(rows)).tolist() == expected[::-1]


def blocked(constraint: dict[str, Any], **fields: Any) -> list[str]:
    return [blocker.constraint for blocker in constraints.evaluate({"constraints": constraint}, fields)]


@pytest.mark.parametrize(
    ("constraint", "fields", "expected"),
    [
        ({}, {}, []),
        ({"genres_any": []}, {}, []),
        ({"genres_any": ["urban"]}, {}, ["genres_any"]),
        ({"genres_any": ["urban", "sweet"]}, {"genres": ["sweet", "horror"]}, []),
        ({"genres_none": ["horror"]}, {"genres": ["sweet", "horror"]}, ["genres_none"]),
        ({"genres_none": ["horror"]}, {}, []),
        ({"languages_any": ["zh"]}, {"languages": ["zh-CN"]}, []),
        ({"languages_any": ["zh-CN"]}, {"languages": ["zh"]}, ["languages_any"]),
        ({"regions_any": ["CN"]}, {"regions": ["cn-zj"]}, []),
        ({"stages_any": ["financing"]}, {"stage": None}, ["stages_any"]),
        ({"ask": {"max": samples.money(10)}}, {"ask": samples.money(10)}, []),
        ({"ask": {"max": samples.money(10)}}, {"ask": samples.money(11)}, ["ask"]),
        ({"ask": {"min": samples.money(10)}}, {"ask": samples.money(10, "USD")}, ["ask"]),
        ({"ask": {"min": samples.money(10)}}, {}, ["ask"]),
        ({"ask": {}}, {}, []),
        ({"min_credits": 3}, {"team": [{"credits": 1}, {"credits": 2}]}, []),
        ({"min_credits": 3}, {}, ["min_credits"]),
        ({"review_passed": True}, {"signals": {"review_passed": False}}, ["review_passed"]),
        ({"review_passed": False}, {}, []),
        ({"words_none": ["ceo"]}, {"logline": "霸道ＣＥＯ"}, ["words_none"]),
        ({"words_none": ["赌博"]}, {"title": {"zh": "远离赌", "en": "博"}}, []),
    ],
)
def test_rule(constraint: dict[str, Any], fields: dict[str, Any], expected: list[str]) -> None:
    assert blocked(constraint, **fields) == expected


def test_a_blocker_carries_both_values() -> None:
    found = constraints.evaluate({"constraints": {"words_none": ["赌博"]}}, {"synopsis": "一场赌博"})
    assert found == [constraints.Blocker("words_none", ["赌博"], ["赌博"])]
