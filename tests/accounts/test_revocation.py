"""What changes a person's rights changes them with the next request, on pages and API; a cookie from before is dead."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from dealflow.core import db


def cookie_of(client: Any) -> str:
    """The text of a client's session cookie."""
    return str(client.get_cookie("dealflow").value)


def old_browser(app: Any, cookie: str) -> Any:
    """A browser that still carries a cookie from before."""
    client = app.test_client()
    client.set_cookie("dealflow", cookie)
    return client


def surfaces(client: Any, who: Any) -> tuple[int, int, int]:
    """What page, the API by cookie and the API by token answer."""
    page = client.get("/settings")
    return page.status_code, client.get("/api/v1/me").status_code, who.get("/me").status_code


@pytest.fixture
def pair(person: Any) -> tuple[Any, Any]:
    """An owner and a member of one organisation."""
    owner = person()
    return owner, person(role="member", organisation_id=owner.organisation_id)


def membership(owner: Any, member: Any) -> dict[str, Any]:
    rows = owner.get("/members").json["items"]
    return dict(next(row for row in rows if row["user_id"] == member.user_id))


def test_a_role_change_gives_each_session_a_new_id(app: Any, pair: Any) -> None:
    owner, member = pair
    browser = member.browser()
    row = membership(owner, member)
    before = cookie_of(browser)
    changed = owner.patch(f"/members/{row['id']}", {"role": "viewer"}, row["version"])
    assert changed.status_code == 200
    assert browser.get("/projects/new").status_code == 403, "the new role holds at once"
    after = cookie_of(browser)
    assert after != before
    assert browser.get("/api/v1/me").status_code == 200
    assert cookie_of(browser) == after, "once"
    assert old_browser(app, before).get("/api/v1/me").status_code == 401
    assert member.post("/projects", {}).status_code == 403, "tokens act with the new role"


def test_two_requests_at_once_renew_a_session_once(app: Any, pair: Any) -> None:
    owner, member = pair
    browser = member.browser()
    row = membership(owner, member)
    owner.patch(f"/members/{row['id']}", {"role": "viewer"}, row["version"])
    cookie, fresh, barrier = cookie_of(browser), [], threading.Barrier(4)

    def visit() -> None:
        client = old_browser(app, cookie)
        barrier.wait()
        client.get("/api/v1/me")
        if cookie_of(client) != cookie:
            fresh.append(client)

    threads = [threading.Thread(target=visit) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fresh) == 1
    assert fresh[0].get("/api/v1/me").status_code == 200
    assert old_browser(app, cookie).get("/api/v1/me").status_code == 401


def test_removal_shuts_both_surfaces_at_the_next_request(app: Any, pair: Any) -> None:
    owner, member = pair
    browser = member.browser()
    assert surfaces(browser, member) == (200, 200, 200)
    assert owner.call("DELETE", f"/members/{membership(owner, member)['id']}").status_code == 204
    assert surfaces(browser, member) == (302, 401, 401)


def test_removal_from_one_organisation_leaves_the_others(app: Any, person: Any, pair: Any) -> None:
    owner, member = pair
    browser = member.browser()
    browser.post("/settings/organisations/new", data={"organisation": "Second", "kind": "fund"})
    second = browser.get("/api/v1/organisation").json["id"]
    assert owner.call("DELETE", f"/members/{membership(owner, member)['id']}").status_code == 204
    assert browser.get("/api/v1/organisation").json["id"] == second, "a session for another one goes on"
    assert browser.get("/api/v1/me", headers={"X-Organisation": owner.organisation_id}).status_code == 404
    assert member.get("/me").status_code == 401, "a token for any of them is no token for what is left"


def test_leaving_keeps_the_browser_with_a_new_id(app: Any, pair: Any) -> None:
    owner, member = pair
    here, there = member.browser(), member.browser()
    before = cookie_of(here)
    assert here.post(f"/settings/members/{membership(owner, member)['id']}/remove").status_code == 303
    assert here.get("/api/v1/me").json["organisations"] == []
    assert there.get("/api/v1/me").status_code == 401
    assert old_browser(app, before).get("/api/v1/me").status_code == 401
    assert member.get("/me").status_code == 401


def test_disabling_shuts_both_surfaces_and_enabling_revives_nothing(app: Any, person: Any, pair: Any) -> None:
    _owner, member = pair
    admin, browser = person("platform").browser(), member.browser()
    assert admin.post(f"/admin/users/{member.user_id}/disable", data={"reason": "x"}).status_code == 303
    assert surfaces(browser, member) == (302, 401, 401)
    admin.post(f"/admin/users/{member.user_id}/enable")
    assert surfaces(browser, member) == (302, 401, 401)


def test_a_cookie_from_before_logging_out_is_dead(app: Any, pair: Any) -> None:
    _owner, member = pair
    browser = member.browser()
    before = cookie_of(browser)
    assert browser.post("/logout").status_code == 303
    assert old_browser(app, before).get("/api/v1/me").status_code == 401


@pytest.mark.parametrize("surface", ["token", "session"])
def test_the_organisation_one_names_is_the_one_that_acts(app: Any, person: Any, surface: str) -> None:
    who, stranger = person(), person()
    browser = who.browser()
    first = who.organisation_id
    browser.post("/settings/organisations/new", data={"organisation": "Second", "kind": "fund"})
    second = browser.get("/api/v1/organisation").json["id"]

    def ask(*values: str) -> Any:
        headers = [("X-Organisation", value) for value in values]
        if surface == "token":
            headers.append(("Authorization", f"Bearer {who.token}"))
        client = app.test_client() if surface == "token" else browser
        return client.get("/api/v1/organisation", headers=headers)

    assert [ask(one).json["id"] for one in (first, second, first.upper())] == [first, second, first]
    for wrong in (stranger.organisation_id, "org_nothing", "", f"{first},{second}"):
        assert ask(wrong).status_code == 404, wrong
    assert ask(first, second).status_code == 404
    with db.system_edge(write=False):
        assert who.get("/organisation", headers={"X-Organisation": second}).json["kind"] == "fund"
