"""The project matrix and the ranker in service, as every process sees them.

Matrices lie as memory-mapped arrays in `<models>/matrix/<version>/`; `<models>/matrix.json` names the one in force, the
model it was built with and the last event it contains, and is replaced atomically. A reader looks at the file's time,
maps a new version when it changed, and puts what was published or changed since then over it in memory, so that nobody
waits for the worker and nothing that was withdrawn or edited is shown by its old row.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dealflow.core import clock
from dealflow.matching import archive, queries, signals
from dealflow.pitches import queries as pitches

if TYPE_CHECKING:
    from ml.matrix import ProjectMatrix
    from ml.rank import Ranker

log = logging.getLogger(__name__)
STATE = "matrix.json"
KEEP_VERSIONS = 4
# More changes than this are left to the worker; until it has run, the changed projects are not shown.
MOST_OVERLAID = 500
_KEPT_APPLIED = 1000
_SETTLED = timedelta(seconds=60)

_folder: Path | None = None


def configure(folder: Path) -> None:
    """Say where models and matrices lie."""
    global _folder
    _folder = folder


def folder() -> Path:
    """Where models and matrices lie; RuntimeError before `configure`."""
    if _folder is None:
        raise RuntimeError("the folder of models is not configured")
    return _folder


@dataclass(frozen=True)
class Snapshot:
    """A matrix, the ranker it was built with, and ids whose rows are out of date and must not be shown.

    `copies` nearly repeat an earlier pitch and stand at the end. In a trial `candidate` places every other project.
    """

    matrix: ProjectMatrix
    ranker: Ranker
    outdated: frozenset[str] = frozenset()
    copies: frozenset[str] = frozenset()
    trial: str = ""
    candidate: Ranker | None = None


@dataclass(frozen=True)
class State:
    """What `matrix.json` says. `applied` holds project id → moment of its last change, for the latest changes; `trial`
    and `candidate` name the open trial and its model; `copies` are projects that nearly repeat an earlier one."""

    matrix: str
    model: str
    through: str
    built_at: str
    applied: dict[str, str] = field(default_factory=dict)
    trial: str = ""
    candidate: str = ""
    copies: tuple[str, ...] = ()

    @cached_property
    def copy_ids(self) -> frozenset[str]:
        """The copies as a set, made once."""
        return frozenset(self.copies)


def read_state() -> State | None:
    """The state in force, or None before the first build."""
    try:
        values = json.loads((folder() / STATE).read_text("utf-8"))
    except FileNotFoundError:
        return None
    return State(**values | {"copies": tuple(values.get("copies", ()))})


def _write_state(state: State) -> None:
    draft = folder() / f".{STATE}-{os.getpid()}"
    with draft.open("w", encoding="utf-8") as stream:
        json.dump({name.name: getattr(state, name.name) for name in fields(state)}, stream)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(folder() / STATE)


def load_file(path: Path, key: str) -> Ranker:
    """The ranker in a file as it lies there now, its signature checked by `key` (hex) first."""
    from ml.rank import Ranker

    return Ranker.load(path, bytes.fromhex(key))


@lru_cache(maxsize=4)
def _loaded(path: Path, key: str, moment: int, inode: int) -> Ranker:
    return load_file(path, key)


def _ranker(path: Path, key: str) -> Ranker:
    """The same, read and checked again only when the file was replaced or changed."""
    found = path.stat()
    return _loaded(path, key, found.st_mtime_ns, found.st_ino)


def ranker_of(version: str) -> Ranker:
    """The ranker of a model version: the one that comes with the code, else the file of this installation.

    The key of a file lies in the keys folder, apart from what it signs. Raises ml.store.ModelRefused and OSError.
    """
    from ml.rank import shipped_model

    path, key = shipped_model()
    shipped = _ranker(path, key.hex())
    if version in ("", shipped.version):
        return shipped
    own = folder() / "rank" / f"{version}.skops"
    return _ranker(own, _key_file(version).read_text("ascii").strip())


def _key_file(version: str) -> Path:
    return folder().parent / "keys" / f"{version}.pub"


def keep_key(version: str, key: str) -> None:
    """Keep the public key of a model's file, apart from the file."""
    path = _key_file(version)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}")
    draft.write_text(key + "\n", encoding="ascii")
    draft.replace(path)


