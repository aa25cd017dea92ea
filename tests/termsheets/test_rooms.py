"""Term sheets of deals: drafting, versions, secrecy of drafts, PDF, simulator."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pypdfium2
import pytest

from dealflow.core import db, invariants
from tests.conftest import Person
from tests.factories import pitches

TEMPLATES = ["equity_spv", "revenue_share", "loan", "presale"]


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_draft_takes_everything_from_the_pitch(
    deal: dict[str, Any], investor: Person, template: str
) -> None:
    answer = investor.post(f"/deals/{deal['id']}/term-sheets", {"template": template})
    assert answer.status_code == 201, answer.json
    sheet = answer.json
    assert (sheet["state"], sheet["current_version"], sheet["template"]) == ("draft", 1, template)
    assert sheet["terms"]["investment"]["amount"] == pitches.COMPLETE["ask"]
    assert (
        sum(t["amount"]["amount_minor"] for t in sheet["terms"]["tranches"])
        == pitches.COMPLETE["ask"]["amount_minor"]
    )
    assert investor.get(f"/term-sheets/{sheet['id']}").json == sheet


def test_a_pitch_without_a_schedule_has_a_term_sheet_too(creator: Person, investor: Person) -> None:
    project = pitches.published(creator, schedule=None, team=[])
    deal = investor.post("/deals", {"project_id": project["id"]}).json
    answer = investor.post(f"/deals/{deal['id']}/term-sheets", {"template": "loan"})
    assert answer.status_code == 201, answer.json


def test_a_draft_is_known_to_its_author_alone(
    sheet: dict[str, Any], creator: Person, person: Callable[..., Person]
) -> None:
    for who in (creator, person("investor"), person("park"), person("platform")):
        for path in ("", "/versions/1", "/diff?from=1&to=1", ".pdf?lang=en"):
            assert who.get(f"/term-sheets/{sheet['id']}{path}").status_code == 404
        assert (
            who.post(f"/term-sheets/{sheet['id']}/versions", {"terms": {}, "base_version": 1}).status_code
            == 404
        )


def test_a_version_replaces_only_what_was_sent_and_keeps_history(
    sheet: dict[str, Any], investor: Person
) -> None:
    terms = copy.deepcopy(sheet["terms"])
    terms["exclusivity"]["days"] = 21
    made = investor.post(
        f"/term-sheets/{sheet['id']}/versions", {"terms": terms, "base_version": 1, "comment": "shorter"}
    )
    assert made.status_code == 201, made.json
    assert made.json["number"] == 2
    assert made.json["code"] != sheet["code"]
    assert investor.get(f"/term-sheets/{sheet['id']}/versions/1").json["terms"] == sheet["terms"]
    diff = investor.get(f"/term-sheets/{sheet['id']}/diff?from=1&to=2").json
    assert diff["changes"] == [
        {"field": "exclusivity.days", "before": sheet["terms"]["exclusivity"]["days"], "after": 21}
    ]
    stale = investor.post(f"/term-sheets/{sheet['id']}/versions", {"terms": terms, "base_version": 1})
    assert (stale.status_code, stale.json["code"]) == (409, "stale_base")
    with db.system_edge(write=False):
        assert not any(invariants.run_all().values())


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"exclusivity": {"days": -1}}, "terms.exclusivity.days"),
        ({"exclusivity": {"days": "21"}}, "terms.exclusivity.days"),
        (
            {"investment": {"amount": {"amount_minor": 1.5, "currency": "CNY"}}},
            "terms.investment.amount.amount_minor",
        ),
        ({"surprise": 1}, "terms.surprise"),
        ({"validity": {"until": "2026-02-30"}}, "terms.validity.until"),
    ],
)
def test_bad_terms_are_refused_by_field(
    deal: dict[str, Any], investor: Person, change: dict[str, Any], field: str
) -> None:
    answer = investor.post(f"/deals/{deal['id']}/term-sheets", {"template": "loan", "terms": change})
    assert answer.status_code == 422
    assert field in [e["field"] for e in answer.json["errors"]]


def test_viewers_read_and_do_not_write(
    sheet: dict[str, Any], investor: Person, person: Callable[..., Person]
) -> None:
    viewer = person("investor", "viewer", organisation_id=investor.organisation_id)
    assert viewer.get(f"/term-sheets/{sheet['id']}").status_code == 200
    assert (
        viewer.post(f"/term-sheets/{sheet['id']}/versions", {"terms": {}, "base_version": 1}).status_code
        == 403
    )
    assert viewer.post(f"/term-sheets/{sheet['id']}/withdraw").status_code == 403


def test_a_withdrawn_sheet_stays_as_it_is(sheet: dict[str, Any], investor: Person) -> None:
    assert investor.post(f"/term-sheets/{sheet['id']}/withdraw").json["state"] == "withdrawn"
    again = investor.post(f"/term-sheets/{sheet['id']}/withdraw")
    assert (again.status_code, again.json["code"]) == (409, "invalid_transition")
    late = investor.post(f"/term-sheets/{sheet['id']}/versions", {"terms": sheet["terms"], "base_version": 1})
    assert late.status_code == 409


@pytest.mark.parametrize("lang", ["zh", "en", "zh%2Ben"])
def test_the_pdf_is_the_same_bytes_each_time(sheet: dict[str, Any], investor: Person, lang: str) -> None:
    first = investor.get(f"/term-sheets/{sheet['id']}.pdf?lang={lang}")
    assert (first.status_code, first.mimetype) == (200, "application/pdf")
    assert first.data == investor.get(f"/term-sheets/{sheet['id']}.pdf?lang={lang}&version=1").data
    pages = pypdfium2.PdfDocument(first.data)
    text = "".join(page.get_textpage().get_text_range() for page in pages)
    assert sheet["code"] in text
    assert ("Rain over the Old Town" if lang == "en" else "雨落旧城") in text
    assert investor.get(f"/term-sheets/{sheet['id']}.pdf?lang=fr").status_code == 422
    assert investor.get(f"/term-sheets/{sheet['id']}.pdf?version=9").status_code == 404


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_from_a_match_to_the_pdf_in_three_steps(creator: Person, investor: Person, lang: str) -> None:
    project = pitches.published(creator)
    browser = investor.browser(lang)
    choose = browser.get(f"/term-sheets/new?project_id={project['id']}")
    assert choose.status_code == 200
    made = browser.post("/term-sheets", data={"project_id": project["id"], "template": "revenue_share"})
    assert made.status_code == 303
    shown = browser.get(made.location)
    assert shown.status_code == 200
    assert project["title"][lang] in shown.text
    assert browser.get(f"{made.location}.pdf?lang=zh%2Ben").data.startswith(b"%PDF")


def test_the_form_changes_terms_and_keeps_what_was_typed_when_refused(
    sheet: dict[str, Any], investor: Person
) -> None:
    browser = investor.browser()
    assert browser.get(f"/term-sheets/{sheet['id']}/edit").status_code == 200
    typed = {"base_version": "1", "exclusivity.days": "seven", "confidentiality.years": "5", "comment": "why"}
    refused = browser.post(f"/term-sheets/{sheet['id']}/versions", data=typed)
    assert refused.status_code == 422
    assert 'value="seven"' in refused.text
    assert 'value="5"' in refused.text
    assert "Enter a whole number" in refused.text
    saved = browser.post(f"/term-sheets/{sheet['id']}/versions", data=typed | {"exclusivity.days": "7"})
    assert saved.status_code == 303
    terms = investor.get(f"/term-sheets/{sheet['id']}").json["terms"]
    assert (terms["exclusivity"]["days"], terms["confidentiality"]["years"]) == (7, 5)
    late = browser.post(f"/term-sheets/{sheet['id']}/versions", data=typed | {"exclusivity.days": "9"})
    assert late.status_code == 409
    assert 'value="9"' in late.text
    changed = browser.get(f"/term-sheets/{sheet['id']}/diff?from=1&to=2")
    assert "Exclusive period" in changed.text
    assert "<ins>7 days</ins>" in changed.text


def test_all_that_is_wrong_with_the_terms_is_told_at_once(sheet: dict[str, Any], investor: Person) -> None:
    typed = {"base_version": "1", "exclusivity.days": "seven", "confidentiality.years": "900"}
    rows = {"use_of_funds-present": "1", "use_of_funds-0-label": "All", "use_of_funds-0-kind": "production"}
    save = investor.browser().post
    page = save(
        f"/term-sheets/{sheet['id']}/versions", data=typed | rows | {"use_of_funds-0-amount": "1"}
    ).text
    for told in ("Enter a whole number", "must be at most", "must add up to CNY"):
        assert told in page
    page = save(
        f"/term-sheets/{sheet['id']}/versions", data=typed | rows | {"use_of_funds-0-amount": "x"}
    ).text
    assert "must add up to CNY" not in page, "a sum of what cannot be read"


def test_rows_that_do_not_add_up_are_named(sheet: dict[str, Any], investor: Person) -> None:
    rows = {
        "use_of_funds-present": "1",
        "use_of_funds-0-label": "All",
        "use_of_funds-0-kind": "production",
        "use_of_funds-0-amount": "449,999.99",
    }
    page = investor.browser().post(f"/term-sheets/{sheet['id']}/versions", data={"base_version": "1"} | rows)
    assert page.status_code == 422
    assert 'value="449,999.99"' in page.text
    assert "must add up to CNY" in page.text


def test_the_simulator_computes_and_refuses_by_code(
    sheet: dict[str, Any], investor: Person, creator: Person
) -> None:
    question = {"terms": sheet["terms"]["waterfall"], "gross_grid": [0, 100, 90_000_000], "on": "2027-06-01"}
    for who in (investor, creator):
        answer = who.post("/waterfalls/simulate", question)
        assert answer.status_code == 200, answer.json
        for row in answer.json["grid"]:
            assert sum(row["by_payee"].values()) == row["gross_minor"]
    bad = copy.deepcopy(question)
    bad["terms"]["tiers"].pop()
    refused = investor.post("/waterfalls/simulate", bad)
    assert (refused.status_code, refused.json["code"]) == (422, "invalid_terms")
    assert (
        investor.post("/waterfalls/simulate", question | {"x": 1}).json["errors"][0]["code"]
        == "unknown_field"
    )
    misshapen = investor.post("/waterfalls/simulate", {"terms": {"payees": 5}, "receipts": []})
    assert (misshapen.status_code, misshapen.json["code"]) == (422, "invalid_terms")
    (problem,) = investor.post("/waterfalls/simulate", question | {"gross_grid": [1] * 100_000}).json[
        "errors"
    ]
    assert (problem["field"], problem["code"]) == ("gross_grid", "too_many")
    assert problem["message"].startswith("This is more than one request may hold")


def test_the_deal_says_whose_turn_it_is(sheet: dict[str, Any], investor: Person, creator: Person) -> None:
    def offered(who: Person) -> list[str]:
        page = who.browser().get(f"/deals/{sheet['deal_id']}?lang=en").text
        return [
            label for label in ("Check the draft", "Answer version 1", "To the signatures") if label in page
        ]

    path = f"/term-sheets/{sheet['id']}"
    assert (offered(investor), offered(creator)) == (["Check the draft"], [])
    investor.post(f"{path}/propose")
    assert (offered(investor), offered(creator)) == ([], ["Answer version 1"])
    creator.post(f"{path}/accept")
    assert (offered(investor), offered(creator)) == (["To the signatures"], ["To the signatures"])
