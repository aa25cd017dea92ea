"""The JSON API of projects: what is stored comes back, rules hold, others see only what is shown to them."""

from __future__ import annotations

from typing import Any

import pytest

from dealflow.audit.models import AuditEvent
from dealflow.core import db, invariants
from dealflow.core.outbox import OutboxEvent
from tests.factories.pitches import COMPLETE, complete, published


def audit_tags(object_id: str) -> list[str]:
    with db.system_edge(write=False) as session:
        rows = session.query(AuditEvent).filter(AuditEvent.object_id == object_id).order_by(AuditEvent.number)
        return [row.tag for row in rows]


def events() -> list[str]:
    with db.system_edge(write=False) as session:
        return [row.name for row in session.query(OutboxEvent).order_by(OutboxEvent.id)]


def codes(answer: Any) -> dict[str, str]:
    return {error["field"]: error["code"] for error in answer.json["errors"]}


def test_what_is_sent_comes_back(person: Any) -> None:
    creator = person("creator")
    made = creator.post("/projects", complete())
    assert made.status_code == 201
    assert made.headers["ETag"] == '"1"'
    shown = creator.get(f"/projects/{made.json['id']}").json
    assert {name: shown[name] for name in COMPLETE} == COMPLETE
    assert (shown["status"], shown["version"], shown["published_at"]) == ("draft", 1, None)
    assert audit_tags(shown["id"]) == ["pitches:project:created"]


def test_an_empty_draft_is_fine_and_publishing_names_everything_missing(person: Any) -> None:
    creator = person("creator")
    draft = creator.post("/projects", {}).json
    answer = creator.post(f"/projects/{draft['id']}/publish")
    assert answer.status_code == 422
    assert set(codes(answer)) == {
        "title",
        "logline",
        "genres",
        "ask",
        "budget",
        "stage",
        "instruments",
        "use_of_funds",
    }


def test_publish_withdraw_publish_archive(person: Any) -> None:
    creator = person("creator")
    project = published(creator)
    path = f"/projects/{project['id']}"
    assert project["status"] == "published"
    assert creator.post(f"{path}/publish").status_code == 409
    assert creator.post(f"{path}/withdraw", {"reason": "新版本"}).json["status"] == "withdrawn"
    assert creator.post(f"{path}/withdraw").json["code"] == "invalid_transition"
    assert creator.post(f"{path}/publish").json["status"] == "published"
    archived = creator.post(f"{path}/archive").json
    assert archived["status"] == "archived"
    assert creator.post(f"{path}/publish").status_code == 409
    assert creator.patch(path, {"logline": "x"}, archived["version"]).status_code == 409
    assert audit_tags(project["id"]) == [
        f"pitches:project:{w}" for w in ("created", "published", "withdrawn", "published", "archived")
    ]
    assert events() == ["ProjectPublished", "ProjectWithdrawn", "ProjectPublished", "ProjectWithdrawn"]


def test_publishing_needs_no_body(person: Any) -> None:
    creator = person("creator")
    made = creator.post("/projects", complete()).json
    answer = creator.call("POST", f"/projects/{made['id']}/publish")
    assert answer.status_code == 200
    assert answer.json["status"] == "published"


def test_a_change_of_a_published_pitch_is_a_new_version_and_one_event(person: Any) -> None:
    creator = person("creator")
    project = published(creator)
    answer = creator.patch(f"/projects/{project['id']}", {"logline": "新的一句话"}, project["version"])
    assert answer.status_code == 200
    assert answer.json["version"] == project["version"] + 1
    assert answer.json["published_version"] == 3
    same = creator.patch(f"/projects/{project['id']}", {"logline": "新的一句话"}, answer.json["version"])
    assert same.json["version"] == answer.json["version"]
    listed = creator.get(f"/projects/{project['id']}/versions").json
    assert [v["number"] for v in listed["items"]] == [3, 2, 1]
    assert [v["published"] for v in listed["items"]] == [True, True, False]
    changed = creator.get(f"/projects/{project['id']}/diff?from=2&to=3").json["items"]
    assert changed == [
        {"field": "logline", "label": "Logline", "before": COMPLETE["logline"], "after": "新的一句话"}
    ]
    assert events() == ["ProjectPublished", "ProjectChanged"]


