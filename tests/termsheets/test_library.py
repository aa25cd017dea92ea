"""The clause library and the terms: complete in both languages, strict, and consistent with the waterfall."""

import copy
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from dealflow.finance import simulate, validate_terms
from dealflow.termsheets import library
from dealflow.termsheets.library import formats, model
from dealflow.termsheets.library.catalogue import LIBRARY
from dealflow.termsheets.library.figures import payout_table
from tests.termsheets.sheets import ON, cny, document, parties, project, terms

TEMPLATES = sorted(library.TEMPLATES)


def broken(**change):
    """The library with one clause changed."""
    first = LIBRARY.clauses["investment"]
    altered = LIBRARY.model_copy(
        update={"clauses": LIBRARY.clauses | {"investment": first.model_copy(update=change)}}
    )
    model.check(altered, dict(library.TERMS))


def test_every_template_has_the_clauses_the_deal_needs():
    common = {
        "parties", "investment", "use_of_funds", "tranches", "recoupment", "corridors", "escalators", "ad_spend", "credit",
        "delivery", "censorship", "key_person", "information", "exclusivity", "confidentiality", "law", "arbitration",
        "validity", "status",
    }  # fmt: skip
    for template in library.TEMPLATES.values():
        assert common <= set(template.clauses)
    assert set(TEMPLATES) == {"equity_spv", "revenue_share", "loan", "presale"}


def test_the_library_survives_json():
    again = model.Library.model_validate_json(LIBRARY.model_dump_json())
    assert again == LIBRARY
    model.check(again, dict(library.TERMS))


@pytest.mark.parametrize(
    ("zh", "en", "says"),
    [
        ("投资{investment.amont}", "{investment.amont}", "unknown merge field"),
        ("投资{investment.amount}", "Nothing", "different merge fields"),
        ("投资{", "Brace", "brace"),
        ("投资{ investment.amount }", "{ investment.amount }", "brace"),
        ("{investment.__class__}", "{investment.__class__}", "unknown merge field"),
    ],
)
def test_a_bad_merge_field_is_refused_when_the_library_is_made(zh, en, says):
    with pytest.raises(model.LibraryError, match=says):
        broken(paragraphs=(model.para(zh, en),))


def test_a_missing_language_or_unknown_condition_is_refused():
    with pytest.raises(ValidationError):
        model.para("中文", "")
    with pytest.raises(model.LibraryError, match="unknown condition"):
        broken(paragraphs=(model.para("甲", "A", when=("loan.nothing", True)),))


def test_a_template_must_not_name_an_unknown_clause():
    template = LIBRARY.templates["loan"].model_copy(update={"clauses": ("parties", "nowhere")})
    with pytest.raises(model.LibraryError, match="unknown clause nowhere"):
        model.check(LIBRARY.model_copy(update={"templates": {"loan": template}}), dict(library.TERMS))


@pytest.mark.parametrize("template", TEMPLATES)
def test_defaults_are_valid_and_survive_json(template):
    complete = library.default_terms(template, project(), parties(), on=ON)
    assert library.validate(template, complete) == []
    assert library.validate(template, json.loads(json.dumps(complete))) == []
    assert validate_terms(complete["waterfall"]) == []
    assert [payee["id"] for payee in complete["waterfall"]["payees"]] == [
        "platform",
        "ad_spend",
        "investor",
        "producer",
    ]


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_choice_of_every_parameter_makes_a_clause(template):
    base = terms(template)
    definitions = library.schema(template)["$defs"]
    for section, shape in library.schema(template)["properties"].items():
        fields = definitions.get(shape.get("$ref", "").rpartition("/")[2], {}).get("properties", {})
        for name, field in fields.items():
            for choice in field.get("choices", {}):
                changed = copy.deepcopy(base)
                changed[section][name] = [choice] if field.get("type") == "array" else choice
                sheet = document(template, "zh+en", given=changed)
                assert not re.search(
                    r"[{}]",
                    "".join(line.text.zh + line.text.en for item in sheet.items for line in item.lines),
                )


@settings(max_examples=60, deadline=None)
@given(
    template=st.sampled_from(TEMPLATES),
    amount=st.integers(1, 10**15),
    parts=st.lists(st.integers(0, 10**12), max_size=8),
)
def test_whatever_the_amount_the_defaults_add_up(template, amount, parts):
    lines = [
        {"label": f"用途{n}", "kind": "ad_spend" if n else "cast", "amount": cny(part)}
        for n, part in enumerate(parts)
    ]
    complete = terms(template, {"investment": {"amount": cny(amount)}}, project=project(use_of_funds=lines))
    assert library.validate(template, complete) == []
    for name in ("use_of_funds", "tranches"):
        assert sum(row["amount"]["amount_minor"] for row in complete[name]) == amount


def test_what_is_given_stays_and_the_rest_follows_from_it():
    merged = terms("loan", {"loan": {"rate_ppm": 80_000}, "ad_spend": {"cap": cny(100_000_000)}})
    tiers = {tier["id"]: tier for tier in merged["waterfall"]["tiers"]}
    assert tiers["interest"]["loans"][0]["rate_ppm"] == 80_000
    assert tiers["ad_spend"]["cap_minor"] == 100_000_000
    assert merged["loan"]["grace_days"] == 5
    assert library.validate("loan", merged) == []


