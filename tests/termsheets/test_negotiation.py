"""Proposing, countering, accepting, ending; who knows what when; clause by clause."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from dealflow.core import clock, db, invariants, jobs
from dealflow.core.outbox import OutboxEvent
from dealflow.termsheets import service
from tests.conftest import Person

Sheet = dict[str, Any]


def counter(who: Person, sheet: Sheet, base: int, days: int = 21, **more: Any) -> Any:
    """A counter-proposal with another exclusivity, from the version numbered `base`."""
    terms = copy.deepcopy(sheet["terms"])
    terms["exclusivity"]["days"] = days
    return who.post(f"/term-sheets/{sheet['id']}/versions", {"terms": terms, "base_version": base} | more)


def state(who: Person, sheet: Sheet) -> str:
    return str(who.get(f"/term-sheets/{sheet['id']}").json["state"])


def events(name: str) -> list[dict[str, Any]]:
    with db.system_edge(write=False) as session:
        return [row.payload for row in session.query(OutboxEvent).filter_by(name=name)]


def test_proposing_shows_the_present_version_and_no_earlier_one(
    sheet: Sheet, investor: Person, creator: Person, deal: dict[str, Any]
) -> None:
    assert counter(investor, sheet, 1).json["number"] == 2
    assert creator.get(f"/term-sheets/{sheet['id']}").status_code == 404
    shown = investor.post(f"/term-sheets/{sheet['id']}/propose")
    assert (shown.status_code, shown.json["state"], shown.json["author"]) == (200, "proposed", "investor")
    assert creator.get(f"/term-sheets/{sheet['id']}").json["terms"]["exclusivity"]["days"] == 21
    for path in ("/versions/1", "/diff?from=1&to=2", ".pdf?version=1", ".pdf?version=2&against=1"):
        assert creator.get(f"/term-sheets/{sheet['id']}{path}").status_code == 404
    assert investor.get(f"/term-sheets/{sheet['id']}/versions/1").status_code == 200
    assert creator.get(f"/deals/{deal['id']}").json["stage"] == "negotiation"
    assert creator.get("/notifications").json["items"][0]["link"] == f"/term-sheets/{sheet['id']}"
    again = investor.post(f"/term-sheets/{sheet['id']}/propose")
    assert (again.status_code, again.json["code"]) == (409, "invalid_transition")


def test_the_creator_may_propose_too_and_moves_the_deal(
    deal: dict[str, Any], creator: Person, investor: Person
) -> None:
    sheet = creator.post(f"/deals/{deal['id']}/term-sheets", {"template": "loan"}).json
    assert investor.get(f"/term-sheets/{sheet['id']}").status_code == 404
    assert creator.post(f"/term-sheets/{sheet['id']}/propose").json["author"] == "project"
    assert investor.get(f"/deals/{deal['id']}").json["stage"] == "negotiation"
    assert investor.post(f"/term-sheets/{sheet['id']}/propose").status_code == 403


def test_both_sides_counter_on_the_current_version(
    proposed: Sheet, investor: Person, creator: Person
) -> None:
    first = counter(creator, proposed, 1, 10, comment="shorter")
    assert (first.status_code, first.json["by_side"], first.json["comment"]) == (201, "project", "shorter")
    stale = counter(investor, proposed, 1, 12)
    assert (stale.status_code, stale.json["code"]) == (409, "stale_base")
    assert counter(investor, proposed, 2, 14).json["number"] == 3
    shown = creator.get(f"/term-sheets/{proposed['id']}").json
    assert (shown["state"], shown["current_version"]) == ("countered", 3)
    assert [a["side"] for a in shown["accepted_by"]] == ["investor"]
    unchanged = counter(creator, proposed, 3, 14)
    assert (unchanged.status_code, unchanged.json["code"]) == (409, "unchanged")
    titles = [n["title"] for n in creator.get("/notifications").json["items"]]
    assert titles[0] == "A counter-proposal was made"


def test_both_sides_must_stand_by_the_same_version(
    proposed: Sheet, investor: Person, creator: Person
) -> None:
    path = f"/term-sheets/{proposed['id']}/accept"
    own = investor.post(path)
    assert (own.status_code, own.json["state"]) == (200, "proposed")
    counter(investor, proposed, 1, 12)
    late = creator.post(path, {"version": 1})
    assert (late.status_code, late.json["code"]) == (409, "superseded")
    assert creator.post(path, {"version": 2}).json["state"] == "accepted"
    for who in (creator, investor):
        twice = who.post(path, {"version": 2})
        assert (twice.status_code, twice.json["state"]) == (200, "accepted")
    shown = investor.get(f"/term-sheets/{proposed['id']}").json
    assert sorted(a["side"] for a in shown["accepted_by"]) == ["investor", "project"]
    accepted = events("TermSheetAccepted")
    assert [(e["term_sheet_id"], e["version"]) for e in accepted] == [(proposed["id"], 2)]


def test_a_counter_to_what_was_accepted_opens_the_talks_again(
    proposed: Sheet, investor: Person, creator: Person
) -> None:
    creator.post(f"/term-sheets/{proposed['id']}/accept")
    assert counter(creator, proposed, 1).status_code == 201
    shown = investor.get(f"/term-sheets/{proposed['id']}").json
    assert (shown["state"], [a["side"] for a in shown["accepted_by"]]) == ("countered", ["project"])


def test_answers_need_no_body(proposed: Sheet, creator: Person) -> None:
    answer = creator.call("POST", f"/term-sheets/{proposed['id']}/accept")
    assert (answer.status_code, answer.json["state"]) == (200, "accepted")


@pytest.mark.parametrize("verb", ["reject", "withdraw"])
def test_an_ended_term_sheet_takes_nothing_more(
    proposed: Sheet, investor: Person, creator: Person, verb: str
) -> None:
    who = creator if verb == "reject" else investor
    ended = who.post(f"/term-sheets/{proposed['id']}/{verb}", {"reason": "too dear"})
    assert (ended.status_code, ended.json["close_reason"]) == (200, "too dear")
    assert ended.json["state"] == {"reject": "rejected", "withdraw": "withdrawn"}[verb]
    assert [e["state"] for e in events("TermSheetClosed")] == [ended.json["state"]]
    for action in ("propose", "accept", "reject", "withdraw"):
        assert investor.post(f"/term-sheets/{proposed['id']}/{action}").json["code"] == "invalid_transition"
    assert counter(creator, proposed, 1).json["code"] == "invalid_transition"


def test_strangers_know_nothing_and_viewers_only_read(
    proposed: Sheet, creator: Person, person: Callable[..., Person]
) -> None:
    path = f"/term-sheets/{proposed['id']}"
    verbs = ("propose", "accept", "reject", "withdraw", "clauses/law/accept", "clauses/law/reopen")
    for stranger in (person("investor"), person("park"), person("platform")):
        assert stranger.get(path).status_code == 404
        assert stranger.get(f"{path}/clauses").status_code == 404
        assert {stranger.post(f"{path}/{verb}").status_code for verb in verbs} == {404}
        assert stranger.post(f"{path}/comments", {"clause": "law", "text": "x"}).status_code == 404
    viewer = person("creator", "viewer", organisation_id=creator.organisation_id)
    assert viewer.get(path).status_code == 200
    assert {viewer.post(f"{path}/{verb}").status_code for verb in verbs} == {403}
    # The other side answers; it does not take back what is not its own.
    assert creator.post(f"{path}/withdraw").status_code == 403


def test_of_a_withdrawn_draft_the_other_side_learns_nothing(
    sheet: Sheet, investor: Person, creator: Person, deal: dict[str, Any]
) -> None:
    before = creator.get(f"/deals/{deal['id']}/timeline").json["total"]
    investor.post(f"/term-sheets/{sheet['id']}/withdraw")
    assert creator.get(f"/deals/{deal['id']}/timeline").json["total"] == before
    assert not [n for n in creator.get("/notifications").json["items"] if "term-sheets" in n["link"]]


@pytest.fixture
def brief(deal: dict[str, Any], investor: Person) -> Sheet:
    """A draft that is valid for five days, less than a token lives."""
    until = (clock.today() + timedelta(days=5)).isoformat()
    body = {"template": "loan", "terms": {"validity": {"until": until}}}
    return dict(investor.post(f"/deals/{deal['id']}/term-sheets", body).json)


@pytest.fixture
def day(brief: Sheet) -> Iterator[Callable[[int], None]]:
    """Set the clock to noon in China, so many days after the last valid one."""
    until = clock.parse(f"{brief['valid_until']}T04:00:00Z")
    yield lambda days: clock.freeze(until + timedelta(days=days))
    clock.freeze(None)


def test_what_was_valid_until_yesterday_expires_and_is_announced_before(
    brief: Sheet, investor: Person, creator: Person, day: Callable[[int], None]
) -> None:
    investor.post(f"/term-sheets/{brief['id']}/propose")
    day(-2)
    with db.system_edge():
        service.remind_due()
        service.remind_due()
    told = [n["title"] for n in creator.get("/notifications").json["items"]]
    assert told.count("A term sheet ends within three days") == 1
    day(1)
    late = creator.post(f"/term-sheets/{brief['id']}/accept")
    assert (late.status_code, late.json["code"]) == (409, "expired")
    assert counter(creator, brief, 1).json["code"] == "expired"
    with db.system_edge():
        jobs.enqueue("termsheets.expire", {})
    jobs.run_due()
    assert state(investor, brief) == "expired"
    assert [e["state"] for e in events("TermSheetClosed")] == ["expired"]


def test_a_term_sheet_that_has_lapsed_is_not_proposed(
    brief: Sheet, investor: Person, day: Callable[[int], None]
) -> None:
    day(1)
    refused = investor.post(f"/term-sheets/{brief['id']}/propose")
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "terms.validity.until")


def test_a_clause_is_accepted_as_it_reads(proposed: Sheet, investor: Person, creator: Person) -> None:
    def clause(key: str) -> dict[str, Any]:
        items = creator.get(f"/term-sheets/{proposed['id']}/clauses").json["items"]
        return next(dict(item) for item in items if item["clause"] == key)

    assert clause("exclusivity")["agreed"] == ["investor"]
    taken = creator.post(f"/term-sheets/{proposed['id']}/clauses/exclusivity/accept", {"version": 1})
    assert (taken.status_code, taken.json["agreed"], taken.json["open"]) == (
        200,
        ["investor", "project"],
        False,
    )
    counter(investor, proposed, 1, 12)
    assert clause("exclusivity")["agreed"] == ["investor"]
    stale = creator.post(f"/term-sheets/{proposed['id']}/clauses/exclusivity/accept", {"version": 1})
    assert (stale.status_code, stale.json["code"]) == (409, "superseded")
    # Another clause of that version reads as before, so it may be accepted by its older number.
    assert (
        creator.post(f"/term-sheets/{proposed['id']}/clauses/law/accept", {"version": 1}).status_code == 200
    )
    assert creator.post(f"/term-sheets/{proposed['id']}/clauses/law/reopen").json["agreed"] == ["investor"]
    assert creator.post(f"/term-sheets/{proposed['id']}/clauses/nothing/accept").status_code == 404


def test_who_counters_agrees_with_what_it_left_as_it_was(
    proposed: Sheet, investor: Person, creator: Person
) -> None:
    counter(creator, proposed, 1, 12)
    clauses = investor.get(f"/term-sheets/{proposed['id']}/clauses").json["items"]
    left = [c["clause"] for c in clauses if c["open"]]
    assert left == ["exclusivity"]
    changed = next(c for c in clauses if c["clause"] == "exclusivity")
    assert (changed["in_version"], changed["by_side"], changed["agreed"]) == (2, "project", ["project"])


def test_comments_form_threads_that_are_settled(proposed: Sheet, investor: Person, creator: Person) -> None:
    path = f"/term-sheets/{proposed['id']}/comments"
    asked = creator.post(path, {"clause": "law", "text": "Why Beijing?"})
    assert (asked.status_code, asked.json["by_side"]) == (201, "project")
    answer = investor.post(path, {"clause": "law", "text": "Our seat.", "parent_id": asked.json["id"]})
    again = creator.post(path, {"clause": "law", "text": "Fine.", "parent_id": answer.json["id"]})
    assert answer.json["parent_id"] == again.json["parent_id"] == asked.json["id"]
    assert creator.post(path, {"clause": "nothing", "text": "x"}).status_code == 404
    assert creator.post(path, {"clause": "law", "text": " "}).status_code == 422
    settled = investor.post(f"{path}/{asked.json['id']}/resolve")
    assert settled.json["resolved_at"]
    assert investor.post(f"{path}/{answer.json['id']}/resolve").status_code == 404
    clause = next(
        c
        for c in investor.get(f"/term-sheets/{proposed['id']}/clauses").json["items"]
        if c["clause"] == "law"
    )
    assert [c["text"] for c in clause["comments"]] == ["Why Beijing?", "Our seat.", "Fine."]


def test_the_difference_is_told_by_clause_word_and_value(
    proposed: Sheet, investor: Person, creator: Person
) -> None:
    counter(creator, proposed, 1, 12)
    diff = investor.get(f"/term-sheets/{proposed['id']}/diff?from=1&to=2").json
    (change,) = diff["clauses"]
    assert (change["clause"], change["by_side"], change["in_version"]) == ("exclusivity", "project", 2)
    (value,) = change["parameters"]
    assert (value["before"]["en"], value["after"]["zh"]) == ("30 days", "12日")
    words = [(s["kind"], s["text"]) for s in change["lines"][0]["en"] if s["kind"] != "same"]
    assert words == [("del", "30"), ("ins", "12")]


def test_signing_starts_from_what_both_accepted_and_closes_the_rest(
    proposed: Sheet, deal: dict[str, Any], investor: Person, creator: Person
) -> None:
    rival = creator.post(f"/deals/{deal['id']}/term-sheets", {"template": "loan"}).json
    other = investor.post(f"/deals/{deal['id']}/term-sheets", {"template": "presale"}).json
    investor.post(f"/term-sheets/{other['id']}/propose")

    def act(who: Person, what: Callable[..., Any], *args: Any, **more: Any) -> Any:
        with who.app.app_context(), db.edge(actor=who.actor):
            return what(who.actor, *args, **more).state

    with pytest.raises(Exception, match="Both sides must accept"):
        act(investor, service.start_signing, proposed["id"])
    creator.post(f"/term-sheets/{proposed['id']}/accept")
    with pytest.raises(Exception, match="no longer the current one"):
        act(investor, service.start_signing, proposed["id"], version=2)
    assert act(investor, service.start_signing, proposed["id"], version=1) == "signing"
    assert counter(creator, proposed, 1).json["code"] == "invalid_transition"
    assert act(investor, service.stop_signing, proposed["id"]) == "accepted"
    act(investor, service.start_signing, proposed["id"])
    assert act(creator, service.complete, proposed["id"]) == "executed"
    assert state(creator, rival) == state(investor, other) == "withdrawn"
    assert investor.get(f"/term-sheets/{rival['id']}").status_code == 404
    assert investor.get(f"/deals/{deal['id']}").json["stage"] == "signed"
    (done,) = events("TermSheetExecuted")
    assert (done["term_sheet_id"], done["version"]) == (proposed["id"], 1)
    with db.system_edge(write=False):
        assert not any(invariants.run_all().values())


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_pages_lead_from_proposal_to_agreement(
    proposed: Sheet, investor: Person, creator: Person, lang: str
) -> None:
    path = f"/term-sheets/{proposed['id']}"
    ours, theirs = investor.browser(lang), creator.browser(lang)
    assert f'action="{path}/accept"' in theirs.get(path).text
    assert f'action="{path}/accept"' not in ours.get(path).text
    said = theirs.post(f"{path}/comments", data={"clause": "law", "text": "CANARY question"})
    assert said.location.endswith("#clause-law")
    assert "CANARY question" in ours.get(path).text
    counter(creator, proposed, 1, 12)
    page = ours.get(path).text
    assert "<del>30</del><ins>12</ins>" in page.replace("日", "")
    assert "<ins>12</ins>" in ours.get(f"{path}/diff?from=1&to=2").text.replace("日", "")
    part = ours.post(
        f"{path}/clauses/exclusivity/accept", data={"version": "2"}, headers={"HX-Request": "true"}
    )
    assert 'id="clause-exclusivity"' in part.text
    assert 'id="open-points"' in part.text
    assert ours.post(f"{path}/accept", data={"version": "1"}).status_code == 303
    assert state(investor, proposed) == "countered"
    for _click in range(2):
        assert ours.post(f"{path}/accept", data={"version": "2"}).status_code == 303
    assert state(investor, proposed) == "accepted"


def test_the_page_asks_for_a_reason_to_reject(proposed: Sheet, creator: Person) -> None:
    browser = creator.browser()
    assert browser.post(f"/term-sheets/{proposed['id']}/reject", data={"reason": " "}).status_code == 422
    for _click in range(2):
        answer = browser.post(f"/term-sheets/{proposed['id']}/reject", data={"reason": "too dear"})
        assert answer.status_code == 303
    assert state(creator, proposed) == "rejected"


@pytest.mark.parametrize("lang", ["zh", "en", "zh%2Ben"])
def test_the_redline_prints(proposed: Sheet, investor: Person, creator: Person, lang: str) -> None:
    counter(creator, proposed, 1, 12)
    first = investor.get(f"/term-sheets/{proposed['id']}.pdf?lang={lang}&against=1")
    assert (first.status_code, first.data[:5]) == (200, b"%PDF-")
    assert (
        creator.get(f"/term-sheets/{proposed['id']}.pdf?lang={lang}&against=1&version=2").data == first.data
    )
