"""A project, two parties and complete terms for the term sheet tests."""

from datetime import date

from dealflow.termsheets import library

ON = date(2026, 11, 24)
RARE = "镕喆堃玥祎翀婠赟頔淏玘珺彧晞芃"


def cny(minor):
    return {"amount_minor": minor, "currency": "CNY"}


def project(**more):
    return {
        "title": {"zh": "朱砂痣", "en": "Cinnabar"},
        "ask": cny(450_000_000),
        "budget": cny(600_000_000),
        "format": {"episodes": 80, "minutes_per_episode": 1.5, "orientation": "vertical"},
        "use_of_funds": [
            {"label": "制作", "kind": "production", "amount": cny(300_000_000)},
            {"label": "投流", "kind": "ad_spend", "amount": cny(150_000_000)},
        ],
        "schedule": {"shoot_start": "2027-02-01", "shoot_end": "2027-03-01", "release": "2027-06-01"},
        "team": [{"name": "李镕", "role": "导演", "credits": 3}],
    } | more


def parties(**more):
    return {
        "investor": {
            "name": {"zh": "青禾资本", "en": "Qinghe Capital"},
            "representative": f"王{RARE}",
            "title": "董事长",
        },
        "creator": {"name": {"zh": "镕玥影视", "en": "Rongyue Pictures"}},
    } | more


def terms(template, given=None, **more):
    return library.merge_terms(
        template, more.get("project") or project(), more.get("parties") or parties(), given or {}, on=ON
    )


def document(template="revenue_share", lang="zh", state="draft", given=None, **more):
    chosen = {"project": project(), "parties": parties()} | more
    complete = terms(template, given, **chosen)
    return library.build_document(
        template,
        chosen["project"],
        chosen["parties"],
        complete,
        version_code="TS-1",
        state=state,
        lang=lang,
        generated_on=ON,
    )
