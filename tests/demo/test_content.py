"""What is invented: complete, varied, without real titles and without leftovers."""

from __future__ import annotations

import io
import json
import re
from datetime import date
from itertools import combinations

import pytest
from PIL import Image, ImageChops, ImageStat

from dealflow.core.schema import load
from dealflow.demo import posters
from dealflow.demo.casting import RICH, assignments
from dealflow.demo.data import premises, table
from dealflow.demo.logins import LOGINS
from dealflow.demo.people import Place, places
from dealflow.demo.pitches import STAGES, Idea, values
from dealflow.pitches.schemas import ProjectIn, missing_for_publication
from dealflow.pitches.vocabulary import carried_genres, catalogue

TODAY = date(2026, 11, 24)
LEFT_OVER = re.compile(r"[{}|]|  |\bNone\b|，，|。。|，。")
CREATORS = {place.key: place for place in places()}


def everything() -> list[tuple[Idea, Place, dict[str, object]]]:
    """Each idea with its creator and its pitch, over all stages."""
    found = []
    for number, (idea, key) in enumerate(assignments(places())):
        place = CREATORS[key]
        found.append((idea, place, values(idea, place, STAGES[number % len(STAGES)], TODAY)))
    return found


PITCHES = everything()


def test_there_are_about_three_hundred_from_at_least_forty_five_premises() -> None:
    assert 290 <= len(PITCHES) <= 320
    assert len(premises()) >= 45


@pytest.mark.parametrize("stage", STAGES)
def test_every_pitch_can_be_published_at_every_stage(stage: str) -> None:
    for idea, place, _values in PITCHES:
        pitch = load(ProjectIn, values(idea, place, stage, TODAY)).model_dump(mode="json")
        assert not missing_for_publication(pitch), idea.key


def test_the_use_of_funds_is_the_ask_to_the_fen() -> None:
    for idea, _place, pitch in PITCHES:
        lines, ask = pitch["use_of_funds"], pitch["ask"]
        assert sum(line["amount"]["amount_minor"] for line in lines) == ask["amount_minor"], idea.key  # type: ignore[attr-defined, index]
        assert pitch["min_ticket"]["amount_minor"] <= ask["amount_minor"] <= pitch["budget"]["amount_minor"]  # type: ignore[index]


def test_no_slot_is_left_in_any_text() -> None:
    for idea, _place, pitch in PITCHES:
        texts = [pitch["logline"], pitch["synopsis"], *idea.title.values()]
        texts += [hook["note"] for hook in pitch["hooks"]]  # type: ignore[attr-defined]
        for text in texts:
            assert text, idea.key
            assert not LEFT_OVER.search(str(text)), (idea.key, text)


def test_chinese_pitches_are_chinese_and_english_ones_english() -> None:
    for idea, _place, pitch in PITCHES:
        chinese = re.search(r"[\u4e00-\u9fff]", f"{pitch['logline']}{pitch['synopsis']}")
        assert bool(chinese) != idea.overseas, idea.key


def test_no_title_occurs_twice_and_none_is_real() -> None:
    titles = [title for idea, _place, _pitch in PITCHES for title in idea.title.values()]
    works = [*table("names")["works"], *table("names")["en_works"]]
    assert len(set(titles + works)) == len(titles + works)
    real = {title.casefold() for title in catalogue()}
    assert not real & {title.casefold() for title in titles + works}


def test_real_titles_appear_as_comparables_only() -> None:
    named = [title for _idea, _place, pitch in PITCHES for title in pitch["comparables"]]  # type: ignore[attr-defined]
    assert named
    assert set(named) <= set(catalogue())


def test_no_two_pitches_read_alike() -> None:
    loglines = [str(pitch["logline"]) for _idea, _place, pitch in PITCHES]
    assert len(set(loglines)) == len(loglines)
    pairs = {(idea.premise["key"], idea.row % 2): [] for idea, _place, _pitch in PITCHES}
    for idea, _place, pitch in PITCHES:
        pairs[idea.premise["key"], idea.row % 2].append(pitch)
    for alike in pairs.values():
        for one, other in combinations(alike, 2):
            assert one["logline"] != other["logline"]
            assert one["synopsis"] != other["synopsis"]


def test_the_first_card_stands_between_episode_8_and_12() -> None:
    for idea, _place, pitch in PITCHES:
        cards = [hook["episode"] for hook in pitch["hooks"] if hook["kind"] == "paywall_card"]  # type: ignore[attr-defined]
        assert 8 <= min(cards) <= 12, idea.key
        assert 30 <= pitch["format"]["episodes"] <= 100  # type: ignore[index]


def test_genres_of_premises_and_mandates_are_in_the_vocabulary() -> None:
    used = {term for premise in premises() for term in premise["genres"]}
    for kind in table("mandates")["kind"].values():
        parts = kind.get("constraints", {})
        used |= set(parts.get("genres_any", ())) | set(parts.get("genres_none", ()))
        used |= set(kind.get("preferences", {}).get("genres", {}))
    assert used <= set(carried_genres())


def test_names_with_rare_characters_occur() -> None:
    text = json.dumps([pitch for _idea, _place, pitch in PITCHES], ensure_ascii=False)
    text += "".join(name for place in places() for name in place.people) + "".join(u.name for u in LOGINS)
    assert set("镕喆堃玥祎翀婠赟頔淏玘珺彧晞芃") <= set(text)


def test_the_same_every_time() -> None:
    assert everything() == PITCHES


def test_the_demo_creators_are_rich() -> None:
    for key, least in RICH.items():
        assert sum(place.key == key for _idea, place, _pitch in PITCHES) >= min(8, least)


def test_every_pitch_carries_a_poster_and_all_together_are_small() -> None:
    """`python -m dealflow.demo.posters` brings the files in line with the ideas."""
    assert {path.stem for path in posters.FOLDER.iterdir()} == {idea.key for idea, _place, _pitch in PITCHES}
    assert sum(path.stat().st_size for path in posters.FOLDER.iterdir()) < 6_000_000


def test_a_carried_poster_is_what_is_drawn_today() -> None:
    for idea, _place, _pitch in PITCHES[::60]:
        with Image.open(posters.file(idea)) as kept, Image.open(io.BytesIO(posters.draw(idea))) as drawn:
            assert kept.format == drawn.format == "WEBP"
            assert kept.size == drawn.size == posters.SIZE
            difference = ImageStat.Stat(ImageChops.difference(kept.convert("RGB"), drawn.convert("RGB")))
        # Another build of the encoder may round otherwise.
        assert max(difference.mean) < 2, idea.key


def test_every_shelf_has_its_colours() -> None:
    assert {p["shelf"] for p in premises()} - {"overseas"} <= set(posters._PALETTES)
