"""Who is who over HTTP: bearer tokens good and bad, and for which organisation a request acts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import Headers

from dealflow.accounts import identity
from dealflow.accounts.models import ApiToken, Membership, User
from dealflow.core import clock, db
from tests.conftest import Person
from tests.factories.world import dismiss
from tests.web.calls import RANDOM_ID, is_problem, raw


def me(app: Flask, authorization: str | None, **kwargs: Any) -> Any:
    headers = Headers([("Accept-Language", "en")])
    if authorization is not None:
        headers["Authorization"] = authorization
    return app.test_client().get("/api/v1/me", headers=headers, **kwargs)


@pytest.fixture
def creator(person: Callable[..., Person]) -> Person:
    """An owner of a creator's organisation."""
    return person("creator")


def join(who: Person, organisation_id: str, role: str) -> None:
    with db.system_edge() as session:
        session.add(Membership(organisation_id=organisation_id, user_id=who.user_id, role=role))


def test_a_good_token_is_its_owner(app: Flask, creator: Person) -> None:
    answer = me(app, f"Bearer {creator.token}")
    assert answer.json["user"]["id"] == creator.user_id
    assert [o["id"] for o in answer.json["organisations"]] == [creator.organisation_id]
    assert me(app, f"bearer   {creator.token}").status_code == 200


BAD = {
    "nothing": lambda t: "",
    "no secret": lambda t: "Bearer",
    "another scheme": lambda t: f"Basic {t}",
    "one character changed": lambda t: f"Bearer {t[:-1]}{'a' if t[-1] != 'a' else 'b'}",
    "cut": lambda t: f"Bearer {t[:-1]}",
    "longer": lambda t: f"Bearer {t}x",
    "no marker": lambda t: f"Bearer {t.removeprefix(identity.TOKEN_PREFIX)}",
    "a JWT without signature": lambda t: "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.",
    "SQL": lambda t: "Bearer ' OR '1'='1",
    "huge": lambda t: "Bearer " + "x" * 7000,
    "not ASCII": lambda t: "Bearer \xe9\xa9",
    "two secrets": lambda t: f"Bearer {t} {t}",
}


@pytest.mark.parametrize("name", [n for n in BAD if n != "nothing"])
def test_a_bad_token_is_401(app: Flask, creator: Person, name: str) -> None:
    is_problem(me(app, BAD[name](creator.token)), 401, "unauthenticated")


def test_a_bad_token_is_401_even_where_none_is_needed(app: Flask, creator: Person) -> None:
    client = creator.browser()
    assert client.get("/", headers={"Authorization": "Bearer nonsense"}).status_code in (302, 401)
    assert client.get("/api/v1/me", headers={"Authorization": "Bearer nonsense"}).status_code == 401


def test_an_expired_token_is_401(app: Flask, creator: Person) -> None:
    clock.set_base(clock.now() + timedelta(days=31))
    is_problem(me(app, f"Bearer {creator.token}"), 401, "unauthenticated")


def test_a_revoked_token_is_401_on_the_next_request(app: Flask, creator: Person) -> None:
    assert me(app, f"Bearer {creator.token}").status_code == 200
    with db.system_edge() as session:
        session.query(ApiToken).filter_by(user_id=creator.user_id).update({"ended_at": clock.now()})
    is_problem(me(app, f"Bearer {creator.token}"), 401, "unauthenticated")


def test_a_disabled_persons_token_is_401_on_the_next_request(app: Flask, creator: Person) -> None:
    with db.system_edge() as session:
        session.get_one(User, creator.user_id).disabled_at = clock.now()
    is_problem(me(app, f"Bearer {creator.token}"), 401, "unauthenticated")


def test_a_token_in_address_or_cookie_counts_for_nothing(app: Flask, creator: Person) -> None:
    client = app.test_client()
    client.set_cookie("Authorization", f"Bearer {creator.token}")
    client.set_cookie("token", creator.token)
    client.set_cookie("dealflow", creator.token)
    for query in ("access_token", "token", "authorization"):
        assert client.get("/api/v1/deals", query_string={query: creator.token}).status_code == 401