@lru_cache(maxsize=4)
def _mapped(root: str, version: str, model: str) -> Snapshot:
    from ml.matrix import ProjectMatrix

    matrix = ProjectMatrix.load(Path(root) / "matrix", version=version)
    return Snapshot(matrix, _serving(model).with_genres(matrix.spec.genres))


def _serving(version: str) -> Ranker:
    """The ranker of the model in service; the one that comes with the code when its file was damaged or replaced. The
    next rebuild then puts the model before it into service and tells the platform."""
    from ml.store import ModelRefused

    try:
        return ranker_of(version)
    except (OSError, ModelRefused):
        log.error("the file of model %s is refused; the shipped model ranks", version, exc_info=True)
        return ranker_of("")


@lru_cache(maxsize=2)
def _parsed(path: str, moment: int, inode: int) -> State | None:
    return read_state()


def _state() -> State | None:
    try:
        found = (folder() / STATE).stat()
    except FileNotFoundError:
        return None
    return _parsed(str(folder()), found.st_mtime_ns, found.st_ino)


_overlays: dict[tuple[str, ...], Snapshot] = {}


def current() -> Snapshot:
    """What to rank with now, inside an open transaction: one statement when nothing changed since the last build."""
    state = _state()
    changed, last = signals.changed_since(state.through if state else None)
    if state is not None:
        base = _with_trial(_mapped(str(folder()), state.matrix, state.model), state)
        if not changed:
            return base
        if len(changed) > MOST_OVERLAID:
            return replace(base, outdated=frozenset(changed))
    key = (str(folder()), state.matrix if state else "", last)
    if key not in _overlays:
        if len(_overlays) >= 4:
            _overlays.pop(next(iter(_overlays)))
        _overlays[key] = _overlaid(base, changed) if state else _built(ranker_of(""))
    made = _overlays[key]
    return replace(base, matrix=made.matrix) if state else made


def _with_trial(base: Snapshot, state: State) -> Snapshot:
    """With what the state says beside matrix and model. A candidate whose file is refused ranks nothing."""
    from ml.store import ModelRefused

    candidate = None
    if state.trial:
        try:
            candidate = ranker_of(state.candidate).with_genres(base.matrix.spec.genres)
        except (OSError, ModelRefused):
            log.error("the file of candidate %s is refused; the trial rests", state.candidate, exc_info=True)
    trial = state.trial if candidate else ""
    return replace(base, copies=state.copy_ids, trial=trial, candidate=candidate)


def contents(ids: Iterable[str] | None = None) -> dict[str, tuple[str, dict[str, Any]]]:
    """Project id → (moment of its last change, content with signals) of what is published, in the order of ids."""
    wanted = None if ids is None else list(ids)
    known = signals.of(wanted)
    return {
        project_id: (
            clock.rfc3339(updated_at),
            content | {"signals": signals.with_age(known.get(project_id, {}), content["published_at"])},
        )
        for project_id, _owner, updated_at, content in pitches.published_rows(wanted)
    }


def _built(ranker: Ranker) -> Snapshot:
    base = set(ranker.model.spec.genres)
    ranker = ranker.with_genres([term for term in pitches.genres() if term not in base])
    return Snapshot(ranker.build_matrix([content for _at, content in contents().values()]), ranker)


def _overlaid(base: Snapshot, changed: Iterable[str]) -> Snapshot:
    fresh = [content for _at, content in contents(changed).values()]
    return replace(base, matrix=base.matrix.with_projects(fresh, base.ranker.model, removed=changed))


