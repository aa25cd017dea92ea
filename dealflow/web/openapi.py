"""OpenAPI 3.1, generated from the routes and their schemas."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from flask import Flask, Response, jsonify, render_template
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from dealflow import __version__
from dealflow.core.doors import costly
from dealflow.core.http import PUBLIC, Endpoint, public
from dealflow.core.schema import Schema

_REF = "#/components/schemas/{model}"
Refs = dict[type[BaseModel], dict[str, Any]]


class ProblemField(Schema):
    """One problem of one field."""

    field: str
    code: str
    message: str


class Problem(Schema):
    """An error, as application/problem+json."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[ProblemField]


def _endpoints(app: Flask) -> list[tuple[str, str, str, Endpoint]]:
    found = []
    for rule in app.url_map.iter_rules():
        described = getattr(app.view_functions[rule.endpoint], "endpoint", None)
        if isinstance(described, Endpoint):
            path = re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", rule.rule)
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                found.append((path, method.lower(), rule.endpoint, described))
    return sorted(found, key=lambda item: item[:2])


def _parameters(path: str, described: Endpoint) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", path)
    ]
    if described.query is not None:
        schema = described.query.model_json_schema()
        for name, shape in schema.get("properties", {}).items():
            found.append(
                {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": shape}
            )
    if described.versioned:
        found.append({"name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"}})
    return found


def _answer(described: Endpoint, refs: Refs) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": described.summary or "OK"}
    if described.returns is not None:
        shape = refs[described.returns]
        if described.lists:
            shape = {
                "type": "object",
                "required": ["items", "total"],
                "properties": {
                    "items": {"type": "array", "items": shape},
                    "next_cursor": {"type": ["string", "null"]},
                    "total": {"type": "integer"},
                },
            }
        answer["content"] = {"application/json": {"schema": shape}}
    return answer


def _too_many(refused: dict[str, Any]) -> dict[str, Any]:
    """What every call may meet: more of them in a minute than one person, token or address may make."""
    when = "Seconds until the next call is allowed."
    return refused | {
        "description": "Too many calls: per person (with all their tokens and sessions), or per address without a login",
        "headers": {"Retry-After": {"description": when, "schema": {"type": "integer", "minimum": 1}}},
    }


def _multipart(shape: dict[str, Any]) -> dict[str, Any]:
    file = {
        "type": "object",
        "required": ["file"],
        "properties": {"file": {"type": "string", "format": "binary"}},
    }
    return {"required": True, "content": {"multipart/form-data": {"schema": {"allOf": [file, shape]}}}}


def document(app: Flask) -> dict[str, Any]:
    """The whole description."""
    endpoints = _endpoints(app)
    used: list[type[BaseModel]] = [
        m for *_rest, d in endpoints for m in (d.body, d.returns, d.upload) if m is not None
    ]
    models: list[type[BaseModel]] = list(dict.fromkeys([Problem, *used]))
    # Two rooms may give different shapes one name; pydantic then tells them apart by their modules.
    found, top = models_json_schema([(m, "validation") for m in models], ref_template=_REF)
    refs: Refs = {m: found[m, "validation"] for m in models}
    refused = {
        "description": "Refused",
        "content": {"application/problem+json": {"schema": refs[Problem]}},
    }
    paths: dict[str, Any] = {}
    for path, method, name, described in endpoints:
        operation: dict[str, Any] = {
            "operationId": name.replace(".", "_"),
            "summary": described.summary,
            "tags": [name.split(".")[0].removesuffix("_api")],
            "parameters": _parameters(path, described),
            "responses": {
                str(described.status): _answer(described, refs),
                "429": {"$ref": "#/components/responses/TooMany"},
                "default": refused,
            },
        }
        if described.body is not None:
            content = {"application/json": {"schema": refs[described.body]}}
            operation["requestBody"] = {"required": True, "content": content}
        if described.upload is not None:
            operation["requestBody"] = _multipart(refs[described.upload])
        if described.permission == PUBLIC:
            operation["security"] = []
        paths.setdefault(path, {})[method] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Dealflow", "version": __version__},
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "responses": {"TooMany": _too_many(refused)},
            "schemas": top.get("$defs", {}),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def install(app: Flask) -> None:
    """Serve the description and a page that shows it."""
    # All routes are known before the first request; to describe them takes longer than any page.
    described = lru_cache(maxsize=1)(lambda: document(app))

    @app.get("/api/openapi.json")
    @public
    @costly
    def openapi_json() -> Response:
        return jsonify(described())

    @app.get("/api/docs")
    @public
    @costly
    def api_docs() -> str:
        return render_template("web/api_docs.html", document=described())
