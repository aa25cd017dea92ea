"""Webhooks: made by owners, told only what their organisation may know, delivered in order until they arrive."""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from dealflow.core import clock, db, jobs
from dealflow.notify import sending
from dealflow.notify.models import Webhook, WebhookDelivery
from dealflow.notify.service import webhooks
from dealflow.settings import Settings
from tests.factories import pitches
from tests.notify.receiver import Receiver, receiving

ALL = ["deal.opened", "deal.moved", "project.published", "project.changed", "project.withdrawn"]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Receivers of these tests stand on this machine."""
    return settings.with_(private_webhooks=True)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def hook(receiver: Receiver) -> Callable[..., dict[str, Any]]:
    """Make a webhook of somebody's organisation that leads to the receiver."""

    def make(who: Any, kinds: list[str] = ALL, url: str = "") -> dict[str, Any]:
        answer = who.post("/webhooks", {"label": "CRM", "url": url or receiver.url, "kinds": kinds})
        assert answer.status_code == 201, answer.json
        return dict(answer.json)

    return make


def later(**delta: float) -> None:
    """Let time pass, then run what is due."""
    clock.set_base(clock.now() + timedelta(**delta))
    jobs.run_due()


def test_an_event_arrives_signed_with_the_secret_that_was_shown_once(
    app: Any, person: Any, hook: Any, receiver: Receiver
) -> None:
    creator, investor = person("creator"), person("investor")
    made = hook(creator, ["deal.opened"])
    project = pitches.published(creator)
    deal = investor.post("/deals", {"project_id": project["id"], "note": "CANARY-note"}).json
    jobs.run_due()
    ((headers, body),) = receiver.got
    stamp, mark = (part.partition("=")[2] for part in headers["Dealflow-Signature"].split(","))
    right = hmac.new(made["secret"].encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert mark == right
    assert abs(int(stamp) - clock.now().timestamp()) < 60
    (event,) = receiver.events
    assert (event["kind"], event["data"]["deal_id"]) == ("deal.opened", deal["id"])
    assert b"CANARY" not in body, "ids and plain values, no texts"
    listed = creator.get("/webhooks").json["items"][0]
    assert (listed["waiting"], listed["dead"], bool(listed["delivered_at"])) == (0, 0, True)
    assert made["secret"] not in creator.get("/webhooks").text
    with db.system_edge(write=False) as session:
        assert made["secret"] not in session.get_one(Webhook, made["id"]).secret


def test_only_those_are_told_who_may_know(app: Any, person: Any, hook: Any, receiver: Receiver) -> None:
    creator, rival, investor, other = person(), person(), person("investor"), person("investor")
    for who in (creator, rival, investor, other):
        hook(who)
    hidden = pitches.published(creator, visibility="private")
    shown = pitches.published(creator)
    investor.post("/deals", {"project_id": shown["id"]})
    jobs.run_due()
    told = {(e["organisation_id"], e["kind"], e["data"]["project_id"]) for e in receiver.events}
    everybody = {creator.organisation_id, investor.organisation_id, other.organisation_id}
    assert told == {
        (creator.organisation_id, "project.published", hidden["id"]),
        *((each, "project.published", shown["id"]) for each in everybody),
        *((each, "deal.opened", shown["id"]) for each in (creator.organisation_id, investor.organisation_id)),
    }


def test_a_failed_delivery_is_tried_again_later_and_holds_back_its_object_only(
    app: Any, person: Any, hook: Any, receiver: Receiver
) -> None:
    creator, investor = person(), person("investor")
    made = hook(creator, ["deal.opened", "deal.moved"])
    receiver.answers = [500, 204]
    first, second = pitches.published(creator), pitches.published(creator)
    deal = investor.post("/deals", {"project_id": first["id"]}).json
    jobs.run_due()
    assert investor.post(f"/deals/{deal['id']}/transitions", {"to": "intro"}).status_code == 200
    another = investor.post("/deals", {"project_id": second["id"]}).json
    jobs.run_due()
    assert [e["data"]["deal_id"] for e in receiver.events] == [deal["id"], another["id"]]
    later(seconds=11)
    about = [(e["id"], e["kind"]) for e in receiver.events if e["data"]["deal_id"] == deal["id"]]
    assert [kind for _id, kind in about] == ["deal.opened", "deal.opened", "deal.moved"]
    assert about[0] == about[1], "the same event under the same id"
    assert len({headers["Dealflow-Delivery"] for headers, _body in receiver.got}) == 3
    assert creator.get("/webhooks").json["items"][0]["waiting"] == 0
    assert made["id"]


def test_what_never_arrives_is_shown_and_sent_again(
    app: Any, person: Any, hook: Any, receiver: Receiver
) -> None:
    creator, investor = person(), person("investor")
    made = hook(creator, ["deal.opened"])
    receiver.answers = [503]
    investor.post("/deals", {"project_id": pitches.published(creator)["id"]})
    jobs.run_due()
    for delay in webhooks.DELAYS:
        later(seconds=delay.total_seconds() + 1)
    assert len(receiver.got) == len(webhooks.DELAYS) + 1
    later(days=2)
    assert len(receiver.got) == len(webhooks.DELAYS) + 1, "it gave up"
    path = f"/webhooks/{made['id']}/deliveries"
    (dead,) = creator.get(f"{path}?state=dead").json["items"]
    assert (dead["status"], dead["tries"]) == (503, len(webhooks.DELAYS) + 1)
    browser = creator.browser()
    assert "1 not delivered" in browser.get("/settings/webhooks").text
    page = browser.get(f"/settings/webhooks/{made['id']}")
    assert "Send again" in page.text
    receiver.answers = [200]
    assert browser.post(f"/settings{path}/{dead['id']}/resend").status_code == 303
    assert creator.post(f"{path}/{dead['id']}/resend").status_code == 409
    jobs.run_due()
    assert receiver.events[-1]["id"] == dead["event_id"]
    assert creator.get(path).json["items"][0]["state"] == "delivered"


def test_two_workers_send_a_delivery_once(app: Any, person: Any, hook: Any, receiver: Receiver) -> None:
    creator, investor = person(), person("investor")
    hook(creator, ["deal.opened"])
    investor.post("/deals", {"project_id": pitches.published(creator)["id"]})
    waiting, barrier = jobs.due(), threading.Barrier(4)
    with db.system_edge(write=False) as session:
        row = session.query(WebhookDelivery).one()

    def work() -> None:
        barrier.wait()
        jobs.KINDS["notify.deliver"].handler(webhook_id=row.webhook_id, object_id=row.object_id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert waiting
    assert len(receiver.got) == 1


def test_removing_one_drops_what_waits(app: Any, person: Any, hook: Any, receiver: Receiver) -> None:
    creator, investor = person(), person("investor")
    made = hook(creator, ["deal.opened"])
    investor.post("/deals", {"project_id": pitches.published(creator)["id"]})
    assert person().call("DELETE", f"/webhooks/{made['id']}").status_code == 404
    assert creator.call("DELETE", f"/webhooks/{made['id']}").status_code == 204
    jobs.run_due()
    assert receiver.got == []
    assert creator.call("DELETE", f"/webhooks/{made['id']}").status_code == 404


def test_input_and_quota(app: Any, person: Any, hook: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = person()
    member = person(role="member", organisation_id=owner.organisation_id)
    right = {"label": "x", "url": "https://a.example/", "kinds": ["deal.opened"]}
    for change, field in (
        ({"url": "ftp://a.example/"}, "url"), ({"url": "https://u:p@a.example/"}, "url"), ({"url": "https:///x"}, "url"),
        ({"url": "https://a.example:99999/"}, "url"), ({"url": "https://a.example/\r\nX: y"}, "url"), ({"kinds": []}, "kinds"),
        ({"kinds": ["deal.signed.twice"]}, "kinds"), ({"label": ""}, "label"), ({"secret": "mine"}, "secret"),
    ):  # fmt: skip
        answer = owner.post("/webhooks", right | change)
        assert (answer.status_code, answer.json["errors"][0]["field"].partition(".")[0]) == (422, field), (
            change
        )
    assert member.post("/webhooks", right).status_code == 403
    key = {"Idempotency-Key": "once"}
    first = owner.post("/webhooks", right, headers=key | {"Authorization": f"Bearer {owner.token}"}).json
    assert (
        owner.post("/webhooks", right, headers=key | {"Authorization": f"Bearer {owner.token}"}).json == first
    )
    with db.system_edge(write=False) as session:
        kept = session.connection().exec_driver_sql("SELECT body FROM idempotency_key").scalars().all()
    assert not any(first["secret"].encode() in bytes(body) for body in kept), "sealed there too"
    for _ in range(webhooks.MOST - 1):
        hook(owner)
    refused = owner.post("/webhooks", right)
    assert (refused.status_code, refused.json["code"]) == (409, "quota")
    monkeypatch.setattr(webhooks, "MOST_WAITING", 1)
    assert person().post("/webhooks", right).status_code == 201, "the quota is each organisation's own"


def test_a_full_line_is_cut_and_told(
    app: Any, person: Any, hook: Any, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "MOST_WAITING", 2)
    creator = person()
    made = hook(creator, ["project.published"])
    for _ in range(3):
        pitches.published(creator)
    (dead,) = creator.get(f"/webhooks/{made['id']}/deliveries?state=dead").json["items"]
    assert dead["error"] == "too_many_waiting"
    jobs.run_due()
    assert len(receiver.got) == 2


def test_the_page_makes_one_and_shows_its_secret_once(app: Any, person: Any) -> None:
    browser = person().browser()
    assert browser.post("/settings/webhooks", data={"label": "x", "url": "no"}).status_code == 422
    form = {"label": "<b>CRM</b>", "url": "https://a.example/", "kinds": ["deal.opened"]}
    made = browser.post("/settings/webhooks", data=form)
    assert "whsec_" in made.text
    again = browser.get("/settings/webhooks").text
    assert "whsec_" not in again
    assert "&lt;b&gt;CRM&lt;/b&gt;" in again


def test_an_unreadable_secret_sends_nothing(app: Any, person: Any, hook: Any, receiver: Receiver) -> None:
    creator = person()
    made = hook(creator, ["project.published"])
    with db.system_edge() as session:
        session.get_one(Webhook, made["id"]).secret = "sealed under another key"
    pitches.published(creator)
    jobs.run_due()
    assert receiver.got == []
    (dead,) = creator.get(f"/webhooks/{made['id']}/deliveries").json["items"]
    assert (dead["state"], dead["error"]) == ("dead", "secret_lost")
    assert sending.SECONDS == 5


def test_an_introduction_is_told_to_both_sides_without_the_mandate(
    app: Any, person: Any, hook: Any, receiver: Receiver
) -> None:
    creator, investor, rival = person(), person("investor"), person("investor")
    for who in (creator, investor, rival):
        hook(who, ["intro.requested"])
    project = pitches.published(creator)
    capital = {"amount_minor": 500_000_000, "currency": "CNY"}
    mandate = investor.post("/mandates", {"name": "CANARY-name", "capital": capital}).json
    asked = investor.post(
        f"/mandates/{mandate['id']}/feedback", {"project_id": project["id"], "action": "request_intro"}
    )
    assert asked.status_code in (200, 201), asked.json
    jobs.run_due()
    assert {e["organisation_id"] for e in receiver.events} == {
        creator.organisation_id,
        investor.organisation_id,
    }
    assert all(mandate["id"].encode() not in body for _headers, body in receiver.got)
