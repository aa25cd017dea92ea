"""The OpenAPI text is valid, complete and true to the routes."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from openapi_spec_validator import OpenAPIV31SpecValidator

from dealflow.core.http import PUBLIC
from tests.sweep.routes import routes


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    """The description as it is served."""
    answer = app.test_client().get("/api/openapi.json")
    assert answer.status_code == 200
    return dict(answer.json)


def test_the_description_is_valid(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()


def test_an_invalid_description_would_be_noticed(document: dict[str, Any]) -> None:
    document["paths"]["/api/v1/me"]["get"]["responses"] = {"200": {}}
    assert list(OpenAPIV31SpecValidator(document).iter_errors())


def test_every_route_of_the_api_is_described(app: Flask, document: dict[str, Any]) -> None:
    served = {str(route) for route in routes(app) if route.is_api}
    described = {
        f"{method.upper()} {path}" for path, operations in document["paths"].items() for method in operations
    }
    assert described == served


def test_every_operation_says_what_it_does_takes_and_refuses(app: Flask, document: dict[str, Any]) -> None:
    views = {str(route): route for route in routes(app)}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            name = f"{method.upper()} {path}"
            described = views[name].view.endpoint  # type: ignore[attr-defined]
            assert operation["summary"], name
            assert "default" in operation["responses"], name
            assert ("requestBody" in operation) == bool(described.body or described.upload), name
            headers = {p["name"] for p in operation["parameters"] if p["in"] == "header"}
            assert ("If-Match" in headers) == (method == "patch" or described.versioned), name
            assert (operation.get("security") == []) == (described.permission == PUBLIC), name


def test_every_number_that_is_taken_has_bounds(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]

    def loose(schema: Any, seen: frozenset[str] = frozenset()) -> list[Any]:
        """The integers in a schema that may be of any size."""
        if isinstance(schema, list):
            return [found for part in schema for found in loose(part, seen)]
        if not isinstance(schema, dict):
            return []
        if schema.get("type") == "integer" and not {"maximum", "exclusiveMaximum", "enum"} & schema.keys():
            return [schema]
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        if name:
            return [] if name in seen else loose(schemas[name], seen | {name})
        return loose(list(schema.values()), seen)

    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert loose([p["schema"] for p in operation["parameters"]]) == [], f"{method} {path}"
            assert loose(operation.get("requestBody", {})) == [], f"{method} {path}"


def test_operation_ids_are_unique(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(ids) == len(set(ids))
