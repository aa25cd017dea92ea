"""Every page that has a place in the navigation, for each kind of user, in both languages and at both widths."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable

import pytest

from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.browser
PAGES: dict[str | None, tuple[str, ...]] = {
    None: ("/login", "/signup", "/forgot", "/nowhere"),
    "creator": ("/", "/projects", "/projects?view=table", "/projects/new", "/projects/import", "/projects/genres", "/deals",
                "/notifications", "/settings", "/settings/members", "/settings/organisation", "/settings/security",
                "/settings/tokens", "/settings/organisations/new", "/models"),
    "investor": ("/", "/projects", "/mandates", "/mandates/new", "/mandates/import", "/deals", "/notifications", "/search?q=女", "/search"),
    "fund": ("/", "/projects", "/projects?view=table", "/mandates", "/deals"),
    "park": ("/", "/projects", "/projects/genres"),
    "admin": ("/", "/admin", "/admin/users", "/admin/jobs", "/admin/audit"),
}  # fmt: skip


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("login", PAGES)
def test_pages_stand_in_both_languages_and_widths(
    visit: Callable[..., Visitor], login: str | None, lang: str, width: int
) -> None:
    visitor = visit(login, lang, width)
    wrong = []
    for path in PAGES[login]:
        visitor.expected = {404} if path == "/nowhere" else set()
        name = f"{login or 'anybody'}{path.replace('/', '-').replace('?', '-')}".rstrip("-")
        try:
            visitor.go(path, name)
        except AssertionError as fault:
            wrong.append(str(fault))
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.parametrize("path", ["/api/v1/tokens", "/api/v1/projects"])
def test_a_sender_of_too_much_hears_the_refusal_and_not_a_broken_connection(site: str, path: str) -> None:
    body = b'{"email": "' + b"a" * 40_000_000 + b'"}'
    request = urllib.request.Request(site + path, body, {"Content-Type": "application/json"})  # noqa: S310 - our own server
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)  # noqa: S310 - our own server
    refused.value.close()
    assert refused.value.code == 413
    assert refused.value.headers["Content-Type"] == "application/problem+json"
