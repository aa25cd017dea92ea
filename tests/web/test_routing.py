"""Routes that are compiled late build the addresses that Werkzeug's own do."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.routing import Map, Rule
from werkzeug.routing.converters import AnyConverter, BaseConverter, NumberConverter

from dealflow.web.routing import LateRule


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
