"""The twin without hidden things: what a house is told stays the same to the byte, whatever others do among themselves."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from dealflow.core import jobs
from tests.conftest import Person
from tests.factories import pitches, rooms

# What tells the moment of asking, or one's own credentials.
MOMENT = re.compile(r'"on":"[^"]+"')
LISTS = (
    "/projects", "/projects?sort=-updated_at", "/projects?sort=ask", "/projects?sort=-budget", "/projects?sort=title", "/projects?limit=1",
    "/projects?ask_min=1", "/projects?budget_max=999999999999", "/projects?status=draft", "/projects?genre=revenge", "/projects?q=CANARY",
    "/mandates", "/deals", "/deals/board", "/deals/figures", "/introductions", "/notifications", "/audit", "/webhooks", "/models",
    "/tranches", "/commitments", "/search?q=CANARY", "/search?q=%E9%9B%A8", "/search?q=a", "/genres", "/pipelines", "/members", "/invitations",
)  # fmt: skip
MANDATE: dict[str, Any] = {
    "name": "CANARY-mandate", "capital": {"amount_minor": 10**9, "currency": "CNY"}, "allow_discovery": False,
    "constraints": {"words_none": ["CANARY-word"]}, "preferences": {"genres": {"revenge": 1.0}, "text": "CANARY-text"},
}  # fmt: skip


def told(who: Person, projects: list[str], mandate: str | None = None) -> dict[str, str]:
    """Address → status and text of all that somebody may ask."""
    paths = [
        *LISTS,
        *(
            f"/projects/{p}{end}"
            for p in projects
            for end in ("", "/versions", "/data-room", "/investors", "/advice")
        ),
    ]
    if mandate:
        paths.append(f"/mandates/{mandate}/matches?reasons=all")
        paths += [f"/mandates/{mandate}/matches/{p}?reasons=all" for p in projects]
    answers = {path: who.get(path) for path in paths}
    return {
        path: f"{a.status_code} {a.headers.get('ETag')} {MOMENT.sub('', a.text)}"
        for path, a in answers.items()
    }


def among_themselves(creator: Person, investor: Person, foreign: str) -> None:
    """What a creator and an investor do without anybody else, and what the investor thinks of another's pitch."""
    for visibility in ("private", "invited"):
        made = pitches.published(creator, title={"zh": f"CANARY-{visibility} 雨"}, visibility=visibility)
    creator.post(f"/projects/{made['id']}/invitations", {"organisation_id": investor.organisation_id})
    creator.post("/projects", pitches.complete(title={"zh": "CANARY-draft 雨"}))
    mandate = investor.post("/mandates", MANDATE).json["id"]
    for action in ("view", "save", "pass"):
        done = investor.post(f"/mandates/{mandate}/feedback", {"project_id": foreign, "action": action})
        assert done.status_code == 201, done.json
    deal = investor.post(
        "/deals", {"project_id": made["id"], "mandate_id": mandate, "note": "CANARY-note"}
    ).json
    sheet = investor.post(f"/deals/{deal['id']}/term-sheets", {"template": "loan", "terms": {}}).json
    assert investor.post(f"/term-sheets/{sheet['id']}/propose").status_code == 200
    rooms.upload(creator, made["id"], name="CANARY-paper.pdf")
    rooms.grant(creator, made["id"], investor)
    rooms.accept(investor, made["id"])


def test_what_others_do_among_themselves_changes_nothing_that_one_is_told(
    person: Callable[..., Person],
) -> None:
    creator, investor = person("creator"), person("investor")
    mine, other, park = person("creator"), person("investor"), person("park")
    project, shown = pitches.published(mine)["id"], pitches.published(creator)["id"]
    mandate = other.post("/mandates", {"name": "M", "capital": MANDATE["capital"]}).json["id"]
    assert other.post("/deals", {"project_id": project, "mandate_id": mandate}).status_code == 201

    def all_told() -> list[dict[str, str]]:
        jobs.run_due()
        return [
            told(mine, [project, shown]),
            told(other, [project, shown], mandate),
            told(park, [project, shown]),
        ]

    all_told()  # looks leave traces of one's own: the second time is the first that counts
    before = all_told()
    among_themselves(creator, investor, project)
    after = all_told()
    for earlier, later in zip(before, after, strict=True):
        assert "CANARY" not in "".join(later.values())
        assert {p: later[p] for p in later if later[p] != earlier[p]} == {}
    assert "CANARY-draft" in creator.get("/projects?mine=true").text
