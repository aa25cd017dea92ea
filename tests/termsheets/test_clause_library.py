"""The park's clause library: versions that are sound or not saved, and term sheets that keep theirs."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from dealflow.termsheets import library
from dealflow.termsheets.library.stored import read, to_data
from tests.conftest import Person

Data = dict[str, Any]


@pytest.fixture
def park(person: Callable[..., Person]) -> Person:
    return person("park")


@pytest.fixture
def data() -> Data:
    """The shipped library as data."""
    return to_data(library.LIBRARY)


def save(who: Person, data: Data, base: int = 1, **more: Any) -> Any:
    return who.post("/clause-library", {"library": data, "base_version": base} | more)


def reworded(data: Data, zh: str = "以平台记录为准。", en: str = "The platform's record decides.") -> Data:
    made = copy.deepcopy(data)
    made["clauses"]["law"]["paragraphs"][1] = {"zh": zh, "en": en}
    return made


def test_the_shipped_library_is_sound_and_version_one(data: Data, investor: Person) -> None:
    assert read(data)[1] == []
    shown = investor.get("/clause-library").json
    assert (shown["number"], shown["current"]) == (1, True)
    assert shown["library"] == data


BROKEN: list[tuple[str, Any, str]] = [
    ("clauses.law.paragraphs[1].en", ("law", 1, {"zh": "甲{law.seat}", "en": "A {law.seat} {law.nothing}"}), "unknown_merge_field"),
    ("clauses.law.paragraphs[1]", ("law", 1, {"zh": "甲{law.seat}", "en": "A"}), "languages_differ"),
    ("clauses.law.paragraphs[1].zh", ("law", 1, {"zh": " ", "en": "A"}), "missing_language"),
    ("clauses.law.paragraphs[1].en", ("law", 1, {"zh": "甲"}), "missing"),
    ("clauses.law.paragraphs[1].zh", ("law", 1, {"zh": "甲{", "en": "A{"}), "lone_brace"),
    ("clauses.law.paragraphs[1].zh", ("law", 1, {"zh": "{waterfall}", "en": "{waterfall}"}), "unknown_merge_field"),
    ("clauses.law.paragraphs[1].when", ("law", 1, {"zh": "甲", "en": "A", "when": {"path": "law.x", "values": [1]}}), "unknown_condition"),
    ("clauses.law.paragraphs[1].when.values", ("law", 1, {"zh": "甲", "en": "A", "when": {"path": "costs.bearer", "values": ["nobody"]}}), "wrong_type"),
    ("clauses.law.paragraphs[1].when.values", ("law", 1, {"zh": "甲", "en": "A", "when": {"path": "exclusivity.costs_on_breach", "values": ["yes"]}}), "wrong_type"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "change", "code"), BROKEN)
def test_what_would_break_a_term_sheet_is_refused_when_the_library_is_saved(
    park: Person, data: Data, field: str, change: tuple[str, int, Data], code: str
) -> None:
    made = copy.deepcopy(data)
    clause, place, paragraph = change
    made["clauses"][clause]["paragraphs"][place] = paragraph
    refused = save(park, made)
    assert refused.status_code == 422, refused.json
    assert (f"library.{field}", code) in [(e["field"], e["code"]) for e in refused.json["errors"]]
    assert park.get("/clause-library").json["number"] == 1


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("exclusivity.days", "thirty", "not_an_integer"),
        ("exclusivity.days", 9999, "too_large"),
        ("law.governing", "moon", "unknown_choice"),
        ("nothing.at_all", 1, "unknown_parameter"),
        ("tranches", [], "unknown_parameter"),
    ],
)
def test_starting_values_must_fit_their_parameters(
    park: Person, data: Data, path: str, value: Any, code: str
) -> None:
    refused = save(park, data | {"defaults": {"loan": {path: value}}})
    assert [(e["field"], e["code"]) for e in refused.json["errors"]] == [
        (f"library.defaults.loan.{path}", code)
    ]


def test_computed_clauses_stay(park: Person, data: Data) -> None:
    made = copy.deepcopy(data)
    made["templates"]["loan"]["clauses"].remove("recoupment")
    assert save(park, made).json["errors"][0]["code"] == "clause_needed"


def test_a_term_sheet_keeps_the_library_it_was_drafted_with(
    park: Person, data: Data, deal: Data, sheet: Data, investor: Person
) -> None:
    made = reworded(data) | {"defaults": {"loan": {"exclusivity.days": 45}}}
    saved = save(park, made, comment="plain words")
    assert (saved.status_code, saved.json["number"]) == (201, 2)
    later = investor.post(f"/deals/{deal['id']}/term-sheets", {"template": "loan"}).json
    assert (sheet["library_version"], later["library_version"]) == (1, 2)
    assert later["terms"]["exclusivity"]["days"] == 45

    def law(found: Data) -> list[str]:
        clauses = investor.get(f"/term-sheets/{found['id']}/clauses").json["items"]
        return [line["en"] for line in next(c for c in clauses if c["clause"] == "law")["lines"]]

    assert "The platform's record decides." in law(later)
    assert "The platform's record decides." not in law(sheet)
    stale = save(park, reworded(data, "改", "Changed."))
    assert (stale.status_code, stale.json["code"]) == (409, "stale_base")
    assert save(park, made, 2).json["code"] == "unchanged"


def test_the_park_alone_edits_and_everybody_reads(
    park: Person, data: Data, investor: Person, person: Callable[..., Person]
) -> None:
    viewer = person("park", "viewer", organisation_id=park.organisation_id)
    for who in (investor, viewer, person("platform")):
        assert save(who, reworded(data)).status_code == 403
        assert who.get("/clause-library").status_code == 200


def test_versions_are_compared_and_previewed(park: Person, data: Data) -> None:
    shown = park.post(
        "/clause-library/preview", {"library": reworded(data), "template": "loan", "clause": "law"}
    )
    assert {"zh": "以平台记录为准。", "en": "The platform's record decides."} in shown.json["lines"]
    save(park, reworded(data))
    (change,) = park.get("/clause-library/diff?from=1&to=2").json["clauses"]
    assert (change["clause"], change["state"], len(change["paragraphs"])) == ("law", "changed", 1)
    assert park.get("/clause-library?version=9").status_code == 404


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_pages_change_a_clause_and_add_one(park: Person, lang: str) -> None:
    browser = park.browser(lang)
    assert browser.get("/clause-library?template=loan").status_code == 200
    assert browser.get("/clause-library/clauses/assignment").status_code == 200
    form = {"base_version": "1", "heading_zh": "转让", "heading_en": "Assignment", "binding": "1", "template-loan": "1",
            "paragraphs-0-zh": "不得转让，{exclusivity.days}。", "paragraphs-0-en": "No assignment, {exclusivity.days}."}  # fmt: skip
    previewed = browser.post("/clause-library/clauses/assignment", data=form | {"preview": "1"})
    assert "No assignment, 30 days." in previewed.text
    refused = browser.post("/clause-library/clauses/assignment", data=form | {"paragraphs-0-en": "No {x.y}."})
    assert refused.status_code == 422
    assert "No {x.y}." in refused.text
    assert browser.post("/clause-library/clauses/assignment", data=form).status_code == 303
    late = browser.post("/clause-library/clauses/assignment", data=form)
    assert late.status_code == 409
    new = form | {"base_version": "2", "id": "insurance", "heading_zh": "保险", "heading_en": "Insurance"}
    assert browser.post("/clause-library/clauses/new", data=new).status_code == 303
    page = browser.get("/clause-library?template=loan").text
    assert 'id="clause-insurance"' in page
    assert 'id="clause-insurance"' not in browser.get("/clause-library?template=presale").text
    assert browser.get("/clause-library/diff?from=2&to=3").status_code == 200
