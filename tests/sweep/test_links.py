"""Links by name: what templates and pages call `url_for` with is a page there is, with everything its address needs."""

from __future__ import annotations

import re
from pathlib import Path

from flask import Flask

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"url_for\(\s*f?['\"]([a-z_.]+)['\"]\s*((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)")
GIVEN = re.compile(r"(\*\*)|(?:^|,)\s*([a-z_]+)=")


def links() -> list[tuple[str, str, set[str]]]:
    """File, endpoint, and the arguments that are given (`**` when they are not written out)."""
    sources = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "dealflow").rglob("*.py")]
    return [
        (str(path.relative_to(ROOT)), endpoint, {stars or name for stars, name in GIVEN.findall(given)})
        for path in sources
        for endpoint, given in NAMED.findall(path.read_text("utf-8"))
    ]


def test_every_link_names_a_page_and_gives_what_its_address_needs(app: Flask) -> None:
    found, wrong = links(), []
    for path, endpoint, given in found:
        # A name that begins with a dot is of the page's own room.
        rules = [
            rule.arguments for rule in app.url_map.iter_rules()
            if rule.endpoint == endpoint or (endpoint[0] == "." and rule.endpoint.endswith(endpoint))
        ]  # fmt: skip
        if not any("**" in given or needs <= given for needs in rules):
            wrong.append(f"{path}: {endpoint} {sorted(given)}")
    assert len(found) > 500
    assert not wrong, "\n".join(wrong)
