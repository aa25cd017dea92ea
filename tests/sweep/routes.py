"""All routes of the application, as the sweeps and the HTTP tests see them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask

PARAMETER = re.compile(r"<(?:(?P<kind>[^:>]+):)?(?P<name>[^>]+)>")


@dataclass(frozen=True)
class Route:
    """One address and verb, and the view behind it."""

    method: str
    rule: str
    endpoint: str
    view: Callable[..., Any]

    @property
    def permission(self) -> str | None:
        return getattr(self.view, "permission", None)

    @property
    def is_api(self) -> bool:
        return self.rule.startswith("/api/v1/")

    @property
    def parameters(self) -> list[str]:
        """Names of the parts of the address that vary."""
        return [found["name"] for found in PARAMETER.finditer(self.rule)]

    def path(self, values: Mapping[str, str]) -> str:
        """The address with its parameters filled in; what is not given is 1, the first choice, or a word."""

        def fill(found: re.Match[str]) -> str:
            kind = found["kind"] or ""
            choices = re.fullmatch(r"any\((.+)\)", kind)
            default = choices[1].split(",")[0] if choices else "1" if kind == "int" else "none"
            return values.get(found["name"], default)

        return PARAMETER.sub(fill, self.rule)

    def __str__(self) -> str:
        return f"{self.method} {PARAMETER.sub(lambda found: '{' + found['name'] + '}', self.rule)}"


def routes(app: Flask) -> list[Route]:
    """Every route with each verb but the automatic HEAD and OPTIONS, in the order of the addresses."""
    found = [
        Route(method, rule.rule, rule.endpoint, app.view_functions[rule.endpoint])
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    ]
    return sorted(found, key=lambda route: (route.rule, route.method))
