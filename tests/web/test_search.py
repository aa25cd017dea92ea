"""One search over the house: what one may see is found, what belongs to others is not, in two characters of Chinese too;
and what waits for a person stands on the start page and above a pitch."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import Person
from tests.factories.world import World, build


@pytest.fixture
def world(person: Callable[..., Person]) -> World:
    """Every kind of house with one object of each kind."""
    return build(person)


def found(person: Person, words: str, **headers: str) -> str:
    """The page that answers a search."""
    answer = person.browser().get("/search", query_string={"q": words}, headers=headers)
    assert answer.status_code == 200
    return str(answer.text)


def test_two_characters_find_a_pitch_a_mandate_and_a_deal(world: World) -> None:
    investor = world["investor.owner"]
    assert f'href="/projects/{world.ids["published"]}"' in found(investor, "旧城")
    assert f'href="/deals/{world.ids["deal"]}"' in found(investor, "旧城")
    assert f'href="/mandates/{world.ids["mandate"]}/matches"' in found(investor, "复仇")


def test_the_palette_gets_the_hits_alone(world: World) -> None:
    page = found(world["investor.owner"], "复仇", **{"HX-Request": "true"})
    assert world.ids["mandate"] in page
    assert "<html" not in page


@pytest.mark.parametrize("who", ["investor.owner", "creator2.owner", "park.owner"])
def test_nobody_finds_what_is_not_shown_to_them(world: World, who: str) -> None:
    assert world.ids["draft"] not in found(world[who], "CANARY-draft")
    assert world.ids["private"] not in found(world[who], "CANARY-private")


def test_mandates_and_deals_are_found_by_their_own_parties_only(world: World) -> None:
    assert world.ids["mandate"] not in found(world["investor2.owner"], "复仇")
    assert world.ids["deal"] not in found(world["investor2.owner"], "旧城")
    assert world.ids["deal"] in found(world["creator.owner"], "旧城")


def test_every_word_must_occur_and_wildcards_mean_themselves(world: World) -> None:
    investor = world["investor.owner"]
    assert world.ids["published"] not in found(investor, "旧城 nowhere")
    assert world.ids["published"] not in found(investor, "%")
    assert "Nothing found for “%”" in found(investor, "%")


def test_places_are_found_by_name(world: World) -> None:
    assert 'href="/mandates"' in found(world["investor.owner"], "mandat")
    assert 'href="/mandates"' not in found(world["creator.owner"], "mandat").partition("<main")[2]


def test_the_start_page_names_the_draft_and_who_asks(world: World) -> None:
    asked = world["investor.owner"].post(
        f"/mandates/{world.ids['mandate']}/feedback",
        {"project_id": world.ids["fresh"], "action": "request_intro", "reason": None},
    )
    assert asked.status_code in (200, 201), asked.json
    page = world["creator.owner"].browser().get("/").text
    assert "House investor asks for an introduction to “还没有人谈的项目”" in page
    assert "CANARY-draft-title" in page
    assert "CANARY-draft-title" not in world["creator.viewer"].browser().get("/").text


def test_an_investor_without_a_mandate_is_led_to_one(world: World) -> None:
    page = world["investor2.owner"].browser().get("/").text
    assert 'href="/mandates/new"' in page.partition("card--next")[2].partition("</section>")[0]


def test_an_unknown_address_keeps_the_frame_of_who_is_signed_in(world: World) -> None:
    page = world["creator.owner"].browser().get("/nowhere")
    assert page.status_code == 404
    assert 'action="/logout"' in page.text


def test_a_pitch_says_how_it_fits_and_what_to_do_next(world: World) -> None:
    address = f"/projects/{world.ids['fresh']}"
    page = world["investor.owner"].browser().get(address).text
    assert "都市复仇" in page
    assert 'value="request_intro"' in page
    viewer = world["investor.viewer"].browser().get(address).text
    assert "都市复仇" in viewer
    assert 'value="request_intro"' not in viewer
    assert "都市复仇" not in world["fund.owner"].browser().get(address).text
