"""Requests nobody sends in good faith, made from the API's own description: nearly right bodies with one part spoilt,
ids that are none, parameters of every wrong kind."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import strategies as st

TEXTS = [
    "", " ", "x" * 5000, "\x00", "\u202e\u0000", "'; DROP TABLE project; --", "{{7*7}}", "{% for x in y %}", "${7*7}",
    "%(name)s", "{0.__class__}", "<script>alert(1)</script>", "=HYPERLINK(1)", "../../etc/passwd", "赟頔" * 400, "1e309",
    "NaN", "４５万", "2026-02-30", "9999-99-99T99:99:99Z", "org_" + "0" * 26, "prj_" + "z" * 26, "\ufeff", "👩‍👩‍👧‍👦", "null",
]  # fmt: skip
NUMBERS = [0, -1, 1, 2**31, 2**63, -(2**63) - 1, 10**15 + 1, 10**30, 0.1, -0.0, 1e300, 5e-324, True, False]
SHAPES: list[Any] = [
    None, [], {}, [[]], {"": None}, {"a": {"b": {"c": {}}}}, [None] * 500, {"amount_minor": 1}, {"zh": 5}, ["x"] * 300,
]  # fmt: skip
SEGMENTS = [
    "none",
    "%00",
    "..%2f..",
    "' OR 1=1",
    "雨",
    "x" * 900,
    "-1",
    "0",
    "99999999999999999999",
    "9" * 5000,
    "１",
    "1.5",
    "%F0%9F",
]
hostile = st.one_of(
    st.sampled_from(TEXTS), st.sampled_from(NUMBERS), st.sampled_from(SHAPES), st.text(max_size=40), st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
)  # fmt: skip


Path = tuple[str | int, ...]
DEEPEST = 6


def resolve(schema: Any, document: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema with its reference followed."""
    while isinstance(schema, Mapping) and "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema if isinstance(schema, Mapping) else {}


def parts(
    schema: Mapping[str, Any], document: Mapping[str, Any], path: Path = ()
) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """A schema and all schemas in it, each with the path at which its value stands; of a list, its first entry."""
    schema = resolve(schema, document)
    yield path, schema
    for part in (*schema.get("anyOf", ()), *schema.get("allOf", ())):
        yield from parts(part, document, path)
    for name, part in schema.get("properties", {}).items():
        yield from parts(part, document, (*path, name))
    if "items" in schema and len(path) < DEEPEST:
        yield from parts(schema["items"], document, (*path, 0))


def fitting(schema: Any, document: Mapping[str, Any], depth: int = 0) -> st.SearchStrategy[Any]:
    """Values that come close to a schema: types and choices right, own rules of ours not considered."""
    schema = resolve(schema, document)
    if "const" in schema:
        return st.just(schema["const"])
    if choices := schema.get("enum") or schema.get("examples"):
        return st.sampled_from(choices)
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            return st.one_of([fitting(part, document, depth) for part in schema[word]])
    if depth < 6 and schema.get("type") == "object":
        return _objects(schema, document, depth + 1)
    if depth < 6 and schema.get("type") == "array":
        return _lists(schema, document, depth + 1)
    return _plain(schema)


def _objects(schema: Mapping[str, Any], document: Mapping[str, Any], depth: int) -> st.SearchStrategy[Any]:
    parts = schema.get("properties", {}).items()
    fields = {name: fitting(part, document, depth) for name, part in parts}
    required = {name: fields[name] for name in schema.get("required", ()) if name in fields}
    return st.fixed_dictionaries(
        required, optional={name: value for name, value in fields.items() if name not in required}
    )


def _lists(schema: Mapping[str, Any], document: Mapping[str, Any], depth: int) -> st.SearchStrategy[Any]:
    if parts := schema.get("prefixItems"):
        return st.tuples(*(fitting(part, document, depth) for part in parts)).map(list)
    return st.lists(fitting(schema.get("items", {}), document, depth), max_size=3)


def _plain(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    if schema.get("format") == "date":
        return st.dates().map(str)
    most = min(schema.get("maxLength", 20), 20)
    kinds = {
        "integer": st.integers(int(schema.get("minimum", 0)), int(schema.get("maximum", 10**6))),
        "number": st.floats(schema.get("minimum", -1e6), schema.get("maximum", 1e6), allow_nan=False),
        "boolean": st.booleans(),
        "null": st.none(),
        "string": st.text(min_size=min(schema.get("minLength", 0), most), max_size=most),
    }
    return kinds.get(schema.get("type", ""), st.sampled_from(SHAPES))


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where a JSON value has parts, its root included."""
    found = [path]
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        found += places(part, (*path, key))
    return found


def spoilt(value: Any, place: tuple[Any, ...], by: Any) -> Any:
    """A copy of the value with one part replaced; the root when the place is empty."""
    if not place:
        return by
    value = copy.deepcopy(value)
    part = value
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = by
    return value


@st.composite
def bodies(draw: st.DrawFn, schema: Any, document: Mapping[str, Any]) -> bytes:
    """A body as bytes: nearly right, spoilt in one place, or no JSON at all."""
    value = draw(fitting(schema, document))
    kind = draw(st.sampled_from(["as it is", "spoilt", "spoilt", "spoilt", "cut", "foreign field", "bytes"]))
    if kind == "spoilt":
        value = spoilt(value, draw(st.sampled_from(places(value))), draw(hostile))
    if kind == "foreign field" and isinstance(value, dict):
        value = value | {
            draw(st.sampled_from(["organisation_id", "id", "version", "__proto__", "状态"])): draw(hostile)
        }
    data = json.dumps(value, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")
    if kind == "cut":
        return data[: draw(st.integers(0, len(data)))]
    return draw(st.binary(max_size=60)) if kind == "bytes" else data
