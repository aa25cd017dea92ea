"""Members, roles, and the owner that an organisation always keeps."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import select

from dealflow.accounts.invariants import has_an_owner
from dealflow.accounts.models import Membership
from dealflow.core import db, ids


def rows(person: Any) -> dict[str, Any]:
    return {m["user_id"]: m for m in person.get("/members").json["items"]}


def test_roles_change_and_show_in_the_log(app: Any, person: Any) -> None:
    boss = person()
    other = person(role="viewer", organisation_id=boss.organisation_id)
    row = rows(boss)[other.user_id]
    path = f"/members/{row['id']}"
    assert boss.patch(path, {"role": "member"}, row["version"]).json["role"] == "member"
    assert boss.patch(path, {"role": "viewer"}, row["version"]).status_code == 412
    assert boss.patch(path, {"role": "king"}, row["version"] + 1).status_code == 422
    assert boss.call("PATCH", path, json={"role": "viewer"}).status_code == 428
    assert other.patch(path, {"role": "owner"}, row["version"] + 1).status_code == 403
    (event, *_rest) = boss.get(f"/audit?object={row['id']}").json["items"]
    assert (event["tag"], event["before"], event["after"]) == (
        "accounts:member:role-changed", {"role": "viewer"}, {"role": "member"},
    )  # fmt: skip


def test_strangers_learn_nothing(app: Any, person: Any) -> None:
    boss, stranger = person(), person()
    row = rows(boss)[boss.user_id]
    assert stranger.patch(f"/members/{row['id']}", {"role": "viewer"}, 1).status_code == 404
    assert stranger.call("DELETE", f"/members/{row['id']}").status_code == 404
    assert stranger.get("/members", headers={"X-Organisation": boss.organisation_id}).status_code == 404
    assert stranger.get(f"/audit?object={row['id']}").json["total"] == 0
    assert stranger.call("DELETE", f"/members/{ids.new('mem')}").status_code == 404


@pytest.mark.parametrize("how", ["demote", "leave"])
def test_the_last_owner_stays(app: Any, person: Any, how: str) -> None:
    boss = person()
    person(role="member", organisation_id=boss.organisation_id)
    row = rows(boss)[boss.user_id]
    if how == "demote":
        answer = boss.patch(f"/members/{row['id']}", {"role": "member"}, row["version"])
    else:
        answer = boss.call("DELETE", f"/members/{row['id']}")
    assert (answer.status_code, answer.json["code"]) == (409, "last_owner")
    assert rows(boss)[boss.user_id]["role"] == "owner"


def test_two_owners_cannot_both_go_at_once(app: Any, person: Any) -> None:
    for _round in range(5):
        one = person()
        two = person(organisation_id=one.organisation_id)
        known = rows(one)
        barrier, statuses = threading.Barrier(2), []

        def leave(
            who: Any, known: Any = known, barrier: Any = barrier, statuses: list[int] = statuses
        ) -> None:
            barrier.wait()
            statuses.append(who.call("DELETE", f"/members/{known[who.user_id]['id']}").status_code)

        threads = [threading.Thread(target=leave, args=(who,)) for who in (one, two)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(statuses) == [204, 409]
        with db.system_edge(write=False) as session:
            left = session.scalars(
                select(Membership).where(Membership.organisation_id == one.organisation_id)
            ).all()
        assert [m.role for m in left] == ["owner"]


def test_a_demotion_bites_at_the_next_request(app: Any, person: Any) -> None:
    boss = person()
    other = person(organisation_id=boss.organisation_id)
    assert other.post("/invitations", {"email": "a@example.test", "role": "viewer"}).status_code == 201
    row = rows(boss)[other.user_id]
    boss.patch(f"/members/{row['id']}", {"role": "viewer"}, row["version"])
    assert other.post("/invitations", {"email": "b@example.test", "role": "viewer"}).status_code == 403


@pytest.mark.parametrize("header", [[], ["comma"], ["twice"], ["left"], ["nonsense"]])
def test_x_organisation_never_guesses(app: Any, person: Any, header: list[str]) -> None:
    who, other = person(), person()
    good = who.organisation_id
    values = {
        "comma": [f"{good},{good}"],
        "twice": [good, good],
        "left": [other.organisation_id],
        "nonsense": ["x"],
    }
    wanted = [value for key in header for value in values[key]]
    headers = [("Authorization", f"Bearer {who.token}"), *(("X-Organisation", value) for value in wanted)]
    answer = app.test_client().get("/api/v1/organisation", headers=headers)
    assert answer.status_code == (404 if header else 200)


def test_the_organisation_changes_with_its_version(app: Any, person: Any) -> None:
    boss = person("fund")
    viewer = person(role="viewer", organisation_id=boss.organisation_id)
    version = boss.get("/organisation").json["version"]
    assert viewer.patch("/organisation", {"city": "横店"}, version).status_code == 403
    changed = boss.patch("/organisation", {"city": "横店", "name_en": "Star Fund"}, version)
    assert (changed.json["city"], changed.json["name_en"], changed.json["version"]) == (
        "横店",
        "Star Fund",
        version + 1,
    )
    assert boss.patch("/organisation", {"city": "x"}, version).status_code == 412
    assert (
        boss.patch("/organisation", {"kind": "platform"}, version + 1).json["errors"][0]["code"]
        == "unknown_field"
    )
    assert boss.patch("/organisation", {"name": ""}, version + 1).status_code == 422
    page = boss.browser().post("/settings/organisation/edit", data={"name": "Mine", "version": str(version)})
    assert page.status_code == 412
    assert "Mine" in page.text
    assert "横店" in page.text


def test_pages_of_members(app: Any, person: Any) -> None:
    boss = person()
    other = person(role="viewer", organisation_id=boss.organisation_id)
    client, reader = boss.browser(), other.browser()
    assert client.post("/settings/members", data={"email": "nobody", "role": "member"}).status_code == 422
    assert client.post("/settings/members", data={"email": other.email, "role": "member"}).status_code == 409
    assert (
        client.post("/settings/members", data={"email": "a@example.test", "role": "member"}).status_code
        == 303
    )
    page = client.get("/settings/members").text
    assert "a@example.test" in page
    assert "Invite somebody" in page
    seen = reader.get("/settings/members").text
    assert "Invite somebody" not in seen
    assert (
        reader.post("/settings/members", data={"email": "b@example.test", "role": "member"}).status_code
        == 403
    )
    row = rows(boss)[other.user_id]
    assert client.post(f"/settings/members/{row['id']}/role", data={"role": "member"}).status_code == 303
    assert rows(boss)[other.user_id]["role"] == "member"
    assert reader.post(f"/settings/members/{row['id']}/remove").location == "/"
    assert other.user_id not in rows(boss)


def test_the_invariant_names_an_organisation_without_owner(app: Any, person: Any) -> None:
    boss = person()
    with db.system_edge() as session:
        assert has_an_owner() == []
        session.scalars(
            select(Membership).where(Membership.organisation_id == boss.organisation_id)
        ).one().role = "viewer"
        session.flush()
        (line,) = has_an_owner()
        assert boss.organisation_id in line