def test_a_published_pitch_cannot_become_incomplete(person: Any) -> None:
    creator = person("creator")
    project = published(creator)
    answer = creator.patch(f"/projects/{project['id']}", {"logline": None, "genres": []}, project["version"])
    assert answer.status_code == 422
    assert set(codes(answer)) == {"logline", "genres"}


def test_stale_and_missing_versions(person: Any) -> None:
    creator = person("creator")
    made = creator.post("/projects", complete()).json
    path = f"/projects/{made['id']}"
    assert creator.patch(path, {"logline": "eins"}, 1).status_code == 200
    late = creator.patch(path, {"logline": "zwei"}, 1)
    assert (late.status_code, late.json["current_version"]) == (412, 2)
    assert creator.call("PATCH", path, json={"logline": "x"}).status_code == 428
    assert creator.get(path).json["logline"] == "eins"


@pytest.mark.parametrize(
    ("visibility", "kind", "status"),
    [
        ("investors", "investor", 200), ("investors", "fund", 200), ("investors", "park", 200), ("investors", "creator", 404),
        ("investors", "studio", 404), ("invited", "investor", 404), ("private", "investor", 404), ("investors", "platform", 404),
    ],
)  # fmt: skip
def test_who_sees_a_published_pitch(person: Any, visibility: str, kind: str, status: int) -> None:
    project = published(person("creator"), visibility=visibility)
    reader = person(kind)
    assert reader.get(f"/projects/{project['id']}").status_code == status
    assert reader.get(f"/projects/{project['id']}/versions").status_code == status
    assert reader.get("/projects").json["total"] == (status == 200)


def test_nobody_sees_drafts_and_nothing_is_shown_without_a_login(app: Any, person: Any) -> None:
    creator, investor = person("creator"), person("investor")
    draft = creator.post("/projects", complete()).json
    assert investor.get(f"/projects/{draft['id']}").status_code == 404
    assert app.test_client().get(f"/api/v1/projects/{draft['id']}").status_code == 401
    project = published(creator)
    assert app.test_client().get(f"/api/v1/projects/{project['id']}").status_code == 401


def test_an_invitation_shows_a_pitch_and_taking_it_back_hides_it(person: Any) -> None:
    creator, studio, other = person("creator"), person("studio"), person("investor")
    project = published(creator, visibility="invited")
    path = f"/projects/{project['id']}"
    body = {"organisation_id": studio.organisation_id}
    assert creator.post(f"{path}/invitations", body).status_code == 201
    assert creator.post(f"{path}/invitations", body).status_code == 409
    assert studio.get(path).status_code == 200
    assert other.get(path).status_code == 404
    assert studio.get(f"{path}/invitations").status_code == 404
    assert studio.patch(path, {"logline": "x"}, 1).status_code == 403
    assert creator.get(f"{path}/invitations").json["total"] == 1
    assert creator.call("DELETE", f"{path}/invitations/{studio.organisation_id}").status_code == 204
    assert studio.get(path).status_code == 404
    unknown = creator.post(f"{path}/invitations", {"organisation_id": "org_00000000000000000000000000"})
    assert codes(unknown) == {"organisation_id": "unknown"}


def test_others_see_published_versions_only(person: Any) -> None:
    creator, investor = person("creator"), person("investor")
    made = creator.post("/projects", complete(logline="erster Entwurf")).json
    creator.patch(f"/projects/{made['id']}", {"logline": "zweiter"}, 1)
    creator.post(f"/projects/{made['id']}/publish")
    assert [v["number"] for v in investor.get(f"/projects/{made['id']}/versions").json["items"]] == [3]
    assert investor.get(f"/projects/{made['id']}/versions/1").status_code == 404
    assert investor.get(f"/projects/{made['id']}/diff?from=1&to=3").status_code == 404


def test_a_viewer_and_an_investor_cannot_write(person: Any) -> None:
    creator = person("creator")
    viewer = person("creator", "viewer", organisation_id=creator.organisation_id)
    investor = person("investor")
    project = published(creator)
    path = f"/projects/{project['id']}"
    for someone in (viewer, investor):
        assert someone.post("/projects", {}).status_code == 403
        assert someone.patch(path, {"logline": "x"}, project["version"]).status_code == 403
        assert someone.post(f"{path}/withdraw").status_code == 403
    stranger = person("creator")
    assert stranger.patch(path, {"logline": "x"}, project["version"]).status_code == 404
    assert stranger.post(f"{path}/archive").status_code == 404


