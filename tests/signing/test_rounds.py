"""Signing in order: whose turn it is, who may not, what ends a round, what follows when all have signed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import pyotp
import pytest
from PIL import Image

from dealflow.accounts import otp
from dealflow.accounts.models import User
from dealflow.core import clock, db, invariants
from dealflow.core.outbox import OutboxEvent
from dealflow.signing import service
from tests.conftest import Person

Sheet = dict[str, Any]


@pytest.fixture(autouse=True)
def _clock_runs() -> Iterator[None]:
    yield
    clock.set_base(None)


def sign(who: Person, sheet: Sheet, **body: Any) -> Any:
    return who.post(f"/term-sheets/{sheet['id']}/sign", body)


def steps(who: Person, sheet: Sheet) -> list[str]:
    return [s["state"] for s in who.get(f"/term-sheets/{sheet['id']}/signing").json["steps"]]


def authenticator(who: Person) -> pyotp.TOTP:
    """Give somebody a second step."""
    secret = otp.new_secret()
    with db.system_edge() as session:
        user = session.get_one(User, who.user_id)
        user.otp_secret, user.otp_enabled_at = otp.seal(secret), clock.now()
    return pyotp.TOTP(secret)


def events(name: str) -> list[dict[str, Any]]:
    with db.system_edge(write=False) as session:
        return [row.payload for row in session.query(OutboxEvent).filter_by(name=name)]


def test_both_sides_sign_in_order_and_the_terms_are_in_force(
    sheet: Sheet, deal: Sheet, investor: Person, creator: Person
) -> None:
    first = sign(investor, sheet, title="Managing Partner", version=1)
    assert (first.status_code, first.json["state"]) == (200, "signing")
    assert steps(creator, sheet) == ["signed", "waiting"]
    told = [n["title"] for n in creator.get("/notifications").json["items"]]
    assert any(re.fullmatch("The term sheet of “.+” waits for your signature", title) for title in told)
    second = sign(creator, sheet)
    assert (second.status_code, second.json["state"]) == (200, "executed")
    assert investor.get(f"/deals/{deal['id']}").json["stage"] == "signed"
    assert [e["term_sheet_id"] for e in events("TermSheetExecuted")] == [sheet["id"]]
    tags = [e["tag"] for e in investor.get("/audit").json["items"]]
    assert {"signing:round:begun", "signing:step:signed"} <= set(tags)
    with db.system_edge(write=False):
        assert not any(invariants.run_all().values())


def test_nobody_signs_out_of_turn_twice_or_after_the_end(
    sheet: Sheet, investor: Person, creator: Person
) -> None:
    early = sign(creator, sheet)
    assert (early.status_code, early.json["code"]) == (409, "not_your_turn")
    sign(investor, sheet)
    again = sign(investor, sheet)
    assert (again.status_code, again.json["code"]) == (409, "signed_already")
    sign(creator, sheet)
    late = sign(creator, sheet)
    assert (late.status_code, late.json["code"]) == (409, "invalid_transition")


def test_what_is_not_accepted_by_both_is_not_signed(deal: Sheet, investor: Person, creator: Person) -> None:
    draft = investor.post(f"/deals/{deal['id']}/term-sheets", {"template": "loan"}).json
    assert sign(investor, draft).status_code == 409
    assert sign(creator, draft).status_code == 404
    investor.post(f"/term-sheets/{draft['id']}/propose")
    assert sign(creator, draft).json["code"] == "invalid_transition"


def test_strangers_know_nothing_and_viewers_do_not_sign(
    sheet: Sheet, investor: Person, person: Callable[..., Person]
) -> None:
    stranger = person("investor")
    for call in (
        lambda: sign(stranger, sheet),
        lambda: stranger.get(f"/term-sheets/{sheet['id']}/signing"),
        lambda: stranger.post(f"/term-sheets/{sheet['id']}/signing"),
        lambda: stranger.post(f"/term-sheets/{sheet['id']}/sign/stop", {"reason": "x"}),
        lambda: stranger.get(f"/term-sheets/{sheet['id']}/signed.pdf"),
    ):
        assert call().status_code == 404
    viewer = person("investor", "viewer", organisation_id=investor.organisation_id)
    assert sign(viewer, sheet).status_code == 403


def test_a_named_signer_signs_in_person(
    sheet: Sheet, investor: Person, creator: Person, person: Callable[..., Person]
) -> None:
    colleague = person("investor", "member", organisation_id=investor.organisation_id)
    signers = [
        {"side": "project", "email": creator.email},
        {"side": "investor", "email": colleague.email, "title": "CFO"},
        {"side": "investor", "email": investor.email},
    ]
    begun = creator.post(f"/term-sheets/{sheet['id']}/signing", {"signers": signers})
    assert begun.status_code == 201, begun.json
    assert sign(creator, sheet).status_code == 200
    delegated = sign(investor, sheet)
    assert (delegated.status_code, delegated.json["code"]) == (403, "not_the_signer")
    assert sign(colleague, sheet).json["state"] == "signing"
    assert sign(investor, sheet).json["state"] == "executed"


@pytest.mark.parametrize(
    ("signers", "field"),
    [
        ([{"side": "investor"}, {"side": "investor"}], "signers"),
        ([{"side": "investor"}, {"side": "project", "email": "nobody@example.test"}], "signers.1.email"),
    ],
)
def test_signers_are_of_both_sides_and_known(
    sheet: Sheet, investor: Person, signers: Any, field: str
) -> None:
    answer = investor.post(f"/term-sheets/{sheet['id']}/signing", {"signers": signers})
    assert (answer.status_code, [e["field"] for e in answer.json["errors"]]) == (422, [field])
    assert investor.get(f"/term-sheets/{sheet['id']}").json["state"] == "accepted"


def test_whoever_has_an_authenticator_proves_a_fresh_code(
    sheet: Sheet, investor: Person, creator: Person
) -> None:
    codes = authenticator(investor)
    missing = sign(investor, sheet)
    assert (missing.status_code, missing.json["errors"][0]["code"]) == (422, "otp_required")
    wrong = sign(investor, sheet, otp="000000")
    assert (wrong.status_code, wrong.json["errors"][0]["code"]) == (422, "wrong_code")
    right = sign(investor, sheet, otp=codes.at(clock.now()))
    assert right.status_code == 200, right.json
    assert investor.get(f"/term-sheets/{sheet['id']}/signing").json["steps"][0]["second_factor"] is True
    assert sign(creator, sheet).json["state"] == "executed"


def test_wrong_codes_are_counted_until_no_more_are_judged(sheet: Sheet, investor: Person) -> None:
    authenticator(investor)
    answers = [sign(investor, sheet, otp="000000").status_code for _ in range(12)]
    assert answers[0] == 422
    assert answers[-1] == 429


def test_a_round_may_demand_an_authenticator_of_everybody(sheet: Sheet, investor: Person) -> None:
    investor.post(f"/term-sheets/{sheet['id']}/signing", {"require_otp": True})
    refused = sign(investor, sheet)
    assert (refused.status_code, refused.json["code"]) == (403, "otp_needed")


def test_declining_ends_the_round_and_the_accepted_version_stands(
    sheet: Sheet, investor: Person, creator: Person
) -> None:
    sign(investor, sheet)
    bare = creator.post(f"/term-sheets/{sheet['id']}/sign/decline", {"reason": " "})
    assert bare.status_code == 422
    declined = creator.post(
        f"/term-sheets/{sheet['id']}/sign/decline", {"reason": "the tranche dates are wrong"}
    )
    assert declined.json["state"] == "accepted"
    shown = investor.get(f"/term-sheets/{sheet['id']}/signing").json
    assert (shown["state"], shown["close_reason"]) == ("declined", "the tranche dates are wrong")
    assert sign(investor, sheet).json["state"] == "signing"


def test_a_round_can_be_stopped_with_a_reason(sheet: Sheet, investor: Person, creator: Person) -> None:
    sign(investor, sheet)
    stopped = creator.post(f"/term-sheets/{sheet['id']}/sign/stop", {"reason": "one clause is missing"})
    assert stopped.json["state"] == "accepted"
    assert creator.post(f"/term-sheets/{sheet['id']}/sign/stop", {"reason": "x"}).status_code == 409


def test_signing_a_version_that_is_no_longer_current_is_refused(sheet: Sheet, investor: Person) -> None:
    stale = sign(investor, sheet, version=7)
    assert (stale.status_code, stale.json["code"]) == (409, "superseded")
    sign(investor, sheet, version=1)
    counter = investor.post(
        f"/term-sheets/{sheet['id']}/versions", {"terms": sheet["terms"], "base_version": 1}
    )
    assert counter.status_code == 409


def test_a_round_expires_and_can_begin_anew(sheet: Sheet, investor: Person, creator: Person) -> None:
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    investor.post(f"/term-sheets/{sheet['id']}/signing", {"expires_on": tomorrow})
    sign(investor, sheet)
    clock.set_base(clock.now() + timedelta(days=2))
    late = sign(creator, sheet)
    assert (late.status_code, late.json["code"]) == (409, "expired")
    with db.system_edge():
        assert service.expire_due() == 1
    assert creator.get(f"/term-sheets/{sheet['id']}/signing").json["state"] == "expired"
    assert creator.get(f"/term-sheets/{sheet['id']}").json["state"] == "accepted"
    past = investor.post(f"/term-sheets/{sheet['id']}/signing", {"expires_on": "2020-01-01"})
    assert [e["field"] for e in past.json["errors"]] == ["expires_on"]
    assert sign(investor, sheet).json["state"] == "signing"


def test_a_round_that_nobody_has_closed_yet_says_so_and_can_begin_anew(
    sheet: Sheet, investor: Person, creator: Person
) -> None:
    page = f"/term-sheets/{sheet['id']}"
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    investor.post(f"{page}/signing", {"expires_on": tomorrow})
    sign(investor, sheet)
    clock.set_base(clock.now() + timedelta(days=2))
    shown = creator.browser().get(f"{page}?lang=en").text
    assert "The time to sign has passed" in shown
    assert f'action="{page}/sign"' not in shown
    begun = creator.post(f"{page}/signing")
    assert (begun.status_code, begun.json["state"]) == (201, "open")
    assert [step["state"] for step in begun.json["steps"]] == ["waiting", "waiting"]
    assert "signing:round:expired" in [e["tag"] for e in investor.get("/audit").json["items"]]
    with db.system_edge():
        assert service.expire_due() == 0


def test_the_page_says_who_declined_why_and_that_nobody_signs_for_another(
    sheet: Sheet, investor: Person, creator: Person, person: Callable[..., Person]
) -> None:
    page = f"/term-sheets/{sheet['id']}"
    colleague = person("investor", "member", organisation_id=investor.organisation_id)
    signers = [{"side": "investor", "email": investor.email}, {"side": "project"}]
    assert creator.post(f"{page}/signing", {"signers": signers}).status_code == 201
    forwarded = colleague.browser().get(f"{page}?lang=en").text
    assert "a signature cannot be given for somebody else" in forwarded
    assert f'action="{page}/sign"' not in forwarded
    tried = colleague.browser().post(f"{page}/sign", data={"version": "1"}, follow_redirects=True)
    assert "is to sign here" in tried.text
    refused = investor.browser().post(f"{page}/sign/decline", data={"reason": "<b>dates</b>"})
    assert refused.status_code == 303
    shown = creator.browser().get(f"{page}?lang=en").text
    assert "declined to sign" in shown
    assert "&lt;b&gt;dates&lt;/b&gt;" in shown


def test_whoever_is_late_is_reminded_every_second_day(sheet: Sheet, investor: Person) -> None:
    sign(investor, sheet)
    with db.system_edge():
        service.remind_due()
    before = len(investor.get("/notifications").json["items"])
    told = []
    for days in (1, 2, 2, 4):
        clock.set_base(clock.now() + timedelta(days=days))
        with db.system_edge():
            service.remind_due()
        with db.system_edge(write=False) as session:
            told.append(session.execute(db_reminders()).scalar_one())
    assert told == [0, 1, 2, 3]
    assert len(investor.get("/notifications").json["items"]) == before


def db_reminders() -> Any:
    from sqlalchemy import func, select

    from dealflow.notify.models import Notification

    return select(func.count()).select_from(Notification).where(Notification.key.like("signing.reminder:%"))


def test_the_seal_is_words_or_a_picture_and_owners_set_it(
    investor: Person, person: Callable[..., Person]
) -> None:
    member = person("investor", "member", organisation_id=investor.organisation_id)
    assert member.browser().post("/settings/seal", data={"words": "远山资本"}).status_code == 403
    browser = investor.browser()
    assert browser.post("/settings/seal", data={"words": ""}).status_code == 422
    assert browser.post("/settings/seal", data={"words": "远山资本管理有限公司"}).status_code == 303
    assert "远山资本管理有限公司" in browser.get("/settings/seal").text
    stream = BytesIO()
    Image.new("RGB", (300, 300), "red").save(stream, "PNG")
    stream.seek(0)
    assert browser.post("/settings/seal", data={"file": (stream, "seal.png")}).status_code == 303
    page = browser.get("/settings/seal").text
    assert "seal-picture" in page
    refused = browser.post("/settings/seal", data={"file": (BytesIO(b"not a picture"), "seal.png")})
    assert refused.status_code in (415, 422)


def test_the_pages_lead_from_acceptance_to_the_signed_file(
    sheet: Sheet, investor: Person, creator: Person
) -> None:
    mine, theirs = investor.browser(), creator.browser()
    address = f"/term-sheets/{sheet['id']}"
    assert f"{address}/signing" in mine.get(address).text
    bad = mine.post(
        f"{address}/signing", data={"side-0": "investor", "email-0": "", "side-1": "", "language": "zh"}
    )
    assert bad.status_code == 422
    begun = mine.post(
        f"{address}/signing",
        data={"side-0": "investor", "side-1": "project", "title-1": "制片人", "language": "zh+en"},
    )
    assert begun.status_code == 303
    assert f'action="{address}/sign"' in mine.get(address).text
    assert f'action="{address}/sign"' not in theirs.get(address).text
    assert mine.post(f"{address}/sign", data={"title": "合伙人", "version": "1"}).status_code == 303
    assert theirs.post(f"{address}/sign", data={"version": "1"}).status_code == 303
    assert theirs.get(f"/api/v1{address}", headers={"Accept-Language": "en"}).json["state"] == "executed"


def test_a_refused_signature_is_told_and_what_was_typed_stays(
    sheet: Sheet, investor: Person, creator: Person
) -> None:
    signers = [{"side": "investor", "title": "Partner"}, {"side": "project"}]
    assert creator.post(f"/term-sheets/{sheet['id']}/signing", {"signers": signers}).status_code == 201
    browser, page = investor.browser(), f"/term-sheets/{sheet['id']}"
    assert 'value="Partner"' in browser.get(page).text, "the title that whoever began asked for"
    refused = browser.post(f"{page}/sign", data={"title": "Managing Partner", "version": "9"})
    assert refused.location == page, "to the top, where it is told"
    again = browser.get(page).text
    assert "Version 9 is no longer the current one" in again
    assert 'value="Managing Partner"' in again