BAD = {
    "unknown field": ({"bogus": 1}, "bogus", "unknown_field"),
    "unknown nested": ({"credit": {"size": 3}}, "credit.size", "unknown_field"),
    "negative money": ({"ad_spend": {"cap": cny(-1)}}, "ad_spend.cap.amount_minor", "too_small"),
    "overflow": ({"costs": {"cap": cny(10**15 + 1)}}, "costs.cap.amount_minor", "too_large"),
    "float money": ({"costs": {"cap": cny(1.5)}}, "costs.cap.amount_minor", "not_an_integer"),
    "bool": ({"loan": {"rate_ppm": True}}, "loan.rate_ppm", "not_an_integer"),
    "currency": ({"costs": {"cap": {"amount_minor": 1, "currency": "ZZZ"}}}, "costs.cap.currency", "unknown_currency"),
    "currency object": ({"costs": {"cap": {"amount_minor": 1, "currency": {}}}}, "costs.cap.currency", "unknown_currency"),
    "other currency": (
        {"costs": {"cap": {"amount_minor": 1, "currency": "USD"}}}, "costs.cap.currency", "currency_mismatch",
    ),
    "no such day": ({"validity": {"until": "2026-02-30"}}, "validity.until", "bad_date"),
    "day as number": ({"validity": {"until": 20260230}}, "validity.until", "bad_date"),
    "choice": ({"law": {"governing": "mars"}}, "law.governing", "unknown_choice"),
    "too long": ({"law": {"seat": {"zh": "京" * 8001}}}, "law.seat.zh", "too_long"),
    "empty text": ({"law": {"seat": {"zh": " ", "en": ""}}}, "law.seat", "empty_text"),
    "section is a number": ({"loan": 7}, "loan", "not_an_object"),
    "one fen off": (
        {"use_of_funds": [{"label": "x", "kind": "cast", "amount": cny(449_999_999)}]}, "use_of_funds", "sum_mismatch",
    ),
    "dates out of order": ({"loan": {"maturity": "2026-12-01"}}, "loan.maturity", "wrong_order"),
    "threshold above cap": ({"ad_spend": {"approval_above": cny(10**14)}}, "ad_spend.approval_above", "above"),
    "zero": ({"investment": {"amount": cny(0)}}, "investment.amount.amount_minor", "not_positive"),
    "no tranche": ({"tranches": []}, "tranches", "too_short"),
    "waterfall empty": ({"waterfall": {"currency": "CNY"}}, "waterfall.payees", "missing"),
    "waterfall list": ({"waterfall": []}, "waterfall", "not_an_object"),
}  # fmt: skip


@pytest.mark.parametrize(("given_terms", "field", "code"), BAD.values(), ids=BAD)
def test_bad_input_names_field_and_remedy_in_both_languages(given_terms, field, code):
    found = library.validate("loan", terms("loan", given_terms))
    entry = next(entry for entry in found if entry["field"] == field)
    assert entry["code"] == code
    assert entry["message_en"].isascii()
    assert re.search("[\u4e00-\u9fff]", entry["message_zh"])


def test_the_longest_names_still_give_valid_defaults():
    longest = {"name": {"zh": "长" * 300, "en": "x" * 300}}
    complete = terms(
        "equity_spv", parties=parties(investor=longest, creator=longest), project=project(team=[])
    )
    assert library.validate("equity_spv", complete) == []


def test_a_waterfall_larger_than_a_page_is_refused():
    complete = terms("revenue_share")
    order = complete["waterfall"]
    order["payees"] += [{"id": f"p{n}", "name": "x", "kind": "other"} for n in range(40)]
    assert [entry["code"] for entry in library.validate("revenue_share", complete)] == ["too_many"]
    order["payees"] = order["payees"][:4]
    order["payees"][3]["name"] = "x" * 201
    order["tiers"][1]["cap_minor"] = 10**15 + 1
    found = {entry["field"]: entry["code"] for entry in library.validate("revenue_share", complete)}
    assert found == {"waterfall.payees[3].name": "too_long", "waterfall.tiers[1].cap_minor": "too_large"}


def test_clause_and_waterfall_must_say_the_same():
    complete = terms("loan")
    tiers = complete["waterfall"]["tiers"]
    tiers[1]["cap_minor"] += 1
    tiers[2]["loans"][0]["rate_ppm"] += 1
    tiers[3]["principals"][0]["principal_minor"] -= 1
    codes = {entry["code"] for entry in library.validate("loan", complete)}
    assert codes == {"cap_mismatch", "rate_mismatch", "principal_mismatch"}


