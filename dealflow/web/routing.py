"""What stands in addresses, and routes that compile what builds their address at first use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.routing import IntegerConverter, Map, Rule


class ShortNumber(IntegerConverter):
    """A number in an address in its one spelling, small enough for a column of any database; else nothing is there."""

    regex = "0|[1-9][0-9]{0,8}"


class LateRule(Rule):
    """A route of which only the matching is prepared at start.

    Werkzeug compiles two functions for each route, which made nine tenths of the time to build the application; a
    process builds the addresses of few routes.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compile_now, name = super()._compile_builder, "_build_unknown" if append_unknown else "_build"

        def build(rule: LateRule, /, **values: Any) -> tuple[str, str]:
            made = compile_now(append_unknown)
            setattr(rule, name, made.__get__(rule, None))
            return made(rule, **values)

        return build


def one_spelling(addresses: Map) -> None:
    """Give every address one spelling; to be called before routes are added."""
    addresses.converters["int"] = ShortNumber
    # Werkzeug would send a doubled slash on to an absolute address on whatever host the caller named.
    addresses.merge_slashes = False
