"""What pages and API of every room use of Flask: who acts, what a route needs, the API's endpoint wrapper."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from flask import Blueprint, Response, current_app, g, jsonify, request, url_for
from pydantic import BaseModel, ValidationError
from werkzeug.datastructures import MultiDict

from dealflow.core import idempotency, narrowing, sealing
from dealflow.core.actor import ANONYMOUS, Actor
from dealflow.core.addresses import local_target
from dealflow.core.errors import (
    BadRequest,
    DomainError,
    Invalid,
    NotFound,
    PreconditionRequired,
    StaleVersion,
    Unauthenticated,
)
from dealflow.core.i18n import N_
from dealflow.core.paging import Query, cursor_for, listing  # noqa: F401 - the API's own vocabulary
from dealflow.core.schema import field_errors, read_json
from dealflow.core.tabular import FILE_LIMIT, ROW_LIMIT, IsHeader, Table, read, refuse

V = TypeVar("V", bound=Callable[..., Any])
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
JSON_LIMIT = 2 * 1024 * 1024
PUBLIC = "public"


def actor() -> Actor:
    """Who makes this request; ANONYMOUS when nobody is logged in."""
    return g.get("actor") or ANONYMOUS


def needs(permission: str) -> Callable[[V], V]:
    """Declare what a page route needs. It asks for a login; the service decides about the object."""

    def mark(view: V) -> V:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if not actor().is_authenticated:
                raise Unauthenticated()
            return view(*args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return mark


def public(view: V) -> V:
    """Declare that a route needs no login."""
    view.permission = PUBLIC  # type: ignore[attr-defined]
    return view


def writes(view: V) -> V:
    """Declare that a GET route records something (a view of a confidential document, say)."""
    view.writes = True  # type: ignore[attr-defined]
    return view


def paced(setting: str) -> Callable[[V], V]:
    """Declare that a route costs much and that anybody may call it: calls from one address to all routes of this setting
    are counted by themselves, at most as many a minute as it says."""

    def mark(view: V) -> V:
        view.paced = setting  # type: ignore[attr-defined]
        return view

    return mark


def prepares(prepare: Callable[..., Any]) -> Callable[[V], V]:
    """Declare work that a POST does before its transaction, so that no other writer waits for it: reading and cleaning files.

    `prepare(**arguments of the route)` runs as the actor, with a transaction that only reads; what it returns or refuses
    with, the view has from `prepared`.
    """

    def mark(view: V) -> V:
        view.prepare = prepare  # type: ignore[attr-defined]
        return view

    return mark


def prepared() -> Any:
    """What the route's `prepares` made; its refusal is raised here."""
    if isinstance(g.prepared, DomainError):
        raise g.prepared
    return g.prepared


@dataclass(frozen=True)
class SentTable:
    """The file of a form: its bytes, its name, and the table in it."""

    content: bytes
    name: str
    table: Table


def sent_table(
    allowed: Callable[..., object], *, row_limit: int = ROW_LIMIT, is_header: IsHeader | None = None
) -> Callable[..., SentTable]:
    """For `prepares`: reads the table in the field `file`, which for a large XLSX takes seconds.

    `allowed(**arguments of the route)` raises for who may not send it.
    Raises what `tabular.read` raises, and Invalid of `file` when there is none.
    """

    def take(**arguments: Any) -> SentTable:
        allowed(**arguments)
        sent = request.files.get("file")
        if sent is None or not sent.filename:
            raise refuse("required", N_("Choose a CSV or XLSX file"))
        with closing(sent):
            content = sent.stream.read(FILE_LIMIT + 1)
        return SentTable(
            content, sent.filename, read(io.BytesIO(content), row_limit=row_limit, is_header=is_header)
        )

    return take


def bare(view: V) -> V:
    """Declare a public route that must answer without database and login (health, metrics)."""
    view.bare = True  # type: ignore[attr-defined]
    return public(view)