@contextmanager
def _alone() -> Iterator[None]:
    """One builder at a time on this machine."""
    folder().mkdir(parents=True, exist_ok=True)
    with (folder() / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def refresh(also: Iterable[str] = (), *, model: str = "", full: bool = False) -> dict[str, Any]:
    """Bring the stored matrix up to date, inside an open reading transaction: {version, rows, changed}.

    `also` names projects to look at whatever the events say; `full` builds every row anew (ages, signals, genres).
    """
    with _alone():
        state = read_state()
        changed, last = signals.changed_since(state.through if state else None)
        if state is None or full or (model and state.model != model):
            made = _built(ranker_of(model))
            return _store(made, last, {}, len(made.matrix))
        return _refresh_some(state, changed, set(also), last)


def _refresh_some(state: State, changed: set[str], also: set[str], last: str) -> dict[str, Any]:
    wanted = changed | also
    base = _mapped(str(folder()), state.matrix, state.model)
    found = contents(wanted)
    # A change that was saved long before the build is in it, unless an event says otherwise.
    settled = clock.rfc3339(clock.parse(state.built_at) - _SETTLED)
    fresh = {
        i: entry
        for i, entry in found.items()
        if state.applied.get(i) != entry[0]
        and (entry[0] > settled or i in changed or i not in base.matrix.positions)
    }
    gone = {i for i in wanted - set(found) if i in base.matrix.positions}
    if not fresh and not gone:
        now = replace(state, through=last, **queries.serving_extras())
        if now != state:
            _write_state(now)
        return {"version": state.matrix, "rows": len(base.matrix), "changed": 0}
    projects = [content for _at, content in fresh.values()]
    matrix = base.matrix.with_projects(projects, base.ranker.model, removed=gone)
    applied = {i: at for i, at in state.applied.items() if i not in gone}
    applied |= {i: at for i, (at, _content) in fresh.items()}
    kept = dict(list(applied.items())[-_KEPT_APPLIED:])
    return _store(Snapshot(matrix, base.ranker), last, kept, len(fresh) + len(gone))


def _store(made: Snapshot, last: str, applied: Mapping[str, str], changed: int) -> dict[str, Any]:
    root = folder() / "matrix"
    made.matrix.save(root)
    state = State(
        made.matrix.version,
        made.ranker.version,
        last,
        clock.rfc3339(clock.now()),
        dict(applied),
        **queries.serving_extras(),
    )
    _write_state(state)
    _prune(root, made.matrix.version)
    return {"version": made.matrix.version, "rows": len(made.matrix), "changed": changed}


def _prune(root: Path, current_version: str) -> None:
    """Keep the newest few versions; put those away that lists were made from, so that these can be worked out again, and
    drop all others. Who has one mapped keeps it until it closes it."""
    versions = [path for path in root.iterdir() if path.is_dir() and path.name != current_version]
    versions.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    old = versions[KEEP_VERSIONS - 1 :]
    needed = archive.needed([path.name for path in old]) if old else set()
    for path in old:
        if path.name in needed:
            archive.put_away(path, root.parent)
        shutil.rmtree(path, ignore_errors=True)


def stored_matrix(version: str) -> ProjectMatrix | None:
    """A matrix by its version, as it serves or as it was put away; None when it is not kept any more."""
    from ml.matrix import ProjectMatrix

    try:
        return ProjectMatrix.load(folder() / "matrix", version=version)
    except FileNotFoundError:
        return archive.bring(version, folder())


def trial_in_force() -> str:
    """The id of the open trial, or nothing."""
    state = _state()
    return state.trial if state else ""


def copies_in_force() -> frozenset[str]:
    """Pitches that stand behind all others now."""
    state = _state()
    return state.copy_ids if state else frozenset()


def built_at() -> datetime | None:
    """When the stored matrix was built."""
    state = _state()
    return clock.parse(state.built_at) if state else None


def model_in_force() -> str | None:
    """The version of the model that lists are made with now."""
    state = _state()
    return state.model if state else None


def content_of(project: Any) -> dict[str, Any]:
    """One project as the ranker reads it, signals included."""
    at = clock.rfc3339(project.published_at) if project.published_at else None
    known = signals.of([project.id]).get(project.id, {})
    content = pitches.content(project) | {"id": project.id, "published_at": at}
    return content | {"signals": signals.with_age(known, at)}
