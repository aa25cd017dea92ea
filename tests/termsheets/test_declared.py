"""Parameters that the park declares: typed, versioned, asked for, printed and compared like the shipped ones."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pypdfium2
import pytest
from werkzeug.datastructures import MultiDict

from dealflow.termsheets import library
from dealflow.termsheets.library.stored import to_data
from tests.conftest import Person

Data = dict[str, Any]


def text_of(content: bytes) -> str:
    with pypdfium2.PdfDocument(content) as opened:
        return "".join(page.get_textpage().get_text_bounded() for page in opened)


def both(zh: str, en: str) -> Data:
    return {"zh": zh, "en": en}


INSURANCE = {
    "kind": "money",
    "label": both("保险金额", "Insurance cover"),
    "default": 200_000_000,
    "minimum": 1_000_000,
}
RATE = {"kind": "percent", "label": both("自留比例", "Retention"), "required": False, "maximum": 200_000}
HOW = {"kind": "choice", "label": both("承保方式", "Kind of cover"), "choices": {"full": both("全险", "full cover"), "basic": both("基本险", "basic cover")}}  # fmt: skip
KINDS: dict[str, Data] = {
    "amount": INSURANCE,
    "retention": RATE,
    "due": {"kind": "date", "label": both("投保日", "Insured by"), "default": "2027-03-01", "minimum": "2027-01-01"},
    "months": {"kind": "integer", "label": both("保险期", "Period"), "default": 12, "minimum": 6, "maximum": 36, "unit": "months"},
    "insurer": {"kind": "text", "label": both("保险人", "Insurer"), "default": "PICC", "maximum": 40},
    "risk": {"kind": "both", "label": both("险种", "Risk"), "default": both("完片险", "completion risk")},
    "cover": HOW | {"default": "basic"},
    "extras": {"kind": "choices", "label": both("附加险", "Extras"), "default": ["fire"], "choices": {"fire": both("火险", "fire"), "rain": both("雨险", "rain")}},
    "renewable": {"kind": "boolean", "label": both("可续保", "Renewable")},
    "insured": {"kind": "names", "label": both("被保险人", "Insured"), "default": ["Wu Di"]},
}  # fmt: skip
PRINTED = {
    "amount": ("人民币2,000,000.00元", "CNY 2,000,000.00"), "due": ("2027年3月1日", "1 March 2027"), "months": ("12个月", "12 months"),
    "insurer": ("PICC", "PICC"), "risk": ("完片险", "completion risk"), "cover": ("基本险", "basic cover"), "extras": ("火险", "fire"),
    "renewable": ("否", "no"), "insured": ("Wu Di", "Wu Di"),
}  # fmt: skip


@pytest.fixture
def park(person: Callable[..., Person]) -> Person:
    return person("park")


def insured(parameters: dict[str, Data], *, template: str = "loan") -> Data:
    """The shipped library with a clause that names these parameters, a paragraph each."""
    made = copy.deepcopy(to_data(library.LIBRARY))
    made["parameters"] = parameters
    texts = [{"zh": f"约定：{{declared.{n}}}。", "en": f"Agreed: {{declared.{n}}}."} for n in parameters]
    made["clauses"]["insurance"] = {
        "id": "insurance", "heading": both("保险", "Insurance"), "binding": False, "paragraphs": texts,
    }  # fmt: skip
    names = made["templates"][template]["clauses"]
    names.insert(names.index("law"), "insurance")
    return made


def save(park: Person, data: Data, base: int = 1) -> Any:
    return park.post("/clause-library", {"library": data, "base_version": base})


def drafted(who: Person, deal: Data, terms: Data | None = None, template: str = "loan") -> Any:
    return who.post(f"/deals/{deal['id']}/term-sheets", {"template": template, "terms": terms or {}})


def insurance(who: Person, sheet: Data) -> list[Data]:
    clauses = who.get(f"/term-sheets/{sheet['id']}/clauses").json["items"]
    return next((c["lines"] for c in clauses if c["clause"] == "insurance"), [])


def test_every_kind_starts_from_its_default_and_reads_in_both_languages(
    park: Person, investor: Person, deal: Data
) -> None:
    assert save(park, insured(KINDS)).status_code == 201
    sheet = drafted(investor, deal).json
    assert sheet["terms"]["declared"]["amount"] == {"amount_minor": 200_000_000, "currency": "CNY"}
    assert sheet["terms"]["declared"]["retention"] is None
    lines = insurance(investor, sheet)
    # What is optional and empty takes its paragraph with it.
    assert len(lines) == len(KINDS) - 1
    for name, (zh, en) in PRINTED.items():
        assert both(f"约定：{zh}。", f"Agreed: {en}.") in lines, name


@pytest.mark.parametrize("lang", ["zh", "en", "zh+en"])
def test_they_print(park: Person, investor: Person, deal: Data, lang: str) -> None:
    save(park, insured(KINDS))
    sheet = drafted(investor, deal).json
    answer = investor.get(f"/term-sheets/{sheet['id']}.pdf?lang={lang.replace('+', '%2B')}")
    assert answer.status_code == 200
    text = "".join(text_of(answer.data).split())
    zh, en = PRINTED["cover"]
    assert (zh in text, "".join(en.split()) in text) == ("zh" in lang, "en" in lang)


def test_an_undeclared_parameter_is_an_error_when_the_library_is_saved(park: Person) -> None:
    made = insured({"amount": INSURANCE})
    made["parameters"] = {}
    refused = save(park, made)
    assert refused.status_code == 422
    assert {(e["field"], e["code"]) for e in refused.json["errors"]} == {
        ("library.clauses.insurance.paragraphs[0].zh", "unknown_merge_field"),
        ("library.clauses.insurance.paragraphs[0].en", "unknown_merge_field"),
    }


BROKEN: list[tuple[str, Data, str, str]] = [
    ("amount", INSURANCE | {"default": "a lot"}, "amount.default", "not_an_integer"),
    ("amount", INSURANCE | {"default": 5}, "amount.default", "too_small"),
    ("amount", INSURANCE | {"maximum": 5}, "amount.maximum", "below"),
    ("rate", RATE | {"default": 300_000}, "rate.default", "too_large"),
    ("rate", RATE | {"unit": "days"}, "rate.unit", "not_for_kind"),
    ("due", KINDS["due"] | {"default": "soon"}, "due.default", "bad_date"),
    ("due", KINDS["due"] | {"minimum": "2027-02-30"}, "due.minimum", "bad_date"),
    ("how", HOW | {"default": "none"}, "how.default", "unknown_choice"),
    ("how", HOW | {"choices": {}}, "how.choices", "missing"),
    ("flag", {"kind": "boolean", "label": both("旗", "Flag"), "maximum": 3}, "flag.maximum", "not_for_kind"),
    ("flag", {"kind": "boolean", "label": both("旗", " ")}, "flag.label.en", "missing_language"),
    ("copy", {"kind": "boolean", "label": both("旗", "Flag")}, "copy", "reserved_name"),
    ("Big", {"kind": "boolean", "label": both("旗", "Flag")}, "Big", "bad_name"),
    ("odd", {"kind": "colour", "label": both("色", "Colour")}, "odd.kind", "unknown_choice"),
    ("odd", {"kind": "text", "label": both("色", "Colour"), "colour": 1}, "odd.colour", "unknown_field"),
]


@pytest.mark.parametrize(("name", "entry", "field", "code"), BROKEN)
def test_an_unsound_declaration_is_refused(
    park: Person, name: str, entry: Data, field: str, code: str
) -> None:
    made = to_data(library.LIBRARY) | {"parameters": {name: entry}}
    refused = save(park, made)
    assert refused.status_code == 422
    assert (f"library.parameters.{field}", code) in [(e["field"], e["code"]) for e in refused.json["errors"]]


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"amount": {"amount_minor": 5, "currency": "CNY"}}, "declared.amount.amount_minor", "too_small"),
        ({"amount": {"amount_minor": 5_000_000, "currency": "USD"}}, "declared.amount.currency", "currency_mismatch"),
        ({"amount": "much"}, "declared.amount", "not_an_object"),
        ({"retention": 500_000}, "declared.retention", "too_large"),
        ({"due": "2026-12-31"}, "declared.due", "too_small"),
        ({"months": 1.5}, "declared.months", "not_an_integer"),
        ({"cover": "none"}, "declared.cover", "unknown_choice"),
        ({"extras": []}, "declared.extras", "too_short"),
        ({"renewable": "yes"}, "declared.renewable", "not_a_boolean"),
        ({"nothing": 1}, "declared.nothing", "unknown_field"),
    ],
)  # fmt: skip
def test_the_api_takes_them_typed_and_nothing_else(
    park: Person, investor: Person, deal: Data, given: Data, field: str, code: str
) -> None:
    save(park, insured(KINDS))
    refused = drafted(investor, deal, {"declared": given})
    assert refused.status_code == 422
    assert (f"terms.{field}", code) in [(e["field"], e["code"]) for e in refused.json["errors"]]


def test_only_templates_whose_clauses_name_it_ask_for_it(park: Person, investor: Person, deal: Data) -> None:
    save(park, insured({"cover": HOW}))
    refused = drafted(investor, deal)
    assert [(e["field"], e["code"]) for e in refused.json["errors"]] == [("terms.declared.cover", "missing")]
    assert drafted(investor, deal, {"declared": {"cover": "full"}}).status_code == 201
    other = drafted(investor, deal, template="presale")
    assert "declared" not in other.json["terms"]
    refused = drafted(investor, deal, {"declared": {"cover": "full"}}, "presale")
    assert [(e["field"], e["code"]) for e in refused.json["errors"]] == [("terms.declared", "unknown_field")]


def test_a_template_may_start_from_a_value_of_its_own(park: Person, investor: Person, deal: Data) -> None:
    own = {"loan": {"declared.cover": "full"}}
    assert save(park, insured({"cover": HOW}) | {"defaults": own}).status_code == 201
    assert drafted(investor, deal).json["terms"]["declared"]["cover"] == "full"
    wrong = {"loan": {"declared.cover": "none"}}
    refused = save(park, insured({"cover": HOW}) | {"defaults": wrong}, 2)
    assert refused.json["errors"][0]["code"] == "unknown_choice"


def test_a_condition_may_depend_on_one(park: Person, investor: Person, deal: Data) -> None:
    made = insured({"cover": HOW | {"default": "basic"}})
    when = {"path": "declared.cover", "values": ["full"]}
    made["clauses"]["insurance"]["paragraphs"].append(both("仅全险。", "Full only.") | {"when": when})
    assert save(park, made).status_code == 201
    basic = drafted(investor, deal).json
    full = drafted(investor, deal, {"declared": {"cover": "full"}}).json
    assert (len(insurance(investor, basic)), len(insurance(investor, full))) == (1, 2)
    broken = copy.deepcopy(made)
    broken["clauses"]["insurance"]["paragraphs"][1]["when"]["values"] = ["none"]
    assert save(park, broken, 2).json["errors"][0]["code"] == "wrong_type"


def test_a_counter_shows_in_the_redline_and_older_sheets_keep_their_library(
    park: Person, investor: Person, creator: Person, deal: Data, sheet: Data
) -> None:
    save(park, insured(KINDS))
    new = drafted(investor, deal).json
    investor.post(f"/term-sheets/{new['id']}/propose")
    terms = new["terms"] | {"declared": new["terms"]["declared"] | {"cover": "full", "retention": 50_000}}
    countered = creator.post(f"/term-sheets/{new['id']}/versions", {"terms": terms, "base_version": 1})
    assert countered.status_code == 201, countered.json
    found = investor.get(f"/term-sheets/{new['id']}/diff?from=1&to=2").json
    (clause,) = [c for c in found["clauses"] if c["clause"] == "insurance"]
    changes = {p["field"]: (p["label"], p["before"], p["after"]) for p in clause["parameters"]}
    assert changes["declared.cover"] == (
        HOW["label"],
        both("基本险", "basic cover"),
        both("全险", "full cover"),
    )
    assert changes["declared.retention"] == (RATE["label"], both("—", "—"), both("5%", "5%"))
    assert clause["by_side"] == "project"
    printed = investor.get(f"/term-sheets/{new['id']}.pdf?against=1&version=2&lang=en")
    assert "full cover" in " ".join(text_of(printed.data).split())

    # The park takes the parameters away again: who holds them keeps them, who never had them never asks.
    assert save(park, to_data(library.LIBRARY), 2).status_code == 201
    assert insurance(investor, new)
    again = investor.post(f"/term-sheets/{new['id']}/versions", {"terms": new["terms"], "base_version": 2})
    assert again.status_code == 201
    assert insurance(investor, sheet) == []
    refused = investor.post(
        f"/term-sheets/{sheet['id']}/versions",
        {"terms": sheet["terms"] | {"declared": {"cover": "full"}}, "base_version": 1},
    )
    assert refused.json["errors"][0]["code"] == "unknown_field"


def test_the_library_s_comparison_names_what_was_declared(park: Person) -> None:
    save(park, insured({"cover": HOW}))
    save(park, insured({"cover": HOW | {"default": "full"}}), 2)
    first = park.get("/clause-library/diff?from=1&to=2").json["parameters"]
    assert [(p["parameter"], p["state"], p["before"]) for p in first] == [("cover", "added", None)]
    (second,) = park.get("/clause-library/diff?from=2&to=3").json["parameters"]
    assert (second["state"], second["before"].get("default"), second["after"]["default"]) == (
        "changed",
        None,
        "full",
    )
    assert "Kind of cover" in park.browser("en").get("/clause-library/diff?from=2&to=3").text


FORM = {"base_version": "1", "id": "bonus", "kind": "percent", "label_zh": "奖金比例", "label_en": "Bonus", "required": "1",
        "default": "5", "maximum": "20%"}  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_pages_declare_change_and_remove_one(park: Person, lang: str) -> None:
    browser = park.browser(lang)
    assert browser.get("/clause-library/parameters/new").status_code == 200
    for wrong in ({"default": "much"}, {"default": "50"}, {"label_en": ""}, {"id": "Bonus"}):
        refused = browser.post("/clause-library/parameters/new", data=FORM | wrong)
        assert refused.status_code == 422, wrong
        assert 'value="奖金比例"' in refused.text
    assert browser.post("/clause-library/parameters/new", data=FORM).status_code == 303
    declared = park.get("/clause-library").json["library"]["parameters"]["bonus"]
    assert (declared["default"], declared["maximum"], declared["required"]) == (50_000, 200_000, True)
    page = browser.get("/clause-library/parameters/bonus")
    assert 'value="5%"' in page.text
    assert "{declared.bonus}" in browser.get("/clause-library").text
    assert "declared.bonus" in browser.get("/clause-library/clauses/law").text
    late = browser.post("/clause-library/parameters/bonus", data=FORM)
    assert late.status_code == 409
    chosen = FORM | {"base_version": "2", "kind": "choice", "default": "a", "maximum": "", "choices-0-key": "a",
                     "choices-0-zh": "甲", "choices-0-en": "A"}  # fmt: skip
    assert browser.post("/clause-library/parameters/bonus", data=chosen).status_code == 303
    added = browser.post("/clause-library/parameters/bonus", data=chosen | {"rows": "choices:add"})
    assert 'name="choices-1-key"' in added.text
    gone = browser.post("/clause-library/parameters/bonus", data={"base_version": "3", "remove": "1"})
    assert gone.status_code == 303
    assert park.get("/clause-library").json["library"]["parameters"] == {}


def test_a_parameter_that_a_clause_names_is_not_removed(park: Person) -> None:
    save(park, insured({"cover": HOW}))
    refused = park.browser("en").post(
        "/clause-library/parameters/cover", data={"base_version": "2", "remove": "1"}
    )
    assert refused.status_code == 422
    assert "clauses.insurance.paragraphs[0].zh" in refused.text


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_editor_shows_fields_and_keeps_what_was_typed(
    park: Person, investor: Person, deal: Data, lang: str
) -> None:
    save(park, insured(KINDS))
    sheet = drafted(investor, deal).json
    browser, at = investor.browser(lang), f"/term-sheets/{sheet['id']}"
    page = browser.get(f"{at}/edit").text
    label = KINDS["cover"]["label"][lang]
    assert label in page
    assert 'name="declared.amount"' in page
    form = {"base_version": "1", "declared.amount": "3,000,000", "declared.retention": "30", "declared.months": "9",
            "declared.cover": "full", "declared.renewable-present": "1", "declared.renewable": "1"}  # fmt: skip
    refused = browser.post(f"{at}/versions", data=form)
    assert refused.status_code == 422
    assert 'value="30"' in refused.text
    assert 'id="declared.retention-error"' in refused.text
    many = MultiDict(form | {"declared.retention": "15", "declared.extras-present": "1"})
    many.setlist("declared.extras", ["fire", "rain"])
    assert browser.post(f"{at}/versions", data=many).status_code == 303
    kept = investor.get(at).json["terms"]["declared"]
    assert (kept["amount"]["amount_minor"], kept["retention"], kept["months"]) == (300_000_000, 150_000, 9)
    assert (kept["cover"], kept["renewable"], kept["extras"]) == ("full", True, ["fire", "rain"])
    emptied = {"base_version": "2", "declared.retention": ""}
    assert browser.post(f"{at}/versions", data=emptied).status_code == 303
    assert investor.get(at).json["terms"]["declared"]["retention"] is None


def test_a_draft_from_the_page_asks_for_what_has_no_default(
    park: Person, investor: Person, deal: Data
) -> None:
    save(park, insured({"cover": HOW}))
    browser = investor.browser("en")
    page = browser.get(f"/term-sheets/new?project_id={deal['project_id']}").text
    assert 'name="declared.cover"' in page
    form = {"deal_id": deal["id"], "template": "loan"}
    asked = browser.post("/term-sheets", data=form)
    assert asked.status_code == 422
    assert 'id="declared.cover-error"' in asked.text
    assert f'name="deal_id" value="{deal["id"]}"' in asked.text
    assert browser.post("/term-sheets", data=form | {"declared.cover": "basic"}).status_code == 303


def test_several_of_a_loan_s_securities_survive_the_form(investor: Person, deal: Data) -> None:
    sheet = drafted(investor, deal).json
    browser, at = investor.browser("en"), f"/term-sheets/{sheet['id']}"
    form = MultiDict({"base_version": "1", "exclusivity.days": "21", "loan.security-present": "1"})
    form.setlist("loan.security", ["copyright", "shares"])
    assert browser.post(f"{at}/versions", data=form).status_code == 303
    assert investor.get(at).json["terms"]["loan"]["security"] == ["copyright", "shares"]
    assert browser.get(f"{at}/edit").text.count('name="loan.security" value="copyright" checked') == 1