@dataclass(frozen=True)
class Endpoint:
    """What an API route takes and gives, for the wrapper and for the OpenAPI text."""

    permission: str
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    returns: type[BaseModel] | None
    status: int
    versioned: bool
    summary: str
    lists: bool = False
    upload: type[BaseModel] | None = None


def api_blueprint(room: str) -> Blueprint:
    """The blueprint of a room's JSON API."""
    return Blueprint(f"{room}_api", f"dealflow.{room}", url_prefix="/api/v1")


def endpoint(
    permission: str,
    *,
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    returns: type[BaseModel] | None = None,
    status: int = 200,
    versioned: bool = False,
    lists: bool = False,
    upload: type[BaseModel] | None = None,
) -> Callable[[V], V]:
    """Wrap an API view: authenticates, parses `body=` and `query=`, checks If-Match (`version=`) when
    versioned, answers JSON with ETag, honours Idempotency-Key on POST.

    The view returns a dict (or None for 204, or a Response). `returns` describes it; `lists` says that it
    is a list of `returns`, which then takes words and orders (`core.narrowing`). `upload` names the fields that a multipart
    body takes beside its `file`.
    """

    declared, query = query, narrowing.taking(query) if lists else query

    def wrap(view: V) -> V:
        tell = narrowing.telling(view, declared, query, returns)

        @wraps(view)
        def run(*args: Any, **kwargs: Any) -> Response:
            if permission != PUBLIC and not actor().is_authenticated:
                raise Unauthenticated()
            if query is not None:
                kwargs["query"] = read_query(query)
            elif request.args and request.method != "GET":
                raise BadRequest(N_("This address takes no query parameters"), code="unexpected_query")
            if versioned:
                kwargs["version"] = if_match()
            if body is not None:
                kwargs["body"] = read_body(body)
            if upload is not None:
                _each_once()
            key = request.headers.get("Idempotency-Key")
            if request.method == "POST" and key and actor().is_authenticated:
                return _once(key, lambda: _answer(tell(*args, **kwargs), status))
            return _answer(tell(*args, **kwargs), status)

        summary = (view.__doc__ or "").strip().split("\n")[0]
        run.permission = permission  # type: ignore[attr-defined]
        run.endpoint = Endpoint(permission, body, query, returns, status, versioned, summary, lists, upload)  # type: ignore[attr-defined]
        if getattr(view, "writes", False):
            run.writes = True  # type: ignore[attr-defined]
        return run  # type: ignore[return-value]

    return wrap


def _answer(result: Any, status: int) -> Response:
    if isinstance(result, Response):
        return result
    if result is None:
        return Response(status=204)
    if isinstance(result, tuple):
        result, status = result
    response: Response = jsonify(result)
    response.status_code = status
    if isinstance(result, dict) and isinstance(result.get("version"), int):
        response.set_etag(str(result["version"]))
        if request.method == "GET":
            response.make_conditional(request)
            if response.status_code == StaleVersion.status:
                raise StaleVersion(result["version"])
    return response


def _once(key: str, run: Callable[[], Response]) -> Response:
    if not 1 <= len(key) <= 255 or not key.isprintable():
        raise Invalid.field("Idempotency-Key", "wrong_form", N_("Use 1 to 255 printable characters"))
    sent = g.get("uploaded") or request.get_data(cache=True)
    row = idempotency.begin(actor(), key, idempotency.fingerprint(request.method, request.full_path, sent))
    if row.status is not None:
        answer = Response(sealing.unseal_bytes("idempotency", row.body or b"") or b"", status=row.status)
        answer.headers.update(row.headers or {})
        return answer
    answer = run()
    # An answer may hold a secret that is shown once.
    row.status, row.body = answer.status_code, sealing.seal_bytes("idempotency", answer.get_data())
    row.headers = {k: v for k, v in answer.headers.items() if k in ("Content-Type", "ETag", "Location")}
    return answer