def test_filters_search_and_sort(person: Any) -> None:
    creator, investor = person("creator"), person("investor")
    small = published(creator, title={"zh": "小城"}, genres=["sweet"], languages=["zh"])
    money = {"amount_minor": 90_000_000, "currency": "CNY"}
    line = [{"label": "拍摄", "kind": "production", "amount": money}]
    big = published(
        creator, title={"en": "100% Big_Town"}, ask=money, use_of_funds=line, regions=["CN"], instruments=["loan"], stage="production"
    )  # fmt: skip

    def found(args: str) -> list[str]:
        answer = investor.get(f"/projects?{args}")
        assert answer.status_code == 200, answer.json
        assert answer.json["total"] == len(answer.json["items"])
        return [item["id"] for item in answer.json["items"]]

    assert found("genre=sweet") == [small["id"]]
    assert found("language=en") == [big["id"]]
    assert found("region=CN") == [big["id"]]
    assert found("instrument=loan&stage=production") == [big["id"]]
    assert found("ask_min=50000000") == [big["id"]]
    assert found("ask_max=50000000") == [small["id"]]
    assert found("ask_max=50000000&currency=USD") == []
    assert found("q=小城") == [small["id"]]
    assert found("q=甜宠") == [small["id"]]
    assert found("q=100%25") == [big["id"]]
    assert found("q=g_t") == [big["id"]]
    assert found("sort=ask") == [small["id"], big["id"]]
    assert found("sort=-ask") == [big["id"], small["id"]]
    assert found("mine=true") == []
    for bad, field in (
        ("sort=size", "sort"), ("ask_min=5&ask_max=4", "ask_max"), ("stage=x", "stage"), ("color=red", "color"),
        ("currency=XXX", "currency"), ("limit=0", "limit"),
    ):  # fmt: skip
        refused = investor.get(f"/projects?{bad}")
        assert (refused.status_code, list(codes(refused))) == (422, [field])


def test_a_list_takes_a_constant_number_of_statements(person: Any, app: Any) -> None:
    from sqlalchemy import event

    creator, investor = person("creator"), person("investor")
    seen: list[str] = []
    event.listen(
        db.database().engine,
        "before_cursor_execute",
        lambda _c, _cur, statement, *_rest: seen.append(statement),
    )
    investor.get("/projects")
    counted = []
    for _ in range(2):
        published(creator)
        published(person("creator"))
        seen.clear()
        investor.get("/projects")
        counted.append(len(seen))
    assert counted[0] == counted[1]


def test_an_external_id_is_unique_within_an_organisation(person: Any) -> None:
    creator, other = person("creator"), person("creator")
    assert creator.post("/projects", {"external_id": "A-1"}).status_code == 201
    assert codes(creator.post("/projects", {"external_id": "A-1"})) == {"external_id": "taken"}
    assert other.post("/projects", {"external_id": "A-1"}).status_code == 201


def test_the_park_adds_a_genre_that_pitches_can_use(person: Any) -> None:
    creator, park = person("creator"), person("park")
    body = {"term": "e_sports", "zh": "电竞", "en": "E-sports", "facet": "setting"}
    assert codes(creator.post("/projects", {"genres": ["e_sports"]})) == {"genres.0": "not_a_choice"}
    assert creator.post("/genres", body).status_code == 403
    assert park.post("/genres", body).status_code == 201
    assert codes(park.post("/genres", body)) == {"term": "taken", "zh": "taken", "en": "taken"}
    assert creator.post("/projects", {"genres": ["e_sports"]}).status_code == 201
    assert creator.get("/genres?limit=200").json["total"] == 74


def test_the_invariants_hold_and_notice(person: Any) -> None:
    project = published(person("creator"))
    with db.system_edge(write=False):
        assert not any(invariants.run_all().values())
    with db.system_edge() as session:
        from dealflow.pitches.models import Project

        session.get_one(Project, project["id"]).use_of_funds = []
    with db.system_edge(write=False):
        broken = {name for name, lines in invariants.run_all().items() if lines}
    assert broken == {
        "pitches: what is published is complete and adds up to the ask",
        "pitches: what is published says what its version says",
    }


def test_versions_cannot_be_changed(person: Any) -> None:
    from sqlalchemy import text
    from sqlalchemy.exc import DatabaseError

    published(person("creator"))
    for statement in ("UPDATE project_version SET number = 9", "DELETE FROM project_version"):
        with pytest.raises(DatabaseError, match="append_only"), db.system_edge() as session:
            session.execute(text(statement))
