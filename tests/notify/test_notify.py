"""The inbox, the unread count, mails in the reader's language."""

from __future__ import annotations

import email
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from dealflow.accounts.models import User
from dealflow.core import db, i18n, jobs, mail
from dealflow.notify import service
from tests.factories.world import dismiss


def tell(**values: Any) -> list[str]:
    with db.system_edge():
        return service.tell(**{"code": "test.saved", "title": "Saved.", "link": "/settings"} | values)


def test_members_are_told_once_and_the_doer_is_not(app: Any, person: Any) -> None:
    boss = person()
    other = person(role="member", organisation_id=boss.organisation_id)
    stranger = person()
    for _ in range(2):
        tell(organisation_id=boss.organisation_id, but=boss.user_id, key="saved:1")
    assert [n["title"] for n in other.get("/notifications").json["items"]] == ["Saved."]
    assert boss.get("/notifications").json["total"] == 0
    assert stranger.get("/notifications").json["total"] == 0


def test_reading(app: Any, person: Any) -> None:
    who, stranger = person(), person()
    first, _second = tell(user_ids=[who.user_id]) + tell(user_ids=[who.user_id])
    client = who.browser()
    assert "2 unread notifications" in client.get("/settings").text
    assert stranger.post(f"/notifications/{first}/read").status_code == 404
    answer = who.post(f"/notifications/{first}/read")
    assert answer.json["read_at"]
    assert who.post(f"/notifications/{first}/read").json == answer.json
    assert who.get("/notifications?unread=true").json["total"] == 1
    assert client.post(f"/notifications/{_second}").location == "/settings"
    assert "2 unread" not in client.get("/settings").text
    tell(user_ids=[who.user_id])
    assert "New notifications" in client.get("/").text
    assert client.post("/notifications").status_code == 303
    assert who.get("/notifications?unread=true").json["total"] == 0
    assert "No notifications yet" not in client.get("/notifications").text
    assert "No notifications yet" in stranger.browser().get("/notifications").text


def test_each_reads_their_own_language(app: Any, person: Any) -> None:
    who = person()
    tell(user_ids=[who.user_id], title="%(name)s", params={"name": {"zh": "夜雨", "en": "Night Rain"}})
    for header, title in (("zh", "夜雨"), ("en", "Night Rain")):
        items = who.get("/notifications", headers={"Accept-Language": header}).json["items"]
        assert items[0]["title"] == title


def test_what_concerns_an_organisation_goes_with_the_membership(app: Any, person: Any) -> None:
    boss = person()
    other = person(role="member", organisation_id=boss.organisation_id)
    tell(organisation_id=boss.organisation_id)
    assert other.get("/notifications").json["total"] == 1
    dismiss(other)
    assert other.get("/notifications").json["total"] == 0


@pytest.mark.parametrize("link", ["//evil.test", "https://evil.test", "javascript:x", ""])
def test_links_stay_here(app: Any, person: Any, link: str) -> None:
    with pytest.raises(ValueError, match="path of this site"):
        tell(user_ids=[person().user_id], link=link)


def outbox(app: Any) -> list[Any]:
    jobs.run_due()
    paths = sorted((Path(app.instance_path) / "mail").glob("*.eml"))
    return [email.message_from_bytes(path.read_bytes(), policy=default) for path in paths]


def test_mails_speak_the_readers_language(app: Any, person: Any) -> None:
    chinese, english = person(), person()
    with db.system_edge() as session:
        session.get_one(User, english.user_id).locale = "en"
    tell(
        user_ids=[chinese.user_id, english.user_id], by_mail=True, title="Notifications", text="%(title)s",
        params={"title": "<script>alert(1)</script> {{7*7}}"},
    )  # fmt: skip
    mails = {m["To"]: m for m in outbox(app)}
    assert mails[english.email]["Subject"] == "Notifications"
    with i18n.using("zh"):
        assert mails[chinese.email]["Subject"] == i18n.gettext("Notifications") != "Notifications"
    html = mails[english.email].get_body(("html",)).get_content()
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{7*7}}" in html
    assert "http://localhost/settings" in mails[english.email].get_body(("plain",)).get_content()


def test_headers_cannot_be_added(app: Any, person: Any) -> None:
    with db.system_edge():
        mail.send("a@example.test", "Hello\r\nBcc: b@example.test", ["text"])
    (message,) = outbox(app)
    assert message["Bcc"] is None
    assert message["Subject"] == "Hello Bcc: b@example.test"


HOSTILE = "<b>x</b> {{7*7}} {% raw %} %(user)s\r\nBcc: b@example.test\r\n\u202egpj.exe\u0007 " + "名" * 300


def test_hostile_names_stay_text_in_subject_and_in_both_bodies(app: Any, person: Any) -> None:
    reader = person()
    tell(user_ids=[reader.user_id], by_mail=True, title="%(name)s", text="%(name)s", params={"name": HOSTILE})
    (message,) = outbox(app)
    assert set(message.keys()) & {"Bcc", "Cc", "To"} == {"To"}
    subject = " ".join(message["Subject"].split())  # folding may leave two blanks
    assert subject.startswith("<b>x</b> {{7*7}} {% raw %} %(user)s Bcc: b@example.test gpj.exe 名名")
    assert len(subject) <= 300
    plain = message.get_body(("plain",)).get_content()
    html = message.get_body(("html",)).get_content()
    assert "{{7*7}} {% raw %} %(user)s" in plain
    assert "&lt;b&gt;x&lt;/b&gt; {{7*7}} {% raw %} %(user)s" in html
    for part in (plain, html):
        assert "名" * 300 in part
        assert "49" not in part
        assert not {"\u202e", "\u0007"} & set(part)
    assert "<b>x" not in html


def test_sent_mails_are_not_kept(app: Any, person: Any) -> None:
    with db.system_edge():
        mail_id = mail.send("a@example.test", "Hello", ["a secret link"])
    assert len(outbox(app)) == 1
    with db.system_edge() as session:
        row = session.get_one(mail.OutgoingMail, mail_id)
        assert (row.text, row.html) == (None, None)
        assert row.sent_at is not None
    mail.deliver(mail_id)
    assert len(outbox(app)) == 1
