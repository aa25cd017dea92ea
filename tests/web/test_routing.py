"""Routes that are compiled late build the addresses that Werkzeug's own do."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from flask import Flask
from werkzeug.exceptions import NotFound
from werkzeug.routing import Map, Rule
from werkzeug.routing.converters import AnyConverter, BaseConverter, NumberConverter

from dealflow.web.routing import LateRule
from tests.conftest import Person
from tests.factories import world as worlds


def value_for(converter: BaseConverter) -> object:
    """A value that the converter takes, awkward where it may be."""
    if isinstance(converter, AnyConverter):
        return min(converter.items)
    return 7 if isinstance(converter, NumberConverter) else "a b/镕"


@pytest.mark.parametrize("unknown", [True, False])
def test_every_route_builds_the_address_of_a_plain_route_twice_over(app: Flask, unknown: bool) -> None:
    rules = list(app.url_map.iter_rules())
    assert len(rules) > 150
    for rule in rules:
        plain = Rule(rule.rule, endpoint=rule.endpoint, defaults=rule.defaults)
        Map([plain], converters=app.url_map.converters)
        values = {"extra": "2&3"} | {
            name: value_for(converter) for name, converter in rule._converters.items()
        }
        assert isinstance(rule, LateRule)
        for _ in range(2):
            assert rule.build(values, unknown) == plain.build(values, unknown)


@pytest.mark.parametrize("number", ["999999999", "9999999999", "9" * 20, "9" * 5000, "-1", "01", "１", "٣"])
def test_a_number_in_an_address_that_is_none_of_ours_leads_nowhere(
    app: Flask, person: Callable[..., Person], number: str
) -> None:
    world = worlds.build(person)
    versions = f"/projects/{world.ids['published']}/versions"
    assert world["creator.owner"].get(f"{versions}/1").status_code == 200
    assert world["creator.owner"].get(f"{versions}/{quote(number)}").status_code == 404
    addresses = app.url_map.bind("localhost")
    asked = [rule for rule in app.url_map.iter_rules() if "<int:" in rule.rule]
    assert len(asked) >= 5
    for rule in asked:
        found = re.sub("<[a-z_]+>", "x", rule.rule)
        method = min(rule.methods or set())
        assert addresses.match(re.sub("<int:[a-z]+>", "1", found), method)
        if number != "999999999":
            with pytest.raises(NotFound):
                addresses.match(re.sub("<int:[a-z]+>", number, found), method)


@pytest.mark.parametrize("path", ["/api//v1/projects", "/projects//new", "/static//css/base.css", "/login//"])
def test_a_doubled_slash_leads_nowhere_and_to_no_other_host(app: Flask, path: str) -> None:
    answer = app.test_client().get(path, headers={"Host": "evil.test"})
    assert "evil.test" not in answer.headers.get("Location", "") + answer.text
    assert answer.status_code == 404


def test_no_address_ends_in_a_slash_that_would_be_added_by_a_redirect(app: Flask) -> None:
    assert [rule.rule for rule in app.url_map.iter_rules() if rule.rule.endswith("/")] == ["/"]
