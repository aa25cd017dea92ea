"""The simulator beside the clauses: the same figures as the code that pays, for one version or two, live or by a button."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dealflow import finance
from dealflow.termsheets import library, order_form
from tests.conftest import Person
from tests.termsheets.sheets import terms

Sheet = dict[str, Any]
TEMPLATES = ["equity_spv", "revenue_share", "loan", "presale"]


def two_investors(second: int = 50_000_000) -> dict[str, Any]:
    """An order in which a second investor ranks behind the first."""
    order = copy.deepcopy(terms("revenue_share")["waterfall"])
    order["payees"].append({"id": "angel", "name": "Angel", "kind": "investor"})
    behind = {
        "id": "second", "kind": "recoup", "target_ppm": 1_000_000,
        "principals": [{"payee": "angel", "principal_minor": second}],
    }  # fmt: skip
    order["tiers"].insert(-1, behind)
    return order


@pytest.mark.parametrize("template", TEMPLATES)
def test_figures_are_those_of_the_code_that_pays(template: str) -> None:
    given_terms = terms(template)
    found = library.figures(given_terms, library.usual(given_terms))
    payouts = library.payout_table(given_terms)
    (recovery,) = found.recoveries
    assert recovery.break_even_minor == payouts.break_even_minor
    for row in found.grid:
        assert sum(row["by_payee"].values()) == row["gross_minor"]
    assert sum(part.amount_minor for part in found.parts) == found.assumed.gross_minor
    assert found.timeline[-1]["distributed_minor"] == found.assumed.gross_minor


def test_break_even_is_exact_to_the_fen() -> None:
    given_terms = terms("equity_spv")
    even = library.payout_table(given_terms).break_even_minor
    assert even
    day = given_terms["tranches"][-1]["long_stop"]
    spend = [{"on": day, "payee": "ad_spend", "amount_minor": given_terms["ad_spend"]["cap"]["amount_minor"], "audited": True}]  # fmt: skip
    question = {
        "terms": given_terms["waterfall"],
        "gross_grid": [even - 1, even],
        "on": day,
        "ad_spend": spend,
    }
    below, at = (row["by_payee"]["investor"] for row in finance.simulate(question)["grid"])
    assert below < given_terms["investment"]["amount"]["amount_minor"] <= at


def test_more_ad_spend_moves_break_even_up() -> None:
    given_terms = terms("revenue_share")
    evens = [
        even for _ppm, _paid, even in library.figures(given_terms, library.usual(given_terms)).sensitivity
    ]
    assert len(evens) == 5
    assert evens == sorted(evens)
    assert evens[0] < evens[-1]


@settings(max_examples=25, deadline=None)
@given(second=st.integers(1, 10**12), gross=st.integers(0, 10**12))
def test_pari_passu_pays_both_at_once_and_in_proportion(second: int, gross: int) -> None:
    order = library.pari_passu(two_investors(second))
    assert not finance.validate_terms(order)
    (tier,) = [t for t in order["tiers"] if t["kind"] == "recoup"]
    assert [p["payee"] for p in tier["principals"]] == ["investor", "angel"]
    row = finance.simulate({"terms": order, "gross_grid": [gross], "on": "2027-01-01"})["grid"][0]
    paid = row["by_tier"][tier["id"]]["by_payee"]
    whole = 450_000_000 + second
    assert abs(paid["angel"] * whole - (paid["angel"] + paid["investor"]) * second) <= whole


def test_pari_passu_leaves_a_single_investor_alone() -> None:
    order = terms("loan")["waterfall"]
    assert library.pari_passu(order) == order


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_order_survives_its_form(template: str) -> None:
    order = terms(template)["waterfall"]
    read, errors = order_form.read(order_form.payee_rows(order), order_form.tier_rows(order), "CNY")
    assert (read, errors) == (order, {})


def form_of(order: dict[str, Any], **more: str) -> dict[str, str]:
    """An order as the edit page sends it."""
    fields = {"base_version": "1", "tiers-present": "1", "payees-present": "1"}
    for prefix, rows in (("payees", order_form.payee_rows(order)), ("tiers", order_form.tier_rows(order))):
        for number, row in enumerate(rows):
            fields |= {f"{prefix}-{number}-{column}": value for column, value in row.items()}
    return fields | more


def test_the_order_is_edited_in_the_page_and_follows_the_amount(sheet: Sheet, investor: Person) -> None:
    path = f"/term-sheets/{sheet['id']}"
    amount = sheet["terms"]["investment"]["amount"]["amount_minor"] // 100 - 1000
    form = form_of(sheet["terms"]["waterfall"], **{"investment.amount": str(amount)})
    form |= {"use_of_funds-present": "1", "use_of_funds-0-label": "All", "use_of_funds-0-kind": "production",
             "use_of_funds-0-amount": str(amount), "tranches-present": "1", "tranches-0-amount": str(amount),
             "tranches-0-milestone": "signing", "tranches-0-long_stop": "2027-06-01", "tranches-0-on_miss": "cancel"}  # fmt: skip
    recoup = next(n for n, t in enumerate(sheet["terms"]["waterfall"]["tiers"]) if t["kind"] == "recoup")
    form[f"tiers-{recoup}-target"] = "150%"
    assert investor.browser().post(f"{path}/versions", data=form).status_code == 303
    tier = investor.get(path).json["terms"]["waterfall"]["tiers"][recoup]
    assert tier["target_ppm"] == 1_500_000
    assert tier["principals"][0]["principal_minor"] == amount * 100


def test_what_cannot_be_read_is_named_by_its_row(sheet: Sheet, investor: Person) -> None:
    form = form_of(sheet["terms"]["waterfall"], **{"tiers-0-who": "platform"})
    page = investor.browser().post(f"/term-sheets/{sheet['id']}/versions", data=form)
    assert page.status_code == 422
    assert "1: Write one payee a line" in page.text
    form = form_of(sheet["terms"]["waterfall"], **{"tiers-0-who": "platform 70%"})
    page = investor.browser().post(f"/term-sheets/{sheet['id']}/versions", data=form)
    assert "1: shares must add up to 100%" in page.text


def test_own_clauses_are_written_in_the_page_and_keep_their_id(sheet: Sheet, investor: Person) -> None:
    path = f"/term-sheets/{sheet['id']}"
    own = {"base_version": "1", "additional-present": "1", "additional-0-heading_zh": "海报",
           "additional-0-heading_en": "Key art", "additional-0-text_zh": "双方确认。", "additional-0-text_en": "Both agree."}  # fmt: skip
    assert investor.browser().post(f"{path}/versions", data=own).status_code == 303
    stored = investor.get(path).json["terms"]["additional"]
    assert (stored[0]["id"], stored[0]["heading"]["en"]) == ("c1", "Key art")
    changed = own | {
        "base_version": "2",
        "additional-0-id": "c1",
        "additional-0-text_en": "Both sides agree.",
    }
    assert investor.browser().post(f"{path}/versions", data=changed).status_code == 303
    (change,) = investor.get(f"{path}/diff?from=2&to=3").json["clauses"]
    assert (change["clause"], change["state"]) == ("additional.c1", "changed")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_figures_follow_what_is_typed_with_and_without_scripts(
    sheet: Sheet, investor: Person, lang: str
) -> None:
    path, browser = f"/term-sheets/{sheet['id']}", investor.browser(lang)
    form = form_of(sheet["terms"]["waterfall"])
    part = browser.post(f"{path}/figures", data=form)
    assert (part.status_code, "<html" in part.text) == (200, False)
    whole = browser.post(f"{path}/versions", data=form | {"preview": "1"})
    assert whole.status_code == 200
    assert 'id="figures"' in whole.text
    added = browser.post(f"{path}/versions", data=form | {"rows": "tiers:add"})
    assert f'name="tiers-{len(sheet["terms"]["waterfall"]["tiers"])}-who"' in added.text
    assert browser.post(f"{path}/versions", data=form | {"pari_passu": "1"}).status_code == 200
    assert investor.get(path).json["current_version"] == 1


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_two_versions_are_compared_in_one_chart(sheet: Sheet, investor: Person, lang: str) -> None:
    path, browser = f"/term-sheets/{sheet['id']}", investor.browser(lang)
    changed = copy.deepcopy(sheet["terms"])
    changed["waterfall"]["tiers"][-2]["target_ppm"] = 1_600_000
    assert investor.post(f"{path}/versions", {"terms": changed, "base_version": 1}).status_code == 201
    alone, both = (
        browser.get(f"{path}/simulator{q}") for q in ("?version=2", "?version=2&compare=1&gross=900万")
    )
    assert (alone.status_code, both.status_code) == (200, 200)
    assert both.text.count("chart__line") == 4
    assert browser.get(f"{path}/simulator?gross=x").status_code == 422
    part = browser.get(f"{path}/simulator", headers={"HX-Request": "true"})
    assert "<html" not in part.text


def test_the_api_tells_the_figures(sheet: Sheet, investor: Person) -> None:
    path = f"/term-sheets/{sheet['id']}/figures"
    found = investor.get(f"{path}?gross_minor=900000000&months=6").json
    assert sum(found["by_payee"].values()) == found["gross_minor"] == 900_000_000
    assert found["recoveries"][0]["payee"] == "investor"
    assert investor.get(f"{path}?months=99").status_code == 422
    assert investor.get(f"{path}?pari_passu=true").status_code == 200