@settings(max_examples=150, deadline=None)
@given(
    junk=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=8,
    ),
    section=st.sampled_from([*library.TERMS["presale"].model_fields, "?"]),
    template=st.sampled_from(TEMPLATES),
)
def test_no_terms_make_the_library_fail(junk, section, template):
    merged = terms(template, {section: junk})
    found = library.validate(template, merged)
    assert all(set(entry) == {"field", "code", "message_en", "message_zh"} for entry in found)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"project": {}}, "project.title"),
        ({"project": {"title": {"zh": ""}, "ask": cny(1)}}, "project.title"),
        ({"project": project(ask={"amount_minor": "1", "currency": "CNY"})}, "project.ask.amount_minor"),
        ({"parties": {"investor": "x"}}, "parties.creator"),
        ({"parties": parties(broker="x")}, "parties.broker"),
        ({"parties": parties(investor={"name": "x", "seal": 1})}, "parties.investor.seal"),
        ({"parties": parties(investor={"name": "x" * 301})}, "parties.investor.name"),
        ({"parties": []}, "parties"),
        ({"template": "lease"}, "template"),
        ({"terms": []}, "terms"),
    ],
)
def test_unusable_project_or_party_is_named(change, field):
    arguments = {"template": "loan", "project": project(), "parties": parties(), "terms": {}} | change
    with pytest.raises(library.TermSheetError) as refused:
        library.merge_terms(**arguments, on=ON)
    assert refused.value.problems[0].field == field
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("template", TEMPLATES)
def test_payout_table_is_the_simulators_and_marks_break_even(template):
    complete = terms(template)
    table = payout_table(complete)
    amount = complete["investment"]["amount"]["amount_minor"]
    even = table.break_even_minor
    spend = [
        {
            "on": table.on.isoformat(),
            "payee": "ad_spend",
            "amount_minor": table.ad_spend_minor,
            "audited": True,
        }
    ]
    question = {
        "terms": complete["waterfall"],
        "gross_grid": [even - 1, even],
        "on": table.on.isoformat(),
        "ad_spend": spend,
    }
    before, at = simulate(question)["grid"]
    assert before["by_payee"]["investor"] < amount <= at["by_payee"]["investor"]
    assert [row.gross_minor for row in table.rows if row.break_even] == [even]
    assert all(sum(row.by_payee.values()) == row.gross_minor for row in table.rows)
    assert len(table.rows) in (8, 9)


def test_payout_table_without_break_even():
    complete = terms("revenue_share")
    complete["waterfall"]["tiers"] = [
        {"id": "net", "kind": "split", "shares": [{"payee": "producer", "ppm": 1_000_000}]},
    ]
    assert library.validate("revenue_share", complete) == []
    table = payout_table(complete)
    assert table.break_even_minor is None
    assert not any(row.break_even for row in table.rows)


@pytest.mark.parametrize(
    ("minor", "words"),
    [
        (450_000_000, "肆佰伍拾万元整"), (100_503, "壹仟零伍元零叁分"), (5, "伍分"), (50, "伍角整"), (0, "零元整"),
        (100_000_100, "壹佰万零壹元整"), (10**15, "壹拾万亿元整"), (1_010, "壹拾元壹角整"),
        (12_345_678_901, "壹亿贰仟叁佰肆拾伍万陆仟柒佰捌拾玖元零壹分"),
    ],
)  # fmt: skip
def test_amounts_in_financial_numerals(minor, words):
    assert formats.capitals(minor) == words


def test_figures_units_and_lists_read_well():
    assert formats.money(123_456, "CNY", "zh") == "人民币1,234.56元"
    assert formats.money(123_456, "JPY", "zh") == "123,456日元"
    assert formats.money(123_456, "USD", "en") == "USD 1,234.56"
    assert formats.percent(1_200_000) == "120%"
    assert formats.percent(33_300) == "3.33%"
    assert formats.counted(1, "days", "en") == "1 day"
    assert formats.listed(["甲", "乙", "丙"], "zh") == "甲、乙和丙"
    assert formats.language("tlh-ZZ-oops", "en") == "tlh-ZZ-oops"


def test_waterfall_words_cover_every_kind_of_tier():
    whole = [{"payee": "investor", "ppm": 1_000_000}]
    halves = [{"payee": "investor", "ppm": 500_000}, {"payee": "producer", "ppm": 500_000}]
    complete = terms("revenue_share")
    complete["waterfall"]["tiers"] = [
        {"id": "fixed", "kind": "fixed", "target_minor": 1_000, "shares": halves, "cap_minor": 900},
        *complete["waterfall"]["tiers"][:-1],
        {
            "id": "net",
            "kind": "split",
            "shares": halves,
            "escalators": [{"above_gross_minor": 10**9, "shares": whole}],
        },
    ]
    sheet = document("revenue_share", "zh+en", given=complete)
    clauses = {item.key: [line.text.en for line in item.lines] for item in sheet.items}
    assert clauses["recoupment"][1] == (
        "Tier 1, “a fixed sum”: all that remains to the Investor 50% and the Producer 50%, "
        "up to CNY 10.00; at most CNY 9.00 in total."
    )
    assert clauses["escalators"] == [
        "Once gross receipts reach CNY 10,000,000.00, “split” goes to the Investor alone."
    ]
    assert "while “Investor's recoupment and premium” is not yet full" in clauses["corridors"][0]
