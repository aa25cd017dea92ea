"""All that belongs to one organisation, as JSON and CSV by table and as files: for taking it elsewhere."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Table, false, or_, select

from dealflow.accounts import queries as accounts
from dealflow.accounts.queries import OrganisationCard
from dealflow.core import clock, db, scope
from dealflow.core.actor import Actor
from dealflow.core.errors import Conflict, Invalid
from dealflow.core.i18n import N_
from dealflow.core.tabular import write_csv
from dealflow.files import queries as files
from dealflow.files import storage
from dealflow.settings import Settings

# What belongs to a person alone or to the machine stays here, and so does what opens doors.
_OURS = frozenset({"job", "user_session", "api_token", "recovery_code", "notification"})
_LEFT_OUT = frozenset({"secret", "secret_hash", "invite_hash", "search_text", "facets", "address"})
_READING = {"unscoped": "the export of one organisation, filtered by its scope here"}
Row = dict[str, Any]


def export(settings: Settings, organisation: str, target: Path) -> dict[str, int]:
    """Write the export into a new folder; how many rows of each table. Invalid for an unknown organisation."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise Conflict(N_("%(folder)s is there already; name a new folder"), folder=target)
    storage.configure(settings.storage_url, settings.instance)
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
    try:
        with db.system_edge(write=False):
            counts = _write(_find(organisation), aside)
        if target.exists():
            target.rmdir()
        aside.rename(target)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return counts


def _find(named: str) -> OrganisationCard:
    found = accounts.organisations_named(named)
    if len(found) != 1:
        message = (
            N_("No organisation has this id or name") if not found else N_("Several have this name: %(ids)s")
        )
        raise Invalid.field("organisation", "unknown", message, ids=", ".join(card.id for card in found))
    return found[0]


def _write(card: OrganisationCard, folder: Path) -> dict[str, int]:
    actor = Actor(organisation_id=card.id, kind=card.kind, role="viewer")
    known: dict[str, set[Any]] = {}
    counts = {}
    for table, rows in _tables(card, actor, known):
        counts[table.name] = len(rows)
        _write_table(folder, table.name, rows)
    people = accounts.people_of(card.id)
    counts["person"] = len(people)
    _write_table(folder, "person", people)
    _write_table(folder, "organisation", [accounts.organisation_row(card.id)])
    counts["file"] = _write_files(folder, known.get("stored_file", set()))
    facts = {
        "organisation_id": card.id,
        "name": card.name_zh,
        "made_at": clock.rfc3339(clock.now()),
        "counts": counts,
    }
    hashes = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    _write_json(folder / "manifest.json", facts | {"sha256": hashes})
    return counts


def _tables(
    card: OrganisationCard, actor: Actor, known: dict[str, set[Any]]
) -> Iterator[tuple[Table, list[Row]]]:
    """Each owned table with the rows that name the organisation, or that hang on a row exported before."""
    owned = scope.owned_tables()
    for table in db.Base.metadata.sorted_tables:
        if table not in owned or table.name in _OURS:
            continue
        cls = owned[table]
        belongs = _belongs(table, card.id, known)
        query = select(table).where(belongs, cls.scope(actor)).order_by(*table.primary_key)
        found = [dict(row._mapping) for row in db.session().execute(query, execution_options=_READING)]
        known[table.name] = {row["id"] for row in found if "id" in row}
        if found:
            yield table, [_public(row) for row in found]


def _belongs(table: Table, organisation_id: str, known: dict[str, set[Any]]) -> ColumnElement[bool]:
    named = [
        c == organisation_id
        for c in table.c
        if c.name == "organisation_id" or c.name.endswith("_organisation_id")
    ]
    if not named:
        named = [
            column.in_(known[key.column.table.name])
            for column in table.c
            for key in column.foreign_keys
            if key.column.table.name in known
        ]
    return or_(*named) if named else false()


def _public(row: Row) -> Row:
    return {
        name: clock.rfc3339(value) if isinstance(value, datetime) else value
        for name, value in row.items()
        if name not in _LEFT_OUT
    }


def _write_table(folder: Path, name: str, rows: Sequence[Row]) -> None:
    _write_json(folder / f"{name}.json", rows)
    columns = list(dict.fromkeys(key for row in rows for key in row))
    cells = ([_cell(row.get(column)) for column in columns] for row in rows)
    (folder / f"{name}.csv").write_bytes(write_csv(columns, cells))


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value if value is None or type(value) in (int, float) else str(value)


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1, default=str), "utf-8")


def _write_files(folder: Path, ids: Iterable[str]) -> int:
    number = 0
    for name, sha256 in files.contents(ids):
        place = folder / "files" / name
        place.parent.mkdir(exist_ok=True)
        with place.open("wb") as out:
            for block in storage.whole(sha256):
                out.write(block)
        number += 1
    return number