def test_a_reading_token_cannot_write(app: Flask, creator: Person) -> None:
    with db.system_edge() as session:
        user = session.get_one(User, creator.user_id)
        secret, _row = identity.issue_token(user, label="read", scopes=("read",))
    reader = Person(app, creator.user_id, creator.organisation_id, creator.email, secret)
    assert reader.get("/projects").status_code == 200
    is_problem(reader.post("/projects", {}), 403, "forbidden")


def test_x_organisation_chooses_among_ones_own(creator: Person, person: Callable[..., Person]) -> None:
    other = person("investor")
    join(creator, other.organisation_id, "viewer")
    for organisation, kind in ((creator.organisation_id, 201), (other.organisation_id, 403)):
        answer = raw(creator, "POST", "/projects", b"{}", X_Organisation=organisation)
        assert answer.status_code == kind, answer.data
    assert raw(creator, "GET", "/projects", X_Organisation=other.organisation_id).json["total"] == 0
    assert raw(creator, "GET", "/projects", X_Organisation=other.organisation_id.upper()).status_code == 200


@pytest.mark.parametrize("wanted", ["foreign", "random", "nonsense", "list", "empty-list", "spaces"])
def test_x_organisation_of_others_is_404_and_never_the_first_match(
    creator: Person, person: Callable[..., Person], wanted: str
) -> None:
    other = person("creator")
    value = {
        "foreign": other.organisation_id,
        "random": f"org_{RANDOM_ID}",
        "nonsense": "' OR 1=1 --",
        "list": f"{creator.organisation_id},{other.organisation_id}",
        "empty-list": ",",
        "spaces": f"{creator.organisation_id} {other.organisation_id}",
    }[wanted]
    is_problem(raw(creator, "GET", "/projects", X_Organisation=value), 404, "not_found")
    is_problem(raw(creator, "POST", "/projects", b"{}", X_Organisation=value), 404, "not_found")


def test_x_organisation_twice_is_404(app: Flask, creator: Person) -> None:
    headers = Headers([("Authorization", f"Bearer {creator.token}")])
    headers.add("X-Organisation", creator.organisation_id)
    headers.add("X-Organisation", creator.organisation_id)
    is_problem(app.test_client().get("/api/v1/projects", headers=headers), 404, "not_found")


def test_who_left_has_no_rights_on_the_next_request(creator: Person, person: Callable[..., Person]) -> None:
    member = person("creator", "member", organisation_id=creator.organisation_id)
    made = member.post("/projects", {}).json
    browser = member.browser()
    assert browser.get(f"/projects/{made['id']}").status_code == 200
    dismiss(member)
    is_problem(
        raw(member, "GET", f"/projects/{made['id']}", X_Organisation=member.organisation_id), 404, "not_found"
    )
    is_problem(member.get(f"/projects/{made['id']}"), 404, "not_found")
    assert browser.get(f"/projects/{made['id']}").status_code == 404
    assert creator.get(f"/projects/{made['id']}").status_code == 200


def test_a_token_bound_to_an_organisation_acts_for_that_one_only(
    app: Flask, creator: Person, person: Callable[..., Person]
) -> None:
    other = person("creator")
    join(creator, other.organisation_id, "owner")
    with db.system_edge() as session:
        secret, _row = identity.issue_token(
            session.get_one(User, creator.user_id), label="b", organisation_id=other.organisation_id
        )
    bound = Person(app, creator.user_id, other.organisation_id, creator.email, secret)
    made = bound.post("/projects", {}).json
    assert other.get(f"/projects/{made['id']}").status_code == 200
    is_problem(raw(bound, "GET", "/projects", X_Organisation=creator.organisation_id), 404, "not_found")
    dismiss(bound)
    is_problem(bound.get("/projects"), 401, "unauthenticated")


def test_what_was_found_expired_stays_so_when_the_clock_is_set_back(creator: Person) -> None:
    browser = creator.browser()
    assert creator.get("/me").status_code == 200
    assert browser.get("/settings").status_code == 200
    clock.set_base(clock.now() + timedelta(days=31))
    assert creator.get("/me").status_code == 401
    assert browser.get("/settings").status_code == 302
    clock.set_base(clock.now() - timedelta(days=31))
    assert creator.get("/me").status_code == 401
    assert browser.get("/settings").status_code == 302