def note_upload() -> None:
    """Keep what tells an upload from another under the same Idempotency-Key: a form's bytes are gone once it is read."""
    files = []
    for name, file in request.files.items(multi=True):
        digest = hashlib.file_digest(file.stream, "sha256").hexdigest()  # type: ignore[arg-type]
        file.stream.seek(0)
        files.append((name, file.filename, digest))
    g.uploaded = repr((list(request.form.items(multi=True)), files)).encode("utf-8", "surrogatepass")


def read_body(model: type[BaseModel]) -> Any:
    """The JSON body checked against a schema; a request without body and type counts as `{}` where nothing is required."""
    required = any(info.is_required() for info in model.model_fields.values())
    if not required and not request.mimetype and not request.get_data(cache=True):
        return model.model_validate({})
    if request.mimetype != "application/json":
        raise BadRequest(N_("Send JSON with the content type application/json"), code="not_json")
    raw = request.get_data(cache=True)
    read_json(raw)
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise Invalid(errors=field_errors(error)) from None


def _each_once() -> None:
    """Refuse a multipart body that sends anything twice, of which one would count."""
    sent: list[tuple[str, list[Any]]] = [*request.files.lists(), *request.form.lists()]
    for name, found in sent:
        if len(found) > 1:
            raise Invalid.field(name, "given_twice", N_("Give this parameter once"))


def read_query(model: type[BaseModel], args: MultiDict[str, str] | None = None) -> Any:
    """Query parameters checked against a schema; a parameter given twice is refused unless it is a list."""
    values: dict[str, Any] = {}
    for name, found in (args if args is not None else request.args).lists():
        info = model.model_fields.get(name)
        wants_list = info is not None and "list" in str(info.annotation)
        if len(found) > 1 and not wants_list:
            raise Invalid.field(name, "given_twice", N_("Give this parameter once"))
        values[name] = found if wants_list else found[0]
    try:
        return model.model_validate(values, strict=False)
    except ValidationError as error:
        raise Invalid(errors=field_errors(error)) from None


def if_match() -> int:
    """The version in If-Match. PreconditionRequired without, StaleVersion for something that is no version."""
    header = request.headers.get("If-Match")
    if not header:
        raise PreconditionRequired()
    text = header.strip().removeprefix("W/").strip('"')
    if not text.isdecimal() or len(text) > 9:
        raise StaleVersion()
    return int(text)


def same_parent(child: Any, attribute: str, parent_id: str) -> Any:
    """The child, when it really lies under the parent named in the URL; NotFound otherwise."""
    if getattr(child, attribute) != parent_id:
        raise NotFound()
    return child


def back(endpoint: str, **values: Any) -> str:
    """Where to go after an action: the form's `next` when it is local, else an endpoint."""
    return local_target(request.values.get("next"), url_for(endpoint, **values))


def settings() -> Any:
    """The settings the application was built with."""
    return current_app.extensions["dealflow.settings"]


def instance_folder() -> Path:
    """Where the running application keeps what it writes."""
    return Path(current_app.instance_path)


def disposition(how: str, name: str) -> str:
    """A Content-Disposition for any name (RFC 6266): plain ASCII for old readers, UTF-8 for all others."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_. ") else "_" for c in name)
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def rows_file(content: bytes) -> Response:
    """The rows that an import refused, as a file to correct and send again."""
    headers = {"Content-Disposition": 'attachment; filename="import-errors.csv"'}
    return Response(content, mimetype="text/csv", headers=headers)


def download(content: bytes, *, name: str, mimetype: str, etag: str, inline: bool = False) -> Response:
    """A file as an answer, with its name, and 304 for a reader who has it."""
    answer = Response(content, mimetype=mimetype)
    answer.headers["Content-Disposition"] = disposition("inline" if inline else "attachment", name)
    # A browser's own PDF viewer is an embedded object of the answer itself; nothing else may load or run.
    answer.headers["Content-Security-Policy"] = (
        "default-src 'none'; object-src 'self'; frame-ancestors 'none'"
    )
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.set_etag(etag)
    answer.make_conditional(request)
    return answer
